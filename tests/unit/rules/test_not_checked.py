"""What was not checked: nothing where everything was answered, else the question and its hazard."""

import copy

import pytest

from pexcalc import Order, Patient, QuantityError, estimate_volumes, prescribe
from pexcalc.order.fields import BY_PATH, FERTILE, FINDINGS, lab_labels
from pexcalc.rules import not_checked as table
from pexcalc.rules.alerts import BY_ID, RULES
from pexcalc.rules.fluids.row import input_of
from pexcalc.rules.not_checked import (
    DENIALS,
    DENIED_BY,
    FERTILE_AGES,
    HAZARDS,
    LAB_PREFIX,
    NOT_ASKED,
    QUESTIONS,
    NotChecked,
    needs_of,
)
from tests.support.patients import wire
from tests.support.scenario import firing

NO = ["no-plasma-reaction", "no-hit", "no-bleeding", "no-liver-failure", "no-other-condition"]
ANSWERS = {"findings": NO, "drugs": "none", "states": "none"}
TESTED = {
    "fibrinogen": {"value": 3.1, "unit": "g/L"}, "platelets": {"value": 210, "unit": "10*9/L"},
    "potassium": {"value": 4.1, "unit": "mmol/L"},
    "ionized_calcium": {"value": 1.18, "unit": "mmol/L"},
}  # fmt: skip
WOMAN = {"sex": "female", "age": {"value": 34, "unit": "a"}}
OPTIA = {
    "name": "spectra-optia", "inlet_flow": {"value": 40, "unit": "mL/min"}, "ratio": 12,
    "plasma_removal_efficiency": {"value": 87, "unit": "%"}, "anticoagulant": "acd-a",
    "circuit_volume": {"value": 141, "unit": "mL"}, "prime": "red-cells",
}  # fmt: skip


def full(indication, multiple=1.0, **changes):
    """An order in which every question is answered; a change is the whole value of a field."""
    known = {"indication": indication, "dose": {"plasma_volumes": multiple}, "labs": TESTED}
    return wire(**{**known, **ANSWERS, "fluid": {"blood_group": "A"}, **changes})


BOY = {"age": {"value": 6, "unit": "a"}, "height": {"value": 115, "unit": "cm"},
       "weight": {"value": 20, "unit": "kg"}}  # fmt: skip
CRS = {"grade": 3, "scale": "astct-2019", "tocilizumab": True, "corticosteroid": True,
       "since_infusion": {"value": 6, "unit": "d"}}  # fmt: skip
FULL = {
    "gbs-primary": full("gbs-primary", **WOMAN, gestation="none"),
    "ttp": full("ttp", 1.5, fluid={"choice": "plasma", "blood_group": "A"}),
    "crs-car-t": full("crs-car-t", crs={**CRS, "persisting": True}),
    "anti-gbm-dah": full("anti-gbm-dah", findings=[word for word in NO if word != "no-bleeding"]),
    "mg-acute": full("mg-acute", **WOMAN, gestation="none"),
    "hyperviscosity": full("hyperviscosity-symptomatic"),
    "alf-standard": full("alf-standard", findings=[one for one in NO if one != "no-liver-failure"]),
    "hellp": full("tma-pregnancy-severe", **WOMAN, gestation={"value": 30, "unit": "wk"},
                  fluid={"choice": "plasma", "blood_group": "O"}),
    "child-on-a-device": full("gbs-primary", **BOY, device=OPTIA),
    "sepsis-mof": full("sepsis-mof"),
}  # fmt: skip
LABEL = {
    "fluid.blood_group": "blood group", "device.circuit_volume": "circuit volume",
    "no-plasma-reaction": "plasma reaction or IgA deficiency",
    "drugs": "medicines (anticoagulant, ACE inhibitor)", "no-hit": "HIT",
    "no-bleeding": "bleeding or procedure", "no-liver-failure": "liver failure",
    "no-other-condition": "other conditions", "patient.gestation": "pregnancy",
    "patient.states": "conditions that change plasma volume",
    "crs.since_infusion": "time since the CAR-T infusion",
    "device.anticoagulant": "circuit anticoagulant",
    "device.inlet_flow": "flow and ratio of the device", "labs.fibrinogen": "fibrinogen",
    "labs.platelets": "platelets", "labs.potassium": "potassium",
    "labs.ionized_calcium": "ionized calcium",
}  # fmt: skip
# Answers that no rule looks at for this order: potassium where no fluid is albumin alone, and what
# concerns plasma where albumin is the only fluid.
DOES_NOT_MATTER = {("mg-acute", "fluid.blood_group"), ("mg-acute", "no-plasma-reaction")}


def open_questions(order):
    return prescribe(Order.from_wire(order)).not_checked


def labels(order):
    return [one.label for one in open_questions(order)]


def without(order, answer):
    """An order as JSON without one answer; None where it is not there."""
    less = copy.deepcopy(order)
    if answer in NO:
        if answer not in order["findings"]:
            return None
        less["findings"] = [word for word in order["findings"] if word != answer]
        return less
    *groups, last = answer.split(".")
    place = less
    for group in groups:
        place = place.get(group, {})
    if place.pop(last, None) is None:
        return None
    if last == "inlet_flow":  # no flow without a ratio, and no ratio without a flow
        for other in ("ratio", "plasma_removal_efficiency"):
            del place[other]
    return less


@pytest.mark.parametrize("name", FULL)
def test_an_order_in_which_everything_was_answered_leaves_nothing_open(name):
    assert labels(FULL[name]) == []
    assert labels({**FULL[name], "findings": "none"}) == []  # all questions on findings at once


@pytest.mark.parametrize("name", FULL)
def test_an_answer_that_is_taken_away_brings_back_its_own_question(name):
    for answer, label in LABEL.items():
        less = without(FULL[name], answer)
        if less is not None:
            silent = (name, answer) in DOES_NOT_MATTER
            assert labels(less) == ([] if silent else [label]), answer


BARE = wire(indication="gbs-primary", dose={"plasma_volumes": 1.0}, **WOMAN)


def test_a_bare_order_asks_what_matters_in_the_order_of_the_ward():
    assert labels(BARE) == [
        "blood group", "plasma reaction or IgA deficiency",
        "medicines (anticoagulant, ACE inhibitor)", "HIT", "bleeding or procedure",
        "liver failure", "other conditions", "pregnancy",
        "fibrinogen", "platelets", "potassium", "ionized calcium",
    ]  # fmt: skip
    assert len(labels({**BARE, "fluid": {"choice": "albumin"}})) == 10
    plasma = labels({**BARE, "fluid": {"choice": "plasma"}})
    assert plasma[:2] == ["plasma reaction or IgA deficiency", "blood group"]
    child = labels(wire(indication="gbs-primary", dose={"plasma_volumes": 1.0}, **BOY))
    assert "circuit volume" in child
    assert "pregnancy" not in child


def test_medicines_are_asked_by_kind_once_one_is_entered():
    order = FULL["gbs-primary"]
    hours = {"when": "before", "time": {"value": 12, "unit": "h"}}

    def asked(*names, **changes):
        return labels({**order, "drugs": [{"name": name, **hours} for name in names], **changes})

    assert asked("rituximab") == ["anticoagulant", "ACE inhibitor"]
    assert asked("rituximab", "warfarin") == ["ACE inhibitor"]
    assert asked("rituximab", "ramipril") == ["anticoagulant"]
    assert asked("rituximab", findings=[*NO, "no-ace-inhibitor"]) == ["anticoagulant"]
    assert asked("ramipril", findings=[*NO, "no-anticoagulant"]) == []
    left = labels({**without(order, "drugs"), "findings": [*NO, "no-anticoagulant"]})
    assert left == ["ACE inhibitor", "other medicines"]


def test_a_question_names_its_hazard_its_inputs_and_the_rules_that_would_have_looked():
    found = {one.label: one for one in open_questions(BARE)}
    assert found["ionized calcium"] == NotChecked(
        inputs=("labs.ionized_calcium",), label="ionized calcium", severity="strong",
        rules=found["ionized calcium"].rules,
        hazard="low ionized calcium before citrate or albumin",
    )  # fmt: skip
    assert "ionized-calcium-low" in found["ionized calcium"].rules
    assert found["HIT"].inputs == ("findings",)
    assert found["other conditions"].inputs == ("findings", "patient.states")
    assert found["blood group"].severity == "stop"
    assert {"platelets-very-low", "platelets-low"} < set(found["platelets"].rules)
    assert all(one.hazard and one.rules for one in found.values())


def test_rules_of_a_circuit_count_only_with_a_device_and_heparin_only_where_it_may_run():
    def hit(**device):
        (found,) = (one for one in open_questions({**BARE, "device": device}) if one.label == "HIT")
        return "heparin-in-hit" in found.rules, found.severity

    flows = {name: {"value": size, "unit": "mL/min"} for name, size in
             (("blood_flow", 120), ("plasma_flow", 30))}  # fmt: skip
    assert hit(**flows) == hit(**flows, anticoagulant="heparin") == (True, "stop")
    ratio = {"ratio": 12, "ratio_meaning": "blood-to-anticoagulant"}
    assert hit(**flows, anticoagulant="acd-a", **ratio) == hit() == (False, "strong")


def taken(name):
    return {"drugs": [{"name": name, "when": "before", "time": {"value": 9, "unit": "h"}}]}


@pytest.mark.parametrize(
    ("findings", "more", "said"),
    [
        (["hit", "no-hit"], {}, "no-hit with hit"),
        (["no-bleeding", "dic"], {}, "no-bleeding with dic"),
        (["no-bleeding"], {"indication": "anti-gbm-dah"}, "no-bleeding with anti-gbm"),
        (["no-liver-failure"], {"states": ["cirrhosis"]}, "with cirrhosis"),
        (["no-other-condition", "frail"], {}, "no-other-condition with frail"),
        (["no-anticoagulant", "anticoagulated"], {}, "with anticoagulated"),
        (["no-anticoagulant"], taken("warfarin"), "no-anticoagulant with anticoagulant"),
        (["no-ace-inhibitor"], taken("ramipril"), "no-ace-inhibitor with ace-inhibitor"),
    ],
)
def test_an_answer_that_denies_what_is_there_is_refused(findings, more, said):
    with pytest.raises(QuantityError, match=f"findings: got .*{said}"):
        Order.from_wire(wire(findings=findings, **more))


def test_not_pregnant_is_an_answer_and_comes_back_from_json():
    order = Order.from_wire(FULL["gbs-primary"])
    assert order.to_wire()["patient"]["gestation"] == "none"
    assert Order.from_wire(order.to_wire()) == order
    unanswered = Order.from_wire(without(FULL["gbs-primary"], "patient.gestation"))
    assert prescribe(order).volumes == prescribe(unanswered).volumes
    with pytest.raises(QuantityError, match="gestation"):
        Order.from_wire(wire(**WOMAN, gestation="none", states=["hellp"]))


def test_a_volume_alone_says_what_it_did_not_look_at():
    for answers, left in (
        ({}, ["other conditions", "pregnancy"]),
        ({"gestation": "none", "states": "none"}, []),
    ):
        made = Patient.from_wire({**wire()["patient"], **WOMAN, **answers})
        assert [one.label for one in estimate_volumes(made).not_checked] == left


def test_every_need_of_a_rule_is_covered_by_a_question():
    """A rule that is added names a covered need, or its need is listed with a reason."""
    covered = {need for row in QUESTIONS for need in row.needs} | set(NOT_ASKED)
    covered |= {need for need in lab_labels() if need.startswith(LAB_PREFIX)}
    needed = {need for rule in RULES for need in needs_of(rule)}
    assert needed - covered == set()
    assert set(NOT_ASKED) - needed == set()
    assert set(HAZARDS) <= set(lab_labels())


def test_every_finding_answers_one_question():
    answering = [word for row in QUESTIONS for word in (*row.words, row.denial) if word]
    assert len(set(answering)) == len(answering)
    assert set(FINDINGS) - set(answering) == set()
    assert set(DENIALS) <= set(FINDINGS)
    needs = {need for row in QUESTIONS for need in row.needs}
    assert {input_of(need) for need in needs} <= set(BY_PATH)
    denied = {need.partition(".")[2] for need in needs if input_of(need) != need}
    assert denied <= set(DENIED_BY)
    assert (FERTILE.low, FERTILE.high) == FERTILE_AGES


def test_a_laboratory_value_without_a_row_is_asked_by_its_name(monkeypatch):
    rule = BY_ID["ionized-calcium-low"]._replace(id="igg-very-low", needs=("labs.igg",))
    monkeypatch.setattr(table, "BY_INPUT", table._by_need((*RULES, rule)))
    found = {one.label: one for one in open_questions(FULL["mg-acute"])}
    assert found["IgG"].hazard == "igg very low"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_an_alert_whose_input_is_taken_away_stands_in_what_was_not_checked(rule):
    asked = [need for need in needs_of(rule) if need not in NOT_ASKED and "device" not in need]
    for order in firing().get(rule.id, ()) if asked else ():
        less = copy.deepcopy(order)
        for path in {input_of(need) for need in asked}:
            group, _, last = path.partition(".")
            (less.get(group, {}) if last else less).pop(last or group, None)
        fluid = order.get("fluid") or {}
        no_plasma = fluid.get("choice") == "albumin" or "plasma" in fluid.get("refused", ())
        if less == order or (rule.id in ("no-safe-fluid", "other-plasma-needed") and no_plasma):
            continue  # plasma is not open
        if rule.code == "W-INR" and "anticoagulated" in order.get("findings", ()):
            continue  # the other answer stays
        try:
            again = prescribe(Order.from_wire(less))
        except QuantityError:
            continue  # the input goes with another
        listed = {id for one in again.not_checked for id in one.rules}
        assert rule.id in listed | {one.id for one in again.cautions}
