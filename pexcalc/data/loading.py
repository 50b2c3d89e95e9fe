"""The files of data/: where they are, how they are read, and the hash that names their version."""

from __future__ import annotations

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


def read_toml(name: str) -> dict[str, dict[str, Any]]:
    """The entries of a TOML file of data/ by their keys."""
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


def as_tuples(value: Any) -> Any:
    """Lists of a TOML file, at every depth, as tuples that nothing can change."""
    return tuple(as_tuples(item) for item in value) if isinstance(value, list) else value
