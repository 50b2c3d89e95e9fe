"""The record of every order and result: frozen, checked when it is built, strict JSON in and out.

The trap: what the steps compute is built without checks, which takes a third of the time.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    ValidationError,
    WrapSerializer,
    model_serializer,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import core_schema

from pexcalc.quantities import units
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.short_view import html_table, short_line
from pexcalc.quantities.strict_json import ONE_OBJECT, TOO_DEEP, read_json, record_error

FixedValue = TypeVar("FixedValue")

# A plain number in JSON: no text, no true or false, no NaN.
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Text = Annotated[str, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]  # true or false: not 1, not "yes"


class Schema:
    """Adds keywords to a field's JSON schema, which are validated elsewhere.

    A value that is a function is called when a schema is asked for: no data file is read before.
    """

    def __init__(self, **keywords: Any) -> None:
        self.keywords = keywords

    def __get_pydantic_json_schema__(
        self, schema: Any, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        more = {
            name: value() if callable(value) else value for name, value in self.keywords.items()
        }
        return {**handler(schema), **more}


def printed_on_one_line(name: str, text: str) -> str:
    """A text with something on it and no control, direction or line character, as it is."""
    if not text.isprintable() or not text.strip():
        shown = units.shown_text(text)
        raise QuantityError(name, shown, "one line of printable text", kind="text")
    return text


def one_line(text: str, info: core_schema.ValidationInfo) -> str:
    """Text that prints on one line. An empty text is left to the field."""
    return printed_on_one_line(info.field_name or "text", text) if text else text


# Text on one line, with something on it.
OneLine = Annotated[
    Text,
    AfterValidator(one_line),
    Schema(pattern=r"^[^\u0000-\u001f\u007f]*\S[^\u0000-\u001f\u007f]*$"),
]
UcumCode = Annotated[Text, Field(description="a UCUM code"), Schema(enum=list(units.BY_UCUM))]
# An object whose keys are data; it cannot be changed.
Fixed = Annotated[
    Mapping[str, FixedValue],
    AfterValidator(MappingProxyType),
    WrapSerializer(lambda value, write: write(dict(value))),
]


def _refuse_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise QuantityError("value", str(value), "a whole number", kind="type")
    return value


NotABool = BeforeValidator(_refuse_bool)


class Record(BaseModel):
    """A frozen record: checked when it is built, comparable, written as JSON, picklable.

    Input is given to the class and checked; QuantityError is its only error. The steps build their
    results with `model_construct`, which mypy checks and, through JSON, the tests: a run builds a
    third of the validators.
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

    # Says that this __init__ adds nothing to validation, so that records inside records are checked
    # without it.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def model_construct(  # type: ignore[override]
        cls, _fields_set: set[str] | None = None, **values: Any
    ) -> Self:
        """Build a record from values that are right; a dict that a step still fills is closed."""
        for name, value in values.items():
            if type(value) is dict:
                values[name] = MappingProxyType(value)
        if values.keys() != cls.model_fields.keys():  # a default, or a field by its other name
            return super().model_construct(_fields_set, **values)
        # What pydantic does, without its search for defaults and other names.
        made = cls.__new__(cls)
        _set(made, "__dict__", {name: values[name] for name in cls.model_fields})
        _set(made, "__pydantic_fields_set__", set(values) if _fields_set is None else _fields_set)
        _set(made, "__pydantic_extra__", None)
        _set(made, "__pydantic_private__", None)
        return made

    @classmethod
    def from_json(cls, text: str | bytes, registry: Any = None) -> Self:
        """Read a record from JSON text, strictly.

        Parameters
        ----------
        text : str or bytes
            One JSON object.
        registry : pint.UnitRegistry, optional
            The registry of its Quantities; without one pint's application registry.

        Raises
        ------
        QuantityError
            With the path of what cannot be used.
        """
        return cls.from_wire(read_json(text, cls.__name__.lower()), registry)

    @classmethod
    def from_wire(cls, data: Mapping[str, Any], registry: Any = None) -> Self:
        """Read a record from what JSON text holds, without Quantities."""
        return cls._from_data(data, registry)

    @classmethod
    def _from_data(cls, data: Mapping[str, Any], registry: Any, **context: Any) -> Self:
        """The same, with more that its validators look at."""
        try:
            text = json.dumps(data, allow_nan=False)
        except (TypeError, ValueError):
            given = "something that JSON cannot hold"
            raise QuantityError(
                cls.__name__.lower(), given, "text, finite numbers, lists and objects", kind="type"
            ) from None
        except RecursionError:
            raise QuantityError(cls.__name__.lower(), TOO_DEEP, ONE_OBJECT, kind="text") from None
        try:
            return cls.model_validate_json(text, context={"registry": registry, **context})
        except ValidationError as error:
            raise record_error(error, cls) from None

    def to_wire(self) -> dict[str, Any]:
        """What the JSON text of this record holds."""
        return self.model_dump(mode="json")

    def to_json(self, indent: int | None = None) -> str:
        """The record as JSON text, at full precision."""
        return self.model_dump_json(indent=indent)

    def __repr__(self) -> str:
        return short_line(self)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """The table that a notebook shows."""
        return html_table(self)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy with other values by the names of the fields, checked like a new record.

        Since nothing in a record changes, a deep copy is no different from another.

        Raises
        ------
        QuantityError
            For a name that is not known and a value that cannot be used.
        """
        if not update:
            return super().model_copy()
        fields = {
            field.alias or name: getattr(self, name)
            for name, field in type(self).model_fields.items()
        }
        return type(self)(**{**fields, **update})

    def copy(  # type: ignore[override]
        self, *, update: Mapping[str, Any] | None = None, deep: bool = False
    ) -> Self:
        """Same as `model_copy`."""
        return self.model_copy(update=update)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        return _load, (type(self), self.model_dump_json())


def renamed(data: Any, old: str, new: str) -> Any:
    """The data of a record with a field under its present name; unchanged where both are given."""
    if isinstance(data, Mapping) and old in data and new not in data:
        return {(new if name == old else name): value for name, value in data.items()}
    return data


def may_be_none(field: FieldInfo) -> bool:
    """Whether a field may hold None."""
    return type(None) in get_args(field.annotation)


WORKING = "basis"
WAITING = "waiting"  # where a record keeps what it has not calculated yet
_set = object.__setattr__  # a record is frozen


class Result(Record):
    """A record that the steps computed; its values belong together, so no copy has others.

    The working of the figures is more than half of such a record in JSON, and is written on
    request. A pickle has it. A value that may be null may be left out of JSON.
    """

    @model_validator(mode="before")
    @classmethod
    def _some_may_be_missing(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        fields = cls.model_fields
        absent = [name for name, field in fields.items() if (field.alias or name) not in data]
        empty: dict[str, Any] = {name: None for name in absent if may_be_none(fields[name])}
        if WORKING in absent:
            empty[WORKING] = {}
        return {**data, **empty} if empty else data

    def to_wire(self, working: bool = False) -> dict[str, Any]:
        """What the JSON text of this result holds; with `working` also how it was calculated."""
        return self.model_dump(mode="json", exclude=None if working else {WORKING})

    def to_json(self, indent: int | None = None, working: bool = False) -> str:
        """The result as JSON text, at full precision; with `working` as `to_wire` has it."""
        return self.model_dump_json(indent=indent, exclude=None if working else {WORKING})

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy. Raises QuantityError where other values are given."""
        if update:
            names = ", ".join(units.printable(str(name)) for name in update)
            wanted = "a result as it was computed: change the order and compute it again"
            raise QuantityError(
                type(self).__name__, f"new values for {names}", wanted, kind="conflict"
            )
        return super().model_copy()


class Deferred:
    """A value that is calculated when it is first asked for, then kept."""

    __slots__ = ("_step", "_value")

    def __init__(self, step: Callable[[], Any]) -> None:
        self._step: Callable[[], Any] | None = step

    def value(self) -> Any:
        """The value; calculated by the first call."""
        step = self._step
        if step is not None:
            self._value = step()
            self._step = None
        return self._value


def when_read(step: Callable[[], Any]) -> Any:
    """For a field of a `LateResult`: what `step` gives when the field is first read.

    A step that can refuse its input is never deferred: errors belong to the call that calculates.
    """
    return Deferred(step)


class LateResult(Result):
    """A result of which some fields are calculated when they are first read.

    Nobody sees the difference: reading, comparing, writing and copying give every field. The trap:
    pydantic writes what is in the record's dictionary, in its order, so `_complete` runs before.
    """

    if not TYPE_CHECKING:

        @classmethod
        def model_construct(cls, _fields_set: set[str] | None = None, **values: Any) -> Self:
            """Build a record from values that are right; those of `when_read` wait."""
            waiting = {name: one for name, one in values.items() if type(one) is Deferred}
            made = super().model_construct(_fields_set, **values)
            return made._waiting_for(waiting)

        def __getattr__(self, name: str) -> Any:
            waiting = (self.__pydantic_private__ or {}).get(WAITING, {})
            if name not in waiting:
                return super().__getattr__(name)
            value = self.__dict__[name] = waiting[name].value()
            return value

    def _waiting_for(self, waiting: Mapping[str, Deferred]) -> Self:
        """The same record, whose values of these names are calculated when they are read."""
        for name in waiting:
            del self.__dict__[name]
        _set(self, "__pydantic_private__", {WAITING: waiting})
        return self

    def _complete(self) -> None:
        """Calculate every field that waits; in one step, for threads that read the same record."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        _set(self, "__dict__", fields)

    # Without the type of what it returns: the JSON schema is then that of the fields.
    @model_serializer(mode="wrap")
    def _written_whole(self, write: SerializerFunctionWrapHandler):  # type: ignore[no-untyped-def]
        self._complete()
        return write(self)

    def __iter__(self) -> Iterator[tuple[str, Any]]:  # type: ignore[override]
        self._complete()
        return super().__iter__()

    def __repr_args__(self) -> Any:
        self._complete()
        return super().__repr_args__()


AnyResult = TypeVar("AnyResult", bound=Result)


def with_values(result: AnyResult, **values: Any) -> AnyResult:
    """A result with other values, for the steps that compute it; not checked."""
    return BaseModel.model_copy(result, update=values)


def _load(cls: type[Record], text: str) -> Record:
    return cls.model_validate_json(text)
