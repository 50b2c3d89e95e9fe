"""Measured levels of one patient: which are used for the forecast, and the working line by line.

A pair of a plasma protein of grade A sharpens every such protein; a level before a later session
informs the return; a level of any other solute is printed and used for the amount only. The trap:
an order without the interval between sessions cannot use a level before a later session.
"""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple

from pexcalc.data import solutes as solute_table
from pexcalc.data.solutes import Solute
from pexcalc.data.spelling import most_alike
from pexcalc.kinetics import learning
from pexcalc.kinetics.learned_factors import LearnedFactors, LevelUse
from pexcalc.kinetics.learning import (
    ASSAY,
    BETWEEN_SESSIONS,
    CLOCK,
    NODES,
    TAIL,
    VOLUME_FACTOR,
    Learned,
    Pair,
    Returns,
)
from pexcalc.kinetics.prediction import BETWEEN_PATIENTS, LevelRange, Spread
from pexcalc.kinetics.trajectory import CoursePlan, TurnoverRates
from pexcalc.order.measured import (
    LevelKey,
    MeasuredLevel,
    checked_levels,
    key_of,
    level_in_words,
    name_in_words,
    next_after,
    value_words,
)
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.given import words_if
from pexcalc.quantities.working import Recorder

LEVEL_CONDITIONS = (
    "one laboratory; the level after a session taken right after it, "
    "before rinseback and away from the return line and its lock; no plasma, immunoglobulin or "
    "factor given between the two levels; the earlier sessions with a fluid like this one. The "
    "program cannot check this"
)
STATE_NOT_ENTERED = (
    "DIC, HLH, CRS, sepsis, bleeding, liver failure and heparin are not known here: in these use "
    "IgG or IgM only"
)
NEVER_THE_DOSE = (
    "the measured factor changes the forecast, never the order: no dose is raised or lowered from "
    "it. Nothing is learned from one patient for another, nothing is stored"
)
SOURCES_OF_LEARNING = ("turnover-model", "program-judgement")


class LevelSetting(NamedTuple):
    """The sessions to which levels belong.

    `plan` is one session as ordered, without what its fluid carries, and the gap to the next if it
    is known (`gap_known`); `exchanged` are its plasma volumes and `plasma` the plasma volume in mL;
    `rates` gives the typical rates of a solute. `disturbed` names what would make a
    protein measure the disease, None where that is not known to the program; `carried` are the
    solutes that the fluid of this order carries. With `volume_known` amounts can be given.
    """

    plan: CoursePlan
    exchanged: float
    plasma: float
    rates: Callable[[Solute], TurnoverRates]
    gap_known: bool
    number: int | None = None
    disturbed: str | None = None
    carried: Collection[str] = ()
    confirmed: Collection[str] = ()
    volume_known: bool = False


class PatientLevels(NamedTuple):
    """The factors for the forecast, the record of what they rest on, and unusual pairs in words."""

    spread: Spread
    record: LearnedFactors
    unusual: str


def patient_levels(
    levels: Sequence[MeasuredLevel], setting: LevelSetting, record: Recorder
) -> PatientLevels | None:
    """Learn from the levels of one patient; None without any.

    Raises
    ------
    QuantityError
        Levels that do not fit together, a level that has not fallen, and a factor outside 0.25 to
        2.
    """
    if not levels:
        return None
    number = setting.number or next_after(levels)
    found = _Findings(levels, setting, number)
    learned = learning.learn(
        [one.pair for one in found.pairs],
        found.returns,
        confirmed=[one.confirm in setting.confirmed for one in found.pairs],
    )
    aside = [found.pairs[place] for place in learned.aside]
    spread = learned.spread
    record.later("learned", lambda working: _note_learning(found, learned, working))
    return PatientLevels(spread, _record_learned(found, learned, aside), _unusual_words(aside))


class PairFound(NamedTuple):
    """A pair with the solute that it is of."""

    solute: str
    pair: Pair

    @property
    def place(self) -> tuple[str, int]:
        """Its solute and session."""
        return self.solute, self.pair.session

    @property
    def confirm(self) -> str:
        """The input that confirms it."""
        return f"measured.{self.solute}"

    @property
    def words(self) -> str:
        """`IgG of session 1: 60 % lower, factor 0.96`."""
        fall = units.percent(1 - self.pair.after / self.pair.before)
        factor = units.number(math.exp(self.pair.log_eta), 2)
        name = name_in_words(self.solute)
        return f"{name} of session {self.pair.session}: {fall} lower, factor {factor}"


class _Findings:
    """The pairs and the returns among the levels, and why others are neither."""

    def __init__(self, given: Sequence[MeasuredLevel], setting: LevelSetting, number: int) -> None:
        self.levels, self.setting, self.number = checked_levels(given, number), setting, number
        self.places = {key_of(one): place for place, one in reversed(list(enumerate(given)))}
        self.by_key: dict[LevelKey, MeasuredLevel] = {key_of(one): one for one in self.levels}
        own = setting.exchanged
        self.stated = {one.session: one.plasma_volumes for one in self.levels if one.plasma_volumes}
        self.volumes = [self.stated.get(n, own) for n in range(1, number + 1)]
        self.refused: dict[str, str] = {}
        self.pairs: list[PairFound] = []
        self.returns: list[Returns] = []
        self.paired: set[tuple[str, int]] = set()
        self.returning: set[tuple[str, int]] = set()
        for solute in dict.fromkeys(one.solute for one in self.levels):
            self._look_at(solute_table.solute(solute))

    def _look_at(self, row: Solute) -> None:
        reason = _unsuited(row, self.setting)
        if reason:
            self.refused[row.id] = reason
            return
        rates = self.setting.rates(row)
        self.pairs += [
            PairFound(row.id, self._pair(one, before, rates))
            for one in self._of(row.id, "after")
            if (before := self.before(one))
        ]
        self.paired = {one.place for one in self.pairs}
        later = self._later_levels(row.id)
        if later:
            self.returning |= {(row.id, 1), *((row.id, session) for session, _, _ in later)}
            multiples = tuple(volume / self.setting.exchanged for volume in self.volumes)
            self.returns.append(Returns(rates, self.setting.plan, later, multiples))

    def _of(self, solute: str, when: str) -> list[MeasuredLevel]:
        """The levels of a solute before its sessions, or after them."""
        return [one for one in self.levels if (one.solute, one.when) == (solute, when)]

    def before(self, one: MeasuredLevel) -> MeasuredLevel | None:
        """The level before the same session."""
        return self.by_key.get(LevelKey(one.solute, one.session, "before"))

    def _pair(self, after: MeasuredLevel, before: MeasuredLevel, rates: TurnoverRates) -> Pair:
        """The pair, with the typical level after that session of the course so far."""
        first = 0 if self.setting.gap_known else after.session - 1
        volumes = self.volumes[first : after.session]
        multiples = [volume / self.setting.exchanged for volume in volumes]
        start, end = learning.followed(rates, self.setting.plan, multiples)[-1]
        pair = Pair(after.session, before.size, after.size, float(end / start))
        self._check(pair, before, after)
        return pair

    def _check(self, pair: Pair, before: MeasuredLevel, after: MeasuredLevel) -> None:
        """Refuse a pair that no exchange explains, with both levels in words."""
        try:
            learning.check_pair(pair, "measured")
        except QuantityError as error:
            got, expected = f"{level_in_words(after)}: {error.got}", error.expected
            if pair.after >= pair.before:
                got = f"{level_in_words(after)} {value_words(after)}"
                expected = f"less than {value_words(before)}, the level before it; check tube and "
                expected += "time of the sample, and products given"
            fields = tuple(f"measured[{self.places[key_of(one)]}].level" for one in (before, after))
            raise QuantityError("measured", got, expected, kind=error.kind, fields=fields) from None

    def _later_levels(self, solute: str) -> tuple[tuple[int, float, float], ...]:
        """Levels before later sessions, as fractions of that before the first."""
        first = self.by_key.get(LevelKey(solute, 1, "before"))
        if first is None or not self.setting.gap_known:
            return ()
        return tuple(
            (one.session, one.size / first.size, ASSAY)
            for one in self._of(solute, "before")
            if one.session > 1
        )

    def uses(self, one: MeasuredLevel, aside: Collection[tuple[str, int]]) -> tuple[str, ...]:
        """What a level was used for."""
        place = one.solute, one.session
        words = {
            "volume": place in self.paired.difference(aside),
            "return": place in self.returning and one.when == "before",
            "amount": self.amount(one) is not None,
        }
        return tuple(word for word, holds in words.items() if holds)

    def amount(self, one: MeasuredLevel) -> Interval | None:
        """What this session removes of the solute in mg: washout alone, and a level that stays."""
        this = one.when == "before" and one.session == self.number
        if not (this and self.setting.volume_known and one.kind == "mass concentration"):
            return None
        in_plasma = one.size * self.setting.plasma  # derived: g/L times mL is mg
        pools = self.setting.exchanged * self.setting.plan.efficiency
        return Interval(in_plasma * -math.expm1(-pools), None, in_plasma * pools)

    def note(self, one: MeasuredLevel, uses: Collection[str]) -> str:
        """Why a level was not used for more; empty where it was."""
        first_known = LevelKey(one.solute, 1, "before") in self.by_key
        reasons = (  # the first that holds
            (one.solute in self.refused, self.refused.get(one.solute, "")),
            (not {"volume", "return"}.isdisjoint(uses), ""),
            ((one.solute, one.session) in self.paired, UNCONFIRMED),
            (one.when == "after", f"needs the level before session {one.session}"),
            (one.session == 1, "needs the level right after session 1"),
            (not first_known, f"needs the level before session 1, {OR_RIGHT_AFTER}"),
            (True, f"needs the interval between sessions, {OR_RIGHT_AFTER}"),
        )
        return next(reason for holds, reason in reasons if holds)


OR_RIGHT_AFTER = "or the level right after the same session"
USUAL_FACTOR = " to ".join(units.number(end, 2) for end in learning.USUAL)
UNCONFIRMED = (
    f"set aside: its factor is outside {USUAL_FACTOR}; check tube, time of the sample and products "
    "given, then confirm it"
)
DISTURBED_KINDS = (
    "no factor, complement or fibrinogen there (judgement of this program): it would measure the "
    "disease; IgG or IgM is used"
)


def _unsuited(row: Solute, setting: LevelSetting) -> str:
    """Why a solute says nothing of the factor; empty where it does."""
    confined = row.range == "patient" and any(
        (row.kel.typical, row.half_life.typical, row.clearance)
    )
    carried = row.id == "albumin" or row.id in setting.carried
    try:
        learning.check_solute(
            row.id,
            "measured",
            grade=row.grade,
            confined=confined,
            carried=carried,
            disturbed=bool(setting.disturbed),
        )
    except QuantityError:
        if not confined or row.grade != "A":
            return "printed only: the factor is learned from plasma proteins of grade A, never here"
        if carried:
            return "not used: the replacement fluid contains it"
        return f"not used with {setting.disturbed}: {DISTURBED_KINDS}"
    return ""


# --- the record -----------------------------------------------------------------------------------


def _record_learned(
    found: _Findings, learned: Learned, aside: Sequence[PairFound]
) -> LearnedFactors:
    setting, used = found.setting, learned.posterior is not None
    left_out = {one.place for one in aside}
    factors = {one.place: math.exp(one.pair.log_eta) for one in found.pairs}
    spread = learned.spread

    def level(one: MeasuredLevel) -> LevelUse:
        uses = found.uses(one, left_out)
        return LevelUse.model_construct(
            solute=one.solute,
            name=name_in_words(one.solute),
            session=one.session,
            when=one.when,
            level=one.level,
            plasma_volumes=found.volumes[one.session - 1],
            plasma_volumes_stated=one.session in found.stated,
            uses=uses,
            factor=factors.get((one.solute, one.session)),
            amount=found.amount(one),
            note=found.note(one, uses),
        )

    state = words_if(setting.disturbed is None, f"; {STATE_NOT_ENTERED}")
    return LearnedFactors.model_construct(
        session=found.number,
        session_stated=setting.number is not None,
        levels=tuple(map(level, found.levels)),
        used=used,
        sessions=learned.sessions,
        volume_prior=Interval(*BETWEEN_PATIENTS.eta),
        volume=Interval(*spread.eta),
        clock_prior=Interval(*BETWEEN_PATIENTS.rho),
        clock=Interval(*spread.rho),
        unconfirmed=tuple(dict.fromkeys(one.confirm for one in aside)),
        conditions=f"{LEVEL_CONDITIONS}{state}",
        statement=_statement(found, learned),
    )


def _statement(found: _Findings, learned: Learned) -> str:
    """Whether the forecast moved, and why."""
    if learned.posterior is None:
        return f"the forecast is the one without levels; {NEVER_THE_DOSE}"
    number = units.number
    volume = learned.spread.eta
    of = [f"the pairs of sessions measured ({learned.sessions})"] * bool(learned.sessions)
    of += ["levels before later sessions"] * bool(found.returns)
    return (
        f"the center moved from the equation to a factor of {number(volume.typical, 2)} "
        f"({number(volume.low, 2)} to {number(volume.high, 2)}) on the plasma volumes, because of "
        f"{' and '.join(of)} of this patient; {NEVER_THE_DOSE}"
    )


def _unusual_words(aside: Iterable[PairFound]) -> str:
    return "; ".join(one.words for one in aside)


# --- the working ----------------------------------------------------------------------------------


def _note_learning(found: _Findings, learned: Learned, record: Recorder) -> None:
    """Every step from the levels to the posterior, one line each."""

    def note(path: str, text: str) -> None:
        record.note(f"learned.{path}", "posterior", text, *SOURCES_OF_LEARNING)

    number = units.number
    for place, one in enumerate(found.pairs):
        pair, path = one.pair, f"pair.{one.solute}.session-{one.pair.session}"
        measured, modeled = pair.after / pair.before, pair.modeled
        after = found.by_key[LevelKey(one.solute, pair.session, "after")]
        before = found.before(after)
        assert before is not None
        note(
            path,
            f"{level_in_words(before)} {value_words(before)}, after it {value_words(after)}: "
            f"measured share left {number(measured, 4)}, by the equation {number(modeled, 4)}; "
            f"y = ln(-ln {number(measured, 4)}) - ln(-ln {number(modeled, 4)}) = "
            f"{number(pair.log_eta, 4)}, a factor of {number(math.exp(pair.log_eta), 3)}"
            f"{', set aside until it is confirmed' * (place in learned.aside)}",
        )
        assay = learning.assay_variance(pair.before, pair.after, pair.cv)
        note(
            f"{path}.assay",
            f"variance of two assays, 2 x {pair.cv:g}^2 / (ln {number(measured, 4)})^2 = "
            f"{number(assay, 5)}",
        )
    _note_pairs(found, learned, note)
    _note_posterior(found, learned, note)


def _note_pairs(found: _Findings, learned: Learned, note: Any) -> None:
    used = [one.pair for place, one in enumerate(found.pairs) if place not in learned.aside]
    if not used:
        return
    number = units.number
    evidence = learning.evidence_of(used)
    between = VOLUME_FACTOR.sd**2 - BETWEEN_SESSIONS**2
    note(
        "sessions",
        f"pairs used: {len(used)}, of sessions: {evidence.sessions}; "
        "proteins of one session are averaged first: "
        f"mean y = {number(evidence.mean, 4)}, Vm = {number(evidence.variance, 5)} (session to "
        f"session {BETWEEN_SESSIONS:g}^2 and assays, divided by the sessions)",
    )
    posterior = learning.next_session(evidence)
    weight = between / (between + evidence.variance)
    note(
        "volume.closed_form",
        f"Vp = {VOLUME_FACTOR.sd:g}^2 - {BETWEEN_SESSIONS:g}^2 = {number(between, 4)}; "
        f"w = Vp / (Vp + Vm) = {number(weight, 3)}; ln eta = {VOLUME_FACTOR.mean:g} + w x (y - "
        f"({VOLUME_FACTOR.mean:g})) = {number(posterior.mean, 4)}; SD of the next session = "
        f"root of w x Vm + {BETWEEN_SESSIONS:g}^2 = {number(posterior.sd, 3)}",
    )


def _note_posterior(found: _Findings, learned: Learned, note: Any) -> None:
    prior = learning.Posterior(VOLUME_FACTOR, CLOCK)
    note("prior", f"without levels: {_range_words(BETWEEN_PATIENTS)}; {_normal_words(prior)}")
    if learned.posterior is None:
        note("posterior", "no level was used: the forecast is the one without levels")
        return
    if found.returns:
        levels = ", ".join(
            f"session {session} {units.percent(level, 1)}"
            for one in found.returns
            for session, level, _ in one.levels
        )
        note(
            "return",
            f"levels before later sessions, of that before session 1: {levels}; grid of "
            f"{NODES[0]} x {NODES[1]} nodes over ln eta and ln rho, weighted by prior, pairs and "
            "these levels",
        )
    note(
        "posterior",
        f"{_normal_words(learned.posterior)}; 90 % range, mean and {TAIL:g} SD to each side: "
        f"{_range_words(learned.spread)}",
    )


def _normal_words(both: learning.Posterior) -> str:
    names = ("ln eta", "ln rho")
    return ", ".join(
        f"{name} {units.number(one.mean, 3)} (SD {units.number(one.sd, 3)})"
        for name, one in zip(names, both)
    )


def _range_words(spread: Spread) -> str:
    return (
        f"plasma volumes x {factor_words(spread.eta)}, clock between sessions x "
        f"{factor_words(spread.rho)}"
    )


def factor_words(factor: LevelRange | Interval) -> str:
    """`0.84 (0.65 to 1.09)`."""
    low, typical, high = (units.number(end, 2) for end in (factor.low, factor.typical, factor.high))
    return f"{typical} ({low} to {high})"


def levels_given(measured: Any) -> tuple[MeasuredLevel, ...]:
    """The levels that were handed to a function; QuantityError for what is none."""
    try:
        levels = tuple([measured] if isinstance(measured, MeasuredLevel) else measured or ())
    except TypeError:
        levels = (measured,)
    for place, one in enumerate(levels):
        if not isinstance(one, MeasuredLevel):
            raise QuantityError(
                f"measured[{place}]",
                f"a value of type {type(one).__name__}",
                'a MeasuredLevel, such as MeasuredLevel("IgG", 1, "before", Q(9.1, "g/L"))',
                kind="type",
            )
    return levels


def confirmed_levels(names: Collection[str], levels: Iterable[MeasuredLevel]) -> tuple[str, ...]:
    """Confirmed inputs by their paths; QuantityError for one that was not measured."""
    known = list(dict.fromkeys(f"measured.{one.solute}" for one in levels))
    paths = tuple(name if "." in name else f"measured.{name}" for name in names)
    unknown = next((path for path in paths if path not in known), None)
    if unknown is not None:
        expected = " or ".join(known) or "no confirmation: no level was measured"
        shown = units.printable(unknown)
        raise QuantityError(
            "confirmed", shown, expected, most_alike(unknown, known), kind="unknown"
        )
    return paths


def levels_in_use(learned: LearnedFactors | None) -> dict[str, Any]:
    """The arguments of `simulate_course` that give the same factors; none without a used level."""
    if learned is None or not learned.used:
        return {}
    used = [one for one in learned.levels if {"volume", "return"} & set(one.uses)]
    names = ("solute", "session", "when", "level", "plasma_volumes")
    values = [{name: getattr(one, name) for name in names} for one in used]
    for one, row in zip(used, values):
        row["plasma_volumes"] = one.plasma_volumes if one.plasma_volumes_stated else None
    return {
        "measured": [MeasuredLevel(**row) for row in values],
        "session": learned.session,
        "confirmed": tuple(dict.fromkeys(f"measured.{one.solute}" for one in used)),
    }
