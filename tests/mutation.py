"""Mutation testing: python -m tests.mutation OUT [room ...], by hand, with cosmic-ray installed; its figures are in docs/quality.md.

cosmic-ray changes one number, comparison or sign of a room at a time; the tests named for that room must fail. Comparisons are changed into their neighbour and their opposite only: `a < b` into `a in b` fails by
itself. The register of numbers (test_constants.py) is left out: it would notice each changed number without knowing what
it does; how many of those that survive it notices is counted by itself. Each worker has a copy of the tree; a
server in it has the libraries loaded and forks for each mutant.
"""

import os
import queue
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

HOME = Path(__file__).parent.parent
WORKERS = 2
LONGEST = 150  # seconds for one mutant; an endless loop counts as found
FORMULAS = {
    "dose": "dose reference second",
    "kinetics": "kinetics reference course forecast",
    "compartments": "compartments course",
    "turnover": "turnover kinetics course transcription",
    "removal": "removal forecast validation",
    "course": "course forecast",
    "volume": "reference wrong_formulas transcription estimate patient second",
    "circuit": "circuit second",
    "membrane": "circuit second",
    "citrate": "circuit second transcription",
    "drugs": "drugs second transcription",
    "formula": "formula units",
}
DECISIONS = {
    "fluid": "replacement fluid_rules second",
    "fluid_rules": "fluid_rules replacement safety",
    "crs": "crs safety",
    "modality": "modality transcription",
    "containers": "second containers replacement",
    "replacement": "second replacement fluid_rules",
    "plans": "second replacement containers",
    "estimate": "reference second estimate patient transcription",
    "cautions": "transcription cautions replacement crs safety",
    "patient": "patient order estimate transcription units",
    "prescription": "second safety bedside cautions",
}
# What becomes what: numbers by one, signs, comparisons to the neighbour and the opposite.
COMPARISONS = (
    "Lt_LtE Lt_Gt LtE_Lt LtE_Gt Gt_GtE Gt_Lt GtE_Gt GtE_Lt Eq_NotEq NotEq_Eq Is_IsNot IsNot_Is In_NotIn NotIn_In"
)
SIGNS = "Add_Sub Sub_Add Mul_Div Div_Mul Pow_Mul"
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
    import click, hypothesis.strategies, mpmath, numpy, pint, pydantic, pytest, scipy.integrate  # noqa: E401, F401

    sys.path.insert(0, os.getcwd())
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


def work(rooms: "queue.Queue[str]", out: Path) -> None:
    """Take one room after the other, in a copy of the tree."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        tree.mkdir()
        files = subprocess.run(["git", "ls-files", "-z"], cwd=HOME, check=True, capture_output=True).stdout
        subprocess.run(["xargs", "-0", "cp", "--parents", "-t", str(tree)], cwd=HOME, input=files, check=True)
        Path(folder, "ask.py").write_text(ASK)
        address = str(Path(folder, "socket"))
        free = dict(os.environ, PYTHONPATH=str(tree), HYPOTHESIS_PROFILE="mutation")
        free.pop("PYTHONDONTWRITEBYTECODE", None)
        # Once with compiled files written, which also shows that all is green before anything is changed.
        everything = sorted({name for room in FORMULAS | DECISIONS for name in tests_of(room)})
        subprocess.run([sys.executable, "-m", "pytest", "-q", *everything], cwd=tree, env=free, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        server = subprocess.Popen(
            [sys.executable, str(tree / "tests" / "mutation.py"), "serve", address], cwd=tree, env=free
        )
        while not Path(address).exists():
            time.sleep(0.1)
        try:
            while True:
                room = rooms.get_nowait()
                asking = [sys.executable, "-IS", str(Path(folder, "ask.py")), address, *tests_of(room)]
                # Where nothing is changed nothing may fail.
                subprocess.run(asking, check=True)
                subprocess.run([*asking[:4], "tests/test_constants.py"], check=True)
                command = shlex.join(asking)
                config, session = Path(folder, f"{room}.toml"), out / f"{room}.sqlite"
                config.write_text(CONFIG.format(room=room, command=command, longest=LONGEST, signs=SIGNS.replace(" ", "|"),
                                                comparisons=COMPARISONS.replace(" ", "|")))  # fmt: skip
                session.unlink(missing_ok=True)
                tools = Path(sys.executable).parent
                for words in (["cosmic-ray", "init", str(config), str(session)],
                              ["cr-filter-operators", str(session), str(config)],
                              ["cosmic-ray", "exec", str(config), str(session)]):  # fmt: skip
                    subprocess.run([str(tools / words[0]), *words[1:]], cwd=tree, env=free, check=True)

                def noticed(path: str, operator: str, occurrence: int) -> bool:
                    kept = (tree / path).read_text()
                    words = [str(tools / "cosmic-ray"), "apply", path, operator, str(occurrence)]
                    subprocess.run(words, cwd=tree, env=free, check=True)
                    done = subprocess.run([*asking[:4], "tests/test_constants.py"])
                    (tree / path).write_text(kept)
                    return done.returncode != 0

                report(session, noticed)
        except queue.Empty:
            pass
        finally:
            server.kill()


def report(session: Path, noticed: Callable[[str, str, int], bool]) -> None:
    """Print the score of a room and what survived, with a mark where the register of numbers notices it."""
    asked = """select m.module_path, m.operator_name, m.occurrence, m.start_pos_row, r.diff, r.test_outcome
               from mutation_specs m join work_results r using (job_id) where r.worker_outcome != 'SKIPPED'
               order by m.start_pos_row, m.start_pos_col"""
    with sqlite3.connect(session) as base:
        rows = base.execute(asked).fetchall()
    lines, listed, left = [], 0, [row for row in rows if row[5] != "KILLED"]
    for path, operator, occurrence, number, diff, _ in left:
        mark = noticed(path, operator, occurrence)
        listed += mark
        changed = [line for line in (diff or "").splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        lines += [f"  {number}{' (register)' if mark else ''}: {line}" for line in changed]
    found = len(rows) - len(left)
    share = [f"{100 * part / max(1, len(rows)):.1f} %" for part in (found, found + listed)]
    lines.insert(0, f"{session.stem}: {found} of {len(rows)} found, {share[0]}; with the register {share[1]}")
    print("\n".join(lines), flush=True)


def main(words: list[str]) -> None:
    """Work through the rooms that are named, or all of them."""
    out = Path(words[0]).resolve()
    out.mkdir(parents=True, exist_ok=True)
    rooms: queue.Queue[str] = queue.Queue()
    for room in words[1:] or FORMULAS | DECISIONS:
        rooms.put(room)
    workers = [threading.Thread(target=work, args=(rooms, out)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        main(sys.argv[1:])
