"""The dose: plasma volumes to litres and back, and what an order means for this patient.

Not here: the plasma volume itself (volume.py), and what leaves with it (kinetics/removal.py).
"""

from typing import Any, NamedTuple

from pexcalc.data.indications import Indication
from pexcalc.order.fields import MULTIPLE, PER_KG, STATED_VOLUME
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval, PlainInterval, VolumeResult
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import Value, formula, give
from pexcalc.quantities.record import Result
from pexcalc.quantities.working import Basis, note, work

EXCHANGE = In("mL", 5, 80_000)


@formula(
    "mL",
    "plasma_volumes*plasma_volume",
    source="terumo-ordering",
    tag="source",
    validity="one session; usual dose 1 to 1.5 plasma volumes",
    error="that of the plasma volume",
    plasma_volume=STATED_VOLUME,
    plasma_volumes=MULTIPLE,
)
def exchange_volume(plasma_volume: Value, plasma_volumes: Value) -> Value:
    """Exchange volume (patient plasma, anticoagulant not counted) of a dose in plasma volumes.

    Parameters: plasma_volume (volume, 5 mL to 25 L), plasma_volumes (plain number, 0.1 to 4);
    scalars or arrays. Returns: volume in mL. Raises QuantityError. Source: terumo-ordering
    (source).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(exchange_volume(Q(2808, "mL"), 1.2).m_as("mL"), 1)
    3369.6
    """
    return plasma_volumes * plasma_volume


@formula(
    "1",
    "exchange_volume/plasma_volume",
    source="terumo-ordering",
    tag="source",
    validity="one session",
    error="that of the plasma volume",
    exchange_volume=EXCHANGE,
    plasma_volume=STATED_VOLUME,
)
def plasma_volumes_exchanged(exchange_volume: Value, plasma_volume: Value) -> Value:
    """Plasma volumes that an exchange volume is for this patient: the inverse of `exchange_volume`.

    Parameters: exchange_volume (patient plasma, 5 mL to 80 L), plasma_volume (volume, 5 mL to 25
    L); scalars or arrays. Returns: plain number. Raises QuantityError. Source: terumo-ordering
    (source).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(plasma_volumes_exchanged(Q(3, "L"), Q(3331.283, "mL")), 6)
    0.900554
    """
    return exchange_volume / plasma_volume


class Dose(Result):
    """One session for this patient: the volume of patient plasma, and the plasma volumes that it is (low to high)."""

    exchange_volume: VolumeResult
    plasma_volumes: PlainInterval


class Dosed(NamedTuple):
    """What the dose step hands on: the record, plain numbers, facts for the cautions, the basis of figures."""

    dose: Dose
    multiple: float
    facts: dict[str, Any]
    basis: dict[str, Basis]


def work_out(
    plasma_volumes: float | None,
    ordered: Any,
    indication: Indication,
    plasma: float,
    share: float,
    weight: float,
    adult: bool,
    make: Any,
) -> Dosed:
    """The dose step: an order in plasma volumes, or one in litres, for a plasma volume in mL known to within `share`.

    `ordered` is the exchange volume as a Quantity, or None. Raises QuantityError outside the hard
    limits; an indication whose volume the table gives in litres has its own.
    """
    basis: dict[str, Basis] = {}
    in_litres = ordered is not None
    only_litres = indication.pv_low is None and bool(indication.litres)
    listed = (
        indication.litres if adult and (in_litres or only_litres) else ()
    )  # the litres come from trials in adults
    fixed = listed if in_litres else ()
    if not in_litres:
        MULTIPLE.strip("plasma_volumes", plasma_volumes)
        millilitres = work(
            basis,
            "dose.exchange_volume",
            exchange_volume,
            plasma_volume=plasma,
            plasma_volumes=plasma_volumes,
        )
    else:
        millilitres = _litres_allowed(fixed, weight).strip("exchange_volume", ordered)
    multiple = work(
        basis,
        "dose.plasma_volumes",
        plasma_volumes_exchanged,
        exchange_volume=millilitres,
        plasma_volume=plasma,
    )
    if not fixed:
        _check_size(millilitres, multiple, weight)
    low, high = multiple / (1 + share), multiple / (1 - share)
    text = (
        f"{units.number(multiple, 4)} / {units.number(1 + share, 2)} = {units.number(low, 4)}; "
        f"{units.number(multiple, 4)} / {units.number(1 - share, 2)} = {units.number(high, 4)} "
        "[saito-1975, judgement]"
    )
    note(
        basis,
        "dose.plasma_volumes.interval",
        "uncertainty band",
        text,
        "saito-1975",
        "linderkamp-1977",
        "katori-1966",
    )
    dose = Dose.model_construct(
        exchange_volume=give(make, millilitres, "mL"),
        plasma_volumes=Interval(low, multiple, high),
    )
    return Dosed(
        dose, multiple, _facts(multiple, millilitres, in_litres, listed, indication, weight), basis
    )


def _check_size(millilitres: float, multiple: float, weight: float) -> None:
    """Refuse a volume that is out of proportion to the patient, whichever way it was ordered."""
    came = units.label(round(millilitres, 1), "mL")
    if not MULTIPLE.holds(multiple):
        came = f"{came}, {units.number(multiple, 4)} plasma volumes for this patient"
        raise QuantityError("exchange_volume", came, MULTIPLE.expected, kind="range")
    if not PER_KG.holds(millilitres / weight):
        came = f"{came}, {units.number(millilitres / weight, 1)} mL/kg for this patient"
        raise QuantityError("exchange_volume", came, PER_KG.expected, kind="range")


def _litres_allowed(fixed: tuple[tuple[float, float], ...], weight: float) -> In:
    """Hard limits of an order in litres: per kg, or around the litres that are listed for the indication."""
    if fixed:
        return In(
            "mL", 500 * fixed[0][0], 2000 * fixed[-1][1], "L", "this indication", slips=(0.1, 10)
        )
    who = f"{units.number(weight, 1)} kg"
    usual = (20 * weight, 90 * weight)  # judgement: to be confirmed beyond
    return In(
        "mL", PER_KG.low * weight, PER_KG.high * weight, "mL", who, slips=(0.1, 10), usual=usual
    )


def _facts(
    multiple: float,
    millilitres: float,
    in_litres: bool,
    fixed: tuple[tuple[float, float], ...],
    indication: Indication,
    weight: float,
) -> dict[str, Any]:
    """Plain values for the caution rules; None where a rule has nothing to look at."""
    litres = millilitres / 1000
    listed_litres = any(low <= litres <= high for low, high in fixed)
    only_litres = bool(fixed) and indication.pv_low is None
    ordinary = not (listed_litres or only_litres)
    low, high = indication.pv_low, indication.pv_high
    listed = low is not None and high is not None and low <= multiple <= high
    return {
        "plasma_volumes": multiple if ordinary else None,
        "exchange_per_kg": millilitres / weight if ordinary else None,
        "fixed_litres_per_kg": None if ordinary else millilitres / weight,
        "litres_not_listed": litres if only_litres and not listed_litres else None,
        "litres_listed": " or ".join(f"{a:g} to {b:g} L" for a, b in indication.litres),
        "litre_order": multiple if in_litres and ordinary and not listed else None,
    }
