"""Same input, same output, byte for byte: over processes, hash seeds, locales, time zones and thread counts."""

import hashlib
import json
import locale
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from pexcalc import Order, __version__, prescribe
from pexcalc.data import loading
from pexcalc.order.order import SCHEMA
from tests.support.everything import everything
from tests.support.modules import DATA
from tests.support.paths import ROOT, TESTS

FOLDER = TESTS / "independent" / "orders"
# One with a centrifuge, one with two fluids and another balance, one with medicines and one with CRS.
NAMES = (
    "woman-albumin balance-110-plasma-last measured-plasma-volume-and-medicines man-litres-plasma"
)
FILES = [FOLDER / f"{name}.json" for name in NAMES.split()]


def out_of_a_process(*command, **environment):
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, timeout=120, check=False, cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0", "COLUMNS": "80", **environment},
    )  # fmt: skip
    assert done.stderr == b""
    assert done.returncode == 0
    return done.stdout


def elsewhere(*words, **environment):
    """The same out of a process of its own."""
    module = ("-m", "tests.support.everything")
    return out_of_a_process(*words, *module, *map(str, FILES), **environment)


@pytest.fixture(scope="module")
def usual():
    said = elsewhere()
    assert said.count(b"<!doctype html>") + said.count(b"<!DOCTYPE html>") == len(FILES)
    assert said.count(b'"version"') >= len(FILES)
    return said


LIBRARIES = [f"{name}_NUM_THREADS" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")]
# A locale, a hash seed, threads of numerical libraries and a zone: each pair of the first three.
MIXED = [
    ("C", "0", "1", "UTC"), ("C", "4711", "7", "Asia/Kathmandu"),
    ("tr_TR.UTF-8", "0", "7", "America/St_Johns"), ("de_DE", "4711", "1", "Pacific/Kiritimati"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "seed", "threads", "zone"), MIXED)
def test_locale_hash_seed_time_zone_and_threads_change_nothing(usual, name, seed, zone, threads):
    """Also a locale that the machine does not have: a program must then behave as in the C locale."""
    environment = dict.fromkeys(("LC_ALL", "LANG", "LANGUAGE"), name)
    environment |= dict.fromkeys((*LIBRARIES, "POLARS_MAX_THREADS"), threads)
    assert elsewhere(**environment, PYTHONHASHSEED=seed, TZ=zone) == usual


def test_the_command_line_says_the_same_in_every_locale():
    command = ("-m", "pexcalc", "prescribe", "--order", str(FILES[0]))
    said = {out_of_a_process(*command, LC_ALL=name) for name in ("C", "de_DE", "tr_TR.UTF-8")}
    assert len(said) == 1


LOCALES = ("C", "C.UTF-8", "de_DE.UTF-8", "de_DE", "tr_TR.UTF-8", "tr_TR", "tr_TR.ISO8859-9")


def test_a_locale_that_the_host_program_has_set_changes_nothing(usual, monkeypatch):
    """German and Turkish ones of the machine; and, where none is here, a comma for the point."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        for name in LOCALES:
            with suppress(locale.Error):
                locale.setlocale(locale.LC_ALL, name)
                assert everything(FILES) == usual
    finally:
        locale.setlocale(locale.LC_ALL, before)
    comma = {"decimal_point": ",", "thousands_sep": ".", "grouping": [3, 3, 0]}
    german = {**locale.localeconv(), **comma}
    monkeypatch.setattr(locale, "localeconv", lambda: german)
    assert everything(FILES) == usual


def test_optimised_and_isolated_python_say_the_same(usual):
    assert elsewhere("-O", "-X", "utf8=0") == usual


def test_many_threads_at_once_say_the_same(usual):
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: everything(FILES), range(8))) == {usual}


def test_threads_that_are_the_first_to_need_anything_say_the_same(usual):
    """Catalogue, registry and modules are loaded on first use, here by eight threads at once."""
    start = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
barrier = Barrier(8)
def work(_):
    barrier.wait()
    from pexcalc import Order, prescribe
    return prescribe(Order.from_json(Path(sys.argv[1]).read_text(encoding="utf-8"))).to_json()
with ThreadPoolExecutor(8) as pool:
    found = set(pool.map(work, range(8)))
assert len(found) == 1
sys.stdout.buffer.write(found.pop().encode("utf-8"))
"""
    said = out_of_a_process("-c", start, str(FILES[0]))
    assert usual.startswith(said + b"\n")


# --- what a prescription says of itself -------------------------------------------------------------------------------


def test_a_prescription_names_its_version_its_schema_and_its_data():
    found = json.loads(prescribe(Order.from_json(FILES[0].read_text(encoding="utf-8"))).to_json())
    digest = hashlib.sha256()
    for path in sorted(DATA.iterdir()):
        if path.suffix in (".csv", ".toml"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    named = (found["version"], found["schema"], found["data"])
    assert named == (__version__, SCHEMA, digest.hexdigest()[:12])
    assert found["order"]["schema"] == SCHEMA


def test_the_data_version_changes_with_one_byte_of_any_file(tmp_path, monkeypatch):
    """In a copy of the data, so that nothing of this one is touched."""
    copy = shutil.copytree(DATA, tmp_path / "data")
    monkeypatch.setattr(loading, "DATA", copy)
    seen = {loading.data_version.__wrapped__()}
    assert seen == {loading.data_version()}
    files = [path for path in sorted(copy.iterdir()) if path.suffix in (".csv", ".toml")]
    for path in files:
        path.write_bytes(path.read_bytes() + b"\n")
        seen.add(loading.data_version.__wrapped__())
    assert len(seen) == 1 + len(files) == 11
