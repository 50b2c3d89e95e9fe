"""Every alert as one row over the facts of a patient and an order; those of the fluid come along.

The rows of the fluid rules stand in `fluid_rules`, once, and are alerts here. Sentences name inputs
in words; a surface adds its own way to enter or confirm them from `about`, `needs` and `confirm`.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from pexcalc.quantities.units import number
from pexcalc.rules.facts import (
    RED_CELL_PRIME,
    Facts,
    FluidFacts,
    PlateletGroup,
    above,
    at_least,
    below,
    between,
    joined_words,
)
from pexcalc.rules.fibrinogen import at_end, end_outranks, few_platelets
from pexcalc.rules.fluid_rules import (
    ALL,
    HALF,
    NO_PLATELETS_WORDS,
    Alert,
    FluidRule,
    Needs,
    Severity,
    Shown,
    Tag,
    dic_with_very_low_platelets,
    dic_words,
)
from pexcalc.rules.fluid_rules import FLUID_RULES as FLUID_RULES

NO_CALCIUM = (
    "albumin holds no calcium or magnesium: check both. In kidney failure magnesium only against a "
    "level (judgement of this program)"
)
NO_MAGNESIUM = (
    "no intravenous magnesium without the neurologist; it can stop breathing (judgement of this "
    "program)"
)


def always(f: Facts) -> bool:
    """The value itself is the reason: it is known only where the rule holds."""
    return True


class Rule(NamedTuple):
    """One row. It fires where `when` holds, `value` is known and, with a limit, lies outside it.

    id         unique, names the hazard; an override lifts the rule of that id and no other
    code       the family, kept for one version
    when       for whom the rule holds
    value      what is looked at and printed; unknown is None and never fires
    limit      a threshold by name, with {patient.group} and the like filled in; a group without
               that threshold has no such rule; `at_limit`: the end itself counts as outside
    unit       UCUM unit of a value without a limit, empty for words
    message    what is said; {value} and {limit} are in words, {run.ratio} is any other fact
    about      paths of the inputs in the order that it concerns, those to be entered among them
    needs      alternatives, each an input or a tuple of inputs: without any of them the rule cannot
               fire; none where everything it needs is always there, or where it only doubts what
               was typed
    enter      inputs that the sentence asks for, where they are missing
    confirm    inputs of which one, confirmed, silences the rule: the one that was typed is named
    fluid      "all" for a rule that fires if all open fluids go against it, "any" if one does
    against    of a fluid rule: which fluids go against it
    fact       rules of one fact have the same word here: only the most severe of them fires
    tag        where the rule comes from: source, secondary, derived or judgement; empty: the limit
    """

    id: str
    code: str
    severity: Severity
    value: Callable[[Facts], Shown]
    message: str
    about: tuple[str, ...]
    when: Callable[[Facts], bool] = always
    limit: str = ""
    at_limit: bool = False
    unit: str = ""
    needs: Needs = ()
    enter: tuple[str, ...] = ()
    confirm: tuple[str, ...] = ()
    source: str = ""
    tag: Tag | Literal[""] = ""
    fluid: Literal["", "all", "any"] = ""
    against: Callable[[FluidFacts], bool] | None = None
    fact: str = ""


DOSE = ("dose.plasma_volumes", "dose.exchange_volume", "dose.bag_volume")
STATED_VOLUME = ("patient.blood_volume", "patient.plasma_volume")
CRS_INPUTS = ("crs.grade", "crs.scale", "crs.tocilizumab", "crs.corticosteroid", "crs.persisting")
HEPARIN, STATE_INPUTS = "device.anticoagulant", "patient.states"
PRIMED = ("device.circuit_volume", "device.prime")
YOUNG = 14.0  # judgement program-judgement: years, below which more per kg is usual
# What has to be entered before citrate from the anticoagulant is known.
CITRATE: Needs = (
    ("device.anticoagulant", "device.inlet_flow", "device.ratio", "device.ratio_meaning"),
    ("device.anticoagulant", "device.blood_flow", "device.plasma_flow", "device.ratio"),
)
NO_CITRATE: Needs = ("device.anticoagulant", "device.anticoagulant_citrate")


def _unusual(
    id: str,
    what: str,
    value: Callable[[Facts], Shown],
    limit: str,
    confirm: str | tuple[str, ...],
    code: str = "W-INPUT",
    severity: Severity = "warn",
    ask: str = "",
    when: Callable[[Facts], bool] = always,
    about: tuple[str, ...] = (),
    fact: str = "",
) -> Rule:
    """A row that doubts what was typed: it fires until the order confirms one of the inputs."""
    paths = (confirm,) if isinstance(confirm, str) else confirm
    message = f"{what} {{value}} is outside {{limit}}{ask}. If it is right, confirm it"
    about = about or paths[:1]
    return Rule(id, code, severity, value, message, about, when, limit, confirm=paths, fact=fact)


def _scheduled_by_estimate(f: Facts) -> bool:
    """Containers are scheduled for a multiple of an estimated plasma volume."""
    return f.scheduled and not f.dose.ordered_in_liters and not f.patient.volume_entered


def _young(f: Facts, years: float) -> bool:
    """The patient is known to be younger."""
    return below(f.patient.age, years)


def _below_ttp_dose(f: Facts) -> bool:
    """TTP, and less than one plasma volume."""
    return f.indication.id == "ttp" and below(f.dose.plasma_volumes, f.low("ttp-plasma-volumes"))


def _dose_asked(f: Facts) -> bool:
    """The dose is so unusual that another row asks about it strongly."""
    per_kg = "exchange-volume-per-kg-child" if _young(f, YOUNG) else "exchange-volume-per-kg"
    return not (
        between(f.dose.plasma_volumes, f.low("plasma-volumes"), f.high("plasma-volumes"))
        and between(f.dose.per_kg, f.low(per_kg), f.high(per_kg))
    )


def _above_label(f: Facts) -> bool:
    """Plasma runs faster than a label allows: that row says what the others on its rate would."""
    return above(f.citrate.plasma_rate, f.high("plasma-rate"))


def _small(f: Facts) -> bool:
    """Below the weight from which citrate is judged as in adults."""
    return below(f.patient.weight, f.low("citrate-small-weight"))


def _citrate_strong(f: Facts) -> bool:
    """A strong row on the citrate rate fires."""
    rate = f.citrate.rate
    if f.findings.liver_failure:
        high = at_least(rate, f.high("citrate-liver-strong"))
    elif _small(f):
        high = at_least(rate, f.high("citrate-small"))
    else:
        high = above(rate, f.high("citrate-without-infusion")) and not f.ordered.calcium_infusion
    return high or _above_label(f)


def _circuit_stop(f: Facts) -> float:
    """The share of the blood volume, in %, above which a circuit needs a prime that spares."""
    return f.high(f"circuit-volume-stop{f.circuit.for_neonate}")


def _bmi_at_least(f: Facts, name: str) -> bool:
    """The body mass index reaches a limit that the patient's group has."""
    limit = f.limits.get(f"{name}-{f.patient.group}")
    return limit is not None and at_least(f.patient.bmi, limit.most)


def _weight_asked(f: Facts) -> bool:
    """Another row asks whether the weight is right."""
    return f.patient.size.heavy_asked or _bmi_at_least(f, "bmi-high")


def _platelets(f: Facts, *groups: PlateletGroup) -> bool:
    """The patient's indication or state puts him in one of these groups.

    DIC has a row of its own in place of those of the group "other".
    """
    group = f.indication.platelet_group
    return group in groups and not (group == "other" and f.findings.dic)


def _end(f: Facts, severity: str) -> bool:
    """Fibrinogen at the end is the alert that is raised, and this grave."""
    return at_end(f) == severity and end_outranks(f)


# --- anticoagulants -------------------------------------------------------------------------------


def _risks_of_anticoagulant(f: Facts) -> str | None:
    """What makes an anticoagulant of any class a strong alert."""
    return joined_words(
        (f"platelets {f.labs.platelets_words}", few_platelets(f)),
        ("a procedure within 24 h", f.findings.procedure),
        ("a mechanical valve", f.findings.mechanical_valve),
    )


def inr_after(f: Facts) -> float | None:
    """INR after one plasma volume with albumin; None outside the volumes that were studied."""
    studied = between(f.dose.plasma_volumes, f.low("inr-volumes"), f.high("inr-volumes"))
    return (
        2.21 * f.labs.inr - 0.54 if studied and f.labs.inr is not None else None
    )  # source zantek-2014


def _inr_high(f: Facts) -> bool:
    """INR is predicted to end high or, where no figure holds, is high before."""
    after = inr_after(f)
    if after is None:
        return at_least(f.labs.inr, f.high("inr-before"))
    return at_least(after, f.high("inr-after"))


def _vitamin_k_antagonist(f: Facts, strong: bool) -> Shown:
    """The sentence on a vitamin K antagonist; None where there is none or it is the other row's."""
    names = f.medicines.vitamin_k_antagonists
    risks = _risks_of_anticoagulant(f)
    if names is None or strong != (risks is not None or _inr_high(f)):
        return None
    return f"{names}{f', with {risks}' if risks else ''}: {_inr_words(f)}"


def _inr_words(f: Facts) -> str:
    """INR before, and after where a figure holds."""
    if f.labs.inr is None:
        return "INR is missing; it rises with albumin. Enter it"
    before = f"INR {number(f.labs.inr, 2)} before"
    after = inr_after(f)
    if after is None:
        low, high = f.low("inr-volumes"), f.high("inr-volumes")
        return (
            f"{before}; it rises with albumin, no figure outside {number(low)} to {number(high)} "
            "plasma volumes"
        )
    limit = f.high("inr-after")
    shown = next(
        (
            number(after, some)
            for some in (1, 2)
            if (round(after, some) >= limit) == (after >= limit)
        ),
        number(after, 3),
    )
    return (
        f"{before}, about {shown} after one plasma volume with albumin (121 exchanges of 8 "
        "patients)"
    )


def _removed_anticoagulant(f: Facts, strong: bool) -> Shown:
    """Anticoagulants that the exchange removes; None where there are none or it is the other row's.

    Bleeding, and a risk of it, count like the thromboses for which the row names a disease.
    """
    medicines, found = f.medicines, f.findings
    names = medicines.removed_anticoagulants
    if names is None and medicines.anticoagulant_unnamed:
        names = "An anticoagulant without a name (which?)"
    risks = joined_words(
        ("HIT", found.hit),
        ("VITT", f.indication.id == "vitt-refractory"),
        ("CAPS", f.indication.id == "caps"),
        ("ECMO", found.ecmo),
        ("bleeding", found.bleeds),
        ("a bleeding risk", found.bleeding_risk and not found.bleeds),
        (_risks_of_anticoagulant(f) or "", _risks_of_anticoagulant(f) is not None),
    )
    if names is None or strong != (risks is not None):
        return None
    albumin = f.fluid is not None and f.fluid.has_albumin
    antithrombin = "; with albumin antithrombin falls by about 65 % too" if albumin else ""
    clotting = "; aPTT may rise while anti-Xa falls" if medicines.anti_xa else ""
    return (
        f"{names}{f', with {risks}' if risks else ''}: the exchange removes part of it"
        f"{antithrombin}. Bleeding and clotting are possible{clotting}"
    )


# What is said on platelets for each group of indications.
_PURPURA = (
    "Donor platelets are destroyed too. Only for severe bleeding, together with immunoglobulin"
)
_SPECIALIST = (
    "Ask the treating specialist before platelets{indication.platelet_words}; in STEC-HUS two "
    "series showed no harm of platelets"
)
_WANTED = (
    "{findings.obstetrics}Are platelets wanted for {findings.platelets_for}? If given, after the "
    "exchange or at its end (judgement of this program)"
)
_LIFT = (
    "Plasma alone may not lift fibrinogen; cryoprecipitate or fibrinogen concentrate after the "
    "exchange. Test before the next exchange"
)
_TEST_INR = (
    "Test INR before a line is removed and before the next dose. Do not stop or change it without "
    "the prescriber"
)
_TEST_ANTICOAGULANT = (
    "Do not stop or change it without the prescriber. Check {medicines.anticoagulant_test} after "
    "the exchange; plan the next dose after it"
)
_REVIEW = "A review of 23 patients saw 2 bleeds and 1 clot and no significant increase"
_NO_DOSE = "more bleeding than with citrate. No heparin dose is printed"
_AT_THE_BEDSIDE = (
    "Physician at the bedside before the start; no saline; vasopressor in another line (judgement "
    "of this program)"
)
_LOCK = (
    "Withdraw the lock, never flush it in. HIT: no heparin lock or flush (judgement of this "
    "program)"
)
_BEFORE_FIRST_PLASMA = (
    "ADAMTS13, blood group and antibody screen, virology, troponin{patient.pregnancy_test}. If the "
    "exchange is delayed: plasma infusion meanwhile, watch for overload"
)
CHILD_PRESSURE_TO = 10.0  # judgement program-judgement: years, from which the limit of adults holds


def _calcium_or_citrate(f: Facts) -> bool:
    """Calcium is planned, or plasma or citrate is in use, for which it may be given."""
    return f.ordered.calcium_planned or f.citrate.reaches_patient


def _pressure_low(f: Facts) -> bool:
    """The systolic pressure is below the limit for the age."""
    if at_least(f.patient.age, CHILD_PRESSURE_TO):
        return below(f.patient.systolic, f.low("systolic-low"))
    least = f.patient.systolic_least
    return least is not None and below(f.patient.systolic, least)


# fmt: off
OF_FIBRINOGEN: tuple[Rule, ...] = (
    Rule(
        id="fibrinogen-very-low-afterwards",
        code="W-FIB-POST",
        severity="strong",
        value=lambda f: f.end.level if _end(f, "strong") else None,
        limit="fibrinogen-very-low-end",
        message=f"Fibrinogen is predicted to end at {{end.words}}, below "
        f"{{end.grave_limit_words}}, with "
        f"{{end.grave_risks}}. {_LIFT}",
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
        limit="fibrinogen-low{end.for_bleeding}",
        message=f"Fibrinogen is predicted to end at {{end.words}}, below {{end.limit_words}}, with "
        f"{{end.risks}}. {_LIFT}",
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
        limit="fibrinogen-low{end.for_bleeding}",
        message="Fibrinogen is predicted to end at {end.words}, below {end.limit_words}; normal "
        "again after 48 to 72 h in one series (Wood and Jacobs 1986, 100 exchanges)",
        about=("labs.fibrinogen",),
        needs=("labs.fibrinogen",),
        source="wood-1986",
        tag="source",
    ),
)

PATIENT_RULES: tuple[Rule, ...] = (
    _unusual(
        "height-unusual", "Height",
        lambda f: f.patient.height,
        "height-{patient.group}", "patient.height",
        when=lambda f: not f.patient.size.tall_asked,
    ),
    _unusual(
        "weight-unusual", "Weight",
        lambda f: f.patient.weight,
        "weight-{patient.group}", "patient.weight",
        when=lambda f: not _weight_asked(f),
    ),
    Rule(
        id="size-for-another-age",
        code="W-SIZE",
        severity="warn",
        value=lambda f: f.patient.size.age,
        message="At an age of {patient.age_words} {value} are outside {patient.size.age_words}: is "
        "the age right? If it is right, confirm it",
        about=("patient.age", "patient.height", "patient.weight"),
        confirm=("patient.age",),
        source="cdc-2000",
        tag="derived",
    ),
    Rule(
        id="height-for-age-unusual",
        code="W-SIZE",
        severity="warn",
        value=lambda f: f.patient.size.height,
        unit="cm",
        message="At an age of {patient.age_words} a height of {value} is outside "
        "{patient.size.height_span}. {patient.size.height_words} If it is right, confirm it",
        about=("patient.height", "patient.age"),
        confirm=("patient.height",),
        source="cdc-2000",
        tag="derived",
    ),
    Rule(
        id="weight-for-age-unusual",
        code="W-SIZE",
        severity="warn",
        value=lambda f: f.patient.size.weight,
        unit="kg",
        message="At an age of {patient.age_words} a weight of {value} is outside "
        "{patient.size.weight_words}: is the weight right? If it is right, confirm it",
        about=("patient.weight", "patient.age"),
        confirm=("patient.weight",),
        source="cdc-2000",
        tag="derived",
    ),
    Rule(
        id="weight-in-pounds",
        code="W-SIZE",
        severity="warn",
        value=lambda f: f.patient.size.pounds,
        unit="kg",
        message="At an age of {patient.age_words} a weight of {value} is much above the usual. Is "
        "that pounds? {patient.size.pounds_words} (judgement of this program). If it is right, "
        "confirm it",
        about=("patient.weight", "patient.age"),
        confirm=("patient.weight",),
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="bmi-for-age-unusual",
        code="W-SIZE",
        severity="warn",
        value=lambda f: f.patient.size.bmi,
        unit="kg/m2",
        message="At an age of {patient.age_words} a body mass index of {value} is outside "
        "{patient.size.bmi_words}? If it is right, confirm it",
        about=("patient.height", "patient.weight", "patient.age"),
        confirm=("patient.weight", "patient.height"),
        source="cdc-2000",
        tag="derived",
    ),
    _unusual("age-unusual", "Age", lambda f: f.patient.age, "age", "patient.age"),
    _unusual(
        "bmi-low", "Body mass index",
        lambda f: f.patient.bmi,
        "bmi-low-{patient.group}", ("patient.height", "patient.weight"),
        ask=": is the height right",
        about=("patient.height", "patient.weight"),
        fact="thinness",
    ),
    Rule(
        id="bmi-high",
        code="W-OBESE",
        severity="strong",
        value=lambda f: f.patient.bmi,
        limit="bmi-high-{patient.group}",
        at_limit=True,
        message="Body mass index {value} is at least {limit}: {patient.if_pounds}. If the weight "
        "is right, confirm it",
        about=("patient.weight", "patient.height"),
        confirm=("patient.weight", "patient.height"),
        fact="obesity",
    ),
    _unusual(
        "body-surface-area-unusual", "Body surface area",
        lambda f: f.patient.body_surface_area,
        "body-surface-area", ("patient.weight", "patient.height"),
        when=lambda f: not _weight_asked(f) and not f.patient.size.asked,
        about=("patient.height", "patient.weight"),
    ),
    _unusual(
        "neonatal-hematocrit-unusual", "Hematocrit",
        lambda f: f.patient.hematocrit,
        "hematocrit-neonate", "patient.hematocrit",
        when=lambda f: f.patient.neonate,
    ),
    _unusual(
        "blood-volume-unusual", "Blood volume",
        lambda f: f.patient.blood_volume_per_kg,
        "blood-volume-per-kg-{patient.band}", "patient.blood_volume",
        when=lambda f: f.patient.volume_entered
        or not (_weight_asked(f) or f.patient.size.asked),
        about=("patient.height", "patient.weight"),
    ),
    _unusual(
        "plasma-volume-unusual", "Plasma volume",
        lambda f: f.patient.plasma_volume_per_kg,
        "plasma-volume-per-kg-{patient.band}", "patient.plasma_volume",
        when=lambda f: f.patient.volume_entered
        or not (_weight_asked(f) or f.patient.size.asked),
        about=("patient.height", "patient.weight"),
    ),
    Rule(
        id="child-too-small",
        code="W-PED",
        severity="stop",
        value=lambda f: f.patient.weight,
        limit="small-child",
        message="Weight {value} is less than {limit}: specialist centre; no detailed guideline "
        "exists for a child of this size",
        about=("patient.weight",),
    ),
    Rule(
        id="schedule-without-valid-estimate-in-state",
        code="W-STATE",
        severity="strong",
        when=_scheduled_by_estimate,
        value=lambda f: f.patient.no_estimator_in,
        message="No estimator is valid with {value}, and the containers are scheduled for a dose "
        "in plasma volumes. Enter a measured blood or plasma volume, or that of the device, or "
        "order the dose in mL",
        about=(*STATED_VOLUME, "dose.plasma_volumes"),
        enter=STATED_VOLUME,
        needs=(STATE_INPUTS,),
        source="state-judgement",
        tag="judgement",
    ),
    Rule(
        id="no-valid-estimate-in-state",
        code="W-STATE",
        severity="warn",
        when=lambda f: not f.patient.volume_entered and not _scheduled_by_estimate(f),
        value=lambda f: f.patient.no_estimator_in,
        message="No estimator is valid with {value}: blood and plasma volume are shown for "
        "orientation only. Enter a measured blood or plasma volume, or that of the device",
        about=STATED_VOLUME,
        enter=STATED_VOLUME,
        needs=(STATE_INPUTS,),
        source="state-judgement",
        tag="judgement",
    ),
    Rule(
        id="blood-in-another-circuit",
        code="W-STATE",
        severity="warn",
        value=lambda f: f.patient.other_circuit,
        message="With {value} the blood in that circuit is exchanged too: the blood volume that is "
        "entered has to hold it",
        about=(STATE_INPUTS, "patient.blood_volume"),
        needs=(STATE_INPUTS,),
        source="state-judgement",
        tag="judgement",
    ),
    Rule(
        id="schedule-without-valid-estimate-at-hematocrit",
        code="W-STATE",
        severity="strong",
        when=lambda f: _scheduled_by_estimate(f) and not f.patient.neonate,
        value=lambda f: f.patient.hematocrit,
        limit="hematocrit-high-{patient.sex}",
        message="No estimator is valid with a hematocrit of {value}, above {limit}, and the "
        "containers are scheduled for a dose in plasma volumes. Enter a measured blood or plasma "
        "volume, or that of the device, or order the dose in mL",
        about=(*STATED_VOLUME, "dose.plasma_volumes"),
        enter=STATED_VOLUME,
    ),
    Rule(
        id="no-valid-estimate-at-hematocrit",
        code="W-STATE",
        severity="warn",
        when=lambda f: not f.patient.volume_entered
        and not f.patient.neonate
        and not _scheduled_by_estimate(f),
        value=lambda f: f.patient.hematocrit,
        limit="hematocrit-high-{patient.sex}",
        message="No estimator is valid with a hematocrit of {value}, above {limit}: blood and "
        "plasma volume are shown for orientation only. Enter a measured blood or plasma volume, or "
        "that of the device",
        about=STATED_VOLUME,
        enter=STATED_VOLUME,
    ),
    Rule(
        id="entered-volume-not-measured",
        code="W-STATE",
        severity="warn",
        when=lambda f: f.patient.volume_entered and not f.patient.volume_measured,
        value=lambda f: f.patient.no_estimator_with,
        message="The entered volume is not a measurement, and no estimator is valid with {value}: "
        "a device estimates from height and weight too",
        about=STATED_VOLUME,
        source="state-judgement",
        tag="judgement",
    ),
    Rule(
        id="preterm-neonate",
        code="W-PRETERM",
        severity="strong",
        when=lambda f: not f.patient.volume_entered,
        value=lambda f: f.patient.born_at,
        unit="wk",
        message="Born at {value}: no equation holds for a preterm neonate; 95 mL/kg is only the "
        "middle of 90 to 100 mL/kg. Enter a blood volume",
        about=("patient.gestation_at_birth", "patient.blood_volume"),
        enter=("patient.blood_volume",),
        needs=("patient.gestation_at_birth",),
        source="iowa-bands",
        tag="secondary",
    ),
    Rule(
        id="hematocrit-low",
        code="W-HCT",
        severity="warn",
        when=lambda f: not f.patient.hyperviscosity,
        value=lambda f: f.patient.hematocrit,
        limit="hematocrit-low",
        message="Hematocrit {value} is less than {limit}: consider red cells before the exchange",
        about=("patient.hematocrit",),
    ),
    Rule(
        id="red-cells-in-hyperviscosity",
        code="W-VISCOSITY",
        severity="strong",
        when=lambda f: f.patient.hyperviscosity,
        value=lambda f: "hyperviscosity",
        message="Hyperviscosity: no red cells before the exchange unless life-threatening; they "
        "thicken the blood",
        about=(STATE_INPUTS,),
        needs=(STATE_INPUTS,),
        source="hyperviscosity-red-cells",
        tag="secondary",
    ),
    Rule(
        id="thin-patient",
        code="W-THIN",
        severity="info",
        value=lambda f: f.patient.bmi,
        limit="thin-{patient.group}",
        message="Body mass index {value} is less than {limit}: thin people carry more blood per "
        "kg, so Nadler may read low",
        about=("patient.height", "patient.weight"),
        fact="thinness",
    ),
    Rule(
        id="obesity-or-pounds",
        code="W-OBESE",
        severity="warn",
        when=lambda f: not _bmi_at_least(f, "bmi-high"),
        value=lambda f: f.patient.bmi,
        limit="bmi-pounds-{patient.group}",
        at_limit=True,
        message="Body mass index {value} is at least {limit}: {patient.if_pounds}. Rules per kg "
        "read too high on actual weight and are not used",
        about=("patient.height", "patient.weight"),
        fact="obesity",
    ),
    Rule(
        id="obesity",
        code="W-OBESE",
        severity="warn",
        when=lambda f: not _bmi_at_least(f, "bmi-pounds"),
        value=lambda f: f.patient.bmi,
        limit="obesity-{patient.group}",
        at_limit=True,
        message="Body mass index {value} is at least {limit}: check weight and height; rules per "
        "kg read too high on actual weight and are not used",
        about=("patient.height", "patient.weight"),
        fact="obesity",
    ),
    Rule(
        id="obese-child",
        code="W-OBESE",
        severity="warn",
        when=lambda f: f.patient.obese_child and not f.patient.volume_entered,
        value=lambda f: "obesity",
        message="Obesity in a child: the estimate is for children of usual build and may read "
        "high. Enter a measured or device value if there is one",
        about=(STATE_INPUTS, *STATED_VOLUME),
        enter=STATED_VOLUME,
        needs=(STATE_INPUTS,),
        source="iowa-bands",
        tag="secondary",
    ),
    Rule(
        id="pregnancy-not-adjusted",
        code="W-PREG",
        severity="warn",
        when=lambda f: not f.patient.pregnancy_adjusted and not f.patient.volume_entered,
        value=lambda f: f.patient.gestation,
        unit="wk",
        message="Pregnant at {value} and the plasma volume is not adjusted: give pre-pregnancy "
        "weight and hematocrit",
        about=("patient.pre_pregnancy_weight", "patient.pre_pregnancy_hematocrit"),
        enter=("patient.pre_pregnancy_weight", "patient.pre_pregnancy_hematocrit"),
        needs=("patient.gestation",),
        source="bmc-pregnancy-2019",
        tag="source",
    ),
    Rule(
        id="after-delivery",
        code="W-PREG",
        severity="warn",
        when=lambda f: f.patient.postpartum and not f.patient.volume_entered,
        value=lambda f: "postpartum",
        message="After delivery no factor for the plasma volume is established: none is used",
        about=(STATE_INPUTS,),
        needs=(STATE_INPUTS,),
        source="bmc-pregnancy-2019",
        tag="source",
    ),
    Rule(
        id="amputation-weight-restored",
        code="W-AMPUTATION",
        severity="warn",
        when=lambda f: not f.patient.volume_entered,
        value=lambda f: f.patient.missing_share,
        unit="%",
        message="Weight is restored for a missing {value} of body mass, with the height before the "
        "amputation; whether blood volume follows the restored weight is not established. Enter a "
        "measured or device value if there is one",
        about=STATED_VOLUME,
        enter=STATED_VOLUME,
        needs=("patient.amputation", "patient.missing_segments"),
        source="mozumdar-roy",
        tag="secondary",
    ),
    Rule(
        id="estimators-disagree",
        code="W-UNCERT",
        severity="warn",
        when=lambda f: not f.patient.volume_entered,
        value=lambda f: f.patient.estimator_spread,
        limit="estimator-spread",
        message="Estimators that are valid for this patient differ by {value} (limit {limit}): "
        "look at them side by side",
        about=("patient.height", "patient.weight"),
    ),
    Rule(
        id="entered-volume-differs",
        code="W-OVERRIDE",
        severity="warn",
        value=lambda f: f.patient.entered_difference,
        limit="override-difference",
        message="The volume that was entered differs from the estimate by {value} (limit {limit}): "
        "both are printed",
        about=STATED_VOLUME,
    ),
    Rule(
        id="entered-volumes-contradict-hematocrit",
        code="W-OVERRIDE",
        severity="warn",
        value=lambda f: f.patient.hematocrit_gap,
        limit="hematocrit-gap",
        message="The entered blood and plasma volume mean another hematocrit than the one entered, "
        "by {value} (limit {limit})",
        about=(*STATED_VOLUME, "patient.hematocrit"),
    ),
    Rule(
        id="pressure-low",
        code="W-PRESSURE",
        severity="strong",
        when=lambda f: at_least(f.patient.age, CHILD_PRESSURE_TO),
        value=lambda f: f.patient.systolic,
        limit="systolic-low",
        message=f"Systolic pressure {{value}} is less than {{limit}}{{findings.and_rising}}. "
        f"{_AT_THE_BEDSIDE}",
        about=("patient.systolic",),
        needs=("patient.systolic",),
    ),
    Rule(
        id="pressure-low-in-child",
        code="W-PRESSURE",
        severity="strong",
        when=lambda f: f.patient.systolic_least is not None and _pressure_low(f),
        value=lambda f: f.patient.systolic,
        unit="mm[Hg]",
        message="Systolic pressure {value} is less than {patient.systolic_least_words}, 70 + 2 x "
        f"age in years{{findings.and_rising}}. {_AT_THE_BEDSIDE}",
        about=("patient.systolic", "patient.age"),
        needs=("patient.systolic",),
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="vasopressor-rising",
        code="W-PRESSURE",
        severity="strong",
        when=lambda f: f.findings.vasopressor_rising and not _pressure_low(f),
        value=lambda f: "vasopressor",
        message=f"A vasopressor is rising. {_AT_THE_BEDSIDE}",
        about=("findings",),
        needs=("findings",),
        source="program-judgement",
        tag="judgement",
    ),
)

SESSION: tuple[Rule, ...] = (
    _unusual(
        "plasma-volumes-unusual", "A dose in plasma volumes of",
        lambda f: f.dose.plasma_volumes,
        "plasma-volumes", DOSE, "W-DOSE", "strong",
        when=lambda f: not f.dose.by_liters and not _below_ttp_dose(f),
        fact="plasma-volumes",
    ),
    _unusual(
        "exchange-per-kg-unusual", "An exchange volume of",
        lambda f: f.dose.per_kg,
        "exchange-volume-per-kg", DOSE, "W-DOSE", "strong",
        when=lambda f: not f.dose.by_liters and not _young(f, YOUNG),
    ),
    _unusual(
        "exchange-per-kg-unusual-in-child", "An exchange volume of",
        lambda f: f.dose.per_kg,
        "exchange-volume-per-kg-child", DOSE, "W-DOSE", "strong",
        when=lambda f: not f.dose.by_liters
        and _young(f, YOUNG)
        and f.dose.beyond_listed != 0,
    ),
    Rule(
        id="dose-below-one-in-ttp",
        code="W-DOSE",
        severity="strong",
        when=lambda f: f.indication.id == "ttp",
        value=lambda f: f.dose.plasma_volumes,
        limit="ttp-plasma-volumes",
        message="{value} plasma volumes in TTP, below 1 (listed: {dose.listed_plasma_volumes}). "
        "Order at least 1. If it is right, confirm it",
        about=DOSE,
        confirm=DOSE,
    ),
    Rule(
        id="dose-outside-listed-range",
        code="W-DOSE",
        severity="warn",
        when=lambda f: not f.dose.by_liters and not _below_ttp_dose(f) and not _dose_asked(f),
        value=lambda f: f.dose.beyond_listed,
        limit="listed-dose",
        message="The dose is {dose.plasma_volumes:.3g} plasma volumes; listed for this indication: "
        "{dose.listed_plasma_volumes}. It is {value} outside (limit {limit}). If it is right, "
        "confirm it",
        about=DOSE,
        confirm=DOSE,
    ),
    Rule(
        id="interval-longer-than-daily",
        code="W-INTERVAL",
        severity="warn",
        when=lambda f: f.indication.frequency == "daily"
        and not f.course.taper
        and not above(f.course.interval, f.high("interval")),
        value=lambda f: f.course.interval,
        limit="daily",
        message="Exchanges every {value}; listed for this indication: daily. Order them daily, or "
        "enter the taper if the course is being tapered",
        about=("course.interval", "course.taper"),
        enter=("course.taper",),
        needs=("course.interval",),
    ),
    _unusual(
        "duration-unusual", "A session of",
        lambda f: f.run.ordered_duration,
        "duration", "dose.duration", "W-DOSE", "strong",
        ask=": is the duration right",
        when=lambda f: not f.run.long_by_design,
    ),
    _unusual(
        "inlet-flow-unusual", "An inlet flow of",
        lambda f: f.run.inlet_flow,
        "inlet-flow-{patient.group}", "device.inlet_flow", "W-DOSE", "strong",
    ),
    _unusual(
        "blood-flow-unusual", "A blood flow of",
        lambda f: f.run.blood_flow,
        "blood-flow-{patient.group}", "device.blood_flow", "W-DOSE", "strong",
    ),
    _unusual(
        "ratio-unusual", "A ratio of",
        lambda f: f.run.ratio,
        "anticoagulant-ratio", "device.ratio", "W-DOSE", "strong",
        when=lambda f: not f.run.membrane,
        fact="ratio",
    ),
    _unusual(
        "removal-efficiency-unusual", "A removal efficiency of",
        lambda f: f.run.removal_efficiency,
        "removal-efficiency", "device.plasma_removal_efficiency", "W-DOSE", "strong",
    ),
    _unusual(
        "run-time-unusual", "A run time of",
        lambda f: f.run.circuit_time,
        "duration", ("device.inlet_flow", "device.plasma_flow"), "W-DOSE", "strong",
        ask=": is the flow right",
        when=lambda f: not f.run.long_by_design,
    ),
    Rule(
        id="duration-differs-from-run-time",
        code="W-DOSE",
        severity="warn",
        value=lambda f: f.run.time_difference,
        limit="time-difference",
        message="The duration that was ordered and the run time of the circuit differ by {value} "
        "(limit {limit}): removal is worked out for the duration, citrate for the run time. If "
        "both are right, confirm the duration",
        about=("dose.duration",),
        confirm=("dose.duration",),
    ),
    Rule(
        id="ratio-device-advisory",
        code="W-AC15",
        severity="warn",
        when=lambda f: not f.run.membrane,
        value=lambda f: f.run.ratio,
        limit="ratio-advisory",
        message="A ratio of {value}, above {limit}, gives an advisory of the device: watch for "
        "clumping",
        about=("device.ratio",),
        needs=("device.ratio",),
        fact="ratio",
    ),
    Rule(
        id="citrate-above-donor-rate",
        code="W-CITRATE-1",
        severity="info",
        when=lambda f: not f.findings.liver_failure
        and not above(f.citrate.rate, f.high("citrate-studied"))
        and not _above_label(f),
        value=lambda f: f.citrate.rate,
        limit="citrate-donor",
        message="Citrate reaches {value} from {citrate.comes_from}, above the rate without "
        "symptoms in donors (about 1){citrate.flow_words}",
        about=("dose.duration",),
        needs=CITRATE,
        fact="citrate-rate",
    ),
    Rule(
        id="citrate-above-studied-rate",
        code="W-CITRATE-2",
        severity="warn",
        when=lambda f: not f.findings.liver_failure and not _citrate_strong(f),
        value=lambda f: f.citrate.rate,
        limit="citrate-studied",
        message="Citrate reaches {value} from {citrate.comes_from}, above {limit} and above the "
        "rate without symptoms in donors (about 1){citrate.flow_words}",
        about=("dose.duration",),
        needs=CITRATE,
        fact="citrate-rate",
    ),
    Rule(
        id="citrate-in-liver-failure",
        code="W-CITRATE-1",
        severity="warn",
        when=lambda f: f.findings.liver_failure and not _citrate_strong(f),
        value=lambda f: f.citrate.rate,
        limit="citrate-liver",
        at_limit=True,
        message="Liver failure, in which citrate is cleared slowly: it reaches {value} from "
        "{citrate.comes_from}, at least {limit}{citrate.flow_words}",
        about=("dose.duration",),
        needs=CITRATE,
        fact="citrate-rate",
    ),
    Rule(
        id="citrate-high-in-liver-failure",
        code="W-CITRATE-2",
        severity="strong",
        when=lambda f: f.findings.liver_failure and not _above_label(f),
        value=lambda f: f.citrate.rate,
        limit="citrate-liver-strong",
        at_limit=True,
        message="Liver failure, in which citrate is cleared slowly: it reaches {value} from "
        "{citrate.comes_from}, at least {limit}. Slow the plasma (total to ionized calcium above "
        "2.5 in 34 of 92 sessions of children){citrate.flow_words}",
        about=("dose.duration",),
        needs=CITRATE,
        fact="citrate-rate",
    ),
    Rule(
        id="citrate-high-in-small-patient",
        code="W-CITRATE-2",
        severity="strong",
        when=lambda f: not f.findings.liver_failure and not _above_label(f) and _small(f),
        value=lambda f: f.citrate.rate,
        limit="citrate-small",
        at_limit=True,
        message="Citrate reaches {value} from {citrate.comes_from}, at least {limit} in a patient "
        "below 40 kg: slow the plasma, also with a calcium infusion{citrate.flow_words}",
        about=("dose.duration",),
        needs=CITRATE,
    ),
    Rule(
        id="citrate-high-without-calcium-infusion",
        code="W-CITRATE-2",
        severity="strong",
        when=lambda f: not f.findings.liver_failure
        and not _above_label(f)
        and not _small(f)
        and not f.ordered.calcium_infusion,
        value=lambda f: f.citrate.rate,
        limit="citrate-without-infusion",
        message="Citrate reaches {value} from {citrate.comes_from}, above {limit}, and no calcium "
        "infusion is entered: order one or slow the plasma (judgement of this program)"
        "{citrate.flow_words}",
        about=("dose.duration", "calcium.plan"),
        enter=("calcium.plan",),
        needs=CITRATE,
    ),
    Rule(
        id="plasma-above-label-rate",
        code="W-CITRATE-3",
        severity="strong",
        value=lambda f: f.citrate.plasma_rate,
        limit="plasma-rate",
        message="Plasma runs in at {value}, above {limit}, the ceiling of a label"
        "{citrate.rate_words}: run slower{citrate.flow_words}",
        about=("dose.duration",),
    ),
    Rule(
        id="calcium-missing-with-citrate",
        code="W-CA-PLAN",
        severity="strong",
        when=lambda f: not f.ordered.calcium_planned
        and not at_least(f.citrate.plasma_share, HALF)
        and (
            at_least(f.citrate.amount, f.high("citrate-calcium"))
            or at_least(f.citrate.rate, f.high("citrate-calcium-rate"))
        ),
        value=lambda f: f.citrate.amount_words or None,
        message="No calcium is planned, and citrate reaches {value}{run.calcium_words}. Plan "
        "calcium (judgement of this program)",
        about=("calcium.plan",),
        enter=("calcium.plan",),
        needs=CITRATE,
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="removal-too-fast",
        code="W-DOSE",
        severity="strong",
        when=lambda f: not _above_label(f),
        value=lambda f: f.run.removal_rate,
        limit="removal-rate",
        message="Plasma is removed at {value}, above {limit}: is the duration or the flow right? "
        "If it is, confirm the volume",
        about=("dose.duration",),
        confirm=DOSE,
    ),
    Rule(
        id="listed-liters-unusual-per-kg",
        code="W-DOSE",
        severity="strong",
        when=lambda f: f.dose.by_liters,
        value=lambda f: f.dose.per_kg,
        limit="fixed-litres-per-kg",
        message="An exchange volume of {value} is outside {limit}, although the litres are listed "
        "for this indication. If it is right, confirm it",
        about=("dose.exchange_volume",),
        confirm=DOSE,
    ),
    Rule(
        id="liters-not-listed",
        code="W-DOSE",
        severity="strong",
        when=lambda f: f.dose.only_liters_listed and not f.dose.within_listed_liters,
        value=lambda f: f.dose.liters,
        unit="L",
        message="An exchange volume of {value} is outside {dose.listed_liters}, listed for this "
        "indication; the trial gave 15 % of ideal body weight, such as 9.3 L for 62 kg, so a small "
        "patient less. If it is right, confirm it",
        about=("dose.exchange_volume",),
        confirm=DOSE,
        source="larsen-2016",
        tag="secondary",
    ),
    Rule(
        id="order-in-liters",
        code="W-LITRE",
        severity="warn",
        when=lambda f: f.dose.ordered_in_liters
        and not f.dose.by_liters
        and not f.dose.within_listed_plasma_volumes
        and not _below_ttp_dose(f)
        and not above(f.dose.beyond_listed, f.high("listed-dose")),
        value=lambda f: f.dose.plasma_volumes,
        limit="litre-order",
        message="The order in litres is {value} plasma volumes for this patient (limit {limit}): a "
        "dose in litres drifts with hematocrit and weight",
        about=("dose.exchange_volume",),
        fact="plasma-volumes",
    ),
    _unusual(
        "balance-unusual", "A fluid balance of",
        lambda f: f.ordered.balance,
        "balance", "fluid.balance", "W-DOSE", "strong",
    ),
    Rule(
        id="dyspnea-during-plasma",
        code="W-DYSPNEA",
        severity="info",
        when=lambda f: f.fluid is not None and at_least(f.fluid.plasma, ALL),
        value=lambda f: "plasma",
        message="Dyspnea during plasma: stop, keep the line, think of lung injury or overload "
        "(judgement of this program)",
        about=("fluid.choice",),
        source="program-judgement",
        tag="judgement",
        fluid="all",
    ),
    _unusual(
        "sessions-unusual", "A course of sessions:",
        lambda f: f.course.sessions,
        "sessions", "course.sessions", "W-DOSE", "strong",
    ),
    _unusual(
        "interval-unusual", "An interval of",
        lambda f: f.course.interval,
        "interval", "course.interval", "W-DOSE", "strong",
    ),
    _unusual(
        "fibrinogen-unusual", "Fibrinogen",
        lambda f: f.labs.fibrinogen,
        "fibrinogen", "labs.fibrinogen", "W-DOSE", "strong",
        ask=": is the unit right",
    ),
    _unusual(
        "ionized-calcium-unusual", "Ionized calcium",
        lambda f: f.labs.ionized_calcium,
        "ionized-calcium", "labs.ionized_calcium", "W-DOSE", "strong",
        ask=": is it total calcium",
    ),
    _unusual(
        "platelets-unusual", "Platelets",
        lambda f: f.labs.platelets,
        "platelets", "labs.platelets", "W-DOSE", "strong",
    ),
)

CIRCUIT: tuple[Rule, ...] = (
    Rule(
        id="circuit-volume-without-prime",
        code="W-ECV",
        severity="stop",
        when=lambda f: f.circuit.spared_by == "",
        value=lambda f: f.circuit.share,
        limit="circuit-volume-stop{circuit.for_neonate}",
        message="The circuit holds {value} of the blood volume, above {limit}, and no prime is "
        "planned that spares the patient: enter the prime (below 20 kg albumin or red cells)",
        about=("device.circuit_volume", "device.prime"),
        enter=("device.prime",),
        needs=("device.circuit_volume",),
    ),
    Rule(
        id="circuit-volume-with-prime",
        code="W-ECV",
        severity="warn",
        when=lambda f: f.circuit.spared_by != "",
        value=lambda f: f.circuit.share,
        limit="circuit-volume-stop{circuit.for_neonate}",
        message="The circuit holds {value} of the blood volume, above {limit}; the prime is "
        "{circuit.spared_by}{circuit.prime_words}",
        about=("device.circuit_volume", "device.prime"),
        needs=("device.circuit_volume",),
    ),
    Rule(
        id="published-circuit-volume-too-large",
        code="W-ECV",
        severity="stop",
        when=lambda f: f.circuit.spared_by == "",
        value=lambda f: f.circuit.published_low,
        limit="circuit-volume-stop{circuit.for_neonate}",
        message="{circuit.published_words}, above {limit}, and no prime is planned that spares the "
        "patient. Enter the circuit volume and the prime (below 20 kg albumin or red cells)",
        about=PRIMED,
        enter=PRIMED,
        needs=("device.name",),
    ),
    Rule(
        id="published-circuit-volume-may-be-too-large",
        code="W-ECV",
        severity="strong",
        when=lambda f: f.circuit.spared_by == ""
        and not above(f.circuit.published_low, _circuit_stop(f)),
        value=lambda f: f.circuit.published_high,
        limit="circuit-volume-stop{circuit.for_neonate}",
        message="{circuit.published_words}: the high end is above {limit}, and no prime is planned "
        "that spares the patient. Enter the circuit volume and the prime (below 20 kg albumin or "
        "red cells)",
        about=PRIMED,
        enter=PRIMED,
        needs=("device.name",),
    ),
    Rule(
        id="published-circuit-volume-with-prime",
        code="W-ECV",
        severity="warn",
        when=lambda f: f.circuit.spared_by != "",
        value=lambda f: f.circuit.published_high,
        limit="circuit-volume-stop{circuit.for_neonate}",
        message="{circuit.published_words}, above {limit}; the prime is {circuit.spared_by}. Enter "
        "the circuit volume{circuit.prime_words}",
        about=PRIMED,
        enter=("device.circuit_volume",),
        needs=("device.name",),
    ),
    Rule(
        id="published-circuit-volume-notable",
        code="W-ECV",
        severity="warn",
        when=lambda f: f.circuit.spared_by == ""
        and not above(f.circuit.published_high, _circuit_stop(f)),
        value=lambda f: f.circuit.published_high,
        limit="circuit-volume",
        message="{circuit.published_words}, above {limit}. Enter the circuit volume and the prime",
        about=PRIMED,
        enter=PRIMED,
        needs=("device.name",),
    ),
    Rule(
        id="circuit-volume-unknown",
        code="W-ECV",
        severity="strong",
        when=lambda f: f.circuit.spared_by == "",
        value=lambda f: f.circuit.unknown,
        message="Circuit volume and prime not entered, and this program knows no volume for "
        "{value}: enter both in a patient below 35 kg (judgement of this program)",
        about=PRIMED,
        enter=PRIMED,
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="circuit-volume-unknown-with-prime",
        code="W-ECV",
        severity="warn",
        when=lambda f: f.circuit.spared_by != "",
        value=lambda f: f.circuit.unknown,
        message="Circuit volume not entered, and this program knows no volume for {value}; the "
        "prime is {circuit.spared_by}: enter the volume in a patient below 35 kg (judgement of "
        "this program){circuit.prime_words}",
        about=PRIMED,
        enter=("device.circuit_volume",),
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="red-cell-prime",
        code="W-PRIME",
        severity="info",
        when=lambda f: f.circuit.red_cells
        and f.circuit.unknown is None
        and not above(f.circuit.share, _circuit_stop(f))
        and not above(f.circuit.published_high, _circuit_stop(f)),
        value=lambda f: RED_CELL_PRIME,
        message="{value}",
        about=("device.prime",),
        needs=("device.prime",),
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="circuit-volume-notable",
        code="W-ECV",
        severity="warn",
        when=lambda f: f.circuit.spared_by == ""
        and not above(f.circuit.share, _circuit_stop(f)),
        value=lambda f: f.circuit.share,
        limit="circuit-volume",
        message="The circuit holds {value} of the blood volume, above {limit}, and no prime is "
        "planned",
        about=("device.circuit_volume", "device.prime"),
        enter=("device.prime",),
        needs=("device.circuit_volume",),
    ),
    Rule(
        id="plasma-flow-high",
        code="W-FF",
        severity="warn",
        value=lambda f: f.run.plasma_share_of_flow,
        limit="filtration-share",
        message="Plasma flow is {value} of the blood flow, above {limit}: haemolysis, clotting",
        about=("device.plasma_flow", "device.blood_flow"),
        needs=(("device.plasma_flow", "device.blood_flow"),),
    ),
    Rule(
        id="filter-hematocrit-high",
        code="W-FF",
        severity="warn",
        value=lambda f: f.run.filter_hematocrit,
        limit="filter-hematocrit",
        message="The hematocrit behind the filter is {value}, above {limit}: haemolysis, clotting",
        about=("device.plasma_flow", "device.blood_flow"),
        needs=(("device.plasma_flow", "device.blood_flow"),),
    ),
    Rule(
        id="ultrafiltration-high",
        code="W-FF",
        severity="warn",
        value=lambda f: f.run.ultrafiltration_fraction,
        limit="ultrafiltration-fraction",
        message="The filter takes {value} of the plasma flow, above {limit}: clotting",
        about=("device.blood_flow",),
    ),
    Rule(
        id="heparin-in-hit",
        code="W-HIT",
        severity="stop",
        when=lambda f: f.medicines.heparin_in_circuit and f.findings.hit,
        value=lambda f: "heparin",
        message="Heparin-induced thrombocytopenia and heparin in the circuit: use citrate",
        about=(HEPARIN, "findings"),
        needs=((HEPARIN, "findings.hit"),),
        source="lee-2012",
        tag="source",
    ),
    Rule(
        id="heparin-medicine-in-hit",
        code="W-HIT",
        severity="strong",
        when=lambda f: f.findings.hit,
        value=lambda f: f.medicines.heparins,
        message="Heparin-induced thrombocytopenia and {value} among the medicines: no heparin of "
        "any kind, unless a re-exposure for a procedure is planned",
        about=("drugs", "findings"),
        needs=(("drugs", "findings.hit"),),
        source="asfa-2023",
        tag="source",
    ),
    Rule(
        id="heparin-with-bleeding",
        code="W-HEPARIN",
        severity="strong",
        when=lambda f: f.medicines.heparin_in_circuit,
        value=lambda f: f.findings.bleeding_words,
        message=f"Heparin in the circuit and {{value}}: {_NO_DOSE}",
        about=(HEPARIN, "findings"),
        needs=((HEPARIN, "findings.bleeding"), (HEPARIN, STATE_INPUTS)),
        source="lee-2012",
        tag="source",
    ),
    Rule(
        id="heparin-with-bleeding-risk",
        code="W-HEPARIN",
        severity="strong",
        when=lambda f: f.medicines.heparin_in_circuit,
        value=lambda f: joined_words(
            ("bleeding risk", f.findings.bleeding_risk),
            ("liver failure", f.findings.liver_failure),
            (
                f"platelets {f.labs.platelets_words}",
                below(f.labs.platelets, f.low("platelets-heparin")),
            ),
        ),
        message=f"Heparin in the circuit and {{value}}: {_NO_DOSE}",
        about=(HEPARIN, "findings", "labs.platelets"),
        needs=(
            (HEPARIN, "findings.bleeding"),
            (HEPARIN, "findings.liver-failure"),
            (HEPARIN, STATE_INPUTS),
            (HEPARIN, "labs.platelets"),
        ),
        source="lee-2012",
        tag="source",
    ),
    Rule(
        id="heparin-beside-anticoagulant",
        code="W-HEPARIN",
        severity="strong",
        when=lambda f: f.medicines.heparin_in_circuit,
        value=lambda f: f.medicines.anticoagulants,
        message="Heparin in the circuit of a patient who is already anticoagulated ({value}): "
        f"{_NO_DOSE}",
        about=(HEPARIN, "drugs", "findings"),
        needs=((HEPARIN, "drugs.anticoagulant"), (HEPARIN, "findings.anticoagulant")),
        source="lee-2012",
        tag="source",
    ),
    Rule(
        id="heparin-in-child",
        code="W-HEPARIN",
        severity="warn",
        when=lambda f: f.medicines.heparin_in_circuit and f.patient.group != "adult",
        value=lambda f: f.patient.age_words,
        message="Heparin in the circuit of a child of {value}: no heparin dose is printed for "
        "children; use the protocol of the site (judgement of this program)",
        about=(HEPARIN, "patient.age"),
        needs=(HEPARIN,),
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="heparin-lock-in-hit",
        code="W-LOCK",
        severity="strong",
        when=lambda f: f.medicines.heparin_lock and f.findings.hit,
        value=lambda f: "heparin",
        message=f"Heparin-induced thrombocytopenia and a heparin lock. {_LOCK}",
        about=("device.lock", "findings"),
        needs=(("device.lock", "findings"),),
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="heparin-lock",
        code="W-LOCK",
        severity="info",
        when=lambda f: f.medicines.heparin_lock and not f.findings.hit,
        value=lambda f: "heparin",
        message=f"Heparin lock. {_LOCK}",
        about=("device.lock",),
        needs=("device.lock",),
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="no-safe-fluid",
        code="W-NO-OPTION",
        severity="stop",
        value=lambda f: f.no_option,
        message="The safety rules leave no fluid that this indication allows: {value} (see "
        "Removed, under replacement fluid)",
        about=("findings", "fluid.refused"),
        needs=("findings.plasma-reaction", "fluid.refused"),
        source="asfa-2023",
        tag="source",
    ),
    Rule(
        id="entered-plasma-stopped",
        code="W-PLASMA-KIND",
        severity="stop",
        value=lambda f: f.kinds.stopped,
        message="The safety rules stop {value} (see Removed, under replacement fluid)"
        "{kinds.passing}{indication.no_waiting}",
        about=("findings", "fluid.plasma"),
        needs=(("findings.plasma-reaction", "fluid.plasma"),),
        source="octaplas-label",
        tag="source",
    ),
    Rule(
        id="other-plasma-needed",
        code="W-PLASMA-KIND",
        severity="strong",
        when=lambda f: f.kinds.stopped is None,
        value=lambda f: f.kinds.needed,
        message="This indication needs plasma, and the safety rules stop the usual one (see "
        "Removed, under replacement fluid){kinds.passing}{indication.no_waiting}",
        about=("findings", "fluid.plasma"),
        needs=("findings.plasma-reaction",),
        source="octaplas-label",
        tag="source",
    ),
)

LABS: tuple[Rule, ...] = (
    Rule(
        id="magnesium-in-myasthenia",
        code="W-MG",
        severity="warn",
        when=lambda f: f.citrate.albumin_without_citrate or f.medicines.magnesium,
        value=lambda f: f.indication.weakness,
        message=f"{{value}}: {NO_MAGNESIUM}",
        about=("indication", "drugs"),
        needs=("drugs", *NO_CITRATE),
        source="magnesium-label",
        tag="secondary",
    ),
    Rule(
        id="magnesium-in-kidney-failure",
        code="W-MG",
        severity="warn",
        when=lambda f: (f.citrate.albumin_without_citrate or f.medicines.magnesium)
        and f.indication.dialysis,
        value=lambda f: "Kidney failure",
        message="{value}: magnesium only against a level (judgement of this program)",
        about=("indication", "drugs"),
        needs=("drugs", *NO_CITRATE),
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="albumin-without-calcium",
        code="W-CA-MG",
        severity="info",
        when=lambda f: f.citrate.albumin_without_citrate,
        value=lambda f: "albumin",
        message=f"No citrate in this exchange, but {NO_CALCIUM}",
        about=(HEPARIN,),
        needs=NO_CITRATE,
        source="krishnan-2007",
        tag="source",
    ),
    Rule(
        id="ionized-calcium-low",
        code="W-CA-LOW",
        severity="strong",
        value=lambda f: f.labs.ionized_calcium,
        limit="ionized-calcium-low",
        message="Ionized calcium {value} is less than {limit} before the exchange",
        about=("labs.ionized_calcium",),
        needs=("labs.ionized_calcium",),
    ),
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
    Rule(
        id="calcium-with-digoxin",
        code="W-DIGOXIN",
        severity="info",
        when=lambda f: f.findings.digoxin
        and (f.ordered.calcium_planned or f.citrate.calcium_options),
        value=lambda f: "digoxin",
        message="Digoxin: give calcium slowly, in small amounts, with an ECG",
        about=("findings", "drugs", "calcium.plan"),
        needs=("findings", "drugs"),
        source="digoxin-calcium",
        tag="secondary",
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
    Rule(
        id="platelets-low-in-ttp-hit-vitt",
        code="W-PLT-TTP",
        severity="warn",
        when=lambda f: _platelets(f, "thrombosis") and not f.findings.platelets_planned,
        value=lambda f: f.labs.platelets,
        limit="platelets-watch",
        message="{indication.platelet_disease} and platelets {value}, less than {limit}. "
        f"{NO_PLATELETS_WORDS}",
        about=("labs.platelets",),
        needs=("labs.platelets",),
        source="goel-2015",
        tag="source",
    ),
    Rule(
        id="platelets-low-in-post-transfusion-purpura",
        code="W-PLT-PTP",
        severity="warn",
        when=lambda f: _platelets(f, "purpura") and not f.findings.platelets_planned,
        value=lambda f: f.labs.platelets,
        limit="platelets-watch",
        message=f"Post-transfusion purpura and platelets {{value}}, less than {{limit}}. "
        f"{_PURPURA}",
        about=("labs.platelets",),
        needs=("labs.platelets",),
        source="ptp-platelets",
        tag="secondary",
    ),
    Rule(
        id="platelets-ordered-in-post-transfusion-purpura",
        code="W-PLT-PTP",
        severity="warn",
        when=lambda f: _platelets(f, "purpura") and f.findings.platelets_planned,
        value=lambda f: "platelets",
        message=f"Post-transfusion purpura and platelets ordered. {_PURPURA}",
        about=("findings",),
        needs=("findings",),
        source="ptp-platelets",
        tag="secondary",
    ),
    Rule(
        id="platelets-very-low-in-microangiopathy",
        code="W-PLT-HUS",
        severity="warn",
        when=lambda f: _platelets(f, "microangiopathy"),
        value=lambda f: f.labs.platelets,
        limit="platelets-low-microangiopathy",
        message=f"Platelets {{value}} are less than {{limit}}. {_SPECIALIST}",
        about=("labs.platelets",),
        needs=("labs.platelets",),
        source="stec-hus-platelets",
        tag="source",
    ),
    Rule(
        id="platelets-low-in-microangiopathy",
        code="W-PLT-HUS",
        severity="info",
        when=lambda f: _platelets(f, "microangiopathy")
        and not below(f.labs.platelets, f.low("platelets-low-microangiopathy")),
        value=lambda f: f.labs.platelets,
        limit="platelets-watch",
        message=f"Platelets {{value}} are less than {{limit}}. {_SPECIALIST}",
        about=("labs.platelets",),
        needs=("labs.platelets",),
        source="stec-hus-platelets",
        tag="source",
    ),
    Rule(
        id="platelets-ordered-in-microangiopathy",
        code="W-PLT-HUS",
        severity="info",
        when=lambda f: _platelets(f, "microangiopathy")
        and f.findings.platelets_planned
        and not below(f.labs.platelets, f.low("platelets-low-microangiopathy"))
        and not below(f.labs.platelets, f.low("platelets-watch")),
        value=lambda f: "platelets",
        message=f"Platelets ordered. {_SPECIALIST}",
        about=("findings",),
        needs=("findings",),
        source="stec-hus-platelets",
        tag="source",
    ),
    Rule(
        id="dic-with-very-low-platelets",
        code="W-DIC",
        severity="strong",
        when=lambda f: dic_with_very_low_platelets(f),
        value=dic_words,
        message="{value}",
        about=("findings", "labs.platelets"),
        needs=(("findings.bleeding", "labs.platelets"),),
        source="isth-dic",
        tag="secondary",
    ),
    Rule(
        id="platelets-very-low",
        code="W-PLT",
        severity="strong",
        when=lambda f: _platelets(f, "hellp", "other"),
        value=lambda f: f.labs.platelets,
        limit="platelets-very-low",
        message=f"Platelets {{value}} are less than {{limit}}. {_WANTED}",
        about=("labs.platelets",),
        needs=("labs.platelets",),
    ),
    Rule(
        id="platelets-low-in-hellp",
        code="W-PLT",
        severity="warn",
        when=lambda f: _platelets(f, "hellp")
        and not below(f.labs.platelets, f.low("platelets-very-low")),
        value=lambda f: f.labs.platelets,
        limit="platelets-watch",
        message=f"HELLP and platelets {{value}}, less than {{limit}}. {_WANTED}",
        about=("labs.platelets",),
        needs=("labs.platelets",),
    ),
    Rule(
        id="platelets-low",
        code="W-PLT",
        severity="warn",
        when=lambda f: _platelets(f, "other")
        and not below(f.labs.platelets, f.low("platelets-very-low")),
        value=lambda f: f.labs.platelets,
        limit="platelets-low",
        message=f"Platelets {{value}} are less than {{limit}}. {_WANTED}",
        about=("labs.platelets",),
        needs=("labs.platelets",),
    ),
    Rule(
        id="platelets-somewhat-low",
        code="W-PLT",
        severity="info",
        when=lambda f: _platelets(f, "other")
        and not below(f.labs.platelets, f.low("platelets-very-low"))
        and not below(f.labs.platelets, f.low("platelets-low")),
        value=lambda f: f.labs.platelets,
        limit="platelets-watch",
        message=f"Platelets {{value}} are less than {{limit}}. {_WANTED}",
        about=("labs.platelets",),
        needs=("labs.platelets",),
    ),
    Rule(
        id="daily-without-coagulation-test",
        code="W-DAILY-COAG",
        severity="warn",
        when=lambda f: f.course.daily and not f.labs.coagulation_tested,
        value=lambda f: f.course.interval,
        unit="h",
        message="Exchanges every {value} and no coagulation result of the last 24 h: enter "
        "fibrinogen, or the age of the last coagulation test",
        about=("labs.fibrinogen", "labs.coagulation_age"),
        enter=("labs.fibrinogen", "labs.coagulation_age"),
        needs=("course.interval",),
        source="choosing-wisely-2018",
        tag="source",
    ),
    Rule(
        id="levels-fall-over-course",
        code="W-COURSE",
        severity="info",
        when=lambda f: f.course.several and not above(f.course.interval, f.high("close-sessions")),
        value=lambda f: f.course.interval,
        unit="h",
        message="Exchanges every {value}: fibrinogen and IgG may fall from session to session. "
        "Test before each from the second (predicted levels: see levels before each session)",
        about=("course.sessions", "course.interval"),
        needs=(("course.sessions", "course.interval"),),
        source="turnover-model",
        tag="derived",
    ),
)

MEDICINE_RULES: tuple[Rule, ...] = (
    Rule(
        id="inr-high-with-vitamin-k-antagonist",
        code="W-INR",
        severity="strong",
        when=lambda f: f.fluid is not None and not f.fluid.has_plasma,
        value=lambda f: _vitamin_k_antagonist(f, True),
        message=f"{{value}}. {_TEST_INR}. {_REVIEW}",
        about=("drugs", "labs.inr"),
        enter=("labs.inr",),
        needs=("drugs.anticoagulant",),
        source="zantek-2014",
        tag="source",
        fluid="any",
    ),
    Rule(
        id="vitamin-k-antagonist",
        code="W-INR",
        severity="warn",
        when=lambda f: f.fluid is not None and not f.fluid.has_plasma,
        value=lambda f: _vitamin_k_antagonist(f, False),
        message=f"{{value}}. {_TEST_INR}. {_REVIEW}",
        about=("drugs", "labs.inr"),
        enter=("labs.inr",),
        needs=("drugs.anticoagulant",),
        source="zantek-2014",
        tag="source",
        fluid="any",
    ),
    Rule(
        id="anticoagulant-removed-at-risk",
        code="W-ANTICOAGULANT",
        severity="strong",
        value=lambda f: _removed_anticoagulant(f, True),
        message=f"{{value}}. {_TEST_ANTICOAGULANT}. {{medicines.anticoagulant_evidence}}{_REVIEW}",
        about=("drugs", "findings"),
        needs=("drugs.anticoagulant", "findings.anticoagulant"),
        source="hodulik-2019",
        tag="source",
        fluid="all",
    ),
    Rule(
        id="anticoagulant-removed",
        code="W-ANTICOAGULANT",
        severity="warn",
        value=lambda f: _removed_anticoagulant(f, False),
        message=f"{{value}}. {_TEST_ANTICOAGULANT}. {{medicines.anticoagulant_evidence}}{_REVIEW}",
        about=("drugs", "findings"),
        needs=("drugs.anticoagulant", "findings.anticoagulant"),
        source="hodulik-2019",
        tag="source",
        fluid="all",
    ),
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
        message="{value}: an exchange within 72 h takes much of it; give antibodies and "
        "immunoglobulin after the exchange",
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
        message="{value}: part of it is still in plasma and leaves with it",
        about=("drugs",),
        needs=("drugs",),
        source="puisset2013",
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
        "infusion without the prescriber. If it is an anticoagulant, an ACE inhibitor, an "
        "antibody, immunoglobulin or a complement blocker, enter it under that name",
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

INDICATION: tuple[Rule, ...] = (
    Rule(
        id="category-iv",
        code="W-CAT-IV",
        severity="strong",
        when=lambda f: f.indication.category == "IV",
        value=lambda f: f.indication.category,
        message="ASFA category IV: exchange is ineffective or harmful; ethics approval is "
        "desirable",
        about=("indication",),
        source="asfa-2023",
        tag="source",
    ),
    Rule(
        id="ttp-first-session",
        code="W-FIRST",
        severity="warn",
        when=lambda f: f.indication.id == "ttp" and f.course.session == 1,
        value=lambda f: "TTP",
        message=f"Before the first plasma in TTP: {_BEFORE_FIRST_PLASMA}",
        about=("indication", "course.session"),
        needs=("course.session",),
        source="oxford-ttp-2015",
        tag="source",
    ),
    Rule(
        id="ttp-perhaps-first-session",
        code="W-FIRST",
        severity="info",
        when=lambda f: f.indication.id == "ttp" and f.course.session is None,
        value=lambda f: "TTP",
        message="TTP. If this is the first session, before the first plasma: "
        f"{_BEFORE_FIRST_PLASMA}",
        about=("indication", "course.session"),
        enter=("course.session",),
        source="oxford-ttp-2015",
        tag="source",
    ),
    Rule(
        id="anesthesia-after-repeated-exchange",
        code="W-ANESTHESIA",
        severity="warn",
        when=lambda f: f.course.repeated,
        value=lambda f: f.findings.procedure_words,
        message="Repeated exchange and {value}: plasma cholinesterase may be low, and "
        "succinylcholine or mivacurium can paralyze for hours. Tell anesthesia (one case)",
        about=("findings", "course.session", "course.sessions"),
        needs=(("findings", "course.session"), ("findings", "course.sessions")),
        source="cholinesterase-2002",
        tag="source",
    ),
    Rule(
        id="crs-criteria-not-met",
        code="W-CRS-GATE",
        severity="strong",
        value=lambda f: f.crs_not_met,
        message="CRS after CAR-T cells: {value}. Enter the ASTCT grade and what was given before",
        about=CRS_INPUTS,
        enter=CRS_INPUTS,
        source="li-2023",
        tag="source",
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
        id="not-categorized",
        code="W-NOCAT",
        severity="warn",
        when=lambda f: f.indication.listed and f.indication.category == "not-categorised",
        value=lambda f: f.indication.category,
        message="Not categorized by ASFA 2023: no guideline category for this indication",
        about=("indication",),
        source="asfa-2023",
        tag="source",
    ),
    Rule(
        id="indication-not-listed",
        code="W-NOCAT",
        severity="warn",
        when=lambda f: not f.indication.listed,
        value=lambda f: f.indication.id,
        message="The indication is not in the table of this program: it knows no category for it",
        about=("indication",),
        source="asfa-2023",
        tag="source",
    ),
    Rule(
        id="category-iii",
        code="W-CAT",
        severity="info",
        when=lambda f: f.indication.category == "III",
        value=lambda f: f.indication.category,
        message="ASFA category III: the best role of exchange is not established; decide "
        "individually",
        about=("indication",),
        source="asfa-2023",
        tag="source",
    ),
)

# Tried when it is known which rules fire.
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


def _of_fluid(rule: FluidRule, alert: Alert) -> Rule:
    """The alert of a fluid rule as a row: it looks at `f.fluid`, one of the open fluids."""

    def when(f: Facts) -> bool:
        return f.fluid is not None and rule.when(f) and alert.against(f.fluid)

    def value(f: Facts) -> Shown:
        return None if f.fluid is None else alert.value(f, f.fluid)

    return Rule(
        id=rule.id,
        code=alert.code,
        severity=alert.severity,
        value=value,
        message=alert.message,
        about=alert.about,
        when=when,
        limit=alert.limit,
        unit=alert.unit,
        needs=alert.needs,
        enter=alert.enter,
        source=alert.source or ("" if alert.limit else rule.source),
        tag=rule.tag,
        fluid="any" if alert.any_option else "all",
        against=alert.against,
        fact=alert.fact,
    )


OF_FLUIDS = tuple(_of_fluid(rule, rule.alert) for rule in FLUID_RULES if rule.alert)
RULES = (
    *OF_FIBRINOGEN, *PATIENT_RULES, *SESSION, *CIRCUIT, *OF_FLUIDS, *LABS, *MEDICINE_RULES,
    *INDICATION,
    *OVERRIDES,
)  # fmt: skip
BY_ID = {rule.id: rule for rule in RULES}
STOPS = tuple(rule.id for rule in RULES if rule.severity == "stop")
CONFIRMABLE = tuple(dict.fromkeys(path for rule in RULES for path in rule.confirm))
