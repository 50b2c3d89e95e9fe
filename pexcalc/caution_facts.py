"""The facts that the rules look at, out of an order and the results of the steps.

Before the fluid is chosen: what stands in the order. After it: the run, the circuit and citrate.
Groups that a step knows itself are named in `rules/facts.py`.
"""

from collections.abc import Mapping
from typing import Any

from pexcalc.data import indications as indication_table
from pexcalc.data.indications import Indication
from pexcalc.data.limits import Limit
from pexcalc.exchange.centrifuge import Circuit, RunTime
from pexcalc.exchange.circuit_volume import CircuitVolume
from pexcalc.exchange.citrate import CitrateLoad
from pexcalc.exchange.estimate import Assessment
from pexcalc.exchange.membrane import Membrane
from pexcalc.kinetics import medicines as drugs
from pexcalc.order import fields
from pexcalc.order.order import Order, denied_inputs, given_inputs, known_words, quantities_of
from pexcalc.order.treatment import Fluid
from pexcalc.quantities import units
from pexcalc.replacement.choice import Chosen
from pexcalc.replacement.facts import (
    finding_facts,
    indication_facts,
    lab_facts,
    ordered_fluid,
    size_of,
)
from pexcalc.rules import medicine_rules
from pexcalc.rules.facts import (
    CircuitFacts,
    CitrateFacts,
    CourseFacts,
    DoseFacts,
    Facts,
    FindingFacts,
    MedicineFacts,
    RunFacts,
)

DEVICE_FOR_CITRATE = (
    "device.anticoagulant",
    "device.inlet_flow",
    "device.ratio",
    "device.ratio_meaning",
)


# --- before the fluid is chosen -------------------------------------------------------------------


def facts_of_order(
    order: Order,
    indication: Indication,
    limits: Mapping[str, Limit],
    body: Assessment,
    dose: DoseFacts,
) -> Facts:
    """What stands in the order, with the results of the first two steps."""
    held = dict(order)
    medicines = medicine_facts(order)
    findings = finding_facts(
        order.findings,
        indication,
        states_of(order, indication),
        anticoagulated=medicines.heparin_in_circuit
        or any(map(drugs.is_anticoagulant, order.drugs)),
        pregnant=body.facts.gestation is not None,
    )
    return Facts(
        limits=limits,
        given=given_inputs(held),
        implied=implied_inputs(indication),
        denied=denied_inputs(held),
        words=known_words(order),
        entered=quantities_of(held),
        patient=body.facts,
        dose=dose,
        labs=lab_facts(order.labs),
        findings=findings,
        indication=indication_facts(indication, findings),
        ordered=ordered_fluid(order.fluid or Fluid(), indication, order.calcium),
        course=course_facts(order, limits),
        medicines=medicines,
        overridden=frozenset(override.rule for override in order.overrides),
    )


def states_of(order: Order, indication: Indication) -> tuple[str, ...]:
    """The states of the patient, and those that the indication brings."""
    return (*order.patient.states, *indication_table.IMPLIED_STATES.get(indication.id, ()))


def implied_inputs(indication: Indication) -> frozenset[str]:
    """Inputs that the indication answers in part, so that rules fire without them."""
    answered = {
        "findings": finding_facts((), indication) != FindingFacts(),
        "patient.states": indication.id in indication_table.IMPLIED_STATES,
    }
    return frozenset(path for path, is_so in answered.items() if is_so)


def course_facts(order: Order, limits: Mapping[str, Limit]) -> CourseFacts:
    """The course that is planned."""
    if order.course is None:
        return CourseFacts()
    interval = size_of(order.course.interval, "h")
    daily = interval is not None and limits["daily"].holds(interval)
    return CourseFacts(order.course.sessions, interval, daily)


def with_heparin(order: Order) -> bool:
    """True where heparin is the anticoagulant."""
    return order.device is not None and order.device.anticoagulant == "heparin"


def medicine_facts(order: Order) -> MedicineFacts:
    """Medicines of the order by what they are, and heparin in the circuit."""
    given = [drugs.quoted(one.name) for one in order.drugs if drugs.is_anticoagulant(one)]
    if not given and "anticoagulated" in order.findings:
        given = ["as stated"]
    heparins = [
        drugs.quoted(one.name) for one in order.drugs if medicine_rules.is_heparin(one.name)
    ]
    return MedicineFacts(
        heparin_in_circuit=with_heparin(order),
        heparins=", ".join(heparins) or None,
        anticoagulants=", ".join(given) or None,
        magnesium=any(map(drugs.is_magnesium, order.drugs)),
        ace_hours=drugs.ace_hours(order.drugs),
    )


# --- after it -------------------------------------------------------------------------------------


def run_facts(
    order: Order,
    indication: Indication,
    centrifuge: Circuit | None,
    membrane: Membrane | None,
    removal_rate: float,
    hours: float,
    pace: float,
) -> RunFacts:
    """The run: `hours` for the removal, `pace` hours by the flows of the device."""
    facts = RunFacts(
        ordered_duration=None if order.dose.duration is None else hours,
        long_by_design=indication.pv_low is None and indication.litres != (),
        removal_rate=removal_rate,
    )
    device = order.device
    if device is None:
        return facts
    facts = facts._replace(ratio=device.ratio)
    if centrifuge is None and membrane is None:
        return facts
    facts = facts._replace(circuit_time=pace, time_difference=100 * abs(hours / pace - 1))
    if centrifuge is not None:
        part = device.plasma_removal_efficiency
        efficiency = fields.EFFICIENCY.one("plasma_removal_efficiency", part)
        flow = units.size(device.inlet_flow, "mL/min")
        facts = facts._replace(inlet_flow=flow, removal_efficiency=100 * efficiency)
    if membrane is not None:
        facts = facts._replace(
            blood_flow=units.size(device.blood_flow, "mL/min"),
            plasma_share_of_flow=100 * membrane.plasma_share_of_flow,
            filter_hematocrit=100 * membrane.post_filter_hematocrit,
        )
    return facts


def circuit_facts(order: Order, volume: CircuitVolume | None, facts: Facts) -> CircuitFacts:
    """Extracorporeal volume, and whether the prime makes up for it.

    A prime that is thrown away leaves the blood deficit; a small patient needs albumin or red
    cells.
    """
    if order.device is None or volume is None:
        return CircuitFacts()
    prime = order.device.prime or ""
    heavy = facts.patient.weight is not None and facts.limits["prime-weight"].holds(
        facts.patient.weight
    )
    sparing = ("albumin", "red-cells", "saline") if heavy else ("albumin", "red-cells")
    return CircuitFacts(
        share=100 * volume.share,
        spared_by=prime if prime in sparing else "",
        for_neonate="-neonate" if facts.patient.neonate else "",
    )


def citrate_facts(chosen: Chosen, time: RunTime, loads: tuple[CitrateLoad, ...]) -> CitrateFacts:
    """The rates of the fluid in force; where none is, the lowest of the options.

    None of the options avoids the lowest.
    """
    options = [load for load in loads if chosen.in_force in (None, load.fluid)]
    bare = any(not load.calcium for load in options)
    known = [load for load in options if load.peak_rate is not None]
    if not known:
        return CitrateFacts(albumin_without_citrate=bare)
    load = min(known, key=_peak_rate)
    plasma = units.size(load.plasma_rate, "mL/kg/min")
    parts = {
        "anticoagulant": bool(size_of(load.from_anticoagulant, "mmol")),
        "plasma while it runs": bool(plasma),
    }
    sources = " and ".join(part for part, brings in parts.items() if brings)
    assumed = ", run time assumed" if time.origin == "assumed" else ""
    return CitrateFacts(
        rate=_peak_rate(load),
        comes_from=f"{sources}{assumed}",
        plasma_rate=plasma or None,
        albumin_without_citrate=bare,
    )


def implied_by_plasma(citrate: CitrateFacts) -> frozenset[str]:
    """Inputs of the device without which the rules on citrate fire by plasma alone."""
    return frozenset(DEVICE_FOR_CITRATE if citrate.plasma_rate is not None else ())


def _peak_rate(load: CitrateLoad) -> float:
    peak: Any = load.peak_rate
    return units.size(peak.typical, "mg/kg/min")
