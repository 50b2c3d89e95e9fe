"""Every solute and drug of solutes.toml: its published values, by id, name or synonym.

The trap: IL-8 is no slip for IL-6. Names that are most like a mistyped one have its digits.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from pexcalc.data.loading import read_toml, read_toml_entry
from pexcalc.data.spelling import most_alike


class Known(NamedTuple):
    """One value with its evidence tag; `note` is its UCUM unit or a sign before it, such as <."""

    value: float
    tag: str
    note: str = ""


Known.__module__ = "pexcalc"


class Span(NamedTuple):
    """Low end, typical value and high end, as far as the source gives them."""

    low: Known | None = None
    typical: Known | None = None
    high: Known | None = None


Span.__module__ = "pexcalc"


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


Model.__module__ = "pexcalc"


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
        """The solute as JSON holds it: what is not known is left out."""
        known = {name: value for name, value in self._asdict().items() if value not in _UNKNOWN}
        return {name: _as_json(value) for name, value in known.items()} | {"models": self._models()}

    def _models(self) -> list[dict[str, Any]]:
        return [model._asdict() for model in self.models]

    @property
    def is_drug(self) -> bool:
        """True for what is given and not made by the patient."""
        return self.kind in ("antibody", "drug")

    @property
    def short(self) -> str:
        """The name for a narrow column."""
        return self.synonyms[0] if self.synonyms and len(self.name) > 18 else self.name


Solute.__module__ = "pexcalc"
_UNKNOWN = (None, "", (), Span())


def _as_json(value: Any) -> Any:
    """A value as JSON holds it; an end that is not known is null."""
    if isinstance(value, Known):
        return value._asdict()
    if isinstance(value, Span):
        return {end: _as_json(known) for end, known in value._asdict().items()}
    return value


@cache
def solutes() -> Mapping[str, Solute]:
    """Every solute and drug by its id."""
    return MappingProxyType(
        {key: _solute(key, entry) for key, entry in read_toml("solutes").items()}
    )


@cache
def solute(key: str) -> Solute:
    """One solute by its id, without reading the others: a prescription needs a few of them."""
    return _solute(key, read_toml_entry("solutes", key))


def _solute(key: str, entry: dict[str, Any]) -> Solute:
    values = {name: _read_value(name, value) for name, value in entry.items()}
    return Solute(id=key, **values)


_SPANS = ("mw", "half_life", "fraction", "k12", "kel", "vd", "measured_loss")
_LISTS = ("synonyms", "sources", "measured_hours")


def _read_value(name: str, value: Any) -> Any:
    """A value of solutes.toml: ends by name, models by name, a list, or one value with its tag."""
    if name in _SPANS:
        return Span(**{end: Known(*known) for end, known in value.items()})
    if name == "models":
        return tuple(Model(name=model, **values) for model, values in value.items())
    if name in _LISTS:
        return tuple(value)
    return Known(*value) if isinstance(value, list) else value


# --- by name --------------------------------------------------------------------------------------


def solute_id(word: str) -> str | None:
    """The id of a solute by its id, name or a synonym.

    Case, spaces, hyphens and Greek letters do not matter.
    """
    return _ids_by_name().get(_plain_letters(word))


def solutes_with(word: str) -> list[str]:
    """The ids of every solute with the word in its id, its name or a synonym."""
    typed = _plain_letters(word)
    return list(dict.fromkeys(key for name, key in _ids_by_name().items() if typed in name))


def solutes_like(word: str) -> list[str]:
    """Up to three ids of solutes whose name has the word, or is most like it."""
    typed, ids = _plain_letters(word), _ids_by_name()
    same = {name: key for name, key in ids.items() if _digits(name) == _digits(typed)}
    found = _ids_like(typed, same) if _digits(typed) else []
    return (found or _ids_like(typed, ids))[:3]


def _ids_like(typed: str, ids: Mapping[str, str]) -> list[str]:
    inside = [name for name in ids if typed in name] if len(typed) > 1 else []
    names = inside or most_alike(typed, ids, 6, 0.6)
    return list(dict.fromkeys(ids[name] for name in names))


def _digits(name: str) -> str:
    return "".join(filter(str.isdigit, name))


@cache
def _ids_by_name() -> Mapping[str, str]:
    return {
        _plain_letters(name): row.id
        for row in solutes().values()
        for name in (row.id, row.name, *row.synonyms)
    }


_GREEK = str.maketrans({"\u03b1": "alpha", "\u03b2": "beta", "\u03b3": "gamma"})


def _plain_letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold().translate(_GREEK)))
