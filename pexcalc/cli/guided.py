"""Guided entry: the inputs of order/fields.py that have a prompt, asked on a terminal one by one.

Each answer is checked at once. What results are the texts that flags would have held. Prompts go to
standard error; nothing is kept or written. The trap: Enter leaves a question open; typing none
answers it.
"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Collection, Mapping
from typing import Any

import click

from pexcalc.data import indications as indication_table
from pexcalc.data.indication_names import disease_named
from pexcalc.data.indications import NOT_LISTED
from pexcalc.data.spelling import most_alike
from pexcalc.order import text_input
from pexcalc.order.everyday import understood
from pexcalc.order.fields import EXCHANGE, INPUTS, MULTIPLE, NONE, Input
from pexcalc.order.order import DOSES, unknown_indication
from pexcalc.order.questions import is_asked, words_of
from pexcalc.quantities import units
from pexcalc.quantities.argument import Choice
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.given import words_if
from pexcalc.report.wording import plural

Texts = dict[str, Any]  # texts by the name of the input; tuples of texts for what may be repeated

# What every prescription needs is asked first; after it Enter, again and again, is an answer.
ASKED: tuple[Input, ...] = tuple(
    sorted(
        (row for row in INPUTS if row.prompt), key=lambda row: not (row.required and not row.asked)
    )
)
ENOUGH = (
    "Enough for a prescription. The other questions are for the checks: what you skip is listed "
    "as NOT CHECKED."
)


def _choices(row: Input) -> tuple[str, ...]:
    """The words of which one has to be typed; medicines and indications are looked up instead."""
    return () if row.kind == "drugs" or row.name == "indication" else words_of(row)


# --- one answer -----------------------------------------------------------------------------------


def checked(
    question: Input, text: str, answers: Texts, devices: Mapping[str, str] | None = None
) -> Texts:
    """The answers with this one added, as it is read.

    `devices` gives the device of the table that each of the site's own is like. Raises
    QuantityError with the sentence of the flag.
    """
    if not text and question.required:
        raise QuantityError(question.name, "nothing", _expected(question, answers), kind="missing")
    if question.several:
        parts = [part.strip() for part in text.split(",")] if _choices(question) else [text]
        parts = list(understood({question.name: parts}).texts[question.name])
        added = (*answers.get(question.name, ()), *parts)
        for part in parts:
            _check(question, question.name, part, answers)
        if NONE in added and question.none:
            text_input.alone(question, added)
        return {**answers, question.name: added}
    name = text_input.dose_input(text) if question.name == "dose" else question.name
    read = understood({**answers, name: text}, devices=devices).texts
    _check(question, name, read[name], answers)
    return read


def _check(question: Input, name: str, text: str, answers: Texts) -> None:
    if words := _choices(question):
        try:
            Choice(words).strip(name, text)
        except QuantityError as error:
            error.meant = error.meant or tuple(_alike(text, words))
            raise error from None
    elif name == "indication":
        _check_indication(text)
    else:
        text_input.check_text(name, {**answers, name: (text,) if question.several else text})


def _check_indication(text: str) -> None:
    if text == NOT_LISTED or indication_table.indication(text) is not None:
        return
    if disease_named(text) is not None:
        raise unknown_indication(text)
    part_of = [row.id for row in indication_table.indications_with(text)][:4]
    near = part_of or indication_table.indications_like(text)
    wanted = f"an id of the table, or {NOT_LISTED}"
    raise QuantityError("indication", units.printable(text), wanted, near, kind="unknown")


def _alike(text: str, words: Collection[str]) -> list[str]:
    """The words that a typed one is part of, or else those that it is most like."""
    typed = text.casefold().replace(" ", "-")
    return [word for word in words if typed in word][:3] or most_alike(typed, words, 2)


def _expected(question: Input, answers: Texts) -> str:
    if words := _choices(question):
        return Choice(words).expected
    if question.name == "dose":
        return f"{MULTIPLE.expected}, or {EXCHANGE.expected}"
    spec = text_input.answer_spec(question.name, answers)
    return spec.expected if spec is not None else question.prompt.partition(", ")[2] or "an answer"


def dose_of(answers: Texts) -> str | None:
    """The input that holds the dose, if one does."""
    return next((name for name in DOSES if name in answers), None)


# --- the dialogue ---------------------------------------------------------------------------------


INTRODUCTION = (
    "Answer each question (* is required). Press Enter to skip or keep; type - to clear, < to go "
    "back, ? for help; Ctrl-C to quit."
)
REVIEW = "Review. Enter calculates; a number asks that question again; < asks the last one again."


def entered(
    given: Mapping[str, Any],
    made: Callable[[Texts], Any],
    names: Collection[str] = (),
    devices: Mapping[str, str] | None = None,
) -> tuple[Texts, Any]:
    """Ask for what is not given, all of QUESTIONS or those of `names`, until `made` accepts it.

    `devices` are names of the site's own, each with the device of the table that it is like.

    Returns all texts, those given among them, and what was made of them. Raises click.Abort when
    the user leaves or the input ends.
    """
    entry = _Entry(given, names, devices or {})
    _say(INTRODUCTION)
    said = bool(names)
    while True:
        while row := entry.open_question():
            if not (row.required or said):
                _say(ENOUGH)
                said = True
            entry.ask(row)
        again = _review(entry.answers, entry.asked)
        if again is not None:
            entry.reopen(again)
            continue
        try:
            return entry.answers, made(entry.answers)
        except QuantityError as error:
            _say(f"Error: {error}")


class _Entry:
    """The state of a dialogue: the answers so far, and the questions that were asked, in order."""

    def __init__(
        self, given: Mapping[str, Any], names: Collection[str], devices: Mapping[str, str]
    ) -> None:
        self.devices = devices
        self.answers = text_input.given_texts(given)
        open_ = [row for row in ASKED if _answered(row, self.answers) not in self.answers]
        wanted = names or [row.name for row in open_]
        own = {"device": tuple(devices)}
        self.table = [
            row._replace(words=(*words_of(row), *own[row.name])) if own.get(row.name) else row
            for row in open_
            if row.name in wanted
        ]
        self.asked: list[Input] = []

    def open_question(self) -> Input | None:
        """The first question that concerns this patient and was not asked yet."""
        while void := self._void():  # an answer has changed: no grade of CRS for another indication
            self.answers = _without(void, self.answers)
            self.reopen(void)
        open_ = (row for row in self.table if row not in self.asked)
        return next((row for row in open_ if self._concerns(row)), None)

    def _concerns(self, row: Input) -> bool:
        """True where a question concerns this patient; a site's device as that which it is like."""
        device = self.answers.get("device", "")
        return is_asked(row, {**self.answers, "device": self.devices.get(device, device)})

    def _void(self) -> Input | None:
        return next((row for row in self.asked if not self._concerns(row)), None)

    def ask(self, row: Input) -> None:
        """Ask one question until it is answered or passed over, or go back to the one before."""
        answers = _ask_one(row, self.answers, self.devices)
        if answers is not None:
            self.answers = answers
            self.asked = [one for one in self.table if one in self.asked or one is row]
            return
        place = self.table.index(row)
        for earlier in [one for one in self.asked if self.table.index(one) < place][-1:]:
            self.reopen(earlier)

    def reopen(self, row: Input) -> None:
        """Count a question as not asked; its answer stays until another one is given."""
        self.asked = [one for one in self.asked if one is not row]


def _without(row: Input, answers: Texts) -> Texts:
    return {name: text for name, text in answers.items() if name != _answered(row, answers)}


def _answered(row: Input, answers: Texts) -> str | None:
    return dose_of(answers) if row.name == "dose" else row.name


def _ask_one(row: Input, answers: Texts, devices: Mapping[str, str]) -> Texts | None:
    """The answers with this question's answer in them; None to go back."""
    first = True
    while True:
        held = answers.get(_answered(row, answers) or "")
        _say(_question(row, answers, bool(held)))
        text = _typed_answer()
        if text == "<":
            return None
        if text == "?":
            _say(_help(row, answers))
        elif text == "-" and held:
            answers = _without(row, answers)
        elif not text and (held or not row.required):
            return answers
        else:
            try:
                answers = checked(row, text, _without(row, answers) if first else answers, devices)
            except QuantityError as error:
                _report(error)
                continue
            _say_reading(row, text, answers, devices)
            if row.kind not in ("drugs", "levels") or text == NONE:
                return answers
            first = False


def _say_reading(row: Input, text: str, answers: Texts, devices: Mapping[str, str]) -> None:
    """Say back an answer that was read as another text."""
    read = understood({**answers, row.name: text}, devices=devices)
    for note in read.notes:
        _say(f"{note[:1].upper()}{note[1:]}.")


def _question(row: Input, answers: Texts, held: bool) -> str:
    """The prompt with the answer that it has, marked where one is required."""
    if held:
        return f"{row.prompt} (now {_shown_answer(row, answers)})"
    return f"{row.prompt} *" if row.required else row.prompt


def _typed_answer() -> str:
    typed: str = click.prompt(">", default="", show_default=False, prompt_suffix=" ", err=True)
    return typed.strip()


def _help(row: Input, answers: Texts) -> str:
    """What ? shows of a question."""
    more = words_if(not row.required, "Press Enter to skip.")
    parts = (row.hint, f"Expected: {_expected(row, answers)}.", more)
    return " ".join(filter(None, parts))


def _report(error: QuantityError) -> None:
    for fault in error.faults:
        fault.argument = fault.argument.replace("_", " ")
        _say(f"Error: {fault}")


def _shown_answer(row: Input, answers: Texts) -> str:
    """What was entered, as the review shows it."""
    name = _answered(row, answers) or ""
    value = answers.get(name, "not recorded")
    shown = ", ".join(value) if isinstance(value, tuple) else str(value)
    words = plural(shown, "plasma volume") if name == "plasma_volumes" else shown
    return units.printable(words, 200)


def _review(answers: Texts, asked: list[Input]) -> Input | None:
    """Show what was entered; the question to ask again, or None to go on."""
    by_number = {str(number): row for number, row in enumerate(asked, 1)}
    meant: dict[str, Input | None] = {"": None, **by_number}
    if asked:
        meant["<"] = asked[-1]
    while True:
        _say(REVIEW)
        for number, row in by_number.items():
            _say(f"{number}. {row.label}: {_shown_answer(row, answers)}")
        text = _typed_answer()
        if text in meant:
            return meant[text]
        wanted = f"Enter, <, or a number from 1 to {len(asked)}"
        _say(f"Error: got {units.printable(text)}; expected {wanted}.")


def _say(text: str) -> None:
    """A paragraph on standard error, as wide as the window."""
    width = max(10, min(80, shutil.get_terminal_size().columns))
    click.echo("\n".join(textwrap.wrap(text, width)), err=True)
