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
    assert offered("bash", "pexcalc prescribe --anticoagulant ", tmp_path) == [
        "acd-a",
        "trisodium-citrate-4",
        "heparin",
    ]


def test_the_powershell_snippet_asks_as_the_program_answers():
    """Not PowerShell: what the snippet would send for two lines, and how it takes the answer apart."""
    snippet = BLOCKS["powershell"]
    protocol = re.search(r'\$env:_PEXCALC_COMPLETE = "(\w+)"', snippet)[1]
    assert snippet.count("$env:COMP_WORDS = $line.ToString()") == 1
    assert "{ $line.CommandElements.Count - 1 } else { $line.CommandElements.Count }" in snippet
    assert snippet.count("{") == snippet.count("}")
    assert snippet.count("(") == snippet.count(")")
    for line, word, expected in (
        ("pexcalc prescribe --indication tt", "tt", ["ttp"]),
        ("pexcalc prescribe --indication LGI", "LGI", ["vgkc"]),
        ("pexcalc prescribe --indication NMO", "NMO", ["nmosd-acute", "nmosd-maintenance"]),
        (
            "pexcalc prescribe --sex",
            "",
            ["male", "female"],
        ),  # the line that PowerShell hands on has no space at its end
        ('pexcalc prescribe --weight "65 kg" --sex fe', "fe", ["female"]),
    ):
        elements = len(re.findall(r'"[^"]*"|\S+', line))
        answers = [
            answer.split(",", 1)
            for answer in asked(line, elements - 1 if word else elements, protocol)
        ]
        assert [value for kind, value in answers if kind == "plain"] == expected


def test_click_writes_a_script_for_powershell_where_the_page_says_so():
    if tuple(int(part) for part in version("click").split(".")[:2]) < (8, 5):
        pytest.skip("the page says so: click does it from 8.5 on")
    assert "Register-ArgumentCompleter -Native -CommandName pexcalc" in "\n".join(
        asked("", 0, "powershell_source")
    )


# --- the words --------------------------------------------------------------------------------------------------------


def literal(record, field):
    """The words that a field of a record takes."""
    kind = record.model_fields[field].annotation
    found = []
    waiting = [kind]
    while waiting:
        one = waiting.pop(0)
        args = typing.get_args(one)
        found += args if typing.get_origin(one) is typing.Literal else []
        waiting += [] if typing.get_origin(one) is typing.Literal else args
    return [word for word in found if isinstance(word, str)]


TAKEN = {
    "--sex": literal(patient.Patient, "sex"),
    "--state": [*fields.STATES, "none"],
    "--missing": list(fields.SEGMENTS),
    "--fluid": list(PLANS),
    "--sequence": literal(treatment.Fluid, "sequence"),
    "--diluent": [word for word in literal(treatment.Fluid, "diluent") if word != "water"],  # it is stopped: haemolysis
    "--blood-group": literal(treatment.Fluid, "blood_group"),
    "--plasma-group": literal(treatment.Fluid, "plasma_group"),
    "--donor-group": literal(treatment.Fluid, "donor_group"),
    "--refused": literal(treatment.Fluid, "refused"),
    "--accepted": literal(treatment.Fluid, "accepted"),
    "--ratio-meaning": list(typing.get_args(fields.RatioMeaning)),
    "--prime": literal(device.Device, "prime"),
    "--calcium": literal(treatment.Calcium, "plan"),
    "--lock": literal(device.Device, "lock"),
    "--calcium-salt": literal(treatment.Calcium, "salt"),
    "--calcium-line": literal(treatment.Calcium, "line"),
    "--crs-scale": literal(crs.CrsOrder, "scale"),
    "--finding": [*treatment.FINDINGS, "none"],
    "--production": list(removal.PRODUCTION),
    "--oxygen-device": list(crs.DEVICES),
    "--vasopressor": ["none", *crs.VASOPRESSORS],
    "--other-cause": ["fever", "hypotension", "hypoxia"],
    "--hypotension": ["yes", "no"],
    "--taper": ["yes", "no"],
    "--tocilizumab": ["yes", "no"],
    "--corticosteroid": ["yes", "no"],
    "--persisting": ["yes", "no"],
    "--device": [row.id for row in device_table.devices().values() if row.kind != "anticoagulant"],
    "--anticoagulant": [row.id for row in device_table.devices().values() if row.kind == "anticoagulant"],
    "--albumin": [row.id for row in product_table.products().values() if row.kind in ("albumin", "concentrate")],
    "--plasma": [row.id for row in product_table.products().values() if row.kind == "plasma"],
}  # fmt: skip


def options():
    """Every option of every command that is no flag."""
    for name, command in main.cli.commands.items():
        for option in command.params:
            if isinstance(option, click.Option) and not option.is_flag:
                yield name, option


@pytest.mark.parametrize("flag", TAKEN)
def test_the_words_offered_are_those_that_the_order_takes(flag):
    found = [option for _, option in options() if flag in option.opts]
    assert found
    for option in found:
        context = click.Context(main.cli)
        assert [item.value for item in option.shell_complete(context, "")] == TAKEN[flag]


def test_every_option_that_takes_a_word_offers_its_words():
    words = {option.opts[0] for _, option in options() if option.metavar in ("WORD", "YES-NO")}
    assert words <= set(TAKEN)
