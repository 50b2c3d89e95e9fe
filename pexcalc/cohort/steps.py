"""Intermediate columns between inputs and results, named with a tilde.

The body is the one of patient.plain, but of columns, so that choice and formulas are the same for
one patient and for many.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from pexcalc.order.patient import Body

BODY: Any = Body._make(pl.col(f"~{name}") for name in Body._fields)
BODY_WEIGHT = pl.col("~body_weight")  # restored where a limb is missing
BLOOD_VOLUME, PLASMA_VOLUME = pl.col("~blood"), pl.col("~plasma")
INTERVAL_SHARE, INVALID, METHOD = pl.col("~share"), pl.col("~invalid"), pl.col("~method")
LISTED_FOR = pl.col("~indication")
EXCHANGE_VOLUME, MULTIPLE_GIVEN = pl.col("~exchange_volume"), pl.col("~plasma_volumes")
