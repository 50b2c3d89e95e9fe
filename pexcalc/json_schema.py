"""The contract with other programs: JSON Schemas of order and prescription, an order to fill in.

A schema says what one field alone may be: its form, units, words and widest range. What fields
must be together, or for a patient of this age, is checked when an order is read. What becomes of an
order is in prescription.py.
"""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from pexcalc.data import indications as indication_table
from pexcalc.data.indications import NOT_LISTED
from pexcalc.order.device import Device
from pexcalc.order.fields import BY_PATH, INPUTS, REQUIRED
from pexcalc.order.order import CRS_INDICATIONS, DOSES, SCHEMA, CourseOrder, Order
from pexcalc.order.patient import Labs, Patient
from pexcalc.order.treatment import Fluid
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.quantities.errors import QuantityError
from pexcalc.rules.crs import CrsOrder

SCHEMAS = ("order", "prescription")
# The quantities that no order is without, and the unit that stands in the form; another unit of the
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


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an order as it is read, or a prescription as it is written.

    Raises QuantityError for another name.
    """
    if name not in SCHEMAS:
        got = units.printable(name) or "nothing"
        raise QuantityError("schema", got, " or ".join(SCHEMAS), kind="unknown")
    if name == "order":
        made = Order.model_json_schema(mode="validation", schema_generator=_Untitled)
        _describe(made, made["$defs"])
    else:
        made = Prescription.model_json_schema(mode="serialization", schema_generator=_Untitled)
        _describe(made["$defs"]["Order"], made["$defs"])
    identity = {"$schema": GenerateJsonSchema.schema_dialect, "$id": f"urn:pexcalc:{name}:{SCHEMA}"}
    plain: dict[str, Any] = _for_readers_of_json(made)
    return identity | plain


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
    in; the rest may stay as it is. No dose is suggested. Raises QuantityError for an indication
    that the table does not have.
    """
    if indication != NOT_LISTED and indication_table.indication(indication) is None:
        wanted = f"an id of the indication table, or {NOT_LISTED}"
        near = indication_table.indications_like(indication)
        raise QuantityError(
            "indication", units.printable(indication) or "nothing", wanted, near, kind="unknown"
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
