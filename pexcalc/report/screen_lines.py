"""The lines of the one screen: a field with its text, a row below it, figures rounded once."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any, NamedTuple

from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.report.layout import WIDTH, Row

FIELD, ROW = 14, 23  # derived: columns


class Line(NamedTuple):
    """A paragraph with its indents, or a name with its text in a column of its own.

    `mark` is the severity of a head.
    """

    text: str
    first: int = 0
    rest: int = 0
    mark: str = ""
    name: str = ""
    column: int = 0

    def wrapped(self, width: int = WIDTH) -> list[str]:
        """The paragraph in lines of at most `width` columns; spaces inside a line stay."""
        if self.column:
            lines = textwrap.wrap(self.text, width - self.column, break_on_hyphens=False)
            names = (self.name, *("" for _ in lines[1:]))
            return [f"{name:<{self.column}}{line}" for name, line in zip(names, lines)]
        whole = f"{' ' * self.first}{self.text}"
        if len(whole) <= width:
            return [whole]
        return textwrap.wrap(
            self.text,
            width,
            initial_indent=" " * self.first,
            subsequent_indent=" " * self.rest,
            break_on_hyphens=False,
        )


def field_line(name: str, text: str) -> Line:
    """A field: its name at the margin, its text beside it."""
    return Line(text, name=name, column=FIELD)


def row_line(name: str, text: str) -> Line:
    """A row below a field: its name, and its text in a second column."""
    return Line(text, name=f"  {name}", column=ROW)


def row_lines(rows: Iterable[Row]) -> list[Line]:
    """The rows of a section, each below a field."""
    return [row_line(row.label, row.text) for row in rows]


def milliliters(volume: Any) -> str:
    """A volume as it is set and read: `2,280 mL`."""
    return units.volume(units.size(volume, "mL"), exact=False)


def bare_milliliters(volume: Any) -> str:
    """The same without the unit."""
    return milliliters(volume).removesuffix(" mL")


def multiple_words(value: float) -> str:
    """Plasma volumes with one decimal place, two where the second is not 0: `1.0`, `1.25`."""
    text = units.number(value, 2)
    return text if "." in text else f"{text}.0"


def minutes_words(hours: Any) -> str:
    """A time in whole minutes."""
    return f"{units.number(60 * units.size(hours, 'h'), 0)} min"


def minutes_span(span: Interval) -> str:
    """A range of times in whole minutes; one figure where both ends are the same."""
    low, high = minutes_words(span.low), minutes_words(span.high)
    return high if low == high else f"{low.removesuffix(' min')} to {high}"


def capital(text: str) -> str:
    """A text that begins with a capital letter."""
    return f"{text[:1].upper()}{text[1:]}"
