"""Expected removal of one solute by one exchange: percent reduction, bounds, rebound, grade.

Everything here is a prediction of a model. Which model a solute gets and which values are varied is
in case.py, one session at one choice of them in one_session.py. A plasma protein gets the range of
one patient (prediction.py), a solute whose production is the disease scenarios (scenarios.py), a
production asked for by name the interval of the parameters. The mathematics is in turnover.py and
compartments.py, a course of sessions in course.py.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from pexcalc.data.solutes import Solute
from pexcalc.kinetics.case import Case, ProductionName, RangeKind, Supply, case_of, device_rate
from pexcalc.kinetics.charts import draw_fall, new_axes
from pexcalc.kinetics.dilution import fraction_removed
from pexcalc.kinetics.learned_factors import LearnedFactors
from pexcalc.kinetics.learning import VOLUME_FACTOR
from pexcalc.kinetics.one_session import (
    NOTHING,
    Figures,
    Outcome,
    at_once,
    mean_supply,
    outcome,
    outcomes,
)
from pexcalc.kinetics.over_volumes import over_volumes, removal_figures
from pexcalc.kinetics.prediction import LevelRange, forecast
from pexcalc.kinetics.removal_working import explain_session
from pexcalc.kinetics.scenarios import Ends, scenarios
from pexcalc.kinetics.session_input import LevelsGiven, levels_in, session_from, volumes_from
from pexcalc.kinetics.trajectory import trajectory
from pexcalc.order.lookup import made_by_the_body, solute_named
from pexcalc.order.measured import MeasuredLevel
from pexcalc.quantities.annotations import FullInterval, HoursInterval, Interval, PlainInterval
from pexcalc.quantities.formula import first_quantity
from pexcalc.quantities.record import Fixed, Flag, Number, Result, Text
from pexcalc.quantities.units import Fraction, Quantity
from pexcalc.quantities.working import Basis, Recorder

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
        record.later(
            f"{path}.interval", lambda working: explain_session(case, figures, path, working)
        )
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


# --- what callers use -----------------------------------------------------------------------------


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
