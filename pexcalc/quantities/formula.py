"""`@formula`: check units and ranges at the boundary, then run plain arithmetic.

What is known of a formula (equation, source, validity, error) is one object, out of which its
documentation and the working of a figure are drawn.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial, update_wrapper
from numbers import Real
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeVar, cast

from pint.facets.plain import PlainQuantity
from pint.util import UnitsContainer

from pexcalc.quantities import units
from pexcalc.quantities.argument import Argument, swapped
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.plain import PlainFormula

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

# Outside the boundary: a pint Quantity of any registry (or a plain number where the unit is "1" or
# "%"), scalar or array.
# Inside a kernel: a float or a float64 array.
Value = Any

TAGS = ("source", "secondary", "derived", "unverified", "judgement")


class Formula(NamedTuple):
    """What is known of one formula.

    `equation` holds (condition, expression) pairs, both Python expressions. The names in them are
    the arguments, in the units of `inputs`; the result is in `unit`.
    """

    name: str
    inputs: Mapping[str, Argument]
    unit: str
    equation: tuple[tuple[str, str], ...]
    source: str
    tag: str
    validity: str
    error: str

    def to_wire(self) -> dict[str, Any]:
        """What JSON holds of it."""
        inputs = {name: spec.expected for name, spec in self.inputs.items()}
        cases = [{"if": condition, "value": expression} for condition, expression in self.equation]
        return {
            "name": self.name,
            "unit": self.unit,
            "equation": cases,
            "inputs": inputs,
            "sources": self.source.split(),
            "tag": self.tag,
            "validity": self.validity,
            "error": self.error,
        }

    def worked(self, values: Mapping[str, Any], result: float) -> str:
        """The equation with the numbers put in, the result, the source and its tag."""
        names = {**vars(math), **values}
        # The conditions are our own text in the modules' source; a test evaluates every one of
        # them.
        expression = next(
            text for condition, text in self.equation if not condition or eval(condition, {}, names)
        )

        def with_number(name: re.Match[str]) -> str:
            return figure(values[name[0]]) if name[0] in values else name[0]

        shown = re.sub(r"[a-z_][a-z_0-9]*", with_number, expression)
        shown = shown.replace("**", "^").replace("*", " x ").replace("/", " / ")
        total = units.label(digits(result), self.unit)
        return f"{re.sub(' +', ' ', shown)} = {total} [{self.source}, {self.tag}]"

    def documented(self, text: str) -> str:
        """The docstring of a kernel with what is known of the formula, before its examples."""
        # Python 3.13 takes the indentation out of a docstring, earlier ones leave it in.
        before, examples, after = inspect.cleandoc(text).partition(_EXAMPLES)
        notes = "" if "\nNotes\n" in before else "Notes\n-----\n"
        equation = "; ".join(
            f"`{value}`{condition and f' if `{condition}`'}" for condition, value in self.equation
        )
        said = [
            f"Equation: {equation}, in {self.unit}.",
            f"Valid for: {self.validity}.",
            f"Error: {self.error}.",
        ]
        lines = "\n\n".join(said)
        references = f"References\n----------\n{self.source} ({self.tag})\n"
        return f"{before.rstrip()}\n\n{notes}{lines}\n\n{references}{examples}{after}"


_EXAMPLES = "\nExamples\n"


class CheckedFormula(Protocol[P, R_co]):
    """A function with units, the same on `plain` numbers, its bare `kernel` and its `formula`."""

    __name__: str
    plain: PlainFormula
    kernel: Callable[..., Any]
    formula: Formula

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Check and convert the arguments, run the kernel, give the result its unit."""


class _Arguments:
    """The arguments of one kernel: their names, defaults and checks, without `m`."""

    def __init__(self, kernel: Callable[..., Any], inputs: Mapping[str, Argument]) -> None:
        whole = inspect.signature(kernel)
        kept = [one for one in whole.parameters.values() if one.name != "m"]
        self.needs_math = len(kept) < len(whole.parameters)
        self.signature = whole.replace(parameters=kept)
        self.inputs, self.names = inputs, tuple(self.signature.parameters)
        if self.names != tuple(inputs):
            wanted = f"do not match the arguments {self.names}"
            raise TypeError(f"{kernel.__name__}: inputs {tuple(inputs)} {wanted}")
        self.defaults = {one.name: one.default for one in kept if one.default is not one.empty}
        self.strips = tuple((name, spec.strip) for name, spec in inputs.items())

    def in_order(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the kernel; the TypeError of Python for what is no call."""
        given = {**self.defaults, **dict(zip(self.names, args)), **kwargs}
        twice = kwargs.keys() & set(self.names[: len(args)])
        if twice or len(args) > len(self.names) or given.keys() != set(self.names):
            self.signature.bind(*args, **kwargs)
        return [given[name] for name in self.names]

    def bare(self, values: Sequence[Any]) -> list[Any]:
        """The values as floats or arrays in the units of the kernel; QuantityError otherwise."""
        try:
            return [strip(name, value) for (name, strip), value in zip(self.strips, values)]
        except QuantityError as error:
            raise swapped(dict(zip(self.names, values)), self.inputs) or error from None


def formula(
    returns: str,
    equation: str | Mapping[str, str],
    source: str,
    tag: str,
    validity: str,
    error: str,
    **inputs: Argument,
) -> Callable[[Callable[P, R]], CheckedFormula[P, R]]:
    """Turn a kernel of plain numbers into a formula with units.

    Parameters
    ----------
    returns : str
        Unit of the result, a label of the table; "1" for a plain number.
    equation : str or mapping
        One Python expression, or expressions by condition.
    source : str
        Keys of data/sources.toml, separated by spaces.
    tag : str
        Evidence tag, one of TAGS.
    validity, error : str
        For whom it is valid, and its known error.
    **inputs : In or Choice
        One for each argument, in order. A kernel that needs exp or log takes `m=math` and gets
        numpy for arrays.

    Returns
    -------
    callable
        Decorator that gives the function with units, with `kernel` and `formula`.

    Raises
    ------
    ValueError
        If the tag is none of TAGS.
    TypeError
        If the inputs do not match the arguments of the kernel.
    """
    if tag not in TAGS:
        raise ValueError(f"{tag} is not an evidence tag")
    cases = (("", equation),) if isinstance(equation, str) else tuple(equation.items())
    pure = units.BY_LABEL[returns].kind == "fraction"
    result_unit = units.BY_LABEL[returns].container

    def decorate(kernel: Callable[P, R]) -> CheckedFormula[P, R]:
        arguments = _Arguments(kernel, inputs)
        count, needs_math = len(arguments.names), arguments.needs_math
        run = cast(Any, kernel)

        def checked(*args: Any, **kwargs: Any) -> Any:
            values: Sequence[Any] = args
            if kwargs or len(args) != count:
                values = arguments.in_order(args, kwargs)
            bare = arguments.bare(values)
            array = False
            for value in bare:
                if type(value) is not float and hasattr(value, "ndim"):
                    array = True
            if array:
                check_shapes(arguments.names, bare)
            result = run(*bare, m=_numpy() if array else math) if needs_math else run(*bare)
            return result if pure else give(first_quantity(*values), result, result_unit)

        facts = Formula(kernel.__name__, inputs, returns, cases, source, tag, validity, error)
        update_wrapper(checked, kernel)
        checked.__doc__ = facts.documented(kernel.__doc__ or "")
        known = cast(Any, checked)
        known.__signature__ = arguments.signature
        known.kernel, known.formula = kernel, facts
        known.plain = PlainFormula(checked, inputs, returns, arguments.defaults)
        return cast("CheckedFormula[P, R]", checked)

    return decorate


def formulas(*modules: Any) -> Iterator[Formula]:
    """Every formula that these modules define, in the order of their text."""
    for module in modules:
        for value in vars(module).values():
            if hasattr(value, "formula") and getattr(value, "__module__", "") == module.__name__:
                yield value.formula


def maker(like: Any, unit: UnitsContainer | str) -> Callable[[Any], Any]:
    """What turns bare results into Quantities of the class and registry of `like`.

    Without `like` they are of the private registry. `unit` is pint's key, or a label of the table.
    """
    where = units.BY_LABEL[unit].container if isinstance(unit, str) else unit
    if like is None:
        return partial(units.private_registry().Quantity, units=where)
    registry: Any = like._REGISTRY
    quantity: Any = type(like)
    units.registered(registry, where)
    number: Any = registry.non_int_type
    if number is float:
        return partial(quantity, units=where)
    exact = registry.UnitsContainer(dict(where.items()))  # a registry of Decimals or Fractions

    def make_exact(bare: Any) -> Any:
        return (
            quantity(number(repr(bare)), exact)
            if isinstance(bare, float)
            else quantity(bare, where)
        )

    return make_exact


def give(like: Any, bare: Any, unit: UnitsContainer | str) -> Any:
    """One bare result as a Quantity, as `maker` does it; the usual case without a detour."""
    if like is None or isinstance(unit, str) or like._REGISTRY.non_int_type is not float:
        return maker(like, unit)(bare)
    return type(like)(bare, units.registered(like._REGISTRY, unit))


def first_quantity(*values: Any) -> Any:
    """The first Quantity of the values, whose class and registry the result has; None without."""
    for value in values:
        if isinstance(value, PlainQuantity):
            return value
    return None


def digits(value: float, significant: int = 6) -> float:
    """A number of a working, to six significant digits."""
    return float(f"{value:.{significant}g}")


def figure(value: Any) -> str:
    """A number or a word of a working as it is printed."""
    return units.number(digits(float(value)), 10) if isinstance(value, Real) else str(value)


def _numpy() -> Any:
    import numpy

    return numpy


def math_for(*values: Value) -> Any:
    """Return numpy where one of the bare values is an array, math otherwise."""
    for value in values:
        if type(value) is not float and hasattr(value, "shape"):
            return _numpy()
    return math


def check_shapes(names: tuple[str, ...], bare: list[Any]) -> None:
    """Refuse arrays whose shapes do not go together."""
    shapes = {name: value.shape for name, value in zip(names, bare) if hasattr(value, "shape")}
    try:
        _numpy().broadcast_shapes(*shapes.values())
    except ValueError:
        (first, shape), *others = shapes.items()
        rest = ", ".join(f"{name} {other}" for name, other in others)
        raise QuantityError(
            first,
            f"an array of shape {shape} beside {rest}",
            "arrays of one shape",
            kind="conflict",
        ) from None
