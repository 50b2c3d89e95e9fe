"""Texts as a ward writes them: what has one reading is read and said back, what has two is refused with both."""

import re

import pytest
from click.testing import CliRunner

from pexcalc import Prescription, prescribe
from pexcalc.cli import cli
from pexcalc.fhir import service_request
from pexcalc.order.everyday import understood
from pexcalc.order.order import Order
from pexcalc.order.site import Site
from pexcalc.order.text_input import from_flags
from pexcalc.report.entered import laboratory_words
from pexcalc.report.sheet import sections
from pexcalc.report.summary import summary
from tests.support.refused import refused

WHOLE = {
    "sex": "male", "age": "54 y", "height": "172 cm", "weight": "65 kg", "hematocrit": "28 %",
    "indication": "gbs-primary", "plasma_volumes": "1",
}  # fmt: skip


def made(**texts):
    return Order.from_wire(from_flags({**WHOLE, **texts})[0])


@pytest.mark.parametrize(("name", "typed", "read"), [
    ("indication", "GBS", "gbs-primary"), ("height", "5 ft 10 in", "70 in"),
    ("height", "5'10\"", "70 in"), ("height", "5\u201910\u201d", "70 in"),
    ("height", "5'", "60 in"), ("height", "5 ft 10.5", "70.5 in"), ("blood_group", "O+", "O"),
    ("blood_group", "A neg", "A"), ("plasma_group", "AB-positive", "AB"),
    ("donor_group", "B Rh-", "B"), ("plasma", "FFP", "fresh-frozen-plasma"),
    ("albumin", "4.5% albumin", "albumin-4.5"), ("fluid", "FFP", "plasma"),
    ("fluid", "Albumin 5 %", "albumin"), ("hematocrit", "0.38 L/L", "38 %"),
    ("platelets", "245 G/L", "245 x10^9/L"), ("platelets", "18000 /uL", "18 x10^3/mcL"),
    ("ace_inhibitor", "18 h ago", "18 h"), ("coagulation_age", "6 h ago", "6 h"),
    ("ordered_at", "2025-06-24 14:05 +02:00", "2025-06-24T14:05+02:00"),
    ("ordered_at", "06/24/2025 14:05Z", "2025-06-24T14:05Z"),
    ("ordered_at", "24.06.2025 14:05Z", "2025-06-24T14:05Z"),
])  # fmt: skip
def test_a_text_with_one_reading_is_read_and_said_back(name, typed, read):
    found = understood({name: typed})
    assert found.texts[name] == read
    assert f"{typed}: {read}" in found.notes[0]
    assert understood(found.texts).notes == ()


@pytest.mark.parametrize(("name", "typed", "read"), [
    ("indication", "TTP", "ttp"), ("indication", "GBS Primary", "gbs-primary"),
    ("blood_group", "o", "O"), ("device", "Spectra Optia", "spectra-optia"),
    ("anticoagulant", "ACD A", "acd-a"), ("fluid", "Plasma", "plasma"),
    ("albumin", "Albumin 5 %", "albumin-5"), ("fluid", "Albumin then plasma", "albumin-then-plasma"),
])  # fmt: skip
def test_a_name_that_is_the_id_itself_is_not_said_back(name, typed, read):
    assert understood({name: typed}) == ({name: read}, ())


@pytest.mark.parametrize(("typed", "read"), [
    ("tocilizumab 6 h ago", "tocilizumab @ 6 h before"),
    ("tocilizumab 560 mg 6 h ago", "tocilizumab 560 mg @ 6 h before"),
    ("tocilizumab @ 6 h ago", "tocilizumab @ 6 h before"), ("IVIG 2 d after", "IVIG @ 2 d after"),
])  # fmt: skip
def test_a_medicine_with_its_time(typed, read):
    found = understood({"drugs": (typed, "rituximab @ 24 h before")})
    assert found.texts["drugs"] == (read, "rituximab @ 24 h before")
    assert len(found.notes) == 1


@pytest.mark.parametrize(("name", "typed"), [
    ("height", "5 ft 12 in"), ("height", "172 cm"), ("height", "5.11 ft"), ("hematocrit", "38 L/L"),
    ("hematocrit", "0.38"), ("fibrinogen", "2.4 G/L"), ("platelets", "245"),
    ("blood_group", "O positive?"), ("blood_group", "0"), ("fluid", "ffp albumin"),
    ("ratio", "10:1"), ("ordered_at", "06/07/2025 14:05"), ("ordered_at", "14:05"),
    ("ordered_at", "2025-02-30 14:05"), ("sex", "M"), ("drugs", ("tocilizumab yesterday",)),
    ("indication", "AAV"),
])  # fmt: skip
def test_another_text_is_left_to_the_strict_reader(name, typed):
    assert understood({name: typed}) == ({name: typed}, ())


def test_a_time_without_a_zone_has_that_of_the_computer():
    found = understood({"ordered_at": "2025-06-24 14:05"})
    assert found.texts["ordered_at"].startswith("2025-06-24T14:05")
    assert "(time zone of this computer)" in found.notes[0]
    assert made(**found.texts).ordered_at


def test_a_product_as_fluid_names_the_product_too():
    read = {"fluid": "plasma", "plasma": "fresh-frozen-plasma"}
    assert understood({"fluid": "FFP"}).texts == read
    assert understood({"fluid": "FFP", "plasma": "ffp"}).texts == read
    assert understood({"fluid": "FFP", "plasma": "sd-plasma"}).texts["fluid"] == "FFP"
    assert understood({"fluid": "FFP"}, {"fluid": {"plasma": "sd-plasma"}}).texts["fluid"] == "FFP"


def test_a_ratio_to_one_is_read_where_its_meaning_is_known():
    site = Site.from_toml(b'name = "Ward 3"\n[devices.our-optia]\nlike = "spectra-optia"\n')
    for around, base, devices in (
        ({"device": "Spectra Optia"}, None, None),
        ({"ratio_meaning": "blood-to-anticoagulant"}, None, None),
        ({}, {"device": {"name": "spectra-optia"}}, None),
        ({}, {"device": {"ratio_meaning": "blood-to-anticoagulant"}}, None),
        ({"device": "our-optia"}, None, site.devices_of_table),
    ):
        assert understood({"ratio": "10:1", **around}, base, devices).texts["ratio"] == "10"
    assert understood({"ratio": "10:1", "device": "amicus"}).texts["ratio"] == "10:1"
    words = understood({"ratio": "10:1", "device": "spectra-optia"}).notes[0]
    assert "inlet to anticoagulant (9 parts blood + 1 part anticoagulant)" in words


@pytest.mark.parametrize(("texts", "words"), [
    ({"fibrinogen": "2.4 G/L"}, "Did you mean 2.4 g/L or platelets of 2.4 x10^9/L?"),
    ({"ratio": "10:1"}, "inlet to anticoagulant (9 parts blood + 1 part anticoagulant) or blood to anticoagulant (10 parts"),
    ({"ordered_at": "14:05"}, "(today or another day?); expected a date with it"),
    ({"fluid": "ffp albumin"}, "which may be a mixture or one after the other"),
    ({"indication": "MuSK"}, "the row of myasthenia gravis that is meant: mg-acute (acute, short-term treatment) or mg-long-term"),
    ({"indication": "hyperthyroid"}, "not-listed: hyperthyroidism is not itself in ASFA 2023; nearest rows: thyroid-storm."),
    ({"indication": "amyloidosis"}, "for adsorption only, not for plasma exchange"),
])  # fmt: skip
def test_two_readings_are_refused_in_one_sentence_with_both(texts, words):
    (fault,) = refused(made, **texts).faults
    assert words in str(fault)


@pytest.mark.parametrize(
    "name", ["AAV", "hyperthyroid", "MOGAD", "transverse myelitis", "aHUS", "IEC-HS", "iec-hs"]
)
def test_no_sentence_on_a_neighboring_disease_has_a_category(name):
    error = refused(made, indication=name)
    assert "not itself in ASFA 2023; nearest rows" in str(error)
    assert not error.meant
    assert "category" not in str(error)
    assert "nearest rows" in CliRunner().invoke(cli, ["show", "indications", name]).output


def test_new_readings_keep_every_fault_of_a_line():
    wrong = {
        "indication": "AAV", "weight": "65", "fibrinogen": "2.4 G/L", "ratio": "10:1",
        "ordered_at": "14:05", "blood_group": "O positive?", "sex": "M",
    }  # fmt: skip
    faults = refused(made, height="5'10\"", **wrong).faults
    assert {fault.argument for fault in faults} == set(wrong)


def test_a_centrifuge_without_its_efficiency_has_a_range_from_published_figures():
    device = {"device": "spectra-optia", "ratio": "12:1", "inlet_flow": "60 mL/min"}
    found = prescribe(made(**device))
    run = found.published_run
    assert (found.circuit, run.anticoagulant_rate.m_as("mL/min")) == (None, 5)
    best, worst = (prescribe(made(**device, removal_efficiency=at)) for at in ("92.5 %", "87 %"))
    assert best.published_run is worst.published_run is None
    ends = run.run_time.low, run.run_time.high, run.blood_processed.high
    circuits = best.circuit, worst.circuit
    assert ends == (*(one.run_time for one in circuits), worst.circuit.blood_processed)
    assert "87 % [optia-vendor]" in found.basis["published_run.run_time"].text
    assert Prescription.from_json(found.to_json()) == found


def test_without_a_published_efficiency_only_the_rate_of_the_anticoagulant_is_known():
    device = {"ratio": "12:1", "ratio_meaning": "blood-to-anticoagulant", "inlet_flow": "65 mL/min"}
    run = prescribe(made(**device)).published_run
    assert run.anticoagulant_rate.m_as("mL/min") == 5
    assert run.run_time is run.blood_processed is None


def test_potassium_and_calcium_are_printed_in_the_unit_of_the_ion_that_was_typed():
    data, _ = from_flags({**WHOLE, "potassium": "2.9 mEq/L", "ionized_calcium": "3.6 mg/dL"})
    order = Order.from_wire(data)
    assert order.charted == {"potassium": "mEq/L", "ionized_calcium": "mg/dL"}
    assert order == Order.from_json(order.to_json())
    assert laboratory_words(order, "entered") == "potassium 2.9 mEq/L, ionized calcium 3.6 mg/dL"
    assert laboratory_words(order, "si") == "potassium 2.9 mmol/L, ionized calcium 0.9 mmol/L"
    assert "ionized calcium 3.6 mg/dL" in " ".join(summary(prescribe(order)).split())
    again, _ = from_flags({"potassium": "2.9 mmol/L", "ionized_calcium": "1.8 mEq/L"}, data)
    order = Order.from_wire(again)
    assert order.charted == {"ionized_calcium": "mEq/L"}
    assert "ionized calcium 1.8 mEq/L" in laboratory_words(order, "entered")


@pytest.mark.parametrize(
    ("name", "unit"), [("potassium", "mg/dL"), ("fibrinogen", "mEq/L"), ("sodium", "mEq/L")]
)
def test_a_unit_that_is_not_one_of_the_ion_is_refused(name, unit):
    data, _ = from_flags({**WHOLE, "potassium": "4 mEq/L"})
    error = refused(Order.from_wire, {**data, "charted": {name: unit}})
    assert "charted: got" in str(error)


CALCIUM_IN = {"mmol/L": (0.96, 1.02, "1 mmol/L"), "mEq/L": (1.92, 2.02, "2 mEq/L"),
              "mg/dL": (3.84, 4.05, "4.008 mg/dL")}  # fmt: skip
IN_EVERY_UNIT = [  # input, unit, beyond the limit, within it, words of the limit
    *(("ionized_calcium", unit, *row) for unit, row in CALCIUM_IN.items()),
    *(("potassium", unit, 6.2, 5.8, f"6 {unit}") for unit in ("mmol/L", "mEq/L")),
    ("fibrinogen", "g/L", 2, 4, "1 g/L"), ("fibrinogen", "mg/dL", 200, 400, "100 mg/dL"),
    *(("platelets", unit, 5, 60, f"10 {unit}") for unit in ("x10^9/L", "x10^3/mcL")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "unit", "beyond", "within", "limit"), IN_EVERY_UNIT)
def test_an_alert_has_value_and_limit_in_the_unit_that_was_typed(name, unit, beyond, within, limit):
    def alerts(value):
        result = prescribe(made(fluid="albumin", **{name: f"{value} {unit}"}))
        rows = [row.text for section in sections(result) for row in section.rows]
        said = [one.message for one in result.cautions if f"labs.{name}" in one.about]
        return said, rows, [one["text"] for one in service_request(result, "Patient/1")["note"]]

    said, *surfaces = alerts(beyond)
    # of fibrinogen: the value at the end of the session
    shown = {"g/L": 0.77, "mg/dL": 77}[unit] if name == "fibrinogen" else beyond
    (message,) = [one for one in said if limit in one and f"{shown} {unit}" in one]
    for surface in surfaces:
        assert any(message in line for line in surface)
    others = {"mmol/L", "mEq/L", "g/L", "mg/dL", "x10^9/L", "x10^3/mcL"} - {unit}
    assert not re.search("|".join(rf"\d {other}" for other in others), message)
    assert not any(limit in one for one in alerts(within)[0])
