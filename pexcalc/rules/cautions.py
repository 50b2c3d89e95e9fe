"""The caution that a rule raises: the rules tried on the facts of an order, limits and spans in words."""

from collections.abc import Collection, Mapping
from types import SimpleNamespace
from typing import Any

from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.record import Flag, Number, Result, Text, UcumCode
from pexcalc.quantities.units import BY_UCUM, alike, label, number, printable
from pexcalc.quantities.working import Stated
from pexcalc.rules.caution_rules import CONFIRMABLE, RULES, Rule, Severity

SEVERITIES = ("stop", "strong", "warn", "info")


class Range(Result):
    """A limit: one or two ends and their UCUM unit; `site` says that it is a site limit."""

    low: Number | None
    high: Number | None
    unit: UcumCode
    site: Flag


class Caution(Result):
    """One alert: id of its rule, code (its family), severity, sentence, value, limit, source key.

    Severity is stop, strong, warn or info. An override names the id.
    """

    id: Text
    code: Text
    severity: Severity
    message: Text
    value: Stated | Text
    limit: Range | None
    source: Text


Caution.__module__ = "pexcalc"


def check(
    facts: Mapping[str, Any], limits: Mapping[str, Any], confirmed: Collection[str] = ()
) -> tuple[Caution, ...]:
    """Every caution that these facts raise, the most severe first, none twice.

    `facts` holds plain values, numbers in the unit of the limit that they are held against; a rule
    about a fact that was not reported, or is None, stays silent. `limits` are the thresholds in
    force, by name.
    """
    confirmable(confirmed)
    known = SimpleNamespace(**facts)
    found: dict[tuple[str, str], Caution] = {}
    for rule in RULES:
        value = facts.get(rule.fact)
        limit = limits.get(rule.limit.format(**facts)) if rule.limit and value is not None else None
        silent = value is None or rule.confirm in confirmed or (rule.limit and limit is None)
        if not silent and rule.when(value, limit, known):
            caution = _caution(rule, facts, value, limit)
            found.setdefault((caution.code, caution.message), caution)
    return tuple(sorted(found.values(), key=lambda caution: SEVERITIES.index(caution.severity)))


def _caution(rule: Rule, facts: Mapping[str, Any], value: Any, limit: Any) -> Caution:
    unit = limit.unit if limit else rule.unit
    shown = value if isinstance(value, str) else label(_beyond(value, limit), BY_UCUM[unit])
    return Caution.model_construct(
        id=rule.id,
        code=rule.code,
        severity=rule.severity,
        message=rule.message.format(
            **{**facts, "value": shown, "limit": limit_words(limit) if limit else ""}
        ),
        value=value if isinstance(value, str) else Stated.model_construct(value=value, unit=unit),
        limit=Range.model_construct(
            low=limit.low, high=limit.high, unit=limit.unit, site=limit.site
        )
        if limit
        else None,
        source=rule.source or limit.source,
    )


def _beyond(value: float, limit: Any) -> float:
    """The value to 2 places, or to as many as it takes to show its side of the limit, and that it is not 0."""

    def shows(places: int) -> bool:
        rounded = round(value, places)
        return bool(rounded) == bool(value) and (
            not limit or limit.holds(rounded) == limit.holds(value)
        )

    return round(value, next((places for places in (2, 3, 4) if shows(places)), 6))


def confirmable(names: Collection[str]) -> tuple[str, ...]:
    """The names of inputs that are confirmed; QuantityError for one that no caution asks about."""
    for name in (names,) if isinstance(names, str) else names:
        if isinstance(names, str) or name not in CONFIRMABLE:
            near = alike(str(name), CONFIRMABLE)
            came = (
                f"the text {printable(names)}"
                if isinstance(names, str)
                else printable(str(name)) or "nothing"
            )
            raise QuantityError(
                "confirmed", came, f"names out of {', '.join(CONFIRMABLE)}", near, kind="unknown"
            )
    return tuple(names)


def span_words(limit: Any) -> str:
    """The ends of a limit as a person reads them: `130 to 210 cm`, `0.8 to 1.6`."""
    ends = " to ".join(number(end) for end in (limit.low, limit.high) if end is not None)
    unit = BY_UCUM[limit.unit].label
    return ends if unit == "1" else f"{ends} {unit}"


def limit_words(limit: Any) -> str:
    """A limit with what it is: `130 to 210 cm (site limit)`."""
    return f"{span_words(limit)}{' (site limit)' if limit.site else ''}"
