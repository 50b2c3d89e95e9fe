"""One side of the cohort benchmark in a process of its own: python cohort.py make|ours|native PATHS.

`make OUT ROWS` writes adults, one in a thousand of whom cannot be computed. `ours IN OUT` and `native IN OUT` print
seconds and processor seconds, without imports, and the peak memory of the process in MB (Linux). `native` is what one writes in polars who knows that
all are adults: the same sum, the same columns, one sentence for every bad row.
"""

import re
import sys
import time
from pathlib import Path

import polars as pl


def make(target: Path, rows: int) -> None:
    """Write the table, in row groups of a usual size."""
    place = pl.int_range(rows)

    def drawn(seed: int, low: float, high: float) -> pl.Expr:
        return low + (high - low) * (place.hash(seed) % 1_000_003).cast(pl.Float64) / 1_000_003

    table = pl.select(
        sex=pl.when(drawn(1, 0, 1) < 0.5).then(pl.lit("male")).otherwise(pl.lit("female")),
        age_y=drawn(2, 18, 90),
        height_cm=drawn(3, 150, 195),
        weight_kg=pl.when(place % 1000 == 0).then(7000.0).otherwise(drawn(4, 50, 120)),
        hematocrit=drawn(5, 0.2, 0.5),
        plasma_volumes=drawn(6, 0.7, 1.6),
    )
    table.write_parquet(target, row_group_size=500_000)


def ours(source: Path, target: Path) -> None:
    """What `pexcalc cohort` does, its summary included."""
    cohort.compute_file(source, target)


def native(source: Path, target: Path) -> None:
    """The same by hand."""
    inputs = ("height_cm", "weight_kg", "hematocrit", "plasma_volumes")
    height, weight, hematocrit, volumes = map(pl.col, inputs)
    metres = height / 100
    good = (
        pl.col("sex").is_in(["male", "female"])
        & pl.col("age_y").is_between(18, 120)
        & height.is_between(85, 250)
        & weight.is_between(20, 400)
        & hematocrit.is_between(0.06, 0.7)
        & volumes.is_between(0.1, 4)
    )
    share = pl.when(weight / metres**2 >= 40).then(0.3).otherwise(0.2)
    male = 0.3669 * metres**3 + 0.03219 * weight + 0.6041
    female = 0.3561 * metres**3 + 0.03308 * weight + 0.1833
    blood, plasma, band, fine = map(pl.col, ("~blood", "~plasma", "~share", "~good"))
    results = {
        "blood_volume_mL": blood,
        "blood_volume_low_mL": blood * (1 - band),
        "blood_volume_high_mL": blood * (1 + band),
        "plasma_volume_mL": plasma,
        "plasma_volume_low_mL": plasma * (1 - band),
        "plasma_volume_high_mL": plasma * (1 + band),
        "method": pl.lit("Nadler"),
        "valid": hematocrit <= pl.when(pl.col("sex") == "female").then(0.56).otherwise(0.6),
        "stop": pl.when(weight < 10).then(pl.lit("W-PED")),
        "exchange_volume_mL": volumes * plasma,
        "plasma_volumes_low": volumes / (1 + band),
        "plasma_volumes_high": volumes / (1 - band),
        "fraction_removed_dilution_only": 1 - (-volumes).exp(),
    }
    table = pl.scan_parquet(source)
    columns = table.collect_schema().names()
    reason = pl.lit("a value that is missing or outside its range")
    total = 1000 * pl.when(pl.col("sex") == "female").then(female).otherwise(male)
    named = (total.alias("~blood"), share.alias("~share"), good.alias("~good"))
    table.with_columns(*named).with_columns((blood * (1 - hematocrit)).alias("~plasma")).select(
        *columns,
        *(pl.when(fine).then(value).alias(name) for name, value in results.items()),
        pl.when(~fine).then(pl.lit("refused")).alias("code"),
        pl.when(~fine).then(reason).alias("sentence"),
    ).sink_parquet(target)


if __name__ == "__main__":
    side, *rest = sys.argv[1:]
    if side == "make":
        make(Path(rest[0]), int(rest[1]))
    else:
        from pexcalc import cohort  # on both sides: its memory is no difference

        began, used = time.perf_counter(), time.process_time()
        (ours if side == "ours" else native)(*map(Path, rest))
        seconds = time.perf_counter() - began
        # Not getrusage: there a child starts with the peak of its parent.
        peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))
        assert peak
        print(seconds, time.process_time() - used, int(peak[1]) / 1024)
