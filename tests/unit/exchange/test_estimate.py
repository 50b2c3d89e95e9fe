"""Which estimator for whom, what stands beside it, the interval, and what there is to be careful about."""

import csv
import math

import numpy as np
import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexcalc import (
    QuantityError,
    StatedVolume,
    estimate_volumes,
    nadler_blood_volume,
    pregnancy_plasma_volume,
)
from pexcalc.data import limits as limit_table
from pexcalc.data import sources as source_table
from pexcalc.exchange.estimate import ESTIMATORS, VolumeEstimate, assess
from pexcalc.quantities.working import Recorder
from pexcalc.rules.estimator_rules import METHODS
from tests.support.paths import TESTS
from tests.support.patients import Q, codes, patient


def ml(quantity):
    return quantity.m_as("mL")


def typical(**changes):
    return ml(estimate_volumes(patient(**changes)).plasma_volume.typical)


def other(estimate, name):
    return next(item for item in estimate.alternatives if item.method == name)


TABLE = TESTS / "reference" / "patients.csv"


@pytest.mark.parametrize(
    "row", list(csv.DictReader(TABLE.read_text().splitlines())), ids=lambda row: row["name"]
)
def test_worked_examples(row):
    person = patient(
        sex=row["sex"], age=Q(40, "year"), height=Q(float(row["height_cm"]), "cm"), weight=Q(float(row["weight_kg"]), "kg"),
        hematocrit=float(row["hematocrit"]),
    )  # fmt: skip
    found = estimate_volumes(person)
    tolerance = 0.05  # printed to 0.1 mL
    assert found.method == "Nadler"
    assert ml(found.blood_volume.typical) == pytest.approx(
        float(row["nadler_blood"]), abs=tolerance
    )
    for end in ("low", "typical", "high"):
        expected = float(row[f"nadler_plasma_{end}"])
        assert ml(getattr(found.plasma_volume, end)) == pytest.approx(expected, abs=tolerance)
    for name, column in (
        ("Lemmens", "lemmens"),
        ("Kaplan, 65 mL/kg", "kaplan"),
        ("70 mL/kg", "seventy"),
    ):
        item = other(found, name)
        assert ml(item.plasma_volume) == pytest.approx(
            float(row[f"{column}_plasma"]), abs=tolerance
        )
        assert 100 * item.difference == pytest.approx(float(row[f"{column}_percent"]), abs=0.051)
    assert ml(other(found, "Boer").blood_volume) == pytest.approx(
        float(row["boer_blood"]), abs=tolerance
    )


def test_the_readme_patient_to_the_digit():
    found = estimate_volumes(patient())
    assert ml(found.plasma_volume.typical) == pytest.approx(3331.283146976, abs=1e-9)
    assert found.valid
    assert codes(found.cautions) == []


@pytest.mark.parametrize(
    ("age", "sex", "height", "weight", "more", "method", "blood"),
    [
        ((20, "day"), "male", 50, 3.5, {"gestation_at_birth": Q(39, "week")}, "Linderkamp", 280.3),
        ((30, "day"), "male", 50, 3.5, {"gestation_at_birth": Q(37, "week")}, "Linderkamp", 280.3),
        ((31, "day"), "male", 50, 3.5, {}, "Linderkamp", 280.3),
        ((10, "day"), "female", 40, 2.0, {"gestation_at_birth": Q(36.9, "week")}, "95 mL/kg", 190),
        ((23, "month"), "male", 86, 12, {}, "Linderkamp", 1044),
        ((24, "month"), "male", 86, 12, {}, "Linderkamp", 923),
        ((6.99, "year"), "female", 122, 23, {}, "Linderkamp", 1764.4),
        ((7, "year"), "female", 122, 23, {}, "Linderkamp", 1757.6),
        ((7, "year"), "male", 122, 23, {}, "Linderkamp", 1764.4),
        ((13.99, "year"), "female", 160, 50, {}, "Linderkamp", 3232),
        ((14, "year"), "female", 160, 50, {}, "Nadler", 3296),
        ((14, "year"), "male", 165, 55, {}, "Nadler", 4023),
        ((17.99, "year"), "male", 165, 55, {}, "Nadler", 4023),
        ((18, "year"), "male", 165, 55, {}, "Nadler", 4023),
    ],
)
def test_the_choice_by_age(age, sex, height, weight, more, method, blood):
    person = patient(
        age=Q(*age), sex=sex, height=Q(height, "cm"), weight=Q(weight, "kg"), hematocrit=0.4, **more
    )
    found = estimate_volumes(person, confirmed=("weight", "body_surface_area"))
    assert found.method == method
    assert ml(found.blood_volume.typical) == pytest.approx(blood, abs=0.6)
    assert found.reason


def test_the_table_of_methods_names_known_estimators_and_covers_every_age():
    assert {row.key for row in METHODS} <= set(ESTIMATORS)
    body = type("Body", (), {"preterm": False, "neonate": False})
    for body.age in np.linspace(0, 120, 100):
        for body.bmi in np.linspace(8, 100, 50):
            assert any(row.when(body) for row in METHODS)


# --- what stands beside the choice ------------------------------------------------------------------------------------


def test_obesity_refuses_the_rules_per_kg():
    found = estimate_volumes(patient(height=Q(175, "cm"), weight=Q(140, "kg"), hematocrit=0.4))
    assert codes(found.cautions) == ["W-OBESE"]
    for name in ("Kaplan, 65 mL/kg", "70 mL/kg"):
        assert not other(found, name).valid
    assert other(found, "Lemmens").valid
    assert ml(found.plasma_volume.high) == pytest.approx(
        1.3 * ml(found.plasma_volume.typical)
    )  # 40 kg/m2 or more


def test_the_wide_band_starts_at_a_body_mass_index_of_forty():
    for weight, share in ((39.99, 1.2), (40, 1.3)):
        found = estimate_volumes(patient(height=Q(1.5, "m"), weight=Q(weight * 2.25, "kg")))
        assert ml(found.plasma_volume.high) / ml(found.plasma_volume.typical) == pytest.approx(
            share
        )
        assert ml(found.plasma_volume.low) / ml(found.plasma_volume.typical) == pytest.approx(
            2 - share
        )


def test_a_small_boy_gets_linderkamp_and_sees_the_device_value_marked():
    found = estimate_volumes(
        patient(age=Q(6, "year"), height=Q(115, "cm"), weight=Q(20, "kg"), hematocrit=0.36)
    )
    assert ml(found.blood_volume.typical) == pytest.approx(1542, abs=0.5)
    nadler = other(found, "Nadler")
    assert ml(nadler.blood_volume) == pytest.approx(1806, abs=0.5)
    assert not nadler.valid
    assert "prepubertal boys" in nadler.note
    assert not other(found, "Raes").compared


def test_a_girl_without_a_tanner_stage_is_told_why_one_estimator_is_missing():
    girl = {"sex": "female", "age": Q(12, "year"), "height": Q(150, "cm"), "weight": Q(45, "kg")}
    missing = other(estimate_volumes(patient(**girl)), "Raes")
    assert missing.blood_volume is None
    assert "Tanner" in missing.note
    assert ml(
        other(estimate_volumes(patient(**girl, tanner=3)), "Raes").blood_volume
    ) == pytest.approx(3318, abs=0.5)


def test_teenagers_see_linderkamp_extrapolated():
    found = estimate_volumes(patient(age=Q(16, "year"), height=Q(165, "cm"), weight=Q(55, "kg")))
    item = other(found, "Linderkamp")
    assert item.compared
    assert "extrapolated" in item.note


def test_near_two_years_both_equations_are_shown():
    """By hand: log10 I = 0.7891 log10 12 + 0.004132 x 86 + 1.8117; log10 II = 0.6459 log10 12 + 0.002743 x 86 + 2.0324."""
    one, two = (10 ** (power * math.log10(12) + 86 * slope + start) for power, slope, start in
                ((0.7891, 0.004132, 1.8117), (0.6459, 0.002743, 2.0324)))  # fmt: skip
    for months, chosen, name, beside in (
        (22, one, "Linderkamp II", two),
        (25, two, "Linderkamp I", one),
    ):
        found = estimate_volumes(
            patient(age=Q(months, "month"), height=Q(86, "cm"), weight=Q(12, "kg"))
        )
        assert ml(found.blood_volume.typical) == pytest.approx(chosen)
        assert ml(other(found, name).blood_volume) == pytest.approx(beside)


INFANT = {"height": Q(52, "cm"), "weight": Q(4, "kg")}
TODDLER = {"height": Q(86, "cm"), "weight": Q(12, "kg")}
TEEN = {"height": Q(160, "cm"), "weight": Q(50, "kg"), "tanner": 3}
OBESE = {"height": Q(140, "cm"), "weight": Q(60, "kg"), "states": ("obesity",), "tanner": 2}
ADULT = {"height": Q(170, "cm"), "weight": Q(70, "kg")}
PER_KG = "Kaplan, 65 mL/kg*; 70 mL/kg*"


@pytest.mark.parametrize(
    ("age", "more", "seen"),
    [
        (Q(30, "day"), {**INFANT, "gestation_at_birth": Q(39, "week")}, "80 mL/kg; 90 mL/kg"),
        (Q(30, "day"), {**INFANT, "gestation_at_birth": Q(36.9, "week")}, "90 mL/kg; 100 mL/kg"),
        (Q(31, "day"), INFANT, "75 mL/kg; 80 mL/kg"),
        (Q(20.9, "month"), TODDLER, "75 mL/kg; 80 mL/kg"),
        (Q(21, "month"), TODDLER, "75 mL/kg; 80 mL/kg; Linderkamp II"),
        (Q(24, "month"), {**TODDLER, "tanner": 1}, "70 mL/kg; Linderkamp I; Nadler*; Raes"),
        (Q(24, "month"), {**TODDLER, "tanner": 1, "states": ("obesity",)},
         "60 mL/kg; 65 mL/kg; 70 mL/kg; Linderkamp I; Nadler*; Raes"),
        (Q(27, "month"), {**TODDLER, "tanner": 1}, "70 mL/kg; Nadler*; Raes"),
        (Q(13.9, "year"), TEEN, "70 mL/kg; Nadler*; Raes"),
        (Q(14, "year"), TEEN, "Linderkamp+; Raes"),
        (Q(17.9, "year"), TEEN, "Linderkamp+; Raes"),
        (Q(17.9, "year"), OBESE, "60 mL/kg; 65 mL/kg; Linderkamp+; Raes"),
        (Q(18, "year"), ADULT, "Boer; Kaplan, 65 mL/kg; 70 mL/kg; Lemmens+"),
        (Q(19, "year"), ADULT, "Boer+; Kaplan, 65 mL/kg; 70 mL/kg; Lemmens+"),
        (Q(72, "year"), ADULT, "Boer+; Kaplan, 65 mL/kg; 70 mL/kg; Lemmens+"),
        (Q(72.1, "year"), ADULT, "Boer; Kaplan, 65 mL/kg; 70 mL/kg; Lemmens+"),
        (Q(40, "year"), {"height": Q(170, "cm"), "weight": Q(86.69, "kg")}, "Boer+; Kaplan, 65 mL/kg; 70 mL/kg; Lemmens+"),
        (Q(40, "year"), {"height": Q(170, "cm"), "weight": Q(86.7, "kg")}, f"Boer+; {PER_KG}; Lemmens+"),
    ],
)  # fmt: skip
def test_who_sees_which_estimators(age, more, seen):
    """`*` not valid here, shown all the same; `+` counts for the spread."""
    found = estimate_volumes(patient(age=age, hematocrit=0.4, **more))
    named = [
        f"{one.method}{'*' * (not one.valid)}{'+' * one.compared}" for one in found.alternatives
    ]
    assert sorted(named) == sorted(seen.split("; "))


@pytest.mark.parametrize(
    ("age", "size", "reason"),
    [
        (Q(23.9, "month"), TODDLER, "child under 2 years"), (Q(24, "month"), TODDLER, "child of 2 to 13 years"),
        (Q(13.9, "year"), TEEN, "child of 2 to 13 years"), (Q(14, "year"), TEEN, "14 to 17 years"),
        (Q(17.9, "year"), TEEN, "14 to 17 years"), (Q(18, "year"), ADULT, "adult: Nadler"),
    ],
)  # fmt: skip
def test_the_reason_follows_the_age(age, size, reason):
    assert estimate_volumes(patient(age=age, **size)).reason.startswith(reason)


def test_the_surface_of_a_small_child_is_haycocks_and_from_15_kg_on_du_bois():
    """By hand: 0.024265 W^0.5378 H^0.3964 (Haycock) and 0.007184 W^0.425 H^0.725 (Du Bois)."""
    for kilograms, surface in (
        (14.9, 0.024265 * 14.9**0.5378 * 98**0.3964), (15, 0.007184 * 15**0.425 * 98**0.725),
        (15.5, 0.007184 * 15.5**0.425 * 98**0.725),
    ):  # fmt: skip
        boy = patient(age=Q(4, "year"), height=Q(98, "cm"), weight=Q(kilograms, "kg"))
        assert assess(boy, limit_table.limits(), Recorder()).facts.body_surface_area == (
            pytest.approx(surface, rel=1e-6)
        )


def test_figures_in_the_reason_and_in_an_error():
    assert "for a missing 12.3 %" in estimate_volumes(patient(amputation=0.12345)).reason
    woman = {**PREGNANT, **BEFORE, "gestation": Q(30.25, "week")}
    assert "the factor for 30.3 weeks" in estimate_volumes(patient(**woman)).reason


def test_bands_beside_infants_and_obese_children():
    infant = estimate_volumes(
        patient(age=Q(8, "month"), height=Q(70, "cm"), weight=Q(8.5, "kg"), hematocrit=0.35)
    )
    assert {"75 mL/kg", "80 mL/kg"} <= {item.method for item in infant.alternatives}
    obese = estimate_volumes(
        patient(
            age=Q(10, "year"),
            height=Q(140, "cm"),
            weight=Q(60, "kg"),
            hematocrit=0.38,
            states=("obesity",),
        )
    )
    assert {"60 mL/kg", "65 mL/kg"} <= {item.method for item in obese.alternatives}
    assert "W-OBESE" in codes(obese.cautions)


def test_valid_estimators_that_disagree_are_pointed_out():
    small = patient(
        sex="female", age=Q(40, "year"), height=Q(145, "cm"), weight=Q(45, "kg"), hematocrit=0.38
    )
    found = estimate_volumes(small)
    spread = max(abs(item.difference) for item in found.alternatives if item.compared)
    assert spread > 0.15
    caution = next(item for item in found.cautions if item.code == "W-UNCERT")
    assert caution.value.value == pytest.approx(100 * spread)
    assert (caution.limit.high, caution.limit.unit, caution.limit.site) == (15, "%", True)


def test_boer_counts_for_the_spread_only_in_the_ages_it_comes_from():
    assert other(estimate_volumes(patient(age=Q(72, "year"))), "Boer").compared
    assert not other(estimate_volumes(patient(age=Q(73, "year"))), "Boer").compared
    assert not other(estimate_volumes(patient(age=Q(18, "year"))), "Boer").compared


# --- pregnancy, amputation, states, entered volumes -------------------------------------------------------------------

PREGNANT = {
    "sex": "female", "age": Q(30, "year"), "height": Q(162, "cm"), "weight": Q(72, "kg"), "hematocrit": 0.32,
    "gestation": Q(30, "week"),
}  # fmt: skip
BEFORE = {"pre_pregnancy_weight": Q(60, "kg"), "pre_pregnancy_hematocrit": 0.38}


def test_pregnancy_uses_pre_pregnancy_values_and_one_factor():
    found = estimate_volumes(patient(**PREGNANT, **BEFORE))
    assert ml(found.plasma_volume.typical) == pytest.approx(1.42 * 2282.88, abs=0.1)
    assert ml(found.blood_volume.typical) == pytest.approx(1.42 * 2282.88 / 0.68, abs=0.1)
    assert ml(found.plasma_volume.high) == pytest.approx(1.3 * ml(found.plasma_volume.typical))
    today = other(found, "Nadler, today's weight and hematocrit")
    assert ml(today.plasma_volume) == pytest.approx(typical(**{**PREGNANT, "gestation": None}))
    assert not today.valid
    assert "W-PREG" not in codes(found.cautions)


def test_pregnancy_without_pre_pregnancy_values_is_not_adjusted_and_says_so():
    found = estimate_volumes(patient(**PREGNANT))
    assert ml(found.plasma_volume.typical) == pytest.approx(
        typical(**{**PREGNANT, "gestation": None})
    )
    assert "W-PREG" in codes(found.cautions)


def test_a_complicated_pregnancy_has_the_smaller_factor():
    found = estimate_volumes(patient(**PREGNANT, **BEFORE, states=("pre-eclampsia",)))
    assert ml(found.plasma_volume.typical) == pytest.approx(1.32 * 2282.88, abs=0.1)


def test_after_delivery_no_factor_is_used():
    found = estimate_volumes(patient(**{**PREGNANT, "gestation": None}, states=("postpartum",)))
    assert codes(found.cautions) == ["W-PREG"]
    assert "no factor" in found.cautions[0].message


def test_an_amputation_restores_the_weight_and_shows_the_observed_one():
    restored = estimate_volumes(patient(missing_segments=("whole-leg",)))
    assert restored.plasma_volume == estimate_volumes(patient(amputation=0.16)).plasma_volume
    whole = typical(weight=Q(65 / 0.84, "kg"))
    assert ml(restored.plasma_volume.typical) == pytest.approx(whole)
    assert ml(other(restored, "Nadler, observed weight").plasma_volume) == pytest.approx(typical())
    assert codes(restored.cautions) == ["W-AMPUTATION"]


def test_a_pregnant_amputee_today_has_her_weight_restored_too():
    woman = {**PREGNANT, **BEFORE, "missing_segments": ("whole-leg",)}
    today = other(estimate_volumes(patient(**woman)), "Nadler, today's weight and hematocrit")
    blood = ml(nadler_blood_volume(Q(162, "cm"), Q(72 / 0.84, "kg"), "female"))
    assert ml(today.plasma_volume) == pytest.approx(blood * 0.68)


@pytest.mark.parametrize("state", ["sepsis", "cirrhosis", "ascites", "nephrotic-syndrome", "heart-failure", "burns",
                                   "anasarca", "hyperviscosity", "bleeding", "bypass", "ecmo"])  # fmt: skip
def test_states_in_which_no_estimator_is_valid(state):
    found = estimate_volumes(patient(states=(state,)))
    assert not found.valid
    outside = ["W-STATE"] * (state in ("ecmo", "bypass"))  # the blood in a circuit of its own
    cells = ["W-VISCOSITY"] * (state == "hyperviscosity")
    assert sorted(codes(found.cautions)) == ["W-STATE", *outside, *cells]
    assert {one.severity for one in found.cautions if one.code == "W-STATE"} == {"warn"}
    assert all(state.replace("-", " ") in caution.message.casefold() for caution in found.cautions)
    assert not any(item.valid or item.compared for item in found.alternatives)
    assert ml(found.plasma_volume.high) == pytest.approx(1.3 * ml(found.plasma_volume.typical))


def test_red_cells_are_not_asked_for_in_hyperviscosity():
    found = estimate_volumes(patient(states=("hyperviscosity",), hematocrit=0.2))
    assert not any("consider red cells" in caution.message for caution in found.cautions)
    assert any("they thicken the blood" in caution.message for caution in found.cautions)
    assert any(
        "consider red cells" in caution.message
        for caution in estimate_volumes(patient(hematocrit=0.2)).cautions
    )


@pytest.mark.parametrize(("sex", "limit"), [("male", 0.60), ("female", 0.56)])
def test_a_very_high_hematocrit_makes_every_estimator_invalid(sex, limit):
    assert estimate_volumes(patient(sex=sex, hematocrit=limit)).valid
    found = estimate_volumes(patient(sex=sex, hematocrit=limit + 0.001))
    assert not found.valid
    assert "W-STATE" in codes(found.cautions)


def test_a_very_low_hematocrit_asks_about_red_cells():
    assert codes(estimate_volumes(patient(hematocrit=0.21)).cautions) == []
    assert codes(estimate_volumes(patient(hematocrit=0.209)).cautions) == ["W-HCT"]


def test_an_entered_blood_volume_replaces_the_estimate_and_both_are_shown():
    found = estimate_volumes(
        patient(
            blood_volume=StatedVolume(value=5000, unit="mL", origin="device"), states=("sepsis",)
        )
    )
    assert ml(found.plasma_volume.typical) == pytest.approx(3650)
    assert "device" in found.reason
    assert found.valid
    assert ml(other(found, "Nadler").plasma_volume) == pytest.approx(3331.283, abs=0.001)
    # A device estimates from height and weight too: in sepsis that is no more valid than the estimate.
    (caution,) = found.cautions
    assert (caution.code, caution.severity) == ("W-STATE", "warn")
    assert ml(found.plasma_volume.high) == pytest.approx(1.3 * 3650)


def test_a_measured_volume_answers_a_state_in_which_no_estimator_is_valid():
    stated = StatedVolume(value=5000, unit="mL", origin="measured: chromium 51")
    found = estimate_volumes(patient(blood_volume=stated, states=("sepsis",)))
    assert codes(found.cautions) == []
    assert ml(found.plasma_volume.high) == pytest.approx(1.2 * 3650)
    assert "band of the estimators" in found.basis["volumes.plasma_volume.interval"].text


def test_an_entered_plasma_volume_is_used_as_it_is():
    stated = StatedVolume(value=3.1, unit="L", origin="measured: albumin")
    found = estimate_volumes(patient(plasma_volume=stated))
    assert ml(found.plasma_volume.typical) == pytest.approx(3100)
    assert ml(found.blood_volume.typical) == pytest.approx(3100 / 0.73)
    both = estimate_volumes(
        patient(
            plasma_volume=stated, blood_volume=StatedVolume(value=5, unit="L", origin="clinician")
        )
    )
    assert ml(both.blood_volume.typical) == 5000
    assert ml(both.plasma_volume.typical) == pytest.approx(3100)


def test_an_entered_volume_far_from_the_estimate_is_pointed_out():
    near = patient(blood_volume=StatedVolume(value=4563 * 1.29, unit="mL", origin="device"))
    far = patient(blood_volume=StatedVolume(value=4563 * 1.31, unit="mL", origin="device"))
    assert "W-OVERRIDE" not in codes(estimate_volumes(near).cautions)
    assert "W-OVERRIDE" in codes(estimate_volumes(far).cautions)


def test_cautions_carry_their_figures():
    stated = StatedVolume(value=4563 * 1.5, unit="mL", origin="device")
    plasma = StatedVolume(value=3000, unit="mL", origin="measured: albumin")
    newborn = {
        "age": Q(5, "day"),
        "height": Q(50, "cm"),
        "weight": Q(3.5, "kg"),
        "gestation_at_birth": Q(39, "week"),
    }
    for inputs, words, figure in (
        ({"hematocrit": 0.67}, "No estimator is valid with a hematocrit", 67),
        ({**newborn, "hematocrit": 0.72}, "Hematocrit", 72),
        (
            {"blood_volume": stated},
            "The volume that was entered",
            100 * (4563 * 1.5 * 0.73 / 3331.283 - 1),
        ),
        # 3,000 of 5,000 mL is plasma: a hematocrit of 40 %, and 27 % is entered
        (
            {
                "plasma_volume": plasma,
                "blood_volume": StatedVolume(value=5, unit="L", origin="device"),
            },
            "The entered",
            13,
        ),
    ):
        found = [
            one
            for one in estimate_volumes(patient(**inputs)).cautions
            if one.message.startswith(words)
        ]
        assert [one.value.value for one in found] == [pytest.approx(figure, abs=1e-3)]


def test_children_below_ten_kilograms_stop():
    small = {"age": Q(14, "month"), "height": Q(75, "cm"), "hematocrit": 0.35}
    assert codes(estimate_volumes(patient(**small, weight=Q(9.99, "kg"))).cautions) == ["W-PED"]
    assert codes(estimate_volumes(patient(**small, weight=Q(10, "kg"))).cautions) == []


def test_a_preterm_neonate_has_no_equation():
    found = estimate_volumes(
        patient(
            age=Q(5, "day"),
            height=Q(42, "cm"),
            weight=Q(2.6, "kg"),
            hematocrit=0.5,
            gestation_at_birth=Q(33, "week"),
        )
    )
    assert "W-PRETERM" in codes(found.cautions)
    assert {"90 mL/kg", "100 mL/kg"} <= {item.method for item in found.alternatives}


# --- plausibility -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "outside", "rule"),
    [
        ({"height": Q(130, "cm")}, {"height": Q(129, "cm")}, "height-unusual"),
        ({"height": Q(210, "cm")}, {"height": Q(211, "cm")}, "height-unusual"),
        (
            {"weight": Q(47.4, "kg")},
            {"weight": Q(34.9, "kg"), "height": Q(147, "cm")},
            "weight-unusual",
        ),
        ({"age": Q(100, "year")}, {"age": Q(101, "year")}, "age-unusual"),
        ({"weight": Q(48, "kg")}, {"weight": Q(47, "kg")}, "bmi-low"),
    ],
)
def test_an_unusual_input_is_asked_about_until_it_is_confirmed(inside, outside, rule):
    def asked(person, confirmed=()):
        return [c for c in estimate_volumes(person, confirmed=confirmed).cautions if c.id == rule]

    assert asked(patient(**inside)) == []
    (caution,) = asked(patient(**outside))
    assert caution.code == "W-INPUT"
    assert caution.limit.site
    assert asked(patient(**outside), confirmed=(caution.confirm,)) == []


def test_pounds_typed_as_kilograms_are_asked_about():
    found = estimate_volumes(patient(weight=Q(180, "kg")))  # 60.8 kg/m2
    assert any(
        "if 180 are pounds, the weight is 81.6 kg" in caution.message and caution.id == "bmi-high"
        for caution in found.cautions
    )


def test_a_site_may_set_its_own_limit():
    own = dict(limit_table.limits())
    own["estimator-spread"] = own["estimator-spread"]._replace(high=1.0)
    assert codes(estimate_volumes(patient(), limits=own).cautions) == ["W-UNCERT"]


def test_a_short_adult_is_probably_one_in_inches_unless_confirmed():
    short = {"height": Q(70, "cm"), "weight": Q(25, "kg")}
    with pytest.raises(QuantityError, match="Did you mean 70 in"):
        estimate_volumes(patient(**short))
    assert estimate_volumes(patient(**short), confirmed=("height",)).method == "Nadler"


def test_volumes_per_kg_that_no_body_has():
    with pytest.raises(QuantityError, match="blood_volume: got 15"):
        estimate_volumes(patient(height=Q(250, "cm"), weight=Q(50, "kg")))


def test_a_body_surface_that_no_body_has():
    tiny = {"age": Q(1, "day"), "height": Q(20, "cm"), "weight": Q(0.3, "kg"), "hematocrit": 0.5}
    with pytest.raises(
        QuantityError, match="body surface area: got 0.042 m2; expected 0.05 to 4 m2"
    ):
        estimate_volumes(patient(**tiny, gestation_at_birth=Q(22, "week")))


# --- records ----------------------------------------------------------------------------------------------------------


def test_the_result_is_in_the_registry_of_the_patient():
    other_registry = pint.UnitRegistry()
    person = patient(
        age=other_registry.Quantity(23, "year"), height=other_registry.Quantity(172, "cm"),
        weight=other_registry.Quantity(143.3, "lb"), hematocrit=other_registry.Quantity(27, "percent"),
    )  # fmt: skip
    found = estimate_volumes(person)
    assert type(found.plasma_volume.typical) is other_registry.Quantity
    assert type(found.alternatives[0].plasma_volume) is other_registry.Quantity


def test_every_figure_says_how_it_came_about():
    found = estimate_volumes(patient())
    basis = found.basis["volumes.plasma_volume"]
    assert basis.formula == "plasma_volume"
    assert basis.text == "4,563.4 x (1 - 0.27) = 3,331.28 mL [terumo-ordering, source]"
    assert basis.inputs["blood_volume"].unit == "mL"
    keys = {key for entry in found.basis.values() for key in entry.sources}
    assert keys <= set(source_table.sources())


sizes = st.fixed_dictionaries({
    "sex": st.sampled_from(["male", "female"]),
    "age": st.floats(18, 100).map(lambda y: Q(y, "year")),
    "bmi": st.floats(14, 60),
    "cm": st.floats(140, 205),
    "hematocrit": st.floats(0.12, 0.55),
})  # fmt: skip


@given(sizes)
def test_ordinary_adults_never_get_nan_and_the_interval_holds_the_typical_value(size):
    bmi, cm = size.pop("bmi"), size.pop("cm")
    person = patient(**size, height=Q(cm, "cm"), weight=Q(bmi * (cm / 100) ** 2, "kg"))
    found = estimate_volumes(person)
    for interval in (found.blood_volume, found.plasma_volume):
        assert 0 < ml(interval.low) < ml(interval.typical) < ml(interval.high) < 20000
    assert VolumeEstimate.from_json(found.to_json()) == found
    assert found.to_json() == VolumeEstimate.from_json(found.to_json()).to_json()


@given(sizes, st.floats(0.001, 0.05))
def test_more_weight_more_plasma_more_hematocrit_less_plasma(size, more):
    bmi, cm = size.pop("bmi"), size.pop("cm")
    kg = bmi * (cm / 100) ** 2

    def plasma(kilograms, hematocrit):
        return typical(
            **{**size, "hematocrit": hematocrit}, height=Q(cm, "cm"), weight=Q(kilograms, "kg")
        )

    here = plasma(kg, size["hematocrit"])
    assert plasma(kg * (1 + more), size["hematocrit"]) > here
    assert plasma(kg, size["hematocrit"] + more) < here


@pytest.mark.parametrize(
    ("bmi", "words", "expected"),
    [(18.4, "thin adult", ["W-THIN"]), (18.5, "adult: Nadler", []), (25, "overweight adult", []), (29.9, "overweight", []),
     (30, "obese adult", ["W-OBESE"])],
)  # fmt: skip
def test_the_reason_follows_the_build(bmi, words, expected):
    found = estimate_volumes(patient(height=Q(170, "cm"), weight=Q(bmi * 1.7**2, "kg")))
    assert found.reason.startswith(words)
    assert codes(found.cautions) == expected


@pytest.mark.parametrize(("cm", "kg"), [(160, 76.8), (131, 51.483), (180, 97.2)])
def test_thirty_is_thirty(cm, kg):
    found = estimate_volumes(patient(height=Q(cm, "cm"), weight=Q(kg, "kg")))
    assert "W-OBESE" in codes(found.cautions)
    assert not other(found, "70 mL/kg").valid


def test_an_estimator_that_does_not_hold_for_a_small_body_is_not_computed():
    small = patient(sex="female", height=Q(100, "cm"), weight=Q(20, "kg"), hematocrit=0.38)
    found = estimate_volumes(small)
    boer = other(found, "Boer")
    assert boer.blood_volume is None
    assert "outside its range" in boer.note
    place = found.alternatives.index(boer)
    assert not any(path.startswith(f"volumes.alternatives[{place}].") for path in found.basis)


def test_every_path_of_the_basis_leads_to_a_figure():
    found = estimate_volumes(patient())
    wire = {"volumes": found.to_wire()}
    for path in found.basis:
        if path.endswith(("interval", "body_mass_index")):
            continue
        place = wire
        for part in path.replace("[", ".").replace("]", "").split("."):
            place = place[int(part)] if part.isdigit() else place[part]


def test_an_amputee_child_sees_its_own_estimator_with_the_observed_weight():
    boy = {"age": Q(5, "year"), "height": Q(110, "cm"), "weight": Q(16, "kg")}
    observed = other(
        estimate_volumes(patient(**boy, missing_segments=("whole-leg",))),
        "Linderkamp, observed weight",
    )
    assert ml(observed.plasma_volume) == pytest.approx(typical(**boy))


def test_a_value_just_beyond_its_limit_is_printed_so_that_it_shows():
    child = {"age": Q(14, "month"), "height": Q(75, "cm"), "hematocrit": 0.35}
    (caution,) = estimate_volumes(patient(**child, weight=Q(9.999, "kg"))).cautions
    assert "Weight 9.999 kg is less than 10 kg" in caution.message


def test_confirmed_names_are_checked():
    for names in ("height", ["hieght"]):
        with pytest.raises(QuantityError, match="confirmed: got"):
            estimate_volumes(patient(), confirmed=names)


def test_a_few_limits_leave_the_others_in_force():
    only = {"estimator-spread": limit_table.limits()["estimator-spread"]._replace(high=1.0)}
    assert codes(estimate_volumes(patient(hematocrit=0.2), limits=only).cautions) == [
        "W-HCT",
        "W-UNCERT",
    ]


@pytest.mark.parametrize(
    ("weeks", "healthy", "complicated"),
    [(4, 0.06, 0.06), (13.9, 0.06, 0.06), (14, 0.18, 0.18), (20.9, 0.18, 0.18), (21, 0.29, 0.29), (27.9, 0.29, 0.29),
     (28, 0.42, 0.32), (34.9, 0.42, 0.32), (35, 0.48, 0.32), (45, 0.48, 0.32)],
)  # fmt: skip
def test_the_rise_of_plasma_volume_week_by_week(weeks, healthy, complicated):
    for course, share in (("healthy", healthy), ("complicated", complicated)):
        risen = pregnancy_plasma_volume(Q(2000, "mL"), Q(weeks, "week"), course)
        assert ml(risen) == pytest.approx(2000 * (1 + share), rel=1e-12)
