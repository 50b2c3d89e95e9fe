"""Every constant has a source and a tag: the entries of data/, the formulas, the rules, and each number in a module.

A number in a module that calculates has its tag in a comment beside it, and the keys of its sources where it has some:

    FEVER, LOW_FLOW = 38.0, 6.0  # secondary astct-2019: at least; at most, in L/min

The comment stands in the row or the statement of the number or on the line above, or by the first line of a table, for
all of its rows; a row that names its source in a field of its own needs none. A new number fails here until it has one. What needs none is
listed below: ranges of inputs (`In`, `Range`), which are judgements all of them and refuse an input or let it through, bodies of
formulas, which are compared with their printed equations, and digits and letters of what is printed.
"""

import ast
import io
import itertools
import json
import re
import tokenize
from functools import cache
from typing import NamedTuple

import pytest

from pexcalc import Order, prescribe
from pexcalc.data import devices as device_table
from pexcalc.data import limits as limit_table
from pexcalc.data import products as product_table
from pexcalc.data import solutes as solute_table
from pexcalc.data import sources as source_table
from pexcalc.exchange import citrate
from pexcalc.quantities.formula import formulas
from pexcalc.report.html.page import page
from pexcalc.rules import crs, estimator_rules, medicine_rules
from pexcalc.rules.alerts import RULES
from pexcalc.rules.cautions import limit_words
from pexcalc.rules.fluids import FLUID_RULES
from pexcalc.rules.fluids.conflicts import CONFLICTS
from tests.support.modules import FILES, imported, source_text
from tests.support.scenario import FOLDER

# Modules that put words, rows and pixels in their place and calculate nothing that a patient depends on.
PRESENTATION = {
    "__init__", "__main__", "cli/guided", "report/circuit", "cli/main", "files", "order/text_input", "report/replacement", "report/removal", "report/course", "report/modalities", "cli/removal", "report/lists", "cli/options", "report/html/page",
    "report/html/handwritten", "report/html/bedside", "report/html/plot", "cli/show", "report/summary", "report/layout", "report/wording", "report/sheet",
    "report/administration", "report/citrate_calcium", "report/entered", "cohort/__init__", "cohort/transfer",
}  # fmt: skip
MODULES = [name for name in FILES if name not in PRESENTATION]
FORMULAS = {item.name: item for item in formulas(*map(imported, MODULES))}
TABLES = (limit_table.limits(), product_table.products(), device_table.devices())
# Whole numbers that count, shift by a unit or take a mean.
COUNTS = {0, 1, 2, 3, 4, 10, 60, 100, 1000}
ROUNDING = 1e-6  # so little is what rounding may have done to a number
TAG = re.compile(r"# (source|secondary|derived|judgement)((?: [\w-]+)*)(?:: .+)?")
RANGES = {"In", "Choice", "Range"}
# Calls in which everything but the first argument is a number of digits, letters or names, or all of it.
DIGITS = {"round", "number", "digits", "alike", "most_alike", "printable"}
LETTERS = {"Field", "Context", "lru_cache"}


class Number(NamedTuple):
    """A number of a module that needs a tag, with those that hold for it and the sources that its row names itself."""

    place: str
    tags: tuple[re.Match[str], ...]
    fields: frozenset[str]


def called(node):
    """The last name of what is called."""
    function = getattr(node, "func", None)
    return getattr(function, "attr", getattr(function, "id", ""))


def needs_none(path):
    """True for a number that needs no tag, by its value or by where it stands; the path leads up to the module."""
    value = path[0].value
    if abs(value) <= ROUNDING or value in ((0, 1) if isinstance(value, float) else COUNTS):
        return True
    for inner, outer in itertools.pairwise(path):
        name = called(outer)
        if name in RANGES | LETTERS:
            return True
        if name in DIGITS:
            first = not isinstance(outer.func, ast.Attribute) or name != "round"
            if inner in [*outer.args[first:], *outer.keywords]:
                return True
        if isinstance(outer, ast.FunctionDef) and outer.name in FORMULAS and inner in outer.body:
            return True
        if isinstance(outer, ast.FunctionDef) and outer.name in DIGITS and inner is outer.args:
            return True
        is_literal = isinstance(outer, ast.Subscript) and ast.unparse(outer.value) == "Literal"
        if isinstance(outer, ast.Slice) or is_literal:
            return True
        if isinstance(outer, ast.Compare) and "len" in map(called, ast.walk(outer)):
            return True
    return False


def row_of(path):
    """The part of a module that a tag holds for, and the first line of the statement in which it stands."""
    place = next(place for place, node in enumerate(path) if isinstance(node, ast.stmt))
    statement = path[place]
    if hasattr(statement, "body"):  # the head of a function, a condition or a loop
        inner = path[place - 1] if hasattr(path[place - 1], "lineno") else path[0]
        return inner, statement.lineno
    for outer, inner in itertools.pairwise(reversed(path[: place + 1])):
        if isinstance(outer, ast.Tuple | ast.List | ast.Dict) and outer.end_lineno > outer.lineno:
            return inner, statement.lineno
    return statement, statement.lineno


@cache
def numbers_of(text):
    """The numbers of a module that need a tag, one after the other."""
    lines, tagged, known = text.splitlines(), {}, set(source_table.sources())
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        tag = TAG.fullmatch(token.string)
        if token.type == tokenize.COMMENT and tag:  # alone on a line it is of the next one
            tagged[token.start[0] + (not token.line[: token.start[1]].strip())] = tag

    def walk(node, path):
        for child in ast.iter_child_nodes(node):
            up = (child, *path)
            is_number = isinstance(child, ast.Constant) and type(child.value) in (int, float)
            if is_number and not needs_none(up):
                row, first = row_of(up)
                tags = map(tagged.get, sorted({first, *range(row.lineno, row.end_lineno + 1)}))
                words = {part.value for part in ast.walk(row) if isinstance(part, ast.Constant)}
                place = f"{child.lineno}: {child.value} in {lines[child.lineno - 1].strip()}"
                yield Number(place, tuple(filter(None, tags)), words & known)
            yield from walk(child, up)

    tree = ast.parse(text)
    return list(walk(tree, (tree,)))


def untagged(text):
    """The numbers of a module that have neither a tag nor a source in a field of their row."""
    return [number.place for number in numbers_of(text) if not (number.tags or number.fields)]


@pytest.mark.parametrize("module", MODULES)
def test_every_number_has_a_tag_that_names_known_sources_and_says_what_it_is(module):
    text, known = FILES[module].read_text(encoding="utf-8"), set(source_table.sources())
    assert untagged(text) == []
    for number in numbers_of(text):
        for tag in number.tags:
            keys = set(tag[2].split())
            assert keys <= known, number
            assert keys | number.fields or tag[1] in ("derived", "judgement"), number
            assert ": " in tag[0] or keys | number.fields, number  # a source, or words


def test_the_numbers_of_all_modules_are_found():
    texts = [FILES[module].read_text(encoding="utf-8") for module in MODULES]
    assert sum(len(numbers_of(text)) for text in texts) >= 150


@pytest.mark.parametrize(
    "text",
    [
        "LIMIT = 7\n",
        "LIMIT = 7  # not a tag\n",
        "LIMIT = 7\n# judgement: of the line above\n",
        "LOW, HIGH = 0.25, 1.5\n",
        "TABLE = (\n    (1, 7.5),  # judgement: this row\n    (2, 8.5),\n)\n",
        "TABLE = {\n    'one': Regimen('one', 1.7, 'unheard-of 2020'),\n}\n",
        "def call(a, b=7):\n    return a\n",
        "def call(a):\n    return a * 24\n",
        "def call(a):\n    if a.age >= 18:\n        return a  # judgement: of the line below\n",
        "def call(a):\n    return [one for one in a if round(one, 3) > 0.5]\n",
        "RULES = (Rule(lambda c: c.hours < 24),)\n",
    ],
)  # fmt: skip
def test_a_new_number_without_a_tag_is_found(text):
    assert len(untagged(text)) >= 1


@pytest.mark.parametrize(
    "text",
    [
        "LIMIT = 7  # judgement: nobody has more\n",
        "# judgement: nobody has more\nLIMIT = 7\n",
        "TABLE = (  # secondary nadler-1962\n    (1, 7.5),\n    (2, 8.5),\n)\n",
        "TABLE = (\n    (1, 7.5),  # judgement: this row\n    Rule(\n        8.5, 'words',\n        'nadler-1962',\n    ),\n)\n",
        "def call(a):\n    if a.age >= 18:  # judgement: an adult\n        return round(a, 7)\n",
        "AGE = In('y', 0, 120)\n",
    ],
)  # fmt: skip
def test_a_tag_holds_for_its_row_or_its_table(text):
    assert untagged(text) == []


# --- the data files ---------------------------------------------------------------------------------------------------


def cited():
    """(what, source key) of everything that names a source."""
    one = [table.values() for table in TABLES]
    regimens = (citrate.WITH_ALBUMIN, citrate.AT_LEAST, citrate.WITH_PLASMA, citrate.WITH_BOTH)
    for row in itertools.chain(
        *one, FORMULAS.values(), RULES, FLUID_RULES, medicine_rules.DRUG_RULES, regimens
    ):
        yield from ((row, source) for source in (row.source or "").split())
    for device in device_table.devices().values():
        yield from ((device, source) for _, source in device.efficiency)
    solutes = solute_table.solutes().values()
    for row in (*solutes, *CONFLICTS, *estimator_rules.METHODS):
        yield from ((row, source) for source in row.sources)
    yield from ((model, model.source) for solute in solutes for model in solute.models)
    yield "grade of CRS", crs.SOURCE


def test_everything_that_names_a_source_names_a_known_one():
    known = set(source_table.sources())
    assert [(who, key) for who, key in cited() if key not in known] == []


def test_every_source_is_named_by_something():
    """Directly by an entry, or in the words, the tags or the tables of a module."""
    named = {key for _, key in cited()}
    text = source_text()
    assert {key for key in set(source_table.sources()) - named if key not in text} == set()


def known_values(solute):
    """The values of a solute, the ends of each range one by one."""
    spans = [end for value in solute if isinstance(value, solute_table.Span) for end in value]
    return [value for value in (*solute, *spans) if isinstance(value, solute_table.Known)]


# --- nothing unverified without the output saying so ------------------------------------------------------------------


UNVERIFIED = {n for n, limit in limit_table.limits().items() if limit.tag == "unverified"}


def test_what_is_unverified_is_a_site_limit_and_nothing_else():
    assert UNVERIFIED
    assert all(limit_table.limits()[name].site for name in UNVERIFIED)
    others = [*product_table.products().values(), *device_table.devices().values()]
    for solute in solute_table.solutes().values():
        others += [*known_values(solute), *solute.models]
    assert "unverified" not in {one.tag for one in (*others, *FORMULAS.values())}


# The words in which the sheet or the form says that it is a site limit.
BEYOND_A_RULE = {
    "elderly": "site limit of age",
    "second-check": "site limit",
    "device-difference": "site limit",
}


def test_a_threshold_that_is_unverified_is_printed_as_a_site_limit():
    """In every caution that it raises; what no caution names is looked for on the sheet and the paper form."""
    spoken = {rule.limit: rule for rule in RULES if rule.limit in UNVERIFIED}
    for name, rule in spoken.items():
        assert "{limit}" in rule.message
        assert limit_words(limit_table.limits()[name]).endswith("(site limit)")
    assert UNVERIFIED - set(spoken) == set(BEYOND_A_RULE)


def scenario(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["order"]


def test_the_paper_form_names_its_site_limits():
    form = page(prescribe(Order.from_wire(scenario("circuit-ratio"))))
    for name in ("second-check", "device-difference"):
        limit = limit_table.limits()[name]
        assert f"{limit.high:g} % ({BEYOND_A_RULE[name]})" in form
