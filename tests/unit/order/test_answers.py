"""Answers and faults: none is an answer on every surface, and all faults of a command line are reported at once."""

import pickle

import pytest
from click.testing import CliRunner

from pexcalc import Order, Patient, prescribe
from pexcalc.cli import cli, guided
from pexcalc.fhir import service_request
from pexcalc.order.fields import BY_NAME, COMPARE, CRS_GRADE, INPUTS, REMOVAL
from pexcalc.order.questions import CATALOGUES, CONDITIONS, words_of
from pexcalc.order.text_input import READERS, from_flags
from pexcalc.report.html.page import page
from pexcalc.report.sheet import sections
from pexcalc.report.summary import summary
from tests.support.patients import wire
from tests.support.refused import refused, says

WHOLE = {
    "sex": "male", "age": "54 y", "height": "172 cm", "weight": "65 kg", "hematocrit": "28 %",
    "indication": "gbs-primary", "plasma_volumes": "1",
}  # fmt: skip
NONE = {"findings": ("none",), "states": ("none",), "drugs": ("none",)}


def made(texts):
    return Order.from_wire(from_flags(texts)[0])


def run(texts, *more):
    words = [part for name, text in texts.items() for part in (f"--{name.replace('_', '-')}", text)]
    return CliRunner().invoke(cli, ["prescribe", *words, *more])


def test_none_is_an_answer_that_the_order_keeps_and_rules_read_as_empty():
    answered, left_open = made({**WHOLE, **NONE}), made(WHOLE)
    wire = answered.to_wire()
    assert wire["findings"] == wire["drugs"] == wire["patient"]["states"] == "none"
    assert left_open.to_wire()["findings"] == []
    assert answered != left_open
    assert answered == Order.from_json(answered.to_json()) == pickle.loads(pickle.dumps(answered))
    assert prescribe(answered).cautions == prescribe(left_open).cautions
    assert prescribe(answered).order.to_wire()["drugs"] == "none"
    assert Patient(**{**dict(answered.patient), "states": "none"}).to_wire()["states"] == "none"
    assert answered.model_copy(update={"label": "bed 4"}).to_wire()["findings"] == "none"


@pytest.mark.parametrize(("texts", "words"), [
    ({"findings": ("none", "bleeding")}, "findings: got none and bleeding; expected none alone, or names."),
    ({"states": ("sepsis, none",)}, "states: got none and sepsis"),
    ({"drugs": ("none", "rituximab @ 24 h before")}, "drugs: got none and rituximab @ 24 h before"),
    ({"drugs": ("none",), "ace_inhibitor": "18 h"}, "drugs: got none beside an ACE inhibitor"),
    ({"findings": ("nothing",)}, "findings.0 is missing"),
])  # fmt: skip
def test_none_beside_another_word_is_refused(texts, words):
    assert words in says(made, {**WHOLE, **texts})


@pytest.mark.parametrize("wrong", [["none"], ["none", "dic"], "nothing", "None"])
def test_none_in_a_list_of_json_is_refused(wrong):
    assert "findings" in says(Order.from_wire, wire(findings=wrong))


def test_a_flag_replaces_none_of_the_file():
    file, _ = from_flags({**WHOLE, "drugs": ("none",)})
    data, replaced = from_flags({"ace_inhibitor": "18 h"}, file)
    assert [drug["name"] for drug in data["drugs"]] == ["ace inhibitor"]
    assert replaced == ["ace_inhibitor"]
    data, replaced = from_flags({"drugs": ("none",)}, data)
    assert data["drugs"] == "none"
    assert replaced == ["drugs"]


def test_every_fault_of_a_command_line_is_reported_at_once():
    wrong = {"height": "1,75 m", "weight": "65", "fibrinogen": "2600 mg/dL", "sessions": "2.5",
             "ratio": "12:1"}  # fmt: skip
    said = {fault.argument: fault for fault in refused(from_flags, {**WHOLE, **wrong}).faults}
    assert list(said) == ["height", "weight", "sessions", "ratio", "fibrinogen"]
    assert said["height"].meant == ("1.75 m",)
    assert said["fibrinogen"].kind == "range"
    done = run({**WHOLE, **wrong})
    assert done.exit_code == 2
    assert done.stderr.count("; expected") == len(wrong)
    assert done.stderr.startswith("Error: height: got 1,75 m")


def test_swapped_inputs_are_one_fault_beside_the_others():
    wrong = {"height": "65 kg", "weight": "172 cm", "hematocrit": "28"}
    faults = refused(from_flags, {**WHOLE, **wrong}).faults
    assert [fault.argument for fault in faults] == ["height and weight", "hematocrit"]


def test_beside_an_age_that_cannot_be_read_other_values_are_judged_for_every_age():
    wrong = {"age": "8", "weight": "9", "height": "70 cm"}
    age, weight = refused(from_flags, {**WHOLE, **wrong}).faults
    assert age.meant == ("8 y", "8 mo")
    expected = "weight: got 9 (no unit); expected 0.3 to 400 kg. Did you mean 9 kg or 9 lb?"
    assert str(weight) == expected


def test_in_guided_entry_none_answers_and_stands_alone():
    for name in ("findings", "states", "drugs"):
        row = BY_NAME[name]
        assert guided.checked(row, "none", {})[name] == ("none",)
        assert "none" in row.prompt
    assert "none and bleeding" in says(guided.checked, BY_NAME["findings"], "bleeding, none", {})
    drugs = {"drugs": ("rituximab @ 24 h before",)}
    assert "drugs: got none and rituximab" in says(guided.checked, BY_NAME["drugs"], "none", drugs)


def test_every_name_in_a_row_leads_somewhere():
    rows = [*INPUTS, *REMOVAL, *COMPARE, *CRS_GRADE]
    assert {row.asked for row in rows if row.asked} == set(CONDITIONS)
    assert {row.words for row in rows if isinstance(row.words, str)} == set(CATALOGUES)
    assert all(words_of(row) for row in rows if row.words)
    assert {row.kind for row in INPUTS} - {"dose"} == set(READERS)
    assert len(BY_NAME) == len(INPUTS)


def test_not_pregnant_is_typed_as_none_on_every_surface():
    woman = {**WHOLE, "sex": "female", "gestation": "none"}
    assert made(woman).to_wire()["patient"]["gestation"] == "none"
    assert guided.checked(BY_NAME["gestation"], "none", {}) == {"gestation": "none"}
    assert "gestation is missing" in says(from_flags, {**woman, "gestation": "nothing"})
    done = run(woman)
    assert "not pregnant" in done.output
    assert "pregnancy" not in done.output.partition("DOSE OF ONE SESSION")[0]


def test_findings_that_deny_are_typed_like_any_other():
    order = made({**WHOLE, "findings": ("hit, no-bleeding", "no-liver-failure")})
    assert order.findings == ("hit", "no-bleeding", "no-liver-failure")
    said = run(WHOLE, "--finding", "hit", "--finding", "no-bleeding", "--summary").output
    assert "Findings: hit, no bleeding" in said
    assert "bleeding or procedure" not in said.splitlines()[-1]
    said = run(WHOLE, "--finding", "hit,no-hit").stderr
    assert "--finding: got no-hit with hit; expected one of the two." in said


ANSWERS = {
    **NONE, "fibrinogen": "3 g/L", "platelets": "210 K/uL", "potassium": "4 mmol/L",
    "ionized_calcium": "1.2 mmol/L", "blood_group": "A",
}  # fmt: skip


@pytest.mark.parametrize(("texts", "said"), [
    (WHOLE, "no data for blood group, plasma reaction or IgA deficiency"),
    ({**WHOLE, **ANSWERS}, "nothing: every question that matters here was answered"),
], ids=["left open", "answered"])  # fmt: skip
def test_what_was_not_checked_stands_on_sheet_page_summary_and_fhir_alike(texts, said):
    found = prescribe(made(texts))
    sheet = " ".join(row.text for part in sections(found) for row in part.rows)
    notes = " ".join(note["text"] for note in service_request(found, "Patient/1")["note"])
    for text in (sheet, page(found), summary(found), notes):
        assert said in text
    assert "No alerts from the data entered." in sheet
    titles = " ".join(part.title for part in sections(found, explain=True))
    assert ("hazard" in titles) == (texts is WHOLE)
