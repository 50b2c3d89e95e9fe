"""The generated pages of docs/, by hand: python -m tests.tools.pages.

tests/system/test_pages.py compares each page with what this writes; UPDATE_DOCS=1 there writes it
too. Words are those of the tables, the formula objects, the docstrings and click.
"""

import ast
import os
import re
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from contextlib import redirect_stdout
from io import StringIO
from unittest.mock import patch

import click

from pexcalc.cli import cli
from tests.support.modules import FILES
from tests.support.paths import ROOT
from tests.tools import api_page, decision_pages, hazards_page, inputs_page
from tests.tools.markdown import prose, table

DOCS = ROOT / "docs"
WRITE = "write it anew: python -m tests.tools.pages"


def commands(command: click.Command = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and subcommand, as it is typed after `pexcalc`."""
    yield path
    if isinstance(command, click.Group):
        for name, one in sorted(command.commands.items()):
            yield from commands(one, (*path, name))


def help_of(path: tuple[str, ...]) -> str:
    """What `--help` of a command prints at 80 columns, whatever the terminal is."""
    with patch.dict(os.environ, {"COLUMNS": "80"}), redirect_stdout(StringIO()) as printed:
        cli.main([*path, "--help"], prog_name="pexcalc", standalone_mode=False)
    return printed.getvalue()


def cli_page() -> str:
    """The command line, command by command."""
    lines = [
        "# Command line",
        *prose(
            "What `--help` prints, command by command, in 80 columns. Written by `python -m tests.tools.pages`; a test "
            "compares, another runs each command. What to enter for a patient and how to read the sheet is in the "
            "[README](../README.md); completion of commands and words by the shell in [completion.md](completion.md)."
        ),
        "",
    ]
    for path in commands():
        typed = " ".join(("pexcalc", *path))
        lines += [f"## {typed}", "", "```sh", f".venv/bin/{typed} --help", "```", "", "```text",
                  *help_of(path).splitlines(), "```", ""]  # fmt: skip
    return "\n".join(lines)


# What somebody comes to change, and where it stands.
CHANGES = (
    ("a solute: its half-life, distribution, sieving, grade", "data/solutes.toml"),
    ("an indication, its category, dose and fluid", "data/indications.csv data/indications.py"),
    ("a replacement product: protein, fibrinogen, citrate, container sizes", "data/fluids.toml"),
    ("a device or an anticoagulant", "data/devices.toml"),
    ("a threshold, a cited work", "data/limits.toml data/sources.toml"),
    ("owner and dates of a data table", "data/tables.toml"),
    ("a unit that is read or printed", "quantities/units.py"),
    ("how a value is checked, how it stands in JSON",
     "quantities/argument.py quantities/annotations.py quantities/strict_json.py"),
    ("which fluid is chosen, such as plasma in bleeding", "rules/fluids/choice.py"),
    ("what stops or removes a fluid", "rules/fluids/safety.py"),
    ("calcium plan, potassium, ACE inhibitor, saline",
     "rules/fluids/electrolytes.py rules/fluids/precautions.py"),
    ("indications that rules treat alike, such as liver failure", "rules/indication_groups.py"),
    ("an alert on the patient, the session, the circuit",
     "rules/alerts/patient.py rules/alerts/session.py rules/alerts/circuit.py"),
    ("an alert on citrate, calcium, laboratory values, platelets, fibrinogen",
     "rules/alerts/citrate_calcium.py rules/alerts/laboratory.py rules/alerts/platelets.py "
     "rules/alerts/fibrinogen.py"),
    ("an alert on anticoagulants or other medicines",
     "rules/alerts/anticoagulants.py rules/alerts/medicines.py"),
    ("an alert on the indication, CRS, the course",
     "rules/alerts/indication.py rules/alerts/crs.py rules/alerts/course.py"),
    ("the facts that alerts look at", "rules/facts.py caution_facts.py"),
    ("which estimator of blood volume is taken", "rules/estimator_rules.py"),
    ("what is said of a medicine", "rules/medicine_rules.py rules/medicine_class.py"),
    ("the grade of CRS, the criteria for exchange", "rules/crs.py"),
    ("a laboratory value or another input, its range", "order/fields.py order/patient.py"),
    ("what is ordered of fluid, calcium, medicines, device",
     "order/treatment.py order/device.py order/order.py"),
    ("a flag, its help, its completion, other words for it",
     "order/fields.py cli/options.py cli/synonyms.py"),
    ("how a text is read", "order/text_input.py order/everyday.py"),
    ("a name by which an indication is found", "data/indication_names.toml"),
    ("what is named as not checked", "rules/not_checked.py"),
    ("care of CRS: when to start, what to watch, when to stop", "rules/crs_care.py"),
    ("a measured level of the patient", "order/measured.py kinetics/levels.py"),
    ("a site's own limits and products", "order/site.py order/site_limits.py"),
    ("a question of guided entry, when it is asked", "order/fields.py order/questions.py"),
    ("an estimator of blood or plasma volume", "exchange/volume.py exchange/estimate.py"),
    ("a formula of dose, circuit or citrate",
     "exchange/dose.py exchange/centrifuge.py exchange/membrane.py exchange/circuit_volume.py "
     "exchange/citrate.py"),
    ("a formula of removal, of a course",
     "kinetics/dilution.py kinetics/turnover.py kinetics/compartments.py kinetics/case.py "
     "kinetics/one_session.py kinetics/removal.py kinetics/removal_working.py "
     "kinetics/one_course.py kinetics/course.py"),
    ("which solutes an order shows", "data/indications.py kinetics/panel.py"),
    ("the range for one patient, what their levels change",
     "kinetics/trajectory.py kinetics/prediction.py kinetics/scenarios.py kinetics/learning.py"),
    ("a medicine of an order, the loss of a dose", "kinetics/medicines.py kinetics/dose_lost.py"),
    ("another modality", "kinetics/modalities.py kinetics/filters.py report/modalities.py"),
    ("containers, the schedule, what a fluid leaves",
     "replacement/containers.py replacement/plan.py replacement/choice.py"),
    ("the order of the steps, a run from values of a device", "prescription.py circuit_steps.py"),
    ("the one screen: its sections, their order",
     "report/screen.py report/screen_fluid.py report/screen_device.py report/screen_after.py"),
    ("the answer of volume, removal, compare, crs-grade", "report/answers.py"),
    ("a sentence of the whole sheet",
     "report/sheet.py report/entered.py report/replacement.py report/administration.py "
     "report/citrate_calcium.py report/circuit.py report/removal.py report/course.py "
     "report/wording.py"),
    ("the summary, a list of `pexcalc show`", "report/summary.py report/lists.py cli/show.py"),
    ("the printed page, the double checks",
     "report/html/bedside.py report/html/handwritten.py report/html/page.py "
     "report/html/plot.py"),
    ("a command", "cli/main.py cli/removal.py"),
    ("a column of a cohort", "cohort/headers.py cohort/table.py"),
    ("alerts of a cohort", "cohort/alerts.py"),
    ("an order out of a FHIR Bundle, a prescription as FHIR resources",
     "fhir/bundle.py fhir/resources.py fhir/codes.py"),
    ("what others read: JSON schemas, texts, lists", "json_schema.py printed.py catalog.py"),
    ("what a form shows while it is filled in (the web page: web/)", "form.py"),
)  # fmt: skip


def architecture_page() -> str:
    """The packages as layers, what to change where, and every module with its first sentence; by the import contracts."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")

    def layers(contract: str) -> list[list[str]]:
        lines = config[f"importlinter:contract:{contract}"]["layers"].split("\n")
        return [re.split(r" *\| *", line) for line in lines if line]

    def modules(package: str) -> Iterator[str]:
        contract = f"inside-{package.replace('/', '-')}" if package else "packages"
        for name in (name for layer in layers(contract) for name in layer):
            path = f"{package}/{name}".strip("/")
            if path in FILES:
                yield path
            else:
                yield f"{path}/__init__"
                yield from modules(path)

    def row(path: str) -> tuple[str, str]:
        package = path.endswith("/__init__")
        name = f"**`{path.removesuffix('__init__')}`**" if package else f"`{path}.py`"
        text = ast.get_docstring(ast.parse(FILES[path].read_text(encoding="utf-8"))) or ""
        return name, text.partition("\n\n")[0]

    rows = layers("packages")
    picture = [[name if name in FILES else f"{name}/" for name in names] for names in rows]
    places = [(what, ", ".join(f"`{name}`" for name in where.split())) for what, where in CHANGES]
    return "\n".join([
        "# Architecture",
        *prose(
            "Where what stands. A line of the picture imports from the lines below it and from nothing "
            "above; names on one line do not know each other. The import contracts in setup.cfg check "
            "it, inside of the packages too, and this page is written from them by "
            "`python -m tests.tools.pages`."), "",
        *(f"    {'   '.join(names)}" for names in picture), "",
        *table(("To change", "Go to"), places, "---"), "",
        *table(("Module", "What is in it"), map(row, modules("")), "---"), "",
    ])  # fmt: skip


PAGES: dict[str, Callable[[], str]] = {
    **{f"decisions/{name}.md": page for name, page in decision_pages.PAGES.items()},
    "cli.md": cli_page,
    "inputs.md": inputs_page.page,
    "api.md": api_page.page,
    "architecture.md": architecture_page,
    "safety/hazards.md": hazards_page.page,
}


def write(name: str) -> None:
    """Write one page."""
    path = DOCS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PAGES[name](), encoding="utf-8")


if __name__ == "__main__":
    for page in PAGES:
        write(page)
