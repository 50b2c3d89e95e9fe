"""The page on cautions in ordinary patients is what the script gives, and most of them are left alone."""

from .frequencies import NUMBER, PAGE, count, page


def test_the_page_is_what_the_script_writes():
    assert PAGE.read_text(encoding="utf-8") == page()


def test_ordinary_patients_are_left_alone():
    spoken, _, quiet = count()
    assert quiet > 0.9 * NUMBER
    assert not any(severity in ("stop", "strong") for _, severity in spoken)
