"""Which replacement fluid and why: safety rules remove, fluid rules choose, sequence rules arrange.

A condition stands here once. A rule with an alert fires it for every fluid that goes against the
rule: the same row decides and warns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from pexcalc.quantities.units import number
from pexcalc.rules.facts import Facts, FluidFacts, above, at_least, below, between, joined_words
from pexcalc.rules.fibrinogen import end_outranks, fibrinogen_low, fibrinogen_mildly_low

Effect = Literal["bar", "choose", "open", "add", "usual", "beside", "note"]
Strength = Literal["must", "should", "consider"]
Severity = Literal["stop", "strong", "warn", "info"]
Tag = Literal["source", "secondary", "derived", "judgement"]
# Alternatives, each an input or inputs together. `findings.hit` is one group of findings, as the
# rows of `not_checked` name it; `findings` alone any other condition.
Needs = tuple[str | tuple[str, ...], ...]
Shown = float | str | None

ORDINARY_PLASMA = ("fresh-frozen-plasma", "sd-plasma", "cryo-poor-plasma")
STARCH = "hydroxyethyl-starch"
ALBUMIN_STOP = 2.5  # derived saline-2019: percent, what 5 % albumin is with half saline
HALF = 50.0  # judgement coirier: percent of plasma from which calcium is to be planned
ALL = 100.0  # derived: percent of plasma, nothing else
ACE_SHORT, ACE_LONG = 24.0, 48.0  # source owen-1994: h
ADULT_FROM = 18.0  # judgement plausibility: years
TEACHING_LIMIT = 1.2  # source wodajo-2024: g/L, fibrinogen limit of one teaching text
ALBUMIN, BOTH, PLASMA = "albumin", "albumin-then-plasma", "plasma"
PLANS = (ALBUMIN, BOTH, PLASMA)

# Words of the indication table, column fluid.
PLASMA_ONLY = ("plasma",)
PLASMA_AND_ALBUMIN = ("plasma-albumin-optional", "plasma-or-plasma-albumin", "plasma-predominant")
PLASMA_FIRST = (*PLASMA_ONLY, *PLASMA_AND_ALBUMIN, "plasma-or-albumin")
# Acute liver failure is the indication, or what it leads to (amatoxin).
LIVER = ("alf-high-volume", "alf-standard", "aflp", "wilson-fulminant", "toxin-mushroom")
HEMORRHAGE = ("anti-gbm-dah",)  # the indication that is alveolar hemorrhage itself

# Who decides on platelets: indications in which they went with thrombosis and death, and those of
# a specialist.
NO_PLATELETS = {
    "ttp": "TTP",
    "hit-pre-procedure": "HIT",
    "hit-refractory": "HIT",
    "vitt-refractory": "VITT",
}
MICROANGIOPATHY = (
    "stec-hus-severe",
    "pneumococcal-hus",
    "tma-complement-fh-antibody",
    "tma-complement-mutation",
    "tma-coagulation",
    "tma-ticlopidine",
    "tma-clopidogrel",
    "tma-gemcitabine",
    "tma-quinine",
    "caps",
)
PURPURA = "post-transfusion-purpura"

# Platelets in the diseases in which they went with thrombosis, for every rule that says so.
NO_PLATELETS_WORDS = (
    "Do not give platelets to prepare for the exchange: in TTP and HIT they went with more "
    "arterial thrombosis (odds ratio 5.8 and 3.4) and death. Only for life-threatening bleeding or "
    "on the hematologist's order"
)


# The survey that stands behind the rules on procedures.
_BY_ANALOGY = (
    "The survey asked about a procedure the day before the exchange: by analogy for one after"
)
CALCIUM_ROUTES = {"oral": "by mouth", "bolus": "as a bolus"}
_INFUSION_OR_REASON = "plan a calcium infusion, or enter the reason"
_BY_ROUTE = (
    "in 636 exchanges with albumin reactions came to 35.6 % with oral calcium, 29.4 % with a "
    "bolus, 8.6 % with an infusion"
)


# --- what a fluid may go against ------------------------------------------------------------------


def any_fluid(fluid: FluidFacts) -> bool:
    """Every fluid is concerned."""
    return True


def with_albumin(fluid: FluidFacts) -> bool:
    """The fluid has albumin."""
    return fluid.has_albumin


def with_plasma(fluid: FluidFacts) -> bool:
    """The fluid has plasma."""
    return fluid.has_plasma


def without_plasma(fluid: FluidFacts) -> bool:
    """The fluid has no plasma."""
    return not fluid.has_plasma


def ordinary_plasma(fluid: FluidFacts) -> bool:
    """The fluid has plasma that is not of IgA-deficient donors."""
    return not fluid.contents.isdisjoint(ORDINARY_PLASMA)


def alkalosis_from(f: Facts) -> str:
    """From which session of daily plasma pH and bicarbonate are checked, and why; or nothing.

    Liver failure has its own row.
    """
    if not f.course.daily or f.findings.liver_failure:
        return ""
    if below(f.patient.age, ADULT_FROM):
        return "first, child"
    return "first, membrane" if f.run.membrane_with_citrate else "third"


def fluid_words(f: Facts, fluid: FluidFacts) -> str:
    """The fluid itself is what the alert prints."""
    return fluid.words


def each_together(needs: Needs) -> Iterator[tuple[str, ...]]:
    """The alternatives of a rule, each as the needs that go together."""
    return ((one,) if isinstance(one, str) else one for one in needs)


def input_of(need: str) -> str:
    """The input of a need: `findings` of `findings.hit`; one that is an input itself as it is."""
    group, _, _ = need.partition(".")
    return group if group in ("findings", "drugs") else need


class Alert(NamedTuple):
    """What a fluid rule says of a fluid that goes against it.

    `against` tells which fluid does; `value` is what is printed and, where the row names a limit,
    held against it. `any_option` fires the alert where any open fluid goes against the rule,
    because the order itself states what is wrong; otherwise all of them have to. `about`, `needs`,
    `enter` and `fact` as in `caution_rules.Rule`; `source`: of the alert, else of the rule.
    """

    code: str
    severity: Severity
    against: Callable[[FluidFacts], bool]
    message: str
    about: tuple[str, ...]
    needs: Needs = ()
    enter: tuple[str, ...] = ()
    value: Callable[[Facts, FluidFacts], Shown] = fluid_words
    unit: str = ""
    limit: str = ""
    source: str = ""
    any_option: bool = False
    fact: str = ""


class FluidRule(NamedTuple):
    """One row: a condition on the patient and the order, its effect on `fluids`, why, from where.

    bar removes what contains one of `fluids`; choose offers `fluids` and makes the first the
    default; open offers them without a default; add does the same as choose where nothing above has
    chosen; usual offers what is left where nothing else has; beside offers more next to the usual
    fluid; note only says something.
    """

    id: str
    when: Callable[[Facts], bool]
    effect: Effect
    fluids: tuple[str, ...]
    reason: str
    source: str
    strength: Strength
    tag: Tag = "source"
    alert: Alert | None = None

    @property
    def code(self) -> str:
        """The code of the alert; empty without one."""
        return self.alert.code if self.alert else ""


CHOOSING: tuple[Effect, ...] = ("choose", "open", "add", "usual")

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
        reason="known anti-IgA: no ordinary or solvent/detergent plasma; ask for plasma of "
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
        reason="an earlier anaphylaxis to plasma: no ordinary or solvent/detergent plasma; ask for "
        "plasma of IgA-deficient donors, or albumin",
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
            "IgA deficiency and solvent/detergent plasma: anaphylaxis. One label says so for IgA "
            "deficiency, another for documented anti-IgA{kinds.passing}{indication.no_waiting}",
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
            "before the first unit; no anti-IgA and no earlier anaphylaxis is entered"
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
            "program). Was it an anaphylaxis, enter that",
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
            "The patient refuses plasma, and {value} has it",
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
            "The patient refuses albumin, and {value} has it",
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
            "{value} is not offered: kidney injury and death; marketing authorisations in the "
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
            "{value}: after an ABO-incompatible transplant plasma must be compatible with donor "
            "and recipient, or it gives back the antibodies",
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
        "with water: haemolysis",
        source="albunorm-20",
        strength="must",
        alert=Alert(
            "W-DILUTE", "stop", with_albumin,
            "Concentrated albumin diluted with {value}: haemolysis. Use 0.9 % saline or another "
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
        reason="albumin so thin that it is no more than 5 % albumin with half saline: oncotic "
        "pressure",
        source="saline-2019",
        strength="must",
        tag="derived",
        alert=Alert(
            "W-SALINE", "stop", lambda fluid: below(fluid.albumin_strength, ALBUMIN_STOP),
            "The albumin that is left is {value}, less than 2.5 %, which is 5 % albumin with half "
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

FLUIDS: tuple[FluidRule, ...] = (
    FluidRule(
        id="ttp-without-plasma",
        when=lambda f: f.indication.id == "ttp",
        effect="choose",
        fluids=(PLASMA, BOTH),
        reason="TTP: plasma replaces ADAMTS13",
        source="oshaughnessy-2004",
        strength="must",
        tag="secondary",
        alert=Alert(
            "W-FLUID-TTP", "stop", without_plasma,
            "TTP and {value} without plasma: plasma replaces ADAMTS13",
            about=("indication", "fluid.choice"),
            source="asfa-2023",
        ),
    ),
    FluidRule(
        id="listed-plasma-missing",
        when=lambda f: f.indication.fluid in PLASMA_ONLY,
        effect="choose",
        fluids=(PLASMA,),
        reason="plasma is the listed fluid",
        source="asfa-2023",
        strength="should",
        alert=Alert(
            "W-FLUID-PLASMA", "warn", without_plasma,
            "Plasma is the listed fluid for this indication, not {value}",
            about=("indication", "fluid.choice"),
        ),
    ),
    FluidRule(
        id="listed-plasma-with-optional-albumin-missing",
        when=lambda f: f.indication.fluid == "plasma-albumin-optional",
        effect="choose",
        fluids=(PLASMA, BOTH),
        reason="plasma is the listed fluid, albumin may be part",
        source="asfa-2023",
        strength="should",
        alert=Alert(
            "W-FLUID-PLASMA", "warn", without_plasma,
            "Plasma is the listed fluid for this indication, not {value}",
            about=("indication", "fluid.choice"),
        ),
    ),
    FluidRule(
        id="listed-plasma-or-mixture-missing",
        when=lambda f: f.indication.fluid in ("plasma-or-plasma-albumin", "plasma-predominant")
        and f.indication.id != "ttp",
        effect="choose",
        fluids=(PLASMA, BOTH),
        reason="plasma, or plasma with albumin, is the listed fluid",
        source="asfa-2023",
        strength="should",
        alert=Alert(
            "W-FLUID-PLASMA", "warn", without_plasma,
            "Plasma is the listed fluid for this indication, not {value}",
            about=("indication", "fluid.choice"),
        ),
    ),
    FluidRule(
        id="vasculitis-hemorrhage-without-plasma",
        when=lambda f: f.findings.alveolar_hemorrhage and f.indication.vasculitis,
        effect="choose",
        fluids=(PLASMA, BOTH),
        reason="diffuse alveolar haemorrhage: plasma while it lasts, to keep clotting factors",
        source="asfa-2023",
        strength="should",
        alert=Alert(
            "W-FLUID-DAH", "strong", without_plasma,
            "Diffuse alveolar hemorrhage and {value} only: plasma while it lasts, whatever the "
            "fibrinogen",
            about=("findings", "fluid.choice"),
            needs=("findings.bleeding",),
        ),
    ),
    FluidRule(
        id="crs-coagulopathy",
        when=lambda f: f.indication.fluid == "not-settled"
        and (
            f.findings.bleeds
            or f.findings.dic
            or fibrinogen_low(f)
        ),
        effect="open",
        fluids=(PLASMA, BOTH),
        reason="CAR-T CRS with DIC, bleeding or a fibrinogen below the limit: plasma; which share "
        "is not settled",
        source="xiao-2020",
        strength="consider",
    ),
    FluidRule(
        id="crs-fluid-not-settled",
        when=lambda f: f.indication.fluid == "not-settled",
        effect="open",
        fluids=PLANS,
        reason="CAR-T CRS: the fluid is not settled, reported cases used plasma; plasma if there "
        "is DIC, bleeding or a fibrinogen below the limit",
        source="xiao-2020",
        strength="consider",
    ),
    FluidRule(
        id="bleeding-without-plasma",
        when=lambda f: f.findings.bleeding,
        effect="add",
        fluids=(BOTH, PLASMA),
        reason="active bleeding: not albumin or saline alone; 1.1 % of respondents (at most 107) "
        "would",
        source="zantek-2018",
        strength="should",
        alert=Alert(
            "W-BLEED", "strong", without_plasma,
            "Active bleeding and {value} only, whatever the fibrinogen: 1.1 % of respondents (at "
            "most 107) would. Plasma last",
            about=("findings", "patient.states", "fluid.choice"),
            needs=("findings.bleeding", "patient.states"),
        ),
    ),
    FluidRule(
        id="alveolar-hemorrhage-without-plasma",
        when=lambda f: f.findings.alveolar_hemorrhage and not f.indication.vasculitis,
        effect="add",
        fluids=(BOTH, PLASMA),
        reason="diffuse alveolar haemorrhage is bleeding: not albumin or saline alone",
        source="zantek-2018",
        strength="should",
        alert=Alert(
            "W-FLUID-DAH", "strong", without_plasma,
            "Diffuse alveolar hemorrhage and {value} only: that is bleeding, whatever the "
            "fibrinogen. Plasma last",
            about=("findings", "fluid.choice"),
            needs=("findings.bleeding",),
        ),
    ),
    FluidRule(
        id="major-procedure-without-plasma",
        when=lambda f: f.findings.surgery or f.findings.biopsy,
        effect="add",
        fluids=(BOTH, PLASMA),
        reason="major surgery or a biopsy of a solid organ within a day: include plasma; 8.9 % of "
        "respondents (at most 107) would use albumin or saline alone the day after it; for one "
        "that follows the exchange by analogy",
        source="zantek-2018",
        strength="should",
        alert=Alert(
            "W-PROC", "strong", without_plasma,
            "Major surgery or a biopsy of a solid organ within 24 h, and {value} only, whatever "
            "the fibrinogen: 8.9 % of respondents (at most 107) would the day after it; for one "
            "that follows the exchange by analogy. Plasma last",
            about=("findings", "fluid.choice"),
            needs=("findings.bleeding",),
        ),
    ),
    FluidRule(
        id="too-little-plasma-last",
        when=lambda f: f.findings.needs_plasma_last,
        effect="note",
        fluids=(),
        reason="bleeding or a major procedure: plasma last, at least half of the fluid, or less "
        "(site limit) where fibrinogen is predicted to end high enough",
        source="program-judgement",
        strength="should",
        tag="judgement",
        alert=Alert(
            "W-PLASMA-LAST", "warn", with_plasma,
            "Too little plasma for {findings.plasma_last_words}: {value}. Give plasma last: at "
            "least half of the fluid, or at least 20 % with fibrinogen predicted to end at 1.5 g/L "
            "or above (judgement of this program)",
            about=("findings", "fluid.plasma_share", "fluid.sequence", "labs.fibrinogen"),
            needs=("findings.bleeding", "patient.states"),
            enter=("fluid.plasma_share",),
            value=lambda f, fluid: token_words(f, fluid),
        ),
    ),
    FluidRule(
        id="fibrinogen-low-without-plasma",
        when=lambda f: fibrinogen_low(f),
        effect="add",
        fluids=(BOTH, PLASMA),
        reason="fibrinogen below the limit: add plasma at the end",
        source="wodajo-2024",
        strength="should",
        alert=Alert(
            "W-FIB", "strong", without_plasma,
            "Fibrinogen {value} is less than {limit} and the fluid has no plasma: bleeding",
            about=("labs.fibrinogen", "fluid.choice"),
            needs=("labs.fibrinogen",),
            value=lambda f, fluid: None if end_outranks(f) else f.labs.fibrinogen,
            limit="fibrinogen-low",
        ),
    ),
    FluidRule(
        id="acute-liver-failure",
        when=lambda f: f.findings.acute_liver_failure,
        effect="add",
        fluids=(PLASMA, BOTH, ALBUMIN),
        reason="acute liver failure: plasma, or albumin then plasma, first",
        source="program-judgement",
        strength="should",
        tag="judgement",
        alert=Alert(
            "W-LIVER", "warn", any_fluid,
            "Acute liver failure, fluid {value}: plasma, or albumin then plasma, first. Measure "
            "ionized and total calcium in each session (judgement of this program)",
            about=("findings", "fluid.choice"),
            needs=("findings.liver-failure",),
        ),
    ),
    FluidRule(
        id="cirrhosis",
        when=lambda f: f.findings.cirrhosis and not f.findings.acute_liver_failure,
        effect="add",
        fluids=(BOTH, ALBUMIN),
        reason="cirrhosis with another indication: albumin then plasma, not all plasma (citrate)",
        source="program-judgement",
        strength="should",
        tag="judgement",
        alert=Alert(
            "W-LIVER", "warn", any_fluid,
            "Cirrhosis, fluid {value}: albumin then plasma, not all plasma, where the indication "
            "allows it (citrate). Measure ionized and total calcium in each session (judgement of "
            "this program)",
            about=("patient.states", "fluid.choice"),
            needs=("patient.states",),
        ),
    ),
    FluidRule(
        id="fibrinogen-mildly-low-without-plasma",
        when=lambda f: fibrinogen_mildly_low(f),
        effect="add",
        fluids=(BOTH, ALBUMIN, PLASMA),
        reason="fibrinogen a little below the limit, without anticoagulant, bleeding or procedure: "
        "albumin may be acceptable; 2 of 62 patients bled, both on an anticoagulant",
        source="wodajo-2024",
        strength="consider",
        alert=Alert(
            "W-FIB", "warn", without_plasma,
            "Fibrinogen {value} is less than {limit} and the fluid has no plasma; without "
            "anticoagulant, bleeding or procedure albumin may be acceptable",
            about=("labs.fibrinogen", "fluid.choice"),
            needs=("labs.fibrinogen",),
            value=lambda f, fluid: None if end_outranks(f) else f.labs.fibrinogen,
            limit="fibrinogen-low",
        ),
    ),
    FluidRule(
        id="minor-procedure-without-plasma",
        when=lambda f: f.findings.minor_procedure,
        effect="note",
        fluids=(),
        reason="minor procedure within a day: practice is split, 49.5 % of respondents stay with "
        f"albumin; plasma at the end is one option. {_BY_ANALOGY}",
        source="zantek-2018",
        strength="consider",
        alert=Alert(
            "W-PROC", "warn", without_plasma,
            "Minor procedure within 24 h and {value} only: 49.5 % of respondents would use it; "
            f"plasma at the end is one option. {_BY_ANALOGY}",
            about=("findings", "fluid.choice"),
            needs=("findings.bleeding",),
        ),
    ),
    FluidRule(
        id="albumin-is-usual",
        when=lambda f: True,
        effect="usual",
        fluids=(ALBUMIN,),
        reason="isotonic albumin for all of the volume: fewer reactions; plasma only to replace a "
        "component",
        source="choosing-wisely-2018",
        strength="should",
    ),
    FluidRule(
        id="plasma-listed-too",
        when=lambda f: f.indication.fluid in ("either", "plasma-or-albumin"),
        effect="beside",
        fluids=(BOTH, PLASMA),
        reason="the indication table lists plasma too",
        source="asfa-2023",
        strength="consider",
    ),
    FluidRule(
        id="dic",
        when=lambda f: f.findings.dic,
        effect="beside",
        fluids=(BOTH, PLASMA),
        reason="DIC: treat the cause; plasma with bleeding or a procedure and INR or aPTT above "
        "1.5 times normal or fibrinogen below 1.5 g/L",
        source="bsh-dic",
        strength="should",
        tag="secondary",
        alert=Alert(
            "W-DIC", "warn", any_fluid,
            "{value}",
            about=("findings", "labs.platelets"),
            needs=("findings.bleeding",),
            value=lambda f, fluid: None if dic_with_very_low_platelets(f) else dic_words(f),
            source="isth-dic",
        ),
    ),
    FluidRule(
        id="bleeding-risk",
        when=lambda f: f.findings.bleeding_risk,
        effect="note",
        fluids=(),
        reason="bleeding risk without an indication for plasma: partial plasma, or cryoprecipitate "
        "after the exchange; what is given before is exchanged out",
        source="bsh-2025",
        strength="consider",
        tag="secondary",
    ),
    FluidRule(
        id="plasma-without-reason",
        when=lambda f: not reason_for_plasma(f) and f.indication.fluid != "either",
        effect="note",
        fluids=(),
        reason="plasma without one of the reasons of this table: reactions, a limited resource; "
        "note the reason",
        source="choosing-wisely-2018",
        strength="should",
        alert=Alert(
            "W-PLASMA-NOIND", "warn", with_plasma,
            "{value} without one of the reasons of the fluid table: albumin is the usual fluid; "
            "note the reason",
            about=("fluid.choice",),
        ),
    ),
    FluidRule(
        id="plasma-listed-beside-albumin",
        when=lambda f: not reason_for_plasma(f) and f.indication.fluid == "either",
        effect="note",
        fluids=(),
        reason="plasma is listed for this indication; albumin is usual, with fewer reactions",
        source="choosing-wisely-2018",
        strength="consider",
        alert=Alert(
            "W-PLASMA-NOIND", "info", with_plasma,
            "{value} is listed for this indication; albumin is usual",
            about=("fluid.choice",),
        ),
    ),
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
        reason="ACE inhibitor 24 to 48 h before albumin: some sources ask for 48 h",
        source="owen-1994",
        strength="consider",
        alert=Alert(
            "W-ACE", "info", with_albumin,
            "ACE inhibitor {value} before an exchange with albumin: some sources ask for 48 h; the "
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
            "Plasma is the fluid of this indication and only {value} of what is given (limit "
            "{limit})",
            about=("fluid.plasma_share",),
            value=lambda f, fluid: fluid.plasma,
            limit="plasma-share",
        ),
    ),
    FluidRule(
        id="calcium-in-plasma-line",
        when=lambda f: f.ordered.calcium_line in ("plasma", "return"),
        effect="note",
        fluids=(),
        reason="calcium and plasma must not share a line, and plasma runs in the return line",
        source="octaplas-label",
        strength="must",
        alert=Alert(
            "W-CA-LINE", "stop", with_plasma,
            "Calcium in the {value} line and plasma in the same: clotting. Give calcium into "
            "another vein",
            about=("calcium.line",),
            needs=("calcium.line",),
            value=lambda f, fluid: f.ordered.calcium_line,
        ),
    ),
    FluidRule(
        id="calcium-missing-with-plasma",
        when=lambda f: f.ordered.calcium_open,
        effect="note",
        fluids=(),
        reason=f"half or more of the fluid is plasma: {_INFUSION_OR_REASON}; check ionized "
        "calcium, pH and bicarbonate",
        source="coirier",
        strength="should",
        alert=Alert(
            "W-CA-PLAN", "strong", lambda fluid: at_least(fluid.plasma, HALF),
            "Half or more of the fluid is plasma and no calcium is planned: "
            f"{_INFUSION_OR_REASON}. Hypocalcemia in 28 % of exchanges with plasma",
            about=("calcium.plan", "calcium.reason"),
            enter=("calcium.plan",),
        ),
    ),
    FluidRule(
        id="calcium-not-infused-with-plasma",
        when=lambda f: f.ordered.calcium_not_infused,
        effect="note",
        fluids=(),
        reason=f"half or more of the fluid is plasma: {_INFUSION_OR_REASON}; {_BY_ROUTE}",
        source="weinstein-1996",
        strength="should",
        alert=Alert(
            "W-CA-PLAN", "warn", lambda fluid: at_least(fluid.plasma, HALF),
            "Half or more of the fluid is plasma and calcium is planned {value}: "
            f"{_INFUSION_OR_REASON}. Extrapolated to plasma: {_BY_ROUTE}",
            about=("calcium.plan", "calcium.reason"),
            needs=("calcium.plan",),
            value=lambda f, fluid: CALCIUM_ROUTES.get(f.ordered.calcium_plan),
        ),
    ),
    FluidRule(
        id="calcium-missing-with-low-calcium",
        when=lambda f: f.ordered.calcium_open,
        effect="note",
        fluids=(),
        reason=f"ionized calcium low or a QT risk: {_INFUSION_OR_REASON}",
        source="weinstein-1996",
        strength="should",
        alert=Alert(
            "W-CA-PLAN", "strong", lambda fluid: not at_least(fluid.plasma, HALF),
            f"{{value}}, and no calcium is planned: {_INFUSION_OR_REASON}",
            about=("labs.ionized_calcium", "findings", "calcium.plan", "calcium.reason"),
            enter=("calcium.plan",),
            needs=("labs.ionized_calcium", "findings"),
            value=lambda f, fluid: calcium_risk_words(f),
            any_option=True,
        ),
    ),
    FluidRule(
        id="calcium-not-infused-with-low-calcium",
        when=lambda f: f.ordered.calcium_not_infused,
        effect="note",
        fluids=(),
        reason=f"ionized calcium low or a QT risk: {_INFUSION_OR_REASON}; {_BY_ROUTE}",
        source="weinstein-1996",
        strength="should",
        alert=Alert(
            "W-CA-PLAN", "warn", lambda fluid: not at_least(fluid.plasma, HALF),
            f"{{value}}, and calcium is not infused: {_INFUSION_OR_REASON}; {_BY_ROUTE}",
            about=("labs.ionized_calcium", "findings", "calcium.plan", "calcium.reason"),
            needs=(("labs.ionized_calcium", "calcium.plan"), ("findings", "calcium.plan")),
            value=lambda f, fluid: calcium_risk_words(f),
            any_option=True,
        ),
    ),
    FluidRule(
        id="alkalosis-in-liver-failure",
        when=lambda f: f.findings.liver_failure,
        effect="note",
        fluids=(),
        reason="liver failure: citrate is cleared slowly; check ionized calcium, pH and "
        "bicarbonate",
        source="ljubljana",
        strength="should",
        alert=Alert(
            "W-ALK", "warn", any_fluid,
            "Liver failure: slow citrate piles up; total to ionized calcium above 2.5 shows it. "
            "Check ionized and total calcium, pH and bicarbonate",
            about=("findings",),
            needs=("findings.liver-failure", "patient.states"),
            source="hu-2023",
        ),
    ),
    FluidRule(
        id="alkalosis-with-daily-plasma",
        when=lambda f: alkalosis_from(f) == "third"
        and above(f.course.session, f.high("daily-plasma-sessions")),
        effect="note",
        fluids=(),
        reason="daily plasma: check pH and bicarbonate",
        source="ljubljana",
        strength="should",
        alert=Alert(
            "W-ALK", "warn", with_plasma,
            "Daily plasma, session {value}: check pH and bicarbonate (dialysis for alkalosis after "
            "14 of 86 exchanges with plasma in one series)",
            about=("course.interval", "course.session"),
            needs=(("course.interval", "course.session"),),
            value=lambda f, fluid: f"{f.course.session:g}",
        ),
    ),
    FluidRule(
        id="alkalosis-with-daily-plasma-later",
        when=lambda f: alkalosis_from(f) == "third" and f.course.session is None,
        effect="note",
        fluids=(),
        reason="daily plasma: check pH and bicarbonate from the third session",
        source="ljubljana",
        strength="should",
        alert=Alert(
            "W-ALK", "info", with_plasma,
            "Daily plasma: from the third session check pH and bicarbonate (dialysis for alkalosis "
            "after 14 of 86 exchanges with plasma in one series)",
            about=("course.interval", "course.session"),
            needs=("course.interval",),
            enter=("course.session",),
        ),
    ),
    FluidRule(
        id="alkalosis-with-daily-plasma-in-child",
        when=lambda f: alkalosis_from(f) == "first, child",
        effect="note",
        fluids=(),
        reason="daily plasma in a child: check pH and bicarbonate from the first session",
        source="xun-2024",
        strength="should",
        alert=Alert(
            "W-ALK", "warn", with_plasma,
            "Daily plasma in a child: check pH and bicarbonate from the first session (on a "
            "membrane with citrate alkalosis before 45.8 %, after 83.3 % of 48 sessions)",
            about=("course.interval", "patient.age"),
            needs=("course.interval",),
        ),
    ),
    FluidRule(
        id="alkalosis-with-daily-plasma-on-membrane",
        when=lambda f: alkalosis_from(f) == "first, membrane",
        effect="note",
        fluids=(),
        reason="daily plasma on a membrane with citrate: check pH and bicarbonate from the first "
        "session",
        source="ljubljana",
        strength="should",
        alert=Alert(
            "W-ALK", "warn", with_plasma,
            "Daily plasma on a membrane with citrate: check pH and bicarbonate from the first "
            "session (dialysis for alkalosis after 14 of 86 exchanges with plasma in one series; "
            "another saw no significant acid-base disturbances in adults)",
            about=("course.interval", "device.anticoagulant"),
            needs=(("course.interval", "device.anticoagulant"),),
        ),
    ),
    FluidRule(
        id="potassium-low-afterwards",
        when=lambda f: potassium_words(f) is not None,
        effect="note",
        fluids=(),
        reason="albumin alone lowers potassium by about 25 %: check it",
        source="ajkd-2023",
        strength="consider",
        tag="secondary",
        alert=Alert(
            "W-K", "info", without_plasma,
            "{value} and albumin alone: potassium falls by about 25 %, check it",
            about=("labs.potassium", "findings", "drugs"),
            needs=("labs.potassium", "findings", "drugs"),
            value=lambda f, fluid: potassium_words(f),
        ),
    ),
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

SEQUENCE: tuple[FluidRule, ...] = (
    FluidRule(
        id="plasma-not-last",
        when=lambda f: not f.findings.needs_plasma_last,
        effect="note",
        fluids=(),
        reason="the colloid without clotting factors first, plasma last: what is given early is "
        "exchanged out",
        source="dilution-law",
        strength="should",
        tag="derived",
        alert=Alert(
            "W-SEQ", "warn", lambda fluid: fluid.sequence in ("plasma-first", "mixed"),
            "The order of fluids is {value}: plasma that is not given last is exchanged out",
            about=("fluid.sequence",),
            value=lambda f, fluid: fluid.sequence,
        ),
    ),
    FluidRule(
        id="infusion-at-removal-rate",
        when=lambda f: True,
        effect="note",
        fluids=(),
        reason="the infusion rate follows the removal rate",
        source="albunorm-5",
        strength="must",
    ),
)
# fmt: on

FLUID_RULES = (*SAFETY, *FLUIDS, *SEQUENCE)


# --- facts that need the table, or more than one comparison ---------------------------------------


def potassium_words(f: Facts) -> str | None:
    """A low potassium, and what makes it dangerous, in words; None where there is neither."""
    if at_least(f.labs.potassium, f.high("potassium-high")):
        return None
    low = below(f.labs.potassium, f.low("potassium-low"))
    return joined_words(
        (f.labs.potassium_words, low),
        ("digoxin", f.findings.digoxin),
        ("a QT risk", f.findings.qt_risk),
    )


def calcium_risk_words(f: Facts) -> str | None:
    """A low ionized calcium or a QT risk, in words; None where there is neither."""
    low = below(f.labs.ionized_calcium, f.low("ionized-calcium-low"))
    return joined_words(("Low ionized calcium", low), ("QT risk", f.findings.qt_risk))


def plasma_is_listed(f: Facts) -> bool:
    """A rule chooses plasma for the indication."""
    return any(rule.effect == "choose" and rule.when(f) for rule in FLUIDS)


def reason_for_plasma(f: Facts) -> bool:
    """One of the rules of this table offers plasma, or practice is split."""
    offering = any(
        rule.effect in CHOOSING and {PLASMA, BOTH} & {*rule.fluids} and rule.when(f)
        for rule in FLUIDS
    )
    return (
        offering
        or f.findings.minor_procedure
        or f.findings.dic
        or f.indication.fluid == "plasma-or-albumin"
    )


def iga_deficiency_alone(f: Facts) -> bool:
    """IgA deficiency without known anti-IgA and without an earlier anaphylaxis to plasma."""
    found = f.findings
    return found.iga_deficiency and not found.anti_iga and not found.plasma_anaphylaxis


def token_words(f: Facts, fluid: FluidFacts) -> str | None:
    """What is wrong with the plasma of a fluid before bleeding or a procedure; None if nothing.

    A share that is large enough with a predicted end that is too low is an alert of its own.
    """
    if fluid.sequence not in ("", "plasma-last"):
        return f"plasma that is not given last ({fluid.sequence.replace('-', ' ')})"
    if fluid.plasma is None:
        return "plasma without a share that is entered"
    if at_least(fluid.plasma, HALF):
        return None
    if at_least(fluid.plasma, f.low("plasma-last-least")):
        unknown = fluid.fibrinogen_after is None
        return f"{number(fluid.plasma, 1)} % plasma, fibrinogen not known" if unknown else None
    return f"only {_short_of(fluid.plasma, f.low('plasma-last-least'))} % plasma"


def _short_of(share: float, least: float) -> str:
    """A share to as many places as show that it is less than the limit."""
    return next(
        (number(share, places) for places in (1, 2, 3) if round(share, places) < least),
        number(share, 6),
    )


def dic_with_very_low_platelets(f: Facts) -> bool:
    """DIC with platelets so low that it is asked about strongly."""
    very_low = below(f.labs.platelets, f.low("platelets-very-low"))
    return f.findings.dic and f.indication.platelet_group == "other" and very_low


def dic_words(f: Facts) -> str:
    """What is said of DIC: of platelets only where no other row says who decides on them."""
    known = f" (entered: {f.labs.platelets_words})" if f.labs.platelets_words else ""
    platelets = (
        f"Platelets{known}: below 50 x10^9/L if the patient bleeds, below 20 x10^9/L at high risk "
        "of bleeding"
    )
    parts = (
        "DIC: treat the cause",
        "Plasma if there is bleeding or a procedure, with INR or aPTT above 1.5 times normal or "
        "fibrinogen below 1.5 g/L",
        platelets if f.indication.platelet_group == "other" else "",
        ""
        if f.findings.bleeds or f.findings.procedure
        else "Enter bleeding or a procedure: DIC does not answer it",
    )
    return ". ".join(filter(None, parts))


# --- what the table says for one patient ----------------------------------------------------------


class Offer(NamedTuple):
    """The fluids that the rules offer before safety rules remove any, and the default."""

    fluids: tuple[str, ...]
    default: str | None


def offer(f: Facts) -> Offer:
    """What the first rule that chooses offers; beside the usual fluid those that are listed too."""
    holding = [rule for rule in FLUIDS if rule.when(f)]
    deciding = next(rule for rule in holding if rule.effect in CHOOSING)
    beside = [rule for rule in holding if rule.effect == "beside" and deciding.effect == "usual"]
    fluids = tuple(name for rule in (deciding, *beside) for name in rule.fluids)
    return Offer(fluids, None if deciding.effect == "open" else fluids[0])


def barring(f: Facts) -> tuple[FluidRule, ...]:
    """The safety rules that remove something."""
    return tuple(rule for rule in SAFETY if rule.effect == "bar" and rule.when(f))


def reasons_for(f: Facts, fluid: str) -> tuple[FluidRule, ...]:
    """The rules that offer a fluid."""
    return tuple(rule for rule in FLUIDS if fluid in rule.fluids and rule.when(f))


def notes(f: Facts) -> tuple[FluidRule, ...]:
    """The rules that only say something, of every fluid and without an alert."""
    saying = (rule for rule in FLUID_RULES if rule.effect == "note" and rule.alert is None)
    return tuple(rule for rule in saying if rule.when(f))


def conflicts(f: Facts, fluids: tuple[FluidFacts, ...]) -> tuple[Conflict, ...]:
    """Where sources disagree on one of these fluids."""
    return tuple(row for row in CONFLICTS if any(row.when(f, one) for one in fluids))


class Conflict(NamedTuple):
    """Sources that do not agree, and what is done here. Shown where `when` holds for a fluid."""

    topic: str
    when: Callable[[Facts, FluidFacts], bool]
    one: str
    other: str
    handling: str
    sources: tuple[str, ...]


CONFLICTS: tuple[Conflict, ...] = (
    Conflict(
        topic="IgA deficiency and solvent/detergent plasma",
        when=lambda f, fluid: iga_deficiency_alone(f),
        one="contraindicated in IgA deficiency (label, United States)",
        other="contraindicated in IgA deficiency with documented anti-IgA (Canadian product "
        "information)",
        handling="solvent/detergent plasma is stopped on either; ordinary plasma with anti-IgA or "
        "after an anaphylaxis",
        sources=("octaplas-label",),
    ),
    Conflict(
        topic="Fibrinogen limit",
        when=lambda f, fluid: below(f.labs.fibrinogen, TEACHING_LIMIT),
        one="usual limit 100 mg/dL, 80 to 150 in use",
        other="one teaching text uses 120 mg/dL",
        handling="site limit, 100 mg/dL unless the order sets another",
        sources=("wodajo-2024",),
    ),
    Conflict(
        topic="ACE inhibitor",
        when=lambda f, fluid: between(f.medicines.ace_hours, 0, ACE_LONG) and fluid.has_albumin,
        one="14 of 14 patients on an ACE inhibitor reacted to albumin, 20 of 285 (7 %) without",
        other="no association, odds ratio 0.885 (0.468 to 1.674), n = 252",
        handling="a caution, both shown",
        sources=("owen-1994", "ace-2021"),
    ),
    Conflict(
        topic="Saline share",
        when=lambda f, fluid: above(f.ordered.saline_share, 0) and fluid.has_albumin,
        one="hypotension more often with 20 % saline: odds ratio for albumin alone 0.531 (0.298 "
        "to 0.946)",
        other="25 to 50 % saline is used in some services",
        handling="none unless ordered, cautions by share",
        sources=("saline-2019", "jpac"),
    ),
    Conflict(
        topic="Reactions by fluid",
        when=lambda f, fluid: f.indication.fluid in ("either", "not-settled") and fluid.has_plasma,
        one="reactions with albumin 1.4 %, with plasma 20 % (699 exchanges)",
        other="no difference by fluid, p = 0.214 (727 exchanges)",
        handling="both shown",
        sources=("reactions-1994", "bai-reactions"),
    ),
    Conflict(
        topic="Kinds of plasma",
        when=lambda f, fluid: f.indication.id == "ttp" and fluid.has_plasma,
        one="no kind of plasma is proven better",
        other="solvent/detergent plasma is preferred for TTP by one guideline",
        handling="local choice",
        sources=("mcleod-2012", "bsh-2025"),
    ),
    Conflict(
        topic="Routine coagulation tests",
        when=lambda f, fluid: f.course.daily,
        one="not routinely unless exchanges are daily",
        other="many order sets: every time",
        handling="asked for where exchanges are daily or there is a risk",
        sources=("choosing-wisely-2018",),
    ),
)
