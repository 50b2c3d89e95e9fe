"""Records and JSON: strict reading, the wire form of quantities and intervals, errors with a path."""

from math import inf, nan
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexcalc import Interval, Order
from pexcalc.quantities.annotations import (
    HoursSeries,
    Measured,
    PlainInterval,
    VolumeInterval,
    VolumeResult,
)
from pexcalc.quantities.record import Record
from pexcalc.quantities.strict_json import read_json
from tests.support.patients import Q, wire
from tests.support.refused import says


class Sheet(Record):
    volume: VolumeResult
    interval: VolumeInterval | None = None
    multiple: PlainInterval | None = None
    times: HoursSeries | None = None
    length: Annotated[Any, Measured("cm")] | None = None


@pytest.mark.parametrize(("text", "words"), [
    ("", "order: got text that is not JSON (line 1, column 1); expected one JSON object."),
    ("{", "not JSON"),
    ("[]", "order: got a list; expected one JSON object."),
    ("null", "is missing"),
    ('"x"', 'got the text "x"'),
    ('{"a": 1, "a": 2}', "order.a: got the same key twice"),
    ('{"a": {"b": 1, "b": 2}}', "order.b: got the same key twice"),
    ('{"a": NaN}', "order: got NaN; expected finite numbers only"),
    ('{"a": 1e400}', "order: got 1e400; expected finite numbers only"),
    ('{"a": 1' + "0" * 400 + "}", "finite numbers only"),
    ({}, "a value of type dict; expected JSON text"),
    ('{"a": -Infinity}', "got -Infinity"),
    ("[" * 100_000, "nested too deeply"),
    (b"\xff\xfe\x00", "not JSON"),
    ('{"a": 1} {"b": 2}', "not JSON"),
    ('{"a": "' + "x" * 1_000_001 + '"}', "characters"),
])  # fmt: skip
def test_json_is_read_strictly(text, words):
    assert words in says(read_json, text, "order")


TOO_DEEP = "order: got JSON nested too deeply; expected one JSON object."


@pytest.mark.parametrize("depth", [50, 300, 990, 1100, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_an_order_nested_however_deeply_is_refused_in_one_sentence(depth, opening, closing):
    label = f"{opening * depth}1{closing * depth}"
    said = says(Order.from_json, f'{{"indication": "ttp", "label": {label}}}')
    assert said.startswith("label: got a" if depth == 50 else TOO_DEEP)


def test_nested_lists_of_python_are_refused_too():
    nested = []
    for _ in range(100_000):
        nested = [nested]
    assert says(Order.from_wire, wire(label=nested)) == TOO_DEEP


@pytest.mark.parametrize("name", ["age", "height", "weight", "hematocrit"])
@pytest.mark.parametrize("value", [0, -1, 5e-324, 1e-200, 1e156, 1.7e308, -1e308])
def test_numbers_of_any_size_are_refused_in_one_sentence(name, value):
    unit = {"age": "a", "height": "cm", "weight": "kg", "hematocrit": "%"}[name]
    said = says(Order.from_wire, wire(**{name: {"value": value, "unit": unit}}))
    young = name == "age" and value in (0, 5e-324, 1e-200)
    assert said.startswith(f"patient.{name}: got ") or young


def test_half_of_a_character_is_refused():
    wanted = "order: got text with half of a character; expected text in UTF-8."
    # a byte of a command line that is not UTF-8
    assert says(Order.from_wire, wire(label="bed\udc80")) == wanted
    assert says(Order.from_json, '{"indication": "\\ud800"}') == wanted


def test_json_in_other_encodings_that_json_allows():
    assert read_json('{"a": "ö"}'.encode("utf-16"), "order") == {"a": "ö"}


def amount(value, unit, **more):
    return {"value": value, "unit": unit, **more}


WHOLE = Sheet(
    volume=Q(3.3, "L"),
    interval=Interval(Q(2.9, "L"), None, Q(3900, "mL")),
    multiple=Interval(0.8, 0.9, 1.1),
)


def test_results_are_written_in_one_unit_and_read_again():
    assert WHOLE.to_wire() == {
        "volume": {"value": pytest.approx(3300), "unit": "mL"},
        "interval": {"low": pytest.approx(2900), "typical": None, "high": 3900.0, "unit": "mL"},
        "multiple": {"low": 0.8, "typical": 0.9, "high": 1.1, "unit": "1"},
        "times": None,
        "length": None,
    }
    assert Sheet.from_json(WHOLE.to_json()).to_json() == WHOLE.to_json()
    assert Sheet(**WHOLE.model_dump()) == WHOLE


def span(low, typical, high, unit="1"):
    return {"low": low, "typical": typical, "high": high, "unit": unit}


@pytest.mark.parametrize(("fields", "words"), [
    ({"volume": 3}, "volume: got 3 without a unit; expected a volume"),
    ({"volume": "3 mL"}, "parse_quantity"),
    ({"volume": Q(3, "kg")}, "volume: got 3 kg; expected a volume."),
    ({"volume": Q(inf, "mL")}, "volume: got inf; expected a finite number."),
    ({"interval": 3}, "an Interval"),
    ({"interval": Interval(Q(3, "L"), None, Q(2, "L"))},
     "low, typical and high in rising order"),
    ({"interval": Interval(None, None, Q(2, "L"))}, "rising order"),
    ({"multiple": Interval(0.5, 2.0, 1.0)}, "rising order"),
    ({"multiple": Interval(0.5, nan, 1.0)}, "multiple: got nan; expected a finite number"),
    ({"interval": Interval(Q(1, "kg"), None, Q(2, "kg"))},
     "interval: got 1 kg; expected a volume"),
    ({"interval": Interval(1.0, 2.0, 3.0)},
     "interval: got 1 without a unit; expected a volume"),
    ({"multiple": Interval("a", None, "b")}, 'multiple: got the text "a"'),
    ({"multiple": Interval(-inf, None, 1.0)},
     "multiple: got -inf; expected a finite number, a number."),
    ({"times": (Q(0, "h"), Q(1, "kg"))}, "times: got 1 kg; expected a time"),
    ({"times": (Q(-inf, "h"), Q(1, "h"))}, "times: got -inf; expected a finite number"),
    ({"times": (0.0, 1.0)}, "times: got a value of type tuple; expected a row of Quantities"),
    ({"multiple": span(1, 1, 1, "mL")}, "multiple: got another object"),
    ({"multiple": span("1", 1, 1)}, "a number"),
    ({"interval": {"low": 1}}, "interval: got another object"),
    ({"length": amount(1, "L")}, "length: got 1 L; expected cm or m"),
    ({"length": amount(inf, "cm")}, "length.value: got inf"),
], ids=str)  # fmt: skip
def test_fields_refuse_what_is_not_theirs(fields, words):
    assert words in says(lambda: Sheet(**{"volume": Q(1, "L"), **fields}))


def test_results_in_json_have_a_constant_unit():
    assert "expected mL" in says(Sheet.from_wire, {"volume": amount(3, "L")})


@given(st.floats(1e-6, 1e9), st.sampled_from(["cm", "m", "mm", "inch", "foot"]))
def test_a_quantity_survives_json(value, unit):
    sheet = Sheet(volume=Q(1, "L"), length=Q(value, unit))
    again = Sheet.from_json(sheet.to_json())
    assert again.length.magnitude == value
    assert again == sheet
