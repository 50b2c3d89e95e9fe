"""One session in words: the removal of one solute, or the loss of a dose of a medicine.

The trap: what rests on a terminal half-life is an upper bound, and has no typical figure.
"""

from __future__ import annotations

import math

from pexcalc.kinetics.dose_lost import DoseLost
from pexcalc.kinetics.removal import Removal
from pexcalc.quantities import units
from pexcalc.report.layout import Row, Section
from pexcalc.report.learned import with_and_without
from pexcalc.report.wording import (
    change,
    class_words,
    cleared,
    hours_span,
    in_words,
    joined,
    level_by_production,
    percent_span,
    share,
)

NO_RETURN = (
    "no time can be given: production has changed or the fluid contains the solute, and the level "
    "may not have fallen or may stay down"
)


def removal_section(removal: Removal) -> Section:
    """One solute and one session, with everything that bounds the percent reduction."""
    steady = removal.production in ("steady", "any")
    rows = (
        *level_rows(removal),
        *_turnover_rows(removal),
        Row("Class", f"{class_words(removal.kinetic_class)}{CLASS_OF[steady]}"),
        Row("Model", removal.model),
        Row("Evidence", in_words(removal.statement)),
    )
    return Section(removal.name, rows)


def level_rows(removal: Removal) -> list[Row]:
    """What the level does, by what its range is."""
    return _LEVEL_ROWS[removal.range](removal)


WASHOUT = "Washout alone"
PUBLISHED = (
    "group results of cytokines range from a rise to a fall of 74 %. The level depends on "
    "production"
)


def _washout(removal: Removal) -> str:
    return f"if the volumes are exact: {share(removal.dilution_only)}"


def _patient_rows(removal: Removal) -> list[Row]:
    """The equation, the range beside it, and its source."""
    fall = removal.fall
    if fall is None or fall.typical is None or removal.fall_of_series is None:
        return _named_rows(removal)
    if removal.supply:
        without = removal.fall_without_levels
        levels = f" with this patient's levels, {change(without)} without them" if without else ""
        given_back = (
            f"{change(fall)}{levels}, including what the fluid contains; single patients not "
            f"studied"
        )
        return [Row("Reduction at the end", given_back), Row(WASHOUT, _washout(removal))]
    if removal.fall_without_levels is not None:
        both = with_and_without(fall, removal.fall_without_levels)
        text = f"{both}; the center moved from the equation because of this patient's levels"
        return [Row("Reduction at the end", text), Row(WASHOUT, _washout(removal))]
    around = units.percent(removal.fall_of_series)
    text = (
        f"{units.percent(fall.typical)} by the equation; published series lie around {around} "
        f"({percent_span(fall)}); single patients not studied"
    )
    return [Row("Reduction at the end", text), Row(WASHOUT, _washout(removal))]


def _scenario_rows(removal: Removal) -> list[Row]:
    """What the session removes, apart from what the level does."""
    pools = units.number(-math.log1p(-removal.dilution_only.typical), 2)
    taken = joined(cleared(removal), f"{pools} plasma pools", f"washout alone, {_washout(removal)}")
    rows = [Row("Session removes", taken)]
    if removal.fall is None:
        return [*rows, Row("Level at the end", "not known")]
    return [*rows, Row("Level at the end", level_by_production(removal))]


def _named_rows(removal: Removal) -> list[Row]:
    text = f"{change(removal.fall)}, production {removal.production}, by the parameters alone"
    return [Row("Reduction at the end", text), Row(WASHOUT, _washout(removal))]


_LEVEL_ROWS = {
    "patient": _patient_rows,
    "scenarios": _scenario_rows,
    "parameters": _named_rows,
}
# By whether production is steady.
CLASS_OF = {True: "", False: " (with steady production)"}


def _turnover_rows(removal: Removal) -> list[Row]:
    """What follows from production and elimination, where they are known."""
    known = (removal.fall, removal.ceiling, removal.device_share, removal.mean_fall)
    if removal.device_share is None or not all(known):
        return []
    back = removal.return_time_90
    limit = f"{change(removal.ceiling)}, however long the session"
    scenarios = removal.range == "scenarios"
    undone = f"90 % of the reduction is reversed after {hours_span(back)}" if back else NO_RETURN
    of_device = f"{share(removal.device_share)} of all clearance while it runs"
    return [
        Row("Rebound", undone),
        *([Row("Published", PUBLISHED)] if scenarios else [Row("Share of device", of_device)]),
        Row("24-hour mean", f"{change(removal.mean_fall)}{MEAN_OF[scenarios]}"),
        Row("Limit at this rate", f"{limit}, with the volume as ordered{STEADY[scenarios]}"),
    ]


# By whether the range is over scenarios.
MEAN_OF = {True: ", if production halves or doubles and stays so", False: ""}
STEADY = {True: " and steady production", False: ""}


# --- a medicine -----------------------------------------------------------------------------------


def dose_section(lost: DoseLost) -> Section:
    """What an exchange takes of a medicine that was given before it."""
    removed = f"{share(lost.lost)} of the amount in the body" if lost.lost else "no figure"
    rows = (
        Row("Removed", removed),
        Row("To do", lost.advice),
        Row("Model", lost.model),
        Row("Evidence", in_words(lost.statement)),
    )
    return Section(lost.name, rows)
