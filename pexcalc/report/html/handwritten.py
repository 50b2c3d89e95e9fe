"""The sheet as it is printed: which section on which page, what two people check, what is written by hand, who signs.

A check shows the figures that it is about. Nothing here is calculated but the span in which a
second figure may lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from pexcalc.data.limits import Limit
from pexcalc.exchange.citrate import WEAKNESS
from pexcalc.order.order import limits_in_force
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.report import sheet
from pexcalc.report.administration import count_in_words
from pexcalc.report.circuit import circuit_sections, ratio_in_words
from pexcalc.report.layout import NOT_ENTERED, Row, Section
from pexcalc.report.replacement import fluid_behind, fluid_to_hang, in_force
from pexcalc.report.wording import System
from pexcalc.rules.caution_rules import NO_MAGNESIUM
from pexcalc.rules.cautions import limit_words


class Paper(NamedTuple):
    """The printed sheet: sections of the bedside page, of the page behind it, and of what --explain adds."""

    front: tuple[Section, ...]
    back: tuple[Section, ...]
    explained: tuple[Section, ...]


def paper(
    p: Prescription, explain: bool = False, notes: Iterable[str] = (), system: System = "entered"
) -> Paper:
    """The rows of a prescription as they are printed."""
    front = [
        by_hand(),
        *sheet.before(p, notes, system),
        *fluid_to_hang(p),
        *circuit_sections(p),
        double_checks(p),
        signatures(),
    ]
    back = [*sheet.behind(p, fluid_behind(p, system)), *sheet.evidence(p, False)]
    rest = sheet.evidence(p, True) if explain else []
    across_last = sorted(back, key=lambda part: part.wide)
    return Paper(
        *(tuple(part for part in parts if part.rows) for parts in (front, across_last, rest))
    )


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
    """One row: its label, the sentence with the figures of a prescription, and whether a prescription needs it."""

    label: str
    text: Callable[[Prescription], str]
    needed: Callable[[Prescription], bool] = lambda p: True


def _has_plasma(p: Prescription) -> bool:
    options = [one for one in p.replacement.options if in_force(p) in (None, one)]
    return any(one.fluid != "albumin" for one in options)


def _limit(p: Prescription, name: str) -> tuple[float, str]:
    limit: Limit = limits_in_force(p.order)[name]
    return limit.most, limit_words(limit)


def _blood_group(p: Prescription) -> str:
    fluid = p.order.fluid
    group = (fluid and fluid.blood_group) or NOT_ENTERED
    fits = " or ".join(p.replacement.blood_groups) or "by the product"
    return (
        f"patient {group}, by two samples; plasma {fits}; each unit checked at the bedside and "
        "recorded "
        "[nhsn-two-samples, royal-marsden]"
    )


def _prescribed(p: Prescription) -> str:
    one, calcium, device = in_force(p), p.order.calcium, p.order.device
    anticoagulant = (
        device and (device.anticoagulant or (device.anticoagulant_citrate and "citrate"))
    ) or NOT_ENTERED
    return (
        f"before the start: fluid {f'{one.fluid} ({one.state})' if one else 'not chosen'}, calcium "
        f"{calcium.plan if calcium else NOT_ENTERED}, anticoagulant {anticoagulant} [order-forms]"
    )


def _second_figure(p: Prescription) -> str:
    if p.order.patient.plasma_volume is not None or p.order.patient.blood_volume is not None:
        return "the entered volume read again from its measurement or device by a second person"
    share, words = _limit(p, "second-check")
    low, high = (
        units.volume(
            units.size(p.volumes.plasma_volume.typical, "mL") * (1 + sign * share / 100),
            exact=False,
        )
        for sign in (-1, 1)
    )
    return (
        f"again by a second person from sex, height, weight, hematocrit by {p.volumes.method}: "
        f"{low.removesuffix(' mL')} to {high} (within {words})"
    )


def _containers(p: Prescription) -> str:
    one = in_force(p)
    hung = (
        [f"{row.product} {count_in_words(row)}" for row in one.containers if row.used]
        if one
        else []
    )
    if not hung:
        return "counted against the volume of the fluid chosen"
    last = "; plasma last" if one and one.sequence == "plasma-last" else ""
    return f"{'; '.join(hung)}: counted, product and expiry read{last}"


def _ratio(p: Prescription) -> str:
    device = p.order.device
    if p.circuit is not None:
        said = ratio_in_words(p.circuit.ratio, p.circuit.ratio_meaning)
    elif device is not None and device.ratio is not None and device.ratio_meaning is not None:
        said = ratio_in_words(device.ratio, device.ratio_meaning)
    else:
        said = NOT_ENTERED
    return f"on the device: {said}"


def _device_volumes(p: Prescription) -> str:
    _, words = _limit(p, "device-difference")
    blood, plasma = (
        units.volume(units.size(span.typical, "mL"), exact=False)
        for span in (p.volumes.blood_volume, p.volumes.plasma_volume)
    )
    return f"blood volume {blood}, plasma volume {plasma}; a difference of more than {words} is explained"


def _seen(p: Prescription) -> str:
    weak = WEAKNESS.get(p.order.indication)
    said = f"; {weak}: {NO_MAGNESIUM} [magnesium-label]" if weak else ""
    return (
        "potassium, calcium, magnesium (in kidney failure given only against a level), hematocrit, "
        "platelets, "
        f"fibrinogen, ACE inhibitor, medicines held [order-forms]{said}"
    )


CHECKS: tuple[Check, ...] = (
    Check("Patient", lambda p: "identity and consent confirmed again [royal-marsden]"),
    Check("All prescribed", _prescribed),
    Check("Plasma volume", _second_figure),
    Check("Device", _device_volumes),
    Check("Ratio", _ratio),
    Check("Containers", _containers),
    Check("Blood group", _blood_group, _has_plasma),
    Check("Calcium line", lambda p: "not the line of plasma [octaplas-label]", _has_plasma),
    Check("Seen", _seen),
    Check(
        "At the end",
        lambda p: (
            "totals copied from the device, balance checked, medicines released, charted as fluid "
            "of plasma exchange"
        ),
    ),
)
