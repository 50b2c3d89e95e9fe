"""The form as HTML, from the rows of order/fields.py; made when the page is built."""

from __future__ import annotations

from html import escape

from answer_html import FIRST, category_of, label_of

from pexcalc.data import devices, products
from pexcalc.data.indication_names import disease_names, searchable
from pexcalc.data.indications import NOT_LISTED, indications
from pexcalc.form import FORM_ROWS, REST, units_of
from pexcalc.order.fields import BY_NAME, NONE, Input
from pexcalc.order.questions import words_of
from pexcalc.order.site import Site
from pexcalc.report.wording import in_words

# Hints below a label, where the label alone does not say what to type.
HINTS = {
    "age": "Below 2 years in months, weeks or days.",
    "indication": "Type part of the diagnosis, such as guillain.",
    "gestation": "Weeks; none if not pregnant.",
    "dose": "Plasma volumes, or a volume of the patient's plasma without anticoagulant.",
    "blood_volume": "With its origin, such as 4900 @ device.",
    "plasma_volume": "With its origin, such as 3100 @ measured: albumin.",
    "states": "Conditions that change plasma volume.",
    "ratio": "12 for 12:1.",
    "removal_efficiency": "A value of the device, never assumed. Leave blank if not known.",
    "duration": "If left blank: 2 h per plasma volume, marked as assumed.",
    "ace_inhibitor": "Time from its last dose to the exchange. Leave blank if there is none.",
    "drugs": "One a line, such as rituximab @ 24 h before, or siltuximab 770 mg @ 12 h after; or "
    "none.",
    "label": "Printed, not stored; a name is not needed. Such as bed 4.",
    "ordered_at": "Such as 2025-06-24T14:05+02:00.",
    "persisting_at": "Such as 2025-06-24T14:05+02:00.",
    "confirmed": "Unusual inputs that were checked, such as height.",
    "overrides": "To go on with an order on hold: RULE=reason; by NAME. One a line.",
    "panel": "Show the solutes of the indication.",
    "solutes": "Show these solutes too.",
}
PLAIN = {"confirmed"}  # words that are typed: buttons beside the alerts fill them in


def form_html(site: Site | None) -> str:
    """Every field: those that are asked first, then the others in folded groups."""
    first = "".join(_field(BY_NAME[name], site) for name in FIRST)
    groups: dict[str, list[Input]] = {}
    for row in FORM_ROWS:
        if row.name not in FIRST:
            groups.setdefault(row.heading, []).append(row)
    return (
        f'<form id="form" autocomplete="off" novalidate><div class="first">{first}</div>'
        f"{''.join(_group(name, rows, site) for name, rows in groups.items())}"
        f'<input type="hidden" name="{REST}"></form>'
    )


def _group(name: str, rows: list[Input], site: Site | None) -> str:
    fields = "".join(_field(row, site) for row in rows)
    title = "More on the patient" if name == "Patient" else name
    return f"<details><summary>{escape(title)}</summary><div>{fields}</div></details>"


def _field(row: Input, site: Site | None) -> str:
    """A label above, a hint, the control with its unit beside it, and the place of a fault."""
    name, label = row.name, label_of(row.name)
    hint = HINTS.get(name, "")
    boxes = row.kind in ("words", "names") and name not in PLAIN
    control = _boxes(row) if boxes else _control(row, site)
    mark = ' <span class="star">needed</span>'
    title = (
        f"<legend>{escape(label)}</legend>"
        if boxes
        else f'<label for="f-{name}">{escape(label)}{mark}</label>'
    )
    said = f'<p class="hint" id="h-{name}">{escape(hint)}</p>' if hint else ""
    tag = "fieldset" if boxes else "div"
    return (
        f'<{tag} class="field" data-field="{name}">{title}{said}<div class="line">{control}</div>'
        f'<p class="fault" id="e-{name}"></p></{tag}>'
    )


def _control(row: Input, site: Site | None) -> str:
    name = row.name
    also = f'id="f-{name}" name="{name}" aria-describedby="e-{name}'
    also += f' h-{name}"' if name in HINTS else '"'
    if name == "indication":
        return _indication_box(also)
    if row.kind in ("drugs", "overrides"):
        return f'<textarea {also} rows="2" spellcheck="false"></textarea>'
    if row.kind == "switch":
        return f"<select {also}>{_options([('', 'yes'), ('no', 'no')])}</select>"
    words = _choices(row, site)
    if words and not units_of(name):
        return f"<select {also}>{_options([('', ''), *words])}</select>"
    mode = ' inputmode="decimal"' if units_of(name) or row.kind in ("number", "count") else ""
    text = f'<input {also} type="text"{mode} maxlength="200" spellcheck="false">'
    return text + _units_beside(name)


def _units_beside(name: str) -> str:
    units = units_of(name)
    if not units:
        return ""
    label = f"Unit of {label_of(name)}"
    return (
        f'<select name="{name}.unit" aria-label="{escape(label)}" class="unit">'
        f"{_options([(unit, unit) for unit in units])}</select>"
    )


def _options(words: list[tuple[str, str]]) -> str:
    return "".join(
        f'<option value="{escape(word)}">{escape(text)}</option>' for word, text in words
    )


def _choices(row: Input, site: Site | None) -> list[tuple[str, str]]:
    """The words of an input with what the page calls them, those of the site first."""
    if row.kind == "quantity" or row.name in PLAIN:
        return []
    named: dict[str, str] = {}
    for table in (devices.devices(), products.products()):
        named |= {key: one.name for key, one in table.items()}
    own: tuple[str, ...] = ()
    if site is not None:
        own = {
            "device": tuple(site.devices),
            "albumin": _own_products(site, ("albumin", "concentrate")),
            "plasma": _own_products(site, ("plasma",)),
        }.get(row.name, ())
    return [(word, named.get(word, word.replace("-", " "))) for word in (*own, *words_of(row))]


def _own_products(site: Site, kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name, one in site.products.items() if getattr(one, "kind", None) in kinds)


def _boxes(row: Input) -> str:
    words = words_of(row)
    first = [NONE] if NONE in words else []
    return "".join(
        f'<label class="box"><input type="checkbox" name="{row.name}" value="{word}"> '
        f"{escape(word.replace('-', ' '))}</label>"
        for word in (*first, *(word for word in words if word != NONE))
    )


def _indication_box(also: str) -> str:
    """A list of its own, with names, synonyms and categories."""
    rows = []
    for key, row in indications().items():
        other = [
            name
            for name, means in disease_names().items()
            if key in means.rows and means.kind in ("same", "rows")
        ]
        words = searchable(f"{key} {row.title} {' '.join(other)}")
        rows.append((key, in_words(row.title), category_of(row), words))
    rows.append((NOT_LISTED, "Not listed", "not categorized by ASFA 2023", "not listed other"))
    items = "".join(
        f'<li role="option" id="i-{key}" aria-selected="false" data-id="{key}" '
        f'data-words="{escape(words)}"><b>{escape(title)}</b> <span>{escape(kind)}</span></li>'
        for key, title, kind, words in rows
    )
    return (
        f'<div class="combo"><input {also} type="text" role="combobox" aria-expanded="false" '
        f'aria-controls="indications" aria-autocomplete="list" spellcheck="false" maxlength="200">'
        f'<ul id="indications" role="listbox" aria-label="Indications" hidden>{items}</ul>'
        f'<p id="indication-name"></p></div>'
    )
