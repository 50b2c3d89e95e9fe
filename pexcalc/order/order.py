"""The order, from a JSON file, from flags or from Python. Nothing is defaulted.

One level of nesting, the groups a bedside form would have. What becomes of it is in
prescription.py.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

from pint.facets.plain import PlainQuantity
from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

from pexcalc.data import indications as indication_table
from pexcalc.data import products as product_table
from pexcalc.data import spelling
from pexcalc.data.indication_names import disease_named
from pexcalc.data.indications import NOT_LISTED
from pexcalc.order.device import Device
from pexcalc.order.fields import (
    BY_NAME,
    BY_PATH,
    SESSION,
    SESSIONS,
    Finding,
    alternatives,
    measured,
)
from pexcalc.order.lookup import made_by_the_body, solute_named
from pexcalc.order.measured import MeasuredLevel, checked_levels, next_after, with_labs
from pexcalc.order.patient import Labs, Patient, check_height
from pexcalc.order.site_limits import SiteLimit, check_limits, limit_schemas, spelled
from pexcalc.order.treatment import (
    OWN_ID,
    Calcium,
    DrugOrder,
    Fluid,
    ProductValues,
    check_fluid,
    check_products,
)
from pexcalc.quantities import units
from pexcalc.quantities.annotations import NoneStated, OrNone, bounds
from pexcalc.quantities.errors import QuantityError, refuse_if
from pexcalc.quantities.given import if_given
from pexcalc.quantities.record import (
    Fixed,
    NotABool,
    Number,
    OneLine,
    Record,
    Schema,
    Text,
    printed_on_one_line,
    renamed,
)
from pexcalc.quantities.strict_json import read_json
from pexcalc.quantities.units import Quantity
from pexcalc.rules.alerts import BY_ID, CONFIRMABLE, STOPS
from pexcalc.rules.cautions import confirmable
from pexcalc.rules.crs import CrsOrder
from pexcalc.rules.medicine_rules import kinds_of
from pexcalc.rules.not_checked import check_denials

if TYPE_CHECKING:
    from pexcalc.order.site import Site

V = TypeVar("V")

SCHEMA = 2
SCHEMAS_READ = (1, 2)
LONGEST_LABEL = 80  # derived: letters
# A date, T or a space, a time, a zone; `datetime` looks closer, but takes any character between
# date and time.
_TIME = r"^[0-9W-]{7,10}[T ][0-9:.,]+(Z|[+-][0-9:.]+)$"
CRS_INDICATIONS = ("crs-car-t", "crs-viral")
WITH_A_CRS_RECORD = (*CRS_INDICATIONS, "hlh")


DOSES = ("plasma_volumes", "exchange_volume", "bag_volume")
_ONE_DOSE: Any = [
    {
        "required": [name],
        "properties": {name: {"type": "number" if name == "plasma_volumes" else "object"}},
    }
    for name in DOSES
]


class DoseOrder(Record):
    """The dose of one session, as plasma volumes, exchange volume or bag volume, and how long.

    exchange_volume is patient plasma; bag_volume what the remove bag holds, plasma and
    anticoagulant.
    """

    model_config = ConfigDict(json_schema_extra={"oneOf": _ONE_DOSE})

    plasma_volumes: Number | None = None
    exchange_volume: Annotated[Quantity, measured("dose.exchange_volume", within=False)] | None = (
        None
    )
    bag_volume: Annotated[Quantity, measured("dose.bag_volume")] | None = None
    duration: Annotated[Quantity, measured("dose.duration")] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in DOSES if getattr(self, name) is not None]
        if len(given) != 1:
            shown = f"both {' and '.join(given)}" if given else "nothing"
            examples = "plasma_volumes (such as 1.2), exchange_volume (such as 3000 mL)"
            wanted = f"one of {examples} and bag_volume"
            raise QuantityError("dose", shown, wanted, kind="conflict" if given else "missing")
        return self


DoseOrder.__module__ = "pexcalc"


class CourseOrder(Record):
    """The course that is planned: number of sessions, and the time from start to start.

    session                   which of them this is; not known is not the first
    taper                     true where the course is being tapered
    target_level, target_fall the level aimed at, or the fall, as a share of the level before the
    first session; how many sessions it takes is calculated, nothing is ordered from it
    """

    sessions: Annotated[int, NotABool, Field(strict=True), Schema(**bounds(SESSIONS))] | None = None
    interval: Annotated[Quantity, measured("course.interval")] | None = None
    session: Annotated[int, NotABool, Field(strict=True), Schema(**bounds(SESSION))] | None = None
    taper: Annotated[bool, Field(strict=True, description="true or false, stated")] | None = None
    target_level: Annotated[Any, measured("course.target_level")] | None = None
    target_fall: Annotated[Any, measured("course.target_fall")] | None = None

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if self.target_level is not None and self.target_fall is not None:
            got, wanted = "a fall and a level", "one of them: the level left, or the fall"
            raise QuantityError("target_level", got, wanted, kind="conflict")
        if (self.target_level, self.target_fall) != (None, None) and self.interval is None:
            wanted = "the time from start to start, such as 48 h, which a target needs"
            raise QuantityError("interval", "nothing, with a target", wanted, kind="missing")
        return self

    @field_validator("sessions", "session")
    @classmethod
    def _in_range(cls, number: int | None, info: ValidationInfo) -> int | None:
        return if_given(number, lambda number: int(SESSIONS.one(str(info.field_name), number)))


CourseOrder.__module__ = "pexcalc"


class Override(Record):
    """A named clinician's reason to go on in spite of one rule that stops, named by its id.

    A code of schema 1 (`W-ABO`) is read as the id of its rule where it belongs to one stop.
    """

    rule: Annotated[Text, Schema(enum=list(STOPS))]
    reason: Annotated[
        OneLine, Field(min_length=3, max_length=200, description="a reason of 3 to 200 characters")
    ]
    by: Annotated[
        OneLine, Field(min_length=2, max_length=80, description="a name of 2 to 80 characters")
    ]

    @model_validator(mode="before")
    @classmethod
    def _of_schema_1(cls, data: Any) -> Any:
        return renamed(data, "code", "rule")

    @field_validator("rule")
    @classmethod
    def _known(cls, name: str) -> str:
        return stop_id(name)


Override.__module__ = "pexcalc"


def stop_id(name: str) -> str:
    """The id of a rule that stops; a code of schema 1 is read where one stop has it."""
    if name in STOPS:
        return name
    family = [id for id in STOPS if BY_ID[id].code == name]
    if len(family) == 1:
        return family[0]
    refuse_if(
        family,
        "rule",
        f"{name}, the code of {len(family)} rules",
        f"one of {' or '.join(family)}",
        family,
        kind="unknown",
    )
    near = spelling.nearest(name, dict.fromkeys(STOPS))
    got = units.shown_text(name)
    refuse_if(
        name in BY_ID,
        "rule",
        f"{got}, which does not stop an order",
        f"a rule that stops: {', '.join(STOPS)}",
        near,
        kind="unknown",
    )
    raise QuantityError("rule", got, f"a rule that stops: {', '.join(STOPS)}", near, kind="unknown")


def _own_product_schemas() -> list[dict[str, Any]]:
    """JSON schema of products that the table does not have: each says its kind."""
    ids = "|".join(re.escape(name) for name in product_table.products())
    return [{"patternProperties": {f"^(?!({ids})$)": {"required": ["kind"]}}}]


def charted_units(name: str) -> tuple[str, ...]:
    """The units of its ion in which a laboratory value may have been typed."""
    row = BY_PATH.get(f"labs.{name}")
    return tuple(label for label, _ in row.per_mmol) if row is not None else ()


def _charted_schema() -> dict[str, Any]:
    """JSON schemas of the units of ions, by the name of the laboratory value."""
    names = [path.removeprefix("labs.") for path in BY_PATH if path.startswith("labs.")]
    own = {name: list(charted_units(name)) for name in names}
    return {name: {"enum": units_} for name, units_ in own.items() if units_}


_LABEL = f"text of at most {LONGEST_LABEL} characters"


def _none() -> Mapping[str, Any]:
    return MappingProxyType({})


class Order(Record):
    """What is asked: patient, indication, dose, what site and clinician add. Raises QuantityError.

    `findings` are words of fields.FINDINGS; findings, drugs and the states of the patient may be
    "none", which says more than an empty list, and `no-hit` among the findings is an answer too;
    `solutes` are shown beside those of the indication, or in their place with `panel` false;
    `measured` are levels of the patient around sessions of this course, which change the forecast
    and never the dose; `products` and `limits` are a site's own values in place of those of the
    program, and products that the program's table does not have; `charted` names the
    unit of a laboratory value that was typed in a unit of its ion (mEq/L), for print.
    """

    schema_: Annotated[Literal[2], NotABool, Field(alias="schema")] = 2
    label: Annotated[OneLine, Field(max_length=LONGEST_LABEL, description=_LABEL)] | None = None
    ordered_at: (
        Annotated[
            Text, Field(description="a time such as 2025-06-24T14:05+02:00"), Schema(pattern=_TIME)
        ]
        | None
    ) = None
    indication: Annotated[
        Text,
        Field(description=BY_NAME["indication"].example),
        Schema(enum=lambda: [*indication_table.indications(), NOT_LISTED]),
    ]
    patient: Annotated[Patient, Field(description="an object")]
    dose: Annotated[
        DoseOrder, Field(description="an object with plasma_volumes or exchange_volume")
    ]
    labs: Annotated[Labs | None, Field(description="an object with laboratory values")] = None
    charted: Annotated[
        Fixed[Text], Schema(properties=_charted_schema, additionalProperties=False)
    ] = Field(default_factory=_none)
    findings: Annotated[tuple[Finding, ...], OrNone()] = ()
    course: CourseOrder | None = None
    measured: tuple[MeasuredLevel, ...] = ()
    crs: CrsOrder | None = None
    device: Annotated[
        Device | None, Field(description="an object with the values of the device")
    ] = None
    products: Annotated[  # before the fluid, which may name one of them
        Fixed[ProductValues], Schema(propertyNames={"pattern": OWN_ID}, allOf=_own_product_schemas)
    ] = Field(default_factory=_none)
    fluid: Fluid | None = None
    calcium: Calcium | None = None
    drugs: Annotated[tuple[DrugOrder, ...], OrNone()] = ()
    solutes: tuple[OneLine, ...] = ()
    panel: Annotated[bool, Field(strict=True, description="true or false")] = True
    limits: Annotated[
        Fixed[SiteLimit], Schema(properties=limit_schemas, additionalProperties=False)
    ] = Field(default_factory=_none)
    confirmed: tuple[Annotated[Text, Schema(enum=list(CONFIRMABLE))], ...] = ()
    overrides: tuple[Override, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_schema_1(cls, data: Any) -> Any:
        """An order of schema 1 is read as one of today; it is written as schema 2."""
        if not isinstance(data, Mapping):
            return data
        if type(data.get("schema")) is int and data["schema"] in SCHEMAS_READ:
            data = {**data, "schema": SCHEMA}
        if isinstance(data.get("limits"), Mapping):
            data = {**data, "limits": spelled(data["limits"])}
        return data

    @field_validator("label")
    @classmethod
    def _harmless(cls, label: str | None) -> str | None:
        return if_given(label, one_label)

    @field_validator("ordered_at", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime) else value

    @field_validator("ordered_at")
    @classmethod
    def _timed(cls, text: str | None) -> str | None:
        return if_given(text, timed)

    @field_validator("indication")
    @classmethod
    def _listed(cls, name: str) -> str:
        if indication_table.indication(name) is None and name != NOT_LISTED:
            raise unknown_indication(name)
        return name

    @field_validator("solutes")
    @classmethod
    def _in_catalogue(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(dict.fromkeys(made_by_the_body(solute_named(name)).id for name in names))
        except QuantityError as error:
            error.argument = ""  # the field's own name is enough
            raise

    @field_validator("confirmed")
    @classmethod
    def _confirmable(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return confirmable(names, given_inputs(info.data))

    @field_validator("limits")
    @classmethod
    def _as_the_defaults(cls, given: Mapping[str, SiteLimit]) -> Mapping[str, SiteLimit]:
        check_limits(given)
        return _in_order(given)

    @field_validator("findings")
    @classmethod
    def _each_once(cls, findings: tuple[str, ...]) -> tuple[str, ...]:
        if isinstance(findings, NoneStated):
            return findings
        return tuple(dict.fromkeys(findings))

    @field_validator("charted")
    @classmethod
    def _units_of_ions(cls, given: Mapping[str, str]) -> Mapping[str, str]:
        for name, unit in given.items():
            if unit not in charted_units(name):
                shown = f"{units.printable(unit)} for {units.printable(name)}"
                wanted = f"{' or '.join(charted_units(name)) or 'no such laboratory value'}"
                raise QuantityError("charted", shown, wanted, kind="unit")
        return _in_order(given)

    @field_validator("products")
    @classmethod
    def _known_products(cls, given: Mapping[str, ProductValues]) -> Mapping[str, ProductValues]:
        check_products(given)
        return _in_order(given)

    @field_validator("fluid")
    @classmethod
    def _of_known_products(cls, fluid: Fluid | None, info: ValidationInfo) -> Fluid | None:
        if fluid is not None and "products" in info.data:
            check_fluid(fluid, info.data["products"], (info.context or {}).get("products"))
        return fluid

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        refuse_if(
            self.crs is not None and self.indication not in WITH_A_CRS_RECORD,
            "crs",
            f"a record of CRS with {self.indication}",
            f"it only with {' or '.join(WITH_A_CRS_RECORD)}",
            kind="conflict",
        )
        check_height(self.patient, self.confirmed)
        check_denials(self.findings, known_words(self), self.indication)
        levels_of(self)
        if self.dose.bag_volume is not None and (self.device is None or self.device.ratio is None):
            why = "which say how much of the bag is plasma"
            wanted = f"a device with its ratio and the meaning of the ratio, {why}"
            shown = "a bag volume without a device"
            raise QuantityError("dose.bag_volume", shown, wanted, kind="missing")
        return self

    @classmethod
    def from_json(cls, text: str | bytes, registry: Any = None, site: "Site | None" = None) -> Self:
        """Read an order from JSON text, strictly, and complete it from a site file.

        Parameters
        ----------
        text : str or bytes
            One JSON object.
        registry : pint.UnitRegistry, optional
            The registry of its Quantities; without one pint's application registry.
        site : Site, optional
            What the order leaves open is taken from it.

        Raises
        ------
        QuantityError
            With the path of what cannot be used.
        """
        return cls.from_wire(read_json(text, "order"), registry, site)

    @classmethod
    def from_wire(
        cls, data: Mapping[str, Any], registry: Any = None, site: "Site | None" = None
    ) -> Self:
        """Read an order from what JSON text holds, and complete it from a site file."""
        if site is None:
            return super().from_wire(data, registry)
        own = {"products": site.products, "devices": site.devices}
        return cls._from_data(site.complete(data), registry, **own)


Order.__module__ = "pexcalc"


def session_of(order: Order) -> int:
    """Which session of the course this is: as stated, else the one after the measured levels."""
    stated = if_given(order.course, lambda course: course.session)
    return stated or next_after(order.measured)


def levels_of(order: Order) -> tuple[MeasuredLevel, ...]:
    """The measured levels, with the laboratory values as those before this session."""
    number = session_of(order)
    checked_levels(order.measured, number)
    return with_labs(order.measured, order.labs, number)


def states_of(order: Order) -> tuple[str, ...]:
    """The states of the patient, and those that the indication brings."""
    return (*order.patient.states, *indication_table.IMPLIED_STATES.get(order.indication, ()))


def known_words(order: Order) -> frozenset[str]:
    """The findings and states of an order, those of its indication, and kinds of medicine."""
    kinds = kinds_of(drug.name for drug in order.drugs)
    return kinds.union(order.findings, states_of(order))


def unknown_indication(name: str) -> QuantityError:
    """The error for a name that is no id: a disease with several rows, with near ones, with none.

    The row of a neighboring disease is shown as the nearest, never as what was meant.
    """
    wanted = f"an id of the indication table, or {NOT_LISTED}"
    near = indication_table.indications_like(name)
    meaning = disease_named(name)
    if meaning is not None and meaning.kind != "same":
        wanted, near = (
            _ROW_WANTED[meaning.kind].format(
                NOT_LISTED,
                says=meaning.says,
                disease=meaning.name,
                rows=alternatives(tuple(map(_with_condition, meaning.rows))),
            ),
            [],
        )
    shown = units.shown_text(name)
    return QuantityError("indication", shown, wanted, near, kind="unknown")


# What is expected in place of a name of each kind.
_ROW_WANTED = {
    "rows": "the row of {disease} that is meant: {rows}",
    "nearest": "{0}: {disease} is not itself in ASFA 2023; nearest rows: {rows}",
    "none": "{0}: {says}",
}


def _with_condition(id: str) -> str:
    """A row by its id, with the condition for which it is listed."""
    row = indication_table.indication(id)
    return f"{id} ({row.condition})" if row is not None and row.condition else id


def given_inputs(order: Mapping[str, Any]) -> frozenset[str]:
    """The paths of the inputs that the fields of an order hold, were it with none."""
    return frozenset(path for path, value in fields_of(order).items() if not _is_empty(value))


def denied_inputs(order: Mapping[str, Any]) -> frozenset[str]:
    """The paths of the inputs that were answered with none."""
    everything = fields_of(order).items()
    return frozenset(path for path, value in everything if isinstance(value, NoneStated))


def quantities_of(order: Mapping[str, Any]) -> dict[str, Any]:
    """The Quantities of an order by path, in the units in which they were entered."""
    everything = fields_of(order).items()
    return {path: value for path, value in everything if isinstance(value, PlainQuantity)}


def fields_of(order: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the fields of an order hold, by path."""
    groups = {name: dict(value) for name, value in order.items() if isinstance(value, Record)}
    inside = {
        f"{group}.{name}": value for group, part in groups.items() for name, value in part.items()
    }
    return {**order, **inside}


def _is_empty(value: Any) -> bool:
    unanswered = isinstance(value, tuple | Mapping) and not isinstance(value, NoneStated)
    return value is None or (unanswered and not value)


def timed(text: str) -> str:
    """A date with time and zone as it is; QuantityError for anything else."""
    try:
        zoned = re.fullmatch(_TIME, text) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        zoned = False
    shown = units.shown_text(text)
    wanted = "date, time and zone, such as 2025-06-24T14:05+02:00"
    refuse_if(not zoned, "ordered_at", shown, wanted, kind="text")
    return text


def one_label(text: str) -> str:
    """A label as it is; QuantityError for one that is too long or does not print on one line."""
    refuse_if(len(text) > LONGEST_LABEL, "label", units.printable(text), _LABEL, kind="text")
    return printed_on_one_line("label", text)


def _in_order(given: Mapping[str, V]) -> Mapping[str, V]:
    """By name: two orders that say the same are equal, whatever stood first in their files."""
    return MappingProxyType(dict(sorted(given.items())))
