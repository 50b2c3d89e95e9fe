"""The contract with other programs: JSON Schemas of order and prescription, an order to fill in.

A schema says what one field alone may be: its form, units, words and widest range. What fields
must be together, or for a patient of this age, is checked when an order is read. What becomes of an
order is in prescription.py.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from pexcalc.data import indications as indication_table
from pexcalc.data.indications import NOT_LISTED
from pexcalc.order.device import Device
from pexcalc.order.fields import BY_PATH, INPUTS, REQUIRED
from pexcalc.order.order import CRS_INDICATIONS, DOSES, SCHEMA, CourseOrder, Order
from pexcalc.order.patient import Labs, Patient
from pexcalc.order.treatment import Fluid
from pexcalc.prescription import ON_REQUEST, Prescription
from pexcalc.quantities import units
from pexcalc.quantities.errors import QuantityError, refuse_if
from pexcalc.quantities.given import words_if
from pexcalc.quantities.record import WORKING
from pexcalc.rules.crs import CrsOrder

SCHEMAS = ("order", "prescription")
# The quantities that every order has, and the unit that the form shows; another unit of the
# schema will do.
UNIT_NOTES = {
    row.name: units.BY_LABEL[row.range.show or row.range.unit].ucum
    for row in INPUTS
    if row.name in REQUIRED and row.range is not None
}


class _Untitled(GenerateJsonSchema):
    """Without titles, which only repeat the names of fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


AN_EXPONENT = 20  # derived: digits that it counts for


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an order as it is read, or a prescription as it is written.

    Raises QuantityError for another name.
    """
    got = units.shown_text(name)
    refuse_if(name not in SCHEMAS, "schema", got, " or ".join(SCHEMAS), kind="unknown")
    if name == "order":
        made = Order.model_json_schema(mode="validation", schema_generator=_Untitled)
        _describe(made, made["$defs"])
    else:
        made = Prescription.model_json_schema(mode="serialization", schema_generator=_Untitled)
        _without_absent(made)
        _describe(made["$defs"]["Order"], made["$defs"])
    return _identity(name) | _with_definitions(_for_readers_of_json(made))


def _without_absent(made: dict[str, Any]) -> None:
    """Require of a prescription only what its JSON always has: no null, nothing on request."""
    for record in (made, *made["$defs"].values()):
        fields = record.get("properties", {})
        record["required"] = [
            name for name in record.get("required", ()) if not _may_be_null(fields[name])
        ]
    made["required"].remove(WORKING)
    for place, names in ON_REQUEST.items():
        part = made["properties"].get(place)
        record = made["$defs"][_reference(part.get("items", part))] if part else made
        record["required"] = [name for name in record["required"] if name not in names]


def _may_be_null(part: dict[str, Any]) -> bool:
    return part == {"type": "null"} or any(map(_may_be_null, part.get("anyOf", ())))


def order_schema(slim: bool = False) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an order, for forms and for programs that fill one in.

    Parameters
    ----------
    slim : bool
        A schema of at most 12 kB, which a form or an MCP tool can hold: what is
        optional is left out and not null, the range of a quantity is in its description, and
        there are no limits and products of a site, no confirmations and no overrides, which are for
        people. Every order that fits it is read like any other.

    Returns
    -------
    dict
        The schema. It says what one field alone may be; `Order.from_json` checks all of it.

    Raises
    ------
    QuantityError
        For a value of `slim` that is not true or false.

    Notes
    -----
    Valid for orders of the schema version that its `$id` names. No arrays.

    Examples
    --------
    >>> list(order_schema(slim=True)["properties"])[:3]
    ['indication', 'patient', 'dose']
    """
    if not isinstance(slim, bool):
        raise QuantityError("slim", units.printable(str(slim)), "true or false", kind="type")
    whole = schema("order")
    return _slim(whole) if slim else whole


def prescription_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a prescription as `to_json` writes it.

    Returns
    -------
    dict
        What JSON holds; quantities under `$defs`.
    """
    return schema("prescription")


def _identity(name: str) -> dict[str, str]:
    return {"$schema": GenerateJsonSchema.schema_dialect, "$id": f"urn:pexcalc:{name}:{SCHEMA}"}


# --- one definition for each quantity -------------------------------------------------------------


def _with_definitions(made: dict[str, Any]) -> dict[str, Any]:
    """The same schema with each form of a quantity once, under `$defs`, and referred to."""
    found: dict[str, Any] = {}
    records = {name: _referring(part, found) for name, part in made.get("$defs", {}).items()}
    rest = _referring({key: part for key, part in made.items() if key != "$defs"}, found)
    return {"$defs": records | dict(sorted(found.items())), **rest}


def _referring(part: Any, found: dict[str, Any], top: bool = True) -> Any:
    if isinstance(part, list):
        return [_referring(item, found, False) for item in part]
    if not isinstance(part, dict):
        return part
    if not top and _is_quantity(part):
        return _definition(part, found)
    return {key: _referring(value, found, False) for key, value in part.items()}


_FORMS = (("value", "unit"), ("low", "typical", "high", "unit"), ("values", "unit"))


def _is_quantity(part: Mapping[str, Any]) -> bool:
    """Whether a part is the form of a quantity, an interval or a series: numbers and a unit."""
    return part.get("type") == "object" and tuple(part.get("properties", ())) in _FORMS


def _definition(part: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """A reference to the form of a quantity, with what is said of this one beside it."""
    part = dict(part)
    beside: dict[str, Any] = {
        key: part.pop(key) for key in ("description", "default") if key in part
    }
    ranges = part.pop("allOf", None)
    unit = part["properties"]["unit"]
    code = unit["const"] if "const" in unit else unit["enum"][0]
    kind = units.BY_UCUM[code].kind
    what = {"typical": "interval of ", "values": "series of "}
    before = next((words for name, words in what.items() if name in part["properties"]), "")
    name = _name_of(f"{before}{code if 'const' in unit else kind}")
    found[name] = part
    if ranges is not None:
        named, name = name, _name_of(f"{kind} {_range_of(ranges)}")
        found[name] = {"$ref": f"#/$defs/{named}", "allOf": ranges}
    return {"$ref": f"#/$defs/{name}", **beside}


def _range_of(ranges: list[dict[str, Any]]) -> str:
    """The range of a quantity in words, in the unit with the simplest numbers: `20 to 400 kg`."""
    texts = []
    for one in ranges:
        value, code = one["then"]["properties"]["value"], one["if"]["properties"]["unit"]["const"]
        high = value.get("maximum", value.get("exclusiveMaximum"))
        below = "to" if "maximum" in value else "to below"
        texts.append((f"{value['minimum']:.10g} {below} {high:.10g}", words_if(code != "1", code)))

    def digits(text: tuple[str, str]) -> int:
        """How many digits are to be read: an exponent counts as many, a point as two."""
        size = sum(map(str.isdigit, text[0])) + 2 * text[0].count(".")
        exponents = text[0].count("e-") + text[0].count("e+")
        return size + AN_EXPONENT * exponents - 2 * (text == texts[0])

    simplest = min(texts, key=digits)
    return " ".join(simplest).strip()


def _name_of(words: str) -> str:
    """Words as the name of a definition, without a sign that a reference would have to escape."""
    plain = words.replace("/", " per ").replace("%", "percent")
    return re.sub(r"[^\w.]+", "-", plain).strip("-")


# --- the slim schema ------------------------------------------------------------------------------

# What a slim schema leaves out: values of a site, what a person has to answer for, rare details.
NOT_SLIM = {
    "Order": (
        "limits", "products", "confirmed", "overrides", "solutes", "panel", "schema", "charted",
        "measured", "label", "ordered_at",
    ),
    "Patient": ("blood_volume", "plasma_volume", "tanner", "missing_segments"),
    "CrsOrder": ("signs", "persisting_at", "icans"),
    "Device": ("like", "anticoagulant_citrate", "circuit_red_cells", "lock"),
    "Fluid": (
        "albumin", "albumin_strength", "diluent", "plasma", "albumin_container",
        "plasma_container", "saline_container",
    ),
}  # fmt: skip


def _slim(whole: dict[str, Any]) -> dict[str, Any]:
    definitions = whole["$defs"]
    short = _slim_record(whole, definitions)
    kept: dict[str, Any] = {}
    waiting = list(_references(short))
    while waiting:
        name = waiting.pop(0)
        if name not in kept:
            kept[name] = _slim_record(definitions[name], definitions)
            waiting += _references(kept[name])
    return _identity("order-slim") | short | {"$defs": kept}


def _slim_record(record: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    left_out = NOT_SLIM.get(record.get("title", ""), ())
    fields = {name: part for name, part in record["properties"].items() if name not in left_out}
    own = {key: part for key, part in record.items() if key not in _OF_RECORDS}
    short: dict[str, Any] = _shortened({**own, "properties": fields}, definitions)
    return short


def _shortened(part: Any, definitions: Mapping[str, Any]) -> Any:
    """A part without null, defaults and patterns, its ranges as words."""
    if isinstance(part, list):
        return [_shortened(item, definitions) for item in part]
    if not isinstance(part, dict):
        return part
    part = _without_null(part)
    if "$ref" in part:
        return _plain_reference(part, definitions)
    kept = {key: value for key, value in part.items() if key not in _LONG}
    if "enum" in kept:
        kept.pop("type", None)
    return {key: _shortened(value, definitions) for key, value in kept.items()}


# What a slim schema has no need of: an order is read in full all the same.
_LONG = ("default", "pattern", "minLength", "maxLength", "uniqueItems")
_OF_RECORDS = ("title", "description", "$defs", "$schema", "$id", "oneOf")


def _without_null(part: dict[str, Any]) -> dict[str, Any]:
    """A part that may be null as the part that it is otherwise."""
    options = [one for one in part.get("anyOf", ()) if one != {"type": "null"}]
    if len(options) != 1:
        return {**part, "anyOf": options} if options else part
    beside = {key: value for key, value in part.items() if key != "anyOf"}
    return {**options[0], **beside}


def _plain_reference(part: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A reference to the form of a quantity, its range beside what is said of it."""
    target = definitions[str(part["$ref"]).rpartition("/")[2]]
    words = part.get("description")
    if "title" in target:  # a record, whose name says it
        return {"$ref": part["$ref"]}
    if "allOf" not in target or "$ref" not in target:
        return {"$ref": part["$ref"], **({"description": words} if words else {})}
    span = _range_of(target["allOf"])
    return {"$ref": target["$ref"], "description": f"{words}, {span}" if words else span}


def _references(part: Any) -> Iterator[str]:
    """The names of the definitions that a part refers to."""
    if isinstance(part, list):
        for item in part:
            yield from _references(item)
    elif isinstance(part, dict):
        if "$ref" in part:
            yield str(part["$ref"]).rpartition("/")[2]
        for value in part.values():
            yield from _references(value)


# --- what a schema says ---------------------------------------------------------------------------


def _describe(order: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Give each input in the schema of an order the label of its row."""
    for row in BY_PATH.values():
        *groups, field = row.place
        holder = order
        for group in groups:
            holder = definitions[_reference(holder["properties"][group])]
        if field in holder["properties"] and row.kind != "dose":
            holder["properties"][field]["description"] = row.label


def _reference(part: dict[str, Any]) -> str:
    """The name of the definition that a property, or one of its alternatives, refers to."""
    options = [part, *part.get("anyOf", ())]
    found = next(option["$ref"] for option in options if "$ref" in option)
    return str(found).rpartition("/")[2]


def order_to_fill(indication: str) -> dict[str, Any]:
    """An order for this indication with every group and no value: what is null is to be entered.

    It cannot be prescribed from before sex, age, height, weight, hematocrit and one dose are filled
    in; the rest may stay as it is. No dose is suggested.

    Parameters
    ----------
    indication : str
        An id of the indication table, or "not-listed".

    Returns
    -------
    dict
        What JSON holds of the order.

    Raises
    ------
    QuantityError
        For an indication that the table does not have.
    """
    if indication != NOT_LISTED and indication_table.indication(indication) is None:
        wanted = f"an id of the indication table, or {NOT_LISTED}"
        near = indication_table.indications_like(indication)
        raise QuantityError(
            "indication", units.shown_text(indication), wanted, near, kind="unknown"
        )
    rest = {
        name: field.default
        for name, field in Patient.model_fields.items()
        if not field.is_required()
    }
    optional: dict[str, Any] = {name: None if value is None else [] for name, value in rest.items()}
    entered = {name: {"value": None, "unit": unit} for name, unit in UNIT_NOTES.items()}
    return {
        "schema": SCHEMA,
        "label": None,
        "ordered_at": None,
        "indication": indication,
        "patient": {"sex": None, **entered, **optional},
        "dose": {**dict.fromkeys(DOSES), "duration": None},
        "labs": Labs().to_wire(),
        "findings": [],
        "course": CourseOrder().to_wire(),
        **({"crs": CrsOrder().to_wire()} if indication in CRS_INDICATIONS else {}),
        "device": Device().to_wire(),
        "fluid": Fluid().to_wire(),
        "calcium": None,
        "measured": [],
        "charted": {},
        "drugs": [],
        "products": {},
        "solutes": [],
        "panel": True,
        "limits": {},
        "confirmed": [],
        "overrides": [],
    }


def _for_readers_of_json(part: Any) -> Any:
    """Of each description the first sentence: the others tell Python how to use a record."""
    if isinstance(part, list):
        return [_for_readers_of_json(item) for item in part]
    if not isinstance(part, dict):
        return part
    plain = {key: _for_readers_of_json(value) for key, value in part.items()}
    text = plain.get("description")
    if isinstance(text, str):
        plain["description"] = text.replace("\n", " ").partition(". ")[0].removesuffix(".")
    return plain
