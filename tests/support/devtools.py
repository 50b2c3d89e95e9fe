"""Chromium over its debugging pipe, with the standard library only: no port, no driver to install."""

import base64
import fcntl
import json
import os
import re
import select
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests.support.browser import CHROMIUM, FLAGS

# What is wrong with a page for a reader: small letters, low contrast, overflow, rows without header.
MEASURE = """(() => {
  const found = {small: [], pale: [], wide: [], headless: [], figures: 0, headings: []};
  const linear = x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  const light = c => { const [r, g, b] = c.map(x => linear(x / 255));
                       return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const rgb = text => (text.match(/[0-9.]+/g) || []).map(Number);
  const behind = e => { for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  const all = (selector) => [...document.querySelectorAll(selector)];
  for (const e of all("body *")) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    if (["SCRIPT", "STYLE", "title"].includes(e.tagName)) continue;
    const style = getComputedStyle(e), text = e.textContent.trim().slice(0, 60);
    const drawn = e instanceof SVGElement;
    if (parseFloat(style.fontSize) < 11.99) found.small.push(text);
    const ink = rgb(drawn ? style.fill : style.color).slice(0, 3);
    const [a, b] = [light(ink), light(behind(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 7) found.pale.push(text);
    const broad = e.scrollWidth > e.clientWidth + 1 && style.display !== "inline";
    if (broad && !drawn) found.wide.push(text);
  }
  for (const row of all("tbody tr"))
    if (!row.querySelector("th[scope=row]")) found.headless.push(row.textContent);
  for (const svg of all("svg[role=img]")) found.figures += svg.querySelector("title") ? 1 : -100;
  found.headings = all("h1,h2").map(h => h.tagName);
  return found;
})()"""
# `$` finds the first of a selector, `$$` all.
FINDERS = """window.$ = (one) => document.querySelector(one);
window.$$ = (one) => document.querySelectorAll(one); 0"""
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "ArrowDown": (40, "")}


def _above(descriptor):
    """The same pipe end under a number that is out of the way of 3 and 4."""
    copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 20)
    os.close(descriptor)
    return copy


class Chromium:
    """One browser with its own empty profile; `events` holds what it reported."""

    def __init__(self, *flags):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        commands, self.commands, self.answers, answers = map(_above, (*os.pipe(), *os.pipe()))
        own = ("--remote-debugging-pipe", f"--user-data-dir={self.profile.name}")
        self.process = subprocess.Popen(
            [CHROMIUM, *FLAGS, *own, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=(3, 4), preexec_fn=lambda: (os.dup2(commands, 3), os.dup2(answers, 4)),
        )  # fmt: skip
        os.close(commands)
        os.close(answers)
        self.rest, self.number, self.events = b"", 0, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with suppress(OSError, EOFError, TimeoutError):
            self.call("Browser.close")
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.commands)
        os.close(self.answers)
        self.profile.cleanup()

    def call(self, method, session=None, most=60, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        message |= {"sessionId": session} if session else {}
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + most
        while True:
            got = self._next(end)
            if got.get("id") == self.number:
                if "error" in got:
                    raise RuntimeError(got["error"])
                return got["result"]
            self.events.append(got)

    def _next(self, end):
        while b"\0" not in self.rest:
            if not select.select([self.answers], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("no answer of the browser")
            read = os.read(self.answers, 1 << 20)
            if not read:
                raise EOFError("the browser has ended")
            self.rest += read
        one, _, self.rest = self.rest.partition(b"\0")
        got = json.loads(one)
        if got.get("method") == "Inspector.detached":
            raise EOFError(got["params"]["reason"])
        return got

    def wait(self, method, session, most=60):
        """Wait for the next event of a kind in a page."""
        end = time.monotonic() + most
        while True:
            got = self._next(end)
            self.events.append(got)
            if got.get("method") == method and got.get("sessionId") == session:
                return

    def open(self, url):
        """A page; one that is opened while the browser still starts is lost, so try again."""
        for pause in (0.5, 1, 2, 4, 8):
            time.sleep(pause)
            try:
                blank = Tab(self)
            except (EOFError, RuntimeError):
                continue
            self.events.clear()
            try:
                blank.go(url)
            except (EOFError, RuntimeError):
                continue
            return blank
        raise TimeoutError("the browser opens no page")

    def seen(self, method):
        """The parameters of every event of a kind."""
        return [event["params"] for event in self.events if event.get("method") == method]


class Tab:
    """One page of the browser."""

    def __init__(self, browser):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def go(self, url):
        self.call("Page.navigate", url=url)
        self.browser.wait("Page.loadEventFired", self.session)
        self.js(FINDERS)

    def show(self, page):
        """Open a page of HTML, without its policy."""
        path = Path(self.browser.profile.name) / "sheet.html"
        path.write_text(POLICY.sub("", page), encoding="utf-8")
        self.go(path.as_uri())

    def printed(self, page, size):
        """How many pages a page of HTML takes on paper of a size, as A4 or letter."""
        sized = page.replace("@page {", f"@page {{ size: {size};", 1)
        assert sized != page
        self.show(sized)
        pdf = self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"]
        return len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(pdf)))

    def measured(self, page):
        """What is wrong with a page of HTML for a reader, its figures and headings."""
        self.show(page)
        self.width(1000)
        return self.js(MEASURE)

    def js(self, text):
        """The value of an expression, awaited."""
        got = self.call("Runtime.evaluate", expression=text, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in got:
            raise RuntimeError(got["exceptionDetails"])
        return got["result"].get("value")

    def until(self, text, most=120):
        """Wait until an expression is true; its value."""
        end = time.monotonic() + most
        while time.monotonic() < end:
            if value := self.js(text):
                return value
            time.sleep(0.05)
        raise TimeoutError(text)

    def type(self, name, text):
        """Fill a field as a user does: the focus goes there, and every key is an input."""
        self.js(f"document.querySelector('[name=\"{name}\"]').focus()")
        self.call("Input.insertText", text=text)

    def choose(self, name, value):
        self.js(
            f"(() => {{ const one = document.querySelector('[name=\"{name}\"]'); one.focus();"
            f" one.value = {json.dumps(value)};"
            f" one.dispatchEvent(new Event('input', {{bubbles: true}})); }})()"
        )

    def press(self, keys):
        """Press keys one by one: a name of KEYS, or the letters of a text."""
        for key in [keys] if keys in KEYS else keys:
            code, text = KEYS[key] if key in KEYS else (ord(key.upper()), key)
            one = {"key": key, "windowsVirtualKeyCode": code}
            down = {**one, "text": text} if text else one
            self.call("Input.dispatchKeyEvent", type="keyDown", **down)
            self.call("Input.dispatchKeyEvent", type="keyUp", **one)

    def click(self, selector):
        """Click with the mouse, as a user does: the focus leaves its field at the press."""
        place = f"document.querySelector({json.dumps(selector)})"
        self.js(f"{place}.scrollIntoView({{block: 'center'}})")
        middle = "(box) => [box.x + box.width / 2, box.y + box.height / 2]"
        x, y = self.js(f"({middle})({place}.getBoundingClientRect())")
        for kind in ("mousePressed", "mouseReleased"):
            place = {"x": x, "y": y, "button": "left", "clickCount": 1}
            self.call("Input.dispatchMouseEvent", type=kind, **place)
            time.sleep(0.3)  # a slow finger: what a press sets off is done before the release

    def width(self, width, scale=1):
        size = {"width": width, "height": 900, "deviceScaleFactor": scale, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
