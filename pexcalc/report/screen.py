"""One screen: what a nurse acts on and checks, in about 40 lines of 80 columns, the answer first.

Who, the alerts, what was not checked, the volume; then the fluid with its containers, the device,
calcium, the levels after the session, the course. Everything else is on the whole sheet. The traps:
an alert is never cut or shortened, so with many the screen grows; no rule id, source key or flag is
printed but those of an order on hold and of the last lines.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from pexcalc.data.indications import NOT_LISTED
from pexcalc.order.order import Order, Override
from pexcalc.order.site_limits import limits_in_force
from pexcalc.prescription import Prescription, indication_of
from pexcalc.quantities.argument import as_given
from pexcalc.quantities.given import words_if
from pexcalc.report.alert_words import alert_sentence
from pexcalc.report.entered import described
from pexcalc.report.layout import WIDTH, plain_name
from pexcalc.report.screen_after import after_lines, choice_of_fluid
from pexcalc.report.screen_device import calcium_block, device_lines
from pexcalc.report.screen_fluid import fluid_lines
from pexcalc.report.screen_lines import (
    Line,
    capital,
    field_line,
    milliliters,
    multiple_words,
    row_line,
)
from pexcalc.report.wording import ALL_CHECKED, NO_ALERTS, System, plural, volume_span, volume_words
from pexcalc.rules.cautions import Caution, span_words
from pexcalc.rules.not_checked import NotChecked

HOLD_HEAD = "ORDER ON HOLD. A clinician must resolve this, or override it with a reason."
CALL = "CALL THE PHYSICIAN BEFORE YOU START"
UNDER_NUMBER = 5  # derived: column of the second line of a numbered alert
LABEL_BLANK = "__________"
LABEL_NAMES = ("Patient label", "Label")
CLOSING = (
    "Results must be checked; the prescriber decides. Not for emergencies.",
    "Whole sheet: --full   Reasons and sources: --why   To print: --html FILE",
)


def screen(
    p: Prescription,
    system: System = "entered",
    notes: Iterable[str] = (),
    paint: Callable[[str, str], str] | None = None,
    wrap: bool = True,
) -> str:
    """Write the one screen of a prescription.

    Parameters
    ----------
    p : Prescription
        What is written.
    system : {"entered", "si", "us"}
        The units of laboratory values.
    notes : iterable of str
        How entries were read: before the last lines, so that the volume stays near the top.
    paint : callable, optional
        Colors a line that heads alerts, from its severity and the line.
    wrap : bool
        False leaves each paragraph in one line.

    Returns
    -------
    str
        At most 80 columns where they are wrapped; alerts in full.
    """
    parts = screen_parts(p, system, notes)
    closing = [*CLOSING, f"pexcalc {p.version}, data {p.data}{_behind(p, parts.unnamed)}"]
    blocks = (parts.who, parts.alerts, *parts.blocks, list(map(Line, closing)))
    width = WIDTH if wrap else sys.maxsize
    return "\n\n".join("\n".join(colored(block, paint, width)) for block in blocks)


Blocks = list[list[Line]]


class ScreenParts(NamedTuple):
    """The one screen but for its last lines; what was not checked is with the alerts.

    `unnamed` is how many missing answers are counted there and not named.
    """

    who: list[Line]
    alerts: list[Line]
    blocks: list[list[Line]]
    unnamed: int


def screen_parts(p: Prescription, system: System, notes: Iterable[str]) -> ScreenParts:
    """The lines of the one screen, for the terminal and for page 1 of the print."""
    who, alerts = _who(p), _alert_lines(p, system)
    left = _lines_left(p, [*who, *alerts])
    blocks = (
        _exchange(p),
        *fluid_lines(p, system),
        device_lines(p),
        calcium_block(p),
        *after_lines(p, system),
        [Line(f"Note: {note}") for note in notes],
    )
    missing, unnamed = not_checked_line(p.not_checked, left)
    return ScreenParts(who, [*alerts, missing], [block for block in blocks if block], unnamed)


def colored(
    block: Iterable[Line], paint: Callable[[str, str], str] | None, width: int = WIDTH
) -> list[str]:
    """The lines of a block, with the color of those that head alerts."""
    lines = []
    for line in block:
        wrapped = line.wrapped(width)
        if paint is not None and line.mark:
            wrapped[0] = paint(line.mark, wrapped[0])
        lines += wrapped
    return lines


# --- who ------------------------------------------------------------------------------------------


def _who(p: Prescription) -> list[Line]:
    """Indication with its category, the patient, the label; what was confirmed and the site."""
    patient, *stated = described(p.order.patient)
    words = patient.text[:1].upper() + patient.text[1:].replace("hematocrit", "Hct")
    label = p.order.label or LABEL_BLANK
    fitting = (name for name in LABEL_NAMES if len(f"{words}  {name}: {label}") <= WIDTH)
    name = next(fitting, "")
    beside = f"{name}: {label}"
    rows = [f"{words}{beside:>{WIDTH - len(words)}}"] if name else [words, f"Label: {label}"]
    confirmed = ", ".join(map(plain_name, p.order.confirmed))
    words_of = {
        **{row.label: row.text for row in stated},
        "Refused": ", ".join(p.order.fluid.refused) if p.order.fluid else "",
        "Ordered at": p.order.ordered_at,
        "Confirmed": confirmed,
        "Site file": p.site and p.site.name,
    }
    more = "; ".join(f"{label}: {text}" for label, text in words_of.items() if text)
    heading = f"PLASMA EXCHANGE   {_heading(p)}"
    return [Line(text) for text in (heading, *rows, more) if text]


def _heading(p: Prescription) -> str:
    """The short name, and the category or the grade of CRS."""
    row = indication_of(p.order)
    if p.crs is not None and row.id == "crs-car-t":
        if p.crs.grade is None:
            return f"{row.short}, ASTCT grade not recorded"
        return f"{row.short}, grade {p.crs.grade} (ASTCT 2019, as entered)"
    if row.id == NOT_LISTED:
        return row.short
    if row.category == "not-categorised":
        return f"{row.short} (not categorized by ASFA 2023)"
    grade = f", grade {row.grade}" if row.grade else ""
    return f"{row.short} (ASFA 2023: category {row.category}{grade})"


# --- alerts ---------------------------------------------------------------------------------------


class Alerts(NamedTuple):
    """The sentences under each head."""

    hold: list[str]
    call: list[str]
    overridden: list[str]
    check: list[str]


def _alert_lines(p: Prescription, system: System) -> list[Line]:
    """Alerts under their heads, or that there are none; those for information are counted."""
    found = _sorted(p.cautions, p.order, system)
    found.call.extend(choice_of_fluid(p))
    if not any(found):
        return [field_line("ALERTS", NO_ALERTS)]
    how = [
        Line(f"Override: --override {caution.id}=REASON --by NAME", 2, 4)
        for caution in p.cautions
        if caution.severity == "stop" and _overriding(p.order, caution) is None
    ]
    return [
        *_headed(HOLD_HEAD, "stop", found.hold),
        *how,
        *_headed(CALL, "strong", found.call),
        *_headed("OVERRIDDEN STOPS", "override", found.overridden),
        *_checks(found.check),
    ]


HOLD_OF_VOLUME = "HOLD. A clinician must resolve this before an order for this patient."


def volume_alerts(cautions: Iterable[Caution]) -> list[Line]:
    """Alerts that a volume alone raises, under their heads, or that there are none."""
    found = _sorted(cautions, None, "entered")
    if not any(found):
        return [field_line("ALERTS", NO_ALERTS)]
    return [
        *_headed(HOLD_OF_VOLUME, "stop", found.hold),
        *_headed(CALL, "strong", found.call),
        *_checks(found.check),
    ]


def _behind(p: Prescription, unnamed: int) -> str:
    """What the whole sheet has besides: alerts for information, the rest of what is missing."""
    notes = sum(caution.severity == "info" for caution in p.cautions)
    counted = {plural(str(notes), "note"): notes, f"{unnamed} more not checked": unnamed}
    words = ", ".join(text for text, count in counted.items() if count)
    return words_if(words, f"; whole sheet: {words}")


def _sorted(cautions: Iterable[Caution], order: Order | None, system: System) -> Alerts:
    """The sentences by their heads."""
    found = Alerts([], [], [], [])
    for caution in cautions:
        words = alert_sentence(caution, order, system)
        override = _overriding(order, caution)
        if override is not None:
            words = f"By {override.by}: {override.reason}. {_ended(words)}"
            found.overridden.append(words)
        elif caution.severity == "stop":
            found.hold.append(words)
        elif caution.severity == "strong":
            found.call.append(words)
        elif caution.severity == "warn":
            found.check.append(words)
    return found


def _overriding(order: Order | None, caution: Caution) -> Override | None:
    """The override of a stop."""
    if caution.severity != "stop" or order is None:
        return None
    return next((one for one in order.overrides if one.rule == caution.id), None)


def _headed(head: str, mark: str, sentences: Sequence[str]) -> list[Line]:
    """A head with its sentences, numbered where there are several."""
    if not sentences:
        return []
    if len(sentences) == 1:
        return [Line(head, mark=mark), Line(_ended(sentences[0]), 2, 2)]
    numbered = (
        Line(f"{number:<2} {_ended(words)}", 2, UNDER_NUMBER)
        for number, words in enumerate(sentences, 1)
    )
    return [Line(head, mark=mark), *numbered]


def _checks(sentences: Sequence[str]) -> list[Line]:
    """What to check: the first sentence beside the head, the others numbered below it."""
    lines = _headed("CHECK", "warn", sentences)
    if not lines:
        return []
    head, first, *others = lines
    beside = f"{head.text}  {first.text}"
    return [Line(beside, 0, first.rest, head.mark), *others]


def _ended(words: str) -> str:
    """A sentence with its capital letter and full stop."""
    return capital(words if words.endswith((".", "?")) else f"{words}.")


def not_checked_line(questions: Sequence[NotChecked], most: int) -> tuple[Line, int]:
    """Missing answers in as many lines, then how many more; and that number."""
    if not questions:
        return field_line("NOT CHECKED", f"{capital(ALL_CHECKED)}."), 0
    labels = [one.label for one in questions]
    more = ("", *(f", and {count} more" for count in range(1, len(labels))))
    lines = (
        field_line("NOT CHECKED", f"No data for: {', '.join(labels[: len(labels) - left])}{words}.")
        for left, words in enumerate(more)
    )
    *longer, shortest = zip(lines, range(len(labels)))
    return next((one for one in longer if len(one[0].wrapped()) <= most), shortest)


def _lines_left(p: Prescription, above: Sequence[Line]) -> int:
    """Lines for what was not checked: two, or one where that keeps the volume near the top."""
    place = LAST_LINE_OF_VOLUME[_above_check(p)]
    lines = sum(len(line.wrapped()) for line in above)
    return 1 if lines + 1 < place <= lines + 2 else 2


def _above_check(p: Prescription) -> bool:
    """An alert is graver than CHECK and not overridden."""
    grave = (caution for caution in p.cautions if caution.severity in ("stop", "strong"))
    return any(_overriding(p.order, caution) is None for caution in grave)


LAST_LINE_OF_VOLUME = {False: 10, True: 14}  # derived: the lines in which the volume is printed


# --- the exchange ---------------------------------------------------------------------------------

DIFFERS = "Compare both with the device. Differ by more than {}? Find out why."
NOT_VALID_ESTIMATE = {True: "", False: ": NOT VALID here"}


def _exchange(p: Prescription) -> list[Line]:
    """The volume of the exchange, and both volumes of the patient."""
    plasma, blood = p.volumes.plasma_volume, p.volumes.blood_volume
    multiple = multiple_words(p.dose.plasma_volumes.typical)
    noun = "plasma volume" if multiple == "1.0" else "plasma volumes"
    volume = milliliters(p.dose.exchange_volume)
    method = f"{p.volumes.method}{NOT_VALID_ESTIMATE[p.volumes.valid]}"
    return [
        field_line("EXCHANGE", f"{volume} of plasma = {multiple} {noun} (PV){_ordered(p)}"),
        row_line(
            "Plasma volume", f"{milliliters(plasma.typical)} ({volume_range(plasma)}), {method}"
        ),
        row_line("Total blood volume", f"{milliliters(blood.typical)} ({volume_range(blood)})"),
        Line(DIFFERS.format(_device_difference(p)), 2, 4),
    ]


def volume_range(span: object) -> str:
    """The range of a volume, for brackets behind it."""
    return f"range {volume_span(span).removesuffix(' mL')}"  # type: ignore[arg-type]


def _device_difference(p: Prescription) -> str:
    """By how much the volumes of the device may differ."""
    return span_words(limits_in_force(p.order)["device-difference"])


def _ordered(p: Prescription) -> str:
    """What was ordered, where it was not plasma volumes."""
    dose = p.order.dose
    if dose.bag_volume is not None:
        return f"; order: remove bag of {as_given(dose.bag_volume)}"
    fixed = dose.exchange_volume
    if fixed is None:
        return ""
    rounded = volume_words(fixed) != milliliters(fixed)
    return f"; ordered as a fixed volume{words_if(rounded, f' of {as_given(fixed)}')}"
