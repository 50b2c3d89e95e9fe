"""A forecast updated with a patient's own levels: posterior of `eta` and `rho`.

A pair (level before and after one session) of a protein confined to plasma gives the patient's
factor on the plasma volume in closed form; a level before a later session gives the clock between
sessions. A measured factor changes the forecast, never the order: no dose is raised or lowered from
it. Nothing is learned from one patient for another, and nothing is stored. Trap: several proteins
of one session are one measurement of its factor, not several.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import product
from typing import NamedTuple

from pexcalc.kinetics.prediction import BETWEEN_PATIENTS, LevelRange, Spread
from pexcalc.kinetics.trajectory import CoursePlan, TurnoverRates, trajectory
from pexcalc.quantities import units
from pexcalc.quantities.errors import QuantityError, refuse_if
from pexcalc.quantities.formula import Value, math_for


class Normal(NamedTuple):
    """Mean and standard deviation of the logarithm of a factor."""

    mean: Value
    sd: Value


VOLUME_FACTOR = Normal(
    -0.16, 0.32
)  # derived: ten published series; between patients (judgement) added
CLOCK = Normal(-0.26, 0.58)  # judgement: the range of rho, 0.3 to 2, as a distribution
BETWEEN_SESSIONS = 0.10  # judgement: SD of ln eta from session to session of one patient
ASSAY = 0.06  # judgement: CV of one level where the order gives none
TAIL = 1.645  # derived: 90 % of a normal distribution
REFUSED = (0.25, 2.0)  # judgement: a measured factor outside is an error of tube, time or products
USUAL = (0.46, 1.60)  # derived: 95 % range of the forecast
AGREES = 0.3  # judgement: on ln eta, between two sessions
NODES, GRID_WIDTH = (15, 9), 3.5  # derived: nodes for eta and rho; half-width of the grid in SD

_BETWEEN = VOLUME_FACTOR.sd**2 - BETWEEN_SESSIONS**2  # between patients
_SHRINKAGE = _BETWEEN / VOLUME_FACTOR.sd**2  # of ln eta of a session toward that of the next
_OTHER_SESSION = _BETWEEN * BETWEEN_SESSIONS**2 / VOLUME_FACTOR.sd**2


# --- one pair, and several ------------------------------------------------------------------------


def log_eta(before: Value, after: Value, modeled: Value) -> Value:
    """Natural logarithm of the factor that one pair shows.

    Parameters
    ----------
    before, after : float or array
        Level before and after the session, in one unit.
    modeled : float or array
        Typical level after that session, as a fraction of that before it.

    Examples
    --------
    >>> round(log_eta(10.0, 4.5, 0.385), 3)
    -0.178
    """
    m = math_for(before, after, modeled)
    return m.log(-m.log(after / before)) - m.log(-m.log(modeled))


def assay_variance(before: Value, after: Value, cv: Value = ASSAY) -> Value:
    """Variance of `log_eta` from two assays of a coefficient of variation.

    Examples
    --------
    >>> round(assay_variance(10.0, 4.1) ** 0.5, 3)
    0.095
    """
    m = math_for(before, after, cv)
    return 2 * cv**2 / m.log(after / before) ** 2


class Pair(NamedTuple):
    """Level before and after one session (a number from 1); `modeled` as in `log_eta`."""

    session: int
    before: float
    after: float
    modeled: float
    cv: float = ASSAY

    @property
    def log_eta(self) -> float:
        """Natural logarithm of the factor that the pair shows."""
        return float(log_eta(self.before, self.after, self.modeled))


class Evidence(NamedTuple):
    """Mean of ln eta over sessions, its variance within the patient, the number of sessions."""

    mean: Value
    variance: Value
    sessions: int


def evidence_of(pairs: Iterable[Pair]) -> Evidence:
    """Average pairs: several proteins of one session first, then the sessions.

    Examples
    --------
    >>> pairs = [Pair(1, 10.0, 4.1, 0.385), Pair(1, 2.0, 0.82, 0.385), Pair(2, 6.0, 2.6, 0.40)]
    >>> evidence_of(pairs).sessions
    2
    """
    of: dict[int, list[Pair]] = {}
    for pair in pairs:
        of.setdefault(pair.session, []).append(pair)
    means = [sum(pair.log_eta for pair in some) / len(some) for some in of.values()]
    variances = [
        BETWEEN_SESSIONS**2
        + sum(assay_variance(pair.before, pair.after, pair.cv) for pair in some) / len(some) ** 2
        for some in of.values()
    ]
    count = len(of)
    return Evidence(sum(means) / count, sum(variances) / count**2, count)


def next_session(found: Evidence) -> Normal:
    """Posterior of ln eta of the next session from pairs alone, in closed form.

    Examples
    --------
    >>> learned = next_session(Evidence(-0.178, 0.10**2 + 0.095**2, 1))
    >>> round(learned.mean, 3), round(learned.sd, 2)
    (-0.175, 0.16)
    """
    weight = _BETWEEN / (_BETWEEN + found.variance)
    variance = weight * found.variance + BETWEEN_SESSIONS**2
    m = math_for(variance)
    return Normal(VOLUME_FACTOR.mean + weight * (found.mean - VOLUME_FACTOR.mean), m.sqrt(variance))


# --- levels before later sessions -----------------------------------------------------------------


class Returns(NamedTuple):
    """Levels of one solute before later sessions of a course.

    `levels` holds (session, level as a fraction of that before the first session, CV) for sessions
    from 2 on; `rates` are the typical ones of the solute, `plan` the course as it was run.
    `multiples` are the volumes of its sessions over those of the plan, where they differ.
    """

    rates: TurnoverRates
    plan: CoursePlan
    levels: tuple[tuple[int, float, float], ...]
    multiples: tuple[float, ...] = ()

    def log_likelihood(self, eta: float, rho: float) -> float:
        """How well the levels fit a factor of past sessions and a clock."""
        most = max(session for session, _, _ in self.levels)
        states = followed(self.rates, self.plan, self.multiples or (1.0,) * most, eta, rho)
        total = 0.0
        for session, level, cv in self.levels:
            modeled = math.log(states[session - 1][0])
            variance = 2 * cv**2 + (_OTHER_SESSION + BETWEEN_SESSIONS**2) * modeled**2
            total -= (math.log(level) - modeled) ** 2 / (2 * variance) + math.log(variance) / 2
        return total


def followed(
    rates: TurnoverRates,
    plan: CoursePlan,
    multiples: Sequence[float],
    eta: float = 1.0,
    rho: float = 1.0,
) -> list[tuple[float, float]]:
    """Plasma before and after each session of a course whose volumes are multiples of the plan's.

    Returns
    -------
    list of (before, after)
        As fractions of the level before the first session.

    Examples
    --------
    >>> from pexcalc.kinetics.trajectory import SessionPart, one_pool
    >>> plan = CoursePlan((SessionPart(1.0, 2.0),), gap=22.0)
    >>> [round(level, 2) for level in followed(one_pool(math.log(2) / 19), plan, (1, 1))[1]]
    [0.73, 0.29]
    """
    maps = {
        multiple: trajectory(rates, plan._replace(sessions=1), eta * multiple, rho)
        for multiple in dict.fromkeys(multiples)
    }
    found: list[tuple[float, float]] = []
    state: tuple[Value, Value] | None = None
    for multiple in multiples:
        one = maps[multiple]
        start = state or one.before[0]
        after = one.session.after(*start, 1.0)
        found.append((start[0], after[0]))
        state = one.gap.after(*after, one.inflow)
    return found


class Posterior(NamedTuple):
    """Posterior of the logarithms of both factors; `eta` is that of the next session."""

    eta: Normal
    rho: Normal

    @property
    def spread(self) -> Spread:
        """The factors with the ends of their 90 % range, as `forecast` takes them."""
        return Spread(*(_range(one) for one in self))


def _range(one: Normal) -> LevelRange:
    return LevelRange(*(math.exp(one.mean + end * one.sd) for end in (-TAIL, 0.0, TAIL)))


def posterior(found: Evidence | None, returns: Sequence[Returns] = ()) -> Posterior:
    """Posterior of both factors from pairs and from levels before later sessions.

    Without such levels it is the closed form beside the prior clock; with them it is a grid over
    (ln eta, ln rho), placed by the prior and then once more by what it found.

    Examples
    --------
    >>> both = posterior(Evidence(-0.178, 0.019, 1))
    >>> round(both.eta.sd, 2), both.rho.sd
    (0.16, 0.58)
    """
    if not returns:
        return Posterior(next_session(found) if found else VOLUME_FACTOR, CLOCK)
    coarse = _on_grid(found, returns, VOLUME_FACTOR, CLOCK)
    least = [GRID_WIDTH * one.sd / (n - 1) for one, n in zip((VOLUME_FACTOR, CLOCK), NODES)]
    return _on_grid(
        found,
        returns,
        *(one._replace(sd=max(one.sd, end)) for one, end in zip(coarse, least)),
    )


def _on_grid(
    found: Evidence | None, returns: Sequence[Returns], eta: Normal, rho: Normal
) -> Posterior:
    """The posterior on nodes around two centers."""
    places = [
        [one.mean + GRID_WIDTH * one.sd * (2 * place / (n - 1) - 1) for place in range(n)]
        for one, n in zip((eta, rho), NODES)
    ]
    nodes = list(product(*places))
    logs = [_log_posterior(found, returns, *node) for node in nodes]
    top = max(logs)
    weights = [math.exp(one - top) for one in logs]
    total = sum(weights)

    def moments(axis: int) -> Normal:
        mean = sum(w * node[axis] for w, node in zip(weights, nodes)) / total
        spread = sum(w * (node[axis] - mean) ** 2 for w, node in zip(weights, nodes)) / total
        return Normal(mean, math.sqrt(spread))

    return Posterior(moments(0), moments(1))


def _log_posterior(
    found: Evidence | None, returns: Sequence[Returns], eta: float, rho: float
) -> float:
    past = VOLUME_FACTOR.mean + _SHRINKAGE * (eta - VOLUME_FACTOR.mean)  # expected of past sessions
    total = -((eta - VOLUME_FACTOR.mean) ** 2) / (2 * VOLUME_FACTOR.sd**2)
    total -= (rho - CLOCK.mean) ** 2 / (2 * CLOCK.sd**2)
    if found:
        total -= (found.mean - past) ** 2 / (2 * (found.variance + _OTHER_SESSION))
    fits = [one.log_likelihood(math.exp(past), math.exp(rho)) for one in returns]
    return float(total + sum(fits))


# --- guard rails ----------------------------------------------------------------------------------


def check_solute(
    solute: str, field: str, *, grade: str, confined: bool, disturbed: bool, carried: bool
) -> None:
    """Refuse a solute from which the factor cannot be learned.

    Parameters
    ----------
    solute, field : str
        Id of the solute, and the path of the input.
    grade, confined : str, bool
        Evidence grade of its turnover; True for a plasma protein with a range for one patient.
    disturbed : bool
        DIC, HLH, CRS, sepsis, bleeding, liver failure, or heparin in the sample or the circuit.
    carried : bool
        True where the fluid of this order carries the solute.

    Raises
    ------
    QuantityError
        `confined` is False for every cytokine; in disturbed conditions only IgG and IgM are taken.
    """
    if not confined or grade != "A":
        raise QuantityError(
            field, solute, "a plasma protein of evidence grade A, such as IgG", kind="conflict"
        )
    if carried:
        raise QuantityError(
            field, solute, "a protein that the replacement fluid does not contain", kind="conflict"
        )
    refuse_if(
        disturbed and solute not in ("igg", "igm"),
        field,
        solute,
        "IgG or IgM: in DIC, HLH, CRS, sepsis, bleeding, liver failure or with heparin "
        "another protein would measure the disease",
        kind="conflict",
    )


def check_pair(pair: Pair, field: str) -> None:
    """Refuse a pair that no exchange explains.

    Raises
    ------
    QuantityError
        The level has not fallen, or the factor is outside 0.25 to 2.

    Examples
    --------
    >>> check_pair(Pair(1, 10.0, 4.1, 0.385), "measured[0]")
    """
    before, after = f"{field}.before", f"{field}.after"
    refuse_if(
        not 0 < pair.after < pair.before,
        after,
        units.number(pair.after, 4),
        f"more than 0 and less than the level before, {units.number(pair.before, 4)}",
        kind="conflict",
        fields=(before, after),
    )
    low, high = REFUSED
    factor = math.exp(pair.log_eta)
    if not low <= factor <= high:
        falls = (1 - pair.after / pair.before, 1 - pair.modeled)
        fall, modeled = (units.percent(one, 0) for one in falls)
        raise QuantityError(
            after,
            f"a fall of {fall} where {modeled} is predicted, a factor of {units.number(factor, 2)}",
            f"a factor of {low:g} to {high:g}; check tube, time of the sample, products given, "
            "bleeding",
            kind="range",
            fields=(before, after),
        )


def unusual(pairs: Sequence[Pair]) -> tuple[bool, ...]:
    """Mark the pairs that need a check before they are used.

    Returns
    -------
    tuple of bool
        True where the factor is outside 0.46 to 1.60 and no pair of another session agrees within
        0.3 on ln eta. Two proteins of one session share its tube and time: they do not confirm
        each other.

    Examples
    --------
    >>> unusual([Pair(1, 10.0, 7.0, 0.385), Pair(2, 10.0, 4.1, 0.385)])
    (True, False)
    """
    low, high = USUAL
    return tuple(
        not low <= math.exp(pair.log_eta) <= high
        and not any(
            other.session != pair.session and abs(other.log_eta - pair.log_eta) <= AGREES
            for other in pairs
        )
        for pair in pairs
    )


class Learned(NamedTuple):
    """What the levels of one patient gave.

    `posterior` is None where nothing was used; the forecast is then that without levels. `aside`
    are the places of pairs that were not used: they need a check (`unusual`) and then the order's
    confirmation. `sessions` counts those whose pairs were used.
    """

    posterior: Posterior | None
    sessions: int
    aside: tuple[int, ...]

    @property
    def spread(self) -> Spread:
        """The factors for the forecast; the forecast without levels is given beside it."""
        return self.posterior.spread if self.posterior else BETWEEN_PATIENTS


def learn(
    pairs: Sequence[Pair],
    returns: Sequence[Returns] = (),
    *,
    confirmed: bool | Sequence[bool] = False,
    field: str = "measured",
) -> Learned:
    """Learn both factors from the levels of one patient.

    Parameters
    ----------
    pairs : sequence of Pair
        Levels right after a session with those before it, of proteins that `check_solute` passes.
    returns : sequence of Returns
        Levels before later sessions.
    confirmed : bool or sequence of bool
        True where the order confirms unusual pairs, all of them or each by itself.
    field : str
        Path of the pairs in the order, for errors.

    Raises
    ------
    QuantityError
        A pair that no exchange explains (`check_pair`).

    Examples
    --------
    >>> found = learn([Pair(1, 10.0, 4.5, 0.385)])
    >>> found.sessions, round(found.spread.eta.typical, 2)
    (1, 0.84)
    """
    for place, pair in enumerate(pairs):
        check_pair(pair, f"{field}[{place}]")
    checked = [confirmed] * len(pairs) if isinstance(confirmed, bool) else confirmed
    marks = [mark and not known for mark, known in zip(unusual(pairs), checked)]
    used = [pair for pair, mark in zip(pairs, marks) if not mark]
    aside = tuple(place for place, mark in enumerate(marks) if mark)
    found = evidence_of(used) if used else None
    if not used and not returns:
        return Learned(None, 0, aside)
    return Learned(posterior(found, returns), found.sessions if found else 0, aside)
