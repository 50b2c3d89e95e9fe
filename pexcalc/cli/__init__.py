"""The commands: `pexcalc.cli:cli`. What they need is loaded on first use."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pexcalc.cli.main import cli as cli

__all__ = ["cli"]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name != "cli":
            raise AttributeError(f"module 'pexcalc.cli' has no attribute {name!r}")
        from pexcalc.cli.main import cli

        globals()["cli"] = cli
        return cli
