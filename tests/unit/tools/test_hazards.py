"""The script that plants the faults of the hazard log, on a tree of two files."""

import pytest

from tests.support.paths import ROOT
from tests.tools import hazards
from tests.tools.hazards_page import LOG, Fault

TEST = "from a import least\n\n\ndef test_least():\n    assert least(9) is False\n"


@pytest.mark.parametrize(
    ("new", "sound", "code", "said"),
    [
        ("9", "False", 0, "caught     H01"), ("11", "False", 1, "NOT CAUGHT H01"),
        ("(", "False", 1, "ERROR      H01"), ("9", "True", 1, "ERROR without any fault"),
    ],
)  # fmt: skip
def test_a_fault_is_caught_by_a_test_that_fails_and_not_by_one_that_cannot_be_read_or_is_red(
    new, sound, code, said, tmp_path, capsys
):
    (tmp_path / "a.py").write_text("def least(x):\n    return x >= 10\n", encoding="utf-8")
    (tmp_path / "test_a.py").write_text(TEST.replace("False", sound), encoding="utf-8")
    fault = Fault("the limit", "a.py", "10", new, ("test_a.py::test_least",))
    assert hazards.planted([("H01", fault)], tmp_path) == code
    assert said in capsys.readouterr().out
    assert "10" in (tmp_path / "a.py").read_text(encoding="utf-8")


def test_a_row_has_changed_where_its_file_its_test_or_its_words_have(monkeypatch):
    row = hazards.hazards()["H19"]
    same = (ROOT / LOG).read_text(encoding="utf-8")

    def changes(names, log=same):
        said = {"diff": names, "ls-files": "", "show": log}
        monkeypatch.setattr(hazards, "git", lambda *words: said[words[0]])
        return hazards.changed([row], "HEAD") == [row]

    assert not changes("README.md\npexcalc/files.py\n")
    assert changes("pexcalc/replacement/containers.py\n")
    assert changes("tests/unit/replacement/test_containers.py\n")
    assert changes("", same.replace(row.hazard, "another"))
