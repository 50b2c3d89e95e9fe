"""Every constant has a source and a tag: the entries of data/, the formulas, the rules, and each number in a room.

A number in the code of a room that calculates stands in tests/reference/audit/numbers.csv with what it is and where it
comes from, or inside a formula, which has both itself. A new one fails here until it has a row.
"""

import ast
import csv
import json
from pathlib import Path

import pytest

from pexcalc import Order, catalog, citrate, crs, drugs, estimate, fluid_rules, prescribe
from pexcalc.cautions import RULES, limit_words
from pexcalc.formula import TAGS, formulas
from pexcalc.page import page
from pexcalc.worksheet import sections

from .modules import FILES, imported, source_text
from .scenario import FOLDER

AUDIT = Path(__file__).parent / "reference" / "audit"
# Rooms that put words, rows and pixels in their place and calculate nothing that a patient depends on.
PRESENTATION = {
    "__init__", "__main__", "ask", "circuit_sheet", "cli", "flags", "fluid_sheet", "forecast", "listing", "modality_sheet", "options", "page",
    "paper", "plot", "show", "summary", "words", "worksheet",
}  # fmt: skip
ROOMS = [name for name in FILES if name not in PRESENTATION]
FORMULAS = {item.name: item for item in formulas(*map(imported, ROOMS))}
COUNTS = {0, 1, 2, 3, 4, 10, 60, 100, 1000}  # whole numbers that count, shift by a unit or take a mean
# A kind of number and the evidence tags that it may have.
KINDS = {
    "constant": ("source", "secondary", "derived", "judgement"),
    "hard limit": ("judgement",),
    "conversion": ("derived",),
    "numerics": ("derived",),
    "text": ("derived",),
}


def numbers_of(room):
    """Place in a room (a name at module level, or functions and classes) -> the numbers that stand there, in order."""
    found = {}

    def walk(node, place, in_body):
        for child in ast.iter_child_nodes(node):
            here, inside = place, in_body
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                here = f"{place}.{child.name}" if place else child.name
            elif isinstance(child, ast.Assign | ast.AnnAssign) and not place:
                here = ast.unparse(child.targets[0] if isinstance(child, ast.Assign) else child.target)
            # The body of a formula is checked against its equation; its ranges and defaults are listed like any number.
            if isinstance(node, ast.FunctionDef) and node.name in FORMULAS and child in node.body:
                inside = True
            value = child.value if isinstance(child, ast.Constant) else None
            if isinstance(value, int | float) and not isinstance(value, bool) and not inside:
                trivial = value in (0.0, 1.0) if isinstance(value, float) else value in COUNTS
                if not trivial:
                    found.setdefault(here or "(module)", []).append(value)
            walk(child, here, inside)

    walk(ast.parse(FILES[room].read_text(encoding="utf-8")), "", False)
    return {place: " ".join(f"{value:g}" for value in values) for place, values in found.items()}


with (AUDIT / "numbers.csv").open(encoding="utf-8", newline="") as file:
    LISTED = list(csv.DictReader(file))


@pytest.mark.parametrize("room", ROOMS)
def test_every_number_in_the_code_is_listed_with_its_source(room):
    listed = {row["place"]: row["numbers"] for row in LISTED if row["room"] == room}
    assert numbers_of(room) == listed


@pytest.mark.parametrize("row", LISTED, ids=[f"{row['room']} {row['place']}" for row in LISTED])
def test_a_listed_number_says_what_it_is_and_where_it_comes_from(row):
    assert row["tag"] in KINDS[row["kind"]]
    assert len(row["where"]) > 5
    for key in row["sources"].split():
        assert key in catalog.sources(), key
    assert row["sources"] or row["kind"] != "constant"


def test_every_formula_has_a_known_source_and_a_tag_and_none_is_unverified():
    assert len(FORMULAS) >= 60
    for item in FORMULAS.values():
        assert item.tag in TAGS
        assert item.tag != "unverified"
        assert set(item.source.split()) <= set(catalog.sources())


# --- the data files ---------------------------------------------------------------------------------------------------


def cited():
    """(who, source key) of everything that names a source."""
    for name, limit in catalog.limits().items():
        yield f"limit {name}", limit.source
    for key, product in catalog.products().items():
        yield f"product {key}", product.source
    for key, device in catalog.devices().items():
        yield f"device {key}", device.source
        for _, source in device.efficiency:
            yield f"efficiency of {key}", source
    for key, solute in catalog.solutes().items():
        for source in (*solute.sources, *(model.source for model in solute.models)):
            yield f"solute {key}", source
    for item in FORMULAS.values():
        for source in item.source.split():
            yield f"formula {item.name}", source
    for rule in RULES:
        if rule.source:
            yield f"caution {rule.code}", rule.source
    for rule in fluid_rules.RULES:
        yield f"fluid rule {rule.id}", rule.source
    for row in fluid_rules.CONFLICTS:
        for source in row.sources:
            yield f"conflict {row.topic}", source
    for rule in drugs.DRUG_RULES:
        yield f"medicine {rule.names[0]}", rule.source
    for method in estimate.METHODS:
        for source in method.sources:
            yield f"estimator {method.key}", source
    for regimen in (citrate.WITH_ALBUMIN, citrate.AT_LEAST, citrate.WITH_PLASMA, citrate.WITH_BOTH):
        yield f"calcium {regimen.name}", regimen.source
    yield "grade of CRS", crs.SOURCE


def test_everything_that_names_a_source_names_a_known_one():
    known = set(catalog.sources())
    assert [(who, key) for who, key in cited() if key not in known] == []


def test_every_source_is_named_by_something():
    """Directly by an entry, or in the words or the table of a room."""
    named = {key for _, key in cited()} | {key for row in LISTED for key in row["sources"].split()}
    text = source_text()
    assert {key for key in set(catalog.sources()) - named if key not in text} == set()


def test_every_entry_of_data_has_a_tag():
    for entries in (catalog.limits(), catalog.products(), catalog.devices()):
        for key, entry in entries.items():
            assert entry.tag in TAGS, key
            assert entry.source in catalog.sources(), key
    for row in catalog.indications().values():
        assert row.evidence_tag in TAGS
        assert row.source
    for key, solute in catalog.solutes().items():
        for value in solute:
            parts = [value] if isinstance(value, catalog.Known) else value if isinstance(value, catalog.Span) else ()
            assert all(part.tag in TAGS for part in parts if part), key
        assert all(model.tag in TAGS for model in solute.models), key
        has_value = any(
            isinstance(value, catalog.Known) or (isinstance(value, catalog.Span) and any(value)) for value in solute
        )
        assert solute.sources or not has_value, key


# --- nothing unverified without the output saying so ------------------------------------------------------------------


def test_what_is_unverified_is_a_site_limit_and_nothing_else():
    unverified = {name for name, limit in catalog.limits().items() if limit.tag == "unverified"}
    assert unverified
    assert all(catalog.limits()[name].site for name in unverified)
    others = [*catalog.products().values(), *catalog.devices().values(), *FORMULAS.values()]
    assert "unverified" not in {one.tag for one in others}
    for solute in catalog.solutes().values():
        spans = [value for value in solute if isinstance(value, catalog.Span)]
        known = [value for value in solute if isinstance(value, catalog.Known)] + [
            end for span in spans for end in span if end
        ]
        assert "unverified" not in {one.tag for one in (*known, *solute.models)}, solute.id
    assert "unverified" not in {row["tag"] for row in LISTED}


BEYOND_A_RULE = {
    # limit -> an order and the words in which the sheet says that it is a site limit
    "elderly": "site limit of age",
    "second-check": "site limit",
    "device-difference": "site limit",
}


def test_a_threshold_that_is_unverified_is_printed_as_a_site_limit():
    """In every caution that it raises; what no caution names is looked for on the sheet and the paper form."""
    unverified = {name for name, limit in catalog.limits().items() if limit.tag == "unverified"}
    spoken = {rule.limit: rule for rule in RULES if rule.limit in unverified}
    for name, rule in spoken.items():
        assert "{limit}" in rule.message
        assert limit_words(catalog.limits()[name]).endswith("(site limit)")
    assert unverified - set(spoken) == set(BEYOND_A_RULE)


def test_the_sheet_of_an_old_patient_with_saline_names_the_site_limit_of_age():
    order = json.loads((FOLDER / "f18-saline-in-the-elderly.json").read_text(encoding="utf-8"))["order"]
    order["fluid"] = {**order.get("fluid", {}), "choice": "albumin", "saline_share": {"value": 10, "unit": "%"}}
    order["patient"]["age"] = {"value": 70, "unit": "a"}
    found = prescribe(Order.from_json(json.dumps(order)))
    messages = [caution.message for caution in found.cautions if caution.code == "W-SALINE"]
    assert messages
    assert all(BEYOND_A_RULE["elderly"] in message for message in messages)


def test_the_paper_form_names_its_site_limits():
    order = json.loads((FOLDER / "circuit-ratio.json").read_text(encoding="utf-8"))["order"]
    form = page(prescribe(Order.from_json(json.dumps(order))))
    for name in ("second-check", "device-difference"):
        limit = catalog.limits()[name]
        assert f"{limit.high:g} % ({BEYOND_A_RULE[name]})" in form


def test_an_assumed_run_time_is_printed_as_assumed():
    order = json.loads((FOLDER / "f1-albumin.json").read_text(encoding="utf-8"))["order"]
    found = prescribe(Order.from_json(json.dumps({**order, "device": None})))
    assert found.run_time.origin == "assumed"
    sheet = " ".join(str(row) for part in sections(found) for row in part.rows)
    assert "assumed" in sheet
