"""The hazard log: docs/safety/hazards.toml as records, and the page that is written from it.

Words and scores stand in the TOML file, once. `tests/tools/hazards.py` plants the faults.
"""

import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.support.paths import ROOT
from tests.tools.markdown import prose, table

LOG = "docs/safety/hazards.toml"
SEVERITIES = ("negligible", "minor", "serious", "critical", "catastrophic")
LIKELIHOODS = ("improbable", "remote", "occasional", "probable", "frequent")
HIGH, MEDIUM = 12, 6  # products of the two ranks from which a risk is high, or medium
MEANING = {
    "negligible": "inconvenience", "minor": "passing complaint, no treatment",
    "serious": "harm that needs treatment, or a lost session",
    "critical": "harm that stays or threatens life", "catastrophic": "death",
    "improbable": "not expected in the life of the program",
    "remote": "once in some years of a unit", "occasional": "once a year",
    "probable": "once a month", "frequent": "once a week or more",
}  # fmt: skip


class Risk(NamedTuple):
    """Severity and likelihood of a hazard."""

    severity: str
    likelihood: str

    @property
    def level(self) -> str:
        """High, medium or low: the product of both ranks, each 1 to 5."""
        product = (1 + SEVERITIES.index(self.severity)) * (1 + LIKELIHOODS.index(self.likelihood))
        return "high" if product >= HIGH else "medium" if product >= MEDIUM else "low"

    def __str__(self) -> str:
        return f"{self.severity}, {self.likelihood}: {self.level}"


class Fault(NamedTuple):
    """A change of the text of one file that takes a mitigation away, and the tests that fail."""

    removes: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


class Hazard(NamedTuple):
    """One row of the log; `tests` are those that no planted fault names."""

    id: str
    hazard: str
    cause: str
    effect: str
    before: Risk
    after: Risk
    mitigation: str
    residual: str
    faults: tuple[Fault, ...]
    tests: tuple[str, ...] = ()

    @property
    def files(self) -> frozenset[str]:
        """Every file that a planted fault or one of its tests is in."""
        tests = (test.partition("::")[0] for fault in self.faults for test in fault.tests)
        return frozenset((*(fault.file for fault in self.faults), *tests))


def hazards_in(text: str) -> dict[str, Hazard]:
    """The rows of a log by their ids."""
    return {id: _hazard(id, row) for id, row in tomllib.loads(text).items()}


def hazards() -> dict[str, Hazard]:
    """The rows of the log of this tree by their ids."""
    return hazards_in((ROOT / LOG).read_text(encoding="utf-8"))


def _hazard(id: str, row: dict[str, Any]) -> Hazard:
    words = {name: " ".join(text.split()) for name, text in row.items() if isinstance(text, str)}
    risks = {name: Risk(*row[name]) for name in ("before", "after")}
    faults = tuple(Fault(**{**one, "tests": tuple(one["tests"])}) for one in row["faults"])
    return Hazard(id=id, **words, **risks, faults=faults, tests=tuple(row.get("tests", ())))


def page() -> str:
    """The log as a page."""
    log = hazards().values()
    return "\n".join([
        "# Hazard log",
        *prose(
            "What could hurt a patient, and what stands against it. Written from "
            "[hazards.toml](hazards.toml) by `python -m tests.tools.pages`. Each hazard has at least "
            "one planted fault: a change of one file that takes a mitigation away. "
            "`python -m tests.tools.hazards` plants each in a copy of the tree and runs the tests "
            "named beside it, which have to fail. Where nothing in the program stands against a "
            "cause, the row says *not mitigated*. What is claimed on the whole is in the "
            "[safety case](case.md)."), "",
        *_matrix(),
        "## Overview", "",
        *table(
            ("Id", "Hazard", "Before mitigation", "After"),
            ((one.id, one.hazard, one.before, one.after) for one in log), "---"),
        *(line for one in log for line in _section(one)), "",
    ])  # fmt: skip


def _matrix() -> Iterator[str]:
    """What the words of a score mean, and which product is acceptable."""
    yield "## How the risks are scored"
    yield from prose(
        "Words in the style of ISO 14971, whose text was not read. Every score is a proposal of "
        "this program (judgement): no count of events stands behind it. A site that uses the "
        "program scores again, for its own patients and its own second check. The likelihood is "
        "that of the harm, in one unit that uses the program every day. The scores after "
        "mitigation count on the planted faults that are caught, and on the double check of the "
        "sheet. Rank of severity times rank of likelihood: "
        f"{HIGH} or more is high, {MEDIUM} or more is medium, less is low. High after mitigation: "
        "not to be used without a measure of the site. Medium: the site accepts it in writing."
    )
    yield ""
    ranked = enumerate(zip(SEVERITIES, LIKELIHOODS, strict=True), 1)
    meant = [(rank, *(f"{word}: {MEANING[word]}" for word in both)) for rank, both in ranked]
    yield from table(("Rank", "Severity", "Likelihood"), meant, "---")
    yield ""
    levels = [(one, *(Risk(one, other).level for other in LIKELIHOODS)) for one in SEVERITIES]
    yield from table(("", *LIKELIHOODS), reversed(levels), "---")
    yield ""


def _section(one: Hazard) -> Iterator[str]:
    yield from ("", f"## {one.id}: {one.hazard}", "")
    yield f"- **Cause**: {one.cause}"
    yield f"- **Effect**: {one.effect}"
    yield f"- **Before mitigation**: {one.before}. **After**: {one.after}"
    yield f"- **Mitigation**: {one.mitigation}"
    for fault in one.faults:
        tests = ", ".join(f"`{test}`" for test in fault.tests)
        yield f"- **Planted fault** takes away: {fault.removes} (`{fault.file}`). Caught by {tests}"
    if one.tests:
        yield f"- **Further tests**: {', '.join(f'`{test}`' for test in one.tests)}"
    yield f"- **What is left**: {one.residual}"
