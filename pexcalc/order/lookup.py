"""Look up a solute or a medicine by id, name or synonym; suggest the nearest if unknown."""

from typing import Any

from pexcalc.data import solutes as solute_table
from pexcalc.data.solutes import Solute
from pexcalc.quantities import units
from pexcalc.quantities.errors import QuantityError, refuse_if


def solute_named(name: Any, argument: str = "solute") -> Solute:
    """The table's row for an id, name or synonym; QuantityError with the nearest if unknown.

    A row, such as one of `custom_solute`, is itself.
    """
    if isinstance(name, Solute):
        return name
    found = solute_table.solute_id(name) if isinstance(name, str) else None
    if found is None:
        shown = (
            units.printable(name)
            if isinstance(name, str)
            else f"a value of type {type(name).__name__}"
        )
        near = solute_table.solutes_like(name) if isinstance(name, str) else []
        wanted = "one solute of the table (pexcalc show solutes)"
        raise QuantityError(argument, shown or "nothing", wanted, near, kind="unknown")
    return solute_table.solutes()[found]


def made_by_the_body(row: Solute) -> Solute:
    """The same row; QuantityError for a drug, whose loss depends on when it was given."""
    wanted = "a solute of the body; for a medicine use dose_lost, or pexcalc removal --given"
    refuse_if(row.is_drug, "solute", row.name, wanted, kind="unknown")
    return row
