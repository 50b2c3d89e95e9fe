"""The range that a session and a course have by default: one patient, or scenarios where production is the disease."""

import math
import pickle

import pytest

from pexcalc import Course, Interval, QuantityError, Removal, expected_removal, simulate_course
from pexcalc.data.solutes import Span, solutes
from pexcalc.kinetics.case import PlasmaVolumes, Session, case_of, model_of
from pexcalc.kinetics.course import _patient_course
from pexcalc.kinetics.one_session import steps_of
from pexcalc.kinetics.panel import AFTER_TOCILIZUMAB, panel
from pexcalc.kinetics.prediction import LevelRange, Spread
from pexcalc.kinetics.removal import removal_of
from pexcalc.quantities.working import Recorder
from tests.support.patients import Q

KNOWN = [name for name, row in solutes().items() if not row.is_drug and model_of(row)]
TWO_FLUIDS = [(0.7, 0.0), (0.3, 1.2)]


def removal(solute, volumes=1.0, **more):
    return expected_removal(solute, volumes, Q(2, "h"), **more)


def course(solute, sessions=3, every=48.0, **more):
    return simulate_course(solute, 1.0, Q(2, "h"), Q(every, "h"), sessions, **more)


def percent(interval):
    return [100 * end for end in (interval.low, interval.typical, interval.high)]


EXAMPLES = [
    ("igg", (38.2, 61.5, 73.5)), ("igm", (38.8, 62.3, 74.4)), ("fibrinogen", (38.1, 61.5, 73.4)),
    ("crp", (38.1, 61.3, 73.3)),
]  # fmt: skip


@pytest.mark.parametrize(("solute", "fall"), EXAMPLES)
def test_a_protein_has_the_range_of_the_reference_beside_the_equation(solute, fall):
    found = removal(solute)
    assert found.range == "patient"
    assert percent(found.fall) == pytest.approx(fall, abs=0.15)
    alone = found.fall_by_parameters
    assert alone.typical == found.fall.typical
    assert found.fall.low < alone.low <= alone.high < found.fall.high
    assert found.fall_of_series == pytest.approx(0.56, abs=0.01)


def test_the_plasma_volume_as_an_interval_is_not_counted_beside_eta():
    for solute in ("igg", "crp", "il10"):
        found, exact = (removal(solute, plasma_volume=volume) for volume in (WIDE, Q(3, "L")))
        assert found.fall == exact.fall
    assert found.dilution_only.low == pytest.approx(1 - math.exp(-1))


def test_mean_and_return_follow_the_same_factors_and_the_ceiling_does_not():
    found = removal("crp")
    assert found.return_time_90.low.m_as("h") == pytest.approx(63.12 / 2, abs=0.01)
    assert found.return_time_90.high.m_as("h") == pytest.approx(63.12 / 0.3, abs=0.02)
    assert found.mean_fall.low < found.mean_fall.typical < found.mean_fall.high
    assert found.ceiling.low == found.ceiling.high == found.device_share.low


def test_a_named_production_gives_the_parameters_alone():
    for solute in ("igg", "il6"):
        steady, alone = removal(solute, production="steady"), removal(solute).fall_by_parameters
        assert (steady.range, steady.fall) == ("parameters", steady.fall_by_parameters)
        assert (alone.low, alone.high) == pytest.approx((steady.fall.low, steady.fall.high))


SESSION, VOLUMES = Session(2.0, 1.0, 70.0, "steady", named=False), PlasmaVolumes(1.0, 3000.0)


def test_without_a_typical_value_there_is_no_range_for_a_patient():
    row = solutes()["crp"]
    row = row._replace(half_life=Span(low=row.half_life.typical, high=row.half_life.typical))
    found = removal_of(case_of(row, [VOLUMES], SESSION), Recorder())
    assert (found.range, found.fall.typical, found.fall_of_series) == ("parameters", None, None)


WIDE = Interval(Q(2400, "mL"), Q(3000, "mL"), Q(3600, "mL"))
INPUTS = [
    {}, {"supply": TWO_FLUIDS}, {"supply": TWO_FLUIDS, "production": "rising"},
    {"plasma_volume": WIDE, "weight": Q(70, "kg"), "production": "steady"},
]  # fmt: skip


@pytest.mark.parametrize("more", INPUTS, ids=["patient", "supply", "rising", "steady"])
@pytest.mark.parametrize("name", KNOWN)
def test_course_and_session_agree_and_survive_json(name, more):
    one, many = removal(name, **more), course(name, **more)
    assert (many.range, many.production, many.supply) == (one.range, one.production, one.supply)
    assert 1 - many.after.low[0] == pytest.approx(one.fall.high, rel=1e-9)
    assert 1 - many.after.high[0] == pytest.approx(one.fall.low, rel=1e-9, abs=1e-12)
    least, most = many.after_by_parameters.low[0], one.fall_by_parameters.high
    assert 1 - least == pytest.approx(most, rel=1e-9)
    assert (many.levels.low[4], many.levels.high[4]) == pytest.approx(
        (many.after.low[0], many.after.high[0])
    )
    for band in (many.levels, many.body, many.before, many.after, many.after_by_parameters):
        for low, middle, high in zip(band.low, band.typical or band.low, band.high):
            assert 0 <= low <= middle <= high
            assert high <= 1 + 1e-12 or "supply" in more or many.production in ("any", "rising")
    hours = [time.m_as("h") for time in many.times]
    assert len(hours) == len(many.levels.low) == len(many.body.high)
    assert hours == sorted(hours)
    assert hours[-1] == pytest.approx(144)
    assert Removal.from_json(one.to_json()) == one
    assert Course.from_json(many.to_json()) == many == pickle.loads(pickle.dumps(many))


def test_between_sessions_no_level_is_below_that_right_after_one():
    """With the volumes learned and the clock not, the slow clock would take the range below it."""
    case = case_of(solutes()["vwf"], [VOLUMES], SESSION, course=True)
    learned = case._replace(spread=Spread(LevelRange(0.99, 1.0, 1.01), LevelRange(0.05, 1.0, 3.0)))
    bands = _patient_course(learned, 46.0, 2, None).bands
    assert min(bands["levels"].low[4:25]) == bands["after"].low[0]


def test_three_answers_to_a_target_stand_side_by_side():
    def needed(found):
        return found.sessions_needed, found.sessions_needed_before, found.sessions_needed_body

    found = course("igg", 5, target_fall=0.7)
    assert found.sessions_needed == (1, 2, 7)
    assert found.needed_in_words == "1 to 7 sessions, typically 2"
    for one in (found, course("igg", 5, target_fall=0.7, production="steady")):
        assert [answer[1] for answer in needed(one)] == [2, 7, 5]
    first = course("crp").after.typical[0]
    assert course("crp", target_fall=1 - first).sessions_needed[1] == 1


SCENARIOS = [  # share of the device, steady production, production halved to doubled; percent
    ("il6", (5, 78), (5, 56), (-94, 75)), ("il8", (7, 59), (7, 48), (-93, 73)),
    ("il10", (14, 40), (14, 36), (-85, 70)), ("ferritin", (10, 98), (10, 63), (-90, 75)),
    ("sil2r", (65, 99), (51, 63), (-2, 75)), ("hb", (11, 26), (11, 26), (-88, 66)), ("tnf", (0, 81), (0, 58), (-100, 75)),
]  # fmt: skip


@pytest.mark.parametrize(("solute", "share", "steady", "other"), SCENARIOS)
def test_where_production_is_the_disease_share_and_level_are_two_things(
    solute, share, steady, other
):
    found = removal(solute)
    assert (found.range, found.production, found.fall.typical) == ("scenarios", "any", None)
    intervals = (found.device_share, found.fall_by_parameters, found.fall)
    for interval, expected in zip(intervals, (share, steady, other)):
        assert [100 * interval.low, 100 * interval.high] == pytest.approx(expected, abs=0.65)


@pytest.mark.parametrize("solute", ["il6", "il10", "tnf", "ferritin"])
def test_scenarios_hold_every_production_asked_for_by_name(solute):
    any_, levels = removal(solute), course(solute).levels
    for production in ("steady", "halved", "doubled", "rising"):
        named = removal(solute, production=production)
        assert any_.fall.low <= named.fall.low <= named.fall.high <= any_.fall.high
        assert any_.mean_fall.low <= named.mean_fall.low + 1e-9
        assert named.mean_fall.high <= any_.mean_fall.high + 1e-9
        inside = course(solute, production=production).levels
        assert all(low <= least + 1e-9 for low, least in zip(levels.low, inside.low))
        assert all(high >= most - 1e-9 for high, most in zip(levels.high, inside.high))


def test_a_target_of_a_cytokine_is_no_promise():
    found = course("il6", None, target_fall=0.4)
    assert (found.sessions, found.sessions_needed) == (2, (1, None, None))
    assert found.needed_in_words == (
        "1 session at best; at worst no number is enough: production may raise the level"
    )


def test_after_tocilizumab_interleukin_6_is_not_read():
    rows = panel(["il6", "crp", "il6"], SESSION, VOLUMES, Recorder(), after_tocilizumab=True)
    assert [row.statement.endswith(AFTER_TOCILIZUMAB) for row in rows] == [True, False]


def test_a_fluid_that_carries_the_solute_gives_it_back():
    supplies = (0.0, TWO_FLUIDS[::-1], 0.3, TWO_FLUIDS)
    without, first, mixed, last = (removal("igg", supply=supply) for supply in supplies)
    assert (removal("igg").supply, last.supply) == ((), ((0.7, 0.0), (0.3, 1.2)))
    assert without.fall.typical > first.fall.typical > mixed.fall.typical > last.fall.typical
    # washout alone: e^-x of the start and 1 - e^-0.3 of 1.2
    washout = 1 - math.exp(-1) - 1.2 * (1 - math.exp(-0.3))
    assert last.fall.typical == pytest.approx(washout, abs=0.03)
    assert last.ceiling.typical == pytest.approx(0.994 * (1 - 0.36), abs=0.01)
    risen = removal("albumin", supply=2.0)
    assert risen.fall.low < risen.fall.typical < 0
    assert risen.return_time_90 is None
    assert "removal.igg.fall.typical" not in last.basis
    # A cytokine: no rebound where the level has risen.
    assert removal("il6", supply=1.5).return_time_90 is None
    assert removal("il6", supply=0.1).return_time_90 is not None


def test_steps_hold_each_production_and_each_fluid():
    session = Session(2.0, 1.0, None, "rising", supply=((0.6, 0.0), (0.4, 1.0)))
    steps = steps_of(session)
    assert sum(step.hours for step in steps) == pytest.approx(2.0)
    assert [(step.production, step.level) for step in steps] == [
        (1.25, 0.0), (1.5, 0.0), (1.75, 0.0), (1.75, 1.0), (2.0, 1.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("supply", "words"),
    [
        (-0.1, "got -0.1"),
        ([(0.5, 1.0)], "got shares of 50 % in all; expected shares of 100 % in all"),
        ([0.5, 0.5], "got [0.5, 0.5]; expected a level, or pairs"),
        ([(0.5, 1.0, 2.0)], "got [(0.5, 1.0, 2.0)]; expected a level, or pairs"),
    ],
)
def test_a_supply_that_cannot_be_used(supply, words):
    with pytest.raises(QuantityError) as caught:
        removal("igg", supply=supply)
    assert str(caught.value).startswith(f"supply: {words}")
