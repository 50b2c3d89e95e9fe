"""Patients and orders for tests, in a host program's own registry."""

from pexcalc import Order, Patient
from tests.conftest import HOST

Q = HOST.Quantity


def patient(**changes):
    """The patient of the README, with changes; a change to None takes the input away."""
    inputs = {
        "sex": "male",
        "age": Q(23, "year"),
        "height": Q(172, "cm"),
        "weight": Q(65, "kg"),
        "hematocrit": 0.27,
    }
    inputs.update(changes)
    return Patient(**{name: value for name, value in inputs.items() if value is not None})


def order(dose=None, indication="crs-car-t", **changes):
    """The order of the README, with changes to the order (`dose`, `confirmed`, ...) or, by name, to the patient."""
    fields = {
        "label",
        "ordered_at",
        "limits",
        "confirmed",
        "overrides",
        "solutes",
        "panel",
        "device",
        "fluid",
        "labs",
    }
    fields |= {"findings", "course", "calcium", "drugs", "products"}
    of_order = {name: value for name, value in changes.items() if name in fields}
    of_patient = {name: value for name, value in changes.items() if name not in fields}
    dose = dose or {"exchange_volume": Q(3000, "mL")}
    return Order(indication=indication, patient=patient(**of_patient), dose=dose, **of_order)


def wire(**changes):
    """The README's order as JSON holds it; a change is the whole value of a field of the patient or the order."""
    data = {
        "indication": "crs-car-t",
        "patient": {
            "sex": "male",
            "age": {"value": 23, "unit": "a"},
            "height": {"value": 172, "unit": "cm"},
            "weight": {"value": 65, "unit": "kg"},
            "hematocrit": {"value": 27, "unit": "%"},
        },
        "dose": {"exchange_volume": {"value": 3000, "unit": "mL"}},
    }
    for name, value in changes.items():
        if name in Patient.model_fields:
            data["patient"][name] = value
        else:
            data[name] = value
    return data


def codes(cautions):
    return [caution.code for caution in cautions]
