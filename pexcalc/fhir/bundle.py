"""An order out of a Bundle: its one Patient, its Observations, levels around sessions.

Nothing is looked up, and whatever could be read in two ways is refused with the name of the entry.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, NamedTuple

from pexcalc.fhir.codes import BY_LOINC, LOINC, UCUM, Code, shown_in_resource
from pexcalc.order.fields import INTERLEUKIN_6, LEVEL
from pexcalc.order.measured import LABS_OF
from pexcalc.order.order import Order, charted_units
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Measured
from pexcalc.quantities.argument import is_number
from pexcalc.quantities.errors import QuantityError, refuse_if
from pexcalc.quantities.given import words_if
from pexcalc.quantities.record import Result, Text
from pexcalc.quantities.units import Unit

CALCIUM = 40.078  # derived citrate-arithmetic: g/mol

BUNDLES = ("collection", "searchset")
VALID = ("final", "amended", "corrected")
WITHDRAWN = ("entered-in-error", "cancelled")


class EntryRead(Result):
    """One input of the order: its entry, when that was taken, and what was done to the value."""

    path: Text
    entry: Text
    time: Text
    note: Text | None = None


class FromBundle(Result):
    """An order out of a Bundle, and what a second person needs to check it.

    `interleukin_6` is the level where there was one: no formula of this program takes it, so it has
    no place in an order. `skipped` names the entries that were withdrawn by whoever wrote them.
    """

    order: Order
    inputs: tuple[EntryRead, ...]
    interleukin_6: Annotated[Any, Measured(LEVEL, within=True)] | None = None
    skipped: tuple[Text, ...] = ()


# --- reading --------------------------------------------------------------------------------------


def order_from_bundle(
    bundle: Mapping[str, Any],
    *,
    at: datetime,
    indication: str,
    dose: Mapping[str, Any],
    sex: str | None = None,
    sex_from_gender: bool = False,
    rest: Mapping[str, Any] | None = None,
    sessions: Sequence[tuple[datetime, datetime]] = (),
    within: timedelta | None = None,
    registry: Any = None,
) -> FromBundle:
    """An order for the one Patient of a Bundle (collection or searchset) with its Observations.

    Parameters: at (the time of the order, with its zone: age, and the age of the fibrinogen, are
    counted to it); sex ("male" or "female", for the volume formula) or sex_from_gender=True, which
    takes Patient.gender for it: gender is administrative, so that is the caller's decision;
    indication, dose and rest (its other groups) as the JSON of an order holds them; sessions (start
    and end of every session of this course that is over, the first first) with within (how long
    before a start, or after an end, a sample still belongs to that session); registry (of the
    order's Quantities, default: the private one). With sessions, fibrinogen, IgG and albumin
    before or after one of them are measured levels of the order; those after the last session
    and outside of `within` are laboratory values; any other one is refused. Returns FromBundle.
    Raises QuantityError naming the entry: for two values of one input, an unknown code, a missing
    or foreign unit, another patient, a value that is not final, absent or a bound, a time that is
    missing or later than `at`; and for a value that is both in the Bundle and in `rest`.
    """
    if not isinstance(at, datetime) or at.tzinfo is None:
        wanted = "date, time and zone, as a datetime with a tzinfo"
        raise QuantityError("at", units.printable(str(at)), wanted, kind="type")
    patient, entries = _entries(bundle)
    in_use = (entry for entry in entries if entry.status not in WITHDRAWN)
    past = _past_sessions(sessions, within, at)
    observed = (_observation(entry, patient, at) for entry in in_use)
    found = _each_once(_with_session(one, past) for one in observed)
    level = found.pop(INTERLEUKIN_6.name, None)
    read = [*_of_patient(patient, at, sex, sex_from_gender), *found.values()]
    rest = _with_course(rest or {}, past)
    if "labs.fibrinogen" in found and not _is_stated(rest, "labs", "coagulation_age"):
        read.append(_age_of(found["labs.fibrinogen"], at))
    data = {
        **_together(read, rest),
        "indication": indication,
        "dose": dose,
        "ordered_at": at.isoformat(),
    }
    try:
        order = Order.from_wire(data, registry)
    except QuantityError as error:
        _name_entries(error, {one.path: one.entry for one in read})
        raise
    inputs = [
        EntryRead(path=one.path, entry=one.entry, time=one.time, note=one.note)
        for one in (*read, *([level] if level else []))
    ]
    measured = level and Measured(LEVEL).from_wire(INTERLEUKIN_6.name, level.value, registry)
    return FromBundle(
        order=order,
        inputs=tuple(inputs),
        interleukin_6=measured,
        skipped=tuple(f"{one.name}: {one.status}" for one in entries if one.status in WITHDRAWN),
    )


class _BundleEntry(NamedTuple):
    name: str
    url: str
    resource: Mapping[str, Any]

    @property
    def status(self) -> Any:
        """Of an Observation: final, amended ..."""
        return self.resource.get("status")


class _Found(NamedTuple):
    """An input in the form of an order's JSON, with its source."""

    path: str
    value: Any
    entry: str
    time: str
    note: str | None = None
    charted: str = ""  # the unit of an ion by mass, for print


def _each_once(observed: Iterable[_Found]) -> dict[str, _Found]:
    """What was observed, by input; refuses two values of one."""
    found: dict[str, _Found] = {}
    for one in observed:
        if one.path in found:
            both = f"two values, {found[one.path].entry} and {one.entry}"
            wanted = "one: a clinician decides which of them is correct"
            raise QuantityError(one.path, both, wanted, kind="conflict")
        found[one.path] = one
    return found


# --- levels around sessions -----------------------------------------------------------------------

MEASURED = "measured."


class _PastSessions(NamedTuple):
    """Start and end of each session of the course that is over, and how far a sample may be."""

    times: tuple[tuple[datetime, datetime], ...]
    within: timedelta


def _past_sessions(
    sessions: Sequence[tuple[datetime, datetime]], within: timedelta | None, at: datetime
) -> _PastSessions | None:
    """The sessions as the caller states them; None without any."""
    if not sessions:
        refuse_if(within is not None, "sessions", "nothing, with within", "both", kind="missing")
        return None
    if not isinstance(within, timedelta) or within <= timedelta(0):
        wanted = "how long before or after a session a sample belongs to it, such as 1 h"
        raise QuantityError("within", shown_in_resource(within), wanted, kind="missing")
    times = tuple((start, end) for start, end in sessions)
    flat = [time for pair in times for time in pair]
    if not all(isinstance(time, datetime) and time.tzinfo is not None for time in flat):
        wanted = "start and end of each, with their zones"
        raise QuantityError("sessions", "a time without a zone", wanted, kind="type")
    ordered = all(one < other for one, other in zip(flat, [*flat[1:], at + timedelta(seconds=1)]))
    shown, wanted = "times that overlap or go back", f"sessions in their order, up to {at}"
    refuse_if(not ordered, "sessions", shown, wanted, kind="range")
    return _PastSessions(times, within)


def _with_session(one: _Found, past: _PastSessions | None) -> _Found:
    """A level with the session before or after which it was taken; others as they are."""
    solute = one.path.rpartition(".")[2]
    if past is None or solute not in LABS_OF:
        return one
    time = datetime.fromisoformat(one.time)
    got, wanted = f"{solute} of {one.time}", "a time and zone, beside the times of the sessions"
    refuse_if(time.tzinfo is None, one.entry, got, wanted, kind="text")
    places = _sessions_of(time, past)
    if not places and time > past.times[-1][1]:
        return one
    if len(places) != 1:
        got += ", near two sessions" if places else ", near no start or end of a session"
        wanted = f"a sample within {past.within} before the start or after the end of one session"
        raise QuantityError(one.entry, got, wanted, kind="conflict")
    number, when = places[0]
    value = {"solute": solute, "session": number, "when": when, "level": one.value}
    note = f"{when} session {number}, by its time"
    return one._replace(path=f"{MEASURED}{solute}.{number}.{when}", value=value, note=note)


def _sessions_of(time: datetime, past: _PastSessions) -> list[tuple[int, str]]:
    """The sessions to which a sample belongs, by its time: none or one, or two that are close."""
    found, within = [], past.within
    for number, (start, end) in enumerate(past.times, 1):
        if start - within <= time <= start:
            found.append((number, "before"))
        if end <= time <= end + within:
            found.append((number, "after"))
    return found


def _with_course(rest: Mapping[str, Any], past: _PastSessions | None) -> Mapping[str, Any]:
    """The rest of the order, with the number of the session that is ordered."""
    if past is None:
        return rest
    number, course = len(past.times) + 1, dict(rest.get("course") or {})
    shown = f"{course.get('session')}, with {number - 1} sessions that are over"
    other = course.get("session") not in (None, number)
    refuse_if(other, "rest.course.session", shown, f"{number}", kind="conflict")
    return {**rest, "course": {**course, "session": number}}


# --- the entries and the patient ------------------------------------------------------------------


def _name_entries(error: QuantityError, entries: Mapping[str, str]) -> None:
    """Add to each fault the entry that it was read from, if it was read from one."""
    for fault in error.faults:
        entry = entries.get(fault.argument) or entries.get(fault.argument.rpartition(".")[0])
        fault.argument = f"{fault.argument}, {entry}" if entry else fault.argument


def _entries(bundle: Any) -> tuple[_BundleEntry, list[_BundleEntry]]:
    """The one Patient and the Observations."""
    if not isinstance(bundle, Mapping) or bundle.get("resourceType") != "Bundle":
        wanted = "a FHIR R4 Bundle as a dictionary"
        raise QuantityError("Bundle", shown_in_resource(bundle), wanted, kind="type")
    if bundle.get("type") not in BUNDLES:
        wanted = " or ".join(BUNDLES)
        raise QuantityError(
            "Bundle.type", shown_in_resource(bundle.get("type")), wanted, kind="type"
        )
    _understood("Bundle", bundle)
    relations = [one.get("relation") for one in _objects("Bundle.link", bundle.get("link"))]
    shown = "a search with further pages"
    refuse_if("next" in relations, "Bundle.link", shown, "all pages in one Bundle", kind="conflict")
    items = _objects("Bundle.entry", bundle.get("entry"))
    entries = [_entry(f"Bundle.entry[{place}]", item) for place, item in enumerate(items)]
    kinds = {entry.resource["resourceType"] for entry in entries}
    by_kind = {kind: [e for e in entries if e.resource["resourceType"] == kind] for kind in kinds}
    patients = by_kind.get("Patient", [])
    if len(patients) != 1:
        shown = " and ".join(entry.name for entry in patients) or "no Patient"
        raise QuantityError("Bundle", shown, "one Patient", kind="conflict")
    return patients[0], by_kind.get("Observation", [])


def _entry(name: str, item: Mapping[str, Any]) -> _BundleEntry:
    """An entry with the name that errors give it: its place, and its URL or id."""
    resource, url = item.get("resource"), item.get("fullUrl")
    if not isinstance(resource, Mapping):
        raise QuantityError(name, "no resource", "a Patient or an Observation", kind="missing")
    kind, own = resource.get("resourceType"), resource.get("id")
    known = url or (own and f"{kind}/{own}")
    name = f"{name} ({units.printable(str(known), 80)})" if known else name
    _understood(name, resource)
    if kind not in ("Patient", "Observation"):
        raise QuantityError(
            name, shown_in_resource(kind), "a Patient or an Observation", kind="type"
        )
    return _BundleEntry(name, str(url or ""), resource)


def _replaced(entry: _BundleEntry) -> bool:
    links = _objects(f"{entry.name}.link", entry.resource.get("link"))
    return "replaced-by" in [link.get("type") for link in links]


def _died(entry: _BundleEntry) -> bool:
    patient = entry.resource
    return patient.get("deceasedBoolean", False) is not False or "deceasedDateTime" in patient


# Records of a patient that are refused: which, what they are, what is expected.
_REFUSED: tuple[tuple[Callable[[_BundleEntry], bool], str, str], ...] = (
    (lambda entry: entry.resource.get("active", True) is not True,
     "a record that is not active", "the record in use"),
    (_replaced, "a record that another one replaces", "the record in use"),
    (_died, "a patient who has died", "a living patient"),
)  # fmt: skip


def _of_patient(
    entry: _BundleEntry, at: datetime, sex: str | None, from_gender: bool
) -> list[_Found]:
    """Sex and age; refuses a record that is not in use, or of a patient who has died."""
    for refused, shown, wanted in _REFUSED:
        refuse_if(refused(entry), entry.name, shown, wanted, kind="conflict")
    found = [_sex(entry, at, sex, from_gender)]
    if "birthDate" in entry.resource:
        name, text = f"{entry.name}.birthDate", entry.resource["birthDate"]
        born = _entry_time(name, text)
        if isinstance(born, datetime) or born > at.date():
            raise QuantityError(
                name, shown_in_resource(text), f"a day up to {at.date()}", kind="range"
            )
        age = _age_at(born, at.date())
        found.append(_Found("patient.age", age, entry.name, at.isoformat(), f"born {born}"))
    return found


def _sex(entry: _BundleEntry, at: datetime, sex: str | None, from_gender: bool) -> _Found:
    """The sex that the caller states, or Patient.gender where the caller decided so."""
    if (sex is None) == (not from_gender):
        shown = "nothing" if sex is None else "a sex, and sex_from_gender"
        wanted = "male or female, or sex_from_gender=True: Patient.gender is administrative"
        raise QuantityError("sex", shown, wanted, kind="missing")
    if not from_gender:
        return _Found("patient.sex", sex, "stated by the caller", at.isoformat())
    gender = entry.resource.get("gender")
    if gender not in ("male", "female"):
        wanted = "male or female, or a sex that the caller states"
        raise QuantityError(
            entry.name, f"gender {shown_in_resource(gender)}", wanted, kind="conflict"
        )
    return _Found("patient.sex", gender, entry.name, at.isoformat(), "from Patient.gender")


def _age_at(born: date, today: date) -> dict[str, Any]:
    """Completed years; months below 18 years, days below 2 months: estimators change with age."""
    # derived: months of a year
    months = 12 * (today.year - born.year) + today.month - born.month - (today.day < born.day)
    if months >= 12 * 18:  # judgement plausibility: an adult
        return {"value": months // 12, "unit": "a"}  # derived: months of a year
    return (
        {"value": months, "unit": "mo"}
        if months >= 2
        else {"value": (today - born).days, "unit": "d"}
    )


# --- one Observation ------------------------------------------------------------------------------

_NOT_ONE_VALUE = {
    "focus": "about another person or thing",
    "component": "of several components",
}


def _observation(entry: _BundleEntry, patient: _BundleEntry, at: datetime) -> _Found:
    """What one Observation says of the patient, in the form of an order's JSON."""
    name, resource = entry.name, entry.resource
    shown, wanted = f"status {shown_in_resource(entry.status)}", f"status {', '.join(VALID)}"
    refuse_if(entry.status not in VALID, name, shown, wanted, kind="conflict")
    code = _code(name, resource)
    for field, why in _NOT_ONE_VALUE.items():
        shown = f"an Observation {why}"
        refuse_if(resource.get(field), name, shown, "one value of the patient", kind="conflict")
    if not _same_patient(entry, resource.get("subject"), patient):
        shown = f"subject {_subject(resource.get('subject'))}"
        raise QuantityError(name, shown, f"the patient, {patient.name}", kind="conflict")
    number, row = _entry_value(name, resource, code)
    time = _taken(name, resource, at)
    if code.path == "labs.fibrinogen" and not isinstance(time, datetime):
        wanted = "a time: an exchange asks how old coagulation is"
        raise QuantityError(name, f"a day without a time, {time}", wanted, kind="text")
    value: dict[str, Any] = {"value": number, "unit": row.ucum}
    note, charted = None, ""
    if code.path == "labs.ionized_calcium" and code.kind == "mass concentration":
        per_liter = Measured("mg/L").spec.from_unit(row.label, number)
        value = {"value": per_liter / CALCIUM, "unit": "mmol/L"}
        note = f"{units.typed(number, row)}, by {CALCIUM} g/mol"
        charted = words_if(row.label in charted_units("ionized_calcium"), row.label)
    return _Found(code.path, value, name, time.isoformat(), note, charted)


def _code(name: str, resource: Mapping[str, Any]) -> Code:
    concept = resource.get("code")
    codings = concept.get("coding") if isinstance(concept, Mapping) else None
    listed = _objects(f"{name}.code.coding", codings)
    loinc = [str(coding.get("code")) for coding in listed if coding.get("system") == LOINC]
    known = [BY_LOINC[code] for code in loinc if code in BY_LOINC]
    shown = f"LOINC code {units.printable(', '.join(loinc)) or 'none'}"
    refuse_if(not known, name, shown, f"one of {', '.join(BY_LOINC)}", kind="unknown")
    if len({(code.path, code.kind) for code in known}) > 1:
        shown = f"codes of different things, {' and '.join(code.loinc for code in known)}"
        raise QuantityError(name, shown, "codes of one input", kind="conflict")
    return known[0]


def _entry_value(name: str, resource: Mapping[str, Any], code: Code) -> tuple[float, Unit]:
    """The number and the row of the unit table."""
    if "dataAbsentReason" in resource:
        raise QuantityError(name, "a reason why the value is absent", "a value", kind="missing")
    forms = [key for key in resource if re.fullmatch("value[A-Z].*", str(key))]
    quantity = resource.get("valueQuantity")
    if forms != ["valueQuantity"] or not isinstance(quantity, Mapping):
        shown = units.printable(" and ".join(forms)) or "no value"
        raise QuantityError(name, shown, "one valueQuantity", kind="missing")
    number = _number_of(f"{name}.valueQuantity.value", quantity.get("value"))
    comparator = quantity.get("comparator")
    shown = f"{shown_in_resource(comparator)} {units.number(number)}"
    refuse_if(comparator is not None, name, shown, "a value, not a bound", kind="unit")
    return number, _unit(name, quantity, units.number(number), code)


def _unit(name: str, quantity: Mapping[str, Any], number: str, code: Code) -> Unit:
    """The unit of a quantity by its UCUM code, which has to fit the input and the printed unit."""
    ucum, shown = quantity.get("code"), quantity.get("unit")
    allowed = {row.ucum: row for row in units.UNITS if row.kind == code.kind}
    expected = f"a UCUM code for LOINC {code.loinc}: {' or '.join(allowed)}"
    if quantity.get("system") != UCUM or not isinstance(ucum, str):
        got = f"{number} {shown_in_resource(shown)} without a UCUM code"
        raise QuantityError(name, got, f"{expected}, with system {UCUM}", kind="unit")
    refuse_if(ucum not in allowed, name, f"{number} {units.printable(ucum)}", expected, kind="unit")
    row = allowed[ucum]
    if shown is not None and units.BY_TOKEN.get(str(shown), row) != row:
        got = f"unit {shown_in_resource(shown)} with code {ucum}"
        raise QuantityError(name, got, "a unit and a code that agree", kind="unit")
    return row


def _number_of(name: str, value: Any) -> float:
    try:
        bare = float(value) if is_number(value) else math.nan
    except (OverflowError, ValueError):
        bare = math.nan
    refuse_if(not math.isfinite(bare), name, shown_in_resource(value), "a number", kind="type")
    return bare


def _taken(name: str, resource: Mapping[str, Any], at: datetime) -> date:
    """When an Observation was taken: a datetime with its zone, or a day."""
    forms = [key for key in resource if re.fullmatch("effective[A-Z].*", str(key))]
    if forms not in (["effectiveDateTime"], ["effectiveInstant"]):
        shown = units.printable(" and ".join(forms)) or "no time"
        raise QuantityError(name, shown, "effectiveDateTime", kind="missing")
    name, text = f"{name}.{forms[0]}", resource[forms[0]]
    time = _entry_time(name, text)
    now = at if isinstance(time, datetime) else at.date()
    if time > now:
        raise QuantityError(name, str(text), f"a time up to {at.isoformat()}", kind="range")
    return time


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9-]{10}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")


def _entry_time(name: str, text: Any) -> date:
    """A FHIR date, or dateTime with its zone; a year or a month is not enough."""
    try:
        if isinstance(text, str) and _DAY.fullmatch(text):
            return date.fromisoformat(text)
        if isinstance(text, str) and _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:  # no such day or hour
        pass
    raise QuantityError(
        name,
        shown_in_resource(text),
        "a day such as 2025-06-24, or a time such as 2025-06-24T14:05:00+02:00",
        kind="text",
    )


def _same_patient(entry: _BundleEntry, subject: Any, patient: _BundleEntry) -> bool:
    """True where a reference is that of the Bundle's patient, by URL or on the same server."""
    reference = subject.get("reference") if isinstance(subject, Mapping) else None
    if not isinstance(reference, str) or not reference:
        return False
    here, there, own = _server(entry.url), _server(patient.url), patient.resource.get("id")
    if patient.url in (reference, f"{here}/{reference}"):
        return True
    same_server = here == there or not (here and there)
    return own is not None and same_server and reference == f"Patient/{own}"


def _server(url: str) -> str:
    match = re.fullmatch(r"(https?://.+)/[A-Za-z]+/[A-Za-z0-9.\-]{1,64}", url)
    return match[1] if match else ""


def _subject(subject: Any) -> str:
    return shown_in_resource(subject.get("reference") if isinstance(subject, Mapping) else subject)


# --- into an order --------------------------------------------------------------------------------


def _age_of(fibrinogen: _Found, at: datetime) -> _Found:
    """How long ago coagulation was tested: a fibrinogen of last month is no new one."""
    hours = (
        at - datetime.fromisoformat(fibrinogen.time)
    ).total_seconds() / 3600  # derived: seconds of an hour
    value = {"value": hours, "unit": "h"}
    return fibrinogen._replace(
        path="labs.coagulation_age", value=value, note="from the time of the fibrinogen"
    )


def _together(read: list[_Found], rest: Mapping[str, Any]) -> dict[str, Any]:
    """The groups of an order: what was read and the rest; refuses a value that is in both."""
    for name in ("ordered_at", "indication", "dose"):
        if rest.get(name) is not None:
            raise QuantityError(
                f"rest.{name}", "a value", "it as an argument of its own", kind="conflict"
            )
    data = dict(rest)
    levels = [one.value for one in read if one.path.startswith(MEASURED)]
    if levels:
        data["measured"] = [*(data.get("measured") or ()), *levels]
    for one in read:
        if one.path.startswith(MEASURED):
            continue
        group, _, field = one.path.partition(".")
        refuse_if(
            _is_stated(rest, group, field),
            f"rest.{one.path}",
            f"a value, beside that of {one.entry}",
            "one of the two",
            kind="conflict",
        )
        data[group] = {**(data.get(group) or {}), field: one.value}
        if one.charted:
            data["charted"] = {**(data.get("charted") or {}), field: one.charted}
    return data


def _is_stated(rest: Mapping[str, Any] | None, group: str, field: str) -> bool:
    """True where the rest of the order has a value for an input."""
    given = (rest or {}).get(group)
    if given is not None and not isinstance(given, Mapping):
        raise QuantityError(f"rest.{group}", shown_in_resource(given), "an object", kind="type")
    return given is not None and given.get(field) is not None


def _understood(name: str, resource: Mapping[str, Any]) -> None:
    """Refuse what FHIR forbids to pass over: what changes the meaning, rules not known here."""
    for field in ("modifierExtension", "implicitRules"):
        refuse_if(
            resource.get(field),
            name,
            f"a {field}, which may change its meaning",
            "a resource without it",
            kind="conflict",
        )


def _objects(name: str, items: Any) -> list[Mapping[str, Any]]:
    if items is None:
        return []
    if not isinstance(items, list | tuple) or not all(isinstance(item, Mapping) for item in items):
        raise QuantityError(name, shown_in_resource(items), "a list of objects", kind="type")
    return list(items)
