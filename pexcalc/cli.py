"""The commands. Thin: flags to texts, texts to records, records to words. Nothing heavy is imported before its time.

Results and cautions go to standard output, errors to standard error as one line. Exit codes: 0 done, 1 error or
interrupted, 2 input that cannot be used, 3 a caution that stops (with --strict also a strong one).
"""

from __future__ import annotations

import gc
import os
import re
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
        from pexcalc.flags import GROUPS

        group, _, name = error.argument.partition(".")
        name = name if name and group in GROUPS else error.argument
        if not from_file or name.split(".")[0] in flags:
            error.argument = _NAMED.get(name.split(".")[0], name)
        raise click.UsageError(str(error)) from None


@click.group(
    cls=Calculator, context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True,
    subcommand_metavar="[COMMAND] [ARGS]...",  # click before 8.5 writes it without brackets
)  # fmt: skip
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


# The words of options with a closed set, for completion, which must not load the records that hold them; a test
# compares. Those of the catalogue are named by their kinds.
_YES_NO, _GROUPS, _PARTS = ("yes", "no"), ("O", "A", "B", "AB"), ("albumin", "plasma", "cryoprecipitate")
_WORDS: dict[str, tuple[str, ...]] = {
    "--sex": ("male", "female"),
    "--missing": ("hand", "forearm-and-hand", "whole-arm", "foot", "lower-leg-and-foot", "whole-leg"),
    "--state": (
        "cirrhosis", "ascites", "nephrotic-syndrome", "heart-failure", "sepsis", "burns", "anasarca", "hyperviscosity",
        "bleeding", "bypass", "ecmo", "pre-eclampsia", "hellp", "growth-restriction", "postpartum", "obesity",
    ),
    "--fluid": ("albumin", "albumin-then-plasma", "plasma"),
    "--sequence": ("plasma-last", "plasma-first", "mixed"),
    "--diluent": ("saline", "isotonic"),
    "--blood-group": _GROUPS, "--plasma-group": _GROUPS, "--donor-group": _GROUPS,
    "--refused": _PARTS, "--accepted": _PARTS,
    "--ratio-meaning": ("inlet-to-anticoagulant", "blood-to-anticoagulant"),
    "--prime": ("saline", "albumin", "red-cells", "diverted"),
    "--calcium": ("infusion", "bolus", "oral", "none"),
    "--calcium-salt": ("gluconate", "chloride"),
    "--calcium-line": ("separate", "return", "plasma"),
    "--finding": (
        "bleeding", "bleeding-risk", "dic", "alveolar-haemorrhage", "surgery", "biopsy", "minor-procedure",
        "anticoagulated", "iga-deficiency", "plasma-anaphylaxis", "protein-s-deficiency", "jehovahs-witness", "frail",
        "hypotensive", "hypogammaglobulinaemia", "infection-risk", "liver-failure", "hit", "digoxin", "qt-risk",
        "platelets-planned",
    ),
    "--crs-scale": ("astct-2019", "penn", "lee-2014", "other"),
    "--tocilizumab": _YES_NO, "--corticosteroid": _YES_NO, "--persisting": _YES_NO, "--hypotension": _YES_NO,
    "--oxygen-device": (
        "room-air", "nasal-cannula", "high-flow-nasal-cannula", "blow-by", "facemask", "non-rebreather", "venturi",
        "cpap", "bipap", "niv", "ventilated",
    ),
    "--vasopressor": (
        "none", "norepinephrine", "epinephrine", "dopamine", "phenylephrine", "ephedrine", "metaraminol",
        "angiotensin-ii", "vasopressin", "other",
    ),
    "--other-cause": ("fever", "hypotension", "hypoxia"),
    "--production": ("steady", "halved", "doubled", "rising"),
}  # fmt: skip
_KINDS = {
    "--device": ("centrifuge", "membrane"), "--anticoagulant": ("anticoagulant",),
    "--albumin": ("albumin", "concentrate"), "--plasma": ("plasma",),
}  # fmt: skip


def _complete_word(context: click.Context, option: click.Parameter, typed: str) -> list[str]:
    words = _WORDS.get(option.opts[0], ())
    if kinds := _KINDS.get(option.opts[0]):
        from pexcalc import catalog

        kind_of = {name: row.kind for name, row in catalog.devices().items()}
        kind_of |= {name: row.kind for name, row in catalog.products().items()}
        words = tuple(name for name, kind in kind_of.items() if kind in kinds)
    return [word for word in words if word.startswith(typed)]


def _once(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> str | None:
    """The one value of an option; refused when it was given twice, where click would take the last."""
    if len(given) > 1:
        raise click.UsageError(f"{option.opts[0]} was given {len(given)} times: {', '.join(given)}; give it once.")
    return given[0] if given else None


def _single(flag: str, name: str, metavar: str, words: str, **more: Any) -> Callable[[F], F]:
    """An option that may be given once."""
    known = {"shell_complete": _complete_word, **more}
    return click.option(flag, name, multiple=True, callback=_once, metavar=metavar, help=words, **known)


def _many(flag: str, name: str, metavar: str, words: str, **more: Any) -> Callable[[F], F]:
    """An option that may be given several times."""
    return click.option(
        flag, name, multiple=True, metavar=metavar, help=words, shell_complete=_complete_word, **more
    )  # fmt: skip


def _patient_options(command: F) -> F:
    for flag, name, words in reversed(_PATIENT_MANY):
        command = _many(flag, name, "WORD", words)(command)
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
    "findings": "--finding", "drugs": "--drug", "choice": "--fluid", "plan": "--calcium", "salt": "--calcium-salt",
    "line": "--calcium-line", "name": "--device", "grade": "--crs-grade", "scale": "--crs-scale",
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


# What prescribe takes besides the patient, under the headings of its help: option, metavar, words. The name of the
# input is that of the option.
_ORDER: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Dose and course": (
        ("--plasma-volumes", "NUMBER", "dose in plasma volumes, such as 1.2"),
        ("--exchange-volume", "TEXT", 'dose in litres of patient plasma instead, such as "3000 mL"'),
        ("--bag-volume", "TEXT", "dose as volume of the remove bag, plasma and anticoagulant; needs --ratio"),
        ("--duration", "TEXT", 'of the session, such as "2 h"'),
        ("--sessions", "NUMBER", "planned, such as 5"),
        ("--every", "TEXT", 'from start to start, such as "48 h"'),
    ),
    "CRS": (
        ("--crs-grade", "NUMBER", "grade of CRS, 1 to 5 (pexcalc crs-grade)"),
        ("--crs-scale", "WORD", "of that grade: astct-2019, penn, lee-2014 or other"),
        ("--tocilizumab", "YES-NO", "was given before"),
        ("--corticosteroid", "YES-NO", "was given before"),
        ("--persisting", "YES-NO", "CRS persists after both, a clinician's statement"),
        ("--persisting-at", "TIME", "when that was stated"),
        ("--icans", "NUMBER", "0 to 4, recorded beside the grade"),
    ),
    "Laboratory": (
        ("--fibrinogen", "TEXT", 'such as "2.6 g/L" or "260 mg/dL"'),
        ("--platelets", "TEXT", 'such as "150 x10^9/L"'),
        ("--potassium", "TEXT", 'such as "3.9 mmol/L"'),
        ("--ionised-calcium", "TEXT", 'such as "1.15 mmol/L"'),
        ("--igg", "TEXT", 'such as "9.5 g/L"'),
        ("--albumin-level", "TEXT", 'such as "32 g/L"'),
        ("--coagulation-age", "TEXT", 'how long ago coagulation was tested, such as "6 h"'),
    ),
    "Fluid": (
        ("--fluid", "WORD", "albumin, albumin-then-plasma or plasma"),
        ("--plasma-share", "TEXT", 'of the fluid, such as "30 %"'),
        ("--saline-share", "TEXT", 'of the fluid, such as "20 %"'),
        ("--sequence", "WORD", "plasma-last, plasma-first or mixed"),
        ("--balance", "TEXT", 'replacement over plasma removed, such as "100 %"'),
        ("--albumin", "PRODUCT", "such as albumin-5 or albumin-20 (pexcalc show fluids)"),
        ("--albumin-strength", "TEXT", 'of a diluted concentrate, such as "5 %"'),
        ("--diluent", "WORD", "saline or isotonic"),
        ("--plasma", "PRODUCT", "such as fresh-frozen-plasma or sd-plasma"),
        ("--albumin-container", "TEXT", 'such as "250 mL"'),
        ("--plasma-container", "TEXT", 'such as "200 mL"'),
        ("--saline-container", "TEXT", 'such as "500 mL"'),
        ("--blood-group", "WORD", "of the patient: O, A, B or AB"),
        ("--plasma-group", "WORD", "of the plasma"),
        ("--donor-group", "WORD", "of the donor of a transplant"),
    ),
    "Device": (
        ("--device", "NAME", "such as spectra-optia (pexcalc show devices)"),
        ("--inlet-flow", "TEXT", 'centrifuge, blood and anticoagulant: "60 mL/min"'),
        ("--ratio", "NUMBER", "such as 12"),
        ("--ratio-meaning", "WORD", "inlet-to-anticoagulant (Spectra Optia) or blood-to-anticoagulant"),
        ("--removal-efficiency", "TEXT", 'of a centrifuge, such as "87 %"'),
        ("--blood-flow", "TEXT", 'membrane, such as "120 mL/min"'),
        ("--plasma-flow", "TEXT", 'membrane, such as "30 mL/min"'),
        ("--anticoagulant", "WORD", "acd-a, trisodium-citrate-4 or heparin"),
        ("--anticoagulant-citrate", "TEXT", 'of another one, such as "112.8 mmol/L"'),
        ("--circuit-volume", "TEXT", 'extracorporeal, such as "185 mL"'),
        ("--circuit-red-cells", "TEXT", 'red cells held in the circuit, such as "68 mL"'),
        ("--rinseback", "TEXT", 'such as "150 mL"'),
        ("--prime", "WORD", "saline, albumin, red-cells or diverted"),
    ),
    "Calcium and medicines": (
        ("--calcium", "WORD", "infusion, bolus, oral or none"),
        ("--calcium-salt", "WORD", "gluconate or chloride"),
        ("--calcium-line", "WORD", "separate, return or plasma"),
        ("--ace-inhibitor", "TEXT", 'time from its last dose to the exchange, such as "18 h"'),
    ),
}  # fmt: skip
_SEVERAL = {
    "Findings": (
        ("--finding", "findings", "WORD", "may be repeated: bleeding, bleeding-risk, dic, alveolar-haemorrhage, "
         "surgery, biopsy, minor-procedure (within 24 h), anticoagulated, iga-deficiency, plasma-anaphylaxis, "
         "protein-s-deficiency, jehovahs-witness, frail, hypotensive, hypogammaglobulinaemia, infection-risk, "
         "liver-failure, hit, digoxin, qt-risk, platelets-planned"),
        ("--refused", "refused", "WORD", "product that the patient refuses: albumin, plasma, cryoprecipitate"),
        ("--accepted", "accepted", "WORD", "product that a Jehovah's Witness accepts"),
    ),
    "Calcium and medicines": (
        ("--drug", "drugs", "TEXT", 'given or due, may be repeated: "rituximab @ 24 h before", '
         '"siltuximab 770 mg @ 12 h after"'),
    ),
}  # fmt: skip


class Grouped(click.Command):
    """A command whose options stand under headings in its help."""

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, each group under its heading."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for option in self.get_params(context):
            record = option.get_help_record(context)
            if record is not None:
                groups.setdefault(_HEADINGS.get(option.opts[0], "Order and output"), []).append(record)
        for heading in ("Patient", *dict.fromkeys(_HEADINGS.values()), "Order and output"):
            if heading in groups:
                with formatter.section(heading):
                    formatter.write_dl(groups.pop(heading))


_HEADINGS = {
    **{flag: "Patient" for flag, *_ in (*_PATIENT, *_PATIENT_MANY)},
    "--indication": "Patient",
    **{flag: heading for heading, rows in _ORDER.items() for flag, *_ in rows},
    **{flag: heading for heading, rows in _SEVERAL.items() for flag, *_ in rows},
    "--bleeding": "Findings",
}


def _order_options(command: F) -> F:
    for rows in reversed(_SEVERAL.values()):
        for flag, name, metavar, words in reversed(rows):
            command = _many(flag, name, metavar, words)(command)
    command = click.option("--bleeding", is_flag=True, help="active bleeding: the same as --finding bleeding")(command)
    for rows_of_one in reversed(_ORDER.values()):
        for flag, metavar, words in reversed(rows_of_one):
            command = _single(flag, flag[2:].replace("-", "_"), metavar, words)(command)
    return command


@cli.command(cls=Grouped)
@_single("--order", "order_file", "FILE", "read the order from a JSON file, or from standard input with -")
@_patient_options
@_single(
    "--indication", "indication", "ID", "such as ttp or crs-car-t, or not-listed", shell_complete=_complete_indication
)
@_order_options
@_solute_option("show this solute too; may be repeated")
@click.option("--no-panel", "no_panel", is_flag=True, help="Leave out the solutes that belong to the indication.")
@_single("--patient-label", "label", "TEXT", "printed on the sheet; stored nowhere")
@_single("--ordered-at", "ordered_at", "TIME", "such as 2025-06-24T14:05+02:00")
@click.option("--override", multiple=True, metavar="CODE=REASON", help="go on in spite of a caution that stops")
@_single("--by", "by", "NAME", "who overrides")
@click.option("--strict", is_flag=True, help="Exit with 3 for a strong caution too.")
@click.option("--si", "system", flag_value="si", default="entered",
              help="Laboratory values in SI units; without --si or --us as entered.")  # fmt: skip
@click.option("--us", "system", flag_value="us", help="Laboratory values in the units of the United States.")
@_single("--html", "html", "FILE", "write the sheet as a page to print, to standard output with -")
@click.option("--summary", "as_summary", is_flag=True, help="Print ten lines of plain text instead of the sheet.")
@_output_options
def prescribe(
    order_file: str | None, override: tuple[str, ...], by: str | None, strict: bool, system: Any,
    html: str | None, as_summary: bool, as_json: bool, explain: bool, no_panel: bool, bleeding: bool, **texts: Any,
) -> int:  # fmt: skip
    """Work out a prescription: volumes, dose, fluid, containers, circuit, citrate, removal, medicines, cautions.

    From flags, from an order in JSON (--order), or both: a flag replaces what the file says. On a terminal it asks for
    what is missing.
    """
    if as_json + as_summary + (html == "-") > 1:
        raise click.UsageError("one of --json, --summary and --html - can go to standard output.")
    texts["overrides"] = [(item, by) for item in override]
    texts["panel"] = False if no_panel else None
    texts["findings"] += ("bleeding",) if bleeding else ()
    given = tuple(name for name, text in texts.items() if text)
    with _refusing(order_file is not None, given):
        from pexcalc import flags, prescription
        from pexcalc import order as orders

        base = _read_order(order_file) if order_file is not None else None
        data, replaced = flags.from_flags(texts, base)
        missing, again = flags.missing(data, (*_REQUIRED, "indication")), ""
        if (missing or not data.get("dose")) and order_file is None and _on_terminal():
            result, again = _guided(texts, lambda data: prescription.prescribe(orders.Order.from_wire(data)))
        else:
            _demand(missing, dose=bool(data.get("dose")))
            result = prescription.prescribe(orders.Order.from_wire(data))
    notes = [f"taken from flags in place of the order file: {', '.join(replaced)}"] if replaced else []
    if html is not None:
        from pexcalc import page

        drawn = page.page(result, explain, notes, system)
        if html == "-":
            click.echo(drawn, nl=False)
        else:
            _saved(page.save, html, drawn)
            click.echo(f"Written: {html}", err=True)
    if as_json or as_summary:
        for note in notes:
            click.echo(f"Note: {note}", err=True)
    if as_json:
        click.echo(result.to_json(indent=2))
    elif as_summary:
        from pexcalc.summary import summary

        click.echo(summary(result, system))
    elif html != "-":
        from pexcalc import words, worksheet

        parts = worksheet.sections(result, explain, notes, system)
        _show(words.text(worksheet.title(result.version, result.data), parts))
    _say_again(again)
    stopped = result.blocked or (strict and any(caution.severity == "strong" for caution in result.cautions))
    return 3 if stopped else 0


def _saved(save: Callable[[str, str], None], name: str, text: str) -> None:
    """Save a file, or fail with one line."""
    try:
        save(name, text)
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        why = error.strerror if isinstance(error, OSError) else error
        raise click.ClickException(f"cannot write {name}: {why}.") from None


def _on_terminal() -> bool:
    """True where questions can be asked: what is typed and what is prompted are both on a terminal."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _guided(texts: dict[str, Any], made: Callable[[dict[str, Any]], Any], names: tuple[str, ...] | None = None) -> Any:
    """What is made of the answers to guided entry, asked again where they do not go together; and the command."""
    from pexcalc import ask, flags

    def accepted(answers: dict[str, Any]) -> Any:
        return made(flags.from_flags({**texts, **answers})[0])

    given = {name: text for name, text in texts.items() if text not in (None, (), [])}
    answers, result = ask.entered(given, accepted, names)
    words = [f"pexcalc {'volume' if names else 'prescribe'}"]
    for name, text in answers.items():
        if name not in ("overrides", "panel"):
            flag = _FLAGS.get(name) or _NAMED.get(name) or f"--{name.replace('_', '-')}"
            words += [f"{flag} {_quoted(one)}" for one in (text if isinstance(text, tuple) else (text,))]
    words += ["--no-panel"] if texts.get("panel") is False else []
    words += [f"--override {_quoted(f'{code}')} --by {_quoted(by or '')}" for code, by in texts.get("overrides") or ()]
    return result, f"The same in one line:\n{' '.join(words)}"


def _say_again(command: str) -> None:
    """Print the command that gives the same again, below everything else."""
    if command:
        sys.stdout.flush()
        click.echo(f"\n{command}", err=True)


def _quoted(text: str) -> str:
    """A text as it can be typed in a shell."""
    import shlex

    plain = all(c.isalnum() or c in " .,%/^@:+-=" for c in text) and text.isascii()
    return shlex.quote(text) if not plain else f'"{text}"' if " " in text or not text else text


_SEVERITY = re.compile(r"^  (BLOCKED|STOP|STRONG|WARN|OVERRIDE)\b.*$", re.MULTILINE)
_COLOURS = {"BLOCKED": "red", "STOP": "red", "STRONG": "magenta", "WARN": "yellow", "OVERRIDE": "cyan"}


def _show(text: str) -> None:
    """Print a sheet; on a terminal the word of a severity is coloured too, unless NO_COLOR is set."""
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        text = _SEVERITY.sub(lambda line: click.style(line[0], fg=_COLOURS[line[1]], bold=True), text)
    click.echo(text)


@cli.command()
@_patient_options
@_output_options
def volume(as_json: bool, explain: bool, **texts: Any) -> int:
    """Blood and plasma volume, with every estimator that fits the patient side by side."""
    with _refusing():
        from pexcalc import catalog, flags, words, worksheet
        from pexcalc import order as orders
        from pexcalc.estimate import estimate_volumes
        from pexcalc.patient import Patient

        def estimated(data: dict[str, Any]) -> tuple[Any, Any, Any]:
            patient, confirmed = Patient.from_wire(data["patient"]), data.get("confirmed", ())
            return patient, estimate_volumes(patient, confirmed=confirmed), confirmed

        data, _ = flags.from_flags(texts)
        missing, again = flags.missing(data, _REQUIRED), ""
        if missing and _on_terminal():
            (patient, estimate, confirmed), again = _guided(texts, estimated, (*_REQUIRED, "gestation", "states"))
        else:
            _demand(missing)
            patient, estimate, confirmed = estimated(data)
    version = catalog.data_version()
    if as_json:
        about = {"schema": orders.SCHEMA, "version": __version__, "data": version}
        _print({**about, "patient": patient.to_wire(), "volumes": estimate.to_wire()})
    else:
        parts = worksheet.volume_sections(estimate, patient, explain, confirmed)
        _show(words.text(f"pexcalc {__version__}, data {version}: blood and plasma volume", parts))
    _say_again(again)
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


@cli.command()
@_solute_option("such as IL-6; may be repeated", required=True)
@_single("--weight", "weight", "TEXT", 'such as "70 kg"', required=True)
@_single("--hematocrit", "hematocrit", "TEXT", 'such as "30 %"', required=True)
@_single("--blood-flow", "blood_flow", "TEXT", 'of the filter, such as "150 mL/min"', required=True)
@_single("--effluent-dose", "effluent_dose", "TEXT", 'of the filter, such as "25 mL/kg/h"', required=True)
@_single("--plasma-volumes", "plasma_volumes", "NUMBER", "of one exchange, such as 1", required=True)
@_single("--duration", "duration", "TEXT", 'of one exchange, such as "2 h"', required=True)
@_single("--plasma-volume", "plasma_volume", "TEXT", 'such as "3000 mL"; without it 3 L for 70 kg')
@_single("--hours-per-day", "hours_per_day", "TEXT", 'of the filter, such as "20 h"; without it 24 h')
@_single("--sessions-per-day", "sessions_per_day", "NUMBER", "exchanges a day, such as 0.5; without it 1")
@click.option("--explain", is_flag=True, help="Print how each figure came about.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON at full precision.")
def compare(solutes: tuple[str, ...], as_json: bool, explain: bool, **texts: str | None) -> int:
    """Exchange against hemofiltration, hemodiafiltration and high cut-off filtration, solute by solute."""
    with _refusing():
        from pexcalc import catalog, modality, modality_sheet, words
        from pexcalc.order import SCHEMA

        inputs = modality_sheet.inputs_of(texts)
        found = [modality.compare_modalities(solute, **inputs) for solute in dict.fromkeys(solutes)]
    if as_json:
        about = {"schema": SCHEMA, "version": __version__, "data": catalog.data_version()}
        _print({**about, "modalities": [[one.to_wire() for one in results] for results in found]})
    else:
        title = f"pexcalc {__version__}, data {catalog.data_version()}: modalities compared"
        click.echo(words.text(title, modality_sheet.sections(found, texts, explain)))
    return 0


@cli.command(name="crs-grade")
@_single("--temperature", "temperature", "TEXT", 'such as "39 C" or "102 F"', required=True)
@_single("--hypotension", "hypotension", "YES-NO", "stated; by the limits for age", required=True)
@_many("--vasopressor", "vasopressors", "WORD", "may be repeated; none where there is none", required=True)
@_single("--oxygen-device", "oxygen_device", "WORD", "room-air, nasal-cannula, high-flow-nasal-cannula, blow-by, "
         "facemask, non-rebreather, venturi, cpap, bipap, niv or ventilated", required=True)  # fmt: skip
@_single("--oxygen-flow", "oxygen_flow", "TEXT", 'of a nasal cannula, such as "4 L/min"')
@click.option("--crs-established", is_flag=True, help="CRS was established before, with fever.")
@click.option("--antipyretic", is_flag=True, help="An antipyretic was given.")
@click.option("--anticytokine", is_flag=True, help="Tocilizumab, a corticosteroid or the like was given.")
@_many("--other-cause", "other_cause", "WORD", "fever, hypotension or hypoxia with another cause; may be repeated")
@click.option("--death-due-to-crs", is_flag=True, help="Death due to CRS.")
@_single("--tocilizumab", "tocilizumab", "YES-NO", "for the gate: was given")
@_single("--corticosteroid", "corticosteroid", "YES-NO", "for the gate: was given")
@_single("--persisting", "persisting", "YES-NO", "for the gate: CRS persists after both")
@click.option("--json", "as_json", is_flag=True, help="Print JSON at full precision.")
def crs_grade(as_json: bool, other_cause: tuple[str, ...], **texts: Any) -> int:
    """Grade cytokine release syndrome by ASTCT 2019, and where the gate for exchange stands."""
    with _refusing():
        from pexcalc import catalog, crs, flags, listing, order, words

        signs = flags.signs_of(texts, other_cause)
        stated = {name: flags.yes_or_no(name, texts[name]) for name in ("tocilizumab", "corticosteroid", "persisting")
                  if texts[name]}  # fmt: skip
        graded = crs.grade(signs)
        gate = crs.gate(crs.CrsOrder(signs=signs, **stated), tocilizumab=False, corticosteroid=False)
    if as_json:
        about = {"schema": order.SCHEMA, "version": __version__, "data": catalog.data_version()}
        _print({**about, "signs": signs.to_wire(), "crs": graded.to_wire(), "gate": gate.to_wire()})
    else:
        title = f"pexcalc {__version__}, data {catalog.data_version()}: CRS grade"
        click.echo(words.text(title, listing.crs_sections(graded, gate)))
    return 0


@cli.command()
@click.argument("source", metavar="IN", type=click.Path())
@click.argument("target", metavar="OUT", type=click.Path())
@click.option("--keep", multiple=True, metavar="COLUMN", help="pass this column through unread; may be repeated")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def cohort(source: str, target: str, keep: tuple[str, ...], as_json: bool) -> int:
    """Volumes and doses of many rows: a CSV or Parquet file in, the same rows with results out (docs/cohort.md).

    Columns carry their unit in their name: sex, age_y, height_cm, weight_kg, hematocrit (a fraction) or
    hematocrit_percent, plasma_volumes or exchange_volume_mL. A row that cannot be computed keeps its place, with a
    code and a sentence; the exit code is then 2. Needs the extra: pip install 'pexcalc[cohort]'.
    """
    from pathlib import Path

    gc.enable()  # a long run has something to collect
    with _refusing():
        try:
            from pexcalc import catalog, order, words
            from pexcalc import cohort as rows
        except ModuleNotFoundError as error:
            raise click.ClickException(f"{error}.") from None
        with click.progressbar(length=0, label="Rows", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

            def progress(total: int, done: int) -> None:
                bar.length = total
                bar.update(done)

            summary = rows.compute_file(Path(source), Path(target), keep, progress)
    if as_json:
        about = {"schema": order.SCHEMA, "version": __version__, "data": catalog.data_version()}
        _print({**about, "summary": summary.to_wire()})
    else:
        title = f"pexcalc {__version__}, data {catalog.data_version()}: cohort"
        click.echo(words.text(title, rows.sections(summary)))
    if summary.marked:
        lines = f"{summary.marked:,} of {summary.rows:,} rows"
        return _fail(f"{lines} could not be computed: see code and sentence in {Path(target).name}.", 2)
    return 0


@cli.group()
def show() -> None:
    """List what the program knows: indications, solutes, fluids, devices, formulas, sources; forms and schemas."""


@show.command()
@click.argument("text", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def formulas(text: str | None, as_json: bool) -> None:
    """Every formula: equation, units, validity, known error, source. TEXT keeps those whose name has it."""
    from pexcalc import circuit, citrate, dose, drugs, kinetics, listing, membrane, modality, turnover, words
    from pexcalc import volume as volumes
    from pexcalc.formula import formulas as all_formulas

    found = [
        formula
        for formula in all_formulas(volumes, dose, kinetics, turnover, drugs, circuit, membrane, citrate, modality)
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

    found = catalog.indications_with(text or "")
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
def fluids(text: str | None, as_json: bool) -> None:
    """Every replacement product, and the rules by which a fluid is chosen. TEXT keeps those with it in their id."""
    from pexcalc import catalog
    from pexcalc.fluid_rules import RULES

    typed = (text or "").casefold()
    found = [row for row in catalog.products().values() if typed in f"{row.id} {row.name}"]
    rules = [rule for rule in RULES if not typed or typed in (rule.id.casefold(), rule.caution.casefold())]
    if not (found or rules):
        raise click.UsageError(f"no product and no rule has {text} in its id: see pexcalc show fluids.")
    if as_json:
        known = ("id", "effect", "about", "reason", "source", "strength", "caution")
        told = [{name: getattr(rule, name) for name in known} for rule in rules]
        _print({"products": [row._asdict() for row in found], "rules": told})
    else:
        from pexcalc import listing, words

        click.echo(words.listing(listing.fluid_sections(found, rules)))


@show.command()
@click.argument("text", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def devices(text: str | None, as_json: bool) -> None:
    """Every device and anticoagulant, with what is dependably known of it. TEXT keeps those with it in their id."""
    from pexcalc import catalog

    found = [
        row for row in catalog.devices().values() if not text or text.casefold() in f"{row.id} {row.name}".casefold()
    ]
    if not found:
        raise click.UsageError(f"no device has {text} in its id: see pexcalc show devices.")
    if as_json:
        _print([row._asdict() for row in found])
    else:
        from pexcalc import listing, words

        click.echo(words.listing([listing.device_section(found)]))


@show.command(name="crs")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def crs_positions(as_json: bool) -> None:
    """What guidelines say on exchange in CRS after CAR-T cells."""
    from pexcalc import crs

    if as_json:
        _print([row._asdict() for row in crs.POSITIONS])
    else:
        from pexcalc import listing, words

        click.echo(words.listing([listing.position_section(crs.POSITIONS)]))


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


@show.command(name="order")
@click.argument("indication", shell_complete=_complete_indication)
def order_to_fill(indication: str) -> None:
    """An order for INDICATION to fill in, as JSON: what is null is still to be entered. For prescribe --order."""
    with _refusing():
        from pexcalc import contract

        form = contract.order_to_fill(indication)
    _print(form)
    needed = f"Needed: {', '.join(_REQUIRED)} and one dose. Units and forms: pexcalc show schema order."
    click.echo(f"{needed} The rest may stay as it is.", err=True)


@show.command(name="schema")
@click.argument("name", type=click.Choice(["order", "prescription"]), metavar="order|prescription")
def json_schema(name: str) -> None:
    """The JSON Schema (2020-12) of an order as it is read, or of a prescription as it is written."""
    from pexcalc import contract

    _print(contract.schema(name))


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
