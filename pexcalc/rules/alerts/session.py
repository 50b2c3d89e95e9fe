"""Alerts on one session: dose, interval, duration, flows, ratio, fluid balance."""

from pexcalc.rules.alerts.citrate_calcium import above_label
from pexcalc.rules.alerts.row import DOSE, Rule, unusual_value
from pexcalc.rules.facts import Facts, above, below, between

YOUNG = 14.0  # judgement program-judgement: years, below which more per kg is usual
# Plasma proteins of grade A from whose levels the forecast learns.
_PROTEINS = ("igg", "iga", "igm", "igd", "fibrinogen", "antithrombin", "c3", "c4", "crp", "ldl")
MEASURED_PROTEINS = tuple(f"measured.{solute}" for solute in _PROTEINS)


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


# fmt: off
DOSE_AND_RUN: tuple[Rule, ...] = (
    unusual_value(
        "plasma-volumes-unusual", "A dose in plasma volumes of",
        lambda f: f.dose.plasma_volumes,
        "plasma-volumes", DOSE, "W-DOSE", "strong",
        when=lambda f: not f.dose.by_liters and not _below_ttp_dose(f),
        fact="plasma-volumes",
    ),
    unusual_value(
        "exchange-per-kg-unusual", "An exchange volume of",
        lambda f: f.dose.per_kg,
        "exchange-volume-per-kg", DOSE, "W-DOSE", "strong",
        when=lambda f: not f.dose.by_liters and not _young(f, YOUNG),
        fact="plasma-volumes",
    ),
    unusual_value(
        "exchange-per-kg-unusual-in-child", "An exchange volume of",
        lambda f: f.dose.per_kg,
        "exchange-volume-per-kg-child", DOSE, "W-DOSE", "strong",
        when=lambda f: not f.dose.by_liters
        and _young(f, YOUNG)
        and f.dose.beyond_listed != 0,
        fact="plasma-volumes",
    ),
    Rule(
        id="dose-below-one-in-ttp",
        code="W-DOSE",
        severity="strong",
        when=lambda f: f.indication.id == "ttp",
        value=lambda f: f.dose.plasma_volumes,
        limit="ttp-plasma-volumes",
        message="{value} plasma volumes in TTP, below 1 (listed: {dose.listed_plasma_volumes}). "
        "Order at least 1. If correct, confirm it",
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
        "{dose.listed_plasma_volumes}. It is {value} outside, more than {limit}. If correct, "
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
    unusual_value(
        "duration-unusual", "A session of",
        lambda f: f.run.ordered_duration,
        "duration", "dose.duration", "W-DOSE", "strong",
        ask=": check the duration",
        when=lambda f: not f.run.long_by_design,
    ),
    unusual_value(
        "inlet-flow-unusual", "An inlet flow of",
        lambda f: f.run.inlet_flow,
        "inlet-flow-{patient.group}", "device.inlet_flow", "W-DOSE", "strong",
    ),
    unusual_value(
        "blood-flow-unusual", "A blood flow of",
        lambda f: f.run.blood_flow,
        "blood-flow-{patient.group}", "device.blood_flow", "W-DOSE", "strong",
    ),
    unusual_value(
        "ratio-unusual", "A ratio of",
        lambda f: f.run.ratio,
        "anticoagulant-ratio", "device.ratio", "W-DOSE", "strong",
        when=lambda f: not f.run.membrane,
        fact="ratio",
    ),
    unusual_value(
        "removal-efficiency-unusual", "A removal efficiency of",
        lambda f: f.run.removal_efficiency,
        "removal-efficiency", "device.plasma_removal_efficiency", "W-DOSE", "strong",
    ),
    unusual_value(
        "run-time-unusual", "A run time of",
        lambda f: f.run.circuit_time,
        "duration", ("device.inlet_flow", "device.plasma_flow"), "W-DOSE", "strong",
        ask=": check the flow",
        when=lambda f: not f.run.long_by_design,
    ),
    Rule(
        id="measured-factor-unusual",
        code="W-MEASURED",
        severity="warn",
        value=lambda f: f.unusual_levels,
        message="{value}, outside the 95 % range of the forecast (0.46 to 1.6): not used. Check "
        "tube, time of the sample and products given; if the levels are correct, confirm them. The "
        "dose does not change",
        about=("measured",),
        confirm=MEASURED_PROTEINS,
        each_by_itself=True,
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="duration-differs-from-run-time",
        code="W-DOSE",
        severity="warn",
        value=lambda f: f.run.time_difference,
        limit="time-difference",
        message="The duration that was ordered and the run time of the circuit differ by {value}, "
        "more than {limit}: removal is calculated for the duration, citrate for the run time. If "
        "both are correct, confirm the duration",
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
        message="A ratio of {value}, above {limit}, raises an advisory on the device: watch for "
        "clumping",
        about=("device.ratio",),
        needs=("device.ratio",),
        fact="ratio",
    ),
)
# fmt: on


# fmt: off
VOLUME_AND_BALANCE: tuple[Rule, ...] = (
    Rule(
        id="removal-too-fast",
        code="W-DOSE",
        severity="strong",
        when=lambda f: not above_label(f),
        value=lambda f: f.run.removal_rate,
        limit="removal-rate",
        message="Plasma is removed at {value}, above {limit}: check the duration and the flow. If "
        "correct, confirm the volume",
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
        message="An exchange volume of {value} is above {limit}, although the liters are listed "
        "for this indication. If correct, confirm it",
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
        "patient less. If correct, confirm it",
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
        message="The order in liters is {value} plasma volumes for this patient (limit {limit}): "
        "a dose in liters changes in plasma volumes with hematocrit and weight",
        about=("dose.exchange_volume",),
        fact="plasma-volumes",
    ),
    unusual_value(
        "balance-unusual", "A fluid balance of",
        lambda f: f.ordered.balance,
        "balance", "fluid.balance", "W-DOSE", "strong",
    ),
)
# fmt: on
