"""What is packaged: metadata, citation, source distribution, and the site of the pages."""

import configparser
import io
import json
import re
import subprocess
import sys
import tarfile

import pytest

import pexcalc
from pexcalc.order.order import SCHEMA
from tests.support.paths import ROOT
from tests.tools import release

CONFIG = configparser.ConfigParser()
CONFIG.read(ROOT / "setup.cfg", encoding="utf-8")


def test_the_pages_have_the_version_the_license_and_the_schema():
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {pexcalc.__version__}\n" in text
    assert f"license: {CONFIG['metadata']['license_expression']}\n" in text
    page = (ROOT / "docs" / "stability.md").read_text(encoding="utf-8")
    assert f"schema {SCHEMA} is written" in page


def test_the_bill_of_materials_has_what_the_lock_has():
    bill = json.loads((ROOT / "sbom.cdx.json").read_text(encoding="utf-8"))
    assert bill["metadata"]["component"]["version"] == pexcalc.__version__
    lock = (ROOT / ".ci" / "lock.txt").read_text(encoding="utf-8")
    listed = []
    for one in bill["components"]:
        assert one["licenses"]
        assert one["purl"] == f"pkg:pypi/{one['name']}@{one['version']}"
        hashes = [each["content"] for each in one["externalReferences"][0]["hashes"]]
        listed += [f"{one['name']}=={one['version']}", *hashes]
    assert listed == re.findall(r"^[\w-]+==[0-9.]+|(?<=sha256:)\w+", lock, re.MULTILINE)
    components = {one["bom-ref"] for one in bill["components"]}
    assert {one["ref"] for one in bill["dependencies"][1:]} == components


def test_a_source_archive_has_the_same_bytes_whenever_and_by_whomever_it_was_packed(tmp_path):
    for name, mtime in (("one", 1), ("two", 2)):
        with tarfile.open(tmp_path / f"{name}.tar.gz", "w:gz") as made:
            for file in sorted("ab", reverse=mtime == 2):
                entry = tarfile.TarInfo(file)
                entry.mtime, entry.uname, entry.size = mtime, name, 1
                made.addfile(entry, io.BytesIO(file.encode()))
        release.settled(tmp_path / f"{name}.tar.gz", 0)
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1
    first = release.sums(tmp_path)
    (tmp_path / "two.tar.gz").write_bytes(b"other")
    assert release.differing(first, release.sums(tmp_path)) == ["two.tar.gz"]


def test_the_pages_are_a_site_without_a_broken_link(tmp_path):
    pytest.importorskip("mkdocs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir"]
    done = subprocess.run(
        [*command, tmp_path / "site"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pages = [path.read_text(encoding="utf-8") for path in tmp_path.glob("site/**/*.html")]
    assert len(pages) > 30
    outside = ("https://cdn", "fonts.googleapis")
    assert not any(address in page for page in pages for address in outside)
