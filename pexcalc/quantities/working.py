"""How a figure came about: a formula with its numbers, or words, noted under the path of the figure."""

from typing import Any

from pexcalc.quantities import units
from pexcalc.quantities.argument import In
from pexcalc.quantities.formula import digits, figure
from pexcalc.quantities.record import Fixed, Number, Result, Text, UcumCode


class Stated(Result):
    """A plain value with its UCUM unit, where the kind is not fixed: a caution's value, a formula's input."""

    value: Number
    unit: UcumCode


class Basis(Result):
    """How a figure came about: the formula, the formula with the numbers in it, the inputs, the source keys."""

    formula: Text
    text: Text
    inputs: Fixed[Stated | Text]
    sources: tuple[Text, ...]


def work(basis: dict[str, Basis], path: str, function: Any, **values: Any) -> float:
    """Run a formula's kernel on plain numbers in its own units, and note under `path` how the figure came about."""
    facts = function.formula
    result = float(function.kernel(**values))
    inputs: dict[str, Stated | str] = {}
    for name, value in values.items():
        spec = facts.inputs[name]
        inputs[name] = (
            Stated.model_construct(value=value, unit=units.BY_LABEL[spec.unit].ucum)
            if isinstance(spec, In)
            else str(value)
        )
    text = facts.worked(values, result)
    basis[path] = Basis.model_construct(
        formula=facts.name, text=text, inputs=inputs, sources=tuple(facts.source.split())
    )
    return result


def note(basis: dict[str, Basis], path: str, formula: str, text: str, *sources: str) -> None:
    """Note under `path`, in words with its numbers, how a figure came about that is not one formula's result."""
    basis[path] = Basis.model_construct(formula=formula, text=text, inputs={}, sources=sources)


def arithmetic(
    basis: dict[str, Basis],
    path: str,
    words: str,
    numbers: tuple[float, ...],
    result: float,
    unit: str,
    source: str,
) -> float:
    """Note a sum or a quotient, such as "{} / {}" of two numbers, and return its result."""
    text = f"{words.format(*map(figure, numbers))} = {units.label(digits(result), unit)}"
    note(basis, path, "arithmetic", f"{text} [{source}, derived]", source)
    return result
