"""The page on cautions in ordinary patients is what the script gives, and most of them are left alone."""

import re

from tests.tools.frequencies import NUMBER, PAGE, page


def test_the_page_is_what_the_script_writes():
    assert PAGE.read_text(encoding="utf-8") == page()


def test_ordinary_patients_are_left_alone():
    """By the page, which is compared above; at the bedside values, course and device are missing."""
    text = PAGE.read_text(encoding="utf-8")
    assert int(re.search(r"none above `info` in (\d+)\.", text)[1]) >= 0.9 * NUMBER
    rare = re.findall(r"^\| \S+ \| \S+ \| (?:stop|strong) \| ([\d,]+) \| [\d,]+ \|$", text, re.M)
    assert len(rare) > 10
    assert set(rare) == {"0"}
    assert float(re.search(r"alerts above `info`: (\d\.\d\d) a patient", text)[1]) <= 1.2
