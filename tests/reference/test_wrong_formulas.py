"""Wrong formulas in circulation that must never be produced, one test each (X1 to X20)."""

import inspect
import math

import pytest

from pexcalc import (
    QuantityError,
    body_surface_area,
    estimate_volumes,
    fraction_removed,
    nadler_blood_volume,
    parse_quantity,
    plasma_volume,
    prescribe,
)
from pexcalc.exchange.estimate import ESTIMATORS
from pexcalc.quantities.formula import formulas
from tests.support.modules import imported
from tests.support.patients import Q, codes, order, patient

MODULES = [
    imported(module)
    for module in ("exchange/volume", "order/fields", "exchange/dose", "kinetics/dilution")
]
NAMES = [item.name for item in (*formulas(*MODULES), *ESTIMATORS.values())]


def ml(quantity):
    return quantity.m_as("mL")


def test_x1_the_exponent_is_over_plasma_volume_not_blood_volume():
    left = [
        1 - prescribe(order({"plasma_volumes": 1.0}, hematocrit=h)).removal[0].dilution_only.typical
        for h in (0.2, 0.5)
    ]
    assert left == pytest.approx([math.exp(-1)] * 2)
    assert left[0] != pytest.approx(math.exp(-0.8), abs=0.05)


def test_x2_centimetres_never_meet_the_constants_for_inches():
    metric = ml(nadler_blood_volume(Q(170, "cm"), Q(70, "kg"), "male"))
    assert metric == pytest.approx(4660, abs=0.5)
    inches, pounds = 170 / 2.54, 70 / 0.45359237
    for sex, in_inches in (
        ("male", 0.00601241 * inches**3 + 14.60114 * pounds + 604.1),
        ("female", 0.00583543 * inches**3 + 15.00484 * pounds + 183.3),
    ):
        found = ml(nadler_blood_volume(Q(inches, "inch"), Q(pounds, "lb"), sex))
        assert found == pytest.approx(in_inches, abs=0.1)


def test_x3_women_have_their_own_constant_and_blood_is_not_plasma():
    woman = {"sex": "female", "height": Q(162, "cm"), "weight": Q(60, "kg"), "hematocrit": 0.38}
    found = estimate_volumes(patient(**woman))
    assert ml(found.blood_volume.typical) == pytest.approx(3682, abs=0.5)
    assert ml(found.plasma_volume.typical) == pytest.approx(2283, abs=0.5)


OTHERS = ("ogawa", "icsh", "hakim", "retzlaff", "allen", "gilcher", "strauss", "enat", "sprenger")


@pytest.mark.parametrize("name", OTHERS)
def test_x4_x5_x17_x18_names_that_belong_to_other_or_unverified_formulas_are_not_used(name):
    assert name not in " ".join(NAMES).casefold()


def test_x6_x7_plasma_is_blood_times_not_over_one_less_hematocrit_nor_hematocrit_over_the_rest():
    assert ml(plasma_volume(Q(4823.8, "mL"), 0.42)) == pytest.approx(2797.8, abs=0.05)  # not 8317
    assert ml(plasma_volume(Q(5, "L"), 0.45)) == pytest.approx(2750)  # not 4090


def test_x8_plasma_follows_the_hematocrit():
    volumes = [ml(plasma_volume(Q(3682.1, "mL"), h)) for h in (0.25, 0.38, 0.5)]
    assert volumes[1] == pytest.approx(2282.9, abs=0.05)  # not 0.55 of the blood: 2025
    assert volumes[0] > volumes[1] > volumes[2]


def test_x9_one_and_a_half_volumes_remove_seventy_eight_not_eighty_eight_percent():
    assert fraction_removed(1.5) == pytest.approx(0.777, abs=0.0005)


def test_x10_no_time_in_the_dilution_law():
    assert not {"time", "duration", "t"} & set(inspect.signature(fraction_removed).parameters)


def test_x11_the_root_of_mosteller_is_over_the_quotient():
    area = body_surface_area(Q(170, "cm"), Q(75, "kg"), "mosteller").m_as("m**2")
    assert area == pytest.approx(1.88193, abs=5e-6)  # not 0.0314


@pytest.mark.parametrize("name", ["du-bois", "mosteller", "haycock", "gehan-george", "boyd"])
def test_x12_metres_called_centimetres_are_refused(name):
    with pytest.raises(QuantityError, match="Did you mean 1.75 m"):
        body_surface_area(Q(1.75, "cm"), Q(70, "kg"), name)


def test_x13_stone_is_not_a_kilogram():
    with pytest.raises(QuantityError, match="stone is not a unit known here"):
        parse_quantity("11 stone")
    # a Quantity in stone is converted, not read as kilograms
    weights = (Q(11, "stone"), Q(69.853, "kg"))
    host, metric = (ml(nadler_blood_volume(Q(170, "cm"), one, "male")) for one in weights)
    assert host == pytest.approx(metric, abs=0.1)


@pytest.mark.parametrize("sex", [None, "", "m", "MALE", "unknown", 1, True])
def test_x14_a_missing_or_unclear_sex_is_refused(sex):
    with pytest.raises(QuantityError, match="sex"):
        nadler_blood_volume(Q(170, "cm"), Q(70, "kg"), sex)
    with pytest.raises(QuantityError, match="sex"):
        patient(sex=sex)


def test_x15_rules_per_kg_are_marked_in_obesity():
    found = estimate_volumes(patient(height=Q(175, "cm"), weight=Q(140, "kg"), hematocrit=0.40))
    assert ml(found.plasma_volume.typical) == pytest.approx(4246, abs=0.5)
    assert "W-OBESE" in codes(found.cautions)
    wrong = {round(ml(item.plasma_volume)): item for item in found.alternatives}
    assert not wrong[5460].valid
    assert not wrong[5880].valid


def test_x16_prepubertal_boys_do_not_get_nadler():
    found = estimate_volumes(patient(age=Q(6, "year"), height=Q(115, "cm"), weight=Q(20, "kg")))
    assert ml(found.blood_volume.typical) == pytest.approx(1542, abs=0.5)
    nadler = next(item for item in found.alternatives if item.method == "Nadler")
    assert ml(nadler.blood_volume) == pytest.approx(1806, abs=0.5)
    assert "overestimates in prepubertal boys" in nadler.note


def test_x17_seventy_per_kg_is_called_that():
    assert any(item.method == "70 mL/kg" for item in estimate_volumes(patient()).alternatives)


def test_x19_nothing_is_rounded_between_steps():
    body = {"height": Q(171.3, "cm"), "weight": Q(64.7, "kg"), "hematocrit": 0.273}
    found = prescribe(order({"plasma_volumes": 1.37}, **body))
    plasma = 1000 * (0.3669 * 1.713**3 + 0.03219 * 64.7 + 0.6041) * (1 - 0.273)
    assert ml(found.volumes.plasma_volume.typical) == pytest.approx(plasma, rel=1e-13)
    assert ml(found.dose.exchange_volume) == pytest.approx(1.37 * plasma, rel=1e-13)


def test_x20_the_pregnancy_factor_is_never_on_todays_weight_or_hematocrit():
    def plasma(weight, hematocrit, **more):
        woman = {"sex": "female", "age": Q(30, "year"), "height": Q(162, "cm"), **more}
        body = patient(weight=Q(weight, "kg"), hematocrit=hematocrit, **woman)
        return ml(estimate_volumes(body).plasma_volume.typical)

    before = {"pre_pregnancy_weight": Q(60, "kg"), "pre_pregnancy_hematocrit": 0.38}
    found = plasma(72, 0.32, gestation=Q(36, "week"), **before)
    assert found == pytest.approx(1.48 * plasma(60, 0.38))
    assert found < 0.9 * 1.48 * plasma(72, 0.32)


def test_pounds_as_kilograms_and_inches_as_centimetres_need_the_unit_to_be_seen():
    right = ml(nadler_blood_volume(Q(175, "cm"), Q(70, "kg"), "male"))
    pounds = ml(nadler_blood_volume(Q(175, "cm"), Q(154.3, "kg"), "male"))
    assert pounds / right - 1 == pytest.approx(0.56, abs=0.005)
    with pytest.raises(QuantityError, match="Did you mean 68.9 in"):
        nadler_blood_volume(Q(68.9, "cm"), Q(70, "kg"), "male")
