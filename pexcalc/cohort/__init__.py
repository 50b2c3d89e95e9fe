"""Many rows at once: a table of sessions in, the same table with results out (extra `cohort`).

`compute` takes a polars LazyFrame and gives one; `compute_file` does the same from file to file. A
row that cannot be computed keeps its place, with a code and the sentence that one patient would
get. The trap: but for `alerts` nothing depends on the indication, so no row has been prescribed.
"""

try:
    import polars as _polars  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"pexcalc cohort needs {error.name}: pip install 'pexcalc[cohort]'", name=error.name
    ) from None

from pexcalc.cohort.headers import Column, columns, written
from pexcalc.cohort.table import compute
from pexcalc.cohort.transfer import CohortSummary, compute_file, summary_sections

__all__ = [
    "CohortSummary",
    "Column",
    "columns",
    "compute",
    "compute_file",
    "summary_sections",
    "written",
]
