"""The device and its anticoagulant, as ordered."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from pexcalc.data import devices as device_table
from pexcalc.data import spelling
from pexcalc.data.devices import Machine
from pexcalc.order.fields import (
    BY_PATH,
    CITRATE,
    RATIO,
    CatheterLock,
    Prime,
    RatioMeaning,
    measured,
)
from pexcalc.quantities import units
from pexcalc.quantities.annotations import bounds
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.record import Number, Record, Schema, Text
from pexcalc.quantities.units import Fraction, Quantity

OWN_NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"  # lower-case words: our-optia


def _named_or_like(schema: dict[str, Any]) -> None:
    """Add to the JSON schema of a device that a name of the site's own needs `like`."""
    known: dict[str, Any] = {"name": {"enum": [*_devices_of(solution=False), None]}}
    like = {"required": ["like"], "properties": {"like": {"type": "string"}}}
    schema["oneOf"] = [{"properties": known}, like]


class Device(Record):
    """The values of the separator; none of them has a default. Raises QuantityError.

    name                      of the device table, or left out; a known device brings the meaning of
    its ratio; a name of the site's own needs the device of the table that it is `like`
    centrifuge                inlet_flow, ratio, ratio_meaning: all, or none of them; without
    plasma_removal_efficiency the run is a range from what is published of the device
    membrane                  blood_flow and plasma_flow; with citrate ratio and ratio_meaning
    anticoagulant             of the device table; anticoagulant_citrate in its place for another
    one
    circuit_volume            extracorporeal volume; circuit_red_cells the red cells in it,
    rinseback what is given back
    prime                     what the circuit is filled with: saline, albumin, red-cells, or
    diverted (not given)
    lock                      of the catheter, before the exchange: heparin, citrate or saline
    """

    model_config = ConfigDict(json_schema_extra=_named_or_like)

    like: Annotated[Text, Schema(enum=lambda: list(_devices_of(solution=False)))] | None = None
    name: Annotated[Text, Schema(pattern=OWN_NAME, maxLength=60)] | None = None
    inlet_flow: Annotated[Quantity, measured("device.inlet_flow")] | None = None
    ratio: (
        Annotated[
            Number, Field(description=BY_PATH["device.ratio"].example), Schema(**bounds(RATIO))
        ]
        | None
    ) = None
    ratio_meaning: RatioMeaning | None = None
    plasma_removal_efficiency: (
        Annotated[Fraction, measured("device.plasma_removal_efficiency")] | None
    ) = None
    blood_flow: Annotated[Quantity, measured("device.blood_flow")] | None = None
    plasma_flow: Annotated[Quantity, measured("device.plasma_flow")] | None = None
    anticoagulant: Annotated[Text, Schema(enum=lambda: list(_devices_of(solution=True)))] | None = (
        None
    )
    anticoagulant_citrate: Annotated[Quantity, measured("device.anticoagulant_citrate")] | None = (
        None
    )
    circuit_volume: Annotated[Quantity, measured("device.circuit_volume")] | None = None
    circuit_red_cells: Annotated[Quantity, measured("device.circuit_red_cells")] | None = None
    rinseback: Annotated[Quantity, measured("device.rinseback")] | None = None
    prime: Prime | None = None
    lock: CatheterLock | None = None

    @model_validator(mode="before")
    @classmethod
    def _known_meaning(cls, data: Any) -> Any:
        """A ratio on a device of the table has the meaning that the table has for it."""
        if not isinstance(data, Mapping) or data.get("ratio") is None:
            return data
        row = device_table.devices().get(str(data.get("like") or data.get("name")))
        if row is None or data.get("ratio_meaning") is not None:
            return data
        return {**data, "ratio_meaning": row.ratio_meaning or None}

    @field_validator("ratio")
    @classmethod
    def _in_range(cls, ratio: float | None) -> float | None:
        return RATIO.one_if_given("ratio", ratio)

    @field_validator("like", "anticoagulant")
    @classmethod
    def _in_table(cls, name: str | None, info: Any) -> str | None:
        return machine_named(info.field_name, name, info.field_name == "anticoagulant")

    @field_validator("name")
    @classmethod
    def _known_name(cls, name: str | None, info: Any) -> str | None:
        """A name of the table or, beside `like`, one of the site's own."""
        if name is None or "like" not in info.data:
            return name  # a `like` that is at fault says so itself
        if info.data["like"] is None:
            own = (info.context or {}).get("devices", ())
            return machine_named("name", name, solution=False, own=own)
        if name in device_table.devices() or not re.fullmatch(OWN_NAME, name) or len(name) > 60:
            shown = f"{units.printable(name) or 'nothing'}, like {info.data['like']}"
            wanted = "a name of the site's own in lower-case words, such as our-optia"
            raise QuantityError("name", shown, wanted, kind="conflict")
        return name

    @model_validator(mode="after")
    def _complete(self) -> Self:
        given = [name for name in (*_CENTRIFUGE, *_MEMBRANE) if getattr(self, name) is not None]
        row = self.machine
        kind = row.kind if row else _kind_by(given)
        for name in given:
            if name not in _OF_KIND[kind] and name not in _RATIO:
                wanted = f"it only for a {_OTHER[kind]}: this is a {kind}"
                raise QuantityError(name, "a value", wanted, kind="conflict")
        for name in self._needed(kind, given):
            if getattr(self, name) is None:
                example = BY_PATH[f"device.{name}"].example
                raise QuantityError(name, "nothing", example, kind="missing")
        if row and row.ratio_meaning and self.ratio_meaning not in (None, row.ratio_meaning):
            wanted = f"{row.ratio_meaning} on the {row.name}"
            raise QuantityError("ratio_meaning", str(self.ratio_meaning), wanted, kind="conflict")
        self._anticoagulant(kind)
        return self

    def _needed(self, kind: str, given: list[str]) -> tuple[str, ...]:
        """The values that a device of this kind cannot be without, once one of them is given."""
        if not given:
            return ()
        # without a ratio the citrate of a membrane would not be counted
        citrate = self.anticoagulant_citrate is not None or bool(self.citrate)
        counted = kind == "membrane" and (citrate or not set(_RATIO).isdisjoint(given))
        return (*_NEEDED[kind], *_RATIO) if counted else _NEEDED[kind]

    def _anticoagulant(self, kind: str) -> None:
        """Refuse heparin where citrate is needed, and two anticoagulants."""
        citrate_needed = kind == "centrifuge" or self.ratio is not None
        if self.anticoagulant == "heparin" and citrate_needed:
            wanted = "citrate for a centrifuge or a ratio; heparin for a membrane"
            raise QuantityError("anticoagulant", "heparin", wanted, kind="conflict")
        if self.anticoagulant and self.anticoagulant_citrate is not None:
            shown = "a value beside an anticoagulant by name"
            raise QuantityError("anticoagulant_citrate", shown, "one of the two", kind="conflict")

    @property
    def machine(self) -> Machine | None:
        """The row of the device table that this device is, or is like; None without a name."""
        name = self.like or self.name
        return device_table.devices()[name] if name else None

    @property
    def citrate(self) -> float | None:
        """Citrate of the anticoagulant in mmol/L, entered or of the solution; None without both."""
        if self.anticoagulant_citrate is not None:
            return CITRATE.one("anticoagulant_citrate", self.anticoagulant_citrate)
        return device_table.devices()[self.anticoagulant].citrate if self.anticoagulant else None


Device.__module__ = "pexcalc"


def machine_named(
    field: str, name: str | None, solution: bool, own: Iterable[str] = ()
) -> str | None:
    """A name of the device table; QuantityError for another, with those of the site suggested."""
    rows = _devices_of(solution)
    if name is not None and name not in rows:
        known = dict.fromkeys([*rows, *own])
        near = spelling.nearest(name, known)
        shown = units.shown_text(name)
        raise QuantityError(field, shown, ", ".join(known), near, kind="unknown")
    return name


def _kind_by(given: list[str]) -> str:
    """The kind of a device that is not in the table, by the values given."""
    return "membrane" if set(_MEMBRANE) & set(given) else "centrifuge"


def _devices_of(solution: bool) -> dict[str, Machine]:
    """The rows of the device table that are anticoagulants, or those that are not."""
    return {
        key: row
        for key, row in device_table.devices().items()
        if (row.kind == "anticoagulant") == solution
    }


_RATIO = ("ratio", "ratio_meaning")
_CENTRIFUGE = ("inlet_flow", *_RATIO, "plasma_removal_efficiency")
_MEMBRANE = ("blood_flow", "plasma_flow")
_OF_KIND = {"centrifuge": _CENTRIFUGE, "membrane": _MEMBRANE}
_NEEDED = {"centrifuge": _CENTRIFUGE[:-1], "membrane": _MEMBRANE}
_OTHER = {"centrifuge": "membrane", "membrane": "centrifuge"}
