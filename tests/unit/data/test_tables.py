"""The data files: every entry complete, every source known, the indication table as published."""

import hashlib
from collections import Counter

import pytest

from pexcalc.data import indications as indication_table
from pexcalc.data import limits as limit_table
from pexcalc.data import loading
from pexcalc.data import solutes as solute_table
from pexcalc.data import sources as source_table
from pexcalc.data.indication_names import disease_names, searchable
from pexcalc.quantities import units
from pexcalc.rules.alerts import RULES
from tests.support.modules import DATA


def test_the_indication_table_is_the_published_one():
    rows = indication_table.indications()
    assert len(rows) == 120
    counts = Counter(row.category for row in rows.values())
    assert counts == {"I": 20, "II": 23, "III": 72, "IV": 3, "not-categorised": 2}
    for key, row in rows.items():
        assert indication_table.indication(key) == row


def test_every_limit_has_a_unit_a_source_and_a_tag():
    for limit in limit_table.limits().values():
        assert limit.unit in units.BY_UCUM
        assert limit.source in source_table.sources()
        assert limit.tag in ("source", "secondary", "derived", "judgement", "unverified")
        assert limit.site or limit.tag in ("source", "secondary", "derived")
        ends = [end for end in (limit.low, limit.high) if end is not None]
        assert ends
        assert ends == sorted(ends)
        assert all(limit.holds(end) for end in ends)


def test_every_source_says_what_was_read():
    for source in source_table.sources().values():
        assert len(source.cite) > 8
        assert len(source.read) > 3
        assert source.cite.isascii()


def test_tables_cannot_be_changed():
    with pytest.raises(TypeError):
        limit_table.limits()["age"] = None


@pytest.mark.parametrize(("word", "near"), [
    ("ttpp", "ttp"), ("TTP", "ttp"), ("gbs", "gbs-primary"), ("crs_car_t", "crs-car-t"),
    ("Guillain", "gbs-primary"), ("CAR-T", "crs-car-t"), ("HIT before LVAD", "hit-pre-procedure"), ("TTP relapse", "ttp"), ("", None), ("qqqqqqqq", None),
])  # fmt: skip
def test_the_nearest_indication(word, near):
    found = indication_table.indications_like(word)
    assert found[:1] == ([near] if near else [])


def test_the_data_version_changes_with_the_data():
    digest = hashlib.sha256()
    for path in sorted(path for path in DATA.iterdir() if path.suffix in (".csv", ".toml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    assert loading.data_version() == digest.hexdigest()[:12]


def test_every_rule_names_a_known_source_and_a_known_limit():
    known = limit_table.limits()
    fills = {
        "patient.group": ("adult", "child", "infant"), "patient.band": ("adult", "child", "neonate"),
        "patient.sex": ("male", "female"), "circuit.for_neonate": ("", "-neonate"),
        "end.for_bleeding": ("", "-bleeding"),
    }  # fmt: skip
    for rule in RULES:
        assert rule.limit or rule.source in source_table.sources()
        if rule.limit:
            names = [rule.limit]
            for key, words in fills.items():
                names = [name.replace(f"{{{key}}}", word) for name in names for word in words]
            assert any(name in known for name in names)


@pytest.mark.parametrize(("word", "near"), [
    ("interlukin 6", ["il6"]), ("il66", ["il6", "sil6r"]), ("ferritn", ["ferritin"]),
    ("tnf alfa", ["tnf"]), ("x", []),
])  # fmt: skip
def test_the_nearest_solute(word, near):
    assert solute_table.solutes_like(word)[: len(near) or 1] == near


def test_every_solute_of_the_catalogue_is_sound():
    rows = solute_table.solutes()
    assert len(rows) == 59
    for key, row in rows.items():
        assert solute_table.solute(key) == row
        assert set(row.sources) <= set(source_table.sources())
        assert row.grade in "ABCD"
        spans = (row.mw, row.half_life, row.fraction, row.k12, row.kel, row.vd, row.measured_loss)
        for span in spans:
            ends = [end for end in (span.low, span.typical, span.high) if end]
            assert [end.value for end in ends] == sorted(end.value for end in ends)
            assert "unverified" not in {end.tag for end in ends}
        for model in row.models:
            assert model.source in source_table.sources()
            assert model.tag in ("source", "secondary")
        if row.k21:
            k12, fraction = row.k12.typical.value, row.fraction.typical.value
            assert row.k21.value == pytest.approx(k12 * fraction / (1 - fraction), rel=1e-9)


SOURCE = "Connelly-Smith L et al. J Clin Apher 2023;38:77-278"


@pytest.mark.parametrize("key", ["", "tt", "id", "not-listed", "ttp,", "a\nb", SOURCE])
def test_another_text_is_no_indication(key):
    assert indication_table.indication(key) is None


@pytest.mark.parametrize(("text", "start"), [
    ("ttp", "ttp"), ("GBS", "gbs-primary"), ("myasthenia", "mg-"), ("aHUS", "tma-complement"),
    ("Guillain-Barr\u00e9", "gbs-"), ("Goodpasture", "anti-gbm"), ("Wegener", "anca-gpa"),
    ("Devic", "nmosd"), ("Hashimoto", "sreat"), ("burns", "burn-"),
    ("Waldenstr\u00f6m", "hyperviscosity"), ("hypertriglyceridemia", "htg-"),
    ("hypertriglyceridaemia", "htg-"), ("autoimmune hemolytic anemia", "aiha-"),
])  # fmt: skip
def test_indications_by_name_synonym_and_id(text, start):
    found = indication_table.indications_with(text)
    assert found
    assert all(row.id.startswith(start) for row in found)


def test_every_everyday_name_is_written_as_it_is_compared_and_means_known_rows():
    known = indication_table.indications()
    for name, meaning in disease_names().items():
        assert searchable(name) == name
        assert set(meaning.rows) <= set(known)
        assert bool(meaning.rows) != bool(meaning.says)
        assert name not in known or meaning.kind == "same", name
    table = loading.read_toml("indication_names")
    names = [name for group in table["same"].values() for name in group]
    for kind in ("rows", "nearest", "none"):
        names += [name for entry in table[kind].values() for name in entry["names"]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("name", "id"), [
    ("GBS", "gbs-primary"), ("AIDP", "gbs-primary"), ("LGI1", "vgkc"),
    ("Guillain-Barr\u00e9 syndrome", "gbs-primary"),
    ("CASPR2", "vgkc"), ("Amanita phalloides", "toxin-mushroom"), ("MAS", "hlh"), ("HLH", "hlh"), ("TTP", "ttp"),
    ("crs car t", "crs-car-t"), ("Thyroid storm", "thyroid-storm"), ("Wegener's", "anca-gpa"), ("Not listed", "not-listed"),
    ("Thrombotic thrombocytopenic purpura", "ttp"), ("pneumococcal HUS", "pneumococcal-hus"), ("CIDP", "cidp"),
    ("Lambert-Eaton", "lems"), ("FH", "familial-hypercholesterolaemia"), ("gbs-primary", "gbs-primary"), ("Haemophagocytic lymphohistiocytosis", "hlh"),
    ("hemophagocytic lymphohistiocytosis", "hlh"), ("", None), ("-", None),
    *((wider, None) for wider in ["MG", "MuSK", "NMO", "Goodpasture", "hyperthyroid", "autoimmune encephalitis", "optic neuritis", "encephalitis", "AAV", "aHUS", "atypical HUS", "MOGAD", "IEC-HS", "bispecific antibody CRS", "CRS", "HUS", "STEC-HUS", "congenital TTP", "sepsis", "amyloidosis", "IgG4", "idiopathic polyarteritis", "DIC", "thyroid", "polyneuropathy", "ttpp", "transverse myelitis", "anti-MDA5", "porphyria"]),
])  # fmt: skip
def test_a_name_of_the_same_disease_is_its_row_and_a_wider_or_neighboring_one_none(name, id):
    assert indication_table.indication_meant(name) == id


def test_words_are_matched_at_their_start():
    assert indication_table.indications_with("DIC") == []
    assert "gbs-primary" not in indication_table.indications_like("DIC")
    assert indication_table.indications_with("neuropathy") == []
    found = indication_table.indications_with("polyradic")
    assert [row.id for row in found] == ["gbs-primary", "cidp"]
