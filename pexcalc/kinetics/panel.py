"""The panel of an order: the removal of several solutes by one session, under each production."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pexcalc.data import solutes as solute_table
from pexcalc.kinetics.case import PlasmaVolumes, ProductionName, Session, Supply, case_of
from pexcalc.kinetics.one_session import PRODUCTION
from pexcalc.kinetics.prediction import BETWEEN_PATIENTS, Spread
from pexcalc.kinetics.removal import SoluteRemoval, removal_of
from pexcalc.quantities.given import words_if
from pexcalc.quantities.working import Recorder

AFTER_TOCILIZUMAB = "after tocilizumab the level rises by itself; it does not show the response"


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


def other_productions(
    solutes: Iterable[str], session: Session, at: PlasmaVolumes, record: Recorder
) -> tuple[SoluteRemoval, ...]:
    """The same solutes under each production that is not steady."""
    changed: list[ProductionName] = [name for name in PRODUCTION if name != "steady"]
    return tuple(
        one
        for name in changed
        for one in panel(solutes, session._replace(production=name, named=True), at, record)
    )
