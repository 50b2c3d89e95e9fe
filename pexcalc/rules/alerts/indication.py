"""Alerts on the indication: its category, and what to do before the first exchange."""

from pexcalc.rules.alerts.row import Rule
from pexcalc.rules.facts import Facts

_BEFORE_FIRST_PLASMA = (
    "ADAMTS13, blood group and antibody screen, virology, troponin{patient.pregnancy_test}. If the "
    "exchange is delayed: plasma infusion meanwhile, watch for overload"
)


def _plasma_first(f: Facts) -> bool:
    """TTP whose patient may be given plasma: nothing is said of the first one to who refuses it."""
    return f.indication.id == "ttp" and "plasma" not in f.ordered.refused


# fmt: off
BEFORE_START: tuple[Rule, ...] = (
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
        when=lambda f: _plasma_first(f) and f.course.session == 1,
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
        severity="warn",
        when=lambda f: _plasma_first(f)
        and f.course.session is None
        and not f.course.taper,
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
        "succinylcholine or mivacurium can paralyze for hours. Inform anesthesia (one case)",
        about=("findings", "course.session", "course.sessions"),
        needs=(("findings", "course.session"), ("findings", "course.sessions")),
        source="cholinesterase-2002",
        tag="source",
    ),
)
# fmt: on


# fmt: off
CATEGORIES: tuple[Rule, ...] = (
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
        message="The indication is not in this program's table: no category known",
        about=("indication",),
        source="asfa-2023",
        tag="source",
    ),
    Rule(
        id="hemorrhage-against-the-row",
        code="W-CAT",
        severity="warn",
        when=lambda f: f.findings.alveolar_hemorrhage,
        value=lambda f: f.indication.without_hemorrhage,
        message="Alveolar hemorrhage, but this indication is {value} without it: with hemorrhage "
        "ASFA 2023 lists category I. Order it as anti-GBM disease with hemorrhage (anti-gbm-dah)",
        about=("indication", "findings"),
        needs=("findings.bleeding",),
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
# fmt: on
