"""Typed, read-only access to data/: sources, limits, indications. Each file is read once, on first use.

Imports neither pint nor the unit table, so that listings and completion start fast.
"""

from __future__ import annotations

import csv
import hashlib
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

DATA = Path(__file__).with_name("data")


class Source(NamedTuple):
    """One cited work: its key, citation, identifier, and which part of it was consulted."""

    key: str
    cite: str
    read: str
    id: str = ""


class Limit(NamedTuple):
    """One threshold, in the UCUM unit `unit`; `site` marks a site limit, which an order may replace."""

    name: str
    low: float | None
    high: float | None
    unit: str
    site: bool
    source: str
    tag: str

    def holds(self, value: float) -> bool:
        """True when a value in the limit's unit lies inside it; the ends are inside."""
        value = round(value, 9)  # 56 % typed must be 56 after the conversion to a fraction and back
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


class Indication(NamedTuple):
    """One row of the indication table, as published; `category` is an ASFA 2023 category or `not-categorised`."""

    id: str
    name: str
    condition: str
    category: str
    grade: str
    pv_low: float | None
    pv_high: float | None
    fluid: str
    frequency: str
    sessions: str
    page: str
    asfa_procedure: str
    volume_note: str
    fluid_note: str
    gate: str
    note: str
    evidence_tag: str
    source: str
    litres: tuple[tuple[float, float], ...] = ()

    @property
    def title(self) -> str:
        """Name and condition in one line."""
        return f"{self.name}, {self.condition}" if self.condition else self.name


# States in which no estimator of blood volume is valid and that an indication brings with it.
IMPLIED_STATES = {
    "sepsis-mof": ("sepsis",),
    "burn-shock": ("burns",),
    "hyperviscosity-symptomatic": ("hyperviscosity",),
    "hyperviscosity-pre-rituximab": ("hyperviscosity",),
}

# Volumes that the table gives in litres and not as a multiple of the plasma volume (its column `volume_note`).
FIXED_LITRES = {
    "alf-high-volume": ((8.0, 12.0),),
    "alzheimer-mild-moderate": ((0.69, 0.88), (2.5, 3.0)),
}


@cache
def sources() -> Mapping[str, Source]:
    """Every source by its key."""
    return MappingProxyType({key: Source(key, **entry) for key, entry in _toml("sources").items()})


@cache
def limits() -> Mapping[str, Limit]:
    """Every threshold by its name."""
    rows = _toml("limits")
    return MappingProxyType(
        {name: Limit(**{"name": name, "low": None, "high": None, **row}) for name, row in rows.items()}
    )


@cache
def indications() -> Mapping[str, Indication]:
    """Every indication by its id."""
    with (DATA / "indications.csv").open(encoding="utf-8", newline="") as file:
        rows = [Indication(**_indication(row)) for row in csv.DictReader(file)]
    return MappingProxyType({row.id: row for row in rows})


def nearest(word: str, words: Mapping[str, Any]) -> list[str]:
    """Up to three of the words that are most like a mistyped one."""
    small = {known.casefold(): known for known in words}
    typed = word.strip().casefold()
    inside = [known for known in small if typed and typed in known]
    return [small[known] for known in (inside or get_close_matches(typed, small, 3, 0.6))[:3]]


def indications_like(word: str) -> list[str]:
    """Up to three indications whose id or name has the word, or whose id is most like it."""
    typed = word.strip().casefold()
    rows = indications()
    words = typed.replace("-", " ").split()
    names = {name: f"{name} {row.title}".casefold() for name, row in rows.items()}
    inside = [name for name, text in names.items() if len(typed) > 2 and all(word in text for word in words)]
    return inside[:3] or get_close_matches(typed, rows, 3, 0.6)


@cache
def data_version() -> str:
    """Twelve hex digits that change with any byte of data/."""
    digest = hashlib.sha256()
    for path in sorted(path for path in DATA.iterdir() if path.suffix in (".csv", ".toml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _toml(name: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


def _indication(row: dict[str, str]) -> dict[str, Any]:
    ends = {end: float(row[end]) if row[end] else None for end in ("pv_low", "pv_high")}
    return {**row, **ends, "litres": FIXED_LITRES.get(row["id"], ())}
