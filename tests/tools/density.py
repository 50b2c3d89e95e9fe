"""How densely the package is written: python -m tests.tools.density [--most N] [FOLDER].

Decisions per 100 lines of code, module by module and in all. A decision is an if, elif, for, while,
except, with or assert, each further operand of and/or, a conditional expression, and each for of a
comprehension. A line of code is one that holds a token and is no part of a docstring; tables count.
Also counted: lines over 100 characters, `# fmt: skip` that is not around a table, and names that two
modules define at their top level (a name has one meaning in the package).
"""

import argparse
import ast
import io
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.support.paths import ROOT

LONGEST_LINE = 100
# Layout, not code.
LAYOUT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENDMARKER,
}  # fmt: skip
DECISIONS = (
    ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.With, ast.AsyncWith,
    ast.Assert, ast.IfExp, ast.comprehension,
)  # fmt: skip
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
TABLES = (ast.Tuple, ast.List, ast.Dict, ast.Set)


class Density(NamedTuple):
    """The counts of one module, or the sum over several."""

    decisions: int = 0
    lines: int = 0
    long_lines: int = 0
    unformatted: int = 0  # "fmt: skip" outside tables

    @property
    def per_hundred(self) -> float:
        """Decisions per 100 lines of code."""
        return 100 * self.decisions / max(self.lines, 1)


def density(text: str) -> Density:
    """The counts of one module."""
    tree, off = ast.parse(text), ("# fmt: skip", "# fmt: off")
    skipped = [one.start[0] for one in tokens(text) if one.string.startswith(off)]
    return Density(
        sum(map(decisions_of, ast.walk(tree))),
        len(code_lines(text, tree)),
        sum(len(line) > LONGEST_LINE for line in text.splitlines()),
        sum(line not in table_ends(tree) for line in skipped),
    )


def decisions_of(node: ast.AST) -> int:
    """How many decisions a node is by itself, without those inside it."""
    return len(node.values) - 1 if isinstance(node, ast.BoolOp) else isinstance(node, DECISIONS)


def tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens of a module."""
    return tokenize.generate_tokens(io.StringIO(text).readline)


def code_lines(text: str, tree: ast.Module) -> set[int]:
    """The lines that hold code: no docstring, no comment alone, no blank."""
    spans = [(one.start[0], one.end[0]) for one in tokens(text) if one.type not in LAYOUT]
    lines = {line for first, last in spans for line in range(first, last + 1)}
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            lines -= {*range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)}
    return lines


def table_ends(tree: ast.Module) -> set[int]:
    """The last lines of statements that hold one table, and the line above one at the top level."""

    def held(nodes: Iterable[ast.AST]) -> list[ast.AST]:
        return [node for node in nodes if is_table(getattr(node, "value", None))]

    ends = {getattr(node, "end_lineno", 0) for node in held(ast.walk(tree))}
    return ends | {node.lineno - 1 for node in held(tree.body)}


def is_table(value: ast.AST | None) -> bool:
    """Whether a value is rows, or a call or subscript of them, such as `Literal[...]`."""
    if isinstance(value, ast.Call):
        return bool(value.keywords) or any(map(is_table, value.args))
    if isinstance(value, ast.Subscript):
        return is_table(value.slice)
    return isinstance(value, TABLES)


def top_level_names(text: str) -> set[str]:
    """Functions, classes and constants; neither `__all__` nor that of `Order.__module__ = ...`."""
    found: set[str] = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        targets = getattr(node, "targets", [node.target] if isinstance(node, ast.AnnAssign) else [])
        for target in targets:
            parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
            found.update(part.id for part in parts if isinstance(part, ast.Name))
    return {name for name in found if not name.startswith("__")}


def shared_names(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """Names that more than one module defines at its top level, with the modules."""
    places = defaultdict(list)
    for module, text in texts.items():
        for name in top_level_names(text):
            places[name].append(module)
    return {name: modules for name, modules in sorted(places.items()) if len(modules) > 1}


ROW = "{0.per_hundred:7.1f}  {0.decisions:9}  {0.lines:5}  {0.long_lines:19}  {0.unformatted:24}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the counts; 1 where a limit is exceeded."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "pexcalc")
    parser.add_argument("--most", type=float, help="decisions per 100 lines in all")
    parser.add_argument("--most-shared", type=int, help="names that two modules define")
    parser.add_argument("--most-long", type=int, help="lines over 100 characters")
    asked = parser.parse_args(arguments)
    paths = sorted(asked.folder.rglob("*.py"))
    names = [path.relative_to(asked.folder).as_posix() for path in paths]
    texts = {name: path.read_text("utf-8") for name, path in zip(names, paths, strict=True)}
    counts = {module: density(text) for module, text in texts.items()}
    whole, shared = Density(*map(sum, zip(*counts.values(), strict=True))), shared_names(texts)
    print("per 100  decisions  lines  over 100 characters  fmt: skip outside tables  module")
    for module in sorted(counts, key=lambda module: -counts[module].per_hundred):
        print(f"{ROW.format(counts[module])}  {module}")
    for name, modules in shared.items():
        print(f"{name}: {', '.join(modules)}")
    print(f"{ROW.format(whole)}  in all, {len(shared)} shared names")
    limits = [
        ("decisions per 100 lines", whole.per_hundred, asked.most),
        ("names that two modules define", len(shared), asked.most_shared),
        ("lines over 100 characters", whole.long_lines, asked.most_long),
        ("fmt: skip outside tables", whole.unformatted, 0),
    ]
    exceeded = [row for row in limits if row[2] is not None and row[1] > row[2]]
    for what, count, limit in exceeded:
        print(f"{what}: {count:g}, more than {limit:g}", file=sys.stderr)
    return int(bool(exceeded))


if __name__ == "__main__":
    sys.exit(main())
