"""Quantities and intervals as fields of records: how they are checked, how they look in JSON.

In JSON a quantity is {"value": 60, "unit": "kg"} with a UCUM unit, an interval {"low", "typical",
"high", "unit"}. In Python both hold pint Quantities of the caller's registry. Ranges that depend on
the patient are in order/patient.py.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Annotated, Any

from pint.facets.plain import PlainQuantity
from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic_core import core_schema

from pexcalc.quantities import units
from pexcalc.quantities.argument import In, is_number
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.strict_json import json_kind
from pexcalc.quantities.units import Unit


class Measured:
    """Marks a field as a quantity. `spec` says which kind; the range is checked only with `within`.

    With `result` the field is written in that unit always and its JSON unit is a constant; without
    it the unit that came is kept. `widest` is the range of all patients where the range itself
    depends on the patient: the JSON schema tells it, other code checks.
    """

    def __init__(
        self, spec: In | str, within: bool = False, result: bool = False, widest: In | None = None
    ) -> None:
        self.spec = spec if isinstance(spec, In) else In(spec, -math.inf, math.inf)
        self.within = within
        self.told = self.spec if within else widest
        kind = units.BY_LABEL[self.spec.unit].kind
        same_kind = [unit for unit in units.UNITS if unit.kind == kind]
        self.rows: list[Unit] = [units.BY_LABEL[self.spec.unit]] if result else same_kind

    def validate(self, value: Any, info: core_schema.ValidationInfo) -> Any:
        """A Quantity (or, for a fraction in Python, a number), or the JSON form of one."""
        name = info.field_name or "value"
        if isinstance(value, Mapping):
            value = self.from_wire(name, value, (info.context or {}).get("registry"))
        elif info.mode == "json":
            shown = json_kind(value)
            raise QuantityError(
                name, shown, f'{{"value": a number, "unit": {self._choices()}}}', kind="type"
            )
        bare = (self.spec.strip if self.within else self.spec.bare)(name, value)
        if not isinstance(bare, float):
            raise QuantityError(
                name, "an array", "one value: a record is about one patient", kind="type"
            )
        if not math.isfinite(bare):
            raise QuantityError(name, str(bare), "a finite number", kind="range")
        if not isinstance(value, PlainQuantity):
            return bare
        # A Quantity of its own: the caller's can be changed in place, as can an array of no
        # dimensions.
        number = value.magnitude
        return type(value)(
            number if isinstance(number, float | int | Decimal) else float(number), value.units
        )

    def from_wire(self, name: str, value: Mapping[Any, Any], registry: Any = None) -> Any:
        """The Quantity that {"value": 60, "unit": "kg"} stands for."""
        expected = f'{{"value": a number, "unit": {self._choices()}}}'
        if set(value) != {"value", "unit"}:
            keys = ", ".join(units.printable(str(key)) for key in value)
            raise QuantityError(
                name, f"an object with {units.printable(keys) or 'nothing'}", expected, kind="type"
            )
        bare, code = value["value"], value["unit"]
        row = units.BY_UCUM.get(code) if isinstance(code, str) else None
        if not is_number(bare) or not math.isfinite(bare):
            raise QuantityError(f"{name}.value", json_kind(bare), "a number", kind="type")
        if row is None and units.BY_TOKEN.get(str(code)) in self.rows:
            raise QuantityError(
                f"{name}.unit",
                str(code),
                self._choices(),
                [units.BY_TOKEN[str(code)].ucum],
                kind="unit",
            )
        if row is None:
            raise QuantityError(
                f"{name}.unit",
                units.printable(str(code)),
                self._choices(),
                units.alike(str(code), self._codes()),
                kind="unit",
            )
        if row not in self.rows:
            shown = units.label(float(bare), row)
            raise QuantityError(
                name, shown, self._choices(), self.spec.meant((float(bare),), row), kind="unit"
            )
        if row.label == "1":
            return float(bare)
        where = registry or units.private_registry()
        return where.Quantity(float(bare), units.registered(where, row.container))

    def to_wire(self, value: Any) -> dict[str, Any]:
        """{"value": 60, "unit": "kg"}: the unit that came where the table has it, the field's own unit otherwise."""
        if not isinstance(value, PlainQuantity):
            return {"value": float(value), "unit": "1"}
        row, own = units.unit_of(value), self.rows[0]
        size = float(self.spec.bare("value", value))
        if row in self.rows and row is not None:
            # The unit of that name may have another size in the host's registry.
            same = math.isclose(
                self.spec.from_unit(row.label, float(value.magnitude)),
                size,
                rel_tol=1e-9,
                abs_tol=1e-12,
            )
            if same:
                return {"value": float(value.magnitude), "unit": row.ucum}
        return {"value": self.spec.in_unit(own.label, size), "unit": own.ucum}

    def _codes(self) -> list[str]:
        return [row.ucum for row in self.rows]

    def _choices(self) -> str:
        return " or ".join(self._codes())

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self.validate, serialization=_json_only(self.to_wire)
        )

    def __get_pydantic_json_schema__(
        self, schema: Any, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        told = _object({"value": {"type": "number"}, "unit": _unit_schema(self._codes())})
        if self.told is None:
            return told
        limits = {row.ucum: bounds(self.told, row) for row in self.rows}
        return {
            **told,
            "allOf": [
                {
                    "if": {"properties": {"unit": {"const": code}}},
                    "then": {"properties": {"value": limit}},
                }
                for code, limit in limits.items()
            ],
        }


def bounds(spec: In, row: Unit | None = None) -> dict[str, Any]:
    """A range in a JSON schema, in a unit of the table: to ten digits, never narrower than what is accepted."""
    label = row.label if row else spec.unit
    low, high = (spec.in_unit(label, end) for end in (spec.low, spec.high))
    most = "exclusiveMaximum" if spec.open_high and label == spec.unit else "maximum"
    return {"minimum": _ten_digits(low, ROUND_FLOOR), most: _ten_digits(high, ROUND_CEILING)}


def _ten_digits(value: float, rounding: str) -> float:
    """Without what a conversion adds (1439.9999999999998 for 1440), then rounded outward."""
    return float(Context(prec=10, rounding=rounding).plus(Context(prec=15).create_decimal(value)))


@dataclass(frozen=True)
class Interval:
    """A low and a high end with a typical value between them, which is None where the source gives only the ends."""

    low: Any
    typical: Any
    high: Any


Interval.__module__ = "pexcalc"


class Between:
    """Marks a field as an Interval, written in one unit always ("1" for plain numbers)."""

    def __init__(self, unit: str) -> None:
        self.row, self.spec = units.BY_LABEL[unit], In(unit, -math.inf, math.inf)

    def validate(self, value: Any, info: core_schema.ValidationInfo) -> Interval:
        """An Interval, or its JSON form."""
        name = info.field_name or "interval"
        if isinstance(value, Mapping):
            own = info.mode == "python" and set(value) == {
                "low",
                "typical",
                "high",
            }  # a Python dump of a record
            value = (
                Interval(**value)
                if own
                else self.from_wire(name, value, (info.context or {}).get("registry"))
            )
        if not isinstance(value, Interval):
            raise QuantityError(
                name, f"a value of type {type(value).__name__}", "an Interval", kind="type"
            )
        low, typical, high = (
            None if end is None else self.spec.one(name, end)
            for end in (value.low, value.typical, value.high)
        )
        ends = [end for end in (low, typical, high) if end is not None]
        if low is None or high is None or ends != sorted(ends):
            raise QuantityError(
                name,
                f"{low}, {typical}, {high}",
                "low, typical and high in rising order",
                kind="range",
            )
        return value

    def from_wire(self, name: str, value: Mapping[Any, Any], registry: Any = None) -> Interval:
        """The Interval that {"low", "typical", "high", "unit"} stands for."""
        if set(value) != {"low", "typical", "high", "unit"} or value["unit"] != self.row.ucum:
            raise QuantityError(
                name,
                "another object",
                f'{{"low", "typical", "high", "unit": "{self.row.ucum}"}}',
                kind="type",
            )
        ends = [value[end] for end in ("low", "typical", "high")]
        return Interval(*(None if end is None else self._made(name, end, registry) for end in ends))

    def to_wire(self, value: Interval) -> dict[str, Any]:
        """{"low": 2665, "typical": 3331, "high": 3997, "unit": "mL"} at full precision."""
        ends = {end: getattr(value, end) for end in ("low", "typical", "high")}
        bare = {
            end: None if number is None else self.spec.one(end, number)
            for end, number in ends.items()
        }
        return {**bare, "unit": self.row.ucum}

    def _made(self, name: str, end: Any, registry: Any) -> Any:
        if not is_number(end):
            raise QuantityError(name, units.printable(str(end)), "a number", kind="type")
        if self.row.label == "1":
            return float(end)
        return (registry or units.private_registry()).Quantity(float(end), self.row.container)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self.validate, serialization=_json_only(self.to_wire)
        )

    def __get_pydantic_json_schema__(
        self, schema: Any, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        number = {"type": "number"}
        typical = {"anyOf": [number, {"type": "null"}]}
        return _object(
            {
                "low": number,
                "typical": typical,
                "high": number,
                "unit": _unit_schema([self.row.ucum]),
            }
        )


class Series:
    """Marks a field as a row of quantities of one unit; in JSON {"values": [0, 1], "unit": "h"}."""

    def __init__(self, unit: str) -> None:
        self.row, self.spec = units.BY_LABEL[unit], In(unit, -math.inf, math.inf)

    def validate(self, value: Any, info: core_schema.ValidationInfo) -> tuple[Any, ...]:
        """A row of Quantities, or its JSON form."""
        name = info.field_name or "series"
        if isinstance(value, Mapping):
            numbers = value.get("values")
            if (
                set(value) != {"values", "unit"}
                or value["unit"] != self.row.ucum
                or not isinstance(numbers, list)
            ):
                raise QuantityError(
                    name,
                    "another object",
                    f'{{"values": numbers, "unit": "{self.row.ucum}"}}',
                    kind="type",
                )
            where = (info.context or {}).get("registry") or units.private_registry()
            return tuple(
                where.Quantity(self._bare(name, number), self.row.container) for number in numbers
            )
        if not isinstance(value, tuple | list) or not all(
            isinstance(item, PlainQuantity) for item in value
        ):
            raise QuantityError(
                name, f"a value of type {type(value).__name__}", "a row of Quantities", kind="type"
            )
        for item in value:
            self.spec.one(name, item)
        return tuple(value)

    def to_wire(self, value: tuple[Any, ...]) -> dict[str, Any]:
        """{"values": [0, 1], "unit": "h"} at full precision."""
        return {"values": [self.spec.one("series", item) for item in value], "unit": self.row.ucum}

    def _bare(self, name: str, number: Any) -> float:
        if not is_number(number) or not math.isfinite(number):
            raise QuantityError(name, units.printable(str(number)), "finite numbers", kind="type")
        return float(number)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self.validate, serialization=_json_only(self.to_wire)
        )

    def __get_pydantic_json_schema__(
        self, schema: Any, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        numbers = {"type": "array", "items": {"type": "number"}}
        return _object({"values": numbers, "unit": _unit_schema([self.row.ucum])})


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


VolumeResult = Annotated[Any, Measured("mL", result=True)]
HoursResult = Annotated[Any, Measured("h", result=True)]
VolumeInterval = Annotated[Interval, Between("mL")]
PlainInterval = Annotated[Interval, Between("1")]
HoursInterval = Annotated[Interval, Between("h")]
HoursSeries = Annotated[tuple[Any, ...], Series("h")]
