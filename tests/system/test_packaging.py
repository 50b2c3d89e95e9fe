"""What is packaged: metadata, citation, source distribution, and the site of the pages."""

import configparser
import subprocess
import sys

import pytest

import pexcalc
from pexcalc.order.order import SCHEMA
from tests.support.paths import ROOT

CONFIG = configparser.ConfigParser()
CONFIG.read(ROOT / "setup.cfg", encoding="utf-8")


def test_the_citation_has_the_version_and_the_license():
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {pexcalc.__version__}\n" in text
    assert f"license: {CONFIG['metadata']['license_expression']}\n" in text
    assert "License ::" not in CONFIG["metadata"]["classifiers"]


def test_the_stability_page_names_the_schema_that_is_written():
    page = (ROOT / "docs" / "stability.md").read_text(encoding="utf-8")
    assert f"schema {SCHEMA} is written" in page


def test_the_source_distribution_has_no_tests():
    kept = (ROOT / "MANIFEST.in").read_text(encoding="utf-8")
    assert {"prune tests", "prune docs", "prune .ci", "prune web"} <= set(kept.splitlines())
    assert "dist/*.tar.gz" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_pages_are_a_site_without_a_broken_link(tmp_path):
    pytest.importorskip("mkdocs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir"]
    done = subprocess.run(
        [*command, tmp_path / "site"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {path.relative_to(tmp_path / "site") for path in tmp_path.glob("site/**/*.html")}
    assert len(pages) > 30
    for path in (tmp_path / "site").glob("**/*.html"):
        text = path.read_text(encoding="utf-8")
        assert "https://cdn" not in text, path.name
        assert "fonts.googleapis" not in text, path.name
