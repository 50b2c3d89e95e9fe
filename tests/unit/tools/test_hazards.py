"""The script that plants the faults of the hazard log, on a tree of two files."""

import pytest

from tests.tools import hazards
from tests.tools.hazards_page import Fault

TEST = "from a import least\n\n\ndef test_least():\n    assert least(9) is False\n"


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "a.py").write_text("def least(x):\n    return x >= 10\n", encoding="utf-8")
    (tmp_path / "test_a.py").write_text(TEST, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("new", "code", "said"),
    [("9", 0, "caught     H01"), ("11", 1, "NOT CAUGHT H01"), ("(", 1, "ERROR      H01")],
)
def test_a_fault_is_caught_by_a_test_that_fails_and_not_by_one_that_cannot_be_read(
    new, code, said, tree, capsys
):
    fault = Fault("the limit", "a.py", "10", new, ("test_a.py::test_least",))
    assert hazards.planted([("H01", fault)], tree) == code
    assert said in capsys.readouterr().out
    assert "10" in (tree / "a.py").read_text(encoding="utf-8")


def test_a_test_that_fails_without_a_fault_is_an_error(tree, capsys):
    (tree / "test_a.py").write_text(TEST.replace("False", "True"), encoding="utf-8")
    fault = Fault("the limit", "a.py", "10", "9", ("test_a.py::test_least",))
    assert hazards.planted([("H01", fault)], tree) == 1
    assert "without any fault" in capsys.readouterr().out


def test_a_row_has_changed_where_its_file_its_test_or_its_words_have(monkeypatch):
    row = hazards.hazards()["H19"]
    same = (hazards.ROOT / hazards.LOG).read_text(encoding="utf-8")

    def changes(names, log=same):
        done = hazards.subprocess.CompletedProcess((), 0, log, "")
        monkeypatch.setattr(hazards, "_git", lambda *words: names if words[0] == "diff" else [])
        monkeypatch.setattr(hazards.subprocess, "run", lambda *words, **more: done)
        return hazards.changed([row], "HEAD") == [row]

    assert not changes(["README.md", "pexcalc/files.py"])
    assert changes(["pexcalc/replacement/containers.py"])
    assert changes(["tests/unit/replacement/test_containers.py"])
    assert changes([], same.replace(row.hazard, "another"))
