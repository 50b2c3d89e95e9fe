"""The patient: entered values, contradictory combinations, and plain numbers for the calculation.

Soft limits and what follows from an unusual value are cautions (data/limits.toml,
rules/cautions.py), not errors.
"""

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from pexcalc.order.fields import (
    ADULT,
    AGE,
    BLOOD_PER_KG,
    BMI,
    BY_NAME,
    BY_PATH,
    CHILD,
    FERTILE,
    GESTATION,
    GESTATION_AT_BIRTH,
    GROWTH_STATES,
    INFANT,
    INR,
    LIMBS,
    NEONATE,
    PLASMA_PER_KG,
    SEGMENTS,
    SHORT_ADULT,
    STATED_VOLUME,
    Range,
    Segment,
    Sex,
    State,
    Tanner,
    measured,
    range_of,
    spec,
)
from pexcalc.order.fields import LAB_UNITS as LAB_UNITS
from pexcalc.order.fields import LabUnit as LabUnit
from pexcalc.quantities import units
from pexcalc.quantities.annotations import NoneStated, OrNone, bounds
from pexcalc.quantities.argument import In, swapped
from pexcalc.quantities.errors import QuantityError, refuse_if
from pexcalc.quantities.formula import first_quantity
from pexcalc.quantities.record import NotABool, Number, Record, Schema, Text, renamed
from pexcalc.quantities.units import Fraction, Quantity

_ORIGIN = re.compile(r"device|clinician|measured: \S.{0,80}")
NEONATE_DAYS = 30  # judgement plausibility
TERM_WEEKS = 37  # judgement plausibility
_UNITS = {unit: In(unit, 0, 1e9) for unit in ("cm", "kg", "1", "wk")}


class StatedVolume(Record):
    """A blood or plasma volume that replaces the estimate, with its origin.

    The origin is device, clinician, or measured: and the method.

    Give value and unit ("mL" or "L") as plain fields, or a Quantity as the value alone. Raises
    QuantityError.

    >>> StatedVolume(value=4.9, unit="L", origin="device").millilitres
    4900.0
    """

    value: Number
    unit: Literal["mL", "L"]
    origin: Annotated[
        Text,
        Field(description="device, clinician, or measured: and the method"),
        Schema(pattern=f"^({_ORIGIN.pattern})$"),
    ]

    @model_validator(mode="before")
    @classmethod
    def _from_quantity(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and first_quantity(data.get("value")) and "unit" not in data:
            return {**data, "value": STATED_VOLUME.strip("value", data["value"]), "unit": "mL"}
        return data

    @field_validator("origin")
    @classmethod
    def _known_origin(cls, origin: str) -> str:
        if not _ORIGIN.fullmatch(origin) or not origin.isprintable():
            shown = units.shown_text(origin)
            raise QuantityError(
                "origin", shown, "device, clinician, or measured: and the method", kind="unknown"
            )
        return origin

    @property
    def millilitres(self) -> float:
        """The bare value in mL."""
        return self.value * (1000 if self.unit == "L" else 1)


StatedVolume.__module__ = "pexcalc"


class Patient(Record):
    """One patient. Nothing is defaulted; raises QuantityError.

    sex                       "male" or "female", for the volume formula
    age                       time; below 2 years in months, weeks or days
    height, weight            length (before an amputation), mass (today)
    hematocrit                fraction: 0.28, or a Quantity of 28 percent
    gestation                 time, of a pregnancy, or "none"; with pre_pregnancy_weight and
    pre_pregnancy_hematocrit
    gestation_at_birth        time; required up to 30 days of age, and only then
    amputation                missing share of body mass; or missing_segments by name
    tanner                    1 to 5, below 18 years
    states                    words of fields.STATES, such as "sepsis", "ecmo", "obesity" (in
    children)
    blood_volume              StatedVolume that replaces the estimate; likewise plasma_volume
    systolic                  pressure before the exchange

    Quantities come from any pint registry; the first of them makes the results.

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> size = {"height": Q(70, "cm"), "weight": Q(8.5, "kg")}
    >>> Patient(sex="male", age=Q(8, "month"), hematocrit=0.35, **size).sex
    'male'
    """

    sex: Annotated[Sex, Field(description=BY_NAME["sex"].example)]
    age: Annotated[Quantity, measured("patient.age")]
    height: Annotated[Quantity, measured("patient.height")]
    weight: Annotated[Quantity, measured("patient.weight")]
    hematocrit: Annotated[Fraction, measured("patient.hematocrit")]
    gestation: Annotated[Annotated[Quantity, measured("patient.gestation")] | None, OrNone()] = None
    gestation_at_birth: Annotated[Quantity, measured("patient.gestation_at_birth")] | None = None
    pre_pregnancy_weight: Annotated[Quantity, measured("patient.pre_pregnancy_weight")] | None = (
        None
    )
    pre_pregnancy_hematocrit: (
        Annotated[Fraction, measured("patient.pre_pregnancy_hematocrit")] | None
    ) = None
    amputation: Annotated[Fraction, measured("patient.amputation")] | None = None
    missing_segments: tuple[Segment, ...] = ()
    tanner: Annotated[Tanner, NotABool] | None = None
    states: Annotated[tuple[State, ...], Schema(uniqueItems=True), OrNone()] = ()
    blood_volume: StatedVolume | None = None
    plasma_volume: StatedVolume | None = None
    systolic: Annotated[Quantity, measured("patient.systolic")] | None = None

    @model_validator(mode="before")
    @classmethod
    def _not_swapped(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            check_swapped(data)
        return data

    @field_validator("age")
    @classmethod
    def _small_units_for_infants(cls, value: Any) -> Any:
        _age_in_small_units(value, round(AGE.strip("age", value), 9))
        return value

    @field_validator("height", "weight", "hematocrit", "pre_pregnancy_weight")
    @classmethod
    def _in_the_range_of_the_age(cls, value: Any, info: ValidationInfo) -> Any:
        """Each field by itself, so that all faults are reported at once; a wrong age alone."""
        if value is None or info.data.get("age") is None or info.field_name is None:
            return value
        age = round(AGE.strip("age", info.data["age"]), 9)
        own = for_age(range_of(info.field_name), age)
        if info.field_name == "height" and group_of(age) == ADULT and _perhaps_inches(value):
            return value  # check_height asks for a confirmation
        own.strip(info.field_name, value)
        return value

    @model_validator(mode="after")
    def _plausible(self) -> Self:
        body = plain(self)
        for refuse in _CONTRADICTIONS:
            refuse(self, body)
        return self


Patient.__module__ = "pexcalc"


class Labs(Record):
    """Laboratory values before the exchange; what is not known is left out. Raises QuantityError.

    fibrinogen, igg, albumin  mass concentrations; platelets a count; potassium and ionized_calcium
    molar
    coagulation_age           how long ago the last coagulation test was taken
    """

    @model_validator(mode="before")
    @classmethod
    def _of_schema_1(cls, data: Any) -> Any:
        return renamed(data, "ionised_calcium", "ionized_calcium")

    fibrinogen: Annotated[Quantity, measured("labs.fibrinogen")] | None = None
    platelets: Annotated[Quantity, measured("labs.platelets")] | None = None
    potassium: Annotated[Quantity, measured("labs.potassium")] | None = None
    ionized_calcium: Annotated[Quantity, measured("labs.ionized_calcium")] | None = None
    igg: Annotated[Quantity, measured("labs.igg")] | None = None
    albumin: Annotated[Quantity, measured("labs.albumin")] | None = None
    coagulation_age: Annotated[Quantity, measured("labs.coagulation_age")] | None = None
    inr: (
        Annotated[Number, Field(description=BY_PATH["labs.inr"].label), Schema(**bounds(INR))]
        | None
    ) = None

    @field_validator("inr")
    @classmethod
    def _inr_in_range(cls, inr: float | None) -> float | None:
        return INR.one_if_given("inr", inr)


Labs.__module__ = "pexcalc"


class Body(NamedTuple):
    """A patient in cm, kg, years, fractions. `kept` is the weight that an estimator uses."""

    sex: str
    age: float
    group: str
    neonate: bool
    height: float
    weight: float
    kept: float
    hematocrit: float
    bmi: float
    missing: float
    tanner: int | None
    gestation: float | None
    hematocrit_before: float | None
    weeks_at_birth: float | None
    preterm: bool
    obese_child: bool
    states: tuple[str, ...]


def plain(patient: Patient) -> Body:
    """The patient as plain numbers; `kept` is the weight before a pregnancy, limbs restored."""

    def bare(name: str, unit: str) -> float:
        return float(_UNITS[unit].bare(name, getattr(patient, name)))

    def optional(name: str, unit: str) -> float | None:
        value = getattr(patient, name)
        return None if value is None or isinstance(value, NoneStated) else bare(name, unit)

    age = round(AGE.strip("age", patient.age), 9)
    height, weight = bare("height", "cm"), bare("weight", "kg")
    missing = optional("amputation", "1") or sum(
        SEGMENTS[name] for name in patient.missing_segments
    )
    metres = height / 100
    # derived: never all of the body is missing
    kept = (optional("pre_pregnancy_weight", "kg") or weight) / (1 - min(missing, 0.99))
    neonate = is_neonate(age)
    weeks_at_birth = optional("gestation_at_birth", "wk")
    return Body(
        sex=patient.sex,
        age=age,
        group=group_of(age),
        neonate=neonate,
        height=height,
        weight=weight,
        kept=kept,
        hematocrit=bare("hematocrit", "1"),
        bmi=round(kept / metres / metres, 9)
        if metres
        else 0.0,  # a power overflows, before any range is checked
        missing=missing,
        tanner=patient.tanner,
        gestation=optional("gestation", "wk"),
        hematocrit_before=optional("pre_pregnancy_hematocrit", "1"),
        weeks_at_birth=weeks_at_birth,
        preterm=neonate and weeks_at_birth is not None and weeks_at_birth < TERM_WEEKS,
        obese_child="obesity" in patient.states and group_of(age) != ADULT,
        states=patient.states,
    )


def group_of(age: float) -> str:
    """The age group of a range: adult from 18 years, child from 2, infant before."""
    return ADULT if age >= 18 else CHILD if age >= 2 else INFANT  # judgement plausibility


def is_neonate(age: Any) -> Any:
    """True up to 30 days, for an age in years; a column row by row."""
    return age * 365.25 <= NEONATE_DAYS + 1e-6  # derived: days of a year


def for_age(own: Range, years: float | None) -> In:
    """The range of an input for a patient of this age; that of an adult where it is not known."""
    if years is None:
        return spec(own)
    groups = (NEONATE, group_of(years)) if is_neonate(years) else (group_of(years),)
    return spec(own.of(*groups))


def expected(name: str, years: float | None) -> In | None:
    """The range of an input by name for a patient of this age; None for one without a range."""
    row = BY_NAME.get(name)
    return for_age(row.range, years) if row is not None and row.range is not None else None


def check_swapped(values: Mapping[str, Any]) -> None:
    """Refuse two inputs (Quantities or their JSON form) that stand in each other's place."""
    specs = {name: spec(range_of(name)) for name in ("height", "weight", "hematocrit", "age")}
    error = swapped({name: values[name] for name in specs if name in values}, specs)
    if error:
        raise error


def check_height(patient: Patient, confirmed: Collection[str]) -> None:
    """Refuse an adult of 50 to 85 cm, who is probably one of 50 to 85 inches, unless confirmed."""
    body = plain(patient)
    if body.group == ADULT and not {"height", "patient.height"}.intersection(confirmed):
        if not _ADULT_HEIGHT.holds(body.height):
            _perhaps_swapped(body)
        _ADULT_HEIGHT.strip("height", patient.height)


_ADULT_HEIGHT, _ADULT_WEIGHT = spec(range_of("height")), spec(range_of("weight"))


def _perhaps_inches(height: Any) -> bool:
    return bool(SHORT_ADULT.holds(float(_UNITS["cm"].bare("height", height))))


def _perhaps_swapped(body: Body) -> None:
    """Refuse 60 cm and 162 kg, which are height and weight in each other's place."""
    fits = _ADULT_HEIGHT.holds(body.weight) and _ADULT_WEIGHT.holds(body.height)
    size = f"{units.number(body.height, 2)} cm and {units.number(body.weight, 2)} kg"
    meant = f"height {units.number(body.weight, 2)} cm and weight {units.number(body.height, 2)} kg"
    refuse_if(
        fits and body.height < body.weight,
        "height and weight",
        size,
        "values that fit together",
        [meant],
        kind="conflict",
        fields=("height", "weight"),
    )


def quantity_of(patient: Patient) -> Any:
    """The patient's first Quantity, whose class and registry the results have; None without one."""
    return first_quantity(patient.age, patient.height, patient.weight, patient.hematocrit)


def _years_words(body: Body) -> str:
    return f"it for a patient of {units.number(body.age, 2)} y"


# --- what the inputs of a patient cannot be together, checked in this order -----------------------


def _birth(patient: Patient, body: Body) -> None:
    """Weeks at birth of a neonate are required, of others refused."""
    if body.neonate and body.weeks_at_birth is None:
        wanted = f"{GESTATION_AT_BIRTH.expected} for a neonate, such as 39 wk"
        raise QuantityError("gestation_at_birth", "nothing", wanted, kind="missing")
    if not body.neonate and body.weeks_at_birth is not None:
        wanted = f"it only up to {NEONATE_DAYS} days of age"
        raise QuantityError("gestation_at_birth", _years_words(body), wanted, kind="conflict")


def _pregnancy(patient: Patient, body: Body) -> None:
    """A pregnancy that sex or age contradict."""
    if body.gestation is None:
        return
    refuse_if(
        patient.sex == "male",
        "gestation",
        "a pregnancy in a male patient",
        "no gestation, or sex female",
        kind="conflict",
    )
    if not FERTILE.holds(body.age):
        wanted = f"a pregnancy only at {FERTILE.expected}"
        raise QuantityError("gestation", _years_words(body), wanted, kind="conflict")


def _states_of_pregnancy(patient: Patient, body: Body) -> None:
    """A state of a pregnancy without one, in a man, or beside the end of it."""
    course = [state for state in body.states if state in GROWTH_STATES]
    after = "postpartum" in body.states
    if not (course or after):
        return
    if patient.sex == "male":
        shown = f"{[*course, 'postpartum'][0]} in a male patient"
        raise QuantityError("states", shown, "no such state, or sex female", kind="conflict")
    shown = "postpartum with a gestation"
    refuse_if(
        after and body.gestation is not None, "states", shown, "one of the two", kind="conflict"
    )
    if not after and body.gestation is None:
        shown = f"nothing, with {course[0]}"
        raise QuantityError("gestation", shown, GESTATION.expected, kind="missing")


def _before_the_pregnancy(patient: Patient, body: Body) -> None:
    """Pre-pregnancy weight and hematocrit go together, and with a pregnancy."""
    names = ("pre_pregnancy_weight", "pre_pregnancy_hematocrit")
    absent = [name for name in names if getattr(patient, name) is None]
    if len(absent) == 1:
        wanted = "both pre-pregnancy weight and hematocrit, or neither"
        raise QuantityError(absent[0], "nothing", wanted, kind="missing")
    if not absent and body.gestation is None:
        shown = "nothing, with pre-pregnancy values"
        raise QuantityError("gestation", shown, GESTATION.expected, kind="missing")


def _limbs(patient: Patient, body: Body) -> None:
    """A missing share beside missing limbs, or more limbs than a body has."""
    if patient.amputation is not None and patient.missing_segments:
        shown = "a share and segments by name"
        raise QuantityError("amputation", shown, "one of the two", kind="conflict")
    for limb, names in LIMBS.items():
        if sum(name in names for name in patient.missing_segments) > 2:
            wanted = f"one entry for each {limb} that is missing"
            raise QuantityError(
                "missing_segments", f"more than two {limb}s", wanted, kind="conflict"
            )


def _stages(patient: Patient, body: Body) -> None:
    """A state that is given twice, or a Tanner stage of an adult."""
    if len(set(patient.states)) < len(patient.states):
        raise QuantityError("states", "the same state twice", "each state once", kind="conflict")
    if patient.tanner is not None and body.group == ADULT:
        wanted = "a stage only below 18 years"
        raise QuantityError("tanner", "a stage for an adult", wanted, kind="conflict")


def _body_mass_index(patient: Patient, body: Body) -> None:
    """Height and weight that no adult has together."""
    if body.group != ADULT or BMI.holds(body.bmi):
        return
    _perhaps_swapped(body)
    _ADULT_HEIGHT.strip("height", patient.height)  # a short adult is probably one in inches
    size = f"{units.number(body.kept, 2)} kg and {units.number(body.height, 2)} cm"
    raise QuantityError(
        "body mass index",
        f"{units.number(body.bmi, 1)} kg/m2 from {size}",
        BMI.expected,
        kind="range",
        fields=("weight", "height"),
    )


def _stated_volumes(patient: Patient, body: Body) -> None:
    """Stated volumes that no body of this weight can hold, or more plasma than blood."""
    blood, plasma = patient.blood_volume, patient.plasma_volume
    _stated("blood_volume", blood, BLOOD_PER_KG, body)
    _stated("plasma_volume", plasma, PLASMA_PER_KG, body)
    if blood and plasma and plasma.millilitres >= blood.millilitres:
        shown = f"{units.label(plasma.value, plasma.unit)} of plasma"
        wanted = f"less than the blood volume, {units.label(blood.value, blood.unit)}"
        raise QuantityError("plasma_volume", shown, wanted, kind="conflict")


_CONTRADICTIONS = (
    _birth, _pregnancy, _states_of_pregnancy, _before_the_pregnancy, _limbs, _stages,
    _body_mass_index, _stated_volumes,
)  # fmt: skip


def _age_in_small_units(age: Any, years: float) -> None:
    row = units.unit_of(age)
    if years < 2 and row is not None and row.label == "y":
        months = f"{units.number(12 * years, 1)} mo"  # derived: months of a year
        meant = (
            [months] if years and (12 * years).is_integer() and years != 1 else []
        )  # derived: months of a year
        raise QuantityError(
            "age",
            units.label(years, "y"),
            "months, weeks or days below 2 years, such as 18 mo",
            meant,
            kind="unit",
        )


def _stated(name: str, stated: StatedVolume | None, per_kg: In, body: Body) -> None:
    """Refuse a stated volume that no body of this weight can hold."""
    if stated is None:
        return
    ratio = stated.millilitres / body.weight
    if not per_kg.holds(ratio):
        low, high = (units.number(end * body.weight, 0) for end in (per_kg.low, per_kg.high))
        other = "L" if stated.unit == "mL" else "mL"
        factor = 1000 if other == "L" else 0.001  # derived: a slip of a thousand
        meant = [units.typed(stated.value, other)] if per_kg.holds(ratio * factor) else []
        shown = units.label(stated.value, stated.unit)
        raise QuantityError(
            name,
            shown,
            f"{low} to {high} mL for {units.number(body.weight)} kg",
            meant,
            kind="range",
        )
