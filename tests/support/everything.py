"""All that a program or a person can be given, out of the files with orders that are named."""

import sys
from pathlib import Path

from pexcalc import Order, prescribe
from pexcalc.report.html.page import page
from pexcalc.report.layout import text
from pexcalc.report.sheet import sections


def everything(files):
    said = b""
    for path in files:
        found = prescribe(Order.from_json(Path(path).read_text(encoding="utf-8")))
        sheet = text("", sections(found, explain=True))
        for one in (found.to_json(), sheet, page(found, explain=True)):
            said += one.encode("utf-8") + b"\n"
    return said


if __name__ == "__main__":
    sys.stdout.buffer.write(everything(sys.argv[1:]))
