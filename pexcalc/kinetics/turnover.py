"""Formulas with production: what a session does, the levels of a course, how much exchange a target takes.

One compartment (closed forms) and two (the map of compartments.py), with units. What it means for
one solute and one patient is in removal.py; the dilution law, without production, is in
dilution.py.
"""

from __future__ import annotations

import math
from operator import index
from typing import Any

from pexcalc.kinetics.compartments import (
    course_levels,
    differences,
    integrate,
    pick,
    steady,
    steps_for,
    stretch,
)
from pexcalc.kinetics.dilution import FLUID_BALANCE, SIEVING
from pexcalc.order.fields import ANY_WEIGHT, STATED_VOLUME
from pexcalc.quantities import units
from pexcalc.quantities.argument import In, lowest
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import Value, check_shapes, formula, math_for

HALF_LIFE = In("h", 0.001, 20_000, likely=("h", "min", "d"))
DURATION = In("h", 0.1, 24, "h", "one session", likely=("h", "min"))
INTERVAL = In("h", 0.1, 8760, "h", "the time from start to start", likely=("h", "d"))
EXCHANGED = In("1", 0.001, 10, "plasma volumes", slips=(0.1,), usual=(0.7, 2))
RATE = In("/h", 0, 100)
SOME_RATE = In("/h", 0.0001, 100)
FALL = In("1", 0, 1, "%", open_high=True)
MIXING_VOLUMES = In("1", 0.5, 1e6, "plasma volumes")
MULTIPLE = In("1", 0, 1000)
PACE = In("/h", 0.01, 10)
MOST_SESSIONS = 365  # judgement: a session a day for a year

_ONE = "one compartment at steady production before the exchange; sieving 1; fluid without the solute; balance 100 %"
_TWO = "two compartments at steady production before the exchange; fluid without the solute; balance 100 %"
_STRUCTURE = "a model: production and clearance may change during the exchange, and refill from tissue is left out"
_REFILL = (
    "about 7 points for intravascular proteins; catabolism and binding outside plasma are left out"
)


# --- one compartment with production --------------------------------------------------------------


@formula(
    "1",
    "plasma_volumes/(plasma_volumes + log(2)/half_life*duration*mixing_volumes)"
    "*(1 - exp(-(log(2)/half_life*duration + plasma_volumes/mixing_volumes)))",
    source="turnover-model",
    tag="derived",
    validity=_ONE,
    error=_STRUCTURE,
    half_life=HALF_LIFE,
    plasma_volumes=EXCHANGED,
    duration=DURATION,
    mixing_volumes=MIXING_VOLUMES,
)
def fall_with_production(
    half_life: Value,
    plasma_volumes: Value,
    duration: Value,
    mixing_volumes: Value = 1.0,
    *,
    m: Any = math,
) -> Value:
    """Fraction by which a level has fallen at the end of a session, with steady production and elimination.

    Parameters: half_life (of the pool that is exchanged: ln 2 x plasma volume / clearance; a
    terminal half-life is an upper bound of it; 0.001 to 20,000 h), plasma_volumes (0.001 to 10),
    duration (of the session, 0.1 to 24 h), mixing_volumes (volume the solute mixes in during the
    session, in plasma volumes); scalars or arrays. Returns: plain fraction. Raises QuantityError. A
    prediction, not validated for cytokines. Source: turnover-model (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(fall_with_production(Q(1, "h"), 1.0, Q(120, "min")), 3)
    0.381
    """
    lost, device = math.log(2) / half_life * duration, plasma_volumes / mixing_volumes
    return -device / (lost + device) * m.expm1(-(lost + device))


@formula(
    "h",
    "log(2)*plasma_volume/(clearance*60*weight/70)",
    source="turnover-model",
    tag="derived",
    validity="clearance from plasma, scaled from 70 kg by weight (judgement)",
    error="clearance was not measured in this disease: half to double is taken as its range",
    plasma_volume=STATED_VOLUME,
    clearance=In("mL/min", 0.001, 100_000),
    weight=ANY_WEIGHT,
)
def turnover_half_life(plasma_volume: Value, clearance: Value, weight: Value) -> Value:
    """Half-life of the plasma pool that a clearance means for a patient.

    Parameters: plasma_volume, clearance (endogenous, of an adult of 70 kg), weight; scalars or
    arrays. Returns: time in h. Raises QuantityError. Source: turnover-model (derived; scaling by
    weight is a judgement).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(turnover_half_life(Q(3, "L"), Q(75.8, "mL/min"), Q(70, "kg")).m_as("h"), 2)
    0.46
    """
    return math.log(2) * plasma_volume / (clearance * 60 * weight / 70)


@formula(
    "1",
    "-log(((1 - fall)*plasma_volumes_per_hour - fall*log(2)/half_life)/plasma_volumes_per_hour)"
    "*plasma_volumes_per_hour/(log(2)/half_life + plasma_volumes_per_hour)",
    source="turnover-model",
    tag="derived",
    validity=_ONE,
    error=_STRUCTURE,
    fall=FALL,
    half_life=HALF_LIFE,
    plasma_volumes_per_hour=PACE,
)
def plasma_volumes_with_production(
    fall: Value, half_life: Value, plasma_volumes_per_hour: Value, *, m: Any = math
) -> Value:
    """Plasma volumes that lower a level by a fraction against steady production, at a fixed pace.

    Parameters: fall (fraction of the level before the session, 0 to less than 100 %), half_life (as
    `fall_with_production`), plasma_volumes_per_hour (a rate such as 0.5 /h, 0.01 to 10 /h); scalars
    or arrays. Returns: plain number of plasma volumes; divided by the pace it is the duration,
    which may be longer than one session. Raises QuantityError with the ceiling where no duration is
    enough. A prediction, not validated for cytokines. Source: turnover-model (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(plasma_volumes_with_production(0.5, Q(19, "h"), Q(0.5, "1/h")), 3)
    0.717
    """
    all_loss = math.log(2) / half_life + plasma_volumes_per_hour
    ceiling = plasma_volumes_per_hour / all_loss
    left = (1 - fall) * plasma_volumes_per_hour - fall * math.log(
        2
    ) / half_life  # keeps its digits near the ceiling
    if lowest(left) <= 0:
        raise unreachable(fall, ceiling)
    return -m.log(left / plasma_volumes_per_hour) * ceiling


def unreachable(fall: Value, ceiling: Value) -> QuantityError:
    """The error for a fall that no exchange at this pace reaches, with the ceiling."""
    if getattr(fall, "shape", ()) or getattr(ceiling, "shape", ()):
        return QuantityError(
            "fall",
            "a fall above the ceiling in the array",
            "less than device/(device + turnover)",
            kind="range",
        )
    most = units.percent(math.floor(1000 * float(ceiling)) / 1000, 1)
    return QuantityError(
        "fall",
        units.percent(float(fall), 1),
        f"less than {most}, the ceiling at this pace",
        kind="range",
    )


@formula(
    "1",
    "ceil(log(1 - fall)/log(1 - fall_per_session) - 1e-9)",
    source="dilution-law",
    tag="derived",
    validity="no production and no refill between sessions",
    error="too few sessions for every solute that comes back",
    fall=FALL,
    fall_per_session=In("1", 1e-6, 1, "%", open_high=True),
)
def sessions_without_refill(fall: Value, fall_per_session: Value, *, m: Any = math) -> Value:
    """Fewest sessions that lower a level by a fraction: no production and no return from tissue between them.

    Parameters: fall (fraction, 0 to less than 100 %), fall_per_session (fraction, 0.0001 to less
    than 100 %); numbers or arrays. Returns: plain whole number. Raises QuantityError. A lower
    bound: `simulate_course` counts what returns between sessions. Source: dilution-law (derived).

    >>> sessions_without_refill(0.9, 0.6321206)
    3.0
    """
    return m.ceil(m.log1p(-fall) / m.log1p(-fall_per_session) - 1e-9) * 1.0


def session_unbalanced(
    half_life: Value,
    plasma_volumes: Value,
    duration: Value,
    fluid_balance: Value,
    sieving: Value = 1.0,
    production: Value = 1.0,
    supply: Value = 0.0,
) -> tuple[float, float]:
    """Amount and concentration at the end of a session with production and a fluid balance other than 100 %.

    Parameters: half_life (0.001 to 20,000 h), plasma_volumes (0.001 to 10), duration (0.1 to 24 h),
    fluid_balance (replacement over removal, 70 to 130 %), sieving (0 to 1.2), production (during
    the session, as a multiple of before), supply (level in the fluid as a fraction of the patient's
    at the start). Scalars. Returns: (amount, concentration), plain fractions of the start, by
    Runge-Kutta. Raises QuantityError where no plasma would be left. Valid while the fluid
    difference stays in plasma, one compartment. Source: turnover-model (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> [round(left, 4) for left in session_unbalanced(Q(20000, "h"), 1.0, Q(2, "h"), 0.85)]
    [0.3384, 0.3982]
    """
    k = math.log(2) / HALF_LIFE.one("half_life", half_life)
    hours, volumes = (
        DURATION.one("duration", duration),
        EXCHANGED.one("plasma_volumes", plasma_volumes),
    )
    balance, passing = (
        FLUID_BALANCE.one("fluid_balance", fluid_balance),
        SIEVING.one("sieving", sieving),
    )
    made, given = MULTIPLE.one("production", production), MULTIPLE.one("supply", supply)
    deficit, turnover = 1 - balance, k * hours / volumes
    left = 1 - deficit * volumes
    if left <= 0:
        raise QuantityError(
            "plasma_volumes",
            "an exchange that leaves no plasma",
            "less than 1/(1 - fluid balance) plasma volumes",
            kind="range",
        )

    # In plasma volumes of the plasma that is left: the device then removes at one rate, however
    # little plasma is left.
    length = -math.log1p(-deficit * volumes) / deficit if deficit else volumes

    def rates(exchanged: float, state: tuple[float, ...]) -> tuple[float, ...]:
        plasma = math.exp(-deficit * exchanged)
        return (
            (turnover * made + balance * given) * plasma - (turnover * plasma + passing) * state[0],
        )

    (amount,) = integrate(
        rates, (1.0,), length, steps_for((turnover * max(left, 1) + passing) * length)
    )
    return amount, amount / left


# --- two compartments -----------------------------------------------------------------------------


@formula(
    "/h",
    "escape_rate*intravascular_fraction/(1 - intravascular_fraction)",
    source="turnover-model",
    tag="derived",
    validity="steady state before the exchange",
    error=_REFILL,
    escape_rate=RATE,
    intravascular_fraction=In("1", 0.01, 0.99, "%"),
)
def return_rate(escape_rate: Value, intravascular_fraction: Value) -> Value:
    """Rate constant from tissue back to plasma (k21) that keeps the intravascular fraction at steady state.

    Parameters: escape_rate (transcapillary escape rate, k12), intravascular_fraction (1 to 99 %);
    scalars or arrays. Returns: rate per h. Raises QuantityError. Source: turnover-model (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(return_rate(Q(3, "percent/h"), 0.45).m_as("1/h"), 8)
    0.02454545
    """
    return escape_rate * intravascular_fraction / (1 - intravascular_fraction)


@formula(
    "/h",
    "(out + k12 + k21 + sqrt((out + k12 - k21)**2 + 4*k12*k21))/2",
    source="turnover-model",
    tag="derived",
    validity=_TWO,
    error=_REFILL,
    k12=RATE,
    k21=RATE,
    out=RATE,
)
def fast_rate(k12: Value, k21: Value, out: Value, *, m: Any = math) -> Value:
    """The faster of the two rates at which two pools change; `out` is all loss from plasma, the device's included.

    Parameters: k12, k21, out (rates); scalars or arrays. Returns: rate per h. Raises QuantityError.
    Source: turnover-model (derived).
    """
    return (out + k12 + k21 + m.sqrt((out + k12 - k21) ** 2 + 4 * k12 * k21)) / 2


@formula(
    "/h",
    "out*k21/fast",
    source="turnover-model",
    tag="derived",
    validity=_TWO,
    error=_REFILL,
    k21=RATE,
    out=RATE,
    fast=SOME_RATE,
)
def slow_rate(k21: Value, out: Value, fast: Value) -> Value:
    """The slower of the two rates, from the faster: their product is `out` k21.

    Parameters: k21, out, fast (rates); scalars or arrays. Returns: rate per h. Raises
    QuantityError. Source: turnover-model (derived).
    """
    return out * k21 / fast


@formula(
    "1",
    "device/(fast - slow)*((k21 - slow)*(1 - exp(-slow*duration))/slow - (k21 - fast)*(1 - "
    "exp(-fast*duration))/fast)",
    source="turnover-model",
    tag="derived",
    validity=_TWO,
    error=_REFILL,
    device=RATE,
    k21=RATE,
    slow=SOME_RATE,
    fast=SOME_RATE,
    duration=DURATION,
)
def fall_from_rates(
    device: Value, k21: Value, slow: Value, fast: Value, duration: Value, *, m: Any = math
) -> Value:
    """Fall of the plasma level at the end of a session with two compartments, from its rates.

    Parameters: device (removal rate, plasma volumes per hour x sieving), k21, slow, fast
    (`slow_rate`, `fast_rate` with the device in `out`), duration; scalars or arrays. Returns: plain
    fraction. Raises QuantityError. Source: turnover-model (derived).
    """
    higher, lower = (
        pick(slow < fast, -slow, -fast, m) * duration,
        pick(slow < fast, -fast, -slow, m) * duration,
    )
    phi, wide = differences(higher, lower, higher - lower, m)
    return device * duration * (phi + (k21 + higher / duration) * duration * wide)


def two_compartment_course(
    k12: Value,
    k21: Value,
    kel: Value,
    plasma_volumes: Value,
    duration: Value,
    interval: Value,
    sessions: int,
    sieving: Value = 1.0,
) -> list[tuple[Value, Value]]:
    """Plasma level before and after each session of a course, as fractions of the steady state, two compartments.

    Parameters: k12, k21, kel (rates: to tissue, back, elimination from plasma), plasma_volumes (of
    each session, 0.001 to 10), duration (of each session, 0.1 to 24 h), interval (start to start,
    at least the duration), sessions (1 to 365), sieving; scalars or arrays. Returns: [(before,
    after), ...], plain fractions. Raises QuantityError. Valid from steady state, production steady.
    With k12 = 0 it is one compartment. Source: turnover-model (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> k12, k21, kel = Q(0.03, "1/h"), Q(0.0245454545, "1/h"), Q(0.0030562045, "1/h")
    >>> course = two_compartment_course(k12, k21, kel, 1.0, Q(2, "h"), Q(24, "h"), 2)
    >>> [[round(100 * level, 3) for level in pair] for pair in course]
    [[100.0, 38.471], [63.802, 25.265]]
    """
    count = session_count(sessions)
    a, b, c, device, hours, gap = _course_arguments(
        k12, k21, kel, plasma_volumes, duration, interval, sieving
    )
    return course_levels(a, b, c, device, hours, gap, count, math_for(a, b, c, device, hours, gap))


def plasma_volumes_two_compartments(
    fall: Value, k12: Value, k21: Value, kel: Value, plasma_volumes_per_hour: Value
) -> float:
    """Plasma volumes that lower a plasma level by a fraction, two compartments, at a fixed pace.

    Parameters: fall (fraction of the steady state, 0 to less than 100 %), k12, k21, kel (rates: to
    tissue, back, elimination from plasma; 0 to 100 /h), plasma_volumes_per_hour (a rate such as 0.5
    /h, 0.01 to 10 /h). Scalars. Returns: plain number of plasma volumes; divided by the pace it is
    the duration, which may be longer than one session. Raises QuantityError with the ceiling where
    no duration is enough. Valid from steady state, production steady; sieving 1; fluid without the
    solute, fluid balance 100 %. Source: turnover-model (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> rates = [Q(rate, "1/h") for rate in (0.03, 0.0245454545, 0.0030562045)]
    >>> round(plasma_volumes_two_compartments(0.6152858, *rates, Q(0.5, "1/h")), 4)
    1.0
    """
    target, pace = (
        FALL.one("fall", fall),
        PACE.one("plasma_volumes_per_hour", plasma_volumes_per_hour),
    )
    a, b, c = (RATE.one(name, rate) for name, rate in (("k12", k12), ("k21", k21), ("kel", kel)))
    tissue, inflow = steady(a, b, c)
    ceiling = pace / (inflow + pace)
    if target >= ceiling:
        raise unreachable(target, ceiling)

    def reached(hours: float) -> float:
        return float(1 - stretch(a, b, c + pace, hours).after(1.0, tissue, inflow)[0])

    low, high = 0.0, 1.0
    while reached(high) < target and high < 1e6:  # derived: hours, above any course
        low, high = high, 2 * high
    if reached(high) < target:
        raise unreachable(target, reached(high))
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if reached(middle) < target else (low, middle)
    return high * pace


def session_count(sessions: Any) -> int:
    """The number of sessions of a course; QuantityError for anything but a whole number from 1 to 365."""
    if isinstance(sessions, bool) or not hasattr(sessions, "__index__"):
        raise QuantityError(
            "sessions",
            units.printable(str(sessions)),
            f"a whole number from 1 to {MOST_SESSIONS}",
            kind="type",
        )
    count = index(sessions)
    if not 1 <= count <= MOST_SESSIONS:
        raise QuantityError(
            "sessions", units.printable(str(count)), f"1 to {MOST_SESSIONS}", kind="range"
        )
    return count


def gap_between(interval: Value, duration: Value) -> Value:
    """Hours from the end of a session to the start of the next; QuantityError where a session is longer than that."""
    gap = interval - duration
    if lowest(gap) < 0:
        shown = [
            units.label(round(float(x), 4), "h") if not hasattr(x, "shape") else "an array"
            for x in (interval, duration)
        ]
        raise QuantityError(
            "interval", shown[0], f"at least the duration of a session, {shown[1]}", kind="range"
        )
    return gap


def _course_arguments(
    k12: Value,
    k21: Value,
    kel: Value,
    plasma_volumes: Value,
    duration: Value,
    interval: Value,
    sieving: Value,
) -> tuple[Value, ...]:
    rates = [RATE.strip(name, value) for name, value in (("k12", k12), ("k21", k21), ("kel", kel))]
    hours = DURATION.strip("duration", duration)
    gap = gap_between(INTERVAL.strip("interval", interval), hours)
    volumes, passing = (
        EXCHANGED.strip("plasma_volumes", plasma_volumes),
        SIEVING.strip("sieving", sieving),
    )
    check_shapes(
        ("k12", "k21", "kel", "plasma_volumes", "duration", "sieving"),
        [*rates, volumes, hours, passing],
    )
    device = volumes * passing / hours
    return *rates, device, hours, gap
