"""Any JSON value, its parts, and whether another holds them."""

import pytest
from hypothesis import strategies as st


def json_values(texts, names, leaves=6):
    """Values of every kind, up to a few levels deep, with texts and names of fields as given."""
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=leaves,
    )


def parts(value, path=()):
    """Every part of a JSON value, behind its path."""
    yield path, value
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from parts(part, (*path, key))


def put(value, path, part):
    """Put a part at a place of a JSON value."""
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = part


def is_held(before, now, path="$", as_printed=False):
    """Assert that every part of a JSON value stands in another: lists item by item, numbers equal.

    As printed, a number with a point has to agree to its printed digits.
    """
    if isinstance(before, dict):
        for key, value in before.items():
            assert key in now, f"{path}.{key}"
            is_held(value, now[key], f"{path}.{key}", as_printed)
    elif isinstance(before, list):
        assert len(before) == len(now), path
        for place, pair in enumerate(zip(before, now)):
            is_held(*pair, f"{path}[{place}]", as_printed)
    elif isinstance(before, float) and as_printed:
        digits = len(repr(before).partition(".")[2])
        assert now == pytest.approx(before, abs=0.51 * 10**-digits), path
    else:
        assert now == before, path
