"""The circuit: mass balance, both meanings of a ratio, what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
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


def test_a_duration_that_is_assumed_ends_at_twelve_hours():
    record = Recorder()
    assert duration_of(None, None, 6.0, record) == (12, "assumed")
    assert record.working()["run_time"].text == "2 h x 6 = 12 h [kim-2015, judgement]"
    with pytest.raises(QuantityError, match="is missing, and 12.2 h would have to be assumed"):
        duration_of(None, None, 6.0789, Recorder())
    duration_of(None, None, 1.23456, record)
    assert record.working()["run_time"].text == "2 h x 1.2346 = 2.469 h [kim-2015, judgement]"


def test_the_ratio_says_what_it_means():
    other = plan(ratio=None, blood_to_anticoagulant=12)
    assert other.anticoagulant_used.m_as("mL") == pytest.approx(448.3, abs=0.05)
    assert plan().ratio_meaning == "inlet-to-anticoagulant"
    assert other.ratio_meaning == "blood-to-anticoagulant"


PLANS = st.tuples(
    st.floats(2000, 6000), st.floats(0.15, 0.6), st.floats(0.7, 2), st.floats(40, 100), st.floats(8, 16),
    st.floats(0.6, 0.99),
)  # fmt: skip


@settings(max_examples=settings.default.max_examples // 2)
@given(PLANS, st.floats(1.01, 1.2))
def test_what_goes_in_comes_out_and_a_better_device_processes_less(values, factor):
    found = plan(*values)
    inlet, blood, used, to_patient, in_bag, bag, plasma = (
        getattr(found, name).m_as("mL") for name in
        ("inlet_volume", "blood_processed", "anticoagulant_used", "anticoagulant_to_patient",
         "anticoagulant_in_bag", "remove_bag", "exchange_volume")
    )  # fmt: skip
    assert inlet == pytest.approx(blood + used)
    assert used == pytest.approx(to_patient + in_bag)
    assert bag == pytest.approx(plasma + in_bag)
    assert inlet / used == pytest.approx(values[4])
    assert plasma == pytest.approx(values[0] * (1 - values[1]) * values[2])
    assert CircuitPlan.from_json(found.to_json()) == found
    better = plan(*values[:5], min(1.0, values[5] * factor))
    assert better.blood_processed.m_as("mL") < blood
    assert better.run_time.m_as("h") < found.run_time.m_as("h")
    assert better.exchange_volume.m_as("mL") == pytest.approx(plasma)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"efficiency": None}, "plasma_removal_efficiency is missing; enter 30 to 100 %."),
        ({"efficiency": 87}, "efficiency: got 87; expected 30 to 100 %. Did you mean 87 %?"),
        # a ratio is taken for tenfold only where that is usual
        ({"ratio": 0.8}, "inlet_to_anticoagulant: got 0.8; expected 5 to 40. Did you mean 8?"),
        ({"ratio": 1.6}, "inlet_to_anticoagulant: got 1.6; expected 5 to 40. Did you mean 16?"),
        ({"ratio": 0.79}, "inlet_to_anticoagulant: got 0.79; expected 5 to 40."),
        ({"ratio": 1.61}, "inlet_to_anticoagulant: got 1.61; expected 5 to 40."),
        ({"ratio": None}, "missing; enter one of inlet_to_anticoagulant and blood_to_antico"),
        ({"blood_to_anticoagulant": 12}, "got both; expected one of inlet_to_anticoagulant and"),
        ({"flow": 3600.0}, "3,600 mL/min; expected 5 to 250 mL/min. Did you mean 3600 mL/h?"),
        ({"volumes": 4, "flow": 5.0}, "inlet_flow: got 5 mL/min, a run time of 3,912.2 min; expec"),
        ({"volumes": 4, "flow": 27.09876}, "got 27.099 mL/min, a run time of 721.8 min"),
        ({"volumes": 15}, "got 15; expected 0.1 to 4 plasma volumes. Did you mean 1.5 plasma vol"),
        ({"hematocrit": np.array([0.3, 0.4])}, "hematocrit: got an array; expected one value."),
    ],
)  # fmt: skip
def test_arguments_that_cannot_be_used(change, words):
    # a run of nearly twelve hours is worked out
    assert plan(volumes=4, flow=27.2).run_time.m_as("min") == pytest.approx(719.2, abs=0.05)
    with pytest.raises(QuantityError) as caught:
        plan(**change)
    said = str(caught.value)
    assert words in said
    assert said.count("Did you mean") == words.count("Did you mean")


def test_a_membrane_cannot_take_more_plasma_than_there_is():
    low, high = Q(60, "mL/min"), Q(120, "mL/min")
    for call, arguments in (
        (filtration_fraction, (Q(100, "mL/min"), high, 0.28)),
        (filtration_fraction, (low, high, 0.5)),  # all of it
        (post_filter_hematocrit, (0.28, Q(100, "mL/min"), high)),
    ):
        with pytest.raises(QuantityError, match="a flow that leaves no plasma"):
            call(*arguments)


def test_a_membrane_run_of_more_than_twelve_hours_is_refused():
    def run(flow):
        device = {"blood_flow": Q(100, "mL/min"), "anticoagulant": "heparin"}
        device["plasma_flow"] = Q(flow, "mL/min")
        return prescribe(order({"exchange_volume": Q(3249, "mL")}, device=device))

    assert run(4.52).membrane
    for flow, shown, minutes in ((4.16789, "4.168", "779.5"), (4.47, "4.47", "726.8")):
        words = f"plasma_flow: got {shown} mL/min, a run time of {minutes} min; expected"
        with pytest.raises(QuantityError, match=words):
            run(flow)


def test_no_red_cells_are_left_where_the_circuit_holds_them_all():
    assert hematocrit_with_cells_held(Q(400, "mL"), 0.25, Q(99, "mL")) == pytest.approx(0.0025)
    with pytest.raises(QuantityError, match="all of the patient's red cells or more"):
        hematocrit_with_cells_held(Q(400, "mL"), 0.25, Q(100, "mL"))


def test_arrays():
    found = blood_to_process(Q(np.array([3000.0, 3369.6]), "mL"), 0.28, 0.87).m_as("mL")
    assert list(found) == pytest.approx([3000 / (0.72 * 0.87), 5379.3], abs=0.05)
