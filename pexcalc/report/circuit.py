"""The circuit in words: the run of a centrifuge or membrane, its volume, the end screen.

The trap: AC in the remove bag is no patient plasma, so the bag holds more than was exchanged.
"""

from __future__ import annotations

from typing import Any

from pexcalc.data import devices as device_table
from pexcalc.data.devices import Machine
from pexcalc.exchange.centrifuge import Circuit, PublishedRun
from pexcalc.exchange.circuit_volume import CircuitVolume, Totals
from pexcalc.exchange.membrane import Membrane
from pexcalc.order.device import Device
from pexcalc.order.fields import EFFICIENCY
from pexcalc.order.order import Order
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.quantities.argument import as_given
from pexcalc.quantities.given import words_if, words_if_given
from pexcalc.report.layout import NOT_ENTERED, Row, Section, printed
from pexcalc.report.screen_lines import minutes_span
from pexcalc.report.wording import joined, rounded, volume_span, volume_words

HEPARIN_WORDS = (
    "reported: 3,000 to 5,000 units at the start, then about 1,000 units/h; nearly all is cleared "
    "during the exchange: monitor aPTT; more bleeding and heparin-induced thrombocytopenia than "
    "with citrate [ajkd-2023, lee-2012]"
)


def circuit_sections(p: Prescription) -> list[Section]:
    """The run of the device, the volume of the circuit, and the totals of the end screen."""
    runs = p.circuit is not None or p.membrane is not None
    rows = (
        *_device_rows(p.order, {caution.code for caution in p.cautions}),
        *_rows_without_run(p, runs),
        *_centrifuge_rows(p.circuit),
        *_membrane_rows(p.membrane, p.order),
        *_circuit_volume_rows(p.circuit_volume),
    )
    return [Section("Circuit", rows), *([_totals(p.totals)] if runs else [])]


def _rows_without_run(p: Prescription, runs: bool) -> list[Row]:
    """What is missing for the run of a device, or what is published in its place."""
    if runs:
        return []
    known, device = p.published_run, p.order.device
    if known is None or device is None or device.ratio is None:
        return list(MISSING_VALUES)
    ratio = ratio_in_words(device.ratio, str(device.ratio_meaning))
    rate = f"{rounded(known.anticoagulant_rate, 'mL/min', 1)} mL/min at {ratio}"
    return printed(
        Row("Anticoagulant", rate),
        Row("Run time", _published_time(known)),
        Row("Blood processed", _published_blood(known)),
        Row(
            "Not calculated",
            "remove bag, anticoagulant to the patient and its citrate: need the removal efficiency "
            "of the device",
            inputs=("plasma_removal_efficiency",),
        ),
    )


def _published_time(known: PublishedRun) -> str:
    """The range of the run time, with the published figures that it uses."""
    if known.run_time is None:
        return ""
    figures = " and ".join(
        f"{units.percent(efficiency, 1)} [{source}]"
        for efficiency, source in zip(known.efficiencies, known.sources)
    )
    return (
        f"{minutes_span(known.run_time)}, plus set-up and rinseback: at the published removal "
        f"efficiency of {figures}, not measured here"
    )


def _published_blood(known: PublishedRun) -> str:
    """The range of the blood processed, at the same figures."""
    span = known.blood_processed
    if span is None:
        return ""
    words = volume_words(span.low) if span.low == span.high else volume_span(span)
    return f"{words}, at the same published efficiency"


MISSING_VALUES = (
    Row(
        "Not calculated",
        "needs the values of the centrifuge",
        inputs=("inlet_flow", "ratio", "ratio_meaning", "plasma_removal_efficiency"),
    ),
    Row("", "or the flows of the membrane separator", inputs=("blood_flow", "plasma_flow")),
)


# --- device and anticoagulant ---------------------------------------------------------------------


def _device_rows(order: Order, raised: set[str]) -> list[Row]:
    if order.device is None:
        return []
    known = device_table.devices()
    return printed(
        Row("Device", _device_words(order.device.machine, order.device)),
        Row("Anticoagulant", _anticoagulant_words(known.get(order.device.anticoagulant or ""))),
        Row("Entered", entered_on_device(order)),
        Row("Heparin", _heparin_words(order.device.anticoagulant, raised)),
        Row("Catheter lock", order.device.lock or ""),
    )


def _device_words(row: Machine | None, device: Device) -> str:
    """A device with what is published of it; one under a name of the site's own says what it is."""
    if row is None:
        return ""
    efficiency = (f"{units.number(value, 1)} % [{source}]" for value, source in row.efficiency)
    volume = " to ".join(units.number(end, 0) for end in row.circuit_volume)
    set_ = words_if(row.circuit_set, f" (set {row.circuit_set})")
    return joined(
        f"{device.name}: {row.name}" if device.like else row.name,
        _published_words("removal efficiency", ", ".join(efficiency)),
        _published_words("circuit volume", volume and f"{volume} mL{set_} [{row.circuit_source}]"),
    )


def _published_words(name: str, values: str) -> str:
    return values and f"{name} published: {values}"


def _anticoagulant_words(row: Machine | None) -> str:
    """An anticoagulant with its citrate and the sizes of its bags."""
    if row is None:
        return ""
    citrate = row.citrate and f", citrate {units.number(row.citrate, 1)} mmol/L [{row.source}]"
    bags = ", ".join(map(units.volume, row.containers))
    return joined(f"{row.name}{citrate or ''}", bags and f"bags of {bags}")


def entered_on_device(order: Order) -> str:
    """Inlet flow and removal efficiency as entered; nothing unless both are."""
    flow = getattr(order.device, "inlet_flow", None)
    efficiency = getattr(order.device, "plasma_removal_efficiency", None)
    if flow is None or efficiency is None:
        return ""
    percent = units.percent(EFFICIENCY.one("plasma_removal_efficiency", efficiency), 2)
    return f"inlet flow {as_given(flow)}, removal efficiency {percent}"


# The words for heparin where an alert refuses it, of the first that was raised.
HEPARIN_REFUSED = {
    "W-HIT": "not with heparin-induced thrombocytopenia: see the alerts",
    "W-HEPARIN": "no figure for this patient: see alert W-HEPARIN",
}


def _heparin_words(anticoagulant: str | None, raised: set[str]) -> str:
    if anticoagulant != "heparin":
        return ""
    refused = [words for code, words in HEPARIN_REFUSED.items() if code in raised]
    return [*refused, HEPARIN_WORDS][0]


# --- the run --------------------------------------------------------------------------------------


def _centrifuge_rows(circuit: Circuit | None) -> list[Row]:
    if circuit is None:
        return []
    anticoagulant = (
        f"{volume_words(circuit.anticoagulant_used)} at "
        f"{ratio_in_words(circuit.ratio, circuit.ratio_meaning)}, "
        f"{rounded(circuit.anticoagulant_rate, 'mL/min', 1)} mL/min"
    )
    processed = (
        f"{volume_words(circuit.blood_processed)}, "
        f"{units.number(circuit.blood_volumes_processed, 2)} blood volumes"
    )
    bag = (
        f"{volume_words(circuit.remove_bag)}, "
        f"{units.percent(circuit.plasma_share_of_bag, 1)} of it patient plasma"
    )
    removal = f"plasma removed at {rounded(circuit.plasma_removal_rate, 'mL/min', 1)} mL/min"
    return printed(
        Row("Blood processed", processed),
        Row("Anticoagulant", anticoagulant),
        Row("AC to patient", volume_words(circuit.anticoagulant_to_patient)),
        Row("Inlet volume", volume_words(circuit.inlet_volume)),
        Row("Remove bag", bag),
        Row("Run time", f"{_run_time(circuit.run_time)}; {removal}"),
        Row("Citrate", _citrate_of_anticoagulant(circuit)),
    )


def _run_time(duration: Any) -> str:
    return f"{units.number(60 * units.size(duration, 'h'), 0)} min, plus set-up and rinseback"


def _citrate_of_anticoagulant(circuit: Circuit) -> str:
    if circuit.citrate_from_anticoagulant is None or circuit.citrate_rate is None:
        return ""
    amount = rounded(circuit.citrate_from_anticoagulant, "mmol", 2)
    rate = rounded(circuit.citrate_rate, "mg/kg/min", 2)
    return f"{amount} mmol, {rate} mg/kg/min from the anticoagulant, an upper bound"


def ratio_in_words(ratio: float, meaning: str) -> str:
    """`12:1 inlet to anticoagulant (11 parts blood + 1 part anticoagulant)`."""
    to_blood = meaning == "blood-to-anticoagulant"
    kind = "blood" if to_blood else "inlet"
    blood = units.number(ratio if to_blood else ratio - 1, 2)
    return (
        f"{units.number(ratio, 2)}:1 {kind} to anticoagulant "
        f"({blood} parts blood + 1 part anticoagulant)"
    )


def _membrane_rows(run: Membrane | None, order: Order) -> list[Row]:
    if run is None:
        return []
    flows = (
        f"blood {rounded(run.blood_flow, 'mL/min', 1)} mL/min, "
        f"plasma {rounded(run.plasma_flow, 'mL/min', 1)} mL/min, "
        f"{units.percent(run.plasma_share_of_flow, 1)} of the blood flow"
    )
    filtration = (
        f"fraction {units.percent(run.filtration_fraction, 1)} of the plasma flow; hematocrit "
        f"behind the filter {units.percent(run.post_filter_hematocrit, 1)}"
    )
    return [
        Row("Flows", flows),
        Row("Filtration", filtration),
        Row("Blood processed", volume_words(run.blood_processed)),
        Row("Run time", _run_time(run.run_time)),
        *_membrane_anticoagulant_rows(run),
        *_acid_base_rows(order),
    ]


ACID_BASE = (
    "membrane with citrate: no significant acid-base disturbances in adults [kissling-2017]; in "
    "children alkalosis before 45.8 %, after 83.3 % of 48 sessions [xun-2024]"
)


def _acid_base_rows(order: Order) -> list[Row]:
    """What is published of acid and base on a membrane with citrate."""
    return [Row("Acid-base", ACID_BASE)] if order.device and order.device.citrate else []


def _membrane_anticoagulant_rows(run: Membrane) -> list[Row]:
    if run.anticoagulant_used is None or run.remove_bag is None:
        return []
    pump = units.size(run.remove_bag, "mL") / units.size(run.run_time, "min")
    used = volume_words(run.anticoagulant_used)
    to_patient = volume_words(run.anticoagulant_to_patient)
    return [
        Row(
            "Plasma pump",
            f"{units.number(pump, 1)} mL/min: the plasma flow is patient plasma, and the pump "
            f"moves the anticoagulant in it as well",
        ),
        Row("Anticoagulant", f"{used}, {to_patient} of it to the patient"),
    ]


# --- the volume of the circuit --------------------------------------------------------------------


def _circuit_volume_rows(circuit: CircuitVolume | None) -> list[Row]:
    if circuit is None:
        return []
    volume = volume_words(circuit.volume)
    prime = (circuit.prime or NOT_ENTERED).replace("-", " ")
    deficit = {"diverted": f"a blood deficit of {volume} at the start"}
    text = joined(
        f"{volume}, {units.percent(circuit.share, 1)} of the blood volume",
        f"prime {prime}",
        _percent_words("hematocrit {} with the prime given", circuit.hematocrit_with_prime),
        _percent_words("{} with red cells held in the circuit", circuit.hematocrit_with_cells_held),
        deficit.get(circuit.prime or "", ""),
    )
    return [Row("Circuit volume", text)]


def _percent_words(words: str, fraction: float | None) -> str:
    return words_if_given(fraction, lambda fraction: words.format(units.percent(fraction, 1)))


# --- the end screen -------------------------------------------------------------------------------

_SCREEN = (
    ("Plasma removed", "plasma_removed"), ("AC used", "anticoagulant_used"),
    ("AC to patient", "anticoagulant_to_patient"), ("AC in bag", "anticoagulant_in_bag"),
    ("Remove bag", "remove_bag"), ("Replacement", "replacement"), ("Rinseback", "rinseback"),
)  # fmt: skip


PERCENT_BALANCE = "% = replacement / plasma removed"
VOLUME_BALANCE = "replacement, AC to patient and rinseback, less plasma removed"


def _totals(totals: Totals) -> Section:
    rows = [Row(name, _volume_or_not_entered(getattr(totals, field))) for name, field in _SCREEN]
    return Section(
        "To compare with the end screen of the device (AC: anticoagulant)",
        (*rows, *_balance_rows(totals)),
        ("Device",),
        True,
    )


def _balance_rows(totals: Totals) -> list[Row]:
    percent = f"{units.number(totals.balance_percent, 1)} %"
    if totals.balance is None:
        return [Row("Fluid balance", percent), Row("", f"fluid balance {PERCENT_BALANCE}")]
    size = units.size(totals.balance, "mL")
    sign = words_if(size > 0, "+")
    return [
        Row("Fluid balance", f"{sign}{units.volume(size)}, {percent}"),
        Row("", f"fluid balance: {VOLUME_BALANCE}; {PERCENT_BALANCE}"),
    ]


def _volume_or_not_entered(value: Any) -> str:
    return NOT_ENTERED if value is None else volume_words(value)
