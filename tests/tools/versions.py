"""The lowest and the newest allowed version of each dependency, and every Python that is here.

    python -m tests.tools.versions                      lowest on 3.11, newest on each Python
    python -m tests.tools.versions --set lowest --python 3.11

Each pair has an environment of its own with the extras cohort and what the tests need, into which
the package is installed as a wheel is; then a short part of the tests runs. The lowest are those of
`setup.cfg`, by constraints, on the lowest Python, for which they have wheels; what a dependency
needs in turn is chosen by pip. 1 where one fails.
"""

import argparse
import configparser
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.paths import ROOT

SETS = ("lowest", "newest")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
EXTRAS = ("cohort", "plot")
NEEDED = "pytest>=8 pytest-xdist>=3.6 hypothesis>=6.100 mpmath>=1.3 pandas ucumvert>=0.3"
SHORT = "tests/unit/quantities tests/unit/order tests/unit/cli/test_cli.py "
SHORT += "tests/unit/test_cohort.py"
FOLDERS = (Path.home() / ".pyenv" / "versions", Path.home() / ".local/share/uv/python")
_ROW = re.compile(r"([\w.\[\],-]+) *>=([0-9.]+)")


def lower_bounds() -> dict[str, str]:
    """The lowest version that `setup.cfg` allows of each dependency of the package and its extras."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    rows = [setup["options"]["install_requires"]]
    rows += [setup["options.extras_require"][extra] for extra in EXTRAS]
    return dict(_ROW.match(row).groups() for row in "".join(rows).split("\n") if row)  # type: ignore[union-attr,misc]


def found(python: str) -> str | None:
    """The first interpreter that answers with that version: by name, or kept by pyenv or uv."""
    kept = (folder.glob(f"*{python}.*/bin/python{python}") for folder in FOLDERS)
    kept = map(str, (one for some in kept for one in sorted(some)))
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    for one in filter(None, (shutil.which(f"python{python}"), *kept)):
        said = subprocess.run([one, "-c", ask], capture_output=True, text=True, check=False)
        if said.stdout.strip() == python:
            return one
    return None


def installed(interpreter: str, chosen: str, folder: Path) -> Path:
    """An environment with the package and one set of versions; its interpreter."""
    subprocess.run([interpreter, "-m", "venv", folder / "env"], check=True)
    python = folder / "env" / "bin" / "python"
    bounds = lower_bounds() if chosen == "lowest" else {}
    constraints = folder / "constraints.txt"
    constraints.write_text("".join(f"{name}=={low}\n" for name, low in bounds.items()), "utf-8")
    source = folder / "source"  # a copy: building leaves files beside setup.cfg
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".git", "build", "*.egg-info"))
    words = [f"{source}[{','.join(EXTRAS)}]", *NEEDED.split(), "--constraint", constraints]
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--upgrade", *words], check=True)
    subprocess.run([*pip, "check"], check=True)
    return python


def tried(python: str, chosen: str) -> str:
    """What became of one Python with one set of versions, in words."""
    interpreter = found(python)
    if interpreter is None:
        return "not available here"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            here = installed(interpreter, chosen, folder)
        except subprocess.CalledProcessError as error:
            return f"FAILED: {' '.join(map(str, error.cmd[:5]))} ..."
        ask = "import sys; from importlib.metadata import version as v; "
        ask += "print(*(f'{name} {v(name)}' for name in sys.argv[1:]), sep=', ')"
        words = [here, "-c", ask, *lower_bounds()]
        have = subprocess.run(words, capture_output=True, text=True, check=True)
        print(f"Python {python}, {chosen}: {have.stdout.strip()}", flush=True)
        shutil.rmtree(folder / "source" / "pexcalc")  # what is tested is what is installed
        command = [here, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header"]
        environment = {**os.environ, "PYTHONPATH": "", "NO_SKIP": ""}
        more = {"cwd": folder / "source", "env": environment, "capture_output": True}
        done = subprocess.run([*command, *SHORT.split()], **more, text=True, check=False)
        print("\n".join(done.stdout.splitlines()[-12:]), done.stderr[-800:], flush=True)
        return "passed" if done.returncode == 0 else "FAILED"


def main() -> int:
    """Try each pair and print a row for it; 1 where one failed."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("--set", action="append", choices=SETS, dest="sets")
    reader.add_argument("--python", action="append", dest="pythons", metavar="X.Y")
    asked = reader.parse_args()
    pairs = [
        (python, chosen)
        for python in asked.pythons or PYTHONS
        for chosen in asked.sets or SETS
        if chosen == "newest" or python == PYTHONS[0] or asked.pythons
    ]
    rows = {pair: tried(*pair) for pair in pairs}
    for (python, chosen), said in rows.items():
        print(f"Python {python}, {chosen}: {said}")
    return int(any(said.startswith("FAILED") for said in rows.values()))


if __name__ == "__main__":
    sys.exit(main())
