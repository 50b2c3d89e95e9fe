"""`.plain` of every formula: the same figures and the same sentences as with Quantities."""

import numpy as np
import pandas as pd
import pint
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pexcalc import (
    QuantityError,
    exchange_volume,
    flat_blood_volume,
    nadler_blood_volume,
    plasma_volume,
)
from pexcalc.quantities import units
from pexcalc.quantities.argument import Choice
from tests.support.refused import refused, says
from tests.unit.quantities.test_formula import ALL, FUNCTIONS, OF_EACH, inputs_of

Q = pint.UnitRegistry().Quantity
MAN = {"height_cm": 172, "weight_kg": 65, "sex": "male"}


def in_keyword_units(item, keywords, values):
    """Bare values in the kernel's units as what the keywords hold, and the same as Quantities."""
    plain, quantities = {}, {}
    for keyword, (name, spec) in zip(keywords, item.inputs.items()):
        value = values[name]
        if isinstance(spec, Choice) or spec.pure:
            plain[keyword] = quantities[name] = value
            continue
        unit = keyword[len(name) + 1 :].replace("_per_", "/").replace("per_", "/")
        row = units.BY_TOKEN[unit]
        plain[keyword] = round(spec.in_unit(row.label, value), 6)
        quantities[name] = units.private_registry().Quantity(plain[keyword], row.container)
    return plain, quantities


@pytest.mark.parametrize("name", ALL)
@OF_EACH
@given(data=st.data())
def test_the_same_figure_as_with_quantities(name, data):
    item, function = ALL[name], FUNCTIONS[name]
    values = data.draw(inputs_of(item))
    plain, quantities = in_keyword_units(item, function.plain.keywords, values)
    try:
        with_units = function(**quantities)
    except QuantityError as error:
        assert says(function.plain, **plain) == str(error)
        assume(False)
    got = function.plain(**plain)
    assert isinstance(got, float | int)
    unit = units.BY_LABEL[function.plain.unit].container
    wanted = with_units.m_as(unit) if hasattr(with_units, "m_as") else with_units
    assert got == wanted


@pytest.mark.parametrize("name", ALL)
def test_a_value_out_of_range_has_the_same_sentence(name):
    item, function = ALL[name], FUNCTIONS[name]
    inside = {
        key: spec.words[0] if isinstance(spec, Choice) else (spec.low + min(spec.high, 3.0)) / 2
        for key, spec in item.inputs.items()
    }
    for key, spec in item.inputs.items():
        if not isinstance(spec, Choice):
            values = {**inside, key: -1.0}
            plain, quantities = in_keyword_units(item, function.plain.keywords, values)
            assert says(function.plain, **plain) == says(function, **quantities)


def test_units_of_the_keywords_and_of_the_result():
    assert nadler_blood_volume.plain(**MAN) == pytest.approx(4563.4015712)
    assert nadler_blood_volume.plain.unit == "mL"
    inches = {"height_in": 172 / 2.54, "weight_lb": 65 / 0.45359237}
    assert nadler_blood_volume.plain(**inches, sex="male") == pytest.approx(4563.4015712)
    assert plasma_volume.plain(blood_volume_L=4.5, hematocrit_percent=27) == pytest.approx(3285)
    assert flat_blood_volume.plain(weight_kg=60, per_kg_mL_per_kg=70) == pytest.approx(4200)
    words = "<flat_blood_volume.plain(weight_kg, per_kg_mL_per_kg) in mL>"
    assert repr(flat_blood_volume.plain) == words


@pytest.mark.parametrize(("change", "fields", "kind", "said"), [
    ({"height_cm": 1.75}, ("height",), "range",
     "height: got 1.75 cm; expected 85 to 250 cm for an adult. Did you mean 1.75 m?"),
    ({"height_kg": 172}, ("height_kg",), "unit",
     "height_kg: got the unit kg; expected height_cm or height_m or height_in or height_mm."),
    ({"height": 172}, ("height",), "unit", "height: got no unit in the keyword; expected height_cm"),
    ({"hieght_cm": 172}, ("hieght_cm",), "unknown", "Did you mean height_cm?"),
    ({"height_m": 1.72, "height_cm": 172}, ("height_cm",), "conflict", "got height twice"),
    ({}, ("height",), "missing", "height_cm is missing; enter 85 to 250 cm for an adult."),
    ({"height_cm": Q(172, "cm")}, ("height",), "type", "got a Quantity, 172 cm"),
    ({"height_cm": "172"}, ("height",), "type", "got a value of type str"),
    ({"height_cm": True}, ("height",), "type", "got True"),
    ({"height_cm": 172, "sex_kg": "male"}, ("sex_kg",), "unit", "Did you mean sex?"),
])  # fmt: skip
def test_keywords_and_values_that_are_refused(change, fields, kind, said):
    error = refused(nadler_blood_volume.plain, **change, weight_kg=65, sex="male")
    assert said in str(error)
    assert (error.fields, error.kind) == (fields, kind)


def test_plasma_volumes_are_no_percentage():
    said = says(exchange_volume.plain, plasma_volume_mL=3000, plasma_volumes_percent=100)
    assert said == "plasma_volumes_percent: got the unit %; expected plasma_volumes."


@pytest.mark.parametrize("column", [np.array, pd.Series, pl.Series])
def test_columns_of_numbers(column):
    heights = column([172, 165])
    got = nadler_blood_volume.plain(height_cm=heights, weight_kg=column([65.0, 70.0]), sex="male")
    assert got.round(1).tolist() == [4563.4, 4505.6]
    assert plasma_volume(Q(4500, "mL"), column([0.27, 0.3])).m_as("mL").tolist() == [3285, 3150]


@pytest.mark.parametrize("series", [pd.Series, pl.Series])
def test_a_series_with_gaps_or_words_is_one_sentence(series):
    said = says(plasma_volume, Q(4500, "mL"), series([0.27, None]))
    assert "1 of 2 values outside, the first at index 1 (nan)" in said
    words = series(["a", "b"])
    said = says(nadler_blood_volume.plain, **{**MAN, "height_cm": words})
    assert "expected an array of numbers" in said
    assert "an array without a unit" in says(nadler_blood_volume, words, Q(6, "kg"), "male")
