"""What a session, a course or another modality does to a solute, in words, and the curve of a course."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pexcalc.data import solutes as solute_table
from pexcalc.data import sources as source_table
from pexcalc.kinetics.course import DURING, Band, Course
from pexcalc.kinetics.medicines import DoseLost
from pexcalc.kinetics.modalities import CURVES, NO_EFFECT, SENTENCE, ModalityResult, curve_table
from pexcalc.kinetics.removal import GRADES, NOT_IN_CAR_T, Removal
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.report.layout import Row, Section, cited
from pexcalc.report.wording import change, hours, hours_span, in_words, share

NO_RETURN = "no time can be given: production has changed, and the level may not have fallen or may stay down"


def removal_section(one: Removal) -> Section:
    """One solute and one session, with everything that bounds the fall."""
    steady = one.production == "steady"
    rows = [
        Row("Fall at the end", f"{change(one.fall)}, production {one.production}"),
        Row(
            "Dilution alone",
            f"{share(one.dilution_only)}: without production and return"
            f"{', a bound and not an expectation' if steady else '; a bound only for steady production'}",
        ),
    ]
    if one.fall and one.ceiling and one.device_share and one.mean_fall:
        back = one.return_time_90
        rows += [
            Row(
                "Tends to", f"{change(one.ceiling)}, however long the session goes on at this pace"
            ),
            Row("Share of device", f"{share(one.device_share)} of all clearance while it runs"),
            Row("24-hour mean", change(one.mean_fall)),
            Row(
                "Comes back",
                f"90 % of the fall is undone after {hours_span(back)}" if back else NO_RETURN,
            ),
        ]
    rows += [
        Row(
            "Class",
            f"{one.kinetic_class}{'' if steady else ', which is that of steady production'}",
        ),
        Row("Model", one.model),
        Row("Evidence", in_words(one.statement)),
    ]
    return Section(one.name, tuple(rows))


def course_section(course: Course) -> Section:
    """Before and after each session, and what a target takes."""
    row = Row(
        "Of the start",
        "plasma before and after each session, and the amount in the body after it; in brackets "
        "what the parameters span: the error of the model, under Evidence, comes to that",
    )
    rows = [row]
    counts = range(course.sessions)
    shown = (
        [*counts]
        if course.sessions <= 10
        else [*range(5), *range(course.sessions - 3, course.sessions)]
    )
    ends = [place * (len(course.times) - 1) // course.sessions + DURING for place in counts]
    for number in shown:
        if course.sessions > 10 and number == course.sessions - 3:
            rows.append(Row("...", "..."))
        parts = (
            (course.before, number, ""),
            (course.after, number, "after "),
            (course.body, ends[number], "body "),
        )
        words = ", ".join(f"{word}{share(_at(band, place, course))}" for band, place, word in parts)
        rows.append(Row(f"Session {number + 1}", words))
    limits = f"{share(course.limit_before)} before, {share(course.limit_after)} after a session"
    rows.append(Row("Without end", limits))
    if course.target_fall is not None:
        fall = units.percent(course.target_fall, 1)
        rows.append(
            Row("Target", f"plasma down by {fall} right after a session: {course.needed_in_words}")
        )
    rows += [Row("Model", course.model), Row("Evidence", in_words(course.statement))]
    return Section(
        f"{course.name}, {course.sessions} sessions, production {course.production}", tuple(rows)
    )


def _at(band: Band, place: int, course: Course) -> Interval:
    """One place of a band; what rests on a terminal half-life has no typical figure worth printing."""
    typical = band.typical[place] if band.typical and not course.upper_bound else None
    return Interval(band.low[place], typical, band.high[place])


BLOCKS, ROWS, COLUMNS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588", 8, 72
SHADE = "\u2591"


def curve(course: Course, blocks: bool = True) -> str:
    """The plasma level over the course: solid up to the lowest, shaded from there to the highest that it may be.

    Without `blocks` it is drawn with # and dots, for a terminal that has no block characters.
    """
    times = [units.size(time, "h") for time in course.times]
    places = [_nearest(times, times[-1] * column / (COLUMNS - 1)) for column in range(COLUMNS)]
    low, high = (
        [series[place] for place in places] for series in (course.levels.low, course.levels.high)
    )
    top = max(1.0, *high)
    lines = []
    for row in range(ROWS, 0, -1):
        base = (row - 1) / ROWS * top
        cells = [_cell((a - base) / top * ROWS, (b - base) / top * ROWS) for a, b in zip(low, high)]
        edge = units.percent(top) if row == ROWS else "0 %" if row == 1 else ""
        lines.append(f"{edge:>6} {''.join(cells)}".rstrip())
    lines.append(f"{'':6} 0 h{hours(times[-1]):>{COLUMNS - 3}}")
    lines.append(f"{'':6} Plasma level: {BLOCKS[-1]} at least, {SHADE} at most, by the interval")
    drawn = "\n".join(lines)
    if not blocks:
        drawn = drawn.translate(
            {ord(block): "#" for block in BLOCKS[4:]} | {ord(block): " " for block in BLOCKS[1:4]}
        )
        drawn = drawn.replace(SHADE, ".")
    return drawn


def _cell(low: float, high: float) -> str:
    if low >= 1 - 1 / 16 or high - low < 1 / 8:
        return BLOCKS[max(0, min(8, round(8 * max(low, high if high - low < 1 / 8 else low))))]
    return SHADE if high >= 1 / 2 or low > 0 else BLOCKS[max(0, min(8, round(8 * low)))]


def _nearest(times: list[float], time: float) -> int:
    return min(range(len(times)), key=lambda place: abs(times[place] - time))


def dose_section(lost: DoseLost) -> Section:
    """What an exchange takes of a medicine that was given before it."""
    figure = f"{share(lost.lost)} of the amount in the body" if lost.lost else "no figure"
    rows = (
        Row("Removed", figure),
        Row("To do", lost.advice),
        Row("Model", lost.model),
        Row("Evidence", in_words(lost.statement)),
    )
    return Section(lost.name, rows)


# --- other modalities -----------------------------------------------------------------------------

NAMES = {
    "exchange": "Plasma exchange",
    "hemofiltration-post": "HF post-dilution",
    "hemofiltration-pre": "HF pre-dilution",
    "hemodiafiltration": "HDF",
    "high-cutoff": "High cut-off",
}

SHORT = (
    "HF hemofiltration; HDF hemodiafiltration, counted as if all of its effluent were filtered: "
    "diffusion is not "
    "counted. Where a sieving is an upper bound, so is all that follows from it"
)


def modality_sections(
    found: Iterable[list[ModalityResult]], texts: Mapping[str, Any], explain: bool
) -> tuple[Section, ...]:
    """The setting, one section for each solute, the table of sizes, how to read it."""
    rows = list(found)
    entered = [Row(name.replace("_", " "), str(text)) for name, text in texts.items() if text]
    parts = [Section("Setting", tuple(entered)), *(_solute(results) for results in rows)]
    table = curve_table(solute_table.solutes()[results[0].solute] for results in rows)
    if table:
        lines = [
            Row(
                name,
                f"{units.number(size, 1)} kDa: "
                + ", ".join(
                    f"{units.number(value, 2)} {curve.name}" for curve, value in zip(CURVES, values)
                ),
            )
            for name, size, values in table
        ]
        lines.append(
            Row(
                "",
                "log-normal in size; a measured value goes before it; it fails for what binds, "
                "clumps or "
                "falls apart [sieving-curve]",
            )
        )
        parts.append(Section("Sieving by size alone, an upper bound", tuple(lines)))
    if explain:
        basis = [
            (path, entry.text)
            for results in rows
            for one in results
            for path, entry in one.basis.items()
        ]
        parts.append(
            Section(
                "How each figure came about",
                tuple(Row(path, text) for path, text in dict(basis).items()),
            )
        )
        known, used = source_table.sources(), ("crrt-clearance", "sieving-curve", "turnover-model")
        keys = dict.fromkeys(
            [
                *used,
                *(
                    key
                    for results in rows
                    for key in solute_table.solute(results[0].solute).sources
                ),
            ]
        )
        parts.append(Section("Sources", tuple(Row(key, cited(known[key])) for key in keys)))
    said = (SENTENCE, f"{NOT_IN_CAR_T}; {NO_EFFECT}", SHORT)
    parts.append(Section("Read it as", tuple(Row("", text) for text in said)))
    return tuple(parts)


def _solute(results: list[ModalityResult]) -> Section:
    rows = [Row(NAMES[one.modality], _line(one)) for one in results]
    first = results[0]
    rows.append(Row("Evidence", f"grade {first.grade}: {GRADES[first.grade]}"))
    said = {
        f"{NAMES[one.modality]}: {caution.message} [{caution.source}]": caution
        for one in results
        for caution in one.cautions
    }
    rows += [
        Row(f"{caution.severity.upper()} {caution.code}", text, mark=caution.severity)
        for text, caution in said.items()
    ]
    return Section(first.name, tuple(rows))


def _line(one: ModalityResult) -> str:
    if one.clearance is None or one.day_average is None or one.litres_per_day is None:
        return one.passage
    parts = [
        f"{_span(one.clearance, 'mL/min', 1)} while it runs, {_span(one.day_average, 'mL/min', 2)} "
        "over the day, "
        f"{_span(one.litres_per_day, 'L', 1)} cleared a day",
        f"{_share(one.share)} of all clearance while it runs",
        f"{change(one.fall)} at the end, of the mean of 24 hours with one run "
        f"{change(one.mean_fall)}",
        f"of albumin {_span(one.albumin_litres, 'L', 1)} and of IgG "
        f"{_span(one.igg_litres, 'L', 1)} cleared a day",
    ]
    if one.filtration_fraction is not None:
        parts.append(f"filtration fraction {units.percent(one.filtration_fraction)}")
    return f"{'; '.join(parts)} [{one.passage}]"


def _share(interval: Interval | None) -> str:
    if interval is None:
        return "an unknown share"
    low, high = units.number(100 * interval.low, 1), units.number(100 * interval.high, 1)
    return f"{low} %" if low == high else f"{low} to {high} %"


def _span(interval: Interval | None, unit: str, places: int) -> str:
    if interval is None:
        return "an unknown volume"
    low, high = (
        units.number(units.size(end, unit), places) for end in (interval.low, interval.high)
    )
    if low == high:
        return f"{low} {unit}"
    return f"up to {high} {unit}" if low == "0" else f"{low} to {high} {unit}"
