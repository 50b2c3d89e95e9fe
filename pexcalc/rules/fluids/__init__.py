"""Which replacement fluid and why: safety rules remove, fluid rules choose, sequence rules arrange.

A condition is in one row. A rule with an alert raises it for every fluid that goes against the
rule: the same row decides and warns. The order of the rows counts: the first one that chooses wins.
"""

from pexcalc.rules.facts import Facts
from pexcalc.rules.fluids.choice import CHOICE
from pexcalc.rules.fluids.electrolytes import ELECTROLYTES
from pexcalc.rules.fluids.precautions import CHILDREN, PRECAUTIONS
from pexcalc.rules.fluids.row import FluidRule
from pexcalc.rules.fluids.safety import SAFETY
from pexcalc.rules.fluids.sequence import SEQUENCE

FLUIDS = (*CHOICE, *PRECAUTIONS, *ELECTROLYTES, *CHILDREN)
FLUID_RULES = (*SAFETY, *FLUIDS, *SEQUENCE)


def reasons_for(f: Facts, fluid: str) -> tuple[FluidRule, ...]:
    """The rules that offer a fluid."""
    return tuple(rule for rule in FLUIDS if fluid in rule.fluids and rule.when(f))


def notes(f: Facts) -> tuple[FluidRule, ...]:
    """The rules that only say something, of every fluid and without an alert."""
    saying = (rule for rule in FLUID_RULES if rule.effect == "note" and rule.alert is None)
    return tuple(rule for rule in saying if rule.when(f))
