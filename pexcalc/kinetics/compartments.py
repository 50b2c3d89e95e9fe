"""One and two compartments on plain numbers: hours, rates per hour, fractions of a plasma pool.

Everything uses `stretch()`, the exact solution over an interval of constant rates. One compartment
is two with k12 = 0. The formulas with units are in turnover.py, the dilution law in dilution.py,
one solute and one patient in removal.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pexcalc.quantities.formula import Value

# --- the map of one stretch of constant conditions ------------------------------------------------


class Stretch(NamedTuple):
    """The map of both pools over an interval of constant rates.

    `e` is the exponential of the rates, `i` its integral over time. The inflow enters plasma, so it
    adds `i11` to plasma and `i21` to tissue.
    """

    e11: Value
    e12: Value
    e21: Value
    e22: Value
    i11: Value
    i12: Value
    i21: Value

    def after(self, plasma: Value, tissue: Value, inflow: Value) -> tuple[Value, Value]:
        """Plasma and tissue pool at the end of the stretch."""
        return (
            self.e11 * plasma + self.e12 * tissue + self.i11 * inflow,
            self.e21 * plasma + self.e22 * tissue + self.i21 * inflow,
        )


def stretch(k12: Value, k21: Value, out: Value, hours: Value, m: Any = math) -> Stretch:
    """The map over `hours` with exchange rates k12 and k21 and loss from plasma at the rate `out`.

    Divided differences of exp at the eigenvalues l1 >= l2 (both zero or negative) and 0; every
    entry is a sum of terms of one sign, so nothing cancels, and no case is singular.
    """
    if m is math and k12 == k21 == 0:
        return _without_tissue(out, hours)
    return _stretch(k12, k21, _modes(k12, k21, out, m), hours, m)


class Phase(NamedTuple):
    """An interval of constant rates: the map of the pools, and the area that an inflow adds.

    `filled` is the area under a plasma pool that starts empty, for an inflow of one pool per hour.
    """

    step: Stretch
    filled: Value

    def run(self, plasma: Value, tissue: Value, inflow: Value) -> tuple[Value, Value, Value]:
        """Plasma and tissue at the end, and the area under plasma."""
        area = self.step.i11 * plasma + self.step.i12 * tissue + self.filled * inflow
        return *self.step.after(plasma, tissue, inflow), area


def phase(k12: Value, k21: Value, out: Value, hours: Value, m: Any = math) -> Phase:
    """Constant conditions as for `stretch`, with the area under plasma."""
    if m is math and k12 == k21 == 0:
        return Phase(_without_tissue(out, hours), hours**2 * _double(-out * hours, m))
    modes = _modes(k12, k21, out, m)
    w1, w2, apart = modes.slow * hours, modes.fast * hours, modes.gap * hours
    double, wider = _second_differences(w1, w2, apart, m)
    area = hours**2 * (double + modes.plasma_share * hours * wider)
    return Phase(_stretch(k12, k21, modes, hours, m), area)


def _without_tissue(out: float, hours: float) -> Stretch:
    """The map of one compartment, where nothing enters or leaves tissue."""
    w = -out * hours
    return Stretch(math.exp(w), 0.0, 0.0, 1.0, hours * _phi(w, math), 0.0, 0.0)


class Modes(NamedTuple):
    """The two ways in which two pools empty: eigenvalues slow >= fast, both zero or negative.

    `gap` is their distance; `plasma_share` is slow + k21 and `tissue_share` is slow + out + k12,
    both without cancellation.
    """

    slow: Value
    fast: Value
    gap: Value
    plasma_share: Value
    tissue_share: Value


def _modes(k12: Value, k21: Value, out: Value, m: Any) -> Modes:
    """The eigenvalues of the rate matrix, from the larger root of its quadratic equation."""
    skew = out + k12 - k21
    gap = m.sqrt(skew * skew + 4 * k12 * k21)
    larger = (gap + abs(skew)) / 2
    smaller = k12 * k21 / (larger + (larger == 0))
    fast = -(out + k12 + k21 + gap) / 2
    slow = out * k21 / (fast - (fast == 0))
    tissue_slower = skew < 0
    return Modes(
        slow,
        fast,
        gap,
        pick(tissue_slower, larger, smaller, m),
        pick(tissue_slower, smaller, larger, m),
    )


def _stretch(k12: Value, k21: Value, modes: Modes, hours: Value, m: Any) -> Stretch:
    """The map over `hours` from the eigenvalues."""
    w1, w2, apart = modes.slow * hours, modes.fast * hours, modes.gap * hours
    second = m.exp(w2)
    first = hours * m.exp(w1) * _phi(-apart, m)
    phi, wide = differences(w1, w2, apart, m)
    phi, wide = hours * phi, hours * (hours * wide)
    return Stretch(
        second + modes.plasma_share * first,
        k21 * first,
        k12 * first,
        second + modes.tissue_share * first,
        phi + modes.plasma_share * wide,
        k21 * wide,
        k12 * wide,
    )


# --- divided differences of exp -------------------------------------------------------------------

# Below this distance from 0 a recurrence that divides by it loses digits, and a short series is
# exact.
NEAR, TERMS = 0.25, 11  # derived: where a series is used, and its length


def differences(w1: Value, w2: Value, apart: Value, m: Any) -> tuple[Value, Value]:
    """Divided differences of exp at (0, w2) and (0, w1, w2), for 0 >= w1 >= w2 = w1 - apart."""
    if m is math:
        return _phi(w2, m), _wide(w1, w2, apart, m) if w2 < -NEAR else _series(w1, w2, 2)
    far = w2 < -NEAR
    series = _series(m.where(far, 0.0, w1), m.where(far, 0.0, w2), 2)
    return _phi(w2, m), m.where(far, _wide(w1, m.where(far, w2, -1.0), apart, m), series)


def _second_differences(w1: Value, w2: Value, apart: Value, m: Any) -> tuple[Value, Value]:
    """Divided differences of exp at (0, 0, w2) and (0, 0, w1, w2)."""
    double = _double(w2, m)
    if m is math:
        if w2 < -NEAR:
            return double, (_double(w1, m) - _wide(w1, w2, apart, m)) / -w2
        return double, _series(w1, w2, 3)
    far = w2 < -NEAR
    safe = m.where(far, w2, -1.0)
    series = _series(m.where(far, 0.0, w1), m.where(far, 0.0, w2), 3)
    return double, m.where(far, (_double(w1, m) - _wide(w1, safe, apart, m)) / -safe, series)


def _wide(w1: Value, w2: Value, apart: Value, m: Any) -> Value:
    """Divided difference of exp at (0, w1, w2), away from 0."""
    return (_phi(w1, m) - m.exp(w1) * _phi(-apart, m)) / -w2


def _series(w1: Value, w2: Value, first: int) -> Value:
    """Sum of h_k(w1, w2)/(k + first)!, h_k the complete homogeneous polynomial of degree k."""
    total, both, power, factorial = 0.0, 1.0, 1.0, math.factorial(first)
    for k in range(TERMS):
        total = total + both / factorial
        factorial *= k + first + 1
        power = power * w2
        both = both * w1 + power
    return total


def _phi(w: Value, m: Any) -> Value:
    """expm1(w)/w, 1 at 0."""
    safe = w + (w == 0) * 1e-300
    return m.expm1(safe) / safe


def _double(w: Value, m: Any) -> Value:
    """(expm1(w) - w)/w**2, 1/2 at 0."""
    if m is math:
        return (1 - _phi(w, m)) / -w if w < -NEAR else _series(w, 0.0, 2)
    far = w < -NEAR
    return m.where(
        far, (1 - _phi(w, m)) / -m.where(far, w, -1.0), _series(m.where(far, 0.0, w), 0.0, 2)
    )


def pick(condition: Any, one: Value, other: Value, m: Any) -> Value:
    """Return one of two floats or, where `m` is numpy, of two arrays place by place."""
    return m.where(condition, one, other) if m is not math else one if condition else other


# --- a session, segment by segment ----------------------------------------------------------------


class RateSegment(NamedTuple):
    """Constant conditions: hours, removal rate of the device, inflow in pools per hour."""

    hours: Value
    device: Value
    inflow: Value


class Passed(NamedTuple):
    """What segments lead to: both pools, what the device removed, the area under plasma."""

    plasma: Value
    tissue: Value
    removed: Value
    area: Value


def steady(k12: Value, k21: Value, kel: Value) -> tuple[Value, Value]:
    """The tissue pool beside a plasma pool of 1 at steady state, and the inflow that keeps it.

    With k21 = 0 nothing returns from tissue.
    """
    one_way = k21 == 0
    return k12 * (1 - one_way) / (k21 + one_way), kel + k12 * one_way


def through(
    k12: Value,
    k21: Value,
    kel: Value,
    segments: Iterable[RateSegment],
    plasma: Value,
    tissue: Value,
    m: Any = math,
) -> Passed:
    """Run segments of constant conditions in sequence from a state."""
    removed = area = 0.0
    for hours, device, inflow in segments:
        during = phase(k12, k21, kel + device, hours, m)
        plasma, tissue, under = during.run(plasma, tissue, inflow)
        removed, area = removed + device * under, area + under
    return Passed(plasma, tissue, removed, area)


def hours_until(
    k12: float, k21: float, kel: float, inflow: float, plasma: float, tissue: float, target: float
) -> float | None:
    """Hours without exchange until plasma is back at a level; None where it never is.

    Needs kel > 0. Newton's method on the logarithm of the gap, which is convex after an exchange:
    it never oversteps. Where the fluid has filled plasma and not the tissue, plasma falls at first:
    then the time is doubled until it lies beyond, and what Newton's method proposes outside of the
    two times around it is replaced by their middle.
    """
    pool, holds = steady(k12, k21, kel)
    end = inflow / holds  # where plasma ends
    if plasma >= target:
        return 0.0
    if end <= target:
        return None
    modes, time, rounds, start = _modes(k12, k21, kel, math), 0.0, 0, (plasma, tissue)
    low, high = 0.0, math.inf
    while True:
        gap, tissue_gap = end - plasma, pool * end - tissue
        low, high = (time, high) if gap > end - target else (low, time)
        speed = kel + k12 - k21 * tissue_gap / gap if gap > 0 else 0.0
        found = time + math.log(gap / (end - target)) / speed if speed > 0 else math.nan
        if not low <= found <= high:
            found = (low + high) / 2 if high < math.inf else 2 * low + 1 / (kel + k12)
        move, time, rounds = found - time, found, rounds + 1
        # A tiny gap holds few digits, and the moves then never vanish.
        if abs(move) <= 1e-9 * time or rounds == 100:  # derived: Newton's method
            return float(time)
        plasma, tissue = _stretch(k12, k21, modes, time, math).after(*start, inflow)


def integrate(
    rates: Callable[[float, tuple[float, ...]], tuple[float, ...]],
    state: tuple[float, ...],
    hours: float,
    steps: int,
) -> tuple[float, ...]:
    """Fixed-step Runge-Kutta of order 4, for the two cases without a closed form.

    They are saturable elimination, and production with a fluid balance other than 100 %.
    """
    h = hours / steps
    for step in range(steps):
        t = step * h
        a = rates(t, state)
        b = rates(t + h / 2, tuple(x + h / 2 * y for x, y in zip(state, a)))
        c = rates(t + h / 2, tuple(x + h / 2 * y for x, y in zip(state, b)))
        d = rates(t + h, tuple(x + h * y for x, y in zip(state, c)))
        # derived: Runge-Kutta
        state = tuple(
            x + h / 6 * (p + 2 * q + 2 * r + s) for x, p, q, r, s in zip(state, a, b, c, d)
        )
    return state


def steps_for(changes: float) -> int:
    """Steps for `changes` time constants: 20 for each, at least 100."""
    return max(100, math.ceil(20 * changes))  # derived: accuracy of the method


def course_levels(
    k12: Value,
    k21: Value,
    kel: Value,
    device: Value,
    hours: Value,
    gap: Value,
    sessions: int,
    m: Any = math,
) -> list[tuple[Value, Value]]:
    """Plasma before and after each of some equal sessions, from a steady state of 1."""
    tissue, inflow = steady(k12, k21, kel)
    on, off = stretch(k12, k21, kel + device, hours, m), stretch(k12, k21, kel, gap, m)
    plasma: Value = k12 * 0 + 1.0
    levels = []
    for _ in range(sessions):
        end, tissue = on.after(plasma, tissue, inflow)
        levels.append((plasma, end))
        plasma, tissue = off.after(end, tissue, inflow)
    return levels


def cycle(
    on: Stretch, off: Stretch, inflow_on: Value, inflow_off: Value, k12: Value
) -> tuple[Value, ...]:
    """The state to which a session and the gap behind it lead back: the limit of a course.

    Returns plasma and tissue before a session, then plasma and tissue after it. A cycle maps the
    state x to A x + b, so the limit solves (1 - A) x = b. With k12 = 0 tissue takes no part; its
    equation is replaced by tissue = 0.
    """
    alone = k12 == 0
    # b: where a cycle that starts with both pools empty ends.
    b1, b2 = off.after(*on.after(0.0, 0.0, inflow_on), inflow_off)
    # A, column by column: where a cycle without inflow takes a pool of 1.
    a11, a21 = off.after(on.e11, on.e21, 0.0)
    a12, a22 = off.after(on.e12, on.e22, 0.0)
    # (1 - A) x = b by Cramer's rule.
    left11, left22 = 1 - a11, 1 - a22 * (1 - alone)
    determinant = left11 * left22 - a12 * a21
    plasma = (left22 * b1 + a12 * b2) / determinant
    tissue = (left11 * b2 + a21 * b1) / determinant
    return plasma, tissue, *on.after(plasma, tissue, inflow_on)


# --- a dose given before an exchange --------------------------------------------------------------


class Disposition(NamedTuple):
    """How a medicine spreads and leaves.

    Volumes in L, clearances in L/h, saturable elimination in mg/h and mg/L.
    """

    v1: float
    v2: float
    cl: float
    q: float
    vmax: float = 0.0
    km: float = 1.0


def dose_fraction_lost(
    drug: Disposition, dose: float, delay: float, volume: float, duration: float
) -> float:
    """Fraction of the body amount that an exchange removes, some time after a dose.

    `dose` in mg (it matters only with saturable elimination), `delay` h before the exchange of
    `volume` L over `duration` h. The body amount is that at the start of the exchange, which mixes
    in the central volume.
    """
    k12, k21 = drug.q / drug.v1, drug.q / drug.v2 if drug.v2 else 0.0
    kel, device = drug.cl / drug.v1, volume / duration / drug.v1
    if not drug.vmax:
        plasma, tissue = stretch(k12, k21, kel, delay).after(1.0, 0.0, 0.0)
        passed = through(k12, k21, kel, [RateSegment(duration, device, 0.0)], plasma, tissue)
        return float(passed.removed / (plasma + tissue))

    def rates(removing: float) -> Callable[[float, tuple[float, ...]], tuple[float, ...]]:
        def at(t: float, state: tuple[float, ...]) -> tuple[float, ...]:
            m1, m2, _ = state
            saturable = drug.vmax * m1 / (drug.km * drug.v1 + m1)
            return (
                k21 * m2 - (kel + k12 + removing) * m1 - saturable,
                k12 * m1 - k21 * m2,
                removing * m1,
            )

        return at

    fastest = kel + k12 + k21 + drug.vmax / (drug.km * drug.v1)
    m1, m2, _ = (
        integrate(rates(0.0), (dose, 0.0, 0.0), delay, steps_for(fastest * delay))
        if delay
        else (dose, 0.0, 0.0)
    )
    removed = integrate(
        rates(device), (m1, m2, 0.0), duration, steps_for((fastest + device) * duration)
    )[2]
    return float(removed / (m1 + m2))
