"""Suggestions for a mistyped word: the known words most similar to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def nearest(word: str, words: Mapping[str, Any]) -> list[str]:
    """Up to three of the words that are most like a mistyped one."""
    small = {known.casefold(): known for known in words}
    typed = word.strip().casefold()
    inside = [known for known in small if typed and typed in known]
    return [small[known] for known in (inside or most_alike(typed, small))[:3]]


def most_alike(word: str, words: Iterable[str], most: int = 3, likeness: float = 0.6) -> list[str]:
    """The words most like a mistyped one; `likeness` is the share of letters, from 0 to 1."""
    from difflib import get_close_matches  # only where something was mistyped

    return get_close_matches(word, words, most, likeness)
