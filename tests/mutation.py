"""Mutation testing: python -m tests.mutation OUT [--again] [room ...], by hand, with cosmic-ray; see docs/quality.md.

cosmic-ray changes one number (to one more), comparison or sign of a room at a time, and the tests named for that room
must fail.
Comparisons become their neighbour and their opposite only: where `a < b` becomes `a in b` almost anything fails. The
register of numbers (test_constants.py) is not among the tests: it notices any number that changes and knows nothing of
what it does; how many of the survivors it notices is counted beside. Survivors that somebody has read stand in
reference/audit/mutants.csv, each with its kind; the others are listed, also as a row for that table. Each worker has a
copy of the tree, with a server that has the libraries loaded and forks for each change. With --again only what survived
is tried again, after tests were added: the room itself must not have changed.
"""

import csv
import io
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
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

HOME = Path(__file__).parent.parent
WORKERS = 2
TOOLS = Path(sys.executable).parent
REGISTER = "tests/test_constants.py"
# Kinds of survivors that no test can find: no input shows it; only two computed numbers that are equal to the last bit
# would; steps, start values and digits kept of a numerical method that comes to the same. The other kind is "words".
EQUIVALENT = ("no effect", "tie", "numerics")
READ = HOME / "tests" / "reference" / "audit" / "mutants.csv"
LONGEST = 150  # seconds for one mutant; an endless loop counts as found
FORMULAS = {
    "dose": "dose reference second sheets",
    "kinetics": "kinetics reference course forecast sheets",
    "compartments": "compartments course sheets",
    "turnover": "turnover kinetics course transcription sheets",
    "removal": "removal forecast validation sheets",
    "course": "course forecast sheets",
    "volume": "reference wrong_formulas transcription estimate patient second sheets",
    "circuit": "circuit second bedside sheets prescription",
    "membrane": "circuit second bedside sheets prescription",
    "citrate": "circuit second transcription bedside sheets prescription",
    "drugs": "drugs second transcription sheets",
    "formula": "formula units sheets",
}
DECISIONS = {
    "fluid": "replacement fluid_rules second sheets",
    "fluid_rules": "fluid_rules replacement prescription sheets",
    "crs": "crs safety sheets",
    "modality": "modality transcription sheets",
    "containers": "second containers replacement bedside sheets",
    "replacement": "second replacement fluid_rules prescription sheets",
    "plans": "second replacement containers prescription sheets",
    "estimate": "reference second estimate patient transcription sheets",
    "cautions": "transcription cautions prescription sheets",
    "patient": "patient order estimate transcription units sheets",
    "prescription": "second safety bedside cautions sheets prescription",
}
# What becomes what: numbers by one, signs, comparisons to the neighbour and the opposite.
COMPARISONS = (
    "Lt_LtE Lt_Gt LtE_Lt LtE_Gt Gt_GtE Gt_Lt GtE_Gt GtE_Lt Eq_NotEq NotEq_Eq Is_IsNot IsNot_Is In_NotIn NotIn_In"
)
SIGNS = "Add_Sub Sub_Add Mul_Div Div_Mul Pow_Mul"
# A number is made one more; the change to one less is left out, to halve the time.
ONE_WAY = """insert into work_results (worker_outcome, output, test_outcome, diff, job_id)
    select 'SKIPPED', 'left', null, null, job_id from mutation_specs where job_id not in (select job_id from work_results)
    and operator_name = 'core/NumberReplacer' and occurrence % 2 = 1"""
CONFIG = """
[cosmic-ray]
module-path = "pexcalc/{room}.py"
timeout = {longest}.0
excluded-modules = []
test-command = "{command}"

[cosmic-ray.distributor]
name = "local"

[cosmic-ray.filters.operators-filter]
exclude-operators = ['^(?!core/(NumberReplacer|ReplaceComparisonOperator_({comparisons})|ReplaceBinaryOperator_({signs}))$)']
"""


def tests_of(room: str) -> list[str]:
    """The test files for a room, those that find most first."""
    names = (FORMULAS | DECISIONS)[room].split()
    return [f"pexcalc/{room}.py", *(f"tests/test_{name}.py" for name in names)]


def serve(address: str) -> None:
    """Run pytest in a fork for each line of arguments that comes in, and answer with its exit code."""
    for library in ("click", "hypothesis.strategies", "mpmath", "numpy", "pint", "pydantic", "scipy.integrate"):
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
                os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-W", loaded, *words])))
            client.sendall(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())
            client.close()


ASK = """import socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect(sys.argv[1])
    server.sendall((" ".join(sys.argv[2:]) + chr(10)).encode())
    sys.exit(server.recv(9) != b"0")
"""


class Worker:
    """A copy of the tree with a server in it, that takes one room after the other."""

    def __init__(self, folder: str, out: Path, again: bool) -> None:
        """Copy the tree, see that everything in it is green, and start the server."""
        self.out, self.folder, self.tree, self.address = (
            out,
            Path(folder),
            Path(folder, "tree"),
            str(Path(folder, "socket")),
        )
        self.again = again
        self.tree.mkdir()
        files = subprocess.run(["git", "ls-files", "-z"], cwd=HOME, check=True, capture_output=True).stdout
        subprocess.run(["xargs", "-0", "cp", "--parents", "-t", str(self.tree)], cwd=HOME, input=files, check=True)
        Path(folder, "ask.py").write_text(ASK)
        self.free = dict(os.environ, PYTHONPATH=str(self.tree), HYPOTHESIS_PROFILE="mutation")
        self.free.pop("PYTHONDONTWRITEBYTECODE", None)
        # With compiled files written: what is not changed is then read from them.
        everything = sorted({name for room in FORMULAS | DECISIONS for name in tests_of(room)} | {REGISTER})
        self.run([sys.executable, "-m", "pytest", "-q", *everything], stdout=subprocess.DEVNULL)
        words = [sys.executable, str(self.tree / "tests" / "mutation.py"), "serve", self.address]
        self.server = subprocess.Popen(words, cwd=self.tree, env=self.free)
        while not Path(self.address).exists():
            time.sleep(0.1)

    def run(self, words: list[str], **more: Any) -> None:
        """Run a command in the tree."""
        subprocess.run(words, cwd=self.tree, env=self.free, check=True, **more)

    def asking(self, *tests: str) -> list[str]:
        """The command that fails where one of these tests does."""
        return [sys.executable, "-IS", str(self.folder / "ask.py"), self.address, *tests]

    def room(self, room: str) -> None:
        """Change one room in every way, one after the other, and print the score."""
        config, session = self.folder / f"{room}.toml", self.out / f"{room}.sqlite"
        again = self.again and session.exists()
        if not again:
            session.unlink(missing_ok=True)
        # Where nothing is changed nothing may fail.
        self.run(self.asking(*tests_of(room)))
        self.run(self.asking(REGISTER))
        config.write_text(
            CONFIG.format(
                room=room, command=shlex.join(self.asking(*tests_of(room))), longest=LONGEST,
                signs=SIGNS.replace(" ", "|"), comparisons=COMPARISONS.replace(" ", "|"),
            )
        )  # fmt: skip
        if not again:
            self.run([str(TOOLS / "cosmic-ray"), "init", str(config), str(session)])
            self.run([str(TOOLS / "cr-filter-operators"), str(session), str(config)])
        with sqlite3.connect(session) as base:
            base.execute("delete from work_results where test_outcome = 'SURVIVED'" if again else ONE_WAY)
        self.run([str(TOOLS / "cosmic-ray"), "exec", str(config), str(session)])
        self.report(session)

    def registered(self, path: str, operator: str, occurrence: int) -> bool:
        """True where the register of numbers notices a change."""
        kept = (self.tree / path).read_text()
        self.run([str(TOOLS / "cosmic-ray"), "apply", path, operator, str(occurrence)])
        done = subprocess.run(self.asking(REGISTER))
        (self.tree / path).write_text(kept)
        return done.returncode != 0

    def report(self, session: Path) -> None:
        """Print the score of a room and what survived, with a mark where the register notices it."""
        asked = """select m.module_path, m.operator_name, m.occurrence, m.start_pos_row, r.diff, r.test_outcome
                   from mutation_specs m join work_results r using (job_id) where r.worker_outcome != 'SKIPPED'
                   order by m.start_pos_row, m.start_pos_col"""
        with sqlite3.connect(session) as base:
            rows = base.execute(asked).fetchall()
        # The star between parameters looks like a product.
        rows = [row for row in rows if not re.search(r"^[+].*(\(|, )/, |^[+] +/,$", row[4] or "", re.MULTILINE)]
        lines, listed, left = [], 0, [row for row in rows if row[5] != "KILLED"]
        with READ.open(newline="", encoding="utf-8") as file:
            known = {(row["room"], row["becomes"]): row["kind"] for row in csv.DictReader(file)}
        kinds: Counter[str] = Counter()
        for path, operator, occurrence, number, diff, _ in left:
            mark = self.registered(path, operator, occurrence)
            listed += mark
            changed = [line for line in (diff or "").splitlines() if re.match(r"[+-](?![+-]{2} )", line)]
            becomes = " ".join(" ".join(line[1:] for line in changed if line[0] == "+").split())
            kind = known.get((session.stem, becomes), "not read")
            kinds[kind] += 1
            if kind == "not read":
                lines += [f"  {number}{' (register)' if mark else ''}: {line}" for line in changed]
                row = io.StringIO()
                csv.writer(row).writerow([session.stem, "", becomes])
                lines.append(f"    {row.getvalue().rstrip()}")
        found, all_of_them = len(rows) - len(left), max(1, len(rows))
        able = max(1, all_of_them - sum(kinds[kind] for kind in EQUIVALENT))
        share = [f"{100 * part / whole:.1f} %" for part, whole in
                 ((found, all_of_them), (found + listed, all_of_them), (found, able))]  # fmt: skip
        said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
        head = f"{session.stem}: {found} of {len(rows)} found, {share[0]}; {share[2]} of what can be found"
        print("\n".join([f"{head}; with the register {share[1]}; left: {said}", *lines]), flush=True)


def work(rooms: "queue.Queue[str]", out: Path, again: bool) -> None:
    """Take rooms from the queue until it is empty."""
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(folder, out, again)
        try:
            while True:
                worker.room(rooms.get_nowait())
        except queue.Empty:
            pass
        finally:
            worker.server.kill()


def main(words: list[str]) -> None:
    """Work through the rooms that are named, or all of them."""
    again = "--again" in words
    out, *named = [word for word in words if word != "--again"]
    folder = Path(out).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    rooms: queue.Queue[str] = queue.Queue()
    for room in named or FORMULAS | DECISIONS:
        rooms.put(room)
    workers = [threading.Thread(target=work, args=(rooms, folder, again)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        main(sys.argv[1:])
