"""The order: from a file, from flags, or both; limits, confirmations and overrides; nothing silent."""

import copy
import re
import sys
from datetime import UTC, datetime

import pytest

from pexcalc import Order, prescribe
from pexcalc.order.text_input import from_flags, missing
from pexcalc.rules.alerts import RULES
from tests.support.patients import Q, order, wire
from tests.support.refused import says

TEXTS = {
    "sex": "male", "age": "23 y", "height": "172 cm", "weight": "65 kg", "hematocrit": "27 %",
    "indication": "crs-car-t", "exchange_volume": "3000 mL",
}  # fmt: skip


def test_flags_replace_what_the_file_says_and_tell_which():
    file = wire()
    data, replaced = from_flags({"weight": "70 kg", "sex": "male", "label": "bed 4"}, file)
    assert data == wire(weight={"value": 70.0, "unit": "kg"}, label="bed 4")
    assert replaced == ["sex", "weight"]
    assert file == wire()  # the file's dict is not changed


def test_a_dose_by_flag_takes_the_place_of_the_other_kind_in_the_file():
    data, replaced = from_flags({"plasma_volumes": "1.2"}, wire())
    assert data["dose"] == {"plasma_volumes": 1.2}
    assert replaced == ["plasma_volumes (for exchange_volume)"]
    data, _ = from_flags({"plasma_volumes": "1.2", "exchange_volume": "3 L"})
    assert "both plasma_volumes and" in says(Order.from_wire, wire(dose=data["dose"]))


@pytest.mark.parametrize(("changes", "words"), [
    ({"weight": "65"}, "weight: got 65 (no unit); expected 20 to 400 kg for an adult. Did you mean 65 kg or 65 lb?"),
    ({"age": "8 mo", "weight": "9"}, "expected 0.3 to 30 kg for a child under 2 years. Did you mean 9 kg or 9 lb?"),
    ({"plasma_volumes": "1,2"}, "plasma_volumes: got 1,2 (a comma in the number); expected a plain number such as 1.2. Did you mean 1.2?"),
    ({"plasma_volumes": "1.2 L"}, "got 1.2 L (a unit, where none belongs)"),
    ({"plasma_volumes": "nan"}, "not a finite number"),
    ({"plasma_volumes": "-1"}, "plasma_volumes: got -1; expected a plain number such as 1.2."),
    ({"plasma_volumes": "3000 mL"}, "use --exchange-volume for a volume."),
    ({"tanner": "3.5"}, "tanner: got 3.5; expected a whole number."),
    ({"blood_volume": "4900 mL"}, "blood_volume: got 4900 mL without an origin; expected its origin"),
    ({"blood_volume": "4900 @ device"}, "blood_volume: got 4900 (no unit)"),
    ({"overrides": [("child-too-small=center", None)]}, "override: got child-too-small=center without a name"),
    ({"overrides": [("child-too-small", "Dr A")]}, "without a reason"),
])  # fmt: skip
def test_texts_that_cannot_be_read(changes, words):
    assert words in says(from_flags, {**TEXTS, **changes})


def test_a_file_with_an_age_that_cannot_be_leaves_the_texts_readable():
    data, _ = from_flags({"weight": "65 kg"}, wire(age={"value": 500, "unit": "a"}))
    assert "patient.age: got 500 y; expected 0 to 120 y" in says(Order.from_wire, data)


def test_missing_inputs_are_named():
    data, _ = from_flags({"sex": "male"})
    assert missing(data, ("sex", "age", "indication")) == ["age", "indication"]
    assert missing({"patient": [1]}, ("sex",)) == ["sex"]


def test_a_file_whose_groups_are_no_objects_and_medicines_no_list():
    assert "patient: got no object" in says(from_flags, {"sex": "male"}, {"patient": 3})
    assert says(from_flags, {}, {"Patient": {}}).endswith("Did you mean patient?")
    for drugs in (3, True, "ramipril", {"name": "ramipril"}):
        said = says(from_flags, {"ace_inhibitor": "18 h"}, wire(drugs=drugs))
        assert said == "drugs: got no list; expected a list."


def test_seventy_centimetres_need_a_confirmation():
    short = {"height": {"value": 70, "unit": "cm"}, "weight": {"value": 25, "unit": "kg"}}
    assert "Did you mean 70 in?" in says(Order.from_wire, wire(**short))
    assert Order.from_wire(wire(**short, confirmed=["height"])).confirmed == ("patient.height",)


def test_an_order_keeps_its_time_and_zone_as_written():
    made = order(ordered_at="2025-06-24T14:05+02:00", label="bed 4")
    assert made.to_wire()["ordered_at"] == "2025-06-24T14:05+02:00"
    of_python = order(ordered_at=datetime(2025, 6, 24, 12, 5, tzinfo=UTC))
    assert of_python.ordered_at == "2025-06-24T12:05:00+00:00"
    assert Order.from_json(made.to_json()) == made


STOPS = [rule for rule in RULES if rule.severity == "stop"]


def overriding(name, key="rule"):
    return wire(overrides=[{key: name, "reason": "a reason", "by": "Dr A"}])


@pytest.mark.parametrize("key", ["code", "rule"])
def test_a_code_of_schema_1_is_read_as_the_one_stop_that_has_it(key):
    for code in {rule.code for rule in STOPS}:
        ids = [rule.id for rule in STOPS if rule.code == code]
        if len(ids) == 1:
            assert Order.from_wire(overriding(code, key)).overrides[0].rule == ids[0], code
        else:
            said = says(Order.from_wire, overriding(code, key))
            of = f"overrides.0.rule: got {code}, the code of {len(ids)} rules; expected one of "
            assert said.startswith(of), said
            assert all(id in said for id in ids)


def test_every_stop_can_be_overridden_by_its_own_id_and_nothing_else_can():
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", rule.id), rule.id
        if rule.severity == "stop":
            assert Order.from_wire(overriding(rule.id)).overrides[0].rule == rule.id
        else:
            assert "overrides.0.rule: got " in says(Order.from_wire, overriding(rule.id))


def test_a_reason_to_give_albumin_does_not_lift_the_stop_on_plasma():
    refused = {
        "choice": "albumin-then-plasma", "plasma_share": {"value": 40, "unit": "%"},
        "refused": ["albumin", "plasma"],
    }  # fmt: skip

    def lifting(*rules):
        lifted = [{"rule": id, "reason": "a reason", "by": "Dr A"} for id in rules]
        data = wire(indication="gbs-primary", fluid=refused, overrides=lifted)
        return prescribe(Order.from_wire(data))

    stops = {one.id for one in lifting().cautions if one.severity == "stop"}
    for kept in ("albumin-refused", "plasma-refused"):
        still = lifting(*stops - {kept})
        assert kept in stops
        assert still.blocked, kept
        assert all(one.schedule == () for one in still.replacement.options), kept
    assert not lifting(*stops).blocked
    assert any(one.schedule for one in lifting(*stops).replacement.options)


def test_an_override_that_nothing_needs_is_said_and_has_no_effect():
    idle = {"rule": "starch-ordered", "reason": "a reason", "by": "Dr A"}
    with_it, without = prescribe(order(overrides=(idle,))), prescribe(order())
    (said,) = [one for one in with_it.cautions if one not in without.cautions]
    assert (said.id, said.severity) == ("override-unused", "info")
    assert "starch-ordered" in said.message
    assert with_it.replacement == without.replacement


def test_a_copy_is_checked_like_a_new_record():
    person = order().patient
    for update, words in (
        ({"wieght": Q(60, "kg")}, "wieght: got a field that is not known here"),
        ({"states": ("sepsi",)}, "states.0: got sepsi"), ({"gestation": Q(30, "week")}, "gestation"),
        ({"amputation": 0.95}, "amputation: got 0.95; expected 0 to 60 %"),
        ({"sex": "Male"}, "sex: got Male; expected male or female. Did you mean male?"),
        ({"weight": Q(65, "lb"), "height": Q(1.75, "cm")}, "height: got 1.75 cm"),
    ):  # fmt: skip
        assert words in says(person.model_copy, update=update)
        assert words in says(person.copy, update=update)
        if sys.version_info >= (3, 13):
            assert words in says(copy.replace, person, **update)


def test_a_copy_with_other_values_is_the_record_that_would_have_been_made():
    made, dose = order(), {"plasma_volumes": 1.2}
    assert made.model_copy(update={"label": "bed 4"}) == order(label="bed 4")
    assert made.model_copy(update={"dose": dose}) == order(dose)
    assert made.model_copy() == made.model_copy(deep=True) == made
    septic = made.patient.model_copy(update={"states": ("sepsis",)})
    lifted = prescribe(made.model_copy(update={"patient": septic}))
    assert "no-valid-estimate-in-state" in [one.id for one in lifted.cautions]


def test_a_result_is_not_altered_by_a_copy():
    fluid = {"choice": "plasma", "refused": ["plasma"]}
    stopped = prescribe(Order.from_wire(wire(indication="gbs-primary", fluid=fluid)))
    assert stopped.blocked
    for record, name, value in (
        (stopped, "blocked", False), (stopped.volumes, "valid", True),
        (stopped.cautions[0], "severity", "info"),
    ):  # fmt: skip
        said = says(record.model_copy, update={name: value})
        assert said.startswith(f"{type(record).__name__}: got new values for {name}; expected a re")
        assert record.model_copy(deep=True) == record


PER_NL = "10*9/L"


@pytest.mark.parametrize(("name", "inside", "limit", "words"), [
    ("fibrinogen-low", None, {"low": 0.1, "unit": "g/L"}, "got 0.1 g/L; expected 0.8 to 1.5 g/L"),
    ("saline-stop", None, {"high": 100, "unit": "%"}, "got 100 %; expected 0 to 50 %"),
    ("circuit-volume-stop", None, {"high": 99, "unit": "%"}, "got 99 %; expected 0 to 15 %"),
    *((name, default + 1, {"low": default - 1, "unit": PER_NL},
       f"got {default - 1} {PER_NL}; expected {default} to 3000 {PER_NL}")
      for name, default in (
          ("platelets-watch", 50), ("platelets-low", 30), ("platelets-very-low", 10),
          ("platelets-low-microangiopathy", 20), ("platelets-heparin", 50))),
])  # fmt: skip
def test_a_limit_that_stops_is_lifted_by_no_site(name, inside, limit, words):
    said = says(Order.from_wire, wire(limits={name: limit}))
    assert f"limits.{name}: {words}: what is stopped beyond needs an override, not a limit" in said
    if inside:
        Order.from_wire(wire(limits={name: {"low": inside, "unit": PER_NL}}))
