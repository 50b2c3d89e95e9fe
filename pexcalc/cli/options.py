"""The options of the commands, made from the rows of order/fields.py, and their completion.

Also how an input at fault is named. Nothing here knows a command. The trap: `pexcalc --help` shows
no option, so the rows are loaded and options made only when a command is asked for its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from pexcalc.order.fields import Input

F = TypeVar("F", bound=Callable[..., Any])
Complete = Callable[[click.Context, click.Parameter, str], list[str]]

# What help calls the value of an option whose row has no word of its own.
_METAVARS = {
    "quantity": "TEXT", "stated": "TEXT", "ace": "TEXT", "number": "NUMBER", "count": "NUMBER",
    "word": "WORD", "words": "WORD", "yes-no": "YES-NO", "time": "TIME",
}  # fmt: skip


# --- one option -----------------------------------------------------------------------------------


def option_of(row: Input, required: bool) -> click.Option:
    """The option of an input; one that may be given once is refused when it is given twice."""
    if row.kind == "switch":
        return click.Option([row.flag, row.name], is_flag=True, help=row.help)
    return click.Option(
        [row.flag, row.name],
        multiple=True,
        callback=None if row.several else _once,
        metavar=row.metavar or _METAVARS[row.kind],
        help=_help_of(row),
        required=required,
        shell_complete=completion(lambda: row),
    )


def _help_of(row: Input) -> str:
    """The help of an option, with its words put in."""
    if "{words}" not in row.help:
        return row.help
    from pexcalc.order.fields import alternatives
    from pexcalc.order.questions import words_of

    return row.help.format(words=alternatives(words_of(row)))


def completion(find: Callable[[], Input]) -> Complete:
    """The words of an input that begin as typed; ids of a table in small letters."""

    def words(context: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
        from pexcalc.order.questions import words_of

        row = find()
        begin = typed if row.listed else typed.casefold()
        words = [word for word in words_of(row) if word.startswith(begin)]
        return words or (_by_everyday_name(typed) if row.name == "indication" else [])

    return words


def _by_everyday_name(typed: str) -> list[str]:
    """The ids of the indications that have a name which begins as typed."""
    from pexcalc.data.indication_names import ids_by_name

    return list(ids_by_name(typed))


def _row(name: str) -> Input:
    from pexcalc.order.fields import BY_NAME

    return BY_NAME[name]


complete_indication = completion(lambda: _row("indication"))


def _once(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> str | None:
    """The one value of an option; refused when given twice, where click would take the last."""
    if len(given) > 1:
        raise click.UsageError(
            f"{option.opts[0]} was given {len(given)} times: {', '.join(given)}; give it once."
        )
    return given[0] if given else None


def single(flag: str, name: str, metavar: str, words: str) -> Callable[[F], F]:
    """An option that is no input and may be given once."""
    return click.option(flag, name, multiple=True, callback=_once, metavar=metavar, help=words)


def site_option(command: F) -> F:
    """The site file of a command."""
    words = "limits, products and devices of the site from a TOML file (docs/site.md)"
    return single("--site", "site_file", "FILE", words)(command)


def site_from(name: str | None) -> Any:
    """The site in a file; None without one. An error names the file and the key."""
    if name is None:
        return None
    from pexcalc.order.site import Site
    from pexcalc.quantities.errors import QuantityError
    from pexcalc.quantities.units import private_registry

    try:
        return Site.read(name, private_registry())
    except QuantityError as error:
        raise click.UsageError(" ".join(str(error).splitlines())) from None


# --- the options of a command ---------------------------------------------------------------------


class _LaterOption:
    """Stands among the parameters of a command for the options of some rows."""

    def __init__(self, rows: Callable[[], Iterable[Input]], required: bool) -> None:
        self.rows, self.required = rows, required

    def options(self) -> list[click.Option]:
        """The options; click demands those that are required, if it is to demand any."""
        return [option_of(row, self.required and row.required) for row in self.rows()]


def _options_of(one: click.Parameter | _LaterOption) -> Iterable[click.Parameter]:
    """The options of a parameter: of a _LaterOption several."""
    return one.options() if isinstance(one, _LaterOption) else [one]


def _with_example(one: click.Parameter) -> str:
    """An option with what it takes; an argument by its name."""
    words = getattr(one, "help", None)
    name = one.opts[0] if words else one.human_readable_name
    return f"{name} ({words})" if words else name


class Command(click.Command):
    """A command whose options of inputs are made when they are first asked for.

    British spelling of an option is read, and its name of the version before.
    """

    _params: list[Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.context_settings["token_normalize_func"] = _spelled

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options; what is missing is named at once, with an example of each."""
        typed = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.MissingParameter:
            given, _, _ = self.make_parser(ctx).parse_args(typed)
            required = (one for one in self.get_params(ctx) if one.required)
            absent = [one for one in required if not given.get(one.name or "")]
            words = ", ".join(map(_with_example, absent))
            if not absent:  # an argument: click names it
                raise
            raise click.UsageError(f"missing: {words}.", ctx) from None

    @property
    def params(self) -> list[click.Parameter]:
        """Every parameter."""
        self._params = [option for one in self._params for option in _options_of(one)]
        return self._params

    @params.setter
    def params(self, given: list[Any]) -> None:
        self._params = given


def inputs(rows: Callable[[], Iterable[Input]], required: bool = False) -> Callable[[F], F]:
    """The options of these rows, in their order."""

    def decorate(command: F) -> F:
        known = command.__dict__.setdefault("__click_params__", [])
        known.append(_LaterOption(rows, required))
        return command

    return decorate


def naming_inputs(*names: str, **changes: Any) -> Callable[[], list[Input]]:
    """Inputs of an order by name, with changes for this command."""
    return lambda: [_row(name)._replace(**changes) for name in names]


def patient_rows() -> list[Input]:
    """The patient."""
    from pexcalc.order.fields import INPUTS

    return [row for row in INPUTS if row.place[0] == "patient"]


def order_rows() -> list[Input]:
    """What an order has besides the patient, without what help shows under its last heading."""
    from pexcalc.order.fields import INPUTS, OUTPUT

    rest = [row for row in INPUTS if row.flag and row.heading != OUTPUT]
    return [row for row in rest if row.place[0] != "patient"]


def removal_rows() -> tuple[Input, ...]:
    """What removal takes besides solutes."""
    from pexcalc.order.fields import REMOVAL

    return REMOVAL


def compare_rows() -> tuple[Input, ...]:
    """What compare takes besides solutes."""
    from pexcalc.order.fields import COMPARE

    return COMPARE


def crs_rows() -> tuple[Input, ...]:
    """What crs-grade takes."""
    from pexcalc.order.fields import CRS_GRADE

    return CRS_GRADE


def output_options(command: F) -> F:
    """What is printed, and which unusual inputs were checked."""
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON at full precision.")(
        command
    )
    return why_option(inputs(naming_inputs("confirmed"))(command))


def why_option(command: F) -> F:
    """Whether reasons, formulas and sources are printed too; --explain is read for one version."""
    words = "Print reasons, formulas and sources too."
    return click.option("--why", "explain", is_flag=True, help=words)(command)


# --- how help groups the options, and how an error names one --------------------------------------


def _spelled(name: str) -> str:
    """An option in US spelling, by its name of today."""
    return "why" if name == "explain" else name.replace("ionised", "ionized")


@cache
def _headings() -> dict[str, str]:
    """The headings of help, by option."""
    from pexcalc.order.fields import INPUTS

    return {row.flag: row.heading for row in INPUTS if row.flag}


class Grouped(Command):
    """A command whose help has its options under headings."""

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, each group under its heading."""
        from pexcalc.order.fields import OUTPUT

        headings = _headings()
        groups: dict[str, list[tuple[str, str]]] = {
            heading: [] for heading in dict.fromkeys([*headings.values(), OUTPUT])
        }
        for option in self.get_params(context):
            record = option.get_help_record(context)
            if record is not None:
                groups[headings.get(option.opts[0], OUTPUT)].append(record)
        for heading, records in groups.items():
            with formatter.section(heading):
                formatter.write_dl(records)


@cache
def _flags() -> dict[str, str]:
    """Options by the path of an input in an order, the last name of it, and its own name.

    Two inputs are called albumin in an order: the name alone means the product.
    """
    from pexcalc.order.fields import CRS_GRADE, INPUTS, REMOVAL

    fields = {row.place[-1]: row.flag for row in INPUTS if row.flag and row.kind != "ace"}
    names = {row.name: row.flag for row in (*CRS_GRADE, *REMOVAL, *INPUTS) if row.flag}
    paths = {row.path: row.flag for row in INPUTS if row.flag and row.kind != "ace"}
    return {"delay": names["given"], **fields, **names, **paths}


def flag_of(name: str) -> str:
    """The option of an input of the order, by its path, its own name or that of its field."""
    return _flags().get(name) or f"--{name.replace('_', '-')}"


def demand(absent: list[str], dose: bool = True) -> None:
    """Refuse, naming every required option that is missing and what it takes."""
    naming_inputs = [f"{_row(name).flag} ({_row(name).help})" for name in absent]
    if not dose:
        naming_inputs.append(
            '--plasma-volumes (such as 1.2), --exchange-volume (such as "3000 mL") or --bag-volume'
        )
    if naming_inputs:
        raise click.UsageError(f"missing: {', '.join(naming_inputs)}.")


@contextmanager
def refusing(from_file: bool = False, flags: tuple[str, ...] = ()) -> Iterator[None]:
    """Turn a value that cannot be used into a usage error that names the option of an input.

    Beside an order file only the inputs that were given by option are named so.
    """
    from pexcalc.quantities.errors import QuantityError

    try:
        yield
    except QuantityError as error:
        for fault in error.faults:
            name = _without_group(fault.argument)
            if not from_file or name.split(".")[0] in flags:
                fault.argument = _named(fault.argument, name)
        raise click.UsageError(" ".join(str(error).splitlines())) from None


def _without_group(argument: str) -> str:
    """The field of an input of an order, without its group: `fibrinogen` of `labs.fibrinogen`."""
    from pexcalc.order.fields import GROUPS

    group, _, name = argument.partition(".")
    return name if name and group in GROUPS else argument


def _named(argument: str, name: str) -> str:
    """How an error of the command line names an input: a word that is its option, or the option."""
    from pexcalc.order.fields import BY_PATH

    first, row = name.split(".")[0], BY_PATH.get(argument)
    flag = getattr(row, "flag", "") or flag_of(first)
    return name if flag == f"--{first}" else flag


def print_json(data: Any) -> None:
    """What --json prints."""
    import json

    click.echo(json.dumps(data, indent=2))
