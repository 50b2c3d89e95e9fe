"""The values of the data files and every coefficient against a second transcription, in tests/reference/audit.

The tables there were written from the reference documents, not from the package. Where the package departs from the
reference on purpose, departures.csv has the row and the reason; limits_own.csv has the site limits for which the
reference has no figure, and of a source only its form is looked at.
"""

import csv
import math
import re
import tomllib
from types import SimpleNamespace

import pint
import pytest

from pexcalc import expected_removal
from pexcalc.data import devices as device_table
from pexcalc.data import indications as indication_table
from pexcalc.data import limits as limit_table
from pexcalc.data import products as product_table
from pexcalc.data import solutes as solute_table
from pexcalc.exchange.estimate import ESTIMATORS
from pexcalc.quantities.argument import In
from pexcalc.quantities.formula import formulas
from tests.support.modules import DATA, imported
from tests.support.paths import TESTS

AUDIT = TESTS / "reference" / "audit"
Q = pint.UnitRegistry().Quantity
MODULES = {
    module.rpartition("/")[2]: imported(module)
    for module in (
        "exchange/volume", "order/fields", "exchange/dose", "kinetics/dilution", "kinetics/turnover", "kinetics/dose_lost", "kinetics/medicines", "order/treatment", "rules/medicine_rules", "rules/medicine_class", "exchange/centrifuge", "exchange/circuit_volume", "exchange/citrate", "exchange/membrane", "kinetics/filters", "order/patient",
        "order/order", "order/site_limits", "order/device", "data/indications", "exchange/estimate", "rules/estimator_rules", "kinetics/case", "kinetics/one_session", "kinetics/removal", "kinetics/prediction", "order/lookup", "rules/crs", "replacement/results", "rules/fluids/safety", "rules/fibrinogen", "replacement/choice", "data/loading", "data/sources", "data/limits", "data/solutes", "data/products", "data/devices", "data/spelling",
    )
}  # fmt: skip


def table(name):
    with (AUDIT / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


DEPARTURES = {(row["table"], row["entry"], row["field"]): row for row in table("departures")}


def number(text):
    return float(eval(text, {"log": math.log})) if text else None


def expected(name, entry, field, reference):
    """What the package should hold: the reference, or what a departure says it holds instead."""
    row = DEPARTURES.get((name, entry, field))
    if row is None:
        return reference
    assert row["reference"] == reference, row
    return row["package"]


def test_every_departure_has_a_reason_and_is_one():
    for row in DEPARTURES.values():
        assert len(row["why"]) > 15
        assert row["reference"] != row["package"]


LIMITS, OWN_LIMITS = table("limits"), table("limits_own")


@pytest.mark.parametrize("row", LIMITS, ids=[row["name"] for row in LIMITS])
def test_a_threshold_is_that_of_the_reference(row):
    limit = limit_table.limits()[row["name"]]
    assert (limit.low, limit.high) == (number(row["low"]), number(row["high"]))
    assert limit.unit == row["unit"]
    assert limit.site == (row["site"] == "yes")
    assert limit.tag == expected("limits", row["name"], "tag", row["tag"])


@pytest.mark.parametrize("row", OWN_LIMITS, ids=[row["name"] for row in OWN_LIMITS])
def test_a_threshold_without_a_figure_in_the_reference_is_a_site_limit_and_a_judgement(row):
    limit = limit_table.limits()[row["name"]]
    assert (limit.low, limit.high) == (number(row["low"]), number(row["high"]))
    assert (limit.unit, limit.site, limit.tag) == (row["unit"], True, "judgement")


def test_every_threshold_was_transcribed():
    assert {row["name"] for row in LIMITS + OWN_LIMITS} == set(limit_table.limits())
    assert len(LIMITS) + len(OWN_LIMITS) == len(limit_table.limits())


PRODUCTS, CONTAINERS, DEVICES = table("products"), table("containers"), table("devices")


@pytest.mark.parametrize("row", PRODUCTS, ids=[f"{row['id']} {row['field']}" for row in PRODUCTS])
def test_the_content_of_a_product_is_that_of_the_reference(row):
    product = product_table.products()[row["id"]]
    ends = [number(row[end]) for end in ("low", "typical", "high")]
    assert getattr(product, row["field"]) == (ends[1] if ends[0] is None else tuple(ends))
    departure = DEPARTURES.get(("products", row["id"], "tag"))
    if departure and departure["reference"] == f"{row['tag']} {row['field']}":
        assert product.tag == departure["package"]
    else:
        assert product.tag == row["tag"]


def test_every_content_of_a_product_was_transcribed():
    held = {(row["id"], row["field"]) for row in PRODUCTS}
    for one in product_table.products().values():
        for field in ("protein", "fibrinogen", "citrate"):
            assert ((one.id, field) in held) == (getattr(one, field) is not None), (one.id, field)


@pytest.mark.parametrize("row", CONTAINERS, ids=[row["id"] for row in CONTAINERS])
def test_container_sizes_are_those_of_the_reference(row):
    found = product_table.products().get(row["id"]) or device_table.devices()[row["id"]]
    assert found.containers == tuple(float(size) for size in row["millilitres"].split())


def test_every_container_size_was_transcribed():
    devices = {row.id for row in device_table.devices().values() if row.containers}
    assert {row["id"] for row in CONTAINERS} == {*product_table.products(), *devices}


def test_devices_are_those_of_the_reference():
    held = {}
    for row in DEVICES:
        value = row["value"] if row["field"] == "ratio_meaning" else float(row["value"])
        held.setdefault((row["id"], row["field"]), []).append((value, row["source"]))
    for device in device_table.devices().values():
        meaning, citrate = device.ratio_meaning, device.citrate
        got = {
            "ratio_meaning": [(meaning, device.source)] if meaning else [],
            "efficiency": list(device.efficiency),
            "circuit_volume": [(end, device.circuit_source) for end in device.circuit_volume],
            "citrate": [] if citrate is None else [(citrate, device.source)],
        }
        for field, values in got.items():
            assert values == held.pop((device.id, field), []), (device.id, field)
        tags = {row["tag"] for row in DEVICES if row["id"] == device.id}
        assert {device.tag} == (tags or {"derived"})
    assert held == {}


SOLUTES = {row["id"]: row for row in table("solutes")}
MORE, ANTIBODIES, CLASSES = table("solutes_more"), table("antibodies"), table("classes")
UCUM = {"IU/mL": "[IU]/mL"}
WORDS = {"name": "name", "kind": "kind", "form": "circulating_form", "grade": "grade",
         "reason": "grade_reason", "range": "range"}  # fmt: skip

# Field of the catalogue, its end ("" for one value), and the columns of the reference: value, tag, sign or unit.
COLUMNS = (
    ("mw", "low", "mw_kda_low", "mw_tag", ""),
    ("mw", "high", "mw_kda_high", "mw_tag", ""),
    ("half_life", "low", "half_life_low_h", "half_life_low_tag", ""),
    ("half_life", "typical", "half_life_typical_h", "half_life_typical_tag", ""),
    ("half_life", "high", "half_life_high_h", "half_life_high_tag", ""),
    ("clearance", "", "clearance_endogenous_mL_min", "clearance_endogenous_tag", ""),
    ("fraction", "typical", "intravascular_fraction", "intravascular_fraction_tag", ""),
    ("k12", "typical", "k12_per_h", "k12_tag", ""),
    ("k21", "", "k21_per_h", "k21_tag", ""),
    ("kel", "typical", "kel_per_h", "kel_tag", ""),
    ("vd", "typical", "vd_L_per_kg", "vd_tag", ""),
    ("binding", "", "protein_binding", "protein_binding_tag", ""),
    ("sieving", "", "sieving_pe", "sieving_pe_tag", ""),
    ("sieving_filter", "", "sieving_hf_high_flux", "sieving_hf_tag", "sieving_hf_qualifier"),
    ("clearance_filter", "", "clearance_hf_mL_min", "clearance_hf_tag", ""),
    ("sieving_high_cutoff", "", "sieving_hco", "sieving_hco_tag", "sieving_hco_qualifier"),
    ("clearance_high_cutoff", "", "clearance_hco_mL_min", "clearance_hco_tag", ""),
    ("donor_plasma", "", "ffp_typical", "ffp_tag", "ffp_unit"),
)  # fmt: skip


def held_by_the_reference(row):
    """(field, end) -> value, tag, note; without what is unverified, with what stands in the text of the reference."""
    held = {}
    for field, end, value, tag, note in COLUMNS:
        if row[value] and row[tag] != "unverified":
            sign = row[note].replace("=", "") if note else ""
            held[field, end] = (float(row[value]), row[tag], UCUM.get(sign, sign))
    for more in MORE:
        if more["id"] == row["id"]:
            assert (more["field"], more["end"]) not in held, more
            held[more["field"], more["end"]] = (float(more["value"]), more["tag"], "")
    return held


@pytest.mark.parametrize("key", SOLUTES)
def test_every_value_of_a_solute_is_that_of_the_reference(key):
    solute, got = solute_table.solutes()[key], {}
    for field in {field for field, *_ in COLUMNS} | {"measured_loss"}:
        value = getattr(solute, field)
        is_span = isinstance(value, solute_table.Span)
        for end, one in value._asdict().items() if is_span else [("", value)]:
            if one is not None:
                got[field, end] = tuple(one)
    assert got == held_by_the_reference(SOLUTES[key])


def test_every_solute_was_transcribed():
    assert set(SOLUTES) == set(solute_table.solutes())
    fields = {field for field, *_ in COLUMNS} | {"measured_loss"}
    kinds = {name: str(kind) for name, kind in solute_table.Solute.__annotations__.items()}
    values = {name for name, kind in kinds.items() if "Span" in kind or "Known" in kind}
    assert fields == values


@pytest.mark.parametrize(
    "row", MORE, ids=[f"{row['id']} {row['field']} {row['end']}" for row in MORE]
)
def test_a_value_out_of_the_text_of_the_reference_is_its_arithmetic(row):
    assert float(row["value"]) == pytest.approx(number(row["arithmetic"]), rel=4e-3)


@pytest.mark.parametrize("key", SOLUTES)
def test_the_words_of_a_solute_are_those_of_the_reference(key):
    solute, row = solute_table.solutes()[key], SOLUTES[key]
    for field, column in WORDS.items():
        assert getattr(solute, field) == row[column], field
    assert set(row["synonyms"].split(";")) - {""} <= set(solute.synonyms)
    added = DEPARTURES.get(("solutes", key, "sources"), {"package": ""})["package"].split()
    assert {*solute.sources} == {*row["source_keys"].lower().split(";"), *added} - {""}
    # No figure in a note that the reference has not, and nothing unverified in it.
    figures = set(re.findall(r"\d+(?:\.\d+)?", f"{row['note']} {row['half_life_basis']}"))
    for text in (solute.note, solute.basis):
        assert set(re.findall(r"\d+(?:\.\d+)?", text)) <= figures
        assert "unverified" not in text


@pytest.mark.parametrize(
    "row", ANTIBODIES, ids=[f"{row['id']} {row['model']}" for row in ANTIBODIES]
)
def test_the_disposition_of_an_antibody_is_that_of_the_reference(row):
    (model,) = (one for one in solute_table.solutes()[row["id"]].models if one.name == row["model"])
    for name in ("v1", "v2", "cl", "q", "vmax", "km"):
        assert getattr(model, name) == pytest.approx(number(row[name]), rel=3e-6), name
    assert (model.tag, model.source) == (row["tag"], row["source"])


def test_every_disposition_was_transcribed():
    solutes = solute_table.solutes().values()
    models = {(solute.id, model.name) for solute in solutes for model in solute.models}
    assert models == {(row["id"], row["model"]) for row in ANTIBODIES}


def test_measured_losses_hold_for_the_hours_of_the_reference():
    solutes = solute_table.solutes().values()
    hours = {row.id: row.measured_hours for row in solutes if row.measured_loss.low}
    # rituximab: exchange 24 to 72 h after the dose; teicoplanin: dosed just before.
    assert hours == {"rituximab": (24, 72), "teicoplanin": (0, 1)}


@pytest.mark.parametrize("row", CLASSES, ids=[row["id"] for row in CLASSES])
def test_the_kinetic_class_at_three_litres_is_that_of_the_reference(row):
    found = expected_removal(row["id"], 1.0, Q(2, "h"), Q(3, "L"), weight=Q(70, "kg"))
    assert found.kinetic_class == expected("classes", row["id"], "class", row["class"])


@pytest.mark.parametrize("row", table("indications"), ids=lambda row: row["id"])
def test_an_indication_is_that_of_the_reference(row):
    got = indication_table.indications()[row["id"]]
    for field in indication_table.Indication._fields[:-2]:  # the short name is the program's own
        reference = number(row[field]) if field in ("pv_low", "pv_high") else row[field]
        assert getattr(got, field) == reference, field


def test_every_indication_was_transcribed():
    assert [row["id"] for row in table("indications")] == list(indication_table.indications())


EQUATIONS = table("equations")
UNITS = {
    "H_cm": "cm", "W": "kg", "TBV": "mL", "PV": "mL", "E": "mL", "WB": "mL", "AC": "mL", "ECV": "mL", "Vd": "mL",
    "k": "mL/kg", "t": "hour", "tau": "hour", "T": "min", "CL": "mL/min", "Q": "mL/min", "Qp": "mL/min",
    "Qb": "mL/min", "Qpre": "mL/min", "c_AC": "mmol/L", "c_plasma": "mmol/L", "mmol": "mmol", "k12": "1/hour",
}  # fmt: skip
PINT = {"/h": "1/hour", "h": "hour", "kg/m2": "kg/m**2", "m2": "m**2"}
ARGUMENT_UNITS = {"age": "year", "gestation": "week"}
BODIES = {
    "adult": ((150.0, 45.0), (176.5, 83.3), (195.0, 140.0)),
    "child": ((100.0, 15.0), (121.5, 23.7), (160.0, 50.0)),
    "infant": ((50.0, 3.5), (70.0, 8.4), (84.0, 11.9)),
}
OTHER = {
    "Hct": (0.21, 0.38, 0.55), "k": (60, 70, 95), "TBV": (310.0, 3900.0, 6875.0), "p": (0.05, 0.16, 0.31),
    "PV": (240.0, 2808.0, 4100.0), "n": (0.5, 1.2, 2.3), "E": (500.0, 3369.6, 8000.0), "s": (0.15, 0.95, 1.03),
    "f": (0.1, 0.45, 0.9), "phi": (0.85, 0.9, 1.12), "t": (0.33, 19.0, 504.0), "tau": (1.0, 2.0, 3.5),
    "CL": (1.8, 75.8, 415.0), "k12": (0.01, 0.03, 0.05), "Vd": (4830.0, 56700.0, 105000.0), "PRE": (0.752, 0.87, 0.925),
    "WB": (900.0, 5379.3, 9000.0), "R": (10.0, 12.0, 15.0), "AC": (33.7, 489.0, 800.0), "Q": (20.0, 60.0, 120.0),
    "T": (47.0, 97.8, 240.0), "c_AC": (112.8, 136.0, 112.8), "c_plasma": (19.4, 21.0, 25.0), "mmol": (7.17, 65.4, 150.0),
    "Qp": (10.0, 30.0, 36.0), "Qb": (100.0, 120.0, 150.0), "Qpre": (10.0, 30.0, 36.0), "ECV": (50.0, 141.0, 185.0),
}  # fmt: skip


def symbols_of(row, place):
    height, weight = BODIES[row["body"]][place]
    if row["body"] == "infant" and row["arguments"].endswith("age=0") and place == 2:
        height, weight = 55.0, 4.4
    meters = height / 100
    body = {"H_cm": height, "H_m": meters, "W": weight, "BMI": weight / meters**2}
    return {**body, **{name: values[place] for name, values in OTHER.items()}}


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(
    "row", EQUATIONS, ids=[f"{row['function']} {row['where']}" for row in EQUATIONS]
)
def test_a_function_is_the_equation_of_the_reference(row, place):
    symbols, arguments = symbols_of(row, place), {}
    for name, word in (part.split("=") for part in row["arguments"].split()):
        if word in symbols:
            arguments[name] = Q(symbols[word], UNITS[word]) if word in UNITS else symbols[word]
        elif name in ARGUMENT_UNITS:
            arguments[name] = Q(float(word), ARGUMENT_UNITS[name])
        else:
            arguments[name] = int(word) if word.isdigit() else word
    name, unit = row["function"], row["unit"]
    function = next(getattr(one, name) for one in MODULES.values() if hasattr(one, name))
    got = function(**arguments)
    if unit != "1":
        got = got.m_as(PINT.get(unit, unit))
    assert got == pytest.approx(eval(row["equation"], dict(vars(math)), symbols), rel=1e-12)
    assert function.formula.tag == row["tag"]


# What follows by solving an equation above for another variable, and the two-compartment forms, whose
# independent oracles are mpmath and scipy in test_compartments.py, test_turnover.py and test_kinetics.py.
BY_OTHER_ORACLES = {
    "plasma_volumes_unbalanced", "segment_level", "volumes_to_level", "volumes_of_plasma_last",
    "plasma_volumes_with_production", "fast_rate", "slow_rate", "fall_from_rates",
}  # fmt: skip


def test_every_formula_was_transcribed():
    transcribed = {row["function"] for row in EQUATIONS}
    assert {item.name for item in formulas(*MODULES.values())} == transcribed | BY_OTHER_ORACLES
    assert transcribed.isdisjoint(BY_OTHER_ORACLES)


def test_the_figures_in_the_words_of_a_formula_are_those_of_the_reference():
    """Validity and error, which `show formulas` and the guide print."""
    figures = {
        item.name: " ".join(re.findall(r"\d+(?:\.\d+)?", f"{item.validity}; {item.error}"))
        for item in formulas(*MODULES.values())
    }
    claims = {row["function"]: row["figures"] for row in table("claims")}
    assert {name: found for name, found in figures.items() if found} == claims


CONSTANTS = table("constants")


@pytest.mark.parametrize("row", CONSTANTS, ids=[row["constant"] for row in CONSTANTS])
def test_a_constant_is_that_of_the_reference(row):
    got = eval(row["constant"], {}, MODULES)
    words = row["value"].split()
    if isinstance(got, In):
        assert ([got.low, got.high], got.unit) == ([float(word) for word in words[:2]], words[2])
    elif isinstance(got, tuple):
        assert list(got) == [float(word) for word in words[:2]]
    else:
        assert got == number(row["value"])


def test_rules_per_kg_are_those_of_the_reference():
    per_kg = {
        key: one.inputs(SimpleNamespace(kept=70.0))["per_kg"]
        for key, one in ESTIMATORS.items()
        if one.function.formula.name == "flat_blood_volume"
    }
    assert per_kg == {row["key"]: float(row["per_kg"]) for row in table("bands")}


def test_nothing_stands_in_a_data_file_that_no_table_here_looks_at():
    fields = {
        "limits": {"low", "high", "unit", "site", "source", "tag"},
        "fluids": {"name", "kind", "protein", "fibrinogen", "citrate", "containers", "source", "tag"},
        "devices": {"name", "kind", "ratio_meaning", "efficiency", "circuit_volume", "circuit_set",
                    "circuit_source", "citrate", "containers", "source", "tag"},
        "sources": {"cite", "read", "id", "by"},
        "tables": {"holds", "owner", "changed", "valid_until", "digest", "reviewed"},
        "solutes": {name for name in solute_table.Solute._fields if name != "id"},
    }  # fmt: skip
    rows = {"indications", "growth", "fluid_names", "indication_names"}
    files = {path.stem for path in DATA.iterdir() if path.suffix in (".toml", ".csv")}
    assert files == {*fields, *rows}
    for name, allowed in fields.items():
        entries = tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))
        for key, entry in entries.items():
            assert set(entry) <= allowed, (name, key)
