"""What the program knows, as frozen rows by id: solutes, indications, devices, limits, findings.

The same tables that `pexcalc show` prints. Nothing here can be changed; a site has its own limits,
products and devices in a site file.
"""

from pexcalc.data.devices import devices
from pexcalc.data.indications import indications
from pexcalc.data.limits import limits
from pexcalc.data.products import products
from pexcalc.data.solutes import solutes
from pexcalc.data.sources import sources
from pexcalc.order.fields import FINDINGS, INPUTS, Input

__all__ = [
    "devices",
    "findings",
    "indications",
    "limits",
    "order_inputs",
    "products",
    "solutes",
    "sources",
]


def findings() -> tuple[str, ...]:
    """Every word that `Order.findings` takes, beside "none"."""
    return FINDINGS


def order_inputs() -> tuple[Input, ...]:
    """Every input of an order, one row each: path, range or words, label, LOINC codes."""
    return INPUTS
