"""Units as people and records write them: one closed table, one strict reader, one way to print.

For text, JSON and print; what a formula does with units is in formula.py. The trap: text never
reaches pint's own parser, which reads `5 m i n` and evaluates what it is given.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary, WeakSet

import pint
from pint.facets.plain import PlainQuantity
from pint.util import UnitsContainer

from pexcalc.quantities.errors import QuantityError

# A quantity of any registry; what is also taken as a plain number; how type checkers see both.
Quantity: TypeAlias = PlainQuantity[Any]
Fraction: TypeAlias = Quantity | float


class Unit(NamedTuple):
    """One row of the table: how it is printed and typed, UCUM code, name in pint ("" if none)."""

    label: str
    ucum: str
    pint: str
    kind: str
    also: tuple[str, ...] = ()

    @property
    def container(self) -> UnitsContainer:
        """The unit as pint's own key, which converts several times faster than a string."""
        return container(self.pint)


@cache
def container(name: str) -> UnitsContainer:
    """`milliliter / kilogram / minute` or `meter ** 2` as a UnitsContainer, without a registry."""
    powers: dict[str, int] = {}
    for place, part in enumerate(name.split(" / ")):
        unit, _, power = part.partition(" ** ")
        if unit and unit != "1":
            powers[unit] = int(power or 1) * (-1 if place else 1)
    return UnitsContainer(powers)


# Case matters except for the spellings listed in the last column.
UNITS: tuple[Unit, ...] = (
    Unit("cm", "cm", "centimeter", "length", ("Cm", "CM")),
    Unit("m", "m", "meter", "length"),
    Unit("mm", "mm", "millimeter", "length"),
    Unit("in", "[in_i]", "inch", "length", ("inch", "inches")),
    Unit("ft", "[ft_i]", "foot", "length", ("feet", "foot")),
    Unit("m2", "m2", "meter ** 2", "area", ("m²",)),
    Unit("kg", "kg", "kilogram", "mass", ("Kg", "KG")),
    Unit("g", "g", "gram", "mass"),
    Unit("mg", "mg", "milligram", "mass"),
    Unit("mcg", "ug", "microgram", "mass", ("µg", "μg")),
    Unit("lb", "[lb_av]", "pound", "mass", ("lbs", "pound", "pounds")),
    Unit("mL", "mL", "milliliter", "volume", ("ml",)),
    Unit("L", "L", "liter", "volume", ("l",)),
    Unit("dL", "dL", "deciliter", "volume", ("dl",)),
    Unit("s", "s", "second", "time", ("sec",)),
    Unit("min", "min", "minute", "time", ("minute", "minutes")),
    Unit("h", "h", "hour", "time", ("hr", "hour", "hours")),
    Unit("d", "d", "day", "time", ("day", "days")),
    Unit("wk", "wk", "week", "time", ("week", "weeks")),
    Unit("mo", "mo", "month", "time", ("month", "months")),
    Unit("y", "a", "year", "time", ("yr", "yrs", "year", "years")),
    Unit("/h", "/h", "1 / hour", "rate"),
    Unit("%/h", "%/h", "percent / hour", "rate"),
    Unit("mL/min", "mL/min", "milliliter / minute", "flow", ("ml/min",)),
    Unit("mL/h", "mL/h", "milliliter / hour", "flow", ("ml/h",)),
    Unit("L/min", "L/min", "liter / minute", "flow", ("l/min",)),
    Unit("L/h", "L/h", "liter / hour", "flow", ("l/h",)),
    Unit("mL/kg", "mL/kg", "milliliter / kilogram", "volume per body mass", ("ml/kg",)),
    Unit("L/kg", "L/kg", "liter / kilogram", "volume per body mass", ("l/kg",)),
    Unit(
        "mL/kg/min",
        "mL/kg/min",
        "milliliter / kilogram / minute",
        "flow per body mass",
        ("ml/kg/min",),
    ),
    Unit("mL/kg/h", "mL/kg/h", "milliliter / kilogram / hour", "flow per body mass", ("ml/kg/h",)),
    Unit(
        "mL/min/L",
        "mL/min/L",
        "milliliter / minute / liter",
        "flow per blood volume",
        ("ml/min/L",),
    ),
    Unit("mmol/kg", "mmol/kg", "millimole / kilogram", "amount per body mass"),
    Unit("mmol/kg/h", "mmol/kg/h", "millimole / kilogram / hour", "amount rate per body mass"),
    Unit("mg/kg", "mg/kg", "milligram / kilogram", "dose per body mass"),
    Unit("mg/kg/min", "mg/kg/min", "milligram / kilogram / minute", "dose rate per body mass"),
    Unit("g/L", "g/L", "gram / liter", "mass concentration", ("g/l",)),
    Unit("g/dL", "g/dL", "gram / deciliter", "mass concentration", ("g/dl",)),
    Unit("mg/dL", "mg/dL", "milligram / deciliter", "mass concentration", ("mg/dl",)),
    Unit("mg/L", "mg/L", "milligram / liter", "mass concentration", ("mg/l",)),
    Unit("mg/mL", "mg/mL", "milligram / milliliter", "mass concentration", ("mg/ml",)),
    Unit("mcg/mL", "ug/mL", "microgram / milliliter", "mass concentration", ("µg/mL", "μg/mL")),
    Unit("mcg/L", "ug/L", "microgram / liter", "mass concentration", ("µg/L", "μg/L")),
    Unit("ng/mL", "ng/mL", "nanogram / milliliter", "mass concentration", ("ng/ml",)),
    Unit("ng/L", "ng/L", "nanogram / liter", "mass concentration", ("ng/l",)),
    Unit("pg/mL", "pg/mL", "picogram / milliliter", "mass concentration", ("pg/ml",)),
    Unit("mmol", "mmol", "millimole", "amount"),
    Unit("mmol/h", "mmol/h", "millimole / hour", "amount rate"),
    Unit("mmol/L", "mmol/L", "millimole / liter", "molar concentration", ("mmol/l",)),
    Unit("mcmol/L", "umol/L", "micromole / liter", "molar concentration", ("µmol/L", "μmol/L")),
    Unit("kg/m2", "kg/m2", "kilogram / meter ** 2", "body mass index", ("kg/m²",)),
    Unit("mmHg", "mm[Hg]", "millimeter_Hg", "pressure"),
    Unit(
        "x10^9/L",
        "10*9/L",
        "gigacount / liter",
        "count concentration",
        ("x10*9/L", "x 10*9/L", "x 10^9/L"),
    ),
    Unit(
        "x10^3/mcL",
        "10*3/uL",
        "kilocount / microliter",
        "count concentration",
        ("x10^3/uL", "10^3/uL", "10*3/mcL", "K/uL", "K/mcL"),
    ),
    Unit("C", "Cel", "degree_Celsius", "temperature", ("°C", "degC")),
    Unit("F", "[degF]", "degree_Fahrenheit", "temperature", ("°F", "degF")),
    Unit("%", "%", "percent", "fraction", ("percent",)),
    Unit("1", "1", "", "fraction"),
    # International units have no size in other units: they are plain numbers in a field that is
    # named so.
    Unit("units", "[IU]", "", "international units", ("unit", "IU")),
    Unit("units/h", "[IU]/h", "", "international units", ("unit/h", "IU/h")),
    Unit("units/kg", "[IU]/kg", "", "international units", ("unit/kg", "IU/kg")),
    Unit("units/mL", "[IU]/mL", "", "international units", ("unit/mL", "IU/mL")),
)
BY_LABEL = {unit.label: unit for unit in UNITS}
BY_UCUM = {unit.ucum: unit for unit in UNITS}
BY_TOKEN = {
    token: unit for unit in UNITS for token in (unit.label, unit.ucum, *unit.also) if token != "1"
}
_BY_ITEMS = {
    frozenset(unit.container.items()): unit for unit in UNITS if unit.kind != "international units"
}

# The units in which a number without a good unit is tried, in the order in which people use them.
LIKELY = {
    "length": ("cm", "m", "in", "mm"),
    "mass": ("kg", "lb", "g"),
    "volume": ("mL", "L"),
    "time": ("y", "mo", "h", "min"),
    "mass concentration": ("g/L", "mg/dL", "g/dL"),
}

_lock = threading.Lock()
_private: pint.UnitRegistry[Any] | None = None


def private_registry() -> pint.UnitRegistry[Any]:
    """The small registry of the command and of the steps, built on first use, thread-safe."""
    global _private
    if _private is None:
        with _lock:
            _private = _private or _new_registry()
    return _private


def _new_registry() -> pint.UnitRegistry[Any]:
    definitions = str(Path(__file__).with_name("units.txt"))
    return pint.UnitRegistry(definitions, cache_folder=None, system="mks")


_built: WeakSet[Any] = WeakSet()


def application_registry() -> Any:
    """The registry of the host program, in which text, JSON and pickles are read, thread-safe.

    The command hands in its own instead: pint's default one takes 100 ms to build.
    """
    application: Any = pint.application_registry
    registry = application.get()
    if registry not in _built:
        with _lock:
            _ = registry.Quantity  # pint builds a default registry when it is first looked at
            _built.add(registry)
    return registry


def registry_or_own(registry: Any = None) -> Any:
    """The registry that is handed in; without one that of the host program."""
    return registry or application_registry()


_registered: WeakKeyDictionary[Any, set[UnitsContainer]] = WeakKeyDictionary()


def registered(registry: Any, unit: UnitsContainer) -> UnitsContainer:
    """A unit that a registry can print: pint knows `milliliter` only once it has looked it up."""
    known = _registered.setdefault(registry, set())
    if unit not in known:
        for name in unit:
            registry.get_name(name)
        known.add(unit)
    return unit


def size(quantity: Any, label: str) -> float:
    """A Quantity of any registry as a float in a unit of the table."""
    return float(quantity.m_as(BY_LABEL[label].container))


def unit_of(quantity: Any) -> Unit | None:
    """The row of the table for the unit of a pint Quantity of any registry; None without one."""
    return _BY_ITEMS.get(frozenset(quantity.unit_items()))


def unit_entered(value: Any) -> Unit | None:
    """The row for the unit of a Quantity, or of the JSON form of one; None for another value."""
    if isinstance(value, Mapping):
        return BY_UCUM.get(str(value.get("unit")))
    return unit_of(value) if isinstance(value, PlainQuantity) else None


# --- reading text ---------------------------------------------------------------------------------

LONGEST = 60
_CUBIC = {"cc": "mL", "ccm": "mL", "cc/min": "mL/min", "cc/h": "mL/h"}
_NUMBER_AT_START = r"([+-]?[0-9]+(?:\.[0-9]+)?) *"
_PLAIN = re.compile(rf"{_NUMBER_AT_START}(.*)", re.DOTALL)
_CUBIC_CENTIMETERS = re.compile(rf"{_NUMBER_AT_START}({'|'.join(_CUBIC)})", re.IGNORECASE)
_WORD = re.compile(rf"{_NUMBER_AT_START}([^0-9*+^,.]{{1,20}})")
_FOREIGN = re.compile(r".*[^\x00-\x7f].*", re.DOTALL)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf).*", re.IGNORECASE | re.DOTALL)
_FEET_AND_INCHES = re.compile(
    r"([0-9]+) *(?:'|ft|feet|foot) *([0-9]+(?:\.[0-9]+)?) *(?:\"|''|in|inch|inches)?"
)
_COMMAS = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+,[0-9]+) *(.*)")
_ONE_GROUP = re.compile(r"[0-9]{1,3},[0-9]{3}")
_SPACES = re.compile(r"([0-9]{1,3}(?: [0-9]{3})+(?:\.[0-9]+)?) *(.*)")
_NAKED_POINT = re.compile(r"(\.[0-9]+|[0-9]+\.)(?![0-9]) *(.*)")


class Reading(NamedTuple):
    """What a text says: the numbers that it may mean, its unit, and what is wrong with it.

    There is one number where it is well written. `both` says that more than one is plausible
    whatever the range, so that all of them are shown.
    """

    text: str
    numbers: tuple[float, ...]
    unit: Unit | None
    fault: str = ""
    both: bool = False


def read(text: str) -> Reading:
    """Read one number and one unit, strictly; never raises, says in `fault` what is wrong."""
    stripped = text.strip(" \t\r\n")
    shown = printable(stripped)
    if not stripped:
        return Reading("nothing", (), None, "empty text")
    if len(stripped) > LONGEST:
        return Reading(shown, (), None, "too long for one number and one unit")
    return _well_written(shown, stripped) or _misread(shown, stripped)


def _well_written(shown: str, text: str) -> Reading | None:
    """A plain number with a unit of the table, or without one; None for anything else."""
    plain = _PLAIN.fullmatch(text)
    if plain is None:
        return None
    number, token = plain.groups()
    if not token:
        return Reading(shown, (float(number),), None, "no unit")
    unit = BY_TOKEN.get(token)
    if unit == BY_LABEL["ft"] and "." in number:
        return _feet_with_a_point(shown, number)
    return Reading(shown, (float(number),), unit) if unit else None


_INCHES = 12  # derived: inches of a foot


def _feet_with_a_point(shown: str, number: str) -> Reading:
    """`5.11 ft` is often written for 5 ft 11 in: both readings, in inches, and neither accepted."""
    feet, _, rest = number.partition(".")
    if int(rest) >= _INCHES:
        inches: tuple[float, ...] = (_INCHES * float(number),)
    else:
        as_feet_and_inches = _INCHES * int(feet) + int(rest)
        inches = tuple(dict.fromkeys((as_feet_and_inches, round(_INCHES * float(number), 2))))
    fault = "feet with a point, which may mean feet and inches"
    return Reading(shown, inches, BY_LABEL["in"], fault, both=len(inches) > 1)


def _misread(shown: str, text: str) -> Reading:
    """Name the fault of a text that is not one number and one unit, and what was probably meant."""
    for form, read_as in _FAULTS_BY_FORM:
        found = form.fullmatch(text)
        if found is not None:
            return read_as(shown, found)
    return Reading(shown, (), None, "not one plain number and one unit")


def _foreign_letters(shown: str, found: re.Match[str]) -> Reading:
    """Digits and letters of other alphabets, read as those that they look like."""
    import unicodedata  # only where something was mistyped

    text = found[0]
    twin = "".join(
        str(unicodedata.digit(c)) if c.isdigit() else unicodedata.normalize("NFKC", c) for c in text
    )
    again = read(twin) if twin != text and twin.isascii() else Reading(shown, (), None)
    foreign = any(c.isdigit() and not c.isascii() for c in text)
    fault = "digits other than 0 to 9" if foreign else "a letter or sign that is not known here"
    return again._replace(text=shown, fault=fault)


def _feet_and_inches(shown: str, feet: re.Match[str]) -> Reading:
    inches = int(feet[1]) * _INCHES + float(feet[2])
    return Reading(shown, (inches,), BY_LABEL["in"], "two numbers, feet and inches")


def _comma(shown: str, commas: re.Match[str]) -> Reading:
    """A comma is read as a point, between groups of three digits as nothing, or as either."""
    digits, token = commas.groups()
    joined, pointed = digits.replace(",", ""), digits.replace(",", ".")
    meant = [joined, pointed]
    if digits.count(",") > 1 or "." in digits:
        meant = [joined]
    elif not _ONE_GROUP.fullmatch(digits):
        meant = [pointed]
    numbers = tuple(map(float, meant))
    unit = BY_TOKEN.get(token)
    return Reading(shown, numbers, unit, "a comma in the number", both=len(numbers) > 1)


def _space(shown: str, spaces: re.Match[str]) -> Reading:
    number = float(spaces[1].replace(" ", ""))
    return Reading(shown, (number,), BY_TOKEN.get(spaces[2]), "a space inside the number")


def _naked_point(shown: str, naked: re.Match[str]) -> Reading:
    fault = "a point without a digit on both sides"
    return Reading(shown, (float(naked[1]),), BY_TOKEN.get(naked[2]), fault)


def _not_finite(shown: str, found: re.Match[str]) -> Reading:
    return Reading(shown, (), None, "not a finite number")


def _cubic_centimeters(shown: str, plain: re.Match[str]) -> Reading:
    """Not to be written, but plain what it means."""
    unit = BY_LABEL[_CUBIC[plain[2].casefold()]]
    return Reading(shown, (float(plain[1]),), unit, f"{plain[2]} is not to be used")


def _unknown_unit(shown: str, plain: re.Match[str]) -> Reading:
    """A word that is no unit; one unit is meant where it differs from that by case alone."""
    word = plain[2].casefold()
    meant = {unit for token, unit in BY_TOKEN.items() if token.casefold() == word}
    fault = f"{printable(plain[2])} is not a unit known here"
    if len(meant) == 1:
        return Reading(shown, (float(plain[1]),), meant.pop(), fault)
    return Reading(shown, (), None, fault)


# What a text may be that is not well written, by its form; the first form that it has.
_FAULTS_BY_FORM: tuple[tuple[re.Pattern[str], Callable[[str, re.Match[str]], Reading]], ...] = (
    (_FOREIGN, _foreign_letters),
    (_FEET_AND_INCHES, _feet_and_inches),
    (_COMMAS, _comma),
    (_SPACES, _space),
    (_NAKED_POINT, _naked_point),
    (_NOT_FINITE, _not_finite),
    (_CUBIC_CENTIMETERS, _cubic_centimeters),
    (_WORD, _unknown_unit),
)


def parse_quantity(text: str, registry: pint.UnitRegistry[Any] | None = None) -> Quantity:
    """Read a text such as `65 kg` strictly.

    Parameters
    ----------
    text : str
        One number with a point, one unit of the closed table, nothing else. One text, no arrays.
    registry : pint.UnitRegistry, optional
        The registry of the Quantity; without one pint's application registry.

    Returns
    -------
    pint.Quantity
        The quantity in the unit that was typed.

    Raises
    ------
    QuantityError
        For anything else: a comma, a thousands space, a missing or unknown unit, nan, inf, two
        numbers, digits other than 0 to 9. International units raise too: they have no size in
        other units.

    Notes
    -----
    Valid for the units of the closed table.

    Examples
    --------
    >>> parse_quantity("1.75 m").m_as("cm")
    175.0
    >>> parse_quantity("1,75 m")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    pexcalc.QuantityError: quantity: got 1,75 m (a comma in the number); ...
    """
    expected = "one number and one unit, such as 65 kg"
    if not isinstance(text, str):
        raise QuantityError("quantity", f"{type(text).__name__}, not text", expected, kind="type")
    reading = read(text)
    unit = reading.unit
    if reading.fault or unit is None:
        meant = [typed(number, unit) for number in reading.numbers if unit]
        raise QuantityError("quantity", got(reading), expected, meant, kind="text")
    if unit.kind == "international units":
        raise QuantityError(
            "quantity",
            f"{reading.text} (international units have no size in other units)",
            expected,
            kind="unit",
        )
    where: pint.UnitRegistry[Any] = registry_or_own(registry)
    value = reading.numbers[0]
    exact = value if where.non_int_type is float else where.non_int_type(repr(value))
    return where.Quantity(
        exact, where.UnitsContainer(dict(registered(where, unit.container).items()))
    )


def got(reading: Reading) -> str:
    """What is given and what is wrong with it, for the middle of an error sentence."""
    return f"{reading.text} ({reading.fault})" if reading.fault else reading.text


def printable(text: str, longest: int = 40) -> str:
    """Text from outside made harmless for a message: one line of printable characters, cut."""
    clean = "".join(c if c.isprintable() else "?" for c in text[: longest + 1])
    return clean if len(clean) <= longest else clean[:longest] + "..."


def shown_text(text: str) -> str:
    """A text from outside as a message shows it; `nothing` for one without a character."""
    return printable(text) or "nothing"


# --- printing -------------------------------------------------------------------------------------


# Our own: the caller's may be set to anything.
_ROUNDING = Context(prec=400, rounding=ROUND_HALF_UP, traps=[])


def number(value: float, places: int = 6) -> str:
    """A number as a person reads it: rounded half up once, without trailing zeros, with commas.

    >>> number(3331.283, 1), number(0.5, 2), number(5.0, 1)
    ('3,331.3', '0.5', '5')
    """
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places), context=_ROUNDING)
    text = f"{rounded:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def label(value: float, unit: Unit | str) -> str:
    """A value with its unit, as typed: `172 cm`, `0.9` for a plain number."""
    name = unit if isinstance(unit, str) else unit.label
    return number(value) if name == "1" else f"{number(value)} {name}"


def short(quantity: Any, spec: str = ".6g") -> str:
    """A quantity of any registry with the unit of the table: `3331.28 mL`."""
    row = unit_of(quantity)
    unit = row.label if row else f"{quantity.units}"
    return f"{float(quantity.magnitude):{spec}} {unit}"


def volume(millilitres: float, exact: bool = True) -> str:
    """A volume to 0.1 mL below 10 mL, to 1 mL below 100 mL, else to 10 mL; then to 0.1 mL.

    >>> volume(3331.283), volume(3000.0), volume(3331.283, exact=False), volume(7.04)
    ('3,330 mL (3,331.3)', '3,000 mL', '3,330 mL', '7 mL')
    """
    size = abs(millilitres)
    places = 1 if size < 10 else 0 if size < 100 else -1
    rounded, closer = number(millilitres, places), number(millilitres, 1)
    return f"{rounded} mL ({closer})" if exact and closer != rounded else f"{rounded} mL"


def typed(value: float, unit: Unit | str) -> str:
    """A value with its unit in the form in which it can be typed back: no comma in the number."""
    return label(value, unit).replace(",", "")


def percent(fraction: float, places: int = 0) -> str:
    """A fraction as percent: `59 %`."""
    return f"{number(round(100 * fraction, 9), places)} %"
