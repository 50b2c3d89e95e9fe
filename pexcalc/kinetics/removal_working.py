"""The working of one session for one solute: its formulas, and over what its intervals run."""

import math

from pexcalc.kinetics.case import Case, PlasmaVolumes, device_rate, ends, value_if_known
from pexcalc.kinetics.one_session import PRODUCTION, Figures, outcomes
from pexcalc.kinetics.trajectory import TurnoverRates
from pexcalc.kinetics.turnover import (
    fall_from_rates,
    fall_with_production,
    fast_rate,
    slow_rate,
    turnover_half_life,
)
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.given import words_if
from pexcalc.quantities.working import Recorder


def explain_session(case: Case, figures: Figures, path: str, record: Recorder) -> None:
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
