"""The replacement fluid in words: what is chosen and why, what it leaves, containers, schedule, citrate and calcium."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

from pexcalc.data import solutes as solute_table
from pexcalc.exchange.citrate import WEAKNESS, CalciumOption, CitrateLoad
from pexcalc.order.order import Order
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.replacement.containers import Change, Containers
from pexcalc.replacement.results import Left, Option, ProductUsed, Reason, ReplacementPlan, Segment
from pexcalc.report.layout import NOT_ENTERED, Row, Section
from pexcalc.report.wording import System, lab_unit, share, volume_words
from pexcalc.rules.caution_rules import BY_ID, NO_CALCIUM, NO_MAGNESIUM
from pexcalc.rules.fluid_rules import BOTH, SAFETY

FLUID_NAMES = {"albumin": "albumin", BOTH: "albumin, then plasma", "plasma": "plasma"}


def fluid_sections(p: Prescription, system: System = "entered") -> list[Section]:
    """The choice of fluid, one section for each option, and why."""
    return [
        _choice(p.replacement, p.order, p.replacement.products),
        *(_option(one, p, system) for one in p.replacement.options),
        _reasons(p),
    ]


def fluid_to_hang(p: Prescription) -> list[Section]:
    """For the printed sheet: the fluid in force as it is hung; where none is, what to choose from, and why."""
    plan, one = p.replacement, in_force(p)
    if one is None:
        names = [
            Row(FLUID_NAMES[one.fluid].capitalize(), _in_short(one), box=True)
            for one in plan.options
        ]
        how = "choose one, enter it (--fluid) and print again: containers, schedule and calcium are those of the choice"
        chosen = Section("Fluid not chosen", (*names, Row("", how)) if names else ())
        return [_choice(plan, p.order, plan.products), chosen, _reasons(p)]
    choice = _choice(
        plan, p.order, [used for used in plan.products if used.name in _hung_products(one)]
    )
    if one.fluid == "albumin":  # no group to check
        choice = choice._replace(
            rows=tuple(row for row in choice.rows if row.label != "Plasma group")
        )
    return [choice, Section(_option_title(one), (*_against(one), *_volume(one), *_hung(one, p)))]


def fluid_behind(p: Prescription, system: System = "entered") -> list[Section]:
    """For the printed sheet: what each fluid leaves, the other options, and why."""
    options, one = p.replacement.options, in_force(p)
    if one is None:
        against = [
            Row(
                FLUID_NAMES[other.fluid].capitalize(),
                "; ".join(row.text for row in _against(other)),
            )
            for other in options
            if other.against
        ]
        levels = [_left(other, p.order, system) for other in options if other.left]
        rows = [
            Row(
                FLUID_NAMES[other.fluid].capitalize(),
                "; ".join(f"{row.label} {row.text}" for row in left[:-1]),
            )
            for other, left in zip((other for other in options if other.left), levels)
        ]
        return [
            Section("Against", tuple(against)),
            Section("Levels", (*rows, *(left[-1] for left in levels[:1]))),
        ]
    hung = _hung_products(one)
    others = tuple(_product(used) for used in p.replacement.products if used.name not in hung)
    return [
        Section(f"Levels at the end: {FLUID_NAMES[one.fluid]}", tuple(_left(one, p.order, system))),
        *(
            _without(_option(other, p, system), ALONE) for other in options if other is not one
        ),  # said once, above
        Section("Products of the other options", others),
        _reasons(p),
    ]


def in_force(p: Prescription) -> Option | None:
    """The option that was ordered, or else the default; None where neither is."""
    states = {one.state: one for one in p.replacement.options}
    return states.get("ordered") or (
        states.get("default") if p.replacement.ordered is None else None
    )


def _without(part: Section, row: Row) -> Section:
    return part._replace(rows=tuple(one for one in part.rows if one != row))


def _hung_products(one: Option) -> set[str]:
    return {part.product for part in one.segments}


def _choice(plan: ReplacementPlan, order: Order, products: Iterable[ProductUsed]) -> Section:
    fluid = order.fluid
    if plan.statement:
        default = plan.statement.upper()
    elif plan.default:
        default = FLUID_NAMES[plan.default]
    else:
        default = "none: guidance has none here; weigh the options"
    ordered = (
        NOT_ENTERED
        if plan.ordered is None
        else FLUID_NAMES.get(plan.ordered, plan.ordered.replace("-", " "))
    )
    rows = [
        Row("Ordered", f"{ordered}{'' if plan.ordered else ' (--fluid)'}"),
        Row("Default", default),
        *(Row("Removed", f"{_what(one)}. {_because(one)}") for one in plan.removed),
    ]
    rows += [_product(one) for one in products]
    if plan.blood_groups:
        entered = (fluid and fluid.blood_group) or NOT_ENTERED
        text = f"{' or '.join(plan.blood_groups)}; blood group of the patient {entered}; RhD match not required"
        rows.append(Row("Plasma group", text))
    return Section("Replacement fluid", tuple(rows))


def _reasons(p: Prescription) -> Section:
    """What speaks for each option, what goes with it, and where the sources disagree."""
    plan = p.replacement
    rows = _why(plan)
    rows += [Row("Note", _because(one)) for one in plan.notes]
    for topic, one, other, handling, sources in plan.conflicts:
        rows.append(
            Row("Sources disagree", f"{topic}: {one}; {other}. Here: {handling} [{sources}]")
        )
    return Section("Why this fluid", tuple(rows))


def _what(one: Reason) -> str:
    """What a safety rule removes, in words."""
    about = next(rule.fluids for rule in SAFETY if rule.id == one.rule)
    return ", ".join(name.replace("-", " ") for name in about)


def _why(plan: ReplacementPlan) -> list[Row]:
    """Each reason once, with the options that it speaks for."""
    reasons = {reason.rule: reason for option in plan.options for reason in option.reasons}
    rows = []
    for rule, reason in reasons.items():
        names = [
            FLUID_NAMES[one.fluid]
            for one in plan.options
            if any(its.rule == rule for its in one.reasons)
        ]
        rows.append(Row("For", f"{'; '.join(names)}. {_because(reason)}"))
    return rows


def _product(one: ProductUsed) -> Row:
    """A product and what is taken of it, so that a site can see whether its own differs."""
    entered = (
        ""
        if one.origin == "entered"
        else f"; not entered (--{one.kind}), taken for the figures below"
    )
    parts = []
    if one.kind == "plasma":
        known = [("fibrinogen", one.fibrinogen, "g/L"), ("citrate", one.citrate, "mmol/L")]
        parts += [
            f"{name} {_span(span, unit, 1) if span else 'not known'}" for name, span, unit in known
        ]
        for name, value in (("IgG", one.igg), ("albumin", one.albumin)):
            carried = solute_table.solute(name.casefold()).donor_plasma
            parts.append(
                f"{name} {_number(value, 'g/L', 1)} g/L ({carried.tag if carried else ''})"
            )
    if one.kind == "albumin":
        parts.append(f"protein {_number(one.albumin, 'g/L', 1)} g/L")
    said = f": {', '.join(parts)}" if parts else ""
    yours = ", the order's own values" if one.own else ""
    return Row("Product", f"{one.name}{said}{yours} [{one.source}]{entered}")


def _because(one: Reason) -> str:
    return f"{one.rule}: {one.reason} [{one.source}]"


def _option_title(one: Option) -> str:
    return f"Option: {FLUID_NAMES[one.fluid]} ({one.state})"


def _option(one: Option, p: Prescription, system: System) -> Section:
    """An option with its volumes and levels; with what is hung where it is in force or none is."""
    rows = [*_against(one), *_volume(one), *_left(one, p.order, system)]
    if in_force(p) in (None, one):
        rows += _hung(one, p)
    return Section(_option_title(one), tuple(rows))


def _against(one: Option) -> list[Row]:
    rows = [Row("Against", _because(reason)) for reason in one.against]
    if one.cautions and one.state == "open":
        raised = [BY_ID[id] for id in one.cautions]
        families = dict.fromkeys(f"{rule.severity.upper()} {rule.code}" for rule in raised)
        rows.append(Row("If taken, raises", ", ".join(families)))
    return rows


def _volume(one: Option) -> list[Row]:
    if not one.segments:
        said = f"enter {one.asks}" if one.asks else ""
        return [Row("Not worked out", said, inputs=("fluid.plasma_share",) if one.asks else ())]
    rows = [Row("Volume", _segments(one))]
    if one.share_origin and one.share_origin != "ordered":
        rows.append(Row("", f"the share of plasma {one.share_origin}"))
    return rows


def _segments(one: Option) -> str:
    return in_order(
        one,
        lambda part: f"{volume_words(part.volume)} {part.product} ({units.percent(part.share, 1)})",
    )


def in_order(one: Option, said: Callable[[Segment], str]) -> str:
    """The parts of a fluid in words: those of one stage run together, one stage comes after the other."""
    return ", then ".join(
        " with ".join(map(said, stage))
        for _, stage in groupby(one.segments, key=lambda part: part.stage)
    )


def _in_short(one: Option) -> str:
    """An option in one line: volumes, and containers where their sizes are known."""
    if not one.segments:
        return f"not worked out: enter {one.asks}"
    hung = [f"{row.product}: {count_in_words(row)}" for row in one.containers if row.used]
    return "; ".join([_segments(one), *hung])


def _hung(one: Option, p: Prescription) -> list[Row]:
    """Dilution, containers, citrate and calcium, and the schedule."""
    if not one.segments:
        return []
    load = next((load for load in p.citrate if load.fluid == one.fluid), None)
    rows = [*_dilution(one), *_containers(one, p), *(_citrate(load, p) if load is not None else [])]
    if one.schedule and not p.blocked:
        rows += _schedule(one.schedule)
        if p.run_time.origin == "assumed":
            rows.append(
                Row(
                    "",
                    "the run time is assumed, not entered (--duration, or the values of the "
                    "device)",
                )
            )
    elif p.blocked or any(BY_ID[id].severity == "stop" for id in one.cautions):
        rows.append(Row("Schedule", "not printed: a caution stops it"))
    else:
        rows.append(Row("Schedule", "not worked out: a container size is missing (see Containers)"))
    return rows


def _dilution(one: Option) -> list[Row]:
    if one.dilution is None:
        return []
    mix = one.dilution
    if mix.diluted_with == "water":
        return [Row("Dilution", "not printed: never with water")]
    with_what = {"saline": "saline 0.9 %", "isotonic": "isotonic fluid"}[mix.diluted_with]
    text = (
        f"{volume_words(mix.concentrate)} {mix.product} with {volume_words(mix.diluent)} "
        f"{with_what}, 1:"
        f"{units.number(mix.parts, 2)} (1 part concentrate + {units.number(mix.parts, 2)} parts "
        "diluent), gives "
        f"{units.percent(mix.strength, 2)}"
    )
    return [Row("Dilution", text)]


# --- what a fluid leaves --------------------------------------------------------------------------

_SHORT = {"fibrinogen": "Fibrinogen", "igg": "IgG", "albumin": "Albumin"}


def _left(one: Option, order: Order, system: System) -> list[Row]:
    """Each solute at the end; for two fluids the sequences side by side."""
    if not one.segments:
        return []
    rows = []
    for solute, name in _SHORT.items():
        found = [left for left in one.left if left.solute == solute]
        value = getattr(order.labs, solute) if order.labs is not None else None
        row = None if value is None else units.unit_of(value)
        shown = lab_unit(solute, system, row.label if row else "")
        words = [
            f"{left.sequence.replace('-', ' ')} {_end(left, shown.label, shown.places)}".strip()
            for left in found
        ]
        rows.append(Row(f"{name} at end", "; ".join(words)))
    return [*rows, ALONE]


ALONE = Row("", "by dilution alone, without return from tissue or synthesis")


def _end(left: Left, unit: str, places: int) -> str:
    if left.after is not None:
        lowest = ""
        ends = [units.size(end, "g/L") for end in (left.after.typical, left.before)]
        if left.lowest is not None and units.size(left.lowest, "g/L") < 0.999 * min(ends):
            lowest = f", lowest {_number(left.lowest, unit, places)} {unit} at the change-over"
        return f"{_span(left.after, unit, places)} (from {_number(left.before, unit, places)} {unit}{lowest})"
    kept = f"{share(left.kept)} of the start"
    if left.added is None:
        return f"{kept}, and what the plasma adds: not known, enter it in products"
    if units.size(left.added.high, "g/L") == 0:
        return kept
    return f"{kept} and {_span(left.added, unit, places)} from the fluid"


def _number(value: Any, unit: str, places: int) -> str:
    return units.number(units.size(value, unit), places)


# --- containers and schedule ----------------------------------------------------------------------


def _containers(one: Option, p: Prescription) -> list[Row]:
    rows = []
    kinds = {used.name: used.kind for used in p.replacement.products}
    for product in dict.fromkeys(part.product for part in one.segments):
        found = [row for row in one.containers if row.product == product]
        if not found:
            rows.append(
                Row("Containers", f"{product}: no size known, enter --{kinds[product]}-container")
            )
            continue
        used = next(row for row in found if row.used)
        fluid, kind = p.order.fluid, kinds[product]
        entered = fluid is not None and getattr(fluid, f"{kind}_container") is not None
        how = (
            ""
            if entered
            else f", the size with the smallest leftover: enter yours (--{kind}-container)"
        )
        rows.append(Row("Containers", f"{product}: {count_in_words(used)}{how}"))
        others = [count_in_words(row) for row in found if not row.used]
        if others:
            rows.append(Row("", f"or {'; or '.join(others)}"))
        if kind == "plasma" and len(one.segments) > 1 and units.size(used.leftover, "mL") >= 1:
            whole = used.count * units.size(used.size, "mL")
            saline = sum(
                units.size(part.volume, "mL")
                for part in one.segments
                if kinds[part.product] == "saline"
            )
            rest = units.size(one.volume, "mL") - whole - saline
            share_of_all = units.percent(whole / units.size(one.volume, "mL"), 1)
            given = (
                f"given whole, these units are {units.volume(whole)}, {share_of_all} of the fluid"
            )
            left = f"{units.volume(max(0.0, rest))} is left for albumin"
            rows.append(Row("", f"plasma is rounded up first: {given}, and {left}"))
    return rows


def count_in_words(row: Containers) -> str:
    """`6 x 500 mL, 0 mL left over`."""
    size = units.label(round(units.size(row.size, "mL"), 6), "mL")
    return f"{units.number(row.count, 0)} x {size}, {units.volume(units.size(row.leftover, 'mL'))} left over"


def _schedule(changes: Iterable[Change]) -> list[Row]:
    """One line for each container: when, after how much fluid, what."""
    rows = []
    for change in changes:
        volume, size = units.size(change.volume, "mL"), units.size(change.container, "mL")
        given, whole = units.volume(volume, exact=False), units.label(round(size, 6), "mL")
        part = "" if given == whole or volume > size - 0.05 else f", {given} of it"
        at = f"{units.number(60 * units.size(change.start, 'h'), 0)} min"
        before = units.volume(units.size(change.before, "mL"), exact=False)
        text = f"after {before}: {whole} {change.product}{part}"
        rows.append(Row(f"{change.number}. {at}", text, box=True))
    return [
        Row("Schedule", f"{len(rows)} container{'' if len(rows) == 1 else 's'}, in this order"),
        *rows,
    ]


# --- citrate and calcium --------------------------------------------------------------------------


def _citrate(load: CitrateLoad, p: Prescription) -> list[Row]:
    brought = []
    if load.from_anticoagulant is not None and units.size(load.from_anticoagulant, "mmol") > 0:
        brought.append(
            f"{units.number(units.size(load.from_anticoagulant, 'mmol'), 1)} mmol from "
            "anticoagulant"
        )
    if load.from_plasma is None:
        brought.append("from plasma not known, enter it in products")
    elif units.size(load.from_plasma.high, "mmol") > 0:
        brought.append(f"{_span(load.from_plasma, 'mmol', 0)} from plasma")
    rows = []
    if load.rate is not None and units.size(load.rate.high, "mg/kg/min") > 0:
        missing = (
            ""
            if load.from_anticoagulant is not None
            else ", anticoagulant not worked out and not counted"
        )
        assumed = ", run time assumed" if p.run_time.origin == "assumed" else ""
        brought.append(
            f"{_span(load.rate, 'mg/kg/min', 2)} over the run{missing}{assumed}; an upper bound"
        )
    if units.size(load.plasma_rate, "mL/kg/min") > 0:
        plasma = f"while plasma runs {units.number(units.size(load.plasma_rate, 'mL/kg/min'), 2)} mL/kg/min"
        peak = f", citrate {_span(load.peak_rate, 'mg/kg/min', 2)}" if load.peak_rate else ""
        brought.append(f"{plasma}{peak}")
    if brought:
        rows.append(Row("Citrate", "; ".join(brought)))
    for number in range(0, len(load.calcium), 2):
        gluconate, chloride = load.calcium[number : number + 2]
        label = "" if number else "Calcium options"
        salt = p.order.calcium.salt if p.order.calcium is not None else None
        shown = [one for one in (gluconate, chloride) if salt is None or salt in one.salt]
        text = f"{', or '.join(map(_calcium, shown))}: {gluconate.reason} [{gluconate.source}]"
        rows.append(Row(label, text))
    if not load.calcium:
        weak = WEAKNESS.get(p.order.indication)
        never = [Row("Magnesium", f"{weak}: {NO_MAGNESIUM} [magnesium-label]")] if weak else []
        return [*rows, Row("Calcium", f"no citrate; {NO_CALCIUM} [krishnan-2007]"), *never]
    slowly = (
        ""
        if p.order.calcium and p.order.calcium.salt == "gluconate"
        else ("calcium chloride at most 1 mL/min into a central or deep vein; ")
    )
    slowly += "no calcium in the line of plasma"
    rows.append(Row("", f"{slowly} [calcium-labels, octaplas-label]"))
    return rows


def _span(interval: Interval, unit: str, places: int) -> str:
    low, typical, high = (
        units.number(units.size(end, unit), places)
        for end in (interval.low, interval.typical, interval.high)
    )
    return f"{typical} {unit}" if low == high else f"{typical} {unit} ({low} to {high})"


def _calcium(one: CalciumOption) -> str:
    volume, grams, amount, rate = (
        _small(units.size(value, unit))
        for value, unit in (
            (one.volume, "mL"),
            (one.salt_mass, "g"),
            (one.calcium, "mmol"),
            (one.rate, "mL/h"),
        )
    )
    return f"{one.salt}, {volume} mL ({grams} g, {amount} mmol calcium) at {rate} mL/h"


def _small(value: float) -> str:
    """A figure that may be a child's: whole from 20 on, to a tenth from 2 on, below that to a hundredth."""
    return units.number(value, 0 if value >= 20 else 1 if value >= 2 else 2)
