"""Topics on which sources disagree, and what is done here."""

from collections.abc import Callable
from typing import NamedTuple

from pexcalc.rules.facts import Facts, FluidFacts, above, below, between
from pexcalc.rules.fluids.precautions import ACE_LONG
from pexcalc.rules.fluids.safety import iga_deficiency_alone

TEACHING_LIMIT = 1.2  # source red-cells-first: g/L, fibrinogen limit of one teaching text


class Conflict(NamedTuple):
    """Sources that do not agree, and what is done here. Shown where `when` holds for a fluid."""

    topic: str
    when: Callable[[Facts, FluidFacts], bool]
    one: str
    other: str
    handling: str
    sources: tuple[str, ...]


# fmt: off
CONFLICTS: tuple[Conflict, ...] = (
    Conflict(
        topic="IgA deficiency and solvent/detergent plasma",
        when=lambda f, fluid: iga_deficiency_alone(f),
        one="contraindicated in IgA deficiency (label, United States)",
        other="contraindicated in IgA deficiency with documented anti-IgA (Canadian product "
        "information)",
        handling="solvent/detergent plasma is stopped on either; ordinary plasma with anti-IgA or "
        "after an anaphylaxis",
        sources=("octaplas-label",),
    ),
    Conflict(
        topic="Fibrinogen limit",
        when=lambda f, fluid: below(f.labs.fibrinogen, TEACHING_LIMIT),
        one="usual limit 100 mg/dL, 80 to 150 in use",
        other="one teaching text uses 120 mg/dL",
        handling="site limit, 100 mg/dL unless the order sets another",
        sources=("wodajo-2024", "red-cells-first"),
    ),
    Conflict(
        topic="ACE inhibitor",
        when=lambda f, fluid: between(f.medicines.ace_hours, 0, ACE_LONG) and fluid.has_albumin,
        one="14 of 14 patients on an ACE inhibitor reacted to albumin, 20 of 285 (7 %) without",
        other="no association, odds ratio 0.885 (0.468 to 1.674), n = 252",
        handling="an alert; both shown",
        sources=("owen-1994", "ace-2021"),
    ),
    Conflict(
        topic="Saline share",
        when=lambda f, fluid: above(f.ordered.saline_share, 0) and fluid.has_albumin,
        one="hypotension more often with 20 % saline: odds ratio for albumin alone 0.531 (0.298 "
        "to 0.946)",
        other="25 to 50 % saline is used in some services",
        handling="none unless ordered; alerts by share",
        sources=("saline-2019", "jpac"),
    ),
    Conflict(
        topic="Reactions by fluid",
        when=lambda f, fluid: f.indication.fluid in ("either", "not-settled") and fluid.has_plasma,
        one="reactions with albumin 1.4 %, with plasma 20 % (699 exchanges)",
        other="no difference by fluid, p = 0.214 (727 exchanges)",
        handling="both shown",
        sources=("reactions-1994", "bai-reactions"),
    ),
    Conflict(
        topic="Kinds of plasma",
        when=lambda f, fluid: f.indication.id == "ttp" and fluid.has_plasma,
        one="no kind of plasma is proven better",
        other="solvent/detergent plasma is preferred for TTP by one guideline",
        handling="local choice",
        sources=("mcleod-2012", "bsh-2025"),
    ),
    Conflict(
        topic="Routine coagulation tests",
        when=lambda f, fluid: f.course.daily,
        one="not routinely unless exchanges are daily",
        other="many order sets: every time",
        handling="requested where exchanges are daily or there is a risk",
        sources=("choosing-wisely-2018",),
    ),
)
# fmt: on


def conflicts(f: Facts, fluids: tuple[FluidFacts, ...]) -> tuple[Conflict, ...]:
    """Where sources disagree on one of these fluids."""
    return tuple(row for row in CONFLICTS if any(row.when(f, one) for one in fluids))
