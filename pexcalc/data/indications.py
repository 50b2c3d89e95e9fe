"""Every indication of indications.csv: by its id, by other names, and the states that it implies.

The trap: volumes that the table gives in liters are no multiples of the plasma volume.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from pexcalc.data.indication_names import (
    begins_words,
    disease_named,
    rows_named_inside,
    searchable,
)
from pexcalc.data.loading import read_csv, read_csv_rows
from pexcalc.data.spelling import most_alike


class Indication(NamedTuple):
    """One row of the indication table, as published.

    `category` is an ASFA 2023 category or `not-categorised`. `pv_low` and `pv_high` are the dose of
    a session in plasma volumes, None where none is listed; `litres` holds ranges of a session in L
    where the table gives liters. `page` is that of the publication. `short` is a name of at most
    25 characters, for a heading.
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
    short: str
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
    "familial-hypercholesterolaemia": ("ldl",),
    "hyperviscosity-pre-rituximab": ("igm",),
    "hyperviscosity-symptomatic": ("igm",),
    "crs-car-t": ("il6", "il8", "il10", "tnf", "ifng", "sil2r", "ferritin", "crp"),
    "crs-viral": ("il6", "il8", "il10", "tnf", "ifng", "sil2r", "ferritin", "crp"),
}
PANEL_ALWAYS = ("fibrinogen", "igg", "albumin")

# Volumes that the table gives in liters and not as a multiple of the plasma volume (its column
# `volume_note`).
FIXED_LITRES = {  # secondary asfa-2023
    "alf-high-volume": ((8.0, 12.0),),
    "alzheimer-mild-moderate": ((0.69, 0.88), (2.5, 3.0)),
}

# Shortest and longest interval in h where the table lists one that is unusual elsewhere: from its
# columns `frequency` and `sessions`, a month as 30 d, n sessions in d days as d / (n - 1).
# fmt: off
LISTED_INTERVALS = {  # secondary asfa-2023
    "alzheimer-mild-moderate": (168.0, 720.0),
    "atopic-dermatitis": (168.0, 168.0),
    "autoimmune-dysautonomia": (24.0, 168.0),
    "burn-shock": (6.0, 8.0),
    "cadp-anti-mag": (24.0, 168.0),
    "cadp-canomad": (24.0, 168.0),
    "cadp-paraprotein": (24.0, 168.0),
    "cardiac-neonatal-lupus": (24.0, 720.0),
    "cidp": (24.0, 720.0),
    "crps-chronic": (24.0, 168.0),
    "familial-hypercholesterolaemia": (168.0, 336.0),
    "hbv-pan": (24.0, 84.0),
    "hdfn-rbc-alloimmunisation": (24.0, 168.0),
    "htg-pancreatitis-prevention": (168.0, 720.0),
    "hyperviscosity-symptomatic": (24.0, 672.0),
    "iga-nephropathy-chronic": (168.0, 168.0),
    "iga-vasculitis-crescentic": (24.0, 168.0),
    "iim-amyopathic-dm": (24.0, 168.0),
    "mg-acute": (24.0, 168.0),
    "mg-long-term": (168.0, 336.0),
    "ms-acute-relapse": (24.0, 84.0),
    "nephrogenic-systemic-fibrosis": (24.0, 84.0),
    "nmdar-encephalitis": (24.0, 126.0),
    "nmosd-maintenance": (336.0, 720.0),
    "paraneoplastic-retinopathy": (24.0, 168.0),
    "phytanic-acid-storage": (24.0, 336.0),
    "pruritus-hepatobiliary": (168.0, 360.0),
    "sle-severe": (24.0, 168.0),
    "stiff-person": (24.0, 504.0),
    "systemic-sclerosis": (24.0, 168.0),
    "vgkc": (24.0, 84.0),
}
# fmt: on


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


def indications_with(text: str) -> list[Indication]:
    """Every indication with all words of a text at word starts of its id or name, or of that name.

    Accents, hyphens and the spelling with ae or oe do not matter. A disease that has no row of its
    own gives the nearest rows (`not_itself` says so).
    """
    meaning, rows = disease_named(text), indications()
    if meaning is not None and meaning.rows:
        return [rows[id] for id in meaning.rows]
    typed = searchable(text)
    return [row for row in rows.values() if begins_words(typed, _words_of_row(row))]


def _words_of_row(row: Indication) -> str:
    return searchable(f"{row.id} {row.title}")


def not_itself(text: str) -> tuple[str, tuple[str, ...]] | None:
    """The name of a disease that is not in ASFA 2023 and its nearest rows; None for others."""
    meaning = disease_named(text)
    return (meaning.name, meaning.rows) if meaning and meaning.kind == "nearest" else None


def indication_meant(text: str) -> str | None:
    """The id of the row of the same disease, by id, full name or everyday name; None without one.

    A wider, narrower or neighboring disease has none, whatever is nearest.
    """
    if text == NOT_LISTED or indication(text) is not None:
        return text
    typed = searchable(text)
    if typed == searchable(NOT_LISTED):
        return NOT_LISTED
    meaning = disease_named(text)
    if meaning is not None:
        return meaning.rows[0] if meaning.kind == "same" else None
    whole = [
        row.id
        for row in indications().values()
        if typed in (searchable(row.id), searchable(row.title))
    ]
    return whole[0] if len(whole) == 1 else None


def indications_like(word: str) -> list[str]:
    """Up to three indications whose id or name has the word, or whose id is most like it."""
    typed, rows = word.strip().casefold(), indications()
    meaning = disease_named(word)
    if meaning is not None and meaning.kind in ("same", "rows"):
        return list(meaning.rows)
    words = searchable(word)
    inside = [id for id, row in rows.items() if words and begins_words(words, _words_of_row(row))]
    inside.sort(key=lambda key: typed not in key)  # the whole word in the id is first
    found = inside[:3] if len(typed) > 2 else []
    return (
        found
        or rows_named_inside(word, rows)
        or most_alike(typed, rows, 3, 0.6)
        or _with_a_word_like(words)
    )


def _with_a_word_like(typed: str) -> list[str]:
    """Up to three indications with the words most like mistyped ones, most of them first."""
    texts = {id: set(_words_of_row(row).split()) for id, row in indications().items()}
    known = sorted({word for words in texts.values() for word in words if len(word) > 4})
    near = {word for one in typed.split() for word in most_alike(one, known, 1, 0.8)}
    found = [id for id, words in texts.items() if near & words]
    return sorted(found, key=lambda id: -len(near & texts[id]))[:3]


NOT_LISTED = "not-listed"
_NOTHING_LISTED: dict[str, Any] = {
    **dict.fromkeys(Indication._fields, ""),
    "id": NOT_LISTED,
    "name": "Indication not in the table",
    "short": "Indication not in table",
    "category": "not-categorised",
    "pv_low": None,
    "pv_high": None,
    "litres": (),
}
NOT_IN_TABLE = Indication(**_NOTHING_LISTED)
