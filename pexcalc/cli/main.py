"""The commands: flags to texts, texts to records, records to printed text.

The trap: help and completion are fast only while nothing heavy is imported at the head.

Results and alerts go to standard output, errors to standard error as one line. Exit codes: 0
done, 1 error or interrupted, 2 input that cannot be used, 3 an alert that stops the order (with
--strict also a strong one).
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import click

from pexcalc import __version__
from pexcalc.cli.options import (
    Command,
    Grouped,
    compare_rows,
    crs_rows,
    demand,
    flag_of,
    inputs,
    naming_inputs,
    order_rows,
    output_options,
    patient_rows,
    print_json,
    refusing,
    removal_rows,
    single,
    site_from,
    site_option,
    why_option,
)
from pexcalc.cli.show import show
from pexcalc.quantities.given import if_given


class Calculator(click.Group):
    """A group whose every failure is one `Error:` line and an exit code."""

    command_class = Command

    def main(
        self,
        args: Any = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line; see the module for the exit codes."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        collecting = gc.isenabled()
        gc.disable()  # a process of a third of a second leaves nothing to collect
        try:
            with _ended_as_interrupted():
                _prepare(sys.stdout)
                code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
                sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as error:
            code = 0
            click.echo(error.ctx.get_help() if error.ctx else "")
        except click.UsageError as error:
            from pexcalc.cli.synonyms import usage_words

            code = _fail(usage_words(error), 2)
        except click.ClickException as error:
            code = _fail(error.format_message(), 1)
        except (click.Abort, KeyboardInterrupt):
            code = _fail("interrupted", 1)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 1
        except OSError as error:
            code = _fail(f"cannot write the result: {error.strerror}.", 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        finally:
            if collecting:
                gc.enable()
        sys.exit(code or 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an interrupt is one line on standard error."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            if sys.stderr is not None and sys.stderr.isatty():
                click.echo(err=True)
            raise click.Abort from None


@contextmanager
def _ended_as_interrupted() -> Iterator[None]:
    """Treat a request to end, or a closing terminal, like an interrupt: no part of a file is left.

    Only where such a signal would end the process unasked: one that is ignored (nohup) stays
    ignored, and a handler of a host program stays its own.
    """

    def interrupt(*_: Any) -> None:
        for one in taken:
            signal.signal(one, signal.SIG_IGN)  # the next one must not disturb the cleaning up
        raise KeyboardInterrupt

    taken = []
    try:
        for one in (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")):
            if one is not None and signal.getsignal(one) is signal.SIG_DFL:
                taken.append(one)
                signal.signal(one, interrupt)
    except ValueError:  # not in the main thread, where signals do not arrive
        taken.clear()
    try:
        yield
    finally:
        for one in taken:
            signal.signal(one, signal.SIG_DFL)


def _prepare(stream: Any) -> None:
    """A character that the terminal cannot show is written as its code, not refused."""
    if stream is None:
        raise click.ClickException("there is no standard output to write to.")
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


def _can_show(characters: str) -> bool:
    """True where standard output can show these characters."""
    try:
        characters.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _fail(message: str, code: int) -> int:
    line = "".join(c if c.isprintable() else "?" for c in " ".join(message.split()))
    click.echo(f"Error: {line}", err=True)
    return code


@click.group(
    cls=Calculator,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    subcommand_metavar="[COMMAND] [ARGS]...",  # click before 8.5 writes it without brackets
)
@click.version_option(__version__, prog_name="pexcalc")
@click.pass_context
def cli(context: click.Context) -> None:
    """Plasma exchange prescriptions with checked units, sources and uncertainty ranges.

    Every value carries its unit: --weight "65 kg" --hematocrit "28 %".
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


# --- the commands ---------------------------------------------------------------------------------


@cli.command(cls=Grouped)
@single(
    "--order",
    "order_file",
    "FILE",
    "read the order from a JSON file, or from standard input with -",
)
@inputs(patient_rows)
@inputs(order_rows)
@inputs(naming_inputs("solutes", "panel"))
@inputs(naming_inputs("label", "ordered_at"))
@inputs(naming_inputs("overrides", name="override"))
@single("--by", "by", "NAME", "who overrides")
@click.option("--strict", is_flag=True, help="Exit with 3 for a strong alert too.")
@click.option(
    "--si",
    "system",
    flag_value="si",
    default=None,
    help="Laboratory values in SI units; without --si or --us as entered.",
)
@click.option("--us", "system", flag_value="us", help="Laboratory values in US units.")
@site_option
@single("--html", "html", "FILE", "write the sheet as a page to print, to standard output with -")
@click.option(
    "--summary",
    "as_summary",
    is_flag=True,
    help="Print ten lines of plain text instead of the sheet.",
)
@click.option("--full", is_flag=True, help="Print the whole sheet instead of the one screen.")
@output_options
def prescribe_command(
    order_file: str | None,
    override: tuple[str, ...],
    by: str | None,
    strict: bool,
    system: Any,
    site_file: str | None,
    html: str | None,
    as_summary: bool,
    full: bool,
    as_json: bool,
    explain: bool,
    **texts: Any,
) -> int:
    """A prescription: volumes, dose, fluid, bottles, circuit, citrate, removal, medicines, alerts.

    From flags, from an order in JSON (--order), or both: a flag replaces what the file says. On a
    terminal, without --order, it asks for what is missing.
    """
    if as_json + as_summary + (html == "-") > 1:
        raise click.UsageError("one of --json, --summary and --html - can go to standard output.")
    texts["overrides"] = [(item, by) for item in override]
    texts["panel"] = False if texts["panel"] else None  # --no-panel
    given = tuple(name for name, text in texts.items() if text)
    site = site_from(site_file)
    system = system or (site.units if site else "entered")
    with refusing(order_file is not None, given):
        result, notes, again = _prescription(order_file, html, texts, site)
    again = _with_site(again, site_file)
    if html is not None:
        _write_page(html, result, explain, notes, system)
    views = {
        _print_result_json: as_json,
        _print_summary: as_summary,
        _print_nothing: html == "-",
        _print_sheet: full or explain,
        _print_screen: True,
    }
    print_view = next(view for view, asked in views.items() if asked)
    print_view(result, explain, notes, system)
    _say_again(again)
    stopping = {"strong"} if strict else set()
    stopped = result.blocked or any(one.severity in stopping for one in result.cautions)
    return 3 if stopped else 0


# --- what is printed of a prescription: one of these ---


def _say_notes(notes: Iterable[str]) -> None:
    """Notes on what was read as what, beside an output that does not hold them."""
    for note in notes:
        click.echo(f"Note: {note}", err=True)


def _print_result_json(result: Any, explain: bool, notes: list[str], system: Any) -> None:
    _say_notes(notes)
    click.echo(result.to_json(indent=2, working=explain))


def _print_summary(result: Any, explain: bool, notes: list[str], system: Any) -> None:
    from pexcalc.report.summary import summary

    _say_notes(notes)
    click.echo(summary(result, system))


def _print_nothing(result: Any, explain: bool, notes: list[str], system: Any) -> None:
    """The page went to standard output."""


def _print_sheet(result: Any, explain: bool, notes: list[str], system: Any) -> None:
    from pexcalc.report import sheet

    parts = sheet.sections(result, explain, notes, system)
    click.echo(_colored_sheet(sheet.title(result.version, result.data), parts))


def _print_screen(result: Any, explain: bool, notes: list[str], system: Any) -> None:
    from pexcalc.report.screen import screen

    click.echo(screen(result, system, notes, _paint()))


def _prescription(
    order_file: str | None, html: str | None, texts: dict[str, Any], site: Any
) -> tuple[Any, list[str], str]:
    """The prescription, notes on what was read as what and replaced, the command of an entry."""
    from pexcalc import files, prescription
    from pexcalc.order import everyday, text_input
    from pexcalc.order import order as orders
    from pexcalc.order.fields import REQUIRED
    from pexcalc.quantities.units import private_registry

    def prescribed(data: dict[str, Any]) -> Any:
        return prescription.prescribe(orders.Order.from_wire(data, private_registry(), site), site)

    base = None
    if order_file is not None:
        if html not in (None, "-") and files.same(_handle(order_file), str(html)):
            raise click.UsageError("--html: got the same file as --order; expected another file.")
        base = _read_order(order_file)
    devices = site.devices_of_table if site else {}
    read = everyday.understood(texts, base, devices)
    texts = read.texts
    data, replaced = text_input.from_flags(texts, base)
    notes = [f"flags replaced these values of the order file: {', '.join(replaced)}"]
    notes = [*(notes if replaced else ()), *read.notes]
    notes += _later_than_now(data.get("ordered_at"))
    missing = text_input.missing(data, (*REQUIRED, "indication"))
    dose = bool(data.get("dose"))
    if order_file is None and (missing or not dose) and _on_terminal():
        result, again = _guided(texts, prescribed, devices=devices)
        return result, notes, again
    demand(missing, dose)
    return prescribed(data), notes, ""


def _later_than_now(when: Any) -> list[str]:
    """A note on a time of the order that is still to be, by the clock of this computer."""
    from datetime import UTC, datetime

    try:
        still_to_be = datetime.fromisoformat(when) > datetime.now(UTC)
    except (TypeError, ValueError):  # none, without a zone, or no time: refused with the order
        return []
    note = f"ordered at {when} is later than this computer's clock: check it"
    return [note] if still_to_be else []


def _write_page(name: str, result: Any, explain: bool, notes: list[str], system: Any) -> None:
    """Write the sheet as a page, to a file or to standard output."""
    from pexcalc import files
    from pexcalc.report.html import page

    drawn = page.page(result, explain, notes, system)
    if name == "-":
        click.echo(drawn, nl=False)
        return
    with _writing(name):
        files.save(name, drawn)
    click.echo(f"Written: {name}", err=True)


def _about() -> dict[str, Any]:
    """What every answer in JSON begins with."""
    from pexcalc.data import loading
    from pexcalc.order import order

    return {"schema": order.SCHEMA, "version": __version__, "data": loading.data_version()}


def _title(what: str) -> str:
    from pexcalc.data import loading

    return f"pexcalc {__version__}, data {loading.data_version()}: {what}"


@contextmanager
def _writing(name: str) -> Iterator[None]:
    """Write a file, or fail with one line that names it."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"cannot write {name}: {error.strerror}.") from None


def _on_terminal() -> bool:
    """True where questions can be asked: input and prompts are both on a terminal."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _guided(
    texts: dict[str, Any],
    made: Callable[[dict[str, Any]], Any],
    names: tuple[str, ...] = (),
    devices: Mapping[str, str] | None = None,
) -> Any:
    """What is made of the answers to guided entry, and the command that gives the same again."""
    from pexcalc.cli import guided
    from pexcalc.order import text_input

    def accepted(answers: dict[str, Any]) -> Any:
        return made(text_input.from_flags({**texts, **answers})[0])

    given = text_input.given_texts(texts)
    answers, result = guided.entered(given, accepted, names, devices)
    words = [f"pexcalc {'volume' if names else 'prescribe'}"]
    for name in [name for name in answers if name not in ("overrides", "panel")]:
        items = answers[name] if isinstance(answers[name], tuple) else (answers[name],)
        words += [f"{flag_of(name)} {_shell_quoted(one)}" for one in items]
    words += ["--no-panel"] if texts.get("panel") is False else []
    words += [
        f"--override {_shell_quoted(f'{code}')} --by {_shell_quoted(by or '')}"
        for code, by in texts.get("overrides") or ()
    ]
    return result, f"The same in one line:\n{' '.join(words)}"


def _with_site(command: str, file: str | None) -> str:
    """The command that gives the same again, with its site file."""
    return f"{command} --site {_shell_quoted(file)}" if command and file else command


def _say_again(command: str) -> None:
    """Print the command that gives the same again, below everything else."""
    if command:
        sys.stdout.flush()
        click.echo(f"\n{command}", err=True)


def _shell_quoted(text: str) -> str:
    """A text as it can be typed in a shell."""
    import shlex

    plain = all(c.isalnum() or c in " .,%/^@:+-=" for c in text) and text.isascii()
    return shlex.quote(text) if not plain else f'"{text}"' if " " in text or not text else text


_COLORS = {
    "blocked": "red",
    "stop": "red",
    "strong": "magenta",
    "warn": "yellow",
    "override": "cyan",
}


def _colored_sheet(title: str, parts: Any) -> str:
    """A sheet; on a terminal rows with a severity are colored, unless NO_COLOR is set."""
    from pexcalc.report import layout

    return layout.text(title, parts, paint=_paint(), naming=flag_of)


def _print_result(
    as_json: bool, wire: Callable[[], Mapping[str, Any]], page: Callable[[], str]
) -> None:
    """Print what a command found: as JSON, below what every answer begins with, or as a page."""
    if as_json:
        print_json({**_about(), **wire()})
    else:
        click.echo(page())


def _paint() -> Callable[[str, str], str] | None:
    """What colors a line on a terminal; None for a pipe, or where colors are not wanted."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return _painted if sys.stdout.isatty() and not plain else None


def _painted(mark: str, line: str) -> str:
    return click.style(line, fg=_COLORS[mark], bold=True) if mark in _COLORS else line


@cli.command()
@inputs(patient_rows)
@site_option
@output_options
def volume_command(as_json: bool, explain: bool, site_file: str | None, **texts: Any) -> int:
    """Blood and plasma volume, by every estimator that fits the patient."""
    site = site_from(site_file)
    limits = if_given(site, lambda site: site.limits_in_force)
    with refusing():
        from pexcalc.exchange.estimate import estimate_volumes
        from pexcalc.order import everyday, text_input
        from pexcalc.order.fields import REQUIRED
        from pexcalc.order.patient import Patient
        from pexcalc.quantities.units import private_registry
        from pexcalc.report import answers, layout, sheet

        def estimated(data: dict[str, Any]) -> tuple[Any, Any, Any]:
            patient = Patient.from_wire(data["patient"], private_registry())
            confirmed = data.get("confirmed", ())
            return patient, estimate_volumes(patient, limits, confirmed), confirmed

        read = everyday.understood(texts)
        texts = read.texts
        data, _ = text_input.from_flags(texts)
        missing, again = text_input.missing(data, REQUIRED), ""
        if missing and _on_terminal():
            asked = (*REQUIRED, "gestation", "gestation_at_birth", "states")
            (patient, estimate, confirmed), again = _guided(texts, estimated, asked)
        else:
            demand(missing)
            patient, estimate, confirmed = estimated(data)
    used = if_given(site, lambda site: site.used_limits(site.limits))
    _say_notes(read.notes)

    def wire() -> dict[str, Any]:
        found = {"patient": patient.to_wire(), "volumes": estimate.to_wire(explain)}
        return {"site": if_given(used, lambda used: used.to_wire()), **found}

    def page() -> str:
        found = answers.volume_answer(estimate, patient, confirmed, used)
        parts = sheet.volume_sections(estimate, patient, True, confirmed, used) if explain else ()
        reasons = layout.section_blocks(parts, _paint(), flag_of)
        notes = "" if explain else answers.notes_behind_why(estimate)
        return answers.answer_text(found, reasons, notes, _paint())

    _print_result(as_json, wire, page)
    _say_again(_with_site(again, site_file))
    return 0


@cli.command()
@inputs(
    naming_inputs("solutes", help="such as IL-6; may be repeated", required=True), required=True
)
@inputs(removal_rows)
@why_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON at full precision.")
def removal(solutes: tuple[str, ...], as_json: bool, explain: bool, **texts: str | None) -> int:
    """Expected fall of solutes in a session or course (--sessions, --every); loss of a medicine."""
    with refusing():
        from pexcalc.cli import removal as removal_
        from pexcalc.report import course

        asked = removal_.asked_in(solutes, texts)
        done = removal_.answers(asked)
    blocks = _can_show(course.BLOCKS + course.SHADE)
    _print_result(
        as_json,
        lambda: removal_.removal_wire(asked, done, explain),
        lambda: removal_.removal_page(asked, done, explain, blocks),
    )
    if done.refused:
        return _fail(f"not done: {'; '.join(map(str, done.refused))}", 2)
    return 0


@cli.command()
@inputs(
    naming_inputs("solutes", help="such as IL-6; may be repeated", required=True), required=True
)
@inputs(compare_rows, required=True)
@why_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON at full precision.")
def compare(solutes: tuple[str, ...], as_json: bool, explain: bool, **texts: str | None) -> int:
    """Exchange against hemofiltration, hemodiafiltration and high cut-off filtration, by solute."""
    with refusing():
        from pexcalc.kinetics import modalities
        from pexcalc.order import text_input
        from pexcalc.report import answers, layout
        from pexcalc.report import modalities as modality_sheet

        inputs = text_input.inputs_of(texts)
        found = [
            modalities.compare_modalities(solute, **inputs) for solute in dict.fromkeys(solutes)
        ]

    def page() -> str:
        parts = modality_sheet.modality_sections(found, texts, True) if explain else ()
        answer = answers.modality_answer(found, texts)
        return answers.answer_text(answer, layout.section_blocks(parts))

    _print_result(
        as_json,
        lambda: {"modalities": [[one.to_wire(explain) for one in every] for every in found]},
        page,
    )
    return 0


@cli.command(name="crs-grade")
@inputs(crs_rows, required=True)
@click.option("--crs-established", is_flag=True, help="CRS was established before, with fever.")
@click.option("--antipyretic", is_flag=True, help="An antipyretic was given.")
@click.option(
    "--anticytokine", is_flag=True, help="Tocilizumab, a corticosteroid or the like was given."
)
@click.option("--death-due-to-crs", is_flag=True, help="Death due to CRS.")
@why_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON at full precision.")
def crs_grade(as_json: bool, explain: bool, other_cause: tuple[str, ...], **texts: Any) -> int:
    """Grade cytokine release syndrome by ASTCT 2019, with the criteria for exchange."""
    with refusing():
        from pexcalc.order import text_input
        from pexcalc.order.fields import BY_NAME
        from pexcalc.report import answers, layout, lists
        from pexcalc.rules import crs

        signs = text_input.signs_of(texts, other_cause)
        stated = {
            name: text_input.yes_or_no(BY_NAME[name], texts[name])
            for name in ("tocilizumab", "corticosteroid", "persisting")
            if texts[name]
        }
        graded = crs.grade(signs)
        criteria = crs.criteria_for_exchange(
            crs.CrsOrder(signs=signs, **stated), tocilizumab=False, corticosteroid=False
        )
    parts = {"signs": signs, "crs": graded, "criteria": criteria}
    _print_result(
        as_json,
        lambda: {name: part.to_wire() for name, part in parts.items()},
        lambda: answers.answer_text(
            answers.crs_answer(graded, criteria),
            layout.section_blocks(lists.crs_sections(graded, criteria) if explain else ()),
        ),
    )
    return 0


@cli.command()
@click.argument("source", metavar="IN", type=click.Path())
@click.argument("target", metavar="OUT", type=click.Path())
@click.option(
    "--keep",
    multiple=True,
    metavar="COLUMN",
    help="pass this column through unread; may be repeated",
)
@click.option("--prefix", default="", help="prefix for the names of the results, such as pexcalc_")
@click.option(
    "--alerts", is_flag=True, help="add the alerts of each row; some hundred rows a second"
)
@site_option
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def cohort(
    source: str,
    target: str,
    keep: tuple[str, ...],
    prefix: str,
    alerts: bool,
    site_file: str | None,
    as_json: bool,
) -> int:
    """Volumes and doses of many rows: a CSV or Parquet file in, the same rows with results out.

    Columns carry their unit in their name: sex, age_y, height_cm, weight_kg, hematocrit (a
    fraction) or hematocrit_percent, plasma_volumes or exchange_volume_mL. A row that cannot be
    computed keeps its place, with a code and a sentence; the exit code is then 2. Needs the extra:
    pip install 'pexcalc[cohort]'. See docs/cohort.md.
    """
    from pathlib import Path

    gc.enable()  # a long run has something to collect
    site = site_from(site_file)
    with refusing(from_file=True):  # a header is no option
        try:
            from pexcalc import cohort as rows
            from pexcalc.report import layout
        except ModuleNotFoundError as error:
            raise click.ClickException(f"{error}.") from None
        with suppress(
            TypeError, ValueError
        ):  # polars takes an interrupt for itself and may then abort the process
            signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT))
        with click.progressbar(
            length=0, label="Rows", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:

            def progress(total: int, done: int) -> None:
                bar.length = total
                bar.update(done)

            with _writing(target):
                paths = Path(source), Path(target)
                summary = rows.compute_file(*paths, keep, progress, site, prefix, alerts)
    _print_result(
        as_json,
        lambda: {"summary": summary.to_wire()},
        lambda: layout.text(_title("cohort"), rows.summary_sections(summary)),
    )
    if summary.marked:
        lines = f"{summary.marked:,} of {summary.rows:,} rows"
        return _fail(
            f"{lines} could not be computed: see code and sentence in {Path(target).name}.", 2
        )
    return 0


def _handle(name: str) -> str | int:
    """The name of an order file; for `-` the descriptor of standard input, -1 without one."""
    try:
        return sys.stdin.fileno() if name == "-" else name
    except (AttributeError, OSError, ValueError):  # none, closed, or not a file
        return -1


def _read_order(name: str) -> dict[str, Any]:
    """The JSON object in a file, or on standard input for `-`."""
    from pexcalc.quantities.strict_json import LARGEST, read_json

    try:
        if name == "-":
            if sys.stdin is None:
                raise click.UsageError("order: there is no standard input to read from.")
            text = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with open(name, "rb") as file:
                text = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        why = getattr(error, "strerror", error)
        raise click.UsageError(f"order: cannot read {name}: {why}.") from None
    return read_json(text, "order")


cli.add_command(show)
