"""The circuit: the worked example in one plan, mass balance, what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexcalc import CircuitPlan, QuantityError, plan_circuit, prescribe
from pexcalc.exchange.centrifuge import blood_to_process, duration_of
from pexcalc.exchange.circuit_volume import hematocrit_with_cells_held
from pexcalc.exchange.membrane import filtration_fraction, post_filter_hematocrit
from pexcalc.quantities.working import Recorder
from tests.support.patients import Q, order


def plan(blood=3900.0, hematocrit=0.28, volumes=1.2, flow=60.0, ratio=12, efficiency=0.87, **more):
    return plan_circuit(
        Q(blood, "mL"), hematocrit, volumes, Q(flow, "mL/min"), ratio, efficiency, **more
    )


def test_the_worked_example():
    found = plan(citrate_concentration=Q(112.8, "mmol/L"), weight=Q(62, "kg"))
    expected = {
        "exchange_volume": 3369.6, "blood_processed": 5379.3, "anticoagulant_used": 489.0, "inlet_volume": 5868.3,
        "anticoagulant_to_patient": 63.6, "anticoagulant_in_bag": 425.5, "remove_bag": 3795.1,
    }  # fmt: skip
    assert {name: round(getattr(found, name).m_as("mL"), 1) for name in expected} == expected
    assert found.blood_volumes_processed == pytest.approx(1.379, abs=5e-4)
    assert found.plasma_share_of_bag == pytest.approx(0.888, abs=5e-4)
    assert found.run_time.m_as("min") == pytest.approx(97.8, abs=0.05)
    assert found.plasma_removal_rate.m_as("mL/min") == pytest.approx(34.5, abs=0.05)
    assert found.citrate_from_anticoagulant.m_as("mmol") == pytest.approx(7.17, abs=0.005)
    assert found.citrate_rate.m_as("mg/kg/min") == pytest.approx(0.22, abs=0.005)


def test_an_order_in_bag_volume_is_less_plasma():
    """3,369.6 mL of bag instead of plasma are 2,991.8 mL of plasma, 1.065 plasma volumes."""
    share = plan().plasma_share_of_bag
    assert 3369.6 * share == pytest.approx(2991.8, abs=0.1)
    assert 3369.6 * share / 2808 == pytest.approx(1.065, abs=5e-4)


def test_the_plasma_of_an_ordered_bag_says_how_it_came_about():
    """By hand: of 13 parts of blood and anticoagulant 12 are blood, 0.72 of it plasma: 8.64 of 9.64 parts."""
    device = {"inlet_flow": Q(60, "mL/min"), "ratio": 13, "ratio_meaning": "inlet-to-anticoagulant"}
    plasma = round(2998.76 * 8.64 / 9.64, 2)
    made = order(
        {"bag_volume": Q(2998.76, "mL")},
        hematocrit=0.28,
        device={**device, "plasma_removal_efficiency": 0.87},
    )
    text = prescribe(made).basis["dose.bag_volume"].text
    assert text == f"2,998.8 x 0.8963 = {plasma:,} mL [optia-exchange, derived]"


def test_a_duration_that_is_assumed_ends_at_twelve_hours():
    record = Recorder()
    assert duration_of(None, None, 6.0, record) == (12, "assumed")
    assert record.working()["run_time"].text == "2 h x 6 = 12 h [kim-2015, judgement]"
    with pytest.raises(QuantityError, match="is missing, and 12.2 h would have to be assumed"):
        duration_of(None, None, 6.0789, Recorder())
    duration_of(None, None, 1.23456, record)
    assert record.working()["run_time"].text == "2 h x 1.2346 = 2.469 h [kim-2015, judgement]"


@pytest.mark.parametrize(
    ("given", "meant"),
    [(0.8, " Did you mean 8?"), (1.6, " Did you mean 16?"), (0.79, ""), (1.61, "")],
)
def test_a_ratio_is_taken_for_tenfold_only_where_that_is_usual(given, meant):
    with pytest.raises(QuantityError) as caught:
        plan(ratio=given)
    assert str(caught.value) == f"inlet_to_anticoagulant: got {given}; expected 5 to 40.{meant}"


def test_the_ratio_says_what_it_means():
    other = plan(ratio=None, blood_to_anticoagulant=12)
    assert other.anticoagulant_used.m_as("mL") == pytest.approx(448.3, abs=0.05)
    assert (plan().ratio_meaning, other.ratio_meaning) == (
        "inlet-to-anticoagulant",
        "blood-to-anticoagulant",
    )


PLANS = st.tuples(
    st.floats(2000, 6000), st.floats(0.15, 0.6), st.floats(0.7, 2), st.floats(40, 100), st.floats(8, 16),
    st.floats(0.6, 0.99),
)  # fmt: skip


@given(PLANS)
def test_what_goes_in_comes_out(values):
    found = plan(*values)
    volumes = {name: getattr(found, name).m_as("mL") for name in
               ("inlet_volume", "blood_processed", "anticoagulant_used", "anticoagulant_to_patient",
                "anticoagulant_in_bag", "remove_bag", "exchange_volume")}  # fmt: skip
    assert volumes["inlet_volume"] == pytest.approx(
        volumes["blood_processed"] + volumes["anticoagulant_used"]
    )
    assert volumes["anticoagulant_used"] == pytest.approx(
        volumes["anticoagulant_to_patient"] + volumes["anticoagulant_in_bag"]
    )
    assert volumes["remove_bag"] == pytest.approx(
        volumes["exchange_volume"] + volumes["anticoagulant_in_bag"]
    )
    assert volumes["inlet_volume"] / volumes["anticoagulant_used"] == pytest.approx(values[4])
    assert found.exchange_volume.m_as("mL") == pytest.approx(
        values[0] * (1 - values[1]) * values[2]
    )
    assert CircuitPlan.from_json(found.to_json()) == found


@given(PLANS, st.floats(1.01, 1.2))
def test_a_better_device_processes_less(values, factor):
    blood, cells, volumes, flow, ratio, efficiency = values
    better = plan(blood, cells, volumes, flow, ratio, min(1.0, efficiency * factor))
    worse = plan(*values)
    assert better.blood_processed.m_as("mL") < worse.blood_processed.m_as("mL")
    assert better.run_time.m_as("h") < worse.run_time.m_as("h")
    assert better.exchange_volume.m_as("mL") == pytest.approx(worse.exchange_volume.m_as("mL"))


def test_every_figure_has_a_basis():
    found = plan(citrate_concentration=Q(112.8, "mmol/L"), weight=Q(62, "kg"))
    entered = {"ratio", "ratio_meaning", "basis"}
    assert {f"circuit.{name}" for name in set(CircuitPlan.model_fields) - entered} <= set(
        found.basis
    )
    assert found.basis["circuit.anticoagulant_used"].text.startswith(
        "5,379.31 / (12 - 1) = 489.028 mL"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"efficiency": None}, "plasma_removal_efficiency is missing; enter 30 to 100 %."),
        (
            {"efficiency": 87},
            "plasma_removal_efficiency: got 87; expected 30 to 100 %. Did you mean 87 %?",
        ),
        ({"ratio": 1.2}, "inlet_to_anticoagulant: got 1.2; expected 5 to 40. Did you mean 12?"),
        (
            {"ratio": None},
            "ratio is missing; enter one of inlet_to_anticoagulant and blood_to_anticoagulant.",
        ),
        (
            {"blood_to_anticoagulant": 12},
            "ratio: got both; expected one of inlet_to_anticoagulant and",
        ),
        (
            {"flow": 3600.0},
            "inlet_flow: got 3,600 mL/min; expected 5 to 250 mL/min. Did you mean 3600 mL/h?",
        ),
        (
            {"volumes": 4, "flow": 5.0},
            "inlet_flow: got 5 mL/min, a run time of 3,912.2 min; expected a flow that gives",
        ),
        (
            {"volumes": 4, "flow": 27.09876},
            "inlet_flow: got 27.099 mL/min, a run time of 721.8 min; expected a flow",
        ),
        (
            {"volumes": 15},
            "plasma_volumes: got 15; expected 0.1 to 4 plasma volumes. Did you mean 1.5 plasma volumes?",
        ),
        ({"hematocrit": np.array([0.3, 0.4])}, "hematocrit: got an array; expected one value."),
    ],
)
def test_arguments_that_cannot_be_used(change, words):
    with pytest.raises(QuantityError) as caught:
        plan(**change)
    assert str(caught.value).startswith(words)


def test_a_run_of_nearly_twelve_hours_is_worked_out():
    assert plan(volumes=4, flow=27.2).run_time.m_as("min") == pytest.approx(719.2, abs=0.05)


def test_a_membrane_cannot_take_more_plasma_than_there_is():
    for call in (
        lambda: filtration_fraction(Q(100, "mL/min"), Q(120, "mL/min"), 0.28),
        lambda: filtration_fraction(Q(60, "mL/min"), Q(120, "mL/min"), 0.5),  # all of it
        lambda: post_filter_hematocrit(0.28, Q(100, "mL/min"), Q(120, "mL/min")),
    ):
        with pytest.raises(QuantityError, match="a flow that leaves no plasma"):
            call()


@pytest.mark.parametrize(
    ("flow", "words"),
    [
        (
            4.16789,
            "plasma_flow: got 4.168 mL/min, a run time of 779.5 min; expected a flow that gives",
        ),
        (4.47, "plasma_flow: got 4.47 mL/min, a run time of 726.8 min; expected a flow that gives"),
    ],
)
def test_a_membrane_run_of_more_than_twelve_hours_is_refused(flow, words):
    device = {"blood_flow": Q(100, "mL/min"), "anticoagulant": "heparin"}
    with pytest.raises(QuantityError) as caught:
        prescribe(
            order(
                {"exchange_volume": Q(3249, "mL")},
                device={**device, "plasma_flow": Q(flow, "mL/min")},
            )
        )
    assert str(caught.value).startswith(words)
    prescribe(
        order(
            {"exchange_volume": Q(3249, "mL")}, device={**device, "plasma_flow": Q(4.52, "mL/min")}
        )
    )


def test_no_red_cells_are_left_where_the_circuit_holds_them_all():
    assert hematocrit_with_cells_held(Q(400, "mL"), 0.25, Q(99, "mL")) == pytest.approx(0.0025)
    with pytest.raises(QuantityError, match="all of the patient's red cells or more"):
        hematocrit_with_cells_held(Q(400, "mL"), 0.25, Q(100, "mL"))


def test_arrays():
    found = blood_to_process(Q(np.array([3000.0, 3369.6]), "mL"), 0.28, 0.87)
    assert found.m_as("mL")[1] == pytest.approx(5379.3, abs=0.05)
    assert math.isclose(found.m_as("mL")[0], 3000 / (0.72 * 0.87))
