"""Every device and anticoagulant, out of devices.toml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from pexcalc.data.loading import as_tuples, read_toml


class Machine(NamedTuple):
    """What is known of one device or anticoagulant; efficiencies in percent with sources."""

    id: str
    name: str
    kind: str
    source: str
    tag: str
    ratio_meaning: str = ""
    efficiency: tuple[tuple[float, str], ...] = ()
    circuit_volume: tuple[float, ...] = ()  # published, mL
    circuit_set: str = ""  # of which set
    circuit_source: str = ""
    citrate: float | None = None
    containers: tuple[float, ...] = ()


@cache
def devices() -> Mapping[str, Machine]:
    """Every device and anticoagulant by its id."""
    rows = {
        key: Machine(key, **{name: as_tuples(value) for name, value in entry.items()})
        for key, entry in read_toml("devices").items()
    }
    return MappingProxyType(rows)
