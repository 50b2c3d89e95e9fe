"""The modules of the package by their path below pexcalc/ without `.py`, such as `removal` or `kinetics/removal`."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

import pexcalc

HOME = Path(pexcalc.__file__).parent
DATA = HOME / "data"
FEWEST = 48  # a search that finds hardly anything must fail, not pass


def found(home: Path = HOME) -> dict[str, Path]:
    """Every module with its file, packages by their `__init__`."""
    paths = sorted(home.rglob("*.py"))
    files = {path.relative_to(home).with_suffix("").as_posix(): path for path in paths}
    if len(files) < FEWEST:
        raise LookupError(f"{len(files)} modules in {home}; expected {FEWEST} or more")
    return files


FILES = found()


def imported(name: str) -> ModuleType:
    """A module by its path."""
    inside = name.removesuffix("__init__").strip("/").replace("/", ".")
    return import_module(f"pexcalc.{inside}".rstrip("."))


def source_text() -> str:
    """The text of all modules, one after the other."""
    return "\n".join(path.read_text(encoding="utf-8") for path in FILES.values())
