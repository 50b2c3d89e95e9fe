"""Predicted ranges against measured figures and simulated patients: python -m tests.tools.coverage.

A figure is inside where its published range, or the figure where none is published, touches the
predicted range to half a point. Published figures are group means of few series: coverage for
single patients is argued, not shown.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import NamedTuple

from pexcalc.data.solutes import solute
from pexcalc.kinetics import trajectory as paths
from pexcalc.kinetics.case import ends
from pexcalc.kinetics.learning import BETWEEN_SESSIONS, CLOCK, VOLUME_FACTOR, Pair, Returns, learn
from pexcalc.kinetics.prediction import BETWEEN_PATIENTS, LevelRange, Spread, forecast
from pexcalc.kinetics.trajectory import CoursePlan, SessionPart, Turnover, trajectory
from pexcalc.quantities.units import QuantityError
from tests.support.paths import TESTS

TABLE = TESTS / "reference" / "measurements.csv"
PLASMA = 3.0  # L, where a series states litres only
HOURS = 2.0  # of a session, where a series states none
SLACK = 0.5  # points


@cache
def turnover(key: str) -> Turnover:
    """The turnover of a solute of the catalogue, with the ends of each parameter."""
    row = solute(key)

    def span(name: str) -> tuple[float, float, float]:
        value = getattr(row, name)
        low, *high = ends(value, row.grade)
        assert value.typical
        return low, value.typical.value, high[0] if high else low

    if row.k12.typical:
        return paths.two_compartments(span("k12"), span("fraction"), span("kel"))
    return one_compartment(*span("half_life"))


def one_compartment(low: float, typical: float, high: float) -> Turnover:
    """The turnover of a solute that stays in plasma, from its half-life in h."""
    known = dict.fromkeys((typical, low, high))
    middle, *others = (paths.one_pool(math.log(2) / one) for one in known)
    return Turnover(middle, tuple(others))


class Figure(NamedTuple):
    """A published fall in percent and the range predicted for it; all figures are points."""

    id: str
    kind: str
    low: float
    high: float
    predicted: LevelRange

    @property
    def missed(self) -> float:
        """Between the figure and the predicted range."""
        return max(0.0, self.low - self.predicted.high, self.predicted.low - self.high)

    @property
    def inside(self) -> bool:
        """True where they touch, to half a point."""
        return self.missed <= SLACK

    @property
    def width(self) -> float:
        """Width of the predicted range."""
        return float(self.predicted.high - self.predicted.low)

    @property
    def score(self) -> float:
        """Interval score of a 90 % range: the width, and 20 times what is missed."""
        return self.width + 20 * self.missed


def falls(level: LevelRange) -> LevelRange:
    """A level as a fall in percent."""
    return LevelRange(*(100 * (1 - end) for end in (level.high, level.typical, level.low)))


def volumes_for(key: str, fall: float) -> float:
    """Plasma volumes with which one session gives a fall, by bisection."""
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        plan = CoursePlan((SessionPart(middle, HOURS),))
        reached = 1 - trajectory(turnover(key).typical, plan).after[0][0]
        low, high = (middle, high) if reached < fall else (low, middle)
    return low


def predicted(row: dict[str, str]) -> LevelRange:
    """The range of the fall for the sessions, hours and volumes of a row."""
    key = row["solute"]
    volumes = float(row["pv_multiple"] or 0) or float(row["litres"] or PLASMA) / PLASMA
    hours, sessions = float(row["duration_h"] or HOURS), int(row["sessions"] or 1)
    every, later = float(row["every_h"] or hours), float(row["hours_after_end"] or 0)
    spread = BETWEEN_PATIENTS
    if row["id"] == "MRY2":  # double filtration: its dose and factor are its own first fall
        volumes, spread = volumes_for(key, 0.40), Spread(LevelRange(1, 1, 1), BETWEEN_PATIENTS.rho)
    plan = CoursePlan((SessionPart(volumes, hours),), every - hours, sessions)
    course = forecast(turnover(key), plan, spread)
    return falls(course.later(later)[0] if later else course.after(sessions))


def figures() -> Iterator[Figure]:
    """Every scored figure of a plasma protein."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["group"] == "protein" and row["scored"] == "yes":
                fall = float(row["observed_fall_pct"])
                low, high = float(row["obs_low"] or fall), float(row["obs_high"] or fall)
                yield Figure(row["id"], row["kind"], low, high, predicted(row))


SIMULATED = ("igg", "igm", "iga")
PLAN = CoursePlan((SessionPart(1.0, HOURS),), 46.0, 3)


class Patient(NamedTuple):
    """A simulated patient: true levels of the first protein, a pair for each protein and session."""

    levels: tuple[float, float]  # right after the third session, and before it
    pairs: tuple[tuple[Pair, ...], ...]


@cache
def patients(number: int, wider: float = 1.0, assay: float = 0.06) -> tuple[Patient, ...]:
    """Draw patients from the prior, or from one with a wider spread of eta."""
    draw, found = random.Random(20), []
    between = math.sqrt(VOLUME_FACTOR.sd**2 - BETWEEN_SESSIONS**2) * wider
    for _ in range(number):
        own, clock = draw.gauss(VOLUME_FACTOR.mean, between), math.exp(draw.gauss(*CLOCK))
        etas = [math.exp(draw.gauss(own, BETWEEN_SESSIONS * wider)) for _ in range(PLAN.sessions)]
        pairs, true = [], (0.0, 0.0)
        for key in SIMULATED:
            known = turnover(key)
            rates = draw.choice((known.typical, known.typical, *known.ends))
            state, some = (1.0, trajectory(rates, PLAN).pool), []
            for session, eta in enumerate(etas):
                one = trajectory(rates, PLAN, eta, clock)
                before, state = state[0], one.session.after(*state, 1.0)
                after = state[0]
                if key == SIMULATED[0]:
                    true = (after, before)
                noise = [math.exp(draw.gauss(0, assay)) for _ in range(2)]
                some.append(Pair(session + 1, before * noise[0], after * noise[1],
                                 modeled(key, session), assay))  # fmt: skip
                state = one.gap.after(*state, one.inflow)
            pairs.append(tuple(some))
        found.append(Patient(true, tuple(pairs)))
    return tuple(found)


@cache
def modeled(key: str, session: int) -> float:
    """Typical level after a session as a fraction of that before it."""
    course = trajectory(turnover(key).typical, PLAN)
    return float(course.after[session][0] / course.before[session][0])


def level_before_second(one: Patient) -> list[Returns]:
    """The level before the second session, of the first protein."""
    first, second = one.pairs[0][:2]
    level = (2, second.before / first.before, second.cv)
    return [Returns(turnover(SIMULATED[0]).typical, PLAN, (level,))]


Evidence = Callable[[Patient], tuple[list[Pair], list[Returns]]]
EVIDENCE: dict[str, Evidence] = {
    "no levels": lambda one: ([], []),
    "one pair": lambda one: ([one.pairs[0][0]], []),
    "two proteins of one session": lambda one: ([some[0] for some in one.pairs[:2]], []),
    "three proteins of one session": lambda one: ([some[0] for some in one.pairs], []),
    "pairs of two sessions": lambda one: (list(one.pairs[0][:2]), []),
    "a pair, the level before the next": lambda one: ([one.pairs[0][0]], level_before_second(one)),
}


class Coverage(NamedTuple):
    """Share of patients inside, mean width in points: after the third session, and before it."""

    after: float
    width: float
    before: float
    width_before: float


@cache
def simulated(evidence: str, number: int = 2000, *, wider: float = 1.0) -> Coverage:
    """Coverage of the 90 % range of the level around the third session of three."""
    hits: list[tuple[float, ...]] = []
    for one in patients(number, wider):
        with suppress(QuantityError):  # a level that did not fall, or a factor outside 0.25 to 2
            found = learn(*EVIDENCE[evidence](one), confirmed=True)
            course = forecast(turnover(SIMULATED[0]), PLAN, found.spread)
            levels = zip((course.after(3), course.before(3)), one.levels, strict=True)
            each = [(low <= level <= high, 100 * (high - low)) for (low, _, high), level in levels]
            hits.append((*each[0], *each[1]))
    return Coverage(*map(mean, zip(*hits, strict=True)))


def main() -> None:
    """Print both."""
    rows = list(figures())
    for row in rows:
        low, typical, high = row.predicted
        said = f"{row.id:5} {row.low:5.1f} to {row.high:5.1f}  predicted {typical:5.1f}"
        verdict = "inside" if row.inside else f"OUTSIDE by {row.missed:.1f}"
        print(f"{said} ({low:.1f} to {high:.1f})  {verdict}")
    width, score = mean(row.width for row in rows), mean(row.score for row in rows)
    count = f"{sum(row.inside for row in rows)} of {len(rows)} inside"
    print(f"{count}; mean width {width:.0f}; mean interval score {score:.0f}")
    said = "spread x {}: {:34} after {:.3f} (width {:.0f}), before {:.3f} (width {:.0f})"
    for wider in (1.0, 1.5):
        for evidence in EVIDENCE:
            print(said.format(wider, evidence, *simulated(evidence, wider=wider)))


def mean(values: Iterable[float]) -> float:
    """The mean of some numbers."""
    some = list(values)
    return sum(some) / len(some)


if __name__ == "__main__":
    main()
