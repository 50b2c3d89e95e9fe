"""The command removal: its inputs from texts, what is calculated for each solute, and the page.

The trap: the loss of a medicine is that of one session; a course or production goes with none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pexcalc.exchange.dose import EXCHANGE, exchange_volume, plasma_volumes_exchanged
from pexcalc.kinetics.case import REFERENCE_PLASMA, REFERENCE_WEIGHT
from pexcalc.kinetics.course import EVERY, TARGET, Course, simulate_course
from pexcalc.kinetics.dilution import SIEVING
from pexcalc.kinetics.dose_lost import DoseLost, dose_lost
from pexcalc.kinetics.removal import NOT_IN_CAR_T, Removal, expected_removal
from pexcalc.kinetics.session_input import SUPPLY
from pexcalc.kinetics.turnover import EXCHANGED
from pexcalc.order.fields import ANY_WEIGHT, DELAY, DOSE, REMOVAL, RUN_TIME, STATED_VOLUME
from pexcalc.order.lookup import solute_named
from pexcalc.order.measured import MeasuredLevel
from pexcalc.order.text_input import (
    given_texts,
    level_wire,
    plain_number,
    quantity_wire,
    well_written,
)
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Measured
from pexcalc.quantities.argument import as_given, swapped
from pexcalc.quantities.errors import Faults, QuantityError, refuse_if
from pexcalc.quantities.given import words_if_given
from pexcalc.quantities.working import Basis
from pexcalc.report.answers import WITHOUT_SOLUTE, answer_text, removal_answer
from pexcalc.report.course import course_section, curve
from pexcalc.report.layout import Row, Section, listing, printed
from pexcalc.report.learned import learned_section
from pexcalc.report.removal import dose_section, removal_section
from pexcalc.report.wording import plasma_volumes_words


class RemovalAsked(NamedTuple):
    """Arguments for expected_removal, simulate_course and dose_lost."""

    solutes: tuple[str, ...]
    session: dict[str, Any]
    course: dict[str, Any] | None
    medicine: dict[str, Any] | None
    levels: dict[str, Any]


_ROWS = {row.name: row for row in REMOVAL}
_RANGES = {
    "plasma_volumes": EXCHANGED,
    "exchange_volume": EXCHANGE,
    "duration": RUN_TIME,
    "plasma_volume": STATED_VOLUME,
    "weight": ANY_WEIGHT,
    "sieving": SIEVING,
    "supply": SUPPLY,
    "every": EVERY,
    "target_fall": TARGET,
    "target_level": TARGET,
    "given": DELAY,
    "dose": DOSE,
}
_PLAIN_NUMBERS = ("plasma_volumes", "sieving", "supply", "sessions", "session_number")
_TARGETS = ("target_fall", "target_level")


def asked_in(solutes: tuple[str, ...], texts: Mapping[str, Any]) -> RemovalAsked:
    """Read the texts of the command removal; ranges are checked by the formulas.

    Raises
    ------
    QuantityError
        For a text that cannot be read, an input that is missing, and inputs that do not fit.
    """
    given = given_texts(texts)
    levels = _levels_asked(given)
    given = _with_target(given)
    faults = Faults()
    with faults.kept():
        _check_one_dose(given)
    with faults.kept():
        _check_given("duration", given, "--duration, such as 2 h")
    with faults.kept():
        _check_course(given, bool(levels.get("measured")))
    faults.raise_any()
    exchanged = swapped(well_written(given), _RANGES)
    if exchanged:
        raise exchanged
    read = {name: _read_input(name, text) for name, text in given.items()}
    if "session_number" in read:
        levels["session"] = read.pop("session_number")
    session = _with_plasma_volumes(read)
    return RemovalAsked(
        tuple(dict.fromkeys(solute_named(name).id for name in solutes)),
        course=_course_asked(session),
        medicine=_medicine_given(session),
        session=session,
        levels=levels,
    )


def _levels_asked(given: dict[str, Any]) -> dict[str, Any]:
    """Take the measured levels out of the texts, and those of them that were confirmed."""
    wires = [level_wire(item) for item in given.pop("measured", ())]
    words = [part for item in given.pop("confirmed", ()) for part in item.split(",")]
    found = {
        "measured": tuple(map(MeasuredLevel.from_wire, wires)),
        "confirmed": tuple(map(str.strip, words)),
    }
    return {name: items for name, items in found.items() if items}


_TARGET_IN_WORDS = re.compile(r"(?P<kind>level|fall) +(?P<share>.+)")


def _with_target(given: Mapping[str, Any]) -> dict[str, Any]:
    """The texts with a target in words as a level or a fall; one that could be either is asked."""
    if "target" not in given:
        return dict(given)
    rest = dict(given)
    typed = rest.pop("target").strip()
    found = _TARGET_IN_WORDS.fullmatch(typed)
    if found is None:
        shown = units.shown_text(typed)
        wanted = f'"level {shown}" if that much is left, or "fall {shown}" if that much is gone'
        raise QuantityError("target", f"{shown}, which could be either", wanted, kind="unknown")
    name = f"target_{found['kind']}"
    if name in rest:
        raise QuantityError(
            "target", f"--target and --{name.replace('_', '-')}", "one target", kind="conflict"
        )
    return {**rest, name: found["share"]}


def _read_input(name: str, text: str) -> Any:
    """One input: a word, a plain number, or a quantity."""
    if name == "production":
        return text
    if name in _PLAIN_NUMBERS:
        return plain_number(_ROWS[name], text)
    wire = quantity_wire(_ROWS[name], text, _RANGES[name])
    return Measured(_RANGES[name]).from_wire(name, wire, units.private_registry())


def _check_given(name: str, given: Mapping[str, Any], expected: str) -> None:
    refuse_if(name not in given, name, "nothing", expected, kind="missing")


def _check_one_dose(given: Mapping[str, str]) -> None:
    doses = {"plasma_volumes", "exchange_volume"} & given.keys()
    if len(doses) != 1:
        raise QuantityError(
            "plasma_volumes",
            "both" if doses else "nothing",
            "--plasma-volumes, such as 1.2, or --exchange-volume, such as 3000 mL, with "
            "--plasma-volume",
            kind="missing",
        )


def _check_course(read: Mapping[str, Any], with_levels: bool = False) -> None:
    """A course has a number of sessions, or a target, and an interval.

    Levels of earlier sessions have an interval too.
    """
    course = [name for name in ("sessions", "every") if name in read]
    target = next((name for name in _TARGETS if name in read), None)
    got, wanted = "a fall and a level", "one of them: the level left, or the fall"
    refuse_if(
        set(_TARGETS) <= read.keys(), "target_level", got, wanted, kind="conflict", fields=_TARGETS
    )
    if target is not None and "every" not in read:
        expected = "--every too, the time from start to start, such as 48 h"
        raise QuantityError(target, "no interval", expected, kind="missing")
    if course == ["every"] and (target or with_levels):
        return
    if len(course) == 1:
        other = {"sessions": "every", "every": "sessions"}[course[0]]
        raise QuantityError(
            course[0],
            f"--{course[0]} without --{other}",
            "both, such as --sessions 5 --every '24 h'",
            kind="missing",
        )


def _with_plasma_volumes(read: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs with the dose in plasma volumes."""
    session = dict(read)
    if "exchange_volume" in session:
        needed = "--plasma-volume of the patient with --exchange-volume"
        _check_given("plasma_volume", session, needed)
        volumes = plasma_volumes_exchanged(session.pop("exchange_volume"), session["plasma_volume"])
        session["plasma_volumes"] = EXCHANGED.strip("exchange_volume", volumes)
    return session


def _course_asked(session: dict[str, Any]) -> dict[str, Any] | None:
    """Take the inputs of a course out of those of a session."""
    if not session.keys() & {"sessions", *_TARGETS}:
        return None
    return {
        "interval": session.pop("every"),
        "sessions": session.pop("sessions", None),
        "target_fall": session.pop("target_fall", None),
        "target_level": session.pop("target_level", None),
    }


def _medicine_given(session: dict[str, Any]) -> dict[str, Any] | None:
    """Take the inputs of a medicine out of those of a session."""
    medicine = {"delay": session.pop("given", None), "dose": session.pop("dose", None)}
    return None if set(medicine.values()) == {None} else medicine


# --- what is calculated ---------------------------------------------------------------------------


class RemovalAnswers(NamedTuple):
    """Sessions, courses and medicines, and an error for each solute that could not be done."""

    found: list[Removal]
    courses: list[Course]
    lost: list[DoseLost]
    refused: list[QuantityError]


def answers(asked: RemovalAsked) -> RemovalAnswers:
    """Calculate the removal of each solute, in a course where one is asked, and of each medicine.

    Raises
    ------
    QuantityError
        Where nothing could be done; where something could, what could not is in `refused`.
    """
    done = RemovalAnswers([], [], [], [])
    for name in asked.solutes:
        try:
            _add_answer(name, asked, done)
        except QuantityError as error:
            done.refused.append(error)
    if len(done.refused) == len(asked.solutes):
        raise done.refused[0]
    _check_medicine_asked(asked)
    return done


def _add_answer(name: str, asked: RemovalAsked, done: RemovalAnswers) -> None:
    if solute_named(name).is_drug:
        done.lost.append(_medicine_lost(name, asked))
    elif asked.course is not None:
        done.courses.append(simulate_course(name, **asked.session, **asked.course, **asked.levels))
    else:
        session = dict(asked.session)
        interval = session.pop("every", None)
        done.found.append(expected_removal(name, **session, interval=interval, **asked.levels))


def _check_medicine_asked(asked: RemovalAsked) -> None:
    """Refuse the time or the dose of a medicine where no medicine is asked for."""
    if asked.medicine is None or any(solute_named(name).is_drug for name in asked.solutes):
        return
    option = "dose" if asked.medicine["delay"] is None else "given"
    expected = "--solute with a medicine, such as tocilizumab"
    raise QuantityError(option, f"--{option} without a medicine", expected, kind="conflict")


def _medicine_lost(name: str, asked: RemovalAsked) -> DoseLost:
    """The loss of a medicine in one session."""
    session = asked.session
    options = ("production", "sieving", "supply")
    beyond = ["course"] if asked.course else [o for o in options if o in session]
    if beyond:
        raise QuantityError(
            "solute",
            f"{name} with a {beyond[0]}",
            "a medicine alone: its loss is that of one session",
            kind="conflict",
        )
    for option in ("plasma_volume", "weight"):
        flag = f"--{option.replace('_', '-')}"
        _check_given(option, session, f"{flag}, which the loss of a medicine needs")
    given = asked.medicine or {"delay": None, "dose": None}
    if given["delay"] is None:
        expected = "--given, the time from the dose to the session, such as 24 h"
        raise QuantityError("given", "nothing", expected, kind="missing")
    exchanged = exchange_volume(session["plasma_volume"], session["plasma_volumes"])
    return dose_lost(name, exchanged, session["duration"], weight=session["weight"], **given)


# --- what is printed ------------------------------------------------------------------------------


def conditions(asked: RemovalAsked) -> tuple[Row, ...]:
    """What was asked, as it was entered."""
    session, medicine = asked.session, asked.medicine or {}
    exchange = plasma_volumes_words(session["plasma_volumes"], 3)
    return (
        Row("Exchange", f"{exchange} in {as_given(session['duration'])}"),
        Row("Plasma volume", _plasma_volume(session)),
        *_entered_rows("Weight", session.get("weight")),
        *_entered_rows("Given before", medicine.get("delay")),
        *_entered_rows("Dose", medicine.get("dose")),
        *printed(
            Row("Sieving", _sieving(session.get("sieving"))),
            Row("Fluid", _supply_words(session.get("supply"))),
            Row("Course", _course_words(asked)),
        ),
    )


def _entered_rows(label: str, value: Any) -> list[Row]:
    return [] if value is None else [Row(label, as_given(value))]


def _plasma_volume(session: Mapping[str, Any]) -> str:
    if "plasma_volume" in session:
        return f"{as_given(session['plasma_volume'])}, assumed exact"
    weight = session.get("weight")
    kilograms = REFERENCE_WEIGHT if weight is None else units.size(weight, "kg")
    liters = REFERENCE_PLASMA / 1000 * kilograms / REFERENCE_WEIGHT
    reference = f"{units.number(liters, 2)} L at {units.number(kilograms, 1)} kg"
    return f"missing: {reference} where a clearance needs one"


def _sieving(value: float | None) -> str:
    return words_if_given(value, lambda value: f"{units.number(value, 3)}, assumed exact")


def _supply_words(value: float | None) -> str:
    return words_if_given(
        value, lambda value: f"contains {units.number(value, 3)} x the level before"
    )


def _course_words(asked: RemovalAsked) -> str:
    course = asked.course
    if course is None:
        return ""
    every = f"one every {as_given(course['interval'])}"
    if course["sessions"] is None:
        return f"as many sessions as the target takes, {every}"
    return f"{course['sessions']} sessions, {every}"


def asked_wire(asked: RemovalAsked) -> dict[str, Any]:
    """What was asked, as JSON holds it."""
    every = {**asked.session, **(asked.course or {}), **(asked.medicine or {}), **asked.levels}
    return {name: _wire_of(name, value) for name, value in every.items() if value is not None}


def removal_wire(asked: RemovalAsked, done: RemovalAnswers, explain: bool) -> dict[str, Any]:
    """What was asked and what was calculated, as JSON holds it; with `explain` also how."""
    parts: dict[str, Sequence[Removal | Course | DoseLost]]
    parts = {"removal": done.found, "courses": done.courses, "doses": done.lost}
    return {
        "asked": asked_wire(asked),
        **{name: [one.to_wire(explain) for one in found] for name, found in parts.items()},
        "refused": list(map(str, done.refused)),
    }


def _wire_of(name: str, value: Any) -> Any:
    """Words and plain numbers as they are, a quantity with its unit, levels one by one."""
    if isinstance(value, tuple):
        return [_wire_of(name, one) for one in value]
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, MeasuredLevel):
        return value.to_wire()
    return Measured({"interval": EVERY, "delay": DELAY, **_RANGES}[name]).to_wire(value)


HOW_TO_READ = (
    "predictions of a model, of plasma unless the body is named, for a fluid that contains none "
    "of the solute unless its supply is entered. Plasma volumes exclude anticoagulant. "
    "End-of-session samples overstate the effect. A lower level does not prove clinical benefit"
)


def removal_page(asked: RemovalAsked, done: RemovalAnswers, explain: bool, blocks: bool) -> str:
    """Write the page of the command removal.

    Parameters
    ----------
    asked, done : RemovalAsked, RemovalAnswers
        What was asked and what was calculated.
    explain : bool
        Add the whole sheet and how each figure was calculated.
    blocks : bool
        Whether the terminal has block characters for the curve of a course.
    """
    errors = map(str, done.refused)
    answer = removal_answer(_used_words(asked), errors, done.found, done.courses, done.lost)
    return answer_text(answer, _removal_reasons(asked, done, blocks) if explain else ())


_WITHOUT_LABEL = ("Exchange", "Course")  # rows that say what they are without their label
_BEFORE = "Given before"


def _used_words(asked: RemovalAsked) -> list[str]:
    """What the figures were calculated from, entered or assumed, in one sentence."""
    rows = {row.label: row.text for row in conditions(asked)}
    given = rows.pop(_BEFORE, "")
    words = [text if label in _WITHOUT_LABEL else f"{label} {text}" for label, text in rows.items()]
    words = [word[:1].lower() + word[1:] for word in words]
    assumed = WITHOUT_SOLUTE if "Fluid" not in rows and _has_no_medicine(asked) else ""
    return list(filter(None, (*words, given and f"given {given} before", assumed)))


def _has_no_medicine(asked: RemovalAsked) -> bool:
    return not all(solute_named(name).is_drug for name in asked.solutes)


def _removal_reasons(asked: RemovalAsked, done: RemovalAnswers, blocks: bool) -> list[str]:
    """The whole sheet, section by section, with the curve of each course and the working."""
    read_as = (Row("All figures", HOW_TO_READ), Row("CAR-T", NOT_IN_CAR_T))
    return [
        _titled(Section("Session", conditions(asked))),
        *map(_titled, _refused_sections(done)),
        *map(_titled, _learned_sections(done)),
        *(_titled(removal_section(removal)) for removal in done.found),
        *(
            part
            for course in done.courses
            for part in (_titled(course_section(course)), curve(course, blocks))
        ),
        *(_titled(dose_section(lost)) for lost in done.lost),
        _titled(Section("How to interpret", read_as)),
        *map(_titled, _explained_removal(done)),
    ]


def _learned_sections(done: RemovalAnswers) -> list[Section]:
    """What the measured levels changed, once."""
    results: list[Removal | Course] = [*done.found, *done.courses]
    learned = [one.learned for one in results if one.learned]
    return list(map(learned_section, learned[:1]))


def _refused_sections(done: RemovalAnswers) -> list[Section]:
    rows = tuple(Row("Error", str(error)) for error in done.refused)
    return _section_of_any("Not calculated", rows)


def _explained_removal(done: RemovalAnswers) -> list[Section]:
    """How each figure was calculated, each once; of a course what the measured levels changed."""
    basis: dict[str, Basis] = {}
    results: list[Removal | Course | DoseLost] = [*done.courses, *done.found, *done.lost]
    for one in results:
        basis |= one.basis
    rows = tuple(Row(path, entry.text) for path, entry in basis.items())
    return _section_of_any("How each figure was calculated", rows)


def _section_of_any(title: str, rows: tuple[Row, ...]) -> list[Section]:
    return [Section(title, rows)] if rows else []


def _titled(part: Section) -> str:
    return listing([part._replace(title=part.title.upper())])
