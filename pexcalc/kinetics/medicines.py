"""Medicines around an exchange: class of each ordered medicine, and the fraction lost.

Three ways, as the data allow: a published disposition (antibodies), a volume of distribution
(distributed medicines), a measured loss. Predictions, except where `model` says measured. The rules
are in rules/medicine_rules.py, the mathematics is in kinetics/compartments.py.
"""

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, Literal, NamedTuple

from pexcalc.data import solutes as solute_table
from pexcalc.data.solutes import Known, Model, Solute
from pexcalc.data.spelling import most_alike
from pexcalc.exchange.dose import EXCHANGE
from pexcalc.kinetics.case import REFERENCE_WEIGHT, ends
from pexcalc.kinetics.compartments import Disposition, dose_fraction_lost
from pexcalc.kinetics.removal import GRADES
from pexcalc.order.fields import ANY_WEIGHT, DELAY, DOSE, RUN_TIME
from pexcalc.order.lookup import solute_named
from pexcalc.order.treatment import DrugOrder
from pexcalc.quantities import units
from pexcalc.quantities.annotations import HoursResult, Interval, PlainInterval
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import refuse_if
from pexcalc.quantities.formula import Value, formula
from pexcalc.quantities.given import words_if
from pexcalc.quantities.record import Fixed, Result, Text
from pexcalc.quantities.units import Quantity
from pexcalc.quantities.working import Basis, Recorder
from pexcalc.rules.facts import RemovedMedicines
from pexcalc.rules.medicine_rules import (
    ACE_INHIBITORS,
    ANTIBODIES,
    ANTICOAGULANTS,
    CAUSE,
    CAUSES,
    CEFTRIAXONE,
    COMPLEMENT,
    CORTICOSTEROIDS,
    DIGOXIN,
    DRUG_RULES,
    HEPARIN_IN_HIT,
    IMMUNOGLOBULIN,
    JUDGEMENT,
    MAGNESIUM,
    NO_INSTRUCTION,
    PLATELET_PRODUCTS,
    POISON,
    THYMOCYTE_GLOBULINS,
    UNKNOWN_MEDICINE,
    DrugRule,
    Kind,
    is_heparin,
    named,
    words_of_name,
)

# About one plasma volume, to which a measured loss is kept. Judgement: the studies give no liters
# per kg.
ABOUT_ONE_VOLUME = In("mL/kg", 30, 65)

# What is varied around a published disposition, as factors. Judgement: the central volume like a
# plasma volume, the clearance like one that was measured in another disease.
CENTRAL_VOLUME, CLEARANCE = (0.8, 1.0, 1.2), (0.5, 1.0, 2.0)  # judgement plausibility

ANTIBODY = (
    "give antibodies after the exchange; after an exchange within about 72 h of the dose (roughly "
    "20 to 60 % of the "
    "amount in the body, about half, may be lost) the prescriber decides on a repeat dose"
)
REMOVED = "Removal expected: a small volume of distribution, strongly bound. Ask pharmacy"
DISTRIBUTED = (
    "of a dose that has spread through the body; one given just before the exchange loses more"
)
AS_MEASURED = "measured in one study; not calculated from this exchange volume"
NO_FIGURE = "no estimate: no usable data"


class DoseLost(Result):
    """The fraction of the body amount at the start that an exchange removes; None if unknown."""

    drug: Text
    name: Text
    lost: PlainInterval | None
    model: Text
    grade: Literal["A", "B", "C", "D"]
    statement: Text
    advice: Text
    basis: Fixed[Basis]


DoseLost.__module__ = "pexcalc"


@formula(
    "1",
    "1 - exp(-exchange_volume/distribution_volume)",
    source="dilution-law",
    tag="derived",
    validity="a drug that has spread through its volume of distribution",
    error="more is lost of a dose that has not spread yet; protein binding is in the volume",
    exchange_volume=EXCHANGE,
    distribution_volume=In("mL", 100, 10_000_000),
)
def distributed_fraction_lost(
    exchange_volume: Value, distribution_volume: Value, *, m: Any = math
) -> Value:
    """Fraction of the body amount of a distributed drug that one exchange removes.

    Parameters
    ----------
    exchange_volume : Quantity, scalar or array
        Patient plasma removed; 5 to 80,000 mL.
    distribution_volume : Quantity, scalar or array
        Volume of distribution of the medicine; 100 to 10,000,000 mL.

    Returns
    -------
    float or array
        Fraction.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(distributed_fraction_lost(Q(3, "L"), Q(49, "L")), 3)
    0.059
    """
    return -m.expm1(-exchange_volume / distribution_volume)


def dose_lost(
    drug: str,
    exchange_volume: Quantity,
    duration: Quantity,
    delay: Quantity,
    weight: Quantity,
    dose: Quantity | None = None,
) -> DoseLost:
    """What one exchange removes of a medicine that was given before it.

    Parameters
    ----------
    drug : str
        Id, name or synonym.
    exchange_volume : Quantity, scalar
        Patient plasma removed, anticoagulant not counted.
    duration : Quantity, scalar
        Duration of the exchange.
    delay : Quantity, scalar
        Time from an intravenous dose to the start of the exchange.
    weight : Quantity, scalar
        Body weight.
    dose : Quantity, scalar, optional
        Mass of the dose; needed where elimination saturates.

    Returns
    -------
    DoseLost
        `lost` is a fraction of the amount in the body when the exchange starts, low to high over
        the published models, the central volume (20 % either way) and the clearance (half to
        double), both judgements; None where nothing is known.

    Raises
    ------
    QuantityError
        If a value lies outside its range, the name is no medicine, or the dose is needed and
        missing.

    Notes
    -----
    Valid for an intravenous dose and one exchange. No measured removal exists for tocilizumab,
    siltuximab, emapalumab and anakinra; cytokine load and capillary leak are not in the figures.
    Scalars only.

    References
    ----------
    those of the drug

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> lost = dose_lost("siltuximab", Q(3, "L"), Q(2, "h"), Q(24, "h"), Q(70, "kg")).lost
    >>> round(lost.typical, 2)
    0.47
    """
    row = solute_named(drug, "drug")
    refuse_if(
        not row.is_drug,
        "drug",
        row.name,
        "a medicine; for a solute of the body use expected_removal",
        kind="unknown",
    )
    litres, hours = (
        EXCHANGE.one("exchange_volume", exchange_volume) / 1000,
        RUN_TIME.one("duration", duration),
    )
    wait, kilograms = DELAY.one("delay", delay), ANY_WEIGHT.one("weight", weight)
    record = Recorder()
    at = Exposure(litres, hours, wait, kilograms)
    loss = _loss(row, at, _milligrams(row, dose), record)
    return DoseLost.model_construct(
        drug=row.id,
        name=row.name,
        lost=loss.lost,
        model=loss.model,
        grade=row.grade,
        statement=loss.statement,
        advice=rule_of(row.name).advice,
        basis=record.working(),
    )


def _saturates(row: Solute) -> bool:
    """True for a medicine whose clearance falls as its level rises: the loss needs the dose."""
    return any(model.vmax for model in row.models)


def _milligrams(row: Solute, dose: Any) -> float:
    """The dose in mg; without saturable elimination the fraction lost is the same for any dose."""
    if row.models and dose is not None:
        return DOSE.one("dose", dose)
    wanted = f"a mass such as 560 mg: the elimination of {row.name} saturates"
    refuse_if(_saturates(row), "dose", "nothing", wanted, kind="missing")
    return 1.0


class Exposure(NamedTuple):
    """An exchange after a dose, as plain numbers: L over h, h after the dose, weight in kg."""

    litres: float
    hours: float
    wait: float
    weight: float

    @property
    def per_kg(self) -> float:
        """Exchange volume in mL/kg."""
        return 1000 * self.litres / self.weight


class Loss(NamedTuple):
    """The fraction lost, or None; what it was calculated from; what must be said beside it."""

    lost: Interval | None
    model: str
    statement: str


def _loss(row: Solute, at: Exposure, dose: float, record: Recorder) -> Loss:
    """The loss of a medicine, by the best data in the table."""
    said: tuple[str, ...]
    if row.models:
        model, said = f"published disposition: {', '.join(one.name for one in row.models)}", ()
        lost: Interval | None = _by_disposition(row, at, dose, record)
    elif row.measured_loss.low:
        model = f"measured: {row.measured_when}"
        lost, said = _as_measured(row, at)
    elif row.vd.typical:
        model, said = "volume of distribution", (DISTRIBUTED,)
        lost = _by_volume(row, row.vd.typical, at, record)
    else:
        lost, model, said = None, "none", (NO_FIGURE, row.note)
    every = (f"grade {row.grade}: {GRADES[row.grade]} ({row.reason})", *said)
    return Loss(lost, model, "; ".join(text.rstrip(".") for text in every if text))


def _by_disposition(row: Solute, at: Exposure, dose: float, record: Recorder) -> Interval:
    """The loss over the published models, each with its volume and its clearance varied."""
    found, middles = [], []
    for model in row.models:
        for v1, cl, drug in _dispositions(model, at.weight / REFERENCE_WEIGHT):
            lost = dose_fraction_lost(drug, dose, at.wait, at.litres, at.hours)
            found.append(lost)
            if v1 == cl == 1.0:
                middles.append(lost)
                _note_disposition(row, model, drug, at, lost, record)
    return Interval(min(found), middles[0] if len(middles) == 1 else None, max(found))


def _note_disposition(
    row: Solute, model: Model, drug: Disposition, at: Exposure, lost: float, record: Recorder
) -> None:
    """Note the published values, scaled to this patient."""
    number = units.number

    def text() -> str:
        return (
            f"{model.name} at {number(at.weight, 1)} kg: V1 {number(drug.v1, 3)} L, "
            f"V2 {number(drug.v2, 3)} L, CL {number(drug.cl, 5)} L/h, Q {number(drug.q, 5)} L/h, "
            f"Vmax {number(drug.vmax, 4)} mg/h, Km {number(drug.km, 3)} mg/L; "
            f"{number(at.wait, 2)} h after the dose, {number(at.litres, 3)} L over "
            f"{number(at.hours, 2)} h: {units.percent(lost, 2)} [{model.source}, {model.tag}]"
        )

    path = f"dose_lost.{row.id}.{model.name}"
    record.note(path, "two compartments after a dose", text, model.source)


def _dispositions(model: Model, size: float) -> Iterator[tuple[float, float, Disposition]]:
    """The published values scaled by weight, central volume and clearance varied."""
    for v1, cl in product(CENTRAL_VOLUME, CLEARANCE):
        central = model.v1 * size * v1
        leaving, saturable = model.cl * size * cl, model.vmax * size * cl
        drug = Disposition(central, model.v2 * size, leaving, model.q * size, saturable, model.km)
        yield v1, cl, drug


def _as_measured(row: Solute, at: Exposure) -> tuple[Interval | None, tuple[str, ...]]:
    """A measured loss, where the exchange is like the one in which it was measured."""
    earliest, latest = row.measured_hours
    alike = earliest <= at.wait <= latest and ABOUT_ONE_VOLUME.holds(at.per_kg)
    if not alike:
        given = f"{units.number(at.wait, 2)} h after it and {units.number(at.per_kg, 0)} mL/kg"
        held = f"measured only {row.measured_when}, assumed valid for {ABOUT_ONE_VOLUME.expected}"
        return None, (AS_MEASURED, f"{held}: no figure for {given}")
    span = row.measured_loss
    values = (end and end.value for end in (span.low, span.typical, span.high))
    return Interval(*values), (AS_MEASURED,)


def _by_volume(row: Solute, typical: Known, at: Exposure, record: Recorder) -> Interval:
    """The loss of a medicine that has spread; a single volume is halved and doubled."""

    def lost(end: str, per_kg: float) -> float:
        return record.run(
            f"dose_lost.{row.id}.{end}",
            distributed_fraction_lost,
            exchange_volume=1000 * at.litres,
            distribution_volume=1000 * at.weight * per_kg,
        )

    low, high = ends(row.vd, "C")
    return Interval(lost("low", high), lost("typical", typical.value), lost("high", low))


# --- medicines around an exchange -----------------------------------------------------------------
# Hours before the exchange: about half is lost; part is still in plasma.
# derived puisset2013 drugs-and-exchange
CLOSE, EARLIER = 72.0, 14 * 24.0
AFTER = 24.0  # derived drugs-and-exchange
# Volume of distribution in L/kg and bound fraction beyond which removal is to be expected
# (drugs-and-exchange).
SMALL_VOLUME, STRONG_BINDING = 0.2, 0.8  # source drugs-and-exchange


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


# Parts of antibodies: what holds for a whole antibody, large and slow, is not known to hold for
# them.
FRAGMENTS = (
    "abciximab",
    "blinatumomab",
    "brolucizumab",
    "certolizumab",
    "idarucizumab",
    "ranibizumab",
)
# Beside one of those names: another medicine, or not an infusion (lidocaine with epinephrine, a
# nasal spray).
NO_INFUSION = (
    "agonist",
    "antagonist",
    "blocker",
    "inhibitor",
    "receptor",
    "like",
    "growth",
    "-caine",
    "nasal",
    "eye",
    "drops",
    "spray",
    "inhaled",
    "nebulized",
    "nebulised",
    "cream",
    "suppository",
)
# Known to be none of the classes that this program asks about; without an instruction here.
OTHERS = (
    "pyridostigmine",
    "mestinon",
    "neostigmine",
    "amifampridine",
    "azathioprine",
    "imuran",
    "tacrolimus",
    "prograf",
    "cyclosporine",
    "ciclosporin",
    "mycophenolate",
    "cellcept",
    "methotrexate",
    "cyclophosphamide",
    "sirolimus",
    "everolimus",
    "magnesium",
    "mgso4",
)


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
        if drug.kind == "give after" and (_is_antibody(one.name) or named(one.name, IMMUNOGLOBULIN))
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
            and (time := DELAY.one("time", one.time)) <= CLOSE
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
    time, row = DELAY.one("time", one.time), _known(one.name)
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
    if _saturates(row) and one.dose is None:
        return None, "enter the dose to estimate the loss (elimination saturates)"
    if not (EXCHANGE.holds(1000 * at.litres) and RUN_TIME.holds(at.hours)):
        return None, "no estimate for this volume or duration"
    own = Recorder()
    loss = _loss(row, at, _milligrams(row, one.dose), own)
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


def rule_of(name: str) -> DrugRule:
    """The row of a medicine by its name; a general one where no row names it."""
    for rule in DRUG_RULES:
        infusion = rule.kind in ("continue", "watch")
        if named(name, rule.names) and not (infusion and named(name, NO_INFUSION)):
            return rule
    return _general(name, _known(name))


def _general(name: str, row: Solute | None) -> DrugRule:
    """The class of a medicine that no row names."""
    if _is_antibody(name):
        return DrugRule((), "give after", ANTIBODY, "vendramin-2019")
    if row is not None and row.vd.typical and row.binding:
        stays = row.vd.typical.value < SMALL_VOLUME and row.binding.value > STRONG_BINDING
        if stays:
            return DrugRule((), "removal expected", REMOVED, "drugs-and-exchange")
    if row is not None or named(name, (*CORTICOSTEROIDS, *OTHERS)):
        return DrugRule((), "not affected or unknown", NO_INSTRUCTION, JUDGEMENT)
    return DrugRule((), "not in the list", UNKNOWN_MEDICINE, JUDGEMENT)


def _is_antibody(name: str) -> bool:
    """True for an antibody of the table, or any name with the ending that antibodies have."""
    row = _known(name)
    return (row is not None and row.kind == "antibody") or (
        named(name, ANTIBODIES) and not named(name, FRAGMENTS)
    )


def is_tocilizumab(name: str) -> bool:
    """True for tocilizumab by its name or a synonym."""
    row = _known(name)
    return row is not None and row.id == "tocilizumab"


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


def _known(name: str) -> Solute | None:
    """The medicine of the table by its whole name, or by a word of it."""
    keys = [
        key
        for key in (solute_table.solute_id(word) for word in (name, *sorted(words_of_name(name))))
        if key
    ]
    rows = [solute_table.solutes()[key] for key in keys]
    return next((row for row in rows if row.is_drug), None)


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
