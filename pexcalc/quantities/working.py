"""The working: how each figure of a result was calculated.

The steps note formulas and plain numbers under the path of a figure. Texts and records are written
only when they are read: most callers never do.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.argument import In
from pexcalc.quantities.formula import Formula, digits, figure, maker
from pexcalc.quantities.given import if_given
from pexcalc.quantities.record import Deferred, Fixed, Number, Result, Text, UcumCode


class Stated(Result):
    """A plain value with its UCUM unit, where the kind is not fixed: a formula's input."""

    value: Number
    unit: UcumCode


Stated.__module__ = "pexcalc"


class Basis(Result):
    """How a figure was calculated: formula, formula with numbers, inputs, source keys."""

    formula: Text
    text: Text
    inputs: Fixed[Stated | Text]
    sources: tuple[Text, ...]


Basis.__module__ = "pexcalc"


# --- what is noted --------------------------------------------------------------------------------


class _Run(NamedTuple):
    """A formula and the plain values that went through its kernel."""

    of: Formula
    values: Mapping[str, Any]
    result: float

    def basis(self) -> Basis:
        inputs = {name: self._input(name, value) for name, value in self.values.items()}
        return Basis.model_construct(
            formula=self.of.name,
            text=self.of.worked(self.values, self.result),
            inputs=inputs,
            sources=tuple(self.of.source.split()),
        )

    def _input(self, name: str, value: Any) -> Stated | str:
        spec = self.of.inputs[name]
        if not isinstance(spec, In):
            return str(value)
        return Stated.model_construct(value=value, unit=units.BY_LABEL[spec.unit].ucum)


class _Note(NamedTuple):
    """A figure that is not the result of one formula: a name for what was done, and a text."""

    name: str
    text: str | Callable[[], str]
    sources: tuple[str, ...]

    def basis(self) -> Basis:
        text = self.text if isinstance(self.text, str) else self.text()
        return Basis.model_construct(formula=self.name, text=text, inputs={}, sources=self.sources)


class _Later(NamedTuple):
    """A step that notes nothing but working: it runs when the working is read."""

    step: Callable[["Recorder"], None]


class Recorder:
    """What travels with the steps: the working so far, and the registry of the results.

    `like` is a Quantity of the caller, whose class and registry the results get; without one they
    are in the private registry.
    """

    def __init__(self, like: Any = None) -> None:
        self.like = like
        self._makers: dict[str, Callable[[float], Any]] = {}
        self._noted: dict[str, _Run | _Note | _Later] = {}

    def run(self, path: str, function: Any, **values: Any) -> float:
        """Run the kernel of a formula on plain numbers in its own units, and note it."""
        result = float(function.kernel(**values))
        self._noted[path] = _Run(function.formula, values, result)
        return result

    def note(self, path: str, name: str, text: str | Callable[[], str], *sources: str) -> None:
        """Note in words what is not the result of one formula; a function is called when read."""
        self._noted[path] = _Note(name, text, sources)

    def arithmetic(
        self,
        path: str,
        words: str,
        numbers: tuple[float, ...],
        result: float,
        unit: str,
        source: str,
    ) -> float:
        """Note a sum or a quotient, such as "{} / {}" of two numbers, and return its result."""

        def text() -> str:
            sum_of = words.format(*map(figure, numbers))
            return f"{sum_of} = {units.label(digits(result), unit)} [{source}, derived]"

        self.note(path, "arithmetic", text, source)
        return result

    def later(self, path: str, step: Callable[["Recorder"], None]) -> None:
        """Note a step that only writes working; its entries stand in the place of this one."""
        self._noted[path] = _Later(step)

    def when_read(self, path: str, step: Callable[["Recorder"], Any]) -> Deferred:
        """A figure that `step` calculates when it is first read; its working is kept here."""
        inner = Recorder(self.like)
        figures = Deferred(lambda: step(inner))

        def write(working: "Recorder") -> None:
            figures.value()
            working.add(inner)

        self.later(path, write)
        return figures

    def repeat(self, path: str, of: str) -> None:
        """Note the figure at `of`, which is about to be replaced, under another path."""
        self._noted[path] = self._noted[of]

    def add(self, other: "Recorder", again: str = "") -> None:
        """Take over the working of another; `again` marks a path that is there already."""
        for path, noted in other._noted.items():
            self._noted[path + again if path in self._noted else path] = noted

    def drop(self, path: str) -> None:
        """Forget every figure below a path."""
        for noted in [noted for noted in self._noted if noted.startswith(f"{path}.")]:
            del self._noted[noted]

    def __contains__(self, path: str) -> bool:
        return path in self._noted

    def quantity(self, value: float, unit: str) -> Any:
        """A plain result as a Quantity of the caller's registry; `unit` is a label of the table."""
        make = self._makers.get(unit)
        if make is None:
            make = self._makers[unit] = maker(self.like, unit)
        return make(value)

    def optional(self, value: float | None, unit: str) -> Any:
        """The same for a figure that may be missing."""
        return if_given(value, lambda value: self.quantity(value, unit))

    def interval(self, ends: Iterable[float | None], unit: str) -> Interval:
        """Low, typical and high as an Interval of Quantities."""
        return Interval(*(self.optional(end, unit) for end in ends))

    def working(self) -> "Working":
        """The working so far, to be read as a mapping."""
        return Working(self)

    def bases(self) -> Iterator[tuple[str, Basis]]:
        """Write every entry, in the order of the notes."""
        for path, noted in self._noted.items():
            if isinstance(noted, _Later):
                inner = Recorder()
                noted.step(inner)
                yield from inner.bases()
            else:
                yield path, noted.basis()


class Working(Mapping[str, Basis]):
    """How each figure was calculated, by path; written on first access, then kept."""

    def __init__(self, record: Recorder) -> None:
        self._record = record

    @cached_property
    def _bases(self) -> dict[str, Basis]:
        return dict(self._record.bases())

    def __getitem__(self, path: str) -> Basis:
        return self._bases[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._bases)

    def __len__(self) -> int:
        return len(self._bases)

    def __repr__(self) -> str:
        return f"Working({self._bases!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self._bases,)
