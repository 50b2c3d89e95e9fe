"""Anything at all typed, written in a file or given as an option: an answer or one sentence, never a traceback.

Six kinds: what is typed, orders in JSON, command lines, files of many patients, measured levels, fields of a form.

Each has a function that checks one input and returns whether it was answered. `python -m tests.tools.random_inputs`
runs many with a seed and prints the counts; docs/quality.md says which runs were made.
"""

import copy
import functools
import io
import json
import math
import operator
import os
import re
import signal
import subprocess
import sys

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from pexcalc import Order, QuantityError, cohort, form, parse_quantity, prescribe
from pexcalc.cli import cli
from pexcalc.order import fields
from pexcalc.order.questions import words_of
from pexcalc.quantities.units import BY_TOKEN, read
from tests.support.anything import json_values, parts
from tests.support.patients import wire
from tests.support.scenario import SCENARIOS


def finite_json(text):
    """JSON without NaN or Infinity, which are no value here."""
    return json.loads(text, parse_constant={}.__getitem__)


def one_sentence(error):
    said = str(error).splitlines()
    assert len(said) <= 13
    for one in said:
        assert one.isprintable()
        assert len(one) < 1500
    return " ".join(said)


NUMBERS = ("0", "-0", "1", "60", "0.28", "1.75", "3331.283", "1,5", "1 000", "1,000", ".5", "5.", "1e3", "1e400", "nan", "-nan",
           "inf", "-Infinity", "0x1f", "1_000", "9" * 59, "0." + "0" * 50 + "1", "٦٥", "６５", "²", "½", "1-2", "5'10\"", "12:1",
           "2**2**2**9", "1/0", "+-5", "--5", "5.11")  # fmt: skip
ODD = ("\x00", "\n", "\r\n", "\t", "\x1b[2J", "\u202e", "\u200b", "\ufeff", "\u00a0", "\udc80", "\U0001f489", "%s", "{0}", "${7*7}",
       "'; --", "../../etc/passwd", "a" * 10_000, "e\u0301", "\u2028")  # fmt: skip
tokens = st.sampled_from([*BY_TOKEN, "stone", "PV", "IU", "cc", "KG/", "mL mL", "kg**2"])
plain = st.integers(0, 5000).map(str) | st.floats(0, 500).map(lambda value: f"{value:.2f}")
numbers = plain | st.sampled_from(NUMBERS) | st.floats().map(repr)
spaces = st.sampled_from([" ", " ", "", "  "])
amounts = st.tuples(numbers, spaces, tokens | st.just("")).map("".join)
typed = amounts | st.text(max_size=80) | st.text("0123456789., +-'\"eE%kgcmLft", max_size=70) | st.sampled_from(ODD) | st.tuples(amounts, st.sampled_from(ODD)).map("".join)  # fmt: skip


def answers_text(text):
    reading = read(text)
    assert all(map(math.isfinite, reading.numbers))
    assert reading.text.isprintable()
    try:
        quantity = parse_quantity(text)
    except QuantityError as error:
        one_sentence(error)
        return False
    assert not reading.fault
    assert quantity.magnitude == float(re.match(r"\s*([-+0-9.]+)", text)[1])
    return True


@given(typed)
def test_any_text_is_one_quantity_or_one_sentence(text):
    answers_text(text)


ORDERS = [order for _, order, _ in SCENARIOS]
WORDS = sorted({word for order in ORDERS for word in re.findall(r'"([^"]*)"', json.dumps(order))})
words = st.sampled_from(WORDS)
any_json = json_values(
    words | st.sampled_from(ODD) | st.text(max_size=8), words | st.text(max_size=8)
)
NEAR_UNITS = "a mo cm [in_i] kg % 1 mL L mL/min h g/L mmol/L 10*9/L"
near_numbers = st.floats(0, 1e4).map(lambda value: round(value, 3))
near_amounts = st.fixed_dictionaries(
    {"value": near_numbers, "unit": st.sampled_from(NEAR_UNITS.split())}
)
near_values = near_numbers | st.integers(0, 400) | near_amounts


SHARES = (0.5, 0.8, 0.9, 0.99, 1.01, 1.1, 1.3, 2)


@st.composite
def changed_orders(draw):
    """An order of a scenario with up to three values scaled, replaced, taken away, or put where they do not belong."""
    order = copy.deepcopy(draw(st.sampled_from(ORDERS)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([path for path, _ in parts(order) if path] or [()]))
        *groups, last = path
        holder = functools.reduce(operator.getitem, groups, order)
        value = holder[last]
        what = draw(st.sampled_from(["scaled", "scaled", "scaled", "near", "any", "gone", "added"]))
        if what == "scaled" and isinstance(value, float | int) and not isinstance(value, bool):
            holder[last] = value * draw(st.sampled_from(SHARES))
        elif what == "scaled":
            pass
        elif what == "gone" and len(order) > 1:
            del holder[last]
        elif what == "added" and isinstance(holder, dict):
            holder[draw(st.sampled_from(WORDS))] = draw(any_json | near_values)
        else:
            holder[last] = draw(near_values if what == "near" else any_json)
    return order


def torn(text, start, length, put):
    """JSON with a piece taken out and another put in its place, as by a slip in an editor or half a download."""
    return text[:start] + put + text[start + length :]


pieces = st.binary(max_size=6)
texts_of_orders = changed_orders().map(json.dumps).map(str.encode)
documents = (
    texts_of_orders
    | texts_of_orders
    | st.builds(torn, texts_of_orders, st.integers(0, 900), st.integers(0, 60), pieces)
    | st.builds(lambda order, codec: json.dumps(order).encode(codec), st.sampled_from(ORDERS), st.sampled_from(["utf-16", "utf-32", "utf-8-sig", "cp037"]))
    | any_json.map(json.dumps).map(str.encode)
    | st.binary(max_size=200)
)  # fmt: skip


def answers_document(text):
    try:
        order = Order.from_json(text)
        said = prescribe(order).to_json()
    except QuantityError as error:
        one_sentence(error)
        return False
    assert Order.from_json(order.to_json()) == order
    assert Order.from_wire(finite_json(said)["order"]) == order
    return True


@given(documents)
@example(b"")
@example(b"\xff\xfe")
@example(b'{"label": "\\ud800"}')
def test_any_document_is_an_order_or_one_sentence(text):
    answers_document(text)


LEVEL_UNITS = ("g/L", "mg/dL", "ug/mL", "ng/mL", "pg/mL", "umol/L", "nmol/L", "%")
BY_TWO = [order for order in ORDERS if "measured" in order]
measured_rows = st.fixed_dictionaries(
    {
        "solute": st.sampled_from(["igg", "igg", "igm", "fibrinogen", "IL-6", "albumin", "ldl", "tocilizumab", "", "IgG"]),
        "session": st.integers(1, 4) | st.integers(-1, 40) | any_json,
        "when": st.sampled_from(["before", "after", "before", "after", "during"]),
        "level": st.builds(lambda value, unit: {"value": value, "unit": unit},
                           st.floats(0.2, 30).map(lambda value: round(value, 2)) | st.floats(0, 1e6), st.sampled_from(LEVEL_UNITS))
        | any_json,
    },
    optional={"plasma_volumes": st.floats(0.3, 2) | any_json},
)  # fmt: skip


@st.composite
def orders_with_levels(draw):
    """An order with pairs of levels that may be those of a patient, and with others beside them."""
    order = copy.deepcopy(draw(st.sampled_from(BY_TWO)))
    solute, usual = draw(st.sampled_from([("igg", 9), ("igm", 1.5), ("fibrinogen", 3)]))
    before = usual * draw(st.floats(0.2, 4))
    order["measured"] = [
        {"solute": solute, "session": session, "when": when, "level": {"value": before * share, "unit": "g/L"}}
        for session in range(1, draw(st.integers(1, 3)) + 1)
        for when, share in (("before", 1), ("after", draw(st.floats(0.15, 1.02))))
    ] + draw(st.lists(measured_rows, max_size=1) if draw(st.integers(0, 3)) == 0 else st.just([]))  # fmt: skip
    if draw(st.booleans()):  # plasma at the end fills plasma before the tissue
        order["dose"] = {"plasma_volumes": draw(st.floats(0.4, 2))}
        order["labs"] = {"fibrinogen": {"value": draw(st.floats(0.3, 3)), "unit": "g/L"}}
        fluid = {"blood_group": "A", "plasma_share": {"value": draw(st.floats(1, 99)), "unit": "%"}}
        order["fluid"] = {"choice": "albumin-then-plasma", **fluid}
    return order


def in_order(value):
    """An interval of a result, as its JSON is read, with its figures in order."""
    ends = [value.get(name) for name in ("low", "typical", "high")]
    if all(isinstance(end, float | int) for end in ends):
        assert ends == sorted(ends), value
    return value


def answers_levels(order):
    try:
        said = prescribe(Order.from_json(json.dumps(order))).to_json()
    except QuantityError as error:
        one_sentence(error)
        return False
    json.loads(said, parse_constant={}.__getitem__, object_hook=in_order)
    return True


@given(orders_with_levels())
def test_any_measured_levels_are_used_or_refused_in_one_sentence(order):
    answers_levels(order)


FORM_NAMES = sorted({row.name for row in form.FORM_ROWS})
FILLED = [form.fields_from_order(order) for order in ORDERS]
HELD = {name: sorted({fields[name] for fields in FILLED if fields.get(name)}) for name in FORM_NAMES}  # fmt: skip
FIELD_UNITS = {name: form.units_of(name) for name in FORM_NAMES}


@st.composite
def form_fields(draw):
    """The fields of an order that works, with some left empty, filled otherwise, or with another unit."""
    filled = dict(draw(st.sampled_from(FILLED)))
    for _ in range(draw(st.integers(0, 4))):
        name = draw(st.sampled_from(FORM_NAMES))
        how = draw(st.integers(0, 9))
        if how == 0:
            filled.pop(name, None)
        elif how < 3 and FIELD_UNITS[name]:
            filled[f"{name}.unit"] = draw(st.sampled_from(FIELD_UNITS[name]) | typed)
        elif how < 7 and HELD[name]:
            filled[name] = draw(st.sampled_from(HELD[name]))
        else:
            filled[name] = draw(typed)
    if draw(st.integers(0, 9)) == 0:
        filled[draw(st.sampled_from(["order", "dose.unit", "nothing"]) | st.sampled_from(ODD))] = draw(typed)  # fmt: skip
    return filled


def answers_form(filled):
    found = form.answer(filled)
    finite_json(found.to_json(("screen", "prescription")))
    for fault in found.errors.values():
        one_sentence(fault.sentence)
    if found.prescription is None:
        assert found.needed or found.errors, "neither an answer nor what is needed"
        return False
    again = form.answer(form.fields_from_order(found.order))
    assert again.order == found.order
    return True


@given(form_fields())
@example({"order": "34 "})
def test_any_fields_of_a_form_are_answered_or_say_what_is_needed(filled):
    answers_form(filled)


BODY = {
    "--sex": "male", "--age": "23 y", "--height": "172 cm", "--weight": "65 kg",
    "--hematocrit": "27 %",
}  # fmt: skip
COMMANDS = {
    "prescribe": {**BODY, "--indication": "crs-car-t", "--exchange-volume": "3000 mL"},
    "volume": BODY,
    "removal": {"--solute": "IL-6", "--plasma-volumes": "1", "--duration": "2 h"},
    "compare": {"--solute": "IL-6", "--weight": "70 kg", "--hematocrit": "30 %", "--blood-flow": "150 mL/min",
                "--effluent-dose": "25 mL/kg/h", "--plasma-volumes": "1", "--duration": "2 h"},
    "crs-grade": {"--temperature": "39 C", "--hypotension": "yes", "--vasopressor": "none", "--oxygen-device": "room-air"},
}  # fmt: skip
NEAR = ("70 kg", "172 cm", "69 in", "5 L @ device", "30 wk", "3 y", "8 mo", "6 d", "45 %", "0.5 %", "100 %", "ttp", "gbs-primary",
        "1.2", "4", "15", "3", "48 h", "2 h", "0.1 h", "24 h", "60 mL/min", "250 mL/min", "12", "spectra-optia", "acd-a", "female",
        "albumin", "plasma", "albumin-then-plasma", "rituximab @ 24 h before", "siltuximab 770 mg @ 12 h after", "IgG", "tocilizumab",
        "rising", "560 mg", "3000 mL", "10 mL", "25000 mL", "260 mg/dL", "2.6 g/L", "150 x10^9/L", "yes", "no", "W-PED=a reason",
        "niv", "nasal-cannula", "4 L/min", "-", "")  # fmt: skip
values = st.sampled_from(NEAR) | typed


INPUT_ROWS = (*fields.INPUTS, *fields.REMOVAL, *fields.CRS_GRADE)
OPTION_WORDS = {row.flag: words_of(row) for row in INPUT_ROWS if row.listed}
OPTIONS, SWITCHES, EXAMPLES = {}, {}, {}
for name in COMMANDS:
    OPTIONS[name], SWITCHES[name], EXAMPLES[name] = [], [], {}
    for one in cli.commands[name].params:
        # Not --html, which writes to the file that it names; its own tests are in test_files.py.
        if one.is_flag:
            SWITCHES[name] += one.opts
        elif one.opts[0] != "--html":
            OPTIONS[name].append(one.opts[0])
        # What the help of an option gives as examples, and its closed set of words.
        found = re.findall(r'"([^"]+)"', one.help) or re.findall(r"such as ([\w.-]+)", one.help)
        EXAMPLES[name][one.opts[0]] = [*found, *OPTION_WORDS.get(one.opts[0], ())]


@st.composite
def command_lines(draw):
    """A command that works, with options changed, left out, added, repeated or misspelt."""
    name = draw(st.sampled_from(sorted(COMMANDS)))
    given_options = dict(COMMANDS[name])
    for _ in range(draw(st.integers(0, 3))):
        option = draw(st.sampled_from(OPTIONS[name]))
        how = draw(st.integers(0, 9))
        if how == 0:
            given_options.pop(option, None)
        else:
            fitting = EXAMPLES[name][option]
            fit = fitting and how < 8
            given_options[option] = draw(st.sampled_from(fitting) if fit else values)
    words = [word for pair in given_options.items() for word in pair]
    words += draw(st.lists(st.sampled_from(SWITCHES[name]), max_size=2))
    words += draw(st.lists(st.sampled_from(ODD) | typed | st.sampled_from(OPTIONS[name]), max_size=1)) if draw(st.integers(0, 4)) == 0 else []  # fmt: skip
    return [name, *words], b""


@st.composite
def command_lines_with_a_file(draw):
    """An order on standard input that may not be one, and options that replace what it says."""
    words = ["prescribe", "--order", "-"]
    options = st.sampled_from(OPTIONS["prescribe"][1:])
    for option in draw(st.lists(options, max_size=2, unique=True)):
        words += [option, draw(st.sampled_from(EXAMPLES["prescribe"][option] or ["1"]) | values)]
    words += draw(st.lists(st.sampled_from(SWITCHES["prescribe"]), max_size=1))
    return words, draw(documents)


NOT_A_NUMBER = re.compile(r"(?<![a-z])(nan|inf|infinity)(?![a-z])", re.IGNORECASE)


lines_of_any_kind = command_lines() | command_lines() | command_lines_with_a_file()


def answers_line(line):
    words, standard_input = line
    result = CliRunner().invoke(cli, words, input=standard_input)
    assert isinstance(result.exception, SystemExit | None), (words, result.exception)
    assert result.exit_code in (0, 1, 2, 3)
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == (result.exit_code in (1, 2)), result.stderr
    assert all(line.isprintable() for line in errors)
    assert "Traceback" not in result.output
    if result.exit_code in (0, 3) and "--json" in words and not {"-h", "--help"} & set(words):
        finite_json(result.stdout)
    elif not NOT_A_NUMBER.search(" ".join(words) + standard_input.decode("utf-8", "replace")):
        assert not NOT_A_NUMBER.search(result.stdout), words
    return result.exit_code in (0, 3)


@given(lines_of_any_kind)
def test_any_command_line_is_answered_or_refused_in_one_line(line):
    answers_line(line)


# Columns with cells that are mostly usual, and some that are not.
COLUMNS = {
    "sex": ["male", "female", "male", "female", "Male", "m", ""],
    "age_y": ["23", "54", "80", "17.5", "1.5", "0.01", "200", "23 y", ""],
    "age_mo": ["276", "8", "0.5", ""],
    "height_cm": ["172", "160", "1.72", "68", "50", ""], "height_in": ["68", "172", "5'8", ""],
    "weight_kg": ["65", "80.5", "7000", "3.2", "1e400", "-65", ""], "weight_lb": ["143", "65", ""],
    "hematocrit": ["0.27", "0.4", "27", "0.61", ""], "hematocrit_percent": ["27", "0.27", "61", ""],
    "plasma_volumes": ["1", "1.2", "12", ""], "exchange_volume_L": ["3", "3000", ""],
    "exchange_volume_mL": ["3000", "3", "90000", ""],
    "gestation_wk": ["30", "", "", "300"], "gestation_at_birth_wk": ["39", "", "", "30"],
    "pre_pregnancy_weight_kg": ["60", "", ""], "pre_pregnancy_hematocrit": ["0.38", "", ""],
    "amputation": ["0.059", "", "59"],
    "states": ["", "sepsis", "cirrhosis ascites", "sepsi", "pre-eclampsia", "postpartum"],
}  # fmt: skip
ONE_OF = (("sex",), ("age_y", "age_y", "age_mo"), ("height_cm", "height_cm", "height_in"),
          ("weight_kg", "weight_kg", "weight_lb"), ("hematocrit", "hematocrit", "hematocrit_percent"))  # fmt: skip
OTHER = sorted({*COLUMNS}.difference(*ONE_OF))
ODD_HEADERS = ("weight", "wieght_kg", "weight_kg", "id_d", "mrn", "", "code", "sentence", "~fine", "weight_furlong", "height_kg",
               "plasma_volume_mL", "exchange_volume", "duration_h", *ODD)  # fmt: skip


@st.composite
def tables(draw):
    """Headers and rows of text: columns that work, with some left out, added or misnamed, and cells of all kinds."""
    headers = [draw(st.sampled_from(forms)) for forms in ONE_OF]
    headers += draw(st.lists(st.sampled_from(OTHER), max_size=3, unique=True))
    cells = [COLUMNS[header] for header in headers]
    if draw(st.integers(0, 3)) == 0:
        headers[draw(st.integers(0, len(headers) - 1))] = draw(st.sampled_from(ODD_HEADERS))
    odd = st.sampled_from(NUMBERS) | typed
    rows = [
        [draw(st.sampled_from(fitting) if draw(st.integers(0, 11)) else odd) for fitting in cells]
        for _ in range(draw(st.integers(0, 5)))
    ]
    return headers, rows


def quoted(cell):
    return '"' + cell.replace('"', '""') + '"' if any(c in cell for c in '",\n\r') else cell


def csv_of(content):
    headers, rows = content
    lines = [",".join(map(quoted, row)) for row in (headers, *rows)]
    return "\n".join([*lines, ""]).encode("utf-8", "surrogatepass")


def parquet_of(content):
    """The same in Parquet, numbers as numbers: what is none is missing."""
    headers, rows = content
    columns = {}
    for place, header in enumerate(headers):
        found = [row[place].encode("utf-8", "replace").decode() for row in rows]
        column = pl.Series(found, dtype=pl.String)
        number = header not in ("sex", "states")
        name = header.encode("utf-8", "replace").decode()
        columns[name] = column.cast(pl.Float64, strict=False) if number else column
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_parquet(buffer)
    return buffer.getvalue()


tables_of_text = tables().map(csv_of)
tables_of_numbers = tables().map(parquet_of)
# No torn Parquet: there a damaged size can make polars end the process (docs/cohort.md); test_cohort.py has some.
session_files = st.one_of(
    st.tuples(st.just(".csv"), tables_of_text),
    st.tuples(st.just(".csv"), tables_of_text),
    st.tuples(st.just(".csv"), st.builds(torn, tables_of_text, st.integers(0, 200), st.integers(0, 30), pieces)),
    st.tuples(st.just(".parquet"), tables_of_numbers),
    st.tuples(st.just(".parquet"), tables_of_numbers),
    st.tuples(st.sampled_from([".csv", ".parquet"]), st.binary(max_size=200)),
)  # fmt: skip
endings = st.sampled_from([".csv", ".parquet"])


def answers_sessions(folder, given_file, ending):
    (source, target) = folder / f"in{given_file[0]}", folder / f"out{ending}"
    source.write_bytes(given_file[1])
    target.write_bytes(b"old")
    try:
        summary = cohort.compute_file(source, target)
    except (QuantityError, OSError) as error:
        one_sentence(error)
        assert target.read_bytes() == b"old"
        summary = None
    else:
        assert summary.written == summary.rows
        csv = ending == ".csv"
        result = pl.read_csv(target, infer_schema=False) if csv else pl.read_parquet(target)
        assert len(result) == summary.rows
        assert result["code"].is_not_null().sum() == summary.marked
        computed = result["plasma_volume_mL"].cast(pl.Float64).is_finite().fill_null(False)
        assert computed.equals(result["code"].is_null())
        assert all(map(one_sentence, result["sentence"].drop_nulls()))
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == []
    source.unlink()
    return summary is not None


@given(session_files, endings)
def test_any_file_of_sessions_is_computed_row_by_row_or_refused_in_one_sentence(
    tmp_path_factory, given_file, ending
):
    folder = tmp_path_factory.getbasetemp() / "sessions"
    folder.mkdir(exist_ok=True)
    answers_sessions(folder, given_file, ending)


PRESCRIBE = ["prescribe", *[word for pair in COMMANDS["prescribe"].items() for word in pair]]


def refused(words):
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 1 or (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("Error: ")
    return result.stderr


def test_a_file_without_an_end_is_read_up_to_the_limit():
    said = refused(["prescribe", "--order", "/dev/zero"])
    assert "order: got 1,000,001 characters; expected one JSON object of at most" in said
    assert "No space left on device" in refused([*PRESCRIBE, "--html", "/dev/full"])


def test_a_process_that_is_killed_while_it_writes_leaves_the_old_page(tmp_path):
    target = tmp_path / "sheet.html"
    target.write_text("old", encoding="utf-8")
    program = (
        "import os, signal\nos.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"from pexcalc.cli import cli\ncli({[*PRESCRIBE, '--html', str(target)]!r})"
    )
    done = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert target.read_text(encoding="utf-8") == "old"
    (left,) = [path.name for path in tmp_path.iterdir() if path != target]
    assert left.startswith(".pexcalc-")  # what such an end cannot take away


@pytest.mark.parametrize("output", ["--json", "--html=-"])
def test_a_reader_that_has_gone_is_no_crash(output):
    read_end, write_end = os.pipe()
    os.close(read_end)
    program = [sys.executable, "-m", "pexcalc", *PRESCRIBE, output]
    pipes = {"stdout": write_end, "stderr": subprocess.PIPE}
    done = subprocess.run(program, **pipes, timeout=60, check=False)
    os.close(write_end)
    assert (done.returncode, done.stderr) == (1, b"")


AGAIN_AND_AGAIN = """
import gc, sys, tracemalloc
from pexcalc import Order, prescribe
text = sys.stdin.read()
def growth(of, times):
    before = of()
    for _ in range(times):
        written = prescribe(Order.from_json(text)).to_json()
    gc.collect()
    return of() - before
growth(int, 20)
blocks = growth(sys.getallocatedblocks, 100)
tracemalloc.start()
weight = lambda: tracemalloc.get_traced_memory()[0]
growth(weight, 1)
print(blocks, growth(weight, 20), len(prescribe(Order.from_json(text)).to_json()))
"""


def test_prescribing_again_and_again_keeps_no_memory():
    """In a process of its own: small objects are counted, large ones weighed.

    CPython and the parsers keep some small ones in caches of their own, fewer each time. One kept
    prescription has over 1,000 objects, 20 kept texts weigh 20 times what one does.
    """
    words = [sys.executable, "-c", AGAIN_AND_AGAIN]
    given = {"input": json.dumps(wire()), "capture_output": True, "text": True, "check": True}
    blocks, weight, text = map(int, subprocess.run(words, **given).stdout.split())
    assert blocks < 1_500
    assert weight < 4 * text
