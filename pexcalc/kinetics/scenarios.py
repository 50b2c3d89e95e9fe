"""Scenarios of a session for cytokines, receptors, ferritin and free hemoglobin.

Their production is the disease, so what the exchange removes and what the level does are two
things, and both are ranges over scenarios: never a 90 % range, never a typical value. Published
group results range from a rise to a fall of 74 %. Bare numbers, as in prediction.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import product
from typing import NamedTuple

from pexcalc.kinetics.prediction import BETWEEN_PATIENTS, DAY_HOURS, RETURNED, UNDONE_SHARE
from pexcalc.kinetics.trajectory import CoursePlan, TurnoverRates, trajectory

PRODUCTION_ENDS = (0.5, 2.0)  # judgement: production halves to doubles during the session
FACTORS = (BETWEEN_PATIENTS.eta.low, 1.0, BETWEEN_PATIENTS.eta.high)


class Ends(NamedTuple):
    """Lowest and highest value over the scenarios."""

    low: float
    high: float


class Scenarios(NamedTuple):
    """What a session does to a solute whose production is the disease.

    `share`: of all clearance that the session does while it runs. `steady`: the level at the end
    with steady production, for the volume as ordered. `other`: the level at the end if production
    halves or doubles meanwhile. `other_mean`: the mean level over a day from the start, if it
    stays so. `return_time`: hours until 90 % of the fall is undone with steady production; None
    where a fluid that carries the solute leaves no fall. Levels are fractions of the level before.
    """

    share: Ends
    steady: Ends
    other: Ends
    other_mean: Ends
    return_time: Ends | None


def level_at_end(
    rates: TurnoverRates, plan: CoursePlan, eta: float = 1.0, production: float = 1.0
) -> float:
    """Level at the end of a session in which production is a multiple of that before.

    Examples
    --------
    >>> from pexcalc.kinetics.trajectory import SessionPart, one_pool
    >>> plan = CoursePlan((SessionPart(1.0, 2.0),))
    >>> round(level_at_end(one_pool(math.log(2) / 5), plan, 1.4, 0.5), 3)
    0.254
    """
    return _end_and_mean(rates, plan, eta, production)[0]


def _end_and_mean(
    rates: TurnoverRates, plan: CoursePlan, eta: float, production: float
) -> tuple[float, float]:
    """Level at the end of a session and its mean over a day; closed form in one compartment."""
    if rates.k12:
        course = trajectory(rates, plan, eta, production=production)
        return float(course.after[0][0]), float(course.mean_level(plan, DAY_HOURS))
    level, area, rest = 1.0, 0.0, DAY_HOURS - plan.hours
    for volumes, hours, supply in plan.parts:
        device = eta * volumes / hours
        out = rates.kel + device * plan.efficiency
        tends_to = (rates.kel * production + device * supply) / out
        gone = -math.expm1(-out * hours)
        area += tends_to * hours + (level - tends_to) * gone / out
        level -= (level - tends_to) * gone
    area += production * rest - (level - production) * math.expm1(-rates.kel * rest) / rates.kel
    return level, area / DAY_HOURS


def device_share(rates: TurnoverRates, plan: CoursePlan) -> float:
    """Share of all clearance that the session does, for the volume as ordered."""
    volumes = sum(part.volumes for part in plan.parts)
    device = volumes * plan.efficiency / plan.hours
    return float(device / (rates.kel + device))


def scenarios(
    choices: Sequence[TurnoverRates], plan: CoursePlan, at_once: bool = False
) -> Scenarios:
    """Work out every scenario of one session.

    Parameters
    ----------
    choices : sequence of Rates
        Rate constants at the ends of what is known and between them.
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
    >>> from pexcalc.kinetics.trajectory import SessionPart, one_pool
    >>> rates = [one_pool(math.log(2) / half_life) for half_life in (0.08, 5.0)]
    >>> il6 = scenarios(rates, CoursePlan((SessionPart(1.0, 2.0),)))
    >>> [round(100 * (1 - level)) for level in il6.other]  # a fall of 75 % to a rise of 94 %
    [75, -94]
    """
    ends_of = _ends_of(choices, plan)
    steady = [level_at_end(rates, plan) for rates in ends_of]
    other = [
        _end_and_mean(rates, plan, eta, production)
        for rates in choices
        for eta, production in extremes(plan)
    ]
    ends, means = zip(*other)
    return Scenarios(
        share=_scenario_ends(
            [*(device_share(rates, plan) for rates in ends_of), *_if(at_once, 0.0)]
        ),
        steady=_scenario_ends([*steady, *_if(at_once, 1.0)]),
        other=_scenario_ends([*ends, *_if(at_once, *PRODUCTION_ENDS)]),
        other_mean=_scenario_ends([*means, *_if(at_once, *PRODUCTION_ENDS)]),
        return_time=_return_times(ends_of, plan, max(steady), at_once),
    )


def _ends_of(choices: Sequence[TurnoverRates], plan: CoursePlan) -> Sequence[TurnoverRates]:
    """The choices among which the ends of steady production are: it is monotone in one pool."""
    if plan.carried or any(rates.k12 for rates in choices):
        return choices
    by_kel = sorted(choices, key=lambda rates: rates.kel)
    return by_kel[0], by_kel[-1]


def extremes(plan: CoursePlan) -> list[tuple[float, float]]:
    """Pairs of eta and production among which the lowest and the highest level are.

    Without the solute in the fluid a level falls with eta and rises with production, so two are
    enough.
    """
    if plan.carried:
        return list(product(FACTORS, PRODUCTION_ENDS))
    return [(FACTORS[-1], PRODUCTION_ENDS[0]), (FACTORS[0], PRODUCTION_ENDS[-1])]


def _return_times(
    choices: Sequence[TurnoverRates], plan: CoursePlan, highest: float, at_once: bool
) -> Ends | None:
    if highest >= 1 - RETURNED:
        return None
    return _scenario_ends([*(_return_time(rates, plan) for rates in choices), *_if(at_once, 0.0)])


def _return_time(rates: TurnoverRates, plan: CoursePlan) -> float:
    if rates.k12:
        return trajectory(rates, plan).hours_back(UNDONE_SHARE)
    return float(-math.log(1 - UNDONE_SHARE) / rates.kel)


def _if(condition: bool, *values: float) -> tuple[float, ...]:
    return values if condition else ()


def _scenario_ends(values: Iterable[float]) -> Ends:
    found = list(values)
    return Ends(min(found), max(found))
