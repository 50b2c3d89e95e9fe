"""The public classes are known by their public path: in repr, in tracebacks and in pickles."""

import doctest
import pickle
import typing

import pytest

import pexcalc
from pexcalc import QuantityError
from pexcalc.data.indications import indications
from pexcalc.data.limits import limits
from pexcalc.data.solutes import solutes
from tests.support.patients import Q, order

PUBLIC_CLASSES = {
    name: value
    for name in pexcalc.__all__
    if isinstance(value := getattr(pexcalc, name), type)
}  # fmt: skip


LEVEL = {
    "solute": "igg", "session": 1, "when": "before", "level": {"value": 9.1, "unit": "g/L"},
}  # fmt: skip


def full_order(**device):
    """An order with something in every group."""
    wire = {
        "indication": "crs-car-t",
        "dose": {"plasma_volumes": 1.0},
        "fluid": {"choice": "plasma"},
    }
    body = {"age": {"value": 23, "unit": "a"}, "height": {"value": 172, "unit": "cm"}}
    body |= {"weight": {"value": 65, "unit": "kg"}, "hematocrit": {"value": 27, "unit": "%"}}
    signs = {"temperature": {"value": 39, "unit": "Cel"}, "hypotension": False, "vasopressors": []}
    tocilizumab = {"name": "tocilizumab", "when": "before", "time": {"value": 24, "unit": "h"}}
    reason = {"rule": "child-too-small", "reason": "checked by two", "by": "Dr Example"}
    wire |= {
        "patient": {"sex": "male", **body}, "labs": {"fibrinogen": {"value": 2.6, "unit": "g/L"}},
        "crs": {"grade": 3, "scale": "astct-2019"}, "calcium": {"plan": "infusion"}, "device": device,
        "drugs": [tocilizumab], "limits": {"fibrinogen-low": {"low": 1.2, "unit": "g/L"}},
        "products": {"fresh-frozen-plasma": {"fibrinogen": {"value": 2.4, "unit": "g/L"}}},
        "overrides": [reason], "measured": [LEVEL],
        "course": {"interval": {"value": 48, "unit": "h"}, "target_fall": {"value": 70, "unit": "%"}},
    }  # fmt: skip
    signed = {**wire, "crs": {"signs": {**signs, "oxygen_device": "room-air"}}}
    return pexcalc.Order.from_wire(wire), pexcalc.Order.from_wire(signed)


DILUTED = pexcalc.Fluid(
    choice="albumin", albumin="albumin-20", albumin_strength=0.05, diluent="saline"
)
SITE = b"""name = "St. Example"
[limits.fibrinogen-low]
low = "1.2 g/L"
[devices.ours]
like = "spectra-optia"
inlet_flow = "60 mL/min"
"""


def objects():
    """One object of each public class, or of a record that holds it."""
    asked, session = order(), {"plasma_volumes": 1.2, "duration": Q(2, "h")}
    first = QuantityError("age", "nothing", "an age", kind="missing")
    volume = {"value": 180, "unit": "mL"}
    centrifuge = {
        "name": "spectra-optia",
        "inlet_flow": {"value": 60, "unit": "mL/min"},
        "ratio": 12,
    }
    centrifuge |= {
        "plasma_removal_efficiency": {"value": 87, "unit": "%"},
        "circuit_volume": volume,
    }
    flows = {
        "blood_flow": {"value": 150, "unit": "mL/min"},
        "plasma_flow": {"value": 30, "unit": "mL/min"},
    }
    published = {name: value for name, value in centrifuge.items() if "removal" not in name}
    site = pexcalc.Site.from_toml(SITE)
    return [
        *(pexcalc.prescribe(one) for one in full_order(**published)),
        *(pexcalc.prescribe(one, site) for one in full_order(**centrifuge)),
        *(pexcalc.prescribe(one) for one in full_order(**flows)), pexcalc.prescribe(asked), site,
        pexcalc.prescribe(order(fluid=DILUTED)), indications()["ttp"], *solutes().values(), first,
        limits()["fibrinogen-low"], pexcalc.remaining_unbalanced(1.0, 0.9),
        pexcalc.OrderError([first, QuantityError("height", "1 cm", "a height", kind="range")]),
        pexcalc.MeasuredLevel("IgG", 1, "before", Q(9, "g/L")),
        pexcalc.StatedVolume(value=3, unit="L", origin="device"),
        pexcalc.estimate_volumes(asked.patient),
        pexcalc.expected_removal("igg", **session),
        pexcalc.simulate_course("igg", **session, interval=Q(24, "h"), sessions=2),
        *pexcalc.two_compartment_course(
            *(Q(rate, "1/h") for rate in (0.03, 0.025, 0.003)), 1.2, Q(2, "h"), Q(24, "h"), 1
        ),
        pexcalc.dose_lost("tocilizumab", Q(3, "L"), Q(2, "h"), Q(24, "h"), Q(65, "kg"), Q(560, "mg")),
        pexcalc.grade_crs(Q(39, "degC"), False, (), "room-air", crs_established=True),
        pexcalc.plan_circuit(Q(5, "L"), 0.4, 1.0, Q(60, "mL/min"), 12, 0.85),
        *pexcalc.compare_modalities(
            "il6", Q(65, "kg"), 0.3, Q(150, "mL/min"), Q(30, "mL/kg/h"), **session
        ),
    ]  # fmt: skip


def test_every_public_class_names_its_public_path():
    assert {name: value.__module__ for name, value in PUBLIC_CLASSES.items()} == dict.fromkeys(
        PUBLIC_CLASSES, "pexcalc"
    )


@pytest.mark.parametrize("name", PUBLIC_CLASSES)
def test_a_public_class_is_pickled_by_its_public_path(name):
    saved = pickle.dumps(PUBLIC_CLASSES[name])
    assert b"pexcalc." not in saved
    assert pickle.loads(saved) is PUBLIC_CLASSES[name]


def inside(thing):
    """An object and every record inside it."""
    if isinstance(thing, dict | typing.Mapping):
        return [one for value in thing.values() for one in inside(value)]
    if isinstance(thing, tuple | list) and not hasattr(thing, "_fields"):
        return [one for value in thing for one in inside(value)]
    names = getattr(type(thing), "model_fields", None) or getattr(thing, "_fields", ())
    return [thing, *(one for name in names for one in inside(getattr(thing, name)))]


def test_objects_of_every_public_class_are_pickled():
    found = [one for one in inside(objects()) if type(one) in PUBLIC_CLASSES.values()]
    found = list({type(one): one for one in found}.values())
    assert {type(one) for one in found} >= set(PUBLIC_CLASSES.values())
    for one in found:
        again = pickle.loads(pickle.dumps(one))
        assert type(again) is type(one)
        assert str(again) == str(one) if isinstance(one, QuantityError) else again == one


@pytest.mark.parametrize("name", PUBLIC_CLASSES)
def test_the_examples_of_a_public_class_are_true(name):
    """Pytest looks for examples in the module that a class names, and would miss these."""
    runner = doctest.DocTestRunner()
    names = dict(PUBLIC_CLASSES)
    for example in doctest.DocTestFinder().find(
        PUBLIC_CLASSES[name], name, module=False, globs=names
    ):
        assert runner.run(example).failed == 0


@pytest.mark.parametrize("name", PUBLIC_CLASSES)
def test_the_annotations_of_a_public_class_can_be_read(name):
    """As text they would be looked up in the module that the class names."""
    assert typing.get_type_hints(PUBLIC_CLASSES[name]) is not None
