"""Orders as case reports describe them: sentences that the screen has to hold, and must not."""

import shlex

import pytest
from click.testing import CliRunner

from pexcalc.cli import cli

MAN = "--sex male --age '44 y' --height '172 cm' --weight '70 kg' --hematocrit '40 %'"
WOMAN = "--sex female --age '33 y' --height '165 cm' --weight '78 kg' --hematocrit '24 %'"
GIRL = "--sex female --age '9 y' --height '132 cm' --weight '28 kg' --hematocrit '30 %'"
PLASMA = (
    "--fluid plasma --blood-group A --plasma-group A --calcium infusion --calcium-line separate"
)


def screen(words: str) -> str:
    """What the command prints, as one line."""
    return " ".join(CliRunner().invoke(cli, shlex.split(words)).output.split())


@pytest.mark.parametrize(
    ("words", "said", "not_said"),
    [
        (f"prescribe {MAN} --indication toxin-mushroom --plasma-volumes 2 --duration '3 h' {PLASMA}",
         "Plasma runs at 31.5 mL/min; 17.6 mL/min brings it to 1 mg/kg/min", "35.3"),
        (f"prescribe {MAN} --indication gbs-primary --exchange-volume '1390 mL' --fluid albumin",
         "in plasma volumes of 0.49 is outside 0.7 to 2", "mL/kg (site limit)"),
        (f"prescribe {MAN} --indication gbs-primary --plasma-volumes 1 --fluid albumin --ionized-calcium '7.9 mg/dL'",
         "7.9 mg/dL is above 5.6", "is outside"),
        (f"prescribe {MAN} --indication pemphigus-severe --plasma-volumes 1 --fluid albumin --drug 'IVIG @ 2 h after'",
         "the immunoglobulin that is due after it raises it", "rises again"),
        (f"prescribe {MAN} --indication pemphigus-severe --plasma-volumes 1 --fluid albumin --drug 'IVIG @ 40 h before'",
         "rises again", "that is due"),
        (f"prescribe {MAN} --indication pemphigus-severe --plasma-volumes 1 --fluid albumin --every '48 h' --sessions 3"
         " --drug 'IVIG @ 2 h after'", "IgG without the immunoglobulin that is due; test", ""),
        *((f"prescribe {MAN} --plasma-volumes 1 --indication '{name}'", said, "Did you mean") for name, said in (
            ("ICANS", "nearest rows: crs-car-t"), ("acquired hemophilia", "is meant: coagulation-factor-inhibitor"),
            ("overdose", "or toxin-other"), ("malaria", "no row here"), ("AMR", "lung-tx-amr"), ("desensitization", "kidney-tx-aboi"))),
        *((f"volume {MAN.replace(old, new)}", said, not_said) for old, new, said, not_said in (
            ("40 %", "8.9 g/dL", "got 8.9 g/dL, which is a hemoglobin; expected the hematocrit", "fraction"),
            ("70 kg", "11 st 3 lb", "157 lb (71.2 kg)", "Error"), ("70 kg", "11 stone", "154 lb (69.9 kg)", "Error"),
            ("70 kg", "11 st 14 lb", "Error: weight", ""), ("70 kg", "11.5 st", "Error: weight", ""))),
        (f"prescribe {MAN} --indication ttp --plasma-volumes 1 --blood-group unknown", "or AB; leave it out while it is not known", ""),
        (f"prescribe {MAN} --indication gbs-primary --exchange-volume '2500 mL' --state ecmo --device spectra-optia"
         " --circuit-volume '185 mL' --prime saline", "With ECMO the blood in that circuit", "ecmo"),
        (f"prescribe {MAN} --indication gbs-primary --plasma-volumes 1 --device spectra-optia"
         " --circuit-volume '185 mL' --prime saline", "3.9 % of the blood volume; prime saline; hematocrit 38.5 % with it", ""),
        (f"volume {MAN} --missing whole-leg", "not established: 3,090 mL of plasma, 2,830 mL with today's weight", ""),
        (f"prescribe {MAN} --indication mg-acute --plasma-volumes 1 --fluid albumin --drug 'efgartigimod @ 48 h before'",
         "efgartigimod, 2 d before: An exchange may lower its level", "Not in this program"),
        *((f"prescribe {GIRL} --indication alf-high-volume --exchange-volume '{volume}'", said, not_said)
          for volume, said, not_said in (
            ("8 L", "expected 140 to 5,600 mL for 28 kg.", "Did you mean"), ("4.2 L", "8-12 L per session in adults;", ""))),
        (f"prescribe {MAN} --indication alf-high-volume --exchange-volume '9 L'", "8-12 L per session;", "in adults"),
        *((f"prescribe {MAN} --indication {row} --plasma-volumes 1 {PLASMA} --drug '{drug}'", said, "Not in this program")
          for row, drug, said in (
            ("ttp", "platelets @ 1 h before", "TTP and platelets ordered. Do not give platelets"),
            ("sepsis-mof", "platelet concentrate @ 1 h before", "otherwise after the exchange or at its end"),
            ("sepsis-mof", "cryoprecipitate @ 1 h before", "After the exchange; what is given before is exchanged out"))),
        (f"prescribe {MAN} --indication ttp --plasma-volumes 1 {PLASMA} --drug 'rituximab @ 1 h before'", "TTP", "platelets ordered"),
        *((f"prescribe {WOMAN} --indication tma-pregnancy-severe --plasma-volumes 1 {PLASMA} --platelets '38 x10^9/L' {state}",
           f"microangiopathy of pregnancy, and platelets 38 x10^9/L, less than 50 x10^9/L (site limit). Obstetrics decides. {said}", "")
          for state, said in (
            ("--state postpartum", "Are platelets needed for the line or bleeding?"),
            ("", "Are platelets needed for the line, the delivery or bleeding?"))),
        (f"prescribe {MAN} --indication nmosd-acute --plasma-volumes 1 --fluid albumin --every '48 h' --sessions 4 --session-number 2"
         " --measured 'IgG 560 mg/dL before session 2' --measured 'IgG 1020 mg/dL before session 1'", ". Immunoglobulin G: fall of", "Fibrinogen:"),
    ],
)  # fmt: skip
def test_the_screen_says_this_and_not_that(words, said, not_said):
    shown = screen(words)
    assert said in shown
    assert not not_said or not_said not in shown
