"""Compartment mathematics of plasma exchange: what is left of a solute, and how much exchange a target takes.

One compartment without production: the dilution law, its inverses, fluid balance other than 100 %,
fluids one after another. Every formula works on floats and arrays. What it means for one solute and
one patient is in removal.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pexcalc.quantities import units
from pexcalc.quantities.argument import In, highest, lowest
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import Value, first_quantity, formula, give

# Plasma volumes of one session or segment. Judgement: 15 is a slip for 1.5; exchange/dose.py has
# the narrower range of an order.
PLASMA_VOLUMES = In("1", 0, 10, "plasma volumes", slips=(0.1,), usual=(0.7, 2))
SIEVING = In("1", 0, 1.2)
SOME_SIEVING = In("1", 0.001, 1.2)
MIXING = In("1", 0, 1)
SOME_MIXING = In("1", 0.001, 1)
FLUID_BALANCE = In("1", 0.70, 1.30, "%")
LEVEL = In("1", 0, math.inf)

_PLASMA_CONFINED = "a solute confined to plasma, no production, no refill from tissue, well mixed"
_BOUND = "an upper bound for solutes that return from tissue or are produced; about 7 points for intravascular proteins"


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

    Parameters: plasma_volumes (exchanged, anticoagulant not counted, 0 to 10), sieving (removed
    over plasma concentration, 0 to 1.2), mixing (1 without access recirculation); numbers or
    arrays. Returns: plain fraction. Raises QuantityError. An upper bound where the solute is
    produced or returns from tissue. Source: dilution-law (derived).

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
    """Plasma volumes that remove a fraction of a plasma-confined solute: the inverse of `fraction_removed`.

    Parameters: fraction_removed (0 to less than 100 %), sieving, mixing; numbers or arrays.
    Returns: plain number of plasma volumes. Raises QuantityError, for 100 % too: no finite exchange
    removes all. Source: dilution-law (derived).

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
    """ln(PV/PV0) and the deficit 1 - fluid_balance; the deficit is never exactly 0, which changes no digit."""
    deficit = 1 - fluid_balance
    deficit = deficit + (deficit == 0) * 1e-30
    if highest(deficit * plasma_volumes) >= 1:
        raise QuantityError(
            "plasma_volumes",
            "an exchange that leaves no plasma",
            "less than 1/(1 - fluid balance) plasma volumes",
            kind="range",
        )
    return m.log1p(-deficit * plasma_volumes), deficit


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
    """Amount left of a plasma-confined solute with a fluid balance other than 100 %, as a fraction of the start.

    Parameters: plasma_volumes (0 to 10), fluid_balance (replacement over removal, 70 to 130 %),
    sieving; numbers or arrays. Returns: plain fraction. Raises QuantityError where no plasma would
    be left. Source: dilution-law (derived).

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
    """Concentration left of a plasma-confined solute with a fluid balance other than 100 %, as a fraction of the start.

    Parameters: plasma_volumes (0 to 10), fluid_balance (replacement over removal, 70 to 130 %),
    sieving; numbers or arrays. Returns: plain fraction. Raises QuantityError where no plasma would
    be left. Source: dilution-law (derived).

    >>> round(concentration_unbalanced(1.0, 0.85), 6)
    0.398144
    """
    log_left, deficit = _log_plasma_left(plasma_volumes, fluid_balance, m)
    return m.exp(log_left * (sieving / deficit) - log_left)


def remaining_unbalanced(
    plasma_volumes: Value, fluid_balance: Value, sieving: Value = 1.0
) -> tuple[Value, Value]:
    """Amount and concentration left with a fluid balance other than 100 %, as fractions of the start.

    Parameters: plasma_volumes (0 to 10), fluid_balance (replacement over removal, 70 to 130 %),
    sieving; numbers or arrays. Returns: (amount, concentration), plain fractions. Raises
    QuantityError where no plasma would be left. Valid while the fluid difference stays in plasma.
    Source: dilution-law (derived).

    >>> [round(left, 6) for left in remaining_unbalanced(1.0, 0.90)]
    [0.348678, 0.38742]
    """
    return (
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
    """Plasma volumes that leave a fraction of the starting concentration, with a fluid balance other than 100 %.

    Parameters: remaining (fraction of the starting concentration, 0.0001 to 100 %), fluid_balance
    (replacement over removal, 70 to 130 %), sieving (more than 1 - fluid_balance, 0.001 to 1.2);
    numbers or arrays. Returns: plain number of plasma volumes, which may be more than one session
    can exchange. Raises QuantityError where the concentration does not fall: removal is slower than
    the loss of fluid. Source: dilution-law (derived).

    >>> round(plasma_volumes_unbalanced(0.398144, 0.85), 4)
    1.0
    """
    deficit = 1 - fluid_balance
    deficit = deficit + (deficit == 0) * 1e-30
    if highest(deficit - sieving) >= 0:
        raise QuantityError(
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
    initial=LEVEL,
    plasma_volumes=PLASMA_VOLUMES,
    fluid_concentration=LEVEL,
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
    """Level after one segment of exchange with one fluid; all levels are plain numbers in one unit.

    Parameters: initial, plasma_volumes (0 to 10), fluid_concentration (of the solute in the fluid),
    sieving; numbers or arrays. Returns: plain number in the unit of `initial`. Raises
    QuantityError. With sieving 0 nothing leaves and the fluid only adds. Source: dilution-law
    (derived).

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

    Parameters: initial (a concentration; a plain number for international units or a ratio),
    segments ([(plasma_volumes, fluid_concentration), ...] in the order given; concentrations of the
    same kind as `initial`), sieving; scalars or arrays. Returns: the concentration in the unit of
    `initial`, in its registry. Raises QuantityError. Valid for a plasma-confined solute without
    production; a protein that also lives outside plasma rises less. Source: dilution-law (derived).

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
    initial=LEVEL,
    target=LEVEL,
    fluid_concentration=LEVEL,
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
    """Plasma volumes that bring a level to a target; all levels are plain numbers in one unit.

    Parameters: initial, target, fluid_concentration, sieving, mixing; numbers or arrays. Returns:
    plain number of plasma volumes. Raises QuantityError where the target does not lie between the
    start and what the fluid can reach (fluid concentration over sieving). Source: dilution-law
    (derived).

    >>> round(volumes_to_level(3.0, 0.75, 0.0), 3)
    1.386
    """
    limit = fluid_concentration / sieving
    gap = initial - limit
    share = (target - limit) / (gap + (gap == 0) * 1e-30)
    if not (lowest(share) > 0 and highest(share) <= 1):
        ends = f"{_shown(initial)} (now) and {_shown(limit)} (the most that this fluid can reach, never quite)"
        raise QuantityError("target", _shown(target), f"a level between {ends}", kind="range")
    return m.log1p((initial - target) / (target - limit)) / (mixing * sieving)


def plasma_volumes_to_reach(
    initial: Value,
    target: Value,
    fluid_concentration: Value,
    sieving: Value = 1.0,
    mixing: Value = 1.0,
) -> Value:
    """Plasma volumes that bring a concentration to a target, with a fluid that may contain the solute.

    Parameters: initial, target, fluid_concentration (concentrations of one kind, or plain numbers),
    sieving (removed over plasma concentration, 0.001 to 1.2), mixing (1 without access
    recirculation, 0.001 to 1); scalars or arrays. Returns: plain number of plasma volumes, which
    may be more than one session can exchange. Raises QuantityError where the target cannot be
    reached, with the two levels between which it must lie. Valid for a plasma-confined solute
    without production, fluid balance 100 %. Source: dilution-law (derived).

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
    initial=LEVEL,
    target=LEVEL,
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
    """Plasma volumes to be given as plasma at the end so that a level reaches a target; plain numbers in one unit.

    Parameters: initial, target, plasma_concentration, plasma_volumes (of the whole session);
    numbers or arrays. Returns: plain number of plasma volumes. Raises QuantityError where none is
    needed or all is not enough. Source: dilution-law (derived).

    >>> round(volumes_of_plasma_last(3.0, 1.5, 2.0, 1.0), 4)
    0.2209
    """
    without = initial * m.exp(-plasma_volumes)
    most = without - plasma_concentration * m.expm1(-plasma_volumes)
    if not (lowest(target - without) > 0 and lowest(most - target) > 0):
        ends = f"{_shown(without)} (albumin only) and {_shown(most)} (all plasma)"
        raise QuantityError("target", _shown(target), f"a level between {ends}", kind="range")
    return -m.log1p(-(target - without) / plasma_concentration)


def plasma_last_for(
    initial: Value, target: Value, plasma_concentration: Value, plasma_volumes: Value
) -> Value:
    """Plasma volumes to be given as plasma at the end of an albumin exchange so that a concentration reaches a target.

    Parameters: initial, target, plasma_concentration (concentrations of one kind, or plain
    numbers), plasma_volumes (of the whole session). Returns: plain number of plasma volumes. Raises
    QuantityError where albumin alone is enough or plasma alone is not, with both levels. Source:
    dilution-law (derived).

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
    """The argument that a level sets for the levels beside it (same unit, zero or more), and its bare value."""
    row = units.BY_LABEL["1"] if first_quantity(value) is None else units.unit_of(value)
    if row is None or row.kind not in _LEVEL_KINDS:
        raise QuantityError(
            name, str(value), "a concentration such as 3 g/L, or a plain number", kind="unit"
        )
    spec = In(row.label if row.kind != "fraction" else "1", 0, math.inf)
    return spec, spec.strip(name, value)


def _as_given(level: Value, initial: Value, spec: In) -> Value:
    return level if spec.pure else give(first_quantity(initial), level, spec.container)


def _shown(value: Value) -> str:
    return units.number(float(value), 4) if not getattr(value, "shape", ()) else "an array"
