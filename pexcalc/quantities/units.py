"""Units as people and records write them: one closed table, one strict reader of text, one way to print.

For text, JSON and print. What a formula does with units is in formula.py. User text never reaches
pint's own parser.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import pint
from pint.util import UnitsContainer

from pexcalc.quantities.errors import QuantityError


class Unit(NamedTuple):
    """One row of the table: how it is printed and typed, its UCUM code, its name in pint ("" for international)."""

    label: str
    ucum: str
    pint: str
    kind: str
    also: tuple[str, ...] = ()

    @property
    def container(self) -> UnitsContainer:
        """The unit as pint's own key, which converts several times faster than a string."""
        return container(self.pint)


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
    """The registry that serves text and JSON, made on first use; safe to ask for from many threads at once."""
    global _private
    if _private is None:
        with _lock:
            if _private is None:
                _private = pint.UnitRegistry(
                    str(Path(__file__).with_name("units.txt")), cache_folder=None, system="mks"
                )
    return _private


_told: WeakKeyDictionary[Any, set[UnitsContainer]] = WeakKeyDictionary()


def told(registry: Any, unit: UnitsContainer) -> UnitsContainer:
    """A unit that a registry can print: pint knows `milliliter` by name only after it has looked that name up once."""
    known = _told.get(registry)
    if known is None:
        known = _told.setdefault(registry, set())
    if unit not in known:
        for name in unit:
            registry.get_name(name)
        known.add(unit)
    return unit


def size(quantity: Any, label: str) -> float:
    """A Quantity of any registry as a float in a unit of the table; several times faster than by a unit's name."""
    return float(quantity.m_as(BY_LABEL[label].container))


def unit_of(quantity: Any) -> Unit | None:
    """The row of the table for the unit of a pint Quantity of any registry; None when the table does not have it."""
    return _BY_ITEMS.get(frozenset(quantity.unit_items()))


# --- reading text ---------------------------------------------------------------------------------

LONGEST = 60
_CUBIC = {"cc": "mL", "ccm": "mL", "cc/min": "mL/min", "cc/h": "mL/h"}
_PLAIN = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?) *(.*)", re.DOTALL)
_FEET_AND_INCHES = re.compile(
    r"([0-9]+) *(?:'|ft|feet|foot) *([0-9]+(?:\.[0-9]+)?) *(?:\"|''|in|inch|inches)?"
)
_COMMAS = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+,[0-9]+) *(.*)")
_SPACES = re.compile(r"([0-9]{1,3}(?: [0-9]{3})+(?:\.[0-9]+)?) *(.*)")
_NAKED_POINT = re.compile(r"(\.[0-9]+|[0-9]+\.)(?![0-9]) *(.*)")


class Reading(NamedTuple):
    """What a text says: the numbers it may mean (one when it is well written), its unit, and what is wrong with it."""

    text: str
    numbers: tuple[float, ...]
    unit: Unit | None
    fault: str = ""
    both: bool = False  # more than one reading is plausible whatever the range: show them all


def read(text: str) -> Reading:
    """Read one number and one unit, strictly; never raises, says in `fault` what is wrong."""
    stripped = text.strip(" \t\r\n")
    shown = printable(stripped)
    if not stripped:
        return Reading("nothing", (), None, "empty text")
    if len(stripped) > LONGEST:
        return Reading(shown, (), None, "too long for one number and one unit")
    plain = _PLAIN.fullmatch(stripped)
    if plain:
        number, token = plain.groups()
        unit = BY_TOKEN.get(token)
        if unit and unit.label == "ft" and "." in number:
            return _feet_with_a_point(shown, number)
        if unit:
            return Reading(shown, (float(number),), unit)
        if not token:
            return Reading(shown, (float(number),), None, "no unit")
    return _misread(shown, stripped)


def _feet_with_a_point(shown: str, number: str) -> Reading:
    """`5.11 ft` is often written for 5 ft 11 in: both readings, in inches, and neither taken."""
    feet, _, rest = number.partition(".")
    # derived: inches of a foot
    readings = (
        (12 * int(feet) + int(rest), round(12 * float(number), 2))
        if int(rest) < 12
        else (12 * float(number),)
    )
    inches = tuple(dict.fromkeys(readings))
    return Reading(
        shown,
        inches,
        BY_LABEL["in"],
        "feet with a point, which may mean feet and inches",
        both=len(inches) > 1,
    )


def _misread(shown: str, text: str) -> Reading:
    """Name the fault of a text that is not one number and one unit, and the numbers that were probably meant."""
    if not text.isascii():
        import unicodedata  # only where something was mistyped

        twin = "".join(
            str(unicodedata.digit(c)) if c.isdigit() else unicodedata.normalize("NFKC", c)
            for c in text
        )
        again = read(twin) if twin != text and twin.isascii() else Reading(shown, (), None)
        foreign = any(c.isdigit() and not c.isascii() for c in text)
        fault = "digits other than 0 to 9" if foreign else "a letter or sign that is not known here"
        return Reading(shown, again.numbers, again.unit, fault, again.both)
    if feet := _FEET_AND_INCHES.fullmatch(text):
        inches = int(feet[1]) * 12 + float(feet[2])  # derived: inches of a foot
        return Reading(shown, (inches,), BY_LABEL["in"], "two numbers, feet and inches")
    if commas := _COMMAS.fullmatch(text):
        digits, token = commas.groups()
        joined, pointed = float(digits.replace(",", "")), digits.replace(",", ".")
        one_group = re.fullmatch(r"[0-9]{1,3},[0-9]{3}", digits) is not None
        many = digits.count(",") > 1 or "." in digits
        numbers = (
            (joined,) if many else (joined, float(pointed)) if one_group else (float(pointed),)
        )
        return Reading(
            shown, numbers, BY_TOKEN.get(token), "a comma in the number", both=len(numbers) > 1
        )
    if spaces := _SPACES.fullmatch(text):
        return Reading(
            shown,
            (float(spaces[1].replace(" ", "")),),
            BY_TOKEN.get(spaces[2]),
            "a space inside the number",
        )
    if naked := _NAKED_POINT.fullmatch(text):
        return Reading(
            shown,
            (float(naked[1]),),
            BY_TOKEN.get(naked[2]),
            "a point without a digit on both sides",
        )
    if re.match(r"[+-]?(nan|inf)", text, re.IGNORECASE):
        return Reading(shown, (), None, "not a finite number")
    plain = _PLAIN.fullmatch(text)
    if plain and plain[2].casefold() in _CUBIC:  # not to be written, but plain what it means
        unit = BY_LABEL[_CUBIC[plain[2].casefold()]]
        return Reading(shown, (float(plain[1]),), unit, f"{plain[2]} is not to be used")
    if plain and re.fullmatch(r"[^0-9*+^,.]{1,20}", plain[2]):
        twins = {BY_TOKEN[token] for token in BY_TOKEN if token.casefold() == plain[2].casefold()}
        fault = f"{printable(plain[2])} is not a unit known here"
        return (
            Reading(shown, (float(plain[1]),), twins.pop(), fault)
            if len(twins) == 1
            else Reading(shown, (), None, fault)
        )
    return Reading(shown, (), None, "not one plain number and one unit")


def parse_quantity(text: str, registry: Any = None) -> Any:
    """Read a text such as `65 kg` strictly and return it as a pint Quantity.

    Parameters: text (one number with a point, one unit of the closed table, nothing else), registry
    (the pint registry that makes the Quantity; without one the private registry does). One text, no
    arrays. Returns: a Quantity in the unit that was typed. Raises QuantityError for anything else:
    a comma, a thousands space, a missing or unknown unit, nan, inf, two numbers, digits other than
    0 to 9. International units raise too: they have no size in other units. Valid for the units of
    the closed table.

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
    where = registry or private_registry()
    value = reading.numbers[0]
    exact = value if where.non_int_type is float else where.non_int_type(repr(value))
    return where.Quantity(exact, where.UnitsContainer(dict(told(where, unit.container).items())))


def got(reading: Reading) -> str:
    """What came and what is wrong with it, for the middle of an error sentence."""
    return f"{reading.text} ({reading.fault})" if reading.fault else reading.text


def alike(word: str, words: Iterable[str], most: int = 3, least: float = 0.6) -> list[str]:
    """The words that are most like a mistyped one; `least` is how like, from 0 to 1."""
    from difflib import get_close_matches

    return get_close_matches(word, list(words), most, least)


def printable(text: str, longest: int = 40) -> str:
    """Text from outside made harmless for a message: no control or direction characters, not longer than `longest`."""
    clean = "".join(c if c.isprintable() else "?" for c in text[: longest + 1])
    return clean if len(clean) <= longest else clean[:longest] + "..."


# --- printing -------------------------------------------------------------------------------------


_ROUNDING = Context(
    prec=400, rounding=ROUND_HALF_UP, traps=[]
)  # our own: the caller's may be set to anything


def number(value: float, places: int = 6) -> str:
    """A number as a person reads it: rounded half up once, no trailing zero, a leading zero, commas from 1,000 upward.

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


def volume(millilitres: float, exact: bool = True) -> str:
    """A volume to 0.1 mL below 10 mL, to 1 mL below 100 mL, to 10 mL above; behind it the value to 0.1 mL.

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
