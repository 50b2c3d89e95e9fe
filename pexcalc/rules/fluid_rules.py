"""Which fluid and why: the decision table. Safety rules only remove, fluid rules choose, sequence rules arrange.

A condition looks at the plain facts of one case; `against` at one plan. A rule that has a caution names its code, and
the caution speaks where the condition holds and the plan goes against the rule: the condition stands here alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

Effect = Literal["bar", "choose", "open", "add", "note"]
Strength = Literal["must", "should", "consider"]

ORDINARY_PLASMA = ("fresh-frozen-plasma", "sd-plasma", "cryo-poor-plasma")
STARCH = "hydroxyethyl-starch"
ALBUMIN_STOP = 2.5  # derived saline-2019: percent, what 5 % albumin is with half saline
ALBUMIN, BOTH, PLASMA = "albumin", "albumin-then-plasma", "plasma"
PLANS = (ALBUMIN, BOTH, PLASMA)

# Words of the indication table, column fluid.
PLASMA_ONLY = ("plasma",)
PLASMA_AND_ALBUMIN = ("plasma-albumin-optional", "plasma-or-plasma-albumin", "plasma-predominant")
PLASMA_FIRST = (*PLASMA_ONLY, *PLASMA_AND_ALBUMIN, "plasma-or-albumin")
LIVER = ("alf-high-volume", "alf-standard", "aflp", "wilson-fulminant")

# Who decides on platelets: indications in which they went with thrombosis and death, and those of a specialist.
NO_PLATELETS = {
    "ttp": "TTP",
    "hit-pre-procedure": "HIT",
    "hit-refractory": "HIT",
    "vitt-refractory": "VITT",
}
MICROANGIOPATHY = (
    "stec-hus-severe", "pneumococcal-hus", "tma-complement-fh-antibody", "tma-complement-mutation", "tma-coagulation",
    "tma-ticlopidine", "tma-clopidogrel", "tma-gemcitabine", "tma-quinine", "caps",
)  # fmt: skip
PURPURA = "post-transfusion-purpura"


def no_plasma(plan: Any) -> bool:
    """The plan has no plasma."""
    return not plan.has_plasma


def always(plan: Any) -> bool:
    """Every plan is concerned."""
    return True


def with_albumin(plan: Any) -> bool:
    """The plan has albumin."""
    return bool(plan.has_albumin)


class FluidRule(NamedTuple):
    """One row: a condition on the case, its effect on the plans in `about`, why, from where, how strictly.

    bar removes what contains `about`; choose offers `about` and makes its first the default; open offers them without a
    default; add does the same as choose where nothing above has chosen; note only says something. `against` says which
    plan goes against a rule with a caution; `shows` names the fact that its caution prints, else the plan.
    """

    id: str
    when: Callable[[Any], bool]
    effect: Effect
    about: tuple[str, ...]
    reason: str
    source: str
    strength: Strength
    caution: str = ""
    against: Callable[[Any], bool] = always
    shows: str = ""


def _bar(
    id: str,
    when: Callable[[Any], bool],
    about: tuple[str, ...],
    reason: str,
    source: str,
    caution: str,
    shows: str = "",
) -> FluidRule:
    def against(plan: Any) -> bool:
        return bool(plan.holds.intersection(about))

    return FluidRule(id, when, "bar", about, reason, source, "must", caution, against, shows)


SAFETY: tuple[FluidRule, ...] = (
    _bar(
        "plasma-in-pneumococcal-hus", lambda c: c.indication == "pneumococcal-hus", ("plasma",),
        "pneumococcal HUS: exposed T antigen, and donor plasma carries anti-T; albumin only, washed red cells if "
        "transfusion is needed", "hopkins-2008", "W-PNEUMO",
    ),
    _bar(
        "plasma-in-iga-deficiency", lambda c: c.iga_deficiency | c.plasma_anaphylaxis, ORDINARY_PLASMA,
        "IgA deficiency or an earlier anaphylaxis to plasma: no ordinary or solvent/detergent plasma; ask for plasma "
        "of IgA-deficient donors, or albumin", "octaplas-label", "W-IGA",
    ),
    _bar(
        "sd-plasma-in-protein-s-deficiency", lambda c: c.protein_s_deficiency, ("sd-plasma",),
        "severe protein S deficiency: no solvent/detergent plasma, thrombosis", "octaplas-label", "W-PROTS",
    ),
    _bar(
        "plasma-refused", lambda c: "plasma" in c.refused, ("plasma",),
        "the patient refuses plasma", "royal-marsden", "W-REFUSED",
    ),
    _bar(
        "albumin-refused", lambda c: "albumin" in c.refused, ("albumin",),
        "the patient refuses albumin", "royal-marsden", "W-REFUSED",
    ),
    _bar(
        "starch-ordered", lambda c: True, (STARCH,),
        "hydroxyethyl starch is not offered: kidney injury and death", "ema-hes-2022", "W-HES",
    ),
    FluidRule(
        "plasma-abo-incompatible", lambda c: c.abo_mismatch, "note", (),
        "plasma must be ABO compatible with the recipient; RhD match is not required", "plasma-compatibility", "must",
        "W-ABO", lambda plan: plan.has_plasma, "abo_words",
    ),
    FluidRule(
        "plasma-abo-incompatible-with-transplant", lambda c: c.abo_two_mismatch, "note", (),
        "ABO-incompatible transplant: plasma must be compatible with donor and recipient", "aboi-plasma-2022", "must",
        "W-ABO-HSCT", lambda plan: plan.has_plasma, "abo_words",
    ),
    FluidRule(
        "consent-by-product-missing", lambda c: c.jehovahs_witness, "note", (),
        "Jehovah's Witness: ask product by product. Plasma is usually refused, albumin and cryoprecipitate may be "
        "accepted, apheresis itself is a personal decision", "jw-products", "must", "W-ASK",
        lambda plan: bool(plan.consent), "consent",
    ),
    FluidRule(
        "albumin-diluted-with-water", lambda c: c.diluent == "water", "note", (),
        "concentrated albumin is diluted with 0.9 % saline or another isotonic fluid, never with water: haemolysis",
        "albunorm-20", "must", "W-DILUTE", with_albumin, "diluent",
    ),
    FluidRule(
        "saline-above-half", lambda c: c.saline_share > c.saline_stop, "note", (),
        "more than half of the fluid would be saline: oncotic pressure", "saline-2019", "must", "W-SALINE",
        with_albumin, "saline_share",
    ),
    FluidRule(
        "albumin-too-dilute", lambda c: c.saline_share <= c.saline_stop, "note", (),
        "albumin so thin that it is no more than 5 % albumin with half saline: oncotic pressure", "saline-2019", "must",
        "W-SALINE", lambda plan: plan.albumin_left < ALBUMIN_STOP, "albumin_left",
    ),
    FluidRule(
        "platelets-ordered-in-ttp-hit-vitt", lambda c: (c.no_platelets != "") & c.platelets_planned, "note", (),
        "TTP, HIT and VITT: no platelets to prepare for the exchange, only for life-threatening bleeding or on the "
        "hematologist's order", "oxford-ttp-2015", "should", "W-PLT-TTP", always, "no_platelets",
    ),
)  # fmt: skip

FLUIDS: tuple[FluidRule, ...] = (
    FluidRule(
        "ttp-without-plasma", lambda c: c.indication == "ttp", "choose", (PLASMA, BOTH),
        "TTP: plasma replaces ADAMTS13", "oshaughnessy-2004", "must", "W-FLUID-TTP", no_plasma,
    ),
    FluidRule(
        "listed-plasma-missing", lambda c: c.listed in PLASMA_ONLY, "choose", (PLASMA,),
        "plasma is the listed fluid", "asfa-2023", "should", "W-FLUID-PLASMA", no_plasma,
    ),
    FluidRule(
        "listed-plasma-with-optional-albumin-missing", lambda c: c.listed == "plasma-albumin-optional", "choose",
        (PLASMA, BOTH),
        "plasma is the listed fluid, albumin may be part", "asfa-2023", "should", "W-FLUID-PLASMA", no_plasma,
    ),
    FluidRule(
        "listed-plasma-or-mixture-missing", lambda c: (c.listed in PLASMA_AND_ALBUMIN) & (c.indication != "ttp")
        & (c.listed != "plasma-albumin-optional"), "choose", (PLASMA, BOTH),
        "plasma, or plasma with albumin, is the listed fluid", "asfa-2023", "should", "W-FLUID-PLASMA", no_plasma,
    ),
    FluidRule(
        "vasculitis-hemorrhage-without-plasma", lambda c: c.dah & c.indication.startswith(("anti-gbm", "anca")),
        "choose", (PLASMA, BOTH),
        "diffuse alveolar haemorrhage: plasma while it lasts, to keep clotting factors", "asfa-2023", "should",
        "W-FLUID-DAH", no_plasma,
    ),
    FluidRule(
        "crs-coagulopathy", lambda c: (c.listed == "not-settled")
        & (c.bleeding | c.dah | ((c.fibrinogen < c.fibrinogen_limit) & (c.mildly_low == 0))), "open", (PLASMA, BOTH),
        "CAR-T CRS with DIC, bleeding or a fibrinogen below the limit: plasma; which share is not settled", "xiao-2020",
        "consider",
    ),
    FluidRule(
        "crs-fluid-not-settled", lambda c: c.listed == "not-settled", "open", PLANS,
        "CAR-T CRS: the fluid is not settled, reported cases used plasma; plasma if there is DIC, bleeding or a "
        "fibrinogen below the limit", "xiao-2020", "consider",
    ),
    FluidRule(
        "bleeding-without-plasma", lambda c: c.bleeding, "add", (BOTH, PLASMA),
        "active bleeding: not albumin or saline alone; 1.1 % of 107 centres would", "zantek-2018", "should", "W-BLEED",
        no_plasma,
    ),
    FluidRule(
        "alveolar-hemorrhage-without-plasma", lambda c: c.dah & (c.indication.startswith(("anti-gbm",
        "anca")) == 0), "add", (BOTH, PLASMA),
        "diffuse alveolar haemorrhage is bleeding: not albumin or saline alone", "zantek-2018", "should", "W-FLUID-DAH",
        no_plasma,
    ),
    FluidRule(
        "major-procedure-without-plasma", lambda c: c.surgery | c.biopsy, "add", (BOTH, PLASMA),
        "major surgery or a biopsy of a solid organ within a day: include plasma; 8.9 % of centres would use albumin "
        "or saline alone", "zantek-2018", "should", "W-PROC", no_plasma,
    ),
    FluidRule(
        "fibrinogen-low-without-plasma", lambda c: (c.fibrinogen < c.fibrinogen_limit) & (c.mildly_low == 0), "add",
        (BOTH, PLASMA),
        "fibrinogen below the limit: add plasma at the end", "wodajo-2024", "should", "W-FIB", no_plasma, "fibrinogen",
    ),
    FluidRule(
        "fibrinogen-mildly-low-without-plasma", lambda c: c.mildly_low, "add", (BOTH, ALBUMIN, PLASMA),
        "fibrinogen a little below the limit, without anticoagulant, bleeding or procedure: albumin may be "
        "acceptable; 2 of 62 patients bled, both on an anticoagulant", "wodajo-2024", "consider", "W-FIB",
        no_plasma, "fibrinogen",
    ),
    FluidRule(
        "minor-procedure-without-plasma", lambda c: c.minor_procedure, "note", (),
        "minor procedure within a day: practice is split, 49.5 % of centres stay with albumin; plasma at the end is "
        "one option", "zantek-2018", "consider", "W-PROC", no_plasma,
    ),
    FluidRule(
        "albumin-is-usual", lambda c: True, "add", (ALBUMIN,),
        "isotonic albumin for all of the volume: fewer reactions; plasma only to replace a component",
        "choosing-wisely-2018", "should",
    ),
    FluidRule(
        "plasma-listed-too", lambda c: c.listed in ("either", "plasma-or-albumin"), "note", (BOTH, PLASMA),
        "the indication table lists plasma too", "asfa-2023", "consider",
    ),
    FluidRule(
        "fibrinogen-low-afterwards", lambda c: c.watched == 0, "note", (),
        "the level after the exchange is predicted; in one series fibrinogen was normal again after 48 to 72 h, other "
        "factors after 24 h",
        "wood-1986", "consider", "W-FIB-POST", lambda plan: plan.fibrinogen_short, "fibrinogen_after",
    ),
    FluidRule(
        "fibrinogen-low-afterwards-at-risk", lambda c: c.watched, "note", (),
        "with an anticoagulant, bleeding, a procedure or daily exchanges: a coagulation test before the next exchange",
        "wood-1986", "consider", "W-FIB-POST", lambda plan: plan.fibrinogen_short, "fibrinogen_after",
    ),
    FluidRule(
        "bleeding-risk", lambda c: c.bleeding_risk, "note", (),
        "bleeding risk without an indication for plasma: partial plasma, or cryoprecipitate after the exchange; what "
        "is given before is exchanged out", "bsh-2025", "consider",
    ),
    FluidRule(
        "plasma-without-reason", lambda c: c.plasma_reason == 0, "note", (),
        "plasma without one of the reasons of this table: reactions, a limited resource; note the reason",
        "choosing-wisely-2018", "should", "W-PLASMA-NOIND", lambda plan: plan.has_plasma,
    ),
    FluidRule(
        "immunoglobulin-lost", lambda c: c.hypogammaglobulinaemia | c.infection_risk, "note", (),
        "immunoglobulins are lost with albumin and stay low for about 35 days; immunoglobulin after the exchange is a "
        "clinician's choice", "wood-1986", "consider",
    ),
    FluidRule(
        "ace-inhibitor-within-24-h", lambda c: c.ace_hours < 24, "note", (),
        "ACE inhibitor within 24 h and albumin: wait until at least 24 h (some sources 24 to 48 h), or choose another "
        "fluid or time", "owen-1994", "should", "W-ACE", with_albumin, "ace_hours",
    ),
    FluidRule(
        "ace-inhibitor-24-to-48-h", lambda c: (c.ace_hours >= 24) & (c.ace_hours <= 48), "note", (),
        "ACE inhibitor 24 to 48 h before albumin: some sources ask for 48 h", "owen-1994", "consider", "W-ACE",
        with_albumin, "ace_hours",
    ),
    FluidRule(
        "saline-in-frail-patient", lambda c: (c.saline_share > 0) & (c.saline_share <= c.saline_warn)
        & (c.elderly | c.frail | c.hypotensive), "note", (),
        "elderly, frail or hypotensive: no saline in the fluid", "saline-2019", "should", "W-SALINE", with_albumin,
        "saline_share",
    ),
    FluidRule(
        "saline-high", lambda c: (c.saline_share > c.saline_warn) & (c.saline_share <= c.saline_strong), "note", (),
        "saline raises the risk of hypotension", "saline-2019", "should", "W-SALINE", with_albumin, "saline_share",
    ),
    FluidRule(
        "saline-very-high", lambda c: (c.saline_share > c.saline_strong) & (c.saline_share <= c.saline_stop),
        "note", (),
        "saline raises the risk of hypotension", "saline-2019", "should", "W-SALINE", with_albumin, "saline_share",
    ),
    FluidRule(
        "pregnancy-position", lambda c: c.gestation > 0, "note", (),
        "pregnancy: left tilt in the second half, avoid hypotension, obstetric advice", "wind-2021", "should",
    ),
    FluidRule(
        "plasma-share-too-small", lambda c: c.listed in (*PLASMA_ONLY, *PLASMA_AND_ALBUMIN), "note", (),
        "plasma is the fluid of this indication and albumin only a part of it", "asfa-2023", "should", "W-FLUID-SHARE",
        lambda plan: 0 < plan.plasma < plan.least_share, "plasma_percent",
    ),
    FluidRule(
        "calcium-in-plasma-line", lambda c: c.calcium_line in ("plasma", "return"), "note", (),
        "calcium and plasma must not share a line, and plasma runs in the return line", "octaplas-label", "must",
        "W-CA-LINE", lambda plan: plan.has_plasma, "calcium_line",
    ),
    FluidRule(
        "calcium-missing-with-plasma", lambda c: c.calcium_planned == 0, "note", (),
        "half or more of the fluid is plasma: plan calcium, check ionized calcium, pH and bicarbonate", "coirier",
        "should", "W-CA-PLAN", lambda plan: plan.plasma >= 0.5 - 1e-9,
    ),
    FluidRule(
        "alkalosis-in-liver-failure", lambda c: c.liver, "note", (),
        "liver failure: citrate is cleared slowly; plan calcium, check ionized calcium, pH and bicarbonate",
        "ljubljana", "should", "W-ALK", always,
    ),
    FluidRule(
        "alkalosis-with-daily-plasma", lambda c: c.daily & (c.liver == 0), "note", (),
        "daily plasma: check pH and bicarbonate", "ljubljana", "should", "W-ALK", lambda plan: plan.has_plasma,
    ),
    FluidRule(
        "potassium-low-afterwards", lambda c: c.potassium_low | c.digoxin | c.qt_risk, "note", (),
        "albumin alone lowers potassium by about 25 %: check it", "ajkd-2023", "consider", "W-K", no_plasma,
        "potassium_words",
    ),
    FluidRule(
        "child-albumin-in-ringer", lambda c: c.child, "note", (),
        "children: 20 % albumin with acetated Ringer 1:5 gave similar circulation and reactions to plasma in 20 "
        "children; fibrinogen fell with albumin", "qian-children", "consider",
    ),
)  # fmt: skip

SEQUENCE: tuple[FluidRule, ...] = (
    FluidRule(
        "plasma-not-last", lambda c: True, "note", (),
        "the colloid without clotting factors first, plasma last: what is given early is exchanged out", "dilution-law",
        "should", "W-SEQ",
        lambda plan: plan.has_albumin and plan.has_plasma and plan.sequence != "plasma-last", "sequence",
    ),
    FluidRule(
        "infusion-at-removal-rate", lambda c: True, "note", (), "the infusion rate follows the removal rate",
        "albunorm-5", "must",
    ),
)  # fmt: skip

# Safety rules about a value that the order states: they speak where any open option goes against them.
STATED = ("albumin-diluted-with-water", "saline-above-half", "albumin-too-dilute")

RULES = (*SAFETY, *FLUIDS, *SEQUENCE)


class Conflict(NamedTuple):
    """Sources that do not agree: what each says, and what is done here. Shown where `when` holds for the plan."""

    topic: str
    when: Callable[[Any, Any], bool]
    one: str
    other: str
    handling: str
    sources: tuple[str, ...]


CONFLICTS: tuple[Conflict, ...] = (
    Conflict(
        "IgA deficiency and solvent/detergent plasma", lambda c, plan: c.iga_deficiency,
        "contraindicated in IgA deficiency (label, United States)",
        "contraindicated in IgA deficiency with documented anti-IgA (Canadian product information)",
        "stopped on either", ("octaplas-label",),
    ),
    Conflict(
        "Fibrinogen limit", lambda c, plan: c.fibrinogen < 1.2,
        "usual limit 100 mg/dL, 80 to 150 in use", "one teaching text uses 120 mg/dL",
        "site limit, 100 mg/dL unless the order sets another", ("wodajo-2024",),
    ),
    Conflict(
        "ACE inhibitor", lambda c, plan: (c.ace_hours <= 48) & with_albumin(plan),
        "14 of 14 patients on an ACE inhibitor reacted to albumin, 20 of 285 (7 %) without",
        "no association, odds ratio 0.885 (0.468 to 1.674), n = 252", "a caution, both shown",
        ("owen-1994", "ace-2021"),
    ),
    Conflict(
        "Saline share", lambda c, plan: (c.saline_share > 0) & with_albumin(plan),
        "hypotension more often with 20 % saline: odds ratio for albumin alone 0.531 (0.298 to 0.946)",
        "25 to 50 % saline is used in some services", "none unless ordered, cautions by share",
        ("saline-2019", "jpac"),
    ),
    Conflict(
        "Reactions by fluid", lambda c, plan: (c.listed in ("either", "not-settled")) & plan.has_plasma,
        "reactions with albumin 1.4 %, with plasma 20 % (699 exchanges)",
        "no difference by fluid, p = 0.214 (727 exchanges)", "both shown", ("reactions-1994", "bai-reactions"),
    ),
    Conflict(
        "Kinds of plasma", lambda c, plan: (c.indication == "ttp") & plan.has_plasma,
        "no kind of plasma is proven better", "solvent/detergent plasma is preferred for TTP by one guideline",
        "local choice", ("mcleod-2012", "bsh-2025"),
    ),
    Conflict(
        "Routine coagulation tests", lambda c, plan: c.daily,
        "not routinely unless exchanges are daily", "many order sets: every time",
        "asked for where exchanges are daily or there is a risk", ("choosing-wisely-2018",),
    ),
)  # fmt: skip
