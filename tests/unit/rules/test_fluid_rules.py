"""The decision table: every row sound, every row met by a scenario, a condition written once."""

import pytest

from pexcalc import Fluid, Labs, choose_replacement
from pexcalc.data import limits as limit_table
from pexcalc.data import sources as source_table
from pexcalc.rules import alerts
from pexcalc.rules.alerts.fluids import OF_FLUIDS
from pexcalc.rules.facts import Facts, FluidFacts, IndicationFacts
from pexcalc.rules.fluids import FLUID_RULES, FLUIDS
from pexcalc.rules.fluids.choice import dic_words, token_words
from pexcalc.rules.fluids.conflicts import CONFLICTS
from pexcalc.rules.fluids.row import CHOOSING, PLANS
from pexcalc.rules.fluids.safety import SAFETY
from tests.support.patients import Q
from tests.support.scenario import ORDERS, SCENARIOS, firing, prescribed


def test_ids_are_unique_and_sources_known():
    known = set(source_table.sources())
    assert len({rule.id for rule in FLUID_RULES}) == len(FLUID_RULES)
    assert all(rule.source in known and rule.reason.isascii() for rule in FLUID_RULES)
    assert all(set(conflict.sources) <= known for conflict in CONFLICTS)


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


@pytest.mark.parametrize("rule", FLUID_RULES, ids=lambda rule: rule.id)
def test_every_rule_is_met_by_a_scenario(rule):
    said = [expected for _, _, expected in SCENARIOS if "cautions" in expected]
    if rule.alert:
        assert rule.id in firing()
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
    elsewhere = {"W-INPUT", "W-PRETERM", "W-THIN", "W-UNCERT", "W-OVERRIDE", "W-LITRE", "W-IDLE"}
    met = {alerts.BY_ID[id].code for id in firing()}
    assert {row.code for row in alerts.RULES} - met <= elsewhere


def seen(indication="gbs-primary", fluid=(), **inputs):
    """What a plan says: ids of rules and topics of conflicts."""
    fluid = Fluid(blood_group="A", **dict(fluid))
    plan = choose_replacement(indication, Q(3, "L"), Q(3, "L"), Q(2, "h"), fluid=fluid, **inputs)
    notes = [*plan.notes, *plan.removed]
    notes += [note for one in plan.options for note in (*one.reasons, *one.against)]
    return {note.rule for note in notes} | {topic for topic, *_ in plan.conflicts}


CRS = {"indication": "crs-car-t", "findings": ("surgery",)}
FRAIL = {"findings": ("frail",)}


def low(fibrinogen, **more):
    return {"labs": Labs(fibrinogen=Q(fibrinogen, "g/L")), **more}


def saline(percent, **more):
    return {"fluid": {"saline_share": percent / 100}, **more}


@pytest.mark.parametrize(
    ("word", "at", "beyond"),
    [
        ("child-albumin-in-ringer", {"age": Q(17.99, "year")}, {"age": Q(18, "year")}),
        ("pregnancy-position", {"gestation": Q(4, "week")}, {}),
        ("Fibrinogen limit", low(1.19), low(1.2)),
        ("ACE inhibitor", {"ace_inhibitor": Q(48, "hour")}, {"ace_inhibitor": Q(48.1, "hour")}),
        ("ACE inhibitor", {"ace_inhibitor": Q(0, "hour")}, {"ace_inhibitor": Q(2160, "hour")}),
        ("crs-coagulopathy", low(0.99, **CRS), low(1, **CRS)),
        ("saline-in-frail-patient", saline(20, **FRAIL), saline(20.1, **FRAIL)),
        ("saline-in-frail-patient", saline(1, age=Q(65, "year")), saline(1, age=Q(64.9, "year"))),
    ],
)
def test_an_edge_has_two_sides(word, at, beyond):
    assert word in seen(**at)
    assert word not in seen(**beyond)


FACTS = Facts(limits=limit_table.limits())


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (12.34, "only 12.3 % plasma"), (19.964, "only 19.96 % plasma"),
        (19.9964, "only 19.996 % plasma"), (19.9999123, "only 19.999912 % plasma"),
        (20.0, "20 % plasma, fibrinogen not known"), (33.33, "33.3 % plasma, fibrinogen not known"),
        (49.9, "49.9 % plasma, fibrinogen not known"), (50.0, None),
    ],
)  # fmt: skip
def test_a_share_of_plasma_has_the_places_that_show_it_is_too_small(share, words):
    assert token_words(FACTS, FluidFacts("albumin-then-plasma", plasma=share)) == words


@pytest.mark.parametrize(("group", "said"), [("other", True), ("ttp", False)])
def test_platelets_in_dic_where_no_other_rule_decides_on_them(group, said):
    facts = FACTS._replace(indication=IndicationFacts(platelet_group=group))
    assert ("below 50 x10^9/L if the patient bleeds" in dic_words(facts)) == said


def test_what_stops_the_usual_plasma_and_which_passes():
    order = ORDERS["s2-bleeding-with-iga-deficiency: with anti-IgA another plasma passes"]
    said = next(
        one for one in prescribed(order).cautions if one.id == "other-plasma-needed"
    ).message
    assert "stop the usual one (known anti-IgA). Plasma of IgA-deficient donors is allowed" in said
