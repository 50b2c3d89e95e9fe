"""The options of the commands, made from the rows of order/fields.py, and their completion.

Also how an input at fault is named. Nothing here knows a command. The trap: help and completion
load nothing but click and the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from pexcalc.order.fields import (
    BY_NAME,
    BY_PATH,
    CRS_GRADE,
    GROUPS,
    INPUTS,
    OUTPUT,
    PATIENT,
    REMOVAL,
    Input,
    alternatives,
)

F = TypeVar("F", bound=Callable[..., Any])

# What help calls the value of an option whose row has no word of its own.
_METAVARS = {
    "quantity": "TEXT", "stated": "TEXT", "ace": "TEXT", "number": "NUMBER", "count": "NUMBER",
    "word": "WORD", "words": "WORD", "yes-no": "YES-NO", "time": "TIME",
}  # fmt: skip


# --- one option -----------------------------------------------------------------------------------


def option(row: Input, required: bool = False) -> Callable[[F], F]:
    """The option of an input."""
    return (many if row.several else single)(
        row.flag,
        row.name,
        row.metavar or _METAVARS[row.kind],
        help_of(row),
        required=required,
        shell_complete=_completion(row),
    )


def help_of(row: Input) -> str:
    """The help of an option, with its words put in."""
    if "{words}" not in row.help:
        return row.help
    from pexcalc.order.questions import words_of

    return row.help.format(words=alternatives(words_of(row)))


def _completion(row: Input) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """The words of an input that begin as typed; ids of a catalogue in small letters."""

    def words(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
        from pexcalc.order.questions import words_of

        begin = typed if row.listed else typed.casefold()
        return [word for word in words_of(row) if word.startswith(begin)]

    return words


complete_indication = _completion(BY_NAME["indication"])


def _once(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> str | None:
    """The one value of an option; refused when given twice, where click would take the last."""
    if len(given) > 1:
        raise click.UsageError(
            f"{option.opts[0]} was given {len(given)} times: {', '.join(given)}; give it once."
        )
    return given[0] if given else None


def single(flag: str, name: str, metavar: str, words: str, **more: Any) -> Callable[[F], F]:
    """An option that may be given once."""
    return click.option(
        flag, name, multiple=True, callback=_once, metavar=metavar, help=words, **more
    )


def many(flag: str, name: str, metavar: str, words: str, **more: Any) -> Callable[[F], F]:
    """An option that may be given several times."""
    return click.option(flag, name, multiple=True, metavar=metavar, help=words, **more)


# --- the options of a command ---------------------------------------------------------------------


def inputs(rows: Iterable[Input], required: bool | None = None) -> Callable[[F], F]:
    """The options of these rows, in their order; click demands those that are required."""

    def decorate(command: F) -> F:
        for row in reversed(tuple(rows)):
            needed = row.required if required is None else required
            command = option(row, needed)(command)
        return command

    return decorate


def patient_options(command: F) -> F:
    """The patient."""
    return inputs((row for row in INPUTS if row.place[0] == "patient"), required=False)(command)


def order_options(command: F) -> F:
    """What an order has besides the patient."""
    rest = [
        row for row in INPUTS if row.flag and row.place[0] != "patient" and row.heading != OUTPUT
    ]
    bleeding = click.option(
        "--bleeding", is_flag=True, help="active bleeding: the same as --finding bleeding"
    )
    return inputs(rest, required=False)(bleeding(command))


def output_options(command: F) -> F:
    """What is printed, and which unusual inputs were checked."""
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON at full precision.")(
        command
    )
    explain = click.option("--explain", is_flag=True, help="Print how each figure came about.")
    return explain(option(BY_NAME["confirmed"])(command))


def solute_option(words: str, required: bool = False) -> Callable[[F], F]:
    """Solutes by name, several times."""
    return option(BY_NAME["solutes"]._replace(help=words), required)


# --- how help groups the options, and how an error names one --------------------------------------


def _spelled(name: str) -> str:
    """An option in US spelling."""
    return name.replace("ionised", "ionized")


_HEADINGS = {row.flag: row.heading for row in INPUTS if row.flag} | {
    "--bleeding": BY_NAME["findings"].heading
}


class Grouped(click.Command):
    """A command whose help has its options under headings; British spelling of one is read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.context_settings["token_normalize_func"] = _spelled

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, each group under its heading."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for option in self.get_params(context):
            record = option.get_help_record(context)
            if record is not None:
                groups.setdefault(_HEADINGS.get(option.opts[0], OUTPUT), []).append(record)
        for heading in dict.fromkeys([PATIENT, *_HEADINGS.values(), OUTPUT]):
            if heading in groups:
                with formatter.section(heading):
                    formatter.write_dl(groups[heading])


# Options by the name of the input, then by the last name of its place in an order: of two inputs
# with one such name (albumin of the fluid, in plasma) the first.
_FLAGS = {row.name: row.flag for row in (*CRS_GRADE, *REMOVAL, *INPUTS) if row.flag}
_FIELDS = {
    "delay": _FLAGS["given"],
    **{row.place[-1]: row.flag for row in reversed(INPUTS) if row.flag and row.kind != "ace"},
}


def flag_of(name: str) -> str:
    """The option of an input of the order, by its own name or that of its field."""
    return _FLAGS.get(name) or _FIELDS.get(name) or f"--{name.replace('_', '-')}"


def demand(absent: list[str], dose: bool = True) -> None:
    """Refuse, naming every required option that is missing and what it takes."""
    named = [f"{BY_NAME[name].flag} ({BY_NAME[name].help})" for name in absent]
    if not dose:
        named.append(
            '--plasma-volumes (such as 1.2), --exchange-volume (such as "3000 mL") or --bag-volume'
        )
    if named:
        raise click.UsageError(f"missing: {', '.join(named)}.")


@contextmanager
def refusing(from_file: bool = False, flags: tuple[str, ...] = ()) -> Iterator[None]:
    """Turn a value that cannot be used into a usage error that names the option of an input.

    Beside an order file only the inputs that were given by option are named so.
    """
    from pexcalc.quantities.units import QuantityError

    try:
        yield
    except QuantityError as error:
        for fault in error.faults:
            name = _without_group(fault.argument)
            first = name.split(".")[0]
            if not from_file or first in flags:
                fault.argument = _named(fault.argument, name)
        raise click.UsageError(" ".join(str(error).splitlines())) from None


def _without_group(argument: str) -> str:
    """The field of an input of an order, without its group: `fibrinogen` of `labs.fibrinogen`."""
    group, _, name = argument.partition(".")
    return name if name and group in GROUPS else argument


def _named(argument: str, name: str) -> str:
    """How an error of the command line names an input: a word that is its option, or the option."""
    first, row = name.split(".")[0], BY_PATH.get(argument)
    flag = row.flag if row is not None and row.flag else flag_of(first)
    return name if flag == f"--{first}" else flag


def print_json(data: Any) -> None:
    """What --json prints."""
    import json

    click.echo(json.dumps(data, indent=2))
