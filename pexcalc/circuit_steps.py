"""The circuit of an order: the run of its centrifuge or membrane, its volume, citrate and calcium.

What the order says of its device, as plain numbers for exchange/; nothing is decided here. The
trap: a value that is not entered is not assumed, so that a run may be unknown.
"""

from typing import Any

from pexcalc.caution_facts import with_heparin
from pexcalc.exchange import centrifuge, circuit_volume, citrate, membrane
from pexcalc.exchange.centrifuge import Circuit, PublishedRun
from pexcalc.exchange.circuit_volume import CircuitVolume
from pexcalc.exchange.citrate import CitrateLoad
from pexcalc.exchange.membrane import Membrane, RunValues
from pexcalc.order import fields
from pexcalc.order.order import Order
from pexcalc.quantities import units
from pexcalc.quantities.working import Recorder
from pexcalc.replacement.facts import size_of


def _hematocrit(order: Order) -> float:
    """The hematocrit of the patient as a fraction."""
    return fields.ANY_HEMATOCRIT.one("hematocrit", order.patient.hematocrit)


def ordered_liters(order: Order, record: Recorder) -> Any:
    """The exchange volume that was ordered, as a Quantity of patient plasma.

    Out of a bag volume where that is what was ordered.
    """
    if order.dose.bag_volume is None:
        return order.dose.exchange_volume
    device = order.device
    if device is None or device.ratio is None or device.ratio_meaning is None:
        return None  # the order refuses a bag volume without them
    bag = units.size(order.dose.bag_volume, "mL")
    return record.quantity(
        centrifuge.plasma_in_bag(
            bag, _hematocrit(order), device.ratio, device.ratio_meaning, record
        ),
        "mL",
    )


def centrifuge_of_order(
    order: Order, body: Any, exchanged: float, record: Recorder
) -> tuple[Circuit, RunValues] | tuple[None, None]:
    """The run of a centrifuge whose values the order gives; None without them."""
    given = _centrifuge_values(order, body)
    if given is None or not given.efficiency:
        return None, None
    return centrifuge.centrifuge_run(exchanged, body.blood, _hematocrit(order), given, record)


def _centrifuge_values(order: Order, body: Any) -> centrifuge.CentrifugeValues | None:
    """The values of a centrifuge that the order gives; an efficiency that is not known is 0."""
    device = order.device
    if device is None or device.inlet_flow is None:
        return None
    if device.ratio is None or device.ratio_meaning is None:
        return None
    part = device.plasma_removal_efficiency
    return centrifuge.CentrifugeValues(
        fields.FLOW.one("inlet_flow", device.inlet_flow),
        device.ratio,
        device.ratio_meaning,
        0.0 if part is None else fields.EFFICIENCY.one("plasma_removal_efficiency", part),
        device.citrate,
        body.weight,
    )


def published_run_of_order(
    order: Order, body: Any, exchanged: float, record: Recorder
) -> PublishedRun | None:
    """What is known of the run where the removal efficiency of the centrifuge is not entered."""
    given = _centrifuge_values(order, body)
    if given is None or given.efficiency:
        return None
    machine = order.device.machine if order.device else None
    published = machine.efficiency if machine else ()
    return centrifuge.published_run(exchanged, _hematocrit(order), given, published, record)


def membrane_of_order(
    order: Order, exchanged: float, record: Recorder
) -> tuple[Membrane, RunValues] | tuple[None, None]:
    """The run of a membrane separator whose flows the order gives; None without them."""
    device = order.device
    if device is None or device.blood_flow is None:
        return None, None
    flows = units.size(device.blood_flow, "mL/min"), units.size(device.plasma_flow, "mL/min")

    def used(processed: float) -> float:
        return record.run(
            "membrane.anticoagulant_used",
            centrifuge.anticoagulant_used,
            blood_processed=processed,
            ratio=device.ratio,
            ratio_meaning=device.ratio_meaning,
        )

    return membrane.membrane_run(
        exchanged, _hematocrit(order), *flows, None if device.ratio is None else used, record
    )


def circuit_of_order(order: Order, body: Any, record: Recorder) -> CircuitVolume | None:
    """The volume of the circuit against the patient's blood; None where it is not entered."""
    device = order.device
    if device is None or device.circuit_volume is None:
        return None
    held = size_of(device.circuit_red_cells, "mL")
    volume = units.size(device.circuit_volume, "mL")
    return circuit_volume.volume_of_circuit(
        volume, held, device.prime, body.blood, _hematocrit(order), record
    )


def citrate_of_order(
    order: Order,
    chosen: Any,
    centrifuged: RunValues | None,
    filtered: RunValues | None,
    weight: float,
    hours: float,
    most_calcium: float,
    record: Recorder,
) -> tuple[CitrateLoad, ...]:
    """Citrate and calcium for each option that was calculated."""
    with_anticoagulant = centrifuged and centrifuged.citrate
    concentration = order.device and order.device.citrate
    if filtered is not None and filtered.to_patient is not None and concentration is not None:
        with_anticoagulant = record.run(
            "citrate.membrane",
            citrate.citrate_load,
            anticoagulant_to_patient=filtered.to_patient,
            citrate_concentration=concentration,
            plasma_given=0.0,
            plasma_citrate=0.0,
        )
    if with_heparin(order):
        with_anticoagulant = 0.0
    by_protocol = filtered is not None and bool(with_anticoagulant)
    salt = (order.calcium and order.calcium.salt) or "gluconate"
    calcium = by_protocol, salt, most_calcium
    return tuple(
        citrate.load(
            fluid,
            with_anticoagulant,
            chosen.plasma_citrate,
            citrate.CitrateValues(plasma, chosen.volume, rate, weight, 60 * hours, *calcium),
            record,
        )
        for fluid, (plasma, rate) in chosen.plasma.items()
    )
