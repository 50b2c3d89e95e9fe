"""A prescription in words: sections of rows, made once.

Numbers are rounded here, in layout.py and in the sheets of fluid and circuit, once, when a person
reads them. Nothing is calculated here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pexcalc.data import indications as indication_table
from pexcalc.data import solutes as solute_table
from pexcalc.data import sources as source_table
from pexcalc.data.indications import NOT_LISTED, Indication
from pexcalc.exchange.estimate import Alternative, VolumeEstimate, Volumes
from pexcalc.kinetics.medicines import DrugAround, is_tocilizumab, quoted
from pexcalc.kinetics.removal import GRADES, NOT_IN_CAR_T
from pexcalc.order.order import Order, given_inputs
from pexcalc.order.patient import LAB_UNITS, Patient
from pexcalc.prescription import Prescription, indication_of
from pexcalc.quantities import units
from pexcalc.quantities.argument import as_given
from pexcalc.quantities.working import Basis
from pexcalc.report.circuit import circuit_sections
from pexcalc.report.layout import NOT_ENTERED, Row, Section, cited
from pexcalc.report.replacement import fluid_sections
from pexcalc.report.wording import (
    System,
    hours,
    in_words,
    lab_unit,
    listed_volumes,
    one_line,
    plasma_volumes_words,
    scenario,
    share,
    volume_span,
    volume_words,
)
from pexcalc.rules import crs
from pexcalc.rules.caution_rules import BY_ID
from pexcalc.rules.cautions import Caution, span_words
from pexcalc.rules.medicine_rules import UNMARKED, is_corticosteroid

TRACER = "; more likely low than high against tracer albumin"
WRITTEN_SO = ("pre-eclampsia",)
RECOVERY = ("wodajo-2024", "wood-1986")  # what was measured after exchanges with albumin
ASKED_BEFORE = ("fibrinogen", "platelets", "potassium", "ionized_calcium")
TIMING = (
    "give tocilizumab right after the exchange; by analogy with rituximab an exchange within 24 to "
    "72 h of a dose may "
    "take about half of it: decide on a further dose [puisset2013]"
)
EXAMPLES = {
    "Tocilizumab": "tocilizumab 560 mg @ 24 h before",
    "Corticosteroid": "dexamethasone @ 6 h before",
}


def sections(
    prescription: Prescription,
    explain: bool = False,
    notes: Iterable[str] = (),
    system: System = "entered",
) -> tuple[Section, ...]:
    """The whole sheet as sections of rows: what is done, then what explains it.

    `explain` adds how each figure came about, `notes` come first, `system` gives the units of
    laboratory values.
    """
    p = prescription
    parts = [
        *before(p, notes, system),
        *fluid_sections(p, system),
        *circuit_sections(p),
        *behind(p, []),
        *evidence(p, explain),
    ]
    return tuple(part for part in parts if part.rows)


def before(p: Prescription, notes: Iterable[str], system: System) -> list[Section]:
    """Patient, cautions, gate, dose and volumes: what is read before anything is hung."""
    gate = _crs_section(p)
    return [
        Section("Patient", (*_patient(p.order, system), *(Row("Note", note) for note in notes))),
        _cautions(p.cautions, p.order, p.blocked, system),
        *([gate] if gate else []),
        _dose(p),
        _volumes(p.volumes),
    ]


def behind(p: Prescription, fluid: list[Section]) -> list[Section]:
    """Medicines, expected removal, more on the fluid, the indication and the other estimators."""
    indication = indication_of(p.order)
    return [
        _drug_section(p.drugs),
        *_removal(p, indication),
        *fluid,
        _indication(indication),
        _beside(p.volumes),
    ]


def evidence(p: Prescription, explain: bool) -> list[Section]:
    """The sources by key; with `explain` each formula with its numbers, and the citations."""
    return [
        *([_explained(p.basis)] if explain else []),
        _sources(p.basis, p.cautions, explain, RECOVERY),
    ]


def volume_sections(
    estimate: VolumeEstimate, patient: Patient, explain: bool = False, confirmed: Iterable[str] = ()
) -> tuple[Section, ...]:
    """Blood and plasma volume alone, with the other estimators beside it."""
    parts = [
        Section("Patient", (*described(patient), *_confirmed(confirmed))),
        _cautions(estimate.cautions, None, False, "entered"),
        _volumes(estimate),
        _beside(estimate),
        *([_explained(estimate.basis)] if explain else []),
        _sources(estimate.basis, estimate.cautions, explain),
    ]
    return tuple(part for part in parts if part.rows)


def title(version: str, data: str) -> str:
    """The first line of every sheet."""
    return f"pexcalc {version}, data {data}: plasma exchange prescription"


# --- the sections ---------------------------------------------------------------------------------


def _patient(order: Order, system: System) -> list[Row]:
    return [
        Row("Label", order.label or NOT_ENTERED),
        Row("Indication", in_words(indication_of(order).title)),
        *described(order.patient),
        *entered_rows(order, system),
        Row("Ordered at", order.ordered_at or NOT_ENTERED),
        *_confirmed(order.confirmed),
        *(
            Row("Site limit", f"{name} {span_words(limit)}, set by this order")
            for name, limit in order.limits.items()
        ),
    ]


def _confirmed(names: Iterable[str]) -> list[Row]:
    """What was confirmed, so that a check that was silenced leaves a trace."""
    words = ", ".join(name.rpartition(".")[2].replace("_", " ") for name in names)
    return [Row("Confirmed", f"{words} (unusual values are not asked about)")] if words else []


def described(patient: Patient) -> list[Row]:
    """The inputs as they were entered."""
    parts = [
        patient.sex,
        *(_entered(getattr(patient, name)) for name in ("age", "height", "weight")),
    ]
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
    for name, stated in (
        ("blood volume", patient.blood_volume),
        ("plasma volume", patient.plasma_volume),
    ):
        if stated is not None:
            rows.append(
                Row("Entered", f"{name} {units.label(stated.value, stated.unit)}, {stated.origin}")
            )
    return rows


def _entered(value: Any) -> str:
    """A value as it was entered, with centimetres or kilograms behind other units."""
    if isinstance(value, int | float):
        return units.percent(value, 2)
    row = units.unit_of(value)
    usual = {"length": "cm", "mass": "kg"}.get(row.kind) if row else None
    if usual is None or row is None or row.label == usual:
        return as_given(value)
    return f"{as_given(value)} ({units.number(float(value.m_as(units.BY_LABEL[usual].container)), 1)} {usual})"


def entered_rows(order: Order, system: System) -> list[Row]:
    """Laboratory values, findings, course and calcium as entered, and what a check before the start misses."""
    rows = []
    labs = order.labs
    values = (
        []
        if labs is None
        else [
            f"{name.replace('_', ' ')} {_lab(name, getattr(labs, name), system)}"
            for name in type(labs).model_fields
            if getattr(labs, name) is not None
        ]
    )
    rows.append(Row("Laboratory", ", ".join(values).replace("igg", "IgG") or NOT_ENTERED))
    absent = [
        name.replace("_", " ")
        for name in ASKED_BEFORE
        if labs is None or getattr(labs, name) is None
    ]
    if absent:
        rows.append(Row("Check before start", f"not entered: {', '.join(absent)} [order-forms]"))
    rows.append(
        Row("Findings", ", ".join(word.replace("-", " ") for word in order.findings) or NOT_ENTERED)
    )
    course = order.course
    if course is not None:
        parts = [f"{course.sessions} sessions"] if course.sessions else []
        parts += [f"every {as_given(course.interval)}"] if course.interval is not None else []
        rows.append(Row("Course", ", ".join(parts) or NOT_ENTERED))
        untimed = labs is not None and labs.fibrinogen is not None and labs.coagulation_age is None
        if untimed and course.interval is not None and units.size(course.interval, "h") <= 24:
            rows.append(
                Row(
                    "",
                    "fibrinogen taken as of the last 24 h: its age is not entered "
                    "(--coagulation-age)",
                )
            )
    if order.calcium is not None:
        calcium = order.calcium
        parts = [calcium.plan]
        if calcium.plan != "none":
            parts.append(f"calcium {calcium.salt}" if calcium.salt else f"salt {NOT_ENTERED}")
        if calcium.plan in ("infusion", "bolus"):
            parts.append(f"{calcium.line} line" if calcium.line else f"line {NOT_ENTERED}")
        rows.append(Row("Calcium ordered", ", ".join(parts)))
    return rows


def _lab(name: str, value: Any, system: System) -> str:
    """A laboratory value as measured, or by the system asked for; a whole one keeps a zero in mmol/L and g/L."""
    row = units.unit_of(value)
    if name not in LAB_UNITS or system == "entered":
        size, label, places = float(value.magnitude), row.label if row else str(value.units), 3
    else:
        label, places, factor = lab_unit(name, system)
        size = factor * units.size(value, lab_unit(name, "si").label)
    text = units.number(size, places)
    return (
        f"{text}.0 {label}"
        if label in ("mmol/L", "g/L") and "." not in text and size < 100
        else f"{text} {label}"
    )


def _stated_at(order: Order) -> str:
    return (
        f"at {order.crs.persisting_at}"
        if order.crs and order.crs.persisting_at
        else f"time {NOT_ENTERED}"
    )


def _crs_section(p: Prescription) -> Section | None:
    """The grade, the gate, and when tocilizumab and a corticosteroid were given; None for other indications."""
    if p.crs is None:
        return None
    gate, order = p.crs, p.order
    shown = {None: "not gradable or not entered", 0: "no current grade"}.get(
        gate.grade, f"grade {gate.grade}"
    )
    rows = [
        Row("ASTCT 2019", f"{shown}: {gate.reason} [{crs.SOURCE}]"),
        Row("Gate", f"{gate.statement} [{gate.source}]"),
        *(Row("Note", flag) for flag in gate.flags),
        *([Row("Persisting", f"stated, {_stated_at(order)}")] if gate.met else []),
    ]
    if order.crs is not None and order.crs.icans is not None:
        rows.append(
            Row(
                "ICANS",
                f"grade {order.crs.icans}, recorded; it does not enter the grade of CRS or the "
                "gate",
            )
        )
    for name, known in (("Tocilizumab", is_tocilizumab), ("Corticosteroid", is_corticosteroid)):
        given = [one for one in p.drugs if known(one.name)]
        times = ", ".join(
            f"{quoted(one.name)} {hours(units.size(one.time, 'h'))} {one.when}" for one in given
        )
        stated = getattr(order.crs, name.casefold(), None)
        said = {
            None: NOT_ENTERED,
            True: "given before, as stated; time not entered",
            False: "not given, as stated",
        }
        how = f'{said[stated]} (--drug "{EXAMPLES[name]}")'
        rows.append(Row(name, f"{times}; see medicines" if times else how))
    return Section(
        "CRS after CAR-T cells", (*rows, Row("Timing", TIMING), Row("Scales", crs.SCALES))
    )


def _cautions(
    cautions: Iterable[Caution], order: Order | None, blocked: bool, system: System
) -> Section:
    rows = []
    given = given_inputs(dict(order)) if order else frozenset()
    for caution in cautions:
        said = f"{caution.message}{_other_units(caution, system)} [{caution.source}]"
        asked = tuple(path for path in BY_ID[caution.id].enter if path not in given)
        label = f"{caution.severity.upper()} {caution.code}"
        rows.append(Row(label, said, mark=caution.severity, inputs=asked, confirm=caution.confirm))
        for override in order.overrides if order else ():
            if override.rule == caution.id and caution.severity == "stop":
                rows.append(
                    Row("OVERRIDE", f"{override.reason} (by {override.by})", mark="override")
                )
        if (
            order is not None
            and caution.severity == "stop"
            and all(one.rule != caution.id for one in order.overrides)
        ):
            rows.append(
                Row("", f"to override this one: --override {caution.id}='reason' --by NAME")
            )
    if blocked:
        how = "an alert stops this order. A clinician must resolve it, or override it with a reason"
        rows.insert(0, Row("BLOCKED", how, mark="blocked"))
    return Section("Cautions", tuple(rows) or (Row("None", "none of the program's rules applies"),))


# Laboratory values that cautions state, by the beginning of the code.
_STATED = {"W-FIB": "fibrinogen", "W-CA-LOW": "ionized_calcium"}


def _other_units(caution: Caution, system: System) -> str:
    """Value and limit of a caution in the units of laboratories in the United States, where they are asked for."""
    name = next((name for start, name in _STATED.items() if caution.code.startswith(start)), None)
    if system != "us" or name is None or isinstance(caution.value, str):
        return ""
    unit, places, factor = lab_unit(name, "us")
    said = f"{units.number(factor * caution.value.value, places)} {unit}"
    if caution.limit is not None and caution.limit.low is not None:
        said += f", limit {units.number(factor * caution.limit.low, places)} {unit}"
    return f" ({said})"


def _volumes(volumes: Volumes) -> Section:
    label = volumes.method if volumes.valid else f"{volumes.method}: NOT VALID here"
    return Section(
        "Volumes",
        (
            Row("Plasma volume", f"{volume_words(volumes.plasma_volume.typical)}, {label}"),
            Row(
                "",
                f"interval {volume_span(volumes.plasma_volume)}{TRACER if volumes.method == 'Nadler' else ''}",
            ),
            Row("Blood volume", volume_words(volumes.blood_volume.typical)),
            Row("", f"interval {volume_span(volumes.blood_volume)}"),
        ),
    )


def _beside(volumes: Volumes) -> Section:
    rows = (Row("Why", volumes.reason), *(_other(other) for other in volumes.alternatives))
    return Section("Why this plasma volume, and the other estimators", rows)


def _other(other: Alternative) -> Row:
    if other.plasma_volume is None or other.difference is None:
        return Row(other.method, other.note)
    sign = "+" if other.difference > 0 else ""
    figures = f"{volume_words(other.plasma_volume)}, {sign}{units.percent(other.difference, 1)}"
    return Row(other.method, f"{figures}; {'' if other.valid else 'NOT VALID here: '}{other.note}")


def _dose(p: Prescription) -> Section:
    multiple = p.dose.plasma_volumes
    band = f"interval {units.number(multiple.low, 2)} to {units.number(multiple.high, 2)}"
    return Section(
        "Dose of one session",
        (
            Row(
                "Exchange volume",
                f"{volume_words(p.dose.exchange_volume)} of patient plasma, anticoagulant not "
                "counted",
            ),
            Row("That is", f"{plasma_volumes_words(multiple.typical)}, {band}"),
            Row("Ordered as", _ordered(p.order)),
        ),
    )


def _ordered(order: Order) -> str:
    if order.dose.bag_volume is not None:
        return f"{_entered(order.dose.bag_volume)} in the remove bag, anticoagulant counted"
    if order.dose.exchange_volume is not None:
        return f"{_entered(order.dose.exchange_volume)} in all"
    return plasma_volumes_words(order.dose.plasma_volumes or 0, 4)


def _removal(p: Prescription, indication: Indication) -> list[Section]:
    bound = p.removal[0].dilution_only
    how = {
        "assumed": ", assumed: not entered (--duration)",
        "circuit": ", the run time of the circuit",
        "ordered": "",
    }
    rows = [
        Row("Session", f"{hours(units.size(p.run_time.duration, 'h'))}{how[p.run_time.origin]}"),
        Row("Dilution alone", f"{share(bound)} of what plasma holds: a bound, not an expectation"),
        Row("Solute", "fall at the end; time until 90 % of the fall is undone; class; grade"),
        *(Row(solute_table.solute(one.solute).short, one_line(one)) for one in p.removal),
    ]
    if p.scenarios:
        rows.append(
            Row(
                "Other production",
                f"{p.scenarios[0].name}: {'; '.join(map(scenario, p.scenarios))}",
            )
        )
    if any(option.state != "open" and option.plasma_share for option in p.replacement.options):
        rows.append(
            Row(
                "This fluid",
                "carries fibrinogen, IgG and albumin: what it leaves of them stands with the fluid",
            )
        )
    if indication.id in indication_table.PANEL:
        rows.append(Row("CRS", NOT_IN_CAR_T))
    return [
        Section("Expected removal", tuple(rows)),
        Section("How to read expected removal", (*READ_AS, _grades(p)), wide=True),
    ]


READ_AS = (
    Row(
        "Read it as",
        "predictions of a model from steady production, with a fluid that carries none of the "
        "solute "
        "(donor plasma carries fibrinogen, IgG and other proteins); of plasma, not of the body. "
        "Samples taken at the "
        "end look best. A lower level is no proof of effect: medicines and the natural course "
        "lower levels too",
    ),
    Row(
        "Classes",
        "lasting: down for a day or more; transient: back within 3 to 40 hours; negligible: set by "
        "production",
    ),
    Row(
        "Measured",
        "after exchanges with albumin, twice a week, fibrinogen was normal again in 48 to 72 h, "
        "other "
        "coagulation factors in 24 h, immunoglobulins in about 35 d: the body may make more than "
        "before "
        f"[{', '.join(RECOVERY)}]",
    ),
)


def _grades(p: Prescription) -> Row:
    """What the grades of evidence on this sheet mean."""
    used = {one.grade for one in p.removal}
    return Row(
        "Grades", "; ".join(f"{grade} {words}" for grade, words in GRADES.items() if grade in used)
    )


def _drug_section(drugs: Iterable[DrugAround]) -> Section:
    """Medicines given or due around the exchange."""
    rows = []
    for one in drugs:
        time = hours(units.size(one.time, "h"))
        lost = (
            f"; {share(one.lost)} of the amount in the body leaves with this exchange"
            if one.lost
            else ""
        )
        said = f". {one.statement}" if one.statement else ""
        kind = "" if one.kind in UNMARKED else f"{one.kind.upper()}; "
        rows.append(
            Row(
                quoted(one.name),
                f"{time} {one.when}: {kind}{one.advice}{lost}{said} [{one.source}]",
            )
        )
    if rows:
        rows.append(
            Row(
                "",
                "fractions are predictions of a model unless called measured; no dose is "
                "calculated",
            )
        )
    return Section("Medicines around the exchange", tuple(rows) or (Row("Entered", "none"),))


def _indication(row: Indication) -> Section:
    if row.id == NOT_LISTED:
        category = "not known to this program: look it up"
    elif row.category == "not-categorised":
        category = "no category for this indication (not categorised)"
    else:
        page = f", page {row.page}" if row.page else ""
        category = (
            f"category {row.category}, grade {row.grade or 'not given'}{page} [{row.evidence_tag}]"
        )
    listed = listed_volumes(row) or "no dose in plasma volumes"
    rows = [
        Row("Listed for", in_words(row.condition)),
        Row("ASFA 2023", category),
        Row("Listed dose", in_words("; ".join(part for part in (listed, row.volume_note) if part))),
        Row("Frequency", in_words(row.frequency)),
        Row("Sessions", in_words(row.sessions)),
        Row("Condition", in_words(row.gate)),
        Row(
            "Note", in_words(row.note.partition("; must be shown as")[0])
        ),  # the rest is for us, and heeded above
        Row("Source", row.source),
    ]
    return Section("Indication", tuple(line for line in rows if line.text))


def _explained(basis: Mapping[str, Basis]) -> Section:
    return Section(
        "How each figure came about", tuple(Row(path, entry.text) for path, entry in basis.items())
    )


def _sources(
    basis: Mapping[str, Basis],
    cautions: Iterable[Caution],
    explain: bool,
    more: tuple[str, ...] = (),
) -> Section:
    """The keys of every source that was used; with `explain` the citations too."""
    shown = [entry for path, entry in basis.items() if explain or not path.endswith(".interval")]
    used = [key for entry in shown for key in entry.sources] + [
        caution.source for caution in cautions
    ]
    keys = tuple(dict.fromkeys([*used, *more]))
    if not explain:
        where = "of a solute: pexcalc show solutes NAME; all: pexcalc show sources, or --explain"
        return Section("Sources", (Row("Keys", ", ".join(keys)), Row("", where)), wide=True)
    known = source_table.sources()
    return Section("Sources", tuple(Row(key, cited(known[key])) for key in keys))
