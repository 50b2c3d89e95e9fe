"""python -m pexcalc."""

from pexcalc.cli import cli

cli(prog_name="pexcalc")
