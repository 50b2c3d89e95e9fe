"""Which fluid is offered and why: read from the top, the first row that chooses decides."""

from typing import NamedTuple

from pexcalc.quantities.given import words_if
from pexcalc.quantities.units import number
from pexcalc.rules.facts import Facts, FluidFacts, at_least, below
from pexcalc.rules.fibrinogen import end_outranks, fibrinogen_low, fibrinogen_mildly_low
from pexcalc.rules.fluids.row import (
    ALBUMIN,
    ALL,
    BOTH,
    CHOOSING,
    HALF,
    PLANS,
    PLASMA,
    Alert,
    FluidRule,
    any_fluid,
    with_plasma,
    without_plasma,
)
from pexcalc.rules.indication_groups import PLASMA_ONLY

# The survey that the rules on procedures use.
_BY_ANALOGY = (
    "The survey asked about a procedure the day before the exchange: by analogy for one after"
)


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
    known = words_if(f.labs.platelets_words, f" (entered: {f.labs.platelets_words})")
    platelets = (
        f"Platelets{known}: below 50 x10^9/L if the patient bleeds, below 20 x10^9/L at high risk "
        "of bleeding"
    )
    parts = (
        "DIC: treat the cause",
        "Plasma if there is bleeding or a procedure, with INR or aPTT above 1.5 times normal or "
        "fibrinogen below 1.5 g/L (150 mg/dL)",
        words_if(f.indication.platelet_group == "other", platelets),
        words_if(
            not (f.findings.bleeds or f.findings.procedure),
            "Enter bleeding or a procedure too: DIC alone does not decide it",
        ),
    )
    return ". ".join(filter(None, parts))


def unless_refused(f: Facts, fluid: FluidFacts) -> str | None:
    """The fluid that lacks plasma; None where plasma is refused, which is an alert of its own."""
    return None if "plasma" in f.ordered.refused else fluid.words


def cirrhosis_words(fluid: FluidFacts) -> str | None:
    """What is wrong with the fluid in cirrhosis; None where it is albumin, then plasma."""
    if at_least(fluid.plasma, ALL):
        return " and all plasma: albumin then plasma instead, where the indication allows it"
    return None if fluid.has_plasma else ": albumin then plasma, not all plasma"


# fmt: off
CHOICE: tuple[FluidRule, ...] = (
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
            value=lambda f, fluid: unless_refused(f, fluid),
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
            value=lambda f, fluid: unless_refused(f, fluid),
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
            value=lambda f, fluid: unless_refused(f, fluid),
        ),
    ),
    FluidRule(
        id="vasculitis-hemorrhage-without-plasma",
        when=lambda f: f.findings.alveolar_hemorrhage and f.indication.vasculitis,
        effect="choose",
        fluids=(PLASMA, BOTH),
        reason="diffuse alveolar hemorrhage: plasma while it lasts, to keep clotting factors",
        source="asfa-2023",
        strength="should",
        alert=Alert(
            "W-FLUID-DAH", "strong", without_plasma,
            "Diffuse alveolar hemorrhage but {value} only, whatever the fibrinogen. "
            "{ordered.plasma_meanwhile}",
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
        "would do so",
        source="zantek-2018",
        strength="should",
        alert=Alert(
            "W-BLEED", "strong", without_plasma,
            "Active bleeding but {value} only, whatever the fibrinogen; 1.1 % of respondents (at "
            "most 107) would do so. {ordered.plasma_last}",
            about=("findings", "patient.states", "fluid.choice"),
            needs=("findings.bleeding", "patient.states"),
        ),
    ),
    FluidRule(
        id="alveolar-hemorrhage-without-plasma",
        when=lambda f: f.findings.alveolar_hemorrhage and not f.indication.vasculitis,
        effect="add",
        fluids=(BOTH, PLASMA),
        reason="diffuse alveolar hemorrhage is bleeding: not albumin or saline alone",
        source="zantek-2018",
        strength="should",
        alert=Alert(
            "W-FLUID-DAH", "strong", without_plasma,
            "Diffuse alveolar hemorrhage but {value} only: that is bleeding, whatever the "
            "fibrinogen. {ordered.plasma_last}",
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
            "Major surgery or a biopsy of a solid organ within 24 h, but {value} only, whatever "
            "the fibrinogen; 8.9 % of respondents (at most 107) would do so the day after it; for "
            "one that follows the exchange by analogy. {ordered.plasma_last}",
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
        "(site limit) where the predicted fibrinogen is high enough",
        source="program-judgement",
        strength="should",
        tag="judgement",
        alert=Alert(
            "W-PLASMA-LAST", "warn", with_plasma,
            "Too little plasma for {findings.plasma_last_words}: {value}. Give plasma last: at "
            "least half of the fluid, or at least 20 % with fibrinogen predicted to end at 1.5 g/L "
            "(150 mg/dL) or above (judgement of this program)",
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
            "Fibrinogen {value} is less than {limit} and the fluid has no plasma: risk of bleeding",
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
        reason="acute liver failure: plasma, or albumin then plasma, is offered first; measure "
        "ionized and total calcium in each session",
        source="program-judgement",
        strength="should",
        tag="judgement",
        alert=Alert(
            "W-LIVER", "warn", without_plasma,
            "Acute liver failure and {value} alone. {ordered.plasma_first}",
            about=("findings", "fluid.choice"),
            needs=("findings.liver-failure",),
            value=lambda f, fluid: None if plasma_is_listed(f) else fluid.words,
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
            "Cirrhosis{value} (citrate; judgement of this program)",
            about=("patient.states", "fluid.choice"),
            needs=("patient.states",),
            value=lambda f, fluid: cirrhosis_words(fluid),
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
        when=lambda f: not reason_for_plasma(f)
        and f.indication.fluid != "either"
        and f.indication.id != "pneumococcal-hus"
        and PLASMA not in f.ordered.refused,
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
)
# fmt: on


def plasma_is_listed(f: Facts) -> bool:
    """A rule chooses plasma for the indication."""
    return any(rule.effect == "choose" and rule.when(f) for rule in CHOICE)


def reason_for_plasma(f: Facts) -> bool:
    """One of the rules of this table offers plasma, or practice is split."""
    offering = any(
        rule.effect in CHOOSING and {PLASMA, BOTH} & {*rule.fluids} and rule.when(f)
        for rule in CHOICE
    )
    return (
        offering
        or f.findings.minor_procedure
        or f.findings.dic
        or f.indication.fluid == "plasma-or-albumin"
    )


class Offer(NamedTuple):
    """The fluids that the rules offer before safety rules remove any, and the default."""

    fluids: tuple[str, ...]
    default: str | None


def offer(f: Facts) -> Offer:
    """What the first rule that chooses offers; beside the usual fluid those that are listed too."""
    holding = [rule for rule in CHOICE if rule.when(f)]
    deciding = next(rule for rule in holding if rule.effect in CHOOSING)
    beside = [rule for rule in holding if rule.effect == "beside" and deciding.effect == "usual"]
    fluids = tuple(name for rule in (deciding, *beside) for name in rule.fluids)
    return Offer(fluids, None if deciding.effect == "open" else fluids[0])
