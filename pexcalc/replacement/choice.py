"""Replacement: the fluids that are open to this patient, with reasons, what each leaves, containers and schedule.

The rules stand in rules/fluid_rules.py, the figures of one fluid in plan.py, the containers in
containers.py. The tool offers, a clinician orders: there is a default where guidance has one, and
none where it has not.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple

from pexcalc.data import indications as indication_table
from pexcalc.data import limits as limit_table
from pexcalc.data import products as product_table
from pexcalc.data import spelling
from pexcalc.data.indications import Indication
from pexcalc.data.limits import Limit
from pexcalc.data.products import Product
from pexcalc.exchange.dose import EXCHANGE
from pexcalc.order.fields import (
    AGE,
    BALANCE,
    CITRATE,
    CONTAINER,
    FIBRINOGEN,
    GESTATION,
    PROTEIN,
    RUN_TIME,
    SHARE,
    STATED_VOLUME,
    STRENGTH,
    bare,
)
from pexcalc.order.patient import Labs
from pexcalc.order.treatment import FINDINGS, Fluid, ProductValues
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import first_quantity
from pexcalc.quantities.record import with_values
from pexcalc.quantities.working import Basis
from pexcalc.replacement.plan import Plan, Scene, breaches, reason_of
from pexcalc.replacement.results import ReplacementPlan
from pexcalc.rules.fluid_rules import (
    ALBUMIN,
    BOTH,
    CONFLICTS,
    FLUIDS,
    LIVER,
    NO_PLATELETS,
    PLASMA,
    RULES,
    SAFETY,
    STARCH,
    STATED,
    Conflict,
    FluidRule,
)

# Finding -> what the conditions call it. DIC counts as bleeding for the choice of fluid.
_CALLED = {"alveolar-haemorrhage": "dah", "liver-failure": "liver"}
ACE = In("h", 0, 2160, "h", "the time from the last dose to the exchange", likely=("h", "d"))
MILD_CEILING = 1.0  # g/L: the band of 80 to 100 mg/dL in which albumin may be acceptable, whatever the site limit is
DAH = "anti-gbm-dah"  # the indication that is alveolar haemorrhage itself
NO_OPTION = "no safe option: specialist decision"


class Facts(NamedTuple):
    """What the choice looks at besides the order of the fluid itself."""

    indication: Indication
    findings: Collection[str]
    labs: Labs | None
    age: float
    gestation: float
    daily: bool
    ace_hours: float
    calcium_planned: bool
    calcium_line: str | None = None
    overridden: Collection[str] = ()


class Chosen(NamedTuple):
    """What the step hands on: the plan, facts of the fluid in force for the cautions, shares and volumes in force."""

    plan: ReplacementPlan
    facts: dict[str, Any]
    in_force: Plan | None
    volume: float
    plasma: dict[str, tuple[float, float]]
    plasma_citrate: tuple[float, float, float] | None
    liver: bool


def choose_replacement(
    indication: str,
    exchange_volume: Any,
    plasma_volume: Any,
    duration: Any,
    *,
    fluid: Fluid | None = None,
    findings: Collection[str] = (),
    labs: Labs | None = None,
    age: Any = None,
    gestation: Any = None,
    ace_inhibitor: Any = None,
    daily: bool = False,
    calcium_planned: bool = False,
    products: Mapping[str, ProductValues] | None = None,
    limits: Mapping[str, Limit] | None = None,
) -> ReplacementPlan:
    """The fluids that are open for one exchange, each with reasons, what it leaves, containers and schedule.

    Parameters: indication (id), exchange_volume (patient plasma), plasma_volume (a volume, or an
    Interval such as `estimate_volumes(patient).plasma_volume`), duration (of the exchange); fluid
    (what is ordered of it); findings (words of treatment.FINDINGS); labs; age and gestation
    (times); ace_inhibitor (time from its last dose to the exchange); daily (exchanges every day);
    calcium_planned; products (own values by product id); limits (site limits). Scalars. Returns
    ReplacementPlan. Raises QuantityError. Valid by dilution alone: refill from tissue and synthesis
    are left out. Sources: those of the rules.

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> plan = choose_replacement("ttp", Q(3, "L"), Q(2.5, "L"), Q(2, "h"), fluid=Fluid(blood_group="A"))
    >>> plan.default, [option.fluid for option in plan.options]
    ('plasma', ['plasma', 'albumin-then-plasma'])
    """
    row = indication_table.indication(indication) if isinstance(indication, str) else None
    for name, record, kind in (("fluid", fluid, Fluid), ("labs", labs, Labs)):
        if record is not None and not isinstance(record, kind):
            came = f"a value of type {type(record).__name__}"
            raise QuantityError(name, came, f"a record: pexcalc.{kind.__name__}(...)", kind="type")
    if isinstance(findings, str) or not isinstance(findings, Collection):
        raise QuantityError(
            "findings",
            f"a value of type {type(findings).__name__}",
            "words, such as ('bleeding',)",
            kind="type",
        )
    if row is None:
        wanted = "an id of the indication table"
        raise QuantityError(
            "indication",
            units.printable(str(indication)),
            wanted,
            indication_table.indications_like(str(indication)),
            kind="unknown",
        )
    for finding in findings:
        if finding not in FINDINGS:
            near = spelling.nearest(str(finding), dict.fromkeys(FINDINGS))
            raise QuantityError(
                "findings",
                units.printable(str(finding)),
                f"words out of {', '.join(FINDINGS)}",
                near,
                kind="unknown",
            )
    removed = EXCHANGE.one("exchange_volume", exchange_volume)
    ends = plasma_volume if isinstance(plasma_volume, Interval) else Interval(*(plasma_volume,) * 3)
    low, typical, high = (
        STATED_VOLUME.one("plasma_volume", end) for end in (ends.low, ends.typical, ends.high)
    )
    facts = Facts(
        row,
        findings,
        labs,
        math.nan if age is None else AGE.one("age", age),
        0.0 if gestation is None else GESTATION.one("gestation", gestation),
        daily,
        math.nan if ace_inhibitor is None else ACE.one("ace_inhibitor", ace_inhibitor),
        calcium_planned,
    )
    basis: dict[str, Basis] = {}
    return choose(
        facts,
        fluid or Fluid(),
        products or {},
        {**limit_table.limits(), **(limits or {})},
        removed,
        Interval(removed / high, removed / typical, removed / low),
        RUN_TIME.one("duration", duration),
        basis,
        first_quantity(exchange_volume, ends.typical),
    ).plan


def choose(
    facts: Facts,
    fluid: Fluid,
    own: Mapping[str, ProductValues],
    limits: Mapping[str, Limit],
    removed: float,
    multiple: Interval,
    hours: float,
    basis: dict[str, Basis],
    make: Any,
) -> Chosen:
    """The replacement step, for `removed` mL of plasma that are `multiple` plasma volumes, over some hours."""
    products = _products(fluid, own)
    case = _case(facts, fluid, limits)
    volume = removed * case.balance
    scene = Scene(case, fluid, products, limits, volume, multiple, hours, basis, make)
    offered, default = _offered(case, scene)
    ordered = _ordered(fluid)
    plans = {
        name: scene.plan(name)
        for name in dict.fromkeys([*([ordered] if ordered else []), *offered])
    }
    in_force = plans.get(ordered or default or "")
    if in_force is not None and in_force.fluid == PLASMA and case.saline_share:
        came = f"{units.percent(case.saline_share, 1)} beside plasma alone"
        raise QuantityError(
            "saline_share",
            came,
            "saline with --fluid albumin or albumin-then-plasma",
            kind="conflict",
        )
    options = tuple(
        scene.option(
            plan,
            "ordered" if name == ordered else "default" if name == default else "open",
            in_force is None or plan is in_force,
            facts.overridden,
        )
        for name, plan in plans.items()
        if name != STARCH
    )
    notes = [
        rule for rule in RULES if rule.effect == "note" and not rule.caution and rule.when(case)
    ]
    speaking = [in_force] if in_force else list(plans.values())
    clashes = [row for row in CONFLICTS if any(row.when(case, plan) for plan in speaking)]
    plan = ReplacementPlan.model_construct(
        options=options,
        products=tuple(
            scene.used(kind, kind_own) for kind, kind_own in _in_use(plans.values(), products, own)
        ),
        removed=tuple(reason_of(rule) for rule in _barring(case, ordered)),
        default=default,
        ordered=ordered,
        statement="" if offered else NO_OPTION,
        notes=tuple(reason_of(rule) for rule in notes if not rule.about),
        conflicts=tuple(_clash(row) for row in clashes),
        blood_groups=case.groups if any(plan.has_plasma for plan in plans.values()) else (),
    )
    plasma = {
        name: (volume * one.plasma, one.plasma_rate) for name, one in plans.items() if one.stages
    }
    broken = (
        breaches(case, in_force)
        if in_force
        else _in_all([breaches(case, one) for one in plans.values()])
    )
    if not offered:
        broken["no_option"] = NO_OPTION
    return Chosen(plan, broken, in_force, volume, plasma, products["plasma"].citrate, case.liver)


def _in_all(broken: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What every open option goes against, and what any does that the order itself states."""
    first = broken[0] if broken else {}
    stated = {
        name: one[name] for one in broken for name in (f"rule_{id}" for id in STATED) if name in one
    }
    return {
        **{name: value for name, value in first.items() if all(name in other for other in broken)},
        **stated,
    }


def without_schedule(plan: ReplacementPlan) -> ReplacementPlan:
    """The plan of an order that a caution stops: nobody should hang a container by it."""
    options = tuple(with_values(option, schedule=()) for option in plan.options)
    return with_values(plan, options=options)


# --- the case and the products as plain facts -----------------------------------------------------


def _case(facts: Facts, fluid: Fluid, limits: Mapping[str, Limit]) -> Any:
    """Everything that a condition may look at; what is not known is NaN, for which every comparison is false."""
    found = {_CALLED.get(word, word.replace("-", "_")): word in facts.findings for word in FINDINGS}
    row, labs = facts.indication, facts.labs or Labs()
    fibrinogen, potassium = bare(FIBRINOGEN, labs.fibrinogen), labs.potassium
    potassium = math.nan if potassium is None else units.size(potassium, "mmol/L")
    low, mild = limits["fibrinogen-low"].least, limits["fibrinogen-mild"].least
    case = SimpleNamespace(
        **found,
        indication=row.id,
        listed=row.fluid,
        fibrinogen=math.nan if fibrinogen is None else fibrinogen,
        fibrinogen_limit=low,
        ace_hours=facts.ace_hours,
        gestation=facts.gestation,
        child=facts.age < 18,  # judgement plausibility
        elderly=facts.age >= limits["elderly"].most,
        daily=facts.daily,
        calcium_planned=facts.calcium_planned,
        potassium_low=potassium < limits["potassium-low"].least,
        balance=bare(BALANCE, fluid.balance) or 1.0,
        calcium_line=facts.calcium_line,
        saline_share=bare(SHARE, fluid.saline_share) or 0.0,
        saline_warn=limits["saline-warn"].most / 100,
        saline_strong=limits["saline-strong"].most / 100,
        saline_stop=limits["saline-stop"].most / 100,
        diluent=fluid.diluent,
        refused=fluid.refused,
    )
    case.labs = {
        "fibrinogen": fibrinogen,
        "igg": bare(PROTEIN, labs.igg),
        "albumin": bare(PROTEIN, labs.albumin),
    }
    case.bleeding |= case.dic
    case.dah |= row.id == DAH
    case.liver |= row.id in LIVER
    case.no_platelets = NO_PLATELETS.get(row.id) or ("HIT" if case.hit else "")
    risk = (
        case.anticoagulated
        | case.bleeding
        | case.dah
        | case.surgery
        | case.biopsy
        | case.minor_procedure
    )
    case.watched = risk | case.daily
    case.mildly_low = (
        (case.fibrinogen < min(low, MILD_CEILING)) & (case.fibrinogen >= mild) & (risk == 0)
    )
    reasons = [
        rule for rule in FLUIDS if rule.effect in ("choose", "open", "add") and PLASMA in rule.about
    ]
    case.plasma_reason = (
        any(rule.when(case) for rule in reasons)
        or case.minor_procedure
        or row.fluid == "plasma-or-albumin"
    )
    case.plasma_listed = any(rule.effect == "choose" and rule.when(case) for rule in FLUIDS)
    words = [f"potassium {units.number(potassium)} mmol/L"] if case.potassium_low else []
    words += [
        word for word, is_so in (("digoxin", case.digoxin), ("a QT risk", case.qt_risk)) if is_so
    ]
    case.potassium_words = ", ".join(words)
    _blood_groups(case, row, fluid)
    return case


def _in_use(
    plans: Iterable[Plan], products: Mapping[str, Product], own: Mapping[str, ProductValues]
) -> list[tuple[Literal["albumin", "plasma", "saline"], bool]]:
    """The kinds of product that any plan gives, and whether the order has its own values for them."""
    held = set().union(*(plan.holds for plan in plans))
    saline = any(plan.saline > 0 for plan in plans)
    kinds: tuple[Literal["albumin", "plasma", "saline"], ...] = ("albumin", "plasma", "saline")
    return [
        (kind, products[kind].id in own)
        for kind in kinds
        if kind in held or (kind == "saline" and saline)
    ]


def _barring(case: Any, ordered: str | None) -> list[FluidRule]:
    """The safety rules that remove something for this case; that of starch only where starch was asked for."""
    return [
        rule
        for rule in SAFETY
        if rule.effect == "bar"
        and rule.when(case)
        and (rule.id != "starch-ordered" or ordered == STARCH)
    ]


def _blood_groups(case: Any, row: Indication, fluid: Fluid) -> None:
    """Which plasma is compatible, and whether the stated one is. Unknown groups leave AB only."""
    two = "donor AND recipient" in row.fluid_note or fluid.donor_group is not None
    antigens = set(fluid.blood_group or "AB") | (set(fluid.donor_group or "AB") if two else set())
    case.groups = tuple(group for group in ("O", "A", "B", "AB") if antigens - {"O"} <= set(group))
    needed = set(fluid.blood_group or "AB") - {"O"}
    known = fluid.plasma_group is not None
    case.abo_mismatch = (
        not needed <= set(fluid.plasma_group or "") if known else fluid.blood_group is None
    )
    wrong = fluid.plasma_group not in case.groups if known else two and fluid.donor_group is None
    case.abo_two_mismatch = two and wrong
    parts = [
        f"plasma group {fluid.plasma_group or 'not entered'}",
        f"recipient {fluid.blood_group or 'not entered'}",
    ]
    if two:
        parts.append(f"donor {fluid.donor_group or 'not entered'}")
    case.abo_words = f"{', '.join(parts)}; give {' or '.join(case.groups)}"


def _products(fluid: Fluid, own: Mapping[str, ProductValues]) -> dict[str, Product]:
    """The albumin, the plasma and the saline of this order, with the site's own values put in."""
    known = product_table.products()
    rows = {
        "albumin": known[fluid.albumin or "albumin-5"],
        "plasma": known[fluid.plasma or "fresh-frozen-plasma"],
        "saline": known["saline"],
    }
    for place, row in rows.items():
        values = own.get(row.id)
        if values is None:
            continue
        fibrinogen, citrate = bare(FIBRINOGEN, values.fibrinogen), bare(CITRATE, values.citrate)
        sizes = tuple(CONTAINER.one("containers", size) for size in values.containers)
        rows[place] = row._replace(
            fibrinogen=row.fibrinogen if fibrinogen is None else (fibrinogen,) * 3,
            citrate=row.citrate if citrate is None else (citrate,) * 3,
            containers=sizes or row.containers,
        )
    strength = bare(STRENGTH, fluid.albumin_strength)
    if strength is not None:
        named = f"albumin {units.percent(strength, 2)} from {rows['albumin'].name.removeprefix('albumin ')}"
        rows["albumin"] = rows["albumin"]._replace(
            name=named, protein=1000 * strength, containers=()
        )
    return rows


def _ordered(fluid: Fluid) -> str | None:
    """The fluid that is ordered: by name, or by a share of plasma."""
    share = bare(SHARE, fluid.plasma_share)
    if fluid.choice or share is None:
        return fluid.choice
    return ALBUMIN if share == 0 else PLASMA if share == 1 else BOTH


def _offered(case: Any, scene: Scene) -> tuple[list[str], str | None]:
    """The fluids that the rules leave open, and the default among them.

    The first rule that chooses rules; where the safety rules leave nothing of what it allows,
    nothing is offered.
    """
    bars = [rule for rule in SAFETY if rule.effect == "bar" and rule.when(case)]
    choosers = [
        rule for rule in FLUIDS if rule.effect in ("choose", "open", "add") and rule.when(case)
    ]
    ruling = choosers[0]
    wanted = list(ruling.about)
    if ruling.id == "albumin-is-usual":
        wanted += [
            name
            for rule in FLUIDS
            if rule.id == "plasma-listed-too" and rule.when(case)
            for name in rule.about
        ]
    left = [
        name
        for name in wanted
        if not any(scene.contents(name).intersection(rule.about) for rule in bars)
    ]
    default = None if ruling.effect == "open" or ruling.about[0] not in left else ruling.about[0]
    return left, default


def _clash(row: Conflict) -> tuple[str, str, str, str, str]:
    return row.topic, row.one, row.other, row.handling, ", ".join(row.sources)
