"""Every text that an order can hold is one printable line: found from the JSON schema, not from a list."""

import pytest

from pexcalc import Order, QuantityError, json_schema, prescribe
from pexcalc.report.summary import summary
from tests.support.patients import wire

SCHEMA = json_schema.schema("order")
# Between two letters, or between a date and its time, each of these would print as something else than one line.
HOSTILE = {
    "newline": "\n", "return": "\r", "tab": "\t", "null": "\x00", "escape": "\x1b", "delete": "\x7f", "next line": "\x85",
    "line separator": "\u2028", "right to left": "\u202e", "isolate": "\u2066", "zero width": "\u200b", "surrogate": "\ud800",
}  # fmt: skip
# A value for each text field that the schema leaves open; a field that is missing here fails the first test.
OPEN = {
    "label": "bed 4", "ordered_at": "2025-06-24T14:05+02:00", "measured.0.solute": "IgG", "solutes.0": "IgG",
    "patient.blood_volume.origin": "measured: dilution", "patient.plasma_volume.origin": "measured: dilution",
    "crs.signs.vasopressors.0": "norepinephrine", "crs.persisting_at": "2025-06-24T08:00+02:00",
    "calcium.reason": "no central line", "drugs.0.name": "rituximab", "device.name": "our-optia",
    "products.*.name": "plasma of the region", "fluid.albumin": "our-albumin", "fluid.plasma": "our-plasma",
    "overrides.0.reason": "specialist center", "overrides.0.by": "Dr A",
}  # fmt: skip


def text_fields(schema, path=()):
    """The path of each text that is not a word of a closed set."""
    if "$ref" in schema:
        yield from text_fields(SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], path)
    for part in schema.get("anyOf", ()):
        yield from text_fields(part, path)
    if schema.get("type") == "string" and not {"enum", "const"} & set(schema):
        yield ".".join(path)
    for name, part in schema.get("properties", {}).items():
        yield from text_fields(part, (*path, name))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from text_fields(schema["additionalProperties"], (*path, "*"))
    if isinstance(schema.get("items"), dict):
        yield from text_fields(schema["items"], (*path, "0"))


def with_text(path, text):
    bag = {"value": 250, "unit": "mL"}
    data = wire(
        blood_volume={"value": 4900, "unit": "mL", "origin": "device"},
        plasma_volume={"value": 3100, "unit": "mL", "origin": "device"},
        crs={"signs": {"temperature": {"value": 39, "unit": "Cel"}, "hypotension": True, "vasopressors": ["vasopressin"],
                       "oxygen_device": "room-air"}, "persisting": True},
        calcium={"plan": "oral"},
        drugs=[{"name": "rituximab", "when": "after", "time": {"value": 1, "unit": "h"}}],
        measured=[{"solute": "igm", "session": 1, "when": "before", "level": {"value": 1, "unit": "g/L"}}],
        overrides=[{"rule": "child-too-small", "reason": "a reason", "by": "Dr A"}], solutes=["il6"],
        products={"our-plasma": {"kind": "plasma", "containers": [bag]},
                  "our-albumin": {"kind": "albumin", "protein": {"value": 50, "unit": "g/L"}, "containers": [bag]}},
        fluid={"choice": "plasma", "plasma": "our-plasma"}, device={"like": "spectra-optia", "name": "our-optia"},
    )  # fmt: skip
    place = data
    places = path.replace("*", "our-plasma").split(".")
    *groups, last = (int(part) if part.isdigit() else part for part in places)
    for group in groups:
        place = place[group]
    place[last] = text
    return data


def test_every_open_text_field_of_the_schema_is_tried():
    assert set(text_fields(SCHEMA)) == set(OPEN)


@pytest.mark.parametrize("path", OPEN)
def test_a_sound_text_is_taken(path):
    assert len(summary(prescribe(Order.from_wire(with_text(path, OPEN[path])))).splitlines()) == 10


@pytest.mark.parametrize("sign", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("path", OPEN)
def test_a_text_with_a_sign_that_does_not_print_is_refused_in_one_line(path, sign):
    sound = OPEN[path]
    start = sound[:10] + sign
    for text in (sound + sign, sign + sound, start + sound[10:], start + sound[11:]):
        with pytest.raises(QuantityError) as refused:
            Order.from_wire(with_text(path, text))
        assert all(str(one).isprintable() for one in refused.value.faults)
        assert len(str(refused.value)) < 3000


def test_between_date_and_time_stands_a_t_or_a_space():
    written = "2025-06-24T14:05Z", "2025-06-24 14:05+02:00", "20250624T1405Z", "2025-W26-2T14:05Z"
    for text in written:
        assert Order.from_wire(with_text("ordered_at", text)).ordered_at == text
    for sign in ("x", "t", "_", "\u00a0", "\u3000", "TT", ""):
        with pytest.raises(QuantityError, match="ordered_at: got .*; expected date, time and zone"):
            Order.from_wire(with_text("ordered_at", f"2025-06-24{sign}14:05Z"))
