"""What one session does at one choice of rates and volumes: fall, ceiling, mean level, return.

In closed form from steady state, step by step where production or the fluid changes. The ranges
over all choices (`Figures`) are calculated in removal.py, the mathematics is in compartments.py.
"""

import math
from collections.abc import Iterable, Mapping
from itertools import accumulate, pairwise
from typing import NamedTuple

from pexcalc.kinetics.case import PlasmaVolumes, ProductionName, Session, Supply, device_rate
from pexcalc.kinetics.compartments import Phase, hours_until, phase, steady
from pexcalc.kinetics.prediction import DAY_HOURS, UNDONE_SHARE
from pexcalc.kinetics.trajectory import TurnoverRates
from pexcalc.quantities.annotations import Interval

# Production during the session, part by part in equal parts, and afterwards, as multiples of
# before.
PRODUCTION: Mapping[ProductionName, tuple[tuple[float, ...], float]] = {  # judgement plausibility
    "steady": ((1.0,), 1.0),
    "halved": ((0.5,), 0.5),
    "doubled": ((2.0,), 2.0),
    "rising": ((1.25, 1.5, 1.75, 2.0), 2.0),
}


class Outcome(NamedTuple):
    """What one session does at one choice of the uncertain values."""

    fall: float
    ceiling: float
    device_share: float
    mean_fall: float
    return_time_90: float | None
    half_life: float


NOTHING = (None,) * len(Outcome._fields)  # where there is no typical choice


class Figures(NamedTuple):
    """What one session does, as intervals of fractions and of hours; None where not known."""

    fall: Interval | None = None
    without_levels: Interval | None = None
    by_parameters: Interval | None = None
    of_series: float | None = None
    ceiling: Interval | None = None
    device_share: Interval | None = None
    mean_fall: Interval | None = None
    return_time_90: Interval | None = None


def outcomes(
    corners: Iterable[tuple[TurnoverRates, PlasmaVolumes]], session: Session
) -> list[Outcome]:
    """What one session does at each choice of the uncertain values, from steady state."""
    rests: dict[TurnoverRates, Phase] = {}
    found = []
    for rates, at in corners:
        rest = rests.get(rates)
        if rest is None:
            rest = rests[rates] = phase(*rates, DAY_HOURS - session.hours)
        found.append(_outcome(rates, at, session, rest))
    return found


def outcome(rates: TurnoverRates, at: PlasmaVolumes, session: Session) -> Outcome:
    """The same for one choice."""
    return outcomes([(rates, at)], session)[0]


def _outcome(rates: TurnoverRates, at: PlasmaVolumes, session: Session, rest: Phase) -> Outcome:
    """One session in closed form; `rest` is the time after it without exchange."""
    afterwards = PRODUCTION[session.production][1]
    tissue, inflow = steady(*rates)
    device = device_rate(at, session)
    plasma, area = 1.0, 0.0
    phases: dict[float, Phase] = {}
    for hours, factor, level in steps_of(session):
        during = phases.get(hours)
        if during is None:
            during = phases[hours] = phase(rates.k12, rates.k21, rates.kel + device, hours)
        fed = inflow * factor + at.exchanged / session.hours * level
        plasma, tissue, under = during.run(plasma, tissue, fed)
        area += under
    inflow *= afterwards
    fall = 1 - plasma
    target = 1 - (1 - UNDONE_SHARE) * fall
    tends_to = inflow + at.exchanged / session.hours * mean_supply(session)
    return Outcome(
        fall=fall,
        ceiling=1 - tends_to / (rates.kel + device),
        device_share=device / (rates.kel + device),
        mean_fall=1 - (area + rest.run(plasma, tissue, inflow)[2]) / DAY_HOURS,
        return_time_90=_hours_back(rates, inflow, plasma, tissue, target) if fall > 0 else None,
        half_life=math.log(2) / rates.kel,
    )


class Step(NamedTuple):
    """Part of a session of one production and one fluid: hours, multiple of production, level."""

    hours: float
    production: float
    level: float


def steps_of(session: Session, parts: int = 1) -> list[Step]:
    """The session in steps of one production and one fluid, in at least `parts` equal parts."""
    factors = PRODUCTION[session.production][0]
    count = max(parts, len(factors))
    if not session.supply:
        share = session.hours / count
        return [Step(share, factors[n * len(factors) // count], 0.0) for n in range(count)]
    found, levels = [], _fluid_ends(session.supply)
    edges = sorted({*(n / count for n in range(count + 1)), *(end for end, _ in levels)})
    for start, stop in pairwise(edges):
        factor = factors[min(int(start * len(factors)), len(factors) - 1)]
        level = next(level for end, level in levels if end >= stop)
        found.append(Step((stop - start) * session.hours, factor, level))
    return found


def _fluid_ends(supply: Supply) -> list[tuple[float, float]]:
    """Where each fluid ends, as a share of the session, with the level that it carries."""
    ends_of = [*accumulate(share for share, _ in supply[:-1]), 1.0]
    return [(end, level) for end, (_, level) in zip(ends_of, supply)]


def mean_supply(session: Session) -> float:
    """The level that the fluids carry, weighted by their shares of the volume."""
    return sum(share * level for share, level in session.supply)


def at_once(session: Session) -> Outcome:
    """The same for a solute that turns over without delay: its level is what production makes it.

    The other end of the interval of a solute of which only a terminal half-life is known.
    """
    parts, after = PRODUCTION[session.production]
    mean = (
        sum(parts) / len(parts) * session.hours + after * (DAY_HOURS - session.hours)
    ) / DAY_HOURS
    return Outcome(
        fall=1 - parts[-1],
        ceiling=1 - after,
        device_share=0.0,
        mean_fall=1 - mean,
        return_time_90=0.0 if session.production == "steady" else None,
        half_life=0.0,
    )


def _hours_back(
    rates: TurnoverRates, inflow: float, plasma: float, tissue: float, target: float
) -> float | None:
    """Hours after the session until plasma is back at a level; None where it never is."""
    if rates.k12:
        return hours_until(*rates, inflow, plasma, tissue, target)
    end = inflow / rates.kel
    return math.log((end - plasma) / (end - target)) / rates.kel if end > target else None
