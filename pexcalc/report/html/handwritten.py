"""The printed sheet: its pages, the double checks, what is completed by hand, who signs.

A check shows the figures that it is about. Nothing here is calculated but the span in which a
second figure may lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from pexcalc.data.limits import Limit
from pexcalc.order.order import limits_in_force
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.report import sheet
from pexcalc.report.administration import (
    containers_to_use,
    count_in_words,
    magnesium_in_weakness,
)
from pexcalc.report.circuit import circuit_sections, ratio_in_words
from pexcalc.report.layout import NOT_ENTERED, Row, Section, with_inputs
from pexcalc.report.replacement import fluid_behind, fluid_to_hang, in_force
from pexcalc.report.wording import System, joined
from pexcalc.rules.cautions import limit_words


class Paper(NamedTuple):
    """The sections of the bedside page, of the page behind it, and of those with formulas."""

    front: tuple[Section, ...]
    back: tuple[Section, ...]
    explained: tuple[Section, ...]


def paper(
    p: Prescription, explain: bool = False, notes: Iterable[str] = (), system: System = "entered"
) -> Paper:
    """The rows of a prescription as they are printed."""
    front = (
        by_hand(),
        *sheet.before(p, notes, system),
        *fluid_to_hang(p),
        *circuit_sections(p),
        double_checks(p),
        signatures(),
    )
    back = (*sheet.behind(p, fluid_behind(p, system), system), *sheet.evidence(p, False))
    explained = sheet.evidence(p, True) if explain else ()
    wide_last = sorted(back, key=lambda part: part.wide)
    return Paper(*(_in_words(parts) for parts in (front, wide_last, explained)))


def _in_words(parts: Iterable[Section]) -> tuple[Section, ...]:
    """The sections that have rows, with the inputs that they ask for in words."""
    return sheet.with_rows(*map(with_inputs, parts))


def by_hand() -> Section:
    """What the program does not ask for and does not keep: written on the paper."""
    rows = (
        "Name, identifier",
        "Date of birth",
        "Allergies, reactions",
        "Consent, date",
        "Access, lock",
        "Ward, physician",
        "Session, of",
        "Next, reviewed by",
    )
    return Section(
        "To write by hand: not entered here, not kept",
        tuple(Row(label, "") for label in rows),
        ("Here",),
        True,
    )


def signatures() -> Section:
    """Who signs, with name, role, date and time."""
    rows = tuple(Row(label, "") for label in ("Name, role", "Signature", "Date, time"))
    return Section(
        "Signatures",
        rows,
        ("Prescriber", "Checker 1", "Checker 2", "Operator", "Physician review"),
        True,
    )


def double_checks(p: Prescription) -> Section:
    """Each check that this prescription needs, with the figures that it is about."""
    rows = [Row(check.label, check.text(p), box=True) for check in CHECKS if check.needed(p)]
    return Section("Double checks", tuple(rows), wide=True)


class Check(NamedTuple):
    """One row: its label, its sentence with figures, and whether a prescription needs it."""

    label: str
    text: Callable[[Prescription], str]
    needed: Callable[[Prescription], bool] = lambda p: True


def _may_get_plasma(p: Prescription) -> bool:
    """Whether the fluid in force has plasma in it, or one that is still open."""
    options = [option for option in p.replacement.options if in_force(p) in (None, option)]
    return any(option.fluid != "albumin" for option in options)


def _limit_in_force(p: Prescription, name: str) -> tuple[float, str]:
    """The upper end of a limit, and the limit in words."""
    limit: Limit = limits_in_force(p.order)[name]
    return limit.most, limit_words(limit)


def _blood_group(p: Prescription) -> str:
    group = getattr(p.order.fluid, "blood_group", None) or NOT_ENTERED
    fits = " or ".join(p.replacement.blood_groups) or "by the product"
    return (
        f"patient {group}, by two samples; plasma {fits}; each unit checked at the bedside and "
        "recorded [nhsn-two-samples, royal-marsden]"
    )


def _prescribed_before_start(p: Prescription) -> str:
    option = in_force(p)
    fluid = "not chosen" if option is None else f"{option.fluid} ({option.state})"
    calcium = getattr(p.order.calcium, "plan", NOT_ENTERED)
    return (
        f"before the start: fluid {fluid}, calcium {calcium}, "
        f"anticoagulant {_anticoagulant_ordered(p)} [order-forms]"
    )


def _anticoagulant_ordered(p: Prescription) -> str:
    """The anticoagulant, or that its citrate is entered."""
    device = p.order.device
    if device is None:
        return NOT_ENTERED
    citrate = device.anticoagulant_citrate and "citrate"
    return device.anticoagulant or citrate or NOT_ENTERED


def _plasma_volume_by_second_person(p: Prescription) -> str:
    stated = (p.order.patient.plasma_volume, p.order.patient.blood_volume)
    if stated != (None, None):
        return "the entered volume read again from its measurement or device by a second person"
    tolerance, words = _limit_in_force(p, "second-check")
    typical = units.size(p.volumes.plasma_volume.typical, "mL")
    low = units.volume(typical * (1 - tolerance / 100), exact=False)
    high = units.volume(typical * (1 + tolerance / 100), exact=False)
    return (
        f"again by a second person from sex, height, weight, hematocrit by {p.volumes.method}: "
        f"{low.removesuffix(' mL')} to {high} (within {words})"
    )


def _containers_counted(p: Prescription) -> str:
    option = in_force(p)
    used = containers_to_use(option) if option else []
    if not used:
        return "counted against the volume of the fluid chosen"
    counts = "; ".join(f"{row.product} {count_in_words(row)}" for row in used)
    last = LAST_FLUID.get(getattr(option, "sequence", ""), "")
    return f"{counts}: {joined('counted, product and expiry read', last)}"


LAST_FLUID = {"plasma-last": "plasma last"}


def _ratio(p: Prescription) -> str:
    """The ratio of the circuit, or the one that was entered."""
    run = p.circuit or p.order.device
    ratio, meaning = getattr(run, "ratio", None), getattr(run, "ratio_meaning", None)
    if ratio is None or meaning is None:
        return f"on the device: {NOT_ENTERED}"
    return f"on the device: {ratio_in_words(ratio, meaning)}"


def _device_volumes(p: Prescription) -> str:
    _, words = _limit_in_force(p, "device-difference")
    blood, plasma = (
        units.volume(units.size(span.typical, "mL"), exact=False)
        for span in (p.volumes.blood_volume, p.volumes.plasma_volume)
    )
    return (
        f"blood volume {blood}, plasma volume {plasma}; a difference of more than {words} is "
        "explained"
    )


LABS_AND_MEDICINES = (
    "potassium, calcium, magnesium (in kidney failure given only against a level), hematocrit, "
    "platelets, fibrinogen, ACE inhibitor, medicines held [order-forms]"
)
AT_THE_END = (
    "totals copied from the device, balance checked, medicines released, charted as fluid of "
    "plasma exchange"
)

CHECKS: tuple[Check, ...] = (
    Check("Patient", lambda p: "identity and consent confirmed again [royal-marsden]"),
    Check("All prescribed", _prescribed_before_start),
    Check("Plasma volume", _plasma_volume_by_second_person),
    Check("Device", _device_volumes),
    Check("Ratio", _ratio),
    Check("Containers", _containers_counted),
    Check("Blood group", _blood_group, _may_get_plasma),
    Check("Calcium line", lambda p: "not the line of plasma [octaplas-label]", _may_get_plasma),
    Check("Seen", lambda p: joined(LABS_AND_MEDICINES, magnesium_in_weakness(p))),
    Check("At the end", lambda p: AT_THE_END),
)
