"""Patients and orders for tests, in a host program's own registry."""

from pexcalc import Order, Patient
from tests.conftest import HOST

Q = HOST.Quantity


def patient(**changes):
    """The patient of the README, with changes; a change to None takes the input away."""
    inputs = {"sex": "male", "age": Q(23, "year"), "height": Q(172, "cm"), "weight": Q(65, "kg")}
    inputs["hematocrit"] = 0.27
    inputs.update(changes)
    return Patient(**{name: value for name, value in inputs.items() if value is not None})


def order(dose=None, indication="crs-car-t", **changes):
    """The order of the README, with changes to the order or, by name, to the patient."""
    own = {name: changes.pop(name) for name in Order.model_fields if name in changes}
    dose = dose or {"exchange_volume": Q(3000, "mL")}
    return Order(indication=indication, patient=patient(**changes), dose=dose, **own)


def wire(**changes):
    """The README's order as JSON; a change is the whole value of a field of patient or order."""
    body = {"age": (23, "a"), "height": (172, "cm"), "weight": (65, "kg"), "hematocrit": (27, "%")}
    values = {name: {"value": value, "unit": unit} for name, (value, unit) in body.items()}
    data = {"indication": "crs-car-t", "patient": {"sex": "male", **values}}
    data["dose"] = {"exchange_volume": {"value": 3000, "unit": "mL"}}
    for name, value in changes.items():
        (data["patient"] if name in Patient.model_fields else data)[name] = value
    return data


def codes(cautions):
    return [caution.code for caution in cautions]
