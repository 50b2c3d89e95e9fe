"""prescribe: an order in, one prescription out. The only place that knows the order of the steps."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from pexcalc import __version__, catalog, cautions, circuit, estimate, removal, units
from pexcalc.catalog import Indication
from pexcalc.cautions import Caution
from pexcalc.circuit import Circuit, RunTime
from pexcalc.dose import Dose, work_out
from pexcalc.estimate import Volumes
from pexcalc.formula import first_quantity
from pexcalc.order import NOT_LISTED, Order, limits_in_force
from pexcalc.patient import ADULT, quantity_of
from pexcalc.quantity import Basis, Record, Text
from pexcalc.removal import PRODUCTION, Production, SoluteRemoval
from pexcalc.units import QuantityError


class Prescription(Record):
    """What comes of an order. `blocked` says that a caution of severity stop has no override.

    `removal` is for steady production; `scenarios` is the first solute of the indication under other production.

    `basis` tells for each computed figure, by its path, the formula, the formula with the numbers in it, inputs and
    sources.
    """

    schema_: Annotated[Literal[1], Field(alias="schema")] = 1
    version: Text
    data: Text
    order: Order
    volumes: Volumes
    dose: Dose
    circuit: Circuit | None
    run_time: RunTime
    removal: tuple[SoluteRemoval, ...]
    scenarios: tuple[SoluteRemoval, ...]
    cautions: tuple[Caution, ...]
    blocked: bool
    basis: dict[str, Basis]


def prescribe(order: Order) -> Prescription:
    """Work an order out: volumes, dose, removal, cautions.

    Parameters: order. Returns Prescription, in the registry of the patient's first Quantity. Raises QuantityError for
    an order that no hard limit lets pass. Options for a clinician, not an order to a device.

    >>> import pint
    >>> from pexcalc import Order, Patient
    >>> Q = pint.UnitRegistry().Quantity
    >>> patient = Patient(sex="male", age=Q(23, "year"), height=Q(172, "cm"), weight=Q(65, "kg"), hematocrit=0.27)
    >>> order = Order(indication="crs-car-t", patient=patient, dose={"exchange_volume": Q(3, "L")})
    >>> round(prescribe(order).dose.plasma_volumes.typical, 6)
    0.900554
    """
    if not isinstance(order, Order):
        raise QuantityError("order", f"a value of type {type(order).__name__}", "an Order")
    make = quantity_of(order.patient) or first_quantity(order.dose.exchange_volume, order.dose.duration)
    limits = limits_in_force(order)
    indication = indication_of(order)
    implied = catalog.IMPLIED_STATES.get(indication.id, ())
    body = estimate.assess(order.patient, limits, order.confirmed, implied)
    dose = work_out(
        order.dose.plasma_volumes,
        order.dose.exchange_volume,
        indication,
        body.plasma,
        body.share,
        body.facts["weight"],
        body.facts["group"] == ADULT,
        make,
    )
    basis = {**body.basis, **dose.basis}
    exchanged = units.size(dose.dose.exchange_volume, "mL")
    plan = _circuit(order, body, exchanged, basis, make)
    time = circuit.time_of(order.dose.duration, plan, dose.multiple, basis, make)
    hours = units.size(time.duration, "h")
    session = (dose.multiple, body.plasma, body.share, hours, body.facts["weight"], basis, make)
    listed = catalog.PANEL.get(indication.id, ()) if order.panel else ()
    removed = removal.panel((*listed, *order.solutes, *catalog.PANEL_ALWAYS), *session)
    changed: list[Production] = [name for name in PRODUCTION if name != "steady"]
    scenarios = tuple(one for name in changed for one in removal.panel(listed[:1], *session, name))
    pace = hours if plan is None else units.size(plan.run_time, "h")
    run = {
        "duration": hours if time.origin == "ordered" else None,
        "circuit_time": pace if plan else None,
        "time_difference": 100 * abs(hours / pace - 1) if plan else None,
        "removal_rate": exchanged / body.facts["weight"] / pace / 60,
        **_circuit_facts(order, plan),
    }
    facts = {**body.facts, **dose.facts, **run, **_category_facts(indication)}
    overridden = {override.code for override in order.overrides}
    raised = cautions.check(facts, limits, order.confirmed)
    idle = sorted(overridden - {caution.code for caution in raised})
    raised += cautions.check({"idle_override": ", ".join(idle) or None}, limits)
    return Prescription(
        version=__version__,
        data=catalog.data_version(),
        order=order,
        volumes=body.volumes,
        dose=dose.dose,
        circuit=plan,
        run_time=time,
        removal=removed,
        scenarios=scenarios,
        cautions=raised,
        blocked=any(caution.severity == "stop" and caution.code not in overridden for caution in raised),
        basis=basis,
    )


def indication_of(order: Order) -> Indication:
    """The row of the indication table; for an indication that is not listed, a row that says so."""
    if order.indication == NOT_LISTED:
        empty: dict[str, Any] = dict.fromkeys(Indication._fields[:-1], "")
        named = {"id": NOT_LISTED, "name": "Indication not in the table", "category": "not-categorised"}
        return Indication(**{**empty, **named, "pv_low": None, "pv_high": None})
    return catalog.indications()[order.indication]


def _circuit(order: Order, body: Any, exchanged: float, basis: dict[str, Basis], make: Any) -> Circuit | None:
    """The circuit of a centrifuge whose values the order gives; None without them."""
    device = order.device
    if device is None:
        return None
    citrate = device.anticoagulant_citrate
    given = circuit.Given(
        circuit.FLOW.one("inlet_flow", device.inlet_flow),
        device.ratio,
        device.ratio_meaning,
        circuit.EFFICIENCY.one("plasma_removal_efficiency", device.plasma_removal_efficiency),
        None if citrate is None else circuit.CITRATE.one("anticoagulant_citrate", citrate),
        body.facts["weight"],
    )
    blood = units.size(body.volumes.blood_volume.typical, "mL")
    cells = circuit.HEMATOCRIT.one("hematocrit", order.patient.hematocrit)
    return circuit.work_out(exchanged, blood, cells, given, basis, make)


def _circuit_facts(order: Order, plan: Circuit | None) -> dict[str, Any]:
    if order.device is None or plan is None:
        return {}
    device = order.device
    return {
        "inlet_flow": units.size(device.inlet_flow, "mL/min"),
        "ratio": device.ratio,
        "efficiency": 100 * circuit.EFFICIENCY.one("plasma_removal_efficiency", device.plasma_removal_efficiency),
        "citrate_rate": None if plan.citrate_rate is None else units.size(plan.citrate_rate, "mg/kg/min"),
    }


def _category_facts(indication: Indication) -> dict[str, Any]:
    category = indication.category
    return {
        "category_iv": category if category == "IV" else None,
        "category_iii": category if category == "III" else None,
        "no_category": category if category == "not-categorised" and indication.id != NOT_LISTED else None,
        "not_in_table": NOT_LISTED if indication.id == NOT_LISTED else None,
    }
