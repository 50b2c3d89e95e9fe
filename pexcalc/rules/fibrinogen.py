"""Fibrinogen at the start and at the end of an exchange: which limit holds, and how grave it is.

One low fibrinogen raises one alert. The rows of the start are in rules/fluids, those of the end in
rules/alerts; `end_outranks` decides between them. The trap: with bleeding, DIC or a major procedure
the limit of the end is higher than that of the start.
"""

from collections.abc import Sequence

from pexcalc.quantities.given import words_if
from pexcalc.rules.facts import EndFacts, Facts, FluidFacts, at_least, below, joined_words

MILD_CEILING = 1.0  # judgement wodajo-2024: g/L, ends the band of 80 to 100 mg/dL for every site
GRAVE_CRS = 3  # judgement: the ASTCT grade of CRS from which a very low fibrinogen is strong
RANKS = ("", "info", "warn", "strong")


# --- at the start ---------------------------------------------------------------------------------


def fibrinogen_mildly_low(f: Facts) -> bool:
    """A little below the limit, without bleeding, anticoagulant or procedure."""
    ceiling = min(f.low("fibrinogen-low"), MILD_CEILING)
    in_band = at_least(f.labs.fibrinogen, f.low("fibrinogen-mild")) and below(
        f.labs.fibrinogen, ceiling
    )
    return in_band and not f.findings.at_risk


def fibrinogen_low(f: Facts) -> bool:
    """Below the limit, and not in the band in which albumin may do."""
    return below(f.labs.fibrinogen, f.low("fibrinogen-low")) and not fibrinogen_mildly_low(f)


def at_start(f: Facts) -> str:
    """How grave the start is, where no fluid in force has plasma; empty where nothing is said."""
    if not f.end.without_plasma:
        return ""
    return "strong" if fibrinogen_low(f) else words_if(fibrinogen_mildly_low(f), "warn")


# --- at the end -----------------------------------------------------------------------------------


def at_end(f: Facts) -> str:
    """How grave the predicted end is; empty where nothing is said."""
    if f.end.grave_risks and below(f.end.level, f.low("fibrinogen-very-low-end")):
        return "strong"
    if not below(f.end.level, f.low(f"fibrinogen-low{f.end.for_bleeding}")):
        return ""
    return "warn" if f.end.risks else "info"


def end_outranks(f: Facts) -> bool:
    """The end is the alert that is raised: at least as grave as the start."""
    return at_end(f) != "" and RANKS.index(at_end(f)) >= RANKS.index(at_start(f))


def limit_of_end(f: Facts) -> str:
    """The name of the threshold of the end: the higher of the two that hold."""
    names = ["fibrinogen-low"]
    if f.findings.bleeds or f.findings.dic or f.findings.major_procedure:
        names.append("fibrinogen-low-bleeding")
    return max(names, key=f.low)


def end_facts(
    f: Facts, judged: Sequence[FluidFacts], in_force: Sequence[FluidFacts] = ()
) -> EndFacts:
    """The facts of the end: the lowest level of the fluids that are judged."""
    known = [one for one in judged if one.fibrinogen_after is not None]
    bare = in_force != () and not any(one.has_plasma for one in in_force)
    if not known:
        return EndFacts(without_plasma=bare)
    worst = min(known, key=_end_level)
    limit = limit_of_end(f)
    is_open = f.ordered.fluid is None
    return EndFacts(
        level=worst.fibrinogen_after,
        range=worst.fibrinogen_range,
        for_bleeding=limit.removeprefix("fibrinogen-low"),
        of_fluid=words_if(is_open, f" with {worst.words}"),
        others=tuple(
            (f"with {one.words}", _end_level(one)) for one in known if is_open and one is not worst
        ),
        risks=_risks(f),
        grave_risks=_grave_risks(f),
        without_plasma=bare,
    )


def _end_level(fluid: FluidFacts) -> float:
    return fluid.fibrinogen_after or 0.0


def _grave_risks(f: Facts) -> str:
    """What makes a very low level a strong alert."""
    found = f.findings
    grade = f.indication.crs_grade
    return (
        joined_words(
            (f"platelets {f.labs.platelets_words}", few_platelets(f)),
            ("an anticoagulant", found.anticoagulated),
            ("bleeding", found.bleeds),
            ("a bleeding risk", found.bleeding_risk and not found.bleeds),
            ("a procedure within 24 h", found.procedure),
            ("DIC", found.dic),
            ("HLH", f.indication.id == "hlh"),
            (f"CRS of grade {grade}", grade is not None and grade >= GRAVE_CRS),
        )
        or ""
    )


def _risks(f: Facts) -> str:
    """What makes a low level a warning."""
    grade = f.indication.crs_grade
    more = joined_words(
        ("daily exchanges", f.course.daily),
        ("liver failure", f.findings.liver_failure),
        ("CRS", f.indication.crs and (grade is None or grade < GRAVE_CRS)),
        ("sepsis", f.findings.sepsis),
    )
    return ", ".join(filter(None, (_grave_risks(f), more)))


def few_platelets(f: Facts) -> bool:
    """Platelets below the limit at which a coagulation disorder counts for more."""
    return below(f.labs.platelets, f.low("platelets-watch"))
