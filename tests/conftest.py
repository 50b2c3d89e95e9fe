"""Shared fixtures: a registry of the host program, and one way to call a function by text inputs."""

import os

import pint
import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.support import sockets
from tests.support.paths import TESTS

# The gate draws the same examples every time; HYPOTHESIS_PROFILE=long draws new ones, many more.
settings.register_profile(
    "ordinary",
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "long", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
# By hand: one target a run, its figures in docs/quality.md.
settings.register_profile(
    "fuzz",
    max_examples=100_000,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
# For a test that is expected to fail: it need not say how in the shortest way.
settings.register_profile(
    "mutation",
    settings.get_profile("ordinary"),
    phases=(Phase.explicit, Phase.generate),
    database=None,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ordinary"))


def pytest_configure(config):
    """Pages that are written anew are read and written block by block: by one process only."""
    if os.environ.get("UPDATE_DOCS") and getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("UPDATE_DOCS=1 writes pages: without -n")


# They draw every scenario once more: what runs there is covered elsewhere, so it is not traced.
SWEEPS = {
    "test_every_row_of_the_two_pages_is_printed",
    "test_every_sheet_keeps_the_formatting_rules",
    "test_every_surface_is_printed_in_the_words_of_the_ward",
    "test_every_input_that_a_sheet_asks_for_is_an_option_of_prescribe",
    "test_prescribing_again_and_again_keeps_no_memory",
}


def pytest_collection_modifyitems(items):
    """The page in a browser first: one process builds it, the other takes what is left behind it."""
    items.sort(key=lambda item: item.path.name != "test_web.py")
    for item in items:
        if item.name.partition("[")[0] in SWEEPS:
            item.add_marker("no_cover")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """No test uses a socket, but for loopback in tests/system/."""
    sockets.refuse(loopback=TESTS / "system" in item.path.parents)
    try:
        return (yield)
    finally:
        sockets.allow()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """A refusal that the program has caught fails the test too."""
    sockets.tried.clear()
    result = yield
    assert sockets.tried == [], "a test may not use a socket"
    return result


# One registry of a host program, pint's default one: not the private registry of pexcalc.
HOST = pint.UnitRegistry()


@pytest.fixture
def host() -> pint.UnitRegistry:
    return HOST
