"""What the page costs a PC: python -m tests.tools.page_cost OUT/pexcalc.html (Linux, Chromium)."""

import os
import sys
import time
from pathlib import Path

from tests.support.devtools import Chromium


def renderer(browser):
    """CPU seconds and resident MB of the largest process that holds a page."""
    found = []
    group = os.getpgid(browser.process.pid)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text()
            if "--type=renderer" in command and os.getpgid(int(process.name)) == group:
                stat = (process / "stat").read_text().rpartition(") ")[2].split()
                cpu = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
                pages = int((process / "statm").read_text().split()[1])
                found.append((cpu, pages * os.sysconf("SC_PAGE_SIZE") / 1e6))
        except (OSError, ValueError):
            continue
    return max(found, key=lambda row: row[1])


def main(path):
    with Chromium() as browser:
        tab = browser.open("about:blank")
        start = time.monotonic()
        tab.go(Path(path).resolve().as_uri())
        tab.until("document.documentElement.dataset.state === 'ready'")
        wall = time.monotonic() - start
        cpu, size = renderer(browser)
        print(f"ready after {1000 * wall:,.0f} ms ({cpu:.1f} s of processor)", end=", ")
        print(f"{size:,.0f} MB; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(sys.argv[1])
