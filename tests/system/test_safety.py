"""The hazard log holds: every hazard is complete, every test that it names exists, what it says of the pages is so."""

import ast
import configparser
import re

import pytest

from pexcalc import prescribe
from pexcalc.report import sheet as worksheet
from pexcalc.report.html.page import page
from pexcalc.report.layout import INTENDED_USE, text
from tests.support.paths import ROOT
from tests.support.patients import order

LOG = (ROOT / "docs" / "safety" / "hazards.md").read_text(encoding="utf-8")
CASE = (ROOT / "docs" / "safety" / "case.md").read_text(encoding="utf-8")
COLUMNS = ["Id", "Hazard", "Cause", "Effect", "Mitigation", "Test", "Residual risk"]
TABLE = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in LOG.splitlines()
    if line.startswith("|")
]
HAZARDS = TABLE[2:]
IDS = [row[0] for row in HAZARDS]


def functions_of(name):
    """The test functions of a file, by name."""
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_ids_are_unique_and_in_order():
    assert TABLE[0] == COLUMNS
    assert [f"H{number:02}" for number in range(1, len(HAZARDS) + 1)] == IDS


@pytest.mark.parametrize("row", HAZARDS, ids=IDS)
def test_every_hazard_is_complete_and_its_tests_exist(row):
    assert len(row) == len(COLUMNS)
    assert all(row)
    named = re.findall(r"`(tests/(?:\w+/)*test_\w+\.py)::(test_\w+)`", row[COLUMNS.index("Test")])
    assert named
    assert (
        len(named) == row[COLUMNS.index("Test")].count("`") / 2
    )  # nothing else stands there in the form of a test
    for file, name in named:
        assert name in functions_of(file)


@pytest.mark.parametrize(
    "kind",
    ["unit", "constant", "state", "Stale data", "Over-trust", "Missing caution", "wrong sheet"],
)
def test_the_hazards_that_were_asked_for_are_in_the_log(kind):
    assert any(kind in row[1] for row in HAZARDS)


def test_every_hazard_that_the_case_argues_with_is_in_the_log():
    argued = CASE.partition("## Argument")[2].partition("## ")[0]
    spans = re.findall(r"H(\d\d)(?: to H(\d\d))?", argued)
    named = {number for low, high in spans for number in range(int(low), int(high or low) + 1)}
    assert {f"H{number:02}" for number in named} <= set(IDS)
    assert {"H23", "H25", "H26", "H27", "H28", "H29"} == set(IDS) - {
        f"H{number:02}" for number in named
    }


def test_every_page_of_the_sheet_says_whose_it_is_and_when_and_by_which_version():
    result = prescribe(order(label="bed 4", ordered_at="2025-06-24T14:05+02:00"))
    heads = re.findall(r"<header>.*?</header>", page(result, explain=True))
    assert len(heads) == 3
    for head in heads:
        for words in ("bed 4", "2025-06-24T14:05+02:00", result.version, result.data):
            assert words in head


def test_the_intended_use_stands_on_sheet_and_page():
    result = prescribe(order())
    sheet = text(worksheet.title(result.version, result.data), worksheet.sections(result))
    assert INTENDED_USE in " ".join(sheet.split())
    assert INTENDED_USE in page(result)
    for words in (
        "apheresis professionals",
        "clinician orders",
        "Not for emergencies",
        "not sent to any device",
    ):
        assert words in INTENDED_USE


def numbers(version):
    return tuple(map(int, version.split(".")))


def test_the_lock_has_every_dependency_in_its_range_with_a_hash():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    wanted = [line.split() for line in setup["options"]["install_requires"].splitlines() if line]
    assert [name for name, _ in wanted] == ["click", "pint", "pydantic"]
    lines = (
        (ROOT / ".ci" / "lock.txt").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    )
    pinned = [line.split() for line in lines if not line.startswith("#")]
    for words in pinned:
        assert re.fullmatch(r"[a-z-]+==[0-9.]+", words[0])
        assert re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", words[-1])
    for name, span in wanted:
        least, below = re.fullmatch(r">=([0-9.]+),<([0-9.]+)", span).groups()
        versions = [word.partition("==")[2] for word, *_ in pinned if word.startswith(f"{name}==")]
        assert versions
        assert all(numbers(least) <= numbers(version) < numbers(below) for version in versions)
