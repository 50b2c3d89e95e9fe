"""Every replacement product, out of fluids.toml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from pexcalc.data.loading import as_tuples, read_toml


class Product(NamedTuple):
    """One replacement product; per liter protein and fibrinogen in g, citrate in mmol.

    Fibrinogen and citrate are low, typical and high; None where no source gives a value. `kind` is
    albumin, concentrate (albumin to be diluted), plasma or saline. `judged_as` are the products of
    the table whose safety rules hold for a product that the table does not have.
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
    judged_as: tuple[str, ...] = ()


@cache
def products() -> Mapping[str, Product]:
    """Every replacement product by its id."""
    rows = {
        key: Product(key, **{name: as_tuples(value) for name, value in entry.items()})
        for key, entry in read_toml("fluids").items()
    }
    return MappingProxyType(rows)
