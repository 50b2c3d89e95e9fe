"""Quantities and intervals as fields of records: how they are checked, how they look in JSON.

In JSON a quantity is {"value": 60, "unit": "kg"} with a UCUM unit, an interval {"low", "typical",
"high", "unit"}. In Python both hold pint Quantities of the caller's registry. Ranges that depend on
the patient are in order/patient.py.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import TYPE_CHECKING, Annotated, Any, Generic, Self

from pint.facets.plain import PlainQuantity
from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic_core import core_schema

from pexcalc.data.spelling import most_alike
from pexcalc.quantities import units
from pexcalc.quantities.argument import In, is_finite, is_number
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import first_quantity, give
from pexcalc.quantities.given import if_given
from pexcalc.quantities.strict_json import json_kind
from pexcalc.quantities.units import Quantity, Unit

if TYPE_CHECKING:  # with defaults, which the standard library has from Python 3.13 on
    from typing_extensions import TypeVar

    End = TypeVar("End", default=Any)
    Middle = TypeVar("Middle", default=Any)
else:
    from typing import TypeVar

    End, Middle = TypeVar("End"), TypeVar("Middle")


class _Marker:
    """Base of what checks a field and writes it: `validate` in, `to_wire` out, JSON `schema`."""

    def validate(self, value: Any, info: core_schema.ValidationInfo) -> Any:
        """The value that a field holds."""
        raise NotImplementedError

    def to_wire(self, value: Any) -> Any:
        """The same as JSON holds it."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """The JSON schema of what `to_wire` writes."""
        raise NotImplementedError

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self.validate, serialization=_json_only(self.to_wire)
        )

    def __get_pydantic_json_schema__(
        self, schema: Any, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return self.schema()


class Measured(_Marker):
    """Marks a field as a quantity. `spec` says which kind; `within` checks its range.

    With `result` the field is written in that unit always and its JSON unit is a constant; without
    it the unit that was entered is kept. `widest` is the range of all patients where the range
    itself depends on the patient: the JSON schema holds it, other code checks. `example` is what an
    error expects where the value is missing.
    """

    def __init__(
        self,
        spec: In | str,
        within: bool = False,
        result: bool = False,
        widest: In | None = None,
        example: str = "",
    ) -> None:
        self.spec = spec if isinstance(spec, In) else In(spec, -math.inf, math.inf)
        self.within, self.example = within, example
        self.schema_range = self.spec if within else widest
        own = units.BY_LABEL[self.spec.unit]
        same_kind = [unit for unit in units.UNITS if unit.kind == own.kind]
        self.rows: list[Unit] = [own] if result else same_kind

    def validate(self, value: Any, info: core_schema.ValidationInfo) -> Any:
        """A Quantity (or, for a fraction in Python, a number), or the JSON form of one."""
        name = info.field_name or "value"
        if isinstance(value, Mapping):
            value = self.from_wire(name, value, _registry(info))
        elif info.mode == "json":
            raise QuantityError(name, json_kind(value), self._form, kind="type")
        bare = (self.spec.strip if self.within else self.spec.bare)(name, value)
        if not isinstance(bare, float):
            wanted = "one value: a record is about one patient"
            raise QuantityError(name, "an array", wanted, kind="type")
        if not math.isfinite(bare):
            raise QuantityError(name, str(bare), "a finite number", kind="range")
        return _own_copy(value) if isinstance(value, PlainQuantity) else bare

    def from_wire(self, name: str, value: Mapping[Any, Any], registry: Any = None) -> Any:
        """The Quantity of {"value": 60, "unit": "kg"}."""
        if set(value) != {"value", "unit"}:
            keys = units.printable(", ".join(units.printable(str(key)) for key in value))
            shown = f"an object with {keys or 'nothing'}"
            raise QuantityError(name, shown, self._form, kind="type")
        bare, code = value["value"], value["unit"]
        if not is_finite(bare):
            raise QuantityError(f"{name}.value", json_kind(bare), "a number", kind="type")
        row = units.BY_UCUM.get(code) if isinstance(code, str) else None
        if row is None:
            raise self._unknown_unit(name, str(code))
        if row not in self.rows:
            shown, meant = units.label(float(bare), row), self.spec.meant((float(bare),), row)
            raise QuantityError(name, shown, self._choices, meant, kind="unit")
        if row.label == "1":
            return float(bare)
        where = units.registry_or_own(registry)
        return where.Quantity(float(bare), units.registered(where, row.container))

    def _unknown_unit(self, name: str, code: str) -> QuantityError:
        """The error for a code that UCUM does not have: a label such as `y`, or one misspelt."""
        typed = units.BY_TOKEN.get(code)
        meant = most_alike(code, self._codes)
        if typed is not None and typed in self.rows:
            meant = [typed.ucum]
        shown = units.printable(code)
        return QuantityError(f"{name}.unit", shown, self._choices, meant, kind="unit")

    def to_wire(self, value: Any) -> dict[str, Any]:
        """{"value": 60, "unit": "kg"}: in the unit that was entered, if the table has it."""
        if not isinstance(value, PlainQuantity):
            return {"value": float(value), "unit": "1"}
        row, own = units.unit_of(value), self.rows[0]
        size = float(self.spec.bare("value", value))
        if row is not None and row in self.rows:
            number = float(value.magnitude)
            # The unit of that name may have another size in the host's registry.
            again = self.spec.from_unit(row.label, number)
            if math.isclose(again, size, rel_tol=1e-9, abs_tol=1e-12):
                return {"value": number, "unit": row.ucum}
        return {"value": self.spec.in_unit(own.label, size), "unit": own.ucum}

    @property
    def _codes(self) -> list[str]:
        return [row.ucum for row in self.rows]

    @property
    def _choices(self) -> str:
        return " or ".join(self._codes)

    @property
    def _form(self) -> str:
        return f'{{"value": a number, "unit": {self._choices}}}'

    def schema(self) -> dict[str, Any]:
        """A value and a unit, with the range in each unit."""
        form = _object({"value": {"type": "number"}, "unit": _unit_schema(self._codes)})
        if self.schema_range is None:
            return form
        limits = {row.ucum: bounds(self.schema_range, row) for row in self.rows}
        return {
            **form,
            "allOf": [
                {
                    "if": {"properties": {"unit": {"const": code}}},
                    "then": {"properties": {"value": limit}},
                }
                for code, limit in limits.items()
            ],
        }


def _registry(info: core_schema.ValidationInfo) -> Any:
    """The registry in which a record is read; None for pint's application registry."""
    return (info.context or {}).get("registry")


def _own_copy(quantity: Any) -> Any:
    """A Quantity of its own: the caller's can be changed in place, as can a 0-d array."""
    number = quantity.magnitude
    own = number if isinstance(number, float | int | Decimal) else float(number)
    return type(quantity)(own, quantity.units)


def bounds(spec: In, row: Unit | None = None) -> dict[str, Any]:
    """A range in a JSON schema, in a unit: to ten digits, never narrower than what is accepted."""
    label = row.label if row else spec.unit
    low, high = (spec.in_unit(label, end) for end in (spec.low, spec.high))
    most = "exclusiveMaximum" if spec.open_high and label == spec.unit else "maximum"
    return {"minimum": _ten_digits(low, ROUND_FLOOR), most: _ten_digits(high, ROUND_CEILING)}


def _ten_digits(value: float, rounding: str) -> float:
    """Without what a conversion adds (1439.9999999999998 for 1440), then rounded outward."""
    return float(Context(prec=10, rounding=rounding).plus(Context(prec=15).create_decimal(value)))


@dataclass(frozen=True)
class Interval(Generic[End, Middle]):
    """A low and a high end, and a typical value: None where the source gives only the ends."""

    low: End
    typical: Middle
    high: End

    def m_as(self, unit: str) -> "Interval[float, float | None]":
        """The bare numbers in a unit of the table, such as "mL", or "%" for fractions.

        Raises
        ------
        QuantityError
            For a unit that is not known, or of another kind.
        """
        row = _unit_row(unit)
        spec = In("1" if row.kind == "fraction" else row.label, -math.inf, math.inf)
        return self._each(lambda end: spec.in_unit(row.label, spec.one("interval", end)))

    def to(self, unit: str) -> "Interval[Quantity, Quantity | None]":
        """The same Interval of Quantities in another unit, in the registry of its ends.

        Raises
        ------
        QuantityError
            As from `m_as`, and for an Interval of plain numbers.
        """
        like = first_quantity(self.low)
        if like is None:
            wanted = "an Interval of Quantities; plain numbers have m_as"
            raise QuantityError("interval", "plain numbers", wanted, kind="type")
        container = _unit_row(unit).container
        return self.m_as(unit)._each(lambda end: give(like, end, container))

    def _each(self, change: Callable[[Any], Any]) -> "Interval[Any, Any]":
        ends = (self.low, self.typical, self.high)
        return Interval(*(if_given(end, change) for end in ends))

    def __format__(self, spec: str) -> str:
        """A format of numbers, then a unit if another one is wanted: `f"{volume:.2f L}"`."""
        numbers, _, unit = spec.partition(" ")
        shown: Interval[Any, Any] = self.m_as(unit) if unit else self
        low, typical, high = (
            "" if end is None else _end_words(end, numbers or ".6g", unit)
            for end in (shown.low, shown.typical, shown.high)
        )
        return f"{low} to {high}{typical and f', typical {typical}'}"


def _unit_row(unit: str) -> Unit:
    """The row of the table of units for a label or code; QuantityError where there is none."""
    row = units.BY_TOKEN.get(unit) or (units.BY_LABEL["1"] if unit == "1" else None)
    if row is None:
        near = most_alike(unit, units.BY_TOKEN)
        shown = units.printable(unit)
        raise QuantityError("unit", shown, "a unit known here", near, kind="unit")
    return row


def _end_words(end: Any, numbers: str, unit: str) -> str:
    """An end of an Interval in words, with the unit that it has or was converted to."""
    if isinstance(end, PlainQuantity):
        return units.short(end, numbers)
    return f"{end:{numbers}} {unit}".rstrip()


Interval.__module__ = "pexcalc"


class Between(_Marker):
    """Marks a field as an Interval, written in one unit always ("1" for plain numbers)."""

    def __init__(self, unit: str) -> None:
        self.row, self.spec = units.BY_LABEL[unit], In(unit, -math.inf, math.inf)

    def validate(self, value: Any, info: core_schema.ValidationInfo) -> Interval:
        """An Interval, or its JSON form."""
        name = info.field_name or "interval"
        if isinstance(value, Mapping):
            dumped = info.mode == "python" and set(value) == _ENDS  # a Python dump of a record
            wire = None if dumped else self.from_wire(name, value, _registry(info))
            value = wire or Interval(**value)
        if not isinstance(value, Interval):
            shown = f"a value of type {type(value).__name__}"
            raise QuantityError(name, shown, "an Interval", kind="type")
        one = self.spec.one_if_given
        low, typical, high = one(name, value.low), one(name, value.typical), one(name, value.high)
        ends: list[Any] = [low, high] if typical is None else [low, typical, high]
        if None in ends or ends != sorted(ends):
            wanted = "low, typical and high in rising order"
            raise QuantityError(name, f"{low}, {typical}, {high}", wanted, kind="range")
        return value

    def from_wire(self, name: str, value: Mapping[Any, Any], registry: Any = None) -> Interval:
        """The Interval of {"low", "typical", "high", "unit"}."""
        if set(value) != {*_ENDS, "unit"} or value["unit"] != self.row.ucum:
            wanted = f'{{"low", "typical", "high", "unit": "{self.row.ucum}"}}'
            raise QuantityError(name, "another object", wanted, kind="type")
        ends = [value[end] for end in ("low", "typical", "high")]
        return Interval(
            *(if_given(end, lambda end: self._end(name, end, registry)) for end in ends)
        )

    def to_wire(self, value: Interval) -> dict[str, Any]:
        """{"low": 2665, "typical": 3331, "high": 3997, "unit": "mL"} at full precision."""
        ends = {"low": value.low, "typical": value.typical, "high": value.high}
        bare = {end: self.spec.one_if_given(end, number) for end, number in ends.items()}
        return {**bare, "unit": self.row.ucum}

    def _end(self, name: str, end: Any, registry: Any) -> Any:
        if not is_number(end):
            raise QuantityError(name, units.printable(str(end)), "a number", kind="type")
        if self.row.label == "1":
            return float(end)
        return units.registry_or_own(registry).Quantity(float(end), self.row.container)

    def schema(self) -> dict[str, Any]:
        """The ends, the typical value or null, and the unit."""
        number = {"type": "number"}
        typical = {"anyOf": [number, {"type": "null"}]}
        unit = _unit_schema([self.row.ucum])
        return _object({"low": number, "typical": typical, "high": number, "unit": unit})


_ENDS = {"low", "typical", "high"}


class Series(_Marker):
    """Marks a field as a row of quantities of one unit; in JSON {"values": [0, 1], "unit": "h"}."""

    def __init__(self, unit: str) -> None:
        self.row, self.spec = units.BY_LABEL[unit], In(unit, -math.inf, math.inf)

    def validate(self, value: Any, info: core_schema.ValidationInfo) -> tuple[Any, ...]:
        """A row of Quantities, or its JSON form."""
        name = info.field_name or "series"
        if isinstance(value, Mapping):
            return self._from_wire(name, value, units.registry_or_own(_registry(info)))
        is_row = isinstance(value, tuple | list)
        if not is_row or not all(isinstance(item, PlainQuantity) for item in value):
            shown = f"a value of type {type(value).__name__}"
            raise QuantityError(name, shown, "a row of Quantities", kind="type")
        for item in value:
            self.spec.one(name, item)
        return tuple(value)

    def _from_wire(self, name: str, value: Mapping[Any, Any], where: Any) -> tuple[Any, ...]:
        numbers = value.get("values")
        known = set(value) == {"values", "unit"} and value["unit"] == self.row.ucum
        if not known or not isinstance(numbers, list):
            wanted = f'{{"values": numbers, "unit": "{self.row.ucum}"}}'
            raise QuantityError(name, "another object", wanted, kind="type")
        return tuple(
            where.Quantity(self._bare(name, number), self.row.container) for number in numbers
        )

    def to_wire(self, value: tuple[Any, ...]) -> dict[str, Any]:
        """{"values": [0, 1], "unit": "h"} at full precision."""
        return {"values": [self.spec.one("series", item) for item in value], "unit": self.row.ucum}

    def _bare(self, name: str, number: Any) -> float:
        if not is_finite(number):
            raise QuantityError(name, units.printable(str(number)), "finite numbers", kind="type")
        return float(number)

    def schema(self) -> dict[str, Any]:
        """The numbers and their unit."""
        numbers = {"type": "array", "items": {"type": "number"}}
        return _object({"values": numbers, "unit": _unit_schema([self.row.ucum])})


NONE_WORD = "none"


class NoneStated(tuple[Any, ...]):
    """The answer that there is none: an empty row, but not the one of a question left open.

    Rules read it like any empty row; in JSON it is "none", where the other is [].
    """

    __slots__ = ()

    def __new__(cls) -> Self:
        """It holds nothing, ever."""
        return super().__new__(cls)

    def __repr__(self) -> str:
        return NONE_WORD


class OrNone:
    """Marks a row of words or records to which "none" is an answer (`NoneStated`)."""

    def validate(self, value: Any, check: core_schema.ValidatorFunctionWrapHandler) -> Any:
        """The row, or the answer that there is none; refuses none among others."""
        if isinstance(value, NoneStated) or value == NONE_WORD:
            return NoneStated()
        if isinstance(value, list | tuple) and any(
            isinstance(item, str) and item == NONE_WORD for item in value
        ):
            wanted = 'the word "none" instead of the list, or a list without it'
            raise QuantityError("", "none in a list", wanted, kind="conflict")
        return check(value)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        def dump(value: Any, write: Any, info: core_schema.SerializationInfo) -> Any:
            stated = isinstance(value, NoneStated)
            return (NONE_WORD if info.mode == "json" else value) if stated else write(value)

        return core_schema.no_info_wrap_validator_function(
            self.validate,
            handler(source),
            serialization=core_schema.wrap_serializer_function_ser_schema(dump, info_arg=True),
        )

    def __get_pydantic_json_schema__(
        self, schema: Any, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"const": NONE_WORD}]}


def _json_only(write: Callable[[Any], Any]) -> core_schema.PlainSerializerFunctionSerSchema:
    """Write with `write` in JSON; a Python dump keeps the object."""

    def dump(value: Any, info: core_schema.SerializationInfo) -> Any:
        return write(value) if info.mode == "json" else value

    return core_schema.plain_serializer_function_ser_schema(dump, info_arg=True)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _unit_schema(codes: list[str]) -> dict[str, Any]:
    return {"const": codes[0]} if len(codes) == 1 else {"enum": codes}


VolumeResult = Annotated[Quantity, Measured("mL", result=True)]
HoursResult = Annotated[Quantity, Measured("h", result=True)]
VolumeInterval = Annotated[Interval[Quantity, Quantity], Between("mL")]
FullInterval = Annotated[Interval[float, float], Between("1")]
PlainInterval = Annotated[Interval[float, float | None], Between("1")]
HoursInterval = Annotated[Interval[Quantity, Quantity | None], Between("h")]
HoursSeries = Annotated[tuple[Quantity, ...], Series("h")]
