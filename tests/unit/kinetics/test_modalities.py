"""Modalities: published tables, what a measured value overrides, the part of each claim that numbers can test."""

import csv
import json
import math

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pexcalc import QuantityError, compare_modalities, expected_removal
from pexcalc.cli import cli
from pexcalc.data.solutes import solutes
from pexcalc.kinetics.case import PlasmaVolumes, Session
from pexcalc.kinetics.modalities import CURVES, MODALITIES, SENTENCE
from pexcalc.kinetics.removal import TurnoverRates, outcome
from pexcalc.kinetics.turnover import turnover_half_life
from tests.support.paths import TESTS
from tests.support.patients import Q

SIEVING = list(
    csv.DictReader((TESTS / "reference" / "sieving.csv").read_text(encoding="utf-8").splitlines())
)
AT = (Q(70, "kg"), 0.3, Q(150, "mL/min"), Q(25, "mL/kg/h"), 1.0, Q(2, "h"))


def compared(solute, *at, **more):
    return {one.modality: one for one in compare_modalities(solute, *(at or AT), **more)}


def litres(result):
    return result.litres_per_day.high.m_as("L")


@pytest.mark.parametrize("row", SIEVING, ids=lambda row: f"{row['curve']} {row['size_kda']}")
def test_the_published_sieving_curves(row):
    (curve,) = (curve for curve in CURVES if curve.name == row["curve"])
    digits = len(row["sieving"].partition(".")[2])
    tolerance = (
        0.51 * 10**-digits if digits > 2 else 0.0101
    )  # the table is printed to 0.01, from rounded r50 and sigma
    assert curve.sieving(float(row["size_kda"])) == pytest.approx(
        float(row["sieving"]), abs=tolerance
    )


def test_a_curve_goes_through_its_two_points():
    for curve in CURVES:
        for size, value in (curve.small, curve.large):
            assert curve.sieving(size) == pytest.approx(value, abs=1e-12)


@given(st.sampled_from(CURVES), st.floats(0.5, 1000), st.floats(0.5, 1000))
def test_a_larger_molecule_never_passes_better(curve, one, other):
    assert curve.sieving(max(one, other)) <= curve.sieving(min(one, other))


def test_volume_cleared_in_a_day():
    """3 L by exchange, 1.6 and 1.1 L by a standard filter, 38 L of IL-6 by a high cut-off one, 12.7 times the exchange."""
    il6, tnf = compared("IL-6"), compared("TNF")
    assert litres(il6["exchange"]) == pytest.approx(3.0)
    assert litres(il6["hemofiltration-post"]) == pytest.approx(1.6, abs=0.05)
    assert litres(tnf["hemofiltration-post"]) == pytest.approx(1.1, abs=0.05)
    assert litres(il6["high-cutoff"]) == pytest.approx(38, abs=0.5)
    assert litres(il6["high-cutoff"]) / litres(il6["exchange"]) == pytest.approx(12.7, abs=0.05)


def test_where_the_break_even_lies():
    """One exchange of 3 L a day clears more than a continuous filter below 2.08 mL/min, sieving 0.071 at 25 mL/kg/h."""
    il6 = compared("IL-6")
    assert il6["exchange"].day_average.typical.m_as("mL/min") == pytest.approx(2.08, abs=0.005)
    ultrafiltrate = 25 * 70 / 60
    assert il6["exchange"].day_average.typical.m_as("mL/min") / ultrafiltrate == pytest.approx(
        0.071, abs=5e-4
    )
    assert litres(il6["exchange"]) / litres(il6["hemofiltration-post"]) == pytest.approx(
        1.9, abs=0.05
    )
    tnf = compared("TNF")
    assert litres(tnf["exchange"]) / litres(tnf["hemofiltration-post"]) == pytest.approx(
        2.8, abs=0.05
    )


@pytest.mark.parametrize("solute", ["IL-6", "IL-10", "IgG", "CRP", "TNF", "ferritin"])
def test_the_exchange_column_is_expected_removal_itself(solute):
    found = compared(solute)["exchange"]
    sieving = {"IgG": 1.0}.get(solute, 1.0)
    own = expected_removal(
        solute, 1.0, Q(2, "h"), Q(3, "L"), weight=Q(70, "kg"), sieving=sieving, production="steady"
    )
    assert (found.fall.low, found.fall.high) == (own.fall.low, own.fall.high)
    assert (found.share.low, found.share.high) == (own.device_share.low, own.device_share.high)


def test_a_measured_value_goes_before_the_curve():
    il8 = compared("IL-8")["hemofiltration-post"]
    assert "measured sieving, below a limit" in il8.passage
    assert il8.upper_bound
    assert il8.clearance.low.m_as("mL/min") == 0
    assert "measured clearance" in compared("IL-6")["high-cutoff"].passage
    sil2r = compared("sIL-2R")["hemofiltration-post"]
    assert sil2r.passage == "size-only prediction, an upper bound"
    assert "none has been measured" in compared("IL-6")["exchange"].passage
    unknown = compared("IL-13")["hemofiltration-post"]
    assert unknown.clearance is None
    assert "not known" in unknown.passage


def test_predilution_clears_less_and_hemodiafiltration_as_much():
    one = compared("IL-1Ra")
    post, before = (
        one["hemofiltration-post"].clearance.high,
        one["hemofiltration-pre"].clearance.high,
    )
    assert before < post
    assert one["hemodiafiltration"].clearance.high == post
    assert (
        one["hemofiltration-pre"].filtration_fraction
        < one["hemofiltration-post"].filtration_fraction
    )


def test_exchanges_of_a_day_add_up():
    once = compared("IL-6")["exchange"]
    for sessions in (0.5, 2):
        more = compared("IL-6", *AT[:-1], Q(2, "h"), sessions_per_day=sessions)["exchange"]
        assert more.hours_per_day.m_as("h") == pytest.approx(2 * sessions)
        assert litres(more) == pytest.approx(sessions * litres(once))
        assert more.day_average.high.m_as("mL/min") == pytest.approx(
            sessions * once.day_average.high.m_as("mL/min")
        )
        assert more.clearance == once.clearance
    assert (
        compared("IL-6", *AT[:-1], Q(12, "h"), sessions_per_day=2)["exchange"].hours_per_day.m_as(
            "h"
        )
        == 24
    )


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


@given(
    st.sampled_from(sorted(name for name, row in solutes().items() if not row.is_drug)),
    st.floats(10, 30),
    st.floats(0.5, 1.5),
)
def test_every_solute_and_modality_gives_sound_intervals(solute, dose, multiple):
    at = (Q(70, "kg"), 0.3, Q(150, "mL/min"), Q(dose, "mL/kg/h"), multiple, Q(2, "h"))
    for one in compared(solute, *at).values():
        for interval in (one.share, one.fall, one.mean_fall):
            if interval is not None:
                assert -1e-9 <= interval.low <= interval.high <= 1
        if one.clearance is not None:
            assert 0 <= one.clearance.low <= one.clearance.high
        assert one.modality in MODALITIES


def test_a_filtration_fraction_above_the_limit_is_asked_about():
    high = compared("IL-6", Q(70, "kg"), 0.3, Q(150, "mL/min"), Q(30, "mL/kg/h"), 1.0, Q(2, "h"))
    (caution,) = high["hemofiltration-post"].cautions
    assert (caution.code, caution.value.value) == (
        "W-FF",
        pytest.approx(100 * 35 / 105),
    )  # 30 mL/kg/h of 70 kg
    assert high["hemofiltration-pre"].cautions == ()
    assert high["exchange"].cautions == ()


@pytest.mark.parametrize(
    ("at", "more", "words"),
    [
        ((Q(70, "kg"), 0.3, Q(150, "mL/min"), Q(120, "mL/kg/h"), 1.0, Q(2, "h")), {}, "effluent_dose: got 120 mL/kg/h; expected 1 to 100 mL/kg/h."),
        ((Q(70.03, "kg"), 0.29, Q(100.35, "mL/min"), Q(90, "mL/kg/h"), 1.0, Q(2, "h")), {}, "effluent_dose: got 105 mL/min out of 71.2 mL/min of plasma"),
        ((Q(70, "kg"), 0.3, Q(150, "mL/min"), Q(90, "mL/kg/h"), 1.0, Q(2, "h")), {}, "effluent_dose: got 105 mL/min out of 105 mL/min of plasma"),
        (AT, {"sessions_per_day": 3.1}, "sessions_per_day: got 3.1; expected 0.1 to 3 sessions"),
        ((*AT[:-1], Q(9.8765, "h")), {"sessions_per_day": 2.4567}, "sessions_per_day: got 2.46 of 9.88 h"),
        ((Q(70, "kg"), 0.3, Q(100, "mL/min"), Q(90, "mL/kg/h"), 1.0, Q(2, "h")), {}, "a filtration fraction above 1; expected less than the plasma flow."),
        ((Q(70, "kg"), 0.3, Q(150, "mL/min"), Q(-5, "mL/kg/h"), 1.0, Q(2, "h")), {}, "effluent_dose: got -5 mL/kg/h"),
        (AT, {"hours_per_day": Q(30, "h")}, "hours_per_day: got 30 h; expected 0.25 to 24 h for a day."),
        ((Q(70, "kg"), 0.3, Q(150, "mL/min"), Q(25, "mL/kg/h"), 1.0, Q(12, "h")), {"sessions_per_day": 3}, "sessions_per_day: got 3 of 12 h; expected no more than 24 h a day."),
    ],
)  # fmt: skip
def test_settings_that_cannot_be(at, more, words):
    with pytest.raises(QuantityError) as caught:
        compare_modalities("IL-6", *at, **more)
    assert words in str(caught.value)


def test_a_medicine_is_no_solute_of_the_body():
    with pytest.raises(QuantityError, match="a solute of the body"):
        compare_modalities("tocilizumab", *AT)


def test_the_page_on_the_claim_is_what_the_script_writes():
    from tests.tools.claim import PAGE, page

    assert PAGE.read_text(encoding="utf-8") == page()


# --- the command ------------------------------------------------------------------------------------------------------

WORDS = ["compare", "--weight", "70 kg", "--hematocrit", "30 %", "--blood-flow", "150 mL/min", "--effluent-dose", "25 mL/kg/h",
         "--plasma-volumes", "1", "--duration", "2 h"]  # fmt: skip


def run(*words, code=0):
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, done.output
    return done.output


def test_the_command():
    text = run(
        *WORDS,
        "--solute",
        "IL-6",
        "--solute",
        "IgG",
        "--solute",
        "IL-13",
        "--hours-per-day",
        "20 h",
        "--explain",
    )
    flat = " ".join(text.split())
    assert "25 mL/min while it runs, 2.08 mL/min over the day, 3 L cleared a day" in flat
    assert "not known: neither measured nor a size" in flat
    assert " ".join(SENTENCE.split()) in flat
    assert "not validated in CAR-T patients" in flat
    assert "0.28 high-flux" in flat
    assert max(map(len, text.splitlines())) <= 80
    data = json.loads(
        run(
            *WORDS,
            "--solute",
            "IL-6",
            "--plasma-volume",
            "3 L",
            "--sessions-per-day",
            "1",
            "--json",
        )
    )
    assert [one["modality"] for one in data["modalities"][0]] == list(MODALITIES)
    high = run(*WORDS[:8], "30 mL/kg/h", *WORDS[9:], "--solute", "IL-6")
    assert "  WARN: HF post-dilution: " in high


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            [*WORDS[:2], "70", *WORDS[3:]],
            "weight: got 70 (no unit); expected 0.3 to 400 kg. Did you mean 70 kg or 70 lb?",
        ),
        (
            [*WORDS[:8], "250 mL/kg/h", *WORDS[9:]],
            "--effluent-dose: got 250 mL/kg/h; expected 1 to 100 mL/kg/h.",
        ),
        (WORDS[:-2], "missing: --duration"),
    ],
)
def test_bad_input_gets_one_sentence(words, said):
    error = run(*words, "--solute", "IL-6", code=2)
    assert error.startswith("Error: ")
    assert said in error


def test_more_cannot_be_filtered_than_flows_in():
    from pexcalc.kinetics.modalities import ultrafiltration_fraction

    with pytest.raises(QuantityError, match="a filtration fraction above 1"):
        ultrafiltration_fraction(Q(110, "mL/min"), Q(105, "mL/min"), Q(0, "mL/min"))
    with pytest.raises(QuantityError, match="a filtration fraction above 1"):
        ultrafiltration_fraction(Q(105, "mL/min"), Q(105, "mL/min"), Q(0, "mL/min"))
