"""The contract with other programs: schemas that say what the reader does, and forms that load.

tests/contract/N holds what schema N was: the two schemas, orders, prescriptions. Every later
version still loads those orders; prescriptions are loaded by their own version. UPDATE_DOCS=1
writes the schemas anew and the files that are missing, never orders or prescriptions that are
there: a change that breaks one of them is a new version with a folder of its own.
"""

import copy
import json
import math
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pint.facets.plain import PlainQuantity

from pexcalc import Interval, Order, Prescription, QuantityError, json_schema, prescribe
from pexcalc.data import indications as indication_table
from pexcalc.data.indications import NOT_LISTED
from pexcalc.order import fields
from pexcalc.order.device import Device
from pexcalc.order.measured import LEVELS_BY_KIND
from pexcalc.order.order import CRS_INDICATIONS, SCHEMA, CourseOrder, DoseOrder
from pexcalc.order.patient import Labs, Patient
from pexcalc.order.treatment import Fluid
from pexcalc.quantities import units
from pexcalc.quantities.annotations import bounds
from pexcalc.quantities.record import Record
from pexcalc.quantities.working import Working
from pexcalc.rules.cautions import confirmed_input
from pexcalc.rules.crs import CrsOrder
from tests.support.anything import is_held, parts, put
from tests.support.patients import Q, order, patient, wire
from tests.support.scenario import COVER, ORDERS, cover, prescribed

CONTRACTS = Path(__file__).parent
VERSIONS = sorted(CONTRACTS.glob("[0-9]*"))
KEPT = (  # a run on a centrifuge and on a membrane, a stop, plasma, laboratory values, a pregnancy, CRS
    "crs-man-litres", "circuit-ratio: 12", "membrane: 25 % of blood flow", "ttp-woman-one-and-a-half", "infant-stops",
    "infant-overridden", "pregnant-thirty-weeks", "laboratory: platelets 29",
)  # fmt: skip
ORDER_SCHEMA = json_schema.schema("order")
PRESCRIPTION_SCHEMA = json_schema.schema("prescription")
AN_ORDER = Draft202012Validator(ORDER_SCHEMA)
A_PRESCRIPTION = Draft202012Validator(PRESCRIPTION_SCHEMA)


def faults(validator, data):
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(data)]


def loads(data):
    try:
        Order.from_wire(data)
    except QuantityError:
        return False
    return True


def changed(data, path, value):
    """A copy with another value in one place."""
    data = copy.deepcopy(data)
    put(data, path, value)
    return data


def test_the_schemas_are_of_draft_2020_12_and_name_their_version():
    for name, schema in (("order", ORDER_SCHEMA), ("prescription", PRESCRIPTION_SCHEMA)):
        Draft202012Validator.check_schema(schema)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["$id"] == f"urn:pexcalc:{name}:{SCHEMA}"
        assert schema["properties"]["schema"]["const"] == SCHEMA
    with pytest.raises(QuantityError, match="schema: got ordre; expected order or prescription"):
        json_schema.schema("ordre")


@pytest.mark.parametrize("schema", [ORDER_SCHEMA, PRESCRIPTION_SCHEMA])
def test_every_object_is_closed_and_every_unit_is_one_of_a_list(schema):
    codes = set()
    for path, part in parts(schema):
        condition = path[-1:] in (("if",), ("then",)) or "oneOf" in path
        if isinstance(part, dict) and "properties" in part and not condition:
            assert (part["type"], part["additionalProperties"]) == ("object", False), path
            if "unit" in part["properties"]:
                unit = part["properties"]["unit"]
                codes |= set(unit.get("enum") or [unit["const"]])
    assert {"kg", "cm", "a", "%", "mL", "g/L", "mmol/L", "10*9/L"} <= codes <= set(units.BY_UCUM)


def test_the_slim_schema_is_short_and_its_orders_are_read():
    slim = json_schema.order_schema(slim=True)
    Draft202012Validator.check_schema(slim)
    assert len(json.dumps(slim, separators=(",", ":"))) <= 12_000
    assert json_schema.order_schema() == ORDER_SCHEMA
    assert slim["$defs"]["Patient"]["properties"]["height"]["description"] == "Height, 20 to 250 cm"
    assert not {"overrides", "confirmed", "limits"} & set(slim["properties"])
    validator = Draft202012Validator(slim)
    fit = [name for name, wanted in ORDERS.items() if not faults(validator, wanted)]
    assert len(fit) > 100
    assert all(loads(ORDERS[name]) for name in fit)
    weight = {"value": 65, "unit": "stone"}
    assert faults(validator, wire(weight=weight))
    with pytest.raises(QuantityError, match="slim: got yes; expected true or false"):
        json_schema.order_schema("yes")


def test_python_is_not_explained_to_readers_of_json():
    text = json.dumps([ORDER_SCHEMA, PRESCRIPTION_SCHEMA])
    assert not re.search("QuantityError|>>>|pint|Quantity", text)


def test_scenarios_and_their_prescriptions_fit_the_schemas():
    unfit = [name for name, wanted in ORDERS.items() if not AN_ORDER.is_valid(wanted)]
    assert unfit == []
    for name, wanted in COVER.items():
        made = prescribed(wanted)
        assert faults(AN_ORDER, made.order.to_wire()) == [], name
        assert faults(A_PRESCRIPTION, json.loads(made.to_json())) == [], name


def test_a_prescription_out_of_a_host_program_fits_the_schema():
    made = order(
        {"exchange_volume": Q(3.1, "L")}, age=Q(8400, "day"), weight=Q(143.3, "pound"), height=Q(1.88, "yard"),
        limits={"estimator-spread": {"high": 25, "unit": "%"}}, ordered_at="2025-06-24T14:05+02:00",
    )  # fmt: skip
    assert faults(AN_ORDER, made.to_wire()) == []
    assert faults(A_PRESCRIPTION, prescribe(made).to_wire()) == []


# One order for each way that leads to a value in any scenario, and one with what no scenario has.
REST = wire(
    label="bed 4", ordered_at="2025-06-24T14:05+02:00", confirmed=["patient.height"], solutes=["il6"],
    limits={"estimator-spread": {"high": 25, "unit": "%"}, "fibrinogen-low": {"low": 1.1, "unit": "g/L"}},
    products={"fresh-frozen-plasma": {"fibrinogen": {"value": 2.1, "unit": "g/L"}, "containers": [{"value": 250, "unit": "mL"}]}},
    crs={"signs": {"temperature": {"value": 39, "unit": "Cel"}, "hypotension": False, "vasopressors": [], "oxygen_device": "nasal-cannula",
                   "oxygen_flow": {"value": 4, "unit": "L/min"}}, "persisting_at": "2025-06-24T08:00+02:00", "icans": 1},
    course={"sessions": 5, "interval": {"value": 48, "unit": "h"}}, charted={"potassium": "mEq/L"},
    overrides=[{"rule": "child-too-small", "reason": "specialist centre", "by": "Dr A"}],
)  # fmt: skip
PLACES = {path: data for data in (*COVER.values(), REST) for path, _ in parts(data) if path}


def test_the_orders_that_are_changed_have_all_groups():
    assert all(map(loads, PLACES.values()))
    assert {path[0] for path in PLACES} >= set(Order.model_fields) - {"schema_", "panel"}


def mutants(data, path):
    """What a file may have by mistake in one place, as (kind, file)."""
    value = dict(parts(data))[path]
    for wrong in (None, True, "1", "", [], {}, -1, 0, 1.5, 1e12, [value], {"value": value}):
        yield "another value", changed(data, path, wrong)
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield "a truth for a number", changed(data, path, True)
        yield "a text for a number", changed(data, path, str(value))
        nothing = None if path[-1] == "value" else []
        yield "nothing for a number", changed(data, path, nothing)
        for factor in (0.001, 0.01, 0.1, 10, 100, 1000, -1):
            yield "another number", changed(data, path, value * factor)
    if isinstance(value, dict):
        yield "an extra field", changed(data, path, {**value, "note": 1})
        for key in value:
            left = {name: part for name, part in value.items() if name != key}
            kind = "a part of a quantity" if {"value", "unit"} == set(value) else "one field less"
            yield kind, changed(data, path, left)
    if path[-1] == "unit":
        of_levels = set(LEVELS_BY_KIND) if path[-2] == "level" else set()
        kinds = {units.BY_UCUM[value].kind, *of_levels}
        for number, unit in enumerate(units.UNITS):
            if unit.kind in kinds:
                yield "another unit", changed(data, path, unit.ucum)
            elif number % 4 == len(path) % 4:  # a quarter of the others
                yield "a wrong unit", changed(data, path, unit.ucum)
        for wrong in ("", "KG", "lbs", "cc", "mcg", "IU", 1):
            yield "a wrong unit", changed(data, path, wrong)


ALWAYS_REFUSED = {
    "a truth for a number", "a text for a number", "nothing for a number", "an extra field", "a part of a quantity",
    "a wrong unit",
}  # fmt: skip


@pytest.mark.parametrize("group", sorted({path[0] for path in PLACES}))
def test_what_the_schema_refuses_the_reader_refuses(group):
    for path in PLACES:
        for kind, data in mutants(PLACES[path], path) if path[0] == group else ():
            refused = not AN_ORDER.is_valid(data)
            assert refused or kind not in ALWAYS_REFUSED, (path, kind, data)
            assert not (refused and loads(data)), (path, kind, faults(AN_ORDER, data), data)


@pytest.mark.parametrize(
    "change",
    [
        {"wight": 1}, {"schema": 3}, {"schema": True}, {"indication": "ttpp"}, {"indication": None}, {"label": ""},
        {"label": "a\nb"}, {"label": "x" * 81}, {"ordered_at": "2025-06-24T14:05"}, {"ordered_at": "2025-06-24"},
        {"ordered_at": "24.06.2025"}, {"sex": "m"}, {"sex": None}, {"dose": {}}, {"dose": {"plasma_volumes": None}},
        {"dose": {"plasma_volumes": 1.2, "exchange_volume": {"value": 3, "unit": "L"}}}, {"confirmed": ["heigth"]},
        {"overrides": [{"rule": "W-DOSE", "reason": "abc", "by": "Dr A"}]}, {"overrides": [{"rule": "child-too-small", "reason": "ab", "by": "Dr A"}]},
        {"limits": {"spread": {"high": 20, "unit": "%"}}}, {"limits": {"estimator-spread": {"high": 0.2, "unit": "1"}}},
        {"limits": {"estimator-spread": {"low": 1, "high": 20, "unit": "%"}}}, {"limits": {"fibrinogen-low": {"low": 0.1, "unit": "g/L"}}},
        {"limits": {"litre-order": {"unit": "1"}}}, {"products": {"albumin-6": {}}}, {"device": {"name": "optia"}},
        {"device": {"anticoagulant": "citrate"}}, {"device": {"ratio": 1000}}, {"fluid": {"albumin": "fresh-frozen-plasma"}},
        {"fluid": {"plasma": "albumin-5"}}, {"course": {"sessions": 400}}, {"course": {"sessions": 2.5}}, {"findings": ["bleed"]},
        {"states": ["sepsis", "sepsis"]}, {"labs": {"fibrinogen": {"value": 20, "unit": "g/L"}}}, {"labs": {"fibrinogen": {"value": 260, "unit": "g/L"}}},
        {"labs": {"platelets": {"value": 150000, "unit": "10*9/L"}}}, {"weight": {"value": 500, "unit": "kg"}}, {"panel": 1},
        {"blood_volume": {"value": 4.9, "unit": "L", "origin": "a guess"}}, {"age": {"value": 500, "unit": "a"}}, {"crs": {"icans": True}},
    ],
    ids=str,
)  # fmt: skip
def test_what_concerns_one_field_both_refuse(change):
    data = wire(**change)
    assert faults(AN_ORDER, data)
    assert not loads(data)


def test_what_concerns_several_fields_only_the_reader_refuses():
    for change in (
        {"weight": {"value": 15, "unit": "kg"}},  # of a child, not of a man of 23
        {"crs": {"grade": 3}},  # without its scale
        {"device": {"ratio": 12}},  # without the rest of the device
    ):
        assert not faults(AN_ORDER, wire(**change))
        assert not loads(wire(**change))


def test_every_form_of_a_time_that_is_read_fits_the_schema():
    for text in ("2025-06-24T14:05+02:00", "2025-06-24 14:05:30.5Z", "20250624T1405+0200",
                 "2025-W26-2T14+02"):  # fmt: skip
        assert loads(wire(ordered_at=text))
        assert faults(AN_ORDER, wire(ordered_at=text)) == []


SPECS = ["ANY_HEIGHT", "ANY_WEIGHT", "FIBRINOGEN", "HEMATOCRIT_NEONATE", "PLATELETS", "POTASSIUM"]


@given(st.sampled_from(SPECS), st.floats(0, 1), st.data())
def test_the_bounds_of_a_schema_are_never_narrower_than_the_range(name, share, data):
    spec = getattr(fields, name)
    row = data.draw(st.sampled_from([unit for unit in units.UNITS if unit.kind == spec.kind]))
    value = spec.in_unit(row.label, spec.low + share * (spec.high - spec.low))
    told = bounds(spec, row)
    low, high = told["minimum"], told.get("maximum", told.get("exclusiveMaximum"))
    assert low <= value <= high or not math.isfinite(value)


def test_prescriptions_that_were_changed_by_hand_are_refused_by_both():
    data = json.loads(prescribe(order()).to_json())
    for path, wrong in (
        (("blocked",), "false"), (("blocked",), 0), (("schema",), True), (("volumes", "valid"), 1), (("crs", "grade"), True),
        (("dose", "exchange_volume", "unit"), "L"), (("volumes", "blood_volume", "low"), True), (("note",), "x"),
        (("replacement", "options", 0, "segments", 0, "stage"), "1"), (("replacement", "options", 0, "segments", 0, "share"), True),
        (("cautions", 0, "severity"), "note"), (("removal", 0, "dilution_only", "high"), None),
    ):  # fmt: skip
        wrong_file = changed(data, path, wrong)
        assert faults(A_PRESCRIPTION, wrong_file), path
        with pytest.raises(QuantityError):
            Prescription.from_wire(wrong_file)


def kept(version, name, make):
    """A file of a version, written where it is missing and that is asked for."""
    path = CONTRACTS / str(version) / name
    if os.environ.get("UPDATE_DOCS") and (not path.exists() or name.endswith("schema.json")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))


OPENED = ("$defs", "properties")  # of a schema: each definition has a line


def lines(found, opened=OPENED):
    """A JSON object with one entry a line, for a schema also one definition."""
    rows = ",\n".join(
        f"{json.dumps(name)}: {lines(value, ()).rstrip() if name in opened else json.dumps(value)}"
        for name, value in found.items()
    )
    return f"{{\n{rows}\n}}\n"


def test_the_schemas_are_those_that_were_published():
    for name in json_schema.SCHEMAS:
        made = json_schema.schema(name)
        before = kept(SCHEMA, f"{name}.schema.json", lambda made=made: lines(made))
        assert made == before, f"the schema of a {name} has changed: UPDATE_DOCS=1 writes it"


def test_orders_and_prescriptions_of_this_version_are_kept():
    def orders():
        return lines({name: ORDERS[name] for name in cover(ORDERS)})

    def prescriptions():
        return lines({name: prescribe(Order.from_wire(ORDERS[name])).to_wire() for name in KEPT})

    assert len(kept(SCHEMA, "orders.json", orders)) >= 80
    assert set(kept(SCHEMA, "prescriptions.json", prescriptions)) == set(KEPT)


def of_version(folder, name):
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: folder.name)
def test_orders_of_every_version_load_and_mean_the_same(folder):
    schema = Draft202012Validator(of_version(folder, "order.schema"))
    found = of_version(folder, "orders")
    assert len(found) >= 80
    for name, data in found.items():
        assert faults(schema, data) == [], name
        is_held(as_today(data), Order.from_wire(data).to_wire(), name)


def test_an_order_of_schema_1_is_read_with_its_spelling_and_written_as_schema_2():
    first, second = (Order.from_wire(wire(schema=number)) for number in (1, 2))
    assert first == second == Order.from_wire(wire())
    assert first.to_wire()["schema"] == 2
    level, limit = {"value": 1.05, "unit": "mmol/L"}, {"low": 1.2, "unit": "mmol/L"}
    old, new = (
        wire(
            labs={f"{word}_calcium": level}, limits={f"{word}-calcium-low": limit}, confirmed=[name]
        )
        for word, name in (("ionised", "ionised_calcium"), ("ionized", "labs.ionized_calcium"))
    )
    assert Order.from_wire(old) == Order.from_wire(new)
    both = wire(labs={"ionised_calcium": level, "ionized_calcium": level})
    with pytest.raises(QuantityError, match="labs.ionised_calcium: got a field that is not known"):
        Order.from_wire(both)


def as_today(data):
    """An order of an earlier version as this version writes it: what was renamed, one line each."""
    data = copy.deepcopy(data)
    if "schema" in data:
        data["schema"] = SCHEMA
    labs = data.get("labs") or {}
    if "ionised_calcium" in labs:
        labs["ionized_calcium"] = labs.pop("ionised_calcium")
    if data.get("confirmed"):
        given = {f"dose.{name}" for name in data["dose"]}
        data["confirmed"] = [confirmed_input(name, given) for name in data["confirmed"]]
    for override in data.get("overrides", ()):
        if "code" in override:
            override["rule"] = {"W-PED": "child-too-small"}[override.pop("code")]
    return data


def test_prescriptions_of_this_version_load_and_keep_every_figure():
    schema = Draft202012Validator(of_version(VERSIONS[-1], "prescription.schema"))
    for name, data in of_version(VERSIONS[-1], "prescriptions").items():
        assert faults(schema, data) == [], name
        is_held(data, Prescription.from_wire(data).to_wire(working=True), name)


def test_a_version_that_is_not_known_is_refused():
    assert [folder.name for folder in VERSIONS] == [str(number) for number in range(1, SCHEMA + 1)]
    assert not any(loads(wire(schema=wrong)) for wrong in (SCHEMA + 1, 0, True, 1.0))
    data = prescribe(order()).to_wire()
    with pytest.raises(QuantityError, match=r"schema: got 1; expected 2\."):
        Prescription.from_wire({**data, "schema": 1})


def test_a_prescription_that_says_it_is_not_blocked_although_a_stop_stands_is_refused():
    data = prescribe(Order.from_wire(ORDERS["infant-stops"])).to_wire()
    assert data["blocked"] is True
    refusal = "blocked: got false; expected true for a stop without an override, else false"
    with pytest.raises(QuantityError, match=refusal):
        Prescription.from_wire({**data, "blocked": False})
    with pytest.raises(QuantityError, match="blocked: got true"):
        Prescription.from_wire({**prescribe(order()).to_wire(), "blocked": True})


NO_DOSE = (
    "dose is missing; enter one of plasma_volumes (such as 1.2), exchange_volume (such as 3000 mL) "
    "and bag_volume."
)
ENTERED = {"age": 54, "height": 162, "weight": 60, "hematocrit": 38}


def filled(indication, until=None):
    """The form with what it needs filled in, up to one input."""
    form = json_schema.order_to_fill(indication)
    form["patient"]["sex"] = None if until == "sex" else "female"
    for name, value in ENTERED.items():
        if until in ("sex", name):
            return form
        form["patient"][name]["value"] = value
    if until != "dose":
        row = indication_table.indication(indication)
        litres = row.litres if row is not None and row.pv_low is None else None
        only = {"exchange_volume": {"value": litres[0][0], "unit": "L"}} if litres else None
        form["dose"] |= only or {"plasma_volumes": 1.0}
    return form


def test_the_form_has_every_group_and_every_input():
    form = json_schema.order_to_fill("crs-car-t")
    assert set(form) == {field.alias or name for name, field in Order.model_fields.items()}
    assert set(form["patient"]) == set(Patient.model_fields)
    groups = {"dose": DoseOrder, "labs": Labs, "course": CourseOrder, "crs": CrsOrder,
              "device": Device, "fluid": Fluid}  # fmt: skip
    for group, record in groups.items():
        assert set(form[group]) == set(record.model_fields)


@pytest.mark.parametrize("indication", [*indication_table.indications(), NOT_LISTED])
def test_the_form_enters_nothing_for_the_patient(indication):
    form = json_schema.order_to_fill(indication)
    assert ("crs" in form) == (indication in CRS_INDICATIONS)
    leaves = {path: one for path, one in parts(form) if not isinstance(one, dict | list)}
    assert {path: one for path, one in leaves.items() if one is not None} == {
        ("schema",): SCHEMA, ("indication",): indication, ("panel",): True,
        **{("patient", name, "unit"): unit for name, unit in json_schema.UNIT_NOTES.items()},
    }  # fmt: skip


@pytest.mark.parametrize("until", ["sex", *ENTERED, "dose"])
def test_the_form_names_the_first_input_that_is_still_empty(until):
    words = f"patient.{until}.value is missing; enter a number."
    words = {"sex": "patient.sex is missing; enter male or female.", "dose": NO_DOSE}.get(
        until, words
    )
    for indication in ("ttp", "crs-car-t"):
        with pytest.raises(QuantityError) as caught:
            Order.from_wire(filled(indication, until))
        assert str(caught.value.faults[0]) == words
        assert faults(AN_ORDER, filled(indication, until))


def test_a_form_with_what_it_needs_is_the_same_order_as_one_without_the_rest():
    for indication in (*[*indication_table.indications()][::8], "crs-car-t", NOT_LISTED):
        form = filled(indication)
        assert faults(AN_ORDER, form) == []
        patient = {name: form["patient"][name] for name in ("sex", *ENTERED)}
        dose = {name: value for name, value in form["dose"].items() if value is not None}
        short = {"indication": indication, "patient": patient, "dose": dose}
        whole, bare = (prescribe(Order.from_wire(one)).to_wire() for one in (form, short))
        assert {**whole, "order": None} == {**bare, "order": None}


def test_an_indication_that_is_not_known_has_no_form():
    refusal = r"indication: got ttpp; expected an id .* Did you mean ttp\?"
    with pytest.raises(QuantityError, match=refusal):
        json_schema.order_to_fill("ttpp")


def inside(value):
    """Everything that can be reached from a record."""
    yield value
    if isinstance(value, Record):
        for name in type(value).model_fields:
            yield from inside(getattr(value, name))
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from inside(item)
    elif isinstance(value, Interval):
        yield from inside((value.low, value.typical, value.high))


FIXED = (Record, tuple, MappingProxyType, Working, Interval, PlainQuantity, str, int, float,
         Decimal, type(None))  # fmt: skip


@pytest.mark.parametrize("name", [*KEPT, "laboratory: fibrinogen 2.6 g/L"])
def test_nothing_in_a_prescription_can_be_changed(name):
    made = prescribe(Order.from_wire(ORDERS.get(name) or REST))
    for result in (made, Prescription.from_json(made.to_json())):
        found = list(inside(result))
        assert len(found) > 300
        assert [type(one) for one in found if not isinstance(one, FIXED)] == []
        for one in found:
            if isinstance(one, Record):
                field = next(iter(type(one).model_fields))
                for change, more in ((setattr, (None,)), (delattr, ())):
                    with pytest.raises(ValueError, match="frozen"):
                        change(one, field, *more)
            if isinstance(one, MappingProxyType):
                with pytest.raises(TypeError, match="does not support item assignment"):
                    one["x"] = 1
            if isinstance(one, Interval):
                with pytest.raises(AttributeError, match="cannot assign"):
                    one.low = 0


def test_an_order_keeps_what_it_was_given():
    weight, states = Q(65, "kg"), ["sepsis"]
    limits = {"estimator-spread": {"high": 25, "unit": "%"}}
    made = order(weight=weight, states=states, limits=limits)
    before = made.to_json()
    weight.ito("pound")
    states.append("burns")
    limits["estimator-spread"]["high"] = 99
    limits["litre-order"] = {"low": 0.5, "high": 2, "unit": "1"}
    assert made.to_json() == before


@pytest.mark.parametrize("name", KEPT)
def test_records_are_pickled_and_copied_whole(name):
    made = Order.from_wire(ORDERS[name])
    for record in (made, prescribe(made)):
        before = record.to_json()
        protocols = range(2, pickle.HIGHEST_PROTOCOL + 1)
        pickled = [pickle.loads(pickle.dumps(record, protocol)) for protocol in protocols]
        copies = [copy.deepcopy(record), copy.copy(record), record.model_copy(deep=True)]
        for again in (*pickled, *copies):
            assert again == record
            assert again.to_wire() == record.to_wire()
            assert hash(again) == hash(record)
        assert record.to_json() == before


def test_records_that_say_the_same_are_equal_and_others_are_not():
    assert order() == order()
    assert prescribe(order()) == prescribe(order())
    assert len({prescribe(order()), prescribe(order()), prescribe(order(weight=Q(66, "kg")))}) == 2
    assert order() != order(weight=Q(65.0000001, "kg"))
    assert order() != wire()
    assert patient() != order()
    one = {"estimator-spread": {"high": 25, "unit": "%"}}
    one |= {"litre-order": {"low": 0.5, "high": 2, "unit": "1"}}
    assert order(limits=one) == order(limits=dict(reversed(one.items())))


THREADS = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
sys.setswitchinterval(1e-6)
data, start = json.loads(sys.stdin.read()), Barrier(8)

def work(number):
    start.wait()
    from pexcalc.quantities.units import private_registry
    private = private_registry()
    import pint
    from pexcalc import Order, prescribe
    registry = pint.UnitRegistry(cache_folder=None) if number % 2 else None
    made = []
    for one in data * 3:
        result = prescribe(Order.from_wire(one, registry))
        assert registry is None or result.dose.exchange_volume._REGISTRY is registry
        made.append(result.to_json())
    return made, private

made, private = zip(*ThreadPoolExecutor(8).map(work, range(8)))
assert len(set(map(id, private))) == 1
print(json.dumps(made))
"""


def test_eight_threads_of_a_fresh_process_share_a_registry_and_give_the_same_prescriptions():
    data = [ORDERS[name] for name in KEPT[:4]]
    done = subprocess.run(
        [sys.executable, "-c", THREADS], input=json.dumps(data), capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    alone = [prescribe(Order.from_wire(one)).to_json() for one in data] * 3
    assert json.loads(done.stdout) == [alone] * 8
