"""What is left out of an order is None: a function of a value, its words, or another one for it."""

from collections.abc import Callable
from typing import TypeVar

Entered = TypeVar("Entered")
Made = TypeVar("Made")


def if_given(value: Entered | None, change: Callable[[Entered], Made]) -> Made | None:
    """What a function gives for a value; None where there is no value."""
    return None if value is None else change(value)


def words_if_given(value: Entered | None, words: Callable[[Entered], str]) -> str:
    """The words about a value; none where there is no value."""
    return "" if value is None else words(value)


def given_or(value: Entered | None, otherwise: Entered) -> Entered:
    """A value; the other one where there is no value."""
    return otherwise if value is None else value


def words_if(said: object, words: str) -> str:
    """Words under a condition, else none. They are built in either case."""
    return words if said else ""
