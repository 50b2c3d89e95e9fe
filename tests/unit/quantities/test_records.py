"""Records and JSON: strict reading, the wire form of quantities and intervals, errors with a path."""

import json
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexcalc import Interval, Order, QuantityError
from pexcalc.quantities.annotations import (
    HoursSeries,
    Measured,
    PlainInterval,
    VolumeInterval,
    VolumeResult,
)
from pexcalc.quantities.record import Record
from pexcalc.quantities.strict_json import read_json
from tests.conftest import HOST
from tests.support.patients import Q, wire


class Sheet(Record):
    volume: VolumeResult
    interval: VolumeInterval | None = None
    multiple: PlainInterval | None = None
    times: HoursSeries | None = None
    length: Annotated[Any, Measured("cm")] | None = None


def says(call, *args):
    with pytest.raises(QuantityError) as caught:
        call(*args)
    assert all("\n" not in str(one) for one in caught.value.faults)
    return str(caught.value)


# --- strict JSON ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
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
    ],
)
def test_json_is_read_strictly(text, words):
    assert words in says(read_json, text, "order")


@pytest.mark.parametrize("depth", [50, 300, 990, 1100, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_an_order_nested_however_deeply_is_refused_in_one_sentence(depth, opening, closing):
    said = says(
        Order.from_json, f'{{"indication": "ttp", "label": {opening * depth}1{closing * depth}}}'
    )
    assert said.startswith(
        "label: got a"
        if depth == 50
        else "order: got JSON nested too deeply; expected one JSON obj"
    )


def test_nested_lists_of_python_are_refused_too():
    nested = []
    for _ in range(100_000):
        nested = [nested]
    assert (
        says(Order.from_wire, wire(label=nested))
        == "order: got JSON nested too deeply; expected one JSON object."
    )


@pytest.mark.parametrize("name", ["age", "height", "weight", "hematocrit"])
@pytest.mark.parametrize("value", [0, -1, 5e-324, 1e-200, 1e156, 1.7e308, -1e308])
def test_numbers_of_any_size_are_refused_in_one_sentence(name, value):
    unit = {"age": "a", "height": "cm", "weight": "kg", "hematocrit": "%"}[name]
    said = says(Order.from_wire, wire(**{name: {"value": value, "unit": unit}}))
    assert said.startswith(f"patient.{name}: got ") or (
        name == "age" and value in (0, 5e-324, 1e-200)
    )


def test_half_of_a_character_is_refused():
    wanted = "order: got text with half of a character; expected text in UTF-8."
    assert (
        says(Order.from_wire, wire(label="bed\udc80")) == wanted
    )  # a byte of a command line that is not UTF-8
    assert says(Order.from_json, '{"indication": "\\ud800"}') == wanted


def test_json_in_other_encodings_that_json_allows():
    assert read_json('{"a": "ö"}'.encode("utf-16"), "order") == {"a": "ö"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"height": {"value": 1.75, "unit": "cm"}},
            "patient.height: got 1.75 cm; expected 85 to 250 cm for an adult. Did you",
        ),
        ({"height": {"value": 172}}, "patient.height: got an object with value; expected"),
        (
            {"height": {"value": 172, "unit": "cm", "note": 1}},
            "patient.height: got an object with value, unit, note",
        ),
        (
            {"height": {"value": "172", "unit": "cm"}},
            'patient.height.value: got the text "172"; expected a number.',
        ),
        ({"height": {"value": True, "unit": "cm"}}, "patient.height.value: got True"),
        ({"height": {"value": None, "unit": "cm"}}, "patient.height.value is missing"),
        (
            {"height": {"value": 172, "unit": "CM"}},
            "patient.height.unit: got CM; expected cm or m or mm or [in_i] or [ft_i].",
        ),
        ({"height": {"value": 172, "unit": ["cm"]}}, "patient.height.unit"),
        (
            {"weight": {"value": 143, "unit": "lb"}},
            "patient.weight.unit: got lb; expected kg or g or mg or ug or [lb_av]. Did you mean [lb_av]?",
        ),
        (
            {"weight": {"value": float("nan"), "unit": "kg"}},
            "order: got something that JSON cannot hold",
        ),
        ({"height": {"value": 172, "unit": "kg"}}, "patient.height: got 172 kg; expected cm or m"),
        (
            {"height": "172 cm"},
            'patient.height: got the text "172 cm"; expected {"value": a number',
        ),
        ({"height": 172}, "patient.height: got 172; expected {"),
        ({"height": [1]}, "patient.height: got a list"),
        (
            {"weight": {"value": 172, "unit": "cm"}, "height": {"value": 65, "unit": "kg"}},
            "swapped",
        ),
        (
            {"weight": {"value": 172, "unit": "cm"}, "height": {"value": "65", "unit": "kg"}},
            "a value of type str and 172 cm, swapped",
        ),
        ({"sex": "m"}, "patient.sex: got m; expected male or female. Did you mean male?"),
        ({"patient": []}, "patient: got a list; expected an object."),
        (
            {"dose": {"plasma_volumes": "1.2"}},
            'dose.plasma_volumes: got the text "1.2"; expected a number.',
        ),
        (
            {"dose": {"plasma_volumes": {"value": 1.2, "unit": "1"}}},
            "dose.plasma_volumes: got an object; expected a number.",
        ),
        ({"wight": 1}, "wight: got a field that is not known here"),
        ({"schema": 3}, "schema: got 3; expected 2."),
    ],
)
def test_the_path_of_what_cannot_be_used_is_named(changes, words):
    assert words in says(Order.from_wire, wire(**changes))


# --- quantities and intervals -----------------------------------------------------------------------------------------


def test_results_are_written_in_one_unit():
    sheet = Sheet(
        volume=Q(3.3, "L"),
        interval=Interval(Q(2.9, "L"), None, Q(3900, "mL")),
        multiple=Interval(0.8, 0.9, 1.1),
    )
    assert sheet.to_wire() == {
        "volume": {"value": pytest.approx(3300), "unit": "mL"},
        "interval": {"low": pytest.approx(2900), "typical": None, "high": 3900.0, "unit": "mL"},
        "multiple": {"low": 0.8, "typical": 0.9, "high": 1.1, "unit": "1"},
        "times": None,
        "length": None,
    }
    assert Sheet.from_json(sheet.to_json()).to_json() == sheet.to_json()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"volume": 3}, "volume: got 3 without a unit; expected a volume"),
        ({"volume": "3 mL"}, "parse_quantity"),
        ({"volume": Q(3, "kg")}, "volume: got 3 kg; expected a volume."),
        ({"volume": Q(float("inf"), "mL")}, "volume: got inf; expected a finite number."),
        ({"interval": 3}, "an Interval"),
        (
            {"interval": Interval(Q(3, "L"), None, Q(2, "L"))},
            "low, typical and high in rising order",
        ),
        ({"interval": Interval(None, None, Q(2, "L"))}, "rising order"),
        ({"multiple": Interval(0.5, 2.0, 1.0)}, "rising order"),
        (
            {"multiple": Interval(0.5, float("nan"), 1.0)},
            "multiple: got nan; expected a finite number",
        ),
        (
            {"interval": Interval(Q(1, "kg"), None, Q(2, "kg"))},
            "interval: got 1 kg; expected a volume",
        ),
        (
            {"interval": Interval(1.0, 2.0, 3.0)},
            "interval: got 1 without a unit; expected a volume",
        ),
        ({"multiple": Interval("a", None, "b")}, 'multiple: got the text "a"'),
        ({"times": (Q(0, "h"), Q(1, "kg"))}, "times: got 1 kg; expected a time"),
        (
            {"times": (Q(-float("inf"), "h"), Q(1, "h"))},
            "times: got -inf; expected a finite number",
        ),
        (
            {"multiple": Interval(-float("inf"), None, 1.0)},
            "multiple: got -inf; expected a finite number, a number.",
        ),
        ({"times": (0.0, 1.0)}, "times: got a value of type tuple; expected a row of Quantities"),
        (
            {"multiple": {"low": 1, "typical": 1, "high": 1, "unit": "mL"}},
            "multiple: got another object",
        ),
        ({"multiple": {"low": "1", "typical": 1, "high": 1, "unit": "1"}}, "a number"),
        ({"interval": {"low": 1}}, "interval: got another object"),
        ({"length": {"value": 1, "unit": "L"}}, "length: got 1 L; expected cm or m"),
        ({"length": {"value": 1e999, "unit": "cm"}}, "length.value: got inf"),
    ],
)
def test_fields_refuse_what_is_not_theirs(fields, words):
    assert words in says(lambda: Sheet(**{"volume": Q(1, "L"), **fields}))


def test_results_in_json_have_a_constant_unit():
    assert "expected mL" in says(Sheet.from_wire, {"volume": {"value": 3, "unit": "L"}})


def test_the_json_schema_of_a_quantity_and_an_interval():
    schema = Sheet.model_json_schema()["properties"]
    assert schema["volume"]["properties"]["unit"] == {"const": "mL"}
    length = next(part for part in schema["length"]["anyOf"] if "properties" in part)
    assert length["properties"]["unit"] == {"enum": ["cm", "m", "mm", "[in_i]", "[ft_i]"]}
    interval = next(part for part in schema["interval"]["anyOf"] if "properties" in part)
    assert interval["required"] == ["low", "typical", "high", "unit"]
    assert interval["additionalProperties"] is False


@given(st.floats(1e-6, 1e9), st.sampled_from(["cm", "m", "mm", "inch", "foot"]))
def test_a_quantity_survives_json(value, unit):
    sheet = Sheet(volume=Q(1, "L"), length=HOST.Quantity(value, unit))
    again = Sheet.from_json(sheet.to_json())
    assert again.length.magnitude == value
    assert again == sheet


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(["sex", "age", "height", "weight", "hematocrit", "states", "blood_volume", "dose", "indication",
                        "label", "ordered_at", "limits", "confirmed", "overrides", "schema", "patient"]), json_values)  # fmt: skip
def test_any_json_value_in_any_place_is_read_or_refused_in_one_sentence(name, value):
    text = json.dumps(wire(**{name: value}))
    try:
        order = Order.from_json(text)
    except QuantityError as error:
        assert all(str(one).isprintable() for one in error.faults)
        assert all(len(str(one)) < 1000 for one in error.faults)
        assert len(str(error).splitlines()) <= 13
    else:
        assert Order.from_json(order.to_json()) == order


def test_a_python_dump_makes_the_record_again():
    sheet = Sheet(volume=Q(3.3, "L"), interval=Interval(Q(2.9, "L"), None, Q(3900, "mL")))
    assert Sheet(**sheet.model_dump()) == sheet
