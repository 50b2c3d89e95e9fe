"""A course of equal sessions for one solute: levels over time, and the sessions to reach a target.

Predictions of the model that the solute gets in case.py: the range of one patient at each time,
or bands over scenarios or over the parameters. Trap: these are ranges of each level by itself; no
single course runs along an end of the band.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Literal, NamedTuple

from pexcalc.data.solutes import Solute
from pexcalc.kinetics.case import (
    Case,
    PlasmaVolumes,
    ProductionName,
    RangeKind,
    Session,
    Supply,
    case_of,
)
from pexcalc.kinetics.charts import FrameLibrary, LevelCurve, draw_levels, frame_of, new_axes
from pexcalc.kinetics.learned_factors import LearnedFactors
from pexcalc.kinetics.one_course import (
    DURING,
    NEVER,
    Needed,
    Run,
    course_times,
    run_course,
    run_course_at_once,
)
from pexcalc.kinetics.over_volumes import course_figures, over_volumes
from pexcalc.kinetics.prediction import (
    Forecast,
    LevelRange,
    Spread,
    choices_of,
    forecast,
    patient_range,
)
from pexcalc.kinetics.removal import statement
from pexcalc.kinetics.scenarios import PRODUCTION_ENDS, extremes
from pexcalc.kinetics.session_input import LevelsGiven, levels_in, session_from, volumes_from
from pexcalc.kinetics.trajectory import TurnoverRates, trajectory
from pexcalc.kinetics.turnover import MOST_SESSIONS, gap_between, session_count
from pexcalc.order.lookup import made_by_the_body, solute_named
from pexcalc.order.measured import MeasuredLevel
from pexcalc.quantities import units
from pexcalc.quantities.annotations import HoursSeries, Interval, PlainInterval
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import first_quantity, give
from pexcalc.quantities.given import if_given, words_if
from pexcalc.quantities.record import Fixed, Flag, Number, Result, Text, Whole
from pexcalc.quantities.units import Fraction, Quantity
from pexcalc.quantities.working import Basis, Recorder

# Hard limits of a course. Judgement: they catch typing slips, they are not clinical limits.
EVERY = In("h", 6, 720, "h", "the time from start to start", likely=("h", "d"))
TARGET = In("1", 0.001, 1, "%", open_high=True)
NO_TISSUE = "; no data on tissue, so plasma and body are one"


class Band(Result):
    """A series of fractions of the start, from the low to the high end of the range of each."""

    low: tuple[Number, ...]
    typical: tuple[Number, ...] | None
    high: tuple[Number, ...]


Band.__module__ = "pexcalc"


class Course(Result):
    """A course of equal sessions: plasma level and body amount over time.

    Notes
    -----
    All levels and amounts are fractions of the start, with ranges as `range` says (see `Removal`).
    `times` runs from the start of the first session to one interval after the start of the last.
    `basis` is the working from measured levels, empty without any. `before` and `after` hold one
    figure for each session; `after_by_parameters` is `after` by the
    parameters alone. Where measured levels of the patient are used (`learned`), the ranges are
    those with them, and `before_without_levels` and `after_without_levels` those without; None
    where no level is used. `limit_before` and `limit_after` are what a course without end tends to.

    With a target, a fall or a level, `sessions_needed` counts the sessions after which plasma has
    fallen by it for good, measured right after a session, `sessions_needed_before` measured before
    a session, and `sessions_needed_body` those after which the amount in the body has fallen by it:
    at best, typically, at worst, None where no number is enough. `needed_in_words` says so of the
    first. A level is not a treatment target here: no guideline sets one.
    """

    solute: Text
    name: Text
    production: Literal[ProductionName, "any"]
    range: RangeKind
    model: Text
    sessions: Whole
    times: HoursSeries
    levels: Band
    body: Band
    before: Band
    after: Band
    after_by_parameters: Band
    before_without_levels: Band | None
    after_without_levels: Band | None
    learned: LearnedFactors | None
    limit_before: PlainInterval
    limit_after: PlainInterval
    target_fall: Number | None
    sessions_needed: Needed | None
    sessions_needed_before: Needed | None
    sessions_needed_body: Needed | None
    needed_in_words: Text | None
    upper_bound: Flag
    supply: Supply
    grade: Text
    statement: Text
    basis: Fixed[Basis]

    def to_arrays(self) -> dict[str, Any]:
        """Times and levels as numpy arrays by name, levels as fractions of the baseline.

        Returns
        -------
        dict of str to numpy.ndarray
            `time_h`, then low end, typical value (where there is one) and high end of `level`
            (plasma) and `body`: `level_low` and so on.
        """
        import numpy

        bands = {"level": self.levels, "body": self.body}
        series = {
            f"{name}_{end}": getattr(band, end)
            for name, band in bands.items()
            for end in ("low", "typical", "high")
        }
        columns = {"time_h": self._hours(), **series}
        return {name: numpy.array(row) for name, row in columns.items() if row is not None}

    def to_frame(self, library: FrameLibrary | None = None) -> Any:
        """Times and levels as a DataFrame, a row for each time; columns as in `to_arrays`.

        Parameters
        ----------
        library : str, optional
            "polars" or "pandas"; without it the first of them that is installed.

        Raises
        ------
        ModuleNotFoundError
            If the library, or either of them, is not installed.
        """
        return frame_of(self.to_arrays(), library)

    def plot(self, ax: Any = None) -> Any:
        """Draw the level in plasma over the course with its range.

        Measured levels that the forecast used are points where the level before the first session
        is among them.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; new axes without it.

        Returns
        -------
        matplotlib Axes
            With time in hours and levels in percent of the baseline.

        Raises
        ------
        ModuleNotFoundError
            If matplotlib is not installed: the extra `plot`.
        """
        band = self.levels
        curve = LevelCurve(
            self.name,
            self._hours(),
            _in_percent(band.low),
            band.typical and _in_percent(band.typical),
            _in_percent(band.high),
            self._measured_points(),
        )
        return draw_levels(curve, new_axes(ax))

    def _hours(self) -> list[float]:
        return [EVERY.bare("times", time) for time in self.times]

    def _measured_points(self) -> list[tuple[float, float]]:
        """Hours and percent of the measured levels of this solute; none without a baseline."""
        known = self.learned.levels if self.learned else ()
        levels = [one for one in known if one.solute == self.solute]
        start = [one for one in levels if (one.session, one.when) == (1, "before")]
        if not start:
            return []
        hours = self._hours()
        interval, duration = hours[-1] / self.sessions, hours[DURING]
        baseline = start[0].level
        return [
            (
                (one.session - 1) * interval + duration * (one.when == "after"),
                float(100 * (one.level / baseline)),
            )
            for one in levels
        ]


Course.__module__ = "pexcalc"


def _in_percent(levels: Iterable[float]) -> list[float]:
    return [100 * level for level in levels]


@over_volumes(course_figures)
def simulate_course(
    solute: str | Solute,
    plasma_volumes: Fraction,
    duration: Quantity,
    interval: Quantity,
    sessions: int | None = None,
    plasma_volume: Quantity | Interval | None = None,
    *,
    weight: Quantity | None = None,
    sieving: Fraction = 1.0,
    mixing: Fraction = 1.0,
    production: ProductionName | None = None,
    supply: float | Sequence[tuple[Fraction, Fraction]] = 0.0,
    target_fall: Fraction | None = None,
    target_level: Fraction | None = None,
    measured: Sequence[MeasuredLevel] = (),
    session: int | None = None,
    confirmed: Collection[str] = (),
) -> Course:
    """A course of equal sessions for one solute of the body.

    Parameters
    ----------
    solute : str or Solute
        Id, name or synonym, or a solute of your own (`custom_solute`).
    plasma_volumes : float or Quantity, scalar or array
        Plasma volumes of each session, anticoagulant not counted. An array gives arrays.
    duration : Quantity, scalar
        Duration of each session; 15 min to 12 h.
    interval : Quantity, scalar
        Time from start to start, at least the duration; 6 h to 30 d.
    sessions : int, optional
        Number of sessions; 1 to 365. Without it, with a target, as many as the target takes.
    plasma_volume : Quantity, scalar, or Interval, optional
        As for `expected_removal`.
    weight : Quantity, scalar, optional
        Body weight, as for `expected_removal`.
    sieving : float or Quantity, default 1.0
        Sieving coefficient.
    mixing : float or Quantity, default 1.0
        Share of the removed plasma that is mixed plasma.
    production : str, optional
        As for `expected_removal`; it changes at the start of the first session and stays changed.
    supply : float or sequence of (share, level), default 0.0
        As for `expected_removal`, in each session; fractions of the level before the first.
    target_fall : float or Quantity, optional
        Percent reduction wanted, as a fraction: after how many sessions has plasma fallen by it?
    target_level : float or Quantity, optional
        In place of it the level wanted, as a fraction of that before the first session.
    measured, session, confirmed
        As for `expected_removal`; the course is drawn from its first session.

    Returns
    -------
    Course
        Levels, body amounts and limits as fractions of the start. Of an array of plasma volumes
        a dict of arrays: `plasma_volumes`, and what `to_arrays` gives with the levels `before` and
        `after` each session, the times or sessions last (`level_low`, `after_typical`).

    Raises
    ------
    QuantityError
        If a value lies outside its range, the turnover of the solute is not known, or no number of
        sessions reaches the target.

    Notes
    -----
    Valid from steady state. A model prediction; the range for one patient rests on group means, and
    its coverage of single patients is argued, not shown. Scalars only, but for the plasma volumes.

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
    run = session_from(duration, sieving, mixing, weight, production, supply)
    target = target_in(target_fall, target_level)
    count = None if sessions is None and target is not None else session_count(sessions)
    every = EVERY.one("interval", interval)
    gap = gap_between(every, run.hours)
    case = case_of(row, volumes_from(plasma_volumes, plasma_volume, run.weight), run, course=True)
    record = Recorder(first_quantity(duration))
    found = levels_in(
        case, LevelsGiven(measured, session, interval, confirmed), plasma_volume, record
    )
    case = case.with_levels(found.spread) if found else case
    if case.model is None:
        raise QuantityError(
            "solute",
            row.name,
            "a solute whose turnover is known; of this one only the size is",
            kind="unknown",
        )
    if count is None:
        count = _sessions_to_show(case, gap, target)
    figures = _FIGURES[case.range](case, gap, count, target)
    without = forecast(case.turnover, case.plan(gap, count)) if case.learned else None
    return Course.model_construct(
        solute=row.id,
        name=row.name,
        production="any" if case.range == "scenarios" else run.production,
        range=case.range,
        model=case.model.name + words_if(case.model.name.startswith("one"), NO_TISSUE),
        sessions=count,
        times=tuple(
            give(first_quantity(duration), time, "h")
            for time in course_times(run.hours, gap, count)
        ),
        levels=figures.bands["levels"],
        body=figures.bands["body"],
        before=figures.bands["before"],
        after=figures.bands["after"],
        after_by_parameters=figures.bands["after_by_parameters"],
        before_without_levels=without and _each_session(without.before, count),
        after_without_levels=without and _each_session(without.after, count),
        learned=found and found.record,
        limit_before=figures.limit_before,
        limit_after=figures.limit_after,
        target_fall=target,
        **_needed(case, target, figures),
        upper_bound=case.upper_bound,
        supply=run.supply,
        grade=row.grade,
        statement=statement(case),
        basis=record.working(),
    )


class TargetSessions(Result):
    """After how many sessions a target is reached, as in `Course`: three answers side by side.

    The first session after which plasma is at the target right after it, before the next one, and
    in the whole body: at best, typically, at worst, None where no number is enough.
    """

    solute: Text
    name: Text
    target_fall: Number
    sessions_needed: Needed
    sessions_needed_before: Needed
    sessions_needed_body: Needed


TargetSessions.__module__ = "pexcalc"


def sessions_until(
    solute: str, session: Session, at: PlasmaVolumes, gap: float, target: float, spread: Spread
) -> TargetSessions:
    """The three answers for one solute and a course of such sessions; bare numbers."""
    row = solute_named(solute)
    case = case_of(row, [at], session, course=True).with_levels(spread)
    needed = _FIGURES[case.range](case, gap, 1, target).needed
    return TargetSessions.model_construct(
        solute=row.id,
        name=row.name,
        target_fall=target,
        sessions_needed=needed[0],
        sessions_needed_before=needed[1],
        sessions_needed_body=needed[2],
    )


def target_in(fall: Any, level: Any) -> float | None:
    """The fall that is wanted, from a fall or from a level; None without a target."""
    if fall is not None and level is not None:
        got, wanted = "a fall and a level", "one of them: the level left, or the fall"
        fields = ("target_fall", "target_level")
        raise QuantityError("target_level", got, wanted, kind="conflict", fields=fields)
    if level is not None:
        return round(1 - TARGET.one("target_level", level), 12)
    return if_given(fall, lambda fall: round(TARGET.one("target_fall", fall), 12))


def _sessions_to_show(case: Case, gap: float, target: float | None) -> int:
    """As many sessions as the target takes typically, by the latest of the three answers."""
    needed = _FIGURES[case.range](case, gap, 1, target).needed
    best = [one[0] for one in needed if one[0] is not None]
    typical = [one[1] for one in needed if one[1] is not None]
    return max([*typical, *best], default=1)


def _each_session(level: Callable[[int], LevelRange], count: int) -> Band:
    return _band_of_ranges([level(number) for number in range(1, count + 1)])


# --- which range --------------------------------------------------------------------------------


class CourseFigures(NamedTuple):
    """Bands by name, limits, and sessions needed after, before and in the body."""

    bands: dict[str, Band]
    limit_before: Interval
    limit_after: Interval
    needed: tuple[Needed, Needed, Needed]


def _parameter_course(case: Case, gap: float, count: int, target: float | None) -> CourseFigures:
    """All corners of the parameters, for a production asked for by name."""
    session = case.session
    runs = [run_course(rates, at, session, gap, count, target) for rates, at in case.corners]
    if case.upper_bound:
        runs.append(run_course_at_once(session, gap, count, target))
    typical = run_course(*case.typical, session, gap, count, target) if case.typical else None
    found = _bounded(runs, typical)
    return found._replace(bands={**found.bands, "after_by_parameters": found.bands["after"]})


def _scenario_course(case: Case, gap: float, count: int, target: float | None) -> CourseFigures:
    """Production that halves to doubles, and plasma volumes between the ends of eta."""
    named = dict(zip(PRODUCTION_ENDS, ("halved", "doubled")))
    at, plan = case.volumes[0], case.plan(gap, count)
    runs = [
        run_course(rates, at, _produces(case, named[multiple]), gap, count, target, eta)
        for rates, _ in case.corners
        for eta, multiple in extremes(plan)
    ]
    if case.upper_bound:
        every = [_produces(case, production) for production in named.values()]
        runs += [run_course_at_once(session, gap, count, target) for session in every]
    found = _bounded(runs, None)
    steady_runs = [_after_each(case, rates, gap, count) for rates, _ in case.corners]
    if case.upper_bound:
        steady_runs.append([1.0] * count)
    middle = _after_each(case, case.typical[0], gap, count) if case.typical else None
    alone = _band_of(steady_runs, middle)
    return found._replace(bands={**found.bands, "after_by_parameters": alone})


def _produces(case: Case, production: Any) -> Session:
    return case.session._replace(production=production)


def _after_each(case: Case, rates: TurnoverRates, gap: float, count: int) -> list[float]:
    """The level after each session, at the volumes as ordered and with steady production."""
    course = trajectory(rates, case.plan(gap, count))
    return [float(plasma) for plasma, _ in course.after]


def _patient_course(case: Case, gap: float, count: int, target: float | None) -> CourseFigures:
    """The range of one patient for each level by itself."""
    turnover, plan = case.turnover, case.plan(gap, count)
    course = forecast(turnover, plan, case.spread)
    runs = [
        run_course(rates, case.volumes[0], case.session, gap, count, None, eta, rho)
        for rates, eta, rho in choices_of(turnover, case.spread)
    ]
    alone = [_after_each(case, rates, gap, count) for rates, _ in case.corners]
    bands = {
        "levels": _range_series([run.levels for run in runs], course, course.after),
        "body": _range_series([run.body for run in runs], course, course.body_after),
        "before": _each_session(course.before, count),
        "after": _each_session(course.after, count),
        "after_by_parameters": _band_of(alone, _after_each(case, turnover.typical, gap, count)),
    }
    needed: Any = (NEVER, NEVER, NEVER)
    if target is not None:
        reached = (1 - target) * (1 + 1e-9)  # derived: a fall that is reached exactly counts
        needed = course.until(reached)
    return CourseFigures(
        bands, Interval(*course.limit_before()), Interval(*course.limit_after()), needed
    )


_FIGURES = {
    "patient": _patient_course,
    "scenarios": _scenario_course,
    "parameters": _parameter_course,
}


def _range_series(runs: list[list[float]], course: Forecast, after: Any) -> Band:
    """Ranges of a series; between sessions none is below that right after the last."""
    found = [patient_range(every[0], every[1:], course.scale) for every in zip(*runs)]
    per_cycle = (len(found) - 1) // course.plan.sessions
    for place, one in enumerate(found):
        number, within = divmod(place - 1, per_cycle)
        if place and within >= DURING and not course.plan.carried:
            found[place] = one._replace(low=max(one.low, after(number + 1).low))
    return _band_of_ranges(found)


def _band_of_ranges(ranges: Iterable[LevelRange]) -> Band:
    low, typical, high = zip(*ranges)
    return Band.model_construct(low=low, typical=typical, high=high)


def _band_of(runs: list[list[float]], typical: list[float] | None) -> Band:
    """The lowest and the highest of some runs at each place."""
    every = [*runs, *([typical] if typical else [])]
    low, high = tuple(min(at) for at in zip(*every)), tuple(max(at) for at in zip(*every))
    return Band.model_construct(low=low, typical=tuple(typical) if typical else None, high=high)


def _bounded(runs: list[Run], typical: Run | None) -> CourseFigures:
    """Bands and limits over some runs, and sessions needed at best, typically and at worst."""
    every = [*runs, *([typical] if typical else [])]

    def band(name: str) -> Band:
        middle = getattr(typical, name) if typical else None
        return _band_of([getattr(run, name) for run in runs], middle)

    def limit(place: int) -> Interval:
        ends = [run.limit[place] for run in every]
        return Interval(min(ends), typical.limit[place] if typical else None, max(ends))

    def needed(place: int) -> Needed:
        counts = [run.needed[place] for run in runs]
        reached = [count for count in counts if count is not None]
        worst = max(reached) if len(reached) == len(counts) else None
        return min(reached, default=None), typical.needed[place] if typical else None, worst

    names = ("levels", "body", "before", "after")
    bands = {name: band(name) for name in names}
    return CourseFigures(bands, limit(0), limit(1), (needed(0), needed(1), needed(2)))


# --- the target -----------------------------------------------------------------------------------


def _needed(case: Case, target: float | None, figures: CourseFigures) -> dict[str, Any]:
    """After how many sessions plasma has fallen by the target: at best, typically, at worst."""
    names = ("sessions_needed", "sessions_needed_before", "sessions_needed_body")
    if target is None:
        return {**dict.fromkeys(names), "needed_in_words": None}
    best, typical, worst = figures.needed[0]
    limit = figures.limit_after
    if best is None:
        raise _unreachable(case, target, 1 - limit.low)
    words = f"{best} session{'' if best == 1 else 's'}"
    if worst is None:
        words += f" at best; at worst {_at_worst(case, target, 1 - limit.high)}"
    elif worst != best:
        words = f"{best} to {worst} sessions"
        words += words_if(typical, f", typically {typical}")
    return {**dict(zip(names, figures.needed)), "needed_in_words": words}


def _at_worst(case: Case, target: float, least: float) -> str:
    """Why the least favorable choice of the values needs no countable number of sessions."""
    if case.upper_bound:
        return "no number is enough, for only an upper bound of the fall is known"
    if least < 0:
        return "no number is enough: production may raise the level"
    if least >= target:
        return f"more than {MOST_SESSIONS}"
    return f"no number is enough: the fall after a session tends to {units.percent(least, 1)}"


def _unreachable(case: Case, target: float, most: float) -> QuantityError:
    """The error for a target that no choice of the uncertain values reaches."""
    got = f"{units.percent(target, 1)} for {case.solute.name}"
    if most >= target:
        return QuantityError(
            "target_fall", got, f"a reduction that {MOST_SESSIONS} sessions reach", kind="range"
        )
    if most <= 0:
        wanted = (
            f"no target: with this production the level rises, by {units.percent(-most, 1)} at best"
        )
        return QuantityError("target_fall", got, wanted, kind="range")
    places = 1 if units.percent(most, 1) != units.percent(target, 1) else 3
    wanted = f"less than {units.percent(most, places)}, the most that a course without end reaches"
    return QuantityError("target_fall", got, wanted, kind="missing")
