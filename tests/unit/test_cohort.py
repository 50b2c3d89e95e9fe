"""Many rows at once: the same figures and the same sentences as for one patient, and no row is lost."""

import json
import math
import sys

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pexcalc import Order, Patient, QuantityError, body_surface_area, cohort, prescribe
from pexcalc.cli import cli
from pexcalc.cohort import alerts
from pexcalc.cohort.headers import COLUMN_INPUTS, ORDER_INPUTS, TEXT_INPUTS
from pexcalc.cohort.marks import BODY_OF_DOSE, MarkRows
from pexcalc.order.fields import STATES, SURFACE
from pexcalc.quantities.units import BY_UCUM
from tests.conftest import HOST
from tests.support.scenario import SCENARIOS, prescribed

Q = HOST.Quantity
ADULT = {"sex": "male", "age_y": 23.0, "height_cm": 172.0, "weight_kg": 65.0, "hematocrit": 0.27}
CSV = "sex,age_y,height_cm,weight_kg,hematocrit\n"
MAN = "male,23,172,65,0.27\n"


def table(*rows, **changes):
    return pl.LazyFrame(
        [{**ADULT, **changes, **row} for row in rows or ({},)], infer_schema_length=None
    )


def computed(*rows, keep=(), **changes):
    return cohort.compute(table(*rows, **changes), keep).collect().to_dicts()


def one(**changes):
    (row,) = computed(**changes)
    return row


def marks(frame, fine=False):
    """Code and sentence of every row when none (or, with `fine`, each) is spared the functions for one patient."""
    read = cohort.columns(frame.columns)
    asked = frame.with_columns(
        pl.lit(fine).alias("~certain"),
        pl.lit(False).alias("~certain_body"),
        *(pl.lit(1.0).alias(name) for name in BODY_OF_DOSE),
    ).to_struct("rows")
    seen = []
    found = MarkRows(read, None if fine else seen.append)(asked).struct.unnest().rows()
    assert seen == ([] if fine else [len(found)])
    return found


def test_the_readme_patient_to_the_digit():
    row = one(exchange_volume_mL=3000.0)
    known = {
        "plasma_volume_mL": 3331.283146976, "blood_volume_mL": 4563.4015712,
        "plasma_volume_low_mL": 0.8 * 3331.283146976, "plasma_volumes": 0.9005538909904,
        "fraction_removed_dilution_only": 1 - math.exp(-0.9005538909904),
    }  # fmt: skip
    assert {name: row[name] for name in known} == pytest.approx(known, rel=1e-13)
    assert (row["method"], row["valid"], row["stop"]) == ("Nadler", True, None)
    assert (row["code"], row["sentence"]) == (None, None)
    without_dose = one()
    assert "plasma_volumes" not in without_dose
    assert without_dose["plasma_volume_mL"] == row["plasma_volume_mL"]


# What a row may hold: mostly the usual, now and then the unusual or what cannot be.
def usually(values, odd):
    return st.one_of(values, values, values, values, values, odd)


ODD = st.sampled_from(
    [None, math.nan, math.inf, -math.inf, -70.0, 0.0, 1.72, 7.0, 67.0, 700.0, 7000.0, 40.0]
)
# Age in days, height and weight, each from and to.
BODIES = [
    ((6575, 40000), (140, 205), (38, 180)),  # adults, thin to obese, elderly
    ((6575, 30000), (120, 230), (25, 390)),  # short, tall, the heaviest
    ((730, 6575), (80, 190), (9, 90)),  # children
    ((31, 730), (48, 95), (3, 15)),  # infants
    ((0, 30), (30, 58), (0.6, 5.5)),  # neonates
]
WORDS = st.lists(st.sampled_from([*STATES, "tired"]), max_size=2).map(" ".join)


@st.composite
def sessions(draw):
    age, height, weight = (draw(st.floats(*ends)) for ends in draw(st.sampled_from(BODIES)))
    neonate = age <= 30
    rare = draw(st.sampled_from(["", "", "", "pregnant", "anything"]))
    some = st.none() if not rare else st.one_of(st.none(), st.floats(4, 45))
    before = draw(st.booleans()) and rare != ""
    return {
        "sex": draw(usually(st.sampled_from(["male", "female"]), st.sampled_from([None, "", "M", "unknown"])))
        if rare != "pregnant" else "female",
        "age_d": draw(usually(st.just(age), ODD)),
        "height_cm": draw(usually(st.just(height), ODD)),
        "weight_kg": draw(usually(st.just(weight), ODD)),
        "hematocrit": draw(usually(st.floats(0.2, 0.65), st.one_of(ODD, st.floats(0.05, 0.08), st.floats(0.69, 0.76)))),
        "gestation_at_birth_wk": draw(st.floats(22, 42) if neonate else usually(st.none(), st.floats(22, 42))),
        "gestation_wk": draw(some),
        "pre_pregnancy_weight_kg": draw(st.floats(40, 120)) if before else None,
        "pre_pregnancy_hematocrit": draw(usually(st.floats(0.3, 0.45), st.none())) if before else None,
        "amputation": draw(usually(st.none(), st.floats(0, 0.7))),
        "states": draw(usually(st.none(), WORDS)),
        "dose": draw(usually(st.floats(0.7, 2), st.one_of(ODD, st.floats(0.05, 5)))),
    }  # fmt: skip


UNITS = {"age": "day", "height": "cm", "weight": "kg", "gestation_at_birth": "week", "gestation": "week",
         "pre_pregnancy_weight": "kg"}  # fmt: skip


def for_one_patient(row, dose):
    """What the functions for one patient make of a row: the prescription, or the sentence of its refusal."""
    inputs = {}
    for header, value in row.items():
        name = header.rpartition("_")[0]
        name = name if name in UNITS else header
        if value is not None and header != "dose":
            inputs[name] = Q(value, UNITS[name]) if name in UNITS else value
    if "states" in inputs:
        inputs["states"] = tuple(dict.fromkeys(inputs["states"].split()))
    try:
        return prescribe(Order(indication="not-listed", patient=Patient(**inputs), dose=dose))
    except QuantityError as error:
        error.argument = error.argument.removeprefix("dose.")
        return str(error.faults[0])


DOSES = [
    ("plasma_volumes", 1, lambda value: {"plasma_volumes": value}),
    ("exchange_volume_mL", 1000, lambda value: {"exchange_volume": Q(1000 * value, "mL")}),
]


@pytest.mark.parametrize(("header", "scale", "dose"), DOSES)
@settings(max_examples=25)
@given(rows=st.lists(sessions(), min_size=8, max_size=40))
def test_every_row_is_what_one_patient_gets(header, scale, dose, rows):
    schema = {name: pl.String if name in ("sex", "states") else pl.Float64 for name in rows[0]}
    given_rows = (
        pl.LazyFrame(rows, schema=schema)
        .with_columns((pl.col("dose") * scale).alias(header))
        .drop("dose")
    )
    found = cohort.compute(given_rows).collect()
    assert found.select("code", "sentence").rows() == marks(given_rows.collect())
    for row, got in zip(rows, found.to_dicts(), strict=True):
        wanted = for_one_patient(row, {} if row["dose"] is None else dose(row["dose"]))
        if isinstance(wanted, str):
            assert (got["sentence"], bool(got["code"])) == (wanted, True)
            assert got["plasma_volume_mL"] is got["method"] is None
            continue
        assert got["code"] is None, (got, row)
        stops = [caution.id for caution in wanted.cautions if caution.severity == "stop"]
        assert (got["method"], got["valid"]) == (wanted.volumes.method, wanted.volumes.valid)
        assert got["stop"] == ("child-too-small" if "child-too-small" in stops else None)
        exchanged = wanted.dose.exchange_volume.m_as("mL")
        figures = {
            **{f"{what}_volume{end}_mL": getattr(getattr(wanted.volumes, f"{what}_volume"), which).m_as("mL")
               for what in ("blood", "plasma") for end, which in (("", "typical"), ("_low", "low"), ("_high", "high"))},
            "plasma_volumes_low": wanted.dose.plasma_volumes.low, "plasma_volumes_high": wanted.dose.plasma_volumes.high,
            "fraction_removed_dilution_only": -math.expm1(-wanted.dose.plasma_volumes.typical),
            "plasma_volumes": wanted.dose.plasma_volumes.typical,
            "exchange_volume_mL": exchanged,
        }  # fmt: skip
        assert {name: got[name] for name in figures} == pytest.approx(figures, rel=1e-12)


def test_the_dose_that_is_listed_for_an_indication_stands_beside_the_row():
    rows = computed(
        {"indication": "adem-steroid-refractory"}, {"indication": "alf-high-volume"},
        {"indication": "no id"}, {"indication": "ttp", "weight_kg": 7000.0}, plasma_volumes=1.0,
    )  # fmt: skip
    listed = [(row["listed_plasma_volumes_low"], row["listed_plasma_volumes_high"]) for row in rows]
    assert listed == [(1.0, 1.5), *[(None, None)] * 3]
    assert [row["code"] for row in rows] == [None, None, None, "weight-refused"]
    assert not any(name.startswith("listed") for name in one())


def test_rows_with_the_same_fault_are_judged_once(monkeypatch):
    judged = []
    monkeypatch.setattr("pexcalc.cohort.marks._check_faulty_input", lambda *row: judged.append(row))
    monkeypatch.setattr("pexcalc.cohort.marks._order_dose", lambda *row: judged.append(row))
    rows = [{"height_cm": 160.0 + n, "weight_kg": 7000.0} for n in range(20)]
    rows += [{"age_y": 20.0 + n, "plasma_volumes": 9.0} for n in range(20)]
    computed(*rows, plasma_volumes=1.0)
    assert len(judged) == 2


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"weight_kg": None}, "weight-missing", "weight is missing; enter a weight such as 65 kg."),
        ({"weight_kg": 700.0}, "weight-refused", "weight: got 700 kg; expected 20 to 400 kg"),
        ({"height_cm": 1.72}, "height-refused", "for an adult. Did you mean 1.72 m?"),
        ({"hematocrit": 27.0}, "hematocrit-refused", "expected 6 to 70 %. Did you mean 27 %?"),
        ({"sex": None}, "sex-missing", "sex is missing; enter male or female (required by"),
        ({"age_y": 1.5}, "age-refused", "age: got 1.5 y; expected months, weeks or days below 2"),
        ({"weight_kg": 300.0, "height_cm": 150.0}, "body-mass-index-refused", "got 133.3 kg/m2"),
        (
            {"weight_kg": 172.0, "height_cm": 90.0},
            "height-and-weight-refused",
            "Did you mean height",
        ),
        ({"plasma_volumes": 15.0}, "plasma-volumes-refused", "expected 0.1 to 4 plasma volumes."),
        ({"plasma_volumes": None}, "dose-missing", "enter one of plasma_volumes (such as 1.2), "),
    ],
)
def test_a_row_that_cannot_be_computed_says_what_one_patient_would_hear(changes, code, words):
    good, bad, after = computed({}, changes, {}, plasma_volumes=1.0)
    assert bad["code"] == code
    assert words in bad["sentence"]
    assert bad["plasma_volume_mL"] is bad["valid"] is None
    assert {name: bad[name] for name in changes} == pytest.approx(changes, nan_ok=True)
    assert good == after
    assert good["code"] is None


def test_bodies_whose_surface_is_not_looked_at_have_a_plausible_one():
    heights, weights = np.meshgrid(np.linspace(25, 230, 60), np.geomspace(0.5, 230, 200))
    for name, light in (("haycock", weights < 15), ("du-bois", weights >= 15)):
        surface = body_surface_area(Q(heights[light], "cm"), Q(weights[light], "kg"), name)
        assert SURFACE.low < surface.m_as("m**2").min()
        assert SURFACE.high > surface.m_as("m**2").max()


def test_what_is_for_orientation_only_is_marked_as_it_is_for_one_patient():
    rows = computed(
        {"states": "sepsis"}, {"states": "obesity"}, {"hematocrit": 0.61},
        {"sex": "female", "hematocrit": 0.57},
    )  # fmt: skip
    assert [row["valid"] for row in rows] == [False, True, False, False]
    septic = one(states="ecmo sepsis")
    assert septic["plasma_volume_high_mL"] == pytest.approx(1.3 * septic["plasma_volume_mL"])
    small = {"age_mo": 8.0, "height_cm": 70.0, "weight_kg": 8.5, "hematocrit": 0.35, "sex": "male"}
    assert cohort.compute(pl.LazyFrame([small])).collect()["stop"].item() == "child-too-small"


def test_it_does_not_matter_how_the_table_is_cut():
    rows = [{"weight_kg": weight} for weight in np.linspace(10, 420, 300)]
    whole = cohort.compute(table(*rows)).collect()
    parts = [cohort.compute(table(*rows).slice(start, 47)).collect() for start in range(0, 300, 47)]
    for other in (pl.concat(parts), cohort.compute(table(*rows)).collect(engine="streaming")):
        assert_frame_equal(whole, other)
    assert whole["code"].null_count() > 150
    assert cohort.compute(table(*rows).head(0)).collect().is_empty()


def test_a_row_that_nobody_refuses_and_that_has_no_result_is_marked(monkeypatch):
    monkeypatch.setattr("pexcalc.cohort.marks._judge", lambda *_: (None, None))
    row = one(weight_kg=None)
    assert row["code"] == "not-computed"
    assert row["sentence"]
    assert marks(table().collect()) == marks(table().collect(), fine=True) == [(None, None)]


@pytest.mark.parametrize(
    ("instead_of", "header", "value"),
    [
        ("weight_kg", "weight_lb", 65 / 0.45359237), ("weight_kg", "weight_g", 65000),
        ("height_cm", "height_m", 1.72), ("height_cm", "height_in", 172 / 2.54),
        ("age_y", "age_mo", 23 * 12), ("age_y", "age_d", 23 * 365.25),
        ("age_y", "age_wk", 23 * 365.25 / 7), ("hematocrit", "hematocrit_percent", 27),
    ],
)  # fmt: skip
def test_units_stand_in_the_header(instead_of, header, value):
    row = {name: cell for name, cell in ADULT.items() if name != instead_of}
    frame = pl.LazyFrame([{**row, header: value, "exchange_volume_L": 3}])
    (got,) = cohort.compute(frame).collect().to_dicts()
    assert got["plasma_volume_mL"] == pytest.approx(3331.283146976, rel=1e-12)
    assert got["plasma_volumes"] == pytest.approx(0.9005538909904, rel=1e-12)
    assert got[header] == value


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"weight": 1}, ("weight: got a column without a unit in its name; expected weight_kg", "Did you mean weight_kg?")),
        ({"weight_stone": 1}, ("weight_stone: got stone, not a unit known here", "Did you mean weight_kg?")),
        ({"plasma_volumes_percent": 1}, ("plasma_volumes_percent: got a unit of another kind", "Did you mean plasma_volumes?")),
        ({"gestational_age": 1}, ("gestational_age: got a column without a unit in its name", "the option keep with")),
        ({"": 1}, ("a column without a unit in its name",)),
        ({"gestatoin": 1}, ("gestatoin: got a column without a unit", "Did you mean gestation_wk?")),
        ({"exchange_vol_mL": 1}, ("exchange_vol_mL: got a column that is not known here", "Did you mean exchange_volume_mL?")),
        ({"weight_lb": 1}, ("weight: got both weight_kg and weight_lb; expected one column for each input",)),
        ({"plasma_volumes": 1, "exchange_volume_L": 3}, ("dose: got both plasma_volumes and exchange_volume_L",)),
        ({"plasma_volume_mL": 1}, ("plasma_volume_mL: got a column of that name; expected one that is not among the results",)),
        ({"~age_y\x1a": 1}, ("~age_y?: got a column of that name",)),
    ],
)  # fmt: skip
def test_a_column_that_leaves_a_doubt_is_refused_before_the_first_row(columns, words):
    with pytest.raises(QuantityError) as refused:
        cohort.compute(table(**columns))
    assert all(word in str(refused.value) for word in words), refused.value


def test_the_results_have_a_prefix_by_choice(paths):
    frame = table(code="mine", method="mine")
    got = cohort.compute(frame, keep=["code", "method"], prefix="pex_").collect()
    assert got.select("code", "method").rows() == [("mine", "mine")]
    plain = cohort.compute(table()).collect()
    added = {f"pex_{name}": name for name in cohort.written(set())}
    assert [name for name in got.columns if name.startswith("pex_")] == list(added)
    assert_frame_equal(got.select(*added).rename(added), plain.select(*added.values()))
    frame.collect().write_csv(paths[0])
    summary = cohort.compute_file(*paths, keep=["code", "method"], prefix="pex_")
    assert (summary.written, summary.unread) == (1, ("code", "method"))
    with pytest.raises(QuantityError, match="give the results a prefix"):
        cohort.compute(frame, keep=["code", "method"])
    with pytest.raises(QuantityError, match="prefix: got a b; expected at most 20 letters"):
        cohort.compute(frame, prefix="a b")


@pytest.mark.parametrize(("sign", "name"), [(";", "a semicolon"), ("\t", "a tab")])
def test_another_separator_is_named(sign, name, paths):
    paths[0].write_text(f"{CSV}{MAN}".replace(",", sign))
    with pytest.raises(QuantityError, match=f"with {name} in its name; expected columns separated"):
        cohort.compute_file(*paths)


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("sex", "x", "sex: got no column; expected sex."),
        ("hematocrit", "x", "got no column; expected hematocrit or hematocrit_percent."),
        ("age_y", "x", "age: got no column; expected age_y or age_mo."),
        ("hematocrit", "haematocrit_percent", "Did you mean hematocrit_percent"),
    ],
)
def test_a_missing_column_is_named_with_the_headers_it_may_have(name, typed, words):
    with pytest.raises(QuantityError, match=words):
        cohort.compute(table().rename({name: typed}))


def test_other_columns_pass_through_untouched():
    row = one(duration_h=2.0, weight_at_home_kg=70.0)
    assert (row["duration_h"], row["weight_at_home_kg"]) == (2.0, 70.0)
    assert one(mrn="007", ward="7 North")["ward"] == "7 North"
    kept = computed(mrn="007", plasma_volumes_given=1.1, keep=["mrn", "plasma_volumes_given"])[0]
    assert (kept["mrn"], kept["plasma_volumes_given"]) == ("007", 1.1)
    assert "exchange_volume_mL" not in kept
    said = "keep: got mnr; expected a column of the table. Did you mean mrn"
    with pytest.raises(QuantityError, match=said):
        cohort.compute(table(mrn="007"), ["mnr"])


def test_a_column_holds_numbers_or_text():
    with pytest.raises(QuantityError, match="weight_kg: got a column of Boolean; expected numbers"):
        cohort.compute(table(weight_kg=True))
    with pytest.raises(QuantityError, match="sex: got a column of Int64; expected text"):
        cohort.compute(table(sex=1))
    named = table().cast({"sex": pl.Categorical, "weight_kg": pl.Int32})
    assert cohort.compute(named).collect()["code"].item() is None


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"height_cm": "1,72"}, "height: got 1,72 (a comma in the number); expected 85 to 250 cm for an adult. Did you mean 1.72 m?"),
        ({"weight_kg": "65 kg"}, "weight: got 65 kg (a unit in the cell; the header has it); expected 20 to 400 kg for an adult. Did you mean 65 kg?"),
        ({"weight_kg": "7O"}, "weight: got 7O (O is not a unit known here); expected 20 to 400 kg for an adult."),
        ({"weight_kg": "7O", "age_y": "9"}, "weight: got 7O (O is not a unit known here); expected 5 to 250 kg for a child of 2 to 17 years."),
        ({"weight_kg": "1e2"}, "weight: got 1e2 (not one plain number and one unit); expected 20 to 400 kg for an adult."),
        ({"weight_kg": "  "}, "weight is missing (empty text); enter 20 to 400 kg for an adult."),
        ({"hematocrit": ".27"}, "hematocrit: got .27 (a point without a digit on both sides); expected 6 to 70 %. Did you mean 27 %?"),
        ({"age_y": "x"}, "age: got x (not one plain number and one unit); expected 0 to 120 y."),
        ({"weight_kg": " 65 ", "height_cm": "+172", "hematocrit": "0.270"}, None),
    ],
)  # fmt: skip
def test_a_cell_of_text_is_read_as_strictly_as_a_flag(cells, sentence):
    texts = {name: str(value) for name, value in ADULT.items()} | cells
    row = one(**texts)
    assert marks(pl.DataFrame([texts])) == [(row["code"], sentence)]
    assert row["sentence"] == sentence
    if sentence is None:
        assert row["plasma_volume_mL"] == pytest.approx(3331.283146976, abs=1e-9)
        assert row["weight_kg"] == " 65 "


@pytest.fixture
def paths(tmp_path):
    """A file of two rows, and the place of the result."""
    (tmp_path / "in.csv").write_text(f"{CSV}{2 * MAN}", "utf-8")
    return tmp_path / "in.csv", tmp_path / "out.csv"


def run(*words):
    return CliRunner().invoke(cli, ["cohort", *map(str, words)])


def refusal(result, code=2):
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("Error: ")
    return line


def test_no_row_is_lost(tmp_path):
    places = np.arange(20_000)
    weights = np.where(
        places % 1000 == 0, 7000.0, np.random.default_rng(1).uniform(45, 120, 20_000)
    )
    rows = pl.DataFrame({"session": places, "weight_kg": weights}).with_columns(
        pl.lit(value).alias(name) for name, value in ADULT.items() if name != "weight_kg"
    )
    rows.write_parquet(tmp_path / "in.parquet")
    result = run(tmp_path / "in.parquet", tmp_path / "out.parquet", "--keep", "session")
    said = "Error: 20 of 20,000 rows could not be computed: see code and sentence in out.parquet.\n"
    assert (result.exit_code, result.stderr) == (2, said)
    assert all(words in result.stdout for words in ("20,000", "19,980", "weight-refused"))
    out = pl.read_parquet(tmp_path / "out.parquet")
    assert out["session"].equals(rows["session"])
    assert out["code"].is_not_null().arg_true().to_list() == list(range(0, 20_000, 1000))
    assert out["plasma_volume_mL"].null_count() == 20
    seen = []
    paths = tmp_path / "in.parquet", tmp_path / "again.csv"
    cohort.compute_file(*paths, progress=lambda *now: seen.append(now))
    assert {total for total, _ in seen} == {20_000} == {sum(rows for _, rows in seen)}


def test_csv_and_parquet_say_the_same(tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"{CSV}{MAN}female,40,160,60,0.38\nfemale,40,160,700,0.38\n", "utf-8")
    pl.read_csv(source).write_parquet(source.with_suffix(".parquet"))
    assert run(source, target).exit_code == 2
    assert run(*(path.with_suffix(".parquet") for path in (source, target))).exit_code == 2
    result = pl.read_csv(target)
    assert result.equals(pl.read_parquet(target.with_suffix(".parquet")))
    assert result["plasma_volume_mL"][0] == pytest.approx(3331.283146976, abs=1e-9)


def test_when_every_row_is_computed_the_exit_code_is_zero(paths):
    source, target = paths
    source.write_text(f"id_d,duration_h,{CSV}1,2,{MAN}3,4,male,23,172,65,0.61\n", "utf-8")
    result = run(*paths, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    said = json.loads(result.stdout)
    assert said["schema"] == 2
    assert said["summary"] == {
        "rows": 2, "written": 2, "marked": 0, "codes": {}, "not_valid": 1, "stopped": 0,
        "unread": ["id_d", "duration_h"], "site": None,
    }  # fmt: skip
    source.write_text(CSV, "utf-8")
    assert run(*paths).exit_code == 0
    assert "plasma_volume_mL" in target.read_text("utf-8")


def test_cells_that_are_kept_keep_their_text(paths):
    paths[0].write_text(f"mrn,{CSV}007,male,23.50,172,65,0.270\n\n", "utf-8")
    assert run(*paths, "--keep", "mrn").exit_code == 2
    _, row, blank = paths[1].read_text("utf-8").splitlines()
    assert row.startswith("007,male,23.50,172,65,0.270,")
    assert "sex-missing" in blank


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("none.csv", "out.csv", "which is not there"),
        ("in.csv", "in.csv", "the same file as IN"),
        ("in.csv", "out.xlsx", "ends in .csv or .parquet"),
        ("long.csv", "out.csv", "more fields than defined"),
        ("empty.csv", "out.csv", "empty"),
        ("fake.parquet", "out.csv", "cannot read (parquet"),
        ("unnamed.csv", "out.csv", "weight: got a column without a unit"),
    ],
)
def test_what_cannot_be_read_or_written_is_one_line_and_leaves_the_old_result(
    paths, source, target, words
):
    good, old = paths
    files = {
        "long.csv": f"{CSV}{MAN[:-1]},9,9\n", "unnamed.csv": CSV.replace("weight_kg", "weight") + MAN,
        "empty.csv": "", "out.csv": "old", "fake.parquet": "x",
    }  # fmt: skip
    for name, text in files.items():
        good.with_name(name).write_text(text, "utf-8")
    assert words in refusal(run(good.with_name(source), good.with_name(target)))
    assert (good.read_text("utf-8"), old.read_text("utf-8")) == (f"{CSV}{2 * MAN}", "old")
    assert not [path for path in good.parent.iterdir() if path.name.startswith(".")]


def test_a_result_with_rows_missing_is_not_kept(paths, monkeypatch):
    real = cohort.compute
    monkeypatch.setattr("pexcalc.cohort.transfer.compute", lambda *words: real(*words).head(1))
    assert "1 rows of 2" in refusal(run(*paths), 1)
    assert not paths[1].exists()


def test_without_the_extra_one_line_says_how_to_get_it(paths, monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    monkeypatch.delitem(sys.modules, "pexcalc.cohort")
    monkeypatch.delattr("pexcalc.cohort")
    said = refusal(run(*paths), 1)
    assert said == "Error: pexcalc cohort needs polars: pip install 'pexcalc[cohort]'."


def _as_row(order):
    """The row of a table that holds this order; None where no table can."""
    short = {"patient": "", "dose": ""}
    row = {}
    for group, part in order.items():
        inside = part if isinstance(part, dict) else {"": part}
        for name, value in inside.items():
            if value is None:
                continue
            path = f"{group}.{name}".removesuffix(".")
            own = name if group in short and name in (*COLUMN_INPUTS, *TEXT_INPUTS) else path
            if own not in (*COLUMN_INPUTS, *TEXT_INPUTS, *ORDER_INPUTS):
                return None
            if isinstance(value, dict) and "value" in value:
                unit = BY_UCUM[value["unit"]].label
                row[own if unit == "1" else f"{own}_{unit}"] = value["value"]
            else:
                row[own] = " ".join(value) if isinstance(value, list) else value
    return row if "indication" in row else None


def test_alerts_of_a_row_are_those_of_its_prescription():
    """In scenarios that between them have every column and every alert that a row may have."""
    by_columns, seen = {}, set()
    for _, order, expected in SCENARIOS:
        row = _as_row(order)
        held = {*(row or ()), *expected.get("cautions", ())}
        if row is not None and not seen.issuperset(held):
            seen |= held
            by_columns.setdefault(tuple(sorted(row)), []).append((order, row))
    assert len(by_columns) > 50
    for pairs in by_columns.values():
        rows = pl.LazyFrame([row for _, row in pairs], infer_schema_length=None)
        found = cohort.compute(rows, alerts=True).collect()
        for (order, _), got in zip(pairs, found.to_dicts(), strict=True):
            wanted = prescribed(order)
            assert got["code"] is None, got
            words = [f"{one.severity}:{one.id}" for one in wanted.cautions]
            assert (got["alerts"].split(), got["not_checked"]) == (words, len(wanted.not_checked))


def test_a_row_that_cannot_be_ordered_keeps_its_fault_and_has_no_alerts(monkeypatch):
    faulty = [{"weight_kg": 7000.0}, {"indication": "ttpp"}, {"labs.platelets_x10^9/L": 9e5}]
    asked = {"plasma_volumes": 1.0, "indication": "ttp", "labs.platelets_x10^9/L": 18.0}
    seen = []
    real = alerts.prescribe
    monkeypatch.setattr(alerts, "prescribe", lambda *words: seen.append(words) or real(*words))
    rows = table({}, *faulty, *[{}] * 8, **asked)
    rows = cohort.compute(rows, alerts=True).collect().to_dicts()
    codes = [row["code"] for row in rows[:5]]
    assert codes == [None, "weight-refused", "indication-refused", "labs-platelets-refused", None]
    assert rows[0]["alerts"].startswith("stop:plasma-abo-incompatible strong:")
    assert {rows[n][name] for n in (1, 2, 3) for name in ("alerts", "plasma_volume_mL")} == {None}
    assert all(row == rows[0] for row in rows[4:])
    assert len(seen) <= 2  # equal rows once, or by two threads at the same time


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"plasma_volumes": 1.0}, "indication: got no column, and alerts"),
        ({"indication": "ttp"}, "expected plasma_volumes or exchange_volume_mL"),
        ({"labs.platlets_x10^9/L": 18.0}, r"Did you mean labs.platelets_x10\^9/L"),
        ({"blood_group": "O"}, "Did you mean fluid.blood_group"),
    ],
)
def test_alerts_refuse_a_column_that_leaves_a_doubt(columns, words):
    with pytest.raises(QuantityError, match=words):
        cohort.compute(table(**columns), alerts=True)
    cohort.compute(table(**columns))


def test_the_command_writes_alerts_with_progress_of_every_row(paths):
    rows = table({}, {"weight_kg": 7000.0}, plasma_volumes=1.0, indication="gbs-primary").collect()
    rows.write_csv(paths[0])
    assert run(*paths, "--alerts").exit_code == 2
    out = pl.read_csv(paths[1])
    assert out.select("not_checked", "code").rows() == [(11, None), (None, "weight-refused")]
    seen = []
    cohort.compute_file(*paths, progress=lambda *now: seen.append(now), alerts=True)
    assert sum(done for _, done in seen) == 2
    rows.with_columns(pl.lit(1).alias("labs.inr_g")).write_csv(paths[0])
    said = refusal(run(*paths, "--alerts"))
    assert said.startswith("Error: labs.inr_g: got a unit of another kind, g; expected labs.inr")
