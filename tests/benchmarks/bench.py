"""Speed as ratios, each measured in one run: python tests/benchmarks/bench.py.

Run by hand, in an environment with the test extra; nothing in the test suite is timed. Each figure is the median over
rounds in which both sides are measured in turn, so that a machine that slows down slows both.
"""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import timeit
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pint
from pint.util import UnitsContainer

import pexcalc

CASE = ["--sex", "male", "--age", "23 y", "--height", "172 cm", "--weight", "65 kg", "--hematocrit", "27 %",
        "--indication", "crs-car-t", "--exchange-volume", "3000 mL"]  # fmt: skip


PEXCALC = str(Path(sys.executable).with_name("pexcalc"))


def process(*words: str) -> Callable[[], object]:
    return lambda: subprocess.run(words, check=True, capture_output=True)


def ratio(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int, number: int = 1
) -> tuple[float, float, float]:
    """Median seconds of both sides, and the median of the ratios round by round."""
    ours(), theirs()
    pairs = [
        (timeit.timeit(ours, number=number) / number, timeit.timeit(theirs, number=number) / number)
        for _ in range(rounds)
    ]
    return (
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )


def one_estimator() -> tuple[float, float, float]:
    Q = pint.UnitRegistry().Quantity
    height, weight = Q(172.0, "cm"), Q(65.0, "kg")
    meter, kilogram, liter = (UnitsContainer({name: 1}) for name in ("meter", "kilogram", "liter"))

    def needed() -> None:
        height.m_as(meter)
        weight.m_as(kilogram)
        Q(4.5, liter)

    return ratio(lambda: pexcalc.nadler_blood_volume(height, weight, "male"), needed, rounds=41, number=2000)


def million_patients() -> tuple[float, float, float]:
    random = np.random.default_rng(1)
    Q = pint.UnitRegistry().Quantity
    heights, weights = random.uniform(150, 200, 1_000_000), random.uniform(50, 120, 1_000_000)
    in_cm, in_kg = Q(heights, "cm"), Q(weights, "kg")

    def plain() -> np.ndarray:
        metres = heights * 0.01
        return 0.3669 * metres**3 + 0.03219 * weights + 0.6041

    assert np.allclose(pexcalc.nadler_blood_volume(in_cm, in_kg, "male").magnitude, plain())
    return ratio(lambda: pexcalc.nadler_blood_volume(in_cm, in_kg, "male"), plain, rounds=41)


ROWS: tuple[tuple[str, str, float, Callable[[], tuple[float, float, float]]], ...] = (
    (
        "pexcalc --help", "python -c 'import click'", 1.25,
        lambda: ratio(process(PEXCALC, "--help"), process(sys.executable, "-c", "import click"), rounds=41),
    ),
    (
        "pexcalc prescribe, whole process", "importing click, pint, pydantic and pint's default registry", 1.0,
        lambda: ratio(
            process(PEXCALC, "prescribe", *CASE),
            process(sys.executable, "-c", "import click, pint, pydantic; pint.UnitRegistry().meter"),
            rounds=21,
        ),
    ),
    ("one estimator with Quantities", "the pint calls it cannot avoid", 1.2, one_estimator),
    ("the same on 1,000,000 patients in cm", "numpy doing the same conversion and sum", 1.3, million_patients),
)  # fmt: skip


def main() -> int:
    names = ("click", "pint", "pydantic", "numpy")
    print(
        f"Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in names)}, {platform.machine()}"
    )
    missed = 0
    for what, against, budget, measure in ROWS:
        ours, theirs, times = measure()
        missed += times > budget
        verdict = "within" if times <= budget else "OVER"
        print(
            f"{what} against {against}: {times:.2f} (budget {budget}, {verdict}); {ours * 1e6:,.1f} us against {theirs * 1e6:,.1f} us"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
