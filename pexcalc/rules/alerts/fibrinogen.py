"""Alerts on fibrinogen at the end of the exchange; those of its start are rules of the fluid."""

from pexcalc.rules.alerts.row import Rule
from pexcalc.rules.facts import Facts
from pexcalc.rules.fibrinogen import at_end, end_outranks

_LIFT = (
    "Plasma alone may not lift fibrinogen; {ordered.concentrates} after the exchange. Test before "
    "the next exchange"
)


def _end(f: Facts, severity: str) -> bool:
    """Fibrinogen at the end is the alert that is raised, and this grave."""
    return at_end(f) == severity and end_outranks(f)


# fmt: off
OF_FIBRINOGEN: tuple[Rule, ...] = (
    Rule(
        id="fibrinogen-very-low-afterwards",
        code="W-FIB-POST",
        severity="strong",
        value=lambda f: f.end.level if _end(f, "strong") else None,
        beside=lambda f: f.end.others,
        range=lambda f: f.end.range,
        limit="fibrinogen-very-low-end",
        message="Fibrinogen is predicted to end at {value}{range}{end.of_fluid}{beside}, "
        f"below {{limit}}, with {{end.grave_risks}}. {_LIFT}",
        about=("labs.fibrinogen", "fluid.choice"),
        needs=("labs.fibrinogen",),
        source="esa-bleeding",
        tag="source",
    ),
    Rule(
        id="fibrinogen-low-afterwards-at-risk",
        code="W-FIB-POST",
        severity="warn",
        value=lambda f: f.end.level if _end(f, "warn") else None,
        beside=lambda f: f.end.others,
        range=lambda f: f.end.range,
        limit="fibrinogen-low{end.for_bleeding}",
        message="Fibrinogen is predicted to end at {value}{range}{end.of_fluid}{beside}, "
        f"below {{limit}}, with {{end.risks}}. {_LIFT}",
        about=("labs.fibrinogen", "fluid.choice"),
        needs=("labs.fibrinogen",),
        source="esa-bleeding",
        tag="source",
    ),
    Rule(
        id="fibrinogen-low-afterwards",
        code="W-FIB-POST",
        severity="info",
        value=lambda f: f.end.level if _end(f, "info") else None,
        beside=lambda f: f.end.others,
        range=lambda f: f.end.range,
        limit="fibrinogen-low{end.for_bleeding}",
        message="Fibrinogen is predicted to end at {value}{range}{end.of_fluid}{beside}, "
        "below {limit}; normal again after 48 to 72 h in one series (Wood and Jacobs 1986, 100 "
        "exchanges)",
        about=("labs.fibrinogen",),
        needs=("labs.fibrinogen",),
        source="wood-1986",
        tag="source",
    ),
)
# fmt: on
