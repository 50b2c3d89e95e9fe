"""Two plots as inline SVG: the level of a solute over time, and sieving against molecular weight.

Drawn at the size at which they are printed, so that their letters keep it; readable without color;
each with a title and a description in words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from operator import itemgetter

from pexcalc.data import solutes as solute_table
from pexcalc.kinetics.course import Course
from pexcalc.kinetics.filters import CURVES, Curve
from pexcalc.kinetics.one_course import DURING
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.given import words_if
from pexcalc.report.wording import hours, share

PLOT_WIDTH, PLOT_HEIGHT = 228, 104  # CSS pixels, of which 96 make an inch
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 20, 18
LETTERS = 12.0  # pixels: 9 points


def levels(course: Course) -> str:
    """Draw the plasma level over a course: the interval as a band, the typical as a line."""
    times = [units.size(time, "h") for time in course.times]
    end, top = times[-1], max(1.0, *course.levels.high)

    def x(time: float) -> float:
        return LEFT + (PLOT_WIDTH - LEFT - RIGHT) * time / end

    def y(level: float) -> float:
        return TOP + (PLOT_HEIGHT - TOP - BOTTOM) * (1 - level / top)

    def points(series: Iterable[tuple[float, float]]) -> str:
        return " ".join(f"{x(time):.1f},{y(level):.1f}" for time, level in series)

    drawn = (
        "".join(_session_mark(x(start), x(stop)) for start, stop in _sessions(course, times)),
        _band_path(
            points([*zip(times, course.levels.high), *[*zip(times, course.levels.low)][::-1]])
        ),
        _typical(points(zip(times, _typical_levels(course)))),
        _axes(PLOT_WIDTH, PLOT_HEIGHT),
        *(_level_mark(y(level), level) for level in (0.0, top / 2, top)),
        _time_mark(x(0.0), 0.0, "start"),
        _time_mark(x(end / 2), end / 2, "middle"),
        _time_mark(x(end), end, "end"),
        f'<text x="{LEFT}" y="12" font-weight="bold">{escape(course.name)}</text>',
    )
    return _svg(course.name, curve_in_words(course), PLOT_WIDTH, PLOT_HEIGHT, "".join(drawn))


def _sessions(course: Course, times: Sequence[float]) -> list[tuple[float, float]]:
    """Start and end of each session, in hours."""
    per_cycle = (len(times) - 1) // course.sessions
    starts = range(0, course.sessions * per_cycle, per_cycle)
    return [(times[place], times[place + DURING]) for place in starts]


def _session_mark(start: float, stop: float) -> str:
    return (
        f'<rect x="{start:.1f}" y="{TOP}" width="{max(1.5, stop - start):.1f}" '
        f'height="{PLOT_HEIGHT - TOP - BOTTOM}" fill="url(#hatch)"/>'
    )


def _band_path(points: str) -> str:
    return (
        f'<polygon points="{points}" fill="#bbb" fill-opacity="0.75" stroke="#000" '
        'stroke-width="0.7"/>'
    )


def _typical_levels(course: Course) -> Sequence[float]:
    """The typical course; none where the half-life bounds it from above only."""
    typical = course.levels.typical
    return () if typical is None or course.upper_bound else typical


def _typical(points: str) -> str:
    line = f'<polyline points="{points}" fill="none" stroke="#000" stroke-width="1.6"/>'
    return words_if(points, line)


def _level_mark(y: float, level: float) -> str:
    return (
        f'<line x1="{LEFT - 3}" y1="{y:.1f}" x2="{LEFT}" y2="{y:.1f}" stroke="#000"/>'
        f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{units.percent(level)}</text>'
    )


def _time_mark(x: float, time: float, anchor: str) -> str:
    y = PLOT_HEIGHT - BOTTOM + 14
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}">{hours(time)}</text>'


def curve_in_words(course: Course) -> str:
    """The curve in words: after each session, and at the end."""
    every = range(course.sessions)
    shown = every if course.sessions <= 5 else (0, course.sessions - 1)
    after = ", ".join(f"{_after(course, place)} after session {place + 1}" for place in shown)
    last = Interval(course.levels.low[-1], None, course.levels.high[-1])
    end = hours(units.size(course.times[-1], "h"))
    return f"Level in percent of baseline: {after}; {share(last)} at {end}. A model prediction."


def _after(course: Course, place: int) -> str:
    return share(Interval(course.after.low[place], None, course.after.high[place]))


# --- sieving against molecular weight -------------------------------------------------------------

SIZES = (1.0, 1000.0)  # kDa
ACROSS, DOWN = 256, PLOT_HEIGHT
DASHES = ("", "6 3", "2 3", "9 3 2 3")


STEPS = 120  # derived: points of a curve
GAP = 17  # derived: pixels between the numbers of two solutes


def sieving(rows: Iterable[solute_table.Solute]) -> str:
    """Draw sieving by size alone on each curve, solutes as numbers, measured values as marks."""
    known = sized(rows)
    low, high = (math.log10(end) for end in SIZES)

    def x(size: float) -> float:
        return LEFT + (ACROSS - LEFT - RIGHT) * (math.log10(size) - low) / (high - low)

    def y(value: float) -> float:
        return TOP + (DOWN - TOP - BOTTOM) * (1 - value)

    def curve_line(curve: Curve, dash: str) -> str:
        points = " ".join(f"{x(size):.1f},{y(curve.sieving(size)):.1f}" for size in sizes)
        return (
            f'<polyline points="{points}" fill="none" stroke="#000" stroke-width="1.3" '
            f'stroke-dasharray="{dash}"/>'
        )

    def marks_of(row: solute_table.Solute, size: float) -> str:
        return "".join(_mark(x(size), y(value), shape) for value, shape in measured_size(row))

    sizes = [SIZES[0] * (SIZES[1] / SIZES[0]) ** (place / STEPS) for place in range(STEPS + 1)]
    places = _spread([x(size) for _, size in known], GAP)
    drawn = (
        f'<line x1="{LEFT}" y1="{y(1)}" x2="{ACROSS - RIGHT}" y2="{y(1)}" stroke="#000" '
        'stroke-width="2.4"/>',
        *map(curve_line, CURVES, DASHES),
        *(
            _size_line(x(size), place, y(0), y(1), number) + marks_of(row, size)
            for number, ((row, size), place) in enumerate(zip(known, places), 1)
        ),
        _axes(ACROSS, DOWN),
        *(_sieving_mark(y(value), value) for value in (0.0, 0.5, 1.0)),
        *(_size_mark(f"{x(size):.1f}", size, "middle") for size in (1, 10, 100)),
        _size_mark(f"{ACROSS - RIGHT}", SIZES[1], "end"),
    )
    words = "; ".join(
        f"{row.short} {units.number(size, 1)} kDa, {_values(row, size)}" for row, size in known
    )
    title = "Sieving against molecular weight"
    return _svg(title, f"{words}.", ACROSS, DOWN, "".join(drawn))


def _size_line(x: float, place: float, bottom: float, top: float, number: int) -> str:
    """A line at the size of a solute, led to its number above the plot."""
    style = 'stroke="#999" stroke-width="0.6"'
    return (
        f'<line x1="{x:.1f}" y1="{bottom}" x2="{x:.1f}" y2="{top}" {style}/>'
        f'<line x1="{x:.1f}" y1="{top}" x2="{place:.1f}" y2="{TOP - 4}" {style}/>'
        f'<text x="{place:.1f}" y="{TOP - 6}" text-anchor="middle">{number}</text>'
    )


def _sieving_mark(y: float, value: float) -> str:
    text = units.number(value, 1)
    return f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'


def _size_mark(x: str, size: float, anchor: str) -> str:
    y = DOWN - BOTTOM + 14
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{units.number(size, 0)}</text>'


def sized(rows: Iterable[solute_table.Solute]) -> list[tuple[solute_table.Solute, float]]:
    """The solutes whose size is known, the smallest first; of a range the small end."""
    sizes = ((row, row.mw.low or row.mw.typical) for row in rows)
    known = ((row, size.value) for row, size in sizes if size is not None)
    return sorted(known, key=itemgetter(1))


def measured_size(row: solute_table.Solute) -> list[tuple[float, str]]:
    """Measured sieving and its mark: a square for hemofilters, a triangle for high cut-off."""
    found = ((row.sieving_filter, "square"), (row.sieving_high_cutoff, "triangle"))
    return [(known.value, shape) for known, shape in found if known is not None]


def _values(row: solute_table.Solute, size: float) -> str:
    by_size = ", ".join(f"{units.number(curve.sieving(size), 2)} {curve.name}" for curve in CURVES)
    found = [f"{units.number(value, 2)} measured ({shape})" for value, shape in measured_size(row)]
    return ", ".join([by_size, *found])


def _spread(places: Sequence[float], gap: float) -> list[float]:
    """Places in rising order moved apart so that neighbors keep a gap."""
    found: list[float] = []
    for place in places:
        found.append(max([place, *(before + gap for before in found[-1:])]))
    beyond = max([0.0, *(last - (ACROSS - RIGHT) for last in found[-1:])])
    return [place - beyond for place in found]


def _mark(x: float, y: float, shape: str) -> str:
    if shape == "square":
        return f'<rect x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7" fill="#000"/>'
    points = f"{x:.1f},{y - 4.5:.1f} {x - 4.5:.1f},{y + 3.5:.1f} {x + 4.5:.1f},{y + 3.5:.1f}"
    return f'<polygon points="{points}" fill="#fff" stroke="#000" stroke-width="1.2"/>'


# --- what both share ------------------------------------------------------------------------------

HATCH = (
    '<svg width="0" height="0" aria-hidden="true" class="apart"><defs>'
    '<pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="4" height="4" fill="#eee"/>'
    '<line x1="0" y1="0" x2="0" y2="4" stroke="#666" stroke-width="1.5"/></pattern></defs></svg>'
)


def _axes(width: int, height: int) -> str:
    path = f"M{LEFT} {TOP}V{height - BOTTOM}H{width - RIGHT}"
    return f'<path d="{path}" fill="none" stroke="#000" stroke-width="1"/>'


def _svg(title: str, description: str, width: int, height: int, drawn: str) -> str:
    return (
        f'<svg role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-size="{LETTERS:g}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}. '
        f"{escape(description)}</title>{drawn}</svg>"
    )
