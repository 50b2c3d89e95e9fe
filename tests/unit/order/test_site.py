"""A site file: what it may say, what it changes, and that it lifts no stop."""

import json
import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from pexcalc import Order, Prescription, Site, prescribe
from pexcalc.caution_facts import separator_facts
from pexcalc.cli import cli
from pexcalc.data.limits import limits
from pexcalc.order.site_limits import BOUNDS
from pexcalc.order.treatment import Fluid, ProductValues
from pexcalc.replacement.choice import choose_replacement
from pexcalc.report import sheet
from pexcalc.report.layout import text as printed
from pexcalc.report.summary import summary
from tests.conftest import HOST
from tests.support.patients import Q, order, wire
from tests.support.refused import refused, says

NAME = 'name = "St. Example"\n'
PLASMA = '[products.our-plasma]\nkind = "plasma"\ncontainers = ["200 mL"]\n'
EXAMPLE = f"""{NAME}units = "us"
[limits]
fibrinogen-low = {{ low = "1.2 g/L" }}
thin-adult = {{ low = 18.5, unit = "kg/m2" }}
[limits.hematocrit-high-male]
high = 55
unit = "%"
[products]
albumin-5 = {{ containers = ["250 mL", "500 mL"], protein = "50 g/L" }}
our-plasma = {{ kind = "plasma", like = "sd-plasma", citrate = "21 mmol/L", containers = ["200 mL"] }}
[products.our-albumin]
name = "albumin of the pharmacy"
kind = "albumin"
protein = "40 g/L"
containers = ["125 mL"]
[devices.spectra-optia]
ratio = 12
circuit_volume = "185 mL"
plasma_removal_efficiency = "87 %"
anticoagulant = "acd-a"
[devices.our-optia]
like = "spectra-optia"
inlet_flow = "60 mL/min"
ratio = 12
plasma_removal_efficiency = "85 %"
"""
GROUPS = {"blood_group": "A", "plasma_group": "A"}


def site(text=EXAMPLE):
    return Site.from_toml(text.encode(), "site.toml")


def ids(found, severity=None):
    return {one.id for one in found.cautions if severity in (None, one.severity)}


def ordered(data, text=EXAMPLE):
    return prescribe(Order.from_wire(data, site=site(text)), site=site(text))


def rows(found):
    return {".".join(filter(None, (row.table, row.id, row.field))) for row in found.site.rows}


def test_a_site_file_is_a_frozen_record_with_the_hash_of_its_bytes(tmp_path):
    (tmp_path / "site.toml").write_text(EXAMPLE, "utf-8")
    found = Site.read(tmp_path / "site.toml")
    assert found == site()
    assert (found.name, found.units, len(found.hash)) == ("St. Example", "us", 12)
    assert found.limits["fibrinogen-low"].low == 1.2
    assert Site.from_toml(f"{EXAMPLE}#".encode()).hash != found.hash
    assert Site.from_json(found.to_json()) == found
    with pytest.raises(ValueError, match="frozen"):
        found.name = "another"
    with pytest.raises(TypeError):
        found.limits["fibrinogen-low"] = None
    assert len(site(NAME + PLASMA.replace("our-plasma", "a" * 60)).products) == 1
    assert site("\ufeff" + EXAMPLE.replace("\n", "\r\n")).limits == found.limits
    other_unit = site(f'{NAME}[limits.fibrinogen-low]\nlow = "120 mg/dL"\n').limits
    assert (other_unit["fibrinogen-low"].low, other_unit["fibrinogen-low"].unit) == (1.2, "g/L")


REFUSED = {
    "": "name is missing; enter the name of the site",
    "name = 3": "name: got 3; expected text.",
    'name = "a\\nb"': "name: got ",
    f"{NAME}untis = 'si'": "untis: got a key that is not known here; expected name, units, limits, products, devices. Did you mean units",
    f"{NAME}units = 'metric'": "units: got metric; expected entered, si or us",
    f"{NAME}limits = 3": "limits: got 3; expected a table",
    f"{NAME}limits.fibrinogen-low = 3": "limits.fibrinogen-low: got 3; expected a table",
    f"{NAME}limits.fibrinogen-lo.low = 1": "limits.fibrinogen-lo: got a name that is no site limit; expected a site limit. Did you mean",
    f"{NAME}limits.fibrinogen-low.low = 1.2": "limits.fibrinogen-low.unit is missing; enter g/L, or ends as texts",
    f"{NAME}limits.fibrinogen-low.low = '1.2'": "limits.fibrinogen-low.low: got 1.2 (no unit); expected a number in g/L",
    f"{NAME}limits.fibrinogen-low = {{ low = 1.2, unit = 'mmol/L' }}": "limits.fibrinogen-low: got another form; expected low in g/L",
    f"{NAME}limits.fibrinogen-low = {{ low = nan, unit = 'g/L' }}": "limits.fibrinogen-low.low: got a number that cannot be",
    f"{NAME}limits.fibrinogen-low = {{ low = 1.2, hihg = 2, unit = 'g/L' }}": "limits.fibrinogen-low.hihg: got a field that is not known here",
    f"{NAME}limits.fibrinogen-low.low = 2026-01-01": "limits.fibrinogen-low.low: got a value of type date",
    f"{NAME}limits.fibrinogen-low.low = '0.1 g/L'": "limits.fibrinogen-low: got 0.1 g/L; expected 0.8 to 1.5 g/L",
    f"{NAME}[products.albumin-6]": "products: got albumin-6; expected albumin-5, ",
    f"{NAME}[products.Ours]\nkind = 'plasma'": "products: got Ours; expected an id of the site's own in lower-case words",
    f"{NAME}[products.{'a' * 61}]\nkind = 'plasma'": "products: got aaa",
    f"{NAME}[products.plasma]\nkind = 'plasma'": "products: got plasma; expected an id of the site's own",
    f"{NAME}[products.ours]\ncitrate = '20 mmol/L'": "products.ours.kind is missing; enter albumin, concentrate or plasma",
    f"{NAME}[products.ours]\nkind = 'saline'": "products.ours.kind: got saline; expected albumin, concentrate or plasma",
    f"{NAME}[products.ours]\nkind = 'plasma'": "products.ours.containers is missing; enter the sizes, such as 250 mL",
    f"{NAME}[products.ours]\nkind = 'albumin'\ncontainers = ['250 mL']": "products.ours.protein is missing; enter 30 to 50 g/L",
    f"{NAME}[products.ours]\nkind = 'concentrate'\ncontainers = ['250 mL']": "products.ours.protein is missing; enter 200 to 250 g/L",
    f"{NAME}[products.ours]\nkind = 'plasma'\ncontainers = '200 mL'": "products.ours.containers: got the text \"200 mL\"; expected a list",
    f"{NAME}[products.ours]\nkind = 'plasma'\ncontainers = [200]": "products.ours.containers: got 200 (no unit)",
    f"{NAME}[products.fresh-frozen-plasma]\nfibrinogen = ['2 g/L']": "products.fresh-frozen-plasma.fibrinogen: got a list",
    f"{NAME}[products.fresh-frozen-plasma]\nname = 'ours'": "products.fresh-frozen-plasma.name: got a value for fresh frozen plasma; expected it only",
    f"{NAME}{PLASMA}name = 'Fresh frozen plasma'": "products.our-plasma.name: got Fresh frozen plasma, a product of the table",
    f"{NAME}{PLASMA}like = 'albumin-5'": "products.our-plasma.like: got albumin-5; expected fresh-frozen-plasma, sd-plasma, ",
    f"{NAME}{PLASMA}protein = '50 g/L'": "products.our-plasma.protein: got a value for plasma; expected it only for albumin or concentrate",
    f"{NAME}{PLASMA}{PLASMA.replace('our', 'my')}name = 'our plasma'": "products: got our plasma twice; expected each name once",
    f"{NAME}[devices.spectra-opti]\nratio = 12": "devices.spectra-opti.like is missing; enter the device of the table that it is like",
    f"{NAME}[devices.spectra-optia]\nlike = 'amicus'": "devices.spectra-optia.name: got spectra-optia, like amicus; expected a name of the site's own",
    f"{NAME}[devices.ours]\nlike = 'optia'": "devices.ours.like: got optia; expected spectra-optia, ",
    f"{NAME}[devices.spectra-optia]\nname = 'ours'": "devices.spectra-optia.name: got a key that is not known here",
    f"{NAME}[devices.spectra-optia]\nratio = 100": "devices.spectra-optia.ratio: got 100; expected 5 to 40",
    f"{NAME}[devices.spectra-optia]\nblood_flow = '60 mL/min'": "devices.spectra-optia.blood_flow: got a value; expected it only for a membrane",
    f"{NAME}[devices.spectra-optia]\nanticoagulant = 'heparin'": "devices.spectra-optia.anticoagulant: got heparin; expected citrate",
    f"{NAME}[devices.spectra-optia]\nratio_meaning = 'blood-to-anticoagulant'": "devices.spectra-optia.ratio_meaning: got blood-to-anticoagulant",
    f"{NAME}devices.spectra-optia = 'x'": "devices.spectra-optia: got the text \"x\"; expected a table",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_a_site_file_may_not_say_is_refused_with_file_and_key(text):
    error = refused(site, text)
    assert str(error).startswith(f"site.toml: {REFUSED[text]}")
    assert error.faults == (error,)
    assert error.kind != "file"


NO_FILE = {
    "broken": (b"name = ", "a file that is not TOML"),
    "utf-16": (b"\xff\xfe", "a file that is not in UTF-8 (byte 1)"),
    "a key twice": (b'name = "a"\nname = "b"', "a file that is not TOML"),
    "large": (b"#" * 1_000_001, "more than 1 MB"),
    "deep": (b"x = " + b"[" * 5000, "tables nested too deeply"),
    "a number of 5000 digits": (b"x = " + b"9" * 5000, "a file that is not TOML"),
}


@pytest.mark.parametrize(("data", "words"), NO_FILE.values(), ids=NO_FILE)
def test_a_file_that_is_no_site_file_is_refused(data, words, tmp_path):
    (tmp_path / "s.toml").write_bytes(data)
    error = refused(Site.read, tmp_path / "s.toml")
    assert str(error).startswith(f"s.toml: got {words}")
    assert error.kind == "file"


def test_a_file_that_is_not_there_is_refused(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path, "a\0b"):
        error = refused(Site.read, path)
        assert "got a file that cannot be read" in str(error)
        assert error.kind == "file"
    said = says(prescribe, order(), site="site.toml")
    assert "site: got a value of type str; expected a Site" in said


def test_every_fault_of_a_file_is_reported():
    text = f"{NAME}{PLASMA}protein = '50 g/L'\n[devices.spectra-optia]\nratio = 100\n"
    error = refused(site, text)
    places = [".".join(fault.fields) for fault in error.faults]
    assert places == ["products.our-plasma.protein", "devices.spectra-optia.ratio"]
    assert all(line.startswith("site.toml: ") for line in str(error).splitlines())


def test_the_order_comes_before_the_site_and_the_site_before_the_program():
    own = {"limits": {"fibrinogen-low": {"low": 1.4, "unit": "g/L"}}}
    by_order = prescribe(order(**own), site=site())
    assert by_order.order.limits["fibrinogen-low"].low == 1.4
    assert rows(by_order) == {"limits.hematocrit-high-male", "products.albumin-5.containers"}
    by_site = prescribe(order(), site=site())
    assert by_site.order.limits["fibrinogen-low"].low == 1.2
    assert "thin-adult" not in by_site.order.limits  # the same as that of the program
    assert by_site.volumes.plasma_volume.typical._REGISTRY is HOST
    row = next(row for row in by_site.site.rows if row.id == "fibrinogen-low")
    assert (row.value, row.instead_of) == ("1.2 g/L", "1 g/L")


def test_limits_of_the_site_raise_alerts():
    labs = {"fibrinogen": Q(1.1, "g/L")}
    asked = order({"plasma_volumes": 1.0}, "mg-acute", labs=labs, fluid={"choice": "albumin"})
    low = "fibrinogen-low-without-plasma"
    assert low in ids(prescribe(asked, site=site()))
    assert low not in ids(prescribe(asked))


FROZEN = "products.fresh-frozen-plasma"


def test_product_values_are_taken_value_by_value():
    file = (
        f"{NAME}[{FROZEN}]\nfibrinogen = '2.4 g/L'\ncitrate = '20 mmol/L'\ncontainers = ['230 mL']"
    )
    own = {"fresh-frozen-plasma": {"fibrinogen": Q(3, "g/L")}}
    fluid = {"choice": "plasma", **GROUPS}
    asked = order({"plasma_volumes": 1.0}, "ttp", products=own, fluid=fluid)
    found = prescribe(asked, site=site(file))
    used = next(one for one in found.replacement.products if one.kind == "plasma")
    assert (used.fibrinogen.typical.m_as("g/L"), used.citrate.typical.m_as("mmol/L")) == (3, 20)
    assert f"{FROZEN}.citrate" in rows(found)
    assert f"{FROZEN}.fibrinogen" not in rows(found)


def own_plasma(**changes):
    data = wire(indication="ttp", dose={"plasma_volumes": 1}, device={"name": "our-optia"})
    return {**data, "fluid": {"choice": "plasma", "plasma": "our-plasma", **GROUPS}, **changes}


def test_an_order_completed_from_a_site_gives_the_same_without_the_file():
    asked = Order.from_wire(own_plasma(), site=site())
    found = prescribe(asked, site=site())
    assert found.order.products["our-plasma"].like == "sd-plasma"
    assert found.circuit is not None
    assert prescribe(found.order, site=site()) == found
    again, first = prescribe(found.order).to_wire(), found.to_wire()
    assert "site" not in again
    assert first.pop("site")["hash"] == site().hash
    assert again == first
    assert Prescription.from_json(found.to_json()) == found
    assert Order.from_json(json.dumps(own_plasma()), site=site()) == asked


def test_the_products_of_the_site_are_suggested():
    fluid = {"choice": "plasma", "plasma": "our-plsma"}
    data = own_plasma(fluid=fluid, device={"name": "our-opti"})
    faults = refused(Order.from_wire, data, site=site()).faults
    meant = {fault.fields: fault.meant for fault in faults}
    assert "our-plasma" in meant.pop(("fluid.plasma",))
    assert meant == {("device.name",): ("our-optia",)}
    expected = "fluid.plasma: got our-plasma; expected a product: fresh"
    assert expected in says(Order.from_wire, own_plasma(device=None))


def test_a_product_that_the_order_describes_itself_is_left_as_it_is():
    mine = {"kind": "plasma", "containers": [{"value": 300, "unit": "mL"}]}
    asked = Order.from_wire(own_plasma(products={"our-plasma": mine}), site=site())
    assert asked.products["our-plasma"].like is asked.products["our-plasma"].citrate is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("limits", 3), ("products", []), ("fluid", "plasma"), ("device", "spectra-optia")],
)
def test_a_group_that_is_no_object_is_left_to_the_order(name, value):
    assert f"{name}: got" in says(Order.from_wire, wire(**{name: value}), site=site())


def test_plasma_of_which_nobody_says_what_it_holds_is_not_calculated():
    found = ordered(own_plasma(device=None), NAME + PLASMA)
    left = next(one for one in found.replacement.options[0].left if one.solute == "fibrinogen")
    assert left.added is None
    assert next(load for load in found.citrate if load.fluid == "plasma").peak_rate is None


DEVICE = {"inlet_flow": {"value": 50, "unit": "mL/min"}}
OPTIA, OURS = {"name": "spectra-optia"}, {"name": "our-optia"}
SODIUM, CITRATE = {"anticoagulant": "trisodium-citrate-4"}, {"value": 100, "unit": "mmol/L"}


@pytest.mark.parametrize(("device", "expected"), [
    (OPTIA, {"ratio": None, "circuit_volume": 185, "anticoagulant": "acd-a"}),
    ({**OPTIA, **DEVICE}, {"ratio": 12, "inlet_flow": 50, "circuit_volume": 185}),
    ({**OURS, **DEVICE}, {"ratio": 12, "inlet_flow": 50, "like": "spectra-optia"}),
    (OURS, {"ratio": 12, "inlet_flow": 60}), ({**OPTIA, **SODIUM}, SODIUM),
    ({**OPTIA, "anticoagulant_citrate": CITRATE}, {"anticoagulant": None}),
    ({"name": "amicus"}, {"circuit_volume": None}),
    ({"circuit_volume": {"value": 170, "unit": "mL"}},
     {"circuit_volume": 170, "anticoagulant": None}),
], ids=str)  # fmt: skip
def test_a_device_fills_what_the_order_leaves_open(device, expected):
    found = Order.from_wire(wire(device=device), site=site()).device
    got = {name: getattr(found, name) for name in expected}
    assert {name: getattr(one, "magnitude", one) for name, one in got.items()} == expected


def test_heparin_on_a_membrane_is_not_joined_by_a_ratio():
    flows = f"{NAME}[devices.prismaflex]\nblood_flow = '120 mL/min'\n"
    ratio = "plasma_flow = '30 mL/min'\nratio = 15\nratio_meaning = 'blood-to-anticoagulant'\n"
    data = wire(device={"name": "prismaflex", "anticoagulant": "heparin"})
    found = Order.from_wire(data, site=site(flows + ratio)).device
    assert (found.ratio, found.blood_flow.magnitude) == (None, 120)
    assert Order.from_wire(data, site=site(flows)).device.blood_flow is None


def test_nothing_global_changes():
    plain = prescribe(order())
    files = [site(), site(f"{NAME}[limits.fibrinogen-low]\nlow = '0.9 g/L'\n")]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda place: prescribe(order(), site=files[place % 2]), range(8)))
    assert [one.order.limits["fibrinogen-low"].low for one in found] == [1.2, 0.9] * 4
    assert prescribe(order()) == plain
    assert plain.site is None
    assert limits()["fibrinogen-low"].low == 1


KINDS_OF_PLASMA = (None, "fresh-frozen-plasma", "sd-plasma", "cryo-poor-plasma")
PROTEIN_S = ("protein-s-deficiency", "sd-plasma-in-protein-s-deficiency")


@pytest.mark.parametrize(("like", "finding", "rule", "stopped"), [
    *((like, "anti-iga", "plasma-with-anti-iga", True) for like in KINDS_OF_PLASMA),
    *((like, "plasma-anaphylaxis", "plasma-after-anaphylaxis", True)
      for like in KINDS_OF_PLASMA),
    (None, *PROTEIN_S, True), ("sd-plasma", *PROTEIN_S, True),
    ("fresh-frozen-plasma", *PROTEIN_S, False), ("sd-plasma", None, "plasma-refused", True),
    ("iga-deficient-plasma", "iga-deficiency", "plasma-in-iga-deficiency", False),
])  # fmt: skip
def test_own_plasma_is_stopped_as_plasma_of_its_kind(like, finding, rule, stopped):
    data = own_plasma(device=None, findings=[finding] if finding else [])
    data["fluid"]["refused"] = [] if finding else ["plasma"]
    found = ordered(data, NAME + PLASMA + (f'like = "{like}"' if like else ""))
    assert found.blocked is stopped
    assert rule in ids(found, "stop") if stopped else rule not in ids(found)


def test_own_device_is_judged_as_what_it_is_like():
    child = {"sex": "male", "age": {"value": 2, "unit": "a"}, "height": {"value": 83, "unit": "cm"},
             "weight": {"value": 11, "unit": "kg"}, "hematocrit": {"value": 35, "unit": "%"}}  # fmt: skip
    file = f"{NAME}[devices.our-optia]\nlike = 'spectra-optia'\n"
    of_table, own = (
        ordered(wire(dose={"plasma_volumes": 1.0}, device=device, **child), file)
        for device in (OPTIA, OURS)
    )
    assert ids(own) == ids(of_table)
    assert "published-circuit-volume-too-large" in ids(own, "stop")
    membrane = site(f"{NAME}[devices.ours]\nlike = 'prismaflex'\n")
    assert separator_facts(Order.from_wire(wire(device={"name": "ours"}), site=membrane)).membrane


@pytest.mark.parametrize("file", [
    "[products.sd-plasma]\nlike = 'iga-deficient-plasma'\n",
    "[products.sd-plasma]\nkind = 'albumin'\n",
    "[products.albumin-5]\nfibrinogen = '2 g/L'\n",
    "[products.albumin-5]\ncitrate = '1 mmol/L'\n",
    "[products.albumin-5]\nprotein = '51 g/L'\n",
    "[products.'albumin-4.5']\nprotein = '50 g/L'\n",
    "[products.ours]\nkind = 'albumin'\nprotein = '200 g/L'\ncontainers = ['100 mL']\n",
    "[products.ours]\nkind = 'albumin'\nprotein = '50 g/L'\nfibrinogen = '2 g/L'\ncontainers = ['100 mL']\n",
    "[products.saline]\nprotein = '50 g/L'\n",
    "[devices.spectra-optia]\nprime = 'red-cells'\n",
    "[devices.spectra-optia]\ncircuit_volume = '140 mL'\n",
    "[devices.ours]\nlike = 'spectra-optia'\ncircuit_volume = '100 mL'\n",
    *(f"[limits.{name}]\n{end} = {beyond}\nunit = '{limits()[name].unit}'\n"
      for name, (least, most) in BOUNDS.items()
      for beyond in (least - 1, most + 1)
      for end in ("low", "high") if getattr(limits()[name], end) is not None),
])  # fmt: skip
def test_values_that_would_lift_a_stop_are_refused(file):
    refused(site, f"{NAME}{file}")


def test_the_same_holds_for_products_of_an_order():
    said = says(order, products={"albumin-5": {"fibrinogen": Q(2, "g/L")}})
    assert "products.albumin-5.fibrinogen: got a value for albumin" in said
    run = (Q(3, "L"), Q(3, "L"), Q(2, "h"))
    ours = {"ours": ProductValues(citrate=Q(20, "mmol/L"))}
    said = says(choose_replacement, "ttp", *run, products=ours)
    assert "ours.kind is missing; enter albumin, concentrate or" in said
    said = says(choose_replacement, "ttp", *run, fluid=Fluid(plasma="ours"))
    assert "plasma: got ours; expected a product: " in said


def test_a_concentrate_of_the_sites_own_is_diluted_by_its_protein():
    file = "[products.ours]\nkind = 'concentrate'\nprotein = '220 g/L'\ncontainers = ['100 mL']\n"
    fluid = {"choice": "albumin", "albumin": "ours"}
    said = says(ordered, wire(fluid=fluid), NAME + file)
    assert "albumin_strength is missing, with a concentrate" in said
    fluid |= {"albumin_strength": {"value": 4.4, "unit": "%"}, "diluent": "isotonic"}
    found = ordered(wire(indication="gbs-primary", fluid=fluid), NAME + file)
    diluted = found.replacement.options[0].dilution
    assert (diluted.product, diluted.parts) == ("ours", pytest.approx(4))
    (albumin, *_) = found.replacement.products
    for held in (albumin.fibrinogen, albumin.citrate):
        assert [end.m for end in (held.low, held.typical, held.high)] == [0, 0, 0]


def test_what_differs_is_printed_on_sheet_and_summary():
    found = prescribe(order(limits={"fibrinogen-mild": {"low": 1.3, "unit": "g/L"}}), site=site())
    lines = " ".join(printed("", sheet.sections(found)).split())
    named = f"St. Example, file hash {site().hash}: fibrinogen-low"
    assert f"Site {named} 1.2 g/L instead of 1 g/L;" in lines
    assert "Site limit fibrinogen-mild 1.3 g/L, set by this order" in lines
    assert "fibrinogen-low 1.2 g/L, set by this order" not in lines
    assert f"site: {named}" in summary(found)
    assert len(summary(found).splitlines()) == 10
    nothing = prescribe(order(), site=site(NAME))
    assert "no value of it is used here" in " ".join(printed("", sheet.sections(nothing)).split())
    assert "Site " not in printed("", sheet.sections(prescribe(order())))


def run(line, *more):
    return CliRunner().invoke(cli, [*shlex.split(line), *more])


def flat(text):
    return " ".join(text.split())


@pytest.fixture
def file(tmp_path):
    (tmp_path / "site.toml").write_text(EXAMPLE, "utf-8")
    return str(tmp_path / "site.toml")


BODY = "--sex male --age '41 y' --height '175 cm' --weight '85 kg' --hematocrit"
ORDER = f"{BODY} '24 %' --indication ttp --plasma-volumes 1"


def test_own_plasma_and_albumin_bottles_on_the_command_line(file, tmp_path):
    plasma = "--plasma our-plasma --blood-group A --plasma-group A"
    line = f"{ORDER} --fluid plasma {plasma} --device our-optia --site {file}"
    assert "our plasma in 200 mL units 20 units = 4,000 mL" in flat(run(f"prescribe {line}").stdout)
    lines = flat(run(f"prescribe --full {line}").stdout)
    assert "our-optia from the site: like spectra-optia, inlet flow 60 mL/min, ratio 12" in lines
    assert "Device our-optia: Spectra Optia" in lines
    both = f"--fluid albumin-then-plasma --plasma-share '50 %' --albumin our-albumin {plasma}"
    whole = f"prescribe --full {ORDER} {both} --fibrinogen '2 g/L' --site {file}"
    lines = flat(run(whole).stdout)
    assert "albumin of the pharmacy: protein 40 g/L" in lines
    assert "in 125 mL bottles" in lines
    assert "mg/dL" in lines  # units = "us"
    assert "mg/dL" not in run(whole, "--si").stdout
    made = json.loads(run(f"prescribe {ORDER} {both} --json --site {file}").stdout)
    (tmp_path / "order.json").write_text(json.dumps(made["order"]), "utf-8")
    again = json.loads(run(f"prescribe --json --order {tmp_path / 'order.json'}").stdout)
    assert again["replacement"] == made["replacement"]


@pytest.mark.parametrize(
    "line", [f"prescribe {ORDER} --site", f"volume {BODY} '24 %' --site", "show site",
             "cohort in.csv out.csv --site"],
)  # fmt: skip
def test_a_site_file_at_fault_ends_with_code_2_and_one_line(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bad.toml").write_text(f"{NAME}[limits.fibrinogen-low]\nlow = 1.2\n", "utf-8")
    Path("in.csv").write_text("sex,age_y\n", "utf-8")
    result = run(line, "bad.toml")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: bad.toml: limits.fibrinogen-low.unit is missing;")
    assert len(result.stderr.splitlines()) == 1


def test_volume_and_show_site_name_the_site(file):
    line = f"volume {BODY} '56 %'"  # above 55 %, the limit of the site; the program takes it
    assert "St. Example" in run(f"{line} --site {file}").stdout
    own, plain = (
        json.loads(run(f"{line} --json{more}").stdout) for more in (f" --site {file}", "")
    )
    assert (own["site"]["name"], own["volumes"]["valid"]) == ("St. Example", False)
    assert (plain["site"], plain["volumes"]["valid"]) == (None, True)
    said = flat(run(f"show site {file}").stdout)
    assert "fibrinogen-low 1.2 g/L instead of 1 g/L" in said
    assert "thin-adult 18.5 kg/m2, as in the program" in said.replace("m²", "m2,")
    assert len(json.loads(run(f"show site {file} --json").stdout)["rows"]) == len(site().rows())


def test_limits_of_the_site_hold_in_a_cohort(file, tmp_path):
    table = "sex,age_y,height_cm,weight_kg,hematocrit_percent\nmale,41,175,85,56\n"
    (tmp_path / "in.csv").write_text(table, "utf-8")
    line = f"cohort {tmp_path / 'in.csv'} {tmp_path / 'out.csv'}"
    assert json.loads(run(f"{line} --json").stdout)["summary"]["not_valid"] == 0
    said = json.loads(run(f"{line} --site {file} --json").stdout)["summary"]
    assert said["not_valid"] == 1
    assert [row["id"] for row in said["site"]["rows"]] == ["hematocrit-high-male"]
    assert "St. Example, file hash" in run(f"{line} --site {file}").stdout
