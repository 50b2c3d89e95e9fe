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
HIS, ONE = f"prescribe {MAN}", f"prescribe {MAN} --plasma-volumes 1"
SKIN = f"{ONE} --indication pemphigus-severe --fluid albumin --drug"
HERS = f"prescribe {WOMAN} --plasma-volumes 1 --indication tma-pregnancy-severe {PLASMA}"
HERS += " --platelets '38 x10^9/L'"
OF_PREGNANCY = "microangiopathy of pregnancy, and platelets 38 x10^9/L, less than 50 x10^9/L"
OF_PREGNANCY += " (site limit). Obstetrics decides. Are platelets needed for the line"
LIVER = "--indication alf-high-volume --exchange-volume"
OPTIA = "--device spectra-optia --circuit-volume '185 mL' --prime saline"
TWICE = "--measured 'IgG 560 mg/dL before session 2' --measured 'IgG 1020 mg/dL before session 1'"
COURSE = "--every '48 h' --sessions 4 --session-number 2"


@pytest.mark.parametrize(
    ("words", "said", "not_said"),
    [
        (f"{HIS} --indication toxin-mushroom --plasma-volumes 2 --duration '3 h' {PLASMA}",
         "Plasma runs at 31.5 mL/min; 17.6 mL/min brings it to 1 mg/kg/min", "35.3"),
        (f"{HIS} --indication gbs-primary --exchange-volume '1390 mL' --fluid albumin",
         "in plasma volumes of 0.49 is outside 0.7 to 2", "mL/kg (site limit)"),
        (f"{ONE} --indication gbs-primary --fluid albumin --ionized-calcium '7.9 mg/dL'", "7.9 mg/dL is above 5.6", "is outside"),
        (f"{SKIN} 'IVIG @ 2 h after'", "immunoglobulin that is due after it raises", "rises again"),
        (f"{SKIN} 'IVIG @ 40 h before'", "rises again", "that is due"),
        (f"{SKIN} 'IVIG @ 2 h after' --every '48 h' --sessions 3", "IgG without the immunoglobulin that is due; test", ""),
        (f"{ONE} --indication ICANS", "nearest rows: crs-car-t", "Did you mean"),
        (f"{ONE} --indication 'acquired hemophilia'", "is meant: coagulation-factor-inhibitor", "Did you mean"),
        (f"{ONE} --indication TAMOF", "nearest rows: sepsis-mof", "Did you mean"),
        (f"{ONE} --indication malaria", "no row here", "Did you mean"),
        (f"{ONE} --indication gbs-primary --fluid albumin --finding bleeding --refused plasma",
         "plasma: ask the hematologist; cryoprecipitate or", "Give plasma last"),
        (f"{ONE} --indication caps --fluid albumin --refused plasma", "ON HOLD", "listed fluid"),
        (f"{ONE} --indication fh --fluid albumin", "LDL (apoB) fall 62 %", ""),
        (f"{ONE} --indication crs-viral --fluid albumin --solute TNF", "TNF-a session up to", "fall session"),
        (f"{ONE} --indication crs-car-t --crs-grade 3 --crs-scale penn", "(penn) is not an ASTCT grade. Enter the ASTCT", ""),
        (f"{ONE} --indication cidp --potassium '38 mmol/L'", "Did you mean 3.8 mmol/L?", ""),
        (f"{ONE} --indication desensitization", "kidney-tx-aboi", "Did you mean"),
        (f"volume {MAN.replace('40 %', '8.9 g/dL')}", "got 8.9 g/dL, which is a hemoglobin; expected the hematocrit", "fraction"),
        (f"volume {MAN.replace('70 kg', '11 st 3 lb')}", "157 lb (71.2 kg)", "Error"),
        (f"volume {MAN.replace('70 kg', '154 lb 8 oz')}", "154.5 lb (70.08 kg)", "Error"),
        (f"volume {MAN.replace('70 kg', '11 st 14 lb')}", "Error: weight", ""),
        (f"volume {MAN.replace('70 kg', '154 lb 16 oz')}", "Error: weight", ""),
        (f"{ONE} --indication ttp --blood-group unknown", "or AB; leave it out while it is not known", ""),
        (f"{HIS} --indication gbs-primary --exchange-volume '2500 mL' --state ecmo {OPTIA}", "With ECMO the blood in that circuit", "ecmo"),
        (f"{ONE} --indication gbs-primary {OPTIA}", "3.9 % of the blood volume; prime saline; hematocrit 38.5 % with it", ""),
        (f"volume {MAN} --missing whole-leg", "not established: 3,090 mL of plasma, 2,830 mL with today's weight", ""),
        (f"{ONE} --indication mg-acute --fluid albumin --drug 'efgartigimod @ 48 h before'",
         "efgartigimod, 2 d before: An exchange may lower its level", "Not in this program"),
        (f"prescribe {GIRL} {LIVER} '8 L'", "expected 140 to 5,600 mL for 28 kg.", "Did you mean"),
        (f"prescribe {GIRL} {LIVER} '4.2 L'", "8-12 L per session in adults;", ""),
        (f"{HIS} {LIVER} '9 L'", "8-12 L per session;", "in adults"),
        (f"{ONE} --indication ttp {PLASMA} --drug 'platelets @ 1 h before'",
         "TTP and platelets ordered. Do not give platelets", "Not in this program"),
        (f"{ONE} --indication sepsis-mof {PLASMA} --drug 'platelet concentrate @ 1 h before'",
         "otherwise after the exchange or at its end", "Not in this program"),
        (f"{ONE} --indication sepsis-mof {PLASMA} --drug 'cryoprecipitate @ 1 h before'",
         "After the exchange; what is given before is exchanged out", "Not in this program"),
        (f"{ONE} --indication ttp {PLASMA} --drug 'rituximab @ 1 h before'", "TTP", "platelets ordered"),
        (f"{HERS} --state postpartum", f"{OF_PREGNANCY} or bleeding?", ""),
        (HERS, f"{OF_PREGNANCY}, the delivery or bleeding?", ""),
        (f"{ONE} --indication nmosd-acute --fluid albumin {COURSE} {TWICE}", "(IgG before session 1, 2). Immunoglobulin G: fall of", "Fibrinogen:"),
    ],
)  # fmt: skip
def test_the_screen_says_this_and_not_that(words, said, not_said):
    shown = " ".join(CliRunner().invoke(cli, shlex.split(words)).output.split())
    assert said in shown
    assert not not_said or not_said not in shown
