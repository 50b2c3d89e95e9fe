"""One row and one typed field are all that a new laboratory value takes: every surface has it then."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.support import terminal
from tests.support.modules import HOME
from tests.support.paths import ROOT

ROW = """    Input("lactate", "labs.lactate", "quantity", "Lactate", 'such as "1.8 mmol/L"', LABORATORY,
          "--lactate", range=Range("mmol/L", 0, 30), prompt="Lactate, such as 1.8 mmol/L",
          loinc=(Loinc("2524-7", "molar concentration", "source"),)),
"""
FIELD = '    lactate: Annotated[Any, measured("labs.lactate")] | None = None\n'
ADDED = {  # file: the line before which the text is put
    "order/fields.py": ('    Input("igg", ', ROW),
    "order/patient.py": ("    igg: Annotated", FIELD),
}
FLAGS = [
    "--sex", "male", "--age", "54 y", "--height", "172 cm", "--weight", "65 kg",
    "--hematocrit", "28 %", "--indication", "ttp", "--plasma-volumes", "1",
]  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the product in which the value was added."""
    home = tmp_path_factory.mktemp("tree")
    shutil.copytree(HOME, home / "pexcalc", ignore=shutil.ignore_patterns("__pycache__"))
    for name, (before, text) in ADDED.items():
        path = home / "pexcalc" / name
        source = path.read_text(encoding="utf-8")
        assert source.count(before) == 1
        path.write_text(source.replace(before, text + before), encoding="utf-8")
    return home


def ran(tree, *words, code=None):
    """What the program of the copy prints: of a command line, or of a piece of Python."""
    command = [sys.executable, "-c", code] if code else [sys.executable, "-m", "pexcalc", *words]
    environment = {"PYTHONPATH": os.pathsep.join((str(tree), str(ROOT))), "COLUMNS": "80"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, cwd=tree,
        env=os.environ | environment,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_guided_entry_asks_for_it(tree, monkeypatch):
    monkeypatch.chdir(tree)
    said, _ = terminal.session(
        ["prescribe", *FLAGS[:-2]],
        ["1", "none", "", "", "", "", "40 mmol/L", "2 mmol/L"], then=b"\x03",
        environment={"PYTHONPATH": str(tree)},
    )  # fmt: skip
    said = " ".join(said.split())
    assert "Lactate, such as 1.8 mmol/L > 40 mmol/L" in said
    assert "Error: lactate: got 40 mmol/L; expected 0 to 30 mmol/L." in said
    assert "> 2 mmol/L Findings, any of" in said


SURFACES = """
import datetime
from pexcalc import fhir
from tests.support.bundles import observation
from tests.tools import inputs_page
patient = {"resource": {"resourceType": "Patient", "id": "p1", "birthDate": "1971-01-01"}}
body = ("8302-2", 172, "cm"), ("29463-7", 65, "kg"), ("20570-8", 28, "%")
entries = [patient, *(observation(*one) for one in (*body, ("2524-7", 1.8, "mmol/L")))]
bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
at = datetime.datetime(2025, 6, 24, 12, tzinfo=datetime.UTC)
asked = {"indication": "ttp", "dose": {"plasma_volumes": 1}, "sex": "male"}
print(fhir.order_from_bundle(bundle, at=at, **asked).order.labs.lactate)
print(inputs_page.page())
"""


def test_every_surface_has_it(tree):
    assert '--lactate TEXT          such as "1.8 mmol/L"' in ran(tree, "prescribe", "--help")
    printed = json.loads(ran(tree, "prescribe", *FLAGS, "--lactate", "1.8 mmol/L", "--json"))
    assert printed["order"]["labs"]["lactate"] == {"value": 1.8, "unit": "mmol/L"}
    refused = ran(tree, "prescribe", *FLAGS, "--lactate", "1.8")
    assert refused == "Error: lactate: got 1.8 (no unit); expected 0 to 30 mmol/L.\n"
    definitions = json.loads(ran(tree, "show", "schema", "order"))["$defs"]
    labs = definitions["Labs"]["properties"]
    assert labs["lactate"]["description"] == "Lactate"
    name = labs["lactate"]["anyOf"][0]["$ref"].rpartition("/")[2]
    limits = definitions[name]["allOf"][0]["then"]["properties"]["value"]
    assert limits == {"minimum": 0, "maximum": 30}
    said = ran(tree, code=SURFACES)
    assert said.startswith("1.8 millimole / liter\n")
    assert "| Lactate | `--lactate` | `labs.lactate` | 0 to 30 mmol/L | 2524-7 |" in said
