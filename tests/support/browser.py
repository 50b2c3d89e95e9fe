"""Headless Chromium for the printed sheet: pages, console, requests, and what a script in a copy of the page measures."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
# Name resolution is switched off: a page that asks for something from outside gets nothing, and the log shows it.
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-pdf-header-footer",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip


def needed():
    """Skip where there is no Chromium; in the gate (NO_SKIP=1) fail instead."""
    if CHROMIUM is None:
        if os.environ.get("NO_SKIP"):
            pytest.fail("no Chromium on this machine")
        pytest.skip("no Chromium on this machine: the sheet was not looked at in a browser")


def run(page, *flags):
    """What Chromium prints about a page of HTML: standard output and standard error."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.html"
        path.write_text(page, encoding="utf-8")
        return subprocess.run(
            [CHROMIUM, *FLAGS, f"--user-data-dir={folder}/profile", *flags, path.as_uri()],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip


def printed(page, size):
    """How many pages the sheet takes on paper of a size, as A4 or letter."""
    policy = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
    sized = policy.sub("", page.replace("@page {", f"@page {{ size: {size};", 1))
    assert sized != page
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "sheet.pdf"
        run(sized, f"--print-to-pdf={pdf}")
        return len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))


# What the browser asks for itself at every start, and does not get.
OWN = ("update.googleapis.com", "accounts.google.com", "clients2.google.com")


def log(page):
    """The messages on the console, and the addresses that were asked for beside the file and the browser's own."""
    with tempfile.TemporaryDirectory() as folder:
        net = Path(folder) / "net.json"
        done = run(page, "--enable-logging=stderr", f"--log-net-log={net}", "--dump-dom")
        text = net.read_text(encoding="utf-8")
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    addresses = set(re.findall(r'"url":"((?:https?|wss?|ftp):[^"]*)"', text))
    addresses = {address for address in addresses if urlsplit(address).hostname not in OWN}
    json.loads(text)  # a log that is cut off would hide requests
    return console, addresses


MEASURE = """<script>
window.addEventListener("load", () => {
  const found = { small: [], pale: [], wide: [], headless: [], figures: 0, headings: [] };
  const light = c => { const v = c.map(x => x / 255).map(x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
                       return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
  const rgb = text => (text.match(/[0-9.]+/g) || []).map(Number);
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
                        if (c.length === 3 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  for (const e of document.body.querySelectorAll("*")) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    if (["SCRIPT", "STYLE", "title"].includes(e.tagName)) continue;
    const style = getComputedStyle(e), text = e.textContent.trim().slice(0, 60);
    if (parseFloat(style.fontSize) < 11.99) found.small.push(text);
    const ink = rgb(e instanceof SVGElement ? style.fill : style.color).slice(0, 3);
    const [a, b] = [light(ink), light(behind(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 7) found.pale.push(text);
    if (e.scrollWidth > e.clientWidth + 1 && style.display !== "inline" && !(e instanceof SVGElement)) found.wide.push(text);
  }
  for (const row of document.querySelectorAll("tbody tr")) if (!row.querySelector("th[scope=row]")) found.headless.push(row.textContent);
  for (const svg of document.querySelectorAll("svg[role=img]")) found.figures += svg.querySelector("title") ? 1 : -100;
  found.headings = [...document.querySelectorAll("h1,h2")].map(h => h.tagName);
  document.body.innerHTML = "<pre id=measured>" + JSON.stringify(found).replaceAll("<", "&lt;") + "</pre>";
});</script>"""


def measured(page):
    """What a script in a copy of the page finds: small letters, low contrast, overflow, rows without a header."""
    policy = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
    copy = policy.sub("", page).replace("</head>", f"{MEASURE}</head>")
    dom = run(copy, "--window-size=1000,1400", "--dump-dom").stdout
    return json.loads(re.search(r'<pre id="measured">(.*?)</pre>', dom, re.DOTALL)[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))  # fmt: skip
