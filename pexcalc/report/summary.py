"""A prescription in ten lines of plain characters, to paste into a record. Nothing is calculated here."""

from __future__ import annotations

from pexcalc.data.solutes import solute
from pexcalc.kinetics.medicines import quoted
from pexcalc.kinetics.removal import NOT_IN_CAR_T
from pexcalc.prescription import Prescription, indication_of
from pexcalc.quantities import units
from pexcalc.report.circuit import circuit_sections, ratio_in_words
from pexcalc.report.layout import NOT_ENTERED
from pexcalc.report.replacement import FLUID_NAMES, count_in_words, in_force, in_order
from pexcalc.report.sheet import described, entered_rows
from pexcalc.report.wording import (
    System,
    hours,
    in_words,
    plasma_volumes_words,
    share,
    volume_span,
    volume_words,
)


def summary(p: Prescription, system: System = "entered") -> str:
    """Ten lines, one for each question that a record is read for; `system` gives the units of laboratory values."""
    lines = (
        _head(p),
        _patient(p),
        _indication(p),
        _laboratory(p, system),
        _dose(p),
        _volumes(p),
        _fluid(p),
        _circuit(p),
        _removal(p),
        _cautions(p),
    )
    return "\n".join(plain(line) for line in lines)


_PLAIN = {
    "\u00b5": "mc",
    "\u03bc": "mc",
    "\u2013": "-",
    "\u2014": "-",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
}


def plain(line: str) -> str:
    """A line in ASCII: what has no plain form is written as its code, so that nothing is lost."""
    for character, instead in _PLAIN.items():
        line = line.replace(character, instead)
    return line.encode("ascii", "backslashreplace").decode("ascii")


def _head(p: Prescription) -> str:
    blocked = "BLOCKED BY A CAUTION, NOT FOR USE. " if p.blocked else ""
    label, at = p.order.label or f"label {NOT_ENTERED}", p.order.ordered_at or f"time {NOT_ENTERED}"
    return f"{blocked}Plasma exchange: {label}; {at}; pexcalc {p.version}, data {p.data}; a clinician orders"


def _patient(p: Prescription) -> str:
    return "; ".join(row.text for row in described(p.order.patient))


def _indication(p: Prescription) -> str:
    row = indication_of(p.order)
    known = row.category not in ("", "not-categorised")
    category = (
        f"ASFA 2023 category {row.category}" if known else "no ASFA 2023 category known for it"
    )
    gate = f"; gate: {p.crs.statement}" if p.crs is not None else ""
    return f"Indication: {in_words(row.title)}; {category}{gate}"


def _laboratory(p: Prescription, system: System) -> str:
    rows = entered_rows(p.order, system)
    parts = [f"{row.label}: {row.text}" for row in rows if row.label in ("Laboratory", "Findings")]
    medicines = ", ".join(
        f"{quoted(one.name)} {hours(units.size(one.time, 'h'))} {one.when}" for one in p.drugs
    )
    return "; ".join([*parts, f"Medicines: {medicines or NOT_ENTERED}"])


def _dose(p: Prescription) -> str:
    multiple = p.dose.plasma_volumes
    span = f"{units.number(multiple.low, 2)} to {units.number(multiple.high, 2)}"
    volume = volume_words(p.dose.exchange_volume)
    course = next(
        (
            f"; course {row.text}"
            for row in entered_rows(p.order, "entered")
            if row.label == "Course"
        ),
        "",
    )
    return f"Dose: {volume} of patient plasma, {plasma_volumes_words(multiple.typical)} (interval {span}){course}"


def _volumes(p: Prescription) -> str:
    plasma, blood = (
        f"{name} {volume_words(span.typical)} ({volume_span(span)})"
        for name, span in (
            ("plasma volume", p.volumes.plasma_volume),
            ("blood volume", p.volumes.blood_volume),
        )
    )
    method = p.volumes.method if p.volumes.valid else f"{p.volumes.method}, not valid here"
    return f"Volumes: {plasma} by {method}; {blood}"


def _fluid(p: Prescription) -> str:
    one = in_force(p)
    if one is None:
        names = ", ".join(FLUID_NAMES[option.fluid] for option in p.replacement.options)
        return f"Fluid: not chosen{f', open: {names}' if names else ''}"
    hung = [f"{row.product} {count_in_words(row)}" for row in one.containers if row.used]
    calcium = next(
        (row.text for row in entered_rows(p.order, "entered") if row.label == "Calcium ordered"),
        NOT_ENTERED,
    )
    given = (
        in_order(one, lambda part: f"{volume_words(part.volume)} {part.product}")
        or "not worked out"
    )
    return f"Fluid: {'; '.join([f'{given} ({one.state})', *hung])}; calcium {calcium}"


def _circuit(p: Prescription) -> str:
    at = f"run time {hours(units.size(p.run_time.duration, 'h'))} ({p.run_time.origin})"
    if p.circuit is not None:
        ratio = ratio_in_words(p.circuit.ratio, p.circuit.ratio_meaning)
        used = f"{volume_words(p.circuit.anticoagulant_used)}, {ratio}"
        entered = "; ".join(
            row.text for row in circuit_sections(p)[0].rows if row.label == "Entered"
        )
        name = (p.order.device and (p.order.device.anticoagulant or p.order.device.name)) or ""
        return f"Circuit: {entered}; blood processed {volume_words(p.circuit.blood_processed)}; {name} {used}; {at}"
    if p.membrane is not None:
        return (
            f"Circuit: membrane, blood processed {volume_words(p.membrane.blood_processed)}; {at}"
        )
    return f"Circuit: values of the device {NOT_ENTERED}; {at}"


def _removal(p: Prescription) -> str:
    first = p.removal[0]
    fall = "not known" if first.fall is None else share(first.fall)
    said = f"{solute(first.solute).short} {fall}, class {first.kinetic_class}, grade of evidence {first.grade}"
    bound = share(first.dilution_only)
    note = f"; {NOT_IN_CAR_T}" if p.crs is not None else ""
    return f"Expected fall (model): {said}; by dilution alone {bound}, a bound{note}"


def _cautions(p: Prescription) -> str:
    """Code and words of each caution; of those for information the code alone."""
    said = [
        f"{caution.severity.upper()} "
        f"{caution.code}{'' if caution.severity == 'info' else f': {caution.message}'}"
        for caution in p.cautions
    ]
    by = [f"{one.rule} overridden by {one.by}: {one.reason}" for one in p.order.overrides]
    return f"Cautions: {'; '.join([*said, *by]) or 'none'}"
