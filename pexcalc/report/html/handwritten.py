"""The printed sheet: its two pages and the double checks.

A check shows the figures that it is about. Nothing here is calculated but the span in which a
second figure may lie.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from pexcalc.data import sources as source_table
from pexcalc.data.limits import Limit
from pexcalc.order.site_limits import limits_in_force
from pexcalc.prescription import Prescription
from pexcalc.quantities import units
from pexcalc.quantities.given import words_if_given
from pexcalc.report import sheet
from pexcalc.report.alert_words import alert_sentence
from pexcalc.report.circuit import circuit_sections, ratio_in_words
from pexcalc.report.citrate_calcium import magnesium_in_weakness
from pexcalc.report.html.bedside import (
    complete_by_hand,
    container_schedule,
    containers_hung,
    large_figures,
    lines_of_screen,
    monitoring_grid,
    reaction_plan,
    signature_lines,
)
from pexcalc.report.layout import NOT_ENTERED, Row, Section, with_inputs
from pexcalc.report.replacement import fluid_behind, fluid_sections, fluid_to_hang, in_force
from pexcalc.report.wording import System, joined, not_checked_words
from pexcalc.rules.cautions import limit_words


class Paper(NamedTuple):
    """The areas of page 1 with their sections, the page behind it, and those with formulas."""

    heading: str
    front: Mapping[str, tuple[Section, ...]]
    back: tuple[Section, ...]
    explained: tuple[Section, ...]


def paper(
    p: Prescription, explain: bool = False, notes: Iterable[str] = (), system: System = "entered"
) -> Paper:
    """The rows of a prescription as they are printed.

    Source keys and rule ids are printed with `explain` only, and so are the reasons.
    """
    shown = lines_of_screen(p, system, ())  # how entries were read stands with the patient, behind
    front = {
        "who": (Section("", shown.patient),),
        "byhand": (complete_by_hand(),),
        "alerts": shown.alerts,
        "figures": (large_figures(p),),
        "lines": shown.lines,
        "schedule": (container_schedule(p),),
        "reaction": (reaction_plan(),),
        "monitoring": (monitoring_grid(p),),
        "checks": (double_checks(p),),
        "signatures": (signature_lines(p),),
    }
    printed_front = {area: _without_keys_of(parts) for area, parts in front.items()}
    behind, reasons = _behind_page_1(p, notes, system)
    explained = (*reasons, *sheet.evidence(p, True)) if explain else ()
    back = (*_without_keys_of((*shown.later, *behind)), *_tables_and_note(p))
    return Paper(shown.heading, printed_front, back, _in_words(explained))


def _in_words(parts: Iterable[Section]) -> tuple[Section, ...]:
    """The sections that have rows, with the inputs that they ask for in words."""
    return sheet.with_rows(*map(with_inputs, parts))


# --- page 2 ---------------------------------------------------------------------------------------

REASONS = (
    "Against",
    "Why this fluid",
    "Why this plasma volume, and the other estimators",
    "How to read expected removal",
    "Dose of one session",
    "Volumes",
    "Products of the other options",
    "Fluid not chosen",
)
OF_CRS = ("Expected removal", "Indication")  # beside the plots and the criteria of CRS
NOT_ORDERED = "(not ordered)"  # the title of another option
AGAINST = ("Against", "If chosen, raises")
NOT_REPEATED = ("Label", "Ordered at", "Schedule", "Source", *AGAINST)
FIRST_BEHIND = ("Notes", "Medicines around the exchange", "Levels before each session")
WHERE_REASONS = Row("Reasons", "formulas, reasons and sources: print again with --why")


def _behind_page_1(
    p: Prescription, notes: Iterable[str], system: System
) -> tuple[list[Section], list[Section]]:
    """The rest of the sheet, the medicines and the course first; and apart from it the reasons."""
    patient, _, *others = sheet.before(p, notes, system)
    every = [
        _notes_section(p, system),
        *sheet.behind(p, fluid_behind(p, system), system),
        patient,
        *others,
        *fluid_to_hang(p),
        *circuit_sections(p),
    ]
    others_of_crs = (part.title for part in every if part.title.endswith(NOT_ORDERED))
    moved = (*REASONS, *OF_CRS, *others_of_crs) if p.crs is not None else REASONS
    first = [part for title in FIRST_BEHIND for part in every if part.title == title]
    rest = [part for part in every if part.title not in (*FIRST_BEHIND, *moved)]
    against = (part._replace(rows=_only(part, AGAINST)) for part in fluid_sections(p, system))
    reasons = [part for part in every if part.title in (*moved, "Indication")]
    return [_without_repeats(part) for part in (*first, *rest)], list(
        dict.fromkeys((*against, *reasons))
    )


def _only(part: Section, labels: Collection[str]) -> tuple[Row, ...]:
    """The rows of a section with these labels."""
    return tuple(row for row in part.rows if row.label in labels)


def _notes_section(p: Prescription, system: System) -> Section:
    """The alerts for information, and everything that was not checked."""
    notes = (
        Row("Note", alert_sentence(caution, p.order, system))
        for caution in p.cautions
        if caution.severity == "info"
    )
    return Section("Notes", (*notes, Row("Not checked", not_checked_words(p.not_checked))))


def _without_repeats(part: Section) -> Section:
    """A section without what page 1 has, and without rows that say only that a value is missing."""
    rows = (
        row
        for row in part.rows
        if not (row.box and row.label.endswith(" min"))
        and row.label not in NOT_REPEATED
        and not row.text.startswith(NOT_ENTERED)
    )
    if part.blanks:  # to compare with: each figure once, rounded as on page 1
        rows = (row._replace(text=UNROUNDED.sub("", row.text)) for row in rows)
    return part._replace(rows=tuple(rows))


UNROUNDED = re.compile(r" \([+-]?[0-9][0-9,]*\.[0-9]+\)")


def _tables_and_note(p: Prescription) -> tuple[Section, ...]:
    """The dates of the data tables, and where the reasons are."""
    (*_, sources) = sheet.evidence(p, False)
    dated = [row for row in sources.rows if row.label == "Data tables"]
    return (Section("Data and reasons", (*dated, WHERE_REASONS)),)


def _without_keys_of(parts: Iterable[Section]) -> tuple[Section, ...]:
    """Sections in words, without the keys of their sources."""
    return tuple(
        part._replace(rows=tuple(row._replace(text=without_sources(row.text)) for row in part.rows))
        for part in _in_words(parts)
    )


# Keys, tags and codes as the sheet prints them.
SOURCE_KEYS = re.compile(r" \[([a-z0-9][a-z0-9, -]*)\]")
ALERT_CODES = re.compile(r"alerts? W-[A-Z-]+(, W-[A-Z-]+)*")
SOURCE_TAGS = ("judgement", "source", "secondary", "derived", "unverified")


def without_sources(text: str) -> str:
    """A text without source keys, tags and codes of alerts; other brackets stay."""
    known = {*source_table.sources(), *SOURCE_TAGS}
    text = ALERT_CODES.sub("the alert", text)
    return SOURCE_KEYS.sub(
        lambda found: "" if set(found[1].split(", ")) <= known else found[0], text
    )


# --- double checks --------------------------------------------------------------------------------


def double_checks(p: Prescription) -> Section:
    """Each check that this prescription needs, with its figures; none for an order on hold."""
    needed = [check for check in CHECKS if check.needed(p) and not p.blocked]
    found = ((check.label, check.text(p)) for check in needed)
    rows = [Row(label, text, box=not text.startswith(TICK)) for label, text in found]
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
    """What has to be prescribed, each with a box and what the order holds of it."""
    option = in_force(p)
    fluid = words_if_given(option, lambda option: f"{option.fluid} ({option.state})")
    ordered = (
        ("fluid", fluid),
        ("calcium", getattr(p.order.calcium, "plan", "")),
        ("AC", _anticoagulant_ordered(p)),
    )
    words = (joined(f"{TICK} {name}", value, by=" ") for name, value in ordered)
    return f"{', '.join(words)} [order-forms]"


TICK = "[ ]"


def _anticoagulant_ordered(p: Prescription) -> str:
    """The anticoagulant, or that its citrate is entered."""
    device = p.order.device
    citrate = getattr(device, "anticoagulant_citrate", None) and "citrate"
    return getattr(device, "anticoagulant", None) or citrate or ""


def _plasma_volume_by_second_person(p: Prescription) -> str:
    stated = (p.order.patient.plasma_volume, p.order.patient.blood_volume)
    if stated != (None, None):
        return "the entered volume read again from its measurement or device by second checker"
    tolerance, words = _limit_in_force(p, "second-check")
    typical = units.size(p.volumes.plasma_volume.typical, "mL")
    low = units.volume(typical * (1 - tolerance / 100), exact=False)
    high = units.volume(typical * (1 + tolerance / 100), exact=False)
    return (
        f"by second checker: must be {low.removesuffix(' mL')} to {high} by {p.volumes.method}, "
        f"within {words}"
    )


def _containers_counted(p: Prescription) -> str:
    last = LAST_FLUID.get(getattr(in_force(p), "sequence", ""), "")
    hung = containers_hung(p) or "against the volume of the fluid"
    return f"{hung}: {joined('number, product and expiry checked', last)}"


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
        f"blood volume {blood}, plasma volume {plasma}. Device differs by more than {words}: "
        "reason noted"
    )


LABS_AND_MEDICINES = (
    "potassium, calcium, magnesium (in kidney failure given only against a level), hematocrit, "
    "platelets, fibrinogen; medicines to be held were held (ACE inhibitor) [order-forms]"
)
AT_THE_END = (
    "totals copied from the device; held medicines restarted; exchange charted; AC to patient, "
    "calcium and rinseback in the fluid balance"
)

CHECKS: tuple[Check, ...] = (
    Check("Patient", lambda p: "identity and consent confirmed again [royal-marsden]"),
    Check("Prescribed before start", _prescribed_before_start),
    Check("PV recalculated", _plasma_volume_by_second_person),
    Check("Device", _device_volumes),
    Check("Ratio", _ratio),
    Check("Containers", _containers_counted),
    Check("Blood group", _blood_group, _may_get_plasma),
    Check("Calcium", lambda p: "in a separate line from plasma [octaplas-label]", _may_get_plasma),
    Check("Labs reviewed", lambda p: joined(LABS_AND_MEDICINES, magnesium_in_weakness(p))),
    Check("At the end", lambda p: AT_THE_END),
)
