"""Figures as a person reads them: volumes, times, intervals, laboratory units.

Every number is rounded here, once. The trap: the low end of a percent reduction may be a rise.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from pexcalc.data import indications as indication_table
from pexcalc.kinetics.removal import SoluteRemoval
from pexcalc.order.fields import BY_PATH
from pexcalc.order.patient import LAB_UNITS, LabUnit
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.given import if_given, words_if_given
from pexcalc.rules.not_checked import NotChecked

# --- figures in words -----------------------------------------------------------------------------


def joined(*parts: str, by: str = "; ") -> str:
    """The parts that have words, one after the other."""
    return by.join(filter(None, parts))


def rounded(quantity: Any, unit: str, places: int) -> str:
    """A quantity as a rounded number in a unit."""
    return units.number(units.size(quantity, unit), places)


def interval_words(interval: Interval, unit: str, places: int) -> str:
    """The typical value with both ends behind it, or the value alone where they are the same."""
    low, typical, high = (
        rounded(end, unit, places) for end in (interval.low, interval.typical, interval.high)
    )
    return f"{typical} {unit}" if low == high else f"{typical} {unit} ({low} to {high})"


def two_places(value: float) -> str:
    """Plasma volumes that containers deliver, always to two places, to be compared: `1.00`."""
    return f"{float(units.number(value, 2).replace(',', '')):.2f}"


def volume_words(quantity: Any) -> str:
    """A volume, rounded, with the value to 0.1 mL behind it."""
    return units.volume(units.size(quantity, "mL"))


def volume_span(interval: Interval) -> str:
    """Both ends of an interval of volumes."""
    low, high = (units.size(end, "mL") for end in (interval.low, interval.high))
    return (
        f"{units.volume(low, exact=False).removesuffix(' mL')} to {units.volume(high, exact=False)}"
    )


def plural(count: str, noun: str) -> str:
    """A printed number with its noun: `1 container`, `2 containers`, `0.5 to 1 containers`."""
    return f"{count} {noun}" if count == "1" else f"{count} {noun}s"


AN = re.compile(r"(8|11\b|18\b)")  # derived: numbers that are read with a vowel first


def a_length(text: str) -> str:
    """A number and its unit after the article: `a 2 h`, `an 8 h`, `an 11 min`."""
    return f"an {text}" if AN.match(text) else f"a {text}"


def plasma_volumes_words(value: float, places: int = 2) -> str:
    """`1 plasma volume`, `0.9 plasma volumes`."""
    return plural(units.number(value, places), "plasma volume")


def listed_volumes(row: indication_table.Indication) -> str:
    """The plasma volumes that are listed for an indication; nothing where none are."""
    ends = sorted({end for end in (row.pv_low, row.pv_high) if end is not None})
    span = " to ".join(units.number(end, 2) for end in ends)
    return span and plural(span, "plasma volume")


def removal_line(removal: SoluteRemoval) -> str:
    """Percent reduction, time back to 90 %, class, grade: a line of the prescription."""
    grade = f"grade {removal.grade}"
    if removal.fall is None:
        return f"not known; {class_words(removal.kinetic_class)}; {grade}"
    back = removal.return_time_90
    when = _back_words(hours_span(back)) if back else "no rebound time"
    parts = [f"{fall_words(removal.fall)}{_without_levels_words(removal)}", when]
    if removal.range == "scenarios":
        parts = [f"session {cleared(removal)}", level_by_production(removal), when]
    return "; ".join((*parts, class_words(removal.kinetic_class), grade, *_supplied(removal)))


def _back_words(span: str) -> str:
    """`back in 5.7 to 39 d`, `back within 20 h`."""
    return f"back in {span}".replace("in up to", "within")


_CLASS_WORDS = {
    "unknown": "effect not known",
    "negligible": "little or no lasting effect",
    "negligible to transient": "little or no lasting effect",
    "negligible to lasting": "no effect to lasting effect",
}


def class_words(kinetic_class: str) -> str:
    """A kinetic class as a person reads it: `lasting effect`, `little or no lasting effect`."""
    return _CLASS_WORDS.get(kinetic_class, f"{kinetic_class} effect")


STATE_WORDS = {"ordered": "ordered", "default": "default", "open": "not ordered"}


def _without_levels_words(removal: SoluteRemoval) -> str:
    """The forecast without measured levels, beside the one with them."""
    without = removal.fall_without_levels
    return words_if_given(
        without, lambda without: f" with measured levels, {fall_words(without)} without"
    )


def _supplied(removal: SoluteRemoval) -> list[str]:
    """What the fluid contains of the solute."""
    if removal.supply:
        return ["including what the fluid contains"]
    return ["replaced by the albumin infused"] if removal.solute == "albumin" else []


def cleared(removal: SoluteRemoval) -> str:
    """What the session removes, apart from what the level does."""
    known = removal.device_share
    return words_if_given(known, lambda known: f"{share(known)} of all clearance while it runs")


def level_by_production(removal: SoluteRemoval) -> str:
    """What the level does with steady production, and if production changes meanwhile."""
    return (
        f"level with steady production: {change(removal.fall_by_parameters)}, "
        f"if production halves or doubles meanwhile: {change(removal.fall)}"
    )


def fall_words(interval: Interval) -> str:
    """A percent reduction without the word, where no end of it is a rise."""
    return share(interval) if interval.low >= 0 else change(interval)


_PRODUCTION = {
    "halved": "if production halves",
    "doubled": "if it doubles",
    "rising": "if it rises to double by the end",
}


def scenario(removal: SoluteRemoval) -> str:
    """The change with other production, in words."""
    return f"{_PRODUCTION[removal.production]}, {change(removal.fall)}"


def change(interval: Interval | None) -> str:
    """A percent reduction in words, where an end of it may be a rise."""
    if interval is None:
        return "not known"
    if interval.low >= 0:
        return f"a fall of {share(interval)}"
    typical = if_given(interval.typical, lambda typical: -typical)
    rise = Interval(-interval.high, typical, -interval.low)
    if interval.high < 0:
        return f"a rise of {share(rise)}"
    return (
        f"between a rise of {units.percent(rise.high)} and a fall of {units.percent(interval.high)}"
    )


def share(interval: Interval) -> str:
    """An interval of fractions: `24 % (14 to 36 %)`, `5 to 57 %`, `up to 57 %`, `61 %`."""
    low, high = (units.percent(end) for end in (interval.low, interval.high))
    if interval.low == 0:
        return f"up to {high}"
    if low == high:
        return high
    span = percent_span(interval)
    return span if interval.typical is None else f"{units.percent(interval.typical)} ({span})"


def percent_span(interval: Interval) -> str:
    """Both ends of an interval of fractions: `5 to 57 %`."""
    low, high = (units.percent(end) for end in (interval.low, interval.high))
    return f"{low.removesuffix(' %')} to {high}"


class _TimeScale(NamedTuple):
    """Hours below which a time is printed in this unit, hours in it, and decimal places."""

    below: float
    unit: str
    hours: float
    places: int


_TIME_SCALES = (  # derived: about two digits of each unit
    _TimeScale(1, "min", 1 / 60, 0),
    _TimeScale(10, "h", 1, 1),
    _TimeScale(48, "h", 1, 0),
    _TimeScale(240, "d", 24, 1),
    _TimeScale(math.inf, "d", 24, 0),
)


def hours(value: float) -> str:
    """A time in the unit in which a person thinks of it: `20 min`, `1.8 h`, `17 h`, `46 d`."""
    return " ".join(_amount_and_unit(value))


def _amount_and_unit(value: float) -> tuple[str, str]:
    scale = next(scale for scale in _TIME_SCALES if value < scale.below)
    return units.number(value / scale.hours, scale.places), scale.unit


def hours_span(interval: Interval) -> str:
    """Both ends of an interval of times."""
    ends = [units.size(end, "h") for end in (interval.low, interval.high)]
    low, high = map(hours, ends)
    if ends[0] == 0:
        return f"up to {high}"
    if low == high:
        return low
    (amount, unit), (_, same) = map(_amount_and_unit, ends)
    return f"{amount if unit == same else low} to {high}"


# --- laboratory values ----------------------------------------------------------------------------

System = Literal["entered", "si", "us"]


def lab_unit(name: str, system: System, entered: str = "") -> LabUnit:
    """The unit of a laboratory value by the system asked for, or as entered."""
    si, us = LAB_UNITS[name]
    by_system = {"us": us, "si": si, "entered": us if entered == us.label else si}
    return by_system[system]


def charted_unit(name: str, order: Any) -> LabUnit | None:
    """The unit of its ion in which a laboratory value was typed; None for another one."""
    label = order.charted.get(name)
    if label is None:
        return None
    return LabUnit(label, 2, dict(BY_PATH[f"labs.{name}"].per_mmol)[label])


NO_ALERTS = "No alerts from the data entered."
ALL_CHECKED = "nothing: every question that matters here was answered"


def not_checked_words(not_checked: Iterable[NotChecked]) -> str:
    """What the order leaves open, in the words of the ward, or that it leaves nothing open."""
    labels = ", ".join(one.label for one in not_checked)
    return f"no data for {labels}" if labels else ALL_CHECKED


_SIGNS = (
    (r">=\s*", "at least "),
    (r"<=\s*", "at most "),
    (r">\s*", "more than "),
    (r"<\s*", "less than "),
)


def in_words(text: str) -> str:
    """Text of the data tables as it may stand in an order: no signs for more and less."""
    for sign, words in _SIGNS:
        text = re.sub(sign, words, text)
    text = re.sub(r" *x10\^9/L", " x 10^9/L", text)
    return re.sub(r"(?<![\d.])(\d+)\.0\b(?!\.)", r"\1", text)
