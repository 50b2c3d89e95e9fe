"""Faults as data: which inputs, of which kind, what was given, expected and meant; every fault of an order at once."""

import ast
import json
import pickle
from pathlib import Path
from typing import get_args

import pytest

import pexcalc
from pexcalc import Order, OrderError, Patient, QuantityError
from pexcalc.order.text_input import from_flags
from pexcalc.prescription import prescribe
from pexcalc.quantities import errors
from tests.support.patients import Q, order, wire

KINDS = set(get_args(errors.FaultKind))


def refused(call, *args, **kwargs):
    with pytest.raises(QuantityError) as caught:
        call(*args, **kwargs)
    return caught.value


@pytest.mark.parametrize(
    ("changes", "fields", "kind"),
    [
        ({"sex": None}, ("patient.sex",), "unknown"),
        ({"indication": "ttpp"}, ("indication",), "unknown"),
        ({"height": {"value": 1.75, "unit": "cm"}}, ("patient.height",), "range"),
        ({"height": {"value": 175, "unit": "kg"}}, ("patient.height",), "unit"),
        ({"height": {"value": 175, "unit": "stone"}}, ("patient.height.unit",), "unit"),
        ({"height": 175}, ("patient.height",), "type"),
        ({"height": {"value": "175", "unit": "cm"}}, ("patient.height.value",), "type"),
        ({"height": {"value": 65, "unit": "cm"}, "weight": {"value": 172, "unit": "kg"}}, ("patient.height", "patient.weight"), "conflict"),
        ({"weight": {"value": 21, "unit": "kg"}, "height": {"value": 210, "unit": "cm"}}, ("patient.weight", "patient.height"), "range"),
        ({"dose": {"plasma_volumes": 1, "exchange_volume": {"value": 3, "unit": "L"}}}, ("dose",), "conflict"),
        ({"gestation": {"value": 20, "unit": "wk"}}, ("patient.gestation",), "conflict"),
        ({"device": {"inlet_flow": {"value": 60, "unit": "mL/min"}}}, ("device.ratio",), "missing"),
        ({"label": "a\nb"}, ("label",), "text"),
        ({"wight": 1}, ("wight",), "unknown"),
        ({"labs": {"fibrinogen": {"value": 260, "unit": "g/L"}}}, ("labs.fibrinogen",), "range"),
        ({"overrides": [{"rule": "W-REFUSED", "reason": "abc", "by": "Dr A"}]}, ("overrides.0.rule",), "unknown"),
    ],
)  # fmt: skip
def test_a_fault_names_its_inputs_by_their_path_and_its_kind(changes, fields, kind):
    error = refused(Order.from_wire, wire(**changes))
    assert (error.fields, error.kind) == (fields, kind)
    assert error.faults == (error,)
    assert error.got
    assert error.expected


@pytest.mark.parametrize(
    ("made", "fields"),
    [
        (lambda: order({"plasma_volumes": 40}), ("dose.plasma_volumes",)),
        (lambda: order({"exchange_volume": Q(24, "L")}), ("dose.exchange_volume",)),
        (lambda: order(fluid={"choice": "albumin-then-plasma", "plasma_share": 0.5, "saline_share": 0.6}), ("fluid.saline_share",)),
    ],
)  # fmt: skip
def test_what_a_step_refuses_names_the_input_of_the_order(made, fields):
    assert refused(prescribe, made()).fields == fields


def test_four_wrong_fields_are_four_faults_in_one_round():
    data = wire(
        sex="Male", hematocrit={"value": 27, "unit": "mg"}, indication="ttpp", dose={"exchange_volume": 3000},
    )  # fmt: skip
    error = refused(Order.from_wire, data)
    assert isinstance(error, OrderError)
    places = [one.fields for one in error.faults]
    assert places == [
        ("indication",),
        ("patient.sex",),
        ("patient.hematocrit",),
        ("dose.exchange_volume",),
    ]
    assert [one.kind for one in error.faults] == ["unknown", "unknown", "unit", "type"]
    assert str(error) == "\n".join(map(str, error.faults))
    assert (error.argument, error.got, error.kind) == (
        error.faults[0].argument,
        error.faults[0].got,
        error.faults[0].kind,
    )


def test_a_great_many_faults_are_counted_not_listed():
    error = refused(Order.from_wire, wire(**{f"field{number}": 1 for number in range(100)}))
    assert len(error.faults) == 100
    assert str(error).splitlines()[-1] == "and 88 more faults"


def test_faults_as_json_hold_path_kind_and_sentence():
    error = refused(Order.from_wire, wire(sex="Male", indication="ttpp"))
    said = json.loads(json.dumps(error.to_wire()))
    assert said == [
        {
            "fields": ["indication"], "kind": "unknown", "got": "ttpp", "meant": ["ttp"],
            "expected": "an id of the indication table, or not-listed",
            "message": "indication: got ttpp; expected an id of the indication table, or not-listed. Did you mean ttp?",
        },
        {
            "fields": ["patient.sex"], "kind": "unknown", "got": "Male", "meant": ["male"], "expected": "male or female",
            "message": "patient.sex: got Male; expected male or female. Did you mean male?",
        },
    ]  # fmt: skip


def test_a_misspelt_field_is_not_reported_as_missing_too():
    data = wire()
    data["patient"]["wieght"] = data["patient"].pop("weight")
    error = refused(Order.from_wire, data)
    assert error.fields == ("patient.wieght",)
    assert error.meant[0] == "weight"
    del data["patient"]["height"]
    assert [one.fields for one in refused(Order.from_wire, data).faults] == [
        ("patient.wieght",),
        ("patient.height",),
    ]


def test_a_field_is_reported_once():
    error = refused(
        Patient, sex="Male", age=Q(23, "kg"), height=3, weight=Q(65, "kg"), hematocrit=27
    )
    assert [one.fields for one in error.faults] == [("sex",), ("age",), ("height",)]


def test_ranges_by_age_are_judged_field_by_field():
    error = refused(
        Patient,
        sex="Male",
        age=Q(23, "year"),
        height=Q(1.75, "cm"),
        weight=Q(6500, "kg"),
        hematocrit=0.9,
    )
    assert [one.fields for one in error.faults] == [
        ("sex",),
        ("height",),
        ("weight",),
        ("hematocrit",),
    ]
    assert [one.kind for one in error.faults[1:]] == ["range"] * 3


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
    root = Path(pexcalc.__file__).parent
    calls = [
        (path.name, node.lineno, node)
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) == "QuantityError"
    ]
    assert len(calls) > 200
    for name, line, call in calls:
        kinds = [word.value for word in call.keywords if word.arg == "kind"]
        assert kinds, f"{name}:{line}"
        if isinstance(kinds[0], ast.Constant):
            assert kinds[0].value in KINDS, f"{name}:{line}"
