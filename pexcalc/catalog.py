"""Typed, read-only access to data/: sources, limits, indications, solutes. Each file is read once, on first use.

Imports neither pint nor the unit table, so that listings and completion start fast.
"""

from __future__ import annotations

import csv
import hashlib
import math
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

DATA = Path(__file__).with_name("data")


class Source(NamedTuple):
    """One cited work: its key, citation, identifier, and which part of it was consulted."""

    key: str
    cite: str
    read: str
    id: str = ""


class Limit(NamedTuple):
    """One threshold, in the UCUM unit `unit`; `site` marks a site limit, which an order may replace."""

    name: str
    low: float | None
    high: float | None
    unit: str
    site: bool
    source: str
    tag: str

    @property
    def least(self) -> float:
        """The low end, and minus infinity where there is none."""
        return -math.inf if self.low is None else self.low

    @property
    def most(self) -> float:
        """The high end, and infinity where there is none."""
        return math.inf if self.high is None else self.high

    def holds(self, value: float) -> bool:
        """True when a value in the limit's unit lies inside it; the ends are inside."""
        # 56 % typed must be 56 after the conversion to a fraction and back
        return self.least <= round(value, 9) <= self.most


class Indication(NamedTuple):
    """One row of the indication table, as published; `category` is an ASFA 2023 category or `not-categorised`.

    `pv_low` and `pv_high` are the dose of a session in plasma volumes, None where none is listed; `litres` holds ranges
    of a session in L where the table gives litres. `page` is that of the publication.
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

    `half_life` in h (`basis` says what was measured; `terminal` that it bounds a fall from above only), `clearance` in
    mL/min at 70 kg, `k12`, `k21`, `kel` per h, `fraction` intravascular, `vd` in L/kg, `mw` in kDa, `binding` the bound
    fraction; sieving (no unit) and clearance (mL/min) of separators (`sieving`), hemofilters (`sieving_filter`,
    `clearance_filter`) and high cut-off membranes (`sieving_high_cutoff`, `clearance_high_cutoff`); `donor_plasma` the
    level in plasma as replacement fluid, in the unit of its note; `measured_loss` the fraction of a drug that an
    exchange takes, started `measured_hours` (in h) after the dose. `grade` A to D with its `reason`.
    """

    id: str
    name: str
    synonyms: tuple[str, ...]
    kind: str
    grade: Literal["A", "B", "C", "D"]
    reason: str
    sources: tuple[str, ...]
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
        known = {name: value for name, value in self._asdict().items() if value not in (None, "", (), Span())}
        spans = {name: {end: one and one._asdict() for end, one in value._asdict().items()}
                 for name, value in known.items() if isinstance(value, Span)}  # fmt: skip
        singles = {name: value._asdict() for name, value in known.items() if isinstance(value, Known)}
        return {**known, **spans, **singles, "models": [model._asdict() for model in self.models]}

    @property
    def is_drug(self) -> bool:
        """True for what is given and not made by the patient."""
        return self.kind in ("antibody", "drug")

    @property
    def short(self) -> str:
        """The name as it stands in a narrow column."""
        return self.synonyms[0] if self.synonyms and len(self.name) > 18 else self.name


class Product(NamedTuple):
    """One replacement product; per litre: protein in g, fibrinogen in g and citrate in mmol as low, typical, high.

    `kind` is albumin, concentrate (albumin to be diluted), plasma or saline. None where no source gives a value.
    """

    id: str
    name: str
    kind: str
    containers: tuple[float, ...]
    source: str
    tag: str
    protein: float | None = None
    fibrinogen: tuple[float, float, float] | None = None
    citrate: tuple[float, float, float] | None = None


class Machine(NamedTuple):
    """What is known of one device or anticoagulant; removal efficiencies in percent with their sources."""

    id: str
    name: str
    kind: str
    source: str
    tag: str
    ratio_meaning: str = ""
    efficiency: tuple[tuple[float, str], ...] = ()
    circuit_volume: tuple[float, ...] = ()
    citrate: float | None = None
    containers: tuple[float, ...] = ()


# States that an indication brings with it: in the first no estimator is valid, in the last plasma volume rises less.
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

# Volumes that the table gives in litres and not as a multiple of the plasma volume (its column `volume_note`).
FIXED_LITRES = {  # secondary asfa-2023
    "alf-high-volume": ((8.0, 12.0),),
    "alzheimer-mild-moderate": ((0.69, 0.88), (2.5, 3.0)),
}


@cache
def sources() -> Mapping[str, Source]:
    """Every source by its key."""
    return MappingProxyType({key: Source(key, **entry) for key, entry in _toml("sources").items()})


@cache
def limits() -> Mapping[str, Limit]:
    """Every threshold by its name."""
    rows = _toml("limits")
    return MappingProxyType(
        {name: Limit(**{"name": name, "low": None, "high": None, **row}) for name, row in rows.items()}
    )


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


@cache
def products() -> Mapping[str, Product]:
    """Every replacement product by its id."""
    rows = {key: Product(key, **{name: _tuples(value) for name, value in entry.items()})
            for key, entry in _toml("fluids").items()}  # fmt: skip
    return MappingProxyType(rows)


@cache
def devices() -> Mapping[str, Machine]:
    """Every device and anticoagulant by its id."""
    rows = {key: Machine(key, **{name: _tuples(value) for name, value in entry.items()})
            for key, entry in _toml("devices").items()}  # fmt: skip
    return MappingProxyType(rows)


@cache
def solutes() -> Mapping[str, Solute]:
    """Every solute and drug by its id."""
    return MappingProxyType({key: _solute(key, entry) for key, entry in _toml("solutes").items()})


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
    same = {name: row for name, row in names.items() if digits == [letter for letter in name if letter.isdigit()]}
    for some in (same, names) if digits else (names,):
        inside = [name for name in some if len(typed) > 1 and typed in name]
        found = list(dict.fromkeys(some[name] for name in inside or _alike(typed, some, 6, 0.6)))
        if found:
            return found[:3]
    return []


@cache
def _solute_names() -> Mapping[str, str]:
    return {_plain(name): row.id for row in solutes().values() for name in (row.id, row.name, *row.synonyms)}


_GREEK = {"\u03b1": "alpha", "\u03b2": "beta", "\u03b3": "gamma"}


def _plain(name: str) -> str:
    spelled = "".join(_GREEK.get(letter, letter) for letter in name.casefold())
    return "".join(letter for letter in spelled if letter.isalnum())


def nearest(word: str, words: Mapping[str, Any]) -> list[str]:
    """Up to three of the words that are most like a mistyped one."""
    small = {known.casefold(): known for known in words}
    typed = word.strip().casefold()
    inside = [known for known in small if typed and typed in known]
    return [small[known] for known in (inside or _alike(typed, small, 3, 0.6))[:3]]


# Other names by which an indication is asked for, and the id, or the start of one, that they mean.
SYNONYMS = {
    "ahus": "tma-complement", "atypical hus": "tma-complement", "goodpasture": "anti-gbm", "wegener": "anca-gpa",
    "churg strauss": "anca-egpa", "devic": "nmosd", "waldenstrom": "hyperviscosity", "sjs": "ten-",
    "stevens johnson": "ten-", "hashimoto": "sreat", "burns": "burn-", "scleroderma": "systemic-sclerosis",
    "hypertriglyceridemia": "htg-", "upshaw schulman": "ttp",
}  # fmt: skip


def indications_with(text: str) -> list[Indication]:
    """Every indication with all words of a text in its id or name, or that it is another name of.

    Accents, hyphens and the spelling with ae or oe do not matter.
    """
    typed = _spelled(text)
    start = next((start for name, start in SYNONYMS.items() if typed and _spelled(name) == typed), None)
    if start is not None:
        return [row for row in indications().values() if row.id.startswith(start)]
    terms = typed.split()
    return [row for row in indications().values() if all(term in _spelled(f"{row.id} {row.title}") for term in terms)]


def _spelled(text: str) -> str:
    from unicodedata import combining, normalize

    plain = "".join(letter for letter in normalize("NFKD", text.casefold()) if not combining(letter))
    return plain.replace("-", " ").replace("ae", "e").replace("oe", "e")


def indications_like(word: str) -> list[str]:
    """Up to three indications whose id or name has the word, or whose id is most like it."""
    typed = word.strip().casefold()
    rows = indications()
    words = typed.replace("-", " ").split()
    names = {name: f"{name} {row.title}".casefold() for name, row in rows.items()}
    inside = [name for name, text in names.items() if len(typed) > 2 and all(word in text for word in words)]
    inside.sort(key=lambda name: typed not in name)  # the whole word in the id comes first
    return inside[:3] or _alike(typed, rows, 3, 0.6)


def _alike(word: str, words: Iterable[str], most: int, likeness: float) -> list[str]:
    from difflib import get_close_matches  # only where something was mistyped

    return get_close_matches(word, words, most, likeness)


@cache
def data_version() -> str:
    """Twelve hex digits that change with any byte of data/."""
    digest = hashlib.sha256()
    for path in sorted(path for path in DATA.iterdir() if path.suffix in (".csv", ".toml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _toml(name: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


_SPANS = ("mw", "half_life", "fraction", "k12", "kel", "vd", "measured_loss")


def _solute(key: str, entry: dict[str, Any]) -> Solute:
    fields = dict(entry)
    for name, value in entry.items():
        if name in _SPANS:
            fields[name] = Span(**{end: Known(*known) for end, known in value.items()})
        elif name == "models":
            fields[name] = tuple(Model(name=model, **values) for model, values in value.items())
        elif isinstance(value, list):
            fields[name] = tuple(value) if name in ("synonyms", "sources", "measured_hours") else Known(*value)
    return Solute(id=key, **fields)


def _indication(row: dict[str, str]) -> dict[str, Any]:
    ends = {end: float(row[end]) if row[end] else None for end in ("pv_low", "pv_high")}
    return {**row, **ends, "litres": FIXED_LITRES.get(row["id"], ())}
