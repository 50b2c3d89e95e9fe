"""Printed text: how measured levels of the patient change the forecast; sessions until a target.

The trap: the forecast without levels is always printed beside the one with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pexcalc.kinetics.course import TargetSessions
from pexcalc.kinetics.learned_factors import LearnedFactors, LevelUse
from pexcalc.kinetics.levels import LEVEL_CONDITIONS, factor_words
from pexcalc.kinetics.one_course import Needed
from pexcalc.kinetics.removal import SoluteRemoval
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.given import words_if
from pexcalc.report.layout import Row, Section
from pexcalc.report.wording import fall_words, joined, plasma_volumes_words

FROM_LEVELS = {
    True: "",
    False: " (one after the last measured: the session number is not recorded)",
}
NOT_MOVED = "as without levels: no level was used"


def learned_section(
    learned: LearnedFactors | None, removed: Iterable[SoluteRemoval] = ()
) -> Section:
    """Each level and what it was used for, factors without and with, the forecasts side by side."""
    if learned is None:
        return Section(TITLE, ())
    rows = (
        Row("Forecast for", f"session {learned.session}{FROM_LEVELS[learned.session_stated]}"),
        *map(_use_row, learned.levels),
        *_factor_rows(learned),
        *(
            Row(one.name, with_and_without(one.fall, one.fall_without_levels))
            for one in removed
            if one.fall is not None and one.fall_without_levels is not None
        ),
        Row(WHY_LEVELS, learned.statement),
        Row("Conditions", learned.conditions),
    )
    return Section(TITLE, rows)


def levels_of_screen(learned: LearnedFactors) -> Section:
    """Each level, whether it is used, and what has to be so for that."""
    rows = (
        Row(one.name, joined(_level_and_session(one), "used" if one.uses else "not used", one.note))
        for one in learned.levels
    )
    _, _, state = learned.conditions.partition(LEVEL_CONDITIONS)
    disturbed = any(one.uses and one.solute not in UNDISTURBED for one in learned.levels)
    checks = joined(LEVELS_TO_CHECK, words_if(disturbed, state.lstrip("; ")))
    used = any(one.uses for one in learned.levels)
    return Section(TITLE, (*rows, *([Row("Check", checks)] if used else ())))


UNDISTURBED = ("igg", "igm")  # proteins that are used in DIC, sepsis and the like too
LEVELS_TO_CHECK = (
    "same laboratory; level after taken at once, before rinseback, not from the return line; no "
    "plasma, immunoglobulin or factor between the two; earlier sessions with a fluid like this one"
)
WHY_LEVELS = "Why"
TITLE = "Forecast with the measured levels of this patient"


def with_and_without(fall: Interval, without: Interval) -> str:
    """`fall of 55 % (46 to 65 %) with the levels, 62 % (38 to 74 %) without them`."""
    return f"fall of {fall_words(fall)} with the levels, {fall_words(without)} without them"


def _use_row(one: LevelUse) -> Row:
    volumes = plasma_volumes_words(one.plasma_volumes, 3)
    stated = "" if one.plasma_volumes_stated else ", assumed to be the session that is ordered"
    session = f"{volumes}{stated}" if one.when == "after" else ""
    factor = one.factor if one.when == "after" else None
    used = ", ".join(USED_FOR[use] for use in one.uses)
    text = joined(
        _level_and_session(one),
        session,
        "" if factor is None else f"factor on the plasma volume {units.number(factor, 2)}",
        f"used for {used}" if used else "" if one.note else "not used",
        _mass_removed(one.amount),
        one.note,
    )
    return Row(one.name, text)


USED_FOR = {"volume": "the volume factor", "return": "the return", "amount": "the amount"}


def _level_and_session(one: LevelUse) -> str:
    return f"{_level_entered(one.level)} {one.when} session {one.session}"


def _level_entered(level: Any) -> str:
    row = units.unit_of(level)
    number = units.number(float(level.magnitude), 4)
    return f"{number} {row.label if row else level.units}"


def _mass_removed(amount: Interval | None) -> str:
    """What this session removes: from washout alone to a level that stays up."""
    if amount is None:
        return ""
    label, size = next(((label, size) for label, size in MASSES if amount.high >= size), MASSES[-1])
    low, high = (_three_digits(end / size) for end in (amount.low, amount.high))
    return (
        f"this session removes {low} to {high} {label} (washout alone; production keeps the level "
        f"up)"
    )


MASSES = (("g", 1000.0), ("mg", 1.0), ("mcg", 1e-3))  # derived: in mg


def _three_digits(value: float) -> str:
    return units.number(float(f"{value:.3g}"), 6)


def _factor_rows(learned: LearnedFactors) -> list[Row]:
    if not learned.used:
        volume = f"{factor_words(learned.volume_prior)}, {NOT_MOVED}"
        return [Row("Plasma volumes x", volume)]
    return [
        Row(
            "Plasma volumes x",
            f"{factor_words(learned.volume)} with the levels, "
            f"{factor_words(learned.volume_prior)} without them (90 % ranges)",
        ),
        Row(
            "Clock between x",
            f"{factor_words(learned.clock)} with the levels, "
            f"{factor_words(learned.clock_prior)} without them (90 % ranges)",
        ),
    ]


def learned_words(learned: LearnedFactors | None, removed: Iterable[SoluteRemoval]) -> str:
    """One line: with and without, for a protein that was measured where one is shown."""
    if learned is None:
        return ""
    levels = _sessions_of_levels(learned.levels)
    measured = {one.solute for one in learned.levels}
    shown = (one for one in removed if one.fall_without_levels)
    first = min(shown, key=lambda one: one.solute not in measured, default=None)
    if first is not None:
        assert first.fall is not None  # both stand beside each other
        assert first.fall_without_levels is not None
        both = with_and_without(first.fall, first.fall_without_levels)
        return f"from this patient's levels ({levels}). {first.name}: {both}; the dose is unchanged"
    why = ", ".join(dict.fromkeys(one.note for one in learned.levels if one.note))
    return f"levels of this patient ({levels}) not used for the forecast{words_if(why, f': {why}')}"


def _sessions_of_levels(levels: Iterable[LevelUse]) -> str:
    """`IgG before session 1, 2; IgG after session 1`: each protein and each side once."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in sorted(levels, key=lambda level: level.session):
        found.setdefault((one.name, one.when), []).append(str(one.session))
    return "; ".join(
        f"{name} {when} session {', '.join(sessions)}" for (name, when), sessions in found.items()
    )


# --- sessions until a target ----------------------------------------------------------------------

NO_TARGET = "no guideline sets a target"


def target_section(targets: Iterable[TargetSessions]) -> Section:
    """Three answers side by side for each protein, never one of them alone."""
    found = list(targets)
    rows = (
        *(Row("Target", f"{target_words(one.target_fall)}; {NO_TARGET}") for one in found[:1]),
        *(Row(one.name, three_answers(one)) for one in found),
    )
    return Section("Sessions until the target", rows)


def target_words(fall: float) -> str:
    """`down by 70 %, to 30 % of the level before the first session`."""
    left = units.percent(round(1 - fall, 9), 1)
    return f"down by {units.percent(fall, 1)}, to {left} of the level before the first session"


def three_answers(one: TargetSessions) -> str:
    """Right after a session, before the next, in the whole body."""
    return joined(
        f"right after a session: {session_words(one.sessions_needed)}",
        f"before a session: {session_words(one.sessions_needed_before)}",
        f"in the body: {session_words(one.sessions_needed_body)}",
    )


def session_words(needed: Needed | None) -> str:
    """From which session on a target is held, at best and at worst."""
    best, typical, worst = needed or (None, None, None)
    if best is None:
        return "not by any number of sessions"
    if best == worst:
        return f"session {best}"
    words = f"session {best} to {worst}" if worst else f"session {best} at best"
    return f"{words}, typically {typical}" if typical else words
