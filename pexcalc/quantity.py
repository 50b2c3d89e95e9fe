"""Quantities and intervals in records: how they are checked, how they look in JSON, and the record they stand in.

In JSON a quantity is {"value": 60, "unit": "kg"} with a UCUM unit, an interval {"low", "typical", "high", "unit"}. In
Python both hold pint Quantities of the caller's registry. Ranges that depend on the patient are in patient.py.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from types import MappingProxyType
from typing import Annotated, Any, NoReturn, Self, TypeVar

from pint.facets.plain import PlainQuantity
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    WrapSerializer,
)  # fmt: skip
from pydantic_core import core_schema

from pexcalc import units
from pexcalc.formula import In, digits, figure, is_number
from pexcalc.units import OrderError, QuantityError, Unit

V = TypeVar("V")

# A plain number in JSON: no text, no true or false, no NaN.
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Text = Annotated[str, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]  # true or false: not 1, not "yes"


class Told:
    """Marks a field whose JSON schema says more than its type: keywords that other code checks.

    A value that is a function is called when a schema is asked for: no data file is read before.
    """

    def __init__(self, **keywords: Any) -> None:
        self.keywords = keywords

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        more = {name: value() if callable(value) else value for name, value in self.keywords.items()}
        return {**handler(schema), **more}


def one_line(text: str, info: core_schema.ValidationInfo) -> str:
    """Text that prints on one line: no control, direction or line character. An empty text is left to the field."""
    if not text.isprintable() or (text and not text.strip()):
        raise QuantityError(info.field_name or "text", units.printable(text), "one line of printable text", kind="text")
    return text


# Text on one line, with something on it.
OneLine = Annotated[Text, AfterValidator(one_line), Told(pattern=r"^[^\u0000-\u001f\u007f]*\S[^\u0000-\u001f\u007f]*$")]
UcumCode = Annotated[Text, Field(description="a UCUM code"), Told(enum=list(units.BY_UCUM))]
# An object whose keys are data; nobody can change it.
Fixed = Annotated[
    Mapping[str, V], AfterValidator(MappingProxyType), WrapSerializer(lambda value, write: write(dict(value)))
]


def _refuse_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise QuantityError("value", str(value), "a whole number", kind="type")
    return value


NotABool = BeforeValidator(_refuse_bool)


class Record(BaseModel):
    """A frozen record: checked when made, comparable, written as JSON, picklable. One error class: QuantityError.

    What comes from outside is made by calling the class, and checked. What the steps make themselves is made with
    `model_construct`, which is checked by mypy and, through JSON, by the tests: a run builds a third of the checkers.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, serialize_by_alias=True, defer_build=True,
        json_schema_serialization_defaults_required=True,
    )  # fmt: skip

    def __init__(self, /, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise record_error(error, type(self)) from None

    # Says that this __init__ adds nothing to validation, so that records inside records are checked without it.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def model_construct(cls, _fields_set: set[str] | None = None, **values: Any) -> Self:  # type: ignore[override]
        """A record out of values that are right; what a step still writes in a dict is closed here."""
        for name, value in values.items():
            if type(value) is dict:
                values[name] = MappingProxyType(value)
        return super().model_construct(_fields_set, **values)

    @classmethod
    def from_json(cls, text: str | bytes, registry: Any = None) -> Self:
        """Read a record from JSON text, strictly, with Quantities of `registry` (default: the private one).

        Raises QuantityError with the path of what cannot be used.
        """
        return cls.from_wire(read_json(text, cls.__name__.lower()), registry)

    @classmethod
    def from_wire(cls, data: Mapping[str, Any], registry: Any = None) -> Self:
        """Read a record from what JSON text holds, by the rules of JSON (no bare fraction, no Quantity)."""
        try:
            text = json.dumps(data, allow_nan=False)
        except (TypeError, ValueError):
            came = "something that JSON cannot hold"
            raise QuantityError(
                cls.__name__.lower(), came, "text, finite numbers, lists and objects", kind="type"
            ) from None
        except RecursionError:
            raise QuantityError(cls.__name__.lower(), TOO_DEEP, ONE_OBJECT, kind="text") from None
        try:
            return cls.model_validate_json(text, context={"registry": registry})
        except ValidationError as error:
            raise record_error(error, cls) from None

    def to_wire(self) -> dict[str, Any]:
        """What the JSON text of this record holds."""
        return self.model_dump(mode="json")

    def to_json(self, indent: int | None = None) -> str:
        """The record as JSON text, at full precision."""
        return self.model_dump_json(indent=indent)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other values, built anew and checked like a new record. Raises QuantityError.

        Names are those of the fields; one that is not known is refused. Since nothing in a record changes, a deep copy
        is no different from another.
        """
        if not update:
            return super().model_copy()
        fields = {field.alias or name: getattr(self, name) for name, field in type(self).model_fields.items()}
        return type(self)(**{**fields, **update})

    def copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:  # type: ignore[override]
        """Same as `model_copy`."""
        return self.model_copy(update=update)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        return _load, (type(self), self.model_dump_json())


def renamed(data: Any, old: str, new: str) -> Any:
    """What a record is made of, with a field under its name of today; as it is where both names stand."""
    if isinstance(data, Mapping) and old in data and new not in data:
        return {(new if name == old else name): value for name, value in data.items()}
    return data


class Result(Record):
    """A record that the steps computed. Its values belong together, so a copy cannot hold others."""

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy. Raises QuantityError where other values are given."""
        if update:
            names = ", ".join(units.printable(str(name)) for name in update)
            wanted = "a result as it was computed: change the order and compute it again"
            raise QuantityError(type(self).__name__, f"new values for {names}", wanted, kind="conflict")
        return super().model_copy()


R = TypeVar("R", bound=Result)


def with_values(result: R, **values: Any) -> R:
    """A result with other values, for the steps that compute it; not checked."""
    return BaseModel.model_copy(result, update=values)


def _load(cls: type[Record], text: str) -> Record:
    return cls.model_validate_json(text)


# --- quantities -------------------------------------------------------------------------------------------------------


class Measured:
    """Marks a field as a quantity. `spec` says which kind; the range is checked only with `within`.

    With `result` the field is written in that unit always and its JSON unit is a constant; without it the unit that
    came is kept. `widest` is the range of all patients where the range itself depends on the patient: the JSON schema
    tells it, other code checks.
    """

    def __init__(
        self, spec: In | str, within: bool = False, result: bool = False, widest: In | None = None
    ) -> None:  # fmt: skip
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
            shown = _kind(value)
            raise QuantityError(name, shown, f'{{"value": a number, "unit": {self._choices()}}}', kind="type")
        bare = (self.spec.strip if self.within else self.spec.bare)(name, value)
        if not isinstance(bare, float):
            raise QuantityError(name, "an array", "one value: a record is about one patient", kind="type")
        if not math.isfinite(bare):
            raise QuantityError(name, str(bare), "a finite number", kind="range")
        if not isinstance(value, PlainQuantity):
            return bare
        # A Quantity of its own: the caller's can be changed in place, as can an array of no dimensions.
        number = value.magnitude
        return type(value)(number if isinstance(number, float | int | Decimal) else float(number), value.units)

    def from_wire(self, name: str, value: Mapping[Any, Any], registry: Any = None) -> Any:
        """The Quantity that {"value": 60, "unit": "kg"} stands for."""
        expected = f'{{"value": a number, "unit": {self._choices()}}}'
        if set(value) != {"value", "unit"}:
            keys = ", ".join(units.printable(str(key)) for key in value)
            raise QuantityError(name, f"an object with {units.printable(keys) or 'nothing'}", expected, kind="type")
        bare, code = value["value"], value["unit"]
        row = units.BY_UCUM.get(code) if isinstance(code, str) else None
        if not is_number(bare) or not math.isfinite(bare):
            raise QuantityError(f"{name}.value", _kind(bare), "a number", kind="type")
        if row is None and units.BY_TOKEN.get(str(code)) in self.rows:
            raise QuantityError(
                f"{name}.unit", str(code), self._choices(), [units.BY_TOKEN[str(code)].ucum], kind="unit"
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
            raise QuantityError(name, shown, self._choices(), self.spec.meant((float(bare),), row), kind="unit")
        if row.label == "1":
            return float(bare)
        where = registry or units.private_registry()
        return where.Quantity(float(bare), units.told(where, row.container))

    def to_wire(self, value: Any) -> dict[str, Any]:
        """{"value": 60, "unit": "kg"}: the unit that came where the table has it, the field's own unit otherwise."""
        if not isinstance(value, PlainQuantity):
            return {"value": float(value), "unit": "1"}
        row, own = units.unit_of(value), self.rows[0]
        size = float(self.spec.bare("value", value))
        if row in self.rows and row is not None:
            # The unit of that name may have another size in the host's registry.
            same = math.isclose(
                self.spec.from_unit(row.label, float(value.magnitude)), size, rel_tol=1e-9, abs_tol=1e-12
            )
            if same:
                return {"value": float(value.magnitude), "unit": row.ucum}
        return {"value": self.spec.in_unit(own.label, size), "unit": own.ucum}

    def _codes(self) -> list[str]:
        return [row.ucum for row in self.rows]

    def _choices(self) -> str:
        return " or ".join(self._codes())

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(self.validate, serialization=_json_only(self.to_wire))

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        told = _object({"value": {"type": "number"}, "unit": _unit_schema(self._codes())})
        if self.told is None:
            return told
        limits = {row.ucum: bounds(self.told, row) for row in self.rows}
        return {
            **told,
            "allOf": [
                {"if": {"properties": {"unit": {"const": code}}}, "then": {"properties": {"value": limit}}}
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


class Between:
    """Marks a field as an Interval, written in one unit always ("1" for plain numbers)."""

    def __init__(self, unit: str) -> None:
        self.row, self.door = units.BY_LABEL[unit], In(unit, -math.inf, math.inf)

    def validate(self, value: Any, info: core_schema.ValidationInfo) -> Interval:
        """An Interval, or its JSON form."""
        name = info.field_name or "interval"
        if isinstance(value, Mapping):
            own = info.mode == "python" and set(value) == {"low", "typical", "high"}  # a Python dump of a record
            value = Interval(**value) if own else self.from_wire(name, value, (info.context or {}).get("registry"))
        if not isinstance(value, Interval):
            raise QuantityError(name, f"a value of type {type(value).__name__}", "an Interval", kind="type")
        low, typical, high = (
            None if end is None else self.door.one(name, end) for end in (value.low, value.typical, value.high)
        )
        ends = [end for end in (low, typical, high) if end is not None]
        if low is None or high is None or ends != sorted(ends):
            raise QuantityError(
                name, f"{low}, {typical}, {high}", "low, typical and high in rising order", kind="range"
            )
        return value

    def from_wire(self, name: str, value: Mapping[Any, Any], registry: Any = None) -> Interval:
        """The Interval that {"low", "typical", "high", "unit"} stands for."""
        if set(value) != {"low", "typical", "high", "unit"} or value["unit"] != self.row.ucum:
            raise QuantityError(
                name, "another object", f'{{"low", "typical", "high", "unit": "{self.row.ucum}"}}', kind="type"
            )
        ends = [value[end] for end in ("low", "typical", "high")]
        return Interval(*(None if end is None else self._made(name, end, registry) for end in ends))

    def to_wire(self, value: Interval) -> dict[str, Any]:
        """{"low": 2665, "typical": 3331, "high": 3997, "unit": "mL"} at full precision."""
        ends = {end: getattr(value, end) for end in ("low", "typical", "high")}
        bare = {end: None if number is None else self.door.one(end, number) for end, number in ends.items()}
        return {**bare, "unit": self.row.ucum}

    def _made(self, name: str, end: Any, registry: Any) -> Any:
        if not is_number(end):
            raise QuantityError(name, units.printable(str(end)), "a number", kind="type")
        if self.row.label == "1":
            return float(end)
        return (registry or units.private_registry()).Quantity(float(end), self.row.container)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(self.validate, serialization=_json_only(self.to_wire))

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        number = {"type": "number"}
        typical = {"anyOf": [number, {"type": "null"}]}
        return _object({"low": number, "typical": typical, "high": number, "unit": _unit_schema([self.row.ucum])})


class Series:
    """Marks a field as a row of quantities of one unit; in JSON {"values": [0, 1], "unit": "h"}."""

    def __init__(self, unit: str) -> None:
        self.row, self.door = units.BY_LABEL[unit], In(unit, -math.inf, math.inf)

    def validate(self, value: Any, info: core_schema.ValidationInfo) -> tuple[Any, ...]:
        """A row of Quantities, or its JSON form."""
        name = info.field_name or "series"
        if isinstance(value, Mapping):
            numbers = value.get("values")
            if set(value) != {"values", "unit"} or value["unit"] != self.row.ucum or not isinstance(numbers, list):
                raise QuantityError(
                    name, "another object", f'{{"values": numbers, "unit": "{self.row.ucum}"}}', kind="type"
                )
            where = (info.context or {}).get("registry") or units.private_registry()
            return tuple(where.Quantity(self._bare(name, number), self.row.container) for number in numbers)
        if not isinstance(value, tuple | list) or not all(isinstance(item, PlainQuantity) for item in value):
            raise QuantityError(name, f"a value of type {type(value).__name__}", "a row of Quantities", kind="type")
        for item in value:
            self.door.one(name, item)
        return tuple(value)

    def to_wire(self, value: tuple[Any, ...]) -> dict[str, Any]:
        """{"values": [0, 1], "unit": "h"} at full precision."""
        return {"values": [self.door.one("series", item) for item in value], "unit": self.row.ucum}

    def _bare(self, name: str, number: Any) -> float:
        if not is_number(number) or not math.isfinite(number):
            raise QuantityError(name, units.printable(str(number)), "finite numbers", kind="type")
        return float(number)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(self.validate, serialization=_json_only(self.to_wire))

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        numbers = {"type": "array", "items": {"type": "number"}}
        return _object({"values": numbers, "unit": _unit_schema([self.row.ucum])})


def _json_only(write: Callable[[Any], Any]) -> core_schema.PlainSerializerFunctionSerSchema:
    """Write with `write` in JSON; a Python dump keeps the object."""

    def dump(value: Any, info: core_schema.SerializationInfo) -> Any:
        return write(value) if info.mode == "json" else value

    return core_schema.plain_serializer_function_ser_schema(dump, info_arg=True)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _unit_schema(codes: list[str]) -> dict[str, Any]:
    return {"const": codes[0]} if len(codes) == 1 else {"enum": codes}


VolumeResult = Annotated[Any, Measured("mL", result=True)]
HoursResult = Annotated[Any, Measured("h", result=True)]
VolumeInterval = Annotated[Interval, Between("mL")]
PlainInterval = Annotated[Interval, Between("1")]
HoursInterval = Annotated[Interval, Between("h")]
HoursSeries = Annotated[tuple[Any, ...], Series("h")]


# --- smaller records that several rooms share -------------------------------------------------------------------------


class Stated(Result):
    """A plain value with its UCUM unit, where the kind is not fixed: a caution's value, a formula's input."""

    value: Number
    unit: UcumCode


class Basis(Result):
    """How a figure came about: the formula, the formula with the numbers in it, the inputs, the source keys."""

    formula: Text
    text: Text
    inputs: Fixed[Stated | Text]
    sources: tuple[Text, ...]


def work(basis: dict[str, Basis], path: str, door: Any, **values: Any) -> float:
    """Run a formula's kernel on plain numbers in its own units, and note under `path` how the figure came about."""
    facts = door.formula
    result = float(door.kernel(**values))
    inputs: dict[str, Stated | str] = {}
    for name, value in values.items():
        spec = facts.inputs[name]
        inputs[name] = (
            Stated.model_construct(value=value, unit=units.BY_LABEL[spec.unit].ucum)
            if isinstance(spec, In)
            else str(value)
        )
    text = facts.worked(values, result)
    basis[path] = Basis.model_construct(
        formula=facts.name, text=text, inputs=inputs, sources=tuple(facts.source.split())
    )
    return result


def note(basis: dict[str, Basis], path: str, formula: str, text: str, *sources: str) -> None:
    """Note under `path`, in words with its numbers, how a figure came about that is not one formula's result."""
    basis[path] = Basis.model_construct(formula=formula, text=text, inputs={}, sources=sources)


def arithmetic(
    basis: dict[str, Basis], path: str, words: str, numbers: tuple[float, ...], result: float, unit: str, source: str
) -> float:
    """Note a sum or a quotient, such as "{} / {}" of two numbers, and return its result."""
    text = f"{words.format(*map(figure, numbers))} = {units.label(digits(result), unit)}"
    note(basis, path, "arithmetic", f"{text} [{source}, derived]", source)
    return result


# --- reading JSON strictly --------------------------------------------------------------------------------------------

LARGEST = 1_000_000  # derived: characters; an order has a few thousand
ONE_OBJECT, TOO_DEEP = "one JSON object", "JSON nested too deeply"


def read_json(text: str | bytes, what: str) -> dict[str, Any]:
    """JSON text to a dict; refuses duplicate keys, NaN, infinities, huge texts, and anything but one object."""
    expected = ONE_OBJECT
    if not isinstance(text, str | bytes):
        raise QuantityError(what, f"a value of type {type(text).__name__}", "JSON text", kind="type")
    if len(text) > LARGEST:
        raise QuantityError(
            what, f"{len(text):,} characters", f"{expected} of at most {LARGEST:,} characters", kind="text"
        )
    try:
        data = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole
        )
    except QuantityError as error:
        path = f"{what}.{error.argument}".rstrip(".")
        raise QuantityError(path, error.got, error.expected, kind=error.kind) from None
    except RecursionError:
        raise QuantityError(what, TOO_DEEP, expected, kind="text") from None
    except ValueError as error:  # not JSON, or bytes that are not UTF-8
        place = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise QuantityError(what, f"text that is not JSON{place}", expected, kind="text") from None
    if not isinstance(data, dict):
        raise QuantityError(what, _kind(data), expected, kind="type")
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key, value in pairs:
        if key in data:
            raise QuantityError(units.printable(key), "the same key twice", "each key once", kind="text")
        data[key] = value
    return data


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_constant(units.printable(text))


def _whole(text: str) -> int | float:
    return int(text) if len(text) < 16 else _finite(text)


def _no_constant(name: str) -> NoReturn:
    raise QuantityError("", name, "finite numbers only", kind="text")


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f'the text "{units.printable(value)}"'
    return (
        "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else units.printable(str(value))
    )


_EXPECTED = {
    "string_type": "text",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "finite_number": "a finite number",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}


def record_error(error: ValidationError, record: type[BaseModel]) -> QuantityError:
    """Every fault that pydantic found, each once: one QuantityError, or an OrderError where there are several.

    A field that is misspelt is missing too, and what was written says more: it comes first, and alone.
    """
    found = error.errors(include_url=False)
    found.sort(key=lambda fault: fault["type"] != "extra_forbidden")
    faults: dict[tuple[str, ...], QuantityError] = {}
    for fault in found:
        for one in _one_fault(fault, record).faults:
            faults.setdefault(one.fields, one)
    misspelt = {_beside(one, word) for one in faults.values() for word in one.meant[:1] if one.got == NOT_A_FIELD}
    kept = [one for one in faults.values() if not (one.kind == "missing" and set(one.fields) <= misspelt)]
    return kept[0] if len(kept) == 1 else OrderError(kept)


NOT_A_FIELD = "a field that is not known here"


def _beside(one: QuantityError, word: str) -> str:
    """The path of a field with this name beside the one of the fault."""
    parent = one.fields[0].rpartition(".")[0]
    return f"{parent}.{word}" if parent else word


def _placed(inner: QuantityError, path: list[str]) -> QuantityError:
    """A fault of a record inside a record, with the path to it."""

    def under(name: str) -> str:
        place = path[:-1] if path and (name == path[-1] or name.startswith(f"{path[-1]}.")) else path
        return ".".join(filter(None, [*place, name]))

    return QuantityError(
        under(inner.argument), inner.got, inner.expected, inner.meant, kind=inner.kind,
        fields=map(under, inner.fields) if inner.fields else [".".join(path)],
    )  # fmt: skip


def _one_fault(first: Any, record: type[BaseModel]) -> QuantityError:
    """One fault that pydantic found, as one sentence with the path of the input."""
    path = [units.printable(str(part)) for part in first["loc"]]
    context, kind = first.get("ctx", {}), first["type"]
    inner = context.get("error")
    if isinstance(inner, OrderError):
        return OrderError([_placed(one, path) for one in inner.faults])
    if isinstance(inner, QuantityError):
        return _placed(inner, path)
    name, came_in = ".".join(path) or record.__name__.lower(), _kind(first["input"])
    if kind == "json_invalid":  # what Python's own reader takes and pydantic's does not
        if "recursion" in str(inner):
            return QuantityError(name, TOO_DEEP, ONE_OBJECT, kind="text")
        return QuantityError(name, "text with half of a character", "text in UTF-8", kind="text")
    if kind == "missing":
        return QuantityError(name, "nothing", _description(record, path) or "a value", kind="missing")
    if kind == "extra_forbidden":
        known = _fields(record, path[:-1])
        return QuantityError(name, NOT_A_FIELD, ", ".join(known), units.alike(path[-1], known), kind="unknown")
    if kind == "literal_error":
        expected = str(context["expected"]).replace("'", "")
        words = [word.strip() for word in expected.replace(" or ", ",").split(",")]
        came_in = "nothing" if first["input"] is None else units.printable(str(first["input"])) or "nothing"
        start = came_in.casefold()
        meant = [word for word in words if word.startswith(start)] or units.alike(start, words, 1)
        return QuantityError(name, came_in, expected, meant if len(meant) == 1 else (), kind="unknown")
    return QuantityError(
        name, came_in, _EXPECTED.get(kind) or _description(record, path) or str(first["msg"]).lower(), kind="type"
    )


def _walk(record: type[BaseModel], path: list[str]) -> tuple[type[BaseModel] | None, Any]:
    """The record that holds the last part of a path, and its field; None where the path leaves the records."""
    holder: type[BaseModel] | None = record
    found: Any = None
    for part in path:
        if part.isdigit():  # a place in a list: the record stays that of the list's items
            continue
        if holder is None:
            return None, None
        found = next((f for name, f in holder.model_fields.items() if part in (name, f.alias)), None)
        inner = getattr(found, "annotation", None)
        options = [inner, *getattr(inner, "__args__", ())]
        models = [option for option in options if isinstance(option, type) and issubclass(option, BaseModel)]
        holder = models[0] if models else None
    return holder, found


def _description(record: type[BaseModel], path: list[str]) -> str:
    return getattr(_walk(record, path)[1], "description", None) or ""


def _fields(record: type[BaseModel], path: list[str]) -> list[str]:
    holder = _walk(record, path)[0]
    return [field.alias or name for name, field in holder.model_fields.items()] if holder else []
