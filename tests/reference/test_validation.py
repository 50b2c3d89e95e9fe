"""The page of measured and predicted figures is what the functions give."""

from tests.tools.validation import PAGE, half_life_of_fibrinogen, page, rows


def test_the_page_is_what_the_script_writes():
    assert PAGE.read_text(encoding="utf-8") == page()


def test_disagreements_stay_in():
    verdicts = [row.verdict for row in rows()]
    assert sum(verdict.startswith("OUTSIDE") for verdict in verdicts) == 4
    assert verdicts.count("overlap") == 4


def test_fibrinogen():
    assert abs(half_life_of_fibrinogen() - 4.148) < 0.001
