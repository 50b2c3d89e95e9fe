"""Alerts on the replacement fluid: fluid rules, and fluids stopped by safety rules."""

from pexcalc.quantities.given import if_given
from pexcalc.rules.alerts.row import Rule
from pexcalc.rules.facts import Facts, at_least
from pexcalc.rules.fluids import FLUID_RULES
from pexcalc.rules.fluids.row import ALL, Alert, FluidRule, Shown


def _of_fluid(rule: FluidRule, alert: Alert) -> Rule:
    """The alert of a fluid rule as a row: it looks at `f.fluid`, one of the open fluids."""

    def when(f: Facts) -> bool:
        return f.fluid is not None and alert.against(f.fluid) and rule.when(f)

    def value(f: Facts) -> Shown:
        return if_given(f.fluid, lambda fluid: alert.value(f, fluid))

    return Rule(
        id=rule.id,
        code=alert.code,
        severity=alert.severity,
        value=value,
        message=alert.message,
        about=alert.about,
        when=when,
        limit=alert.limit,
        unit=alert.unit,
        needs=alert.needs,
        enter=alert.enter,
        source=alert.source or ("" if alert.limit else rule.source),
        tag=rule.tag,
        fluid="any" if alert.any_option else "all",
        against=alert.against,
        fact=alert.fact,
    )


# fmt: off
DURING_PLASMA: tuple[Rule, ...] = (
    Rule(
        id="dyspnea-during-plasma",
        code="W-DYSPNEA",
        severity="info",
        when=lambda f: f.fluid is not None and at_least(f.fluid.plasma, ALL),
        value=lambda f: "plasma",
        message="Dyspnea during plasma: stop, keep the line, think of lung injury or overload "
        "(judgement of this program)",
        about=("fluid.choice",),
        source="program-judgement",
        tag="judgement",
        fluid="all",
    ),
)
# fmt: on


# fmt: off
FLUID_LEFT: tuple[Rule, ...] = (
    Rule(
        id="no-safe-fluid",
        code="W-NO-OPTION",
        severity="stop",
        value=lambda f: f.no_option,
        message="The safety rules leave no fluid that this indication allows: specialist decision "
        "({value})",
        about=("findings", "fluid.refused"),
        needs=("findings.plasma-reaction", "fluid.refused"),
        source="asfa-2023",
        tag="source",
    ),
    Rule(
        id="entered-plasma-stopped",
        code="W-PLASMA-KIND",
        severity="stop",
        value=lambda f: f.kinds.stopped,
        message="The safety rules stop {value} ({kinds.why})"
        "{kinds.passing}{indication.no_waiting}",
        about=("findings", "fluid.plasma"),
        needs=(("findings.plasma-reaction", "fluid.plasma"),),
        source="octaplas-label",
        tag="source",
    ),
    Rule(
        id="other-plasma-needed",
        code="W-PLASMA-KIND",
        severity="strong",
        when=lambda f: f.kinds.stopped is None,
        value=lambda f: f.kinds.needed,
        message="This indication needs plasma, and the safety rules stop the usual one "
        "({kinds.why}){kinds.passing}{indication.no_waiting}",
        about=("findings", "fluid.plasma"),
        needs=("findings.plasma-reaction",),
        source="octaplas-label",
        tag="source",
    ),
)
# fmt: on


OF_FLUIDS = tuple(_of_fluid(rule, rule.alert) for rule in FLUID_RULES if rule.alert)
