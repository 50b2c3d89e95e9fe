"""The replacement fluid in words: the choice and its reasons, protein levels after each option.

How a fluid is given is in administration.py. The trap: where neither an order nor a default names a
fluid, no option is in force, and the page shows what to choose from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby

from pexcalc.data import solutes as solute_table
from pexcalc.order.order import Order
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.given import words_if
from pexcalc.replacement.results import (
    FluidSegment,
    Option,
    ProductUsed,
    Reason,
    ReplacementPlan,
)
from pexcalc.report.administration import administration, hung_in_words
from pexcalc.report.layout import Row, Section, printed
from pexcalc.report.level_words import lowest_words, return_words, row_text
from pexcalc.report.levels_after import level_after
from pexcalc.report.wording import (
    STATE_WORDS,
    System,
    interval_words,
    joined,
    rounded,
    volume_words,
)
from pexcalc.rules.alerts import BY_ID
from pexcalc.rules.fluids.row import BOTH
from pexcalc.rules.fluids.safety import SAFETY

FLUID_NAMES = {"albumin": "albumin", BOTH: "albumin, then plasma", "plasma": "plasma"}
NO_DEFAULT = "no standard fluid for this indication: prescriber to choose"
PREDICTED = Row("", "predictions of a model; in brackets the range for one patient")


def fluid_sections(p: Prescription, system: System = "entered") -> list[Section]:
    """The choice of fluid, one section for each option, and why."""
    return [
        _choice(p.replacement, p.order, p.replacement.products),
        *(_option_section(option, p, system, [PREDICTED]) for option in p.replacement.options),
        _reasons(p.replacement),
    ]


def in_force(p: Prescription) -> Option | None:
    """The option that was ordered, or else the default; None where neither is."""
    by_state = {option.state: option for option in p.replacement.options}
    default = by_state.get("default") if p.replacement.ordered is None else None
    return by_state.get("ordered") or default


# --- the printed sheet ----------------------------------------------------------------------------


def fluid_to_hang(p: Prescription) -> list[Section]:
    """For the bedside page: the fluid in force as it is given, or what to choose from and why."""
    option = in_force(p)
    if option is None:
        return _fluids_to_choose_from(p)
    products = [used for used in p.replacement.products if used.name in _products_of(option)]
    choice = _choice(p.replacement, p.order, products)
    if option.fluid == "albumin":  # no blood group to check
        choice = _without_row(choice, "Plasma group")
    rows = [*_against(option), *_volume(option), *administration(option, p)]
    return [choice, Section(_option_title(option), tuple(rows))]


def fluid_behind(p: Prescription, system: System = "entered") -> list[Section]:
    """For the page behind it: what each fluid leaves, the other options, and why."""
    option = in_force(p)
    if option is None:
        return _open_fluids_behind(p, system)
    others = [other for other in p.replacement.options if other is not option]
    products = [used for used in p.replacement.products if used.name not in _products_of(option)]
    levels = _levels(option, p, system, [PREDICTED])
    return [
        Section(f"Levels at the end: {FLUID_NAMES[option.fluid]}", tuple(levels)),
        *(_option_section(other, p, system) for other in others),
        Section("Products of the other options", tuple(map(_product_row, products))),
        _reasons(p.replacement),
    ]


def _fluids_to_choose_from(p: Prescription) -> list[Section]:
    plan = p.replacement
    rows = [Row(_share_label(option), _in_short(option, p), box=True) for option in plan.options]
    how = Row(
        "",
        "choose one, enter it and print again; containers, schedule and calcium follow the choice",
        inputs=("fluid",),
    )
    return [
        _choice(plan, p.order, plan.products),
        Section("Fluid not chosen", (*rows, how) if rows else ()),
        _reasons(plan),
    ]


def _open_fluids_behind(p: Prescription, system: System) -> list[Section]:
    """Reasons against each fluid that is not ordered, and levels after it, one row each."""
    options = p.replacement.options
    against = [
        Row(_share_label(option), "; ".join(row.text for row in _against(option)))
        for option in options
        if option.against
    ]
    levels = [
        Row(_share_label(option), "; ".join(f"{row.label} {row.text}" for row in rows))
        for option in options
        if (rows := option.left and _levels(option, p, system))
    ]
    note = [PREDICTED] if levels else []
    return [Section("Against", tuple(against)), Section("Levels", (*levels, *note))]


def _share_label(option: Option) -> str:
    return FLUID_NAMES[option.fluid].capitalize()


def _in_short(option: Option, p: Prescription) -> str:
    """An option in one line: volumes, and containers where their sizes are known."""
    if not option.segments:
        return f"not calculated: needs {option.asks}"
    return joined(_segment_words(option), hung_in_words(option, p))


def _without_row(part: Section, label: str) -> Section:
    return part._replace(rows=tuple(row for row in part.rows if row.label != label))


def _products_of(option: Option) -> set[str]:
    return {part.product for part in option.segments}


# --- the choice -----------------------------------------------------------------------------------


def _choice(plan: ReplacementPlan, order: Order, products: Iterable[ProductUsed]) -> Section:
    default = plan.statement.upper() or FLUID_NAMES.get(plan.default or "", NO_DEFAULT)
    rows = [
        _ordered_row(plan.ordered),
        Row("Default", default),
        *(Row("Removed", f"{_removed(one)}. {_because(one)}") for one in plan.removed),
        *map(_product_row, products),
    ]
    return Section("Replacement fluid", (*rows, *_plasma_group_rows(plan, order)))


def _plasma_group_rows(plan: ReplacementPlan, order: Order) -> list[Row]:
    if not plan.blood_groups:
        return []
    groups = "any ABO group" if len(plan.blood_groups) == 4 else " or ".join(plan.blood_groups)
    group = getattr(order.fluid, "blood_group", None) or "not recorded"
    text = f"{groups}; RhD any; blood group of the patient {group}"
    return [Row("Plasma group", text)]


def _ordered_row(fluid: str | None) -> Row:
    if not fluid:
        return Row("Ordered", "none", inputs=("fluid",))
    return Row("Ordered", FLUID_NAMES.get(fluid, fluid.replace("-", " ")))


def _reasons(plan: ReplacementPlan) -> Section:
    """Reasons for each option, notes, and conflicting evidence."""
    conflicts = (
        f"{topic}: {one}; {other}. This program: {handling} [{sources}]"
        for topic, one, other, handling, sources in plan.conflicts
    )
    rows = (
        *_reasons_for(plan),
        *(Row("Note", _because(note)) for note in plan.notes),
        *(Row("Evidence conflicts", text) for text in conflicts),
    )
    return Section("Why this fluid", rows)


def _removed(reason: Reason) -> str:
    """What a safety rule removes, in words."""
    about = {rule.id: rule.fluids for rule in SAFETY}[reason.rule]
    return ", ".join(about).replace("-", " ")


def _reasons_for(plan: ReplacementPlan) -> list[Row]:
    """Each reason once, with the options that it supports."""
    reasons: dict[str, Reason] = {}
    fluids: dict[str, list[str]] = {}
    for option in plan.options:
        for reason in option.reasons:
            reasons[reason.rule] = reason
            fluids.setdefault(reason.rule, []).append(FLUID_NAMES[option.fluid])
    return [
        Row("For", f"{'; '.join(fluids[rule])}. {_because(reason)}")
        for rule, reason in reasons.items()
    ]


def _because(reason: Reason) -> str:
    return f"{reason.rule}: {reason.reason} [{reason.source}]"


def _product_row(used: ProductUsed) -> Row:
    """A product and its contents used here, so that a site can see whether its own differs."""
    content = _CONTENT.get(used.kind, _no_content)(used)
    own = OWN_VALUES[used.own]
    source = words_if(used.source, f" [{used.source}]")
    row = Row("Product", f"{joined(used.name, content, by=': ')}{own}{source}")
    if used.origin == "entered":
        return row
    return row._replace(label="Assumed", inputs=(used.kind,))


OWN_VALUES = {True: ", own values", False: ""}


def _no_content(used: ProductUsed) -> str:
    return ""


def _albumin_content(used: ProductUsed) -> str:
    return f"protein {rounded(used.albumin, 'g/L', 1)} g/L"


def _plasma_content(used: ProductUsed) -> str:
    return ", ".join(
        (
            f"fibrinogen {_content_words(used.fibrinogen, 'g/L')}",
            f"citrate {_content_words(used.citrate, 'mmol/L')}",
            f"IgG {rounded(used.igg, 'g/L', 1)} g/L ({_plasma_tag('igg')})",
            f"albumin {rounded(used.albumin, 'g/L', 1)} g/L ({_plasma_tag('albumin')})",
        )
    )


# Contents of a liter of a product, by its kind.
_CONTENT = {"albumin": _albumin_content, "plasma": _plasma_content}


def _content_words(span: Interval | None, unit: str) -> str:
    return "not known" if span is None else interval_words(span, unit, 1)


def _plasma_tag(solute: str) -> str:
    """The evidence tag of the content of donor plasma."""
    return getattr(solute_table.solute(solute).donor_plasma, "tag", "")


# --- the options ----------------------------------------------------------------------------------


def _option_title(option: Option) -> str:
    return f"Option: {FLUID_NAMES[option.fluid]} ({STATE_WORDS[option.state]})"


def _option_section(
    option: Option, p: Prescription, system: System, notes: Iterable[Row] = ()
) -> Section:
    """An option with volumes and levels, and how it is given if it or no other is in force."""
    rows = [
        *_against(option),
        *_volume(option),
        *_levels(option, p, system, notes),
        *(administration(option, p) if in_force(p) in (None, option) else []),
    ]
    return Section(_option_title(option), tuple(rows))


def _against(option: Option) -> list[Row]:
    rules = [BY_ID[id] for id in option.cautions]
    codes = dict.fromkeys(f"{rule.severity.upper()} {rule.code}" for rule in rules)
    raised = {"open": ", ".join(codes)}.get(option.state, "")
    reasons = (Row("Against", _because(reason)) for reason in option.against)
    return printed(*reasons, Row("If chosen, raises", raised))


def _volume(option: Option) -> list[Row]:
    if not option.segments:
        asked = ("fluid.plasma_share",) if option.asks else ()
        needs = words_if(option.asks, f"needs {option.asks}")
        return [Row("Not calculated", needs, inputs=asked)]
    origin = SHARE_ORIGIN.get(option.share_origin, f"the share of plasma {option.share_origin}")
    return printed(Row("Volume", _segment_words(option)), Row("", origin))


SHARE_ORIGIN = {"": "", "ordered": ""}  # every other origin is printed


def _segment_words(option: Option) -> str:
    def words(part: FluidSegment) -> str:
        return f"{volume_words(part.volume)} {part.product} ({units.percent(part.share, 1)})"

    return in_order(option, words)


def in_order(option: Option, words: Callable[[FluidSegment], str]) -> str:
    """The parts of a fluid: those of one stage run together, one stage comes after the other."""
    stages = groupby(option.segments, key=lambda part: part.stage)
    return ", then ".join(" with ".join(map(words, parts)) for _, parts in stages)


# --- what a fluid leaves --------------------------------------------------------------------------

PROTEINS = {"fibrinogen": "Fibrinogen", "igg": "IgG", "albumin": "Albumin"}


def _levels(
    option: Option, p: Prescription, system: System, notes: Iterable[Row] = ()
) -> list[Row]:
    """Each protein at the end, for two fluids the sequences side by side; then the notes."""
    if not option.segments:
        return []
    return [*(_level_row(solute, option, p, system) for solute in PROTEINS), *notes]


def _level_row(solute: str, option: Option, p: Prescription, system: System) -> Row:
    sequences = dict.fromkeys(left.sequence for left in option.left if left.solute == solute)
    levels = [
        f"{sequence.replace('-', ' ')} {_level_at_end(solute, sequence, option, p, system)}"
        for sequence in sequences
    ]
    return Row(f"{PROTEINS[solute]} at end", "; ".join(map(str.strip, levels)))


def _level_at_end(
    solute: str, sequence: str, option: Option, p: Prescription, system: System
) -> str:
    found = level_after(option, solute, sequence)
    if found is None:
        return ""
    words = row_text(p, solute, found, system)
    baseline = words_if(found.added == 0 and found.after is None, " of baseline")
    lowest = lowest_words(p, solute, found, system)
    return f"{words}{baseline}{lowest}{return_words(p, solute, found)}"
