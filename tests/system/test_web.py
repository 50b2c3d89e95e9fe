"""The page in a real browser, from file://, against the library beside it.

Skipped without Node, npm or Chromium.
"""

import functools
import gzip
import hashlib
import http.server
import io
import json
import math
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import time
import zipfile

import pytest

from pexcalc import form
from pexcalc.order.site import Site
from pexcalc.printed import screen_text, sheet_text, summary_text
from tests.support import browser
from tests.support.devtools import Chromium
from tests.support.paths import ROOT
from tests.support.scenario import SCENARIOS, prescribed

README_CASE = {
    "sex": "male", "age": "23", "age.unit": "y", "height": "172", "weight": "65",
    "hematocrit": "27", "indication": "crs-car-t", "dose": "3000", "dose.unit": "mL", "fibrinogen": "2.6",
    "fibrinogen.unit": "g/L", "blood_group": "A", "crs_grade": "3", "crs_scale": "astct-2019",
    "tocilizumab": "yes", "corticosteroid": "yes", "persisting": "yes",
}  # fmt: skip
BODY = {"sex": "female", "age": "54", "height": "162", "weight": "60", "hematocrit": "38"}
GBS = {**BODY, "indication": "gbs-primary", "dose": "1", "fluid": "albumin"}
FRESH = "document.body.dataset.fresh === 'yes'"
MOST_BYTES = 17_000_000  # the budget of the one file
AXE = "axe-core@4.14.1"
AXE_SHA512 = (
    "1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b73"
    "4f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5"
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TEXT = "$('#text').textContent"
OFF = "['#print', '#copy', '#save'].map((id) => $(id).disabled)"
SITE = """name = "St. Example, apheresis unit"
units = "si"
[limits.fibrinogen-low]
low = "1.2 g/L"
[devices.our-optia]
like = "spectra-optia"
ratio = 12
anticoagulant = "acd-a"
"""
READY = "document.documentElement.dataset.state !== 'loading'"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """A function that builds the page; what is packed once is not packed again."""
    browser.needed()
    if not (shutil.which("node") and shutil.which("npm")):
        if os.environ.get("NO_SKIP"):
            pytest.fail("no Node.js and npm on this machine")
        pytest.skip("no Node.js and npm on this machine: the page was not built")
    # A copy of the tree without its history has no date of its own.
    packed = {"PEXCALC_PAGE_PACKED": str(tmp_path_factory.mktemp("packed"))}
    environment = {"SOURCE_DATE_EPOCH": "1764288000", **os.environ, **packed}

    def build(out, *options):
        command = [sys.executable, ROOT / "web" / "build.py", out, *options]
        subprocess.run(command, check=True, timeout=600, env=environment)
        return out

    return build


@pytest.fixture(scope="module")
def built(build, tmp_path_factory):
    """The page, built once for all tests."""
    return build(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def built_for_a_site(build, built, tmp_path_factory):
    """The page with a site file, built after the other, which has packed most of it."""
    out = tmp_path_factory.mktemp("site")
    (out / "site.toml").write_text(SITE, encoding="utf-8")
    return build(out, "--site", out / "site.toml")


@pytest.fixture(scope="module")
def chromium(built):
    with Chromium() as one:
        yield one


@pytest.fixture(scope="module")
def tab(chromium, built):
    opened = chromium.open((built / "pexcalc.html").as_uri())
    opened.until(READY)
    assert opened.js("document.documentElement.dataset.state") == "ready"
    return opened


def filled(tab, fields):
    """The form with these fields and no others, and its answer shown."""
    tab.js("$('#form').reset()")
    tab.js("$('[name=order]').value = ''")
    for name, text in fields.items():
        tab.choose(name, text)


def shown(fields, wrap=True):
    """The screen as the page shows it: without the options of the command."""
    text = screen_text(form.answer(fields).prescription, wrap=wrap)
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if "--" not in line)


def answer(tab, fields):
    return tab.js(f"window.pexcalc.answer({json.dumps(fields)})")


def close(one, other, path=""):
    """Equal, numbers to 1e-12: the platforms have other mathematical libraries."""
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


CASES = {"readme": README_CASE, "gbs": GBS, "wrong": {**GBS, "height": "1.62"}, "empty": {}}


@pytest.mark.parametrize("fields", CASES.values(), ids=CASES)
def test_the_page_answers_as_the_library_does(tab, fields):
    here, there = json.loads(form.answer(fields).to_json()), json.loads(answer(tab, fields))
    for view in ("screen", "sheet", "removal", "page", "summary"):
        assert there.pop(view) == here.pop(view), view
    close(here, there)


def test_every_order_of_the_scenarios_gives_the_same_as_the_library(tab):
    orders = json.dumps([wire for _, wire, _ in SCENARIOS])
    views = "'screen sheet summary prescription'"
    tab.js(f"window.there = {orders}.map((one) => window.pexcalc.prescribe(one, {views})); 0")
    for place, (_, wire, _) in enumerate(SCENARIOS):
        here = prescribed(wire)
        texts = screen_text(here), sheet_text(here, reasons=True), summary_text(here)
        there = json.loads(tab.js(f"window.there[{place}]"))
        assert (there["screen"], there["sheet"], there["summary"]) == texts
        close(here.to_wire(), there["prescription"])


def test_the_case_of_the_readme_is_shown_while_it_is_typed(tab):
    filled(tab, README_CASE)
    tab.until(FRESH)
    assert tab.js(TEXT) == shown(README_CASE)
    assert tab.js(OFF) == [False] * 3


def test_nothing_old_can_be_printed_copied_or_saved(tab):
    filled(tab, GBS)
    tab.until(FRESH)
    tab.js("$('[data-view=page]').click()")
    tab.until(f"{FRESH} && $('#sheet').srcdoc.length > 1000")
    now = tab.js(
        "(() => { const one = $('[name=weight]'); one.value = '61';"
        " one.dispatchEvent(new Event('input', {bubbles: true}));"
        f" return [...{OFF}, $('#sheet').srcdoc, document.body.dataset.fresh]; }})()"
    )
    assert now == [True, True, True, "", "no"]
    tab.until(FRESH)
    tab.choose("weight", "")
    tab.until("$('#needed').textContent")
    assert tab.js("$('#sheet').srcdoc") == ""
    assert tab.js("$('#print').disabled") is True
    tab.call("Emulation.setEmulatedMedia", media="print")  # the print command of the browser
    assert tab.js("[...$$('#answer > *')].every((one) => !one.checkVisibility())")
    tab.call("Emulation.setEmulatedMedia", media="")
    tab.js("$('[data-view=screen]').click()")


def test_print_has_the_answer_to_the_form_as_it_is_now(tab):
    filled(tab, GBS)
    tab.until(FRESH)
    tab.js(
        "window.printed = []; $('#sheet').addEventListener('load', ({target}) => {"
        " const page = target.contentWindow;"
        " page.print = () => window.printed.push(page.document.body.innerText); })"
    )
    tab.click("#print")
    tab.until("window.printed.length === 1")
    assert "10 bottles of 250 mL albumin 5 %" in tab.js("window.printed[0]")
    tab.js("$('#print').click()")
    tab.choose("weight", "61")  # before the sheet of 60 kg is there
    tab.until(FRESH)
    time.sleep(1)
    assert tab.js("window.printed.length") == 1


def test_the_ten_lines_are_copied(tab):
    filled(tab, GBS)
    tab.until(FRESH)
    allowed = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    tab.browser.call("Browser.grantPermissions", permissions=allowed)
    tab.click("#copy")
    tab.until("$('#said').textContent")
    assert tab.js("navigator.clipboard.readText()") == form.answer(GBS).summary


def test_a_saved_order_opens_again_after_the_form_is_cleared(tab, tmp_path):
    tab.browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    filled(tab, README_CASE)
    tab.until(FRESH)
    tab.click("#save")
    for _ in range(100):
        if (tmp_path / "order.json").exists():
            break
        time.sleep(0.1)
    assert json.loads((tmp_path / "order.json").read_text()) == form.answer(README_CASE).order
    tab.js("window.confirm = () => true; 0")
    tab.click("#clear")
    tab.until("$('#needed').textContent")
    named = "[...$('#form').elements].filter((one) => one.name && !one.name.endsWith('.unit'))"
    left = "filter((one) => one.type === 'checkbox' ? one.checked : one.value)"
    assert tab.js(f"{named}.{left}.map((one) => one.name)") == []
    assert tab.js(f"[{TEXT}, document.activeElement.name]") == ["", "sex"]
    root = tab.call("DOM.getDocument")["root"]["nodeId"]
    node = tab.call("DOM.querySelector", nodeId=root, selector="#open")["nodeId"]
    tab.call("DOM.setFileInputFiles", files=[str(tmp_path / "order.json")], nodeId=node)
    tab.until(f"$('#said').textContent && {FRESH}")
    assert tab.js(TEXT) == shown(README_CASE)


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    """The script of axe-core, from the npm registry, its hash checked."""
    folder = tmp_path_factory.mktemp("axe")
    command = [shutil.which("npm"), "pack", AXE, "--silent"]
    subprocess.run(command, cwd=folder, check=True, timeout=120)
    data = next(folder.iterdir()).read_bytes()
    assert hashlib.sha512(data).hexdigest() == AXE_SHA512
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return tar.extractfile("package/axe.min.js").read().decode()


SHOWN = {
    "empty": ({}, "$('#needed').textContent", ""),
    "faults": ({**GBS, "height": "1.62", "weight": "x"}, "$$('#wrong li').length === 2", ""),
    "alerts": (
        {**GBS, "fibrinogen": "0.9", "refused": "albumin"},
        f"{FRESH} && $$('.alert').length > 1", "",
    ),
    "print": (GBS, FRESH, "print"),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "until", "media"), SHOWN.values(), ids=SHOWN)
def test_axe_finds_no_violation(tab, axe, fields, until, media):
    filled(tab, {})
    for name, text in fields.items():
        check = f"((one) => {{ one.checked = one.value === '{text}'; }})"
        tab.js(f"[...document.getElementsByName('{name}')].forEach{check}")
        tab.choose(name, text) if name != "refused" else None
    tab.js("$('[name=sex]').focus(); $('#form').dispatchEvent(new Event('input'))")
    tab.until(until)
    tab.call("Emulation.setEmulatedMedia", media=media)
    tab.js(f"{axe}; 0")
    run = f"axe.run(document, {{runOnly: {json.dumps(RULES)}, iframes: false}})"
    rows = "found.violations.map((one) => [one.id, one.nodes.map((n) => n.html)])"
    assert tab.js(f"{run}.then((found) => {rows})") == []
    tab.call("Emulation.setEmulatedMedia", media="")


def test_an_order_is_entered_with_the_keyboard_alone(tab):
    tab.js("window.confirm = () => true; $('#clear').click()")
    tab.until("document.activeElement.name === 'sex'")
    keys = "f Tab 54 Tab Tab 162 Tab Tab 60 Tab Tab 38 Tab Tab guillain ArrowDown Enter"
    keys = f"{keys} Tab 1 Tab Tab a".split()
    for key in keys:
        tab.press(key)
    tab.until(FRESH)
    assert tab.js(TEXT) == shown(GBS)
    assert tab.js("$('#heard').textContent") == "Prescription ready."
    for _ in range(40):
        tab.press("Tab")
        if tab.js("document.activeElement.id") == "copy":
            break
    tab.press("Enter")
    tab.until("$('#said').textContent === 'Ten lines copied.'")


def test_a_patient_alone_has_a_plasma_volume(tab):
    filled(tab, BODY)
    tab.until("$$('#needed li').length === 2")
    assert tab.js(TEXT) == form.answer(BODY).volumes
    assert tab.js("$('#print').disabled") is True


def test_a_fault_is_shown_beside_its_field_when_it_is_left_and_what_was_meant_is_a_button(tab):
    filled(tab, {**GBS, "height": ""})
    tab.until("$('#needed ul')?.textContent === 'Height'")
    tab.type("height", "1.62")
    tab.until("!$('#needed').textContent")
    assert tab.js("$('#e-height').textContent") == ""  # while it is typed
    tab.js("$('[name=weight]').focus()")
    tab.until("$('#e-height').textContent")
    fault = form.answer({**GBS, "height": "1.62"}).errors["height"]
    assert fault.sentence in tab.js("$('#e-height').textContent")
    height = "$('[name=height]')"
    assert tab.js(f"{height}.getAttribute('aria-invalid')") == "true"
    assert "e-height" in tab.js(f"{height}.getAttribute('aria-describedby')")
    assert fault.sentence in tab.js("$('#heard').textContent")
    tab.type("hematocrit", "1")
    tab.click("#wrong button")  # the press ends the typing in another field
    tab.until("document.activeElement.name === 'height'")
    tab.choose("hematocrit", "38")
    tab.until("$$('#wrong li').length === 1")
    tab.click("#e-height button")
    tab.until(FRESH)
    assert tab.js(f"{height}.value") == "1.62"
    assert tab.js("$('[name=\"height.unit\"]').value") == "m"


def test_the_list_of_indications_is_found_by_a_part_of_a_name_and_a_synonym(tab):
    filled(tab, {})
    for typed, key in (("guillain", "gbs-primary"), ("goodpasture", "anti-gbm")):
        tab.js("$('[name=indication]').value = ''")
        tab.type("indication", typed)
        shown = "[...$$('#indications li')].filter((row) => !row.hidden)"
        assert any(one.startswith(key) for one in tab.js(f"{shown}.map((row) => row.dataset.id)"))
        assert "categor" in tab.js(f"{shown}[0].textContent")


def test_text_of_a_user_stays_text(tab):
    filled(tab, {**GBS, "label": "<img src=x onerror=alert(1)>"})
    tab.until(FRESH)
    assert "<img src=x" in answer(tab, {**GBS, "label": "<img src=x>"})
    filled(tab, {**GBS, "weight": "<img src=x>", "fluid": ""})
    tab.until("$('#wrong').textContent.includes('<img src=x>')")
    assert tab.js("$$('img').length") == 0


def test_nothing_is_stored_and_every_request_is_refused(chromium, tab, built):
    own = (built / "pexcalc.html").as_uri()
    asked = {event["request"]["url"] for event in chromium.seen("Network.requestWillBeSent")}
    assert {url for url in asked if url != own and not url.startswith(("blob:", "about:"))} == set()
    assert chromium.seen("Log.entryAdded") == chromium.seen("Runtime.exceptionThrown") == []
    stored = "[document.cookie, localStorage.length, (await indexedDB.databases()).length]"
    assert tab.js(f"(async () => {stored})()") == ["", 0, 0]
    refused = "fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => String(error))"
    assert "Failed to fetch" in tab.js(refused)
    logged = [event["entry"]["text"] for event in chromium.seen("Log.entryAdded")]
    assert any("Content Security Policy" in text for text in logged)


@pytest.mark.parametrize(("width", "scale"), [(320, 1), (640, 2)], ids=["320 px", "200 % of 1280"])
def test_it_fits_a_narrow_screen_and_a_zoom(tab, width, scale):
    tab.width(width, scale)
    wrong = "$('#wrong').textContent"
    for fields, until in (({**GBS, "height": "1.62"}, wrong), (README_CASE, FRESH)):
        filled(tab, fields)
        tab.until(until)
        assert tab.js("document.documentElement.scrollWidth") <= width
    assert tab.js(TEXT) == shown(README_CASE, wrap=width > 600)
    assert "No replacement fluid ordered" in tab.js("$('.strong').textContent")
    tab.call("Emulation.clearDeviceMetricsOverride")


def test_a_browser_without_webassembly_says_so(built):
    with Chromium("--js-flags=--jitless") as one:
        tab = one.open((built / "pexcalc.html").as_uri())
        tab.until(READY, 5)
        assert tab.js("document.documentElement.dataset.state") == "failed"
        assert "does not run WebAssembly" in tab.js("$('#state').textContent")


def test_the_folder_works_when_its_server_has_stopped(built):
    handler = functools.partial(Quiet, directory=built / "site")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
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
        server.server_close()


def test_the_limits_and_devices_of_a_site_are_built_in(chromium, built_for_a_site):
    tab = chromium.open((built_for_a_site / "pexcalc.html").as_uri())
    tab.until(READY)
    named = tab.js("$('#site').textContent")
    assert "St. Example, apheresis unit" in tab.js("$('header').textContent")
    assert "fibrinogen-low 1.2 g/L instead of 1 g/L" in named
    assert "our-optia ratio 12" in named
    assert tab.js("$('[name=device] option[value=our-optia]') !== null")
    fields = {**GBS, "device": "our-optia", "inlet_flow": "60", "fibrinogen": "1.1"}
    there = json.loads(answer(tab, fields))
    site = Site.read(built_for_a_site / "site.toml")
    assert there["screen"] == form.answer(fields, site, "si").screen
    assert "1.2 g/L (site limit)" in there["screen"]


def test_a_fault_in_a_site_file_stops_the_build_with_one_sentence(tmp_path):
    (tmp_path / "site.toml").write_text(SITE.replace("1.2", "99"), encoding="utf-8")
    command = [
        sys.executable,
        ROOT / "web" / "build.py",
        tmp_path,
        "--site",
        tmp_path / "site.toml",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "site.toml: limits.fibrinogen-low: got 99 g/L; expected" in done.stderr


def zipped(out):
    """The files in what the page unpacks, but for that of the site."""
    data = gzip.decompress((out / "site" / "site.zip.gz").read_bytes())
    with zipfile.ZipFile(io.BytesIO(data)) as held:
        return {name: held.read(name) for name in held.namelist() if "site.toml" not in name}


def test_the_same_sources_give_the_same_bytes(build, built, built_for_a_site, tmp_path):
    again = build(tmp_path)
    for line in (built / "SHA256SUMS").read_text().splitlines():
        sha256, name = line.split()
        assert hashlib.sha256((built / name).read_bytes()).hexdigest() == sha256
    assert (again / "SHA256SUMS").read_text() == (built / "SHA256SUMS").read_text()
    assert zipped(built_for_a_site) == zipped(built)  # compiled in two processes
    assert (built / "pexcalc.html").stat().st_size <= MOST_BYTES


def test_the_scripts_stay_small():
    scripts = [ROOT / "web" / name for name in ("page.js", "worker.js", "sw.js")]
    lines = [line for path in scripts for line in path.read_text().splitlines()]
    assert len(lines) <= 250
    assert max(map(len, lines)) <= 100
