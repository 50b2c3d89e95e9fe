"""Calcium plan, alkalosis and potassium, by the fluid that is given."""

from pexcalc.rules.facts import Facts, above, at_least, below, joined_words
from pexcalc.rules.fluids.row import (
    ADULT_FROM,
    HALF,
    Alert,
    FluidRule,
    any_fluid,
    with_plasma,
    without_plasma,
)

CALCIUM_ROUTES = {"oral": "by mouth", "bolus": "as a bolus"}
_INFUSION_OR_REASON = "get an order for a calcium infusion, or enter the reason"
_BY_ROUTE = (
    "in 636 exchanges with albumin reactions: 35.6 % with simple measures (oral calcium among "
    "them), 29.4 % with a bolus, 8.6 % with an infusion"
)


def alkalosis_from(f: Facts) -> str:
    """From which session of daily plasma pH and bicarbonate are checked, and why; or nothing.

    Liver failure has its own row.
    """
    if not f.course.daily or f.findings.liver_failure:
        return ""
    if below(f.patient.age, ADULT_FROM):
        return "first, child"
    return "first, membrane" if f.run.membrane_with_citrate else "third"


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


def potassium_at_risk(f: Facts) -> bool:
    """A low potassium with digoxin or a QT risk, before an exchange that lowers it further."""
    low = below(f.labs.potassium, f.low("potassium-low"))
    return low and (f.findings.digoxin or f.findings.qt_risk)


def calcium_risk_words(f: Facts) -> str | None:
    """A low ionized calcium or a QT risk, in words; None where there is neither."""
    low = below(f.labs.ionized_calcium, f.low("ionized-calcium-low"))
    return joined_words(("Low ionized calcium", low), ("QT risk", f.findings.qt_risk))


# fmt: off
ELECTROLYTES: tuple[FluidRule, ...] = (
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
            "Calcium in the {value} line and plasma in the same: clotting. Give calcium through a "
            "separate line",
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
            "Half or more of the fluid is plasma and no calcium is ordered: "
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
            "W-CA-PLAN", "strong", lambda fluid: at_least(fluid.plasma, HALF),
            "Half or more of the fluid is plasma and calcium is ordered {value}: "
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
            f"{{value}}, and no calcium is ordered: {_INFUSION_OR_REASON}",
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
            "W-CA-PLAN", "strong", lambda fluid: not at_least(fluid.plasma, HALF),
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
            "Liver failure: citrate accumulates; total to ionized calcium above 2.5 is its sign. "
            "Check ionized and total calcium, pH and bicarbonate in each session",
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
        id="potassium-low-with-arrhythmia-risk",
        when=potassium_at_risk,
        effect="note",
        fluids=(),
        reason="albumin alone lowers potassium by about 25 %: correct it first, with digoxin or a "
        "QT risk (judgement of this program)",
        source="ajkd-2023",
        strength="should",
        tag="secondary",
        alert=Alert(
            "W-K", "warn", without_plasma,
            "{value} and albumin alone: potassium falls by about 25 %. Ask the prescriber to "
            "correct it before the start; ECG (judgement of this program)",
            about=("labs.potassium", "findings", "drugs"),
            needs=(("labs.potassium", "findings"), ("labs.potassium", "drugs")),
            value=lambda f, fluid: potassium_words(f),
        ),
    ),
    FluidRule(
        id="potassium-low-afterwards",
        when=lambda f: potassium_words(f) is not None and not potassium_at_risk(f),
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
)
# fmt: on
