"""Completion: what Tab offers, in real shells, and that the words are those that the program takes."""

import os
import re
import subprocess
import sys
import typing
from importlib.metadata import version

import click
import pytest

from pexcalc import Order
from pexcalc.cli import main
from pexcalc.data import devices as device_table
from pexcalc.data import products as product_table
from pexcalc.kinetics import one_session
from pexcalc.order import fields
from pexcalc.rules import crs
from pexcalc.rules.fluids.row import PLANS
from tests.support.shells import SHELLS, offered, run
from tests.system.test_docs import ROOT, blocks

PAGE = ROOT / "docs" / "completion.md"
BLOCKS = dict(blocks(PAGE))


def asked(words, place, protocol="bash_complete"):
    """The lines with which the program answers a shell."""
    environment = {"_PEXCALC_COMPLETE": protocol, "COMP_WORDS": words, "COMP_CWORD": str(place)}
    done = subprocess.run(
        [sys.executable, "-m", "pexcalc"], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert not done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("pexcalc pre", "prescribe"),
        ("pexcalc prescribe --indication tt", "ttp"),
        ("pexcalc prescribe --finding bleeding --finding prot", "protein-s-deficiency"),
        ("pexcalc show formu", "formulas"),
    ],
)
def test_tab_completes_in_the_shell_that_was_set_up_as_the_page_says(shell, typed, word, tmp_path):
    run(shell, BLOCKS[shell], tmp_path)
    if shell == "fish" and version("click") in ("8.4.0", "8.4.1"):
        pytest.skip("the page says so: these answer fish in a form that it does not read")
    assert offered(shell, typed, tmp_path) == [word]


def test_the_powershell_snippet_asks_as_the_program_answers():
    """Not PowerShell: what the snippet would send for two lines, and how it takes the answer apart."""
    snippet = BLOCKS["powershell"]
    protocol = re.search(r'\$env:_PEXCALC_COMPLETE = "(\w+)"', snippet)[1]
    assert snippet.count("$env:COMP_WORDS = $line.ToString()") == 1
    assert "{ $line.CommandElements.Count - 1 } else { $line.CommandElements.Count }" in snippet
    assert snippet.count("{") == snippet.count("}")
    assert snippet.count("(") == snippet.count(")")
    il1 = ["il1b", "il1ra", "il10", "il12", "il13", "il15", "il17a", "il18"]
    for line, word, expected in (
        ("pexcalc prescribe --indication tt", "tt", ["ttp"]),
        ("pexcalc prescribe --indication LGI", "LGI", ["vgkc"]),
        ("pexcalc prescribe --indication NMO", "NMO", ["nmosd-acute", "nmosd-maintenance"]),
        ("pexcalc removal --solute Il1", "Il1", il1),
        # The line that PowerShell hands on has no space at its end.
        ("pexcalc prescribe --sex", "", ["male", "female"]),
        ('pexcalc prescribe --weight "65 kg" --sex fe', "fe", ["female"]),
    ):
        elements = len(re.findall(r'"[^"]*"|\S+', line))
        lines = asked(line, elements - 1 if word else elements, protocol)
        assert [one.removeprefix("plain,") for one in lines if one.startswith("plain,")] == expected


# --- the words --------------------------------------------------------------------------------------------------------


def parts(kind):
    """A type and every type and word inside it."""
    return [kind, *(part for one in typing.get_args(kind) for part in parts(one))]


def literal(path):
    """The words that a field of the order takes; none where it takes any text."""
    kinds = [Order]
    for name in path.split("."):
        record = next(one for one in kinds if hasattr(one, "model_fields"))
        kinds = parts(record.model_fields[name].annotation)
    return [one for one in kinds if isinstance(one, str)]


def ids(table, *kinds):
    return [row.id for row in table.values() if row.kind in kinds]


DEVICES, PRODUCTS = device_table.devices(), product_table.products()
KINDS = {row.kind for row in DEVICES.values()}
TAKEN = {row.flag: literal(row.path) for row in fields.INPUTS if row.kind in ("word", "words")}
TAKEN = {flag: words for flag, words in TAKEN.items() if words}
YES_NO = "--hypotension --taper --tocilizumab --corticosteroid --persisting"
TAKEN |= {
    **{flag: ["yes", "no"] for flag in YES_NO.split()},
    "--state": [*TAKEN["--state"], "none"], "--finding": [*TAKEN["--finding"], "none"],
    "--fluid": list(PLANS), "--diluent": ["saline", "isotonic"],  # water is stopped: hemolysis
    "--production": list(one_session.PRODUCTION), "--oxygen-device": list(crs.DEVICES),
    "--vasopressor": ["none", *crs.VASOPRESSORS],
    "--other-cause": ["fever", "hypotension", "hypoxia"],
    "--device": ids(DEVICES, *KINDS - {"anticoagulant"}),
    "--anticoagulant": ids(DEVICES, "anticoagulant"),
    "--albumin": ids(PRODUCTS, "albumin", "concentrate"), "--plasma": ids(PRODUCTS, "plasma"),
}  # fmt: skip
PARAMS = [param for command in main.cli.commands.values() for param in command.params]
OPTIONS = [one for one in PARAMS if isinstance(one, click.Option) and not one.is_flag]


@pytest.mark.parametrize("flag", TAKEN)
def test_the_words_offered_are_those_that_the_order_takes(flag):
    found = [option for option in OPTIONS if flag in option.opts]
    assert found
    for option in found:
        context = click.Context(main.cli)
        assert [item.value for item in option.shell_complete(context, "")] == TAKEN[flag]


def test_every_option_that_takes_a_word_offers_its_words():
    words = {option.opts[0] for option in OPTIONS if option.metavar in ("WORD", "YES-NO")}
    assert words <= set(TAKEN)
