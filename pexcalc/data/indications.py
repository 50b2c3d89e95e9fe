"""Every indication, out of indications.csv: by its id, by other names, and what it brings with it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from pexcalc.data.loading import DATA
from pexcalc.data.spelling import most_alike


class Indication(NamedTuple):
    """One row of the indication table, as published; `category` is an ASFA 2023 category or `not-categorised`.

    `pv_low` and `pv_high` are the dose of a session in plasma volumes, None where none is listed;
    `litres` holds ranges of a session in L where the table gives litres. `page` is that of the
    publication.
    """

    id: str
    name: str
    condition: str
    category: str
    grade: str
    pv_low: float | None
    pv_high: float | None
    fluid: str
    frequency: str
    sessions: str
    page: str
    asfa_procedure: str
    volume_note: str
    fluid_note: str
    gate: str
    note: str
    evidence_tag: str
    source: str
    litres: tuple[tuple[float, float], ...] = ()

    @property
    def title(self) -> str:
        """Name and condition in one line."""
        return f"{self.name}, {self.condition}" if self.condition else self.name


Indication.__module__ = "pexcalc"


# States that an indication brings with it: in the first no estimator is valid, in the last plasma
# volume rises less.
IMPLIED_STATES = {
    "sepsis-mof": ("sepsis",),
    "burn-shock": ("burns",),
    "hyperviscosity-symptomatic": ("hyperviscosity",),
    "hyperviscosity-pre-rituximab": ("hyperviscosity",),
    "preeclampsia-extremely-preterm": ("pre-eclampsia",),
    "tma-pregnancy-severe": ("hellp",),
}

# The solutes that a prescription shows beside those that the order names.
PANEL = {
    "crs-car-t": ("il6", "il8", "il10", "tnf", "ifng", "sil2r", "ferritin", "crp"),
    "crs-viral": ("il6", "il8", "il10", "tnf", "ifng", "sil2r", "ferritin", "crp"),
}
PANEL_ALWAYS = ("fibrinogen", "igg", "albumin")

# Volumes that the table gives in litres and not as a multiple of the plasma volume (its column
# `volume_note`).
FIXED_LITRES = {  # secondary asfa-2023
    "alf-high-volume": ((8.0, 12.0),),
    "alzheimer-mild-moderate": ((0.69, 0.88), (2.5, 3.0)),
}


@cache
def indications() -> Mapping[str, Indication]:
    """Every indication by its id."""
    with (DATA / "indications.csv").open(encoding="utf-8", newline="") as file:
        rows = [Indication(**_indication(row)) for row in csv.DictReader(file)]
    return MappingProxyType({row.id: row for row in rows})


@cache
def indication(key: str) -> Indication | None:
    """One indication by its id, without reading the others; None where the table has none."""
    text = (DATA / "indications.csv").read_text(encoding="utf-8")
    header, _, rows = text.partition("\n")
    line = f"\n{rows}".partition(f"\n{key},")[2].partition("\n")[0]
    found = list(csv.DictReader([header, f"{key},{line}"])) if line else []
    return Indication(**_indication(found[0])) if found and key == found[0]["id"] else None


# Other names by which an indication is asked for, and the id, or the start of one, that they mean.
SYNONYMS = {
    "ahus": "tma-complement",
    "atypical hus": "tma-complement",
    "goodpasture": "anti-gbm",
    "wegener": "anca-gpa",
    "churg strauss": "anca-egpa",
    "devic": "nmosd",
    "waldenstrom": "hyperviscosity",
    "sjs": "ten-",
    "stevens johnson": "ten-",
    "hashimoto": "sreat",
    "burns": "burn-",
    "scleroderma": "systemic-sclerosis",
    "hypertriglyceridemia": "htg-",
    "upshaw schulman": "ttp",
}


def indications_with(text: str) -> list[Indication]:
    """Every indication with all words of a text in its id or name, or that it is another name of.

    Accents, hyphens and the spelling with ae or oe do not matter.
    """
    typed = _spelled(text)
    start = next(
        (start for name, start in SYNONYMS.items() if typed and _spelled(name) == typed), None
    )
    if start is not None:
        return [row for row in indications().values() if row.id.startswith(start)]
    terms = typed.split()
    return [
        row
        for row in indications().values()
        if all(term in _spelled(f"{row.id} {row.title}") for term in terms)
    ]


def _spelled(text: str) -> str:
    from unicodedata import combining, normalize

    plain = "".join(
        letter for letter in normalize("NFKD", text.casefold()) if not combining(letter)
    )
    return plain.replace("-", " ").replace("ae", "e").replace("oe", "e")


def indications_like(word: str) -> list[str]:
    """Up to three indications whose id or name has the word, or whose id is most like it."""
    typed = word.strip().casefold()
    rows = indications()
    words = typed.replace("-", " ").split()
    names = {name: f"{name} {row.title}".casefold() for name, row in rows.items()}
    inside = [
        name
        for name, text in names.items()
        if len(typed) > 2 and all(word in text for word in words)
    ]
    inside.sort(key=lambda name: typed not in name)  # the whole word in the id comes first
    return inside[:3] or most_alike(typed, rows, 3, 0.6)


def _indication(row: dict[str, str]) -> dict[str, Any]:
    ends = {end: float(row[end]) if row[end] else None for end in ("pv_low", "pv_high")}
    return {**row, **ends, "litres": FIXED_LITRES.get(row["id"], ())}


NOT_LISTED = "not-listed"


_EMPTY: dict[str, Any] = dict.fromkeys(Indication._fields[:-1], "")
_NAMED = {"id": NOT_LISTED, "name": "Indication not in the table", "category": "not-categorised"}
NOT_IN_TABLE = Indication(**{**_EMPTY, **_NAMED, "pv_low": None, "pv_high": None})
