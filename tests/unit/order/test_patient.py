"""What is entered: required, never guessed, in a range that can be true, and refused in one sentence."""

import pickle

import numpy as np
import pint
import pytest

from pexcalc import Patient, QuantityError, StatedVolume
from pexcalc.order.fields import GROWTH_STATES, INVALID_STATES, SEGMENTS, STATES, Segment, State
from pexcalc.order.patient import Labs, check_height, group_of, plain
from pexcalc.report.entered import entered_rows
from tests.support.patients import Q, order, patient, wire


def says(**changes):
    with pytest.raises(QuantityError) as caught:
        patient(**changes)
    assert all("\n" not in str(one) for one in caught.value.faults)
    return str(caught.value)


@pytest.mark.parametrize("name", ["sex", "age", "height", "weight", "hematocrit"])
def test_nothing_is_defaulted(name):
    assert says(**{name: None}).startswith(f"{name} is missing; enter")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"height": Q(1.75, "cm")},
            "height: got 1.75 cm; expected 85 to 250 cm for an adult. Did you mean 1.75 m?",
        ),
        (
            {"height": Q(175, "kg")},
            "height: got 175 kg; expected 20 to 250 cm. Did you mean 175 cm?",
        ),
        ({"height": Q(70, "cm")}, "Did you mean 70 in?"),
        ({"height": Q(30, "cm")}, "expected 85 to 250 cm for an adult."),
        ({"height": Q(0, "cm")}, "got 0 cm"),
        ({"height": 1.75}, "expected 20 to 250 cm. Did you mean 1.75 m?"),
        ({"height": Q(float("nan"), "cm")}, "nan"),
        ({"height": Q(np.array([170.0, 180]), "cm")}, "a record is about one patient"),
        (
            {"height": Q(65, "kg"), "weight": Q(172, "cm")},
            "Did you mean height 172 cm and weight 65 kg?",
        ),
        ({"weight": Q(70, "g")}, "Did you mean 70 kg or 70 lb?"),
        ({"weight": Q(-70, "kg")}, "weight: got -70 kg; expected 20 to 400 kg for an adult."),
        ({"weight": Q(65000, "kg")}, "Did you mean 65000 g?"),
        ({"weight": 65}, "Did you mean 65 kg or 65 lb?"),
        ({"hematocrit": 40}, "Did you mean 40 %?"),
        ({"hematocrit": Q(0.4, "percent")}, "Did you mean 40 %?"),
        ({"hematocrit": Q(140, "percent")}, "got 140 %; expected 6 to 70 %."),
        ({"hematocrit": 0.71}, "expected 6 to 70 %"),
        ({"age": Q(130, "year")}, "expected 0 to 120 y"),
        ({"age": 54}, "Did you mean 54 y or 54 mo?"),
        ({"age": Q(1, "year")}, "expected months, weeks or days below 2 years"),
        ({"age": Q(1.5, "year")}, "Did you mean 18 mo?"),
        ({"age": Q(1.25, "year")}, "Did you mean 15 mo?"),
        (
            {"height": Q(90.1267, "cm"), "weight": Q(170.3456, "kg")},
            "got 90.13 cm and 170.35 kg; expected values that fit together. Did you mean height 170.35 cm and weight 90.13 kg?",
        ),
        (
            {"height": Q(190.1267, "cm"), "weight": Q(25.3456, "kg")},
            "got 7 kg/m2 from 25.35 kg and 190.13 cm",
        ),
        (
            {
                "sex": "female",
                "age": Q(9.8765, "year"),
                "height": Q(140, "cm"),
                "weight": Q(30, "kg"),
                "gestation": Q(9, "week"),
            },
            "gestation: got it for a patient of 9.88 y",
        ),
        (
            {
                "weight": Q(65.55, "kg"),
                "blood_volume": StatedVolume(value=50, unit="mL", origin="device"),
            },
            "expected 1,311 to 9,833 mL for 65.55 kg",
        ),
        (
            {"age": Q(10, "day"), "height": Q(50, "cm"), "weight": Q(3.5, "kg")},
            "gestation_at_birth is missing",
        ),
        ({"sex": "M"}, "Did you mean male?"),
        ({"sex": "femal"}, "Did you mean female?"),
        ({"sex": "x"}, "sex: got x; expected male or female."),
        ({"gestation": Q(30, "week")}, "a pregnancy in a male patient"),
        (
            {"pre_pregnancy_weight": Q(60, "kg"), "sex": "female"},
            "pre_pregnancy_hematocrit is missing",
        ),
        (
            {"pre_pregnancy_weight": Q(60, "kg"), "pre_pregnancy_hematocrit": 0.4, "sex": "female"},
            "gestation is missing",
        ),
        ({"amputation": 0.16, "missing_segments": ("hand",)}, "one of the two"),
        ({"amputation": 16}, "Did you mean 16 %?"),
        ({"missing_segments": ("whole-leg",) * 3}, "missing_segments: got more than two legs"),
        ({"missing_segments": ("whole-leg", "foot", "lower-leg-and-foot")}, "more than two legs"),
        ({"states": ("sepsis", "sepsis")}, "states: got the same state twice"),
        ({"states": ("pre-eclampsia",)}, "states: got pre-eclampsia in a male patient"),
        ({"states": ("postpartum",)}, "states: got postpartum in a male patient"),
        (
            {"states": ("hellp",), "sex": "female"},
            "gestation is missing, with hellp; enter 4 to 45 wk.",
        ),
        (
            {"states": ("postpartum",), "sex": "female", "gestation": Q(30, "week")},
            "postpartum with a gestation",
        ),
        (
            {"gestation": Q(30, "week"), "sex": "female", "age": Q(70, "year")},
            "gestation: got it for a patient of 70 y",
        ),
        ({"gestation_at_birth": Q(39, "week")}, "gestation_at_birth: got it for a patient of 23 y"),
        ({"tanner": 3}, "tanner: got a stage for an adult"),
        ({"tanner": True}, "a whole number"),
        ({"missing_segments": ("leg",)}, "missing_segments"),
        ({"states": ("septic",)}, "states.0: got septic"),
        ({"tanner": 6}, "tanner: got 6; expected 1, 2, 3, 4 or 5"),
        (
            {"weight": Q(20, "kg"), "height": Q(180, "cm")},
            "body mass index: got 6.2 kg/m2 from 20 kg and 180 cm",
        ),
        ({"wieght": Q(65, "kg")}, "Did you mean weight"),
    ],
)
def test_inputs_that_cannot_be(changes, words):
    assert words in says(**changes)


@pytest.mark.parametrize(
    ("age", "height", "weight"),
    [
        ((20, "day"), (20, 120), (0.3, 30)), ((23, "month"), (20, 120), (0.3, 30)), ((2, "year"), (50, 230), (5, 250)),
        ((17.9, "year"), (50, 230), (5, 250)), ((18, "year"), (85, 250), (20, 400)),
    ],
)  # fmt: skip
def test_ranges_follow_the_age(age, height, weight):
    middle = {
        "height": Q(120 if age[1] == "year" else 60, "cm"),
        "weight": Q(25 if age[1] == "year" else 6, "kg"),
    }
    base = {"age": Q(*age), "gestation_at_birth": Q(39, "week") if age[1] == "day" else None}
    for name, (low, high), unit in (("height", height, "cm"), ("weight", weight, "kg")):
        for value in (low - 0.02, high + 0.02):
            if not (
                name == "height" and age == (18, "year") and value < 85
            ):  # 50 to 85 cm is looked at by check_height
                assert f"{name}: got" in says(**{**base, **middle, name: Q(value, unit)})
    patient(**base, **middle)


WOMAN = {"sex": "female"}
NEONATE = {"age": Q(10, "day"), "height": Q(50, "cm"), "weight": Q(3.5, "kg")}


@pytest.mark.parametrize(
    ("name", "low", "high", "unit", "rest"),
    [
        ("fibrinogen", 0, 19.999, "g/L", None), ("igg", 0, 150, "g/L", None), ("albumin", 5, 80, "g/L", None),
        ("platelets", 0, 3e12, "1/L", None), ("potassium", 1, 10, "mmol/L", None),
        ("ionized_calcium", 0.3, 2, "mmol/L", None), ("coagulation_age", 0, 8760, "h", None),
        ("gestation", 4, 45, "week", WOMAN), ("gestation_at_birth", 20, 45, "week", NEONATE),
        ("amputation", 0, 0.6, "", {}), ("hematocrit", 0.06, 0.7, "", {}),
        ("hematocrit", 0.06, 0.75, "", {**NEONATE, "gestation_at_birth": Q(39, "week")}),
        ("age", 10, 60, "year", {**WOMAN, "gestation": Q(30, "week")}),
    ],
)  # fmt: skip
def test_the_ends_of_a_range_are_inside_and_what_is_beyond_is_refused(name, low, high, unit, rest):
    def given(value):
        return (
            Labs(**{name: Q(value, unit)})
            if rest is None
            else patient(**{**rest, name: Q(value, unit)})
        )

    for value in (low, high):
        given(value)
    step = 1e-4 * (high - low)
    for value in (low - step, high + step):
        with pytest.raises(QuantityError):
            given(value)


def test_a_height_that_may_be_in_inches_is_asked_about():
    for centimetres in (50, 84.9):
        with pytest.raises(QuantityError, match="Did you mean .* in"):
            check_height(patient(height=Q(centimetres, "cm"), weight=Q(24, "kg")), ())
        check_height(patient(height=Q(centimetres, "cm"), weight=Q(24, "kg")), ("height",))
    assert "height: got 49.9 cm; expected 85 to 250 cm" in says(
        height=Q(49.9, "cm"), weight=Q(24, "kg")
    )
    check_height(patient(height=Q(85, "cm"), weight=Q(24, "kg")), ())


def test_two_arms_and_two_legs_may_be_missing():
    both = ("whole-arm", "whole-arm", "foot", "foot")
    assert plain(patient(missing_segments=both)).missing == pytest.approx(0.13)
    assert "more than two arms" in says(missing_segments=("hand", "whole-arm", "hand"))


def test_an_obese_child_is_one_below_18():
    for years, child in ((17.9, True), (18, False)):
        assert plain(patient(age=Q(years, "year"), states=("obesity",))).obese_child == child


@pytest.mark.parametrize(
    ("name", "entered", "si", "us"),
    [
        ("fibrinogen", (2.3456, "g/L"), "2.35 g/L", "235 mg/dL"), ("igg", (7.8949, "g/L"), "7.9 g/L", "789 mg/dL"),
        ("albumin", (33.456, "g/L"), "33.5 g/L", "3.35 g/dL"), ("potassium", (3.4567, "mmol/L"), "3.46 mmol/L", "3.46 mEq/L"),
        ("ionized_calcium", (1.0567, "mmol/L"), "1.06 mmol/L", "4.2 mg/dL"),
        ("platelets", (45.678e9, "1/L"), "46 x10^9/L", "46 x10^3/mcL"),
    ],
)  # fmt: skip
def test_a_laboratory_value_in_the_units_asked_for(name, entered, si, us):
    for system, text in (("si", si), ("us", us)):
        rows = entered_rows(order(labs={name: Q(*entered)}), system)
        words = name.replace("_", " ").replace("igg", "IgG")
        assert [row.text for row in rows if row.label == "Laboratory"] == [f"{words} {text}"]


def test_a_misspelt_field_is_named_and_not_the_one_that_it_leaves_empty():
    with pytest.raises(QuantityError) as caught:
        Patient(
            sex="male", age=Q(23, "year"), height=Q(172, "cm"), weigth=Q(65, "kg"), hematocrit=0.27
        )
    assert str(caught.value).startswith(
        "weigth: got a field that is not known here; expected sex, age, height, weight,"
    )
    assert caught.value.meant[0] == "weight"


def test_one_year_is_not_taken_for_twelve_months():
    assert "Did you mean" not in says(age=Q(1, "year"))


def test_a_neonate_may_have_a_higher_hematocrit():
    baby = {
        "age": Q(2, "day"),
        "height": Q(50, "cm"),
        "weight": Q(3.5, "kg"),
        "gestation_at_birth": Q(40, "week"),
    }
    patient(**baby, hematocrit=0.75)
    assert "for a neonate" in says(**baby, hematocrit=0.76)


def test_hematocrit_bounds_are_inside():
    for value in (0.06, 0.70, Q(6, "percent"), Q(70, "percent")):
        patient(hematocrit=value)


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        (
            {"value": 5, "unit": "mL", "origin": "device"},
            "expected 1,300 to 9,750 mL for 65 kg. Did you mean 5 L?",
        ),
        ({"value": 5000, "unit": "L", "origin": "device"}, "Did you mean 5000 mL?"),
        ({"value": 50, "unit": "L", "origin": "device"}, "got 50 L; expected"),
        (
            {"value": 5, "unit": "L"},
            "blood_volume.origin is missing; enter device, clinician, or measured",
        ),
        ({"value": 5, "unit": "L", "origin": "guess"}, "blood_volume.origin: got guess"),
        ({"value": 5, "unit": "L", "origin": "measured:"}, "origin"),
        (
            {"value": 5, "unit": "dL", "origin": "device"},
            "blood_volume.unit: got dL; expected mL or L",
        ),
        ({"value": "5", "unit": "L", "origin": "device"}, "blood_volume.value"),
        ({"value": 5, "unit": "L", "origin": "measured: a\u202eb"}, "origin"),
    ],
)
def test_an_entered_volume_needs_a_unit_an_origin_and_a_body_that_holds_it(stated, words):
    assert words in says(blood_volume=stated)


def test_a_plasma_volume_has_its_own_range():
    assert "plasma_volume: got 100 mL; expected 520 to 7,150 mL" in says(
        plasma_volume=StatedVolume(value=100, unit="mL", origin="clinician")
    )


def test_words_and_tables_agree():
    assert set(STATES) == set(State.__args__)
    assert set(SEGMENTS) == set(Segment.__args__)
    assert not set(INVALID_STATES) & set(GROWTH_STATES)


def test_plain_numbers():
    body = plain(patient(height=Q(1.72, "m"), weight=Q(143.3004704, "lb"), age=Q(276, "month")))
    assert body.height == pytest.approx(172)
    assert body.weight == pytest.approx(65, abs=1e-6)
    assert body.age == 23
    assert body.bmi == pytest.approx(21.97, abs=0.005)
    assert [group_of(age) for age in (1.99, 2, 17.99, 18)] == ["infant", "child", "child", "adult"]


# --- records ----------------------------------------------------------------------------------------------------------


def test_json_keeps_the_unit_that_came():
    person = patient(height=Q(67.7, "inch"), weight=Q(143.3, "lb"), hematocrit=Q(27, "percent"))
    said = person.to_wire()
    assert said["height"] == {"value": 67.7, "unit": "[in_i]"}
    assert said["weight"] == {"value": 143.3, "unit": "[lb_av]"}
    assert said["hematocrit"] == {"value": 27.0, "unit": "%"}
    again = Patient.from_json(person.to_json())
    assert again == person
    assert again.to_json() == person.to_json()


def test_a_unit_outside_the_table_is_converted():
    assert patient(height=Q(0.00172, "km")).to_wire()["height"] == {
        "value": pytest.approx(172),
        "unit": "cm",
    }


def test_records_are_frozen_comparable_and_can_be_pickled():
    person = patient()
    with pytest.raises(ValueError, match="frozen"):
        person.sex = "female"
    assert pickle.loads(pickle.dumps(person)) == person
    assert person != patient(hematocrit=0.28)


def test_json_needs_units_everywhere():
    for name in ("age", "height", "weight", "hematocrit"):
        with pytest.raises(QuantityError, match=f"{name}: got 0.4; expected .*value.*unit"):
            Patient.from_wire({**wire()["patient"], name: 0.4})


def test_json_may_state_a_fraction():
    person = Patient.from_wire({**wire()["patient"], "hematocrit": {"value": 0.27, "unit": "1"}})
    assert person.hematocrit == 0.27
    assert person.to_wire()["hematocrit"] == {"value": 0.27, "unit": "1"}


def test_plasma_is_less_than_blood():
    blood = StatedVolume(value=3, unit="L", origin="device")
    plasma = StatedVolume(value=3, unit="L", origin="clinician")
    expected = "plasma_volume: got 3 L of plasma; expected less than the blood volume, 3 L."
    assert expected in says(blood_volume=blood, plasma_volume=plasma)


def test_an_entered_volume_may_be_a_quantity():
    stated = StatedVolume(value=Q(4.9, "L"), origin="device")
    assert stated.value == pytest.approx(4900)
    assert stated.unit == "mL"


def test_equal_records_have_equal_hashes_across_registries():
    person = patient()
    again = Patient.from_json(person.to_json())
    assert again == person
    assert again in {person}
    assert pickle.loads(pickle.dumps(person)) in {person}
    assert person != "a patient"


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


def test_json_is_read_into_the_registry_that_is_named():
    host = pint.UnitRegistry()
    person = Patient.from_json(patient().to_json(), registry=host)
    assert person.weight + host.Quantity(1, "kg") == host.Quantity(66, "kg")
