"""The cases of tests/scenarios/*.json. A file holds one order with its result, or an order and cases that change it.

A case sets values by their dotted path (null takes one away). `cautions` are all of them, as `severity code`.
"""

import copy
import json
from functools import cache

from pexcalc import Order, prescribe
from tests.support.paths import TESTS

FOLDER = TESTS / "scenarios"
FILES = sorted(FOLDER.glob("*.json"))


def _changed(order, changes):
    order = copy.deepcopy(order)
    for path, value in changes.items():
        *groups, last = path.split(".")
        place = order
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = value
    return order


def _all():
    for path in FILES:
        document = json.loads(path.read_text(encoding="utf-8"))
        if "cases" not in document:
            yield path.stem, document["order"], document["expected"]
        for case in document.get("cases", ()):
            yield (
                f"{path.stem}: {case['case']}",
                _changed(document["order"], case["set"]),
                case["expected"],
            )


SCENARIOS = list(_all())
_MADE = {}


def prescribed(order):
    """The prescription of the order of a scenario, made once for all tests: records cannot be changed."""
    key = id(order)
    if key not in _MADE:
        _MADE[key] = prescribe(Order.from_wire(order))
    return _MADE[key]


def drawn(draw, order):
    """What `draw` gives for the prescription of a scenario's order, made once for all tests."""
    key = draw, id(order)
    if key not in _MADE:
        _MADE[key] = draw(prescribed(order))
    return _MADE[key]


@cache
def firing():
    """The ids of all alerts that a scenario raises, each with the orders of the first two."""
    found = {}
    for _, order, _ in SCENARIOS:
        for one in prescribed(order).cautions:
            found.setdefault(one.id, []).append(order)
    return {id: orders[:2] for id, orders in found.items()}


NAMES = [name for name, _, _ in SCENARIOS]
