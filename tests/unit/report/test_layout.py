"""Rows name the inputs that they ask for: options on a terminal, words on paper."""

import re
from pathlib import Path

import pytest

from pexcalc.cli.main import cli
from pexcalc.cli.options import flag_of
from pexcalc.report import layout, sheet
from pexcalc.report.layout import Row, Section
from tests.support.modules import FILES
from tests.support.scenario import COVER, prescribed

ASKING = Section("Circuit", (Row("Missing", "needs", inputs=("inlet_flow", "drugs")), Row("", "x")))
# The override of an order on hold, and the last lines.
WITH_OPTIONS = {"report/answers", "report/screen"}
REPORT = [name for name in FILES if name.startswith("report/") and name not in WITH_OPTIONS]


def test_a_terminal_is_given_options_and_everything_else_words():
    assert "needs (--inlet-flow, --drug)" in layout.text("", [ASKING], naming=flag_of)
    assert "needs (inlet flow, medicines)" in layout.text("", [ASKING])
    assert "needs (inlet flow, medicines)" in layout.listing([ASKING])
    assert layout.with_inputs(ASKING).rows[1] == Row("", "x")


# Where the reasons are; the line of the screen that paper writes without options.
OPTIONS_NAMED = {
    "report/html/handwritten": ["--why"],
    "report/html/bedside": ["--override", "--by"],
}


@pytest.mark.parametrize("module", REPORT)
def test_no_sentence_of_the_report_holds_an_option(module):
    found = re.findall(r"--[a-z]+", Path(FILES[module]).read_text(encoding="utf-8"))
    assert found == OPTIONS_NAMED.get(module, [])


def test_every_input_that_a_sheet_asks_for_is_an_option_of_prescribe():
    options = {name for option in cli.commands["prescribe"].params for name in option.opts}
    asked = {
        name
        for order in COVER.values()
        for part in sheet.sections(prescribed(order))
        for row in part.rows
        for name in row.inputs
    }
    assert {"fluid", "inlet_flow", "duration", "overrides", "drugs"} <= asked
    assert {flag_of(name) for name in asked} <= options
