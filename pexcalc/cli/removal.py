"""The command removal: its inputs out of texts, what is worked out for each solute, and the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pexcalc import __version__
from pexcalc.data import loading
from pexcalc.exchange.dose import EXCHANGE, exchange_volume, plasma_volumes_exchanged
from pexcalc.kinetics.course import EVERY, TARGET, Course, simulate_course
from pexcalc.kinetics.dilution import SIEVING
from pexcalc.kinetics.medicines import DoseLost, dose_lost
from pexcalc.kinetics.removal import (
    NOT_IN_CAR_T,
    REFERENCE_PLASMA,
    REFERENCE_WEIGHT,
    Removal,
    expected_removal,
)
from pexcalc.kinetics.turnover import EXCHANGED
from pexcalc.order.fields import ANY_WEIGHT, DELAY, DOSE, RUN_TIME, STATED_VOLUME
from pexcalc.order.lookup import solute_named
from pexcalc.order.text_input import plain_number, quantity_wire, well_written
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Measured
from pexcalc.quantities.argument import came, swapped
from pexcalc.quantities.errors import QuantityError
from pexcalc.report.kinetics import course_section, curve, dose_section, removal_section
from pexcalc.report.layout import Row, Section, listing, text
from pexcalc.report.wording import plasma_volumes_words


class RemovalAsked(NamedTuple):
    """What the command removal asks: arguments for expected_removal, simulate_course and dose_lost."""

    solutes: tuple[str, ...]
    session: dict[str, Any]
    course: dict[str, Any] | None
    medicine: dict[str, Any] | None


_REMOVAL_SPECS = {
    "plasma_volumes": EXCHANGED,
    "exchange_volume": EXCHANGE,
    "duration": RUN_TIME,
    "plasma_volume": STATED_VOLUME,
    "weight": ANY_WEIGHT,
    "sieving": SIEVING,
    "every": EVERY,
    "target_fall": TARGET,
    "given": DELAY,
    "dose": DOSE,
}


def asked_in(solutes: tuple[str, ...], texts: Mapping[str, str | None]) -> RemovalAsked:
    """The arguments that the texts of the command removal stand for. Raises QuantityError; ranges are checked later."""
    given = {name: text for name, text in texts.items() if text is not None}
    if ("plasma_volumes" in given) == ("exchange_volume" in given):
        came = "both" if "plasma_volumes" in given else "nothing"
        wanted = "--plasma-volumes, such as 1.2, or --exchange-volume, such as 3000 mL, with --plasma-volume"
        raise QuantityError("plasma_volumes", came, wanted, kind="missing")
    if "duration" not in given:
        raise QuantityError("duration", "nothing", "--duration, such as 2 h", kind="missing")
    exchanged = swapped(well_written(given), _REMOVAL_SPECS)
    if exchanged:
        raise exchanged
    read: dict[str, Any] = {}
    for name, words in given.items():
        if name == "production":
            read[name] = words
        elif name in ("plasma_volumes", "sieving", "sessions"):
            read[name] = plain_number(name, words, whole=name == "sessions")
        else:
            wire = quantity_wire(name, words, _REMOVAL_SPECS[name])
            read[name] = Measured(_REMOVAL_SPECS[name]).from_wire(name, wire)
    if ("sessions" in read) != ("every" in read):
        alone, other = ("sessions", "every") if "sessions" in read else ("every", "sessions")
        raise QuantityError(
            alone,
            f"--{alone} without --{other}",
            "both, such as --sessions 5 --every '24 h'",
            kind="missing",
        )
    if "target_fall" in read and "sessions" not in read:
        raise QuantityError(
            "target_fall", "no course", "--sessions and --every too", kind="missing"
        )
    if "exchange_volume" in read:
        if "plasma_volume" not in read:
            raise QuantityError(
                "plasma_volume",
                "nothing",
                "--plasma-volume of the patient with --exchange-volume",
                kind="missing",
            )
        volumes = plasma_volumes_exchanged(read.pop("exchange_volume"), read["plasma_volume"])
        read["plasma_volumes"] = EXCHANGED.strip("exchange_volume", volumes)
    course = None
    if "every" in read:
        course = {"interval": read.pop("every"), "sessions": read.pop("sessions")}
        course["target_fall"] = read.pop("target_fall", None)
    medicine = {"delay": read.pop("given", None), "dose": read.pop("dose", None)}
    ids = tuple(dict.fromkeys(solute_named(name).id for name in solutes))
    return RemovalAsked(ids, read, course, medicine if set(medicine.values()) != {None} else None)


class Answers(NamedTuple):
    """What came of it: sessions, courses, medicines, and one sentence for each solute that could not be done."""

    found: list[Removal]
    courses: list[Course]
    lost: list[DoseLost]
    refused: list[QuantityError]


def answers(asked: RemovalAsked) -> Answers:
    """What is expected of each solute, of the course where one is asked, and of each medicine.

    Raises QuantityError where nothing could be done; where something could, what could not is in
    `refused`.
    """
    done = Answers([], [], [], [])
    for name in asked.solutes:
        try:
            if solute_named(name).is_drug:
                done.lost.append(_medicine(name, asked))
            elif asked.course is not None:
                done.courses.append(simulate_course(name, **asked.session, **asked.course))
            else:
                done.found.append(expected_removal(name, **asked.session))
        except QuantityError as error:
            done.refused.append(error)
    if len(done.refused) == len(asked.solutes):
        raise done.refused[0]
    if asked.medicine and not any(solute_named(name).is_drug for name in asked.solutes):
        option = "given" if asked.medicine["delay"] is not None else "dose"
        raise QuantityError(
            option,
            f"--{option} without a medicine",
            "--solute with a medicine, such as tocilizumab",
            kind="conflict",
        )
    return done


def _medicine(name: str, asked: RemovalAsked) -> DoseLost:
    session = asked.session
    for option in ("production", "sieving"):
        if option in session or asked.course:
            shown = "course" if asked.course else option
            raise QuantityError(
                "solute",
                f"{name} with a {shown}",
                "a medicine alone: its loss is that of one session",
                kind="conflict",
            )
    for option in ("plasma_volume", "weight"):
        if option not in session:
            raise QuantityError(
                option,
                "nothing",
                f"--{option.replace('_', '-')}, which the loss of a medicine needs",
                kind="missing",
            )
    given = asked.medicine or {"delay": None, "dose": None}
    if given["delay"] is None:
        raise QuantityError(
            "given",
            "nothing",
            "--given, the time from the dose to the session, such as 24 h",
            kind="missing",
        )
    exchanged = exchange_volume(session["plasma_volume"], session["plasma_volumes"])
    return dose_lost(name, exchanged, session["duration"], weight=session["weight"], **given)


def conditions(asked: RemovalAsked) -> tuple[Row, ...]:
    """What was asked, as it was entered."""
    session, course, medicine = asked.session, asked.course or {}, asked.medicine or {}
    entered = {
        "Weight": session.get("weight"),
        "Given before": medicine.get("delay"),
        "Dose": medicine.get("dose"),
    }
    rows = [
        Row(
            "Exchange",
            f"{plasma_volumes_words(session['plasma_volumes'], 3)} in {came(session['duration'])}",
        ),
        Row(
            "Plasma volume",
            f"{came(session['plasma_volume'])}, taken as exact"
            if "plasma_volume" in session
            else f"not entered: {_reference_volume(session)} where a clearance needs one",
        ),
        *(Row(label, came(value)) for label, value in entered.items() if value is not None),
    ]
    if "sieving" in session:
        rows.append(Row("Sieving", f"{units.number(session['sieving'], 3)}, taken as exact"))
    if course:
        rows.append(
            Row("Course", f"{course['sessions']} sessions, one every {came(course['interval'])}")
        )
    return tuple(rows)


def _reference_volume(session: dict[str, Any]) -> str:
    kilograms = units.size(session["weight"], "kg") if "weight" in session else REFERENCE_WEIGHT
    litres = REFERENCE_PLASMA / 1000 * kilograms / REFERENCE_WEIGHT
    return f"{units.number(litres, 2)} L at {units.number(kilograms, 1)} kg"


def asked_wire(asked: RemovalAsked) -> dict[str, Any]:
    """What was asked, as JSON holds it."""
    every = {**asked.session, **(asked.course or {}), **(asked.medicine or {})}
    kinds = {"interval": EVERY, "delay": DELAY, **_REMOVAL_SPECS}
    return {
        name: value
        if isinstance(value, str | int | float)
        else Measured(kinds[name]).to_wire(value)
        for name, value in every.items()
        if value is not None
    }


def page(asked: RemovalAsked, done: Answers, explain: bool, blocks: bool) -> str:
    """The page of the command removal: conditions, then a section for each solute, with the curve of a course."""
    heading = f"pexcalc {__version__}, data {loading.data_version()}: expected removal"
    parts = [text(heading, [Section("Session", conditions(asked))])]
    if done.refused:
        parts.append(
            _titled(Section("Not done", tuple(Row("Error", str(error)) for error in done.refused)))
        )
    parts += [_titled(removal_section(one)) for one in done.found]
    for course in done.courses:
        parts += [_titled(course_section(course)), curve(course, blocks)]
    parts += [_titled(dose_section(one)) for one in done.lost]
    said = (
        "predictions of a model, of plasma unless the body is named, for a fluid that carries none "
        "of the solute. "
        "Plasma volumes are patient plasma, anticoagulant not counted. Samples taken at the end "
        "look best. A lower "
        "level is no proof of effect"
    )
    parts.append(
        _titled(Section("Read it as", (Row("All figures", said), Row("CAR-T", NOT_IN_CAR_T))))
    )
    basis = {path: entry for removal in done.found for path, entry in removal.basis.items()}
    basis |= {path: entry for dose in done.lost for path, entry in dose.basis.items()}
    if explain and basis:
        shown = tuple(Row(path, entry.text) for path, entry in basis.items())
        parts.append(_titled(Section("How each figure came about", shown)))
    return "\n\n".join(parts)


def _titled(part: Section) -> str:
    return listing([part._replace(title=part.title.upper())])
