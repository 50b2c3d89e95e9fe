"""What one session does to a solute: the right model for each, intervals that hold, bounds, classes, refusals."""

import math
import random

import numpy as np
import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from pexcalc import (
    Interval,
    QuantityError,
    Removal,
    estimate_volumes,
    expected_removal,
    fraction_removed,
    simulate_course,
)
from pexcalc.data.solutes import Span, solutes
from pexcalc.kinetics.case import PlasmaVolumes, Session, case_of, ends, model_of
from pexcalc.kinetics.removal import (
    PRODUCTION,
    TurnoverRates,
    at_once,
    kinetic_class,
    outcome,
    panel,
    session_from,
)
from pexcalc.quantities.working import Recorder
from tests.support.patients import Q, patient

BODY = [name for name, row in solutes().items() if not row.is_drug]
KNOWN = [name for name in BODY if model_of(solutes()[name])]


def hours(value):
    return Q(value, "h")


def removal(solute, plasma_volumes=1.0, duration=2.0, *args, **more):
    """By the parameters alone: steady production asked for by name. The other ranges are in test_expected.py."""
    more = {"production": "steady", **more}
    return expected_removal(solute, plasma_volumes, hours(duration), *args, **more)


# --- what the reference says ------------------------------------------------------------------------------------------


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
    result = removal(solute)
    assert 100 * result.fall.low == pytest.approx(low, abs=0.051)
    assert 100 * result.fall.high == pytest.approx(high, abs=0.051)
    assert (result.fall.typical and 100 * result.fall.typical) == pytest.approx(typical, abs=0.051)
    assert (result.kinetic_class, result.grade) == (kinetic_class, grade)


def test_igg_has_two_compartments():
    result = removal("IgG")
    assert 100 * result.fall.typical == pytest.approx(61.524, abs=0.0005)
    assert result.model == "two compartments"
    assert result.kinetic_class == "lasting"


# The column "class" of the reference's table, where the interval of a clearance (half to double) does not widen it.
CLASSES = {
    "il1b": "negligible to transient", "il1ra": "negligible", "il2": "negligible", "il4": "negligible",
    "il6": "negligible to transient", "il8": "negligible to transient", "il10": "negligible",
    "il12": "transient to lasting", "il13": "unknown", "il15": "negligible to transient", "il17a": "unknown",
    "il18": "up to lasting", "tnf": "negligible to transient", "ifng": "negligible to transient",
    "gmcsf": "negligible to transient", "ccl2": "unknown", "ccl3": "unknown", "ccl4": "unknown",
    "cxcl9": "up to lasting", "cxcl10": "unknown", "vegf165": "negligible", "ang2": "unknown", "hmgb1": "unknown",
    "sil2r": "transient to lasting", "sil6r": "unknown", "stnfr1": "unknown", "stnfr2": "unknown", "igg": "lasting",
    "iga": "lasting", "igm": "lasting", "igd": "lasting", "albumin": "lasting", "fibrinogen": "lasting",
    "vwf": "transient to lasting", "adamts13": "lasting", "antithrombin": "lasting", "a2m": "lasting", "c3": "lasting",
    "c4": "lasting", "crp": "lasting", "ferritin": "negligible to lasting", "ddimer": "transient to lasting",
    "ldl": "lasting", "hb": "negligible", "immune_complex": "negligible",
}  # fmt: skip


def test_kinetic_class_of_every_solute():
    assert {name: removal(name).kinetic_class for name in BODY} == CLASSES


def test_the_class_changes_at_one_and_twelve_hours():
    assert kinetic_class([0.99], upper_bound=False) == "negligible"
    assert kinetic_class([1.0, 12.0], upper_bound=False) == "transient"
    assert kinetic_class([0.5, 12.1], upper_bound=False) == "negligible to lasting"
    assert kinetic_class([3.0, 13.0], upper_bound=True) == "up to lasting"
    assert kinetic_class([], upper_bound=False) == "unknown"


def test_a_day_of_crp():
    result = removal("CRP")
    assert 100 * result.mean_fall.typical == pytest.approx(41.7, abs=0.05)
    assert result.return_time_90.typical.m_as("h") == pytest.approx(63.1, abs=0.05)
    assert 100 * result.ceiling.typical == pytest.approx(93.2, abs=0.05)
    assert result.device_share.typical == pytest.approx(result.ceiling.typical, rel=1e-12)


def test_clearance_goes_with_weight_and_plasma_volume():
    child = removal("IL-10", 1.0, 2.0, Q(900, "mL"), weight=Q(20, "kg"))
    alone = removal("IL-10", 1.0, 2.0, Q(900, "mL"))
    half_life = math.log(2) * 900 / (75.8 * 60 * 20 / 70)
    kappa, k = 0.5, math.log(2) / half_life
    assert child.fall.typical == pytest.approx(
        kappa / (kappa + k) * -math.expm1(-2 * (kappa + k)), rel=1e-12
    )
    assert alone.fall.typical == pytest.approx(removal("IL-10").fall.typical, rel=1e-12)
    assert child.fall.typical != pytest.approx(alone.fall.typical, rel=1e-3)


# --- intervals --------------------------------------------------------------------------------------------------------


def solved(rates, at, session):
    """Fall and mean over 24 hours by DOP853 on the equations, part by part."""
    tissue = rates.k12 / rates.k21 if rates.k12 else 0.0
    parts, after = PRODUCTION[session.production]
    state = np.array([1.0, tissue, 0.0])
    device = at.exchanged * session.efficiency / session.hours
    steps = [(session.hours / len(parts), device, factor) for factor in parts] + [
        (24 - session.hours, 0.0, after)
    ]
    falls = []
    for length, removing, factor in steps:

        def change(t, y, removing=removing, factor=factor):
            to_tissue = rates.k12 * y[0] - rates.k21 * y[1]
            return [factor * rates.kel - (rates.kel + removing) * y[0] - to_tissue, to_tissue, y[0]]

        state = solve_ivp(change, (0, length), state, method="DOP853", rtol=1e-12, atol=1e-13).y[
            :, -1
        ]
        falls.append(1 - state[0])
    return falls[-2], 1 - state[2] / 24


@pytest.mark.parametrize("production", PRODUCTION)
@pytest.mark.parametrize(
    "rates",
    [
        TurnoverRates(0.03, 0.0245, 0.003),
        TurnoverRates(0.0, 0.0, 0.7),
        TurnoverRates(0.05, 0.04, 0.02),
    ],
)
def test_a_session_against_a_solver(rates, production):
    session, at = Session(2.5, 0.9, None, production), PlasmaVolumes(1.3, 3000.0)
    fall, mean_fall = solved(rates, at, session)
    found = outcome(rates, at, session)
    assert (found.fall, found.mean_fall) == pytest.approx((fall, mean_fall), rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("name", KNOWN)
def test_the_interval_holds_every_choice_inside_it(name):
    """Values drawn inside all ranges, not only at their ends, give falls inside the interval."""
    rng = random.Random(name)
    row, session = solutes()[name], Session(2.0, 1.0, 70.0, "steady")
    at = [
        PlasmaVolumes(1.0, 3000.0),
        PlasmaVolumes(1.0 / 1.2, 3600.0),
        PlasmaVolumes(1.0 / 0.8, 2400.0),
    ]
    case = case_of(row, at, session)
    falls = [outcome(*corner, session).fall for corner in case.corners]
    for _ in range(50):
        factor = rng.uniform(0.8, 1.2)
        volumes = PlasmaVolumes(1.0 / factor, 3000.0 * factor)
        corners = model_of(row).rates(row, volumes, session, False)[1]
        chosen = [rng.uniform(min(values), max(values)) for values in zip(*corners)]
        if corners[0].k12 or corners[-1].k12:
            k12, fraction, kel = (rng.uniform(min(e), max(e)) for e in
                                  (ends(span, row.grade) for span in (row.k12, row.fraction, row.kel)))  # fmt: skip
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


def test_the_plasma_volume_as_an_interval():
    volumes = estimate_volumes(patient()).plasma_volume
    wide, exact = removal("CRP", 1.0, 2.0, volumes), removal("CRP", 1.0, 2.0, volumes.typical)
    assert exact.fall.low == pytest.approx(exact.fall.high, rel=1e-12)
    assert exact.fall.low == pytest.approx(wide.fall.typical, rel=1e-12)
    low, high = (fraction_removed(1.0 / factor) for factor in (1.2, 0.8))
    assert (wide.dilution_only.low, wide.dilution_only.high) == pytest.approx((low, high), rel=1e-9)
    assert wide.fall.low < exact.fall.low < wide.fall.high


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
    assert one.fall.high == pytest.approx(other.fall.high, rel=1e-12)
    assert one.return_time_90.high.m_as("h") == pytest.approx(
        other.return_time_90.high.m_as("h"), rel=1e-9
    )


def test_sieving_and_mixing_count_once():
    separate = (
        removal("CRP", 1.0, 2.0, sieving=0.8).fall,
        removal("CRP", 1.0, 2.0, sieving=1.0, mixing=0.8).fall,
    )
    assert separate[0] == separate[1]
    assert removal("CRP", 1.0, 2.0, sieving=0.8).dilution_only.typical == pytest.approx(
        -math.expm1(-0.8), rel=1e-12
    )


def test_results_are_in_the_callers_registry():
    own = pint.UnitRegistry()
    result = expected_removal("IgG", 1.0, own.Quantity(2, "h"))
    assert type(result.return_time_90.low) is own.Quantity


# --- production -------------------------------------------------------------------------------------------------------


def test_production_that_rises_may_leave_no_fall():
    """The negative controls: interleukin-6 unchanged or higher after an exchange."""
    rising = removal("IL-6", production="rising")
    assert rising.fall.low < 0 < rising.fall.high
    steady, halved, doubled = (
        removal("IL-6", production=name).fall for name in ("steady", "halved", "doubled")
    )
    assert doubled.low < rising.fall.low < steady.low < halved.low
    assert doubled.high < rising.fall.high < steady.high < halved.high


def test_production_that_stays_halved_does_not_bring_the_level_back():
    assert removal("IgG", production="halved").return_time_90 is None
    assert removal("CRP", production="halved").return_time_90 is None
    assert (
        removal("IgG", production="doubled").return_time_90.high < removal("IgG").return_time_90.low
    )


# --- what is said beside the figures ----------------------------------------------------------------------------------


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


def test_an_upper_bound_is_named():
    result = removal("IL-18")
    assert (result.fall.low, result.upper_bound, result.kinetic_class) == (
        0.0,
        True,
        "up to lasting",
    )
    assert "upper bound" in result.statement
    assert not removal("IL-6").upper_bound


def test_what_the_interval_rests_on_is_said_beside_it():
    assert "the interval of the parameters alone" in removal("IgG").statement
    assert "not known to hold" in removal("IL-10").statement


@pytest.mark.parametrize("name", BODY)
def test_grades_c_and_d_say_that_nothing_was_validated(name):
    said = removal(name).statement
    assert ("not validated in humans for this solute" in said) == (solutes()[name].grade in "CD")


def test_every_figure_has_a_basis():
    basis = removal("IL-10").basis
    text = basis["removal.il10.fall.typical.half_life"].text
    assert text.startswith("log(2) x 3,000 / (75.8 x 60 x 70 / 70) = 0.457217 h") or "0.457" in text
    assert basis["removal.il10.fall.typical"].text.endswith("[turnover-model, derived]")
    assert (
        "2 h" in basis["removal.il10.interval"].text
        or "0.229 to 0.914 h" in basis["removal.il10.interval"].text
    )
    two = removal("IgG")
    assert float(
        two.basis["removal.igg.fall.typical"].text.split(" = ")[1].split(" ")[0]
    ) == pytest.approx(two.fall.typical, abs=1e-5)


@pytest.mark.parametrize("name", KNOWN)
def test_the_explained_figure_is_the_figure(name):
    result = removal(name, 1.1, 2.2)
    for end in ("low", "typical", "high"):
        entry = result.basis.get(f"removal.{name}.fall.{end}")
        value = getattr(result.fall, end)
        if entry and not (result.upper_bound and end == "low"):
            assert float(entry.text.split(" = ")[1].split(" ")[0]) == pytest.approx(value, rel=1e-4)


def test_a_panel_has_each_solute_once():
    session = Session(2.0, 1.0, 70.0, "steady", named=False)
    rows = panel(["il6", "igg", "il6"], session, PlasmaVolumes(1.0, 3000.0), Recorder())
    assert [row.solute for row in rows] == ["il6", "igg"]


# --- what cannot be used ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            ("il66",),
            "solute: got il66; expected one solute of the table (pexcalc show solutes). Did you mean il6",
        ),
        (("",), "solute is missing; enter one solute"),
        ((6,), "solute: got a value of type int; expected one solute"),
        (("tocilizumab",), "solute: got Tocilizumab; expected a solute of the body"),
        (("IL-6", 1.0, 0.0), "duration: got 0 h; expected 0.25 to 12 h for one session."),
        (("IL-6", 1.0, 25.0), "duration: got 25 h; expected 0.25 to 12 h for one session."),
        (("IL-6", 0.0), "plasma_volumes: got 0; expected 0.001 to 10 plasma volumes."),
        (
            ("IL-6", 15.0),
            "plasma_volumes: got 15; expected 0.001 to 10 plasma volumes. Did you mean 1.5",
        ),
        (
            ("IL-6", 1.0, 2.0, 3000),
            "plasma_volume: got 3,000 without a unit; expected 5 to 25,000 mL. Did you mean",
        ),
    ],
)
def test_arguments_that_cannot_be_used(call, words):
    with pytest.raises(QuantityError) as caught:
        removal(*call)
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"sieving": 1.3}, "sieving: got 1.3; expected 0.001 to 1.2."),
        ({"sieving": -0.5}, "sieving: got -0.5; expected 0.001 to 1.2."),
        ({"mixing": 1.1}, "mixing: got 1.1; expected 0.001 to 1."),
        ({"weight": Q(70, "cm")}, "weight: got 70 cm; expected 0.3 to 400 kg. Did you mean 70 kg"),
        ({"production": "high"}, "production: got high; expected steady, halved, doubled, rising."),
        (
            {"production": "stopped"},
            "production: got stopped; expected steady, halved, doubled, rising.",
        ),
    ],
)
def test_options_that_cannot_be_used(more, words):
    with pytest.raises(QuantityError) as caught:
        removal("IL-6", **more)
    assert str(caught.value).startswith(words)


def test_a_lone_value_is_varied_only_where_it_was_not_measured():
    rows = solutes()
    assert ends(rows["iga"].k12, "A") == pytest.approx((0.01, 0.04))
    assert ends(rows["igd"].kel, "A") == (rows["igd"].kel.typical.value,)
    assert ends(rows["ddimer"].half_life, "C") == (4, 16)
    assert rows["il6"].vd == Span()


# --- found by trying ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("volumes", "sieving"), [(0.001, 0.001), (0.001, 0.1), (0.02, 0.01), (0.1, 0.5), (1.0, 0.02)]
)
def test_a_fall_too_small_for_its_digits_comes_to_an_end(volumes, sieving):
    for name in ("igg", "igm", "albumin", "c3"):
        for production in ("steady", "doubled"):
            result = removal(name, volumes, sieving=sieving, production=production)
            assert result.fall.low <= result.fall.high


def test_a_weight_alone_scales_plasma_and_clearance_together():
    for kilograms in (8, 20, 150):
        alone = removal("IL-10", weight=Q(kilograms, "kg"))
        assert alone.fall.typical == pytest.approx(removal("IL-10").fall.typical, rel=1e-12)
        assert alone.kinetic_class == "negligible"


def test_one_patient_has_one_answer_with_and_without_a_weight():
    wide = Interval(Q(2400, "mL"), Q(3000, "mL"), Q(3600, "mL"))
    without, given_ = (
        removal("IL-10", 1.0, 2.0, wide),
        removal("IL-10", 1.0, 2.0, wide, weight=Q(70, "kg")),
    )
    assert (without.fall.low, without.fall.high) == pytest.approx(
        (given_.fall.low, given_.fall.high), rel=1e-12
    )
    assert without.kinetic_class == given_.kinetic_class


def test_a_plasma_volume_that_no_body_of_that_weight_has():
    with pytest.raises(QuantityError) as caught:
        removal("IL-10", 1.0, 2.0, Q(3, "L"), weight=Q(8, "kg"))
    assert (
        str(caught.value)
        == "plasma_volume: got 375 mL/kg with a weight of 8 kg; expected 8 to 110 mL/kg."
    )


@pytest.mark.parametrize("production", ["halved", "doubled", "rising"])
@pytest.mark.parametrize("name", ["il1b", "il6", "il8", "ferritin", "sil2r"])
def test_other_production_is_not_monotone_and_is_held_too(name, production):
    row = solutes()[name]
    for volumes, duration in ((0.5, 8.0), (1.0, 2.0), (0.3, 1.0)):
        session = Session(duration, 1.0, 70.0, production)
        found = removal(name, volumes, duration, production=production).fall
        low, high = min(ends(row.half_life, row.grade)), max(ends(row.half_life, row.grade))
        for place in range(60):
            half_life = low * (high / low) ** (place / 59)
            fall = outcome(
                TurnoverRates(0.0, 0.0, math.log(2) / half_life),
                PlasmaVolumes(volumes, 3000.0),
                session,
            ).fall
            assert found.low - 0.006 <= fall <= found.high + 0.006


@pytest.mark.parametrize("name", ["cxcl9", "tnf", "il18"])
def test_a_terminal_half_life_holds_every_faster_turnover(name):
    row, session = solutes()[name], Session(4.0, 1.0, 70.0, "halved")
    found = removal(name, 0.5, 4.0, production="halved").fall
    for place in range(200):
        half_life = row.half_life.high.value * 10 ** (-4 * place / 199)
        fall = outcome(
            TurnoverRates(0.0, 0.0, math.log(2) / half_life), PlasmaVolumes(0.5, 3000.0), session
        ).fall
        assert found.low - 0.006 <= fall <= found.high + 0.006


def test_an_interval_of_the_plasma_volume_needs_a_typical_value():
    with pytest.raises(
        QuantityError, match="plasma_volume: got an Interval without a typical value"
    ):
        removal("IgG", 1.0, 2.0, Interval(Q(2, "L"), None, Q(3, "L")))


def test_a_solute_of_which_only_the_catabolic_rate_is_known_is_one_compartment():
    kel = solutes()["igd"].kel.typical.value
    turned = 1.2 + 2 * kel
    found = expected_removal("IgD", 1.2, Q(2, "h"), production="steady")
    assert found.fall.typical == pytest.approx(1.2 / turned * (1 - math.exp(-turned)), rel=1e-12)


def test_the_mean_of_a_day_of_a_solute_that_turns_over_at_once():
    # Six hours at 1.25, 1.5, 1.75 and 2, then 18 hours at 2.
    session = session_from(Q(6, "h"), 1.0, 1.0, None, "rising")
    assert at_once(session).mean_fall == pytest.approx(1 - (1.625 * 6 + 2 * 18) / 24, rel=1e-12)


def test_a_plasma_volume_that_is_too_much_for_the_weight_is_said_to_a_tenth():
    with pytest.raises(QuantityError) as caught:
        expected_removal("IgG", 1.0, Q(2, "h"), Q(20, "L"), weight=Q(65.04, "kg"))
    assert str(caught.value).startswith(
        "plasma_volume: got 307.5 mL/kg with a weight of 65 kg; expected 8 to"
    )


@pytest.mark.parametrize("sieving", [1.0, 0.5])
@pytest.mark.parametrize("solute", ["CRP", "IL-10", "IgG"])
def test_the_working_of_a_fall_ends_in_the_fall(solute, sieving):
    found = removal(solute, 1.3, 2.5, sieving=sieving)
    (text,) = (entry.text for path, entry in found.basis.items() if path.endswith(".fall.typical"))
    assert float(text.split(" = ")[-1].split()[0]) == pytest.approx(found.fall.typical, rel=1e-5)


@pytest.mark.parametrize(
    ("production", "end"), [("steady", 1.0), ("halved", 0.5), ("doubled", 2.0), ("rising", 2.0)]
)
def test_a_solute_that_turns_over_at_once_follows_production(production, end):
    found = at_once(session_from(Q(6, "h"), 1.0, 1.0, None, production))
    assert (found.fall, found.ceiling, found.device_share, found.half_life) == (
        1 - end,
        1 - end,
        0.0,
        0.0,
    )
    assert found.return_time_90 == (0.0 if production == "steady" else None)


def test_an_array_of_plasma_volumes_gives_the_figures_of_calls_one_by_one():
    volumes = np.array([[0.7, 1.0, 1.0], [1.3, 2.0, 0.7]])
    two, day = Q(2, "h"), Q(24, "h")
    for solute in ("IgG", "IL-6", "albumin"):
        arrays = expected_removal(solute, volumes, two, production=None)
        courses = simulate_course(solute, volumes, two, day, 3)
        assert {row.shape for row in arrays.values()} == {(2, 3)}
        for place in np.ndindex(volumes.shape):
            removal = expected_removal(solute, volumes[place], two)
            course = simulate_course(solute, volumes[place], two, day, 3)
            for end in ("low", "typical", "high"):
                assert arrays[f"fall_{end}"][place] == _or_nan(getattr(removal.fall, end))
                back = getattr(removal.return_time_90, end)
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
