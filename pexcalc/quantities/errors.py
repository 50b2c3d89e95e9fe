"""The error of an input that cannot be used, and of an order with several such inputs.

One class for every fault: `kind` says which. Its sentence is built from the parts, so a form can
show the parts by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

# What can be wrong with an input: no value; a word, name or field that is not known; no unit, an
# unknown one or one of another quantity; a number out of range; something of another type; a text
# that cannot be read; inputs that do not fit together; a file that cannot be used.
FaultKind = Literal["missing", "unknown", "unit", "range", "type", "text", "conflict", "file"]
MOST_SENTENCES = 12  # derived: sentences of one error, the rest are counted


class QuantityError(ValueError):
    """An input that cannot be used, in one sentence: which input, what is given, what is expected.

    Attributes
    ----------
    argument : str
        The input as the sentence names it.
    got, expected : str
        What is given and what is expected, in words.
    meant : tuple of str
        What was probably meant; empty where no reading is plausible.
    kind : FaultKind
        What is wrong, as one word.
    fields : tuple of str
        The paths of the inputs concerned, two where two do not fit together.
    """

    def __init__(
        self,
        argument: str,
        got: str,
        expected: str,
        meant: Iterable[str] = (),
        *,
        kind: FaultKind,
        fields: Iterable[str] = (),
    ) -> None:
        self.argument, self.got, self.expected, self.meant = argument, got, expected, tuple(meant)
        self.kind: FaultKind = kind
        self.fields = tuple(fields) or tuple(filter(None, [argument]))
        super().__init__(argument, got, expected, self.meant)

    @property
    def faults(self) -> tuple[QuantityError, ...]:
        """Every fault that this error reports."""
        return (self,)

    def __str__(self) -> str:
        about, word, rest = self.got.partition("nothing")
        sentence = (
            f"{self.argument} is missing{rest}; enter {self.expected}."
            if word and not about
            else f"{self.argument}: got {self.got}; expected {self.expected}."
        )
        return f"{sentence} Did you mean {' or '.join(self.meant)}?" if self.meant else sentence

    def to_wire(self) -> list[dict[str, Any]]:
        """The faults as JSON: fields, kind, got, expected, meant and the sentence of each."""
        return [
            {
                "fields": list(fault.fields),
                "kind": fault.kind,
                "got": fault.got,
                "expected": fault.expected,
                "meant": list(fault.meant),
                "message": str(fault),
            }
            for fault in self.faults
        ]

    def __reduce__(self) -> tuple[Any, ...]:
        words = (self.argument, self.got, self.expected, self.meant)
        return _error_from_parts, (type(self), *words, self.kind, self.fields)


class OrderError(QuantityError):
    """Several faults of one record; the parts of this error are those of the first fault."""

    def __init__(self, faults: Iterable[QuantityError]) -> None:
        self._faults = tuple(faults)
        first = self._faults[0]
        words = (first.argument, first.got, first.expected, first.meant)
        super().__init__(*words, kind=first.kind, fields=first.fields)

    @property
    def faults(self) -> tuple[QuantityError, ...]:
        """Every fault, in the order of the fields."""
        return self._faults

    def __str__(self) -> str:
        sentences = list(map(str, self._faults[:MOST_SENTENCES]))
        more = len(self._faults) - len(sentences)
        return "\n".join([*sentences, *([f"and {more} more faults"] if more else [])])

    def __reduce__(self) -> tuple[Any, ...]:
        return OrderError, (self._faults,)


QuantityError.__module__ = OrderError.__module__ = "pexcalc"


def refuse_if(
    wrong: object,
    argument: str,
    got: str,
    expected: str,
    meant: Iterable[str] = (),
    *,
    kind: FaultKind,
    fields: Iterable[str] = (),
) -> None:
    """Raise the QuantityError where `wrong` holds; its words are built in either case."""
    if wrong:
        raise QuantityError(argument, got, expected, meant, kind=kind, fields=fields)


def one_error(faults: Sequence[QuantityError]) -> QuantityError:
    """One error for one fault or several."""
    return faults[0] if len(faults) == 1 else OrderError(faults)


class Faults:
    """The faults of several inputs, collected so that all of them are reported at once."""

    def __init__(self, found: Iterable[QuantityError] = ()) -> None:
        self.found = list(found)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the faults of one input, and go on."""
        try:
            yield
        except QuantityError as error:
            self.found += error.faults

    def raise_any(self) -> None:
        """Raise the faults as one error; nothing where there are none."""
        if self.found:
            raise one_error(self.found)


def _error_from_parts(
    error: type[QuantityError],
    argument: str,
    got: str,
    expected: str,
    meant: tuple[str, ...],
    kind: FaultKind,
    fields: tuple[str, ...],
) -> QuantityError:
    """Build an error from its parts: pickle cannot pass keywords to an exception."""
    return error(argument, got, expected, meant, kind=kind, fields=fields)
