"""Fluids that are removed or stopped: anti-IgA, refusal, blood groups, starch, too much saline."""

from pexcalc.rules.facts import Facts, above, below
from pexcalc.rules.fluids.row import (
    ORDINARY_PLASMA,
    STARCH,
    Alert,
    FluidRule,
    any_fluid,
    ordinary_plasma,
    with_albumin,
    with_plasma,
)

ALBUMIN_STOP = 2.5  # derived saline-2019: percent, what 5 % albumin is with half saline
# Platelets in the diseases in which they went with thrombosis, for every rule that says so.
NO_PLATELETS_WORDS = (
    "Do not give platelets to prepare for the exchange: in TTP and HIT they were associated with "
    "more arterial thrombosis (odds ratio 5.8 and 3.4) and death{indication.platelet_evidence}. "
    "Only "
    "for life-threatening bleeding or on the hematologist's order"
)


def iga_deficiency_alone(f: Facts) -> bool:
    """IgA deficiency without known anti-IgA and without an earlier anaphylaxis to plasma."""
    found = f.findings
    return found.iga_deficiency and not found.anti_iga and not found.plasma_anaphylaxis


# fmt: off
SAFETY: tuple[FluidRule, ...] = (
    FluidRule(
        id="plasma-in-pneumococcal-hus",
        when=lambda f: f.indication.id == "pneumococcal-hus",
        effect="bar",
        fluids=("plasma",),
        reason="pneumococcal HUS: exposed T antigen, and donor plasma carries anti-T; albumin "
        "only, washed red cells if transfusion is needed",
        source="hopkins-2008",
        strength="must",
        alert=Alert(
            "W-PNEUMO", "stop", with_plasma,
            "Pneumococcal HUS and {value}: donor plasma carries anti-T against the exposed antigen",
            about=("indication", "fluid.choice"),
        ),
    ),
    FluidRule(
        id="plasma-with-anti-iga",
        when=lambda f: f.findings.anti_iga,
        effect="bar",
        fluids=ORDINARY_PLASMA,
        reason="known anti-IgA: no ordinary or solvent/detergent plasma; request plasma of "
        "IgA-deficient donors, or albumin",
        source="octaplas-label",
        strength="must",
        alert=Alert(
            "W-IGA", "stop", ordinary_plasma,
            "Known anti-IgA, and ordinary or solvent/detergent plasma in the fluid ({value}): "
            "anaphylaxis{kinds.passing}{indication.no_waiting}",
            about=("findings", "fluid.plasma"),
            needs=("findings.plasma-reaction",),
        ),
    ),
    FluidRule(
        id="plasma-after-anaphylaxis",
        when=lambda f: f.findings.plasma_anaphylaxis,
        effect="bar",
        fluids=ORDINARY_PLASMA,
        reason="an earlier anaphylaxis to plasma: no ordinary or solvent/detergent plasma; "
        "request plasma of IgA-deficient donors, or albumin",
        source="octaplas-label",
        strength="must",
        alert=Alert(
            "W-IGA", "stop", ordinary_plasma,
            "An earlier anaphylaxis to plasma, and ordinary or solvent/detergent plasma in the "
            "fluid ({value}): anaphylaxis again{kinds.passing}{indication.no_waiting}",
            about=("findings", "fluid.plasma"),
            needs=("findings.plasma-reaction",),
        ),
    ),
    FluidRule(
        id="sd-plasma-in-iga-deficiency",
        when=lambda f: iga_deficiency_alone(f),
        effect="bar",
        fluids=("sd-plasma",),
        reason="IgA deficiency: no solvent/detergent plasma",
        source="octaplas-label",
        strength="must",
        alert=Alert(
            "W-IGA", "stop", lambda fluid: "sd-plasma" in fluid.contents,
            "IgA deficiency and solvent/detergent plasma: anaphylaxis. One label states it for "
            "IgA deficiency, another for documented anti-IgA{kinds.passing}{indication.no_waiting}",
            about=("findings", "fluid.plasma"),
            needs=("findings.plasma-reaction",),
        ),
    ),
    FluidRule(
        id="plasma-in-iga-deficiency",
        when=lambda f: iga_deficiency_alone(f),
        effect="note",
        fluids=(),
        reason="IgA deficiency without known anti-IgA and without an earlier anaphylaxis: ask "
        "transfusion medicine before ordinary plasma",
        source="cbs-iga",
        strength="must",
        alert=Alert(
            "W-IGA", "strong",
            lambda fluid: ordinary_plasma(fluid) and "sd-plasma" not in fluid.contents,
            "IgA deficiency, and ordinary plasma in the fluid ({value}): ask transfusion medicine "
            "before the first unit; anti-IgA and an earlier anaphylaxis are not recorded"
            "{indication.no_waiting}",
            about=("findings", "fluid.plasma"),
            needs=("findings.plasma-reaction",),
            any_option=True,
        ),
    ),
    FluidRule(
        id="earlier-reaction-to-plasma",
        when=lambda f: f.findings.plasma_reaction and not f.findings.plasma_anaphylaxis,
        effect="note",
        fluids=(),
        reason="an earlier reaction to plasma that was no anaphylaxis: premedication is the "
        "prescriber's decision",
        source="program-judgement",
        strength="should",
        tag="judgement",
        alert=Alert(
            "W-REACTION", "warn", with_plasma,
            "An earlier reaction to plasma, and {value}: which reaction was it? Premedication is "
            "the prescriber's decision; watch the patient during plasma (judgement of this "
            "program). If it was an anaphylaxis, enter that",
            about=("findings", "fluid.choice"),
            needs=("findings.plasma-reaction",),
            any_option=True,
        ),
    ),
    FluidRule(
        id="sd-plasma-in-protein-s-deficiency",
        when=lambda f: f.findings.protein_s_deficiency,
        effect="bar",
        fluids=("sd-plasma",),
        reason="severe protein S deficiency: no solvent/detergent plasma, thrombosis",
        source="octaplas-label",
        strength="must",
        alert=Alert(
            "W-PROTS", "stop", lambda fluid: "sd-plasma" in fluid.contents,
            "Severe protein S deficiency and solvent/detergent plasma: thrombosis{kinds.passing}",
            about=("findings", "fluid.plasma"),
            needs=("findings",),
        ),
    ),
    FluidRule(
        id="plasma-refused",
        when=lambda f: "plasma" in f.ordered.refused,
        effect="bar",
        fluids=("plasma",),
        reason="the patient refuses plasma",
        source="royal-marsden",
        strength="must",
        alert=Alert(
            "W-REFUSED", "stop", with_plasma,
            "The patient refuses plasma; the fluid ({value}) contains it",
            about=("fluid.refused", "fluid.choice"),
            needs=("fluid.refused",),
        ),
    ),
    FluidRule(
        id="albumin-refused",
        when=lambda f: "albumin" in f.ordered.refused,
        effect="bar",
        fluids=("albumin",),
        reason="the patient refuses albumin",
        source="royal-marsden",
        strength="must",
        alert=Alert(
            "W-REFUSED", "stop", with_albumin,
            "The patient refuses albumin; the fluid ({value}) contains it",
            about=("fluid.refused", "fluid.choice"),
            needs=("fluid.refused",),
        ),
    ),
    FluidRule(
        id="starch-ordered",
        when=lambda f: f.ordered.fluid == STARCH,
        effect="bar",
        fluids=(STARCH,),
        reason="hydroxyethyl starch is not offered: kidney injury and death",
        source="ema-hes-2022",
        strength="must",
        alert=Alert(
            "W-HES", "stop", lambda fluid: STARCH in fluid.contents,
            "{value} is not offered: kidney injury and death; marketing authorizations in the "
            "European Union are suspended",
            about=("fluid.choice",),
        ),
    ),
    FluidRule(
        id="plasma-abo-incompatible",
        when=lambda f: f.ordered.abo_mismatch,
        effect="note",
        fluids=(),
        reason="plasma must be ABO compatible with the recipient; RhD match is not required",
        source="plasma-compatibility",
        strength="must",
        alert=Alert(
            "W-ABO", "stop", with_plasma,
            "{value}: plasma must be ABO compatible with the recipient; while a group is not known "
            "only AB is",
            about=("fluid.blood_group", "fluid.plasma_group"),
            enter=("fluid.blood_group", "fluid.plasma_group"),
            value=lambda f, fluid: f.ordered.abo_words,
        ),
    ),
    FluidRule(
        id="plasma-abo-incompatible-with-transplant",
        when=lambda f: f.ordered.abo_mismatch_transplant,
        effect="note",
        fluids=(),
        reason="ABO-incompatible transplant: plasma must be compatible with donor and recipient",
        source="aboi-plasma-2022",
        strength="must",
        alert=Alert(
            "W-ABO-HSCT", "stop", with_plasma,
            "{value}: for an ABO-incompatible transplant plasma must be compatible with donor "
            "and recipient, or it returns the antibodies",
            about=("fluid.blood_group", "fluid.donor_group", "fluid.plasma_group"),
            enter=("fluid.blood_group", "fluid.donor_group", "fluid.plasma_group"),
            value=lambda f, fluid: f.ordered.abo_words,
        ),
    ),
    FluidRule(
        id="consent-by-product-missing",
        when=lambda f: f.findings.jehovahs_witness,
        effect="note",
        fluids=(),
        reason="Jehovah's Witness: ask product by product. Plasma is usually refused, albumin and "
        "cryoprecipitate may be accepted, apheresis itself is a personal decision",
        source="jw-products",
        strength="must",
        alert=Alert(
            "W-ASK", "strong", any_fluid,
            "Jehovah's Witness: ask for {value} product by product, and enter what is accepted or "
            "refused",
            about=("fluid.accepted", "fluid.refused"),
            enter=("fluid.accepted", "fluid.refused"),
            needs=("findings",),
            value=lambda f, fluid: fluid.without_consent or None,
        ),
    ),
    FluidRule(
        id="albumin-diluted-with-water",
        when=lambda f: f.ordered.diluent == "water",
        effect="note",
        fluids=(),
        reason="concentrated albumin is diluted with 0.9 % saline or another isotonic fluid, never "
        "with water: hemolysis",
        source="albunorm-20",
        strength="must",
        alert=Alert(
            "W-DILUTE", "stop", with_albumin,
            "Concentrated albumin diluted with {value}: hemolysis. Use 0.9 % saline or another "
            "isotonic fluid",
            about=("fluid.diluent",),
            value=lambda f, fluid: f.ordered.diluent,
            any_option=True,
        ),
    ),
    FluidRule(
        id="saline-above-half",
        when=lambda f: above(f.ordered.saline_share, f.high("saline-stop")),
        effect="note",
        fluids=(),
        reason="more than half of the fluid would be saline: oncotic pressure",
        source="saline-2019",
        strength="must",
        alert=Alert(
            "W-SALINE", "stop", with_albumin,
            "Saline is {value} of the fluid, above {limit}: oncotic pressure",
            about=("fluid.saline_share",),
            value=lambda f, fluid: f.ordered.saline_share,
            limit="saline-stop",
            any_option=True,
        ),
    ),
    FluidRule(
        id="albumin-too-dilute",
        when=lambda f: not above(f.ordered.saline_share, f.high("saline-stop")),
        effect="note",
        fluids=(),
        reason="albumin so dilute that it is no more than 5 % albumin with half saline: oncotic "
        "pressure",
        source="saline-2019",
        strength="must",
        tag="derived",
        alert=Alert(
            "W-SALINE", "stop", lambda fluid: below(fluid.albumin_strength, ALBUMIN_STOP),
            "The albumin concentration is {value}, less than 2.5 %, which is 5 % albumin with half "
            "saline: oncotic pressure",
            about=("fluid.saline_share", "fluid.albumin_strength"),
            value=lambda f, fluid: fluid.albumin_strength,
            unit="%",
            any_option=True,
        ),
    ),
    FluidRule(
        id="platelets-ordered-in-ttp-hit-vitt",
        when=lambda f: f.indication.platelet_disease != "" and f.findings.platelets_planned,
        effect="note",
        fluids=(),
        reason="TTP, HIT and VITT: no platelets to prepare for the exchange, only for "
        "life-threatening bleeding or on the hematologist's order",
        source="oxford-ttp-2015",
        strength="should",
        alert=Alert(
            "W-PLT-TTP", "strong", any_fluid,
            f"{{value}} and platelets ordered. {NO_PLATELETS_WORDS}",
            about=("findings",),
            needs=("findings",),
            value=lambda f, fluid: f.indication.platelet_disease,
            source="goel-2015",
        ),
    ),
)
# fmt: on


def barring(f: Facts) -> tuple[FluidRule, ...]:
    """The safety rules that remove something."""
    return tuple(rule for rule in SAFETY if rule.effect == "bar" and rule.when(f))


def why_barred(f: Facts) -> str:
    """Why they remove it, in short: the reasons without what follows from them."""
    return ", ".join(rule.reason.partition(":")[0] for rule in barring(f))
