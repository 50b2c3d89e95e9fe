"""Alerts of each row: an order of its inputs, prescribed as for one patient.

The conditions of the rules are Python, so each different row is a prescription of its own, some
thousand times slower than its volumes. The trap: a question that no column answers is not checked,
so a row without alerts is not a row without risk; `not_checked` counts these questions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

import polars as pl

from pexcalc.cohort.headers import ALERT_RESULTS, COLUMN_INPUTS, DOSE_INPUTS, MARKS, Column
from pexcalc.cohort.marks import REMEMBERED, cell_as_typed, mark_of, number_in, own_cells, scattered
from pexcalc.order.order import Order
from pexcalc.order.patient import Patient
from pexcalc.order.site import Site
from pexcalc.prescription import prescribe

PLACE_OF = {
    **{name: f"patient.{name}" for name in (*COLUMN_INPUTS, "sex", "states")},
    **{name: f"dose.{name}" for name in DOSE_INPUTS},
}
AT_ONCE = 50  # derived: rows prescribed between two looks at progress and interrupts
FOUND = {ALERT_RESULTS[0]: pl.String, ALERT_RESULTS[1]: pl.Int64, **dict.fromkeys(MARKS, pl.String)}


def rows_to_prescribe(read: Sequence[Column], schema: Any, sound: pl.Expr) -> pl.Expr:
    """What `AlertRows` takes: the cells of a row, and whether it was computed."""
    return pl.struct(sound.alias("~sound"), *(own_cells(one, schema[one.header]) for one in read))


class AlertRows:
    """Alerts of the rows of a batch, or why there is no order; called by polars."""

    def __init__(
        self, read: Sequence[Column], watch: Callable[[int], None] | None, site: Site | None
    ) -> None:
        self._read, self._watch, self._site, self._lock = read, watch, site, Lock()
        self._alerts = lru_cache(REMEMBERED)(self._alerts_of)

    def __call__(self, rows: pl.Series) -> pl.Series:
        """Alerts, count of what was not checked, code and sentence; null for other rows."""
        frame = rows.struct.unnest()
        sound = frame["~sound"].arg_true()
        self._report(len(rows) - len(sound))
        found: list[tuple[Any, ...]] = []
        for part in frame.drop("~sound")[sound].iter_slices(AT_ONCE):
            found += map(self._alerts, part.iter_rows())
            self._report(len(part))
        parts = {
            name: scattered(len(rows), sound, [row[place] for row in found], kind)
            for place, (name, kind) in enumerate(FOUND.items())
        }
        return pl.DataFrame(parts).to_struct("~alerts")

    def _alerts_of(self, cells: tuple[Any, ...]) -> tuple[Any, ...]:
        """The alerts of one row and what was not checked, or code and sentence of its fault."""
        found: list[Any] = []

        def answer() -> None:
            result = prescribe(_order_of(self._read, cells), self._site)
            words = " ".join(f"{one.severity}:{one.id}" for one in result.cautions)
            found.extend((words, len(result.not_checked)))

        mark = mark_of(answer)
        return (*(found or (None, None)), *mark)

    def _report(self, count: int) -> None:
        if self._watch and count:
            with self._lock:
                self._watch(count)


def _order_of(read: Sequence[Column], cells: Sequence[Any]) -> Order:
    """The order of one row; raises QuantityError."""
    row = {column.name: (column, cell) for column, cell in zip(read, cells)}
    years = number_in(*row["age"])
    order: dict[str, Any] = {"patient": {}, "dose": {}}
    for name, (column, cell) in row.items():
        if cell is not None:
            group, _, last = PLACE_OF.get(name, name).partition(".")
            value = cell_as_typed(column, cell, years)
            if last:
                order.setdefault(group, {})[last] = value
            else:
                order[group] = value
    patient = Patient(**order.pop("patient"))
    return Order(patient=patient, **order)
