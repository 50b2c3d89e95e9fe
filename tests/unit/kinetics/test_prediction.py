"""The range of a level for one patient, scenarios of cytokines, sessions until a target."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexcalc.kinetics.prediction import (
    BETWEEN_PATIENTS,
    CARRIED,
    TIME,
    LevelRange,
    Spread,
    forecast,
    patient_range,
)
from pexcalc.kinetics.scenarios import _end_and_mean, level_at_end, scenarios
from pexcalc.kinetics.trajectory import CoursePlan, SessionPart, one_pool, trajectory
from tests.tools.coverage import falls, one_compartment, turnover

ONE = CoursePlan((SessionPart(1.0, 2.0),))
SIX = CoursePlan((SessionPart(1.0, 2.0),), 46.0, 6)
PROTEINS = ("igg", "iga", "igm", "albumin", "fibrinogen", "antithrombin", "c3", "crp")
volumes = st.floats(0.1, 3)
gaps = st.floats(6, 200)


def narrowed(share):
    """The spread between patients, with the ends moved toward the center."""
    moved = (
        (1 - share * (1 - one.low), 1.0, 1 + share * (one.high - 1)) for one in BETWEEN_PATIENTS
    )
    return Spread(*(LevelRange(*ends) for ends in moved))


EXAMPLES = [
    ("igg", 61.5, 38.2, 73.5, 87.7, 68.7, 93.3), ("igm", 62.3, 38.8, 74.4, 85.2, 64.8, 93.8),
    ("fibrinogen", 61.5, 38.1, 73.4, 80.9, 58.5, 91.5), ("crp", 61.3, 38.1, 73.3, 65.5, 42.0, 80.5),
]  # fmt: skip


@pytest.mark.parametrize(("key", "one", "low", "high", "six", "least", "most"), EXAMPLES)
def test_the_fall_after_one_and_six_sessions_is_that_of_the_reference(
    key, one, low, high, six, least, most
):
    course = forecast(turnover(key), SIX)
    assert falls(course.after(1)) == pytest.approx((low, one, high), abs=0.1)
    assert falls(course.after(6)) == pytest.approx((least, six, most), abs=1.55)
    assert falls(course.after(6)).typical == pytest.approx(six, abs=0.3)  # kel is the exact one now


def test_a_level_that_has_returned_has_no_range():
    assert patient_range(1.0, [0.5, 0.9]) == (1.0, 1.0, 1.0)
    assert patient_range(0.9, [1.0, 0.9]) == (pytest.approx(0.9), 0.9, 1.0)
    ends = patient_range(np.array([1.0, 0.5]), [np.array([0.5, 0.6])])
    for end, expected in zip(ends, ([1.0, 0.5], [1.0, 0.5], [1.0, 0.6])):
        assert end == pytest.approx(expected)
    igg = forecast(turnover("igg"), SIX)
    assert igg.before(1) == igg.body_before(1) == (1.0, 1.0, 1.0)


def test_with_solute_in_the_fluid_levels_may_rise_above_the_start_and_never_fall_below_none():
    assert patient_range(1.1, [1.3, 0.2, 0.1], CARRIED)[::2] == pytest.approx((0, 1.3))
    assert patient_range(1.0, [0.9], CARRIED) == pytest.approx((0.9, 1.0, 1.0))
    assert patient_range(4.0, [2.0, 8.0], TIME) == pytest.approx((2.0, 4.0, 8.0))
    plan = CoursePlan((SessionPart(1.0, 2.0, np.array([0.0, 1.5])),))
    assert plan.carried
    assert forecast(turnover("fibrinogen"), plan).after().high[1] > 1


@given(st.floats(0.001, 0.999), st.lists(st.floats(0.0, 1.0), max_size=8))
def test_the_range_holds_the_typical_level_and_every_single_deviation(center, others):
    low, typical, high = patient_range(center, others)
    assert 0 <= low <= typical <= high <= 1
    assert low <= min([center, *others]) * (1 + 1e-9) + 1e-12
    assert high >= max([center, *others]) * (1 - 1e-9) - 1e-12


@given(st.sampled_from(PROTEINS), volumes, gaps, st.integers(1, 8), st.floats(0.1, 0.9))
def test_levels_stay_between_none_and_the_start_and_narrow_with_knowledge(
    key, exchanged, gap, sessions, share
):
    plan = CoursePlan((SessionPart(exchanged, 2.0),), gap, sessions)
    spreads = (BETWEEN_PATIENTS, narrowed(share))
    wide, narrow = (forecast(turnover(key), plan, spread) for spread in spreads)
    levels = [*wide.later(30.0), wide.mean_level(), wide.limit_before(), wide.limit_after()]
    for name in ("after", "before", "body_after", "body_before"):
        level, known = (getattr(one, name)(sessions) for one in (wide, narrow))
        levels.append(level)
        assert level.typical == known.typical
        # A course is not monotone in the clock: the wide range may be short by a fraction of a point.
        assert level.low <= known.low + 0.005
        assert known.high <= level.high + 0.005
    for level in levels:
        assert 0 <= level.low <= level.typical <= level.high <= 1 + 1e-12


def test_between_sessions_the_low_end_does_not_fall():
    course = forecast(turnover("crp"), SIX)
    hours = (0.0, 12.0, 48.0, 200.0, 500.0)
    plasma, body = zip(*(course.later(wait, 1) for wait in hours))
    for levels, start in ((plasma, course.after(1)), (body, course.body_after(1))):
        assert levels[0] == pytest.approx(start, rel=1e-9)
        assert all(level.low >= start.low for level in levels)
        assert levels[-1].high == pytest.approx(1.0)
    near = forecast(one_compartment(0.5, 1.0, 60.0), ONE._replace(gap=10.0, sessions=2))
    floor = near.after().low  # the combined deviations went below it
    assert near.later(10.0, 1)[0].low == near.before(2).low == near.body_before(2).low == floor


def test_a_course_without_end_is_where_a_long_course_ends():
    course = forecast(turnover("fibrinogen"), SIX._replace(sessions=120))
    for limit, level in (
        (course.limit_after, course.after), (course.limit_before, course.before),
        (course.limit_body, course.body_after),
    ):  # fmt: skip
        assert limit() == pytest.approx(level(120), rel=1e-6)


def test_the_return_time_is_divided_by_the_clock():
    crp = forecast(turnover("crp"), ONE).return_time()
    assert crp == pytest.approx([19 * math.log2(10) / clock for clock in (2.0, 1.0, 0.3)])
    igg = forecast(turnover("igg"), ONE).return_time()
    assert igg.low < igg.typical / 2 < igg.typical / 0.3 < igg.high
    for supply in (1.0, 1.2):  # a level that has not fallen
        carried = CoursePlan((SessionPart(1.0, 2.0, supply),))
        assert forecast(turnover("fibrinogen"), carried).return_time() is None


def test_sessions_until_a_level_right_after_before_and_in_the_body():
    until = forecast(turnover("igg"), SIX).until(0.30)
    assert (until.after, until.before[1], until.body[1]) == ((1, 2, 7), 7, 5)
    assert until.before[2] is None
    assert forecast(turnover("crp"), SIX).until(0.05) == ((None,) * 3,) * 3
    # They are counted beyond the planned course, up to 365 sessions.
    course = forecast(turnover("igg"), CoursePlan((SessionPart(0.3, 2.0),), 46.0))
    assert course.until(0.40).after[1] > 8
    assert course.until(course.limit_after().typical * (1 - 1e-9)).after[1] is None
    slow = forecast(one_compartment(2e4, 2e4, 2e4), CoursePlan((SessionPart(0.005, 2.0),), 22.0))
    assert slow.limit_after().typical < 0.2
    assert (slow.until(0.2).after[1], slow.until(0.9).after) == (None, (16, 22, 43))


@pytest.mark.parametrize("key", PROTEINS)
def test_ranges_are_never_far_too_narrow(key):
    low, _, high = falls(forecast(turnover(key), ONE).after())
    assert high - low > 20
    for exchanged in (0.7, 1.0, 1.5):
        plan = CoursePlan((SessionPart(exchanged, 2.0),), 46.0, 6)
        six = forecast(turnover(key), plan).after(6)
        assert 100 * (six.high - six.low) > 10


@pytest.mark.parametrize("at_once", [False, True])
def test_the_return_of_a_scenario_is_that_of_its_half_lives_or_at_once(at_once):
    found = scenarios([one_pool(math.log(2) / end) for end in (2.6, 148.5)], ONE, at_once)
    back = [math.log2(10) * half_life for half_life in (0.0 if at_once else 2.6, 148.5)]
    assert found.return_time == pytest.approx(back)
    assert (found.other_mean.high == 2.0) == at_once  # the rest: test_expected.py


def test_sessions_at_once_are_one_longer_session():
    plans = CoursePlan((SessionPart(1.0, 2.0),), 0.0, 2), CoursePlan((SessionPart(2.0, 4.0),))
    for rates in (one_pool(0.2), turnover("igg").typical):
        two, one = (trajectory(rates, plan) for plan in plans)
        assert two.after[1] == pytest.approx(one.after[0], rel=1e-12)
        assert two.limits()[1] == pytest.approx(one.limits()[1], rel=1e-12)


@given(st.floats(0.007, 14), volumes, st.floats(0.5, 2.0))
def test_more_production_leaves_more(kel, exchanged, production):
    rates = one_pool(kel)
    plan = CoursePlan((SessionPart(exchanged, 2.0),))
    level = level_at_end(rates, plan, production=production)
    assert level <= level_at_end(rates, plan, production=production * 1.1)
    assert level <= level_at_end(rates, plan, 0.9, production) or production > 1
    half = plan._replace(parts=(SessionPart(2 * exchanged, 2.0),), efficiency=0.5)
    assert level_at_end(rates, half, production=production) == pytest.approx(level)


@pytest.mark.parametrize("production", [0.5, 1.0, 2.0])
def test_end_and_mean_of_a_scenario_are_those_of_the_trajectory(production):
    plan = CoursePlan((SessionPart(0.8, 1.0), SessionPart(0.4, 1.5, 0.7)))
    for rates in (one_pool(0.06), turnover("igg").typical):
        course = trajectory(rates, plan, 1.3, production=production)
        followed = course.after[0][0], course.mean_level(plan, 24.0)
        assert _end_and_mean(rates, plan, 1.3, production) == pytest.approx(followed, rel=1e-9)


def test_a_fluid_that_carries_little_leaves_most_where_it_clears_least():
    plan = CoursePlan((SessionPart(1.0, 2.0, 0.1),))
    for rates in (one_pool(0.2), turnover("igg").typical):
        ends = [level_at_end(rates, plan, *one) for one in ((1.4, 0.5), (0.5, 2.0))]
        assert scenarios([rates], plan).other == pytest.approx(ends, rel=1e-12)
