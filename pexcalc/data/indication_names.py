"""Everyday names of indications: the row of the same disease, or that there is none.

The trap: the row of a neighboring disease has a category, and that is not the category of the
disease that was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal, NamedTuple

from pexcalc.data.loading import as_tuples, read_toml


class DiseaseName(NamedTuple):
    """What a name means: `same` one row, `rows` one of these, `nearest` none of these, `none`."""

    kind: Literal["same", "rows", "nearest", "none"]
    name: str
    rows: tuple[str, ...] = ()
    says: str = ""  # why there is no row


@cache
def disease_names() -> Mapping[str, DiseaseName]:
    """What each name means, by the name as `searchable` writes it."""
    table = read_toml("indication_names")
    found: dict[str, DiseaseName] = {}
    for id, names in table["same"].items():
        found.update(dict.fromkeys(names, DiseaseName("same", id, (id,))))
    for kind in ("rows", "nearest", "none"):
        for entry in table[kind].values():
            rows, says = as_tuples(entry.get("rows", [])), entry.get("says", "")
            meaning = DiseaseName(kind, entry.get("name", ""), rows, says)
            found.update(dict.fromkeys(entry["names"], meaning))
            if meaning.name:
                found.setdefault(searchable(meaning.name), meaning)
    return MappingProxyType(found)


def disease_named(text: str) -> DiseaseName | None:
    """What a name means; None for one that the table of names does not have."""
    return disease_names().get(searchable(text))


def ids_by_name(typed: str) -> tuple[str, ...]:
    """The rows of each disease of which a name begins as typed; not those that are only nearest."""
    start = searchable(typed)
    known = (meaning for name, meaning in disease_names().items() if name.startswith(start))
    ids = (id for meaning in known if meaning.kind in ("same", "rows") for id in meaning.rows)
    return tuple(dict.fromkeys(ids)) if start else ()


def rows_named_inside(text: str, ids: Iterable[str]) -> list[str]:
    """The rows of the disease, or id, with the longest name in a text: HIT before LVAD."""
    words = f" {searchable(text)} "
    named = {name: one.rows for name, one in disease_names().items() if one.kind != "nearest"}
    known = {"": (), **{searchable(id): (id,) for id in ids}, **named}
    return list(known[max((name for name in known if f" {name} " in words), key=len, default="")])


_BETWEEN_WORDS = re.compile(r"[\W_]+")


def searchable(text: str) -> str:
    """The words of a text without case, accents and hyphens, and with e for ae and oe."""
    from unicodedata import combining, normalize

    letters = normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in letters if not combining(letter))
    words = _BETWEEN_WORDS.sub(" ", plain.replace("'", "")).strip()
    return words.replace("ae", "e").replace("oe", "e").replace("isation", "ization")


def begins_words(words: str, text: str) -> bool:
    """True where each word that was typed begins a word of the text; both as `searchable`."""
    return all(f" {word}" in f" {text}" for word in words.split())
