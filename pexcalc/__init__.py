"""pexcalc: plasma-exchange prescriptions with checked units, sources and uncertainty ranges.

The public names are loaded on first use, so that `import pexcalc` costs nothing. Nothing is defined
here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from pexcalc.data.indications import Indication as Indication
    from pexcalc.data.limits import Limit as Limit
    from pexcalc.data.solutes import Known as Known
    from pexcalc.data.solutes import Model as Model
    from pexcalc.data.solutes import Solute as Solute
    from pexcalc.data.solutes import Span as Span
    from pexcalc.exchange.centrifuge import Circuit as Circuit
    from pexcalc.exchange.centrifuge import CircuitPlan as CircuitPlan
    from pexcalc.exchange.centrifuge import PublishedRun as PublishedRun
    from pexcalc.exchange.centrifuge import RunTime as RunTime
    from pexcalc.exchange.centrifuge import plan_circuit as plan_circuit
    from pexcalc.exchange.circuit_volume import CircuitVolume as CircuitVolume
    from pexcalc.exchange.circuit_volume import Totals as Totals
    from pexcalc.exchange.citrate import CalciumOption as CalciumOption
    from pexcalc.exchange.citrate import CitrateLoad as CitrateLoad
    from pexcalc.exchange.dose import Dose as Dose
    from pexcalc.exchange.dose import exchange_volume as exchange_volume
    from pexcalc.exchange.dose import plasma_volumes_exchanged as plasma_volumes_exchanged
    from pexcalc.exchange.estimate import Alternative as Alternative
    from pexcalc.exchange.estimate import VolumeEstimate as VolumeEstimate
    from pexcalc.exchange.estimate import Volumes as Volumes
    from pexcalc.exchange.estimate import estimate_volumes as estimate_volumes
    from pexcalc.exchange.membrane import Membrane as Membrane
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
    from pexcalc.json_schema import order_schema as order_schema
    from pexcalc.json_schema import order_to_fill as order_to_fill
    from pexcalc.json_schema import prescription_schema as prescription_schema
    from pexcalc.kinetics.course import Band as Band
    from pexcalc.kinetics.course import Course as Course
    from pexcalc.kinetics.course import TargetSessions as TargetSessions
    from pexcalc.kinetics.course import simulate_course as simulate_course
    from pexcalc.kinetics.custom import custom_solute as custom_solute
    from pexcalc.kinetics.dilution import Unbalanced as Unbalanced
    from pexcalc.kinetics.dilution import concentration_after as concentration_after
    from pexcalc.kinetics.dilution import fraction_removed as fraction_removed
    from pexcalc.kinetics.dilution import plasma_volumes_for as plasma_volumes_for
    from pexcalc.kinetics.dilution import plasma_volumes_to_reach as plasma_volumes_to_reach
    from pexcalc.kinetics.dilution import plasma_volumes_unbalanced as plasma_volumes_unbalanced
    from pexcalc.kinetics.dilution import remaining_unbalanced as remaining_unbalanced
    from pexcalc.kinetics.dose_lost import DoseLost as DoseLost
    from pexcalc.kinetics.dose_lost import dose_lost as dose_lost
    from pexcalc.kinetics.learned_factors import LearnedFactors as LearnedFactors
    from pexcalc.kinetics.learned_factors import LevelUse as LevelUse
    from pexcalc.kinetics.medicines import DrugAround as DrugAround
    from pexcalc.kinetics.modalities import ModalityResult as ModalityResult
    from pexcalc.kinetics.modalities import compare_modalities as compare_modalities
    from pexcalc.kinetics.removal import Removal as Removal
    from pexcalc.kinetics.removal import SoluteRemoval as SoluteRemoval
    from pexcalc.kinetics.removal import expected_removal as expected_removal
    from pexcalc.kinetics.turnover import SessionLevels as SessionLevels
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
    from pexcalc.order.device import Device as Device
    from pexcalc.order.measured import MeasuredLevel as MeasuredLevel
    from pexcalc.order.order import CourseOrder as CourseOrder
    from pexcalc.order.order import DoseOrder as DoseOrder
    from pexcalc.order.order import Order as Order
    from pexcalc.order.order import Override as Override
    from pexcalc.order.patient import Labs as Labs
    from pexcalc.order.patient import Patient as Patient
    from pexcalc.order.patient import StatedVolume as StatedVolume
    from pexcalc.order.site import Site as Site
    from pexcalc.order.site import SiteDevice as SiteDevice
    from pexcalc.order.site import SiteRow as SiteRow
    from pexcalc.order.site import SiteUsed as SiteUsed
    from pexcalc.order.site_limits import SiteLimit as SiteLimit
    from pexcalc.order.treatment import Calcium as Calcium
    from pexcalc.order.treatment import DrugOrder as DrugOrder
    from pexcalc.order.treatment import Fluid as Fluid
    from pexcalc.order.treatment import ProductValues as ProductValues
    from pexcalc.prescription import Prescription as Prescription
    from pexcalc.prescription import prescribe as prescribe
    from pexcalc.printed import curve_svg as curve_svg
    from pexcalc.printed import page_html as page_html
    from pexcalc.printed import screen_text as screen_text
    from pexcalc.printed import sheet_text as sheet_text
    from pexcalc.printed import summary_text as summary_text
    from pexcalc.quantities.annotations import Interval as Interval
    from pexcalc.quantities.errors import OrderError as OrderError
    from pexcalc.quantities.errors import QuantityError as QuantityError
    from pexcalc.quantities.units import parse_quantity as parse_quantity
    from pexcalc.quantities.working import Basis as Basis
    from pexcalc.quantities.working import Stated as Stated
    from pexcalc.replacement.choice import choose_replacement as choose_replacement
    from pexcalc.replacement.containers import Change as Change
    from pexcalc.replacement.containers import ContainerPlan as ContainerPlan
    from pexcalc.replacement.containers import Containers as Containers
    from pexcalc.replacement.containers import ProductCount as ProductCount
    from pexcalc.replacement.results import Dilution as Dilution
    from pexcalc.replacement.results import FluidSegment as FluidSegment
    from pexcalc.replacement.results import Left as Left
    from pexcalc.replacement.results import Option as Option
    from pexcalc.replacement.results import ProductUsed as ProductUsed
    from pexcalc.replacement.results import Reason as Reason
    from pexcalc.replacement.results import ReplacementPlan as ReplacementPlan
    from pexcalc.rules.cautions import Caution as Caution
    from pexcalc.rules.cautions import LimitRange as LimitRange
    from pexcalc.rules.crs import Criteria as Criteria
    from pexcalc.rules.crs import CrsGrade as CrsGrade
    from pexcalc.rules.crs import CrsOrder as CrsOrder
    from pexcalc.rules.crs import CrsSigns as CrsSigns
    from pexcalc.rules.crs import grade_crs as grade_crs
    from pexcalc.rules.not_checked import NotChecked as NotChecked

_PUBLIC = {
    "data.indications": ("Indication",),
    "data.limits": ("Limit",),
    "data.solutes": ("Known", "Model", "Solute", "Span"),
    "exchange.centrifuge": ("Circuit", "CircuitPlan", "PublishedRun", "RunTime", "plan_circuit"),
    "exchange.circuit_volume": ("CircuitVolume", "Totals"),
    "exchange.citrate": ("CalciumOption", "CitrateLoad"),
    "exchange.dose": ("Dose", "exchange_volume", "plasma_volumes_exchanged"),
    "exchange.estimate": ("Alternative", "VolumeEstimate", "Volumes", "estimate_volumes"),
    "exchange.membrane": ("Membrane",),
    "exchange.volume": (
        "body_surface_area", "boer_blood_volume", "flat_blood_volume", "kaplan_plasma_volume",
        "lemmens_blood_volume", "linderkamp_blood_volume", "nadler_blood_volume", "plasma_volume",
        "pregnancy_plasma_volume", "raes_blood_volume", "restored_weight",
    ),
    "json_schema": ("order_schema", "order_to_fill", "prescription_schema"),
    "kinetics.course": ("Band", "Course", "TargetSessions", "simulate_course"),
    "kinetics.custom": ("custom_solute",),
    "kinetics.learned_factors": ("LearnedFactors", "LevelUse"),
    "kinetics.dilution": (
        "Unbalanced", "concentration_after", "fraction_removed", "plasma_volumes_for",
        "plasma_volumes_to_reach", "plasma_volumes_unbalanced", "remaining_unbalanced",
    ),
    "kinetics.dose_lost": ("DoseLost", "dose_lost"),
    "kinetics.medicines": ("DrugAround",),
    "kinetics.modalities": ("ModalityResult", "compare_modalities"),
    "kinetics.removal": ("Removal", "SoluteRemoval", "expected_removal"),
    "kinetics.turnover": (
        "SessionLevels", "fall_with_production", "plasma_volumes_two_compartments",
        "plasma_volumes_with_production", "session_unbalanced", "sessions_without_refill",
        "two_compartment_course",
    ),
    "order.device": ("Device",),
    "order.measured": ("MeasuredLevel",),
    "order.order": ("CourseOrder", "DoseOrder", "Order", "Override"),
    "order.patient": ("Labs", "Patient", "StatedVolume"),
    "order.site": ("Site", "SiteDevice", "SiteRow", "SiteUsed"),
    "order.site_limits": ("SiteLimit",),
    "order.treatment": ("Calcium", "DrugOrder", "Fluid", "ProductValues"),
    "prescription": ("Prescription", "prescribe"),
    "printed": ("curve_svg", "page_html", "screen_text", "sheet_text", "summary_text"),
    "quantities.annotations": ("Interval",),
    "quantities.errors": ("OrderError", "QuantityError"),
    "quantities.units": ("parse_quantity",),
    "quantities.working": ("Basis", "Stated"),
    "replacement.choice": ("choose_replacement",),
    "replacement.containers": ("Change", "ContainerPlan", "Containers", "ProductCount"),
    "replacement.results": (
        "Dilution", "FluidSegment", "Left", "Option", "ProductUsed", "Reason", "ReplacementPlan",
    ),
    "rules.cautions": ("Caution", "LimitRange"),
    "rules.crs": ("Criteria", "CrsGrade", "CrsOrder", "CrsSigns", "grade_crs"),
    "rules.not_checked": ("NotChecked",),
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
