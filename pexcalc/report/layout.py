"""Rows and sections, wrapped for an 80-column terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from typing import NamedTuple

from pexcalc.data import sources as source_table

WIDTH = 80
LABEL = 21
NOT_ENTERED = "not entered"
INTENDED_USE = (
    "Decision support for apheresis professionals: figures to check and options to weigh. A "
    "clinician orders. "
    "Not for emergencies, not sent to any device."
)


class Row(NamedTuple):
    """One line of a section: a label, its text, on paper a box to tick, and the severity that it is marked with.

    `mark` is a severity, "blocked" or "override", or "" for every other row; it is never read out
    of the words. `inputs` are the inputs that the text asks for and `confirm` the one that it asks
    to confirm, by their paths in the order: a terminal adds how.
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


Paint = Callable[[str, str], str]
Option = Callable[[str], str]


def text(
    title: str,
    parts: Iterable[Section],
    width: int = WIDTH,
    paint: Paint | None = None,
    option: Option | None = None,
) -> str:
    """Sections as plain text, wrapped to `width` columns; nothing is cut off.

    `paint` makes the first line of a marked row out of its mark and the line, for a terminal with
    colors; `option` the option of the command out of the path of an input.
    """
    lines = [*textwrap.wrap(title, width), *textwrap.wrap(INTENDED_USE, width)]
    for part in parts:
        rows = tuple(_with_options(row, option) for row in part.rows) if option else part.rows
        titled = part._replace(title=part.title.upper(), rows=rows)
        lines += ["", *_section_lines(titled, width, paint)]
    return "\n".join(lines)


def _with_options(row: Row, option: Option) -> Row:
    """A row with the options of the inputs that it asks for, or asks to confirm."""
    options = list(map(option, row.inputs))
    if row.confirm:
        options.append(f"{option('confirmed')} {row.confirm.rpartition('.')[2]}")
    return row._replace(text=f"{row.text} ({', '.join(options)})") if options else row


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
    return textwrap.wrap(
        words, width, initial_indent=first, subsequent_indent=" " * LABEL, break_on_hyphens=False
    ) or [first]


def cited(source: source_table.Source) -> str:
    """One source in a line."""
    return f"{source.cite}{f', {source.id}' if source.id else ''} (read: {source.read})"


def listing(parts: Iterable[Section], width: int = WIDTH) -> str:
    """Sections as plain text without a title."""
    return "\n\n".join("\n".join(_section_lines(part, width)) for part in parts)
