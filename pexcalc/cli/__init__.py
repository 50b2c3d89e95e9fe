"""The commands: `pexcalc.cli:cli`, as a program `pexcalc.cli:run`. They load on first use."""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pexcalc.cli.main import cli as cli

__all__ = ["cli", "run"]

# What pint loads with itself where it is installed. One patient needs no arrays.
ARRAY_LIBRARIES = ("numpy", "dask", "xarray", "uncertainties", "babel")


def run() -> None:
    """Run the command of this process; only `cohort` loads array libraries."""
    if sys.argv[1:2] != ["cohort"]:
        for name in ARRAY_LIBRARIES:
            sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    from pexcalc.cli.main import cli as command

    command(prog_name="pexcalc")


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name != "cli":
            raise AttributeError(f"module 'pexcalc.cli' has no attribute {name!r}")
        from pexcalc.cli.main import cli

        globals()["cli"] = cli
        return cli
