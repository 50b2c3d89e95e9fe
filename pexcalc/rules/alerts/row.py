"""What a row of an alert holds, inputs that several rows name, the row of an unusual value."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from pexcalc.rules.facts import Facts, FluidFacts
from pexcalc.rules.fluids.row import Needs, Severity, Shown, Tag

OtherCases = tuple[tuple[str, float], ...]
DOSE = ("dose.plasma_volumes", "dose.exchange_volume", "dose.bag_volume")
STATED_VOLUME = ("patient.blood_volume", "patient.plasma_volume")
CRS_INPUTS = ("crs.grade", "crs.scale", "crs.tocilizumab", "crs.corticosteroid", "crs.persisting")
HEPARIN, STATE_INPUTS = "device.anticoagulant", "patient.states"


def always(f: Facts) -> bool:
    """The value itself is the reason: it is known only where the rule holds."""
    return True


class Rule(NamedTuple):
    """One row. It fires where `when` holds, `value` is known and, with a limit, lies outside it.

    id         unique, names the hazard; an override lifts the rule of that id and no other
    code       the family, kept for one version
    when       for whom the rule holds
    value      what is compared and printed; unknown is None and never fires
    limit      a threshold by name, with {patient.group} and the like filled in; a group without
               that threshold has no such rule; `at_limit`: the end itself counts as outside
    unit       UCUM unit of a value without a limit, empty for words
    message    what is said; {value} and {limit} are in words, {run.ratio} is any other fact
    beside     values of the same kind for other cases, each with its words: {beside} prints them
    range      low and high end of a predicted value for one patient: {range} prints them
    about      paths of the inputs in the order that it concerns, those to be entered among them
    needs      alternatives, each an input or a tuple of inputs: without any of them the rule cannot
               fire; none where everything it needs is always there, or where it only doubts what
               was typed
    enter      inputs that the sentence asks for, where they are missing
    confirm    inputs of which one, confirmed, silences the rule: the one that was typed is named
    fluid      "all" for a rule that fires if all open fluids go against it, "any" if one does
    against    of a fluid rule: which fluids go against it
    fact       rules of one fact have the same word here: only the most severe of them fires
    each_by_itself   the facts leave out what was confirmed: one of `confirm` does not silence it
    tag        the kind of source: source, secondary, derived or judgement; empty: the limit
    """

    id: str
    code: str
    severity: Severity
    value: Callable[[Facts], Shown]
    message: str
    about: tuple[str, ...]
    when: Callable[[Facts], bool] = always
    limit: str = ""
    at_limit: bool = False
    unit: str = ""
    needs: Needs = ()
    enter: tuple[str, ...] = ()
    confirm: tuple[str, ...] = ()
    source: str = ""
    tag: Tag | Literal[""] = ""
    fluid: Literal["", "all", "any"] = ""
    against: Callable[[FluidFacts], bool] | None = None
    fact: str = ""
    each_by_itself: bool = False
    beside: Callable[[Facts], OtherCases] | None = None
    range: Callable[[Facts], tuple[float, float] | None] | None = None


def unusual_value(
    id: str,
    what: str,
    value: Callable[[Facts], Shown],
    limit: str,
    confirm: str | tuple[str, ...],
    code: str = "W-INPUT",
    severity: Severity = "warn",
    ask: str = "",
    when: Callable[[Facts], bool] = always,
    about: tuple[str, ...] = (),
    fact: str = "",
    side: str = "outside",
) -> Rule:
    """A row that doubts what was typed: it fires until the order confirms one of the inputs.

    `side` says in words where the value lies: above or below where the limit has one end.
    """
    paths = (confirm,) if isinstance(confirm, str) else confirm
    message = f"{what} {{value}} is {side} {{limit}}{ask}. If correct, confirm it"
    about = about or paths[:1]
    return Rule(id, code, severity, value, message, about, when, limit, confirm=paths, fact=fact)
