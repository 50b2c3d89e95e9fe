"""Facts for the rules, from an order and the results of the calculation steps.

Before the fluid is chosen: facts of the order. After it: the run, the circuit and citrate.
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
from pexcalc.order.device import Device
from pexcalc.order.fields import INFANT
from pexcalc.order.order import (
    CRS_INDICATIONS,
    Order,
    denied_inputs,
    given_inputs,
    known_words,
    quantities_of,
    states_of,
)
from pexcalc.order.treatment import Fluid
from pexcalc.quantities import units
from pexcalc.quantities.given import if_given, words_if
from pexcalc.replacement.choice import Chosen
from pexcalc.replacement.facts import (
    finding_facts,
    indication_facts,
    lab_facts,
    ordered_fluid,
    size_of,
    units_of_ions,
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
    PatientFacts,
    RunFacts,
    at_least,
    below,
    between,
    joined_words,
)

CHILD_FROM, CHILD_TO = 1.0, 10.0  # judgement program-judgement: years, for the pressure of a child
SYSTOLIC_PER_YEAR = 2.0  # judgement program-judgement: mmHg, added to that of a child
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
    """The order's values, with the results of the first two steps."""
    held, ions = dict(order), units_of_ions(order.charted)
    findings = finding_facts(
        order.findings,
        indication,
        states_of(order),
        anticoagulated=with_heparin(order) or any(map(drugs.is_anticoagulant, order.drugs)),
        pregnant=body.facts.gestation is not None,
        digoxin=any(map(drugs.is_digoxin, order.drugs)),
        platelets=any(map(drugs.is_platelets, order.drugs)),
    )
    return Facts(
        limits=limits,
        given=given_inputs(held),
        implied=implied_inputs(indication),
        denied=denied_inputs(held),
        words=known_words(order),
        entered=quantities_of(held),
        charted=ions,
        patient=with_pressure(body.facts, order, limits),
        dose=dose,
        labs=lab_facts(order.labs, ions),
        findings=findings,
        indication=indication_facts(indication, findings)._replace(
            crs_grade=order.crs.grade if order.crs else None
        ),
        ordered=ordered_fluid(order.fluid or Fluid(), indication, order.calcium),
        course=course_facts(order, limits),
        medicines=medicine_facts(order, findings.hit),
        run=separator_facts(order),
        overridden=frozenset(override.rule for override in order.overrides),
    )


def with_pressure(facts: PatientFacts, order: Order, limits: Mapping[str, Limit]) -> PatientFacts:
    """The patient with the systolic pressure, and the least of a child of 1 to 10 years."""
    age, least = facts.age, None
    if age is not None and CHILD_FROM <= age < CHILD_TO:
        least = limits["systolic-low-child"].least + SYSTOLIC_PER_YEAR * age
    systolic = size_of(order.patient.systolic, "mmHg")
    return facts._replace(systolic=systolic, systolic_least=least)


def implied_inputs(indication: Indication) -> frozenset[str]:
    """Inputs that the indication answers in part, so that rules fire without them."""
    answered = {
        "findings": finding_facts((), indication) != FindingFacts(),
        "patient.states": indication.id in indication_table.IMPLIED_STATES,
    }
    return frozenset(path for path, is_so in answered.items() if is_so)


def disturbed_by(facts: Facts) -> str:
    """What would make a plasma protein measure the disease, in words; empty where nothing does.

    Of factors, complement and fibrinogen the level follows these states; IgG and IgM stay.
    """
    findings, indication, heparin = facts.findings, facts.indication, facts.medicines
    words = joined_words(
        ("DIC", findings.dic),
        ("HLH", indication.id == "hlh"),
        ("CRS", indication.id in CRS_INDICATIONS or indication.crs_grade is not None),
        ("sepsis", findings.sepsis),
        ("bleeding", findings.bleeding or findings.alveolar_hemorrhage),
        ("liver failure", findings.liver_failure),
        ("heparin", heparin.heparin_in_circuit or heparin.heparins is not None),
    )
    return words or ""


def course_facts(order: Order, limits: Mapping[str, Limit]) -> CourseFacts:
    """The course that is planned."""
    if order.course is None:
        return CourseFacts()
    interval = size_of(order.course.interval, "h")
    daily = interval is not None and limits["daily"].holds(interval)
    course = order.course
    listed = indication_table.LISTED_INTERVALS.get(order.indication)
    is_listed = listed is not None and between(interval, *listed)
    return CourseFacts(course.sessions, interval, daily, course.session, course.taper, is_listed)


def with_heparin(order: Order) -> bool:
    """True where heparin is the anticoagulant."""
    return order.device is not None and order.device.anticoagulant == "heparin"


def separator_facts(order: Order) -> RunFacts:
    """Whether a membrane separates, by the name of the device or its flows, and with citrate."""
    device = order.device
    if device is None:
        return RunFacts()
    row = device.machine
    membrane = row.kind == "membrane" if row is not None else device.blood_flow is not None
    return RunFacts(membrane=membrane, membrane_with_citrate=membrane and bool(device.citrate))


def medicine_facts(order: Order, hit: bool) -> MedicineFacts:
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
        **anticoagulant_facts(order, hit),
        magnesium=any(map(drugs.is_magnesium, order.drugs)),
        calcium=any(
            medicine_rules.named(one.name, medicine_rules.CALCIUM_SALTS) for one in order.drugs
        ),
        ace_hours=drugs.ace_hours(order.drugs),
        ceftriaxone=", ".join(map(drugs.quoted, drugs.ceftriaxone(order.drugs))) or None,
        heparin_lock=order.device is not None and order.device.lock == "heparin",
    )


def anticoagulant_facts(order: Order, hit: bool) -> dict[str, Any]:
    """Anticoagulants given before the exchange, by class.

    Those that the exchange removes: with heparin-induced thrombocytopenia without the heparins,
    which have an alert of their own.
    """
    before = [one.name for one in order.drugs if drugs.is_anticoagulant(one)]
    antagonists = _of_class(before, medicine_rules.VITAMIN_K_ANTAGONISTS)
    removed = [
        name
        for name in _of_class(before, medicine_rules.REMOVED_ANTICOAGULANTS)
        if not (hit and medicine_rules.is_heparin(name))
    ]
    named = _of_class(
        before, (*medicine_rules.REMOVED_ANTICOAGULANTS, *medicine_rules.VITAMIN_K_ANTAGONISTS)
    )
    stated = "anticoagulated" in order.findings or before != []
    unnamed = stated and not named
    measured = _of_class(removed, medicine_rules.ANTI_XA)
    tests = joined_words(
        ("anti-Xa", measured != []), ("the drug's own test", len(measured) < len(removed))
    )
    return {
        "vitamin_k_antagonists": _quoted(antagonists),
        "removed_anticoagulants": _quoted(removed),
        "anticoagulant_unnamed": unnamed,
        "anticoagulant_test": (tests or "anti-Xa or the drug's own test").replace(", ", " and "),
        "anti_xa": measured != [] or unnamed,
        "anticoagulant_evidence": _evidence(removed),
    }


def _of_class(names: list[str], known: tuple[str, ...]) -> list[str]:
    return [name for name in names if medicine_rules.named(name, known)]


def _quoted(names: list[str]) -> str | None:
    return ", ".join(map(drugs.quoted, names)) or None


def _evidence(names: list[str]) -> str:
    """What is known of the removal of these anticoagulants, as a sentence in front of others."""
    heparins = _of_class(names, medicine_rules.HEPARINS)
    oral = _quoted(_of_class(names, medicine_rules.ORAL_ANTICOAGULANTS))
    others = _quoted(
        _of_class(names, (*medicine_rules.PENTASACCHARIDES, *medicine_rules.THROMBIN_INHIBITORS))
    )
    sentences = (
        "Anti-Xa of heparin fell by 47 to 87 % with plasma and by 38 % with albumin (4 patients, "
        "20 exchanges)"
        if heparins
        else "",
        words_if(oral, f"Of {oral} only single cases are known"),
        words_if(others, f"That {others} is removed is a judgement of this program"),
    )
    return "".join(f"{sentence}. " for sentence in sentences if sentence)


RUN_TIME_NOT_GIVEN = {
    "assumed": ", run time assumed",
    "published": ", run time at a published removal efficiency",
}

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
    facts = separator_facts(order)._replace(
        ordered_duration=None if order.dose.duration is None else hours,
        long_by_design=indication.pv_low is None and indication.litres != (),
        removal_rate=removal_rate,
    )
    device = order.device
    if device is None:
        return facts
    facts = facts._replace(ratio=device.ratio, inlet_flow=_plain_flow(device.inlet_flow))
    if pace != hours:
        facts = facts._replace(time_difference=100 * abs(hours / pace - 1))
    if centrifuge is None and membrane is None:
        return facts
    facts = facts._replace(circuit_time=pace)
    if centrifuge is not None:
        part = device.plasma_removal_efficiency
        efficiency = fields.EFFICIENCY.one("plasma_removal_efficiency", part)
        facts = facts._replace(removal_efficiency=100 * efficiency)
    if membrane is not None:
        facts = facts._replace(
            blood_flow=units.size(device.blood_flow, "mL/min"),
            plasma_share_of_flow=100 * membrane.plasma_share_of_flow,
            filter_hematocrit=100 * membrane.post_filter_hematocrit,
        )
    return facts


def _plain_flow(flow: Any) -> float | None:
    return if_given(flow, lambda flow: units.size(flow, "mL/min"))


def circuit_facts(
    order: Order, volume: CircuitVolume | None, facts: Facts, blood: float, share: float
) -> CircuitFacts:
    """Extracorporeal volume, and whether the prime makes up for it.

    A prime that is thrown away leaves the blood deficit; a small patient needs albumin or red
    cells. Where no volume is entered, a small patient is judged by what is published of the device;
    `blood` is the blood volume in mL, known to within `share`.
    """
    device = order.device
    if device is None:
        return CircuitFacts()
    prime = device.prime or ""
    heavy = facts.patient.weight is not None and facts.limits["prime-weight"].holds(
        facts.patient.weight
    )
    sparing = ("albumin", "red-cells", "saline") if heavy else ("albumin", "red-cells")
    known = CircuitFacts(
        spared_by=prime.replace("-", " ") if prime in sparing else "",
        red_cells=prime == "red-cells",
        for_neonate="-neonate" if facts.patient.neonate else "",
    )
    if volume is not None:
        return known._replace(share=100 * volume.share)
    if not below(facts.patient.weight, facts.low("circuit-volume-weight")):
        return known
    return _published(device, known, facts, blood, share)


def _published(
    device: Device, known: CircuitFacts, facts: Facts, blood: float, share: float
) -> CircuitFacts:
    """The published circuit volume of a named device against the blood volume of a small patient.

    An infant is judged by the low end of the blood volume.
    """
    row = device.machine
    if row is None or not row.circuit_volume:
        run = device.inlet_flow is not None or device.blood_flow is not None
        unknown = row.name if row is not None else "the device" if run else None
        return known._replace(unknown=unknown)
    infant = facts.patient.group == INFANT
    against = blood * (1 - share) if infant else blood
    low, high = row.circuit_volume[0], row.circuit_volume[-1]
    of_set = words_if(row.circuit_set, f", {row.circuit_set} set,")
    end = "the low end of the blood volume of an infant, " if infant else "a blood volume of "
    volumes = " to ".join(units.number(one, 0) for one in row.circuit_volume)
    return known._replace(
        published_low=100 * low / against,
        published_high=100 * high / against,
        published_words=f"The circuit volume is missing. {volumes} mL, published for {row.name}"
        f"{of_set} and not measured, are {_percents(row.circuit_volume, against)} of {end}"
        f"{units.volume(against, exact=False)}",
    )


def _percents(volumes: tuple[float, ...], blood: float) -> str:
    ends = " to ".join(units.number(100 * one / blood, 1) for one in volumes)
    return f"{ends} %"


def citrate_facts(
    chosen: Chosen,
    time: RunTime,
    loads: tuple[CitrateLoad, ...],
    facts: Facts,
    anticoagulant: bool,
) -> CitrateFacts:
    """The rates of the fluid in force; where none is, the lowest of the options.

    None of the options avoids the lowest. `anticoagulant` says that it holds citrate.
    """
    options = [load for load in loads if chosen.in_force in (None, load.fluid)]
    plasma_runs = [units.size(one.plasma_rate, "mL/kg/min") for one in options]
    found = CitrateFacts(
        albumin_without_citrate=any(load.without_citrate for load in options),
        calcium_options=any(load.calcium for load in options),
        reaches_patient=anticoagulant or (bool(options) and all(plasma_runs)),
    )
    known = [load for load in options if load.peak_rate is not None]
    weight = facts.patient.weight
    if not known or weight is None:
        return found
    load = min(known, key=_peak_rate)
    plasma = units.size(load.plasma_rate, "mL/kg/min")
    parts = {
        "anticoagulant": bool(size_of(load.from_anticoagulant, "mmol")),
        "plasma while it runs": bool(plasma),
    }
    sources = " and ".join(part for part, brings in parts.items() if brings)
    assumed = RUN_TIME_NOT_GIVEN.get(time.origin, "")
    amount = min(map(_citrate_of, known)) / weight
    return found._replace(
        rate=_peak_rate(load),
        comes_from=f"{sources}{assumed}",
        plasma_rate=plasma or None,
        plasma_share=100 * chosen.plasma[load.fluid][0] / chosen.volume,
        amount=amount,
        amount_words=f"{units.number(amount, 2)} mmol/kg in the session and "
        f"{units.number(_peak_rate(load), 2)} mg/kg/min from {sources}{assumed}",
        flow_words=_flow_words(plasma * weight, _peak_rate(load), facts),
    )


def _flow_words(plasma: float, rate: float, facts: Facts) -> str:
    """The plasma flow in mL/min, and the slower ones that bring the citrate rate to its limits.

    Anticoagulant runs in proportion to the flow, so the rate does too. A limit above the rate is
    left out: it would name a flow at which the plasma runs faster.
    """
    if not plasma or not rate:
        return ""
    names = ["citrate-studied", *(["citrate-liver"] if facts.findings.liver_failure else [])]
    limits = dict.fromkeys(facts.high(name) for name in names)
    brings = " and ".join(
        f"{_flow(plasma * limit / rate)} brings it to {units.number(limit)} mg/kg/min"
        for limit in limits
        if at_least(rate, limit)
    )
    return f". Plasma runs at {_flow(plasma)}{words_if(brings, f'; {brings}')}"


def _flow(value: float) -> str:
    return f"{units.number(value, 1)} mL/min"


def implied_by_plasma(citrate: CitrateFacts) -> frozenset[str]:
    """Inputs of the device without which the rules on citrate fire by plasma alone."""
    return frozenset(DEVICE_FOR_CITRATE if citrate.plasma_rate is not None else ())


def _citrate_of(load: CitrateLoad) -> float:
    """Citrate of the session in mmol."""
    plasma: Any = load.from_plasma
    return units.size(plasma.typical, "mmol") + (size_of(load.from_anticoagulant, "mmol") or 0.0)


def _peak_rate(load: CitrateLoad) -> float:
    peak: Any = load.peak_rate
    return units.size(peak.typical, "mg/kg/min")
