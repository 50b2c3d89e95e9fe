"""The circuit of a centrifuge: blood to process, anticoagulant and where it goes, remove bag, run time.

Device values are inputs: none is assumed. The removal efficiency changes time and blood processed,
never what an exchange volume removes.
"""

from typing import Any, Literal, NamedTuple

from pexcalc.exchange.citrate import AmountResult, CitrateRateResult, citrate_load, citrate_rate
from pexcalc.exchange.dose import EXCHANGE
from pexcalc.exchange.dose import exchange_volume as exchange_volume_of
from pexcalc.exchange.membrane import FlowResult
from pexcalc.exchange.volume import plasma_volume
from pexcalc.order.fields import (
    ANY_HEMATOCRIT,
    ANY_WEIGHT,
    CITRATE,
    EFFICIENCY,
    FLOW,
    FLUID,
    MULTIPLE,
    RATIO,
    RATIO_MEANING,
    RUN_TIME,
    STATED_VOLUME,
    RatioMeaning,
)
from pexcalc.quantities import units
from pexcalc.quantities.annotations import HoursResult, VolumeResult
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import Value, first_quantity, formula, give
from pexcalc.quantities.record import Fixed, Number, Result, Text
from pexcalc.quantities.working import Basis, arithmetic, note, work

BLOOD = In("mL", 5, 500_000)


_CENTRIFUGE = "a centrifuge, continuous flow"
_IN_PLASMA = "the anticoagulant is taken to stay in plasma"


@formula(
    "mL",
    "exchange_volume/((1 - hematocrit)*plasma_removal_efficiency)",
    source="terumo-ordering",
    tag="derived",
    validity=_CENTRIFUGE,
    error="that of the removal efficiency",
    exchange_volume=EXCHANGE,
    hematocrit=ANY_HEMATOCRIT,
    plasma_removal_efficiency=EFFICIENCY,
)
def blood_to_process(
    exchange_volume: Value, hematocrit: Value, plasma_removal_efficiency: Value
) -> Value:
    """Whole blood to process, anticoagulant not counted, for an exchange volume of patient plasma.

    Parameters: exchange_volume, hematocrit, plasma_removal_efficiency (plasma removed over plasma
    processed, 30 to 100 %, a value of the device); scalars or arrays. Returns: volume in mL. Raises
    QuantityError. Source: terumo-ordering (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(blood_to_process(Q(3369.6, "mL"), 0.28, 0.87).m_as("mL"), 1)
    5379.3
    """
    return exchange_volume / ((1 - hematocrit) * plasma_removal_efficiency)


@formula(
    "mL",
    {
        "ratio_meaning == 'inlet-to-anticoagulant'": "blood_processed/(ratio - 1)",
        "ratio_meaning == 'blood-to-anticoagulant'": "blood_processed/ratio",
    },
    source="optia-exchange",
    tag="source",
    validity=_CENTRIFUGE,
    error="none known",
    blood_processed=BLOOD,
    ratio=RATIO,
    ratio_meaning=RATIO_MEANING,
)
def anticoagulant_used(blood_processed: Value, ratio: Value, ratio_meaning: RatioMeaning) -> Value:
    """Anticoagulant that runs into the circuit.

    Parameters: blood_processed (whole blood, anticoagulant not counted), ratio (5 to 40),
    ratio_meaning ("inlet-to-anticoagulant": the inlet already contains the anticoagulant, as on the
    Spectra Optia; or "blood-to-anticoagulant"); never defaulted. Scalars or arrays. Returns: volume
    in mL. Raises QuantityError. Source: optia-exchange (source).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(anticoagulant_used(Q(5379.3, "mL"), 12, "inlet-to-anticoagulant").m_as("mL"), 1)
    489.0
    """
    return blood_processed / (ratio - 1 if ratio_meaning == "inlet-to-anticoagulant" else ratio)


@formula(
    "mL",
    "anticoagulant_used*(1 - plasma_removal_efficiency)",
    source="optia-exchange",
    tag="derived",
    validity=_CENTRIFUGE,
    error=_IN_PLASMA,
    anticoagulant_used=FLUID,
    plasma_removal_efficiency=EFFICIENCY,
)
def anticoagulant_to_patient(anticoagulant_used: Value, plasma_removal_efficiency: Value) -> Value:
    """Anticoagulant that returns to the patient; the rest leaves with the plasma.

    Parameters: anticoagulant_used, plasma_removal_efficiency; scalars or arrays. Returns: volume in
    mL. Raises QuantityError. Source: optia-exchange (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(anticoagulant_to_patient(Q(489.0, "mL"), 0.87).m_as("mL"), 1)
    63.6
    """
    return anticoagulant_used * (1 - plasma_removal_efficiency)


@formula(
    "mL",
    "exchange_volume + anticoagulant_used*plasma_removal_efficiency",
    source="optia-exchange",
    tag="derived",
    validity=_CENTRIFUGE,
    error=_IN_PLASMA,
    exchange_volume=EXCHANGE,
    anticoagulant_used=FLUID,
    plasma_removal_efficiency=EFFICIENCY,
)
def remove_bag(
    exchange_volume: Value, anticoagulant_used: Value, plasma_removal_efficiency: Value
) -> Value:
    """Volume in the remove bag: patient plasma and the anticoagulant that leaves with it.

    Parameters: exchange_volume (patient plasma), anticoagulant_used, plasma_removal_efficiency;
    scalars or arrays. Returns: volume in mL. Raises QuantityError. Source: optia-exchange
    (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(remove_bag(Q(3369.6, "mL"), Q(489.03, "mL"), 0.87).m_as("mL"), 1)
    3795.1
    """
    return exchange_volume + anticoagulant_used * plasma_removal_efficiency


@formula(
    "1",
    {
        "ratio_meaning == 'inlet-to-anticoagulant'": "(1 - hematocrit)*(ratio - 1)/((1 - "
        "hematocrit)*(ratio - 1) + 1)",
        "ratio_meaning == 'blood-to-anticoagulant'": "(1 - hematocrit)*ratio/((1 - "
        "hematocrit)*ratio + 1)",
    },
    source="optia-exchange",
    tag="derived",
    validity="any separator; does not depend on its efficiency",
    error=_IN_PLASMA,
    hematocrit=ANY_HEMATOCRIT,
    ratio=RATIO,
    ratio_meaning=RATIO_MEANING,
)
def plasma_share_of_bag(hematocrit: Value, ratio: Value, ratio_meaning: RatioMeaning) -> Value:
    """Share of patient plasma in the remove bag: an order in bag volume times this is one in plasma.

    Parameters: hematocrit, ratio, ratio_meaning; scalars or arrays. Returns: plain fraction. Raises
    QuantityError. Source: optia-exchange (derived).

    >>> round(plasma_share_of_bag(0.28, 12, "inlet-to-anticoagulant"), 3)
    0.888
    """
    parts = (1 - hematocrit) * (ratio - 1 if ratio_meaning == "inlet-to-anticoagulant" else ratio)
    return parts / (parts + 1)


@formula(
    "min",
    "(blood_processed + anticoagulant_used)/inlet_flow",
    source="optia-exchange",
    tag="derived",
    validity="at a steady inlet flow, set-up not counted",
    error="alarms and pauses are not counted",
    blood_processed=BLOOD,
    anticoagulant_used=FLUID,
    inlet_flow=FLOW,
)
def run_time(blood_processed: Value, anticoagulant_used: Value, inlet_flow: Value) -> Value:
    """Run time of the exchange, without set-up.

    Parameters: blood_processed, anticoagulant_used, inlet_flow (blood and anticoagulant together, 5
    to 250 mL/min); scalars or arrays. Returns: time in min. Raises QuantityError. Source:
    optia-exchange (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(run_time(Q(5379.3, "mL"), Q(489.0, "mL"), Q(60, "mL/min")).m_as("min"), 1)
    97.8
    """
    return (blood_processed + anticoagulant_used) / inlet_flow


# --- one plan for a centrifuge --------------------------------------------------------------------


class Circuit(Result):
    """What a centrifuge run comes to.

    `remove_bag` holds `exchange_volume` of patient plasma, a share of `plasma_share_of_bag`: an
    order in bag volume is not one in plasma. `citrate_from_anticoagulant` and `citrate_rate` count
    what reaches the patient with the anticoagulant, not with plasma as fluid; they are None without
    the citrate of the anticoagulant or a weight.
    """

    exchange_volume: VolumeResult
    blood_processed: VolumeResult
    blood_volumes_processed: Number
    ratio: Number
    ratio_meaning: Text
    anticoagulant_used: VolumeResult
    anticoagulant_rate: FlowResult
    inlet_volume: VolumeResult
    anticoagulant_to_patient: VolumeResult
    anticoagulant_in_bag: VolumeResult
    remove_bag: VolumeResult
    plasma_share_of_bag: Number
    run_time: HoursResult
    plasma_removal_rate: FlowResult
    citrate_from_anticoagulant: AmountResult | None
    citrate_rate: CitrateRateResult | None


class CircuitPlan(Circuit):
    """The same with the basis of each figure."""

    basis: Fixed[Basis]


CircuitPlan.__module__ = "pexcalc"


class RunTime(Result):
    """How long the session lasts, and how that is known: ordered, from the circuit, or assumed."""

    duration: HoursResult
    origin: Literal["ordered", "circuit", "assumed"]


# Hours for one plasma volume where no duration was ordered and no circuit is known. Judgement:
# centrifuges take 94 to 100 minutes (kim-2015), sessions 120 to 135.
ASSUMED_HOURS = 2.0  # judgement kim-2015 amicus-trial


def time_of(
    ordered: Any, circuit: Any, plasma_volumes: float, basis: dict[str, Basis], make: Any
) -> RunTime:
    """The duration that was ordered, or that of the circuit or membrane, or one that is assumed and says so."""
    if ordered is not None:
        return RunTime.model_construct(
            duration=give(make, units.size(ordered, "h"), "h"), origin="ordered"
        )
    if circuit is not None:
        return RunTime.model_construct(duration=circuit.run_time, origin="circuit")
    hours = ASSUMED_HOURS * plasma_volumes
    if hours > RUN_TIME.high:
        came = f"nothing, and {units.number(hours, 1)} h would have to be assumed"
        raise QuantityError("duration", came, RUN_TIME.expected, kind="range")
    text = f"{units.number(ASSUMED_HOURS, 1)} h x {units.number(plasma_volumes, 4)} = {units.number(hours, 3)} h"
    note(basis, "run_time", "assumed duration", f"{text} [kim-2015, judgement]", "kim-2015")
    return RunTime.model_construct(duration=give(make, hours, "h"), origin="assumed")


def plan_circuit(
    blood_volume: Any,
    hematocrit: Any,
    plasma_volumes: Any,
    inlet_flow: Any,
    inlet_to_anticoagulant: Any = None,
    plasma_removal_efficiency: Any = None,
    *,
    blood_to_anticoagulant: Any = None,
    citrate_concentration: Any = None,
    weight: Any = None,
) -> CircuitPlan:
    """The arithmetic of one exchange on a centrifuge.

    Parameters: blood_volume, hematocrit, plasma_volumes, inlet_flow (blood and anticoagulant
    together), one of inlet_to_anticoagulant (the inlet contains the anticoagulant, as on the
    Spectra Optia) and blood_to_anticoagulant, plasma_removal_efficiency (a value of the device:
    there is no default); citrate_concentration (of the anticoagulant, ACD-A 112.8 mmol/L) and
    weight for the citrate. Scalars. Returns CircuitPlan. Raises QuantityError. Valid for a
    centrifuge; a membrane separator goes through `prescribe`. Sources: optia-exchange,
    terumo-ordering, citrate-arithmetic.

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> plan = plan_circuit(Q(3900, "mL"), 0.28, 1.2, Q(60, "mL/min"), 12, 0.87)
    >>> round(plan.blood_processed.m_as("mL"), 1), round(plan.run_time.m_as("min"), 1)
    (5379.3, 97.8)
    """
    if (inlet_to_anticoagulant is None) == (blood_to_anticoagulant is None):
        came = "nothing" if inlet_to_anticoagulant is None else "both"
        raise QuantityError(
            "ratio",
            came,
            "one of inlet_to_anticoagulant and blood_to_anticoagulant",
            kind="missing",
        )
    meaning: RatioMeaning = (
        "blood-to-anticoagulant" if inlet_to_anticoagulant is None else "inlet-to-anticoagulant"
    )
    name = meaning.replace("-", "_")
    ratio = RATIO.one(
        name, inlet_to_anticoagulant if blood_to_anticoagulant is None else blood_to_anticoagulant
    )
    blood, cells = (
        STATED_VOLUME.one("blood_volume", blood_volume),
        ANY_HEMATOCRIT.one("hematocrit", hematocrit),
    )
    multiple = MULTIPLE.one("plasma_volumes", plasma_volumes)
    flow = FLOW.one("inlet_flow", inlet_flow)
    efficiency = EFFICIENCY.one("plasma_removal_efficiency", plasma_removal_efficiency)
    basis: dict[str, Basis] = {}
    plasma = work(
        basis, "circuit.plasma_volume", plasma_volume, blood_volume=blood, hematocrit=cells
    )
    exchanged = work(
        basis,
        "circuit.exchange_volume",
        exchange_volume_of,
        plasma_volume=plasma,
        plasma_volumes=multiple,
    )
    given = Given(
        flow,
        ratio,
        meaning,
        efficiency,
        None
        if citrate_concentration is None
        else CITRATE.one("citrate_concentration", citrate_concentration),
        None if weight is None else ANY_WEIGHT.one("weight", weight),
    )
    circuit = work_out(exchanged, blood, cells, given, basis, first_quantity(blood_volume))
    return CircuitPlan.model_construct(
        **{name: getattr(circuit, name) for name in Circuit.model_fields}, basis=basis
    )


class Given(NamedTuple):
    """The device's values as plain numbers: flow in mL/min, citrate of the anticoagulant in mmol/L, weight in kg."""

    flow: float
    ratio: float
    meaning: RatioMeaning
    efficiency: float
    citrate: float | None
    weight: float | None


def work_out(
    exchanged: float, blood: float, cells: float, given: Given, basis: dict[str, Basis], make: Any
) -> Circuit:
    """The circuit step, for an exchange volume and a blood volume in mL; notes in `basis` how it came about."""
    flow, ratio, meaning, efficiency, concentration, weight = given
    processed = work(
        basis,
        "circuit.blood_processed",
        blood_to_process,
        exchange_volume=exchanged,
        hematocrit=cells,
        plasma_removal_efficiency=efficiency,
    )
    used = work(
        basis,
        "circuit.anticoagulant_used",
        anticoagulant_used,
        blood_processed=processed,
        ratio=ratio,
        ratio_meaning=meaning,
    )
    returned = work(
        basis,
        "circuit.anticoagulant_to_patient",
        anticoagulant_to_patient,
        anticoagulant_used=used,
        plasma_removal_efficiency=efficiency,
    )
    bag = work(
        basis,
        "circuit.remove_bag",
        remove_bag,
        exchange_volume=exchanged,
        anticoagulant_used=used,
        plasma_removal_efficiency=efficiency,
    )
    minutes = work(
        basis,
        "circuit.run_time",
        run_time,
        blood_processed=processed,
        anticoagulant_used=used,
        inlet_flow=flow,
    )
    if not RUN_TIME.holds(minutes / 60):
        came = f"{units.label(round(flow, 3), 'mL/min')}, a run time of {units.label(round(minutes, 1), 'min')}"
        raise QuantityError(
            "inlet_flow", came, "a flow that gives a run time of 15 min to 12 h", kind="range"
        )
    citrate = rate = None
    if concentration is not None and weight is not None:
        citrate = work(
            basis,
            "circuit.citrate_from_anticoagulant",
            citrate_load,
            anticoagulant_to_patient=returned,
            citrate_concentration=concentration,
            plasma_given=0.0,
            plasma_citrate=0.0,
        )
        rate = work(
            basis,
            "circuit.citrate_rate",
            citrate_rate,
            citrate_load=citrate,
            weight=weight,
            run_time=minutes,
        )

    def of(name: str, words: str, numbers: tuple[float, ...], result: float, unit: str) -> float:
        return arithmetic(
            basis, f"circuit.{name}", words, numbers, result, unit, "filtration-arithmetic"
        )

    bloods = of("blood_volumes_processed", "{} / {}", (processed, blood), processed / blood, "1")
    anticoagulant_flow = of(
        "anticoagulant_rate", "{} / {}", (used, minutes), used / minutes, "mL/min"
    )
    inlet = of("inlet_volume", "{} + {}", (processed, used), processed + used, "mL")
    in_bag = of("anticoagulant_in_bag", "{} - {}", (used, returned), used - returned, "mL")
    share = of("plasma_share_of_bag", "{} / {}", (exchanged, bag), exchanged / bag, "1")
    pace = of("plasma_removal_rate", "{} / {}", (exchanged, minutes), exchanged / minutes, "mL/min")
    return Circuit.model_construct(
        exchange_volume=give(make, exchanged, "mL"),
        blood_processed=give(make, processed, "mL"),
        blood_volumes_processed=bloods,
        ratio=ratio,
        ratio_meaning=meaning,
        anticoagulant_used=give(make, used, "mL"),
        anticoagulant_rate=give(make, anticoagulant_flow, "mL/min"),
        inlet_volume=give(make, inlet, "mL"),
        anticoagulant_to_patient=give(make, returned, "mL"),
        anticoagulant_in_bag=give(make, in_bag, "mL"),
        remove_bag=give(make, bag, "mL"),
        plasma_share_of_bag=share,
        run_time=give(make, minutes / 60, "h"),
        plasma_removal_rate=give(make, pace, "mL/min"),
        citrate_from_anticoagulant=None if citrate is None else give(make, citrate, "mmol"),
        citrate_rate=None if rate is None else give(make, rate, "mg/kg/min"),
    )


def plasma_in_bag(
    bag: float, cells: float, ratio: float, meaning: RatioMeaning, basis: dict[str, Basis]
) -> float:
    """Patient plasma in mL of an order in bag volume."""
    share = work(
        basis,
        "dose.plasma_share_of_bag",
        plasma_share_of_bag,
        hematocrit=cells,
        ratio=ratio,
        ratio_meaning=meaning,
    )
    text = f"{units.number(bag, 1)} x {units.number(share, 4)} = {units.number(bag * share, 2)} mL"
    note(
        basis,
        "dose.bag_volume",
        "patient plasma in the bag",
        f"{text} [optia-exchange, derived]",
        "optia-exchange",
    )
    return bag * share
