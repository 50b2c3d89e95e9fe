"""A formula as one object: units, ranges, equation, source and validity, plain arithmetic behind it."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import update_wrapper
from numbers import Real
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeVar, cast

from pint.facets.plain import PlainQuantity
from pint.util import UnitsContainer

from pexcalc.quantities import units
from pexcalc.quantities.argument import Argument, swapped
from pexcalc.quantities.errors import QuantityError

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

# Outside the boundary: a pint Quantity of any registry (or a plain number where the unit is "1" or
# "%"), scalar or array.
# Inside a kernel: a float or a float64 array.
Value = Any

TAGS = ("source", "secondary", "derived", "unverified", "judgement")


class Formula(NamedTuple):
    """What is known of one formula. `equation` holds (condition, expression) pairs, both Python expressions.

    The names in them are the arguments, in the units of `inputs`; the result is in `unit`.
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
        shown = re.sub(
            r"[a-z_][a-z_0-9]*",
            lambda m: figure(values[m[0]]) if m[0] in values else m[0],
            expression,
        )
        shown = shown.replace("**", "^").replace("*", " x ").replace("/", " / ")
        return f"{re.sub(' +', ' ', shown)} = {units.label(digits(result), self.unit)} [{self.source}, {self.tag}]"


class CheckedFormula(Protocol[P, R_co]):
    """A formula as its caller sees it: a function with units, its bare `kernel`, and its `formula` object."""

    __name__: str
    kernel: Callable[..., Any]
    formula: Formula

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Check and convert the arguments, run the kernel, give the result its unit."""


def formula(  # noqa: C901
    returns: str,
    equation: str | Mapping[str, str],
    source: str,
    tag: str,
    validity: str,
    error: str,
    **inputs: Argument,
) -> Callable[[Callable[P, R]], CheckedFormula[P, R]]:
    """Make a kernel into a formula.

    `returns` is the unit of the result; `equation` one Python expression, or expressions by
    condition; `inputs` one In or Choice for each argument, in order. A kernel that needs exp or log
    takes `m=math` and gets numpy for arrays.
    """
    if tag not in TAGS:
        raise ValueError(f"{tag} is not an evidence tag")
    cases = (("", equation),) if isinstance(equation, str) else tuple(equation.items())
    pure = units.BY_LABEL[returns].kind == "fraction"
    result_unit = units.BY_LABEL[returns].container

    def decorate(kernel: Callable[P, R]) -> CheckedFormula[P, R]:
        signature = inspect.signature(kernel)
        needs_math = "m" in signature.parameters
        shown = signature.replace(
            parameters=[p for p in signature.parameters.values() if p.name != "m"]
        )
        names = tuple(shown.parameters)
        if names != tuple(inputs):
            raise TypeError(
                f"{kernel.__name__}: inputs {tuple(inputs)} do not match the arguments {names}"
            )
        defaults = {
            p.name: p.default for p in shown.parameters.values() if p.default is not p.empty
        }
        strips = tuple((name, inputs[name].strip) for name in names)
        known_names = set(names)

        def checked(*args: Any, **kwargs: Any) -> Any:
            values: Sequence[Any] = args
            if kwargs or len(args) != len(names):
                given = {**defaults, **dict(zip(names, args)), **kwargs}
                twice = kwargs.keys() & set(names[: len(args)])
                if twice or len(args) > len(names) or given.keys() != known_names:
                    shown.bind(*args, **kwargs)  # raises the TypeError that Python would raise
                values = [given[name] for name in names]
            try:
                bare = [strip(name, value) for (name, strip), value in zip(strips, values)]
            except QuantityError as error:
                raise swapped(dict(zip(names, values)), inputs) or error from None
            array = False
            for value in bare:
                if type(value) is not float and hasattr(value, "ndim"):
                    array = True
            if array:
                check_shapes(names, bare)
            run = cast(Any, kernel)
            result = run(*bare, m=_numpy() if array else math) if needs_math else run(*bare)
            return result if pure else give(first_quantity(*values), result, result_unit)

        update_wrapper(checked, kernel)
        known = cast(Any, checked)
        known.__signature__ = shown
        known.kernel = kernel
        known.formula = Formula(
            kernel.__name__, inputs, returns, cases, source, tag, validity, error
        )
        return cast("CheckedFormula[P, R]", checked)

    return decorate


def formulas(*modules: Any) -> Iterator[Formula]:
    """Every formula that these modules define, in the order of their text."""
    for module in modules:
        for value in vars(module).values():
            if hasattr(value, "formula") and getattr(value, "__module__", "") == module.__name__:
                yield value.formula


def give(like: Any, bare: Any, unit: UnitsContainer | str) -> Any:
    """A bare result as a Quantity of the class and registry of `like`; of the private registry where that is None."""
    where = units.BY_LABEL[unit].container if isinstance(unit, str) else unit
    if like is None:
        return units.private_registry().Quantity(bare, where)
    registry = like._REGISTRY
    units.registered(registry, where)
    if registry.non_int_type is not float and isinstance(
        bare, float
    ):  # a registry of Decimals or Fractions
        return type(like)(
            registry.non_int_type(repr(bare)), registry.UnitsContainer(dict(where.items()))
        )
    return type(like)(bare, where)


def first_quantity(*values: Any) -> Any:
    """The first Quantity among the values, which says of what class and registry the result is; None without one."""
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
    return _numpy() if any(hasattr(value, "shape") for value in values) else math


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
