"""A prescription in words: the sections of the sheet, in the order in which it is read.

First what is done (patient, cautions, dose, volumes, fluid, circuit), then what explains it.
Numbers are rounded in the report and nowhere else, once; nothing is calculated here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from pexcalc.data import solutes as solute_table
from pexcalc.data import sources as source_table
from pexcalc.data.indications import NOT_LISTED, Indication
from pexcalc.data.tables import data_tables
from pexcalc.exchange.estimate import Alternative, VolumeEstimate, Volumes
from pexcalc.kinetics.medicines import DrugAround, quoted
from pexcalc.kinetics.panel import AFTER_TOCILIZUMAB
from pexcalc.kinetics.removal import GRADES, NOT_IN_CAR_T
from pexcalc.order.order import CRS_INDICATIONS, Order, given_inputs
from pexcalc.order.patient import Patient
from pexcalc.order.site import SiteUsed
from pexcalc.prescription import Prescription, indication_of
from pexcalc.quantities import units
from pexcalc.quantities.annotations import NoneStated
from pexcalc.quantities.argument import as_given
from pexcalc.quantities.given import words_if, words_if_given
from pexcalc.quantities.working import Basis
from pexcalc.report.alert_words import alert_sentence
from pexcalc.report.circuit import circuit_sections
from pexcalc.report.course import levels_before_sessions
from pexcalc.report.entered import confirmed_rows, described, patient_section, site_rows
from pexcalc.report.layout import Row, Section, cited, printed
from pexcalc.report.learned import learned_section, target_section
from pexcalc.report.replacement import fluid_sections
from pexcalc.report.wording import (
    NO_ALERTS,
    System,
    hours,
    in_words,
    joined,
    listed_volumes,
    not_checked_words,
    plasma_volumes_words,
    removal_line,
    scenario,
    share,
    volume_span,
    volume_words,
)
from pexcalc.rules import crs, crs_care
from pexcalc.rules.alerts import BY_ID
from pexcalc.rules.cautions import Caution
from pexcalc.rules.medicine_class import is_tocilizumab
from pexcalc.rules.medicine_rules import UNMARKED, is_corticosteroid
from pexcalc.rules.not_checked import NotChecked


def sections(
    prescription: Prescription,
    explain: bool = False,
    notes: Iterable[str] = (),
    system: System = "entered",
) -> tuple[Section, ...]:
    """Write the whole sheet as sections of rows.

    Parameters
    ----------
    prescription : Prescription
        What is written.
    explain : bool
        Add how each figure was calculated, and the citations.
    notes : iterable of str
        Rows that follow the patient's.
    system : {"entered", "si", "us"}
        The units of laboratory values.

    Returns
    -------
    tuple of Section
        The sections that have rows.
    """
    p = prescription
    return with_rows(
        *before(p, notes, system),
        *fluid_sections(p, system),
        *circuit_sections(p),
        *behind(p, [], system),
        *evidence(p, explain),
    )


def with_rows(*parts: Section) -> tuple[Section, ...]:
    """The sections that have rows."""
    return tuple(part for part in parts if part.rows)


def before(p: Prescription, notes: Iterable[str], system: System) -> list[Section]:
    """Patient, cautions, criteria for exchange, dose and volumes: read before anything is hung."""
    return [
        patient_section(p.order, system, notes, p.site),
        _cautions(p.cautions, p.not_checked, p.order, p.blocked, system),
        *_crs_sections(p),
        _dose(p),
        _volumes(p.volumes),
    ]


def behind(p: Prescription, fluid: list[Section], system: System = "entered") -> list[Section]:
    """Medicines, expected removal, more on the fluid, the indication and the other estimators."""
    indication = indication_of(p.order)
    return [
        _medicines(p),
        _crs_care(p),
        *_removal(p, indication),
        learned_section(p.learned, p.removal),
        target_section(p.targets),
        levels_before_sessions(p, system),
        *fluid,
        _indication_section(indication),
        _estimators(p.volumes),
    ]


def evidence(p: Prescription, explain: bool) -> list[Section]:
    """The sources by key; with `explain` what was not checked, each formula, and the citations."""
    explained = [_hazards(p.not_checked), _explained(p.basis)] if explain else []
    of_crs = crs_care.SOURCES if explain and p.crs is not None else ()
    cited_here = _sources(p.basis, p.cautions, explain, (*RECOVERY, *of_crs))
    dated = _tables_row(p.order.ordered_at)
    return [*explained, cited_here._replace(rows=(*cited_here.rows, dated))]


def volume_sections(
    estimate: VolumeEstimate,
    patient: Patient,
    explain: bool = False,
    confirmed: Iterable[str] = (),
    site: SiteUsed | None = None,
) -> tuple[Section, ...]:
    """Write blood and plasma volume alone, with the other estimators."""
    explained = [_hazards(estimate.not_checked), _explained(estimate.basis)] if explain else []
    return with_rows(
        Section("Patient", (*described(patient), *confirmed_rows(confirmed), *site_rows(site))),
        _cautions(estimate.cautions, estimate.not_checked, None, False, "entered"),
        _volumes(estimate),
        _estimators(estimate),
        *explained,
        _sources(estimate.basis, estimate.cautions, explain),
    )


def title(version: str, data: str) -> str:
    """The first line of every sheet."""
    return f"pexcalc {version}, data {data}: plasma exchange prescription"


# --- cautions -------------------------------------------------------------------------------------

ON_HOLD = Row(
    "ORDER ON HOLD",
    "an alert stops this order. A clinician must resolve it, or override it with a reason",
    mark="blocked",
)


def _cautions(
    cautions: Iterable[Caution],
    not_checked: Sequence[NotChecked],
    order: Order | None,
    blocked: bool,
    system: System,
) -> Section:
    """The alerts, or that there are none, and always what was not checked."""
    given = given_inputs(dict(order)) if order else frozenset()
    rows = [
        row
        for caution in cautions
        for row in (_caution_row(caution, order, given, system), *_override_rows(caution, order))
    ]
    hold = [ON_HOLD] if blocked else []
    found = (*hold, *rows) or (Row("Alerts", NO_ALERTS),)
    return Section("Alerts", (*found, Row("NOT CHECKED", not_checked_words(not_checked))))


def _hazards(not_checked: Iterable[NotChecked]) -> Section:
    """What was not checked, each with its hazard and the inputs that answer it."""
    rows = (Row(_capital(one.label), one.hazard, inputs=one.inputs) for one in not_checked)
    return Section("What was not checked, and its hazard", tuple(rows))


def _capital(label: str) -> str:
    return f"{label[:1].upper()}{label[1:]}"


def _caution_row(
    caution: Caution, order: Order | None, given: Collection[str], system: System
) -> Row:
    """An alert, with the inputs that its sentence asks for where they are missing."""
    return Row(
        f"{caution.severity.upper()} {caution.code}",
        f"{alert_sentence(caution, order, system)} [{caution.source}]",
        mark=caution.severity,
        inputs=tuple(path for path in BY_ID[caution.id].enter if path not in given),
        confirm=caution.confirm,
    )


def _override_rows(caution: Caution, order: Order | None) -> list[Row]:
    """Who overrode a stop and why, or how to."""
    if order is None or caution.severity != "stop":
        return []
    overrides = [
        Row("OVERRIDE", f"{override.reason} (by {override.by})", mark="override")
        for override in order.overrides
        if override.rule == caution.id
    ]
    how = f"to override this one, give its rule {caution.id}, a reason and a name"
    return overrides or [Row("", how, inputs=("overrides", "by"))]


# --- CRS after CAR-T cells ------------------------------------------------------------------------

GRADE_WORDS = {None: "not gradable or not recorded", 0: "no current grade"}
TIMING = (
    "give tocilizumab right after the exchange; by analogy with rituximab an exchange within 24 to "
    "72 h of a dose may take about half of it: prescriber to decide on a repeat dose [puisset2013]"
)
PERSISTING = "after tocilizumab and steroid"
GIVEN_BEFORE = {
    None: "not recorded",
    True: "given before (time not recorded)",
    False: "not given",
}
EXAMPLES = {
    "Tocilizumab": "tocilizumab 560 mg @ 24 h before",
    "Corticosteroid": "dexamethasone @ 6 h before",
}


def _crs_sections(p: Prescription) -> list[Section]:
    """Grade, criteria for exchange, and when medicines were given; none without CRS."""
    if p.crs is None:
        return []
    criteria = p.crs
    grade = GRADE_WORDS.get(criteria.grade, f"grade {criteria.grade}")
    rows = (
        Row("ASTCT 2019", f"{grade}: {criteria.reason} [{crs.SOURCE}]"),
        Row("Exchange", f"{criteria.statement} [{criteria.source}]"),
        *_advice(crs_care.ADVICE[: crs_care.BEFORE]),
        *(Row("Note", flag) for flag in criteria.flags),
        *printed(
            Row("Persisting", _persisting(p.order) if criteria.met else ""),
            Row("ICANS", _neurotoxicity(p.order)),
        ),
        _given_row("Tocilizumab", is_tocilizumab, p),
        _given_row("Corticosteroid", is_corticosteroid, p),
        Row("Timing", TIMING),
        *printed(Row("CAR-T infusion", _since_infusion(p.order))),
        Row("Scales", crs.SCALES_NOTE),
    )
    return [Section("CRS after CAR-T cells", rows)]


def _since_infusion(order: Order) -> str:
    since = getattr(order.crs, "since_infusion", None)
    return words_if_given(since, lambda since: f"{as_given(since)} before")


def _crs_care(p: Prescription) -> Section:
    """What to watch, when to stop, what is not known; no rows without CRS."""
    rows = _advice(crs_care.ADVICE[crs_care.BEFORE :]) if p.crs is not None else []
    return Section("Exchange in CRS: watch, stop, what is known", tuple(rows))


def _advice(rows: Iterable[crs_care.Advice]) -> list[Row]:
    return [Row(row.topic, f"{row.text} [{', '.join(row.source.split())}]") for row in rows]


def _persisting(order: Order) -> str:
    time = getattr(order.crs, "persisting_at", None)
    return f"{PERSISTING}: yes (at {time})" if time else f"{PERSISTING}: yes (time not recorded)"


def _neurotoxicity(order: Order) -> str:
    grade = getattr(order.crs, "icans", None)
    if grade is None:
        return ""
    return f"grade {grade}, recorded; it is not part of the CRS grade or the criteria"


def _given_row(label: str, known: Callable[[str], bool], p: Prescription) -> Row:
    """When a medicine was given, as entered with the medicines or as stated."""
    times = medicines_in_words(drug for drug in p.drugs if known(drug.name))
    if times:
        return Row(label, f"{times}; see medicines")
    stated = GIVEN_BEFORE[getattr(p.order.crs, label.casefold(), None)]
    return Row(label, f"{stated}; enter it as {EXAMPLES[label]}", inputs=("drugs",))


# --- volumes and dose -----------------------------------------------------------------------------

METHOD_BIAS = {"Nadler": "; tends to be lower than PV measured with labeled albumin"}
NOT_VALID = {True: "", False: "NOT VALID here"}


def _volumes(volumes: Volumes) -> Section:
    plasma, blood = volumes.plasma_volume, volumes.blood_volume
    method = joined(volumes.method, NOT_VALID[volumes.valid], by=": ")
    bias = METHOD_BIAS.get(volumes.method, "")
    rows = (
        Row("Plasma volume", f"{volume_words(plasma.typical)}, {method}"),
        Row("", f"interval {volume_span(plasma)}{bias}"),
        Row("Blood volume", volume_words(blood.typical)),
        Row("", f"interval {volume_span(blood)}"),
    )
    return Section("Volumes", rows)


def _estimators(volumes: Volumes) -> Section:
    rows = (Row("Why", volumes.reason), *map(_estimator_row, volumes.alternatives))
    return Section("Why this plasma volume, and the other estimators", rows)


def _estimator_row(other: Alternative) -> Row:
    if other.plasma_volume is None or other.difference is None:
        return Row(other.method, other.note)
    sign = words_if(other.difference > 0, "+")
    figures = f"{volume_words(other.plasma_volume)}, {sign}{units.percent(other.difference, 1)}"
    return Row(other.method, f"{figures}; {joined(NOT_VALID[other.valid], other.note, by=': ')}")


def _dose(p: Prescription) -> Section:
    multiple = p.dose.plasma_volumes
    ends = f"{units.number(multiple.low, 2)} to {units.number(multiple.high, 2)}"
    volumes = f"{units.number(multiple.typical, 2)} PV ({ends}, because PV is an estimate)"
    exchange = volume_words(p.dose.exchange_volume)
    rows = (
        Row("Exchange volume", f"{exchange} of plasma removed (excluding anticoagulant)"),
        Row("Plasma volumes", volumes),
        Row("Order", _ordered_as(p.order)),
    )
    return Section("Dose of one session", rows)


def _ordered_as(order: Order) -> str:
    dose = order.dose
    if dose.bag_volume is not None:
        return f"remove bag of {as_given(dose.bag_volume)}, including anticoagulant"
    if dose.exchange_volume is not None:
        return f"fixed volume, {as_given(dose.exchange_volume)}"
    return plasma_volumes_words(dose.plasma_volumes or 0, 4)


# --- expected removal -----------------------------------------------------------------------------

RUN_TIME_ORIGIN = {
    "assumed": ", assumed",
    "circuit": ", the run time of the circuit",
    "published": ", the shortest at a published removal efficiency",
    "ordered": "",
}
RUN_TIME_INPUTS = {"assumed": ("duration",)}
CARRIES_PROTEINS = Row(
    "This fluid",
    "contains fibrinogen, IgG and albumin: their levels after the session are listed with the "
    "fluid",
)
RECOVERY = ("wodajo-2024", "wood-1986")  # measured after exchanges with albumin
READ_AS = (
    Row(
        "How to interpret",
        "predictions of a model; with the fluid of the order where it contains the solute and the "
        "level is entered, else with one that contains none (donor plasma contains fibrinogen, IgG "
        "and other proteins); of plasma, not of the body. End-of-session samples overstate the "
        "effect. A lower level does not prove clinical benefit: medicines and the natural course "
        "lower levels too",
    ),
    Row(
        "Proteins",
        "percent reduction by the equation, in brackets the range for one patient: group means of "
        "ten published "
        "series, single patients not studied; the error of the plasma volume is in it",
    ),
    Row(
        "Cytokines",
        "and others whose production is the disease: ranges over scenarios, never 90 % ranges. "
        "Published group results range from a rise to a fall of 74 %. The level depends on "
        "production",
    ),
    Row(
        "Classes",
        "lasting: lower for a day or more; transient: back within 3 to 40 hours; little or no "
        "lasting effect: the level depends on production",
    ),
    Row(
        "Measured",
        "after exchanges with albumin, twice a week, fibrinogen was normal again in 48 to 72 h, "
        "other coagulation factors in 24 h, immunoglobulins in about 35 d: synthesis may be "
        f"higher than before [{', '.join(RECOVERY)}]",
    ),
)


def _removal(p: Prescription, indication: Indication) -> list[Section]:
    grades = {removal.grade for removal in p.removal}
    meanings = [f"{grade} {words}" for grade, words in GRADES.items() if grade in grades]
    notes = [
        *_other_production_rows(p),
        *_tocilizumab_rows(p),
        *([CARRIES_PROTEINS] if _carries_proteins(p) else []),
        *([Row("CRS", NOT_IN_CAR_T)] if indication.id in CRS_INDICATIONS else []),
    ]
    return [
        Section("Expected removal", (*_removal_rows(p), *notes)),
        Section(
            "How to read expected removal",
            (*READ_AS, Row("Grades", "; ".join(meanings))),
            wide=True,
        ),
    ]


def _removal_rows(p: Prescription) -> list[Row]:
    bound = share(p.removal[0].dilution_only)
    time, origin = hours(units.size(p.run_time.duration, "h")), p.run_time.origin
    inputs = RUN_TIME_INPUTS.get(origin, ())
    return [
        Row("Session", f"{time}{RUN_TIME_ORIGIN[origin]}", inputs=inputs),
        Row("Washout alone", f"if the volumes are exact: {bound}"),
        Row(
            "Solute",
            "percent reduction (range for one patient); rebound: time to 90 % of baseline "
            "recovery; class; evidence grade",
        ),
        *(Row(solute_table.solute(one.solute).short, removal_line(one)) for one in p.removal),
    ]


def _other_production_rows(p: Prescription) -> list[Row]:
    """The first solute if its production changes."""
    names = dict.fromkeys(one.name for one in p.scenarios)
    text = "; ".join(map(scenario, p.scenarios))
    return [Row("Other production", f"{name}: {text}") for name in list(names)[:1]]


def _tocilizumab_rows(p: Prescription) -> list[Row]:
    """What tocilizumab before the exchange does to interleukin-6."""
    found = [one for one in p.removal if one.statement.endswith(AFTER_TOCILIZUMAB)]
    return [Row(one.name, AFTER_TOCILIZUMAB) for one in found]


def _carries_proteins(p: Prescription) -> bool:
    """Whether an option that was ordered or is the default has plasma in it."""
    options = p.replacement.options
    return any(option.state != "open" and option.plasma_share for option in options)


# --- medicines and indication ---------------------------------------------------------------------

NOT_THE_DOSE = "fractions are predictions of a model unless called measured; no dose is calculated"


def medicines_in_words(drugs: Iterable[DrugAround]) -> str:
    """Medicines with the time from the exchange: `rituximab 24 h before`."""
    return ", ".join(
        f"{quoted(drug.name)} {hours(units.size(drug.time, 'h'))} {drug.when}" for drug in drugs
    )


def _medicines(p: Prescription) -> Section:
    """The medicines, or that there are none; no section where nothing was answered."""
    rows = tuple(map(_medicine_row, p.drugs))
    stated = (Row("Entered", "none"),) if isinstance(p.order.drugs, NoneStated) else ()
    found = (*rows, Row("", NOT_THE_DOSE)) if rows else stated
    return Section("Medicines around the exchange", found)


GIVEN_OR_DUE = {"before": "Given", "after": "Due"}
KIND_WORDS = {"give after": "Next dose: after the exchange"}


def _medicine_row(drug: DrugAround) -> Row:
    time = f"{GIVEN_OR_DUE[drug.when]} {hours(units.size(drug.time, 'h'))} {drug.when}"
    kind = "" if drug.kind in UNMARKED else KIND_WORDS.get(drug.kind, drug.kind)
    lost = (
        f"{share(drug.lost)} of the amount in the body is removed by this exchange"
        if drug.lost
        else ""
    )
    advice = joined(joined(kind, drug.advice, lost), drug.statement, by=". ")
    return Row(quoted(drug.name), f"{time}. {_capital(advice)} [{drug.source}]")


def _indication_section(row: Indication) -> Section:
    rows = (
        Row("Listed for", in_words(row.condition)),
        Row("ASFA 2023", _category(row)),
        Row("Listed dose", in_words(joined(listed_volumes(row) or NO_MULTIPLE, row.volume_note))),
        Row("Frequency", in_words(row.frequency)),
        Row("Sessions", in_words(row.sessions)),
        Row("Condition", in_words(row.criteria)),
        Row("Note", in_words(row.note.partition(FOR_THE_PROGRAM)[0])),
        Row("Source", row.source),
    )
    return Section("Indication", tuple(printed(*rows)))


NO_MULTIPLE = "no dose in plasma volumes"
FOR_THE_PROGRAM = (
    "; must be shown as"  # what follows in a note is heeded in the row of the category
)


STANDS_IN_ALERT = "III"  # a category that an alert states: not printed again


def _category(row: Indication) -> str:
    if row.id == NOT_LISTED:
        return "not in this program's table: look it up"
    if row.category == "not-categorised":
        return "not categorized by ASFA 2023"
    page = words_if(row.page, f"page {row.page}")
    category = words_if(row.category != STANDS_IN_ALERT, f"category {row.category}")
    grade = f"grade {row.grade or 'not given'}"
    return f"{joined(category, grade, page, by=', ')} [{row.evidence_tag}]"


# --- the evidence ---------------------------------------------------------------------------------

WHERE_TO_LOOK = "of a solute: pexcalc show solutes NAME; all: pexcalc show sources"


def _tables_row(ordered_at: str | None) -> Row:
    """The dates of the data tables, and whether one was past its date when it was ordered."""
    every = data_tables().values()
    changed, until = [one.changed for one in every], min(one.valid_until for one in every)
    reviewed = all(one.reviewed for one in every)
    review = "reviewed" if reviewed else "no review on record"
    past = ordered_at is not None and ordered_at[: len(until)] > until
    over = words_if(past, ": PAST at the time of the order")
    words = f"last changed {max(changed)}, {review}, valid until {until}{over}"
    return Row("Data tables", words)


def _explained(basis: Mapping[str, Basis]) -> Section:
    rows = (Row(path, entry.text) for path, entry in basis.items())
    return Section("How each figure was calculated", tuple(rows))


def _sources(
    basis: Mapping[str, Basis],
    cautions: Iterable[Caution],
    explain: bool,
    more: tuple[str, ...] = (),
) -> Section:
    """The keys of every source that was used; with `explain` the citations too."""
    shown = [entry for path, entry in basis.items() if explain or not path.endswith(".interval")]
    used = (key for entry in shown for key in entry.sources)
    keys = tuple(dict.fromkeys([*used, *(caution.source for caution in cautions), *more]))
    if not explain:
        rows = (Row("Keys", ", ".join(keys)), Row("", WHERE_TO_LOOK))
        return Section("Sources", rows, wide=True)
    known = source_table.sources()
    return Section("Sources", tuple(Row(key, cited(known[key])) for key in keys))
