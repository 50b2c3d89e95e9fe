"""JSON read strictly: one object, no key twice, no NaN; faults of pydantic as sentences.

The trap: Python's reader accepts NaN, infinities and a key that is given twice, the last of which
would win unseen.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, NoReturn, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from pexcalc.data.spelling import most_alike
from pexcalc.quantities import units
from pexcalc.quantities.errors import FaultKind, OrderError, QuantityError, one_error, refuse_if

LARGEST = 1_000_000  # derived: characters; an order has a few thousand
LONGEST_WHOLE = 15  # derived: digits that a float holds exactly
ONE_OBJECT, TOO_DEEP = "one JSON object", "JSON nested too deeply"


def read_json(text: str | bytes, what: str) -> dict[str, Any]:
    """Read JSON text as a dict.

    Parameters
    ----------
    text : str or bytes
        The text, UTF-8 where it is bytes.
    what : str
        The name of the record, for the sentence of an error.

    Raises
    ------
    QuantityError
        For a key that is given twice, NaN, infinities, a huge text, and anything but one object.
    """
    if not isinstance(text, str | bytes):
        given = f"a value of type {type(text).__name__}"
        raise QuantityError(what, given, "JSON text", kind="type")
    most = f"{ONE_OBJECT} of at most {LARGEST:,} characters"
    refuse_if(len(text) > LARGEST, what, f"{len(text):,} characters", most, kind="text")
    try:
        data = _parsed(text)
    except QuantityError as error:
        path = f"{what}.{error.argument}".rstrip(".")
        raise QuantityError(path, error.got, error.expected, kind=error.kind) from None
    except RecursionError:
        raise QuantityError(what, TOO_DEEP, ONE_OBJECT, kind="text") from None
    except ValueError as error:  # not JSON, or bytes that are not UTF-8
        given = f"text that is not JSON{_place(error)}"
        raise QuantityError(what, given, ONE_OBJECT, kind="text") from None
    if not isinstance(data, dict):
        raise QuantityError(what, json_kind(data), ONE_OBJECT, kind="type")
    return data


def _parsed(text: str | bytes) -> Any:
    return json.loads(
        text,
        object_pairs_hook=_unique_keys,
        parse_constant=_refuse_constant,
        parse_float=_finite,
        parse_int=_whole,
    )


def _place(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f" (line {error.lineno}, column {error.colno})"
    return ""


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key, value in pairs:
        if key in data:
            shown = units.printable(key)
            raise QuantityError(shown, "the same key twice", "each key once", kind="text")
        data[key] = value
    return data


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse_constant(units.printable(text))


def _whole(text: str) -> int | float:
    return int(text) if len(text) <= LONGEST_WHOLE else _finite(text)


def _refuse_constant(name: str) -> NoReturn:
    raise QuantityError("", name, "finite numbers only", kind="text")


_JSON_KINDS: dict[type, str] = {
    type(None): "nothing",
    str: 'the text "{}"',
    dict: "an object",
    list: "a list",
}


def json_kind(value: Any) -> str:
    """What a value is in JSON, in words."""
    kinds = [words for kind, words in _JSON_KINDS.items() if isinstance(value, kind)]
    return "".join(kinds[:1] or "{}").format(units.printable(str(value)))


# --- faults of pydantic ---------------------------------------------------------------------------

NOT_A_FIELD = "a field that is not known here"


def record_error(error: ValidationError, record: type[BaseModel]) -> QuantityError:
    """Turn every fault that pydantic found into a sentence, each once.

    Returns
    -------
    QuantityError
        The fault, or an OrderError where there are several. A field that is misspelled is missing
        too; the misspelled name explains it, so it alone is reported.
    """
    found = error.errors(include_url=False)
    found.sort(key=lambda fault: fault["type"] != "extra_forbidden")
    faults: dict[tuple[str, ...], QuantityError] = {}
    for fault in found:
        for one in _fault_of_pydantic(fault, record).faults:
            faults.setdefault(one.fields, one)
    return one_error(_without_misspelled(faults.values()))


def _without_misspelled(faults: Iterable[QuantityError]) -> list[QuantityError]:
    """The faults without those of fields that are missing because their name is misspelled."""
    known = list(faults)
    unknown = [fault for fault in known if fault.got == NOT_A_FIELD]
    misspelled = {_sibling(fault.fields[0], word) for fault in unknown for word in fault.meant[:1]}

    def explained(fault: QuantityError) -> bool:
        return fault.kind == "missing" and misspelled.issuperset(fault.fields)

    return [fault for fault in known if not explained(fault)]


def _sibling(path: str, name: str) -> str:
    """The path of a field with this name beside another."""
    return f"{path.rpartition('.')[0]}.{name}".lstrip(".")


def _under(inner: QuantityError, path: list[str]) -> QuantityError:
    """A fault of a record inside a record, with the path to it."""
    last = path[-1] if path else ""

    def under(name: str) -> str:
        repeated = last and f"{name}.".startswith(f"{last}.")
        return ".".join(filter(None, [*(path[:-1] if repeated else path), name]))

    fields = list(map(under, inner.fields)) or [".".join(path)]
    words = (under(inner.argument), inner.got, inner.expected, inner.meant)
    return QuantityError(*words, kind=inner.kind, fields=fields)


class _Fault(NamedTuple):
    """A fault of pydantic with the record in which it was found."""

    path: list[str]
    given: Any
    message: str
    context: Mapping[str, Any]
    record: type[BaseModel]

    @property
    def name(self) -> str:
        return ".".join(self.path) or self.record.__name__.lower()

    @property
    def description(self) -> str:
        """What the field expects; nothing where it does not say."""
        field = _field_at(self.record, self.path)
        kinds = get_args(getattr(field, "annotation", None))  # of what may be null
        inside = [one for kind in kinds for one in getattr(kind, "__metadata__", ())]
        said = [getattr(one, "description", None) for one in (field, *inside)]
        said += [getattr(one, "example", "") for one in getattr(field, "metadata", ())]
        return next(filter(None, said), "")

    def error(
        self, got: str, expected: str, meant: Iterable[str] = (), *, kind: FaultKind
    ) -> QuantityError:
        return QuantityError(self.name, got, expected, meant, kind=kind)


def _fault_of_pydantic(found: Any, record: type[BaseModel]) -> QuantityError:
    """One fault of pydantic as one sentence with the path of the input."""
    path = [units.printable(str(part)) for part in found["loc"]]
    context: Mapping[str, Any] = found.get("ctx", {})
    inner = context.get("error")
    if isinstance(inner, OrderError):
        return OrderError([_under(one, path) for one in inner.faults])
    if isinstance(inner, QuantityError):
        return _under(inner, path)
    fault = _Fault(path, found["input"], str(found["msg"]), context, record)
    if found["type"] in _EXPECTED:
        return fault.error(json_kind(fault.given), _EXPECTED[found["type"]], kind="type")
    return _SENTENCES.get(found["type"], _wrong_type)(fault)


# What pydantic expected, by the type of its fault.
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


def _wrong_type(fault: _Fault) -> QuantityError:
    expected = fault.description or fault.message.lower()
    return fault.error(json_kind(fault.given), expected, kind="type")


def _not_json(fault: _Fault) -> QuantityError:
    """What Python's own reader accepts and pydantic's does not."""
    if "recursion" in str(fault.context.get("error")):
        return fault.error(TOO_DEEP, ONE_OBJECT, kind="text")
    return fault.error("text with half of a character", "text in UTF-8", kind="text")


def _missing(fault: _Fault) -> QuantityError:
    return fault.error("nothing", fault.description or "a value", kind="missing")


def _unknown_field(fault: _Fault) -> QuantityError:
    known = list(_fields_by_name(_record_at(fault.record, fault.path[:-1])))
    meant = most_alike(fault.path[-1], known)
    return fault.error(NOT_A_FIELD, ", ".join(known), meant, kind="unknown")


def _unknown_word(fault: _Fault) -> QuantityError:
    """A word that is not of the closed set; one is meant where only one begins so or is alike."""
    expected = str(fault.context["expected"]).replace("'", "")
    words = [word.strip() for word in expected.replace(" or ", ",").split(",")]
    given = "" if fault.given is None else units.printable(str(fault.given))
    start = given.casefold() or "nothing"
    begun = [word for word in words if word.startswith(start)]
    meant = begun or most_alike(start, words, 1)
    only = meant if len(meant) == 1 else ()
    return fault.error(given or "nothing", expected, only, kind="unknown")


# How the other faults of pydantic are put into words, by their type.
_SENTENCES: dict[str, Callable[[_Fault], QuantityError]] = {
    "json_invalid": _not_json,
    "missing": _missing,
    "extra_forbidden": _unknown_field,
    "literal_error": _unknown_word,
}


# --- fields by their path -------------------------------------------------------------------------


def _field_at(record: type[BaseModel], path: list[str]) -> FieldInfo | None:
    """The field at a path; None where the path leaves the records."""
    names = [part for part in path if not part.isdigit()]  # a place in a list has no field
    if not names:
        return None
    return _field_named(_record_at(record, names[:-1]), names[-1])


def _record_at(record: type[BaseModel], path: list[str]) -> type[BaseModel] | None:
    """The record at a path; None where the path leaves the records."""
    holder: type[BaseModel] | None = record
    names = (name for name in path if not name.isdigit())
    for name in names:
        field = _field_named(holder, name)
        holder = _record_of(field)
        if get_origin(getattr(field, "annotation", None)) is Mapping:
            next(names, "")  # its key has no field
    return holder


def _field_named(record: type[BaseModel] | None, name: str) -> FieldInfo | None:
    by_field: dict[str, FieldInfo] = getattr(record, "model_fields", {})
    return {**by_field, **_fields_by_name(record)}.get(name)


def _record_of(field: FieldInfo | None) -> type[BaseModel] | None:
    """The record that a field holds, alone, in a list, or or None."""
    annotation = getattr(field, "annotation", None)
    options = (annotation, *getattr(annotation, "__args__", ()))
    records = (
        option for option in options if isinstance(option, type) and issubclass(option, BaseModel)
    )
    return next(records, None)


def _fields_by_name(record: type[BaseModel] | None) -> dict[str, FieldInfo]:
    """The fields of a record by their name in JSON."""
    fields: dict[str, FieldInfo] = getattr(record, "model_fields", {})
    return {field.alias or name: field for name, field in fields.items()}
