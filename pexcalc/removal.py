"""What an exchange does to a solute, as far as it is known without production: the dilution law with its interval."""

from __future__ import annotations

from pexcalc.kinetics import fraction_removed
from pexcalc.quantity import Basis, Interval, PlainInterval, Record, Text, work

PLASMA_CONFINED = "solute confined to plasma, no production"


class Removal(Record):
    """The removal of one solute by one session: `dilution_only` is the fraction removed by dilution alone, a bound."""

    solute: Text
    dilution_only: PlainInterval


def dilution(plasma_volumes: Interval, basis: dict[str, Basis]) -> Removal:
    """The removal of a plasma-confined solute, with the interval that the plasma volume gives."""
    ends = {
        end: work(
            basis, f"removal.dilution_only.{end}", fraction_removed, plasma_volumes=value, sieving=1.0, mixing=1.0
        )
        for end, value in (
            ("low", plasma_volumes.low),
            ("typical", plasma_volumes.typical),
            ("high", plasma_volumes.high),
        )
    }
    return Removal(solute=PLASMA_CONFINED, dilution_only=Interval(**ends))
