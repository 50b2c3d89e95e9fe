"""Slips of a tired nurse: each is answered in one sentence, none is silent."""

import pytest
from click.testing import CliRunner

from pexcalc.cli import cli

BEDSIDE = {
    "--sex": "male", "--age": "54 y", "--height": "172 cm", "--weight": "82 kg", "--hematocrit": "38 %",
    "--indication": "gbs-primary", "--plasma-volumes": "1",
}  # fmt: skip


def done(slip, *more):
    words = [word for pair in {**BEDSIDE, **slip}.items() for word in pair]
    return CliRunner().invoke(cli, ["prescribe", *words, *more])


@pytest.mark.parametrize(
    ("slip", "sentence"),
    [
        ({"--height": "82 cm", "--weight": "172 kg"}, "Did you mean height 172 cm and weight 82 kg?"),
        ({"--height": "82 kg", "--weight": "172 cm"}, "swapped; expected a length and a mass."),
        ({"--hematocrit": "0.38 %"}, "hematocrit: got 0.38 %; expected 6 to 70 %. Did you mean 38 %?"),
        ({"--platelets": "18000"}, "platelets: got 18000 (no unit); expected 0 to 3,000 x10^9/L. Did you mean 18 x10^9/L?"),
        ({"--fibrinogen": "110 g/L"}, "Did you mean 110 mg/dL?"),
        ({"--age": "4 m"}, "age: got 4 m (a length, not a time); expected 0 to 120 y. Did you mean 4 y or 4 mo?"),
        ({"--ordered-at": "06/07/2025 14:05"}, "Did you mean 2025-06-07 14:05 or 2025-07-06 14:05?"),
        ({"--blood-group": "O positive?"}, "--blood-group: got O positive?; expected O, A, B or AB."),
        ({"--weight": "82,5 kg"}, "(a comma in the number); expected 20 to 400 kg for an adult. Did you mean 82.5 kg?"),
        ({"--plasma-volumes": "1,5 PV"}, "Did you mean 1.5?"),
        ({"--fluid": "ffp albumin"}, "expected albumin-then-plasma, with its share of plasma and its sequence."),
        ({"--device": "spectra optai"}, "Did you mean spectra-optia?"),
        ({"--indication": "gillain bare"}, "Did you mean gbs-primary?"),
        ({"--weight": "-82 kg"}, "Did you mean 82 kg?"),
        ({"--device": "spectra-optia", "--ratio": "1:10"}, "ratio: got 1:10, reversed; expected the blood side first. Did you mean 10:1?"),
        ({"--potassium": "4.1 mg/dL"}, "Did you mean 4.1 mmol/L or 4.1 mEq/L?"),
        ({"--ionized-calcium": "1.15 mg/dL"}, "got 1.15 mg/dL; expected 1.2 to 8.02 mg/dL for ionized calcium, not total calcium. Did you mean 1.15 mmol/L"),
    ],
)  # fmt: skip
def test_a_slip_is_refused_in_one_sentence(slip, sentence):
    found = done(slip)
    assert (found.exit_code, found.stdout) == (2, "")
    assert sentence in found.stderr
    assert found.stderr.startswith("Error: ")
    assert found.stderr.count("; expected ") == 1


def test_a_time_of_the_order_that_is_still_to_be_is_noted():
    found = done({"--ordered-at": "2999-01-01T08:00Z"})
    assert "Note: ordered at 2999-01-01T08:00Z is later than this computer's clock" in found.stdout
    assert "later than" not in done({"--ordered-at": "2025-01-01T08:00Z"}).output


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("removal --solute IgG --full", "No such option --full. Did you mean --why?"),
        ("prescribe --creatinine 2", "No such option --creatinine. pexcalc prescribe --help lists all."),
        ("compare --solute IgG", 'missing: --weight (such as "70 kg"), --hematocrit (such as "30 %"), --blood-flow'),
        ("removal --solute IgG --target-level 30%", "duration is missing; enter --duration, such as 2 h. --target-level:"),
    ],
)  # fmt: skip
def test_another_option_and_all_that_is_missing_are_named_at_once(line, sentence):
    found = CliRunner().invoke(cli, line.split(), prog_name="pexcalc")
    assert found.exit_code == 2
    assert sentence in " ".join(found.stderr.split())


def test_two_words_without_quotes_are_refused():
    found = done({"--fluid": "ffp"}, "albumin")
    assert found.exit_code == 2
    assert "Put a value with a space in quotes" in found.stderr


def test_pounds_as_kilograms_are_asked_about():
    found = done({"--weight": "187 kg"})
    assert "if 187 are pounds, the weight is 84.8 kg" in " ".join(found.stdout.split())


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        ({"--ordered-at": "06/24/2025 14:05Z"}, "read as: ordered at 06/24/2025 14:05Z: 2025-06-24T14:05Z"),
        ({"--indication": "GBS"}, "read as: indication GBS: gbs-primary (Guillain-Barre syndrome"),
        ({"--height": "5'10\""}, "read as: height 5'10\": 70 in (177.8 cm)"),
        ({"--drug": "tocilizumab 6 h ago"}, "tocilizumab, 6 h before the exchange"),
    ],
)  # fmt: skip
def test_what_was_read_as_what_is_printed(reading, said):
    assert said in " ".join(done(reading).stdout.split())
    assert said in done(reading, "--summary").stderr
