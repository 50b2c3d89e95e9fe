"""When an input is asked, and which words it accepts: the conditions and word lists of the rows.

An answer is the text that a flag would hold. The trap: completion loads this file, so records,
units and the tables of data/ are imported where they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pexcalc.order.fields import NONE, Input

Answers = Mapping[str, Any]


# --- conditions -----------------------------------------------------------------------------------


def is_asked(row: Input, answers: Answers) -> bool:
    """True where an input concerns this patient, as far as the answers so far say."""
    return not row.asked or CONDITIONS[row.asked](answers)


def _years(answers: Answers) -> float:
    """The age in years; of an adult where it cannot be read."""
    from pexcalc.order.fields import AGE
    from pexcalc.quantities import units

    reading = units.read(answers.get("age", ""))
    if reading.fault or reading.unit is None or reading.unit.kind != AGE.kind:
        return 18.0  # judgement: an adult
    return AGE.from_unit(reading.unit.label, reading.numbers[0])


def _pregnancy_possible(answers: Answers) -> bool:
    from pexcalc.order.fields import FERTILE

    return answers.get("sex") == "female" and bool(FERTILE.holds(_years(answers)))


def _small_patient(answers: Answers) -> bool:
    """A patient so small that the circuit is judged against the blood volume."""
    from pexcalc.data.limits import limits
    from pexcalc.order.fields import ANY_WEIGHT
    from pexcalc.quantities import units

    reading = units.read(answers.get("weight", ""))
    if reading.fault or reading.unit is None or reading.unit.kind != ANY_WEIGHT.kind:
        return False
    weight = ANY_WEIGHT.from_unit(reading.unit.label, reading.numbers[0])
    return not limits()["circuit-volume-weight"].holds(weight)


def _neonate(answers: Answers) -> bool:
    from pexcalc.order.patient import is_neonate

    return bool(is_neonate(_years(answers)))


def _crs(answers: Answers) -> bool:
    from pexcalc.order.order import CRS_INDICATIONS

    return answers.get("indication") in CRS_INDICATIONS


def _crs_record(answers: Answers) -> bool:
    """CRS, or an indication that may have a record of it, such as HLH after CAR-T cells."""
    from pexcalc.order.order import WITH_A_CRS_RECORD

    return answers.get("indication") in WITH_A_CRS_RECORD


def _crs_graded(answers: Answers) -> bool:
    return _crs_record(answers) and "crs_grade" in answers


def _device(answers: Answers) -> Any:
    """The row of the device; None for one that is not in the table."""
    from pexcalc.data import devices

    return devices.devices().get(answers.get("device", ""))


def _kind(answers: Answers) -> str:
    row = _device(answers)
    return row.kind if row else ""


def _on_centrifuge(answers: Answers) -> bool:
    return _kind(answers) == "centrifuge"


def _centrifuge_run(answers: Answers) -> bool:
    return _on_centrifuge(answers) and "removal_efficiency" in answers


def _on_membrane(answers: Answers) -> bool:
    return _kind(answers) == "membrane"


def _unknown_meaning(answers: Answers) -> bool:
    return _centrifuge_run(answers) and not _device(answers).ratio_meaning


def _takes_vitamin_k_antagonist(answers: Answers) -> bool:
    from pexcalc.rules.medicine_rules import VITAMIN_K_ANTAGONISTS, named

    names = (text.partition("@")[0] for text in answers.get("drugs", ()))
    return any(named(name, VITAMIN_K_ANTAGONISTS) for name in names)


CONDITIONS: Mapping[str, Callable[[Answers], bool]] = {
    "may-be-pregnant": _pregnancy_possible,
    "neonate": _neonate,
    "small": _small_patient,
    "crs": lambda answers: _crs(answers) or _crs_graded(answers),
    "crs-record": _crs_record,
    "crs-grade-given": _crs_graded,
    "sessions-given": lambda answers: "sessions" in answers,
    "albumin-and-plasma": lambda answers: answers.get("fluid") == "albumin-then-plasma",
    "plasma": lambda answers: answers.get("fluid") != "albumin",
    "albumin": lambda answers: answers.get("fluid") != "plasma",
    "known-device": lambda answers: _on_centrifuge(answers) or _on_membrane(answers),
    "centrifuge": _on_centrifuge,
    "centrifuge-run": _centrifuge_run,
    "ratio-of-unknown-meaning": _unknown_meaning,
    "membrane": _on_membrane,
    "no-device-run": lambda answers: not (_centrifuge_run(answers) or _on_membrane(answers)),
    "vitamin-k-antagonist": _takes_vitamin_k_antagonist,
    "calcium-by-line": lambda answers: answers.get("calcium") in ("infusion", "bolus"),
}


# --- words ----------------------------------------------------------------------------------------


def words_of(row: Input) -> tuple[str, ...]:
    """The words that an input takes, out of its closed set or its table; empty for any text."""
    if row.kind == "quantity":
        return ()
    words = row.listed or (CATALOGUES[row.words]() if isinstance(row.words, str) else ())
    return (*words, NONE) if row.none else tuple(words)


def _machines(*kinds: str) -> Callable[[], tuple[str, ...]]:
    def names() -> tuple[str, ...]:
        from pexcalc.data import devices

        return tuple(name for name, row in devices.devices().items() if row.kind in kinds)

    return names


def _product_ids(*kinds: str) -> Callable[[], tuple[str, ...]]:
    def names() -> tuple[str, ...]:
        from pexcalc.data import products

        return tuple(name for name, row in products.products().items() if row.kind in kinds)

    return names


def _indications() -> tuple[str, ...]:
    from pexcalc.data import indications

    return tuple(indications.indications())


def _solutes() -> tuple[str, ...]:
    from pexcalc.data import solutes

    return tuple(solutes.solutes())


CATALOGUES: Mapping[str, Callable[[], tuple[str, ...]]] = {
    "indications": _indications,
    "solutes": _solutes,
    "devices": _machines("centrifuge", "membrane"),
    "anticoagulants": _machines("anticoagulant"),
    "albumins": _product_ids("albumin", "concentrate"),
    "plasmas": _product_ids("plasma"),
}
