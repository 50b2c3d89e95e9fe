"""The error for an input that cannot be used, and its words: each fault one line."""

import pytest

from pexcalc import QuantityError


def refused(call, *args, **kwargs):
    with pytest.raises(QuantityError) as caught:
        call(*args, **kwargs)
    assert all("\n" not in str(one) for one in caught.value.faults)
    return caught.value


def says(call, *args, **kwargs):
    return str(refused(call, *args, **kwargs))
