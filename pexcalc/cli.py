"""The commands. Thin: flags to texts, texts to records, records to words. Nothing heavy is imported before its time.

Results and cautions go to standard output, errors to standard error as one line. Exit codes: 0 done, 1 error or
interrupted, 2 input that cannot be used, 3 a caution that stops (with --strict also a strong one).
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from pexcalc import __version__

F = TypeVar("F", bound=Callable[..., Any])


class Calculator(click.Group):
    """A group whose every failure is one `Error:` line and an exit code."""

    def main(self, args: Any = None, prog_name: str | None = None, complete_var: str | None = None,
             standalone_mode: bool = True, **extra: Any) -> Any:  # fmt: skip
        """Run a command line; see the module for the exit codes."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        collecting = gc.isenabled()
        gc.disable()  # a process of a third of a second leaves nothing to collect
        try:
            _prepare(sys.stdout)
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as error:
            code = 0
            click.echo(error.ctx.get_help() if error.ctx else "")
        except click.UsageError as error:
            code = _fail(_usage(error), 2)
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


# Words that people type for an option, and the option.
_SYNONYMS = {
    "--hct": "--hematocrit", "--haematocrit": "--hematocrit", "--pv": "--plasma-volumes", "--gender": "--sex",
    "--tbv": "--blood-volume", "--ev": "--exchange-volume", "--label": "--patient-label", "--file": "--order",
}  # fmt: skip


def _usage(error: click.UsageError) -> str:
    """What click says, with what was probably meant."""
    message = error.format_message()
    if isinstance(error, click.NoSuchOption) and error.option_name in _SYNONYMS:
        return f"No such option {error.option_name}. Did you mean {_SYNONYMS[error.option_name]}?"
    if message.startswith("Got unexpected extra argument"):
        return f'{message} A value with a space stands in quotes: --weight "65 kg".'
    return message


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


@contextmanager
def _refusing(from_file: bool = False, flags: tuple[str, ...] = ()) -> Iterator[None]:
    """Turn a value that cannot be used into a usage error; an input that came by flag is named without its group."""
    from pexcalc.units import QuantityError

    try:
        yield
    except QuantityError as error:
        group, _, name = error.argument.partition(".")
        name = name if name and group in ("patient", "dose", "device") else error.argument
        if not from_file or name.split(".")[0] in flags:
            error.argument = _NAMED.get(name.split(".")[0], name)
        raise click.UsageError(str(error)) from None


@click.group(cls=Calculator, context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.version_option(__version__, prog_name="pexcalc")
@click.pass_context
def cli(context: click.Context) -> None:
    """Plasma exchange prescriptions with checked units, visible sources and honest intervals.

    Every value carries its unit: --weight "65 kg" --hematocrit "28 %".
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


# --- options that several commands share ------------------------------------------------------------------------------

_PATIENT = (
    ("--sex", "sex", "male or female; never defaulted"),
    ("--age", "age", "such as \"54 y\"; below 2 years months, weeks or days: \"8 mo\""),
    ("--height", "height", "such as \"172 cm\""),
    ("--weight", "weight", "such as \"65 kg\""),
    ("--hematocrit", "hematocrit", "such as \"28 %\""),
    ("--blood-volume", "blood_volume", "instead of the estimate, with its origin: \"4900 mL @ device\""),
    ("--plasma-volume", "plasma_volume", "instead of the estimate: \"3100 mL @ measured: albumin\""),
    ("--gestation", "gestation", "of a pregnancy, such as \"30 wk\""),
    ("--pre-pregnancy-weight", "pre_pregnancy_weight", "such as \"60 kg\""),
    ("--pre-pregnancy-hematocrit", "pre_pregnancy_hematocrit", "such as \"38 %\""),
    ("--gestation-at-birth", "gestation_at_birth", "of a neonate, such as \"39 wk\""),
    ("--amputation", "amputation", "missing share of body mass, such as \"5.9 %\""),
    ("--tanner", "tanner", "stage 1 to 5, for girls' alternatives"),
)  # fmt: skip
_PATIENT_MANY = (
    (
        "--missing",
        "missing_segments",
        "limb that is missing, may be repeated: hand, forearm-and-hand, whole-arm, foot, lower-leg-and-foot, whole-leg",
    ),
    (
        "--state",
        "states",
        "may be repeated: cirrhosis, ascites, nephrotic-syndrome, heart-failure, sepsis, burns, anasarca, "
        "hyperviscosity, bleeding, bypass, ecmo, pre-eclampsia, hellp, growth-restriction, postpartum, obesity (child)",
    ),
)


def _once(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> str | None:
    """The one value of an option; refused when it was given twice, where click would take the last."""
    if len(given) > 1:
        raise click.UsageError(f"{option.opts[0]} was given {len(given)} times: {', '.join(given)}; give it once.")
    return given[0] if given else None


def _single(flag: str, name: str, metavar: str, words: str, **more: Any) -> Callable[[F], F]:
    """An option that may be given once."""
    return click.option(flag, name, multiple=True, callback=_once, metavar=metavar, help=words, **more)


def _patient_options(command: F) -> F:
    for flag, name, words in reversed(_PATIENT_MANY):
        command = click.option(flag, name, multiple=True, metavar="WORD", help=words)(command)
    for flag, name, words in reversed(_PATIENT):
        command = _single(flag, name, "TEXT", words)(command)
    return command


def _output_options(command: F) -> F:
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON at full precision.")(command)
    explain = click.option("--explain", is_flag=True, help="Print how each figure came about.")
    confirm = click.option(
        "--confirm",
        "confirmed",
        multiple=True,
        metavar="INPUT",
        help="an unusual input that was checked, such as height",
    )
    return explain(confirm(command))


# Inputs whose name in the order is not that of the option.
_NAMED = {
    "states": "--state", "missing_segments": "--missing", "confirmed": "--confirm", "label": "--patient-label",
    "overrides": "--override", "gestation_at_birth": "--gestation-at-birth", "ordered_at": "--ordered-at",
    "interval": "every", "delay": "given", "solutes": "solute", "plasma_removal_efficiency": "removal_efficiency",
}  # fmt: skip
_FLAGS = {name: flag for flag, name, _ in (*_PATIENT, *_PATIENT_MANY)} | {"indication": "--indication"}
_REQUIRED = ("sex", "age", "height", "weight", "hematocrit")


def _demand(absent: list[str], dose: bool = True) -> None:
    """Refuse, naming every required option that is missing and what it takes."""
    takes = {name: text for _, name, text in _PATIENT} | {"indication": "such as ttp or crs-car-t"}
    named = [f"{_FLAGS[name]} ({takes[name]})" for name in absent]
    if not dose:
        named.append('--plasma-volumes (such as 1.2) or --exchange-volume (such as "3000 mL")')
    if named:
        raise click.UsageError(f"missing: {', '.join(named)}.")


# --- the commands -----------------------------------------------------------------------------------------------------


def _complete_indication(context: click.Context, option: click.Parameter, typed: str) -> list[str]:
    from pexcalc import catalog

    return [name for name in catalog.indications() if name.startswith(typed)]


def _complete_solute(context: click.Context, option: click.Parameter, typed: str) -> list[str]:
    from pexcalc import catalog

    return [name for name in catalog.solutes() if name.startswith(typed.casefold())]


def _solute_option(words: str, required: bool = False) -> Callable[[F], F]:
    return click.option(
        "--solute", "solutes", multiple=True, required=required, metavar="NAME", help=words,
        shell_complete=_complete_solute,
    )  # fmt: skip


@cli.command()
@_single("--order", "order_file", "FILE", "read the order from a JSON file, or from standard input with -")
@_patient_options
@_single(
    "--indication", "indication", "ID", "such as ttp or crs-car-t, or not-listed", shell_complete=_complete_indication
)
@_single("--plasma-volumes", "plasma_volumes", "NUMBER", "dose in plasma volumes, such as 1.2")
@_single("--exchange-volume", "exchange_volume", "TEXT", 'dose in litres instead, such as "3000 mL"')
@_single("--duration", "duration", "TEXT", 'of the session, such as "2 h"')
@_single("--inlet-flow", "inlet_flow", "TEXT", 'of the device, blood and anticoagulant: "60 mL/min"')
@_single("--ratio", "ratio", "NUMBER", "of the device, such as 12")
@_single("--ratio-meaning", "ratio_meaning", "WORD", "inlet-to-anticoagulant (Spectra Optia) or blood-to-anticoagulant")
@_single("--removal-efficiency", "removal_efficiency", "TEXT", 'of the device, such as "87 %"')
@_single("--anticoagulant-citrate", "anticoagulant_citrate", "TEXT", 'such as "112.8 mmol/L" for ACD-A')
@_solute_option("show this solute too; may be repeated")
@click.option("--no-panel", "no_panel", is_flag=True, help="Leave out the solutes that belong to the indication.")
@_single("--patient-label", "label", "TEXT", "printed on the sheet; stored nowhere")
@_single("--ordered-at", "ordered_at", "TIME", "such as 2025-06-24T14:05+02:00")
@click.option("--override", multiple=True, metavar="CODE=REASON", help="go on in spite of a caution that stops")
@_single("--by", "by", "NAME", "who overrides")
@click.option("--strict", is_flag=True, help="Exit with 3 for a strong caution too.")
@_output_options
def prescribe(
    order_file: str | None, override: tuple[str, ...], by: str | None, strict: bool, as_json: bool, explain: bool,
    no_panel: bool, **texts: Any,
) -> int:  # fmt: skip
    """Work out a prescription: volumes, dose, expected removal, cautions.

    From flags, from an order in JSON (--order), or both: a flag replaces what the file says.
    """
    texts["overrides"] = [(item, by) for item in override]
    texts["panel"] = False if no_panel else None
    given = tuple(name for name, text in texts.items() if text)
    with _refusing(order_file is not None, given):
        from pexcalc import order as orders
        from pexcalc import prescription, words, worksheet

        base = _read_order(order_file) if order_file is not None else None
        data, replaced = orders.from_flags(texts, base)
        dose = data.get("dose")
        _demand(orders.missing(data, (*_REQUIRED, "indication")), dose=bool(dose))
        result = prescription.prescribe(orders.Order.from_wire(data))
    notes = [f"taken from flags in place of the order file: {', '.join(replaced)}"] if replaced else []
    if as_json:
        for note in notes:
            click.echo(f"Note: {note}", err=True)
        click.echo(result.to_json(indent=2))
    else:
        parts = worksheet.sections(result, explain, notes)
        click.echo(words.text(worksheet.title(result.version, result.data), parts))
    stopped = result.blocked or (strict and any(caution.severity == "strong" for caution in result.cautions))
    return 3 if stopped else 0


@cli.command()
@_patient_options
@_output_options
def volume(as_json: bool, explain: bool, **texts: Any) -> int:
    """Blood and plasma volume, with every estimator that fits the patient side by side."""
    with _refusing():
        from pexcalc import catalog, words, worksheet
        from pexcalc import order as orders
        from pexcalc.estimate import estimate_volumes
        from pexcalc.patient import Patient

        data, _ = orders.from_flags(texts)
        _demand(orders.missing(data, _REQUIRED))
        patient = Patient.from_wire(data["patient"])
        estimate = estimate_volumes(patient, confirmed=data.get("confirmed", ()))
    version = catalog.data_version()
    if as_json:
        about = {"schema": orders.SCHEMA, "version": __version__, "data": version}
        _print({**about, "patient": patient.to_wire(), "volumes": estimate.to_wire()})
    else:
        parts = worksheet.volume_sections(estimate, patient, explain, data.get("confirmed", ()))
        click.echo(words.text(f"pexcalc {__version__}, data {version}: blood and plasma volume", parts))
    return 0


@cli.command()
@_solute_option("such as IL-6; may be repeated", required=True)
@_single("--plasma-volumes", "plasma_volumes", "NUMBER", "exchanged in a session, such as 1.2")
@_single("--exchange-volume", "exchange_volume", "TEXT", 'in litres instead, with --plasma-volume: "3000 mL"')
@_single("--duration", "duration", "TEXT", 'of a session, such as "2 h"')
@_single("--plasma-volume", "plasma_volume", "TEXT", 'of the patient, taken as exact, such as "3000 mL"')
@_single("--weight", "weight", "TEXT", 'such as "65 kg"; scales a clearance, needed for a medicine')
@_single("--sieving", "sieving", "NUMBER", "removed over plasma concentration; 1 for a centrifuge")
@_single("--production", "production", "WORD", "steady, halved, doubled or rising; without it steady")
@_single("--sessions", "sessions", "NUMBER", "number of sessions of a course")
@_single("--every", "every", "TEXT", 'from start to start, such as "24 h"')
@_single("--target-fall", "target_fall", "TEXT", 'after how many sessions has plasma fallen by this, such as "70 %"')
@_single("--given", "given", "TEXT", 'for a medicine: time from the dose to the session, such as "24 h"')
@_single("--dose", "dose", "TEXT", 'of a medicine, such as "560 mg"')
@click.option("--explain", is_flag=True, help="Print how each figure came about.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON at full precision.")
def removal(solutes: tuple[str, ...], as_json: bool, explain: bool, **texts: str | None) -> int:
    """Expected fall of solutes in one session, or in a course with --sessions and --every; loss of a medicine."""
    with _refusing():
        from pexcalc import catalog, forecast
        from pexcalc.order import SCHEMA

        asked = forecast.asked_in(solutes, texts)
        done = forecast.answers(asked)
    if as_json:
        about = {"schema": SCHEMA, "version": __version__, "data": catalog.data_version()}
        _print({
            **about,
            "asked": forecast.asked_wire(asked),
            "removal": [one.to_wire() for one in done.found],
            "courses": [course.to_wire() for course in done.courses],
            "doses": [one.to_wire() for one in done.lost],
            "refused": [str(error) for error in done.refused],
        })  # fmt: skip
    else:
        click.echo(forecast.page(asked, done, explain, _can_show(forecast.BLOCKS + forecast.SHADE)))
    if done.refused:
        several = "; ".join(str(error) for error in done.refused)
        return _fail(f"not done: {several}", 2)
    return 0


@cli.group()
def show() -> None:
    """List what the program knows: indications, solutes, formulas, sources."""


@show.command()
@click.argument("text", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def formulas(text: str | None, as_json: bool) -> None:
    """Every formula: equation, units, validity, known error, source. TEXT keeps those whose name has it."""
    from pexcalc import circuit, dose, drugs, kinetics, listing, turnover, words
    from pexcalc import volume as volumes
    from pexcalc.formula import formulas as all_formulas

    found = [
        formula
        for formula in all_formulas(volumes, dose, kinetics, turnover, drugs, circuit)
        if not text or text.casefold() in formula.name
    ]
    if not found:
        raise click.UsageError(f"no formula has {text} in its name: see pexcalc show formulas.")
    if as_json:
        _print([formula.to_wire() for formula in found])
    else:
        click.echo(words.listing(listing.formula_section(formula) for formula in found))


@show.command()
@click.argument("text", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def indications(text: str | None, as_json: bool) -> None:
    """Every indication by its id: category, dose, fluid as listed. TEXT keeps those whose id or name has its words."""
    from pexcalc import catalog

    terms = (text or "").casefold().replace("-", " ").split()
    rows = catalog.indications().values()
    found = [row for row in rows if all(term in f"{row.id} {row.title}".casefold() for term in terms)]
    if not found:
        raise click.UsageError(f"no indication has {text} in its id or name: see pexcalc show indications.")
    if as_json:
        _print([row._asdict() for row in found])
    else:
        from pexcalc import listing, words

        click.echo(words.listing([listing.indication_section(found)]))


@show.command()
@click.argument("text", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def solutes(text: str | None, as_json: bool) -> None:
    """Every solute and drug; TEXT is a name, a synonym or a part of one, and one that fits is shown whole."""
    from pexcalc import catalog

    known = catalog.solutes()
    exact = catalog.solute_id(text) if text else None
    found = [known[exact]] if exact else [known[name] for name in catalog.solutes_with(text or "")]
    if not found:
        near = catalog.solutes_like(text or "")
        meant = f" Did you mean {' or '.join(near)}?" if near else ""
        raise click.UsageError(f"no solute is named {text}: see pexcalc show solutes.{meant}")
    if as_json:
        _print([row.to_wire() for row in found])
    else:
        from pexcalc import listing, words

        click.echo(words.listing([listing.solute_section(found[0]) if len(found) == 1 else listing.solute_list(found)]))


@show.command()
@click.argument("text", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def sources(text: str | None, as_json: bool) -> None:
    """Every source by its key, with the part of it that was consulted. TEXT keeps those whose key has it."""
    from pexcalc import catalog

    found = {key: source for key, source in catalog.sources().items() if not text or text.casefold() in key}
    if not found:
        raise click.UsageError(f"no source has {text} in its key: see pexcalc show sources.")
    if as_json:
        _print([source._asdict() for source in found.values()])
    else:
        from pexcalc import listing, words

        click.echo(words.listing([listing.source_section(found.values())]))


def _read_order(name: str) -> dict[str, Any]:
    """The JSON object in a file, or on standard input for `-`."""
    from pexcalc.quantity import LARGEST, read_json

    try:
        if name == "-":
            if sys.stdin is None:
                raise click.UsageError("order: there is no standard input to read from.")
            text = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with open(name, "rb") as file:
                text = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        why = error.strerror if isinstance(error, OSError) else error
        raise click.UsageError(f"order: cannot read {name}: {why}.") from None
    return read_json(text, "order")


def _print(data: Any) -> None:
    import json

    click.echo(json.dumps(data, indent=2))
