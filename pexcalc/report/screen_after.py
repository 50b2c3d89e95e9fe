"""What follows the session on the one screen: levels, cytokines in CRS, medicines, the course."""

from __future__ import annotations

from pexcalc.data import solutes as solute_table
from pexcalc.data.indications import PANEL, Indication
from pexcalc.kinetics.removal import SoluteRemoval
from pexcalc.order.fields import ADULT
from pexcalc.order.order import CRS_INDICATIONS
from pexcalc.order.patient import Patient, group_of
from pexcalc.prescription import Prescription, indication_of
from pexcalc.quantities import units
from pexcalc.quantities.given import words_if
from pexcalc.report.entered import course_words
from pexcalc.report.level_words import return_words, row_text
from pexcalc.report.levels_after import level_after
from pexcalc.report.replacement import in_force
from pexcalc.report.screen_lines import Line, capital, field_line, row_line, row_lines
from pexcalc.report.wording import (
    System,
    hours,
    hours_span,
    in_words,
    joined,
    percent_span,
    removal_line,
)
from pexcalc.rules.cautions import Caution

AFTER_NAMES = {"fibrinogen": "Fibrinogen", "igg": "IgG"}
NOT_STATED = ("not stated", "not stated separately")
EXPERT_OPINION = "Exchange may be considered (expert opinion; not in ASFA 2023)."


def choice_of_fluid(p: Prescription) -> list[str]:
    """That a fluid has to be chosen, where neither an order nor a default names one."""
    if in_force(p) is not None or not p.replacement.options:
        return []
    name = indication_of(p.order).short
    return [f"No replacement fluid ordered. There is no standard fluid for {name}: choose."]


def after_lines(p: Prescription, system: System) -> list[list[Line]]:
    """Levels after the session, cytokines, medicines, course."""
    return [
        [*_level_lines(p, system), *_asked_solutes(p)],
        _cytokine_lines(p),
        [*_medicine_lines(p), *_course_lines(p, system)],
    ]


def _level_lines(p: Prescription, system: System) -> list[Line]:
    option = in_force(p)
    if option is None or not option.segments:
        return []
    lines = [Line("AFTER THIS SESSION (model; without a unit: % of the level before)")]
    for solute, name in AFTER_NAMES.items():
        found = level_after(option, solute)
        if found is None:
            continue
        words = f"{row_text(p, solute, found, system)}{return_words(p, solute, found)}"
        lines.append(row_line(name, words))
    if p.learned is not None:
        from pexcalc.report.learned import learned_words  # the kinetics of measured levels

        lines.append(row_line("Measured levels", capital(learned_words(p.learned, p.removal))))
    return lines


def _asked_solutes(p: Prescription) -> list[Line]:
    """The solutes that the order names, and that of the disease; those of CRS have their lines."""
    in_crs = p.order.indication in CRS_INDICATIONS
    of_disease = () if in_crs else PANEL.get(p.order.indication, ())
    asked = {*p.order.solutes, *of_disease} - {*AFTER_NAMES}
    return [
        row_line(
            solute_table.solute(one.solute).short,
            f"{words_if(one.range != 'scenarios', 'fall ')}{removal_line(one)}",
        )
        for one in p.removal
        if one.solute in asked
    ]


# --- CRS ------------------------------------------------------------------------------------------


def _cytokine_lines(p: Prescription) -> list[Line]:
    """Interleukin-6 in CRS: what the session removes, what the level does, what not to read."""
    if p.crs is None:
        return []
    lines = [line for one in p.removal for line in _interleukin(one)]
    return [field_line("CRS", EXPERT_OPINION), *lines] if p.crs.met else lines


def _interleukin(one: SoluteRemoval) -> list[Line]:
    """Of interleukin-6; nothing of another solute."""
    steady, other, back = one.fall_by_parameters, one.fall, one.return_time_90
    share = one.device_share
    if one.solute != "il6" or steady is None or other is None or share is None:
        return []
    removes = f"The session removes {percent_span(share)} of all that is cleared meanwhile."
    rebound = f"; back in {hours_span(back)}" if back else ""
    level = (
        f"Level at the end: {percent_span(steady)} lower if production is steady, from a "
        f"{units.percent(-other.low)} rise to a {units.percent(other.high)} fall if it is not"
        f"{rebound}."
    )
    lines = [field_line("IL-6", removes), field_line("", level)]
    if "after tocilizumab" in one.statement:
        lines.append(field_line("", "After tocilizumab IL-6 rises by itself: do not read it."))
    return lines


# --- medicines and course -------------------------------------------------------------------------


def _medicine_lines(p: Prescription) -> list[Line]:
    """The medicines of the order with what to do; what an alert says is printed with the alert."""
    rows = [
        f"{drug.name}, {hours(units.size(drug.time, 'h'))} {drug.when}: {capital(drug.advice)}"
        for drug in p.drugs
        if not any(_about_medicine(caution, drug.name) for caution in p.cautions)
    ]
    names = ("MEDICINES", *("" for _ in rows))
    return [field_line(name, text) for name, text in zip(names, rows)]


def _about_medicine(caution: Caution, medicine: str) -> bool:
    """An alert on the screen is about this medicine."""
    shown = caution.severity != "info"
    return shown and medicine.casefold() in caution.message.casefold()


def _course_lines(p: Prescription, system: System) -> list[Line]:
    """What is ordered of the course and the levels before its sessions, or what is usual."""
    row = indication_of(p.order)
    ordered = course_words(p.order)
    usual = _usual_words(row, p.order.patient)
    course = p.order.course
    said = [f"Ordered: {ordered}."] if course is not None else []
    if usual and (course is None or course.sessions is None):
        said.append(f"Usual: {usual}.")
    if not said:
        return []
    return [field_line("COURSE", " ".join(said)), *_before_sessions(p, system)]


def _usual_words(row: Indication, patient: Patient) -> str:
    """The listed course, with the volume where none is listed in plasma volumes."""
    volume = row.volume_note if row.pv_low is None else ""
    if volume and row.litres and group_of(units.size(patient.age, "y")) != ADULT:
        volume = f"{volume} in adults"
    sessions = "" if row.sessions in row.frequency else row.sessions  # 3-6 over 10-14 days; 3-6
    stated = (text for text in (volume, row.frequency, sessions) if text not in NOT_STATED)
    return in_words(joined(*stated))


def _before_sessions(p: Prescription, system: System) -> list[Line]:
    """The levels before each further session of a close course."""
    if p.order.course is None:
        return []
    from pexcalc.report.course import levels_before_sessions

    return row_lines(levels_before_sessions(p, system).rows)
