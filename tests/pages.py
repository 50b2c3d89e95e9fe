"""The generated pages of docs/: decisions/, cli.md, api.md and rooms.md. Run by hand: python -m tests.pages.

tests/test_pages.py compares each page with what this makes; UPDATE_DOCS=1 there writes it too. Words come from the
tables, the formula objects, the docstrings and click; none of them stands here a second time.
"""

import ast
import os
import re
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import click

from pexcalc.cli import cli

from . import api_page, decision_pages
from .decision_pages import prose
from .modules import FILES

DOCS = Path(__file__).parent.parent / "docs"
WRITE = "write it anew: python -m tests.pages"


def commands(command: click.Command = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and subcommand, as it is typed after `pexcalc`."""
    yield path
    if isinstance(command, click.Group):
        for name, one in sorted(command.commands.items()):
            yield from commands(one, (*path, name))


def help_of(path: tuple[str, ...]) -> str:
    """What `--help` of a command prints at 80 columns, whatever the terminal is."""
    with patch.dict(os.environ, {"COLUMNS": "80"}), redirect_stdout(StringIO()) as printed:
        cli.main([*path, "--help"], prog_name="pexcalc", standalone_mode=False)
    return printed.getvalue()


def cli_page() -> str:
    """The command line, command by command."""
    lines = [
        "# Command line",
        *prose(
            "What `--help` prints, command by command, in 80 columns. Written by `python -m tests.pages`; a test "
            "compares, another runs each command. What to enter for a patient and how to read the sheet is in the "
            "[README](../README.md); completion of commands and words by the shell in [completion.md](completion.md).",
        ),
        "",
    ]
    for path in commands():
        typed = " ".join(("pexcalc", *path))
        lines += [f"## {typed}", "", "```sh", f".venv/bin/{typed} --help", "```", "", "```text",
                  *help_of(path).splitlines(), "```", ""]  # fmt: skip
    return "\n".join(lines)


# What somebody comes to change, and where it stands.
CHANGES = (
    ("a constant of a solute, a limit, an indication, a product, a device, a source", "data/"),
    ("an estimator of blood or plasma volume", "volume.py"),
    ("which estimator is chosen", "estimate.py"),
    ("an input of the patient and its range", "patient.py"),
    ("an input of the order, its flag, its help, its question", "order.py flags.py options.py ask.py"),
    ("a rule of the replacement fluid", "fluid_rules.py"),
    ("a caution: when it speaks and what it says", "cautions.py"),
    ("a medicine around the exchange", "drugs.py"),
    ("the model of a solute", "removal.py"),
    ("a unit that is read or printed", "units.py"),
    ("a line of the sheet", "worksheet.py fluid_sheet.py circuit_sheet.py"),
    ("what stands on which printed page, the double checks", "paper.py"),
    ("a command, a list of `pexcalc show`", "cli.py show.py"),
    ("a column of a cohort", "cohort.py"),
    ("how a file is written", "files.py"),
)


def rooms_page() -> str:
    """The modules, from the commands down to the units, by the import contract and their own first sentence."""
    config = ConfigParser()
    config.read(DOCS.parent / "setup.cfg", encoding="utf-8")
    layers = [re.split(r" *\| *", line) for line in config["importlinter:contract:rooms"]["layers"].split("\n") if line]
    lines = [
        "# Rooms",
        *prose(
            "Where what stands. A module imports from lines below its own only; the import contract in setup.cfg checks "
            "it, and this table is written from it by `python -m tests.pages`.",
        ),
        "",
        "| To change | Go to |",
        "|---|---|",
        *(f"| {what} | {', '.join(f'`{name}`' for name in where.split())} |" for what, where in CHANGES),
        "",
        "| Module | What is in it |",
        "|---|---|",
    ]
    for name in (name for layer in layers for name in layer):
        text = FILES[name].read_text(encoding="utf-8")
        head = (ast.get_docstring(ast.parse(text)) or "").partition("\n\n")[0].replace("\n", " ")
        lines.append(f"| `{name}.py` | {head} |")
    return "\n".join([*lines, ""])


PAGES: dict[str, Callable[[], str]] = {
    **{f"decisions/{name}.md": page for name, page in decision_pages.PAGES.items()},
    "cli.md": cli_page,
    "api.md": api_page.page,
    "rooms.md": rooms_page,
}


def write(name: str) -> None:
    """Write one page."""
    path = DOCS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PAGES[name](), encoding="utf-8")


if __name__ == "__main__":
    for page in PAGES:
        write(page)
