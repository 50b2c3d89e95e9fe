"""Measured levels of one patient, in the functions, the order and on every surface."""

import json

import pint
import pytest
from click.testing import CliRunner

import pexcalc
from pexcalc import MeasuredLevel, QuantityError
from pexcalc.cli.main import cli
from pexcalc.data.solutes import solutes
from pexcalc.kinetics.levels import USUAL_FACTOR
from pexcalc.order.text_input import level_wire
from pexcalc.report import sheet
from pexcalc.report.html.page import page
from pexcalc.report.summary import summary
from pexcalc.rules.alerts import BY_ID
from pexcalc.rules.alerts.session import MEASURED_PROTEINS

Q = pint.UnitRegistry().Quantity
TWO_HOURS, TWO_DAYS = Q(2, "h"), Q(48, "h")


def level(solute, session, when, value, unit="g/L", **more):
    return MeasuredLevel(solute, session, when, Q(value, unit), **more)


def pair(fall, solute="IgG", session=1, start=9.0, **more):
    """The levels around one session with a fall in percent."""
    end = start * (1 - fall / 100)
    return [level(solute, session, "before", start), level(solute, session, "after", end, **more)]


def removal(levels, solute="IgG", volumes=1.0, **more):
    return pexcalc.expected_removal(solute, volumes, TWO_HOURS, measured=levels, **more)


def ends(interval):
    return [round(100 * end) for end in (interval.low, interval.typical, interval.high)]


def order(levels=(), **groups):
    size = {"height": Q(162, "cm"), "weight": Q(60, "kg"), "hematocrit": 0.38}
    patient = pexcalc.Patient(sex="female", age=Q(54, "year"), **size)
    given = {
        "indication": "gbs-primary",
        "dose": {"plasma_volumes": 1.0, "duration": TWO_HOURS},
        "course": {"sessions": 5, "interval": TWO_DAYS},
        **groups,
    }
    return pexcalc.Order(patient=patient, measured=tuple(levels), **given)


# --- what a pair changes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fall", "expected"), [(45, (39, 47, 56)), (55, (46, 55, 65)), (68, (56, 66, 75))]
)
def test_the_table_of_the_reference_in_the_library(fall, expected):
    found = removal(pair(fall))
    assert ends(found.fall_without_levels) == pytest.approx([38, 62, 74], abs=1)
    # an assay of 6 % says less of a fall of 45 % than the 0.095 of the table (test_learning.py)
    assert ends(found.fall) == pytest.approx(expected, abs=2 if fall == 45 else 1)


@pytest.mark.parametrize(
    ("solute", "observed"), [("IgG", 82.0), ("IgA", 80.4), ("IgM", 87.3), ("fibrinogen", 80.9)]
)
def test_ohkubo_with_its_first_session_entered_is_inside_for_all_four_proteins(solute, observed):
    course = pexcalc.simulate_course(
        solute, 0.9, TWO_HOURS, TWO_DAYS, 3, measured=pair(63.5, solute)
    )
    low, high = (100 * (1 - end) for end in (course.after.high[2], course.after.low[2]))
    assert low <= observed <= high
    assert high - low <= 22
    wide = course.after_without_levels
    assert high - low < 100 * (wide.high[2] - wide.low[2])


def test_the_unit_of_a_level_changes_nothing():
    both = [
        [level("IgG", 1, "before", 9, "g/L"), level("IgG", 1, "after", 4, "g/L")],
        [level("IgG", 1, "before", 900, "mg/dL"), level("IgG", 1, "after", 4e3, "mg/L")],
    ]
    one, other = (removal(levels).fall for levels in both)
    assert (one.low, one.typical, one.high) == pytest.approx((other.low, other.typical, other.high))


def test_a_pair_narrows_every_plasma_protein_and_no_cytokine():
    for solute in ("IgM", "fibrinogen", "C3"):
        found = removal(pair(55), solute)
        narrow, wide = found.fall, found.fall_without_levels
        assert narrow.high - narrow.low < 0.7 * (wide.high - wide.low)
    il6, without = removal(pair(55), "IL-6"), removal((), "IL-6")
    assert (il6.fall, il6.fall_without_levels) == (without.fall, None)
    assert without.learned is None


def test_two_pairs_narrow_more_than_one_and_two_proteins_of_a_session_are_one():
    one, two = removal(pair(55)), removal([*pair(55), *pair(55, session=2)], interval=TWO_DAYS)
    same = removal([*pair(55), *pair(55, "IgM")])
    assert (one.learned.sessions, two.learned.sessions, same.learned.sessions) == (1, 2, 1)
    assert two.fall.high - two.fall.low < one.fall.high - one.fall.low


def test_a_level_before_the_second_session_moves_the_clock_and_needs_the_interval():
    levels = [level("IgG", 1, "before", 9), level("IgG", 2, "before", 4.5)]
    found = removal(levels, interval=TWO_DAYS).learned
    assert found.session == 2
    assert found.clock.typical < 0.6 < found.clock_prior.typical
    assert "return" in found.levels[1].uses
    without = removal(levels).learned
    assert not without.used
    assert "interval between sessions" in without.levels[1].note


def test_the_volumes_of_the_earlier_session_are_those_stated_or_those_ordered():
    stated, taken = (removal(pair(75, **more)).learned for more in ({"plasma_volumes": 1.5}, {}))
    assert [one.plasma_volumes for one in stated.levels] == [1.5, 1.5]
    assert taken.levels[0].plasma_volumes == 1.0
    assert not taken.levels[0].plasma_volumes_stated
    assert stated.levels[1].factor == pytest.approx(taken.levels[1].factor / 1.5, rel=0.02)


def test_a_level_of_a_cytokine_is_used_for_the_amount_only():
    found = removal([level("IL-6", 1, "before", 1000, "pg/mL")], "IL-6", plasma_volume=Q(3, "L"))
    use = found.learned.levels[0]
    assert use.uses == ("amount",)
    assert (use.amount.low, use.amount.high) == pytest.approx((0.0019, 0.003), rel=0.01)  # mg
    assert not found.learned.used
    risen = [level("IL-6", 1, "before", 100, "ng/L"), level("IL-6", 1, "after", 300, "ng/L")]
    assert not removal(risen, "IL-6").learned.used


def test_the_working_stands_line_by_line():
    basis = removal(pair(55)).basis
    assert [path for path in basis if path.startswith("learned.")] == [
        "learned.pair.igg.session-1", "learned.pair.igg.session-1.assay", "learned.sessions",
        "learned.volume.closed_form", "learned.prior", "learned.posterior",
    ]  # fmt: skip
    assert "y = ln(-ln 0.45)" in basis["learned.pair.igg.session-1"].text
    course = pexcalc.simulate_course("IgG", 1, TWO_HOURS, TWO_DAYS, 3, measured=pair(55))
    assert "learned.posterior" in course.basis


def test_learning_is_the_same_again():
    levels = [*pair(55), *(level("IgG", n, "before", 9 * 0.8**n) for n in range(2, 9))]

    def run():
        return pexcalc.simulate_course(
            "IgG", 1, TWO_HOURS, TWO_DAYS, 8, measured=levels, session=8
        ).to_json()

    assert run() == run()


# --- guard rails ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ([level("IgG", 1, "before", 9), level("IgG", 1, "after", 9.5)], "less than 9 g/L, the level before it"),
        (pair(5), "expected a factor of 0.25 to 2; check tube, time of the sample, products given"),
        (pair(90), "expected a factor of 0.25 to 2"),
        ([*pair(55), level("IgG", 1, "before", 8)], "two values of IgG before session 1"),
        ([level("IgG", 1, "before", 9), level("IgG", 1, "after", 9, "mmol/L")], "one kind of unit"),
        ([*pair(55, plasma_volumes=1.0), level("IgM", 1, "after", 1, plasma_volumes=1.2)], "1 and 1.2 plasma volumes for session 1"),
        (["IgG 9 g/L"], "measured[0]: got a value of type str"),
    ],
)  # fmt: skip
def test_levels_that_no_exchange_explains_are_refused_in_one_sentence(levels, words):
    with pytest.raises(QuantityError) as error:
        removal(levels)
    assert words in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_level_after_the_session_that_is_ordered_is_refused():
    with pytest.raises(QuantityError, match="before session 1, which is the one that is ordered"):
        removal(pair(55), session=1)


@pytest.mark.parametrize(
    ("solute", "more", "words"),
    [
        ("vwf", {}, "plasma proteins of grade A"),
        ("il6", {}, "plasma proteins of grade A"),
        ("albumin", {}, "the replacement fluid contains it"),
        ("igg", {"supply": 0.5}, "the replacement fluid contains it"),
    ],
)
def test_a_solute_that_says_nothing_of_the_factor_is_printed_and_not_used(solute, more, words):
    found = removal(pair(55, solute), **more)
    assert not found.learned.used
    assert words in found.learned.levels[0].note
    assert found.fall_without_levels is None


def test_an_unusual_factor_waits_for_a_check_or_a_second_session():
    aside = removal(pair(33)).learned
    assert (aside.used, aside.unconfirmed) == (False, ("measured.igg",))
    assert "set aside" in aside.levels[0].note
    assert removal(pair(33), confirmed=["measured.igg"]).learned.used
    assert removal([*pair(33), *pair(35, session=2)]).learned.sessions == 2
    with pytest.raises(QuantityError, match="confirmed: got measured.igm; expected measured.igg"):
        removal(pair(33), confirmed=["measured.igm"])


def test_the_confirmable_levels_are_the_proteins_from_which_it_learns():
    known = {
        f"measured.{row.id}"
        for row in solutes().values()
        if row.range == "patient" and row.grade == "A" and row.id != "albumin"
    }
    assert set(MEASURED_PROTEINS) == known


# --- the order ------------------------------------------------------------------------------------


def test_the_prescription_is_the_same_but_for_the_forecast():
    with_levels, without = (pexcalc.prescribe(order(levels)) for levels in (pair(55), ()))
    assert with_levels.learned.session == 2
    assert without.learned is None
    for name in ("dose", "replacement", "totals", "citrate", "volumes", "cautions"):
        assert getattr(with_levels, name) == getattr(without, name)
    igg = next(one for one in with_levels.removal if one.solute == "igg")
    assert (
        igg.fall_without_levels == next(one for one in without.removal if one.solute == "igg").fall
    )
    again = pexcalc.Prescription.from_json(with_levels.to_json())
    assert again == with_levels


def test_an_unusual_pair_is_an_alert_until_the_order_confirms_it():
    asked = pexcalc.prescribe(order(pair(33)))
    alert = next(one for one in asked.cautions if one.code == "W-MEASURED")
    assert alert.confirm == "measured.igg"
    assert "factor 0.4" in alert.message
    confirmed = pexcalc.prescribe(order(pair(33), confirmed=("measured.igg",)))
    assert "W-MEASURED" not in [one.code for one in confirmed.cautions]
    assert confirmed.learned.used
    both = order([*pair(33), *pair(33, "IgM")], confirmed=("measured.igg",))
    alert = next(one for one in pexcalc.prescribe(both).cautions if one.code == "W-MEASURED")
    assert alert.confirm == "measured.igm"


@pytest.mark.parametrize(
    "groups",
    [
        {"findings": ("dic",)}, {"findings": ("bleeding",)}, {"findings": ("liver-failure",)},
        {"indication": "hlh"}, {"indication": "crs-car-t"}, {"indication": "sepsis-mof"},
        {"drugs": ({"name": "heparin", "when": "before", "time": TWO_HOURS},)},
        {"device": {"blood_flow": Q(120, "mL/min"), "plasma_flow": Q(30, "mL/min"), "anticoagulant": "heparin"}},
    ],
)  # fmt: skip
def test_where_the_disease_moves_factors_only_igg_and_igm_are_used(groups):
    groups = {"fluid": {"choice": "albumin"}, **groups}
    found = pexcalc.prescribe(order(pair(60, "fibrinogen", start=3.0), **groups)).learned
    assert not found.used
    assert "it would measure the disease" in found.levels[0].note
    assert pexcalc.prescribe(order(pair(60), **groups)).learned.used


def test_plasma_in_the_fluid_carries_the_protein():
    found = pexcalc.prescribe(order(pair(60), fluid={"choice": "plasma"})).learned
    assert "the replacement fluid contains it" in found.levels[0].note


def test_laboratory_values_are_the_levels_before_this_session():
    labs = pexcalc.Labs(igg=Q(700, "mg/dL"))
    found = pexcalc.prescribe(order(pair(55), labs=labs)).learned
    assert [(one.session, one.when) for one in found.levels] == [
        (1, "before"), (1, "after"), (2, "before"),
    ]  # fmt: skip
    assert found.clock != found.clock_prior
    levels = [*pair(55), level("IgG", 2, "before", 6.5)]
    with pytest.raises(QuantityError, match=r"700 mg/dL among the laboratory values and 6.5 g/L"):
        order(levels, labs=labs)
    order([*pair(55), level("IgG", 2, "before", 7)], labs=labs)


def test_the_session_is_as_stated_or_follows_the_levels():
    course = {"sessions": 5, "interval": TWO_DAYS, "session": 3}
    found = pexcalc.prescribe(order(pair(55), course=course)).learned
    assert (found.session, found.session_stated) == (3, True)
    found = pexcalc.prescribe(order(pair(55))).learned
    assert (found.session, found.session_stated) == (2, False)


# --- text and surfaces ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("IgG 9.1 before session 1", "got 9.1 (no unit)"),
        ("IgG 9.1 g/L", "before or after, and the session"),
        ("IgG 9,1 g/L before session 1", "Did you mean 9.1 g/L?"),
        ("IgQ 9.1 g/L before session 1", "got IgQ"),
        ("IgG 9.1 kg before session 1", "not a mass concentration"),
        ("IgG 9.1 g/L during session 1", "before or after, and the session"),
    ],
)
def test_a_text_that_is_no_level_is_refused_in_one_sentence(text, words):
    with pytest.raises(QuantityError) as error:
        level_wire(text)
    assert words in str(error.value)


def test_a_text_is_read_with_its_volumes():
    assert level_wire("C-reactive protein 12 mg/L after session 2 at 1.2 PV") == {
        "solute": "crp",
        "session": 2,
        "when": "after",
        "level": {"value": 12.0, "unit": "mg/L"},
        "plasma_volumes": 1.2,
    }


def test_every_surface_shows_the_forecast_without_and_with_levels():
    p = pexcalc.prescribe(order(pair(55)))
    rows = {part.title: part.rows for part in sheet.sections(p)}
    text = " ".join(row.text for row in rows["Forecast with the measured levels of this patient"])
    for surface in (text, summary(p), page(p)):
        assert "with the levels" in surface
        assert "without them" in surface
    assert "assumed to be the session that is ordered" in text
    assert "never the order: no dose is raised or lowered" in text
    assert "Nothing is learned from one patient for another" in text


SESSION = ("removal", "--solute", "IgG", "--plasma-volumes", "1", "--duration", "2 h")


def run(*words):
    return CliRunner().invoke(cli, [*SESSION, *words])


def test_the_command_removal_takes_levels():
    levels = ("--measured", "IgG 9 g/L before session 1", "--measured", "IgG 4 g/L after session 1")
    assert "with the levels" in run(*levels).stdout
    wire = json.loads(run(*levels, "--json").stdout)
    assert wire["asked"]["measured"][0]["solute"] == "igg"
    assert wire["removal"][0]["learned"]["session"] == 2
    course = run(*levels, "--every", "48 h", "--sessions", "3", "--explain").stdout
    assert "Without the levels" in course
    assert "learned.posterior" in course


def test_a_target_gives_three_answers_without_the_number_of_sessions():
    for target in (("--target-level", "30 %"), ("--target", "fall 70 %")):
        text = " ".join(run("--every", "48 h", *target).stdout.split())
        assert "After a session 1 to 7 sessions, typically 2" in text
        assert "Before a session session 5 at best, typically 7" in text
        assert "In the body session 4 to 12, typically 5" in text
    asked = run("--every", "48 h", "--target", "30 %")
    assert asked.exit_code == 2
    assert '"level 30 %" if that much is left, or "fall 30 %"' in asked.stderr
    both = run("--every", "48 h", "--target-level", "30 %", "--target-fall", "70 %")
    assert "expected one of them" in both.stderr


def test_a_target_of_the_order_is_answered_for_each_protein():
    course = {"interval": TWO_DAYS, "target_level": 0.3}
    p = pexcalc.prescribe(order(course=course))
    igg = next(one for one in p.targets if one.solute == "igg")
    needed = (igg.sessions_needed, igg.sessions_needed_before, igg.sessions_needed_body)
    assert [one[1] for one in needed] == [2, 7, 5]
    titles = [part.title for part in sheet.sections(p)]
    assert "Sessions until the target" in titles
    with pytest.raises(QuantityError, match="which a target needs"):
        order(course={"target_fall": 0.7})
    with pytest.raises(QuantityError, match="a fall and a level"):
        order(course={**course, "target_fall": 0.7})


def test_the_alert_on_an_unusual_factor_names_the_range_of_the_forecast():
    assert f"({USUAL_FACTOR})" in BY_ID["measured-factor-unusual"].message


def test_a_fall_and_a_level_together_are_no_target():
    with pytest.raises(QuantityError, match="target_level: got a fall and a level; expected one"):
        pexcalc.simulate_course("IgG", 1, TWO_HOURS, TWO_DAYS, target_fall=0.7, target_level=0.3)
