"""The printed sheet in a real browser: two pages, silent, asking for nothing, readable. Skipped without Chromium."""

import re

import pytest

from pexcalc import Order, prescribe
from pexcalc.order.everyday import understood
from pexcalc.order.text_input import from_flags
from pexcalc.report.html.page import page
from tests.support import browser
from tests.support.scenario import SCENARIOS

# Long and short sheets: the longest cautions, an open fluid with both plots, many bags, a child, a course.
WIRES = {name: wire for name, wire, *_ in SCENARIOS}
LOOKED_AT = (
    "f15-crs: bleeding, no blood group: every option stops", "f15-crs: plasma ordered", "crs-criteria: nothing entered",
    "ttp-woman-one-and-a-half", "circuit-volume: just above 15 %, prime thrown away", "course: daily without a test",
    "s4-abo-incompatible-transplant: plasma AB, groups unknown", "drugs: eculizumab", "term-neonate",
    "f5-liver-failure: citrate above 2 mg/kg/min", "liver-failure-high-volume",
)  # fmt: skip
COURSE, CRS = "course: daily without a test", "crs-criteria: grade 3, all documented"


@pytest.fixture(autouse=True)
def _browser():
    browser.needed()


# The readme's order for TTP: the longest page 1, 25 units and the calcium of an all-plasma exchange.
README_TTP = {
    "indication": "TTP", "plasma_volumes": "1.5", "sex": "male", "age": "41 y", "height": "5 ft 10 in", "weight": "187 lb",
    "hematocrit": "24 %", "platelets": "18 x10^9/L", "fluid": "plasma", "blood_group": "O+", "device": "spectra-optia",
    "inlet_flow": "60 mL/min", "ratio": "10:1", "removal_efficiency": "87 %",
}  # fmt: skip


@pytest.mark.parametrize("size", ["A4", "letter"])
@pytest.mark.parametrize("font", ['Arial, "Liberation Sans"', '"DejaVu Sans"'])
def test_the_order_for_ttp_in_the_readme_prints_on_two_pages(size, font):
    read = understood(README_TTP)
    wire, _ = from_flags(read.texts)
    drawn = page(prescribe(Order.from_wire(wire)), notes=read.notes)
    drawn = drawn.replace('Arial, "Liberation Sans"', font)
    assert browser.printed(drawn, size) == 2  # page 1 with the signatures on it


def sheet(name):
    return page(prescribe(Order.from_wire(WIRES[name])))


FONTS = ('Arial, "Liberation Sans"', '"DejaVu Sans"')  # Arial's width, and a wider one


@pytest.mark.parametrize("name", LOOKED_AT)
@pytest.mark.parametrize("size", ["A4", "letter"])
@pytest.mark.parametrize("font", FONTS, ids=["arial", "wide"])
def test_the_sheet_prints_on_two_pages(name, size, font):
    drawn = sheet(name)
    assert drawn.count(FONTS[0]) == 1
    assert browser.printed(drawn.replace(FONTS[0], font), size) == 2


def test_explained_figures_come_on_further_pages():
    assert browser.printed(page(prescribe(Order.from_wire(WIRES[COURSE])), explain=True), "A4") > 2


@pytest.mark.parametrize("name", [CRS, "ttp-woman-one-and-a-half"])
def test_the_sheet_is_silent_asks_for_nothing_and_can_be_read(name):
    text = sheet(name)
    assert browser.log(text) == ([], set())
    found = browser.measured(text)
    for fault in ("small", "pale", "wide", "headless"):
        assert found[fault] == [], fault
    assert found["figures"] == (3 if name == CRS else 2)
    assert found["headings"][0] == "H1"


STYLED = re.compile("sha256-[^']*")


def test_the_checks_see_what_they_are_for():
    bad = (STYLED.sub("unsafe-inline", sheet(COURSE))).replace(
        "</body>",
        '<p style="font-size:8pt;color:#999">pale and small</p><img src="http://example.invalid/x.png">'
        "<script>console.error('a fault')</script><table><tbody><tr><td>no header</td></tr></tbody></table>"
        '<div style="width:9mm;overflow:hidden;white-space:nowrap">far too wide for its place</div></body>',
    )
    console, addresses = browser.log(bad)
    assert (
        console
    )  # the policy of the page refuses the script and the picture, and the console says so
    assert addresses == set()
    console, addresses = browser.log(bad.replace("Content-Security-Policy", "none"))
    assert any("a fault" in line for line in console)
    assert addresses == {"http://example.invalid/x.png"}
    found = browser.measured(bad)
    assert "pale and small" in found["small"]
    assert "pale and small" in found["pale"]
    assert any("too wide" in text for text in found["wide"])
    assert found["headless"] == ["no header"]
    assert (
        browser.printed(
            bad.replace("</body>", "<p style='break-before:page'>more</p></body>"), "A4"
        )
        == 3
    )
