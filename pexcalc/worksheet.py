"""A prescription in words: sections of rows, made once; and the same as plain text for an 80-column terminal.

Numbers are rounded here, once, when a person reads them. Nothing is calculated here.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pexcalc import catalog, units
from pexcalc.catalog import Indication
from pexcalc.cautions import Caution
from pexcalc.estimate import Alternative, VolumeEstimate, Volumes
from pexcalc.formula import Choice, Formula, In, came
from pexcalc.order import NOT_LISTED, Order, SiteLimit
from pexcalc.patient import Patient
from pexcalc.prescription import Prescription, indication_of
from pexcalc.quantity import Basis, Interval

WIDTH = 80
LABEL = 21
NOT_ENTERED = "not entered"
TRACER = "; more likely low than high against tracer albumin"
WRITTEN_SO = ("pre-eclampsia",)
INTENDED_USE = (
    "Decision support for apheresis professionals: figures to check and options to weigh. A clinician orders. "
    "Not for emergencies, not sent to any device."
)


class Row(NamedTuple):
    """One line of a section: a label and what stands beside it."""

    label: str
    text: str


class Section(NamedTuple):
    """A heading with its rows."""

    title: str
    rows: tuple[Row, ...]


def sections(prescription: Prescription, explain: bool = False, notes: Iterable[str] = ()) -> tuple[Section, ...]:
    """The whole sheet as sections of rows; `explain` adds how each figure came about, `notes` come first."""
    order, p = prescription.order, prescription
    indication = indication_of(order)
    parts = [
        Section("Patient", (*_patient(order), *(Row("Note", note) for note in notes))),
        _cautions(p.cautions, order, p.blocked),
        _dose(p),
        _volumes(p.volumes),
        _removal(p, indication),
        _indication(indication),
        _beside(p.volumes),
        *([_explained(p.basis)] if explain else []),
        _sources(p.basis, p.cautions, explain),
    ]
    return tuple(part for part in parts if part.rows)


def volume_sections(
    estimate: VolumeEstimate, patient: Patient, explain: bool = False, confirmed: Iterable[str] = ()
) -> tuple[Section, ...]:
    """Blood and plasma volume alone, with the other estimators beside it."""
    parts = [
        Section("Patient", (*_described(patient), *_confirmed(confirmed))),
        _cautions(estimate.cautions, None, False),
        _volumes(estimate),
        _beside(estimate),
        *([_explained(estimate.basis)] if explain else []),
        _sources(estimate.basis, estimate.cautions, explain),
    ]
    return tuple(part for part in parts if part.rows)


def text(title: str, parts: Iterable[Section], width: int = WIDTH) -> str:
    """Sections as plain text, wrapped to `width` columns; nothing is cut off."""
    lines = [*textwrap.wrap(title, width), *textwrap.wrap(INTENDED_USE, width)]
    for part in parts:
        lines += ["", *_section_lines(part._replace(title=part.title.upper()), width)]
    return "\n".join(lines)


def _section_lines(part: Section, width: int) -> list[str]:
    return [part.title, *(line for label, words in part.rows for line in _wrapped(label, words, width))]


def _wrapped(label: str, words: str, width: int) -> list[str]:
    first = f"  {label}".ljust(LABEL)
    if not first.endswith(" "):
        return [f"  {label}", *_wrapped("", words, width)]
    return textwrap.wrap(words, width, initial_indent=first, subsequent_indent=" " * LABEL, break_on_hyphens=False) or [
        first
    ]


def title(version: str, data: str) -> str:
    """The first line of every sheet."""
    return f"pexcalc {version}, data {data}: plasma exchange prescription"


# --- the sections -----------------------------------------------------------------------------------------------------


def _patient(order: Order) -> list[Row]:
    return [
        Row("Label", order.label or NOT_ENTERED),
        *_described(order.patient),
        Row("Ordered at", order.ordered_at or NOT_ENTERED),
        *_confirmed(order.confirmed),
        *(Row("Site limit", _site_limit(name, limit)) for name, limit in order.limits.items()),
    ]


def _confirmed(names: Iterable[str]) -> list[Row]:
    """What was confirmed, so that a check that was silenced leaves a trace."""
    words = ", ".join(name.replace("_", " ") for name in names)
    return [Row("Confirmed", f"{words} (unusual values are not asked about)")] if words else []


def _site_limit(name: str, limit: SiteLimit) -> str:
    ends = " to ".join(units.number(end, 4) for end in (limit.low, limit.high) if end is not None)
    return f"{name} {ends} {units.BY_UCUM[limit.unit].label}, set by this order"


def _described(patient: Patient) -> list[Row]:
    """The inputs as they were entered."""
    parts = [patient.sex, *(_entered(getattr(patient, name)) for name in ("age", "height", "weight"))]
    parts.append(f"hematocrit {_entered(patient.hematocrit)}")
    if patient.gestation is not None:
        parts.append(f"{_entered(patient.gestation)} pregnant")
    if patient.pre_pregnancy_weight is not None:
        before = f"{_entered(patient.pre_pregnancy_weight)}, hematocrit {_entered(patient.pre_pregnancy_hematocrit)}"
        parts.append(f"before pregnancy {before}")
    if patient.gestation_at_birth is not None:
        parts.append(f"born at {_entered(patient.gestation_at_birth)}")
    if patient.amputation is not None:
        parts.append(f"{_entered(patient.amputation)} of body mass missing")
    parts += [f"missing {name.replace('-', ' ')}" for name in patient.missing_segments]
    parts += [f"Tanner stage {patient.tanner}"] if patient.tanner else []
    parts += [state if state in WRITTEN_SO else state.replace("-", " ") for state in patient.states]
    rows = [Row("Patient", ", ".join(parts))]
    for name, stated in (("blood volume", patient.blood_volume), ("plasma volume", patient.plasma_volume)):
        if stated is not None:
            rows.append(Row("Entered", f"{name} {units.label(stated.value, stated.unit)}, {stated.origin}"))
    return rows


def _entered(value: Any) -> str:
    """A value as it was entered, with centimetres or kilograms behind other units."""
    if isinstance(value, int | float):
        return units.percent(value, 2)
    row = units.unit_of(value)
    usual = {"length": "cm", "mass": "kg"}.get(row.kind) if row else None
    if usual is None or row is None or row.label == usual:
        return came(value)
    return f"{came(value)} ({units.number(float(value.m_as(units.BY_LABEL[usual].container)), 1)} {usual})"


def _cautions(cautions: Iterable[Caution], order: Order | None, blocked: bool) -> Section:
    rows = []
    for caution in cautions:
        rows.append(Row(f"{caution.severity.upper()} {caution.code}", f"{caution.message} [{caution.source}]"))
        for override in order.overrides if order else ():
            if override.code == caution.code and caution.severity == "stop":
                rows.append(Row("OVERRIDE", f"{override.reason} (by {override.by})"))
    if blocked:
        how = "a caution stops this order. To go on a clinician gives a reason: --override CODE='reason' --by NAME"
        rows.insert(0, Row("BLOCKED", how))
    return Section("Cautions", tuple(rows) or (Row("None", "none of the program's rules applies"),))


def _volumes(volumes: Volumes) -> Section:
    label = volumes.method if volumes.valid else f"{volumes.method}: NOT VALID here"
    return Section(
        "Volumes",
        (
            Row("Plasma volume", f"{_volume(volumes.plasma_volume.typical)}, {label}"),
            Row("", f"interval {_span(volumes.plasma_volume)}{TRACER if volumes.method == 'Nadler' else ''}"),
            Row("Blood volume", _volume(volumes.blood_volume.typical)),
            Row("", f"interval {_span(volumes.blood_volume)}"),
            Row("Why", volumes.reason),
        ),
    )


def _beside(volumes: Volumes) -> Section:
    return Section("Plasma volume by other estimators", tuple(_other(other) for other in volumes.alternatives))


def _other(other: Alternative) -> Row:
    if other.plasma_volume is None or other.difference is None:
        return Row(other.method, other.note)
    sign = "+" if other.difference > 0 else ""
    figures = f"{_volume(other.plasma_volume)}, {sign}{units.percent(other.difference, 1)}"
    return Row(other.method, f"{figures}; {'' if other.valid else 'NOT VALID here: '}{other.note}")


def _dose(p: Prescription) -> Section:
    multiple = p.dose.plasma_volumes
    band = f"interval {units.number(multiple.low, 2)} to {units.number(multiple.high, 2)}"
    return Section(
        "Dose of one session",
        (
            Row("Exchange volume", f"{_volume(p.dose.exchange_volume)} of patient plasma, anticoagulant not counted"),
            Row("That is", f"{_multiple(multiple.typical)}, {band}"),
            Row("Ordered as", _ordered(p.order)),
        ),
    )


def _ordered(order: Order) -> str:
    if order.dose.exchange_volume is not None:
        return f"{_entered(order.dose.exchange_volume)} in all"
    return _multiple(order.dose.plasma_volumes or 0, 4)


def _multiple(value: float, places: int = 2) -> str:
    shown = units.number(value, places)
    return f"{shown} plasma volume{'' if shown == '1' else 's'}"


def _removal(p: Prescription, indication: Indication) -> Section:
    rows = []
    for removed in p.removal:
        part = removed.dilution_only
        span = f"interval {units.percent(part.low)} to {units.percent(part.high)}"
        rows.append(Row("Removed", f"{units.percent(part.typical)} of a {removed.solute}, {span}"))
    rows.append(
        Row("Read it as", "a model prediction, by dilution alone, of what leaves the plasma and not the body. A solute "
            "that is produced or returns from tissue falls less: for a cytokine this is an upper bound, not an "
            "expectation")
    )  # fmt: skip
    if indication.id == "crs-car-t":
        rows.append(Row("CAR-T", "model-based, not validated in CAR-T patients"))
    return Section("Expected removal", tuple(rows))


def _indication(row: Indication) -> Section:
    if row.id == NOT_LISTED:
        category = "not known to this program: look it up"
    elif row.category == "not-categorised":
        category = "no category for this indication (not categorised)"
    else:
        page = f", page {row.page}" if row.page else ""
        category = f"category {row.category}, grade {row.grade or 'not given'}{page} [{row.evidence_tag}]"
    if row.pv_low is None or row.pv_high is None:
        listed = "no dose in plasma volumes"
    else:
        ends = sorted({row.pv_low, row.pv_high})
        listed = f"{' to '.join(units.number(end, 2) for end in ends)} plasma volume{'' if ends == [1] else 's'}"
    rows = [
        Row("Indication", in_words(row.name)),
        Row("Listed for", in_words(row.condition)),
        Row("ASFA 2023", category),
        Row("Listed dose", in_words("; ".join(part for part in (listed, row.volume_note) if part))),
        Row("Frequency", in_words(row.frequency)),
        Row("Sessions", in_words(row.sessions)),
        Row("Condition", f"{in_words(row.gate)}. This program does not check it" if row.gate else ""),
        Row("Note", in_words(row.note.partition("; must be shown as")[0])),  # the rest is for us, and heeded above
        Row("Source", row.source),
    ]
    return Section("Indication", tuple(line for line in rows if line.text))


def _explained(basis: Mapping[str, Basis]) -> Section:
    return Section("How each figure came about", tuple(Row(path, entry.text) for path, entry in basis.items()))


def _sources(basis: Mapping[str, Basis], cautions: Iterable[Caution], explain: bool) -> Section:
    """The keys of every source that was used; with `explain` the citations too."""
    used = [key for entry in basis.values() for key in entry.sources] + [caution.source for caution in cautions]
    keys = tuple(dict.fromkeys(used))
    if not explain:
        return Section("Sources", (Row("Keys", ", ".join(keys)), Row("", "pexcalc show sources, or --explain")))
    known = catalog.sources()
    return Section("Sources", tuple(Row(key, _cited(known[key])) for key in keys))


def _cited(source: catalog.Source) -> str:
    return f"{source.cite}{f', {source.id}' if source.id else ''} (read: {source.read})"


# --- listings ---------------------------------------------------------------------------------------------------------


def formula_section(formula: Formula) -> Section:
    """One formula with all that is known of it."""
    rows = [Row("Equation", f"{expression} in {formula.unit}{f', if {condition}' if condition else ''}")
            for condition, expression in formula.equation]  # fmt: skip
    rows += [Row(name, _argument(spec)) for name, spec in formula.inputs.items()]
    rows += [
        Row("Valid for", formula.validity),
        Row("Known error", formula.error),
        Row("Source", f"{', '.join(formula.source.split())} [{formula.tag}]"),
    ]
    return Section(formula.name, tuple(rows))


def _argument(spec: In | Choice) -> str:
    if isinstance(spec, Choice):
        return spec.expected
    unit = "a plain number" if spec.unit == "1" else f"in {spec.unit}"
    return f"{unit}; accepted {spec.expected}"


def indication_section(rows: Iterable[Indication]) -> Section:
    """Indications by their id, a line or two each."""
    return Section("Indications", tuple(Row(row.id, _listed_as(row)) for row in rows))


def _listed_as(row: Indication) -> str:
    category = "not categorised" if row.category == "not-categorised" else f"{row.category} {row.grade}".strip()
    if row.pv_low is None or row.pv_high is None:
        dose = in_words(row.volume_note) or "no dose"
    else:
        dose = f"{' to '.join(units.number(end, 2) for end in sorted({row.pv_low, row.pv_high}))} plasma volumes"
    return f"{in_words(row.title)}; {category}; {dose}"


def source_section(sources: Iterable[catalog.Source]) -> Section:
    """Sources by their key."""
    return Section("Sources", tuple(Row(source.key, _cited(source)) for source in sources))


def listing(parts: Iterable[Section], width: int = WIDTH) -> str:
    """Sections as plain text without a title."""
    return "\n\n".join("\n".join(_section_lines(part, width)) for part in parts)


# --- figures in words -------------------------------------------------------------------------------------------------


def _volume(quantity: Any) -> str:
    return units.volume(float(quantity.m_as("milliliter")))


def _span(interval: Interval) -> str:
    low, high = (units.volume(float(end.m_as("milliliter")), exact=False) for end in (interval.low, interval.high))
    return f"{low.removesuffix(' mL')} to {high}"


_SIGNS = ((r">=\s*", "at least "), (r"<=\s*", "at most "), (r">\s*", "more than "), (r"<\s*", "less than "))


def in_words(text: str) -> str:
    """Text of the data tables as it may stand in an order: no signs for more and less."""
    for sign, words in _SIGNS:
        text = re.sub(sign, words, text)
    text = re.sub(r" *x10\^9/L", " x 10^9/L", text)
    return re.sub(r"(?<![\d.])(\d+)\.0\b(?!\.)", r"\1", text)
