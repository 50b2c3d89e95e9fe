"""Alerts: the rules tried on the facts of an order, limits and spans in words, confirmed inputs.

The trap: `value` and `limit` of an alert are in fixed units; its sentence has the unit in which the
input was entered.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

from pexcalc.data.limits import Limit
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.record import Flag, Number, Result, Text, UcumCode
from pexcalc.quantities.units import BY_UCUM, Unit, alike, label, number, printable, unit_of
from pexcalc.quantities.working import Stated
from pexcalc.rules.caution_rules import CONFIRMABLE, DOSE, RULES, Rule
from pexcalc.rules.facts import Facts, FluidFacts
from pexcalc.rules.fluid_rules import Needs, Severity, each_together, input_of

SEVERITIES = ("stop", "strong", "warn", "info")
END_DIGITS = 4  # judgement: of the end of a limit in the unit that was entered
SHORT_NAMES = {path.rpartition(".")[2]: path for path in CONFIRMABLE}
# Names of schema 1 that were not inputs: the inputs that they stood for, the one that was typed
# is meant.
NAMES_OF_SCHEMA_1: dict[str, tuple[str, ...]] = {
    "dose": DOSE,
    "bmi": ("patient.weight", "patient.height"),
    "body_surface_area": ("patient.weight",),
    "removal_efficiency": ("device.plasma_removal_efficiency",),
    "run_time": ("device.inlet_flow", "device.plasma_flow"),
    "removal_rate": DOSE,
    "ionised_calcium": ("labs.ionized_calcium",),
}


class LimitRange(Result):
    """A limit: one or two ends and their UCUM unit; `site` says that it is a site limit."""

    low: Number | None
    high: Number | None
    unit: UcumCode
    site: Flag


class Caution(Result):
    """One alert: id of its rule, code (its family), severity, sentence, value, limit, source key.

    Severity is stop, strong, warn or info. An override names the id. `about` are the inputs of the
    order that it concerns and `needs` those without which it cannot fire, by their paths: a tuple
    of alternatives, each the inputs that it takes. `confirm` is the input whose confirmation
    silences it, empty where there is none.
    """

    id: Text
    code: Text
    severity: Severity
    about: tuple[Text, ...]
    needs: tuple[tuple[Text, ...], ...]
    value: Stated | Text
    limit: LimitRange | None
    confirm: Text
    message: Text
    source: Text


Caution.__module__ = "pexcalc"


def check(
    facts: Facts,
    fluids: Sequence[FluidFacts] = (),
    confirmed: Collection[str] = (),
    rules: Sequence[Rule] = RULES,
) -> tuple[Caution, ...]:
    """Every alert that these facts raise, the most severe first.

    `fluids` are the fluid in force or, where none is, those that are open.
    """
    inputs = confirmable(confirmed)
    firing = [
        (rule, case)
        for rule in rules
        if not set(rule.confirm).intersection(inputs)
        and (case := _firing(rule, facts, fluids)) is not None
    ]
    firing.sort(key=lambda one: SEVERITIES.index(one[0].severity))
    return tuple(_caution(rule, case) for rule, case in _once_a_fact(firing))


def _once_a_fact(firing: Iterable[tuple[Rule, Facts]]) -> Iterator[tuple[Rule, Facts]]:
    """The first of the rules that look at the same fact, and every rule with a fact of its own."""
    seen: set[str] = set()
    for rule, case in firing:
        if rule.fact not in seen:
            yield rule, case
        if rule.fact:
            seen.add(rule.fact)


def _firing(rule: Rule, facts: Facts, fluids: Sequence[FluidFacts]) -> Facts | None:
    """The facts in which a rule fires: as they are, or those of one of the fluids."""
    if not rule.fluid:
        return facts if fires(rule, facts) else None
    cases = [facts._replace(fluid=fluid) for fluid in fluids]
    firing = [case for case in cases if fires(rule, case)]
    if rule.fluid == "all" and len(firing) < len(cases):
        return None
    return next(reversed(firing) if rule.fluid == "any" else iter(firing), None)


def fires(rule: Rule, facts: Facts) -> bool:
    """True where the rule holds for this patient and its value is known and beyond the limit."""
    value = rule.value(facts) if rule.when(facts) else None
    if value is None or not rule.limit:
        return value is not None
    limit = _limit(rule, facts)
    return limit is not None and beyond(float(value), limit, rule.at_limit)


def beyond(value: float, limit: Limit, at_limit: bool = False) -> bool:
    """The value lies outside the limit; with `at_limit` its high end is outside too."""
    return round(value, 9) >= limit.most if at_limit else not limit.holds(value)


def _limit(rule: Rule, facts: Facts) -> Limit | None:
    """The threshold of a rule for the patient's group; None where that group has none."""
    return facts.limits.get(rule.limit.format(**facts._asdict()))


def _caution(rule: Rule, facts: Facts) -> Caution:
    limit = _limit(rule, facts)
    held = _held(rule, limit, _entered_unit(rule, limit, facts))
    value, words = _value_and_words(rule.value(facts), held)
    known = {**facts._asdict(), "value": words, "limit": held.words}
    return Caution.model_construct(
        id=rule.id,
        code=rule.code,
        severity=rule.severity,
        about=rule.about,
        needs=needed_inputs(rule.needs),
        value=value,
        limit=held.span,
        confirm=_typed(rule.confirm, facts.given),
        message=rule.message.format(**known),
        source=rule.source or held.source,
    )


class _Held(NamedTuple):
    """What a value is held against: for the record, in words, and in the unit of those words."""

    span: LimitRange | None
    words: str
    unit: str
    source: str
    shown: Unit
    limit: Limit | None  # in the unit of the words


def _held(rule: Rule, limit: Limit | None, shown: Unit) -> _Held:
    if limit is None:
        return _Held(None, "", rule.unit, "", shown, None)
    span = LimitRange.model_construct(
        low=limit.low, high=limit.high, unit=limit.unit, site=limit.site
    )
    if shown.ucum == limit.unit:
        return _Held(span, limit_words(limit), limit.unit, limit.source, shown, limit)
    same = _in_unit(limit, shown)
    return _Held(span, limit_words(_rounded(same)), limit.unit, limit.source, shown, same)


def _entered_unit(rule: Rule, limit: Limit | None, facts: Facts) -> Unit:
    """The unit of the words: that of the first input of this kind among those of the rule."""
    own = BY_UCUM[limit.unit if limit else rule.unit or "1"]
    paths = (*rule.about, *chain.from_iterable(needed_inputs(rule.needs)))
    typed = (unit_of(facts.entered[path]) for path in paths if path in facts.entered)
    alike = (unit for unit in typed if unit is not None and unit.kind == own.kind)
    entered = next(alike, own)
    return own if "1" in (own.label, entered.label) else entered


def _converted(value: float, unit: str, shown: Unit) -> float:
    """A number in another unit of its kind, without what a conversion adds."""
    found = In(BY_UCUM[unit].label, -math.inf, math.inf).in_unit(shown.label, value)
    return float(f"{found:.12g}")


def _in_unit(limit: Limit, shown: Unit) -> Limit:
    low, high = (
        None if end is None else _converted(end, limit.unit, shown)
        for end in (limit.low, limit.high)
    )
    return limit._replace(low=low, high=high, unit=shown.ucum)


def _rounded(limit: Limit) -> Limit:
    """The ends as they are printed: four digits show 10 kg as 22.05 lb."""
    low, high = (
        None if end is None else float(f"{end:.{END_DIGITS}g}") for end in (limit.low, limit.high)
    )
    return limit._replace(low=low, high=high)


def needed_inputs(needs: Needs) -> tuple[tuple[str, ...], ...]:
    """What a rule needs as alternatives, each the inputs that it takes."""
    return tuple(dict.fromkeys(tuple(map(input_of, one)) for one in each_together(needs)))


def _value_and_words(value: Any, held: _Held) -> tuple[Stated | str, str]:
    """The value for the record, and in words."""
    if isinstance(value, str):
        return value, value
    same = held.shown.ucum == held.unit
    shown = value if same else _converted(value, held.unit, held.shown)
    words = label(_shown(shown, held.limit), held.shown)
    return Stated.model_construct(value=value, unit=held.unit), words


def _shown(value: float, limit: Limit | None) -> float:
    """The value to 2 places, or to as many as show that it is beyond its limit and not 0."""

    def side(number: float) -> tuple[bool, bool]:
        return bool(number), limit is None or limit.holds(number)

    rounded = (round(value, places) for places in (2, 3, 4))
    return next((one for one in rounded if side(one) == side(value)), round(value, 6))


# --- confirmed inputs -----------------------------------------------------------------------------


def _typed(paths: Sequence[str], given: Collection[str]) -> str:
    """The first of some inputs that was typed, else the first; empty where there are none."""
    return next((path for path in paths if path in given), paths[0] if paths else "")


def confirmed_input(name: str, given: Collection[str] = ()) -> str:
    """The path of a confirmed input: a path, its last part, or a name of schema 1.

    `given` are the paths of the inputs that were typed, by which a name that stood for several is
    understood. A name that is not known comes back as it is.
    """
    if name in CONFIRMABLE:
        return name
    return _typed(NAMES_OF_SCHEMA_1.get(name, ()), given) or SHORT_NAMES.get(name, name)


def confirmable(names: Collection[str], given: Collection[str] = ()) -> tuple[str, ...]:
    """Confirmed inputs by their paths; QuantityError for one that no alert asks about."""
    if isinstance(names, str):
        raise _unknown(f"the text {printable(names)}", names)
    paths = tuple(confirmed_input(name, given) for name in names)
    unknown = next((str(path) for path in paths if path not in CONFIRMABLE), None)
    if unknown is not None:
        raise _unknown(printable(unknown) or "nothing", unknown)
    return paths


def _unknown(got: str, name: str) -> QuantityError:
    near = alike(name, [*SHORT_NAMES, *CONFIRMABLE])
    expected = f"names out of {', '.join(SHORT_NAMES)}"
    return QuantityError("confirmed", got, expected, near, kind="unknown")


# --- limits in words ------------------------------------------------------------------------------


def span_words(limit: Any) -> str:
    """The ends of a limit as a person reads them: `130 to 210 cm`, `0.8 to 1.6`."""
    ends = " to ".join(number(end) for end in (limit.low, limit.high) if end is not None)
    unit = BY_UCUM[limit.unit].label
    return ends if unit == "1" else f"{ends} {unit}"


def limit_words(limit: Any) -> str:
    """A limit with what it is: `130 to 210 cm (site limit)`."""
    return f"{span_words(limit)}{' (site limit)' if limit.site else ''}"
