"""A measured level: its solute, and the session before or after which it was taken.

The trap: the two levels of a pair are of one session; a level right after session 1 is not the
level before session 2.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Self

from pint.facets.plain import PlainQuantity
from pydantic import Field, field_validator, model_validator
from pydantic_core import core_schema

from pexcalc.order.fields import LEVEL_UNITS, MULTIPLE, SESSION, spec
from pexcalc.order.lookup import made_by_the_body, solute_named
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Measured, bounds
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError, refuse_if
from pexcalc.quantities.record import NotABool, Number, OneLine, Record, Schema

When = Literal["before", "after"]
# The ranges of a level, by the kind of its unit.
LEVELS_BY_KIND: Mapping[str, In] = {spec(row).kind: spec(row) for row in LEVEL_UNITS}
LEVEL_EXAMPLE = "a level with its unit, such as 9.1 g/L"


class LevelField(Measured):
    """Marks a field as a level: a mass or molar concentration, or percent of normal."""

    def __init__(self) -> None:
        super().__init__(LEVELS_BY_KIND["mass concentration"], within=True)
        self.kinds = {kind: Measured(one, within=True) for kind, one in LEVELS_BY_KIND.items()}
        for one in self.kinds.values():
            one.rows = [row for row in one.rows if row.label != "1"]

    def validate(self, value: Any, info: core_schema.ValidationInfo) -> Any:
        """A Quantity of one of the kinds, or its JSON form; a bare number is refused."""
        name = info.field_name or "level"
        row = units.unit_entered(value)
        if row is None and not isinstance(value, Mapping | PlainQuantity):
            shown = units.shown_text(str(value))
            raise QuantityError(name, f"{shown} without a unit", LEVEL_EXAMPLE, kind="unit")
        return self._of(row).validate(value, info)

    def to_wire(self, value: Any) -> dict[str, Any]:
        """The level in the unit in which it was entered."""
        return self._of(units.unit_of(value)).to_wire(value)

    def schema(self) -> dict[str, Any]:
        """A value and a unit of one of the kinds."""
        return {"oneOf": [one.schema() for one in self.kinds.values()]}

    def _of(self, row: units.Unit | None) -> Measured:
        return self.kinds.get(row.kind if row else "", self.kinds["mass concentration"])


class MeasuredLevel(Record):
    """A level of the patient, with the session to which it belongs. Raises QuantityError.

    solute                    id, name or synonym of a solute of the body
    session                   its number in the course, from 1
    when                      before the session, or right after it (before rinseback)
    level                     a mass or molar concentration, or percent of normal
    plasma_volumes            of that session; without them those of the session that is ordered
    """

    solute: OneLine
    session: Annotated[int, NotABool, Field(strict=True), Schema(**bounds(SESSION))]
    when: Annotated[When, Field(description="before or after")]
    level: Annotated[Any, LevelField()]
    plasma_volumes: Annotated[Number, Schema(**bounds(MULTIPLE))] | None = None

    def __init__(self, /, *given: Any, **data: Any) -> None:
        super().__init__(**dict(zip(type(self).model_fields, given)), **data)

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @field_validator("solute")
    @classmethod
    def _of_the_body(cls, name: str) -> str:
        return made_by_the_body(solute_named(name)).id

    @field_validator("session")
    @classmethod
    def _session_in_range(cls, number: int) -> int:
        return int(SESSION.one("session", number))

    @field_validator("plasma_volumes")
    @classmethod
    def _usual_multiple(cls, number: float | None) -> float | None:
        return MULTIPLE.one_if_given("plasma_volumes", number)

    @model_validator(mode="after")
    def _some_level(self) -> Self:
        refuse_if(self.size <= 0, "level", "0", "a level of more than 0", kind="range")
        return self

    @property
    def kind(self) -> str:
        """The kind of unit: mass concentration, molar concentration or fraction."""
        return kind_of_level(self.level)

    @property
    def size(self) -> float:
        """The bare level in the unit of its kind."""
        return float(LEVELS_BY_KIND[self.kind].bare("level", self.level))


MeasuredLevel.__module__ = "pexcalc"


def kind_of_level(level: Any) -> str:
    """The first kind of unit to which a level belongs."""
    fits = (kind for kind, one in LEVELS_BY_KIND.items() if level.check(one.container))
    return next(fits, "mass concentration")


class LevelKey(NamedTuple):
    """Which level: solute, session, before or after."""

    solute: str
    session: int
    when: str


def key_of(one: MeasuredLevel) -> LevelKey:
    """Which level this is."""
    return LevelKey(one.solute, one.session, one.when)


def next_after(levels: Iterable[MeasuredLevel]) -> int:
    """The session that follows the levels: one after the last with a level after it, else 1.

    A level before a session is taken for the session that is ordered.
    """
    return max((one.session + (one.when == "after") for one in levels), default=1)


def checked_levels(
    levels: Sequence[MeasuredLevel], session: int | None = None, field: str = "measured"
) -> tuple[MeasuredLevel, ...]:
    """The levels in the order of the sessions, each once.

    Raises
    ------
    QuantityError
        Two values of one level, two units of one solute, two volumes of one session, or a level
        from after the start of the session that is ordered.
    """
    paths = {f"{field}[{place}]": one for place, one in enumerate(levels)}
    found: dict[LevelKey, tuple[str, MeasuredLevel]] = {}
    for path, one in paths.items():
        _check_place(one, path, session)
        first, other = found.setdefault(key_of(one), (path, one))
        if not _same_level(other.size, one.size):
            got = f"two values of {level_in_words(one)}"
            raise _level_conflict(got, "one of them", "level", first, path)
    _check_alike(dict(found.values()))
    return tuple(one for _, one in sorted(found.values(), key=lambda row: _by_session(row[1])))


def _by_session(one: MeasuredLevel) -> tuple[str, int, bool]:
    return one.solute, one.session, one.when == "after"


def _same_level(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9)


def _level_conflict(got: str, wanted: str, field: str, first: str, path: str) -> QuantityError:
    """The error for a level that contradicts an earlier one in a field."""
    fields = (f"{first}.{field}", f"{path}.{field}")
    return QuantityError(path, got, wanted, kind="conflict", fields=fields)


def _check_place(one: MeasuredLevel, path: str, session: int | None) -> None:
    """A level is from before the session that is ordered."""
    if session is not None and (one.session, one.when == "after") > (session, False):
        wanted = f"a level from before session {session}, which is the one that is ordered"
        fields = (f"{path}.session", "course.session")
        got = f"a level {one.when} session {one.session}"
        raise QuantityError(path, got, wanted, kind="conflict", fields=fields)


def _check_alike(levels: Mapping[str, MeasuredLevel]) -> None:
    """One kind of unit for a solute, one volume for a session."""
    kinds: dict[str, tuple[str, str]] = {}
    volumes: dict[int, tuple[str, float]] = {}
    for path, one in levels.items():
        first, kind = kinds.setdefault(one.solute, (path, one.kind))
        if kind != one.kind:
            got = f"a {one.kind} and a {kind} of {name_in_words(one.solute)}"
            raise _level_conflict(got, "one kind of unit", "level", first, path)
        if one.plasma_volumes is not None:
            first, volume = volumes.setdefault(one.session, (path, one.plasma_volumes))
            both = " and ".join(units.number(v, 3) for v in (volume, one.plasma_volumes))
            if not _same_level(volume, one.plasma_volumes):
                got = f"{both} plasma volumes for session {one.session}"
                raise _level_conflict(got, "one volume", "plasma_volumes", first, path)


LABS_OF = ("fibrinogen", "igg", "albumin")  # laboratory values that are levels of solutes


def with_labs(
    levels: Sequence[MeasuredLevel], labs: Any, session: int
) -> tuple[MeasuredLevel, ...]:
    """The levels with the laboratory values, which are the levels before this session.

    A laboratory value is added where the solute has a measured level; alone it says nothing of a
    session.

    Raises
    ------
    QuantityError
        Another value for the same solute and session among the measured levels.
    """
    known = {key_of(one): (place, one) for place, one in enumerate(levels)}
    added = []
    for name in LABS_OF:
        value = getattr(labs, name, None)
        if value is None or not any(one.solute == name for one in levels):
            continue
        lab = MeasuredLevel(solute=name, session=session, when="before", level=value)
        place, same = known.get(key_of(lab), (0, None))
        if same is None:
            added.append(lab)
        elif same.kind != lab.kind or not _same_level(same.size, lab.size):
            got = f"{level_in_words(lab)} {value_words(lab)} among the laboratory values and "
            got += f"{value_words(same)} among the measured levels"
            fields = (f"labs.{name}", f"measured[{place}].level")
            raise QuantityError("measured", got, "one value", kind="conflict", fields=fields)
    return (*levels, *added)


# --- in words -------------------------------------------------------------------------------------

LONGEST_NAME = 12  # derived: letters of a name that is not shortened


def name_in_words(solute: str) -> str:
    """The shortest name of a solute: IgG, IL-6, Fibrinogen."""
    row = solute_named(solute)
    return row.synonyms[0] if row.synonyms and len(row.name) > LONGEST_NAME else row.name


def level_in_words(one: MeasuredLevel) -> str:
    """`IgG before session 1`."""
    return f"{name_in_words(one.solute)} {one.when} session {one.session}"


def value_words(one: MeasuredLevel) -> str:
    """`9.1 g/L`: the level in the unit in which it was entered."""
    row = units.unit_of(one.level)
    if row is None:
        own = LEVELS_BY_KIND[one.kind]
        return units.label(float(units.number(one.size, 6)), own.unit)
    return f"{units.number(float(one.level.magnitude), 4)} {row.label}"
