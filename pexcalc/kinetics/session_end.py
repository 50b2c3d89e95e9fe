"""Level of one solute at the end of a session whose fluids may carry it, by the prediction.

Bare numbers: g/L, hours, shares of the exchange volume. The fluids add to a level in proportion to
what they carry, so what each stage adds is found once for every choice of what is uncertain. The
trap: the range for one patient contains the error of the plasma volume, so that is not varied
beside it.
"""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from pexcalc.data import solutes as solute_table
from pexcalc.kinetics.case import PlasmaVolumes, Session, case_of
from pexcalc.kinetics.compartments import stretch
from pexcalc.kinetics.prediction import CARRIED, Forecast, LevelRange, forecast, patient_range
from pexcalc.kinetics.trajectory import Trajectory, TurnoverRates, trajectory

NEAR_SHARE = 1e-12  # derived: a share of the volume at which the search for it ends


class StageContent(NamedTuple):
    """The fluid of one stage: its share of the volume, and g/L of a solute that it carries."""

    share: float
    low: float
    typical: float
    high: float


class SessionEnd(NamedTuple):
    """One solute over one session, at each choice of what is uncertain, the typical one first."""

    course: Forecast

    def kept(self) -> LevelRange:
        """What is left of the patient's own, as a fraction of the level before."""
        return self.course.after()

    def added(self, stages: Sequence[StageContent]) -> LevelRange:
        """What the fluids add to the level, in g/L."""
        return self._carried(stages, 0.0)

    def after(self, stages: Sequence[StageContent], before: float) -> LevelRange:
        """The level at the end, over the range for one patient and the content of the fluids."""
        if any(stage.high for stage in stages):
            return self._carried(stages, before)
        return LevelRange(*(before * end for end in self.kept()))

    def typical(self, stages: Sequence[StageContent], before: float) -> float:
        """The typical level at the end."""
        return _level_at_choice(self.course.runs[0], self.course, stages, before, "typical")

    def lowest(self, stages: Sequence[StageContent], before: float) -> float:
        """The lowest typical level at the start and at the end of a stage.

        Within a stage a level only rises or only falls.
        """
        shares = [stage.share for stage in stages]
        return min(
            before,
            *(self._part_way(stages[:number], before) for number in range(1, len(shares))),
            self.typical(stages, before),
        )

    def share_last(self, before: float, limit: float, content: float) -> float | None:
        """The share of a fluid, given last, with which the typical level ends at a limit.

        None where the level ends above the limit without that fluid, or below it with nothing else.
        """
        run = self.course.runs[0]
        wanted = (limit - before * _kept(run)) / content
        low, high = 0.0, 1.0
        if not _reach(run, self.course, low) < wanted < _reach(run, self.course, high):
            return None
        while high - low > NEAR_SHARE:
            middle = (low + high) / 2
            enough = _reach(run, self.course, middle) >= wanted
            low, high = (low, middle) if enough else (middle, high)
        return high

    def _carried(self, stages: Sequence[StageContent], before: float) -> LevelRange:
        center, *others = (
            _level_at_choice(run, self.course, stages, before, "typical")
            for run in self.course.runs
        )
        ends = (
            _level_at_choice(self.course.runs[0], self.course, stages, before, end)
            for end in ("low", "high")
        )
        return patient_range(center, [*others, *ends], CARRIED)

    def _part_way(self, stages: Sequence[StageContent], before: float) -> float:
        """The typical level at the end of the first stages."""
        done = sum(stage.share for stage in stages)
        (part,) = self.course.plan.parts
        short = part._replace(volumes=part.volumes * done, hours=part.hours * done)
        plan = self.course.plan._replace(parts=(short,))
        run = trajectory(self.course.turnover.typical, plan)
        scaled = [stage._replace(share=stage.share / done) for stage in stages]
        return _level_at_choice(run, self.course._replace(plan=plan), scaled, before, "typical")


def session_end(solute: str, at: PlasmaVolumes, session: Session) -> SessionEnd:
    """The prediction of one solute for a session whose fluid carries none of it."""
    case = case_of(solute_table.solute(solute), [at], session)
    return SessionEnd(forecast(case.turnover, case.plan(), case.spread))


def _kept(run: Trajectory) -> float:
    return float(run.after[0][0])


def _level_at_choice(
    run: Trajectory, course: Forecast, stages: Iterable[StageContent], before: float, end: str
) -> float:
    """The level at the end at one choice: what is left, and what each stage adds."""
    known = list(stages)
    left = [1 - done for done in accumulate((stage.share for stage in known), initial=0.0)]
    reached = [_reach(run, course, max(share, 0.0)) for share in left]
    added = (
        (first - last) * float(getattr(stage, end))
        for stage, (first, last) in zip(known, pairwise(reached))
    )
    return before * _kept(run) + sum(added)


def _reach(run: Trajectory, course: Forecast, share: float) -> float:
    """The level that the last share of the volume leaves of a fluid that carries 1, at one choice.

    The same device clears it meanwhile.
    """
    (part,) = course.plan.parts
    device = float(run.eta * part.volumes / part.hours)
    return _reach_within(run.rates, device, part.hours * share)


@lru_cache(maxsize=4096)
def _reach_within(rates: TurnoverRates, device: float, hours: float) -> float:
    """The same over the last hours; three sequences and both records ask for it again."""
    k12, k21, kel = rates
    return device * float(stretch(k12, k21, kel + device, hours, math).i11)
