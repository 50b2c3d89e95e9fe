"""What a patient's own pairs and levels change, and which are refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexcalc.kinetics.learning import (
    CLOCK,
    VOLUME_FACTOR,
    Pair,
    Returns,
    assay_variance,
    check_pair,
    evidence_of,
    learn,
    posterior,
    unusual,
)
from pexcalc.kinetics.prediction import BETWEEN_PATIENTS, forecast
from pexcalc.kinetics.trajectory import CoursePlan, SessionPart, trajectory
from pexcalc.quantities.units import QuantityError
from tests.tools.coverage import falls, turnover

IGG = turnover("igg")
ONE = CoursePlan((SessionPart(1.0, 2.0),))
SIX = CoursePlan((SessionPart(1.0, 2.0),), 46.0, 6)
MODELED = trajectory(IGG.typical, ONE).after[0][0]


def pair(fall, session=1, sd=None):
    """A pair of IgG with a fall in percent; `sd` of its logarithm from two assays in place of a CV of 6 %."""
    after = 1 - fall / 100
    cv = 0.06 if sd is None else sd * abs(math.log(after)) / math.sqrt(2)
    return Pair(session, 1.0, after, MODELED, cv)


@pytest.mark.parametrize(
    ("fall", "typical", "one", "two"),
    [(45, 47, (39, 56), (39, 54)), (55, 55, (46, 65), (47, 63)), (68, 66, (56, 75), (59, 75))],
)
def test_the_next_session_after_one_and_two_pairs_is_that_of_the_reference(fall, typical, one, two):
    def ends(pairs):
        return falls(forecast(IGG, ONE, learn(pairs).spread).after())

    first, second = pair(fall, 1, 0.095), pair(fall, 2, 0.095)
    assert ends([])[::2] == pytest.approx((38, 73), abs=1)
    assert ends([first]) == pytest.approx((one[0], typical, one[1]), abs=1)
    assert ends([first, second])[::2] == pytest.approx(two, abs=1)


OHKUBO, KELLER = (0.9, 46.0, 3, 36.5), (4.6 / 3, 22.0, 5, 25.0)
# Volumes, hours between, sessions, percent left after the first; range without, with it; measured
SERIES = [
    ("igg", OHKUBO, (53, 85), (70, 86), 82.0), ("iga", OHKUBO, (49, 85), (65, 85), 80.4),
    ("igm", OHKUBO, (56, 89), (72, 89), 87.3), ("fibrinogen", OHKUBO, (52, 86), (68, 86), 80.9),
    ("fibrinogen", KELLER, None, (86, 96), 89.3),
]  # fmt: skip


@pytest.mark.parametrize(("key", "series", "before", "after", "observed"), SERIES)
def test_a_published_series_as_one_patient(key, series, before, after, observed):
    volumes, gap, sessions, left = series
    known, plan = turnover(key), CoursePlan((SessionPart(volumes, 2.0),), gap, sessions)
    found = learn([Pair(1, 100.0, left, trajectory(known.typical, plan).after[0][0])])

    def ends(course):
        return falls(course.later(0.5)[0] if series is KELLER else course.after(sessions))[::2]

    if before:
        assert ends(forecast(known, plan)) == pytest.approx(before, abs=2)
    low, high = ends(forecast(known, plan, found.spread))
    assert (low, high) == pytest.approx(after, abs=2)
    assert low <= observed <= high


def test_several_proteins_of_one_session_are_one_measurement_of_its_factor():
    assay = assay_variance(1.0, 0.45)
    for pairs, variance, sessions in (
        ([pair(55)], 0.01 + assay, 1),
        ([pair(55)] * 3, 0.01 + assay / 3, 1),
        ([pair(55, session) for session in (1, 2, 3)], (0.01 + assay) / 3, 3),
    ):
        found = evidence_of(pairs)
        assert found == (pytest.approx(pair(55).log_eta), pytest.approx(variance), sessions)


@given(st.floats(0.5, 1.5), st.floats(0.3, 2), st.integers(1, 4))
def test_a_pair_narrows_the_range(factor, exchanged, sessions):
    plan = CoursePlan((SessionPart(exchanged, 2.0),))
    modeled = trajectory(IGG.typical, plan).after[0][0]
    after = trajectory(IGG.typical, plan, factor).after[0][0]
    found = learn([Pair(n + 1, 8.0, 8.0 * after, modeled) for n in range(sessions)])
    assert found.posterior.eta.sd < VOLUME_FACTOR.sd
    lower, upper = (math.log(end) for end in found.spread.eta[::2])
    assert upper - lower < math.log(1.4 / 0.5)
    assert min(factor, 0.85) - 1e-9 <= found.spread.eta.typical <= max(factor, 0.85) + 1e-9 or (
        abs(math.log(found.spread.eta.typical / factor)) < 0.06  # one and two compartments differ
    )
    level = forecast(IGG, plan, found.spread).after()
    assert level.low <= level.typical <= level.high


def returns(eta, rho, sessions):
    """The levels of IgG before sessions of a patient with known factors."""
    course = trajectory(IGG.typical, SIX, eta, rho)
    levels = tuple((n, course.before[n - 1][0], 0.06) for n in range(2, sessions + 1))
    return Returns(IGG.typical, SIX, levels)


def test_levels_before_sessions_inform_the_clock_and_hardly_the_volume():
    known = evidence_of([pair(60)])
    alone = posterior(known)
    for rho in (0.35, 1.8):
        found = posterior(known, [returns(0.9, rho, 3)])
        assert found.rho.sd < 0.9 * CLOCK.sd
        assert (found.rho.mean - CLOCK.mean) * (math.log(rho) - CLOCK.mean) > 0
        assert found.eta.mean == pytest.approx(alone.eta.mean, abs=0.1)
    only = learn([], [returns(0.9, 0.35, 3)])
    assert only.sessions == 0
    assert only.spread.rho.typical < math.exp(CLOCK.mean)


@pytest.mark.parametrize("after", [1.0, 1.2, 0.0])
def test_a_level_that_did_not_fall_is_refused(after):
    with pytest.raises(QuantityError) as error:
        learn([pair(55), Pair(2, 1.0, after, MODELED)], field="measured")
    assert error.value.fields == ("measured[1].before", "measured[1].after")


@pytest.mark.parametrize("factor", [0.2, 0.24, 2.05])
def test_a_factor_that_no_exchange_explains_is_refused(factor):
    after = math.exp(factor * math.log(MODELED))
    with pytest.raises(QuantityError, match="tube, time of the sample") as error:
        check_pair(Pair(1, 1.0, after, MODELED), "measured[0]")
    assert error.value.fields == ("measured[0].before", "measured[0].after")
    assert error.value.kind == "range"
    falls = f"a fall of {100 * (1 - after):.0f} % where {100 * (1 - MODELED):.0f} % is predicted"
    assert error.value.got.startswith(falls)


def test_an_unusual_factor_needs_a_check_or_a_second_session():
    low, near, usual, high = (
        Pair(n, 1.0, math.exp(factor * math.log(MODELED)), MODELED)
        for n, factor in ((1, 0.40), (2, 0.44), (3, 1.0), (1, 1.7))
    )
    for pairs, expected in (
        ([low], [True]), ([high], [True]), ([low, usual], [True, False]),
        ([low, near], [False, False]), ([low, near._replace(session=1)], [True, True]),
    ):  # fmt: skip
        assert unusual(pairs) == tuple(expected)
    aside = learn([low])
    assert (aside.posterior, aside.sessions, aside.aside) == (None, 0, (0,))
    assert aside.spread == learn([]).spread == BETWEEN_PATIENTS
    assert learn([low, usual]).aside == (0,)
    assert learn([low, usual]).posterior == learn([usual]).posterior
    confirmed = learn([low], confirmed=True)
    assert confirmed.aside == ()
    assert confirmed.spread.eta.typical < 0.6
