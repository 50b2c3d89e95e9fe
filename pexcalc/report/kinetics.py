"""One session, a course or another modality for one solute, in words, and the curve of a course.

The trap: what rests on a terminal half-life is an upper bound, and has no typical figure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from pexcalc.data import solutes as solute_table
from pexcalc.data import sources as source_table
from pexcalc.kinetics.course import DURING, Band, Course, simulate_course
from pexcalc.kinetics.levels import levels_in_use
from pexcalc.kinetics.medicines import DoseLost
from pexcalc.kinetics.modalities import CURVES, NO_EFFECT, SENTENCE, ModalityResult, curve_table
from pexcalc.kinetics.removal import GRADES, NOT_IN_CAR_T, Removal
from pexcalc.order.order import CourseOrder, limits_in_force
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.given import words_if, words_if_given
from pexcalc.report.layout import Row, Section, cited, plain_name, printed
from pexcalc.report.learned import NO_TARGET, session_words, target_words, with_and_without
from pexcalc.report.level_words import immunoglobulin_due
from pexcalc.report.wording import (
    System,
    change,
    class_words,
    cleared,
    hours,
    hours_span,
    in_words,
    joined,
    lab_unit,
    level_by_production,
    percent_span,
    rounded,
    share,
)
from pexcalc.rules.cautions import Caution

NO_RETURN = (
    "no time can be given: production has changed or the fluid contains the solute, and the level "
    "may not have fallen or may stay down"
)


def removal_section(removal: Removal) -> Section:
    """One solute and one session, with everything that bounds the percent reduction."""
    steady = removal.production in ("steady", "any")
    rows = (
        *level_rows(removal),
        *_turnover_rows(removal),
        Row("Class", f"{class_words(removal.kinetic_class)}{CLASS_OF[steady]}"),
        Row("Model", removal.model),
        Row("Evidence", in_words(removal.statement)),
    )
    return Section(removal.name, rows)


def level_rows(removal: Removal) -> list[Row]:
    """What the level does, by what its range is."""
    return _LEVEL_ROWS[removal.range](removal)


WASHOUT = "Washout alone"
PUBLISHED = (
    "group results of cytokines range from a rise to a fall of 74 %. The level depends on "
    "production"
)


def _washout(removal: Removal) -> str:
    return f"if the volumes are exact: {share(removal.dilution_only)}"


def _patient_rows(removal: Removal) -> list[Row]:
    """The equation, the range beside it, and its source."""
    fall = removal.fall
    if fall is None or fall.typical is None or removal.fall_of_series is None:
        return _named_rows(removal)
    if removal.supply:
        without = removal.fall_without_levels
        levels = f" with this patient's levels, {change(without)} without them" if without else ""
        given_back = (
            f"{change(fall)}{levels}, including what the fluid contains; single patients not "
            f"studied"
        )
        return [Row("Reduction at the end", given_back), Row(WASHOUT, _washout(removal))]
    if removal.fall_without_levels is not None:
        both = with_and_without(fall, removal.fall_without_levels)
        text = f"{both}; the center moved from the equation because of this patient's levels"
        return [Row("Reduction at the end", text), Row(WASHOUT, _washout(removal))]
    around = units.percent(removal.fall_of_series)
    text = (
        f"{units.percent(fall.typical)} by the equation; published series lie around {around} "
        f"({percent_span(fall)}); single patients not studied"
    )
    return [Row("Reduction at the end", text), Row(WASHOUT, _washout(removal))]


def _scenario_rows(removal: Removal) -> list[Row]:
    """What the session removes, apart from what the level does."""
    pools = units.number(-math.log1p(-removal.dilution_only.typical), 2)
    taken = joined(cleared(removal), f"{pools} plasma pools", f"washout alone, {_washout(removal)}")
    rows = [Row("Session removes", taken)]
    if removal.fall is None:
        return [*rows, Row("Level at the end", "not known")]
    return [*rows, Row("Level at the end", level_by_production(removal))]


def _named_rows(removal: Removal) -> list[Row]:
    text = f"{change(removal.fall)}, production {removal.production}, by the parameters alone"
    return [Row("Reduction at the end", text), Row(WASHOUT, _washout(removal))]


_LEVEL_ROWS = {
    "patient": _patient_rows,
    "scenarios": _scenario_rows,
    "parameters": _named_rows,
}
# By whether production is steady.
CLASS_OF = {True: "", False: " (with steady production)"}


def _turnover_rows(removal: Removal) -> list[Row]:
    """What follows from production and elimination, where they are known."""
    known = (removal.fall, removal.ceiling, removal.device_share, removal.mean_fall)
    if removal.device_share is None or not all(known):
        return []
    back = removal.return_time_90
    limit = f"{change(removal.ceiling)}, however long the session"
    scenarios = removal.range == "scenarios"
    undone = f"90 % of the reduction is reversed after {hours_span(back)}" if back else NO_RETURN
    of_device = f"{share(removal.device_share)} of all clearance while it runs"
    return [
        Row("Rebound", undone),
        *([Row("Published", PUBLISHED)] if scenarios else [Row("Share of device", of_device)]),
        Row("24-hour mean", f"{change(removal.mean_fall)}{MEAN_OF[scenarios]}"),
        Row("Limit at this rate", f"{limit}, with the volume as ordered{STEADY[scenarios]}"),
    ]


# By whether the range is over scenarios.
MEAN_OF = {True: ", if production halves or doubles and stays so", False: ""}
STEADY = {True: " and steady production", False: ""}


# --- a course -------------------------------------------------------------------------------------

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


# --- a medicine -----------------------------------------------------------------------------------


def dose_section(lost: DoseLost) -> Section:
    """What an exchange takes of a medicine that was given before it."""
    removed = f"{share(lost.lost)} of the amount in the body" if lost.lost else "no figure"
    rows = (
        Row("Removed", removed),
        Row("To do", lost.advice),
        Row("Model", lost.model),
        Row("Evidence", in_words(lost.statement)),
    )
    return Section(lost.name, rows)


# --- other modalities -----------------------------------------------------------------------------

MODALITY_NAMES = {
    "exchange": "Plasma exchange",
    "hemofiltration-post": "HF post-dilution",
    "hemofiltration-pre": "HF pre-dilution",
    "hemodiafiltration": "HDF",
    "high-cutoff": "High cut-off",
}

DIFFUSION = (
    "HF hemofiltration; HDF hemodiafiltration, calculated as if all of its effluent were "
    "filtered: diffusion is not included"
)
ABBREVIATIONS = (
    f"{DIFFUSION}. Where a sieving is an upper bound, so is every figure derived from it"
)
SIZE_ALONE = Row(
    "",
    "log-normal in size; a measured value takes precedence; not valid for molecules that bind, "
    "aggregate or dissociate [sieving-curve]",
)
READ_MODALITIES_AS = Section(
    "How to interpret",
    (Row("", SENTENCE), Row("", f"{NOT_IN_CAR_T}; {NO_EFFECT}"), Row("", ABBREVIATIONS)),
)


def modality_sections(
    found: Iterable[list[ModalityResult]], texts: Mapping[str, Any], explain: bool
) -> tuple[Section, ...]:
    """Write other modalities beside an exchange.

    Parameters
    ----------
    found : iterable of lists of ModalityResult
        The modalities, solute by solute.
    texts : mapping
        What was entered, by name.
    explain : bool
        Add how each figure was calculated, and the sources.

    Returns
    -------
    tuple of Section
        The setting, one section for each solute, the table of sizes, how to read it.
    """
    by_solute = list(found)
    entered = (Row(plain_name(name), str(text)) for name, text in texts.items() if text)
    return (
        Section("Setting", tuple(entered)),
        *map(_modalities_of_one, by_solute),
        *_sieving_sections(by_solute),
        *(_explained_modalities(by_solute) if explain else ()),
        READ_MODALITIES_AS,
    )


def _sieving_sections(by_solute: list[list[ModalityResult]]) -> list[Section]:
    """Sieving by size alone, where a size is known."""
    known = solute_table.solutes()
    table = curve_table(known[results[0].solute] for results in by_solute)
    rows = [_sieving_row(*row) for row in table]
    if not rows:
        return []
    return [Section("Sieving by size alone, an upper bound", (*rows, SIZE_ALONE))]


def _sieving_row(name: str, size: float, values: Iterable[float]) -> Row:
    words = (f"{units.number(value, 2)} {curve.name}" for curve, value in zip(CURVES, values))
    return Row(name, f"{units.number(size, 1)} kDa: {', '.join(words)}")


MODALITY_SOURCES = ("crrt-clearance", "sieving-curve", "turnover-model")


def _explained_modalities(by_solute: list[list[ModalityResult]]) -> list[Section]:
    """How each figure was calculated, and the sources."""
    basis: dict[str, str] = {}
    keys = dict.fromkeys(MODALITY_SOURCES)
    for results in by_solute:
        keys |= dict.fromkeys(solute_table.solute(results[0].solute).sources)
        for result in results:
            basis |= {path: entry.text for path, entry in result.basis.items()}
    sources = source_table.sources()
    return [
        Section("How each figure was calculated", tuple(Row(*entry) for entry in basis.items())),
        Section("Sources", tuple(Row(key, cited(sources[key])) for key in keys)),
    ]


def _modalities_of_one(results: list[ModalityResult]) -> Section:
    """One solute: a row for each modality, the grade of evidence, and each caution once."""
    first = results[0]
    rows = [Row(MODALITY_NAMES[result.modality], _modality(result)) for result in results]
    evidence = Row("Evidence", f"grade {first.grade}: {GRADES[first.grade]}")
    cautions = (_modality_caution(result, one) for result in results for one in result.cautions)
    return Section(first.name, (*rows, evidence, *dict.fromkeys(cautions)))


def modality_caution(result: ModalityResult, caution: Caution) -> str:
    """An alert about a modality, with its severity."""
    return f"{caution.severity.upper()}: {MODALITY_NAMES[result.modality]}: {caution.message}"


def _modality_caution(result: ModalityResult, caution: Caution) -> Row:
    text = f"{MODALITY_NAMES[result.modality]}: {caution.message} [{caution.source}]"
    return Row(f"{caution.severity.upper()} {caution.code}", text, mark=caution.severity)


def _modality(result: ModalityResult) -> str:
    """Clearance, percent reduction and what else is cleared, or why there is no figure."""
    figures = (result.clearance, result.day_average, result.litres_per_day)
    if None in figures:
        return result.passage
    parts = joined(
        f"{modality_span(result.clearance, 'mL/min', 1)} while it runs, "
        f"{modality_span(result.day_average, 'mL/min', 2)} over the day, "
        f"{modality_span(result.litres_per_day, 'L', 1)} cleared a day",
        f"{_share_words(result.share)} of all clearance while it runs",
        f"{change(result.fall)} at the end, of the mean of 24 hours with one run "
        f"{change(result.mean_fall)}",
        f"of albumin {modality_span(result.albumin_litres, 'L', 1)} and of IgG "
        f"{modality_span(result.igg_litres, 'L', 1)} cleared a day",
        _filtration_fraction(result),
    )
    return f"{parts} [{result.passage}]"


def _filtration_fraction(result: ModalityResult) -> str:
    fraction = result.filtration_fraction
    return words_if_given(fraction, lambda part: f"filtration fraction {units.percent(part)}")


def _share_words(interval: Interval | None) -> str:
    if interval is None:
        return "an unknown share"
    low, high = (units.number(100 * end, 1) for end in (interval.low, interval.high))
    return f"{high} %" if low == high else f"{low} to {high} %"


def modality_span(interval: Interval | None, unit: str, places: int) -> str:
    """Both ends of a clearance or volume, or that it is not known."""
    if interval is None:
        return "an unknown volume"
    low, high = (rounded(end, unit, places) for end in (interval.low, interval.high))
    if low == high:
        return f"{low} {unit}"
    return f"up to {high} {unit}" if low == "0" else f"{low} to {high} {unit}"
