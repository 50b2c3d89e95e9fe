"""The arguments of formulas and inputs: in which unit and range a value is taken, and what is said of others."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, NamedTuple

from pint.facets.plain import PlainQuantity
from pint.util import UnitsContainer

from pexcalc.quantities import errors, units
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.units import typed

# Kinds of which one is given for the other by a slip of the hand: 175 kg for 175 cm.
_OFTEN_CONFUSED = {"length", "mass", "volume", "time"}
_NO_SLIP = (
    "lb",
    "in",
    "ft",
)  # who types these means them: 132 lb is a weight in the wrong place, not 132 cm


class In:
    """One measured argument: the unit its kernel works in, its plausible range in that unit, and the unit people use.

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
        self.show, self.who = show or unit, who
        self.slips, self.usual, self.likely, self.open_high = (
            slips,
            usual or (low, high),
            likely,
            open_high,
        )
        self.kind = row.kind
        self.container = UnitsContainer() if row.kind == "fraction" else row.container
        # The limits, less and plus what a conversion may lose: 70 % is 0.7000000000000001.
        largest = sys.float_info.max
        self.floor, self.ceiling = (
            max(low - 1e-12 * abs(low), -largest),
            min(high + 1e-12 * abs(high), largest),
        )

    @property
    def pure(self) -> bool:
        """True where a bare number is welcome: fractions, ratios, plasma volumes, counts."""
        return self.kind == "fraction"

    @property
    def expected(self) -> str:
        """The range in words, in the unit people use; the kind where there is no range."""
        if math.isinf(self.low):
            return "a number" if self.pure else _article(self.kind)
        # derived: a range without an end is not printed
        low, high = (
            units.number(self.in_unit(self.show, limit), 4)
            for limit in (self.low, min(self.high, 1e15))
        )
        unit = "" if self.show == "1" else f" {self.show}"
        if math.isinf(self.high):
            span = f"{low}{unit} or more"
        else:
            span = f"{low} to {'less than ' if self.open_high else ''}{high}{unit}"
        return f"{span} for {self.who}" if self.who else span

    def holds(self, value: Any) -> Any:
        """True when a bare value in the kernel's unit lies inside the range; false for NaN; a column row by row."""
        inside = (self.floor <= value) & (value <= self.ceiling)
        return inside & (value < self.high) if self.open_high else inside

    def strip(self, name: str, value: Any) -> Any:
        """The bare float or float64 array behind a value, in this argument's unit and range, or QuantityError."""
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
        if type(bare) is not float:
            return (
                self._array(name, bare)
                if hasattr(bare, "__array__") and bare.ndim
                else self._number(name, bare)
            )
        return bare

    def one(self, name: str, value: Any) -> float:
        """One bare value; QuantityError for an array, where a function is about one patient."""
        bare = self.strip(name, value)
        if not isinstance(bare, float):
            raise QuantityError(name, "an array", "one value", kind="type")
        return bare

    def read(self, name: str, text: str) -> tuple[float, units.Unit]:
        """Read a text strictly; QuantityError with what was probably meant for this argument. Checks no range."""
        reading = units.read(text)
        row = reading.unit
        if reading.fault or row is None or row.kind != self.kind:
            fault = reading
            if not reading.fault and row is not None:
                fault = reading._replace(fault=f"{_article(row.kind)}, not {_article(self.kind)}")
            kind: errors.FaultKind = (
                "unit" if reading.fault in ("", "no unit") or row is not None else "text"
            )
            meant = self.meant(reading.numbers, row, reading.both)
            raise QuantityError(name, units.got(fault), self.expected, meant, kind=kind)
        return reading.numbers[0], row

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
        quantity = units.private_registry().Quantity(bare, self.container)
        return float(quantity.m_as(units.BY_LABEL[unit].container))

    def from_unit(self, unit: str, number: float) -> float:
        """A number in another unit of the same kind as a bare value of the kernel's unit."""
        if self.pure:
            return number / 100 if unit == "%" else number
        quantity = units.private_registry().Quantity(number, units.BY_LABEL[unit].container)
        return float(quantity.m_as(self.container))

    def meant(
        self, numbers: tuple[float, ...], row: units.Unit | None, both: bool = False
    ) -> list[str]:
        """What was probably meant: the same digits with a unit, or a common slip, that lies inside the range."""
        if both and row is not None and row.kind == self.kind:
            return [typed(number, row) for number in numbers]
        found: dict[str, None] = {}
        other = row is not None and row.kind != self.kind
        if (
            other
            and row
            and (row.label in _NO_SLIP or not {row.kind, self.kind} <= _OFTEN_CONFUSED)
        ):
            return []
        for value in numbers:
            own = [row.label] if row is not None and row.kind == self.kind else []
            if self.pure:
                candidates = (
                    ["%", "1"]
                    if self.show == "%" and not (self.open_high and value == self.high)
                    else own
                )
            else:
                likely = self.likely or units.LIKELY.get(self.kind, ())
                candidates = own + [name for name in likely if name not in own]
            plausible = [name for name in candidates if self.holds(self.from_unit(name, value))]
            if own and plausible[:1] == own:
                plausible = own
            for name in plausible:
                text = (
                    typed(100 * value, "%")
                    if (name, self.show) == ("1", "%")
                    else typed(value, name)
                )
                found.setdefault(text)
            if not plausible:
                unit = own[0] if own and not self.pure else self.show
                slips = [value * factor for factor in self.slips]
                usual = [
                    slip
                    for slip in slips
                    if self.usual[0] <= self.from_unit(unit, slip) <= self.usual[1]
                ]
                found.update({typed(slip, unit): None for slip in usual[:1]})
        return list(found)

    def unusable(self, name: str, value: Any) -> QuantityError:
        """The error for a value that is neither a Quantity nor, where that is welcome, a number."""
        if isinstance(value, str):
            meant = f'parse_quantity("{units.printable(value)}")'
            return QuantityError(
                name,
                f'the text "{units.printable(value)}"',
                f"a Quantity, {self.expected}",
                [meant],
                kind="type",
            )
        if is_number(value) and math.isfinite(value):
            came = f"{units.number(float(value))} without a unit"
            return QuantityError(
                name, came, self.expected, self.meant((float(value),), None), kind="unit"
            )
        if hasattr(value, "__array__"):
            return QuantityError(name, "an array without a unit", self.expected, kind="unit")
        return QuantityError(name, _came(value), self.expected, kind="type")

    def _rescue(self, name: str, quantity: Any) -> float:
        """The magnitude where pint refuses to convert: a float in a registry of Decimals; QuantityError otherwise."""
        row, bare = units.unit_of(quantity), quantity.magnitude
        if row is None or row.kind != self.kind or not is_number(bare):
            numbers = (float(bare),) if is_number(bare) else ()
            raise QuantityError(
                name, came(quantity), self.expected, self.meant(numbers, row), kind="unit"
            )
        return self.from_unit(row.label, float(bare))

    def _number(self, name: str, bare: Any) -> float:
        if getattr(bare, "ndim", None) == 0:
            bare = bare.item()
        if not is_number(bare):
            raise QuantityError(name, _came(bare), self.expected, kind="type")
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
        if (
            self.floor <= lowest
            and highest <= self.ceiling
            and not (self.open_high and highest >= self.high)
        ):
            return
        good = (array >= self.floor) & (array <= self.ceiling)
        if self.open_high:
            good &= array < self.high
        places = (~good).ravel().nonzero()[0]
        first = float(array.flat[places[0]])
        shown = (
            units.label(self.in_unit(self.show, first), self.show)
            if math.isfinite(first)
            else str(first)
        )
        came = f"{len(places)} of {array.size} values outside, the first at index {places[0]} ({shown})"
        raise QuantityError(name, came, self.expected, kind="range")

    def _outside(self, name: str, value: Any, bare: float) -> QuantityError:
        if not math.isfinite(bare):
            return QuantityError(name, str(bare), f"a finite number, {self.expected}", kind="range")
        if not isinstance(value, PlainQuantity):
            return QuantityError(
                name, units.number(bare), self.expected, self.meant((bare,), None), kind="range"
            )
        row = units.unit_of(value)
        if row is not None and row.kind == self.kind:
            return self.refuse(name, float(value.magnitude), row)
        return QuantityError(name, came(value), self.expected, kind="unit")


class Choice(NamedTuple):
    """One argument that is a word or a small whole number out of a closed set; `optional` ones may be None."""

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
        came = "nothing" if value is None else units.printable(str(value))
        start = str(value).strip().casefold()
        meant = [str(word) for word in self.words if start and str(word).startswith(start)]
        raise QuantityError(
            name, came or "nothing", self.expected, meant if len(meant) == 1 else (), kind="unknown"
        )


Argument = In | Choice


def swapped(given: Mapping[str, Any], inputs: Mapping[str, Argument]) -> QuantityError | None:
    """The error that names two arguments that were given in each other's place, if there are such."""
    measured = [name for name, spec in inputs.items() if isinstance(spec, In) and name in given]
    kinds = {name: kind_of(given[name]) for name in measured}
    for first in measured:
        for second in measured:
            a, b = inputs[first].kind, inputs[second].kind  # type: ignore[union-attr]
            if a != b and kinds[first] == b and kinds[second] == a:
                one, other = came(given[first]), came(given[second])
                meant = f"{first} {other} and {second} {one}"
                wanted = f"{_article(a)} and {_article(b)}"
                return QuantityError(
                    f"{first} and {second}",
                    f"{one} and {other}, swapped",
                    wanted,
                    [meant],
                    kind="conflict",
                    fields=(first, second),
                )
    return None


def is_number(value: Any) -> bool:
    """True for one real number of any type; a bool is none."""
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)


def kind_of(value: Any) -> str:
    """What a Quantity, or the JSON form of one, measures by the unit table; "" for everything else."""
    if isinstance(value, PlainQuantity):
        row = units.unit_of(value)
    else:
        row = units.BY_UCUM.get(str(value.get("unit"))) if isinstance(value, Mapping) else None
    return row.kind if row else ""


def came(quantity: Any) -> str:
    """A Quantity of any registry, or its JSON form, as a person writes it; the unit as the table has it."""
    row: units.Unit | None
    bare: Any
    if isinstance(quantity, Mapping):
        row, bare = units.BY_UCUM[quantity["unit"]], quantity.get("value")
    else:
        row, bare = units.unit_of(quantity), quantity.magnitude
    if getattr(bare, "ndim", None) == 0:
        bare = bare.item()
    if hasattr(bare, "shape") and bare.shape:
        return f"an array of {row.label if row else quantity.units}"
    if not is_number(bare):
        return _came(bare)
    text = units.number(float(bare)) if math.isfinite(bare) else str(bare)
    return text if row and row.label == "1" else f"{text} {row.label if row else quantity.units}"


def _came(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool | Real):
        return str(value)
    return f"a value of type {type(value).__name__}"


def _article(kind: str) -> str:
    return (
        "international units"
        if kind.endswith("units")
        else f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
    )


def highest(value: Any) -> float:
    """The largest of a bare value or array; minus infinity for an empty array."""
    if not hasattr(value, "size"):
        return float(value)
    return float(value.max()) if value.size else -math.inf


def lowest(value: Any) -> float:
    """The smallest of a bare value or array; infinity for an empty array."""
    return -highest(-value)
