"""What one session does to a solute: the right model for each, intervals that hold, bounds, classes, refusals."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexcalc import Interval, QuantityError, Removal, expected_removal, simulate_course
from pexcalc.data.solutes import Span, solutes
from pexcalc.kinetics.case import PlasmaVolumes, Session, case_of, ends, model_of
from pexcalc.kinetics.one_session import PRODUCTION, at_once, outcome
from pexcalc.kinetics.removal import kinetic_class
from pexcalc.kinetics.session_input import session_from
from pexcalc.kinetics.trajectory import TurnoverRates
from tests.support.patients import Q
from tests.support.solver import solved

BODY = [name for name, row in solutes().items() if not row.is_drug]
KNOWN = [name for name in BODY if model_of(solutes()[name])]


def removal(solute, plasma_volumes=1.0, duration=2.0, *args, **more):
    """By the parameters alone: steady production asked for by name. The other ranges are in test_expected.py."""
    more = {"production": "steady", **more}
    return expected_removal(solute, plasma_volumes, Q(duration, "h"), *args, **more)


@pytest.mark.parametrize(
    ("solute", "low", "typical", "high", "kinetic_class", "grade"),
    [
        # one compartment, worked out by hand: q/(q + k) (1 - exp(-2 (q + k))), q = 0.5 per h
        ("IL-6", 5.5, None, 56.5, "negligible to transient", "D"),  # half-life 0.08 to 5 h
        ("IL-10", 14.1, 24.4, 36.5, "negligible", "B"),  # 75.8 mL/min, half to double, 3 L
        ("CRP", 61.3, 61.3, 61.3, "lasting", "A"),  # 19 h
        ("TNF", 0.0, 19.1, 57.5, "negligible to transient", "B"),  # terminal half-life, up to 6 h
        ("IL-12", 59.7, None, 61.3, "transient to lasting", "C"),  # 9.9 to 19 h
        ("sIL-2R", 51.1, None, 63.0, "transient to lasting", "C"),  # 2.6 to 148.5 h
        ("ferritin", 9.8, None, 62.8, "negligible to lasting", "B"),  # 0.15 to 80.4 h
    ],
)
def test_solutes_of_the_reference(solute, low, typical, high, kinetic_class, grade):
    found = removal(solute)
    fall = [end and 100 * end for end in (found.fall.low, found.fall.typical, found.fall.high)]
    assert fall == [pytest.approx(end, abs=0.051) for end in (low, typical, high)]
    assert (found.kinetic_class, found.grade) == (kinetic_class, grade)


@pytest.mark.parametrize(
    ("half_lives", "upper_bound", "expected"),
    [([0.99], False, "negligible"), ([1.0, 12.0], False, "transient"),
     ([0.5, 12.1], False, "negligible to lasting"), ([3.0, 13.0], True, "up to lasting"),
     ([], False, "unknown")],
)  # fmt: skip
def test_the_class_changes_at_one_and_twelve_hours(half_lives, upper_bound, expected):
    assert kinetic_class(half_lives, upper_bound=upper_bound) == expected


def test_a_day_of_crp():
    found = removal("CRP")
    shares = (found.mean_fall.typical, found.ceiling.typical, found.device_share.typical)
    assert [100 * share for share in shares] == pytest.approx([41.7, 93.2, 93.2], abs=0.05)
    assert found.return_time_90.typical.m_as("h") == pytest.approx(63.1, abs=0.05)
    assert shares[2] == pytest.approx(shares[1], rel=1e-12)


def test_clearance_goes_with_weight_and_plasma_volume():
    child = removal("IL-10", 1.0, 2.0, Q(900, "mL"), weight=Q(20, "kg")).fall.typical
    k, kappa = 75.8 * 60 * 20 / 70 / 900, 0.5
    fall = kappa / (kappa + k) * -math.expm1(-2 * (kappa + k))
    assert child == pytest.approx(fall, rel=1e-12)
    alone, adult = removal("IL-10", 1.0, 2.0, Q(900, "mL")), removal("IL-10")
    assert alone.fall.typical == pytest.approx(adult.fall.typical, rel=1e-12)
    assert child != pytest.approx(adult.fall.typical, rel=1e-3)


def by_solver(rates, at, session):
    """Fall and mean over 24 hours by DOP853 on the equations, part by part."""
    state = np.array([1.0, rates.k12 / rates.k21 if rates.k12 else 0.0, 0.0])
    parts, after = PRODUCTION[session.production]
    device = at.exchanged * session.efficiency / session.hours
    steps = [(session.hours / len(parts), device, factor) for factor in parts]
    falls = []
    for length, removing, factor in [*steps, (24 - session.hours, 0.0, after)]:

        def change(t, y, removing=removing, factor=factor):
            to_tissue = rates.k12 * y[0] - rates.k21 * y[1]
            return [factor * rates.kel - (rates.kel + removing) * y[0] - to_tissue, to_tissue, y[0]]

        state = solved(change, state, length)
        falls.append(1 - state[0])
    return falls[-2], 1 - state[2] / 24


@pytest.mark.parametrize("production", PRODUCTION)
@pytest.mark.parametrize("rates", [(0.03, 0.0245, 0.003), (0.0, 0.0, 0.7), (0.05, 0.04, 0.02)])
def test_a_session_against_a_solver(rates, production):
    rates = TurnoverRates(*rates)
    session, at = Session(2.5, 0.9, None, production), PlasmaVolumes(1.3, 3000.0)
    found = outcome(rates, at, session)
    assert (found.fall, found.mean_fall) == pytest.approx(
        by_solver(rates, at, session), rel=1e-8, abs=1e-9
    )


@pytest.mark.parametrize("name", KNOWN)
def test_the_interval_holds_every_choice_inside_it(name):
    """Values drawn inside all ranges, not only at their ends, give falls inside the interval."""
    rng = random.Random(name)
    row, session = solutes()[name], Session(2.0, 1.0, 70.0, "steady")
    at = [PlasmaVolumes(1.0 / factor, 3000.0 * factor) for factor in (1.0, 1.2, 0.8)]
    case = case_of(row, at, session)
    falls = [outcome(*corner, session).fall for corner in case.corners]
    for _ in range(50):
        factor = rng.uniform(0.8, 1.2)
        volumes = PlasmaVolumes(1.0 / factor, 3000.0 * factor)
        corners = model_of(row).rates(row, volumes, session, False)[1]
        chosen = [rng.uniform(min(values), max(values)) for values in zip(*corners)]
        if corners[0].k12 or corners[-1].k12:
            spans = [ends(span, row.grade) for span in (row.k12, row.fraction, row.kel)]
            k12, fraction, kel = (rng.uniform(min(span), max(span)) for span in spans)
            chosen = [k12, k12 * fraction / (1 - fraction), kel]
        fall = outcome(TurnoverRates(*chosen), volumes, session).fall
        assert min(falls) - 1e-9 <= fall <= max(falls) + 1e-9


@pytest.mark.parametrize("name", BODY)
@pytest.mark.parametrize("production", PRODUCTION)
def test_every_solute_gives_figures_that_hold(name, production):
    wide = Interval(Q(2400, "mL"), Q(3000, "mL"), Q(3600, "mL"))
    result = removal(name, 1.2, 2.5, wide, weight=Q(65, "kg"), production=production)
    assert result.dilution_only.low < result.dilution_only.typical < result.dilution_only.high
    assert Removal.from_json(result.to_json()) == result
    if result.fall is None:
        assert (result.kinetic_class, name in KNOWN) == ("unknown", False)
        return
    for interval in (result.fall, result.ceiling, result.device_share, result.mean_fall):
        every = [end for end in (interval.low, interval.typical, interval.high) if end is not None]
        assert all(map(math.isfinite, every))
        assert every == sorted(every)
    if production == "steady":
        assert 0 <= result.fall.low <= result.fall.high <= result.dilution_only.high
        assert result.fall.high <= result.ceiling.high
        assert result.return_time_90.high.m_as("h") > 0
    assert (result.fall.typical is None) == (result.mean_fall.typical is None)


@given(st.sampled_from(KNOWN), st.floats(0.2, 3), st.floats(0.01, 1), st.floats(0.5, 6))
def test_more_exchange_lowers_more(name, volumes, more, duration):
    less, much = removal(name, volumes, duration).fall, removal(name, volumes + more, duration).fall
    assert less.high < much.high
    assert less.low <= much.low


@given(st.sampled_from(KNOWN), st.floats(0.3, 2))
def test_units_do_not_matter(name, volumes):
    one = expected_removal(name, volumes, Q(2, "h"), Q(3, "L"), weight=Q(70, "kg"))
    other = expected_removal(
        name, 100 * volumes * Q(1, "percent"), Q(120, "min"), Q(3000, "mL"), weight=Q(70e3, "g")
    )
    back, again = (found.return_time_90.high.m_as("h") for found in (one, other))
    assert (other.fall.high, again) == pytest.approx((one.fall.high, back), rel=1e-9)


def test_sieving_and_mixing_count_once():
    sieved, mixed = (removal("CRP", **more) for more in ({"sieving": 0.8}, {"mixing": 0.8}))
    assert sieved.fall == mixed.fall
    assert sieved.dilution_only.typical == pytest.approx(-math.expm1(-0.8), rel=1e-12)


def test_production_that_rises_may_leave_no_fall():
    """The negative controls: interleukin-6 unchanged or higher after an exchange."""
    names = ("doubled", "rising", "steady", "halved")
    doubled, rising, steady, halved = (removal("IL-6", production=name).fall for name in names)
    assert rising.low < 0 < rising.high
    assert doubled.low < rising.low < steady.low < halved.low
    assert doubled.high < rising.high < steady.high < halved.high


def test_production_that_stays_halved_does_not_bring_the_level_back():
    for solute in ("IgG", "CRP"):
        assert removal(solute, production="halved").return_time_90 is None
    doubled, steady = (removal("IgG", production=name) for name in ("doubled", "steady"))
    assert doubled.return_time_90.high < steady.return_time_90.low


@pytest.mark.parametrize(
    ("production", "fall"), [("steady", 0.0), ("halved", 0.5), ("doubled", -1.0), ("rising", -1.0)]
)
def test_an_upper_bound_reaches_to_a_turnover_without_delay(production, fall):
    found, fast = removal("TNF", production=production), outcome(
        TurnoverRates(0.0, 0.0, 1e6), PlasmaVolumes(1.0, 3000.0), Session(2.0, 1.0, None, production)
    )  # fmt: skip
    assert fast.fall == pytest.approx(fall, abs=1e-5)
    assert fall in (found.fall.low, found.fall.high) or found.fall.low < fall < found.fall.high
    assert found.mean_fall.low <= fast.mean_fall + 1e-6
    assert found.mean_fall.high >= fast.mean_fall - 1e-6
    assert (found.return_time_90 is None) == (production != "steady")
    assert "the fall is an upper bound" in found.statement
    bound = at_once(session_from(Q(6, "h"), 1.0, 1.0, None, production))
    assert (bound.fall, bound.ceiling) == (fall, fall)
    assert (bound.device_share, bound.half_life) == (0.0, 0.0)
    assert bound.return_time_90 == (0.0 if production == "steady" else None)


@pytest.mark.parametrize("name", BODY)
def test_grades_c_and_d_say_that_nothing_was_validated(name):
    said, grade = removal(name).statement, solutes()[name].grade
    assert ("not validated in humans for this solute" in said) == (grade in "CD")
    wording = {"igg": "the interval of the parameters alone", "il10": "not known to hold"}
    assert wording.get(name, "") in said


@pytest.mark.parametrize("sieving", [1.0, 0.5])
@pytest.mark.parametrize("name", KNOWN)
def test_the_explained_figure_is_the_figure(name, sieving):
    result = removal(name, 1.1, 2.2, sieving=sieving)
    washout = result.basis["removal.dilution_only.typical"], result.dilution_only.typical
    for end in ("low", "typical", "high"):
        entry = result.basis.get(f"removal.{name}.fall.{end}")
        assert entry or end != "typical" or result.fall.typical is None
        shown = entry and not (result.upper_bound and end == "low")
        for one, figure in (washout, *([(entry, getattr(result.fall, end))] if shown else [])):
            found = float(one.text.split(" = ")[-1].split(" ")[0])
            assert found == pytest.approx(figure, rel=1e-4)


NO_TYPICAL = Interval(Q(2, "L"), None, Q(3, "L"))


@pytest.mark.parametrize(
    ("solute", "more", "words"),
    [
        ("il66", {},
         "got il66; expected one solute of the table (pexcalc show solutes). Did you mean il6"),
        ("", {}, "is missing; enter one solute"),
        (6, {}, "got a value of type int; expected one solute"),
        ("tocilizumab", {}, "got Tocilizumab; expected a solute of the body"),
        ("IL-6", {"duration": 0.0}, "got 0 h; expected 0.25 to 12 h for one session."),
        ("IL-6", {"plasma_volumes": 15.0},
         "got 15; expected 0.001 to 10 plasma volumes. Did you mean 1.5"),
        ("IL-6", {"plasma_volume": 3000},
         "got 3,000 without a unit; expected 5 to 25,000 mL. Did you mean"),
        ("IL-6", {"sieving": 1.3}, "got 1.3; expected 0.001 to 1.2."),
        ("IL-6", {"sieving": -0.5}, "got -0.5; expected 0.001 to 1.2."),
        ("IL-6", {"mixing": 1.1}, "got 1.1; expected 0.001 to 1."),
        ("IL-6", {"weight": Q(70, "cm")}, "got 70 cm; expected 0.3 to 400 kg. Did you mean 70 kg"),
        ("IL-6", {"production": "high"}, "got high; expected steady, halved, doubled, rising."),
        ("IL-10", {"plasma_volume": Q(3, "L"), "weight": Q(7, "kg")},
         "got 428.6 mL/kg with a weight of 7 kg; expected 8 to 110 mL/kg."),
        ("IgG", {"plasma_volume": Q(20, "L"), "weight": Q(65.04, "kg")},
         "got 307.5 mL/kg with a weight of 65 kg; expected 8 to"),
        ("IgG", {"plasma_volume": NO_TYPICAL}, "got an Interval without a typical value"),
    ],
)  # fmt: skip
def test_arguments_that_cannot_be_used(solute, more, words):
    with pytest.raises(QuantityError) as caught:
        removal(solute, **more)
    field, _, said = str(caught.value).partition(" ")
    assert field.removesuffix(":") == next(iter(more), "solute")
    assert said.startswith(words)


def test_a_lone_value_is_varied_only_where_it_was_not_measured():
    rows = solutes()
    assert ends(rows["iga"].k12, "A") == pytest.approx((0.01, 0.04))
    assert ends(rows["igd"].kel, "A") == (rows["igd"].kel.typical.value,)
    assert ends(rows["ddimer"].half_life, "C") == (4, 16)
    assert rows["il6"].vd == Span()


@pytest.mark.parametrize(
    ("volumes", "sieving"), [(0.001, 0.001), (0.001, 0.1), (0.02, 0.01), (0.1, 0.5), (1.0, 0.02)]
)
def test_a_fall_too_small_for_its_digits_comes_to_an_end(volumes, sieving):
    for name in ("igg", "igm", "albumin", "c3"):
        for production in ("steady", "doubled"):
            result = removal(name, volumes, sieving=sieving, production=production)
            assert result.fall.low <= result.fall.high


def test_a_weight_alone_scales_plasma_and_clearance_together():
    fall = removal("IL-10").fall
    for kilograms in (8, 20, 150):
        alone = removal("IL-10", weight=Q(kilograms, "kg"))
        assert alone.fall.typical == pytest.approx(fall.typical, rel=1e-12)
        assert alone.kinetic_class == "negligible"


def held(found, half_lives, volumes, session):
    """True for each half-life whose fall the interval holds, to half a point."""
    at = PlasmaVolumes(volumes, 3000.0)
    rates = (TurnoverRates(0.0, 0.0, math.log(2) / half_life) for half_life in half_lives)
    falls = [outcome(one, at, session).fall for one in rates]
    return [found.low - 0.006 <= fall <= found.high + 0.006 for fall in falls]


@pytest.mark.parametrize("production", ["halved", "doubled", "rising"])
@pytest.mark.parametrize("name", ["il1b", "il6", "il8", "ferritin", "sil2r"])
def test_other_production_is_not_monotone_and_is_held_too(name, production):
    half_lives = ends(solutes()[name].half_life, solutes()[name].grade)
    low, high = min(half_lives), max(half_lives)
    between = [low * (high / low) ** (place / 59) for place in range(60)]
    for volumes, duration in ((0.5, 8.0), (1.0, 2.0), (0.3, 1.0)):
        found = removal(name, volumes, duration, production=production).fall
        assert all(held(found, between, volumes, Session(duration, 1.0, 70.0, production)))


@pytest.mark.parametrize("name", ["cxcl9", "tnf", "il18"])
def test_a_terminal_half_life_holds_every_faster_turnover(name):
    terminal = solutes()[name].half_life.high.value
    faster = [terminal * 10 ** (-4 * place / 199) for place in range(200)]
    found = removal(name, 0.5, 4.0, production="halved").fall
    assert all(held(found, faster, 0.5, Session(4.0, 1.0, 70.0, "halved")))


def test_a_solute_of_which_only_the_catabolic_rate_is_known_is_one_compartment():
    kel = solutes()["igd"].kel.typical.value
    turned = 1.2 + 2 * kel
    found = expected_removal("IgD", 1.2, Q(2, "h"), production="steady")
    assert found.fall.typical == pytest.approx(1.2 / turned * (1 - math.exp(-turned)), rel=1e-12)


def test_the_mean_of_a_day_of_a_solute_that_turns_over_at_once():
    # Six hours at 1.25, 1.5, 1.75 and 2, then 18 hours at 2.
    session = session_from(Q(6, "h"), 1.0, 1.0, None, "rising")
    assert at_once(session).mean_fall == pytest.approx(1 - (1.625 * 6 + 2 * 18) / 24, rel=1e-12)


def test_an_array_of_plasma_volumes_gives_the_figures_of_calls_one_by_one():
    volumes = np.array([[0.7, 1.0, 1.0], [1.3, 2.0, 0.7]])
    two, day = Q(2, "h"), Q(24, "h")
    for solute, supply in (("IgG", 0.0), ("IL-6", 0.0), ("albumin", 0.5)):
        arrays = expected_removal(solute, volumes, two, supply=supply)
        courses = simulate_course(solute, volumes, two, day, 3, supply=supply)
        assert {row.shape for row in arrays.values()} == {(2, 3)}
        for place in np.ndindex(volumes.shape):
            removal = expected_removal(solute, volumes[place], two, supply=supply)
            course = simulate_course(solute, volumes[place], two, day, 3, supply=supply)
            for end in ("low", "typical", "high"):
                assert arrays[f"fall_{end}"][place] == _or_nan(getattr(removal.fall, end))
                back = getattr(removal.return_time_90, end, None)
                back = None if back is None else back.m_as("h")
                assert arrays[f"return_time_90_{end}_h"][place] == _or_nan(back)
            for name, row in course.to_arrays().items():
                assert courses[name][place].tolist() == row.tolist()
            assert courses["after_low"][place].tolist() == list(course.after.low)
    with pytest.raises(QuantityError, match="1 of 2 values outside, the first at index 1"):
        expected_removal("IgG", np.array([1.0, 15.0]), two)
    with pytest.raises(QuantityError, match="got an empty array"):
        expected_removal("IgG", np.array([]), two)
    with pytest.raises(QuantityError, match="enter a number of sessions"):
        simulate_course("IgG", np.array([0.5, 2.0]), two, day, target_fall=0.7)


def _or_nan(value):
    return pytest.approx(math.nan if value is None else value, rel=0, nan_ok=True)
