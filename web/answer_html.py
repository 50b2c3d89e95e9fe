"""An answer as HTML: the bars, the alerts and the faults, each by the id of its place on the page.

The trap: a sentence holds what a user typed, so every text is escaped here. A button says in its
`data-fill` which fields it fills, and in `data-go` which field is next.
"""

import json
from collections.abc import Mapping
from html import escape
from typing import NamedTuple

from pexcalc.data.indications import NOT_LISTED, Indication, indications
from pexcalc.form import ASKED_FIRST, FORM_ROWS, Answer, FieldFault
from pexcalc.order.fields import BY_NAME
from pexcalc.report.screen_after import choice_of_fluid
from pexcalc.report.wording import in_words
from pexcalc.rules.cautions import Caution

HEADS = {
    "stop": "ORDER ON HOLD",
    "strong": "CALL THE PHYSICIAN BEFORE YOU START",
    "warn": "CHECK",
}
LABELS = {
    "drugs": "Medicines given or due",
    "fluid": "Replacement fluid",
    "states": "Conditions",
    "label": "Label on the sheet",
    "albumin_container": "Size of albumin bottles",
    "plasma_container": "Size of plasma units",
    "saline_container": "Size of saline bags",
    "removal_efficiency": "Plasma removal efficiency",
}


# The fields in the order of the page: those that are not folded, then the others.
FIRST = (*ASKED_FIRST, "blood_group")
ORDER = (*FIRST, *(row.name for row in FORM_ROWS if row.name not in FIRST))


def label_of(name: str) -> str:
    """The label of a field."""
    return LABELS.get(name, BY_NAME[name].label)


def answer_html(found: Answer, fields: Mapping[str, str], typing: str) -> dict[str, str]:
    """The HTML of each place; a fault of the field that is being typed in is not shown yet."""
    faults = {name: fault for name, fault in found.errors.items() if name != typing}
    placed = {name: faults.get(name) for name in ORDER}
    links = [_link(fault.sentence, name) for name, fault in placed.items() if fault]
    links += [escape(faults[""].sentence)] if "" in faults else []
    boxes = _boxes(found, fields)
    return {
        "wrong": _bar("There is a problem", links),
        "needed": _bar("Still needed", [_link(label_of(name), name) for name in _needed(found)]),
        "alerts": "".join(map(_alert_box, boxes)),
        "heard": escape(" ".join([*_heard(found, faults), *(f"{one.head}." for one in boxes)])),
        "indication-name": escape(indication_line(fields.get("indication", "").strip())),
        **{f"e-{name}": _fault(fault) for name, fault in placed.items()},
    }


def _needed(found: Answer) -> list[str]:
    return [name for name in ORDER if name in found.needed]


def _heard(found: Answer, faults: Mapping[str, FieldFault]) -> list[str]:
    """What a screen reader reads out when the answer changes."""
    if faults:
        return ["There is a problem.", *(fault.sentence for fault in faults.values())]
    if found.needed:
        return [f"Still needed: {', '.join(map(label_of, _needed(found)))}."]
    return ["Prescription ready."]


def _button(text: str, data: Mapping[str, str], kind: str = "") -> str:
    held = f' class="{kind}"' if kind else ""
    held += "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    return f'<button type="button"{held}>{escape(text)}</button>'


def _link(text: str, name: str) -> str:
    """A button that looks like a link to a field."""
    return _button(text, {"go": name}, "link")


def _bar(head: str, items: list[str]) -> str:
    listed = "".join(f"<li>{item}</li>" for item in items)
    return f"<h2>{head}</h2><ul>{listed}</ul>" if items else ""


def _fault(fault: FieldFault | None) -> str:
    """The sentence of a fault, and a button for each value that was probably meant."""
    if fault is None:
        return ""
    meant = [
        _button(f"Use {one.text}", {"fill": json.dumps(dict(one.fields))}) for one in fault.meant
    ]
    return escape(fault.sentence) + "".join(meant)


class _Box(NamedTuple):
    """The alerts under one head, each as HTML."""

    severity: str
    head: str
    items: list[str]


def _boxes(found: Answer, fields: Mapping[str, str]) -> list[_Box]:
    """The alerts to show; those that wait for a needed field only where they stop the order."""
    p = found.prescription
    if p is None and not any(one.severity == "stop" for one in found.alerts):
        return []
    heads = {**HEADS, **({} if p else {"stop": "STILL OPEN"})}
    items = {
        severity: [_alert(one, fields) for one in found.alerts if one.severity == severity]
        for severity in heads
    }
    items["strong"] += map(escape, choice_of_fluid(p) if p else ())
    return [_Box(severity, heads[severity], some) for severity, some in items.items() if some]


def _alert_box(box: _Box) -> str:
    items = "".join(f"<li>{one}</li>" for one in box.items)
    return f'<div class="alert {box.severity}"><h2>{box.head}</h2><ul>{items}</ul></div>'


def _alert(one: Caution, fields: Mapping[str, str]) -> str:
    """A sentence, and buttons that confirm an unusual value or begin an override."""
    parts = [escape(one.message)]
    name = one.confirm.rpartition(".")[2]
    if name:
        fill = _added(fields, "confirmed", ", ", name)
        parts.append(_button(f"Confirm: {name.replace('_', ' ')} is correct", {"fill": fill}))
    if one.severity == "stop":
        fill = _added(fields, "overrides", "\n", f"{one.id}=; by ")
        parts.append(_button("Override with a reason", {"fill": fill, "go": "overrides"}))
    return " ".join(parts)


def _added(fields: Mapping[str, str], name: str, between: str, text: str) -> str:
    """A field with a text more, as the fields that a button fills."""
    return json.dumps({name: between.join(filter(None, [fields.get(name, "").strip(), text]))})


def indication_line(name: str) -> str:
    """The title of an indication and its category; empty for a name that is none."""
    row = indications().get(name)
    if row is None:
        return "Not listed; not categorized by ASFA 2023" if name == NOT_LISTED else ""
    return f"{in_words(row.title)}; {category_of(row)}"


def category_of(row: Indication) -> str:
    """The category of an indication in words."""
    if row.category == "not-categorised":
        return "not categorized by ASFA 2023"
    return f"ASFA 2023: category {row.category}, grade {row.grade}"
