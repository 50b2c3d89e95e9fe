"""Mutation testing: python -m tests.tools.mutation OUT [--again] [pexcalc/FILE.py ...], by hand, with cosmic-ray.

cosmic-ray changes one number (to one more), comparison or sign of a module at a time, and the tests named for that
module must fail. Comparisons become their neighbor and their opposite only: where `a < b` becomes `a in b` almost
anything fails. Survivors are printed with their line; docs/quality.md says what came of reading them. Each worker has a
copy of the tree, with a server that has the libraries loaded and forks for each change. With --again only what survived
is tried again, after tests were added: the module itself must not have changed.
"""

import os
import queue
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT

HOME = ROOT
WORKERS = 2
TOOLS = Path(sys.executable).parent
LONGEST = 150  # seconds for one mutant; an endless loop counts as found
FORMULAS = {
    "pexcalc/exchange/dose.py": "dose reference second sheets",
    "pexcalc/kinetics/dilution.py": "dilution reference course removal_command sheets",
    "pexcalc/kinetics/compartments.py": "compartments course sheets",
    "pexcalc/kinetics/turnover.py": "turnover dilution course transcription sheets",
    "pexcalc/kinetics/case.py": "removal removal_command validation sheets",
    "pexcalc/kinetics/removal.py": "removal removal_command validation sheets",
    "pexcalc/kinetics/trajectory.py": "prediction learning ranges",
    "pexcalc/kinetics/prediction.py": "prediction ranges coverage",
    "pexcalc/kinetics/scenarios.py": "prediction ranges",
    "pexcalc/kinetics/learning.py": "learning ranges coverage",
    "pexcalc/kinetics/course.py": "course removal_command sheets",
    "pexcalc/exchange/volume.py": "reference wrong_formulas transcription estimate patient second sheets",
    "pexcalc/exchange/centrifuge.py": "circuit second bedside sheets prescription",
    "pexcalc/exchange/circuit_volume.py": "circuit second bedside sheets prescription",
    "pexcalc/exchange/membrane.py": "circuit second bedside sheets prescription",
    "pexcalc/exchange/citrate.py": "circuit second transcription bedside sheets prescription",
    "pexcalc/kinetics/medicines.py": "medicines second transcription sheets",
    "pexcalc/quantities/formula.py": "formula units sheets",
    "pexcalc/quantities/argument.py": "formula units sheets",
}
DECISIONS = {
    "pexcalc/order/treatment.py": "choice fluid_rules second sheets",
    "pexcalc/rules/fluids/safety.py": "fluid_rules choice prescription sheets",
    "pexcalc/rules/fluids/choice.py": "fluid_rules choice prescription sheets",
    "pexcalc/rules/fluids/precautions.py": "fluid_rules choice prescription sheets",
    "pexcalc/rules/fluids/electrolytes.py": "fluid_rules choice prescription sheets",
    "pexcalc/rules/fluids/sequence.py": "fluid_rules choice prescription sheets",
    "pexcalc/rules/crs.py": "crs safety sheets",
    "pexcalc/kinetics/modalities.py": "modalities transcription sheets",
    "pexcalc/replacement/containers.py": "second containers choice bedside sheets",
    "pexcalc/replacement/choice.py": "second choice fluid_rules prescription sheets",
    "pexcalc/replacement/plan.py": "second choice containers prescription sheets",
    "pexcalc/exchange/estimate.py": "reference second estimate patient transcription sheets",
    "pexcalc/rules/cautions.py": "transcription cautions prescription sheets",
    "pexcalc/rules/medicine_rules.py": "medicines bedside prescription sheets",
    "pexcalc/rules/estimator_rules.py": "estimate reference patient sheets",
    "pexcalc/caution_facts.py": "cautions bedside sheets prescription",
    "pexcalc/rules/alerts/anticoagulants.py": "transcription cautions prescription sheets",
    "pexcalc/rules/alerts/circuit.py": "transcription cautions prescription sheets",
    "pexcalc/rules/alerts/citrate_calcium.py": "transcription cautions prescription sheets",
    "pexcalc/rules/alerts/course.py": "transcription cautions prescription sheets",
    "pexcalc/rules/alerts/crs.py": "transcription cautions prescription sheets",
    "pexcalc/rules/alerts/fibrinogen.py": "transcription cautions prescription sheets",
    "pexcalc/rules/alerts/fluids.py": "transcription cautions prescription sheets",
    "pexcalc/rules/alerts/indication.py": "transcription cautions prescription sheets",
    "pexcalc/rules/alerts/laboratory.py": "transcription cautions prescription sheets",
    "pexcalc/rules/alerts/medicines.py": "transcription cautions prescription sheets",
    "pexcalc/rules/alerts/overrides.py": "transcription cautions prescription sheets",
    "pexcalc/rules/alerts/patient.py": "transcription cautions prescription sheets",
    "pexcalc/rules/alerts/platelets.py": "transcription cautions prescription sheets",
    "pexcalc/rules/alerts/session.py": "transcription cautions prescription sheets",
    "pexcalc/order/patient.py": "patient order estimate transcription units sheets",
    "pexcalc/prescription.py": "second safety bedside cautions sheets prescription",
}
# What becomes what: numbers by one, signs, comparisons to the neighbour and the opposite.
COMPARISONS = "Lt_LtE Lt_Gt LtE_Lt LtE_Gt Gt_GtE Gt_Lt GtE_Gt GtE_Lt Eq_NotEq NotEq_Eq Is_IsNot IsNot_Is In_NotIn NotIn_In"
SIGNS = "Add_Sub Sub_Add Mul_Div Div_Mul Pow_Mul"
# A number is made one more; the change to one less is left out, to halve the time.
ONE_WAY = """insert into work_results (worker_outcome, output, test_outcome, diff, job_id)
    select 'SKIPPED', 'left', null, null, job_id from mutation_specs where job_id not in (select job_id from work_results)
    and operator_name = 'core/NumberReplacer' and occurrence % 2 = 1"""
CONFIG = """
[cosmic-ray]
module-path = "{module}"
timeout = {longest}.0
excluded-modules = []
test-command = "{command}"

[cosmic-ray.distributor]
name = "local"

[cosmic-ray.filters.operators-filter]
exclude-operators = ['^(?!core/(NumberReplacer|ReplaceComparisonOperator_({comparisons})|ReplaceBinaryOperator_({signs}))$)']
"""


def tests_of(module: str) -> list[str]:
    """The module's own examples and the test files for it, those that find most first."""
    files = {path.stem: str(path.relative_to(HOME)) for path in (HOME / "tests").rglob("test_*.py")}
    return [module, *(files[f"test_{name}"] for name in (FORMULAS | DECISIONS)[module].split())]


def serve(address: str) -> None:
    """Run pytest in a fork for each line of arguments that comes in, and answer with its exit code."""
    for library in (
        "click",
        "hypothesis.strategies",
        "mpmath",
        "numpy",
        "pint",
        "pydantic",
        "scipy.integrate",
    ):
        import_module(library)
    sys.path.insert(0, str(Path.cwd()))
    # Only what is not changed may be read from a compiled file.
    sys.dont_write_bytecode = True
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        while True:
            client, _ = server.accept()
            words = client.makefile().readline().split()
            child = os.fork()
            if child == 0:
                signal.alarm(LONGEST - 10)
                nowhere = os.open(os.devnull, os.O_RDWR)
                for stream in (0, 1, 2):
                    os.dup2(nowhere, stream)
                server.detach()
                loaded = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
                os._exit(
                    int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-W", loaded, *words]))
                )
            client.sendall(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())
            client.close()


ASK = """import socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect(sys.argv[1])
    server.sendall((" ".join(sys.argv[2:]) + chr(10)).encode())
    sys.exit(server.recv(9) != b"0")
"""


class Worker:
    """A copy of the tree with a server in it, that takes one module after the other."""

    def __init__(self, folder: str, out: Path, again: bool, modules: list[str]) -> None:
        """Copy the tree, see that everything in it is green, and start the server."""
        self.out, self.folder, self.tree, self.address = (
            out,
            Path(folder),
            Path(folder, "tree"),
            str(Path(folder, "socket")),
        )
        self.again = again
        self.tree.mkdir()
        files = subprocess.run(
            ["git", "ls-files", "-z"], cwd=HOME, check=True, capture_output=True
        ).stdout
        subprocess.run(
            ["xargs", "-0", "cp", "--parents", "-t", str(self.tree)],
            cwd=HOME,
            input=files,
            check=True,
        )
        Path(folder, "ask.py").write_text(ASK)
        self.free = dict(os.environ, PYTHONPATH=str(self.tree), HYPOTHESIS_PROFILE="mutation")
        self.free.pop("PYTHONDONTWRITEBYTECODE", None)
        # With compiled files written: what is not changed is then read from them.
        everything = sorted({name for module in modules for name in tests_of(module)})
        self.run([sys.executable, "-m", "pytest", "-q", *everything], stdout=subprocess.DEVNULL)
        words = [
            sys.executable,
            str(self.tree / "tests" / "tools" / "mutation.py"),
            "serve",
            self.address,
        ]
        self.server = subprocess.Popen(words, cwd=self.tree, env=self.free)
        while not Path(self.address).exists():
            time.sleep(0.1)

    def run(self, words: list[str], **more: Any) -> None:
        """Run a command in the tree."""
        subprocess.run(words, cwd=self.tree, env=self.free, check=True, **more)

    def change(self, module: str) -> None:
        """Change one module in every way, one after the other, and print the score."""
        name = module.removesuffix(".py").replace("/", "-")
        config, session = self.folder / f"{name}.toml", self.out / f"{name}.sqlite"
        again = self.again and session.exists()
        if not again:
            session.unlink(missing_ok=True)
        asking = [
            sys.executable,
            "-IS",
            str(self.folder / "ask.py"),
            self.address,
            *tests_of(module),
        ]
        self.run(asking)  # where nothing is changed nothing may fail
        config.write_text(
            CONFIG.format(
                module=module, command=shlex.join(asking), longest=LONGEST,
                signs=SIGNS.replace(" ", "|"), comparisons=COMPARISONS.replace(" ", "|"),
            )
        )  # fmt: skip
        if not again:
            self.run([str(TOOLS / "cosmic-ray"), "init", str(config), str(session)])
            self.run([str(TOOLS / "cr-filter-operators"), str(session), str(config)])
        with sqlite3.connect(session) as base:
            base.execute(
                "delete from work_results where test_outcome = 'SURVIVED'" if again else ONE_WAY
            )
        self.run([str(TOOLS / "cosmic-ray"), "exec", str(config), str(session)])
        report(module, session)


def report(module: str, session: Path) -> None:
    """Print the score of a module and what survived."""
    asked = """select m.start_pos_row, r.diff, r.test_outcome
               from mutation_specs m join work_results r using (job_id) where r.worker_outcome != 'SKIPPED'
               order by m.start_pos_row, m.start_pos_col"""
    with sqlite3.connect(session) as base:
        rows = base.execute(asked).fetchall()
    # The star between parameters looks like a product.
    rows = [
        row
        for row in rows
        if not re.search(r"^[+].*(\(|, )/, |^[+] +/,$", row[1] or "", re.MULTILINE)
    ]
    left = [row for row in rows if row[2] != "KILLED"]
    lines = [
        f"  {number}: {line}"
        for number, diff, _ in left
        for line in (diff or "").splitlines()
        if re.match(r"[+-](?![+-]{2} )", line)
    ]
    found = len(rows) - len(left)
    print(
        "\n".join(
            [f"{module}: {found} of {len(rows)} found, {found / max(1, len(rows)):.1%}", *lines]
        ),
        flush=True,
    )


def work(modules: "queue.Queue[str]", out: Path, again: bool) -> None:
    """Take modules from the queue until it is empty."""
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(folder, out, again, list(modules.queue))
        try:
            while True:
                worker.change(modules.get_nowait())
        except queue.Empty:
            pass
        finally:
            worker.server.kill()


def main(words: list[str]) -> None:
    """Work through the modules that are named, or all of them."""
    again = "--again" in words
    out, *named = [word for word in words if word != "--again"]
    folder = Path(out).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    modules: queue.Queue[str] = queue.Queue()
    for module in named or FORMULAS | DECISIONS:
        modules.put(module)
    workers = [
        threading.Thread(target=work, args=(modules, folder, again))
        for _ in range(min(WORKERS, modules.qsize()))
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        main(sys.argv[1:])
