"""A course of equal sessions for one solute: levels over time, before and after each, what a target takes.

Predictions of the model that the solute gets in removal.py, as bands over all choices of the
uncertain values.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from pexcalc.kinetics.compartments import cycle, steady, stretch
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
    """A series of fractions of the start, from the lowest to the highest that the uncertain values allow."""

    low: tuple[Number, ...]
    typical: tuple[Number, ...] | None
    high: tuple[Number, ...]


class Course(Result):
    """A course of equal sessions: plasma level and body amount over time, as fractions of the start.

    `times` runs from the start of the first session to one interval after the start of the last.
    `before` and `after` hold one figure for each session. `limit_before` and `limit_after` are what
    a course without end tends to. With a target, `sessions_needed` counts the sessions after which
    plasma has fallen by it for good, measured right after a session (None where no number is
    enough), from the most favourable choice of the uncertain values to the least, and
    `needed_in_words` says so.
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

    Parameters: as `expected_removal`, and interval (start to start, 6 h to 30 d and at least the
    duration), sessions (1 to 365), target_fall (a fraction: after how many sessions has plasma
    fallen by it). Production changes at the start of the first session and stays changed. Scalars.
    Returns Course. Valid from steady state, with a fluid that carries none of the solute. Raises
    QuantityError, for a solute without known turnover and for a target that no number of sessions
    reaches too. A model prediction. Sources: turnover-model, those of the solute.

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
    parts, later = PRODUCTION[session.production]
    tissue, inflow = steady(*rates)
    body, out = 1 + tissue, rates.kel + device_rate(at, session)
    on = stretch(rates.k12, rates.k21, out, session.hours / DURING)
    off = stretch(rates.k12, rates.k21, rates.kel, gap / BETWEEN)
    state = (1.0, tissue)
    levels, amounts, before, after = [1.0], [1.0], [], []
    for number in range(sessions):
        before.append(state[0])
        for part in range(DURING):
            factor = later if number else parts[part * len(parts) // DURING]
            state = on.after(*state, inflow * factor)
            levels.append(state[0])
            amounts.append((state[0] + state[1]) / body)
        after.append(state[0])
        for _ in range(BETWEEN if gap else 0):
            state = off.after(*state, inflow * later)
            levels.append(state[0])
            amounts.append((state[0] + state[1]) / body)
    whole, rest = (
        stretch(rates.k12, rates.k21, out, session.hours),
        stretch(rates.k12, rates.k21, rates.kel, gap),
    )
    limits = cycle(whole, rest, inflow * later, inflow * later, rates.k12)
    needed = None
    if target is not None:
        needed = next((n for n, level in enumerate(after, 1) if level <= 1 - target), None)
        for n in range(sessions + 1, MOST_SESSIONS + 1) if needed is None else ():
            end = whole.after(*state, inflow * later)
            if end[0] <= 1 - target:
                needed = n
                break
            state = rest.after(*end, inflow * later)
    if limits[2] > 1 - (
        target or 0
    ):  # production that has gone up takes the level back above the target later
        needed = None
    return Run(levels, amounts, before, after, (limits[0], limits[2]), needed)


def _run_at_once(session: Session, gap: float, sessions: int, target: float | None) -> Run:
    """The course of a solute that turns over without delay: its level is what production makes it."""
    parts, later = PRODUCTION[session.production]
    during = [parts[part * len(parts) // DURING] for part in range(DURING)]
    rest = [later] * (BETWEEN if gap else 0)
    levels = [1.0, *during, *rest, *([later] * (DURING + len(rest)) * (sessions - 1))]
    before = [1.0, *([later] * (sessions - 1))]
    after = [during[-1], *([later] * (sessions - 1))]
    needed = 1 if target is not None and later <= 1 - target else None
    return Run(levels, levels, before, after, (later, later), needed)


def _needed(
    case: Case, runs: Iterable[Run], typical: Run | None, target: float | None, after: Interval
) -> dict[str, Any]:
    """After how many sessions plasma has fallen by the target: at best, typically, at worst; the reason for never."""
    if target is None:
        return {"sessions_needed": None, "needed_in_words": None}
    counts = [run.needed for run in runs]
    reached = [count for count in counts if count is not None]
    if not reached:
        raise _unreachable(case, target, 1 - after.low)
    surely = len(reached) == len(counts)
    best, worst = min(reached), max(reached) if surely else None
    shown = f"{best} session{'' if best == 1 else 's'}"
    if worst is None and case.upper_bound:
        shown += (
            " at best; at worst no number is enough, for only an upper bound of the fall is known"
        )
    elif worst is None and 1 - after.high >= target:
        shown += f" at best; at worst more than {MOST_SESSIONS}"
    elif worst is None:
        tends = units.percent(1 - after.high, 1)
        shown += (
            f" at best; at worst no number is enough: the fall after a session tends to {tends}"
        )
    elif worst != best:
        shown = f"{best} to {worst} sessions"
    return {
        "sessions_needed": (best, typical.needed if typical else None, worst),
        "needed_in_words": shown,
    }


def _unreachable(case: Case, target: float, most: float) -> QuantityError:
    """The error for a target that no choice of the uncertain values reaches."""
    came = f"{units.percent(target, 1)} for {case.solute.name}"
    if most >= target:
        return QuantityError(
            "target_fall", came, f"a fall that {MOST_SESSIONS} sessions reach", kind="range"
        )
    if most <= 0:
        wanted = (
            f"no target: with this production the level rises, by {units.percent(-most, 1)} at best"
        )
        return QuantityError("target_fall", came, wanted, kind="range")
    places = 1 if units.percent(most, 1) != units.percent(target, 1) else 3
    wanted = f"less than {units.percent(most, places)}, what a course without end comes to at best"
    return QuantityError("target_fall", came, wanted, kind="missing")
