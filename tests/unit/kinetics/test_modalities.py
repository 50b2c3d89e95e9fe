"""Modalities: published tables, what a measured value overrides, the part of each claim that numbers can test."""

import csv
import json
import math
import shlex

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pexcalc import QuantityError, compare_modalities, expected_removal
from pexcalc.cli import cli
from pexcalc.data.solutes import solutes
from pexcalc.kinetics.case import PlasmaVolumes, Session
from pexcalc.kinetics.filters import CURVES, ultrafiltration_fraction
from pexcalc.kinetics.modalities import MODALITIES
from pexcalc.kinetics.one_session import outcome
from pexcalc.kinetics.trajectory import TurnoverRates
from pexcalc.kinetics.turnover import turnover_half_life
from tests.support.paths import TESTS
from tests.support.patients import Q

TABLE = (TESTS / "reference" / "sieving.csv").read_text(encoding="utf-8")
SIEVING = list(csv.DictReader(TABLE.splitlines()))


def compared(solute, *at, **more):
    return {one.modality: one for one in compare_modalities(solute, *(at or AT), **more)}


def at(weight=70.0, hematocrit=0.3, blood=150.0, effluent=25.0, volumes=1.0, hours=2.0):
    return (
        Q(weight, "kg"), hematocrit, Q(blood, "mL/min"), Q(effluent, "mL/kg/h"), volumes,
        Q(hours, "h"),
    )  # fmt: skip


AT = at()


def litres(result):
    return result.litres_per_day.high.m_as("L")


@pytest.mark.parametrize("row", SIEVING, ids=lambda row: f"{row['curve']} {row['size_kda']}")
def test_the_published_sieving_curves(row):
    (curve,) = (curve for curve in CURVES if curve.name == row["curve"])
    digits = len(row["sieving"].partition(".")[2])
    # the table is printed to 0.01, from rounded r50 and sigma
    tolerance = 0.51 * 10**-digits if digits > 2 else 0.0101
    found = curve.sieving(float(row["size_kda"]))
    assert found == pytest.approx(float(row["sieving"]), abs=tolerance)


@given(st.sampled_from(CURVES), st.floats(0.5, 1000), st.floats(0.5, 1000))
def test_a_curve_goes_through_its_two_points_and_a_larger_molecule_never_passes_better(
    curve, one, other
):
    assert curve.sieving(max(one, other)) <= curve.sieving(min(one, other))
    for size, value in (curve.small, curve.large):
        assert curve.sieving(size) == pytest.approx(value, abs=1e-12)


def test_volume_cleared_in_a_day():
    """3 L by exchange, 1.6 and 1.1 L by a standard filter, 38 L of IL-6 by a high cut-off one.

    One exchange a day clears more than a continuous filter below 2.08 mL/min, sieving 0.071.
    """
    il6, tnf = compared("IL-6"), compared("TNF")
    exchange, cutoff = litres(il6["exchange"]), litres(il6["high-cutoff"])
    standard, of_tnf = (litres(one["hemofiltration-post"]) for one in (il6, tnf))
    assert exchange == litres(tnf["exchange"]) == pytest.approx(3.0)
    assert (standard, of_tnf) == pytest.approx((1.6, 1.1), abs=0.05)
    assert (exchange / standard, exchange / of_tnf) == pytest.approx((1.9, 2.8), abs=0.05)
    assert cutoff == pytest.approx(38, abs=0.5)
    assert cutoff / exchange == pytest.approx(12.7, abs=0.05)
    average = il6["exchange"].day_average.typical.m_as("mL/min")
    assert average == pytest.approx(2.08, abs=0.005)
    assert average / (25 * 70 / 60) == pytest.approx(0.071, abs=5e-4)


@pytest.mark.parametrize("solute", ["IL-6", "IL-10", "IgG", "CRP", "TNF", "ferritin"])
def test_the_exchange_column_is_expected_removal_itself(solute):
    found, more = compared(solute)["exchange"], {"weight": Q(70, "kg"), "production": "steady"}
    own = expected_removal(solute, 1.0, Q(2, "h"), Q(3, "L"), sieving=1.0, **more)
    assert (found.fall.low, found.fall.high) == (own.fall.low, own.fall.high)
    assert (found.share.low, found.share.high) == (own.device_share.low, own.device_share.high)


def test_a_measured_value_goes_before_the_curve():
    il8 = compared("IL-8")["hemofiltration-post"]
    assert il8.upper_bound
    assert il8.clearance.low.m_as("mL/min") == 0
    assert compared("IL-13")["hemofiltration-post"].clearance is None
    assert (
        "size-only prediction, an upper bound" in compared("sIL-2R")["hemofiltration-post"].passage
    )


def test_exchanges_of_a_day_add_up():
    def average(found):
        return found.day_average.high.m_as("mL/min")

    once = compared("IL-6")["exchange"]
    for sessions in (0.5, 2):
        more = compared("IL-6", sessions_per_day=sessions)["exchange"]
        assert more.hours_per_day.m_as("h") == pytest.approx(2 * sessions)
        assert litres(more) == pytest.approx(sessions * litres(once))
        assert average(more) == pytest.approx(sessions * average(once))
        assert more.clearance == once.clearance
    most = compared("IL-6", *at(hours=12.0), sessions_per_day=2)["exchange"]
    assert most.hours_per_day.m_as("h") == 24


@pytest.mark.parametrize(
    ("solute", "clearance", "own", "percent", "tolerance"),
    [
        ("IL-6, low end", 25, 444, 5, 0.7), ("IL-6, high end", 25, 385, 6, 0.7),
        ("IL-6, high cut-off", 26.5, 415, 6, 0.1), ("IL-6, standard filter, low", 1.09, 444, 0.2, 0.06),
        ("IL-6, standard filter, high", 1.09, 385, 0.3, 0.06), ("IL-4", 25, 179, 12, 0.5), ("IL-2", 25, 120, 17, 0.5),
        ("TNF", 25, 104, 19, 0.5), ("TNF, standard filter", 0.74, 104, 0.7, 0.05), ("IL-10", 25, 76, 25, 0.5),
        ("VEGF", 25, 1337, 2, 0.5), ("CRP", 25, 1.8, 93, 0.5),
    ],
)  # fmt: skip
def test_published_shares_of_total_clearance(solute, clearance, own, percent, tolerance):
    """Clearances in mL/min at 70 kg and 3 L of plasma; the shares are printed to a whole percent or to 0.1 %."""
    rates = TurnoverRates(0.0, 0.0, math.log(2) / turnover_half_life.kernel(3000.0, own, 70.0))
    at = PlasmaVolumes(clearance * 60 * 2 / 3000, 3000.0)
    found = outcome(rates, at, Session(2.0, 1.0, 70.0, "steady"))
    assert 100 * found.device_share == pytest.approx(percent, abs=tolerance)


def test_what_exchange_takes_and_filters_spare():
    igg = compared("IgG")
    assert litres(igg["exchange"]) == pytest.approx(3.0)
    assert litres(igg["hemofiltration-post"]) < 1e-3
    assert igg["exchange"].albumin_litres.typical.m_as("L") == pytest.approx(3.09)


SOLUTES = sorted(name for name, row in solutes().items() if not row.is_drug)


@given(st.sampled_from(SOLUTES), st.floats(10, 30), st.floats(0.5, 1.5))
def test_every_solute_and_modality_gives_sound_intervals(solute, dose, multiple):
    for one in compared(solute, *at(effluent=dose, volumes=multiple)).values():
        for interval in (one.share, one.fall, one.mean_fall):
            if interval is not None:
                assert -1e-9 <= interval.low <= interval.high <= 1
        if one.clearance is not None:
            assert 0 <= one.clearance.low <= one.clearance.high
        assert one.modality in MODALITIES


def test_a_filtration_fraction_above_the_limit_is_asked_about():
    high = compared("IL-6", *at(effluent=30.0))
    (caution,) = high["hemofiltration-post"].cautions
    assert caution.code == "W-FF"
    assert caution.value.value == pytest.approx(100 * 35 / 105)  # 30 mL/kg/h of 70 kg
    assert high["hemofiltration-pre"].cautions == ()
    assert high["exchange"].cautions == ()


@pytest.mark.parametrize(
    ("at", "more", "words"),
    [
        (at(effluent=120.0), {}, "effluent_dose: got 120 mL/kg/h; expected 1 to 100 mL/kg/h."),
        (at(70.03, 0.29, 100.35, 90.0), {},
         "effluent_dose: got 105 mL/min out of 71.2 mL/min of plasma"),
        (at(effluent=90.0), {}, "effluent_dose: got 105 mL/min out of 105 mL/min of plasma"),
        (AT, {"sessions_per_day": 3.1}, "sessions_per_day: got 3.1; expected 0.1 to 3 sessions"),
        (at(hours=9.8765), {"sessions_per_day": 2.4567}, "sessions_per_day: got 2.46 of 9.88 h"),
        (AT, {"hours_per_day": Q(30, "h")},
         "hours_per_day: got 30 h; expected 0.25 to 24 h for a day."),
        (at(hours=12.0), {"sessions_per_day": 3},
         "sessions_per_day: got 3 of 12 h; expected no more than 24 h a day."),
    ],
)  # fmt: skip
def test_settings_that_cannot_be(at, more, words):
    with pytest.raises(QuantityError) as caught:
        compare_modalities("IL-6", *at, **more)
    assert words in str(caught.value)


def test_a_medicine_is_no_solute_of_the_body_and_no_more_is_filtered_than_flows_in():
    with pytest.raises(QuantityError, match="a solute of the body"):
        compare_modalities("tocilizumab", *AT)
    for filtered in (110, 105):
        with pytest.raises(QuantityError, match="a filtration fraction above 1"):
            ultrafiltration_fraction(Q(filtered, "mL/min"), Q(105, "mL/min"), Q(0, "mL/min"))


def test_the_page_on_the_claim_is_what_the_script_writes():
    from tests.tools.claim import PAGE, page

    assert PAGE.read_text(encoding="utf-8") == page()


def run(words="", code=0, weight="'70 kg'", dose="'25 mL/kg/h'", duration="--duration '2 h'"):
    command = f"""compare --weight {weight} --hematocrit '30 %' --blood-flow '150 mL/min'
        --effluent-dose {dose} --plasma-volumes 1 {duration} --solute IL-6 {words}"""
    done = CliRunner().invoke(cli, shlex.split(command))
    assert done.exit_code == code, done.output
    return done.output


def test_the_command():
    text = run("--solute IgG --solute IL-13 --hours-per-day '20 h' --explain")
    assert "not known: neither measured nor a size" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80
    data = json.loads(run("--plasma-volume '3 L' --sessions-per-day 1 --json"))
    assert [one["modality"] for one in data["modalities"][0]] == list(MODALITIES)
    assert "  WARN: HF post-dilution: " in run(dose="'30 mL/kg/h'")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weight": "70"}, "weight: got 70 (no unit); expected 0.3 to 400 kg. Did you mean 70 kg"),
        ({"dose": "'250 mL/kg/h'"}, "--effluent-dose: got 250 mL/kg/h; expected 1 to 100 mL/kg/h."),
        ({"duration": ""}, "missing: --duration"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_sentence(change, said):
    error = run(code=2, **change)
    assert error.startswith("Error: ")
    assert said in error
