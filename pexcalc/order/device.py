"""The device and its anticoagulant, as ordered."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from pexcalc.data import devices as device_table
from pexcalc.data import spelling
from pexcalc.order.fields import (
    CIRCUIT_VOLUME,
    CITRATE,
    EFFICIENCY,
    FLOW,
    PLASMA_FLOW,
    RATIO,
    RatioMeaning,
)
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Measured, bounds
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.record import Number, Record, Schema, Text


class Device(Record):
    """The values of the separator; none of them has a default. Raises QuantityError.

    name                      of the device table, or left out; a known device brings the meaning of
    its ratio
    centrifuge                inlet_flow, ratio, ratio_meaning, plasma_removal_efficiency: all, or
    none of them
    membrane                  blood_flow and plasma_flow; with citrate ratio and ratio_meaning
    anticoagulant             of the device table; anticoagulant_citrate in its place for another
    one
    circuit_volume            extracorporeal volume; circuit_red_cells the red cells in it,
    rinseback what is given back
    prime                     what the circuit is filled with: saline, albumin, red-cells, or
    diverted (not given)
    """

    name: Annotated[Text, Schema(enum=lambda: list(_machines(solution=False)))] | None = None
    inlet_flow: (
        Annotated[Any, Measured(FLOW, within=True), Field(description="a flow such as 60 mL/min")]
        | None
    ) = None
    ratio: (
        Annotated[Number, Field(description="a plain number such as 12"), Schema(**bounds(RATIO))]
        | None
    ) = None
    ratio_meaning: RatioMeaning | None = None
    plasma_removal_efficiency: Annotated[Any, Measured(EFFICIENCY, within=True)] | None = None
    blood_flow: Annotated[Any, Measured(FLOW, within=True)] | None = None
    plasma_flow: Annotated[Any, Measured(PLASMA_FLOW, within=True)] | None = None
    anticoagulant: Annotated[Text, Schema(enum=lambda: list(_machines(solution=True)))] | None = (
        None
    )
    anticoagulant_citrate: Annotated[Any, Measured(CITRATE, within=True)] | None = None
    circuit_volume: Annotated[Any, Measured(CIRCUIT_VOLUME, within=True)] | None = None
    circuit_red_cells: Annotated[Any, Measured(CIRCUIT_VOLUME, within=True)] | None = None
    rinseback: Annotated[Any, Measured(CIRCUIT_VOLUME, within=True)] | None = None
    prime: Literal["saline", "albumin", "red-cells", "diverted"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _known_meaning(cls, data: Any) -> Any:
        """A ratio on a device of the table has the meaning that the table knows; the sheet prints it."""
        if (
            isinstance(data, Mapping)
            and data.get("ratio") is not None
            and data.get("ratio_meaning") is None
        ):
            row = device_table.devices().get(str(data.get("name"))) if data.get("name") else None
            return {**data, "ratio_meaning": row.ratio_meaning or None} if row else data
        return data

    @field_validator("ratio")
    @classmethod
    def _in_range(cls, ratio: float | None) -> float | None:
        return None if ratio is None else RATIO.one("ratio", ratio)

    @field_validator("name", "anticoagulant")
    @classmethod
    def _in_table(cls, name: str | None, info: Any) -> str | None:
        rows = _machines(info.field_name == "anticoagulant")
        if name is not None and name not in rows:
            near = spelling.nearest(name, rows)
            raise QuantityError(
                info.field_name,
                units.printable(name) or "nothing",
                ", ".join(rows),
                near,
                kind="unknown",
            )
        return name

    @model_validator(mode="after")
    def _complete(self) -> Self:
        given = [name for name in (*_CENTRIFUGE, *_MEMBRANE) if getattr(self, name) is not None]
        membrane = [name for name in given if name in _MEMBRANE]
        row = device_table.devices()[self.name] if self.name else None
        kind = row.kind if row else "membrane" if membrane else "centrifuge"
        wrong = [name for name in given if name not in _NEEDED[kind] and name not in _RATIO]
        if wrong:
            raise QuantityError(
                wrong[0],
                "a value",
                f"it only for a {_OTHER[kind]}: this is a {kind}",
                kind="conflict",
            )
        needed = list(_NEEDED[kind]) if given else []
        solution = (
            device_table.devices()[self.anticoagulant].citrate if self.anticoagulant else None
        )
        if kind == "membrane" and given and (solution or self.anticoagulant_citrate is not None):
            needed += _RATIO  # without it the citrate would not be counted
        elif kind == "membrane" and any(name in given for name in _RATIO):
            needed += _RATIO
        for name in needed:
            if getattr(self, name) is None:
                raise QuantityError(name, "nothing", _EXAMPLES[name], kind="missing")
        if row and row.ratio_meaning and self.ratio_meaning not in (None, row.ratio_meaning):
            raise QuantityError(
                "ratio_meaning",
                str(self.ratio_meaning),
                f"{row.ratio_meaning} on the {row.name}",
                kind="conflict",
            )
        if self.anticoagulant == "heparin" and (kind == "centrifuge" or self.ratio is not None):
            raise QuantityError(
                "anticoagulant",
                "heparin",
                "citrate for a centrifuge or a ratio; heparin for a membrane",
                kind="conflict",
            )
        if self.anticoagulant and self.anticoagulant_citrate is not None:
            raise QuantityError(
                "anticoagulant_citrate",
                "a value beside an anticoagulant by name",
                "one of the two",
                kind="conflict",
            )
        return self

    @property
    def citrate(self) -> float | None:
        """Citrate of the anticoagulant in mmol/L: the entered value, or that of the solution; None without both."""
        if self.anticoagulant_citrate is not None:
            return CITRATE.one("anticoagulant_citrate", self.anticoagulant_citrate)
        return device_table.devices()[self.anticoagulant].citrate if self.anticoagulant else None


def _machines(solution: bool) -> dict[str, device_table.Machine]:
    """The rows of the device table that are anticoagulants, or those that are not."""
    return {
        key: row
        for key, row in device_table.devices().items()
        if (row.kind == "anticoagulant") == solution
    }


_RATIO = ("ratio", "ratio_meaning")
_CENTRIFUGE = ("inlet_flow", *_RATIO, "plasma_removal_efficiency")
_MEMBRANE = ("blood_flow", "plasma_flow")
_NEEDED = {"centrifuge": _CENTRIFUGE, "membrane": _MEMBRANE}
_OTHER = {"centrifuge": "membrane", "membrane": "centrifuge"}
_EXAMPLES = {
    "inlet_flow": "a flow such as 60 mL/min",
    "ratio": "a plain number such as 12",
    "ratio_meaning": "inlet-to-anticoagulant or blood-to-anticoagulant",
    "plasma_removal_efficiency": "a fraction such as 87 %",
    "blood_flow": "a flow such as 120 mL/min",
    "plasma_flow": "a flow such as 30 mL/min",
}
