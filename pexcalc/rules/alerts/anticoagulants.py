"""Alerts on anticoagulants: in the circuit, in the catheter lock, and those of the patient."""

from pexcalc.quantities.given import words_if
from pexcalc.quantities.units import number
from pexcalc.rules.alerts.row import HEPARIN, STATE_INPUTS, Rule
from pexcalc.rules.facts import Facts, at_least, below, between, joined_words
from pexcalc.rules.fibrinogen import few_platelets
from pexcalc.rules.fluids.row import HALF, Shown

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
_LOCK = (
    "Withdraw the lock, never flush it in. HIT: no heparin lock or flush (judgement of this "
    "program)"
)


def _risks_of_anticoagulant(f: Facts) -> str | None:
    """What makes an anticoagulant of any class a strong alert."""
    return joined_words(
        (f"platelets {f.labs.platelets_words}", few_platelets(f)),
        ("a procedure within 24 h", f.findings.procedure),
        ("a mechanical valve", f.findings.mechanical_valve),
    )


def _heparin_risks(f: Facts) -> str | None:
    """The risks of heparin in the circuit, in words; None without one."""
    few = below(f.labs.platelets, f.low("platelets-heparin"))
    given = f.medicines.anticoagulants
    return joined_words(
        (f.findings.bleeding_words or "", f.findings.bleeding_words is not None),
        ("bleeding risk", f.findings.bleeding_risk),
        ("liver failure", f.findings.liver_failure),
        (f"platelets {f.labs.platelets_words}", few),
        (f"already anticoagulated ({given})", given is not None),
    )


def _without_plasma_alone(f: Facts) -> bool:
    """The fluid is not plasma alone, which holds the clotting factors itself."""
    return f.fluid is not None and (f.fluid.has_albumin or not f.fluid.has_plasma)


def _plasma_in_part(f: Facts) -> bool:
    """The fluid is albumin with some plasma, for which the figure of albumin is the high end."""
    return f.fluid is not None and f.fluid.has_plasma


def _plasma_half(f: Facts) -> bool:
    """So much of the fluid is plasma that the figure of albumin says nothing."""
    return f.fluid is not None and at_least(f.fluid.plasma, HALF)


def inr_after(f: Facts) -> float | None:
    """INR after one plasma volume with albumin alone; None where that was not studied."""
    volumes = between(f.dose.plasma_volumes, f.low("inr-volumes"), f.high("inr-volumes"))
    studied = volumes and not _plasma_half(f)
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
    less = words_if(_plasma_in_part(f), ", less with plasma in the fluid")
    if f.labs.inr is None:
        return f"INR is missing; it rises with albumin{less}. Enter it"
    before = f"INR {number(f.labs.inr, 2)} before"
    if _plasma_half(f):
        return f"{before}; it rises with albumin{less}, no figure with half or more plasma"
    after = inr_after(f)
    if after is None:
        low, high = f.low("inr-volumes"), f.high("inr-volumes")
        return (
            f"{before}; it rises with albumin{less}, no figure outside {number(low)} to "
            f"{number(high)} plasma volumes"
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
    alone = words_if(less, " alone")
    rises = words_if(less, "; it rises less with plasma in the fluid (judgement of this program)")
    return (
        f"{before}, about {shown} after one plasma volume with albumin{alone} (121 exchanges of 8 "
        f"patients){rises}"
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
    antithrombin = words_if(albumin, "; with albumin antithrombin falls by about 65 % too")
    clotting = words_if(medicines.anti_xa, "; aPTT may rise while anti-Xa falls")
    return (
        f"{names}{f', with {risks}' if risks else ''}: the exchange removes part of it"
        f"{antithrombin}. Bleeding and clotting are possible{clotting}"
    )


# fmt: off
HEPARIN_RULES: tuple[Rule, ...] = (
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
        id="heparin-with-bleeding-risk",
        code="W-HEPARIN",
        severity="strong",
        when=lambda f: f.medicines.heparin_in_circuit,
        value=_heparin_risks,
        message=f"Heparin in the circuit and {{value}}: {_NO_DOSE}",
        about=(HEPARIN, "drugs", "findings", "labs.platelets"),
        needs=(
            (HEPARIN, "findings.bleeding"),
            (HEPARIN, "findings.liver-failure"),
            (HEPARIN, STATE_INPUTS),
            (HEPARIN, "labs.platelets"),
            (HEPARIN, "drugs.anticoagulant"),
            (HEPARIN, "findings.anticoagulant"),
        ),
        source="lee-2012",
        tag="source",
        fact="heparin-in-circuit",
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
        fact="heparin-in-circuit",
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
)
# fmt: on


# fmt: off
PATIENT_ANTICOAGULANTS: tuple[Rule, ...] = (
    Rule(
        id="inr-high-with-vitamin-k-antagonist",
        code="W-INR",
        severity="strong",
        when=_without_plasma_alone,
        value=lambda f: _vitamin_k_antagonist(f, True),
        message=f"{{value}}. {_TEST_INR}. {_REVIEW}",
        about=("drugs", "labs.inr"),
        enter=("labs.inr",),
        needs=("drugs.anticoagulant",),
        source="zantek-2014",
        tag="source",
        fluid="any",
        fact="inr",
    ),
    Rule(
        id="vitamin-k-antagonist",
        code="W-INR",
        severity="warn",
        when=_without_plasma_alone,
        value=lambda f: _vitamin_k_antagonist(f, False),
        message=f"{{value}}. {_TEST_INR}. {_REVIEW}",
        about=("drugs", "labs.inr"),
        enter=("labs.inr",),
        needs=("drugs.anticoagulant",),
        source="zantek-2014",
        tag="source",
        fluid="any",
        fact="inr",
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
)
# fmt: on
