"""A record at a glance: one short line, and a table for a notebook.

The whole of it is `to_json()`. The trap: names and reasons are text from outside, so the table
escapes everything that it holds.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from pint.facets.plain import PlainQuantity

from pexcalc.quantities import units

MOST_CHARACTERS = 500  # judgement: of a record on one line
MOST_OF_A_TEXT = 60  # judgement: of one text in it
MOST_ITEMS = 12  # judgement: rows of a list in the table; of a longer one the number


def short_line(record: Any) -> str:
    """`Course(solute='igg', sessions=5, ...)`: what is known, cut where it grows long."""
    name = type(record).__name__
    line = f"{name}({', '.join(_known_fields(record))})"
    if len(line) <= MOST_CHARACTERS:
        return line
    return f"{line[: MOST_CHARACTERS - 5].rpartition(', ')[0]}, ...)"


def html_table(record: Any) -> str:
    """The same as a table, one row for each field that is known; lists row by row."""
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{'<br>'.join(map(escape, _lines(value)))}</td></tr>"
        for name, value in _fields(record)
    )
    return f"<table><caption>{escape(type(record).__name__)}</caption>{rows}</table>"


def _fields(record: Any) -> Iterator[tuple[str, Any]]:
    """Names and values of what is known."""
    fields = ((name, getattr(record, name, None)) for name in type(record).model_fields)
    return ((name, value) for name, value in fields if value is not None)


def _known_fields(record: Any) -> Iterator[str]:
    return (f"{name}={_value_in_short(value)}" for name, value in _fields(record))


def _lines(value: Any) -> list[str]:
    """A value as the lines of a cell."""
    if isinstance(value, str):
        return [value]
    if hasattr(type(value), "model_fields"):
        return list(_known_fields(value))
    if isinstance(value, tuple | list) and 0 < len(value) <= MOST_ITEMS:
        return list(map(_value_in_short, value))
    return [_value_in_short(value)]


def _value_in_short(value: Any) -> str:
    """A value in a few characters."""
    for kind, words in _SHORT_FORMS:
        if isinstance(value, kind):
            return str(words(value))
    return format(value) if hasattr(value, "m_as") else _cut(repr(value))  # an Interval has it


def _cut(text: str) -> str:
    return text if len(text) <= MOST_OF_A_TEXT else f"{text[: MOST_OF_A_TEXT - 3]}..."


def _items(values: Any) -> str:
    """A list: what is in it where that is short, else how many there are."""
    few = f"({', '.join(map(_value_in_short, values[:3]))})"
    plain = len(values) <= 3 and len(few) <= MOST_OF_A_TEXT  # derived: fits beside other fields
    return few if plain else f"<{len(values)} values>"


_SHORT_FORMS: tuple[tuple[Any, Any], ...] = (
    (str, lambda text: _cut(repr(text))),
    (bool, repr),
    (float, lambda number: f"{number:.6g}"),
    (PlainQuantity, lambda quantity: units.short(quantity)),
    (Mapping, lambda mapping: f"<{len(mapping)} entries>"),
    ((tuple, list), _items),
)
