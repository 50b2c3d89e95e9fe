"""Predicted ranges hold the measured figures and simulated patients, and are not too wide to be of use."""

import pytest

from pexcalc.kinetics.prediction import forecast
from pexcalc.kinetics.trajectory import CoursePlan, SessionPart
from tests.tools.coverage import EVIDENCE, falls, figures, mean, simulated, turnover

FIGURES = list(figures())
SESSIONS = [one for one in FIGURES if one.kind == "session"]
# The factors were weighed on these figures; two stay outside, and that is stated, not repaired.
OUTSIDE = {"K79c", "ORL2"}


def test_at_least_eighteen_of_twenty_scored_figures_are_inside():
    assert len(FIGURES) == 20
    assert {one.id for one in FIGURES if not one.inside} <= OUTSIDE


def test_the_ranges_are_narrow_enough_and_the_interval_score_is_that_of_the_reference():
    assert len(SESSIONS) == 8
    assert mean(one.width for one in SESSIONS) <= 40
    assert mean(one.score for one in FIGURES) <= 40


@pytest.mark.parametrize("key", ["igg", "iga", "igm", "fibrinogen", "c3", "crp"])
def test_no_range_is_narrower_than_what_was_measured_allows(key):
    one = falls(forecast(turnover(key), CoursePlan((SessionPart(1.0, 2.0),))).after())
    assert one.high - one.low >= 20
    for volumes in (0.7, 1.0, 1.5):
        six = falls(
            forecast(turnover(key), CoursePlan((SessionPart(volumes, 2.0),), 46.0, 6)).after(6)
        )
        assert six.high - six.low >= 10


@pytest.mark.parametrize("evidence", EVIDENCE)
def test_the_range_holds_nine_in_ten_simulated_patients(evidence):
    found = simulated(evidence)
    assert 0.85 <= found.after <= 0.95
    assert 0.85 <= found.before <= 0.96  # a level before a session is weighed with caution
    if evidence != "no levels":
        assert found.width < 0.7 * simulated("no levels").width


def test_patients_half_again_as_scattered_are_held_less_often_and_pairs_help():
    without, one, three = (
        simulated(evidence, wider=1.5) for evidence in ("no levels", "one pair", "three proteins of one session")
    )  # fmt: skip
    assert 0.70 <= without.after < 0.85
    assert one.after >= without.after + 0.05
    assert three.after >= 0.80
