"""The fluid on the one screen: volume and containers in one block, the options to choose from.

The trap: while the order is on hold neither containers nor a change-over are printed.
"""

from __future__ import annotations

from itertools import groupby

from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.quantities.given import words_if
from pexcalc.replacement.results import FluidSegment, Option
from pexcalc.report.administration import (
    change_over_words,
    container_heading,
    container_plan_words,
    dilution_rows,
    hung_in_words,
    products_without_size,
)
from pexcalc.report.entered import calcium_words
from pexcalc.report.level_words import table_cell
from pexcalc.report.replacement import in_force, in_order
from pexcalc.report.screen_lines import (
    Line,
    capital,
    field_line,
    milliliters,
    row_line,
    row_lines,
)
from pexcalc.report.wording import System, joined

PRODUCT_NAMES = {"fresh frozen plasma": "plasma (FFP)"}


def fluid_lines(p: Prescription, system: System) -> list[list[Line]]:
    """The fluid in force, or the options to choose from."""
    option = in_force(p)
    if option is not None:
        return [_in_force_lines(option, p)]
    if not p.replacement.options:
        words = p.replacement.statement or "No fluid is open for this patient."
        return [[field_line("REPLACEMENT", f"{capital(words)}.".replace("..", "."))]]
    return [_choice_lines(p, system)]


def _in_force_lines(option: Option, p: Prescription) -> list[Line]:
    default = " (default, not ordered)" if option.state == "default" else ""
    if not option.segments:
        needs = f"{capital(option.fluid.replace('-', ' '))}{default}. Not calculated: needs"
        return [field_line("REPLACEMENT", f"{needs} {option.asks}.")]
    balance = f"fluid balance {units.number(p.totals.balance_percent, 1)} %"
    words = f"{capital(_products_in_order(option))}, {balance}{default}"
    diluted = row_lines(dilution_rows(option.dilution))
    lines = [field_line("REPLACEMENT", words), *diluted]
    if p.blocked:
        hold = "Containers and change-over: not printed while the order is on hold."
        return [*lines, *_group_lines(p, option), Line(hold, 2, 4)]
    return [*lines, *_container_lines(option, p), *_group_lines(p, option)]


def _products_in_order(option: Option) -> str:
    """Products with their volumes, in the order given; of several the share of plasma."""

    def words(part: FluidSegment) -> str:
        name = PRODUCT_NAMES.get(part.product, part.product)
        apart = f" ({units.percent(part.share)})" if len(option.segments) > 1 else ""
        return f"{name}, {milliliters(part.volume)}{apart}"

    return in_order(option, words)


# --- containers -----------------------------------------------------------------------------------

SIZE_MISSING = "size not recorded: enter the size that you stock"


def _container_lines(option: Option, p: Prescription) -> list[Line]:
    """The containers as they are hung, the plans to choose from, and the change-over."""
    plans = container_plan_words(option, p)
    if not plans:
        hung = hung_in_words(option, p)
        missing = (f"{product}: {SIZE_MISSING}" for product in products_without_size(option))
        text = joined(hung, *missing) if hung else SIZE_MISSING
        return [row_line("Containers", text)]
    rows = [("Containers", container_heading(option, p)), *(("", plan) for plan in plans)]
    changes = (words.partition(" every ") for words in change_over_words(option, p))
    rows += [(name, f"every {how}") for name, _, how in changes]
    return [row_line(name, text) for name, text in rows]


def _group_lines(p: Prescription, option: Option | None = None) -> list[Line]:
    """Which plasma suits; no line where no plasma is given."""
    groups = p.replacement.blood_groups
    if not groups or (option is not None and not option.plasma_share):
        return []
    patient = getattr(p.order.fluid, "blood_group", None)
    suits = "any ABO group" if len(groups) == 4 else f"group {' or '.join(groups)}"  # derived: all
    if patient is None:
        text = f"{suits} only until the patient's group is known; RhD any"
    else:
        text = f"patient is {patient}: plasma of {suits}; RhD any"
    return [row_line("ABO", text)]


# --- options to choose from -----------------------------------------------------------------------

UNDER_LETTER = 5  # derived: column of a second line
TABLE = "CHOOSE THE REPLACEMENT FLUID           Fibrinogen after         Containers"


def _choice_lines(p: Prescription, system: System) -> list[Line]:
    """A row for each option, the group of plasma, and what calcium needs."""
    lettered = list(zip("ABCDEF", p.replacement.options))
    rows = [
        line for letter, option in lettered for line in _row_of_option(letter, option, p, system)
    ]
    return [Line(TABLE), *rows, *_group_lines(p), *_calcium_of_options(lettered, p)]


def _row_of_option(letter: str, option: Option, p: Prescription, system: System) -> list[Line]:
    name = f"  {letter}  {_option_name(option)}"
    if not option.segments:
        return [Line(f"{name}: needs {option.asks}", 0, UNDER_LETTER)]
    level = table_cell(p, option, "fibrinogen", system)
    return [Line(f"{name:<39}{level:<25}{_containers_in_short(option)}", 0, UNDER_LETTER)]


SEQUENCE_WORDS = {
    "plasma-last": "albumin, then plasma (last {})",
    "plasma-first": "plasma (first {}), then albumin",
    "mixed": "albumin mixed with plasma ({})",
}


def _option_name(option: Option) -> str:
    if option.sequence and option.plasma_share is not None:
        return SEQUENCE_WORDS[option.sequence].format(units.percent(option.plasma_share))
    alone = {"albumin": "albumin alone", "albumin-then-plasma": "albumin, then plasma"}
    return alone.get(option.fluid, option.fluid)


def _containers_in_short(option: Option) -> str:
    """`12 x 250 mL`, `7 + 5 x 250 mL`, `5x500 + 3x250 mL`, in the order in which they are hung."""
    dose = option.plans[0].products if option.plans else ()
    sizes = groupby(dose, key=lambda one: units.size(one.size, "mL"))
    parts = [
        f"{' + '.join(str(one.count) for one in same)} x {units.number(size)}"
        for size, same in sizes
    ]
    words = " + ".join(part.replace(" x ", "x") if len(parts) > 1 else part for part in parts)
    return words_if(words, f"{words} mL")


def _calcium_of_options(lettered: list[tuple[str, Option]], p: Prescription) -> list[Line]:
    """Which options need a plan of calcium, with the citrate while plasma runs."""
    loads = {load.fluid: load for load in p.citrate}
    needing = [
        f"{letter} {units.number(units.size(load.peak_rate.typical, 'mg/kg/min'), 2)}"
        for letter, option in lettered
        if option.plasma_share
        and (load := loads.get(option.fluid)) is not None
        and load.peak_rate is not None
    ]
    ordered = calcium_words(p.order.calcium)
    if not needing:
        return [field_line("CALCIUM", f"Ordered: {ordered}.")] if ordered else []
    assumed = {"assumed": ", run time assumed"}.get(p.run_time.origin, "")
    text = f"citrate in mg/kg/min while plasma runs: {', '.join(needing)}{assumed}"
    plan = f"ordered: {ordered}" if ordered else "needs a plan with plasma"
    return [row_line("Calcium", joined(plan, text))]
