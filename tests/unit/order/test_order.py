"""The order: from a file, from flags, or both; limits, confirmations and overrides; nothing silent."""

import copy
import re
import sys
from datetime import UTC, datetime

import pytest

from pexcalc import Order, Patient, QuantityError, prescribe
from pexcalc.data.limits import limits
from pexcalc.order.device import Device
from pexcalc.order.fields import GROUPS
from pexcalc.order.order import CourseOrder, DoseOrder, limits_in_force
from pexcalc.order.patient import Labs
from pexcalc.order.text_input import FLAGS, from_flags, missing
from pexcalc.order.treatment import Calcium, Fluid
from pexcalc.rules.alerts import RULES
from pexcalc.rules.crs import CrsOrder
from tests.support.patients import Q, order, wire

TEXTS = {
    "sex": "male", "age": "23 y", "height": "172 cm", "weight": "65 kg", "hematocrit": "27 %", "indication": "crs-car-t",
    "exchange_volume": "3000 mL",
}  # fmt: skip


def says(call, *args, **kwargs):
    with pytest.raises(QuantityError) as caught:
        call(*args, **kwargs)
    assert all("\n" not in str(one) for one in caught.value.faults)
    return str(caught.value)


def test_flags_make_the_same_order_as_the_file():
    data, replaced = from_flags(TEXTS)
    assert data == wire()
    assert replaced == []
    assert Order.from_wire(data) == Order.from_wire(wire())


def test_flags_replace_what_the_file_says_and_tell_which():
    data, replaced = from_flags({"weight": "70 kg", "sex": "male", "label": "bed 4"}, wire())
    assert data["patient"]["weight"] == {"value": 70.0, "unit": "kg"}
    assert replaced == ["sex", "weight"]
    assert data["label"] == "bed 4"
    assert wire()["patient"]["weight"]["value"] == 65  # the file's dict is not changed


def test_a_dose_by_flag_takes_the_place_of_the_other_kind_in_the_file():
    data, replaced = from_flags({"plasma_volumes": "1.2"}, wire())
    assert data["dose"] == {"plasma_volumes": 1.2}
    assert replaced == ["plasma_volumes (for exchange_volume)"]
    data, _ = from_flags({"plasma_volumes": "1.2", "exchange_volume": "3 L"})
    assert "both plasma_volumes and exchange_volume" in says(
        Order.from_wire, {**wire(), "dose": data["dose"]}
    )


def test_every_flag_has_a_place_in_the_order():
    groups = {
        "patient": Patient,
        "dose": DoseOrder,
        "labs": Labs,
        "course": CourseOrder,
        "crs": CrsOrder,
        "device": Device,
    }
    groups |= {"fluid": Fluid, "calcium": Calcium}
    assert set(groups) == set(GROUPS)
    for row in FLAGS:
        record = groups[row.place[0]] if len(row.place) == 2 else Order
        assert row.place[-1] in record.model_fields


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weight": "65"}, "weight: got 65 (no unit); expected 20 to 400 kg for an adult. Did you mean 65 kg or 65 lb?"),
        ({"height": "1,75 m"}, "height: got 1,75 m (a comma in the number); expected 85 to 250 cm for an adult. Did you mean 1.75 m?"),
        ({"height": "1.75"}, "Did you mean 1.75 m?"),
        ({"height": "175 kg"}, "height: got 175 kg (a mass, not a length); expected 85 to 250 cm for an adult. Did you mean 175 cm?"),
        ({"hematocrit": "0.28"}, "hematocrit: got 0.28 (no unit); expected 6 to 70 %. Did you mean 28 %?"),
        ({"hematocrit": "40"}, "Did you mean 40 %?"),
        ({"weight": "70 units"}, "weight: got 70 units (international units, not a mass); expected 20 to 400 kg"),
        ({"age": "54"}, "Did you mean 54 y or 54 mo?"),
        ({"age": "8 mo", "weight": "9"}, "expected 0.3 to 30 kg for a child under 2 years. Did you mean 9 kg or 9 lb?"),
        ({"plasma_volumes": "1,2"}, "plasma_volumes: got 1,2 (a comma in the number); expected a plain number such as 1.2. Did you mean 1.2?"),
        ({"plasma_volumes": "1.2 PV"}, "Did you mean 1.2?"),
        ({"plasma_volumes": "1.2 L"}, "got 1.2 L (a unit, where none belongs)"),
        ({"plasma_volumes": "nan"}, "not a finite number"),
        ({"plasma_volumes": "-1"}, "plasma_volumes: got -1; expected a plain number such as 1.2."),
        ({"plasma_volumes": "3000 mL"}, "use --exchange-volume for a volume."),
        ({"tanner": "3.5"}, "tanner: got 3.5; expected a whole number."),
        ({"exchange_volume": "3,331 mL"}, "Did you mean 3331 mL or 3.331 mL?"),
        ({"blood_volume": "4900 mL"}, "blood_volume: got 4900 mL without an origin; expected its origin"),
        ({"blood_volume": "4900 @ device"}, "blood_volume: got 4900 (no unit)"),
        ({"overrides": [("child-too-small=specialist center", None)]}, "override: got child-too-small=specialist center without a name"),
        ({"overrides": [("child-too-small", "Dr A")]}, "without a reason"),
    ],
)  # fmt: skip
def test_texts_that_cannot_be_read(changes, words):
    assert words in says(from_flags, {**TEXTS, **changes})


def test_a_file_with_an_age_that_cannot_be_leaves_the_texts_readable():
    data, _ = from_flags({"weight": "65 kg"}, wire(age={"value": 500, "unit": "a"}))
    assert "patient.age: got 500 y; expected 0 to 120 y" in says(Order.from_wire, data)


def test_a_text_with_an_origin():
    data, _ = from_flags({**TEXTS, "blood_volume": "4900 mL @ measured: chromium 51"})
    assert data["patient"]["blood_volume"] == {
        "value": 4900.0,
        "unit": "mL",
        "origin": "measured: chromium 51",
    }


def test_missing_inputs_are_named():
    data, _ = from_flags({"sex": "male"})
    assert missing(data, ("sex", "age", "indication")) == ["age", "indication"]
    assert missing({"patient": [1]}, ("sex",)) == ["sex"]


def test_a_file_whose_groups_are_no_objects():
    assert "patient: got no object" in says(from_flags, {"sex": "male"}, {"patient": 3})
    assert says(from_flags, {}, {"Patient": {}}).endswith("Did you mean patient?")


def test_a_file_whose_medicines_are_no_list():
    for drugs in (3, True, "ramipril", {"name": "ramipril"}):
        assert (
            says(from_flags, {"ace_inhibitor": "18 h"}, wire(drugs=drugs))
            == "drugs: got no list; expected a list."
        )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"indication": "ttpp"}, "indication: got ttpp; expected an id of the indication table, or not-listed. Did you mean ttp?"),
        ({"indication": "guillain"}, "Did you mean gbs-primary"),
        ({"indication": "cidp "}, "Did you mean cidp?"),
        ({"indication": ""}, "indication is missing"),
        ({"label": "x" * 81}, "label"),
        ({"label": "a\nb"}, "label: got a?b; expected one line of printable text."),
        ({"label": "a\u202eb"}, "one line of printable text"),
        ({"ordered_at": "24.06.2025"}, "ordered_at: got 24.06.2025; expected date, time and zone"),
        ({"ordered_at": "2025-06-24T14:05"}, "expected date, time and zone, such as 2025-06-24T14:05+02:00"),
        ({"confirmed": ["heigth"]}, "confirmed: got heigth; expected names out of height, weight"),
        ({"limits": {"spread": {"high": 20, "unit": "%"}}}, "limits.spread: got a name that is no site limit; expected a site limit. Did you mean estimator-spread?"),
        ({"limits": {"obesity-adult": {"high": 35, "unit": "kg/m2"}}}, "a name that is no site limit"),
        ({"limits": {"estimator-spread": {"high": 0.2, "unit": "1"}}}, "limits.estimator-spread: got another form; expected high in %."),
        ({"limits": {"estimator-spread": {"low": 1, "high": 20, "unit": "%"}}}, "another form"),
        ({"limits": {"litre-order": {"low": 2, "high": 1, "unit": "1"}}}, "got 2 to 1; expected low less than high"),
        ({"limits": {"litre-order": {"low": "1", "high": 2, "unit": "1"}}}, "limits.litre-order.low"),
        ({"overrides": [{"rule": "child-to-small", "reason": "abc", "by": "Dr A"}]}, "overrides.0.rule: got child-to-small; expected a rule that stops: child-too-small, circuit-volume-without-prime, "),
        ({"overrides": [{"rule": "child-to-small", "reason": "abc", "by": "Dr A"}]}, "Did you mean child-too-small?"),
        ({"overrides": [{"rule": "W-DOSE", "reason": "abc", "by": "Dr A"}]}, "overrides.0.rule: got W-DOSE; expected a rule that stops: child-too-small, "),
        ({"overrides": [{"rule": "category-iv", "reason": "abc", "by": "Dr A"}]}, "overrides.0.rule: got category-iv, which does not stop an order; expected a rule that stops: "),
        ({"overrides": [{"rule": "child-too-small", "reason": "", "by": "Dr A"}]}, 'overrides.0.reason: got the text ""; expected a reason of 3 to 200 characters.'),
        ({"overrides": [{"rule": "child-too-small", "reason": "abc\x07", "by": "Dr A"}]}, "one line of printable text"),
        ({"overrides": [{"rule": "child-too-small", "reason": "abc"}]}, "overrides.0.by is missing"),
        ({"patient": None}, "patient is missing; enter an object."),
    ],
)  # fmt: skip
def test_orders_that_cannot_be(changes, words):
    assert words in says(Order.from_wire, wire(**changes))


def test_seventy_centimetres_need_a_confirmation():
    short = {"height": {"value": 70, "unit": "cm"}, "weight": {"value": 25, "unit": "kg"}}
    assert "Did you mean 70 in?" in says(Order.from_wire, wire(**short))
    assert Order.from_wire(wire(**short, confirmed=["height"])).confirmed == ("patient.height",)


def test_a_site_replaces_its_own_limits_only():
    own = limits_in_force(order(limits={"estimator-spread": {"high": 25, "unit": "%"}}))
    assert own["estimator-spread"].high == 25
    assert own["estimator-spread"].site
    assert {name: limit for name, limit in own.items() if name != "estimator-spread"} == {
        name: limit for name, limit in limits().items() if name != "estimator-spread"
    }


def test_an_order_keeps_its_time_and_zone_as_written():
    made = order(ordered_at="2025-06-24T14:05+02:00", label="bed 4")
    assert made.to_wire()["ordered_at"] == "2025-06-24T14:05+02:00"
    assert (
        order(ordered_at=datetime(2025, 6, 24, 12, 5, tzinfo=UTC)).ordered_at
        == "2025-06-24T12:05:00+00:00"
    )
    assert Order.from_json(made.to_json()) == made


def test_an_indication_that_is_not_in_the_table():
    assert order(indication="not-listed").indication == "not-listed"


def test_json_orders_round_trip_from_python():
    made = order({"exchange_volume": Q(3, "L")}, height=Q(67.7, "inch"))
    assert Order.from_json(made.to_json()).to_json() == made.to_json()
    assert made.to_wire()["schema"] == 2


# --- overrides --------------------------------------------------------------------------------------------------------


def overriding(name, key="code"):
    return wire(overrides=[{key: name, "reason": "a reason", "by": "Dr A"}])


@pytest.mark.parametrize("key", ["code", "rule"])
def test_a_code_of_schema_1_is_read_as_the_one_stop_that_has_it(key):
    for code in sorted({rule.code for rule in RULES if rule.severity == "stop"}):
        ids = [rule.id for rule in RULES if rule.severity == "stop" and rule.code == code]
        if len(ids) == 1:
            assert Order.from_wire(overriding(code, key)).overrides[0].rule == ids[0], code
        else:
            said = says(Order.from_wire, overriding(code, key))
            assert said.startswith(
                f"overrides.0.rule: got {code}, the code of {len(ids)} rules; expected one of "
            ), said
            assert all(id in said for id in ids)


def test_every_stop_can_be_overridden_by_its_own_id_and_nothing_else_can():
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", rule.id), rule.id
        if rule.severity == "stop":
            assert Order.from_wire(overriding(rule.id, "rule")).overrides[0].rule == rule.id
        else:
            assert "overrides.0.rule: got " in says(Order.from_wire, overriding(rule.id, "rule"))


def test_a_reason_to_give_albumin_does_not_lift_the_stop_on_plasma():
    refused = {
        "choice": "albumin-then-plasma",
        "plasma_share": {"value": 40, "unit": "%"},
        "refused": ["albumin", "plasma"],
    }
    both = prescribe(Order.from_wire(wire(indication="gbs-primary", fluid=refused)))
    assert {one.id for one in both.cautions if one.severity == "stop"} >= {
        "albumin-refused",
        "plasma-refused",
    }
    stops = [one.id for one in both.cautions if one.severity == "stop"]

    def without(*kept):
        lifted = [
            {"rule": id, "reason": "a reason", "by": "Dr A"} for id in stops if id not in kept
        ]
        return prescribe(
            Order.from_wire(wire(indication="gbs-primary", fluid=refused, overrides=lifted))
        )

    for kept in ("albumin-refused", "plasma-refused"):
        still = without(kept)
        assert still.blocked, kept
        assert all(one.schedule == () for one in still.replacement.options), kept
    assert not without().blocked
    assert any(one.schedule for one in without().replacement.options)


def test_an_override_that_nothing_needs_is_said_and_has_no_effect():
    idle = {"rule": "starch-ordered", "reason": "a reason", "by": "Dr A"}
    with_it, without = prescribe(order(overrides=(idle,))), prescribe(order())
    (said,) = [one for one in with_it.cautions if one not in without.cautions]
    assert (said.id, said.severity) == ("override-unused", "info")
    assert "starch-ordered" in said.message
    assert with_it.replacement == without.replacement


def test_an_override_names_one_rule_once():
    twice = [{"rule": "child-too-small", "code": "W-PED", "reason": "abc", "by": "Dr A"}]
    assert "overrides.0.code: got a field that is not known here" in says(
        Order.from_wire, wire(overrides=twice)
    )


# --- copies -----------------------------------------------------------------------------------------------------------


def test_a_copy_is_checked_like_a_new_record():
    person = order().patient
    for update, words in (
        ({"wieght": Q(60, "kg")}, "wieght: got a field that is not known here"),
        ({"states": ("sepsi",)}, "states.0: got sepsi"),
        ({"amputation": 0.95}, "amputation: got 0.95; expected 0 to 60 %"),
        ({"sex": "Male"}, "sex: got Male; expected male or female. Did you mean male?"),
        ({"weight": Q(65, "lb"), "height": Q(1.75, "cm")}, "height: got 1.75 cm"),
        ({"gestation": Q(30, "week")}, "gestation"),
    ):
        assert words in says(lambda update=update: person.model_copy(update=update))
        assert words in says(lambda update=update: person.copy(update=update))
    assert "indication: got nonsense" in says(
        lambda: order().model_copy(update={"indication": "nonsense"})
    )
    assert (
        "wieght" in says(lambda: copy.replace(person, wieght=1))
        if sys.version_info >= (3, 13)
        else True
    )


def test_a_copy_with_other_values_is_the_record_that_would_have_been_made():
    made = order()
    assert made.model_copy(update={"label": "bed 4"}) == order(label="bed 4")
    assert made.model_copy(update={"dose": {"plasma_volumes": 1.2}}) == order(
        {"plasma_volumes": 1.2}
    )
    assert made.model_copy() == made.model_copy(deep=True) == made
    lifted = made.model_copy(
        update={"patient": made.patient.model_copy(update={"states": ("sepsis",)})}
    )
    assert "no-valid-estimate-in-state" in [one.id for one in prescribe(lifted).cautions]


def test_a_result_is_not_altered_by_a_copy():
    stopped = prescribe(
        Order.from_wire(
            wire(indication="gbs-primary", fluid={"choice": "plasma", "refused": ["plasma"]})
        )
    )
    assert stopped.blocked
    for record, update in (
        (stopped, {"blocked": False}),
        (stopped.volumes, {"valid": True}),
        (stopped.cautions[0], {"severity": "info"}),
    ):
        said = says(lambda record=record, update=update: record.model_copy(update=update))
        assert said == (
            f"{type(record).__name__}: got new values for {next(iter(update))}; expected a result as it was computed: "
            "change the order and compute it again."
        )
        assert record.model_copy(deep=True) == record


@pytest.mark.parametrize(
    ("name", "limit", "words"),
    [
        (
            "fibrinogen-low",
            {"low": 0.1, "unit": "g/L"},
            "limits.fibrinogen-low: got 0.1; expected 0.8 to 1.5 g/L",
        ),
        (
            "saline-stop",
            {"high": 100, "unit": "%"},
            "limits.saline-stop: got 100; expected 0 to 50 %",
        ),
        ("circuit-volume-stop", {"high": 99, "unit": "%"}, "expected 0 to 15 %"),
    ],
)
def test_a_limit_that_stops_is_lifted_by_no_site(name, limit, words):
    assert words in says(Order.from_wire, wire(limits={name: limit}))
    assert "needs an override, not a limit" in says(Order.from_wire, wire(limits={name: limit}))


@pytest.mark.parametrize(
    ("name", "default"),
    [("platelets-watch", 50), ("platelets-low", 30), ("platelets-low-microangiopathy", 20), ("platelets-very-low", 10),
     ("platelets-heparin", 50)],
)  # fmt: skip
def test_a_limit_of_platelets_moves_upwards_only(name, default):
    assert limits()[name].low == default
    Order.from_wire(wire(limits={name: {"low": default + 1, "unit": "10*9/L"}}))
    said = says(Order.from_wire, wire(limits={name: {"low": default - 1, "unit": "10*9/L"}}))
    assert f"limits.{name}: got {default - 1}; expected {default} to 3000 x10^9/L" in said.replace(
        "10*9/L", "x10^9/L"
    )


def test_height_and_weight_in_each_others_place():
    changes = {"height": {"value": 60, "unit": "cm"}, "weight": {"value": 162, "unit": "kg"}}
    said = says(Order.from_wire, wire(**changes))
    assert "height and weight: got 60 cm and 162 kg; expected values that fit together." in said
    assert "Did you mean height 162 cm and weight 60 kg?" in said
