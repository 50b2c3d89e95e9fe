"""Height, weight and body mass index of children by sex and age, out of growth.csv.

The ends are cut points for data entry, far outside of what growth charts call normal: a value
beyond them is asked about, never refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from pexcalc.data.loading import read_csv


class Growth(NamedTuple):
    """One year of age of one sex: height in cm, weight in kg, body mass index in kg/m2."""

    height_low: float
    height_median: float
    height_high: float
    weight_low: float
    weight_median: float
    weight_high: float
    bmi_low: float
    bmi_high: float
    tag: str
    source: str


@cache
def growth() -> Mapping[tuple[str, int], Growth]:
    """The rows of the table by sex and completed years of age."""
    rows = {(row["sex"], int(row["age"])): _growth_row(row) for row in read_csv("growth")}
    return MappingProxyType(rows)


def _growth_row(texts: dict[str, str]) -> Growth:
    words = ("tag", "source")
    values: dict[str, Any] = {
        name: texts[name] if name in words else float(texts[name]) for name in Growth._fields
    }
    return Growth(**values)


def growth_at(sex: str, years: float) -> Growth | None:
    """The row for a child of this sex and age; None below 2 and from 18 years on."""
    return growth().get((sex, int(years)))
