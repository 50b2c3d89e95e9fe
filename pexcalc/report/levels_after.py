"""Levels right after a session, for each fluid, in g/L: those of the record, and one later.

Of a solute that the fluid carries, what is left of the patient's own and what the fluid adds are
two figures, and one level where the level before is entered.
"""

from __future__ import annotations

from typing import NamedTuple

from pexcalc.kinetics.case import PlasmaVolumes, Session
from pexcalc.kinetics.dilution import volumes_passing
from pexcalc.kinetics.session_end import session_end
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.replacement.facts import size_of
from pexcalc.replacement.results import Option


class LevelAfter(NamedTuple):
    """A solute right after a session.

    `kept` is the fraction of the level before that is left of the patient's own, `added` what the
    fluid adds in g/L: None where its content is not known. `before` and `after` are in g/L, None
    where the level before is not entered, and so is `lowest`, that at the end of a stage.
    """

    kept: Interval
    added: float | None
    before: float | None
    after: Interval | None
    lowest: float | None = None


def level_after(option: Option, solute: str, sequence: str = "") -> LevelAfter | None:
    """A solute right after the session with a fluid; None for a fluid that is not calculated.

    `sequence` is another one than that of the fluid.
    """
    wanted = (solute, sequence or option.sequence)
    found = next((one for one in option.left if (one.solute, one.sequence) == wanted), None)
    if found is None:
        return None
    return LevelAfter(
        found.kept,
        size_of(found.added and found.added.typical, "g/L"),
        size_of(found.before, "g/L"),
        found.after and _in_grams(found.after),
        size_of(found.lowest, "g/L"),
    )


def _in_grams(span: Interval) -> Interval:
    low, typical, high = (units.size(end, "g/L") for end in (span.low, span.typical, span.high))
    return Interval(low, typical, high)


def level_later(p: Prescription, solute: str, hours: float) -> float:
    """The level some hours after the session as a fraction of that before; the fluid adds none."""
    run, weight = units.size(p.run_time.duration, "h"), units.size(p.order.patient.weight, "kg")
    plasma = units.size(p.volumes.plasma_volume.typical, "mL")
    balance = p.totals.balance_percent / 100
    at = PlasmaVolumes(volumes_passing(p.dose.plasma_volumes.typical, balance), plasma)
    end = session_end(solute, at, Session(run, 1.0, weight, "steady", named=False))
    return float(end.course.later(hours)[0].typical)
