"""The same solute under plasma exchange, hemofiltration, hemodiafiltration and high cut-off.

What a modality does to a level is an exchange of the plasma that it clears, in the hours it runs
(one_session.py); what a filter clears is in filters.py. A measured clearance or sieving goes before
the size-only curve, whose value is an upper bound and says so.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

from pexcalc.data import limits as limit_table
from pexcalc.data import solutes as solute_table
from pexcalc.data.solutes import Known, Solute
from pexcalc.kinetics.case import (
    REFERENCE_PLASMA,
    REFERENCE_WEIGHT,
    PlasmaVolumes,
    Session,
    case_of,
)
from pexcalc.kinetics.filters import (
    HIGH_CUTOFF,
    HIGH_FLUX,
    hemofiltration_post,
    hemofiltration_pre,
    ultrafiltration_fraction,
)
from pexcalc.kinetics.one_session import at_once, outcomes
from pexcalc.kinetics.removal import NOT_IN_CAR_T
from pexcalc.order.fields import (
    ANY_HEMATOCRIT,
    ANY_WEIGHT,
    EFFLUENT,
    FLOW,
    HOURS_PER_DAY,
    MULTIPLE,
    RUN_TIME,
    STATED_VOLUME,
)
from pexcalc.order.lookup import made_by_the_body, solute_named
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Between, Interval, Measured, PlainInterval
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import first_quantity
from pexcalc.quantities.given import if_given
from pexcalc.quantities.record import Fixed, Flag, Number, Result, Text
from pexcalc.quantities.units import Fraction, Quantity
from pexcalc.quantities.working import Basis, Recorder
from pexcalc.rules.cautions import Caution, check
from pexcalc.rules.facts import Facts, RunFacts

SESSIONS_A_DAY = In("1", 0.1, 3, "sessions")

Modality = Literal[
    "exchange", "hemofiltration-post", "hemofiltration-pre", "hemodiafiltration", "high-cutoff"
]
MODALITIES: tuple[Modality, ...] = Modality.__args__  # type: ignore[attr-defined]
FlowInterval = Annotated[Interval, Between("mL/min")]
LitresInterval = Annotated[Interval, Between("L")]

SENTENCE = (
    "Plasma exchange removes large plasma-borne molecules, above about 50 kDa, that "
    "hemofiltration and hemodiafiltration retain. For small free cytokines high cut-off "
    "filtration clears more in "
    "a day, and where "
    "turnover is fast neither changes the level for long"
)
NO_EFFECT = (
    "a lower level does not prove clinical benefit; a fall during treatment is not removal by "
    "treatment"
)

CURVE = "size-only prediction, an upper bound"
ASSUMED = "sieving 1 assumed for a plasma separator; none has been measured"
UNKNOWN_FIGURE = "not known: neither measured nor a size"


# --- one modality, one solute ---------------------------------------------------------------------


class ModalityResult(Result):
    """One solute under one modality; a figure is None where nothing is known.

    Notes
    -----
    `clearance` is while it runs, `day_average` over 24 hours, `litres_per_day` the plasma cleared
    of it in a day. `passage` says what it rests on; with `upper_bound` it may be anything down to
    0. `share` is of all clearance while it runs, `fall` the percent reduction at the end of a run
    from steady production, `mean_fall` of its 24-hour mean. `albumin_litres` and `igg_litres` are
    the plasma cleared of albumin and IgG in a day.
    """

    modality: Modality
    solute: Text
    name: Text
    passage: Text
    upper_bound: Flag
    sieving: PlainInterval | None
    clearance: FlowInterval | None
    day_average: FlowInterval | None
    litres_per_day: LitresInterval | None
    share: PlainInterval | None
    fall: PlainInterval | None
    mean_fall: PlainInterval | None
    albumin_litres: LitresInterval | None
    igg_litres: LitresInterval | None
    hours_per_day: Annotated[units.Quantity, Measured("h", result=True)]
    filtration_fraction: Number | None
    grade: Text
    statement: Text
    cautions: tuple[Caution, ...]
    basis: Fixed[Basis]


ModalityResult.__module__ = "pexcalc"


class Setting(NamedTuple):
    """What the modalities are compared at, as plain numbers: mL, mL/min, h, kg, fractions."""

    weight: float
    plasma: float
    plasma_flow: float
    ultrafiltrate: float
    hours: float
    exchanged: float
    session: float
    sessions: float


def compare_modalities(
    solute: str,
    weight: Quantity,
    hematocrit: Fraction,
    blood_flow: Quantity,
    effluent_dose: Quantity,
    plasma_volumes: Fraction,
    duration: Quantity,
    plasma_volume: Quantity | Interval | None = None,
    *,
    hours_per_day: Quantity | None = None,
    sessions_per_day: Fraction = 1.0,
) -> list[ModalityResult]:
    """The same solute under exchange, hemofiltration, hemodiafiltration and high cut-off.

    Parameters
    ----------
    solute : str
        Id, name or synonym.
    weight : Quantity, scalar
        Body weight.
    hematocrit : float or Quantity
        Hematocrit, venous.
    blood_flow : Quantity, scalar
        Blood flow through the filter.
    effluent_dose : Quantity, scalar
        Effluent of the filter per body weight and hour.
    plasma_volumes : float or Quantity
        Plasma volumes of one exchange.
    duration : Quantity, scalar
        Duration of one exchange.
    plasma_volume : Quantity, scalar, optional
        Plasma volume; without one 3 L for 70 kg.
    hours_per_day : Quantity, scalar, optional
        Run time of the filter in a day; without one 24 h.
    sessions_per_day : float or Quantity, default 1.0
        Exchanges in a day.

    Returns
    -------
    list of ModalityResult
        One for each modality.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    Valid from steady state; predictions of a model, not validated in CAR-T patients.
    Hemodiafiltration is calculated as if all of its effluent were filtered:
    diffusion is not included. Scalars only.

    References
    ----------
    crrt-clearance, sieving-curve, turnover-model, those of the solute

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> at = Q(70, "kg"), 0.3, Q(150, "mL/min"), Q(25, "mL/kg/h"), 1.0, Q(2, "h")
    >>> [round(one.litres_per_day.high.m_as("L"), 1) for one in compare_modalities("IL-6", *at)]
    [3.0, 1.6, 1.6, 1.6, 38.2]
    """
    row = made_by_the_body(solute_named(solute))
    setting = setting_of(
        weight,
        hematocrit,
        blood_flow,
        effluent_dose,
        plasma_volumes,
        duration,
        plasma_volume,
        hours_per_day,
        sessions_per_day,
    )
    like = first_quantity(weight, blood_flow, effluent_dose, duration)
    return [_result(modality, row, setting, Recorder(like)) for modality in MODALITIES]


def setting_of(
    weight: Any,
    hematocrit: Any,
    blood_flow: Any,
    effluent_dose: Any,
    plasma_volumes: Any,
    duration: Any,
    plasma_volume: Any,
    hours_per_day: Any,
    sessions_per_day: Any,
) -> Setting:
    """The setting as plain numbers; QuantityError for what cannot be used."""
    kilograms = ANY_WEIGHT.one("weight", weight)
    flow = FLOW.one("blood_flow", blood_flow) * (1 - ANY_HEMATOCRIT.one("hematocrit", hematocrit))
    ultrafiltrate = EFFLUENT.one("effluent_dose", effluent_dose) * kilograms / 60
    if ultrafiltrate >= flow:
        flows = units.number(ultrafiltrate, 1), units.number(flow, 1)
        got = f"{flows[0]} mL/min out of {flows[1]} mL/min of plasma"
        raise QuantityError(
            "effluent_dose",
            f"{got}, a filtration fraction above 1",
            "less than the plasma flow",
            kind="range",
        )
    plasma = REFERENCE_PLASMA * kilograms / REFERENCE_WEIGHT
    if plasma_volume is not None:
        plasma = STATED_VOLUME.one("plasma_volume", plasma_volume)
    session = RUN_TIME.one("duration", duration)
    hours = (
        24.0 if hours_per_day is None else HOURS_PER_DAY.one("hours_per_day", hours_per_day)
    )  # derived: hours of a day
    sessions = SESSIONS_A_DAY.one("sessions_per_day", sessions_per_day)
    if sessions * session > 24:  # derived: hours of a day
        got = f"{units.number(sessions, 2)} of {units.number(session, 2)} h"
        raise QuantityError("sessions_per_day", got, "no more than 24 h a day", kind="range")
    exchanged = MULTIPLE.one("plasma_volumes", plasma_volumes) * plasma
    return Setting(kilograms, plasma, flow, ultrafiltrate, hours, exchanged, session, sessions)


class Passage(NamedTuple):
    """How a solute passes, and what that rests on.

    Sieving, or a clearance in mL/min, as low and high end.
    """

    low: float
    high: float
    is_clearance: bool
    says: str
    upper_bound: bool


def passage(modality: Modality, row: Solute) -> Passage | None:
    """What is known of the passage: a measured clearance, else sieving, else the curve."""
    if modality == "exchange":
        known = row.sieving.value if row.sieving else 1.0
        return Passage(
            known,
            known,
            False,
            "measured sieving of plasma separators" if row.sieving else ASSUMED,
            False,
        )
    high = modality == "high-cutoff"
    clearance = row.clearance_high_cutoff if high else row.clearance_filter
    sieving = row.sieving_high_cutoff if high else row.sieving_filter
    if clearance is not None:
        return _measured(clearance, True, "measured clearance, whatever the dose was")
    if sieving is not None:
        return _measured(sieving, False, "measured sieving")
    size = row.mw.low or row.mw.typical
    if size is None:
        return None
    return Passage(
        0.0, (HIGH_CUTOFF if high else HIGH_FLUX).sieving(size.value), False, CURVE, True
    )


def _measured(known: Known, is_clearance: bool, says: str) -> Passage:
    """A measured passage; a value below a limit may be anything down to 0."""
    below = known.note == "<"
    return Passage(
        0.0 if below else known.value,
        known.value,
        is_clearance,
        f"{says}{', below a limit' * below}",
        below,
    )


def _clearance(
    modality: Modality, at: Setting, sieving: float, record: Recorder, path: str
) -> float:
    """Clearance in mL/min at one sieving coefficient."""
    if modality == "exchange":
        return at.exchanged / at.session / 60 * sieving
    if modality == "hemofiltration-pre":
        return record.run(
            path,
            hemofiltration_pre,
            ultrafiltrate=at.ultrafiltrate,
            sieving=sieving,
            plasma_flow=at.plasma_flow,
        )
    return record.run(path, hemofiltration_post, ultrafiltrate=at.ultrafiltrate, sieving=sieving)


def _ends(
    modality: Modality, row: Solute, at: Setting, record: Recorder
) -> tuple[float, float] | None:
    """Clearance in mL/min while the modality runs, low and high end."""
    known = passage(modality, row)
    if known is None:
        return None
    if known.is_clearance:  # never more than the plasma that flows in
        return min(known.low, at.plasma_flow), min(known.high, at.plasma_flow)
    ends = (("low", known.low), ("high", known.high))
    low, high = (
        _clearance(modality, at, end, record, f"{modality}.{row.id}.{name}") for name, end in ends
    )
    return low, high


def _result(modality: Modality, row: Solute, at: Setting, record: Recorder) -> ModalityResult:
    """The record of one modality."""
    known, ends = passage(modality, row), _ends(modality, row, at, record)
    exchange = modality == "exchange"
    hours = at.session * at.sessions if exchange else at.hours
    fraction = None
    if not exchange:
        before = at.ultrafiltrate if modality == "hemofiltration-pre" else 0.0
        fraction = record.run(
            f"{modality}.filtration_fraction",
            ultrafiltration_fraction,
            predilution=before,
            ultrafiltrate=at.ultrafiltrate,
            plasma_flow=at.plasma_flow,
        )
    limits = limit_table.limits()
    percent = if_given(fraction, lambda fraction: 100 * fraction)
    raised = check(Facts(limits, run=RunFacts(ultrafiltration_fraction=percent)))

    share, fall, mean_fall = _modality_level(row, ends, at, at.session if exchange else at.hours)
    return ModalityResult.model_construct(
        modality=modality,
        solute=row.id,
        name=row.name,
        passage=known.says if known else UNKNOWN_FIGURE,
        upper_bound=known is not None and known.upper_bound,
        sieving=None
        if known is None or known.is_clearance
        else Interval(*_three((known.low, known.high))),
        # derived: hours of a day
        clearance=_scaled(ends, lambda end: end, "mL/min", record),
        day_average=_scaled(ends, lambda end: end * (hours / 24), "mL/min", record),
        litres_per_day=_liters_words(ends, hours, record),
        share=share,
        fall=fall,
        mean_fall=mean_fall,
        albumin_litres=_liters_words(
            _ends(modality, solute_table.solute("albumin"), at, Recorder()), hours, record
        ),
        igg_litres=_liters_words(
            _ends(modality, solute_table.solute("igg"), at, Recorder()), hours, record
        ),
        hours_per_day=record.quantity(hours, "h"),
        filtration_fraction=fraction,
        grade=row.grade,
        statement=f"{NOT_IN_CAR_T}; {NO_EFFECT}",
        cautions=raised,
        basis=record.working(),
    )


def _three(ends: tuple[float, float]) -> tuple[float, float | None, float]:
    """Two ends as low, typical and high; typical where both are one value."""
    low, high = ends
    return low, (low if low == high else None), high


def _liters_words(
    ends: tuple[float, float] | None, hours: float, record: Recorder
) -> Interval | None:
    """Plasma cleared in a day, in L."""
    return _scaled(ends, lambda end: end * 60 * hours / 1000, "L", record)


def _scaled(
    ends: tuple[float, float] | None,
    scale: Callable[[float], float],
    unit: str,
    record: Recorder,
) -> Interval | None:
    """Both ends of a clearance in another measure; None where nothing is known."""
    if ends is None:
        return None
    return record.interval(_three((scale(ends[0]), scale(ends[1]))), unit)


def _modality_level(
    row: Solute, ends: tuple[float, float] | None, at: Setting, hours: float
) -> tuple[Interval | None, Interval | None, Interval | None]:
    """Share of all clearance, and percent reduction at the end of a run and of the daily mean."""
    if ends is None:
        return None, None, None
    session = Session(hours, 1.0, at.weight, "steady")
    found = []
    for clearance in sorted(set(ends)):
        case = case_of(row, [PlasmaVolumes(clearance * 60 * hours / at.plasma, at.plasma)], session)
        found += outcomes(case.corners, session)
        found += [at_once(session)] if case.upper_bound else []
    if not found:
        return None, None, None
    names = ("device_share", "fall", "mean_fall")
    spans = [[getattr(one, name) for one in found] for name in names]
    share, fall, mean = (Interval(max(0.0, min(span)), None, max(span)) for span in spans)
    return share, fall, mean
