"""Alerts on platelets: whether and when they may be given, by disease."""

from pexcalc.rules.alerts.row import Rule
from pexcalc.rules.facts import Facts, PlateletGroup, below
from pexcalc.rules.fluids.choice import dic_with_very_low_platelets, dic_words
from pexcalc.rules.fluids.safety import NO_PLATELETS_WORDS

# What is said on platelets for each group of indications.
_PURPURA = (
    "Donor platelets are destroyed too. Only for severe bleeding, together with immunoglobulin"
)
_SPECIALIST = (
    "Ask the treating specialist before platelets{indication.platelet_words}; in STEC-HUS two "
    "series showed no harm of platelets"
)
_WANTED = (
    "{findings.obstetrics}Are platelets needed for {findings.platelets_for}? If given, after the "
    "exchange or at its end (judgement of this program)"
)


def _platelets(f: Facts, *groups: PlateletGroup) -> bool:
    """The patient's indication or state puts him in one of these groups.

    DIC has a row of its own in place of those of the group "other".
    """
    group = f.indication.platelet_group
    return group in groups and not (group == "other" and f.findings.dic)


# fmt: off
PLATELETS: tuple[Rule, ...] = (
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
        message="HELLP or microangiopathy of pregnancy, and platelets {value}, less than {limit}. "
        f"{_WANTED}",
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
)
# fmt: on
