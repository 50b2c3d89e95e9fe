"""What to mind with the fluid: immunoglobulin, ACE inhibitors, saline, pregnancy, children."""

from pexcalc.rules.facts import above, at_least, below, between
from pexcalc.rules.fluids.row import ADULT_FROM, Alert, FluidRule, any_fluid, with_albumin
from pexcalc.rules.indication_groups import PLASMA_AND_ALBUMIN, PLASMA_ONLY

ACE_SHORT, ACE_LONG = 24.0, 48.0  # source owen-1994: h


# fmt: off
PRECAUTIONS: tuple[FluidRule, ...] = (
    FluidRule(
        id="immunoglobulin-lost",
        when=lambda f: f.findings.low_immunoglobulin or f.findings.infection_risk,
        effect="note",
        fluids=(),
        reason="immunoglobulins are lost with albumin and stay low for about 35 days; "
        "immunoglobulin after the exchange is a clinician's choice",
        source="wood-1986",
        strength="consider",
    ),
    FluidRule(
        id="ace-inhibitor-within-24-h",
        when=lambda f: below(f.medicines.ace_hours, ACE_SHORT),
        effect="note",
        fluids=(),
        reason="ACE inhibitor within 24 h and albumin: wait until at least 24 h (some sources 24 "
        "to 48 h), or choose another fluid or time",
        source="owen-1994",
        strength="should",
        alert=Alert(
            "W-ACE", "warn", with_albumin,
            "ACE inhibitor {value} before an exchange with albumin: 14 of 14 reacted in one study "
            "(20 of 285 without), no association in another (odds ratio 0.885, 0.468 to 1.674). "
            "Wait until 24 h (some sources 24 to 48 h), or choose another fluid or time",
            about=("drugs", "fluid.choice"),
            needs=("drugs.ace-inhibitor",),
            value=lambda f, fluid: f.medicines.ace_hours,
            unit="h",
        ),
    ),
    FluidRule(
        id="ace-inhibitor-24-to-48-h",
        when=lambda f: between(f.medicines.ace_hours, ACE_SHORT, ACE_LONG),
        effect="note",
        fluids=(),
        reason="ACE inhibitor 24 to 48 h before albumin: some sources require 48 h",
        source="owen-1994",
        strength="consider",
        alert=Alert(
            "W-ACE", "info", with_albumin,
            "ACE inhibitor {value} before an exchange with albumin: some sources require 48 h; the "
            "evidence is mixed (14 of 14 reacted in one study, no association in another)",
            about=("drugs", "fluid.choice"),
            needs=("drugs.ace-inhibitor",),
            value=lambda f, fluid: f.medicines.ace_hours,
            unit="h",
        ),
    ),
    FluidRule(
        id="saline-very-high",
        when=lambda f: above(f.ordered.saline_share, f.high("saline-strong"))
        and not above(f.ordered.saline_share, f.high("saline-stop")),
        effect="note",
        fluids=(),
        reason="saline raises the risk of hypotension",
        source="saline-2019",
        strength="should",
        alert=Alert(
            "W-SALINE", "strong", with_albumin,
            "Saline is {value} of the fluid, above {limit}: hypotension; some services use 25 to "
            "50 %",
            about=("fluid.saline_share",),
            value=lambda f, fluid: f.ordered.saline_share,
            limit="saline-strong",
        ),
    ),
    FluidRule(
        id="saline-high",
        when=lambda f: above(f.ordered.saline_share, f.high("saline-warn"))
        and not above(f.ordered.saline_share, f.high("saline-strong")),
        effect="note",
        fluids=(),
        reason="saline raises the risk of hypotension",
        source="saline-2019",
        strength="should",
        alert=Alert(
            "W-SALINE", "warn", with_albumin,
            "Saline is {value} of the fluid, above {limit}: hypotension; some services use 25 to "
            "50 %",
            about=("fluid.saline_share",),
            value=lambda f, fluid: f.ordered.saline_share,
            limit="saline-warn",
        ),
    ),
    FluidRule(
        id="saline-in-frail-patient",
        when=lambda f: above(f.ordered.saline_share, 0)
        and not above(f.ordered.saline_share, f.high("saline-warn"))
        and (
            at_least(f.patient.age, f.high("elderly"))
            or f.findings.frail
            or f.findings.hypotensive
        ),
        effect="note",
        fluids=(),
        reason="elderly, frail or hypotensive: no saline in the fluid",
        source="saline-2019",
        strength="should",
        alert=Alert(
            "W-SALINE", "warn", with_albumin,
            "Saline is {value} of the fluid in a patient who is frail, hypotensive, or elderly by "
            "the site limit of age: hypotension",
            about=("fluid.saline_share",),
            value=lambda f, fluid: f.ordered.saline_share,
            unit="%",
        ),
    ),
    FluidRule(
        id="pregnancy-position",
        when=lambda f: f.findings.pregnant,
        effect="note",
        fluids=(),
        reason="pregnancy: left tilt in the second half, avoid hypotension, obstetric advice",
        source="wind-2021",
        strength="should",
        tag="secondary",
        alert=Alert(
            "W-PREG", "warn", any_fluid,
            "Pregnant: ask obstetrics before the start; avoid hypotension; left tilt in the second "
            "half of pregnancy",
            about=("patient.gestation",),
            needs=("patient.gestation",),
        ),
    ),
    FluidRule(
        id="plasma-share-too-small",
        when=lambda f: f.indication.fluid in (*PLASMA_ONLY, *PLASMA_AND_ALBUMIN),
        effect="note",
        fluids=(),
        reason="plasma is the fluid of this indication and albumin only a part of it",
        source="asfa-2023",
        strength="should",
        alert=Alert(
            "W-FLUID-SHARE", "strong", lambda fluid: above(fluid.plasma, 0),
            "Plasma is the fluid of this indication and only {value} of what is given, "
            "less than {limit}",
            about=("fluid.plasma_share",),
            value=lambda f, fluid: fluid.plasma,
            limit="plasma-share",
        ),
    ),
)
# fmt: on


# fmt: off
CHILDREN: tuple[FluidRule, ...] = (
    FluidRule(
        id="child-albumin-in-ringer",
        when=lambda f: below(f.patient.age, ADULT_FROM),
        effect="note",
        fluids=(),
        reason="children: 20 % albumin with acetated Ringer 1:5 gave similar circulation and "
        "reactions to plasma in 20 children; fibrinogen fell with albumin",
        source="qian-children",
        strength="consider",
    ),
)
# fmt: on
