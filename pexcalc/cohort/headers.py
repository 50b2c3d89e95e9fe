"""The columns of a cohort: the input and unit of each header.

A header is the name of an input and a unit, such as weight_kg. The trap: a column that is
misspelled would be passed through unread, so a header that leaves a doubt is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from pexcalc.data.spelling import most_alike
from pexcalc.order import fields
from pexcalc.order.fields import (
    ADULT,
    AGE,
    EXCHANGE,
    GESTATION,
    GESTATION_AT_BIRTH,
    HEMATOCRIT,
    MISSING_SHARE,
    RANGES,
)
from pexcalc.quantities import units
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError, refuse_if

# What is read, with the unit in which the formulas take it.
COLUMN_INPUTS: Mapping[str, In] = {
    "age": AGE,
    "height": RANGES["height"][ADULT],
    "weight": RANGES["weight"][ADULT],
    "hematocrit": HEMATOCRIT,
    "plasma_volumes": fields.MULTIPLE,
    "exchange_volume": EXCHANGE,
    "gestation_at_birth": GESTATION_AT_BIRTH,
    "gestation": GESTATION,
    "pre_pregnancy_weight": RANGES["weight"][ADULT],
    "pre_pregnancy_hematocrit": HEMATOCRIT,
    "amputation": MISSING_SHARE,
}
TEXT_INPUTS = ("sex", "states", "indication")
# What is read beside them where alerts are asked for, under its path in an order.
ORDER_GROUPS = ("patient", "labs", "findings", "dose", "fluid", "calcium", "device")
ORDER_INPUTS: Mapping[str, fields.Input] = {
    row.path: row
    for row in fields.INPUTS
    if row.place[0] in ORDER_GROUPS
    and row.kind in ("quantity", "number", "word", "words")
    and row.name not in (*COLUMN_INPUTS, *TEXT_INPUTS)
}
SPEC_OF: Mapping[str, In] = {
    **COLUMN_INPUTS,
    **{path: fields.spec(row.range) for path, row in ORDER_INPUTS.items() if row.range},
}
# Numbers and words that are read, by whether alerts are asked for.
READ_FOR: Mapping[bool, tuple[tuple[str, ...], tuple[str, ...]]] = {
    False: (tuple(COLUMN_INPUTS), TEXT_INPUTS),
    True: (tuple(SPEC_OF), (*TEXT_INPUTS, *(path for path in ORDER_INPUTS if path not in SPEC_OF))),
}
REQUIRED_INPUTS = ("sex", "age", "height", "weight", "hematocrit")
DOSE_INPUTS = ("plasma_volumes", "exchange_volume")
PREGNANCY_INPUTS = ("gestation", "pre_pregnancy_weight", "pre_pregnancy_hematocrit")
MARKS = ("code", "sentence")
WHITESPACE = " \t\r\n"  # as units.read strips it
PLAIN_NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?$"
LIKE = 0.7  # derived: the same for a header without a unit, which is no other value with a unit
VERY_LIKE = 0.8  # derived: how like a name a header has to be to be taken for a slip of it


class Column(NamedTuple):
    """A column that is read: its header, the input that it holds, the unit of its numbers.

    The unit is None for words; `factor` takes a number to the unit of INPUTS.
    """

    header: str
    name: str
    unit: units.Unit | None = None
    factor: float = 1.0


def columns(
    headers: Sequence[str], keep: Collection[str] = (), prefix: str = "", alerts: bool = False
) -> list[Column]:
    """Find the columns that are read.

    Parameters
    ----------
    headers : sequence of str
        Every header of the table.
    keep : collection of str
        Headers that are passed through unread, whatever their name.
    prefix : str
        What the names of the results begin with.
    alerts : bool
        Read what else an order holds (ORDER_INPUTS), and ask for an indication and a dose.

    Returns
    -------
    list of Column
        One for each input. A column whose name is like no input is passed through.

    Raises
    ------
    QuantityError
        For a header that leaves a doubt, an input that is missing, and two columns for one input.
    """
    _check_separator(headers)
    _check_prefix(prefix)
    _check_kept(keep, headers)
    others = [header for header in headers if header not in keep]
    numbers, words = READ_FOR[alerts]
    by_header = {header: _column(header, numbers, words) for header in others}
    found = _one_for_each_input(filter(None, by_header.values()))
    _check_results(headers, found, prefix, alerts)
    missing = _by_short_name(name for name in numbers if name not in found)
    _check_unread([header for header, column in by_header.items() if column is None], missing)
    _check_required(found)
    if alerts:
        _check_required_by_alerts(found)
    return list(found.values())


def _one_for_each_input(read: Iterable[Column]) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for column in read:
        if column.name in found:
            both = f"both {found[column.name].header} and {column.header}"
            raise QuantityError(column.name, both, "one column for each input", kind="conflict")
        found[column.name] = column
    return found


def _check_kept(keep: Collection[str], headers: Sequence[str]) -> None:
    for header in keep:
        if header not in headers:
            shown, meant = units.printable(header), most_alike(header, headers)
            raise QuantityError("keep", shown, "a column of the table", meant, kind="missing")


_SEPARATORS = {";": "a semicolon", "\t": "a tab", "|": "a bar"}


def _check_separator(headers: Sequence[str]) -> None:
    """Refuse a file whose columns are not separated by commas: all of them are one header."""
    if len(headers) != 1:
        return
    for sign, name in _SEPARATORS.items():
        if sign in headers[0]:
            given = f"one column, {units.printable(headers[0])}, with {name} in its name"
            wanted = "columns separated by commas; save the file with a comma as the separator"
            raise QuantityError("header", given, wanted, kind="file")


def _check_prefix(prefix: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{0,20}", prefix):
        wanted = "at most 20 letters, digits, points, hyphens and underscores"
        raise QuantityError("prefix", units.printable(prefix), wanted, kind="text")


def _check_results(
    headers: Sequence[str], found: Collection[str], prefix: str, alerts: bool
) -> None:
    """Refuse a column that has the name of a result, or of a step on the way to one."""
    results = written(found, prefix, alerts)
    taken = [header for header in headers if header in results or header.startswith("~")]
    if taken:
        expected = "one that is not among the results; rename it, or give the results a prefix"
        name = units.printable(taken[0])
        raise QuantityError(name, "a column of that name", expected, kind="conflict")


def _by_short_name(names: Iterable[str]) -> dict[str, str]:
    """Inputs by their names; one that is read under its path by the name of its option too."""
    found: dict[str, str] = {}
    for name in names:
        row = ORDER_INPUTS.get(name)
        last = name.rpartition(".")[2] if name.startswith("labs.") else name
        found |= dict.fromkeys((name, last, row.name if row else name), name)
    return found


def _check_unread(unread: Iterable[str], missing: Mapping[str, str]) -> None:
    """Refuse a column that is like an input which is not read yet."""
    for header in unread:
        stem, _, unit = header.rpartition("_")
        for near in most_alike(stem.casefold(), missing, 1, VERY_LIKE):
            raise QuantityError(
                units.printable(header),
                "a column that is not known here",
                _unit_or_keep(header),
                [f"{missing[near]}_{units.printable(unit)}"],
                kind="unknown",
            )


def _check_required(found: Mapping[str, Column]) -> None:
    for name in REQUIRED_INPUTS:
        if name not in found:
            raise QuantityError(name, "no column", _header_forms(name), kind="missing")
    doses = [found[name].header for name in DOSE_INPUTS if name in found]
    refuse_if(len(doses) > 1, "dose", f"both {' and '.join(doses)}", "one of them", kind="conflict")


def _check_required_by_alerts(found: Collection[str]) -> None:
    dose = " or ".join(map(_first_form, DOSE_INPUTS))
    for name, one_of in (("indication", ("indication",)), ("dose", DOSE_INPUTS)):
        absent = not set(one_of).intersection(found)
        wanted = {"dose": dose}.get(name, name)
        refuse_if(absent, name, "no column, and alerts", wanted, kind="missing")


def check_types(read: Sequence[Column], schema: Mapping[str, Any]) -> None:
    """Refuse a column that holds neither numbers nor text, or words that are not text.

    Raises
    ------
    QuantityError
        For the first such column.
    """
    for column in read:
        kind, expected = schema[column.header], _COLUMN_CONTENT[column.unit is None]
        given = f"a column of {kind}"
        refuse_if(not expected.holds(kind), column.header, given, expected.words, kind="type")


class _Content(NamedTuple):
    """What a column may hold, and whether a type of polars does."""

    words: str
    holds: Callable[[Any], bool]


# By whether the input is words.
_COLUMN_CONTENT = {
    True: _Content("text", lambda kind: kind in (pl.String, pl.Null, pl.Categorical, pl.Enum)),
    False: _Content("numbers", lambda kind: kind in (pl.String, pl.Null) or kind.is_numeric()),
}


# --- one header -----------------------------------------------------------------------------------


def _column(header: str, numbers: Collection[str], words: Collection[str]) -> Column | None:
    """The input of a header, one of these; None for something else with a unit in its name.

    Raises
    ------
    QuantityError
        Where it is neither, or has no unit of its input.
    """
    if header in words:
        return Column(header, header)
    other = "_" in header and header.rpartition("_")[2] in units.BY_TOKEN
    name = _input_named_in(header, numbers)
    if name is None:
        if not other:
            _check_like_no_input(header, (*numbers, *words))
        return None
    token = header[len(name) + 1 :]
    unit = {**units.BY_TOKEN, "": units.BY_LABEL["1"]}.get(token)
    if _unit_fits(name, unit, token) and unit:
        return Column(header, name, unit, SPEC_OF[name].from_unit(unit.label, 1.0))
    if unit is None and other:
        return None
    raise QuantityError(
        units.printable(header),
        _fault_of_unit(token, unit),
        _header_forms(name),
        [_first_form(name)],
        kind="text",
    )


def _input_named_in(header: str, names: Collection[str]) -> str | None:
    """The input whose name begins a header, the longest of them."""
    found = [name for name in names if f"{header}_".startswith(f"{name}_")]
    return max(found, key=len, default=None)


def _unit_fits(name: str, unit: units.Unit | None, token: str) -> bool:
    """Whether a unit is one of an input; a multiple of the plasma volume has none."""
    spec = SPEC_OF[name]
    plain = not token or spec.show != "plasma volumes"
    return unit is not None and unit.kind == spec.kind and plain


def _check_like_no_input(header: str, names: Collection[str]) -> None:
    """Refuse a header without a unit that is like an input, or begins with the name of one."""
    word, known = header.strip().casefold(), _by_short_name(names)
    near = [known[short] for short in most_alike(word, known, 1, LIKE)]
    near += [name for name in names if name in SPEC_OF and word.startswith(name)]
    if word and not near:
        return
    raise QuantityError(
        units.printable(header),
        NO_UNIT,
        _unit_or_keep(header),
        map(_header_forms, dict.fromkeys(near)),
        kind="unit",
    )


NO_UNIT = "a column without a unit in its name"


def _fault_of_unit(token: str, unit: units.Unit | None) -> str:
    if not token:
        return NO_UNIT
    if unit:
        return f"a unit of another kind, {token}"
    return f"{units.printable(token)}, not a unit known here"


def _first_form(name: str) -> str:
    return name if SPEC_OF[name].pure else f"{name}_{SPEC_OF[name].unit}"


def _header_forms(name: str) -> str:
    """The headers under which an input is read, in words: `weight_kg, weight_lb or weight_g`."""
    if name not in SPEC_OF:
        return name
    spec = SPEC_OF[name]
    likely = spec.likely or units.LIKELY.get(spec.kind, ())
    percent = ["percent"] * (spec.show == "%")
    others = [f"{name}_{unit}" for unit in (*likely, *percent) if unit != spec.unit]
    *first, last = _first_form(name), *others
    return " or ".join(filter(None, [", ".join(first), last]))


def _unit_or_keep(header: str) -> str:
    return (
        "a name with its unit, such as weight_kg, or the option keep with "
        f"{units.printable(header)}, which passes it through unread"
    )


def in_formula_unit(column: Column, kind: Any) -> pl.Expr:
    """A column in the unit of the formulas; null where a cell of text is not one plain number."""
    cell = pl.col(column.header)
    if column.unit is None:
        return cell.cast(pl.String)
    if kind == pl.String:
        cell = cell.str.strip_chars(WHITESPACE)
        cell = pl.when(cell.str.contains(PLAIN_NUMBER)).then(cell)
    number = cell.cast(pl.Float64)
    if column.unit.label == "%":
        number = number / 100  # 27 * 0.01 would not be 0.27 to the last digit
    elif column.factor != 1:
        number = number * column.factor
    return number


# --- the columns that are added -------------------------------------------------------------------

VOLUME_RESULTS = (
    "blood_volume_mL",
    "blood_volume_low_mL",
    "blood_volume_high_mL",
    "plasma_volume_mL",
    "plasma_volume_low_mL",
    "plasma_volume_high_mL",
    "method",
    "valid",
    "stop",
)
# The dose in the unit in which it is not given.
OTHER_DOSE = {"plasma_volumes": "exchange_volume_mL", "exchange_volume": "plasma_volumes"}
# The dose that the table lists for an indication.
LISTED_RESULTS = ("listed_plasma_volumes_low", "listed_plasma_volumes_high")
ALERT_RESULTS = ("alerts", "not_checked")
DOSE_RESULTS = ("plasma_volumes_low", "plasma_volumes_high", "fraction_removed_dilution_only")


def results(found: Collection[str], alerts: bool = False) -> tuple[str, ...]:
    """The names of the results where these inputs are given, and alerts are asked for or not."""
    doses = [OTHER_DOSE[name] for name in DOSE_INPUTS if name in found]
    listed = LISTED_RESULTS if "indication" in found else ()
    of_dose = (*doses[:1], *DOSE_RESULTS) if doses else ()
    return (*VOLUME_RESULTS, *of_dose, *listed, *(ALERT_RESULTS if alerts else ()))


def written(found: Collection[str], prefix: str = "", alerts: bool = False) -> tuple[str, ...]:
    """The names of the columns that are added where these inputs are given."""
    return tuple(f"{prefix}{name}" for name in (*results(found, alerts), *MARKS))
