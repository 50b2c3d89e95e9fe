"""The map of one stretch against 50 digits and against solvers; what must hold of every state."""

import math
import random
from functools import partial

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexcalc.kinetics.compartments import (
    Disposition,
    RateSegment,
    dose_fraction_lost,
    hours_until,
    integrate,
    phase,
    steady,
    steps_for,
    stretch,
    through,
)
from tests.support.solver import solved

RATES = st.one_of(st.just(0.0), st.floats(1e-9, 20))
TIMES = st.floats(1e-3, 500)
FAMILIES = (
    "ordinary", "k21 = 0", "out = 0", "k12 = 0", "k12 = 0, equal rates", "one way", "nothing",
    "nearly equal",
)  # fmt: skip


def area(step, rates, state):
    """The area under plasma over a stretch from a state."""
    plasma, tissue, inflow = state
    return step.i11 * plasma + step.i12 * tissue + phase(*rates).filled * inflow


def drawn(rng, family):
    """Random rates and a time over many sizes, in one of the singular or nearly singular families."""
    k12, k21, out = (10 ** rng.uniform(-6, 1.3) for _ in range(3))
    hours = 10 ** rng.uniform(-2, 2)
    if family == "k21 = 0":
        k21 = 0.0
    elif family == "out = 0":
        out = 0.0
    elif family.startswith("k12 = 0"):
        k12, out = 0.0, k21 if "equal" in family else out
    elif family == "one way":
        k21 = out = 0.0
    elif family == "nothing":
        k12 = k21 = out = 0.0
    elif family == "nearly equal":
        k12, out = 1e-14, k21 * (1 + 1e-9)
    return k12, k21, out, hours


def exact(k12, k21, out, hours):
    """The matrix exponential with 50 digits: states are plasma, tissue, inflow (constant), area under plasma."""
    a, b, c, t = (mpmath.mpf(x) for x in (k12, k21, out, hours))
    matrix = mpmath.matrix([[-c - a, b, 1, 0], [a, -b, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]])
    return mpmath.expm(matrix * t)


@pytest.mark.parametrize("family", FAMILIES)
def test_against_fifty_digits(family):
    rng = random.Random(family)
    with mpmath.workdps(50):
        for _ in range(60):
            rates = drawn(rng, family)
            start = [rng.uniform(0, 5) for _ in range(3)]
            step = stretch(*rates)
            plasma, tissue, _, filled = exact(*rates) * mpmath.matrix([*start, 0])
            got = step.after(*start)
            larger = max(abs(plasma), abs(tissue))
            assert abs(got[0] - plasma) <= 1e-12 * larger, rates
            assert abs(got[1] - tissue) <= 1e-12 * larger, rates
            assert abs(area(step, rates, start) - filled) <= 1e-12 * filled, rates


def test_arrays_agree_with_scalars():
    rng = random.Random(7)
    rows = [drawn(rng, FAMILIES[number % len(FAMILIES)]) for number in range(400)]
    step = stretch(*np.array(rows).T, m=np)
    for place, row in enumerate(rows):
        for together, alone in zip(step, stretch(*row)):
            assert together[place] == pytest.approx(alone, rel=1e-13, abs=1e-300)
    areas = phase(*np.array(rows).T, m=np).filled
    assert areas == pytest.approx([phase(*row).filled for row in rows], rel=1e-13)


@given(RATES, RATES, RATES, TIMES)
def test_nothing_appears_or_is_lost(k12, k21, out, hours):
    step, supplied = stretch(k12, k21, out, hours), 1.5 + 0.1 * hours
    plasma, tissue = step.after(1.0, 0.5, 0.1)
    kept = supplied - out * area(step, (k12, k21, out, hours), (1.0, 0.5, 0.1))
    assert min(plasma, tissue) >= 0
    assert plasma + tissue == pytest.approx(kept, rel=1e-9, abs=1e-9 * supplied)


@pytest.mark.parametrize(
    "rates", [(0.03, 0.0245, 0.003), (0.05, 0.036, 0.0036), (0.0, 0.0, 0.04), (1.0, 0.01, 0.2)]
)
@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_hours_until_a_level_is_back(rates, factor):
    tissue, inflow = steady(*rates)
    end = through(*rates, [RateSegment(2.0, 0.5, inflow)], 1.0, tissue)
    target = 1 - 0.1 * (1 - end.plasma)
    filled = (target - 0.01, 0.3 * tissue)  # plasma by the fluid, tissue not: it falls at first
    for state in ((end.plasma, end.tissue), filled):
        hours = hours_until(*rates, factor * inflow, *state, target)
        there = stretch(*rates, hours).after(*state, factor * inflow)[0]
        assert (there, hours > 0) == (pytest.approx(target, rel=1e-9), True)


def test_a_level_that_does_not_come_back():
    assert hours_until(0.03, 0.025, 0.003, 0.0015, 0.4, 1.0, 0.9) is None
    assert hours_until(0.03, 0.025, 0.003, 0.003, 0.95, 1.2, 0.9) == 0.0


def solved_loss(drug, dose, delay, volume, duration):
    """The same by DOP853 on the equations."""

    def rates(t, y, removing=0.0):
        saturable = drug.vmax * y[0] / (drug.km * drug.v1 + y[0])
        to_tissue = drug.q / drug.v1 * y[0] - (drug.q / drug.v2 * y[1] if drug.v2 else 0)
        lost = drug.cl / drug.v1 * y[0] + to_tissue + saturable + removing * y[0]
        return [-lost, to_tissue, removing * y[0]]

    start = solved(rates, [dose, 0, 0], delay, 1e-12 * dose)
    removing = partial(rates, removing=volume / duration / drug.v1)
    end = solved(removing, [*start[:2], 0], duration, 1e-12 * dose)
    return end[2] / (start[0] + start[1])


@pytest.mark.parametrize("delay", [4.0, 24.0, 72.0])
@pytest.mark.parametrize(
    ("drug", "dose"),
    [
        (Disposition(3.5, 2.9, 0.0125, 0.2 / 24, 7.5 / 24, 2.7), 560.0),
        (Disposition(4.83, 0.0, 0.0104, 0.0, 0.239, 4.22), 560.0),
        (Disposition(3.66, 3.13, 0.214 / 24, 0.624 / 24), 770.0),
        (Disposition(3.5, 2.9, 0.0125, 0.2 / 24, 7.5 / 24, 2.7), 5.0),
    ],
)
def test_loss_of_a_dose_against_a_solver(drug, dose, delay):
    found = dose_fraction_lost(drug, dose, delay, 3.0, 2.0)
    assert found == pytest.approx(solved_loss(drug, dose, delay, 3.0, 2.0), rel=1e-7)


def test_a_dose_at_the_start_of_the_exchange():
    for saturable, tolerance in (((), 1e-12), ((1e-9, 1.0), 1e-6)):
        drug = Disposition(3.0, 0.0, 0.0, 0.0, *saturable)
        found = dose_fraction_lost(drug, 1.0, 0.0, 3.0, 2.0)
        assert found == pytest.approx(1 - math.exp(-1), rel=tolerance)


def test_one_step_of_runge_kutta_is_exact_for_a_cubic_in_time_and_fourth_order_in_the_state():
    # Simpson's rule, in any number of steps; and the first five terms of e^h.
    for end, steps in ((2.0, 1), (4.0, 4), (3.0, 7)):
        (found,) = integrate(lambda t, y: (t**3,), (0.0,), end, steps)
        assert found == pytest.approx(end**4 / 4, rel=1e-12)
    (found,) = integrate(lambda t, y: (y[0],), (1.0,), 0.5, 1)
    assert found == pytest.approx(1 + 0.5 + 0.5**2 / 2 + 0.5**3 / 6 + 0.5**4 / 24, rel=1e-15)


@pytest.mark.parametrize(("changes", "steps"), [(0.0, 100), (5.0, 100), (5.01, 101), (30.0, 600)])
def test_twenty_steps_for_each_time_constant_at_least_a_hundred(changes, steps):
    assert steps_for(changes) == steps
