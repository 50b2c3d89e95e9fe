"""Levels after the session in words, for the one screen and for the sheet."""

from __future__ import annotations

from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.given import if_given
from pexcalc.replacement.results import Option
from pexcalc.report.levels_after import LevelAfter, level_after, level_later
from pexcalc.report.wording import System, lab_unit, percent_span
from pexcalc.rules.medicine_rules import IMMUNOGLOBULIN, named


def table_cell(p: Prescription, option: Option, solute: str, system: System) -> str:
    """A level after the session in short: `100 mg/dL (62 to 153)`, `39 % + 1.2 g/L`."""
    found = level_after(option, solute)
    if found is None:
        return ""
    if found.after is not None:
        return ranged_level(p, solute, found.after, system)
    kept = units.percent(found.kept.typical)
    if found.added is None:
        return f"{kept} + unknown"
    return f"{kept} + {one_level(p, solute, found.added, system)}" if found.added else kept


def row_text(p: Prescription, solute: str, found: LevelAfter, system: System) -> str:
    """A level after the session, with the one before it where that was entered."""
    if found.after is not None and found.before is not None:
        before = one_level(p, solute, found.before, system)
        return f"{ranged_level(p, solute, found.after, system)}, from {before}"
    kept = f"{units.percent(found.kept.typical)} ({percent_span(found.kept).removesuffix(' %')})"
    if found.added == 0:
        return kept
    if found.added is None:
        return f"{kept} of baseline; what the plasma adds is not known"
    added = one_level(p, solute, found.added, system)
    source = "the fluid" if solute == "albumin" else "donor plasma"
    return f"{kept} of baseline + {added} from {source}"


def immunoglobulin_due(p: Prescription) -> bool:
    """Immunoglobulin is given after this exchange: no forecast of IgG counts it."""
    return any(one.when == "after" and named(one.name, IMMUNOGLOBULIN) for one in p.drugs)


LATER = 48.0  # derived: hours after the session at which the return of IgG is shown


def return_words(p: Prescription, solute: str, found: LevelAfter) -> str:
    """How far IgG has returned two days later, where the fluid adds none."""
    if solute != "igg" or found.added != 0:
        return ""
    if immunoglobulin_due(p):
        return "; the immunoglobulin that is due after it raises it"
    later = units.percent(level_later(p, solute, LATER))
    return f"; rises again to about {later} in {units.number(LATER)} h"


STABLE = 0.999  # derived: a lowest level that differs from both ends by less is not printed


def lowest_words(p: Prescription, solute: str, found: LevelAfter, system: System) -> str:
    """The lowest level on the way, at the change-over, where it is below both ends."""
    if found.lowest is None or found.after is None or found.before is None:
        return ""
    if found.lowest >= STABLE * min(found.after.typical, found.before):
        return ""
    return f", lowest {one_level(p, solute, found.lowest, system)} at the change-over"


def ranged_level(p: Prescription, solute: str, level: Interval, system: System) -> str:
    """A level with its range: `100 mg/dL (62 to 153)`."""
    low, typical, high = (
        one_level(p, solute, end, system) for end in (level.low, level.typical, level.high)
    )
    unit = typical.partition(" ")[2]
    return f"{typical} ({low.removesuffix(f' {unit}')} to {high.removesuffix(f' {unit}')})"


def one_level(p: Prescription, solute: str, level: float, system: System) -> str:
    """A level in g/L in the unit that was entered or is asked for."""
    measured = getattr(p.order.labs, solute, None)
    entered = if_given(measured, units.unit_of)
    label, places, factor = lab_unit(solute, system, entered.label if entered else "")
    return f"{units.number(factor * level, places)} {label}"
