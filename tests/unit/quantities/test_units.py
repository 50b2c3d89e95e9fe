"""The unit table, the strict reader of text, the private registry, numbers in print."""

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucumvert import PintUcumRegistry

from pexcalc import QuantityError, parse_quantity
from pexcalc.quantities import units
from tests.support.refused import refused

SIZED = [unit for unit in units.UNITS if unit.pint]
try:
    UCUM = PintUcumRegistry()
except pint.errors.DefinitionSyntaxError:  # ucumvert 0.3 does not load with pint 0.26
    UCUM = None
needs_ucumvert = pytest.mark.skipif(
    UCUM is None, reason="this ucumvert does not load with this pint"
)


@pytest.mark.parametrize("unit", SIZED, ids=lambda unit: unit.label)
def test_pint_name_is_in_pints_own_registry_with_the_same_size(unit, host):
    own = units.private_registry().Quantity(1, unit.container).to_root_units().magnitude
    theirs = host.Quantity(1, unit.pint).to_root_units().magnitude
    assert own == pytest.approx(theirs, rel=1e-14)


@needs_ucumvert
@pytest.mark.parametrize("unit", SIZED, ids=lambda unit: unit.label)
def test_ucum_code_means_the_same_unit(unit):
    said = UCUM.from_ucum(unit.ucum)
    said = said if hasattr(said, "magnitude") else UCUM.Quantity(1, said)
    size = 1e9 if "giga" in unit.pint else 1
    meant = UCUM.Quantity(size, unit.pint.replace("gigacount", "count")).to_root_units()
    assert said.to_root_units().magnitude == pytest.approx(meant.magnitude, rel=1e-12)


@needs_ucumvert
@pytest.mark.parametrize(
    "unit", [u for u in units.UNITS if u.kind == "international units"], ids=lambda u: u.label
)
def test_international_units_are_ucum_and_never_a_quantity(unit):
    assert UCUM.from_ucum(unit.ucum) is not None
    with pytest.raises(QuantityError, match="international units have no size"):
        parse_quantity(f"70 {unit.label}")


def test_the_table_has_no_double_entry():
    for column in ("label", "ucum"):
        values = [getattr(unit, column) for unit in units.UNITS]
        assert len(values) == len(set(values))
    tokens = [token for unit in units.UNITS for token in {unit.label, unit.ucum, *unit.also}]
    assert len(tokens) == len(set(tokens))


@pytest.mark.parametrize(("text", "value", "unit"), [
    ("65 kg", 65, "kilogram"), ("65kg", 65, "kilogram"), (" 65  kg\n", 65, "kilogram"),
    ("-70 kg", -70, "kilogram"), ("1.75 m", 1.75, "meter"), ("28 %", 28, "percent"),
    ("54 years", 54, "year"), ("54 a", 54, "year"), ("38.5 C", 38.5, "degree_Celsius"),
    ("38.5 °C", 38.5, "degree_Celsius"), ("250 x10*9/L", 250, "gigacount / liter"),
    ("20 µg", 20, "microgram"), ("20 mcg", 20, "microgram"), ("72 mm[Hg]", 72, "millimeter_Hg"),
    ("0.5 mL/kg/min", 0.5, "milliliter / kilogram / minute"),
])  # fmt: skip
def test_reads_one_number_and_one_unit(text, value, unit):
    quantity = parse_quantity(text)
    assert quantity.magnitude == value
    assert quantity.units == units.application_registry().Unit(unit)


@pytest.mark.parametrize(("text", "says"), [
    ("", "is missing"), ("   ", "is missing"), ("65", "no unit"),
    ("1,75 m", "Did you mean 1.75 m?"), ("1,755 m", "Did you mean 1755 m or 1.755 m?"),
    ("3,331 mL", "Did you mean 3331 mL or 3.331 mL?"), ("3,331,000 mL", "Did you mean 3331000 mL?"),
    ("3,331.3 mL", "Did you mean 3331.3 mL?"), ("1 750 mm", "Did you mean 1750 mm?"),
    ("5'10\"", "Did you mean 70 in?"), ("5 ft 10 in", "Did you mean 70 in?"),
    ("6' 0.5\"", "Did you mean 72.5 in?"), ("5.11 ft", "Did you mean 71 in or 61.32 in?"),
    ("5.75 ft", "Did you mean 69 in?"), ("65 k\ng", "k?g is not a unit known here"),
    ("65\x1f", "? is not a unit known here"), (".5 L", "Did you mean 0.5 L?"),
    ("5. L", "Did you mean 5 L?"), ("70 KILOGRAM", "KILOGRAM is not a unit known here"),
    ("3331 ML", "Did you mean 3331 mL?"), ("1.75 M", "Did you mean 1.75 m?"),
    ("70 stone", "stone is not a unit known here"), ("2**2**2**9 cm", "not one plain number"),
    ("1e400 cm", "not one plain number"), ("1.5e3 mL", "not one plain number"),
    ("nan kg", "not a finite number"), ("inf kg", "not a finite number"),
    ("-inf kg", "not a finite number"), ("６５ kg", "Did you mean 65 kg?"),
    ("٦٥ kg", "digits other than 0 to 9"), ("65\u00a0kg", "Did you mean 65 kg?"),
    ("65 Ω", "not known here"), ("65 kg 3", "not one plain number"),
    ("172 65 kg", "not one plain number"), ("65 kg; rm", "is not a unit known here"),
    ("9" * 80 + " kg", "too long"), ("1_000 mL", "not one plain number"),
    ("0x10 kg", "not one plain number"), ("+-5 kg", "not one plain number"),
    ("²kg", "digits other than"),
])  # fmt: skip
def test_refuses_everything_else_in_one_sentence(text, says):
    error = refused(parse_quantity, text)
    message = str(error)
    assert says in message
    starts, then = (": got ", "; expected ") if text.strip() else (" is missing", "; enter ")
    assert message.startswith(f"quantity{starts}")
    assert then in message
    assert len(message) < 220
    assert bool(error.meant) == ("Did you mean" in message)
    for meant in error.meant:
        parse_quantity(meant)


@pytest.mark.parametrize("value", [None, 65, 65.0, b"65 kg", ["65 kg"]])
def test_text_must_be_text(value):
    with pytest.raises(QuantityError, match="not text"):
        parse_quantity(value)


@given(st.from_regex(r"[0-9,. +'\"-]{1,12} ?(kg|cm|mL|%|ft|in|L|m)?", fullmatch=True))
def test_near_misses_never_become_another_number(text):
    try:
        quantity = parse_quantity(text)
    except QuantityError:
        return
    assert quantity.magnitude == float(text.strip().rstrip("kgcmL%ftin "))


@given(st.floats(min_value=0.0001, max_value=99999, allow_nan=False), st.sampled_from(SIZED))
def test_typed_text_reads_back(value, unit):
    rounded = float(units.number(value, 6).replace(",", ""))
    if unit.label not in ("1", "ft"):  # feet with a point are refused
        assert parse_quantity(units.typed(rounded, unit)).magnitude == rounded


@pytest.mark.parametrize(("value", "places", "text"), [
    (5.0, 1, "5"), (0.5, 2, "0.5"), (3331.283, 1, "3,331.3"), (1000, 0, "1,000"),
    (999.5, 0, "1,000"), (-0.04, 1, "0"), (2.675, 2, "2.68"), (0.125, 2, "0.13"),
    (1234567.891, 2, "1,234,567.89"), (-0.5, 0, "-1"), (1e-9, 6, "0"),
])  # fmt: skip
def test_a_number_is_rounded_half_up_once(value, places, text):
    assert units.number(value, places) == text


@pytest.mark.parametrize(("millilitres", "text"), [
    (3331.283, "3,330 mL (3,331.3)"), (3369.6, "3,370 mL (3,369.6)"), (3000, "3,000 mL"),
    (99.96, "100 mL"), (99.5, "100 mL (99.5)"), (42.4, "42 mL (42.4)"), (9.96, "10 mL"),
    (7.04, "7 mL"), (0.25, "0.3 mL"), (105, "110 mL (105)"),
])  # fmt: skip
def test_a_volume_is_rounded_by_its_size(millilitres, text):
    assert units.volume(millilitres) == text


def test_text_from_outside_is_made_harmless():
    assert units.printable("a\x1b[31mb\u202ec\n") == "a?[31mb?c?"
    assert units.printable("x" * 100) == "x" * 40 + "..."


def test_the_symbols_people_use_in_each_registry(host):
    assert parse_quantity("1.75 m").m_as("cm") == 175
    assert parse_quantity("3.3 L").to("mL").magnitude == pytest.approx(3300)
    assert parse_quantity("65 kg", host).to("lb").magnitude == pytest.approx(143.3, abs=0.05)
    private = units.private_registry()
    assert parse_quantity("70 kg", private).to_base_units().units == private.kilogram
    assert units.unit_of(parse_quantity("1 mL")).label == "mL"
    assert units.unit_of(host.Quantity(1, "furlong")) is None
