"""Formulas with production: published vectors, inverse pairs, what is not feasible, other ways to the same number."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from pexcalc import QuantityError, fall_with_production, fraction_removed, two_compartment_course
from pexcalc.kinetics import turnover
from pexcalc.kinetics.case import PlasmaVolumes, Session
from pexcalc.kinetics.compartments import RateSegment, cycle, integrate, steady, stretch, through
from pexcalc.kinetics.dilution import concentration_unbalanced
from pexcalc.kinetics.removal import TurnoverRates, outcome
from pexcalc.kinetics.turnover import (
    EXCHANGED,
    fall_from_rates,
    fast_rate,
    plasma_volumes_two_compartments,
    plasma_volumes_with_production,
    session_unbalanced,
    sessions_without_refill,
    slow_rate,
)
from tests.support.patients import Q

IGG = (0.03, 0.0245454545, 0.0030562045)
HALF_LIVES = st.floats(0.01, 2000)
VOLUMES = st.floats(0.05, 4)
TIMES = st.floats(0.2, 20)


def rate(value):
    return Q(value, "1/h")


def hours(value):
    return Q(value, "h")


def igg_course(sessions, **more):
    return two_compartment_course(*map(rate, IGG), 1.0, hours(2), hours(24), sessions, **more)


# --- published vectors ------------------------------------------------------------------------------------------------


def test_published_course_of_igg():
    expected = [
        (100, 38.471),
        (63.802, 25.265),
        (48.716, 19.424),
        (38.897, 15.547),
        (31.722, 12.704),
        (26.368, 10.581),
    ]
    got = [(100 * before, 100 * after) for before, after in igg_course(6)]
    assert got == [pytest.approx(pair, abs=0.0005) for pair in expected]


def test_published_course_of_one_compartment():
    kel = rate(math.log(2) / 19)
    got = two_compartment_course(rate(0), rate(0), kel, 1.0, hours(2), hours(24), 4)
    expected = [(100, 38.674), (72.516, 29.274), (68.303, 27.834), (67.658, 27.613)]
    assert [(100 * a, 100 * b) for a, b in got] == [
        pytest.approx(pair, abs=0.0005) for pair in expected
    ]
    k = math.log(2) / 19
    before, _, after, _ = cycle(
        stretch(0.0, 0.0, k + 0.5, 2.0), stretch(0.0, 0.0, k, 22.0), k, k, 0.0
    )
    assert [100 * before, 100 * after] == pytest.approx([67.54, 27.57], abs=0.005)
    late = two_compartment_course(rate(0), rate(0), kel, 1.0, hours(2), hours(24), 60)[-1]
    assert late == pytest.approx((before, after), rel=1e-12)


def test_published_amount_removed_of_igg():
    k12, k21, kel = IGG
    tissue, inflow = steady(k12, k21, kel)
    passed = through(k12, k21, kel, [RateSegment(2.0, 0.5, inflow)], 1.0, tissue)
    assert passed.removed == pytest.approx(0.6387905, abs=5e-8)


@pytest.mark.parametrize(
    ("half_life", "fall", "ceiling", "pools", "rebound"),
    [(1 / 3, (19.3, 0.05), 19.4, 0.84, (1.1, 0.05)), (1.0, (38.1, 0.05), 41.9, 0.74, (3.3, 0.05)),
     (19.0, (61.3, 0.05), 93.2, 0.64, (63, 0.5))],
)  # fmt: skip
def test_published_session_with_steady_production(half_life, fall, ceiling, pools, rebound):
    """1 plasma volume in 2 h: fall, ceiling, amount removed in pools of plasma, time until 90 % of the fall is undone."""
    k = math.log(2) / half_life
    got = outcome(
        TurnoverRates(0.0, 0.0, k), PlasmaVolumes(1.0, 3000.0), Session(2.0, 1.0, 70.0, "steady")
    )
    assert 100 * got.fall == pytest.approx(fall[0], abs=fall[1])
    assert 100 * got.ceiling == pytest.approx(ceiling, abs=0.05)
    assert got.return_time_90 == pytest.approx(rebound[0], abs=rebound[1])
    passed = through(0.0, 0.0, k, [RateSegment(2.0, 0.5, k)], 1.0, 0.0)
    assert passed.removed == pytest.approx(pools, abs=0.005)


def test_published_terminal_half_life_of_igg():
    """With 7.57 % a day of the plasma pool lost (printed to 0.01) and k12 3 %/h, the terminal half-life is 21 d."""
    k12, k21, kel = rate(0.03), rate(0.0245454545), Q(7.57, "percent/day")
    slow = slow_rate(k21, kel, fast_rate(k12, k21, kel))
    assert math.log(2) / slow.m_as("1/day") == pytest.approx(21, abs=0.02)


def test_published_inverse_that_is_not_feasible():
    with pytest.raises(
        QuantityError, match=r"fall: got 50 %; expected less than 41.9 %, the ceiling at this pace"
    ):
        plasma_volumes_with_production(0.5, hours(1), rate(0.5))


# --- other ways to the same number ------------------------------------------------------------------------------------


def test_a_course_against_a_solver():
    k12, k21, kel = IGG
    tissue, inflow = steady(k12, k21, kel)
    state, levels = np.array([1.0, tissue]), []
    for _ in range(3):
        levels.append(state[0])
        for length, device in ((2, 0.5), (22, 0.0)):

            def rates(t, y, device=device):
                return [inflow - (kel + k12 + device) * y[0] + k21 * y[1], k12 * y[0] - k21 * y[1]]

            state = solve_ivp(rates, (0, length), state, method="DOP853", rtol=1e-12, atol=1e-14).y[
                :, -1
            ]
    assert [before for before, _ in igg_course(3)] == pytest.approx(levels, rel=1e-9)


@given(HALF_LIVES, VOLUMES, TIMES)
def test_one_compartment_is_two_without_tissue(half_life, volumes, duration):
    kel = math.log(2) / half_life
    (_, after), *_ = two_compartment_course(
        rate(0), rate(0), rate(kel), volumes, hours(duration), hours(duration + 1), 1
    )
    assert fall_with_production(hours(half_life), volumes, hours(duration)) == pytest.approx(
        1 - after, rel=1e-9
    )


@given(st.floats(0.001, 0.1), st.floats(0.01, 0.1), st.floats(0.01, 0.1), VOLUMES, TIMES)
def test_the_fall_from_rates_is_that_of_the_course(k12, k21, kel, volumes, duration):
    device = volumes / duration
    fast = fast_rate(rate(k12), rate(k21), rate(kel + device))
    slow = slow_rate(rate(k21), rate(kel + device), fast)
    fall = fall_from_rates(rate(device), rate(k21), slow, fast, hours(duration))
    (_, after), *_ = two_compartment_course(
        rate(k12), rate(k21), rate(kel), volumes, hours(duration), hours(duration), 1
    )
    assert fall == pytest.approx(1 - after, rel=1e-9)


def test_arrays_of_courses():
    k12 = np.array([0.0, 0.01, 0.03, 0.05])
    together = two_compartment_course(
        Q(k12, "1/h"), rate(0.0245), rate(0.003), 1.0, hours(2), hours(24), 3
    )
    for place, value in enumerate(k12):
        alone = two_compartment_course(
            rate(value), rate(0.0245), rate(0.003), 1.0, hours(2), hours(24), 3
        )
        for (before, after), pair in zip(together, alone):
            assert (before[place], after[place]) == pytest.approx(pair, rel=1e-13)


@pytest.mark.parametrize("half_life", [0.1, 1.0, 30.0])
@pytest.mark.parametrize(("balance", "sieving"), [(0.85, 1.0), (1.15, 1.0), (0.9, 0.6), (1.0, 1.0)])
def test_unbalanced_with_production_against_a_solver(half_life, balance, sieving):
    k, pace = math.log(2) / half_life, 0.5

    def rates(t, y):
        plasma = 1 - (1 - balance) * pace * t
        return k * 1.5 + balance * pace * 0.2 - (k + sieving * pace / plasma) * y

    amount = solve_ivp(rates, (0, 2), [1.0], method="DOP853", rtol=1e-12, atol=1e-14).y[0, -1]
    got = session_unbalanced(
        hours(half_life), 1.0, hours(2), balance, sieving, production=1.5, supply=0.2
    )
    assert got == pytest.approx((amount, amount / (1 - (1 - balance))), rel=1e-7)


def test_unbalanced_without_turnover_is_the_power_law():
    got = session_unbalanced(hours(20_000), 1.0, hours(2), 0.85, production=0.0)
    assert got[1] == pytest.approx(concentration_unbalanced(1.0, 0.85), rel=2e-4)
    with pytest.raises(QuantityError, match="leaves no plasma"):
        session_unbalanced(hours(1), 4.0, hours(2), 0.7)


# --- what must always hold --------------------------------------------------------------------------------------------


@given(HALF_LIVES, VOLUMES, TIMES)
def test_a_fall_lies_below_every_bound(half_life, volumes, duration):
    fall = fall_with_production(hours(half_life), volumes, hours(duration))
    assert 0 < fall <= fraction_removed(volumes) * (1 + 1e-12)
    device = volumes / duration
    assert fall <= device / (device + math.log(2) / half_life) * (1 + 1e-12)


@given(HALF_LIVES, st.floats(1.01, 3), VOLUMES, TIMES)
def test_a_slower_solute_falls_more(half_life, factor, volumes, duration):
    faster = fall_with_production(hours(half_life), volumes, hours(duration))
    assert fall_with_production(hours(half_life * factor), volumes, hours(duration)) > faster


@given(HALF_LIVES, st.floats(0.05, 2), st.floats(0.01, 0.99))
def test_the_inverse_gives_the_volumes_back(half_life, pace, share):
    fall = share * pace / (pace + math.log(2) / half_life)
    volumes = plasma_volumes_with_production(fall, hours(half_life), rate(pace))
    duration = volumes / pace
    if 0.1 <= duration <= 24 and 0.001 <= volumes <= 10:
        assert fall_with_production(hours(half_life), volumes, hours(duration)) == pytest.approx(
            fall, rel=1e-9
        )
    assert plasma_volumes_two_compartments(
        fall, rate(0), rate(0), rate(math.log(2) / half_life), rate(pace)
    ) == (pytest.approx(volumes, rel=1e-8))


def test_units_do_not_matter():
    got = fall_with_production(Q(1140, "minute"), 100 * Q(1, "percent"), Q(7200, "s"))
    assert got == pytest.approx(fall_with_production(hours(19), 1.0, hours(2)), rel=1e-12)
    percent = two_compartment_course(
        Q(3, "percent/hour"), Q(2.45454545, "percent/hour"), Q(0.30562045, "percent/hour"), 1.0, Q(120, "min"),
        Q(1, "day"), 2,
    )  # fmt: skip
    assert percent == [pytest.approx(pair, rel=1e-12) for pair in igg_course(2)]


def test_supply_and_production_in_the_level():
    level = session_unbalanced(hours(1), 1.0, hours(2), 1.0)[1]
    assert level == pytest.approx(1 - fall_with_production(hours(1), 1.0, hours(2)), rel=1e-9)
    assert session_unbalanced(hours(1), 1.0, hours(2), 1.0, supply=1.0)[1] == pytest.approx(
        1.0, rel=1e-9
    )
    assert session_unbalanced(hours(1), 1.0, hours(2), 1.0, production=3.0)[1] > 1.3


# --- what cannot be used ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sessions": 0}, "sessions: got 0; expected 1 to 365."),
        ({"sessions": 366}, "sessions: got 366; expected 1 to 365."),
        ({"sessions": 2.0}, "sessions: got 2.0; expected a whole number from 1 to 365."),
        ({"sessions": True}, "sessions: got True; expected a whole number from 1 to 365."),
        ({"duration": hours(0)}, "duration: got 0 h; expected 0.1 to 24 h for one session."),
        (
            {"interval": hours(1)},
            "interval: got 1 h; expected at least the duration of a session, 2 h.",
        ),
        (
            {"interval": hours(1.23456), "duration": hours(2.34567)},
            "interval: got 1.2346 h; expected at least the duration of a session, 2.3457 h.",
        ),
        (
            {"interval": hours(8760.5)},
            "interval: got 8,760.5 h; expected 0.1 to 8,760 h for the time from start to start.",
        ),
        ({"plasma_volumes": 25}, "plasma_volumes: got 25; expected 0.001 to 10 plasma volumes."),
        ({"sieving": 1.3}, "sieving: got 1.3; expected 0 to 1.2."),
        ({"sieving": -0.1}, "sieving: got -0.1; expected 0 to 1.2."),
        (
            {"plasma_volumes": 15},
            "plasma_volumes: got 15; expected 0.001 to 10 plasma volumes. Did you mean 1.5",
        ),
        ({"k12": 0.03}, "k12: got 0.03 without a unit; expected 0 to 100 /h."),
    ],
)
def test_course_arguments(change, words):
    given_ = {
        "k12": rate(0.03), "k21": rate(0.02), "kel": rate(0.003), "plasma_volumes": 1.0, "duration": hours(2),
        "interval": hours(24), "sessions": 2,
    }  # fmt: skip
    with pytest.raises(QuantityError) as caught:
        two_compartment_course(**{**given_, **change})
    assert str(caught.value).startswith(words)


def test_tissue_that_gives_nothing_back():
    course = two_compartment_course(rate(0.03), rate(0), rate(0.003), 1.0, hours(2), hours(24), 2)
    (_, alone), *_ = two_compartment_course(
        rate(0), rate(0), rate(0.033), 1.0, hours(2), hours(24), 1
    )
    assert course[0][1] == pytest.approx(alone, rel=1e-12)


def test_arrays_that_cannot_be_used():
    with pytest.raises(QuantityError, match="interval: got an array"):
        two_compartment_course(*map(rate, IGG), 1.0, hours(2), Q(np.array([1.0, 24.0]), "h"), 1)
    with pytest.raises(QuantityError, match="above the ceiling in the array"):
        plasma_volumes_with_production(np.array([0.1, 0.9]), hours(1), rate(0.5))
    with pytest.raises(QuantityError, match="half_life: got an array; expected one value"):
        session_unbalanced(Q(np.array([1.0, 2.0]), "h"), 1.0, hours(2), 0.9)


@pytest.mark.parametrize("fall", [0.5, 0.9])
def test_a_fall_above_the_ceiling_of_two_compartments(fall):
    with pytest.raises(
        QuantityError, match="fall: got .* %; expected less than 33.3 %, the ceiling at this pace"
    ):
        plasma_volumes_two_compartments(fall, rate(0.1), rate(0.1), rate(1.0), rate(0.5))


@given(st.floats(0.01, 0.99), st.floats(0.05, 0.95))
def test_sessions_without_refill_are_enough_and_not_too_many(fall, each):
    count = sessions_without_refill(fall, each)
    assert 1 - (1 - each) ** count >= fall - 1e-6
    assert count <= 1 or 1 - (1 - each) ** (count - 1) < fall + 1e-6


@given(HALF_LIVES, VOLUMES, TIMES)
def test_the_amount_removed_is_what_the_device_took(half_life, volumes, duration):
    k = math.log(2) / half_life
    passed = through(0.0, 0.0, k, [RateSegment(duration, volumes / duration, k)], 1.0, 0.0)
    both = k * duration + volumes
    removed = volumes * (k * duration - volumes * math.expm1(-both) / both) / both
    assert passed.removed == pytest.approx(removed, rel=1e-9)


def test_an_inverse_never_gives_a_number_that_does_not_reach():
    with pytest.raises(QuantityError, match="the ceiling at this pace"):
        plasma_volumes_two_compartments(0.9, rate(1.0), rate(1e-11), rate(0.001), rate(0.5))


def test_whole_numbers_of_any_kind_count_sessions():
    assert igg_course(np.int64(2)) == igg_course(2)


def test_arrays_that_do_not_go_together():
    with pytest.raises(QuantityError, match="arrays of one shape"):
        two_compartment_course(
            Q(np.array([0.01, 0.02]), "1/h"), Q(np.array([0.01, 0.02, 0.03]), "1/h"), rate(0.003), 1.0, hours(2),
            hours(24), 2,
        )  # fmt: skip


@pytest.mark.parametrize("production", [0.5, 1.0, 1.7])
def test_a_fluid_that_carries_the_solute_against_a_solver(production):
    turnover, device = math.log(2) / 5, 1.3 / 3
    end = solve_ivp(
        lambda t, y: turnover * production + device * 0.4 - (turnover + device) * y, (0, 3), [1.0], "DOP853", rtol=1e-12,
        atol=1e-14,
    ).y[0, -1]  # fmt: skip
    found = session_unbalanced(hours(5), 1.3, hours(3), 1.0, production=production, supply=0.4)
    assert found == pytest.approx((end, end), rel=1e-9)


def test_a_ceiling_is_said_to_a_tenth_and_never_rounded_up():
    # 1/(1 + ln 2/5.05) of the rate of the device: 87.93 %.
    with pytest.raises(QuantityError) as caught:
        plasma_volumes_with_production(0.8952, hours(5.05), rate(1.0))
    assert (
        str(caught.value)
        == "fall: got 89.5 %; expected less than 87.9 %, the ceiling at this pace."
    )


@pytest.mark.parametrize("mixing_volumes", [1.0, 1.6])
def test_a_solute_that_mixes_in_more_than_plasma_against_a_solver(mixing_volumes):
    turnover, device = math.log(2) / 7, 1.3 / mixing_volumes / 3
    end = solve_ivp(
        lambda t, y: turnover - (turnover + device) * y,
        (0, 3),
        [1.0],
        "DOP853",
        rtol=1e-12,
        atol=1e-14,
    ).y[0, -1]
    assert fall_with_production(hours(7), 1.3, hours(3), mixing_volumes) == pytest.approx(
        1 - end, rel=1e-9
    )


@pytest.mark.parametrize(
    ("fall", "sessions"), [(0.5, 1), (0.51, 2), (0.75, 2), (0.875, 3), (0.876, 4)]
)
def test_sessions_that_halve_a_level_each_time(fall, sessions):
    assert sessions_without_refill(fall, 0.5) == sessions
    assert sessions_without_refill(np.array([fall]), 0.5).tolist() == [sessions]


def test_a_session_must_leave_some_plasma():
    """3/4 of what is removed is replaced: 4 plasma volumes would take it all."""
    with pytest.raises(QuantityError, match="an exchange that leaves no plasma"):
        session_unbalanced(Q(20, "h"), 4.0, Q(8, "h"), 0.75)
    assert all(
        math.isfinite(value) for value in session_unbalanced(Q(20, "h"), 3.9, Q(8, "h"), 0.75)
    )


@pytest.mark.parametrize("balance", [1 - 1e-15, 1 - 1e-9, 1 + 1e-9])
def test_a_balance_of_almost_100_percent_is_that_of_100(balance):
    found = session_unbalanced(hours(5), 1.3, hours(3), balance, supply=0.4)
    assert found == pytest.approx(
        session_unbalanced(hours(5), 1.3, hours(3), 1.0, supply=0.4), rel=1e-8
    )


def test_a_session_that_leaves_almost_no_plasma_takes_few_steps(monkeypatch):
    counted = []

    def counting(rates, start, length, steps):
        counted.append(steps)
        return integrate(rates, start, length, min(steps, 10_000))

    monkeypatch.setattr(turnover, "integrate", counting)
    _, concentration = session_unbalanced(hours(20_000), 3.999999, hours(2), 0.75, production=0.0)
    assert concentration == pytest.approx(concentration_unbalanced(3.999999, 0.75), rel=2e-3)
    assert counted[0] < 10_000


def test_a_tenth_is_offered_where_that_is_usual():
    assert [EXCHANGED.meant((number,), None) for number in (15.0, 20.0, 25.0)] == [
        ["1.5 plasma volumes"], ["2 plasma volumes"], [],
    ]  # fmt: skip
