"""Containers: how many of which size, what is left over, and when each is hung.

Volumes are kept in full until here; a number of containers is rounded up once, and always covers
the volume.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pexcalc.quantities.annotations import HoursResult, VolumeResult
from pexcalc.quantities.record import Flag, Result, Text, Whole
from pexcalc.quantities.working import Recorder

# judgement plausibility: more are not offered where a larger size exists; nobody hangs sixty
MOST = 20


class Containers(Result):
    """One size for one product: how many, and what is left over. `used` marks the size to hang."""

    product: Text
    size: VolumeResult
    count: Whole
    leftover: VolumeResult
    used: Flag


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


def offered(volume: float, sizes: Iterable[float]) -> list[float]:
    """The sizes worth comparing: those that take at most MOST containers, or the largest alone."""
    known = sorted(set(sizes))
    few = [size for size in known if number_of(volume, size) <= MOST]
    return few or known[-1:]


def compared(
    product: str, volume: float, sizes: Sequence[float], ordered: float | None, record: Recorder
) -> list[Containers]:
    """The sizes compared; hung is the ordered one, or else the one with the least left over."""
    known = [ordered] if ordered else offered(volume, sizes)
    if not known or volume <= 0:
        return []
    left = {size: max(0.0, number_of(volume, size) * size - volume) for size in known}
    use = min(known, key=lambda size: (round(left[size], 6), -size))
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
    parts = [part for stage in stages for part in stage if part.volume > 0]
    if not parts or any(part.product not in sizes for part in parts):
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
