"""The table of rules: each fires beyond its limit and not before, the severest first, none twice."""

from collections.abc import Iterable
from functools import reduce
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pexcalc import Order, QuantityError, prescribe
from pexcalc.caution_facts import implied_inputs, medicine_facts
from pexcalc.data import indications as indication_table
from pexcalc.data import limits as limit_table
from pexcalc.data import sources as source_table
from pexcalc.order.order import given_inputs
from pexcalc.quantities.record import Record
from pexcalc.rules import fluids
from pexcalc.rules.alerts import BY_ID, CONFIRMABLE, RULES
from pexcalc.rules.alerts.session import MEASURED_PROTEINS
from pexcalc.rules.cautions import (
    NAMES_OF_SCHEMA_1,
    SEVERITIES,
    SHORT_NAMES,
    beyond,
    check,
    confirmed_input,
    fires,
)
from pexcalc.rules.facts import (
    CitrateFacts,
    Facts,
    FindingFacts,
    FluidFacts,
    IndicationFacts,
    LabFacts,
    PatientFacts,
    above,
    at_least,
    below,
    between,
)
from pexcalc.rules.fluids.row import input_of
from tests.support.patients import wire
from tests.support.scenario import SCENARIOS, firing, prescribed

HALF = settings(max_examples=settings.default.max_examples // 2)
LIMITS = limit_table.limits()
PATIENT = PatientFacts(sex="male", group="adult", band="adult")


def facts(**groups):
    return Facts(**{"limits": LIMITS, "patient": PATIENT, **groups})


def raised(confirmed=(), fluids=(), **groups):
    return check(facts(**groups), fluids, confirmed)


def body(**known):
    return PATIENT._replace(**known)


def thresholds():
    """For each rule with a limit, for each group that has it: the facts of the group and the threshold."""
    for rule in RULES:
        for group, sex in product(("adult", "child", "infant", "neonate"), ("male", "female")):
            band = "child" if group == "infant" else group
            known = facts(patient=PatientFacts(sex=sex, group=group, band=band))
            limit = LIMITS.get(rule.limit.format(**known._asdict())) if rule.limit else None
            if limit is not None and (sex == "male" or "sex" in rule.limit):
                yield pytest.param(rule, known, limit, id=f"{rule.id}-{limit.name}-{group}")


@pytest.mark.parametrize(("rule", "known", "limit"), list(thresholds()))
def test_each_rule_fires_just_beyond_its_limit_and_not_at_it(rule, known, limit):
    def fired(value):
        alone = rule._replace(when=lambda f: True, value=lambda f: value)
        return fires(alone, known)

    for end, step in ((limit.low, -1e-6), (limit.high, 1e-6)):
        if end is not None and rule.at_limit:  # 30 kg/m2 itself is obesity
            assert fired(end)
            assert not fired(end - step)
        elif end is not None:
            assert not fired(end)
            assert fired(end + step)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_nothing_known_fires_nothing(rule):
    assert not fires(rule, facts())
    assert not fires(rule._replace(when=lambda f: True, value=lambda f: None), facts())


def test_helpers_of_conditions_have_two_sides_and_never_hold_for_an_unknown():
    assert (below(1, 2), below(2, 2), below(None, 2)) == (True, False, False)
    assert (above(3, 2), above(2, 2), above(None, 2)) == (True, False, False)
    assert (at_least(2, 2), at_least(1.9, 2), at_least(None, 2)) == (True, False, False)
    assert [value for value in (0.9, 1, 2, 2.1, None) if between(value, 1, 2)] == [1, 2]
    # a value that was converted there and back is still the value that was typed
    assert not above(56.00000000000001, 56)
    assert not below(55.99999999999999, 56)
    assert not beyond(60.00000000000001, LIMITS["hematocrit-high-male"])


def ids(cautions):
    return [caution.id for caution in cautions]


def test_a_confirmed_input_is_not_asked_about_again():
    assert ids(raised(patient=body(height=220.0))) == ["height-unusual"]
    for name in ("height", "patient.height"):
        assert raised(patient=body(height=220.0), confirmed=(name,)) == ()
    assert ids(raised(patient=body(hematocrit=20.0), confirmed=CONFIRMABLE)) == ["hematocrit-low"]


@pytest.mark.parametrize(
    ("name", "typed", "path"),
    [
        ("labs.platelets", (), "labs.platelets"), ("platelets", (), "labs.platelets"),
        ("removal_efficiency", (), "device.plasma_removal_efficiency"),
        ("dose", ("dose.bag_volume",), "dose.bag_volume"), ("dose", (), "dose.plasma_volumes"),
        ("dose", ("dose.exchange_volume",), "dose.exchange_volume"),
        ("removal_rate", ("dose.exchange_volume", "dose.duration"), "dose.exchange_volume"),
        ("run_time", ("device.plasma_flow",), "device.plasma_flow"),
        ("ionised_calcium", (), "labs.ionized_calcium"),
    ],
)  # fmt: skip
def test_a_confirmed_input_is_known_by_its_path_its_name_and_its_name_of_schema_1(
    name, typed, path
):
    assert confirmed_input(name, typed) == path


OF_SCHEMA_1 = [
    "height", "weight", "age", "bmi", "body_surface_area", "hematocrit", "blood_volume",
    "plasma_volume", "dose", "duration", "inlet_flow", "blood_flow", "ratio", "removal_efficiency",
    "run_time", "removal_rate", "balance", "sessions", "interval", "fibrinogen", "ionized_calcium",
    "platelets",
]  # fmt: skip


def test_every_confirmation_of_schema_1_is_read_and_written_as_a_path():
    order = Order.from_wire(wire(schema=1, confirmed=OF_SCHEMA_1))
    assert set(order.confirmed) <= set(CONFIRMABLE)
    assert "dose.exchange_volume" in order.confirmed
    assert len(SHORT_NAMES) == len(set(CONFIRMABLE) - set(MEASURED_PROTEINS))
    assert all(path in CONFIRMABLE for paths in NAMES_OF_SCHEMA_1.values() for path in paths)
    with pytest.raises(QuantityError, match=r"got platelet; .*Did you mean platelets"):
        Order.from_wire(wire(confirmed=["platelet"]))


def test_the_severest_comes_first_and_none_comes_twice():
    found = raised(
        patient=body(weight=9.0, estimator_spread=20.0, no_estimator_in="sepsis"),
        indication=IndicationFacts(category="III"),
        citrate=CitrateFacts(rate=3.0),
    )
    ranks = [SEVERITIES.index(caution.severity) for caution in found]
    assert ranks == sorted(ranks)
    assert len(set(ids(found))) == len(found)
    assert ids(found)[0] == "child-too-small"


def test_an_alert_on_the_fluid_fires_where_every_open_fluid_goes_against_it_or_one_that_is_stated():
    plasma, albumin = (FluidFacts(name, frozenset([name])) for name in ("plasma", "albumin"))
    everywhere = BY_ID["plasma-refused"]._replace(when=lambda f: f.fluid.has_plasma)
    assert check(facts(), (plasma, albumin), rules=(everywhere,)) == ()
    assert ids(check(facts(), (plasma, plasma), rules=(everywhere,))) == ["plasma-refused"]
    assert check(facts(), (), rules=(everywhere,)) == ()
    stated = everywhere._replace(fluid="any")
    (caution,) = check(facts(), (plasma, albumin), rules=(stated,))
    assert caution.value == "plasma"
    assert check(facts(), (albumin,), rules=(stated,)) == ()


@given(st.sampled_from(RULES), st.floats(0, 500), st.floats(0, 500))
def test_a_caution_never_disappears_when_its_trigger_gets_worse(rule, first, second):
    limit = LIMITS.get(rule.limit.format(**facts()._asdict())) if rule.limit else None
    if limit is None or (limit.low is not None and limit.high is not None):
        return
    worse, better = (max, min) if limit.low is None else (min, max)
    if beyond(better(first, second), limit, rule.at_limit):
        assert beyond(worse(first, second), limit, rule.at_limit)


def test_platelets_that_are_low_and_ordered_raise_one_alert_whatever_the_site_limits():
    own = {**LIMITS, "platelets-low-microangiopathy": LIMITS["platelets-watch"]._replace(low=100)}
    known = {"indication": IndicationFacts("caps", platelet_group="microangiopathy"),
             "findings": FindingFacts(platelets_planned=True), "limits": own}  # fmt: skip
    for platelets, words in ((60, "very-low"), (100, "ordered")):
        found = ids(raised(labs=LabFacts(platelets=platelets), **known))
        assert found == [f"platelets-{words}-in-microangiopathy"]


def test_a_named_anticoagulant_takes_the_place_of_one_that_was_stated():
    drugs = [{"name": "apixaban", "when": "before", "time": {"value": 5, "unit": "h"}}]
    for more, words in (({"drugs": drugs}, '"apixaban"'), ({}, "as stated")):
        order = Order.from_wire(wire(findings=["anticoagulated"], **more))
        assert medicine_facts(order, hit=False).anticoagulants == words


def paths_of(record, start=""):
    for name, field in record.model_fields.items():
        yield f"{start}{name}"
        for kind in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(kind, type) and issubclass(kind, Record):
                yield from paths_of(kind, f"{start}{name}.")


PATHS = {*paths_of(Order), *MEASURED_PROTEINS}


def inputs(needs) -> Iterable[str]:
    return (input_of(need) for one in needs for need in ((one,) if isinstance(one, str) else one))


TAGS = ("source", "secondary", "derived", "judgement")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_row_names_inputs_of_the_order(rule):
    assert {*rule.about, *inputs(rule.needs), *rule.enter, *rule.confirm} <= PATHS
    assert rule.about
    assert set(rule.enter) <= set(rule.about)
    assert not (rule.confirm and rule.needs), "a rule that doubts what was typed needs nothing else"
    assert "--" not in rule.message
    assert rule.tag in TAGS or (not rule.tag and rule.limit)
    assert ("confirm" in rule.message) == bool(rule.confirm)


@pytest.mark.parametrize("rule", [*RULES, *fluids.FLUID_RULES], ids=lambda rule: rule.id)
def test_what_was_only_quoted_or_judged_is_not_tagged_as_read(rule):
    read = source_table.sources()[rule.source].read if rule.source else ""
    if read.startswith(("quoted", "through")):
        assert rule.tag == "secondary"
    if read == "none: a judgement":
        assert rule.tag == "judgement"


def without(order, path):
    """An order as JSON without one input; the same where it is not there."""
    group, _, name = path.partition(".")
    if not name or not order.get(group):
        return {key: value for key, value in order.items() if key != group}
    return {**order, group: {key: value for key, value in order[group].items() if key != name}}


NEEDY = [rule for rule in RULES if rule.needs]


def known_inputs(order):
    row = indication_table.indication(order.indication) or indication_table.NOT_IN_TABLE
    return given_inputs(dict(order)) | implied_inputs(row)


@pytest.mark.parametrize("rule", NEEDY, ids=lambda rule: rule.id)
def test_no_rule_fires_where_nothing_that_it_needs_is_known(rule):
    """What a rule needs is taken away all at once."""
    elsewhere = {"preterm-neonate", "obese-child", "after-delivery"}
    assert (rule.id in firing()) == (rule.id not in elsewhere)
    for order in firing().get(rule.id, ()):
        try:
            smaller = Order.from_wire(reduce(without, set(inputs(rule.needs)), order))
        except QuantityError:
            continue  # the input goes with another
        implied = known_inputs(smaller) | (set(DEVICE) if "citrate" in rule.id else set())
        for again in (one for one in prescribe(smaller).cautions if one.id == rule.id):
            assert any(set(one) <= implied for one in again.needs)


# Citrate of plasma alone fires these rules without a device.
DEVICE = ("device.anticoagulant", "device.inlet_flow", "device.ratio", "device.ratio_meaning")


@pytest.mark.parametrize(
    ("given", "printed"),
    [(9.87654, 9.88), (9.9964, 9.996), (9.99964, 9.9996), (9.9999644, 9.999964)],
)
def test_a_value_beyond_its_limit_is_printed_with_as_many_places_as_show_it(given, printed):
    (caution,) = (one for one in raised(patient=body(weight=given)) if one.code == "W-PED")
    assert caution.message.startswith(f"Weight {printed} kg is less than 10 kg")
    assert caution.value.value == given


WOMAN = {
    "sex": "female", "age": {"value": 54, "unit": "a"}, "height": {"value": 162, "unit": "cm"},
    "weight": {"value": 60, "unit": "kg"}, "hematocrit": {"value": 38, "unit": "%"},
}  # fmt: skip
ALBUMIN = {"fluid": {"choice": "albumin"}}
PLASMA = {"fluid": {"choice": "plasma", "blood_group": "A"}}
DAILY = {"course": {"interval": {"value": 24, "unit": "h"}}}
PUMP = {"device": {"blood_flow": {"value": 120, "unit": "mL/min"}}}
# What gets worse in which direction: caution, field, unit, from better to worse.
WORSE = [
    ("W-FIB", "labs.fibrinogen", "g/L", 4.0, 0.1, ALBUMIN),
    ("W-FIB-POST", "labs.fibrinogen", "g/L", 6.0, 0.1, ALBUMIN),
    ("W-CA-LOW", "labs.ionized_calcium", "mmol/L", 1.3, 0.4, {}),
    ("W-PLT", "labs.platelets", "10*9/L", 300, 1, {}),
    ("W-K", "labs.potassium", "mmol/L", 5, 1.5, {}),
    ("W-SALINE", "fluid.saline_share", "%", 0, 90, {}),
    ("W-DOSE", "fluid.balance", "%", 100, 130, {}),
    ("W-CITRATE", "dose.duration", "min", 300, 20, PLASMA),
    ("W-ECV", "device.circuit_volume", "mL", 100, 1500, {}),
    ("W-DAILY-COAG", "labs.coagulation_age", "h", 1, 100, DAILY),
    ("W-FF", "device.plasma_flow", "mL/min", 15, 60, PUMP),
]
USUAL = {"indication": "gbs-primary", "patient": WOMAN, "dose": {"plasma_volumes": 1.0}}


def severest(code, order):
    """The place of the severest alert of a family, the last where there is none."""
    found = prescribe(Order.from_wire(order)).cautions
    ranks = [SEVERITIES.index(one.severity) for one in found if one.code.startswith(code)]
    return min(ranks, default=len(SEVERITIES))


@HALF
@given(st.sampled_from(WORSE), st.floats(0, 1), st.floats(0, 1))
def test_an_order_that_gets_worse_keeps_its_caution(row, one, other):
    code, path, unit, best, worst, base = row
    group, field = path.split(".")

    def rank(share):
        order = {**USUAL, **base}
        typed = {"value": best + (worst - best) * share, "unit": unit}
        return severest(code, {**order, group: {**order.get(group, {}), field: typed}})

    assert rank(max(one, other)) <= rank(min(one, other))


@HALF
@given(st.sampled_from([("ramipril", "W-ACE"), ("rituximab", "W-DRUG")]), st.floats(0, 400),
       st.floats(0, 400))  # fmt: skip
def test_a_medicine_closer_to_the_exchange_is_never_asked_about_less(row, one, other):
    name, code = row

    def rank(hours):
        time = {"value": hours, "unit": "h"}
        return severest(code, {**USUAL, "drugs": [{"name": name, "when": "before", "time": time}]})

    assert rank(min(one, other)) <= rank(max(one, other))


BEYOND = [
    wire(weight={"value": 165, "unit": "kg"}, indication="gbs-primary"),  # BMI above both limits
    wire(weight={"value": 40, "unit": "kg"}, indication="gbs-primary"),  # and below both
    wire(dose={"exchange_volume": {"value": 9, "unit": "L"}}),
    *(order for _, order, _ in SCENARIOS),
]


def test_one_fact_raises_one_alert():
    """Beside a doubt about a typed value stands what that value means, and nothing else twice."""
    for order in BEYOND:
        found = [one for one in prescribed(order).cautions if not isinstance(one.value, str)]
        seen = [one.value for one in found if not one.confirm]
        assert len({(value.value, value.unit) for value in seen}) == len(seen), ids(found)
        facts_named = [BY_ID[one.id].fact for one in found if BY_ID[one.id].fact]
        assert len(set(facts_named)) == len(facts_named)


@pytest.mark.parametrize(
    ("changes", "id", "said", "value"),
    [
        ({"labs": {"fibrinogen": {"value": 60, "unit": "mg/dL"}}, **ALBUMIN},
         "fibrinogen-low-without-plasma", "Fibrinogen 60 mg/dL is less than 100 mg/dL", (0.6, "g/L")),
        ({"height": {"value": 83, "unit": "[in_i]"}, "weight": {"value": 200, "unit": "[lb_av]"}},
         "height-unusual", "Height 83 in is outside 51.18 to 82.68 in", (210.82, "cm")),
        ({"weight": {"value": 480, "unit": "[lb_av]"}, "height": {"value": 2.35, "unit": "m"}},
         "weight-unusual", "Weight 480 lb is outside 77.16 to 440.9 lb", (217.7243, "kg")),
        ({"labs": {"ionized_calcium": {"value": 0.9, "unit": "mmol/L"}}, "charted": {"ionized_calcium": "mg/dL"}},
         "ionized-calcium-low", "Ionized calcium 3.61 mg/dL is less than 4.008 mg/dL", (0.9, "mmol/L")),
        ({"labs": {"platelets": {"value": 9, "unit": "10*3/uL"}}},
         "platelets-very-low", "Platelets 9 x10^3/mcL are less than 10 x10^3/mcL", (9, "10*9/L")),
        ({"dose": {"plasma_volumes": 1.0, "duration": {"value": 30, "unit": "min"}}},
         "duration-unusual", "A session of 30 min is outside 45 to 360 min", (0.5, "h")),
        ({"course": {"interval": {"value": 1, "unit": "d"}}},
         "daily-without-coagulation-test", "Exchanges every 1 d and", (24, "h")),
    ],
)  # fmt: skip
def test_a_sentence_has_the_unit_that_was_entered_and_the_record_a_fixed_one(
    changes, id, said, value
):
    found = prescribe(Order.from_wire(wire(**{"indication": "gbs-primary", **changes})))
    (caution,) = (one for one in found.cautions if one.id == id)
    assert said in caution.message
    assert (caution.value.value, caution.value.unit) == (pytest.approx(value[0]), value[1])
    assert caution.limit is None or caution.limit.unit == value[1]


@HALF
@given(st.floats(0.05, 0.999))
def test_a_value_beyond_its_limit_stays_beyond_it_in_the_unit_that_was_entered(level):
    typed = {"fibrinogen": {"value": 100 * level, "unit": "mg/dL"}}
    found = prescribe(Order.from_wire({**USUAL, **ALBUMIN, "labs": typed})).cautions
    messages = [one.message for one in found]
    (said,) = (one for one in messages if one.startswith("Fibrinogen ") and "less than" in one)
    assert float(said.split()[1]) < 100
    assert "100 mg/dL" in said


def test_the_hematocrit_at_which_no_estimator_is_valid_is_named():
    found = prescribe(Order.from_wire(wire(hematocrit={"value": 62, "unit": "%"}))).cautions
    (said,) = (one.message for one in found if one.id == "no-valid-estimate-at-hematocrit")
    assert "with a hematocrit of 62 %, above 60 % (site limit)" in said
