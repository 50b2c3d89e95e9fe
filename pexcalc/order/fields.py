"""The ranges and words of every input, once. Hard limits catch typing slips; they are no clinical limits."""

from collections.abc import Mapping
from typing import Any, Literal

from pexcalc.quantities.argument import Choice, In

# --- the patient, laboratory values, states -------------------------------------------------------

Sex = Literal["male", "female"]
SEX = Choice(("male", "female"))

# Hard limits (judgement: they catch typing slips). One range for each age group, in the unit people
# use.
ADULT, CHILD, INFANT = "adult", "child", "infant"
RANGES: Mapping[str, Mapping[str, In]] = {
    "height": {
        ADULT: In("cm", 85, 250, who="an adult"),
        CHILD: In("cm", 50, 230, who="a child of 2 to 17 years"),
        INFANT: In("cm", 20, 120, who="a child under 2 years"),
    },
    "weight": {
        ADULT: In("kg", 20, 400, who="an adult"),
        CHILD: In("kg", 5, 250, who="a child of 2 to 17 years"),
        INFANT: In("kg", 0.3, 30, who="a child under 2 years"),
    },
}
AGE = In("y", 0, 120, likely=("y", "mo"))
HEMATOCRIT = In("1", 0.06, 0.70, "%")
HEMATOCRIT_NEONATE = In("1", 0.06, 0.75, "%", who="a neonate")
GESTATION = In("wk", 4, 45, likely=("wk",))
GESTATION_AT_BIRTH = In("wk", 20, 45, likely=("wk",))
MISSING_SHARE = In("1", 0, 0.6, "%")
SHORT_ADULT = In(
    "cm", 50, 85, open_high=True
)  # probably inches, unless the order confirms the height
BMI = In("kg/m2", 8, 100, who="an adult")
SURFACE = In("m2", 0.05, 4)
BLOOD_PER_KG = In("mL/kg", 20, 150)
PLASMA_PER_KG = In("mL/kg", 8, 110)
STATED_VOLUME = In("mL", 5, 25_000)
ANY_WEIGHT = In("kg", 0.3, 400)
ANY_HEIGHT = In("cm", 20, 250)

# Laboratory values: hard limits (judgement: they catch typing slips, g/L for mg/dL, total for
# ionized calcium).
FIBRINOGEN = In("g/L", 0, 20, likely=("g/L", "mg/dL"), open_high=True)
PROTEIN = In("g/L", 0, 150, likely=("g/L", "g/dL"))
ALBUMIN_LEVEL = In("g/L", 5, 80, likely=("g/L", "g/dL"))
PLATELETS = In("x10^9/L", 0, 3000)
POTASSIUM = In("mmol/L", 1, 10)
IONIZED_CALCIUM = In("mmol/L", 0.3, 2, who="ionized calcium")
LAB_AGE = In("h", 0, 8760, likely=("h", "d"))

# States in which no estimator is valid, and others that change what is shown.
INVALID_STATES = (
    "cirrhosis",
    "ascites",
    "nephrotic-syndrome",
    "heart-failure",
    "sepsis",
    "burns",
    "anasarca",
    "hyperviscosity",
    "bleeding",
    "bypass",
    "ecmo",
)
GROWTH_STATES = ("pre-eclampsia", "hellp", "growth-restriction")
STATES = (*INVALID_STATES, *GROWTH_STATES, "postpartum", "obesity")

# Share of body mass that is missing (Mozumdar and Roy's method; secondary, and by difference
# derived).
SEGMENTS: Mapping[str, float] = {  # secondary mozumdar-roy
    "hand": 0.007, "forearm-and-hand": 0.023, "whole-arm": 0.050,
    "foot": 0.015, "lower-leg-and-foot": 0.059, "whole-leg": 0.160,
}  # fmt: skip

LIMBS = {
    "arm": ("hand", "forearm-and-hand", "whole-arm"),
    "leg": ("foot", "lower-leg-and-foot", "whole-leg"),
}
FERTILE = In("y", 10, 60)  # judgement: a pregnancy outside is a slip

Segment = Literal[
    "hand", "forearm-and-hand", "whole-arm", "foot", "lower-leg-and-foot", "whole-leg"
]
State = Literal[
    "cirrhosis",
    "ascites",
    "nephrotic-syndrome",
    "heart-failure",
    "sepsis",
    "burns",
    "anasarca",
    "hyperviscosity",
    "bleeding",
    "bypass",
    "ecmo",
    "pre-eclampsia",
    "hellp",
    "growth-restriction",
    "postpartum",
    "obesity",
]


# --- dose and course ------------------------------------------------------------------------------

EXCHANGE = In("mL", 10, 25_000)
SESSIONS = In("1", 1, 365, "sessions")
INTERVAL = In("h", 6, 720, "h", likely=("h", "d"))

# Hard limits of one session (judgement: they catch typing slips, they are not clinical limits).
MULTIPLE = In("1", 0.1, 4, "plasma volumes", slips=(0.1, 0.01), usual=(0.7, 2))
PER_KG = In("mL/kg", 5, 200)

# Judgement: it catches typing slips, it is no clinical limit. What a model takes (DURATION) is
# wider.
RUN_TIME = In("h", 0.25, 12, "h", "one session", likely=("h", "min"))


# --- device, circuit, anticoagulant ---------------------------------------------------------------

EFFICIENCY = In("1", 0.3, 1, "%")
RATIO = In("1", 5, 40, slips=(10,), usual=(8, 16))
RATIO_MEANING = Choice(("inlet-to-anticoagulant", "blood-to-anticoagulant"))
RatioMeaning = Literal["inlet-to-anticoagulant", "blood-to-anticoagulant"]

ANY_HEMATOCRIT = In("1", 0.06, 0.75, "%")
FLOW = In("mL/min", 5, 250, likely=("mL/min", "mL/h"))
PLASMA_FLOW = In("mL/min", 0.5, 250, likely=("mL/min", "mL/h"))
CIRCUIT_VOLUME = In("mL", 0, 2000)

FLUID = In("mL", 0, 80_000)
CITRATE = In("mmol/L", 0, 500)


# --- replacement fluid ----------------------------------------------------------------------------

SHARE = In("1", 0, 1, "%")
BALANCE = In("1", 0.7, 1.3, "%")
STRENGTH = In("1", 0.03, 0.05, "%")

CONTAINER = In("mL", 10, 5000)


# --- medicines ------------------------------------------------------------------------------------

DELAY = In("h", 0, 2160, "h", "the time from the dose to the exchange", likely=("h", "d"))
DOSE = In("mg", 0.001, 200_000, likely=("mg", "g"))


# --- other modalities -----------------------------------------------------------------------------

EFFLUENT = In("mL/kg/h", 1, 100, likely=("mL/kg/h",))
HOURS_PER_DAY = In("h", 0.25, 24, "h", "a day", likely=("h",))


def bare(spec: In, value: Any) -> float | None:
    """The plain number of a value that may not be entered, in the unit of its kind."""
    return None if value is None else spec.one("value", value)
