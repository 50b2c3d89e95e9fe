"""Facts of circuit and citrate in the sentences that a nurse reads: figures, whose they are, what to do."""

import pytest

from pexcalc import Order, prescribe
from pexcalc.caution_facts import disturbed_by
from pexcalc.data import limits as limit_table
from pexcalc.report import sheet
from pexcalc.report.layout import listing
from pexcalc.rules.alerts.anticoagulants import _inr_words
from pexcalc.rules.facts import Facts, IndicationFacts


def quantity(value, unit):
    return {"value": value, "unit": unit}


def person(sex, age, height, weight, hematocrit, unit="a"):
    return {
        "sex": sex, "age": quantity(age, unit), "height": quantity(height, "cm"),
        "weight": quantity(weight, "kg"), "hematocrit": quantity(hematocrit, "%"),
    }  # fmt: skip


BASE = {"indication": "nmdar-encephalitis", "dose": {"plasma_volumes": 1.0}, "fluid": {"choice": "albumin"}}  # fmt: skip


def alerts(code, **order):
    """The alerts of a family, and all of their sentences."""
    found = prescribe(Order.from_wire({**BASE, **order})).cautions
    found = [one for one in found if one.code.startswith(code)]
    return [(one.severity, one.id) for one in found], " ".join(one.message for one in found)


OPTIA = {"name": "spectra-optia"}


@pytest.mark.parametrize(
    ("patient", "device", "expected", "words"),
    [
        (person("male", 2, 86, 12, 34), OPTIA, "stop", "141 to 185 mL, published for Spectra Optia and not measured, are 15.3 to 20 % of a blood volume of 920 mL"),
        (person("male", 2, 86, 12.5, 34), OPTIA, "strong", "the high end is above 15 %"),
        (person("female", 13, 76, 10.5, 32, "mo"), {"name": "prismaflex"}, "stop",
         "TPE2000 set, and not measured, are 18.3 % of the low end of the blood volume of an infant, 680 mL"),
        (person("male", 10, 138, 34, 36), {"name": "multifiltrate"}, "strong", "knows no volume for multiFiltrate"),
    ],
)  # fmt: skip
def test_the_published_circuit_volume_stands_in_for_one_that_is_missing(
    patient, device, expected, words
):
    found, said = alerts("W-ECV", patient=patient, device=device)
    assert [severity for severity, _ in found] == [expected]
    assert words in said


def test_a_prime_that_spares_lowers_the_stop_and_red_cells_say_what_they_need():
    boy = person("male", 2, 86, 12, 34)
    for prime in ("albumin", "red-cells"):
        found, said = alerts("W-ECV", patient=boy, device={**OPTIA, "prime": prime})
        assert found == [("warn", "published-circuit-volume-with-prime")]
        assert ("potassium of the unit" in said) == (prime == "red-cells")


TTP = {"indication": "ttp", "fluid": {"choice": "plasma", "blood_group": "A"}}
INFUSION = {"calcium": {"plan": "infusion", "line": "separate"}}


WOMAN = person("female", 45, 165, 65, 30)
LIVER = {**INFUSION, "findings": ["liver-failure"]}


@pytest.mark.parametrize(
    ("patient", "minutes", "more", "expected", "words"),
    [
        (person("female", 28, 160, 50, 25), 94, INFUSION, ("warn", "citrate-above-studied-rate"),
         "Plasma runs at 39.4 mL/min; 25.2 mL/min brings it to 2 mg/kg/min"),
        (person("female", 28, 160, 50, 25), 94, {}, ("strong", "citrate-high-without-calcium-infusion"), "get an order for one or slow the plasma (judgement of this program). Plasma runs at 39.4 mL/min; 25.2 mL/min brings it to 2"),
        (person("female", 11, 146, 39, 28), 90, INFUSION, ("strong", "citrate-high-in-small-patient"), "19.6 mL/min brings it to 2"),
        (WOMAN, 62, INFUSION, ("strong", "plasma-above-label-rate"), "32.7 mL/min brings it to 2"),
        (WOMAN, 120, LIVER, ("strong", "citrate-high-in-liver-failure"),
         "32.7 mL/min brings it to 2 mg/kg/min and 16.4 mL/min brings it to 1 mg/kg/min"),
        (WOMAN, 140, INFUSION, ("info", "citrate-above-donor-rate"), "in donors (about 1). Plasma runs at 29.5 mL/min"),
    ],
)  # fmt: skip
def test_one_alert_on_citrate_names_the_flow_that_brings_it_down(
    patient, minutes, more, expected, words
):
    dose = {"plasma_volumes": 1.5, "duration": quantity(minutes, "min")}
    found, said = alerts("W-CITRATE", **TTP, patient=patient, dose=dose, **more)
    assert found == [expected]
    assert words in said
    assert said.count("brings") == words.count("brings")


MEMBRANE = {
    "name": "prismaflex", "blood_flow": quantity(120, "mL/min"), "plasma_flow": quantity(30, "mL/min"),
    "anticoagulant": "acd-a", "ratio": 40, "ratio_meaning": "blood-to-anticoagulant",
}  # fmt: skip


def test_a_membrane_with_citrate_has_no_calcium_rates_of_a_centrifuge():
    found, said = alerts("W-", patient=WOMAN, device=MEMBRANE)
    assert found == [("strong", "calcium-missing-with-citrate")]
    assert "0.31 mmol/kg in the session" in said
    assert "calcium by the site's protocol and ionized calcium" in said
    p = prescribe(Order.from_wire({**BASE, "patient": WOMAN, "device": MEMBRANE}))
    printed = " ".join(listing(sheet.sections(p)).split())
    assert "20 mmol (0.31 mmol/kg) of citrate reach the patient" in printed
    assert "no significant acid-base disturbances in adults" in printed
    assert "10 mL per litre" not in printed
    assert all(load.calcium == () for load in p.citrate)


FACTS = Facts(limits=limit_table.limits())


@pytest.mark.parametrize(
    ("indication", "words"),
    [({"crs_grade": 3}, "CRS"), ({"id": "hlh"}, "HLH"), ({"id": "ttp"}, "")],
)
def test_the_disease_that_a_protein_would_measure(indication, words):
    assert disturbed_by(FACTS._replace(indication=IndicationFacts(**indication))) == words


@pytest.mark.parametrize(("ends", "shown"), [
    (4.94, 4.9), (4.963, 4.96), (4.9961, 4.996), (5, 5), (5.14, 5.1),
])  # fmt: skip
def test_an_inr_has_the_places_that_show_on_which_side_of_its_limit_it_ends(ends, shown):
    inr = (ends + 0.54) / 2.21
    facts = FACTS._replace(labs=FACTS.labs._replace(inr=inr))
    words = _inr_words(facts._replace(dose=FACTS.dose._replace(plasma_volumes=1.0)))
    assert f"INR {inr:.2f} before, about {shown} after one plasma volume" in words
