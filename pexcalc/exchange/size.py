"""Height and weight of a child against the age, and a weight that may be in pounds.

The trap: these are questions on what was typed, not on the child; they never refuse an order.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pexcalc.data.growth import Growth, growth_at
from pexcalc.data.limits import Limit
from pexcalc.order.fields import ADULT, RANGES
from pexcalc.order.patient import Body
from pexcalc.quantities import units
from pexcalc.quantities.errors import QuantityError
from pexcalc.rules.facts import SizeFacts

POUND = 0.45359237  # derived arithmetic: kg in a pound
INCH = 2.54  # derived arithmetic: cm in an inch


def size_for_age(
    body: Body, weight: float, in_kilograms: bool, limits: Mapping[str, Limit]
) -> SizeFacts:
    """What lies outside the cut points of growth.csv; nothing below 2 and from 18 years on.

    Height and weight that are outside on the same side are one question, on the age. A weight that
    may be pounds is asked about as that and as nothing else. The body mass index is asked about
    where neither height nor weight is.
    """
    row = growth_at(body.sex, body.age)
    if row is None:
        return SizeFacts()
    pounds = in_kilograms and _perhaps_pounds(weight / row.weight_median, limits)
    tall = _side(body.height, row.height_low, row.height_high)
    heavy = 0 if pounds else _side(weight, row.weight_low, row.weight_high)
    if tall and tall == heavy:
        both = f"height {_label(body.height, 'cm')} and weight {_label(weight, 'kg')}"
        return SizeFacts(age=both, age_words=f"{_height_span(row)} and {_weight_span(row)}")
    asked = bool(tall or heavy or pounds)
    outside = not asked and _side(body.bmi, row.bmi_low, row.bmi_high)
    return SizeFacts(
        height=body.height if tall else None,
        height_span=_height_span(row),
        height_words=_height_words(body.height, row),
        weight=weight if heavy else None,
        weight_words=_weight_span(row),
        bmi=body.bmi if outside else None,
        bmi_words=_bmi_words(body.height, weight, row),
        pounds=weight if pounds else None,
        pounds_words=f"{units.number(weight)} lb are {_label(weight * POUND, 'kg')}",
    )


def _side(value: float, low: float, high: float) -> int:
    """-1 below the span, 1 above it, 0 within it, the ends included."""
    return (value > high) - (value < low)


def _perhaps_pounds(times: float, limits: Mapping[str, Limit]) -> bool:
    """Too heavy for the age, and usual if the number were pounds; in medians of the age."""
    return not limits["times-median-weight"].holds(times) and limits[
        "times-median-weight-in-pounds"
    ].holds(times * POUND)


def _label(value: float, unit: str) -> str:
    return units.label(round(value, 1), unit)


def _ends_words(low: float, high: float, unit: str) -> str:
    return f"{units.number(low)} to {units.number(high)} {unit}"


def _height_span(row: Growth) -> str:
    return _ends_words(row.height_low, row.height_high, "cm")


def _weight_span(row: Growth) -> str:
    return _ends_words(row.weight_low, row.weight_high, "kg")


def _height_words(height: float, row: Growth) -> str:
    """What most probably is wrong with a height: inches, where they would be usual."""
    inches = height * INCH
    if row.height_low <= inches <= row.height_high:
        return f"Is that inches? {units.number(height)} in are {_label(inches, 'cm')}."
    return "Check the height."


def _bmi_words(height: float, weight: float, row: Growth) -> str:
    """The span of the body mass index, and which of height and weight is further from usual."""
    tall = _distance(height, row.height_low, row.height_median, row.height_high)
    heavy = _distance(weight, row.weight_low, row.weight_median, row.weight_high)
    asked = "height" if tall > heavy else "weight"
    return f"{_ends_words(row.bmi_low, row.bmi_high, 'kg/m2')}: check the {asked}"


def _distance(value: float, low: float, median: float, high: float) -> float:
    """How far from the median, as a part of the way to the cut point of that side."""
    end = high if value > median else low
    return (value - median) / (end - median)


# --- adults ---------------------------------------------------------------------------------------


def typed_in_kilograms(weight: Any) -> bool:
    """The weight was typed in kilograms."""
    unit = units.unit_of(weight)
    return unit is not None and unit.label == "kg"


def if_pounds(
    body: Body, weight: Any, plasma: float | None, plasma_of: Callable[[Body], float]
) -> str:
    """What the number of a weight in kilograms would be in pounds, in words.

    `plasma` is the plasma volume in mL, None where it does not come from the weight; `plasma_of`
    estimates that of another body.
    """
    if not typed_in_kilograms(weight):
        return "check weight and height and their units"
    size = units.size(weight, "kg")
    smaller = size * POUND
    if not RANGES["weight"][ADULT].holds(smaller):
        return "check weight and height and their units"
    words = f"if {units.number(size)} are pounds, the weight is {_label(smaller, 'kg')}"
    if plasma is None:
        return words
    lighter = body._replace(
        weight=body.weight * POUND, kept=body.kept * POUND, bmi=body.bmi * POUND
    )
    try:
        volume = plasma_of(lighter)
    except QuantityError:
        return words
    less, more = (units.volume(one, exact=False) for one in (volume, plasma))
    return f"{words} and the plasma volume {less} instead of {more}"
