"""Predicted ranges hold the measured figures and simulated patients, and are not too wide to be of use."""

import pytest

from tests.tools.coverage import EVIDENCE, figures, mean, simulated

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


# The standard deviation of a share of nine in ten is 1.3 points of 500 patients, 1.7 of 300:
# 5 points are almost four and almost three of it.
NUMBER = 500
GRID = "a pair, the level before the next"  # slow


@pytest.mark.parametrize("evidence", EVIDENCE)
def test_the_range_holds_nine_in_ten_simulated_patients(evidence):
    found = simulated(evidence, 300 if evidence == GRID else NUMBER)
    assert 0.85 <= found.after <= 0.95
    assert 0.85 <= found.before <= 0.96  # a level before a session is weighed with caution
    if evidence != "no levels":
        assert found.width < 0.7 * simulated("no levels", NUMBER).width


def test_patients_half_again_as_scattered_are_held_less_often_and_pairs_help():
    without, one, three = (
        simulated(evidence, NUMBER, wider=1.5)
        for evidence in ("no levels", "one pair", "three proteins of one session")
    )
    assert 0.70 <= without.after < 0.85
    assert one.after >= without.after + 0.05
    assert three.after >= 0.80
