"""A session from the arguments of a function: checked, as plain numbers, with its measured levels.

What `expected_removal` and `simulate_course` take alike. The trap: an Interval of the plasma volume
keeps the exchange volume, so that the plasma volumes exchanged vary with it.
"""

import math
from collections.abc import Collection
from typing import Any, NamedTuple

from pexcalc.data.solutes import Solute
from pexcalc.kinetics.case import (
    REFERENCE_PLASMA,
    REFERENCE_WEIGHT,
    Case,
    PlasmaVolumes,
    Session,
    Supply,
    case_of,
    plan_of,
)
from pexcalc.kinetics.dilution import SOME_MIXING, SOME_SIEVING
from pexcalc.kinetics.levels import (
    LevelSetting,
    PatientLevels,
    confirmed_levels,
    levels_given,
    patient_levels,
)
from pexcalc.kinetics.one_session import PRODUCTION
from pexcalc.kinetics.trajectory import TurnoverRates
from pexcalc.kinetics.turnover import EXCHANGED, gap_between
from pexcalc.order.fields import (
    ANY_WEIGHT,
    INTERVAL,
    PLASMA_PER_KG,
    RUN_TIME,
    SESSION,
    STATED_VOLUME,
)
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.given import if_given
from pexcalc.quantities.working import Recorder

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
