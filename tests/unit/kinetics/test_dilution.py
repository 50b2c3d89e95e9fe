"""The dilution law and what follows from it: inverses, limits, what is not feasible, an independent solver."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexcalc import (
    QuantityError,
    concentration_after,
    fraction_removed,
    plasma_volumes_for,
    remaining_unbalanced,
)
from pexcalc.kinetics.dilution import (
    concentration_unbalanced,
    plasma_last_for,
    plasma_volumes_to_reach,
    plasma_volumes_unbalanced,
    segment_level,
    volumes_of_plasma_last,
)
from tests.support.patients import Q
from tests.support.solver import solved

volumes = st.floats(0, 4)
sievings = st.floats(0.01, 1.2)
mixings = st.floats(0.01, 1)
levels = st.floats(0, 100)


@given(volumes, sievings, mixings)
def test_dilution_law_against_fifty_digits(x, s, e):
    with mpmath.workdps(50):
        exact = -mpmath.expm1(-mpmath.mpf(e) * mpmath.mpf(s) * mpmath.mpf(x))
    assert fraction_removed(x, s, e) == pytest.approx(float(exact), rel=1e-14, abs=1e-300)


@pytest.mark.parametrize("x", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("balance", [0.7, 0.85, 0.999999, 1.0, 1.15, 1.3])
@pytest.mark.parametrize("s", [0.4, 1.0, 1.19])
def test_unbalanced_exchange_against_a_solver(x, balance, s):
    # Amount M and plasma volume V, per plasma volume removed: dM = -s M/V, dV = balance - 1.
    amount, volume = solved(lambda t, y: [-s * y[0] / y[1], balance - 1], [1.0, 1.0], x)
    got = remaining_unbalanced(x, balance, s)
    assert got == pytest.approx((amount, amount / volume), rel=1e-9)


@pytest.mark.parametrize("s", [0.0, 1e-9, 0.3, 1.0, 1.2])
def test_segments_against_a_solver(s):
    level = 3.0
    for x, fluid in [(0.7, 0.0), (0.2, 2.5), (0.4, 1.0)]:
        level = solved(lambda t, y, fluid=fluid: fluid - s * y, level, x)[0]
    got = concentration_after(3.0, [(0.7, 0.0), (0.2, 2.5), (0.4, 1.0)], s)
    assert got == pytest.approx(level, rel=1e-10)


def test_published_vectors_of_the_pair():
    assert remaining_unbalanced(1, 0.85)._fields == ("amount", "concentration")
    assert remaining_unbalanced(1, 0.85) == pytest.approx((0.338423, 0.398144), abs=5e-7)
    assert remaining_unbalanced(1, 0.90) == pytest.approx((0.348678, 0.387420), abs=5e-7)
    balanced = remaining_unbalanced(1, Q(100, "percent"))
    assert balanced == pytest.approx((math.exp(-1), math.exp(-1)), rel=1e-14)


@given(volumes, sievings, mixings)
def test_the_inverse_gives_the_volume_back(x, s, e):
    removed = fraction_removed(x, s, e)
    assert 0 <= removed < fraction_removed(x + 0.01, s, e) < 1
    assert plasma_volumes_for(removed, s, e) == pytest.approx(x, rel=1e-9, abs=1e-12)


@given(st.floats(0.01, 1), st.floats(0.75, 1.3), st.floats(0.5, 1.2))
def test_the_unbalanced_inverse_gives_the_concentration_back(remaining, balance, s):
    x = plasma_volumes_unbalanced(remaining, balance, s)
    if x <= 10:
        assert concentration_unbalanced(x, balance, s) == pytest.approx(remaining, rel=1e-8)


@given(levels, st.lists(st.tuples(st.floats(0, 2), levels), max_size=4), sievings)
def test_a_level_never_leaves_the_range_of_what_it_is_mixed_from(initial, segments, s):
    level = concentration_after(initial, segments, s)
    ends = [initial, *(fluid / s for _, fluid in segments)]
    assert min(ends) - 1e-9 <= level <= max(ends) + 1e-9 * max(1, max(ends))


@given(levels, levels, volumes, st.floats(0, 1))
def test_one_segment_cut_in_two_is_the_same(initial, fluid, x, share):
    whole = concentration_after(initial, [(x, fluid)])
    parts = concentration_after(initial, [(share * x, fluid), ((1 - share) * x, fluid)])
    assert parts == pytest.approx(whole, rel=1e-9, abs=1e-12)


@given(st.floats(0.1, 100), levels, st.floats(0.01, 0.99), sievings)
def test_a_target_between_start_and_fluid_is_reached(initial, fluid, share, s):
    away = fluid / s - initial
    if abs(away) < 1e-6:
        return
    target = initial + share * away
    x = plasma_volumes_to_reach(initial, target, fluid, s)
    if 0 <= x <= 10:
        assert concentration_after(initial, [(x, fluid)], s) == pytest.approx(target, rel=1e-7)


def test_plasma_last_is_better_than_first_and_mixed():
    plasma, albumin = (0.3, 2.0), (0.7, 0.0)
    last, mixed, first = (
        concentration_after(3.0, fluids)
        for fluids in ([albumin, plasma], [(1.0, 0.6)], [plasma, albumin])
    )
    assert last > mixed > first
    x = plasma_last_for(3.0, 1.5, 2.0, 1.0)
    assert concentration_after(3.0, [(1 - x, 0.0), (x, 2.0)]) == pytest.approx(1.5)


def test_arrays_agree_with_scalars():
    x = np.array([0.0, 0.5, 1.0, 2.0])
    for call in (
        fraction_removed,
        lambda v: plasma_volumes_for(v / 3),
        lambda v: remaining_unbalanced(v, 0.9)[0],
        lambda v: remaining_unbalanced(v, 1.0)[1],
        lambda v: plasma_volumes_unbalanced(v / 4 + 0.1, 0.9),
        lambda v: plasma_volumes_to_reach(3.0, v / 2 + 0.5, 0.0),
        lambda v: plasma_last_for(3.0, 1.5, v / 10 + 2, 1.0),
        lambda v: segment_level(v, 1.0, 2.0),
        lambda v: concentration_after(v, [(0.5, 0.0), (0.3, 2.0)]),
    ):
        assert call(x) == pytest.approx([call(float(value)) for value in x], rel=1e-13)


def test_concentrations_keep_unit_and_registry(host):
    none = host.Quantity(0, "g/L")
    got = concentration_after(host.Quantity(300.0, "mg/dL"), [(0.7, none), (0.3, Q(2, "g/L"))])
    assert type(got) is host.Quantity
    assert got.m_as("g/L") == pytest.approx(1.6220, abs=5e-5)
    levels = host.Quantity(np.array([2.0, 3.0]), "g/L")
    found = concentration_after(levels, [(1.0, none)]).m_as("g/L")
    assert found == pytest.approx([0.73576, 1.10364], abs=1e-5)
    assert concentration_after(Q(50, "percent"), [(1.0, 0.0)]) == pytest.approx(0.5 * math.exp(-1))


START = 3.0 * math.exp(-1)
ENDS = "a level between 1.1036 (albumin only) and 2.3679 (all plasma)"


@pytest.mark.parametrize(
    ("function", "arguments", "says"),
    [
        (plasma_volumes_for, (1.0,), "less than 100 %"),
        (plasma_volumes_for, (Q(120, "percent"),), "got 120 %"),
        (plasma_volumes_for, (0.5, 0.0), "sieving: got 0;"),
        (fraction_removed, (15,), "plasma volumes. Did you mean 1.5 plasma volumes?"),
        (fraction_removed, (25,), "plasma_volumes: got 25; expected 0 to 10 plasma volumes."),
        (fraction_removed, (-1,), "plasma_volumes: got -1; expected 0 to 10 plasma volumes."),
        (fraction_removed, (1, 1.3), "sieving: got 1.3"),
        (fraction_removed, (1, -0.1), "sieving: got -0.1"),
        (fraction_removed, (1, 1, 1.1), "mixing: got 1.1"),
        (remaining_unbalanced, (1, 0.5), "fluid_balance: got 0.5; expected 70 to 130 %"),
        (remaining_unbalanced, (1, 85), "Did you mean 85 %?"),
        (remaining_unbalanced, (4, 0.7), "leaves no plasma"),
        (remaining_unbalanced, (np.array([1.0, 4.0]), 0.7), "leaves no plasma"),
        (concentration_unbalanced, (4.0, 0.75), "an exchange that leaves no plasma"),
        (plasma_volumes_unbalanced, (0.5, 0.7, 0.2), "does not fall"),
        (plasma_volumes_unbalanced, (0.5, 0.75, 0.25), "not above 1 - fluid balance"),
        (plasma_volumes_to_reach, (3.0, 4.0, 0.0), "a level between 3 (now) and 0"),
        (plasma_volumes_to_reach, (3.0, 0.0, 0.0), "never quite"),
        (plasma_volumes_to_reach, (1.0, 2.5, 2.0), "a level between 1 (now) and 2"),
        (plasma_volumes_to_reach, (2.0, 1.0, 2.0), "a level between 2 (now) and 2"),
        (plasma_volumes_to_reach, (np.array([3.0, 1.0]), 2.0, 0.0), "an array"),
        (plasma_last_for, (3.0, 1.0, 2.0, 1.0), ENDS),
        (plasma_last_for, (3.0, 2.5, 2.0, 1.0), "(all plasma)"),
        (volumes_of_plasma_last, (3.0, START, 2.0, 1.0), ENDS),
        (volumes_of_plasma_last, (3.0, START - 2.0 * math.expm1(-1), 2.0, 1.0), "albumin only"),
        (concentration_after, (Q(3, "g/L"), [(1.0, 2.0)]), "got 2 without a unit"),
        (concentration_after, (Q(3, "g/L"), [(1.0, Q(2, "mmol/L"))]),
         "segments[0] fluid_concentration: got 2 mmol/L"),
        (concentration_after, (3.0, [(1.0, Q(2, "g/L"))]), "got 2 g/L"),
        (concentration_after, (Q(3, "kg"), [(1.0, Q(2, "kg"))]), "a concentration such as 3 g/L"),
        (concentration_after, (3.0, [1.0]), "segments[0]: got another form"),
        (concentration_after, (Q(-3, "g/L"), []), "initial: got -3 g/L"),
        (concentration_after, (-0.5, [(1.0, 0.0)]), "initial: got -0.5"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_and_never_a_number(function, arguments, says):
    with pytest.raises(QuantityError) as caught:
        function(*arguments)
    assert says in str(caught.value)
    if function is fraction_removed:  # 2.5 plasma volumes is no usual dose
        assert ("Did you mean" in str(caught.value)) == ("Did you mean" in says)
    assert all("\n" not in str(one) for one in caught.value.faults)
