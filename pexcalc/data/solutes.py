"""Every solute and drug, out of solutes.toml: what is published of it, by id, name or synonym."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from pexcalc.data.loading import DATA, read_toml
from pexcalc.data.spelling import most_alike


class Known(NamedTuple):
    """One value with its evidence tag; `note` is its UCUM unit, or a sign such as < before it, where it needs one."""

    value: float
    tag: str
    note: str = ""


class Span(NamedTuple):
    """Low end, typical value and high end, as far as the source gives them."""

    low: Known | None = None
    typical: Known | None = None
    high: Known | None = None


class Model(NamedTuple):
    """A published disposition of an antibody at 70 kg: `v1`, `v2` in L, `cl`, `q` in L/h.

    Saturable elimination: `vmax` in mg/h, `km` in mg/L.
    """

    name: str
    v1: float
    v2: float
    cl: float
    q: float
    tag: str
    source: str
    vmax: float = 0.0
    km: float = 1.0


class Solute(NamedTuple):
    """One solute or drug as published.

    `half_life` in h (`basis` says what was measured; `terminal` that it bounds a fall from above
    only), `clearance` in mL/min at 70 kg, `k12`, `k21`, `kel` per h, `fraction` intravascular, `vd`
    in L/kg, `mw` in kDa, `binding` the bound fraction; sieving (no unit) and clearance (mL/min) of
    separators (`sieving`), hemofilters (`sieving_filter`, `clearance_filter`) and high cut-off
    membranes (`sieving_high_cutoff`, `clearance_high_cutoff`); `donor_plasma` the level in plasma
    as replacement fluid, in the unit of its note; `measured_loss` the fraction of a drug that an
    exchange takes, started `measured_hours` (in h) after the dose. `grade` A to D with its
    `reason`. `range` says which range a prediction has: "patient" for plasma proteins, "scenarios"
    where production is the disease; drugs have neither.
    """

    id: str
    name: str
    synonyms: tuple[str, ...]
    kind: str
    grade: Literal["A", "B", "C", "D"]
    reason: str
    sources: tuple[str, ...]
    range: Literal["patient", "scenarios", ""] = ""
    form: str = ""
    mw: Span = Span()
    half_life: Span = Span()
    basis: str = ""
    terminal: bool = False
    clearance: Known | None = None
    fraction: Span = Span()
    k12: Span = Span()
    k21: Known | None = None
    kel: Span = Span()
    vd: Span = Span()
    binding: Known | None = None
    sieving: Known | None = None
    sieving_filter: Known | None = None
    clearance_filter: Known | None = None
    sieving_high_cutoff: Known | None = None
    clearance_high_cutoff: Known | None = None
    donor_plasma: Known | None = None
    models: tuple[Model, ...] = ()
    measured_loss: Span = Span()
    measured_hours: tuple[float, float] = (0.0, 0.0)
    measured_when: str = ""
    note: str = ""

    def to_wire(self) -> dict[str, Any]:
        """What JSON holds of it: what is not known is left out."""
        known = {
            name: value
            for name, value in self._asdict().items()
            if value not in (None, "", (), Span())
        }
        spans = {
            name: {end: one and one._asdict() for end, one in value._asdict().items()}
            for name, value in known.items()
            if isinstance(value, Span)
        }
        singles = {
            name: value._asdict() for name, value in known.items() if isinstance(value, Known)
        }
        return {**known, **spans, **singles, "models": [model._asdict() for model in self.models]}

    @property
    def is_drug(self) -> bool:
        """True for what is given and not made by the patient."""
        return self.kind in ("antibody", "drug")

    @property
    def short(self) -> str:
        """The name as it stands in a narrow column."""
        return self.synonyms[0] if self.synonyms and len(self.name) > 18 else self.name


@cache
def solutes() -> Mapping[str, Solute]:
    """Every solute and drug by its id."""
    return MappingProxyType(
        {key: _solute(key, entry) for key, entry in read_toml("solutes").items()}
    )


@cache
def solute(key: str) -> Solute:
    """One solute by its id, without reading the others: a prescription needs a few of them."""
    text = (DATA / "solutes.toml").read_text(encoding="utf-8")
    table = text.partition(f"\n[{key}]\n")[2].partition("\n\n[")[0]
    return _solute(key, tomllib.loads(table))


def solute_id(word: str) -> str | None:
    """The id of a solute by its id, name or a synonym; case, spaces, hyphens and Greek letters do not matter."""
    return _solute_names().get(_plain(word))


def solutes_with(word: str) -> list[str]:
    """The ids of every solute with the word in its id, its name or a synonym."""
    typed = _plain(word)
    return list(dict.fromkeys(row for name, row in _solute_names().items() if typed in name))


def solutes_like(word: str) -> list[str]:
    """Up to three ids of solutes whose name has the word, or is most like it."""
    typed, names = _plain(word), _solute_names()
    digits = [letter for letter in typed if letter.isdigit()]
    # Interleukin 8 is no slip for interleukin 6: names with the same digits come first.
    same = {
        name: row
        for name, row in names.items()
        if digits == [letter for letter in name if letter.isdigit()]
    }
    for some in (same, names) if digits else (names,):
        inside = [name for name in some if len(typed) > 1 and typed in name]
        found = list(
            dict.fromkeys(some[name] for name in inside or most_alike(typed, some, 6, 0.6))
        )
        if found:
            return found[:3]
    return []


@cache
def _solute_names() -> Mapping[str, str]:
    return {
        _plain(name): row.id
        for row in solutes().values()
        for name in (row.id, row.name, *row.synonyms)
    }


_GREEK = {"\u03b1": "alpha", "\u03b2": "beta", "\u03b3": "gamma"}


def _plain(name: str) -> str:
    spelled = "".join(_GREEK.get(letter, letter) for letter in name.casefold())
    return "".join(letter for letter in spelled if letter.isalnum())


_SPANS = ("mw", "half_life", "fraction", "k12", "kel", "vd", "measured_loss")


def _solute(key: str, entry: dict[str, Any]) -> Solute:
    fields = dict(entry)
    for name, value in entry.items():
        if name in _SPANS:
            fields[name] = Span(**{end: Known(*known) for end, known in value.items()})
        elif name == "models":
            fields[name] = tuple(Model(name=model, **values) for model, values in value.items())
        elif isinstance(value, list):
            fields[name] = (
                tuple(value) if name in ("synonyms", "sources", "measured_hours") else Known(*value)
            )
    return Solute(id=key, **fields)
