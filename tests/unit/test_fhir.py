"""FHIR R4: what is read from a Bundle, what is refused by the name of its entry, what is written, checked with R4 models."""

import copy
import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.patient import Patient as FhirPatient
from fhir.resources.R4B.servicerequest import ServiceRequest
from hypothesis import given
from hypothesis import strategies as st

from pexcalc import Labs, Order, Patient, QuantityError, fhir, json_schema, prescribe
from pexcalc.fhir.bundle import _age_at
from pexcalc.quantities import units
from pexcalc.quantities.record import with_values
from tests.conftest import HOST
from tests.support.anything import json_values, parts, put
from tests.support.bundles import observation
from tests.support.patients import order, wire
from tests.support.refused import says
from tests.support.scenario import NAMES, SCENARIOS, prescribed

AT = datetime(2025, 6, 24, 14, 5, tzinfo=timezone(timedelta(hours=2)))
TAKEN = "2025-06-24T08:00:00+02:00"
VOLUME = {"exchange_volume": {"value": 3, "unit": "L"}}
ASKED = {"at": AT, "sex": "male", "indication": "crs-car-t", "dose": VOLUME}
GBS = {"indication": "gbs-primary", "dose": {"plasma_volumes": 1.0}}


def person(**changes):
    resource = {"resourceType": "Patient", "id": "p1", "gender": "male", "birthDate": "2002-03-01"}
    return {"fullUrl": "https://example.org/fhir/Patient/p1", "resource": {**resource, **changes}}


def seen(loinc, value, unit, name="o", **changes):
    """An Observation with its address."""
    address = {"fullUrl": f"https://example.org/fhir/Observation/{name}"}
    return address | observation(loinc, value, unit, **changes)


WEIGHT, HEIGHT = seen("29463-7", 65, "kg", "weight"), seen("8302-2", 172, "cm", "height")
HEMATOCRIT = seen("4544-3", 27, "%", "hematocrit")
BODY = (person(), WEIGHT, HEIGHT, HEMATOCRIT)


def bundle(*entries, **changes):
    whole = {"resourceType": "Bundle", "type": "collection", "entry": list(entries)}
    return copy.deepcopy({**whole, **changes})


def read(*entries, **changes):
    return fhir.order_from_bundle(bundle(*entries), **(ASKED | changes))


def changed(entry, **changes):
    """An entry with other fields; a change to `...` takes a field away."""
    resource = {**entry["resource"], **changes}
    return {
        **entry,
        "resource": {name: value for name, value in resource.items() if value is not ...},
    }


def test_the_bundles_of_these_tests_are_r4():
    whole = bundle(*BODY, *(seen(code.loinc, 1, "g/L", code.loinc) for code in fhir.CODES[5:]))
    Bundle.model_validate(whole)
    for entry in whole["entry"]:
        model = FhirPatient if entry["resource"]["resourceType"] == "Patient" else Observation
        model.model_validate(entry["resource"])


def test_a_bundle_gives_the_order_that_the_file_would():
    labs = [
        ("fibrinogen", 260, "mg/dL", "3255-7"), ("platelets", 150, "10*9/L", "777-3"),
        ("ionized_calcium", 1.15, "mmol/L", "1995-0"), ("igg", 9.5, "g/L", "2465-3"),
        ("albumin", 3.2, "g/dL", "1751-7"),
    ]  # fmt: skip
    il6 = seen("26881-3", 1500, "pg/mL", "il6")
    entries = *BODY, il6, *(seen(loinc, value, unit, name) for name, value, unit, loinc in labs)
    found = read(*entries)
    values = {name: {"value": value, "unit": unit} for name, value, unit, _ in labs}
    values["coagulation_age"] = {"value": 6 + 5 / 60, "unit": "h"}
    made = wire(labs=values, dose=VOLUME, ordered_at=AT.isoformat())
    assert found.order == Order.from_wire(made)
    assert prescribe(found.order).dose.plasma_volumes.typical == pytest.approx(0.900554, abs=5e-7)
    assert fhir.FromBundle.from_json(found.to_json()) == found
    by_path = {one.path: one for one in found.inputs}
    weight = by_path["patient.weight"]
    assert weight.entry == "Bundle.entry[1] (https://example.org/fhir/Observation/weight)"
    assert (weight.time, by_path["patient.age"].note) == (TAKEN, "born 2002-03-01")
    assert by_path["patient.sex"].entry == "stated by the caller"
    assert by_path["interleukin_6"].entry.startswith("Bundle.entry[4]")
    hosted = read(*entries, registry=HOST)
    assert isinstance(hosted.order.patient.weight, HOST.Quantity)
    assert isinstance(hosted.interleukin_6, HOST.Quantity)
    assert hosted.interleukin_6.m_as("ng/L") == pytest.approx(1500)


def test_the_rest_of_the_order_comes_from_the_caller():
    rest = {"patient": {"states": ["sepsis"]}, "findings": ["bleeding"]}
    rest["labs"] = {"potassium": {"value": 3.9, "unit": "mmol/L"}}
    before = copy.deepcopy(rest)
    platelets = seen("777-3", 30, "10*9/L")
    made = read(*BODY, platelets, rest=rest).order.to_wire()
    labs = {name: made["labs"][name]["value"] for name in ("potassium", "platelets")}
    assert labs == {"potassium": 3.9, "platelets": 30}
    assert (made["patient"]["states"], made["findings"]) == (["sepsis"], ["bleeding"])
    assert rest == before
    form = json_schema.order_to_fill("crs-car-t")
    for name in ("indication", "dose", "ordered_at"):
        del form[name]
    for name in ("sex", *json_schema.UNIT_NOTES):
        del form["patient"][name]
    assert read(*BODY, platelets, rest=form).order.labs.platelets.m == 30
    living = person(active=True, deceasedBoolean=False, link=[{"type": "seealso"}])
    undated = changed(living, birthDate=...)
    rest = {"patient": {"age": {"value": 23, "unit": "a"}}}
    assert "patient.age is missing" in says(read, undated, *BODY[1:])
    assert read(undated, *BODY[1:], rest=rest).order.patient.age.m == 23


@pytest.mark.parametrize(
    ("value", "unit"), [(65000, "g"), (65 / 0.45359237, "[lb_av]"), (Decimal(65), "kg")]
)
def test_a_weight_in_each_unit(value, unit):
    found = read(person(), seen("29463-7", value, unit), HEIGHT, HEMATOCRIT).order.patient.weight
    assert found.m_as("kg") == pytest.approx(65)


def test_ionized_calcium_by_mass_and_by_moles():
    moles = read(*BODY, seen("1994-3", 1.15, "mmol/L")).order.labs.ionized_calcium
    found = read(*BODY, seen("17864-0", 4.609, "mg/dL", "ca"))
    assert found.order.charted == {"ionized_calcium": "mg/dL"}
    by_mass = found.order.labs.ionized_calcium.m_as("mmol/L")
    assert by_mass == pytest.approx(moles.m_as("mmol/L"), rel=1e-4)
    assert found.inputs[-1].note == "4.609 mg/dL, by 40.078 g/mol"
    said = says(read, *BODY, seen("1994-3", 4.6, "mg/dL"))
    assert "expected a UCUM code for LOINC 1994-3: mmol/L or umol/L" in said
    assert "Bundle.entry[4]" in says(read, *BODY, seen("17864-0", 1.15, "mmol/L"))


@pytest.mark.parametrize(
    ("born", "age"),
    [
        ("2002-06-24", (23, "a")), ("2002-06-25", (22, "a")), ("2007-06-24", (18, "a")), ("2007-06-25", (215, "mo")),
        ("2016-06-24", (108, "mo")), ("2023-06-25", (23, "mo")), ("2025-04-24", (2, "mo")), ("2025-04-25", (60, "d")),
        ("2025-06-10", (14, "d")), ("2025-06-24", (0, "d")), ("2004-02-29", (21, "a")),
    ],
)  # fmt: skip
def test_the_age_is_counted_to_the_day_of_the_order(born, age):
    assert _age_at(date.fromisoformat(born), AT.date()) == {"value": age[0], "unit": age[1]}


def test_a_child_and_a_neonate():
    sizes = seen("29463-7", 8.5, "kg"), seen("8302-2", 70, "cm"), seen("20570-8", 35, "%")
    body = read(person(birthDate="2024-10-20"), *sizes, **GBS).order.patient
    assert body.age.m_as("month") == pytest.approx(8)
    sizes = seen("29463-7", 3.5, "kg"), seen("8302-2", 51, "cm"), seen("20570-8", 50, "%")
    young = person(birthDate="2025-06-10")
    assert "gestation_at_birth is missing" in says(read, young, *sizes)
    rest = {"patient": {"gestation_at_birth": {"value": 39, "unit": "wk"}}}
    assert read(young, *sizes, rest=rest, **GBS).order.patient.age.m_as("day") == pytest.approx(14)


def test_known_codes_among_others_on_the_last_page_of_a_search():
    known = [("http://snomed.info/sct", "27113001"), (LOINC, "3141-9"), (LOINC, "29463-7")]
    codings = [{"system": system, "code": code} for system, code in known] + [{"code": "8302-2"}]
    entries = person(), seen("", 65, "kg", code={"coding": codings}), HEIGHT, HEMATOCRIT
    last = bundle(*entries, type="searchset", link=[{"relation": "self", "url": "x"}])
    assert fhir.order_from_bundle(last, **ASKED).order.patient.weight.m == 65


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_withdrawn_observations_are_skipped_by_name(status):
    found = read(*BODY, seen("29463-7", 56, "kg", "slip", status=status))
    assert found.order.patient.weight.m == 65
    entry = "Bundle.entry[4] (https://example.org/fhir/Observation/slip)"
    assert found.skipped == (f"{entry}: {status}",)
    for used in ("amended", "corrected"):
        assert read(*BODY, seen("777-3", 56, "10*9/L", status=used)).order.labs.platelets.m == 56


ADDRESS = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"


@pytest.mark.parametrize(
    ("url", "reference", "patient"),
    [
        (WEIGHT["fullUrl"], "https://example.org/fhir/Patient/p1", person()),
        (WEIGHT["fullUrl"], "Patient/p1", changed(person(), id=...)),
        ("urn:uuid:o", "Patient/p1", person()),
        (None, "Patient/p1", {"resource": person()["resource"]}),
        ("urn:uuid:o", ADDRESS, {**person(), "fullUrl": ADDRESS}),
    ],
)
def test_references_to_the_patient(url, reference, patient):
    entries = [changed(one, subject={"reference": reference}) for one in BODY[1:]]
    found = read(patient, {**entries[0], "fullUrl": url}, *entries[1:])
    assert found.order.patient.weight.m == 65


def test_sex_is_stated_or_the_caller_takes_the_gender_for_it():
    assert read(*BODY, sex="female").order.patient.sex == "female"
    taken = read(*BODY, sex=None, sex_from_gender=True)
    assert (taken.order.patient.sex, taken.inputs[0].note) == ("male", "from Patient.gender")
    asked_for = "sex is missing; enter male or female, or sex_from_gender=True"
    assert says(read, *BODY, sex=None).startswith(asked_for)
    assert "got a sex, and sex_from_gender" in says(read, *BODY, sex_from_gender=True)
    assert "patient.sex, stated by the caller: got m" in says(read, *BODY, sex="m")
    for gender in ("other", None, {}):
        said = says(read, person(gender=gender), *BODY[1:], sex=None, sex_from_gender=True)
        assert said.startswith("Bundle.entry[0] (https://example.org/fhir/Patient/p1): got gender")


@pytest.mark.parametrize(
    ("path", "twice"),
    [
        ("patient.weight", [WEIGHT]),  # the same twice
        ("patient.hematocrit", [seen("20570-8", 27, "%")]),
        ("labs.ionized_calcium", [seen("1994-3", 1.1, "mmol/L"), seen("17864-0", 4.5, "mg/dL")]),
        ("interleukin_6", [seen("26881-3", 5, "pg/mL")] * 2),
    ],
)
def test_two_values_of_one_input(path, twice):
    said = says(read, *BODY, *twice)
    assert said.startswith(f"{path}: got two values, Bundle.entry[")
    assert said.endswith("; expected one: a clinician decides which of them is correct.")


LOINC = "http://loinc.org"
QUANTITY = WEIGHT["resource"]["valueQuantity"]
LOST = {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"}


def amount(**changes):
    whole = {**QUANTITY, **changes}
    return {"valueQuantity": {name: part for name, part in whole.items() if part is not None}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (amount(code=None), "got 65 kg without a UCUM code; expected a UCUM code for LOINC 29463-7: kg or g or mg or ug or [lb_av], with system"),
        (amount(system="http://snomed.info/sct"), "without a UCUM code"),
        (amount(code="KG"), "got 65 KG"),
        (amount(code="cm", unit="cm"), "got 65 cm; expected"),
        (amount(unit="lb"), "got unit lb with code kg; expected a unit and a code that agree."),
        (amount(value="65"), "valueQuantity.value: got 65; expected a number."),
        (amount(value=None), "valueQuantity.value is missing"),
        (amount(value=math.nan), "valueQuantity.value: got nan"),
        (amount(value=10**400), "valueQuantity.value: got 1000"),
        (amount(value=Decimal("sNaN")), "valueQuantity.value: got sNaN"),
        (amount(comparator="<"), "got < 65; expected a value, not a bound."),
        ({"effectiveDateTime": ...}, "got no time; expected effectiveDateTime"),
        ({"valueQuantity": ...}, "got no value; expected one valueQuantity"),
        ({"valueQuantity": [QUANTITY]}, "got valueQuantity; expected one valueQuantity"),
        ({"valueString": "65 kg"}, "got valueQuantity and valueString; expected one valueQuantity."),
        ({"dataAbsentReason": {"coding": [LOST]}}, "got a reason why the value is absent"),
        ({"status": "preliminary"}, "got status preliminary; expected status final, amended, corrected."),
        ({"status": ["final"]}, "got status a value of type list"),
        ({"code": {"coding": [{"system": "http://loinc.org", "code": "99999-9"}]}}, "got LOINC code 99999-9; expected one of 8302-2, 29463-7"),
        ({"code": {"coding": [{"system": "http://snomed.info/sct", "code": "27113001"}]}}, "got LOINC code none"),
        ({"code": {"coding": [{"code": "29463-7"}]}}, "got LOINC code none"),
        ({"code": None}, "got LOINC code none"),
        ({"code": {"coding": "29463-7"}}, "code.coding: got 29463-7; expected a list of objects."),
        ({"code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}, {"system": "http://loinc.org", "code": "8302-2"}]}},
         "got codes of different things, 29463-7 and 8302-2; expected codes of one input."),
        ({"subject": {"reference": "Patient/p2"}}, "got subject Patient/p2; expected the patient, Bundle.entry[0]"),
        ({"subject": {"reference": "https://other.org/fhir/Patient/p1"}}, "got subject https://other.org/fhir/Patient/p1"),
        ({"subject": None}, "got subject nothing"),
        ({"focus": [{"reference": "Patient/fetus"}]}, "got an Observation about another person or thing"),
        ({"component": [{"code": {"text": "x"}}]}, "got an Observation of several components"),
        ({"modifierExtension": [{"url": "http://example.org/not"}]}, "got a modifierExtension, which may change its meaning"),
        ({"implicitRules": "http://example.org/rules"}, "got a implicitRules"),
        ({"effectiveDateTime": "2025-06-24T15:00:00+02:00"}, "got 2025-06-24T15:00:00+02:00; expected a time up to 2025-06-24T14:05:00+02:00."),
        ({"effectiveDateTime": "2025-06"}, "got 2025-06; expected a day such as 2025-06-24, or a time such as"),
        ({"effectiveDateTime": "2025-06-24T08:00:00"}, "got 2025-06-24T08:00:00; expected a day"),
        ({"effectiveDateTime": "2025-02-30"}, "got 2025-02-30; expected a day"),
        ({"effectivePeriod": {"start": TAKEN}}, "got effectiveDateTime and effectivePeriod; expected effectiveDateTime."),
    ],
)  # fmt: skip
def test_an_observation_that_cannot_be_used(changes, words):
    said = says(read, person(), HEIGHT, HEMATOCRIT, changed(WEIGHT, **changes))
    assert said.startswith("Bundle.entry[3] (https://example.org/fhir/Observation/weight)")
    assert words in said


def test_an_instant_and_a_day():
    moment = "2025-06-24T06:00:00.123Z"
    instant = changed(WEIGHT, effectiveDateTime=..., effectiveInstant=moment)
    day = changed(HEIGHT, effectiveDateTime="2025-06-24")
    found = {one.path: one.time for one in read(person(), instant, day, HEMATOCRIT).inputs}
    assert found["patient.weight"] == "2025-06-24T06:00:00.123000+00:00"
    assert found["patient.height"] == "2025-06-24"


def test_a_fibrinogen_brings_the_age_of_coagulation():
    old = seen("3255-7", 2.6, "g/L", "fib", effectiveDateTime="2025-06-22T14:05:00+02:00")
    daily = {"course": {"sessions": 5, "interval": {"value": 24, "unit": "h"}}}
    found = read(*BODY, old, rest=daily, **GBS)
    assert found.order.labs.coagulation_age.m_as("h") == pytest.approx(48)
    notes = {one.path: one.note for one in found.inputs}
    assert notes["labs.coagulation_age"] == "from the time of the fibrinogen"
    new = read(*BODY, seen("3255-7", 2.6, "g/L"), rest=daily, **GBS)
    raised = [{one.code for one in prescribe(made.order).cautions} for made in (found, new)]
    assert raised[0] - raised[1] == {"W-DAILY-COAG"}
    stated = {"labs": {"coagulation_age": {"value": 3, "unit": "h"}}}
    assert read(*BODY, old, rest=stated).order.labs.coagulation_age.m == 3
    day = seen("3255-7", 2.6, "g/L", "fib", effectiveDateTime="2025-06-24")
    assert "got a day without a time, 2025-06-24" in says(read, *BODY, day)


def test_a_value_out_of_range_names_its_entry():
    said = says(read, person(), seen("29463-7", 650, "kg", "weight"), HEIGHT, HEMATOCRIT)
    entry = "Bundle.entry[1] (https://example.org/fhir/Observation/weight)"
    assert said.startswith(f"patient.weight, {entry}: got 650 kg; expected 20 to 400 kg")
    said = says(read, person(), WEIGHT, HEIGHT, seen("4544-3", 0.27, "%", "hct"))
    assert "patient.hematocrit, Bundle.entry[3]" in said
    assert "Did you mean 27 %?" in said
    said = says(read, *BODY, seen("3255-7", 260, "g/L", "fib"))
    assert "labs.fibrinogen, Bundle.entry[4]" in said
    years = seen("3255-7", 2.6, "g/L", "fib", effectiveDateTime="2022-06-22T14:05:00+02:00")
    assert says(read, *BODY, years).startswith("labs.coagulation_age, Bundle.entry[4]")
    assert "interleukin_6: got -5 pg/mL" in says(read, *BODY, seen("26881-3", -5, "pg/mL"))
    said = says(read, person(), WEIGHT, HEIGHT)
    assert said.startswith("patient.hematocrit is missing; enter a hematocrit such as 28 %")
    assert says(read, *BODY, dose={}).startswith("dose is missing")


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ({"patient": {"weight": {"value": 66, "unit": "kg"}}}, "rest.patient.weight: got a value, beside that of Bundle.entry[1]"),
        ({"patient": {"sex": "male"}}, "rest.patient.sex: got a value, beside that of stated by the caller"),
        ({"dose": {"plasma_volumes": 1}}, "rest.dose: got a value; expected it as an argument of its own"),
        ({"ordered_at": "2025-06-24T14:05+02:00"}, "rest.ordered_at: got a value"),
        ({"indication": "ttp"}, "rest.indication: got a value"),
        ({"patient": 3}, "rest.patient: got 3; expected an object."),
        ({"notes": 3}, "notes: got a field that is not known here"),
    ],
)  # fmt: skip
def test_a_rest_that_does_not_go_with_the_bundle(rest, words):
    assert words in says(read, *BODY, rest=rest)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"birthDate": "2002"}, ".birthDate: got 2002; expected a day"),
        ({"birthDate": "2025-06-25"}, ".birthDate: got 2025-06-25; expected a day up to 2025-06-24."),
        ({"birthDate": "2002-03-01T00:00:00Z"}, ".birthDate: got 2002-03-01T00:00:00Z; expected a day up to"),
        ({"birthDate": None}, ".birthDate is missing"),
        ({"active": False}, ": got a record that is not active; expected the record in use."),
        ({"link": [{"type": "replaced-by", "other": {"reference": "Patient/p3"}}]}, ": got a record that another one replaces"),
        ({"deceasedBoolean": True}, ": got a patient who has died"),
        ({"modifierExtension": [{"url": "x"}]}, ": got a modifierExtension"),
    ],
)  # fmt: skip
def test_a_patient_who_cannot_be_the_patient(changes, words):
    said = says(read, person(**changes), *BODY[1:])
    assert said.startswith("Bundle.entry[0] (https://example.org/fhir/Patient/p1)")
    assert words in said


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "Bundle is missing; enter a FHIR R4 Bundle as a dictionary."),
        ([], "Bundle: got a value of type list"),
        (person()["resource"], "Bundle: got a value of type dict"),
        (bundle(*BODY, type="history"), "Bundle.type: got history; expected collection or searchset."),
        (bundle(*BODY, link=[{"relation": "next", "url": "x"}]), "Bundle.link: got a search with further pages"),
        (bundle(*BODY[1:]), "Bundle: got no Patient; expected one Patient."),
        (bundle(*BODY, person(id="p2")), "Bundle: got Bundle.entry[0] (https://example.org/fhir/Patient/p1) and Bundle.entry[4]"),
        (bundle(*BODY, {"fullUrl": "urn:uuid:x"}), "Bundle.entry[4]: got no resource; expected a Patient or an Observation."),
        (bundle(*BODY, {"resource": {"resourceType": "Condition", "id": "c"}}), "Bundle.entry[4] (Condition/c): got Condition; expected a Patient"),
        (bundle(*BODY, entry="x"), "Bundle.entry: got x; expected a list of objects."),
    ],
)  # fmt: skip
def test_what_is_no_bundle_of_one_patient(data, words):
    assert words in says(fhir.order_from_bundle, data, **ASKED)


def test_a_time_of_the_order_needs_its_zone():
    said = says(read, *BODY, at=datetime(2025, 6, 24, 14, 5))
    assert "at: got 2025-06-24 14:05:00; expected date, time and zone" in said
    assert "at: got 2025-06-24" in says(read, *BODY, at="2025-06-24T14:05+02:00")
    assert read(*BODY, at=AT.astimezone(UTC)).order.ordered_at == "2025-06-24T12:05:00+00:00"


WHOLE = bundle(*BODY, seen("3255-7", 260, "mg/dL", "fibrinogen"))
PLACES = [path for path, _ in parts(WHOLE) if path]


@given(st.sampled_from(PLACES), json_values(st.text(max_size=8), st.text(max_size=8)))
def test_anything_in_any_place_is_read_or_refused_in_one_sentence(path, value):
    data = copy.deepcopy(WHOLE)
    put(data, path, value)
    try:
        fhir.order_from_bundle(data, **ASKED)
    except QuantityError as error:
        assert all(str(one).isprintable() for one in error.faults)
        assert len(str(error)) < 1000


def test_codes_are_those_of_the_reference_and_none_is_unverified():
    assert {code.tag for code in fhir.CODES} <= {"source", "secondary"}
    assert len(fhir.BY_LOINC) == len(fhir.CODES)
    kinds = {row.kind for row in units.UNITS}
    assert {code.kind for code in fhir.CODES} <= kinds
    assert "20720000" not in json.dumps(fhir.service_request(prescribe(order()), "Patient/p1"))
    fields = {f"patient.{name}" for name in Patient.model_fields}
    fields |= {f"labs.{name}" for name in Labs.model_fields}
    assert {code.path for code in fhir.CODES} - {"interleukin_6"} <= fields


def leaves(data, path=""):
    """Every text and number by its place; a number as a float."""
    if not isinstance(data, dict | list):
        return {path: float(data) if isinstance(data, int | float) else data}
    items = data.items() if isinstance(data, dict) else enumerate(data)
    inside = [leaves(part, f"{path}.{name}") for name, part in items]
    return {key: value for part in inside for key, value in part.items()}


@pytest.mark.parametrize("wanted", [case[1] for case in SCENARIOS[::9]], ids=NAMES[::9])
def test_what_is_written_is_r4(wanted):
    result = prescribed(wanted)
    written = fhir.observations(result, "Patient/p1")
    if result.blocked:
        assert "expected one without a stop" in says(fhir.service_request, result, "Patient/p1")
        assert all("no override" in one["note"][-1]["text"] for one in written)
    else:
        written.append(fhir.service_request(result, "Patient/p1"))
    for resource in written:
        model = Observation if resource["resourceType"] == "Observation" else ServiceRequest
        again = json.loads(model.model_validate(resource).model_dump_json())
        found = leaves(json.loads(json.dumps(resource)))
        assert leaves(again) == found
        assert all(text.strip() for text in found.values() if isinstance(text, str))
        for amount in (place.removesuffix("value") for place in found if place.endswith(".value")):
            assert found[f"{amount}system"] == "http://unitsofmeasure.org"
            assert found[f"{amount}code"] in units.BY_UCUM


BY_NAME = {name: wanted for name, wanted, _ in SCENARIOS}
FALL = "Expected fall of {} at the end of one session, halved to doubled production"


def named(written, name):
    (found,) = [one for one in written if one["code"]["text"] == name]
    return found


def test_figures_are_written_whole_with_their_intervals():
    result = prescribe(order(ordered_at="2025-06-24T14:05+02:00"))
    written = fhir.observations(result, "Patient/p1")
    plasma = named(written, "Plasma volume")
    assert [part["code"]["text"] for part in plasma["component"]] == ["low", "typical", "high"]
    typical = result.volumes.plasma_volume.typical.m_as("mL")
    quantity = {"value": typical, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"}
    assert plasma["component"][1]["valueQuantity"] == quantity
    assert "valueQuantity" not in plasma
    assert (plasma["status"], plasma["method"]) == ("preliminary", {"text": "Nadler"})
    assert plasma["effectiveDateTime"] == "2025-06-24T14:05:00+02:00"
    assert any("3331" in note["text"].replace(",", "") for note in plasma["note"])
    volume = named(written, "Exchange volume, patient plasma")["valueQuantity"]
    assert volume["value"] == pytest.approx(3000)
    assert all(list(one["code"]) == ["text"] for one in written)  # no code in the reference
    circuit = fhir.observations(prescribed(BY_NAME["circuit-ratio: 12"]), "Patient/p1")
    known = {"Blood processed", "Anticoagulant used", "Anticoagulant to the patient", "Remove bag"}
    assert known <= {one["code"]["text"] for one in circuit}
    again = fhir.observations(prescribe(order()), "Patient/p1")
    assert "effectiveDateTime" not in again[0]
    entries = [{"resource": one} for one in again]  # a result is not read back as an input
    assert "Bundle.entry[4]: got status preliminary" in says(read, *BODY, *entries)


def test_a_cytokine_is_an_interval_and_what_is_not_known_says_so():
    result = prescribe(order({"plasma_volumes": 1.0}))
    il6 = named(fhir.observations(result, "Patient/p1"), FALL.format("Interleukin-6"))
    assert "valueQuantity" not in il6
    assert {"low", "high"} <= {part["code"]["text"] for part in il6["component"]}
    assert il6["note"][1]["text"].startswith("grade D: ")
    assert il6["note"][1]["text"].endswith("model-based, not validated in CAR-T patients")
    one = with_values(result.removal[0], fall=None)
    written = fhir.observations(with_values(result, removal=(one,)), "Patient/p1")
    unknown = named(written, FALL.format(one.name))
    assert unknown["dataAbsentReason"] == {"text": "not known"}
    assert not {"component", "valueQuantity"} & set(unknown)
    Observation.model_validate(unknown)


def test_the_request_is_a_draft_for_a_professional():
    made = order(
        ordered_at="2025-06-24T14:05+02:00", course={"sessions": 5, "interval": HOST.Quantity(48, "hour")},
        device={"name": "spectra-optia"},
    )  # fmt: skip
    request = fhir.service_request(prescribe(made), ADDRESS)
    coded = [request[name] for name in ("status", "intent", "subject", "authoredOn")]
    assert coded == ["draft", "proposal", {"reference": ADDRESS}, "2025-06-24T14:05:00+02:00"]
    codings = request["code"]["coding"] + request["category"][0]["coding"]
    snomed = {"system": "http://snomed.info/sct"}
    assert codings == [{**snomed, "code": code} for code in ("127788007", "277132007")]
    repeat = {"count": 5, "frequency": 1, "period": 48.0, "periodUnit": "h"}
    assert request["occurrenceTiming"] == {"repeat": repeat}
    session, _, fluid, device, *_ = (one["text"] for one in request["orderDetail"])
    said = "one session: 3,000 mL of patient plasma, 0.9 plasma volumes (0.75 to 1.13)"
    assert (session, device) == (said, "device as ordered: name spectra-optia")
    options = "replacement fluid not ordered; options: albumin, albumin-then-plasma, plasma"
    assert fluid.startswith(options)
    notes = [one["text"] for one in request["note"]]
    assert "for a health professional to check; not sent to a device" in notes[0]
    assert any(note.startswith("strong crs-criteria-not-met: ") for note in notes)
    assert "priority" not in request
    ServiceRequest.model_validate(request)


def test_what_is_not_ordered_is_not_in_the_request():
    def request(*words, **changes):
        return fhir.service_request(prescribe(order(*words, **changes)), "Patient/p1")

    assert request(course={"sessions": 3})["occurrenceTiming"] == {"repeat": {"count": 3}}
    ordered = request(fluid={"choice": "albumin"})["orderDetail"]
    assert {"text": "replacement fluid ordered: albumin"} in ordered
    usual = request({"plasma_volumes": 1.0}, "gbs-primary")
    said = "replacement fluid not ordered; options: albumin (default), albumin-then-plasma, plasma"
    assert {"text": said} in usual["orderDetail"]
    assert not {"occurrenceTiming", "authoredOn", "priority", "requester"} & set(usual)


def test_a_request_after_an_override_says_whose_it_is():
    stopped = prescribed(BY_NAME["infant-stops"])
    said = says(fhir.service_request, stopped, "Patient/p1")
    assert "got one that child-too-small stops" in said
    result = prescribed(BY_NAME["infant-overridden"])
    notes = [note["text"] for note in fhir.service_request(result, "Patient/p1")["note"]]
    (override,) = [note for note in notes if note.startswith("override")]
    by = result.order.overrides[0]
    assert override == f"override of child-too-small by {by.by}: {by.reason}"


@pytest.mark.parametrize(
    "subject", ["", "p1", "Patient/", "Group/1", "Patient/a b", None, {"reference": "Patient/1"}]
)
def test_a_subject_is_a_reference(subject):
    for write in (fhir.observations, fhir.service_request):
        assert "subject" in says(write, prescribe(order()), subject)


HOUR = timedelta(hours=1)
PAST = [(AT - 50 * HOUR, AT - 48 * HOUR), (AT - 26 * HOUR, AT - 24 * HOUR)]
COURSE = {**GBS, "sessions": PAST, "within": HOUR}


def igg(hours, level):
    when = (AT + hours * HOUR).isoformat()
    return seen("2465-3", level, "g/L", f"igg{hours}", effectiveDateTime=when)


def test_levels_around_sessions_are_measured_levels_of_the_order():
    found = read(*BODY, igg(-50.5, 10), igg(-47.8, 4.4), igg(-26.2, 6), igg(-1, 5), **COURSE)
    levels = [(one.session, one.when, one.size) for one in found.order.measured]
    assert levels == [(1, "before", 10), (1, "after", 4.4), (2, "before", 6)]
    assert found.order.labs.igg.magnitude == 5
    assert found.order.course.session == 3
    assert found.inputs[-2].note == "before session 2, by its time"
    plain = {"solute": "igg", "session": 1, "when": "before", "level": {"value": 10, "unit": "g/L"}}
    rest = {"measured": [plain]}
    again = read(*BODY, igg(-47.8, 4.4), igg(-26.2, 6), igg(-1, 5), **COURSE, rest=rest)
    assert prescribe(again.order).removal == prescribe(found.order).removal


@pytest.mark.parametrize(
    ("entries", "changes", "said"),
    [
        ([igg(-49, 9)], {}, "near no start or end of a session; expected a sample within 1:00:00"),
        ([igg(-40, 9)], {}, "near no start or end of a session"),
        ([igg(-47.7, 9)], {"sessions": [PAST[0], (AT - 47.5 * HOUR, AT - 45 * HOUR)]}, "near two sessions"),
        ([igg(-47.7, 9), igg(-47.6, 9)], {}, "measured.igg.1.after: got two values"),
        ([seen("2465-3", 9, "g/L", effectiveDateTime="2025-06-22")], {}, "expected a time and zone"),
        ([], {"sessions": PAST[::-1]}, "sessions: got times that overlap"),
        ([], {"within": None}, "within is missing"),
        ([], {"sessions": ()}, "sessions is missing"),
        ([], {"rest": {"course": {"session": 2}}}, "rest.course.session: got 2"),
    ],
)  # fmt: skip
def test_a_level_of_no_clear_session_is_refused(entries, changes, said):
    assert said in says(read, *BODY, *entries, **{**COURSE, **changes})
