"""The answers of volume, removal, compare and crs-grade: about ten lines, the figure first.

Each is a list of blocks of lines; the reasons follow with --why. The traps: an alert is never cut;
what was assumed and what was not checked stays on the screen, whatever else goes behind --why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

from pexcalc import __version__
from pexcalc.data import loading
from pexcalc.exchange.estimate import Alternative, VolumeEstimate
from pexcalc.kinetics.course import Course
from pexcalc.kinetics.dose_lost import DoseLost
from pexcalc.kinetics.modalities import ModalityResult
from pexcalc.kinetics.removal import GRADES, Removal
from pexcalc.order.patient import Patient
from pexcalc.order.site import SiteUsed
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.given import words_if
from pexcalc.report.course import level_of_session, sessions_shown, target_rows
from pexcalc.report.entered import confirmed_rows, described, site_rows
from pexcalc.report.layout import (
    INTENDED_USE,
    Paint,
    Row,
)
from pexcalc.report.learned import levels_of_screen
from pexcalc.report.modalities import MODALITY_NAMES, modality_caution, modality_span
from pexcalc.report.removal import NO_RETURN, WASHOUT, level_rows
from pexcalc.report.screen import (
    NOT_VALID_ESTIMATE,
    Blocks,
    colored,
    not_checked_line,
    volume_alerts,
    volume_range,
)
from pexcalc.report.screen_lines import Line, capital, field_line, milliliters, row_lines
from pexcalc.report.sheet import NOT_VALID
from pexcalc.report.wording import (
    change,
    class_words,
    cleared,
    hours_span,
    in_words,
    joined,
    level_by_production,
    percent_span,
    plural,
    share,
)
from pexcalc.rules.crs import Criteria, CrsGrade

CHECKED = "Results must be checked; the prescriber decides. Not for emergencies."
BEHIND_WHY = "Reasons and sources: --why"


def answer_text(
    blocks: Blocks,
    reasons: Sequence[str] = (),
    notes: str = "",
    paint: Paint | None = None,
) -> str:
    """Write the answer of a command.

    Parameters
    ----------
    blocks : list of lists of Line
        The answer.
    reasons : sequence of str
        What stands below it with --why; empty without.
    notes : str
        What the last line says besides the version.
    paint : callable, optional
        Colors a line that heads alerts, from its severity and the line.
    """
    used = Line(INTENDED_USE) if reasons else Line(CHECKED)
    behind = [] if reasons else [Line(BEHIND_WHY)]
    version = Line(f"pexcalc {__version__}, data {loading.data_version()}{notes}")
    shown = ("\n".join(colored(block, paint)) for block in blocks if block)
    last = "\n".join(colored([used, *behind, version], None))
    return "\n\n".join((*shown, *reasons, last))


# --- volume ---------------------------------------------------------------------------------------


def volume_answer(
    estimate: VolumeEstimate,
    patient: Patient,
    confirmed: Iterable[str] = (),
    site: SiteUsed | None = None,
) -> Blocks:
    """Both volumes with their range, whose they are, the other estimators, the alerts."""
    plasma, blood = estimate.plasma_volume, estimate.blood_volume
    who, *stated = (*described(patient), *confirmed_rows(confirmed), *site_rows(site))
    method = f"{estimate.method}{NOT_VALID_ESTIMATE[estimate.valid]}"
    lines = [
        field_line(
            "PLASMA VOLUME", f"{milliliters(plasma.typical)} ({volume_range(plasma)}), {method}"
        ),
        field_line("BLOOD VOLUME", f"{milliliters(blood.typical)} ({volume_range(blood)})"),
        field_line("PATIENT", capital(who.text.replace("hematocrit", "Hct"))),
        *(field_line("", f"{row.label}: {row.text}") for row in stated),
        *_other_methods(estimate),
    ]
    missing, _ = not_checked_line(estimate.not_checked, ALL_LINES)
    return [lines, [*volume_alerts(estimate.cautions), missing]]


ALL_LINES = 99  # derived: more lines than what was not checked can take, so that all of it stands


def _other_methods(estimate: VolumeEstimate) -> list[Line]:
    """The plasma volume by each other estimator."""
    known = [other for other in estimate.alternatives if other.plasma_volume is not None]
    by_validity = (
        joined(f"{NOT_VALID[valid]}:" if not valid else "", "; ".join(names), by=" ")
        for valid in (True, False)
        if (names := [_other_method(other) for other in known if other.valid == valid])
    )
    words = ". ".join(by_validity)
    return [field_line("OTHER METHODS", words)] if words else []


def _other_method(other: Alternative) -> str:
    return f"{other.method} {milliliters(other.plasma_volume)}"


def notes_behind_why(estimate: VolumeEstimate) -> str:
    """How many alerts for information stand with the reasons."""
    notes = sum(caution.severity == "info" for caution in estimate.cautions)
    return f"; {plural(str(notes), 'note')} with --why" if notes else ""


# --- removal --------------------------------------------------------------------------------------

NO_BENEFIT = (
    "A model, not validated in CAR-T patients. End-of-session samples overstate the effect. A "
    "lower level does not prove benefit."
)
WITHOUT_SOLUTE = "the fluid contains none of the solute (assumed)"
OF_A_COURSE = ("Session", "before", "after", "in the body after")
FALL_WORDS = "a fall of "


def removal_answer(
    used: Sequence[str],
    refused: Iterable[str],
    found: Iterable[Removal],
    courses: Iterable[Course],
    lost: Iterable[DoseLost],
) -> Blocks:
    """What a session or a course does to each solute, the loss of medicines, what was used."""
    removals, followed = list(found), list(courses)
    names = chain(["NOT CALCULATED"], repeat(""))
    errors = [line for name, text in zip(names, refused) for line in _named_error(name, text)]
    return [
        errors,
        *map(_removal_lines, removals),
        *map(_course_lines_of_solute, followed),
        *map(_dose_lines, lost),
        _levels_used([*removals, *followed]),
        [field_line("USED", capital(f"{'; '.join(used)}.")), field_line("NOTE", NO_BENEFIT)],
    ]


def _named_error(name: str, text: str) -> list[Line]:
    head = [Line(name)] if name else []
    return [*head, Line(text, 2, 2)]


def _removal_lines(one: Removal) -> list[Line]:
    """One solute and one session."""
    rows = _LEVELS.get(one.range, _other_levels)(one)
    effect = class_words(one.kinetic_class)
    rows += [
        Row("After that", joined(_rebound(one), effect)),
        _evidence_row(one.grade, one.upper_bound),
    ]
    return [Line(one.name.upper()), *row_lines(rows)]


def _scenario_levels(one: Removal) -> list[Row]:
    """Apart: what the level may do, and what the session removes."""
    level = "level not known" if one.fall is None else level_by_production(one)
    return [
        Row("Level at the end", level.removeprefix("level ")),
        Row("Session removes", cleared(one) or "not known"),
    ]


def _patient_levels(one: Removal) -> list[Row]:
    """One figure with its range, and where published series lie."""
    fall, around = one.fall, one.fall_of_series
    plain = one.supply or one.fall_without_levels is not None
    if plain or fall is None or fall.typical is None or around is None:
        return _other_levels(one)
    text = (
        f"{units.percent(fall.typical)} (range {percent_span(fall).removesuffix(' %')}) by the "
        f"equation; published series around {units.percent(around)}; single patients not studied"
    )
    return [Row("Reduction at the end", text)]


def _other_levels(one: Removal) -> list[Row]:
    return [row for row in level_rows(one) if row.label != WASHOUT]


_LEVELS = {"scenarios": _scenario_levels, "patient": _patient_levels}


def _rebound(one: Removal) -> str:
    if one.fall is None or one.device_share is None:
        return ""
    back = one.return_time_90
    return f"90 % of the reduction is reversed after {hours_span(back)}" if back else NO_RETURN


def _evidence_row(grade: str, upper_bound: bool = False) -> Row:
    bound = "the fall is an upper bound" if upper_bound else ""
    return Row("Evidence", joined(f"grade {grade}: {GRADES[grade]}", bound))


def _course_lines_of_solute(course: Course) -> list[Line]:
    """A table of the sessions, and what a target takes."""
    production = {"any": "halved to doubled"}.get(course.production, course.production)
    title = f"{course.name.upper()}, {course.sessions} sessions, production {production}"
    rows = [_course_row(course, number) for number in sessions_shown(course)]
    without = _without_measured(course)
    return [
        Line(title),
        *row_lines(target_rows(course)),
        Line("  Percent of the level before the first session (range)"),
        *(
            Line(f"  {a:<10}{b:<20}{c:<20}{d}".rstrip(), 0, 4)
            for a, b, c, d in (OF_A_COURSE, *rows)
        ),
        *row_lines((*without, _evidence_row(course.grade))),
    ]


def _course_row(course: Course, number: int | None) -> tuple[str, str, str, str]:
    """One session of the table; dots for those that are left out."""
    if number is None:
        return ("...", "", "", "")
    before, after, body = (share(level) for level in level_of_session(course, number))
    return (str(number + 1), before, after, body)


def _without_measured(course: Course) -> list[Row]:
    """The last session without the measured levels."""
    last = level_of_session(course, course.sessions - 1, without=True)
    if not last:
        return []
    before, after = map(share, last)
    return [Row("Without the levels", f"session {course.sessions}: {before}, after {after}")]


def _dose_lines(one: DoseLost) -> list[Line]:
    why = words_if(one.model.startswith("measured"), f" ({one.model})")
    removed = f"{share(one.lost)} of the amount in the body" if one.lost else f"no figure{why}"
    evidence = _evidence_row(one.grade)
    rows = (Row("Removed", removed), Row("To do", in_words(one.advice)), evidence)
    return [Line(one.name.upper()), *row_lines(rows)]


def _levels_used(results: Iterable[Removal | Course]) -> list[Line]:
    """Each measured level, whether it is used, and what to check about it."""
    learned = next((one.learned for one in results if one.learned), None)
    if learned is None:
        return []
    part = levels_of_screen(learned)
    return [Line(part.title.upper()), *row_lines(part.rows)]


# --- compare --------------------------------------------------------------------------------------

MODALITY_COLUMNS = ("", "mL/min in use", "L cleared/day", "fall at end", "fall, 24-h mean")


def modality_answer(found: Iterable[list[ModalityResult]], texts: Mapping[str, Any]) -> Blocks:
    """A table of the modalities for each solute, the setting, and what it says on effect."""
    given = {name: f"{text}{A_DAY.get(name, '')}" for name, text in texts.items() if text}
    setting = SETTING.format(**{**ASSUMED_SETTING, **given})
    closing = [field_line("USED", capital(setting)), field_line("NOTE", FILTERS_AND_EFFECT)]
    return [*map(_modality_lines, found), closing]


SETTING = (
    "{weight}, hematocrit {hematocrit}, plasma volume {plasma_volume}; filter {blood_flow}, "
    "{effluent_dose}, {hours_per_day}; exchange {plasma_volumes} PV in {duration}, "
    "{sessions_per_day}."
)
A_DAY = {"hours_per_day": " a day", "sessions_per_day": " a day"}
# What is calculated with where it is not entered.
ASSUMED_SETTING = {
    "plasma_volume": "3 L for 70 kg (assumed)",
    "hours_per_day": "24 h a day (assumed)",
    "sessions_per_day": "1 a day (assumed)",
}
FILTERS_AND_EFFECT = (
    "HF hemofiltration, HDF hemodiafiltration (diffusion not included). A lower level proves "
    "neither removal by treatment nor benefit."
)


def _modality_lines(results: list[ModalityResult]) -> list[Line]:
    first = results[0]
    cautions = dict.fromkeys(
        modality_caution(result, one) for result in results for one in result.cautions
    )
    rests: dict[str, list[str]] = {}
    for result in results:
        rests.setdefault(result.passage, []).append(MODALITY_NAMES[result.modality])
    return [
        Line(first.name.upper()),
        _columns_line(MODALITY_COLUMNS),
        *(_columns_line(_modality_cells(result)) for result in results if result.clearance),
        *(
            Line(f"{', '.join(names)}: {passage}", 2, 4)
            for passage, names in rests.items()
            if "assumed" in passage
        ),
        *(Line(words, 2, 4) for words in cautions),
        Line(f"Evidence grade {first.grade}: {GRADES[first.grade]}", 2, 4),
    ]


def _columns_line(cells: Iterable[str]) -> Line:
    name, run, day, fall, mean = cells
    return Line(f"  {name:<18}{run:<15}{day:<15}{fall:<14}{mean}".rstrip(), 0, 4)


def _modality_cells(result: ModalityResult) -> tuple[str, str, str, str, str]:
    return (
        MODALITY_NAMES[result.modality],
        modality_span(result.clearance, "mL/min", 1).removesuffix(" mL/min"),
        modality_span(result.litres_per_day, "L", 1).removesuffix(" L"),
        _fall_cell(result.fall),
        _fall_cell(result.mean_fall),
    )


def _fall_cell(fall: Interval | None) -> str:
    return change(fall).removeprefix(FALL_WORDS)


# --- CRS grade ------------------------------------------------------------------------------------

OTHER_SCALES = "A grade by Penn or Lee may differ and cannot be used in its place."


def crs_answer(graded: CrsGrade, criteria: Criteria) -> Blocks:
    """The grade with its reason, what is open about it, and the criteria for exchange."""
    return [
        [
            field_line("CRS GRADE", f"{capital(graded.statement)} (ASTCT 2019)"),
            field_line("Because", graded.reason),
            *(field_line("Note", capital(flag)) for flag in graded.flags),
            field_line("EXCHANGE", f"{capital(criteria.statement)}."),
            field_line("", OTHER_SCALES),
        ]
    ]
