"""One fluid after another as plain numbers: its stages, what it leaves, its containers and schedule, as an option.

Which fluids there are, and for whom, is in choice.py.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import product as corners
from typing import Any, Literal, NamedTuple

from pexcalc.data import products as product_table
from pexcalc.data import solutes as solute_table
from pexcalc.data.limits import Limit
from pexcalc.data.products import Product
from pexcalc.kinetics.dilution import plasma_last_for, segment_level
from pexcalc.order.fields import CONTAINER, SHARE, STRENGTH, bare
from pexcalc.order.treatment import SEQUENCES, Fluid
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import give
from pexcalc.quantities.record import with_values
from pexcalc.quantities.working import Basis, work
from pexcalc.replacement.containers import Change, Containers, Part, Stage, compared, schedule
from pexcalc.replacement.results import Dilution, Left, Option, ProductUsed, Reason, Segment
from pexcalc.rules.cautions import check
from pexcalc.rules.fluid_rules import ALBUMIN, BOTH, FLUIDS, PLASMA, RULES, STARCH, FluidRule

SHOWN = ("fibrinogen", "igg", "albumin")


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
    plasma_rate: float = math.nan  # mL/min while it runs
    albumin_left: float = math.nan  # percent, of all that is not plasma

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


class Scene:
    """What every plan of one order shares."""

    def __init__(
        self,
        case: Any,
        fluid: Fluid,
        products: dict[str, Product],
        limits: Mapping[str, Limit],
        volume: float,
        multiple: Interval,
        hours: float,
        basis: dict[str, Basis],
        make: Any,
    ) -> None:
        self.case, self.fluid, self.products, self.limits = case, fluid, products, limits
        self.volume, self.multiple, self.hours, self.basis, self.make = (
            volume,
            multiple,
            hours,
            basis,
            make,
        )

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
        if share is not None and saline and share + saline >= 1:
            came = f"{units.percent(saline, 1)} saline beside {units.percent(share, 1)} plasma"
            raise QuantityError(
                "saline_share", came, "shares that leave a part for albumin", kind="conflict"
            )
        sequence = (self.fluid.sequence or "plasma-last") if name == BOTH else ""
        stages = self.stages(share, saline, sequence) if share is not None else ()
        after = self.level("fibrinogen", stages, 1, 1) if stages else math.nan
        short = after < self.case.fibrinogen_limit - 1e-9
        least = self.limits["plasma-share"].least / 100
        rest = 1 - (share or 0.0)
        strength = (self.products["albumin"].protein or 0.0) / 10
        left = strength * (rest - saline) / rest if name != PLASMA else math.nan
        return Plan(
            name,
            stages,
            math.nan if share is None else share,
            saline,
            sequence,
            self.contents(name),
            asks,
            self.consent(name),
            after,
            short,
            least,
            albumin_left=round(left, 9),
            plasma_rate=self.stage_rate(stages) if stages else math.nan,
        )

    def stage_rate(self, stages: Sequence[Stage]) -> float:
        """How fast plasma runs while it runs, in mL/min: it follows the removal, a mixed stage in part."""
        whole = self.volume / self.hours / 60
        return whole * max(
            sum(part.volume for part in stage if part.product == "plasma")
            / sum(part.volume for part in stage)
            for stage in stages
        )

    def consent(self, name: str) -> str:
        """Products of a fluid that a Jehovah's Witness has neither accepted nor refused."""
        if not self.case.jehovahs_witness:
            return ""
        asked = [*self.fluid.accepted, *self.fluid.refused]
        return ", ".join(
            kind
            for kind in ("albumin", "plasma")
            if kind in self.contents(name) and kind not in asked
        )

    def share_of(self, name: str) -> tuple[float | None, str]:
        """The share of plasma: ordered, or what brings fibrinogen to the limit; else None and what to enter."""
        if name != BOTH:
            return (1.0 if name == PLASMA else 0.0), ""
        ordered = bare(SHARE, self.fluid.plasma_share)
        if ordered is not None and 0 < ordered < 1:
            return ordered, ""
        last = self.fluid.sequence in (None, "plasma-last")
        needed = self.needed_share() if last and not self.case.plasma_listed else None
        if needed is not None:
            return needed, ""
        example = 60 if self.case.plasma_listed else 30  # derived: an example
        return None, f"--plasma-share, such as {example} %"

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
            for part in (
                Part("albumin", total * (1 - share - saline)),
                Part("saline", total * saline),
            )
            if part.volume > 1e-9 * total
        )
        last = (Part("plasma", total * share),) if share else ()
        if sequence == "mixed":
            return ((*first, *last),)
        return tuple(
            stage
            for stage in ((last, first) if sequence == "plasma-first" else (first, last))
            if stage
        )

    def content(self, solute: str, place: str, end: int) -> float:
        """What a product carries of a solute in g/L, at its low, typical or high end; NaN where it is not known."""
        product = self.products[place]
        if solute == "fibrinogen":
            return product.fibrinogen[end] if product.fibrinogen else math.nan
        if place == "plasma":
            carried = solute_table.solute(solute).donor_plasma
            return carried.value if carried else math.nan
        return (product.protein or 0.0) if solute == "albumin" else 0.0

    def level(
        self,
        solute: str,
        stages: Sequence[Stage],
        volumes: int,
        end: int,
        start: float | None = None,
    ) -> float:
        """A level in g/L at the end, for the low, typical or high plasma volumes and product content."""
        ends = (self.multiple.low, self.multiple.typical, self.multiple.high)
        level = self.case.fibrinogen if start is None else start
        for passing, carried in self.passes(solute, stages, ends[volumes], end):
            level = segment_level.kernel(level, passing, carried)
        return float(level)

    def lowest(self, solute: str, stages: Sequence[Stage], start: float) -> float:
        """The lowest level at the start or at the end of a stage; within a stage a level only rises or only falls."""
        ends = [
            self.level(solute, stages[: number + 1], 1, 1, start) for number in range(len(stages))
        ]
        return min(start, *ends)

    def passes(
        self, solute: str, stages: Sequence[Stage], multiple: float, end: int
    ) -> list[tuple[float, float]]:
        """Each stage as plasma volumes that pass and what its fluid carries; with the balance put in.

        At a balance of b the plasma volume changes, and what passes is b/(b - 1) times the log of
        that change.
        """
        found, done, balance = [], 0.0, self.case.balance
        for stage in stages:
            volume = sum(part.volume for part in stage)
            carried = (
                sum(part.volume * self.content(solute, part.product, end) for part in stage)
                / volume
            )
            share = volume / self.volume
            passing = multiple * share
            if balance != 1:
                before, after = (
                    1 + (balance - 1) * multiple * part for part in (done, done + share)
                )
                if after <= 0.2:  # judgement: a fifth of the plasma is left
                    came = f"{units.percent(balance, 1)} with {units.number(multiple, 2)} plasma volumes"
                    raise QuantityError(
                        "balance",
                        came,
                        "a balance that leaves more than a fifth of the plasma volume",
                        kind="range",
                    )
                passing = balance / (balance - 1) * math.log(after / before)
            found.append((passing, carried))
            done += share
        return found

    def left(self, solute: str, plan: Plan, sequence: str, labs: float | None) -> Left:
        """What one plan, in one sequence, leaves of a solute."""
        share = plan.plasma
        stages = (
            plan.stages if sequence == plan.sequence else self.stages(share, plan.saline, sequence)
        )
        grid = list(corners((0, 2), (0, 2)))
        kept = [self.kept(stages, volumes) for volumes in (0, 2)]
        known = all(
            self.content(solute, part.product, 1) >= 0 for stage in stages for part in stage
        )
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
            solute=solute,
            sequence=sequence,
            kept=Interval(min(kept), self.kept(stages, 1), max(kept)),
            added=self.concentrations(min(*added, typical), typical, max(*added, typical))
            if known
            else None,
            before=None if labs is None else give(self.make, labs, "g/L"),
            after=after,
            lowest=None
            if after is None or labs is None
            else give(self.make, self.lowest(solute, stages, labs), "g/L"),
        )

    def explain(
        self, solute: str, plan: Plan, sequence: str, stages: Sequence[Stage], labs: float | None
    ) -> None:
        """Note in the basis, stage by stage, how the level at the end came about; from 0 where it is not entered."""
        level = labs or 0.0
        passes = self.passes(solute, stages, self.multiple.typical, 1)
        for number, (passing, carried) in enumerate(passes, 1):
            path = ".".join(
                filter(None, ("replacement", plan.fluid, solute, sequence, f"stage-{number}"))
            )
            level = work(
                self.basis,
                path,
                segment_level,
                initial=level,
                plasma_volumes=passing,
                fluid_concentration=carried,
                sieving=1.0,
            )

    def kept(self, stages: Sequence[Stage], volumes: int) -> float:
        """The fraction of the start that is left."""
        multiple = (self.multiple.low, self.multiple.typical, self.multiple.high)[volumes]
        return math.exp(-sum(passing for passing, _ in self.passes("igg", stages, multiple, 1)))

    def concentrations(self, low: float, typical: float, high: float) -> Interval:
        """An interval of concentrations in the caller's registry."""
        return Interval(*(give(self.make, end, "g/L") for end in (low, typical, high)))

    def option(
        self,
        plan: Plan,
        state: Literal["ordered", "default", "open"],
        in_force: bool,
        overridden: Collection[str],
    ) -> Option:
        """The record of one plan; the schedule only where nothing else is in force and nothing stops it."""
        case, labs = self.case, self.case.labs
        worked = bool(plan.stages)
        share = None if not worked else plan.plasma
        sequences = SEQUENCES if plan.fluid == BOTH else (plan.sequence,)
        names = {place: product.name for place, product in self.products.items()}
        left = (
            [
                self.left(solute, plan, sequence, labs[solute])
                for solute in SHOWN
                for sequence in sequences
            ]
            if worked
            else []
        )
        containers, sizes = self.containers(plan)
        raised = check(breaches(case, plan), self.limits)
        stopped = [one.id for one in raised if one.severity == "stop" and one.id not in overridden]
        hung = worked and in_force and not stopped
        return Option.model_construct(
            fluid=plan.fluid,
            state=state,
            reasons=tuple(
                reason_of(rule) for rule in FLUIDS if plan.fluid in rule.about and rule.when(case)
            ),
            against=tuple(
                reason_of(rule)
                for rule in RULES
                if rule.caution and rule.when(case) and rule.against(plan)
            ),
            cautions=tuple(caution.id for caution in raised),
            asks=plan.asks,
            sequence=plan.sequence,
            volume=give(self.make, self.volume, "mL"),
            plasma_share=share,
            share_origin=self.share_origin(plan),
            segments=tuple(
                Segment.model_construct(
                    stage=number,
                    product=names[part.product],
                    volume=give(self.make, part.volume, "mL"),
                    share=part.volume / self.volume,
                )
                for number, stage in enumerate(plan.stages, 1)
                for part in stage
            ),
            left=tuple(left),
            dilution=self.dilution(plan),
            containers=containers,
            schedule=tuple(self.changes(plan, sizes, names)) if hung else (),
        )

    def share_origin(self, plan: Plan) -> str:
        """Where the share of plasma comes from, in words."""
        if plan.fluid != BOTH or not plan.stages:
            return ""
        if self.fluid.plasma_share is not None:
            return "ordered"
        limit = units.number(self.case.fibrinogen_limit)
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
            rows = compared(
                product.name,
                volumes[place],
                product.containers,
                bare(CONTAINER, ordered),
                self.make,
            )
            found += rows
            used = [row for row in rows if row.used]
            if used:
                sizes[place] = units.size(used[0].size, "mL")
        return tuple(found), sizes

    def changes(
        self, plan: Plan, sizes: Mapping[str, float], names: Mapping[str, str]
    ) -> list[Change]:
        """The change-over schedule of a plan, with the products by name."""
        rows = schedule(plan.stages, sizes, self.hours, self.make)
        return [with_values(row, product=names[row.product]) for row in rows]

    def used(self, kind: Literal["albumin", "plasma", "saline"], own: bool) -> ProductUsed:
        """The product of a kind with what is taken of it."""
        row = self.products[kind]

        def span(ends: tuple[float, float, float] | None, unit: str) -> Interval | None:
            return None if ends is None else Interval(*(give(self.make, end, unit) for end in ends))

        return ProductUsed.model_construct(
            kind=kind,
            name=row.name,
            own=own,
            origin="assumed"
            if kind != "saline" and getattr(self.fluid, kind) is None
            else "entered",
            fibrinogen=span(row.fibrinogen, "g/L"),
            citrate=span(row.citrate, "mmol/L"),
            igg=give(self.make, self.content("igg", kind, 1), "g/L"),
            albumin=give(self.make, self.content("albumin", kind, 1), "g/L"),
            source=row.source,
        )

    def dilution(self, plan: Plan) -> Dilution | None:
        """How a concentrate is diluted, for a plan with albumin from one."""
        strength = bare(STRENGTH, self.fluid.albumin_strength)
        volume = sum(
            part.volume for stage in plan.stages for part in stage if part.product == "albumin"
        )
        if (
            strength is None
            or not volume
            or self.fluid.albumin is None
            or self.fluid.diluent is None
        ):
            return None
        row = product_table.products()[self.fluid.albumin]
        concentrate = volume * strength / ((row.protein or 0.0) / 1000)
        return Dilution.model_construct(
            product=row.name,
            concentrate=give(self.make, concentrate, "mL"),
            diluent=give(self.make, volume - concentrate, "mL"),
            diluted_with=self.fluid.diluent,
            parts=(volume - concentrate) / concentrate,
            strength=strength,
        )


def breaches(case: Any, plan: Plan) -> dict[str, Any]:
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


def reason_of(rule: FluidRule) -> Reason:
    """A rule as the sheet names it."""
    return Reason.model_construct(
        rule=rule.id, reason=rule.reason, source=rule.source, strength=rule.strength
    )
