"""Random inputs of each kind, with the counts: how many, answered, refused, failed.

    python -m tests.tools.random_inputs [--kind KIND ...] [--count 2000] [--seed 1]

Texts, orders, command lines, files of sessions, measured levels and fields of a form, as drawn in
tests/system/test_fuzz.py. Refused is one sentence, failed is anything else: a traceback, NaN,
figures out of order. 1 where one failed; the first few are printed. The same seed and count give
the same inputs with the same hypothesis. A long run is the same with --count 100000.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.system import test_fuzz as fuzz

KINDS: dict[str, tuple[st.SearchStrategy[Any], Callable[[Any, Path], bool]]] = {
    "texts": (fuzz.typed, lambda one, _: fuzz.answers_text(one)),
    "orders": (fuzz.documents, lambda one, _: fuzz.answers_document(one)),
    "lines": (fuzz.lines_of_any_kind, lambda one, _: fuzz.answers_line(one)),
    "sessions": (st.tuples(fuzz.session_files, fuzz.endings),
                 lambda one, folder: fuzz.answers_sessions(folder, *one)),
    "levels": (fuzz.orders_with_levels(), lambda one, _: fuzz.answers_levels(one)),
    "form": (fuzz.form_fields(), lambda one, _: fuzz.answers_form(one)),
}  # fmt: skip
AT_ONCE = 5_000  # the library keeps a record of each run: one of any length would fill the memory
SHOWN = 5


def run(kind: str, count: int, first_seed: int) -> tuple[Counter[str], dict[str, str]]:
    """The counts of one kind, and one input for each way to fail."""
    strategy, check = KINDS[kind]
    counts: Counter[str] = Counter()
    failures: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as name:
        for start in range(0, count, AT_ONCE):
            # The same inputs for the same seed, others in each part.
            @seed(first_seed * 1_000_003 + start)
            @settings(
                max_examples=min(AT_ONCE, count - start), deadline=None, database=None,
                derandomize=False, phases=[Phase.generate], suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @given(strategy)
            def each(one: Any) -> None:
                try:
                    counts["answered" if check(one, Path(name)) else "refused"] += 1
                except Exception as error:
                    counts["failed"] += 1
                    said = str(error).partition("\n")[0][:200]
                    failures.setdefault(f"{type(error).__name__}: {said}", repr(one))

            each()
    return counts, failures


def main(words: list[str] | None = None) -> int:
    """Run each kind and print its counts; 1 where one failed."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("--kind", action="append", choices=KINDS)
    reader.add_argument("--count", type=int, default=2000, help="inputs of each kind")
    reader.add_argument("--seed", type=int, default=1)
    asked = reader.parse_args(words)
    failed = 0
    for kind in asked.kind or KINDS:
        since = time.monotonic()
        counts, failures = run(kind, asked.count, asked.seed)
        failed += counts["failed"]
        parts = ", ".join(f"{counts[name]:,} {name}" for name in ("answered", "refused", "failed"))
        print(f"{kind}: {counts.total():,}, seed {asked.seed}: {parts}", end="; ")
        print(f"{time.monotonic() - since:.0f} s", flush=True)
        for way, one in list(failures.items())[:SHOWN]:
            print(f"  {way}\n    {one[:2000]}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
