"""Alerts on the patient: size, estimate of the blood volume, hematocrit, pregnancy, pressure."""

from pexcalc.rules.alerts.row import STATE_INPUTS, STATED_VOLUME, Rule, unusual_value
from pexcalc.rules.facts import Facts, at_least, below

_AT_THE_BEDSIDE = (
    "Physician at the bedside before the start; no saline; vasopressor in another line (judgement "
    "of this program)"
)
CHILD_PRESSURE_TO = 10.0  # judgement program-judgement: years, from which the limit of adults holds


def _scheduled_by_estimate(f: Facts) -> bool:
    """Containers are scheduled for a multiple of an estimated plasma volume."""
    return f.scheduled and not f.dose.ordered_in_liters and not f.patient.volume_entered


def _bmi_at_least(f: Facts, name: str) -> bool:
    """The body mass index reaches a limit that the patient's group has."""
    limit = f.limits.get(f"{name}-{f.patient.group}")
    return limit is not None and at_least(f.patient.bmi, limit.most)


def _weight_asked(f: Facts) -> bool:
    """Another row asks whether the weight is right."""
    return f.patient.size.heavy_asked or _bmi_at_least(f, "bmi-high")


def _pressure_low(f: Facts) -> bool:
    """The systolic pressure is below the limit for the age."""
    if at_least(f.patient.age, CHILD_PRESSURE_TO):
        return below(f.patient.systolic, f.low("systolic-low"))
    least = f.patient.systolic_least
    return least is not None and below(f.patient.systolic, least)


# fmt: off
PATIENT_RULES: tuple[Rule, ...] = (
    unusual_value(
        "height-unusual", "Height",
        lambda f: f.patient.height,
        "height-{patient.group}", "patient.height",
        when=lambda f: not f.patient.size.tall_asked,
    ),
    unusual_value(
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
        message="At an age of {patient.age_words} {value} are outside {patient.size.age_words}: "
        "check the age. If correct, confirm it",
        about=("patient.age", "patient.height", "patient.weight"),
        confirm=("patient.age",),
        source="cdc-2000",
        tag="derived",
        fact="size-of-child",
    ),
    Rule(
        id="height-for-age-unusual",
        code="W-SIZE",
        severity="warn",
        value=lambda f: f.patient.size.height,
        unit="cm",
        message="At an age of {patient.age_words} a height of {value} is outside "
        "{patient.size.height_span}. {patient.size.height_words} If correct, confirm it",
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
        "{patient.size.weight_words}: check the weight. If correct, confirm it",
        about=("patient.weight", "patient.age"),
        confirm=("patient.weight",),
        source="cdc-2000",
        tag="derived",
        fact="size-of-child",
    ),
    Rule(
        id="weight-in-pounds",
        code="W-SIZE",
        severity="warn",
        value=lambda f: f.patient.size.pounds,
        unit="kg",
        message="At an age of {patient.age_words} a weight of {value} is much above the usual. Is "
        "that pounds? {patient.size.pounds_words} (judgement of this program). If correct, "
        "confirm it",
        about=("patient.weight", "patient.age"),
        confirm=("patient.weight",),
        source="program-judgement",
        tag="judgement",
        fact="size-of-child",
    ),
    Rule(
        id="bmi-for-age-unusual",
        code="W-SIZE",
        severity="warn",
        value=lambda f: f.patient.size.bmi,
        unit="kg/m2",
        message="At an age of {patient.age_words} a body mass index of {value} is outside "
        "{patient.size.bmi_words}. If correct, confirm it",
        about=("patient.height", "patient.weight", "patient.age"),
        confirm=("patient.weight", "patient.height"),
        source="cdc-2000",
        tag="derived",
        fact="size-of-child",
    ),
    unusual_value("age-unusual", "Age", lambda f: f.patient.age, "age", "patient.age"),
    unusual_value(
        "bmi-low", "Body mass index",
        lambda f: f.patient.bmi,
        "bmi-low-{patient.group}", ("patient.height", "patient.weight"),
        ask=": check the height",
        about=("patient.height", "patient.weight"),
        fact="thinness",
        side="below",
    ),
    Rule(
        id="bmi-high",
        code="W-OBESE",
        severity="strong",
        value=lambda f: f.patient.bmi,
        limit="bmi-high-{patient.group}",
        at_limit=True,
        message="Body mass index {value} is at least {limit}: {patient.if_pounds}. If the weight "
        "is correct, confirm it",
        about=("patient.weight", "patient.height"),
        confirm=("patient.weight", "patient.height"),
        fact="obesity",
    ),
    unusual_value(
        "body-surface-area-unusual", "Body surface area",
        lambda f: f.patient.body_surface_area,
        "body-surface-area", ("patient.weight", "patient.height"),
        when=lambda f: not _weight_asked(f) and not f.patient.size.asked,
        about=("patient.height", "patient.weight"),
    ),
    unusual_value(
        "neonatal-hematocrit-unusual", "Hematocrit",
        lambda f: f.patient.hematocrit,
        "hematocrit-neonate", "patient.hematocrit",
        when=lambda f: f.patient.neonate,
    ),
    unusual_value(
        "blood-volume-unusual", "Blood volume",
        lambda f: f.patient.blood_volume_per_kg,
        "blood-volume-per-kg-{patient.band}", "patient.blood_volume",
        when=lambda f: f.patient.volume_entered
        or not (_weight_asked(f) or f.patient.size.asked),
        about=("patient.height", "patient.weight"),
    ),
    unusual_value(
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
        message="Weight {value} is less than {limit}: specialist center; no detailed guideline "
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
        message="With {value} the blood in that circuit is exchanged as well: the blood volume "
        "that "
        "is entered must include it",
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
        message="Born at {value}: no equation is valid for a preterm neonate; 95 mL/kg is only the "
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
        message="Hematocrit {value} is less than {limit}: consider red cells before the exchange"
        "{indication.platelet_words}",
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
        message="Body mass index {value} is less than {limit}: blood volume per kg is higher in "
        "thin people, so Nadler may underestimate",
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
        "overestimate with actual weight and are not used",
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
        "kg overestimate with actual weight and are not used",
        about=("patient.height", "patient.weight"),
        fact="obesity",
    ),
    Rule(
        id="obesity-confirmed",
        code="W-OBESE",
        severity="info",
        value=lambda f: f.patient.bmi,
        limit="bmi-high-{patient.group}",
        at_limit=True,
        message="Body mass index {value} is at least {limit}: rules per kg overestimate with "
        "actual weight and are not used",
        about=("patient.height", "patient.weight"),
        fact="obesity",
    ),
    Rule(
        id="obese-child",
        code="W-OBESE",
        severity="warn",
        when=lambda f: f.patient.obese_child and not f.patient.volume_entered,
        value=lambda f: "obesity",
        message="Obesity in a child: the estimate is for children of usual build and may "
        "overestimate. Enter a measured or device value if there is one",
        about=(STATE_INPUTS, *STATED_VOLUME),
        enter=STATED_VOLUME,
        needs=(STATE_INPUTS,),
        source="iowa-bands",
        tag="secondary",
    ),
    Rule(
        id="bmi-of-child-high",
        code="W-OBESE",
        severity="warn",
        when=lambda f: f.patient.group == "child"
        and f.patient.size.height is None
        and not f.patient.obese_child
        and not f.patient.volume_entered,
        value=lambda f: f.patient.bmi,
        limit="obese-child",
        at_limit=True,
        message="Body mass index {value} is at least {limit}: the estimate is for children of "
        "usual build and may overestimate. Enter a measured or device value if there is one",
        about=("patient.weight", "patient.height", *STATED_VOLUME),
        enter=STATED_VOLUME,
        fact="size-of-child",
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
        "amputation; whether blood volume is that of the restored weight is not established"
        "{patient.with_observed_weight}. Enter a measured or device value if there is one",
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
        message="Estimators that are valid for this patient differ by {value}, more than {limit}: "
        "compare the estimates",
        about=("patient.height", "patient.weight"),
    ),
    Rule(
        id="entered-volume-differs",
        code="W-OVERRIDE",
        severity="warn",
        value=lambda f: f.patient.entered_difference,
        limit="override-difference",
        message="The volume that was entered differs from the estimate by {value}, more than "
        "{limit}: both are printed",
        about=STATED_VOLUME,
    ),
    Rule(
        id="entered-volumes-contradict-hematocrit",
        code="W-OVERRIDE",
        severity="warn",
        value=lambda f: f.patient.hematocrit_gap,
        limit="hematocrit-gap",
        message="The entered blood and plasma volume give a hematocrit that differs from the one "
        "entered by {value}, more than {limit}",
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
        id="hypotension-entered",
        code="W-PRESSURE",
        severity="strong",
        when=lambda f: f.findings.hypotensive and not _pressure_low(f),
        value=lambda f: "hypotension",
        message=f"Hypotension is recorded{{findings.and_rising}}. {_AT_THE_BEDSIDE}",
        about=("findings", "patient.systolic"),
        needs=("findings",),
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="vasopressor-rising",
        code="W-PRESSURE",
        severity="strong",
        when=lambda f: f.findings.vasopressor_rising
        and not f.findings.hypotensive
        and not _pressure_low(f),
        value=lambda f: "vasopressor",
        message=f"The vasopressor dose is rising. {_AT_THE_BEDSIDE}",
        about=("findings",),
        needs=("findings",),
        source="program-judgement",
        tag="judgement",
    ),
)
# fmt: on
