"""The form without a browser: each field reaches the order, and each fault is beside its field."""

import json

import pytest

from pexcalc import Order, prescribe
from pexcalc.form import (
    ASKED_FIRST,
    BAG,
    DOSE_UNITS,
    FORM_ROWS,
    REST,
    VIEWS,
    answer,
    fields_from_order,
    units_of,
)
from pexcalc.order import text_input
from pexcalc.order.fields import BY_NAME, INPUTS
from pexcalc.order.questions import words_of
from pexcalc.order.site import Site
from pexcalc.printed import screen_text
from tests.support.scenario import SCENARIOS

PATIENT = {
    "sex": "male", "age": "23", "height": "172", "weight": "65", "hematocrit": "27",
    "indication": "crs-car-t",
}  # fmt: skip
FILLED = {**PATIENT, "dose": "1"}
WOMAN = {"sex": "female"}
COURSE = {"sessions": "5", "every": "48"}
OPTIA = {
    "device": "spectra-optia", "removal_efficiency": "87", "inlet_flow": "60", "ratio": "12",
    "anticoagulant": "acd-a", "ratio_meaning": "inlet-to-anticoagulant",
}  # fmt: skip
MEMBRANE = {"device": "prismaflex", "blood_flow": "120", "plasma_flow": "30"}
NEONATE = {
    "age": "10", "age.unit": "d", "height": "50", "weight": "3.5", "hematocrit": "45",
    "indication": "not-listed", "gestation_at_birth": "39",
}  # fmt: skip
MIXED = {"fluid": "albumin-then-plasma", "plasma_share": "30", "blood_group": "A"}
CRS = {
    "crs_grade": "3", "crs_scale": "astct-2019", "tocilizumab": "yes", "corticosteroid": "yes",
    "persisting": "yes",
}  # fmt: skip

# One row for each input: the fields with it, and what the order then holds at its path.
ROWS = [
    ("indication", {"indication": "ttp", "fluid": "albumin"}, "ttp"),
    ("sex", WOMAN, "female"),
    ("age", {"age": "54"}, ("54", "a")),
    ("height", {"height": "69", "height.unit": "in"}, ("69", "[in_i]")),
    ("weight", {"weight": "143 lb", "weight.unit": "kg"}, ("143", "[lb_av]")),
    ("hematocrit", {"hematocrit": "31.5"}, ("31.5", "%")),
    ("blood_volume", {"blood_volume": "4900 @ device"}, ("4900", "mL")),
    ("plasma_volume", {"plasma_volume": "3.1 L @ device"}, ("3.1", "L")),
    ("gestation", {**WOMAN, "gestation": "30"}, ("30", "wk")),
    ("gestation", {**WOMAN, "gestation": "none"}, "none"),
    ("pre_pregnancy_weight", {**WOMAN, "gestation": "30", "pre_pregnancy_weight": "60", "pre_pregnancy_hematocrit": "38"}, ("60", "kg")),
    ("pre_pregnancy_hematocrit", {**WOMAN, "gestation": "30", "pre_pregnancy_weight": "60", "pre_pregnancy_hematocrit": "38"}, ("38", "%")),
    ("gestation_at_birth", NEONATE, ("39", "wk")),
    ("amputation", {"amputation": "5.9"}, ("5.9", "%")),
    ("missing_segments", {"missing_segments": "hand"}, ["hand"]),
    ("tanner", {**WOMAN, "age": "12", "height": "150", "weight": "40", "tanner": "3"}, 3),
    ("states", {"states": "sepsis, ascites"}, ["sepsis", "ascites"]),
    ("systolic", {"systolic": "110"}, ("110", "mm[Hg]")),
    ("crs_grade", CRS, 3), ("crs_scale", CRS, "astct-2019"), ("tocilizumab", CRS, True),
    ("corticosteroid", {**CRS, "corticosteroid": "no", "persisting": ""}, False), ("persisting", CRS, True),
    ("persisting_at", {**CRS, "persisting_at": "2025-06-24T14:05+02:00"}, "2025-06-24T14:05+02:00"),
    ("icans", {**CRS, "icans": "1"}, 1),
    ("since_infusion", {**CRS, "since_infusion": "6", "since_infusion.unit": "d"}, ("6", "d")),
    ("fibrinogen", {"fibrinogen": "260", "fibrinogen.unit": "mg/dL"}, ("260", "mg/dL")),
    ("platelets", {"platelets": "150"}, ("150", "10*9/L")),
    ("potassium", {"potassium": "3.9"}, ("3.9", "mmol/L")),
    ("ionized_calcium", {"ionized_calcium": "1.15"}, ("1.15", "mmol/L")),
    ("igg", {"igg": "950", "igg.unit": "mg/dL"}, ("950", "mg/dL")),
    ("albumin_level", {"albumin_level": "32"}, ("32", "g/L")),
    ("coagulation_age", {"coagulation_age": "6"}, ("6", "h")),
    ("findings", {"findings": "none"}, "none"),
    ("findings", {"findings": "dic,no-hit", "blood_group": "A"}, ["dic", "no-hit"]),
    ("refused", {"refused": "plasma"}, ["plasma"]),
    ("accepted", {"accepted": "albumin", "findings": "jehovahs-witness"}, ["albumin"]),
    ("plasma_volumes", {"dose": "1.2"}, 1.2),
    ("exchange_volume", {"dose": "3000", "dose.unit": "mL"}, ("3000", "mL")),
    ("exchange_volume", {"dose": "3 L"}, ("3", "L")),
    ("bag_volume", {**OPTIA, "dose": "3000", "dose.unit": BAG}, ("3000", "mL")),
    ("sessions", COURSE, 5), ("every", COURSE, ("48", "h")),
    ("session_number", {**COURSE, "session_number": "2"}, 2), ("taper", {**COURSE, "taper": "no"}, False),
    ("fluid", MIXED, "albumin-then-plasma"), ("plasma_share", MIXED, ("30", "%")),
    ("blood_group", MIXED, "A"),
    ("saline_share", {"fluid": "albumin", "saline_share": "20"}, ("20", "%")),
    ("sequence", {**MIXED, "sequence": "mixed"}, "mixed"),
    ("balance", {"balance": "95"}, ("95", "%")),
    ("albumin", {"albumin": "albumin-20", "fluid": "albumin", "diluent": "saline", "albumin_strength": "5"}, "albumin-20"),
    ("albumin_strength", {"albumin": "albumin-20", "fluid": "albumin", "diluent": "isotonic", "albumin_strength": "5"}, ("5", "%")),
    ("diluent", {"albumin": "albumin-20", "fluid": "albumin", "diluent": "isotonic", "albumin_strength": "5"}, "isotonic"),
    ("plasma", {**MIXED, "plasma": "sd-plasma"}, "sd-plasma"),
    ("plasma_group", {**MIXED, "plasma_group": "AB"}, "AB"),
    ("donor_group", {**MIXED, "donor_group": "A"}, "A"),
    ("albumin_container", {"albumin_container": "500"}, ("500", "mL")),
    ("plasma_container", {**MIXED, "plasma_container": "200"}, ("200", "mL")),
    ("saline_container", {"saline_container": "500"}, ("500", "mL")),
    ("device", OPTIA, "spectra-optia"), ("removal_efficiency", OPTIA, ("87", "%")),
    ("inlet_flow", OPTIA, ("60", "mL/min")), ("ratio", OPTIA, 12), ("anticoagulant", OPTIA, "acd-a"),
    ("ratio_meaning", OPTIA, "inlet-to-anticoagulant"),
    ("blood_flow", MEMBRANE, ("120", "mL/min")), ("plasma_flow", MEMBRANE, ("30", "mL/min")),
    ("anticoagulant_citrate", {**OPTIA, "anticoagulant": "", "anticoagulant_citrate": "112.8"}, ("112.8", "mmol/L")),
    ("circuit_volume", {"circuit_volume": "185"}, ("185", "mL")),
    ("circuit_red_cells", {"circuit_volume": "185", "circuit_red_cells": "68"}, ("68", "mL")),
    ("rinseback", {"rinseback": "150"}, ("150", "mL")), ("prime", {"prime": "red-cells"}, "red-cells"),
    ("lock", {"lock": "heparin"}, "heparin"),
    ("duration", {"duration": "150", "duration.unit": "min"}, ("150", "min")),
    ("calcium", {"calcium": "infusion", "calcium_line": "separate"}, "infusion"),
    ("calcium_line", {"calcium": "infusion", "calcium_line": "separate"}, "separate"),
    ("calcium_salt", {"calcium": "infusion", "calcium_line": "separate", "calcium_salt": "gluconate"}, "gluconate"),
    ("calcium_reason", {"calcium": "none", "calcium_reason": "short session"}, "short session"),
    ("ace_inhibitor", {"ace_inhibitor": "18"}, [{"name": "ACE inhibitor", "when": "before", "time": {"value": 18.0, "unit": "h"}, "dose": None}]),
    ("drugs", {"drugs": "rituximab @ 24 h before\ndexamethasone @ 6 h before"}, ["rituximab", "dexamethasone"]),
    ("drugs", {"drugs": "none"}, "none"),
    ("inr", {"drugs": "warfarin @ 24 h before", "inr": "2.4"}, 2.4),
    ("solutes", {"solutes": "il4, il2"}, ["il4", "il2"]),
    ("target_fall", {"every": "48", "target_fall": "70"}, ("70", "%")),
    ("target_level", {"every": "48", "target_level": "30"}, ("30", "%")),
    ("measured", {"measured": "IgG 9.1 g/L before session 1"},
     [{"solute": "igg", "session": 1, "when": "before", "level": {"value": 9.1, "unit": "g/L"}, "plasma_volumes": None}]),
    ("panel", {"panel": "no"}, False), ("label", {"label": "bed 4"}, "bed 4"),
    ("ordered_at", {"ordered_at": "2025-06-24T14:05+02:00"}, "2025-06-24T14:05+02:00"),
    ("confirmed", {"confirmed": "height"}, ["patient.height"]),
    ("overrides", {"fluid": "plasma", "overrides": "plasma-abo-incompatible=seen; by Dr A"}, [{"rule": "plasma-abo-incompatible", "reason": "seen", "by": "Dr A"}]),
]  # fmt: skip


def at(order, path):
    for part in path.split("."):
        order = order[part]
    return order


@pytest.mark.parametrize(("name", "fields", "held"), ROWS, ids=[f"{i}-{row[0]}" for i, row in enumerate(ROWS)])  # fmt: skip
def test_each_input_of_an_order_has_a_field_that_reaches_it(name, fields, held):
    found = answer({**FILLED, **fields})
    assert (found.errors, found.needed) == ({}, ())
    value = at(found.order, BY_NAME[name].path)
    if isinstance(held, tuple):
        assert (value["value"], value["unit"]) == (float(held[0]), held[1])
    elif name == "drugs" and isinstance(held, list):
        assert [one["name"] for one in value] == held
    elif name == "ace_inhibitor":
        assert value[0]["time"] == held[0]["time"]
    else:
        assert value == held
    # and back: the fields of that order give the same order
    assert answer(fields_from_order(found.order)).order == found.order


def test_no_input_is_left_out():
    assert {row[0] for row in ROWS} | {"dose"} == {row.name for row in INPUTS}
    assert {row.name for row in FORM_ROWS} >= set(ASKED_FIRST)
    assert {row.name for row in INPUTS} - {row.name for row in FORM_ROWS} == {
        "plasma_volumes", "exchange_volume", "bag_volume",
    }  # fmt: skip


@pytest.mark.parametrize("row", [row for row in FORM_ROWS if units_of(row.name) and row.name != "dose"], ids=lambda row: row.name)  # fmt: skip
def test_each_unit_that_is_offered_is_read_and_never_converted(row):
    for unit in units_of(row.name):
        texts, number = {"age": "not known"}, "1"
        text = f"{number} {unit}" + (" @ device" if row.kind == "stated" else "")
        try:
            text_input.check_text(row.name, {**texts, row.name: text})
        except text_input.QuantityError as error:
            assert error.kind == "range", (row.name, unit)


def test_another_unit_reads_the_same_number_anew():
    for unit, ucum in (("kg", "kg"), ("lb", "[lb_av]")):
        held = answer({**FILLED, "weight": "100", "weight.unit": unit}).order["patient"]["weight"]
        assert held == {"value": 100.0, "unit": ucum}


@pytest.mark.parametrize("name", [name for name in ASKED_FIRST if name != "fluid"])
def test_an_empty_required_field_is_needed_and_is_no_error(name):
    found = answer({key: text for key, text in FILLED.items() if key != name})
    assert (found.needed, found.errors, found.prescription) == ((name,), {}, None)
    assert (found.screen, found.sheet, found.page, found.summary, found.order) == (*[""] * 4, None)


def test_an_empty_form_needs_what_a_patient_needs():
    assert set(answer({}).needed) == set(ASKED_FIRST) - {"fluid"}


FAULTS = [
    ({"height": "65", "weight": "172"}, ("height", "weight"), "conflict",
     {"height": "172", "height.unit": "cm", "weight": "65", "weight.unit": "kg"}),
    ({"height": "1.75"}, ("height",), "range", {"height": "1.75", "height.unit": "m"}),
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
    for name in places:
        fault = found.errors[name]
        assert fault.kind == kind
        assert "--" not in fault.sentence
        if changes:
            assert dict(fault.meant[0].fields) == changes
    if changes:
        mended = answer({**FILLED, **fields, **changes})
        assert not set(mended.errors).intersection(places)


def test_faults_of_several_fields_are_reported_at_once_while_others_are_empty():
    found = answer({**PATIENT, "age": "", "height": "1.75", "fibrinogen": "260", "ratio": "x"})
    assert set(found.errors) == {"height", "fibrinogen", "ratio"}
    assert set(found.needed) == {"age", "dose"}


def test_without_an_age_the_widest_range_holds():
    found = answer({**FILLED, "age": "", "height": "80", "weight": "12"})
    assert (found.needed, found.errors) == (("age",), {})


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


def test_a_hold_is_said_and_its_order_is_kept():
    found = answer({**FILLED, "weight": "65", "refused": "albumin", "fluid": "albumin"})
    wire = found.to_wire(("screen",))
    assert (wire["ready"], wire["on_hold"], "sheet" in wire) == (True, True, False)
    assert found.order["fluid"]["refused"] == ["albumin"]


def test_the_json_of_an_answer_holds_every_view_that_is_asked_for():
    found = answer(FILLED)
    wire = json.loads(found.to_json())
    assert set(VIEWS) < set(wire)
    assert wire["prescription"] == prescribe(Order.from_wire(found.order)).to_wire()
    assert wire["page"].startswith("<!DOCTYPE html>")
    assert wire["screen"] == screen_text(found.prescription)
    assert len(wire["summary"].splitlines()) == 10
    json.dumps(answer({**FILLED, "height": "1.75"}).to_wire())


@pytest.mark.parametrize(("name", "wire"), [(name, wire) for name, wire, _ in SCENARIOS[::9]], ids=lambda one: one if isinstance(one, str) else "")  # fmt: skip
def test_the_fields_of_an_order_give_the_order_again(name, wire):
    whole = Order.from_wire(wire).to_wire()
    fields = fields_from_order(whole)
    found = answer(fields)
    assert found.errors == {}
    if (whole["patient"]["hematocrit"] or {}).get("unit") != "1" and not any(
        " " in one["name"] for one in whole["drugs"] if isinstance(one, dict)
    ):
        assert found.order == whole


def test_an_order_of_the_form_leaves_nothing_beside_its_fields():
    assert REST not in fields_from_order(answer(FILLED).order)


def test_what_no_field_holds_is_kept_beside_them():
    wire = next(wire for _, wire, _ in SCENARIOS if wire.get("limits"))
    fields = fields_from_order(wire)
    assert set(json.loads(fields[REST])) == {"limits"}
    assert answer(fields).order["limits"] == Order.from_wire(wire).to_wire()["limits"]


def test_words_of_the_form_are_those_of_the_library():
    for row in FORM_ROWS:
        if row.kind == "word" and row.words:
            assert words_of(row), row.name
    assert units_of("dose") == DOSE_UNITS


def test_a_site_file_completes_the_form(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(
        'name = "ward"\n[devices.ours]\nlike = "spectra-optia"\nratio = 12\n', encoding="utf-8"
    )
    found = answer(
        {**FILLED, "device": "ours", "removal_efficiency": "87", "inlet_flow": "60"},
        Site.read(path),
    )
    assert found.prescription.site.name == "ward"
    assert found.order["device"]["ratio"] == 12
