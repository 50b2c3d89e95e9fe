"""One solute and one session: the model that it gets, and every choice of what is uncertain.

Bare numbers: hours, kg, mL. Which model a solute gets is the table MODELS; which values are varied
is in `case_of`. The trap: the range for one patient contains the error of the plasma volume, so
that is not varied beside it.
"""

import math
from collections.abc import Callable, Iterable
from itertools import product
from typing import Literal, NamedTuple

from pexcalc.data.solutes import Known, Solute, Span
from pexcalc.kinetics.prediction import BETWEEN_PATIENTS, Spread
from pexcalc.kinetics.trajectory import (
    CoursePlan,
    SessionPart,
    Turnover,
    TurnoverRates,
    one_pool,
    two_compartments,
)
from pexcalc.kinetics.turnover import return_rate, turnover_half_life
from pexcalc.quantities.record import Number

# derived turnover-model: kg and mL of the adult that tabulated clearances belong to
REFERENCE_WEIGHT, REFERENCE_PLASMA = 70.0, 3000.0
CHOICES = 9  # derived: values between two ends, where a level is not monotone

ProductionName = Literal["steady", "halved", "doubled", "rising"]

RangeKind = Literal["patient", "scenarios", "parameters"]

Supply = tuple[tuple[Number, Number], ...]  # share of the volume, level in the fluid


class PlasmaVolumes(NamedTuple):
    """Plasma volumes exchanged and plasma volume in mL, for one choice of the plasma volume."""

    exchanged: float
    plasma: float


class Session(NamedTuple):
    """One session as plain numbers.

    Hours, removal per plasma volume exchanged, weight in kg or None, production and whether it was
    asked for by name, what the fluids carry.
    """

    hours: float
    efficiency: float
    weight: float | None
    production: ProductionName
    named: bool = True
    supply: Supply = ()


# --- which model, and which values ----------------------------------------------------------------


class ModelRow(NamedTuple):
    """One row of the models: its name, the solutes that get it, its rate constants.

    `rates` gives the typical choice, or None, and every other, for one plasma volume; `dense` asks
    for choices between the ends too.
    """

    name: str
    fits: Callable[[Solute], bool]
    rates: Callable[
        [Solute, PlasmaVolumes, Session, bool], tuple[TurnoverRates | None, list[TurnoverRates]]
    ]


def _two_compartments(
    row: Solute, at: PlasmaVolumes, session: Session, dense: bool
) -> tuple[TurnoverRates | None, list[TurnoverRates]]:
    """Rates from escape rate, intravascular fraction and catabolic rate."""
    spans = (row.k12, row.fraction, row.kel)
    choices = [
        TurnoverRates(k12, return_rate.kernel(k12, fraction), kel)
        for k12, fraction, kel in product(
            *(_between(ends(span, row.grade), int(dense)) for span in spans)
        )
    ]
    k12, fraction, kel = (value_if_known(span.typical) for span in spans)
    return TurnoverRates(k12, return_rate.kernel(k12, fraction), kel), choices


def _from_clearance(
    row: Solute, at: PlasmaVolumes, session: Session, dense: bool
) -> tuple[TurnoverRates | None, list[TurnoverRates]]:
    """Rates from a clearance, halved and doubled."""
    half_life = turnover_half_life.kernel(at.plasma, value_if_known(row.clearance), session.weight)
    known = (half_life / 2, half_life * 2)
    return _one(half_life), [_one(end) for end in _between(known, CHOICES * dense)]


def _from_catabolic_rate(
    row: Solute, at: PlasmaVolumes, session: Session, dense: bool
) -> tuple[TurnoverRates | None, list[TurnoverRates]]:
    """Rates from a fractional catabolic rate."""
    rates = [one_pool(kel) for kel in _between(ends(row.kel, row.grade), CHOICES * dense)]
    return one_pool(value_if_known(row.kel.typical)), rates


def _from_half_life(
    row: Solute, at: PlasmaVolumes, session: Session, dense: bool
) -> tuple[TurnoverRates | None, list[TurnoverRates]]:
    """Rates from a half-life; a terminal one leaves open how fast the turnover is."""
    typical = row.half_life.typical
    known = ends(row.half_life, row.grade)
    if row.terminal and dense:  # the turnover may be faster, down to at once
        known = (min(known) / 1000, max(known))
    count = (24 if row.terminal else CHOICES) * dense  # derived: an end is 1/1000
    rates = [_one(end) for end in _between(known, count)]
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
    """The ends of an uncertain value.

    A single value that was not measured is halved and doubled (a judgement).
    """
    known = [end for end in (span.low, span.typical, span.high) if end]
    values = [end.value for end in known]
    if len(values) > 1:
        return min(values), max(values)
    assumed = known[0].tag == "judgement" or grade in "CD"
    return (values[0] / 2, values[0] * 2) if assumed else (values[0],)


def value_if_known(known: Known | None) -> float:
    """The number of a value that is known."""
    assert known is not None
    return known.value


def _one(half_life: float) -> TurnoverRates:
    """The rates of one compartment with a half-life in h."""
    return one_pool(math.log(2) / half_life)


class Case(NamedTuple):
    """One solute and one session: the typical choice of values, if any, and every corner."""

    solute: Solute
    session: Session
    model: ModelRow | None
    volumes: list[PlasmaVolumes]
    typical: tuple[TurnoverRates, PlasmaVolumes] | None
    corners: list[tuple[TurnoverRates, PlasmaVolumes]]
    half_lives: list[float]  # of the turnover, at the ends of what is known
    spread: Spread = BETWEEN_PATIENTS  # of the factors of one patient, with the measured levels

    @property
    def learned(self) -> bool:
        """True where measured levels of the patient changed the factors."""
        return self.spread != BETWEEN_PATIENTS

    def with_levels(self, spread: Spread) -> "Case":
        """The case with the factors of this patient, where its range is that of one patient."""
        return self._replace(spread=spread) if self.range == "patient" else self

    @property
    def range(self) -> RangeKind:
        """Which kind of range the figures have."""
        if self.session.named or (self.solute.range == "patient" and self.typical is None):
            return "parameters"
        return "patient" if self.solute.range == "patient" else "scenarios"

    @property
    def turnover(self) -> Turnover:
        """Typical rates, and those with one parameter at an end; needs a typical choice."""
        assert self.typical is not None
        rates = self.typical[0]
        row = self.solute
        if rates.k12:
            k12, fraction, kel = (
                _span(span, row.grade) for span in (row.k12, row.fraction, row.kel)
            )
            return two_compartments(k12, fraction, kel)
        return Turnover(rates, tuple(end for end, _ in self.corners if end != rates))

    def plan(self, gap: float = 0.0, sessions: int = 1) -> CoursePlan:
        """The sessions as ordered, at the typical plasma volume."""
        return plan_of(self.session, self.volumes[0], gap, sessions)

    @property
    def upper_bound(self) -> bool:
        """True where only a terminal half-life is known: the removal may be anything below."""
        return (
            self.solute.terminal
            and self.model is not None
            and self.model.name.endswith("half-life")
        )


def case_of(
    row: Solute, volumes: Iterable[PlasmaVolumes], session: Session, course: bool = False
) -> Case:
    """Every choice of the uncertain values of a solute and a session.

    The first of `volumes` is the typical one, all of them are varied. One session from steady
    production is monotone in each value, but for the return time of two compartments by a few
    percent, so the corners are enough. In a course, with other production and with a fluid that
    carries the solute it is not: values between them are taken. Trap: eta of the range of one
    patient contains the error of the plasma volume, so an interval of it is varied for a named
    production only.
    """
    model, at = model_of(row), list(volumes)
    if not session.named:
        at = at[:1]
    if (
        session.weight is None
    ):  # the weight of which the typical plasma volume is 3 L for every 70 kg
        session = session._replace(weight=REFERENCE_WEIGHT * at[0].plasma / REFERENCE_PLASMA)
    if model is None:
        return Case(row, session, None, at, None, [], [])
    known = [model.rates(row, volume, session, False) for volume in at]
    middle = known[0][0]
    half_lives = [math.log(2) / rates.kel for _, choices in known for rates in choices]
    one_at_a_time = not session.named and row.range == "patient" and middle is not None
    changed = course or session.production != "steady" or not session.named
    if (changed or session.supply) and not one_at_a_time:
        known = [model.rates(row, volume, session, True) for volume in at]
    corners = [(rates, volume) for volume, (_, choices) in zip(at, known) for rates in choices]
    return Case(row, session, model, at, (middle, at[0]) if middle else None, corners, half_lives)


def _span(span: Span, grade: str) -> tuple[float, float, float]:
    """Low, typical and high of an uncertain value."""
    low, *high = ends(span, grade)
    return low, value_if_known(span.typical), high[0] if high else low


def plan_of(session: Session, at: PlasmaVolumes, gap: float = 0.0, sessions: int = 1) -> CoursePlan:
    """Equal sessions at one choice of the plasma volume; each fluid takes its share of the time."""
    parts = tuple(
        SessionPart(at.exchanged * share, session.hours * share, level)
        for share, level in session.supply or ((1.0, 0.0),)
    )
    return CoursePlan(parts, gap, sessions, session.efficiency)


def device_rate(at: PlasmaVolumes, session: Session) -> float:
    """Removal rate constant of the device, per h."""
    return at.exchanged * session.efficiency / session.hours
