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
from pexcalc.data.indications import NOT_LISTED
from pexcalc.order import text_input
from pexcalc.order.fields import EXCHANGE, INPUTS, MULTIPLE, NONE, Input
from pexcalc.order.order import DOSES
from pexcalc.order.questions import is_asked, words_of
from pexcalc.quantities import units
from pexcalc.quantities.argument import Choice
from pexcalc.quantities.units import QuantityError

Answers = dict[str, Any]  # texts by the name of the input; tuples of texts for what may be repeated

QUESTIONS: tuple[Input, ...] = tuple(row for row in INPUTS if row.prompt)


def _choices(row: Input) -> tuple[str, ...]:
    """The words of which one has to be typed; medicines and indications are looked up instead."""
    return () if row.kind == "drugs" or row.name == "indication" else words_of(row)


# --- one answer -----------------------------------------------------------------------------------


def checked(question: Input, text: str, answers: Answers) -> Answers:
    """The answers with this one added. Raises QuantityError with the sentence of the flag."""
    if not text and question.required:
        raise QuantityError(question.name, "nothing", _expected(question, answers), kind="missing")
    if question.several:
        parts = [part.strip() for part in text.split(",")] if _choices(question) else [text]
        added = (*answers.get(question.name, ()), *parts)
        for part in parts:
            _check(question, question.name, part, answers)
        if NONE in added and question.none:
            text_input.alone(question, added)
        return {**answers, question.name: added}
    name = question.name
    if name == "dose":
        unit = units.read(text).unit
        name = "exchange_volume" if unit and unit.kind == "volume" else "plasma_volumes"
    _check(question, name, text, answers)
    return {**answers, name: text}


def _check(question: Input, name: str, text: str, answers: Answers) -> None:
    if words := _choices(question):
        try:
            Choice(words).strip(name, text)
        except QuantityError as error:
            error.meant = error.meant or tuple(_alike(text, words))
            raise error from None
    elif name == "indication":
        _check_indication(text)
    else:
        text_input.check(name, {**answers, name: (text,) if question.several else text})


def _check_indication(text: str) -> None:
    if text == NOT_LISTED or indication_table.indication(text) is not None:
        return
    part_of = [row.id for row in indication_table.indications_with(text)][:4]
    near = part_of or indication_table.indications_like(text)
    wanted = f"an id of the table, or {NOT_LISTED}"
    raise QuantityError("indication", units.printable(text), wanted, near, kind="unknown")


def _alike(text: str, words: Collection[str]) -> list[str]:
    """The words that a typed one is part of, or else those that it is most like."""
    typed = text.casefold().replace(" ", "-")
    return [word for word in words if typed in word][:3] or units.alike(typed, words, 2)


def _expected(question: Input, answers: Answers) -> str:
    if words := _choices(question):
        return Choice(words).expected
    if question.name == "dose":
        return f"{MULTIPLE.expected}, or {EXCHANGE.expected}"
    spec = text_input.answer_spec(question.name, answers)
    return spec.expected if spec is not None else question.prompt.partition(", ")[2] or "an answer"


def dose_of(answers: Answers) -> str | None:
    """The input that holds the dose, if one does."""
    return next((name for name in DOSES if name in answers), None)


# --- the dialogue ---------------------------------------------------------------------------------


def entered(
    given: Mapping[str, Any], made: Callable[[Answers], Any], names: Collection[str] | None = None
) -> tuple[Answers, Any]:
    """Ask for what is not given, all of QUESTIONS or those of `names`, until `made` accepts it.

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
    asked: list[Input] = []
    while True:
        answers, asked = _still_asked(answers, asked)
        row = next((row for row in table if is_asked(row, answers) and row not in asked), None)
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


def _back_to(row: Input, asked: list[Input]) -> list[Input]:
    """The questions that count as asked once one is to be asked again; its answer stays."""
    return [one for one in asked if one is not row]


def _still_asked(answers: Answers, asked: list[Input]) -> tuple[Answers, list[Input]]:
    """Without the answers to questions that a changed answer has made void."""
    void = next((row for row in asked if not is_asked(row, answers)), None)
    return (
        (answers, asked)
        if void is None
        else _still_asked(_without(void, answers), _back_to(void, asked))
    )


def _without(row: Input, answers: Answers) -> Answers:
    return {name: text for name, text in answers.items() if name != _held(row, answers)}


def _held(row: Input, answers: Answers) -> str | None:
    return dose_of(answers) if row.name == "dose" else row.name


def _ask_one(row: Input, answers: Answers) -> Answers | None:
    """The answers with this question's answer in them; None to go back."""
    kept = answers
    first = True
    while True:
        held = kept.get(_held(row, kept) or "")
        now = f" (now {_shown(row, kept)})" if held else ""
        _say(f"{row.prompt}{now}{' *' if row.required and not held else ''}")
        text = _typed()
        if text == "<":
            return None
        if text == "?":
            _say(_help(row, kept))
        elif text == "-" and held:
            kept = _without(row, kept)
        elif not text and (held or not row.required):
            return kept
        else:
            try:
                kept = checked(row, text, _without(row, kept) if first else kept)
            except QuantityError as error:
                _report(error)
                continue
            if row.kind != "drugs" or text == NONE:
                return kept
            first = False


def _typed() -> str:
    typed: str = click.prompt(">", default="", show_default=False, prompt_suffix=" ", err=True)
    return typed.strip()


def _help(row: Input, answers: Answers) -> str:
    """What ? shows of a question."""
    more = "" if row.required else "Enter passes over it."
    parts = (row.hint, f"Expected: {_expected(row, answers)}.", more)
    return " ".join(filter(None, parts))


def _report(error: QuantityError) -> None:
    for fault in error.faults:
        fault.argument = fault.argument.replace("_", " ")
        _say(f"Error: {fault}")


def _shown(row: Input, answers: Answers) -> str:
    """What was entered, as the review shows it."""
    name = _held(row, answers) or ""
    value = answers.get(name, "not entered")
    shown = ", ".join(value) if isinstance(value, tuple) else str(value)
    return units.printable(f"{shown} plasma volumes" if name == "plasma_volumes" else shown, 200)


def _review(answers: Answers, asked: list[Input]) -> Input | None:
    """Show what was entered; the question to ask again, or None to go on."""
    while True:
        _say(
            "Review. Enter calculates; a number asks that question again; < asks the last one "
            "again."
        )
        for number, row in enumerate(asked, 1):
            _say(f"{number}. {row.label}: {_shown(row, answers)}")
        text = _typed()
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
