"""The printed sheet as one HTML page: the rows of handwritten.py and two plots. No scripts, nothing from outside.

Every text is escaped here, in one place. Two pages of A4 or Letter: what is done at the bedside,
and what explains it.
"""

from __future__ import annotations

from collections.abc import Iterable
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
body { font: 9pt/1.05 Arial, "Liberation Sans", Helvetica, sans-serif; color: #000; background: #fff;
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
.fill tbody { display: grid; grid-template-columns: repeat(auto-fill, minmax(46mm, 1fr)); column-gap: 3mm }
.fill tr { display: flex; align-items: end }
.known tbody { grid-template-columns: repeat(3, 1fr) }
.fill th[scope=row] { width: auto; flex: none; max-width: 30mm; font-weight: normal }
.fill td { flex: none } .fill td.blank { flex: 1 } .fill td:not(:empty) + .blank { min-width: 14mm }
th, td { text-align: left; vertical-align: top; padding: 0 1mm 0 0; overflow-wrap: anywhere; unicode-bidi: isolate }
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
.box { display: inline-block; width: 3mm; height: 3mm; border: 0.8pt solid #000; margin-right: 1.5mm;
       vertical-align: -0.4mm }
.plots { display: flex; flex-wrap: wrap; gap: 2mm; break-inside: avoid }
figure { margin: 0 }
figcaption { max-width: 60mm }
svg text { font-family: Arial, "Liberation Sans", Helvetica, sans-serif; fill: #000 }
@media screen { body { padding: 4mm; max-width: 205mm } .front, .back, .more { margin-bottom: 8mm } }
@media screen and (max-width: 170mm) { .cols { columns: 1 } }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
ONE_LABEL, ONE_LINE = (
    15,
    42,
)  # characters that fit beside each other; what is longer runs on from its label as prose
DRAWN = 3  # curves that fit beside each other
FOLLOWED = 24.0  # hours that are drawn where no course is ordered


def page(
    p: Prescription, explain: bool = False, notes: Iterable[str] = (), system: System = "entered"
) -> str:
    """The whole document; `explain` adds pages with every formula, `notes` and `system` as in sheet.sections."""
    sheet = paper(p, explain, notes, system)
    label = p.order.label or "label not entered"
    front = "BLOCKED, not for use" if p.blocked else "Plasma exchange, bedside sheet"
    parts = [
        _side("front", front, p, f"<p>{_text(INTENDED_USE)}</p>{_sections(sheet.front)}"),
        _side("back", "What stands behind the figures", p, f"{_plots(p)}{_sections(sheet.back)}"),
    ]
    if sheet.explained:
        parts.append(_side("more", "How each figure came about", p, _sections(sheet.explained)))
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(f'Plasma exchange, {label}')}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"{plot.HATCH}{''.join(parts)}</body>\n</html>\n"
    )


def _side(name: str, heading: str, p: Prescription, body: str) -> str:
    """One page with its own head, so that a sheet of paper that comes loose still says whose it is."""
    order = p.order
    whose = f"{order.label or 'label not entered'}; ordered at {order.ordered_at or 'not entered'}"
    return (
        f'<div class="{name}"><header><h1>{_text(heading)}</h1><span>{_text(whose)}</span>'
        f"<span>{_text(worksheet.title(p.version, p.data).partition(':')[0])}</span></header>{body}</div>\n"
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
    kind = "short" if len(part.rows) <= 4 else "long"
    if len(part.blanks) == 1:
        return f'<section class="short"><h2>{_text(part.title)}</h2>{_to_fill_in(part)}</section>'
    if part.blanks:
        head = "".join(f'<th scope="col">{_text(heading)}</th>' for heading in part.blanks)
        cells = '<td class="blank"></td>' * len(part.blanks)
        lines = "".join(
            f'<tr><th scope="row">{_text(row.label)}</th>{cells}</tr>' for row in part.rows
        )
        table = f"<table><thead><tr><td></td>{head}</tr></thead><tbody>{lines}</tbody></table>"
    else:
        lines = "".join(map(_row, _grouped(part.rows)))
        table = f'<table class="rows" role="table"><tbody role="rowgroup">{lines}</tbody></table>'
    return f'<section class="{kind}"><h2>{_text(part.title)}</h2>{table}</section>'


def _to_fill_in(part: Section) -> str:
    """Labels, with what is known, and a line to write on, four beside each other; then what goes with all of them."""
    cells = "".join(
        f'<tr><th scope="row">{_text(row.label)}</th><td>{_text(row.text)}</td><td '
        'class="blank"></td></tr>'
        for row in part.rows
        if row.label
    )
    said = "".join(f"<p>{_text(row.text)}</p>" for row in part.rows if not row.label)
    kind = "fill known" if any(row.text for row in part.rows) else "fill"
    return f'<table class="{kind}"><tbody>{cells}</tbody></table>{said}'


def _grouped(rows: Iterable[Row]) -> list[list[Row]]:
    """Each row with a label, and those without one that follow it."""
    found: list[list[Row]] = []
    for row in rows:
        if row.label or not found:
            found.append([row])
        else:
            found[-1].append(row)
    return found


def _row(rows: list[Row]) -> str:
    """A label with its lines; the roles say what the styles of a table row that runs on would hide."""
    label = rows[0].label
    kinds = [rows[0].mark] if rows[0].mark in ("blocked", "stop", "strong", "warn") else []
    if not rows[0].box and (len(rows[0].text) > ONE_LINE or len(label) > ONE_LABEL):
        kinds.append("prose")
    marked = f' class="{" ".join(kinds)}"' if kinds else ""
    lines = "".join(
        f"<div>{BOX if row.box else ''}{_text(row.text)}</div>" for row in rows if row.text
    )
    head = f'<th scope="row" role="rowheader">{_text(label)}</th>'
    return f'<tr role="row"{marked}>{head}<td role="cell">{lines}</td></tr>'


BOX = '<span class="box" role="img" aria-label="to tick"></span>'


# --- plots ----------------------------------------------------------------------------------------


def _drawable(p: Prescription) -> list[str]:
    """The solutes to draw: those that the order names, or else all of the sheet; only those with a known turnover."""
    known = {
        one.solute: one.kinetic_class
        for one in p.removal
        if one.fall is not None and (one.solute != "albumin" or "albumin" in p.order.solutes)
    }  # the fluid is albumin
    named = [name for name in known if name in p.order.solutes]
    first = {
        kind: name for name, kind in reversed(known.items())
    }  # one of each class, then the others
    return named or sorted(known, key=lambda name: first[known[name]] != name)


def courses(p: Prescription) -> list[Course]:
    """The curves of the sheet: the first solutes to draw, over the course as ordered or a day from one session."""
    given, hours = p.order.course, units.size(p.run_time.duration, "h")
    every = units.size(given.interval, "h") if given and given.interval is not None else FOLLOWED
    sessions = (given.sessions if given and given.interval is not None else None) or 1
    make = units.private_registry().Quantity
    found = []
    for name in _drawable(p)[:DRAWN]:
        try:
            found.append(
                simulate_course(
                    name,
                    p.dose.plasma_volumes.typical,
                    make(hours, units.BY_LABEL["h"].container),
                    make(max(every, hours), units.BY_LABEL["h"].container),
                    sessions,
                    p.volumes.plasma_volume,
                    weight=p.order.patient.weight,
                )
            )
        except (
            QuantityError
        ):  # a run beyond the limits of a course has its figures on the sheet, and no curve
            break
    return found


def _plots(p: Prescription) -> str:
    crs = p.order.indication in CRS_INDICATIONS
    figures = [plot.levels(one) for one in courses(p)[: DRAWN - crs]]
    said = []
    if figures:
        said.append(
            "Level in plasma, percent of the start. Grey: the interval; line: the typical course; "
            "hatched: the "
            "session. Model predictions, for a fluid that carries none of the solute."
        )
        left = len(_drawable(p)) - len(figures)
        said += (
            [f"Not drawn for lack of space: {left} more."] if p.order.solutes and left > 0 else []
        )
    if crs:
        rows = [solute_table.solute(one.solute) for one in p.removal]
        figures.append(plot.sieving(rows))
        said.append(_legend(rows))
    drawn = "".join(f"<figure>{figure}</figure>" for figure in figures)
    return f'<div class="plots">{drawn}</div>{"".join(f"<p>{_text(line)}</p>" for line in said)}'


def _legend(rows: list[solute_table.Solute]) -> str:
    numbered = ", ".join(
        f"{number} {_name(row)} {units.number(size, 0 if size >= 10 else 1)}"
        for number, (row, size) in enumerate(plot.sized(rows), 1)
    )
    lines = ("solid", "dashed", "dotted", "dash and dot")
    curves = ", ".join(f"{line} {curve.name}" for line, curve in zip(lines, CURVES, strict=True))
    return (
        f"Sieving against molecular weight in kDa: {numbered}. Thick line: exchange by centrifuge, "
        "1. By size alone, "
        f"an upper bound: {curves}. Measured: squares hemofilter, triangles high cut-off."
    )


def _name(row: solute_table.Solute) -> str:
    return row.synonyms[0] if row.kind == "cytokine" else row.short
