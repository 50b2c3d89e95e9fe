"""What the page costs a PC: python -m tests.tools.page_cost OUT/pexcalc.html (Linux, Chromium)."""

import os
import sys
import time
from pathlib import Path

from tests.support.devtools import Chromium


def renderers(browser):
    """CPU seconds and resident MB of the processes that hold a page."""
    found = []
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if f"--user-data-dir={browser.profile.name}" in (text := status.read_text()) or (
                "--type=renderer" in text and os.getpgid(int(status.parent.name)) == os.getpgid(browser.process.pid)
            ):  # fmt: skip
                stat = (status.parent / "stat").read_text().rpartition(") ")[2].split()
                cpu = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
                size = (
                    int((status.parent / "statm").read_text().split()[1])
                    * os.sysconf("SC_PAGE_SIZE")
                    / 1e6
                )
                found.append(("renderer" if "--type=renderer" in text else "other", cpu, size))
        except (OSError, ValueError):
            continue
    return max((row[1:] for row in found if row[0] == "renderer"), key=lambda row: row[1])


def main(path):
    with Chromium() as browser:
        tab = browser.open("about:blank")
        start = time.monotonic()
        tab.go(Path(path).resolve().as_uri())
        tab.until("document.documentElement.dataset.state === 'ready'")
        wall = time.monotonic() - start
        cpu, size = renderers(browser)
        print(f"ready after {1000 * wall:,.0f} ms ({cpu:.1f} s of processor), {size:,.0f} MB; load {os.getloadavg()[0]:.1f}")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
