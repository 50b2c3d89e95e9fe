"""Scenarios of a session for cytokines, receptors, ferritin and free hemoglobin.

Their production is the disease, so what the exchange removes and what the level does are two
things, and both are ranges over scenarios: never a 90 % range, never a typical value. Published
group results range from a rise to a fall of 74 %. Bare numbers, as in prediction.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pexcalc.kinetics.prediction import BETWEEN_PATIENTS, UNDONE
from pexcalc.kinetics.trajectory import Plan, Rates, trajectory

PRODUCTION = (0.5, 1.0, 2.0)  # judgement: production halves to doubles during the session
FACTORS = (BETWEEN_PATIENTS.eta.low, 1.0, BETWEEN_PATIENTS.eta.high)
CHOICES = 9  # derived: between two ends, where a level is not monotone


class Ends(NamedTuple):
    """Lowest and highest value over the scenarios."""

    low: float
    high: float


class Scenarios(NamedTuple):
    """What a session does to a solute whose production is the disease.

    `share`: of all clearance that the session does while it runs. `steady`: the level at the end
    with steady production, for the volume as ordered. `other`: the level at the end if production
    halves or doubles meanwhile. `return_time`: hours until 90 % of the fall is undone with steady
    production. Levels are fractions of the level before.
    """

    share: Ends
    steady: Ends
    other: Ends
    return_time: Ends


def half_lives_between(low: float, high: float) -> tuple[Rates, ...]:
    """One-compartment rates for both ends of a half-life in h and for values between them.

    Examples
    --------
    >>> len(half_lives_between(0.08, 5.0)), len(half_lives_between(8.0, 8.0))
    (11, 1)
    """
    steps = CHOICES + 1 if high > low else 0
    times = (
        [low * (high / low) ** (place / steps) for place in range(steps + 1)] if steps else [low]
    )
    return tuple(Rates(0.0, 0.0, math.log(2) / time) for time in times)


def level_at_end(rates: Rates, plan: Plan, eta: float = 1.0, production: float = 1.0) -> float:
    """Level at the end of a session in which production is a multiple of that before.

    Examples
    --------
    >>> from pexcalc.kinetics.trajectory import Part
    >>> round(level_at_end(half_lives_between(5, 5)[0], Plan((Part(1.0, 2.0),)), 1.4, 0.5), 3)
    0.254
    """
    course = trajectory(rates, plan, eta, production=production)
    return float(course.after[0][0])


def device_share(rates: Rates, plan: Plan) -> float:
    """Share of all clearance that the session does, for the volume as ordered."""
    volumes = sum(part.volumes for part in plan.parts)
    device = volumes * plan.efficiency / plan.hours
    return float(device / (rates.kel + device))


def scenarios(choices: Sequence[Rates], plan: Plan, at_once: bool = False) -> Scenarios:
    """Work out every scenario of one session.

    Parameters
    ----------
    choices : sequence of Rates
        Rate constants at the ends of what is known and between them (`half_lives_between`).
    plan : Plan
        The session; the fluid carries none of the solute.
    at_once : bool
        True where only a terminal half-life is known: the solute may turn over without delay, and
        its level is then what production gives.

    Returns
    -------
    Scenarios
        Scalars.

    Examples
    --------
    >>> from pexcalc.kinetics.trajectory import Part
    >>> il6 = scenarios(half_lives_between(0.08, 5.0), Plan((Part(1.0, 2.0),)))
    >>> [round(100 * (1 - level)) for level in il6.other]  # a fall of 75 % to a rise of 94 %
    [75, -94]
    """
    steady = [level_at_end(rates, plan) for rates in choices]
    other = [
        level_at_end(rates, plan, eta, production)
        for rates in choices
        for eta in FACTORS
        for production in PRODUCTION
    ]
    return Scenarios(
        share=_ends([*(device_share(rates, plan) for rates in choices), *_if(at_once, 0.0)]),
        steady=_ends([*steady, *_if(at_once, 1.0)]),
        other=_ends([*other, *_if(at_once, *PRODUCTION)]),
        return_time=_ends([*(_return_time(rates, plan) for rates in choices), *_if(at_once, 0.0)]),
    )


def _return_time(rates: Rates, plan: Plan) -> float:
    return trajectory(rates, plan).hours_back(UNDONE)


def _if(condition: bool, *values: float) -> tuple[float, ...]:
    return values if condition else ()


def _ends(values: Iterable[float]) -> Ends:
    found = list(values)
    return Ends(min(found), max(found))
