"""python -m pexcalc."""

from pexcalc.cli import run

run()
