"""A site file: a hospital's own limits, products and devices, read from TOML.

It is put into an order before the order is prescribed: what the order leaves open is taken from the
file, so that the order in a prescription gives the same again without the file. The trap: a site
file moves no limit beyond its bounds, and a product under a new name is under the old stops.
"""

import hashlib
import math
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from pexcalc.data import devices as device_table
from pexcalc.data import limits as limit_table
from pexcalc.data import products as product_table
from pexcalc.data import spelling
from pexcalc.data.products import Product
from pexcalc.order.device import Device
from pexcalc.order.fields import BY_PATH, CITRATE, CONTAINER, FIBRINOGEN, measured, value_at
from pexcalc.order.order import Order
from pexcalc.order.site_limits import SiteLimit, check_limits, limits_in_force, spelled
from pexcalc.order.treatment import (
    ASSUMED_PRODUCTS,
    PROTEIN_OF,
    Fluid,
    ProductValues,
    check_products,
    name_of,
    products_in,
)
from pexcalc.quantities import units
from pexcalc.quantities.argument import In, is_number
from pexcalc.quantities.errors import OrderError, QuantityError, refuse_if
from pexcalc.quantities.record import Fixed, OneLine, Record, Result, Text
from pexcalc.quantities.strict_json import json_kind
from pexcalc.rules.cautions import span_words

LARGEST_FILE = 1_000_000  # derived: bytes; a site file has a few thousand
HASH_DIGITS = 12  # derived: as for the data of the program
LARGEST_NUMBER = 1e15  # derived: whole numbers that a float holds exactly
KEYS = ("name", "units", "limits", "products", "devices")
# What a run takes of the device: none of it is filled in unless the run can be calculated then.
RATIO = ("ratio", "ratio_meaning")
RUN = {
    "centrifuge": ("inlet_flow", *RATIO, "plasma_removal_efficiency"),
    "membrane": ("blood_flow", "plasma_flow"),
}
CITRATE_FIELDS = ("anticoagulant", "anticoagulant_citrate")
NOT_A_KEY = "a key that is not known here"


class SiteDevice(Device):
    """A site's values of one device: those of an order, each of which may be left out.

    Not the prime, which is chosen for a patient and decides on a stop; and no circuit volume below
    the least that is published of the device.
    """

    @model_validator(mode="after")
    def _lifts_no_stop(self) -> Self:
        got = f"{self.prime} for every patient"
        refuse_if(self.prime is not None, "prime", got, "the prime in the order", kind="conflict")
        row = self.machine
        if row is not None and row.circuit_volume and self.circuit_volume is not None:
            held, least = units.size(self.circuit_volume, "mL"), min(row.circuit_volume)
            wanted = f"at least {least:g} mL, the least published of the {row.name}"
            got = f"{units.number(held)} mL"
            refuse_if(held < least, "circuit_volume", got, wanted, kind="range")
        return self

    def _needed(self, kind: str, given: list[str]) -> tuple[str, ...]:
        return ()


SiteDevice.__module__ = "pexcalc"


class SiteRow(Result):
    """One row of a site file: its value, and the value of the program that it takes the place of.

    `field` is empty where the row is a whole limit, product or device; `instead_of` is None where
    the program has no value.
    """

    table: Literal["limits", "products", "devices"]
    id: Text
    field: Text
    value: Text
    instead_of: Text | None


class SiteUsed(Result):
    """The site file that a result was computed with: its name, its hash, the rows that it used."""

    name: Text
    hash: Text
    rows: tuple[SiteRow, ...]


SiteUsed.__module__ = "pexcalc"


class Site(Record):
    """A site file: limits, products, devices and default units of one site. Raises QuantityError.

    name                      of the site, as the sheet prints it
    limits                    site limits by name, each within its bounds
    products                  values of a product of the table, or products of the site's own
    devices                   values that fill what the device of an order leaves open
    units                     of laboratory values on the sheet: entered, si or us
    hash                      twelve hex digits that change with any byte of the file

    >>> site = Site.from_toml(b'name = "St. Example"')
    >>> site.name, site.units, len(site.hash)
    ('St. Example', 'entered', 12)
    """

    name: Annotated[
        OneLine, Field(max_length=80, description="the name of the site, at most 80 characters")
    ]
    limits: Fixed[SiteLimit] = Field(default_factory=lambda: MappingProxyType({}))
    products: Fixed[ProductValues] = Field(default_factory=lambda: MappingProxyType({}))
    devices: Fixed[SiteDevice] = Field(default_factory=lambda: MappingProxyType({}))
    units: Literal["entered", "si", "us"] = "entered"
    hash: Text

    @field_validator("limits")
    @classmethod
    def _within_bounds(cls, given: Mapping[str, SiteLimit]) -> Mapping[str, SiteLimit]:
        check_limits(given)
        return given

    @field_validator("products")
    @classmethod
    def _safe_products(cls, given: Mapping[str, ProductValues]) -> Mapping[str, ProductValues]:
        check_products(given)
        return given

    # --- reading ---

    @classmethod
    def read(cls, path: str | Path, registry: Any = None) -> Self:
        """Read a site file.

        Parameters
        ----------
        path : str or Path
            A TOML file in UTF-8 of at most 1 MB.
        registry : pint.UnitRegistry, optional
            The registry of its Quantities; without one pint's application registry.

        Raises
        ------
        QuantityError
            With the file and the key of what cannot be used.
        """
        name = units.printable(Path(path).name or str(path))
        try:
            with open(path, "rb") as file:
                data = file.read(LARGEST_FILE + 1)
        except (OSError, ValueError) as error:  # ValueError: a name with a null character
            why = getattr(error, "strerror", error)
            got = f"a file that cannot be read ({why})"
            raise QuantityError(name, got, "a site file in TOML", kind="file") from None
        return cls.from_toml(data, name, registry)

    @classmethod
    def from_toml(cls, data: bytes, file: str = "site", registry: Any = None) -> Self:
        """Read a site file from its bytes; errors call it by the name `file`."""
        parsed = _toml_tables(data, file)
        try:
            wire = _wire(parsed)
            digest = hashlib.sha256(data).hexdigest()[:HASH_DIGITS]
            return cls.from_wire({**wire, "hash": digest}, registry)
        except QuantityError as error:
            for fault in error.faults:
                fault.argument = f"{file}: {fault.argument}"
            if isinstance(error, OrderError):
                error.argument = error.faults[0].argument
            raise

    # --- what it is used for ---

    @property
    def limits_in_force(self) -> dict[str, limit_table.Limit]:
        """Every threshold, with those of the site in place of those of the program."""
        return limits_in_force(self)

    @property
    def devices_of_table(self) -> dict[str, str]:
        """The device of the table that each of the site's devices is, or is like."""
        return {id: device.like or id for id, device in self.devices.items()}

    def complete(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """An order as JSON holds it, with what it leaves open put in from the site.

        What the order says is kept, value by value.
        """
        own = self.to_wire()
        return {**data, **_completed(data, own["limits"], own["products"], own["devices"])}

    def completed(self, order: Order) -> Order:
        """The order with what it leaves open put in from the site.

        Raises
        ------
        QuantityError
            Where the two do not fit together.
        """
        given = {
            "limits": order.limits,
            "products": _as_dicts(order.products),
            "fluid": dict(order.fluid or Fluid()),
            "device": order.device and dict(order.device),
        }
        own = self.limits, _as_dicts(self.products), _as_dicts(self.devices)
        changes = _completed(given, *own)
        return order.model_copy(update=changes) if changes else order

    def used(self, order: Order | None = None, kinds: Collection[str] = ()) -> SiteUsed:
        """What the file adds to a completed order; of products those of these kinds.

        Without an order: no row.
        """
        rows = [] if order is None else _rows_in(self, order, kinds)
        return SiteUsed(name=self.name, hash=self.hash, rows=tuple(rows))

    def used_limits(self, names: Collection[str]) -> SiteUsed:
        """The limits of these names that differ from those of the program."""
        rows = tuple(row for row in _limit_rows(self) if row.id in names and _differs(row))
        return SiteUsed(name=self.name, hash=self.hash, rows=rows)

    def rows(self) -> tuple[SiteRow, ...]:
        """Every row of the file beside what the program has."""
        return (*_limit_rows(self), *_product_rows(self), *_rows_of_devices(self))


Site.__module__ = SiteUsed.__module__ = SiteRow.__module__ = "pexcalc"


# --- from the file --------------------------------------------------------------------------------


def _toml_tables(data: bytes, file: str) -> dict[str, Any]:
    """The tables of a TOML file; QuantityError of kind file for what is none."""
    wanted = "a site file in TOML, in UTF-8, of at most 1 MB"
    refuse_if(len(data) > LARGEST_FILE, file, "more than 1 MB", wanted, kind="file")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        got = f"a file that is not in UTF-8 (byte {error.start + 1})"
    except RecursionError:
        got = "tables nested too deeply"
    except ValueError as error:  # not TOML, or a number of thousands of digits
        got = f"a file that is not TOML ({units.printable(str(error), 120)})"
    raise QuantityError(file, got, wanted, kind="file")


def _wire(parsed: Mapping[str, Any]) -> dict[str, Any]:
    """The file as the JSON of the record: quantities with units, devices with names."""
    for key, value in parsed.items():
        if key not in KEYS:
            near = spelling.nearest(key, dict.fromkeys(KEYS))
            shown = units.printable(key) or "an empty key"
            raise QuantityError(shown, NOT_A_KEY, ", ".join(KEYS), near, kind="unknown")
        _check_plain(key, value)
    readers: Mapping[str, Callable[[str, dict[str, Any]], Any]] = {
        "limits": _limit_ends,
        "products": _product_wire,
        "devices": _device_wire,
    }
    wire = dict(parsed)
    for table, read in readers.items():
        rows = _table(table, parsed.get(table, {}))
        wire[table] = {id: read(id, _table(f"{table}.{id}", rows[id])) for id in rows}
    return wire


def _check_plain(path: str, value: Any) -> None:
    """Refuse what JSON does not hold: dates, NaN, infinities, numbers beyond all measure."""
    if isinstance(value, dict):
        for key, part in value.items():
            _check_plain(f"{path}.{units.printable(key)}", part)
    elif isinstance(value, list):
        for part in value:
            _check_plain(path, part)
    elif is_number(value):
        if not abs(value) <= LARGEST_NUMBER:  # so also for NaN
            raise QuantityError(path, "a number that cannot be", "a finite number", kind="type")
    elif not isinstance(value, str | bool):
        got = f"a value of type {type(value).__name__}"
        raise QuantityError(path, got, "text, a number or a list", kind="type")


def _table(path: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise QuantityError(path, json_kind(value), "a table", kind="type")
    return value


def _quantity_wire(path: str, value: Any, spec: In) -> dict[str, Any]:
    """A quantity as JSON holds it, out of a text that is read as an option is."""
    if not isinstance(value, str) and not is_number(value):
        raise QuantityError(path, json_kind(value), f"text: {spec.expected}", kind="type")
    number, unit = spec.read(path, str(value))
    return {"value": number, "unit": unit.ucum}


def _limit_ends(id: str, row: dict[str, Any]) -> dict[str, Any]:
    """A limit: ends as numbers in the unit of the row, or as texts with their unit."""
    path = f"limits.{id}"
    check_limits({id: _default_of(id)})  # a name that is no site limit
    default = limit_table.limits()[id]
    label = units.BY_UCUM[default.unit].label
    wire = dict(row)
    texts = [end for end in ("low", "high") if isinstance(row.get(end), str)]
    for end in texts:
        spec = In(label, -math.inf, math.inf)
        number, unit = _without_range(spec, f"{path}.{end}", row[end], default.unit)
        wire[end] = round(spec.from_unit(unit.label, number), 9)
    if texts and len(texts) == sum(end in row for end in ("low", "high")):
        wire.setdefault("unit", default.unit)
    wanted = f"{default.unit}, or ends as texts with their unit"
    refuse_if("unit" not in wire, f"{path}.unit", "nothing", wanted, kind="missing")
    return wire


def _default_of(id: str) -> SiteLimit:
    """The limit of that name as an order would write it."""
    default = limit_table.limits().get(id)
    if default is None:
        return SiteLimit(unit="1")
    return SiteLimit(low=default.low, high=default.high, unit=default.unit)


def _without_range(spec: In, path: str, text: str, unit: str) -> tuple[float, units.Unit]:
    """A number with its unit; an error says the unit alone, because a limit has no range here."""
    try:
        return spec.read(path, text)
    except QuantityError as error:
        wanted = f"a number in {unit}, with its unit"
        raise QuantityError(path, error.got, wanted, error.meant, kind=error.kind) from None


def _product_wire(id: str, row: dict[str, Any]) -> dict[str, Any]:
    """The values of a product, each quantity out of its text."""
    known = product_table.products().get(id)
    kind = known.kind if known else str(row.get("kind"))
    protein = PROTEIN_OF.get(kind, PROTEIN_OF["albumin"])
    specs = {"protein": protein, "fibrinogen": FIBRINOGEN, "citrate": CITRATE}
    path = f"products.{id}"
    wire = dict(row)
    for name in row.keys() & specs.keys():
        wire[name] = _quantity_wire(f"{path}.{name}", row[name], specs[name])
    sizes = row.get("containers", [])
    if not isinstance(sizes, list):
        wanted = 'a list such as ["250 mL"]'
        raise QuantityError(f"{path}.containers", json_kind(sizes), wanted, kind="type")
    wire["containers"] = [_quantity_wire(f"{path}.containers", size, CONTAINER) for size in sizes]
    return wire


def _device_wire(id: str, row: dict[str, Any]) -> dict[str, Any]:
    """The values of a device, each quantity out of its text."""
    path, known = f"devices.{id}", list(_published_machines())
    if "name" in row:
        fields = ", ".join(name for name in Device.model_fields if name != "name")
        raise QuantityError(f"{path}.name", NOT_A_KEY, fields, kind="unknown")
    if id not in known and row.get("like") is None:
        wanted = f"the device of the table that it is like: {', '.join(known)}"
        near = spelling.nearest(id, dict.fromkeys(known))
        raise QuantityError(f"{path}.like", "nothing", wanted, near, kind="missing")
    wire = {**row, "name": id}
    for name, value in row.items():
        place = f"device.{name}"
        if place in BY_PATH and BY_PATH[place].kind == "quantity":
            wire[name] = _quantity_wire(f"{path}.{name}", value, measured(place).spec)
    return wire


def _published_machines() -> dict[str, device_table.Machine]:
    rows = device_table.devices().items()
    return {id: row for id, row in rows if row.kind != "anticoagulant"}


# --- into an order --------------------------------------------------------------------------------


def _completed(
    given: Mapping[str, Any],
    limits: Mapping[str, Any],
    products: Mapping[str, Mapping[str, Any]],
    devices: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """The groups of an order that the site changes; as JSON or as records, both have this form.

    A group that is no mapping is left alone: the order refuses it.
    """
    changes: dict[str, Any] = {}
    for name, own, complete in (
        ("limits", limits, _with_limits),
        ("products", products, _with_products),
        ("device", devices, _with_device),
    ):
        group = given.get(name)
        if own and isinstance(group, Mapping | None):
            before = dict(group or {})
            whole = complete(before, own, given)
            if whole != before:
                changes[name] = whole
    return changes


def _as_dicts(records: Mapping[str, Record]) -> dict[str, dict[str, Any]]:
    return {id: dict(record) for id, record in records.items()}


def _with_limits(
    group: Mapping[str, Any], own: Mapping[str, Any], order: Mapping[str, Any]
) -> dict[str, Any]:
    """The limits of the order, and those of the site that differ from the program's."""
    defaults = limit_table.limits()
    other = {
        id: limit
        for id, limit in own.items()
        if _limit_values(limit) != (defaults[id].low, defaults[id].high)
    }
    return {**other, **spelled(group)}


def _limit_values(limit: Any) -> tuple[Any, Any]:
    parts = dict(limit)
    return parts.get("low"), parts.get("high")


def _with_products(
    group: Mapping[str, Any], own: Mapping[str, Any], order: Mapping[str, Any]
) -> dict[str, Any]:
    """The products of the order, those that it gives completed from the site.

    A product that the order describes itself is left as it is.
    """
    used = [value_at(order, ("fluid", kind)) or id for kind, id in ASSUMED_PRODUCTS.items()]
    whole = dict(group)
    for id in [id for id in used if isinstance(id, str) and id in own]:
        row = whole.get(id) or {}
        if isinstance(row, Mapping) and _holds_nothing(row.get("kind")):
            whole[id] = {**_given(own[id]), **_given(row)}
    return whole


def _with_device(
    group: Mapping[str, Any], own: Mapping[str, Any], order: Mapping[str, Any]
) -> dict[str, Any]:
    """The device of the order, what it leaves open filled in from the device of that name."""
    name = str(group.get("name"))
    if name not in own:
        return dict(group)
    ordered, site = _given(group), _given(own[name])
    if ordered.keys() & set(CITRATE_FIELDS):
        site = _leaving_out(site, CITRATE_FIELDS)
    meaning = ordered.get("ratio_meaning")
    if ordered.get("anticoagulant") == "heparin" or meaning not in (None, site.get(RATIO[1])):
        site = _leaving_out(site, RATIO)
    whole = {**site, **ordered}
    kind = _published_machines()[str(own[name].get("like") or name)].kind
    asked = {*RUN[kind], *RATIO}
    if not asked & ordered.keys() and not _can_run(whole, kind):
        whole = _leaving_out(whole, asked)
    return whole


def _can_run(device: Mapping[str, Any], kind: str) -> bool:
    """True if the run of such a device can be calculated from these values."""
    citrate = (
        device.get("anticoagulant") not in (None, "heparin") or "anticoagulant_citrate" in device
    )
    needed = {*RUN[kind], *(RATIO if citrate or "ratio" in device else ())}
    table = device_table.devices().get(str(device.get("like") or device.get("name")))
    known = {"ratio_meaning"} if table and table.ratio_meaning else set()
    return needed <= device.keys() | known


def _given(row: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row that are there."""
    return {name: value for name, value in row.items() if not _holds_nothing(value)}


def _holds_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, tuple | list) and not value)


def _leaving_out(row: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


# --- the rows beside what the program has ---------------------------------------------------------


def _differs(row: SiteRow) -> bool:
    return row.value != row.instead_of


def _row_of_site(table: str, id: str, field: str, value: str, instead_of: str | None) -> SiteRow:
    return SiteRow.from_wire(
        {"table": table, "id": id, "field": field, "value": value, "instead_of": instead_of}
    )


def _limit_rows(site: Site) -> Iterator[SiteRow]:
    for id, limit in site.limits.items():
        yield _row_of_site(
            "limits", id, "", span_words(limit), span_words(limit_table.limits()[id])
        )


def _product_rows(site: Site) -> Iterator[SiteRow]:
    """A row for each value of a product of the table, one for a product of the site's own."""
    for id, values in site.products.items():
        row, given = product_table.products().get(id), _given(values.to_wire())
        words = {name: _value_words(value) for name, value in given.items()}
        if row is None:
            text = ", ".join(f"{name} {value}" for name, value in words.items() if name != "name")
            yield _row_of_site("products", id, "", f"{name_of(id, values)}: {text}", None)
        else:
            for name, value in words.items():
                yield _row_of_site("products", id, name, value, _of_table(row, name))


def _of_table(row: Product, name: str) -> str | None:
    """A value of a product of the table in words; None where no source gives one."""
    if name == "containers":
        return ", ".join(f"{size:g} mL" for size in row.containers) or None
    value = getattr(row, name)
    unit = {"citrate": "mmol/L"}.get(name, "g/L")
    if value is None:
        return None
    ends = (value[0], value[-1]) if isinstance(value, tuple) else (value,)
    return f"{' to '.join(dict.fromkeys(f'{end:g}' for end in ends))} {unit}"


def _rows_of_devices(site: Site) -> Iterator[SiteRow]:
    for id, device in site.devices.items():
        for name, value in _given(device.to_wire()).items():
            if name != "name":
                # The table of devices has the meaning of a ratio, none of the other values.
                known = getattr(device.machine, name, "") if name == "ratio_meaning" else ""
                yield _row_of_site("devices", id, name, _value_words(value), known or None)


def _value_words(value: Any) -> str:
    """A value of a row in JSON, in words."""
    if isinstance(value, list):
        return ", ".join(map(_value_words, value))
    if isinstance(value, Mapping):
        return units.label(value["value"], units.BY_UCUM[value["unit"]])
    return units.number(value) if is_number(value) else str(value)


def _rows_in(site: Site, order: Order, kinds: Collection[str]) -> Iterator[SiteRow]:
    """The rows that stand in a completed order and differ from the program."""
    wire, own = order.to_wire(), site.to_wire()
    used = [id for kind, id in products_in(order.fluid or Fluid()).items() if kind in kinds]
    device = wire["device"] or {"name": None}
    ordered = {
        "limits": wire["limits"],
        "products": {id: row for id, row in wire["products"].items() if id in used},
        "devices": {device["name"]: device},
    }
    for row in filter(_differs, site.rows()):
        here, there = ordered[row.table].get(row.id), own[row.table][row.id]
        if here is not None and _part(here, row.field) == _part(there, row.field):
            yield row


def _part(row: Any, field: str) -> Any:
    return row[field] if field else row
