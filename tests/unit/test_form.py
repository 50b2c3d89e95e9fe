"""The form without a browser: each field reaches the order, and each fault is beside its field."""

import json

import pytest

from pexcalc import Order, prescribe
from pexcalc.form import (
    ASKED_FIRST,
    BAG,
    FORM_ROWS,
    REST,
    VIEWS,
    answer,
    fields_from_order,
    units_of,
)
from pexcalc.order import text_input
from pexcalc.order.fields import BY_NAME, INPUTS
from pexcalc.order.site import Site
from pexcalc.printed import screen_text
from tests.support.scenario import SCENARIOS

PATIENT = {
    "sex": "male", "age": "23", "height": "172", "weight": "65", "hematocrit": "27",
    "indication": "crs-car-t",
}  # fmt: skip
FILLED = {**PATIENT, "dose": "1"}
WOMAN = {"sex": "female"}
OPTIA = {
    "device": "spectra-optia", "removal_efficiency": "87", "inlet_flow": "60", "ratio": "12",
    "anticoagulant": "acd-a", "ratio_meaning": "inlet-to-anticoagulant",
}  # fmt: skip
MIXED = {"fluid": "albumin-then-plasma", "plasma_share": "30", "blood_group": "A"}
CRS = {
    "crs_grade": "3", "crs_scale": "astct-2019", "tocilizumab": "yes", "corticosteroid": "yes",
    "persisting": "yes",
}  # fmt: skip

# What a person types: the fields with it, and what the order then holds at the path of the input.
# Every other input is in a scenario of test_the_fields_of_an_order_give_the_order_again.
ROWS = [
    ("weight", {"weight": "143 lb", "weight.unit": "kg"}, ("143", "[lb_av]")),
    ("weight", {"weight": "100", "weight.unit": "lb"}, ("100", "[lb_av]")),
    ("blood_volume", {"blood_volume": "4900 @ device"}, ("4900", "mL")),
    ("gestation", {**WOMAN, "gestation": "none"}, "none"),
    ("states", {"states": "sepsis, ascites"}, ["sepsis", "ascites"]),
    ("since_infusion", {**CRS, "since_infusion": "6", "since_infusion.unit": "d"}, ("6", "d")),
    ("findings", {"findings": "none"}, "none"),
    ("findings", {"findings": "dic,no-hit", "blood_group": "A"}, ["dic", "no-hit"]),
    ("plasma_volumes", {"dose": "1.2"}, 1.2),
    ("exchange_volume", {"dose": "3000", "dose.unit": "mL"}, ("3000", "mL")),
    ("exchange_volume", {"dose": "3 L"}, ("3", "L")),
    ("bag_volume", {**OPTIA, "dose": "3000", "dose.unit": BAG}, ("3000", "mL")),
    ("anticoagulant_citrate", {**OPTIA, "anticoagulant": "", "anticoagulant_citrate": "112.8"}, ("112.8", "mmol/L")),
    ("amputation", {"amputation": "5.9"}, ("5.9", "%")),
    ("tanner", {**WOMAN, "age": "12", "height": "150", "weight": "40", "tanner": "3"}, 3),
    ("persisting_at", {**CRS, "persisting_at": "2025-06-24T14:05+02:00"}, "2025-06-24T14:05+02:00"),
    ("icans", {**CRS, "icans": "1"}, 1),
    ("igg", {"igg": "950", "igg.unit": "mg/dL"}, ("950", "mg/dL")),
    ("ionized_calcium", {"ionized_calcium": "2.3", "ionized_calcium.unit": "mEq/L"}, ("1.15", "mmol/L")),
    ("albumin_container", {"albumin_container": "500"}, ("500", "mL")),
    ("plasma_container", {**MIXED, "plasma_container": "200"}, ("200", "mL")),
    ("rinseback", {"rinseback": "150"}, ("150", "mL")),
    ("calcium_salt", {"calcium": "infusion", "calcium_line": "separate", "calcium_salt": "gluconate"}, "gluconate"),
    ("albumin_level", {"albumin_level": "32"}, ("32", "g/L")),
    ("saline_container", {"saline_container": "500"}, ("500", "mL")),
    ("circuit_red_cells", {"circuit_volume": "185", "circuit_red_cells": "68"}, ("68", "mL")),
    ("ace_inhibitor", {"ace_inhibitor": "18"}, [("ace inhibitor", 18)]),
    ("drugs", {"drugs": "rituximab @ 24 h before\ndexamethasone @ 6 h before"},
     [("rituximab", 24), ("dexamethasone", 6)]),
    ("drugs", {"drugs": "none"}, "none"),
    ("solutes", {"solutes": "il4, il2"}, ["il4", "il2"]),
    ("target_fall", {"every": "48", "target_fall": "70"}, ("70", "%")),
    ("measured", {"measured": "IgG 9.1 g/L before session 1"},
     [{"solute": "igg", "session": 1, "when": "before", "level": {"value": 9.1, "unit": "g/L"}, "plasma_volumes": None}]),
    ("panel", {"panel": "no"}, False), ("label", {"label": "bed 4"}, "bed 4"),
    ("ordered_at", {"ordered_at": "2025-06-24T14:05+02:00"}, "2025-06-24T14:05+02:00"),
    ("confirmed", {"confirmed": "height"}, ["patient.height"]),
    ("overrides", {"fluid": "plasma", "overrides": "plasma-abo-incompatible=seen; by Dr A"}, [{"rule": "plasma-abo-incompatible", "reason": "seen", "by": "Dr A"}]),
]  # fmt: skip


def holds(found, held):
    """Whether a value is held: a quantity, a list of medicines with their times, or a plain one."""
    if isinstance(held, tuple):
        return (found["value"], found["unit"]) == (float(held[0]), held[1])
    if isinstance(held, list) and isinstance(held[0], tuple):
        return [(one["name"], one["time"]["value"]) for one in found] == held
    return found == held


@pytest.mark.parametrize(("name", "fields", "held"), ROWS, ids=[f"{i}-{row[0]}" for i, row in enumerate(ROWS)])  # fmt: skip
def test_what_is_typed_in_a_field_reaches_the_order(name, fields, held):
    found = answer({**FILLED, **fields})
    assert (found.errors, found.needed) == ({}, ())
    value = found.order
    for part in BY_NAME[name].path.split("."):
        value = value[part]
    assert holds(value, held)
    # and back: the fields of that order give the same order
    assert answer(fields_from_order(found.order)).order == found.order


# The scenarios that have a field which none before them has, and all those fields.
COVER, HELD = {}, set()
for name, wire, _ in SCENARIOS:
    if not HELD.issuperset(fields := fields_from_order(wire)):
        HELD |= fields.keys()
        COVER[name] = wire


@pytest.mark.parametrize("name", COVER)
def test_the_fields_of_an_order_give_the_order_again(name):
    whole = Order.from_wire(COVER[name]).to_wire()
    found = answer(fields_from_order(whole))
    assert (found.errors, found.order) == ({}, whole)


def test_no_input_is_left_out():
    doses = {"plasma_volumes", "exchange_volume", "bag_volume"}
    inputs = {row.name for row in INPUTS}
    assert {row[0] for row in ROWS} | HELD >= inputs
    assert {row.name for row in FORM_ROWS} >= set(ASKED_FIRST)
    assert inputs - {row.name for row in FORM_ROWS} == doses


@pytest.mark.parametrize("row", [row for row in FORM_ROWS if units_of(row.name) and row.name != "dose"], ids=lambda row: row.name)  # fmt: skip
def test_each_unit_that_is_offered_is_read_and_never_converted(row):
    for unit in units_of(row.name):
        text = f"1 {unit}" + (" @ device" if row.kind == "stated" else "")
        try:
            text_input.check_text(row.name, {"age": "not known", row.name: text})
        except text_input.QuantityError as error:
            assert error.kind == "range", (row.name, unit)


@pytest.mark.parametrize("name", [name for name in ASKED_FIRST if name != "fluid"])
def test_an_empty_required_field_is_needed_and_is_no_error(name):
    found = answer({key: text for key, text in FILLED.items() if key != name})
    assert (found.needed, found.errors, found.prescription) == ((name,), {}, None)
    assert (found.screen, found.sheet, found.page, found.summary, found.order) == (*[""] * 4, None)
    assert set(answer({}).needed) == set(ASKED_FIRST) - {"fluid"}


FAULTS = [
    ({"height": "65", "weight": "172"}, ("height", "weight"), "conflict",
     {"height": "172", "height.unit": "cm", "weight": "65", "weight.unit": "kg"}),
    ({"height": "1.75", "measured": ","}, ("height",), "range", {"height": "1.75", "height.unit": "m"}),
    ({"weight": "650"}, ("weight",), "range", {"weight": "650", "weight.unit": "lb"}),
    ({"hematocrit": "0.27"}, ("hematocrit",), "range", {"hematocrit": "27", "hematocrit.unit": "%"}),
    ({"fibrinogen": "260"}, ("fibrinogen",), "range", {"fibrinogen": "260", "fibrinogen.unit": "mg/dL"}),
    ({"indication": "ttpp"}, ("indication",), "unknown", {"indication": "ttp"}),
    ({"states": "sepsis, burnss"}, ("states",), "unknown", {"states": "sepsis, burns"}),
    ({"weight": "20", "height": "240"}, ("weight", "height"), "range", None),
    ({"gestation": "12"}, ("gestation",), "conflict", None),
    ({"fluid": "albumin", "plasma_share": "30"}, ("plasma_share",), "conflict", None),
    ({"drugs": "rituximab @ 24 h"}, ("drugs",), "text", None),
    ({"drugs": "abc @ 24 x before"}, ("drugs",), "text", None),
    ({"drugs": "abc @ 24 h before\nother"}, ("drugs",), "text", None),
    ({"overrides": "X=1"}, ("overrides",), "missing", None),
    ({"blood_volume": "4900"}, ("blood_volume",), "missing", None),
    ({"dose": "3000", "dose.unit": BAG}, ("dose",), "missing", None),
    ({"dose": "5"}, ("dose",), "range", None),
    ({"solutes": "foo"}, ("solutes",), "unknown", None),
    ({"ratio": "12 mL"}, ("ratio",), "unit", None),
    ({"hieght": "170"}, ("",), "unknown", None),
    ({REST: "{"}, ("",), "file", None),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "places", "kind", "changes"), FAULTS)
def test_a_fault_is_beside_its_field_with_what_was_meant(fields, places, kind, changes):
    found = answer({**FILLED, **fields})
    assert set(found.errors) == set(places)
    assert found.prescription is None
    for fault in found.errors.values():
        assert (fault.kind, "--" in fault.sentence) == (kind, False)
        assert not changes or dict(fault.meant[0].fields) == changes
    if changes:
        mended = answer({**FILLED, **fields, **changes})
        assert not set(mended.errors).intersection(places)


def test_faults_of_several_fields_are_reported_at_once_while_others_are_empty():
    found = answer({**PATIENT, "age": "", "height": "1.75", "fibrinogen": "260", "ratio": "x"})
    assert set(found.errors) == {"height", "fibrinogen", "ratio"}
    assert set(found.needed) == {"age", "dose"}


def test_a_patient_alone_has_volumes_and_a_missing_part_is_asked_in_the_words_of_the_library():
    patient = {name: PATIENT[name] for name in PATIENT if name != "indication"}
    found = answer(patient)
    assert set(found.needed) == {"indication", "dose"}
    assert "3,330 mL" in found.volumes
    assert answer({**patient, "weight": ""}).volumes == answer(FILLED).volumes == ""
    fault = answer({**FILLED, "device": "spectra-optia", "inlet_flow": "60", "ratio": ""})
    assert fault.needed
    assert "Alerts" in fault.volumes
    said = answer({**FILLED, "blood_volume": "4900"}).errors["blood_volume"].sentence
    assert "got nothing" not in said


def test_plasma_without_a_blood_group_is_still_needed_and_not_an_order_on_hold():
    found = answer({**FILLED, "fluid": "plasma"})
    assert found.needed == ("blood_group",)
    assert "stop" in [alert.severity for alert in found.alerts]
    for more in ({"blood_group": "A"}, {"plasma_group": "AB"}):
        assert not answer({**FILLED, "fluid": "plasma", **more}).needed
    over = f"{found.alerts[0].id}=emergency; by Dr A"
    assert answer({**FILLED, "fluid": "plasma", "overrides": over}).prescription is not None


def test_a_field_is_asked_where_it_concerns_the_patient_or_holds_an_answer():
    assert "gestation" not in answer(FILLED).asked
    assert "gestation" in answer({**FILLED, "sex": "female"}).asked
    assert {"crs_grade", "tocilizumab"} <= set(answer(FILLED).asked)
    kept = answer({**FILLED, "indication": "ttp", "fluid": "albumin", "crs_grade": "3"})
    assert "crs_grade" in kept.asked  # nothing that was entered is left out in silence


def test_the_json_of_an_answer_holds_every_view_that_is_asked_for():
    held = answer({**FILLED, "refused": "albumin", "fluid": "albumin"})
    wire = held.to_wire(("screen",))
    assert (wire["ready"], wire["on_hold"], "sheet" in wire) == (True, True, False)
    assert held.order["fluid"]["refused"] == ["albumin"]
    found = answer(FILLED)
    wire = json.loads(found.to_json())
    assert set(VIEWS) < set(wire)
    assert wire["prescription"] == prescribe(Order.from_wire(found.order)).to_wire()
    assert wire["page"].startswith("<!DOCTYPE html>")
    assert wire["screen"] == screen_text(found.prescription)
    assert len(wire["summary"].splitlines()) == 10
    json.dumps(answer({**FILLED, "height": "1.75"}).to_wire())


def test_what_no_field_holds_is_kept_beside_them():
    assert REST not in fields_from_order(answer(FILLED).order)
    wire = next(wire for _, wire, _ in SCENARIOS if wire.get("limits"))
    fields = fields_from_order(wire)
    assert set(json.loads(fields[REST])) == {"limits"}
    assert answer(fields).order["limits"] == Order.from_wire(wire).to_wire()["limits"]
    order = answer(FILLED | {"drugs": "ramipril @ 2 h before"}).order
    for name in ("Adrenaline 0.1 mcg/kg/min", "Clexane 40 mg", "B12 @ home"):
        order["drugs"][0]["name"] = name  # no line of the form that is read as this name
        assert answer(fields_from_order(order)).order == order


def test_a_site_file_completes_the_form(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text('name = "ward"\n[devices.ours]\nlike = "spectra-optia"\nratio = 12\n')
    ours = {"device": "ours", "removal_efficiency": "87", "inlet_flow": "60"}
    found = answer(FILLED | ours, Site.read(path))
    assert found.prescription.site.name == "ward"
    assert found.order["device"]["ratio"] == 12
