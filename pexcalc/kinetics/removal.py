"""What an exchange does to one solute: fall with production, its bounds, how fast it comes back, how sure that is.

Everything here is a prediction of a model. Which model a solute gets is the table MODELS; which
values are varied is in `case_of`. The mathematics is in turnover.py and compartments.py, a course
of sessions in course.py.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from pexcalc.data import solutes as solute_table
from pexcalc.data.solutes import Known, Solute, Span
from pexcalc.kinetics.compartments import Segment, hours_until, steady, through
from pexcalc.kinetics.dilution import SOME_MIXING, SOME_SIEVING, fraction_removed
from pexcalc.kinetics.turnover import (
    EXCHANGED,
    fall_from_rates,
    fall_with_production,
    fast_rate,
    return_rate,
    slow_rate,
    turnover_half_life,
)
from pexcalc.order.fields import ANY_WEIGHT, PLASMA_PER_KG, RUN_TIME, STATED_VOLUME
from pexcalc.order.lookup import made_by_the_body, solute_named
from pexcalc.quantities import units
from pexcalc.quantities.annotations import HoursInterval, Interval, PlainInterval
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import first_quantity, give
from pexcalc.quantities.record import Fixed, Flag, Result, Text
from pexcalc.quantities.working import Basis, note, work

# derived turnover-model: kg and mL of the adult that catalogued clearances belong to
REFERENCE_WEIGHT, REFERENCE_PLASMA = 70.0, 3000.0
UNDONE = 0.9  # derived turnover-model
DAY = 24.0  # derived: hours

Production = Literal["steady", "halved", "doubled", "rising"]

# Production during the session, part by part in equal parts, and afterwards, as multiples of
# before.
PRODUCTION: Mapping[Production, tuple[tuple[float, ...], float]] = {  # judgement plausibility
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
    "D": "not validated in humans for this solute: a bracket, a guess, or nothing",
}
# How wrong the model itself is, beside the interval: for one session, and for a course (a
# judgement).
MODEL_ERROR = {
    "protein": (
        "measured single sessions lay within about 7 points of the model, the volume known",
        "courses may fall 10 points more to 30 points less than the model says",
    ),
    "cytokine": ("the structure of the model is not known to hold",) * 2,
    "receptor": ("the structure of the model is not known to hold",) * 2,
}
NOT_IN_CAR_T = "model-based, not validated in CAR-T patients"


class SoluteRemoval(Result):
    """What one session does to one solute, as fractions of the level before it; None where nothing is known of it.

    `fall` is at the end of the session, with production, refill and clearance; `dilution_only` the
    same without them: with steady production a bound, not an expectation. `ceiling`: what the fall
    tends to when the session goes on at this pace. `device_share`: of all clearance while the
    session runs. `mean_fall`: of the mean over 24 hours from the start. `return_time_90`: hours
    after the end until nine tenths of the fall are undone, None where that never comes.
    `kinetic_class` is that of its turnover at steady production. With `upper_bound` only a terminal
    half-life is known, and the other end of every interval is that of a solute that turns over at
    once: with steady production no fall.
    """

    solute: Text
    name: Text
    production: Production
    fall: PlainInterval | None
    dilution_only: PlainInterval
    ceiling: PlainInterval | None
    device_share: PlainInterval | None
    mean_fall: PlainInterval | None
    return_time_90: HoursInterval | None
    kinetic_class: Annotated[
        Text, Field(description="negligible, transient, lasting, a range of them, or unknown")
    ]
    upper_bound: Flag
    model: Text
    grade: Literal["A", "B", "C", "D"]
    statement: Text


class Removal(SoluteRemoval):
    """One solute and one session, with the basis of its figures."""

    basis: Fixed[Basis]


Removal.__module__ = "pexcalc"


class Rates(NamedTuple):
    """Rate constants per h of one choice of the uncertain values; one compartment has k12 = 0."""

    k12: float
    k21: float
    kel: float


class Volumes(NamedTuple):
    """The exchange in plasma volumes, and the plasma volume in mL, of one choice of the plasma volume."""

    exchanged: float
    plasma: float


class Session(NamedTuple):
    """One session as plain numbers: hours, removal per plasma volume exchanged, weight in kg or None, production."""

    hours: float
    efficiency: float
    weight: float | None
    production: Production


# --- which model, and which values ----------------------------------------------------------------


class ModelRow(NamedTuple):
    """One row: what the model is called, which solutes get it, the rate constants it gives for one plasma volume.

    `rates` gives the typical choice, or None, and every other; `dense` asks for choices between the
    ends too.
    """

    name: str
    fits: Callable[[Solute], bool]
    rates: Callable[[Solute, Volumes, Session, bool], tuple[Rates | None, list[Rates]]]


def _two_compartments(
    row: Solute, at: Volumes, session: Session, dense: bool
) -> tuple[Rates | None, list[Rates]]:
    spans = (row.k12, row.fraction, row.kel)
    choices = [
        Rates(k12, return_rate.kernel(k12, fraction), kel)
        for k12, fraction, kel in product(
            *(_between(ends(span, row.grade), 1 if dense else 0) for span in spans)
        )
    ]
    k12, fraction, kel = (_value(span.typical) for span in spans)
    return Rates(k12, return_rate.kernel(k12, fraction), kel), choices


def _from_clearance(
    row: Solute, at: Volumes, session: Session, dense: bool
) -> tuple[Rates | None, list[Rates]]:
    half_life = turnover_half_life.kernel(at.plasma, _value(row.clearance), session.weight)
    # derived: choices between the ends
    return _one(half_life), [
        _one(end) for end in _between((half_life / 2, half_life * 2), 9 if dense else 0)
    ]


def _from_catabolic_rate(
    row: Solute, at: Volumes, session: Session, dense: bool
) -> tuple[Rates | None, list[Rates]]:
    # derived: choices between the ends
    rates = [Rates(0.0, 0.0, kel) for kel in _between(ends(row.kel, row.grade), 9 if dense else 0)]
    return Rates(0.0, 0.0, _value(row.kel.typical)), rates


def _from_half_life(
    row: Solute, at: Volumes, session: Session, dense: bool
) -> tuple[Rates | None, list[Rates]]:
    typical = row.half_life.typical
    known = ends(row.half_life, row.grade)
    if row.terminal and dense:  # the turnover may be faster, down to at once
        known = (min(known) / 1000, max(known))
    # derived: choices between the ends
    rates = [_one(end) for end in _between(known, (24 if row.terminal else 9) if dense else 0)]
    return _one(typical.value) if typical else None, rates


def _between(ends: tuple[float, ...], count: int) -> tuple[float, ...]:
    """The ends, and `count` values between them in equal ratios."""
    low, high = min(ends), max(ends)
    if low == high:
        return (low,)
    return tuple(low * (high / low) ** (place / (count + 1)) for place in range(count + 2))


# The first row that fits is taken. A clearance of grade D is not used: its half-life interval is
# the honest bracket.
MODELS: tuple[ModelRow, ...] = (
    ModelRow(
        "two compartments",
        lambda s: bool(
            s.k12.typical and s.kel.typical and s.fraction.typical and s.fraction.typical.value < 1
        ),
        _two_compartments,
    ),
    ModelRow(
        "one compartment, clearance",
        lambda s: s.clearance is not None and s.grade in "ABC",
        _from_clearance,
    ),
    ModelRow(
        "one compartment, catabolic rate",
        lambda s: s.kel.typical is not None and s.fraction.typical is None,
        _from_catabolic_rate,
    ),
    ModelRow("one compartment, half-life", lambda s: s.half_life != Span(), _from_half_life),
)


def model_of(row: Solute) -> ModelRow | None:
    """The model that a solute gets; None where nothing of its turnover is known."""
    return next((model for model in MODELS if model.fits(row)), None)


def ends(span: Span, grade: str) -> tuple[float, ...]:
    """The ends of an uncertain value; half and double (a judgement) of one that stands alone and was not measured."""
    known = [end for end in (span.low, span.typical, span.high) if end]
    values = [end.value for end in known]
    if len(values) > 1:
        return min(values), max(values)
    assumed = known[0].tag == "judgement" or grade in "CD"
    return (values[0] / 2, values[0] * 2) if assumed else (values[0],)


def _value(known: Known | None) -> float:
    assert known is not None
    return known.value


def _one(half_life: float) -> Rates:
    return Rates(0.0, 0.0, math.log(2) / half_life)


class Case(NamedTuple):
    """One solute and one session, ready to be worked out: the typical choice, if there is one, and every corner."""

    solute: Solute
    session: Session
    model: ModelRow | None
    volumes: list[Volumes]
    typical: tuple[Rates, Volumes] | None
    corners: list[tuple[Rates, Volumes]]
    half_lives: list[float]  # of the turnover, at the ends of what is known

    @property
    def upper_bound(self) -> bool:
        """True where only a terminal half-life is known: the removal may be anything below what it gives."""
        return (
            self.solute.terminal
            and self.model is not None
            and self.model.name.endswith("half-life")
        )


def case_of(
    row: Solute, volumes: Iterable[Volumes], session: Session, course: bool = False
) -> Case:
    """Every choice of the uncertain values; the first of `volumes` is the typical one, all of them are varied.

    One session from steady production is monotone in each value, but for the return time of two
    compartments by a few percent, so the corners are enough. In a course and with other production
    it is not: values between them are taken.
    """
    model, at = model_of(row), list(volumes)
    if (
        session.weight is None
    ):  # the weight of which the typical plasma volume is 3 L for every 70 kg
        session = session._replace(weight=REFERENCE_WEIGHT * at[0].plasma / REFERENCE_PLASMA)
    if model is None:
        return Case(row, session, None, at, None, [], [])
    middle, _ = model.rates(row, at[0], session, False)
    corners = [
        (rates, volume) for volume in at for rates in model.rates(row, volume, session, False)[1]
    ]
    half_lives = [math.log(2) / rates.kel for rates, _ in corners]
    if course or session.production != "steady":
        corners = [
            (rates, volume) for volume in at for rates in model.rates(row, volume, session, True)[1]
        ]
    return Case(row, session, model, at, (middle, at[0]) if middle else None, corners, half_lives)


def device_rate(at: Volumes, session: Session) -> float:
    """Removal rate constant of the device, per h."""
    return at.exchanged * session.efficiency / session.hours


def segments_of(rates: Rates, at: Volumes, session: Session) -> tuple[list[Segment], float]:
    """The session as segments of constant conditions, and the inflow after it."""
    parts, after = PRODUCTION[session.production]
    _, inflow = steady(*rates)
    device = device_rate(at, session)
    return [
        Segment(session.hours / len(parts), device, inflow * part) for part in parts
    ], inflow * after


# --- one session ----------------------------------------------------------------------------------


class Outcome(NamedTuple):
    """What one session does at one choice of the uncertain values."""

    fall: float
    ceiling: float
    device_share: float
    mean_fall: float
    return_time_90: float | None
    half_life: float


def outcome(rates: Rates, at: Volumes, session: Session) -> Outcome:
    """Work one session out, from steady state, in closed form."""
    segments, afterwards = segments_of(rates, at, session)
    tissue, _ = steady(*rates)
    end = through(*rates, segments, 1.0, tissue)
    rest = through(*rates, [Segment(DAY - session.hours, 0.0, afterwards)], end.plasma, end.tissue)
    device = segments[0].device
    fall = 1 - end.plasma
    back = (
        None
        if fall <= 0
        else _hours_back(rates, afterwards, end.plasma, end.tissue, 1 - (1 - UNDONE) * fall)
    )
    return Outcome(
        fall=fall,
        ceiling=1 - afterwards / (rates.kel + device),
        device_share=device / (rates.kel + device),
        mean_fall=1 - (end.area + rest.area) / DAY,
        return_time_90=back,
        half_life=math.log(2) / rates.kel,
    )


def at_once(session: Session) -> Outcome:
    """The same for a solute that turns over without delay: its level is what production makes it.

    The other end of the interval of a solute of which only a terminal half-life is known.
    """
    parts, after = PRODUCTION[session.production]
    mean = (sum(parts) / len(parts) * session.hours + after * (DAY - session.hours)) / DAY
    return Outcome(
        fall=1 - parts[-1],
        ceiling=1 - after,
        device_share=0.0,
        mean_fall=1 - mean,
        return_time_90=0.0 if session.production == "steady" else None,
        half_life=0.0,
    )


def _hours_back(
    rates: Rates, inflow: float, plasma: float, tissue: float, target: float
) -> float | None:
    if rates.k12:
        return hours_until(*rates, inflow, plasma, tissue, target)
    end = inflow / rates.kel
    return math.log((end - plasma) / (end - target)) / rates.kel if end > target else None


def work_out(case: Case, basis: dict[str, Basis], make: Any) -> SoluteRemoval:
    """The removal of one solute by one session, as intervals over all corners; notes in `basis` how it came about."""
    row, session = case.solute, case.session
    path = (
        f"removal.{row.id}"
        if session.production == "steady"
        else f"removal.{row.id}.{session.production}"
    )
    typical = outcome(*case.typical, session) if case.typical else None
    found = [outcome(*corner, session) for corner in case.corners]

    every = [*found, at_once(session)] if case.upper_bound else found

    def interval(name: str) -> Interval | None:
        return _interval([getattr(one, name) for one in every], typical and getattr(typical, name))

    back = interval("return_time_90")
    _explain(case, found, path, basis)
    return SoluteRemoval.model_construct(
        solute=row.id,
        name=row.name,
        production=session.production,
        fall=interval("fall"),
        dilution_only=_dilution(case, basis),
        ceiling=interval("ceiling"),
        device_share=interval("device_share"),
        mean_fall=interval("mean_fall"),
        return_time_90=back
        and Interval(
            *(
                None if end is None else give(make, end, "h")
                for end in (back.low, back.typical, back.high)
            )
        ),
        kinetic_class=kinetic_class(case.half_lives, case.upper_bound),
        upper_bound=case.upper_bound,
        model=case.model.name if case.model else "none: nothing is known of its turnover",
        grade=row.grade,
        statement=statement(row, case.upper_bound),
    )


def _interval(values: list[float | None], typical: float | None) -> Interval | None:
    """Low, typical, high; None where there is nothing, or where a choice of the values gives no figure."""
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
    return (
        "negligible"
        if half_life < NEGLIGIBLE
        else "transient"
        if half_life <= LASTING
        else "lasting"
    )


def statement(row: Solute, upper_bound: bool, course: bool = False) -> str:
    """What must be said beside the figures: the grade in words, how wrong the model is, what kind of bound they are."""
    said = [f"grade {row.grade}: {GRADES[row.grade]} ({row.reason})"]
    if row.kind in MODEL_ERROR:
        said.append(MODEL_ERROR[row.kind][course])
    if upper_bound:
        said.append("only a terminal half-life is known, so the fall is an upper bound")
    return "; ".join(said)


def _dilution(case: Case, basis: dict[str, Basis]) -> Interval:
    """The bound by dilution alone, over the plasma volumes; the same for every solute of a session."""
    exchanged = [at.exchanged for at in case.volumes]
    at = {"low": min(exchanged), "typical": exchanged[0], "high": max(exchanged)}
    if "removal.dilution_only.typical" in basis:
        return Interval(
            *(fraction_removed.kernel(volumes, case.session.efficiency) for volumes in at.values())
        )
    return Interval(
        *(
            work(
                basis,
                f"removal.dilution_only.{end}",
                fraction_removed,
                plasma_volumes=volumes,
                sieving=case.session.efficiency,
                mixing=1.0,
            )
            for end, volumes in at.items()
        )
    )


def panel(
    solutes: Iterable[str],
    plasma_volumes: float,
    plasma: float,
    share: float,
    hours: float,
    weight: float,
    basis: dict[str, Basis],
    make: Any,
    production: Production = "steady",
) -> tuple[SoluteRemoval, ...]:
    """The removal of several solutes by the session of a prescription, for a plasma volume in mL within `share`."""
    session = Session(hours, 1.0, weight, production)
    volumes = [
        Volumes(plasma_volumes / factor, plasma * factor) for factor in (1.0, 1 + share, 1 - share)
    ]
    rows = (solute_table.solute(name) for name in dict.fromkeys(solutes))
    return tuple(work_out(case_of(row, volumes, session), basis, make) for row in rows)


# --- how a figure came about ----------------------------------------------------------------------


def _explain(case: Case, found: list[Outcome], path: str, basis: dict[str, Basis]) -> None:
    """Note the formulas with their numbers: of the typical choice, or of both ends where there is none."""
    if not found or case.model is None:
        return
    falls = [one.fall for one in found]
    chosen = {
        "low": case.corners[falls.index(min(falls))],
        "high": case.corners[falls.index(max(falls))],
    }
    if case.typical:
        chosen = {"typical": case.typical}
    for end, (rates, at) in chosen.items():
        if case.session.production != "steady":
            continue
        if rates.k12:
            _explain_two(case, rates, at, f"{path}.fall.{end}", basis)
        else:
            _explain_one(case, rates, at, f"{path}.fall.{end}", basis)
    factors, after = PRODUCTION[case.session.production]
    names = {"fraction": case.solute.fraction, "k12": case.solute.k12, "kel": case.solute.kel}
    if case.model.name.startswith("one"):
        names = {"turnover half-life": Span()}
    varied = "; ".join(
        f"{name} {' to '.join(units.number(end, 5) for end in ends(span, case.solute.grade))}"
        if span != Span()
        else f"{name} {units.number(min(one.half_life for one in found), 3)} to "
        f"{units.number(max(one.half_life for one in found), 3)} h"
        for name, span in names.items()
    )
    volumes = sorted({units.number(at.exchanged, 3) for at in case.volumes}, key=float)
    exchanged = " to ".join(dict.fromkeys([volumes[0], volumes[-1]]))
    text = (
        f"{case.model.name}, all "
        f"corners{'' if case.session.production == 'steady' else ' and values between'} of "
        f"{varied}, {exchanged} plasma volumes; production x "
        f"{', '.join(units.number(factor, 2) for factor in factors)} in the session, x "
        f"{units.number(after, 2)} after"
        f"{'; other end: turnover at once, only a terminal half-life is known' if case.upper_bound else ''}"
    )
    note(
        basis,
        f"{path}.interval",
        "corners",
        text,
        "turnover-model",
        "sieberth-1999",
        *case.solute.sources,
    )


def _explain_one(case: Case, rates: Rates, at: Volumes, path: str, basis: dict[str, Basis]) -> None:
    session, half_life = case.session, math.log(2) / rates.kel
    if case.model and case.model.name.endswith("clearance"):
        half_life = work(
            basis,
            f"{path}.half_life",
            turnover_half_life,
            plasma_volume=at.plasma,
            clearance=_value(case.solute.clearance),
            weight=session.weight,
        )
    work(
        basis,
        path,
        fall_with_production,
        half_life=half_life,
        plasma_volumes=at.exchanged,
        duration=session.hours,
        mixing_volumes=1 / session.efficiency,
    )


def _explain_two(case: Case, rates: Rates, at: Volumes, path: str, basis: dict[str, Basis]) -> None:
    device = device_rate(at, case.session)
    out = rates.kel + device
    fast = work(basis, f"{path}.fast", fast_rate, k12=rates.k12, k21=rates.k21, out=out)
    slow = work(basis, f"{path}.slow", slow_rate, k21=rates.k21, out=out, fast=fast)
    work(
        basis,
        path,
        fall_from_rates,
        device=device,
        k21=rates.k21,
        slow=slow,
        fast=fast,
        duration=case.session.hours,
    )


# --- what callers use -----------------------------------------------------------------------------


def session_from(duration: Any, sieving: Any, mixing: Any, weight: Any, production: str) -> Session:
    """The session as plain numbers; QuantityError for what cannot be used."""
    if production not in PRODUCTION:
        # Nothing is suggested: "stopped" is not "steady".
        raise QuantityError(
            "production",
            units.printable(str(production)) or "nothing",
            ", ".join(PRODUCTION),
            kind="unknown",
        )
    return Session(
        RUN_TIME.one("duration", duration),
        SOME_SIEVING.one("sieving", sieving) * SOME_MIXING.one("mixing", mixing),
        None if weight is None else ANY_WEIGHT.one("weight", weight),
        production,  # type: ignore[arg-type]
    )


def volumes_from(plasma_volumes: Any, plasma_volume: Any, weight: float | None) -> list[Volumes]:
    """The exchange at the typical plasma volume and at both ends of an Interval of it; the litres stay the same.

    Without a plasma volume it is that of the reference adult, in proportion to the weight where one
    is given.
    """
    exchanged = EXCHANGED.one("plasma_volumes", plasma_volumes)
    if plasma_volume is None:
        return [
            Volumes(exchanged, REFERENCE_PLASMA * (weight or REFERENCE_WEIGHT) / REFERENCE_WEIGHT)
        ]
    if isinstance(plasma_volume, Interval) and plasma_volume.typical is None:
        raise QuantityError(
            "plasma_volume",
            "an Interval without a typical value",
            "one with low, typical and high",
            kind="missing",
        )
    for volume in (
        (plasma_volume.typical,) if isinstance(plasma_volume, Interval) else (plasma_volume,)
    ):
        per_kg = (
            STATED_VOLUME.one("plasma_volume", volume) / weight if weight else PLASMA_PER_KG.low
        )
        if not PLASMA_PER_KG.holds(per_kg):
            came = f"{units.number(per_kg, 1)} mL/kg with a weight of {units.number(weight or 0, 1)} kg"
            raise QuantityError("plasma_volume", came, PLASMA_PER_KG.expected, kind="range")
    if not isinstance(plasma_volume, Interval):
        return [Volumes(exchanged, STATED_VOLUME.one("plasma_volume", plasma_volume))]
    typical = STATED_VOLUME.one("plasma_volume", plasma_volume.typical)
    low, high = (
        STATED_VOLUME.one("plasma_volume", end) for end in (plasma_volume.low, plasma_volume.high)
    )
    return [Volumes(exchanged * typical / plasma, plasma) for plasma in (typical, low, high)]


def expected_removal(
    solute: str,
    plasma_volumes: Any,
    duration: Any,
    plasma_volume: Any = None,
    *,
    weight: Any = None,
    sieving: Any = 1.0,
    mixing: Any = 1.0,
    production: Production = "steady",
) -> Removal:
    """What one session is expected to do to one solute of the body.

    Parameters: solute (id, name or synonym: "il6", "IL-6"), plasma_volumes (exchanged,
    anticoagulant not counted), duration (of the session, 15 min to 12 h), plasma_volume (a volume,
    taken as exact, or an Interval such as `estimate_volumes(patient).plasma_volume`: the litres
    exchanged stay, the plasma volumes vary), weight (scales a catalogued clearance from 70 kg;
    without one of the two it goes with 3 L of plasma at 70 kg), sieving (1 for a centrifuge;
    `Solute.sieving` for a plasma separator), mixing (1 without access recirculation), production
    ("steady", "halved", "doubled", or "rising" in four steps to double by the end of the session).
    Scalars.

    Returns Removal: fractions of the level before, as intervals over all corners of what is
    uncertain; None where the catalogue knows no turnover. Valid from steady state, with a fluid
    that carries none of the solute. Raises QuantityError. A model prediction, not validated in
    CAR-T patients. Sources: turnover-model, those of the solute.

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> removal = expected_removal("IL-10", 1.0, Q(2, "h"))
    >>> round(removal.fall.typical, 2), removal.kinetic_class, removal.grade
    (0.24, 'negligible', 'B')
    """
    row = made_by_the_body(solute_named(solute))
    session = session_from(duration, sieving, mixing, weight, production)
    case = case_of(row, volumes_from(plasma_volumes, plasma_volume, session.weight), session)
    basis: dict[str, Basis] = {}
    result = work_out(case, basis, first_quantity(duration))
    return Removal.model_construct(
        **{name: getattr(result, name) for name in SoluteRemoval.model_fields}, basis=basis
    )
