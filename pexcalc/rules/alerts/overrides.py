"""Alerts on overrides."""

from pexcalc.rules.alerts.row import Rule

# fmt: off
OVERRIDES: tuple[Rule, ...] = (
    Rule(
        id="override-unused",
        code="W-IDLE",
        severity="info",
        value=lambda f: f.unused_overrides,
        message="An override of {value} was given, but that rule does not stop this order: the "
        "override has no effect",
        about=("overrides",),
        source="plausibility",
        tag="judgement",
    ),
)
# fmt: on
