"""pexcalc: plasma-exchange prescriptions with checked units, visible sources and honest intervals.

The public names are loaded on first use, so that `import pexcalc` costs nothing. Nothing is defined
here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pexcalc.data.indications import Indication as Indication
    from pexcalc.data.solutes import Solute as Solute
    from pexcalc.exchange.centrifuge import CircuitPlan as CircuitPlan
    from pexcalc.exchange.centrifuge import plan_circuit as plan_circuit
    from pexcalc.exchange.dose import exchange_volume as exchange_volume
    from pexcalc.exchange.dose import plasma_volumes_exchanged as plasma_volumes_exchanged
    from pexcalc.exchange.estimate import VolumeEstimate as VolumeEstimate
    from pexcalc.exchange.estimate import estimate_volumes as estimate_volumes
    from pexcalc.exchange.volume import body_surface_area as body_surface_area
    from pexcalc.exchange.volume import boer_blood_volume as boer_blood_volume
    from pexcalc.exchange.volume import flat_blood_volume as flat_blood_volume
    from pexcalc.exchange.volume import kaplan_plasma_volume as kaplan_plasma_volume
    from pexcalc.exchange.volume import lemmens_blood_volume as lemmens_blood_volume
    from pexcalc.exchange.volume import linderkamp_blood_volume as linderkamp_blood_volume
    from pexcalc.exchange.volume import nadler_blood_volume as nadler_blood_volume
    from pexcalc.exchange.volume import plasma_volume as plasma_volume
    from pexcalc.exchange.volume import pregnancy_plasma_volume as pregnancy_plasma_volume
    from pexcalc.exchange.volume import raes_blood_volume as raes_blood_volume
    from pexcalc.exchange.volume import restored_weight as restored_weight
    from pexcalc.kinetics.course import Course as Course
    from pexcalc.kinetics.course import simulate_course as simulate_course
    from pexcalc.kinetics.dilution import concentration_after as concentration_after
    from pexcalc.kinetics.dilution import fraction_removed as fraction_removed
    from pexcalc.kinetics.dilution import plasma_volumes_for as plasma_volumes_for
    from pexcalc.kinetics.dilution import plasma_volumes_to_reach as plasma_volumes_to_reach
    from pexcalc.kinetics.dilution import plasma_volumes_unbalanced as plasma_volumes_unbalanced
    from pexcalc.kinetics.dilution import remaining_unbalanced as remaining_unbalanced
    from pexcalc.kinetics.medicines import DoseLost as DoseLost
    from pexcalc.kinetics.medicines import dose_lost as dose_lost
    from pexcalc.kinetics.modalities import ModalityResult as ModalityResult
    from pexcalc.kinetics.modalities import compare_modalities as compare_modalities
    from pexcalc.kinetics.removal import Removal as Removal
    from pexcalc.kinetics.removal import expected_removal as expected_removal
    from pexcalc.kinetics.turnover import fall_with_production as fall_with_production
    from pexcalc.kinetics.turnover import (
        plasma_volumes_two_compartments as plasma_volumes_two_compartments,
    )
    from pexcalc.kinetics.turnover import (
        plasma_volumes_with_production as plasma_volumes_with_production,
    )
    from pexcalc.kinetics.turnover import session_unbalanced as session_unbalanced
    from pexcalc.kinetics.turnover import sessions_without_refill as sessions_without_refill
    from pexcalc.kinetics.turnover import two_compartment_course as two_compartment_course
    from pexcalc.order.order import Order as Order
    from pexcalc.order.patient import Labs as Labs
    from pexcalc.order.patient import Patient as Patient
    from pexcalc.order.patient import StatedVolume as StatedVolume
    from pexcalc.order.site import Site as Site
    from pexcalc.order.treatment import Fluid as Fluid
    from pexcalc.prescription import Prescription as Prescription
    from pexcalc.prescription import prescribe as prescribe
    from pexcalc.quantities.annotations import Interval as Interval
    from pexcalc.quantities.errors import OrderError as OrderError
    from pexcalc.quantities.errors import QuantityError as QuantityError
    from pexcalc.quantities.units import parse_quantity as parse_quantity
    from pexcalc.replacement.choice import choose_replacement as choose_replacement
    from pexcalc.replacement.results import ReplacementPlan as ReplacementPlan
    from pexcalc.rules.cautions import Caution as Caution
    from pexcalc.rules.crs import CrsGrade as CrsGrade
    from pexcalc.rules.crs import grade_crs as grade_crs

_PUBLIC = {
    "data.indications": ("Indication",),
    "data.solutes": ("Solute",),
    "exchange.centrifuge": ("CircuitPlan", "plan_circuit"),
    "exchange.dose": ("exchange_volume", "plasma_volumes_exchanged"),
    "exchange.estimate": ("VolumeEstimate", "estimate_volumes"),
    "exchange.volume": (
        "body_surface_area", "boer_blood_volume", "flat_blood_volume", "kaplan_plasma_volume",
        "lemmens_blood_volume", "linderkamp_blood_volume", "nadler_blood_volume", "plasma_volume",
        "pregnancy_plasma_volume", "raes_blood_volume", "restored_weight",
    ),
    "kinetics.course": ("Course", "simulate_course"),
    "kinetics.dilution": (
        "concentration_after", "fraction_removed", "plasma_volumes_for",
        "plasma_volumes_to_reach", "plasma_volumes_unbalanced", "remaining_unbalanced",
    ),
    "kinetics.medicines": ("DoseLost", "dose_lost"),
    "kinetics.modalities": ("ModalityResult", "compare_modalities"),
    "kinetics.removal": ("Removal", "expected_removal"),
    "kinetics.turnover": (
        "fall_with_production", "plasma_volumes_two_compartments",
        "plasma_volumes_with_production", "session_unbalanced", "sessions_without_refill",
        "two_compartment_course",
    ),
    "order.order": ("Order",),
    "order.patient": ("Labs", "Patient", "StatedVolume"),
    "order.site": ("Site",),
    "order.treatment": ("Fluid",),
    "prescription": ("Prescription", "prescribe"),
    "quantities.annotations": ("Interval",),
    "quantities.errors": ("OrderError", "QuantityError"),
    "quantities.units": ("parse_quantity",),
    "replacement.choice": ("choose_replacement",),
    "replacement.results": ("ReplacementPlan",),
    "rules.cautions": ("Caution",),
    "rules.crs": ("CrsGrade", "grade_crs"),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = ["__version__", *_MODULE_OF]


if not TYPE_CHECKING:  # a type checker knows the names above, and no others

    def __getattr__(name: str) -> Any:
        module = _MODULE_OF.get(name)
        if module is None:
            raise AttributeError(f"module 'pexcalc' has no attribute {name!r}")
        value = getattr(import_module(f"pexcalc.{module}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
