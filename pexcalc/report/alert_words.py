"""The sentence of an alert, with value and limit in the requested units."""

from __future__ import annotations

from pexcalc.order.order import Order
from pexcalc.order.patient import LAB_UNITS
from pexcalc.quantities import units
from pexcalc.quantities.given import if_given
from pexcalc.report.wording import System, charted_unit, joined, lab_unit
from pexcalc.rules.cautions import Caution


def alert_sentence(caution: Caution, order: Order | None, system: System) -> str:
    """The sentence of an alert; behind it value and limit where it has another unit."""
    return f"{caution.message}{_in_system(caution, order, system)}"


def _in_system(caution: Caution, order: Order | None, system: System) -> str:
    """Value and limit in the units that are asked for, where the sentence has others."""
    name = next((path[5:] for path in caution.about if path.startswith("labs.")), "")
    if order is None or name not in LAB_UNITS or isinstance(caution.value, str):
        return ""
    entered = units.unit_of(getattr(order.labs, name)) if getattr(order.labs, name, None) else None
    shown = lab_unit(name, "entered", entered.label if entered else "")
    typed = charted_unit(name, order)
    if typed is not None:
        shown = typed
    unit, places, factor = lab_unit(name, system, shown.label)
    if (
        system == "entered"
        or unit == shown.label
        or factor == shown.factor
        or units.BY_UCUM[caution.value.unit] != units.BY_LABEL[lab_unit(name, "si").label]
    ):
        return ""
    least = if_given(caution.limit, lambda limit: limit.low)
    value = f"{units.number(factor * caution.value.value, places)} {unit}"
    if value in caution.message:
        return ""
    limit = "" if least is None else f"limit {units.number(factor * least, places)} {unit}"
    return f" ({joined(value, limit, by=', ')})"
