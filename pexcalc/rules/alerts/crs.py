"""Alerts on cytokine release syndrome after CAR-T cells."""

from pexcalc.rules.alerts.row import CRS_INPUTS, Rule

# fmt: off
CRS_RULES: tuple[Rule, ...] = (
    Rule(
        id="crs-criteria-not-met",
        code="W-CRS-GATE",
        severity="strong",
        value=lambda f: f.crs_not_met,
        message="CRS after CAR-T cells: {value}",
        about=CRS_INPUTS,
        enter=CRS_INPUTS,
        source="li-2023",
        tag="source",
    ),
    Rule(
        id="crs-record-contradicted",
        code="W-CRS-GATE",
        severity="warn",
        value=lambda f: f.crs_contradicted,
        message="Recorded as not given, but among the medicines before the exchange: {value}. "
        "Correct one of the two",
        about=("crs.tocilizumab", "crs.corticosteroid", "drugs"),
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="crs-persisting-too-early",
        code="W-CRS-EARLY",
        severity="warn",
        value=lambda f: f.hours_since_tocilizumab,
        limit="crs-persisting",
        message="Tocilizumab {value} before the exchange, less than {limit}: it is not established "
        "yet that CRS persists after it (judgement of this program)",
        about=("drugs", "crs.persisting"),
        needs=(("drugs", "crs.persisting"),),
    ),
    Rule(
        id="car-t-cells-removed",
        code="W-CAR-T",
        severity="info",
        value=lambda f: f.hours_since_car_t,
        unit="h",
        message="CAR-T cells were infused {value} before the exchange: what the exchange removes "
        "of them is not measured",
        about=("crs.since_infusion",),
        needs=("crs.since_infusion",),
        source="xiao-2020",
        tag="source",
    ),
)
# fmt: on
