"""Which estimator for whom, what stands beside it, the interval, and what there is to be careful about."""

import csv
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pexcalc import (
    QuantityError,
    StatedVolume,
    estimate_volumes,
    nadler_blood_volume,
    pregnancy_plasma_volume,
)
from pexcalc.data import limits as limit_table
from pexcalc.exchange.estimate import ESTIMATORS, VolumeEstimate, assess
from pexcalc.quantities.working import Recorder
from pexcalc.rules.estimator_rules import METHODS
from tests.support.paths import TESTS
from tests.support.patients import Q, codes, patient


def ml(quantity):
    return quantity.m_as("mL")


def estimate(**changes):
    return estimate_volumes(patient(**changes))


def body(cm, kg):
    return {"height": Q(cm, "cm"), "weight": Q(kg, "kg")}


def stated(value, unit, origin="device"):
    return StatedVolume(value=value, unit=unit, origin=origin)


def typical(**changes):
    return ml(estimate(**changes).plasma_volume.typical)


def band(found):
    """The ends of the interval of the plasma volume as shares of the typical value."""
    volume = found.plasma_volume
    return [ml(end) / ml(volume.typical) for end in (volume.low, volume.high)]


def other(estimate, name):
    return next(item for item in estimate.alternatives if item.method == name)


TABLE = TESTS / "reference" / "patients.csv"


@pytest.mark.parametrize(
    "row", list(csv.DictReader(TABLE.read_text().splitlines())), ids=lambda row: row["name"]
)
def test_worked_examples(row):
    size = body(float(row["height_cm"]), float(row["weight_kg"]))
    found = estimate(sex=row["sex"], age=Q(40, "year"), hematocrit=float(row["hematocrit"]), **size)

    def printed(column):  # to 0.1 mL
        return pytest.approx(float(row[column]), abs=0.05)

    assert found.method == "Nadler"
    assert ml(found.blood_volume.typical) == printed("nadler_blood")
    for end in ("low", "typical", "high"):
        assert ml(getattr(found.plasma_volume, end)) == printed(f"nadler_plasma_{end}")
    columns = {"Lemmens": "lemmens", "Kaplan, 65 mL/kg": "kaplan", "70 mL/kg": "seventy"}
    for name, column in columns.items():
        item = other(found, name)
        assert ml(item.plasma_volume) == printed(f"{column}_plasma")
        assert 100 * item.difference == pytest.approx(float(row[f"{column}_percent"]), abs=0.051)
    assert ml(other(found, "Boer").blood_volume) == printed("boer_blood")


@pytest.mark.parametrize(
    ("age", "sex", "size", "born", "method", "blood", "reason"),
    [
        ((20, "day"), "male", (50, 3.5), 39, "Linderkamp", 280.3, "term neonate"),
        ((30, "day"), "male", (50, 3.5), 37, "Linderkamp", 280.3, "term neonate"),
        ((31, "day"), "male", (50, 3.5), None, "Linderkamp", 280.3, "child under 2 years"),
        ((10, "day"), "female", (40, 2.0), 36.9, "95 mL/kg", 190, "preterm neonate"),
        ((23.9, "month"), "male", (86, 12), None, "Linderkamp", 1044, "child under 2 years"),
        ((24, "month"), "male", (86, 12), None, "Linderkamp", 923, "child of 2 to 13 years"),
        ((6.99, "year"), "female", (122, 23), None, "Linderkamp", 1764.4, "child of 2 to 13"),
        ((7, "year"), "female", (122, 23), None, "Linderkamp", 1757.6, "child of 2 to 13"),
        ((7, "year"), "male", (122, 23), None, "Linderkamp", 1764.4, "child of 2 to 13 years"),
        ((13.99, "year"), "female", (160, 50), None, "Linderkamp", 3232, "child of 2 to 13"),
        ((14, "year"), "female", (160, 50), None, "Nadler", 3296, "14 to 17 years"),
        ((14, "year"), "male", (165, 55), None, "Nadler", 4023, "14 to 17 years"),
        ((17.99, "year"), "male", (165, 55), None, "Nadler", 4023, "14 to 17 years"),
        ((18, "year"), "male", (165, 55), None, "Nadler", 4023, "adult: Nadler"),
    ],
)
def test_the_choice_by_age(age, sex, size, born, method, blood, reason):
    born = Q(born, "week") if born else None
    person = patient(age=Q(*age), sex=sex, gestation_at_birth=born, **body(*size))
    found = estimate_volumes(person, confirmed=("weight", "body_surface_area"))
    assert found.method == method
    assert ml(found.blood_volume.typical) == pytest.approx(blood, abs=0.6)
    assert found.reason.startswith(reason)


def test_the_table_of_methods_names_known_estimators_and_covers_every_age():
    assert {row.key for row in METHODS} <= set(ESTIMATORS)
    body = type("Body", (), {"preterm": False, "neonate": False})
    for body.age in np.linspace(0, 120, 100):
        for body.bmi in np.linspace(8, 100, 50):
            assert any(row.when(body) for row in METHODS)


INFANT = body(52, 4)
TODDLER = body(86, 12)
TEEN = {**body(160, 50), "tanner": 3}
OBESE = {**body(140, 60), "states": ("obesity",), "tanner": 2}
ADULT = body(170, 70)
PER_KG, PER_KG_NOT_VALID = "Kaplan, 65 mL/kg; 70 mL/kg", "Kaplan, 65 mL/kg*; 70 mL/kg*"


def test_the_wide_band_starts_at_a_body_mass_index_of_forty():
    for bmi, share in ((39.99, 0.2), (40, 0.3)):
        assert band(estimate(**body(150, bmi * 2.25))) == pytest.approx([1 - share, 1 + share])


def test_a_girl_without_a_tanner_stage_is_told_why_one_estimator_is_missing():
    girl = {"sex": "female", "age": Q(12, "year"), **body(150, 45)}
    missing = other(estimate(**girl), "Raes")
    assert missing.blood_volume is None
    assert "Tanner" in missing.note
    staged = other(estimate(**girl, tanner=3), "Raes")
    assert ml(staged.blood_volume) == pytest.approx(3318, abs=0.5)


def test_near_two_years_both_equations_are_shown():
    """By hand: log10 I = 0.7891 log10 12 + 0.004132 x 86 + 1.8117; log10 II = 0.6459 log10 12 + 0.002743 x 86 + 2.0324."""
    one, two = (10 ** (power * math.log10(12) + 86 * slope + start) for power, slope, start in
                ((0.7891, 0.004132, 1.8117), (0.6459, 0.002743, 2.0324)))  # fmt: skip
    rows = ((22, one, "Linderkamp II", two), (25, two, "Linderkamp I", one))
    for months, chosen, name, beside in rows:
        found = estimate(age=Q(months, "month"), **TODDLER)
        assert ml(found.blood_volume.typical) == pytest.approx(chosen)
        assert ml(other(found, name).blood_volume) == pytest.approx(beside)


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
        (Q(18, "year"), ADULT, f"Boer; {PER_KG}; Lemmens+"),
        (Q(19, "year"), ADULT, f"Boer+; {PER_KG}; Lemmens+"),
        (Q(72, "year"), ADULT, f"Boer+; {PER_KG}; Lemmens+"),
        (Q(72.1, "year"), ADULT, f"Boer; {PER_KG}; Lemmens+"),
        (Q(40, "year"), body(170, 86.69), f"Boer+; {PER_KG}; Lemmens+"),
        (Q(40, "year"), body(170, 86.7), f"Boer+; {PER_KG_NOT_VALID}; Lemmens+"),
    ],
)  # fmt: skip
def test_who_sees_which_estimators(age, more, seen):
    """`*` not valid here, shown all the same; `+` counts for the spread."""
    found = estimate(age=age, hematocrit=0.4, **more)
    named = [
        f"{one.method}{'*' * (not one.valid)}{'+' * one.compared}" for one in found.alternatives
    ]
    assert sorted(named) == sorted(seen.split("; "))
    assert ("W-OBESE" in codes(found.cautions)) == ("obesity" in str(more) or "70 mL/kg*" in seen)


def test_the_surface_of_a_small_child_is_haycocks_and_from_15_kg_on_du_bois():
    """By hand: 0.024265 W^0.5378 H^0.3964 (Haycock) and 0.007184 W^0.425 H^0.725 (Du Bois)."""
    for kg, surface in (
        (14.9, 0.024265 * 14.9**0.5378 * 98**0.3964), (15, 0.007184 * 15**0.425 * 98**0.725),
    ):  # fmt: skip
        boy = patient(age=Q(4, "year"), **body(98, kg))
        facts = assess(boy, limit_table.limits(), Recorder()).facts
        assert facts.body_surface_area == pytest.approx(surface, rel=1e-6)


def test_valid_estimators_that_disagree_are_pointed_out():
    found = estimate(sex="female", age=Q(40, "year"), hematocrit=0.38, **body(145, 45))
    spread = max(abs(item.difference) for item in found.alternatives if item.compared)
    assert spread > 0.15
    caution = next(item for item in found.cautions if item.code == "W-UNCERT")
    assert caution.value.value == pytest.approx(100 * spread)
    assert (caution.limit.high, caution.limit.unit, caution.limit.site) == (15, "%", True)


PREGNANT = {"sex": "female", "age": Q(30, "year"), **body(162, 72), "hematocrit": 0.32,
            "gestation": Q(30, "week")}  # fmt: skip
BEFORE = {"pre_pregnancy_weight": Q(60, "kg"), "pre_pregnancy_hematocrit": 0.38}


def test_pregnancy_without_pre_pregnancy_values_is_not_adjusted_and_says_so():
    found, plain = estimate(**PREGNANT), estimate(**{**PREGNANT, "gestation": None})
    assert found.plasma_volume.typical == plain.plasma_volume.typical
    assert "W-PREG" in codes(found.cautions)


def test_after_delivery_no_factor_is_used():
    (caution,) = estimate(**{**PREGNANT, "gestation": None}, states=("postpartum",)).cautions
    assert (caution.code, "no factor" in caution.message) == ("W-PREG", True)


def test_a_pregnant_amputee_today_has_her_weight_restored_too():
    found = estimate(**PREGNANT, **BEFORE, missing_segments=("whole-leg",))
    today = other(found, "Nadler, today's weight and hematocrit")
    blood = ml(nadler_blood_volume(Q(162, "cm"), Q(72 / 0.84, "kg"), "female"))
    assert ml(today.plasma_volume) == pytest.approx(blood * 0.68)
    assert not today.valid
    assert "W-PREG" not in codes(found.cautions)


NOT_VALID_IN = ["sepsis", "cirrhosis", "ascites", "nephrotic-syndrome", "heart-failure", "burns",
                "anasarca", "hyperviscosity", "bleeding", "bypass", "ecmo"]  # fmt: skip


@pytest.mark.parametrize("state", NOT_VALID_IN)
def test_states_in_which_no_estimator_is_valid(state):
    found = estimate(states=(state,))
    assert not found.valid
    outside = ["W-STATE"] * (state in ("ecmo", "bypass"))  # the blood in a circuit of its own
    cells = ["W-VISCOSITY"] * (state == "hyperviscosity")
    assert sorted(codes(found.cautions)) == ["W-STATE", *outside, *cells]
    assert {one.severity for one in found.cautions if one.code == "W-STATE"} == {"warn"}
    assert all(state.replace("-", " ") in caution.message.casefold() for caution in found.cautions)
    assert not any(item.valid or item.compared for item in found.alternatives)
    assert band(found) == pytest.approx([0.7, 1.3])


def test_red_cells_are_not_asked_for_in_hyperviscosity():
    for states in ((), ("hyperviscosity",)):
        cautions = estimate(states=states, hematocrit=0.2).cautions
        said = " ".join(caution.message for caution in cautions)
        assert ("consider red cells" in said) == (not states)
        assert ("they thicken the blood" in said) == bool(states)


@pytest.mark.parametrize(("sex", "limit"), [("male", 0.60), ("female", 0.56)])
def test_a_very_high_hematocrit_makes_every_estimator_invalid(sex, limit):
    assert estimate(sex=sex, hematocrit=limit).valid
    found = estimate(sex=sex, hematocrit=limit + 0.001)
    assert not found.valid
    assert "W-STATE" in codes(found.cautions)


def test_a_measured_volume_answers_a_state_in_which_no_estimator_is_valid():
    measured = stated(5000, "mL", "measured: chromium 51")
    found = estimate(blood_volume=measured, states=("sepsis",))
    assert codes(found.cautions) == []
    assert band(found) == pytest.approx([0.8, 1.2])
    assert "band of the estimators" in found.basis["volumes.plasma_volume.interval"].text


def test_an_entered_plasma_volume_is_used_as_it_is():
    measured = stated(3.1, "L", "measured: albumin")
    for entered, blood in (({}, 3100 / 0.73), ({"blood_volume": stated(5, "L")}, 5000)):
        found = estimate(plasma_volume=measured, **entered)
        assert ml(found.plasma_volume.typical) == pytest.approx(3100)
        assert ml(found.blood_volume.typical) == pytest.approx(blood)


def test_entered_volumes_that_contradict_the_hematocrit_are_pointed_out():
    # 3,000 of 5,000 mL is plasma: a hematocrit of 40 %, and 27 % is entered
    volumes = {"plasma_volume": stated(3000, "mL"), "blood_volume": stated(5, "L")}
    (one,) = (one for one in estimate(**volumes).cautions if one.message.startswith("The entered"))
    assert one.value.value == pytest.approx(13, abs=1e-3)


CHILD = {"age": Q(14, "month"), "hematocrit": 0.35}
NEONATE = {"age": Q(5, "day"), "hematocrit": 0.5, **body(42, 2.6)}


@pytest.mark.parametrize(
    ("inside", "outside", "rule"),
    [
        ({"height": Q(130, "cm")}, {"height": Q(129, "cm")}, "height-unusual"),
        ({"height": Q(210, "cm")}, {"height": Q(211, "cm")}, "height-unusual"),
        ({"weight": Q(47.4, "kg")}, body(147, 34.9), "weight-unusual"),
        ({"age": Q(100, "year")}, {"age": Q(101, "year")}, "age-unusual"),
        ({"weight": Q(48, "kg")}, {"weight": Q(47, "kg")}, "bmi-low"),
        ({"hematocrit": 0.21}, {"hematocrit": 0.209}, "hematocrit-low"),
        ({**CHILD, **body(75, 10)}, {**CHILD, **body(75, 9.99)}, "child-too-small"),
        ({"blood_volume": stated(4563 * 1.29, "mL")}, {"blood_volume": stated(4563 * 1.31, "mL")},
         "entered-volume-differs"),
        ({**NEONATE, "gestation_at_birth": Q(37, "week")},
         {**NEONATE, "gestation_at_birth": Q(36.9, "week")}, "preterm-neonate"),
    ],
)  # fmt: skip
def test_an_unusual_input_is_asked_about_until_it_is_confirmed(inside, outside, rule):
    def asked(inputs, confirmed=()):
        found = estimate_volumes(patient(**inputs), confirmed=confirmed)
        return [one for one in found.cautions if one.id == rule]

    assert asked(inside) == []
    (caution,) = asked(outside)
    if caution.confirm:
        assert caution.code in ("W-INPUT", "W-OVERRIDE")
        assert caution.limit.site
        assert asked(outside, confirmed=(caution.confirm,)) == []


def test_a_short_adult_is_probably_one_in_inches_unless_confirmed():
    short = patient(**body(70, 25))
    with pytest.raises(QuantityError, match="Did you mean 70 in"):
        estimate_volumes(short)
    assert estimate_volumes(short, confirmed=("height",)).method == "Nadler"


def test_volumes_and_a_surface_that_no_body_has():
    small = estimate(sex="female", hematocrit=0.38, **body(100, 20))
    boer = other(small, "Boer")
    assert (boer.blood_volume, "outside its range" in boer.note) == (None, True)
    path = f"volumes.alternatives[{small.alternatives.index(boer)}]."
    assert not [one for one in small.basis if one.startswith(path)]
    with pytest.raises(QuantityError, match=r"blood_volume: got 158\.9 mL/kg for"):
        estimate(**body(250, 50))
    tiny = {"age": Q(1, "day"), "hematocrit": 0.5, "gestation_at_birth": Q(22, "week")}
    with pytest.raises(QuantityError, match="body surface area: got 0.042 m2; expected 0.05 to 4"):
        estimate(**body(20, 0.3), **tiny)


ADULTS = st.fixed_dictionaries({
    "sex": st.sampled_from(["male", "female"]),
    "age": st.floats(18, 100).map(lambda y: Q(y, "year")),
    "hematocrit": st.floats(0.12, 0.55),
})  # fmt: skip
BMI, CM = st.floats(14, 60), st.floats(140, 205)


@given(ADULTS, BMI, CM)
def test_ordinary_adults_never_get_nan_and_the_interval_holds_the_typical_value(adult, bmi, cm):
    found = estimate(**adult, **body(cm, bmi * (cm / 100) ** 2))
    for interval in (found.blood_volume, found.plasma_volume):
        assert 0 < ml(interval.low) < ml(interval.typical) < ml(interval.high) < 20000
    again = VolumeEstimate.from_json(found.to_json())
    assert again == found
    assert again.to_json() == found.to_json()


@settings(max_examples=settings.default.max_examples // 2)
@given(ADULTS, BMI, CM, st.floats(0.001, 0.05))
def test_more_weight_more_plasma_more_hematocrit_less_plasma(adult, bmi, cm, more):
    kg = bmi * (cm / 100) ** 2
    cells = adult["hematocrit"] + more
    here = typical(**adult, **body(cm, kg))
    assert typical(**adult, **body(cm, kg * (1 + more))) > here
    assert typical(**{**adult, "hematocrit": cells}, **body(cm, kg)) < here


@pytest.mark.parametrize(
    ("cm", "kg", "words", "expected"),
    [
        (170, 18.4 * 1.7**2, "thin adult", ["W-THIN"]), (170, 18.5 * 1.7**2, "adult: Nadler", []),
        (170, 25 * 1.7**2, "overweight adult", []), (170, 29.9 * 1.7**2, "overweight", []),
        # thirty is thirty
        (160, 76.8, "obese", ["W-OBESE"]), (131, 51.483, "obese", ["W-OBESE"]),
        (180, 97.2, "obese", ["W-OBESE"]),
    ],
)  # fmt: skip
def test_the_reason_follows_the_build(cm, kg, words, expected):
    found = estimate(**body(cm, kg))
    assert found.reason.startswith(words)
    assert [code for code in codes(found.cautions) if code != "W-UNCERT"] == expected
    assert other(found, "70 mL/kg").valid == (not words.startswith("obese"))


def test_an_amputee_child_sees_its_own_estimator_with_the_observed_weight():
    assert "for a missing 12.3 %" in estimate(amputation=0.12345).reason
    boy = {"age": Q(5, "year"), **body(110, 16)}
    observed = other(
        estimate(**boy, missing_segments=("whole-leg",)), "Linderkamp, observed weight"
    )
    assert ml(observed.plasma_volume) == pytest.approx(typical(**boy))


def test_confirmed_names_are_checked():
    for names in ("height", ["hieght"]):
        with pytest.raises(QuantityError, match="confirmed: got"):
            estimate_volumes(patient(), confirmed=names)


def test_a_few_limits_of_a_site_leave_the_others_in_force():
    only = {"estimator-spread": limit_table.limits()["estimator-spread"]._replace(high=1.0)}
    found = estimate_volumes(patient(hematocrit=0.2), limits=only)
    assert codes(found.cautions) == ["W-HCT", "W-UNCERT"]


@pytest.mark.parametrize(
    ("weeks", "healthy", "complicated"),
    [(4, 0.06, 0.06), (13.9, 0.06, 0.06), (14, 0.18, 0.18), (20.9, 0.18, 0.18), (21, 0.29, 0.29), (27.9, 0.29, 0.29),
     (28, 0.42, 0.32), (34.9, 0.42, 0.32), (35, 0.48, 0.32), (45, 0.48, 0.32)],
)  # fmt: skip
def test_the_rise_of_plasma_volume_week_by_week(weeks, healthy, complicated):
    for course, share in (("healthy", healthy), ("complicated", complicated)):
        risen = pregnancy_plasma_volume(Q(2000, "mL"), Q(weeks, "week"), course)
        assert ml(risen) == pytest.approx(2000 * (1 + share), rel=1e-12)
