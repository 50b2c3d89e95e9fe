"""A solute of the caller: a half-life, or rates of one or two compartments, that no table holds.

The trap: nothing here is from a source, so the grade of such a solute is D, whatever its values.
"""

from collections.abc import Mapping
from typing import Any

from pexcalc.data.solutes import Known, Solute, Span
from pexcalc.kinetics.turnover import HALF_LIFE, SOME_RATE
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError, refuse_if
from pexcalc.quantities.record import printed_on_one_line
from pexcalc.quantities.units import Fraction, Quantity

# Share of the solute in plasma at rest; with all of it there, there is no second compartment.
PLASMA_SHARE = In("1", 0.01, 1, "%", open_high=True)  # derived: more than none, less than all
TURNOVER_INPUTS: Mapping[str, In] = {
    "half_life": HALF_LIFE,
    "kel": SOME_RATE,
    "k12": SOME_RATE,
    "fraction": PLASMA_SHARE,
}
# Which of them make a model.
TURNOVER_FORMS = ({"half_life"}, {"kel"}, {"kel", "k12", "fraction"})


def custom_solute(
    name: str,
    *,
    half_life: Quantity | Interval | None = None,
    kel: Quantity | Interval | None = None,
    k12: Quantity | Interval | None = None,
    fraction: Fraction | Interval | None = None,
) -> Solute:
    """A solute with a turnover of your own, for `expected_removal` and `simulate_course`.

    Parameters
    ----------
    name : str
        Its name in results.
    half_life : Quantity or Interval, optional
        Half-life of one compartment; 0.001 to 20,000 h.
    kel : Quantity or Interval, optional
        Fractional catabolic rate of plasma, in place of it; 0.0001 to 100 /h.
    k12, fraction : Quantity, float or Interval, optional
        With `kel` two compartments: escape rate from plasma, and the share that is in plasma at
        rest; 1 to less than 100 %.

    Returns
    -------
    Solute
        Of grade D: its values are those of the caller. A value alone is taken as exact, an Interval
        is varied from end to end.

    Raises
    ------
    QuantityError
        If a value has no unit or lies outside its range, or the values make no model.

    Notes
    -----
    Valid for a solute whose turnover you know. Scalars. Without a `production` by name the range
    is that over scenarios, as for a cytokine: production halves to doubles.

    Examples
    --------
    >>> import pint
    >>> from pexcalc import expected_removal
    >>> Q = pint.UnitRegistry().Quantity
    >>> light_chain = custom_solute("free light chain", half_life=Q(4, "h"))
    >>> removal = expected_removal(light_chain, 1.0, Q(2, "h"), production="steady")
    >>> round(removal.fall.typical, 2)
    0.55
    """
    if not isinstance(name, str):
        shown = f"a value of type {type(name).__name__}"
        raise QuantityError("name", shown, "a name in words", kind="type")
    given = {"half_life": half_life, "kel": kel, "k12": k12, "fraction": fraction}
    stated = {key: value for key, value in given.items() if value is not None}
    if set(stated) not in TURNOVER_FORMS:
        got = ", ".join(stated) or "nothing"
        wanted = "half_life; or kel; or kel, k12 and fraction"
        raise QuantityError("custom_solute", got, wanted, kind="conflict", fields=stated)
    spans: dict[str, Any] = {key: _stated_span(key, value) for key, value in stated.items()}
    return Solute(
        id="custom",
        name=printed_on_one_line("name", name),
        synonyms=(),
        kind="custom",
        grade="D",
        reason="values of the caller",
        sources=(),
        **spans,
    )


def _stated_span(name: str, value: Any) -> Span:
    """The ends and the typical value of what was stated, in hours or per hour."""
    spec = TURNOVER_INPUTS[name]
    ends = (value.low, value.typical, value.high) if isinstance(value, Interval) else (value,) * 3
    if ends[1] is None:
        got, wanted = "an Interval without a typical value", "one with low, typical and high"
        raise QuantityError(name, got, wanted, kind="missing")
    low, typical, high = (spec.one(name, end) for end in ends)
    wanted = "low, typical and high in rising order"
    refuse_if(not low <= typical <= high, name, f"{low}, {typical}, {high}", wanted, kind="range")
    return Span(*(Known(end, "stated") for end in (low, typical, high)))
