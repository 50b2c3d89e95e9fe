"""What is older than a year: sources by their date of reading, data tables by "valid until".

    python -m tests.tools.stale [--on 2027-11-01]    1 where something is too old
    python -m tests.tools.stale --renew              dates and digests of tables that changed

Dates are those that were noted. A source without one is counted as such; it has the day on which
what it says was first in git, and was read on that day or before (`by`). The day of a table is that
of its last change in git; a year from it is how long it is valid (judgement).
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path

from pexcalc.data import loading
from pexcalc.data.sources import Source, sources
from pexcalc.data.tables import DataTable, data_tables, digest_of
from tests.tools.trees import git

_READ_ON = re.compile(r", (\d{1,2} [A-Z][a-z]+ \d{4})$")
NOT_READ = ("none", "not read")  # nothing was read, so there is no date
FILE = loading.DATA / "tables.toml"


def read_on(source: Source) -> date | None:
    """The day on which a source was read, where that was noted behind the part that was read."""
    found = _READ_ON.search(source.read)
    return datetime.strptime(found[1], "%d %B %Y").date() if found else None


def a_year_after(day: date) -> date:
    """The same day of the next year; 1 March after 29 February."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 3, 1)


def stale(today: date) -> list[str]:
    """Sources read more than a year ago, and tables that are no longer valid, in words."""
    old = []
    for one in sources().values():
        day = read_on(one)
        if (last := str(day or one.by)) and today > a_year_after(date.fromisoformat(last)):
            old.append(f"source {one.key}: read on {day or f'{one.by} or before'}")
    tables = [one for one in data_tables().values() if today.isoformat() > one.valid_until]
    said = "table {0.file}: valid until {0.valid_until}, owner: {0.owner}"
    return old + [said.format(one) for one in tables]


def undated() -> list[str]:
    """The keys of sources that were read on a day that nobody noted."""
    without = [one for one in sources().values() if read_on(one) is None]
    return [one.key for one in without if not one.read.startswith(NOT_READ)]


def count_in_words() -> str:
    """How many sources have no day of reading, as the README says it."""
    return f"{len(undated())} of {len(sources())} sources have no recorded date of reading"


def changed_on(path: Path) -> date:
    """The day of the last change of a file by git; today where it has changed since."""
    day = git("log", "-1", "--format=%cs", "--", path.name, tree=path.parent).strip()
    now = git("status", "--porcelain", "--", path.name, tree=path.parent)
    return date.today() if now or not day else date.fromisoformat(day)


def renewed(table: DataTable) -> DataTable:
    """A table with the dates and the digest of its file, where that has changed; else as it is."""
    digest = digest_of(table.file)
    if digest == table.digest:
        return table
    day = changed_on(loading.DATA / table.file)
    until = a_year_after(day).isoformat()
    return table._replace(changed=day.isoformat(), valid_until=until, digest=digest, reviewed="")


def first_days(versions: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The day from which each source says what it says today, out of days and texts in order."""
    days: dict[str, str] = {}
    before: dict[str, tuple[str, str]] = {}
    for day, text in versions:
        now = {key: (row["cite"], row["read"]) for key, row in tomllib.loads(text).items()}
        days |= {key: day for key, said in now.items() if before.get(key) != said}
        before = now
    return days


def history(path: Path) -> Iterator[tuple[str, str]]:
    """Day and text of each version of a file in git, the oldest first, and what it is today."""
    commits = git("log", "--reverse", "--format=%H %cs", "--", path.name, tree=path.parent)
    for commit, day in map(str.split, commits.splitlines()):
        yield day, git("show", f"{commit}:./{path.name}", tree=path.parent)
    yield date.today().isoformat(), path.read_text(encoding="utf-8")


def renew_days() -> None:
    """Write `by` into the rows of sources.toml that have no day of reading and no `by`."""
    path = loading.DATA / "sources.toml"
    lacking = {key for key in undated() if not sources()[key].by}
    days = first_days(history(path)) if lacking else {}
    text = path.read_text(encoding="utf-8")
    for key in lacking:
        row = re.compile(rf'(\n\["?{re.escape(key)}"?\]\n(?:.+\n)*?read = .+\n)')
        text = row.sub(lambda found, key=key: f'{found[1]}by = "{days[key]}"\n', text)
    path.write_text(text, encoding="utf-8")
    sources.cache_clear()


def renew() -> None:
    """Write days into sources.toml, then tables.toml with the dates and digests of today's files."""
    renew_days()
    text = FILE.read_text(encoding="utf-8")
    head = text[: text.index('["')]
    rows = []
    for table in map(renewed, data_tables().values()):
        file, *fields = table._asdict().items()
        lines = "".join(f'{name} = "{value}"\n' for name, value in fields if value)
        rows.append(f'["{file[1]}"]\n{lines}')
    FILE.write_text(head + "\n".join(rows), encoding="utf-8")
    data_tables.cache_clear()


def main(words: list[str] | None = None) -> int:
    """Print what is too old; 1 where something is."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("--on", type=date.fromisoformat, default=date.today(), metavar="DATE")
    reader.add_argument("--renew", action="store_true", help="write days and digests")
    asked = reader.parse_args(words)
    if asked.renew:
        renew()
    old = stale(asked.on)
    print("\n".join(old or [f"nothing is older than a year on {asked.on}"]))
    print(count_in_words())
    if not any(one.reviewed for one in data_tables().values()):
        print("no table was reviewed")
    return int(bool(old))


if __name__ == "__main__":
    sys.exit(main())
