"""Medicines around an exchange: the class of each ordered medicine, its instruction, its loss.

The rules are in rules/medicine_rules.py, the fraction of a dose that is lost in dose_lost.py.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from pexcalc.data import solutes as solute_table
from pexcalc.data.solutes import Solute
from pexcalc.data.spelling import most_alike
from pexcalc.exchange.dose import EXCHANGE
from pexcalc.kinetics.dose_lost import Exposure, loss_of_dose, milligrams, saturates
from pexcalc.order.fields import DELAY, RUN_TIME
from pexcalc.order.treatment import DrugOrder
from pexcalc.quantities import units
from pexcalc.quantities.annotations import HoursResult, Interval, PlainInterval
from pexcalc.quantities.given import words_if
from pexcalc.quantities.record import Result, Text
from pexcalc.quantities.working import Recorder
from pexcalc.rules.facts import RemovedMedicines
from pexcalc.rules.medicine_class import is_antibody, is_tocilizumab, medicine_of_table, rule_of
from pexcalc.rules.medicine_rules import (
    ACE_INHIBITORS,
    ANTICOAGULANTS,
    CAUSE,
    CAUSES,
    CEFTRIAXONE,
    COMPLEMENT,
    DIGOXIN,
    HEPARIN_IN_HIT,
    IMMUNOGLOBULIN,
    MAGNESIUM,
    PLATELET_PRODUCTS,
    POISON,
    THYMOCYTE_GLOBULINS,
    DrugRule,
    Kind,
    is_heparin,
    named,
)

# Hours before the exchange: about half is lost; part is still in plasma.
# derived puisset2013 drugs-and-exchange
CLOSE, EARLIER = 72.0, 14 * 24.0
MEASURED_THYMOCYTE_GLOBULIN = 28 * 24.0  # source zhang-atg-2019: an exchange about day 25
AFTER = 24.0  # derived drugs-and-exchange


class DrugAround(Result):
    """One medicine around the exchange: its class, what follows, and the fraction removed.

    `lost` is of the amount in the body at the start; None for a dose after the exchange and where
    nothing is known.
    """

    name: Text
    drug: Text | None
    when: Literal["before", "after"]
    time: HoursResult
    kind: Kind
    advice: Text
    lost: PlainInterval | None
    statement: Text
    source: Text


DrugAround.__module__ = "pexcalc"


class Seen(NamedTuple):
    """What the step hands on: the records, and facts for the cautions in words."""

    drugs: tuple[DrugAround, ...]
    facts: RemovedMedicines


def ace_hours(orders: tuple[DrugOrder, ...]) -> float | None:
    """Hours from the last dose of an ACE inhibitor to the exchange; None without one."""
    return hours_since(orders, lambda name: named(name, ACE_INHIBITORS))


def hours_since(orders: tuple[DrugOrder, ...], known: Callable[[str], bool]) -> float | None:
    """Hours from the last dose of a medicine to the exchange; None without one."""
    times = [
        DELAY.one("time", one.time) for one in orders if one.when == "before" and known(one.name)
    ]
    return min(times, default=None)


def ceftriaxone(orders: tuple[DrugOrder, ...]) -> list[str]:
    """The names of ceftriaxone in an order, given or due."""
    return [one.name for one in orders if named(one.name, CEFTRIAXONE)]


def around(
    orders: tuple[DrugOrder, ...],
    exchanged: float,
    hours: float,
    weight: float,
    record: Recorder,
    indication: str = "",
    hit: bool = False,
) -> Seen:
    """Class every medicine of an order; the loss by an exchange of `exchanged` mL over `hours`.

    `hit` says that the patient has heparin-induced thrombocytopenia.
    """
    drugs = tuple(_around(one, exchanged, hours, weight, record, indication, hit) for one in orders)
    before = [(one, drug) for one, drug in zip(orders, drugs) if one.when == "before"]
    large = [
        (drug, DELAY.one("time", one.time))
        for one, drug in before
        if drug.kind == "give after" and (is_antibody(one.name) or named(one.name, IMMUNOGLOBULIN))
    ]
    words = (
        [
            f"{quoted(drug.name)} {_hours_words(time)} before"
            for drug, time in large
            if time <= CLOSE
        ],
        [
            f"{quoted(drug.name)} {_hours_words(time)} before{_lost(drug)}"
            for drug, time in large
            if CLOSE < time <= EARLIER
        ],
        [quoted(one.name) for one in orders if named(one.name, COMPLEMENT)],
        [quoted(drug.name) for _, drug in before if drug.kind == "not in the list"],
        [
            quoted(drug.name)
            for drug in drugs
            if drug.when == "after" and drug.kind == "cause of the disease"
        ],
        [
            f"{quoted(one.name)} {_hours_words(time)} before"
            for one, _ in before
            if named(one.name, THYMOCYTE_GLOBULINS)
            and (time := DELAY.one("time", one.time)) <= MEASURED_THYMOCYTE_GLOBULIN
        ],
    )
    return Seen(drugs, RemovedMedicines(*(", ".join(names) or None for names in words)))


def _around(
    one: DrugOrder,
    exchanged: float,
    hours: float,
    weight: float,
    record: Recorder,
    indication: str,
    hit: bool,
) -> DrugAround:
    """The record of one medicine: its class, what follows from it, and the fraction lost."""
    time, row = DELAY.one("time", one.time), medicine_of_table(one.name)
    rule = CAUSE if named(one.name, CAUSES.get(indication, ())) else rule_of(one.name)
    if hit and is_heparin(one.name):
        rule = HEPARIN_IN_HIT
    lost, said = None, ""
    if row is None:
        said = _not_in_table(one.name, rule)
    elif one.when == "before":
        lost, said = _figure(one, row, Exposure(exchanged / 1000, hours, time, weight), record)
    if rule.kind == "not in the list":  # nothing but its one sentence
        parts: tuple[str, ...] = (said,)
    else:
        parts = (_poison(one, indication), _outside_time(one.when, time), said)
    return DrugAround.model_construct(
        name=one.name,
        drug=row.id if row else None,
        when=one.when,
        time=record.quantity(time, "h"),
        kind=rule.kind,
        advice=rule.advice,
        lost=lost,
        statement="; ".join(part for part in parts if part),
        source=rule.source,
    )


def _figure(
    one: DrugOrder, row: Solute, at: Exposure, record: Recorder
) -> tuple[Interval | None, str]:
    """The fraction lost of a medicine of the table, and the sentence to print with it."""
    if saturates(row) and one.dose is None:
        return None, "enter the dose to estimate the loss (elimination saturates)"
    if not (EXCHANGE.holds(1000 * at.litres) and RUN_TIME.holds(at.hours)):
        return None, "no estimate for this volume or duration"
    own = Recorder()
    loss = loss_of_dose(row, at, milligrams(row, one.dose), own)
    record.add(own, again=f" ({_hours_words(at.wait)} {one.when})")  # the same medicine twice
    return loss.lost, loss.statement


def _not_in_table(name: str, rule: DrugRule) -> str:
    """The sentence for a name without a row, with the medicine that was probably meant."""
    if rule.kind not in ("give after", "not in the list"):
        return ""
    absent = words_if(rule.kind == "give after", "not in the table of this program")
    near = solute_table.solutes_like(name)
    medicines = [other for other in near if solute_table.solutes()[other].is_drug]
    # Only what is very like: another antibody is no slip for one that ends as it does.
    meant = [f"did you mean {other}?" for other in most_alike(name.casefold(), medicines, 1, 0.8)]
    return "; ".join(part for part in (absent, *meant) if part)


def _poison(one: DrugOrder, indication: str) -> str:
    """The sentence for a medicine that may itself be the poison that is removed."""
    return words_if(indication.startswith("toxin-") and one.when == "before", POISON)


def _outside_time(when: str, time: float) -> str:
    """The sentence for a dose outside the time window of the exchange."""
    latest = CLOSE if when == "before" else AFTER
    return "" if time <= latest else "more than 72 h before or 24 h after the exchange"


def is_tocilizumab_before(one: DrugOrder) -> bool:
    """True for tocilizumab that was given before the exchange."""
    return one.when == "before" and is_tocilizumab(one.name)


def quoted(name: str) -> str:
    """The name of a medicine in quotation marks, so that no name reads like an alert."""
    return f'"{name}"'


def is_magnesium(one: DrugOrder) -> bool:
    """True for magnesium among the medicines, given or due."""
    return named(one.name, MAGNESIUM)


def is_digoxin(one: DrugOrder) -> bool:
    """True for digoxin among the medicines, given or due."""
    return named(one.name, DIGOXIN)


def is_platelets(one: DrugOrder) -> bool:
    """True for platelets that are entered among the medicines, given or due."""
    return named(one.name, PLATELET_PRODUCTS)


def is_anticoagulant(one: DrugOrder) -> bool:
    """True for an anticoagulant given before the exchange."""
    return one.when == "before" and named(one.name, ANTICOAGULANTS)


def _hours_words(hours: float) -> str:
    """Hours, or days beyond three."""
    # derived: hours of a day
    return f"{units.number(hours, 1)} h" if hours <= CLOSE else f"{units.number(hours / 24, 1)} d"


def _lost(drug: DrugAround) -> str:
    """The fraction lost of a medicine, in parentheses."""
    if drug.lost is None:
        return " (fraction not known)"
    return (
        f" ({units.number(100 * drug.lost.low, 0)} to {units.percent(drug.lost.high)} of it lost)"
    )
