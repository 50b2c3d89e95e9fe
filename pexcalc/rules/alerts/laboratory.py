"""Alerts on laboratory values: unusual values, potassium."""

from pexcalc.rules.alerts.row import Rule, unusual_value
from pexcalc.rules.facts import at_least

# fmt: off
UNUSUAL_VALUES: tuple[Rule, ...] = (
    unusual_value(
        "fibrinogen-unusual", "Fibrinogen",
        lambda f: f.labs.fibrinogen,
        "fibrinogen", "labs.fibrinogen", "W-DOSE", "strong",
        ask=": check whether it was g/L or mg/dL",
    ),
    unusual_value(
        "ionized-calcium-unusual", "Ionized calcium",
        lambda f: f.labs.ionized_calcium,
        "ionized-calcium", "labs.ionized_calcium", "W-DOSE", "strong",
        ask=": check that it is not total calcium",
        side="above",
    ),
    unusual_value(
        "igg-unusual", "IgG",
        lambda f: f.labs.igg,
        "igg", "labs.igg", "W-DOSE",
        ask=": check whether it was g/L or mg/dL",
    ),
    unusual_value(
        "platelets-unusual", "A platelet count of",
        lambda f: f.labs.platelets,
        "platelets", "labs.platelets", "W-DOSE", "strong",
        side="above",
    ),
)
# fmt: on


# fmt: off
POTASSIUM: tuple[Rule, ...] = (
    Rule(
        id="potassium-very-high",
        code="W-K-HIGH",
        severity="strong",
        value=lambda f: f.labs.potassium,
        limit="potassium-very-high",
        at_limit=True,
        message="Potassium {value}, from {limit} on: ECG and treat first"
        "{indication.exchange_goes_on}",
        about=("labs.potassium",),
        needs=("labs.potassium",),
    ),
    Rule(
        id="potassium-high",
        code="W-K-HIGH",
        severity="warn",
        when=lambda f: not at_least(f.labs.potassium, f.high("potassium-very-high")),
        value=lambda f: f.labs.potassium,
        limit="potassium-high",
        at_limit=True,
        message="Potassium {value}, from {limit} on: ECG and treat first"
        "{indication.exchange_goes_on}",
        about=("labs.potassium",),
        needs=("labs.potassium",),
    ),
)
# fmt: on
