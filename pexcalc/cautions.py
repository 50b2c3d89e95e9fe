"""What a careful second person would ask about: one table of rules over plain facts, and the caution that one raises.

A rule looks only at facts that the steps report; it imports none of them. What the door refuses is no caution.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from types import SimpleNamespace
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from pexcalc.quantity import Number, Record, Stated, Text
from pexcalc.units import BY_UCUM, QuantityError, label, number, printable

SEVERITIES = ("stop", "strong", "warn", "info")
Severity = Literal["stop", "strong", "warn", "info"]


class Range(Record):
    """A limit: one or two ends and their UCUM unit; `site` says that it is a site limit."""

    low: Number | None
    high: Number | None
    unit: Annotated[Text, Field(description="a UCUM code")]
    site: bool


class Caution(Record):
    """One thing to look at: code, severity (stop, strong, warn, info), sentence, value, limit, source key."""

    code: Text
    severity: Severity
    message: Text
    value: Stated | Text
    limit: Range | None
    source: Text


def outside(value: Any, limit: Any, facts: Any) -> bool:
    """The value lies outside the limit."""
    return not limit.holds(value)


def always(value: Any, limit: Any, facts: Any) -> bool:
    """The fact itself is the reason: it is reported only where it applies."""
    return True


class Rule(NamedTuple):
    """One row: the fact it is about, when it speaks, what it says.

    `limit` names a threshold, with "{group}" and the like filled in from the facts; without one, `unit` is the UCUM
    unit of the fact ("" for a fact in words) and `source` its source. `confirm` names the input whose confirmation in
    the order silences the rule. In `message`, {value} and {limit} stand for themselves, other names for facts.
    """

    code: str
    severity: Severity
    fact: str
    when: Callable[[Any, Any, Any], bool]
    message: str
    limit: str = ""
    unit: str = ""
    source: str = ""
    confirm: str = ""


def _slip(
    what: str, fact: str, limit: str, confirm: str, code: str = "W-INPUT", severity: Severity = "warn", ask: str = ""
) -> Rule:
    """A row about a probable typing slip: it speaks outside the limit until the order confirms the input."""
    message = f"{what} {{value}} is outside {{limit}}{ask}. If it is right, confirm it: --confirm {confirm}"
    return Rule(code, severity, fact, outside, message, limit, confirm=confirm)


RULES: tuple[Rule, ...] = (
    # The patient's numbers
    _slip("Height", "height", "height-{group}", "height"),
    _slip("Weight", "weight", "weight-{group}", "weight"),
    _slip("Age", "age", "age", "age"),
    _slip("Body mass index", "bmi", "bmi-low-{group}", "bmi", ask=": is the height right"),
    _slip("Body mass index", "bmi", "bmi-high-{group}", "bmi", ask=": is the weight in pounds"),
    _slip("Body surface area", "body_surface_area", "body-surface-area", "body_surface_area"),
    _slip("Hematocrit", "neonatal_hematocrit", "hematocrit-neonate", "hematocrit"),
    _slip("Blood volume", "blood_volume_per_kg", "blood-volume-per-kg-{band}", "blood_volume"),
    _slip("Plasma volume", "plasma_volume_per_kg", "plasma-volume-per-kg-{band}", "plasma_volume"),
    # The patient's state, and what can be believed of the estimate
    Rule(
        "W-PED", "stop", "weight", outside,
        "Weight {value} is less than {limit}: specialist centre; no detailed guideline exists for a child of this size",
        "small-child",
    ),
    Rule(
        "W-STATE", "strong", "invalid_state", always,
        "No estimator is valid with {value}: blood and plasma volume are shown for orientation only. Enter a measured "
        "or device value (--blood-volume or --plasma-volume)",
        source="state-judgement",
    ),
    Rule(
        "W-STATE", "strong", "estimator_hematocrit", outside,
        "No estimator is valid with a hematocrit of {value}, above {limit}: blood and plasma volume are shown for "
        "orientation only. Enter a measured or device value (--blood-volume or --plasma-volume)",
        "hematocrit-high-{sex}",
    ),
    Rule(
        "W-STATE", "warn", "unmeasured_in_state", always,
        "The entered volume is not a measurement, and no estimator is valid with {value}: a device estimates from "
        "height and weight too",
        source="state-judgement",
    ),
    Rule(
        "W-PRETERM", "strong", "preterm_weeks", always,
        "Born at {value}: no equation holds for a preterm neonate; 95 mL/kg is only the middle of 90 to 100 mL/kg. "
        "Enter a blood volume (--blood-volume)",
        unit="wk", source="iowa-bands",
    ),
    Rule(
        "W-HCT", "warn", "hematocrit", outside,
        "Hematocrit {value} is less than {limit}: consider red cells before the exchange",
        "hematocrit-low",
    ),
    Rule(
        "W-THIN", "info", "bmi", outside,
        "Body mass index {value} is less than {limit}: thin people carry more blood per kg, so Nadler may read low",
        "thin-{group}",
    ),
    Rule(
        "W-OBESE", "warn", "bmi", lambda value, limit, facts: value >= limit.high,
        "Body mass index {value} is at least {limit}: rules per kg read too high on actual weight and are not used",
        "obesity-{group}",
    ),
    Rule(
        "W-OBESE", "warn", "obese_child", always,
        "Obesity in a child: the estimate is for children of usual build and may read high. Enter a measured or device "
        "value if there is one",
        source="iowa-bands",
    ),
    Rule(
        "W-PREG", "warn", "pregnancy_unadjusted", always,
        "Pregnant at {value} and the plasma volume is not adjusted: give pre-pregnancy weight and hematocrit",
        unit="wk", source="bmc-pregnancy-2019",
    ),
    Rule(
        "W-PREG", "warn", "after_delivery", always,
        "After delivery no factor for the plasma volume is established: none is used",
        source="bmc-pregnancy-2019",
    ),
    Rule(
        "W-AMPUTATION", "warn", "missing_share", always,
        "Weight is restored for a missing {value} of body mass, with the height before the amputation; whether blood "
        "volume follows the restored weight is not established. Enter a measured or device value if there is one",
        unit="%", source="mozumdar-roy",
    ),
    Rule(
        "W-UNCERT", "warn", "spread", outside,
        "Estimators that are valid for this patient differ by {value} (limit {limit}): look at them side by side",
        "estimator-spread",
    ),
    Rule(
        "W-OVERRIDE", "warn", "override_difference", outside,
        "The volume that was entered differs from the estimate by {value} (limit {limit}): both are printed",
        "override-difference",
    ),
    Rule(
        "W-OVERRIDE", "warn", "hematocrit_gap", outside,
        "The entered blood and plasma volume mean another hematocrit than the one entered, by {value} (limit {limit})",
        "hematocrit-gap",
    ),
    # The dose
    _slip("A dose in plasma volumes of", "plasma_volumes", "plasma-volumes", "dose", "W-DOSE", "strong"),
    _slip("An exchange volume of", "exchange_per_kg", "exchange-volume-per-kg", "dose", "W-DOSE", "strong"),
    _slip("A session of", "duration", "duration", "duration", "W-DOSE", ask=": is the duration right"),
    _slip("An inlet flow of", "inlet_flow", "inlet-flow-{group}", "inlet_flow", "W-DOSE", "strong"),
    _slip("A ratio of", "ratio", "anticoagulant-ratio", "ratio", "W-DOSE", "strong"),
    _slip("A removal efficiency of", "efficiency", "removal-efficiency", "removal_efficiency", "W-DOSE", "strong"),
    _slip("A run time of", "circuit_time", "duration", "inlet_flow", "W-DOSE", ask=": is the inlet flow right"),
    Rule(
        "W-DOSE", "warn", "time_difference", outside,
        "The duration that was ordered and the run time of the circuit differ by {value} (limit {limit}): removal is "
        "worked out for the duration, citrate for the run time. If both are right, confirm: --confirm duration",
        "time-difference", confirm="duration",
    ),
    Rule(
        "W-AC15", "warn", "ratio", outside,
        "A ratio of {value}, above {limit}, gives an advisory of the device: watch for clumping",
        "ratio-advisory",
    ),
    Rule(
        "W-CITRATE-1", "info", "citrate_rate", outside,
        "Citrate from the anticoagulant reaches {value}, above {limit}, a critical level used for donors: plan calcium",
        "citrate-donor",
    ),
    Rule(
        "W-CITRATE-2", "warn", "citrate_rate", outside,
        "Citrate from the anticoagulant reaches {value}, above {limit}, beyond what was studied in donors",
        "citrate-studied",
    ),
    Rule(
        "W-DOSE", "strong", "removal_rate", outside,
        "Plasma is removed at {value}, above {limit}: is the duration or the inlet flow right? If it is, confirm it: "
        "--confirm duration",
        "removal-rate", confirm="duration",
    ),
    Rule(
        "W-DOSE", "strong", "fixed_litres_per_kg", outside,
        "An exchange volume of {value} is outside {limit}, although the litres are listed for this indication. If it "
        "is right, confirm it: --confirm dose",
        "fixed-litres-per-kg", confirm="dose",
    ),
    Rule(
        "W-DOSE", "strong", "litres_not_listed", always,
        "An exchange volume of {value} is outside {litres_listed}, listed for this indication. If it is right, confirm "
        "it: --confirm dose",
        unit="L", source="asfa-2023", confirm="dose",
    ),
    Rule(
        "W-LITRE", "warn", "litre_order", outside,
        "The order in litres is {value} plasma volumes for this patient (limit {limit}): a dose in litres drifts with "
        "hematocrit and weight",
        "litre-order",
    ),
    # The indication
    Rule(
        "W-CAT-IV", "strong", "category_iv", always,
        "ASFA category IV: exchange is ineffective or harmful; ethics approval is desirable",
        source="asfa-2023",
    ),
    Rule(
        "W-NOCAT", "warn", "no_category", always,
        "ASFA 2023 has no category for this indication; that is not the same as category III",
        source="asfa-2023",
    ),
    Rule(
        "W-NOCAT", "warn", "not_in_table", always,
        "The indication is not in the table of this program: it knows no category for it (pexcalc show indications)",
        source="asfa-2023",
    ),
    Rule(
        "W-CAT", "info", "category_iii", always,
        "ASFA category III: the best role of exchange is not established; decide individually",
        source="asfa-2023",
    ),
    # The order
    Rule(
        "W-IDLE", "info", "idle_override", always,
        "An override of {value} was given, but that caution is not raised",
        source="plausibility",
    ),
)  # fmt: skip

CONFIRMABLE = tuple(dict.fromkeys(rule.confirm for rule in RULES if rule.confirm))


def check(facts: Mapping[str, Any], limits: Mapping[str, Any], confirmed: Collection[str] = ()) -> tuple[Caution, ...]:
    """Every caution that these facts raise, the most severe first, none twice.

    `facts` holds plain values, numbers in the unit of the limit that they are held against; a rule about a fact that
    was not reported, or is None, stays silent. `limits` are the thresholds in force, by name.
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
    return Caution(
        code=rule.code,
        severity=rule.severity,
        message=rule.message.format(**{**facts, "value": shown, "limit": limit_words(limit) if limit else ""}),
        value=value if isinstance(value, str) else Stated(value=value, unit=unit),
        limit=Range(low=limit.low, high=limit.high, unit=limit.unit, site=limit.site) if limit else None,
        source=rule.source or limit.source,
    )


def _beyond(value: float, limit: Any) -> float:
    """The value to 2 places, or to as many as it takes to show on which side of the limit it lies."""
    places = (places for places in (2, 3, 4) if not limit or limit.holds(round(value, places)) == limit.holds(value))
    return round(value, next(places, 6))


def confirmable(names: Collection[str]) -> tuple[str, ...]:
    """The names of inputs that are confirmed; QuantityError for one that no caution asks about."""
    for name in (names,) if isinstance(names, str) else names:
        if isinstance(names, str) or name not in CONFIRMABLE:
            near = get_close_matches(str(name), CONFIRMABLE)
            came = f"the text {printable(names)}" if isinstance(names, str) else printable(str(name)) or "nothing"
            raise QuantityError("confirmed", came, f"names out of {', '.join(CONFIRMABLE)}", near)
    return tuple(names)


def limit_words(limit: Any) -> str:
    """A limit as a person reads it: `130 to 210 cm (site limit)`."""
    ends = " to ".join(number(end, 2) for end in (limit.low, limit.high) if end is not None)
    unit = BY_UCUM[limit.unit].label
    return f"{ends if unit == '1' else f'{ends} {unit}'}{' (site limit)' if limit.site else ''}"
