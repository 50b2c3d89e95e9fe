"""The options of the commands: their tables, the words that complete them, and how an input at fault is named.

Tables of option, metavar and words; a command takes them by decorator. Nothing here knows a
command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


_PATIENT = (
    ("--sex", "sex", "male or female; never defaulted"),
    ("--age", "age", 'such as "54 y"; below 2 years months, weeks or days: "8 mo"'),
    ("--height", "height", 'such as "172 cm"'),
    ("--weight", "weight", 'such as "65 kg"'),
    ("--hematocrit", "hematocrit", 'such as "28 %"'),
    (
        "--blood-volume",
        "blood_volume",
        'instead of the estimate, with its origin: "4900 mL @ device"',
    ),
    ("--plasma-volume", "plasma_volume", 'instead of the estimate: "3100 mL @ measured: albumin"'),
    ("--gestation", "gestation", 'of a pregnancy, such as "30 wk"'),
    ("--pre-pregnancy-weight", "pre_pregnancy_weight", 'such as "60 kg"'),
    ("--pre-pregnancy-hematocrit", "pre_pregnancy_hematocrit", 'such as "38 %"'),
    ("--gestation-at-birth", "gestation_at_birth", 'of a neonate, such as "39 wk"'),
    ("--amputation", "amputation", 'missing share of body mass, such as "5.9 %"'),
    ("--tanner", "tanner", "stage 1 to 5, for girls' alternatives"),
)
_PATIENT_MANY = (
    (
        "--missing",
        "missing_segments",
        "limb that is missing, may be repeated: hand, forearm-and-hand, whole-arm, foot, "
        "lower-leg-and-foot, whole-leg",
    ),
    (
        "--state",
        "states",
        "may be repeated: cirrhosis, ascites, nephrotic-syndrome, heart-failure, sepsis, burns, "
        "anasarca, "
        "hyperviscosity, bleeding, bypass, ecmo, pre-eclampsia, hellp, growth-restriction, "
        "postpartum, obesity (child)",
    ),
)


# The words of options with a closed set, for completion, which must not load the records that hold
# them; a test compares. Those of the catalogue are named by their kinds.
_YES_NO, _GROUPS, _PARTS = (
    ("yes", "no"),
    ("O", "A", "B", "AB"),
    ("albumin", "plasma", "cryoprecipitate"),
)
WORDS: dict[str, tuple[str, ...]] = {
    "--sex": ("male", "female"),
    "--missing": (
        "hand",
        "forearm-and-hand",
        "whole-arm",
        "foot",
        "lower-leg-and-foot",
        "whole-leg",
    ),
    "--state": (
        "cirrhosis",
        "ascites",
        "nephrotic-syndrome",
        "heart-failure",
        "sepsis",
        "burns",
        "anasarca",
        "hyperviscosity",
        "bleeding",
        "bypass",
        "ecmo",
        "pre-eclampsia",
        "hellp",
        "growth-restriction",
        "postpartum",
        "obesity",
    ),
    "--fluid": ("albumin", "albumin-then-plasma", "plasma"),
    "--sequence": ("plasma-last", "plasma-first", "mixed"),
    "--diluent": ("saline", "isotonic"),
    "--blood-group": _GROUPS,
    "--plasma-group": _GROUPS,
    "--donor-group": _GROUPS,
    "--refused": _PARTS,
    "--accepted": _PARTS,
    "--ratio-meaning": ("inlet-to-anticoagulant", "blood-to-anticoagulant"),
    "--prime": ("saline", "albumin", "red-cells", "diverted"),
    "--calcium": ("infusion", "bolus", "oral", "none"),
    "--calcium-salt": ("gluconate", "chloride"),
    "--calcium-line": ("separate", "return", "plasma"),
    "--finding": (
        "bleeding",
        "bleeding-risk",
        "dic",
        "alveolar-haemorrhage",
        "surgery",
        "biopsy",
        "minor-procedure",
        "anticoagulated",
        "iga-deficiency",
        "plasma-anaphylaxis",
        "protein-s-deficiency",
        "jehovahs-witness",
        "frail",
        "hypotensive",
        "hypogammaglobulinaemia",
        "infection-risk",
        "liver-failure",
        "hit",
        "digoxin",
        "qt-risk",
        "platelets-planned",
    ),
    "--crs-scale": ("astct-2019", "penn", "lee-2014", "other"),
    "--tocilizumab": _YES_NO,
    "--corticosteroid": _YES_NO,
    "--persisting": _YES_NO,
    "--hypotension": _YES_NO,
    "--oxygen-device": (
        "room-air",
        "nasal-cannula",
        "high-flow-nasal-cannula",
        "blow-by",
        "facemask",
        "non-rebreather",
        "venturi",
        "cpap",
        "bipap",
        "niv",
        "ventilated",
    ),
    "--vasopressor": (
        "none",
        "norepinephrine",
        "epinephrine",
        "dopamine",
        "phenylephrine",
        "ephedrine",
        "metaraminol",
        "angiotensin-ii",
        "vasopressin",
        "other",
    ),
    "--other-cause": ("fever", "hypotension", "hypoxia"),
    "--production": ("steady", "halved", "doubled", "rising"),
}
_KINDS = {
    "--device": ("centrifuge", "membrane"), "--anticoagulant": ("anticoagulant",),
    "--albumin": ("albumin", "concentrate"), "--plasma": ("plasma",),
}  # fmt: skip


def _complete_word(context: click.Context, option: click.Parameter, typed: str) -> list[str]:
    words = WORDS.get(option.opts[0], ())
    if kinds := _KINDS.get(option.opts[0]):
        from pexcalc.data import devices as device_table
        from pexcalc.data import products as product_table

        kind_of = {name: row.kind for name, row in device_table.devices().items()}
        kind_of |= {name: row.kind for name, row in product_table.products().items()}
        words = tuple(name for name, kind in kind_of.items() if kind in kinds)
    return [word for word in words if word.startswith(typed)]


def _once(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> str | None:
    """The one value of an option; refused when it was given twice, where click would take the last."""
    if len(given) > 1:
        raise click.UsageError(
            f"{option.opts[0]} was given {len(given)} times: {', '.join(given)}; give it once."
        )
    return given[0] if given else None


def single(flag: str, name: str, metavar: str, words: str, **more: Any) -> Callable[[F], F]:
    """An option that may be given once."""
    known = {"shell_complete": _complete_word, **more}
    return click.option(
        flag, name, multiple=True, callback=_once, metavar=metavar, help=words, **known
    )


def many(flag: str, name: str, metavar: str, words: str, **more: Any) -> Callable[[F], F]:
    """An option that may be given several times."""
    return click.option(
        flag,
        name,
        multiple=True,
        metavar=metavar,
        help=words,
        shell_complete=_complete_word,
        **more,
    )


def patient_options(command: F) -> F:
    """The patient."""
    for flag, name, words in reversed(_PATIENT_MANY):
        command = many(flag, name, "WORD", words)(command)
    for flag, name, words in reversed(_PATIENT):
        command = single(flag, name, "TEXT", words)(command)
    return command


def output_options(command: F) -> F:
    """What is printed, and which unusual inputs were checked."""
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON at full precision.")(
        command
    )
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
    "states": "--state",
    "missing_segments": "--missing",
    "confirmed": "--confirm",
    "label": "--patient-label",
    "overrides": "--override",
    "interval": "--every",
    "delay": "--given",
    "solutes": "--solute",
    "plasma_removal_efficiency": "--removal-efficiency",
    "findings": "--finding",
    "drugs": "--drug",
    "choice": "--fluid",
    "plan": "--calcium",
    "salt": "--calcium-salt",
    "line": "--calcium-line",
    "name": "--device",
    "grade": "--crs-grade",
    "scale": "--crs-scale",
}
_FLAGS = {name: flag for flag, name, _ in (*_PATIENT, *_PATIENT_MANY)} | {
    "indication": "--indication"
}


def flag_of(name: str) -> str:
    """The option of an input of the order."""
    return _FLAGS.get(name) or _NAMED.get(name) or f"--{name.replace('_', '-')}"


REQUIRED = ("sex", "age", "height", "weight", "hematocrit")


def demand(absent: list[str], dose: bool = True) -> None:
    """Refuse, naming every required option that is missing and what it takes."""
    takes = {name: text for _, name, text in _PATIENT} | {"indication": "such as ttp or crs-car-t"}
    named = [f"{_FLAGS[name]} ({takes[name]})" for name in absent]
    if not dose:
        named.append(
            '--plasma-volumes (such as 1.2), --exchange-volume (such as "3000 mL") or --bag-volume'
        )
    if named:
        raise click.UsageError(f"missing: {', '.join(named)}.")


def complete_indication(context: click.Context, option: click.Parameter, typed: str) -> list[str]:
    """The indications that begin so."""
    from pexcalc.data import indications as indication_table

    return [name for name in indication_table.indications() if name.startswith(typed)]


def _complete_solute(context: click.Context, option: click.Parameter, typed: str) -> list[str]:
    from pexcalc.data import solutes as solute_table

    return [name for name in solute_table.solutes() if name.startswith(typed.casefold())]


def solute_option(words: str, required: bool = False) -> Callable[[F], F]:
    """Solutes by name, several times."""
    return click.option(
        "--solute",
        "solutes",
        multiple=True,
        required=required,
        metavar="NAME",
        help=words,
        shell_complete=_complete_solute,
    )


# What prescribe takes besides the patient, under the headings of its help: option, metavar, words.
# The name of the input is that of the option.
_ORDER: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Dose and course": (
        ("--plasma-volumes", "NUMBER", "dose in plasma volumes, such as 1.2"),
        (
            "--exchange-volume",
            "TEXT",
            'dose in litres of patient plasma instead, such as "3000 mL"',
        ),
        (
            "--bag-volume",
            "TEXT",
            "dose as volume of the remove bag, plasma and anticoagulant; needs --ratio",
        ),
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
        ("--ionized-calcium", "TEXT", 'such as "1.15 mmol/L"'),
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
        (
            "--ratio-meaning",
            "WORD",
            "inlet-to-anticoagulant (Spectra Optia) or blood-to-anticoagulant",
        ),
        ("--removal-efficiency", "TEXT", 'of a centrifuge, such as "87 %"'),
        ("--blood-flow", "TEXT", 'membrane, such as "120 mL/min"'),
        (
            "--plasma-flow",
            "TEXT",
            'membrane, patient plasma without anticoagulant, such as "30 mL/min"',
        ),
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
}
_SEVERAL = {
    "Findings": (
        (
            "--finding",
            "findings",
            "WORD",
            "may be repeated: bleeding, bleeding-risk, dic, alveolar-haemorrhage, "
            "surgery, biopsy, minor-procedure (within 24 h), anticoagulated, iga-deficiency, "
            "plasma-anaphylaxis, "
            "protein-s-deficiency, jehovahs-witness, frail, hypotensive, hypogammaglobulinaemia, "
            "infection-risk, "
            "liver-failure, hit, digoxin, qt-risk, platelets-planned",
        ),
        (
            "--refused",
            "refused",
            "WORD",
            "product that the patient refuses: albumin, plasma, cryoprecipitate",
        ),
        ("--accepted", "accepted", "WORD", "product that a Jehovah's Witness accepts"),
    ),
    "Calcium and medicines": (
        (
            "--drug",
            "drugs",
            "TEXT",
            'given or due, may be repeated: "rituximab @ 24 h before", '
            '"siltuximab 770 mg @ 12 h after"',
        ),
    ),
}


def _spelled(name: str) -> str:
    """An option in US spelling."""
    return name.replace("ionised", "ionized")


class Grouped(click.Command):
    """A command whose options stand under headings in its help; British spelling of an option is read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.context_settings["token_normalize_func"] = _spelled

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, each group under its heading."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for option in self.get_params(context):
            record = option.get_help_record(context)
            if record is not None:
                groups.setdefault(_HEADINGS.get(option.opts[0], "Order and output"), []).append(
                    record
                )
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


def order_options(command: F) -> F:
    """What an order has besides the patient and the indication."""
    for rows in reversed(_SEVERAL.values()):
        for flag, name, metavar, words in reversed(rows):
            command = many(flag, name, metavar, words)(command)
    command = click.option(
        "--bleeding", is_flag=True, help="active bleeding: the same as --finding bleeding"
    )(command)
    for rows_of_one in reversed(_ORDER.values()):
        for flag, metavar, words in reversed(rows_of_one):
            command = single(flag, flag[2:].replace("-", "_"), metavar, words)(command)
    return command


@contextmanager
def refusing(from_file: bool = False, flags: tuple[str, ...] = ()) -> Iterator[None]:
    """Turn a value that cannot be used into a usage error; an input that came by flag is named without its group."""
    from pexcalc.quantities.errors import QuantityError

    try:
        yield
    except QuantityError as error:
        from pexcalc.order.text_input import GROUPS

        for fault in error.faults:
            group, _, name = fault.argument.partition(".")
            name = name if name and group in GROUPS else fault.argument
            first = name.split(".")[0]
            if not from_file or first in flags:
                fault.argument = _NAMED.get(first) or (flag_of(name) if "_" in name else name)
        raise click.UsageError(" ".join(str(error).splitlines())) from None


def print_json(data: Any) -> None:
    """What --json prints."""
    import json

    click.echo(json.dumps(data, indent=2))
