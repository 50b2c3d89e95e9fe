"""Every data table with its owner, its last change and how long it is valid, out of tables.toml.

The trap: a change is not a review. `reviewed` is empty until a person compared the table with its
sources; `changed` is the day of the last change in the history of the project.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from pexcalc.data.loading import DATA, read_toml


class DataTable(NamedTuple):
    """One file of data/: role of its owner, dates as ISO 8601, digest at the last change."""

    file: str
    holds: str
    owner: str
    changed: str
    valid_until: str
    digest: str
    reviewed: str = ""


@cache
def data_tables() -> Mapping[str, DataTable]:
    """Every data table by the name of its file."""
    return MappingProxyType(
        {name: DataTable(name, **entry) for name, entry in read_toml("tables").items()}
    )


def digest_of(name: str) -> str:
    """Twelve hex digits that change with any byte of a file of data/."""
    return hashlib.sha256((DATA / name).read_bytes()).hexdigest()[:12]
