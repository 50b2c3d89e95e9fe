"""A cohort from file to file: CSV or Parquet in, the same rows with results out, and a summary.

The target is there whole, or as it was before. The trap: while polars works Python runs no handler
of a signal, so the work is done in a thread, and an interrupt stops it at its next rows.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import BinaryIO

import polars as pl

from pexcalc import files
from pexcalc.cohort.headers import columns
from pexcalc.cohort.table import LIMITS_USED, compute
from pexcalc.order.site import Site, SiteUsed
from pexcalc.quantities import units
from pexcalc.quantities.errors import QuantityError, refuse_if
from pexcalc.quantities.given import if_given
from pexcalc.quantities.record import Result, Text, with_values
from pexcalc.report.entered import site_rows
from pexcalc.report.layout import Row, Section, printed

CHUNK = (
    24_576  # derived: rows at a time; with polars' own size large row groups take more than 0.5 GB
)
LOOK = 0.2  # derived: seconds between two looks at an interrupt
ENDINGS = (".csv", ".parquet")
# A damaged file makes polars panic.
UNREADABLE = (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException)


class CohortSummary(Result):
    """What became of a file: rows read and written, how many were marked and with which codes.

    `not_valid` and `stopped` count computed rows: those in whose state no estimator is valid, and
    those whose weight a prescription would stop at. `unread` are the columns that were passed
    through; `site` the site file whose limits held.
    """

    rows: int
    written: int
    marked: int
    codes: dict[str, int]
    not_valid: int
    stopped: int
    unread: tuple[Text, ...]
    site: SiteUsed | None


def compute_file(
    source: Path,
    target: Path,
    keep: Collection[str] = (),
    progress: Callable[[int, int], None] | None = None,
    site: Site | None = None,
    prefix: str = "",
    alerts: bool = False,
) -> CohortSummary:
    """Compute a CSV or Parquet file into another; the target is there whole, or as it was before.

    Parameters
    ----------
    source, target : Path
        Files whose names end in .csv or .parquet.
    keep : collection of str
        Columns that are passed through unread.
    progress : callable, optional
        Called with the rows in all and a number of rows that were done.
    site : Site, optional
        A site file, whose limits hold in place of those of the program.
    prefix : str
        What the names of the results begin with.
    alerts : bool
        Add the alerts of each row, and the number of questions that were not checked.

    Raises
    ------
    QuantityError
        For names, columns and files that cannot be used.
    OSError
        Where the result cannot be written.
    KeyboardInterrupt
        After the rows that are being computed; no part of the result is left.
    """
    _check_names(source, target)
    with _reading(source):
        sessions = _scan(source, source.suffix)
        headers = list(sessions.collect_schema())
        read = {column.header for column in columns(headers, keep, prefix, alerts)}
        total = sessions.select(pl.len()).collect().item()
    unread = tuple(header for header in headers if header not in read)
    stopped = Event()

    def watch(rows: int) -> None:
        if stopped.is_set():
            raise InterruptedError
        if progress:
            progress(total, rows)

    result = compute(sessions, keep, watch, site, prefix, alerts)

    def write(part: BinaryIO) -> CohortSummary:
        with _writing_from(source), pl.Config(streaming_chunk_size=CHUNK):
            _sink(result, part, target.suffix)
        found = _summary(Path(part.name), target.suffix, total, unread, prefix)
        used = if_given(site, lambda site: site.used_limits(site.limits if alerts else LIMITS_USED))
        return with_values(found, site=used)

    with files.writing(target) as part:
        summary = _in_a_thread(lambda: write(part), stopped)
        if summary.written != total:
            raise OSError(0, f"{summary.written} rows of {total}")
    return summary


def _in_a_thread(work: Callable[[], CohortSummary], stopped: Event) -> CohortSummary:
    """Do work where signals can be handled meanwhile; `stopped` is set when one ends the wait."""
    with ThreadPoolExecutor(1) as pool:
        try:
            running = pool.submit(work)
            while not running.done():
                wait((running,), LOOK)
        finally:
            stopped.set()
        return running.result()


def _check_names(source: Path, target: Path) -> None:
    """Refuse files that cannot be read or written by their names."""
    for name, path in (("IN", source), ("OUT", target)):
        shown, expected = (
            units.printable(path.name),
            "a file whose name ends in .csv or .parquet",
        )
        refuse_if(path.suffix not in ENDINGS, name, shown, expected, kind="file")
    shown = f"{units.printable(str(source))}, which is not there"
    refuse_if(not source.is_file(), "IN", shown, "a file", kind="file")
    if target.exists() and target.samefile(source):
        raise QuantityError("OUT", "the same file as IN", "another file", kind="file")
    shown = f"{units.printable(target.name)}, which is a folder, a pipe or a device"
    refuse_if(target.exists() and not target.is_file(), "OUT", shown, "a file", kind="file")


# --- polars ---------------------------------------------------------------------------------------


def _scan(path: Path, suffix: str) -> pl.LazyFrame:
    """A file as a table; every cell of a CSV is text until it is read strictly."""
    if suffix == ".csv":
        return pl.scan_csv(path, infer_schema=False, glob=False)
    return pl.scan_parquet(path, glob=False)


def _sink(table: pl.LazyFrame, part: BinaryIO, suffix: str) -> None:
    if suffix == ".csv":
        table.sink_csv(part)
    else:
        table.sink_parquet(part, row_group_size=2 * CHUNK)


@contextmanager
def _reading(source: Path) -> Iterator[None]:
    """Turn what polars says of a file that it cannot read into one line, a QuantityError."""
    try:
        yield
    except UNREADABLE as error:
        fault = units.printable(_first_line(error), 120)
        given = f"a file that polars cannot read ({fault})"
        raise QuantityError("IN", given, "CSV or Parquet", kind="file") from None


@contextmanager
def _writing_from(source: Path) -> Iterator[None]:
    """Turn what polars says of the target into one OSError; what it says of the source is read."""
    with _reading(source):
        try:
            yield
        except UNREADABLE as error:
            line = _first_line(error)
            number = re.search(r"([^:]*?) ?\(os error (\d+)\)", line)
            if str(source) in line or not (number or isinstance(error, OSError)):
                raise
            words, code = (number[1].strip(), int(number[2])) if number else (line, 0)
            fault = OSError(code, words)
        else:
            return
    raise fault


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]


# --- the summary ----------------------------------------------------------------------------------


def _summary(
    path: Path, suffix: str, total: int, unread: tuple[str, ...], prefix: str
) -> CohortSummary:
    """Count the rows of the file that was written; OSError where it cannot be read again."""
    try:
        counts = _counts(path, suffix, prefix)
    except UNREADABLE:  # their words name the part
        raise OSError(errno.EIO, "what was written cannot be read again") from None
    codes = dict(counts.select("code", "rows").drop_nulls("code").iter_rows())
    return CohortSummary(
        rows=total,
        written=counts["rows"].sum(),
        marked=sum(codes.values()),
        codes=codes,
        not_valid=counts["not_valid"].sum(),
        stopped=counts["stopped"].sum(),
        unread=unread,
        site=None,
    )


def _counts(path: Path, suffix: str, prefix: str) -> pl.DataFrame:
    """Rows by their code, the most frequent first."""
    return (
        _scan(path, suffix)
        .group_by(pl.col(f"{prefix}code").alias("code"))
        .agg(
            pl.len().alias("rows"),
            (pl.col(f"{prefix}valid").cast(pl.String) == "false").sum().alias("not_valid"),
            pl.col(f"{prefix}stop").is_not_null().sum().alias("stopped"),
        )
        .sort("rows", "code", descending=[True, False])
        .collect(engine="streaming")
    )


def summary_sections(summary: CohortSummary) -> list[Section]:
    """The summary in words."""
    rows = (
        Row("Read", _count(summary.rows)),
        Row("Written", _count(summary.written)),
        Row("Computed", _count(summary.written - summary.marked)),
        Row("Marked", f"{_count(summary.marked)} that cannot be computed: see code and sentence"),
        Row("Not valid", f"{_count(summary.not_valid)} computed for orientation only: see valid"),
        Row(
            "Stop",
            f"{_count(summary.stopped)} computed, whose weight puts an order on hold: see stop",
        ),
    )
    codes = tuple(Row(code, _count(rows)) for code, rows in summary.codes.items())
    unread = ", ".join(map(units.printable, summary.unread))
    parts = (
        Section("Rows", rows),
        Section("Marked rows by code", codes),
        Section("Columns", tuple(printed(Row("Passed through", unread)))),
        Section("Site", tuple(site_rows(summary.site))),
    )
    return [part for part in parts if part.rows]


def _count(value: int) -> str:
    return units.number(value, 0)
