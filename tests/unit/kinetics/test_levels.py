"""Measured levels of one patient, in the functions, the order and on every surface."""

import json

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
from tests.support.patients import Q, patient

TWO_HOURS, TWO_DAYS = HOURS = Q(2, "h"), Q(48, "h")


def level(solute, session, when, value, unit="g/L", **more):
    return MeasuredLevel(solute, session, when, Q(value, unit), **more)


def igg(before, after, unit="g/L"):
    return [level("IgG", 1, "before", before), level("IgG", 1, "after", after, unit)]


def pair(fall, solute="IgG", session=1, start=9.0, **more):
    """The levels around one session with a fall in percent."""
    end = start * (1 - fall / 100)
    return [level(solute, session, "before", start), level(solute, session, "after", end, **more)]


def removal(levels, solute="IgG", volumes=1.0, **more):
    return pexcalc.expected_removal(solute, volumes, TWO_HOURS, measured=levels, **more)


def order(levels=(), **groups):
    given = {
        "indication": "gbs-primary",
        "dose": {"plasma_volumes": 1.0, "duration": TWO_HOURS},
        "course": {"sessions": 5, "interval": TWO_DAYS},
        "patient": patient(age=Q(54, "year"), height=Q(162, "cm"), sex="female", hematocrit=0.38),
    }
    return pexcalc.Order(measured=tuple(levels), **{**given, **groups})


def prescribed(levels=(), **groups):
    return pexcalc.prescribe(order(levels, **groups))


def test_the_unit_of_a_level_changes_nothing():
    other = [level("IgG", 1, "before", 900, "mg/dL"), level("IgG", 1, "after", 4e3, "mg/L")]
    one, other = (removal(levels).fall for levels in (igg(9, 4), other))
    assert (one.low, one.typical, one.high) == pytest.approx((other.low, other.typical, other.high))


def test_a_pair_narrows_every_plasma_protein_and_no_cytokine():
    for solute in ("IgG", "IgM", "fibrinogen", "C3"):
        found = removal(pair(55), solute)
        narrow, wide = found.fall, found.fall_without_levels
        assert narrow.high - narrow.low < 0.7 * (wide.high - wide.low)
    il6, without = removal(pair(55), "IL-6"), removal((), "IL-6")
    assert (il6.fall, il6.fall_without_levels) == (without.fall, None)
    assert without.learned is None


def test_a_level_before_the_second_session_moves_the_clock_and_needs_the_interval():
    levels = [level("IgG", 1, "before", 9), level("IgG", 2, "before", 4.5)]
    found, without = (removal(levels, interval=gap).learned for gap in (TWO_DAYS, None))
    text = removal(levels, interval=TWO_DAYS).basis["removal.igg.interval"].text
    assert "volumes x 0.81 to 1.82, clock between sessions x 0.18 to 0.69 and two" in text
    assert found.session == 2
    assert found.clock.typical < 0.6 < found.clock_prior.typical
    assert "return" in found.levels[1].uses
    assert not without.used
    assert "interval between sessions" in without.levels[1].note


def test_the_volumes_of_the_earlier_session_are_those_stated_or_those_ordered():
    stated, taken = (
        removal(pair(75, **more)).learned.levels for more in ({"plasma_volumes": 1.5}, {})
    )
    assert [one.plasma_volumes for one in (*stated, taken[0])] == [1.5, 1.5, 1.0]
    assert not taken[0].plasma_volumes_stated
    assert stated[1].factor == pytest.approx(taken[1].factor / 1.5, rel=0.02)


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


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        (igg(9, 9.5), "less than 9 g/L, the level before it"),
        (pair(5), "expected a factor of 0.25 to 2; check tube, time of the sample, products given"),
        (pair(90), "expected a factor of 0.25 to 2"),
        ([*pair(55), level("IgG", 1, "before", 8)], "two values of IgG before session 1"),
        (igg(9, 9, "mmol/L"), "one kind of unit"),
        ([*pair(55, plasma_volumes=1.0), level("IgM", 1, "after", 1, plasma_volumes=1.2)],
         "1 and 1.2 plasma volumes for session 1"),
        (["IgG 9 g/L"], "measured[0]: got a value of type str"),
        (pair(55, session=2), "before session 2, which is the one that is ordered"),
    ],
)  # fmt: skip
def test_levels_that_no_exchange_explains_are_refused_in_one_sentence(levels, words):
    with pytest.raises(QuantityError) as error:
        removal(levels, session=2)
    assert words in str(error.value)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("solute", "supply", "words"),
    [("vwf", 0.0, "plasma proteins of grade A"), ("il6", 0.0, "plasma proteins of grade A"),
     ("albumin", 0.0, "the replacement fluid contains it"),
     ("igg", 0.5, "the replacement fluid contains it")],
)  # fmt: skip
def test_a_solute_that_says_nothing_of_the_factor_is_printed_and_not_used(solute, supply, words):
    found = removal(pair(55, solute), supply=supply)
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


def test_the_prescription_is_the_same_but_for_the_forecast():
    with_levels, without = prescribed(pair(55)), prescribed()
    assert with_levels.learned.session == 2
    assert without.learned is None
    for name in ("dose", "replacement", "totals", "citrate", "volumes", "cautions"):
        assert getattr(with_levels, name) == getattr(without, name)
    learned, plain = (
        next(one for one in found.removal if one.solute == "igg")
        for found in (with_levels, without)
    )
    assert learned.fall_without_levels == plain.fall
    assert pexcalc.Prescription.from_json(with_levels.to_json()) == with_levels


def test_an_unusual_pair_is_an_alert_until_the_order_confirms_it():
    def alerts(found):
        return [one for one in found.cautions if one.code == "W-MEASURED"]

    (alert,) = alerts(prescribed(pair(33)))
    assert alert.confirm == "measured.igg"
    assert "factor 0.4" in alert.message
    assert f"({USUAL_FACTOR})" in BY_ID["measured-factor-unusual"].message
    confirmed = prescribed(pair(33), confirmed=("measured.igg",))
    assert alerts(confirmed) == []
    assert confirmed.learned.used
    both = prescribed([*pair(33), *pair(33, "IgM")], confirmed=("measured.igg",))
    assert [one.confirm for one in alerts(both)] == ["measured.igm"]


@pytest.mark.parametrize(
    "groups",
    [
        {"findings": ("dic",)}, {"findings": ("bleeding",)}, {"findings": ("liver-failure",)},
        {"indication": "hlh"}, {"indication": "crs-car-t", "fluid": {}}, {"indication": "sepsis-mof"},
        {"drugs": ({"name": "heparin", "when": "before", "time": TWO_HOURS},)},
        {"device": {"blood_flow": Q(120, "mL/min"), "plasma_flow": Q(30, "mL/min"), "anticoagulant": "heparin"}},
    ],
)  # fmt: skip
def test_where_the_disease_moves_factors_only_igg_and_igm_are_used(groups):
    groups = {"fluid": {"choice": "albumin"}, **groups}
    found = prescribed(pair(60, "fibrinogen", start=3.0), **groups).learned
    assert not found.used
    assert "it would measure the disease" in found.levels[0].note
    assert prescribed(pair(60), **groups).learned.used


def test_plasma_in_the_fluid_carries_the_protein():
    found = prescribed(pair(60), fluid={"choice": "plasma"}).learned
    assert "the replacement fluid contains it" in found.levels[0].note


def test_laboratory_values_are_the_levels_before_this_session():
    labs = pexcalc.Labs(igg=Q(700, "mg/dL"))
    found = prescribed(pair(55), labs=labs).learned
    seen = [(one.session, one.when) for one in found.levels]
    assert seen == [(1, "before"), (1, "after"), (2, "before")]
    assert found.clock != found.clock_prior
    order([*pair(55), level("IgG", 2, "before", 7)], labs=labs)
    with pytest.raises(QuantityError, match=r"700 mg/dL among the laboratory values and 6.5 g/L"):
        order([*pair(55), level("IgG", 2, "before", 6.5)], labs=labs)


def test_the_session_is_as_stated_or_follows_the_levels():
    course = {"sessions": 5, "interval": TWO_DAYS}
    for more, expected in (({"session": 3}, (3, True)), ({}, (2, False))):
        found = prescribed(pair(55), course={**course, **more}).learned
        assert (found.session, found.session_stated) == expected


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
        "solute": "crp", "session": 2, "when": "after", "level": {"value": 12.0, "unit": "mg/L"},
        "plasma_volumes": 1.2,
    }  # fmt: skip


def test_every_surface_shows_the_forecast_without_and_with_levels():
    p = prescribed(pair(55))
    rows = {part.title: part.rows for part in sheet.sections(p)}
    text = " ".join(row.text for row in rows["Forecast with the measured levels of this patient"])
    for surface in (text, summary(p), page(p)):
        assert "with the levels" in surface
        assert "without them" in surface
    assert "assumed to be the session that is ordered" in text


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
        assert "Before a session session 5 at best, typically 7" in text
    asked = run("--every", "48 h", "--target", "30 %")
    assert asked.exit_code == 2
    assert '"level 30 %" if that much is left, or "fall 30 %"' in asked.stderr
    both = run("--every", "48 h", "--target-level", "30 %", "--target-fall", "70 %")
    assert "expected one of them" in both.stderr


def test_a_target_of_the_order_is_answered_for_each_protein():
    long, twelve = {"plasma_volumes": 1.0, "duration": Q(4, "h")}, Q(12, "h")
    course = {"interval": twelve, "target_level": 0.3}
    p = prescribed(course=course, dose=long)
    found = next(one for one in p.targets if one.solute == "igg")
    alone = pexcalc.simulate_course("IgG", 1, Q(4, "h"), twelve, target_level=0.3)
    needed = ("sessions_needed", "sessions_needed_before", "sessions_needed_body")
    assert [getattr(found, one) for one in needed] == [getattr(alone, one) for one in needed]
    assert "Sessions until the target" in [part.title for part in sheet.sections(p)]
    for broken, words in (
        ({"target_fall": 0.7}, "which a target needs"),
        ({**course, "target_fall": 0.7}, "a fall and a level"),
    ):
        with pytest.raises(QuantityError, match=words):
            order(course=broken)
    with pytest.raises(QuantityError, match="target_level: got a fall and a level; expected one"):
        pexcalc.simulate_course("IgG", 1, *HOURS, target_fall=0.7, target_level=0.3)
