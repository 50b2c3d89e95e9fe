"""The public classes are known by their public path: in repr, in tracebacks and in pickles."""

import doctest
import pickle
import typing

import pytest

import pexcalc
from pexcalc import QuantityError
from pexcalc.data.indications import indications
from pexcalc.data.solutes import solutes
from tests.support.patients import Q, order

PUBLIC_CLASSES = {
    name: value
    for name in pexcalc.__all__
    if isinstance(value := getattr(pexcalc, name), type)
}  # fmt: skip


def objects():
    """One object of each public class."""
    asked, session = order(), {"plasma_volumes": 1.2, "duration": Q(2, "h")}
    found, first = (
        pexcalc.prescribe(asked),
        QuantityError("age", "nothing", "an age", kind="missing"),
    )
    return [
        asked, asked.patient, found, found.replacement, found.cautions[0], found.crs, first,
        found.dose.plasma_volumes, found.circuit, indications()["ttp"], solutes()["igg"],
        pexcalc.OrderError([first, QuantityError("height", "1 cm", "a height", kind="range")]),
        pexcalc.Labs(fibrinogen=Q(2, "g/L")),
        pexcalc.StatedVolume(value=3, unit="L", origin="device"),
        pexcalc.Fluid(choice="albumin"), pexcalc.Site.from_toml(b'name = "St. Example"'),
        pexcalc.estimate_volumes(asked.patient),
        pexcalc.expected_removal("igg", **session),
        pexcalc.simulate_course("igg", **session, interval=Q(24, "h"), sessions=2),
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


def test_objects_of_every_public_class_are_pickled():
    found = objects()
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
