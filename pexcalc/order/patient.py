"""The patient: what is entered, in which range it can be true, and the same as plain numbers for the steps.

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
    ALBUMIN_LEVEL,
    ANY_HEIGHT,
    ANY_WEIGHT,
    BLOOD_PER_KG,
    BMI,
    CHILD,
    FERTILE,
    FIBRINOGEN,
    GESTATION,
    GESTATION_AT_BIRTH,
    GROWTH_STATES,
    HEMATOCRIT,
    HEMATOCRIT_NEONATE,
    INFANT,
    IONIZED_CALCIUM,
    LAB_AGE,
    LIMBS,
    MISSING_SHARE,
    PLASMA_PER_KG,
    PLATELETS,
    POTASSIUM,
    PROTEIN,
    RANGES,
    SEGMENTS,
    SHORT_ADULT,
    STATED_VOLUME,
    Segment,
    Sex,
    State,
)
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Measured
from pexcalc.quantities.argument import In, swapped
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import first_quantity
from pexcalc.quantities.record import NotABool, Number, Record, Schema, Text, renamed

_ORIGIN = re.compile(r"device|clinician|measured: \S.{0,80}")
NEONATE_DAYS = 30  # judgement plausibility
TERM_WEEKS = 37  # judgement plausibility
_UNITS = {unit: In(unit, 0, 1e9) for unit in ("cm", "kg", "1", "wk")}


class StatedVolume(Record):
    """A blood or plasma volume that replaces the estimate, with its origin: device, clinician, or measured: how.

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
            shown = units.printable(origin) or "nothing"
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
    gestation                 time, of a pregnancy; with pre_pregnancy_weight and
    pre_pregnancy_hematocrit
    gestation_at_birth        time; required up to 30 days of age, and only then
    amputation                missing share of body mass; or missing_segments by name
    tanner                    1 to 5, below 18 years
    states                    words of fields.STATES, such as "sepsis", "ecmo", "obesity" (in
    children)
    blood_volume              StatedVolume that replaces the estimate; likewise plasma_volume

    Quantities come from any pint registry; the first of them makes the results.

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> Patient(sex="male", age=Q(8, "month"), height=Q(70, "cm"), weight=Q(8.5, "kg"), hematocrit=0.35).sex
    'male'
    """

    sex: Annotated[
        Sex, Field(description="male or female (for the volume formula; never defaulted)")
    ]
    age: Annotated[
        Any,
        Measured(AGE, within=True),
        Field(description="an age such as 54 y, or 8 mo below 2 years"),
    ]
    height: Annotated[
        Any, Measured(ANY_HEIGHT, widest=ANY_HEIGHT), Field(description="a height such as 172 cm")
    ]
    weight: Annotated[
        Any, Measured(ANY_WEIGHT, widest=ANY_WEIGHT), Field(description="a weight such as 65 kg")
    ]
    hematocrit: Annotated[
        Any,
        Measured(HEMATOCRIT, widest=HEMATOCRIT_NEONATE),
        Field(description="a hematocrit such as 28 %"),
    ]
    gestation: Annotated[Any, Measured(GESTATION, within=True)] | None = None
    gestation_at_birth: Annotated[Any, Measured(GESTATION_AT_BIRTH, within=True)] | None = None
    pre_pregnancy_weight: Annotated[Any, Measured(ANY_WEIGHT, widest=ANY_WEIGHT)] | None = None
    pre_pregnancy_hematocrit: Annotated[Any, Measured(HEMATOCRIT, within=True)] | None = None
    amputation: Annotated[Any, Measured(MISSING_SHARE, within=True)] | None = None
    missing_segments: tuple[Segment, ...] = ()
    tanner: Annotated[Literal[1, 2, 3, 4, 5], NotABool] | None = None
    states: Annotated[tuple[State, ...], Schema(uniqueItems=True)] = ()
    blood_volume: StatedVolume | None = None
    plasma_volume: StatedVolume | None = None

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
        """Each field by itself, so that several faults are reported in one round. A wrong age is reported alone."""
        if value is None or info.data.get("age") is None or info.field_name is None:
            return value
        age = round(AGE.strip("age", info.data["age"]), 9)
        group = group_of(age)
        if info.field_name == "hematocrit":
            spec = HEMATOCRIT_NEONATE if is_neonate(age) else HEMATOCRIT
        else:
            spec = RANGES["height" if info.field_name == "height" else "weight"][group]
            if spec is RANGES["height"][ADULT] and SHORT_ADULT.holds(
                float(_UNITS["cm"].bare("height", value))
            ):
                return value
        spec.strip(info.field_name, value)
        return value

    @model_validator(mode="after")
    def _plausible(self) -> Self:  # noqa: C901
        body = plain(self)
        if body.neonate and body.weeks_at_birth is None:
            raise QuantityError(
                "gestation_at_birth",
                "nothing",
                f"{GESTATION_AT_BIRTH.expected} for a neonate, such as 39 wk",
                kind="missing",
            )
        if not body.neonate and body.weeks_at_birth is not None:
            raise QuantityError(
                "gestation_at_birth",
                _years_words(body),
                f"it only up to {NEONATE_DAYS} days of age",
                kind="conflict",
            )
        _pregnancy_possible(self, body)
        before = {
            name: getattr(self, name) is not None
            for name in ("pre_pregnancy_weight", "pre_pregnancy_hematocrit")
        }
        if any(before.values()) and not all(before.values()):
            missing = next(name for name, given in before.items() if not given)
            raise QuantityError(
                missing,
                "nothing",
                "both pre-pregnancy weight and hematocrit, or neither",
                kind="missing",
            )
        if any(before.values()) and self.gestation is None:
            raise QuantityError(
                "gestation",
                "nothing, with pre-pregnancy values",
                GESTATION.expected,
                kind="missing",
            )
        if self.amputation is not None and self.missing_segments:
            raise QuantityError(
                "amputation", "a share and segments by name", "one of the two", kind="conflict"
            )
        for limb, names in LIMBS.items():
            if sum(name in names for name in self.missing_segments) > 2:
                raise QuantityError(
                    "missing_segments",
                    f"more than two {limb}s",
                    f"one entry for each {limb} that is missing",
                    kind="conflict",
                )
        if len(set(self.states)) < len(self.states):
            raise QuantityError(
                "states", "the same state twice", "each state once", kind="conflict"
            )
        if self.tanner is not None and body.group == ADULT:
            raise QuantityError(
                "tanner", "a stage for an adult", "a stage only below 18 years", kind="conflict"
            )
        if body.group == ADULT and not BMI.holds(body.bmi):
            _perhaps_swapped(body)
            RANGES["height"][ADULT].strip(
                "height", self.height
            )  # a short adult is probably one in inches
            size = f"{units.number(body.kept, 2)} kg and {units.number(body.height, 2)} cm"
            raise QuantityError(
                "body mass index",
                f"{units.number(body.bmi, 1)} kg/m2 from {size}",
                BMI.expected,
                kind="range",
                fields=("weight", "height"),
            )
        _stated("blood_volume", self.blood_volume, BLOOD_PER_KG, body)
        _stated("plasma_volume", self.plasma_volume, PLASMA_PER_KG, body)
        if (
            self.blood_volume
            and self.plasma_volume
            and self.plasma_volume.millilitres >= self.blood_volume.millilitres
        ):
            both = f"{units.label(self.plasma_volume.value, self.plasma_volume.unit)} of plasma"
            blood = units.label(self.blood_volume.value, self.blood_volume.unit)
            raise QuantityError(
                "plasma_volume", both, f"less than the blood volume, {blood}", kind="conflict"
            )
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

    fibrinogen: Annotated[Any, Measured(FIBRINOGEN, within=True)] | None = None
    platelets: Annotated[Any, Measured(PLATELETS, within=True)] | None = None
    potassium: Annotated[Any, Measured(POTASSIUM, within=True)] | None = None
    ionized_calcium: Annotated[Any, Measured(IONIZED_CALCIUM, within=True)] | None = None
    igg: Annotated[Any, Measured(PROTEIN, within=True)] | None = None
    albumin: Annotated[Any, Measured(ALBUMIN_LEVEL, within=True)] | None = None
    coagulation_age: Annotated[Any, Measured(LAB_AGE, within=True)] | None = None


Labs.__module__ = "pexcalc"


class LabUnit(NamedTuple):
    """A unit in which laboratories report a value: its label, the places shown, how many make 1 of the SI unit."""

    label: str
    places: int
    factor: float = 1.0


# Units of laboratory values: SI and United States. 1 mmol/L of calcium is 4.0078 mg/dL: atomic
# weight 40.078.
LAB_UNITS = {  # derived citrate-arithmetic: g/dL; mg/dL of calcium
    "fibrinogen": (LabUnit("g/L", 2), LabUnit("mg/dL", 0, 100)),
    "igg": (LabUnit("g/L", 1), LabUnit("mg/dL", 0, 100)),
    "albumin": (LabUnit("g/L", 1), LabUnit("g/dL", 2, 0.1)),
    "potassium": (LabUnit("mmol/L", 2), LabUnit("mEq/L", 2)),
    "ionized_calcium": (LabUnit("mmol/L", 2), LabUnit("mg/dL", 1, 4.0078)),
    "platelets": (LabUnit("x10^9/L", 0), LabUnit("x10^3/mcL", 0)),
}


class Body(NamedTuple):
    """A patient as plain numbers: cm, kg, years, fractions. `kept` is the weight that an estimator uses."""

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
    """The patient as plain numbers. `kept` and the body mass index use pre-pregnancy weight and restored weight."""

    def bare(name: str, unit: str) -> float:
        return float(_UNITS[unit].bare(name, getattr(patient, name)))

    def optional(name: str, unit: str) -> float | None:
        return None if getattr(patient, name) is None else bare(name, unit)

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
    """The age group that decides which range is plausible: adult from 18 years, child from 2, infant before."""
    return ADULT if age >= 18 else CHILD if age >= 2 else INFANT  # judgement plausibility


def is_neonate(age: Any) -> Any:
    """True up to 30 days, for an age in years; a column row by row."""
    return age * 365.25 <= NEONATE_DAYS + 1e-6  # derived: days of a year


def expected(name: str, age: float | None) -> In | None:
    """What a text for this input is read as, for a patient of this age in years (an adult where it is not known)."""
    single = {
        "age": AGE,
        "hematocrit": HEMATOCRIT_NEONATE if age is not None and is_neonate(age) else HEMATOCRIT,
        "pre_pregnancy_hematocrit": HEMATOCRIT,
        "gestation": GESTATION,
        "gestation_at_birth": GESTATION_AT_BIRTH,
        "amputation": MISSING_SHARE,
        "blood_volume": STATED_VOLUME,
        "plasma_volume": STATED_VOLUME,
    }
    by_group = RANGES.get(name.removeprefix("pre_pregnancy_"))
    return by_group[ADULT if age is None else group_of(age)] if by_group else single.get(name)


def check_swapped(values: Mapping[str, Any]) -> None:
    """Refuse two inputs (Quantities or their JSON form) that stand in each other's place, calling them swapped."""
    specs = {
        "height": RANGES["height"][ADULT],
        "weight": RANGES["weight"][ADULT],
        "hematocrit": HEMATOCRIT,
        "age": AGE,
    }
    error = swapped({name: values[name] for name in specs if name in values}, specs)
    if error:
        raise error


def check_height(patient: Patient, confirmed: Collection[str]) -> None:
    """Refuse an adult of 50 to 85 cm, who is probably one of 50 to 85 inches, unless the height is confirmed."""
    body = plain(patient)
    if body.group == ADULT and "height" not in confirmed:
        if not RANGES["height"][ADULT].holds(body.height):
            _perhaps_swapped(body)
        RANGES["height"][ADULT].strip("height", patient.height)


def _perhaps_swapped(body: Body) -> None:
    """Refuse 60 cm and 162 kg, which are height and weight in each other's place."""
    heights, weights = RANGES["height"][ADULT], RANGES["weight"][ADULT]
    if body.height < body.weight and heights.holds(body.weight) and weights.holds(body.height):
        size = f"{units.number(body.height, 2)} cm and {units.number(body.weight, 2)} kg"
        meant = (
            f"height {units.number(body.weight, 2)} cm and weight {units.number(body.height, 2)} kg"
        )
        raise QuantityError(
            "height and weight",
            size,
            "those of one person",
            [meant],
            kind="conflict",
            fields=("height", "weight"),
        )


def quantity_of(patient: Patient) -> Any:
    """The patient's first Quantity, whose class and registry the results have; None for the private registry."""
    return first_quantity(patient.age, patient.height, patient.weight, patient.hematocrit)


def _years_words(body: Body) -> str:
    return f"it for a patient of {units.number(body.age, 2)} y"


def _pregnancy_possible(patient: Patient, body: Body) -> None:
    """Refuse a pregnancy, or a state of one, that the other inputs contradict."""
    course = [state for state in body.states if state in GROWTH_STATES]
    after = "postpartum" in body.states
    if patient.gestation is not None and patient.sex == "male":
        raise QuantityError(
            "gestation",
            "a pregnancy in a male patient",
            "no gestation, or sex female",
            kind="conflict",
        )
    if (course or after) and patient.sex == "male":
        raise QuantityError(
            "states",
            f"{[*course, 'postpartum'][0]} in a male patient",
            "no such state, or sex female",
            kind="conflict",
        )
    if patient.gestation is not None and not FERTILE.holds(body.age):
        raise QuantityError(
            "gestation",
            _years_words(body),
            f"a pregnancy only at {FERTILE.expected}",
            kind="conflict",
        )
    if course and patient.gestation is None and not after:
        raise QuantityError(
            "gestation", f"nothing, with {course[0]}", GESTATION.expected, kind="missing"
        )
    if after and patient.gestation is not None:
        raise QuantityError(
            "states", "postpartum with a gestation", "one of the two", kind="conflict"
        )


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
        came = units.label(stated.value, stated.unit)
        raise QuantityError(
            name,
            came,
            f"{low} to {high} mL for {units.number(body.weight)} kg",
            meant,
            kind="range",
        )
