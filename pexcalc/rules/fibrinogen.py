"""Fibrinogen at the start and at the end of an exchange: which limit holds, and how grave it is.

One low fibrinogen raises one alert. The rows of the start stand in fluid_rules, those of the end in
caution_rules; `outranks` decides between them. The trap: with bleeding, DIC or a major procedure
the limit of the end is higher than that of the start.
"""

from collections.abc import Sequence

from pexcalc.quantities.units import number
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
    return "strong" if fibrinogen_low(f) else "warn" if fibrinogen_mildly_low(f) else ""


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
    return EndFacts(
        level=worst.fibrinogen_after,
        for_bleeding=limit.removeprefix("fibrinogen-low"),
        words=_level_of_fluids(f, worst, [one for one in known if one is not worst]),
        limit_words=_limit_words(f, limit),
        grave_limit_words=_limit_words(f, "fibrinogen-very-low-end"),
        risks=_risks(f),
        grave_risks=_grave_risks(f),
        without_plasma=bare,
    )


def _end_level(fluid: FluidFacts) -> float:
    return fluid.fibrinogen_after or 0.0


def _limit_words(f: Facts, name: str) -> str:
    """A limit in the unit that was typed."""
    end = f.low(name)
    if f.labs.fibrinogen_unit == "mg/dL":
        end *= 100  # derived: mg/dL of 1 g/L
    site = " (site limit)" if f.limits[name].site else ""
    return f"{number(end)} {f.labs.fibrinogen_unit}{site}"


def _level_of_fluids(f: Facts, worst: FluidFacts, others: Sequence[FluidFacts]) -> str:
    """The level, and where no fluid is ordered of which fluid it is, with those of the others."""
    level = _level_shown(f, worst)
    if f.ordered.fluid is not None:
        return level
    rest = ", ".join(f"with {one.words} at {_level_shown(f, one)}" for one in others)
    return f"{level} with {worst.words}{f' ({rest})' if rest else ''}"


def _level_shown(f: Facts, fluid: FluidFacts) -> str:
    """A level in the unit that was typed, to as many places as show on which side it is."""
    level = _end_level(fluid)
    limits = [f.low(limit_of_end(f)), f.low("fibrinogen-very-low-end")]
    sides = [level < limit for limit in limits]
    enough = (
        some for some in (2, 3, 4) if [round(level, some) < limit for limit in limits] == sides
    )
    places = next(enough, 6)  # derived: places
    if f.labs.fibrinogen_unit == "mg/dL":
        return f"{number(100 * level, places - 2)} mg/dL"  # derived: mg/dL of 1 g/L
    return f"{number(level, places)} g/L"


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
