"""prescribe: an order in, one prescription out. The only place that knows the order of the steps."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from pexcalc import __version__
from pexcalc.caution_facts import (
    category_facts,
    citrate_facts,
    findings_of,
    heparin_facts,
    magnesium_facts,
    order_facts,
    platelet_facts,
    run_facts,
    size_of,
    with_heparin,
)
from pexcalc.data import indications as indication_table
from pexcalc.data import loading
from pexcalc.data.indications import NOT_IN_TABLE, Indication
from pexcalc.exchange import centrifuge, circuit_volume, citrate, estimate, membrane
from pexcalc.exchange.centrifuge import Circuit, RunTime
from pexcalc.exchange.circuit_volume import CircuitVolume, Totals
from pexcalc.exchange.citrate import CitrateLoad
from pexcalc.exchange.dose import Dose, work_out
from pexcalc.exchange.estimate import Volumes
from pexcalc.exchange.membrane import Membrane
from pexcalc.kinetics import medicines as drugs
from pexcalc.kinetics import removal
from pexcalc.kinetics.medicines import DrugAround
from pexcalc.kinetics.removal import PRODUCTION, Production, SoluteRemoval
from pexcalc.order import fields
from pexcalc.order.device import Device
from pexcalc.order.fields import ADULT
from pexcalc.order.order import CourseOrder, DoseOrder, Order, limits_in_force
from pexcalc.order.patient import Patient, quantity_of
from pexcalc.order.treatment import Fluid
from pexcalc.quantities import units
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import first_quantity, give
from pexcalc.quantities.record import Fixed, Flag, NotABool, Record, Result, Text
from pexcalc.quantities.working import Basis, work
from pexcalc.replacement import choice
from pexcalc.replacement.choice import Facts
from pexcalc.replacement.results import ReplacementPlan
from pexcalc.rules import cautions, crs, medicine_rules
from pexcalc.rules.cautions import Caution
from pexcalc.rules.crs import Gate


class Prescription(Result):
    """What comes of an order. `blocked` says that a caution of severity stop has no override.

    `circuit` is the run of a centrifuge, `membrane` that of a membrane separator, None without its
    values; `totals` are what the device's end screen should show. `removal` is for steady
    production and a fluid that carries none of the solute; `scenarios` is the first solute of the
    indication under other production.

    `basis` tells for each computed figure, by its path, the formula, the formula with the numbers
    in it, inputs and sources.
    """

    schema_: Annotated[Literal[2], NotABool, Field(alias="schema")] = 2
    version: Text
    data: Text
    order: Order
    volumes: Volumes
    dose: Dose
    replacement: ReplacementPlan
    circuit: Circuit | None
    membrane: Membrane | None
    circuit_volume: CircuitVolume | None
    run_time: RunTime
    totals: Totals
    citrate: tuple[CitrateLoad, ...]
    removal: tuple[SoluteRemoval, ...]
    scenarios: tuple[SoluteRemoval, ...]
    drugs: tuple[DrugAround, ...]
    crs: Gate | None
    cautions: tuple[Caution, ...]
    blocked: Flag
    basis: Fixed[Basis]

    @model_validator(mode="after")
    def _blocked_by_its_cautions(self) -> Self:
        if self.blocked != is_blocked(self.cautions, self.order):
            wanted = "true for a stop without an override, else false"
            raise QuantityError("blocked", str(self.blocked).lower(), wanted, kind="conflict")
        return self


Prescription.__module__ = "pexcalc"


def is_blocked(raised: Iterable[Caution], order: Order) -> bool:
    """True where a caution of severity stop has no override of its rule in the order."""
    overridden = {override.rule for override in order.overrides}
    return any(caution.severity == "stop" and caution.id not in overridden for caution in raised)


def prescribe(order: Order) -> Prescription:
    """Work an order out: volumes, dose, circuit, fluid, citrate, expected removal, medicines, cautions.

    Parameters: order. One patient, no arrays. Returns Prescription, in the registry of the
    patient's first Quantity. Raises QuantityError for an order that no hard limit lets pass. Valid
    as options for a clinician, not as an order to a device. Sources: those of the steps, figure by
    figure in `basis`.

    >>> import pint
    >>> from pexcalc import Order, Patient
    >>> Q = pint.UnitRegistry().Quantity
    >>> patient = Patient(sex="male", age=Q(23, "year"), height=Q(172, "cm"), weight=Q(65, "kg"), hematocrit=0.27)
    >>> order = Order(indication="crs-car-t", patient=patient, dose={"exchange_volume": Q(3, "L")})
    >>> round(prescribe(order).dose.plasma_volumes.typical, 6)
    0.900554
    """
    if not isinstance(order, Order):
        raise QuantityError(
            "order", f"a value of type {type(order).__name__}", "an Order", kind="type"
        )
    try:
        return _prescribed(order)
    except QuantityError as error:
        for fault in error.faults:
            fault.fields = tuple(map(_path_in_order, fault.fields))
        raise


def _path_in_order(name: str) -> str:
    """The path of an input that a step names by its last part alone: `plasma_volumes` is `dose.plasma_volumes`."""
    if name.partition(".")[0] in Order.model_fields:
        return name
    groups: dict[str, type[Record]] = {
        "patient": Patient,
        "dose": DoseOrder,
        "device": Device,
        "fluid": Fluid,
        "course": CourseOrder,
    }
    return next(
        (f"{group}.{name}" for group, record in groups.items() if name in record.model_fields), name
    )


def _prescribed(order: Order) -> Prescription:
    """Every step in its order, on plain numbers."""
    make = quantity_of(order.patient) or first_quantity(
        order.dose.exchange_volume, order.dose.duration
    )
    limits = limits_in_force(order)
    indication = indication_of(order)
    implied = indication_table.IMPLIED_STATES.get(indication.id, ())
    body = estimate.assess(order.patient, limits, order.confirmed, implied)
    weight = body.facts["weight"]
    basis = dict(body.basis)
    dose = work_out(
        order.dose.plasma_volumes,
        _litres(order, basis, make),
        indication,
        body.plasma,
        body.share,
        weight,
        body.facts["group"] == ADULT,
        make,
    )
    basis.update(dose.basis)
    exchanged = units.size(dose.dose.exchange_volume, "mL")
    plan = _circuit(order, body, exchanged, basis, make)
    filtered = _membrane(order, exchanged, basis, make)
    run = plan or filtered
    time = centrifuge.time_of(order.dose.duration, run, dose.multiple, basis, make)
    hours = units.size(time.duration, "h")
    pace = units.size(run.run_time, "h") if run else hours
    daily = _daily(order, limits)
    chosen = choice.choose(
        _case(order, indication, body, daily),
        order.fluid or Fluid(),
        order.products,
        limits,
        exchanged,
        dose.dose.plasma_volumes,
        pace,
        basis,
        make,
    )
    loads = _citrate(order, chosen, plan, filtered, weight, pace, basis, make)
    session = (dose.multiple, body.plasma, body.share, hours, weight, basis, make)
    listed = indication_table.PANEL.get(indication.id, ()) if order.panel else ()
    removed = removal.panel((*listed, *order.solutes, *indication_table.PANEL_ALWAYS), *session)
    changed: list[Production] = [name for name in PRODUCTION if name != "steady"]
    scenarios = tuple(one for name in changed for one in removal.panel(listed[:1], *session, name))
    medicines = drugs.around(order.drugs, exchanged, hours, weight, basis, make, indication.id)
    ring = _ring(order, body, basis, make)
    criteria = _gate(order, indication)
    facts = {
        **body.facts,
        **dose.facts,
        **chosen.facts,
        **medicines.facts,
        **category_facts(indication),
        **run_facts(order, indication, plan, filtered, exchanged, weight, hours, pace),
        **citrate_facts(chosen, time, loads),
        **order_facts(order, indication, ring, limits, body, daily),
        **platelet_facts(order, indication, limits),
        **heparin_facts(order, limits, chosen.liver, body.facts["group"] == ADULT),
        **magnesium_facts(order, indication, chosen, loads),
        "sample_later": "liver failure" if chosen.liver else None,
        "crs_gate": criteria.statement if criteria is not None and criteria.met is False else None,
    }
    overridden = {override.rule for override in order.overrides}
    raised = cautions.check(facts, limits, order.confirmed)
    idle = sorted(overridden - {caution.id for caution in raised})
    raised += cautions.check({"idle_override": ", ".join(idle) or None}, limits)
    rinseback = size_of(order.device and order.device.rinseback, "mL")
    blocked = is_blocked(raised, order)
    return Prescription.model_construct(
        version=__version__,
        data=loading.data_version(),
        order=order,
        volumes=body.volumes,
        dose=dose.dose,
        replacement=choice.without_schedule(chosen.plan) if blocked else chosen.plan,
        circuit=plan,
        membrane=filtered,
        circuit_volume=ring,
        run_time=time,
        totals=circuit_volume.totals(
            exchanged, chosen.volume, run, rinseback, with_heparin(order), make
        ),
        citrate=loads,
        removal=removed,
        scenarios=scenarios,
        drugs=medicines.drugs,
        crs=criteria,
        cautions=raised,
        blocked=blocked,
        basis=basis,
    )


def indication_of(order: Order) -> Indication:
    """The row of the indication table; for an indication that is not listed, a row that says so."""
    return indication_table.indication(order.indication) or NOT_IN_TABLE


# --- the steps that need more than one record of the order ----------------------------------------


def _cells(order: Order) -> float:
    return fields.ANY_HEMATOCRIT.one("hematocrit", order.patient.hematocrit)


def _litres(order: Order, basis: dict[str, Basis], make: Any) -> Any:
    """The exchange volume that was ordered, as a Quantity of patient plasma, where need be out of a bag volume."""
    if order.dose.bag_volume is None:
        return order.dose.exchange_volume
    device = order.device
    if device is None or device.ratio is None or device.ratio_meaning is None:
        return None  # the order refuses a bag volume without them
    bag = units.size(order.dose.bag_volume, "mL")
    return give(
        make,
        centrifuge.plasma_in_bag(bag, _cells(order), device.ratio, device.ratio_meaning, basis),
        "mL",
    )


def _circuit(
    order: Order, body: Any, exchanged: float, basis: dict[str, Basis], make: Any
) -> Circuit | None:
    """The run of a centrifuge whose values the order gives; None without them."""
    device = order.device
    if (
        device is None
        or device.inlet_flow is None
        or device.ratio is None
        or device.ratio_meaning is None
    ):
        return None
    given = centrifuge.Given(
        fields.FLOW.one("inlet_flow", device.inlet_flow),
        device.ratio,
        device.ratio_meaning,
        fields.EFFICIENCY.one("plasma_removal_efficiency", device.plasma_removal_efficiency),
        device.citrate,
        body.facts["weight"],
    )
    blood = units.size(body.volumes.blood_volume.typical, "mL")
    return centrifuge.work_out(exchanged, blood, _cells(order), given, basis, make)


def _membrane(
    order: Order, exchanged: float, basis: dict[str, Basis], make: Any
) -> Membrane | None:
    """The run of a membrane separator whose flows the order gives; None without them."""
    device = order.device
    if device is None or device.blood_flow is None:
        return None
    flows = units.size(device.blood_flow, "mL/min"), units.size(device.plasma_flow, "mL/min")

    def used(processed: float) -> float:
        return work(
            basis,
            "membrane.anticoagulant_used",
            centrifuge.anticoagulant_used,
            blood_processed=processed,
            ratio=device.ratio,
            ratio_meaning=device.ratio_meaning,
        )

    return membrane.work_out(
        exchanged, _cells(order), *flows, None if device.ratio is None else used, basis, make
    )


def _ring(order: Order, body: Any, basis: dict[str, Basis], make: Any) -> CircuitVolume | None:
    """The volume of the circuit against the patient's blood; None where it is not entered."""
    device = order.device
    if device is None or device.circuit_volume is None:
        return None
    blood = units.size(body.volumes.blood_volume.typical, "mL")
    held = size_of(device.circuit_red_cells, "mL")
    volume = units.size(device.circuit_volume, "mL")
    return circuit_volume.volume_of_circuit(
        volume, held, device.prime, blood, _cells(order), basis, make
    )


def _case(order: Order, indication: Indication, body: Any, daily: bool) -> Facts:
    """What the choice of fluid looks at."""
    findings = findings_of(order)
    if with_heparin(order) or any(map(drugs.is_anticoagulant, order.drugs)):
        findings.add("anticoagulated")
    planned = order.calcium is not None and order.calcium.plan != "none"
    return Facts(
        indication,
        findings,
        order.labs,
        body.facts["age"],
        size_of(order.patient.gestation, "wk") or 0.0,
        daily,
        drugs.ace_hours(order.drugs),
        planned,
        order.calcium.line if order.calcium else None,
        {override.rule for override in order.overrides},
    )


def _gate(order: Order, indication: Indication) -> Gate | None:
    """Where the gate for exchange in CRS after CAR-T cells stands; None for other indications."""
    if indication.id != "crs-car-t":
        return None
    before = [one.name for one in order.drugs if one.when == "before"]
    return crs.gate(
        order.crs,
        any(map(drugs.is_tocilizumab, before)),
        any(map(medicine_rules.is_corticosteroid, before)),
    )


def _daily(order: Order, limits: Any) -> bool:
    """True where exchanges are planned every day."""
    interval = size_of(order.course and order.course.interval, "h")
    return interval is not None and bool(limits["daily"].holds(interval))


def _citrate(
    order: Order,
    chosen: Any,
    plan: Circuit | None,
    filtered: Membrane | None,
    weight: float,
    hours: float,
    basis: dict[str, Basis],
    make: Any,
) -> tuple[CitrateLoad, ...]:
    """Citrate and calcium for each option that was worked out."""
    brought = size_of(plan and plan.citrate_from_anticoagulant, "mmol")
    if (
        filtered is not None
        and filtered.anticoagulant_to_patient is not None
        and order.device is not None
    ):
        concentration = order.device.citrate
        if concentration is not None:
            volume = units.size(filtered.anticoagulant_to_patient, "mL")
            brought = work(
                basis,
                "citrate.membrane",
                citrate.citrate_load,
                anticoagulant_to_patient=volume,
                citrate_concentration=concentration,
                plasma_given=0.0,
                plasma_citrate=0.0,
            )
    if with_heparin(order):
        brought = 0.0
    return tuple(
        citrate.load(
            fluid,
            brought,
            chosen.plasma_citrate,
            citrate.Given(plasma, chosen.volume, rate, weight, 60 * hours),
            basis,
            make,
        )
        for fluid, (plasma, rate) in chosen.plasma.items()
    )
