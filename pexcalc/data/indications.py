"""Every indication of indications.csv: by its id, by other names, and the states that it implies.

The trap: volumes that the table gives in liters are no multiples of the plasma volume.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from pexcalc.data.loading import read_csv, read_csv_rows
from pexcalc.data.spelling import most_alike


class Indication(NamedTuple):
    """One row of the indication table, as published.

    `category` is an ASFA 2023 category or `not-categorised`. `pv_low` and `pv_high` are the dose of
    a session in plasma volumes, None where none is listed; `litres` holds ranges of a session in L
    where the table gives liters. `page` is that of the publication.
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
    criteria: str
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
    return MappingProxyType({row["id"]: _indication_of_row(row) for row in read_csv("indications")})


@cache
def indication(key: str) -> Indication | None:
    """One indication by its id, without reading the others; None where the table has none."""
    rows = map(_indication_of_row, read_csv_rows("indications", key))
    return next(rows, None)


def _indication_of_row(row: dict[str, str]) -> Indication:
    values: dict[str, Any] = dict(row)
    values["pv_low"], values["pv_high"] = _multiple(row["pv_low"]), _multiple(row["pv_high"])
    return Indication(**values, litres=FIXED_LITRES.get(row["id"], ()))


def _multiple(text: str) -> float | None:
    return float(text) if text else None


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
    """Every indication with all words of a text in its id or name, or of which it is another name.

    Accents, hyphens and the spelling with ae or oe do not matter.
    """
    typed = _searchable(text)
    starts = {_searchable(name): start for name, start in SYNONYMS.items()}
    if typed in starts:
        return [row for row in indications().values() if row.id.startswith(starts[typed])]
    return [row for row in indications().values() if _has_words(row, typed.split())]


def _has_words(row: Indication, words: list[str]) -> bool:
    text = _searchable(f"{row.id} {row.title}")
    return all(word in text for word in words)


def _searchable(text: str) -> str:
    """A text without case, accents and hyphens, and with e for ae and oe."""
    from unicodedata import combining, normalize

    letters = normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in letters if not combining(letter))
    return plain.replace("-", " ").replace("ae", "e").replace("oe", "e")


# Diseases that are not in ASFA 2023, by the names they are asked for, and the nearest rows. Their
# category is never that of the disease.
NOT_ITSELF = {
    "iec hs": ("IEC-HS", ("hlh", "crs-car-t")),
    "iechs": ("IEC-HS", ("hlh", "crs-car-t")),
    "immune effector cell associated hlh like syndrome": ("IEC-HS", ("hlh", "crs-car-t")),
    "immune effector cell associated hemophagocytic lymphohistiocytosis like syndrome": (
        "IEC-HS",
        ("hlh", "crs-car-t"),
    ),
}


def not_itself(text: str) -> tuple[str, tuple[str, ...]] | None:
    """The name of a disease that is not in ASFA 2023 and its nearest rows; None for others."""
    words = " ".join(_searchable(text).replace("(", " ").replace(")", " ").split())
    return NOT_ITSELF.get(words)


def indications_like(word: str) -> list[str]:
    """Up to three indications whose id or name has the word, or whose id is most like it."""
    typed, rows = word.strip().casefold(), indications()
    words = typed.replace("-", " ").split()
    texts = {key: f"{key} {row.title}".casefold() for key, row in rows.items()}
    inside = [key for key, text in texts.items() if all(part in text for part in words)]
    inside.sort(key=lambda key: typed not in key)  # the whole word in the id comes first
    found = inside[:3] if len(typed) > 2 else []
    return found or most_alike(typed, rows, 3, 0.6)


NOT_LISTED = "not-listed"
_NOTHING_LISTED: dict[str, Any] = {
    **dict.fromkeys(Indication._fields, ""),
    "id": NOT_LISTED,
    "name": "Indication not in the table",
    "category": "not-categorised",
    "pv_low": None,
    "pv_high": None,
    "litres": (),
}
NOT_IN_TABLE = Indication(**_NOTHING_LISTED)
