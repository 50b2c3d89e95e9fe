"""The working of a result: written when it is read, the same however often, part of the JSON."""

import copy
import pickle

import pytest

from pexcalc import Prescription, QuantityError, plasma_volume, prescribe
from pexcalc.kinetics import panel
from pexcalc.quantities.formula import Formula
from pexcalc.quantities.working import Recorder, Working
from tests.support import patients
from tests.support.patients import Q


def order(**more):
    return patients.order({"plasma_volumes": 1.0}, **more)


def plasma_noted():
    record = Recorder(Q(1, "mL"))
    record.run("volume", plasma_volume, blood_volume=4000.0, hematocrit=0.25)
    return record


def test_a_prescription_writes_no_working_until_it_is_read(monkeypatch):
    written, worked = [], Formula.worked
    monkeypatch.setattr(
        Formula, "worked", lambda self, *rest: written.append(self.name) or worked(self, *rest)
    )
    result = prescribe(order())
    assert result.dose.plasma_volumes.typical == pytest.approx(1.0)
    assert not written
    assert result.basis["volumes.plasma_volume"].formula == "plasma_volume"
    once = len(written)
    assert once > 20
    assert list(result.basis.values()) == list(result.basis.values())
    assert len(written) == once


LATE = ("removal", "scenarios", "not_checked")


@pytest.fixture
def panels(monkeypatch):
    """The solutes of every panel that is calculated."""
    calculated, whole = [], panel.panel
    monkeypatch.setattr(panel, "panel", lambda *all: calculated.append(all[0]) or whole(*all))
    return calculated


def test_removal_and_options_are_calculated_when_they_are_read(panels):
    result = prescribe(order())
    assert not panels
    assert not {*LATE} & {*vars(result)}
    assert not {"options", "products"} & {*vars(result.replacement)}
    assert [one.solute for one in result.removal][:2] == ["il6", "il8"]
    assert result.removal is result.removal
    assert len(panels) == 1
    assert not hasattr(result, "remova")


READ = {
    "json": lambda one: one.to_json(working=True), "copy": lambda one: repr(one.model_copy()),
    "list": lambda one: repr(list(one)), "repr": repr, "basis": lambda one: list(one.basis),
}  # fmt: skip


@pytest.mark.parametrize("read", READ.values(), ids=READ)
def test_it_makes_no_difference_what_is_read_first(read):
    late, early = prescribe(order()), prescribe(order())
    for name in reversed(LATE):
        assert getattr(early, name) is not None
    assert early.replacement.products
    assert early.replacement.options
    assert read(late) == read(early)
    assert late == early != prescribe(order(panel=False))
    assert hash(late) == hash(early)


def test_a_balance_that_leaves_too_little_plasma_is_refused_by_the_call():
    asked = order(fluid={"balance": 0.7}).model_copy(update={"dose": {"plasma_volumes": 2.5}})
    with pytest.raises(QuantityError, match="a fifth of the plasma volume"):
        prescribe(asked)


@pytest.mark.parametrize("again", [
    lambda one: pickle.loads(pickle.dumps(one)), copy.copy, copy.deepcopy,
    lambda one: Prescription.from_json(one.to_json(working=True)),
    lambda one: Prescription(
        **{field.alias or name: getattr(one, name)
           for name, field in Prescription.model_fields.items()}
    ),
])  # fmt: skip
def test_a_copy_keeps_the_working(again):
    one = prescribe(order())
    other = again(one)
    assert list(other.basis.items()) == list(one.basis.items())
    assert other == one


def test_the_working_alone_can_be_pickled_and_printed_and_not_changed():
    working = plasma_noted().working()
    assert isinstance(working, Working)
    assert pickle.loads(pickle.dumps(working)) == working
    assert repr(working).startswith("Working({'volume': Basis(formula='plasma_volume'")
    with pytest.raises(TypeError):
        working["volume"] = None
    with pytest.raises(TypeError):
        working["volume"].inputs["blood_volume"] = None


def test_a_later_step_stands_where_it_was_noted():
    record = plasma_noted()
    record.later("inside", lambda inner: inner.note("inside.text", "choice", "why", "saito-1975"))
    record.arithmetic("sum", "{} + {}", (1.0, 2.0), 3.0, "mL", "filtration-arithmetic")
    working = record.working()
    assert list(working) == ["volume", "inside.text", "sum"]
    assert working["inside.text"].text == "why"
    assert working["sum"].text == "1 + 2 = 3 mL [filtration-arithmetic, derived]"


def test_figures_below_a_path_are_dropped_and_a_second_working_is_marked():
    record = plasma_noted()
    record.note("volume.interval", "choice", "dropped")
    record.drop("volume")
    assert list(record.working()) == ["volume"]
    record.add(plasma_noted(), again=" (again)")
    record.add(Recorder())
    assert list(record.working()) == ["volume", "volume (again)"]
