"""JSON read strictly: one object, no key twice, no NaN; a fault of pydantic as one sentence with its path."""

import json
import math
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError

from pexcalc.quantities import units
from pexcalc.quantities.errors import OrderError, QuantityError

LARGEST = 1_000_000  # derived: characters; an order has a few thousand
ONE_OBJECT, TOO_DEEP = "one JSON object", "JSON nested too deeply"


def read_json(text: str | bytes, what: str) -> dict[str, Any]:
    """JSON text to a dict; refuses duplicate keys, NaN, infinities, huge texts, and anything but one object."""
    expected = ONE_OBJECT
    if not isinstance(text, str | bytes):
        raise QuantityError(
            what, f"a value of type {type(text).__name__}", "JSON text", kind="type"
        )
    if len(text) > LARGEST:
        raise QuantityError(
            what,
            f"{len(text):,} characters",
            f"{expected} of at most {LARGEST:,} characters",
            kind="text",
        )
    try:
        data = json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except QuantityError as error:
        path = f"{what}.{error.argument}".rstrip(".")
        raise QuantityError(path, error.got, error.expected, kind=error.kind) from None
    except RecursionError:
        raise QuantityError(what, TOO_DEEP, expected, kind="text") from None
    except ValueError as error:  # not JSON, or bytes that are not UTF-8
        place = (
            f" (line {error.lineno}, column {error.colno})"
            if isinstance(error, json.JSONDecodeError)
            else ""
        )
        raise QuantityError(what, f"text that is not JSON{place}", expected, kind="text") from None
    if not isinstance(data, dict):
        raise QuantityError(what, json_kind(data), expected, kind="type")
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key, value in pairs:
        if key in data:
            raise QuantityError(
                units.printable(key), "the same key twice", "each key once", kind="text"
            )
        data[key] = value
    return data


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_constant(units.printable(text))


def _whole(text: str) -> int | float:
    return int(text) if len(text) < 16 else _finite(text)


def _no_constant(name: str) -> NoReturn:
    raise QuantityError("", name, "finite numbers only", kind="text")


def json_kind(value: Any) -> str:
    """What came in JSON, in words."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f'the text "{units.printable(value)}"'
    return (
        "an object"
        if isinstance(value, dict)
        else "a list"
        if isinstance(value, list)
        else units.printable(str(value))
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

    A field that is misspelt is missing too, and what was written says more: it comes first, and
    alone.
    """
    found = error.errors(include_url=False)
    found.sort(key=lambda fault: fault["type"] != "extra_forbidden")
    faults: dict[tuple[str, ...], QuantityError] = {}
    for fault in found:
        for one in _one_fault(fault, record).faults:
            faults.setdefault(one.fields, one)
    misspelt = {
        _beside(one, word)
        for one in faults.values()
        for word in one.meant[:1]
        if one.got == NOT_A_FIELD
    }
    kept = [
        one
        for one in faults.values()
        if not (one.kind == "missing" and set(one.fields) <= misspelt)
    ]
    return kept[0] if len(kept) == 1 else OrderError(kept)


NOT_A_FIELD = "a field that is not known here"


def _beside(one: QuantityError, word: str) -> str:
    """The path of a field with this name beside the one of the fault."""
    parent = one.fields[0].rpartition(".")[0]
    return f"{parent}.{word}" if parent else word


def _placed(inner: QuantityError, path: list[str]) -> QuantityError:
    """A fault of a record inside a record, with the path to it."""

    def under(name: str) -> str:
        place = (
            path[:-1] if path and (name == path[-1] or name.startswith(f"{path[-1]}.")) else path
        )
        return ".".join(filter(None, [*place, name]))

    return QuantityError(
        under(inner.argument),
        inner.got,
        inner.expected,
        inner.meant,
        kind=inner.kind,
        fields=map(under, inner.fields) if inner.fields else [".".join(path)],
    )


def _one_fault(first: Any, record: type[BaseModel]) -> QuantityError:
    """One fault that pydantic found, as one sentence with the path of the input."""
    path = [units.printable(str(part)) for part in first["loc"]]
    context, kind = first.get("ctx", {}), first["type"]
    inner = context.get("error")
    if isinstance(inner, OrderError):
        return OrderError([_placed(one, path) for one in inner.faults])
    if isinstance(inner, QuantityError):
        return _placed(inner, path)
    name, came_in = ".".join(path) or record.__name__.lower(), json_kind(first["input"])
    if kind == "json_invalid":  # what Python's own reader takes and pydantic's does not
        if "recursion" in str(inner):
            return QuantityError(name, TOO_DEEP, ONE_OBJECT, kind="text")
        return QuantityError(name, "text with half of a character", "text in UTF-8", kind="text")
    if kind == "missing":
        return QuantityError(
            name, "nothing", _description(record, path) or "a value", kind="missing"
        )
    if kind == "extra_forbidden":
        known = _fields(record, path[:-1])
        return QuantityError(
            name, NOT_A_FIELD, ", ".join(known), units.alike(path[-1], known), kind="unknown"
        )
    if kind == "literal_error":
        expected = str(context["expected"]).replace("'", "")
        words = [word.strip() for word in expected.replace(" or ", ",").split(",")]
        came_in = (
            "nothing"
            if first["input"] is None
            else units.printable(str(first["input"])) or "nothing"
        )
        start = came_in.casefold()
        meant = [word for word in words if word.startswith(start)] or units.alike(start, words, 1)
        return QuantityError(
            name, came_in, expected, meant if len(meant) == 1 else (), kind="unknown"
        )
    return QuantityError(
        name,
        came_in,
        _EXPECTED.get(kind) or _description(record, path) or str(first["msg"]).lower(),
        kind="type",
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
        found = next(
            (f for name, f in holder.model_fields.items() if part in (name, f.alias)), None
        )
        inner = getattr(found, "annotation", None)
        options = [inner, *getattr(inner, "__args__", ())]
        models = [
            option
            for option in options
            if isinstance(option, type) and issubclass(option, BaseModel)
        ]
        holder = models[0] if models else None
    return holder, found


def _description(record: type[BaseModel], path: list[str]) -> str:
    return getattr(_walk(record, path)[1], "description", None) or ""


def _fields(record: type[BaseModel], path: list[str]) -> list[str]:
    holder = _walk(record, path)[0]
    return [field.alias or name for name, field in holder.model_fields.items()] if holder else []
