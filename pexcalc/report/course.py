"""A course in words: levels over time, those before each session of an order, and the curve.

The trap: an upper bound has no typical figure, and levels are ranges each by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from pexcalc.kinetics.course import Band, Course, simulate_course
from pexcalc.kinetics.levels import levels_in_use
from pexcalc.kinetics.one_course import DURING
from pexcalc.order.order import CourseOrder
from pexcalc.order.site_limits import limits_in_force
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.given import words_if
from pexcalc.report.layout import Row, Section, printed
from pexcalc.report.learned import NO_TARGET, session_words, target_words
from pexcalc.report.level_words import immunoglobulin_due
from pexcalc.report.wording import System, hours, in_words, lab_unit, share

PRINTED_IN_FULL = 10  # derived: sessions; of a longer course the first five and the last three
FIRST, LAST = 5, 3  # derived: sessions printed of a longer course
OF_THE_START = "plasma before and after each session, and the amount in the body after it"
SPANS: Mapping[str, str] = {
    "patient": "by the equation, in brackets the range for one patient from published series; "
    "single patients not studied",
    "scenarios": "over scenarios: production halves to doubles; published group results range from "
    "a rise to a fall of 74 %",
    "parameters": "in brackets the range of the parameters alone",
}


def course_section(course: Course) -> Section:
    """Before and after each session, and what a target takes."""
    limits = f"{share(course.limit_before)} before, {share(course.limit_after)} after a session"
    rows = (
        Row("Percent of baseline", f"{OF_THE_START}; {_span_of(course)}"),
        *_session_rows(course),
        *_without_levels(course),
        Row("At steady state", limits),
        *target_rows(course),
        Row("Model", course.model),
        Row("Evidence", in_words(course.statement)),
    )
    production = {"any": "halved to doubled"}.get(course.production, course.production)
    title = f"{course.name}, {course.sessions} sessions, production {production}"
    return Section(title, rows)


def _span_of(course: Course) -> str:
    """What the range of a course is."""
    if course.after_without_levels is None:
        return SPANS[course.range]
    return "with the measured levels of this patient, in brackets the 90 % range"


def _without_levels(course: Course) -> list[Row]:
    """The forecast without levels, for the last session."""
    before, after = course.before_without_levels, course.after_without_levels
    if before is None or after is None:
        return []
    last = course.sessions - 1
    levels = (
        f"{share(_level_at(course, before, last))}, after {share(_level_at(course, after, last))}"
    )
    return [Row("Without the levels", f"session {course.sessions}: {levels}")]


# --- levels before each session of an order -------------------------------------------------------

MOSTLY_PLASMA = (
    0.5  # judgement program-judgement: share of plasma from which this model says nothing
)
PLASMA_ADDS = "; as with albumin alone: higher with the plasma in the fluid"
FOLLOWED = {"fibrinogen": "fibrinogen", "igg": "IgG"}


def levels_before_sessions(p: Prescription, system: System = "entered") -> Section:
    """Fibrinogen and IgG before each further session of a close course; no rows without one."""
    planned = p.order.course
    rows: tuple[Row, ...] = ()
    if planned is not None and planned.interval is not None and (planned.sessions or 1) > 1:
        every = units.size(planned.interval, "h")
        if limits_in_force(p.order)["close-sessions"].holds(every):
            rows = tuple(_levels_of_course(p, every, planned, system))
    return Section("Levels before each session", rows)


def _levels_of_course(
    p: Prescription, every: float, planned: CourseOrder, system: System
) -> list[Row]:
    """A row for each session after this one; of a long course the first and the last."""
    share_of_plasma = _plasma_in_force(p)
    test = "test fibrinogen and IgG before each session from the second"
    if share_of_plasma >= MOSTLY_PLASMA:
        return [Row("Not calculated", f"plasma contains fibrinogen and IgG: {test}")]
    first, last = planned.session or 1, planned.sessions or 1
    first = p.learned.session if p.learned else first
    courses = {solute: _course_of(p, solute, every, last) for solute in FOLLOWED}
    rows = printed(
        *(
            Row(f"Session {number}", _levels_before(p, courses, (first, number), system))
            for number in range(first + 1, last + 1)
        )
    )
    if len(rows) > PRINTED_IN_FULL:
        rows = [*rows[:FIRST], Row("...", "..."), *rows[-LAST:]]
    added = words_if(share_of_plasma, PLASMA_ADDS) + words_if(
        immunoglobulin_due(p), "; IgG without the immunoglobulin that is due"
    )
    note = f"predictions of a model{added}; {test}"
    return [*rows, Row("", note)] if rows else []


def _plasma_in_force(p: Prescription) -> float:
    """The share of plasma in the fluid that is ordered or the default; 0 where none is in force."""
    state = "default" if p.replacement.ordered is None else "ordered"
    shares = (one.plasma_share for one in p.replacement.options if one.state == state)
    return next((share for share in shares if share is not None), 0.0)


def _course_of(p: Prescription, solute: str, every: float, sessions: int) -> Course | None:
    """The course for one solute; None for a run beyond the limits of a course."""
    quantity = units.private_registry().Quantity
    hour = units.BY_LABEL["h"].container
    duration = units.size(p.run_time.duration, "h")
    with suppress(QuantityError):
        return simulate_course(
            solute,
            p.dose.plasma_volumes.typical,
            quantity(duration, hour),
            quantity(max(every, duration), hour),
            sessions,
            p.volumes.plasma_volume,
            weight=p.order.patient.weight,
            **levels_in_use(p.learned),
        )
    return None


def _levels_before(
    p: Prescription,
    courses: Mapping[str, Course | None],
    sessions: tuple[int, int],
    system: System,
) -> str:
    """`fibrinogen about 0.82 g/L, IgG about 6.7 g/L` before the second of two sessions.

    Percent of the level before the first of them, where it was not entered.
    """
    parts = []
    first, number = sessions
    for solute, name in FOLLOWED.items():
        course = courses[solute]
        if course is None or course.before.typical is None:
            continue
        kept = course.before.typical[number - 1] / course.before.typical[first - 1]
        measured = getattr(p.order.labs, solute, None)
        if measured is None:
            start = "baseline" if first == 1 else f"the level before session {first}"
            words = f"{units.percent(kept)} of {start}"
        else:
            words = _level_left(solute, measured, kept, system)
        parts.append(f"{name} about {words}")
    return ", ".join(parts)


def _level_left(solute: str, measured: Any, kept: float, system: System) -> str:
    """A level after some of the measured one has gone, in its unit."""
    unit = units.unit_of(measured)
    label, places, factor = lab_unit(solute, system, unit.label if unit else "")
    return f"{units.number(kept * factor * units.size(measured, 'g/L'), places)} {label}"


# --- the sessions of a course ---------------------------------------------------------------------


def _session_rows(course: Course) -> list[Row]:
    rows = [_session_row(course, number) for number in range(course.sessions)]
    if course.sessions <= PRINTED_IN_FULL:
        return rows
    return [*rows[:FIRST], Row("...", "..."), *rows[-LAST:]]


def _session_row(course: Course, number: int) -> Row:
    before, after, body = map(share, level_of_session(course, number))
    return Row(f"Session {number + 1}", f"{before}, after {after}, body {body}")


SHOWN_IN_FULL, SHOWN_FIRST = 5, 3  # derived: sessions of the answer; of more the first and the last


def sessions_shown(course: Course) -> list[int | None]:
    """The sessions of the answer, from 0; None stands for those that are left out."""
    if course.sessions <= SHOWN_IN_FULL:
        return list(range(course.sessions))
    return [*range(SHOWN_FIRST), None, course.sessions - 1]


def level_of_session(course: Course, number: int, without: bool = False) -> list[Interval]:
    """Before and after a session and in the body; without measured levels before and after."""
    bands: tuple[Band | None, ...] = (course.before, course.after)
    if without:
        bands = (course.before_without_levels, course.after_without_levels)
    levels = [_level_at(course, band, number) for band in bands if band is not None]
    end = number * (len(course.times) - 1) // course.sessions + DURING
    return levels if without else [*levels, _level_at(course, course.body, end)]


def _level_at(course: Course, band: Band, place: int) -> Interval:
    """One place of a band; an upper bound has no typical figure worth printing."""
    typical = band.typical[place] if band.typical and not course.upper_bound else None
    return Interval(band.low[place], typical, band.high[place])


def target_rows(course: Course) -> list[Row]:
    """What a target takes, in sessions."""
    if course.target_fall is None:
        return []
    return [
        Row("Target", f"plasma {target_words(course.target_fall)}; {NO_TARGET}"),
        Row("After a session", f"{course.needed_in_words}, in plasma right after it"),
        Row("Before a session", session_words(course.sessions_needed_before)),
        Row("In the body", session_words(course.sessions_needed_body)),
    ]


# --- the curve on a terminal ----------------------------------------------------------------------

BLOCKS, ROWS, COLUMNS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588", 8, 72
SHADE = "\u2591"
# For a terminal without block characters: a cell that is half full or more is drawn full.
WITHOUT_BLOCKS = str.maketrans(BLOCKS[1:] + SHADE, "   #####.")


def curve(course: Course, blocks: bool = True) -> str:
    """Draw the plasma level over the course, solid up to the lowest, shaded up to the highest.

    Parameters
    ----------
    course : Course
        What is drawn.
    blocks : bool
        False draws with # and dots, for a terminal that has no block characters.
    """
    times = [units.size(time, "h") for time in course.times]
    places = [_nearest(times, times[-1] * column / (COLUMNS - 1)) for column in range(COLUMNS)]
    low = [course.levels.low[place] for place in places]
    high = [course.levels.high[place] for place in places]
    top = max(1.0, *high)
    lines = [_curve_row(row, low, high, top) for row in range(ROWS, 0, -1)]
    lines += [
        f"{'':6} 0 h{hours(times[-1]):>{COLUMNS - 3}}",
        f"{'':6} Plasma level: {BLOCKS[-1]} at least, {SHADE} at most, by the range",
    ]
    drawn = "\n".join(lines)
    return drawn if blocks else drawn.translate(WITHOUT_BLOCKS)


def _curve_row(row: int, low: Iterable[float], high: Iterable[float], top: float) -> str:
    """One row of cells, with the level of the top and the bottom row at its edge."""
    base = (row - 1) / ROWS * top
    cells = (_cell((a - base) / top * ROWS, (b - base) / top * ROWS) for a, b in zip(low, high))
    edge = {ROWS: units.percent(top), 1: "0 %"}.get(row, "")
    return f"{edge:>6} {''.join(cells)}".rstrip()


def _cell(low: float, high: float) -> str:
    """A cell that the level fills from `low` to `high`, in heights of a cell above its base."""
    narrow = high - low < 1 / 8
    if narrow:
        return _block(max(low, high))
    if low >= 1 - 1 / 16:
        return _block(low)
    shaded = low > 0 or high >= 1 / 2
    return SHADE if shaded else _block(low)


def _block(height: float) -> str:
    return BLOCKS[max(0, min(8, round(8 * height)))]


def _nearest(times: list[float], time: float) -> int:
    return min(range(len(times)), key=lambda place: abs(times[place] - time))
