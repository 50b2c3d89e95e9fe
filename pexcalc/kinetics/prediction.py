"""Range of a predicted level for one patient: after a session, over a course, at later hours.

Bare numbers: levels as fractions of the level before the first session, hours, rates per hour,
plasma volumes. Two factors carry what the compartments do not know of a patient: `eta` multiplies
the ordered plasma volumes, `rho` the clock between sessions. Trap: eta contains the error of the
plasma volume, so a range of the plasma volume is never varied beside it.

The ranges describe published group means; their coverage for single patients is argued, not
shown. What a patient's own levels change is in learning.py; solutes whose production is the disease
are in scenarios.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pexcalc.kinetics.compartments import pick
from pexcalc.kinetics.trajectory import CoursePlan, Trajectory, Turnover, TurnoverRates, trajectory
from pexcalc.kinetics.turnover import MOST_SESSIONS
from pexcalc.quantities.formula import Value, math_for

RETURNED = 1e-9  # derived: closer to the start than this a level has returned
SMALLEST = 1e-300  # derived: keeps logarithms finite
DAY_HOURS = 24.0  # derived: hours
UNDONE_SHARE = 0.9  # derived: share of the fall that the return time undoes


# --- the range of one patient ---------------------------------------------------------------------


class LevelRange(NamedTuple):
    """Low end, typical value and high end of a 90 % range for one patient."""

    low: Value
    typical: Value
    high: Value


class Spread(NamedTuple):
    """The two factors as ranges: `eta` on plasma volumes, `rho` on the clock between sessions."""

    eta: LevelRange
    rho: LevelRange


BETWEEN_PATIENTS = Spread(
    eta=LevelRange(0.5, 1.0, 1.4),  # derived: 90 %, ten published series with 27 figures
    rho=LevelRange(0.3, 1.0, 2.0),  # judgement: 90 %, returns published between sessions
)


class LevelScale(NamedTuple):
    """Scale on which deviations are added; `to` gives a larger number for a lower value."""

    to: Callable[[Value, Any], Value]
    back: Callable[[Value, Any], Value]


def _double_log(level: Value, m: Any) -> Value:
    loss = -m.log(_at_least(level, SMALLEST, m))
    return m.log(_at_least(loss, SMALLEST, m))


LEVEL = LevelScale(_double_log, lambda g, m: m.exp(-m.exp(g)))
CARRIED = LevelScale(lambda level, m: -level, lambda g, m: _at_least(-g, 0.0, m))
TIME = LevelScale(lambda hours, m: -m.log(hours), lambda g, m: m.exp(-g))


def patient_range(center: Value, others: Iterable[Value], scale: LevelScale = LEVEL) -> LevelRange:
    """Combine deviations of a value, one at a time, into the range for one patient.

    Parameters
    ----------
    center : float or array
        The value at the center of everything that is uncertain.
    others : iterable of float or array
        The value with one input at an end of its range, for every end.
    scale : Scale
        LEVEL while the fluid carries none of the solute, CARRIED where it does, TIME for hours.

    Returns
    -------
    Range
        Deviations to each side are added as squares on the scale. A level that has returned to 1
        has no range: all three are the level.

    Examples
    --------
    >>> [round(end, 3) for end in patient_range(0.4, [0.6, 0.3, 0.45])]
    [0.3, 0.4, 0.605]
    """
    values = list(others)
    m = math_for(center, *values)
    middle = scale.to(center, m)
    lower = higher = 0.0 * middle
    for value in values:
        deviation = scale.to(value, m) - middle
        square = deviation * deviation
        lower, higher = lower + square * (deviation > 0), higher + square * (deviation < 0)
    low, high = scale.back(middle + m.sqrt(lower), m), scale.back(middle - m.sqrt(higher), m)
    varied = 1 - (center >= 1 - RETURNED) * (scale is LEVEL)
    low = pick((low < center) * varied, low, center, m)
    high = pick((high > center) * varied, high, center, m)
    return LevelRange(low, center, high)


def _at_least(value: Value, least: Value, m: Any) -> Value:
    return pick(value > least, value, least, m)


# --- a course, for every choice of what is uncertain ----------------------------------------------


class Until(NamedTuple):
    """Sessions until a level is below a target, at best, typically and at worst; None for never.

    `after`: the first session right after which plasma is below it. `before`: the first session
    before which plasma is below it. `body`: the first session after which the amount in the whole
    body is below it.
    """

    after: tuple[int | None, int | None, int | None]
    before: tuple[int | None, int | None, int | None]
    body: tuple[int | None, int | None, int | None]


class Forecast(NamedTuple):
    """Ranges of the levels of one solute over a course, from every choice of what is uncertain.

    The first of `runs` is the center. Methods return a Range of fractions of the start; a session
    is a number from 1.
    """

    turnover: Turnover
    plan: CoursePlan
    spread: Spread
    runs: tuple[Trajectory, ...]

    def after(self, session: int = 1) -> LevelRange:
        """Plasma level right after a session."""
        return self._combined([one.after[session - 1][0] for one in self.runs])

    def body_after(self, session: int) -> LevelRange:
        """Amount in the body right after a session."""
        return self._combined([one.body(one.after[session - 1]) for one in self.runs])

    def before(self, session: int) -> LevelRange:
        """Plasma level before a session."""
        found = self._combined([one.before[session - 1][0] for one in self.runs])
        return self._risen(found, self.after(session - 1)) if session > 1 else found

    def body_before(self, session: int) -> LevelRange:
        """Amount in the body before a session."""
        found = self._combined([one.body(one.before[session - 1]) for one in self.runs])
        return self._risen(found, self.body_after(session - 1)) if session > 1 else found

    def later(self, hours: Value, session: int | None = None) -> tuple[LevelRange, LevelRange]:
        """Plasma level and amount in the body some hours after a session, the last by default."""
        number = session or self.plan.sessions
        m = math_for(hours, *(value for one in self.runs for value in (*one.rates, one.eta)))
        states = [one.later(number, hours, m) for one in self.runs]
        plasma = self._combined([state[0] for state in states])
        body = self._combined([one.body(state) for one, state in zip(self.runs, states)])
        return (
            self._risen(plasma, self.after(number)),
            self._risen(body, self.body_after(number)),
        )

    def limit_before(self) -> LevelRange:
        """Plasma level before a session of a course without end."""
        found = self._combined([one.limits()[0][0] for one in self.runs])
        return self._risen(found, self.limit_after())

    def limit_after(self) -> LevelRange:
        """Plasma level after a session of a course without end."""
        return self._combined([one.limits()[1][0] for one in self.runs])

    def limit_body(self) -> LevelRange:
        """Amount in the body after a session of a course without end."""
        return self._combined([one.body(one.limits()[1]) for one in self.runs])

    def mean_level(self, horizon: Value = DAY_HOURS) -> LevelRange:
        """Mean plasma level over some hours from the start of the first session, with no second."""
        return self._combined([one.mean_level(self.plan, horizon) for one in self.runs])

    def return_time(self, share: float = UNDONE_SHARE) -> LevelRange | None:
        """Hours after the first session until a share of the fall is undone; scalars.

        None where the level has not fallen.
        """
        if any(one.after[0][0] >= 1 - RETURNED for one in self.runs):
            return None
        clock = {(one.rates, one.eta): one for one in self.runs}  # one clock is enough
        slow = {key: one.hours_back(share) * one.rho for key, one in clock.items()}
        times = [slow[one.rates, one.eta] / one.rho for one in self.runs]
        return patient_range(times[0], times[1:], TIME)

    def until(self, target: float) -> Until:
        """Sessions until the level is below a target (a fraction of the start); scalars.

        A level is not a treatment target here: no guideline sets one.
        """
        never = (self.limit_after(), self.limit_before(), self.limit_body())
        count = 8  # derived: sessions tried first
        while True:
            course = forecast(self.turnover, self.plan._replace(sessions=count), self.spread)
            numbers = range(1, count + 1)
            found = [
                _first([at(n) for n in numbers], target)
                for at in (course.after, course.before, course.body_after)
            ]
            missing = any(
                n is None and end < target
                for at, limit in zip(found, never)
                for n, end in zip(at, limit)
            )
            if not missing or count == MOST_SESSIONS:
                return Until(*found)
            count = min(4 * count, MOST_SESSIONS)

    @property
    def scale(self) -> LevelScale:
        """Scale on which the deviations of a level are added."""
        return CARRIED if self.plan.carried else LEVEL

    def _combined(self, values: list[Value]) -> LevelRange:
        return patient_range(values[0], values[1:], self.scale)

    def _risen(self, found: LevelRange, floor: LevelRange) -> LevelRange:
        """Between sessions a level only rises: its low end is not below that right after one."""
        if self.plan.carried:
            return found
        m = math_for(found.low, floor.low)
        return found._replace(low=_at_least(found.low, floor.low, m))


def forecast(turnover: Turnover, plan: CoursePlan, spread: Spread = BETWEEN_PATIENTS) -> Forecast:
    """Predict the levels of one solute over a course, with their ranges for one patient.

    Parameters
    ----------
    turnover : Turnover
        Of the solute, with the ends of its parameters.
    plan : Plan
        The sessions as ordered; scalars or arrays that broadcast.
    spread : Spread
        Of the two factors: BETWEEN_PATIENTS, or what the patient's own levels gave.

    Returns
    -------
    Forecast
        Valid from steady production before the first session.

    Notes
    -----
    The ranges describe published group means; for single patients they are argued, not shown.

    Examples
    --------
    >>> from pexcalc.kinetics.trajectory import SessionPart, two_compartments
    >>> igg = two_compartments((0.01, 0.03, 0.03), (0.45, 0.45, 0.45), (0.00279, 0.00306, 0.00306))
    >>> course = forecast(igg, CoursePlan((SessionPart(1.0, 2.0),), gap=46.0, sessions=6))
    >>> [round(100 * (1 - level)) for level in course.after(1)]
    [74, 62, 38]
    >>> course.until(0.3).after
    (1, 2, 7)
    """
    runs = (trajectory(rates, plan, eta, rho) for rates, eta, rho in choices_of(turnover, spread))
    return Forecast(turnover, plan, spread, tuple(runs))


def choices_of(turnover: Turnover, spread: Spread) -> list[tuple[TurnoverRates, Value, Value]]:
    """Rates, eta and rho: the center first, then each input at each end of its range."""
    (low, eta, high), (slow, rho, fast) = spread
    return [
        (turnover.typical, eta, rho),
        *((turnover.typical, end, rho) for end in (low, high)),
        *((turnover.typical, eta, end) for end in (slow, fast)),
        *((rates, eta, rho) for rates in turnover.ends),
    ]


def _first(levels: list[LevelRange], target: float) -> tuple[int | None, int | None, int | None]:
    """Number of the first range whose low end, typical value and high end are below the target."""
    best, typical, worst = (
        next((n for n, level in enumerate(levels, 1) if level[end] < target), None)
        for end in range(3)  # derived: the three of a range
    )
    return best, typical, worst
