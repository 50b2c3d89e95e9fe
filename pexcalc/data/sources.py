"""Every cited work by its key, out of sources.toml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from pexcalc.data.loading import read_toml


class Source(NamedTuple):
    """One cited work: its key, citation, identifier, and which part of it was consulted.

    `by` stands where the day of reading is not recorded: it was read on that day or before.
    """

    key: str
    cite: str
    read: str
    id: str = ""
    by: str = ""


@cache
def sources() -> Mapping[str, Source]:
    """Every source by its key."""
    return MappingProxyType(
        {key: Source(key, **entry) for key, entry in read_toml("sources").items()}
    )
