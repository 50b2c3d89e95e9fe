"""Faults as data: which inputs, of which kind, what was given, expected and meant; every fault of an order at once."""

import ast
import json
import math
import pickle
import re
from typing import get_args

import pytest

from pexcalc import Order, OrderError
from pexcalc.order.text_input import from_flags
from pexcalc.prescription import prescribe
from pexcalc.quantities import errors
from tests.support.modules import FILES
from tests.support.patients import Q, order, patient, wire
from tests.support.refused import refused

KINDS = set(get_args(errors.FaultKind))


def amount(value, unit, **more):
    return {"value": value, "unit": unit, **more}


def override(rule, reason="abc", **more):
    return {"overrides": [{"rule": rule, "reason": reason, "by": "Dr A", **more}]}


def limit(name="estimator-spread", unit="%", **low):
    return {"limits": {name: {**low, "high": 20, "unit": unit}}}


STOPS = "expected a rule that stops: child-too-small, ..."


# What is wrong, of which kind, and the sentence, of which three dots stand for a part.
@pytest.mark.parametrize(("changes", "kind", "sentence"), [
    ({"patient": None}, "type", "patient is missing; enter an object."),
    ({"patient": []}, "type", "patient: got a list; expected an object."),
    ({"sex": None}, "unknown", "patient.sex is missing; enter male or female."),
    ({"indication": "ttpp"}, "unknown", "indication: got ttpp; ... Did you mean ttp?"),
    ({"indication": ""}, "unknown", "indication is missing; ..."),
    ({"height": amount(1.75, "cm")}, "range", "patient.height: got 1.75 cm; ..."),
    ({"age": amount(1, "a")}, "unit", "patient.age: ... below 2 years, such as 18 mo."),
    ({"height": amount(175, "kg")}, "unit", "patient.height: got 175 kg; expected cm ..."),
    ({"height": amount(172, "CM")}, "unit", "patient.height.unit: ... Did you mean cm?"),
    ({"height": amount(172, ["cm"])}, "unit", "patient.height.unit: got ['cm']; ..."),
    ({"weight": amount(143, "lb")}, "unit", "patient.weight.unit: ... Did you mean [lb_av]?"),
    ({"height": 175}, "type", 'patient.height: got 175; expected {"value": a number, ...'),
    ({"height": "172 cm"}, "type", 'patient.height: got the text "172 cm"; ...'),
    ({"height": {"value": 172}}, "type", "patient.height: got an object with value; ..."),
    ({"height": amount(172, "cm", note=1)}, "type", "patient.height: ... unit, note; ..."),
    ({"height": amount("175", "cm")}, "type", 'patient.height.value: got the text "175"; ...'),
    ({"height": amount(True, "cm")}, "type", "patient.height.value: got True; ..."),
    ({"height": amount(None, "cm")}, "type", "patient.height.value is missing; ..."),
    ({"weight": amount(math.nan, "kg")}, "type", "order: ... that JSON cannot hold; ..."),
    ({"gestation": amount(20, "wk")}, "conflict", "patient.gestation: ..."),
    ({"dose": {"plasma_volumes": 1, "bag_volume": amount(3, "L")}}, "conflict", "dose: ..."),
    ({"dose": {"plasma_volumes": "1.2"}}, "type", "dose.plasma_volumes: got the text ..."),
    ({"dose": {"plasma_volumes": {}}}, "type", "dose.plasma_volumes: got an object; ..."),
    ({"device": {"inlet_flow": amount(60, "mL/min")}}, "missing", "device.ratio is missing..."),
    ({"labs": {"fibrinogen": amount(260, "g/L")}}, "range", "labs.fibrinogen: got 260 ..."),
    ({"calcium": {"plan": "none", "reason": "x" * 201}}, "type", "calcium.reason: ..."),
    ({"label": "x" * 81}, "type", "label: ...; expected text of at most 80 characters."),
    ({"label": "a\nb"}, "text", "label: got a?b; expected one line of printable text."),
    ({"ordered_at": "2025-06-24T14:05"}, "text", "ordered_at: ... date, time and zone, ..."),
    ({"confirmed": ["heigth"]}, "unknown", "confirmed: ... expected names out of height, ..."),
    ({"limits": {"spread": {"hi": 1, "unit": "%"}}}, "unknown", "limits.spread.hi: ... high?"),
    ({"wight": 1}, "unknown", "wight: got a field that is not known here; ..."),
    ({"schema": 3}, "unknown", "schema: got 3; expected 2."),
    (limit("spread"), "unknown", "limits.spread: ... Did you mean estimator-spread?"),
    (limit("obesity-adult"), "unknown", "limits.obesity-adult: ... is no site limit; ..."),
    (limit(unit="1"), "type", "limits.estimator-spread: ... expected high in %."),
    (limit(low=1), "type", "limits.estimator-spread: got another form; expected high in %."),
    (limit("litre-order", low=20, unit="1"), "range", "limits.litre-order: ... than high."),
    (limit("litre-order", low="1", unit="1"), "type", "limits.litre-order.low: got ..."),
    (override("child-to-small"), "unknown", f"overrides.0.rule: got child-to-small; {STOPS} "
     "Did you mean child-too-small?"),
    (override("W-DOSE"), "unknown", f"overrides.0.rule: got W-DOSE; {STOPS}"),
    (override("W-REFUSED"), "unknown", "overrides.0.rule: ... the code of 2 rules; ..."),
    (override("category-iv"), "unknown", f"overrides.0.rule: ... not stop an order; {STOPS}"),
    (override("child-too-small", ""), "type", 'overrides.0.reason: got the text ""; ...'),
    (override("child-too-small", by=None), "type", "overrides.0.by is missing; ..."),
    (override("child-too-small", code="W-PED"), "unknown", "overrides.0.code: got a field ..."),
], ids=str)  # fmt: skip
def test_a_fault_has_its_path_its_kind_and_one_sentence(changes, kind, sentence):
    error = refused(Order.from_wire, wire(**changes))
    pattern = ".*".join(map(re.escape, sentence.split("...")))
    assert re.fullmatch(pattern, str(error))
    assert (error.kind, error.faults) == (kind, (error,))
    assert error.fields == (re.split(": | is missing", sentence)[0],)
    assert error.got
    assert error.expected


@pytest.mark.parametrize(("height", "weight", "kind", "words"), [
    ((65, "cm"), (172, "kg"), "conflict", "Did you mean height 172 cm and weight 65 kg?"),
    ((65, "kg"), (172, "cm"), "conflict", "height and weight: got 65 kg and 172 cm, swapped"),
    (("65", "kg"), (172, "cm"), "conflict", "got a value of type str and 172 cm, swapped"),
    ((60, "cm"), (162, "kg"), "conflict", "Did you mean height 162 cm and weight 60 kg?"),
    ((210, "cm"), (21, "kg"), "range", "body mass index: got 4.8 kg/m2"),
])  # fmt: skip
def test_height_and_weight_that_do_not_go_together(height, weight, kind, words):
    error = refused(Order.from_wire, wire(height=amount(*height), weight=amount(*weight)))
    assert words in str(error)
    assert (set(error.fields), error.kind) == ({"patient.height", "patient.weight"}, kind)


HALVES = {"choice": "albumin-then-plasma", "plasma_share": 0.5, "saline_share": 0.6}


@pytest.mark.parametrize(("dose", "changes", "field"), [
    ({"plasma_volumes": 40}, {}, "dose.plasma_volumes"),
    ({"exchange_volume": Q(24, "L")}, {}, "dose.exchange_volume"),
    (None, {"fluid": HALVES}, "fluid.saline_share"),
])  # fmt: skip
def test_what_a_step_refuses_names_the_input_of_the_order(dose, changes, field):
    assert refused(prescribe, order(dose, **changes)).fields == (field,)


def test_four_wrong_fields_are_four_faults_in_one_round():
    error = refused(Order.from_wire, wire(
        sex="Male", hematocrit={"value": 27, "unit": "mg"}, indication="ttpp",
        dose={"exchange_volume": 3000},
    ))  # fmt: skip
    assert isinstance(error, OrderError)
    assert [(*one.fields, one.kind) for one in error.faults] == [
        ("indication", "unknown"), ("patient.sex", "unknown"), ("patient.hematocrit", "unit"),
        ("dose.exchange_volume", "type"),
    ]  # fmt: skip
    assert str(error) == "\n".join(map(str, error.faults))
    first = error.faults[0]
    assert (error.argument, error.got, error.kind) == (first.argument, first.got, first.kind)


def test_a_great_many_faults_are_counted_not_listed():
    error = refused(Order.from_wire, wire(**{f"field{number}": 1 for number in range(100)}))
    assert len(error.faults) == 100
    assert str(error).splitlines()[-1] == "and 88 more faults"


def test_faults_as_json_hold_path_kind_and_sentence():
    error = refused(Order.from_wire, wire(sex="Male", indication="ttpp"))
    one, other = json.loads(json.dumps(error.to_wire()))
    assert one["fields"] == ["indication"]
    assert other == {
        "fields": ["patient.sex"], "kind": "unknown", "got": "Male", "meant": ["male"],
        "expected": "male or female",
        "message": "patient.sex: got Male; expected male or female. Did you mean male?",
    }  # fmt: skip


def test_a_misspelt_field_is_not_reported_as_missing_too():
    data = wire()
    data["patient"]["wieght"] = data["patient"].pop("weight")
    error = refused(Order.from_wire, data)
    assert (error.fields, error.meant[0]) == (("patient.wieght",), "weight")
    del data["patient"]["height"]
    faults = refused(Order.from_wire, data).faults
    assert [one.fields for one in faults] == [("patient.wieght",), ("patient.height",)]


def test_a_field_is_reported_once_and_each_range_by_the_age():
    error = refused(patient, sex="Male", age=Q(23, "kg"), height=3, hematocrit=27)
    assert [one.fields for one in error.faults] == [("sex",), ("age",), ("height",)]
    beyond = {"height": Q(1.75, "cm"), "weight": Q(6500, "kg"), "hematocrit": 0.9}
    sex, *faults = refused(patient, sex="Male", **beyond).faults
    assert sex.fields == ("sex",)
    assert [(*one.fields, one.kind) for one in faults] == [(name, "range") for name in beyond]


@pytest.mark.parametrize("changes", [{"sex": "Male"}, {"sex": "Male", "indication": "ttpp"}])
def test_errors_are_pickled_whole(changes):
    error = refused(Order.from_wire, wire(**changes))
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(error, protocol))
        assert type(again) is type(error)
        assert again.to_wire() == error.to_wire()


def test_a_text_without_a_unit_and_one_that_is_no_number_are_of_different_kinds():
    texts = {"sex": "male", "age": "23 y", "height": "172 cm", "weight": "65", "hematocrit": "27 %"}
    assert refused(from_flags, texts).kind == "unit"
    assert refused(from_flags, {**texts, "weight": "65 cm"}).kind == "unit"
    assert refused(from_flags, {**texts, "weight": "heavy"}).kind == "text"


def test_every_place_that_refuses_an_input_says_of_which_kind_the_fault_is():
    texts = {name: path.read_text(encoding="utf-8") for name, path in FILES.items()}
    calls = [
        (f"{name}:{node.lineno}", node)
        for name, text in texts.items()
        if "QuantityError" in text
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) == "QuantityError"
    ]
    assert len(calls) > 200
    for place, call in calls:
        kinds = [word.value for word in call.keywords if word.arg == "kind"]
        assert kinds, place
        if isinstance(kinds[0], ast.Constant):
            assert kinds[0].value in KINDS, place
