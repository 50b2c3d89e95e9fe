"""The files of data/: where they are, how they are read, and the hash of their version.

One entry is read by itself, because a prescription needs a few of hundreds and starts in the time
of a keystroke; the tests compare it with the whole table.
"""

from __future__ import annotations

import csv
import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent


@cache
def data_version() -> str:
    """Twelve hex digits that change with any byte of data/."""
    digest = hashlib.sha256()
    for path in sorted(path for path in DATA.iterdir() if path.suffix in (".csv", ".toml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def read_text(name: str) -> str:
    """The text of a file of data/."""
    return (DATA / name).read_text(encoding="utf-8")


def read_toml(name: str) -> dict[str, dict[str, Any]]:
    """The entries of a TOML file of data/ by their keys."""
    return tomllib.loads(read_text(f"{name}.toml"))


def read_toml_entry(name: str, key: str) -> dict[str, Any]:
    """One entry of a TOML file of data/, without parsing the others; empty where there is none.

    An entry is the lines between its key in brackets and the blank line before the next key.
    """
    after_key = read_text(f"{name}.toml").partition(f"\n[{key}]\n")[2]
    return tomllib.loads(after_key.partition("\n\n[")[0])


def read_csv(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file of data/, each by its headings."""
    return list(csv.DictReader(read_text(f"{name}.csv").split("\n")))


def read_csv_rows(name: str, key: str) -> list[dict[str, str]]:
    """The rows of a CSV file of data/ with a key in the first column, without parsing the others.

    Every row is one line.
    """
    heading, *lines = read_text(f"{name}.csv").split("\n")
    found = csv.DictReader([heading, *(line for line in lines if line.startswith(f"{key},"))])
    return [row for row in found if next(iter(row.values())) == key]


def as_tuples(value: Any) -> Any:
    """Lists of a TOML file, at every depth, as tuples that nothing can change."""
    return tuple(as_tuples(item) for item in value) if isinstance(value, list) else value
