"""Speed as ratios, each measured in one run: python tests/tools/benchmarks/bench.py [rows of the cohort, 1 if left out0000000].

Run by hand, in an environment with the test extra; nothing in the test suite is timed. Each figure is the median over
rounds in which both sides are measured in turn, so that a machine that slows down slows both.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pint
import polars as pl
from pint.util import UnitsContainer
from polars.testing import assert_frame_equal
from scipy.integrate import solve_ivp

import pexcalc
from pexcalc.kinetics.compartments import course_levels

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


# The commit against which prescribe() is measured, checked out beside this one by git.
EARLIER = "6d59994"


def prescribe_in(tree: Path, read: bool) -> float:
    """Median processor seconds of one warm prescribe() in a process of its own.

    With `read` every field of the result is read too.
    """
    words = [sys.executable, str(Path(__file__).with_name("warm.py")), "read" if read else ""]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(
        words, check=True, capture_output=True, text=True, env=environment, cwd=tree
    )
    return float(done.stdout)


def warm_prescribe(read: bool = False) -> tuple[float, float, float]:
    """prescribe() of README's CRS case with its panel, here and in EARLIER, in turns."""
    here = Path(__file__).parents[3]
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder) / "earlier"
        archive = subprocess.run(
            ["git", "archive", EARLIER, "pexcalc"], cwd=here, check=True, capture_output=True
        )
        there.mkdir()
        subprocess.run(["tar", "-x", "-C", there], input=archive.stdout, check=True)
        pairs = [(prescribe_in(here, read), prescribe_in(there, read)) for _ in range(7)]
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

    return ratio(
        lambda: pexcalc.nadler_blood_volume(height, weight, "male"), needed, rounds=41, number=2000
    )


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


IGG = (0.03, 0.0245454545, 0.0030562045)  # k12, k21, kel per h
SOLVERS = ("LSODA", "DOP853", "RK45")


def solved_course(method: str) -> list[tuple[float, float]]:
    """Six sessions by a solver at rtol 1e-10: the plasma level before and after each."""
    k12, k21, kel = IGG
    state, levels = [1.0, k12 / k21], []
    for _ in range(6):
        before = state[0]
        for hours, device in ((2.0, 0.5), (22.0, 0.0)):

            def rates(t: float, y: list[float], device: float = device) -> list[float]:
                return [kel - (kel + k12 + device) * y[0] + k21 * y[1], k12 * y[0] - k21 * y[1]]

            state = solve_ivp(rates, (0, hours), state, method=method, rtol=1e-10, atol=1e-12).y[
                :, -1
            ]
            if device:
                levels.append((before, state[0]))
    return levels


def six_sessions() -> tuple[float, float, float]:
    """Both sides on bare numbers: the solver has no units to read either."""

    def ours() -> object:
        return course_levels(*IGG, 0.5, 2.0, 22.0, 6)

    for method in SOLVERS:
        assert np.allclose(ours(), solved_course(method), rtol=1e-7)

    def many() -> None:
        for _ in range(100):
            ours()

    fastest = min(
        SOLVERS, key=lambda method: timeit.timeit(lambda: solved_course(method), number=3)
    )
    a, b, times = ratio(lambda: solved_course(fastest), many, rounds=21)
    return a, b / 100, 100 * times


def many_courses() -> tuple[float, float, float]:
    """1e5 courses in one call; the loop is timed on 1e3 of them and counted a hundred times."""
    random = np.random.default_rng(1)
    Q = pint.UnitRegistry().Quantity
    k12, k21, kel = (
        random.uniform(low, high, 100_000)
        for low, high in ((0.01, 0.05), (0.02, 0.1), (0.002, 0.02))
    )
    together = [Q(rate, "1/h") for rate in (k12, k21, kel)]
    alone = [[Q(float(rate[place]), "1/h") for rate in (k12, k21, kel)] for place in range(1000)]
    two_hours, day = Q(2.0, "h"), Q(24.0, "h")

    def loop() -> None:
        for rates in alone:
            pexcalc.two_compartment_course(*rates, 1.0, two_hours, day, 6)

    a, b, times = ratio(
        loop, lambda: pexcalc.two_compartment_course(*together, 1.0, two_hours, day, 6), rounds=7
    )
    return 100 * a, b, 100 * times


MOST_MEMORY = 477  # MiB: 0.5 GB


def cohort(rows: int) -> tuple[float, float, float, float, float, float]:
    """Parquet to Parquet, each side in a process of its own.

    Seconds, the median of their ratios and of those of processor seconds, peak memory of ours and theirs.
    """
    script = str(Path(__file__).with_name("cohort.py"))
    with tempfile.TemporaryDirectory() as folder:
        source, *targets = (
            str(Path(folder) / name) for name in ("in.parquet", "ours.parquet", "native.parquet")
        )
        subprocess.run([sys.executable, script, "make", source, str(rows)], check=True)

        def side(name: str, target: str) -> list[float]:
            # A gigabyte to take away or still to be written to the disk is no part of either.
            Path(target).unlink(missing_ok=True)
            os.sync()
            words = [sys.executable, script, name, source, target]
            done = subprocess.run(words, check=True, capture_output=True, text=True)
            return [float(word) for word in done.stdout.split()]

        pairs = [(side("ours", targets[0]), side("native", targets[1])) for _ in range(7)]
        found = [
            pl.read_parquet(target, columns=["plasma_volumes_low", "plasma_volume_mL"])
            for target in targets
        ]
        assert_frame_equal(*found, rel_tol=1e-12, abs_tol=0)
    return (
        statistics.median(a[0] for a, _ in pairs),
        statistics.median(b[0] for _, b in pairs),
        statistics.median(a[0] / b[0] for a, b in pairs),
        statistics.median(a[1] / b[1] for a, b in pairs),
        max(a[2] for a, _ in pairs),
        max(b[2] for _, b in pairs),
    )


ROWS: tuple[tuple[str, str, float, Callable[[], tuple[float, float, float]]], ...] = (
    (
        "pexcalc --help", "python -c 'import click'", 1.25,
        lambda: ratio(process(PEXCALC, "--help"), process(sys.executable, "-c", "import click"), rounds=41),
    ),
    (
        "pexcalc prescribe, whole process", "importing click, pint, pydantic and pint's default registry", 0.85,
        lambda: ratio(
            process(PEXCALC, "prescribe", *CASE),
            process(sys.executable, "-c", "import click, pint, pydantic; pint.UnitRegistry().meter"),
            rounds=21,
        ),
    ),
    (
        "prescribe(order) warm, README's CRS case, result only", f"commit {EARLIER}, processor time", 0.2,
        warm_prescribe,
    ),
    ("one estimator with Quantities", "the pint calls it cannot avoid", 1.2, one_estimator),
    ("the same on 1,000,000 patients in cm", "numpy doing the same conversion and sum", 1.3, million_patients),
)  # fmt: skip
# How many times faster: the solver or the loop against ours.
FASTER: tuple[tuple[str, str, float, Callable[[], tuple[float, float, float]]], ...] = (
    (
        "the fastest of LSODA, DOP853, RK45 at rtol 1e-10",
        "two compartments, six sessions",
        200,
        six_sessions,
    ),
    ("a loop of 100,000 courses", "one call with arrays", 15, many_courses),
)


MOST_JSON = 20_000  # bytes


def json_size() -> int:
    """Bytes of the JSON of README's CRS case, without the working."""
    done = subprocess.run(
        [PEXCALC, "prescribe", *CASE, "--json"], check=True, capture_output=True, text=True
    )
    return len(json.dumps(json.loads(done.stdout), separators=(",", ":")).encode())


def machine() -> str:
    """What was measured on: processor, cores, Python, libraries."""
    names = ("click", "pint", "pydantic", "numpy", "polars")
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())  # fmt: skip
    libraries = ", ".join(f"{name} {version(name)}" for name in names)
    return f"{model}, {os.cpu_count()} cores, {platform.system()}; Python {platform.python_version()}, {libraries}"


def _print(row: tuple[str, str, str, str, bool, str, str]) -> None:
    """One budget, with "missed" where it is."""
    print(*row[:4], "met" if row[4] else "MISSED", *row[5:], sep="; ", flush=True)


def measured(rows: int) -> list[tuple[str, str, str, str, bool, str, str]]:
    """Each budget: what, against what, figure, budget, whether it is met, both times."""
    found = []
    for what, against, budget, measure in ROWS:
        ours, theirs, times = measure()
        found.append((what, against, f"{times:.2f}", f"at most {budget}", times <= budget,
                      f"{ours * 1e6:,.1f} us", f"{theirs * 1e6:,.1f} us"))  # fmt: skip
        _print(found[-1])
    for what, against, least, measure in FASTER:
        theirs, ours, times = measure()
        found.append((against, what, f"{times:.0f} times faster", f"at least {least}", times >= least,
                      f"{ours * 1e6:,.1f} us", f"{theirs * 1e6:,.1f} us"))  # fmt: skip
        _print(found[-1])
    size = json_size()
    found.append(("JSON of README's CRS case without the working", "itself", f"{size / 1000:.1f} kB",
                  f"at most {MOST_JSON // 1000} kB", size <= MOST_JSON, "", ""))  # fmt: skip
    _print(found[-1])
    ours, theirs, times, work, peak, other = cohort(rows)
    found.append((f"cohort of {rows:,} rows, Parquet to Parquet, a thousandth of them broken", "polars by hand",
                  f"{times:.2f}; {work:.2f} of processor time; peak {peak:.0f} MiB", f"at most 1.3 and {MOST_MEMORY} MiB",
                  times <= 1.3 and peak <= MOST_MEMORY, f"{ours:.2f} s", f"{theirs:.2f} s, {other:.0f} MiB"))  # fmt: skip
    _print(found[-1])
    return found


PAGE = Path(__file__).parents[3] / "docs" / "performance.md"
ABOUT = """# Speed

Ratios, each measured in one run against its reference, so that a slow machine slows both: medians over rounds in
which both sides take turns. Nothing in the test suite is timed. Written by
`python tests/tools/benchmarks/bench.py --page`; the figures are those of one run on one machine.

{machine}.

| What | Against | Measured | Budget | Met | Here | There |
|---|---|---|---|---|---|---|
{rows}

## Where a budget is missed

{missed}
"""


# What is known of a budget that is missed.
WHY = {
    "JSON of README's CRS case without the working": "the removal of each solute repeats the sentence of its grade, "
    "and fields without a figure are written as null.",
    "pexcalc prescribe, whole process": "the command calculates fluid, containers, circuit, citrate, medicines and the "
    "criteria, and builds some forty record classes; what remains is pydantic building the checker of an order "
    "(6 ms) and the private registry (7 ms). Results are built without checks, data files and modules are loaded on first "
    "use, no row of a table is read that is not needed.",
    "cohort": "beside the sum, each row is held against every range and every rule by which an estimator is chosen; rows "
    "that are not certainly fine go one by one through the functions for one patient, so that their sentence is the same. "
    "Larger chunks are faster and take more memory.",
}


def main(words: list[str]) -> int:
    rows = int(next((word for word in words if word.isdigit()), "10000000"))
    print(machine(), flush=True)
    found = measured(rows)
    if "--page" in words:
        lines = "\n".join(
            f"| {' | '.join([*row[:4], 'yes' if row[4] else '**no**', *row[5:]])} |"
            for row in found
        )
        missed = "\n".join(f"- {row[0]}: {WHY.get(row[0], WHY['cohort'] if row[0].startswith('cohort') else 'not looked into.')}"
                           for row in found if not row[4])  # fmt: skip
        PAGE.write_text(
            ABOUT.format(machine=machine(), rows=lines, missed=missed or "None was, in this run."),
            encoding="utf-8",
        )
    return 0 if all(row[4] for row in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
