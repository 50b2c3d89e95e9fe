"""The printed sheet in a real browser: two pages, silent, asking for nothing, readable.

Skipped without Chromium. One browser prints and measures all; what a page asks for is looked at in
a browser of its own, whose log holds all of it.
"""

import re

import pytest

from pexcalc import Order, prescribe
from pexcalc.order.everyday import understood
from pexcalc.order.text_input import from_flags
from pexcalc.report.html.page import page
from tests.support import browser
from tests.support.devtools import Chromium
from tests.support.scenario import SCENARIOS, prescribed

WIRES = {name: wire for name, wire, *_ in SCENARIOS}
COURSE, CRS = "course: daily without a test", "crs-criteria: grade 3, all documented"
TTP = "ttp-woman-one-and-a-half"
# Long and short sheets: the longest alerts, an open fluid with both plots, many bags, a child.
LOOKED_AT = (
    "f15-crs: bleeding, no blood group: every option stops", "f15-crs: plasma ordered",
    "crs-criteria: nothing entered", TTP, "circuit-volume: just above 15 %, prime thrown away",
    COURSE, "s4-abo-incompatible-transplant: plasma AB, groups unknown", "drugs: eculizumab",
    "term-neonate", "f5-liver-failure: citrate above 2 mg/kg/min", "liver-failure-high-volume",
)  # fmt: skip
# The readme's order for TTP: the longest page 1, 25 units and the calcium of an all-plasma exchange.
README_TTP = {
    "indication": "TTP", "plasma_volumes": "1.5", "sex": "male", "age": "41 y", "height": "5 ft 10 in",
    "weight": "187 lb", "hematocrit": "24 %", "platelets": "18 x10^9/L", "fluid": "plasma",
    "blood_group": "O+", "device": "spectra-optia", "inlet_flow": "60 mL/min", "ratio": "10:1",
    "removal_efficiency": "87 %",
}  # fmt: skip
FONTS = ('Arial, "Liberation Sans"', '"DejaVu Sans"')  # Arial's width, and a wider one
STYLED = re.compile("sha256-[^']*")
FAULTY = """<p style="font-size:8pt;color:#999">pale and small</p>
<img src="http://example.invalid/x.png"><script>console.error('a fault')</script>
<table><tbody><tr><td>no header</td></tr></tbody></table>
<div style="width:9mm;overflow:hidden;white-space:nowrap">far too wide for its place</div></body>"""


@pytest.fixture(scope="module")
def tab():
    browser.needed()
    with Chromium() as one:
        yield one.open("about:blank")


def sheet(name, **options):
    if name != "the order for TTP in the readme":
        return page(prescribed(WIRES[name]), **options)
    read = understood(README_TTP)
    wire, _ = from_flags(read.texts)
    return page(prescribe(Order.from_wire(wire)), notes=read.notes)


@pytest.mark.parametrize("name", [*LOOKED_AT, "the order for TTP in the readme"])
@pytest.mark.parametrize("size", ["A4", "letter"])
@pytest.mark.parametrize("font", FONTS, ids=["arial", "wide"])
def test_the_sheet_prints_on_two_pages(tab, name, size, font):
    drawn = sheet(name)
    assert drawn.count(FONTS[0]) == 1
    assert tab.printed(drawn.replace(FONTS[0], font), size) == 2  # page 1 with the signatures


def test_explained_figures_come_on_further_pages(tab):
    assert tab.printed(sheet(COURSE, explain=True), "A4") > 2


@pytest.mark.parametrize("name", [CRS, TTP])
def test_the_sheet_is_silent_asks_for_nothing_and_can_be_read(tab, name):
    text = sheet(name)
    assert browser.log(text) == ([], set())
    found = tab.measured(text)
    assert found["headings"][0] == "H1"
    assert found["figures"] == (3 if name == CRS else 2)
    assert not any(found[fault] for fault in ("small", "pale", "wide", "headless")), found


def test_the_checks_see_what_they_are_for(tab):
    bad = STYLED.sub("unsafe-inline", sheet(COURSE)).replace("</body>", FAULTY)
    console, addresses = browser.log(bad)
    # The policy of the page refuses the script and the picture, and the console says so.
    assert (bool(console), addresses) == (True, set())
    console, addresses = browser.log(bad.replace("Content-Security-Policy", "none"))
    assert any("a fault" in line for line in console)
    assert addresses == {"http://example.invalid/x.png"}
    found = tab.measured(bad)
    assert all("pale and small" in found[fault] for fault in ("small", "pale"))
    assert any("too wide" in text for text in found["wide"])
    assert found["headless"] == ["no header"]
    more = "<p style='break-before:page'>more</p></body>"
    assert tab.printed(bad.replace("</body>", more), "A4") == 3
