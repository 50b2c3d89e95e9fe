"""Cytokine release syndrome after CAR-T cells: the ASTCT 2019 grade, and the criteria for exchange.

The grade is the worse of blood pressure and oxygen, once there is fever or its waiver. ICANS, organ
damage and other scales do not enter it. The criteria never say that an exchange is the thing to do.
"""

from collections.abc import Collection
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, field_validator, model_validator

from pexcalc.data.spelling import most_alike
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Measured
from pexcalc.quantities.argument import Choice, In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.given import given_or, words_if
from pexcalc.quantities.record import Flag, NotABool, OneLine, Record, Result, Text
from pexcalc.quantities.units import Quantity
from pexcalc.rules.crs_words import DEVICES, SINCE_INFUSION, OxygenDevice, Scale
from pexcalc.rules.crs_words import VASOPRESSORS as VASOPRESSORS

TEMPERATURE = In("C", 30, 45, likely=("C", "F"))
OXYGEN_FLOW = In("L/min", 0.1, 100, likely=("L/min",))
SINCE = In("h", *SINCE_INFUSION, "h", "the time since the CAR-T infusion", likely=("h", "d"))
FEVER, LOW_FLOW = 38.0, 6.0  # secondary astct-2019: at least; at most, in L/min

OXYGEN_DEVICE = Choice(DEVICES)
# Grade that a device alone means; that of a nasal cannula depends on its flow.
DEVICE_GRADE = {
    "room-air": 0,
    "blow-by": 2,
    "high-flow-nasal-cannula": 3,
    "facemask": 3,
    "non-rebreather": 3,
    "venturi": 3,
    "cpap": 4,
    "bipap": 4,
    "niv": 4,
    "ventilated": 4,
}

# One medicine under two names counts once.
SAME = {"noradrenaline": "norepinephrine", "adrenaline": "epinephrine"}

SOURCE = "astct-2019"
SCALES_NOTE = (
    "grade by ASTCT 2019; Penn and Lee grades are not interchangeable: hypotension that responds "
    "to fluid is grade 2 "
    "here and 3 by Penn, CPAP or BiPAP 4 here and 3 by Penn, one vasopressor at a low dose 3 here "
    "and 2 by Lee"
)
VASOPRESSIN_ALONE = (
    "vasopressin alone: counted here as one vasopressor (an interpretation): ask a clinician"
)
AIRWAY = (
    "ventilated for another reason than hypoxia (such as to protect the airway) is not graded by "
    "this item"
)


class CrsGrade(Result):
    """The ASTCT 2019 grade: 1 to 5, 0 for no current grade, None where it cannot be graded as CRS.

    `statement` says it in a few words, `reason` why, `flags` what is an
    interpretation or still open.
    """

    grade: Annotated[Literal[0, 1, 2, 3, 4, 5], NotABool] | None
    statement: Text
    reason: Text
    flags: tuple[Text, ...]
    source: Text


CrsGrade.__module__ = "pexcalc"


def grade_crs(
    temperature: Quantity,
    hypotension: bool,
    vasopressors: Collection[str],
    oxygen_device: str,
    oxygen_flow: Quantity | None = None,
    *,
    crs_established: bool = False,
    antipyretic: bool = False,
    anticytokine: bool = False,
    fever_other_cause: bool = False,
    hypotension_other_cause: bool = False,
    hypoxia_other_cause: bool = False,
    death_due_to_crs: bool = False,
) -> CrsGrade:
    """Grade cytokine release syndrome by ASTCT 2019.

    Parameters
    ----------
    temperature : Quantity, scalar
        Body temperature; 30 to 45 degrees Celsius.
    hypotension : bool
        Hypotension, as a clinician states it.
    vasopressors : collection of str
        Names out of `crs.VASOPRESSORS`; () for none.
    oxygen_device : str
        A word of `crs.DEVICES`; "room-air" for none.
    oxygen_flow : Quantity, scalar, optional
        Oxygen flow of a nasal cannula, required there; 0.1 to 100 L/min.
    crs_established : bool, default False
        CRS is established: with one of the next two the fever is waived.
    antipyretic : bool, default False
        An antipyretic was given.
    anticytokine : bool, default False
        An anticytokine treatment was given.
    fever_other_cause : bool, default False
        The fever has another cause and does not count.
    hypotension_other_cause : bool, default False
        Another cause: blood pressure and vasopressors are left out.
    hypoxia_other_cause : bool, default False
        Another cause: oxygen is left out.
    death_due_to_crs : bool, default False
        Death due to CRS: grade 5.

    Returns
    -------
    CrsGrade
        The grade, or why none can be given.

    Raises
    ------
    QuantityError
        If the temperature or the flow has no unit, a unit of another kind, or a value outside its
        range; if a sign is not stated or a word is not known.

    Notes
    -----
    Valid where a clinician states each sign; ASTCT names no blood pressure: use the limits for age.
    Scalars.

    References
    ----------
    astct-2019 (secondary)

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> grade_crs(Q(39, "degC"), False, ("norepinephrine", "vasopressin"), "room-air").grade
    3
    """
    given = CrsSigns(
        temperature=temperature,
        hypotension=hypotension,
        vasopressors=tuple(_names(vasopressors)),
        oxygen_device=oxygen_device,
        oxygen_flow=oxygen_flow,
        crs_established=crs_established,
        antipyretic=antipyretic,
        anticytokine=anticytokine,
        fever_other_cause=fever_other_cause,
        hypotension_other_cause=hypotension_other_cause,
        hypoxia_other_cause=hypoxia_other_cause,
        death_due_to_crs=death_due_to_crs,
    )
    return grade(given)


def _names(vasopressors: Any) -> Collection[str]:
    if isinstance(vasopressors, str) or not isinstance(vasopressors, Collection):
        got = (
            "nothing" if vasopressors is None else f"a value of type {type(vasopressors).__name__}"
        )
        raise QuantityError(
            "vasopressors", got, 'names such as ("norepinephrine",), or () for none', kind="type"
        )
    return vasopressors


_YES_NO = Annotated[bool, Field(strict=True, description="true or false, stated")]


class CrsSigns(Record):
    """The signs of an ASTCT grade: each is stated, none is assumed. Raises QuantityError."""

    temperature: Annotated[
        Quantity,
        Measured(TEMPERATURE, within=True),
        Field(description="a temperature such as 39 Cel"),
    ]
    hypotension: _YES_NO
    vasopressors: Annotated[tuple[OneLine, ...], Field(description="names, an empty list for none")]
    oxygen_device: Annotated[OxygenDevice, Field(description=OXYGEN_DEVICE.expected)]
    oxygen_flow: Annotated[Quantity, Measured(OXYGEN_FLOW, within=True)] | None = None
    crs_established: _YES_NO = False
    antipyretic: _YES_NO = False
    anticytokine: _YES_NO = False
    fever_other_cause: _YES_NO = False
    hypotension_other_cause: _YES_NO = False
    hypoxia_other_cause: _YES_NO = False
    death_due_to_crs: _YES_NO = False

    @field_validator("vasopressors")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = [SAME.get(name.strip().casefold(), name.strip().casefold()) for name in names]
        for name in known:
            if name not in VASOPRESSORS:
                near = most_alike(name, (*VASOPRESSORS, *SAME))
                wanted = f"names out of {', '.join(VASOPRESSORS)}, or none at all"
                raise QuantityError(
                    "vasopressors",
                    units.shown_text(name),
                    wanted,
                    near[:1],
                    kind="unknown",
                )
        others = ["other"] * known.count("other")  # each is another vasopressor
        return (*dict.fromkeys(name for name in known if name != "other"), *others)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        flow = OXYGEN_FLOW.one_if_given("oxygen_flow", self.oxygen_flow)
        if self.oxygen_device == "nasal-cannula" and flow is None:
            raise QuantityError(
                "oxygen_flow",
                "nothing, with a nasal cannula",
                "a flow such as 4 L/min",
                kind="missing",
            )
        if self.oxygen_device == "room-air" and flow is not None:
            raise QuantityError(
                "oxygen_flow",
                f"{units.number(flow, 2)} L/min with room air",
                "no flow, or a device",
                kind="range",
            )
        if (
            self.oxygen_device == "high-flow-nasal-cannula"
            and flow is not None
            and flow <= LOW_FLOW
        ):
            got = f"{units.number(flow, 2)} L/min with a high-flow nasal cannula"
            raise QuantityError(
                "oxygen_flow", got, "more than 6 L/min", ["nasal-cannula"], kind="range"
            )
        return self


CrsSigns.__module__ = "pexcalc"


def grade(given: CrsSigns) -> CrsGrade:
    """The grade of what was stated."""
    if given.death_due_to_crs:
        return _graded(5, "death due to CRS", [])  # secondary astct-2019
    temperature = round(units.size(given.temperature, "C"), 6)
    fever = temperature >= FEVER and not given.fever_other_cause
    waived = given.crs_established and (given.antipyretic or given.anticytokine)
    tenth_tells = (round(temperature, 1) >= FEVER) == (
        temperature >= FEVER
    )  # not "38 C, below 38 C" for 37.96
    shown = f"{units.number(temperature, 1) if tenth_tells else units.number(temperature)} C"
    if not (fever or waived):
        other = (
            "fever with another cause"
            if given.fever_other_cause
            else f"{shown}, below 38 C; fever is waived only where CRS was established and an "
            "antipyretic or anticytokine was given: not both are stated"
        )
        return _graded(None, other, [])
    words = [
        shown if fever else f"{shown}, fever waived after antipyretic or anticytokine treatment"
    ]
    pressure, flags = _pressure(given, words)
    oxygen = _oxygen(given, words, flags)
    worse = max(pressure, oxygen)
    return _graded(worse or (1 if fever else 0), "; ".join(words), flags)


def _pressure(given: CrsSigns, words: list[str]) -> tuple[int, list[str]]:
    """The grade of blood pressure: vasopressin does not count beside another vasopressor."""
    others = [name for name in given.vasopressors if name != "vasopressin"]
    if given.hypotension_other_cause:
        words.append("blood pressure not graded: another cause")
        return 0, []
    if others:
        beside = words_if(
            len(others) < len(given.vasopressors), " with vasopressin, which does not count"
        )
        words.append(f"{', '.join(others)}{beside}: grade {4 if len(others) > 1 else 3}")
        return (4 if len(others) > 1 else 3), []
    if given.vasopressors:
        words.append("vasopressin alone: grade 3")
        return 3, [VASOPRESSIN_ALONE]
    words.append(
        "hypotension without vasopressor: grade 2" if given.hypotension else "no hypotension"
    )
    return (2 if given.hypotension else 0), []


def _oxygen(given: CrsSigns, words: list[str], flags: list[str]) -> int:
    """The grade of oxygen by its device, a nasal cannula by its flow."""
    device = given.oxygen_device.replace("-", " ")
    if given.hypoxia_other_cause:
        words.append(f"{device} not graded: another cause")
        if given.oxygen_device == "ventilated":
            flags.append(AIRWAY)
        return 0
    if given.oxygen_device == "nasal-cannula":
        flow = OXYGEN_FLOW.one("oxygen_flow", given.oxygen_flow)
        found = 3 if flow > LOW_FLOW else 2
        words.append(f"nasal cannula at {units.number(flow, 2)} L/min: grade {found}")
        return found
    found = DEVICE_GRADE[given.oxygen_device]
    words.append(f"{device}: grade {found}" if found else device)
    return found


def _graded(found: Any, reason: str, flags: list[str]) -> CrsGrade:
    statement = {
        None: "not gradable as CRS",
        0: "no current grade: fever waived, no hypotension, no hypoxia",
    }.get(found, f"grade {found}")
    return CrsGrade.model_construct(
        grade=found, statement=statement, reason=reason, flags=tuple(flags), source=SOURCE
    )


# --- the criteria for exchange -------------------------------------------------------------------


class CrsOrder(Record):
    """CRS in an order: signs, or a grade with its scale; what was given. Raises QuantityError.

    persisting is a clinician's statement that CRS persists after both, with its time in
    persisting_at. ICANS is kept beside the grade and does not enter it. since_infusion is the time
    since the CAR-T infusion.
    """

    signs: CrsSigns | None = None
    grade: Annotated[Literal[1, 2, 3, 4, 5], NotABool] | None = None
    scale: Scale | None = None
    tocilizumab: _YES_NO | None = None
    corticosteroid: _YES_NO | None = None
    persisting: _YES_NO | None = None
    persisting_at: (
        Annotated[
            OneLine,
            Field(min_length=1, max_length=40, description="a time of 1 to 40 characters"),
        ]
        | None
    ) = None
    icans: Annotated[Literal[0, 1, 2, 3, 4], NotABool] | None = None
    since_infusion: Annotated[Quantity, Measured(SINCE, within=True)] | None = None

    @model_validator(mode="after")
    def _one_grade(self) -> Self:
        if self.grade is not None and self.signs is not None:
            raise QuantityError("crs", "a grade and the signs", "one of the two", kind="conflict")
        if (self.grade is None) != (self.scale is None):
            missing = "scale" if self.scale is None else "grade"
            wanted = (
                "astct-2019, penn, lee-2014 or other"
                if missing == "scale"
                else "the grade on that scale, 1 to 5"
            )
            raise QuantityError(missing, "nothing", wanted, kind="missing")
        return self


CrsOrder.__module__ = "pexcalc"


class Position(NamedTuple):
    """What one guideline says on exchange, with the evidence tag of the transcription."""

    who: str
    says: str
    tag: str


POSITIONS: tuple[Position, ...] = (
    Position(
        "ASFA 2023",
        "no fact sheet for CRS, CAR-T toxicity or COVID-19: not categorized",
        "secondary",
    ),
    Position(
        "2022 Chinese consensus on anti-CD19 CAR-T cells (Li 2023, table 2)",
        "grade 1 and 2: not recommended; its wording for grade 3 and 4 was not available to us",
        "source",
    ),
    Position(
        "ASCO 2021 (Santomasso)",
        "grade 3: intensive care, tocilizumab and dexamethasone; grade 4: methylprednisolone, and "
        "without improvement "
        "more of it or another therapy",
        "source",
    ),
    Position("HLH guidance 2019", "exchange only as salvage", "secondary"),
    Position(
        "Bauer 2022, Intensive Care Med 48:1382",
        "indications in intensive care: absolute, relative, rescue; 1 to 1.5 plasma volumes",
        "source",
    ),
    Position(
        "Related rows of ASFA 2023",
        "HLH III 2C; sepsis with organ failure III 2A, plasma; adverse events of "
        "checkpoint inhibitors III 2C; burn shock III 2B",
        "secondary",
    ),
)


class Criteria(Result):
    """Criteria for exchange: `met` False raises an alert, None means that nothing is said."""

    grade: Annotated[Literal[0, 1, 2, 3, 4, 5], NotABool] | None
    met: Flag | None
    statement: Text
    reason: Text
    flags: tuple[Text, ...]
    source: Text


Criteria.__module__ = "pexcalc"


NOT_RECOMMENDED = "grade 1 and 2: exchange not recommended (2022 consensus)"
CONSIDERED = "may be considered (expert opinion; not in ASFA 2023)"
FIRST_LINE = "criteria not met. No record of"
NO_GRADE = "no ASTCT grade: criteria not met"
_NOT_ASTCT = "is not an ASTCT grade"


def criteria_for_exchange(
    order: CrsOrder | None, tocilizumab: bool, corticosteroid: bool
) -> Criteria:
    """The criteria for an order; the flags tell which medicines of it were given before."""
    given = order or CrsOrder()
    signs = given.signs
    if signs is not None and (
        tocilizumab or corticosteroid or given.tocilizumab or given.corticosteroid
    ):
        signs = signs.model_copy(update={"anticytokine": True})
    found = grade(signs) if signs else None
    number = found.grade if found else given.grade if given.scale == SOURCE else None
    flags = list(found.flags) if found else []
    if given.scale not in (None, SOURCE):
        flags.append(f"a grade by another scale ({given.scale}) {_NOT_ASTCT}")
    documented = {
        "tocilizumab given": given_or(given.tocilizumab, tocilizumab),
        "steroid given": given_or(given.corticosteroid, corticosteroid),
        "CRS persisting after both": bool(given.persisting),
    }
    absent = [name for name, stated in documented.items() if not stated]
    if number in (1, 2):
        met, statement = False, NOT_RECOMMENDED
    elif number in (3, 4) and not absent:
        met, statement = True, CONSIDERED
    elif number in (3, 4):
        met, statement = False, f"{FIRST_LINE}: {'; '.join(absent)}"
    elif number == 5:  # secondary astct-2019
        met, statement = None, "no statement"
    else:
        met, statement = False, NO_GRADE
    entered = "as entered" if given.grade else "no grade recorded"
    reason = (
        found.reason
        if found
        else entered
        if number or not given.grade
        else f"grade {given.grade} by {given.scale}, as entered"
    )
    return Criteria.model_construct(
        grade=number,
        met=met,
        statement=statement,
        reason=reason,
        flags=tuple(flags),
        source="li-2023",
    )


def unmet_words(criteria: Criteria) -> str:
    """Criteria that are not met, and what to enter where something is missing."""
    if criteria.statement == NOT_RECOMMENDED:
        return criteria.statement
    grade = words_if(criteria.statement == NO_GRADE, "the ASTCT grade and ")
    other = "".join(f"; {flag}" for flag in criteria.flags if flag.endswith(_NOT_ASTCT))
    return f"{criteria.statement}{other}. Enter {grade}what was given before"
