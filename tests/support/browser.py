"""Headless Chromium: where it is, and what a page says and asks for in a browser of its own."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
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


# What the browser asks for itself at every start, and does not get.
OWN = ("update.googleapis.com", "accounts.google.com", "clients2.google.com")


def log(page):
    """The messages on the console, and the addresses that were asked for beside the file and the browser's own."""
    with tempfile.TemporaryDirectory() as folder:
        sheet, net = Path(folder) / "sheet.html", Path(folder) / "net.json"
        sheet.write_text(page, encoding="utf-8")
        own = (f"--user-data-dir={folder}/profile", f"--log-net-log={net}")
        command = [CHROMIUM, *FLAGS, *own, "--enable-logging=stderr", "--dump-dom", sheet.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        text = net.read_text(encoding="utf-8")
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    addresses = set(re.findall(r'"url":"((?:https?|wss?|ftp):[^"]*)"', text))
    json.loads(text)  # a log that is cut off would hide requests
    return console, {address for address in addresses if urlsplit(address).hostname not in OWN}
