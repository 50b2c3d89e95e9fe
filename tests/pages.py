"""The generated pages of docs/: decisions/, cli.md and api.md. Run by hand: python -m tests.pages.

tests/test_pages.py compares each page with what this makes; UPDATE_DOCS=1 there writes it too. Words come from the
tables, the formula objects, the docstrings and click; none of them stands here a second time.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import click

from pexcalc.cli import cli

from . import api_page, decision_pages
from .decision_pages import prose

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


PAGES: dict[str, Callable[[], str]] = {
    **{f"decisions/{name}.md": page for name, page in decision_pages.PAGES.items()},
    "cli.md": cli_page,
    "api.md": api_page.page,
}


def write(name: str) -> None:
    """Write one page."""
    path = DOCS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PAGES[name](), encoding="utf-8")


if __name__ == "__main__":
    for page in PAGES:
        write(page)
