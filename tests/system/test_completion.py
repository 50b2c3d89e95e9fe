"""Completion: what Tab offers, in real shells, and that the words are those that the program takes."""

import os
import re
import subprocess
import sys
import typing
from importlib.metadata import version

import click
import pytest

from pexcalc.cli import main
from pexcalc.data import devices as device_table
from pexcalc.data import products as product_table
from pexcalc.kinetics import removal
from pexcalc.order import device, fields, patient, treatment
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
        ("pexcalc prescribe --sex fe", "female"),
        ("pexcalc prescribe --finding bleeding --finding prot", "protein-s-deficiency"),
        ("pexcalc show formu", "formulas"),
    ],
)
def test_tab_completes_in_the_shell_that_was_set_up_as_the_page_says(shell, typed, word, tmp_path):
    run(shell, BLOCKS[shell], tmp_path)
    if shell == "fish" and version("click") in ("8.4.0", "8.4.1"):
        pytest.skip("the page says so: these answer fish in a form that it does not read")
    assert offered(shell, typed, tmp_path) == [word]


def test_tab_shows_every_word_of_an_option_with_a_closed_set(tmp_path):
    run("bash", BLOCKS["bash"], tmp_path)
    assert offered("bash", "pexcalc prescribe --fluid ", tmp_path) == list(PLANS)
    found = offered("bash", "pexcalc prescribe --anticoagulant ", tmp_path)
    assert found == ["acd-a", "trisodium-citrate-4", "heparin"]


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


def test_click_writes_a_script_for_powershell_where_the_page_says_so():
    if tuple(int(part) for part in version("click").split(".")[:2]) < (8, 5):
        pytest.skip("the page says so: click does it from 8.5 on")
    script = "\n".join(asked("", 0, "powershell_source"))
    assert "Register-ArgumentCompleter -Native -CommandName pexcalc" in script


# --- the words --------------------------------------------------------------------------------------------------------


def literal(record, field):
    """The words that a field of a record takes."""
    found, waiting = [], [record.model_fields[field].annotation]
    while waiting:
        one = waiting.pop(0)
        closed = typing.get_origin(one) is typing.Literal
        (found if closed else waiting).extend(typing.get_args(one))
    return [word for word in found if isinstance(word, str)]


def ids(table, *kinds):
    return [row.id for row in table.values() if row.kind in kinds]


DEVICES, PRODUCTS = device_table.devices(), product_table.products()
KINDS = {row.kind for row in DEVICES.values()}
# Option, record and field: the words are those of its type.
TYPED = [
    ("--sex", patient.Patient, "sex"), ("--sequence", treatment.Fluid, "sequence"),
    ("--blood-group", treatment.Fluid, "blood_group"),
    ("--plasma-group", treatment.Fluid, "plasma_group"),
    ("--donor-group", treatment.Fluid, "donor_group"), ("--refused", treatment.Fluid, "refused"),
    ("--accepted", treatment.Fluid, "accepted"), ("--prime", device.Device, "prime"),
    ("--lock", device.Device, "lock"), ("--calcium", treatment.Calcium, "plan"),
    ("--calcium-salt", treatment.Calcium, "salt"), ("--calcium-line", treatment.Calcium, "line"),
    ("--crs-scale", crs.CrsOrder, "scale"),
]  # fmt: skip
YES_NO = "--hypotension --taper --tocilizumab --corticosteroid --persisting"
TAKEN = {
    **{flag: literal(record, field) for flag, record, field in TYPED},
    **{flag: ["yes", "no"] for flag in YES_NO.split()},
    "--state": [*fields.STATES, "none"],
    "--missing": list(fields.SEGMENTS),
    "--fluid": list(PLANS),
    # Water is stopped: hemolysis.
    "--diluent": [word for word in literal(treatment.Fluid, "diluent") if word != "water"],
    "--ratio-meaning": list(typing.get_args(fields.RatioMeaning)),
    "--finding": [*treatment.FINDINGS, "none"],
    "--production": list(removal.PRODUCTION),
    "--oxygen-device": list(crs.DEVICES),
    "--vasopressor": ["none", *crs.VASOPRESSORS],
    "--other-cause": ["fever", "hypotension", "hypoxia"],
    "--device": ids(DEVICES, *KINDS - {"anticoagulant"}),
    "--anticoagulant": ids(DEVICES, "anticoagulant"),
    "--albumin": ids(PRODUCTS, "albumin", "concentrate"),
    "--plasma": ids(PRODUCTS, "plasma"),
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
