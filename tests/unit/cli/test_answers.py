"""The answers of volume, removal, compare and crs-grade: the figure first, what was assumed, reasons behind --why."""

import re

import pytest
from click.testing import CliRunner

from pexcalc.cli.main import cli

SESSION = "--plasma-volumes 1 --duration '2 h'"
BODY = "--sex female --age '54 y' --height '162 cm' --weight '60 kg' --hematocrit '38 %'"
FILTER = (
    "--weight '70 kg' --hematocrit '30 %' --blood-flow '150 mL/min' --effluent-dose '25 mL/kg/h'"
)
LEVELS = "--sessions 3 --every '48 h' --measured 'IgG 9.1 g/L before session 1' --measured 'IgG 3.6 g/L after session 1'"
SIGNS = "--temperature '39 C' --hypotension no --vasopressor none --oxygen-device room-air"
# A command line, its first line, what it also says, and what stands with the reasons alone.
ANSWERS = (
    (f"volume {BODY}", "PLASMA VOLUME 2,280 mL (range 1,830 to 2,740), Nadler",
     ("NOT CHECKED   No data for: other conditions", "Lemmens 2,550 mL"), "tends to be lower than PV"),
    (f"volume {BODY} --state sepsis", "PLASMA VOLUME 2,280 mL (range 1,600 to 2,970), Nadler: NOT VALID here",
     ("CHECK No estimator is valid with sepsis", "OTHER METHODS NOT VALID here: Lemmens"), "W-STATE"),
    (f"removal --solute IgG {SESSION}", "IMMUNOGLOBULIN G",
     ("Reduction at the end 62 % (range 38 to 74) by the equation", "3 L at 70 kg where a clearance needs one"), "24-hour mean"),
    (f"removal --solute IL-6 {SESSION}", "INTERLEUKIN-6",
     ("production: a fall of 5 to 56 %", "none of the solute (assumed)"), "Limit at this rate"),
    (f"removal --solute IgG {SESSION} --every '48 h' --target-level '30 %'", "IMMUNOGLOBULIN G, 7 sessions, production steady",
     ("After a session 1 to 7 sessions, typically 2", "no guideline sets a target", "2 72 % (53 to 83 %) 28 % (16 to 51 %) 53 % (46 to 70 %)"), "Plasma level:"),
    (f"compare --solute IL-6 {SESSION} {FILTER}", "INTERLEUKIN-6",
     ("High cut-off 26.5 38.2 6 to 79 % 6 to 74 %", "24 h a day (assumed)", "neither removal by treatment nor benefit"), "0.28 high-flux"),
    (f"removal --solute IgG {SESSION} {LEVELS}", "IMMUNOGLOBULIN G, 3 sessions, production steady",
     ("IgG 3.6 g/L after session 1; used", "Without the levels session 3", "same laboratory;"), "Clock between x"),
    (f"crs-grade {SIGNS}", "CRS GRADE     Grade 1 (ASTCT 2019)",
     ("not recommended (2022 consensus)", "by Penn or Lee may differ"), "li-2023"),
)  # fmt: skip


def printed(line, *more):
    import shlex

    done = CliRunner().invoke(cli, [*shlex.split(line), *more])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize(("line", "first", "said", "behind"), ANSWERS)
def test_the_answer_is_first_and_the_reasons_are_behind_why(line, first, said, behind):
    text = printed(line)
    lines = [one for one in text.splitlines() if one.strip()]
    assert lines[0] == first
    assert len(lines) <= 24  # the longest: a table with its assumptions
    assert max(map(len, lines)) <= 80
    flat = " ".join(text.split())
    for words in said:
        assert " ".join(words.split()) in flat
    assert re.findall(r"--\w+", text) == ["--why"]
    assert behind not in flat
    why = printed(line, "--why")
    assert why.splitlines()[0] == first
    assert behind in " ".join(why.split())
    assert printed(line, "--explain") == why
