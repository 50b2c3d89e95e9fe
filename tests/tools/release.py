"""Everything of a release in one folder: wheel, source distribution, page, and SHA256SUMS.

    python -m tests.tools.release OUT [--no-page]

Each is built twice, in two folders, and compared byte for byte; 1 where two differ. The date in
the archives is SOURCE_DATE_EPOCH: as set, else that of the last commit. setuptools is the version
of .ci/build.txt, because it writes its version into the wheel. The page needs node and is left out,
with a line that says so, where node is not here. To check a release: the same commit, this command,
then `sha256sum --check SHA256SUMS`.
"""

import argparse
import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.support.paths import ROOT
from tests.tools.trees import git

# What a wheel and a source distribution are made of.
PARTS = ("pexcalc", "setup.py", "setup.cfg", "pyproject.toml", "MANIFEST.in", "README.md",
         "CHANGELOG.md", "LICENSE", "sbom.cdx.json")  # fmt: skip
SUMS = "SHA256SUMS"


def date_of_release() -> str:
    """Seconds since 1970: as set from outside, else of the last commit, else 1980, as in a zip."""
    try:
        return os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct").strip()
    except subprocess.CalledProcessError:  # a copy without its history
        return "315532800"


def settled(archive: Path, date: int) -> None:
    """Write a .tar.gz anew: names in order, one date, no owner, and no name in the gzip header."""
    with tarfile.open(archive) as packed:
        entries = sorted(packed.getmembers(), key=lambda entry: entry.name)
        files = [packed.extractfile(entry) for entry in entries]
        contents = [file.read() if file else b"" for file in files]
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as made:
        for entry, content in zip(entries, contents, strict=True):
            entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = date, 0, 0, "", ""
            entry.mode = 0o755 if entry.isdir() else 0o644
            entry.pax_headers = {}
            made.addfile(entry, io.BytesIO(content))
    archive.write_bytes(gzip.compress(raw.getvalue(), mtime=0))


def built(out: Path, with_page: bool) -> None:
    """Build everything once, out of a copy of the tree that has nothing of an earlier build."""
    out.mkdir(parents=True)
    date = date_of_release()
    pinned = {"PIP_CONSTRAINT": str(ROOT / ".ci" / "build.txt"), "PYTHONPATH": str(ROOT)}
    environment = {**os.environ, **pinned, "SOURCE_DATE_EPOCH": date}
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "source"
        source.mkdir()
        skipped = shutil.ignore_patterns("__pycache__", "*.pyc")
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, source / part, ignore=skipped)
            else:
                shutil.copy(ROOT / part, source / part)
        for path in source.rglob("*"):  # whatever the umask of the checkout was
            path.chmod(0o755 if path.is_dir() else 0o644)
        words = [sys.executable, "-m", "build", "--quiet", "--outdir", str(out), str(source)]
        subprocess.run(words, check=True, env=environment)
    for archive in out.glob("*.tar.gz"):
        settled(archive, int(date))
    if with_page:
        words = [sys.executable, str(ROOT / "web" / "build.py"), str(out / "page")]
        subprocess.run(words, check=True, env=environment)


def sums(folder: Path) -> str:
    """The lines of SHA256SUMS: every file of a folder, in order."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    hashes = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return "".join(f"{known}  {path.relative_to(folder)}\n" for path, known in hashes.items())


def differing(one: str, other: str) -> list[str]:
    """The names of files that one of two lists has otherwise, or not."""
    return sorted({line.split("  ", 1)[1] for line in {*one.splitlines()} ^ {*other.splitlines()}})


def main() -> int:
    """Build twice, compare, and keep the first with its sums."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("out", type=Path, metavar="OUT", help="a folder that does not exist")
    reader.add_argument("--no-page", action="store_true", help="wheel and source distribution only")
    asked = reader.parse_args()
    with_page = not asked.no_page and shutil.which("node") is not None
    if not (asked.no_page or with_page):
        print("node is not here: the page is not built")
    built(asked.out, with_page)
    with tempfile.TemporaryDirectory() as name:
        built(Path(name) / "again", with_page)
        first, second = sums(asked.out), sums(Path(name) / "again")
    (asked.out / SUMS).write_text(first, encoding="utf-8")
    print(first, end="")
    unlike = differing(first, second)
    print(f"not the same twice: {', '.join(unlike)}" if unlike else "built twice, the same bytes")
    return int(bool(unlike))


if __name__ == "__main__":
    sys.exit(main())
