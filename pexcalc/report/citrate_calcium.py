"""Citrate and calcium in words: the load and its rate, the calcium for it, and how it is given.

The trap: no figure for calcium where a rule withholds it, whatever is known of the load.
"""

from __future__ import annotations

from itertools import chain, repeat
from typing import Any

from pexcalc.exchange.citrate import WEAKNESS, CalciumOption, CitrateLoad
from pexcalc.order.site_limits import limits_in_force
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.report.layout import Row, printed
from pexcalc.report.wording import interval_words, joined, rounded
from pexcalc.rules.alerts.citrate_calcium import NO_CALCIUM, NO_MAGNESIUM
from pexcalc.rules.cautions import limit_words


def citrate_and_calcium(load: CitrateLoad, p: Prescription) -> list[Row]:
    """The rows of one fluid on the sheet."""
    return [*_citrate_rows(load, p), *_calcium_rows(load, p)]


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
        ", anticoagulant not calculated and not included": load.from_anticoagulant is None,
        ", run time assumed": p.run_time.origin == "assumed",
        ", run time at a published removal efficiency": p.run_time.origin == "published",
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
    if load.without_citrate:
        calcium = f"no citrate; {NO_CALCIUM} [krishnan-2007]"
        return printed(Row("Calcium", calcium), Row("Magnesium", magnesium_in_weakness(p)))
    lines = _calcium_sentences(load, p)
    if not lines:
        return [Row("Calcium", CALCIUM_BY_PROTOCOL.format(_citrate_per_kg(load, p)))]
    labels = chain(["Calcium options"], repeat(""))
    return [Row(label, f"{text} [{source}]") for label, (text, source) in zip(labels, lines)]


def calcium_lines(load: CitrateLoad, p: Prescription) -> list[str]:
    """Calcium for one fluid, one salt and one sentence a line; nothing where there is no citrate.

    On a membrane with citrate the protocol of the site, above the highest rate per kg what to do.
    """
    if load.without_citrate:
        return []
    lines = [text for text, _ in _calcium_sentences(load, p)]
    return lines or [f"Calcium {CALCIUM_BY_PROTOCOL.format(_citrate_per_kg(load, p))}"]


def calcium_texts(load: CitrateLoad, p: Prescription) -> list[str]:
    """The same for the one screen; where there is no citrate that none is needed, and why."""
    magnesium = magnesium_in_weakness(p).partition(" [")[0]
    without = [f"No citrate; {NO_CALCIUM}", *([f"Magnesium: {magnesium}"] if magnesium else [])]
    lines = without if load.without_citrate else calcium_lines(load, p)
    return [ON_SCREEN.get(line, line) for line in lines]


def _calcium_sentences(load: CitrateLoad, p: Prescription) -> list[tuple[str, str]]:
    """The lines on calcium with their sources: options, what goes with them, what is withheld."""
    if _ceftriaxone_in_newborn(p):
        return [(WITH_CEFTRIAXONE, "ceftriaxone-calcium")]
    small = _dosed_per_kg(p)
    plasma = _positive(load.plasma_rate, "mL/kg/min")
    lines = [
        (f"{_calcium_dose(option, small)}: {option.reason}", option.source)
        for option in load.calcium
    ]
    if load.calcium_withheld is not None:
        lines.append((_withheld_words(load, p, plasma), "program-judgement, hu-2023, asn-2021"))
    diluted = [option for option in load.calcium if option.diluted is not None]
    if diluted and not (plasma or small):
        lines.append((f"{ONE_SERIES}; this is {_grams_per_hour(diluted[0])} g/h", "zhao-2019"))
    if diluted:
        lines.append((DILUTE, "zhao-2019, gluconate-label"))
    elif load.calcium:
        lines.append((CHLORIDE, "calcium-labels"))
    if plasma and lines:
        lines.append((PLASMA_LINE, "octaplas-label"))
    return lines


def _ceftriaxone_in_newborn(p: Prescription) -> bool:
    """Ceftriaxone in a newborn, and no override of the alert that no calcium is given beside it."""
    lifted = {override.rule for override in p.order.overrides}
    return any(one.id in NEWBORN_RULES and one.id not in lifted for one in p.cautions)


NEWBORN_RULES = (
    "ceftriaxone-and-calcium-in-newborn",
    "ceftriaxone-with-calcium-in-newborn",
)
WITH_CEFTRIAXONE = "No figure: ceftriaxone, never with calcium at 28 days or younger"
ONE_SERIES = (
    "One series (8 patients, 1 PV): reactions in 0 of 17 exchanges with 1.6 g/h of gluconate, in "
    "5 of 17 with 1 g/h"
)
DILUTE = (
    "Dilute as pharmacy directs (published for exchange: 2 g in 50 mL 0.9 % saline, 40 mg/mL; US "
    "label: 5.8 to 10 mg/mL). Central line. ECG. Include the volume in the fluid balance"
)
ON_SCREEN = {DILUTE: "Dilute as pharmacy says. Central line. ECG. Count the volume"}  # in short
CHLORIDE = (
    "Calcium chloride: central line only, adults no faster than 1 mL/min. ECG. Include the volume "
    "in the fluid balance"
)
PLASMA_LINE = "Do not run calcium in the plasma line. Adjust to ionized calcium"


def _dosed_per_kg(p: Prescription) -> bool:
    """Doses of this patient are read per kg."""
    limit = limits_in_force(p.order)["citrate-small-weight"]
    return bool(units.size(p.order.patient.weight, "kg") < limit.least)


def _withheld_words(load: CitrateLoad, p: Prescription, plasma: bool) -> str:
    """Why an option is not printed, and what to do instead."""
    limit = limit_words(limits_in_force(p.order)["calcium-rate"])
    rate = rounded(load.calcium_withheld, "mmol/kg/h", 2)
    return (
        f"{WITHHELD[bool(load.calcium)]} would be {rate} mmol/kg/h of calcium, above {limit}: no "
        f"figure. Slow the {'plasma' if plasma else 'exchange'}; ionized calcium every 30 min "
        "(judgement of this program)"
    )


# What is withheld: by whether a lower option is printed.
WITHHELD = {True: "The higher dose", False: "10 mL of 10 % per L"}


def _grams_per_hour(option: CalciumOption) -> str:
    """Salt in g/h: 10 % holds 0.1 g per mL."""
    return units.number(units.size(option.rate, "mL/h") / 10, 1)


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


def _calcium_dose(option: CalciumOption, small: bool) -> str:
    """`calcium gluconate 2.3 g (5.3 mmol calcium) = 57 mL at 40 mg/mL, 29 mL/h over the run`."""
    volume, salt = _dose_figure(option.volume, "mL"), _dose_figure(option.salt_mass, "g")
    calcium, rate = _dose_figure(option.calcium, "mmol"), _dose_figure(option.rate, "mL/h")
    per_kg = f" ({rounded(option.per_kg, 'mmol/kg/h', 2)} mmol/kg/h)" if small else ""
    if option.diluted is None:
        given = f"{option.salt} 10 %, {volume} mL ({salt} g, {calcium} mmol calcium), {rate} mL/h"
        return f"{given} over the run{per_kg}"
    diluted, pace = (
        _dose_figure(quantity, unit)
        for quantity, unit in ((option.diluted, "mL"), (option.diluted_rate, "mL/h"))
    )
    given = f"{option.salt} {salt} g ({calcium} mmol calcium) = {diluted} mL at 40 mg/mL"
    return f"{given}, {pace} mL/h over the run{per_kg}"


PLACES_FROM = {20: 0, 2: 1, 0: 2}  # derived: decimal places from this size on


def _dose_figure(quantity: Any, unit: str) -> str:
    """A figure that may be a child's: whole from 20 on, to 0.1 from 2 on, below that to 0.01."""
    value = units.size(quantity, unit)
    places = next(places for least, places in PLACES_FROM.items() if value >= least)
    return units.number(value, places)
