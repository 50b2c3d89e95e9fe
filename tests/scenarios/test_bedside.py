"""The whole prescription through the command: published vectors, what stands on the sheet, five hasty slips."""

import json
import re
from shlex import split

import pytest
from click.testing import CliRunner

from pexcalc import Order, QuantityError, StatedVolume, fhir, prescribe
from pexcalc.cli import cli
from pexcalc.report.html.handwritten import double_checks
from tests.support import patients
from tests.support.patients import Q

WOMAN = split("--sex female --age '54 y' --height '165 cm' --weight '62 kg' --hematocrit '28 %'")
# The worked example: 12:1 inlet, efficiency 0.87, 60 mL/min, ACD-A.
EXAMPLE = ["prescribe", *WOMAN, *split("--blood-volume '3900 mL @ device'")]
EXAMPLE += split("--indication gbs-primary --plasma-volumes 1.2")
DEVICE = split(
    "--device spectra-optia --inlet-flow '60 mL/min' --ratio 12 --removal-efficiency '87 %'"
    " --anticoagulant acd-a"
)
FILTER = split("--blood-flow '120 mL/min' --plasma-flow '30 mL/min'")
MAN = split(
    "prescribe --sex male --age '54 y' --height '172 cm' --weight '65 kg' --hematocrit '37 %'"
    " --plasma-volumes 1"
)
# An adult on a membrane with heparin.
HEPARIN = [*MAN, *FILTER, *split("--anticoagulant heparin --fluid albumin")]


OTHER_OUTPUT = {"--json", "--html", "--summary", "--explain", "--why", "--help"}


def run(*words, code=0):
    """What a command prints; of a prescription the whole sheet."""
    whole = ("--full",) if words[0] == "prescribe" and OTHER_OUTPUT.isdisjoint(words) else ()
    done = CliRunner().invoke(cli, [*words, *whole])
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    return done.output


def flat(*words, code=0):
    return " ".join(run(*words, code=code).split())


def wire(*words, code=0):
    return json.loads(run(*words, "--json", code=code))


def value(quantity):
    return quantity["value"]


def option(prescription, fluid):
    return next(one for one in prescription["replacement"]["options"] if one["fluid"] == fluid)


def test_the_worked_example_to_its_printed_digits():
    p = wire(*EXAMPLE, *DEVICE, "--circuit-volume", "141 mL", "--prime", "saline")
    assert value(p["dose"]["exchange_volume"]) == pytest.approx(3369.6, abs=0.05)
    circuit = p["circuit"]
    for name, expected in (
        ("blood_processed", 5379.3), ("anticoagulant_used", 489.0), ("inlet_volume", 5868.3),
        ("anticoagulant_to_patient", 63.6), ("anticoagulant_in_bag", 425.5), ("remove_bag", 3795.1),
    ):  # fmt: skip
        assert value(circuit[name]) == pytest.approx(expected, abs=0.06), name
    assert circuit["blood_volumes_processed"] == pytest.approx(1.379, abs=5e-4)
    assert circuit["plasma_share_of_bag"] == pytest.approx(0.888, abs=5e-4)
    assert 60 * value(circuit["run_time"]) == pytest.approx(97.8, abs=0.05)
    assert value(circuit["plasma_removal_rate"]) == pytest.approx(34.5, abs=0.05)
    assert circuit["ratio_meaning"] == "inlet-to-anticoagulant"  # known of the device
    assert p["circuit_volume"]["share"] == pytest.approx(0.036, abs=5e-4)
    assert p["circuit_volume"]["hematocrit_with_prime"] == pytest.approx(0.270, abs=5e-4)
    (albumin,) = (one for one in p["citrate"] if one["fluid"] == "albumin")
    assert value(albumin["from_anticoagulant"]) == pytest.approx(7.17, abs=0.005)
    assert albumin["rate"]["typical"] == pytest.approx(0.22, abs=0.005)
    gluconate = albumin["calcium"][0]
    assert value(gluconate["volume"]) == pytest.approx(33.7, abs=0.05)
    assert value(gluconate["salt_mass"]) == pytest.approx(3.4, abs=0.05)
    assert value(gluconate["calcium"]) == pytest.approx(7.8, abs=0.05)
    rows = option(p, "albumin")["containers"]
    counts = {value(row["size"]): (row["count"], value(row["leftover"])) for row in rows}
    assert counts[250] == (14, pytest.approx(130.4, abs=0.05))
    assert counts[500] == (7, pytest.approx(130.4, abs=0.05))


def test_plasma_for_the_worked_example():
    words = split("--fluid plasma --blood-group A --calcium infusion --finding dic")
    p = wire(*EXAMPLE, *DEVICE, *words)
    plasma = next(one for one in p["citrate"] if one["fluid"] == "plasma")
    assert plasma["from_plasma"]["low"] == pytest.approx(65, abs=0.5)
    assert plasma["from_plasma"]["high"] == pytest.approx(84, abs=0.5)
    from_anticoagulant = 0.22  # the published 2.0 to 2.6 mg/kg/min is the plasma alone
    for end, published in (("low", 2.0), ("high", 2.6)):
        assert plasma["rate"][end] == pytest.approx(published + from_anticoagulant, abs=0.06)
    assert value(plasma["plasma_rate"]) == pytest.approx(0.56, abs=0.005)


def test_the_sequence_vector_through_the_command():
    words = split(
        "--fibrinogen '260 mg/dL' --plasma-share '33.33333333333333 %' --blood-group A"
        " --finding bleeding"
    )
    p = wire(*EXAMPLE, *words)
    assert "albumin" not in [one["fluid"] for one in p["replacement"]["options"]]
    rows = option(p, "albumin-then-plasma")["left"]
    left = {one["sequence"]: one for one in rows if one["solute"] == "fibrinogen"}
    # a little above washout alone: return and production
    washouts = {"plasma-last": 144.25, "mixed": 124.90, "plasma-first": 107.94}
    for sequence, washout in washouts.items():
        assert washout < 100 * left[sequence]["after"]["typical"] < washout + 9
    text = flat(*EXAMPLE, *words)
    assert re.search(r"plasma last 1\d\d mg/dL \(", text)  # by the prediction
    alone = wire(*EXAMPLE, "--fibrinogen", "260 mg/dL")
    (left,) = (one for one in option(alone, "albumin")["left"] if one["solute"] == "fibrinogen")
    assert 78.31 < 100 * left["after"]["typical"] < 78.31 + 9


def test_a_bag_volume_is_not_a_plasma_volume():
    """3,369.6 mL in the bag are 2,991.8 mL of plasma, 1.065 plasma volumes."""
    words = [word for word in EXAMPLE if word not in ("--plasma-volumes", "1.2")]
    p = wire(*words, "--bag-volume", "3369.6 mL", *DEVICE)
    assert value(p["dose"]["exchange_volume"]) == pytest.approx(2991.8, abs=0.05)
    assert p["dose"]["plasma_volumes"]["typical"] == pytest.approx(1.065, abs=5e-4)
    assert value(p["circuit"]["remove_bag"]) == pytest.approx(3369.6, abs=1e-6)
    text = run(*words, "--bag-volume", "3369.6 mL", *DEVICE)
    assert "remove bag of 3,369.6 mL, including anticoagulant" in text
    why = run(*words, "--bag-volume", "3369.6 mL", *DEVICE, "--why")
    assert "3,369.6 x 0.8879 = 2,991.84 mL" in why
    assert "a device with its ratio" in run(*words, "--bag-volume", "3369.6 mL", code=2)


def test_the_membrane_variant():
    p = wire(*EXAMPLE, "--device", "prismaflex", "--blood-flow", "120 mL/min", "--plasma-flow", "36 mL/min", "--ratio", "20",
             "--ratio-meaning", "blood-to-anticoagulant", "--anticoagulant", "acd-a")  # fmt: skip
    run_ = p["membrane"]
    assert run_["filtration_fraction"] == pytest.approx(0.417, abs=5e-4)
    assert run_["post_filter_hematocrit"] == pytest.approx(0.40, abs=5e-4)
    assert 60 * value(run_["run_time"]) == pytest.approx(93.6, abs=0.05)
    # 120 mL/min for 93.6 min is 11,232 mL of blood; a twentieth is anticoagulant, 58.3 % of it reaches the patient
    assert value(run_["anticoagulant_used"]) == pytest.approx(561.6, abs=0.05)
    to_patient = 561.6 * (1 - 36 / 86.4)
    assert value(run_["anticoagulant_to_patient"]) == pytest.approx(to_patient, abs=0.05)
    assert value(p["totals"]["remove_bag"]) == pytest.approx(3369.6 + 561.6 * 36 / 86.4, abs=0.05)
    (albumin,) = (one for one in p["citrate"] if one["fluid"] == "albumin")
    assert value(albumin["from_anticoagulant"]) == pytest.approx(to_patient * 0.1128, abs=0.01)
    more = "--blood-flow '120 mL/min' --plasma-flow '36 mL/min' --anticoagulant heparin"
    text = flat(*EXAMPLE, *split(more))
    assert "30 % of the blood flow" in text
    assert "AC used not recorded" in text


def test_what_stands_on_the_sheet_at_the_bedside():
    """What no kept sheet has."""
    said = flat(*EXAMPLE, *DEVICE, *split(
        "--circuit-volume '185 mL' --circuit-red-cells '68 mL' --prime diverted --rinseback '150 mL'"
        " --calcium infusion --calcium-salt gluconate --drug 'rituximab @ 10 d before'"
        " --drug 'levetiracetam @ 2 h after'"
    ))  # fmt: skip
    for words in (
        "removal efficiency published: 87 % [optia-vendor], 92.5 % [kim-2015]",
        "4.7 % of the blood volume; prime diverted", "a blood deficit of 190 mL (185) at the start",
        "with red cells held in the circuit", "Fluid balance +210 mL (213.6), 100 %",
        '"rituximab" Given 10 d before. Next dose: after the exchange',
        '"levetiracetam" Due 2 h after. This program has no instruction for it. Ask pharmacy',
    ):  # fmt: skip
        assert words in said, words
    assert "calcium chloride" not in said  # gluconate was ordered


def test_a_stop_leaves_out_the_schedule_and_nothing_else():
    ttp = ["prescribe", *WOMAN, "--indication", "ttp", "--plasma-volumes", "1.5"]
    text = run(*ttp, code=3)
    assert "STOP W-ABO" in text
    assert "not printed: order on hold" in text
    assert "start: unit 1" not in text
    assert "fresh frozen plasma in 250 mL units" in " ".join(text.split())
    assert all(one["schedule"] == [] for one in wire(*ttp, code=3)["replacement"]["options"])
    text = run(*ttp, "--override", "plasma-abo-incompatible=AB plasma on its way", "--by", "Dr A")
    assert "start: unit 1" in text
    assert "OVERRIDE           AB plasma on its way (by Dr A)" in text
    assert run(*ttp, "--blood-group", "A", "--strict", code=3)  # no calcium planned is strong
    run(*ttp, "--blood-group", "A", "--calcium", "infusion", "--strict")


def test_no_safe_option_is_said():
    words = ["prescribe", *WOMAN, *split("--indication ttp --plasma-volumes 1.5 --finding")]
    text = run(*words, "bleeding", "--refused", "plasma", code=3)
    assert "STOP W-NO-OPTION" in text
    run(*words, *split("anti-iga --blood-group A --plasma-group A --calcium infusion"))
    assert "NO SAFE OPTION: SPECIALIST DECISION" in text
    assert "OPTION: PLASMA" not in text
    assert "the patient refuses plasma" in " ".join(text.split())


def test_the_plasma_that_passes_is_named_and_taken():
    ttp = [*WOMAN, *split("--indication ttp --plasma-volumes 1 --blood-group A --calcium infusion")]
    ttp += split("--finding anti-iga --finding protein-s-deficiency")
    page = flat("prescribe", *ttp)
    said = "Plasma of IgA-deficient donors is allowed by the safety rules: request it."
    assert f"{said} TTP: do not wait" in page
    assert "plasma of IgA-deficient donors: " in page
    assert "SAFETY RULES LEAVE NO FLUID" not in page.upper()
    stopped = wire("prescribe", *ttp, "--fluid", "plasma", "--plasma", "sd-plasma", code=3)
    said = {one["id"]: one["message"] for one in stopped["cautions"] if one["severity"] == "stop"}
    assert set(said) == {"plasma-with-anti-iga", "sd-plasma-in-protein-s-deficiency"}
    assert all("Plasma of IgA-deficient donors is allowed" in words for words in said.values())


def test_listings_of_fluids_and_devices():
    text = flat("show", "fluids")
    assert "fibrinogen 2 g/L (0.9 to 3.2); citrate 21 mmol/L (19.4 to 25)" in text
    assert "W-IGA" in run("show", "fluids", "w-iga")
    assert "no product and no rule" in run("show", "fluids", "syrup", code=2)
    assert "circuit 141 to 185 mL" in flat("show", "devices", "optia")
    assert "no device has toaster" in run("show", "devices", "toaster", code=2)
    assert "gbs-primary" in run("show", "indications", "Guillain-Barr\u00e9")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--fibrinogen", "260 g/L"], "fibrinogen: got 260 g/L; expected 0 to less than 20 g/L. Did you mean 260 mg/dL?"),
        (["--ionized-calcium", "2.3 mmol/L"], "--ionized-calcium: got 2.3 mmol/L; expected 0.3 to 2 mmol/L for ionized calcium, not total calcium."),
        (["--potassium", "1697 mmol/L"], "potassium: got 1697 mmol/L; expected 1 to 10 mmol/L."),
        (["--fluid", "albumen"], "fluid: got albumen; expected albumin, albumin-then-plasma, plasma or hydroxyethyl-starch. Did you mean albumin?"),
        (["--plasma-share", "0.3"], "Did you mean 0.3 % or 30 %?"),
        (["--ace-inhibitor", "18"], "--ace-inhibitor: got 18 (no unit); expected 0 to 2,160 h for the time from the dose to the exchange. Did you mean 18 h or 18 d?"),
        (["--drug", "rituximab @ 24 before"], "drug rituximab: got 24 (no unit)"),
        (["--device", "optia"], "device: got optia; expected spectra-optia, cobe-spectra,"),
        (["--ratio", "12", "--inlet-flow", "60 mL/min"], "--ratio-meaning is missing; enter inlet-to-anticoagulant or blood-to-anticoagulant."),
        ([*DEVICE, "--ratio-meaning", "blood-to-anticoagulant"], "--ratio-meaning: got blood-to-anticoagulant; expected inlet-to-anticoagulant on the Spectra Optia."),
        ([*DEVICE, "--blood-flow", "100 mL/min"], "--blood-flow: got a value; expected it only for a membrane: this is a centrifuge."),
        (["--blood-flow", "100 mL/min"], "--plasma-flow is missing; enter a flow such as 30 mL/min."),
        ([*DEVICE[:-1], "heparin"], "anticoagulant: got heparin; expected citrate for a centrifuge"),
        ([*DEVICE, "--anticoagulant-citrate", "100 mmol/L"], "--anticoagulant-citrate: got a value beside an anticoagulant by name"),
        (["--sessions", "2.5"], "sessions: got 2.5; expected a whole number."),
        (["--calcium", "drip"], "calcium: got drip; expected infusion, bolus, oral or none."),
        (["--bag-volume", "3 L"], "dose: got both plasma_volumes and bag_volume"),
    ],
)  # fmt: skip
def test_slips_get_one_clear_sentence(words, said):
    error = run(*EXAMPLE, *words, code=2)
    assert error.startswith("Error: ")
    assert error.count("\n") == 1
    assert said in error


@pytest.mark.parametrize("more", ["hit-refractory", "gbs-primary --finding hit"])
def test_no_dose_of_heparin_beside_its_stop(more):
    text = flat(*HEPARIN[:-2], "--indication", *more.split(), code=3)
    assert "STOP W-HIT" in text
    assert "Heparin not with heparin-induced thrombocytopenia: see the alerts" in text
    assert "5,000 units" not in text


def test_heparin_of_children_has_no_figure_here():
    child = "--age '5 y' --height '108 cm' --weight '18 kg' --hematocrit '35 %' --plasma-volumes 1"
    more = "--blood-flow '60 mL/min' --plasma-flow '12 mL/min' --anticoagulant heparin"
    said = flat(*split(f"prescribe --sex male --indication gbs-primary {child} {more}"))
    assert "no figure for this patient: see alert W-HEPARIN" in said
    assert "child of 5 y: no heparin dose is printed for children" in said
    assert "5,000 units" not in said
    assert "no calcium for it" not in said
    assert "no citrate; albumin contains no calcium or magnesium: check both" in said


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (["--state", "bleeding"], "bleeding"), (["--finding", "bleeding-risk"], "bleeding risk"), (["--finding", "liver-failure"], "liver failure"),
        (["--state", "cirrhosis"], "liver failure"), (["--platelets", "49 K/uL"], "platelets 49"),
        (["--finding", "surgery"], "surgery"), (["--finding", "biopsy"], "biopsy"),
        (["--finding", "anticoagulated"], "already anticoagulated"), (["--finding", "bleeding"], "bleeding"),
        (["--drug", "warfarin @ 12 h before"], 'already anticoagulated ("warfarin")'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", [[], ["--explain"], ["--html", "sheet.html"]])
def test_no_heparin_figure_beside_a_heparin_caution(more, reason, form, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed = run(*HEPARIN, "--indication", "cidp", *more, *form)
    page = tmp_path / "sheet.html"
    printed += page.read_text(encoding="utf-8") if page.exists() else ""
    said = " ".join(printed.split())
    assert ("CALL THE PHYSICIAN" if "--html" in form else "STRONG W-HEPARIN") in said
    assert reason in said
    assert "5,000 units" not in said
    assert "1,000 units" not in said


def test_an_adult_without_a_risk_has_the_reported_heparin():
    words = split("--indication cidp --platelets '50 K/uL'")
    assert "5,000 units" in run(*HEPARIN, *words)


@pytest.mark.parametrize(
    ("indication", "name"), [("mg-acute", "Myasthenia gravis"), ("lems", "Lambert-Eaton syndrome")]
)
def test_magnesium_is_named_with_its_warning(indication, name, tmp_path):
    words = f"{name}: no intravenous magnesium without the neurologist; it can stop breathing"
    sheet = flat(*HEPARIN, "--indication", indication)
    assert f"WARN W-MG {words}" in sheet
    assert f"Magnesium {words}" in sheet
    page = tmp_path / "sheet.html"
    run(*MAN, "--fluid", "albumin", "--indication", indication, "--html", str(page))  # citrate
    rows = page.read_text(encoding="utf-8").split("<tr")
    seen = next(line for line in rows if ">Labs reviewed" in line)
    assert words in " ".join(seen.split())
    assert "magnesium (in kidney failure given only against a level)" in " ".join(seen.split())


def test_a_medicine_that_nobody_knows_has_one_sentence_in_every_form(tmp_path):
    sentence = "Not in this program's list. Ask pharmacy. Do not change a running infusion without the prescriber"
    words = [*EXAMPLE, "--drug", "madeupine @ 0 h before"]
    page = tmp_path / "sheet.html"
    sheet = " ".join(run(*words, "--full", "--html", str(page)).split())
    assert f'"madeupine" Given 0 min before. {sentence} [program-judgement]' in sheet
    record = wire(*words)
    (drug,) = record["drugs"]
    assert (drug["advice"], drug["statement"]) == (sentence, "")
    texts = [sheet, page.read_text(encoding="utf-8"), json.dumps(record), run(*words, "--summary")]
    made = prescribe(Order.from_wire(record["order"]))
    wanted = fhir.service_request(made, "Patient/1")
    texts.append(json.dumps([*fhir.observations(made, "Patient/1"), wanted]))
    for text in texts:
        assert "where possible" not in text
        assert "give it" not in text


CRS = "--indication crs-car-t --crs-grade 3 --crs-scale"
# Words added to the example, the exit code, and what is printed.
PRINTED = [
    ("--albumin albumin-20 --albumin-strength '4 %' --diluent isotonic", 0,
     ("670 mL (673.9) albumin 20 % with 2,700 mL (2,695.7) isotonic fluid, 1:4", "gives 4 %",
      "size missing (--albumin-container)")),
    ("--drug 'lisinopril @ 6 h before' --ace-inhibitor '72 h'", 0, ("WARN W-ACE", "lisinopril")),
    ("--finding bleeding --fibrinogen '0.9 g/L' --blood-group A", 0, ("at the change-over",)),
    ("--saline-share '10 %'", 0, ("not calculated: needs the size of each container",)),
    (f"{CRS} penn", 0, ("grade 3 by penn, as entered",)),
    (f"{CRS} astct-2019 --tocilizumab yes", 0, ("Tocilizumab given before (time not recorded)",)),
    (f"{CRS} astct-2019 --tocilizumab no", 0, ("Tocilizumab not given",)),
    (f"{CRS} astct-2019 --tocilizumab yes --corticosteroid yes --persisting yes"
     " --persisting-at 2025-06-24T14:05+02:00 --icans 1", 0,
     ("yes (at 2025-06-24T14:05+02:00)", "grade 1, recorded; it is not part of the CRS grade")),
    ("--drug 'belimumab @ 24 h before'", 0, ()),
    ("--drug 'zilucoplan @ 24 h before'", 0, ()),
    ("--drug 'rituxmab @ 24 h before'", 0, ("did you mean rituximab?",)),
    *((f"--drug '{drug} @ 24 h before'", 2, ("expected a dose in mg or g after the name",))
      for drug in ("tocilizumab 560 MG", "vancomycin 1,000 mg", "siltuximab 11 mg/kg")),
]  # fmt: skip


@pytest.mark.parametrize(("more", "code", "said"), PRINTED)
def test_what_is_printed_for_one_input(more, code, said):
    start = EXAMPLE[:-4] + EXAMPLE[-2:] if more.startswith(CRS) else EXAMPLE
    text = flat(*start, *split(more), code=code)
    for words in said:
        assert words in text
    if "--drug" in more and code == 0:  # only a slip is offered another name
        assert ("did you mean" in text) == ("rituxmab" in more)


def test_citrate_on_a_membrane_needs_its_ratio():
    text = run(*EXAMPLE, *FILTER, "--anticoagulant", "acd-a", code=2)
    assert "ratio is missing; enter a plain number such as 12." in text


def test_water_is_never_a_recipe():
    words = split("--albumin albumin-20 --albumin-strength '5 %' --diluent water")
    text = run(*EXAMPLE, *words, code=3)
    assert "never with water" in text
    assert "WATER" not in text


MEMBRANE = ["--device", "prismaflex", *FILTER]


def anyhow(*words):
    """What is printed whether or not a caution stops it."""
    done = CliRunner().invoke(cli, words)
    assert done.exit_code in (0, 3), done.output[-300:]
    return done.output if "--json" not in words else json.loads(done.output)


def test_what_runs_together_is_not_written_as_one_after_the_other():
    words = split("--fluid albumin-then-plasma --plasma-share '30 %' --saline-share '15 %'")
    page, short = (
        " ".join(anyhow(*EXAMPLE, *words, more).split()) for more in ("--full", "--summary")
    )
    assert "albumin 5 % (55 %) with" in page
    assert "saline 0.9 % (15 %), then" in page
    assert "albumin 5 % with" in short


@pytest.mark.parametrize(
    ("indication", "state"),
    [("preeclampsia-extremely-preterm", "pre-eclampsia"), ("tma-pregnancy-severe", "hellp")],
)
def test_an_indication_that_is_a_complicated_pregnancy_counts_as_one(indication, state):
    words = split(
        "prescribe --sex female --age '31 y' --height '166 cm' --weight '74 kg' --hematocrit '33 %'"
        " --gestation '30 wk' --pre-pregnancy-weight '62 kg' --pre-pregnancy-hematocrit '39 %'"
        " --plasma-volumes 1 --json --indication"
    )
    alone, stated, other = (
        anyhow(*words, *more)["volumes"]["plasma_volume"]["typical"]
        for more in ((indication,), (indication, "--state", state), ("gbs-primary",))
    )
    assert alone == stated != other


@pytest.mark.parametrize(
    ("name", "limit"),
    [("ionized-calcium-low", {"low": 0.1, "unit": "mmol/L"}), ("citrate-studied", {"high": 100, "unit": "mg/kg/min"}),
     ("plasma-share", {"low": 0.1, "unit": "%"}), ("removal-rate", {"high": 50, "unit": "mL/kg/min"})],
)  # fmt: skip
def test_a_site_may_not_switch_a_safety_limit_off(name, limit):
    with pytest.raises(QuantityError, match=f"limits.{name}"):
        patients.order(limits={name: limit})


def test_the_second_check_of_an_entered_volume_is_of_its_reading():
    for entered in (
        {"plasma_volume": StatedVolume(value=Q(2300, "mL"), origin="measured: dye")},
        {"blood_volume": StatedVolume(value=Q(4900, "mL"), origin="device")},
    ):
        checks = str(double_checks(prescribe(patients.order(**entered))))
        assert "read again from its measurement or device" in checks
    estimated = str(double_checks(prescribe(patients.order())))
    assert "3,160 to 3,500 mL by Nadler" in estimated


def test_the_plasma_pump_moves_anticoagulant_too():
    more = "--ratio 12 --ratio-meaning inlet-to-anticoagulant --anticoagulant acd-a"
    words = (*EXAMPLE, *MEMBRANE, *split(more))
    made = anyhow(*words, "--json")["membrane"]
    pump = value(made["remove_bag"]) / 60 / value(made["run_time"])
    assert pump > 30
    assert f"Plasma pump {pump:.1f} mL/min" in " ".join(anyhow(*words).split())
