"""Figures as a person reads them: volumes, times, intervals, laboratory units."""

from __future__ import annotations

import re
from typing import Any, Literal

from pexcalc.data import indications as indication_table
from pexcalc.kinetics.removal import SoluteRemoval
from pexcalc.order.patient import LAB_UNITS, LabUnit
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval

# --- figures in words -----------------------------------------------------------------------------


def volume_words(quantity: Any) -> str:
    """A volume, rounded, with the value to 0.1 mL behind it."""
    return units.volume(units.size(quantity, "mL"))


def volume_span(interval: Interval) -> str:
    """Both ends of an interval of volumes."""
    low, high = (
        units.volume(units.size(end, "mL"), exact=False) for end in (interval.low, interval.high)
    )
    return f"{low.removesuffix(' mL')} to {high}"


def plasma_volumes_words(value: float, places: int = 2) -> str:
    """`1 plasma volume`, `0.9 plasma volumes`."""
    shown = units.number(value, places)
    return f"{shown} plasma volume{'' if shown == '1' else 's'}"


def listed_volumes(row: indication_table.Indication) -> str:
    """The plasma volumes that are listed for an indication; nothing where none are."""
    if row.pv_low is None or row.pv_high is None:
        return ""
    span = " to ".join(units.number(end, 2) for end in sorted({row.pv_low, row.pv_high}))
    return f"{span} plasma volume{'' if span == '1' else 's'}"


def one_line(one: SoluteRemoval) -> str:
    """Fall now, back when, class, grade: a line of the prescription."""
    if one.fall is None:
        return f"not known; class {one.kinetic_class}; {one.grade}"
    back = one.return_time_90
    when = hours_span(back) if back else "does not come back"
    supplied = "; albumin solution puts it back" if one.solute == "albumin" else ""
    return f"{share(one.fall)}; {when}; {one.kinetic_class}; {one.grade}{supplied}"


_WORDS_OF = {
    "halved": "if production halves",
    "doubled": "if it doubles",
    "rising": "if it rises to double by the end",
}


def scenario(one: SoluteRemoval) -> str:
    """What other production would do, in words."""
    return f"{_WORDS_OF[one.production]}, {change(one.fall)}"


def change(interval: Interval | None) -> str:
    """A fall in words, where an end of it may be a rise."""
    if interval is None:
        return "not known"
    if interval.low >= 0:
        return f"a fall of {share(interval)}"
    if interval.high < 0:
        return f"a rise of {share(Interval(-interval.high, None, -interval.low))}"
    return f"between a rise of {units.percent(-interval.low)} and a fall of {units.percent(interval.high)}"


def share(interval: Interval) -> str:
    """An interval of fractions: `24 % (14 to 36 %)`, `5 to 57 %`, `up to 57 %`, `61 %`."""
    low, high = (units.percent(end).removesuffix(" %") for end in (interval.low, interval.high))
    span = (
        f"up to {high} %"
        if interval.low == 0
        else f"{low} %"
        if low == high
        else f"{low} to {high} %"
    )
    if interval.typical is None or interval.low == 0 or low == high:
        return span
    return f"{units.percent(interval.typical)} ({span})"


def hours(value: float) -> str:
    """A time in the unit in which a person thinks of it: `20 min`, `1.8 h`, `17 h`, `46 d`."""
    amount, unit = _time(value)
    return f"{amount} {unit}"


def _time(value: float) -> tuple[str, str]:
    if value < 1:
        return units.number(60 * value, 0), "min"
    if value < 48:
        return units.number(value, 1 if value < 10 else 0), "h"
    return units.number(value / 24, 1 if value < 240 else 0), "d"


def hours_span(interval: Interval) -> str:
    """Both ends of an interval of times."""
    low, high = (_time(units.size(end, "h")) for end in (interval.low, interval.high))
    if units.size(interval.low, "h") == 0:
        return f"up to {high[0]} {high[1]}"
    if low == high:
        return f"{low[0]} {low[1]}"
    return f"{low[0]}{'' if low[1] == high[1] else f' {low[1]}'} to {high[0]} {high[1]}"


# --- laboratory values ----------------------------------------------------------------------------

System = Literal["entered", "si", "us"]


def lab_unit(name: str, system: System, entered: str = "") -> LabUnit:
    """The unit of a laboratory value by the system asked for; as entered, that of the entered value."""
    si, us = LAB_UNITS[name]
    return us if system == "us" or (system == "entered" and entered == us.label) else si


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
