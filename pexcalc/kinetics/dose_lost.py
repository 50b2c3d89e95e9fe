"""The part of one dose of a medicine that an exchange removes.

Three ways, as the data allow: a published disposition (antibodies), a volume of distribution
(distributed medicines), a measured loss. Predictions, except where `model` says measured. The
mathematics is in compartments.py; which medicine is given when is in medicines.py.
"""

import math
from collections.abc import Iterator
from itertools import product
from typing import Any, Literal, NamedTuple

from pexcalc.data.solutes import Known, Model, Solute
from pexcalc.exchange.dose import EXCHANGE
from pexcalc.kinetics.case import REFERENCE_WEIGHT, ends
from pexcalc.kinetics.compartments import Disposition, dose_fraction_lost
from pexcalc.kinetics.removal import GRADES
from pexcalc.order.fields import ANY_WEIGHT, DELAY, DOSE, RUN_TIME
from pexcalc.order.lookup import solute_named
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval, PlainInterval
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import refuse_if
from pexcalc.quantities.formula import Value, formula
from pexcalc.quantities.record import Fixed, Result, Text
from pexcalc.quantities.units import Quantity
from pexcalc.quantities.working import Basis, Recorder
from pexcalc.rules.medicine_class import rule_of

# About one plasma volume, to which a measured loss is kept. Judgement: the studies give no liters
# per kg.
ABOUT_ONE_VOLUME = In("mL/kg", 30, 65)

# What is varied around a published disposition, as factors. Judgement: the central volume like a
# plasma volume, the clearance like one that was measured in another disease.
CENTRAL_VOLUME, CLEARANCE = (0.8, 1.0, 1.2), (0.5, 1.0, 2.0)  # judgement plausibility

DISTRIBUTED = (
    "of a dose that has spread through the body; one given just before the exchange loses more"
)
AS_MEASURED = "measured in one study; not calculated from this exchange volume"
NO_FIGURE = "no estimate: no usable data"


class DoseLost(Result):
    """The fraction of the body amount at the start that an exchange removes; None if unknown."""

    drug: Text
    name: Text
    lost: PlainInterval | None
    model: Text
    grade: Literal["A", "B", "C", "D"]
    statement: Text
    advice: Text
    basis: Fixed[Basis]


DoseLost.__module__ = "pexcalc"


@formula(
    "1",
    "1 - exp(-exchange_volume/distribution_volume)",
    source="dilution-law",
    tag="derived",
    validity="a drug that has spread through its volume of distribution",
    error="more is lost of a dose that has not spread yet; protein binding is in the volume",
    exchange_volume=EXCHANGE,
    distribution_volume=In("mL", 100, 10_000_000),
)
def distributed_fraction_lost(
    exchange_volume: Value, distribution_volume: Value, *, m: Any = math
) -> Value:
    """Fraction of the body amount of a distributed drug that one exchange removes.

    Parameters
    ----------
    exchange_volume : Quantity, scalar or array
        Patient plasma removed; 5 to 80,000 mL.
    distribution_volume : Quantity, scalar or array
        Volume of distribution of the medicine; 100 to 10,000,000 mL.

    Returns
    -------
    float or array
        Fraction.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(distributed_fraction_lost(Q(3, "L"), Q(49, "L")), 3)
    0.059
    """
    return -m.expm1(-exchange_volume / distribution_volume)


def dose_lost(
    drug: str,
    exchange_volume: Quantity,
    duration: Quantity,
    delay: Quantity,
    weight: Quantity,
    dose: Quantity | None = None,
) -> DoseLost:
    """What one exchange removes of a medicine that was given before it.

    Parameters
    ----------
    drug : str
        Id, name or synonym.
    exchange_volume : Quantity, scalar
        Patient plasma removed, anticoagulant not counted.
    duration : Quantity, scalar
        Duration of the exchange.
    delay : Quantity, scalar
        Time from an intravenous dose to the start of the exchange.
    weight : Quantity, scalar
        Body weight.
    dose : Quantity, scalar, optional
        Mass of the dose; needed where elimination saturates.

    Returns
    -------
    DoseLost
        `lost` is a fraction of the amount in the body when the exchange starts, low to high over
        the published models, the central volume (20 % either way) and the clearance (half to
        double), both judgements; None where nothing is known.

    Raises
    ------
    QuantityError
        If a value lies outside its range, the name is no medicine, or the dose is needed and
        missing.

    Notes
    -----
    Valid for an intravenous dose and one exchange. No measured removal exists for tocilizumab,
    siltuximab, emapalumab and anakinra; cytokine load and capillary leak are not in the figures.
    Scalars only.

    References
    ----------
    those of the drug

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> lost = dose_lost("siltuximab", Q(3, "L"), Q(2, "h"), Q(24, "h"), Q(70, "kg")).lost
    >>> round(lost.typical, 2)
    0.47
    """
    row = solute_named(drug, "drug")
    refuse_if(
        not row.is_drug,
        "drug",
        row.name,
        "a medicine; for a solute of the body use expected_removal",
        kind="unknown",
    )
    litres, hours = (
        EXCHANGE.one("exchange_volume", exchange_volume) / 1000,
        RUN_TIME.one("duration", duration),
    )
    wait, kilograms = DELAY.one("delay", delay), ANY_WEIGHT.one("weight", weight)
    record = Recorder()
    at = Exposure(litres, hours, wait, kilograms)
    loss = loss_of_dose(row, at, milligrams(row, dose), record)
    return DoseLost.model_construct(
        drug=row.id,
        name=row.name,
        lost=loss.lost,
        model=loss.model,
        grade=row.grade,
        statement=loss.statement,
        advice=rule_of(row.name).advice,
        basis=record.working(),
    )


def saturates(row: Solute) -> bool:
    """True for a medicine whose clearance falls as its level rises: the loss needs the dose."""
    return any(model.vmax for model in row.models)


def milligrams(row: Solute, dose: Any) -> float:
    """The dose in mg; without saturable elimination the fraction lost is the same for any dose."""
    if row.models and dose is not None:
        return DOSE.one("dose", dose)
    wanted = f"a mass such as 560 mg: the elimination of {row.name} saturates"
    refuse_if(saturates(row), "dose", "nothing", wanted, kind="missing")
    return 1.0


class Exposure(NamedTuple):
    """An exchange after a dose, as plain numbers: L over h, h after the dose, weight in kg."""

    litres: float
    hours: float
    wait: float
    weight: float

    @property
    def per_kg(self) -> float:
        """Exchange volume in mL/kg."""
        return 1000 * self.litres / self.weight


class Loss(NamedTuple):
    """The fraction lost, or None; what it was calculated from; what must be said beside it."""

    lost: Interval | None
    model: str
    statement: str


def loss_of_dose(row: Solute, at: Exposure, dose: float, record: Recorder) -> Loss:
    """The loss of a medicine, by the best data in the table."""
    said: tuple[str, ...]
    if row.models:
        model, said = f"published disposition: {', '.join(one.name for one in row.models)}", ()
        lost: Interval | None = _by_disposition(row, at, dose, record)
    elif row.measured_loss.low:
        model = f"measured: {row.measured_when}"
        lost, said = _as_measured(row, at)
    elif row.vd.typical:
        model, said = "volume of distribution", (DISTRIBUTED,)
        lost = _by_volume(row, row.vd.typical, at, record)
    else:
        lost, model, said = None, "none", (NO_FIGURE, row.note)
    every = (f"grade {row.grade}: {GRADES[row.grade]} ({row.reason})", *said)
    return Loss(lost, model, "; ".join(text.rstrip(".") for text in every if text))


def _by_disposition(row: Solute, at: Exposure, dose: float, record: Recorder) -> Interval:
    """The loss over the published models, each with its volume and its clearance varied."""
    found, middles = [], []
    for model in row.models:
        for v1, cl, drug in _dispositions(model, at.weight / REFERENCE_WEIGHT):
            lost = dose_fraction_lost(drug, dose, at.wait, at.litres, at.hours)
            found.append(lost)
            if v1 == cl == 1.0:
                middles.append(lost)
                _note_disposition(row, model, drug, at, lost, record)
    return Interval(min(found), middles[0] if len(middles) == 1 else None, max(found))


def _note_disposition(
    row: Solute, model: Model, drug: Disposition, at: Exposure, lost: float, record: Recorder
) -> None:
    """Note the published values, scaled to this patient."""
    number = units.number

    def text() -> str:
        return (
            f"{model.name} at {number(at.weight, 1)} kg: V1 {number(drug.v1, 3)} L, "
            f"V2 {number(drug.v2, 3)} L, CL {number(drug.cl, 5)} L/h, Q {number(drug.q, 5)} L/h, "
            f"Vmax {number(drug.vmax, 4)} mg/h, Km {number(drug.km, 3)} mg/L; "
            f"{number(at.wait, 2)} h after the dose, {number(at.litres, 3)} L over "
            f"{number(at.hours, 2)} h: {units.percent(lost, 2)} [{model.source}, {model.tag}]"
        )

    path = f"dose_lost.{row.id}.{model.name}"
    record.note(path, "two compartments after a dose", text, model.source)


def _dispositions(model: Model, size: float) -> Iterator[tuple[float, float, Disposition]]:
    """The published values scaled by weight, central volume and clearance varied."""
    for v1, cl in product(CENTRAL_VOLUME, CLEARANCE):
        central = model.v1 * size * v1
        leaving, saturable = model.cl * size * cl, model.vmax * size * cl
        drug = Disposition(central, model.v2 * size, leaving, model.q * size, saturable, model.km)
        yield v1, cl, drug


def _as_measured(row: Solute, at: Exposure) -> tuple[Interval | None, tuple[str, ...]]:
    """A measured loss, where the exchange is like the one in which it was measured."""
    earliest, latest = row.measured_hours
    alike = earliest <= at.wait <= latest and ABOUT_ONE_VOLUME.holds(at.per_kg)
    if not alike:
        given = f"{units.number(at.wait, 2)} h after it and {units.number(at.per_kg, 0)} mL/kg"
        held = f"measured only {row.measured_when}, assumed valid for {ABOUT_ONE_VOLUME.expected}"
        return None, (AS_MEASURED, f"{held}: no figure for {given}")
    span = row.measured_loss
    values = (end and end.value for end in (span.low, span.typical, span.high))
    return Interval(*values), (AS_MEASURED,)


def _by_volume(row: Solute, typical: Known, at: Exposure, record: Recorder) -> Interval:
    """The loss of a medicine that has spread; a single volume is halved and doubled."""

    def lost(end: str, per_kg: float) -> float:
        return record.run(
            f"dose_lost.{row.id}.{end}",
            distributed_fraction_lost,
            exchange_volume=1000 * at.litres,
            distribution_volume=1000 * at.weight * per_kg,
        )

    low, high = ends(row.vd, "C")
    return Interval(lost("low", high), lost("typical", typical.value), lost("high", low))
