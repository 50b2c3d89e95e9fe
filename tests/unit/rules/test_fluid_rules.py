"""The decision table: every row sound, every row met by a scenario, a condition written once."""

import pytest

from pexcalc import Fluid, Labs, choose_replacement
from pexcalc.data import limits as limit_table
from pexcalc.data import sources as source_table
from pexcalc.rules import alerts
from pexcalc.rules.alerts.fluids import OF_FLUIDS
from pexcalc.rules.facts import Facts
from pexcalc.rules.fluids import FLUID_RULES, FLUIDS
from pexcalc.rules.fluids.conflicts import CONFLICTS
from pexcalc.rules.fluids.row import CHOOSING, PLANS
from pexcalc.rules.fluids.safety import SAFETY
from tests.support.patients import Q
from tests.support.scenario import NAMES, SCENARIOS, prescribed


def test_ids_are_unique_and_sources_known():
    assert len({rule.id for rule in FLUID_RULES}) == len(FLUID_RULES)
    for rule in FLUID_RULES:
        assert rule.source in source_table.sources(), rule.id
        assert rule.reason.isascii()
    for conflict in CONFLICTS:
        assert set(conflict.sources) <= set(source_table.sources())


def test_safety_rules_only_remove_or_warn():
    assert {rule.effect for rule in SAFETY} == {"bar", "note"}
    assert all(rule.strength in ("must", "should") for rule in SAFETY)
    for rule in FLUIDS:
        assert set(rule.fluids) <= set(PLANS)
        assert rule.effect != "bar"


def test_a_rule_and_its_alert_have_one_id_and_one_row():
    alerting = [rule for rule in FLUID_RULES if rule.alert]
    assert [rule.id for rule in OF_FLUIDS] == [rule.id for rule in alerting]
    others = set(alerts.RULES) - set(OF_FLUIDS)
    assert {rule.id for rule in others}.isdisjoint(rule.id for rule in FLUID_RULES)
    for rule in alerting:
        row = alerts.BY_ID[rule.id]
        assert (row.code, row.severity, row.message) == (*rule.alert[:2], rule.alert.message)


def test_the_last_fluid_rule_that_chooses_always_holds():
    choosing = [rule for rule in FLUIDS if rule.effect in CHOOSING]
    assert choosing[-1].id == "albumin-is-usual"
    assert choosing[-1].when(Facts(limits=limit_table.limits()))
    assert [rule.effect for rule in choosing].count("usual") == 1


# What a rule leaves to be seen in a scenario: its caution, or its name in a list of the result.
SEEN = {
    "albumin-is-usual": "default",
    "plasma-listed-too": "options",
    "crs-fluid-not-settled": "options",
    "crs-coagulopathy": "options",
    "infusion-at-removal-rate": "notes",
}


FIRED = [{one.id for one in prescribed(order).cautions} for _, order, _ in SCENARIOS]


@pytest.mark.parametrize("rule", FLUID_RULES, ids=lambda rule: rule.id)
def test_every_rule_is_met_by_a_scenario(rule):
    said = [expected for _, _, expected in SCENARIOS if "cautions" in expected]
    if rule.alert:
        fired = [rule.id in ids for ids in FIRED]
        assert any(fired)
        assert not all(fired)
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
    seen |= {
        f"- {code}" for _, _, expected in SCENARIOS for code in expected.get("caution_codes", ())
    }
    codes = {caution.split(" ")[1] for caution in seen}
    elsewhere = {
        "W-INPUT",
        "W-PRETERM",
        "W-THIN",
        "W-UNCERT",
        "W-OVERRIDE",
        "W-LITRE",
        "W-IDLE",
        "W-PREG",
    }
    assert {row.code for row in alerts.RULES} - codes <= elsewhere


def test_names_of_scenarios_are_unique():
    assert len(set(NAMES)) == len(NAMES)


# --- both sides of each edge ------------------------------------------------------------------------------------------


def seen(**inputs):
    """What a plan says: ids of rules and topics of conflicts."""
    fluid = Fluid(blood_group="A", **inputs.pop("fluid", {}))
    plan = choose_replacement(
        inputs.pop("indication", "gbs-primary"),
        Q(3, "L"),
        Q(3, "L"),
        Q(2, "h"),
        fluid=fluid,
        **inputs,
    )
    words = {note.rule for note in (*plan.notes, *plan.removed)} | {
        topic for topic, *_ in plan.conflicts
    }
    for one in plan.options:
        words |= {note.rule for note in (*one.reasons, *one.against)}
    return words


CRS = {"indication": "crs-car-t", "findings": ("surgery",)}


def low(fibrinogen):
    return {"labs": Labs(fibrinogen=Q(fibrinogen, "g/L"))}


def saline(percent):
    return {"saline_share": percent / 100}


@pytest.mark.parametrize(
    ("word", "at", "beyond"),
    [
        ("child-albumin-in-ringer", {"age": Q(17.99, "year")}, {"age": Q(18, "year")}),
        ("pregnancy-position", {"gestation": Q(4, "week")}, {}),
        ("Fibrinogen limit", low(1.19), low(1.2)),
        ("ACE inhibitor", {"ace_inhibitor": Q(48, "hour")}, {"ace_inhibitor": Q(48.1, "hour")}),
        ("crs-coagulopathy", CRS | low(0.99), CRS | low(1)),
        (
            "saline-in-frail-patient",
            {"findings": ("frail",), "fluid": saline(20)},
            {"findings": ("frail",), "fluid": saline(20.1)},
        ),
        (
            "saline-in-frail-patient",
            {"age": Q(65, "year"), "fluid": saline(20)},
            {"age": Q(64.9, "year"), "fluid": saline(20)},
        ),
        ("saline-high", {"fluid": saline(20.1)}, {"fluid": saline(20)}),
        ("saline-high", {"fluid": saline(33)}, {"fluid": saline(33.1)}),
        ("saline-very-high", {"fluid": saline(33.1)}, {"fluid": saline(33)}),
        ("saline-very-high", {"fluid": saline(50)}, {"fluid": saline(50.1)}),
    ],
)
def test_an_edge_has_two_sides(word, at, beyond):
    assert word in seen(**at)
    assert word not in seen(**beyond)


def test_calcium_is_planned_from_half_plasma_on():
    for share, asked in ((0.5, True), (0.499, False)):
        fluid = Fluid(blood_group="A", plasma_share=share)
        plan = choose_replacement("gbs-primary", Q(3, "L"), Q(3, "L"), Q(2, "h"), fluid=fluid)
        both = next(one for one in plan.options if one.fluid == "albumin-then-plasma")
        assert ("calcium-missing-with-plasma" in both.cautions) == asked
