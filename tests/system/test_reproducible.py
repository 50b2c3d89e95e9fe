"""Same input, same output, byte for byte: over processes, hash seeds, locales, time zones and thread counts."""

import functools
import hashlib
import itertools
import json
import locale
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from pexcalc import Order, __version__, prescribe
from pexcalc.data import loading
from pexcalc.order.order import SCHEMA
from pexcalc.report.html.page import page
from pexcalc.report.layout import text
from pexcalc.report.sheet import sections
from tests.support.modules import DATA, HOME
from tests.support.paths import TESTS

FOLDER = TESTS / "independent" / "orders"
# One with a centrifuge, one with two fluids and another balance, one with medicines and one with CRS.
ORDERS = (
    "woman-albumin",
    "balance-110-plasma-last",
    "measured-plasma-volume-and-medicines",
    "man-litres-plasma",
)
FILES = [FOLDER / f"{name}.json" for name in ORDERS]

# Everything that a program or a person can be given, out of the orders named on the command line, on standard output.
ALL_OF_IT = """
import sys
from pathlib import Path
from pexcalc import Order, prescribe
from pexcalc.report.html.page import page
from pexcalc.report.layout import text
from pexcalc.report.sheet import sections
for name in sys.argv[1:]:
    found = prescribe(Order.from_json(Path(name).read_text(encoding="utf-8")))
    for said in (found.to_json(), text("", sections(found, explain=True)), page(found, explain=True)):
        sys.stdout.buffer.write(said.encode("utf-8") + b"\\n")
"""


def out_of_a_process(*command, cwd=None, **environment):
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, timeout=120, check=False, cwd=cwd,
        env={**os.environ, "PYTHONHASHSEED": "0", "COLUMNS": "80", **environment},
    )  # fmt: skip
    assert done.stderr == b""
    assert done.returncode == 0
    return done.stdout


def everything(**environment):
    return out_of_a_process("-c", ALL_OF_IT, *map(str, FILES), **environment)


@pytest.fixture(scope="module")
def usual():
    said = everything()
    assert said.count(b"<!doctype html>") + said.count(b"<!DOCTYPE html>") == len(FILES)
    assert said.count(b'"version"') >= len(FILES)
    return said


def test_a_second_process_says_the_same(usual):
    assert everything() == usual


LOCALES = (
    "C",
    "POSIX",
    "C.UTF-8",
    "de_DE.UTF-8",
    "de_DE",
    "tr_TR.UTF-8",
    "tr_TR",
    "tr_TR.ISO8859-9",
    "en_US.UTF-8",
)
SEEDS = ("1", "4711", "random")
ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati", "Europe/Istanbul")
THREADS = ("1", "2", "7")  # of numerical libraries
LIBRARIES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "NUMEXPR_NUM_THREADS",
)


@pytest.mark.parametrize(
    ("name", "seed", "zone", "threads"),
    list(zip(LOCALES, itertools.cycle(SEEDS), itertools.cycle(ZONES), itertools.cycle(THREADS))),
)
def test_locale_hash_seed_time_zone_and_threads_change_nothing(usual, name, seed, zone, threads):
    """Also a locale that the machine does not have: a program must then behave as in the C locale."""
    environment = {
        "LC_ALL": name,
        "LANG": name,
        "LANGUAGE": name,
        "PYTHONHASHSEED": seed,
        "TZ": zone,
    }
    assert everything(**environment, **dict.fromkeys(LIBRARIES, threads)) == usual


@functools.cache
def by_the_command_line(name):
    return out_of_a_process("-m", "pexcalc", "prescribe", "--order", str(FILES[0]), LC_ALL=name)


@pytest.mark.parametrize("name", LOCALES[1:])
def test_the_command_line_says_the_same_in_every_locale(name):
    assert by_the_command_line(name) == by_the_command_line("C")


def test_a_locale_that_the_host_program_has_set_changes_nothing(usual):
    """Every locale of the machine among German and Turkish ones, and a comma for the point where none of them is here."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        for name in LOCALES:
            try:
                locale.setlocale(locale.LC_ALL, name)
            except locale.Error:
                continue
            assert in_this_process() == usual
    finally:
        locale.setlocale(locale.LC_ALL, before)


def test_a_decimal_comma_in_the_locale_changes_nothing(usual, monkeypatch):
    """Where the machine has no German locale: what such a one answers."""
    german = {
        **locale.localeconv(),
        "decimal_point": ",",
        "thousands_sep": ".",
        "grouping": [3, 3, 0],
    }
    monkeypatch.setattr(locale, "localeconv", lambda: german)
    assert in_this_process() == usual


def test_optimised_and_isolated_python_say_the_same(usual):
    assert out_of_a_process("-O", "-c", ALL_OF_IT, *map(str, FILES)) == usual
    assert out_of_a_process("-X", "utf8=0", "-c", ALL_OF_IT, *map(str, FILES)) == usual


def in_this_process():
    said = b""
    for path in FILES:
        found = prescribe(Order.from_json(path.read_text(encoding="utf-8")))
        for one in (
            found.to_json(),
            text("", sections(found, explain=True)),
            page(found, explain=True),
        ):
            said += one.encode("utf-8") + b"\n"
    return said


def test_a_process_that_has_done_other_things_says_the_same(usual):
    assert in_this_process() == usual
    assert in_this_process() == usual


@pytest.mark.parametrize("workers", [2, 8])
def test_many_threads_at_once_say_the_same(usual, workers):
    with ThreadPoolExecutor(workers) as pool:
        found = list(pool.map(lambda _: in_this_process(), range(workers)))
    assert set(found) == {usual}


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


def test_the_order_of_fields_in_the_file_changes_no_figure():
    def turned(value):
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return value

    for path in FILES:
        order = json.loads(path.read_text(encoding="utf-8"))
        straight, other = (
            json.loads(prescribe(Order.from_json(json.dumps(one))).to_json())
            for one in (order, turned(order))
        )
        assert straight == other


# --- what a prescription says of itself -------------------------------------------------------------------------------


def test_a_prescription_names_its_version_its_schema_and_its_data():
    found = json.loads(prescribe(Order.from_json(FILES[0].read_text(encoding="utf-8"))).to_json())
    digest = hashlib.sha256()
    for path in sorted(DATA.iterdir()):
        if path.suffix in (".csv", ".toml"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    assert (found["version"], found["schema"], found["data"]) == (
        __version__,
        SCHEMA,
        digest.hexdigest()[:12],
    )
    assert found["order"]["schema"] == SCHEMA


def test_the_order_in_a_prescription_makes_the_same_prescription():
    for path in FILES:
        first = prescribe(Order.from_json(path.read_text(encoding="utf-8"))).to_json()
        assert prescribe(Order.from_json(json.dumps(json.loads(first)["order"]))).to_json() == first


def test_the_data_version_changes_with_one_byte_of_any_file(tmp_path):
    """In a copy of the package, so that nothing of this one is touched."""
    home = tmp_path / "pexcalc"
    shutil.copytree(HOME, home, ignore=shutil.ignore_patterns("__pycache__"))
    ask = "from pexcalc.data import loading; print(loading.data_version(), loading.__file__)"

    def version():
        said = out_of_a_process("-c", ask, cwd=tmp_path).decode().split()
        assert said[1].startswith(str(tmp_path))
        return said[0]

    seen = {version()}
    assert seen == {loading.data_version()}
    files = [path for path in sorted((home / "data").iterdir()) if path.suffix in (".csv", ".toml")]
    for path in files:
        path.write_bytes(path.read_bytes() + b"\n")
        seen.add(version())
    assert len(seen) == 1 + len(files) == 11
