"""Guided entry: a table of questions in the order of a bedside form, asked on a terminal, each answer checked at once.

What comes of it are the texts that flags would have held. Prompts go to standard error; nothing is
kept or written.
"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import click

from pexcalc.data import devices as device_table
from pexcalc.data import indications as indication_table
from pexcalc.data.indications import NOT_LISTED
from pexcalc.order import text_input
from pexcalc.order.fields import AGE, EXCHANGE, FERTILE, MULTIPLE, STATES
from pexcalc.order.order import CRS_INDICATIONS
from pexcalc.order.patient import is_neonate
from pexcalc.order.treatment import FINDINGS
from pexcalc.quantities import units
from pexcalc.quantities.argument import Choice
from pexcalc.quantities.errors import QuantityError

Answers = dict[str, Any]  # texts by the name of the input; tuples of texts for what may be repeated


class Question(NamedTuple):
    """One row: the input, the prompt with its unit, what `?` adds, the words to choose from, when it is asked.

    A question that is not `required` is passed over with Enter; `many` takes several answers, with
    commas or, for medicines, one after the other.
    """

    name: str
    prompt: str
    more: str = ""
    choices: Callable[[], Collection[str]] | None = None
    when: Callable[[Answers], bool] = lambda answers: True
    required: bool = False
    many: bool = False


def _words(*words: str) -> Callable[[], Collection[str]]:
    return lambda: words


def _devices() -> list[str]:
    return [name for name, row in device_table.devices().items() if row.kind != "anticoagulant"]


def _anticoagulants() -> list[str]:
    return [name for name, row in device_table.devices().items() if row.kind == "anticoagulant"]


def _kind(answers: Answers) -> str:
    row = device_table.devices().get(answers.get("device", ""))
    return row.kind if row else ""


def _is_crs(answers: Answers) -> bool:
    return answers.get("indication") in CRS_INDICATIONS


def _years(answers: Answers) -> float:
    reading = units.read(answers.get("age", ""))
    if reading.fault or reading.unit is None or reading.unit.kind != AGE.kind:
        return 18.0
    return AGE.from_unit(reading.unit.label, reading.numbers[0])


def _may_be_pregnant(answers: Answers) -> bool:
    return answers.get("sex") == "female" and FERTILE.holds(_years(answers))


def _has_plasma(answers: Answers) -> bool:
    return answers.get("fluid") != "albumin"


def _centrifuge(answers: Answers) -> bool:
    return _kind(answers) == "centrifuge"


def _worked_out(answers: Answers) -> bool:
    return _centrifuge(answers) and "removal_efficiency" in answers


def _membrane(answers: Answers) -> bool:
    return _kind(answers) == "membrane"


PATIENT = ("sex", "age", "height", "weight", "hematocrit")
YES_NO = _words("yes", "no")
QUESTIONS: tuple[Question, ...] = (
    Question(
        "indication",
        "Indication, such as ttp or crs-car-t",
        f"An id of the table; a part of a name shows the ids that have it. {NOT_LISTED} where the "
        "table has none.",
        required=True,
    ),
    Question(
        "sex",
        "Sex: male or female",
        "For the formula of blood volume; never assumed.",
        _words("male", "female"),
        required=True,
    ),
    Question(
        "age", "Age, such as 54 y or 8 mo", "Below 2 years in months, weeks or days.", required=True
    ),
    Question(
        "height", "Height, such as 172 cm", "Inches as 68 in; no feet and inches.", required=True
    ),
    Question("weight", "Weight, such as 65 kg", "Pounds as 143 lb.", required=True),
    Question("hematocrit", "Hematocrit, such as 28 %", "With the percent sign.", required=True),
    Question("gestation", "Pregnant: weeks, such as 30 wk; Enter if not", when=_may_be_pregnant),
    Question(
        "gestation_at_birth",
        "Born at, such as 39 wk",
        "Up to 30 days of age.",
        required=True,
        when=lambda answers: is_neonate(_years(answers)),
    ),
    Question(
        "states",
        "States, any of sepsis, burns, ascites, ecmo ...; Enter for none",
        "States in which an estimate does not hold, with commas between them: "
        f"{', '.join(STATES)}.",
        lambda: STATES,
        many=True,
    ),
    Question(
        "crs_grade",
        "Grade of CRS, 1 to 5 (pexcalc crs-grade works it out)",
        choices=_words("1", "2", "3", "4", "5"),
        when=_is_crs,
    ),
    Question(
        "crs_scale",
        "Scale of that grade: astct-2019, penn, lee-2014 or other",
        choices=_words("astct-2019", "penn", "lee-2014", "other"),
        when=lambda answers: _is_crs(answers) and "crs_grade" in answers,
        required=True,
    ),
    Question(
        "tocilizumab", "Tocilizumab was given before: yes or no", choices=YES_NO, when=_is_crs
    ),
    Question(
        "corticosteroid",
        "A corticosteroid was given before: yes or no",
        choices=YES_NO,
        when=_is_crs,
    ),
    Question(
        "persisting",
        "CRS persists after both: yes or no",
        "A clinician's statement.",
        YES_NO,
        when=_is_crs,
    ),
    Question("fibrinogen", "Fibrinogen, such as 2.6 g/L or 260 mg/dL"),
    Question("platelets", "Platelets, such as 150 x10^9/L or 150 K/uL"),
    Question("potassium", "Potassium, such as 3.9 mmol/L or 3.9 mEq/L"),
    Question("ionized_calcium", "Ionized calcium, such as 1.15 mmol/L or 4.6 mg/dL"),
    Question(
        "findings",
        "Findings, any of bleeding, dic ...; Enter for none",
        f"With commas between them: {', '.join(FINDINGS)}.",
        lambda: FINDINGS,
        many=True,
    ),
    Question(
        "dose",
        "Dose: plasma volumes, such as 1.2, or patient plasma, such as 3000 mL",
        "A plain number is plasma volumes; a volume is patient plasma without anticoagulant.",
        required=True,
    ),
    Question("sessions", "Planned sessions, such as 5"),
    Question(
        "every", "From start to start, such as 48 h", when=lambda answers: "sessions" in answers
    ),
    Question(
        "fluid",
        "Fluid: albumin, albumin-then-plasma or plasma; Enter shows the options",
        choices=_words("albumin", "albumin-then-plasma", "plasma"),
    ),
    Question(
        "plasma_share",
        "Share of plasma in the fluid, such as 30 %",
        when=lambda answers: answers.get("fluid") == "albumin-then-plasma",
        required=True,
    ),
    Question(
        "blood_group",
        "Blood group of the patient: O, A, B or AB",
        choices=_words("O", "A", "B", "AB"),
        when=_has_plasma,
    ),
    Question(
        "albumin_container",
        "Bottles of albumin, such as 500 mL",
        when=lambda answers: answers.get("fluid") != "plasma",
    ),
    Question("plasma_container", "Bags of plasma, such as 250 mL", when=_has_plasma),
    Question("device", "Device, such as spectra-optia", "See pexcalc show devices.", _devices),
    Question(
        "removal_efficiency",
        "Plasma removal efficiency of the device in percent; Enter where it is not known",
        "A value of the device, never assumed. Without it the run of the device is not worked out.",
        when=_centrifuge,
    ),
    Question(
        "inlet_flow",
        "Inlet flow, blood and anticoagulant, such as 60 mL/min",
        when=_worked_out,
        required=True,
    ),
    Question(
        "ratio", "Ratio on the device, such as 12", "12 for 12:1.", when=_worked_out, required=True
    ),
    Question(
        "ratio_meaning",
        "The ratio is: inlet-to-anticoagulant or blood-to-anticoagulant",
        choices=_words("inlet-to-anticoagulant", "blood-to-anticoagulant"),
        when=lambda answers: (
            _worked_out(answers) and not device_table.devices()[answers["device"]].ratio_meaning
        ),
        required=True,
    ),
    Question("blood_flow", "Blood flow, such as 120 mL/min", when=_membrane, required=True),
    Question("plasma_flow", "Plasma flow, such as 30 mL/min", when=_membrane, required=True),
    Question(
        "anticoagulant",
        "Anticoagulant, such as acd-a",
        choices=_anticoagulants,
        when=lambda answers: _centrifuge(answers) or _membrane(answers),
    ),
    Question(
        "duration",
        "Length of the session, such as 2 h",
        "Without it 2 h for each plasma volume, and said so.",
        when=lambda answers: not (_worked_out(answers) or _membrane(answers)),
    ),
    Question(
        "calcium",
        "Calcium: infusion, bolus, oral or none",
        choices=_words("infusion", "bolus", "oral", "none"),
    ),
    Question(
        "calcium_line",
        "Line of calcium: separate, return or plasma",
        choices=_words("separate", "return", "plasma"),
        when=lambda answers: answers.get("calcium") in ("infusion", "bolus"),
    ),
    Question("ace_inhibitor", "Last ACE inhibitor before the start, such as 18 h; Enter for none"),
    Question(
        "drugs", 'Another medicine, such as "rituximab @ 24 h before"; Enter for none', many=True
    ),
    Question(
        "label",
        "Label on the sheet, such as bed 4",
        "Printed, stored nowhere; a name is not needed.",
    ),
    Question("ordered_at", "Ordered at, such as 2025-06-24T14:05+02:00"),
)


# --- one answer -----------------------------------------------------------------------------------


def checked(question: Question, text: str, answers: Answers) -> Answers:
    """The answers with this one added. Raises QuantityError with the sentence that a flag would have got."""
    if not text and question.required:
        raise QuantityError(question.name, "nothing", _expected(question, answers), kind="missing")
    if question.many:
        parts = [part.strip() for part in text.split(",")] if question.choices else [text]
        for part in parts:
            _check(question, question.name, part, answers)
        added: Any = (*answers.get(question.name, ()), *parts)
        return {**answers, question.name: added}
    name = question.name
    if name == "dose":
        unit = units.read(text).unit
        name = "exchange_volume" if unit and unit.kind == "volume" else "plasma_volumes"
    _check(question, name, text, answers)
    return {**answers, name: text}


def _check(question: Question, name: str, text: str, answers: Answers) -> None:
    if question.choices is not None:
        try:
            Choice(tuple(question.choices())).strip(name, text)
        except QuantityError as error:
            near = error.meant or _alike(text, question.choices())
            raise QuantityError(
                error.argument, error.got, error.expected, near, kind=error.kind
            ) from None
    elif name == "indication":
        if indication_table.indication(text) is None and text != NOT_LISTED:
            near = [row.id for row in indication_table.indications_with(text)][
                :4
            ] or indication_table.indications_like(text)
            raise QuantityError(
                name,
                units.printable(text),
                f"an id of the table, or {NOT_LISTED}",
                near,
                kind="unknown",
            )
    else:
        text_input.check(name, {**answers, name: (text,) if question.many else text})


def _alike(text: str, words: Collection[str]) -> list[str]:
    """The words that a typed one is part of, or else those that it is most like."""
    typed = text.casefold().replace(" ", "-")
    return [word for word in words if typed in word][:3] or units.alike(typed, words, 2)


def _expected(question: Question, answers: Answers) -> str:
    if question.choices is not None:
        return Choice(tuple(question.choices())).expected
    if question.name == "dose":
        return f"{MULTIPLE.expected}, or {EXCHANGE.expected}"
    spec = text_input.spec_of(question.name, answers)
    return spec.expected if spec is not None else question.prompt.partition(", ")[2] or "an answer"


def dose_of(answers: Answers) -> str | None:
    """The input that holds the dose, if one does."""
    return next(
        (name for name in ("plasma_volumes", "exchange_volume", "bag_volume") if name in answers),
        None,
    )


# --- the dialogue ---------------------------------------------------------------------------------


def entered(
    given: Mapping[str, Any], made: Callable[[Answers], Any], names: Collection[str] | None = None
) -> tuple[Answers, Any]:
    """Ask for what is not given, all of QUESTIONS or those of `names`, until `made` accepts the answers.

    Returns all texts, those given among them, and what was made of them. Raises click.Abort when
    the user leaves or the input ends.
    """
    answers = {name: text for name, text in given.items() if text not in (None, (), [])}
    fixed = set(answers) | ({"dose"} if dose_of(answers) else set())
    table = [
        row for row in QUESTIONS if row.name not in fixed and (names is None or row.name in names)
    ]
    _say(
        "Answer each question; ? for help, < goes back, Enter passes over what is not marked * or "
        "keeps what was "
        "entered, - takes it away, Ctrl-C leaves."
    )
    asked: list[Question] = []
    while True:
        answers, asked = _still_asked(answers, asked)
        row = next((row for row in table if row.when(answers) and row not in asked), None)
        if row is None:
            again = _review(answers, asked)
            if again is None:
                try:
                    return answers, made(answers)
                except QuantityError as error:
                    _say(f"Error: {error}")
                    continue
            asked = _back_to(again, asked)
            continue
        got = _ask_one(row, answers)
        if got is None:  # back
            earlier = [one for one in asked if table.index(one) < table.index(row)]
            if earlier:
                asked = _back_to(earlier[-1], asked)
            continue
        answers = got
        asked = [one for one in table if one in asked or one is row]


def _back_to(row: Question, asked: list[Question]) -> list[Question]:
    """The questions that count as asked once one is to be asked again; its answer stays until another is given."""
    return [one for one in asked if one is not row]


def _still_asked(answers: Answers, asked: list[Question]) -> tuple[Answers, list[Question]]:
    """Without the answers to questions that a changed answer has made void: grade of CRS for another indication."""
    void = next((row for row in asked if not row.when(answers)), None)
    return (
        (answers, asked)
        if void is None
        else _still_asked(_without(void, answers), _back_to(void, asked))
    )


def _without(row: Question, answers: Answers) -> Answers:
    return {name: text for name, text in answers.items() if name != _held(row, answers)}


def _held(row: Question, answers: Answers) -> str | None:
    return dose_of(answers) if row.name == "dose" else row.name


def _ask_one(row: Question, answers: Answers) -> Answers | None:
    """The answers with this question's answer in them; None to go back."""
    first = True
    while True:
        held = answers.get(_held(row, answers) or "")
        now = f" (now {_shown(row, answers)})" if held else ""
        _say(f"{row.prompt}{now}{' *' if row.required and not held else ''}")
        text = click.prompt(
            ">", default="", show_default=False, prompt_suffix=" ", err=True
        ).strip()
        if text == "<":
            return None
        if text == "?":
            _say(
                " ".join(
                    filter(
                        None,
                        (
                            row.more,
                            f"Expected: {_expected(row, answers)}.",
                            "" if row.required else "Enter passes over it.",
                        ),
                    )
                )
            )
            continue
        if text == "-" and held:
            answers = _without(row, answers)
            continue
        if not text and (held or not row.required):
            return answers
        try:
            answers = checked(row, text, _without(row, answers) if first else answers)
        except QuantityError as error:
            for fault in error.faults:
                fault.argument = fault.argument.replace("_", " ")
                _say(f"Error: {fault}")
            continue
        if not (row.many and row.choices is None):
            return answers
        first = False


def _shown(row: Question, answers: Answers) -> str:
    """What was entered, as the review shows it."""
    name = _held(row, answers) or ""
    value = answers.get(name, "not entered")
    shown = ", ".join(value) if isinstance(value, tuple) else str(value)
    return units.printable(f"{shown} plasma volumes" if name == "plasma_volumes" else shown, 200)


def _review(answers: Answers, asked: list[Question]) -> Question | None:
    """Show what was entered; the question to ask again, or None to go on."""
    while True:
        _say(
            "Review. Enter calculates; a number asks that question again; < asks the last one "
            "again."
        )
        for number, row in enumerate(asked, 1):
            _say(
                f"{number}. {row.prompt.partition(',')[0].partition(':')[0]}: "
                f"{_shown(row, answers)}"
            )
        text = click.prompt(
            ">", default="", show_default=False, prompt_suffix=" ", err=True
        ).strip()
        if not text:
            return None
        if text == "<" and asked:
            return asked[-1]
        if text.isascii() and text.isdigit() and 0 < int(text) <= len(asked):
            return asked[int(text) - 1]
        _say(
            f"Error: got {units.printable(text)}; expected Enter, <, or a number from 1 to "
            f"{len(asked)}."
        )


def _say(text: str) -> None:
    """A paragraph on standard error, as wide as the window."""
    width = max(10, min(80, shutil.get_terminal_size().columns))
    click.echo("\n".join(textwrap.wrap(text, width)), err=True)
