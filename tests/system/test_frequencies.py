"""The page on cautions in ordinary patients is what the script gives, and most of them are left alone."""

import re

from tests.tools.frequencies import NUMBER, PAGE, page


def test_the_page_is_what_the_script_writes():
    assert PAGE.read_text(encoding="utf-8") == page()


def test_ordinary_patients_are_left_alone():
    """By the page, which is compared above."""
    text = PAGE.read_text(encoding="utf-8")
    assert int(re.search(r"none above `info` in (\d+)\.", text)[1]) >= 0.9 * NUMBER
    strict = re.findall(
        r"^\| \S+ \| \S+ \| (?:stop|strong) \| ([\d,]+) \| [\d,]+ \|$", text, re.MULTILINE
    )
    assert len(strict) > 10
    assert set(strict) == {"0"}


def test_an_order_typed_at_the_bedside_raises_few_alerts():
    """By the page: laboratory values, course and device are missing."""
    mean = re.search(r"alerts above `info`: (\d\.\d\d) a patient", PAGE.read_text(encoding="utf-8"))
    assert float(mean[1]) <= 1.2
