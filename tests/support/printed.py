"""What the command prints, as pages and kept sheets hold it."""

import re


def masked(text: str) -> str:
    """Without version, fingerprint and dates of the data, so that a new one changes no page."""
    text = re.sub(r"pexcalc \d[\w.+]*, data [0-9a-f]{12}\b", "pexcalc VERSION, data HASH", text)
    return re.sub(r"(last\s+changed|valid\s+until)(\s+)\d{4}-\d\d-\d\d", r"\1\2DATE", text)
