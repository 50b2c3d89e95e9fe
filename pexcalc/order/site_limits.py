"""A site's own limits in an order: their form, how far each may be moved, and the limits in force.

The trap: a limit that decides on safety may be moved within BOUNDS alone; what is stopped beyond
needs an override of a named clinician.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pexcalc.data import limits as limit_table
from pexcalc.data import spelling
from pexcalc.quantities import units
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.record import Number, Record, UcumCode, renamed

if TYPE_CHECKING:
    from pexcalc.order.order import Order
    from pexcalc.order.site import Site

# How far a site may move a limit that decides on safety: the range of the reference, or only
# towards the safe side.
BOUNDS = {  # judgement wodajo-2024 saline-2019 ajkd-2023 asfa-2023
    "fibrinogen-low": (0.8, 1.5),
    "fibrinogen-mild": (0.8, 1.5),
    "saline-warn": (0, 20),
    "saline-strong": (0, 33),
    "saline-stop": (0, 50),
    "circuit-volume": (0, 10),
    "circuit-volume-stop": (0, 15),
    "circuit-volume-stop-neonate": (0, 10),
    "prime-weight": (15, 400),
    "plasma-share": (50, 100),
    "ionized-calcium-low": (1, 2),
    "citrate-studied": (0, 2),
    "citrate-liver": (0, 1),
    "citrate-liver-strong": (0, 2),
    "citrate-small": (0, 3),
    "citrate-small-weight": (40, 400),
    "citrate-without-infusion": (0, 3),
    "citrate-calcium": (0, 0.3),
    "citrate-calcium-rate": (0, 1),
    "calcium-rate": (0, 0.15),
    "container-rounding": (0, 5),
    "circuit-volume-weight": (35, 400),
    "daily-plasma-sessions": (0, 2),
    "removal-rate": (0, 1),
    "hematocrit-low": (21, 70),
    "platelets-low": (30, 3000),
    "platelets-watch": (50, 3000),
    "platelets-low-microangiopathy": (20, 3000),
    "platelets-very-low": (10, 3000),
    "platelets-heparin": (50, 3000),
    "fibrinogen-low-bleeding": (1.5, 20),
    "fibrinogen-very-low-end": (0.5, 20),
    "plasma-last-least": (20, 100),
    "inr-after": (0.5, 5),
    "inr-before": (0.5, 2.5),
    "systolic-low": (90, 300),
    "systolic-low-child": (70, 300),
    "crs-persisting": (8, 168),
    "hematocrit-high-male": (6, 60),
    "hematocrit-high-female": (6, 56),
}


class SiteLimit(Record):
    """A site's own threshold in place of the default of that name; same unit as the default."""

    low: Number | None = None
    high: Number | None = None
    unit: UcumCode


SiteLimit.__module__ = "pexcalc"


def limit_schemas() -> dict[str, Any]:
    """JSON schemas of the site limits by name: ends, unit, and how far each may be moved."""
    schemas = {}
    for name, default in _site_limits().items():
        least, most = BOUNDS.get(name, (None, None))
        known = (
            {"type": "number"}
            if least is None
            else {"type": "number", "minimum": least, "maximum": most}
        )
        ends = {
            end: {"type": "null"} if getattr(default, end) is None else known
            for end in ("low", "high")
        }
        needed = [end for end, schema in ends.items() if schema is known]
        schemas[name] = {
            "type": "object",
            "properties": {**ends, "unit": {"const": default.unit}},
            "required": [*needed, "unit"],
            "additionalProperties": False,
        }
    return schemas


def spelled(limits: Mapping[str, Any]) -> Mapping[str, Any]:
    """Limits by their present names; the spelling of schema 1 is read."""
    limits = renamed(limits, "ionised-calcium", "ionized-calcium")
    new: Mapping[str, Any] = renamed(limits, "ionised-calcium-low", "ionized-calcium-low")
    return new


def _site_limits() -> dict[str, limit_table.Limit]:
    return {name: limit for name, limit in limit_table.limits().items() if limit.site}


def check_limits(given: Mapping[str, SiteLimit]) -> None:
    """Refuse limits that are no site limits, have another form, or are beyond BOUNDS."""
    for name, limit in given.items():
        default = _site_limits().get(name)
        if default is None:
            near = spelling.nearest(name, _site_limits())
            raise QuantityError(
                f"limits.{units.printable(name)}",
                "a name that is no site limit",
                "a site limit",
                near,
                kind="unknown",
            )
        _check_form(name, limit, default)
        _check_bounds(name, limit, default.unit)


def _check_form(name: str, limit: SiteLimit, default: limit_table.Limit) -> None:
    """Refuse another unit than that of the default, and other ends."""
    ends = {end: getattr(limit, end) is None for end in ("low", "high")}
    if limit.unit != default.unit or any(
        (getattr(default, end) is None) != none for end, none in ends.items()
    ):
        parts = [end for end in ("low", "high") if getattr(default, end) is not None]
        wanted = f"{' and '.join(parts)} in {default.unit}"
        raise QuantityError(f"limits.{name}", "another form", wanted, kind="type")


def _check_bounds(name: str, limit: SiteLimit, unit: str) -> None:
    """Refuse ends beyond BOUNDS, and a low end that is not below the high one."""
    least, most = BOUNDS.get(name, (-math.inf, math.inf))
    for end in (limit.low, limit.high):
        if end is not None and not least <= end <= most:
            ends = " to ".join(f"{bound:g}" for bound in (least, most) if math.isfinite(bound))
            wanted = f"{ends} {unit}: what is stopped beyond needs an override, not a limit"
            raise QuantityError(f"limits.{name}", f"{end:g} {unit}", wanted, kind="range")
    if limit.low is not None and limit.high is not None and limit.low >= limit.high:
        shown = f"{limit.low:g} to {limit.high:g}"
        raise QuantityError(f"limits.{name}", shown, "low less than high", kind="range")


def limits_in_force(holder: "Order | Site") -> dict[str, limit_table.Limit]:
    """The default thresholds with those of an order, or of a site file, in their place."""
    in_force = dict(limit_table.limits())
    for name, own in holder.limits.items():
        in_force[name] = in_force[name]._replace(low=own.low, high=own.high)
    return in_force
