"""Paragraphs and tables of the pages that scripts write."""

import re
import textwrap
from collections.abc import Iterable


def prose(*paragraphs: str) -> list[str]:
    """Paragraphs as lines, a blank one before each."""
    wrapped = [textwrap.wrap(some, 118, break_on_hyphens=False) for some in paragraphs]
    return [line for lines in wrapped for line in ("", *lines)]


def table(
    header: Iterable[object], rows: Iterable[Iterable[object]], rule: str = " --- "
) -> list[str]:
    """A table: one line for each row, whatever stands in the cells; `rule` is below the header."""
    cells = [[str(cell).replace("|", "\\|").split() for cell in row] for row in (header, *rows)]
    assert len({len(row) for row in cells}) == 1
    lines = [f"| {' | '.join(map(' '.join, row))} |" for row in cells]
    head = re.sub(r"\|  (?=\|)", "| ", lines[0])  # a heading without words is one space
    return [head, f"|{'|'.join([rule] * len(cells[0]))}|", *lines[1:]]
