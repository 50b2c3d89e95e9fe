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
REFUSED = FOLDER / "refused.py"
PLAIN = (FOLDER / "mypy.ini").read_text(encoding="utf-8")
CONFIGS = {"plain": PLAIN, "plugin": PLAIN.replace("[mypy]", "[mypy]\nplugins = pydantic.mypy", 1)}
UNTYPED = "from dask."  # it has no types of its own


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Every Python block of the pages as a file."""
    folder = tmp_path_factory.mktemp("pages")
    for page in OWN:
        for number, (language, text) in enumerate(blocks(page)):
            if language == "python" and UNTYPED not in text:
                (folder / f"{page.parent.name}_{page.stem}_{number}.py").write_text(text)
    return sorted(folder.glob("*.py"))


@pytest.mark.parametrize("name", CONFIGS)
def test_the_blocks_of_the_pages_pass_mypy_and_faulty_calls_are_refused(pages, name, tmp_path):
    pytest.importorskip("mypy")
    config = tmp_path / "mypy.ini"
    config.write_text(CONFIGS[name])
    cache = ROOT / ".mypy_cache" / f"pages-{name}"
    options = ["--config-file", config, "--scripts-are-modules", "--cache-dir", cache]
    # An editable install is not seen by the checker; by this path the package is an installed one.
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    files = [*pages, REFUSED] if name == "plain" else pages
    command = [sys.executable, "-m", "mypy", *options, *files]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment
    )
    found = re.findall(r"^(?:.*/)?(\S+\.py):(\d+): error: .*\[([a-z-]+)\]", done.stdout, re.M)
    lines = enumerate(REFUSED.read_text().splitlines(), 1)
    wanted = [("refused.py", str(n), line.split("  # ")[1]) for n, line in lines if "  # " in line]
    assert found == (wanted if name == "plain" else []), done.stdout + done.stderr
    assert done.returncode == (name == "plain"), done.stdout + done.stderr


def test_the_blocks_of_the_pages_pass_pyright(pages):
    if not shutil.which("pyright"):
        pytest.skip("pyright is not installed")
    command = ["pyright", "--pythonpath", sys.executable, *pages]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
