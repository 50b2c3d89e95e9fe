"""The order as it was entered, in words: patient, laboratory values, findings, course, calcium.

Values are printed in the unit in which they were entered, unless laboratory values are asked for in
another system of units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pexcalc.order.fields import state_words
from pexcalc.order.order import Order
from pexcalc.order.patient import LAB_UNITS, Labs, LabUnit, Patient
from pexcalc.order.site import SiteRow, SiteUsed
from pexcalc.order.treatment import Calcium
from pexcalc.prescription import indication_of
from pexcalc.quantities import units
from pexcalc.quantities.annotations import NONE_WORD, NoneStated
from pexcalc.quantities.argument import as_given
from pexcalc.quantities.given import words_if, words_if_given
from pexcalc.report.layout import NOT_ENTERED, Row, Section, plain_name, printed
from pexcalc.report.wording import System, charted_unit, in_words, joined, lab_unit, rounded
from pexcalc.rules.cautions import span_words

PRINTED_UNITS = {"length": "cm", "mass": "kg"}  # printed behind other units of these quantities
ONE_DECIMAL = ("mmol/L", "g/L")  # units of values that are charted with one decimal place or more
DAILY = 24  # derived: hours between sessions


def patient_section(
    order: Order, system: System, notes: Iterable[str] = (), site: SiteUsed | None = None
) -> Section:
    """What was entered, what was confirmed, what is the site's, the limits that the order sets."""
    of_site = {row.id for row in site.rows if row.table == "limits"} if site else set()
    rows = [
        *printed(Row("Label", order.label or "")),
        Row("Indication", in_words(indication_of(order).title)),
        *described(order.patient),
        *entered_rows(order, system),
        *printed(Row("Ordered at", order.ordered_at or "")),
        *confirmed_rows(order.confirmed),
        *site_rows(site),
        *(
            Row("Site limit", f"{name} {span_words(limit)}, set by this order")
            for name, limit in order.limits.items()
            if name not in of_site
        ),
        *(Row("Note", note) for note in notes),
    ]
    return Section("Patient", tuple(rows))


def site_rows(site: SiteUsed | None) -> list[Row]:
    """The site file and what of it is used here; nothing without one."""
    return [] if site is None else [Row("Site", site_words(site))]


def site_words(site: SiteUsed) -> str:
    """A site file by name and hash, and each row of it that was used."""
    own = [site_row_words(row) for row in site.rows if row.table != "devices"]
    device = [row for row in site.rows if row.table == "devices"]
    values = ", ".join(f"{plain_name(row.field)} {row.value}" for row in device)
    from_site = [f"{device[0].id} from the site: {values}"] if device else []
    used = "; ".join([*own, *from_site]) or "no value of it is used here"
    return f"{site.name}, file hash {site.hash}: {used}"


def site_row_words(row: SiteRow) -> str:
    """A value of the site in place of one of the program, or where the program has none."""
    name = row.field.replace("_", " ")
    named = joined(
        row.id, "of the site's own" if row.table == "products" and not name else name, by=" "
    )
    instead = "from the site" if row.instead_of is None else f"instead of {row.instead_of}"
    if row.table == "products" and not name:
        return f"{named}: {row.value}"
    return f"{named} {row.value} {instead}"


def confirmed_rows(names: Iterable[str]) -> list[Row]:
    """What was confirmed, so that a check that was silenced leaves a trace."""
    words = ", ".join(map(plain_name, names))
    return [Row("Confirmed", f"{words} (unusual values are not checked)")] if words else []


# --- the patient ----------------------------------------------------------------------------------

# How each input of a patient is printed; what is not entered is left out.
PATIENT_INPUTS = {
    "age": "{}",
    "height": "{}",
    "weight": "{}",
    "hematocrit": "hematocrit {}",
    "gestation": "{} pregnant",  # or NOT_PREGNANT
    "pre_pregnancy_weight": "before pregnancy {}",
    "pre_pregnancy_hematocrit": "hematocrit {}",
    "gestation_at_birth": "born at {}",
    "amputation": "{} of body mass missing",
    "systolic": "systolic pressure {}",
}
NOT_PREGNANT = "not pregnant"
STATED_VOLUMES = ("blood_volume", "plasma_volume")


def described(patient: Patient) -> list[Row]:
    """The patient's inputs as they were entered."""
    values = {name: getattr(patient, name) for name in (*PATIENT_INPUTS, *STATED_VOLUMES)}
    known = {name: value for name, value in values.items() if value is not None}
    inputs = (
        NOT_PREGNANT
        if isinstance(known[name], NoneStated)
        else words.format(_as_entered(known[name]))
        for name, words in PATIENT_INPUTS.items()
        if name in known
    )
    parts = (
        patient.sex,
        *inputs,
        *(f"missing {limb.replace('-', ' ')}" for limb in patient.missing_segments),
        words_if(patient.tanner, f"Tanner stage {patient.tanner}"),
        *map(state_words, patient.states),
    )
    stated = (
        Row("Entered", f"{plain_name(name)} {_stated_volume(known[name])}")
        for name in STATED_VOLUMES
        if name in known
    )
    return [Row("Patient", joined(*parts, by=", ")), *stated]


def _stated_volume(volume: Any) -> str:
    return f"{units.label(volume.value, volume.unit)}, {volume.origin}"


def _as_entered(value: Any) -> str:
    """A value as it was entered, with centimeters or kilograms behind other units."""
    if isinstance(value, int | float):
        return units.percent(value, 2)
    unit = units.unit_of(value)
    usual = PRINTED_UNITS.get(unit.kind) if unit else None
    if usual is None or unit == units.BY_LABEL[usual]:
        return as_given(value)
    return f"{as_given(value)} ({rounded(value, usual, 1)} {usual})"


# --- laboratory, findings, course, calcium --------------------------------------------------------


def entered_rows(order: Order, system: System) -> list[Row]:
    """Laboratory values, findings, course and calcium, each where it was entered."""
    return [
        *printed(Row("Laboratory", laboratory_words(order, system))),
        *printed(Row("Findings", findings_words(order))),
        *_course_rows(order),
        *printed(Row("Calcium ordered", calcium_words(order.calcium))),
    ]


def laboratory_words(order: Order, system: System) -> str:
    """The laboratory values that were entered; those of an ion in the unit that was typed."""
    values = (
        f"{plain_name(name)} {_lab_value(name, value, system, charted_unit(name, order))}"
        for name, value in _values_of(order.labs)
    )
    return ", ".join(values).replace("igg", "IgG").replace("inr", "INR")


def _values_of(labs: Labs | None) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in labs or () if value is not None]


def _lab_value(name: str, value: Any, system: System, charted: LabUnit | None = None) -> str:
    """A laboratory value in its unit; a whole one keeps a zero in mmol/L and g/L."""
    if isinstance(value, int | float):  # INR has no unit
        return units.number(value, 2)
    if charted is not None and system == "entered":
        size = round(charted.factor * units.size(value, lab_unit(name, "si").label), 6)
        return units.label(size, charted.label)
    if name not in LAB_UNITS or system == "entered":
        row = units.unit_of(value)
        size, unit, places = float(value.magnitude), row.label if row else str(value.units), 3
    else:
        unit, places, factor = lab_unit(name, system)
        size = factor * units.size(value, lab_unit(name, "si").label)
    text = units.number(size, places)
    whole = "." not in text and unit in ONE_DECIMAL and size < 100
    return f"{text}.0 {unit}" if whole else f"{text} {unit}"


def findings_words(order: Order) -> str:
    """The findings that were entered, or none; nothing where that was not answered."""
    return in_a_row(order.findings)


def in_a_row(words: Sequence[str]) -> str:
    """Words with commas, or none where that was the answer."""
    if isinstance(words, NoneStated):
        return NONE_WORD
    written = ", ".join(words).replace("-", " ").replace("iga", "IgA")
    for british, american in (("anti IgA", "anti-IgA"), ("haemo", "hemo"), ("aemia", "emia")):
        written = written.replace(british, american)
    return written


def course_words(order: Order) -> str:
    """Sessions and interval of the course; nothing without one."""
    course = order.course
    if course is None:
        return ""
    sessions = words_if(course.sessions, f"{course.sessions} sessions")
    interval = words_if_given(course.interval, lambda interval: f"every {as_given(interval)}")
    number = words_if(course.session, f"session {course.session}")
    taper = "" if course.taper is None else "taper" if course.taper else "no taper"
    return joined(number, sessions, interval, taper, by=", ") or NOT_ENTERED


def _course_rows(order: Order) -> list[Row]:
    rows = printed(Row("Course", course_words(order)))
    if not _fibrinogen_without_a_time(order.labs) or not _sessions_are_daily(order):
        return rows
    text = "fibrinogen assumed to be of the last 24 h: its age is not recorded"
    return [*rows, Row("", text, inputs=("coagulation_age",))]


def _fibrinogen_without_a_time(labs: Labs | None) -> bool:
    known = dict(_values_of(labs))
    return "fibrinogen" in known and "coagulation_age" not in known


def _sessions_are_daily(order: Order) -> bool:
    interval = getattr(order.course, "interval", None)
    return interval is not None and units.size(interval, "h") <= DAILY


def calcium_words(calcium: Calcium | None) -> str:
    """What is ordered of calcium; nothing where nothing is said of it."""
    if calcium is None:
        return ""
    reason = words_if(calcium.reason, f"reason: {calcium.reason}")
    if calcium.plan == "none":
        return joined(calcium.plan, reason, by=", ")
    salt = f"calcium {calcium.salt}" if calcium.salt else f"salt {NOT_ENTERED}"
    line = f"{calcium.line} line" if calcium.line else f"line {NOT_ENTERED}"
    intravenous = calcium.plan in ("infusion", "bolus")
    return joined(calcium.plan, salt, words_if(intravenous, line), reason, by=", ")
