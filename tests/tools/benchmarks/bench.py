"""Speed as ratios, each measured in one run.

    python tests/tools/benchmarks/bench.py --page [ROWS] [--quick] [--built FOLDER]

Run by hand, in an environment with the test extra; nothing in the test suite is timed. Each figure
is the median over rounds in which both sides are measured in turn, so that a machine that slows
down slows both; processor time wherever a side is one process. `--page` writes
docs/performance.md, `ROWS` are the rows of the cohort (10,000,000), `--quick` takes a seventh of
the rounds, for a look on a machine with other work, and `--built` is a folder that
`python web/build.py FOLDER` wrote. What was not asked for stands in the page as not measured.
"""

from __future__ import annotations

import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pint
import polars as pl
from pint.util import UnitsContainer
from polars.testing import assert_frame_equal
from scipy.integrate import solve_ivp

import pexcalc
from pexcalc.kinetics.compartments import course_levels

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CASE = "--sex male --age 23y --height 172cm --weight 65kg --hematocrit 27%"
CASE = f"{CASE} --indication crs-car-t --exchange-volume 3000mL".split()
QUICK = "--quick" in sys.argv[1:]
# Measured processes find their modules compiled, as after pip install: the first run writes the
# bytecode (`ratio` runs each side once before it measures).
COMPILED = {name: one for name, one in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
Ratio = tuple[float, float, float]
Side, Clock = Callable[[], object], Callable[[], float]


def output(*words: str | Path, **more: Any) -> str:
    """What a process prints."""
    quiet = {"check": True, "capture_output": True, "text": True, "env": COMPILED}
    return str(subprocess.run(words, **{**quiet, **more}).stdout)


def rounds_of(count: int) -> int:
    """How many rounds of `count` are measured."""
    return max(3, count // 7) if QUICK else count


def of_children() -> float:
    """Processor seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def medians(pairs: list[tuple[float, float]]) -> Ratio:
    """The median of both sides, and that of the ratios round by round."""
    ours, theirs = zip(*pairs, strict=True)
    middle = statistics.median
    return middle(ours), middle(theirs), middle(one / other for one, other in pairs)


def ratio(
    ours: Side, theirs: Side, rounds: int, number: int = 1, clock: Clock = time.process_time
) -> Ratio:
    """Median processor seconds of both sides, and the median of the ratios round by round."""

    def seconds(side: Side) -> float:
        return timeit.timeit(side, timer=clock, number=number) / number

    ours(), theirs()
    return medians([(seconds(ours), seconds(theirs)) for _ in range(rounds_of(rounds))])


# The commit against which prescribe() is measured, checked out beside this one by git.
EARLIER = "6d59994"


def prescribe_in(tree: Path) -> float:
    """Median processor seconds of one warm prescribe() in a process of its own."""
    words = (sys.executable, HERE / "warm.py", "quick" * QUICK)
    return float(output(*words, env={**COMPILED, "PYTHONPATH": str(tree)}, cwd=tree))


def warm_prescribe() -> Ratio:
    """prescribe() of README's CRS case with its panel, here and in EARLIER, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "earlier.tar"
        output("git", "archive", "-o", archive, EARLIER, "pexcalc", cwd=ROOT)
        output("tar", "-x", "-f", archive, "-C", folder)
        sides = (ROOT, Path(folder))
        return medians([tuple(map(prescribe_in, sides)) for _ in range(rounds_of(7))])


def one_estimator() -> Ratio:
    Q = pint.UnitRegistry().Quantity
    height, weight = Q(172.0, "cm"), Q(65.0, "kg")
    meter, kilogram, liter = (UnitsContainer({name: 1}) for name in ("meter", "kilogram", "liter"))

    def needed() -> None:
        height.m_as(meter)
        weight.m_as(kilogram)
        Q(4.5, liter)

    ours = partial(pexcalc.nadler_blood_volume, height, weight, "male")
    return ratio(ours, needed, rounds=41, number=2000)


def million_patients() -> Ratio:
    random = np.random.default_rng(1)
    Q = pint.UnitRegistry().Quantity
    heights, weights = random.uniform(150, 200, 1_000_000), random.uniform(50, 120, 1_000_000)
    in_cm, in_kg = Q(heights, "cm"), Q(weights, "kg")

    def plain() -> np.ndarray:
        metres = heights * 0.01
        return 0.3669 * metres**3 + 0.03219 * weights + 0.6041

    ours = partial(pexcalc.nadler_blood_volume, in_cm, in_kg, "male")
    assert np.allclose(ours().magnitude, plain())
    return ratio(ours, plain, rounds=41)


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

            how = {"method": method, "rtol": 1e-10, "atol": 1e-12}
            state = solve_ivp(rates, (0, hours), state, **how).y[:, -1]
            if device:
                levels.append((before, state[0]))
    return levels


def six_sessions() -> Ratio:
    """Both sides on bare numbers: the solver has no units to read either."""

    ours = partial(course_levels, *IGG, 0.5, 2.0, 22.0, 6)
    for method in SOLVERS:
        assert np.allclose(ours(), solved_course(method), rtol=1e-7)

    def many() -> None:
        for _ in range(100):
            ours()

    def seconds(method: str) -> float:
        return timeit.timeit(lambda: solved_course(method), number=3)

    fastest = min(SOLVERS, key=seconds)
    a, b, times = ratio(lambda: solved_course(fastest), many, rounds=21)
    return a, b / 100, 100 * times


def many_courses() -> Ratio:
    """1e5 courses in one call; the loop is timed on 1e3 of them and counted a hundred times."""
    random = np.random.default_rng(1)
    Q = pint.UnitRegistry().Quantity
    ranges = ((0.01, 0.05), (0.02, 0.1), (0.002, 0.02))  # k12, k21, kel
    drawn = [random.uniform(low, high, 100_000) for low, high in ranges]
    together = [Q(rate, "1/h") for rate in drawn]
    session = (1.0, Q(2.0, "h"), Q(24.0, "h"), 6)
    alone = [[Q(float(rate[place]), "1/h") for rate in drawn] for place in range(1000)]

    def loop() -> None:
        for rates in alone:
            pexcalc.two_compartment_course(*rates, *session)

    once = partial(pexcalc.two_compartment_course, *together, *session)
    a, b, times = ratio(loop, once, rounds=7)
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
        found = np.array(course_levels(*IGG, 0.5, 2.0, 22.0, 6)).reshape(12).tolist()
        levels = [level for pair in exact for level in pair]
        return max(float(abs(one / other - 1)) for one, other in zip(found, levels, strict=True))


MARKED_ROWS = 20_000  # of which every one is marked
FAULTS: dict[str, pl.Expr] = {
    "the same fault in every row": pl.lit(7000.0),
    "another number in every row": 5000.0 + pl.int_range(pl.len()) % 1_000_003 / 7,
}


def marked_row(fault: pl.Expr) -> Ratio:
    """A marked row against a computed one, each in a table of its own kind, in bulk."""
    from pexcalc import cohort

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.parquet"
        output(sys.executable, HERE / "cohort.py", "make", source, "1000000")
        good = pl.read_parquet(source).filter(pl.col("weight_kg") < 400)
    bad = good.head(MARKED_ROWS).with_columns(fault.alias("weight_kg"))
    assert cohort.compute(bad.lazy()).collect()["code"].null_count() == 0
    sides = (lambda rows=rows: cohort.compute(rows.lazy()).collect() for rows in (bad, good))
    ours, theirs, times = ratio(*sides, rounds=5)
    share = len(good) / MARKED_ROWS
    return ours / MARKED_ROWS, theirs / len(good), times * share


MOST_MEMORY = 477  # MiB: 0.5 GB


def cohort(rows: int) -> tuple[float, float, float, float, float, float]:
    """Parquet to Parquet, each side in a process of its own.

    Seconds, the median of their ratios and of those of processor seconds, peak memory of both.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, *targets = (Path(folder) / f"{name}.parquet" for name in ("in", "ours", "native"))
        output(sys.executable, HERE / "cohort.py", "make", source, str(rows))

        def side(target: Path) -> list[float]:
            # A gigabyte to take away or still to be written to the disk is no part of either.
            target.unlink(missing_ok=True)
            os.sync()
            said = output(sys.executable, HERE / "cohort.py", target.stem, source, target)
            return [float(word) for word in said.split()]

        pairs = [tuple(map(side, targets)) for _ in range(rounds_of(7))]
        columns = ["plasma_volumes_low", "plasma_volume_mL"]
        found = [pl.read_parquet(target, columns=columns) for target in targets]
        assert_frame_equal(*found, rel_tol=1e-12, abs_tol=0)
    ours, theirs, times = medians([(a[0], b[0]) for a, b in pairs])
    work = medians([(a[1], b[1]) for a, b in pairs])[2]
    return ours, theirs, times, work, max(a[2] for a, _ in pairs), max(b[2] for _, b in pairs)


def processes(rounds: int, ours: list[str], imports: str) -> Ratio:
    """The command against a process that imports only, in processor time."""
    sides = ([sys.executable, "-m", "pexcalc", *ours], [sys.executable, "-c", imports])
    return ratio(*(partial(output, *side) for side in sides), rounds=rounds, clock=of_children)


# What, against what, the most or the least that is allowed, how it is measured.
Budget = tuple[str, str, float, Callable[[], Ratio]]
IMPORTS = "import click, pint, pydantic; pint.UnitRegistry().meter"
ROWS: tuple[Budget, ...] = (
    ("pexcalc --help", "python -c 'import click'", 1.25,
     partial(processes, 41, ["--help"], "import click")),
    ("pexcalc prescribe, whole process",
     "importing click, pint, pydantic and pint's default registry", 0.85,
     partial(processes, 21, ["prescribe", *CASE], IMPORTS)),
    ("prescribe(order) warm, README's CRS case, result only",
     f"commit {EARLIER}, processor time", 0.2, warm_prescribe),
    ("one estimator with Quantities", "the pint calls it cannot avoid", 1.2, one_estimator),
    ("the same on 1,000,000 patients in cm", "numpy doing the same conversion and sum", 1.3,
     million_patients),
)  # fmt: skip
# How many times faster than the solver or the loop.
FASTER: tuple[Budget, ...] = (
    ("two compartments, six sessions", "the fastest of LSODA, DOP853, RK45 at rtol 1e-10", 200,
     six_sessions),
    ("one call with arrays", "a loop of 100,000 courses", 15, many_courses),
)  # fmt: skip
MOST_JSON = 20_000  # bytes


def json_size() -> int:
    """Bytes of the JSON of README's CRS case, without the working."""
    document = json.loads(output(sys.executable, "-m", "pexcalc", "prescribe", *CASE, "--json"))
    return len(json.dumps(document, separators=(",", ":")).encode())


def machine() -> str:
    """What was measured on: processor, cores, Python, libraries."""
    names = ("click", "pint", "pydantic", "numpy", "polars")
    cpu = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    found = re.search(r"^model name\s*: (.*)", cpu, re.MULTILINE)
    libraries = ", ".join(f"{name} {version(name)}" for name in names)
    model = found[1].strip() if found else platform.machine()
    python = f"Python {platform.python_version()}"
    return f"{model}, {os.cpu_count()} cores, {platform.system()}; {python}, {libraries}"


# What, against what, figure, budget, whether it is met, both times.
Found = tuple[str, str, str, str, bool | None, str, str]


def micro(*sides: float) -> Iterator[str]:
    return (f"{seconds * 1e6:,.1f} us" for seconds in sides)


def measured(rows: int) -> Iterator[Found]:
    """Each budget, as it is measured."""
    for what, against, most, measure in ROWS:
        ours, theirs, times = measure()
        budget = f"at most {most}", times <= most
        yield what, against, f"{times:.2f}", *budget, *micro(ours, theirs)
    for what, against, least, measure in FASTER:
        theirs, ours, times = measure()
        budget = f"at least {least}", times >= least
        yield what, against, f"{times:.0f} times faster", *budget, *micro(ours, theirs)
    size = json_size()
    budget = f"at most {MOST_JSON // 1000} kB", size <= MOST_JSON
    what = "JSON of README's CRS case without the working"
    yield what, "itself", f"{size / 1000:.1f} kB", *budget, "", ""
    error = course_error()
    what = "two compartments, six sessions: largest relative error"
    yield what, "50 digits", f"{error:.1e}", "at most 1e-12", error <= 1e-12, "", ""
    for words, fault in FAULTS.items():
        ours, theirs, times = marked_row(fault)
        what, budget = f"a marked row of a cohort in bulk, {words}", ("at most 20", times <= 20)
        both = f"{ours * 1e6:.2f} us", f"{theirs * 1e6:.2f} us"
        yield what, "a computed one", f"{times:.0f} times", *budget, *both
    ours, theirs, times, work, peak, other = cohort(rows)
    what = f"cohort of {rows:,} rows, Parquet to Parquet, a thousandth of them broken"
    figure = f"{times:.2f}; {work:.2f} of processor time; peak {peak:.0f} MiB"
    budget = f"at most 1.3 and {MOST_MEMORY} MiB", times <= 1.3 and peak <= MOST_MEMORY
    both = f"{ours:.2f} s", f"{theirs:.2f} s, {other:.0f} MiB"
    yield what, "polars by hand", figure, *budget, *both


MOST_ONE_FILE = 17.0  # MB
NOT_MEASURED = "not measured in this run"
# What the tool does not time: a person does, in the browser and on the machine that matter.
BY_HAND = {
    "README's test command on two cores": "at most 4 min",
    "the page: first prescription from the one file, cold and warm": "at most 7 s and 5 s",
    "the page: first prescription from the folder, by its service worker": "at most 2.5 s",
    "the page: from a keystroke to the answer": "at most 0.2 s",
    ".ci/run": "at most 10 min, 15 with the page",
}


def asked_for(words: list[str]) -> Iterator[Found]:
    """The size of a built page, and what is not measured here."""
    what, budget = "the page: size of the one file", f"at most {MOST_ONE_FILE:.0f} MB"
    figure, met = NOT_MEASURED, None
    if "--built" in words:
        folder = Path(words[words.index("--built") + 1])
        size = max(path.stat().st_size for path in folder.glob("*.html")) / 1e6
        figure, met = f"{size:.1f} MB", size <= MOST_ONE_FILE
    yield what, "", figure, budget, met, "", ""
    for what, budget in BY_HAND.items():
        yield what, "", NOT_MEASURED, budget, None, "", ""


PAGE = ROOT / "docs" / "performance.md"
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
    "a marked row of a cohort in bulk, another number in every row": "its sentence names its own "
    "number and what was probably meant, so it is written row by row by the functions for one "
    "patient; rows with the same fault are judged once.",
    "pexcalc prescribe, whole process": "the command calculates fluid, containers, circuit, "
    "citrate, medicines and the criteria, and builds some forty record classes; what remains is "
    "pydantic building the checker of an order (6 ms) and the private registry (7 ms). Results are "
    "built without checks, data files and modules are loaded on first use, no row of a table is "
    "read that is not needed.",
    "cohort": "beside the sum, each row is held against every range and every rule by which an "
    "estimator is chosen; rows that are not certainly fine go one by one through the functions for "
    "one patient, so that their sentence is the same. Outside of polars' own steps go some 2.6 ms "
    "of the 19 ms for 24,576 rows: the rows that are judged, and their marks put in place. Larger "
    "chunks are faster and take more memory.",
}


def main(words: list[str]) -> int:
    rows = int(next((word for word in words if word.isdigit()), "10000000"))
    print(machine(), flush=True)
    before = os.getloadavg()[0]
    found = []
    for row in chain(measured(rows), asked_for(words)):
        print(*row[:4], {True: "met", False: "MISSED", None: ""}[row[4]], *row[5:], sep="; ")
        found.append(row)
    load = f"{before:.1f} before the run, {os.getloadavg()[0]:.1f} after it"
    if "--page" in words:
        cells = [[*row[:4], MET[row[4]], *row[5:]] for row in found]
        lines = "\n".join(f"| {' | '.join(row)} |" for row in cells)
        names = [row[0] for row in found if row[4] is False]
        kinds = ["cohort" if name.startswith("cohort") else name for name in names]
        why = [WHY.get(kind, "not looked into.") for kind in kinds]
        missed = "\n".join(f"- {name}: {said}" for name, said in zip(names, why, strict=True))
        page = ABOUT.format(
            machine=machine(), load=load, rows=lines, rounds="a seventh" if QUICK else "all",
            missed=missed or "None was, in this run.",
        )  # fmt: skip
        PAGE.write_text(page, encoding="utf-8")
    return 1 if any(row[4] is False for row in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
