"""Many rows at once: a table of sessions in, the same table with volumes, dose and marks out (extra `cohort`).

`compute` takes a polars LazyFrame and gives one: the kernels and the choice of one patient on whole
columns, every row for itself, run by polars. `compute_file` does the same from file to file. A row
that cannot be computed keeps its place, with a code and the sentence that one patient would get.
Not here: anything that depends on the indication.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import lru_cache, partial, reduce
from itertools import groupby
from operator import and_, or_
from pathlib import Path
from threading import Event, Lock
from typing import Any, BinaryIO, NamedTuple

from pexcalc import files
from pexcalc.data import limits as limit_table
from pexcalc.data.indications import NOT_IN_TABLE
from pexcalc.exchange import dose, volume
from pexcalc.exchange.estimate import BAND, ESTIMATORS, WIDE_BAND, assess
from pexcalc.kinetics import dilution
from pexcalc.order import fields
from pexcalc.order.fields import (
    ADULT,
    AGE,
    BLOOD_PER_KG,
    BMI,
    CHILD,
    EXCHANGE,
    GESTATION,
    GESTATION_AT_BIRTH,
    GROWTH_STATES,
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
from pexcalc.order.patient import TERM_WEEKS, Body, Patient, expected, group_of, is_neonate
from pexcalc.quantities import units
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import CheckedFormula
from pexcalc.quantities.record import Result, Text
from pexcalc.report.layout import Row, Section
from pexcalc.rules.caution_rules import RULES
from pexcalc.rules.estimator_rules import METHODS

try:
    import polars as pl
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"pexcalc cohort needs {error.name}: pip install 'pexcalc[cohort]'", name=error.name
    ) from None

CHUNK = 24_576  # derived: rows at a time: with polars' own size a file of large row groups takes more than 0.5 GB
JUDGED = 500  # derived: marked rows, of which each is looked at by itself, between two looks at progress and interrupts
# What is read, with the unit in which the kernels take it; a header is one of these names and a
# unit: weight_kg.
INPUTS: Mapping[str, In] = {
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
WORDS = ("sex", "states")
REQUIRED = ("sex", "age", "height", "weight", "hematocrit")
DOSES = ("plasma_volumes", "exchange_volume")
# Inputs of a few rows, whose rules go one row at a time.
RARE = ("gestation", "pre_pregnancy_weight", "pre_pregnancy_hematocrit")

MARKS = ("code", "sentence")
NOT_COMPUTED = ("not-computed", "row: got no plasma volume; expected one for these inputs.")
# Bodies whose surface is certainly plausible (fields.SURFACE), which spares its powers for every
# row.
_ORDINARY = (In("cm", 25, 230), In("kg", 0.5, 230))
_MARK = pl.Struct(dict.fromkeys(MARKS, pl.String))
_BLANK = " \t\r\n"  # as units.read strips it


class Column(NamedTuple):
    """A column that is read: its header, the input that it holds, the unit of its numbers (None for words).

    `factor` takes a number to the unit of INPUTS.
    """

    header: str
    name: str
    unit: units.Unit | None = None
    factor: float = 1.0


# --- which column is what -------------------------------------------------------------------------


def columns(headers: Sequence[str], keep: Collection[str] = ()) -> list[Column]:
    """The columns that are read; QuantityError for a header that leaves a doubt.

    Columns in `keep` are passed through unread, whatever their name, and so are those of other
    inputs that have a unit in their name.
    """
    for header in keep:
        if header not in headers:
            raise QuantityError(
                "keep",
                units.printable(header),
                "a column of the table",
                units.alike(header, headers),
                kind="missing",
            )
    found: dict[str, Column] = {}
    unread = []
    for header in headers:
        column = None if header in keep else _column(header)
        if column and column.name in found:
            both = f"both {found[column.name].header} and {header}"
            raise QuantityError(column.name, both, "one column for each input", kind="conflict")
        if column:
            found[column.name] = column
        elif header not in keep:
            unread.append(header)
    taken = [header for header in headers if header in written(found) or header.startswith("~")]
    if taken:
        raise QuantityError(
            taken[0],
            "a column of that name",
            "one that is not among the results; rename it",
            kind="conflict",
        )
    for header in unread:
        stem, _, unit = header.rpartition("_")
        near = units.alike(stem.casefold(), [name for name in INPUTS if name not in found], 1, 0.8)
        if near:
            meant = [f"{near[0]}_{units.printable(unit)}"]
            raise QuantityError(
                units.printable(header),
                "a column that is not known here",
                _or_keep(header),
                meant,
                kind="unknown",
            )
    for name in REQUIRED:
        if name not in found:
            raise QuantityError(name, "no column", _forms(name), kind="missing")
    if all(name in found for name in DOSES):
        raise QuantityError(
            "dose",
            f"both {' and '.join(found[name].header for name in DOSES)}",
            "one of them",
            kind="conflict",
        )
    return list(found.values())


def written(found: Collection[str]) -> tuple[str, ...]:
    """The names of the columns that are added where these inputs are given."""
    return (*_results(found), *MARKS)


def _column(header: str) -> Column | None:
    """What a header stands for; None where it is not for us and has a unit; QuantityError where it is neither."""
    if header in WORDS:
        return Column(header, header)
    last = header.rpartition("_")[2] if "_" in header else ""
    name = next(
        (
            name
            for name in sorted(INPUTS, key=len, reverse=True)
            if f"{header}_".startswith(f"{name}_")
        ),
        None,
    )
    shown = units.printable(header)
    if name is None:
        if last in units.BY_TOKEN:
            return None
        near = units.alike(header.casefold(), (*INPUTS, *WORDS), 1, 0.8)
        raise QuantityError(
            shown,
            "a column without a unit in its name",
            _or_keep(header),
            map(_forms, near),
            kind="unit",
        )
    token = header[len(name) + 1 :]
    unit = units.BY_TOKEN.get(token) if token else units.BY_LABEL["1"]
    if (
        unit
        and unit.kind == INPUTS[name].kind
        and (not token or INPUTS[name].show != "plasma volumes")
    ):
        return Column(header, name, unit, INPUTS[name].from_unit(unit.label, 1.0))
    if unit is None and last in units.BY_TOKEN:
        return None
    fault = "a column without a unit in its name"
    if token:
        fault = (
            f"a unit of another kind, {token}"
            if unit
            else f"{units.printable(token)}, not a unit known here"
        )
    raise QuantityError(shown, fault, _forms(name), [_first_form(name)], kind="text")


def _first_form(name: str) -> str:
    return name if INPUTS[name].pure else f"{name}_{INPUTS[name].unit}"


def _forms(name: str) -> str:
    """The headers under which an input is read, in words: `weight_kg, weight_lb or weight_g`."""
    if name in WORDS:
        return name
    spec = INPUTS[name]
    likely = [unit for unit in spec.likely or units.LIKELY.get(spec.kind, ()) if unit != spec.unit]
    forms = [
        _first_form(name),
        *(f"{name}_{unit}" for unit in likely),
        *([f"{name}_percent"] * (spec.show == "%")),
    ]
    return f"{', '.join(forms[:-1])} or {forms[-1]}" if len(forms) > 1 else forms[0]


def _or_keep(header: str) -> str:
    return f"a name with its unit, such as weight_kg, or --keep {units.printable(header)} to pass it through unread"


def _check_types(read: Sequence[Column], schema: Mapping[str, Any]) -> None:
    """Refuse a column that holds neither numbers nor text, or words that are not text."""
    for column in read:
        kind = schema[column.header]
        words = (pl.Categorical, pl.Enum) if column.unit is None else ()
        if not (kind in (pl.String, pl.Null, *words) or (column.unit and kind.is_numeric())):
            raise QuantityError(
                column.header,
                f"a column of {kind}",
                "numbers" if column.unit else "text",
                kind="type",
            )


# --- the table ------------------------------------------------------------------------------------

# A body as patient.plain makes one, but of columns: the choice and the kernels are the same for
# both.
_B: Any = Body._make(pl.col(f"~{name}") for name in Body._fields)
_BLOOD, _PLASMA, _SHARE, _WEIGHT, _INVALID = (
    pl.col(f"~{name}") for name in ("blood", "plasma", "share", "body_weight", "invalid")
)
_EXCHANGED, _MULTIPLE = pl.col("~exchange_volume"), pl.col("~plasma_volumes")


def compute(
    sessions: pl.LazyFrame, keep: Collection[str] = (), watch: Callable[[int], None] | None = None
) -> pl.LazyFrame:
    """The table with blood and plasma volume, their bands, the dose, and for a row that cannot be computed why.

    Parameters: sessions (columns by name and unit: sex, age_y, height_cm, weight_kg, hematocrit,
    ...; see docs/cohort.md), keep (columns that are passed through unread), watch (called with a
    number of rows that were looked at, one call at a time). Returns: the same rows in the same
    order, with the columns of `written` beside their own; `code` and `sentence` are null where a
    row was computed, the others where it was not. Raises QuantityError before the first row for a
    column that leaves a doubt. Every step is elementwise.

    >>> row = {"sex": "male", "age_y": 23, "height_cm": 172, "weight_kg": 65, "hematocrit": 0.27}
    >>> round(compute(pl.LazyFrame([row])).collect()["plasma_volume_mL"].item(), 3)
    3331.283
    """
    schema = sessions.collect_schema()
    read = columns(list(schema), keep)
    _check_types(read, schema)
    has = {column.name for column in read}
    table = sessions.with_columns(_bare(column, schema[column.header]) for column in read)
    table = _with_volumes(_with_body(table, has), has)
    if dosed := [name for name in DOSES if name in has]:
        table = table.with_columns(_other_dose(dosed[0]))
    rows = pl.struct(
        _fine(read).fill_null(False).alias("~fine"), _PLASMA, *(column.header for column in read)
    )
    mark = rows.map_batches(_marker(read, watch), return_dtype=_MARK, is_elementwise=True)
    code, sentence = (pl.col("~mark").struct.field(name) for name in MARKS)
    table = table.with_columns(mark.alias("~mark"))
    # What the results are made of is taken away from marked rows; so all of them are null.
    parts = [
        _BLOOD,
        _PLASMA,
        _SHARE,
        _INVALID,
        pl.col("~method"),
        _B.weight,
        *([_MULTIPLE, _EXCHANGED] if dosed else ()),
    ]
    table = table.with_columns(pl.when(code.is_null()).then(part) for part in parts)
    results = [value.alias(name) for name, value in _results(has).items()]
    return table.select(*schema, *results, code, sentence)


def _bare(column: Column, kind: Any) -> pl.Expr:
    """A column in the unit of the kernels; null where a cell of text is not one plain number."""
    cell = pl.col(column.header)
    if column.unit is None:
        return cell.cast(pl.String).alias(f"~{column.name}")
    if kind == pl.String:
        cell = cell.str.strip_chars(_BLANK)
        cell = pl.when(cell.str.contains(r"^[+-]?[0-9]+(\.[0-9]+)?$")).then(cell)
    number = cell.cast(pl.Float64)
    if column.unit.label == "%":
        number = number / 100  # 27 * 0.01 would not be 0.27 to the last digit
    elif column.factor != 1:
        number = number * column.factor
    return number.alias(f"~{column.name}")


def _with_body(table: pl.LazyFrame, has: Collection[str]) -> pl.LazyFrame:
    """What the choice looks at, as in patient.plain."""
    missing = pl.col("~amputation").fill_null(0.0) if "amputation" in has else pl.lit(0.0)
    before = (
        pl.coalesce("~pre_pregnancy_weight", _B.weight)
        if "pre_pregnancy_weight" in has
        else _B.weight
    )
    weeks = (
        pl.col("~gestation_at_birth") if "gestation_at_birth" in has else pl.lit(None, pl.Float64)
    )
    return (
        table.with_columns(
            _B.age.round(9),
            missing.alias("~missing"),
            weeks.alias("~weeks_at_birth"),
            (before / (1 - missing)).alias("~kept"),
        )
        .with_columns(
            volume.body_mass_index.kernel(_B.height / 100, _B.kept).round(9).alias("~bmi"),
            is_neonate(_B.age).alias("~neonate"),
            (pl.when(_B.missing > 0).then(_B.kept).otherwise(_B.weight)).alias("~body_weight"),
        )
        .with_columns(
            (_B.neonate & (_B.weeks_at_birth < TERM_WEEKS).fill_null(False)).alias("~preterm")
        )
    )


def _with_volumes(table: pl.LazyFrame, has: Collection[str]) -> pl.LazyFrame:
    """Blood and plasma volume by the estimator that the choice names, and their band."""
    table = table.with_columns(
        _chosen(_blood).alias("~blood"),
        _chosen(lambda key: pl.lit(ESTIMATORS[key].name)).alias("~method"),
    ).with_columns(volume.plasma_volume.kernel(_BLOOD, _B.hematocrit).alias("~plasma"))
    if {"gestation", "pre_pregnancy_hematocrit"} <= set(has):
        table = _with_pregnancy(table, has)
    pregnant = _B.gestation.is_not_null() if "gestation" in has else pl.lit(False)
    # judgement plausibility: as for one patient
    band = (
        pl.when(_B.neonate | (_B.bmi >= 40) | pregnant | _INVALID).then(WIDE_BAND).otherwise(BAND)
    )
    return table.with_columns(_invalid(has).alias("~invalid")).with_columns(band.alias("~share"))


def _results(has: Collection[str]) -> dict[str, pl.Expr]:
    """The columns that are added, for rows that are computed."""
    limits = limit_table.limits()
    stops = [
        (rule.id, limits[rule.limit].low)
        for rule in RULES
        if (rule.severity, rule.fact) == ("stop", "weight")
    ]
    ends = (("", 1.0), ("_low", 1 - _SHARE), ("_high", 1 + _SHARE))
    sizes = (("blood", _BLOOD), ("plasma", _PLASMA))
    volumes = {
        f"{what}_volume{end}_mL": share * value for what, value in sizes for end, share in ends
    }
    judged = {
        "method": pl.col("~method"),
        "valid": ~_INVALID,
        "stop": pl.coalesce(
            pl.when(_B.weight.round(9) < low).then(pl.lit(code)) for code, low in stops
        ),
    }
    if not any(name in has for name in DOSES):
        return volumes | judged
    other = (
        {"exchange_volume_mL": _EXCHANGED}
        if "plasma_volumes" in has
        else {"plasma_volumes": _MULTIPLE}
    )
    bounds = {
        "plasma_volumes_low": _MULTIPLE / (1 + _SHARE),
        "plasma_volumes_high": _MULTIPLE / (1 - _SHARE),
    }
    by_dilution = _run(dilution.fraction_removed, plasma_volumes=_MULTIPLE)
    return volumes | judged | other | bounds | {"fraction_removed_dilution_only": by_dilution}


def _other_dose(given: str) -> Any:
    """The dose in the unit in which it is not given."""
    if given == "plasma_volumes":
        return _run(dose.exchange_volume, plasma_volume=_PLASMA, plasma_volumes=_MULTIPLE).alias(
            "~exchange_volume"
        )
    return _run(
        dose.plasma_volumes_exchanged, exchange_volume=_EXCHANGED, plasma_volume=_PLASMA
    ).alias("~plasma_volumes")


def _invalid(has: Collection[str]) -> Any:
    """Rows in whose state, or with whose hematocrit, no estimator is valid."""
    limits = limit_table.limits()
    most = {sex: limits[f"hematocrit-high-{sex}"].high for sex in SEX.words}
    high = pl.when(_B.sex == "female").then(most["female"]).otherwise(most["male"])
    return _state(INVALID_STATES, has) | (~_B.neonate & ((100 * _B.hematocrit).round(9) > high))


def _chosen(value: Callable[[str], Any]) -> Any:
    """The table of the choice, read from the top; rows in a row that name one estimator are one condition."""
    found: Any = pl.lit(None)
    for key, rows in reversed(
        [(key, list(rows)) for key, rows in groupby(METHODS, key=lambda row: row.key)]
    ):
        found = (
            pl.when(reduce(or_, (row.when(_B) for row in rows))).then(value(key)).otherwise(found)
        )
    return found


def _blood(key: str) -> Any:
    """Blood volume in mL by one estimator; its kernel takes one sex."""
    function = ESTIMATORS[key].function
    inputs = {sex: ESTIMATORS[key].inputs(_B._replace(sex=sex)) for sex in SEX.words}
    by_sex = {
        sex: _run(function, **values) * (1000 if function.formula.unit == "L" else 1)
        for sex, values in inputs.items()
    }
    if "sex" not in function.formula.inputs:
        return by_sex["male"]
    return pl.when(_B.sex == "female").then(by_sex["female"]).otherwise(by_sex["male"])


def _run(function: CheckedFormula[..., Any], **values: Any) -> Any:
    """A kernel on columns."""
    return function.kernel(
        **values, **({"m": _Math} if "m" in (function.kernel.__kwdefaults__ or ()) else {})
    )


class _Math:
    """What the kernels take of `math`, for columns."""

    @staticmethod
    def log10(column: pl.Expr) -> pl.Expr:
        """The logarithm to base 10."""
        return column.log(10)

    @staticmethod
    def expm1(column: pl.Expr) -> pl.Expr:
        """e^x - 1; the doses of a session are not so small that the difference would lose digits."""
        return column.exp() - 1


def _with_pregnancy(table: pl.LazyFrame, has: Collection[str]) -> pl.LazyFrame:
    """Where the values from before it are given: the plasma volume then, its rise, and the blood volume from it."""
    before = volume.plasma_volume.kernel(_BLOOD, pl.col("~pre_pregnancy_hematocrit"))
    risen = {
        course: volume.pregnancy_plasma_volume.kernel(before, _B.gestation, course)
        for course in ("complicated", "healthy")
    }
    plasma = (
        pl.when(_state(GROWTH_STATES, has)).then(risen["complicated"]).otherwise(risen["healthy"])
    )
    blood = volume.blood_volume_from_plasma.kernel(pl.col("~risen"), _B.hematocrit)
    return table.with_columns(plasma.alias("~risen")).with_columns(
        pl.coalesce(blood, _BLOOD).alias("~blood"), pl.coalesce("~risen", _PLASMA).alias("~plasma")
    )


def _state(words: Sequence[str], has: Collection[str]) -> pl.Expr:
    """Rows whose states have one of these words."""
    if "states" not in has:
        return pl.lit(False)
    return pl.col("~states").str.contains(f"(?:^| )(?:{'|'.join(words)})(?: |$)").fill_null(False)


# --- rows that cannot be computed -----------------------------------------------------------------


def _fine(read: Sequence[Column]) -> Any:
    """Rows of which it is certain that one patient's functions take them; every other row is shown to those."""
    has = {column.name: column for column in read}
    conditions = [
        _B.sex.is_in(SEX.words),
        AGE.holds(_B.age),
        _by_group("height", _B.height),
        _by_group("weight", _B.weight),
        pl.when(_B.neonate)
        .then(HEMATOCRIT_NEONATE.holds(_B.hematocrit))
        .otherwise(HEMATOCRIT.holds(_B.hematocrit)),
        (_B.age < 18) | BMI.holds(_B.bmi),  # judgement plausibility: an adult
        pl.when(_B.neonate)
        .then(GESTATION_AT_BIRTH.holds(_B.weeks_at_birth))
        .otherwise(_B.weeks_at_birth.is_null()),
        BLOOD_PER_KG.holds(_BLOOD / _WEIGHT),
        PLASMA_PER_KG.holds(_PLASMA / _WEIGHT),
        *(spec.holds(size) for spec, size in zip(_ORDINARY, (_B.height, _B.weight))),
        *(pl.col(f"~{name}").is_null() for name in RARE if name in has),
    ]
    if (age := has["age"].unit) and age.label == "y":
        conditions.append(_B.age >= 2)
    if "amputation" in has:
        conditions.append(MISSING_SHARE.holds(_B.missing))
    if "states" in has:
        words = f"^ *(?:(?:{'|'.join(INVALID_STATES)})(?: +|$))*$"
        conditions.append(pl.col("~states").is_null() | pl.col("~states").str.contains(words))
    if any(name in has for name in DOSES):
        conditions += [
            fields.MULTIPLE.holds(_MULTIPLE),
            fields.PER_KG.holds(_EXCHANGED / _B.weight),
        ]
    return reduce(and_, conditions)


def _by_group(name: str, value: pl.Expr) -> pl.Expr:
    ranges = RANGES[name]
    young = (
        pl.when(_B.age >= 2).then(ranges[CHILD].holds(value)).otherwise(ranges[INFANT].holds(value))
    )
    return (
        pl.when(_B.age >= 18).then(ranges[ADULT].holds(value)).otherwise(young)
    )  # judgement plausibility: an adult


def _marker(
    read: Sequence[Column], watch: Callable[[int], None] | None
) -> Callable[[pl.Series], pl.Series]:
    """The function that marks the rows of a batch that cannot be computed."""
    judge, lock = lru_cache(10_000)(partial(_judge, read)), Lock()

    def looked(count: int) -> None:
        if watch and count:
            with lock:
                watch(count)

    def mark(rows: pl.Series) -> pl.Series:
        frame = rows.struct.unnest()
        marks = {name: pl.repeat(None, len(rows), dtype=pl.String, eager=True) for name in MARKS}
        doubtful = frame["~fine"].not_().arg_true()
        looked(len(rows) - len(doubtful))
        if len(doubtful):
            asked = frame[doubtful]
            found: list[tuple[str | None, str | None]] = []
            for some in asked.select(c.header for c in read).iter_slices(JUDGED):
                found += [judge(_reduced(read, cells)) for cells in some.iter_rows()]
                looked(len(some))
            lost = asked["~plasma"].is_finite().fill_null(False).not_()
            found = [
                NOT_COMPUTED if nothing and one == (None, None) else one
                for one, nothing in zip(found, lost)
            ]
            for place, name in enumerate(MARKS):
                marks[name] = marks[name].scatter(
                    doubtful, pl.Series([one[place] for one in found], dtype=pl.String)
                )
        return pl.DataFrame(marks).to_struct("~mark")

    return mark


def _judge(read: Sequence[Column], cells: tuple[Any, ...]) -> tuple[str | None, str | None]:
    """Code and sentence of one row, by the functions for one patient; nothing where they take it."""
    try:
        years = next(
            _bare_cell(column, cell) for column, cell in zip(read, cells) if column.name == "age"
        )
        inputs = {
            column.name: _entered(column, cell, years)
            for column, cell in zip(read, cells)
            if cell is not None
        }
        ordered = {name: inputs.pop(name) for name in DOSES if name in inputs}
        patient = Patient(**inputs)
        order = DoseOrder(**ordered) if any(column.name in DOSES for column in read) else None
        found = assess(patient, limit_table.limits())
        if order:
            dose.work_out(
                order.plasma_volumes,
                order.exchange_volume,
                NOT_IN_TABLE,
                found.plasma,
                found.share,
                found.facts["weight"],
                found.facts["group"] == ADULT,
                None,
            )
    except QuantityError as error:
        first = error.faults[0]
        what = "missing" if first.kind == "missing" else "refused"
        return f"{re.sub('[ _.]', '-', first.argument)}-{what}", str(first)
    return None, None


def _entered(column: Column, cell: Any, years: float | None = None) -> Any:
    """A cell as one patient's functions take it; QuantityError for text that is not one plain number."""
    if column.name == "states":
        return tuple(dict.fromkeys(word for word in cell.split(" ") if word))
    if column.unit is None:
        return cell
    if isinstance(cell, str):
        reading = units.read(cell)
        if reading.unit:
            reading = reading._replace(fault="a unit in the cell; the header has it")
        if reading.fault != "no unit":
            spec = expected(column.name, years) or INPUTS[column.name]
            meant = spec.meant(reading.numbers, column.unit, reading.both)
            raise QuantityError(column.name, units.got(reading), spec.expected, meant, kind="text")
        cell = reading.numbers[0]
    if column.unit.label == "1":
        return float(cell)
    return units.private_registry().Quantity(float(cell), column.unit.container)


# Sound values, in the units of INPUTS.
_TYPICAL_DOSE = {"plasma_volumes": 1.0, "exchange_volume": 3000.0}  # derived: a sound value
_TYPICAL = {  # derived: sound values
    ADULT: {"age": 40.0, "height": 170.0, "weight": 70.0, "hematocrit": 0.4, **_TYPICAL_DOSE},
    CHILD: {"age": 8.0, "height": 128.0, "weight": 26.0, "hematocrit": 0.38, **_TYPICAL_DOSE},
}


def _reduced(read: Sequence[Column], cells: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row with typical values for its sound ones where an input is at fault by itself.

    The sentence is about that input and knows nothing of the others but the age group; rows that
    differ only in these are then one row, and its sentence is made once.
    """
    row = {column.name: (column, cell) for column, cell in zip(read, cells)}
    if any(
        row[name][1] is not None
        for name in (*RARE, "gestation_at_birth", "amputation", "states")
        if name in row
    ):
        return cells
    bare = {name: _bare_cell(*row[name]) for name in REQUIRED if name != "sex"}
    age = bare["age"]
    group = group_of(round(age, 9)) if age is not None and AGE.holds(age) else ADULT
    height = bare["height"]
    if group == INFANT or (height is not None and SHORT_ADULT.holds(height)):
        return cells
    ranges = {
        "age": AGE,
        "hematocrit": HEMATOCRIT,
        **{name: by_group[group] for name, by_group in RANGES.items()},
    }
    sound = {
        name for name, value in bare.items() if value is not None and ranges[name].holds(value)
    }
    if len(sound) == len(bare) and row["sex"][1] in SEX.words:
        return cells
    # A dose is looked at after the patient, who is at fault here: any number will do.
    sound |= {name for name in DOSES if name in row and _bare_cell(*row[name]) is not None}
    return tuple(
        _TYPICAL[group][column.name] / column.factor if column.name in sound else cell
        for column, cell in zip(read, cells)
    )


def _bare_cell(column: Column, cell: Any) -> float | None:
    """A cell in the unit of INPUTS; None where there is no number."""
    try:
        return column.factor * float(_entered(column._replace(unit=units.BY_LABEL["1"]), cell))
    except (QuantityError, TypeError):
        return None


# --- from file to file ----------------------------------------------------------------------------


class Summary(Result):
    """What became of a file: rows read and written, how many were marked and with which codes.

    `not_valid` and `stopped` count computed rows: those in whose state no estimator is valid, and
    those whose weight a prescription would stop at. `unread` are the columns that were passed
    through.
    """

    rows: int
    written: int
    marked: int
    codes: dict[str, int]
    not_valid: int
    stopped: int
    unread: tuple[Text, ...]


def compute_file(
    source: Path,
    target: Path,
    keep: Collection[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Compute a CSV or Parquet file into another; the target is there whole, or as it was before.

    Parameters: source and target (by their ending .csv or .parquet), keep (columns passed through
    unread), progress (called with the rows in all and a number of rows that were done). Returns
    Summary. Raises QuantityError for names, columns and files that are neither, OSError where the
    result cannot be written. An interrupt stops it after the rows that are being computed and
    leaves no part of the result.
    """
    for name, path in (("IN", source), ("OUT", target)):
        if path.suffix not in (".csv", ".parquet"):
            raise QuantityError(
                name,
                units.printable(path.name),
                "a file whose name ends in .csv or .parquet",
                kind="file",
            )
    if not source.is_file():
        raise QuantityError(
            "IN", f"{units.printable(str(source))}, which is not there", "a file", kind="file"
        )
    if target.exists():
        if target.samefile(source):
            raise QuantityError("OUT", "the same file as IN", "another file", kind="file")
        if not target.is_file():
            raise QuantityError(
                "OUT",
                f"{units.printable(target.name)}, which is a folder, a pipe or a device",
                "a file",
                kind="file",
            )
    with _files(source):
        sessions = _scan(source, source.suffix)
        headers = list(sessions.collect_schema())
        read = {column.header for column in columns(headers, keep)}
        total = sessions.select(pl.len()).collect().item()
    stopped = Event()

    def watch(rows: int) -> None:
        if stopped.is_set():
            raise InterruptedError
        if progress:
            progress(total, rows)

    result = compute(sessions, keep, watch)

    def write(part: BinaryIO) -> Summary:
        with _files(source, writing=True), pl.Config(streaming_chunk_size=CHUNK):
            if target.suffix == ".csv":
                result.sink_csv(part)
            else:
                result.sink_parquet(part, row_group_size=2 * CHUNK)
        try:
            return _summary(
                Path(part.name), target.suffix, total, tuple(h for h in headers if h not in read)
            )
        except (
            OSError,
            pl.exceptions.PolarsError,
            pl.exceptions.PanicException,
        ):  # their words name the part
            raise OSError(errno.EIO, "what was written cannot be read again") from None

    # In a thread: Python runs handlers of signals in its main thread, and not while polars has it.
    with ThreadPoolExecutor(1) as pool, files.writing(target) as part:
        try:
            work = pool.submit(write, part)
            while not work.done():
                wait((work,), 0.2)  # derived: seconds between two looks at an interrupt
        finally:
            stopped.set()
        summary = work.result()
        if summary.written != total:
            raise OSError(0, f"{summary.written} rows of {total}")
    return summary


@contextmanager
def _files(source: Path, writing: bool = False) -> Iterator[None]:
    """Turn what polars says into one line: QuantityError for a file that it cannot read, OSError where it writes."""
    try:
        yield
    except (
        OSError,
        pl.exceptions.PolarsError,
        pl.exceptions.PanicException,
    ) as error:  # the last for a damaged file
        said = str(error).partition("\n")[0]
        failed = re.search(r"([^:]*?) ?\(os error (\d+)\)", said)
        if writing and str(source) not in said and (failed or isinstance(error, OSError)):
            raise OSError(
                int(failed[2]) if failed else 0, failed[1].strip() if failed else said
            ) from None
        fault = units.printable(said, 120)
        raise QuantityError(
            "IN", f"a file that polars cannot read ({fault})", "CSV or Parquet", kind="file"
        ) from None


def _scan(path: Path, suffix: str) -> pl.LazyFrame:
    """A file as a table; every cell of a CSV is text until it is read strictly."""
    if suffix == ".csv":
        return pl.scan_csv(path, infer_schema=False, glob=False)
    return pl.scan_parquet(path, glob=False)


def _summary(path: Path, suffix: str, total: int, unread: tuple[str, ...]) -> Summary:
    """What stands in the file that was written."""
    counts = (
        _scan(path, suffix)
        .group_by("code")
        .agg(
            pl.len().alias("rows"),
            (pl.col("valid").cast(pl.String) == "false").sum().alias("not_valid"),
            pl.col("stop").is_not_null().sum().alias("stopped"),
        )
        .sort("rows", "code", descending=[True, False])
        .collect(engine="streaming")
    )
    codes = {
        code: rows for code, rows in counts.select("code", "rows").iter_rows() if code is not None
    }
    return Summary(
        rows=total,
        written=counts["rows"].sum(),
        marked=sum(codes.values()),
        codes=codes,
        not_valid=counts["not_valid"].sum(),
        stopped=counts["stopped"].sum(),
        unread=unread,
    )


def sections(summary: Summary) -> list[Section]:
    """The summary in words."""

    def count(value: int) -> str:
        return units.number(value, 0)

    rows = [
        Row("Read", count(summary.rows)),
        Row("Written", count(summary.written)),
        Row("Computed", count(summary.written - summary.marked)),
        Row("Marked", f"{count(summary.marked)} that cannot be computed: see code and sentence"),
        Row("Not valid", f"{count(summary.not_valid)} computed for orientation only: see valid"),
        Row(
            "Stop",
            f"{count(summary.stopped)} computed, at which a prescription would stop: see stop",
        ),
    ]
    parts = [Section("Rows", tuple(rows))]
    if summary.codes:
        parts.append(
            Section(
                "Marked rows by code",
                tuple(Row(code, count(n)) for code, n in summary.codes.items()),
            )
        )
    if summary.unread:
        parts.append(
            Section(
                "Columns", (Row("Passed through", ", ".join(map(units.printable, summary.unread))),)
            )
        )
    return parts
