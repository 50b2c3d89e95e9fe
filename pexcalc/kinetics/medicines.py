"""Medicines around an exchange: how each of the order is classed, and the fraction of a dose that is lost.

Three ways, as the catalogue allows: a published disposition (antibodies), a volume of distribution
(distributed drugs), a measured loss. Predictions, except where `model` says measured. The rules are
in rules/medicine_rules.py, the mathematics is in kinetics/compartments.py.
"""

import math
from collections.abc import Iterator
from itertools import product
from typing import Any, Literal, NamedTuple

from pexcalc.data import solutes as solute_table
from pexcalc.data.solutes import Known, Model, Solute
from pexcalc.exchange.dose import EXCHANGE
from pexcalc.kinetics.compartments import Disposition, dose_fraction_lost
from pexcalc.kinetics.removal import GRADES, REFERENCE_WEIGHT, ends
from pexcalc.order.fields import ANY_WEIGHT, DELAY, DOSE, RUN_TIME
from pexcalc.order.lookup import solute_named
from pexcalc.order.treatment import DrugOrder
from pexcalc.quantities import units
from pexcalc.quantities.annotations import HoursResult, Interval, PlainInterval
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import Value, formula, give
from pexcalc.quantities.record import Fixed, Result, Text
from pexcalc.quantities.working import Basis, note, work
from pexcalc.rules.medicine_rules import (
    ACE_INHIBITORS,
    ANTIBODIES,
    ANTICOAGULANTS,
    CAUSE,
    CAUSES,
    COMPLEMENT,
    CORTICOSTEROIDS,
    DRUG_RULES,
    IMMUNOGLOBULIN,
    JUDGEMENT,
    NO_INSTRUCTION,
    POISON,
    UNKNOWN,
    DrugRule,
    Kind,
    named,
    words_of_name,
)

# About one plasma volume, to which a measured loss is kept. Judgement: the studies give no litres
# per kg.
ABOUT_ONE_VOLUME = In("mL/kg", 30, 65)

# What is varied around a published disposition, as factors. Judgement: the central volume like a
# plasma volume, the clearance like one that was measured in another disease.
CENTRAL_VOLUME, CLEARANCE = (0.8, 1.0, 1.2), (0.5, 1.0, 2.0)  # judgement plausibility

ANTIBODY = (
    "give antibodies after the exchange; after an exchange within about 72 h of the dose (roughly "
    "20 to 60 % of the "
    "amount in the body, about half, may be lost) decide on a further dose"
)
REMOVED = "Removal is to be expected: a small volume of distribution, strongly bound. Ask pharmacy"
DISTRIBUTED = (
    "of a dose that has spread through the body; one given just before the exchange loses more"
)
NO_FIGURE = "no figure: nothing that can be calculated with is known"


class DoseLost(Result):
    """The fraction of the amount in the body at the start of an exchange that the exchange removes; None if unknown."""

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

    Parameters: exchange_volume (patient plasma), distribution_volume; scalars or arrays. Returns:
    plain fraction. Raises QuantityError. Source: dilution-law (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(distributed_fraction_lost(Q(3, "L"), Q(49, "L")), 3)
    0.059
    """
    return -m.expm1(-exchange_volume / distribution_volume)


def dose_lost(
    drug: str, exchange_volume: Any, duration: Any, delay: Any, weight: Any, dose: Any = None
) -> DoseLost:
    """What one exchange takes of a medicine that was given before it.

    Parameters: drug (id, name or synonym), exchange_volume (patient plasma), duration (of the
    exchange), delay (from an intravenous dose to the start of the exchange), weight, dose (a mass;
    needed where elimination saturates). Scalars.

    Returns DoseLost: `lost` as a fraction of the amount in the body when the exchange starts, low
    to high over the published models, the central volume (20 % either way) and the clearance (half
    to double), both judgements; None where nothing is known. Raises QuantityError. No measured
    removal exists for tocilizumab, siltuximab, emapalumab and anakinra; cytokine load and capillary
    leak are not in the figures. Valid for an intravenous dose and one exchange. Sources: those of
    the drug.

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> lost = dose_lost("siltuximab", Q(3, "L"), Q(2, "h"), Q(24, "h"), Q(70, "kg")).lost
    >>> round(lost.typical, 2)
    0.47
    """
    row = solute_named(drug, "drug")
    if not row.is_drug:
        raise QuantityError(
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
    basis: dict[str, Basis] = {}
    said = [f"grade {row.grade}: {GRADES[row.grade]} ({row.reason})"]
    lost: Interval | None
    if row.models:
        model = f"published disposition: {', '.join(model.name for model in row.models)}"
        lost = _by_disposition(row, litres, hours, wait, kilograms, _milligrams(row, dose), basis)
    elif row.measured_loss.low:
        model, lost = f"measured: {row.measured_when}", None
        said.append(
            "measured in one study, whatever was exchanged there; it is not worked out from your "
            "litres"
        )
        per_kg = 1000 * litres / kilograms
        if row.measured_hours[0] <= wait <= row.measured_hours[1] and ABOUT_ONE_VOLUME.holds(
            per_kg
        ):
            lost = _measured(row)
        else:
            given = f"{units.number(wait, 2)} h after it and {units.number(per_kg, 0)} mL/kg"
            held = (
                f"measured only {row.measured_when}, taken to hold for {ABOUT_ONE_VOLUME.expected}"
            )
            said.append(f"{held}: no figure for {given}")
    elif row.vd.typical:
        model, lost = "volume of distribution", _by_volume(row, litres, kilograms, basis)
        said.append(DISTRIBUTED)
    else:
        model, lost = "none", None
        said += [NO_FIGURE, row.note]
    return DoseLost.model_construct(
        drug=row.id,
        name=row.name,
        lost=lost,
        model=model,
        grade=row.grade,
        statement="; ".join(text.rstrip(".") for text in said if text),
        advice=rule_of(row.name).advice,
        basis=basis,
    )


def _milligrams(row: Solute, dose: Any) -> float:
    if any(model.vmax for model in row.models) and dose is None:
        raise QuantityError(
            "dose",
            "nothing",
            f"a mass such as 560 mg: the elimination of {row.name} saturates",
            kind="missing",
        )
    return 1.0 if dose is None else DOSE.one("dose", dose)


def _by_disposition(
    row: Solute,
    litres: float,
    hours: float,
    wait: float,
    kilograms: float,
    dose: float,
    basis: dict[str, Basis],
) -> Interval:
    found, middles = [], []
    for model in row.models:
        for v1, cl, drug in _dispositions(model, kilograms / REFERENCE_WEIGHT):
            lost = dose_fraction_lost(drug, dose, wait, litres, hours)
            found.append(lost)
            if v1 == cl == 1.0:
                middles.append(lost)
                text = (
                    f"{model.name} at {units.number(kilograms, 1)} kg: V1 "
                    f"{units.number(drug.v1, 3)} L, V2 "
                    f"{units.number(drug.v2, 3)} L, CL {units.number(drug.cl, 5)} L/h, "
                    f"Q {units.number(drug.q, 5)} L/h, Vmax {units.number(drug.vmax, 4)} mg/h, "
                    f"Km {units.number(drug.km, 3)} mg/L; "
                    f"{units.number(wait, 2)} h after the dose, {units.number(litres, 3)} L over "
                    f"{units.number(hours, 2)} h: {units.percent(lost, 2)} [{model.source}, "
                    f"{model.tag}]"
                )
                note(
                    basis,
                    f"dose_lost.{row.id}.{model.name}",
                    "two compartments after a dose",
                    text,
                    model.source,
                )
    return Interval(min(found), middles[0] if len(middles) == 1 else None, max(found))


def _dispositions(model: Model, size: float) -> Iterator[tuple[float, float, Disposition]]:
    """The published disposition scaled by weight, with the central volume and the clearance varied."""
    for v1, cl in product(CENTRAL_VOLUME, CLEARANCE):
        central, leaving, saturable = (
            model.v1 * size * v1,
            model.cl * size * cl,
            model.vmax * size * cl,
        )
        yield (
            v1,
            cl,
            Disposition(central, model.v2 * size, leaving, model.q * size, saturable, model.km),
        )


def _measured(row: Solute) -> Interval:
    span = row.measured_loss
    values = [end.value if end else None for end in (span.low, span.typical, span.high)]
    return Interval(*values)


def _by_volume(row: Solute, litres: float, kilograms: float, basis: dict[str, Basis]) -> Interval:
    def lost(end: str, per_kg: float) -> float:
        return work(
            basis,
            f"dose_lost.{row.id}.{end}",
            distributed_fraction_lost,
            exchange_volume=1000 * litres,
            distribution_volume=1000 * kilograms * per_kg,
        )

    low, high = ends(row.vd, "C")  # a volume that stands alone is varied from half to double
    typical = row.vd.typical
    assert isinstance(typical, Known)
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
    """One medicine around the exchange: how it is classed, what follows, and the fraction an exchange takes of it.

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
OTHERS = ("pyridostigmine", "mestinon", "azathioprine", "imuran", "tacrolimus", "prograf")


class Seen(NamedTuple):
    """What the step hands on: the records, and facts for the cautions in words."""

    drugs: tuple[DrugAround, ...]
    facts: dict[str, Any]


def ace_hours(orders: tuple[DrugOrder, ...]) -> float:
    """Hours from the last dose of an ACE inhibitor to the exchange; NaN without one."""
    times = [
        DELAY.one("time", one.time)
        for one in orders
        if one.when == "before" and named(one.name, ACE_INHIBITORS)
    ]
    return min(times, default=math.nan)


def around(
    orders: tuple[DrugOrder, ...],
    exchanged: float,
    hours: float,
    weight: float,
    basis: dict[str, Basis],
    make: Any,
    indication: str = "",
) -> Seen:
    """Class every medicine of the order and work out what an exchange of `exchanged` mL in some hours takes of it."""
    drugs = tuple(_one(one, exchanged, hours, weight, basis, make, indication) for one in orders)
    pairs = [
        (one, drug)
        for one, drug in zip(orders, drugs)
        if one.when == "before" and drug.kind == "give after"
    ]
    large = [
        (drug, DELAY.one("time", one.time))
        for one, drug in pairs
        if _is_antibody(one.name) or named(one.name, IMMUNOGLOBULIN)
    ]
    close = [f"{quoted(drug.name)} {_time(time)} before" for drug, time in large if time <= CLOSE]
    earlier = [
        f"{quoted(drug.name)} {_time(time)} before{_lost(drug)}"
        for drug, time in large
        if CLOSE < time <= EARLIER
    ]
    unknown = [
        quoted(drug.name)
        for drug in drugs
        if drug.when == "before" and drug.kind == "not in the list"
    ]
    blockers = [
        quoted(drug.name) for one, drug in zip(orders, drugs) if named(one.name, COMPLEMENT)
    ]
    due = [
        quoted(drug.name)
        for drug in drugs
        if drug.when == "after" and drug.kind == "cause of the disease"
    ]
    facts = {
        "drugs_close": close,
        "drugs_earlier": earlier,
        "complement_blocker": blockers,
        "unknown_drugs": unknown,
        "cause_due": due,
    }
    return Seen(drugs, {name: ", ".join(words) or None for name, words in facts.items()})


def _one(
    one: DrugOrder,
    exchanged: float,
    hours: float,
    weight: float,
    basis: dict[str, Basis],
    make: Any,
    indication: str,
) -> DrugAround:
    time = DELAY.one("time", one.time)
    row = _known(one.name)
    rule = rule_of(one.name)
    if named(one.name, CAUSES.get(indication, ())):
        rule = CAUSE
    lost, said = None, ""
    if row is not None and one.when == "before":
        if any(model.vmax for model in row.models) and one.dose is None:
            said = "no figure without the dose, because elimination saturates"
        elif not (EXCHANGE.holds(exchanged) and RUN_TIME.holds(hours)):
            said = "no figure for this volume or duration"
        else:
            figures = dose_lost(
                row.id,
                give(make, exchanged, "mL"),
                give(make, hours, "h"),
                one.time,
                give(make, weight, "kg"),
                one.dose,
            )
            lost, said = figures.lost, figures.statement
            again = f" ({_time(time)} {one.when})"  # the same medicine twice
            basis.update(
                {
                    f"{key}{again if key in basis else ''}": entry
                    for key, entry in figures.basis.items()
                }
            )
    elif row is None and rule.kind in ("give after", "not in the list"):
        near = solute_table.solutes_like(one.name)
        # Only what is very like: another antibody is no slip for one that ends as it does.
        meant = units.alike(
            one.name.casefold(),
            [name for name in near if solute_table.solutes()[name].is_drug],
            1,
            0.8,
        )
        absent = "not in the table of this program" if rule.kind == "give after" else ""
        said = "; ".join(
            part for part in (absent, f"did you mean {meant[0]}?" if meant else "") if part
        )
    unknown = rule.kind == "not in the list"  # nothing but its one sentence
    poison = (
        POISON if indication.startswith("toxin-") and one.when == "before" and not unknown else ""
    )
    window = (one.when == "before" and time <= CLOSE) or (one.when == "after" and time <= AFTER)
    outside = "" if window or unknown else "more than 72 h before or 24 h after the exchange"
    return DrugAround.model_construct(
        name=one.name,
        drug=row.id if row else None,
        when=one.when,
        time=give(make, time, "h"),
        kind=rule.kind,
        advice=rule.advice,
        lost=lost,
        statement="; ".join(part for part in (poison, outside, said) if part),
        source=rule.source,
    )


def rule_of(name: str) -> DrugRule:
    """The row of a medicine by its name; a general one where no row names it."""
    for rule in DRUG_RULES:
        infusion = rule.kind in ("continue", "watch")
        if named(name, rule.names) and not (infusion and named(name, NO_INFUSION)):
            return rule
    return _general(name, _known(name))


def _general(name: str, row: Solute | None) -> DrugRule:
    """The class of a medicine that no row names: an antibody, one that stays in plasma, or one without instruction."""
    if _is_antibody(name):
        return DrugRule((), "give after", ANTIBODY, "vendramin-2019")
    if row is not None and row.vd.typical and row.binding:
        stays = row.vd.typical.value < SMALL_VOLUME and row.binding.value > STRONG_BINDING
        if stays:
            return DrugRule((), "removal expected", REMOVED, "drugs-and-exchange")
    if row is not None or named(name, (*CORTICOSTEROIDS, *OTHERS)):
        return DrugRule((), "not affected or unknown", NO_INSTRUCTION, JUDGEMENT)
    return DrugRule((), "not in the list", UNKNOWN, JUDGEMENT)


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


def quoted(name: str) -> str:
    """The name of a medicine as it is printed: in quotation marks, so that no name reads like an alert."""
    return f'"{name}"'


def is_magnesium(one: DrugOrder) -> bool:
    """True for magnesium among the medicines, given or due."""
    return named(one.name, ("magnesium", "mgso4"))


def is_anticoagulant(one: DrugOrder) -> bool:
    """True for an anticoagulant given before the exchange."""
    return one.when == "before" and named(one.name, ANTICOAGULANTS)


def _known(name: str) -> Solute | None:
    """The medicine of the catalogue by its whole name, or by a word of it."""
    keys = [
        key
        for key in (solute_table.solute_id(word) for word in (name, *sorted(words_of_name(name))))
        if key
    ]
    rows = [solute_table.solutes()[key] for key in keys]
    return next((row for row in rows if row.is_drug), None)


def _time(hours: float) -> str:
    # derived: hours of a day
    return f"{units.number(hours, 1)} h" if hours <= CLOSE else f"{units.number(hours / 24, 1)} d"


def _lost(drug: DrugAround) -> str:
    if drug.lost is None:
        return " (fraction not known)"
    return (
        f" ({units.number(100 * drug.lost.low, 0)} to {units.percent(drug.lost.high)} of it lost)"
    )
