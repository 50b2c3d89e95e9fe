"""The reference of the public names as a page: docs/api.md.

Out of the formula objects, the docstrings and the fields of the records. What an argument of a
function without a formula object accepts is what the function says when it refuses one.
"""

import inspect
import re
import types
import typing
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import pint
from pydantic.fields import FieldInfo

import pexcalc
from pexcalc.data import sources as source_table
from pexcalc.quantities.annotations import Between, Measured, Series
from pexcalc.quantities.argument import Choice, In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import Formula
from pexcalc.quantities.record import LateResult, Record, Result
from pexcalc.quantities.units import UNITS
from tests.tools.decision_pages import sources
from tests.tools.markdown import prose, table

Q = pint.UnitRegistry().Quantity

GROUPS: dict[str, tuple[str, ...]] = {
    "Text to quantity": ("parse_quantity", "QuantityError", "OrderError"),
    "Blood and plasma volume": (
        "estimate_volumes", "VolumeEstimate", "nadler_blood_volume", "lemmens_blood_volume",
        "boer_blood_volume", "linderkamp_blood_volume", "raes_blood_volume", "flat_blood_volume",
        "plasma_volume", "kaplan_plasma_volume", "pregnancy_plasma_volume", "restored_weight",
        "body_surface_area",
    ),
    "Dose": ("exchange_volume", "plasma_volumes_exchanged"),
    "Removal": (
        "fraction_removed", "plasma_volumes_for", "remaining_unbalanced", "Unbalanced",
        "plasma_volumes_unbalanced", "concentration_after", "plasma_volumes_to_reach",
        "fall_with_production", "plasma_volumes_with_production", "session_unbalanced",
        "two_compartment_course", "SessionLevels", "plasma_volumes_two_compartments",
        "sessions_without_refill", "expected_removal", "Removal", "custom_solute", "simulate_course", "Course", "dose_lost",
        "DoseLost", "compare_modalities", "ModalityResult", "Solute",
    ),
    "Replacement fluid and circuit": (
        "choose_replacement", "ReplacementPlan", "Fluid", "plan_circuit", "CircuitPlan",
    ),
    "Cytokine release syndrome": ("grade_crs", "CrsGrade"),
    "Order and prescription": (
        "prescribe", "order_schema", "prescription_schema", "order_to_fill", "Order", "Patient",
        "StatedVolume", "Labs", "Site", "Prescription", "Caution", "Interval", "Indication",
    ),
    "Printed": ("screen_text", "sheet_text", "summary_text", "page_html", "curve_svg"),
    "Version": ("__version__",),
}  # fmt: skip
PUBLIC = [name for names in GROUPS.values() for name in names]


_SECTION = re.compile(r"^([A-Z][a-z]+)\n-{3,}\n", re.MULTILINE)
_ENTRY = re.compile(r"^(\S.*?)(?: : .*)?\n((?: +.*\n?|\n)+)", re.MULTILINE)


def text_of(thing: Any) -> str:
    """A docstring without its examples."""
    text = (inspect.getdoc(thing) or "").partition(">>>")[0].strip()
    return text.removesuffix("Examples\n--------").strip()


def sections(thing: Any) -> dict[str, str]:
    """The text before the first section of a docstring, under "", and each section by its title."""
    first, *rest = _SECTION.split(inspect.getdoc(thing) or "")
    titles, texts = ["", *rest[::2]], [first, *rest[1::2]]
    return {title: text.strip() for title, text in zip(titles, texts, strict=True)}


def entries(section: str) -> list[tuple[str, str]]:
    """The entries of a section: a name, or several, and what is said of it on one line."""
    found = [(names, " ".join(text.split())) for names, text in _ENTRY.findall(f"{section}\n")]
    return [(name, text) for names, text in found for name in names.lstrip("*").split(", ")]


def _flat(text: str) -> str:
    """A text on one line, without the point at its end."""
    return " ".join(text.split()).removesuffix(".")


def _of_error(kind: type) -> list[str]:
    """The docstring of an error, its sections as labeled sentences."""
    said = sections(kind)
    found = _ENTRY.findall(f"{said.get('Attributes', '')}\n")
    each = ", ".join(f"{names} ({_flat(text)})" for names, text in found)
    return [said[""], *([f"Attributes: {each}."] if each else [])]


def examples() -> dict[str, dict[str, Any]]:
    """Arguments with which each function without a formula object can be called."""
    hour, day, body = Q(2, "h"), Q(24, "h"), {"weight": Q(70, "kg"), "duration": Q(2, "h")}
    size = {"height": Q(172, "cm"), "weight": Q(65, "kg"), "hematocrit": 0.27}
    patient = pexcalc.Patient(sex="male", age=Q(23, "year"), **size)
    order = pexcalc.Order(indication="ttp", patient=patient, dose={"plasma_volumes": 1.5})
    printed = {"prescription": pexcalc.prescribe(order)}
    session = {"plasma_volumes": 1.0, "duration": hour}
    rates = {"k12": Q(0.03, "1/h"), "k21": Q(0.02, "1/h"), "kel": Q(0.003, "1/h")}
    return {
        "parse_quantity": {"text": "65 kg"},
        "estimate_volumes": {"patient": patient},
        "remaining_unbalanced": {"plasma_volumes": 1.0, "fluid_balance": 0.9},
        "concentration_after": {"initial": Q(3, "g/L"), "segments": [(0.7, Q(0, "g/L"))]},
        "plasma_volumes_to_reach": {"initial": 3.0, "target": 1.5, "fluid_concentration": 0.0},
        "session_unbalanced": {"half_life": Q(19, "h"), **session, "fluid_balance": 0.9},
        "two_compartment_course": {**rates, **session, "interval": day, "sessions": 2},
        "plasma_volumes_two_compartments":
            {"fall": 0.5, **rates, "plasma_volumes_per_hour": Q(0.5, "1/h")},
        "expected_removal": {"solute": "IgG", **session},
        "simulate_course": {"solute": "IgG", **session, "interval": day, "sessions": 2},
        "dose_lost": {"drug": "tocilizumab", "exchange_volume": Q(3, "L"), "delay": day,
                      "dose": Q(560, "mg"), **body},
        "compare_modalities": {
            "solute": "IL-6", "hematocrit": 0.3, "blood_flow": Q(150, "mL/min"),
            "effluent_dose": Q(25, "mL/kg/h"), "plasma_volumes": 1.0, **body},
        "choose_replacement": {"indication": "ttp", "exchange_volume": Q(3, "L"),
                               "plasma_volume": Q(2.5, "L"), "duration": hour},
        "plan_circuit": {
            "blood_volume": Q(3900, "mL"), "hematocrit": 0.28, "plasma_volumes": 1.2,
            "inlet_flow": Q(60, "mL/min"), "inlet_to_anticoagulant": 12, "weight": Q(70, "kg"),
            "plasma_removal_efficiency": 0.87, "citrate_concentration": Q(113, "mmol/L")},
        "grade_crs": {"temperature": Q(39, "degC"), "hypotension": False, "vasopressors": (),
                      "oxygen_device": "nasal-cannula", "oxygen_flow": Q(4, "L/min")},
        "order_schema": {"slim": True},
        "custom_solute": {"name": "light chain", "half_life": Q(4, "h")},
        "prescribe": {"order": order},
        "order_to_fill": {"indication": "ttp"},
        "prescription_schema": {},
        **dict.fromkeys(("screen_text", "sheet_text", "summary_text", "page_html"), printed),
        "curve_svg": {"course": None},
    }  # fmt: skip


INSTEAD = {"blood_to_anticoagulant": "inlet_to_anticoagulant", "kel": "half_life"}


def refusal(name: str, argument: str) -> QuantityError | None:
    """The error for an argument that is no value of any kind; None where it is not looked at."""
    given = {**examples()[name], argument: object()}
    given.pop(INSTEAD.get(argument, ""), None)
    try:
        getattr(pexcalc, name)(**given)
    except QuantityError as error:
        return error
    except (TypeError, AttributeError, KeyError):  # Python's own, for an object of another type
        pass
    return None


class Argument(NamedTuple):
    """One argument: its name, what it accepts in words, its default."""

    name: str
    accepts: str
    default: str


def arguments(name: str) -> list[Argument]:
    """The arguments of a function: of a formula from its object, of another from its errors."""
    function = getattr(pexcalc, name)
    formula: Formula | None = getattr(function, "formula", None)
    found = []
    for argument in inspect.signature(function, eval_str=True).parameters.values():
        if formula is not None:
            accepts = _accepts(formula.inputs[argument.name])
        else:
            error = refusal(name, argument.name)
            accepts = error.expected if error else words_of(argument.annotation)
        known = {inspect.Parameter.empty: "required", None: "none"}
        default = known.get(argument.default, f"`{argument.default!r}`")
        found.append(Argument(argument.name, accepts, default))
    return found


def _accepts(spec: In | Choice) -> str:
    if isinstance(spec, Choice):
        return f"{spec.expected}{' (or none)' if spec.optional else ''}"
    pure = "a plain number or dimensionless Quantity"
    kind = pure if spec.pure else f"{_article(spec.kind)} as a Quantity"
    unit = "a fraction" if spec.show == "%" else _unit(spec.unit)
    return f"{kind}, {spec.expected}; the kernel takes {unit}"


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _unit(label: str) -> str:
    return "a plain number" if label == "1" else label


ANYTHING = "a Quantity or a plain number"


def words_of(kind: Any, notes: Collection[Any] = (), names: list[Any] | None = None) -> str:
    """A type of a field or an argument in words, with its unit where it has one; records are noted in `names`."""
    described = [note.description or "" for note in notes if isinstance(note, FieldInfo)]
    if any(described) and kind is str:
        said = next(filter(None, described))
        return said if said.startswith("text") else f"text: {said}"
    for note in notes:
        if isinstance(note, Measured):
            return _measured(note)
        if isinstance(note, Between):
            unit = "as plain numbers" if note.row.label == "1" else f"in {note.row.label}"
            return f"low, typical, high {unit}"
        if isinstance(note, Series):
            return f"a row in {note.row.label}"
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        return words_of(inside[0], inside[1:], names)
    if origin in (typing.Union, types.UnionType):
        options = [words_of(one, (), names) for one in inside if one is not type(None)]
        return f"{' or '.join(options)}{', or none' if type(None) in inside else ''}"
    if origin is Literal:
        words = ["none" if word is None else str(word) for word in inside]
        return " or ".join(words).replace(" or ", ", ", len(inside) - 2)
    if origin in (tuple, list):
        every = [one for one in inside if one is not Ellipsis]
        return f"a list: {', '.join(dict.fromkeys(words_of(one, (), names) for one in every))}"
    if origin in (dict, Mapping) or kind is Mapping:
        return f"by name: {words_of(inside[1], (), names)}"
    if origin in (Collection, Sequence):
        return f"a collection: {words_of(inside[0], (), names)}" if inside else "a collection"
    if is_table(kind):
        if names is not None:
            names.append(kind)
        return linked(kind.__name__)
    return _PLAIN.get(kind, getattr(kind, "__name__", str(kind)))


_PLAIN = {str: "text", float: "a plain number", int: "a whole number", bool: "true or false"}
_PLAIN[Any] = ANYTHING


def is_table(kind: Any) -> bool:
    """True for a type with fields: a record, or a row of the data."""
    return isinstance(kind, type) and (issubclass(kind, Record) or hasattr(kind, "_fields"))


def linked(name: str) -> str:
    """A record with a link to where it stands."""
    return f"[{name}](#{name.casefold()})"


def _measured(note: Measured) -> str:
    codes = ", ".join(row.ucum for row in note.rows)
    expected, kind = note.spec.expected, _article(note.spec.kind)
    if expected == kind:  # without a range: a result, written in one unit
        return f"in {_unit(note.rows[0].label)}"
    return f"{kind}, {expected}; JSON: {codes}"


def fields(record: Any, names: list[Any] | None = None) -> list[tuple[str, str, str]]:
    """The fields of a record: name in JSON, what it holds, whether it must be given."""
    if issubclass(record, Record):
        return [
            (field.alias or name, words_of(field.annotation, (*field.metadata, field), names),
             "required" if field.is_required() else "may be left out")
            for name, field in record.model_fields.items()
        ]  # fmt: skip
    hints = typing.get_type_hints(record, include_extras=True)
    return [(name, words_of(hint, (), names), "") for name, hint in hints.items()]


def bases(record: Any) -> list[Any]:
    """The records whose fields a record has too."""
    general = (Record, Result, LateResult)
    return [base for base in record.__bases__ if is_table(base) and base not in general]


def _function(name: str) -> Iterator[str]:
    function = getattr(pexcalc, name)
    formula: Formula | None = getattr(function, "formula", None)
    said = sections(function)
    parameters, errors = (dict(entries(said.get(title, ""))) for title in ("Parameters", "Raises"))
    taken = inspect.signature(function).parameters.values()
    bare = inspect.Signature([one.replace(annotation=one.empty) for one in taken])
    yield from (f"### {name}", "", f"`{name}{bare}`", *prose(f"{_flat(said[''])}."), "")
    rows = [
        (f"`{one.name}`", parameters[one.name].partition(";")[0].removesuffix("."), *one[1:])
        for one in arguments(name)
    ]
    yield from (*table(("Argument", "Is", "Accepts", "Default"), rows), "") if rows else ()
    kind, _, result = said["Returns"].partition("\n")
    yield f"- Returns: {_flat(result)} ({kind})."
    if errors:
        yield f"- Raises: {'; '.join(map(_flat, errors.values()))}."
    notes = _flat(said.get("Notes", ""))
    if formula is not None:
        notes = notes.partition("Equation: ")[0].strip(". ")  # the rest is drawn from the object
        yield from _of_formula(name, formula)
    elif "References" in said:
        yield f"- Source: {_flat(said['References'])}."
    if notes:
        yield f"- Note: {notes}."
    yield ""


def _of_formula(name: str, formula: Formula) -> Iterator[str]:
    cases = [f"`{value}`{f' if `{where}`' if where else ''}" for where, value in formula.equation]
    plain = getattr(pexcalc, name).plain
    called = f"`{name}.plain({', '.join(plain.keywords)})`, in {_unit(plain.unit)}"
    yield f"- Equation, in {_unit(formula.unit)}: {'; '.join(cases)}"
    yield f"- Valid for: {formula.validity}."
    yield f"- Known error: {formula.error}."
    yield f"- Source: {', '.join(f'`{key}`' for key in formula.source.split())} ({formula.tag})."
    yield f"- Plain numbers: {called}; `{name}.formula` holds all of this."


def _record(record: Any) -> Iterator[str]:
    yield from (f"### {record.__name__}", "", *_described(record), "")
    for base in bases(record):
        yield from (f"Fields that {linked(base.__name__)} has too mean what they mean there.", "")
    head = ("Field", "Holds", "Entry") if record.__name__ in ENTERED else ("Field", "Holds")
    yield from table(head, [(f"`{row[0]}`", *row[1 : len(head)]) for row in fields(record)])
    yield ""


def _described(record: Any) -> Iterator[str]:
    """The docstring of a record; lines that align a name with its words become a list."""
    first, *blocks = _SECTION.sub("", text_of(record)).split("\n\n")
    yield from prose(first)[1:]
    for block in blocks:
        lines = block.splitlines()
        heads = [line for line in lines if not line.startswith(" ")]
        aligned = all(re.match(r"\S.*? {2,}\S", line) for line in heads) and "  " in lines[0]
        if not aligned:
            yield from prose(block)
            continue
        yield ""
        for line in lines:
            both = re.split(r" {2,}", line.strip(), maxsplit=1)
            yield f"- {both[0]}: {both[1]}" if len(both) == 2 else f"- : {line}"


def inside(*public: str) -> dict[str, Any]:
    """The records by these names or taken by these functions, and every record inside them."""
    found: list[Any] = []
    for thing in (getattr(pexcalc, name) for name in public):
        if is_table(thing):
            found.append(thing)
        elif inspect.isfunction(thing):
            for argument in inspect.signature(thing, eval_str=True).parameters.values():
                words_of(argument.annotation, (), found)
    met: dict[str, Any] = {}
    for one in found:  # which becomes longer meanwhile
        if one.__name__ not in met:
            met[one.__name__] = one
            found += bases(one)
            fields(one, found)
    return met


ENTERED = inside("Order")


def is_function(name: str) -> bool:
    """True for a public name that is called for a result."""
    thing = getattr(pexcalc, name)
    return callable(thing) and not isinstance(thing, type)


def _named(name: str) -> list[str]:
    """What the page says of a public name."""
    thing = getattr(pexcalc, name)
    if is_function(name):
        return list(_function(name))
    if not isinstance(thing, type):
        return [f"`{name}`: the version of the package, as text.", ""]
    if not issubclass(thing, QuantityError):
        return list(_record(thing))
    return [f"### {name}", "", *prose(*_of_error(thing))[1:], ""]


def page() -> str:
    """The page as Markdown."""
    subjects = [(title, ", ".join(map(linked, names))) for title, names in GROUPS.items()]
    subjects[-1] = ("Version", "`__version__`")
    lines = [
        "# Library reference",
        *prose(
            "Every public name of `pexcalc`, by subject. Written by `python -m tests.tools.pages` from "
            "the formula objects, the docstrings and the fields of the records; a test compares. How "
            "to do a thing is in [library.md](library.md).",
            "A Quantity is one of any pint registry; the first one of a call makes the result. A "
            "fraction or a ratio may be a plain number. What cannot be used raises `QuantityError`, "
            "which names the argument, what came and what is expected. Functions that take arrays "
            "give arrays; a kernel is the same arithmetic on bare numbers, in the units that stand "
            "beside each argument, without a check.",
        ),
        "",
        *table(("Subject", "Names"), subjects),
        "",
    ]
    for title, names in GROUPS.items():
        lines += [f"## {title}", "", *(line for name in names for line in _named(name))]
    lines += ["## Records inside records", ""]
    for name, record in inside(*PUBLIC).items():
        if name not in PUBLIC:
            lines += _record(record)
    units = [(unit.label, f"`{unit.ucum}`", unit.kind, ", ".join(unit.also)) for unit in UNITS]
    about = "The closed table: as typed, as in JSON (UCUM), and other spellings that are read."
    lines += ["## Units", *prose(about), ""]
    lines += table(("Typed", "JSON", "Kind", "Also read"), units)
    functions = [getattr(pexcalc, name) for name in PUBLIC if is_function(name)]
    said = "\n".join(sections(one).get("References", "") for one in functions)
    named = re.findall(r"[a-z0-9.]+(?:-[a-z0-9.]+)+", said)
    used = [one.formula.source for one in functions if hasattr(one, "formula")]
    known = source_table.sources()
    return "\n".join([*lines, *sources(*used, *(key for key in named if key in known))])
