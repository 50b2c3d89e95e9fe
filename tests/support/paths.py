"""Where things are: the root of the project, the tests."""

from pathlib import Path

TESTS = Path(__file__).parent.parent
ROOT = TESTS.parent
