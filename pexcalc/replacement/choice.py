"""Replacement: the allowed fluids for this patient, with reasons, levels and containers.

The rules are in rules/fluids/, the figures of one fluid in plan.py, the containers in
containers.py. The tool offers, a clinician orders: there is a default where guidance has one, and
none where it has not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import chain
from typing import Any, Literal, NamedTuple

from pexcalc.data import indications as indication_table
from pexcalc.data import limits as limit_table
from pexcalc.data import products as product_table
from pexcalc.data import spelling
from pexcalc.data.indications import Indication
from pexcalc.data.limits import Limit
from pexcalc.data.products import Product
from pexcalc.exchange.dose import EXCHANGE
from pexcalc.kinetics.case import Session
from pexcalc.order.fields import (
    AGE,
    BALANCE,
    GESTATION,
    RUN_TIME,
    SHARE,
    STATED_VOLUME,
    STRENGTH,
    bare,
)
from pexcalc.order.patient import Labs
from pexcalc.order.treatment import (
    FINDINGS,
    Fluid,
    ProductValues,
    check_fluid,
    check_products,
    product_named,
    products_in,
)
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import first_quantity
from pexcalc.quantities.record import when_read, with_values
from pexcalc.quantities.units import Quantity
from pexcalc.quantities.working import Recorder
from pexcalc.replacement.facts import (
    finding_facts,
    indication_facts,
    lab_facts,
    ordered_fluid,
)
from pexcalc.replacement.plan import Plan, Planner, reason_of
from pexcalc.replacement.results import ReplacementPlan
from pexcalc.rules.facts import (
    CourseFacts,
    EndFacts,
    Facts,
    FluidFacts,
    MedicineFacts,
    PatientFacts,
    PlasmaKinds,
)
from pexcalc.rules.fibrinogen import end_facts
from pexcalc.rules.fluids import notes
from pexcalc.rules.fluids.choice import offer
from pexcalc.rules.fluids.conflicts import Conflict, conflicts
from pexcalc.rules.fluids.row import BOTH, PLASMA, STARCH
from pexcalc.rules.fluids.safety import barring, why_barred

ACE = In("h", 0, 2160, "h", "the time from the last dose to the exchange", likely=("h", "d"))
NO_OPTION = "no safe option: specialist decision"
OptionState = Literal["ordered", "default", "open"]
ProductKind = Literal["albumin", "plasma", "saline"]
KINDS_IN_ORDER: tuple[ProductKind, ...] = ("albumin", "plasma", "saline")


class Chosen(NamedTuple):
    """What the step hands on: the plan, the fluids for the rules, shares and volumes in force."""

    plan: ReplacementPlan
    fluids: tuple[FluidFacts, ...]  # the one in force or, where none is, each that is open
    open: tuple[FluidFacts, ...]  # the one ordered or, where none is, the default and each option
    in_force: str | None  # its name
    volume: float
    plasma: dict[str, tuple[float, float]]
    plasma_citrate: tuple[float, float, float] | None
    supplies: dict[str, tuple[tuple[float, float], ...]]  # what its fluids carry, by solute
    no_option: str | None
    kinds: PlasmaKinds
    end: EndFacts


def choose_replacement(
    indication: str,
    exchange_volume: Quantity,
    plasma_volume: Quantity | Interval[Quantity, Quantity],
    duration: Quantity,
    *,
    fluid: Fluid | None = None,
    findings: Collection[str] = (),
    labs: Labs | None = None,
    age: Quantity | None = None,
    gestation: Quantity | None = None,
    ace_inhibitor: Quantity | None = None,
    daily: bool = False,
    calcium_planned: bool = False,
    products: Mapping[str, ProductValues] | None = None,
    limits: Mapping[str, Limit] | None = None,
) -> ReplacementPlan:
    """The fluids that are open for one exchange: reasons, what each leaves, containers, schedule.

    Parameters
    ----------
    indication : str
        Id of the indication, such as "ttp".
    exchange_volume : Quantity, scalar
        Patient plasma to be removed, anticoagulant not counted; 5 mL to 80 L.
    plasma_volume : Quantity, scalar, or Interval
        A volume, or an Interval such as `estimate_volumes(patient).plasma_volume`; 5 mL to 25 L.
    duration : Quantity, scalar
        Duration of the exchange; 15 min to 12 h.
    fluid : Fluid, optional
        What is ordered of the fluid.
    findings : collection of str
        Words such as "bleeding", out of those that an order takes.
    labs : Labs, optional
        Laboratory values before the exchange.
    age : Quantity, scalar, optional
        Age of the patient.
    gestation : Quantity, scalar, optional
        Gestational age of a pregnancy; without it there is none.
    ace_inhibitor : Quantity, scalar, optional
        Time from the last dose of an ACE inhibitor to the exchange.
    daily : bool, default False
        Exchanges every day.
    calcium_planned : bool, default False
        A calcium plan is ordered.
    products : mapping of str to ProductValues, optional
        The site's own values of a product, or its own products, by id.
    limits : mapping of str to Limit, optional
        The site's own limits, by name.

    Returns
    -------
    ReplacementPlan
        The options with their reasons, levels, containers and schedule; the default where one is.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range; if a word
        or a product is not known.

    Notes
    -----
    Valid for levels as the prediction gives them, in brackets the range for one patient. Scalars.

    References
    ----------
    those of the rules

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> fluid = Fluid(blood_group="A")
    >>> plan = choose_replacement("ttp", Q(3, "L"), Q(2.5, "L"), Q(2, "h"), fluid=fluid)
    >>> plan.default, [option.fluid for option in plan.options]
    ('plasma', ['plasma', 'albumin-then-plasma'])
    """
    row = _row_of(indication)
    _check_record("fluid", fluid, Fluid)
    _check_record("labs", labs, Labs)
    check_products(products or {})
    check_fluid(fluid or Fluid(), products or {})
    _check_findings(findings)
    removed = EXCHANGE.one("exchange_volume", exchange_volume)
    ends = plasma_volume if isinstance(plasma_volume, Interval) else Interval(*(plasma_volume,) * 3)
    low, typical, high = (
        STATED_VOLUME.one("plasma_volume", end) for end in (ends.low, ends.typical, ends.high)
    )
    pace = RUN_TIME.one("duration", duration)
    found = finding_facts(findings, row, pregnant=gestation is not None)
    if gestation is not None:
        GESTATION.one("gestation", gestation)
    ordered = ordered_fluid(fluid or Fluid(), row)
    facts = Facts(
        limits={**limit_table.limits(), **(limits or {})},
        patient=PatientFacts(age=AGE.one_if_given("age", age)),
        labs=lab_facts(labs),
        findings=found,
        indication=indication_facts(row, found),
        ordered=ordered._replace(calcium_planned=calcium_planned),
        course=CourseFacts(daily=daily),
        medicines=MedicineFacts(ace_hours=ACE.one_if_given("ace_inhibitor", ace_inhibitor)),
    )
    return choose(
        facts,
        fluid or Fluid(),
        products or {},
        removed,
        Interval(removed / high, removed / typical, removed / low),
        pace,
        Session(pace, 1.0, None, "steady", named=False),
        typical,
        Recorder(first_quantity(exchange_volume, ends.typical)),
    ).plan


def _row_of(indication: Any) -> Indication:
    row = indication_table.indication(indication) if isinstance(indication, str) else None
    if row is None:
        raise QuantityError(
            "indication",
            units.printable(str(indication)),
            "an id of the indication table",
            indication_table.indications_like(str(indication)),
            kind="unknown",
        )
    return row


def _check_record(name: str, record: Any, kind: type) -> None:
    if record is not None and not isinstance(record, kind):
        got = f"a value of type {type(record).__name__}"
        raise QuantityError(name, got, f"a record: pexcalc.{kind.__name__}(...)", kind="type")


def _check_findings(findings: Any) -> None:
    if isinstance(findings, str) or not isinstance(findings, Collection):
        got = f"a value of type {type(findings).__name__}"
        raise QuantityError("findings", got, "words, such as ('bleeding',)", kind="type")
    unknown = next((word for word in findings if word not in FINDINGS), None)
    if unknown is not None:
        near = spelling.nearest(str(unknown), dict.fromkeys(FINDINGS))
        expected = f"words out of {', '.join(FINDINGS)}"
        got = units.printable(str(unknown))
        raise QuantityError("findings", got, expected, near, kind="unknown")


def choose(
    facts: Facts,
    fluid: Fluid,
    own: Mapping[str, ProductValues],
    removed: float,
    multiple: Interval,
    hours: float,
    session: Session,
    plasma: float,
    record: Recorder,
) -> Chosen:
    """The replacement step, for `removed` mL of plasma that are `multiple` plasma volumes.

    `hours` are those of the fluid's flow, `session` and mL of `plasma` are those of the prediction.
    """
    products = _products(fluid, own)
    volume = removed * (bare(BALANCE, fluid.balance) or 1.0)
    prediction = (multiple, hours, session, plasma, record)
    planner = Planner(facts, fluid, products, volume, *prediction)
    offered, default = _offered(facts, planner)
    kinds = _passing_kinds(facts, fluid, products["plasma"], offered)
    if kinds.needed is not None and fluid.plasma is None:
        products = _products(fluid, own, passing_plasma(facts)[0].id)
        planner = Planner(facts, fluid, products, volume, *prediction)
        offered, default = _offered(facts, planner)
    ordered = facts.ordered.fluid
    named = ordered or default
    names = dict.fromkeys(filter(None, (ordered, *offered)))
    plans = {name: planner.plan(name) for name in names}
    in_force = plans.get(named or "")
    _check_saline(fluid, in_force)
    states: dict[str | None, OptionState] = {default: "default", ordered: "ordered"}
    hung = plans.values() if in_force is None else (in_force,)
    options = record.when_read(
        "replacement.options",
        lambda inner: tuple(
            planner.recording(inner).option(plan, states.get(name, "open"), plan in hung)
            for name, plan in plans.items()
            if name != STARCH
        ),
    )
    fluids = tuple(one.facts for one in hung)
    judged = [plans[ordered].facts] if ordered else [one.facts for one in plans.values()]
    left = offered or passing_plasma(facts) or _left_by_overrides(facts, planner)
    no_option = None if left else NO_OPTION
    plasma_given = any(one.facts.has_plasma for one in plans.values())
    plan = ReplacementPlan.model_construct(
        options=when_read(options.value),
        products=when_read(
            lambda: tuple(
                planner.used(kind, products[kind].id in own) for kind in _in_use(plans.values())
            )
        ),
        removed=tuple(map(reason_of, barring(facts))),
        default=default,
        ordered=ordered,
        statement=no_option or "",
        notes=tuple(map(reason_of, notes(facts))),
        conflicts=tuple(map(_conflict, conflicts(facts, fluids))),
        blood_groups=facts.ordered.plasma_groups if plasma_given else (),
    )
    return Chosen(
        plan=plan,
        fluids=fluids,
        open=fluids if ordered else tuple(one.facts for one in plans.values()),
        in_force=in_force.fluid if in_force else None,
        volume=volume,
        plasma={
            name: (volume * one.plasma, one.plasma_rate)
            for name, one in plans.items()
            if one.stages
        },
        plasma_citrate=products["plasma"].citrate,
        supplies=planner.supplies(in_force) if in_force else {},
        no_option=why_barred(facts) if no_option else None,
        kinds=kinds._replace(why=why_barred(facts)),
        end=end_facts(facts, judged, fluids),
    )


def _check_saline(fluid: Fluid, in_force: Plan | None) -> None:
    """Refuse saline beside plasma alone, which the rules chose."""
    saline = bare(SHARE, fluid.saline_share)
    if saline and in_force is not None and in_force.fluid == PLASMA:
        got = f"{units.percent(saline, 1)} beside plasma alone"
        expected = "saline with albumin, or with albumin then plasma, as the fluid"
        raise QuantityError("saline_share", got, expected, kind="conflict")


def without_schedule(plan: ReplacementPlan) -> ReplacementPlan:
    """The plan of an order that an alert stops: no container is hung by it."""
    options = tuple(with_values(option, schedule=()) for option in plan.options)
    return with_values(plan, options=options)


# --- what is offered, and the products ------------------------------------------------------------


def _offered(facts: Facts, planner: Planner) -> tuple[list[str], str | None]:
    """The fluids that the rules leave open, and the default among them.

    Where the safety rules leave nothing of what is allowed, nothing is offered.
    """
    allowed = offer(facts)
    removed = set(chain(*(rule.fluids for rule in barring(facts))))
    left = [name for name in allowed.fluids if removed.isdisjoint(planner.contents(name))]
    return left, allowed.default if allowed.default in left else None


def _left_by_overrides(facts: Facts, planner: Planner) -> list[str]:
    """What is left of the allowed fluids by the rules that the order does not override."""
    holding = [rule for rule in barring(facts) if rule.id not in facts.overridden]
    removed = set(chain(*(rule.fluids for rule in holding)))
    return [name for name in offer(facts).fluids if removed.isdisjoint(planner.contents(name))]


def passing_plasma(facts: Facts) -> tuple[Product, ...]:
    """The kinds of plasma that no safety rule removes, the usual one first."""
    removed = set(chain(*(rule.fluids for rule in barring(facts))))
    plasmas = [one for one in product_table.products().values() if one.kind == PLASMA]
    return tuple(one for one in plasmas if removed.isdisjoint((PLASMA, one.id)))


def _passing_kinds(
    facts: Facts, fluid: Fluid, entered: Product, offered: Collection[str]
) -> PlasmaKinds:
    """The kind of plasma that passes, where safety rules stop the one that is ordered or assumed.

    With a fluid of plasma in the order the rule that stops it says so, and which kind passes.
    """
    passing = passing_plasma(facts)
    judged = set(entered.judged_as or (entered.id,))
    if judged <= {one.id for one in passing}:
        return PlasmaKinds()
    if not passing:
        return PlasmaKinds(". No other plasma in this program is allowed; a specialist decides")
    name = passing[0].name
    known = PlasmaKinds(f". {name[0].upper()}{name[1:]} is allowed by the safety rules: request it")
    if offered or facts.ordered.fluid in (PLASMA, BOTH):
        return known
    if fluid.plasma is None or facts.ordered.fluid is not None:
        return known._replace(needed=name)
    return known._replace(needed=name, stopped=entered.name)


def _in_use(plans: Collection[Plan]) -> list[ProductKind]:
    """The kinds of product that any plan gives."""
    used = set(chain(*(plan.facts.contents for plan in plans)))
    used |= {"saline"} if any(plan.saline > 0 for plan in plans) else set()
    return [kind for kind in KINDS_IN_ORDER if kind in used]


def _products(
    fluid: Fluid, own: Mapping[str, ProductValues], plasma: str = ""
) -> dict[str, Product]:
    """The albumin, the plasma and the saline of this order, with the site's own values put in.

    A concentrate is there beside what it is diluted to. `plasma` is the kind that takes the place
    of the one that is assumed.
    """
    ids = products_in(fluid)
    rows = {place: product_named(id, own) for place, id in ids.items()}
    if plasma:
        rows["plasma"] = product_named(plasma, own)
    strength = bare(STRENGTH, fluid.albumin_strength)
    if strength is not None:
        concentrate = rows["albumin"].name.removeprefix("albumin ")
        rows["concentrate"] = rows["albumin"]
        rows["albumin"] = rows["albumin"]._replace(
            name=f"albumin {units.percent(strength, 2)} from {concentrate}",
            protein=1000 * strength,
            containers=(),
        )
    return rows


def _conflict(row: Conflict) -> tuple[str, str, str, str, str]:
    return row.topic, row.one, row.other, row.handling, ", ".join(row.sources)
