"""The generated pages are what the script writes today, and they leave nothing out.

UPDATE_DOCS=1 writes them anew instead of comparing.
"""

import inspect
import os
import re
from functools import cache

import pytest

import pexcalc
from pexcalc.data import indications as indication_table
from pexcalc.data import solutes as solute_table
from pexcalc.data import sources as source_table
from pexcalc.data.tables import data_tables, digest_of
from pexcalc.exchange import estimate
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.record import Record
from pexcalc.quantities.units import private_registry
from pexcalc.rules import estimator_rules
from tests.support.modules import FILES, HOME
from tests.tools import api_page, stale
from tests.tools.pages import CHANGES, DOCS, PAGES, WRITE, help_of, write


@cache
def drawn(name):
    return PAGES[name]()


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_script_writes(name):
    if os.environ.get("UPDATE_DOCS"):
        write(name)
    path = DOCS / name
    assert path.exists(), f"docs/{name} is missing; {WRITE}"
    same = path.read_text(encoding="utf-8") == drawn(name)
    assert same, f"docs/{name} is not what the program says today; {WRITE}"


def test_the_dates_of_a_data_table_are_those_of_its_last_change():
    if os.environ.get("UPDATE_DOCS"):
        stale.renew()
    for name, table in data_tables().items():
        said = f"{name} has changed: python -m tests.tools.stale --renew"
        assert digest_of(name) == table.digest, said


def test_every_module_has_its_line_in_the_architecture_and_every_way_to_one_leads_somewhere():
    listed = re.findall(r"^\| `([\w/]+)\.py` \|", drawn("architecture.md"), re.MULTILINE)
    assert sorted(listed) == sorted(name for name in FILES if "__" not in name)
    assert all((HOME / name).exists() for _, where in CHANGES for name in where.split())


def test_no_page_of_a_table_is_left_from_before():
    assert {f"decisions/{path.name}" for path in (DOCS / "decisions").iterdir()} <= set(PAGES)


# --- the tables, row by row ----------------------------------------------------------------------


def test_every_estimator_that_stands_beside_is_met_by_a_patient():
    page = drawn("decisions/volume.md")
    for row in estimator_rules.BESIDE:
        name = row.key and estimate.ESTIMATORS[row.key].name
        assert f"({row.note}" in page or f"{name}: not computed" in page, row


def test_help_does_not_depend_on_the_terminal(monkeypatch):
    wide = help_of(("prescribe",))
    monkeypatch.setenv("COLUMNS", "40")
    assert help_of(("prescribe",)) == wide
    assert max(map(len, wide.splitlines())) <= 80


# --- the library ----------------------------------------------------------------------------------

NAMES = [name for names in api_page.GROUPS.values() for name in names]
# They print or describe a record and calculate nothing; tests/unit/test_printed.py tries them.
VIEWS = "screen_text sheet_text summary_text page_html curve_svg order_to_fill prescription_schema"
# What an error names instead of the argument: the function, of values that make no model together.
OTHER_NAMES = {"k12": "custom_solute", "fraction": "custom_solute", "text": "quantity"}
FUNCTIONS = [name for name in NAMES if api_page.is_function(name) and name not in VIEWS.split()]
RECORDS = api_page.inside(*NAMES)
# Arguments at which a function does not look before Python does; their page says what they are instead.
NOT_REFUSED = {
    ("parse_quantity", "registry"), ("estimate_volumes", "patient"), ("estimate_volumes", "limits"),
    ("estimate_volumes", "confirmed"), ("concentration_after", "segments"),
    ("choose_replacement", "daily"), ("choose_replacement", "calcium_planned"),
    ("choose_replacement", "products"), ("choose_replacement", "limits"),
    ("expected_removal", "confirmed"), ("simulate_course", "confirmed"),
}  # fmt: skip
WITHOUT_SOURCE = {"parse_quantity", "order_schema", "custom_solute"}  # it computes nothing


def test_every_public_name_has_its_place():
    assert sorted({*NAMES, *RECORDS}) == sorted(pexcalc.__all__)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_docstring_names_arguments_shapes_validity_errors_and_source(name):
    function = getattr(pexcalc, name)
    said = api_page.sections(function)
    described = [argument for argument, _ in api_page.entries(said["Parameters"])]
    assert described == list(inspect.signature(function).parameters)
    assert said[""]
    assert said["Returns"]
    assert "Valid" in said["Notes"]
    assert ">>> " in said["Examples"]
    assert re.search(r"array|scalar|Scalars", f"{said['Parameters']} {said['Notes']}")
    errors = [text for _, text in api_page.entries(said["Raises"])]
    assert errors[0].startswith(("If ", "For "))
    formula = getattr(function, "formula", None)
    keys = re.split(r"[ ,:]+", formula.source if formula else said.get("References", ""))
    assert {*keys} & {*source_table.sources(), "those"} or name in WITHOUT_SOURCE
    assert formula is None or (formula.error and formula.unit and formula.equation)
    assert all(argument.accepts for argument in api_page.arguments(name))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_is_refused_by_its_name(name):
    """An object of no kind is refused, and the error names the argument, as the page says."""
    function = getattr(pexcalc, name)
    # A formula: any value for the arguments beside the wrong one.
    if name not in api_page.examples():
        inputs = function.formula.inputs
        good = list(map(_inside, inputs.values()))
        for place, (argument, spec) in enumerate(inputs.items()):
            with pytest.raises(QuantityError) as caught:
                function(*good[:place], *[object()] * (len(good) - place))
            assert (caught.value.argument, caught.value.expected) == (argument, spec.expected)
        return
    function(**api_page.examples()[name])
    for argument in inspect.signature(function).parameters:
        error = api_page.refusal(name, argument)
        assert (error is None) == ((name, argument) in NOT_REFUSED), argument
        named = {argument, OTHER_NAMES.get(argument)}
        assert error is None or error.argument.partition("[")[0] in named


def _inside(spec):
    """A value that an argument of a formula accepts."""
    if not isinstance(spec, In):
        return spec.words[0]
    middle = spec.low + 0.5 * (min(spec.high, 1e6) - spec.low)
    return middle if spec.pure else private_registry().Quantity(middle, spec.container)


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_every_field_of_a_record_has_its_unit(record):
    """A Quantity has its unit; plain numbers of the data are named in the docstring."""
    said = api_page.text_of(record)
    assert said
    assert not said.startswith(f"{record.__name__}(")
    for field, words, _ in api_page.fields(record):
        assert words
        if issubclass(record, Record):
            assert api_page.ANYTHING not in words, field
        elif record is solute_table.Solute or record is indication_table.Indication:
            assert f"`{field}`" in said or not re.search(r"Span|Known|number", words), field
