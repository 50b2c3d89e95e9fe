"""ASTCT 2019: the published table case by case, what is refused, and the criteria."""

import json

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
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

HALF = settings(max_examples=settings.default.max_examples // 2)
AFTER = {"crs_established": True, "anticytokine": True}
NOR, EPI, VAS = "norepinephrine", "epinephrine", "vasopressin"


def graded(celsius=39.0, hypotension=False, vasopressors=(), device="room-air", flow=None, **more):
    flow = None if flow is None else Q(flow, "L/min")
    return grade_crs(Q(celsius, "degC"), hypotension, vasopressors, device, flow, **more)


def signs(celsius, **more):
    known = {"hypotension": True, "vasopressors": (NOR,), "oxygen_device": "room-air"}
    return CrsSigns(temperature=Q(celsius, "degC"), **known, **more)


# The test inputs of the published decision logic, in their order; whatever is not named was
# answered none or room air. Then other names, axes left out. The grade of each way of giving
# oxygen is in tests/reference/audit/constants.csv.
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
        ({"device": "nasal-cannula", "flow": 6.1}, 3),
        ({"vasopressors": ("noradrenaline", "norepinephrine")}, 3),
        ({"vasopressors": ("noradrenaline", "adrenaline")}, 4),
        ({"vasopressors": ("other", "other")}, 4),
        ({"hypotension": True, "hypotension_other_cause": True}, 1),
        ({"vasopressors": (NOR, EPI), "hypotension_other_cause": True, "device": "venturi"}, 3),
    ],
)  # fmt: skip
def test_the_published_cases(inputs, expected):
    found = graded(**inputs)
    assert found.grade == expected
    assert found.reason
    assert ("not gradable" in found.statement) == (expected is None)


def test_interpretations_are_flagged():
    assert "vasopressin alone" in graded(vasopressors=(VAS,)).flags[0]
    (flag,) = graded(device="ventilated", hypoxia_other_cause=True).flags
    assert "ventilated for another reason" in flag
    assert graded().flags == ()


@pytest.mark.parametrize(("fahrenheit", "expected"), [(100.4, 1), (100.3, None)])
def test_fahrenheit(fahrenheit, expected):
    assert grade_crs(Q(fahrenheit, "degF"), False, (), "room-air").grade == expected


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"celsius": 102}, "temperature: got 102 C; expected 30 to 45 C. Did you mean 102 F?"),
        ({"device": "mask"}, "oxygen_device: got mask; expected room-air, nasal-cannula,"),
        ({"flow": 3.126}, "got 3.13 L/min with room air; expected no flow, or a device."),
        ({"device": "nasal-cannula"}, "with a nasal cannula; enter a flow such as 4 L/min"),
        ({"device": "high-flow-nasal-cannula", "flow": 5.126},
         "with a high-flow nasal cannula; expected more than 6 L/min. Did you mean nasal-cannula?"),
        ({"device": None}, "oxygen_device is missing"),
        ({"hypotension": None}, "hypotension"),
        ({"device": "nasal-cannula", "flow": 600}, "got 600 L/min; expected 0.1 to 100 L/min."),
        ({"vasopressors": ("norepinefrine",)}, "norepinefrine; expected names out of norepinephr"),
        ({"vasopressors": "norepinephrine"}, "got a value of type str; expected names such as"),
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


@HALF
@given(SIGNS, st.sampled_from(VASOPRESSORS))
def test_a_sign_more_never_lowers_the_grade(found, more):
    one = graded(**found)
    worse = graded(**{**found, "vasopressors": (*found["vasopressors"], more), "hypotension": True})
    if one.grade is not None:
        assert worse.grade >= one.grade
        assert graded(**{**found, "device": "ventilated", "flow": None}).grade >= one.grade
    assert one.grade in (None, 1, 2, 3, 4)


def order(**more):
    return CrsOrder(scale="astct-2019", **more)


LASTING = {"persisting": True}
NEITHER, BOTH = (False, False), (True, True)
GIVEN = {**LASTING, "tocilizumab": True, "corticosteroid": True}
PENN = CrsOrder(grade=3, scale="penn", **LASTING)


@pytest.mark.parametrize(
    ("given_", "drugs", "met", "words"),
    [
        (None, NEITHER, False, "no ASTCT grade: criteria not met"),
        (order(grade=1), BOTH, False, "not recommended (2022 consensus)"),
        (order(grade=2, **LASTING), BOTH, False, "not recommended (2022 consensus)"),
        (order(grade=3), BOTH, False, "No record of: CRS persisting after both"),
        (order(grade=3, **LASTING), BOTH, True, "be considered (expert opinion; not in ASFA 2023)"),
        (order(grade=4, **LASTING), (True, False), False, "No record of: steroid given"),
        (order(grade=4, **GIVEN), NEITHER, True, "may be considered"),
        (order(grade=4, **{**GIVEN, "tocilizumab": False}), BOTH, False, "tocilizumab given"),
        (order(grade=5), BOTH, None, "no statement"),
        (PENN, BOTH, False, "no ASTCT grade: criteria not met"),
        (CrsOrder(signs=signs(39), **LASTING), BOTH, True, "may be considered"),  # grade 3
        (CrsOrder(signs=signs(37), **LASTING), BOTH, False, "no ASTCT grade: criteria not met"),
        # tocilizumab waives the fever
        (CrsOrder(signs=signs(36.8, crs_established=True), **LASTING), BOTH, True, "considered"),
    ],
)  # fmt: skip
def test_the_criteria_for_exchange(given_, drugs, met, words):
    found = criteria_for_exchange(given_, *drugs)
    assert found.met is met
    assert words in found.statement


ROOM_AIR = {"temperature": {"value": 39, "unit": "Cel"}, "hypotension": False, "vasopressors": [],
            "oxygen_device": "room-air"}  # fmt: skip


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"grade": 3}, "crs.scale is missing; enter astct-2019, penn, lee-2014 or other."),
        ({"scale": "penn"}, "crs.grade is missing; enter the grade on that scale, 1 to 5."),
        ({"grade": 6, "scale": "penn"}, "crs.grade: got 6; expected"),
        ({"grade": 3, "scale": "astct-2019", "signs": ROOM_AIR},
         "crs: got a grade and the signs; expected one of the two."),
        ({"persisting": True, "persisting_at": "a\nb"}, "at: got a?b; expected one line"),
        ({"persisting_at": "x" * 41}, "crs.persisting_at"),
    ],
)  # fmt: skip
def test_records_that_cannot_be(record, words):
    with pytest.raises(QuantityError) as caught:
        Order.from_wire(wire(crs=record))
    assert words in str(caught.value)
    assert CrsOrder(persisting_at="x" * 40).persisting_at == "x" * 40


def test_crs_belongs_to_crs():
    words = "crs: got a record of CRS with ttp; expected it only with crs-car-t or crs-viral"
    with pytest.raises(QuantityError, match=words):
        Order.from_wire(wire(indication="ttp", crs={"tocilizumab": True}))


def test_a_prescription_holds_the_criteria():
    def made(crs, **more):
        return prescribe(Order.from_wire(wire(crs={"scale": "astct-2019", **crs}, **more)))

    assert "W-CRS-GATE" in codes(prescribe(Order.from_wire(wire())).cautions)
    result = made({"grade": 4, "icans": 2, **GIVEN})
    assert codes(result.cautions) == ["W-NOCAT"]
    assert result.crs.met is True
    given_before = {"when": "before", "time": {"value": 80, "unit": "h"}}
    drugs = [{"name": name, **given_before} for name in ("Actemra", "dexamethasone")]
    result = made({"grade": 3, **LASTING}, drugs=drugs)
    assert "W-CRS-GATE" not in codes(result.cautions)
    assert prescribe(Order.from_wire(wire(indication="crs-viral"))).crs is None


BASE = ["crs-grade", "--temperature", "39 C", "--hypotension", "no", "--vasopressor", "none",
        "--oxygen-device", "room-air"]  # fmt: skip
CANNULA = [*BASE[:-1], "nasal-cannula"]


def run(*words, code=0):
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, done.output
    return done.output


def test_the_command():
    assert run(*BASE, "--why").startswith("CRS GRADE     Grade 1 (ASTCT 2019)")
    words = ["--tocilizumab", "yes", "--corticosteroid", "yes", "--persisting", "yes", "--json"]
    data = json.loads(run(*CANNULA, "--oxygen-flow", "8 L/min", *words))
    assert (data["crs"]["grade"], data["criteria"]["met"]) == (3, True)
    assert len(json.loads(run("show", "crs", "--json"))) == len(POSITIONS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (CANNULA, "--oxygen-flow is missing, with a nasal cannula"),
        ([*BASE, "--oxygen-device", "cpap"], "was given 2 times: room-air, cpap; give it once."),
        ([*BASE, "--vasopressor", NOR], "got none and norepinephrine; expected none, or names."),
        ([*BASE, "--other-cause", "sepsis"], "got sepsis; expected fever, hypotension or hypoxia."),
        ([*BASE[:2], "39", *BASE[3:]],
         "temperature: got 39 (no unit); expected 30 to 45 C. Did you mean 39 C?"),
        ([*BASE[:4], "maybe", *BASE[5:]], "hypotension: got maybe; expected yes or no."),
    ],
)  # fmt: skip
def test_bad_input_gets_one_sentence(words, said):
    error = run(*words, code=2)
    assert error.startswith("Error: ")
    assert error.count("\n") == 1
    assert said in error


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        # a temperature to a tenth, or so that its side shows
        ({"celsius": 38.56}, "38.6 C"), ({"celsius": 37.94}, "37.9 C, below 38 C"),
        ({"celsius": 37.96}, "37.96 C, below 38 C"),
        ({"device": "nasal-cannula", "flow": 3.126}, "nasal cannula at 3.13 L/min: grade 2"),
        ({"hypotension": True}, "hypotension without vasopressor: grade 2"),
        ({"vasopressors": (NOR, EPI, VAS)}, "with vasopressin, which does not count: grade 4"),
    ],
)  # fmt: skip
def test_the_reason_names_what_decides(inputs, words):
    assert words in graded(**inputs).reason


def test_icans_has_grades_0_to_4():
    assert [CrsOrder(icans=grade).icans for grade in (0, 4)] == [0, 4]
    for grade in (-1, 5):
        with pytest.raises(QuantityError):
            CrsOrder(icans=grade)
