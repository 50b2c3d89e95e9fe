"""The counts of the density script, on small texts."""

import pytest

from tests.tools.density import Density, density, main, shared_names


@pytest.mark.parametrize(
    ("text", "decisions"),
    [
        ("a = 1\n", 0), ("if a:\n    b = 1\nelif c:\n    b = 2\nelse:\n    b = 3\n", 2),
        ("for a in b:\n    c(a)\n", 1), ("while a:\n    b()\n", 1), ("with a:\n    b()\n", 1),
        ("try:\n    a()\nexcept E:\n    b()\nexcept F:\n    c()\n", 2), ("assert a\n", 1),
        ("a = b and c and d\n", 2), ("a = (b or c) and d\n", 2), ("a = b if c else d\n", 1),
        ("a = [b for c in d for b in c if b]\n", 2), ("match a:\n    case 1:\n        b()\n", 0),
    ],
)  # fmt: skip
def test_decisions(text, decisions):
    assert density(text).decisions == decisions


@pytest.mark.parametrize(
    ("text", "count", "value"),
    [
        ('"""What.\n\nMore.\n"""\n\n# why\nA = (\n    1,  # one\n    2,\n)\n', "lines", 4),
        ('def f():\n    """Do."""\n', "lines", 1), ('A = """one\ntwo\n"""\n', "lines", 3),
        (f"A = '{'x' * 94}'\n", "long_lines", 0), (f"A = '{'x' * 95}'\n", "long_lines", 1),
        ("A = (\n  1, 2,\n)  # fmt: skip\n", "unformatted", 0),
        ("A = Literal[\n  1, 2,\n]  # fmt: skip\n", "unformatted", 0),
        ("A = f(\n  [1, 2],\n)  # fmt: skip\n", "unformatted", 0),
        ("# fmt: off\nA = [1, 2]\n# fmt: on\n", "unformatted", 0),
        ("if  a:  # fmt: skip\n  b()\n", "unformatted", 1), ("f( a )  # fmt: skip\n", "unformatted", 1),
    ],
)  # fmt: skip
def test_code_long_lines_and_switched_off_formatting_are_counted(text, count, value):
    assert getattr(density(text), count) == value


def test_a_name_of_two_modules_is_found():
    texts = {
        "a": "A, B = 1, 2\ndef f(): ...\n__all__ = []\nC.x = 1\n",
        "b": "B: int = 3\nclass f:\n    A = 1\n__all__ = []\nC = 1\n",
    }
    assert shared_names(texts) == {"B": ["a", "b"], "f": ["a", "b"]}


def test_the_density_is_decisions_in_100_lines():
    assert Density(3, 20).per_hundred == 15
    assert Density().per_hundred == 0


@pytest.mark.parametrize(
    ("limits", "code"),
    [((), 0), (("--most", "50"), 0), (("--most", "49"), 1), (("--most-shared", "0"), 1)],
)
def test_more_than_the_limit_fails(tmp_path, capsys, limits, code):
    (tmp_path / "a.py").write_text("if a:\n    b = 1\n")
    (tmp_path / "b.py").write_text("b = 1\nb = 2\n")
    (tmp_path / "c.py").write_text("if a:\n    b = 1\n")
    (tmp_path / "d.py").write_text("b = c if d else e\nx = y if z else w\n")
    assert main([*limits, str(tmp_path)]) == code
    printed = capsys.readouterr()
    assert "b: a.py" not in printed.out  # bound inside an if
    assert "b: b.py, d.py" in printed.out
    assert bool(printed.err) == bool(code)
