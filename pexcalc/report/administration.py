"""How a replacement fluid is given: dilution, containers and their schedule, citrate and calcium.

The trap: a schedule is never printed for an order on hold, whatever else is known of the fluid.
"""

from __future__ import annotations

from itertools import chain, repeat
from typing import Any

from pexcalc.exchange.citrate import WEAKNESS, CalciumOption, CitrateLoad
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.replacement.containers import Change, Containers
from pexcalc.replacement.results import Dilution, Option
from pexcalc.report.layout import Row, printed
from pexcalc.report.wording import interval_words, joined, plural, rounded, volume_words
from pexcalc.rules.caution_rules import BY_ID, NO_CALCIUM, NO_MAGNESIUM

DILUENTS = {"saline": "saline 0.9 %", "isotonic": "isotonic fluid"}
SAME_VOLUME = 0.05  # derived: mL, half of the last digit that is printed


def administration(option: Option, p: Prescription) -> list[Row]:
    """Dilution, containers, citrate, calcium and the schedule of an option."""
    if not option.segments:
        return []
    loads = [load for load in p.citrate if load.fluid == option.fluid]
    return [
        *_dilution_rows(option.dilution),
        *_container_rows(option, p),
        *(row for load in loads for row in [*_citrate_rows(load, p), *_calcium_rows(load, p)]),
        *_schedule_rows(option, p),
    ]


def _dilution_rows(mix: Dilution | None) -> list[Row]:
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


def count_in_words(row: Containers) -> str:
    """`6 x 500 mL, 0 mL left over`."""
    size = units.label(round(units.size(row.size, "mL"), 6), "mL")
    leftover = units.volume(units.size(row.leftover, "mL"))
    return f"{units.number(row.count, 0)} x {size}, {leftover} left over"


def containers_to_use(option: Option) -> list[Containers]:
    """The containers of the size that is used, one entry for each product."""
    return [row for row in option.containers if row.used]


def _container_rows(option: Option, p: Prescription) -> list[Row]:
    products = dict.fromkeys(part.product for part in option.segments)
    return [row for product in products for row in _containers_of(product, option, p)]


def _containers_of(product: str, option: Option, p: Prescription) -> list[Row]:
    """The containers of one product: the size that is used, other sizes, what rounding up means."""
    kind = _kinds(p)[product]
    size = f"{kind}_container"  # the name of the input
    sizes = [row for row in option.containers if row.product == product]
    if not sizes:
        return [Row("Containers", f"{product}: no size known, enter it", inputs=(size,))]
    used = next(row for row in sizes if row.used)
    row = Row("Containers", f"{product}: {count_in_words(used)}")
    if getattr(p.order.fluid, size, None) is None:
        smallest = f"{row.text}, the size with the smallest leftover: enter yours"
        row = row._replace(text=smallest, inputs=(size,))
    others = "".join(f"or {count_in_words(row)}; " for row in sizes if not row.used)
    return printed(row, Row("", others.removesuffix("; ")), Row("", _rounding(used, option, p)))


def _kinds(p: Prescription) -> dict[str, str]:
    """The kind of each product by its name."""
    return {used.name: used.kind for used in p.replacement.products}


def _rounding(used: Containers, option: Option, p: Prescription) -> str:
    """Whole units of plasma beside other fluid, and what they leave for albumin."""
    kinds = _kinds(p)
    rounded_up = units.size(used.leftover, "mL") >= 1
    if kinds[used.product] != "plasma" or len(option.segments) == 1 or not rounded_up:
        return ""
    volume, whole = units.size(option.volume, "mL"), used.count * units.size(used.size, "mL")
    saline = sum(
        units.size(part.volume, "mL") for part in option.segments if kinds[part.product] == "saline"
    )
    left = units.volume(max(0.0, volume - whole - saline))
    return (
        f"plasma is rounded up first: given whole, these units are {units.volume(whole)}, "
        f"{units.percent(whole / volume, 1)} of the fluid, and {left} is left for albumin"
    )


def _schedule_rows(option: Option, p: Prescription) -> list[Row]:
    on_hold = p.blocked or (
        not option.schedule and any(BY_ID[id].severity == "stop" for id in option.cautions)
    )
    if on_hold:
        return [Row("Schedule", "not printed: a caution stops it")]
    if not option.schedule:
        why = "not worked out: a container size is missing (see Containers)"
        return [Row("Schedule", why)]
    count = plural(str(len(option.schedule)), "container")
    rows = [Row("Schedule", f"{count}, in this order"), *map(_change_row, option.schedule)]
    if p.run_time.origin == "assumed":
        rows.append(Row("", RUN_TIME_ASSUMED, inputs=("duration",)))
    return rows


RUN_TIME_ASSUMED = "the run time is assumed: neither it nor the values of the device are entered"


def _change_row(change: Change) -> Row:
    """One container: when, after how much fluid, what."""
    volume, size = units.size(change.volume, "mL"), units.size(change.container, "mL")
    given, whole = units.volume(volume, exact=False), units.label(round(size, 6), "mL")
    emptied = given == whole or volume > size - SAME_VOLUME
    part = "" if emptied else f", {given} of it"
    minutes = units.number(60 * units.size(change.start, "h"), 0)
    before = units.volume(units.size(change.before, "mL"), exact=False)
    text = f"after {before}: {whole} {change.product}{part}"
    return Row(f"{change.number}. {minutes} min", text, box=True)


# --- citrate and calcium --------------------------------------------------------------------------


def _positive(quantity: Any, unit: str) -> bool:
    """Whether a quantity is known and above zero."""
    return quantity is not None and units.size(quantity, unit) > 0


def _citrate_rows(load: CitrateLoad, p: Prescription) -> list[Row]:
    text = joined(
        _citrate_from_anticoagulant(load),
        _citrate_from_plasma(load),
        _citrate_over_the_run(load, p),
        _citrate_while_plasma_runs(load),
    )
    return printed(Row("Citrate", text))


def _citrate_from_anticoagulant(load: CitrateLoad) -> str:
    if not _positive(load.from_anticoagulant, "mmol"):
        return ""
    return f"{rounded(load.from_anticoagulant, 'mmol', 1)} mmol from anticoagulant"


def _citrate_from_plasma(load: CitrateLoad) -> str:
    if load.from_plasma is None:
        return "from plasma not known, enter it in products"
    if not _positive(load.from_plasma.high, "mmol"):
        return ""
    return f"{interval_words(load.from_plasma, 'mmol', 0)} from plasma"


def _citrate_over_the_run(load: CitrateLoad, p: Prescription) -> str:
    if load.rate is None or not _positive(load.rate.high, "mg/kg/min"):
        return ""
    reservations = {
        ", anticoagulant not worked out and not counted": load.from_anticoagulant is None,
        ", run time assumed": p.run_time.origin == "assumed",
    }
    said = "".join(words for words, applies in reservations.items() if applies)
    return f"{interval_words(load.rate, 'mg/kg/min', 2)} over the run{said}; an upper bound"


def _citrate_while_plasma_runs(load: CitrateLoad) -> str:
    if not _positive(load.plasma_rate, "mL/kg/min"):
        return ""
    text = f"while plasma runs {rounded(load.plasma_rate, 'mL/kg/min', 2)} mL/kg/min"
    if load.peak_rate is None:
        return text
    return f"{text}, citrate {interval_words(load.peak_rate, 'mg/kg/min', 2)}"


def _calcium_rows(load: CitrateLoad, p: Prescription) -> list[Row]:
    if not load.calcium and not load.without_citrate:
        return [Row("Calcium", CALCIUM_BY_PROTOCOL.format(_citrate_per_kg(load, p)))]
    if not load.calcium:
        calcium = f"no citrate; {NO_CALCIUM} [krishnan-2007]"
        return printed(Row("Calcium", calcium), Row("Magnesium", magnesium_in_weakness(p)))
    salt = (p.order.calcium and p.order.calcium.salt) or ""
    labels = chain(["Calcium options"], repeat(""))
    pairs = zip(labels, load.calcium[::2], load.calcium[1::2])
    return [
        *(_calcium_row(label, salt, gluconate, chloride) for label, gluconate, chloride in pairs),
        Row("", f"{CHLORIDE_RATE[salt]}{CALCIUM_LINE}"),
    ]


CALCIUM_BY_PROTOCOL = (
    "by the site's protocol for a membrane with citrate and by ionized calcium: {} of citrate "
    "reach the patient (judgement of this program)"
)


def _citrate_per_kg(load: CitrateLoad, p: Prescription) -> str:
    """Citrate of the session from anticoagulant and plasma: `20 mmol (0.31 mmol/kg)`."""
    amount = units.size(load.from_anticoagulant, "mmol") if load.from_anticoagulant else 0.0
    amount += units.size(load.from_plasma.typical, "mmol") if load.from_plasma else 0.0
    per_kg = amount / units.size(p.order.patient.weight, "kg")
    return f"{units.number(amount, 1)} mmol ({units.number(per_kg, 2)} mmol/kg)"


def magnesium_in_weakness(p: Prescription) -> str:
    """Why magnesium is not given in a disease of the neuromuscular junction; nothing in others."""
    weakness = WEAKNESS.get(p.order.indication)
    return f"{weakness}: {NO_MAGNESIUM} [magnesium-label]" if weakness else ""


_CHLORIDE = "calcium chloride at most 1 mL/min into a central or deep vein; "
CHLORIDE_RATE = {"gluconate": "", "chloride": _CHLORIDE, "": _CHLORIDE}
CALCIUM_LINE = "no calcium in the line of plasma [calcium-labels, octaplas-label]"


def _calcium_row(label: str, salt: str, gluconate: CalciumOption, chloride: CalciumOption) -> Row:
    """Both salts of a regimen, or the one that was ordered."""
    shown = [option for option in (gluconate, chloride) if salt in option.salt]
    doses = ", or ".join(map(_calcium_dose, shown))
    return Row(label, f"{doses}: {gluconate.reason} [{gluconate.source}]")


def _calcium_dose(option: CalciumOption) -> str:
    volume, salt = _dose_figure(option.volume, "mL"), _dose_figure(option.salt_mass, "g")
    calcium, rate = _dose_figure(option.calcium, "mmol"), _dose_figure(option.rate, "mL/h")
    return f"{option.salt}, {volume} mL ({salt} g, {calcium} mmol calcium) at {rate} mL/h"


PLACES_FROM = {20: 0, 2: 1, 0: 2}  # derived: decimal places from this size on


def _dose_figure(quantity: Any, unit: str) -> str:
    """A figure that may be a child's: whole from 20 on, to 0.1 from 2 on, below that to 0.01."""
    value = units.size(quantity, unit)
    places = next(places for least, places in PLACES_FROM.items() if value >= least)
    return units.number(value, places)
