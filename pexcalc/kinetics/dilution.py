"""The law of washout: the fraction of a solute that remains, and the exchange volume for a target.

One compartment without production, fluid balance other than 100 %, fluids one after another; on
floats and arrays. What it means for one solute and one patient is in removal.py.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from pexcalc.quantities import units
from pexcalc.quantities.argument import In, highest, lowest
from pexcalc.quantities.errors import QuantityError, refuse_if
from pexcalc.quantities.formula import Value, first_quantity, formula, give

# Plasma volumes of one session or segment. Judgement: 15 is a slip for 1.5; exchange/dose.py has
# the narrower range of an order.
PLASMA_VOLUMES = In("1", 0, 10, "plasma volumes", slips=(0.1,), usual=(0.7, 2))
SIEVING = In("1", 0, 1.2)
SOME_SIEVING = In("1", 0.001, 1.2)
MIXING = In("1", 0, 1)
SOME_MIXING = In("1", 0.001, 1)
FLUID_BALANCE = In("1", 0.70, 1.30, "%")
LEVEL_RANGE = In("1", 0, math.inf)

_PLASMA_CONFINED = "a solute confined to plasma, no production, no refill from tissue, well mixed"
_BOUND = (
    "an upper bound for solutes that return from tissue or are produced; about 7 points for "
    "intravascular proteins"
)


@formula(
    "1",
    "1 - exp(-mixing*sieving*plasma_volumes)",
    source="dilution-law",
    tag="derived",
    validity=_PLASMA_CONFINED,
    error=_BOUND,
    plasma_volumes=PLASMA_VOLUMES,
    sieving=SIEVING,
    mixing=MIXING,
)
def fraction_removed(
    plasma_volumes: Value, sieving: Value = 1.0, mixing: Value = 1.0, *, m: Any = math
) -> Value:
    """Fraction of a plasma-confined solute removed by one exchange (dilution law).

    Parameters
    ----------
    plasma_volumes : float, Quantity or array
        Plasma volumes exchanged, anticoagulant not counted; 0 to 10 plasma volumes.
    sieving : float, Quantity or array, default 1.0
        Sieving coefficient: concentration in the removed plasma over that in plasma; 0 to 1.2.
    mixing : float, Quantity or array, default 1.0
        Share of the removed plasma that is mixed plasma: 1 without access recirculation; 0 to 1.

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
    An upper bound where the solute is produced or returns from tissue.

    Examples
    --------
    >>> round(fraction_removed(1.0), 5)
    0.63212
    """
    return -m.expm1(-mixing * sieving * plasma_volumes)


@formula(
    "1",
    "-log(1 - fraction_removed)/(mixing*sieving)",
    source="dilution-law",
    tag="derived",
    validity=_PLASMA_CONFINED,
    error=_BOUND,
    fraction_removed=In("1", 0, 1, "%", open_high=True),
    sieving=SOME_SIEVING,
    mixing=SOME_MIXING,
)
def plasma_volumes_for(
    fraction_removed: Value, sieving: Value = 1.0, mixing: Value = 1.0, *, m: Any = math
) -> Value:
    """Plasma volumes that remove a fraction of a plasma-confined solute.

    The inverse of `fraction_removed`.

    Parameters
    ----------
    fraction_removed : float, Quantity or array
        Fraction to remove; 0 to less than 100 %.
    sieving : float, Quantity or array, default 1.0
        Sieving coefficient: concentration in the removed plasma over that in plasma; 0.001 to 1.2.
    mixing : float, Quantity or array, default 1.0
        Share of the removed plasma that is mixed plasma: 1 without access recirculation; 0.001 to
        1.

    Returns
    -------
    float or array
        Plain number of plasma volumes.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range; for 100 %
        too: no finite exchange removes all.

    Examples
    --------
    >>> round(plasma_volumes_for(0.75), 3)
    1.386
    """
    return -m.log1p(-fraction_removed) / (mixing * sieving)


# --- fluid balance other than 100 % ---------------------------------------------------------------

_UNBALANCED = (
    "fluid without the solute; the fluid difference stays in plasma; plasma volume stays above zero"
)
_LEAVES = "with hypo-oncotic fluid part of it leaves the circulation: give the balance an interval"


def _log_plasma_left(plasma_volumes: Value, fluid_balance: Value, m: Any) -> tuple[Value, Value]:
    """ln(PV/PV0), and the deficit 1 - fluid_balance.

    The deficit is never exactly 0, which changes no digit.
    """
    deficit = 1 - fluid_balance
    deficit = deficit + (deficit == 0) * 1e-30
    refuse_if(
        highest(deficit * plasma_volumes) >= 1,
        "plasma_volumes",
        "an exchange that leaves no plasma",
        "less than 1/(1 - fluid balance) plasma volumes",
        kind="range",
    )
    return m.log1p(-deficit * plasma_volumes), deficit


def volumes_passing(plasma_volumes: float, fluid_balance: float) -> float:
    """Plasma volumes at a balance of 100 % that lower a concentration as much as these do.

    At a balance of b the plasma volume changes, and what passes is b/(b - 1) times the log of that
    change.

    >>> round(volumes_passing(1.0, 0.85), 4), volumes_passing(1.2, 1.0)
    (0.9209, 1.2)
    """
    if fluid_balance == 1:
        return plasma_volumes
    change = fluid_balance - 1
    return fluid_balance / change * math.log1p(change * plasma_volumes)


@formula(
    "1",
    "(1 - (1 - fluid_balance)*plasma_volumes)**(sieving/(1 - fluid_balance))",
    source="dilution-law",
    tag="derived",
    validity=_UNBALANCED,
    error=_LEAVES,
    plasma_volumes=PLASMA_VOLUMES,
    fluid_balance=FLUID_BALANCE,
    sieving=SIEVING,
)
def amount_unbalanced(
    plasma_volumes: Value, fluid_balance: Value, sieving: Value = 1.0, *, m: Any = math
) -> Value:
    """Amount left of a plasma-confined solute, fluid balance other than 100 %.

    A fraction of the amount at the start.

    Parameters
    ----------
    plasma_volumes : float, Quantity or array
        Plasma volumes exchanged, anticoagulant not counted; 0 to 10 plasma volumes.
    fluid_balance : float, Quantity or array
        Fluid balance: volume replaced over volume removed; 70 to 130 %.
    sieving : float, Quantity or array, default 1.0
        Sieving coefficient: concentration in the removed plasma over that in plasma; 0 to 1.2.

    Returns
    -------
    float or array
        Fraction.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range; where no
        plasma would be left.

    Examples
    --------
    >>> round(amount_unbalanced(1.0, 0.85), 6)
    0.338423
    """
    log_left, deficit = _log_plasma_left(plasma_volumes, fluid_balance, m)
    return m.exp(log_left * sieving / deficit)


@formula(
    "1",
    "(1 - (1 - fluid_balance)*plasma_volumes)**(sieving/(1 - fluid_balance) - 1)",
    source="dilution-law",
    tag="derived",
    validity=_UNBALANCED,
    error=_LEAVES,
    plasma_volumes=PLASMA_VOLUMES,
    fluid_balance=FLUID_BALANCE,
    sieving=SIEVING,
)
def concentration_unbalanced(
    plasma_volumes: Value, fluid_balance: Value, sieving: Value = 1.0, *, m: Any = math
) -> Value:
    """Concentration left of a plasma-confined solute, fluid balance other than 100 %.

    A fraction of the concentration at the start.

    Parameters
    ----------
    plasma_volumes : float, Quantity or array
        Plasma volumes exchanged, anticoagulant not counted; 0 to 10 plasma volumes.
    fluid_balance : float, Quantity or array
        Fluid balance: volume replaced over volume removed; 70 to 130 %.
    sieving : float, Quantity or array, default 1.0
        Sieving coefficient: concentration in the removed plasma over that in plasma; 0 to 1.2.

    Returns
    -------
    float or array
        Fraction.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range; where no
        plasma would be left.

    Examples
    --------
    >>> round(concentration_unbalanced(1.0, 0.85), 6)
    0.398144
    """
    log_left, deficit = _log_plasma_left(plasma_volumes, fluid_balance, m)
    return m.exp(log_left * (sieving / deficit) - log_left)


class Unbalanced(NamedTuple):
    """What a session with a fluid balance other than 100 % leaves, as fractions of the start.

    The concentration is the amount over the plasma volume that is left; floats or arrays.
    """

    amount: Value
    concentration: Value


Unbalanced.__module__ = "pexcalc"


def remaining_unbalanced(
    plasma_volumes: Value, fluid_balance: Value, sieving: Value = 1.0
) -> Unbalanced:
    """Amount and concentration left of a plasma-confined solute, fluid balance other than 100 %.

    Parameters
    ----------
    plasma_volumes : float, Quantity or array
        Plasma volumes exchanged, anticoagulant not counted; 0 to 10 plasma volumes.
    fluid_balance : float, Quantity or array
        Fluid balance: volume replaced over volume removed; 70 to 130 %.
    sieving : float, Quantity or array, default 1.0
        Sieving coefficient; 0 to 1.2.

    Returns
    -------
    Unbalanced
        `amount` and `concentration`, as fractions of the start; a tuple of floats or arrays.

    Raises
    ------
    QuantityError
        If a value lies outside its range, or no plasma would be left.

    Notes
    -----
    Valid while the fluid difference stays in plasma.

    References
    ----------
    dilution-law (derived)

    Examples
    --------
    >>> [round(left, 6) for left in remaining_unbalanced(1.0, 0.90)]
    [0.348678, 0.38742]
    """
    return Unbalanced(
        amount_unbalanced(plasma_volumes, fluid_balance, sieving),
        concentration_unbalanced(plasma_volumes, fluid_balance, sieving),
    )


@formula(
    "1",
    "(1 - remaining**((1 - fluid_balance)/(sieving - 1 + fluid_balance)))/(1 - fluid_balance)",
    source="dilution-law",
    tag="derived",
    validity=_UNBALANCED,
    error=_LEAVES,
    remaining=In("1", 1e-6, 1, "%"),
    fluid_balance=FLUID_BALANCE,
    sieving=SOME_SIEVING,
)
def plasma_volumes_unbalanced(
    remaining: Value, fluid_balance: Value, sieving: Value = 1.0, *, m: Any = math
) -> Value:
    """Plasma volumes that leave a fraction of a concentration, fluid balance other than 100 %.

    Parameters
    ----------
    remaining : float, Quantity or array
        Fraction of the starting concentration that is to remain; 0.0001 to 100 %.
    fluid_balance : float, Quantity or array
        Fluid balance: volume replaced over volume removed; 70 to 130 %.
    sieving : float, Quantity or array, default 1.0
        Sieving coefficient, more than 1 - `fluid_balance`; 0.001 to 1.2.

    Returns
    -------
    float or array
        Plain number of plasma volumes, which may be more than one session can exchange.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range; where the
        concentration does not fall: removal is slower than the loss of fluid.

    Examples
    --------
    >>> round(plasma_volumes_unbalanced(0.398144, 0.85), 4)
    1.0
    """
    deficit = 1 - fluid_balance
    deficit = deficit + (deficit == 0) * 1e-30
    refuse_if(
        highest(deficit - sieving) >= 0,
        "sieving",
        "a sieving not above 1 - fluid balance",
        "more, or the concentration does not fall",
        kind="range",
    )
    return -m.expm1(m.log(remaining) * deficit / (sieving - deficit)) / deficit


# --- fluids one after another ---------------------------------------------------------------------


@formula(
    "1",
    "fluid_concentration/sieving + (initial - "
    "fluid_concentration/sieving)*exp(-sieving*plasma_volumes)",
    source="dilution-law",
    tag="derived",
    validity=f"{_PLASMA_CONFINED}; fluid balance 100 %",
    error=_BOUND,
    initial=LEVEL_RANGE,
    plasma_volumes=PLASMA_VOLUMES,
    fluid_concentration=LEVEL_RANGE,
    sieving=SIEVING,
)
def segment_level(
    initial: Value,
    plasma_volumes: Value,
    fluid_concentration: Value,
    sieving: Value = 1.0,
    *,
    m: Any = math,
) -> Value:
    """Level after one segment of exchange with one fluid.

    All levels are plain numbers in one unit.

    Parameters
    ----------
    initial : float, Quantity or array
        Level at the start; 0 or more.
    plasma_volumes : float, Quantity or array
        Plasma volumes exchanged, anticoagulant not counted; 0 to 10 plasma volumes.
    fluid_concentration : float, Quantity or array
        Level of the solute in the replacement fluid; 0 or more.
    sieving : float, Quantity or array, default 1.0
        Sieving coefficient: concentration in the removed plasma over that in plasma; 0 to 1.2.

    Returns
    -------
    float or array
        Plain number in the unit of `initial`.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    With sieving 0 nothing leaves and the fluid only adds.

    Examples
    --------
    >>> round(segment_level(3.0, 1.0, 2.0), 4)
    2.3679
    """
    passing = sieving + (sieving == 0) * 1e-30
    return (
        initial * m.exp(-sieving * plasma_volumes)
        - fluid_concentration * m.expm1(-passing * plasma_volumes) / passing
    )


def concentration_after(
    initial: Value, segments: Sequence[tuple[Value, Value]], sieving: Value = 1.0
) -> Value:
    """Concentration after replacement fluids given one after another.

    Parameters
    ----------
    initial : Quantity, scalar or array
        Concentration at the start; a plain number for international units or a ratio.
    segments : sequence of tuple
        Pairs (plasma_volumes, fluid_concentration) in the order given. Concentrations are of the
        same kind as `initial`.
    sieving : float, Quantity or array, default 1.0
        Sieving coefficient; 0 to 1.2.

    Returns
    -------
    Quantity, scalar or array
        Concentration in the unit of `initial`, in its registry.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    Valid for a plasma-confined solute without production. A protein that also lives outside plasma
    rises less.

    References
    ----------
    dilution-law (derived)

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> albumin, plasma = (0.7, Q(0, "g/L")), (0.3, Q(2, "g/L"))
    >>> round(concentration_after(Q(3, "g/L"), [albumin, plasma]).m_as("g/L"), 3)
    1.622
    """
    spec, level = _level("initial", initial)
    for place, segment in enumerate(segments):
        try:
            plasma_volumes, fluid = segment
        except (TypeError, ValueError):
            raise QuantityError(
                f"segments[{place}]",
                "another form",
                "(plasma_volumes, fluid_concentration)",
                kind="type",
            ) from None
        level = segment_level(
            level,
            plasma_volumes,
            spec.strip(f"segments[{place}] fluid_concentration", fluid),
            sieving,
        )
    return _as_given(level, initial, spec)


@formula(
    "1",
    "-log((target - fluid_concentration/sieving)/(initial - "
    "fluid_concentration/sieving))/(mixing*sieving)",
    source="dilution-law",
    tag="derived",
    validity=f"{_PLASMA_CONFINED}; fluid balance 100 %",
    error=_BOUND,
    initial=LEVEL_RANGE,
    target=LEVEL_RANGE,
    fluid_concentration=LEVEL_RANGE,
    sieving=SOME_SIEVING,
    mixing=SOME_MIXING,
)
def volumes_to_level(
    initial: Value,
    target: Value,
    fluid_concentration: Value,
    sieving: Value = 1.0,
    mixing: Value = 1.0,
    *,
    m: Any = math,
) -> Value:
    """Plasma volumes that bring a level to a target.

    All levels are plain numbers in one unit.

    Parameters
    ----------
    initial : float, Quantity or array
        Level at the start; 0 or more.
    target : float, Quantity or array
        Level at the end; 0 or more.
    fluid_concentration : float, Quantity or array
        Level of the solute in the replacement fluid; 0 or more.
    sieving : float, Quantity or array, default 1.0
        Sieving coefficient: concentration in the removed plasma over that in plasma; 0.001 to 1.2.
    mixing : float, Quantity or array, default 1.0
        Share of the removed plasma that is mixed plasma: 1 without access recirculation; 0.001 to
        1.

    Returns
    -------
    float or array
        Plain number of plasma volumes.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range; where the
        target does not lie between the start and what the fluid can reach (fluid concentration over
        sieving).

    Examples
    --------
    >>> round(volumes_to_level(3.0, 0.75, 0.0), 3)
    1.386
    """
    limit = fluid_concentration / sieving
    gap = initial - limit
    share = (target - limit) / (gap + (gap == 0) * 1e-30)
    if not (lowest(share) > 0 and highest(share) <= 1):
        most = f"{_level_words(limit)} (the most that this fluid can reach, never quite)"
        ends = f"{_level_words(initial)} (now) and {most}"
        raise QuantityError("target", _level_words(target), f"a level between {ends}", kind="range")
    return m.log1p((initial - target) / (target - limit)) / (mixing * sieving)


def plasma_volumes_to_reach(
    initial: Value,
    target: Value,
    fluid_concentration: Value,
    sieving: Value = 1.0,
    mixing: Value = 1.0,
) -> Value:
    """Plasma volumes that bring a concentration to a target; the fluid may contain the solute.

    Parameters
    ----------
    initial : Quantity, scalar or array
        Concentration at the start, or a plain number.
    target : Quantity, scalar or array
        Concentration at the end, of the same kind.
    fluid_concentration : Quantity, scalar or array
        Concentration in the replacement fluid, of the same kind.
    sieving : float, Quantity or array, default 1.0
        Sieving coefficient; 0.001 to 1.2.
    mixing : float, Quantity or array, default 1.0
        Share of the removed plasma that is mixed plasma: 1 without access recirculation; 0.001 to
        1.

    Returns
    -------
    float or array
        Number of plasma volumes, which may be more than one session can exchange.

    Raises
    ------
    QuantityError
        If the target cannot be reached; the error names the two levels between which it must lie.

    Notes
    -----
    Valid for a plasma-confined solute without production, fluid balance 100 %.

    References
    ----------
    dilution-law (derived)

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(plasma_volumes_to_reach(Q(3, "g/L"), Q(30, "mg/dL"), Q(0, "g/L")), 3)
    2.303
    """
    spec, start = _level("initial", initial)
    fluid = spec.strip("fluid_concentration", fluid_concentration)
    return volumes_to_level(start, spec.strip("target", target), fluid, sieving, mixing)


@formula(
    "1",
    "-log(1 - (target - initial*exp(-plasma_volumes))/plasma_concentration)",
    source="dilution-law",
    tag="derived",
    validity=f"{_PLASMA_CONFINED}; fluid balance 100 %, sieving 1",
    error=_BOUND,
    initial=LEVEL_RANGE,
    target=LEVEL_RANGE,
    plasma_concentration=In("1", 1e-12, math.inf),
    plasma_volumes=PLASMA_VOLUMES,
)
def volumes_of_plasma_last(
    initial: Value,
    target: Value,
    plasma_concentration: Value,
    plasma_volumes: Value,
    *,
    m: Any = math,
) -> Value:
    """Plasma volumes of donor plasma, given last, that bring a level to a target.

    All levels are plain numbers in one unit.

    Parameters
    ----------
    initial : float, Quantity or array
        Level at the start; 0 or more.
    target : float, Quantity or array
        Level at the end; 0 or more.
    plasma_concentration : float, Quantity or array
        Level of the solute in donor plasma; 0 or more.
    plasma_volumes : float, Quantity or array
        Plasma volumes of the whole session; 0 to 10 plasma volumes.

    Returns
    -------
    float or array
        Plain number of plasma volumes.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range; where none
        is needed or all is not enough.

    Examples
    --------
    >>> round(volumes_of_plasma_last(3.0, 1.5, 2.0, 1.0), 4)
    0.2209
    """
    without = initial * m.exp(-plasma_volumes)
    most = without - plasma_concentration * m.expm1(-plasma_volumes)
    if not (lowest(target - without) > 0 and lowest(most - target) > 0):
        ends = f"{_level_words(without)} (albumin only) and {_level_words(most)} (all plasma)"
        raise QuantityError("target", _level_words(target), f"a level between {ends}", kind="range")
    return -m.log1p(-(target - without) / plasma_concentration)


def plasma_last_for(
    initial: Value, target: Value, plasma_concentration: Value, plasma_volumes: Value
) -> Value:
    """Plasma volumes of donor plasma, given last, that bring a concentration to a target.

    The rest of the exchange is albumin. Concentrations are of one kind, or plain numbers; a target
    that albumin alone reaches, or all plasma does not, is refused with both levels.

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(plasma_last_for(Q(3, "g/L"), Q(150, "mg/dL"), Q(2, "g/L"), 1.0), 3)
    0.221
    """
    spec, start = _level("initial", initial)
    plasma = spec.strip("plasma_concentration", plasma_concentration)
    return volumes_of_plasma_last(start, spec.strip("target", target), plasma, plasma_volumes)


# --- levels: a concentration of any kind, or a plain number ---------------------------------------

_LEVEL_KINDS = ("mass concentration", "molar concentration", "count concentration", "fraction")


def _level(name: str, value: Value) -> tuple[In, Value]:
    """The argument that a level sets for the levels beside it, and its bare value.

    They have the same unit and are zero or more.
    """
    row = units.BY_LABEL["1"] if first_quantity(value) is None else units.unit_of(value)
    if row is None or row.kind not in _LEVEL_KINDS:
        raise QuantityError(
            name, str(value), "a concentration such as 3 g/L, or a plain number", kind="unit"
        )
    spec = In(row.label if row.kind != "fraction" else "1", 0, math.inf)
    return spec, spec.strip(name, value)


def _as_given(level: Value, initial: Value, spec: In) -> Value:
    """A bare level in the unit and registry of the initial one."""
    return level if spec.pure else give(first_quantity(initial), level, spec.container)


def _level_words(value: Value) -> str:
    """A level for an error sentence."""
    return units.number(float(value), 4) if not getattr(value, "shape", ()) else "an array"
