"""The command removal as people use it: sessions, courses with their curve, medicines, refusals; the list of solutes."""

import json
import os
import re

import pytest

from pexcalc import Course, DoseLost, Removal, simulate_course
from pexcalc.data.solutes import Solute, solutes
from pexcalc.kinetics.case import model_of
from pexcalc.quantities.annotations import Interval
from pexcalc.report.course import BLOCKS, COLUMNS, ROWS, SHADE, curve
from pexcalc.report.lists import solute_section
from pexcalc.report.wording import hours, hours_span, share
from tests.support.patients import Q
from tests.unit.cli.test_cli import process, refusal, run
from tests.unit.report.test_sheet import BROKEN

SESSION = {"--plasma-volumes": "1", "--duration": "2 h"}
COURSE = {**SESSION, "--sessions": "5", "--every": "48 h"}
BODY = {"--weight": "70 kg", "--plasma-volume": "3 L"}
MEDICINE = {**SESSION, **BODY, "--given": "24 h", "--dose": "560 mg"}


def removal(flags, *names):
    words = [("" if name.startswith("--") else "--solute=") + name for name in names]
    return run("removal", flags, *words)


def joined(result):
    assert result.exit_code == 0, result.output
    assert max(map(len, result.stdout.splitlines())) <= 80
    return " ".join(result.stdout.split())


def test_a_level_may_rise_by_the_fluid_or_by_production():
    carried = joined(removal({**SESSION, "--supply": "1.5"}, "IgG", "--why"))
    assert "Fluid contains 1.5 x the level before" in carried
    assert "Reduction at the end a rise of 31 % (" in carried
    assert "no time can be given: production has changed" in carried
    doubled = joined(removal({**SESSION, "--production": "doubled"}, "VEGF", "--why"))
    assert "a rise of 96 % (93 to 98 %)" in doubled


def test_a_course_with_its_curve():
    result = removal({**COURSE, "--target-fall": "80 %"}, "IgG", "--why")
    text = joined(result)
    assert "Session 2 72 % (53 to 83 %), after 28 % (16 to 51 %), body 53 % (46 to 70 %)" in text
    assert "Before a session session 7 at best, typically 22" in text
    assert BLOCKS[-1] * 10 in result.stdout
    assert SHADE in result.stdout


def test_a_long_course_leaves_out_its_middle():
    text = joined(removal({**COURSE, "--sessions": "30"}, "IgG", "--why"))
    assert re.findall(r"(?<=Session )(\d+) ", text) == ["1", "2", "3", "4", "5", "28", "29", "30"]
    assert "... ..." in text


def test_a_curve_for_a_terminal_without_blocks():
    words = [word for flag, text in COURSE.items() for word in (flag, text)]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = process("removal", "--solute", "IgG", "--solute", "IL-6", "--why", *words, env=env)
    assert result.stdout.isascii()
    assert "#" * 10 in result.stdout


def test_the_curve_is_what_the_series_says():
    course = simulate_course("CRP", 1.0, Q(2, "h"), Q(24, "h"), 2, production="steady")
    lines = curve(course).splitlines()
    assert len(lines) == ROWS + 2
    rows = [line[7:].ljust(COLUMNS) for line in lines[:-2]]
    last = sum(BLOCKS.index(row[-1]) for row in rows) / 8 / ROWS
    assert last == pytest.approx(course.levels.typical[-1], abs=1 / 8 / ROWS)
    first = sum(BLOCKS.index(row[0]) for row in rows) / 8 / ROWS
    assert first == 1.0


def test_a_medicine():
    text = joined(removal({**MEDICINE, "--given": "0 h"}, "tocilizumab", "--why"))
    for words in ("40 to 65 %", "Given before 0 h", "Plasma volume 3 L, assumed exact"):
        assert words in text
    text = joined(removal(MEDICINE, "tocilizumab"))
    assert "40 to 61 % of the amount in the body" in text
    assert "no estimate" in joined(removal(MEDICINE, "heparin", "--why"))


def test_litres_for_a_patient():
    flags = {"--exchange-volume": "3000 mL", "--plasma-volume": "3331.283 mL"}
    flags |= {"--duration": "2 h", "--sieving": "0.9"}
    text = joined(removal(flags, "CRP", "--why"))
    assert "0.901 plasma volumes in 2 h" in text
    assert "Sieving 0.9, assumed exact" in text


def test_json():
    said = json.loads(removal(SESSION, "IL-6", "--json").stdout)
    assert said["removal"][0]["range"] == "scenarios"
    assert said["removal"][0]["fall"]["low"] == pytest.approx(-0.9439, abs=5e-5)
    assert said["removal"][0]["fall_by_parameters"]["low"] == pytest.approx(0.0546, abs=5e-5)
    assert Removal.from_wire(said["removal"][0]).solute == "il6"
    assert (said["schema"], said["courses"], said["doses"]) == (2, [], [])
    assert said["asked"] == {"plasma_volumes": 1.0, "duration": {"value": 2.0, "unit": "h"}}
    said = json.loads(removal(COURSE, "IgG", "igg", "immunoglobulin G", "--json").stdout)
    assert [Course.from_wire(one).sessions for one in said["courses"]] == [5]
    said = json.loads(removal(MEDICINE, "IgG", "siltuximab", "--json").stdout)
    assert said["asked"]["delay"] == {"value": 24.0, "unit": "h"}
    assert said["removal"][0]["solute"] == "igg"
    assert DoseLost.from_wire(said["doses"][0]).drug == "siltuximab"


@pytest.mark.parametrize(("flags", "names", "words"), [
    (SESSION, ["il66"], "solute: got il66; expected one solute of the table (pexcalc show solutes). Did you mean"),
    (SESSION, [], "missing: --solute"),
    ({"--duration": "2 h"}, ["IL-6"], "--plasma-volumes is missing; enter --plasma-volumes, such as 1.2, or --exchange-volume"),
    ({**SESSION, "--duration": "2"}, ["IL-6"], "duration: got 2 (no unit); expected 0.25 to 12 h for one session. Did"),
    ({**SESSION, "--duration": "2 min"}, ["IL-6"], "duration: got 2 min; expected 0.25 to 12 h for one session. Did"),
    ({**SESSION, "--sieving": "1.3"}, ["IL-6"], "sieving: got 1.3; expected 0.001 to 1.2."),
    ({**SESSION, "--production": "more"}, ["IL-6"], "production: got more; expected steady, halved, doubled, rising."),
    ({**COURSE, "--every": "1 h"}, ["IgG"], "--every: got 1 h; expected 6 to 720 h for the time from start to start."),
    ({**COURSE, "--sessions": "0"}, ["IgG"], "sessions: got 0; expected 1 to 365."),
    ({**COURSE, "--sessions": "366"}, ["IgG"], "sessions: got 366; expected 1 to 365."),
    ({**COURSE, "--sessions": "2.5"}, ["IgG"], "sessions: got 2.5; expected a whole number."),
    ({**SESSION, "--sessions": "5"}, ["IgG"], "sessions: got --sessions without --every; expected both"),
    ({**SESSION, "--every": "24 h"}, ["IgG"], "every: got --every without --sessions; expected both"),
    ({**SESSION, "--target-fall": "50 %"}, ["IgG"], "--target-fall: got no interval; expected --every too"),
    ({**COURSE, "--target-fall": "80 %", "--production": "steady"}, ["IL-6"], "--target-fall: got 80 % for Interleukin-6; expected less than 56.5 %, the mo"),
    ({**COURSE, "--target-fall": "50 %", "--production": "rising"}, ["IL-10"], "--target-fall: got 50 % for Interleukin-10; expected no target: with this production the level rises, by"),
    ({**COURSE, "--target-fall": "0.8"}, ["IL-6"], "--target-fall: got 0.8 (no unit); expected 0.1 to less than 100 %. Did you mean 0.8 % or 80 %?"),
    (COURSE, ["IL-13"], "solute: got Interleukin-13; expected a solute whose turnover is known"),
    ({**MEDICINE, "--weight": None}, ["siltuximab"], "weight is missing; enter --weight, which the loss of a"),
    ({**MEDICINE, "--given": None}, ["siltuximab"], "given is missing; enter --given, the time from the dose"),
    ({**MEDICINE, "--dose": None}, ["tocilizumab"], "dose is missing; enter a mass such as 560 mg"),
    (MEDICINE, ["IL-6"], "given: got --given without a medicine; expected --solute with a medicine"),
    ({**SESSION, "--weight": "3 L", "--plasma-volume": "70 kg"}, ["IL-10"], "--plasma-volume and weight: got 70 kg and 3 L, swapped"),
    ({**MEDICINE, **COURSE}, ["siltuximab"], "solute: got siltuximab with a course; expected a medicine alone"),
    ({**MEDICINE, "--production": "doubled"}, ["siltuximab"], "solute: got siltuximab with a production; expected"),
    ({**MEDICINE, "--weight": "8 kg"}, ["IL-10"], "--plasma-volume: got 375 mL/kg with a weight of 8 kg; expected 8 to"),
    ({"--exchange-volume": "3000 mL", "--duration": "2 h"}, ["IL-6"], "--plasma-volume is missing; enter --plasma"),
    ({**SESSION, "--exchange-volume": "3000 mL"}, ["IL-6"], "--plasma-volumes: got both; expected --plasma-volumes"),
    ({**SESSION, "--plasma-volumes": "15"}, ["IL-6"], "--plasma-volumes: got 15; expected 0.001 to 10 plasma volumes."),
])  # fmt: skip
def test_refusals(flags, names, words):
    assert refusal(removal(flags, *names)).startswith(f"Error: {words}")


def test_what_could_not_be_done_is_reported_beside_what_could():
    target = {**COURSE, "--target-fall": "90 %"}
    result = removal(target, "IL-6", "IgG", "IL-13")
    assert result.exit_code == 2
    assert "IMMUNOGLOBULIN G, 5 sessions" in result.stdout
    assert "NOT CALCULATED" in result.stdout
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("Error: not done: target_fall: got 90 % for Interleukin-6;")
    assert "Interleukin-13" in line
    said = json.loads(removal(target, "IL-6", "IgG", "--json").stdout)
    assert (len(said["courses"]), len(said["refused"])) == (1, 1)


def test_times_in_words():
    for value, words in ((0.1, "6 min"), (0.98, "59 min"), (1.84, "1.8 h"), (17.2, "17 h"),
                         (48, "2 d"), (1108, "46 d")):  # fmt: skip
        assert hours(value) == words


def test_intervals_in_words():
    assert share(Interval(0.141, 0.244, 0.365)) == "24 % (14 to 37 %)"
    assert share(Interval(0.055, None, 0.564)) == "6 to 56 %"
    assert share(Interval(0.0, 0.19, 0.575)) == "up to 58 %"
    assert share(Interval(0.6131, 0.6132, 0.6133)) == "61 %"
    assert hours_span(Interval(Q(0.27, "h"), None, Q(16.6, "h"))) == "16 min to 17 h"
    assert hours_span(Interval(Q(33, "h"), None, Q(47, "h"))) == "33 to 47 h"
    assert hours_span(Interval(Q(0, "h"), None, Q(47, "h"))) == "up to 47 h"
    assert hours_span(Interval(Q(33, "h"), None, Q(33.1, "h"))) == "33 h"


def test_the_list_of_solutes():
    text = joined(run("show solutes"))
    for row in solutes().values():
        assert f"{row.id} {row.name}; {row.kind}; grade {row.grade}" in text


def test_one_solute_with_every_value():
    for name, row in solutes().items():
        text = joined(run(f"show solutes {name}"))
        assert text.startswith(row.name)
        assert row.reason in text, name
        assert all(section_row.text for section_row in solute_section(row).rows), name
        assert [key for key in row.sources if key not in text] == [], name


def test_solutes_by_a_part_of_the_name():
    text = joined(run("show solutes immunoglobulin"))
    assert "igg" in text
    assert "il6" not in text
    assert "Did you mean ferritin?" in refusal(run("show solutes feritinn"))
    assert "no solute is named zzz" in refusal(run("show solutes zzz"))


def test_solutes_as_json():
    said = json.loads(run("show solutes il6 --json").stdout)
    ends = {"low": (0.08, "derived"), "high": (5, "source")}
    values = {end: {"value": at, "tag": tag, "note": ""} for end, (at, tag) in ends.items()}
    assert said[0]["half_life"] == {**values, "typical": None}
    assert len(json.loads(run("show solutes --json").stdout)) == 59
    assert set(said[0]) <= set(Solute._fields)


@pytest.mark.parametrize("name", list(solutes()))
def test_every_page_keeps_the_formatting_rules(name):
    drug = solutes()[name].is_drug
    pages = [removal(MEDICINE if drug else SESSION, name, "--explain").stdout]
    if not drug and model_of(solutes()[name]):
        pages.append(removal({**COURSE, "--production": "rising"}, name).stdout)
    for page in pages:
        body = page.split("\nHOW EACH FIGURE")[0]
        assert max(map(len, page.splitlines())) <= 80
        assert not BROKEN.search(body)
        assert not set("<>") & set(body)
