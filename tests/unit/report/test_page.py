"""The printed sheet as text: nothing lost against the rows, nothing harmful let through, written whole or not at all."""

import html.parser
import os
import re
import stat
from pathlib import Path
from unittest.mock import Mock

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pexcalc import Order, QuantityError, prescribe
from pexcalc.cli import cli
from pexcalc.data import sources as source_table
from pexcalc.files import save
from pexcalc.report import layout
from pexcalc.report import sheet as worksheet
from pexcalc.report.html.bedside import LONG_SCHEDULE
from pexcalc.report.html.handwritten import double_checks, paper, without_sources
from pexcalc.report.html.page import STYLE, courses, page, sha256_of
from pexcalc.report.replacement import in_force
from pexcalc.report.screen import screen
from pexcalc.report.summary import summary
from tests.support.patients import Q, order
from tests.support.scenario import COVER, ORDERS, PARTS, prescribed
from tests.unit.report.test_sheet import BROKEN, breaks


class Reader(html.parser.HTMLParser):
    """The text of a page, and its elements."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.words, self.tags, self.attributes, self.open = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.handle_startendtag(tag, attributes)
        if tag not in ("meta", "br", "line", "rect", "path", "polygon", "polyline"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def flat(self):
        return " ".join(" ".join(self.words).split())


def flat(text):
    return " ".join(text.split())


def front(sheet):
    return [part for parts in sheet.front.values() for part in parts]


def check_rows(result, sheet, words):
    for part in (*front(sheet), *sheet.back):
        assert not part.rows or part.title in words
        for row in part.rows:
            assert flat(row.text.replace("[ ]", "")) in words
            assert flat(row.label) in words
    for caution in result.cautions:
        assert flat(caution.message).strip("., ")[1:] in words
        assert not re.search(rf"\b{caution.code}\b", words)
    assert ("ORDER ON HOLD" in words) == result.blocked
    assert "--override" not in words


def check_the_words_of_the_screen(result, words):
    schedule = getattr(in_force(result), "schedule", ())
    for block in screen(result).split("\n\n")[:-1]:
        if block.startswith("AFTER") and len(schedule) > LONG_SCHEDULE:
            continue  # page 2 has these levels in its own words
        block = re.sub(r"Override: --override \S+=REASON --by NAME", "", block)
        for word in set(block.split()) - {"PLASMA", "EXCHANGE", "Label:"}:
            assert word.strip("_") in words


def check_schedule_and_signatures(result, areas):
    """What cannot be carried out asks for no schedule and no signature."""
    option = in_force(result)
    assert bool(areas["signatures"]) == (option is not None and not result.blocked)
    hung = option.schedule if option is not None and not result.blocked else ()
    rows = [row for part in areas["schedule"] for row in part.rows]
    assert len(rows) == len(hung)
    assert all(row.box for row in rows)
    assert {part.blanks for part in areas["schedule"]} <= {("unit or lot number", "time")}


def check_format(texts):
    for text in texts:
        assert not BROKEN.search(text)
        assert breaks(re.sub(r"(inlet|blood):AC [\d.]+:1", "", text)) == []  # with its meaning
        assert not set("<>") & set(text)


def check_summary(result, text):
    assert len(text.splitlines()) == 10
    assert text.isascii()
    assert text.startswith("ORDER ON HOLD, NOT FOR USE. ") == result.blocked
    for caution in result.cautions:
        assert f"{caution.severity.upper()} {caution.code}" in text
    check_format(text.splitlines()[1:])


@pytest.mark.parametrize("part", PARTS, ids=len)
def test_every_row_of_the_two_pages_is_printed(part, monkeypatch):
    """Page 1 has the words of the screen, every caution is whole, the formatting rules are kept."""
    monkeypatch.setattr("pexcalc.report.html.page.paper", lambda *_: sheet)  # laid out once
    monkeypatch.setattr("pexcalc.report.html.page.courses", lambda p: courses(p) if drawn else [])
    for name, wire, _ in part:
        result, drawn = prescribed(wire), name in COVER
        sheet = paper(result)
        read = Reader(page(result))
        try:
            assert read.open == []
            check_rows(result, sheet, read.flat)
            check_the_words_of_the_screen(result, read.flat)
            check_schedule_and_signatures(result, sheet.front)
            # As on the screen, plasma volumes keep their decimal places: 1.0 PV.
            rows = (f"{row.label}\n{row.text}" for part in front(sheet) for row in part.rows)
            check_format(re.sub(r"= [\d.]+ (PV|plasma volume)", "", row) for row in rows)
            check_summary(result, summary(result))
        except AssertionError as failed:
            failed.add_note(name)
            raise


def test_page_1_shows_dose_containers_rate_and_run_time_in_large_type():
    fluid = {"choice": "albumin", "albumin_container": Q(250, "mL")}
    result = prescribe(order({"plasma_volumes": 1.0}, "gbs-primary", fluid=fluid))
    (figures,) = paper(result).front["figures"]
    # 3,331.3 mL of plasma in an assumed 2 h: 27.8 mL/min.
    assert [(row.label, row.text) for row in figures.rows] == [
        ("Exchange", "3,330 mL = 1.0 PV"), ("Containers", "14 x 250 mL albumin 5 %"),
        ("Fluid rate", "28 mL/min"), ("Run time (assumed)", "120 min"),
    ]  # fmt: skip
    assert re.search(r"\.figures td \{ font-size: 16pt", STYLE)


def test_the_grid_and_the_reaction_plan_are_on_page_1():
    areas = paper(prescribe(order())).front
    ((grid,), (reaction,)) = areas["monitoring"], areas["reaction"]
    labels = ["Time", "Blood pressure", "Pulse", "Ionized calcium"]
    assert [row.label for row in grid.rows] == labels
    assert reaction.rows[0].text.startswith("Stop. Keep the line. Call:")


def test_a_page_without_label_or_time_is_marked_as_a_draft_on_every_page():
    label, when = {"label": "bed 4"}, {"ordered_at": "2025-06-24T14:05+02:00"}
    assert "DRAFT" not in page(prescribe(order(**label, **when)))
    assert page(prescribe(order())).count("DRAFT: patient label and time of the order missing") == 2
    for known, said in ((when, "patient label missing"), (label, "time of the order missing")):
        assert f"DRAFT: {said}" in page(prescribe(order(**known)))


def test_source_keys_and_rule_ids_are_printed_with_the_reasons_only():
    result = prescribe(order(drugs=[{"name": "asfa", "when": "before", "time": Q(3, "h")}]))
    plain, whole = page(result), page(result, explain=True)
    keys = [f"[{key}]" for key in source_table.sources()]
    assert not [key for key in keys if key in plain]
    assert [key for key in keys if key in whole]
    assert "print again with --why" in plain
    named = re.findall(r"\[([a-z0-9][a-z0-9, -]+)\]", str(double_checks(result).rows))
    assert set(", ".join(named).split(", ")) <= set(source_table.sources())
    assert without_sources("a bed [4] [asfa-2023]") == "a bed [4]"
    stopped = page(prescribe(Order.from_wire(ORDERS["infant-stops"])))
    assert re.search(r"An override needs a reason and a name. Rule: [a-z, -]+<", stopped)


def test_no_script_and_nothing_from_outside():
    read = Reader(page(prescribe(order(indication="crs-car-t"))))
    assert "script" not in read.tags
    assert not {"img", "link", "iframe", "object", "embed", "a", "form"} & set(read.tags)
    assert not [
        name for name, _ in read.attributes if name.startswith("on") or name in ("src", "href")
    ]
    assert ("content", f"default-src 'none'; style-src '{sha256_of(STYLE)}'") in read.attributes
    assert "style" not in dict(read.attributes)
    assert "unsafe-inline" not in page(prescribe(order()))
    assert {read.tags.count(tag) for tag in ("main", "header", "h1")} == {1}
    assert "url(" not in re.sub(r"url\(#hatch\)", "", page(prescribe(order())))


def test_a_curve_ends_a_session_where_the_sheet_says():
    for name, wire in COVER.items():
        result = prescribed(wire)
        falls = {one.solute: one.fall for one in result.removal}
        found = courses(result)
        assert len(found) in (2, 3), name
        for course in found:
            fall, after = falls[course.solute], course.after
            ends = 1 - after.high[0], 1 - after.low[0]
            assert ends == pytest.approx((fall.low, fall.high), abs=0.02), name


def test_the_solutes_that_the_order_names_are_drawn():
    assert [course.solute for course in courses(prescribe(order()))][:2] == ["il6", "sil2r"]
    named = prescribe(order(solutes=("ferritin", "igg")))
    assert {course.solute for course in courses(named)} == {"ferritin", "igg"}
    many = page(prescribe(order(solutes=("il6", "il8", "il10", "tnf", "ferritin"))))
    assert "Not drawn for lack of space: 3 more." in many  # beside the plot of sieving two fit
    assert "Not drawn" not in page(prescribe(order()))


def test_a_course_is_drawn_as_ordered():
    course = {"sessions": 3, "interval": Q(48, "h")}
    result = prescribe(order({"plasma_volumes": 1.0}, "gbs-primary", course=course))
    assert courses(result)[0].sessions == 3
    assert page(result).count('fill="url(#hatch)"') == 6
    assert "after session 3" in page(result)


def test_sieving_is_drawn_for_crs_alone():
    text = page(prescribe(order()))
    assert "Sieving against molecular weight" in text
    assert "1 IL-8 8.4, 2 IL-6 21" in text
    ttp = order({"plasma_volumes": 1.0}, "ttp")
    assert "Sieving against molecular weight" not in page(prescribe(ttp))


def test_the_date_is_the_one_of_the_order():
    text = page(prescribe(order()))
    assert "Ordered at: __________" in text
    when = "2025-06-24T14:05+02:00"
    assert f"Ordered at: {when}" in page(prescribe(order(ordered_at=when)))
    undated = re.sub("last changed .*?<", "<", text)  # the data tables
    assert not re.search(r"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}\b", undated)


def test_explain_adds_every_formula_behind_the_two_pages():
    result = prescribe(order())
    read = Reader(page(result, explain=True))
    for path, entry in result.basis.items():
        assert path in read.flat
        assert flat(entry.text) in read.flat
    assert "0.3669" not in Reader(page(result)).flat


def checks(made):
    (part,) = paper(prescribe(made)).front["checks"]
    return {row.label: row.text for row in part.rows}


def test_double_checks_show_the_figures_that_they_are_about():
    made = order(
        {"plasma_volumes": 1.0}, "ttp",
        device={"name": "spectra-optia", "inlet_flow": Q(60, "mL/min"), "ratio": 12, "plasma_removal_efficiency": 0.87,
                "anticoagulant": "acd-a"},
        fluid={"blood_group": "A", "plasma_container": Q(250, "mL")}, calcium={"plan": "infusion", "line": "separate"},
    )  # fmt: skip
    found = checks(made)
    # 3,331.283 mL less and plus 5 %: 3,164.7 and 3,497.8.
    for label, words in (
        ("PV recalculated", "by second checker: must be 3,160 to 3,500 mL by Nadler"),
        ("PV recalculated", "within 5 % (site limit)"),
        ("Ratio", "12:1 inlet to anticoagulant (11 parts blood + 1 part anticoagulant)"),
        ("Containers", "14 units of 250 mL plasma (FFP): number, product and expiry checked"),
        ("Blood group", "patient A"), ("Blood group", "plasma A or AB"),
        ("Prescribed before start", "[ ] fluid plasma (default), [ ] calcium infusion, [ ] AC acd-a"),
        ("Calcium", "in a separate line from plasma"),
    ):  # fmt: skip
        assert words in found[label]
    limits = {"second-check": {"high": 3, "unit": "%"}}
    assert "within 3 % (site limit)" in checks(order(limits=limits))["PV recalculated"]


def test_albumin_alone_needs_no_check_of_plasma():
    found = checks(order({"plasma_volumes": 1.0}, "gbs-primary", fluid={"choice": "albumin"}))
    assert "Blood group" not in found
    assert "Calcium" not in found
    assert found["Ratio"] == "on the device: not recorded"


def test_a_fluid_not_chosen_leaves_boxes_to_tick():
    lines = paper(prescribe(order())).front["lines"]
    (part,) = (part for part in lines if part.title.startswith("CHOOSE"))
    assert [row.text[0] for row in part.rows if row.box] == ["A", "B", "C"]


def test_laboratory_values_by_the_system_asked_for():
    labs = {"fibrinogen": Q(80, "mg/dL"), "platelets": Q(20, "gigacount/L"), "igg": Q(9.5, "g/L"),
            "ionized_calcium": Q(0.9, "mmol/L"), "albumin": Q(32, "g/L")}  # fmt: skip
    fluid = {"choice": "albumin"}
    result = prescribe(order({"plasma_volumes": 1.0}, "gbs-primary", labs=labs, fluid=fluid))
    parts = worksheet.sections(result, system="us")
    said = " ".join(f"{row.label} {row.text}" for part in parts for row in part.rows)
    assert "below 50 mg/dL (site limit), with platelets 20 x10^9/L" in said
    assert "(3.6 mg/dL, limit 4 mg/dL)" in said
    assert re.search(r"IgG at end [\d,]+ mg/dL.*Albumin at end [\d.]+ g/dL", said)


HOSTILE = ('<script>alert("x")</script>', "'\"><img src=x onerror=alert(1)>", "a & b < c > d \" e ' f", "\u05d0\u05d1\u05d2 bed 4",
           "{{7*7}} ${7*7} %s", "--><svg/onload=alert(1)>")  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_labels_names_and_reasons_are_harmless_in_every_format(text):
    drug = {"name": text[:60], "when": "before", "time": {"value": 24, "unit": "h"}}
    override = {"rule": "child-too-small", "reason": text, "by": text}
    wire = order(label=text).to_wire() | {"drugs": [drug], "overrides": [override]}
    result = prescribe(Order.from_wire(wire))
    drawn = page(result)
    read = Reader(drawn)
    assert read.open == []
    assert not {"script", "img"} & set(read.tags)
    assert read.tags.count("svg") == 4  # the pattern and three plots
    assert text in " ".join(read.words)
    assert text in " ".join(worksheet.sections(result)[0].rows[0].text.split()) or "\u05d0" in text
    assert len(summary(result).splitlines()) == 10
    assert Order.from_json(result.order.to_json()).label == text


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=80))
def test_any_label_is_refused_or_shown_whole_and_escaped(text):
    try:
        made = Order.from_wire(order().to_wire() | {"label": text})
    except QuantityError as refused:
        assert all(str(one).isprintable() for one in refused.faults)
        return
    read = Reader(page(prescribe(made)))
    assert read.tags.count("script") == 0
    assert flat(text) in read.flat


CASE = ["prescribe", "--sex", "male", "--age", "23 y", "--height", "172 cm", "--weight", "65 kg", "--hematocrit", "27 %",
        "--indication", "crs-car-t", "--exchange-volume", "3000 mL"]  # fmt: skip


def test_the_page_is_written_beside_the_sheet(tmp_path):
    target = tmp_path / "sheet.html"
    plain = CliRunner().invoke(cli, CASE)
    result = CliRunner().invoke(cli, [*CASE, "--html", str(target)])
    assert (result.exit_code, result.stdout) == (0, plain.stdout)
    assert result.stderr == f"Written: {target}\n"
    printed = CliRunner().invoke(cli, [*CASE, "--html", "-"]).stdout
    assert target.read_text(encoding="utf-8") == printed
    assert list(tmp_path.iterdir()) == [target]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_summary_in_place_of_the_sheet():
    assert CliRunner().invoke(cli, [*CASE, "--summary"]).stdout.count("\n") == 10
    both = CliRunner().invoke(cli, [*CASE, "--summary", "--json"])
    assert both.exit_code == 2
    assert "one of --json, --summary and --html -" in both.stderr


def test_a_page_that_cannot_be_written_is_one_line_and_leaves_the_old_one(tmp_path, monkeypatch):
    target = tmp_path / "sheet.html"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)

    full = Mock(side_effect=OSError(28, "No space left on device"))
    monkeypatch.setattr(os, "fsync", full)
    result = CliRunner().invoke(cli, [*CASE, "--html", str(target)])
    assert result.exit_code == 1
    assert result.stderr == f"Error: cannot write {target}: No space left on device.\n"
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]
    monkeypatch.undo()
    save(str(target), "new")
    assert target.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    for name in (str(tmp_path), str(tmp_path / "no" / "such"), "a\x00b"):
        result = CliRunner().invoke(cli, [*CASE, "--html", name])
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: cannot write ")
        assert result.stderr.count("\n") == 1


def test_a_link_keeps_pointing_and_a_device_is_not_replaced(tmp_path):
    target, link = tmp_path / "real.html", tmp_path / "link.html"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    save(str(link), "new")
    assert (link.is_symlink(), target.read_text(encoding="utf-8")) == (True, "new")
    save(os.devnull, "gone")
    assert Path(os.devnull).is_char_device()


def test_a_medicine_that_is_named_like_a_stop_is_marked_as_a_medicine():
    name = "STOP W-HIT use citrate"
    drug = {"name": name, "when": "before", "time": {"value": 24, "unit": "h"}}
    result = prescribe(Order.from_wire(order().to_wire() | {"drugs": [drug]}))
    rows = [row for part in worksheet.sections(result) for row in part.rows]
    (row,) = [row for row in rows if row.label == f'"{name}"']
    assert row.mark == ""
    assert {row.mark for row in rows} <= {"", "strong", "warn", "info"}
    assert f"  {name}" not in layout.text(
        "title", worksheet.sections(result), paint=lambda mark, line: f"{mark}>{line}"
    )
    assert " stop" not in "".join(re.findall('class="[^"]*"', page(result)))
    assert f'"{name}"' in summary(result)


def test_every_row_of_a_caution_is_marked_with_its_severity():
    stopped = prescribe(Order.from_wire(ORDERS["infant-stops"]))
    parts = worksheet.sections(stopped)
    drawn = layout.text("title", parts, paint=lambda mark, line: f"<{mark}>{line}")
    assert "<blocked>  ORDER ON HOLD" in drawn
    assert "<stop>  STOP W-PED" in drawn
    read = page(stopped)
    assert 'class="hold' in read
    assert re.search('class="(short|long) stop', read)
