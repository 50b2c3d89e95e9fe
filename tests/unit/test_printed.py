"""What the command prints is what a program gets; the tables by name; and loading stays lazy."""

import re

import pytest
from click.testing import CliRunner

import pexcalc
from pexcalc import catalog
from pexcalc.cli import cli
from tests.support.patients import Q, order


@pytest.mark.parametrize(
    ("options", "write"),
    [
        ((), pexcalc.screen_text),
        (("--full",), pexcalc.sheet_text),
        (("--why",), lambda one: pexcalc.sheet_text(one, reasons=True)),
        (("--summary",), pexcalc.summary_text),
        (("--html", "-"), pexcalc.page_html),
    ],
)
def test_the_texts_are_those_of_the_command(options, write, tmp_path):
    file = tmp_path / "order.json"
    file.write_text(order().to_json())
    done = CliRunner().invoke(cli, ["prescribe", "--order", str(file), *options])
    written = write(pexcalc.prescribe(pexcalc.Order.from_json(file.read_text())))
    assert without_inputs(written) in without_inputs(done.stdout)


def without_inputs(text):
    """A text without what stands in parentheses: there the command names its flags."""
    return " ".join(re.sub(r"\([^()]*\)", "", text).split())


def test_the_curve_is_one_svg_element():
    course = pexcalc.simulate_course("IgG", 1.0, Q(2, "h"), Q(24, "h"), 5)
    drawn = pexcalc.curve_svg(course)
    assert drawn.startswith("<svg ")
    assert drawn.endswith("</svg>")
    assert "Immunoglobulin G" in drawn


def test_the_catalog_has_every_table_by_id():
    assert catalog.solutes()["igg"].name == "Immunoglobulin G"
    assert catalog.indications()["ttp"].id == "ttp"
    assert catalog.devices()["spectra-optia"]
    assert catalog.limits()["fibrinogen-low"].site
    assert catalog.products()["fresh-frozen-plasma"]
    assert catalog.sources()["nadler-1962"]
    assert "bleeding" in catalog.findings()
    assert {row.path for row in catalog.order_inputs()} >= {"patient.weight", "labs.fibrinogen"}
    with pytest.raises(TypeError):
        catalog.solutes()["igg"] = None
