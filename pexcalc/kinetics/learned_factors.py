"""The record of how measured levels of one patient changed the forecast.

The trap: the factors change the forecast, never the order.
"""

from typing import Annotated, Any

from pexcalc.order.measured import LevelField, When
from pexcalc.quantities.annotations import PlainInterval
from pexcalc.quantities.record import Flag, Number, Result, Text, Whole


class LevelUse(Result):
    """One measured level and what it was used for.

    `uses` holds "volume" (one of a pair), "return" (a level before a later session) and "amount";
    `note` says why it was not used for more. `plasma_volumes` are those of its session, taken as
    the one ordered where they are not stated; `factor` is the patient's factor on the plasma volume
    that its pair shows. `amount` is what this session removes in mg, from washout alone to a level
    that stays; None without a plasma volume.
    """

    solute: Text
    name: Text
    session: Whole
    when: When
    level: Annotated[Any, LevelField()]
    plasma_volumes: Number
    plasma_volumes_stated: Flag
    uses: tuple[Text, ...]
    factor: Number | None
    amount: PlainInterval | None
    note: Text


LevelUse.__module__ = "pexcalc"


class LearnedFactors(Result):
    """What the measured levels of this patient change in the forecast, and whose they are.

    `session` is the session of the course for which the forecast is; `session_stated` is false
    where it follows from the levels. `sessions` counts the sessions whose pairs were used. `volume`
    is the factor on the plasma volume as ordered and `clock` that on the time between sessions, as
    90 % ranges with the levels; `volume_prior` and `clock_prior` are those without, which published
    series gave. With `used` false the forecast is the one without levels. `unconfirmed` are the
    inputs to confirm before a level is used.
    """

    session: Whole
    session_stated: Flag
    levels: tuple[LevelUse, ...]
    used: Flag
    sessions: Whole
    volume_prior: PlainInterval
    volume: PlainInterval
    clock_prior: PlainInterval
    clock: PlainInterval
    unconfirmed: tuple[Text, ...]
    conditions: Text
    statement: Text


LearnedFactors.__module__ = "pexcalc"
