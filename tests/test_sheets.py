"""The explained sheets of some patients, kept word by word in tests/sheets/: a figure in a printed line that changes shows.

What is kept was written by the program: it says that a sheet has changed, not that it was right. Written anew with
UPDATE_DOCS=1; the change is then read before it is kept.
"""

import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from pexcalc.cli import cli

from .scenario import NAMES, SCENARIOS

FOLDER = Path(__file__).parent / "sheets"
# Scenarios whose sheets have the most different lines, and pages of the other commands.
PATIENTS = (
    "f15-crs: fibrinogen a little below 1 g/L",
    "circuit-volume: just above 15 %, prime thrown away",
    "device-volume-in-sepsis",
    "s2-ttp-with-iga-deficiency: plasma of IgA-deficient donors can be had",
    "membrane: heparin counts as an anticoagulant",
    "circuit-volume-of-a-child: saline is no prime at 13 kg",
    "circuit-volume-of-a-neonate: above 10 %, red cells",
    "crs-gate: another scale",
    "liver-failure-high-volume",
    "s8-thin-albumin: 3 % with 17 % saline",
    "f19-pregnancy: a note",
    "drugs: immunoglobulin 24 h before",
    "above-knee-amputee",
    "f12-fibrinogen-after: daily",
)
DOSED = ("--plasma-volumes", "1.2", "--duration", "150 min")
COMMANDS = {
    "volume of a pregnant woman": (
        "volume", "--sex", "female", "--age", "31 y", "--height", "166 cm", "--weight", "74 kg", "--hematocrit", "33 %",
        "--gestation", "30 wk", "--pre-pregnancy-weight", "62 kg", "--pre-pregnancy-hematocrit", "39 %", "--explain",
    ),
    "volume of a girl": (
        "volume", "--sex", "female", "--age", "11 y", "--height", "150 cm", "--weight", "48 kg", "--hematocrit", "37 %",
        "--tanner", "3", "--explain",
    ),
    "removal in one session": (
        "removal", "--solute", "IgG", "--solute", "IL-6", "--solute", "CRP", "--solute", "fibrinogen", "--solute", "IgM",
        *DOSED, "--weight", "65 kg", "--explain",
    ),
    "removal in a course": (
        "removal", "--solute", "IgG", "--solute", "CRP", *DOSED, "--sessions", "5", "--every", "24 h", "--target-fall", "40 %",
        "--explain",
    ),
    "removal where production rises": (
        "removal", "--solute", "IL-10", *DOSED, "--sessions", "3", "--every", "48 h", "--production", "rising", "--explain",
    ),
    "removal of medicines": (
        "removal", "--solute", "rituximab", "--solute", "tocilizumab", "--solute", "IVIG", *DOSED, "--weight", "65 kg",
        "--plasma-volume", "3 L", "--given", "24 h", "--dose", "560 mg", "--explain",
    ),
    "modalities": (
        "compare", "--solute", "IL-6", "--solute", "TNF-alpha", "--solute", "IgG", "--weight", "70 kg", "--hematocrit",
        "30 %", "--blood-flow", "150 mL/min", "--effluent-dose", "25 mL/kg/h", "--plasma-volumes", "1", "--duration",
        "2 h", "--explain",
    ),
    "grade of CRS": (
        "crs-grade", "--temperature", "39.2 C", "--hypotension", "yes", "--vasopressor", "norepinephrine",
        "--oxygen-device", "nasal-cannula", "--oxygen-flow", "8 L/min", "--tocilizumab", "yes", "--corticosteroid", "yes",
    ),
    "formulas": ("show", "formulas"),
}  # fmt: skip
ORDERS = {name: json.dumps(order) for name, order, _ in SCENARIOS}


def test_the_patients_are_scenarios():
    assert set(PATIENTS) <= set(NAMES)


@pytest.mark.parametrize("name", [*PATIENTS, *COMMANDS])
def test_the_sheet_says_what_it_said(name):
    words = COMMANDS.get(name, ("prescribe", "--order", "-", "--explain"))
    done = CliRunner().invoke(cli, words, input=ORDERS.get(name))
    assert done.exit_code in (0, 3), done.output
    said = re.sub(r"pexcalc \S+, data \w+", "pexcalc VERSION, data HASH", done.stdout)
    path = FOLDER / f"{re.sub('[^a-z0-9]+', '-', name.casefold())}.txt"
    if os.environ.get("UPDATE_DOCS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(said, encoding="utf-8")
    assert said == path.read_text(encoding="utf-8")
