"""The inputs of an order as a page: docs/inputs.md, out of the rows of order/fields.py."""

from collections.abc import Iterator

from pexcalc.order.fields import BY_PATH, INPUTS, NONE, Input, alternatives, spec
from pexcalc.order.questions import words_of
from tests.tools.markdown import prose, table

HEAD = ("Input", "Option", "In JSON", "Takes", "LOINC")
BY_KIND = {
    "stated": ", with its origin",
    "drugs": "a medicine, the time and before or after",
    "yes-no": "yes or no",
    "switch": "true or false",
    "time": "date, time and zone",
    "text": "text on one line",
    "overrides": "the id of a rule, a reason and a name",
}


def takes(row: Input) -> str:
    """What an input takes: its range, for each age group that has its own, or its words."""
    if row.range is not None:
        ranges = [row.range, *(one for _, one in row.range.ages)]
        said = "; ".join(spec(one).expected for one in ranges)
        return said + (BY_KIND[row.kind] if row.kind == "stated" else "")
    if isinstance(row.words, str):
        return f"one of the {row.words}"
    words = alternatives(words_of(row)) or BY_KIND.get(row.kind) or row.help
    return f"{words}, or {NONE}" if row.none and row.kind == "drugs" else words


def page() -> str:
    """Every input under the heading that help gives it."""
    lines = [
        "# Inputs",
        *prose(
            "Every input of an order: its option, its place in the JSON of an order, what it takes and the LOINC codes "
            "under which a FHIR Bundle may hold it. Ranges are hard limits that catch typing slips; they are no clinical "
            "limits. Inputs in **bold** are required. Findings, states and medicines take `none`: the answer that there "
            'is none, in JSON `"none"` in place of the list. Written by `python -m tests.tools.pages` from '
            "`pexcalc/order/fields.py`."
        ),
        "",
    ]
    for heading in dict.fromkeys(row.heading for row in INPUTS):
        lines += [f"## {heading}", "", *table(HEAD, _rows(heading)), ""]
    return "\n".join(lines)


def _rows(heading: str) -> Iterator[tuple[str, ...]]:
    for row in INPUTS:
        if row.heading == heading and row.flag:
            label = f"**{row.label}**" if row.required and not row.asked else row.label
            where = row.path if BY_PATH[row.path] is row else f"{row.path}, as one of them"
            codes = ", ".join(one.code for one in row.loinc)
            yield label, f"`{row.flag}`", f"`{where}`", takes(row), codes
