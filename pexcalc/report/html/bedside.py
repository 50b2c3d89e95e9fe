"""Page 1 of the print: the lines of the one screen, large figures, what is written down.

The lines are those of the screen, so that paper and screen say the same in the same words. The
trap: what cannot be carried out asks for no schedule and no signature: an order on hold, and one
without a replacement fluid.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.quantities.given import words_if
from pexcalc.replacement.results import Option
from pexcalc.report.administration import run_time_words, schedule_rows
from pexcalc.report.layout import Row, Section
from pexcalc.report.replacement import in_force
from pexcalc.report.screen import HOLD_HEAD, screen_parts
from pexcalc.report.screen_fluid import PRODUCT_NAMES
from pexcalc.report.screen_lines import FIELD, Line, milliliters, minutes_words, multiple_words
from pexcalc.report.wording import System

CELL_GAP = re.compile(r"\s{2,}")
OPTION_LETTER = re.compile(r"[A-F]")
IN_THE_HEAD = re.compile(r"(Patient label|Label|Ordered at): ")
HOW_TO_OVERRIDE = re.compile(r"Override: --override ([\w-]+)=REASON --by NAME")


class ScreenText(NamedTuple):
    """The one screen on paper: its heading, who, the alerts, and the sections below them."""

    heading: str
    patient: tuple[Row, ...]
    alerts: tuple[Section, ...]
    lines: tuple[Section, ...]
    later: tuple[Section, ...]


LONG_SCHEDULE = 15  # derived: containers; with more of them page 1 has no place for these lines
LINES_OF_PAGE_2 = ("AFTER", "COURSE", "IL-6")
ON_PAGE_2 = "AFTER"  # page 2 has these levels as they are


def lines_of_screen(p: Prescription, system: System, notes: Iterable[str]) -> ScreenText:
    """The lines of the one screen as sections."""
    parts = screen_parts(p, system, notes)
    first, *others = parts.who
    patient = (CELL_GAP.split(line.text)[0] for line in others)
    rows = tuple(Row("", words) for words in patient if not IN_THE_HEAD.match(words))
    sections = [part for block in parts.blocks for part in _sections_of(block)]
    long = sum(row.box for row in _schedule_of(p)) > LONG_SCHEDULE
    later = [part for part in sections if long and part.title.startswith(LINES_OF_PAGE_2)]
    first_page = [part for part in sections if part not in later]
    heading = " ".join(_cells(first)[1:])
    moved = tuple(part for part in later if not part.title.startswith(ON_PAGE_2))
    return ScreenText(heading, rows, tuple(_sections_of(parts.alerts)), tuple(first_page), moved)


def _cells(line: Line) -> list[str]:
    """The name of a line and its text, or the columns of a table."""
    if not line.column:
        return CELL_GAP.split(line.text.strip())
    name = line.name.strip()
    return [name, line.text] if name else [line.text]


def _sections_of(block: Sequence[Line]) -> Iterator[Section]:
    """The fields of a block with their rows; rules to override in one line with their ids."""
    ways = [HOW_TO_OVERRIDE.fullmatch(line.text) for line in block]
    ids = [way[1] for way in ways if way]
    shown = [line for line, way in zip(block, ways) if not way]
    heads = [place for place, line in enumerate(shown) if _is_head(line)] or [0]
    for start, end in zip(heads, [*heads[1:], len(shown)]):
        first, *others = shown[start:end]
        title, *rest = _title_cells(first)
        own = [_screen_row(rest, first.mark)] if rest else []
        rows = [*own, *(_screen_row(_cells(line), first.mark) for line in others)]
        if first.text == HOLD_HEAD:
            rows += [Row("", OVERRIDE_BY.format(", ".join(ids)))] if ids else []
        yield Section(title, tuple(rows))


def _is_head(line: Line) -> bool:
    """A line that begins at the margin."""
    start = (line.name or " ") if line.column else line.text
    return line.first == 0 and not start.startswith(" ")


OVERRIDE_BY = "An override needs a reason and a name. Rule: {}"


def _title_cells(first: Line) -> list[str]:
    """The title of a section and the text beside it; a sentence has no title."""
    titled = first.mark or first.name or first.text[:FIELD].isupper()
    return _cells(first) if titled or first.text.startswith("AFTER") else ["", first.text]


def _screen_row(cells: list[str], mark: str) -> Row:
    """A row of one sentence, of a name and its text, or of an option to tick."""
    name, *texts = cells
    if not texts:
        return Row("", name, mark=mark)
    if OPTION_LETTER.fullmatch(name):
        return Row("", f"{name} {texts[0]}: {'; '.join(texts[1:])}", box=True)
    return Row(name, "; ".join(texts), mark=mark)


# --- the figures that are read from a distance ----------------------------------------------------


def large_figures(p: Prescription) -> Section:
    """Dose, containers, rate and run time."""
    multiple = multiple_words(p.dose.plasma_volumes.typical)
    rows = (
        Row("Exchange", f"{milliliters(p.dose.exchange_volume)} = {multiple} PV"),
        Row("Containers", COUNT_OF_SIZE.sub(" x ", containers_hung(p))),
        Row("Fluid rate", _replacement_rate(p)),
        Row(f"Run time{run_time_words(p)}", minutes_words(p.run_time.duration)),
    )
    return Section("", tuple(row for row in rows if row.text))


COUNT_OF_SIZE = re.compile(r" (?:bottle|unit|bag)s? of ")


def _replacement_rate(p: Prescription) -> str:
    """Fluid over the run time; none without a fluid."""
    option = in_force(p)
    if option is None or not option.segments:
        return ""
    minutes = 60 * units.size(p.run_time.duration, "h")  # derived: minutes in an hour
    rate = units.size(p.totals.replacement, "mL") / minutes
    return f"{units.number(rate, 0 if rate >= WHOLE_RATE else 1)} mL/min"


WHOLE_RATE = 10  # derived: mL/min, from here on a pump is set in whole numbers


def containers_hung(p: Prescription) -> str:
    """The containers of the schedule: `10 bottles of 250 mL albumin 5 %`."""
    hung = " + ".join(row.text for row in _schedule_of(p) if row.label == "Schedule")
    for product, short in PRODUCT_NAMES.items():
        hung = hung.replace(product, short)
    return hung.replace(", ", " + ")


# --- what is written down -------------------------------------------------------------------------


def _schedule_of(p: Prescription) -> list[Row]:
    """The rows of the schedule; none where nothing may be hung."""
    option = in_force(p)
    if option is None or p.blocked or not option.schedule:
        return []
    return [row for row in schedule_rows(option, p) if row.label == "Schedule" or row.box]


def container_schedule(p: Prescription) -> Section:
    """A box, the volume at which it is hung, and blanks for its number and the time."""
    hung = (row.text.partition(": ") for row in _schedule_of(p) if row.box)
    rows = [Row(*_container_words(at, what), box=True) for at, _, what in hung]
    return Section(HOW_TO_TICK, tuple(rows), BLANKS)


def _container_words(at: str, what: str) -> tuple[str, str]:
    """A container and when it is hung; of the last what is given of it."""
    name, *part = what.split(", ", 1)
    return name, ": ".join((at, *part))


HOW_TO_TICK = "Schedule: tick; write the unit or lot number, and the time"
BLANKS = ("unit or lot number", "time")


def complete_by_hand() -> Section:
    """What the program does not ask for and does not keep: written on the paper."""
    labels = (
        "Name, identifier",
        "Date of birth",
        "Allergies, reactions",
        "Consent, date",
        "Vascular access / lock solution",
        "Ward, physician",
        "Session, of",
        "Next, reviewed by",
    )
    return Section("Complete by hand", tuple(Row(label, "") for label in labels), ("Here",))


def monitoring_grid(p: Prescription) -> Section:
    """Blanks for the signs that are watched, from before the start to the end; none on hold."""
    labels = () if p.blocked else ("Time", "Blood pressure", "Pulse", "Ionized calcium")
    return Section("Monitoring", tuple(Row(label, "") for label in labels), TIMES)


TIMES = ("Before", "1", "2", "3", "4", "5", "6", "7", "8", "End")

REACTION = "Stop. Keep the line. Call: ____________________"


def reaction_plan() -> Section:
    """What is done first in a reaction."""
    return Section("If the patient reacts", (Row("", REACTION),))


def can_be_carried_out(p: Prescription) -> bool:
    """A fluid is in force and nothing stops the order."""
    option: Option | None = in_force(p)
    return option is not None and not p.blocked


def signature_lines(p: Prescription) -> Section:
    """Who signs, with name, role, date and time; empty for an order that cannot be carried out."""
    labels = ("Name, role", "Signature", "Date, time") if can_be_carried_out(p) else ()
    return Section("Signatures", tuple(Row(label, "") for label in labels), SIGNERS)


SIGNERS = ("Prescriber", "Checker 1", "Checker 2", "Operator", "Physician review")


def draft_words(p: Prescription) -> str:
    """The mark of a print without label or time of the order; nothing where both are known."""
    missing = (
        ("patient label", p.order.label),
        ("time of the order", p.order.ordered_at),
    )
    names = " and ".join(name for name, value in missing if not value)
    return words_if(names, f"DRAFT: {names} missing")


def hold_words(p: Prescription) -> str:
    """The mark of an order on hold."""
    return words_if(p.blocked, "ORDER ON HOLD")
