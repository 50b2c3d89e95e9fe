"""The circuit in words: the run of a centrifuge or a membrane, its volume, the totals of the end screen."""

from __future__ import annotations

from typing import Any

from pexcalc.data import devices as device_table
from pexcalc.order.fields import EFFICIENCY
from pexcalc.order.order import Order
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.quantities.argument import as_given
from pexcalc.report.layout import NOT_ENTERED, Row, Section
from pexcalc.report.wording import volume_words

HEPARIN = (
    "reported: 3,000 to 5,000 units at the start, then about 1,000 units/h; nearly all is cleared "
    "during the exchange: "
    "monitor aPTT; more bleeding and heparin-induced thrombocytopenia than with citrate "
    "[ajkd-2023, lee-2012]"
)


def circuit_sections(p: Prescription) -> list[Section]:
    """The run of the centrifuge or the membrane, the volume of the circuit, and the totals of the end screen."""
    rows = [*_device(p.order, {caution.code for caution in p.cautions})]
    if p.circuit is None and p.membrane is None:
        wanted = "--inlet-flow, --ratio, --ratio-meaning and --removal-efficiency, values of the device (a membrane: "
        rows.append(Row("Not worked out", f"enter {wanted}--blood-flow and --plasma-flow)"))
    rows += [*_centrifuge(p), *_membrane(p), *_ring(p)]
    sections = [Section("Circuit", tuple(rows))]
    if p.circuit is not None or p.membrane is not None:
        sections.append(_totals(p))
    return sections


def _device(order: Order, raised: set[str]) -> list[Row]:
    device = order.device
    if device is None:
        return []
    rows = []
    if device.name:
        row = device_table.devices()[device.name]
        known = [f"{units.number(value, 1)} % [{source}]" for value, source in row.efficiency]
        said = f"; removal efficiency published: {', '.join(known)}" if known else ""
        ring = " to ".join(units.number(end, 0) for end in row.circuit_volume)
        said += f"; circuit volume published: {ring} mL [optia-vendor]" if ring else ""
        rows.append(Row("Device", f"{row.name}{said}"))
    if device.anticoagulant:
        row = device_table.devices()[device.anticoagulant]
        citrate = (
            f", citrate {units.number(row.citrate, 1)} mmol/L [{row.source}]" if row.citrate else ""
        )
        bags = (
            f"; bags of {', '.join(units.volume(size) for size in row.containers)}"
            if row.containers
            else ""
        )
        rows.append(Row("Anticoagulant", f"{row.name}{citrate}{bags}"))
    flow, share = device.inlet_flow, device.plasma_removal_efficiency
    if flow is not None and share is not None:
        percent = units.percent(EFFICIENCY.one("plasma_removal_efficiency", share), 2)
        rows.append(Row("Entered", f"inlet flow {as_given(flow)}, removal efficiency {percent}"))
    if device.anticoagulant == "heparin":
        text = HEPARIN
        if "W-HIT" in raised:
            text = "not with heparin-induced thrombocytopenia: see the cautions"
        elif "W-HEPARIN" in raised:
            text = "no figure for this patient: see the cautions W-HEPARIN"
        rows.append(Row("Heparin", text))
    return rows


def _centrifuge(p: Prescription) -> list[Row]:
    circuit = p.circuit
    if circuit is None:
        return []
    means = ratio_in_words(circuit.ratio, circuit.ratio_meaning)
    bag = f"{volume_words(circuit.remove_bag)}, {units.percent(circuit.plasma_share_of_bag, 1)} of it patient plasma"
    rows = [
        Row(
            "Blood processed",
            f"{volume_words(circuit.blood_processed)}, "
            f"{units.number(circuit.blood_volumes_processed, 2)} blood volumes",
        ),
        Row(
            "Anticoagulant",
            f"{volume_words(circuit.anticoagulant_used)} at {means}, "
            f"{units.number(units.size(circuit.anticoagulant_rate, 'mL/min'), 1)} mL/min",
        ),
        Row("To the patient", f"{volume_words(circuit.anticoagulant_to_patient)} of it"),
        Row("Inlet volume", volume_words(circuit.inlet_volume)),
        Row("Remove bag", bag),
        Row(
            "Run time",
            f"{units.number(60 * units.size(circuit.run_time, 'h'), 0)} min, set-up not counted; "
            "plasma "
            f"removed at {units.number(units.size(circuit.plasma_removal_rate, 'mL/min'), 1)} "
            "mL/min",
        ),
    ]
    if circuit.citrate_from_anticoagulant is not None and circuit.citrate_rate is not None:
        amount = units.number(units.size(circuit.citrate_from_anticoagulant, "mmol"), 2)
        rate = units.number(units.size(circuit.citrate_rate, "mg/kg/min"), 2)
        rows.append(
            Row(
                "Citrate", f"{amount} mmol, {rate} mg/kg/min from the anticoagulant, an upper bound"
            )
        )
    return rows


def ratio_in_words(ratio: float, meaning: str) -> str:
    """`12:1 inlet to anticoagulant (11 parts blood + 1 part anticoagulant)`."""
    shown = units.number(ratio, 2)
    blood, kind = (
        (shown, "blood")
        if meaning == "blood-to-anticoagulant"
        else (units.number(ratio - 1, 2), "inlet")
    )
    return f"{shown}:1 {kind} to anticoagulant ({blood} parts blood + 1 part anticoagulant)"


def _membrane(p: Prescription) -> list[Row]:
    run = p.membrane
    if run is None:
        return []
    flow, plasma = (units.size(value, "mL/min") for value in (run.blood_flow, run.plasma_flow))
    rows = [
        Row(
            "Flows",
            f"blood {units.number(flow, 1)} mL/min, plasma {units.number(plasma, 1)} mL/min, "
            f"{units.percent(run.plasma_share_of_flow, 1)} of the blood flow",
        ),
        Row(
            "Filtration",
            f"fraction {units.percent(run.filtration_fraction, 1)} of the plasma flow; hematocrit "
            "behind "
            f"the filter {units.percent(run.post_filter_hematocrit, 1)}",
        ),
        Row("Blood processed", volume_words(run.blood_processed)),
        Row(
            "Run time",
            f"{units.number(60 * units.size(run.run_time, 'h'), 0)} min, set-up not counted",
        ),
    ]
    if run.anticoagulant_used is not None and run.remove_bag is not None:
        pump = units.size(run.remove_bag, "mL") / units.size(run.run_time, "min")
        rows.append(
            Row(
                "Plasma pump",
                f"{units.number(pump, 1)} mL/min: the plasma flow is patient plasma, and the "
                "pump moves the anticoagulant in it too",
            )
        )
        rows.append(
            Row(
                "Anticoagulant",
                f"{volume_words(run.anticoagulant_used)}, "
                f"{volume_words(run.anticoagulant_to_patient)} of it to the patient",
            )
        )
    return rows


def _ring(p: Prescription) -> list[Row]:
    ring = p.circuit_volume
    if ring is None:
        return []
    text = (
        f"{volume_words(ring.volume)}, {units.percent(ring.share, 1)} of the blood volume; prime "
    )
    text += (ring.prime or NOT_ENTERED).replace("-", " ")
    if ring.hematocrit_with_prime is not None:
        text += f"; hematocrit {units.percent(ring.hematocrit_with_prime, 1)} with the prime given"
    if ring.hematocrit_with_cells_held is not None:
        text += f"; {units.percent(ring.hematocrit_with_cells_held, 1)} with red cells held in the circuit"
    if ring.prime == "diverted":
        text += f"; a blood deficit of {volume_words(ring.volume)} at the start"
    return [Row("Circuit volume", text)]


_SCREEN = (
    ("Plasma removed", "plasma_removed"), ("AC used", "anticoagulant_used"),
    ("AC to patient", "anticoagulant_to_patient"), ("AC in bag", "anticoagulant_in_bag"),
    ("Remove bag", "remove_bag"), ("Replacement", "replacement"), ("Rinseback", "rinseback"),
)  # fmt: skip


def _totals(p: Prescription) -> Section:
    rows = [Row(name, _or_not(getattr(p.totals, field))) for name, field in _SCREEN]
    percent = f"{units.number(p.totals.balance_percent, 1)} %"
    balance, meaning = percent, "fluid balance in percent: replacement over plasma removed"
    if p.totals.balance is not None:
        size = units.size(p.totals.balance, "mL")
        balance = f"{'+' if size > 0 else ''}{units.volume(size)}, {percent}"
        meaning = f"fluid balance: replacement, AC to patient and rinseback, less plasma removed; {meaning[14:]}"
    rows += [Row("Fluid balance", balance), Row("", meaning)]
    return Section(
        "To compare with the end screen of the device (AC: anticoagulant)",
        tuple(rows),
        ("Device",),
        True,
    )


def _or_not(value: Any) -> str:
    return NOT_ENTERED if value is None else volume_words(value)
