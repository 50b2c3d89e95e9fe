"""Rows and sections: what every sheet, list and page is made of, and their text of 80 columns.

The trap: a row names the inputs that it asks for and never an option of the command; the terminal
writes them as options, the page in words.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable
from typing import NamedTuple

from pexcalc.data import sources as source_table

WIDTH = 80
LABEL = 21
NOT_ENTERED = "not recorded"
INTENDED_USE = (
    "Decision support for apheresis professionals. Results must be checked; the prescriber "
    "decides. Calcium and circuit anticoagulant are calculated as options for the "
    "prescriber, no other medicine. "
    "Not for emergencies, not sent to any device."
)


class Row(NamedTuple):
    """One line of a section.

    Attributes
    ----------
    label, text : str
        The line; an empty label continues the row above.
    box : bool
        Whether paper has a box to tick.
    mark : str
        A severity, "blocked" or "override", or "" for every other row; never read out of the words.
    inputs : tuple of str
        Paths or names of the inputs that the row asks for, such as "device.inlet_flow".
    confirm : str
        Path of the input that the row asks to confirm; a terminal adds how.
    """

    label: str
    text: str
    box: bool = False
    mark: str = ""
    inputs: tuple[str, ...] = ()
    confirm: str = ""


class Section(NamedTuple):
    """A heading with its rows.

    On paper `blanks` are the headings of columns left empty for a pen, and a `wide` section takes
    the whole width.
    """

    title: str
    rows: tuple[Row, ...]
    blanks: tuple[str, ...] = ()
    wide: bool = False


def printed(*rows: Row) -> list[Row]:
    """The rows that have a text: what is not known, not ordered or not needed takes no line."""
    return [row for row in rows if row.text]


Paint = Callable[[str, str], str]
Naming = Callable[[str], str]


# Inputs whose name in the order is not the word of the ward.
_PLAIN_NAMES = {"drugs": "medicines", "overrides": "override", "by": "name"}


def plain_name(name: str) -> str:
    """The name of an input in words: `inlet flow`."""
    last = name.rpartition(".")[2]
    return _PLAIN_NAMES.get(last, last.replace("_", " "))


def with_inputs(part: Section, naming: Naming = plain_name) -> Section:
    """A section whose rows end in the inputs that they ask for, each as `naming` writes it."""
    return part._replace(rows=tuple(_with_inputs(row, naming) for row in part.rows))


def _with_inputs(row: Row, naming: Naming) -> Row:
    asked = list(map(naming, row.inputs))
    if row.confirm and naming is not plain_name:
        group, _, last = row.confirm.rpartition(".")
        name = row.confirm if group == "measured" else last
        asked.append(f"{naming('confirmed')} {name}")
    if not asked:
        return row
    return row._replace(text=f"{row.text} ({', '.join(asked)})", inputs=(), confirm="")


def text(
    title: str,
    parts: Iterable[Section],
    width: int = WIDTH,
    paint: Paint | None = None,
    naming: Naming = plain_name,
) -> str:
    """Write sections as plain text, wrapped; nothing is cut off.

    Parameters
    ----------
    title : str
        The first line; the intended use follows it.
    parts : iterable of Section
        What is written.
    width : int
        Columns of the terminal.
    paint : callable, optional
        Colors the first line of a marked row, from its mark and the line.
    naming : callable, optional
        Writes the name of an input, such as "inlet_flow" as the option of a command.
    """
    lines = [*textwrap.wrap(title, width), *textwrap.wrap(INTENDED_USE, width)]
    return "\n\n".join(["\n".join(lines), *section_blocks(parts, paint, naming, width)])


def section_blocks(
    parts: Iterable[Section],
    paint: Paint | None = None,
    naming: Naming = plain_name,
    width: int = WIDTH,
) -> list[str]:
    """Sections as plain text, each under its title in capitals."""
    titled = (with_inputs(part._replace(title=part.title.upper()), naming) for part in parts)
    return ["\n".join(_section_lines(part, width, paint)) for part in titled]


def listing(parts: Iterable[Section], width: int = WIDTH) -> str:
    """Sections as plain text without a title."""
    return "\n\n".join("\n".join(_section_lines(with_inputs(part), width)) for part in parts)


def _section_lines(part: Section, width: int, paint: Paint | None = None) -> list[str]:
    lines = [part.title]
    for row in part.rows:
        first, *rest = _wrapped(row.label, row.text, width)
        lines += [paint(row.mark, first) if paint and row.mark else first, *rest]
    return lines


def _wrapped(label: str, words: str, width: int) -> list[str]:
    first = f"  {label}".ljust(LABEL)
    if not first.endswith(" "):
        return [f"  {label}", *_wrapped("", words, width)]
    lines = textwrap.wrap(
        _NUMBER_OF_PV.sub("\N{NO-BREAK SPACE}", words),
        width,
        initial_indent=first,
        subsequent_indent=" " * LABEL,
        break_on_hyphens=False,
    )
    # a space is left before a long address by some versions of textwrap
    return [line.replace("\N{NO-BREAK SPACE}", " ").rstrip() for line in lines] or [first]


# A line never ends between a number of plasma volumes and PV; `textwrap` breaks at no such space.
_NUMBER_OF_PV = re.compile(r"(?<=\d) (?=PV\b)")


def cited(source: source_table.Source) -> str:
    """One source in a line; where the day of reading is not recorded, it says so."""
    by = f"; date of reading not recorded, {source.by} or before" if source.by else ""
    return f"{source.cite}{f', {source.id}' if source.id else ''} (read: {source.read}{by})"
