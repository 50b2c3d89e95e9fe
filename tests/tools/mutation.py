"""Mutation testing, by hand, with cosmic-ray; with matplotlib, or what is drawn counts as missed.

cosmic-ray changes one number (to one more), comparison or sign of a module at a time, and the tests
named for that module must fail. Comparisons become their neighbor and their opposite only: where
`a < b` becomes `a in b` almost anything fails. Survivors are printed with their line;
docs/quality.md says what came of reading them. Each worker has a copy of the tree, with a server
that has the libraries loaded and forks for each change. With --again only what survived is tried
again, after tests were added: the module itself must not have changed. With --sample N at most N
changes of each module are tried, drawn with a fixed seed, so that all modules can be looked at in an
hour. A share of a sample has the width of a sample: 40 of 40 found is compatible with 91 to 100 % of
all changes (95 % interval), 36 of 40 with 76 to 97 %.
"""

import argparse
import os
import queue
import random
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT
from tests.tools.trees import copy_of, environment_of

WORKERS = 2
TOOLS = Path(sys.executable).parent
LONGEST = 150  # seconds for one mutant; an endless loop counts as found
# Modules below pexcalc/, and the test files for each, those that find most first.
TABLE = """
exchange/dose: dose reference formula second sheets
kinetics/dilution: dilution reference formula course removal_command sheets
kinetics/compartments: compartments turnover course sheets
kinetics/turnover: turnover dilution formula course transcription sheets
kinetics/case kinetics/one_session kinetics/session_input kinetics/removal kinetics/removal_working kinetics/panel: removal expected levels modalities removal_command sheets
kinetics/trajectory: prediction learning expected ranges
kinetics/prediction: prediction expected levels ranges
kinetics/scenarios: prediction expected ranges constants
kinetics/learning: learning levels ranges
kinetics/one_course kinetics/course: course expected levels notebook removal_command sheets
exchange/volume: reference wrong_formulas formula transcription estimate patient second sheets
exchange/centrifuge exchange/circuit_volume: circuit formula second bedside sheets prescription
exchange/membrane: circuit formula second bedside sheets prescription
exchange/citrate: circuit formula administration second transcription bedside sheets prescription
kinetics/dose_lost kinetics/medicines: medicines formula second transcription sheets
quantities/formula quantities/argument: formula units sheets
order/treatment: site choice fluid_rules faults answers second sheets contract
rules/fluids/*: fluid_rules choice prescription case_reports sheets
rules/crs: crs safety prescription sheets contract
kinetics/filters kinetics/modalities: modalities transcription sheets
replacement/containers: second containers choice bedside sheets
replacement/choice: second choice fluid_rules prescription sheets
replacement/plan: second choice containers prescription sheets
exchange/estimate: reference second estimate patient transcription sheets
rules/cautions: transcription cautions prescription case_reports sheets
rules/medicine_rules rules/medicine_class: medicines bedside prescription sheets
rules/estimator_rules: estimate reference patient sheets
caution_facts: caution_facts cautions bedside sheets prescription
rules/alerts/*: transcription cautions caution_facts prescription case_reports pages sheets
order/patient: patient faults cohort order estimate transcription units sheets
prescription circuit_steps: second levels safety bedside cautions sheets prescription
"""
MODULES = {
    str(path.relative_to(ROOT)): tests.split()
    for modules, tests in (row.split(": ") for row in TABLE.strip().splitlines())
    for module in modules.split()
    for path in sorted((ROOT / "pexcalc").glob(f"{module.replace('*', '[!_]*')}.py"))
}
# What becomes what: numbers by one, signs, comparisons to the neighbor and the opposite.
COMPARISONS = "Lt_LtE|Lt_Gt|LtE_Lt|LtE_Gt|Gt_GtE|Gt_Lt|GtE_Gt|GtE_Lt|"
COMPARISONS += "Eq_NotEq|NotEq_Eq|Is_IsNot|IsNot_Is|In_NotIn|NotIn_In"
SIGNS = "Add_Sub|Sub_Add|Mul_Div|Div_Mul|Pow_Mul"
CHANGED = (
    f"NumberReplacer|ReplaceComparisonOperator_({COMPARISONS})|ReplaceBinaryOperator_({SIGNS})"
)
# A number is made one more; the change to one less is left out, to halve the time.
ONE_WAY = """insert into work_results (worker_outcome, output, test_outcome, diff, job_id)
    select 'SKIPPED', 'left', null, null, job_id from mutation_specs
    where job_id not in (select job_id from work_results)
    and operator_name = 'core/NumberReplacer' and occurrence % 2 = 1"""
# What waits to be tried, in the order of the file: job_id itself is drawn anew in each session.
WAITING = """select job_id from mutation_specs
    where job_id not in (select job_id from work_results)
    order by start_pos_row, start_pos_col, operator_name, occurrence"""
LEFT_OUT = "insert into work_results (worker_outcome, output, job_id) values ('SKIPPED', 'left', ?)"
CONFIG = """
[cosmic-ray]
module-path = "{module}"
timeout = {longest}.0
excluded-modules = []
test-command = "{command}"

[cosmic-ray.distributor]
name = "local"

[cosmic-ray.filters.operators-filter]
exclude-operators = ['^(?!core/({changed})$)']
"""
LOADED = "click hypothesis.strategies mpmath numpy pint pydantic scipy.integrate"


def tests_of(module: str) -> list[str]:
    """The module's own examples and the test files for it."""
    files = {path.stem: str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")}
    return [module, *(files[f"test_{name}"] for name in MODULES[module])]


def serve(address: str) -> None:
    """Run pytest in a fork for each line of arguments that comes in, and answer with its exit code."""
    for library in LOADED.split():
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
                options = ["-x", "-q", "-p", "no:cacheprovider", "-W", loaded]
                os._exit(int(pytest.main([*options, *words])))
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

    def __init__(self, folder: str, asked: argparse.Namespace, modules: list[str]) -> None:
        """Copy the tree, see that everything in it is green, and start the server."""
        self.asked, self.folder = asked, Path(folder)
        self.address = str(self.folder / "socket")
        self.tree = copy_of(self.folder / "tree")
        (self.folder / "ask.py").write_text(ASK)
        self.free = environment_of(self.tree)
        self.free.pop("PYTHONDONTWRITEBYTECODE", None)
        # With compiled files written: what is not changed is then read from them.
        everything = sorted({name for module in modules for name in tests_of(module)})
        self.run(sys.executable, "-m", "pytest", "-q", *everything, stdout=subprocess.DEVNULL)
        script = str(self.tree / "tests" / "tools" / "mutation.py")
        words = [sys.executable, script, "serve", self.address]
        self.server = subprocess.Popen(words, cwd=self.tree, env=self.free)
        while not Path(self.address).exists():
            time.sleep(0.1)

    def run(self, *words: str, **more: Any) -> None:
        """Run a command in the tree."""
        subprocess.run(words, cwd=self.tree, env=self.free, check=True, **more)

    def change(self, module: str) -> None:
        """Change one module in every way, one after the other, and print the score."""
        name = module.removesuffix(".py").replace("/", "-")
        config, session = self.folder / f"{name}.toml", self.asked.out / f"{name}.sqlite"
        again = self.asked.again and session.exists()
        ask = str(self.folder / "ask.py")
        asking = [sys.executable, "-IS", ask, self.address, *tests_of(module)]
        if subprocess.run(asking, check=False).returncode:
            print(f"{module}: its tests fail without a change, or take {LONGEST - 10} s or more")
            return
        given = {"module": module, "longest": LONGEST, "changed": CHANGED}
        config.write_text(CONFIG.format(command=shlex.join(asking), **given))
        if not again:
            session.unlink(missing_ok=True)
            self.run(str(TOOLS / "cosmic-ray"), "init", str(config), str(session))
            self.run(str(TOOLS / "cr-filter-operators"), str(session), str(config))
        with sqlite3.connect(session) as base:
            survived = "delete from work_results where test_outcome = 'SURVIVED'"
            base.execute(survived if again else ONE_WAY)
            if self.asked.sample and not again:  # the same sample in each run
                waiting = base.execute(WAITING).fetchall()
                random.Random(0).shuffle(waiting)
                base.executemany(LEFT_OUT, waiting[self.asked.sample :])
        self.run(str(TOOLS / "cosmic-ray"), "exec", str(config), str(session))
        report(module, session)


def report(module: str, session: Path) -> None:
    """Print the score of a module and what survived."""
    asked = """select m.start_pos_row, r.diff, r.test_outcome
        from mutation_specs m join work_results r using (job_id)
        where r.worker_outcome != 'SKIPPED' order by m.start_pos_row, m.start_pos_col"""
    with sqlite3.connect(session) as base:
        rows = base.execute(asked).fetchall()
    star = re.compile(r"^[+].*(\(|, )/, |^[+] +/,$", re.MULTILINE)  # one that is no product
    rows = [row for row in rows if not star.search(row[1] or "")]
    left = [row for row in rows if row[2] != "KILLED"]
    found = len(rows) - len(left)
    print(f"{module}: {found} of {len(rows)} found, {found / max(1, len(rows)):.1%}")
    for number, diff, _ in left:
        changed = re.findall(r"^[+-](?![+-]{2} ).*", diff or "", re.MULTILINE)
        print("\n".join(f"  {number}: {line}" for line in changed), flush=True)


def work(modules: "queue.Queue[str]", asked: argparse.Namespace) -> None:
    """Take modules from the queue until it is empty."""
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(folder, asked, list(modules.queue))
        with suppress(queue.Empty), worker.server:
            try:
                while True:
                    worker.change(modules.get_nowait())
            finally:
                worker.server.kill()


def main() -> None:
    """Work through the modules that are named, or all of them."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("out", type=Path, metavar="OUT", help="folder for the sessions")
    parser.add_argument("named", nargs="*", metavar="pexcalc/FILE.py", help="without one: all")
    parser.add_argument("--again", action="store_true", help="only what survived before")
    parser.add_argument("--sample", type=int, metavar="N", help="at most N changes of each module")
    asked = parser.parse_intermixed_args()
    asked.out = asked.out.resolve()
    asked.out.mkdir(parents=True, exist_ok=True)
    modules: queue.Queue[str] = queue.Queue()
    for module in asked.named or MODULES:
        modules.put(module)
    with ThreadPoolExecutor() as workers:
        list(workers.map(lambda _: work(modules, asked), range(min(WORKERS, modules.qsize()))))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        main()
