"""The circuit against the patient's blood, its prime, and the totals of the end screen."""

from pexcalc.exchange.membrane import RunValues
from pexcalc.order.fields import ANY_HEMATOCRIT, CIRCUIT_VOLUME, STATED_VOLUME
from pexcalc.quantities.annotations import VolumeResult
from pexcalc.quantities.argument import lowest
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import Value, formula
from pexcalc.quantities.record import Number, Result, Text
from pexcalc.quantities.working import Recorder


@formula(
    "1",
    "blood_volume*hematocrit/(blood_volume + circuit_volume)",
    source="filtration-arithmetic",
    tag="derived",
    validity="the prime is given to the patient",
    error="none known",
    blood_volume=STATED_VOLUME,
    hematocrit=ANY_HEMATOCRIT,
    circuit_volume=CIRCUIT_VOLUME,
)
def hematocrit_with_prime(blood_volume: Value, hematocrit: Value, circuit_volume: Value) -> Value:
    """Hematocrit during the exchange when the priming fluid is given to the patient.

    Parameters
    ----------
    blood_volume : Quantity, scalar or array
        Total blood volume; 5 to 25,000 mL.
    hematocrit : float, Quantity or array
        Hematocrit, venous, the latest before the exchange; 6 to 75 %.
    circuit_volume : Quantity, scalar or array
        Extracorporeal volume, a value of the set; 0 to 2,000 mL.

    Returns
    -------
    float or array
        Fraction.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(hematocrit_with_prime(Q(3900, "mL"), 0.28, Q(141, "mL")), 3)
    0.27
    """
    return blood_volume * hematocrit / (blood_volume + circuit_volume)


@formula(
    "1",
    "(blood_volume*hematocrit - circuit_red_cells)/blood_volume",
    source="filtration-arithmetic",
    tag="derived",
    validity="red cells held in the circuit, their volume replaced 1:1",
    error="none known",
    blood_volume=STATED_VOLUME,
    hematocrit=ANY_HEMATOCRIT,
    circuit_red_cells=CIRCUIT_VOLUME,
)
def hematocrit_with_cells_held(
    blood_volume: Value, hematocrit: Value, circuit_red_cells: Value
) -> Value:
    """Hematocrit during the exchange while the circuit holds red cells whose volume was replaced.

    Parameters
    ----------
    blood_volume : Quantity, scalar or array
        Total blood volume; 5 to 25,000 mL.
    hematocrit : float, Quantity or array
        Hematocrit, venous, the latest before the exchange; 6 to 75 %.
    circuit_red_cells : Quantity, scalar or array
        Volume of red cells that the circuit holds, a value of the set; 0 to 2,000 mL.

    Returns
    -------
    float or array
        Fraction.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range; where the
        circuit would hold all of the patient's red cells.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(hematocrit_with_cells_held(Q(3900, "mL"), 0.28, Q(100, "mL")), 4)
    0.2544
    """
    left = (blood_volume * hematocrit - circuit_red_cells) / blood_volume
    if lowest(left) <= 0:
        raise QuantityError(
            "circuit_red_cells",
            "all of the patient's red cells or more",
            "less than the patient has",
            kind="range",
        )
    return left


@formula(
    "1",
    "circuit_volume/blood_volume",
    source="filtration-arithmetic",
    tag="derived",
    validity="any circuit",
    error="that of the blood volume",
    circuit_volume=CIRCUIT_VOLUME,
    blood_volume=STATED_VOLUME,
)
def circuit_share(circuit_volume: Value, blood_volume: Value) -> Value:
    """Volume of the circuit as a share of the blood volume.

    Parameters
    ----------
    circuit_volume : Quantity, scalar or array
        Extracorporeal volume, a value of the set; 0 to 2,000 mL.
    blood_volume : Quantity, scalar or array
        Total blood volume; 5 to 25,000 mL.

    Returns
    -------
    float or array
        Fraction.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(circuit_share(Q(141, "mL"), Q(3900, "mL")), 3)
    0.036
    """
    return circuit_volume / blood_volume


class CircuitVolume(Result):
    """The volume of the circuit against the patient's blood; hematocrits where known."""

    volume: VolumeResult
    share: Number
    prime: Text | None
    hematocrit_with_prime: Number | None
    hematocrit_with_cells_held: Number | None


CircuitVolume.__module__ = "pexcalc"


class Totals(Result):
    """The figures of a device's end screen, under its names; None where the values are missing."""

    plasma_removed: VolumeResult
    replacement: VolumeResult
    anticoagulant_used: VolumeResult | None
    anticoagulant_to_patient: VolumeResult | None
    anticoagulant_in_bag: VolumeResult | None
    remove_bag: VolumeResult | None
    rinseback: VolumeResult | None
    balance: VolumeResult | None
    balance_percent: Number


Totals.__module__ = "pexcalc"


def volume_of_circuit(
    volume: float,
    cells_held: float | None,
    prime: str | None,
    blood: float,
    hematocrit: float,
    record: Recorder,
) -> CircuitVolume:
    """The circuit volume step. A prime that is not given to the patient does not dilute them."""
    share = record.run(
        "circuit_volume.share", circuit_share, circuit_volume=volume, blood_volume=blood
    )
    diluted = held = None
    if prime in ("saline", "albumin"):
        diluted = record.run(
            "circuit_volume.hematocrit_with_prime",
            hematocrit_with_prime,
            blood_volume=blood,
            hematocrit=hematocrit,
            circuit_volume=volume,
        )
    if cells_held is not None:
        held = record.run(
            "circuit_volume.hematocrit_with_cells_held",
            hematocrit_with_cells_held,
            blood_volume=blood,
            hematocrit=hematocrit,
            circuit_red_cells=cells_held,
        )
    return CircuitVolume.model_construct(
        volume=record.quantity(volume, "mL"),
        share=share,
        prime=prime,
        hematocrit_with_prime=diluted,
        hematocrit_with_cells_held=held,
    )


def totals(
    removed: float,
    replaced: float,
    run: RunValues | None,
    rinseback: float | None,
    heparin: bool,
    record: Recorder,
) -> Totals:
    """Totals under the names of a device's end screen; the run is that of the device, or None.

    Heparin adds a few mL, which are not counted; citrate counts once it is known.
    """
    to_patient = 0.0 if heparin else run and run.to_patient
    balance = None
    if to_patient is not None:
        balance = replaced + to_patient + (rinseback or 0.0) - removed
    return Totals.model_construct(
        plasma_removed=record.quantity(removed, "mL"),
        replacement=record.quantity(replaced, "mL"),
        anticoagulant_used=record.optional(run and run.used, "mL"),
        anticoagulant_to_patient=record.optional(run and run.to_patient, "mL"),
        anticoagulant_in_bag=record.optional(run and run.in_bag, "mL"),
        remove_bag=record.optional(run and run.remove_bag, "mL"),
        rinseback=record.optional(rinseback, "mL"),
        balance=record.optional(balance, "mL"),
        balance_percent=100 * replaced / removed,
    )
