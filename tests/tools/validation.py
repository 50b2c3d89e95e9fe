"""Measured data against the functions: writes docs/validation.md. Run by hand: python -m tests.validation.

The page is compared with this output by tests/reference/test_validation.py. Disagreements stay in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pint

from pexcalc import (
    dose_lost,
    expected_removal,
    fraction_removed,
    plasma_volumes_for,
    simulate_course,
)
from pexcalc.data.solutes import solutes
from pexcalc.kinetics.medicines import distributed_fraction_lost
from pexcalc.kinetics.turnover import fast_rate, return_rate, slow_rate
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "validation.md"
Q: Any = pint.UnitRegistry().Quantity


class Row(NamedTuple):
    """One observation in percent (a range where two groups or an interval were published) and its prediction."""

    source: str
    what: str
    observed: tuple[float, float]
    model: str
    predicted: tuple[float, float]
    protein: bool = True

    @property
    def difference(self) -> float:
        """Model minus observed, in points; 0 where the ranges overlap."""
        (low, high), (least, most) = self.observed, self.predicted
        return (
            0.0 if low <= most and least <= high else least - high if least > high else most - low
        )

    @property
    def verdict(self) -> str:
        """In words; about 7 points are to be expected for a protein of the plasma, nothing is allowed for elsewhere."""
        size = abs(self.difference)
        if size == 0:
            return "overlap"
        return "within 7 points" if self.protein and size <= 7 else f"OUTSIDE by {size:.1f} points"


def fall(solute: str, volumes: float, hours: float = 2.0) -> tuple[float, float]:
    """The interval of the fall in percent, the plasma volume taken as exact."""
    found = expected_removal(solute, volumes, Q(hours, "h")).fall
    assert found is not None
    return 100 * found.low, 100 * found.high


def course(solute: str, volumes: float, every: float, sessions: int) -> tuple[float, float]:
    """The interval of the fall in percent after the last session of a course, in hours from start to start."""
    after = simulate_course(solute, volumes, Q(2, "h"), Q(every, "h"), sessions).after
    return 100 - 100 * after.high[sessions - 1], 100 - 100 * after.low[sessions - 1]


def one(percent: float) -> tuple[float, float]:
    """A single figure as a range."""
    return percent, percent


def lost(drug: str, delay: float, dose: float | None = None) -> tuple[float, float]:
    """The interval of the loss of a medicine in percent: 3 L in 2 h, 70 kg."""
    milligrams = None if dose is None else Q(dose, "mg")
    found = dose_lost(drug, Q(3, "L"), Q(2, "h"), Q(delay, "h"), Q(70, "kg"), milligrams).lost
    assert found is not None
    return 100 * found.low, 100 * found.high


def rows() -> Iterator[Row]:
    """Every comparison."""
    hafer, ohkubo = "Hafer 2016", "Ohkubo 2016"
    for kind, observed in (("membrane", 63.3), ("centrifuge", 67.9)):
        what = f"IgG, median of 21, 1.2 plasma volumes, {kind}"
        yield Row(hafer, what, one(observed), "two compartments, 2 h", fall("igg", 1.2))
        yield Row(hafer, what, one(observed), "dilution alone", one(100 * fraction_removed(1.2)))
    for name in ("igg", "iga", "igm", "fibrinogen"):
        what = f"{solutes()[name].name}, one session of 0.9 plasma volumes"
        yield Row(ohkubo, what, (62.0, 65.0), "two compartments, 2 h", fall(name, 0.9))
    for name, observed, sieving in (("igg", 53.1, 0.69), ("iga", 30.1, 0.33), ("igm", 3.6, 0.03)):
        what = f"{solutes()[name].name}, selective separator, 1.1 plasma volumes"
        yield Row(ohkubo, what, one(observed), "as for a conventional separator", fall(name, 1.1))
        yield Row(
            ohkubo, what, one(observed), f"sieving {sieving}, taken from this figure",
            one(100 * fraction_removed(1.1, sieving)),
        )  # fmt: skip
    yield Row(
        ohkubo, "Fibrinogen, selective separator, 1.1 plasma volumes", one(19.0), "as for a conventional separator",
        fall("fibrinogen", 1.1),
    )  # fmt: skip
    for name, observed in (("igg", 82.0), ("iga", 80.4), ("igm", 87.3), ("fibrinogen", 80.9)):
        what = f"{solutes()[name].name}, three sessions of 0.9 on alternate days, n = 2"
        yield Row(ohkubo, what, one(observed), "two compartments, 2 h", course(name, 0.9, 48, 3))
    # Plasma volumes that one session took, by its mean fall of 75 %; 10 sessions in one patient.
    volumes = float(plasma_volumes_for(0.75))
    for sessions, observed, who in ((5, 89.3, ""), (10, 98.8, ", n = 1")):
        predicted = course("fibrinogen", volumes, 24, sessions)
        what, model = (
            f"Fibrinogen, {sessions} daily sessions{who}",
            "two compartments, dose from the fall of one session",
        )
        yield Row("Keller 1979", what, one(observed), model, predicted)
    for name in ("igg", "iga", "igm"):
        what, model = (
            f"{solutes()[name].name}, a course of 6 (median), n = 10",
            "two compartments, 1.0 every 48 h assumed",
        )
        yield Row("Guptill 2016", what, (60.0, 70.0), model, course(name, 1.0, 48, 6))
    yield Row("Puisset 2013", "rituximab, first exchange, 24 to 72 h after the dose", (47.0, 54.0),
              "siltuximab's disposition, 24 to 72 h", (lost("siltuximab", 72)[0], lost("siltuximab", 24)[1]))  # fmt: skip
    yield Row("Puisset 2013", "rituximab, first exchange, 24 to 72 h after the dose", (47.0, 54.0),
              "tocilizumab's disposition, 24 to 72 h",
              (lost("tocilizumab", 72, 560)[0], lost("tocilizumab", 24, 560)[1]))  # fmt: skip
    low, high = (
        100 * distributed_fraction_lost(Q(3, "L"), Q(70 * per_kg, "L")) for per_kg in (0.90, 0.72)
    )
    yield Row("Vancomycin and exchange", "vancomycin, n = 12, 1 plasma volume", one(6.3), "3 L, 0.72 to 0.90 L/kg",
              (low, high), protein=False)  # fmt: skip
    yield Row("Teicoplanin and exchange", "teicoplanin just before the exchange, n = 12", (13.9, 25.1),
              "3 L of 13.8 L, taken from this figure",
              one(100 * distributed_fraction_lost(Q(3, "L"), Q(13.8, "L"))))  # fmt: skip
    yield Row("Hamishehkar 2013", "IL-6 in severe sepsis: unchanged after each exchange", one(0.0),
              "steady production, 1 plasma volume", fall("il6", 1.0), protein=False)  # fmt: skip
    rising = expected_removal("il6", 1.0, Q(2, "h"), production="rising").fall
    assert rising is not None
    yield Row("Hamishehkar 2013", "the same", one(0.0), "production rising to double",
              (100 * rising.low, 100 * rising.high))  # fmt: skip


def half_life_of_fibrinogen() -> float:
    """Terminal half-life in days that the catalogue's rates give."""
    row = solutes()["fibrinogen"]
    assert row.k12.typical
    assert row.kel.typical
    assert row.fraction.typical
    k12, kel = Q(row.k12.typical.value, "1/h"), Q(row.kel.typical.value, "1/h")
    k21 = return_rate(k12, row.fraction.typical.value)
    slow = slow_rate(k21, kel, fast_rate(k12, k21, kel))
    return float((0.6931471805599453 / slow).m_as("day"))


def page() -> str:
    """The page as Markdown."""
    lines = [
        "# Measured and predicted",
        "",
        "Published measurements of sessions and courses against the functions of this package. The script",
        "`tests/tools/validation.py` writes this page; a test compares it. The plasma volume is taken as exact and a session as",
        "2 hours, because the papers give neither for each patient. Observed and predicted are falls, or losses of a",
        "medicine, in percent.",
        "The difference is model minus observed between the nearest ends of the two ranges; 0 where they overlap. What",
        "disagrees is left in.",
        "",
        "None of this is a validation in CAR-T patients: no exchange with weight, hematocrit, volume and cytokines before",
        "and after has been published for them.",
        "",
        "| source | what | observed % | model | predicted % | difference, points | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows():
        cells = (row.source, row.what, _span(row.observed), row.model, _span(row.predicted), f"{row.difference:+.1f}",
                 row.verdict)  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        f"Terminal half-life of fibrinogen from its rates: {half_life_of_fibrinogen():.2f} d; measured 4.14 +/- 0.56 d in",
        "35 people (Collen 1972).",
        "",
        "After a course of six sessions for myasthenia the immunoglobulins were about 60 to 70 % lower (the abstract gives",
        "neither volume nor interval): the model takes too much away over a course, as it says of itself in each grade of",
        "evidence. Five daily sessions left 10.7 % of the fibrinogen, where the model leaves 7 to 10 %.",
        "",
        "Four rows can only agree, because their parameter was taken from the same figure; they are marked so. The rows of",
        "the selective separator show what happens when its sieving is not entered: the prediction for a conventional",
        "separator does not hold for it. Interleukin-6 in sepsis did not fall: steady production predicts a fall of at",
        "least a few percent, production that rises during the session allows none, and a rise. In acute hepatic failure",
        "interleukin-6 and interleukin-8 were higher after an exchange (n = 15). Also measured, and not predicted here: the",
        "clearance of rituximab rose 261 times during an exchange (95 % interval 146 to 376), and its area under the curve",
        "fell by 26 % with an exchange at 24 h (Puisset 2013).",
        "",
        "Sources: Keller 1979, Br J Haematol 42:593 (abstract); Guptill 2016, Autoimmunity 49:472 (abstract);",
        "Hafer 2016, doi:10.1007/s11255-015-1137-3; Ohkubo 2016, Ther Apher Dial, PMID 27523073; Puisset 2013,",
        "Br J Clin Pharmacol 76:734; Removal of vancomycin during plasmapheresis, n = 12; teicoplanin and plasma",
        "exchange, n = 12; Hamishehkar 2013, doi:10.1016/j.transci.2012.07.011; Collen 1972, Br J Haematol 22:681.",
        "",
    ]
    return "\n".join(lines)


def _span(ends: tuple[float, float]) -> str:
    low, high = (f"{end:.1f}" for end in ends)
    return low if low == high else f"{low} to {high}"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
