"""Speed as ratios, each measured in one run.

    python tests/tools/benchmarks/bench.py --page [ROWS] [--quick] [--suite] [--built FOLDER]

Run by hand, in an environment with the test extra; nothing in the test suite is timed. Each figure
is the median over rounds in which both sides are measured in turn, so that a machine that slows
down slows both; processor time wherever a side is one process. `--page` writes
docs/performance.md, `ROWS` are the rows of the cohort (10,000,000), `--quick` takes a seventh of
the rounds, for a look on a machine with other work, `--suite` runs the test
command of the README too, and `--built` is a folder that `python web/build.py FOLDER` wrote. What
was not asked for stands in the page as not measured.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
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


PEXCALC = (sys.executable, "-m", "pexcalc")


# Measured processes find their modules compiled, as after pip install: the first run writes the
# bytecode (`ratio` runs each side once before it measures).
COMPILED = {name: one for name, one in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def process(*words: str) -> Callable[[], object]:
    return lambda: subprocess.run(words, check=True, capture_output=True, env=COMPILED)


QUICK = "--quick" in sys.argv[1:]


def rounds_of(count: int) -> int:
    """How many rounds of `count` are measured."""
    return max(3, count // 7) if QUICK else count


def of_children() -> float:
    """Processor seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ratio(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    rounds: int,
    number: int = 1,
    clock: Callable[[], float] = time.process_time,
) -> tuple[float, float, float]:
    """Median processor seconds of both sides, and the median of the ratios round by round."""

    def seconds(side: Callable[[], object]) -> float:
        return timeit.timeit(side, timer=clock, number=number) / number

    ours(), theirs()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds_of(rounds))]
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
    words = [
        sys.executable,
        str(Path(__file__).with_name("warm.py")),
        "read" if read else "",
        "quick" * QUICK,
    ]
    environment = {**COMPILED, "PYTHONPATH": str(tree)}
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
        pairs = [(prescribe_in(here, read), prescribe_in(there, read)) for _ in range(rounds_of(7))]
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


def course_error() -> float:
    """The largest relative error of the levels of six sessions, against 50 digits."""
    import mpmath

    with mpmath.workdps(50):
        k12, k21, kel = map(mpmath.mpf, IGG)
        plasma, tissue, exact = mpmath.mpf(1), k12 / k21, []
        for _ in range(6):
            before = plasma
            for hours, device in ((2, mpmath.mpf(0.5)), (22, mpmath.mpf(0))):
                rates = mpmath.matrix([[-(kel + k12 + device), k21], [k12, -k21]])
                rest = mpmath.lu_solve(-rates, mpmath.matrix([kel, 0]))
                away = mpmath.matrix([plasma, tissue]) - rest
                plasma, tissue = rest + mpmath.expm(rates * hours, method="taylor") * away
                if device:
                    exact.append((before, plasma))
        found = np.array(course_levels(*IGG, 0.5, 2.0, 22.0, 6)).reshape(6, 2)
        return max(
            float(abs(one - other) / other)
            for row, pair in zip(found.tolist(), exact)
            for one, other in zip(row, pair)
        )


MARKED_ROWS = 20_000  # of which every one is marked
FAULTS: tuple[tuple[str, str, pl.Expr], ...] = (
    ("the same fault in every row", "weight_kg", pl.lit(7000.0)),
    ("another number in every row", "weight_kg", 5000.0 + pl.int_range(pl.len()) % 1_000_003 / 7),
)


def marked_row(header: str, fault: pl.Expr) -> tuple[float, float, float]:
    """A marked row against a computed one, each in a table of its own kind, in bulk."""
    from pexcalc import cohort

    script = str(Path(__file__).with_name("cohort.py"))
    with tempfile.TemporaryDirectory() as folder:
        source = str(Path(folder) / "in.parquet")
        subprocess.run([sys.executable, script, "make", source, "1000000"], check=True)
        good = pl.read_parquet(source).filter(pl.col("weight_kg") < 400)
    bad = good.head(MARKED_ROWS).with_columns(fault.alias(header))
    assert cohort.compute(bad.lazy()).collect()["code"].null_count() == 0
    ours, theirs, times = ratio(
        lambda: cohort.compute(bad.lazy()).collect(),
        lambda: cohort.compute(good.lazy()).collect(),
        rounds=5,
    )
    share = len(good) / MARKED_ROWS
    return ours / MARKED_ROWS, theirs / len(good), times * share


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
            done = subprocess.run(words, check=True, capture_output=True, text=True, env=COMPILED)
            return [float(word) for word in done.stdout.split()]

        pairs = [
            (side("ours", targets[0]), side("native", targets[1])) for _ in range(rounds_of(7))
        ]
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
        lambda: ratio(process(*PEXCALC, "--help"), process(sys.executable, "-c", "import click"), rounds=41, clock=of_children),
    ),
    (
        "pexcalc prescribe, whole process", "importing click, pint, pydantic and pint's default registry", 0.85,
        lambda: ratio(
            process(*PEXCALC, "prescribe", *CASE),
            process(sys.executable, "-c", "import click, pint, pydantic; pint.UnitRegistry().meter"),
            rounds=21, clock=of_children,
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
        [*PEXCALC, "prescribe", *CASE, "--json"],
        check=True,
        capture_output=True,
        text=True,
        env=COMPILED,
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
    error = course_error()
    found.append(("two compartments, six sessions: largest relative error", "50 digits", f"{error:.1e}",
                  "at most 1e-12", error <= 1e-12, "", ""))  # fmt: skip
    _print(found[-1])
    for words, header, fault in FAULTS:
        ours, theirs, times = marked_row(header, fault)
        found.append((f"a marked row of a cohort in bulk, {words}", "a computed one", f"{times:.0f} times",
                      "at most 20", times <= 20, f"{ours * 1e6:.2f} us", f"{theirs * 1e6:.2f} us"))  # fmt: skip
        _print(found[-1])
    ours, theirs, times, work, peak, other = cohort(rows)
    found.append((f"cohort of {rows:,} rows, Parquet to Parquet, a thousandth of them broken", "polars by hand",
                  f"{times:.2f}; {work:.2f} of processor time; peak {peak:.0f} MiB", f"at most 1.3 and {MOST_MEMORY} MiB",
                  times <= 1.3 and peak <= MOST_MEMORY, f"{ours:.2f} s", f"{theirs:.2f} s, {other:.0f} MiB"))  # fmt: skip
    _print(found[-1])
    return found


MOST_ONE_FILE = 17.0  # MB
NOT_MEASURED = "not measured in this run"
# What the tool does not time: a person does, in the browser and on the machine that matter.
BY_HAND = (
    ("the page: first prescription from the one file, cold and warm", "", "at most 7 s and 5 s"),
    ("the page: first prescription from the folder, by its service worker", "", "at most 2.5 s"),
    ("the page: from a keystroke to the answer", "", "at most 0.2 s"),
    (".ci/run", "", "at most 10 min, 15 with the page"),
)
Found = tuple[str, str, str, str, bool | None, str, str]


def asked_for(words: list[str]) -> list[Found]:
    """The budgets that need a build of the page or the test suite; None where not measured."""
    found: list[Found] = []
    what, budget = "the page: size of the one file", f"at most {MOST_ONE_FILE:.0f} MB"
    if "--built" in words:
        folder = Path(words[words.index("--built") + 1])
        size = max(path.stat().st_size for path in folder.glob("*.html")) / 1e6
        found.append((what, "", f"{size:.1f} MB", budget, size <= MOST_ONE_FILE, "", ""))
    else:
        found.append((what, "", NOT_MEASURED, budget, None, "", ""))
    what, budget = "README's test command on two cores", "at most 4 min"
    if "--suite" in words:
        began = time.perf_counter()
        command = [sys.executable, "-m", "pytest", "-n", "2", "-q"]
        subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[3])
        minutes = (time.perf_counter() - began) / 60
        found.append((what, "", f"{minutes:.1f} min", budget, minutes <= 4, "", ""))
    else:
        found.append((what, "", NOT_MEASURED, budget, None, "", ""))
    return found + [(what, to, NOT_MEASURED, budget, None, "", "") for what, to, budget in BY_HAND]


PAGE = Path(__file__).parents[3] / "docs" / "performance.md"
ABOUT = """# Speed

Ratios, each measured in one run against its reference, so that a slow machine slows both: medians over rounds in
which both sides take turns, of processor time but for the seconds of the cohort. Nothing in the test suite is timed.
Written by `python tests/tools/benchmarks/bench.py --page`; the figures are those of one run on one machine.

{machine}.
Load (processes that run or wait, mean of one minute): {load}. Rounds: {rounds}.

| What | Against | Measured | Budget | Met | Here | There |
|---|---|---|---|---|---|---|
{rows}

## Where a budget is missed

{missed}
"""
MET = {True: "yes", False: "**no**", None: ""}


# What is known of a budget that is missed.
WHY = {
    "a marked row of a cohort in bulk, another number in every row": "its sentence names its own number and what was "
    "probably meant, so it is written row by row by the functions for one patient; rows with the same fault are "
    "judged once.",
    "pexcalc prescribe, whole process": "the command calculates fluid, containers, circuit, citrate, medicines and the "
    "criteria, and builds some forty record classes; what remains is pydantic building the checker of an order "
    "(6 ms) and the private registry (7 ms). Results are built without checks, data files and modules are loaded on first "
    "use, no row of a table is read that is not needed.",
    "cohort": "beside the sum, each row is held against every range and every rule by which an estimator is chosen; rows "
    "that are not certainly fine go one by one through the functions for one patient, so that their sentence is the same. "
    "Outside of polars' own steps go some 2.6 ms of the 19 ms for 24,576 rows: the rows that are judged, and their marks "
    "put in place. Larger chunks are faster and take more memory.",
}


def main(words: list[str]) -> int:
    rows = int(next((word for word in words if word.isdigit()), "10000000"))
    print(machine(), flush=True)
    before = os.getloadavg()[0]
    found: list[Found] = [*measured(rows), *asked_for(words)]
    load = f"{before:.1f} before the run, {os.getloadavg()[0]:.1f} after it"
    if "--page" in words:
        lines = "\n".join(f"| {' | '.join([*row[:4], MET[row[4]], *row[5:]])} |" for row in found)
        missed = "\n".join(f"- {row[0]}: {WHY.get(row[0], WHY['cohort'] if row[0].startswith('cohort') else 'not looked into.')}"
                           for row in found if row[4] is False)  # fmt: skip
        PAGE.write_text(
            ABOUT.format(
                machine=machine(),
                load=load,
                rows=lines,
                rounds="a seventh" if QUICK else "all",
                missed=missed or "None was, in this run.",
            ),
            encoding="utf-8",
        )
    return 1 if any(row[4] is False for row in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
