"""Shared fixtures: a registry of the host program, and one way to call a function by text inputs."""

import os

import pint
import pytest
from hypothesis import HealthCheck, Phase, settings

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


# One registry of a host program, pint's default one: not the private registry of pexcalc.
HOST = pint.UnitRegistry()


@pytest.fixture
def host() -> pint.UnitRegistry:
    return HOST
