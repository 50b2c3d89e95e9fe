"""The circuit: blood to process, anticoagulant and where it goes, run time, citrate, filtration, circuit volume.

Formulas for a centrifuge and for a membrane separator, and `plan_circuit`, which puts those of a centrifuge together.
Device values are inputs: none is assumed. The removal efficiency changes time and blood processed, never what an
exchange volume removes.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

from pexcalc import units
from pexcalc.dose import EXCHANGE, MULTIPLE
from pexcalc.dose import exchange_volume as exchange_volume_of
from pexcalc.formula import Choice, In, Value, first_quantity, formula, give, highest
from pexcalc.patient import ANY_WEIGHT, STATED_VOLUME
from pexcalc.quantity import Basis, HoursResult, Measured, Number, Record, Text, VolumeResult, work
from pexcalc.turnover import RUN_TIME
from pexcalc.units import QuantityError
from pexcalc.volume import plasma_volume

BLOOD = In("mL", 5, 500_000)
HEMATOCRIT = In("1", 0.06, 0.75, "%")
EFFICIENCY = In("1", 0.3, 1, "%")
RATIO = In("1", 5, 40, slips=(10,), usual=(8, 16))
FLOW = In("mL/min", 5, 250, likely=("mL/min", "mL/h"))
FLUID = In("mL", 0, 80_000)
CITRATE = In("mmol/L", 0, 500)
RATIO_MEANING = Choice(("inlet-to-anticoagulant", "blood-to-anticoagulant"))
RatioMeaning = Literal["inlet-to-anticoagulant", "blood-to-anticoagulant"]

FlowResult = Annotated[Any, Measured("mL/min", result=True)]
AmountResult = Annotated[Any, Measured("mmol", result=True)]
CitrateRateResult = Annotated[Any, Measured("mg/kg/min", result=True)]

_CENTRIFUGE = "a centrifuge, continuous flow"
_IN_PLASMA = "the anticoagulant is taken to stay in plasma"


@formula(
    "mL", "exchange_volume/((1 - hematocrit)*plasma_removal_efficiency)",
    source="terumo-ordering", tag="derived", validity=_CENTRIFUGE, error="that of the removal efficiency",
    exchange_volume=EXCHANGE, hematocrit=HEMATOCRIT, plasma_removal_efficiency=EFFICIENCY,
)  # fmt: skip
def blood_to_process(exchange_volume: Value, hematocrit: Value, plasma_removal_efficiency: Value) -> Value:
    """Whole blood to process, anticoagulant not counted, for an exchange volume of patient plasma.

    Parameters: exchange_volume, hematocrit, plasma_removal_efficiency (plasma removed over plasma processed, 30 to 100
    %, a value of the device); scalars or arrays. Returns: volume in mL. Raises QuantityError. Source: terumo-ordering
    (derived).

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
    source="optia-exchange", tag="source", validity=_CENTRIFUGE, error="none known",
    blood_processed=BLOOD, ratio=RATIO, ratio_meaning=RATIO_MEANING,
)  # fmt: skip
def anticoagulant_used(blood_processed: Value, ratio: Value, ratio_meaning: RatioMeaning) -> Value:
    """Anticoagulant that runs into the circuit.

    Parameters: blood_processed (whole blood, anticoagulant not counted), ratio (5 to 40), ratio_meaning
    ("inlet-to-anticoagulant": the inlet already contains the anticoagulant, as on the Spectra Optia; or
    "blood-to-anticoagulant"); never defaulted. Scalars or arrays. Returns: volume in mL. Raises QuantityError. Source:
    optia-exchange (source).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(anticoagulant_used(Q(5379.3, "mL"), 12, "inlet-to-anticoagulant").m_as("mL"), 1)
    489.0
    """
    return blood_processed / (ratio - 1 if ratio_meaning == "inlet-to-anticoagulant" else ratio)


@formula(
    "mL", "anticoagulant_used*(1 - plasma_removal_efficiency)",
    source="optia-exchange", tag="derived", validity=_CENTRIFUGE, error=_IN_PLASMA,
    anticoagulant_used=FLUID, plasma_removal_efficiency=EFFICIENCY,
)  # fmt: skip
def anticoagulant_to_patient(anticoagulant_used: Value, plasma_removal_efficiency: Value) -> Value:
    """Anticoagulant that returns to the patient; the rest leaves with the plasma.

    Parameters: anticoagulant_used, plasma_removal_efficiency; scalars or arrays. Returns: volume in mL. Raises
    QuantityError. Source: optia-exchange (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(anticoagulant_to_patient(Q(489.0, "mL"), 0.87).m_as("mL"), 1)
    63.6
    """
    return anticoagulant_used * (1 - plasma_removal_efficiency)


@formula(
    "mL", "exchange_volume + anticoagulant_used*plasma_removal_efficiency",
    source="optia-exchange", tag="derived", validity=_CENTRIFUGE, error=_IN_PLASMA,
    exchange_volume=EXCHANGE, anticoagulant_used=FLUID, plasma_removal_efficiency=EFFICIENCY,
)  # fmt: skip
def remove_bag(exchange_volume: Value, anticoagulant_used: Value, plasma_removal_efficiency: Value) -> Value:
    """Volume in the remove bag: patient plasma and the anticoagulant that leaves with it.

    Parameters: exchange_volume (patient plasma), anticoagulant_used, plasma_removal_efficiency; scalars or arrays.
    Returns: volume in mL. Raises QuantityError. Source: optia-exchange (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(remove_bag(Q(3369.6, "mL"), Q(489.03, "mL"), 0.87).m_as("mL"), 1)
    3795.1
    """
    return exchange_volume + anticoagulant_used * plasma_removal_efficiency


@formula(
    "min", "(blood_processed + anticoagulant_used)/inlet_flow",
    source="optia-exchange", tag="derived", validity="at a steady inlet flow, set-up not counted",
    error="alarms and pauses are not counted",
    blood_processed=BLOOD, anticoagulant_used=FLUID, inlet_flow=FLOW,
)  # fmt: skip
def run_time(blood_processed: Value, anticoagulant_used: Value, inlet_flow: Value) -> Value:
    """Run time of the exchange, without set-up.

    Parameters: blood_processed, anticoagulant_used, inlet_flow (blood and anticoagulant together, 5 to 250 mL/min);
    scalars or arrays. Returns: time in min. Raises QuantityError. Source: optia-exchange (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(run_time(Q(5379.3, "mL"), Q(489.0, "mL"), Q(60, "mL/min")).m_as("min"), 1)
    97.8
    """
    return (blood_processed + anticoagulant_used) / inlet_flow


@formula(
    "mmol", "(anticoagulant_to_patient*citrate_concentration + plasma_given*plasma_citrate)/1000",
    source="citrate-arithmetic", tag="derived", validity="an upper bound of what stays in the patient",
    error="part of it leaves with later plasma or is metabolised",
    anticoagulant_to_patient=FLUID, citrate_concentration=CITRATE, plasma_given=FLUID, plasma_citrate=CITRATE,
)  # fmt: skip
def citrate_load(
    anticoagulant_to_patient: Value, citrate_concentration: Value, plasma_given: Value, plasma_citrate: Value
) -> Value:
    """Citrate that an exchange gives to the patient, from anticoagulant and from plasma as replacement fluid.

    Parameters: anticoagulant_to_patient, citrate_concentration (of the anticoagulant; ACD-A 112.8 mmol/L), plasma_given
    (volume of plasma as fluid), plasma_citrate (of that plasma; 19 to 25 mmol/L); scalars or arrays. Returns: amount in
    mmol, an upper bound. Raises QuantityError. Source: citrate-arithmetic (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> none = Q(0, "mL"), Q(0, "mmol/L")
    >>> round(citrate_load(Q(63.57, "mL"), Q(112.8, "mmol/L"), *none).m_as("mmol"), 2)
    7.17
    """
    return (anticoagulant_to_patient * citrate_concentration + plasma_given * plasma_citrate) / 1000


@formula(
    "mg/kg/min", "citrate_load*189.1/(weight*run_time)",
    source="citrate-arithmetic", tag="derived", validity="mean over the run; an upper bound",
    error="part of it leaves with later plasma or is metabolised",
    citrate_load=In("mmol", 0, 10_000), weight=ANY_WEIGHT, run_time=In("min", 5, 1440, likely=("min", "h")),
)  # fmt: skip
def citrate_rate(citrate_load: Value, weight: Value, run_time: Value) -> Value:
    """Mean citrate rate of an exchange per kg (citrate ion, 189.1 g/mol).

    Parameters: citrate_load (amount), weight, run_time; scalars or arrays. Returns: mass per kg and minute in
    mg/kg/min. Raises QuantityError. Donors have no symptoms below 1.08 mg/kg/min. Source: citrate-arithmetic (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(citrate_rate(Q(7.17, "mmol"), Q(62, "kg"), Q(97.8, "min")).m_as("mg/kg/min"), 2)
    0.22
    """
    return citrate_load * 189.1 / (weight * run_time)


# --- membrane separators ----------------------------------------------------------------------------------------------


@formula(
    "1", "plasma_flow/(blood_flow*(1 - hematocrit))",
    source="filtration-arithmetic", tag="derived", validity="a membrane plasma separator", error="none known",
    plasma_flow=In("mL/min", 0, 250), blood_flow=FLOW, hematocrit=HEMATOCRIT,
)  # fmt: skip
def filtration_fraction(plasma_flow: Value, blood_flow: Value, hematocrit: Value) -> Value:
    """Share of the plasma that a membrane takes out in one pass.

    Parameters: plasma_flow (removed), blood_flow, hematocrit; scalars or arrays. Returns: plain fraction. Raises
    QuantityError where more would be removed than flows in. Source: filtration-arithmetic (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(filtration_fraction(Q(36, "mL/min"), Q(120, "mL/min"), 0.28), 3)
    0.417
    """
    fraction = plasma_flow / (blood_flow * (1 - hematocrit))
    if highest(fraction) >= 1:
        raise QuantityError("plasma_flow", "a flow that leaves no plasma", "less than blood flow x (1 - hematocrit)")
    return fraction


@formula(
    "1", "hematocrit/(1 - plasma_flow/blood_flow)",
    source="filtration-arithmetic", tag="derived", validity="behind a membrane, before the fluid is mixed in",
    error="none known", hematocrit=HEMATOCRIT, plasma_flow=In("mL/min", 0, 250), blood_flow=FLOW,
)  # fmt: skip
def post_filter_hematocrit(hematocrit: Value, plasma_flow: Value, blood_flow: Value) -> Value:
    """Hematocrit behind a membrane separator, before replacement fluid is mixed in.

    Parameters: hematocrit, plasma_flow (removed), blood_flow; scalars or arrays. Returns: plain fraction. Raises
    QuantityError where more would be removed than flows in. Source: filtration-arithmetic (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(post_filter_hematocrit(0.28, Q(36, "mL/min"), Q(120, "mL/min")), 3)
    0.4
    """
    filtration_fraction.kernel(plasma_flow, blood_flow, hematocrit)
    return hematocrit / (1 - plasma_flow / blood_flow)


# --- circuit volume ---------------------------------------------------------------------------------------------------


@formula(
    "1", "blood_volume*hematocrit/(blood_volume + circuit_volume)",
    source="filtration-arithmetic", tag="derived", validity="the prime is given to the patient", error="none known",
    blood_volume=STATED_VOLUME, hematocrit=HEMATOCRIT, circuit_volume=In("mL", 0, 2000),
)  # fmt: skip
def hematocrit_with_prime(blood_volume: Value, hematocrit: Value, circuit_volume: Value) -> Value:
    """Hematocrit during the exchange when the priming fluid is given to the patient.

    Parameters: blood_volume, hematocrit, circuit_volume (extracorporeal, a value of the set); scalars or arrays.
    Returns: plain fraction. Raises QuantityError. Source: filtration-arithmetic (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(hematocrit_with_prime(Q(3900, "mL"), 0.28, Q(141, "mL")), 3)
    0.27
    """
    return blood_volume * hematocrit / (blood_volume + circuit_volume)


# --- one plan for a centrifuge ----------------------------------------------------------------------------------------


class Circuit(Record):
    """What a centrifuge run comes to.

    `remove_bag` holds `exchange_volume` of patient plasma, a share of `plasma_share_of_bag`: an order in bag volume is
    not one in plasma. `citrate_from_anticoagulant` and `citrate_rate` count what reaches the patient with the
    anticoagulant, not with plasma as fluid; they are None without the citrate of the anticoagulant or a weight.
    """

    exchange_volume: VolumeResult
    blood_processed: VolumeResult
    blood_volumes_processed: Number
    ratio: Number
    ratio_meaning: Text
    anticoagulant_used: VolumeResult
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

    basis: dict[str, Basis]


class RunTime(Record):
    """How long the session lasts, and how that is known: ordered, from the circuit, or assumed."""

    duration: HoursResult
    origin: Literal["ordered", "circuit", "assumed"]


# Hours for one plasma volume where no duration was ordered and no circuit is known. Judgement: centrifuges take 94 to
# 100 minutes (kim-2015), sessions 120 to 135.
ASSUMED_HOURS = 2.0


def time_of(
    ordered: Any, circuit: Circuit | None, plasma_volumes: float, basis: dict[str, Basis], make: Any
) -> RunTime:
    """The duration that was ordered, or that of the circuit, or one that is assumed and says so."""
    if ordered is not None:
        return RunTime(duration=give(make, units.size(ordered, "h"), "h"), origin="ordered")
    if circuit is not None:
        return RunTime(duration=circuit.run_time, origin="circuit")
    hours = ASSUMED_HOURS * plasma_volumes
    text = f"{units.number(ASSUMED_HOURS, 1)} h x {units.number(plasma_volumes, 4)} = {units.number(hours, 3)} h"
    basis["run_time"] = Basis(
        formula="assumed duration", text=f"{text} [kim-2015, judgement]", inputs={}, sources=("kim-2015",)
    )
    return RunTime(duration=give(make, hours, "h"), origin="assumed")


def plan_circuit(
    blood_volume: Any, hematocrit: Any, plasma_volumes: Any, inlet_flow: Any, inlet_to_anticoagulant: Any = None,
    plasma_removal_efficiency: Any = None, *, blood_to_anticoagulant: Any = None, citrate_concentration: Any = None,
    weight: Any = None,
) -> CircuitPlan:  # fmt: skip
    """The arithmetic of one exchange on a centrifuge.

    Parameters: blood_volume, hematocrit, plasma_volumes, inlet_flow (blood and anticoagulant together), one of
    inlet_to_anticoagulant (the inlet contains the anticoagulant, as on the Spectra Optia) and blood_to_anticoagulant,
    plasma_removal_efficiency (a value of the device: there is no default); citrate_concentration (of the anticoagulant,
    ACD-A 112.8 mmol/L) and weight for the citrate. Scalars. Returns CircuitPlan. Raises QuantityError. Sources:
    optia-exchange, terumo-ordering, citrate-arithmetic.

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> plan = plan_circuit(Q(3900, "mL"), 0.28, 1.2, Q(60, "mL/min"), 12, 0.87)
    >>> round(plan.blood_processed.m_as("mL"), 1), round(plan.run_time.m_as("min"), 1)
    (5379.3, 97.8)
    """
    if (inlet_to_anticoagulant is None) == (blood_to_anticoagulant is None):
        came = "nothing" if inlet_to_anticoagulant is None else "both"
        raise QuantityError("ratio", came, "one of inlet_to_anticoagulant and blood_to_anticoagulant")
    meaning: RatioMeaning = "blood-to-anticoagulant" if inlet_to_anticoagulant is None else "inlet-to-anticoagulant"
    name = meaning.replace("-", "_")
    ratio = RATIO.one(name, inlet_to_anticoagulant if blood_to_anticoagulant is None else blood_to_anticoagulant)
    blood, cells = STATED_VOLUME.one("blood_volume", blood_volume), HEMATOCRIT.one("hematocrit", hematocrit)
    multiple = MULTIPLE.one("plasma_volumes", plasma_volumes)
    flow = FLOW.one("inlet_flow", inlet_flow)
    efficiency = EFFICIENCY.one("plasma_removal_efficiency", plasma_removal_efficiency)
    basis: dict[str, Basis] = {}
    plasma = work(basis, "circuit.plasma_volume", plasma_volume, blood_volume=blood, hematocrit=cells)
    exchanged = work(
        basis, "circuit.exchange_volume", exchange_volume_of, plasma_volume=plasma, plasma_volumes=multiple
    )
    given = Given(
        flow, ratio, meaning, efficiency,
        None if citrate_concentration is None else CITRATE.one("citrate_concentration", citrate_concentration),
        None if weight is None else ANY_WEIGHT.one("weight", weight),
    )  # fmt: skip
    circuit = work_out(exchanged, blood, cells, given, basis, first_quantity(blood_volume))
    return CircuitPlan(**{name: getattr(circuit, name) for name in Circuit.model_fields}, basis=basis)


class Given(NamedTuple):
    """The device's values as plain numbers: flow in mL/min, citrate of the anticoagulant in mmol/L, weight in kg."""

    flow: float
    ratio: float
    meaning: RatioMeaning
    efficiency: float
    citrate: float | None
    weight: float | None


def work_out(exchanged: float, blood: float, cells: float, given: Given, basis: dict[str, Basis], make: Any) -> Circuit:
    """The circuit step, for an exchange volume and a blood volume in mL; notes in `basis` how it came about."""
    flow, ratio, meaning, efficiency, concentration, weight = given
    processed = work(basis, "circuit.blood_processed", blood_to_process, exchange_volume=exchanged, hematocrit=cells,
                     plasma_removal_efficiency=efficiency)  # fmt: skip
    used = work(basis, "circuit.anticoagulant_used", anticoagulant_used, blood_processed=processed, ratio=ratio,
                ratio_meaning=meaning)  # fmt: skip
    returned = work(basis, "circuit.anticoagulant_to_patient", anticoagulant_to_patient, anticoagulant_used=used,
                    plasma_removal_efficiency=efficiency)  # fmt: skip
    bag = work(basis, "circuit.remove_bag", remove_bag, exchange_volume=exchanged, anticoagulant_used=used,
               plasma_removal_efficiency=efficiency)  # fmt: skip
    minutes = work(basis, "circuit.run_time", run_time, blood_processed=processed, anticoagulant_used=used,
                   inlet_flow=flow)  # fmt: skip
    if not RUN_TIME.holds(minutes / 60):
        came = f"{units.label(round(flow, 3), 'mL/min')}, a run time of {units.label(round(minutes, 1), 'min')}"
        raise QuantityError("inlet_flow", came, "a flow that gives a run time of 15 min to 12 h")
    citrate = rate = None
    if concentration is not None and weight is not None:
        citrate = work(
            basis, "circuit.citrate_from_anticoagulant", citrate_load, anticoagulant_to_patient=returned,
            citrate_concentration=concentration, plasma_given=0.0,
            plasma_citrate=0.0,
        )  # fmt: skip
        rate = work(basis, "circuit.citrate_rate", citrate_rate, citrate_load=citrate, weight=weight, run_time=minutes)
    return Circuit(
        exchange_volume=give(make, exchanged, "mL"),
        blood_processed=give(make, processed, "mL"),
        blood_volumes_processed=processed / blood,
        ratio=ratio,
        ratio_meaning=meaning,
        anticoagulant_used=give(make, used, "mL"),
        inlet_volume=give(make, processed + used, "mL"),
        anticoagulant_to_patient=give(make, returned, "mL"),
        anticoagulant_in_bag=give(make, used - returned, "mL"),
        remove_bag=give(make, bag, "mL"),
        plasma_share_of_bag=exchanged / bag,
        run_time=give(make, minutes / 60, "h"),
        plasma_removal_rate=give(make, exchanged / minutes, "mL/min"),
        citrate_from_anticoagulant=None if citrate is None else give(make, citrate, "mmol"),
        citrate_rate=None if rate is None else give(make, rate, "mg/kg/min"),
    )
