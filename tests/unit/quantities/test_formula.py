"""The boundary of a formula: any registry in, the same out; one clear sentence for everything that cannot be used."""

import json
import math
import pickle
import re
import subprocess
import sys
from decimal import Decimal, Inexact, localcontext
from fractions import Fraction

import mpmath
import numpy as np
import pint
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pexcalc import (
    QuantityError,
    fraction_removed,
    nadler_blood_volume,
    plasma_volume,
    raes_blood_volume,
)
from pexcalc.cli import cli
from pexcalc.data import sources as source_table
from pexcalc.exchange.volume import linderkamp_blood_volume
from pexcalc.quantities import units
from pexcalc.quantities.argument import Choice, In
from pexcalc.quantities.formula import TAGS, formula, formulas, give
from tests.conftest import HOST
from tests.support.modules import FILES, imported
from tests.tools.api_page import entries, sections

# Every formula of the package, wherever it stands.
MODULES = [imported(name) for name in FILES if "__" not in name]
ALL = {item.name: item for item in formulas(*MODULES)}
FUNCTIONS = {
    name: next(getattr(module, name) for module in MODULES if hasattr(module, name)) for name in ALL
}


def message(call, *args, **kwargs):
    with pytest.raises(QuantityError) as caught:
        call(*args, **kwargs)
    assert all("\n" not in str(one) for one in caught.value.faults)
    return str(caught.value)


# --- every formula: equation, source, tag -----------------------------------------------------------------------------


def inputs_of(item):
    def strategy(spec):
        if isinstance(spec, Choice):
            return st.sampled_from([*spec.words, *([None] if spec.optional else [])])
        high = min(spec.high, 1000.0)
        low, high = (
            1000 * end for end in (spec.low, high)
        )  # thousandths: no input has more digits
        return st.integers(math.ceil(low), math.floor(high) - spec.open_high).map(
            lambda n: n / 1000
        )

    return st.fixed_dictionaries({name: strategy(spec) for name, spec in item.inputs.items()})


@pytest.mark.parametrize("name", ALL)
@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(data=st.data())
def test_the_printed_equation_is_what_the_code_does(name, data):
    item, function = ALL[name], FUNCTIONS[name]
    values = data.draw(inputs_of(item))
    try:
        got = function.kernel(**values)
    except QuantityError:
        assume(False)  # not feasible: test_kinetics looks at these
    # Evaluated with 60 digits, so that a printed form that subtracts nearly equal numbers keeps its digits.
    with mpmath.workdps(60):
        exact = {
            key: mpmath.mpf(value) if isinstance(value, float) else value
            for key, value in values.items()
        }
        names = {
            **{key: getattr(mpmath, key) for key in ("exp", "log", "log10", "sqrt", "ceil")},
            **exact,
        }
        expression = next(
            text for condition, text in item.equation if not condition or eval(condition, {}, names)
        )
        expression = re.sub(r"(?<![\w.])(\d+\.\d+)", r"mpf('\1')", expression)
        try:
            expected = eval(expression, {"mpf": mpmath.mpf}, names)
        except ZeroDivisionError:
            assume(False)  # the printed form has a singular point where the code has none
        assert got == pytest.approx(float(expected), rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_every_condition_of_an_equation_can_be_met(name):
    item = ALL[name]
    if len(item.equation) == 1:
        return
    met = set()

    @settings(max_examples=500)
    @given(inputs_of(item))
    def search(values):
        names = {**vars(math), **values}
        met.add(
            next((condition for condition, _ in item.equation if eval(condition, {}, names)), "")
        )

    search()
    assert met - {""} == {condition for condition, _ in item.equation}


@pytest.mark.parametrize("name", ALL)
def test_every_formula_says_where_it_comes_from(name):
    item = ALL[name]
    assert item.tag in TAGS
    assert item.tag != "unverified"
    assert set(item.source.split()) <= set(source_table.sources())
    for text in (item.validity, item.error, FUNCTIONS[name].__doc__):
        assert len(text) > 4
    assert item.to_wire()["name"] == name


@pytest.mark.parametrize("name", ALL)
def test_the_docstring_of_a_formula_says_what_the_formula_says(name):
    said = sections(FUNCTIONS[name])
    wanted = ("Parameters", "Returns", "Raises", "Notes", "References", "Examples")
    assert tuple(said) == ("", *wanted)
    item = ALL[name]
    described = dict(entries(said["Parameters"]))
    assert tuple(described) == tuple(item.inputs)
    for argument, spec in item.inputs.items():
        if isinstance(spec, In):
            assert described[argument].endswith(f"; {spec.expected}."), argument
    notes = " ".join(said["Notes"].split())
    assert f"Valid for: {item.validity}." in notes
    assert f"Error: {item.error}." in notes
    assert said["References"] == f"{item.source} ({item.tag})"


def test_every_formula_is_on_the_list():
    said = CliRunner().invoke(cli, ["show", "formulas", "--json"])
    assert {item["name"] for item in json.loads(said.stdout)} == set(ALL)


def test_the_equation_with_numbers_in_it():
    text = ALL["nadler_blood_volume"].worked(
        {"height": 1.72, "weight": 65.0, "sex": "male"}, 4.5634015712
    )
    assert text == "0.3669 x 1.72^3 + 0.03219 x 65 + 0.6041 = 4.5634 L [nadler-1962, secondary]"


# --- registries and types ---------------------------------------------------------------------------------------------


def test_the_result_is_of_the_callers_registry(host):
    result = nadler_blood_volume(host.Quantity(172, "cm"), host.Quantity(65, "kg"), "male")
    assert type(result) is host.Quantity
    assert result.m_as("mL") == pytest.approx(4563.4015712, abs=1e-7)


def test_two_registries_at_once_the_first_in_signature_order_makes_the_result(host):
    other = pint.UnitRegistry()
    result = nadler_blood_volume(
        weight=host.Quantity(65, "kg"), height=other.Quantity(172, "cm"), sex="male"
    )
    assert type(result) is other.Quantity


def test_positional_and_keyword_arguments_mix(host):
    height, weight = host.Quantity(172, "cm"), host.Quantity(65, "kg")
    assert nadler_blood_volume(height, sex="male", weight=weight) == nadler_blood_volume(
        height, weight, "male"
    )


def test_a_registry_of_decimals_and_one_of_fractions():
    for number in (Decimal, Fraction):
        registry = pint.UnitRegistry(non_int_type=number)
        exact = nadler_blood_volume(
            registry.Quantity(number(172), "cm"), registry.Quantity(number(65), "kg"), "male"
        )
        mixed = nadler_blood_volume(
            registry.Quantity(172.0, "cm"), registry.Quantity(65.0, "kg"), "male"
        )
        for result in (exact, mixed):
            assert type(result.magnitude) is number
            assert float(result.to("mL").magnitude) == pytest.approx(4563.4015712, abs=1e-7)


def test_no_quantity_among_the_inputs_needs_no_registry():
    assert fraction_removed(1) == pytest.approx(0.632120558828, abs=1e-12)
    assert give(None, 3.0, "mL").m_as("liter") == 0.003


def test_a_fraction_may_be_bare_or_a_quantity(host):
    volume = host.Quantity(5, "L")
    plain = plasma_volume(volume, 0.28)
    assert plasma_volume(volume, host.Quantity(28, "percent")) == plain
    assert plasma_volume(volume, host.Quantity(0.28, "dimensionless")) == plain
    assert plasma_volume(volume, np.float32(0.25)).magnitude == pytest.approx(3750)
    assert plasma_volume(volume, Fraction(1, 4)).magnitude == pytest.approx(3750)
    assert plasma_volume(volume, Decimal("0.25")).magnitude == pytest.approx(3750)


def test_arrays_come_back_as_arrays(host):
    heights = host.Quantity(np.array([160, 170, 180]), "cm")  # whole numbers become float64
    result = nadler_blood_volume(heights, host.Quantity(70, "kg"), "male")
    assert result.magnitude.dtype == np.float64
    for index, height in enumerate((160, 170, 180)):
        one = nadler_blood_volume(host.Quantity(height, "cm"), host.Quantity(70, "kg"), "male")
        assert result.magnitude[index] == pytest.approx(one.magnitude, rel=1e-14)


def test_arrays_choose_row_by_row(host):
    ages = host.Quantity(np.array([1.0, 5.0, 8.0, 12.0]), "year")
    heights, weights = (
        host.Quantity(np.array([80.0, 110, 128, 150]), "cm"),
        host.Quantity(np.array([11.0, 19, 26, 42]), "kg"),
    )
    for sex in ("male", "female"):
        result = linderkamp_blood_volume(heights, weights, sex, ages)
        for index in range(4):
            one = linderkamp_blood_volume(heights[index], weights[index], sex, ages[index])
            assert result[index].magnitude == pytest.approx(one.magnitude, rel=1e-14)


def test_a_million_patients_at_once(host):
    heights = np.random.default_rng(1).uniform(150, 200, 1_000_000)
    result = nadler_blood_volume(host.Quantity(heights, "cm"), host.Quantity(70.0, "kg"), "female")
    assert result.shape == (1_000_000,)
    assert np.isfinite(result.magnitude).all()


def test_empty_and_zero_dimensional_arrays(host):
    weight = host.Quantity(70, "kg")
    assert nadler_blood_volume(host.Quantity(np.array([]), "cm"), weight, "male").shape == (0,)
    scalar = nadler_blood_volume(host.Quantity(np.array(170.0), "cm"), weight, "male")
    assert isinstance(scalar.magnitude, float)


def test_the_host_registry_is_not_changed(host):
    before = set(host._units)
    nadler_blood_volume(host.Quantity(172, "cm"), host.Quantity(65, "kg"), "male")
    assert set(host._units) - before == set()


def test_the_bare_body_is_reachable():
    assert nadler_blood_volume.kernel(1.72, 65.0, "male") == pytest.approx(4.5634015712)


# --- refusals ---------------------------------------------------------------------------------------------------------


def nadler_says(host, height=None, weight=None, sex="male"):
    height = host.Quantity(172, "cm") if height is None else height
    weight = host.Quantity(65, "kg") if weight is None else weight
    return message(nadler_blood_volume, height, weight, sex)


def test_the_sentence_names_argument_value_range_and_likely_meaning(host):
    said = nadler_says(host, height=host.Quantity(1.75, "cm"))
    assert said == "height: got 1.75 cm; expected 85 to 250 cm for an adult. Did you mean 1.75 m?"


@pytest.mark.parametrize(
    ("value", "unit", "says"),
    [
        (70, "cm", "Did you mean 70 in?"),
        (5.9, "cm", "got 5.9 cm; expected 85 to 250 cm for an adult."),
        (1750, "cm", "Did you mean 1750 mm?"),
        (175, "m", "Did you mean 175 cm?"),
        (175, "kg", "got 175 kg; expected 85 to 250 cm for an adult. Did you mean 175 cm?"),
        (0, "cm", "got 0 cm; expected 85 to 250 cm for an adult."),
        (-170, "cm", "got -170 cm; expected"),
        (1, "km", "got 1 kilometer; expected"),
        (3, "furlong", "got 3 furlong; expected"),
        (float("nan"), "m", "got nan; expected a finite number"),
        (float("inf"), "m", "got inf; expected a finite number"),
        (1e400, "m", "got inf; expected a finite number"),
    ],
)
def test_heights_that_cannot_be(host, value, unit, says):
    said = nadler_says(host, height=host.Quantity(value, unit))
    assert said.startswith("height: ")
    assert says in said


def test_a_meaning_outside_the_range_is_not_suggested(host):
    assert "Did you mean" not in nadler_says(host, height=host.Quantity(3000, "cm"))
    assert "Did you mean" not in nadler_says(host, height=host.Quantity(3000, "kg"))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (1.75, "got 1.75 without a unit; expected 85 to 250 cm for an adult. Did you mean 1.75 m?"),
        (175, "Did you mean 175 cm?"),
        ("175 cm", 'got the text "175 cm"; expected a Quantity, 85 to 250 cm for an adult. Did you mean parse_quantity("175 cm")?'),
        (None, "is missing"),
        (True, "got True"),
        ([175], "got a value of type list"),
        (np.array([175.0]), "got an array without a unit"),
        (float("nan"), "got nan"),
        (object(), "got a value of type object"),
    ],
)  # fmt: skip
def test_bare_numbers_and_other_things_are_no_quantity(host, value, says):
    with pytest.raises(QuantityError) as caught:
        nadler_blood_volume(value, host.Quantity(65, "kg"), "male")
    assert says in str(caught.value)


def test_a_bare_weight_may_mean_two_things(host):
    assert nadler_says(host, weight=150).endswith("Did you mean 150 kg or 150 lb?")


def test_swapped_arguments_are_called_swapped(host):
    said = nadler_says(host, host.Quantity(65, "kg"), host.Quantity(172, "cm"))
    assert "swapped" in said
    assert said.endswith("Did you mean height 172 cm and weight 65 kg?")


@pytest.mark.parametrize(
    ("sex", "says"),
    [("M", "Did you mean male?"), ("f", "Did you mean female?"), ("Male", "Did you mean male?"), (None, "is missing"),
     ("", "is missing"), ("other", "got other; expected male or female."), (1, "got 1;"), (True, "got True;")],
)  # fmt: skip
def test_sex_is_required_and_never_guessed(host, sex, says):
    assert says in nadler_says(host, sex=sex)


@pytest.mark.parametrize(
    ("hematocrit", "says"),
    [
        (40, "Did you mean 40 %?"),
        (0.4, None),
        (1.4, "got 1.4;"),
        (-0.2, "got -0.2;"),
        ("0.4", "the text"),
        (True, "got True"),
    ],
)
def test_hematocrit_fraction_or_percent(host, hematocrit, says):
    volume = host.Quantity(5, "L")
    if says is None:
        assert plasma_volume(volume, hematocrit).m_as("L") == pytest.approx(3)
    else:
        assert says in message(plasma_volume, volume, hematocrit)


def test_percent_typed_as_fraction_and_the_reverse(host):
    volume = host.Quantity(5, "L")
    assert message(plasma_volume, volume, host.Quantity(0.4, "percent")).endswith(
        "Did you mean 40 %?"
    )
    assert "Did you mean" not in message(plasma_volume, volume, host.Quantity(140, "percent"))


def test_plasma_volumes_typed_without_the_point():
    said = message(fraction_removed, 15)
    assert (
        said
        == "plasma_volumes: got 15; expected 0 to 10 plasma volumes. Did you mean 1.5 plasma volumes?"
    )


def test_one_bad_row_of_an_array_is_found(host):
    heights = host.Quantity(np.array([172, 1.72, 180, np.nan]), "cm")
    said = nadler_says(host, height=heights)
    assert "2 of 4 values outside, the first at index 1 (1.72 cm)" in said
    assert "nan" in nadler_says(host, height=host.Quantity(np.array([172, np.nan]), "cm"))
    assert "array of kg" in nadler_says(host, height=host.Quantity(np.array([1.0, 2.0]), "kg"))


def test_arrays_of_other_things(host):
    for array in (
        np.array([True, False]),
        np.array(["a"]),
        np.array([1j]),
        np.ma.masked_array([0.3], [True]),
    ):
        assert "array of numbers" in message(fraction_removed, array)


def test_open_ended_range_in_arrays():
    from pexcalc import plasma_volumes_for

    assert "less than 100 %" in message(plasma_volumes_for, np.array([0.5, 1.0]))
    assert "less than 100 %" in message(plasma_volumes_for, 1.0)


def test_arrays_of_different_lengths(host):
    said = nadler_says(
        host,
        host.Quantity(np.array([170.0, 180]), "cm"),
        host.Quantity(np.array([60.0, 70, 80]), "kg"),
    )
    assert "expected arrays of one shape" in said


def test_wrong_calls_are_python_errors(host):
    height, weight = host.Quantity(172, "cm"), host.Quantity(65, "kg")
    for args, kwargs in (
        ((height, weight), {}),
        ((height, weight, "male", 3), {}),
        ((height, weight, "male"), {"height": height}),
        ((height, weight), {"sexx": "male"}),
        ((1.0,), {"m": math}),
    ):
        with pytest.raises(TypeError):
            (fraction_removed if "m" in kwargs else nadler_blood_volume)(*args, **kwargs)


def test_a_girl_needs_a_stage(host):
    height, weight = host.Quantity(150, "cm"), host.Quantity(45, "kg")
    assert "tanner is missing" in message(raes_blood_volume, height, weight, "female")
    assert "tanner: got 9" in message(raes_blood_volume, height, weight, "female", 9)


def test_errors_can_be_pickled_and_read_in_parts():
    error = QuantityError("height", "1.75 cm", "85 to 250 cm", ["1.75 m"], kind="range")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert again.meant == ("1.75 m",)
    assert isinstance(error, ValueError)


def test_a_formula_that_does_not_match_its_kernel_cannot_be_made():
    say = {"source": "dilution-law", "validity": "x", "error": "x"}
    with pytest.raises(TypeError, match="do not match"):
        formula("1", "a", tag="derived", b=In("1", 0, 1), **say)(lambda a: a)
    with pytest.raises(ValueError, match="evidence tag"):
        formula("1", "a", tag="rumour", a=In("1", 0, 1), **say)


CLOSED, OPEN = In("1", 0, 1, "%"), In("1", 0, 1, "%", open_high=True)


@pytest.mark.parametrize(
    ("spec", "value", "inside"),
    [
        (CLOSED, 0.0, True), (CLOSED, 1.0, True), (CLOSED, 1 + 1e-9, False), (CLOSED, -1e-9, False),
        (OPEN, 0.0, True), (OPEN, 0.999, True), (OPEN, 1.0, False), (OPEN, 1.5, False), (CLOSED, math.nan, False),
        (In("mL", 0, 0.001), 0.001, True), (In("mL", 0, 0.001), 0.0010001, False), (In("mL", -2, 0), 0.0, True),
    ],
)  # fmt: skip
def test_a_range_and_its_ends(spec, value, inside):
    assert bool(spec.holds(value)) == inside
    assert spec.holds(np.array([value])).tolist() == [inside]
    unit = (
        (lambda number: HOST.Quantity(number, "mL"))
        if spec.unit == "mL"
        else (lambda number: number)
    )
    for given_ in (unit(value), unit(np.array([value]))):
        if inside:
            assert spec.strip("x", given_) == value
        else:
            assert message(spec.strip, "x", given_).startswith("x: got ")


def test_the_first_bad_row_is_named_and_all_are_counted():
    said = message(OPEN.strip, "x", np.array([0.0, 0.5, 1.0, 0.9999, 2.0, -1.0]))
    assert said.startswith("x: got 3 of 6 values outside, the first at index 2 (100 %)")
    assert message(CLOSED.strip, "x", np.array([0.0, 1.0, 1.1])).startswith(
        "x: got 1 of 3 values outside, the first at index 2"
    )


def test_what_was_probably_meant():
    slip = In("1", 5, 40, slips=(10, 0.1), usual=(8, 16))
    assert slip.meant((0.8,), None) == ["8"]
    assert slip.meant((1.6,), None) == ["16"]
    assert slip.meant((1.61,), None) == []
    assert slip.meant((160.0,), None) == ["16"]
    both = In("1", 5, 40, slips=(10, 9), usual=(8, 16))
    assert both.meant((1.0,), None) == ["10"]  # one is enough
    percent, fraction = units.BY_LABEL["%"], units.BY_LABEL["1"]
    assert CLOSED.meant((30.0,), fraction) == ["30 %"]
    assert OPEN.meant((1.0,), percent) == ["1 %"]
    assert (OPEN.meant((0.5,), fraction), OPEN.meant((0.5,), percent)) == (
        ["0.5 %", "50 %"],
        ["0.5 %"],
    )
    assert (OPEN.meant((1.0,), fraction), CLOSED.meant((1.0,), fraction)) == ([], ["1 %", "100 %"])
    length = In("cm", 85, 250)
    assert length.meant((70.0,), units.BY_LABEL["lb"]) == []  # who types pounds means them
    assert length.meant((172.0,), units.BY_LABEL["kg"]) == ["172 cm"]
    assert length.meant((5.0,), units.BY_LABEL["d"]) == []
    assert length.meant((170.0, 180.0), units.BY_LABEL["cm"], both=True) == ["170 cm", "180 cm"]
    assert length.meant((170.0, 180.0), units.BY_LABEL["kg"], both=True) == ["170 cm", "180 cm"]


def test_a_text_of_another_kind_says_which():
    assert "got 65 kg (a mass, not a length)" in message(In("cm", 85, 250).read, "height", "65 kg")
    assert In("cm", 85, 250).read("height", "65 in")[0] == 65


def test_ranges_in_words():
    assert In("1", 0, math.inf).expected == "0 or more"
    assert In("mL", -math.inf, math.inf).expected == "a volume"
    assert In("1", 0, 1, "%", open_high=True).expected == "0 to less than 100 %"
    assert In("mL", 325, 13000, who="65 kg").expected == "325 to 13,000 mL for 65 kg"
    assert In("kg/m2", 8, 100).expected == "8 to 100 kg/m2"


def test_sixteen_threads_on_first_touch():
    script = (
        "import threading\n"
        "barrier, seen, failed = threading.Barrier(16), [], []\n"
        "def work():\n"
        "    barrier.wait()\n"
        "    try:\n"
        "        import pexcalc\n"
        "        height, weight = pexcalc.parse_quantity('172 cm'), pexcalc.parse_quantity('65 kg')\n"
        "        seen.append(round(pexcalc.nadler_blood_volume(height, weight, 'male').m_as('mL'), 4))\n"
        "    except BaseException as error:\n"
        "        failed.append(repr(error))\n"
        "threads = [threading.Thread(target=work) for _ in range(16)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
        "print(len(seen), set(seen), failed)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "16 {4563.4016} []", done.stderr


# --- what must always hold --------------------------------------------------------------------------------------------

ADULT = {"cm": st.floats(100, 240), "kg": st.floats(25, 350)}


@given(ADULT["cm"], ADULT["kg"], st.sampled_from(["male", "female"]))
def test_the_unit_of_an_input_does_not_matter(cm, kg, sex):
    q = HOST.Quantity
    reference = nadler_blood_volume(q(cm, "cm"), q(kg, "kg"), sex).magnitude
    for height in (q(cm / 100, "m"), q(cm / 2.54, "inch"), q(cm / 30.48, "foot"), q(cm * 10, "mm")):
        for weight in (q(kg, "kg"), q(kg * 1000, "g"), q(kg / 0.45359237, "lb")):
            assert nadler_blood_volume(height, weight, sex).magnitude == pytest.approx(
                reference, rel=1e-12
            )


@pytest.mark.parametrize("name", ALL)
def test_both_ends_of_every_range_are_accepted_as_people_type_them(name):
    from pexcalc.quantities import units

    for argument, spec in ALL[name].inputs.items():
        if isinstance(spec, Choice) or spec.show not in units.BY_LABEL or math.isinf(spec.high):
            continue
        row = units.BY_LABEL[spec.show]
        ends = [spec.in_unit(spec.show, spec.low)] + (
            [] if spec.open_high else [spec.in_unit(spec.show, spec.high)]
        )
        for end in ends:
            typed = float(units.number(end, 6).replace(",", ""))
            quantity = units.private_registry().Quantity(typed, row.container)
            spec.strip(argument, quantity)
            spec.strip(
                argument, units.private_registry().Quantity(np.array([typed]), row.container)
            )


def test_pints_own_quantity_of_the_application_registry():
    result = nadler_blood_volume(pint.Quantity(172, "cm"), pint.Quantity(65, "kg"), "male")
    assert type(result) is pint.Quantity
    assert result.m_as("mL") == pytest.approx(4563.4015712, abs=1e-7)


def test_any_decimal_context_of_the_host():
    with localcontext() as context:
        context.prec = 3
        context.traps[Inexact] = True
        assert "1.75 m" in message(
            nadler_blood_volume, HOST.Quantity(1.75, "cm"), HOST.Quantity(65, "kg"), "male"
        )
        said = message(
            nadler_blood_volume, HOST.Quantity(1e23, "cm"), HOST.Quantity(65, "kg"), "male"
        )
        assert "100,000,000,000,000,000,000,000 cm" in said


@pytest.mark.parametrize("value", [10**400, Decimal("sNaN"), "1", b"1", [1.0], {1: 2}, 1 + 0j])
def test_numbers_that_are_none(value):
    assert "plasma_volumes: got" in message(fraction_removed, value)


def test_a_registry_without_the_unit_says_so():
    small = pint.UnitRegistry(None)
    small.define("litre = [volume]")
    assert "blood_volume: got 5 litre; expected 5 to 25,000 mL." in message(
        plasma_volume, small.Quantity(5, "litre"), 0.3
    )


def test_infinite_levels_are_refused():
    from pexcalc import concentration_after

    for initial, segments in ((math.inf, []), (1.0, [(1.0, math.inf)])):
        assert "a finite number" in message(concentration_after, initial, segments)


def test_a_registry_that_makes_arrays_of_everything_is_named_in_plain_words():
    host = pint.UnitRegistry(force_ndarray=True)
    said = message(nadler_blood_volume, host.Quantity(65, "kg"), host.Quantity(172, "cm"), "male")
    assert "height and weight: got 65 kg and 172 cm, swapped" in said
