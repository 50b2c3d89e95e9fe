"""An order from texts, those of flags or answers: how each text is read, by the kind of its row.

Ranges are checked when the Order is made; here a text is read strictly, or refused with what was
probably meant. The trap: what a laboratory writes as mg/dL or mEq/L depends on the ion.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pexcalc.data.indications import indication_meant
from pexcalc.data.solutes import solute_id
from pexcalc.data.spelling import most_alike
from pexcalc.order.everyday import (
    IN_GRAMS,
    refuse_giga,
    refuse_hemoglobin,
    refuse_open_date,
    refuse_open_ratio,
    refuse_two_fluids,
    refuse_unknown_group,
    understood,
)
from pexcalc.order.fields import (
    AGE,
    BY_NAME,
    COMPARE,
    DELAY,
    DOSE,
    GROUPS,
    INPUTS,
    NONE,
    Input,
    spec,
    value_at,
)
from pexcalc.order.lookup import solute_named
from pexcalc.order.measured import LEVEL_EXAMPLE, LEVELS_BY_KIND
from pexcalc.order.order import DOSES, Order, one_label, timed, unknown_indication
from pexcalc.order.patient import check_swapped, for_age
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Measured
from pexcalc.quantities.argument import Choice, In
from pexcalc.quantities.errors import Faults, QuantityError, refuse_if
from pexcalc.quantities.strict_json import NOT_A_FIELD
from pexcalc.rules.crs import OXYGEN_FLOW, TEMPERATURE, CrsSigns
from pexcalc.rules.crs_words import OTHER_CAUSES
from pexcalc.rules.medicine_rules import ACE_INHIBITORS, named

# The inputs of an order that a text can give; the dose is asked for in one question and given as
# one of three. The ACE inhibitor is added to the medicines, so it is put in place last.
FLAGS: tuple[Input, ...] = tuple(
    sorted((row for row in INPUTS if row.kind != "dose"), key=lambda row: row.kind == "ace")
)


def given_texts(texts: Mapping[str, Any]) -> dict[str, Any]:
    """The texts that are given: of an option that was left out there is none, or an empty row."""
    return {name: text for name, text in texts.items() if text not in (None, (), [])}


class Age(NamedTuple):
    """The age by which ranges are chosen, in years; None where it is not given or unreadable."""

    years: float | None
    unreadable: bool = False


UNKNOWN = Age(None)


# --- all texts of a command -----------------------------------------------------------------------


def from_flags(
    texts: Mapping[str, Any], base: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], list[str]]:
    """An order as JSON would hold it: the file's (`base`) with the texts in place of its values.

    Returns it with the names that were replaced. Everyday texts are read too (`understood` says
    which). Raises QuantityError for a text that cannot be read, OrderError for several. Ranges are
    checked when the Order is made; beside a text that cannot be read they are checked here too, so
    that all faults are reported at once.
    """
    data = _checked_groups(base or {})
    everyday = understood(texts, data)
    given = given_texts(everyday.texts)
    wires = _read_all(given, _age(given.get("age"), data))
    replaced: list[str] = []
    for row in [row for row in FLAGS if row.name in wires]:
        replaced += _put(data, row, wires, from_file=base is not None)
        if row.per_mmol:
            _put_charted_unit(data, row, given[row.name])
    return data, replaced


def _checked_groups(base: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of an order's JSON without its empty groups. Raises QuantityError for another form."""
    known = {field.alias or name for name, field in Order.model_fields.items()}
    unknown = next((name for name in base if name not in known), None)
    if unknown is not None:
        shown, meant = units.printable(unknown), most_alike(unknown.casefold(), known)
        wanted = ", ".join(sorted(known))
        raise QuantityError(shown, NOT_A_FIELD, wanted, meant, kind="unknown")
    empty = [name for name in GROUPS if base.get(name, 0) is None]
    given = {name: value for name, value in base.items() if name not in empty}
    groups = {name: given[name] for name in GROUPS if name in given}
    for name, group in groups.items():
        if not isinstance(group, dict):
            raise QuantityError(name, "no object", "an object", kind="type")
    return {**given, **{name: dict(group) for name, group in groups.items()}}


def _read_all(given: Mapping[str, Any], age: Age) -> dict[str, Any]:
    """What JSON holds of each text, by name. Raises OrderError with every fault."""
    faults = Faults()
    wires: dict[str, Any] = {}
    with faults.kept():
        check_swapped(well_written(given))
    settled = {name for fault in faults.found for name in fault.fields}
    rows = [row for row in FLAGS if row.name in given and row.name not in settled]
    for row in rows:
        with faults.kept():
            wires[row.name] = READERS[row.kind](row, given[row.name], age)
    if faults.found:
        for row in [row for row in rows if row.name in wires]:
            with faults.kept():
                _check_range(row, given[row.name], age)
    faults.raise_any()
    return wires


def _put(
    data: dict[str, Any], row: Input, wires: Mapping[str, Any], from_file: bool
) -> Iterator[str]:
    """Put an input in its place in an order; yields the names of what it replaced."""
    *groups, last = row.place
    place = data
    for group in groups:
        place = place.setdefault(group, {})
    if row.name in DOSES:  # one dose in place of another
        for other in DOSES:
            if other not in wires and place.pop(other, None) is not None:
                yield f"{row.name} (for {other})"
    if row.kind == "ace":
        yield from _put_ace(place, row, wires)
        return
    if from_file and place.get(last) not in (None, []):
        yield row.name
    place[last] = wires[row.name]


def _put_charted_unit(data: dict[str, Any], row: Input, text: str) -> None:
    """Keep the unit in which a value was typed, where it is one of the ion."""
    typed = _NUMBER_AND_ION_UNIT.fullmatch(text.strip())
    unit = str(typed[2]).casefold() if typed else ""
    units_ = {label.casefold(): label for label, _ in row.per_mmol}
    held = {**(data.get("charted") or {}), row.place[-1]: units_.get(unit)}
    data["charted"] = {name: label for name, label in held.items() if label}
    if not data["charted"]:
        del data["charted"]


def _put_ace(place: dict[str, Any], row: Input, wires: Mapping[str, Any]) -> Iterator[str]:
    """Add the ACE inhibitor to the medicines, in place of the one that a file names."""
    others = place.get(row.path) or []
    if others == NONE and "drugs" in wires:
        raise QuantityError("drugs", "none beside an ACE inhibitor", "one of them", kind="conflict")
    if others == NONE:
        yield row.name
        others = []
    if not isinstance(others, list):
        raise QuantityError(row.path, "no list", "a list", kind="type")
    kept = others if "drugs" in wires else [one for one in others if not _is_ace(one)]
    if len(kept) < len(others):
        yield row.name
    place[row.path] = [*kept, wires[row.name]]


def _is_ace(drug: Any) -> bool:
    return isinstance(drug, dict) and named(str(drug.get("name")), ACE_INHIBITORS)


def well_written(texts: Mapping[str, Any]) -> dict[str, Any]:
    """The texts that are one number and one unit, of whatever kind, as JSON would hold them."""
    readings = {name: units.read(text) for name, text in texts.items() if isinstance(text, str)}
    return {
        name: {"value": reading.numbers[0], "unit": reading.unit.ucum}
        for name, reading in readings.items()
        if reading.unit and not reading.fault
    }


def missing(data: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Those of the inputs that an order as JSON would hold it does not have."""
    return [name for name in names if value_at(data, BY_NAME[name].place) is None]


def _age(text: Any, data: Mapping[str, Any]) -> Age:
    """The age among the texts or in the file, by which the other texts are judged."""
    try:
        wire = (
            quantity_wire(BY_NAME["age"], text, AGE) if text else value_at(data, ("patient", "age"))
        )
        if not isinstance(wire, dict):
            return UNKNOWN
        age = Measured(AGE).from_wire("age", wire, units.private_registry())
        return Age(float(AGE.strip("age", age)))
    except QuantityError:
        return Age(None, unreadable=bool(text))


# --- one text -------------------------------------------------------------------------------------


def check_text(name: str, texts: Mapping[str, Any]) -> None:
    """Refuse one text of several as far as the others are known: form, unit, range, a swap."""
    row, given = BY_NAME[name], {key: text for key, text in texts.items() if text}
    given = understood(given).texts
    check_swapped(well_written(given))
    age = _age(given.get("age"), {})
    if name in given:
        READERS[row.kind](row, given[name], age)
        _check_range(row, given[name], age)


def spec_of(row: Input, age: Age = UNKNOWN) -> In | None:
    """What the text of a number or quantity is read as; None for words.

    Where the range depends on the age: that of an adult if no age is given, the widest if the age
    cannot be read.
    """
    if row.range is None:
        return None
    return spec(row.range.widest) if age.unreadable else for_age(row.range, age.years)


def answer_spec(name: str, texts: Mapping[str, Any]) -> In | None:
    """The same for an answer among others."""
    return spec_of(BY_NAME[name], _age(texts.get("age"), {}))


def _check_range(row: Input, text: Any, age: Age) -> None:
    known = spec_of(row, age)
    if row.kind == "word" and row.listed and row.name != "fluid":
        Choice(row.listed).strip(row.name, text)
    if known is None or _is_none(row, text):
        return
    if row.kind in ("number", "count"):
        known.one(row.name, plain_number(row, text))
    else:
        in_range(row, text.partition("@")[0], known)


def in_range(row: Input, text: str, within: In) -> tuple[float, units.Unit]:
    """The number and the unit of a text; QuantityError for one outside the range."""
    value, unit = _read(row, text, within)
    if not within.holds(within.from_unit(unit.label, value)):
        raise within.refuse(row.name, value, unit)
    return value, unit


_NUMBER_AND_ION_UNIT = re.compile(
    r"([0-9]{1,4}(?:\.[0-9]{1,6})?) *(mEq/L|mg/dL)?", re.ASCII | re.IGNORECASE
)


def _read(row: Input, text: str, within: In) -> tuple[float, units.Unit]:
    """The number and the unit of a text; what depends on the ion as mmol/L."""
    typed = _NUMBER_AND_ION_UNIT.fullmatch(text.strip())
    number, unit = typed.groups() if typed else ("", "")
    in_mmol = {label.casefold(): per for label, per in row.per_mmol}
    if unit and unit.casefold() in in_mmol:
        per_mmol = in_mmol[unit.casefold()]
        if not within.holds(float(number) / per_mmol):
            raise _ion_outside(row, float(number), unit, within, per_mmol)
        return float(number) / per_mmol, units.BY_LABEL["mmol/L"]
    try:
        value, row_of_unit = within.read(row.name, text)
    except QuantityError as error:
        if number:  # without a unit, or with one of another ion
            fits = _units_of_ion(row, float(number), within)
            error.meant = tuple(dict.fromkeys((*error.meant, *fits)))
        raise error from None
    if row.per_mmol and row_of_unit.label == "mmol/L" and not within.holds(value):
        raise _ion_outside(row, value, row_of_unit.label, within, 1.0)
    return value, row_of_unit


def _units_of_ion(row: Input, number: float, within: In) -> list[str]:
    """A number in each unit of the ion in which it is in range."""
    known = (("mmol/L", 1.0), *row.per_mmol) if row.per_mmol else ()
    return [units.typed(number, label) for label, per in known if within.holds(number / per)]


def _ion_outside(
    row: Input, number: float, unit: str, within: In, per_mmol: float
) -> QuantityError:
    """The error for a value outside its range, in the unit of the ion in which it was typed."""
    low, high = (units.number(end * per_mmol, 2) for end in (within.low, within.high))
    wanted = f"{low} to {high} {unit}{f' for {within.who}' if within.who else ''}"
    meant = _units_of_ion(row, number, within) or [
        units.typed(round(number * factor, 9), unit)
        for factor in within.slips
        if within.usual[0] <= number * factor / per_mmol <= within.usual[1]
    ]
    return QuantityError(row.name, units.typed(number, unit), wanted, meant, kind="range")


def quantity_wire(row: Input, text: str, within: In) -> dict[str, Any]:
    """A text as JSON holds a quantity."""
    value, unit = _read(row, text, within)
    return {"value": value, "unit": unit.ucum}


_WHOLE = re.compile(r"[0-9]{1,6}", re.ASCII)
_PLAIN_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,17})?", re.ASCII)
_NOUN = re.compile(r" *(PV|pv|x|plasma volumes?)$")


class _NumberForm(NamedTuple):
    """How a plain number is written: its form, its type, and the words for it in an error."""

    form: re.Pattern[str]
    number: type[int] | type[float]
    words: str


_DECIMAL = _NumberForm(_PLAIN_NUMBER, float, "a plain number such as 1.2")
# Those that are written otherwise, by the kind or the name of the input.
_NUMBER_FORMS = {
    "count": _NumberForm(_WHOLE, int, "a whole number"),
    "ratio": _NumberForm(_PLAIN_NUMBER, float, "a plain number such as 12"),
}


def plain_number(row: Input, text: str) -> float | int:
    """A plain number out of a text: plasma volumes, a ratio; a whole one of a count."""
    typed, form = text.strip(), _NUMBER_FORMS.get(row.name, _NUMBER_FORMS.get(row.kind, _DECIMAL))
    if form.form.fullmatch(typed):
        return form.number(text)
    _refuse_two_readings(row, typed)
    wanted, shown = form.words, units.shown_text(typed)
    reading = units.read(_NOUN.sub("", typed))
    if reading.unit is not None:
        if reading.unit.kind == "volume":
            wanted += "; use --exchange-volume for a volume"
        shown = f"{shown} (a unit, where none belongs)"
        raise QuantityError(row.name, shown, wanted, kind="unit")
    if reading.fault not in ("", "no unit"):
        shown = f"{shown} ({reading.fault})"
    likely = [abs(number) for number in reading.numbers[-1:] if number]
    meant = [units.typed(number, "1") for number in likely if form.number is float]
    raise QuantityError(row.name, shown, wanted, meant, kind="unit")


def yes_or_no(row: Input, text: str) -> bool:
    """True or false out of a stated yes or no."""
    if text.strip() not in row.words:
        shown = units.shown_text(text.strip())
        raise QuantityError(row.name, shown, "yes or no, stated", kind="unknown")
    return text.strip() == "yes"


def dose_input(text: str) -> str:
    """The input that a dose is by its text: a volume, or else a multiple of the plasma volume."""
    unit = units.read(text).unit
    return "exchange_volume" if unit and unit.kind == "volume" else "plasma_volumes"


# --- how the text of each kind of input is read ---------------------------------------------------


def _refuse_other_name(row: Input, text: str) -> None:
    """Refuse a name of an indication that is not the id of its row."""
    if indication_meant(text) != text:
        raise unknown_indication(text)


# What refuses a text that has more than one reading, by the name of the input.
_REFUSE: Mapping[str, Callable[[Input, str], None]] = {
    "indication": _refuse_other_name,
    "fluid": refuse_two_fluids,
    "persisting_at": refuse_open_date,
    "ordered_at": refuse_open_date,
    "ratio": refuse_open_ratio,
    **dict.fromkeys(IN_GRAMS, refuse_giga),
    **dict.fromkeys(("hematocrit", "pre_pregnancy_hematocrit"), refuse_hemoglobin),
    **dict.fromkeys(("blood_group", "plasma_group", "donor_group"), refuse_unknown_group),
}


def _refuse_two_readings(row: Input, text: str) -> None:
    if row.name in _REFUSE:
        _REFUSE[row.name](row, text)


def _word(row: Input, text: str, age: Age) -> str:
    _refuse_two_readings(row, text)
    return text


def _label_read(row: Input, text: str, age: Age) -> str:
    return one_label(text)


def _time(row: Input, text: str, age: Age) -> str:
    _refuse_two_readings(row, text)
    return timed(text)


def _quantity(row: Input, text: str, age: Age) -> dict[str, Any] | str:
    return NONE if _is_none(row, text) else _amount_of(row, text, age)


def _is_none(row: Input, text: Any) -> bool:
    """True for the answer none to an input that takes it."""
    return row.none and isinstance(text, str) and text.strip() == NONE


def _amount_of(row: Input, text: str, age: Age) -> dict[str, Any]:
    known = spec_of(row, age)
    assert known is not None
    _refuse_two_readings(row, text)
    return quantity_wire(row, text, known)


def _stated_volume_wire(row: Input, text: str, age: Age) -> dict[str, Any]:
    """A volume with its origin: `4900 mL @ device`."""
    amount, at, origin = text.partition("@")
    wire = _amount_of(row, amount, age)
    if not at:
        example = f'"{amount.strip()} @ device", "@ clinician" or "@ measured: method"'
        raise QuantityError(
            row.name,
            f"{units.printable(text)} without an origin",
            f"its origin: {example}",
            kind="missing",
        )
    return {**wire, "origin": origin.strip()}


def _number(row: Input, text: str, age: Age) -> float | int:
    return plain_number(row, text)


def _stated_yes_or_no(row: Input, text: str, age: Age) -> bool:
    return yes_or_no(row, text)


def _switch(row: Input, text: Any, age: Age) -> bool:
    return bool(text)


# Clinical ids that are also read in US spelling.
US_SPELLING = {
    "alveolar-hemorrhage": "alveolar-haemorrhage",
    "hypogammaglobulinemia": "hypogammaglobulinaemia",
}


def _words(row: Input, items: Iterable[str], age: Age) -> list[str] | str:
    """The words of an option that may be repeated, or none; with commas too."""
    words = [part.strip() for item in items for part in item.split(",")]
    words = [US_SPELLING.get(word, word) for word in words]
    return alone(row, words) if row.none and NONE in words else words


def alone(row: Input, words: Collection[str]) -> str:
    """The answer none. Raises QuantityError for another word beside it."""
    others = [units.printable(word) for word in words if word != NONE]
    shown = f"{NONE} and {' and '.join(others)}"
    refuse_if(others, row.name, shown, f"{NONE} alone, or names", kind="conflict")
    return NONE


_DRUG = re.compile(
    r"(?P<name>[^@]*?)(?: +(?P<dose>[0-9][0-9.]* *(?:mg|g)))? *@ *(?P<time>.*?) +"
    r"(?P<when>before|after)"
)
_LIKE_A_DOSE = re.compile(r"\s[0-9][0-9.,]*\s*(mg|g|mcg|ug|µg|units?|iu)\b", re.IGNORECASE)


def _drugs(row: Input, items: Collection[str], age: Age) -> list[dict[str, Any]] | str:
    words = [item.strip() for item in items]
    return alone(row, words) if NONE in words else [drug_wire(item) for item in items]


def drug_wire(item: str) -> dict[str, Any]:
    """A medicine as JSON holds it, out of a text such as `rituximab @ 24 h before`."""
    found = _DRUG.fullmatch(item.strip())
    if found is None or not found["name"].strip():
        example = '"rituximab @ 24 h before" or "siltuximab 770 mg @ 12 h after"'
        wanted = f"{example}: a time before or after the exchange"
        raise QuantityError("drug", units.shown_text(item), wanted, kind="text")
    name = found["name"].strip()
    form = "one number with a point and not per kg, such as siltuximab 770 mg"
    wanted = f"a dose in mg or g after the name, {form}, or no dose"
    refuse_if(_LIKE_A_DOSE.search(name), "drug", units.printable(name), wanted, kind="unknown")
    wire = {
        "name": name,
        "when": found["when"],
        "time": _amount(f"drug {units.printable(name)}", found["time"], DELAY),
    }
    return {**wire, "dose": _amount("dose", found["dose"], DOSE)} if found["dose"] else wire


_LEVEL_TEXT = re.compile(
    r"(?P<what>.+?) +(?P<when>before|after) +session +(?P<session>[0-9]{1,3})"
    r"(?: *(?:,|at|with) *(?P<volumes>[0-9]{1,2}(?:\.[0-9]{1,6})?) *(?:PV|pv|plasma volumes?))?"
)
_AMOUNT_AFTER = re.compile(r" +(?=[0-9])")
LEVEL_TEXT = '"IgG 9.1 g/L before session 1" or "IgG 3.6 g/L after session 1 at 1.2 PV"'


def _measured_levels(row: Input, items: Iterable[str], age: Age) -> list[dict[str, Any]]:
    return [level_wire(item) for item in items]


def level_wire(item: str) -> dict[str, Any]:
    """A measured level as JSON holds it, out of `IgG 9.1 g/L before session 1`."""
    typed = item.strip()
    found = _LEVEL_TEXT.fullmatch(typed)
    parts = found and _solute_and_amount(found["what"])
    if found is None or not parts:
        wanted = f"solute, level, before or after, and the session: {LEVEL_TEXT}"
        raise QuantityError("measured", units.shown_text(item), wanted, kind="text")
    solute, amount = parts
    wire = {
        "solute": solute_named(solute, "measured").id,
        "session": int(found["session"]),
        "when": found["when"],
        "level": _level_amount(amount),
    }
    volumes = found["volumes"]
    return {**wire, "plasma_volumes": float(volumes)} if volumes else wire


def _solute_and_amount(what: str) -> tuple[str, str] | None:
    """The name and the amount: divided where the name is known, else before the first number."""
    cuts = [found.span() for found in _AMOUNT_AFTER.finditer(what)]
    halves = [(what[:start], what[end:]) for start, end in cuts]
    known = [half for half in halves if solute_id(half[0]) is not None]
    return next(iter([*known, *halves]), None)


def _level_amount(text: str) -> dict[str, Any]:
    """A level in a unit of one of its kinds."""
    unit = units.read(text).unit
    within = LEVELS_BY_KIND.get(unit.kind if unit else "", LEVELS_BY_KIND["mass concentration"])
    value, read = within.read("measured", text)
    refuse_if(read.label == "1", "measured", f"{text} without a unit", LEVEL_EXAMPLE, kind="unit")
    return {"value": value, "unit": read.ucum}


def _amount(name: str, text: str, within: In) -> dict[str, Any]:
    value, unit = within.read(name, text)
    return {"value": value, "unit": unit.ucum}


def _ace(row: Input, text: str, age: Age) -> dict[str, Any]:
    """The ACE inhibitor, of which only the time is asked."""
    return {"name": ACE_INHIBITORS[0], "when": "before", "time": _quantity(row, text, age)}


def _overrides(row: Input, items: Iterable[tuple[str, str | None]], age: Age) -> list[Any]:
    return [_override(item, by) for item, by in items]


def _override(item: str, by: str | None) -> dict[str, Any]:
    rule, equals, reason = item.partition("=")
    if not equals or not by:
        lacking = "without a name" if equals else "without a reason"
        shown = f"{units.printable(item)} {lacking}"
        wanted = "--override RULE='reason' --by NAME"
        raise QuantityError("override", shown, wanted, kind="missing")
    return {"rule": rule.strip(), "reason": reason.strip(), "by": by}


READERS: Mapping[str, Callable[[Input, Any, Age], Any]] = {
    "word": _word,
    "text": _label_read,
    "time": _time,
    "words": _words,
    "names": _words,
    "quantity": _quantity,
    "stated": _stated_volume_wire,
    "number": _number,
    "count": _number,
    "yes-no": _stated_yes_or_no,
    "switch": _switch,
    "drugs": _drugs,
    "ace": _ace,
    "overrides": _overrides,
    "levels": _measured_levels,
}


# --- the inputs of other commands -----------------------------------------------------------------


def signs_of(texts: Mapping[str, Any], other_cause: Collection[str]) -> CrsSigns:
    """The signs out of texts, each axis stated: yes or no, a name or none, a device."""
    for cause in other_cause:
        Choice(OTHER_CAUSES).strip("other_cause", cause)
    vasopressors = [name.strip() for name in texts["vasopressors"]]
    if NONE in vasopressors and len(vasopressors) > 1:
        shown = " and ".join(vasopressors)
        raise QuantityError("vasopressor", shown, "none, or names", kind="conflict")
    hypotension = Choice(("yes", "no")).strip("hypotension", texts["hypotension"].strip())
    signs = {
        "temperature": _amount("temperature", texts["temperature"], TEMPERATURE),
        "hypotension": hypotension == "yes",
        "vasopressors": [name for name in vasopressors if name != NONE],
        "oxygen_device": texts["oxygen_device"],
        "anticytokine": texts["anticytokine"]
        or "yes" in (texts["tocilizumab"], texts["corticosteroid"]),
    }
    if texts["oxygen_flow"]:
        signs["oxygen_flow"] = _amount("oxygen_flow", texts["oxygen_flow"], OXYGEN_FLOW)
    for name in ("crs_established", "antipyretic", "death_due_to_crs"):
        signs[name] = texts[name]
    for cause in OTHER_CAUSES:
        signs[f"{cause}_other_cause"] = cause in other_cause
    return CrsSigns.from_wire(signs, units.private_registry())


def inputs_of(texts: Mapping[str, str | None]) -> dict[str, Any]:
    """The inputs of a comparison out of texts: Quantities, plain numbers where they have no unit.

    Raises OrderError with every fault.
    """
    found: dict[str, Any] = {}
    faults = Faults()
    given = {row: text for row in COMPARE if (text := texts.get(row.name)) is not None}
    for row, text in given.items():
        with faults.kept():
            found[row.name] = _argument(row, text)
    faults.raise_any()
    return found


def _argument(row: Input, text: str) -> Any:
    """An argument of a function, out of its text."""
    known = spec_of(row)
    if row.kind == "number" or known is None:
        return plain_number(row, text)
    value, unit = in_range(row, text, known)
    if known.pure:
        return known.from_unit(unit.label, value)
    return units.private_registry().Quantity(value, unit.container)
