"""Texts as a ward writes them, turned into those that are read strictly: 5'10" into 70 in.

Only a text with one reading is turned; what was read is said back. The trap: a ratio of 10:1 means
two things, and G/L is a unit of platelets beside g/L of fibrinogen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from pexcalc.data import indications as indication_table
from pexcalc.data.indication_names import searchable
from pexcalc.data.loading import read_toml
from pexcalc.order.fields import BY_NAME, Input, value_at
from pexcalc.order.questions import words_of
from pexcalc.quantities import units
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.given import words_if


class ReadAs(NamedTuple):
    """The strict text of an everyday one, what is said back, and other inputs that it sets."""

    text: str
    words: str = ""
    also: Mapping[str, str] = {}
    printed: str = ""  # the name that the sheet prints for it


class Understood(NamedTuple):
    """All texts, the everyday ones turned into strict ones, and what was read as what."""

    texts: dict[str, Any]
    notes: tuple[str, ...]


def understood(
    texts: Mapping[str, Any],
    base: Mapping[str, Any] | None = None,
    devices: Mapping[str, str] | None = None,
) -> Understood:
    """The texts of an order with the everyday ones in place, and a sentence for each of these.

    `base` is an order as JSON holds it, beside which the texts are given; `devices` gives the
    device of the table that each device of a site is like. A text with two readings, or none that
    is known, stays as it is: the strict reader refuses it.
    """
    found, notes = dict(texts), []
    given = {name: text for name, text in texts.items() if text}
    around = {**_of_order(base or {}), **given}
    around["device"] = (devices or {}).get(around.get("device", ""), around.get("device"))
    for name in [name for name in given if name in _READERS]:
        row, text = BY_NAME[name], given[name]
        items = text if isinstance(text, tuple | list) else (text,)
        readings = [(item, _everyday_reading(row, item, around)) for item in items]
        written = tuple(one.text if one else item for item, one in readings)
        found[name] = written if items is text else written[0]
        for item, one in readings:
            if one is not None:
                found |= one.also
                if not _says_the_same(item, one):
                    notes.append(_note(row, item, one))
    return Understood(found, tuple(notes))


def _says_the_same(text: str, read: ReadAs) -> bool:
    """A name that is its id, or is printed as typed, but for case, spaces and hyphens.

    The trap: O+ is O without its sign, and yet has to be said back.
    """
    plain = read.printed or read.words in ("", read.text)
    names = filter(None, (read.text, read.printed) if plain else ())
    return searchable(text) in map(searchable, names)


def _of_order(base: Mapping[str, Any]) -> dict[str, Any]:
    """What of an order decides how a text beside it is read."""
    device, fluid = ("device",), ("fluid",)
    held = {
        "device": value_at(base, (*device, "like")) or value_at(base, (*device, "name")),
        "ratio_meaning": value_at(base, (*device, "ratio_meaning")),
        "albumin": value_at(base, (*fluid, "albumin")),
        "plasma": value_at(base, (*fluid, "plasma")),
    }
    return {name: value for name, value in held.items() if isinstance(value, str)}


def _everyday_reading(row: Input, text: Any, around: Around) -> ReadAs | None:
    """How a text is read, where it is an everyday one that has one reading."""
    if not isinstance(text, str) or len(text) > units.LONGEST:
        return None
    read = _READERS[row.name](row, text.strip(), around)
    return read if read and read.text != text.strip() else None


def _note(row: Input, text: str, read: ReadAs) -> str:
    label = row.label if row.label[1:2].isupper() else row.label[:1].lower() + row.label[1:]
    return f"read as: {label} {units.printable(text.strip())}: {read.words or read.text}"


Around = Mapping[str, Any]  # the other texts of the order, and what its file holds
Reader = Callable[[Input, str, Around], ReadAs | None]


def _of_form(
    form: re.Pattern[str], read: Callable[[re.Match[str], Around], ReadAs | None]
) -> Reader:
    """A reader of the texts of one form; it knows no other text."""

    def reader(row: Input, text: str, around: Around) -> ReadAs | None:
        found = form.fullmatch(text)
        return read(found, around) if found else None

    return reader


# --- names ----------------------------------------------------------------------------------------


def _indication_by_name(row: Input, text: str, around: Around) -> ReadAs | None:
    id = indication_table.indication_meant(text)
    if id is None:
        return None
    known = indication_table.indication(id) or indication_table.NOT_IN_TABLE
    return ReadAs(id, f"{id} ({known.title})", printed=known.short)


def _word_of_set(row: Input, text: str, around: Around) -> ReadAs | None:
    """A word of the input's own, in other letters or with spaces: Spectra Optia, ACD-A."""
    typed = searchable(text)
    found = [word for word in words_of(row) if searchable(word) == typed and typed]
    return ReadAs(found[0]) if len(found) == 1 else None


_BLOOD_GROUP = re.compile(
    r"(AB|A|B|O) ?-?(?:Rh ?\(?D?\)? ?)?(?:\+|-|\u2212|pos(?:itive)?|neg(?:ative)?)?", re.IGNORECASE
)


def _group_of_blood(found: re.Match[str], around: Around) -> ReadAs:
    """O+, A neg: the group; RhD is not used for plasma."""
    group = found[1].upper()
    with_rhesus = len(found[0].rstrip()) > len(group)
    return ReadAs(group, f"{group} (RhD is not used for plasma)" if with_rhesus else group)


@cache
def _product_names(kind: str) -> Mapping[str, str]:
    """The products of a kind by every name, as `searchable` writes it."""
    own = {searchable(id): id for id in words_of(BY_NAME[kind])}
    other = {name: id for id, names in read_toml("fluid_names")[kind].items() for name in names}
    return {**other, **own}


def _product_of_fluid(row: Input, text: str, around: Around) -> ReadAs | None:
    id = _product_names(row.name).get(searchable(text))
    return ReadAs(id) if id and text not in words_of(row) else None


def _fluid_or_product(row: Input, text: str, around: Around) -> ReadAs | None:
    """Albumin, or a product: FFP is plasma as fluid, of the product fresh frozen plasma."""
    word = _word_of_set(row, text, around)
    if word is not None:
        return word
    for kind in ("plasma", "albumin"):
        id = _product_names(kind).get(searchable(text))
        if id is not None and _meant_product(around.get(kind), kind) in (None, id):
            return ReadAs(kind, f"{kind}, product {id}", {kind: id})
    return None


def refuse_two_fluids(row: Input, text: str) -> None:
    """Refuse albumin and plasma in one word: a mixture, or one after the other."""
    words = set(searchable(text).split())
    if "albumin" in words and words & {"plasma", "ffp", "octaplas"} and text not in words_of(row):
        shown = f"{units.printable(text)}, which may be a mixture or one after the other"
        wanted = "albumin-then-plasma, with its share of plasma and its sequence"
        raise QuantityError(row.name, shown, wanted, kind="text")


def _meant_product(text: Any, kind: str) -> str | None:
    """The product that is named beside the fluid; None where none is."""
    return _product_names(kind).get(searchable(text), text) if isinstance(text, str) else None


# --- quantities -----------------------------------------------------------------------------------

_FEET = re.compile(
    r"([0-9]) ?(?:'|\u2019|\u2032|ft|feet|foot)"
    r"(?: ?([0-9]{1,2}(?:\.[0-9])?) ?(?:\"|''|\u201d|\u2033|in|inch|inches)?)?",
    re.ASCII,
)
_NUMBER = r"([0-9]{1,7}(?:\.[0-9]{1,6})?)"
_LITER_PER_LITER = re.compile(rf"{_NUMBER} ?[lL]/[lL]", re.ASCII)
_HEMOGLOBIN = re.compile(rf"{_NUMBER} ?(?:g/[dD]?[lL]|mmol/[lL])", re.ASCII)
_STONE = re.compile(
    r"([0-9]{1,2}) ?(?:st|stone)(?: ?([0-9]{1,2}(?:\.[0-9])?) ?(?:lb|lbs|pounds))?", re.ASCII
)
_POUNDS_AND_OUNCES = re.compile(
    r"([0-9]{1,3}) ?(?:lb|lbs|pounds?) ?([0-9]{1,2}(?:\.[0-9])?) ?(?:oz|ounces?)", re.ASCII
)
_GIGA_PER_LITER = re.compile(rf"{_NUMBER} ?(?:G/[lL]|Giga/[lL]|/nL|10\^9/[lL])", re.ASCII)
_PER_MICROLITER = re.compile(
    rf"{_NUMBER} ?/ ?(?:uL|ul|mcL|\u00b5L|\u03bcL|mm3|mm\u00b3|mm\^3)", re.ASCII
)
_COUNT_OF_PLATELETS = re.compile(f"{_GIGA_PER_LITER.pattern}|{_PER_MICROLITER.pattern}", re.ASCII)
_POUNDS_IN_A_STONE, _KG_IN_A_POUND = 14, Decimal("0.45359237")  # derived: pounds of a stone
_OUNCES_IN_A_POUND = 16  # derived: ounces of a pound
_IN_A_FOOT, _CM_IN_AN_INCH = 12, Decimal("2.54")  # derived: inches of a foot, cm of an inch


def plain_decimal(number: Decimal) -> str:
    """A number as it is typed, without an exponent."""
    return f"{number.normalize():f}"


def _feet_and_inches_as_in(found: re.Match[str], around: Around) -> ReadAs | None:
    """Feet and inches; not 12 inches or more, which may be a slip for centimeters."""
    inches = Decimal(found[2] or 0)
    if inches >= _IN_A_FOOT or found[0].endswith(("ft", "feet", "foot")):
        return None
    total = _IN_A_FOOT * Decimal(found[1]) + inches
    return ReadAs(
        f"{plain_decimal(total)} in", f"{plain_decimal(total)} in ({total * _CM_IN_AN_INCH:.1f} cm)"
    )


def _stone_as_pounds(found: re.Match[str], around: Around) -> ReadAs | None:
    """Whole stones and pounds; 9.5 st may be 9 st 5 lb and is not read."""
    pounds = Decimal(found[2] or 0)
    if pounds >= _POUNDS_IN_A_STONE:
        return None
    total = _POUNDS_IN_A_STONE * Decimal(found[1]) + pounds
    kilograms = f"{total * _KG_IN_A_POUND:.1f} kg"
    return ReadAs(f"{plain_decimal(total)} lb", f"{plain_decimal(total)} lb ({kilograms})")


def _ounces_as_pounds(found: re.Match[str], around: Around) -> ReadAs | None:
    """Pounds and ounces, as a small child is weighed; not 16 ounces or more."""
    ounces = Decimal(found[2])
    if ounces >= _OUNCES_IN_A_POUND:
        return None
    pounds = Decimal(found[1]) + ounces / _OUNCES_IN_A_POUND
    total = plain_decimal(pounds.quantize(Decimal("0.01")))
    return ReadAs(f"{total} lb", f"{total} lb ({Decimal(total) * _KG_IN_A_POUND:.2f} kg)")


def _weight_in_parts(row: Input, text: str, around: Around) -> ReadAs | None:
    """A weight in stones, or in pounds and ounces."""
    return _of_form(_STONE, _stone_as_pounds)(row, text, around) or _of_form(
        _POUNDS_AND_OUNCES, _ounces_as_pounds
    )(row, text, around)


def _fraction(found: re.Match[str], around: Around) -> ReadAs | None:
    share = Decimal(found[1])
    return ReadAs(f"{plain_decimal(100 * share)} %") if share <= 1 else None


def _count_of_platelets(found: re.Match[str], around: Around) -> ReadAs:
    giga, single = found.groups()
    if giga:
        return ReadAs(f"{giga} x10^9/L")
    return ReadAs(f"{plain_decimal(Decimal(single) / 1000)} x10^3/mcL")


def refuse_giga(row: Input, text: str) -> None:
    """Refuse G/L for a mass concentration, with both readings."""
    found = _GIGA_PER_LITER.fullmatch(text.strip())
    if found is not None:
        shown = f"{units.printable(text.strip())} (G/L is giga per liter, a unit of platelets)"
        wanted = f"{row.label.lower() if row.name != 'igg' else row.label} in g/L or mg/dL"
        meant = (f"{found[1]} g/L", f"platelets of {found[1]} x10^9/L")
        raise QuantityError(row.name, shown, wanted, meant, kind="unit")


def refuse_hemoglobin(row: Input, text: str) -> None:
    """Refuse a hemoglobin where the hematocrit is asked for; it is not converted."""
    if _HEMOGLOBIN.fullmatch(text.strip()) is not None:
        shown = f"{units.printable(text.strip())}, which is a hemoglobin"
        raise QuantityError(row.name, shown, "the hematocrit, such as 28 %", kind="text")


def refuse_unknown_group(row: Input, text: str) -> None:
    """Refuse a blood group that is said to be unknown: it is left out."""
    if searchable(text) in ("unknown", "not known", "not yet known", "pending"):
        wanted = f"{', '.join(words_of(row)[:-1])} or AB; leave it out while it is not known"
        raise QuantityError(row.name, units.printable(text), wanted, kind="text")


# The inputs that refuse_giga is for.
IN_GRAMS = ("fibrinogen", "igg", "albumin_level")


# --- times ----------------------------------------------------------------------------------------

_TIMES = "|".join(token for token, unit in units.BY_TOKEN.items() if unit.kind == "time")
_DURATION = rf"[0-9]{{1,4}}(?:\.[0-9]{{1,2}})? ?(?:{_TIMES})"
_AGO = re.compile(rf"({_DURATION}) ago", re.ASCII)
_MEDICINE = re.compile(
    rf"(?P<name>[^@]*?[^@\s]) *(?:@ *)?(?P<time>(?<![0-9.]){_DURATION}) +"
    r"(?P<when>ago|before|after)",
    re.ASCII,
)


def _ago(found: re.Match[str], around: Around) -> ReadAs:
    return ReadAs(found[1], f"{found[1]} before the exchange")


def _medicine(found: re.Match[str], around: Around) -> ReadAs | None:
    """`tocilizumab 6 h ago`: ago is before the exchange, which is taken to start now."""
    name, time, when = found["name"], found["time"], found["when"].replace("ago", "before")
    if "@" in found[0] and when == found["when"]:
        return None
    return ReadAs(f"{name} @ {time} {when}", f"{name}, {time} {when} the exchange")


_ZONE = r"(Z|[+-][0-9]{2}:[0-9]{2})?"
_CLOCK = r"([0-9]{1,2}):([0-9]{2})"
_ISO = re.compile(rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})[T ]{_CLOCK} ?{_ZONE}", re.ASCII)
_OTHER_DATE = re.compile(
    rf"([0-9]{{1,2}})([/.-])([0-9]{{1,2}})\2([0-9]{{4}}),? {_CLOCK} ?{_ZONE}", re.ASCII
)


def _moment(row: Input, text: str, around: Around) -> ReadAs | None:
    """A date and a time without a zone, or with the date as it is written by hand."""
    meant = _moments(text)
    return ReadAs(meant[0], f"{meant[0]}{_zone_words(text)}") if len(meant) == 1 else None


def _zone_words(text: str) -> str:
    zoned = re.search(r"(Z|[+-][0-9]{2}:[0-9]{2})$", text)
    return words_if(not zoned, " (time zone of this computer)")


def _moments(text: str) -> tuple[str, ...]:
    """The times that a text may mean: two where day and month can be in each other's place."""
    if iso := _ISO.fullmatch(text):
        year, month, day, hour, minute, zone = iso.groups()
        dates = {(month, day): None}
    elif other := _OTHER_DATE.fullmatch(text):
        first, _, second, year, hour, minute, zone = other.groups()
        dates = {(first, second): None, (second, first): None}
    else:
        return ()
    found = [_time_text(year, *date, hour, minute, zone) for date in dates]
    return tuple(dict.fromkeys(filter(None, found)))


def _time_text(
    year: str, month: str, day: str, hour: str, minute: str, zone: str | None
) -> str | None:
    """A time with its zone, that of the computer where none is given; None for no such time."""
    try:
        when = datetime(int(year), int(month), int(day), int(hour), int(minute))
        if zone is not None:
            return f"{when.isoformat(timespec='minutes')}{zone}"
        return when.astimezone().isoformat(timespec="minutes")
    except (ValueError, OverflowError, OSError):
        return None


def refuse_open_date(row: Input, text: str) -> None:
    """Refuse a date of which day and month can be in each other's place, and a time without one."""
    meant = _moments(text.strip())
    wanted = "date, time and zone, such as 2025-06-24T14:05+02:00"
    shown = units.printable(text.strip())
    if len(meant) > 1:
        both = [f"{one[:10]} {one[11:16]}" for one in meant]
        raise QuantityError(row.name, f"{shown} (day and month?)", wanted, both, kind="text")
    if re.fullmatch(_CLOCK, text.strip()):
        wanted = f"a date with it, such as 2025-06-24 {shown}"
        raise QuantityError(row.name, f"{shown} (today or another day?)", wanted, kind="text")


# --- the ratio ------------------------------------------------------------------------------------

_TO_ONE = re.compile(r"([0-9]{1,2}(?:\.[0-9])?) ?: ?1", re.ASCII)
_ONE_TO = re.compile(r"1 ?: ?([1-9][0-9]?(?:\.[0-9])?)", re.ASCII)


def _device_ratio(found: re.Match[str], around: Around) -> ReadAs | None:
    """10:1, where the device or the order says what the ratio means."""
    meaning = _meaning(around)
    if not meaning:
        return None
    parts = Decimal(found[1]) - (meaning == "inlet-to-anticoagulant")
    return ReadAs(found[1], f"{found[1]}, {meaning.replace('-', ' ')} ({_parts(parts)})")


def _parts(blood: Decimal) -> str:
    return f"{plain_decimal(blood)} parts blood + 1 part anticoagulant"


def _meaning(around: Around) -> str:
    """What the ratio means, as entered or as the device has it; empty where nothing says so."""
    from pexcalc.data import devices

    row = devices.devices().get(_device_id(around.get("device")))
    return str(around.get("ratio_meaning") or (row.ratio_meaning if row else ""))


def _device_id(text: Any) -> str:
    """The device of the table that is named, in whatever letters."""
    read = _word_of_set(BY_NAME["device"], text, {}) if isinstance(text, str) else None
    return read.text if read else ""


def refuse_open_ratio(row: Input, text: str) -> None:
    """Refuse 10:1 where nothing says what the ratio means, and 1:10, which is reversed."""
    turned = _ONE_TO.fullmatch(text.strip())
    if turned is not None and turned[1] != "1":
        shown, wanted = f"{units.printable(text.strip())}, reversed", "the blood side first"
        raise QuantityError(row.name, shown, wanted, [f"{turned[1]}:1"], kind="text")
    found = _TO_ONE.fullmatch(text.strip())
    if found is None:
        return
    ratio = Decimal(found[1])
    both = (
        f"inlet to anticoagulant ({_parts(ratio - 1)}) or blood to anticoagulant ({_parts(ratio)})"
    )
    shown = f"{units.printable(text.strip())}, which may be {both}"
    wanted = f"{found[1]} beside the device or the meaning of the ratio"
    raise QuantityError(row.name, shown, wanted, kind="text")


# Readers of everyday texts by the name of the input; a text that they do not know is None.
_READERS: Mapping[str, Reader] = {
    "indication": _indication_by_name,
    "height": _of_form(_FEET, _feet_and_inches_as_in),
    "weight": _weight_in_parts,
    "pre_pregnancy_weight": _weight_in_parts,
    "hematocrit": _of_form(_LITER_PER_LITER, _fraction),
    "pre_pregnancy_hematocrit": _of_form(_LITER_PER_LITER, _fraction),
    "platelets": _of_form(_COUNT_OF_PLATELETS, _count_of_platelets),
    "blood_group": _of_form(_BLOOD_GROUP, _group_of_blood),
    "plasma_group": _of_form(_BLOOD_GROUP, _group_of_blood),
    "donor_group": _of_form(_BLOOD_GROUP, _group_of_blood),
    "fluid": _fluid_or_product,
    "albumin": _product_of_fluid,
    "plasma": _product_of_fluid,
    "device": _word_of_set,
    "anticoagulant": _word_of_set,
    "drugs": _of_form(_MEDICINE, _medicine),
    "ace_inhibitor": _of_form(_AGO, _ago),
    "coagulation_age": _of_form(_AGO, _ago),
    "since_infusion": _of_form(_AGO, _ago),
    "ordered_at": _moment,
    "persisting_at": _moment,
    "ratio": _of_form(_TO_ONE, _device_ratio),
}
