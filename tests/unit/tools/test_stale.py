"""What is older than a year: sources by their date of reading, data tables by their last change."""

from datetime import date

from click.testing import CliRunner

from pexcalc import prescribe
from pexcalc.cli import cli
from pexcalc.data import loading
from pexcalc.data.sources import Source, sources
from pexcalc.data.tables import data_tables
from pexcalc.report import sheet
from pexcalc.report.layout import cited
from tests.support.paths import ROOT
from tests.support.patients import order
from tests.tools import stale


def test_every_data_file_has_its_dates_and_an_owner():
    files = {path.name for path in loading.DATA.iterdir() if path.suffix in (".csv", ".toml")}
    assert set(data_tables()) == files - {"tables.toml"}
    for table in data_tables().values():
        assert table.owner
        changed = date.fromisoformat(table.changed)
        assert table.valid_until == stale.a_year_after(changed).isoformat()


def test_a_date_of_reading_is_what_was_noted_and_never_taken_from_elsewhere():
    words = ("abstract, 28 November 2026", "notice of 26 July 2022", "through Raes 2006, table 2")
    noted = [stale.read_on(Source("key", "cite", read)) for read in words]
    assert noted == [date(2026, 11, 28), None, None]
    without = {"nadler-1962", "arithmetic", "zheng2004"} & set(stale.undated())
    assert without == {"nadler-1962"}
    # Where no day is recorded, the row says so, with the day since which it says what it says.
    assert {key for key, one in sources().items() if one.by} == set(stale.undated())
    assert "date of reading not recorded, 2026-11-23 or before)" in cited(sources()["nadler-1962"])
    assert stale.count_in_words() in " ".join((ROOT / "README.md").read_text("utf-8").split())
    rows = [f'[a]\ncite = "A"\nread = "{read}"\n' for read in ("abstract", "table", "table")]
    assert stale.first_days(zip("123", rows)) == {"a": "2"}


def test_what_is_older_than_a_year_is_listed():
    first = min(one.valid_until for one in data_tables().values())
    assert stale.stale(date.fromisoformat(first)) == []
    old = stale.stale(date(2027, 11, 29))
    assert "source zheng2004: read on 2026-11-28" in old
    assert "source nadler-1962: read on 2026-11-23 or before" in old
    assert len(stale.stale(date(2100, 1, 1))) >= len(data_tables())
    assert stale.main(["--on", "2100-01-01"]) == 1
    assert stale.a_year_after(date(2028, 2, 29)) == date(2029, 3, 1)


def test_a_table_that_has_changed_loses_its_review_and_gets_a_new_date(monkeypatch):
    table = data_tables()["fluids.toml"]._replace(reviewed="2027-01-02")
    assert stale.renewed(table) == table
    monkeypatch.setattr(stale, "changed_on", lambda path: date(2027, 3, 4))
    again = stale.renewed(table._replace(digest="0"))
    assert (again.changed, again.valid_until, again.reviewed) == ("2027-03-04", "2028-03-04", "")


def test_the_sheet_prints_the_dates_and_says_when_they_are_past():
    def words(**more):
        rows = [row for part in sheet.sections(prescribe(order(**more))) for row in part.rows]
        return next(row.text for row in rows if row.label == "Data tables")

    until = min(one.valid_until for one in data_tables().values())
    assert f"valid until {until}" in words()
    assert "no review on record" in words()
    assert "PAST" not in words(ordered_at=f"{until}T23:00+00:00")
    assert "PAST" in words(ordered_at="2100-01-01T10:00+00:00")


def test_the_tables_are_shown_by_the_command():
    printed = CliRunner().invoke(cli, ["show", "tables"], catch_exceptions=False).stdout
    for table in data_tables().values():
        assert table.file in printed
        assert table.digest in printed
    refused = CliRunner().invoke(cli, ["show", "tables", "nothing"])
    assert refused.exit_code == 2
    assert "no table has nothing in its name" in refused.stderr
