"""Containers: how many of which size, what is wasted, whole-container plans, the change-over.

Volumes are kept in full until here. The trap: a dose is given to the milliliter and the rest of its
last container is discarded; a whole-container plan delivers another volume, and says which.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Literal, NamedTuple

from pexcalc.quantities.annotations import HoursResult, VolumeResult
from pexcalc.quantities.given import given_or
from pexcalc.quantities.record import Flag, Number, Result, Text, Whole
from pexcalc.quantities.working import Recorder

# judgement program-judgement: the sizes in mL that are assumed where neither order nor site has one
USUAL_SIZES = (250.0, 500.0)

# judgement plausibility: more are not offered where a larger size exists; sixty are not practical
MOST = 20


class Containers(Result):
    """One size for one product: how many, and what is left over. `used` marks the size to hang."""

    product: Text
    size: VolumeResult
    count: Whole
    leftover: VolumeResult
    used: Flag


Containers.__module__ = "pexcalc"


class Change(Result):
    """One line of the change-over schedule: hang it when `before` mL of fluid have been given.

    `start` counts from the start of the exchange; `volume` is what is taken out of this container.
    """

    number: Whole
    product: Text
    container: VolumeResult
    start: HoursResult
    before: VolumeResult
    volume: VolumeResult


Change.__module__ = "pexcalc"


class ProductCount(Result):
    """Containers of one product in a plan: what they deliver, and what of the last is discarded.

    `last` is the volume that is given out of the last container, `every` how long a full one runs.
    """

    product: Text
    size: VolumeResult
    count: Whole
    volume: VolumeResult
    wasted: VolumeResult
    last: VolumeResult
    every: HoursResult


ProductCount.__module__ = "pexcalc"


class ContainerPlan(Result):
    """What is hung: the dose to the milliliter, or whole containers only, fewer or more of them.

    `plasma_volumes` are those that `volume` delivers, typical. `within` says that a plan differs
    from the dose by no more than the limit `container-rounding`, and is offered.
    """

    rounding: Literal["dose", "down", "up"]
    products: tuple[ProductCount, ...]
    count: Whole
    volume: VolumeResult
    plasma_volumes: Number
    wasted: VolumeResult
    duration: HoursResult
    within: Flag


ContainerPlan.__module__ = "pexcalc"


class Part(NamedTuple):
    """A volume in mL of one product; parts of one stage are given together, evenly."""

    product: str
    volume: float


Stage = tuple[Part, ...]


def number_of(volume: float, size: float) -> int:
    """Whole containers that cover a volume; a rounding error does not cost one more.

    >>> number_of(3369.6, 250), number_of(3000.0000000001, 250)
    (14, 12)
    """
    return max(0, math.ceil(volume / size - 1e-9))


def usual_sizes(sizes: Iterable[float], own: bool) -> list[float]:
    """The sizes to choose from: the site's own, or of those of the table 250 and 500 mL.

    >>> usual_sizes([50, 100, 250, 500], own=False), usual_sizes([50], own=True)
    ([250, 500], [50])
    """
    known = list(sizes)
    usual = [size for size in known if size in USUAL_SIZES]
    return known if own or not usual else usual


def offered(volume: float, sizes: Iterable[float]) -> list[float]:
    """The sizes worth comparing: those that take at most MOST containers, or the largest alone."""
    known = sorted(set(sizes))
    few = [size for size in known if number_of(volume, size) <= MOST]
    return few or known[-1:]


def compared(
    product: str,
    volume: float,
    sizes: Sequence[float],
    ordered: float | None,
    record: Recorder,
    slack: float = 0.0,
    fill: float | None = None,
) -> list[Containers]:
    """The sizes compared; hung is the ordered one, or else the one that wastes least.

    A size wastes nothing if whole containers of it deliver `fill`, or else the volume, within
    `slack`, all in mL.
    """
    known = [ordered] if ordered else offered(volume, sizes)
    if not known or volume <= 0:
        return []
    left = {size: max(0.0, number_of(volume, size) * size - volume) for size in known}
    wanted = given_or(fill, volume)
    least = {size: left[size] * (off_whole(wanted, size) > slack) for size in known}
    use = min(known, key=lambda size: (round(least[size], 6), -size))
    return [
        Containers.model_construct(
            product=product,
            size=record.quantity(size, "mL"),
            count=number_of(volume, size),
            leftover=record.quantity(left[size], "mL"),
            used=size == use,
        )
        for size in known
    ]


# --- plans ----------------------------------------------------------------------------------------


def whole_below(volume: float, size: float) -> float:
    """The volume of the whole containers that a dose empties."""
    return size * math.floor(volume / size + 1e-9)


def off_whole(volume: float, size: float) -> float:
    """How far a volume is from that of one or more whole containers, in mL.

    >>> off_whole(2283.0, 250), off_whole(2490.0, 250), off_whole(30.0, 250)
    (33.0, 10.0, 220.0)
    """
    below = whole_below(volume, size)
    above = abs(below + size - volume)
    return min(abs(volume - below), above) if below else above


class DoseToHang(NamedTuple):
    """What a plan is for: mL of each product in order, mL of its containers, and the whole fluid.

    `rates` are the shares of the flow that each product has while it runs.
    """

    volumes: Mapping[str, float]
    sizes: Mapping[str, float]
    rates: Mapping[str, float]
    plasma_volumes: float
    hours: float

    @property
    def total(self) -> float:
        """The volume of all products in mL."""
        return sum(self.volumes.values())

    @property
    def speed(self) -> float:
        """The flow of the fluid in mL/h."""
        return self.total / self.hours

    def whole(self, up: bool) -> dict[str, float] | None:
        """The volumes of whole containers; None where a product would have none.

        Plasma is rounded up first where other fluid is given with it, saline is given to the
        milliliter, and the rest is rounded.
        """
        filled = next((name for name in ("albumin", "plasma") if name in self.volumes), None)
        if filled is None:
            return None
        others = {name: volume for name, volume in self.volumes.items() if name != filled}
        if "plasma" in others:
            size = self.sizes["plasma"]
            others["plasma"] = size * number_of(others["plasma"], size)
        rest, size = self.total - sum(others.values()), self.sizes[filled]
        whole = size * number_of(rest, size) if up else whole_below(rest, size)
        return {**self.volumes, **others, filled: whole} if whole > 0 else None


def container_plans(
    dose: DoseToHang, names: Mapping[str, str], closeness: float, record: Recorder
) -> tuple[ContainerPlan, ...]:
    """The dose in containers, then whole containers down and up where they are another volume.

    Empty where the size of a product is not known.
    """
    if not dose.volumes or set(dose.volumes) - set(dose.sizes):
        return ()
    plans = [_plan("dose", dose.volumes, dose, names, closeness, record)]
    seen = [dose.volumes]
    for rounding in ("down", "up"):
        volumes = dose.whole(up=rounding == "up")
        if volumes is not None and not any(_same_volumes(volumes, other) for other in seen):
            seen.append(volumes)
            plans.append(_plan(rounding, volumes, dose, names, closeness, record))
    return tuple(plans)


def _same_volumes(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    return all(math.isclose(one[name], other[name], rel_tol=1e-9) for name in one)


def _plan(
    rounding: Literal["dose", "down", "up"],
    volumes: Mapping[str, float],
    dose: DoseToHang,
    names: Mapping[str, str],
    closeness: float,
    record: Recorder,
) -> ContainerPlan:
    counts = tuple(
        _count_of(names[place], volume, dose.sizes[place], dose.rates[place] * dose.speed, record)
        for place, volume in volumes.items()
    )
    total = sum(volumes.values())
    return ContainerPlan.model_construct(
        rounding=rounding,
        products=counts,
        count=sum(one.count for one in counts),
        volume=record.quantity(total, "mL"),
        plasma_volumes=dose.plasma_volumes * total / dose.total,
        wasted=record.quantity(_wasted(volumes, dose.sizes), "mL"),
        duration=record.quantity(dose.hours * total / dose.total, "h"),
        within=abs(total / dose.total - 1) <= closeness + 1e-9,
    )


def _wasted(volumes: Mapping[str, float], sizes: Mapping[str, float]) -> float:
    return sum(
        max(0.0, number_of(volume, sizes[place]) * sizes[place] - volume)
        for place, volume in volumes.items()
    )


def _count_of(
    product: str, volume: float, size: float, speed: float, record: Recorder
) -> ProductCount:
    """One product of a plan; `speed` in mL/h while it runs."""
    count = number_of(volume, size)
    return ProductCount.model_construct(
        product=product,
        size=record.quantity(size, "mL"),
        count=count,
        volume=record.quantity(volume, "mL"),
        wasted=record.quantity(max(0.0, count * size - volume), "mL"),
        last=record.quantity(min(size, volume - (count - 1) * size), "mL"),
        every=record.quantity(size / speed, "h"),
    )


# --- the schedule ---------------------------------------------------------------------------------


# derived: the most lines of a schedule
def schedule(
    stages: Sequence[Stage],
    sizes: Mapping[str, float],
    hours: float,
    record: Recorder,
    most: int = 400,
) -> list[Change]:
    """When each container is hung, with fluid at the rate of removal; empty without sizes.

    Where a stage gives two products together, the container hung next is that of the product
    furthest behind.
    """
    parts = [part for part in chain.from_iterable(stages) if part.volume > 0]
    if not parts or {part.product for part in parts} - sizes.keys():
        return []
    if sum(part.volume / sizes[part.product] for part in parts) > most:
        return []
    total = sum(part.volume for part in parts)
    changes: list[Change] = []
    before = 0.0
    for stage in stages:
        todo = {part.product: part.volume for part in stage if part.volume > 1e-9 * total}
        whole = dict(todo)
        while todo:
            product = min(
                todo, key=lambda name: (1 - todo[name] / whole[name], list(whole).index(name))
            )
            size = sizes[product]
            volume = min(size, todo[product])
            changes.append(
                Change.model_construct(
                    number=len(changes) + 1,
                    product=product,
                    container=record.quantity(size, "mL"),
                    start=record.quantity(hours * before / total, "h"),
                    before=record.quantity(before, "mL"),
                    volume=record.quantity(volume, "mL"),
                )
            )
            before += volume
            todo[product] -= volume
            if todo[product] <= 1e-9 * total:
                del todo[product]
    return changes
