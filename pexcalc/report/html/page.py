"""The printed sheet as one HTML page: the rows of handwritten.py and plots.

Two pages of A4 or Letter: what is done at the bedside, and what explains it. No scripts, no styles
but the one that the policy names, nothing from outside. Every text is escaped here, in one place.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from html import escape

from pexcalc.data import solutes as solute_table
from pexcalc.kinetics.course import Course, simulate_course
from pexcalc.kinetics.dilution import volumes_passing
from pexcalc.kinetics.filters import CURVES
from pexcalc.kinetics.levels import levels_in_use
from pexcalc.order.order import CRS_INDICATIONS
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.given import words_if
from pexcalc.report import sheet as worksheet
from pexcalc.report.html import plot
from pexcalc.report.html.bedside import draft_words, hold_words
from pexcalc.report.html.handwritten import TICK, paper
from pexcalc.report.layout import INTENDED_USE, Row, Section
from pexcalc.report.wording import System, joined


def sha256_of(text: str) -> str:
    """The hash of a style or script as a policy names it."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


STYLE = """
@page { margin: 5mm 8mm 8mm; @bottom-right { \
content: "page " counter(page) " of " counter(pages); font-size: 9pt } }
* { box-sizing: border-box }
body { font: 9pt/1.1 Arial, "Liberation Sans", Helvetica, sans-serif; font-size-adjust: 0.519;
       color: #000; background: #fff; margin: 0 auto }
.side { display: table; width: 100%; table-layout: fixed }
.whose { display: table-header-group; break-inside: avoid }
.whose div { display: flex; gap: 4mm; justify-content: space-between; align-items: baseline }
.content { display: table-row-group }
.back, .more { break-before: page }
h2 { font-size: 9.5pt; margin: 0; background: #e6e6e6; padding: 0 1mm; break-after: avoid }
.title { font-size: 13pt; margin: 0; padding: 0; background: none; font-weight: bold }
p { margin: 0 0 0.6mm }
.label { font-weight: bold }
.whose .rule { border-bottom: 1.5pt solid #000; margin-bottom: 1mm }
.draft, .hold { border: 2pt solid #000; font-weight: bold; padding: 0 2mm; text-align: center }
.draft { font-size: 10pt; line-height: 1; border-width: 1pt }
.hold { font-size: 18pt }
.who { font-size: 11pt; line-height: 1 }
.cols, .lines, .checks tbody { columns: 2; column-gap: 5mm }
section { margin: 0 0 0.5mm }
section.short { break-inside: avoid }
.lines section.short { break-inside: auto }
table { border-collapse: collapse; width: 100%; table-layout: fixed }
th, td { text-align: left; vertical-align: top; padding: 0 1mm 0 0; overflow-wrap: anywhere; \
unicode-bidi: isolate }
th { overflow-wrap: break-word }
.kept { white-space: nowrap }
th[scope=row] { width: 30mm; font-weight: bold }
.rows, .rows tbody { display: block }
.rows tr { display: flex; break-inside: avoid }
.rows td { flex: 1; min-width: 0 }
.rows th { flex: none }
.rows th:empty { display: none }
.rows tr.prose { display: block }
.rows tr.prose th, .rows tr.prose td, .rows tr.prose td div { display: inline }
.rows tr.prose td div + div::before { content: "; " }
.rows tr.prose th { padding-right: 1mm }
.rows tr.prose td { padding: 0 }
.box { display: inline-block; width: 3.2mm; height: 3.2mm; border: 0.9pt solid #000; \
margin-right: 1mm; vertical-align: -0.5mm }
td.blank { border-bottom: 0.5pt solid #000; height: 6mm }
td.blank + td.blank { border-left: 0.5pt solid #000 }
.byhand h2 { display: none }
.fill tbody { display: grid; grid-template-columns: 74mm 1fr 1fr 1fr; column-gap: 2mm }
.fill tr { display: flex; align-items: end; height: 6mm }
.fill th[scope=row] { width: auto; flex: none; max-width: 22mm; font-weight: normal; \
line-height: 1 }
.fill tr:nth-child(4n+1) th[scope=row] { max-width: 50mm }
.fill td.blank { flex: 1; height: 100%; min-width: 8mm }
.back .fill tbody { grid-template-columns: 1fr 1fr }
.back .fill tr { min-height: 5mm; height: auto }
.back .fill tr th[scope=row] { max-width: 26mm }
.back .fill td { white-space: nowrap }
.back td.blank { height: 5mm }
.fill td + td.blank { border-left: 0 }
.alerts h2 { background: none; font-size: 11pt; padding: 0 }
.alerts section { font-size: 10pt }
.alerts section.stop, .alerts section.strong { border: 1.5pt solid #000; padding: 0 1mm }
.alerts section.stop { border-width: 3pt }
.alerts section:not(.stop):not(.strong) h2 { float: left; line-height: 1; padding-right: 3mm }
.alerts section.warn { border-left: 3pt solid #000; padding-left: 1mm }
.alerts .rows th[scope=row] { width: 5mm }
.lines h2 { float: left; font-size: 9pt; margin-right: 0.5mm }
.lines, .checks tbody { column-gap: 3mm }
.lines .rows td { padding: 0 }
.lines .rows tr { display: block }
.lines .rows th, .lines .rows td, .lines .rows td div { display: inline }
.front .rows td div + div { display: block }
.front .rows tr.prose td div + div::before { content: none }
.figures tbody { display: flex; flex-wrap: wrap; gap: 0 4mm; border: 1.5pt solid #000; \
padding: 0.5mm 1mm }
.figures table tr, .figures table tr th, .figures table tr td { display: block !important; \
padding: 0 }
.figures th[scope=row] { width: auto; font-weight: normal; line-height: 1 }
.figures td { font-size: 16pt; line-height: 1.1; font-weight: bold }
.schedule tbody { display: block; columns: 3; column-gap: 4mm }
.schedule tr { display: flex; align-items: end; min-height: 4.1mm; break-inside: avoid }
.schedule th[scope=row] { width: auto; flex: none; font-weight: bold }
.schedule td { flex: 0 0 auto; max-width: 30mm }
.schedule tr.whole { column-span: all }
.schedule tr.whole td { max-width: none }
.schedule td.blank { flex: 2 0 8mm; height: 4mm; border-left: 0; margin-left: 1mm }
.schedule td.blank + td.blank { flex: 1 0 8mm; border-left: 0.5pt solid #000 }
.reaction section { display: flex; align-items: center; gap: 2mm }
.reaction h2 { flex: none }
.monitoring h2, .signatures h2 { background: none; padding: 0 }
.reaction td { font-size: 13pt; font-weight: bold }
.monitoring tr, .signatures tr { break-inside: avoid }
.signatures section { break-inside: avoid; margin: 0 }
.monitoring td.blank { height: 4.4mm }
.signatures td.blank { height: 5.2mm }
thead td { width: 30mm }
.monitoring thead td { width: 26mm }
.checks .rows tr { display: block }
.checks .rows th, .checks .rows td, .checks .rows td div { display: inline }
.plots { display: flex; flex-wrap: wrap; gap: 2mm; break-inside: avoid }
figure { margin: 0 }
.notes { flex: 1; min-width: 55mm }
figcaption { max-width: 60mm }
svg.apart { position: absolute }
svg text { font-family: inherit; fill: #000 }
@media screen { body { padding: 4mm; max-width: 212mm } .side { margin-bottom: 8mm } }
@media screen and (max-width: 170mm) { .cols, .lines, .schedule tbody { columns: 1 } }
"""
POLICY = f"default-src 'none'; style-src '{sha256_of(STYLE)}'"
# Characters that fit beside each other; what is longer runs on from its label as prose.
ONE_LABEL, ONE_LINE = 15, 42
BESIDE_BLANKS = 16  # derived: characters that fit between a container and its blanks
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
        Add pages with the reasons, every formula and the sources.
    notes, system
        As in `sheet.sections`.
    """
    sheet = paper(p, explain, tuple(notes), system)
    label = p.order.label or "no patient label"
    areas = "".join(
        f'<div class="{name}">{"".join(map(_section, parts))}</div>'
        for name, parts in sheet.front.items()
        if parts
    )
    behind = f"<p>{_text(INTENDED_USE)}</p>{_columns(sheet.back)}{_plots(p)}"
    pages = (
        ("front", f"Plasma exchange: {sheet.heading}", areas),
        ("back", "How the figures were calculated", behind),
        ("more", "Reasons, formulas and sources", _columns(sheet.explained)),
    )
    shown = pages if sheet.explained else pages[:-1]
    sides = "".join(_page_side(p, *one) for one in shown)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(f'Plasma exchange, {label}')}</title>\n<style>{STYLE}</style>\n"
        f"</head>\n<body>\n{plot.HATCH}<main>\n{sides}</main>\n</body>\n</html>\n"
    )


# The element of the head and of the title on each page: one header and one first heading.
HEADS = {"front": ("header", "h1"), "back": ("div", "h2"), "more": ("div", "h2")}


def _page_side(p: Prescription, name: str, title: str, body: str) -> str:
    """One page, with a head that is repeated where it runs on: whose it is, when, by what."""
    head, heading = HEADS[name]
    program = worksheet.title(p.version, p.data).partition(":")[0]
    whose = (
        f"Patient label: {p.order.label or '__________'}",
        f"Ordered at: {p.order.ordered_at or '__________'}",
    )
    spans = "".join(f'<span class="label">{_text(words)}</span>' for words in whose)
    marks = "".join(
        f'<p class="{kind}">{_text(words)}</p>'
        for kind, words in (("hold", hold_words(p)), ("draft", draft_words(p)))
        if words
    )
    return (
        f'<div class="side {name}"><{head} class="whose">'
        f'<{heading} class="title">{_text(title)}</{heading}>'
        f'<div class="rule">{spans}<span>{_text(program)}</span></div>{marks}</{head}>'
        f'<div class="content">{body}</div></div>\n'
    )


def _text(text: str) -> str:
    """Text for HTML: escaped, without control and direction characters."""
    return escape("".join(c if c.isprintable() else "\ufffd" for c in text), quote=True)


# --- rows -----------------------------------------------------------------------------------------


def _columns(parts: Iterable[Section]) -> str:
    """Sections in two columns."""
    return f'<div class="cols">{"".join(map(_section, parts))}</div>'


def _section(part: Section) -> str:
    """A heading with its rows; blanks are one a row, beside a box, or columns of a table."""
    if not part.rows:
        return ""
    boxed = part.rows[0].box
    if len(part.blanks) > 1 and not boxed:
        return f'<section class="short">{_blank_columns(part)}</section>'
    heading = f"<h2>{_text(part.title)}</h2>" if part.title else ""
    mark = next((row.mark for row in part.rows if row.mark in MARKED), "")
    kind = "short" if len(part.rows) <= SHORT_SECTION else "long"
    draw = {(False, True): _to_fill_in, (True, True): _boxed_blanks}.get(
        (boxed, bool(part.blanks)), _rows
    )
    return f'<section class="{joined(kind, mark, by=" ")}">{heading}{draw(part)}</section>'


def _rows(part: Section) -> str:
    lines = "".join(map(_table_row, _grouped(part.rows)))
    return f'<table class="rows" role="table"><tbody role="rowgroup">{lines}</tbody></table>'


def _blank_columns(part: Section) -> str:
    """A row of empty cells for each label, under the headings of the columns."""
    head = "".join(f'<th scope="col">{_text(heading)}</th>' for heading in part.blanks)
    cells = '<td class="blank"></td>' * len(part.blanks)
    lines = "".join(f"<tr>{_row_heading(row)}{cells}</tr>" for row in part.rows)
    first = f"<tr><td><h2>{_text(part.title)}</h2></td>{head}</tr>"
    return f"<table><thead>{first}</thead><tbody>{lines}</tbody></table>"


def _boxed_blanks(part: Section) -> str:
    """A box, its text, and blanks to write on."""
    cells = "".join(f'<td class="blank" aria-label="{_text(name)}"></td>' for name in part.blanks)
    lines = "".join(
        f'<tr{words_if(len(row.text) > BESIDE_BLANKS, WHOLE)}><th scope="row">{BOXES[True]}'
        f"{_text(row.label)}</th><td>{_text(row.text)}</td>{cells}</tr>"
        for row in part.rows
    )
    return f"<table><tbody>{lines}</tbody></table>"


WHOLE = ' class="whole"'  # a row over the width of the page


def _row_heading(row: Row) -> str:
    return f'<th scope="row">{_text(row.label)}</th>'


def _to_fill_in(part: Section) -> str:
    """Labels, with what is known, and a line to write on; then the rest."""
    cells = "".join(
        f'<tr>{_row_heading(row)}<td>{_text(row.text)}</td><td class="blank"></td></tr>'
        for row in part.rows
        if row.label
    )
    rest = "".join(f"<p>{_text(row.text)}</p>" for row in part.rows if not row.label)
    return f'<table class="fill"><tbody>{cells}</tbody></table>{rest}'


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
    marked = words_if(classes, f' class="{classes}"')
    lines = "".join(f"<div>{BOXES[row.box]}{_ticks(row.text)}</div>" for row in rows if row.text)
    head = f'<th scope="row" role="rowheader">{_text(first.label)}</th>'
    return f'<tr role="row"{marked}>{head}<td role="cell">{lines}</td></tr>'


def _ticks(text: str) -> str:
    """A text with boxes where it has them, each on the line of the word that it is for."""
    return TICKED.sub(rf'<span class="kept">{BOXES[True]}\1</span>', _text(text))


def _runs_on(row: Row) -> bool:
    """Whether a row is printed as prose: too long for two columns, and without a box to tick."""
    return not row.box and (len(row.text) > ONE_LINE or len(row.label) > ONE_LABEL)


TICKED = re.compile(rf"{re.escape(TICK)} (\S+)")
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
        volumes_passing(p.dose.plasma_volumes.typical, p.totals.balance_percent / 100),
        quantity(duration, units.BY_LABEL["h"].container),
        quantity(max(every, duration), units.BY_LABEL["h"].container),
        sessions,
        p.volumes.plasma_volume,
        weight=p.order.patient.weight,
        supply=supplies[solute] or 0.0,
        **levels_in_use(p.learned),
    )


def _interval_and_sessions(p: Prescription) -> tuple[float, int]:
    """Hours between sessions and their number; without an interval one session and a day."""
    course = p.order.course
    if course is None or course.interval is None:
        return DRAWN_HOURS, 1
    return units.size(course.interval, "h"), course.sessions or 1


WITH_LEVELS = (
    "With the measured levels of this patient: line and grey of the proteins are the forecast with "
    "them; the one without them is in the table."
)
LEVELS = (
    "Level in plasma, percent of baseline. Line: by the equation; grey: the range for one patient "
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
            words_if(levels, LEVELS),
            words_if(levels and p.learned and p.learned.used, WITH_LEVELS),
            _left_out(p, len(levels)),
            _legend(sieving) if sieving else "",
        ),
    )
    drawn = "".join(f"<figure>{figure}</figure>" for figure in figures)
    words = "".join(f"<p>{_text(note)}</p>" for note in notes)
    return f'<div class="plots">{drawn}<div class="notes">{words}</div></div>'


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
