"""The order: from a file, from flags, or both; limits, confirmations and overrides; nothing silent."""

from datetime import UTC, datetime

import pytest

from pexcalc import Order, Patient, QuantityError
from pexcalc.catalog import limits
from pexcalc.citrate import Calcium
from pexcalc.crs import CrsOrder
from pexcalc.flags import FLAGS, GROUPS, from_flags, missing
from pexcalc.fluid import Fluid
from pexcalc.order import CourseOrder, Device, DoseOrder, limits_in_force
from pexcalc.patient import Labs

from .patients import Q, order, wire

TEXTS = {
    "sex": "male", "age": "23 y", "height": "172 cm", "weight": "65 kg", "hematocrit": "27 %", "indication": "crs-car-t",
    "exchange_volume": "3000 mL",
}  # fmt: skip


def says(call, *args, **kwargs):
    with pytest.raises(QuantityError) as caught:
        call(*args, **kwargs)
    assert "\n" not in str(caught.value)
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
    assert "both plasma_volumes and exchange_volume" in says(Order.from_wire, {**wire(), "dose": data["dose"]})


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
    assert tuple(groups) == GROUPS
    for flag in FLAGS:
        record = groups[flag.path[0]] if len(flag.path) == 2 else Order
        assert flag.path[-1] in record.model_fields


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
        ({"plasma_volumes": "3000 mL"}, "a volume goes with --exchange-volume."),
        ({"tanner": "3.5"}, "tanner: got 3.5; expected a whole number."),
        ({"exchange_volume": "3,331 mL"}, "Did you mean 3331 mL or 3.331 mL?"),
        ({"blood_volume": "4900 mL"}, "blood_volume: got 4900 mL without an origin; expected where it comes from"),
        ({"blood_volume": "4900 @ device"}, "blood_volume: got 4900 (no unit)"),
        ({"overrides": [("W-PED=specialist centre", None)]}, "override: got W-PED=specialist centre without a name"),
        ({"overrides": [("W-PED", "Dr A")]}, "without a reason"),
    ],
)  # fmt: skip
def test_texts_that_cannot_be_read(changes, words):
    assert words in says(from_flags, {**TEXTS, **changes})


def test_a_file_with_an_age_that_cannot_be_leaves_the_texts_readable():
    data, _ = from_flags({"weight": "65 kg"}, wire(age={"value": 500, "unit": "a"}))
    assert "patient.age: got 500 y; expected 0 to 120 y" in says(Order.from_wire, data)


def test_a_text_with_an_origin():
    data, _ = from_flags({**TEXTS, "blood_volume": "4900 mL @ measured: chromium 51"})
    assert data["patient"]["blood_volume"] == {"value": 4900.0, "unit": "mL", "origin": "measured: chromium 51"}


def test_missing_inputs_are_named():
    data, _ = from_flags({"sex": "male"})
    assert missing(data, ("sex", "age", "indication")) == ["age", "indication"]
    assert missing({"patient": [1]}, ("sex",)) == ["sex"]


def test_a_file_whose_groups_are_no_objects():
    assert "patient: got no object" in says(from_flags, {"sex": "male"}, {"patient": 3})
    assert says(from_flags, {}, {"Patient": {}}).endswith("Did you mean patient?")


def test_a_file_whose_medicines_are_no_list():
    for drugs in (3, True, "ramipril", {"name": "ramipril"}):
        assert says(from_flags, {"ace_inhibitor": "18 h"}, wire(drugs=drugs)) == "drugs: got no list; expected a list."


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"indication": "ttpp"}, "indication: got ttpp; expected an id of the indication table, or not-listed. Did you mean ttp?"),
        ({"indication": "guillain"}, "Did you mean gbs-primary"),
        ({"indication": "cidp "}, "Did you mean cidp?"),
        ({"indication": ""}, "indication: got nothing"),
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
        ({"overrides": [{"code": "W-PEDD", "reason": "abc", "by": "Dr A"}]}, "overrides.0.code: got W-PEDD; expected a stop: W-PED, W-ECV, "),
        ({"overrides": [{"code": "W-DOSE", "reason": "abc", "by": "Dr A"}]}, "overrides.0.code: got W-DOSE; expected a stop: W-PED, W-ECV, "),
        ({"overrides": [{"code": "W-PED", "reason": "", "by": "Dr A"}]}, 'overrides.0.reason: got the text ""; expected a reason of 3 to 200 characters.'),
        ({"overrides": [{"code": "W-PED", "reason": "abc\x07", "by": "Dr A"}]}, "one line of printable text"),
        ({"overrides": [{"code": "W-PED", "reason": "abc"}]}, "overrides.0.by: got nothing"),
        ({"patient": None}, "patient: got nothing; expected an object."),
    ],
)  # fmt: skip
def test_orders_that_cannot_be(changes, words):
    assert words in says(Order.from_wire, wire(**changes))


def test_seventy_centimetres_need_a_confirmation():
    short = {"height": {"value": 70, "unit": "cm"}, "weight": {"value": 25, "unit": "kg"}}
    assert "Did you mean 70 in?" in says(Order.from_wire, wire(**short))
    assert Order.from_wire(wire(**short, confirmed=["height"])).confirmed == ("height",)


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
    assert order(ordered_at=datetime(2025, 6, 24, 12, 5, tzinfo=UTC)).ordered_at == "2025-06-24T12:05:00+00:00"
    assert Order.from_json(made.to_json()) == made


def test_an_indication_that_is_not_in_the_table():
    assert order(indication="not-listed").indication == "not-listed"


def test_json_orders_round_trip_from_python():
    made = order({"exchange_volume": Q(3, "L")}, height=Q(67.7, "inch"))
    assert Order.from_json(made.to_json()).to_json() == made.to_json()
    assert made.to_wire()["schema"] == 1


@pytest.mark.parametrize(
    ("name", "limit", "words"),
    [
        ("fibrinogen-low", {"low": 0.1, "unit": "g/L"}, "limits.fibrinogen-low: got 0.1; expected 0.8 to 1.5 g/L"),
        ("saline-stop", {"high": 100, "unit": "%"}, "limits.saline-stop: got 100; expected 0 to 50 %"),
        ("circuit-volume-stop", {"high": 99, "unit": "%"}, "expected 0 to 15 %"),
    ],
)
def test_a_limit_that_stops_is_lifted_by_no_site(name, limit, words):
    assert words in says(Order.from_wire, wire(limits={name: limit}))
    assert "needs an override, not a limit" in says(Order.from_wire, wire(limits={name: limit}))


def test_height_and_weight_in_each_others_place():
    changes = {"height": {"value": 60, "unit": "cm"}, "weight": {"value": 162, "unit": "kg"}}
    said = says(Order.from_wire, wire(**changes))
    assert "height and weight: got 60 cm and 162 kg; expected those of one person." in said
    assert "Did you mean height 162 cm and weight 60 kg?" in said
