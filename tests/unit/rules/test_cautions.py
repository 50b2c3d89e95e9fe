"""The table of rules: each one speaks at its trigger and not before it, the severest first, none twice."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexcalc import Order, prescribe
from pexcalc.data import limits as limit_table
from pexcalc.rules.caution_rules import CONFIRMABLE, RULES, always, outside
from pexcalc.rules.cautions import SEVERITIES, Caution, check, limit_words

WORDS = {
    "group": "adult",
    "band": "adult",
    "sex": "male",
    "litres_listed": "8 to 12 L",
    "citrate_from": "plasma",
}
WORDS |= {"young": "", "primed": ""}
WORDS |= dict.fromkeys(("platelets_disease", "platelets_for", "obstetrics", "washed_cells"), "")
LIMITS = limit_table.limits()


def raised(facts, confirmed=()):
    return check({**WORDS, **facts}, LIMITS, confirmed)


def triggers():
    """For each rule with a limit, in each group that has it: a value just inside and one just outside each end."""
    for number, rule in enumerate(RULES):
        for group in ("adult", "child", "infant", "neonate"):
            words = {**WORDS, "group": group, "band": "child" if group == "infant" else group}
            if "{primed}" in rule.message:
                words["primed"] = "saline"
            limit = LIMITS.get(rule.limit.format(**words)) if rule.limit else None
            if (
                limit is None or rule.when is always
            ):  # the condition of a fluid rule stands in rules/fluid_rules.py
                continue
            for end, step in ((limit.low, -1e-6), (limit.high, 1e-6)):
                if end is not None:
                    yield pytest.param(
                        rule,
                        words,
                        end,
                        end + step,
                        id=f"{number}-{rule.code}-{limit.name}-{end:g}",
                    )


@pytest.mark.parametrize(("rule", "words", "inside", "beyond"), list(triggers()))
def test_each_rule_speaks_just_beyond_its_limit_and_not_at_it(rule, words, inside, beyond):
    def speaks(value):
        limit = LIMITS[rule.limit.format(**words)]
        return rule.when(value, limit, SimpleNamespace(**words))

    if rule.code == "W-OBESE":  # 30 kg/m2 itself is obesity
        assert speaks(inside)
        assert not speaks(inside - 1e-6)
    else:
        assert rule.when is outside or rule.code == "W-ECV"
        assert not speaks(inside)
        assert speaks(beyond)


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if not rule.limit], ids=lambda rule: rule.code + rule.fact
)
def test_rules_without_a_limit_speak_where_their_fact_is_reported(rule):
    value = 30.0 if rule.unit else "words"
    assert rule.code in [caution.code for caution in raised({rule.fact: value})]
    assert raised({rule.fact: None}) == ()
    assert raised({}) == ()


def test_a_caution_carries_value_limit_and_source():
    (caution,) = raised({"spread": 17.34})
    assert caution == Caution(
        id="estimators-disagree",
        code="W-UNCERT",
        severity="warn",
        message="Estimators that are valid for this patient differ by 17.34 % (limit 15 % (site limit)): look at them side by side",
        value={"value": 17.34, "unit": "%"},
        limit={"low": None, "high": 15, "unit": "%", "site": True},
        source="plausibility",
    )


def test_a_confirmed_input_is_not_asked_about_again():
    assert [caution.code for caution in raised({"height": 220.0})] == ["W-INPUT"]
    assert raised({"height": 220.0}, confirmed=("height",)) == ()
    assert [caution.code for caution in raised({"hematocrit": 20.0}, confirmed=CONFIRMABLE)] == [
        "W-HCT"
    ]


def test_the_severest_comes_first_and_none_comes_twice():
    found = raised(
        {
            "weight": 9.0,
            "spread": 20.0,
            "category_iii": "III",
            "invalid_state": "sepsis",
            "category_iv": "IV",
        }
    )
    ranks = [SEVERITIES.index(caution.severity) for caution in found]
    assert ranks == sorted(ranks)
    assert len({(caution.code, caution.message) for caution in found}) == len(found)
    assert found[0].code == "W-PED"


@given(st.sampled_from(RULES), st.floats(0, 500), st.floats(0, 500))
def test_a_caution_never_disappears_when_its_trigger_gets_worse(rule, first, second):
    limit = LIMITS.get(rule.limit.format(**WORDS)) if rule.limit else None
    if limit is None:
        return
    worse, better = (max, min) if limit.low is None else (min, max)
    if limit.low is not None and limit.high is not None:
        return
    facts = SimpleNamespace(**WORDS)
    if rule.when(better(first, second), limit, facts):
        assert rule.when(worse(first, second), limit, facts)


def test_limits_in_words():
    assert limit_words(LIMITS["height-adult"]) == "130 to 210 cm (site limit)"
    assert limit_words(LIMITS["litre-order"]) == "0.8 to 1.6 (site limit)"
    assert limit_words(LIMITS["small-child"]) == "10 kg"
    assert limit_words(LIMITS["age"]) == "0 to 100 y (site limit)"
    assert limit_words(LIMITS["small-child"]._replace(high=10.125, low=None)) == "10.125 kg"


@pytest.mark.parametrize(
    ("given", "printed"),
    [(9.87654, 9.88), (9.9964, 9.996), (9.99964, 9.9996), (9.9999644, 9.999964)],
)
def test_a_value_beyond_its_limit_is_printed_with_as_many_places_as_show_it(given, printed):
    (caution,) = (each for each in raised({"weight": given}) if each.code == "W-PED")
    assert caution.message.startswith(f"Weight {printed} kg is less than 10 kg")
    assert caution.value.value == given


WOMAN = {
    "sex": "female", "age": {"value": 54, "unit": "a"}, "height": {"value": 162, "unit": "cm"},
    "weight": {"value": 60, "unit": "kg"}, "hematocrit": {"value": 38, "unit": "%"},
}  # fmt: skip
PLASMA = {"choice": "plasma", "blood_group": "A"}
# What gets worse in which direction, in an otherwise ordinary order: caution, group, field, unit, from better to worse.
WORSE = [
    ("W-FIB", "labs", "fibrinogen", "g/L", 4.0, 0.1, {"fluid": {"choice": "albumin"}}),
    ("W-FIB-POST", "labs", "fibrinogen", "g/L", 6.0, 0.1, {"fluid": {"choice": "albumin"}}),
    ("W-CA-LOW", "labs", "ionized_calcium", "mmol/L", 1.3, 0.4, {}),
    ("W-PLT", "labs", "platelets", "10*9/L", 300, 1, {}),
    ("W-K", "labs", "potassium", "mmol/L", 5, 1.5, {}),
    ("W-SALINE", "fluid", "saline_share", "%", 0, 90, {}),
    ("W-DOSE", "fluid", "balance", "%", 100, 130, {}),
    ("W-CITRATE-1", "dose", "duration", "min", 300, 45, {"fluid": PLASMA}),
    ("W-CITRATE-2", "dose", "duration", "min", 300, 45, {"fluid": PLASMA}),
    ("W-CITRATE-3", "dose", "duration", "min", 300, 20, {"fluid": PLASMA}),
    ("W-ECV", "device", "circuit_volume", "mL", 100, 1500, {}),
    (
        "W-DAILY-COAG",
        "labs",
        "coagulation_age",
        "h",
        1,
        100,
        {"course": {"interval": {"value": 24, "unit": "h"}}},
    ),
    (
        "W-FF",
        "device",
        "plasma_flow",
        "mL/min",
        15,
        60,
        {"device": {"blood_flow": {"value": 120, "unit": "mL/min"}}},
    ),
]


@given(st.sampled_from(WORSE), st.floats(0, 1), st.floats(0, 1))
def test_an_order_that_gets_worse_keeps_its_caution(row, one, other):
    code, group, field, unit, best, worst, base = row
    better, worse = (best + (worst - best) * share for share in sorted((one, other)))

    def severity(value):
        order = {
            "indication": "gbs-primary",
            "patient": WOMAN,
            "dose": {"plasma_volumes": 1.0},
            **base,
        }
        order[group] = {**order.get(group, {}), field: {"value": value, "unit": unit}}
        found = [
            caution.severity
            for caution in prescribe(Order.from_wire(order)).cautions
            if caution.code == code
        ]
        return min((SEVERITIES.index(severity) for severity in found), default=len(SEVERITIES))

    assert severity(worse) <= severity(better)


@given(st.sampled_from(["ramipril", "rituximab"]), st.floats(0, 400), st.floats(0, 400))
def test_a_medicine_closer_to_the_exchange_is_never_asked_about_less(name, one, other):
    code = {"ramipril": "W-ACE", "rituximab": "W-DRUG"}[name]

    def severity(hours):
        drugs = [{"name": name, "when": "before", "time": {"value": hours, "unit": "h"}}]
        order = {
            "indication": "gbs-primary",
            "patient": WOMAN,
            "dose": {"plasma_volumes": 1.0},
            "drugs": drugs,
        }
        found = [
            caution.severity
            for caution in prescribe(Order.from_wire(order)).cautions
            if caution.code == code
        ]
        return min((SEVERITIES.index(severity) for severity in found), default=len(SEVERITIES))

    assert severity(min(one, other)) <= severity(max(one, other))
