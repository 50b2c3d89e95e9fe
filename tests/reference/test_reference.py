"""Every published or independently computed value in tests/reference/*.csv, each with its own tolerance and reason."""

import csv
import json

import pytest

from pexcalc import parse_quantity
from pexcalc.quantities.formula import formulas
from tests.support.modules import imported
from tests.support.paths import TESTS

MODULES = list(map(imported, (
    "exchange/volume", "order/fields", "exchange/dose", "kinetics/dilution", "kinetics/turnover",
    "kinetics/dose_lost", "order/treatment", "rules/medicine_rules", "exchange/centrifuge",
    "exchange/circuit_volume", "exchange/citrate", "exchange/membrane", "kinetics/filters",
)))  # fmt: skip
ROWS = [
    (path.stem, number, row)
    for path in sorted((TESTS / "reference").glob("*.csv"))
    for number, row in enumerate(csv.DictReader(path.read_text("utf-8").splitlines()), start=2)
    if "function" in row
]


def read(value):
    """A text with a unit becomes a Quantity, a list is read through, everything else stays."""
    if isinstance(value, list):
        return [tuple(read(part) for part in item) for item in value]
    if isinstance(value, str) and value[0].isdigit():
        return parse_quantity(value)
    return value


def function(name):
    return next(getattr(module, name) for module in MODULES if hasattr(module, name))


@pytest.mark.parametrize(
    ("table", "line", "row"), ROWS, ids=[f"{t}:{n}:{r['function']}" for t, n, r in ROWS]
)
def test_published_value(table, line, row):
    inputs = {name: read(value) for name, value in json.loads(row["inputs"]).items()}
    result, unit = function(row["function"])(**inputs), row["unit"]
    if unit not in ("%", "1"):
        result = result.m_as(parse_quantity(f"1 {unit}").units)
    expected = pytest.approx(float(row["expected"]), abs=float(row["tolerance"]))
    assert result * (100 if unit == "%" else 1) == expected, f"{row['source']}: {row['why']}"


def test_tables_are_not_empty():
    assert len(ROWS) >= 150
    tables = {"volumes", "kinetics", "turnover", "circuit", "modalities"}
    assert {table for table, _, _ in ROWS} == tables


def test_every_estimator_has_a_published_value():
    wrapped = {
        "segment_level": "concentration_after", "volumes_to_level": "plasma_volumes_to_reach",
        "volumes_of_plasma_last": "plasma_last_for",
    }  # fmt: skip
    tested = {row["function"] for _, _, row in ROWS}
    for formula in formulas(*MODULES):
        assert wrapped.get(formula.name, formula.name) in tested
