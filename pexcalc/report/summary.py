"""A prescription in ten lines of plain characters, to paste into a record.

A record system may lose characters outside ASCII, so each is replaced or written as its code.
"""

from __future__ import annotations

from pexcalc.data.solutes import solute
from pexcalc.kinetics.removal import NOT_IN_CAR_T, SoluteRemoval
from pexcalc.prescription import Prescription, indication_of
from pexcalc.quantities import units
from pexcalc.quantities.annotations import NONE_WORD, NoneStated
from pexcalc.quantities.given import words_if, words_if_given
from pexcalc.replacement.results import Option
from pexcalc.report.administration import hung_in_words
from pexcalc.report.circuit import entered_on_device, ratio_in_words
from pexcalc.report.entered import (
    calcium_words,
    course_words,
    described,
    findings_words,
    laboratory_words,
    site_words,
)
from pexcalc.report.layout import NOT_ENTERED
from pexcalc.report.learned import learned_words, target_words, three_answers
from pexcalc.report.replacement import FLUID_NAMES, in_force, in_order
from pexcalc.report.sheet import medicines_in_words
from pexcalc.report.wording import (
    NO_ALERTS,
    STATE_WORDS,
    System,
    class_words,
    fall_words,
    hours,
    hours_span,
    in_words,
    joined,
    level_by_production,
    not_checked_words,
    plasma_volumes_words,
    rounded,
    share,
    volume_span,
    volume_words,
)
from pexcalc.rules.cautions import Caution


def summary(p: Prescription, system: System = "entered") -> str:
    """Write ten lines, one for each question that a record is read for.

    Parameters
    ----------
    p : Prescription
        What is written.
    system : {"entered", "si", "us"}
        The units of laboratory values.
    """
    lines = (
        _heading_line(p),
        _patient_line(p),
        _indication_line(p),
        _laboratory_line(p, system),
        _dose_line(p),
        _volumes_line(p),
        _fluid_line(p),
        _circuit_line(p),
        _removal_line(p),
        _cautions_line(p),
    )
    return "\n".join(map(ascii_line, lines))


_ASCII = str.maketrans(
    {
        "\u00b5": "mc",
        "\u03bc": "mc",
        "\u2013": "-",
        "\u2014": "-",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
    }
)


def ascii_line(line: str) -> str:
    """A line in ASCII; a character without a plain form is written as its code."""
    return line.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def _heading_line(p: Prescription) -> str:
    blocked = words_if(p.blocked, "ORDER ON HOLD, NOT FOR USE. ")
    named = joined(p.order.label or "", p.order.ordered_at or "")
    program = f"pexcalc {p.version}, data {p.data}"
    site = words_if_given(p.site, lambda site: f"; site: {site_words(site)}")
    return f"{blocked}Plasma exchange: {joined(named, program)}; the prescriber decides{site}"


def _patient_line(p: Prescription) -> str:
    return "; ".join(row.text for row in described(p.order.patient))


def _indication_line(p: Prescription) -> str:
    row = indication_of(p.order)
    category = NO_CATEGORY.get(row.category, f"ASFA 2023 category {row.category}")
    criteria = words_if_given(p.crs, lambda crs: f"criteria for exchange: {crs.statement}")
    return f"Indication: {joined(in_words(row.title), category, criteria)}"


NO_CATEGORY = dict.fromkeys(("", "not-categorised"), "not categorized by ASFA 2023")


def _laboratory_line(p: Prescription, system: System) -> str:
    laboratory = laboratory_words(p.order, system) or NOT_ENTERED
    findings, medicines = findings_words(p.order), _medicines_words(p)
    return joined(
        f"Laboratory: {laboratory}",
        findings and f"Findings: {findings}",
        medicines and f"Medicines: {medicines}",
    )


def _medicines_words(p: Prescription) -> str:
    return NONE_WORD if isinstance(p.order.drugs, NoneStated) else medicines_in_words(p.drugs)


def _dose_line(p: Prescription) -> str:
    multiple = p.dose.plasma_volumes
    dose = (
        f"{volume_words(p.dose.exchange_volume)} of plasma removed, "
        f"{plasma_volumes_words(multiple.typical)} "
        f"(interval {units.number(multiple.low, 2)} to {units.number(multiple.high, 2)})"
    )
    return f"Dose: {joined(dose, course_words(p.order), by='; course ')}"


def _volumes_line(p: Prescription) -> str:
    plasma, blood = (
        f"{volume_words(span.typical)} ({volume_span(span)})"
        for span in (p.volumes.plasma_volume, p.volumes.blood_volume)
    )
    method = f"{p.volumes.method}{NOT_VALID_METHOD[p.volumes.valid]}"
    return f"Volumes: plasma volume {plasma} by {method}; blood volume {blood}"


NOT_VALID_METHOD = {True: "", False: ", not valid here"}


def _fluid_line(p: Prescription) -> str:
    option = in_force(p)
    if option is None:
        names = ", ".join(FLUID_NAMES[option.fluid] for option in p.replacement.options)
        return f"Fluid: {joined('not chosen', names, by=', options: ')}"
    given = f"{_fluid_volumes(option) or 'not calculated'} ({STATE_WORDS[option.state]})"
    calcium = calcium_words(p.order.calcium) or "not ordered"
    return f"Fluid: {joined(given, hung_in_words(option, p))}; calcium {calcium}"


def _fluid_volumes(option: Option) -> str:
    return in_order(option, lambda part: f"{volume_words(part.volume)} {part.product}")


def _circuit_line(p: Prescription) -> str:
    time = f"run time {hours(units.size(p.run_time.duration, 'h'))} ({p.run_time.origin})"
    return f"Circuit: {_device_run(p)}; {time}"


def _device_run(p: Prescription) -> str:
    """What runs in the device, or that its values are missing."""
    if p.circuit is not None:
        return (
            f"{entered_on_device(p.order)}; "
            f"blood processed {volume_words(p.circuit.blood_processed)}; "
            f"{_anticoagulant_or_device(p)} {volume_words(p.circuit.anticoagulant_used)}, "
            f"{ratio_in_words(p.circuit.ratio, p.circuit.ratio_meaning)}"
        )
    if p.membrane is not None:
        return f"membrane, blood processed {volume_words(p.membrane.blood_processed)}"
    if p.published_run is not None:
        rate = rounded(p.published_run.anticoagulant_rate, "mL/min", 1)
        span = p.published_run.run_time
        time = f"; run time {hours_span(span)} from published efficiency" if span else ""
        return f"anticoagulant {rate} mL/min{time}; removal efficiency {NOT_ENTERED}"
    return f"values of the device {NOT_ENTERED}"


def _anticoagulant_or_device(p: Prescription) -> str:
    """The anticoagulant, or else the device that runs it."""
    device = p.order.device
    return (device and (device.anticoagulant or device.name)) or ""


def _removal_line(p: Prescription) -> str:
    first = p.removal[0]
    figures = (
        f"{solute(first.solute).short} {_fall_words(first)}, {class_words(first.kinetic_class)}, "
        f"evidence grade {first.grade}"
    )
    bound = f"washout alone, if the volumes are exact: {share(first.dilution_only)}"
    note = words_if(p.crs is not None, NOT_IN_CAR_T)
    levels = learned_words(p.learned, p.removal)
    return f"Expected reduction (model): {joined(figures, bound, levels, _target(p), note)}"


def _target(p: Prescription) -> str:
    """Sessions until the target of the course, for IgG or else the first protein."""
    found = sorted(p.targets, key=lambda one: one.solute != "igg")
    return (
        f"{found[0].name} {target_words(found[0].target_fall)}: {three_answers(found[0])}"
        if found
        else ""
    )


def _fall_words(one: SoluteRemoval) -> str:
    """The range for one patient, or what production does to the level."""
    if one.fall is None:
        return "not known"
    if one.range == "scenarios":
        return level_by_production(one)
    if one.fall_without_levels is not None:
        return f"{fall_words(one.fall)}, with measured levels"
    return f"{fall_words(one.fall)}, range for one patient from published series"


def _cautions_line(p: Prescription) -> str:
    overrides = (f"{one.rule} overridden by {one.by}: {one.reason}" for one in p.order.overrides)
    alerts = joined(*map(_caution_words, p.cautions), *overrides)
    found = f"{alerts}." if alerts else NO_ALERTS
    return f"Alerts: {found} Not checked: {not_checked_words(p.not_checked)}"


def _caution_words(caution: Caution) -> str:
    """Code and words of a caution; of one for information the code alone."""
    code = f"{caution.severity.upper()} {caution.code}"
    return code if caution.severity == "info" else f"{code}: {caution.message}"
