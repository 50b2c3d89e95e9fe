"""Every input, one row each: its place in the order, its option, its range or words, its names.

Options and their help, completion, guided entry, the reading of texts, records, FHIR, the JSON
schema and docs/inputs.md are made from these rows. The trap: help and completion load this file, so
it takes nothing but the standard library; the range objects (`In`) are made on first use. Hard
limits catch typing slips (all of them are judgements); they are no clinical limits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from pexcalc.rules.crs_words import DEVICES, OTHER_CAUSES, SCALES, SINCE_INFUSION, VASOPRESSORS

if TYPE_CHECKING:
    from pexcalc.quantities.annotations import Measured
    from pexcalc.quantities.argument import Choice, In

    RANGES: Mapping[str, Mapping[str, In]]
    SEX: Choice
    RATIO_MEANING: Choice

ADULT, CHILD, INFANT, NEONATE = "adult", "child", "infant", "neonate"
NONE = "none"  # answered: there is none


class Range(NamedTuple):
    """A plausible range: the unit of the kernels, both ends in it, then the arguments of `In`.

    `show` is the unit or noun that people read, `who` the patients it holds for, `slips` factors by
    which a number is often wrong, `usual` where such a slip leads, `likely` the units tried for a
    number without a good one; with `open_high` the upper end is outside. `ages` holds the ranges of
    other age groups.
    """

    unit: str
    low: float
    high: float
    show: str = ""
    who: str = ""
    slips: tuple[float, ...] = ()
    usual: tuple[float, float] | None = None
    likely: tuple[str, ...] = ()
    open_high: bool = False
    ages: tuple[tuple[str, Range], ...] = ()

    @property
    def widest(self) -> Range:
        """From the lowest to the highest end of all age groups."""
        if not self.ages:
            return self
        every = [self, *(one for _, one in self.ages)]
        low, high = min(one.low for one in every), max(one.high for one in every)
        return Range(self.unit, low, high, self.show)

    def of(self, *groups: str) -> Range:
        """The range of the first of these age groups that has its own."""
        own = dict(self.ages)
        return next((own[group] for group in groups if group in own), self)


class LabUnit(NamedTuple):
    """A unit in which laboratories report a value: label, places shown, how many make 1 SI unit."""

    label: str
    places: int
    factor: float = 1.0


class Loinc(NamedTuple):
    """A LOINC code of an input, the kind of its unit, and the tag of its source."""

    code: str
    kind: str
    tag: str


class Input(NamedTuple):
    """One input. `name` is its name among texts and answers, `path` its place in an order.

    kind       how a text is read: a key of text_input.READERS
    label      what people call it
    help       of the option; {words} is replaced by its words
    heading    the group under which help, forms and docs show it
    flag       "" where it has no option; metavar what help calls the value
    range      of a quantity or number
    words      a closed set, or the name of the table that contains it (questions.CATALOGUES)
    none       "none" is an answer, which is not the same as no answer
    prompt     of guided entry, which leaves out rows without one; `hint` is what ? adds
    asked      the condition under which it is asked (questions.CONDITIONS); "" is always
    required   guided entry does not go on without it where it is asked
    example    what an error expects where it is missing
    loinc      codes under which FHIR Observations hold it
    reported   units in which laboratories report it, SI first
    per_mmol   units that depend on the ion: how many of them make 1 mmol/L
    """

    name: str
    path: str
    kind: str
    label: str
    help: str
    heading: str
    flag: str = ""
    metavar: str = ""
    range: Range | None = None
    words: tuple[str, ...] | str = ()
    none: bool = False
    prompt: str = ""
    hint: str = ""
    asked: str = ""
    required: bool = False
    example: str = ""
    loinc: tuple[Loinc, ...] = ()
    reported: tuple[LabUnit, ...] = ()
    per_mmol: tuple[tuple[str, float], ...] = ()

    @property
    def place(self) -> tuple[str, ...]:
        """The names on the way to it in an order."""
        return tuple(self.path.split("."))

    @property
    def several(self) -> bool:
        """True where its option may be repeated."""
        return self.kind in SEVERAL

    @property
    def listed(self) -> tuple[str, ...]:
        """The words of its closed set; empty where a table contains them."""
        return () if isinstance(self.words, str) else self.words


SEVERAL = ("words", "drugs", "names", "overrides", "levels")


def alternatives(words: tuple[str, ...]) -> str:
    """`albumin, plasma or none`."""
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)


# --- words of closed sets: the type that records check, from which the rows take the words --------

Sex = Literal["male", "female"]
Tanner = Literal[1, 2, 3, 4, 5]
Segment = Literal[
    "hand", "forearm-and-hand", "whole-arm", "foot", "lower-leg-and-foot", "whole-leg"
]
InvalidState = Literal[
    "cirrhosis", "ascites", "nephrotic-syndrome", "heart-failure", "sepsis", "burns", "anasarca",
    "hyperviscosity", "bleeding", "bypass", "ecmo",
]  # fmt: skip
GrowthState = Literal["pre-eclampsia", "hellp", "growth-restriction"]
State = Literal[InvalidState, GrowthState, "postpartum", "obesity"]
_STATE_WORDS = {"ecmo": "ECMO", "hellp": "HELLP", "pre-eclampsia": "pre-eclampsia"}


def state_words(state: str) -> str:
    """A state of the patient as it is printed: `nephrotic syndrome`, `ECMO`."""
    return _STATE_WORDS.get(state, state.replace("-", " "))


Finding = Literal[
    "bleeding", "bleeding-risk", "dic", "alveolar-haemorrhage", "surgery", "biopsy",
    "minor-procedure", "anticoagulated", "iga-deficiency", "plasma-anaphylaxis",
    "protein-s-deficiency", "jehovahs-witness", "frail", "hypotensive", "hypogammaglobulinaemia",
    "infection-risk", "liver-failure", "hit", "digoxin", "qt-risk", "platelets-planned",
    "plasma-reaction", "anti-iga", "mechanical-valve",
    "no-plasma-reaction", "no-anticoagulant", "no-ace-inhibitor", "no-hit", "no-bleeding",
    "no-liver-failure", "no-other-condition",
    "vasopressor-rising",
]  # fmt: skip
FluidChoice = Literal["albumin", "albumin-then-plasma", "plasma"]
Sequence_ = Literal["plasma-last", "plasma-first", "mixed"]
Diluent = Literal["saline", "isotonic"]
Group = Literal["O", "A", "B", "AB"]
Component = Literal["albumin", "plasma", "cryoprecipitate"]
RatioMeaning = Literal["inlet-to-anticoagulant", "blood-to-anticoagulant"]
Prime = Literal["saline", "albumin", "red-cells", "diverted"]
CatheterLock = Literal["heparin", "citrate", "saline"]
CalciumPlan = Literal["infusion", "bolus", "oral", "none"]
CalciumSalt = Literal["gluconate", "chloride"]
CalciumLine = Literal["separate", "return", "plasma"]
Production = Literal["steady", "halved", "doubled", "rising"]
YES_NO = ("yes", "no")

# States in which no estimator is valid, and others that change what is shown.
INVALID_STATES: tuple[str, ...] = get_args(InvalidState)
GROWTH_STATES: tuple[str, ...] = get_args(GrowthState)
STATES: tuple[str, ...] = get_args(State)
FINDINGS: tuple[str, ...] = get_args(Finding)
SEQUENCES: tuple[Sequence_, ...] = ("plasma-last", "mixed", "plasma-first")

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


# --- ranges of several inputs, and of what is computed from them ----------------------------------

_HEMATOCRIT = Range("1", 0.06, 0.70, "%", ages=(
    (NEONATE, Range("1", 0.06, 0.75, "%", who="a neonate")),))  # fmt: skip
_HEIGHT = Range("cm", 85, 250, who="an adult", ages=(
    (CHILD, Range("cm", 50, 230, who="a child of 2 to 17 years")),
    (INFANT, Range("cm", 20, 120, who="a child under 2 years"))))  # fmt: skip
_WEIGHT = Range("kg", 20, 400, who="an adult", ages=(
    (CHILD, Range("kg", 5, 250, who="a child of 2 to 17 years")),
    (INFANT, Range("kg", 0.3, 30, who="a child under 2 years"))))  # fmt: skip
_STATED_VOLUME = Range("mL", 5, 25_000)
_EXCHANGE = Range("mL", 10, 25_000)
_FLOW = Range("mL/min", 5, 250, likely=("mL/min", "mL/h"))
_CIRCUIT_VOLUME = Range("mL", 0, 2000)
_SHARE = Range("1", 0, 1, "%")
_CONTAINER = Range("mL", 10, 5000)
_DELAY = Range("h", 0, 2160, "h", "the time from the dose to the exchange", likely=("h", "d"))
_MULTIPLE = Range("1", 0.1, 4, "plasma volumes", slips=(0.1, 0.01), usual=(0.7, 2))
_DOSE = Range("mg", 0.001, 200_000, likely=("mg", "g"))
_EFFLUENT = Range("mL/kg/h", 1, 100, likely=("mL/kg/h",))
_HOURS_PER_DAY = Range("h", 0.25, 24, "h", "a day", likely=("h",))
_LEVEL = Range("pg/mL", 0, 1e9)
_RUN_TIME = Range("h", 0.25, 12, "h", "one session", likely=("h", "min"))
_TARGET = Range("1", 0.001, 1, "%", open_high=True)
# Levels that were measured, by the kind of their unit; judgement: they catch typing slips only.
LEVEL_UNITS = (
    Range("g/L", 0, 300, "g/L", "a level", likely=("g/L", "mg/dL", "pg/mL")),
    Range("mmol/L", 0, 1000, "mmol/L", "a level"),
    Range("1", 0, 20, "%", "a level"),
)


# --- the inputs of an order, in the order in which they are asked ---------------------------------

PATIENT, CRS, LABORATORY, FINDING = "Patient", "CRS", "Laboratory", "Findings"
COURSE, FLUID_, DEVICE = "Dose and course", "Fluid", "Device"
MEDICINES, OUTPUT = "Calcium and medicines", "Order and output"

_PATIENT = (
    Input("indication", "indication", "word", "Indication",
          "such as ttp or crs-car-t, or not-listed", PATIENT, "--indication", "ID",
          words="indications", prompt="Indication, such as ttp or crs-car-t",
          hint="Type part of the diagnosis, such as guillain, or its id. not-listed if the "
          "diagnosis is not in the table.",
          required=True, example="an indication, such as ttp or crs-car-t"),
    Input("sex", "patient.sex", "word", "Sex", "required: male or female", PATIENT, "--sex",
          words=get_args(Sex), prompt="Sex: male or female",
          hint="Required by the formula of blood volume.", required=True,
          example="male or female (required by the volume formula)"),
    Input("age", "patient.age", "quantity", "Age",
          'such as "54 y"; below 2 years months, weeks or days: "8 mo"', PATIENT, "--age",
          range=Range("y", 0, 120, likely=("y", "mo")), prompt="Age, such as 54 y or 8 mo",
          hint="Below 2 years in months, weeks or days.", required=True,
          example="an age such as 54 y, or 8 mo below 2 years"),
    Input("height", "patient.height", "quantity", "Height", 'such as "172 cm"', PATIENT, "--height",
          range=_HEIGHT, prompt="Height, such as 172 cm",
          hint="Inches as 68 in; feet and inches as 5 ft 10 in.", required=True,
          example="a height such as 172 cm", loinc=(Loinc("8302-2", "length", "source"),)),
    Input("weight", "patient.weight", "quantity", "Weight", 'such as "65 kg"', PATIENT, "--weight",
          range=_WEIGHT, prompt="Weight, such as 65 kg", hint="Pounds as 143 lb.", required=True,
          example="a weight such as 65 kg", loinc=(Loinc("29463-7", "mass", "source"),)),
    Input("hematocrit", "patient.hematocrit", "quantity", "Hematocrit", 'such as "28 %"', PATIENT,
          "--hematocrit", range=_HEMATOCRIT, prompt="Hematocrit, such as 28 %",
          hint="With the percent sign.", required=True, example="a hematocrit such as 28 %",
          loinc=(Loinc("20570-8", "fraction", "source"),
                 Loinc("4544-3", "fraction", "secondary"))),
    Input("blood_volume", "patient.blood_volume", "stated", "Blood volume, stated",
          'instead of the estimate, with its origin: "4900 mL @ device"', PATIENT,
          "--blood-volume", range=_STATED_VOLUME),
    Input("plasma_volume", "patient.plasma_volume", "stated", "Plasma volume, stated",
          'instead of the estimate: "3100 mL @ measured: albumin"', PATIENT, "--plasma-volume",
          range=_STATED_VOLUME),
    Input("gestation", "patient.gestation", "quantity", "Pregnant",
          'of a pregnancy, such as "30 wk", or none', PATIENT, "--gestation",
          range=Range("wk", 4, 45, likely=("wk",)), none=True,
          prompt="Pregnant: weeks, such as 30 wk; none if not", asked="may-be-pregnant"),
    Input("pre_pregnancy_weight", "patient.pre_pregnancy_weight", "quantity",
          "Weight before the pregnancy", 'such as "60 kg"', PATIENT, "--pre-pregnancy-weight",
          range=_WEIGHT),
    Input("pre_pregnancy_hematocrit", "patient.pre_pregnancy_hematocrit", "quantity",
          "Hematocrit before the pregnancy", 'such as "38 %"', PATIENT,
          "--pre-pregnancy-hematocrit", range=_HEMATOCRIT._replace(ages=())),
    Input("gestation_at_birth", "patient.gestation_at_birth", "quantity", "Born at",
          'of a neonate, such as "39 wk"', PATIENT, "--gestation-at-birth",
          range=Range("wk", 20, 45, likely=("wk",)), prompt="Born at, such as 39 wk",
          hint="Up to 30 days of age.", asked="neonate", required=True),
    Input("amputation", "patient.amputation", "quantity", "Missing share of body mass",
          'missing share of body mass, such as "5.9 %"', PATIENT, "--amputation",
          range=Range("1", 0, 0.6, "%")),
    Input("missing_segments", "patient.missing_segments", "words", "Missing limbs",
          "limb that is missing, may be repeated: {words}", PATIENT, "--missing",
          words=get_args(Segment)),
    Input("tanner", "patient.tanner", "count", "Tanner stage",
          "stage 1 to 5, for girls' alternatives", PATIENT, "--tanner"),
    Input("states", "patient.states", "words", "States",
          "may be repeated: {words}; obesity is for children", PATIENT, "--state", words=STATES,
          none=True, prompt="Conditions that change plasma volume: sepsis, burns, ascites, ecmo "
              "...; or none",
          hint="Separate with commas."),
    Input("systolic", "patient.systolic", "quantity", "Systolic pressure",
          'before the exchange, such as "110 mmHg"', PATIENT, "--systolic",
          range=Range("mmHg", 30, 300, likely=("mmHg",))),
)  # fmt: skip

_CRS = (
    Input("crs_grade", "crs.grade", "count", "Grade of CRS",
          "grade of CRS, 1 to 5 (pexcalc crs-grade)", CRS, "--crs-grade",
          words=("1", "2", "3", "4", "5"),
          prompt="Grade of CRS, 1 to 5 (pexcalc crs-grade calculates it)", asked="crs-record"),
    Input("crs_scale", "crs.scale", "word", "Scale of that grade", "of that grade: {words}", CRS,
          "--crs-scale", words=SCALES,
          prompt="Scale of that grade: astct-2019, penn, lee-2014 or other",
          asked="crs-grade-given", required=True),
    Input("tocilizumab", "crs.tocilizumab", "yes-no", "Tocilizumab was given before",
          "was given before", CRS, "--tocilizumab", words=YES_NO,
          prompt="Tocilizumab was given before: yes or no", asked="crs"),
    Input("corticosteroid", "crs.corticosteroid", "yes-no", "A corticosteroid was given before",
          "was given before", CRS, "--corticosteroid", words=YES_NO,
          prompt="A corticosteroid was given before: yes or no", asked="crs"),
    Input("persisting", "crs.persisting", "yes-no", "CRS persists after both",
          "CRS persists after both, a clinician's statement", CRS, "--persisting", words=YES_NO,
          prompt="CRS persists after both: yes or no", hint="A clinician's statement.",
          asked="crs"),
    Input("persisting_at", "crs.persisting_at", "word", "Time of that statement",
          "when that was stated", CRS, "--persisting-at", "TIME", asked="crs-record"),
    Input("icans", "crs.icans", "count", "Grade of ICANS", "0 to 4, recorded with the grade",
          CRS, "--icans", asked="crs-record"),
    Input("since_infusion", "crs.since_infusion", "quantity", "Time since the CAR-T infusion",
          'time since the CAR-T infusion, such as "6 d"', CRS, "--since-infusion",
          range=Range("h", *SINCE_INFUSION, "h", "the time since the CAR-T infusion",
                      likely=("h", "d")), asked="crs-record"),
)  # fmt: skip

_LABS = (
    Input("fibrinogen", "labs.fibrinogen", "quantity", "Fibrinogen",
          'such as "2.6 g/L" or "260 mg/dL"', LABORATORY, "--fibrinogen",
          range=Range("g/L", 0, 20, likely=("g/L", "mg/dL"), open_high=True),
          prompt="Fibrinogen, such as 2.6 g/L or 260 mg/dL",
          loinc=(Loinc("3255-7", "mass concentration", "secondary"),),
          reported=(LabUnit("g/L", 2), LabUnit("mg/dL", 0, 100))),
    Input("platelets", "labs.platelets", "quantity", "Platelets", 'such as "150 x10^9/L"',
          LABORATORY, "--platelets",
          range=Range("x10^9/L", 0, 3000, slips=(0.001,), usual=(1, 1500), likely=("x10^9/L",)),
          prompt="Platelets, such as 150 x10^9/L or 150 K/uL",
          loinc=(Loinc("777-3", "count concentration", "secondary"),),
          reported=(LabUnit("x10^9/L", 0), LabUnit("x10^3/mcL", 0))),
    Input("potassium", "labs.potassium", "quantity", "Potassium", 'such as "3.9 mmol/L"',
          LABORATORY, "--potassium", range=Range("mmol/L", 1, 10, slips=(0.1, 10), usual=(2, 8)),
          prompt="Potassium, such as 3.9 mmol/L or 3.9 mEq/L",
          reported=(LabUnit("mmol/L", 2), LabUnit("mEq/L", 2)), per_mmol=(("mEq/L", 1.0),)),
    # derived citrate-arithmetic: 1 mmol/L of calcium (40.078 g/mol, two charges) in other units
    Input("ionized_calcium", "labs.ionized_calcium", "quantity", "Ionized calcium",
          'such as "1.15 mmol/L"', LABORATORY, "--ionized-calcium",
          range=Range("mmol/L", 0.3, 2, who="ionized calcium, not total calcium"),
          prompt="Ionized calcium, such as 1.15 mmol/L or 4.6 mg/dL",
          loinc=(Loinc("1994-3", "molar concentration", "source"),
                 Loinc("1995-0", "molar concentration", "source"),
                 Loinc("17864-0", "mass concentration", "source")),
          reported=(LabUnit("mmol/L", 2), LabUnit("mg/dL", 1, 4.0078)),
          per_mmol=(("mEq/L", 2.0), ("mg/dL", 4.0078))),
    Input("igg", "labs.igg", "quantity", "IgG", 'such as "9.5 g/L"', LABORATORY, "--igg",
          range=Range("g/L", 0, 150, likely=("g/L", "mg/dL")),
          loinc=(Loinc("2465-3", "mass concentration", "secondary"),),
          reported=(LabUnit("g/L", 1), LabUnit("mg/dL", 0, 100))),
    # derived: g/dL of 1 g/L
    Input("albumin_level", "labs.albumin", "quantity", "Albumin in plasma", 'such as "32 g/L"',
          LABORATORY, "--albumin-level", range=Range("g/L", 5, 80, likely=("g/L", "g/dL")),
          loinc=(Loinc("1751-7", "mass concentration", "secondary"),),
          reported=(LabUnit("g/L", 1), LabUnit("g/dL", 2, 0.1))),
    Input("coagulation_age", "labs.coagulation_age", "quantity", "Last coagulation test",
          'how long ago coagulation was tested, such as "6 h"', LABORATORY, "--coagulation-age",
          range=Range("h", 0, 8760, likely=("h", "d"))),
)  # fmt: skip

_FINDINGS = (
    Input("findings", "findings", "words", "Findings",
          "may be repeated: {words}; minor-procedure is one within 24 h; no-hit and the like "
          "answer one question with no", FINDING, "--finding",
          words=FINDINGS, none=True, prompt="Findings, any of bleeding, dic ...; or none",
          hint="Separate with commas. none means that there is none; no-hit, no-bleeding and the "
          "like answer one question with no."),
    Input("refused", "fluid.refused", "words", "Refused products",
          "product that the patient refuses: {words}", FINDING, "--refused",
          words=get_args(Component)),
    Input("accepted", "fluid.accepted", "words", "Accepted products",
          "product that a Jehovah's Witness accepts", FINDING, "--accepted",
          words=get_args(Component)),
)  # fmt: skip

_COURSE = (
    Input("dose", "dose", "dose", "Dose", "", COURSE, required=True,
          prompt="Dose: plasma volumes, such as 1.2, or patient plasma, such as 3000 mL",
          hint="A plain number is plasma volumes; a volume is patient plasma without "
               "anticoagulant."),
    Input("plasma_volumes", "dose.plasma_volumes", "number", "Dose in plasma volumes",
          "dose in plasma volumes, such as 1.2", COURSE, "--plasma-volumes", range=_MULTIPLE),
    Input("exchange_volume", "dose.exchange_volume", "quantity", "Dose as patient plasma",
          'dose in liters of patient plasma instead, such as "3000 mL"', COURSE,
          "--exchange-volume", range=_EXCHANGE),
    Input("bag_volume", "dose.bag_volume", "quantity", "Dose as remove bag",
          "dose as volume of the remove bag, plasma and anticoagulant; needs --ratio", COURSE,
          "--bag-volume", range=_EXCHANGE),
    Input("sessions", "course.sessions", "count", "Planned sessions", "planned, such as 5", COURSE,
          "--sessions", range=Range("1", 1, 365, "sessions"), prompt="Planned sessions, such as 5"),
    Input("every", "course.interval", "quantity", "From start to start",
          'from start to start, such as "48 h"', COURSE, "--every",
          range=Range("h", 6, 720, "h", likely=("h", "d")),
          prompt="From start to start, such as 48 h", asked="sessions-given"),
    Input("session_number", "course.session", "count", "Session of the course",
          "which session of the course this is, such as 3", COURSE, "--session-number",
          range=Range("1", 1, 365, "sessions"),
          prompt="Which session of the course is this, such as 3", asked="sessions-given"),
    Input("measured", "measured", "levels", "Levels of the patient around sessions",
          'before or after a session, may be repeated: "IgG 9.1 g/L before session 1", '
          '"IgG 3.6 g/L after session 1 at 1.2 PV"', COURSE, "--measured", "TEXT",
          prompt='A level around an earlier session, such as "IgG 9.1 g/L before session 1"',
          hint="One at a time; a level before and one right after the same session change the "
               "forecast, never the dose.", asked="sessions-given"),
    Input("taper", "course.taper", "yes-no", "Taper", "the course is being tapered", COURSE,
          "--taper", words=YES_NO),
    Input("target_level", "course.target_level", "quantity", "Target level",
          'share of the level before the first session that is left, such as "30 %"', COURSE,
          "--target-level", range=_TARGET),
    Input("target_fall", "course.target_fall", "quantity", "Target percent reduction",
          'fall from the level before the first session, such as "70 %"', COURSE,
          "--target-fall", range=_TARGET),
)  # fmt: skip

_FLUID = (
    Input("fluid", "fluid.choice", "word", "Fluid", "{words}", FLUID_, "--fluid",
          words=get_args(FluidChoice),
          prompt="Fluid: albumin, albumin-then-plasma or plasma; Enter shows the options"),
    Input("plasma_share", "fluid.plasma_share", "quantity", "Share of plasma in the fluid",
          'of the fluid, such as "30 %"', FLUID_, "--plasma-share", range=_SHARE,
          prompt="Share of plasma in the fluid, such as 30 %", asked="albumin-and-plasma",
          required=True),
    Input("saline_share", "fluid.saline_share", "quantity", "Share of saline in the fluid",
          'of the fluid, such as "20 %"', FLUID_, "--saline-share", range=_SHARE),
    Input("sequence", "fluid.sequence", "word", "Sequence of the fluids", "{words}", FLUID_,
          "--sequence", words=get_args(Sequence_)),
    Input("balance", "fluid.balance", "quantity", "Fluid balance",
          'replacement / plasma removed, such as "100 %"', FLUID_, "--balance",
          range=Range("1", 0.7, 1.3, "%")),
    Input("albumin", "fluid.albumin", "word", "Albumin product",
          "such as albumin-5 or albumin-20 (pexcalc show fluids)", FLUID_, "--albumin", "PRODUCT",
          words="albumins"),
    Input("albumin_strength", "fluid.albumin_strength", "quantity", "Strength of diluted albumin",
          'of a diluted concentrate, such as "5 %"', FLUID_, "--albumin-strength",
          range=Range("1", 0.03, 0.05, "%")),
    Input("diluent", "fluid.diluent", "word", "Diluent of a concentrate", "{words}", FLUID_,
          "--diluent", words=get_args(Diluent)),
    Input("plasma", "fluid.plasma", "word", "Plasma product",
          "such as fresh-frozen-plasma or sd-plasma", FLUID_, "--plasma", "PRODUCT",
          words="plasmas"),
    Input("blood_group", "fluid.blood_group", "word", "Blood group of the patient",
          "of the patient: {words}", FLUID_, "--blood-group", words=get_args(Group),
          prompt="Blood group of the patient: O, A, B or AB", asked="plasma"),
    Input("plasma_group", "fluid.plasma_group", "word", "Blood group of the plasma",
          "of the plasma", FLUID_, "--plasma-group", words=get_args(Group)),
    Input("donor_group", "fluid.donor_group", "word", "Blood group of the donor",
          "of the donor of a transplant", FLUID_, "--donor-group", words=get_args(Group)),
    Input("albumin_container", "fluid.albumin_container", "quantity", "Bottles of albumin",
          'such as "250 mL"', FLUID_, "--albumin-container", range=_CONTAINER,
          prompt="Bottles of albumin, such as 500 mL", asked="albumin"),
    Input("plasma_container", "fluid.plasma_container", "quantity", "Bags of plasma",
          'such as "200 mL"', FLUID_, "--plasma-container", range=_CONTAINER,
          prompt="Bags of plasma, such as 250 mL", asked="plasma"),
    Input("saline_container", "fluid.saline_container", "quantity", "Bags of saline",
          'such as "500 mL"', FLUID_, "--saline-container", range=_CONTAINER),
)  # fmt: skip

_DEVICE = (
    Input("device", "device.name", "word", "Device",
          "such as spectra-optia (pexcalc show devices)", DEVICE, "--device", "NAME",
          words="devices", prompt="Device, such as spectra-optia",
          hint="See pexcalc show devices."),
    Input("removal_efficiency", "device.plasma_removal_efficiency", "quantity",
          "Plasma removal efficiency of the device in percent",
          'of a centrifuge, such as "87 %"', DEVICE, "--removal-efficiency",
          range=Range("1", 0.3, 1, "%"),
          prompt="Plasma removal efficiency of the device in percent; "
                 "Enter where it is not known",
          hint="A value of the device, never assumed. Without it the run of the device is not "
          "calculated.",
          asked="centrifuge", example="a fraction such as 87 %"),
    Input("inlet_flow", "device.inlet_flow", "quantity", "Inlet flow",
          'centrifuge, blood and anticoagulant: "60 mL/min"', DEVICE, "--inlet-flow", range=_FLOW,
          prompt="Inlet flow, blood and anticoagulant, such as 60 mL/min",
          asked="centrifuge-run", required=True, example="a flow such as 60 mL/min"),
    Input("ratio", "device.ratio", "number", "Ratio on the device", "such as 12", DEVICE,
          "--ratio", range=Range("1", 5, 40, slips=(10,), usual=(8, 16)),
          prompt="Ratio on the device, such as 12", hint="12 for 12:1.", asked="centrifuge-run",
          required=True, example="a plain number such as 12"),
    Input("ratio_meaning", "device.ratio_meaning", "word", "The ratio is",
          "inlet-to-anticoagulant (Spectra Optia) or blood-to-anticoagulant", DEVICE,
          "--ratio-meaning", words=get_args(RatioMeaning),
          prompt="The ratio is: inlet-to-anticoagulant or blood-to-anticoagulant",
          asked="ratio-of-unknown-meaning", required=True,
          example="inlet-to-anticoagulant or blood-to-anticoagulant"),
    Input("blood_flow", "device.blood_flow", "quantity", "Blood flow",
          'membrane, such as "120 mL/min"', DEVICE, "--blood-flow", range=_FLOW,
          prompt="Blood flow, such as 120 mL/min", asked="membrane", required=True,
          example="a flow such as 120 mL/min"),
    Input("plasma_flow", "device.plasma_flow", "quantity", "Plasma flow",
          'membrane, patient plasma without anticoagulant, such as "30 mL/min"', DEVICE,
          "--plasma-flow", range=Range("mL/min", 0.5, 250, likely=("mL/min", "mL/h")),
          prompt="Plasma flow, such as 30 mL/min", asked="membrane", required=True,
          example="a flow such as 30 mL/min"),
    Input("anticoagulant", "device.anticoagulant", "word", "Anticoagulant",
          "acd-a, trisodium-citrate-4 or heparin", DEVICE, "--anticoagulant",
          words="anticoagulants", prompt="Anticoagulant, such as acd-a", asked="known-device"),
    Input("anticoagulant_citrate", "device.anticoagulant_citrate", "quantity",
          "Citrate of the anticoagulant", 'of another one, such as "112.8 mmol/L"', DEVICE,
          "--anticoagulant-citrate", range=Range("mmol/L", 0, 500)),
    Input("circuit_volume", "device.circuit_volume", "quantity", "Circuit volume",
          'extracorporeal, such as "185 mL"', DEVICE, "--circuit-volume", range=_CIRCUIT_VOLUME,
          prompt="Circuit volume of the set, such as 185 mL", asked="small"),
    Input("circuit_red_cells", "device.circuit_red_cells", "quantity", "Red cells in the circuit",
          'red cells held in the circuit, such as "68 mL"', DEVICE, "--circuit-red-cells",
          range=_CIRCUIT_VOLUME),
    Input("rinseback", "device.rinseback", "quantity", "Rinseback", 'such as "150 mL"', DEVICE,
          "--rinseback", range=_CIRCUIT_VOLUME),
    Input("prime", "device.prime", "word", "Prime", "{words}", DEVICE, "--prime",
          words=get_args(Prime), prompt="Prime: saline, albumin, red-cells or diverted",
          asked="small"),
    Input("lock", "device.lock", "word", "Catheter lock", "{words}, in the catheter now", DEVICE,
          "--lock", words=get_args(CatheterLock)),
    Input("duration", "dose.duration", "quantity", "Length of the session",
          'of the session, such as "2 h"', COURSE, "--duration", range=_RUN_TIME,
          prompt="Length of the session, such as 2 h",
          hint="If left blank: 2 h per plasma volume, marked as assumed.", asked="no-device-run"),
)  # fmt: skip

_MEDICINES = (
    Input("calcium", "calcium.plan", "word", "Calcium", "{words}", MEDICINES, "--calcium",
          words=get_args(CalciumPlan), prompt="Calcium: infusion, bolus, oral or none"),
    Input("calcium_salt", "calcium.salt", "word", "Calcium salt", "{words}", MEDICINES,
          "--calcium-salt", words=get_args(CalciumSalt)),
    Input("calcium_line", "calcium.line", "word", "Line of calcium", "{words}", MEDICINES,
          "--calcium-line", words=get_args(CalciumLine),
          prompt="Line of calcium: separate, return or plasma", asked="calcium-by-line"),
    Input("calcium_reason", "calcium.reason", "word", "Reason for another calcium plan",
          "why calcium is not infused", MEDICINES, "--calcium-reason", "TEXT"),
    Input("ace_inhibitor", "drugs", "ace", "Last ACE inhibitor dose",
          'time from its last dose to the exchange, such as "18 h"', MEDICINES, "--ace-inhibitor",
          range=_DELAY,
          prompt="Hours since the last ACE inhibitor dose, such as 18 h; Enter if there is none"),
    Input("drugs", "drugs", "drugs", "Medicines",
          'given or due, may be repeated: "rituximab @ 24 h before", '
          '"siltuximab 770 mg @ 12 h after", or none', MEDICINES, "--drug", "TEXT", none=True,
          prompt='Another medicine, such as "rituximab @ 24 h before"; or none',
          hint="One at a time. none means that there is none."),
    Input("inr", "labs.inr", "number", "INR", "before the exchange, such as 2.4", LABORATORY,
          "--inr", range=Range("1", 0.5, 20, slips=(0.1,), usual=(0.8, 8)),
          prompt="INR before the exchange, such as 2.4",
          asked="vitamin-k-antagonist"),
)  # fmt: skip

_ORDER = (
    Input("solutes", "solutes", "names", "Solutes", "show this solute too; may be repeated",
          OUTPUT, "--solute", "NAME", words="solutes"),
    Input("panel", "panel", "switch", "Solutes of the indication",
          "Leave out the solutes that belong to the indication.", OUTPUT, "--no-panel"),
    Input("label", "label", "text", "Label on the sheet", "printed on the sheet; not stored",
          OUTPUT, "--patient-label", "TEXT", prompt="Label on the sheet, such as bed 4",
          hint="Printed, not stored; a name is not needed."),
    Input("ordered_at", "ordered_at", "time", "Ordered at", "such as 2025-06-24T14:05+02:00",
          OUTPUT, "--ordered-at", prompt="Ordered at, such as 2025-06-24T14:05+02:00"),
    Input("confirmed", "confirmed", "words", "Confirmed inputs",
          "confirms an unusual value, such as height", OUTPUT, "--confirm", "INPUT"),
    Input("overrides", "overrides", "overrides", "Overrides",
          "override one rule that stops the order, by its id", OUTPUT, "--override",
          "RULE=REASON"),
)  # fmt: skip

INPUTS: tuple[Input, ...] = (
    *_PATIENT, *_CRS, *_LABS, *_FINDINGS, *_COURSE, *_FLUID, *_DEVICE, *_MEDICINES, *_ORDER,
)  # fmt: skip
BY_NAME = {row.name: row for row in INPUTS}
BY_PATH = {row.path: row for row in INPUTS}
# Units of laboratory values by field: SI and United States.
LAB_UNITS = {row.place[-1]: row.reported for row in INPUTS if row.reported}


@cache
def lab_labels() -> Mapping[str, str]:
    """The laboratory values by path, as they are called within a sentence."""
    return {
        row.path: row.label if row.label[1:] != row.label[1:].lower() else row.label.lower()
        for row in INPUTS
        if row.heading == LABORATORY
    }


# The groups of an order, and the inputs without which there is no patient.
GROUPS = tuple(dict.fromkeys(row.place[0] for row in INPUTS if len(row.place) > 1))
REQUIRED = tuple(
    row.name for row in INPUTS if row.place[0] == "patient" and row.required and not row.asked
)


# --- the inputs of the other commands -------------------------------------------------------------


def _as(name: str, words: str, kind: str = "", **changes: Any) -> Input:
    """An input of an order as another command takes it, with its own help."""
    row = BY_NAME[name]
    own: dict[str, Any] = {"help": words, "kind": kind or row.kind, "path": "", "required": False}
    return row._replace(**(own | changes))


REMOVAL = (
    _as("plasma_volumes", "exchanged in a session, such as 1.2"),
    _as("exchange_volume", 'in liters instead, with --plasma-volume: "3000 mL"'),
    _as("duration", 'of a session, such as "2 h"'),
    _as("plasma_volume", 'of the patient, assumed exact, such as "3000 mL"', "quantity"),
    _as("weight", 'such as "65 kg"; scales a clearance, needed for a medicine',
        range=_WEIGHT.widest),
    Input("sieving", "", "number", "Sieving",
          "removed / plasma concentration; 1 for a centrifuge", "", "--sieving"),
    Input("production", "", "word", "Production",
          "{words}; without it the range for one patient, of cytokines over scenarios", "",
          "--production", words=get_args(Production)),
    Input("supply", "", "number", "Solute in the fluid",
          "level in the replacement fluid / level before; 0 if left out", "", "--supply"),
    _as("sessions", "number of sessions of a course"),
    _as("every", 'from start to start, such as "24 h"'),
    _as("target_fall", 'after how many sessions has the level fallen by this, such as "70 %"'),
    _as("target_level", 'after how many sessions is the level below this, such as "30 %"'),
    Input("target", "", "word", "Target in words", '"level 30 %" or "fall 70 %"', "", "--target",
          "TEXT"),
    _as("measured", 'before or after a session, may be repeated: "IgG 9.1 g/L before session 1"'),
    _as("session_number", "which session this is; one after the last measured without it"),
    _as("confirmed", "confirms an unusual level, such as measured.igg"),
    Input("given", "", "quantity", "Time from the dose to the session",
          'for a medicine: time from the dose to the session, such as "24 h"', "", "--given",
          range=_DELAY),
    Input("dose", "", "quantity", "Dose of the medicine", 'of a medicine, such as "560 mg"', "",
          "--dose", range=_DOSE),
)  # fmt: skip

COMPARE = (
    _as("weight", 'such as "70 kg"', range=_WEIGHT.widest, required=True),
    _as("hematocrit", 'such as "30 %"', range=_HEMATOCRIT.widest, required=True),
    _as("blood_flow", 'of the filter, such as "150 mL/min"', required=True),
    Input("effluent_dose", "", "quantity", "Effluent dose", 'of the filter, such as "25 mL/kg/h"',
          "", "--effluent-dose", range=_EFFLUENT, required=True),
    _as("plasma_volumes", "of one exchange, such as 1", required=True),
    _as("duration", 'of one exchange, such as "2 h"', required=True),
    _as("plasma_volume", 'such as "3000 mL"; 3 L for 70 kg if left out', "quantity"),
    Input("hours_per_day", "", "quantity", "Hours a day",
          'of the filter, such as "20 h"; 24 h if left out', "", "--hours-per-day",
          range=_HOURS_PER_DAY),
    Input("sessions_per_day", "", "number", "Exchanges a day",
          "exchanges a day, such as 0.5; 1 if left out", "", "--sessions-per-day"),
)  # fmt: skip

CRS_GRADE = (
    Input("temperature", "", "quantity", "Temperature", 'such as "39 C" or "102 F"', "",
          "--temperature", required=True),
    Input("hypotension", "", "yes-no", "Hypotension", "stated; by the limits for age", "",
          "--hypotension", words=YES_NO, required=True),
    Input("vasopressors", "", "words", "Vasopressors",
          "may be repeated; none where there is none", "", "--vasopressor",
          words=(NONE, *VASOPRESSORS), required=True),
    Input("oxygen_device", "", "word", "Oxygen", "{words}", "", "--oxygen-device", words=DEVICES,
          required=True),
    Input("oxygen_flow", "", "quantity", "Oxygen flow", 'of a nasal cannula, such as "4 L/min"',
          "", "--oxygen-flow"),
    Input("other_cause", "", "words", "Another cause",
          "fever, hypotension or hypoxia with another cause; may be repeated", "",
          "--other-cause", words=OTHER_CAUSES),
    _as("tocilizumab", "criteria for exchange: was given"),
    _as("corticosteroid", "criteria for exchange: was given"),
    _as("persisting", "criteria for exchange: CRS persists after both"),
)  # fmt: skip

# What a Bundle of FHIR may hold that no order has.
INTERLEUKIN_6 = Input(
    "interleukin_6", "", "quantity", "Interleukin-6", "", "", range=_LEVEL,
    loinc=(Loinc("26881-3", "mass concentration", "secondary"),),
)  # fmt: skip


# --- range objects, made on first use -------------------------------------------------------------

# Names under which modules import the ranges of inputs.
_OF_INPUTS = {
    "AGE": "age", "HEMATOCRIT": "hematocrit", "GESTATION": "gestation",
    "GESTATION_AT_BIRTH": "gestation_at_birth", "MISSING_SHARE": "amputation",
    "FIBRINOGEN": "fibrinogen", "PROTEIN": "igg", "ALBUMIN_LEVEL": "albumin_level",
    "PLATELETS": "platelets", "POTASSIUM": "potassium", "IONIZED_CALCIUM": "ionized_calcium",
    "LAB_AGE": "coagulation_age", "SESSIONS": "sessions", "SESSION": "session_number",
    "INTERVAL": "every",
    "EFFICIENCY": "removal_efficiency", "RATIO": "ratio", "PLASMA_FLOW": "plasma_flow",
    "CITRATE": "anticoagulant_citrate", "BALANCE": "balance", "STRENGTH": "albumin_strength",
    "STATED_VOLUME": "blood_volume", "EXCHANGE": "exchange_volume", "FLOW": "inlet_flow",
    "CIRCUIT_VOLUME": "circuit_volume", "SHARE": "plasma_share", "CONTAINER": "albumin_container",
    "INR": "inr", "DELAY": "ace_inhibitor", "MULTIPLE": "plasma_volumes", "RUN_TIME": "duration",
}  # fmt: skip
# Ranges that are no input's own: of all ages, of what is computed, of an input outside an order.
_OTHERS = {
    "ANY_HEMATOCRIT": _HEMATOCRIT.widest,
    "HEMATOCRIT_NEONATE": _HEMATOCRIT.of(NEONATE),
    "ANY_WEIGHT": _WEIGHT.widest,
    "ANY_HEIGHT": _HEIGHT.widest,
    # probably inches, unless the order confirms the height
    "SHORT_ADULT": Range("cm", 50, 85, open_high=True),
    "BMI": Range("kg/m2", 8, 100, who="an adult"),
    "SURFACE": Range("m2", 0.05, 4),
    "BLOOD_PER_KG": Range("mL/kg", 20, 150),
    "PLASMA_PER_KG": Range("mL/kg", 8, 110),
    "FERTILE": Range("y", 10, 60),  # judgement: a pregnancy outside is a slip
    "PER_KG": Range("mL/kg", 5, 200),
    "FLUID": Range("mL", 0, 80_000),
    "LEVEL": _LEVEL,
    "DOSE": _DOSE,
    "EFFLUENT": _EFFLUENT,
    "HOURS_PER_DAY": _HOURS_PER_DAY,
}


@cache
def spec(row: Range) -> In:
    """The range object of a range, the same one for the same range."""
    from pexcalc.quantities.argument import In

    return In(*row[:-1])


def range_of(name: str) -> Range:
    """The range of an input of an order that has one."""
    found = BY_NAME[name].range
    if found is None:
        raise LookupError(f"{name} has no range")
    return found


def measured(path: str, within: bool = True) -> Measured:
    """What checks a quantity of a record, `within` its range, and writes it in JSON.

    Where the range depends on the age (`Range.ages`), the record that knows the age checks it, and
    the JSON schema holds the widest.
    """
    from pexcalc.quantities.annotations import Measured

    row = BY_PATH[path]
    own = range_of(row.name)
    if own.ages:
        widest = spec(own.widest)
        return Measured(widest, widest=widest, example=row.example)
    return Measured(spec(own), within=within, example=row.example)


def bare(spec: In, value: Any) -> float | None:
    """The plain number of a value that may not be entered, in the unit of its kind."""
    return spec.one_if_given("value", value)


def _spec_of(name: str) -> In:
    return spec(range_of(name))


_MADE: Mapping[str, Callable[[], Any]] = {
    **{name: partial(_spec_of, one) for name, one in _OF_INPUTS.items()},
    **{name: partial(spec, one) for name, one in _OTHERS.items()},
    "RANGES": lambda: {"height": _by_age(_HEIGHT), "weight": _by_age(_WEIGHT)},
    "SEX": lambda: choice("sex"),
    "RATIO_MEANING": lambda: choice("ratio_meaning"),
}


def __getattr__(name: str) -> In:
    """A range object under its name, made when it is first asked for."""
    if name not in _MADE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    made = globals()[name] = _MADE[name]()
    return made  # type: ignore[no-any-return]


def choice(name: str) -> Choice:
    """The closed set of words of an input."""
    from pexcalc.quantities.argument import Choice

    return Choice(BY_NAME[name].listed)


def _by_age(row: Range) -> Mapping[str, In]:
    return {group: spec(row.of(group)) for group in (ADULT, CHILD, INFANT)}


def value_at(data: Any, place: Iterable[str]) -> Any:
    """The value at a place of an order as JSON holds it; None without one."""
    for part in place:
        data = data.get(part) if isinstance(data, dict) else None
    return data
