"""The tree of the project for scripts: what git says of it, a copy of it, pytest in a copy."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.support.paths import ROOT

LONGEST = 900  # seconds of one run of pytest


def git(*words: str, tree: Path = ROOT) -> str:
    """What a git command prints; the tree has to be one of git."""
    done = subprocess.run(["git", *words], cwd=tree, capture_output=True, text=True, check=True)
    return done.stdout


def copy_of(folder: Path) -> Path:
    """A copy of what git tracks and does not ignore."""
    for name in git("ls-files", "-co", "--exclude-standard").splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def environment_of(tree: Path, **more: str) -> dict[str, str]:
    """The environment in which a copy of the tree is the one that is imported."""
    return {**os.environ, "PYTHONPATH": str(tree), "HYPOTHESIS_PROFILE": "mutation", **more}


def pytest_in(tree: Path, tests: Iterable[str]) -> tuple[int, str]:
    """The exit code of pytest over some tests of a tree, and the end of what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests], cwd=tree,
        env=environment_of(tree, PYTHONDONTWRITEBYTECODE="1"), capture_output=True, text=True,
        timeout=LONGEST, check=False,
    )  # fmt: skip
    return done.returncode, (done.stdout + done.stderr)[-2000:]
