"""Alerts on medicines: removed by exchange; calcium with digoxin or ceftriaxone."""

from pexcalc.rules.alerts.row import STATE_INPUTS, Rule
from pexcalc.rules.facts import Facts, below


def _calcium_or_citrate(f: Facts) -> bool:
    """Calcium is planned or runs, or plasma or citrate is in use, for which it may be given."""
    return _calcium_ordered(f) or f.citrate.reaches_patient


def _calcium_ordered(f: Facts) -> bool:
    """Calcium is planned for the exchange, or is among the medicines."""
    return f.ordered.calcium_planned or f.medicines.calcium


# fmt: off
WITH_CALCIUM: tuple[Rule, ...] = (
    Rule(
        id="calcium-with-digoxin",
        code="W-DIGOXIN",
        severity="warn",
        when=lambda f: f.findings.digoxin
        and (_calcium_ordered(f) or f.citrate.calcium_options),
        value=lambda f: "digoxin",
        message="Digoxin: a label of calcium gluconate says to avoid calcium with it; if it is "
        "needed, give it slowly, in small amounts, with an ECG",
        about=("findings", "drugs", "calcium.plan"),
        needs=("findings", "drugs"),
        source="digoxin-calcium",
        tag="secondary",
    ),
    Rule(
        id="ceftriaxone-with-calcium-in-newborn",
        code="W-CEFTRIAXONE",
        severity="stop",
        when=lambda f: f.medicines.ceftriaxone is not None and f.ordered.calcium_planned,
        value=lambda f: f.patient.age_in_days,
        limit="ceftriaxone-newborn",
        message="Ceftriaxone and a calcium order at an age of {patient.age_words}: never together "
        "at 28 days or younger",
        about=("drugs", "patient.age", "calcium.plan"),
        needs=("calcium.plan",),
        fact="ceftriaxone-newborn",
    ),
    Rule(
        id="ceftriaxone-and-calcium-in-newborn",
        code="W-CEFTRIAXONE",
        severity="strong",
        when=lambda f: f.medicines.ceftriaxone is not None and _calcium_or_citrate(f),
        value=lambda f: f.patient.age_in_days,
        limit="ceftriaxone-newborn",
        message="Ceftriaxone at an age of {patient.age_words}: never with calcium at 28 days or "
        "younger",
        about=("drugs", "patient.age", "calcium.plan"),
        needs=("drugs",),
        fact="ceftriaxone-newborn",
    ),
    Rule(
        id="ceftriaxone-and-calcium",
        code="W-CEFTRIAXONE",
        severity="warn",
        when=lambda f: _calcium_or_citrate(f)
        and not below(f.patient.age_in_days, f.low("ceftriaxone-newborn")),
        value=lambda f: f.medicines.ceftriaxone,
        message="{value} and calcium: one after the other, the line flushed between them",
        about=("drugs", "calcium.plan"),
        needs=("drugs",),
        source="ceftriaxone-calcium",
        tag="source",
    ),
)
# fmt: on


# fmt: off
MEDICINE_ALERTS: tuple[Rule, ...] = (
    Rule(
        id="complement-blocker",
        code="W-ECU",
        severity="strong",
        value=lambda f: f.removed.complement_blockers,
        message="{value} given or planned: a supplementary dose is required with each exchange; "
        "amount and time: see the label",
        about=("drugs",),
        needs=("drugs",),
        source="soliris-spc",
        tag="source",
    ),
    Rule(
        id="medicine-removed",
        code="W-DRUG",
        severity="warn",
        value=lambda f: f.removed.close,
        message="{value}: an exchange within 72 h removes a large part of it (roughly 20 to 60 % "
        "of the amount in the body). The prescriber decides on a repeat dose, after the exchange",
        about=("drugs",),
        needs=("drugs",),
        source="puisset2013",
        tag="source",
    ),
    Rule(
        id="medicine-partly-removed",
        code="W-DRUG",
        severity="info",
        value=lambda f: f.removed.earlier,
        message="{value}: part of it is still in plasma and is removed",
        about=("drugs",),
        needs=("drugs",),
        source="puisset2013",
        tag="source",
    ),
    Rule(
        id="thymocyte-globulin-removed",
        code="W-DRUG",
        severity="warn",
        value=lambda f: f.removed.thymocyte_globulin,
        message="{value}: one exchange halved its level in plasma (3 adults, 4 weeks after the "
        "dose). The prescriber decides on a repeat dose, after the exchange",
        about=("drugs",),
        needs=("drugs",),
        source="zhang-atg-2019",
        tag="source",
    ),
    Rule(
        id="causing-medicine-due",
        code="W-DRUG-CAUSE",
        severity="strong",
        value=lambda f: f.removed.cause_due,
        message="{value}: the cause of the disease that this exchange treats. No dose without the "
        "specialist who treats it",
        about=("drugs",),
        needs=("drugs",),
        source="asfa-2023",
        tag="source",
    ),
    Rule(
        id="medicine-unknown",
        code="W-DRUG-NAME",
        severity="warn",
        value=lambda f: f.removed.unknown,
        message="{value}: not in this program's list. Ask pharmacy. Do not change a running "
        "infusion without the prescriber",
        about=("drugs",),
        needs=("drugs",),
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="sample-too-early",
        code="W-SAMPLE",
        severity="info",
        when=lambda f: f.findings.liver_failure,
        value=lambda f: "liver failure",
        message="Liver failure: judge the response on a sample at least 12 h after the exchange, "
        "not at its end",
        about=("findings",),
        needs=("findings.liver-failure", STATE_INPUTS),
        source="asfa-2023",
        tag="source",
    ),
)
# fmt: on
