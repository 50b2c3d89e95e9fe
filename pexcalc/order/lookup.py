"""A solute or a medicine by its id, name or synonym, or the sentence that says which was meant."""

from typing import Any

from pexcalc.data import solutes as solute_table
from pexcalc.data.solutes import Solute
from pexcalc.quantities import units
from pexcalc.quantities.errors import QuantityError


def solute_named(name: Any, argument: str = "solute") -> Solute:
    """The catalogue's row for an id, a name or a synonym; QuantityError with the nearest for an unknown one."""
    found = solute_table.solute_id(name) if isinstance(name, str) else None
    if found is None:
        shown = (
            units.printable(name)
            if isinstance(name, str)
            else f"a value of type {type(name).__name__}"
        )
        near = solute_table.solutes_like(name) if isinstance(name, str) else []
        wanted = "one solute of the catalogue (pexcalc show solutes)"
        raise QuantityError(argument, shown or "nothing", wanted, near, kind="unknown")
    return solute_table.solutes()[found]


def made_by_the_body(row: Solute) -> Solute:
    """The same row; QuantityError for a drug, whose loss depends on when it was given."""
    if row.is_drug:
        wanted = "a solute of the body; a medicine goes with dose_lost, or pexcalc removal --given"
        raise QuantityError("solute", row.name, wanted, kind="unknown")
    return row
