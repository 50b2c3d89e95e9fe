"""Alerts on citrate, calcium and magnesium."""

from pexcalc.rules.alerts.row import HEPARIN, Rule
from pexcalc.rules.facts import Facts, above, at_least, below
from pexcalc.rules.fluids.row import HALF, Needs

NO_CALCIUM = (
    "albumin contains no calcium or magnesium: check both. In kidney failure magnesium only after "
    "a "
    "measured level (judgement of this program)"
)
NO_MAGNESIUM = (
    "no intravenous magnesium without the neurologist; it can stop breathing (judgement of this "
    "program)"
)
# What has to be entered before citrate from the anticoagulant is known.
CITRATE: Needs = (
    ("device.anticoagulant", "device.inlet_flow", "device.ratio", "device.ratio_meaning"),
    ("device.anticoagulant", "device.blood_flow", "device.plasma_flow", "device.ratio"),
)
NO_CITRATE: Needs = ("device.anticoagulant", "device.anticoagulant_citrate")


def above_label(f: Facts) -> bool:
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
    return high or above_label(f)


def _magnesium_at_hand(f: Facts) -> bool:
    """Magnesium is among the medicines, or may be thought of: albumin, and no citrate is known."""
    albumin = f.fluid is not None and f.fluid.has_albumin
    return f.medicines.magnesium or (albumin and not f.citrate.reaches_patient)


# fmt: off
CITRATE_RATE: tuple[Rule, ...] = (
    Rule(
        id="citrate-above-donor-rate",
        code="W-CITRATE-1",
        severity="info",
        when=lambda f: not f.findings.liver_failure
        and not above(f.citrate.rate, f.high("citrate-studied"))
        and not above_label(f),
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
        when=lambda f: f.findings.liver_failure and not above_label(f),
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
        when=lambda f: not f.findings.liver_failure and not above_label(f) and _small(f),
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
        and not above_label(f)
        and not _small(f)
        and not f.ordered.calcium_infusion,
        value=lambda f: f.citrate.rate,
        limit="citrate-without-infusion",
        message="Citrate reaches {value} from {citrate.comes_from}, above {limit}, and no calcium "
        "infusion is ordered: get an order for one or slow the plasma (judgement of this program)"
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
        message="Plasma runs in at {value}, above {limit}, the maximum on a label"
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
        message="No calcium is ordered, and citrate reaches {value}{run.calcium_words}. Get a "
        "calcium order before you start (judgement of this program)",
        about=("calcium.plan",),
        enter=("calcium.plan",),
        needs=CITRATE,
        source="program-judgement",
        tag="judgement",
    ),
)
# fmt: on


# fmt: off
CALCIUM_AND_MAGNESIUM: tuple[Rule, ...] = (
    Rule(
        id="magnesium-ordered-in-myasthenia",
        code="W-MG",
        severity="strong",
        when=lambda f: f.medicines.magnesium,
        value=lambda f: f.indication.weakness,
        message=f"{{value}}, and magnesium is among the medicines: {NO_MAGNESIUM}",
        about=("indication", "drugs"),
        needs=("drugs",),
        source="magnesium-label",
        tag="secondary",
    ),
    Rule(
        id="magnesium-in-myasthenia",
        code="W-MG",
        severity="warn",
        when=lambda f: _magnesium_at_hand(f) and not f.medicines.magnesium,
        value=lambda f: f.indication.weakness,
        message=f"{{value}}: {NO_MAGNESIUM}",
        about=("indication", "fluid.choice", "drugs"),
        fluid="any",
        source="magnesium-label",
        tag="secondary",
    ),
    Rule(
        id="magnesium-in-kidney-failure",
        code="W-MG",
        severity="warn",
        when=lambda f: _magnesium_at_hand(f) and f.indication.dialysis,
        value=lambda f: "Kidney failure",
        message="{value}: magnesium only after a measured level (judgement of this program)",
        about=("indication", "fluid.choice", "drugs"),
        fluid="any",
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
)
# fmt: on
