"""Expected removal of one solute by one exchange: percent reduction, bounds, rebound, grade.

Everything here is a prediction of a model. Which model a solute gets and which values are varied is
in case.py. A plasma protein gets the range of one patient (prediction.py), a
solute whose production is the disease scenarios (scenarios.py), a production asked for by name the
interval of the parameters. The mathematics is in turnover.py and compartments.py, a course of
sessions in course.py.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from pexcalc.data import solutes as solute_table
from pexcalc.data.solutes import Solute
from pexcalc.kinetics.case import (
    REFERENCE_PLASMA,
    REFERENCE_WEIGHT,
    Case,
    PlasmaVolumes,
    ProductionName,
    RangeKind,
    Session,
    Supply,
    case_of,
    device_rate,
    ends,
    plan_of,
    value_if_known,
)
from pexcalc.kinetics.charts import draw_fall, new_axes
from pexcalc.kinetics.compartments import Phase, hours_until, phase, steady
from pexcalc.kinetics.dilution import SOME_MIXING, SOME_SIEVING, fraction_removed
from pexcalc.kinetics.learned_factors import LearnedFactors
from pexcalc.kinetics.learning import VOLUME_FACTOR
from pexcalc.kinetics.levels import (
    LevelSetting,
    PatientLevels,
    confirmed_levels,
    levels_given,
    patient_levels,
)
from pexcalc.kinetics.over_volumes import over_volumes, removal_figures
from pexcalc.kinetics.prediction import (
    BETWEEN_PATIENTS,
    DAY_HOURS,
    UNDONE_SHARE,
    LevelRange,
    Spread,
    forecast,
)
from pexcalc.kinetics.scenarios import Ends, scenarios
from pexcalc.kinetics.trajectory import (
    TurnoverRates,
    trajectory,
)
from pexcalc.kinetics.turnover import (
    EXCHANGED,
    fall_from_rates,
    fall_with_production,
    fast_rate,
    gap_between,
    slow_rate,
    turnover_half_life,
)
from pexcalc.order.fields import (
    ANY_WEIGHT,
    INTERVAL,
    PLASMA_PER_KG,
    RUN_TIME,
    SESSION,
    STATED_VOLUME,
)
from pexcalc.order.lookup import made_by_the_body, solute_named
from pexcalc.order.measured import MeasuredLevel
from pexcalc.quantities import units
from pexcalc.quantities.annotations import FullInterval, HoursInterval, Interval, PlainInterval
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import first_quantity
from pexcalc.quantities.given import if_given, words_if
from pexcalc.quantities.record import Fixed, Flag, Number, Result, Text
from pexcalc.quantities.units import Fraction, Quantity
from pexcalc.quantities.working import Basis, Recorder

# Production during the session, part by part in equal parts, and afterwards, as multiples of
# before.
PRODUCTION: Mapping[ProductionName, tuple[tuple[float, ...], float]] = {  # judgement plausibility
    "steady": ((1.0,), 1.0),
    "halved": ((0.5,), 0.5),
    "doubled": ((2.0,), 2.0),
    "rising": ((1.25, 1.5, 1.75, 2.0), 2.0),
}

# Kinetic classes by the turnover half-life in h. Source: the anchor of 1 h is sieberth-1999, the 12
# h are a judgement.
NEGLIGIBLE, LASTING = 1.0, 12.0  # judgement sieberth-1999

GRADES = {
    "A": "tracer or pharmacokinetics of the molecule itself in humans",
    "B": "pharmacokinetics of the given product, or an apparent value, in humans",
    "C": "not validated in humans for this solute",
    "D": "not validated in humans for this solute: very uncertain, no patient data",
}
# What each kind of range rests on.
RESTS_ON: Mapping[RangeKind, str] = {
    "patient": "the range for one patient rests on group means of ten published series; its "
    "coverage of single patients is argued, not shown",
    "scenarios": "a range over scenarios, not a 90 % range: the level depends on production",
    "parameters": "the interval of the parameters alone, the volumes assumed exact",
}
NOT_KNOWN_TO_HOLD = (
    "published group results range from a rise to a fall of 74 %, and the structure of the model "
    "is not known to hold"
)
AFTER_TOCILIZUMAB = "after tocilizumab the level rises by itself; it does not show the response"
NOT_IN_CAR_T = "model-based, not validated in CAR-T patients"


class SoluteRemoval(Result):
    """What one session does to one solute, as fractions of the level before it.

    Notes ----- A figure is None where nothing is known of it. `fall` is at the end of the session,
    with production, refill and clearance; a negative fall is a rise. `range` says what its ends
    are: "patient" for the 90 % range of one patient, the typical value by the equation; "scenarios"
    where production is the disease, over production that halves to doubles, never a 90 % range and
    without a typical value; "parameters" for a production asked for by name. `fall_by_parameters`
    is the interval of the parameters alone at steady production (or the one asked for), and
    `fall_of_series` where published series lie on average; both the volumes as ordered. Where
    measured levels of the patient are used, `fall` is the forecast with them and
    `fall_without_levels` the one without them; None where no level is used.

    `mean_fall`, of the mean over 24 hours from the start, follows the same range. `return_time_90`
    are the hours after the end until nine tenths of the fall are undone, with steady production;
    None where that is never so. At the volume as ordered: `dilution_only`, washout without
    production and return of what plasma held before; `ceiling`, what the fall tends to when the
    session goes on at this pace; `device_share` of all clearance while the session runs.
    `kinetic_class` is that of the turnover at steady production. `supply` holds the level in each
    fluid as a fraction of the patient's, with its share of the volume; empty where the fluid
    carries none.

    With `upper_bound` only a terminal half-life is known, and the other end of every interval is
    that of a solute that turns over at once: with steady production no fall.
    """

    solute: Text
    name: Text
    production: Literal[ProductionName, "any"]
    range: RangeKind
    fall: PlainInterval | None
    fall_without_levels: PlainInterval | None
    fall_by_parameters: PlainInterval | None
    fall_of_series: Number | None
    dilution_only: FullInterval
    ceiling: PlainInterval | None
    device_share: PlainInterval | None
    mean_fall: PlainInterval | None
    return_time_90: HoursInterval | None
    kinetic_class: Annotated[
        Text, Field(description="negligible, transient, lasting, a range of them, or unknown")
    ]
    upper_bound: Flag
    supply: Supply
    model: Text
    grade: Literal["A", "B", "C", "D"]
    statement: Text

    def plot(self, ax: Any = None) -> Any:
        """Draw the percent reduction with its range as one row; call again for more solutes.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; new axes without it.

        Returns
        -------
        matplotlib Axes
            With the reduction in percent. A solute of unknown turnover leaves it as it is.

        Raises
        ------
        ModuleNotFoundError
            If matplotlib is not installed: the extra `plot`.
        """
        axes = new_axes(ax)
        if self.fall is None:
            return axes
        fall = self.fall.m_as("%")
        return draw_fall(self.name, fall.low, fall.typical, fall.high, axes)


SoluteRemoval.__module__ = "pexcalc"


class Removal(SoluteRemoval):
    """Expected removal of one solute by one session, with its working.

    `learned` is what measured levels of the patient changed; None without any.
    """

    learned: LearnedFactors | None
    basis: Fixed[Basis]


Removal.__module__ = "pexcalc"


# --- one session ----------------------------------------------------------------------------------


class Outcome(NamedTuple):
    """What one session does at one choice of the uncertain values."""

    fall: float
    ceiling: float
    device_share: float
    mean_fall: float
    return_time_90: float | None
    half_life: float


NOTHING = (None,) * len(Outcome._fields)  # where there is no typical choice


def outcomes(
    corners: Iterable[tuple[TurnoverRates, PlasmaVolumes]], session: Session
) -> list[Outcome]:
    """What one session does at each choice of the uncertain values, from steady state."""
    rests: dict[TurnoverRates, Phase] = {}
    found = []
    for rates, at in corners:
        rest = rests.get(rates)
        if rest is None:
            rest = rests[rates] = phase(*rates, DAY_HOURS - session.hours)
        found.append(_outcome(rates, at, session, rest))
    return found


def outcome(rates: TurnoverRates, at: PlasmaVolumes, session: Session) -> Outcome:
    """The same for one choice."""
    return outcomes([(rates, at)], session)[0]


def _outcome(rates: TurnoverRates, at: PlasmaVolumes, session: Session, rest: Phase) -> Outcome:
    """One session in closed form; `rest` is the time after it without exchange."""
    afterwards = PRODUCTION[session.production][1]
    tissue, inflow = steady(*rates)
    device = device_rate(at, session)
    plasma, area = 1.0, 0.0
    phases: dict[float, Phase] = {}
    for hours, factor, level in steps_of(session):
        during = phases.get(hours)
        if during is None:
            during = phases[hours] = phase(rates.k12, rates.k21, rates.kel + device, hours)
        fed = inflow * factor + at.exchanged / session.hours * level
        plasma, tissue, under = during.run(plasma, tissue, fed)
        area += under
    inflow *= afterwards
    fall = 1 - plasma
    target = 1 - (1 - UNDONE_SHARE) * fall
    tends_to = inflow + at.exchanged / session.hours * mean_supply(session)
    return Outcome(
        fall=fall,
        ceiling=1 - tends_to / (rates.kel + device),
        device_share=device / (rates.kel + device),
        mean_fall=1 - (area + rest.run(plasma, tissue, inflow)[2]) / DAY_HOURS,
        return_time_90=_hours_back(rates, inflow, plasma, tissue, target) if fall > 0 else None,
        half_life=math.log(2) / rates.kel,
    )


class Step(NamedTuple):
    """Part of a session of one production and one fluid: hours, multiple of production, level."""

    hours: float
    production: float
    level: float


def steps_of(session: Session, parts: int = 1) -> list[Step]:
    """The session in steps of one production and one fluid, in at least `parts` equal parts."""
    factors = PRODUCTION[session.production][0]
    count = max(parts, len(factors))
    if not session.supply:
        share = session.hours / count
        return [Step(share, factors[n * len(factors) // count], 0.0) for n in range(count)]
    found, levels = [], _fluid_ends(session.supply)
    edges = sorted({*(n / count for n in range(count + 1)), *(end for end, _ in levels)})
    for start, stop in pairwise(edges):
        factor = factors[min(int(start * len(factors)), len(factors) - 1)]
        level = next(level for end, level in levels if end >= stop)
        found.append(Step((stop - start) * session.hours, factor, level))
    return found


def _fluid_ends(supply: Supply) -> list[tuple[float, float]]:
    """Where each fluid ends, as a share of the session, with the level that it carries."""
    ends_of = [*accumulate(share for share, _ in supply[:-1]), 1.0]
    return [(end, level) for end, (_, level) in zip(ends_of, supply)]


def mean_supply(session: Session) -> float:
    """The level that the fluids carry, weighted by their shares of the volume."""
    return sum(share * level for share, level in session.supply)


def at_once(session: Session) -> Outcome:
    """The same for a solute that turns over without delay: its level is what production makes it.

    The other end of the interval of a solute of which only a terminal half-life is known.
    """
    parts, after = PRODUCTION[session.production]
    mean = (
        sum(parts) / len(parts) * session.hours + after * (DAY_HOURS - session.hours)
    ) / DAY_HOURS
    return Outcome(
        fall=1 - parts[-1],
        ceiling=1 - after,
        device_share=0.0,
        mean_fall=1 - mean,
        return_time_90=0.0 if session.production == "steady" else None,
        half_life=0.0,
    )


def _hours_back(
    rates: TurnoverRates, inflow: float, plasma: float, tissue: float, target: float
) -> float | None:
    """Hours after the session until plasma is back at a level; None where it never is."""
    if rates.k12:
        return hours_until(*rates, inflow, plasma, tissue, target)
    end = inflow / rates.kel
    return math.log((end - plasma) / (end - target)) / rates.kel if end > target else None


class Figures(NamedTuple):
    """What one session does, as intervals of fractions and of hours; None where not known."""

    fall: Interval | None = None
    without_levels: Interval | None = None
    by_parameters: Interval | None = None
    of_series: float | None = None
    ceiling: Interval | None = None
    device_share: Interval | None = None
    mean_fall: Interval | None = None
    return_time_90: Interval | None = None


def removal_of(case: Case, record: Recorder, said: str = "") -> SoluteRemoval:
    """The removal of one solute by one session, with its working; `said` is kept beside it too."""
    row, session = case.solute, case.session
    production = "any" if case.range == "scenarios" else session.production
    path = f"removal.{row.id}"
    if session.production != "steady":
        path = f"{path}.{session.production}"
    figures = FIGURES[case.range](case) if case.model else Figures()
    back = figures.return_time_90
    if case.model is not None:
        record.later(f"{path}.interval", lambda working: _explain(case, figures, path, working))
    return SoluteRemoval.model_construct(
        solute=row.id,
        name=row.name,
        production=production,
        range=case.range,
        fall=figures.fall,
        fall_without_levels=figures.without_levels,
        fall_by_parameters=figures.by_parameters,
        fall_of_series=figures.of_series,
        dilution_only=_dilution(case, record),
        ceiling=figures.ceiling,
        device_share=figures.device_share,
        mean_fall=figures.mean_fall,
        return_time_90=back and record.interval((back.low, back.typical, back.high), "h"),
        kinetic_class=kinetic_class(case.half_lives, case.upper_bound),
        upper_bound=case.upper_bound,
        supply=session.supply,
        model=case.model.name if case.model else "none: its turnover is not known",
        grade=row.grade,
        statement="; ".join(filter(None, (statement(case), said))),
    )


def _by_parameters(case: Case) -> Figures:
    """Intervals over all corners of the parameters, for a production asked for by name."""
    found = outcomes(case.corners, case.session)
    typical = outcome(*case.typical, case.session) if case.typical else NOTHING
    every = [*found, at_once(case.session)] if case.upper_bound else found
    known = zip(Outcome._fields, zip(*every), typical)
    spans = {name: _interval(values, middle) for name, values, middle in known}
    return Figures(
        fall=spans["fall"],
        by_parameters=spans["fall"],
        ceiling=spans["ceiling"],
        device_share=spans["device_share"],
        mean_fall=spans["mean_fall"],
        return_time_90=spans["return_time_90"],
    )


def _for_patient(case: Case) -> Figures:
    """The 90 % range for one patient, from the factors on plasma volumes and clock."""
    plan, turnover = case.plan(), case.turnover
    course = forecast(turnover, plan, case.spread)
    kept = [float(trajectory(rates, plan).after[0][0]) for rates, _ in case.corners]
    series = trajectory(turnover.typical, plan, math.exp(VOLUME_FACTOR.mean))
    back = course.return_time()
    physics = float(trajectory(turnover.typical, plan).after[0][0])
    share, ceiling = _as_ordered(case)
    return Figures(
        fall=as_fall(course.after()),
        without_levels=as_fall(forecast(turnover, plan).after()) if case.learned else None,
        by_parameters=_interval([1 - level for level in kept], 1 - physics),
        of_series=1 - series.after[0][0],
        mean_fall=as_fall(course.mean_level()),
        return_time_90=back and Interval(*back),
        device_share=share,
        ceiling=ceiling,
    )


def _over_scenarios(case: Case) -> Figures:
    """What production that halves to doubles may do, and what steady production does."""
    plan = case.plan()
    found = scenarios([rates for rates, _ in case.corners], plan, case.upper_bound)
    by_parameters = _falls(found.steady)
    if case.typical:
        typical = float(trajectory(case.typical[0], plan).after[0][0])
        by_parameters = replace(by_parameters, typical=1 - typical)
    back = found.return_time
    share, ceiling = _as_ordered(case)
    return Figures(
        fall=_falls(found.other),
        by_parameters=by_parameters,
        mean_fall=_falls(found.other_mean),
        return_time_90=back and Interval(back.low, None, back.high),
        device_share=share,
        ceiling=ceiling,
    )


FIGURES: Mapping[RangeKind, Callable[[Case], Figures]] = {
    "patient": _for_patient,
    "scenarios": _over_scenarios,
    "parameters": _by_parameters,
}


def as_fall(level: LevelRange) -> Interval:
    """The range of a level as that of a fall."""
    return Interval(1 - level.high, 1 - level.typical, 1 - level.low)


def _falls(level: Ends) -> Interval:
    return Interval(1 - level.high, None, 1 - level.low)


def _as_ordered(case: Case) -> tuple[Interval | None, Interval | None]:
    """Device share and ceiling at the volume as ordered, over the parameters."""
    device, carried = device_rate(case.volumes[0], case.session), mean_supply(case.session)
    fed = case.volumes[0].exchanged / case.session.hours * carried
    middle = case.typical and case.typical[0].kel
    kels = {rates.kel for rates, _ in case.corners}
    shares = [device / (kel + device) for kel in kels]
    ceilings = [(device - fed) / (kel + device) for kel in kels]
    if case.upper_bound:
        shares, ceilings = [*shares, 0.0], [*ceilings, 0.0]
    return (
        _interval(shares, middle and device / (middle + device)),
        _interval(ceilings, middle and (device - fed) / (middle + device)),
    )


def _interval(values: Sequence[float | None], typical: float | None) -> Interval | None:
    """Low, typical, high; None where a choice of the values gives no figure."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    every = [*known, *([typical] if typical is not None else [])]
    return Interval(min(every), typical, max(every))


def kinetic_class(half_lives: list[float], upper_bound: bool) -> str:
    """The class at both ends of the turnover half-life, in words."""
    if not half_lives:
        return "unknown"
    low, high = (_class(end) for end in (min(half_lives), max(half_lives)))
    if upper_bound and low != "negligible":
        return f"up to {high}"
    return low if low == high else f"{low} to {high}"


def _class(half_life: float) -> str:
    """The kinetic class of one half-life in h."""
    return (
        "negligible"
        if half_life < NEGLIGIBLE
        else "transient"
        if half_life <= LASTING
        else "lasting"
    )


def statement(case: Case) -> str:
    """What must be said beside the figures: grade, what the range rests on, kind of bound."""
    row = case.solute
    said = [f"grade {row.grade}: {GRADES[row.grade]} ({row.reason})"]
    if case.model:
        said.append(RESTS_ON[case.range])
    if row.kind in ("cytokine", "receptor"):
        said.append(NOT_KNOWN_TO_HOLD)
    if case.upper_bound:
        said.append("only a terminal half-life is known, so the fall is an upper bound")
    return "; ".join(said)


def _dilution(case: Case, record: Recorder) -> Interval:
    """The bound by washout alone, over the plasma volumes; noted once for every solute."""
    exchanged = [at.exchanged for at in case.volumes]
    ends = {"low": min(exchanged), "typical": exchanged[0], "high": max(exchanged)}
    passing = case.session.efficiency
    if "removal.dilution_only.typical" not in record:
        for end, volumes in ends.items():
            path = f"removal.dilution_only.{end}"
            at = {"plasma_volumes": volumes, "sieving": passing, "mixing": 1.0}
            record.run(path, fraction_removed, **at)
    return Interval(*(fraction_removed.kernel(volumes, passing) for volumes in ends.values()))


def panel(
    solutes: Iterable[str],
    session: Session,
    at: PlasmaVolumes,
    record: Recorder,
    supplies: Mapping[str, Supply] = MappingProxyType({}),
    after_tocilizumab: bool = False,
    spread: Spread = BETWEEN_PATIENTS,
) -> tuple[SoluteRemoval, ...]:
    """The removal of several solutes by one session, at the plasma volume as estimated.

    `supplies` holds what the fluids of the order carry, by solute; `spread` are the factors of the
    patient, with measured levels.
    """
    found = []
    for name in dict.fromkeys(solutes):
        row = solute_table.solute(name)
        case = case_of(row, [at], session._replace(supply=supplies.get(name, ())))
        case = case.with_levels(spread)
        risen = after_tocilizumab and name == "il6"
        found.append(removal_of(case, record, words_if(risen, AFTER_TOCILIZUMAB)))
    return tuple(found)


# --- the working ----------------------------------------------------------------------------------


def _explain(case: Case, figures: Figures, path: str, record: Recorder) -> None:
    """Note the formulas of a session, and over what its intervals run."""
    if case.session.production == "steady" and not case.session.supply:
        for end, (rates, at) in _figure_shown(case).items():
            explain = _explain_two if rates.k12 else _explain_one
            explain(case, rates, at, f"{path}.{end}", record)
    sources = ("turnover-model", "sieberth-1999", *case.solute.sources)
    text = _over_what(case)
    if case.range == "parameters":
        record.note(f"{path}.interval", "corners", text, *sources)
        return
    varied = _factors(case)
    record.note(f"{path}.interval", "range", f"{varied} and {text}", *sources)
    if figures.without_levels and figures.fall:
        record.note(
            f"{path}.fall_with_levels",
            "range",
            f"{_falls_words(figures.fall)} with the measured levels of this patient, "
            f"{_falls_words(figures.without_levels)} without them",
            *sources,
        )
    alone = figures.by_parameters
    assert alone is not None  # a solute with a model has it
    span = " to ".join(units.percent(end, 1) for end in (alone.low, alone.high))
    record.note(f"{path}.fall_by_parameters", "corners", f"{span}: {text}", *sources)


def _falls_words(fall: Interval) -> str:
    low, typical, high = (units.percent(end, 1) for end in (fall.low, fall.typical, fall.high))
    return f"{typical} ({low} to {high})"


def _factors(case: Case) -> str:
    """Which factors a range varies beside the parameters, in words."""
    number = units.number
    eta, rho = case.spread
    volumes = f"plasma volumes x {number(eta.low, 2)} to {number(eta.high, 2)}"
    if case.range == "scenarios":
        return f"scenarios: production x 0.5 to 2, {volumes}"
    return (
        f"90 % range for one patient, one at a time and added as squares: {volumes}, clock between "
        f"sessions x {number(rho.low, 2)} to {number(rho.high, 2)}"
    )


def _figure_shown(case: Case) -> dict[str, tuple[TurnoverRates, PlasmaVolumes]]:
    """The choices that are explained, by the end of their figure: the typical one, or both ends."""
    if case.typical:
        of = "fall_without_levels" if case.learned else "fall"
        of = "fall_by_parameters" if case.range == "scenarios" else of
        return {f"{of}.typical": case.typical}
    falls = [one.fall for one in outcomes(case.corners, case.session)]
    of = "fall" if case.range == "parameters" else "fall_by_parameters"
    low, high = (case.corners[falls.index(end(falls))] for end in (min, max))
    return {f"{of}.low": low, f"{of}.high": high}


def _over_what(case: Case) -> str:
    """Over what the intervals of a session run, in words."""
    row, number = case.solute, units.number
    if case.model is not None and case.model.name.startswith("one"):
        half_lives = [math.log(2) / rates.kel for rates, _ in case.corners]
        varied = (
            f"turnover half-life {number(min(half_lives), 3)} to {number(max(half_lives), 3)} h"
        )
    else:
        spans = {"fraction": row.fraction, "k12": row.k12, "kel": row.kel}
        varied = "; ".join(
            f"{name} {' to '.join(number(end, 5) for end in ends(span, row.grade))}"
            for name, span in spans.items()
        )
    volumes = sorted({number(at.exchanged, 3) for at in case.volumes}, key=float)
    exchanged = " to ".join(dict.fromkeys([volumes[0], volumes[-1]]))
    between = words_if(case.session.production != "steady", " and values between")
    bound = "; other end: turnover at once, only a terminal half-life is known"
    return (
        f"{case.model and case.model.name}, all corners{between} of {varied}, "
        f"{exchanged} plasma volumes{_production_words(case)}{bound * case.upper_bound}"
    )


def _production_words(case: Case) -> str:
    """Production in the session and after it, where it is one that was asked for."""
    if case.range != "parameters":
        return ""
    factors, after = PRODUCTION[case.session.production]
    during = ", ".join(units.number(factor, 2) for factor in factors)
    return f"; production x {during} in the session, x {units.number(after, 2)} after"


def _explain_one(
    case: Case, rates: TurnoverRates, at: PlasmaVolumes, path: str, record: Recorder
) -> None:
    """Note the formula of one compartment."""
    session, half_life = case.session, math.log(2) / rates.kel
    if case.model and case.model.name.endswith("clearance"):
        half_life = record.run(
            f"{path}.half_life",
            turnover_half_life,
            plasma_volume=at.plasma,
            clearance=value_if_known(case.solute.clearance),
            weight=session.weight,
        )
    record.run(
        path,
        fall_with_production,
        half_life=half_life,
        plasma_volumes=at.exchanged,
        duration=session.hours,
        mixing_volumes=1 / session.efficiency,
    )


def _explain_two(
    case: Case, rates: TurnoverRates, at: PlasmaVolumes, path: str, record: Recorder
) -> None:
    """Note the formulas of two compartments."""
    device = device_rate(at, case.session)
    out = rates.kel + device
    fast = record.run(f"{path}.fast", fast_rate, k12=rates.k12, k21=rates.k21, out=out)
    slow = record.run(f"{path}.slow", slow_rate, k21=rates.k21, out=out, fast=fast)
    record.run(
        path,
        fall_from_rates,
        device=device,
        k21=rates.k21,
        slow=slow,
        fast=fast,
        duration=case.session.hours,
    )


# --- what callers use -----------------------------------------------------------------------------


SUPPLY = In("1", 0, 1000)  # derived: none of the solute, to far more than the patient has
SHARE_OF_VOLUME = In("1", 0.001, 1)


def session_from(
    duration: Any,
    sieving: Any,
    mixing: Any,
    weight: Any,
    production: str | None,
    supply: Any = 0.0,
) -> Session:
    """The session as plain numbers; QuantityError for what cannot be used."""
    if production is not None and production not in PRODUCTION:
        # Nothing is suggested: "stopped" is not "steady".
        raise QuantityError(
            "production",
            units.shown_text(str(production)),
            ", ".join(PRODUCTION),
            kind="unknown",
        )
    return Session(
        RUN_TIME.one("duration", duration),
        SOME_SIEVING.one("sieving", sieving) * SOME_MIXING.one("mixing", mixing),
        ANY_WEIGHT.one_if_given("weight", weight),
        production or "steady",  # type: ignore[arg-type]
        production is not None,
        _supply(supply),
    )


def _supply(supply: Any) -> Supply:
    """What the fluids carry, as shares of the volume and levels; empty where they carry none."""
    parts = supply if isinstance(supply, list | tuple) else [(1.0, supply)]
    try:
        found = tuple(
            (SHARE_OF_VOLUME.one("supply", share), SUPPLY.one("supply", level))
            for share, level in parts
        )
    except (TypeError, ValueError) as error:
        if isinstance(error, QuantityError):
            raise
        wanted = "a level, or pairs of a share of the volume and a level"
        raise QuantityError("supply", f"{parts!r:.40}", wanted, kind="type") from None
    whole = sum(share for share, _ in found)
    if not math.isclose(whole, 1.0, rel_tol=1e-6):
        got = f"shares of {units.percent(whole, 1)} in all"
        raise QuantityError("supply", got, "shares of 100 % in all", kind="conflict")
    return found if any(level for _, level in found) else ()


def volumes_from(
    plasma_volumes: Any, plasma_volume: Any, weight: float | None
) -> list[PlasmaVolumes]:
    """The exchange at the typical plasma volume and at both ends of an Interval of it.

    The exchange volume stays the same. Without a plasma volume it is that of the reference adult,
    in proportion to the weight where one is given.
    """
    exchanged = EXCHANGED.one("plasma_volumes", plasma_volumes)
    if plasma_volume is None:
        reference = REFERENCE_PLASMA * (weight or REFERENCE_WEIGHT) / REFERENCE_WEIGHT
        return [PlasmaVolumes(exchanged, reference)]
    if not isinstance(plasma_volume, Interval):
        return [PlasmaVolumes(exchanged, _plasma(plasma_volume, weight))]
    if plasma_volume.typical is None:
        wanted = "one with low, typical and high"
        got = "an Interval without a typical value"
        raise QuantityError("plasma_volume", got, wanted, kind="missing")
    typical = _plasma(plasma_volume.typical, weight)
    low, high = (_plasma(end, None) for end in (plasma_volume.low, plasma_volume.high))
    return [PlasmaVolumes(exchanged * typical / plasma, plasma) for plasma in (typical, low, high)]


def _plasma(volume: Any, weight: float | None) -> float:
    """A plasma volume in mL; QuantityError where it does not fit the weight, if one is given."""
    plasma = STATED_VOLUME.one("plasma_volume", volume)
    if weight and not PLASMA_PER_KG.holds(plasma / weight):
        per_kg = f"{units.number(plasma / weight, 1)} mL/kg"
        got = f"{per_kg} with a weight of {units.number(weight, 1)} kg"
        raise QuantityError("plasma_volume", got, PLASMA_PER_KG.expected, kind="range")
    return plasma


class LevelsGiven(NamedTuple):
    """The arguments of a function that say which levels were measured."""

    measured: Any
    session: Any
    interval: Any
    confirmed: Collection[str]


def levels_in(
    case: Case, given: LevelsGiven, plasma_volume: Any, record: Recorder
) -> PatientLevels | None:
    """What the measured levels that a function was given change; None without any."""
    measured = levels_given(given.measured)
    number = if_given(given.session, session_number)
    gap = None
    if given.interval is not None:
        gap = gap_between(INTERVAL.one("interval", given.interval), case.session.hours)
    setting = level_setting(case.session, case.volumes[0], gap)._replace(
        number=number,
        carried=(case.solute.id,) if case.session.supply else (),
        confirmed=confirmed_levels(given.confirmed, measured),
        volume_known=plasma_volume is not None,
    )
    return patient_levels(measured, setting, record)


def level_setting(session: Session, at: PlasmaVolumes, gap: float | None) -> LevelSetting:
    """The sessions to which measured levels belong; `gap` is None where it is not known."""
    plain = session._replace(supply=(), named=False, production="steady")

    def rates(row: Solute) -> TurnoverRates:
        typical = case_of(row, [at], plain).typical
        assert typical is not None  # grade A, with a range for one patient
        return typical[0]

    plan = plan_of(plain, at, gap or 0.0)
    return LevelSetting(plan, at.exchanged, at.plasma, rates, gap is not None)


def session_number(given: Any) -> int:
    """Which session of the course it is; QuantityError for what is no whole number from 1."""
    whole = hasattr(given, "__index__") and not isinstance(given, bool)
    return int(SESSION.one("session", given if whole else f"{given}"))


@over_volumes(removal_figures)
def expected_removal(
    solute: str | Solute,
    plasma_volumes: Fraction,
    duration: Quantity,
    plasma_volume: Quantity | Interval | None = None,
    *,
    weight: Quantity | None = None,
    sieving: Fraction = 1.0,
    mixing: Fraction = 1.0,
    production: ProductionName | None = None,
    supply: float | Sequence[tuple[Fraction, Fraction]] = 0.0,
    measured: Sequence[MeasuredLevel] = (),
    session: int | None = None,
    interval: Quantity | None = None,
    confirmed: Collection[str] = (),
) -> Removal:
    """What one session is expected to do to one solute of the body.

    Parameters
    ----------
    solute : str or Solute
        Id, name or synonym, such as "il6" or "IL-6", or a solute of your own (`custom_solute`).
    plasma_volumes : float or Quantity, scalar or array
        Plasma volumes exchanged, anticoagulant not counted. An array gives arrays.
    duration : Quantity, scalar
        Duration of the session; 15 min to 12 h.
    plasma_volume : Quantity, scalar, or Interval, optional
        A volume, or an Interval such as `estimate_volumes(patient).plasma_volume`: the exchange
        volume stays, and with a production asked for by name the plasma volumes vary. Without one
        the range contains the error of the plasma volume, and the typical one is used.
    weight : Quantity, scalar, optional
        Body weight: scales a tabulated clearance from 70 kg. Without weight and plasma volume a
        clearance goes with 3 L of plasma at 70 kg.
    sieving : float or Quantity, default 1.0
        Sieving coefficient: 1 for a centrifuge, `Solute.sieving` for a plasma separator.
    mixing : float or Quantity, default 1.0
        Share of the removed plasma that is mixed plasma: 1 without access recirculation.
    production : str, optional
        "steady", "halved", "doubled", or "rising" in four steps to double by the end of the
        session: the interval of the parameters alone. Without it a plasma protein gets the range
        of one patient, a solute whose production is the disease the range over scenarios.
    supply : float or sequence of (share, level), default 0.0
        Level of the solute in the replacement fluid as a fraction of the patient's level before
        the session; of several fluids, in the order given, each with its share of the volume.
    measured : sequence of MeasuredLevel, optional
        Levels of this patient before and after earlier sessions: they change the range of one
        patient, of every plasma protein. The forecast without them is given beside it.
    session : int, optional
        Which session of the course this is; without it one after the last measured, else 1.
    interval : Quantity, scalar, optional
        Time from start to start of the earlier sessions; levels before later sessions need it.
    confirmed : collection of str
        Measured levels outside the usual that were checked, such as "measured.igg".

    Returns
    -------
    Removal
        Fractions of the level before, as intervals; `range` says of which kind. None where the
        table has no turnover. Of an array of plasma volumes a dict of arrays of its shape:
        `plasma_volumes`, and low end, typical value and high end of each figure (`fall_low`,
        `return_time_90_high_h`), NaN for None.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    Valid from steady state. A model prediction, not validated in CAR-T patients; the range for one
    patient rests on group means, and its coverage of single patients is argued, not shown. Scalars
    only, but for the plasma volumes.

    References
    ----------
    turnover-model, those of the solute

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> removal = expected_removal("IL-10", 1.0, Q(2, "h"))
    >>> removal.range, [round(end, 2) for end in (removal.fall.low, removal.fall.high)]
    ('scenarios', [-0.85, 0.7])
    >>> igg = expected_removal("IgG", 1.0, Q(2, "h"))
    >>> igg.range, [round(end, 2) for end in (igg.fall.low, igg.fall.typical, igg.fall.high)]
    ('patient', [0.38, 0.62, 0.74])
    """
    row = made_by_the_body(solute_named(solute))
    run = session_from(duration, sieving, mixing, weight, production, supply)
    case = case_of(row, volumes_from(plasma_volumes, plasma_volume, run.weight), run)
    record = Recorder(first_quantity(duration))
    found = levels_in(
        case, LevelsGiven(measured, session, interval, confirmed), plasma_volume, record
    )
    result = removal_of(case.with_levels(found.spread) if found else case, record)
    return Removal.model_construct(
        **{name: getattr(result, name) for name in SoluteRemoval.model_fields},
        learned=found and found.record,
        basis=record.working(),
    )
