"""What a patient's own pairs and levels change, and which are refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexcalc.kinetics.learning import (
    CLOCK,
    VOLUME_FACTOR,
    Evidence,
    Pair,
    Returns,
    assay_variance,
    check_pair,
    check_solute,
    evidence_of,
    learn,
    log_eta,
    next_session,
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
    without = falls(forecast(IGG, ONE).after())
    assert (without.low, without.high) == pytest.approx((38, 73), abs=1)
    low, middle, high = falls(forecast(IGG, ONE, learn([pair(fall, 1, 0.095)]).spread).after())
    assert (low, middle, high) == pytest.approx((one[0], typical, one[1]), abs=1)
    both = learn([pair(fall, 1, 0.095), pair(fall, 2, 0.095)])
    low, _, high = falls(forecast(IGG, ONE, both.spread).after())
    assert (low, high) == pytest.approx(two, abs=1)


@pytest.mark.parametrize(
    ("key", "before", "after", "observed"),
    [
        ("igg", (53, 85), (70, 86), 82.0),
        ("iga", (49, 85), (65, 85), 80.4),
        ("igm", (56, 89), (72, 89), 87.3),
        ("fibrinogen", (52, 86), (68, 86), 80.9),
    ],
)
def test_ohkubo_as_one_patient(key, before, after, observed):
    known, plan = turnover(key), CoursePlan((SessionPart(0.9, 2.0),), 46.0, 3)
    modeled = trajectory(known.typical, plan).after[0][0]
    found = learn([Pair(1, 100.0, 36.5, modeled)])
    low, _, high = falls(forecast(known, plan).after(3))
    assert (low, high) == pytest.approx(before, abs=2)
    low, _, high = falls(forecast(known, plan, found.spread).after(3))
    assert (low, high) == pytest.approx(after, abs=2)
    assert low <= observed <= high


def test_keller_as_one_patient():
    known, plan = turnover("fibrinogen"), CoursePlan((SessionPart(4.6 / 3, 2.0),), 22.0, 5)
    modeled = trajectory(known.typical, plan).after[0][0]
    found = learn([Pair(1, 100.0, 25.0, modeled)])
    low, _, high = falls(forecast(known, plan, found.spread).later(0.5)[0])
    assert (low, high) == pytest.approx((86, 96), abs=2)
    assert low <= 89.3 <= high


# --- closed form ----------------------------------------------------------------------------------


def test_the_closed_form_is_that_of_the_reference():
    y, between, within = -0.4, 0.092, 0.019
    found = next_session(Evidence(y, within, 1))
    weight = between / (between + within)
    assert found.mean == pytest.approx(-0.16 + weight * (y + 0.16), abs=0.001)
    assert found.sd == pytest.approx(
        math.sqrt(between * within / (between + within) + 0.01), abs=0.001
    )
    assert found.sd == pytest.approx(0.16, abs=0.005)


def test_several_proteins_of_one_session_are_one_measurement_of_its_factor():
    single = evidence_of([pair(55)])
    triple = evidence_of([pair(55)] * 3)
    three = evidence_of([pair(55, session) for session in (1, 2, 3)])
    assay = assay_variance(1.0, 0.45)
    assert single.variance == pytest.approx(0.01 + assay)
    assert triple.variance == pytest.approx(0.01 + assay / 3)
    assert triple.sessions == 1
    assert three.variance == pytest.approx((0.01 + assay) / 3)
    assert three.sessions == 3


def test_a_small_fall_and_a_poor_assay_say_less():
    assert assay_variance(1.0, 0.9) > 10 * assay_variance(1.0, 0.4)
    assert assay_variance(1.0, 0.4, 0.12) == pytest.approx(4 * assay_variance(1.0, 0.4))
    tight, loose = (learn([Pair(1, 1.0, 0.5, MODELED, cv)]).posterior.eta for cv in (0.03, 0.2))
    assert tight.sd < loose.sd < VOLUME_FACTOR.sd
    assert abs(tight.mean - VOLUME_FACTOR.mean) > abs(loose.mean - VOLUME_FACTOR.mean)


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


def test_arrays_equal_scalars():
    after = np.array([0.3, 0.45, 0.6])
    for place, one in enumerate(after):
        assert log_eta(1.0, after, MODELED)[place] == pytest.approx(log_eta(1.0, one, MODELED))
        assert assay_variance(1.0, after)[place] == pytest.approx(assay_variance(1.0, float(one)))
    many = next_session(
        Evidence(log_eta(1.0, after, MODELED), 0.01 + assay_variance(1.0, after), 1)
    )
    single = next_session(evidence_of([pair(55)]))
    assert (many.mean[1], many.sd[1]) == pytest.approx(single)


# --- the grid -------------------------------------------------------------------------------------


def returns(eta, rho, sessions, key="igg"):
    """The levels before sessions of a patient with known factors."""
    rates = turnover(key).typical
    course = trajectory(rates, SIX, eta, rho)
    return Returns(
        rates, SIX, tuple((n, course.before[n - 1][0], 0.06) for n in range(2, sessions + 1))
    )


def test_a_grid_without_levels_before_sessions_equals_the_closed_form():
    found = evidence_of([pair(50), pair(60, 2)])
    for evidence in (found, None):
        closed, grid = (
            posterior(evidence),
            posterior(evidence, [returns(1, 1, 1)._replace(levels=((1, 1.0, 9e9),))]),
        )
        for one, other in zip(closed, grid):
            assert one.mean == pytest.approx(other.mean, abs=0.002)
            assert one.sd == pytest.approx(other.sd, rel=0.01)


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


# --- guard rails ----------------------------------------------------------------------------------


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


def test_an_unusual_factor_needs_a_check_or_a_second_session():
    low, near, usual = (
        Pair(n, 1.0, math.exp(factor * math.log(MODELED)), MODELED)
        for n, factor in ((1, 0.40), (2, 0.44), (3, 1.0))
    )
    assert unusual([low]) == (True,)
    assert unusual([low, usual]) == (True, False)
    assert unusual([low, near]) == (False, False)
    assert unusual([low, near._replace(session=1)]) == (True, True)
    aside = learn([low])
    assert (aside.posterior, aside.sessions, aside.aside) == (None, 0, (0,))
    assert aside.spread == BETWEEN_PATIENTS
    assert learn([low, usual]).aside == (0,)
    assert learn([low, usual]).posterior == learn([usual]).posterior
    confirmed = learn([low], confirmed=True)
    assert confirmed.aside == ()
    assert confirmed.spread.eta.typical < 0.6
    assert unusual([Pair(1, 1.0, math.exp(1.7 * math.log(MODELED)), MODELED)]) == (True,)


def test_without_pairs_the_forecast_is_that_without_levels():
    assert learn([]).spread == BETWEEN_PATIENTS


SOUND = {"grade": "A", "confined": True, "disturbed": False, "carried": False}


def test_a_plasma_protein_of_grade_a_is_taken():
    check_solute("fibrinogen", "measured[0].solute", **SOUND)
    check_solute("igm", "measured[0].solute", **{**SOUND, "disturbed": True})


@pytest.mark.parametrize(
    ("solute", "change"),
    [
        ("il6", {"confined": False}),
        ("vwf", {"grade": "B"}),
        ("albumin", {"carried": True}),
        ("fibrinogen", {"disturbed": True}),
        ("c3", {"disturbed": True}),
    ],
)
def test_a_solute_that_would_measure_the_disease_or_the_fluid_is_refused(solute, change):
    with pytest.raises(QuantityError) as error:
        check_solute(solute, "measured[0].solute", **{**SOUND, **change})
    assert error.value.fields == ("measured[0].solute",)
    assert error.value.got == solute
