"""The commands as a nurse and a script use them: results, refusals, exit codes, one error line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
from click.testing import CliRunner

from pexcalc import Patient, __version__
from pexcalc.cli import cli
from pexcalc.exchange.estimate import VolumeEstimate
from tests.support.patients import wire

CASE = {
    "--sex": "male", "--age": "23 y", "--height": "172 cm", "--weight": "65 kg", "--hematocrit": "27 %",
    "--indication": "crs-car-t", "--exchange-volume": "3000 mL",
}  # fmt: skip
WORDS = [word for pair in CASE.items() for word in pair]
BODY = {name: CASE[name] for name in ("--sex", "--age", "--height", "--weight", "--hematocrit")}


def run(command, flags=None, *more, **extra):
    words = [
        word for name, text in (flags or {}).items() if text is not None for word in (name, text)
    ]
    return CliRunner().invoke(cli, [*command.split(), *words, *more], **extra)


def refusal(result):
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("Error: ")
    return lines[0]


def test_prescribe_for_other_solutes():
    flags = {**CASE, "--duration": "2 h", "--solute": "IL-12"}
    said = json.loads(run("prescribe --no-panel --json", flags).stdout)
    assert [one["solute"] for one in said["removal"]] == ["il12", "fibrinogen", "igg", "albumin"]
    assert "scenarios" not in said
    assert said["run_time"] == {"duration": {"value": 2, "unit": "h"}, "origin": "ordered"}
    assert "Did you mean il6" in refusal(run("prescribe", {**CASE, "--solute": "il66"}))


def test_explain_shows_the_formula_with_its_numbers():
    flat = " ".join(run("prescribe", CASE, "--explain").stdout.split())
    assert "0.3669 x 1.72^3 + 0.03219 x 65 + 0.6041 = 4.5634 L [nadler-1962, secondary]" in flat
    assert "0.3669 x" not in run("prescribe", CASE).stdout


def test_an_order_file_standard_input_and_flags_agree(tmp_path):
    path = tmp_path / "order.json"
    path.write_text(json.dumps(wire()), encoding="utf-8")
    by_flags = run("prescribe", CASE, "--json").stdout
    assert run("prescribe", {"--order": str(path)}, "--json").stdout == by_flags
    assert run("prescribe", {"--order": "-"}, "--json", input=json.dumps(wire())).stdout == by_flags


def test_flags_replace_the_file_and_the_output_says_which(tmp_path):
    path = tmp_path / "order.json"
    path.write_text(json.dumps(wire()), encoding="utf-8")
    result = run("prescribe", {"--order": str(path), "--weight": "70 kg", "--plasma-volumes": "1"})
    assert "70 kg" in result.stdout
    said = "replaced these values of the order file: weight, plasma_volumes (for exchange_volume)"
    assert said in " ".join(result.stdout.split())
    as_json = run("prescribe", {"--order": str(path), "--weight": "70 kg"}, "--json")
    assert "Note: flags replaced these values of the order file: weight" in as_json.stderr
    assert json.loads(as_json.stdout)["order"]["patient"]["weight"] == {"value": 70.0, "unit": "kg"}


def test_volume():
    said = json.loads(run("volume", BODY, "--json").stdout)
    assert said["schema"] == 2
    assert said["version"] == __version__
    assert Patient.from_wire(said["patient"]).sex == "male"
    assert VolumeEstimate.from_wire(said["volumes"]).method == "Nadler"


def test_more_inputs_by_flag():
    flags = {**CASE, "--patient-label": "bed 4", "--ordered-at": "2025-06-24T14:05+02:00"}
    assert "bed 4" in run("prescribe", flags).stdout
    assert run("volume", {**BODY, "--amputation": "16 %"}).exit_code == 0
    assert "missing whole leg" in run("volume", BODY, "--missing", "whole-leg").stdout
    assert "5,000 mL" in run("volume", {**BODY, "--blood-volume": "5 L @ device"}).stdout
    assert run("volume", {**BODY, "--plasma-volume": "3100 mL @ measured: albumin"}).exit_code == 0
    baby = {**BODY, "--age": "9 d", "--height": "50 cm", "--weight": "3.5 kg"}
    assert run("volume", {**baby, "--gestation-at-birth": "39 wk"}).exit_code == 0
    said = "Error: --gestation-at-birth is missing; enter 20 to 45 wk"
    assert refusal(run("volume", baby)).startswith(said)


INFANT = {**CASE, "--age": "8 mo", "--height": "70 cm", "--weight": "8.5 kg", "--exchange-volume": None,
          "--plasma-volumes": "1", "--indication": "gbs-primary"}  # fmt: skip


def test_a_stop_exits_with_three_and_prints_everything():
    result = run("prescribe --full", INFANT)
    assert result.exit_code == 3
    assert "STOP W-PED" in result.stdout
    assert "EXCHANGE VOLUME" in result.stdout.upper()


def test_an_override_by_a_named_clinician_goes_on():
    override = {"--override": "child-too-small=specialist center"}
    result = run("prescribe", {**INFANT, **override, "--by": "Dr A"})
    assert result.exit_code == 0
    assert "By Dr A: specialist center" in result.stdout
    assert "without a name" in refusal(run("prescribe --full", {**INFANT, **override}))


def test_strict_stops_at_strong_cautions():
    ordinary = {**CASE, "--indication": "gbs-primary", "--exchange-volume": "3000 mL"}
    odd = {**ordinary, "--exchange-volume": "2000 mL"}  # 0.6 plasma volumes: W-DOSE, strong
    for command, flags, code in (
        ("prescribe", odd, 0), ("prescribe --strict", odd, 3),
        ("prescribe --strict --confirm dose", odd, 0), ("prescribe --strict", ordinary, 0),
        ("prescribe --strict", CASE, 3),  # the criteria for CRS: no grade was entered
    ):  # fmt: skip
        assert run(command, flags).exit_code == code


@pytest.mark.parametrize(("flag", "text", "words"), [
    ("--weight", "65", "weight: got 65 (no unit); expected 20 to 400 kg for an adult. Did you mean 65 kg or 65 lb?"),
    ("--weight", "-70 kg", "weight: got -70 kg; expected 20 to 400 kg for an adult."),
    ("--weight", "70 stone", "weight: got 980 lb; expected 20 to 400 kg for an adult."),
    ("--weight", "70 units", "international units, not a mass"),
    ("--height", "1.75 cm", "height: got 1.75 cm; expected 85 to 250 cm for an adult. Did you mean 1.75 m?"),
    ("--hematocrit", "0.28", "Did you mean 28 %?"),
    ("--exchange-volume", "3,331 mL", "Did you mean 3331 mL or 3.331 mL?"),
    ("--weight", "  ", "weight is missing"),
    ("--sex", None, "missing: --sex (required: male or female)."),
    ("--sex", "", "sex is missing; enter male or female."),
    ("--sex", "M", "Did you mean male?"),
    ("--age", "54", "Did you mean 54 y or 54 mo?"),
    ("--indication", "ttpp", "Did you mean ttp?"),
    ("--exchange-volume", None, "--plasma-volumes (such as 1.2), --exchange-volume (such as"),
    ("--exchange-volume", "3 mL", "Did you mean 3 L?"),
    ("--plasma-volumes", "1", "both plasma_volumes and exchange_volume"),
    ("--confirm", "heigth", "Did you mean height or weight?"),
    ("--missing", "leg", "whole-leg"),
    ("--ordered-at", "yesterday", "date, time and zone"),
    ("--patient-label", "a\x1b[2Jb", "one line of printable text"),
    ("--blood-volume", "5 mL @ device", "Did you mean 5 L?"),
    ("--bood-volume", "5 L", "No such option"),
    ("--hct", "28 %", "No such option --hct. Did you mean --hematocrit?"),
    ("--volume", "3 L", "No such option --volume. Did you mean --plasma-volumes or --exchange-volume?"),
    ("--medication", "IVIG", "No such option --medication. Did you mean --drug?"),
    ("--age", "3 y 6 mo", "age: got 3 y 6 mo"),
    ("--state", "sepsi", "--state: got sepsi; expected"),
    ("--order", "a\x00b", "order: cannot read a?b"),
])  # fmt: skip
def test_one_clear_sentence(flag, text, words):
    assert words in refusal(run("prescribe", {**CASE, flag: text}))


def test_fifteen_plasma_volumes():
    flags = {**CASE, "--exchange-volume": None, "--plasma-volumes": "15"}
    assert refusal(run("prescribe", flags)) == (
        "Error: --plasma-volumes: got 15; expected 0.1 to 4 plasma volumes. Did you mean 1.5 plasma volumes?"
    )


def test_swapped_height_and_weight():
    said = refusal(run("prescribe", {**CASE, "--height": "65 kg", "--weight": "172 cm"}))
    assert "swapped" in said
    assert "Did you mean height 172 cm and weight 65 kg?" in said


def test_everything_that_is_missing_is_named_at_once():
    said = refusal(run("prescribe", {"--weight": "65 kg"}))
    for flag in ("--sex", "--age", "--height", "--hematocrit", "--indication", "--plasma-volumes"):
        assert flag in said
    assert "--weight" not in said
    assert "--indication" not in refusal(run("volume", {"--weight": "65 kg"}))


@pytest.mark.parametrize(("text", "words"), [
    ('{"indication": "ttp", "indication": "ttp"}', "same key twice"),
    (json.dumps(wire(hematocrit=0.28)), "patient.hematocrit: got 0.28; expected"),
    (json.dumps(wire(patient=[])), "patient: got no object; expected an object."),
    (json.dumps(wire(dose=3)), "dose: got no object; expected an object."),
    (json.dumps({**wire(), "dose": {}}), "--plasma-volumes"),
])  # fmt: skip
def test_order_files_are_read_strictly(text, words):
    assert words in refusal(run("prescribe", {"--order": "-"}, input=text))


def test_a_flag_is_named_without_the_group_of_a_path_in_a_file():
    flags = {"--order": "-", "--height": "1.75 cm"}
    said = refusal(run("prescribe", flags, input=json.dumps(wire())))
    assert said.startswith("Error: height: got 1.75 cm")


def test_an_order_file_that_cannot_be_read(tmp_path):
    assert "cannot read" in refusal(run("prescribe", {"--order": str(tmp_path / "none.json")}))
    assert "cannot read" in refusal(run("prescribe", {"--order": str(tmp_path)}))


def test_show_formulas():
    assert max(map(len, run("show formulas").stdout.splitlines())) <= 80
    one = run("show formulas", None, "nadler")
    assert "0.3669*height**3 + 0.03219*weight + 0.6041" in one.stdout
    assert "lemmens" not in one.stdout
    assert "no formula" in refusal(run("show formulas", None, "ogawa"))


def test_show_sources():
    assert max(map(len, run("show sources").stdout.splitlines())) <= 80
    (nadler,) = json.loads(run("show sources nadler --json").stdout)
    assert nadler["id"] == "PMID 21936146"
    assert "no source" in refusal(run("show sources", None, "ogawa"))


def test_help_and_version():
    assert "prescribe" in run("").stdout
    assert "indications" in run("show").stdout
    for command in ("", "prescribe", "volume", "show", "show formulas", "show sources"):
        for flag in ("-h", "--help"):
            assert "Usage:" in run(command, None, flag).stdout
    assert run("", None, "--version").stdout == f"pexcalc, version {__version__}\n"
    assert "No such command" in refusal(run("prescibe"))


def test_nothing_is_written_to_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("prescribe", {**CASE, "--patient-label": "bed 4"}).exit_code == 0
    assert list(tmp_path.iterdir()) == []


def process(*words, **extra):
    command = [sys.executable, "-m", "pexcalc", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **extra)


def test_the_module_runs_as_a_program():
    done = process("prescribe", "--full", *WORDS)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3,330 mL (3,331.3), Nadler" in done.stdout
    done = process("volume", "--height", "2**2**2**9 cm")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "Traceback" not in done.stderr


def test_a_closed_pipe_is_no_crash():
    words = " ".join(f'{flag} "{text}"' for flag, text in CASE.items())
    done = subprocess.run(
        f"{sys.executable} -m pexcalc prescribe {words} --explain | head -n 1; echo ${{PIPESTATUS[0]}}",
        shell=True, capture_output=True, text=True, timeout=60, check=False, executable="/bin/bash",
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.stdout.splitlines()[-1] in ("0", "1")


def test_an_interrupt_is_one_line(monkeypatch):
    interrupted = Mock(side_effect=KeyboardInterrupt)
    monkeypatch.setattr("pexcalc.prescription.prescribe", interrupted)
    result = run("prescribe", CASE)
    assert result.exit_code == 1
    assert result.stderr.strip() == "Error: interrupted"


def test_an_option_given_twice_is_refused():
    said = refusal(run("prescribe", CASE, "--weight", "70 kg"))
    assert said == "Error: --weight was given 2 times: 65 kg, 70 kg; give it once."


def test_forgotten_quotes_are_explained():
    said = refusal(run("prescribe", {**CASE, "--weight": "65"}, "kg"))
    assert 'Put a value with a space in quotes: --weight "65 kg".' in said


def test_show_indications():
    assert max(map(len, run("show indications").stdout.splitlines())) <= 80
    found = run("show indications", None, "guillain barre").stdout
    assert "gbs-primary" in found
    assert "ttp" not in found
    flat = " ".join(run("show indications", None, "crs-car-t").stdout.split())
    assert "not categorized" in flat
    assert "III" not in flat
    assert json.loads(run("show indications", None, "ttp", "--json").stdout)[0]["id"] == "ttp"
    assert "no indication" in refusal(run("show indications", None, "qqqq"))


def test_a_full_disk_and_closed_streams_are_one_line():
    with Path("/dev/full").open("w") as disk:
        full = subprocess.run(
            [sys.executable, "-m", "pexcalc", "prescribe", *WORDS], stdout=disk, stderr=subprocess.PIPE, text=True,
            timeout=60, check=False,
        )  # fmt: skip
    assert full.returncode == 1
    assert full.stderr.startswith("Error: cannot write the result")
    assert full.stderr.count("\n") == 1
    for redirect in (">&-", "--order - <&-"):
        closed = subprocess.run(
            f"{sys.executable} -m pexcalc prescribe {redirect}", shell=True, capture_output=True, text=True, timeout=60,
            check=False, executable="/bin/bash",
        )  # fmt: skip
        assert "Traceback" not in closed.stderr
        assert closed.returncode in (1, 2)


def test_a_label_that_the_terminal_cannot_show():
    env = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = process("prescribe", *WORDS, "--patient-label", "日本", env=env)
    assert done.returncode == 0
    assert r"\u65e5\u672c" in done.stdout


DEVICE = {"--inlet-flow": "60 mL/min", "--ratio": "12", "--ratio-meaning": "inlet-to-anticoagulant",
          "--removal-efficiency": "87 %", "--anticoagulant-citrate": "112.8 mmol/L"}  # fmt: skip


@pytest.mark.parametrize(("change", "words"), [
    ({"--ratio": None}, "ratio is missing; enter a plain number such as 12."),
    ({"--ratio": "1.2"}, "ratio: got 1.2; expected 5 to 40. Did you mean 12?"),
    ({"--ratio-meaning": "inlet"}, "--ratio-meaning: got inlet; expected inlet-to-anticoagulant or blood-to-anticoagulant."),
    ({"--removal-efficiency": "0.87"}, "--removal-efficiency: got 0.87 (no unit); expected 30 to 100 %. Did you mean"),
    ({"--inlet-flow": "3600 mL/min"}, "--inlet-flow: got 3,600 mL/min; expected 5 to 250 mL/min. Did you mean 3600 mL/h?"),
    ({"--inlet-flow": None}, "--inlet-flow is missing; enter a flow such as 60 mL/min."),
])  # fmt: skip
def test_values_of_a_device_that_cannot_be_used(change, words):
    assert refusal(run("prescribe", {**CASE, **DEVICE, **change})).startswith(f"Error: {words}")


def test_show_order_gives_a_form_that_prescribe_takes_once_it_is_filled_in(tmp_path):
    shown = run("show order", None, "crs-car-t")
    assert shown.exit_code == 0
    form = json.loads(shown.stdout)
    assert "Needed: sex, age, height, weight, hematocrit and one dose." in shown.stderr
    file = tmp_path / "order.json"
    file.write_text(shown.stdout)
    assert "missing: --sex" in refusal(run("prescribe --full", None, "--order", str(file)))
    form["patient"]["sex"] = "male"
    for name, value in {"age": 23, "height": 172, "weight": 65, "hematocrit": 27}.items():
        form["patient"][name]["value"] = value
    form["dose"]["exchange_volume"] = {"value": 3000, "unit": "mL"}
    file.write_text(json.dumps(form))
    printed = run("prescribe --full", {"--order": str(file)}).stdout
    assert "3,330 mL (3,331.3), Nadler" in printed
    assert "Did you mean crs-car-t" in refusal(run("show order", None, "crs-cart"))


def test_an_option_in_british_spelling_is_read():
    old, new = (
        run("prescribe --full", {**CASE, f"--{word}-calcium": "1.05 mmol/L"})
        for word in ("ionised", "ionized")
    )
    assert old.stdout == new.stdout
    assert "ionized calcium 1.05 mmol/L" in " ".join(new.stdout.split())
