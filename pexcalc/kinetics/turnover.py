"""Formulas with production: reduction by a session, levels of a course, exchange to reach a target.

One compartment in closed form, two by the map of compartments.py, with units. What it means for one
solute and one patient is in removal.py; the dilution law, without production, in dilution.py.
"""

import math
from operator import index
from typing import Any, NamedTuple

from pexcalc.kinetics.compartments import (
    course_levels,
    differences,
    integrate,
    pick,
    steady,
    steps_for,
    stretch,
)
from pexcalc.kinetics.dilution import FLUID_BALANCE, SIEVING, Unbalanced
from pexcalc.order.fields import ANY_WEIGHT, STATED_VOLUME
from pexcalc.quantities import units
from pexcalc.quantities.argument import In, lowest
from pexcalc.quantities.errors import QuantityError, refuse_if
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

_ONE = (
    "one compartment at steady production before the exchange; sieving 1; fluid without the "
    "solute; balance 100 %"
)
_TWO = (
    "two compartments at steady production before the exchange; fluid without the solute; "
    "balance 100 %"
)
_STRUCTURE = (
    "a model: production and clearance may change during the exchange, and refill from tissue is "
    "not included"
)
_REFILL = (
    "about 7 points for intravascular proteins; catabolism and binding outside plasma are not "
    "included"
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
    """Percent reduction at the end of a session, with production and elimination.

    A fraction of the level before; production is steady. One compartment.

    Parameters
    ----------
    half_life : Quantity, scalar or array
        Half-life of the pool that is exchanged: ln 2 x plasma volume / clearance. A terminal
        half-life is an upper bound of it; 0.001 to 20,000 h.
    plasma_volumes : float, Quantity or array
        Plasma volumes exchanged, anticoagulant not counted; 0.001 to 10 plasma volumes.
    duration : Quantity, scalar or array
        Duration of the session; 0.1 to 24 h for one session.
    mixing_volumes : float, Quantity or array, default 1.0
        Volume in which the solute mixes during the session, in plasma volumes; 0.5 to 1,000,000
        plasma volumes.

    Returns
    -------
    float or array
        Fraction.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    A prediction, not validated for cytokines.

    Examples
    --------
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
    error="clearance was not measured in this disease: half to double is assumed as its range",
    plasma_volume=STATED_VOLUME,
    clearance=In("mL/min", 0.001, 100_000),
    weight=ANY_WEIGHT,
)
def turnover_half_life(plasma_volume: Value, clearance: Value, weight: Value) -> Value:
    """Half-life of the plasma pool that a clearance means for a patient.

    Parameters
    ----------
    plasma_volume : Quantity, scalar or array
        Plasma volume; 5 to 25,000 mL.
    clearance : Quantity, scalar or array
        Endogenous clearance of an adult of 70 kg; 0.001 to 100,000 mL/min.
    weight : Quantity, scalar or array
        Body weight; 0.3 to 400 kg.

    Returns
    -------
    Quantity, scalar or array
        Time in h.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    Scaling the clearance by weight is a judgement.

    Examples
    --------
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
    """Plasma volumes that lower a level by a fraction against steady production.

    Parameters
    ----------
    fall : float, Quantity or array
        Percent reduction wanted, as a fraction of the level before the session; 0 to less than 100
        %.
    half_life : Quantity, scalar or array
        Half-life of the pool that is exchanged, as for `fall_with_production`; 0.001 to 20,000 h.
    plasma_volumes_per_hour : Quantity, scalar or array
        Pace of the exchange, such as 0.5 /h; 0.01 to 10 /h.

    Returns
    -------
    float or array
        Number of plasma volumes; divided by the pace it is the duration, which may be longer than
        one session.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range; with the
        ceiling where no duration is enough.

    Notes
    -----
    A prediction, not validated for cytokines.

    Examples
    --------
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
    error="too few sessions for every solute that returns from tissue",
    fall=FALL,
    fall_per_session=In("1", 1e-6, 1, "%", open_high=True),
)
def sessions_without_refill(fall: Value, fall_per_session: Value, *, m: Any = math) -> Value:
    """Fewest sessions that lower a level by a fraction.

    Without production and without return from tissue between them.

    Parameters
    ----------
    fall : float, Quantity or array
        Percent reduction wanted, as a fraction of the level before the session; 0 to less than 100
        %.
    fall_per_session : float, Quantity or array
        Percent reduction of each session, as a fraction; 0.0001 to less than 100 %.

    Returns
    -------
    float or array
        Plain whole number.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    A lower bound: `simulate_course` counts what returns between sessions.

    Examples
    --------
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
) -> Unbalanced:
    """Amount and concentration after a session with production, fluid balance other than 100 %.

    Parameters
    ----------
    half_life : Quantity, scalar
        Half-life of the pool that is exchanged; 0.001 to 20,000 h.
    plasma_volumes : float or Quantity
        Plasma volumes exchanged; 0.001 to 10.
    duration : Quantity, scalar
        Duration of the session; 0.1 to 24 h.
    fluid_balance : float or Quantity
        Fluid balance: volume replaced over volume removed; 70 to 130 %.
    sieving : float or Quantity, default 1.0
        Sieving coefficient; 0 to 1.2.
    production : float or Quantity, default 1.0
        Production during the session, as a multiple of before.
    supply : float or Quantity, default 0.0
        Level in the fluid, as a fraction of the patient's level at the start.

    Returns
    -------
    Unbalanced
        `amount` and `concentration` as fractions of the start, by Runge-Kutta; a tuple of floats.

    Raises
    ------
    QuantityError
        If a value lies outside its range, or no plasma would be left.

    Notes
    -----
    Valid for one compartment while the fluid difference stays in plasma. Scalars only.

    References
    ----------
    turnover-model (derived)

    Examples
    --------
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
    refuse_if(
        left <= 0,
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
    return Unbalanced(amount, amount / left)


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
    """Rate constant from tissue back to plasma (k21).

    The one that keeps the intravascular fraction at steady state.

    Parameters
    ----------
    escape_rate : Quantity, scalar or array
        Transcapillary escape rate, k12; 0 to 100 /h.
    intravascular_fraction : float, Quantity or array
        Fraction of the body amount that is in plasma; 1 to 99 %.

    Returns
    -------
    Quantity, scalar or array
        Rate per h.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
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
    """The faster of the two rates at which two pools change.

    Parameters
    ----------
    k12 : Quantity, scalar or array
        Rate constant from plasma to tissue; 0 to 100 /h.
    k21 : Quantity, scalar or array
        Rate constant from tissue to plasma; 0 to 100 /h.
    out : Quantity, scalar or array
        Rate constant of all loss from plasma, the device included; 0 to 100 /h.

    Returns
    -------
    Quantity, scalar or array
        Rate per h.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(fast_rate(Q(0.03, "1/h"), Q(0.025, "1/h"), Q(0.503, "1/h")).m_as("1/h"), 4)
    0.5345
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
    """The slower of the two rates at which two pools change.

    From the faster: their product is `out` times k21.

    Parameters
    ----------
    k21 : Quantity, scalar or array
        Rate constant from tissue to plasma; 0 to 100 /h.
    out : Quantity, scalar or array
        Rate constant of all loss from plasma, the device included; 0 to 100 /h.
    fast : Quantity, scalar or array
        Faster rate, as `fast_rate` gives it with the device in `out`; 0.0001 to 100 /h.

    Returns
    -------
    Quantity, scalar or array
        Rate per h.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(slow_rate(Q(0.025, "1/h"), Q(0.503, "1/h"), Q(0.5345, "1/h")).m_as("1/h"), 4)
    0.0235
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
    """Percent reduction of the plasma level by a session with two compartments, from its rates.

    Parameters
    ----------
    device : Quantity, scalar or array
        Rate constant of the removal: plasma volumes per hour times sieving; 0 to 100 /h.
    k21 : Quantity, scalar or array
        Rate constant from tissue to plasma; 0 to 100 /h.
    slow : Quantity, scalar or array
        Slower rate, as `slow_rate` gives it with the device in `out`; 0.0001 to 100 /h.
    fast : Quantity, scalar or array
        Faster rate, as `fast_rate` gives it with the device in `out`; 0.0001 to 100 /h.
    duration : Quantity, scalar or array
        Duration of the session; 0.1 to 24 h for one session.

    Returns
    -------
    float or array
        Fraction.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> rates = [Q(rate, "1/h") for rate in (0.5, 0.025, 0.0235, 0.5345)]
    >>> round(fall_from_rates(*rates, Q(2, "h")), 4)
    0.6153
    """
    in_order = slow < fast
    higher = pick(in_order, -slow, -fast, m) * duration
    lower = pick(in_order, -fast, -slow, m) * duration
    phi, wide = differences(higher, lower, higher - lower, m)
    return device * duration * (phi + (k21 + higher / duration) * duration * wide)


class SessionLevels(NamedTuple):
    """Plasma level before and after one session, as fractions of the steady state."""

    before: Value
    after: Value


SessionLevels.__module__ = "pexcalc"


def two_compartment_course(
    k12: Value,
    k21: Value,
    kel: Value,
    plasma_volumes: Value,
    duration: Value,
    interval: Value,
    sessions: int,
    sieving: Value = 1.0,
) -> list[SessionLevels]:
    """Plasma level before and after each session of a course, two compartments.

    Parameters
    ----------
    k12 : Quantity, scalar or array
        Rate constant from plasma to tissue; 0 to 100 /h.
    k21 : Quantity, scalar or array
        Rate constant from tissue to plasma; 0 to 100 /h.
    kel : Quantity, scalar or array
        Rate constant of elimination from plasma; 0 to 100 /h.
    plasma_volumes : float, Quantity or array
        Plasma volumes of each session; 0.001 to 10.
    duration : Quantity, scalar or array
        Duration of each session; 0.1 to 24 h.
    interval : Quantity, scalar or array
        Time from start to start, at least the duration; 0.1 to 8,760 h.
    sessions : int
        Number of sessions; 1 to 365.
    sieving : float, Quantity or array, default 1.0
        Sieving coefficient; 0 to 1.2.

    Returns
    -------
    list of SessionLevels
        `before` and `after` of each session, as fractions of the steady state; floats or arrays.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    Valid from steady state with steady production. With k12 = 0 it is one compartment.

    References
    ----------
    turnover-model (derived)

    Examples
    --------
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
    m = math_for(a, b, c, device, hours, gap)
    levels = course_levels(a, b, c, device, hours, gap, count, m)
    return [SessionLevels(*pair) for pair in levels]


def plasma_volumes_two_compartments(
    fall: Value, k12: Value, k21: Value, kel: Value, plasma_volumes_per_hour: Value
) -> float:
    """Plasma volumes that lower a plasma level by a fraction at a fixed pace, two compartments.

    Parameters
    ----------
    fall : float or Quantity
        Percent reduction wanted, as a fraction of the steady state; 0 to less than 100 %.
    k12 : Quantity, scalar
        Rate constant from plasma to tissue; 0 to 100 /h.
    k21 : Quantity, scalar
        Rate constant from tissue to plasma; 0 to 100 /h.
    kel : Quantity, scalar
        Rate constant of elimination from plasma; 0 to 100 /h.
    plasma_volumes_per_hour : Quantity, scalar
        Pace of the exchange, such as 0.5 /h; 0.01 to 10 /h.

    Returns
    -------
    float
        Number of plasma volumes; divided by the pace it is the duration, which may be longer than
        one session.

    Raises
    ------
    QuantityError
        If a value lies outside its range, or no duration is enough; the error names the ceiling.

    Notes
    -----
    Valid from steady state with steady production, sieving 1, a fluid without the solute and a
    fluid balance of 100 %. Scalars only.

    References
    ----------
    turnover-model (derived)

    Examples
    --------
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
    """The number of sessions of a course; QuantityError for what is not 1 to 365."""
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
    """Hours from the end of a session to the start of the next.

    Raises QuantityError where a session is longer than the interval.
    """
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
    """The arguments of a course as plain numbers: three rates, device, hours, gap."""
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
