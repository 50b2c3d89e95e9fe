"""A prescription as FHIR resources: Observations, and a ServiceRequest that is a draft.

Nothing is sent anywhere; what has no verified code has a text.
"""

import re
from datetime import datetime
from typing import Any, NamedTuple

from pexcalc.fhir.codes import APHERESIS, SNOMED, THERAPEUTIC_PROCEDURE, UCUM, shown_in_resource
from pexcalc.kinetics.removal import NOT_IN_CAR_T, SoluteRemoval
from pexcalc.order.order import CRS_INDICATIONS
from pexcalc.prescription import Prescription, indication_of
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.argument import as_given, is_number
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.given import words_if
from pexcalc.report import wording
from pexcalc.report.learned import with_and_without

DRAFT = "calculated for a health professional to check; not sent to a device"
CALCULATED = "calculated, not measured"
NO_SOLUTE = "for a fluid that contains none of it"


class Figure(NamedTuple):
    """One figure: name, value (None where it was not calculated), method, path in basis, remark."""

    name: str
    value: Any
    unit: str
    method: str = ""
    path: str = ""
    remark: str = ""


def observations(prescription: Prescription, subject: str) -> list[dict[str, Any]]:
    """The figures of a prescription as FHIR R4 Observations of status preliminary, about `subject`.

    Parameters: prescription; subject (a reference such as "Patient/123" or "urn:uuid:...").
    Volumes, dose, run, totals of the circuit, expected fall of each solute. A figure with an
    interval has the components low, typical and high and no value beside them; typical is left out
    where the source gives only the ends. Full precision, UCUM. Raises QuantityError for a subject
    that is no reference.
    """
    about = _fhir_reference(subject)
    return [_as_observation(figure, prescription, about) for figure in _figures(prescription)]


def service_request(prescription: Prescription, subject: str) -> dict[str, Any]:
    """One FHIR R4 ServiceRequest for the exchange: a draft, a proposal, with cautions in its notes.

    Parameters as for `observations`. What was ordered is in its details, what was not is named
    as open. Raises QuantityError for a prescription that a caution stops: a request is drawn up
    after a clinician's override.
    """
    p, order = prescription, prescription.order
    about = _fhir_reference(subject)
    if p.blocked:
        overridden = {override.rule for override in order.overrides}
        stops = {one.id for one in p.cautions if one.severity == "stop"} - overridden
        shown = f"one that {' and '.join(sorted(stops))} stops"
        raise QuantityError(
            "prescription",
            shown,
            "one without a stop, or with the override of a named clinician",
            kind="conflict",
        )
    notes = [
        f"pexcalc {p.version}, data {p.data}: {DRAFT}",
        *(f"{one.severity} {one.id}: {one.message} [{one.source}]" for one in p.cautions),
        f"not checked: {wording.not_checked_words(p.not_checked)}",
        *(f"override of {one.rule} by {one.by}: {one.reason}" for one in order.overrides),
    ]
    request: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        "category": [
            {
                "coding": [{"system": SNOMED, "code": THERAPEUTIC_PROCEDURE}],
                "text": "Therapeutic procedure",
            }
        ],
        "code": {
            "coding": [{"system": SNOMED, "code": APHERESIS}],
            "text": "Therapeutic plasma exchange",
        },
        "orderDetail": [{"text": text} for text in _details(p)],
        "subject": about,
        "reasonCode": [{"text": indication_of(order).name}],
        "note": [{"text": text} for text in notes],
    }
    course = order.to_wire()["course"] or {}
    repeat: dict[str, Any] = {"count": course["sessions"]} if course.get("sessions") else {}
    if course.get("interval"):
        repeat |= {
            "frequency": 1,
            "period": course["interval"]["value"],
            "periodUnit": course["interval"]["unit"],
        }
    if repeat:
        request["occurrenceTiming"] = {"repeat": repeat}
    if order.ordered_at is not None:
        request["authoredOn"] = _written(order.ordered_at)
    return request


def _figures(p: Prescription) -> list[Figure]:
    volumes, totals, run = p.volumes, p.totals, p.circuit or p.membrane
    found = [
        Figure("Blood volume", volumes.blood_volume, "mL", volumes.method, "volumes.blood_volume"),
        Figure(
            "Plasma volume", volumes.plasma_volume, "mL", volumes.method, "volumes.plasma_volume"
        ),
        Figure(
            "Exchange volume, patient plasma",
            p.dose.exchange_volume,
            "mL",
            "",
            "dose.exchange_volume",
        ),
        Figure("Plasma volumes exchanged", p.dose.plasma_volumes, "1", "", "dose.plasma_volumes"),
        Figure("Duration of the exchange", p.run_time.duration, "h", p.run_time.origin, "run_time"),
        Figure("Replacement fluid", totals.replacement, "mL"),
        Figure("Blood processed", run and run.blood_processed, "mL"),
        Figure("Anticoagulant used", totals.anticoagulant_used, "mL"),
        Figure("Anticoagulant to the patient", totals.anticoagulant_to_patient, "mL"),
        Figure("Remove bag", totals.remove_bag, "mL"),
        Figure("Fluid balance", totals.balance, "mL"),
    ]
    known = [figure for figure in found if figure.value is not None]
    in_crs = words_if(p.order.indication in CRS_INDICATIONS, f"; {NOT_IN_CAR_T}")
    for one in (*p.removal, *p.scenarios):
        production = "halved to doubled" if one.production == "any" else one.production
        name = f"Expected fall of {one.name} at the end of one session, {production} production"
        fluid = words_if(not one.supply, f"; {NO_SOLUTE}")
        remark = f"{one.statement}{fluid}{_of_levels(one)}{in_crs}"
        known.append(Figure(name, one.fall, "1", one.model, "", remark))
    return known


def _of_levels(one: SoluteRemoval) -> str:
    """That the figure is the one with measured levels, and the one without them."""
    if one.fall is None or one.fall_without_levels is None:
        return ""
    return f"; {with_and_without(one.fall, one.fall_without_levels)}"


def _as_observation(figure: Figure, p: Prescription, about: dict[str, str]) -> dict[str, Any]:
    basis = p.basis.get(figure.path)
    notes = [f"{CALCULATED}; {DRAFT}", basis.text if basis else "", figure.remark]
    if p.blocked:
        notes.append("an alert of this prescription stops it and has no override")
    made: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "preliminary",
        "code": {"text": figure.name},
        "subject": about,
        "device": {"display": f"pexcalc {p.version}, data {p.data}"},
        "note": [{"text": text} for text in notes if text],
    }
    if figure.method:
        made["method"] = {"text": figure.method}
    if p.order.ordered_at is not None:
        made["effectiveDateTime"] = _written(p.order.ordered_at)
    if figure.value is None:
        made["dataAbsentReason"] = {"text": "not known"}
    elif isinstance(figure.value, Interval):
        ends = {name: getattr(figure.value, name) for name in ("low", "typical", "high")}
        made["component"] = [
            {"code": {"text": name}, "valueQuantity": _fhir_quantity(end, figure.unit)}
            for name, end in ends.items()
            if end is not None
        ]
    else:
        made["valueQuantity"] = _fhir_quantity(figure.value, figure.unit)
    return made


def _fhir_quantity(value: Any, label: str) -> dict[str, Any]:
    row = units.BY_LABEL[label]
    bare = value if isinstance(value, float) else units.size(value, label)
    return {"value": bare, "unit": row.label, "system": UCUM, "code": row.ucum}


def _details(p: Prescription) -> list[str]:
    multiple = p.dose.plasma_volumes
    low, high = (units.number(end, 2) for end in (multiple.low, multiple.high))
    ends = f"{wording.plasma_volumes_words(multiple.typical)} ({low} to {high})"
    dose = f"one session: {wording.volume_words(p.dose.exchange_volume)} of patient plasma, {ends}"
    time = f"duration {wording.hours(units.size(p.run_time.duration, 'h'))}, {p.run_time.origin}"
    plan = p.replacement
    if plan.ordered:
        fluid = f"replacement fluid ordered: {plan.ordered}"
    else:
        states = [
            f"{one.fluid}{' (default)' if one.state == 'default' else ''}" for one in plan.options
        ]
        fluid = f"replacement fluid not ordered; options: {', '.join(states) or 'none'}"
    # The records as they were entered, every field of them.
    said = [
        f"{name.replace('_', ' ')} as ordered: {_fields_of(record)}"
        for name, record in (
            ("fluid", p.order.fluid),
            ("device", p.order.device),
            ("calcium", p.order.calcium),
        )
        if record is not None
    ]
    return [dose, time, fluid, *said]


def _fields_of(record: Any) -> str:
    """The fields that a record of the order has, in words."""
    entered = {name.replace("_", " "): getattr(record, name) for name in type(record).model_fields}
    return ", ".join(
        f"{name} {_said(value)}"
        for name, value in entered.items()
        if value not in (None, (), False)
    )


def _said(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(map(_said, value))
    return (
        value
        if isinstance(value, str)
        else units.number(value, 4)
        if is_number(value)
        else as_given(value)
    )


_REFERENCE = re.compile(
    r"((https?://\S+/)?Patient/[A-Za-z0-9.\-]{1,64}|urn:(uuid|oid):[0-9A-Za-z.\-]+)"
)


def _fhir_reference(subject: Any) -> dict[str, str]:
    if not isinstance(subject, str) or not _REFERENCE.fullmatch(subject):
        raise QuantityError(
            "subject",
            shown_in_resource(subject),
            "a reference such as Patient/123 or urn:uuid:...",
            kind="type",
        )
    return {"reference": subject}


def _written(text: str) -> str:
    """A time as FHIR writes it, always with its seconds."""
    return datetime.fromisoformat(text).isoformat()
