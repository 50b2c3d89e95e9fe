"""ASTCT 2019: the published table case by case, what is refused, and the criteria."""

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pexcalc import Order, QuantityError, grade_crs, prescribe
from pexcalc.cli import cli
from pexcalc.rules.crs import (
    DEVICES,
    POSITIONS,
    VASOPRESSORS,
    CrsOrder,
    CrsSigns,
    criteria_for_exchange,
)
from tests.support.patients import Q, codes, wire

AFTER = {"crs_established": True, "anticytokine": True}
NOR, EPI, VAS = "norepinephrine", "epinephrine", "vasopressin"


def graded(celsius=39.0, hypotension=False, vasopressors=(), device="room-air", flow=None, **more):
    flow = None if flow is None else Q(flow, "L/min")
    return grade_crs(Q(celsius, "degC"), hypotension, vasopressors, device, flow, **more)


# The test inputs of the published decision logic, in their order; whatever is not named was answered none or room air.
@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"celsius": 38.0}, 1),
        ({"celsius": 37.9}, None),
        ({"celsius": 36.8, "hypotension": True, **AFTER}, 2),
        ({"celsius": 36.8, "crs_established": True, "antipyretic": True}, 0),
        ({"vasopressors": (NOR,)}, 3),
        ({"vasopressors": (NOR, VAS)}, 3),
        ({"vasopressors": (NOR, EPI)}, 4),
        ({"vasopressors": (NOR, EPI, VAS)}, 4),
        ({"vasopressors": (VAS,)}, 3),
        ({"device": "nasal-cannula", "flow": 6}, 2),
        ({"device": "nasal-cannula", "flow": 6.5}, 3),
        ({"device": "facemask", "flow": 5}, 3),
        ({"device": "bipap"}, 4),
        ({"vasopressors": (NOR,), "device": "nasal-cannula", "flow": 3}, 3),
        ({"celsius": 39.5}, 1),  # creatinine does not enter
        ({"fever_other_cause": True}, None),
        ({"device": "cpap", "hypoxia_other_cause": True}, 1),
        ({"device": "ventilated", "hypoxia_other_cause": True}, 1),
        ({"celsius": 36.8, "hypotension": True, "hypotension_other_cause": True, **AFTER}, 0),
        ({"celsius": 36.8, "device": "cpap", "hypoxia_other_cause": True, **AFTER}, 0),
        ({"death_due_to_crs": True}, 5),
    ],
)  # fmt: skip
def test_the_published_cases(inputs, expected):
    found = graded(**inputs)
    assert found.grade == expected
    assert found.reason
    assert ("not gradable" in found.statement) == (expected is None)


def test_what_is_not_answered_is_asked_for():
    with pytest.raises(
        QuantityError,
        match="oxygen_flow is missing, with a nasal cannula; enter a flow such as 4 L/min",
    ):
        graded(device="nasal-cannula")
    with pytest.raises(QuantityError, match="oxygen_device is missing"):
        graded(device=None)
    with pytest.raises(QuantityError, match="vasopressors is missing"):
        graded(vasopressors=None)
    with pytest.raises(QuantityError, match="hypotension"):
        graded(hypotension=None)
    with pytest.raises(TypeError):
        grade_crs(Q(39, "degC"), False, ())


def test_interpretations_are_flagged():
    assert "vasopressin alone" in graded(vasopressors=(VAS,)).flags[0]
    assert (
        "ventilated for another reason"
        in graded(device="ventilated", hypoxia_other_cause=True).flags[0]
    )
    assert graded().flags == ()


def test_one_medicine_under_two_names_counts_once():
    assert graded(vasopressors=("noradrenaline", "norepinephrine")).grade == 3
    assert graded(vasopressors=("noradrenaline", "adrenaline")).grade == 4


@pytest.mark.parametrize(("fahrenheit", "expected"), [(100.4, 1), (100.3, None)])
def test_fahrenheit(fahrenheit, expected):
    assert grade_crs(Q(fahrenheit, "degF"), False, (), "room-air").grade == expected


def test_another_cause_leaves_an_axis_out():
    assert (
        graded(
            hypotension=True,
            vasopressors=(NOR, EPI),
            hypotension_other_cause=True,
            device="venturi",
        ).grade
        == 3
    )
    assert graded(hypotension=True, hypotension_other_cause=True).grade == 1


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"celsius": 102}, "temperature: got 102 C; expected 30 to 45 C. Did you mean 102 F?"),
        ({"device": "mask"}, "oxygen_device: got mask; expected room-air, nasal-cannula,"),
        ({"device": "room-air", "flow": 3}, "oxygen_flow: got 3 L/min with room air; expected no flow, or a device."),
        ({"device": "high-flow-nasal-cannula", "flow": 6}, "expected more than 6 L/min. Did you mean nasal-cannula?"),
        ({"device": "nasal-cannula", "flow": 600}, "oxygen_flow: got 600 L/min; expected 0.1 to 100 L/min."),
        ({"vasopressors": ("norepinefrine",)}, "vasopressors: got norepinefrine; expected names out of norepinephrine, "),
        ({"vasopressors": "norepinephrine"}, "vasopressors: got a value of type str; expected names such as"),
        ({"hypotension": "no"}, 'hypotension: got the text "no"; expected true or false, stated.'),
    ],
)  # fmt: skip
def test_what_cannot_be(inputs, words):
    with pytest.raises(QuantityError) as caught:
        graded(**inputs)
    assert words in str(caught.value)


SIGNS = st.fixed_dictionaries({
    "celsius": st.floats(30, 45), "hypotension": st.booleans(), "flow": st.floats(6.1, 60),
    "vasopressors": st.lists(st.sampled_from(VASOPRESSORS), max_size=4).map(tuple),
    "device": st.sampled_from([device for device in DEVICES if device != "room-air"]),
})  # fmt: skip


@given(SIGNS, st.sampled_from(VASOPRESSORS))
def test_a_sign_more_never_lowers_the_grade(signs, more):
    one = graded(**signs)
    worse = graded(**{**signs, "vasopressors": (*signs["vasopressors"], more), "hypotension": True})
    if one.grade is not None:
        assert worse.grade >= one.grade
        assert graded(**{**signs, "device": "ventilated", "flow": None}).grade >= one.grade
    assert one.grade in (None, 1, 2, 3, 4)


# --- the criteria ---------------------------------------------------------------------------------------------------------


def order(**more):
    return CrsOrder(scale="astct-2019", **more)


@pytest.mark.parametrize(
    ("given_", "drugs", "met", "words"),
    [
        (None, (False, False), False, "no ASTCT grade: criteria not met"),
        (order(grade=1), (True, True), False, "not recommended (2022 consensus)"),
        (order(grade=2, persisting=True), (True, True), False, "not recommended (2022 consensus)"),
        (order(grade=3), (True, True), False, "No record of: CRS persisting after both"),
        (order(grade=3, persisting=True), (True, True), True, "may be considered (expert opinion; not in ASFA 2023)"),
        (order(grade=4, persisting=True), (True, False), False, "No record of: steroid given"),
        (order(grade=4, persisting=True, tocilizumab=True, corticosteroid=True), (False, False), True, "may be considered"),
        (order(grade=4, persisting=True, tocilizumab=False, corticosteroid=True), (True, True), False, "No record of: tocilizumab given"),
        (order(grade=5), (True, True), None, "no statement"),
        (CrsOrder(grade=3, scale="penn", persisting=True), (True, True), False, "no ASTCT grade: criteria not met"),
    ],
)  # fmt: skip
def test_the_criteria_for_exchange(given_, drugs, met, words):
    found = criteria_for_exchange(given_, *drugs)
    assert found.met is met
    assert words in found.statement


def test_the_criteria_use_the_grade_of_the_signs():
    signs = CrsSigns(
        temperature=Q(39, "degC"), hypotension=True, vasopressors=(NOR,), oxygen_device="room-air"
    )
    found = criteria_for_exchange(CrsOrder(signs=signs, persisting=True), True, True)
    assert (found.grade, found.met) == (3, True)
    cold = CrsSigns(
        temperature=Q(37, "degC"), hypotension=True, vasopressors=(NOR,), oxygen_device="room-air"
    )
    assert criteria_for_exchange(CrsOrder(signs=cold, persisting=True), True, True).met is False


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"grade": 3}, "crs.scale is missing; enter astct-2019, penn, lee-2014 or other."),
        ({"scale": "penn"}, "crs.grade is missing; enter the grade on that scale, 1 to 5."),
        ({"grade": 6, "scale": "penn"}, "crs.grade: got 6; expected"),
        ({"grade": 3, "scale": "astct-2019", "signs": {"temperature": {"value": 39, "unit": "Cel"}, "hypotension": False,
          "vasopressors": [], "oxygen_device": "room-air"}}, "crs: got a grade and the signs; expected one of the two."),
    ],
)  # fmt: skip
def test_records_that_cannot_be(record, words):
    with pytest.raises(QuantityError) as caught:
        Order.from_wire(wire(crs=record))
    assert words in str(caught.value)


def test_the_time_is_one_line():
    with pytest.raises(QuantityError, match="crs.persisting_at: got a.b; expected one line"):
        Order.from_wire(wire(crs={"persisting": True, "persisting_at": "a\nb"}))


def test_the_time_has_forty_characters_at_most():
    assert CrsOrder(persisting_at="x" * 40).persisting_at == "x" * 40
    with pytest.raises(QuantityError, match="persisting_at"):
        CrsOrder(persisting_at="x" * 41)


def test_crs_belongs_to_crs():
    with pytest.raises(
        QuantityError,
        match="crs: got a record of CRS with ttp; expected it only with crs-car-t or crs-viral",
    ):
        Order.from_wire(wire(indication="ttp", crs={"tocilizumab": True}))


def test_a_prescription_holds_the_criteria():
    assert "W-CRS-GATE" in codes(prescribe(Order.from_wire(wire())).cautions)
    met = {
        "grade": 4,
        "scale": "astct-2019",
        "tocilizumab": True,
        "corticosteroid": True,
        "persisting": True,
        "icans": 2,
    }
    result = prescribe(Order.from_wire(wire(crs=met)))
    assert codes(result.cautions) == ["W-NOCAT"]
    assert result.crs.met is True
    drugs = [
        {"name": name, "when": "before", "time": {"value": 80, "unit": "h"}}
        for name in ("Actemra", "dexamethasone")
    ]
    result = prescribe(
        Order.from_wire(
            wire(crs={"grade": 3, "scale": "astct-2019", "persisting": True}, drugs=drugs)
        )
    )
    assert "W-CRS-GATE" not in codes(result.cautions)
    assert prescribe(Order.from_wire(wire(indication="crs-viral"))).crs is None


# --- the command ------------------------------------------------------------------------------------------------------

BASE = [
    "crs-grade",
    "--temperature",
    "39 C",
    "--hypotension",
    "no",
    "--vasopressor",
    "none",
    "--oxygen-device",
    "room-air",
]


def run(*words, code=0):
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, done.output
    return done.output


def test_the_command():
    text = run(*BASE, "--why")
    assert text.startswith("CRS GRADE     Grade 1 (ASTCT 2019)")
    assert "not recommended (2022 consensus)" in text
    assert "grades are not interchangeable" in " ".join(text.split())
    data = json.loads(run(*BASE[:-2], "--oxygen-device", "nasal-cannula", "--oxygen-flow", "8 L/min", "--tocilizumab", "yes",
                          "--corticosteroid", "yes", "--persisting", "yes", "--json"))  # fmt: skip
    assert data["crs"]["grade"] == 3
    assert data["criteria"]["met"] is True
    assert "not categorized" in run("show", "crs")
    assert len(json.loads(run("show", "crs", "--json"))) == len(POSITIONS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (BASE[:-2], "missing: --oxygen-device (room-air, nasal-cannula"),
        ([*BASE[:-2], "--oxygen-device", "nasal-cannula"], "--oxygen-flow is missing, with a nasal cannula"),
        ([*BASE, "--oxygen-device", "cpap"], "--oxygen-device was given 2 times: room-air, cpap; give it once."),
        ([*BASE, "--vasopressor", "norepinephrine"], "vasopressor: got none and norepinephrine; expected none, or names."),
        ([*BASE, "--other-cause", "sepsis"], "--other-cause: got sepsis; expected fever, hypotension or hypoxia."),
        ([*BASE, "--persisting", "y"], "persisting: got y; expected yes or no, stated."),
        (["crs-grade", "--temperature", "39", *BASE[3:]], "temperature: got 39 (no unit); expected 30 to 45 C. Did you mean 39 C?"),
        (["crs-grade", "--temperature", "39 C", "--hypotension", "maybe", *BASE[5:]], "hypotension: got maybe; expected yes or no."),
    ],
)  # fmt: skip
def test_bad_input_gets_one_sentence(words, said):
    error = run(*words, code=2)
    assert error.startswith("Error: ")
    assert error.count("\n") == 1
    assert said in error


def test_tocilizumab_waives_the_fever():
    words = ["crs-grade", "--temperature", "36.8 C", "--hypotension", "yes", "--vasopressor", "norepinephrine", "--vasopressor",
             "epinephrine", "--oxygen-device", "room-air", "--crs-established"]  # fmt: skip
    assert "Not gradable" in run(*words)
    assert "Grade 4" in run(*words, "--tocilizumab", "yes")
    cold = CrsSigns(
        temperature=Q(36.8, "degC"),
        hypotension=True,
        vasopressors=(NOR,),
        oxygen_device="room-air",
        crs_established=True,
    )
    assert criteria_for_exchange(CrsOrder(signs=cold, persisting=True), True, True).grade == 3


def test_two_other_vasopressors_are_two():
    assert graded(vasopressors=("other", "other")).grade == 4


def test_when_persistence_was_stated_is_on_the_sheet():
    words = ["prescribe", "--sex", "male", "--age", "23 y", "--height", "172 cm", "--weight", "65 kg", "--hematocrit", "27 %",
             "--indication", "crs-car-t", "--exchange-volume", "3000 mL", "--crs-grade", "3", "--crs-scale", "astct-2019",
             "--tocilizumab", "yes", "--corticosteroid", "yes", "--persisting", "yes", "--icans", "1"]  # fmt: skip
    assert "yes (time not recorded)" in " ".join(run(*words, "--full").split())
    text = run(*words, "--full", "--persisting-at", "2025-06-24T14:05+02:00")
    assert "yes (at 2025-06-24T14:05+02:00)" in " ".join(text.split())
    assert "it is not part of the CRS grade" in " ".join(text.split())


def test_the_temperature_is_said_to_a_tenth_or_so_that_its_side_shows():
    assert graded(celsius=38.56).reason.startswith("38.6 C")
    assert graded(celsius=37.94).reason.startswith("37.9 C, below 38 C")
    assert graded(celsius=37.96).reason.startswith("37.96 C, below 38 C")


@pytest.mark.parametrize(
    ("device", "flow", "grade"),
    [
        # ASTCT 2019: low-flow nasal cannula or blow-by 2; high flow, facemask, non-rebreather, Venturi 3; pressure 4.
        ("room-air", None, 1), ("nasal-cannula", 6, 2), ("nasal-cannula", 6.1, 3), ("blow-by", None, 2),
        ("high-flow-nasal-cannula", None, 3), ("facemask", None, 3), ("non-rebreather", None, 3), ("venturi", None, 3),
        ("cpap", None, 4), ("bipap", None, 4), ("niv", None, 4), ("ventilated", None, 4),
    ],
)  # fmt: skip
def test_each_way_of_giving_oxygen_has_its_grade(device, flow, grade):
    assert graded(device=device, flow=flow).grade == grade


@pytest.mark.parametrize(
    ("vasopressors", "grade", "words"),
    [
        ((), 2, "hypotension without vasopressor: grade 2"),
        (("norepinephrine",), 3, "norepinephrine: grade 3"),
        (
            ("norepinephrine", "vasopressin"),
            3,
            "norepinephrine with vasopressin, which does not count: grade 3",
        ),
        (("norepinephrine", "epinephrine"), 4, "norepinephrine, epinephrine: grade 4"),
        (
            ("norepinephrine", "epinephrine", "vasopressin"),
            4,
            "with vasopressin, which does not count: grade 4",
        ),
    ],
)
def test_each_number_of_vasopressors_has_its_grade(vasopressors, grade, words):
    found = graded(hypotension=True, vasopressors=vasopressors)
    assert found.grade == grade
    assert words in found.reason


@pytest.mark.parametrize("grade", [0, 1, 2, 3, 4, 5])
def test_grades_survive_json_and_others_are_refused(grade):
    order = CrsOrder(icans=min(grade, 4))
    assert order.icans == min(grade, 4)
    for other in (-1, 5):
        with pytest.raises(QuantityError):
            CrsOrder(icans=other)
    stands = criteria_for_exchange(CrsOrder(), tocilizumab=False, corticosteroid=False)
    for record in (graded(), stands):
        data = {**json.loads(record.to_json()), "grade": grade}
        assert type(record).from_json(json.dumps(data)).grade == grade
        with pytest.raises(QuantityError):
            type(record).from_json(json.dumps({**data, "grade": 6}))


def test_oxygen_that_needs_no_flow_says_so_to_a_hundredth():
    with pytest.raises(QuantityError, match="got 3.13 L/min with room air"):
        graded(flow=3.126)
    with pytest.raises(QuantityError, match="got 5.13 L/min with a high-flow nasal cannula"):
        graded(device="high-flow-nasal-cannula", flow=5.126)
    assert (
        "nasal cannula at 3.13 L/min: grade 2" in graded(device="nasal-cannula", flow=3.126).reason
    )
