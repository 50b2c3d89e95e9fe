"""The arguments of formulas and inputs: unit and range of a value, and the error for another one.

The trap: a range is kept with what a conversion may lose, since 70 % is 0.7000000000000001.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from numbers import Integral, Real
from typing import Any, NamedTuple, TypeGuard

from pint.facets.plain import PlainQuantity
from pint.util import UnitsContainer

from pexcalc.quantities import errors, units
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.units import typed

# Slips of the hand in the unit: 175 kg for 175 cm. Nobody types these labels for another kind:
# 132 lb is a weight in the wrong place, not 132 cm.
CONFUSED_KINDS = {"length", "mass", "volume", "time"}
NEVER_CONFUSED = {"lb", "in", "ft"}


def _by_pint(number: float, unit: str, other: str) -> float:
    """A number in one unit of the table as one in another of the same kind, by pint."""
    quantity = units.private_registry().Quantity(number, units.BY_LABEL[unit].container)
    return float(quantity.m_as(units.BY_LABEL[other].container))


@cache
def _unit_factor(unit: str, other: str) -> float | None:
    """The factor between two units; None where their zeros differ, as of temperatures."""
    offset = _by_pint(0.0, unit, other)
    return None if offset else _by_pint(1.0, unit, other)


def _in_other_unit(number: float, unit: str, other: str) -> float:
    """The same number as `_by_pint` gives, without a Quantity where a factor does it."""
    factor = _unit_factor(unit, other)
    return _by_pint(number, unit, other) if factor is None else float(number * factor)


class In:
    """One measured argument: the unit of its kernel, its plausible range, the unit people use.

    `show` is a unit of the table or, for plain numbers, a noun (`plasma volumes`). `slips` are
    factors by which a number is often wrong (0.1: 15 for 1.5), offered where they lead into the
    `usual` range; `likely` are the units in which a number without a good one is tried. With
    `open_high` the upper limit itself is outside.
    """

    def __init__(
        self,
        unit: str,
        low: float,
        high: float,
        show: str = "",
        who: str = "",
        slips: tuple[float, ...] = (),
        usual: tuple[float, float] | None = None,
        likely: tuple[str, ...] = (),
        open_high: bool = False,
    ) -> None:
        row = units.BY_LABEL[unit]
        self.unit, self.low, self.high = unit, low, high
        self.show, self.who, self.slips = show or unit, who, slips
        self.usual, self.likely, self.open_high = usual or (low, high), likely, open_high
        self.kind = row.kind
        self.container = UnitsContainer() if row.kind == "fraction" else row.container
        # The limits, less and plus what a conversion may lose: 70 % is 0.7000000000000001.
        largest = sys.float_info.max
        self.floor = max(low - 1e-12 * abs(low), -largest)
        self.ceiling = min(high + 1e-12 * abs(high), largest)

    @property
    def pure(self) -> bool:
        """True where a bare number is welcome: fractions, ratios, plasma volumes, counts."""
        return self.kind == "fraction"

    @property
    def expected(self) -> str:
        """The range in words, in the unit people use; the kind where there is no range."""
        if math.isinf(self.low):
            return "a number" if self.pure else with_article(self.kind)
        unit = "" if self.show == "1" else f" {self.show}"
        if math.isinf(self.high):
            span = f"{self._end(self.low)}{unit} or more"
        else:
            to = "to less than" if self.open_high else "to"
            span = f"{self._end(self.low)} {to} {self._end(self.high)}{unit}"
        return f"{span} for {self.who}" if self.who else span

    def _end(self, limit: float) -> str:
        return units.number(self.in_unit(self.show, limit), 4)

    def holds(self, value: Any) -> Any:
        """True inside the range, for a bare value in the kernel's unit; a column row by row."""
        inside = (self.floor <= value) & (value <= self.ceiling)
        return inside & (value < self.high) if self.open_high else inside

    def strip(self, name: str, value: Any) -> Any:
        """The bare float or float64 array behind a value in range, or QuantityError."""
        bare = self.bare(name, value)
        if type(bare) is not float:
            self._check_array(name, bare)
        elif not self.floor <= bare <= self.ceiling or (self.open_high and bare >= self.high):
            raise self._outside(name, value, bare)
        return bare

    def bare(self, name: str, value: Any) -> Any:
        """The same without a look at the range; not a number stays what it is."""
        if isinstance(value, PlainQuantity):
            try:
                bare = value.m_as(self.container)
            except Exception:  # pint raises many kinds, some registries AssertionError
                bare = self._rescue(name, value)
        elif self.pure and not isinstance(value, str):
            bare = value
        else:
            raise self.unusable(name, value)
        return bare if type(bare) is float else self._floats(name, bare)

    def from_plain(self, name: str, row: units.Unit, value: Any) -> Any:
        """A bare number or array in a unit as a Quantity, or as a plain fraction."""
        if isinstance(value, PlainQuantity):
            wanted = f"a plain number of {row.label}"
            raise QuantityError(name, f"a Quantity, {as_given(value)}", wanted, kind="type")
        bare = self._floats(name, value)
        if row.label == "1":
            return bare
        return units.private_registry().Quantity(bare, row.container)

    def _floats(self, name: str, bare: Any) -> Any:
        """A number of any type as a float, an array or a Series as an array of them."""
        bare = as_array(bare)
        is_array = hasattr(bare, "__array__") and bare.ndim
        return self._array(name, bare) if is_array else self._number(name, bare)

    def one(self, name: str, value: Any) -> float:
        """One bare value; QuantityError for an array, where a function is about one patient."""
        bare = self.strip(name, value)
        if not isinstance(bare, float):
            raise QuantityError(name, "an array", "one value", kind="type")
        return bare

    def one_if_given(self, name: str, value: Any) -> float | None:
        """The same for a value that may be left out."""
        return None if value is None else self.one(name, value)

    def read(self, name: str, text: str) -> tuple[float, units.Unit]:
        """Read a text strictly; QuantityError with what was probably meant. Checks no range."""
        reading = units.read(text)
        row = reading.unit
        if self.takes(row) and not reading.fault:
            return reading.numbers[0], row
        meant = self.meant(reading.numbers, row, reading.both)
        if row is not None and not reading.fault:
            wrong = f"{with_article(row.kind)}, not {with_article(self.kind)}"
            reading = reading._replace(fault=wrong)
        unreadable = row is None and reading.fault != "no unit"
        kind: errors.FaultKind = "text" if unreadable else "unit"
        raise QuantityError(name, units.got(reading), self.expected, meant, kind=kind)

    def refuse(self, name: str, number: float, row: units.Unit) -> QuantityError:
        """The error for a well-written number outside the range."""
        return QuantityError(
            name, units.label(number, row), self.expected, self.meant((number,), row), kind="range"
        )

    # --- the parts of an error sentence ---

    def in_unit(self, unit: str, bare: float) -> float:
        """A bare value of the kernel's unit in another unit of the same kind."""
        if unit == self.unit:
            return bare
        if self.pure:
            return 100 * bare if unit == "%" else bare
        return _in_other_unit(bare, self.unit, unit)

    def from_unit(self, unit: str, number: float) -> float:
        """A number in another unit of the same kind as a bare value of the kernel's unit."""
        if self.pure:
            return number / 100 if unit == "%" else number
        return _in_other_unit(number, unit, self.unit)

    def meant(
        self, numbers: tuple[float, ...], row: units.Unit | None, both: bool = False
    ) -> list[str]:
        """What was probably meant by one number, or by each of two, in the unit `row` or none.

        The same digits with a unit that leads into the range; where none does, a common slip of the
        number. Nothing for a unit that is not typed for this kind. With `both` the readings
        of the text are all plausible and are shown as they are.
        """
        own = row.label if self.takes(row) else ""
        if own and both:
            return [typed(number, own) for number in numbers]
        if row is not None and not own and not self._takes_slip(row):
            return []
        found: dict[str, None] = {}
        for number in numbers:
            fits = self._units_that_fit(number, own)
            texts = [self._typed(number, unit) for unit in fits] or self._slips(number, own)
            found.update(dict.fromkeys(texts))
        return list(found)

    def takes(self, row: units.Unit | None) -> TypeGuard[units.Unit]:
        """True for a unit of this kind."""
        return row is not None and row.kind == self.kind

    def _takes_slip(self, row: units.Unit) -> bool:
        """True where a unit of another kind may be a slip of the hand for one of this kind."""
        both_confused = {row.kind, self.kind} <= CONFUSED_KINDS
        return both_confused and row.label not in NEVER_CONFUSED

    def _units_that_fit(self, number: float, own: str) -> list[str]:
        """The units in which a number lies in the range; its own unit alone where that one does."""
        units_to_try = self._units_of_fractions(number, own) if self.pure else self._likely(own)
        fits = [unit for unit in units_to_try if self.holds(self.from_unit(unit, number))]
        return [own] if own in fits[:1] else fits

    def _units_of_fractions(self, number: float, own: str) -> list[str]:
        """A percentage is tried as percent and as a fraction, but not at an end that is outside."""
        if self.show == "%" and not (self.open_high and number == self.high):
            return ["%", "1"]
        return [own] if own else []

    def _likely(self, own: str) -> list[str]:
        """The unit that was typed, then those in which people give this kind of value."""
        likely = self.likely or units.LIKELY.get(self.kind, ())
        return list(dict.fromkeys([own, *likely] if own else likely))

    def _typed(self, number: float, unit: str) -> str:
        """A number with its unit, as it is to be typed; a fraction as people say it."""
        as_percent = unit == "1" and self.show == "%"
        return typed(100 * number, "%") if as_percent else typed(number, unit)

    def _slips(self, number: float, own: str) -> list[str]:
        """The number without its commonest slip (15 for 1.5), where that leads to a usual value.

        The sign of a negative one is such a slip: a dash before the number.
        """
        unit = self.show if self.pure or not own else own
        low, high = self.usual
        if number < 0 and own and self.holds(self.from_unit(unit, -number)):
            return [typed(-number, unit)]
        for factor in self.slips:
            if low <= self.from_unit(unit, number * factor) <= high:
                return [typed(number * factor, unit)]
        return []

    def unusable(self, name: str, value: Any) -> QuantityError:
        """The error for what is neither a Quantity nor, where that is welcome, a number."""
        if isinstance(value, str):
            meant = f'parse_quantity("{units.printable(value)}")'
            return QuantityError(
                name,
                f'the text "{units.printable(value)}"',
                f"a Quantity, {self.expected}",
                [meant],
                kind="type",
            )
        if is_finite(value):
            got = f"{units.number(float(value))} without a unit"
            return QuantityError(
                name, got, self.expected, self.meant((float(value),), None), kind="unit"
            )
        if hasattr(value, "__array__"):
            return QuantityError(name, "an array without a unit", self.expected, kind="unit")
        return QuantityError(name, _type_of(value), self.expected, kind="type")

    def _rescue(self, name: str, quantity: Any) -> float:
        """The magnitude where pint refuses to convert: a float in a registry of Decimals."""
        row, bare = units.unit_of(quantity), quantity.magnitude
        numbers = (float(bare),) if is_number(bare) else ()
        if self.takes(row) and numbers:
            return self.from_unit(row.label, *numbers)
        meant = self.meant(numbers, row)
        raise QuantityError(name, as_given(quantity), self.expected, meant, kind="unit")

    def _number(self, name: str, bare: Any) -> float:
        bare = _scalar(bare)
        if not is_number(bare):
            raise QuantityError(name, _type_of(bare), self.expected, kind="type")
        try:
            return float(bare)
        except (OverflowError, ValueError):
            raise QuantityError(
                name, "a number that is too large or none", self.expected, kind="type"
            ) from None

    def _array(self, name: str, bare: Any) -> Any:
        import numpy

        if type(bare) is not numpy.ndarray or bare.dtype.kind not in "iuf":
            of = f" of {bare.dtype}" if hasattr(bare, "dtype") else ""
            raise QuantityError(
                name, f"{type(bare).__name__}{of}", "an array of numbers", kind="type"
            )
        return numpy.asarray(bare, dtype=numpy.float64)

    def _check_array(self, name: str, array: Any) -> None:
        """Refuse an array with a value outside the range, naming the first one."""
        if not array.size:
            return
        lowest, highest = array.min(), array.max()
        if self.holds(lowest) and self.holds(highest):
            return
        places = (~self.holds(array)).ravel().nonzero()[0]
        first = float(array.flat[places[0]])
        finite = math.isfinite(first)
        shown = units.label(self.in_unit(self.show, first), self.show) if finite else str(first)
        outside = f"{len(places)} of {array.size} values outside"
        got = f"{outside}, the first at index {places[0]} ({shown})"
        raise QuantityError(name, got, self.expected, kind="range")

    def _outside(self, name: str, value: Any, bare: float) -> QuantityError:
        if not math.isfinite(bare):
            return QuantityError(name, str(bare), f"a finite number, {self.expected}", kind="range")
        if not isinstance(value, PlainQuantity):
            return QuantityError(
                name, units.number(bare), self.expected, self.meant((bare,), None), kind="range"
            )
        row = units.unit_of(value)
        if self.takes(row):
            return self.refuse(name, float(value.magnitude), row)
        return QuantityError(name, as_given(value), self.expected, kind="unit")


class Choice(NamedTuple):
    """One argument that is a word or small whole number of a closed set; None if `optional`."""

    words: tuple[Any, ...]
    optional: bool = False

    @property
    def expected(self) -> str:
        """The choices in words."""
        words = [str(word) for word in self.words]
        return f"{', '.join(words[:-1])} or {words[-1]}"

    def strip(self, name: str, value: Any) -> Any:
        """The word itself; QuantityError for anything that is not exactly one of the set."""
        is_word = isinstance(value, str | Integral) and not isinstance(value, bool)
        if (is_word and value in self.words) or (value is None and self.optional):
            return value
        text = "" if value is None else str(value)
        start = str(value).strip().casefold() or "nothing"
        meant = [str(word) for word in self.words if str(word).startswith(start)]
        only = meant if len(meant) == 1 else ()
        raise QuantityError(name, units.shown_text(text), self.expected, only, kind="unknown")


Argument = In | Choice


def as_array(value: Any) -> Any:
    """The array in a Series of pandas or polars; everything else as it is."""
    kind = type(value)
    is_series = kind.__name__ == "Series" and kind.__module__.startswith(("pandas", "polars"))
    return value.to_numpy() if is_series else value


def swapped(given: Mapping[str, Any], inputs: Mapping[str, Argument]) -> QuantityError | None:
    """The error that names two arguments in each other's place, if there are such."""
    kinds = {name: spec.kind for name, spec in inputs.items() if isinstance(spec, In)}
    held = {name: kind_of(given[name]) for name in kinds if name in given}
    for first, second in itertools.permutations(held, 2):
        a, b = kinds[first], kinds[second]
        if a != b and (held[first], held[second]) == (b, a):
            one, other = as_given(given[first]), as_given(given[second])
            pair = {first: given[first], second: given[second]}
            return QuantityError(
                f"{first} and {second}",
                f"{one} and {other}, swapped",
                f"{with_article(a)} and {with_article(b)}",
                [" and ".join(f"{name} {text}" for name, text in _put_right(pair, inputs).items())],
                kind="conflict",
                fields=(first, second),
            )
    return None


def _put_right(pair: Mapping[str, Any], inputs: Mapping[str, Argument]) -> dict[str, str]:
    """Two swapped values in each other's place; their units alone where only that gives usual ones.

    The trap: 162 kg and 60 cm are a height and a weight with each other's unit, 60 kg and 162 cm
    are in each other's place.
    """
    first, second = pair
    texts = {name: as_given(value) for name, value in pair.items()}
    (one, unit_of_one), (other, unit_of_other) = (text.split(" ", 1) for text in texts.values())
    places = {first: texts[second], second: texts[first]}
    by_unit = {first: f"{one} {unit_of_other}", second: f"{other} {unit_of_one}"}

    def usual(readings: Mapping[str, str]) -> bool:
        found = ((inputs[name], units.read(text)) for name, text in readings.items())
        return all(
            isinstance(spec, In)
            and reading.unit is not None
            and spec.holds(spec.from_unit(reading.unit.label, reading.numbers[0]))
            for spec, reading in found
        )

    return by_unit if usual(by_unit) and not usual(places) else places


def is_number(value: Any) -> bool:
    """True for one real number of any type; a bool is none."""
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)


def is_finite(value: Any) -> bool:
    """True for one real number that is neither NaN nor infinite."""
    return is_number(value) and math.isfinite(value)


def kind_of(value: Any) -> str:
    """What a Quantity, or the JSON form of one, measures; "" for everything else."""
    row = units.unit_entered(value)
    return row.kind if row else ""


def as_given(quantity: Any) -> str:
    """A Quantity of any registry, or its JSON form, as a person writes it, in its own unit."""
    row = units.unit_entered(quantity)
    held = quantity.get("value") if isinstance(quantity, Mapping) else quantity.magnitude
    unit, bare = row.label if row else quantity.units, _scalar(held)
    if getattr(bare, "shape", ()):
        return f"an array of {unit}"
    if not is_number(bare):
        return _type_of(bare)
    text = units.number(float(bare)) if math.isfinite(bare) else str(bare)
    return text if unit == "1" else f"{text} {unit}"


def _scalar(bare: Any) -> Any:
    """An array without a dimension as its number; everything else as it is."""
    return bare.item() if getattr(bare, "ndim", None) == 0 else bare


def _type_of(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool | Real):
        return str(value)
    return f"a value of type {type(value).__name__}"


def with_article(kind: str) -> str:
    """A kind of quantity with its article: `a mass`, `international units`."""
    if kind.endswith("units"):
        return kind
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def highest(value: Any) -> float:
    """The largest of a bare value or array; minus infinity for an empty array."""
    if not hasattr(value, "size"):
        return float(value)
    return float(value.max()) if value.size else -math.inf


def lowest(value: Any) -> float:
    """The smallest of a bare value or array; infinity for an empty array."""
    return -highest(-value)
