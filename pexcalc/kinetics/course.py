"""A course of equal sessions for one solute: levels over time, and what a target takes.

Predictions of the model that the solute gets in removal.py, as bands over all choices of the
uncertain values.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from pexcalc.kinetics.compartments import Stretch, cycle, steady, stretch
from pexcalc.kinetics.removal import (
    PRODUCTION,
    Case,
    Production,
    Rates,
    Session,
    Volumes,
    case_of,
    device_rate,
    session_from,
    statement,
    volumes_from,
)
from pexcalc.kinetics.turnover import MOST_SESSIONS, gap_between, session_count
from pexcalc.order.lookup import made_by_the_body, solute_named
from pexcalc.quantities import units
from pexcalc.quantities.annotations import HoursSeries, Interval, PlainInterval
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import first_quantity, give
from pexcalc.quantities.record import Flag, Number, Result, Text, Whole

# Hard limits of a course. Judgement: they catch typing slips, they are not clinical limits.
EVERY = In("h", 6, 720, "h", "the time from start to start", likely=("h", "d"))
TARGET = In("1", 0.001, 1, "%", open_high=True)
DURING, BETWEEN = 4, 20  # derived: points of the curve in a session and in the time between two
NO_TISSUE = "; no data on tissue, so plasma and body are one"


class Band(Result):
    """A series of fractions of the start, lowest to highest over the uncertain values."""

    low: tuple[Number, ...]
    typical: tuple[Number, ...] | None
    high: tuple[Number, ...]


class Course(Result):
    """A course of equal sessions: plasma level and body amount over time.

    Notes
    -----
    All levels and amounts are fractions of the start. `times` runs from the start of the first
    session to one interval after the start of the last. `before` and `after` hold one figure for
    each session. `limit_before` and `limit_after` are what a course without end tends to. With a
    target, `sessions_needed` counts the sessions after which plasma has fallen by it for good,
    measured right after a session (None where no number is enough), from the most favorable choice
    of the uncertain values to the least, and `needed_in_words` says so.
    """

    solute: Text
    name: Text
    production: Production
    model: Text
    sessions: Whole
    times: HoursSeries
    levels: Band
    body: Band
    before: Band
    after: Band
    limit_before: PlainInterval
    limit_after: PlainInterval
    target_fall: Number | None
    sessions_needed: tuple[Whole | None, Whole | None, Whole | None] | None
    needed_in_words: Text | None
    upper_bound: Flag
    grade: Text
    statement: Text


Course.__module__ = "pexcalc"


class Run(NamedTuple):
    """One course at one choice of the uncertain values."""

    levels: list[float]
    body: list[float]
    before: list[float]
    after: list[float]
    limit: tuple[float, float]
    needed: int | None


def simulate_course(
    solute: str,
    plasma_volumes: Any,
    duration: Any,
    interval: Any,
    sessions: int,
    plasma_volume: Any = None,
    *,
    weight: Any = None,
    sieving: Any = 1.0,
    mixing: Any = 1.0,
    production: Production = "steady",
    target_fall: Any = None,
) -> Course:
    """A course of equal sessions for one solute of the body.

    Parameters
    ----------
    solute : str
        Id, name or synonym.
    plasma_volumes : float or Quantity
        Plasma volumes of each session, anticoagulant not counted.
    duration : Quantity, scalar
        Duration of each session; 15 min to 12 h.
    interval : Quantity, scalar
        Time from start to start, at least the duration; 6 h to 30 d.
    sessions : int
        Number of sessions; 1 to 365.
    plasma_volume : Quantity, scalar, or Interval, optional
        As for `expected_removal`.
    weight : Quantity, scalar, optional
        Body weight, as for `expected_removal`.
    sieving : float or Quantity, default 1.0
        Sieving coefficient.
    mixing : float or Quantity, default 1.0
        Share of the removed plasma that is mixed plasma.
    production : str, default "steady"
        As for `expected_removal`; it changes at the start of the first session and stays changed.
    target_fall : float or Quantity, optional
        Percent reduction wanted, as a fraction: after how many sessions has plasma fallen by it?

    Returns
    -------
    Course
        Levels, body amounts and limits as fractions of the start.

    Raises
    ------
    QuantityError
        If a value lies outside its range, the turnover of the solute is not known, or no number of
        sessions reaches the target.

    Notes
    -----
    Valid from steady state, with a fluid that carries none of the solute. A model prediction.
    Scalars only.

    References
    ----------
    turnover-model, those of the solute

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> course = simulate_course("IgG", 1.0, Q(2, "h"), Q(24, "h"), 5)
    >>> [round(level, 2) for level in course.after.typical], round(course.body.typical[-1], 2)
    ([0.38, 0.25, 0.19, 0.16, 0.13], 0.29)
    """
    row = made_by_the_body(solute_named(solute))
    session = session_from(duration, sieving, mixing, weight, production)
    count = session_count(sessions)
    every = EVERY.one("interval", interval)
    gap = gap_between(every, session.hours)
    case = case_of(
        row, volumes_from(plasma_volumes, plasma_volume, session.weight), session, course=True
    )
    if case.model is None:
        raise QuantityError(
            "solute",
            row.name,
            "a solute whose turnover is known; of this one only the size is",
            kind="unknown",
        )
    target = None if target_fall is None else round(TARGET.one("target_fall", target_fall), 12)
    runs = [_run(rates, at, session, gap, count, target) for rates, at in case.corners]
    if case.upper_bound:
        runs.append(_run_at_once(session, gap, count, target))
    typical = _run(*case.typical, session, gap, count, target) if case.typical else None

    def band(name: str) -> Band:
        series = [getattr(run, name) for run in runs] + (
            [getattr(typical, name)] if typical else []
        )
        low, high = tuple(min(at) for at in zip(*series)), tuple(max(at) for at in zip(*series))
        middle = tuple(getattr(typical, name)) if typical else None
        return Band.model_construct(low=low, typical=middle, high=high)

    def limit(place: int) -> Interval:
        every = [run.limit[place] for run in runs] + ([typical.limit[place]] if typical else [])
        return Interval(min(every), typical.limit[place] if typical else None, max(every))

    after = limit(1)
    return Course.model_construct(
        solute=row.id,
        name=row.name,
        production=production,
        model=case.model.name + (NO_TISSUE if case.model.name.startswith("one") else ""),
        sessions=count,
        times=tuple(
            give(first_quantity(duration), time, "h") for time in _times(session.hours, gap, count)
        ),
        levels=band("levels"),
        body=band("body"),
        before=band("before"),
        after=band("after"),
        limit_before=limit(0),
        limit_after=after,
        target_fall=target,
        **_needed(case, runs, typical, target, after),
        upper_bound=case.upper_bound,
        grade=row.grade,
        statement=statement(row, case.upper_bound, course=True),
    )


def _times(hours: float, gap: float, sessions: int) -> list[float]:
    """The hours at which a course is drawn."""
    cycle_of = [hours * part / DURING for part in range(1, DURING + 1)]
    if gap:
        cycle_of += [hours + gap * part / BETWEEN for part in range(1, BETWEEN + 1)]
    return [
        0.0,
        *(number * (hours + gap) + time for number in range(sessions) for time in cycle_of),
    ]


def _run(
    rates: Rates, at: Volumes, session: Session, gap: float, sessions: int, target: float | None
) -> Run:
    """One course at one choice of the uncertain values.

    Each session is followed in DURING parts of constant rates, each gap in BETWEEN.
    """
    first, later = _production(session)
    tissue, inflow = steady(*rates)
    out = rates.kel + device_rate(at, session)
    on = stretch(rates.k12, rates.k21, out, session.hours / DURING)
    off = stretch(rates.k12, rates.k21, rates.kel, gap / BETWEEN)
    states, before, after = [(1.0, tissue)], [], []
    for number in range(sessions):
        before.append(states[-1][0])
        during = [later] * DURING if number else first
        states += _followed(on, states[-1], [inflow * factor for factor in during])
        after.append(states[-1][0])
        states += _followed(off, states[-1], [inflow * later] * (BETWEEN if gap else 0))
    session_whole = stretch(rates.k12, rates.k21, out, session.hours)
    gap_whole = stretch(rates.k12, rates.k21, rates.kel, gap)
    whole = session_whole, gap_whole, inflow * later
    limit_before, _, limit_after, _ = cycle(
        session_whole, gap_whole, inflow * later, inflow * later, rates.k12
    )
    needed = None
    # Production that has gone up takes the level back above the target later.
    if target is not None and limit_after <= 1 - target:
        needed = _sessions_until(1 - target, after, states[-1], *whole)
    return Run(
        levels=[plasma for plasma, _ in states],
        body=[(plasma + other) / (1 + tissue) for plasma, other in states],
        before=before,
        after=after,
        limit=(limit_before, limit_after),
        needed=needed,
    )


def _production(session: Session) -> tuple[list[float], float]:
    """Production in each part of the first session, and afterwards, as multiples of before."""
    parts, later = PRODUCTION[session.production]
    return [parts[part * len(parts) // DURING] for part in range(DURING)], later


def _followed(
    step: Stretch, state: tuple[float, float], inflows: Iterable[float]
) -> list[tuple[float, float]]:
    """Plasma and tissue after each of some equal intervals."""
    found = []
    for inflow in inflows:
        state = step.after(*state, inflow)
        found.append(state)
    return found


def _sessions_until(
    level: float,
    after: list[float],
    state: tuple[float, float],
    session: Stretch,
    gap: Stretch,
    inflow: float,
) -> int | None:
    """The first session after which plasma is at a level or below; None within a year.

    `after` are the levels after the sessions that were followed, `state` is where they lead.
    """
    for number, end in enumerate(after, 1):
        if end <= level:
            return number
    for number in range(len(after) + 1, MOST_SESSIONS + 1):
        plasma, tissue = session.after(*state, inflow)
        if plasma <= level:
            return number
        state = gap.after(plasma, tissue, inflow)
    return None


def _run_at_once(session: Session, gap: float, sessions: int, target: float | None) -> Run:
    """The course of a solute that turns over without delay: production sets its level."""
    first, later = _production(session)
    rest = [later] * (BETWEEN if gap else 0)
    levels = [1.0, *first, *rest, *([later] * (DURING + len(rest)) * (sessions - 1))]
    before = [1.0, *([later] * (sessions - 1))]
    after = [first[-1], *([later] * (sessions - 1))]
    needed = 1 if target is not None and later <= 1 - target else None
    return Run(levels, levels, before, after, (later, later), needed)


def _needed(
    case: Case, runs: Iterable[Run], typical: Run | None, target: float | None, after: Interval
) -> dict[str, Any]:
    """After how many sessions plasma has fallen by the target: at best, typically, at worst."""
    if target is None:
        return {"sessions_needed": None, "needed_in_words": None}
    counts = [run.needed for run in runs]
    reached = [count for count in counts if count is not None]
    if not reached:
        raise _unreachable(case, target, 1 - after.low)
    best, worst = min(reached), max(reached) if len(reached) == len(counts) else None
    words = f"{best} session{'' if best == 1 else 's'}"
    if worst is None:
        words += f" at best; at worst {_at_worst(case, target, 1 - after.high)}"
    elif worst != best:
        words = f"{best} to {worst} sessions"
    return {
        "sessions_needed": (best, typical.needed if typical else None, worst),
        "needed_in_words": words,
    }


def _at_worst(case: Case, target: float, least: float) -> str:
    """Why the least favorable choice of the values needs no countable number of sessions."""
    if case.upper_bound:
        return "no number is enough, for only an upper bound of the fall is known"
    if least >= target:
        return f"more than {MOST_SESSIONS}"
    return f"no number is enough: the fall after a session tends to {units.percent(least, 1)}"


def _unreachable(case: Case, target: float, most: float) -> QuantityError:
    """The error for a target that no choice of the uncertain values reaches."""
    got = f"{units.percent(target, 1)} for {case.solute.name}"
    if most >= target:
        return QuantityError(
            "target_fall", got, f"a fall that {MOST_SESSIONS} sessions reach", kind="range"
        )
    if most <= 0:
        wanted = (
            f"no target: with this production the level rises, by {units.percent(-most, 1)} at best"
        )
        return QuantityError("target_fall", got, wanted, kind="range")
    places = 1 if units.percent(most, 1) != units.percent(target, 1) else 3
    wanted = f"less than {units.percent(most, places)}, what a course without end comes to at best"
    return QuantityError("target_fall", got, wanted, kind="missing")
