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
def test_the_texts_are_those_of_the_command(options, write):
    words = ["prescribe", "--order", "-", *options]
    done = CliRunner().invoke(cli, words, input=order().to_json())
    written = write(pexcalc.prescribe(order()))
    assert without_inputs(written) in without_inputs(done.stdout)


def without_inputs(text):
    """A text without what stands in parentheses: there the command names its flags."""
    return " ".join(re.sub(r"\([^()]*\)", "", text).split())


def test_the_curve_is_one_svg_element():
    course = pexcalc.simulate_course("IgG", 1.0, Q(2, "h"), Q(24, "h"), 5)
    drawn = pexcalc.curve_svg(course)
    assert (drawn[:5], drawn[-6:]) == ("<svg ", "</svg>")
    assert "Immunoglobulin G" in drawn


def test_the_catalog_has_every_table_by_id():
    ids = {
        "solutes": "igg", "indications": "ttp", "devices": "spectra-optia", "findings": "bleeding",
        "limits": "fibrinogen-low", "products": "fresh-frozen-plasma", "sources": "nadler-1962",
    }  # fmt: skip
    assert [name for name, id in ids.items() if id not in getattr(catalog, name)()] == []
    assert {row.path for row in catalog.order_inputs()} >= {"patient.weight", "labs.fibrinogen"}
    with pytest.raises(TypeError):
        catalog.solutes()["igg"] = None
