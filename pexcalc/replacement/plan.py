"""Fluids in sequence as plain numbers: stages, levels after them, containers and schedule.

Which fluids there are, and for whom, is in choice.py.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from functools import partial
from itertools import chain, product
from typing import Literal, NamedTuple, Self

from pexcalc.data import solutes as solute_table
from pexcalc.data.products import Product
from pexcalc.data.products import products as product_table
from pexcalc.kinetics.case import PlasmaVolumes, Session
from pexcalc.kinetics.dilution import segment_level, volumes_passing
from pexcalc.kinetics.prediction import LevelRange
from pexcalc.kinetics.session_end import SessionEnd, StageContent, session_end
from pexcalc.order.fields import BALANCE, CONTAINER, SHARE, STRENGTH, bare
from pexcalc.order.treatment import SEQUENCES, Fluid
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.record import with_values
from pexcalc.quantities.working import Recorder
from pexcalc.replacement.containers import (
    Change,
    ContainerPlan,
    Containers,
    DoseToHang,
    Part,
    Stage,
    compared,
    container_plans,
    schedule,
    usual_sizes,
)
from pexcalc.replacement.results import Dilution, FluidSegment, Left, Option, ProductUsed, Reason
from pexcalc.rules.alerts.fibrinogen import OF_FIBRINOGEN
from pexcalc.rules.alerts.fluids import OF_FLUIDS
from pexcalc.rules.cautions import check
from pexcalc.rules.facts import Facts, FluidFacts
from pexcalc.rules.fibrinogen import end_facts, limit_of_end
from pexcalc.rules.fluids import FLUID_RULES, reasons_for
from pexcalc.rules.fluids.choice import plasma_is_listed
from pexcalc.rules.fluids.row import ALBUMIN, BOTH, PLASMA, STARCH, FluidRule

SHOWN = ("fibrinogen", "igg", "albumin")
KINDS = {ALBUMIN: ("albumin",), PLASMA: ("plasma",), BOTH: ("albumin", "plasma")}
ENDS = LOW, TYPICAL, HIGH = 0, 1, 2  # derived: places in (low, typical, high)
LEAST_PLASMA = 0.2  # judgement: a fifth of the plasma is left
PREDICTED_FROM = ("turnover-model", "sieberth-1999")
PREDICTED_LEVEL = (
    "{} of the level before (90 % range for one patient {} to {}) by the prediction, and what the "
    "fluid adds. The stages here are washout alone with the fluid balance: a bound"
)


class Plan(NamedTuple):
    """One calculated fluid: shares of the volume, stages in order, facts for the rules.

    Without a share of plasma a fluid of two is not calculated: it has no stages, and `asks` says
    what is missing.
    """

    fluid: str
    stages: tuple[Stage, ...]
    plasma: float
    saline: float
    sequence: str
    asks: str
    plasma_rate: float  # mL/min while it runs
    facts: FluidFacts


class _Ends(dict[str, SessionEnd]):
    """The prediction of each solute for one session, made when it is first asked for."""

    def __init__(self, at: PlasmaVolumes, session: Session) -> None:
        super().__init__()
        self._of = at, session

    def __missing__(self, solute: str) -> SessionEnd:
        found = self[solute] = session_end(solute, *self._of)
        return found


class Planner:
    """Calculates each fluid of one order; holds what all of them share."""

    def __init__(
        self,
        facts: Facts,
        fluid: Fluid,
        products: dict[str, Product],
        volume: float,
        multiple: Interval,
        hours: float,
        session: Session,
        plasma: float,
        record: Recorder,
    ) -> None:
        self.facts, self.fluid, self.products = facts, fluid, products
        self.volume, self.hours, self.record = volume, hours, record
        self.multiples = (multiple.low, multiple.typical, multiple.high)
        self.balance = bare(BALANCE, fluid.balance) or 1.0
        self.saline = bare(SHARE, fluid.saline_share) or 0.0
        self.check_balance()
        passing = volumes_passing(multiple.typical, self.balance)
        self.ends = _Ends(PlasmaVolumes(passing, plasma), session)

    def recording(self, record: Recorder) -> Self:
        """The same planner, with the working of what it does next elsewhere."""
        other = copy(self)
        other.record = record
        return other

    def contents(self, name: str) -> frozenset[str]:
        """Kinds and products in a fluid, by which a safety rule removes it; starch is a kind."""
        kinds = KINDS.get(name, ())
        rows = [self.products[kind] for kind in kinds]
        ids = chain.from_iterable((row.id, *row.judged_as) for row in rows)
        return frozenset((*kinds, *ids)) or frozenset([name])

    def plan(self, name: str) -> Plan:
        """One fluid: shares, stages, and the levels at its end that the rules look at."""
        facts = FluidFacts(name, self.contents(name))
        if name == STARCH:
            return Plan(name, (), 0, 0, "", "", math.nan, facts)
        sequence = (self.fluid.sequence or "plasma-last") if name == BOTH else ""
        saline = 0.0 if name == PLASMA else self.saline
        share, asks = self.share_of(name)
        facts = facts._replace(
            sequence=sequence,
            without_consent=self.without_consent(name),
            albumin_strength=self.albumin_strength(name, share or 0.0, saline),
        )
        if share is None:
            return Plan(name, (), math.nan, saline, sequence, asks, math.nan, facts)
        self.check_shares(share, saline)
        stages = self.stages(share, saline, sequence)
        facts = facts._replace(plasma=100 * share)
        if not math.isnan(self.fibrinogen):
            contents = self.stage_contents("fibrinogen", stages)
            low, after, high = self.ends["fibrinogen"].after(contents, self.fibrinogen)
            if not math.isnan(after):
                facts = facts._replace(fibrinogen_after=after, fibrinogen_range=(low, high))
        return Plan(name, stages, share, saline, sequence, asks, self.stage_rate(stages), facts)

    @property
    def fibrinogen(self) -> float:
        """Fibrinogen before the exchange in g/L; NaN where it is not known."""
        known = self.facts.labs.fibrinogen
        return math.nan if known is None else known

    def check_shares(self, share: float, saline: float) -> None:
        """Refuse saline and plasma that leave no part for albumin."""
        if saline and share + saline >= 1:
            got = f"{units.percent(saline, 1)} saline beside {units.percent(share, 1)} plasma"
            raise QuantityError(
                "saline_share", got, "shares that leave a part for albumin", kind="conflict"
            )

    def albumin_strength(self, name: str, share: float, saline: float) -> float | None:
        """Albumin in percent of all that is not plasma; None in a fluid without albumin."""
        if name == PLASMA:
            return None
        rest = 1 - share
        strength = (self.products["albumin"].protein or 0.0) / 10
        return round(strength * (rest - saline) / rest, 9)

    def stage_rate(self, stages: Sequence[Stage]) -> float:
        """How fast plasma runs while it runs, in mL/min.

        It follows the removal, in a mixed stage in part.
        """
        whole = self.volume / self.hours / 60
        return whole * max(volume_of(stage, "plasma") / volume_of(stage) for stage in stages)

    def without_consent(self, name: str) -> str:
        """Products of a fluid that a Jehovah's Witness has neither accepted nor refused."""
        if not self.facts.findings.jehovahs_witness:
            return ""
        asked = {*self.fluid.accepted, *self.fluid.refused}
        return ", ".join(kind for kind in KINDS[name] if kind not in asked)

    def share_of(self, name: str) -> tuple[float | None, str]:
        """The share of plasma: ordered, or bringing fibrinogen to its limit; else what to enter."""
        if name != BOTH:
            return float(name == PLASMA), ""
        ordered = bare(SHARE, self.fluid.plasma_share)
        if ordered is not None and 0 < ordered < 1:
            return ordered, ""
        listed = plasma_is_listed(self.facts)
        needed = None if listed else self.shares_needed()
        example = 60 if listed else 30  # derived: an example
        return needed, f"a share of plasma, such as {example} %" if needed is None else ""

    def shares_needed(self) -> float | None:
        """The share of plasma, given last, that brings fibrinogen to its limit.

        With bleeding or a major procedure the higher limit where plasma reaches it, and no less
        than what counts there.
        """
        limit = self.facts.low(limit_of_end(self.facts))
        limits = dict.fromkeys((limit, self.facts.low("fibrinogen-low")))
        needed = next(filter(None, map(self.needed_share, limits)), None)
        last = self.fluid.sequence in (None, "plasma-last")
        if not (self.facts.findings.needs_plasma_last and last):
            return needed
        stages = self.stages(self.least_share, self.saline, "plasma-last")
        least = self.level("fibrinogen", stages, self.fibrinogen)
        return self.least_share if round(least, 9) >= limit else needed

    @property
    def least_share(self) -> float:
        """The share of plasma that is the minimum with bleeding or a major procedure."""
        return self.facts.low("plasma-last-least") / 100

    def needed_share(self, limit: float) -> float | None:
        """The share of plasma, given last, that brings fibrinogen to a limit in g/L."""
        content = (self.products["plasma"].fibrinogen or (0.0, 0.0, 0.0))[TYPICAL]
        last = self.fluid.sequence in (None, "plasma-last")
        known = not math.isnan(self.fibrinogen) and content > 0
        if not (last and known and self.balance == 1):
            return None
        return self.ends["fibrinogen"].share_last(self.fibrinogen, limit, content)

    def stages(self, share: float, saline: float, sequence: str) -> tuple[Stage, ...]:
        """The stages in the order given, without those of no volume."""
        total = self.volume
        parts = (Part("albumin", total * (1 - share - saline)), Part("saline", total * saline))
        first = tuple(part for part in parts if part.volume > 1e-9 * total)
        last = (Part("plasma", total * share),) if share else ()
        in_order = {
            "mixed": ((*first, *last),),
            "plasma-first": (last, first),
        }.get(sequence, (first, last))
        return tuple(filter(None, in_order))

    def content(self, solute: str, place: str, end: int) -> float:
        """What a product carries of a solute in g/L, at its low, typical or high end.

        NaN where it is not known.
        """
        row = self.products[place]
        if solute == "fibrinogen":
            return row.fibrinogen[end] if row.fibrinogen else math.nan
        if place == "plasma":
            carried = solute_table.solute(solute).donor_plasma
            return carried.value if carried else math.nan
        return (row.protein or 0.0) if solute == "albumin" else 0.0

    def supplies(self, plan: Plan) -> dict[str, tuple[tuple[float, float], ...]]:
        """What the fluids of a plan carry of each solute whose level before is entered.

        Stage by stage: its share of the volume, and its level as a fraction of the patient's.
        """
        before = self.facts.labs._asdict()
        entered = [solute for solute in SHOWN if before[solute]]
        known = [solute for solute in entered if self.carried_is_known(solute, plan.stages)]
        shares = [volume_of(stage) / self.volume for stage in plan.stages]
        found = {}
        for solute in known:
            passes = self.passes(solute, plan.stages, self.multiples[TYPICAL], TYPICAL)
            levels = [carried / before[solute] for _, carried in passes]
            if any(levels):
                found[solute] = tuple(zip(shares, levels))
        return found

    def level(self, solute: str, stages: Sequence[Stage], start: float) -> float:
        """The typical level in g/L at the end; NaN where it or a content is not known."""
        return self.ends[solute].typical(self.stage_contents(solute, stages), start)

    def stage_contents(self, solute: str, stages: Sequence[Stage]) -> list[StageContent]:
        """The stages with what their fluid carries: low, typical and high."""
        passes = self.passes(solute, stages, self.multiples[TYPICAL], TYPICAL)
        whole = sum(passing for passing, _ in passes)
        return [
            StageContent(passing / whole, *(self.carried(solute, stage, end) for end in ENDS))
            for stage, (passing, _) in zip(stages, passes)
        ]

    def carried(self, solute: str, stage: Stage, end: int) -> float:
        """What the fluid of a stage carries in g/L, at one end of its content."""
        held = (part.volume * self.content(solute, part.product, end) for part in stage)
        return sum(held) / volume_of(stage)

    def check_balance(self) -> None:
        """Refuse a fluid balance that leaves too little plasma, at any of the plasma volumes."""
        left = {multiple: 1 + (self.balance - 1) * multiple for multiple in self.multiples}
        short = next((multiple for multiple in left if left[multiple] <= LEAST_PLASMA), None)
        if short is not None:
            raise QuantityError(
                "balance",
                f"{units.percent(self.balance, 1)} with {units.number(short, 2)} plasma volumes",
                "a balance that leaves more than a fifth of the plasma volume",
                kind="range",
            )

    def passes(
        self, solute: str, stages: Sequence[Stage], multiple: float, end: int
    ) -> list[tuple[float, float]]:
        """Each stage as plasma volumes that pass and what its fluid carries, by the balance.

        The plasma volume changes with the balance, so each stage passes another number of them.
        """
        found, done = [], 0.0
        for stage in stages:
            share = volume_of(stage) / self.volume
            before, after = (
                volumes_passing(multiple * part, self.balance) for part in (done, done + share)
            )
            found.append((after - before, self.carried(solute, stage, end)))
            done += share
        return found

    def left(self, solute: str, plan: Plan, sequence: str, before: float | None) -> Left:
        """What one plan, in one sequence, leaves of a solute."""
        stages = (
            plan.stages
            if sequence == plan.sequence
            else self.stages(plan.plasma, plan.saline, sequence)
        )
        end = self.ends[solute]
        added = after = lowest = None
        if self.carried_is_known(solute, stages):
            contents = self.stage_contents(solute, stages)
            added = self.interval(end.added(contents))
            self.record.later(
                f"replacement.{plan.fluid}.{solute}.{sequence}",
                partial(self.explain, solute, plan, sequence, stages, before),
            )
            if before is not None:
                after = self.interval(end.after(contents, before))
                lowest = self.record.quantity(end.lowest(contents, before), "g/L")
        return Left.model_construct(
            solute=solute,
            sequence=sequence,
            kept=Interval(*map(float, end.kept())),
            added=added,
            before=self.record.optional(before, "g/L"),
            after=after,
            lowest=lowest,
        )

    def carried_is_known(self, solute: str, stages: Sequence[Stage]) -> bool:
        """The content of every product in these stages is known."""
        kinds = {part.product for stage in stages for part in stage}
        return not any(math.isnan(self.content(solute, kind, TYPICAL)) for kind in kinds)

    def interval(self, level: LevelRange) -> Interval:
        """A level in g/L with its range, as a record has it."""
        return self.record.interval((level.low, level.typical, level.high), "g/L")

    def explain(
        self,
        solute: str,
        plan: Plan,
        sequence: str,
        stages: Sequence[Stage],
        labs: float | None,
        record: Recorder,
    ) -> None:
        """Note the prediction, and stage by stage washout alone, a bound.

        From 0 where the level before is not entered.
        """
        low, typical, high = (units.percent(end, 1) for end in self.ends[solute].kept())
        at = ".".join(filter(None, ("replacement", plan.fluid, solute, sequence, "predicted")))
        text = PREDICTED_LEVEL.format(typical, low, high)
        record.note(at, "prediction", text, *PREDICTED_FROM, *solute_table.solute(solute).sources)
        level = labs or 0.0
        passes = self.passes(solute, stages, self.multiples[TYPICAL], TYPICAL)
        for number, (passing, carried) in enumerate(passes, 1):
            names = ("replacement", plan.fluid, solute, sequence, f"stage-{number}")
            path = ".".join(filter(None, names))
            level = record.run(
                path,
                segment_level,
                initial=level,
                plasma_volumes=passing,
                fluid_concentration=carried,
                sieving=1.0,
            )

    def option(
        self,
        plan: Plan,
        state: Literal["ordered", "default", "open"],
        in_force: bool,
    ) -> Option:
        """The record of one plan; a schedule only if no other is in force and nothing stops it."""
        alone = self.facts._replace(end=end_facts(self.facts, (plan.facts,), (plan.facts,)))
        raised = check(alone, (plan.facts,), rules=(*OF_FIBRINOGEN, *OF_FLUIDS))
        stops = {one.id for one in raised if one.severity == "stop"}
        hung = plan.stages and in_force and stops <= self.facts.overridden
        names = {place: row.name for place, row in self.products.items()}
        containers, sizes = self.containers(plan)
        against = {one.id for one in raised}
        return Option.model_construct(
            fluid=plan.fluid,
            state=state,
            reasons=tuple(map(reason_of, reasons_for(self.facts, plan.fluid))),
            against=tuple(reason_of(rule) for rule in FLUID_RULES if rule.id in against),
            cautions=tuple(caution.id for caution in raised),
            asks=plan.asks,
            sequence=plan.sequence,
            volume=self.record.quantity(self.volume, "mL"),
            plasma_share=plan.plasma if plan.stages else None,
            share_origin=self.share_origin(plan),
            segments=self.segments(plan, names),
            left=self.all_left(plan),
            dilution=self.dilution(plan),
            containers=containers,
            plans=self.container_plans(plan, sizes, names),
            schedule=tuple(self.changes(plan, sizes, names)) if hung else (),
        )

    def segments(self, plan: Plan, names: Mapping[str, str]) -> tuple[FluidSegment, ...]:
        """The parts of a plan, stage by stage, with the products by name."""
        return tuple(
            FluidSegment.model_construct(
                stage=number,
                product=names[part.product],
                volume=self.record.quantity(part.volume, "mL"),
                share=part.volume / self.volume,
            )
            for number, stage in enumerate(plan.stages, 1)
            for part in stage
        )

    def all_left(self, plan: Plan) -> tuple[Left, ...]:
        """What a plan leaves of each solute; of two products in each sequence."""
        if not plan.stages:
            return ()
        before = self.facts.labs._asdict()
        sequences = SEQUENCES if plan.fluid == BOTH else (plan.sequence,)
        return tuple(
            self.left(solute, plan, sequence, before[solute])
            for solute, sequence in product(SHOWN, sequences)
        )

    def share_origin(self, plan: Plan) -> str:
        """The source of the share of plasma, in words."""
        if plan.fluid != BOTH or not plan.stages:
            return ""
        if self.fluid.plasma_share is not None:
            return "ordered"
        if self.facts.findings.needs_plasma_last and plan.plasma == self.least_share:
            return "the minimum with bleeding or a major procedure (judgement of this program)"
        limit = self.facts.low(limit_of_end(self.facts))
        reached = plan.facts.fibrinogen_after or 0.0
        if round(reached, 9) < limit:
            limit = self.facts.low("fibrinogen-low")
        shown = units.number(limit)
        return f"brings fibrinogen to {shown} g/L at the end, with plasma of typical content"

    def containers(self, plan: Plan) -> tuple[tuple[Containers, ...], dict[str, float]]:
        """Sizes compared for each product of a plan, plasma first, and the size to hang of each."""
        volumes = given_of(plan.stages)
        found: list[Containers] = []
        sizes: dict[str, float] = {}
        fill = self.volume - volumes.get("saline", 0.0)
        for place in filter(volumes.__contains__, ("plasma", "albumin", "saline")):
            row = self.products[place]
            ordered = bare(CONTAINER, getattr(self.fluid, f"{place}_container"))
            slack = 0.0 if place == "plasma" and len(volumes) > 1 else self.closeness * self.volume
            rows = compared(
                row.name, volumes[place], self.sizes(row), ordered, self.record, slack, fill
            )
            found += rows
            used = next((one for one in rows if one.used), None)
            if used is not None:
                sizes[place] = units.size(used.size, "mL")
                fill -= sizes[place] * used.count
        return tuple(found), sizes

    @property
    def closeness(self) -> float:
        """How far whole containers may differ from the dose, as a fraction of it."""
        return self.facts.high("container-rounding") / 100

    def sizes(self, row: Product) -> list[float]:
        """The container sizes of a product: the site's own, or the usual ones of the table."""
        listed = product_table().get(row.id)
        return usual_sizes(row.containers, listed is None or listed.containers != row.containers)

    def container_plans(
        self, plan: Plan, sizes: Mapping[str, float], names: Mapping[str, str]
    ) -> tuple[ContainerPlan, ...]:
        """The dose of a plan in containers, and whole containers down and up."""
        rates = {
            part.product: part.volume / volume_of(stage) for stage in plan.stages for part in stage
        }
        dose = DoseToHang(given_of(plan.stages), sizes, rates, self.multiples[TYPICAL], self.hours)
        return container_plans(dose, names, self.closeness, self.record)

    def changes(
        self, plan: Plan, sizes: Mapping[str, float], names: Mapping[str, str]
    ) -> list[Change]:
        """The change-over schedule of a plan, with the products by name."""
        rows = schedule(plan.stages, sizes, self.hours, self.record)
        return [with_values(row, product=names[row.product]) for row in rows]

    def used(self, kind: Literal["albumin", "plasma", "saline"], own: bool) -> ProductUsed:
        """The product of a kind with what is taken of it."""
        row = self.products[kind]

        def span(ends: tuple[float, float, float] | None, unit: str) -> Interval | None:
            return None if ends is None else self.record.interval(ends, unit)

        return ProductUsed.model_construct(
            kind=kind,
            name=row.name,
            own=own,
            origin="assumed"
            if kind != "saline" and getattr(self.fluid, kind) is None
            else "entered",
            fibrinogen=span(row.fibrinogen, "g/L"),
            citrate=span(row.citrate, "mmol/L"),
            igg=self.record.quantity(self.content("igg", kind, 1), "g/L"),
            albumin=self.record.quantity(self.content("albumin", kind, 1), "g/L"),
            source=row.source,
        )

    def dilution(self, plan: Plan) -> Dilution | None:
        """How a concentrate is diluted, for a plan with albumin from one."""
        volume = volume_of(chain(*plan.stages), "albumin")
        if self.fluid.diluent is None or not volume:
            return None  # only a concentrate has a diluent, and then a strength too
        strength = STRENGTH.one("albumin_strength", self.fluid.albumin_strength)
        row = self.products["concentrate"]
        concentrate = volume * strength / ((row.protein or 0.0) / 1000)
        return Dilution.model_construct(
            product=row.name,
            concentrate=self.record.quantity(concentrate, "mL"),
            diluent=self.record.quantity(volume - concentrate, "mL"),
            diluted_with=self.fluid.diluent,
            parts=(volume - concentrate) / concentrate,
            strength=strength,
        )


def given_of(stages: Iterable[Stage]) -> dict[str, float]:
    """The volume in mL of each product, in the order in which they are given."""
    volumes: dict[str, float] = {}
    for part in chain.from_iterable(stages):
        volumes[part.product] = volumes.get(part.product, 0.0) + part.volume
    return volumes


def volume_of(parts: Iterable[Part], *products: str) -> float:
    """The volume in mL of some products among these parts, or of all of them."""
    return sum(part.volume for part in parts if not products or part.product in products)


def reason_of(rule: FluidRule) -> Reason:
    """A rule as the sheet names it."""
    return Reason.model_construct(
        rule=rule.id, reason=rule.reason, source=rule.source, strength=rule.strength
    )
