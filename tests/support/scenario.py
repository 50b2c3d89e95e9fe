"""The cases of tests/scenarios/*.json. A file has one order, or an order and cases that change it.

A case sets values by their dotted path (null takes one away). `cautions` are all of them, as
`severity code`.
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
            order = _changed(document["order"], case["set"])
            yield f"{path.stem}: {case['case']}", order, case["expected"]


def leaves(value, path="$"):
    """The path of every leaf of a JSON value, with its word where it is one of a closed set."""
    if isinstance(value, (dict, list)):
        inner = value.items() if isinstance(value, dict) else (("[]", item) for item in value)
        return {path}.union(*(leaves(item, f"{path}.{key}") for key, item in inner))
    return {(path, value if isinstance(value, (str, bool)) else type(value).__name__)}


def cover(values):
    """The names of the JSON values needed so that every path and every word of all occurs."""
    held = {name: leaves(value) for name, value in values.items()}
    missing, chosen = set().union(*held.values()), []
    while missing:
        chosen.append(max(held, key=lambda name: len(held[name] & missing)))
        missing -= held[chosen[-1]]
    return sorted(chosen)


SCENARIOS = list(_all())
NAMES = [name for name, _, _ in SCENARIOS]
ORDERS = {name: order for name, order, _ in SCENARIOS}
# For sweeps over all orders: so many tests that two processes can share them.
PARTS = [SCENARIOS[start::4] for start in range(4)]
# Orders with every input, every word of an order and every caution of all: for what depends on
# the code and not on the patient.
COVER = {
    name: ORDERS[name]
    for name in cover(
        {name: [order, expected.get("cautions")] for name, order, expected in SCENARIOS}
    )
}
_MADE = {}


def prescribed(order):
    """The prescription of the order of a scenario, made once for all tests: records do not change."""
    return drawn(None, order)


def drawn(draw, order):
    """What `draw` gives for the prescription of a scenario's order, made once for all tests."""
    key = draw, id(order)
    if key not in _MADE:
        _MADE[key] = draw(prescribed(order)) if draw else prescribe(Order.from_wire(order))
    return _MADE[key]


@cache
def firing():
    """The ids of all alerts that a scenario raises, each with the orders of the first two."""
    found = {}
    for _, order, _ in SCENARIOS:
        for one in prescribed(order).cautions:
            found.setdefault(one.id, []).append(order)
    return {id: orders[:2] for id, orders in found.items()}
