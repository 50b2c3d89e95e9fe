"""The replacement fluid in words: what is chosen and why, what each option leaves of proteins.

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
from pexcalc.replacement.results import (
    FluidSegment,
    Left,
    Option,
    ProductUsed,
    Reason,
    ReplacementPlan,
)
from pexcalc.report.administration import administration, containers_to_use, count_in_words
from pexcalc.report.layout import NOT_ENTERED, Row, Section, printed
from pexcalc.report.wording import (
    System,
    interval_words,
    joined,
    lab_unit,
    rounded,
    share,
    volume_words,
)
from pexcalc.rules.caution_rules import BY_ID
from pexcalc.rules.fluid_rules import BOTH, SAFETY

FLUID_NAMES = {"albumin": "albumin", BOTH: "albumin, then plasma", "plasma": "plasma"}
NO_DEFAULT = "none: guidance has none here; weigh the options"
WASHOUT_ONLY = Row("", "by dilution alone, without return from tissue or synthesis")


def fluid_sections(p: Prescription, system: System = "entered") -> list[Section]:
    """The choice of fluid, one section for each option, and why."""
    return [
        _choice(p.replacement, p.order, p.replacement.products),
        *(_option_section(option, p, system, [WASHOUT_ONLY]) for option in p.replacement.options),
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
    levels = _levels(option, p.order, system, [WASHOUT_ONLY])
    return [
        Section(f"Levels at the end: {FLUID_NAMES[option.fluid]}", tuple(levels)),
        *(_option_section(other, p, system) for other in others),
        Section("Products of the other options", tuple(map(_product_row, products))),
        _reasons(p.replacement),
    ]


def _fluids_to_choose_from(p: Prescription) -> list[Section]:
    plan = p.replacement
    rows = [Row(_share_label(option), _in_short(option), box=True) for option in plan.options]
    how = Row(
        "",
        "choose one, enter it and print again: containers, schedule and calcium are those of the "
        "choice",
        inputs=("fluid",),
    )
    return [
        _choice(plan, p.order, plan.products),
        Section("Fluid not chosen", (*rows, how) if rows else ()),
        _reasons(plan),
    ]


def _open_fluids_behind(p: Prescription, system: System) -> list[Section]:
    """What speaks against each open fluid and what it leaves, a row each."""
    options = p.replacement.options
    against = [
        Row(_share_label(option), "; ".join(row.text for row in _against(option)))
        for option in options
        if option.against
    ]
    levels = [
        Row(_share_label(option), "; ".join(f"{row.label} {row.text}" for row in rows))
        for option in options
        if (rows := option.left and _levels(option, p.order, system))
    ]
    note = [WASHOUT_ONLY] if levels else []
    return [Section("Against", tuple(against)), Section("Levels", (*levels, *note))]


def _share_label(option: Option) -> str:
    return FLUID_NAMES[option.fluid].capitalize()


def _in_short(option: Option) -> str:
    """An option in one line: volumes, and containers where their sizes are known."""
    if not option.segments:
        return f"not worked out: enter {option.asks}"
    sizes = [f"{row.product}: {count_in_words(row)}" for row in containers_to_use(option)]
    return "; ".join([_segment_words(option), *sizes])


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
    groups = " or ".join(plan.blood_groups)
    if not groups:
        return []
    group = getattr(order.fluid, "blood_group", None) or NOT_ENTERED
    text = f"{groups}; blood group of the patient {group}; RhD match not required"
    return [Row("Plasma group", text)]


def _ordered_row(fluid: str | None) -> Row:
    if not fluid:
        return Row("Ordered", NOT_ENTERED, inputs=("fluid",))
    return Row("Ordered", FLUID_NAMES.get(fluid, fluid.replace("-", " ")))


def _reasons(plan: ReplacementPlan) -> Section:
    """What speaks for each option, what goes with it, and where the sources disagree."""
    conflicts = (
        f"{topic}: {one}; {other}. Here: {handling} [{sources}]"
        for topic, one, other, handling, sources in plan.conflicts
    )
    rows = (
        *_reasons_for(plan),
        *(Row("Note", _because(note)) for note in plan.notes),
        *(Row("Sources disagree", text) for text in conflicts),
    )
    return Section("Why this fluid", rows)


def _removed(reason: Reason) -> str:
    """What a safety rule removes, in words."""
    about = {rule.id: rule.fluids for rule in SAFETY}[reason.rule]
    return ", ".join(about).replace("-", " ")


def _reasons_for(plan: ReplacementPlan) -> list[Row]:
    """Each reason once, with the options that it speaks for."""
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
    """A product and what is taken of it, so that a site can see whether its own differs."""
    content = _CONTENT.get(used.kind, _no_content)(used)
    own = OWN_VALUES[used.own]
    source = f" [{used.source}]" if used.source else ""
    row = Row("Product", f"{joined(used.name, content, by=': ')}{own}{source}")
    if used.origin == "entered":
        return row
    assumed = f"{row.text}; assumed for the figures below, not entered"
    return row._replace(text=assumed, inputs=(used.kind,))


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


# What a liter of a product holds, by its kind.
_CONTENT = {"albumin": _albumin_content, "plasma": _plasma_content}


def _content_words(span: Interval | None, unit: str) -> str:
    return "not known" if span is None else interval_words(span, unit, 1)


def _plasma_tag(solute: str) -> str:
    """The evidence tag of the content of donor plasma."""
    return getattr(solute_table.solute(solute).donor_plasma, "tag", "")


# --- the options ----------------------------------------------------------------------------------


def _option_title(option: Option) -> str:
    return f"Option: {FLUID_NAMES[option.fluid]} ({option.state})"


def _option_section(
    option: Option, p: Prescription, system: System, notes: Iterable[Row] = ()
) -> Section:
    """An option with volumes and levels, and how it is given if it or no other is in force."""
    rows = [
        *_against(option),
        *_volume(option),
        *_levels(option, p.order, system, notes),
        *(administration(option, p) if in_force(p) in (None, option) else []),
    ]
    return Section(_option_title(option), tuple(rows))


def _against(option: Option) -> list[Row]:
    rules = [BY_ID[id] for id in option.cautions]
    codes = dict.fromkeys(f"{rule.severity.upper()} {rule.code}" for rule in rules)
    raised = {"open": ", ".join(codes)}.get(option.state, "")
    reasons = (Row("Against", _because(reason)) for reason in option.against)
    return printed(*reasons, Row("If taken, raises", raised))


def _volume(option: Option) -> list[Row]:
    if not option.segments:
        asked = ("fluid.plasma_share",) if option.asks else ()
        return [Row("Not worked out", f"enter {option.asks}" if option.asks else "", inputs=asked)]
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
STABLE = 0.999  # derived: a lowest level that differs from both ends by less is not printed


def _levels(option: Option, order: Order, system: System, notes: Iterable[Row] = ()) -> list[Row]:
    """Each protein at the end, for two fluids the sequences side by side; then the notes."""
    if not option.segments:
        return []
    return [*(_level_row(solute, option, order, system) for solute in PROTEINS), *notes]


def _level_row(solute: str, option: Option, order: Order, system: System) -> Row:
    measured = getattr(order.labs, solute, None)
    entered = units.unit_of(measured) if measured is not None else None
    shown = lab_unit(solute, system, entered.label if entered else "")
    levels = [
        f"{left.sequence.replace('-', ' ')} {_level_at_end(left, shown.label, shown.places)}"
        for left in option.left
        if left.solute == solute
    ]
    return Row(f"{PROTEINS[solute]} at end", "; ".join(map(str.strip, levels)))


def _level_at_end(left: Left, unit: str, places: int) -> str:
    if left.after is not None:
        before = rounded(left.before, unit, places)
        lowest = _lowest_level(left, unit, places)
        return f"{interval_words(left.after, unit, places)} (from {before} {unit}{lowest})"
    kept = f"{share(left.kept)} of the start"
    if left.added is None:
        return f"{kept}, and what the plasma adds: not known, enter it in products"
    if units.size(left.added.high, "g/L") == 0:
        return kept
    return f"{kept} and {interval_words(left.added, unit, places)} from the fluid"


def _lowest_level(left: Left, unit: str, places: int) -> str:
    """The lowest level on the way, at the change-over, where it is below both ends."""
    if left.lowest is None or left.after is None:
        return ""
    ends = (units.size(end, "g/L") for end in (left.after.typical, left.before))
    if units.size(left.lowest, "g/L") >= STABLE * min(ends):
        return ""
    return f", lowest {rounded(left.lowest, unit, places)} {unit} at the change-over"
