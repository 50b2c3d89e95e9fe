"""A form and its answer: fields still needed, faults by field, the order and its prescription.

A page, a desktop program or a record system has fields; this is the library behind them, without a
browser. A field holds what an option would hold; `height` may have its unit beside it in
`height.unit`. The trap: a unit beside a number says how to read it. Another unit there reads the
same number anew and never converts it.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from pexcalc.data.spelling import most_alike
from pexcalc.exchange.estimate import estimate_volumes
from pexcalc.order.fields import BY_NAME, BY_PATH, INPUTS, NONE, Input, Range, value_at
from pexcalc.order.order import DOSES, Order
from pexcalc.order.patient import Patient
from pexcalc.order.questions import is_asked
from pexcalc.order.site import Site
from pexcalc.order.text_input import check_text, dose_input, drug_wire, from_flags
from pexcalc.prescription import Prescription, is_blocked, prescribe
from pexcalc.printed import page_html, screen_text, sheet_text, summary_text
from pexcalc.quantities import units
from pexcalc.quantities.errors import FaultKind, QuantityError, refuse_if
from pexcalc.quantities.given import words_if_given
from pexcalc.quantities.strict_json import NOT_A_FIELD
from pexcalc.report import layout, sheet
from pexcalc.report.wording import System
from pexcalc.rules.cautions import Caution
from pexcalc.rules.not_checked import NotChecked

# What a form shows first; it keeps the rest folded until it is asked for.
ASKED_FIRST = ("sex", "age", "height", "weight", "hematocrit", "indication", "dose", "fluid")
FORM_ROWS: tuple[Input, ...] = tuple(row for row in INPUTS if row.name not in DOSES)
DOSE_MULTIPLE, BAG = "plasma volumes", "mL in the remove bag"
DOSE_UNITS = (DOSE_MULTIPLE, "mL", "L", BAG)
REST = "order"  # the field that holds what an opened order has and no other field can hold
ONE_A_LINE = ("drugs", "overrides")  # kinds of fields with one item a line; others have commas
VIEWS = ("screen", "sheet", "removal", "page", "summary", "prescription")
OF_REMOVAL = ("Medicines around the exchange", "Expected removal", "Levels before each session")


class Suggestion(NamedTuple):
    """What was probably meant: in words, and the fields that change if it is accepted."""

    text: str
    fields: Mapping[str, str]


class PlacedFault(NamedTuple):
    """A fault of the order with the fields that it is about."""

    places: tuple[str, ...]
    fault: QuantityError


class FieldFault(NamedTuple):
    """What is wrong with a field: the sentence, the kind, and what was probably meant."""

    sentence: str
    kind: FaultKind
    meant: tuple[Suggestion, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a form shows for the fields as they are.

    Attributes
    ----------
    asked : tuple of str
        The fields that concern this patient, in the order in which they are asked.
    needed : tuple of str
        The fields without which there is no prescription yet.
    errors : mapping of str to FieldFault
        What is wrong, by field; "" is the order as a whole.
    order : dict or None
        The order as JSON holds it; None while something in it cannot be used.
    prescription : Prescription or None
        None while there are errors or something is needed.
    alerts : tuple of Caution
        The alerts, also those that wait for a needed field.
    not_checked : tuple of NotChecked
        What the order leaves open.
    volumes : str
        Blood and plasma volume of a complete patient, as text, while there is no prescription.
    system : {"entered", "si", "us"}
        The units of laboratory values in the texts.
    """

    asked: tuple[str, ...]
    needed: tuple[str, ...]
    errors: Mapping[str, FieldFault]
    order: dict[str, Any] | None = None
    prescription: Prescription | None = None
    alerts: tuple[Caution, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    volumes: str = ""
    system: System = field(default="entered", repr=False)

    @cached_property
    def screen(self) -> str:
        """The prescription as the command prints it by default; empty without one."""
        return self._written(screen_text)

    @cached_property
    def sheet(self) -> str:
        """The whole sheet with every formula, as text; empty without a prescription."""
        return self._written(_sheet_with_reasons)

    @cached_property
    def removal(self) -> str:
        """The sections on what the exchange removes, as text; empty without a prescription."""
        return self._written(_removal_text)

    @cached_property
    def page(self) -> str:
        """The sheet to print, as one HTML page; empty without a prescription."""
        return self._written(page_html)

    @cached_property
    def summary(self) -> str:
        """Ten lines to paste into a record; empty without a prescription."""
        return self._written(summary_text)

    def _written(self, write: Callable[[Prescription, System], str]) -> str:
        return words_if_given(self.prescription, lambda p: write(p, self.system))

    def to_wire(self, views: Iterable[str] = VIEWS) -> dict[str, Any]:
        """What the JSON text holds; of the `views` (of VIEWS) only those that are named."""
        p, wanted = self.prescription, set(views)
        return {
            "asked": list(self.asked),
            "needed": list(self.needed),
            "errors": {name: _fault_wire(fault) for name, fault in self.errors.items()},
            "order": self.order,
            "alerts": [one.to_wire() for one in self.alerts],
            "not_checked": [one.to_wire() for one in self.not_checked],
            "volumes": self.volumes,
            "ready": p is not None,
            "on_hold": p is not None and p.blocked,
            **{name: self._view(name) for name in VIEWS if name in wanted},
        }

    def _view(self, name: str) -> Any:
        whole = name == "prescription"
        return (self.prescription and self.prescription.to_wire()) if whole else getattr(self, name)

    def to_json(self, views: Iterable[str] = VIEWS) -> str:
        """The same as JSON text, at full precision."""
        return json.dumps(self.to_wire(views), ensure_ascii=False)


Answer.__module__ = "pexcalc"


def _fault_wire(fault: FieldFault) -> dict[str, Any]:
    meant = [{"text": one.text, "fields": dict(one.fields)} for one in fault.meant]
    return {"sentence": fault.sentence, "kind": fault.kind, "meant": meant}


def _sheet_with_reasons(p: Prescription, system: System) -> str:
    """The whole sheet, with how each figure is calculated."""
    return sheet_text(p, system, reasons=True)


def _removal_text(p: Prescription, system: System) -> str:
    """What the exchange removes."""
    parts = sheet.with_rows(*sheet.behind(p, [], system))
    return layout.listing(part for part in parts if part.title in OF_REMOVAL)


def answer(
    fields: Mapping[str, str], site: Site | None = None, system: System = "entered"
) -> Answer:
    """The answer to a form as far as it is filled in.

    Parameters
    ----------
    fields : mapping of str to str
        The text of each field by the name of its input (pexcalc/order/fields.py), its unit under
        the name with `.unit`; `dose` has the units of DOSE_UNITS. Words of an input that takes
        several have commas between them, medicines and overrides a line each. An empty text is no
        answer.
    site : Site, optional
        What the form leaves open is taken from it.
    system : {"entered", "si", "us"}
        The units of laboratory values in the texts.

    Returns
    -------
    Answer
        It never raises for what a field holds; that is in its `errors`.

    Examples
    --------
    >>> patient = {"sex": "male", "age": "54", "height": "1.75", "weight": "70"}
    >>> patient |= {"hematocrit": "40", "indication": "ttp"}
    >>> found = answer(patient | {"dose": "1"})
    >>> found.errors["height"].meant[0].fields
    {'height': '1.75', 'height.unit': 'm'}
    >>> answer(patient | {"height.unit": "m"}).needed
    ('dose',)
    """
    filled = {name: text.strip() for name, text in fields.items() if text.strip()}
    texts, faults = _texts_of(filled)
    order, result = None, None
    try:  # the whole order first: it knows that 65 cm and 172 kg are swapped
        rest = json.loads(filled.get(REST, "{}"))
        refuse_if(not isinstance(rest, dict), REST, "no JSON object", "an order", kind="file")
        data = from_flags(texts, rest)[0]
        made = Order.from_wire(data, site=site)
        order = made.to_wire()
        result = prescribe(made, site)
    except json.JSONDecodeError as error:
        faults.append(QuantityError(REST, f"no JSON ({error.msg})", "an order", kind="file"))
    except QuantityError as error:
        faults += error.faults
    given = set(map(_field_of_input, texts))
    asked = {row.name for row in FORM_ROWS if row.name in given or is_asked(row, texts)}
    placed = [PlacedFault(_places(fault), fault) for fault in faults]
    open_ = [row.places[0] for row in placed if _is_still_empty(row, given)]
    wrong = [row for row in placed if not _is_still_empty(row, given)]
    alerts: tuple[Caution, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    if result is None:
        wrong += _single_faults(texts)
    else:
        open_ += _awaited(result, asked - given)
        alerts, not_checked = result.cautions, result.not_checked
    errors = _beside_fields(wrong, filled)
    needed = {name for name in asked - given if BY_NAME[name].required}.union(open_)
    ready = result is not None and not needed and not errors
    return Answer(
        asked=_in_order_of_form(asked | needed),
        needed=_in_order_of_form(needed - errors.keys()),
        errors=errors,
        order=order,
        prescription=result if ready else None,
        alerts=alerts,
        not_checked=not_checked,
        volumes="" if ready else _volume_text(texts, site, result is None),
        system=system,
    )


_NAMES_OF_PATIENT = {row.name for row in INPUTS if row.place[0] in ("patient", "confirmed")}


def _volume_text(texts: Mapping[str, Any], site: Site | None, alone: bool) -> str:
    """Blood and plasma volume; empty while the patient is not complete.

    With the alerts of a patient `alone`; those of an order have them among the others.
    """
    own = {name: text for name, text in texts.items() if name in _NAMES_OF_PATIENT}
    limits = site.limits_in_force if site else None
    try:
        data = from_flags(own)[0]
        patient = Patient.from_wire(data.get("patient", {}), units.private_registry())
        estimate = estimate_volumes(patient, limits, data.get("confirmed", ()))
    except QuantityError:
        return ""
    titles = ("Alerts", "Volumes") if alone else ("Volumes",)
    parts = sheet.with_rows(*sheet.volume_sections(estimate, patient))
    return layout.listing(part for part in parts if part.title in titles)


def _in_order_of_form(names: Collection[str]) -> tuple[str, ...]:
    return tuple(row.name for row in FORM_ROWS if row.name in names)


def _is_still_empty(row: PlacedFault, given: set[str]) -> bool:
    """Whether a fault says no more than that its fields are still empty."""
    return row.fault.kind == "missing" and bool(row.places) and given.isdisjoint(row.places)


def _awaited(result: Prescription, empty: Collection[str]) -> list[str]:
    """Fields that a stop is about and that are still empty: a blood group, not an order on hold."""
    found = []
    for alert in result.cautions:
        if is_blocked((alert,), result.order):
            rows = [BY_PATH[path] for path in alert.about if path in BY_PATH]
            found += [row.name for row in rows if row.prompt and row.name in empty][:1]
    return found


# --- the texts of the fields ----------------------------------------------------------------------


def units_of(name: str) -> tuple[str, ...]:
    """The units that a form offers beside a number, the first one set; empty for other fields."""
    row = BY_NAME[name]
    if name == "dose":
        return DOSE_UNITS
    if row.range is None or row.kind not in ("quantity", "stated", "ace"):
        return ()
    labels = [one.label for one in row.reported]
    return tuple(dict.fromkeys((*labels, *_units_of(row.range), *dict(row.per_mmol))))


# Units that people use beside the first; a unit that is not listed here can be typed.
_ALSO = {
    "y": ("y", "mo", "wk", "d"), "cm": ("cm", "in", "m"), "kg": ("kg", "lb", "g"),
    "mL": ("mL", "L"), "h": ("h", "min", "d"), "mL/min": ("mL/min", "mL/h"),
}  # fmt: skip


def _units_of(within: Range) -> tuple[str, ...]:
    first = "%" if within.show == "%" else within.unit
    return _ALSO.get(first, (first,))


_BARE = re.compile(r"[0-9.,+\- ]+", re.ASCII)


def _texts_of(filled: Mapping[str, str]) -> tuple[dict[str, Any], list[QuantityError]]:
    """The texts that options would hold, and the faults of fields that are not known here."""
    known = {REST, *BY_NAME, *(f"{name}.unit" for name in BY_NAME)}
    texts = dict(_option_text(name, filled) for name in filled if name in BY_NAME)
    return texts, [_unknown_form_field(name) for name in filled if name not in known]


def _unknown_form_field(name: str) -> QuantityError:
    got, wanted = NOT_A_FIELD, "a field of the form"
    meant = most_alike(name, BY_NAME)
    return QuantityError(units.printable(name), got, wanted, meant, kind="unknown")


def _option_text(name: str, filled: Mapping[str, str]) -> tuple[str, Any]:
    """An input, and the text that its option would hold; the dose is one of three inputs."""
    text, unit = filled[name], filled.get(f"{name}.unit", "")
    if name == "dose":
        return _dose_text(text, unit or DOSE_MULTIPLE)
    return name, _text_of(BY_NAME[name], text, unit)


def _text_of(row: Input, text: str, unit: str) -> Any:
    """What the option of an input would hold: a text, several, or for a switch true or false."""
    if row.kind == "switch":
        return text != "no"
    if row.kind == "overrides":
        return tuple(_override_in_line(line) for line in text.splitlines() if line.strip())
    if row.several:
        parts = text.splitlines() if row.kind in ONE_A_LINE else text.split(",")
        return tuple(part.strip() for part in parts if part.strip())
    return _with_unit(text, unit or "".join(units_of(row.name)[:1]))


def _override_in_line(line: str) -> tuple[str, str | None]:
    """`RULE=reason; by NAME` as rule with reason, and name."""
    reason, by, name = line.rpartition("; by ")
    return (reason.strip(), name.strip()) if by else (line.strip(), None)


def _with_unit(text: str, unit: str) -> str:
    """A number with its unit; a unit that is typed beside the number is the one that holds."""
    amount, at, origin = text.partition("@")
    if not unit or not _BARE.fullmatch(amount):
        return text
    return f"{amount.strip()} {unit}{f' @{origin}' if at else ''}"


def _dose_text(text: str, unit: str) -> tuple[str, str]:
    """The input that a dose is, and its text."""
    bare = bool(_BARE.fullmatch(text))
    if unit == BAG:
        return "bag_volume", _with_unit(text, "mL")
    if bare and unit != DOSE_MULTIPLE:
        return "exchange_volume", _with_unit(text, unit)
    return dose_input(text), text


_FIELD_OF_DOSE = dict.fromkeys(DOSES, "dose")


def _field_of_input(name: str) -> str:
    """The field that holds an input: the three ways to order a dose share one."""
    return _FIELD_OF_DOSE.get(name, name)


# --- faults and their fields ----------------------------------------------------------------------


def _places(fault: QuantityError) -> tuple[str, ...]:
    """The fields that a fault is about, by the paths of the library."""
    return tuple(dict.fromkeys(filter(None, map(_form_field_at, fault.fields))))


# The fields by the paths and names of the inputs; the rest are parts of an order that have no row
# of their own. The ACE inhibitor is one of the medicines.
_FIELD_AT: Mapping[str, str] = {
    "drug": "drugs",
    "override": "overrides",
    "solutes.solute": "solutes",
    **{name: _field_of_input(name) for name in BY_NAME},
    **{path: _field_of_input(row.name) for path, row in BY_PATH.items()},
    BY_NAME["ace_inhibitor"].path: "drugs",
    "ace_inhibitor": "drugs",
}
_FIELD_BY_LAST_WORD = {row.place[-1]: row.name for row in reversed(FORM_ROWS)}


def _form_field_at(path: str) -> str:
    """The field at a path, or at the longest beginning of it that is one; else by its last word."""
    start = path
    while start and start not in _FIELD_AT:
        start = start.rpartition(".")[0] or start.rpartition(" ")[0]
    return _FIELD_AT.get(start) or _FIELD_BY_LAST_WORD.get(path.rpartition(".")[2], "")


def _beside_fields(
    placed: Iterable[PlacedFault], filled: Mapping[str, str]
) -> dict[str, FieldFault]:
    """Each fault beside its fields, the first one of a field; under "" without a field."""
    errors: dict[str, FieldFault] = {}
    for places, fault in placed:
        for name in places or ("",):
            errors.setdefault(name, _field_fault(name, fault, filled))
    return errors


def _field_fault(name: str, fault: QuantityError, filled: Mapping[str, str]) -> FieldFault:
    meant = tuple(Suggestion(text, _changes(name, text, fault, filled)) for text in fault.meant)
    return FieldFault(_sentence(name, fault), fault.kind, meant)


_OPTION = re.compile(r"--([a-z][a-z-]*)")


def _sentence(name: str, fault: QuantityError) -> str:
    """The sentence of a fault under the label of its field, without options of the command."""
    about = layout.plain_name(fault.argument)
    if name and len(fault.fields) == 1:
        about = BY_NAME[name].label
    wanted = _OPTION.sub(lambda found: found[1].replace("-", " "), fault.expected)
    if (name, fault.kind) == ("overrides", "missing"):
        wanted = "one line each: RULE=reason; by NAME"
    named = QuantityError(f"{about[:1].upper()}{about[1:]}", fault.got, wanted, kind=fault.kind)
    return str(named)


_NUMBER_THEN_UNIT = re.compile(r"([0-9.]+) ?(.*)", re.ASCII)


def _changes(
    name: str, text: str, fault: QuantityError, filled: Mapping[str, str]
) -> dict[str, str]:
    """The fields that take what was meant: `1.75 m`, or `height 172 cm and weight 65 kg`."""
    changes: dict[str, str] = {}
    for part in text.split(" and "):
        first, _, rest = part.partition(" ")
        if rest and first in BY_NAME and len(fault.fields) > 1:
            changes |= _number_and_unit(first, rest)
    if changes or not name:
        return changes
    row = BY_NAME[name]
    if row.several:
        return {name: filled.get(name, "").replace(fault.got, text)}
    return _number_and_unit(name, text)


def _number_and_unit(name: str, text: str) -> dict[str, str]:
    found = _NUMBER_THEN_UNIT.fullmatch(text)
    offered = units_of(name)
    if found and offered:
        unit = found[2] or offered[0]
        if unit in offered:
            return {name: found[1], f"{name}.unit": unit}
    return {name: text}


def _single_faults(texts: Mapping[str, Any]) -> Iterator[PlacedFault]:
    """The faults of single fields, those among them that the whole order did not reach."""
    age = texts.get("age", "not known")  # by an age that cannot be read, the widest range holds
    for name, text in texts.items():
        place = _field_of_input(name)
        try:
            check_text(name, {"age": age, name: text})
        except QuantityError as error:
            yield from (
                PlacedFault((place,), fault) for fault in error.faults if place in _places(fault)
            )


# --- an order opened ------------------------------------------------------------------------------


_ROWS_WITH_A_PLACE = [row for row in INPUTS if row.kind not in ("dose", "ace")]


def fields_from_order(order: Mapping[str, Any]) -> dict[str, str]:
    """The fields that give an order again, out of what its JSON holds.

    What no field can hold, such as the products of a site, is in the field `order` as JSON.

    Examples
    --------
    >>> fields_from_order({"patient": {"height": {"value": 172, "unit": "cm"}}})
    {'height': '172', 'height.unit': 'cm'}
    """
    rest = json.loads(json.dumps(order))
    fields = _fields_as_charted(rest)
    for row in _ROWS_WITH_A_PLACE:
        *groups, last = row.place
        group = value_at(rest, groups)
        held = _fields_of_value(row, value_at(group, [last]))
        if isinstance(group, dict) and held is not None:
            group.pop(last, None)
            fields |= held
    rest = _without_empty({**rest, "schema": None})
    return {**fields, REST: json.dumps(rest)} if rest else fields


def _fields_as_charted(rest: dict[str, Any]) -> dict[str, str]:
    """The fields of ions in the unit in which they were typed, taken out of the rest."""
    fields: dict[str, str] = {}
    for name, label in dict(rest.get("charted") or {}).items():
        row, held = BY_PATH[f"labs.{name}"], value_at(rest, ("labs", name))
        if not isinstance(held, dict) or held["unit"] != "mmol/L":
            continue
        per_mmol = dict(row.per_mmol)[label]
        number = float(f"{held['value'] * per_mmol:.12g}")  # without what a conversion adds
        if number / per_mmol == held["value"]:
            fields |= {row.name: typed_number(number), f"{row.name}.unit": label}
            del rest["labs"][name], rest["charted"][name]
    return fields


def _without_empty(data: dict[str, Any]) -> dict[str, Any]:
    """What is left of an order without its empty groups."""
    kept = {
        name: _without_empty(value) if isinstance(value, dict) else value
        for name, value in data.items()
    }
    return {name: value for name, value in kept.items() if value not in (None, {}, [])}


def _fields_of_value(row: Input, value: Any) -> dict[str, str] | None:
    """The fields of one value, none without a value; None where no field can hold it."""
    name = _field_of_input(row.name)
    if value in (None, []):
        return {}
    if row.kind in ("quantity", "stated"):
        return _fields_of_quantity(row, name, value)
    if row.kind in _WRITERS:
        return {name: _WRITERS[row.kind](value), **_UNIT_BESIDE.get(row.name, {})}
    if isinstance(value, str):
        return {name: value}
    try:
        parts = [_item_text(row, item) for item in value]
    except (KeyError, TypeError, QuantityError):
        return None
    return {name: ("\n" if row.kind in ONE_A_LINE else ", ").join(parts)}


def _item_text(row: Input, item: Any) -> str:
    """One of several items as its line or word."""
    if row.kind == "overrides":
        return f"{item['rule']}={item['reason']}; by {item['by']}"
    if row.kind == "drugs":
        return _drug_line(item)
    return _level_line(item) if row.kind == "levels" else str(item)


def _drug_line(item: Mapping[str, Any]) -> str:
    """A medicine as it is typed; KeyError for a name that a typed line cannot hold."""
    dose = f" {_amount_text(item['dose'])}" if item.get("dose") else ""
    line = f"{item['name']}{dose} @ {_amount_text(item['time'])} {item['when']}"
    if drug_wire(line)["name"] != item["name"]:
        raise KeyError(item["name"])
    return line


def _level_line(item: Mapping[str, Any]) -> str:
    """A measured level as it is typed."""
    place = f"{_amount_text(item['level'])} {item['when']} session {item['session']}"
    volumes = item.get("plasma_volumes")
    return f"{item['solute']} {place}" + (f" at {typed_number(volumes)} PV" if volumes else "")


def _fields_of_quantity(row: Input, name: str, value: Any) -> dict[str, str] | None:
    if value == NONE:
        return {name: NONE}
    if not isinstance(value, dict):
        return None
    text = _amount_text(value)
    if row.kind == "stated":
        return {name: f"{text} @ {value.get('origin', '')}"}
    number, _, unit = text.partition(" ")
    if unit == "1" and "%" in units_of(name):
        number, unit = _as_percent(number), "%"
    if row.name == "bag_volume":
        return {name: number if unit == "mL" else text, f"{name}.unit": BAG}
    if unit in units_of(name):
        return {name: number, f"{name}.unit": unit}
    return {name: text}


def _as_percent(fraction: str) -> str:
    """A fraction as the percent that is typed, digit by digit."""
    return format((Decimal(fraction) * 100).normalize(), "f")  # derived: percent of 1


def _amount_text(value: Mapping[str, Any]) -> str:
    unit = units.BY_UCUM[value["unit"]].label
    return f"{typed_number(value['value'])} {unit}"


def _yes_or_no_text(value: Any) -> str:
    return "yes" if value else "no"


def typed_number(value: Any) -> str:
    """A number as it is typed, without an exponent."""
    text = format(value, ".17g") if isinstance(value, int) else repr(float(value))
    return text.removesuffix(".0")


# How the value of one field is written, by the kind of its input; and a unit that is set beside it.
_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "switch": _yes_or_no_text,
    "yes-no": _yes_or_no_text,
    "number": typed_number,
    "count": typed_number,
}
_UNIT_BESIDE = {"plasma_volumes": {"dose.unit": DOSE_MULTIPLE}}
