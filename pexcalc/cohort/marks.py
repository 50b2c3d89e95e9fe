"""Rows that cannot be computed, with the code and the error sentence of one patient.

A row of which it is certain that it can be computed is passed; every other row is given to the
functions for one patient. The trap: these are a thousand times slower, so rows that differ only in
sound values are given to them once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial, reduce
from operator import and_
from threading import Lock
from typing import Any

import polars as pl

from pexcalc.cohort.headers import (
    COLUMN_INPUTS,
    DOSE_INPUTS,
    MARKS,
    PREGNANCY_INPUTS,
    Column,
)
from pexcalc.cohort.steps import (
    BLOOD_VOLUME,
    BODY,
    BODY_WEIGHT,
    EXCHANGE_VOLUME,
    MULTIPLE_GIVEN,
    PLASMA_VOLUME,
)
from pexcalc.data import limits as limit_table
from pexcalc.data.indications import NOT_IN_TABLE
from pexcalc.data.limits import Limit
from pexcalc.exchange import dose
from pexcalc.exchange.estimate import assess
from pexcalc.order import fields
from pexcalc.order.fields import (
    ADULT,
    AGE,
    BLOOD_PER_KG,
    BMI,
    CHILD,
    GESTATION_AT_BIRTH,
    HEMATOCRIT,
    HEMATOCRIT_NEONATE,
    INFANT,
    INVALID_STATES,
    MISSING_SHARE,
    PLASMA_PER_KG,
    RANGES,
    SEX,
    SHORT_ADULT,
)
from pexcalc.order.order import DoseOrder
from pexcalc.order.patient import Patient, expected, group_of
from pexcalc.quantities import units
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.working import Recorder

SLICE = 500  # derived: rows judged one by one between two looks at progress and interrupts
REMEMBERED = 10_000  # derived: judged rows that are remembered
NOT_COMPUTED = ("not-computed", "row: got no plasma volume; expected one for these inputs.")
COMPUTED = (None, None)
# Bodies whose surface is certainly plausible (fields.SURFACE), which spares its powers for every
# row.
_ORDINARY_HEIGHT, _ORDINARY_WEIGHT = In("cm", 25, 230), In("kg", 0.5, 230)

Mark = tuple[str | None, str | None]


# --- rows that are certainly computed -------------------------------------------------------------


def certain(read: Sequence[Column]) -> Any:
    """Rows of which it is certain that the functions for one patient compute them."""
    doses = [_plausible_dose() for column in read if column.name in DOSE_INPUTS]
    return reduce(and_, doses, certain_body(read))


def certain_body(read: Sequence[Column]) -> Any:
    """Rows of whose patient that is certain; the dose may be at fault."""
    by_input = {
        "amputation": MISSING_SHARE.holds(BODY.missing),
        "states": pl.col("~states").is_null() | pl.col("~states").str.contains(_INVALID_ONLY),
        **{name: pl.col(f"~{name}").is_null() for name in PREGNANCY_INPUTS},
    }
    given = {column.name: column for column in read}
    conditions = [
        *_plausible_body(),
        *(condition for name, condition in by_input.items() if name in given),
        *([BODY.age >= 2] if _in_years(given["age"]) else []),
    ]
    return reduce(and_, conditions)


_INVALID_ONLY = f"^ *(?:(?:{'|'.join(INVALID_STATES)})(?: +|$))*$"


def _in_years(age: Column) -> bool:
    """Whether an age is in years, which below two is refused."""
    return age.unit == units.BY_LABEL["y"]


def _plausible_body() -> list[Any]:
    """Every input of a body within the range of its group."""
    neonate = pl.when(BODY.neonate)
    adult = BODY.age >= 18  # judgement plausibility: an adult
    return [
        BODY.sex.is_in(SEX.words),
        AGE.holds(BODY.age),
        _in_range_of_group("height", BODY.height),
        _in_range_of_group("weight", BODY.weight),
        neonate.then(HEMATOCRIT_NEONATE.holds(BODY.hematocrit)).otherwise(
            HEMATOCRIT.holds(BODY.hematocrit)
        ),
        ~adult | BMI.holds(BODY.bmi),
        neonate.then(GESTATION_AT_BIRTH.holds(BODY.weeks_at_birth)).otherwise(
            BODY.weeks_at_birth.is_null()
        ),
        BLOOD_PER_KG.holds(BLOOD_VOLUME / BODY_WEIGHT),
        PLASMA_PER_KG.holds(PLASMA_VOLUME / BODY_WEIGHT),
        _ORDINARY_HEIGHT.holds(BODY.height),
        _ORDINARY_WEIGHT.holds(BODY.weight),
    ]


def _plausible_dose() -> Any:
    per_kg = fields.PER_KG.holds(EXCHANGE_VOLUME / BODY.weight)
    return fields.MULTIPLE.holds(MULTIPLE_GIVEN) & per_kg


def _in_range_of_group(name: str, value: pl.Expr) -> pl.Expr:
    ranges = RANGES[name]
    child = pl.when(BODY.age >= 2).then(ranges[CHILD].holds(value))
    adult = pl.when(BODY.age >= 18)  # judgement plausibility: an adult
    return adult.then(ranges[ADULT].holds(value)).otherwise(
        child.otherwise(ranges[INFANT].holds(value))
    )


# --- the marks of a batch -------------------------------------------------------------------------


class MarkRows:
    """Code and sentence of the rows of a batch that cannot be computed; called by polars."""

    def __init__(
        self,
        read: Sequence[Column],
        watch: Callable[[int], None] | None,
        limits: Mapping[str, Limit] | None = None,
    ) -> None:
        limits = limit_table.limits() if limits is None else limits
        self._read, self._watch, self._lock = read, watch, Lock()
        self._doses = {place: one for place, one in enumerate(read) if one.name in DOSE_INPUTS}
        self._judge = lru_cache(REMEMBERED)(partial(_judge, read, limits))

    def __call__(self, rows: pl.Series) -> pl.Series:
        """The marks of a batch, null for rows that are computed."""
        frame = rows.struct.unnest()
        doubtful = frame["~certain"].not_().arg_true()
        self._report(len(rows) - len(doubtful))
        found = self._marks(frame[doubtful])
        marks = {
            name: _scattered(len(rows), doubtful, [mark[place] for mark in found])
            for place, name in enumerate(MARKS)
        }
        return pl.DataFrame(marks).to_struct("~mark")

    def _marks(self, doubtful: pl.DataFrame) -> list[Mark]:
        """The mark of each row, by the functions for one patient."""
        found: list[Mark] = []
        headers = [column.header for column in self._read]
        for rows in doubtful.select("~certain_body", *BODY_OF_DOSE, *headers).iter_slices(SLICE):
            for sound, *row in rows.iter_rows():
                body, cells = row[: len(BODY_OF_DOSE)], tuple(row[len(BODY_OF_DOSE) :])
                found.append(self._mark(cells, body if sound else None))
            self._report(len(rows))
        computed = doubtful["~plasma"].is_finite().fill_null(False)
        return [
            NOT_COMPUTED if mark == COMPUTED and not volume else mark
            for mark, volume in zip(found, computed)
        ]

    def _mark(self, cells: tuple[Any, ...], body: Sequence[float] | None) -> Mark:
        """The mark of one row; where the patient is sound, of its dose alone."""
        if body is None or not self._doses:
            return self._judge(with_typical_values(self._read, cells))
        return _marked(lambda: _order_dose(self._doses, cells, *body))

    def _report(self, count: int) -> None:
        if self._watch and count:
            with self._lock:
                self._watch(count)


def _scattered(length: int, places: pl.Series, values: list[str | None]) -> pl.Series:
    """A column of texts at these places, null elsewhere."""
    empty = pl.repeat(None, length, dtype=pl.String, eager=True)
    return empty.scatter(places, pl.Series(values, dtype=pl.String))


def _judge(read: Sequence[Column], limits: Mapping[str, Limit], cells: tuple[Any, ...]) -> Mark:
    """Code and sentence of one row, by the functions for one patient; nothing where all is well."""
    return _marked(lambda: _assess(read, limits, cells))


def _marked(compute_row: Callable[[], None]) -> Mark:
    try:
        compute_row()
    except QuantityError as error:
        first = error.faults[0]
        fault = {"missing": "missing"}.get(first.kind, "refused")
        return f"{re.sub('[ _.]', '-', first.argument)}-{fault}", str(first)
    return COMPUTED


def _assess(read: Sequence[Column], limits: Mapping[str, Limit], cells: tuple[Any, ...]) -> None:
    """Estimate the volumes of one row and its dose; raises QuantityError as for one patient."""
    row = {column.name: (column, cell) for column, cell in zip(read, cells)}
    years = number_in(*row["age"])
    inputs = {
        name: _as_typed(column, cell, years)
        for name, (column, cell) in row.items()
        if cell is not None
    }
    ordered = {name: inputs.pop(name) for name in DOSE_INPUTS if name in inputs}
    patient = Patient(**inputs)
    order = DoseOrder(**ordered) if not row.keys().isdisjoint(DOSE_INPUTS) else None
    record = Recorder()
    found = assess(patient, limits, record)
    if order:
        dose.ordered_dose(
            order.plasma_volumes,
            order.exchange_volume,
            NOT_IN_TABLE,
            found.plasma,
            found.share,
            found.weight,
            found.facts.group == ADULT,
            record,
        )


# What the dose of a row is checked against, from the columns on the way to the results.
BODY_OF_DOSE = ("~plasma", "~share", "~weight", "~age")


def _order_dose(
    doses: Mapping[int, Column],
    cells: tuple[Any, ...],
    plasma: float,
    share: float,
    weight: float,
    age: float,
) -> None:
    """The dose step of one row, whose volumes are known; raises QuantityError."""
    given = {one.name: (one, cells[place]) for place, one in doses.items()}
    order = DoseOrder(
        **{name: _as_typed(*pair) for name, pair in given.items() if pair[1] is not None}
    )
    adult = group_of(age) == ADULT
    volumes = plasma, share, weight, adult
    dose.ordered_dose(
        order.plasma_volumes, order.exchange_volume, NOT_IN_TABLE, *volumes, Recorder()
    )


# --- one cell -------------------------------------------------------------------------------------


def _as_typed(column: Column, cell: Any, years: float | None = None) -> Any:
    """A cell as the functions for one patient take it.

    Raises
    ------
    QuantityError
        For text that is not one plain number.
    """
    if column.name == "states":
        return tuple(dict.fromkeys(filter(None, cell.split(" "))))
    if column.unit is None:
        return cell
    number = _plain_number(column, cell, years) if isinstance(cell, str) else float(cell)
    if column.unit.label == "1":
        return number
    return units.private_registry().Quantity(number, column.unit.container)


def _plain_number(column: Column, text: str, years: float | None) -> float:
    reading = units.read(text)
    if reading.unit:
        reading = reading._replace(fault="a unit in the cell; the header has it")
    if reading.fault == "no unit":
        return reading.numbers[0]
    spec = expected(column.name, years) or COLUMN_INPUTS[column.name]
    meant = spec.meant(reading.numbers, column.unit, reading.both)
    raise QuantityError(column.name, units.got(reading), spec.expected, meant, kind="text")


def number_in(column: Column, cell: Any) -> float | None:
    """A cell in the unit of INPUTS; None where there is no number."""
    try:
        number = _as_typed(column._replace(unit=units.BY_LABEL["1"]), cell)
        return column.factor * float(number)
    except (QuantityError, TypeError):
        return None


# --- rows that get the same sentence --------------------------------------------------------------

TYPICAL_DOSE = {"plasma_volumes": 1.0, "exchange_volume": 3000.0}  # derived: sound values
TYPICAL_VALUES = {  # derived: sound values, in the units of INPUTS
    ADULT: {"age": 40.0, "height": 170.0, "weight": 70.0, "hematocrit": 0.4, **TYPICAL_DOSE},
    CHILD: {"age": 8.0, "height": 128.0, "weight": 26.0, "hematocrit": 0.38, **TYPICAL_DOSE},
}
# With one of these the ranges of the other inputs depend on more than the age group.
ENTANGLED = (*PREGNANCY_INPUTS, "gestation_at_birth", "amputation", "states")


def with_typical_values(read: Sequence[Column], cells: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row with typical values in place of its sound ones, where an input is out of its range.

    The sentence about that input depends on the others by the age group alone. So rows that differ
    only in sound values become the same row, and its sentence is written once. A row is returned
    as it is where its fault may lie in how the inputs fit together.
    """
    row = {column.name: (column, cell) for column, cell in zip(read, cells)}
    if _entangled(row):
        return cells
    numbers = {name: number_in(*pair) for name, pair in row.items() if name in COLUMN_INPUTS}
    group = _group(numbers["age"])
    if group == INFANT or _may_be_short_adult(numbers["height"]):
        return cells
    sound = _sound_inputs(numbers, RANGES_OF[group])
    at_fault = len(sound) < len(RANGES_OF[group]) or row["sex"][1] not in SEX.words
    if not at_fault:
        return cells
    # A dose is checked after the patient, who is at fault: any number will do.
    replaced = sound | {name for name in DOSE_INPUTS if numbers.get(name) is not None}
    return tuple(
        TYPICAL_VALUES[group][column.name] / column.factor if column.name in replaced else cell
        for column, cell in zip(read, cells)
    )


def _ranges(group: str) -> dict[str, In]:
    by_group = {name: ranges[group] for name, ranges in RANGES.items()}
    return {"age": AGE, "hematocrit": HEMATOCRIT, **by_group}


RANGES_OF = {group: _ranges(group) for group in TYPICAL_VALUES}


def _group(age: float | None) -> str:
    """The age group; that of an adult where the age itself is at fault."""
    return ADULT if age is None or not AGE.holds(age) else group_of(round(age, 9))


def _entangled(row: Mapping[str, tuple[Column, Any]]) -> bool:
    return any(row[name][1] is not None for name in ENTANGLED if name in row)


def _may_be_short_adult(height: float | None) -> bool:
    """Whether an adult with this height is asked about, which another input may explain."""
    return height is not None and bool(SHORT_ADULT.holds(height))


def _sound_inputs(numbers: Mapping[str, float | None], ranges: Mapping[str, In]) -> set[str]:
    """The inputs that are numbers within their ranges."""
    return {
        name
        for name, spec in ranges.items()
        if (number := numbers[name]) is not None and spec.holds(number)
    }
