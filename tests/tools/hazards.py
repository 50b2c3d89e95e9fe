"""Plant the faults of the hazard log in a copy of the tree, one at a time: its tests must fail.

    python -m tests.tools.hazards [H01 ...]
    python -m tests.tools.hazards --changed REF    rows whose files or words differ from a git ref

The trap: a fault that breaks an import makes every test fail. Only a failed test counts as caught,
so errors of collection do not, and without a fault the same tests have to pass.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path

from tests.support.paths import ROOT
from tests.tools.hazards_page import LOG, Fault, Hazard, hazards, hazards_in

PASSED, FAILED = 0, 1  # exit codes of pytest
LONGEST = 900  # seconds of one run of pytest


def main(words: list[str] | None = None) -> int:
    """Plant the faults of the rows that were asked for; 1 where one is not caught."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("ids", nargs="*", metavar="ID", help="rows, such as H01; without any: all")
    reader.add_argument("--changed", metavar="REF", help="only rows that differ from this git ref")
    asked = reader.parse_args(words)
    log = hazards()
    unknown = set(asked.ids) - set(log)
    if unknown:
        reader.error(f"no row {', '.join(sorted(unknown))}")
    rows = [log[id] for id in asked.ids or log]
    if asked.changed:
        rows = changed(rows, asked.changed)
    faults = [(row.id, fault) for row in rows for fault in row.faults]
    wrong = [f"{id}: {said}" for id, fault in faults if (said := misplaced(fault, ROOT))]
    for line in wrong:
        print("ERROR", line)
    if wrong or not faults:
        print(f"{len(faults)} faults in {len(rows)} rows")
        return int(bool(wrong))
    with tempfile.TemporaryDirectory() as folder:
        return planted(faults, copy_of(ROOT, Path(folder)))


def changed(rows: Iterable[Hazard], ref: str) -> list[Hazard]:
    """Rows whose files, or whose words in the log, differ from a git ref."""
    names = {*_git("diff", "--name-only", ref), *_git("ls-files", "-o", "--exclude-standard")}
    shown = subprocess.run(
        ["git", "show", f"{ref}:{LOG}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    before = hazards_in(shown.stdout) if shown.returncode == 0 else {}
    return [row for row in rows if row.files & names or before.get(row.id) != row]


def misplaced(fault: Fault, tree: Path) -> str:
    """What is wrong with the place of a fault: its old text has to be there exactly once."""
    path = tree / fault.file
    count = path.read_text(encoding="utf-8").count(fault.old) if path.is_file() else 0
    if count != 1:
        return f"{fault.removes}: its text is {count} times in {fault.file}, not once"
    return "" if fault.old != fault.new else f"{fault.removes}: it changes nothing"


def copy_of(tree: Path, folder: Path) -> Path:
    """A copy of what git tracks and does not ignore."""
    for name in _git("ls-files", "-co", "--exclude-standard"):
        if (tree / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((tree / name).read_bytes())
    return folder


def planted(faults: Collection[tuple[str, Fault]], tree: Path) -> int:
    """Plant each fault in the copy, run its tests, take it out again; 1 where one passes."""
    sound, words = tests_fail(dict.fromkeys(test for _, one in faults for test in one.tests), tree)
    if sound != PASSED:
        print(f"ERROR without any fault the tests do not pass:\n{words}")
        return 1
    missed = 0
    for id, fault in faults:
        path = tree / fault.file
        kept = path.read_bytes()
        path.write_text(kept.decode().replace(fault.old, fault.new), encoding="utf-8")
        code, words = tests_fail(fault.tests, tree)
        path.write_bytes(kept)
        caught = {PASSED: "NOT CAUGHT", FAILED: "caught"}.get(code, "ERROR")
        print(f"{caught:10} {id} {fault.removes}", flush=True)
        if caught == "ERROR":
            print(words)
        missed += caught != "caught"
    print(f"{len(faults) - missed} of {len(faults)} planted faults were caught")
    return int(missed > 0)


def tests_fail(tests: Iterable[str], tree: Path) -> tuple[int, str]:
    """The exit code of pytest over some tests of a tree, and the end of what it printed."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HYPOTHESIS_PROFILE": "mutation",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests],
        cwd=tree, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False,
    )  # fmt: skip
    return done.returncode, (done.stdout + done.stderr)[-2000:]


def _git(*words: str) -> list[str]:
    """The lines of a git command; the working tree has to be one of git."""
    done = subprocess.run(
        ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True, timeout=LONGEST
    )
    return done.stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main())
