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
from tests.support.patients import Q, order, wire

CLASSES = [getattr(pexcalc, name) for name in pexcalc.__all__]
PUBLIC_CLASSES = {value.__name__: value for value in CLASSES if isinstance(value, type)}


def v(value, unit):
    return {"value": value, "unit": unit}


def full_order(**device):
    """An order with something in every group."""
    signs = {"temperature": v(39, "Cel"), "hypotension": False, "vasopressors": []}
    data = wire(
        dose={"plasma_volumes": 1.0}, fluid={"choice": "plasma"}, device=device,
        labs={"fibrinogen": v(2.6, "g/L")}, crs={"grade": 3, "scale": "astct-2019"},
        calcium={"plan": "infusion"}, limits={"fibrinogen-low": {"low": 1.2, "unit": "g/L"}},
        drugs=[{"name": "tocilizumab", "when": "before", "time": v(24, "h")}],
        products={"fresh-frozen-plasma": {"fibrinogen": v(2.4, "g/L")}},
        overrides=[{"rule": "child-too-small", "reason": "checked by two", "by": "Dr Example"}],
        measured=[{"solute": "igg", "session": 1, "when": "before", "level": v(9.1, "g/L")}],
        course={"interval": v(48, "h"), "target_fall": v(70, "%")},
    )  # fmt: skip
    signed = {**data, "crs": {"signs": {**signs, "oxygen_device": "room-air"}}}
    return pexcalc.Order.from_wire(data), pexcalc.Order.from_wire(signed)


DILUTED = {
    "choice": "albumin", "albumin": "albumin-20", "albumin_strength": 0.05, "diluent": "saline",
}  # fmt: skip
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
    published = {"name": "spectra-optia", "inlet_flow": v(60, "mL/min"), "ratio": 12}
    published["circuit_volume"] = v(180, "mL")
    centrifuge = {**published, "plasma_removal_efficiency": v(87, "%")}
    flows = {"blood_flow": v(150, "mL/min"), "plasma_flow": v(30, "mL/min")}
    site = pexcalc.Site.from_toml(SITE)
    return [
        *(pexcalc.prescribe(one) for one in full_order(**published)),
        *(pexcalc.prescribe(one, site) for one in full_order(**centrifuge)),
        *(pexcalc.prescribe(one) for one in full_order(**flows)), pexcalc.prescribe(asked), site,
        pexcalc.prescribe(order(fluid=pexcalc.Fluid(**DILUTED))), first,
        indications()["ttp"], *solutes().values(),
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


@pytest.mark.parametrize("name", PUBLIC_CLASSES)
def test_a_public_class_is_pickled_by_its_public_path_and_its_annotations_can_be_read(name):
    """As text annotations would be looked up in the module that the class names."""
    saved = pickle.dumps(PUBLIC_CLASSES[name])
    assert b"pexcalc." not in saved
    assert pickle.loads(saved) is PUBLIC_CLASSES[name]
    assert typing.get_type_hints(PUBLIC_CLASSES[name]) is not None


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
    finder = doctest.DocTestFinder()
    for example in finder.find(PUBLIC_CLASSES[name], name, False, dict(PUBLIC_CLASSES)):
        assert runner.run(example).failed == 0
