"""Every threshold by its name, out of limits.toml."""

import math
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from pexcalc.data.loading import read_toml


class Limit(NamedTuple):
    """One threshold in a UCUM unit; `site` marks a site limit, which an order may replace."""

    name: str
    low: float | None
    high: float | None
    unit: str
    site: bool
    source: str
    tag: str

    @property
    def least(self) -> float:
        """The low end, and minus infinity where there is none."""
        return -math.inf if self.low is None else self.low

    @property
    def most(self) -> float:
        """The high end, and infinity where there is none."""
        return math.inf if self.high is None else self.high

    def holds(self, value: float) -> bool:
        """True if `value`, in the limit's unit, is within the limit, ends included."""
        # 56 % typed must be 56 after the conversion to a fraction and back
        return self.least <= round(value, 9) <= self.most


Limit.__module__ = "pexcalc"


@cache
def limits() -> Mapping[str, Limit]:
    """Every threshold by its name."""
    rows = read_toml("limits")
    return MappingProxyType(
        {
            name: Limit(**{"name": name, "low": None, "high": None, **row})
            for name, row in rows.items()
        }
    )
