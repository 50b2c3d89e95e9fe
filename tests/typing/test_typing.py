"""What a type checker sees: the blocks of the pages pass strictly, and faulty calls are refused."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.support.paths import ROOT
from tests.system.test_docs import OWN, blocks

FOLDER = ROOT / "tests" / "typing"
# Dask has no types of its own.
UNTYPED = "from dask."


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Every Python block of the pages as a file."""
    folder = tmp_path_factory.mktemp("pages")
    for page in OWN:
        for number, (language, text) in enumerate(blocks(page)):
            if language == "python" and UNTYPED not in text:
                (folder / f"{page.parent.name}_{page.stem}_{number}.py").write_text(text)
    return folder


def mypy(config, *files):
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--config-file", config, "--scripts-are-modules"]
    cache = ROOT / ".mypy_cache" / f"pages-{config.stem}"
    # An editable install is not seen by the checker; by this path the package is an installed one.
    return subprocess.run(
        [*command, "--cache-dir", cache, *files], capture_output=True, text=True, check=False, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.mark.parametrize("plugin", [False, True], ids=["plain", "pydantic's plugin"])
def test_the_blocks_of_the_pages_pass_mypy(pages, plugin, tmp_path):
    config = tmp_path / ("plugin.ini" if plugin else "plain.ini")
    plain = (FOLDER / "mypy.ini").read_text()
    more = "[mypy]\nplugins = pydantic.mypy" if plugin else "[mypy]"
    config.write_text(plain.replace("[mypy]", more, 1))
    done = mypy(config, *sorted(pages.glob("*.py")))
    assert done.returncode == 0, done.stdout + done.stderr


def test_faulty_calls_are_refused():
    done = mypy(FOLDER / "mypy.ini", FOLDER / "refused.py")
    found = re.findall(r"refused\.py:(\d+): error: .*\[([a-z-]+)\]", done.stdout)
    lines = (FOLDER / "refused.py").read_text().splitlines()
    wanted = [
        (str(n), line.partition("  # ")[2]) for n, line in enumerate(lines, 1) if "  # " in line
    ]
    assert found == wanted, done.stdout + done.stderr


def test_the_blocks_of_the_pages_pass_pyright(pages):
    if not shutil.which("pyright"):
        pytest.skip("pyright is not installed")
    command = ["pyright", "--pythonpath", sys.executable, *sorted(pages.glob("*.py"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
