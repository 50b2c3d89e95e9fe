"""Alerts: the rules tried on the facts of an order, limits and spans in words, confirmed inputs.

The trap: `value` and `limit` of an alert are in fixed units; its sentence has the unit in which the
input was entered.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

from pexcalc.data.limits import Limit
from pexcalc.data.spelling import most_alike
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.given import if_given, words_if, words_if_given
from pexcalc.quantities.record import Flag, Number, Result, Text, UcumCode
from pexcalc.quantities.units import BY_UCUM, Unit, label, number, printable, unit_of
from pexcalc.quantities.working import Stated
from pexcalc.rules.alerts import CONFIRMABLE, RULES
from pexcalc.rules.alerts.row import DOSE, Rule
from pexcalc.rules.alerts.session import MEASURED_PROTEINS
from pexcalc.rules.facts import Facts, FluidFacts
from pexcalc.rules.fluids.row import Needs, Severity, each_together, input_of

SEVERITIES = ("stop", "strong", "warn", "info")
END_DIGITS = 4  # judgement: of the end of a limit in the unit that was entered
PLACES = 2  # derived: places of a value in words
PER_ION = "mmol/L"  # UCUM unit of the values that may be typed in a unit of their ion
# derived: places of a calculated value in these units
FEWER_PLACES = {"mg/dL": 0, "%": 1, "kg/m2": 1, "mL/kg": 1}
# A measured level has no short name: `fibrinogen` is the laboratory value.
SHORT_NAMES = {
    path.rpartition(".")[2]: path for path in CONFIRMABLE if path not in MEASURED_PROTEINS
}
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


LimitRange.__module__ = "pexcalc"


class Caution(Result):
    """One alert: id of its rule, code (its family), severity, sentence, value, limit, source key.

    Severity is stop, strong, warn or info. An override names the id. `about` are the inputs of the
    order that it concerns and `needs` those without which it cannot fire, by their paths: a tuple
    of alternatives, each the inputs that it takes. `confirm` is the input whose confirmation
    silences it, empty where there is none. `range` has both ends of a predicted value for one
    patient, in the unit of the value.
    """

    id: Text
    code: Text
    severity: Severity
    about: tuple[Text, ...]
    needs: tuple[tuple[Text, ...], ...]
    value: Stated | Text
    range: tuple[Number, Number] | None = None
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
    cases = [facts._replace(fluid=fluid) for fluid in fluids]
    firing = [
        (rule, case)
        for rule in rules
        if (not inputs or rule.each_by_itself or not set(rule.confirm).intersection(inputs))
        and (case := _firing(rule, facts, cases)) is not None
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


def _firing(rule: Rule, facts: Facts, cases: Sequence[Facts]) -> Facts | None:
    """The facts in which a rule fires: as they are, or those of one of the fluids."""
    if not rule.fluid:
        return facts if fires(rule, facts) else None
    if rule.fluid == "all":
        return cases[0] if cases and all(fires(rule, case) for case in cases) else None
    return next((case for case in reversed(cases) if fires(rule, case)), None)


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
    by_group = "{" in rule.limit
    return facts.limits.get(rule.limit.format(**facts._asdict()) if by_group else rule.limit)


def _caution(rule: Rule, facts: Facts) -> Caution:
    limit = _limit(rule, facts)
    held = _held(rule, limit, _entered_unit(rule, limit, facts))
    value, words = _value_and_words(rule.value(facts), held, _typed_numbers(rule, facts))
    span = rule.range(facts) if rule.range else None
    known = {
        **facts._asdict(),
        "value": words,
        "limit": held.words,
        "beside": _beside_words(rule.beside(facts) if rule.beside else (), held),
        "range": words_if_given(span, partial(_predicted_range, held=held)),
    }
    return Caution.model_construct(
        id=rule.id,
        code=rule.code,
        severity=rule.severity,
        about=rule.about,
        needs=needed_inputs(rule.needs),
        value=value,
        range=span,
        limit=held.span,
        confirm=_typed(rule.confirm, facts.given),
        message=rule.message.format(**known),
        source=rule.source or held.source,
    )


class _WordUnit(NamedTuple):
    """The unit of the words; of an ion how many of it make one of the rule's own unit."""

    row: Unit
    per_own: float | None = None


class _Held(NamedTuple):
    """What a value is held against: for the record, in words, and in the unit of those words."""

    span: LimitRange | None
    words: str
    unit: str
    source: str
    shown: _WordUnit
    limit: Limit | None  # in the unit of the words


def _held(rule: Rule, limit: Limit | None, shown: _WordUnit) -> _Held:
    if limit is None:
        return _Held(None, "", rule.unit, "", shown, None)
    span = LimitRange.model_construct(
        low=limit.low, high=limit.high, unit=limit.unit, site=limit.site
    )
    if shown.row.ucum == limit.unit:
        return _Held(span, limit_words(limit), limit.unit, limit.source, shown, limit)
    same = _in_unit(limit, shown)
    words = limit_words(_rounded(same), shown.row.label)
    return _Held(span, words, limit.unit, limit.source, shown, same)


def _entered_unit(rule: Rule, limit: Limit | None, facts: Facts) -> _WordUnit:
    """The unit of the words: that of the first input of this kind among those of the rule."""
    own = BY_UCUM[limit.unit if limit else rule.unit or "1"]
    paths = (*rule.about, *chain.from_iterable(needed_inputs(rule.needs)))
    ion = next((facts.charted[path] for path in paths if path in facts.charted), None)
    if ion is not None and own.ucum == PER_ION:
        return _WordUnit(Unit(ion.label, "", "", own.kind), ion.per_mmol)
    typed = (unit_of(facts.entered[path]) for path in paths if path in facts.entered)
    alike = (unit for unit in typed if unit is not None and unit.kind == own.kind)
    entered = next(alike, own)
    return _WordUnit(own if "1" in (own.label, entered.label) else entered)


def _converted(value: float, unit: str, shown: _WordUnit) -> float:
    """A number in another unit of its kind, without what a conversion adds."""
    if shown.per_own is not None:
        found = shown.per_own * value
    else:
        found = In(BY_UCUM[unit].label, -math.inf, math.inf).in_unit(shown.row.label, value)
    return float(f"{found:.12g}")


def _in_unit(limit: Limit, shown: _WordUnit) -> Limit:
    low, high = (
        if_given(end, lambda end: _converted(end, limit.unit, shown))
        for end in (limit.low, limit.high)
    )
    return limit._replace(low=low, high=high, unit=shown.row.ucum)


def _rounded(limit: Limit) -> Limit:
    """The ends as they are printed: four digits show 10 kg as 22.05 lb."""
    low, high = (
        if_given(end, lambda end: float(f"{end:.{END_DIGITS}g}")) for end in (limit.low, limit.high)
    )
    return limit._replace(low=low, high=high)


def needed_inputs(needs: Needs) -> tuple[tuple[str, ...], ...]:
    """What a rule needs as alternatives, each the inputs that it takes."""
    return tuple(dict.fromkeys(tuple(map(input_of, one)) for one in each_together(needs)))


def _value_and_words(
    value: Any, held: _Held, typed: Collection[float] = ()
) -> tuple[Stated | str, str]:
    """The value for the record, and in words."""
    if isinstance(value, str):
        return value, value
    return Stated.model_construct(value=value, unit=held.unit), _value_shown(value, held, typed)


def _value_shown(value: float, held: _Held, typed: Collection[float] = ()) -> str:
    """A value in the unit of the words; one that was not typed to the places of that unit."""
    row, per_own = held.shown
    shown = value if row.ucum == held.unit else _converted(value, held.unit, held.shown)
    as_typed = per_own is not None or shown in typed
    least = PLACES if as_typed else FEWER_PLACES.get(row.label, PLACES)
    return label(_shown(shown, held.limit, least), row)


def _typed_numbers(rule: Rule, facts: Facts) -> tuple[float, ...]:
    """The numbers of the inputs of a rule as they were typed."""
    typed = (facts.entered[path] for path in rule.about if path in facts.entered)
    return tuple(float(one.magnitude) for one in typed)


def _beside_words(cases: Iterable[tuple[str, float]], held: _Held) -> str:
    """Values of other cases in brackets: ` (with plasma at 1.71 g/L)`; nothing without any."""
    words = ", ".join(f"{case} at {_value_shown(value, held)}" for case, value in cases)
    return words_if(words, f" ({words})")


def _predicted_range(ends: tuple[float, float], held: _Held) -> str:
    """Both ends of a predicted value in brackets: ` (range 0.45 to 1.2 g/L)`."""
    low, high = (_value_shown(end, held) for end in ends)
    return f" (range {low.removesuffix(f' {held.shown.row.label}')} to {high})"


def _shown(value: float, limit: Limit | None, least: int = PLACES) -> float:
    """The value to some places, or to as many as show the side of its limit and no 0."""

    def side(number: float) -> tuple[bool, bool]:
        return bool(number), limit is None or limit.holds(number)

    rounded = (round(value, places) for places in range(least, END_DIGITS + 1))
    return next((one for one in rounded if side(one) == side(value)), round(value, 6))


# --- confirmed inputs -----------------------------------------------------------------------------


def _typed(paths: Sequence[str], given: Collection[str]) -> str:
    """The first of some inputs that was typed, else the first; empty where there are none."""
    return next((path for path in paths if path in given), paths[0] if paths else "")


def confirmed_input(name: str, given: Collection[str] = ()) -> str:
    """The path of a confirmed input: a path, its last part, or a name of schema 1.

    `given` are the paths of the inputs that were typed, by which a name that stood for several is
    understood. A name that is not known is returned as it is.
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
    near = most_alike(name, [*SHORT_NAMES, *CONFIRMABLE])
    expected = f"names out of {', '.join(SHORT_NAMES)}"
    return QuantityError("confirmed", got, expected, near, kind="unknown")


# --- limits in words ------------------------------------------------------------------------------


def span_words(limit: Any, unit: str = "") -> str:
    """The ends of a limit as a person reads them: `130 to 210 cm`, `0.8 to 1.6`."""
    ends = " to ".join(number(end) for end in (limit.low, limit.high) if end is not None)
    unit = unit or BY_UCUM[limit.unit].label
    return ends if unit == "1" else f"{ends} {unit}"


def limit_words(limit: Any, unit: str = "") -> str:
    """A limit with what it is: `130 to 210 cm (site limit)`."""
    return f"{span_words(limit, unit)}{' (site limit)' if limit.site else ''}"
