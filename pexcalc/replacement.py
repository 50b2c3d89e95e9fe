"""Replacement: the fluids that are open to this patient, with reasons, what each leaves, containers and schedule.

The rules stand in fluid_rules.py, the containers in containers.py. The tool offers, a clinician orders: there is a
default where guidance has one, and none where it has not.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import product as corners
from types import SimpleNamespace
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import field_validator, model_validator

from pexcalc import catalog, units
from pexcalc.catalog import Indication, Limit, Product
from pexcalc.cautions import check
from pexcalc.citrate import CITRATE
from pexcalc.containers import CONTAINER, Change, Containers, Part, Stage, compared, schedule
from pexcalc.dose import EXCHANGE
from pexcalc.fluid_rules import (
    ALBUMIN,
    BOTH,
    CONFLICTS,
    FLUIDS,
    LIVER,
    PLASMA,
    RULES,
    SAFETY,
    STARCH,
    Conflict,
    FluidRule,
)  # fmt: skip
from pexcalc.formula import In, first_quantity, give
from pexcalc.kinetics import plasma_last_for, segment_level
from pexcalc.patient import FIBRINOGEN, PROTEIN, STATED_VOLUME, Labs
from pexcalc.quantity import Basis, Between, Interval, Measured, PlainInterval, Record, Text, VolumeResult, work
from pexcalc.turnover import RUN_TIME
from pexcalc.units import QuantityError

SHARE = In("1", 0, 1, "%")
BALANCE = In("1", 0.7, 1.3, "%")
STRENGTH = In("1", 0.03, 0.05, "%")

Finding = Literal[
    "bleeding", "bleeding-risk", "dic", "alveolar-haemorrhage", "surgery", "biopsy", "minor-procedure",
    "anticoagulated", "iga-deficiency", "plasma-anaphylaxis", "protein-s-deficiency", "jehovahs-witness", "frail",
    "hypotensive", "hypogammaglobulinaemia", "infection-risk", "liver-failure", "hit", "digoxin", "qt-risk",
    "platelets-planned",
]  # fmt: skip
FINDINGS: tuple[str, ...] = Finding.__args__  # type: ignore[attr-defined]
Group = Literal["O", "A", "B", "AB"]
Sequence_ = Literal["plasma-last", "plasma-first", "mixed"]
SEQUENCES: tuple[Sequence_, ...] = ("plasma-last", "mixed", "plasma-first")
SHOWN = ("fibrinogen", "igg", "albumin")

# Finding -> what the conditions call it. DIC counts as bleeding for the choice of fluid.
_CALLED = {"alveolar-haemorrhage": "dah", "liver-failure": "liver"}
MILD_CEILING = 1.0  # g/L: the band of 80 to 100 mg/dL in which albumin may be acceptable, whatever the site limit is
ALBUMIN_STOP = 2.5  # percent: what 5 % albumin is with half saline
NO_OPTION = "no safe option: specialist decision"

ConcentrationInterval = Annotated[Interval, Between("g/L")]


class Fluid(Record):
    """What is ordered of the replacement fluid; nothing needs to be. Raises QuantityError.

    choice                    albumin, albumin-then-plasma or plasma; hydroxyethyl-starch is refused with a reason
    plasma_share              of the fluid, for albumin-then-plasma; saline_share of the fluid
    balance                   replacement over plasma removed: 1 is 100 %
    albumin, plasma           products of the product table; albumin_strength and diluent for a concentrate
    blood_group, plasma_group, donor_group     O, A, B or AB
    refused, accepted         products, of a patient who refuses some
    """

    choice: Literal["albumin", "albumin-then-plasma", "plasma", "hydroxyethyl-starch"] | None = None
    sequence: Sequence_ | None = None
    plasma_share: Annotated[Any, Measured(SHARE, within=True)] | None = None
    saline_share: Annotated[Any, Measured(SHARE, within=True)] | None = None
    balance: Annotated[Any, Measured(BALANCE, within=True)] | None = None
    albumin: Text | None = None
    albumin_strength: Annotated[Any, Measured(STRENGTH, within=True)] | None = None
    diluent: Literal["saline", "isotonic", "water"] | None = None
    plasma: Text | None = None
    albumin_container: Annotated[Any, Measured(CONTAINER, within=True)] | None = None
    plasma_container: Annotated[Any, Measured(CONTAINER, within=True)] | None = None
    saline_container: Annotated[Any, Measured(CONTAINER, within=True)] | None = None
    blood_group: Group | None = None
    plasma_group: Group | None = None
    donor_group: Group | None = None
    refused: tuple[Literal["albumin", "plasma", "cryoprecipitate"], ...] = ()
    accepted: tuple[Literal["albumin", "plasma", "cryoprecipitate"], ...] = ()

    @field_validator("albumin")
    @classmethod
    def _an_albumin(cls, name: str | None) -> str | None:
        return _product_named("albumin", name, ("albumin", "concentrate"))

    @field_validator("plasma")
    @classmethod
    def _a_plasma(cls, name: str | None) -> str | None:
        return _product_named("plasma", name, ("plasma",))

    @model_validator(mode="after")
    def _goes_together(self) -> Fluid:
        share, choice = _bare(SHARE, self.plasma_share), self.choice
        if choice in (ALBUMIN, PLASMA, STARCH) and share is not None and share != (choice == PLASMA):
            raise QuantityError("plasma_share", f"{units.percent(share, 1)} with {choice}", f"no share, or {BOTH}")
        if choice == BOTH and share in (0.0, 1.0):
            raise QuantityError("plasma_share", units.percent(share, 1), "more than 0 % and less than 100 %")
        if (choice == PLASMA or share == 1) and _bare(SHARE, self.saline_share):
            raise QuantityError("saline_share", "saline beside plasma alone", "saline beside albumin only")
        both = set(self.refused) & set(self.accepted)
        if both:
            raise QuantityError("accepted", f"{sorted(both)[0]}, which is refused too", "each product once")
        concentrate = self.albumin is not None and catalog.products()[self.albumin].kind == "concentrate"
        for name in ("albumin_strength", "diluent"):
            given = getattr(self, name) is not None
            if given and not concentrate:
                came = "a value, without a concentrate"
                raise QuantityError(name, came, "it only with albumin-20 or albumin-25", ["albumin-20", "albumin-25"])
            if concentrate and not given:
                wanted = STRENGTH.expected if name == "albumin_strength" else "saline or isotonic"
                raise QuantityError(name, "nothing, with a concentrate", wanted)
        return self


class ProductValues(Record):
    """A site's own values of a product in place of the table's: fibrinogen, citrate, container sizes."""

    fibrinogen: Annotated[Any, Measured(FIBRINOGEN, within=True)] | None = None
    citrate: Annotated[Any, Measured(CITRATE, within=True)] | None = None
    containers: tuple[Annotated[Any, Measured(CONTAINER, within=True)], ...] = ()


class Reason(Record):
    """Why an option is there, is not, or should not be taken: rule, sentence, source, strength."""

    rule: Text
    reason: Text
    source: Text
    strength: Literal["must", "should", "consider"]


class Segment(Record):
    """A volume of one product; segments of one stage run together, stages one after another."""

    stage: int
    product: Text
    volume: VolumeResult
    share: float


class ProductUsed(Record):
    """What is taken of one product: its name, where it comes from, and per litre what it holds; None is not known.

    `origin` is entered or assumed; `own` says that the order's own values stand in place of the table's.
    """

    kind: Literal["albumin", "plasma", "saline"]
    name: Text
    origin: Literal["entered", "assumed"]
    own: bool
    fibrinogen: ConcentrationInterval | None
    citrate: Annotated[Interval, Between("mmol/L")] | None
    igg: Annotated[Any, Measured("g/L", result=True)] | None
    albumin: Annotated[Any, Measured("g/L", result=True)] | None
    source: Text


class Left(Record):
    """What an exchange with this fluid leaves of a solute, by dilution alone.

    `kept` is the fraction of the start that is left, `added` what the fluid adds; `before` is the laboratory value and
    `after` what both come to and `lowest` the lowest level on the way, typical; None where it is not entered.
    """

    solute: Text
    sequence: Text
    kept: PlainInterval
    added: ConcentrationInterval | None
    before: Annotated[Any, Measured("g/L", result=True)] | None
    after: ConcentrationInterval | None
    lowest: Annotated[Any, Measured("g/L", result=True)] | None


class Dilution(Record):
    """How a concentrate becomes the fluid: both volumes and the parts, concentrate to diluent."""

    product: Text
    concentrate: VolumeResult
    diluent: VolumeResult
    diluted_with: Text
    parts: float
    strength: float


class Option(Record):
    """One fluid with its reasons, what it leaves, its containers and schedule.

    `state` is ordered, default, or open. Without a share of plasma an option of two fluids is named and not worked out:
    its segments are empty and `asks` says what is missing.
    """

    fluid: Text
    state: Literal["ordered", "default", "open"]
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...]
    cautions: tuple[Text, ...]
    asks: Text
    sequence: Text
    volume: VolumeResult
    plasma_share: float | None
    share_origin: Text
    segments: tuple[Segment, ...]
    left: tuple[Left, ...]
    dilution: Dilution | None
    containers: tuple[Containers, ...]
    schedule: tuple[Change, ...]


class ReplacementPlan(Record):
    """The options that are open, what was removed and why; `default` and `ordered` name one of the options or are None.

    `statement` says so where nothing safe is left. `notes` hold for every option; `conflicts` are disagreements:
    topic, one, the other, what is done here, sources. `blood_groups` are the groups of plasma that may be given.
    """

    options: tuple[Option, ...]
    products: tuple[ProductUsed, ...]
    removed: tuple[Reason, ...]
    default: Text | None
    ordered: Text | None
    statement: Text
    notes: tuple[Reason, ...]
    conflicts: tuple[tuple[Text, Text, Text, Text, Text], ...]
    blood_groups: tuple[Text, ...]


class Plan(NamedTuple):
    """One fluid as plain numbers: shares of the volume, stages in the order given, what the rules look at."""

    fluid: str
    stages: tuple[Stage, ...]
    plasma: float
    saline: float
    sequence: str
    holds: frozenset[str]
    asks: str
    consent: str
    fibrinogen_after: float
    fibrinogen_short: bool
    least_share: float
    plasma_rate: float = 0.0

    @property
    def plasma_percent(self) -> float:
        """The share of plasma in percent."""
        return 100 * self.plasma

    @property
    def has_plasma(self) -> bool:
        """There is plasma in it, whatever its share."""
        return self.fluid in (PLASMA, BOTH)

    @property
    def has_albumin(self) -> bool:
        """There is albumin in it."""
        return self.fluid in (ALBUMIN, BOTH)


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
    indication: str, exchange_volume: Any, plasma_volume: Any, duration: Any, *, fluid: Fluid | None = None,
    findings: Collection[str] = (), labs: Labs | None = None, age: Any = None, gestation: Any = None,
    ace_inhibitor: Any = None, daily: bool = False, calcium_planned: bool = False,
    products: Mapping[str, ProductValues] | None = None, limits: Mapping[str, Limit] | None = None,
) -> ReplacementPlan:  # fmt: skip
    """The fluids that are open for one exchange, each with reasons, what it leaves, containers and schedule.

    Parameters: indication (id), exchange_volume (patient plasma), plasma_volume (a volume, or an Interval such as
    `estimate_volumes(patient).plasma_volume`), duration (of the exchange); what is
    ordered of the fluid; findings (words of replacement.FINDINGS); labs; age and gestation (times); ace_inhibitor
    (time from its last dose to the exchange); daily (exchanges every day); products (own values by product id); limits
    (site limits). Scalars. Returns ReplacementPlan. Raises QuantityError. Predictions are by dilution alone, without
    refill from tissue and without synthesis. Sources: those of the rules.

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> plan = choose_replacement("ttp", Q(3, "L"), Q(2.5, "L"), Q(2, "h"), fluid=Fluid(blood_group="A"))
    >>> plan.default, [option.fluid for option in plan.options]
    ('plasma', ['plasma', 'albumin-then-plasma'])
    """
    from pexcalc.patient import AGE, GESTATION

    row = catalog.indication(indication) if isinstance(indication, str) else None
    for name, record, kind in (("fluid", fluid, Fluid), ("labs", labs, Labs)):
        if record is not None and not isinstance(record, kind):
            came = f"a value of type {type(record).__name__}"
            raise QuantityError(name, came, f"a record: pexcalc.{kind.__name__}(...)")
    if isinstance(findings, str) or not isinstance(findings, Collection):
        raise QuantityError("findings", f"a value of type {type(findings).__name__}", "words, such as ('bleeding',)")
    if row is None:
        wanted = "an id of the indication table"
        raise QuantityError(
            "indication", units.printable(str(indication)), wanted, catalog.indications_like(str(indication))
        )
    for finding in findings:
        if finding not in FINDINGS:
            near = catalog.nearest(str(finding), dict.fromkeys(FINDINGS))
            raise QuantityError("findings", units.printable(str(finding)), f"words out of {', '.join(FINDINGS)}", near)
    removed = EXCHANGE.one("exchange_volume", exchange_volume)
    ends = plasma_volume if isinstance(plasma_volume, Interval) else Interval(*(plasma_volume,) * 3)
    low, typical, high = (STATED_VOLUME.one("plasma_volume", end) for end in (ends.low, ends.typical, ends.high))
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
        facts, fluid or Fluid(), products or {}, {**catalog.limits(), **(limits or {})}, removed,
        Interval(removed / high, removed / typical, removed / low), RUN_TIME.one("duration", duration), basis,
        first_quantity(exchange_volume, ends.typical),
    ).plan  # fmt: skip


ACE = In("h", 0, 2160, "h", "the time from the last dose to the exchange", likely=("h", "d"))


def choose(
    facts: Facts, fluid: Fluid, own: Mapping[str, ProductValues], limits: Mapping[str, Limit], removed: float,
    multiple: Interval, hours: float, basis: dict[str, Basis], make: Any,
) -> Chosen:  # fmt: skip
    """The replacement step, for `removed` mL of plasma that are `multiple` plasma volumes, over some hours."""
    products = _products(fluid, own)
    case = _case(facts, fluid, limits)
    volume = removed * case.balance
    scene = _Scene(case, fluid, products, limits, volume, multiple, hours, basis, make)
    offered, default = _offered(case, scene)
    ordered = _ordered(fluid)
    plans = {name: scene.plan(name) for name in dict.fromkeys([*([ordered] if ordered else []), *offered])}
    in_force = plans.get(ordered or default or "")
    if in_force is not None and in_force.fluid == PLASMA and case.saline_share:
        came = f"{units.percent(case.saline_share, 1)} beside plasma alone"
        raise QuantityError("saline_share", came, "saline with --fluid albumin or albumin-then-plasma")
    options = tuple(
        scene.option(
            plan, "ordered" if name == ordered else "default" if name == default else "open",
            in_force is None or plan is in_force, facts.overridden,
        )
        for name, plan in plans.items()
        if name != STARCH
    )  # fmt: skip
    notes = [rule for rule in RULES if rule.effect == "note" and not rule.caution and rule.when(case)]
    speaking = [in_force] if in_force else list(plans.values())
    clashes = [row for row in CONFLICTS if any(row.when(case, plan) for plan in speaking)]
    plan = ReplacementPlan.model_construct(
        options=options,
        products=tuple(scene.used(kind, kind_own) for kind, kind_own in _in_use(plans.values(), products, own)),
        removed=tuple(_reason(rule) for rule in _barring(case, ordered)),
        default=default,
        ordered=ordered,
        statement="" if offered else NO_OPTION,
        notes=tuple(_reason(rule) for rule in notes if not rule.about),
        conflicts=tuple(_clash(row) for row in clashes),
        blood_groups=case.groups if any(plan.has_plasma for plan in plans.values()) else (),
    )
    plasma = {name: (volume * one.plasma, one.plasma_rate) for name, one in plans.items() if one.stages}
    broken = _breaches(case, in_force) if in_force else _in_all([_breaches(case, one) for one in plans.values()])
    if not offered and ordered is None:
        broken["no_option"] = NO_OPTION
    return Chosen(plan, broken, in_force, volume, plasma, products["plasma"].citrate, case.liver)


def _in_all(broken: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What every open option goes against: where no fluid is in force, no choice among them avoids it."""
    first = broken[0] if broken else {}
    return {name: value for name, value in first.items() if all(name in other for other in broken)}


def without_schedule(plan: ReplacementPlan) -> ReplacementPlan:
    """The plan of an order that a caution stops: nobody should hang a container by it."""
    options = tuple(option.model_copy(update={"schedule": ()}) for option in plan.options)
    return plan.model_copy(update={"options": options})


# --- the case and the products as plain facts -------------------------------------------------------------------------


def _case(facts: Facts, fluid: Fluid, limits: Mapping[str, Limit]) -> Any:
    """Everything that a condition may look at; what is not known is NaN, for which every comparison is false."""
    found = {_CALLED.get(word, word.replace("-", "_")): word in facts.findings for word in FINDINGS}
    row, labs = facts.indication, facts.labs or Labs()
    fibrinogen, potassium = _bare(FIBRINOGEN, labs.fibrinogen), labs.potassium
    potassium = math.nan if potassium is None else units.size(potassium, "mmol/L")
    low, mild = limits["fibrinogen-low"].low or 0.0, limits["fibrinogen-mild"].low or 0.0
    case = SimpleNamespace(
        **found,
        indication=row.id,
        listed=row.fluid,
        fibrinogen=math.nan if fibrinogen is None else fibrinogen,
        fibrinogen_limit=low,
        ace_hours=facts.ace_hours,
        gestation=facts.gestation,
        child=facts.age < 18,
        elderly=facts.age >= (limits["elderly"].high or 0.0),
        daily=facts.daily,
        calcium_planned=facts.calcium_planned,
        potassium_low=potassium < (limits["potassium-low"].low or 0.0),
        balance=_bare(BALANCE, fluid.balance) or 1.0,
        calcium_line=facts.calcium_line,
        saline_share=_bare(SHARE, fluid.saline_share) or 0.0,
        saline_warn=(limits["saline-warn"].high or 0.0) / 100,
        saline_strong=(limits["saline-strong"].high or 0.0) / 100,
        saline_stop=(limits["saline-stop"].high or 0.0) / 100,
        diluent=fluid.diluent,
        albumin_left=math.nan,
        albumin_stop=ALBUMIN_STOP,
        refused=fluid.refused,
    )
    case.labs = {"fibrinogen": fibrinogen, "igg": _bare(PROTEIN, labs.igg), "albumin": _bare(PROTEIN, labs.albumin)}
    case.bleeding |= case.dic
    case.dah |= row.id == "anti-gbm-dah"
    case.liver |= row.id in LIVER
    if fluid.albumin_strength is not None or case.saline_share:
        protein = catalog.products()[fluid.albumin or "albumin-5"].protein or 0.0
        strength = _bare(STRENGTH, fluid.albumin_strength) or protein / 1000
        case.albumin_left = round(100 * strength * (1 - case.saline_share), 9)
    risk = case.anticoagulated | case.bleeding | case.dah | case.surgery | case.biopsy | case.minor_procedure
    case.watched = risk | case.daily
    case.mildly_low = (case.fibrinogen < min(low, MILD_CEILING)) & (case.fibrinogen >= mild) & (risk == 0)
    reasons = [rule for rule in FLUIDS if rule.effect in ("choose", "open", "add") and PLASMA in rule.about]
    case.plasma_reason = (
        any(rule.when(case) for rule in reasons) or case.minor_procedure or row.fluid == "plasma-or-albumin"
    )
    case.plasma_listed = any(rule.effect == "choose" and rule.when(case) for rule in FLUIDS)
    words = [f"potassium {units.number(potassium, 1)} mmol/L"] if case.potassium_low else []
    words += [word for word, is_so in (("digoxin", case.digoxin), ("a QT risk", case.qt_risk)) if is_so]
    case.potassium_words = ", ".join(words)
    _blood_groups(case, row, fluid)
    return case


def _in_use(
    plans: Iterable[Plan], products: Mapping[str, Product], own: Mapping[str, ProductValues]
) -> list[tuple[Literal["albumin", "plasma", "saline"], bool]]:  # fmt: skip
    """The kinds of product that any plan gives, and whether the order has its own values for them."""
    held = set().union(*(plan.holds for plan in plans))
    saline = any(plan.saline > 0 for plan in plans)
    kinds: tuple[Literal["albumin", "plasma", "saline"], ...] = ("albumin", "plasma", "saline")
    return [(kind, products[kind].id in own) for kind in kinds if kind in held or (kind == "saline" and saline)]


def _barring(case: Any, ordered: str | None) -> list[FluidRule]:
    """The safety rules that remove something for this case; that of starch only where starch was asked for."""
    return [
        rule for rule in SAFETY if rule.effect == "bar" and rule.when(case) and (rule.id != "S7" or ordered == STARCH)
    ]


def _blood_groups(case: Any, row: Indication, fluid: Fluid) -> None:
    """Which plasma is compatible, and whether the stated one is. Unknown groups leave AB only."""
    two = "donor AND recipient" in row.fluid_note or fluid.donor_group is not None
    antigens = set(fluid.blood_group or "AB") | (set(fluid.donor_group or "AB") if two else set())
    case.groups = tuple(group for group in ("O", "A", "B", "AB") if antigens - {"O"} <= set(group))
    needed = set(fluid.blood_group or "AB") - {"O"}
    known = fluid.plasma_group is not None
    case.abo_mismatch = not needed <= set(fluid.plasma_group or "") if known else fluid.blood_group is None
    wrong = fluid.plasma_group not in case.groups if known else two and fluid.donor_group is None
    case.abo_two_mismatch = two and wrong
    parts = [f"plasma group {fluid.plasma_group or 'not entered'}", f"recipient {fluid.blood_group or 'not entered'}"]
    if two:
        parts.append(f"donor {fluid.donor_group or 'not entered'}")
    case.abo_words = f"{', '.join(parts)}; give {' or '.join(case.groups)}"


def _products(fluid: Fluid, own: Mapping[str, ProductValues]) -> dict[str, Product]:
    """The albumin, the plasma and the saline of this order, with the site's own values put in."""
    known = catalog.products()
    rows = {
        "albumin": known[fluid.albumin or "albumin-5"], "plasma": known[fluid.plasma or "fresh-frozen-plasma"],
        "saline": known["saline"],
    }  # fmt: skip
    for place, row in rows.items():
        values = own.get(row.id)
        if values is None:
            continue
        fibrinogen, citrate = _bare(FIBRINOGEN, values.fibrinogen), _bare(CITRATE, values.citrate)
        sizes = tuple(CONTAINER.one("containers", size) for size in values.containers)
        rows[place] = row._replace(
            fibrinogen=row.fibrinogen if fibrinogen is None else (fibrinogen,) * 3,
            citrate=row.citrate if citrate is None else (citrate,) * 3,
            containers=sizes or row.containers,
        )
    strength = _bare(STRENGTH, fluid.albumin_strength)
    if strength is not None:
        named = f"albumin {units.percent(strength, 2)} from {rows['albumin'].name.removeprefix('albumin ')}"
        rows["albumin"] = rows["albumin"]._replace(name=named, protein=1000 * strength, containers=())
    return rows


def _ordered(fluid: Fluid) -> str | None:
    """The fluid that is ordered: by name, or by a share of plasma."""
    share = _bare(SHARE, fluid.plasma_share)
    if fluid.choice or share is None:
        return fluid.choice
    return ALBUMIN if share == 0 else PLASMA if share == 1 else BOTH


def _offered(case: Any, scene: _Scene) -> tuple[list[str], str | None]:
    """The fluids that the rules leave open, and the default among them.

    The first rule that chooses rules; where the safety rules leave nothing of what it allows, nothing is offered.
    """
    bars = [rule for rule in SAFETY if rule.effect == "bar" and rule.when(case)]
    choosers = [rule for rule in FLUIDS if rule.effect in ("choose", "open", "add") and rule.when(case)]
    ruling = choosers[0]
    wanted = list(ruling.about)
    if ruling.id == "F1":
        wanted += [name for rule in FLUIDS if rule.id == "F1-listed" and rule.when(case) for name in rule.about]
    left = [name for name in wanted if not any(scene.contents(name).intersection(rule.about) for rule in bars)]
    default = None if ruling.effect == "open" or ruling.about[0] not in left else ruling.about[0]
    return left, default


# --- one plan after another -------------------------------------------------------------------------------------------


class _Scene:
    """What every plan of one order shares."""

    def __init__(
        self, case: Any, fluid: Fluid, products: dict[str, Product], limits: Mapping[str, Limit], volume: float,
        multiple: Interval, hours: float, basis: dict[str, Basis], make: Any,
    ) -> None:  # fmt: skip
        self.case, self.fluid, self.products, self.limits = case, fluid, products, limits
        self.volume, self.multiple, self.hours, self.basis, self.make = volume, multiple, hours, basis, make

    def contents(self, name: str) -> frozenset[str]:
        """Kinds and products in a fluid, by which a safety rule removes it."""
        if name == STARCH:
            return frozenset([STARCH])
        kinds = {ALBUMIN: ("albumin",), PLASMA: ("plasma",), BOTH: ("albumin", "plasma")}[name]
        return frozenset(kinds) | {self.products[kind].id for kind in kinds}

    def plan(self, name: str) -> Plan:
        """The plan of one fluid: shares, stages, and the fibrinogen at its end."""
        if name == STARCH:
            return Plan(STARCH, (), 0, 0, "", self.contents(STARCH), "", "", math.nan, False, 0)
        share, asks = self.share_of(name)
        saline = self.case.saline_share if name != PLASMA else 0.0
        if share is not None and share + saline > 1:
            came = f"{units.percent(saline, 1)} saline beside {units.percent(share, 1)} plasma"
            raise QuantityError("saline_share", came, "shares that leave room for albumin")
        sequence = (self.fluid.sequence or "plasma-last") if name == BOTH else ""
        stages = self.stages(share, saline, sequence) if share is not None else ()
        after = self.level("fibrinogen", stages, 1, 1) if stages else math.nan
        short = after < self.case.fibrinogen_limit - 1e-9
        least = (self.limits["plasma-share"].low or 0.0) / 100
        plan = Plan(
            name, stages, math.nan if share is None else share, saline, sequence, self.contents(name), asks,
            self.consent(name), after, short, least,
        )  # fmt: skip
        return plan._replace(plasma_rate=self.stage_rate(plan) if stages else 0.0)

    def stage_rate(self, plan: Plan) -> float:
        """How fast plasma runs while it runs, in mL/min: it follows the removal, a mixed stage in part."""
        whole = self.volume / self.hours / 60
        shares = [
            sum(part.volume for part in stage if part.product == "plasma") / sum(part.volume for part in stage)
            for stage in plan.stages
        ]
        return whole * max(shares, default=0.0)

    def consent(self, name: str) -> str:
        """Products of a fluid that a Jehovah's Witness has neither accepted nor refused."""
        if not self.case.jehovahs_witness:
            return ""
        asked = [*self.fluid.accepted, *self.fluid.refused]
        return ", ".join(kind for kind in ("albumin", "plasma") if kind in self.contents(name) and kind not in asked)

    def share_of(self, name: str) -> tuple[float | None, str]:
        """The share of plasma: ordered, or what brings fibrinogen to the limit; else None and what to enter."""
        if name != BOTH:
            return (1.0 if name == PLASMA else 0.0), ""
        ordered = _bare(SHARE, self.fluid.plasma_share)
        if ordered is not None and 0 < ordered < 1:
            return ordered, ""
        last = self.fluid.sequence in (None, "plasma-last")
        needed = self.needed_share() if last and not self.case.plasma_listed else None
        if needed is not None:
            return needed, ""
        return None, "--plasma-share, such as 30 %"

    def needed_share(self) -> float | None:
        """The share of plasma, given last, that brings fibrinogen to the site limit; None where none does."""
        content = self.products["plasma"].fibrinogen
        start, multiple = self.case.fibrinogen, self.multiple.typical
        if math.isnan(start) or content is None or content[1] <= 0 or self.case.balance != 1:
            return None
        try:
            volumes = plasma_last_for(start, self.case.fibrinogen_limit, content[1], multiple)
        except QuantityError:
            return None
        return float(volumes / multiple)

    def stages(self, share: float, saline: float, sequence: str) -> tuple[Stage, ...]:
        """The stages in the order given, without those of no volume."""
        total = self.volume
        first = tuple(
            part
            for part in (Part("albumin", total * (1 - share - saline)), Part("saline", total * saline))
            if part.volume > 1e-9 * total
        )
        last = (Part("plasma", total * share),) if share else ()
        if sequence == "mixed":
            return ((*first, *last),)
        return tuple(stage for stage in ((last, first) if sequence == "plasma-first" else (first, last)) if stage)

    def content(self, solute: str, place: str, end: int) -> float:
        """What a product carries of a solute in g/L, at its low, typical or high end; NaN where it is not known."""
        product = self.products[place]
        if solute == "fibrinogen":
            return product.fibrinogen[end] if product.fibrinogen else math.nan
        if place == "plasma":
            carried = catalog.solute(solute).donor_plasma
            return carried.value if carried else math.nan
        return (product.protein or 0.0) if solute == "albumin" else 0.0

    def level(self, solute: str, stages: Sequence[Stage], volumes: int, end: int, start: float | None = None) -> float:
        """A level in g/L at the end, for the low, typical or high plasma volumes and product content."""
        ends = (self.multiple.low, self.multiple.typical, self.multiple.high)
        level = self.case.fibrinogen if start is None else start
        for passing, carried in self.passes(solute, stages, ends[volumes], end):
            level = segment_level.kernel(level, passing, carried)
        return float(level)

    def lowest(self, solute: str, stages: Sequence[Stage], start: float) -> float:
        """The lowest level at the start or at the end of a stage; within a stage a level only rises or only falls."""
        ends = [self.level(solute, stages[: number + 1], 1, 1, start) for number in range(len(stages))]
        return min(start, *ends)

    def passes(self, solute: str, stages: Sequence[Stage], multiple: float, end: int) -> list[tuple[float, float]]:
        """Each stage as plasma volumes that pass and what its fluid carries; with the balance put in.

        At a balance of b the plasma volume changes, and what passes is b/(b - 1) times the log of that change.
        """
        found, done, balance = [], 0.0, self.case.balance
        for stage in stages:
            volume = sum(part.volume for part in stage)
            carried = sum(part.volume * self.content(solute, part.product, end) for part in stage) / volume
            share = volume / self.volume
            passing = multiple * share
            if balance != 1:
                before, after = (1 + (balance - 1) * multiple * part for part in (done, done + share))
                if after <= 0.2:
                    came = f"{units.percent(balance, 1)} with {units.number(multiple, 2)} plasma volumes"
                    raise QuantityError("balance", came, "a balance that leaves more than a fifth of the plasma volume")
                passing = balance / (balance - 1) * math.log(after / before)
            found.append((passing, carried))
            done += share
        return found

    def left(self, solute: str, plan: Plan, sequence: str, labs: float | None) -> Left:
        """What one plan, in one sequence, leaves of a solute."""
        share = plan.plasma
        stages = plan.stages if sequence == plan.sequence else self.stages(share, plan.saline, sequence)
        grid = list(corners((0, 2), (0, 2)))
        kept = [self.kept(stages, volumes) for volumes in (0, 2)]
        known = all(self.content(solute, part.product, 1) >= 0 for stage in stages for part in stage)
        added = [self.level(solute, stages, n, c, 0.0) for n, c in grid] if known else []
        typical = self.level(solute, stages, 1, 1, 0.0) if known else 0.0
        if known:
            self.explain(solute, plan, sequence, stages, labs)
        after = None
        if known and labs is not None:
            ends = [self.level(solute, stages, n, c, labs) for n, c in grid]
            middle = self.level(solute, stages, 1, 1, labs)
            after = self.concentrations(min(*ends, middle), middle, max(*ends, middle))
        return Left.model_construct(
            solute=solute, sequence=sequence, kept=Interval(min(kept), self.kept(stages, 1), max(kept)),
            added=self.concentrations(min(*added, typical), typical, max(*added, typical)) if known else None,
            before=None if labs is None else give(self.make, labs, "g/L"), after=after,
            lowest=None if after is None or labs is None else give(self.make, self.lowest(solute, stages, labs), "g/L"),
        )  # fmt: skip

    def explain(
        self, solute: str, plan: Plan, sequence: str, stages: Sequence[Stage], labs: float | None
    ) -> None:  # fmt: skip
        """Note in the basis, stage by stage, how the level at the end came about; from 0 where it is not entered."""
        level = labs or 0.0
        passes = self.passes(solute, stages, self.multiple.typical, 1)
        for number, (passing, carried) in enumerate(passes, 1):
            path = ".".join(filter(None, ("replacement", plan.fluid, solute, sequence, f"stage-{number}")))
            level = work(self.basis, path, segment_level, initial=level, plasma_volumes=passing,
                         fluid_concentration=carried, sieving=1.0)  # fmt: skip

    def kept(self, stages: Sequence[Stage], volumes: int) -> float:
        """The fraction of the start that is left."""
        multiple = (self.multiple.low, self.multiple.typical, self.multiple.high)[volumes]
        return math.exp(-sum(passing for passing, _ in self.passes("igg", stages, multiple, 1)))

    def concentrations(self, low: float, typical: float, high: float) -> Interval:
        """An interval of concentrations in the caller's registry."""
        return Interval(*(give(self.make, end, "g/L") for end in (low, typical, high)))

    def option(
        self, plan: Plan, state: Literal["ordered", "default", "open"], in_force: bool, overridden: Collection[str]
    ) -> Option:  # fmt: skip
        """The record of one plan; the schedule only where nothing else is in force and nothing stops it."""
        case, labs = self.case, self.case.labs
        worked = bool(plan.stages)
        share = None if not worked else plan.plasma
        sequences = SEQUENCES if plan.fluid == BOTH else (plan.sequence,)
        names = {place: product.name for place, product in self.products.items()}
        left = [
            self.left(solute, plan, sequence, labs[solute])
            for solute in SHOWN for sequence in sequences
        ] if worked else []  # fmt: skip
        containers, sizes = self.containers(plan)
        raised = check(_breaches(case, plan), self.limits)
        stopped = [one.code for one in raised if one.severity == "stop" and one.code not in overridden]
        hung = worked and in_force and not stopped
        return Option.model_construct(
            fluid=plan.fluid, state=state,
            reasons=tuple(
                _reason(rule) for rule in FLUIDS if plan.fluid in rule.about and rule.when(case)
            ),
            against=tuple(_reason(rule) for rule in RULES if rule.caution and rule.when(case) and rule.against(plan)),
            cautions=tuple(dict.fromkeys(f"{caution.severity.upper()} {caution.code}" for caution in raised)),
            asks=plan.asks, sequence=plan.sequence, volume=give(self.make, self.volume, "mL"), plasma_share=share,
            share_origin=self.share_origin(plan),
            segments=tuple(
                Segment.model_construct(
                    stage=number, product=names[part.product], volume=give(self.make, part.volume, "mL"),
                    share=part.volume / self.volume,
                )
                for number, stage in enumerate(plan.stages, 1) for part in stage
            ),
            left=tuple(left), dilution=self.dilution(plan), containers=containers,
            schedule=tuple(self.changes(plan, sizes, names)) if hung else (),
        )  # fmt: skip

    def share_origin(self, plan: Plan) -> str:
        """Where the share of plasma comes from, in words."""
        if plan.fluid != BOTH or not plan.stages:
            return ""
        if self.fluid.plasma_share is not None:
            return "ordered"
        limit = units.number(self.case.fibrinogen_limit, 2)
        return f"brings fibrinogen to {limit} g/L at the end, with plasma of typical content"

    def containers(self, plan: Plan) -> tuple[tuple[Containers, ...], dict[str, float]]:
        """Sizes compared for each product of a plan, plasma first, and the size to hang of each."""
        volumes: dict[str, float] = {}
        for stage in plan.stages:
            for part in stage:
                volumes[part.product] = volumes.get(part.product, 0.0) + part.volume
        found: list[Containers] = []
        sizes: dict[str, float] = {}
        for place in ("plasma", "albumin", "saline"):
            if place not in volumes:
                continue
            product, ordered = self.products[place], getattr(self.fluid, f"{place}_container")
            rows = compared(product.name, volumes[place], product.containers, _bare(CONTAINER, ordered), self.make)
            found += rows
            used = [row for row in rows if row.used]
            if used:
                sizes[place] = units.size(used[0].size, "mL")
        return tuple(found), sizes

    def changes(self, plan: Plan, sizes: Mapping[str, float], names: Mapping[str, str]) -> list[Change]:
        """The change-over schedule of a plan, with the products by name."""
        rows = schedule(plan.stages, sizes, self.hours, self.make)
        return [row.model_copy(update={"product": names[row.product]}) for row in rows]

    def used(self, kind: Literal["albumin", "plasma", "saline"], own: bool) -> ProductUsed:
        """The product of a kind with what is taken of it."""
        row = self.products[kind]

        def span(ends: tuple[float, float, float] | None, unit: str) -> Interval | None:
            return None if ends is None else Interval(*(give(self.make, end, unit) for end in ends))

        return ProductUsed.model_construct(
            kind=kind, name=row.name, own=own,
            origin="assumed" if kind != "saline" and getattr(self.fluid, kind) is None else "entered",
            fibrinogen=span(row.fibrinogen, "g/L"), citrate=span(row.citrate, "mmol/L"),
            igg=give(self.make, self.content("igg", kind, 1), "g/L"),
            albumin=give(self.make, self.content("albumin", kind, 1), "g/L"), source=row.source,
        )  # fmt: skip

    def dilution(self, plan: Plan) -> Dilution | None:
        """How a concentrate is diluted, for a plan with albumin from one."""
        strength = _bare(STRENGTH, self.fluid.albumin_strength)
        volume = sum(part.volume for stage in plan.stages for part in stage if part.product == "albumin")
        if strength is None or not volume or self.fluid.albumin is None or self.fluid.diluent is None:
            return None
        row = catalog.products()[self.fluid.albumin]
        concentrate = volume * strength / ((row.protein or 0.0) / 1000)
        return Dilution.model_construct(
            product=row.name, concentrate=give(self.make, concentrate, "mL"),
            diluent=give(self.make, volume - concentrate, "mL"), diluted_with=self.fluid.diluent,
            parts=(volume - concentrate) / concentrate, strength=strength,
        )  # fmt: skip


def _breaches(case: Any, plan: Plan) -> dict[str, Any]:
    """For each rule with a caution that a plan goes against, the fact that its caution prints."""
    found: dict[str, Any] = {}
    for rule in RULES:
        if rule.caution and rule.when(case) and rule.against(plan):
            found[f"rule_{rule.id}"] = _shown(rule.shows, case, plan)
    return found


def _shown(name: str, case: Any, plan: Plan) -> Any:
    """The value that a caution prints: a fact of the plan or of the case, else the fluid in words."""
    if not name:
        return plan.fluid.replace("-", " ")
    value = getattr(plan, name) if hasattr(plan, name) else getattr(case, name)
    return 100 * value if name == "saline_share" else value


def _reason(rule: FluidRule) -> Reason:
    return Reason.model_construct(rule=rule.id, reason=rule.reason, source=rule.source, strength=rule.strength)


def _clash(row: Conflict) -> tuple[str, str, str, str, str]:
    return row.topic, row.one, row.other, row.handling, ", ".join(row.sources)


def _bare(spec: In, value: Any) -> float | None:
    return None if value is None else spec.one("value", value)


def _product_named(name: str, product: str | None, kinds: tuple[str, ...]) -> str | None:
    rows = catalog.products()
    if product is not None and (product not in rows or rows[product].kind not in kinds):
        known = {key: row for key, row in rows.items() if row.kind in kinds}
        near = catalog.nearest(product, known)
        raise QuantityError(name, units.printable(product) or "nothing", f"a product: {', '.join(known)}", near)
    return product
