"""The printed sheet as one HTML page: the rows of handwritten.py and two plots.

Two pages of A4 or Letter: what is done at the bedside, and what explains it. No scripts, nothing
from outside. Every text is escaped here, in one place.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from html import escape
from itertools import groupby

from pexcalc.data import solutes as solute_table
from pexcalc.kinetics.course import Course, simulate_course
from pexcalc.kinetics.modalities import CURVES
from pexcalc.order.order import CRS_INDICATIONS
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.quantities.errors import QuantityError
from pexcalc.report import sheet as worksheet
from pexcalc.report.html import plot
from pexcalc.report.html.handwritten import paper
from pexcalc.report.layout import INTENDED_USE, Row, Section
from pexcalc.report.wording import System

STYLE = """
@page { margin: 6.5mm 8mm }
* { box-sizing: border-box }
body { font: 9pt/1.05 Arial, "Liberation Sans", Helvetica, sans-serif; color: #000; \
background: #fff;
       margin: 0 auto }
header { display: flex; gap: 4mm; justify-content: space-between; align-items: baseline;
         border-bottom: 1.5pt solid #000; margin-bottom: 1mm }
h1 { font-size: 12pt; margin: 0 }
h2 { font-size: 9.5pt; margin: 0; background: #e6e6e6; padding: 0 1mm; break-after: avoid }
p { margin: 0 0 1mm }
.cols { columns: 2; column-gap: 5mm }
.back, .more { break-before: page }
section { margin: 0 0 0.6mm }
.front section.short, .wide section { break-inside: avoid }
table { border-collapse: collapse; width: 100%; table-layout: fixed }
.fill tbody { display: grid; grid-template-columns: repeat(auto-fill, minmax(46mm, 1fr)); \
column-gap: 3mm }
.fill tr { display: flex; align-items: end }
.known tbody { grid-template-columns: repeat(3, 1fr) }
.fill th[scope=row] { width: auto; flex: none; max-width: 30mm; font-weight: normal }
.fill td { flex: none } .fill td.blank { flex: 1 } .fill td:not(:empty) + .blank { min-width: 14mm }
th, td { text-align: left; vertical-align: top; padding: 0 1mm 0 0; overflow-wrap: anywhere; \
unicode-bidi: isolate }
th[scope=row] { width: 27mm; font-weight: bold }
td.blank { border-bottom: 0.5pt solid #000; height: 4.6mm }
td.blank + td.blank { border-left: 0.5pt solid #000 }
tr.stop, tr.blocked { border: 1.5pt solid #000; font-weight: bold }
tr.strong { border-left: 3pt solid #000; padding-left: 1mm }
tr.warn { border-left: 1.5pt solid #000; padding-left: 1mm }
.rows, .rows tbody { display: block }
.rows tr { display: flex }
.rows td { flex: 1; min-width: 0 }
.rows th { flex: none }
.rows tr.prose { display: block }
.rows tr.prose th, .rows tr.prose td, .rows tr.prose td div { display: inline }
.rows tr.prose td div + div::before { content: "; " }
.rows tr.prose th { padding-right: 1mm }
.box { display: inline-block; width: 3mm; height: 3mm; border: 0.8pt solid #000; \
margin-right: 1.5mm;
       vertical-align: -0.4mm }
.plots { display: flex; flex-wrap: wrap; gap: 2mm; break-inside: avoid }
figure { margin: 0 }
figcaption { max-width: 60mm }
svg text { font-family: Arial, "Liberation Sans", Helvetica, sans-serif; fill: #000 }
@media screen { body { padding: 4mm; max-width: 205mm } \
.front, .back, .more { margin-bottom: 8mm } }
@media screen and (max-width: 170mm) { .cols { columns: 1 } }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
# Characters that fit beside each other; what is longer runs on from its label as prose.
ONE_LABEL, ONE_LINE = 15, 42
SHORT_SECTION = 4  # rows that are not divided between columns
MARKED = ("blocked", "stop", "strong", "warn")  # marks of a row with a style of their own
DRAWN = 3  # curves that fit beside each other
DRAWN_HOURS = 24.0  # hours that are drawn where no course is ordered


def page(
    p: Prescription, explain: bool = False, notes: Iterable[str] = (), system: System = "entered"
) -> str:
    """Write the whole document.

    Parameters
    ----------
    p : Prescription
        What is written.
    explain : bool
        Add pages with every formula.
    notes, system
        As in `sheet.sections`.
    """
    sheet = paper(p, explain, notes, system)
    label = p.order.label or "label not entered"
    front = "BLOCKED, not for use" if p.blocked else "Plasma exchange, bedside sheet"
    parts = (
        _page_side("front", front, p, f"<p>{_text(INTENDED_USE)}</p>{_sections(sheet.front)}"),
        _page_side(
            "back", "What stands behind the figures", p, f"{_plots(p)}{_sections(sheet.back)}"
        ),
        _page_side("more", "How each figure came about", p, _sections(sheet.explained)),
    )
    shown = parts if sheet.explained else parts[:-1]
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(f'Plasma exchange, {label}')}</title>\n<style>{STYLE}</style>\n"
        f"</head>\n<body>\n{plot.HATCH}{''.join(shown)}</body>\n</html>\n"
    )


def _page_side(name: str, heading: str, p: Prescription, body: str) -> str:
    """One page with its own head, so that a sheet that comes loose still says whose it is."""
    order = p.order
    patient = (
        f"{order.label or 'label not entered'}; ordered at {order.ordered_at or 'not entered'}"
    )
    program = worksheet.title(p.version, p.data).partition(":")[0]
    return (
        f'<div class="{name}"><header><h1>{_text(heading)}</h1><span>{_text(patient)}</span>'
        f"<span>{_text(program)}</span></header>{body}</div>\n"
    )


def _text(text: str) -> str:
    """Text for HTML: escaped, without control and direction characters."""
    return escape("".join(c if c.isprintable() else "\ufffd" for c in text), quote=True)


# --- rows -----------------------------------------------------------------------------------------


def _sections(parts: Iterable[Section]) -> str:
    """Sections in two columns, but for those that take the whole width."""
    runs = groupby(parts, key=lambda part: part.wide)
    return "".join(
        f'<div class="{"wide" if wide else "cols"}">{"".join(map(_section, run))}</div>'
        for wide, run in runs
    )


def _section(part: Section) -> str:
    heading = f"<h2>{_text(part.title)}</h2>"
    if len(part.blanks) == 1:
        return f'<section class="short">{heading}{_to_fill_in(part)}</section>'
    kind = "short" if len(part.rows) <= SHORT_SECTION else "long"
    table = _blank_columns(part) if part.blanks else _rows(part)
    return f'<section class="{kind}">{heading}{table}</section>'


def _rows(part: Section) -> str:
    lines = "".join(map(_table_row, _grouped(part.rows)))
    return f'<table class="rows" role="table"><tbody role="rowgroup">{lines}</tbody></table>'


def _blank_columns(part: Section) -> str:
    """A row of empty cells for each label, under the headings of the columns."""
    head = "".join(f'<th scope="col">{_text(heading)}</th>' for heading in part.blanks)
    cells = '<td class="blank"></td>' * len(part.blanks)
    lines = "".join(f"<tr>{_row_heading(row)}{cells}</tr>" for row in part.rows)
    return f"<table><thead><tr><td></td>{head}</tr></thead><tbody>{lines}</tbody></table>"


def _row_heading(row: Row) -> str:
    return f'<th scope="row">{_text(row.label)}</th>'


def _to_fill_in(part: Section) -> str:
    """Labels, with what is known, and a line to write on, four beside each other; then the rest."""
    labeled = [row for row in part.rows if row.label]
    cells = "".join(
        f'<tr>{_row_heading(row)}<td>{_text(row.text)}</td><td class="blank"></td></tr>'
        for row in labeled
    )
    rest = "".join(f"<p>{_text(row.text)}</p>" for row in part.rows if row not in labeled)
    kind = "fill known" if any(row.text for row in part.rows) else "fill"
    return f'<table class="{kind}"><tbody>{cells}</tbody></table>{rest}'


def _grouped(rows: Iterable[Row]) -> list[list[Row]]:
    """Each row with a label, and those without one that follow it."""
    found: list[list[Row]] = []
    for row in rows:
        if row.label or not found:
            found.append([])
        found[-1].append(row)
    return found


def _table_row(rows: list[Row]) -> str:
    """A label with its lines; the roles say what the styles of a row that runs on would hide."""
    first = rows[0]
    kinds = {first.mark: first.mark in MARKED, "prose": _runs_on(first)}
    classes = " ".join(kind for kind, applies in kinds.items() if applies)
    marked = f' class="{classes}"' if classes else ""
    lines = "".join(f"<div>{BOXES[row.box]}{_text(row.text)}</div>" for row in rows if row.text)
    head = f'<th scope="row" role="rowheader">{_text(first.label)}</th>'
    return f'<tr role="row"{marked}>{head}<td role="cell">{lines}</td></tr>'


def _runs_on(row: Row) -> bool:
    """Whether a row is printed as prose: too long for two columns, and without a box to tick."""
    return not row.box and (len(row.text) > ONE_LINE or len(row.label) > ONE_LABEL)


BOXES = {True: '<span class="box" role="img" aria-label="to tick"></span>', False: ""}


# --- plots ----------------------------------------------------------------------------------------


def _drawable(p: Prescription) -> list[str]:
    """The solutes to draw: those that the order names, or else all, one of each class first."""
    known = {one.solute: one.kinetic_class for one in p.removal if one.fall is not None}
    named = [solute for solute in known if solute in p.order.solutes]
    known.pop("albumin", None)  # the fluid is albumin
    first_of_class = {kind: solute for solute, kind in reversed(known.items())}
    return named or sorted(known, key=lambda solute: first_of_class[known[solute]] != solute)


def courses(p: Prescription) -> list[Course]:
    """Calculate the curves of the sheet, over the course as ordered or a day from one session.

    A run beyond the limits of a course has its figures on the sheet, and no curve.
    """
    found: list[Course] = []
    with suppress(QuantityError):
        for solute in _drawable(p)[:DRAWN]:
            found.append(_course_drawn(p, solute))
    return found


def _course_drawn(p: Prescription, solute: str) -> Course:
    duration, (every, sessions) = units.size(p.run_time.duration, "h"), _interval_and_sessions(p)
    quantity = units.private_registry().Quantity
    supplies = {one.solute: one.supply for one in p.removal}
    return simulate_course(
        solute,
        p.dose.plasma_volumes.typical,
        quantity(duration, units.BY_LABEL["h"].container),
        quantity(max(every, duration), units.BY_LABEL["h"].container),
        sessions,
        p.volumes.plasma_volume,
        weight=p.order.patient.weight,
        supply=supplies[solute] or 0.0,
    )


def _interval_and_sessions(p: Prescription) -> tuple[float, int]:
    """Hours between sessions and their number; without an interval one session and a day."""
    course = p.order.course
    if course is None or course.interval is None:
        return DRAWN_HOURS, 1
    return units.size(course.interval, "h"), course.sessions or 1


LEVELS = (
    "Level in plasma, percent of the start. Line: by the equation; grey: the range for one patient "
    "from published series (single patients not studied), without a line over scenarios in which "
    "production halves to doubles; hatched: the session. Model predictions."
)


def _plots(p: Prescription) -> str:
    """The plots side by side, and under them what they show."""
    crs = p.order.indication in CRS_INDICATIONS
    levels = [plot.levels(course) for course in courses(p)[: DRAWN - crs]]
    sieving = [solute_table.solute(one.solute) for one in p.removal] if crs else []
    figures = [*levels, *([plot.sieving(sieving)] if sieving else [])]
    notes = filter(
        None,
        (
            LEVELS if levels else "",
            _left_out(p, len(levels)),
            _legend(sieving) if sieving else "",
        ),
    )
    drawn = "".join(f"<figure>{figure}</figure>" for figure in figures)
    words = "".join(f"<p>{_text(note)}</p>" for note in notes)
    return f'<div class="plots">{drawn}</div>{words}'


def _left_out(p: Prescription, drawn: int) -> str:
    """How many solutes that the order names are not drawn; nothing where none is drawn at all."""
    left = len(_drawable(p)) - drawn
    if not p.order.solutes or not drawn or left <= 0:
        return ""
    return f"Not drawn for lack of space: {left} more."


LINES = ("solid", "dashed", "dotted", "dash and dot")


def _legend(rows: list[solute_table.Solute]) -> str:
    numbered = ", ".join(
        f"{number} {_short_name(row)} {_kilodaltons(size)}"
        for number, (row, size) in enumerate(plot.sized(rows), 1)
    )
    curves = ", ".join(f"{line} {curve.name}" for line, curve in zip(LINES, CURVES, strict=True))
    return (
        f"Sieving against molecular weight in kDa: {numbered}. Thick line: exchange by centrifuge, "
        f"1. By size alone, an upper bound: {curves}. Measured: squares hemofilter, triangles high "
        "cut-off."
    )


def _kilodaltons(size: float) -> str:
    return units.number(size, 0 if size >= 10 else 1)


def _short_name(row: solute_table.Solute) -> str:
    return row.synonyms[0] if row.kind == "cytokine" else row.short
