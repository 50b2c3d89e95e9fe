"""The decision table: every row sound, every row met by a scenario, a condition written once."""

import pytest

from pexcalc import catalog, cautions
from pexcalc.fluid_rules import CONFLICTS, FLUIDS, PLANS, RULES, SAFETY

from .scenario import NAMES, SCENARIOS


def test_ids_are_unique_and_sources_known():
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.source in catalog.sources(), rule.id
        assert rule.reason.isascii()
    for conflict in CONFLICTS:
        assert set(conflict.sources) <= set(catalog.sources())


def test_safety_rules_only_remove_or_warn():
    assert {rule.effect for rule in SAFETY} == {"bar", "note"}
    assert all(rule.strength in ("must", "should") for rule in SAFETY)
    for rule in FLUIDS:
        assert set(rule.about) <= set(PLANS)
        assert rule.effect != "bar"


def test_every_rule_with_a_caution_has_its_row_and_every_row_its_rule():
    named = {f"rule_{rule.id}": rule.caution for rule in RULES if rule.caution}
    rows = {row.fact: row.code for row in cautions.RULES if row.fact.startswith("rule_")}
    assert named == rows
    assert all(row.when is cautions.always for row in cautions.RULES if row.fact.startswith("rule_"))


def test_the_last_fluid_rule_that_chooses_always_holds():
    choosing = [rule for rule in FLUIDS if rule.effect in ("choose", "open", "add")]
    assert choosing[-1].id == "F1"


# What a rule leaves to be seen in a scenario: its caution, or its name in a list of the result.
SEEN = {"F1": "default", "F1-listed": "options", "F15": "options", "F15-plasma": "options", "Q2": "notes"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_is_met_by_a_scenario(rule):
    said = [expected for _, _, expected in SCENARIOS if "cautions" in expected]
    if rule.caution:
        severities = [row.severity for row in cautions.RULES if row.fact == f"rule_{rule.id}"]
        assert any(f"{severities[0]} {rule.caution}" in expected["cautions"] for expected in said)
        assert any(f"{severities[0]} {rule.caution}" not in expected["cautions"] for expected in said)
    elif rule.effect == "bar":
        assert any(rule.id in expected.get("removed", ()) for expected in said)
    elif rule.id in SEEN:
        assert any(expected.get(SEEN[rule.id]) for expected in said)
    else:
        assert any(rule.id in expected.get("notes", ()) for expected in said)


@pytest.mark.parametrize("conflict", CONFLICTS, ids=lambda conflict: conflict.topic)
def test_every_conflict_is_met_by_a_scenario(conflict):
    assert any(conflict.topic in expected.get("conflicts", ()) for _, _, expected in SCENARIOS)


def test_every_caution_of_the_fluid_circuit_and_medicines_is_met_by_a_scenario():
    seen = {caution for _, _, expected in SCENARIOS for caution in expected.get("cautions", ())}
    seen |= {f"- {code}" for _, _, expected in SCENARIOS for code in expected.get("caution_codes", ())}
    codes = {caution.split(" ")[1] for caution in seen}
    elsewhere = {"W-INPUT", "W-PRETERM", "W-THIN", "W-UNCERT", "W-OVERRIDE", "W-LITRE", "W-IDLE", "W-PREG"}
    assert {row.code for row in cautions.RULES} - codes <= elsewhere


def test_names_of_scenarios_are_unique():
    assert len(set(NAMES)) == len(NAMES)
