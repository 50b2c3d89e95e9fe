"""The device and calcium on the one screen.

The trap: AC in the remove bag is no patient plasma, so the bag holds more than was exchanged.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, repeat

from pexcalc.data.devices import Machine
from pexcalc.exchange.centrifuge import PublishedRun
from pexcalc.order.device import Device
from pexcalc.order.fields import EFFICIENCY
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.quantities.argument import as_given
from pexcalc.quantities.given import words_if_given
from pexcalc.report.citrate_calcium import calcium_texts
from pexcalc.report.entered import calcium_words
from pexcalc.report.replacement import in_force
from pexcalc.report.screen_lines import (
    Line,
    bare_milliliters,
    field_line,
    milliliters,
    minutes_span,
    minutes_words,
    row_line,
)
from pexcalc.report.wording import joined, rounded

NOT_RUN = "run time, AC volume and remove bag not calculated."
NEEDED = {
    "centrifuge": {
        "inlet_flow": "inlet flow",
        "ratio": "ratio",
        "ratio_meaning": "meaning of the ratio",
        "plasma_removal_efficiency": "removal efficiency",
    },
    "membrane": {"blood_flow": "blood flow", "plasma_flow": "plasma flow"},
}


def device_lines(p: Prescription) -> list[Line]:
    """The run of the device and its end screen, or what it needs."""
    device = p.order.device
    machine = device.machine if device else None
    if p.circuit is None and p.membrane is None:
        if device is None or machine is None:
            words = f"Not recorded: {NOT_RUN} Needs device, inlet flow and ratio."
        elif p.published_run is not None and p.published_run.run_time is not None:
            words = f"{machine.name}, inlet {as_given(device.inlet_flow)}"
        else:
            words = f"{machine.name}: {NOT_RUN} Needs {_run_needs(device, machine)}."
        return [
            field_line("DEVICE", words),
            *_published_lines(p.published_run),
            *_circuit_volume_lines(p),
            *_lock_lines(p),
        ]
    name = machine.name if machine else "not named"
    return [
        field_line("DEVICE", joined(name, *_settings(p), by=", ")),
        row_line("Run time", _run_time_words(p)),
        *_anticoagulant_lines(p),
        *_circuit_volume_lines(p),
        *_lock_lines(p),
        *_end_screen(p),
    ]


def _run_needs(device: Device, machine: Machine) -> str:
    """What is missing for the run; what is published of the device is not."""
    published = {
        "plasma_removal_efficiency": machine.efficiency,
        "ratio_meaning": machine.ratio_meaning,
    }
    missing = (
        words
        for name, words in NEEDED[machine.kind].items()
        if getattr(device, name) is None and not published.get(name)
    )
    return " and ".join(joined(*missing, by=", ").rsplit(", ", 1))


def _published_lines(run: PublishedRun | None) -> list[Line]:
    """The run at the removal efficiency that is published of the device."""
    if run is None or run.run_time is None:
        return []
    parts = (units.percent(part, 1).removesuffix(" %") for part in sorted(run.efficiencies))
    time = f"{minutes_span(run.run_time)}, plus set-up and rinseback"
    efficiency = f"published removal efficiency {' to '.join(dict.fromkeys(parts))} %"
    rate = rounded(run.anticoagulant_rate, "mL/min", 1)
    return [
        row_line("Run time", f"{time} ({efficiency}, not measured here)"),
        row_line("AC", f"{rate} mL/min"),
        row_line("Not calculated", "remove bag, AC to the patient: need the removal efficiency"),
    ]


def _settings(p: Prescription) -> Iterable[str]:
    """What is set on the device."""
    device = p.order.device
    assert device is not None  # a run has a device
    if p.circuit is not None:
        kind = "blood" if p.circuit.ratio_meaning == "blood-to-anticoagulant" else "inlet"
        efficiency = EFFICIENCY.one("plasma_removal_efficiency", device.plasma_removal_efficiency)
        yield f"inlet {as_given(device.inlet_flow)}"
        yield f"{kind}:AC {units.number(p.circuit.ratio, 2)}:1"
        yield f"efficiency {units.percent(efficiency, 2)}"
    if p.membrane is not None:
        yield f"blood {as_given(device.blood_flow)}"
        yield f"plasma {as_given(device.plasma_flow)}"


def _run_time_words(p: Prescription) -> str:
    run = p.circuit or p.membrane
    assert run is not None
    words = f"{minutes_words(run.run_time)}, plus set-up and rinseback"
    if p.run_time.origin != "ordered":
        return words
    return f"{words}; ordered: {minutes_words(p.run_time.duration)}"


def _anticoagulant_lines(p: Prescription) -> list[Line]:
    if p.circuit is not None:
        used = milliliters(p.circuit.anticoagulant_used)
        rate = rounded(p.circuit.anticoagulant_rate, "mL/min", 1)
        reaches = milliliters(p.circuit.anticoagulant_to_patient)
        return [row_line("AC", f"{used}, {rate} mL/min; {reaches} of it reaches the patient")]
    run, device = p.membrane, p.order.device
    if run is not None and run.anticoagulant_used is not None:
        reaches = milliliters(run.anticoagulant_to_patient)
        used = milliliters(run.anticoagulant_used)
        line = row_line("AC", f"{used}; {reaches} of it reaches the patient")
        if run.remove_bag is None:
            return [line]
        pump = units.size(run.remove_bag, "mL") / units.size(run.run_time, "min")
        text = f"{units.number(pump, 1)} mL/min, plasma and the AC in it"
        return [row_line("Plasma pump", text), line]
    if device is not None and device.anticoagulant == "heparin":
        return [row_line("AC", "heparin: dose by the prescriber")]
    return []


def _circuit_volume_lines(p: Prescription) -> list[Line]:
    """The circuit against the patient's blood."""
    circuit, device = p.circuit_volume, p.order.device
    if circuit is None or device is None:
        return []
    share = (
        f"{as_given(device.circuit_volume)}, {units.percent(circuit.share, 1)} of the blood volume"
    )
    prime = (circuit.prime or "").replace("-", " ")
    words = {"": "prime not recorded"}.get(prime, f"prime {prime}")
    during = circuit.hematocrit_with_prime
    words += words_if_given(during, lambda held: f"; hematocrit {units.percent(held, 1)} with it")
    return [row_line("Circuit volume", f"{share}; {words}")]


def _lock_lines(p: Prescription) -> list[Line]:
    """What is done with a heparin lock, where no alert on the screen says so."""
    rules = ((one.code, one.severity) for one in p.cautions)
    if ("W-LOCK", "info") not in rules:
        return []
    text = "heparin: withdraw it, never flush it in (judgement of this program)"
    return [row_line("Catheter lock", text)]


def _end_screen(p: Prescription) -> list[Line]:
    totals = p.totals
    inlet = f"inlet {bare_milliliters(p.circuit.inlet_volume)}" if p.circuit else ""
    bag = words_if_given(totals.remove_bag, lambda v: f"remove bag {bare_milliliters(v)}")
    percent = f"{units.number(totals.balance_percent, 1)} %"
    balance = f"balance {percent}"
    if totals.balance is not None:
        size = units.size(totals.balance, "mL")
        sign = "+" if size > 0 else ""
        balance = f"balance {sign}{units.volume(size, exact=False)} ({percent})"
    removed = (
        f"plasma removed {bare_milliliters(totals.plasma_removed)}",
        inlet,
        bag,
    )
    given = (f"replacement {bare_milliliters(totals.replacement)}", balance)
    return [
        row_line("End screen, expect", "; ".join(filter(None, removed))),
        row_line("", "; ".join(given)),
    ]


# --- calcium --------------------------------------------------------------------------------------

CALCIUM_HEADS = {"": "Not ordered. If ordered:"}  # else what is ordered


def calcium_block(p: Prescription) -> list[Line]:
    """What is ordered of calcium, and what there is for this fluid, a line for each."""
    option = in_force(p)
    loads = [load for load in p.citrate if option is not None and load.fluid == option.fluid]
    ordered = calcium_words(p.order.calcium)
    head = CALCIUM_HEADS.get(ordered, f"Ordered: {ordered}.")
    texts = [text for load in loads for text in calcium_texts(load, p)]
    names = chain(["CALCIUM"], repeat(""))
    shown = [head, *texts] if loads else []
    return [field_line(name, text) for name, text in zip(names, shown)]
