"""Page 1 of the print: the lines of the one screen, large figures, what is written down.

The lines are read from the text of the screen, so that paper and screen say the same in the same
words. The trap: what cannot be carried out asks for no schedule and no signature: an order on hold,
and one without a replacement fluid.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.quantities.given import words_if
from pexcalc.replacement.results import Option
from pexcalc.report.administration import administration
from pexcalc.report.layout import WIDTH, Row, Section
from pexcalc.report.replacement import in_force
from pexcalc.report.screen import HOLD_HEAD, screen
from pexcalc.report.screen_fluid import PRODUCT_NAMES
from pexcalc.report.screen_lines import FIELD, milliliters, minutes_words, multiple_words
from pexcalc.report.wording import System

MARK = "\x1f"  # derived: between the severity of a head and its line; no text of an order holds it
CELL_GAP = re.compile(r"\s{2,}")
OPTION_LETTER = re.compile(r"[A-F]")
IN_THE_HEAD = re.compile(r"(Patient label|Label|Ordered at): ")
HOW_TO_OVERRIDE = re.compile(r"Override: --override ([\w-]+)=REASON --by NAME")
NUMBERED = re.compile(r"\d+\s{2}")


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


class Paragraph(NamedTuple):
    """A paragraph of the screen without its line breaks; cells are parted by two spaces or more."""

    indent: int
    text: str
    mark: str

    @property
    def cells(self) -> list[str]:
        """The name and the text, or the columns of a table."""
        return CELL_GAP.split(self.text)


def lines_of_screen(p: Prescription, system: System, notes: Iterable[str]) -> ScreenText:
    """The lines of the one screen as sections."""
    text = screen(p, system, notes, lambda mark, line: f"{mark}{MARK}{line}")
    who, alerts, *blocks, _ = text.split("\n\n")
    first, *others = _paragraphs(who)
    patient = (CELL_GAP.split(one.text)[0] for one in others)
    rows = tuple(Row("", words) for words in patient if not IN_THE_HEAD.match(words))
    lines = [part for block in blocks for part in _sections_of(block)]
    long = sum(row.box for row in _schedule_of(p)) > LONG_SCHEDULE
    later = [part for part in lines if long and part.title.startswith(LINES_OF_PAGE_2)]
    first_page = [part for part in lines if part not in later]
    heading = " ".join(first.cells[1:])
    moved = tuple(part for part in later if not part.title.startswith(ON_PAGE_2))
    return ScreenText(heading, rows, tuple(_sections_of(alerts)), tuple(first_page), moved)


def _paragraphs(block: str) -> list[Paragraph]:
    """The lines of a block, those together that were one before they were wrapped."""
    found: list[Paragraph] = []
    last = ""
    for line in block.splitlines():
        mark, _, plain = line.rpartition(MARK)
        words = plain.strip()
        indent = len(plain) - len(plain.lstrip())
        if found and not mark and _runs_over(found[-1], last, indent, words):
            found[-1] = found[-1]._replace(text=f"{found[-1].text} {words}")
        else:
            found.append(Paragraph(indent, words, mark))
        last = plain
    return found


def _runs_over(before: Paragraph, last: str, indent: int, words: str) -> bool:
    """The line belongs to the one above, which had no place for its first word."""
    full = len(last) + 1 + len(words.split(maxsplit=1)[0]) > WIDTH
    sentence = not before.mark and CELL_GAP.search(f"{before.text} {words}") is None
    inside = indent >= FIELD or indent > before.indent > 0 or sentence
    return full and inside and NUMBERED.match(words) is None


def _sections_of(block: str) -> Iterator[Section]:
    """The fields of a block with their rows; rules to override in one line with their ids."""
    ids = HOW_TO_OVERRIDE.findall(block)
    kept = (
        one._replace(text=HOW_TO_OVERRIDE.sub("", one.text).strip()) for one in _paragraphs(block)
    )
    shown = [one for one in kept if one.text]
    heads = [place for place, one in enumerate(shown) if one.indent == 0] or [0]
    for start, end in zip(heads, [*heads[1:], len(shown)]):
        first, *others = shown[start:end]
        title, *rest = _title_cells(first)
        own = [_screen_row(rest, first.mark)] if rest else []
        rows = [*own, *(_screen_row(one.cells, first.mark) for one in others)]
        if first.text == HOLD_HEAD:
            rows += [Row("", OVERRIDE_BY.format(", ".join(ids)))] if ids else []
        yield Section(title, tuple(rows))


OVERRIDE_BY = "An override needs a reason and a name. Rule: {}"


def _title_cells(first: Paragraph) -> list[str]:
    """The title of a section and the text beside it; a sentence has no title."""
    titled = first.mark or first.text[:FIELD].isupper() or first.text.startswith("AFTER")
    return first.cells if titled else ["", first.text]


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
        Row("Containers", containers_hung(p)),
        Row("Rate", _replacement_rate(p)),
        Row("Run time", f"{minutes_words(p.run_time.duration)}{_assumed_words(p)}"),
    )
    return Section("", tuple(row for row in rows if row.text))


def _assumed_words(p: Prescription) -> str:
    return {"assumed": " (assumed)"}.get(p.run_time.origin, "")


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
    rows = administration(option, p)
    return [row for row in rows if row.label == "Schedule" or row.box]


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
    """Who signs, with name, role, date and time; nobody for what cannot be carried out."""
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
