"""What a row of the fluid rules holds, its alert, and what a fluid may go against."""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from pexcalc.rules.facts import Facts, FluidFacts

Effect = Literal["bar", "choose", "open", "add", "usual", "beside", "note"]
Strength = Literal["must", "should", "consider"]
Severity = Literal["stop", "strong", "warn", "info"]
Tag = Literal["source", "secondary", "derived", "judgement"]
# Alternatives, each an input or inputs together. `findings.hit` is one group of findings, as the
# rows of `not_checked` name it; `findings` alone any other condition.
Needs = tuple[str | tuple[str, ...], ...]
Shown = float | str | None
ORDINARY_PLASMA = ("fresh-frozen-plasma", "sd-plasma", "cryo-poor-plasma")
STARCH = "hydroxyethyl-starch"
HALF = 50.0  # judgement coirier: percent of plasma from which calcium is to be planned
ALL = 100.0  # derived: percent of plasma, nothing else
ADULT_FROM = 18.0  # judgement plausibility: years
ALBUMIN, BOTH, PLASMA = "albumin", "albumin-then-plasma", "plasma"
PLANS = (ALBUMIN, BOTH, PLASMA)


def any_fluid(fluid: FluidFacts) -> bool:
    """Every fluid is concerned."""
    return True


def with_albumin(fluid: FluidFacts) -> bool:
    """The fluid has albumin."""
    return fluid.has_albumin


def with_plasma(fluid: FluidFacts) -> bool:
    """The fluid has plasma."""
    return fluid.has_plasma


def without_plasma(fluid: FluidFacts) -> bool:
    """The fluid has no plasma."""
    return not fluid.has_plasma


def ordinary_plasma(fluid: FluidFacts) -> bool:
    """The fluid has plasma that is not of IgA-deficient donors."""
    return not fluid.contents.isdisjoint(ORDINARY_PLASMA)


def fluid_words(f: Facts, fluid: FluidFacts) -> str:
    """The fluid itself is what the alert prints."""
    return fluid.words


def each_together(needs: Needs) -> Iterator[tuple[str, ...]]:
    """The alternatives of a rule, each as the needs that go together."""
    return ((one,) if isinstance(one, str) else one for one in needs)


def input_of(need: str) -> str:
    """The input of a need: `findings` of `findings.hit`; one that is an input itself as it is."""
    group, _, _ = need.partition(".")
    return group if group in ("findings", "drugs") else need


class Alert(NamedTuple):
    """What a fluid rule says of a fluid that goes against it.

    `against` tells which fluid does; `value` is what is printed and, where the row names a limit,
    held against it. `any_option` fires the alert where any open fluid goes against the rule,
    because the order itself states what is wrong; otherwise all of them have to. `about`, `needs`,
    `enter` and `fact` as in `alerts.row.Rule`; `source`: of the alert, else of the rule.
    """

    code: str
    severity: Severity
    against: Callable[[FluidFacts], bool]
    message: str
    about: tuple[str, ...]
    needs: Needs = ()
    enter: tuple[str, ...] = ()
    value: Callable[[Facts, FluidFacts], Shown] = fluid_words
    unit: str = ""
    limit: str = ""
    source: str = ""
    any_option: bool = False
    fact: str = ""


class FluidRule(NamedTuple):
    """One row: a condition on the patient and the order, its effect on `fluids`, why, from where.

    bar removes what contains one of `fluids`; choose offers `fluids` and makes the first the
    default; open offers them without a default; add does the same as choose where nothing above has
    chosen; usual offers what is left where nothing else has; beside offers more next to the usual
    fluid; note only says something.
    """

    id: str
    when: Callable[[Facts], bool]
    effect: Effect
    fluids: tuple[str, ...]
    reason: str
    source: str
    strength: Strength
    tag: Tag = "source"
    alert: Alert | None = None

    @property
    def code(self) -> str:
        """The code of the alert; empty without one."""
        return self.alert.code if self.alert else ""


CHOOSING: tuple[Effect, ...] = ("choose", "open", "add", "usual")
