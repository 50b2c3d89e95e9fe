"""What the sheet says around an exchange: levels before each session, CRS, lock, pressure, calcium, the first plasma."""

import json

import pytest

from pexcalc import Order, prescribe, simulate_course
from pexcalc.report import layout, sheet
from pexcalc.report.html.page import page
from pexcalc.report.summary import summary
from pexcalc.rules import crs_care
from tests.support.patients import Q

WOMAN = {
    "sex": "female", "age": {"value": 45, "unit": "a"}, "height": {"value": 165, "unit": "cm"},
    "weight": {"value": 65, "unit": "kg"}, "hematocrit": {"value": 30, "unit": "%"},
}  # fmt: skip
DAILY = {"sessions": 5, "interval": {"value": 24, "unit": "h"}}
MEASURED = {"fibrinogen": {"value": 1.34, "unit": "g/L"}, "igg": {"value": 10.5, "unit": "g/L"}}


def made(indication="gbs-primary", **more):
    dose = {"plasma_volumes": 1.0, "duration": {"value": 2, "unit": "h"}}
    given = {"indication": indication, "patient": WOMAN, "dose": dose}
    return prescribe(Order.from_wire({**given, **more}))


def text(prescription, system="entered"):
    parts = sheet.sections(prescription, system=system)
    return " ".join(layout.text("", parts).split())


def rows(prescription, title, system="entered"):
    parts = [part for part in sheet.sections(prescription, system=system) if part.title == title]
    return [(row.label, row.text) for part in parts for row in part.rows]


LEVELS = "Levels before each session"
ALBUMIN = {"choice": "albumin"}


def test_levels_before_each_session_are_those_of_the_course():
    found = rows(made(course=DAILY, labs=MEASURED, fluid=ALBUMIN), LEVELS)
    assert found[:4] == [
        ("Session 2", "fibrinogen about 0.82 g/L, IgG about 6.7 g/L"),
        ("Session 3", "fibrinogen about 0.6 g/L, IgG about 5.1 g/L"),
        ("Session 4", "fibrinogen about 0.49 g/L, IgG about 4.1 g/L"),
        ("Session 5", "fibrinogen about 0.44 g/L, IgG about 3.4 g/L"),
    ]
    assert found[4][1].endswith("test fibrinogen and IgG before each session from the second")
    assert len(found) == 5
    found = rows(made(course=DAILY, fluid=ALBUMIN), LEVELS)  # not measured
    assert found[0][1] == "fibrinogen about 61 % of baseline, IgG about 64 % of baseline"


def test_levels_of_today_are_those_before_this_session():
    found = rows(made(course={**DAILY, "session": 3}, labs=MEASURED, fluid=ALBUMIN), LEVELS)
    assert [label for label, _ in found] == ["Session 4", "Session 5", ""]
    volume = made().volumes.plasma_volume
    course = simulate_course("fibrinogen", 1, Q(2, "h"), Q(24, "h"), 5, volume, weight=Q(65, "kg"))
    kept = course.before.typical[3] / course.before.typical[2]
    assert f"fibrinogen about {round(1.34 * kept, 2):g} g/L" in found[0][1]
    unmeasured = rows(made(course={**DAILY, "session": 3}, fluid=ALBUMIN), LEVELS)
    assert "of the level before session 3" in unmeasured[0][1]
    assert rows(made(course={**DAILY, "session": 5}, fluid=ALBUMIN), LEVELS) == []


def test_levels_stand_in_the_unit_that_was_typed_or_asked_for():
    typed = {"fibrinogen": {"value": 134, "unit": "mg/dL"}, "igg": {"value": 1050, "unit": "mg/dL"}}
    for labs, system in ((typed, "entered"), (MEASURED, "us")):
        found = rows(made(course=DAILY, labs=labs, fluid=ALBUMIN), LEVELS, system)
        assert "fibrinogen about 82 mg/dL, IgG about 671 mg/dL" in found[0]


def test_plasma_in_the_fluid_is_said_beside_the_levels():
    plasma = {"choice": "albumin-then-plasma", "blood_group": "A"}
    quarter = {**plasma, "plasma_share": {"value": 25, "unit": "%"}}
    found = rows(made(course=DAILY, fluid=quarter), LEVELS)
    assert len(found) == 5
    assert "higher with the plasma in the fluid" in found[-1][1]
    half = {**plasma, "plasma_share": {"value": 50, "unit": "%"}}
    ((label, words),) = rows(made(course=DAILY, fluid=half), LEVELS)
    assert label == "Not calculated"
    assert words.startswith("plasma contains fibrinogen and IgG: test fibri")


@pytest.mark.parametrize(
    ("sessions", "hours", "count"),
    [(2, 48, 2), (2, 49, 0), (1, 24, 0), (5, None, 0), (None, 24, 0), (11, 48, 11), (12, 48, 10)],
)
def test_levels_are_those_of_close_sessions(sessions, hours, count):
    interval = {"value": hours, "unit": "h"} if hours else None
    course = {"sessions": sessions, "interval": interval}
    course = {name: value for name, value in course.items() if value}
    assert len(rows(made(course=course, fluid=ALBUMIN), LEVELS)) == count


PERSISTING = {"grade": 3, "scale": "astct-2019", "tocilizumab": True, "corticosteroid": True, "persisting": True}  # fmt: skip
CARE = "Exchange in CRS: watch, stop, what is known"


@pytest.mark.parametrize("indication", ["crs-car-t", "hlh"])
def test_a_record_of_crs_brings_when_to_start_what_to_watch_and_when_to_stop(indication):
    prescription = made(indication, crs=PERSISTING)
    said = text(prescription)
    for words in (
        "within 8 h of tocilizumab it is too early to call it persisting (judgement of this program)",
        "IL-6 and ferritin before a session, not at its end; after tocilizumab IL-6 rises by itself",
        "Consider stopping when the ASTCT grade is 1 or less",
        "mortality ratio 1.07 (0.88 to 1.31)",
    ):
        assert words in said, words
    assert "No study sets a stopping rule" in page(prescription)
    explained = layout.text("", sheet.sections(prescription, explain=True)).splitlines()
    assert {line.split()[0] for line in explained if line.startswith("  ")} >= set(crs_care.SOURCES)


@pytest.mark.parametrize(
    ("indication", "more"),
    [("hlh", {}), ("crs-viral", {"crs": {"tocilizumab": True}}), ("ttp", {})],
)
def test_without_a_record_of_car_t_crs_nothing_is_said_of_it(indication, more):
    assert rows(made(indication, **more), CARE) == []


def test_no_row_promises_benefit():
    said = " ".join(row.text for row in crs_care.ADVICE)
    assert not {"recommended", "effective", "improves", "should"} & set(said.split())
    assert {row.tag for row in crs_care.ADVICE} <= {"source", "secondary", "derived", "judgement"}
    for row in crs_care.ADVICE:
        assert ("judgement of this program" in row.text) == (row.tag == "judgement")


def test_the_new_inputs_are_printed():
    prescription = made(
        patient={**WOMAN, "systolic": {"value": 105, "unit": "mm[Hg]"}}, device={"lock": "citrate"},
        course={"sessions": 5, "session": 2}, calcium={"plan": "oral", "reason": "no central line"},
    )  # fmt: skip
    said = text(prescription)
    for words in ("systolic pressure 105 mmHg", "Catheter lock citrate", "session 2, 5 sessions",
                  "oral, salt not recorded, reason: no central line"):  # fmt: skip
        assert words in said
    assert "reason: no central line" in summary(prescription)
    entered = {**PERSISTING, "since_infusion": {"value": 6, "unit": "d"}}
    assert "CAR-T infusion 6 d before" in text(made("crs-car-t", crs=entered))
    assert Order.from_wire(json.loads(prescription.to_json())["order"]) == prescription.order


def test_calcium_that_is_planned_is_not_asked_for():
    plasma = {"fluid": {"choice": "plasma", "blood_group": "A"}}
    assert "get an order for a calcium infusion, or enter the reason" in text(made(**plasma))
    assert "get an order for a calcium" not in text(made(**plasma, calcium={"plan": "infusion"}))
    liver = {"findings": ["liver-failure"], **plasma}
    assert "get an order for a calcium" not in text(made(**liver, calcium={"plan": "infusion"}))


@pytest.mark.parametrize(("more", "asked"), [
    ({}, True), ({"sex": "male"}, False), ({"age": {"value": 61, "unit": "a"}}, False),
    ({"gestation": {"value": 20, "unit": "wk"}, "age": {"value": 30, "unit": "a"}}, False),
])  # fmt: skip
def test_a_pregnancy_test_is_named_where_a_pregnancy_is_possible(more, asked):
    said = text(made("ttp", patient={**WOMAN, **more}, course={"session": 1}))
    assert "ADAMTS13, blood group and antibody screen, virology, troponin" in said
    assert ("pregnancy test" in said) == asked


def test_high_potassium_does_not_put_off_the_exchange_of_ttp():
    labs = {"potassium": {"value": 6.5, "unit": "mmol/L"}}
    assert "ECG and treat first; do not delay exchange for TTP" in text(made("ttp", labs=labs))
    said = text(made(labs=labs))
    assert "ECG and treat first" in said
    assert "do not delay" not in said


def test_other_medicines_of_the_disease_are_not_asked_about_as_antibodies():
    names = "pyridostigmine, azathioprine, tacrolimus, mycophenolate mofetil, cyclosporine"
    time = {"value": 2, "unit": "h"}
    drugs = [{"name": name, "when": "before", "time": time} for name in names.split(", ")]
    prescription = made("mg-acute", drugs=drugs, fluid=ALBUMIN)
    found = {one.id for one in prescription.cautions}
    assert not found & {"medicine-unknown", "medicine-removed"}
    said = " ".join(row for _, row in rows(prescription, "Medicines around the exchange"))
    assert "antibod" not in said
