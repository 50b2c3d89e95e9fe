"""What is loaded when: help, version, completion and the bare import stay light."""

import subprocess
import sys

import pytest

import pexcalc

HEAVY = ("pint", "pydantic", "numpy", "polars", "pexcalc.quantities.units")


def loaded(script, **environment):
    """The heavy modules that a script has loaded when it ends."""
    code = f"import sys\ntry:\n    {script}\nexcept SystemExit:\n    pass\nprint([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False,
        env={**__import__("os").environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize(
    "script",
    [
        "import pexcalc",
        "from pexcalc.cli import cli; cli(['--help'])",
        "from pexcalc.cli import cli; cli(['prescribe', '--help'])",
        "from pexcalc.cli import cli; cli(['--version'])",
        "from pexcalc.cli import cli; cli([])",
        "from pexcalc.cli import cli; cli(['show', 'sources', '--json'])",
        "from pexcalc.cli import cli; cli(['show', 'solutes', '--json'])",
        "from pexcalc.cli import cli; cli(['removal', '--help'])",
        "from pexcalc.cli import cli; cli(['cohort', '--help'])",
        "import pexcalc; pexcalc.Indication",
    ],
)
def test_light_things_load_nothing_heavy(script):
    assert loaded(script) == "[]"


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ("pexcalc pre", "1"),
        ("pexcalc prescribe --indication crs", "3"),
        ("pexcalc prescribe --finding bl", "3"),
        ("pexcalc prescribe --device sp", "3"),
        ("pexcalc removal --solute il", "3"),
    ],
)
def test_completion_loads_nothing_heavy(words, word):
    environment = {"_PEXCALC_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": word}
    assert loaded("from pexcalc.cli import cli; cli(prog_name='pexcalc')", **environment) == "[]"


def test_completion_knows_commands_and_indications():
    script = "from pexcalc.cli import cli; cli(prog_name='pexcalc')"
    for words, number, expected in (
        ("pexcalc pre", "1", "prescribe"),
        ("pexcalc prescribe --indication crs", "3", "crs-car-t"),
        ("pexcalc removal --solute Il1", "3", "il10"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False,
            env={**__import__("os").environ, "_PEXCALC_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": number},
        )  # fmt: skip
        assert expected in done.stdout


def test_a_scalar_prescription_does_not_load_numpy():
    script = (
        "import pexcalc, sys; q = pexcalc.parse_quantity; "
        "before = 'numpy' in sys.modules; pexcalc.nadler_blood_volume(q('172 cm'), q('65 kg'), 'male'); "
        "print('numpy' in sys.modules and not before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "False", done.stderr


def test_every_public_name_can_be_had_and_no_other():
    for name in pexcalc.__all__:
        assert getattr(pexcalc, name) is not None
    assert dir(pexcalc) == sorted(pexcalc.__all__)
    with pytest.raises(AttributeError, match="no attribute 'ogawa'"):
        _ = pexcalc.ogawa


CONTRACT = {
    "parse_quantity",
    "nadler_blood_volume",
    "lemmens_blood_volume",
    "boer_blood_volume",
    "linderkamp_blood_volume",
    "raes_blood_volume",
    "flat_blood_volume",
    "restored_weight",
    "pregnancy_plasma_volume",
    "kaplan_plasma_volume",
    "plasma_volume",
    "body_surface_area",
    "estimate_volumes",
    "exchange_volume",
    "plasma_volumes_exchanged",
    "fraction_removed",
    "plasma_volumes_for",
    "remaining_unbalanced",
    "concentration_after",
    "Patient",
    "Order",
    "Prescription",
    "Caution",
    "Indication",
    "prescribe",
    "QuantityError",
    "VolumeEstimate",
}


def test_the_names_of_the_contract_are_public():
    assert set(CONTRACT) <= set(pexcalc.__all__)


def test_type_checkers_see_the_same_names():
    import re
    from pathlib import Path

    text = Path(pexcalc.__file__).read_text(encoding="utf-8")
    typed = set(re.findall(r"import (?:\(\s*)?(\w+) as \1", text))
    assert typed | {"__version__"} == set(pexcalc.__all__)
