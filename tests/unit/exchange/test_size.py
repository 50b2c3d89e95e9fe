"""Height, weight and body mass index of a child against the age; a weight that may be in pounds."""

import pytest

from pexcalc import estimate_volumes
from pexcalc.data.growth import growth, growth_at
from tests.support import patients
from tests.support.patients import Q


def of(age, height, weight, sex="male", unit="kg"):
    """What is asked of the size, by the ids of the alerts, and the sentences."""
    person = patients.patient(
        sex=sex, age=Q(age, "year"), height=Q(height, "cm"), weight=Q(weight, unit), hematocrit=0.37
    )
    asked = [one for one in estimate_volumes(person).cautions
             if one.code in ("W-SIZE", "W-OBESE", "W-INPUT")]  # fmt: skip
    return [one.id for one in asked], " ".join(one.message for one in asked)


def test_the_table_holds_every_year_from_2_to_17_of_both_sexes_in_order():
    assert set(growth()) == {(sex, age) for sex in ("male", "female") for age in range(2, 18)}
    for row in growth().values():
        assert row.height_low < row.height_median < row.height_high
        assert row.weight_low < row.weight_median < row.weight_high
        assert row.bmi_low < row.bmi_high
    assert growth_at("male", 6.99) == growth()["male", 6]
    assert growth_at("male", 1.99) is growth_at("female", 18) is None


@pytest.mark.parametrize(
    ("height", "weight", "asked"),
    [
        (118, 39.6, []), (118, 39.7, ["weight-in-pounds"]),
        (140, 72.7, ["weight-in-pounds"]), (140, 72.8, ["weight-for-age-unusual"]),
        (144, 35, []), (144.1, 35, ["height-for-age-unusual"]),
        (162, 82, ["size-for-another-age"]), (95, 36, ["bmi-for-age-unusual"]),
        (145, 60, ["height-for-age-unusual", "weight-in-pounds"]),
    ],
)  # fmt: skip
def test_each_side_of_each_cut_point(height, weight, asked):
    """A boy of six."""
    assert of(6, height, weight)[0] == asked


def test_the_sentence_names_what_most_probably_is_wrong():
    assert "Is that pounds? 40 lb are 18.1 kg" in of(6, 118, 40)[1]
    assert "Is that inches? 50 in are 127 cm" in of(6, 50, 14)[1]
    assert "check the weight" in of(6, 130, 14)[1]
    assert "check the height" in of(17, 188, 26, "female")[1]
    assert "height 162 cm and weight 60 kg are outside 79 to 129 cm and 7.7 to 49 kg: check the age" in of(4, 162, 60, "female")[1]  # fmt: skip


@pytest.mark.parametrize(
    ("weight", "unit", "asked", "words"),
    [
        (126, "kg", "obesity", ""),
        (127, "kg", "obesity-or-pounds", "if 127 are pounds, the weight is 57.6 kg"),
        (158, "kg", "obesity-or-pounds", "plasma volume 3,140 mL instead of 4,890 mL"),
        (159, "kg", "bmi-high", "confirm it"),
        (210, "kg", "bmi-high", "if 210 are pounds, the weight is 95.3 kg"),
        (350, "pound", "bmi-high", "confirm it"),
    ],
)
def test_an_adult_is_asked_about_pounds_from_40_and_has_to_be_confirmed_from_50(
    weight, unit, asked, words
):
    ids, said = of(49, 178, weight, unit=unit)
    assert ids == [asked]
    assert words in said
    assert ("are pounds" in said) == (unit == "kg" and weight > 126)
