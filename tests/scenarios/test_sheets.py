"""The sheets of some patients, kept word by word in tests/scenarios/sheets/: a figure in a printed line that changes shows.

What is kept was written by the program: it says that a sheet has changed, not that it was right. Written anew with
UPDATE_DOCS=1; the change is then read before it is kept. A row that the terminal wraps is kept on one line.
"""

import json
import os
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from pexcalc.cli import cli
from tests.support.printed import masked
from tests.support.scenario import NAMES, SCENARIOS

FOLDER = Path(__file__).parent / "sheets"
LONGEST = 2500  # lines of all of them: whoever changes a word reads the difference
# Scenarios that together have the most different lines, and pages of the other commands.
EXPLAINED = (
    "f15-crs: plasma ordered",
    "membrane: heparin counts as an anticoagulant",
    "circuit-volume-of-a-neonate: above 10 %",
    "circuit-ratio: 16.1",
    "girl-of-twelve",
    "f19-pregnancy: a note",
)
PATIENTS = (*EXPLAINED, "citrate: 60 % of plasma mixed in runs slower")
DOSED = "--plasma-volumes 1.2 --duration '150 min'"
COMMANDS = {
    "volume of a pregnant woman":
        "volume --sex female --age '31 y' --height '166 cm' --weight '74 kg' --hematocrit '33 %'"
        " --gestation '30 wk' --pre-pregnancy-weight '62 kg' --pre-pregnancy-hematocrit '39 %'"
        " --explain",
    "volume of a girl":
        "volume --sex female --age '11 y' --height '150 cm' --weight '48 kg' --hematocrit '37 %'"
        " --tanner 3 --explain",
    "removal in one session":
        "removal --solute IgG --solute IL-6 --solute CRP --solute fibrinogen --solute IgM"
        f" {DOSED} --weight '65 kg' --explain",
    "removal in a course":
        f"removal --solute IgG --solute CRP {DOSED} --sessions 5 --every '24 h'"
        " --target-fall '40 %' --explain",
    "removal where production rises":
        f"removal --solute IL-10 {DOSED} --sessions 3 --every '48 h' --production rising --explain",
    "removal of medicines":
        f"removal --solute rituximab --solute tocilizumab --solute IVIG {DOSED} --weight '65 kg'"
        " --plasma-volume '3 L' --given '24 h' --dose '560 mg' --explain",
    "modalities":
        "compare --solute IL-6 --solute TNF-alpha --solute IgG --weight '70 kg' --hematocrit '30 %'"
        " --blood-flow '150 mL/min' --effluent-dose '25 mL/kg/h' --plasma-volumes 1"
        " --duration '2 h' --explain",
    "grade of CRS":
        "crs-grade --temperature '39.2 C' --hypotension yes --vasopressor norepinephrine"
        " --oxygen-device nasal-cannula --oxygen-flow '8 L/min' --tocilizumab yes"
        " --corticosteroid yes",
    "formulas": "show formulas --json",
}  # fmt: skip
ORDERS = {name: json.dumps(order) for name, order, _ in SCENARIOS}


def file_of(name):
    return FOLDER / f"{re.sub('[^a-z0-9]+', '-', name.casefold()).strip('-')}.txt"


def kept(name, printed):
    """What is kept of a page: without version and hash, a row or a formula a line."""
    if name == "formulas":
        return "".join(f"{json.dumps(row)}\n" for row in json.loads(printed))
    return re.sub(r"\n {10,}(?=\S)", " ", masked(printed))


def test_the_patients_are_scenarios_and_their_files_all_there_is():
    assert set(PATIENTS) <= set(NAMES)
    assert {file_of(name) for name in (*PATIENTS, *COMMANDS)} == set(FOLDER.iterdir())
    assert sum(path.read_text(encoding="utf-8").count("\n") for path in FOLDER.iterdir()) <= LONGEST


@pytest.mark.parametrize("name", [*PATIENTS, *COMMANDS])
def test_the_sheet_says_what_it_said(name):
    words = f"prescribe --order - {'--why' if name in EXPLAINED else '--full'}"
    words = shlex.split(COMMANDS.get(name, words))
    done = CliRunner().invoke(cli, words, input=ORDERS.get(name))
    assert done.exit_code in (0, 3), done.output
    said, path = kept(name, done.stdout), file_of(name)
    if os.environ.get("UPDATE_DOCS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(said, encoding="utf-8")
    assert said == path.read_text(encoding="utf-8")
