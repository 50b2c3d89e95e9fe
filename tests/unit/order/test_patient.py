"""What is entered: required, never guessed, in a range that can be true, and refused in one sentence."""

import pickle
import re

import numpy as np
import pint
import pytest

from pexcalc import Patient, StatedVolume
from pexcalc.order.patient import Labs, check_height, group_of, plain
from pexcalc.report.entered import entered_rows
from tests.support.patients import Q, order, patient, wire
from tests.support.refused import refused, says


def inputs(text):
    """Inputs by name, out of a text such as `sex female, age 9 year`."""
    parts = [part.split() for part in text.split(", ")]
    return {name: Q(float(value), *unit) if unit else value for name, value, *unit in parts}


def stated(value, unit, origin="device"):
    return StatedVolume(value=value, unit=unit, origin=origin)


@pytest.mark.parametrize("name", ["sex", "age", "height", "weight", "hematocrit"])
def test_nothing_is_defaulted(name):
    assert says(patient, **{name: None}).startswith(f"{name} is missing; enter")


WOMAN = {"sex": "female"}
BABY = inputs("age 10 day, height 50 cm, weight 3.5 kg")
TERM = {**BABY, "gestation_at_birth": Q(39, "week")}


@pytest.mark.parametrize(("changes", "words"), [
    ("height 1.75 cm",
     "height: got 1.75 cm; expected 85 to 250 cm for an adult. Did you mean 1.75 m?"),
    ("height 175 kg", "height: got 175 kg; expected 20 to 250 cm. Did you mean 175 cm?"),
    ("height 70 cm", "Did you mean 70 in?"),
    ({"height": 1.75}, "expected 20 to 250 cm. Did you mean 1.75 m?"),
    ({"height": Q(np.array([170.0, 180]), "cm")}, "a record is about one patient"),
    ("height 65 kg, weight 172 cm", "Did you mean height 172 cm and weight 65 kg?"),
    ("weight 70 g", "Did you mean 70 kg or 70 lb?"),
    ("weight 65000 kg", "Did you mean 65000 g?"),
    ({"weight": 65}, "Did you mean 65 kg or 65 lb?"),
    ({"hematocrit": 40}, "Did you mean 40 %?"),
    ("hematocrit 0.4 percent", "Did you mean 40 %?"),
    ({"age": 54}, "Did you mean 54 y or 54 mo?"),
    ("age 1.5 year", "Did you mean 18 mo?"),
    ("height 90.1267 cm, weight 170.3456 kg",
     "got 90.13 cm and 170.35 kg; expected values that fit together. "
     "Did you mean height 170.35 cm and weight 90.13 kg?"),
    ("height 190.1267 cm, weight 25.3456 kg", "got 7 kg/m2 from 25.35 kg and 190.13 cm"),
    ("sex female, age 9.8765 year, height 140 cm, weight 30 kg, gestation 9 week",
     "gestation: got it for a patient of 9.88 y"),
    ("sex female, age 70 year, gestation 30 week", "gestation: got it for a patient of 70 y"),
    ({"weight": Q(65.55, "kg"), "blood_volume": stated(50, "mL")},
     "expected 1,311 to 9,833 mL for 65.55 kg"),
    (BABY, "gestation_at_birth is missing"),
    ("gestation_at_birth 39 week", "gestation_at_birth: got it for a patient of 23 y"),
    ("sex femal", "Did you mean female?"),
    ("sex x", "sex: got x; expected male or female."),
    ("gestation 30 week", "a pregnancy in a male patient"),
    ("sex female, pre_pregnancy_weight 60 kg", "pre_pregnancy_hematocrit is missing"),
    ("sex female, pre_pregnancy_weight 60 kg, pre_pregnancy_hematocrit 40 percent",
     "gestation is missing"),
    ({"amputation": 0.16, "missing_segments": ("hand",)}, "one of the two"),
    ({"amputation": 16}, "Did you mean 16 %?"),
    ({"missing_segments": ("leg",)}, "missing_segments"),
    ({"missing_segments": ("whole-leg",) * 3}, "missing_segments: got more than two legs"),
    ({"missing_segments": ("whole-leg", "foot", "lower-leg-and-foot")}, "more than two legs"),
    ({"missing_segments": ("hand", "whole-arm", "hand")}, "more than two arms"),
    ({"states": ("septic",)}, "states.0: got septic"),
    ({"states": ("sepsis", "sepsis")}, "states: got the same state twice"),
    ({"states": ("pre-eclampsia",)}, "states: got pre-eclampsia in a male patient"),
    ({"states": ("hellp",), **WOMAN}, "gestation is missing, with hellp; enter 4 to 45 wk."),
    ({"states": ("postpartum",), **inputs("sex female, gestation 30 week")},
     "postpartum with a gestation"),
    ({"tanner": 3}, "tanner: got a stage for an adult"),
    ({"tanner": True}, "a whole number"),
    ({"tanner": 6}, "tanner: got 6; expected 1, 2, 3, 4 or 5"),
], ids=str)  # fmt: skip
def test_inputs_that_cannot_be(changes, words):
    assert words in says(patient, **(inputs(changes) if isinstance(changes, str) else changes))


@pytest.mark.parametrize(("age", "height", "weight"), [
    ((20, "day"), (20, 120), (0.3, 30)), ((23, "month"), (20, 120), (0.3, 30)),
    ((2, "year"), (50, 230), (5, 250)), ((17.9, "year"), (50, 230), (5, 250)),
    ((18, "year"), (85, 250), (20, 400)),
])  # fmt: skip
def test_ranges_follow_the_age(age, height, weight):
    middle = inputs(
        "height 120 cm, weight 25 kg" if age[1] == "year" else "height 60 cm, weight 6 kg"
    )
    birth = Q(39, "week") if age[1] == "day" else None
    middle |= {"age": Q(*age), "gestation_at_birth": birth}
    patient(**middle)
    for name, ends, unit in (("height", height, "cm"), ("weight", weight, "kg")):
        for value in (ends[0] - 0.02, ends[1] + 0.02):
            if (name, value) != ("height", 84.98):  # check_height judges 50 to 85 cm of an adult
                assert f"{name}: got" in says(patient, **{**middle, name: Q(value, unit)})


@pytest.mark.parametrize(("name", "low", "high", "unit", "rest"), [
    ("fibrinogen", 0, 19.999, "g/L", None), ("igg", 0, 150, "g/L", None),
    ("albumin", 5, 80, "g/L", None), ("platelets", 0, 3e12, "1/L", None),
    ("potassium", 1, 10, "mmol/L", None), ("ionized_calcium", 0.3, 2, "mmol/L", None),
    ("coagulation_age", 0, 8760, "h", None), ("gestation", 4, 45, "week", WOMAN),
    ("gestation_at_birth", 20, 45, "week", BABY), ("amputation", 0, 0.6, "", {}),
    ("hematocrit", 0.06, 0.7, "", {}), ("hematocrit", 0.06, 0.75, "", TERM),
    ("age", 10, 60, "year", {**WOMAN, "gestation": Q(30, "week")}),
])  # fmt: skip
def test_the_ends_of_a_range_are_inside_and_what_is_beyond_is_refused(name, low, high, unit, rest):
    def enter(value):
        given = {name: Q(value, unit)}
        return Labs(**given) if rest is None else patient(**{**rest, **given})

    step = 1e-4 * (high - low)
    for inside, beyond in ((low, low - step), (high, high + step)):
        enter(inside)
        refused(enter, beyond)


def test_a_height_that_may_be_in_inches_is_asked_about():
    for centimetres in (50, 84.9):
        short = patient(height=Q(centimetres, "cm"), weight=Q(24, "kg"))
        assert re.search("Did you mean .* in", says(check_height, short, ()))
        check_height(short, ("height",))
    said = says(patient, **inputs("height 49.9 cm, weight 24 kg"))
    assert "height: got 49.9 cm; expected 85 to 250 cm" in said
    check_height(patient(**inputs("height 85 cm, weight 24 kg")), ())


@pytest.mark.parametrize(("name", "entered", "si", "us"), [
    ("fibrinogen", (2.3456, "g/L"), "2.35 g/L", "235 mg/dL"),
    ("igg", (7.8949, "g/L"), "7.9 g/L", "789 mg/dL"),
    ("albumin", (33.456, "g/L"), "33.5 g/L", "3.35 g/dL"),
    ("potassium", (3.4567, "mmol/L"), "3.46 mmol/L", "3.46 mEq/L"),
    ("ionized_calcium", (1.0567, "mmol/L"), "1.06 mmol/L", "4.2 mg/dL"),
    ("platelets", (45.678e9, "1/L"), "46 x10^9/L", "46 x10^3/mcL"),
])  # fmt: skip
def test_a_laboratory_value_in_the_units_asked_for(name, entered, si, us):
    words = name.replace("_", " ").replace("igg", "IgG")
    for system, text in (("si", si), ("us", us)):
        rows = entered_rows(order(labs={name: Q(*entered)}), system)
        assert [row.text for row in rows if row.label == "Laboratory"] == [f"{words} {text}"]


@pytest.mark.parametrize(("value", "words"), [
    ((5, "mL", "device"), "expected 1,300 to 9,750 mL for 65 kg. Did you mean 5 L?"),
    ((5000, "L", "device"), "Did you mean 5000 mL?"),
    ((50, "L", "device"), "got 50 L; expected"),
    ((5, "L"), "blood_volume.origin is missing; enter device, clinician, or measured"),
    ((5, "L", "guess"), "blood_volume.origin: got guess"),
    ((5, "L", "measured:"), "origin"),
    ((5, "dL", "device"), "blood_volume.unit: got dL; expected mL or L"),
    (("5", "L", "device"), "blood_volume.value"),
])  # fmt: skip
def test_an_entered_volume_needs_a_unit_an_origin_and_a_body_that_holds_it(value, words):
    assert words in says(patient, blood_volume=dict(zip(("value", "unit", "origin"), value)))


def test_a_plasma_volume_has_its_own_range_and_is_less_than_the_blood_volume():
    small = says(patient, plasma_volume=stated(100, "mL", "clinician"))
    assert "plasma_volume: got 100 mL; expected 520 to 7,150 mL" in small
    expected = "plasma_volume: got 3 L of plasma; expected less than the blood volume, 3 L."
    assert expected in says(
        patient, blood_volume=stated(3, "L"), plasma_volume=stated(3, "L", "clinician")
    )


def test_plain_numbers():
    body = plain(patient(**inputs("height 1.72 m, weight 143.3004704 lb, age 276 month")))
    assert body.height == pytest.approx(172)
    assert body.weight == pytest.approx(65, abs=1e-6)
    assert body.age == 23
    assert body.bmi == pytest.approx(21.97, abs=0.005)
    assert [group_of(age) for age in (1.99, 2, 17.99, 18)] == ["infant", "child", "child", "adult"]
    both_arms_and_legs = ("whole-arm", "whole-arm", "foot", "foot")
    assert plain(patient(missing_segments=both_arms_and_legs)).missing == pytest.approx(0.13)
    obese = [plain(patient(age=Q(years, "year"), states=("obesity",))) for years in (17.9, 18)]
    assert [body.obese_child for body in obese] == [True, False]


@pytest.mark.parametrize(("name", "entered", "value", "unit"), [
    ("height", Q(67.7, "inch"), 67.7, "[in_i]"), ("weight", Q(143.3, "lb"), 143.3, "[lb_av]"),
    ("hematocrit", Q(27, "percent"), 27.0, "%"), ("hematocrit", 0.27, 0.27, "1"),
    ("height", Q(0.00172, "km"), pytest.approx(172), "cm"),  # a unit outside the table
])  # fmt: skip
def test_json_keeps_the_unit_that_came(name, entered, value, unit):
    person = patient(**{name: entered})
    assert person.to_wire()[name] == {"value": value, "unit": unit}
    again = Patient.from_json(person.to_json())
    assert again == person
    assert again.to_json() == person.to_json()


def test_records_are_frozen_comparable_and_equal_across_registries():
    person = patient()
    with pytest.raises(ValueError, match="frozen"):
        person.sex = "female"
    assert person != patient(hematocrit=0.28)
    assert person != "a patient"
    for again in (pickle.loads(pickle.dumps(person)), Patient.from_json(person.to_json())):
        assert again == person
        assert again in {person}


def test_json_needs_units_everywhere():
    for name in ("age", "height", "weight", "hematocrit"):
        said = says(Patient.from_wire, {**wire()["patient"], name: 0.4})
        assert said.startswith(f'{name}: got 0.4; expected {{"value": a number, "unit": ')


def test_an_entered_volume_may_be_a_quantity():
    volume = StatedVolume(value=Q(4.9, "L"), origin="device")
    assert (volume.value, volume.unit) == (pytest.approx(4900), "mL")


def test_a_record_keeps_a_number_of_its_own():
    weight = Q(np.array(65.0), "kg")
    person = patient(weight=weight)
    weight *= 10
    assert person.weight.m_as("kg") == 65


def test_a_unit_of_another_size_in_the_hosts_registry_is_written_by_its_size():
    host = pint.UnitRegistry(on_redefinition="ignore")
    host.define("pound = 0.5 * kilogram = lb")
    person = patient(weight=host.Quantity(130, "lb"))
    assert person.to_wire()["weight"] == {"value": pytest.approx(65), "unit": "kg"}
    assert patient(weight=Q(130, "lb")).to_wire()["weight"] == {"value": 130.0, "unit": "[lb_av]"}
