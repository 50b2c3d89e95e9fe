"""Fibrinogen at the end, INR after, anticoagulants by name, sentences: what the scenarios do not show."""

import re

import pytest

from pexcalc import Order, prescribe
from pexcalc.rules import medicine_rules
from pexcalc.rules.medicine_rules import named
from tests.support.patients import wire


def raised(code, **changes):
    """The alerts of a code for the man of the wire, with his order changed."""
    order = {**wire(indication="gbs-primary"), **changes}
    return [one for one in prescribe(Order.from_wire(order)).cautions if one.code == code]


def before(*names):
    time = {"value": 6, "unit": "h"}
    return [{"name": name, "when": "before", "time": time} for name in names]


def fibrinogen(value, unit="g/L", **more):
    return {"labs": {"fibrinogen": {"value": value, "unit": unit}, **more}}


ONE = {"dose": {"plasma_volumes": 1.0}}


def test_of_several_open_fluids_the_worst_names_itself():
    (one,) = raised("W-FIB-POST", **fibrinogen(1.2), **ONE, indication="wilson-fulminant")
    assert (
        "to end at 0.46 g/L (range 0.32 to 0.74 g/L) with albumin (with plasma at 1.69 g/L, with albumin then plasma"
        in one.message
    )
    assert "liver failure" in one.message
    (one,) = raised("W-FIB-POST", **fibrinogen(1.2), **ONE, fluid={"choice": "albumin"})
    assert "to end at 0.46 g/L (range 0.32 to 0.74 g/L), below 1 g/L" in one.message


@pytest.mark.parametrize("choice", ["albumin", "plasma", "albumin-then-plasma"])
def test_the_range_of_an_alert_is_that_of_the_level_after_the_session(choice):
    more = {"fluid": {"choice": choice, "plasma_share": {"value": 20, "unit": "%"}} if "then" in choice
            else {"choice": choice}, **ONE, "findings": ["bleeding"]}  # fmt: skip
    result = prescribe(
        Order.from_wire({**wire(indication="gbs-primary"), **fibrinogen(0.4), **more})
    )
    (one,) = [one for one in result.cautions if one.code == "W-FIB-POST"]
    (left,) = [left for option in result.replacement.options if option.fluid == choice
               for left in option.left if left.solute == "fibrinogen"][:1]  # fmt: skip
    low, typical, high = (
        end.m_as("g/L") for end in (left.after.low, left.after.typical, left.after.high)
    )
    assert (*one.range, one.value.value) == pytest.approx((low, high, typical))
    assert low < typical < high


def test_normal_again_is_said_in_the_info_row_alone_with_its_series():
    (info,) = raised("W-FIB-POST", **fibrinogen(2.0), **ONE)
    assert (info.severity, info.id) == ("info", "fibrinogen-low-afterwards")
    assert "normal again after 48 to 72 h in one series (Wood and Jacobs 1986" in info.message
    (warn,) = raised("W-FIB-POST", **fibrinogen(2.0), **ONE, findings=["bleeding-risk"])
    assert "normal again" not in warn.message
    assert "cryoprecipitate or fibrinogen concentrate after the exchange" in warn.message


def test_what_was_typed_in_mg_per_dl_is_printed_so():
    (one,) = raised("W-FIB-POST", **fibrinogen(110, "mg/dL"), **ONE, indication="hlh")
    assert "to end at 42 mg/dL" in one.message
    assert "below 50 mg/dL (site limit)" in one.message
    assert "g/L" not in one.message.replace("mg/dL", "")


def test_an_end_just_below_its_limit_is_not_printed_as_the_limit():
    (one,) = raised("W-FIB-POST", **fibrinogen(2.5947), **ONE)
    assert "to end at 0.9999 g/L" in one.message


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ((257, "mg/dL"), "to end at 99 mg/dL, below 100 mg/dL"),
        ((259.47, "mg/dL"), "to end at 99.99 mg/dL, below 100 mg/dL"),
        ((2.57, "g/L"), "to end at 0.99 g/L, below 1 g/L"),
        ((1.2975, "g/L"), "to end at 0.5 g/L, below 1 g/L"),
    ],
)
def test_the_end_has_the_digits_that_show_its_side_of_the_limit(typed, shown):
    (one,) = raised("W-FIB-POST", **fibrinogen(*typed), **ONE, fluid={"choice": "albumin"})
    assert shown in re.sub(r" \(range [^)]*\)", "", one.message)


def test_the_ends_of_the_open_fluids_are_in_the_unit_that_was_typed():
    (one,) = raised("W-FIB-POST", **fibrinogen(120, "mg/dL"), **ONE, indication="wilson-fulminant")
    assert (
        "to end at 46 mg/dL (range 32 to 74 mg/dL) with albumin (with plasma at 169 mg/dL, with"
        in one.message
    )


def test_the_start_is_printed_as_it_was_typed():
    known = {**fibrinogen(98.5, "mg/dL"), **ONE, "fluid": {"choice": "albumin"}}
    (one,) = raised("W-FIB", **known)
    assert "Fibrinogen 98.5 mg/dL is less than 100 mg/dL" in one.message


@pytest.mark.parametrize(
    ("grade", "severity"), [(1, "warn"), (2, "warn"), (3, "strong"), (4, "strong")]
)
def test_crs_is_grave_from_grade_three(grade, severity):
    crs = {"grade": grade, "scale": "astct-2019", "tocilizumab": True, "corticosteroid": True}
    known = {**fibrinogen(1.29), **ONE, "fluid": {"choice": "albumin"}, "crs": crs}
    (one,) = raised("W-FIB-POST", **known, indication="crs-car-t")
    assert one.severity == severity


@pytest.mark.parametrize("level", [0.3, 1.0, 2.0, 3.0, 4.0, 6.0])
@pytest.mark.parametrize("finding", ["bleeding", "biopsy", "alveolar-haemorrhage"])
def test_the_share_that_is_offered_is_never_a_token(level, finding):
    fluid = {"blood_group": "A", "plasma_group": "A"}
    order = {
        **wire(indication="gbs-primary"),
        **fibrinogen(level),
        **ONE,
        "findings": [finding],
        "fluid": fluid,
    }
    result = prescribe(Order.from_wire(order))
    both = next(one for one in result.replacement.options if one.fluid == "albumin-then-plasma")
    said = {one.code for one in result.cautions}
    if both.plasma_share is None or both.plasma_share < 0.2:
        assert "W-PLASMA-LAST" in said
    else:
        assert "W-PLASMA-LAST" not in said
        assert both.plasma_share >= 0.2


# --- anticoagulants -----------------------------------------------------------------------------------


def inr(value, volumes=1.0, **more):
    known = {
        "drugs": before("warfarin"),
        "labs": {"inr": value},
        "dose": {"plasma_volumes": volumes},
    }
    (one,) = raised("W-INR", **{**known, **more})
    return one


def test_inr_after_is_compared_before_it_is_rounded():
    one = inr(2.5)  # 4.985
    assert one.severity == "warn"
    assert "INR 2.5 before, about 4.99 after one plasma volume" in one.message
    assert inr(2.507).severity == "strong"
    assert (
        "about 4.8 after one plasma volume with albumin (121 exchanges of 8 patients)"
        in inr(2.4).message
    )


def test_outside_one_plasma_volume_there_is_no_figure():
    for volumes in (0.79, 1.21, 1.5):
        one = inr(2.4, volumes)
        assert one.severity == "warn"
        assert "no figure outside 0.8 to 1.2 plasma volumes" in one.message
        assert inr(2.5, volumes).severity == "strong"


def test_with_some_plasma_the_inr_of_albumin_is_the_high_end():
    def mixed(share):
        share = {"value": share, "unit": "%"}
        return {"choice": "albumin-then-plasma", "plasma_share": share, "blood_group": "A"}

    said = inr(2.4, fluid=mixed(10)).message
    assert "about 4.8 after one plasma volume with albumin alone" in said
    assert "it rises less with plasma in the fluid (judgement of this program)" in said
    assert "no figure with half or more plasma" in inr(2.4, fluid=mixed(50)).message
    assert "less with plasma in the fluid" in inr(2.4, 1.5, fluid=mixed(10)).message


def test_an_inr_that_is_missing_is_asked_for():
    (one,) = raised("W-INR", drugs=before("Marcumar 3 mg"), **ONE)
    assert "INR is missing" in one.message
    assert "labs.inr" in one.about


CLASSES = {
    "VITAMIN_K_ANTAGONISTS": ("warfarin", "Coumadin 5 mg", "acenocoumarol", "Sintrom", "phenprocoumon",
                              "Falithrom", "fluindione", "Previscan", "vitamin K antagonist"),
    "HEPARINS": ("heparin", "UFH", "unfractionated heparin", "enoxaparin", "Lovenox", "tinzaparin", "nadroparin",
                 "bemiparin", "dalteparin", "LMWH", "innohep"),
    "PENTASACCHARIDES": ("fondaparinux", "Arixtra", "danaparoid", "Orgaran"),
    "XA_INHIBITORS": ("apixaban", "Eliquis", "rivaroxaban", "Xarelto", "edoxaban", "Lixiana", "DOAC"),
    "DABIGATRAN": ("dabigatran etexilate", "Pradaxa"),
    "THROMBIN_INHIBITORS": ("argatroban", "bivalirudin", "Angiomax", "desirudin", "Iprivask"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("group", "name"), [(group, name) for group, names in CLASSES.items() for name in names]
)
def test_an_anticoagulant_is_known_by_its_names(group, name):
    assert [one for one in CLASSES if named(name, getattr(medicine_rules, one))] == [group]
    code = "W-INR" if group == "VITAMIN_K_ANTAGONISTS" else "W-ANTICOAGULANT"
    (one,) = raised(code, drugs=before(name), fluid={"choice": "albumin"})
    assert f'"{name}"' in one.message
    if code == "W-ANTICOAGULANT":
        own = group in ("DABIGATRAN", "THROMBIN_INHIBITORS")
        assert ("Check the drug's own test after" if own else "Check anti-Xa after") in one.message
        assert ("aPTT may rise" in one.message) != own


@pytest.mark.parametrize(
    "name", ["aspirin", "clopidogrel", "ticagrelor", "prasugrel", "tranexamic acid"]
)
def test_what_acts_on_platelets_is_no_anticoagulant(name):
    assert not raised("W-INR", drugs=before(name))
    assert not raised("W-ANTICOAGULANT", drugs=before(name))


def test_antithrombin_is_named_where_albumin_is_in_the_fluid():
    plasma = {"choice": "plasma", "blood_group": "A", "plasma_group": "A"}
    for fluid, said in (({"choice": "albumin"}, True), (plasma, False)):
        (one,) = raised("W-ANTICOAGULANT", drugs=before("enoxaparin"), fluid=fluid)
        assert ("with albumin antithrombin falls by about 65 % too" in one.message) == said


def test_an_anticoagulant_without_a_name_is_asked_for():
    (one,) = raised("W-ANTICOAGULANT", findings=["anticoagulated"])
    assert one.message.startswith("An anticoagulant without a name (which?): the exchange")
    assert not raised("W-ANTICOAGULANT", findings=["anticoagulated"], drugs=before("warfarin"))


# --- DIC ----------------------------------------------------------------------------------------------


def test_dic_names_platelets_only_where_no_other_row_decides_on_them():
    platelets = {"labs": {"platelets": {"value": 45, "unit": "10*9/L"}}}
    (one,) = raised("W-DIC", findings=["dic"], **platelets)
    assert "Platelets (entered: 45 x10^9/L): below 50 x10^9/L if the patient bleeds" in one.message
    assert "DIC alone does not decide it" in one.message
    (one,) = raised("W-DIC", findings=["dic", "bleeding"], **platelets, indication="ttp")
    assert "Platelets" not in one.message
    assert "DIC alone does not decide it" not in one.message
    assert not raised("W-PLT", findings=["dic"], **platelets)


# --- sentences that depend on the order -----------------------------------------------------------


def test_a_medicine_that_is_not_in_the_list_gets_one_instruction():
    (one,) = raised("W-DRUG-NAME", drugs=before("XK-17"))
    assert one.message == (
        '"XK-17": not in this program\'s list. Ask pharmacy. Do not change a running infusion '
        "without the prescriber"
    )


def test_the_advice_in_vitt_names_its_own_evidence():
    labs = {"labs": {"platelets": {"value": 25, "unit": "10*9/L"}}}
    (vitt,) = raised("W-PLT-TTP", **labs, indication="vitt-refractory")
    (hit,) = raised("W-PLT-TTP", **labs, indication="hit-refractory")
    assert "for VITT a table of one case report" in vitt.message
    assert "VITT" not in hit.message


def test_criteria_that_a_grade_does_not_meet_ask_for_nothing():
    crs = {"grade": 2, "scale": "astct-2019", "tocilizumab": True, "corticosteroid": True}
    (low,) = raised("W-CRS-GATE", indication="crs-car-t", crs=crs)
    assert "Enter" not in low.message
    (bare,) = raised("W-CRS-GATE", indication="crs-car-t")
    assert bare.message.endswith("Enter the ASTCT grade and what was given before")
    (first,) = raised("W-CRS-GATE", indication="crs-car-t", crs={**crs, "grade": 3})
    assert first.message.endswith("Enter what was given before")


@pytest.mark.parametrize(
    ("indication", "choice", "rules"),
    [
        ("gbs-primary", "albumin", ["acute-liver-failure"]),
        ("gbs-primary", "plasma", []),
        ("alf-standard", "albumin", []),  # the listed fluid is asked for
    ],
)
def test_plasma_is_asked_for_in_acute_liver_failure_where_nothing_else_does(
    indication, choice, rules
):
    fluid = {"choice": choice, "blood_group": "A", "plasma_group": "A"}
    given = {"indication": indication, "fluid": fluid, "findings": ["liver-failure"]}
    assert [one.id for one in raised("W-LIVER", **given)] == rules
    (calcium,) = raised("W-ALK", **given)
    assert "Check ionized and total calcium" in calcium.message
    assert "in each session" in calcium.message


def test_an_override_of_one_refusal_leaves_the_other_and_a_fluid():
    fluid = {
        "choice": "albumin-then-plasma",
        "plasma_share": {"value": 30, "unit": "%"},
        "blood_group": "A",
        "plasma_group": "A",
        "refused": ["albumin", "plasma"],
    }
    override = {"rule": "albumin-refused", "reason": "agrees now", "by": "Dr A. Example"}
    order = {**wire(indication="gbs-primary"), **ONE, "fluid": fluid}
    both = [one.id for one in prescribe(Order.from_wire(order)).cautions if one.severity == "stop"]
    assert both == ["no-safe-fluid", "plasma-refused", "albumin-refused"]
    result = prescribe(Order.from_wire({**order, "overrides": [override]}))
    assert [one.id for one in result.cautions if one.severity == "stop"] == both[1:]
    assert result.blocked


def test_heparin_in_hit_is_not_continued_on_the_same_page():
    order = {**wire(indication="gbs-primary"), "drugs": before("heparin", "argatroban")}
    with_hit = prescribe(Order.from_wire({**order, "findings": ["hit"]})).drugs
    without = prescribe(Order.from_wire(order)).drugs
    assert with_hit[0].advice.startswith("HIT: no heparin of any kind")
    assert without[0].advice.startswith("Do not stop or change it")
    assert with_hit[1].advice == without[1].advice


@pytest.mark.parametrize("name", ["digoxin", "Rocephin"])
def test_a_medicine_with_an_alert_has_its_instruction_in_the_list_too(name):
    (one,) = prescribe(Order.from_wire({**wire(), "drugs": before(name)})).drugs
    assert "alcium" in one.advice
    assert "no instruction" not in one.advice
