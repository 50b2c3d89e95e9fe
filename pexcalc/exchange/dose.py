"""The dose: plasma volumes to liters and back, and the plasma volumes of an order for this patient.

Not here: the plasma volume itself (volume.py), and what leaves with it (kinetics/removal.py).
"""

from typing import Any, NamedTuple

from pexcalc.data.indications import Indication
from pexcalc.order.fields import MULTIPLE, PER_KG, STATED_VOLUME
from pexcalc.quantities import units
from pexcalc.quantities.annotations import FullInterval, Interval, VolumeResult
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import Value, formula
from pexcalc.quantities.record import Result
from pexcalc.quantities.units import Quantity
from pexcalc.quantities.working import Recorder
from pexcalc.rules.facts import DoseFacts

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
def exchange_volume(plasma_volume: Quantity, plasma_volumes: Value) -> Quantity:
    """Exchange volume (patient plasma, anticoagulant not counted) of a dose in plasma volumes.

    Parameters
    ----------
    plasma_volume : Quantity, scalar or array
        Plasma volume; 5 to 25,000 mL.
    plasma_volumes : float, Quantity or array
        Dose in plasma volumes; 0.1 to 4 plasma volumes.

    Returns
    -------
    Quantity, scalar or array
        Volume in mL.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
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
def plasma_volumes_exchanged(exchange_volume: Quantity, plasma_volume: Quantity) -> Value:
    """Plasma volumes that an exchange volume is for this patient.

    The inverse of `exchange_volume`.

    Parameters
    ----------
    exchange_volume : Quantity, scalar or array
        Patient plasma removed, anticoagulant not counted; 5 to 80,000 mL.
    plasma_volume : Quantity, scalar or array
        Plasma volume; 5 to 25,000 mL.

    Returns
    -------
    float or array
        Plain number.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(plasma_volumes_exchanged(Q(3, "L"), Q(3331.283, "mL")), 6)
    0.900554
    """
    return exchange_volume / plasma_volume


class Dose(Result):
    """One session for this patient: the exchange volume, and the plasma volumes that it is."""

    exchange_volume: VolumeResult
    plasma_volumes: FullInterval


Dose.__module__ = "pexcalc"


class Dosed(NamedTuple):
    """What the dose step hands on: the record, the plasma volumes, facts for the cautions."""

    dose: Dose
    millilitres: float
    multiple: float
    facts: DoseFacts


def ordered_dose(
    plasma_volumes: float | None,
    ordered: Any,
    indication: Indication,
    plasma: float,
    share: float,
    weight: float,
    adult: bool,
    record: Recorder,
) -> Dosed:
    """The dose step: an order in plasma volumes, or one in liters.

    `plasma` is the plasma volume in mL, known to within `share`; `ordered` is the exchange volume
    as a Quantity, or None. Raises QuantityError outside the hard limits; an indication whose volume
    the table gives in liters has its own.
    """
    in_litres = ordered is not None
    only_litres = indication.pv_low is None and bool(indication.litres)
    listed = (
        indication.litres if adult and (in_litres or only_litres) else ()
    )  # the liters are from trials in adults
    fixed = listed if in_litres else ()
    if not in_litres:
        MULTIPLE.strip("plasma_volumes", plasma_volumes)
        millilitres = record.run(
            "dose.exchange_volume",
            exchange_volume,
            plasma_volume=plasma,
            plasma_volumes=plasma_volumes,
        )
    else:
        millilitres = _litres_allowed(fixed, weight, bool(indication.litres)).strip(
            "exchange_volume", ordered
        )
    multiple = record.run(
        "dose.plasma_volumes",
        plasma_volumes_exchanged,
        exchange_volume=millilitres,
        plasma_volume=plasma,
    )
    if not fixed:
        _check_size(millilitres, multiple, weight)
    low, high = multiple / (1 + share), multiple / (1 - share)
    record.note(
        "dose.plasma_volumes.interval",
        "uncertainty band",
        lambda: (
            f"{_divided(multiple, 1 + share)}; {_divided(multiple, 1 - share)} "
            "[saito-1975, judgement]"
        ),
        "saito-1975",
        "linderkamp-1977",
        "katori-1966",
    )
    dose = Dose.model_construct(
        exchange_volume=record.quantity(millilitres, "mL"),
        plasma_volumes=Interval(low, multiple, high),
    )
    facts = _dose_facts(multiple, millilitres, in_litres, listed, indication, weight)
    return Dosed(dose, millilitres, multiple, facts)


def _divided(multiple: float, factor: float) -> str:
    """One end of the band of the plasma volumes, as a quotient with its result."""
    result = units.number(multiple / factor, 4)
    return f"{units.number(multiple, 4)} / {units.number(factor, 2)} = {result}"


def _check_size(millilitres: float, multiple: float, weight: float) -> None:
    """Refuse a volume that is out of proportion to the patient, whichever way it was ordered."""
    got = units.label(round(millilitres, 1), "mL")
    if not MULTIPLE.holds(multiple):
        got += f", {units.number(multiple, 4)} plasma volumes for this patient"
        raise QuantityError("exchange_volume", got, MULTIPLE.expected, kind="range")
    if not PER_KG.holds(millilitres / weight):
        got += f", {units.number(millilitres / weight, 1)} mL/kg for this patient"
        raise QuantityError("exchange_volume", got, PER_KG.expected, kind="range")


def _litres_allowed(fixed: tuple[tuple[float, float], ...], weight: float, listed: bool) -> In:
    """Hard limits of an order in liters.

    Per kg, or around the liters that are listed for the indication. Where they are listed for
    adults a child's volume beyond the limits is no slip by ten.
    """
    if fixed:
        return In(
            "mL", 500 * fixed[0][0], 2000 * fixed[-1][1], "L", "this indication", slips=(0.1, 10)
        )
    who = f"{units.number(weight, 1)} kg"
    usual = (20 * weight, 90 * weight)  # judgement: to be confirmed beyond
    return In(
        "mL",
        PER_KG.low * weight,
        PER_KG.high * weight,
        "mL",
        who,
        slips=() if listed else (0.1, 10),
        usual=usual,
    )


def _dose_facts(
    multiple: float,
    millilitres: float,
    in_litres: bool,
    fixed: tuple[tuple[float, float], ...],
    indication: Indication,
    weight: float,
) -> DoseFacts:
    """What the rules look at, in the units of their limits."""
    liters = millilitres / 1000
    low, high = indication.pv_low, indication.pv_high
    return DoseFacts(
        plasma_volumes=multiple,
        liters=liters,
        per_kg=millilitres / weight,
        ordered_in_liters=in_litres,
        listed_liters=" or ".join(f"{a:g} to {b:g} L" for a, b in indication.litres),
        within_listed_liters=any(low <= liters <= high for low, high in fixed),
        only_liters_listed=bool(fixed) and indication.pv_low is None,
        within_listed_plasma_volumes=low is not None
        and high is not None
        and low <= multiple <= high,
        listed_plasma_volumes=_listed_words(low, high),
        beyond_listed=_beyond(multiple, low, high),
    )


def _listed_words(low: float | None, high: float | None) -> str:
    """The plasma volumes that are listed, in words."""
    if low is None or high is None:
        return ""
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _beyond(multiple: float, low: float | None, high: float | None) -> float | None:
    """By how many percent a dose leaves the listed plasma volumes; 0 within, None without any."""
    if low is None or high is None:
        return None
    return 100 * max(0.0, 1 - multiple / low, multiple / high - 1)
