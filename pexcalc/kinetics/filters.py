"""Filters: formulas of their clearance, and sieving by the size of a molecule.

The trap: a curve of sieving is a fallback, and its value an upper bound; a measured one goes first.
"""

import math
from collections.abc import Iterable
from statistics import NormalDist
from typing import NamedTuple

from pexcalc.data.solutes import Solute
from pexcalc.kinetics.dilution import SIEVING
from pexcalc.quantities.argument import In, highest
from pexcalc.quantities.errors import refuse_if
from pexcalc.quantities.formula import Value, formula

ULTRAFILTRATE = In("mL/min", 0, 500)
PLASMA_THROUGH = In("mL/min", 1, 250)


@formula(
    "mL/min",
    "ultrafiltrate*sieving",
    source="crrt-clearance",
    tag="derived",
    validity="replacement fluid behind the filter",
    error="sieving falls with time and with the ultrafiltrate",
    ultrafiltrate=ULTRAFILTRATE,
    sieving=SIEVING,
)
def hemofiltration_post(ultrafiltrate: Value, sieving: Value) -> Value:
    """Clearance by hemofiltration with post-dilution.

    Parameters
    ----------
    ultrafiltrate : Quantity, scalar or array
        Ultrafiltrate flow, all of it; 0 to 500 mL/min.
    sieving : float, Quantity or array
        Sieving coefficient: concentration in the removed plasma over that in plasma; 0 to 1.2.

    Returns
    -------
    Quantity, scalar or array
        Flow in mL/min.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(hemofiltration_post(Q(29.2, "mL/min"), 0.5).m_as("mL/min"), 1)
    14.6
    """
    return ultrafiltrate * sieving


@formula(
    "mL/min",
    "ultrafiltrate*sieving*plasma_flow/(plasma_flow + ultrafiltrate)",
    source="crrt-clearance",
    tag="source",
    validity="as much replacement fluid before the filter as is filtered",
    error="sieving falls with time and with the ultrafiltrate",
    ultrafiltrate=ULTRAFILTRATE,
    sieving=SIEVING,
    plasma_flow=PLASMA_THROUGH,
)
def hemofiltration_pre(ultrafiltrate: Value, sieving: Value, plasma_flow: Value) -> Value:
    """Clearance by hemofiltration with pre-dilution: less, because plasma is diluted.

    Parameters
    ----------
    ultrafiltrate : Quantity, scalar or array
        Ultrafiltrate flow; 0 to 500 mL/min.
    sieving : float, Quantity or array
        Sieving coefficient: concentration in the removed plasma over that in plasma; 0 to 1.2.
    plasma_flow : Quantity, scalar or array
        Plasma flow: blood flow times 1 - hematocrit; 1 to 250 mL/min.

    Returns
    -------
    Quantity, scalar or array
        Flow in mL/min.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(hemofiltration_pre(Q(29.1667, "mL/min"), 1.0, Q(105, "mL/min")).m_as("mL/min"), 1)
    22.8
    """
    return ultrafiltrate * sieving * plasma_flow / (plasma_flow + ultrafiltrate)


@formula(
    "1",
    "ultrafiltrate/(plasma_flow + predilution)",
    source="crrt-clearance",
    tag="derived",
    validity="hemofiltration",
    error="none known",
    ultrafiltrate=ULTRAFILTRATE,
    plasma_flow=PLASMA_THROUGH,
    predilution=ULTRAFILTRATE,
)
def ultrafiltration_fraction(ultrafiltrate: Value, plasma_flow: Value, predilution: Value) -> Value:
    """Share of the plasma that a hemofilter takes out.

    Parameters
    ----------
    ultrafiltrate : Quantity, scalar or array
        Ultrafiltrate flow; 0 to 500 mL/min.
    plasma_flow : Quantity, scalar or array
        Plasma flow; 1 to 250 mL/min.
    predilution : Quantity, scalar or array
        Flow of the fluid given before the filter; 0 mL/min without; 0 to 500 mL/min.

    Returns
    -------
    float or array
        Fraction.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range; where more
        would be filtered than flows in.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(ultrafiltration_fraction(Q(29.1667, "mL/min"), Q(105, "mL/min"), Q(0, "mL/min")), 2)
    0.28
    """
    fraction = ultrafiltrate / (plasma_flow + predilution)
    refuse_if(
        highest(fraction) >= 1,
        "effluent_dose",
        "a filtration fraction above 1",
        "less than the plasma flow",
        kind="range",
    )
    return fraction


# --- sieving by size: a fallback ------------------------------------------------------------------


class Curve(NamedTuple):
    """A log-normal sieving curve through two measured points (kDa, sieving).

    The size of the pores cancels out.
    """

    name: str
    small: tuple[float, float]
    large: tuple[float, float]

    def sieving(self, size: float) -> float:
        """Sieving of a globular molecule of this size in kDa: an upper bound, from size alone."""
        normal = NormalDist()
        (small, high), (large, low) = self.small, self.large
        at_high, at_low = normal.inv_cdf(1 - high), normal.inv_cdf(1 - low)
        width = math.log(large / small) / (at_low - at_high)
        return 1 - normal.cdf((math.log(size / small)) / width + at_high)


# derived sieving-curve: kDa of beta2-microglobulin, interleukin-1 beta, albumin
BETA2, INTERLEUKIN1, ALBUMIN_MASS = 11.8, 17.0, 66.5
HIGH_FLUX = Curve(
    "high-flux", (BETA2, 0.75), (ALBUMIN_MASS, 0.001)
)  # derived sieving-curve jasntab
PROTEIN_LEAKING = Curve(
    "protein-leaking", (BETA2, 0.95), (ALBUMIN_MASS, 0.02)
)  # derived sieving-curve jasntab
HIGH_CUTOFF = Curve(
    "high cut-off, fresh", (INTERLEUKIN1, 0.95), (ALBUMIN_MASS, 0.2)
)  # derived sieving-curve mariano2005
# derived sieving-curve mariano2005
HIGH_CUTOFF_LATER = Curve("high cut-off after 3 h", (INTERLEUKIN1, 0.95), (ALBUMIN_MASS, 0.03))
CURVES = (HIGH_FLUX, PROTEIN_LEAKING, HIGH_CUTOFF, HIGH_CUTOFF_LATER)


def curve_table(rows: Iterable[Solute]) -> list[tuple[str, float, tuple[float, ...]]]:
    """For each solute with a size: name, size in kDa, and the size-only sieving on each curve."""
    sized = [(row.short, row.mw.low or row.mw.typical) for row in rows]
    return [
        (name, size.value, tuple(curve.sieving(size.value) for curve in CURVES))
        for name, size in sized
        if size is not None
    ]
