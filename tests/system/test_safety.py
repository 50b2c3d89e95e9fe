"""The hazard log holds: every hazard is complete, every test that it names exists, what it says of the pages is so."""

import configparser
import re
from functools import cache

import pytest

from pexcalc import prescribe
from pexcalc.report import sheet as worksheet
from pexcalc.report.html.page import page
from pexcalc.report.layout import INTENDED_USE, text
from tests.support.paths import ROOT
from tests.support.patients import Q, order
from tests.support.scenario import NAMES
from tests.tools.hazards import misplaced
from tests.tools.hazards_page import LIKELIHOODS, SEVERITIES, Fault, Risk, hazards

LOG = hazards()
HAZARDS = list(LOG.values())
CASE = (ROOT / "docs" / "safety" / "case.md").read_text(encoding="utf-8")
NODE = re.compile(r"(tests/(?:\w+/)*test_\w+\.py)::(test_\w+)(?:\[(.+)\])?")


@cache
def functions_of(name):
    """The test functions of a file, by name."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return set(re.findall(r"^def (test_\w+)\(", text, re.MULTILINE))


@pytest.mark.parametrize("row", HAZARDS, ids=LOG)
def test_every_hazard_is_complete_and_its_tests_exist(row):
    assert all((row.hazard, row.cause, row.effect, row.mitigation, row.residual, row.faults))
    before, after = row.before, row.after
    assert SEVERITIES.index(after.severity) <= SEVERITIES.index(before.severity)
    assert LIKELIHOODS.index(after.likelihood) <= LIKELIHOODS.index(before.likelihood)
    assert all(fault.tests for fault in row.faults)
    for test in (*row.tests, *(test for fault in row.faults for test in fault.tests)):
        file, name, case = NODE.fullmatch(test).groups()
        assert name in functions_of(file)
        assert name != "test_scenario" or case is None or case in NAMES


@pytest.mark.parametrize("row", HAZARDS, ids=LOG)
def test_the_text_that_a_planted_fault_takes_away_is_there_once(row):
    assert [misplaced(fault, ROOT) for fault in row.faults] == [""] * len(row.faults)


def test_a_fault_that_is_not_there_or_there_twice_is_an_error(tmp_path):
    (tmp_path / "a.py").write_text("one = 1\ntwo = 1\n", encoding="utf-8")
    for old, said in (("= 1", "2 times"), ("= 3", "0 times"), ("two", "changes nothing")):
        assert said in misplaced(Fault("a mitigation", "a.py", old, "two", ()), tmp_path)
    assert misplaced(Fault("a mitigation", "a.py", "one", "two", ()), tmp_path) == ""


def test_a_risk_is_high_medium_or_low_by_the_product_of_its_ranks():
    levels = [Risk("critical", one).level for one in LIKELIHOODS]
    assert levels == ["low", "medium", "high", "high", "high"]
    assert Risk("negligible", "frequent").level == "low"


def test_every_hazard_that_the_case_argues_with_is_in_the_log():
    argued = CASE.partition("## Argument")[2].partition("## ")[0]
    spans = re.findall(r"H(\d\d)(?: to H(\d\d))?", argued)
    numbers = {number for low, high in spans for number in range(int(low), int(high or low) + 1)}
    named = {f"H{number:02}" for number in numbers}
    assert set(LOG) - named == {"H23", "H25", "H26", "H27", "H28", "H29"}
    assert named <= set(LOG)


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs" / "safety").glob("*.md")), ids=lambda path: path.stem
)
def test_every_script_and_file_that_a_page_on_safety_names_exists(page):
    text = page.read_text(encoding="utf-8")
    named = {f"tests/tools/{name}.py" for name in re.findall(r"tests\.tools\.(\w+)", text)}
    named |= set(re.findall(r"`((?:\.ci/|docs/)[\w./]+|[\w.]+\.(?:json|cfg))`", text))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_page_of_the_sheet_says_whose_it_is_and_when_and_by_which_version():
    result = prescribe(order(label="bed 4", ordered_at="2025-06-24T14:05+02:00"))
    heads = re.findall(r'class="whose">.*?class="content"', page(result, explain=True))
    assert len(heads) == 3
    for head in heads:
        for words in ("bed 4", "2025-06-24T14:05+02:00", result.version, result.data):
            assert words in head


def test_the_intended_use_stands_on_sheet_and_page():
    result = prescribe(order())
    sheet = text(worksheet.title(result.version, result.data), worksheet.sections(result))
    assert INTENDED_USE in " ".join(sheet.split())
    assert INTENDED_USE in page(result)
    limits = "Not for emergencies", "not sent to any device"
    for words in ("apheresis professionals", "the prescriber decides", *limits):
        assert words in INTENDED_USE


def test_a_stop_that_is_not_of_the_fluid_leaves_out_the_schedule_too():
    circuit = {"name": "spectra-optia", "circuit_volume": Q(1, "L")}
    stopped = prescribe(order(device=circuit))
    assert stopped.blocked
    assert [one.schedule for one in stopped.replacement.options if one.schedule] == []
    lifted = {"rule": "circuit-volume-without-prime", "reason": "a reason", "by": "Dr A"}
    result = prescribe(order(device=circuit, overrides=(lifted,)))
    assert any(one.schedule for one in result.replacement.options)


def test_the_lock_has_every_dependency_in_its_range_with_a_hash():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    wanted = [line.split() for line in setup["options"]["install_requires"].splitlines() if line]
    assert [name for name, _ in wanted] == ["click", "pint", "pydantic"]
    lock = (ROOT / ".ci" / "lock.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    pinned = [line for line in lock.splitlines() if not line.startswith("#")]
    form = re.compile(r"[a-z-]+==[0-9.]+ .*--hash=sha256:[0-9a-f]{64}")
    assert [line for line in pinned if not form.fullmatch(line.strip())] == []

    def numbers(version):
        return tuple(map(int, version.split(".")))

    for name, span in wanted:
        least, below = re.fullmatch(r">=([0-9.]+),<([0-9.]+)", span).groups()
        versions = re.findall(rf"^{name}==([0-9.]+)", lock, re.MULTILINE)
        assert versions
        assert all(numbers(least) <= numbers(version) < numbers(below) for version in versions)
