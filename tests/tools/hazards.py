"""Plant the faults of the hazard log in a copy of the tree, one at a time: its tests must fail.

    python -m tests.tools.hazards [H01 ...]
    python -m tests.tools.hazards --changed REF    rows whose files or words differ from a git ref

The trap: a fault that breaks an import makes every test fail. Only a failed test counts as caught,
so errors of collection do not, and without a fault the same tests have to pass.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path

from tests.support.paths import ROOT
from tests.tools.hazards_page import LOG, Fault, Hazard, hazards, hazards_in
from tests.tools.trees import copy_of, git, pytest_in

PASSED, FAILED = 0, 1  # exit codes of pytest


def main() -> int:
    """Plant the faults of the rows that were asked for; 1 where one is not caught."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("ids", nargs="*", metavar="ID", help="rows, such as H01; without any: all")
    reader.add_argument("--changed", metavar="REF", help="only rows that differ from this git ref")
    asked = reader.parse_args()
    log = hazards()
    unknown = set(asked.ids) - set(log)
    if unknown:
        reader.error(f"no row {', '.join(sorted(unknown))}")
    rows = [log[id] for id in asked.ids or log]
    rows = changed(rows, asked.changed) if asked.changed else rows
    faults = [(row.id, fault) for row in rows for fault in row.faults]
    wrong = [f"{id}: {said}" for id, fault in faults if (said := misplaced(fault, ROOT))]
    for line in wrong:
        print("ERROR", line)
    if wrong or not faults:
        print(f"{len(faults)} faults in {len(rows)} rows")
        return int(bool(wrong))
    with tempfile.TemporaryDirectory() as folder:
        return planted(faults, copy_of(Path(folder)))


def changed(rows: Iterable[Hazard], ref: str) -> list[Hazard]:
    """Rows whose files, or whose words in the log, differ from a git ref."""
    names = git("diff", "--name-only", ref) + git("ls-files", "-o", "--exclude-standard")
    try:
        before = hazards_in(git("show", f"{ref}:{LOG}"))
    except subprocess.CalledProcessError:  # no log in that commit
        before = {}
    files = set(names.splitlines())
    return [row for row in rows if row.files & files or before.get(row.id) != row]


def misplaced(fault: Fault, tree: Path) -> str:
    """What is wrong with the place of a fault: its old text has to be there exactly once."""
    path = tree / fault.file
    count = path.read_text(encoding="utf-8").count(fault.old) if path.is_file() else 0
    if count != 1:
        return f"{fault.removes}: its text is {count} times in {fault.file}, not once"
    return "" if fault.old != fault.new else f"{fault.removes}: it changes nothing"


def planted(faults: Collection[tuple[str, Fault]], tree: Path) -> int:
    """Plant each fault in the copy, run its tests, take it out again; 1 where one passes."""
    sound, words = pytest_in(tree, dict.fromkeys(test for _, one in faults for test in one.tests))
    if sound != PASSED:
        print(f"ERROR without any fault the tests do not pass:\n{words}")
        return 1
    missed = 0
    for id, fault in faults:
        path = tree / fault.file
        kept = path.read_bytes()
        path.write_text(kept.decode().replace(fault.old, fault.new), encoding="utf-8")
        code, words = pytest_in(tree, fault.tests)
        path.write_bytes(kept)
        caught = {PASSED: "NOT CAUGHT", FAILED: "caught"}.get(code, "ERROR")
        print(f"{caught:10} {id} {fault.removes}", flush=True)
        if caught == "ERROR":
            print(words)
        missed += caught != "caught"
    print(f"{len(faults) - missed} of {len(faults)} planted faults were caught")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
