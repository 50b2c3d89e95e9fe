"""`prescribe`: an order in, one prescription out; the sequence of the calculation steps."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, ModelWrapValidatorHandler, ValidationInfo, model_validator

from pexcalc import __version__
from pexcalc.caution_facts import (
    circuit_facts,
    citrate_facts,
    disturbed_by,
    facts_of_order,
    implied_by_plasma,
    run_facts,
    with_heparin,
)
from pexcalc.circuit_steps import (
    centrifuge_of_order,
    circuit_of_order,
    citrate_of_order,
    membrane_of_order,
    ordered_liters,
    published_run_of_order,
)
from pexcalc.data import indications as indication_table
from pexcalc.data import loading
from pexcalc.data.indications import NOT_IN_TABLE, Indication
from pexcalc.exchange import centrifuge, circuit_volume, estimate
from pexcalc.exchange.centrifuge import Circuit, PublishedRun, RunTime
from pexcalc.exchange.circuit_volume import CircuitVolume, Totals
from pexcalc.exchange.citrate import CitrateLoad
from pexcalc.exchange.dose import Dose, ordered_dose
from pexcalc.exchange.estimate import Volumes
from pexcalc.exchange.membrane import Membrane
from pexcalc.kinetics import medicines as drugs
from pexcalc.kinetics import panel
from pexcalc.kinetics.case import PlasmaVolumes, Session
from pexcalc.kinetics.course import TargetSessions, sessions_until, target_in
from pexcalc.kinetics.dilution import volumes_passing
from pexcalc.kinetics.learned_factors import LearnedFactors
from pexcalc.kinetics.levels import patient_levels
from pexcalc.kinetics.medicines import DrugAround
from pexcalc.kinetics.prediction import BETWEEN_PATIENTS, Spread
from pexcalc.kinetics.removal import SoluteRemoval
from pexcalc.kinetics.session_input import level_setting
from pexcalc.order import fields
from pexcalc.order.device import Device
from pexcalc.order.fields import ADULT
from pexcalc.order.order import CourseOrder, DoseOrder, Order, levels_of, session_of
from pexcalc.order.patient import Patient, quantity_of
from pexcalc.order.site import Site, SiteUsed
from pexcalc.order.site_limits import limits_in_force
from pexcalc.order.treatment import Fluid
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import first_quantity
from pexcalc.quantities.given import if_given
from pexcalc.quantities.record import (
    WORKING,
    Deferred,
    Fixed,
    Flag,
    LateResult,
    NotABool,
    Record,
    Text,
    when_read,
    with_values,
)
from pexcalc.quantities.working import Basis, Recorder
from pexcalc.replacement import choice
from pexcalc.replacement.choice import Chosen
from pexcalc.replacement.facts import size_of
from pexcalc.replacement.results import ReplacementPlan
from pexcalc.rules import cautions, crs, medicine_rules
from pexcalc.rules.alerts.overrides import OVERRIDES
from pexcalc.rules.alerts.session import MEASURED_PROTEINS
from pexcalc.rules.cautions import Caution
from pexcalc.rules.crs import Criteria
from pexcalc.rules.facts import Facts, FluidFacts, joined_words
from pexcalc.rules.medicine_class import is_tocilizumab
from pexcalc.rules.not_checked import NotChecked, not_checked

CRS_CAR_T = "crs-car-t"


class Prescription(LateResult):
    """The result of an order.

    Notes
    -----
    `blocked` says that a caution of severity stop has no override. `circuit` is the run of a
    centrifuge, `membrane` that of a membrane separator, None without its values; `published_run`
    is what can be said of a centrifuge without its removal efficiency; `totals` are what the
    device's end screen should show. `removal` is for the fluid of the order where it carries
    the solute and the level of the patient is entered, else for one that carries none; `scenarios`
    is the first solute of the indication under other production, by name. `learned` is what the
    measured levels of this patient changed in the forecast, None without any: it never changes the
    order. `targets` says after how many sessions a target of the course is reached, protein by
    protein.
    `site` is the site file that was handed in, with the rows of it that were used; None without
    one. What it sets is part of `order` too, which gives the same again without the file.
    `not_checked` are the questions that the order leaves open; it is empty where everything that
    matters for this order was answered, and only then do no cautions mean that no rule applies.

    `basis` is the working: for each computed figure, by its path, the formula, the formula with the
    numbers in it, inputs and sources. It is written when it is first read.

    JSON has what the one screen prints; with `working` also `basis`, values that are null and what
    ON_REQUEST lists. Where the order gives the same prescription again, reading adds the last.
    """

    schema_: Annotated[Literal[2], NotABool, Field(alias="schema")] = 2
    version: Text
    data: Text
    order: Order
    site: SiteUsed | None
    volumes: Volumes
    dose: Dose
    replacement: ReplacementPlan
    circuit: Circuit | None
    published_run: PublishedRun | None
    membrane: Membrane | None
    circuit_volume: CircuitVolume | None
    run_time: RunTime
    totals: Totals
    citrate: tuple[CitrateLoad, ...]
    removal: tuple[SoluteRemoval, ...]
    scenarios: tuple[SoluteRemoval, ...]
    learned: LearnedFactors | None
    targets: tuple[TargetSessions, ...]
    drugs: tuple[DrugAround, ...]
    crs: Criteria | None
    cautions: tuple[Caution, ...]
    not_checked: tuple[NotChecked, ...]
    blocked: Flag
    basis: Fixed[Basis]

    def to_wire(self, working: bool = False) -> dict[str, Any]:
        """What the JSON text of this prescription holds; with `working` all of it."""
        if working:
            return super().to_wire(working)
        return self.model_dump(mode="json", exclude=_NOT_SHORT, exclude_none=True)

    def to_json(self, indent: int | None = None, working: bool = False) -> str:
        """The prescription as JSON text, at full precision; with `working` as `to_wire` has it."""
        if working:
            return super().to_json(indent, working)
        return self.model_dump_json(indent=indent, exclude=_NOT_SHORT, exclude_none=True)

    @model_validator(mode="wrap")
    @classmethod
    def _without_what_is_on_request(
        cls, data: Any, read: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        short = info.mode == "json" and isinstance(data, Mapping) and "scenarios" not in data
        if not short:
            return read(data)
        return _completed_when_read(read(_with_absent(data)), data)

    @model_validator(mode="after")
    def _blocked_by_its_cautions(self) -> Self:
        if self.blocked != is_blocked(self.cautions, self.order):
            wanted = "true for a stop without an override, else false"
            raise QuantityError("blocked", str(self.blocked).lower(), wanted, kind="conflict")
        return self


Prescription.__module__ = "pexcalc"

# What JSON has on request, by the record it is in ("" for the prescription), with what is read
# where the order does not give the same prescription again.
ON_REQUEST: Mapping[str, Mapping[str, Any]] = {
    "": {"scenarios": []},
    "volumes": {"alternatives": []},
    "replacement": {"conflicts": []},
    "removal": {
        "model": "", "statement": "", "supply": [], "ceiling": None, "mean_fall": None,
        "fall_of_series": None,
    },
    "not_checked": {"rules": []},
}  # fmt: skip
_NOT_SHORT: Any = {
    WORKING: True,
    **dict.fromkeys(ON_REQUEST[""], True),
    **{name: set(ON_REQUEST[name]) for name in ("volumes", "replacement")},
    **{name: {"__all__": set(ON_REQUEST[name])} for name in ("removal", "not_checked")},
}


def _with_absent(short: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of a prescription with what is read for each value that is absent."""
    parts = {name: _each_with(short.get(name), ON_REQUEST[name]) for name in ON_REQUEST if name}
    return {**ON_REQUEST[""], **short, **{name: part for name, part in parts.items() if part}}


def _each_with(part: Any, absent: Mapping[str, Any]) -> Any:
    if isinstance(part, list):
        return [_each_with(row, absent) for row in part]
    return {**absent, **part} if isinstance(part, Mapping) else part


PrescriptionRead = TypeVar("PrescriptionRead", bound=Prescription)


def _completed_when_read(made: PrescriptionRead, short: Mapping[str, Any]) -> PrescriptionRead:
    """The same; what its JSON does not have is calculated when it is first asked for."""
    parts = [name for name in ON_REQUEST if name] + list(ON_REQUEST[""])
    read = {name: made.__dict__[name] for name in parts}
    whole = Deferred(lambda: _calculated_again(made.order, short) or read)
    waiting = {name: Deferred(partial(lambda name: whole.value()[name], name)) for name in parts}
    return made._waiting_for(waiting)


def _calculated_again(order: Order, short: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the prescription of this order; none where it is not that of the JSON."""
    try:
        again = prescribe(order)
    except QuantityError:  # by another version, which knew more or less
        return {}
    apart = ("version", "data")
    said, now = (
        {name: value for name, value in wire.items() if name not in apart}
        for wire in (short, again.to_wire())
    )
    return dict(again) if said == now else {}


def is_blocked(raised: Iterable[Caution], order: Order) -> bool:
    """True where a caution of severity stop has no override of its rule in the order."""
    overridden = {override.rule for override in order.overrides}
    return any(caution.severity == "stop" and caution.id not in overridden for caution in raised)


def prescribe(order: Order, site: Site | None = None) -> Prescription:
    """The prescription for an order: volumes, dose, circuit, fluid, citrate, removal, cautions.

    Parameters
    ----------
    order : Order
        The order; one patient, no arrays.
    site : Site, optional
        What the order leaves open is taken from this site file, and what that leaves open from the
        program.

    Returns
    -------
    Prescription
        In the registry of the patient's first Quantity.

    Raises
    ------
    QuantityError
        If an input is outside its hard limits.

    Notes
    -----
    Valid as options for a clinician, not as an order to a device.

    References
    ----------
    those of the steps, figure by figure in `basis`

    Examples
    --------
    >>> import pint
    >>> from pexcalc import Order, Patient
    >>> Q = pint.UnitRegistry().Quantity
    >>> patient = Patient(
    ...     sex="male", age=Q(23, "year"), height=Q(172, "cm"), weight=Q(65, "kg"), hematocrit=0.27
    ... )
    >>> order = Order(indication="crs-car-t", patient=patient, dose={"exchange_volume": Q(3, "L")})
    >>> round(prescribe(order).dose.plasma_volumes.typical, 6)
    0.900554
    """
    if not isinstance(order, Order):
        raise QuantityError(
            "order", f"a value of type {type(order).__name__}", "an Order", kind="type"
        )
    if site is not None and not isinstance(site, Site):
        raise QuantityError(
            "site", f"a value of type {type(site).__name__}", "a Site: Site.read(path)", kind="type"
        )
    try:
        return _prescribed(order if site is None else site.completed(order), site)
    except QuantityError as error:
        for fault in error.faults:
            fault.fields = tuple(map(_path_in_order, fault.fields))
        raise


def _path_in_order(name: str) -> str:
    """The path of an input that a step names by its last part: `dose.plasma_volumes`."""
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


def _prescribed(order: Order, site: Site | None) -> Prescription:
    """Every step in its order, on plain numbers."""
    record = Recorder(
        quantity_of(order.patient)
        or first_quantity(order.dose.exchange_volume, order.dose.duration)
    )
    limits = limits_in_force(order)
    indication = indication_of(order)
    implied = indication_table.IMPLIED_STATES.get(indication.id, ())
    body = estimate.assess(order.patient, limits, record, order.confirmed, implied)
    weight = body.weight
    dose = ordered_dose(
        order.dose.plasma_volumes,
        ordered_liters(order, record),
        indication,
        body.plasma,
        body.share,
        weight,
        body.facts.group == ADULT,
        record,
    )
    exchanged = dose.millilitres
    plan, centrifuged = centrifuge_of_order(order, body, exchanged, record)
    filtered, membrane_run = membrane_of_order(order, exchanged, record)
    run = centrifuged or membrane_run
    ordered_hours = size_of(order.dose.duration, "h")
    published = published_run_of_order(order, body, exchanged, record)
    hours, origin = centrifuge.duration_of(ordered_hours, run, dose.multiple, record, published)
    time = RunTime.model_construct(duration=record.quantity(hours, "h"), origin=origin)
    # Without a run of its own the faster one: citrate and plasma run faster.
    pace = run.hours if run else min(hours, centrifuge.shortest(published, hours))
    facts = facts_of_order(order, indication, limits, body, dose.facts)
    session = Session(hours, 1.0, weight, "steady", named=False)
    chosen = choice.choose(
        facts,
        order.fluid or Fluid(),
        order.products,
        exchanged,
        dose.dose.plasma_volumes,
        pace,
        session,
        body.plasma,
        record,
    )
    loads = citrate_of_order(
        order, chosen, centrifuged, membrane_run, weight, pace, limits["calcium-rate"].most, record
    )
    at = PlasmaVolumes(_volumes_passing(order, dose.multiple, record), body.plasma)
    tocilizumab = any(map(drugs.is_tocilizumab_before, order.drugs))
    listed = indication_table.PANEL.get(indication.id, ()) if order.panel else ()
    gap = _gap_of(order, hours)
    setting = level_setting(session, at, gap)._replace(
        number=session_of(order),
        disturbed=disturbed_by(facts),
        carried=_carried_by(chosen),
        confirmed=order.confirmed,
        volume_known=True,
    )
    found = patient_levels(levels_of(order), setting, record) if order.measured else None
    spread = found.spread if found else BETWEEN_PATIENTS
    solutes = (*listed, *order.solutes, *indication_table.PANEL_ALWAYS)
    carried = chosen.supplies
    removed = record.when_read(
        "removal",
        lambda inner: panel.panel(solutes, session, at, inner, carried, tocilizumab, spread),
    )
    scenarios = record.when_read(
        "scenarios", lambda inner: panel.other_productions(listed[:1], session, at, inner)
    )
    medicines = drugs.around(
        order.drugs, exchanged, hours, weight, record, indication.id, facts.findings.hit
    )
    circuit = circuit_of_order(order, body, record)
    criteria = _crs_criteria(order, indication)
    with_citrate = order.device is not None and bool(order.device.citrate)
    load = citrate_facts(chosen, time, loads, facts, with_citrate)
    facts = facts._replace(
        implied=facts.implied | implied_by_plasma(load),
        run=run_facts(
            order, indication, plan, filtered, exchanged / weight / pace / 60, hours, pace
        ),
        circuit=circuit_facts(order, circuit, facts, body.blood, body.share),
        citrate=load,
        removed=medicines.facts,
        end=chosen.end,
        kinds=chosen.kinds,
        no_option=chosen.no_option,
        scheduled=chosen.in_force is not None,
        crs_contradicted=_denied_in_crs(order),
        crs_not_met=_criteria_not_met(criteria, indication),
        hours_since_tocilizumab=_tocilizumab_before_persisting(order),
        hours_since_car_t=size_of(order.crs.since_infusion, "h")
        if criteria and order.crs
        else None,
        unusual_levels=found.unusual or None if found else None,
        given=facts.given.union(found.record.unconfirmed if found else ()),
    )
    raised = _alerts(facts, chosen.fluids, order.confirmed)
    labels = fields.lab_labels()
    open_questions = when_read(
        lambda: not_checked(facts, chosen.open, labels, in_force=chosen.fluids)
    )
    rinseback = size_of(order.device and order.device.rinseback, "mL")
    blocked = is_blocked(raised, order)
    return Prescription.model_construct(
        version=__version__,
        data=loading.data_version(),
        order=order,
        site=None if site is None else site.used(order, {row.kind for row in chosen.plan.products}),
        volumes=body.volumes,
        dose=dose.dose,
        replacement=when_read(lambda: choice.without_schedule(chosen.plan))
        if blocked
        else chosen.plan,
        circuit=plan,
        published_run=published,
        membrane=filtered,
        circuit_volume=circuit,
        run_time=time,
        totals=circuit_volume.totals(
            exchanged, chosen.volume, run, rinseback, with_heparin(order), record
        ),
        citrate=loads,
        removal=when_read(removed.value),
        scenarios=when_read(scenarios.value),
        learned=_as_stated(found.record, order) if found else None,
        targets=_targets(order, removed, session, at, gap, chosen, spread),
        drugs=medicines.drugs,
        crs=criteria,
        cautions=raised,
        not_checked=open_questions,
        blocked=blocked,
        basis=record.working(),
    )


def _volumes_passing(order: Order, multiple: float, record: Recorder) -> float:
    """The plasma volumes of the prediction: with a fluid balance other than 100 % not the dose."""
    balance = fields.bare(fields.BALANCE, order.fluid and order.fluid.balance)
    passing = volumes_passing(multiple, balance or 1.0)
    if passing != multiple:
        numbers = (balance or 1.0, multiple)
        record.arithmetic("removal.plasma_volumes", PASSING, numbers, passing, "1", "dilution-law")
    return passing


PASSING = "b/(b - 1) x ln(1 + (b - 1) x n), b and n: {} and {}"


def _as_stated(learned: LearnedFactors, order: Order) -> LearnedFactors:
    """The record, with whether the order says which session this is."""
    stated = order.course is not None and order.course.session is not None
    return with_values(learned, session_stated=stated)


def _gap_of(order: Order, hours: float) -> float | None:
    """Hours from the end of a session to the start of the next; None without an interval."""
    interval = size_of(order.course and order.course.interval, "h")
    return None if interval is None or interval < hours else interval - hours


def _carried_by(chosen: Chosen) -> frozenset[str]:
    """Solutes that the fluid in force carries: every plasma protein where plasma is in it."""
    share, _ = chosen.plasma.get(chosen.in_force or "", (0.0, 0.0))
    proteins = (path.partition(".")[2] for path in MEASURED_PROTEINS)
    return frozenset(chosen.supplies).union(proteins if share else ())


def _targets(
    order: Order,
    removed: Deferred,
    session: Session,
    at: PlasmaVolumes,
    gap: float | None,
    chosen: Chosen,
    spread: Spread,
) -> tuple[TargetSessions, ...]:
    """After how many sessions the target of the course is reached, for each plasma protein."""
    course = order.course
    target = if_given(course, lambda course: target_in(course.target_fall, course.target_level))
    if target is None or gap is None:
        return ()
    proteins = (
        one for one in removed.value() if one.range == "patient" and one.solute != "albumin"
    )
    return tuple(
        sessions_until(one.solute, session._replace(supply=one.supply), at, gap, target, spread)
        for one in proteins
    )


def _alerts(
    facts: Facts, fluids: tuple[FluidFacts, ...], confirmed: tuple[str, ...]
) -> tuple[Caution, ...]:
    """Every alert, and after them whether an override has no effect."""
    raised = cautions.check(facts, fluids, confirmed)
    unused = sorted(facts.overridden - {caution.id for caution in raised})
    facts = facts._replace(unused_overrides=", ".join(unused) or None)
    return (*raised, *cautions.check(facts, rules=OVERRIDES))


def indication_of(order: Order) -> Indication:
    """The row of the indication table; for an indication that is not listed, a row that says so."""
    return indication_table.indication(order.indication) or NOT_IN_TABLE


# --- CRS after CAR-T cells ------------------------------------------------------------------------


def _criteria_not_met(criteria: Criteria | None, indication: Indication) -> str | None:
    """What is not met, where CRS is the indication; HLH beside it has its own category."""
    if criteria is None or criteria.met is not False or indication.id != CRS_CAR_T:
        return None
    return crs.unmet_words(criteria)


def _denied_in_crs(order: Order) -> str | None:
    """What the record of CRS says was not given, though the medicines have it before."""
    record = order.crs or crs.CrsOrder()
    before = [one.name for one in order.drugs if one.when == "before"]
    steroid = any(map(medicine_rules.is_corticosteroid, before))
    return joined_words(
        ("tocilizumab", record.tocilizumab is False and any(map(is_tocilizumab, before))),
        ("a corticosteroid", record.corticosteroid is False and steroid),
    )


def _tocilizumab_before_persisting(order: Order) -> float | None:
    """Hours from the last tocilizumab to the exchange, where CRS was stated to persist."""
    if order.crs is None or not order.crs.persisting or order.indication == "crs-viral":
        return None
    return drugs.hours_since(order.drugs, is_tocilizumab)


def _crs_criteria(order: Order, indication: Indication) -> Criteria | None:
    """The criteria for exchange in CRS after CAR-T cells; None for other indications.

    A record of CRS may stand beside HLH.
    """
    beside = indication.id == "hlh" and order.crs is not None
    if indication.id != CRS_CAR_T and not beside:
        return None
    before = [one.name for one in order.drugs if one.when == "before"]
    return crs.criteria_for_exchange(
        order.crs,
        any(map(is_tocilizumab, before)),
        any(map(medicine_rules.is_corticosteroid, before)),
    )
