"""FHIR R4: an order out of a Bundle; Observations and a draft request of a prescription.

Plain dictionaries in and out, for programs of health professionals. Nothing is sent anywhere,
nothing is looked up, and whatever could be read in two ways is refused with the name of the entry.
"""

from pexcalc.fhir.bundle import (
    BUNDLES,
    CALCIUM,
    MEASURED,
    VALID,
    WITHDRAWN,
    EntryRead,
    FromBundle,
    order_from_bundle,
)
from pexcalc.fhir.codes import (
    APHERESIS,
    BY_LOINC,
    CODES,
    LOINC,
    SNOMED,
    THERAPEUTIC_PROCEDURE,
    UCUM,
    Code,
)
from pexcalc.fhir.resources import (
    CALCULATED,
    DRAFT,
    NO_SOLUTE,
    Figure,
    observations,
    service_request,
)

__all__ = [
    "APHERESIS",
    "BUNDLES",
    "BY_LOINC",
    "CALCIUM",
    "CALCULATED",
    "CODES",
    "DRAFT",
    "LOINC",
    "MEASURED",
    "NO_SOLUTE",
    "SNOMED",
    "THERAPEUTIC_PROCEDURE",
    "UCUM",
    "VALID",
    "WITHDRAWN",
    "Code",
    "EntryRead",
    "Figure",
    "FromBundle",
    "observations",
    "order_from_bundle",
    "service_request",
]
