"""What is loaded when: help, version, completion and the bare import stay light."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pexcalc

HEAVY = ("pint", "pydantic", "numpy", "polars", "pexcalc.quantities.units")


COMPLETION = "from pexcalc.cli import cli; cli(prog_name='pexcalc')"


def loaded(script, heavy=HEAVY, **environment):
    """The heavy modules that a script has loaded when it ends."""
    code = f"""
import sys
try:
    {script}
except SystemExit:
    pass
print([name for name in {heavy} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize(
    "words", ["--help", "prescribe --help", "cohort --help", "--version", "", "show sources --json"]
)
def test_light_commands_load_nothing_heavy(words):
    assert loaded(f"from pexcalc.cli import cli; cli({words.split()})") == "[]"


def test_the_package_and_the_catalog_load_nothing_heavy():
    assert loaded("import pexcalc; pexcalc.Indication") == "[]"
    catalog = "from pexcalc import catalog; catalog.solutes()"
    assert loaded(catalog, ("pint", "pydantic")) == "[]"


@pytest.mark.parametrize("typed", ["--indication crs", "--finding bl", "--device sp"])
def test_completion_loads_nothing_heavy(typed):
    environment = {"COMP_WORDS": f"pexcalc prescribe {typed}", "COMP_CWORD": "3"}
    assert loaded(COMPLETION, **environment, _PEXCALC_COMPLETE="bash_complete") == "[]"


def test_every_public_name_can_be_had_and_no_other():
    for name in pexcalc.__all__:
        assert getattr(pexcalc, name) is not None
    assert dir(pexcalc) == sorted(pexcalc.__all__)
    with pytest.raises(AttributeError, match="no attribute 'ogawa'"):
        _ = pexcalc.ogawa


def test_type_checkers_see_the_same_names():
    text = Path(pexcalc.__file__).read_text(encoding="utf-8")
    typed = set(re.findall(r"import (?:\(\s*)?(\w+) as \1", text))
    assert typed | {"__version__"} == set(pexcalc.__all__)
