"""The page of measured and predicted figures is what the functions give."""

from pexcalc import expected_removal
from tests.support.patients import Q
from tests.tools.validation import (
    PAGE,
    cytokines,
    half_life_of_fibrinogen,
    page,
    proteins,
    rows,
)


def test_the_page_is_what_the_script_writes():
    assert PAGE.read_text(encoding="utf-8") == page()


def test_disagreements_stay_in():
    verdicts = [row.verdict for row in rows()]
    assert sum(verdict.startswith("OUTSIDE") for verdict in verdicts) == 4
    assert verdicts.count("overlap") == 4


def test_coverage_and_width_of_each_group_stand_on_the_page():
    groups = ("| one session", "| a course", "| all")
    found = [line.split(" | ")[1:4] for line in proteins()[1] if line.startswith(groups)]
    assert found == [["8", "8", "35"], ["9", "8", "28"], ["20", "18", "31"]]


def test_each_measured_cytokine_lies_in_its_scenarios():
    assert len(cytokines()) == 5
    for solute in ("il6", "tnf", "il1b"):
        fall = expected_removal(solute, 1.0, Q(2, "h")).fall
        assert fall.low < 0 < fall.high


def test_fibrinogen():
    assert abs(half_life_of_fibrinogen() - 4.148) < 0.001
