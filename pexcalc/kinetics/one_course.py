"""One course at one choice of rates and volumes: its levels, and the sessions until a target.

The ranges over all choices are in course.py, the mathematics is in trajectory.py and
compartments.py.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from pexcalc.kinetics.case import PlasmaVolumes, ProductionName, Session, plan_of
from pexcalc.kinetics.compartments import Stretch, steady, stretch
from pexcalc.kinetics.one_session import PRODUCTION, steps_of
from pexcalc.kinetics.trajectory import Trajectory, TurnoverRates, trajectory
from pexcalc.kinetics.turnover import MOST_SESSIONS
from pexcalc.quantities.record import Whole

NEVER = (None, None, None)
DURING, BETWEEN = 4, 20  # derived: points of the curve in a session and in the time between two

Needed = tuple[Whole | None, Whole | None, Whole | None]  # at best, typically, at worst


class Run(NamedTuple):
    """One course at one choice of the uncertain values."""

    levels: list[float]
    body: list[float]
    before: list[float]
    after: list[float]
    limit: tuple[float, float]
    needed: Needed  # after, before, in the body


def course_times(hours: float, gap: float, sessions: int) -> list[float]:
    """The hours at which a course is drawn."""
    cycle_of = [hours * part / DURING for part in range(1, DURING + 1)]
    if gap:
        cycle_of += [hours + gap * part / BETWEEN for part in range(1, BETWEEN + 1)]
    return [
        0.0,
        *(number * (hours + gap) + time for number in range(sessions) for time in cycle_of),
    ]


def run_course(
    rates: TurnoverRates,
    at: PlasmaVolumes,
    session: Session,
    gap: float,
    sessions: int,
    target: float | None,
    eta: float = 1.0,
    rho: float = 1.0,
) -> Run:
    """One course at one choice of the uncertain values, `eta` on the volumes and `rho` between.

    Each session is followed in DURING parts, each gap in BETWEEN.
    """
    later = session._replace(production=_LATER[session.production])
    plan = plan_of(session, at, gap)
    whole = trajectory(rates, plan, eta, rho, PRODUCTION[session.production][1])
    first, others = (_maps(rates, at, one, eta) for one in (session, later))
    off = stretch(*rates, gap * rho / BETWEEN)
    states, before, after = [(1.0, whole.pool)], [], []
    for number in range(sessions):
        before.append(states[-1][0])
        states += _sessions_followed(others if number else first, states[-1])
        after.append(states[-1])
        states += _sessions_followed([[(off, whole.inflow)]] * (BETWEEN if gap else 0), states[-1])
    needed: Needed = NEVER
    if target is not None:
        needed = _sessions_until(1 - target, before, after, states[-1], whole)
    return Run(
        levels=[plasma for plasma, _ in states],
        body=[whole.body(state) for state in states],
        before=before,
        after=[plasma for plasma, _ in after],
        limit=(whole.limits()[0][0], whole.limits()[1][0]),
        needed=needed,
    )


_LATER: dict[
    ProductionName, ProductionName
] = {  # derived: production after the first session, by name
    "steady": "steady",
    "halved": "halved",
    "doubled": "doubled",
    "rising": "doubled",
}
Map = tuple[Stretch, float]  # over an interval, and the inflow in it


def _maps(rates: TurnoverRates, at: PlasmaVolumes, session: Session, eta: float) -> list[list[Map]]:
    """The maps of each of the DURING parts of a session."""
    inflow = steady(*rates)[1]
    pace = eta * at.exchanged / session.hours
    known: dict[float, Stretch] = {}
    steps, elapsed = [], 0.0
    for hours, factor, level in steps_of(session, DURING):
        part = min(int((elapsed + hours / 2) / session.hours * DURING), DURING - 1)
        if hours not in known:
            out = rates.kel + pace * session.efficiency
            known[hours] = stretch(rates.k12, rates.k21, out, hours)
        steps.append((part, (known[hours], inflow * factor + pace * level)))
        elapsed += hours
    return [[step for _, step in some] for _, some in groupby(steps, key=lambda one: one[0])]


def _sessions_followed(
    parts: Sequence[Sequence[Map]], state: tuple[float, float]
) -> list[tuple[float, float]]:
    """Plasma and tissue after each of some intervals."""
    found = []
    for part in parts:
        for step, inflow in part:
            state = step.after(*state, inflow)
        found.append(state)
    return found


def _sessions_until(
    level: float,
    before: list[float],
    after: list[tuple[float, float]],
    state: tuple[float, float],
    whole: Trajectory,
) -> Needed:
    """The first session after which plasma, before which plasma, after which the body is there.

    `before` and `after` are of the sessions that were followed, `state` is where they lead. None
    where it is later than a year, or lost again: production that has gone up takes the level back.
    """
    (plasma_before, _), limit_after = whole.limits()
    ends = [limit_after[0], plasma_before, whole.body(limit_after)]
    reached: list[list[float]] = [
        [plasma for plasma, _ in after],
        [*before],
        [whole.body(one) for one in after],
    ]
    while len(reached[1]) < MOST_SESSIONS and any(
        end <= level < min(some) for end, some in zip(ends, reached)
    ):
        reached[1].append(state[0])
        state = whole.session.after(*state, 1.0)
        reached[0].append(state[0])
        reached[2].append(whole.body(state))
        state = whole.gap.after(*state, whole.inflow)
    first, between, body = (
        next((n for n, one in enumerate(some, 1) if one <= level), None) if end <= level else None
        for end, some in zip(ends, reached)
    )
    return first, between, body


def run_course_at_once(session: Session, gap: float, sessions: int, target: float | None) -> Run:
    """The course of a solute that turns over without delay: production sets its level."""
    first = [step.production for step in steps_of(session._replace(supply=()), DURING)]
    later = PRODUCTION[session.production][1]
    rest = [later] * (BETWEEN if gap else 0)
    levels = [1.0, *first, *rest, *([later] * (DURING + len(rest)) * (sessions - 1))]
    before = [1.0, *([later] * (sessions - 1))]
    after = [first[-1], *([later] * (sessions - 1))]
    needed: Needed = NEVER
    if target is not None and later <= 1 - target:
        needed = (1, 2, 1)  # derived: the level before the second session is that of production
    return Run(levels, levels, before, after, (later, later), needed)
