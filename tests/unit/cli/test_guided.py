"""Guided entry as a nurse meets it: through a pseudo-terminal, with slips, help, back, Ctrl-C and a narrow window."""

import re
import shlex

import pytest

from pexcalc import Order
from pexcalc.cli import guided
from pexcalc.order import text_input
from pexcalc.order.fields import BY_NAME
from pexcalc.order.questions import is_asked
from tests.support import terminal
from tests.support.patients import wire
from tests.support.refused import says
from tests.unit.cli.test_cli import process

# A woman with Guillain-Barre syndrome, her chart in United States units.
PATIENT = ["gbs-primary", "female", "51 y", "64 in", "132 lb", "38 %", "1", "", ""]
LABS = ["310 mg/dL", "220 K/uL", "4.1 mEq/L", "4.6 mg/dL", ""]
REST = ["5", "48 h", "2", "", "albumin", "500 mL", "spectra-optia", "87 %", "60 mL/min", "12", "acd-a", "infusion", "separate",
        "", "", "bed 4", "2026-11-23T02:10+01:00"]  # fmt: skip


def questions(text):
    """The prompts in the order in which they were asked."""
    return re.findall(r"^(.+)\n> ", text, re.MULTILINE)


def test_a_whole_dialogue_ends_in_the_sheet_and_in_the_command_that_gives_it_again():
    text, code = terminal.session(["prescribe", "--full"], [*PATIENT, *LABS, *REST, ""])
    assert code == 0
    assert "Error" not in text
    assert "2,290 mL" in text
    labs = "fibrinogen 310 mg/dL, platelets 220 x10^3/mcL, potassium 4.1 mEq/L"
    assert labs in " ".join(text.split())
    command = next(line for line in text.splitlines() if line.startswith("pexcalc prescribe "))
    words = shlex.split(command)
    for pair in ("--weight=132 lb", "--every=48 h", "--session-number=2", "--calcium-line=separate",
                 "--patient-label=bed 4"):  # fmt: skip
        flag, value = pair.split("=")
        assert words[words.index(flag) + 1] == value
    again = process(*words[1:], "--full").stdout
    assert again.strip() in re.sub(r"\x1b\[[0-9;]*m", "", text)
    review = text.split("Review.")[1]
    assert "4. Height: 64 in" in review
    assert "10. Fibrinogen: 310 mg/dL" in review
    assert "7. Dose: 1 plasma volume\n" in review
    assert text.count("Enough for a prescription.") == 1


@pytest.mark.parametrize(("names", "answers", "asked"), [
    *(("circuit_volume prime", {"weight": text}, asked) for text, asked in (
        ("34.9 kg", True), ("77 lb", True), ("35 kg", False), ("34900 g", True))),
    *(("gestation_at_birth", {"age": text}, asked) for text, asked in (
        ("30 d", True), ("4.2 wk", True), ("31 d", False), ("2 mo", False))),
    ("crs_grade", {"indication": "crs-car-t"}, True), ("crs_grade", {"indication": "ttp"}, False),
    ("inlet_flow ratio", {"device": "spectra-optia"}, False),
    ("inlet_flow ratio", {"device": "spectra-optia", "removal_efficiency": "87 %"}, True),
])  # fmt: skip
def test_what_is_asked_follows_the_answers(names, answers, asked):
    for name in names.split():
        assert is_asked(BY_NAME[name], answers) is asked
        assert not is_asked(BY_NAME[name], {})


def test_slips_are_refused_at_once_with_the_sentence_of_the_flags():
    slips = ["guillain", "gbs-primary", "Female", "female", "51", "51 y", "1.62 cm", "5'4", "132",
             "132 lb", "0.38", "38 %"]  # fmt: skip
    text, _ = terminal.session(["prescribe"], slips)
    flat = " ".join(text.split())
    for said in (
        "indication: got guillain; expected an id of the table",
        "sex: got Female; expected male or female. Did you mean female?",
        "height: got 1.62 cm; expected 85 to 250 cm for an adult. Did you mean 1.62 m?",
        "Read as: height 5'4: 64 in (162.6 cm).",
        "hematocrit: got 0.38 (no unit); expected 6 to 70 %. Did you mean 38 %?",
    ):
        assert said in flat, said


def test_help_back_and_a_change_on_the_review_page():
    answers = ["ttp", "?", "female", "38 y", "<", "40 y", "168 cm", "<", "<", "41 y", "170 cm", "60 kg", "30 %", "1.5",
               "", "", "", "", "", "", "", "", "", "A", "", "", "", "", "", "", "", "", "",
               "<", "", "99", "3", "?", "42 y", ""]  # fmt: skip
    text, _ = terminal.session(["prescribe"], answers)
    flat = " ".join(text.split())
    assert "Required by the formula of blood volume. Expected: male or female." in flat
    assert "got 99; expected Enter, <, or a number from 1 to" in flat
    asked = [re.split("[,:]", line)[0].removesuffix(" *") for line in questions(text)]
    expected = "Indication Sex Sex Age Height Age Height Weight Height Age"
    assert " ".join(asked[:10]) == expected
    review = text.rpartition("Review.")[2]
    assert "3. Age: 42 y" in review
    assert "4. Height: 170 cm" in review


def test_answers_that_a_change_makes_void_are_dropped_and_not_used():
    answers = ["crs-car-t", "male", "23 y", "172 cm", "65 kg", "27 %", "1", "", "3", "astct-2019", "yes", "yes", "yes",
               "", "", "", "", "", "", "albumin", "500 mL", "spectra-optia", "87 %", "60 mL/min", "12", "acd-a", "",
               "", "", "", "",
               "1", "gbs-primary", "17", "-", "", "2 h", ""]  # fmt: skip
    text, code = terminal.session(["prescribe"], answers)
    assert code == 0
    command = next(line for line in text.splitlines() if line.startswith("pexcalc prescribe "))
    assert "--indication gbs-primary" in command
    for gone in ("--crs-grade", "--tocilizumab", "--inlet-flow", "--device"):
        assert gone not in command
    assert '--duration "2 h"' in command


def test_enter_keeps_what_was_entered_and_a_dash_takes_it_away():
    answers = ["male", "23 y", "172 cm", "65 kg", "27 %", "sepsis"]
    answers += ["6", "", "4", "", "6", "-", "", ""]
    text, code = terminal.session(["volume"], answers)
    assert code == 0
    assert "Weight, such as 65 kg (now 65 kg)" in text
    reviews = text.split("Review.")
    assert "6. States: sepsis" in reviews[2]
    assert "4. Weight: 65 kg" in reviews[3]
    assert "6. States: not recorded" in reviews[4]


def test_a_required_question_is_not_passed_over():
    text, code = terminal.session(["prescribe"], ["", "ttp", ""])
    assert "Error: indication is missing; enter" in text
    assert "Error: sex is missing; enter male or female." in text
    assert text.rstrip().endswith("Error: interrupted")
    assert code == 1


@pytest.mark.parametrize("leave", [b"\x03", b"\x04"], ids=["ctrl-c", "end of input"])
def test_leaving_leaves_nothing_behind(leave, tmp_path):
    target = tmp_path / "sheet.html"
    command = ["prescribe", "--html", str(target)]
    text, code = terminal.session(command, ["ttp", "female"], then=leave)
    assert code == 1
    assert text.rstrip().endswith("Error: interrupted")
    assert "Traceback" not in text
    assert list(tmp_path.iterdir()) == []


def test_a_window_of_twenty_columns():
    answers = ["male", "23 y", "172 cm", "65 kg", "27 %", "", ""]
    text, code = terminal.session(["volume"], answers, columns=20)
    assert code == 0
    dialogue = text.split("PLASMA VOLUME")[0]
    typed = [line for line in dialogue.splitlines() if not line.startswith(">")]
    assert max(map(len, typed)) <= 20
    assert "3,330 mL (range 2,670 to 4,000), Nadler" in text


def test_at_which_week_a_neonate_was_born_is_asked_where_it_is_required():
    given = shlex.split("volume --sex female --age '30 d' --height '52 cm' --weight '3.9 kg'")
    text, code = terminal.session(given, ["40 %", "", "39 wk", "", ""])
    assert "Born at, such as 39 wk *" in questions(text)
    assert text.count("Error: gestation at birth is missing; enter 20 to 45 wk.") == 1
    assert code == 0


def test_what_does_not_go_together_is_said_on_the_review_page_and_asked_again():
    answers = ["female", "30 y", "172 cm", "65 kg", "27 %", "", "hellp", "", "7", "-", "", ""]
    text, code = terminal.session(["volume"], answers)
    assert "gestation is missing, with hellp; enter" in " ".join(text.split())
    assert text.count("Review.") == 3
    assert code == 0


def test_severity_is_a_word_and_on_a_terminal_a_colour_too_unless_nobody_wants_one():
    case = shlex.split(
        "prescribe --sex male --age '23 y' --height '172 cm' --weight '65 kg' --hematocrit '27 %'"
        " --indication crs-car-t --exchange-volume '3000 mL' --full"
    )
    coloured, _ = terminal.session(case, [])
    assert "\x1b[35m\x1b[1m  STRONG W-CRS-GATE" in coloured
    assert "\x1b[33m\x1b[1m  WARN W-NOCAT" in coloured
    plain, _ = terminal.session(case, [], environment={"NO_COLOR": "1"})
    assert "\x1b" not in plain
    assert "  STRONG W-CRS-GATE" in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert max(map(len, plain.splitlines())) <= 80


@pytest.mark.parametrize(
    "row", [row for row in guided.ASKED if "such as" in row.prompt], ids=lambda row: row.name
)
def test_every_example_in_a_prompt_is_accepted(row):
    given = {"indication": "crs-car-t", "sex": "female", "age": "30 y"}
    if row.name == "gestation_at_birth":
        given["age"] = "2 d"
    said = row.prompt.split("such as ")[1].partition(";")[0].replace('"', "").strip()
    for example in said.replace(" (pexcalc", " or (").split(" or "):
        if example.startswith("(") or "patient plasma" in example:
            continue
        text = example.rpartition("such as ")[2].rstrip(",")
        answers = guided.checked(row, text, given)
        assert len(answers) > len(given) or row.name in given


def test_a_laboratory_value_means_the_same_in_both_units():
    def made(name, text):
        data, _ = text_input.from_flags({name: text}, wire())
        return getattr(Order.from_wire(data).labs, name)

    # 4.6 mg/dL over 40.078 g/mol is 1.1478 mmol/L; 1 mEq of potassium is 1 mmol, of calcium half a millimole.
    for name, text, size, unit in (
        ("ionized_calcium", "4.6 mg/dL", 46 / 40.078, "mmol/L"), ("potassium", "4.1 mEq/L", 4.1, "mmol/L"),
        ("ionized_calcium", "2.3 mEq/L", 1.15, "mmol/L"), ("platelets", "60 K/uL", 60, "gigacount/L"),
        ("fibrinogen", "260 mg/dL", 2.6, "g/L"),
    ):  # fmt: skip
        assert made(name, text).m_as(unit) == pytest.approx(size, rel=1e-4)
    for bad in ("46 mEq/L", "4.6 mg/L", "4,6 mg/dL"):
        assert "ionized_calcium" in says(made, "ionized_calcium", bad)


def test_a_device_of_the_site_is_asked_about_like_the_one_of_the_table(tmp_path):
    site = tmp_path / "site.toml"
    site.write_text('name = "Ward 3"\n[devices.our-optia]\nlike = "spectra-optia"\n')
    answers = [*PATIENT, *LABS, "", "albumin", "500 mL", "our-optia", "87 %", "60 mL/min", "12:1"]
    text, _ = terminal.session(["prescribe", "--site", str(site)], answers)
    flat = " ".join(text.split())
    assert "Plasma removal efficiency" in flat
    assert "Inlet flow" in flat
    assert "Read as: ratio on the device 12:1: 12, inlet to anticoagulant" in flat
    assert "The ratio is" not in flat
    assert questions(text)[-1].startswith("Anticoagulant")
