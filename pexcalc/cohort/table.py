"""Volumes and doses of whole columns: the formulas and the choice of one patient, run by polars.

Every step is elementwise. The trap: a table of conditions is read from the top, so a row that no
condition names must stay null and must not take the last value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any

import polars as pl

from pexcalc.cohort.headers import (
    ALERT_RESULTS,
    DOSE_INPUTS,
    LISTED_RESULTS,
    MARKS,
    ORDER_INPUTS,
    Column,
    check_types,
    columns,
    in_formula_unit,
    results,
)
from pexcalc.cohort.marks import BODY_OF_DOSE, MarkRows, certain, certain_body
from pexcalc.cohort.steps import (
    BLOOD_VOLUME,
    BODY,
    EXCHANGE_VOLUME,
    INTERVAL_SHARE,
    INVALID,
    LISTED_FOR,
    METHOD,
    MULTIPLE_GIVEN,
    PLASMA_VOLUME,
)
from pexcalc.data import limits as limit_table
from pexcalc.data.indications import indications
from pexcalc.data.limits import Limit
from pexcalc.exchange import dose, volume
from pexcalc.exchange.estimate import BAND, ESTIMATORS, WIDE_BAND
from pexcalc.kinetics import dilution
from pexcalc.order.fields import GROWTH_STATES, INVALID_STATES, SEX
from pexcalc.order.patient import TERM_WEEKS, is_neonate
from pexcalc.order.site import Site
from pexcalc.quantities.formula import CheckedFormula
from pexcalc.rules.alerts import RULES
from pexcalc.rules.estimator_rules import METHODS


def compute(
    sessions: pl.LazyFrame,
    keep: Collection[str] = (),
    watch: Callable[[int], None] | None = None,
    site: Site | None = None,
    prefix: str = "",
    alerts: bool = False,
) -> pl.LazyFrame:
    """Add blood and plasma volume with their intervals and the dose, or why there is none.

    Parameters
    ----------
    sessions : polars.LazyFrame
        Columns by name and unit: sex, age_y, height_cm, weight_kg, hematocrit, ...; see
        docs/cohort.md.
    keep : collection of str
        Columns that are passed through unread.
    watch : callable, optional
        Called with the number of rows that were checked, one call at a time.
    site : Site, optional
        A site file, whose limits hold in place of those of the program.
    prefix : str
        What the names of the results begin with, such as pexcalc_.
    alerts : bool
        Prescribe each row too, and add the alerts of its order and the number of questions that
        were not checked; some thousand times slower, equal rows once.

    Returns
    -------
    polars.LazyFrame
        The same rows in the same order, with the results beside their own columns. `code` and
        `sentence` are null where a row was computed, the results where it was not.

    Raises
    ------
    QuantityError
        Before the first row, for a column that leaves a doubt.

    Examples
    --------
    >>> row = {"sex": "male", "age_y": 23, "height_cm": 172, "weight_kg": 65, "hematocrit": 0.27}
    >>> round(compute(pl.LazyFrame([row])).collect()["plasma_volume_mL"].item(), 3)
    3331.283
    """
    limits = limit_table.limits() if site is None else site.limits_in_force
    schema = sessions.collect_schema()
    every = columns(list(schema), keep, prefix, alerts)
    check_types(every, schema)
    read = [column for column in every if column.name not in ORDER_INPUTS]
    has = {column.name for column in read}
    doses = [name for name in DOSE_INPUTS if name in has]
    table = sessions.with_columns(
        in_formula_unit(column, schema[column.header]).alias(f"~{column.name}") for column in read
    )
    table = _with_volumes(_with_body(table, has), has, limits)
    table = table.with_columns(map(_other_dose, doses))
    rows = pl.struct(
        certain(read).fill_null(False).alias("~certain"),
        certain_body(read).fill_null(False).alias("~certain_body"),
        *BODY_OF_DOSE,
        *(column.header for column in read),
    )
    marks = MarkRows(read, _only_looking(watch) if alerts else watch, limits)
    mark = rows.map_batches(marks, return_dtype=_MARK, is_elementwise=True)
    steps = [BLOOD_VOLUME, PLASMA_VOLUME, INTERVAL_SHARE, INVALID, METHOD, BODY.weight]
    steps += [MULTIPLE_GIVEN, EXCHANGE_VOLUME] if doses else []
    steps += [LISTED_FOR] if "indication" in has else []
    table = table.with_columns(mark.alias("~mark"))
    if alerts:
        table = _with_alerts(table, every, schema, watch, site)
    code, sentence = (_field(name, alerts) for name in MARKS)
    table = table.with_columns(pl.when(code.is_null()).then(step) for step in steps)
    values = _result_values(limits)
    if "indication" in has:
        values |= zip(LISTED_RESULTS, map(_listed_end, ("pv_low", "pv_high")))
    values |= {name: pl.col("~alerts").struct.field(name) for name in ALERT_RESULTS}
    values |= zip(MARKS, (code, sentence))
    names = (*results(has, alerts), *MARKS)
    return table.select(*schema, *(values[name].alias(f"{prefix}{name}") for name in names))


_MARK = pl.Struct(dict.fromkeys(MARKS, pl.String))


def _only_looking(watch: Callable[[int], None] | None) -> Callable[[int], None] | None:
    """The same without counting rows, which a later step does."""
    return None if watch is None else lambda rows: watch(0)


def _with_alerts(
    table: pl.LazyFrame,
    read: Sequence[Column],
    schema: Mapping[str, Any],
    watch: Callable[[int], None] | None,
    site: Site | None,
) -> pl.LazyFrame:
    """The alerts of each row that can be computed, and why it cannot be ordered."""
    from pexcalc.cohort.alerts import FOUND, AlertRows, rows_to_prescribe

    rows = rows_to_prescribe(read, schema, _field("code", alerts=False).is_null())
    found = rows.map_batches(
        AlertRows(read, watch, site), return_dtype=pl.Struct(FOUND), is_elementwise=True
    )
    return table.with_columns(found.alias("~alerts"))


def _field(name: str, alerts: bool) -> pl.Expr:
    """Code or sentence of a row: of its volumes, else of its order where alerts are asked for."""
    steps = ("~mark", "~alerts") if alerts else ("~mark",)
    return pl.coalesce(pl.col(step).struct.field(name) for step in steps)


# --- the body -------------------------------------------------------------------------------------


def _given_or(name: str, has: Collection[str], otherwise: Any) -> Any:
    """The column of an input, or its constant where the table has none."""
    return pl.col(f"~{name}") if name in has else otherwise


def _with_body(table: pl.LazyFrame, has: Collection[str]) -> pl.LazyFrame:
    """What the choice of an estimator looks at, as in patient.plain."""
    missing = _given_or("amputation", has, pl.lit(0.0)).fill_null(0.0)
    before = pl.coalesce(_given_or("pre_pregnancy_weight", has, BODY.weight), BODY.weight)
    weeks = _given_or("gestation_at_birth", has, pl.lit(None, pl.Float64))
    table = table.with_columns(
        BODY.age.round(9),
        missing.alias("~missing"),
        weeks.alias("~weeks_at_birth"),
        (before / (1 - missing)).alias("~kept"),
    )
    table = table.with_columns(
        volume.body_mass_index.kernel(BODY.height / 100, BODY.kept).round(9).alias("~bmi"),
        is_neonate(BODY.age).alias("~neonate"),
        pl.when(BODY.missing > 0).then(BODY.kept).otherwise(BODY.weight).alias("~body_weight"),
    )
    before_term = (BODY.weeks_at_birth < TERM_WEEKS).fill_null(False)
    return table.with_columns((BODY.neonate & before_term).alias("~preterm"))


# --- volumes --------------------------------------------------------------------------------------


def _with_volumes(
    table: pl.LazyFrame, has: Collection[str], limits: Mapping[str, Limit]
) -> pl.LazyFrame:
    """Blood and plasma volume by the estimator that the choice names, and their interval."""
    table = table.with_columns(
        _chosen(_blood_by).alias("~blood"),
        _chosen(lambda key: pl.lit(ESTIMATORS[key].name)).alias("~method"),
    )
    plasma = volume.plasma_volume.kernel(BLOOD_VOLUME, BODY.hematocrit)
    table = _with_pregnancy(table.with_columns(plasma.alias("~plasma")), has)
    pregnant = _given_or("gestation", has, pl.lit(None)).is_not_null()
    wide = (
        BODY.neonate | (BODY.bmi >= 40) | pregnant | INVALID
    )  # judgement plausibility: as for one patient
    interval = pl.when(wide).then(WIDE_BAND).otherwise(BAND)
    table = table.with_columns(_without_estimator(has, limits).alias("~invalid"))
    return table.with_columns(interval.alias("~share"))


def _without_estimator(has: Collection[str], limits: Mapping[str, Limit]) -> Any:
    """Rows in whose state, or with whose hematocrit, no estimator is valid."""
    most = {sex: limits[f"hematocrit-high-{sex}"].high for sex in SEX.words}
    high = pl.when(BODY.sex == "female").then(most["female"]).otherwise(most["male"])
    too_high = (100 * BODY.hematocrit).round(9) > high
    return _in_state(INVALID_STATES, has) | (~BODY.neonate & too_high)


def _chosen(value: Callable[[str], Any]) -> Any:
    """The table of the choice, read from the top; neighbors of one estimator are one condition."""
    runs = [(key, list(rows)) for key, rows in groupby(METHODS, key=lambda row: row.key)]
    found: Any = pl.lit(None)
    for key, rows in reversed(runs):
        condition = reduce(or_, (row.when(BODY) for row in rows))
        found = pl.when(condition).then(value(key)).otherwise(found)
    return found


def _blood_by(key: str) -> Any:
    """Blood volume in mL by one estimator, whose formula takes one sex."""
    estimator = ESTIMATORS[key]
    per_liter = {"L": 1000}.get(estimator.function.formula.unit, 1)
    by_sex = {
        sex: _on_columns(estimator.function, **estimator.inputs(BODY._replace(sex=sex))) * per_liter
        for sex in SEX.words
    }
    if "sex" not in estimator.function.formula.inputs:
        return by_sex["male"]
    return pl.when(BODY.sex == "female").then(by_sex["female"]).otherwise(by_sex["male"])


def _on_columns(function: CheckedFormula[..., Any], **values: Any) -> Any:
    """A formula on columns."""
    logarithms = {"m": _Math} if "m" in (function.kernel.__kwdefaults__ or ()) else {}
    return function.kernel(**values, **logarithms)


class _Math:
    """What the formulas take of `math`, for columns."""

    @staticmethod
    def log10(column: pl.Expr) -> pl.Expr:
        """The logarithm to base 10."""
        return column.log(10)

    @staticmethod
    def expm1(column: pl.Expr) -> pl.Expr:
        """e^x - 1; the doses of a session are not so small that it would lose digits."""
        return column.exp() - 1


def _with_pregnancy(table: pl.LazyFrame, has: Collection[str]) -> pl.LazyFrame:
    """In a pregnancy with values from before: plasma volume then, its rise, blood volume."""
    if not {"gestation", "pre_pregnancy_hematocrit"} <= set(has):
        return table
    before = volume.plasma_volume.kernel(BLOOD_VOLUME, pl.col("~pre_pregnancy_hematocrit"))
    complicated, healthy = (
        volume.pregnancy_plasma_volume.kernel(before, BODY.gestation, course)
        for course in ("complicated", "healthy")
    )
    risen = pl.when(_in_state(GROWTH_STATES, has)).then(complicated).otherwise(healthy)
    blood = volume.blood_volume_from_plasma.kernel(pl.col("~risen"), BODY.hematocrit)
    return table.with_columns(risen.alias("~risen")).with_columns(
        pl.coalesce(blood, BLOOD_VOLUME).alias("~blood"),
        pl.coalesce("~risen", PLASMA_VOLUME).alias("~plasma"),
    )


def _in_state(words: Sequence[str], has: Collection[str]) -> pl.Expr:
    """Rows whose states have one of these words."""
    pattern = f"(?:^| )(?:{'|'.join(words)})(?: |$)"
    states = _given_or("states", has, pl.lit(None, pl.String))
    found: pl.Expr = states.str.contains(pattern).fill_null(False)
    return found


# --- the dose and the results ---------------------------------------------------------------------


def _other_dose(given: str) -> Any:
    """The dose in the unit in which it is not given."""
    by_given = {
        "plasma_volumes": _on_columns(
            dose.exchange_volume, plasma_volume=PLASMA_VOLUME, plasma_volumes=MULTIPLE_GIVEN
        ).alias("~exchange_volume"),
        "exchange_volume": _on_columns(
            dose.plasma_volumes_exchanged,
            exchange_volume=EXCHANGE_VOLUME,
            plasma_volume=PLASMA_VOLUME,
        ).alias("~plasma_volumes"),
    }
    return by_given[given]


def _result_values(limits: Mapping[str, Limit]) -> dict[str, Any]:
    """Every result by its name."""
    least, most = 1 - INTERVAL_SHARE, 1 + INTERVAL_SHARE
    return {
        "blood_volume_mL": BLOOD_VOLUME,
        "blood_volume_low_mL": least * BLOOD_VOLUME,
        "blood_volume_high_mL": most * BLOOD_VOLUME,
        "plasma_volume_mL": PLASMA_VOLUME,
        "plasma_volume_low_mL": least * PLASMA_VOLUME,
        "plasma_volume_high_mL": most * PLASMA_VOLUME,
        "method": METHOD,
        "valid": ~INVALID,
        "stop": _stop(limits),
        "exchange_volume_mL": EXCHANGE_VOLUME,
        "plasma_volumes": MULTIPLE_GIVEN,
        "plasma_volumes_low": MULTIPLE_GIVEN / (1 + INTERVAL_SHARE),
        "plasma_volumes_high": MULTIPLE_GIVEN / (1 - INTERVAL_SHARE),
        "fraction_removed_dilution_only": _on_columns(
            dilution.fraction_removed, plasma_volumes=MULTIPLE_GIVEN
        ),
    }


def _listed_end(end: str) -> pl.Expr:
    """An end of the dose that the table lists for an indication; null where it lists none."""
    found = {id: getattr(row, end) for id, row in indications().items()}
    return LISTED_FOR.replace_strict(found, default=None, return_dtype=pl.Float64)


def _stop(limits: Mapping[str, Limit]) -> pl.Expr:
    """The id of the rule that would stop a prescription for this weight."""
    weight = BODY.weight.round(9)
    return pl.coalesce(
        pl.when(weight < limits[rule.limit].low).then(pl.lit(rule.id)) for rule in WEIGHT_STOPS
    )


WEIGHT_STOPS = tuple(
    rule for rule in RULES if (rule.severity, rule.about) == ("stop", ("patient.weight",))
)
# The limits that a column of the result depends on.
LIMITS_USED = (
    *(f"hematocrit-high-{sex}" for sex in SEX.words),
    *(rule.limit for rule in WEIGHT_STOPS),
)
