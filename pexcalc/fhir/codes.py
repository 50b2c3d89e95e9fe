"""Codes of FHIR resources: LOINC of the inputs, SNOMED CT of the exchange, their systems.

Codes are those of the reference that are not marked unverified.
"""

from typing import Any, NamedTuple

from pexcalc.order.fields import INPUTS, INTERLEUKIN_6
from pexcalc.quantities import units
from pexcalc.quantities.argument import is_number

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"


class Code(NamedTuple):
    """A LOINC code, the input that it is (`group.field` of an order), its unit's kind, its tag."""

    loinc: str
    path: str
    kind: str
    tag: str


CODES: tuple[Code, ...] = tuple(
    Code(one.code, row.path or row.name, one.kind, one.tag)
    for row in (*INPUTS, INTERLEUKIN_6)
    for one in row.loinc
)
BY_LOINC = {code.loinc: code for code in CODES}

# SNOMED CT, both tagged source. The code of plasma exchange itself is not verified: the parent,
# apheresis, is used.
THERAPEUTIC_PROCEDURE = "277132007"
APHERESIS = "127788007"


def shown_in_resource(value: Any) -> str:
    """A value of a resource as an error shows it."""
    if value is None or value == "":
        return "nothing"
    simple = isinstance(value, str | int | float) or is_number(value)
    return units.printable(str(value)) if simple else f"a value of type {type(value).__name__}"
