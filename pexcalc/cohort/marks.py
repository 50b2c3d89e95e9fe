"""Rows that cannot be computed, with the code and the error sentence of one patient.

A row of which it is certain that it can be computed is passed; every other row is given to the
functions for one patient. The trap: these are a thousand times slower, so columns get typical
values where the cells have no part in the sentence, and equal rows are given to them once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, reduce
from operator import add, and_, or_
from threading import Lock
from typing import Any

import polars as pl

from pexcalc.cohort.headers import (
    COLUMN_INPUTS,
    DOSE_INPUTS,
    MARKS,
    ORDER_INPUTS,
    PREGNANCY_INPUTS,
    SPEC_OF,
    Column,
    in_formula_unit,
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
        self._limits = limits
        self._mark = lru_cache(REMEMBERED)(self._judge)
        self._steps: list[list[Any]] = []

    def __call__(self, rows: pl.Series) -> pl.Series:
        """The marks of a batch, null for rows that are computed."""
        frame = rows.struct.unnest()
        doubtful = frame["~certain"].not_().arg_true()
        self._report(len(rows) - len(doubtful))
        found = self._marks(frame[doubtful])
        marks = {
            name: scattered(len(rows), doubtful, [mark[place] for mark in found])
            for place, name in enumerate(MARKS)
        }
        return pl.DataFrame(marks).to_struct("~mark")

    def _marks(self, doubtful: pl.DataFrame) -> list[Mark]:
        """The mark of each row, by the functions for one patient."""
        if not self._steps:
            self._steps = self._alike(doubtful.schema)
        *steps, last = self._steps
        table = doubtful.lazy()
        for step in steps:  # each column once: as one expression they would be nested
            table = table.with_columns(step)
        alike = table.select(last).collect(optimizations=pl.QueryOptFlags.none())
        found: list[Mark] = []
        for rows in alike.iter_slices(SLICE):
            found += map(self._mark, rows.iter_rows())
            self._report(len(rows))
        computed = doubtful["~plasma"].is_finite().fill_null(False)
        return [
            NOT_COMPUTED if mark == COMPUTED and not volume else mark
            for mark, volume in zip(found, computed)
        ]

    def _alike(self, schema: Mapping[str, Any]) -> list[list[Any]]:
        """Steps to the rows with typical values for those that have no part in their sentence."""
        dose_alone, dose_only = pl.col("~dose_alone"), pl.col("~dose_only")
        of_dose = {
            "~dose_alone": pl.col("~certain_body") & pl.lit(bool(self._doses)),
            "~dose_only": _dose_outside(self._read, schema),
        }
        rows = _Rows(self._read, schema)
        found = {
            "~certain_body": dose_alone,
            "~one_fault": pl.when(~dose_alone).then(rows.one_fault),
            **{
                name: pl.when(dose_alone & ~dose_only).then(name).otherwise(typical)
                for name, typical in BODY_OF_DOSE.items()
            },
            **{
                column.header: pl.when(~dose_alone)
                .then(rows.cell(column))
                .when(column.name in DOSE_INPUTS)
                .then(rows.own(column))
                for column in self._read
            },
        }
        steps = [*rows.steps, of_dose, found]
        return [[value.alias(name) for name, value in step.items()] for step in steps]

    def _judge(self, row: tuple[Any, ...]) -> Mark:
        """The mark of one row; where the patient is sound, of its dose alone."""
        sound, one_fault, *rest = row
        body, cells = rest[: len(BODY_OF_DOSE)], tuple(rest[len(BODY_OF_DOSE) :])
        if sound:
            return mark_of(lambda: _order_dose(self._doses, cells, *body))
        if one_fault is not None:
            return mark_of(lambda: _check_faulty_input(self._read, cells, *one_fault.split()))
        return _judge(self._read, self._limits, cells)

    def _report(self, count: int) -> None:
        if self._watch and count:
            with self._lock:
                self._watch(count)


def scattered(
    length: int, places: pl.Series, values: list[Any], kind: Any = pl.String
) -> pl.Series:
    """A column of these values at these places, null elsewhere."""
    empty = pl.repeat(None, length, dtype=kind, eager=True)
    return empty.scatter(places, pl.Series(values, dtype=kind))


def _judge(read: Sequence[Column], limits: Mapping[str, Limit], cells: tuple[Any, ...]) -> Mark:
    """Code and sentence of one row, by the functions for one patient; nothing where all is well."""
    return mark_of(lambda: _assess(read, limits, cells))


def mark_of(compute_row: Callable[[], None]) -> Mark:
    """Code and sentence of what a row is refused for; nothing where it is not."""
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
        name: cell_as_typed(column, cell, years)
        for name, (column, cell) in row.items()
        if cell is not None
    }
    inputs.pop("indication", None)  # nothing here depends on it
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


# What the dose of a row is checked against, from the columns on the way to the results, with a
# value of each that is sound.
BODY_OF_DOSE = {"~plasma": 3000.0, "~share": 0.2, "~weight": 70.0, "~age": 40.0}  # derived: sound


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
        **{name: cell_as_typed(*pair) for name, pair in given.items() if pair[1] is not None}
    )
    adult = group_of(age) == ADULT
    volumes = plasma, share, weight, adult
    dose.ordered_dose(
        order.plasma_volumes, order.exchange_volume, NOT_IN_TABLE, *volumes, Recorder()
    )


def _check_faulty_input(
    read: Sequence[Column], cells: tuple[Any, ...], name: str, group: str, years: str
) -> None:
    """Hold the one input at fault of a patient against its range; raises QuantityError."""
    column, cell = next(pair for pair in zip(read, cells) if pair[0].name == name)
    spec, unit = RANGES_OF[group][name], column.unit
    if isinstance(cell, float) and unit and unit.label != "1":
        raise spec.refuse(name, cell, unit)  # what the next line does, without a Quantity
    spec.one(name, cell_as_typed(column, cell, float(years)))


SEVERAL_WORDS = ("states", *(path for path, row in ORDER_INPUTS.items() if row.several))


# --- one cell -------------------------------------------------------------------------------------


def cell_as_typed(column: Column, cell: Any, years: float | None = None) -> Any:
    """A cell as the functions for one patient take it.

    Raises
    ------
    QuantityError
        For text that is not one plain number.
    """
    if column.name in SEVERAL_WORDS:
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
    spec = expected(column.name, years) or SPEC_OF[column.name]
    meant = spec.meant(reading.numbers, column.unit, reading.both)
    raise QuantityError(column.name, units.got(reading), spec.expected, meant, kind="text")


def own_cells(column: Column, kind: Any) -> Any:
    """The cells of a column of this type as they are: numbers or text."""
    number = column.unit is not None and kind.is_numeric()
    return pl.col(column.header).cast(pl.Float64 if number else pl.String)


def number_in(column: Column, cell: Any) -> float | None:
    """A cell in the unit of INPUTS; None where there is no number."""
    try:
        number = cell_as_typed(column._replace(unit=units.BY_LABEL["1"]), cell)
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


def _ranges(group: str) -> dict[str, In]:
    by_group = {name: ranges[group] for name, ranges in RANGES.items()}
    return {"age": AGE, "hematocrit": HEMATOCRIT, **by_group}


RANGES_OF = {group: _ranges(group) for group in TYPICAL_VALUES}


def _dose_outside(read: Sequence[Column], schema: Mapping[str, Any]) -> Any:
    """Rows without a dose, or with plasma volumes out of their range, whoever the patient is."""
    found = pl.lit(False)
    for column in read:
        if column.name in DOSE_INPUTS:
            found |= pl.col(column.header).is_null()
        if column.name == "plasma_volumes":
            value = in_formula_unit(column, schema[column.header])
            found |= ~fields.MULTIPLE.holds(value).fill_null(True)
    return found


class _Rows:
    """Doubtful rows as expressions: which are alike, and their cells with typical values.

    The sentence about an input outside of its range depends on the others by the age group alone.
    So sound values become typical ones there, and rows that differ only in them become the same
    row. A row stays as it is where its fault may lie in how the inputs fit together, and where a
    cell is no plain number.
    """

    def __init__(self, read: Sequence[Column], schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._by_name = {column.name: column for column in read}
        self._adult, self._alike = pl.col("~adult"), pl.col("~alike")
        numbers = [name for name in self._by_name if name in COLUMN_INPUTS]
        value = {name: pl.col(f"~value.{name}") for name in numbers}
        sound = {name: pl.col(f"~sound.{name}") for name in RANGES_OF[ADULT]}
        age = value["age"].round(9)
        sex = pl.col(self._by_name["sex"].header).cast(pl.String).is_in(SEX.words)
        sex = sex.fill_null(False)
        cell = {name: pl.col(column.header) for name, column in self._by_name.items()}
        faults = [~one for one in sound.values()]
        apart = [
            *(cell[name].is_null() for name in ENTANGLED if name in cell),
            self._adult | (age >= 2),  # judgement plausibility: a child
            ~SHORT_ADULT.holds(value["height"]).fill_null(False),
            *(cell[name].is_null() | value[name].is_not_null() for name in numbers),
        ]
        self.steps: list[dict[str, Any]] = [
            {f"~value.{name}": self._value(name) for name in numbers},
            {
                "~adult": ~AGE.holds(age).fill_null(False)
                | (age >= 18)  # judgement plausibility: an adult
            },
            {f"~sound.{name}": self._holds(name, value[name]) for name in sound},
            {"~alike": reduce(and_, apart) & reduce(or_, faults, ~sex)},
        ]
        doses = {name: value[name].is_not_null() for name in DOSE_INPUTS if name in value}
        self._replaced = {**sound, **doses}
        # Input, age group and years of rows with one number outside its range and no other fault.
        given = {name: ~sound[name] & value[name].is_finite() for name in sound}
        count: Any = reduce(add, (fault.cast(pl.Int8) for fault in faults))
        faulty: Any = pl.coalesce(pl.when(one).then(pl.lit(name)) for name, one in given.items())
        group = pl.when(self._adult).then(pl.lit(f"{ADULT} 40")).otherwise(pl.lit(f"{CHILD} 8"))
        self.one_fault = pl.when(self._alike & sex & (count == 1)).then(
            pl.concat_str(faulty, group, separator=" ")
        )

    def _value(self, name: str) -> Any:
        column = self._by_name[name]
        return in_formula_unit(column, self._schema[column.header])

    def _holds(self, name: str, value: Any) -> Any:
        adult, child = (RANGES_OF[group][name].holds(value) for group in (ADULT, CHILD))
        return pl.when(self._adult).then(adult).otherwise(child).fill_null(False)

    def own(self, column: Column) -> Any:
        """The cells of a column as they are."""
        return own_cells(column, self._schema[column.header])

    def cell(self, column: Column) -> Any:
        """The cells of a column, typical where they have no part in the sentence."""
        own, name = self.own(column), column.name
        if name == "indication":  # nothing here depends on it
            return pl.lit(None, pl.String)
        if name not in self._replaced:
            return own
        adult, child = (
            pl.lit(TYPICAL_VALUES[group][name] / column.factor) for group in (ADULT, CHILD)
        )
        typical = pl.when(self._adult).then(adult).otherwise(child)
        if not self._schema[column.header].is_numeric():
            typical = typical.cast(pl.String)
        return pl.when(self._alike & self._replaced[name]).then(typical).otherwise(own)
