"""Two plots as inline SVG: the level of a solute over time, and sieving against molecular weight.

Drawn at the size at which they are printed, so that their letters keep it; readable without colour;
each with a title and a description in words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from pexcalc.data import solutes as solute_table
from pexcalc.kinetics.course import DURING, Course
from pexcalc.kinetics.modalities import CURVES
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.report.wording import hours, share

WIDTH, HEIGHT = 228, 104  # CSS pixels, of which 96 make an inch
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 20, 18
LETTERS = 12.0  # pixels: 9 points


def levels(course: Course) -> str:
    """The plasma level of a solute over the course: the interval as a band, sessions hatched, the typical as a line."""
    times = [units.size(time, "h") for time in course.times]
    end, top = times[-1], max(1.0, *course.levels.high)

    def x(time: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * time / end

    def y(level: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - level / top)

    per_cycle = (len(times) - 1) // course.sessions
    strips = "".join(
        f'<rect x="{x(times[n * per_cycle]):.1f}" y="{TOP}" '
        f'width="{max(1.5, x(times[n * per_cycle + DURING]) - x(times[n * per_cycle])):.1f}" '
        f'height="{HEIGHT - TOP - BOTTOM}" fill="url(#hatch)"/>'
        for n in range(course.sessions)
    )
    outward = zip(times, course.levels.high)
    back = reversed(list(zip(times, course.levels.low)))
    band = " ".join(f"{x(time):.1f},{y(level):.1f}" for time, level in (*outward, *back))
    drawn = f'{strips}<polygon points="{band}" fill="#bbb" fill-opacity="0.75" stroke="#000" stroke-width="0.7"/>'
    if course.levels.typical is not None and not course.upper_bound:
        line = " ".join(
            f"{x(time):.1f},{y(level):.1f}" for time, level in zip(times, course.levels.typical)
        )
        drawn += f'<polyline points="{line}" fill="none" stroke="#000" stroke-width="1.6"/>'
    marks = "".join(
        f'<line x1="{LEFT - 3}" y1="{y(level):.1f}" x2="{LEFT}" y2="{y(level):.1f}" stroke="#000"/>'
        f'<text x="{LEFT - 5}" y="{y(level) + 4:.1f}" '
        f'text-anchor="end">{units.percent(level)}</text>'
        for level in (0.0, top / 2, top)
    )
    marks += "".join(
        f'<text x="{x(time):.1f}" y="{HEIGHT - BOTTOM + 14}" '
        f'text-anchor="{anchor}">{hours(time)}</text>'
        for time, anchor in ((0.0, "start"), (end / 2, "middle"), (end, "end"))
    )
    marks += f'<text x="{LEFT}" y="12" font-weight="bold">{escape(course.name)}</text>'
    return _svg(
        course.name, described(course), WIDTH, HEIGHT, f"{drawn}{_axes(WIDTH, HEIGHT)}{marks}"
    )


def described(course: Course) -> str:
    """The curve in words: after each session, and at the end."""
    shown = range(course.sessions) if course.sessions <= 5 else (0, course.sessions - 1)
    after = ", ".join(f"{_at(course, place)} after session {place + 1}" for place in shown)
    last = Interval(course.levels.low[-1], None, course.levels.high[-1])
    times = units.size(course.times[-1], "h")
    return f"Level in percent of the start: {after}; {share(last)} at {hours(times)}. A model prediction."


def _at(course: Course, place: int) -> str:
    return share(Interval(course.after.low[place], None, course.after.high[place]))


# --- sieving against molecular weight -------------------------------------------------------------

SIZES = (1.0, 1000.0)  # kDa
ACROSS, DOWN = 256, HEIGHT
DASHES = ("", "6 3", "2 3", "9 3 2 3")


def sieving(rows: Iterable[solute_table.Solute]) -> str:
    """Sieving by size alone on each curve, the solutes as numbers at their size, measured values as marks."""
    known = sized(rows)

    def x(size: float) -> float:
        low, high = (math.log10(end) for end in SIZES)
        return LEFT + (ACROSS - LEFT - RIGHT) * (math.log10(size) - low) / (high - low)

    def y(value: float) -> float:
        return TOP + (DOWN - TOP - BOTTOM) * (1 - value)

    sizes = [SIZES[0] * (SIZES[1] / SIZES[0]) ** (place / 120) for place in range(121)]
    drawn = f'<line x1="{LEFT}" y1="{y(1)}" x2="{ACROSS - RIGHT}" y2="{y(1)}" stroke="#000" stroke-width="2.4"/>'
    for curve, dash in zip(CURVES, DASHES, strict=True):
        line = " ".join(f"{x(size):.1f},{y(curve.sieving(size)):.1f}" for size in sizes)
        drawn += f'<polyline points="{line}" fill="none" stroke="#000" stroke-width="1.3" stroke-dasharray="{dash}"/>'
    places = _spread([x(size) for _, size in known], 17)
    for number, ((row, size), place) in enumerate(zip(known, places), 1):
        drawn += (
            f'<line x1="{x(size):.1f}" y1="{y(0)}" x2="{x(size):.1f}" y2="{y(1)}" stroke="#999" '
            'stroke-width="0.6"/>'
            f'<line x1="{x(size):.1f}" y1="{y(1)}" x2="{place:.1f}" y2="{TOP - 4}" stroke="#999" '
            'stroke-width="0.6"/>'
            f'<text x="{place:.1f}" y="{TOP - 6}" text-anchor="middle">{number}</text>'
        )
        for value, shape in measured(row):
            drawn += _mark(x(size), y(value), shape)
    marks = "".join(
        f'<text x="{LEFT - 5}" y="{y(value) + 4:.1f}" '
        f'text-anchor="end">{units.number(value, 1)}</text>'
        for value in (0.0, 0.5, 1.0)
    )
    marks += "".join(
        f'<text x="{x(size):.1f}" y="{DOWN - BOTTOM + 14}" '
        f'text-anchor="middle">{units.number(size, 0)}</text>'
        for size in (1, 10, 100)
    )
    marks += f'<text x="{ACROSS - RIGHT}" y="{DOWN - BOTTOM + 14}" text-anchor="end">1,000</text>'
    said = "; ".join(
        f"{row.short} {units.number(size, 1)} kDa, {_values(row, size)}" for row, size in known
    )
    return _svg(
        "Sieving against molecular weight",
        f"{said}.",
        ACROSS,
        DOWN,
        f"{drawn}{_axes(ACROSS, DOWN)}{marks}",
    )


def sized(rows: Iterable[solute_table.Solute]) -> list[tuple[solute_table.Solute, float]]:
    """The solutes whose size is known, the smallest first; of a range the small end, which passes most easily."""
    found = [(row, row.mw.low or row.mw.typical) for row in rows]
    return sorted(
        ((row, size.value) for row, size in found if size is not None), key=lambda one: one[1]
    )


def measured(row: solute_table.Solute) -> list[tuple[float, str]]:
    """Measured sieving of a solute and the shape of its mark, a square for hemofilters, a triangle for high cut-off."""
    found = ((row.sieving_filter, "square"), (row.sieving_high_cutoff, "triangle"))
    return [(known.value, shape) for known, shape in found if known is not None]


def _values(row: solute_table.Solute, size: float) -> str:
    by_size = ", ".join(f"{units.number(curve.sieving(size), 2)} {curve.name}" for curve in CURVES)
    found = [f"{units.number(value, 2)} measured ({shape})" for value, shape in measured(row)]
    return ", ".join([by_size, *found])


def _spread(places: Sequence[float], gap: float) -> list[float]:
    """Places in rising order moved apart so that neighbours keep a gap."""
    found: list[float] = []
    for place in places:
        found.append(max(place, found[-1] + gap) if found else place)
    over = max(0.0, found[-1] - (ACROSS - RIGHT)) if found else 0.0
    return [place - over for place in found]


def _mark(x: float, y: float, shape: str) -> str:
    if shape == "square":
        return f'<rect x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7" fill="#000"/>'
    points = f"{x:.1f},{y - 4.5:.1f} {x - 4.5:.1f},{y + 3.5:.1f} {x + 4.5:.1f},{y + 3.5:.1f}"
    return f'<polygon points="{points}" fill="#fff" stroke="#000" stroke-width="1.2"/>'


# --- what both share ------------------------------------------------------------------------------

HATCH = (
    '<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs><pattern '
    'id="hatch" width="4" '
    'height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="4" '
    'height="4" fill="#eee"/>'
    '<line x1="0" y1="0" x2="0" y2="4" stroke="#666" stroke-width="1.5"/></pattern></defs></svg>'
)


def _axes(width: int, height: int) -> str:
    return f'<path d="M{LEFT} {TOP}V{height - BOTTOM}H{width - RIGHT}" fill="none" stroke="#000" stroke-width="1"/>'


def _svg(title: str, description: str, width: int, height: int, drawn: str) -> str:
    return (
        f'<svg role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-size="{LETTERS:g}" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}. '
        f"{escape(description)}</title>{drawn}</svg>"
    )
