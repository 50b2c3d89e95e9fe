"""What a person reads: 80 columns, the formatting rules, nothing lost between the result and the sheet."""

import re

import pytest

from pexcalc import StatedVolume, prescribe
from pexcalc.data.indications import indications
from pexcalc.report import layout, wording
from pexcalc.report import sheet as worksheet
from tests.support.patients import Q, order
from tests.support.scenario import PARTS, prescribed


def sheet(made, explain=True, notes=()):
    return printed(prescribe(made), explain, notes)


def printed(result, explain=True, notes=()):
    return layout.text(
        worksheet.title(result.version, result.data), worksheet.sections(result, explain, notes)
    )


def part(text, title):
    """The lines of one section."""
    return text.split(f"\n{title.upper()}\n")[1].split("\n\n")[0]


# Rules N1 to N6 of the order form as it prints numbers; the sources section quotes citations and is left out.
# Two places of what containers deliver, "0.99 PV" beside "1.00 PV", are compared.
TRAILING_ZERO = r"(?<![\d.])\d+\.\d*0\b(?!\.\d)(?!\s*(mmol/L|g/L|g/h|PV))"
NAKED_POINT = r"(?<!\d)\.\d"
NO_SPACE = r"\d(mL|L|mg|mcg|g|kg|mmol|mEq|units|cm|min|h)\b"
BANNED = r"(?i:\b(cc|qd|qod|od|iu)\b)|\bU\b|[µμ]g\b"
BROKEN = re.compile(f"{TRAILING_ZERO}|{NAKED_POINT}|{NO_SPACE}|{BANNED}")


# N7 to N17 as far as they go beyond: a full stop behind a unit, abbreviations of medicines, a ratio without its meaning,
# calcium without its salt, dates that are not ISO 8601, decimal commas.
STOP_BEHIND_UNIT = r"\d (mL|L|mg|mcg|g|kg|mmol|cm|min|h)\. [a-z]"
ABBREVIATED = r"\b(CaGlu|CaCl2?|MgSO4|MS|MSO4)\b"
BARE_RATIO = r"\b\d+(\.\d+)?:1\b(?! (inlet|blood) to anticoagulant \()"
DATE = r"\b\d{1,2}/\d{1,2}/\d{2,4}\b"
DECIMAL_COMMA = r"(?<![\d,])\d+,(\d{1,2}|\d{4,})(?![\d,])"


def breaks(text):
    """Each rule that a whole text breaks, with the place."""
    flat = " ".join(text.split())
    patterns = (STOP_BEHIND_UNIT, ABBREVIATED, BARE_RATIO, DATE, DECIMAL_COMMA)
    found = [match[0] for pattern in patterns for match in re.finditer(pattern, flat)]
    for match in re.finditer(r"[\d.,]+ mmol calcium", flat):
        if not re.search(
            r"calcium (gluconate [\d.,]+ g \(|chloride 10 %, [\d.,]+ mL \([\d.,]+ g, )$",
            flat[: match.start()],
        ):
            found.append(match[0])
    return found


def test_the_rules_catch_what_they_are_for():
    for bad in ("10 mL. of", "CaGlu 10 mL", "ratio 12:1", "12:1 inlet:AC", "6/7/25",
                "0,22 mg/kg/min", "3 mmol calcium"):  # fmt: skip
        assert breaks(bad), bad
    for good in (
        "12:1 inlet to anticoagulant (11 parts blood + 1 part anticoagulant), 3,370 mL. It",
        "calcium gluconate 3.4 g (7.9 mmol calcium) = 84 mL at 40 mg/mL",
        "calcium chloride 10 %, 11.6 mL (1.16 g, 7.9 mmol calcium)",
    ):
        assert breaks(good) == []
    for bad in ("2.50 mL", "albumin 5.0 %", "70kg", "qod", "OD", " .5 mL"):
        assert BROKEN.search(bad), bad
    for good in ("K 4.0 mmol/L", "1.0.3", "10.05 mL"):
        assert not BROKEN.search(good), good


PRAISING = re.compile(r"(?<!not )\b(validated|recommended)\b|\b(effective|superior)\b")


def check_format(body):
    for line in body.splitlines():
        if "doi:" not in line and "Source" not in line:
            assert not BROKEN.search(line), line
    assert not set("<>") & set(body)
    assert breaks(body) == []
    assert not PRAISING.search(" ".join(body.split()))
    without_comma = re.findall(r"(?<![\d.,:-])\d{4,}(?![\d-])(?= (?:mL|kg|cm))", body)
    assert without_comma == []


def check_columns_and_cautions(result, text):
    lines, flat = text.splitlines(), " ".join(text.split())
    assert max(map(len, lines)) <= 80
    assert all(line == line.rstrip() or line.startswith("  ") for line in lines)
    for caution in result.cautions:
        assert f"{caution.severity.upper()} {caution.code}" in flat
        assert " ".join(caution.message.split()) in flat
    for entry in result.basis.values():
        assert entry.text.split(" = ")[0].split(" ")[0] in flat


@pytest.mark.parametrize("part", PARTS, ids=len)
def test_every_sheet_keeps_the_formatting_rules(part):
    """And fits eighty columns and holds every caution."""
    for name, wire, _ in part:
        result = prescribed(wire)
        text = printed(result)
        try:
            check_format(text.split("\nSOURCES\n")[0])
            check_columns_and_cautions(result, text)
        except AssertionError as failed:
            failed.add_note(name)
            raise


def test_every_indication_can_be_printed():
    for name, row in indications().items():
        litres = {"exchange_volume": Q(row.litres[0][0], "L")} if row.litres else None
        text = sheet(order(litres or {"plasma_volumes": 1.0}, name), explain=False)
        assert max(map(len, text.splitlines())) <= 80, name
        assert not set("<>") & set(text.split("\nSOURCES\n")[0]), name
        if row.category != "not-categorised":
            assert f"category {row.category}" in " ".join(text.split()), name


def test_the_panel_of_the_order():
    dose = {"plasma_volumes": 1.0, "duration": Q(150, "min")}
    removal = part(sheet(order(dose, "ttp", solutes=("ADAMTS13", "IL-13"))), "Expected removal")
    unknown = "Interleukin-13     not known; effect not known; grade D"
    for words in ("Session            2.5 h", "ADAMTS13", unknown):
        assert words in removal
    for words in ("150 min", "assumed", "Interleukin-6", "Other production"):
        assert words not in removal
    bare = part(sheet(order(panel=False)), "Expected removal")
    assert "Interleukin-6" not in bare
    assert "Fibrinogen" in bare


def test_unknown_fields_are_not_entered_and_known_ones_are_printed():
    assert "\n  Label " not in sheet(order())
    made = order(label="bed 4", ordered_at="2025-06-24T14:05+02:00")
    text = sheet(made, notes=["flags replaced: weight"])
    assert "flags replaced: weight" in part(text, "Patient")
    assert {"bed 4", "2025-06-24T14:05+02:00"} <= set(re.split(r"\n| {2,}", text))


def test_no_alert_never_stands_without_what_was_not_checked():
    text = " ".join(sheet(order({"plasma_volumes": 1.0}, "gbs-primary")).split())
    assert "Alerts No alerts from the data entered. NOT CHECKED no data for blood group" in text
    text = " ".join(sheet(order({"plasma_volumes": 1.0}, "ttp")).split())
    assert "NOT CHECKED no data for plasma reaction or IgA deficiency, blood group" in text


def test_missing_segments_are_described():
    for given, said in (
        ({"missing_segments": ("foot",)}, "missing foot"),
        ({"amputation": 0.16}, "16 % of body mass missing"),
    ):
        assert said in " ".join(part(sheet(order(**given)), "Patient").split())


def test_signs_become_words():
    assert wording.in_words("ASTCT grade >=3") == "ASTCT grade at least 3"
    assert wording.in_words("platelets >150 x10^9/L") == "platelets more than 150 x 10^9/L"
    assert wording.in_words("full sessions 2.5-3.0 L") == "full sessions 2.5-3 L"
    assert wording.in_words("Hct < 21, <= 30") == "Hct less than 21, at most 30"


def test_what_was_confirmed_and_what_the_site_changed_leaves_a_trace():
    text = sheet(order({"plasma_volumes": 0.6}, "gbs-primary", confirmed=("dose",)))
    assert "Confirmed          plasma volumes (unusual values are not checked)" in text
    for name, limit, said in (
        ("estimator-spread", {"high": 25, "unit": "%"}, "25 %"),
        ("litre-order", {"low": 0.9, "high": 1.5, "unit": "1"}, "0.9 to 1.5"),
    ):
        text = sheet(order(limits={name: limit}))
        assert f"Site limit         {name} {said}, set by this order" in text


def test_sources_in_short_and_in_full():
    short = part(sheet(order(), explain=False), "Sources")
    assert "nadler-1962" in short
    assert "Surgery" not in short
    assert "Surgery 1962" in part(sheet(order()), "Sources")


def test_the_remark_about_tracers_is_about_nadler():
    assert "labeled albumin" in " ".join(sheet(order()).split())
    stated = StatedVolume(value=3.1, unit="L", origin="measured: albumin")
    flat = " ".join(sheet(order(plasma_volume=stated)).split())
    assert "labeled albumin" not in flat
    assert "plasma volume 3.1 L, measured: albumin" in flat


def test_an_indication_outside_the_table_is_not_given_a_category():
    text = part(sheet(order(indication="not-listed")), "Indication")
    assert "not in this program's table: look it up" in text
    assert "category" not in text.replace("categorized", "")
