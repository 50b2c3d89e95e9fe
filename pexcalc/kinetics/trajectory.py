"""Levels of one solute over a course of equal sessions, at one choice of rates and factors.

Bare numbers: levels as fractions of the level before the first session, hours, rates per hour,
plasma volumes. `eta` multiplies the plasma volumes as ordered, `rho` the clock between sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pexcalc.kinetics.compartments import (
    RateSegment,
    Stretch,
    cycle,
    hours_until,
    steady,
    stretch,
)
from pexcalc.kinetics.turnover import return_rate
from pexcalc.quantities.formula import Value, math_for

# --- the solute and the sessions ------------------------------------------------------------------


class TurnoverRates(NamedTuple):
    """Rate constants per h: to tissue, back, elimination; k12 = 0 in one compartment."""

    k12: Value
    k21: Value
    kel: Value


class Turnover(NamedTuple):
    """Typical rate constants of a solute, and those with one parameter at an end of its range."""

    typical: TurnoverRates
    ends: tuple[TurnoverRates, ...] = ()


def two_compartments(
    k12: Sequence[float], fraction: Sequence[float], kel: Sequence[float]
) -> Turnover:
    """Turnover of a solute with a tissue pool.

    Parameters
    ----------
    k12, fraction, kel : (low, typical, high)
        Transcapillary escape rate per h, intravascular fraction, elimination rate per h.

    Returns
    -------
    Turnover
        With one parameter at an end at a time; an end equal to the typical value is left out.

    Examples
    --------
    >>> igg = two_compartments((0.01, 0.03, 0.03), (0.45, 0.45, 0.45), (0.0028, 0.0031, 0.0031))
    >>> len(igg.ends), round(igg.typical.k21, 4)
    (2, 0.0245)
    """
    spans = (k12, fraction, kel)
    typical = [span[1] for span in spans]
    choices = [
        [*typical[:place], end, *typical[place + 1 :]]
        for place, span in enumerate(spans)
        for end in (span[0], span[2])
        if end != span[1]
    ]
    every = [TurnoverRates(a, return_rate.kernel(a, f), c) for a, f, c in (typical, *choices)]
    return Turnover(every[0], tuple(every[1:]))


def one_pool(kel: float) -> TurnoverRates:
    """Rates of a solute that stays in plasma."""
    return TurnoverRates(0.0, 0.0, kel)


class SessionPart(NamedTuple):
    """Part of a session with one fluid: plasma volumes, hours, the solute that the fluid carries.

    `supply` is the level in the fluid as a fraction of the patient's before the first session.
    """

    volumes: Value
    hours: Value
    supply: Value = 0.0


class CoursePlan(NamedTuple):
    """Equal sessions: their parts, hours from the end of one to the start of the next, how many.

    `efficiency` is sieving x mixing; it multiplies what leaves, not what the fluid carries.
    """

    parts: tuple[SessionPart, ...]
    gap: Value = 0.0
    sessions: int = 1
    efficiency: Value = 1.0

    @property
    def hours(self) -> Value:
        """Hours of one session."""
        first, *others = self.parts
        return first.hours + sum(part.hours for part in others) if others else first.hours

    @property
    def carried(self) -> bool:
        """True where a fluid carries the solute."""
        return any(getattr(part.supply, "shape", ()) or part.supply > 0 for part in self.parts)


# --- one course -----------------------------------------------------------------------------------


class Trajectory(NamedTuple):
    """One course at one choice: plasma and tissue before and after each session."""

    rates: TurnoverRates
    eta: Value
    rho: Value
    inflow: Value
    pool: Value
    session: Stretch
    gap: Stretch
    before: tuple[tuple[Value, Value], ...]
    after: tuple[tuple[Value, Value], ...]

    def later(self, session: int, hours: Value, m: Any) -> tuple[Value, Value]:
        """Plasma and tissue some hours after the end of a session, without another."""
        over = stretch(*self.rates, hours * self.rho, m)
        return over.after(*self.after[session - 1], self.inflow)

    def limits(self) -> tuple[tuple[Value, Value], tuple[Value, Value]]:
        """Plasma and tissue before and after a session of a course without end."""
        p, t, p_after, t_after = cycle(self.session, self.gap, 1.0, self.inflow, self.rates.k12)
        return (p, t), (p_after, t_after)

    def hours_back(self, share: float) -> float:
        """Hours after the first session until a share of the fall is undone; steady production."""
        plasma, tissue = self.after[0]
        target = 1 - (1 - share) * (1 - plasma)
        hours = hours_until(*self.rates, self.inflow, plasma, tissue, target)
        assert hours is not None  # steady production ends at 1, above the target
        return float(hours / self.rho)

    def mean_level(self, plan: CoursePlan, horizon: Value) -> Value:
        """Mean plasma level over some hours from the start of the first session, with no second."""
        parts = [value for part in plan.parts for value in part]
        m = math_for(*self.rates, *parts, plan.efficiency, self.eta, self.rho, horizon)
        k12, k21, kel = self.rates
        state, area = self.before[0], 0.0
        for hours, device, into in _segments(plan, self.eta, self.inflow):
            end = stretch(k12, k21, kel + device, hours, m).after(*state, into)
            area += (into * hours + sum(state) - sum(end)) / (kel + device)  # what left of plasma
            state = end
        rest = (horizon - plan.hours) * self.rho
        end = stretch(k12, k21, kel, rest, m).after(*state, self.inflow)
        area += (self.inflow * rest + sum(state) - sum(end)) / kel / self.rho
        return area / horizon

    def body(self, state: tuple[Value, Value]) -> Value:
        """Amount in both compartments, as a fraction of that before the first session."""
        return (state[0] + state[1]) / (1 + self.pool)


def trajectory(
    rates: TurnoverRates,
    plan: CoursePlan,
    eta: Value = 1.0,
    rho: Value = 1.0,
    production: Value = 1.0,
) -> Trajectory:
    """Predict one course at one choice of rate constants and factors, from steady state.

    `production` is a multiple of that before, from the start of the first session on.
    """
    m = math_for(*rates, *(value for part in plan.parts for value in part), plan.gap, eta, rho)
    pool, before_it = steady(*rates)
    inflow = before_it * production
    session = _session(rates, plan, eta, inflow, m)
    gap = stretch(*rates, plan.gap * rho, m) if _has_gap(plan) else NO_TIME
    state = (1.0 + 0.0 * pool, pool)
    before, after = [], []
    for _ in range(plan.sessions):
        before.append(state)
        state = session.after(*state, 1.0)
        after.append(state)
        state = gap.after(*state, inflow)
    return Trajectory(rates, eta, rho, inflow, pool, session, gap, tuple(before), tuple(after))


NO_TIME = Stretch(1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)


def _has_gap(plan: CoursePlan) -> bool:
    """False for sessions that follow one another at once, and for a single session."""
    return bool(getattr(plan.gap, "shape", ()) or plan.gap > 0)


def _segments(plan: CoursePlan, eta: Value, inflow: Value) -> list[RateSegment]:
    return [
        RateSegment(
            part.hours,
            eta * part.volumes * plan.efficiency / part.hours,
            inflow + eta * part.volumes / part.hours * part.supply,
        )
        for part in plan.parts
    ]


def _session(rates: TurnoverRates, plan: CoursePlan, eta: Value, inflow: Value, m: Any) -> Stretch:
    """The parts of a session as one map, for an inflow of 1."""
    k12, k21, kel = rates
    steps = [
        (stretch(k12, k21, kel + device, hours, m), into)
        for hours, device, into in _segments(plan, eta, inflow)
    ]

    def end(plasma: float, tissue: float, fed: float) -> tuple[Value, Value]:
        state: tuple[Value, Value] = (plasma, tissue)
        for step, into in steps:
            state = step.after(*state, into * fed)
        return state

    if len(steps) == 1:
        step, into = steps[0]
        return step._replace(i11=step.i11 * into, i21=step.i21 * into)
    (e11, e21), (e12, e22), (i11, i21) = end(1.0, 0.0, 0.0), end(0.0, 1.0, 0.0), end(0.0, 0.0, 1.0)
    return Stretch(e11, e12, e21, e22, i11, e12 * 0.0, i21)
