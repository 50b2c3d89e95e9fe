"""Any JSON value, and any place of one."""

from hypothesis import strategies as st


def json_values(texts, names, leaves=6):
    """Values of every kind, up to a few levels deep, with texts and names of fields as given."""
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=leaves,
    )


def places(value, path=()):
    """Every place of a JSON value, by its path."""
    yield path
    inner = enumerate(value) if isinstance(value, list) else ()
    for key, part in value.items() if isinstance(value, dict) else inner:
        yield from places(part, (*path, key))


def put(value, path, part):
    """Put a part at a place of a JSON value."""
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = part
