"""How a replacement fluid is given: dilution, containers and their schedule.

The trap: a schedule is never printed for an order on hold, whatever else is known of the fluid.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain, repeat
from typing import Any

from pexcalc.order.site_limits import limits_in_force
from pexcalc.order.treatment import Fluid, products_in
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.replacement.containers import Change, ContainerPlan, Containers
from pexcalc.replacement.results import Dilution, Option
from pexcalc.report.citrate_calcium import citrate_and_calcium
from pexcalc.report.layout import Row
from pexcalc.report.wording import a_length, hours, plural, two_places, volume_words
from pexcalc.rules.alerts import BY_ID
from pexcalc.rules.cautions import limit_words

DILUENTS = {"saline": "saline 0.9 %", "isotonic": "isotonic fluid"}
WHOLE_FROM = 10.0  # derived: mL; from here on a volume given is printed to 1 mL
SAME_VOLUME = 0.05  # derived: mL, half of the last digit that is printed


def administration(option: Option, p: Prescription) -> list[Row]:
    """Dilution, containers, citrate, calcium and the schedule of an option."""
    if not option.segments:
        return []
    loads = [load for load in p.citrate if load.fluid == option.fluid]
    return [
        *dilution_rows(option.dilution),
        *_container_rows(option, p),
        *(row for load in loads for row in citrate_and_calcium(load, p)),
        *schedule_rows(option, p),
    ]


def dilution_rows(mix: Dilution | None) -> list[Row]:
    """How a concentrate is diluted, with its volumes."""
    if mix is None:
        return []
    if mix.diluted_with == "water":
        return [Row("Dilution", "not printed: never with water")]
    parts = units.number(mix.parts, 2)
    text = (
        f"{volume_words(mix.concentrate)} {mix.product} with {volume_words(mix.diluent)} "
        f"{DILUENTS[mix.diluted_with]}, 1:{parts} (1 part concentrate + {parts} parts diluent), "
        f"gives {units.percent(mix.strength, 2)}"
    )
    return [Row("Dilution", text)]


# --- containers and schedule ----------------------------------------------------------------------


NOUNS = {"albumin": "bottle", "plasma": "unit", "saline": "bag"}


def containers_to_use(option: Option) -> list[Containers]:
    """The containers of the size that is used, one entry for each product."""
    return [row for row in option.containers if row.used]


def products_without_size(option: Option) -> list[str]:
    """The products of an option whose containers are not known."""
    known = {row.product for row in option.containers}
    products = dict.fromkeys(part.product for part in option.segments)
    return [product for product in products if product not in known]


def container_heading(option: Option, p: Prescription) -> str:
    """What is hung: `albumin 5 % in 250 mL bottles (size assumed)`."""
    return ", ".join(
        f"{row.product} in {_size_words(row.size)} {_noun(row.product, p)}s{_size_assumed(row, p)}"
        for row in _in_order_given(option)
    )


def container_plan_words(option: Option, p: Prescription) -> list[str]:
    """The plans to choose from, one a line, with the plasma volumes that each delivers.

    Fewer whole containers first, then the dose, then more; whole containers that are too far from
    the dose are one line, with what they deliver. Without the size of a product no plan.
    """
    if not option.plans:
        return []
    plans = {plan.rounding: plan for plan in option.plans}
    chosen = [plans[name] for name in ("down", "dose", "up") if name in plans]
    offered = {_delivered(plan): plan for plan in chosen if plan.within}
    offered[_delivered(plans["dose"])] = plans["dose"]  # it reads as one of whole containers
    lines = [_plan_words(plan, p) for plan in offered.values()]
    others = [f"or {line}" for line in lines[1:]]
    far = [plan for plan in option.plans if plan.rounding != "dose"]
    if not far or any(plan.within for plan in far):
        return [*lines[:1], *others]
    whole = "; ".join(f"{_counts_words(plan, p)} = {_delivered(plan)}" for plan in far)
    least = limit_words(limits_in_force(p.order)["container-rounding"])
    return [*lines, f"Whole containers only: {whole}. Not within {least} of the dose"]


def change_over_words(option: Option, p: Prescription) -> list[str]:
    """How often each product is changed: `Change bottle every 250 mL: about every 13 min ...`."""
    if not option.plans:
        return []
    plan = option.plans[0]
    run = f"in {a_length(hours(units.size(plan.duration, 'h')))} run{run_time_words(p)}"
    return [
        f"Change {_noun(one.product, p)} every {_size_words(one.size)}: "
        f"about every {hours(units.size(one.every, 'h'))} {run}"
        for one in plan.products
        if one.count > 1
    ]


def run_time_words(p: Prescription) -> str:
    """How the run time is known, in brackets, where the order or the circuit does not give it."""
    known = {"assumed": " (assumed)", "published": " (published efficiency)"}
    return known.get(p.run_time.origin, "")


def hung_in_words(option: Option, p: Prescription) -> str:
    """Containers in one line: the plans, or the counts of the products whose size is known."""
    plans = "; ".join(container_plan_words(option, p))
    if plans:
        return f"{container_heading(option, p)}: {plans}"
    return "; ".join(f"{row.product} {_last_words(row, p)}" for row in containers_to_use(option))


def _plan_words(plan: ContainerPlan, p: Prescription) -> str:
    """`9 bottles = 2,250 mL = 0.99 PV, nothing wasted`; of two fluids each with its volume."""
    whole = " given whole" if plan.rounding == "up" else ""
    wasted = _wasted_words(units.size(plan.wasted, "mL"))
    return f"{_counts_words(plan, p)}{whole} = {_delivered(plan)}, {wasted}"


def _counts_words(plan: ContainerPlan, p: Prescription) -> str:
    counts = [plural(units.number(one.count), _noun(one.product, p)) for one in plan.products]
    if len(counts) == 1:
        return counts[0]
    volumes = (units.volume(units.size(one.volume, "mL"), exact=False) for one in plan.products)
    return " + ".join(f"{count} ({volume})" for count, volume in zip(counts, volumes))


def _delivered(plan: ContainerPlan) -> str:
    """`2,250 mL = 0.99 PV`: whole containers exactly, a dose rounded as it was ordered."""
    exact = plan.rounding != "dose"
    volume = units.size(plan.volume, "mL")
    words = units.label(round(volume, 1), "mL") if exact else units.volume(volume, exact=False)
    return f"{words} = {two_places(plan.plasma_volumes)} PV"


def _wasted_words(wasted: float) -> str:
    text = units.number(wasted, 0)
    return "nothing wasted" if text == "0" else f"{text} mL wasted"


def _count_words(row: Containers, p: Prescription) -> str:
    """`10 bottles of 250 mL, 217 mL wasted`."""
    count = plural(units.number(row.count), _noun(row.product, p))
    wasted = _wasted_words(units.size(row.leftover, "mL"))
    return f"{count} of {_size_words(row.size)}, {wasted}"


def _last_words(row: Containers, p: Prescription) -> str:
    """A product by itself, with what is given of its last container."""
    left, size = units.size(row.leftover, "mL"), units.size(row.size, "mL")
    last = f"; give {units.volume(size - left, exact=False)} of the last"
    return f"{_count_words(row, p)}{last if left > SAME_VOLUME else ''}"


def _size_words(size: Any) -> str:
    return units.label(round(units.size(size, "mL"), 6), "mL")


def _noun(product: str, p: Prescription) -> str:
    return NOUNS[_kinds(p)[product]]


def _in_order_given(option: Option) -> list[Containers]:
    """The containers that are used, in the order in which the products are given."""
    order = [part.product for part in option.segments]
    return sorted(containers_to_use(option), key=lambda row: order.index(row.product))


def _size_assumed(row: Containers, p: Prescription) -> str:
    """That the size is missing, in the order and at the site."""
    kind = _kinds(p)[row.product]
    fluid = p.order.fluid or Fluid()
    own = p.order.products.get(products_in(fluid).get(kind, ""))
    known = getattr(fluid, f"{kind}_container") is not None or bool(own and own.containers)
    return "" if known else " (size assumed)"


def _container_rows(option: Option, p: Prescription) -> list[Row]:
    """Sizes, plans and the change-over; a product whose size is missing is named first."""
    missing = [
        Row("Containers", f"{product}: size missing", inputs=(f"{_kinds(p)[product]}_container",))
        for product in products_without_size(option)
    ]
    plans = container_plan_words(option, p)
    if missing:
        counts = [
            Row("", f"{row.product}: {_last_words(row, p)}") for row in _in_order_given(option)
        ]
        return [*missing, *counts]
    return [
        _heading_row(option, p),
        *(Row("", line) for line in (*plans, *_other_sizes(option, p))),
        *map(Row, chain(["Change-over"], repeat("")), change_over_words(option, p)),
    ]


def _heading_row(option: Option, p: Prescription) -> Row:
    """What is hung; a size that is assumed is asked for."""
    assumed = [row for row in _in_order_given(option) if _size_assumed(row, p)]
    inputs = tuple(f"{_kinds(p)[row.product]}_container" for row in assumed)
    text = container_heading(option, p)
    ask = f"{text}. Enter the size you stock" if assumed else text
    return Row("Containers", ask, inputs=inputs)


def _other_sizes(option: Option, p: Prescription) -> list[str]:
    """The sizes of one fluid that were compared, with what whole containers of them deliver."""
    if len(option.plans[0].products) > 1:
        return []
    return [
        f"Other size: {_count_words(row, p)}{_one_less(row, option.plans[0])}"
        for row in option.containers
        if not row.used
    ]


def _one_less(row: Containers, dose: ContainerPlan) -> str:
    """What the whole containers deliver without the one that is opened in part."""
    if row.count < 2 or units.size(row.leftover, "mL") < SAME_VOLUME:
        return ""
    volume = (row.count - 1) * units.size(row.size, "mL")
    share = volume / units.size(dose.volume, "mL")
    return f"; {row.count - 1} whole = {two_places(dose.plasma_volumes * share)} PV"


def _kinds(p: Prescription) -> dict[str, str]:
    """The kind of each product by its name."""
    return {used.name: used.kind for used in p.replacement.products}


def schedule_rows(option: Option, p: Prescription) -> list[Row]:
    """What is hung in all, then container by container; why none is printed on hold."""
    on_hold = p.blocked or (
        not option.schedule and any(BY_ID[id].severity == "stop" for id in option.cautions)
    )
    if on_hold:
        return [Row("Schedule", "not printed: order on hold")]
    if not option.schedule:
        return [Row("Schedule", "not calculated: needs the size of each container")]
    hung = ", ".join(
        f"{plural(units.number(row.count), _noun(row.product, p))} of {_size_words(row.size)} "
        f"{row.product}"
        for row in _in_order_given(option)
    )
    rows = [Row("Schedule", hung), *_change_rows(option, p)]
    if p.run_time.origin == "assumed":
        rows.append(Row("", RUN_TIME_ASSUMED, inputs=("duration",)))
    return rows


RUN_TIME_ASSUMED = "run time assumed: 2 h per PV"


def _change_rows(option: Option, p: Prescription) -> list[Row]:
    """The containers one after the other, each product counted by itself."""
    counts: Counter[str] = Counter()
    rows = []
    for change in option.schedule:
        counts[change.product] += 1
        name = f"{_noun(change.product, p)} {counts[change.product]}"
        rows.append(_change_row(change, name))
    return rows


def _change_row(change: Change, name: str) -> Row:
    """One container: when, after how much fluid, and what of it is discarded."""
    volume, size = units.size(change.volume, "mL"), units.size(change.container, "mL")
    given, whole = units.label(round(volume), "mL"), units.label(round(size, 6), "mL")
    if volume < WHOLE_FROM:
        given = units.volume(volume, exact=False)
    emptied = given == whole or volume > size - SAME_VOLUME
    part = "" if emptied else f", give {given}, discard the rest"
    minutes = units.number(60 * units.size(change.start, "h"), 0)
    before = units.label(round(units.size(change.before, "mL")), "mL")
    at = f"at {before}" if before != "0 mL" else "start"
    return Row(f"{minutes} min", f"{at}: {name}{part}", box=True)
