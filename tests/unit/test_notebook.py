"""What a notebook shows: short lines, tables, arrays, frames and charts of results."""

import html
import json
from importlib import import_module

import numpy as np
import pint
import pytest

import pexcalc
from pexcalc import Interval, QuantityError, expected_removal, simulate_course
from pexcalc.quantities.record import Record
from tests.support.paths import ROOT
from tests.support.refused import says
from tests.unit.test_public_names import inside, objects

Q = pint.UnitRegistry().Quantity
HOURS, DAY = Q(2, "h"), Q(24, "h")
VOLUME = Interval(Q(2665.2, "mL"), Q(3331.3, "mL"), Q(3998, "mL"))


RECORDS = {type(one): one for one in inside(objects()) if isinstance(one, Record)}


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_a_record_is_one_short_line_and_a_table(kind):
    record = RECORDS[kind]
    line = repr(record)
    assert line.startswith(f"{kind.__name__}(")
    assert len(line) <= 500
    assert str(record) == line == line.replace("\n", "")
    table = record._repr_html_()
    assert table.count("<th>") == table.count("</tr>") <= len(kind.model_fields)
    assert len(table) < 8000


def test_a_hostile_name_is_escaped_in_the_table():
    drug = pexcalc.DrugOrder(name="<script>alert(1)</script>", when="before", time=Q(24, "h"))
    assert html.escape(drug.name) in drug._repr_html_()
    assert "<script>" not in drug._repr_html_()


def test_interval_in_other_units_and_formats():
    assert VOLUME.m_as("L") == Interval(2.6652, pytest.approx(3.3313), 3.998)
    assert str(VOLUME.to("L").low.units) == "liter"
    assert VOLUME.to("L").low._REGISTRY is VOLUME.low._REGISTRY
    assert f"{VOLUME:.0f}" == "2665 mL to 3998 mL, typical 3331 mL"
    assert f"{VOLUME:.2f L}" == "2.67 L to 4.00 L, typical 3.33 L"
    share = Interval(0.381, None, 0.735)
    assert (f"{share:.2f}", f"{share:.0f %}") == ("0.38 to 0.73", "38 % to 74 %")
    assert share.m_as("%").low == pytest.approx(38.1)
    assert "expected a mass" in says(VOLUME.m_as, "kg")
    assert "Did you mean mL?" in says(VOLUME.m_as, "mLL")
    assert "plain numbers have m_as" in says(share.to, "%")
    assert "expected a volume" in says(format, share, ".0f mL")


def test_a_course_as_arrays_and_frames():
    course = simulate_course("IgG", 1.0, HOURS, DAY, 5)
    arrays = course.to_arrays()
    assert arrays["time_h"][[0, -1]].tolist() == [0, 120]
    assert arrays["level_typical"].tolist() == list(course.levels.typical)
    assert {len(row) for row in arrays.values()} == {len(course.times)}
    for frame, name in ((course.to_frame(), "polars"), (course.to_frame("pandas"), "pandas")):
        assert type(frame).__module__.startswith(name)
        assert list(frame.columns) == list(arrays)
        assert np.array_equal(frame["level_high"].to_numpy(), arrays["level_high"])
    cytokine = simulate_course("IL-6", 1.0, HOURS, DAY, 5)
    assert "level_typical" not in cytokine.to_arrays()


def test_what_is_not_installed_is_named(monkeypatch):
    from pexcalc.kinetics import charts

    def nothing(name):
        raise ModuleNotFoundError(name, name=name)

    monkeypatch.setattr(charts, "import_module", nothing)
    course = simulate_course("IgG", 1.0, HOURS, DAY, 1)
    with pytest.raises(ModuleNotFoundError, match="a frame needs pandas: pip install polars"):
        course.to_frame()
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'pexcalc\[plot\]'"):
        course.plot()


def axes():
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib.figure import Figure

    return Figure().subplots()


def test_a_course_is_drawn_with_its_measured_levels():
    levels = (1, "before", Q(10, "g/L")), (1, "after", Q(500, "mg/dL")), (2, "before", Q(6, "g/L"))
    measured = [pexcalc.MeasuredLevel("igg", *level) for level in levels]
    course = simulate_course("IgG", 1.0, HOURS, DAY, 5, measured=measured)
    ax = course.plot(axes())
    line, points = ax.get_lines()
    assert line.get_xydata()[-1] == pytest.approx([120, 100 * course.levels.typical[-1]])
    assert points.get_xydata() == pytest.approx(np.array([[0, 100], [2, 50], [24, 60]]))
    assert ax.get_ylabel() == "percent of baseline"
    without = simulate_course("IgG", 1.0, HOURS, DAY, 5, measured=measured[1:2]).plot(axes())
    assert len(without.get_lines()) == 1
    assert course.plot().get_xlabel() == ax.get_xlabel()


def test_reductions_are_drawn_row_by_row():
    ax = axes()
    falls = [expected_removal(name, 1.0, HOURS) for name in ("IgG", "IL-6")]
    assert [one.plot(ax) for one in falls] == [ax, ax]
    assert len(ax.get_lines()) == 3  # two ranges, one typical value
    assert ax.get_lines()[0].get_xdata()[0] == pytest.approx(100 * falls[0].fall.low)
    assert expected_removal("stnfr2", 1.0, HOURS).plot(ax) is ax


def test_an_own_half_life_gives_the_fall_of_one_compartment():
    own = pexcalc.custom_solute("own", half_life=Q(20, "h"))
    found = expected_removal(own, 1.0, HOURS, production="steady")
    fall = pexcalc.fall_with_production(Q(20, "h"), 1.0, HOURS)
    assert found.fall == Interval(*[pytest.approx(fall)] * 3)
    assert (found.grade, found.name) == ("D", "own")
    scenarios = expected_removal(own, 1.0, HOURS)
    assert scenarios.range == "scenarios"
    assert scenarios.fall.low < fall < scenarios.fall.high


def test_own_rates_are_those_of_the_catalogue():
    rates = (0.00287, 0.003, 0.00316), (0.01, 0.03, 0.03)
    kel, k12 = (Interval(*(Q(rate, "1/h") for rate in one)) for one in rates)
    own = pexcalc.custom_solute("own", kel=kel, k12=k12, fraction=0.45)
    course = simulate_course(own, 1.0, HOURS, DAY, 3, production="steady")
    igg = simulate_course("IgG", 1.0, HOURS, DAY, 3, production="steady")
    assert course.after.low == pytest.approx(igg.after.low, rel=0.01)
    assert course.model == igg.model
    assert pexcalc.Course.from_json(course.to_json()) == course


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({}, "is missing; enter half_life; or kel; or kel, k12 and fraction"),
        ({"k12": Q(1, "1/h")}, "got k12; expected"),
        ({"name": "a\nb", "half_life": Q(1, "h")}, "one line"),
        ({"half_life": 20}, "half_life: got 20 without a unit"),
        ({"half_life": Interval(Q(1, "h"), None, Q(2, "h"))}, "without a typical value"),
        ({"half_life": Interval(Q(3, "h"), Q(1, "h"), Q(2, "h"))}, "in rising order"),
    ],
)
def test_a_turnover_that_makes_no_model_is_refused(stated, said):
    with pytest.raises(QuantityError, match=said):
        pexcalc.custom_solute(stated.pop("name", "own"), **stated)


def test_the_notebook_runs_cell_by_cell():
    pytest.importorskip("matplotlib").use("Agg")
    notebook = json.loads((ROOT / "docs" / "notebook.ipynb").read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    names: dict[str, object] = {}
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
    import_module("matplotlib.pyplot").close("all")
