"""The page in a real browser, from file://, against the library beside it. Skipped without Node, npm or Chromium."""

import functools
import hashlib
import http.server
import json
import math
import os
import shutil
import subprocess
import sys
import threading
import time

import pytest

from pexcalc import form
from tests.support import browser
from tests.support.devtools import Chromium
from tests.support.paths import ROOT

README_CASE = {
    "sex": "male", "age": "23", "age.unit": "y", "height": "172", "weight": "65", "hematocrit": "27",
    "indication": "crs-car-t", "dose": "3000", "dose.unit": "mL", "fibrinogen": "2.6", "fibrinogen.unit": "g/L",
    "blood_group": "A", "crs_grade": "3", "crs_scale": "astct-2019", "tocilizumab": "yes", "corticosteroid": "yes",
    "persisting": "yes",
}  # fmt: skip
GBS = {
    "sex": "female", "age": "54", "height": "162", "weight": "60", "hematocrit": "38",
    "indication": "gbs-primary", "dose": "1", "fluid": "albumin",
}  # fmt: skip
FRESH = "document.body.dataset.fresh === 'yes'"
READY = "document.documentElement.dataset.state !== 'loading'"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The page, built once; PEXCALC_PAGE names a folder where it is built already."""
    browser.needed()
    if kept := os.environ.get("PEXCALC_PAGE"):
        return type(ROOT)(kept)
    if not (shutil.which("node") and shutil.which("npm")):
        if os.environ.get("NO_SKIP"):
            pytest.fail("no Node.js and npm on this machine")
        pytest.skip("no Node.js and npm on this machine: the page was not built")
    out = tmp_path_factory.mktemp("page")
    # A copy of the tree without its history has no date of its own.
    dated = {"SOURCE_DATE_EPOCH": str(int(time.time())), **os.environ}
    subprocess.run(
        [sys.executable, ROOT / "web" / "build.py", out], check=True, timeout=600, env=dated
    )
    return out


@pytest.fixture(scope="module")
def chromium(built):
    with Chromium() as one:
        yield one


@pytest.fixture(scope="module")
def tab(chromium, built):
    opened = chromium.open((built / "pexcalc.html").as_uri())
    opened.until(READY)
    return opened


def filled(tab, fields):
    """The form with these fields and no others, and its answer shown."""
    tab.js("document.getElementById('form').reset()")
    tab.js("document.querySelector('[name=order]').value = ''")
    for name, text in fields.items():
        tab.choose(name, text)


def answer(tab, fields):
    return tab.js(f"window.pexcalc.answer({json.dumps(fields)})")


def close(one, other, path=""):
    """Equal, numbers to the last digit but one or two: the platforms have other mathematical libraries."""
    if isinstance(one, float) and isinstance(other, float):
        assert math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-12), path
    elif isinstance(one, dict):
        assert list(one) == list(other), path
        for name, value in one.items():
            close(value, other[name], f"{path}.{name}")
    elif isinstance(one, list):
        assert len(one) == len(other), path
        for place, value in enumerate(one):
            close(value, other[place], f"{path}.{place}")
    else:
        assert one == other, path


def test_the_page_starts_from_a_file(tab):
    assert tab.js("document.documentElement.dataset.state") == "ready"


@pytest.mark.parametrize("fields", [README_CASE, GBS, {**GBS, "height": "1.62"}, {}], ids=["readme", "gbs", "wrong", "empty"])  # fmt: skip
def test_the_page_answers_as_the_library_does(tab, fields):
    here, there = json.loads(form.answer(fields).to_json()), json.loads(answer(tab, fields))
    for view in ("screen", "sheet", "removal", "page", "summary"):
        assert there.pop(view) == here.pop(view), view
    close(here, there)


def test_the_case_of_the_readme_is_shown_while_it_is_typed(tab):
    filled(tab, README_CASE)
    tab.until(FRESH)
    assert tab.js("document.getElementById('text').textContent") == form.answer(README_CASE).screen
    for name in ("print", "copy", "save"):
        assert tab.js(f"document.getElementById('{name}').disabled") is False


def test_nothing_old_can_be_printed_copied_or_saved(tab):
    filled(tab, GBS)
    tab.until(FRESH)
    tab.js("document.querySelector('[data-view=page]').click()")
    tab.until(f"{FRESH} && document.getElementById('sheet').srcdoc.length > 1000")
    now = tab.js(
        "(() => { const one = document.querySelector('[name=weight]'); one.value = '61';"
        " one.dispatchEvent(new Event('input', {bubbles: true}));"
        " return [...['print', 'copy', 'save'].map((id) => document.getElementById(id).disabled),"
        " document.getElementById('sheet').srcdoc, document.body.dataset.fresh]; })()"
    )
    assert now == [True, True, True, "", "no"]
    tab.until(FRESH)
    tab.choose("weight", "")
    tab.until("!document.getElementById('needed').hidden")
    assert tab.js("document.getElementById('sheet').srcdoc") == ""
    assert tab.js("document.getElementById('print').disabled") is True
    tab.js("document.querySelector('[data-view=screen]').click()")


def test_a_fault_is_shown_beside_its_field_when_it_is_left_and_what_was_meant_is_a_button(tab):
    filled(tab, {**GBS, "height": ""})
    tab.until("document.getElementById('needed-names').textContent === 'Height'")
    tab.type("height", "1.62")
    tab.until("window.document.getElementById('needed').hidden")
    assert tab.js("document.getElementById('e-height').textContent") == ""  # while it is typed
    tab.js("document.querySelector('[name=weight]').focus()")
    tab.until("document.getElementById('e-height').textContent")
    fault = form.answer({**GBS, "height": "1.62"}).errors["height"]
    assert fault.sentence in tab.js("document.getElementById('e-height').textContent")
    height = "document.querySelector('[name=height]')"
    assert tab.js(f"{height}.getAttribute('aria-invalid')") == "true"
    assert "e-height" in tab.js(f"{height}.getAttribute('aria-describedby')")
    tab.js("document.querySelector('#e-height button').click()")
    tab.until(FRESH)
    assert tab.js(f"[{height}.value, document.querySelector('[name=\"height.unit\"]').value]") == ["1.62", "m"]  # fmt: skip


def test_the_list_of_indications_is_found_by_a_part_of_a_name_and_a_synonym(tab):
    filled(tab, {})
    for typed, key in (("guillain", "gbs-primary"), ("goodpasture", "anti-gbm")):
        tab.js("document.querySelector('[name=indication]').value = ''")
        tab.type("indication", typed)
        shown = "[...document.querySelectorAll('#indications li')].filter((row) => !row.hidden)"
        assert any(one.startswith(key) for one in tab.js(f"{shown}.map((row) => row.dataset.id)"))
        assert "categor" in tab.js(f"{shown}[0].textContent")


def test_a_saved_order_opens_again(tab):
    order = json.dumps(form.answer(README_CASE).order)
    tab.js(
        f"(() => {{ const held = new DataTransfer(); held.items.add(new File([{json.dumps(order)}], 'order.json'));"
        " const input = document.getElementById('open'); input.files = held.files;"
        " input.dispatchEvent(new Event('change')); })()"
    )
    tab.until(f"document.getElementById('said').textContent && {FRESH}")
    assert tab.js("document.getElementById('text').textContent") == form.answer(README_CASE).screen


def test_text_of_a_user_stays_text(tab):
    filled(tab, {**GBS, "label": "<img src=x onerror=alert(1)>"})
    tab.until(FRESH)
    assert "<img src=x" in answer(tab, {**GBS, "label": "<img src=x>"})
    assert tab.js("document.querySelectorAll('#answer img').length") == 0


def test_nothing_is_stored_and_every_request_is_refused(chromium, tab, built):
    own = (built / "pexcalc.html").as_uri()
    asked = {event["request"]["url"] for event in chromium.seen("Network.requestWillBeSent")}
    assert {url for url in asked if url != own and not url.startswith(("blob:", "about:"))} == set()
    assert chromium.seen("Log.entryAdded") == chromium.seen("Runtime.exceptionThrown") == []
    stored = "(async () => [document.cookie, localStorage.length, (await indexedDB.databases()).length])()"
    assert tab.js(stored) == ["", 0, 0]
    refused = "fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => String(error))"
    assert "Failed to fetch" in tab.js(refused)
    assert any("Content Security Policy" in event["entry"]["text"] for event in chromium.seen("Log.entryAdded"))  # fmt: skip


def test_it_fits_a_narrow_screen(tab):
    tab.call("Emulation.setDeviceMetricsOverride", width=320, height=640, deviceScaleFactor=1, mobile=False)  # fmt: skip
    filled(tab, GBS)
    tab.until(FRESH)
    assert tab.js("document.documentElement.scrollWidth") <= 320
    tab.call("Emulation.clearDeviceMetricsOverride")


def test_a_browser_without_webassembly_says_so(built):
    with Chromium("--js-flags=--jitless") as one:
        tab = one.open((built / "pexcalc.html").as_uri())
        tab.until(READY, 5)
        assert tab.js("document.documentElement.dataset.state") == "failed"
        assert "does not run WebAssembly" in tab.js("document.getElementById('state').textContent")


def test_the_folder_works_when_its_server_has_stopped(built):
    handler = functools.partial(Quiet, directory=built / "site")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    try:
        with Chromium("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1") as one:
            tab = one.open(url)
            tab.until(READY)
            tab.until("navigator.serviceWorker.controller !== null")
            server.shutdown()
            server.server_close()
            tab.go(url)
            tab.until(READY)
            assert tab.js("document.documentElement.dataset.state") == "ready"
            assert json.loads(answer(tab, GBS))["screen"] == form.answer(GBS).screen
            asked = {event["request"]["url"] for event in one.seen("Network.requestWillBeSent")}
            assert all(url_.startswith(url) for url_ in asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_hashes_are_listed_and_the_scripts_stay_small(built):
    for line in (built / "SHA256SUMS").read_text().splitlines():
        sha256, name = line.split()
        assert hashlib.sha256((built / name).read_bytes()).hexdigest() == sha256
    scripts = [ROOT / "web" / name for name in ("page.js", "worker.js", "sw.js")]
    assert sum(len(path.read_text().splitlines()) for path in scripts) <= 250
