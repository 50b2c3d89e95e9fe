"""The volume of a circuit against the patient's blood, its prime, and the totals of the end screen."""

from typing import Any

from pexcalc.order.fields import ANY_HEMATOCRIT, CIRCUIT_VOLUME, STATED_VOLUME
from pexcalc.quantities import units
from pexcalc.quantities.annotations import VolumeResult
from pexcalc.quantities.argument import lowest
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import Value, formula, give
from pexcalc.quantities.record import Number, Result, Text
from pexcalc.quantities.working import Basis, work


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

    Parameters: blood_volume, hematocrit, circuit_volume (extracorporeal, a value of the set);
    scalars or arrays. Returns: plain fraction. Raises QuantityError. Source: filtration-arithmetic
    (derived).

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

    Parameters: blood_volume, hematocrit, circuit_red_cells (volume, a value of the set); scalars or
    arrays. Returns: plain fraction. Raises QuantityError where the circuit would hold all of the
    patient's red cells. Source: filtration-arithmetic (derived).

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

    Parameters: circuit_volume (extracorporeal, a value of the set), blood_volume; scalars or
    arrays. Returns: plain fraction. Raises QuantityError. Source: filtration-arithmetic (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(circuit_share(Q(141, "mL"), Q(3900, "mL")), 3)
    0.036
    """
    return circuit_volume / blood_volume


class CircuitVolume(Result):
    """The volume of the circuit against the patient's blood; hematocrits during the exchange as far as known."""

    volume: VolumeResult
    share: Number
    prime: Text | None
    hematocrit_with_prime: Number | None
    hematocrit_with_cells_held: Number | None


class Totals(Result):
    """The figures of a device's end screen, under its names, to compare with; None where the values are not entered.

    `balance` is replacement, anticoagulant to the patient and rinseback, less the plasma removed;
    calcium comes on top; `balance_percent` is replacement over plasma removed.
    """

    plasma_removed: VolumeResult
    replacement: VolumeResult
    anticoagulant_used: VolumeResult | None
    anticoagulant_to_patient: VolumeResult | None
    anticoagulant_in_bag: VolumeResult | None
    remove_bag: VolumeResult | None
    rinseback: VolumeResult | None
    balance: VolumeResult | None
    balance_percent: Number


def volume_of_circuit(
    volume: float,
    cells_held: float | None,
    prime: str | None,
    blood: float,
    cells: float,
    basis: dict[str, Basis],
    make: Any,
) -> CircuitVolume:
    """The circuit volume step. A prime that is not given to the patient does not dilute them."""
    share = work(
        basis, "circuit_volume.share", circuit_share, circuit_volume=volume, blood_volume=blood
    )
    diluted = held = None
    if prime in ("saline", "albumin"):
        diluted = work(
            basis,
            "circuit_volume.hematocrit_with_prime",
            hematocrit_with_prime,
            blood_volume=blood,
            hematocrit=cells,
            circuit_volume=volume,
        )
    if cells_held is not None:
        held = work(
            basis,
            "circuit_volume.hematocrit_with_cells_held",
            hematocrit_with_cells_held,
            blood_volume=blood,
            hematocrit=cells,
            circuit_red_cells=cells_held,
        )
    return CircuitVolume.model_construct(
        volume=give(make, volume, "mL"),
        share=share,
        prime=prime,
        hematocrit_with_prime=diluted,
        hematocrit_with_cells_held=held,
    )


def totals(
    removed: float, replaced: float, plan: Any, rinseback: float | None, heparin: bool, make: Any
) -> Totals:
    """Totals under the names of a device's end screen; `plan` is the centrifuge's or the membrane's, or None.

    Heparin adds a few mL, which are not counted; citrate counts once it is known.
    """
    known = {
        name: None
        if plan is None or getattr(plan, name) is None
        else units.size(getattr(plan, name), "mL")
        for name in (
            "anticoagulant_used",
            "anticoagulant_to_patient",
            "anticoagulant_in_bag",
            "remove_bag",
        )
    }
    to_patient = known["anticoagulant_to_patient"]
    if heparin:  # a few mL
        to_patient = 0.0
    balance = None
    if to_patient is not None:
        balance = replaced + to_patient + (rinseback or 0.0) - removed
    volumes = {
        "plasma_removed": removed,
        "replacement": replaced,
        **known,
        "rinseback": rinseback,
        "balance": balance,
    }
    given = {
        name: None if value is None else give(make, value, "mL") for name, value in volumes.items()
    }
    return Totals.model_construct(**given, balance_percent=100 * replaced / removed)
