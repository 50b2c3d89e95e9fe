"""The facts of one patient and one order that every rule looks at: a field each, unknown is None.

Each group is filled in one place, named beside it in `Facts`. A finding or state that was not
entered is False: the program cannot tell it from one that is absent.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from pexcalc.data.limits import Limit
from pexcalc.quantities.given import if_given, words_if, words_if_given

RED_CELL_PRIME = (
    "Red-cell prime: fresh or washed cells, potassium of the unit, irradiated after transplant or "
    "CAR-T, ionized calcium at the start, no rinseback unless ordered (judgement of this program)"
)
FERTILE = (10, 60)  # judgement plausibility: years in which a pregnancy is possible
PlateletGroup = Literal["thrombosis", "purpura", "microangiopathy", "hellp", "other"]


class SizeFacts(NamedTuple):
    """The size of a child of 2 to 17 years that lies outside of what the age has, and words on it.

    At most one of height and weight with age, and one question for each: `age` where both are
    outside on the same side.
    """

    age: str | None = None  # height and weight in words
    age_words: str = ""
    height: float | None = None  # cm
    height_span: str = ""
    height_words: str = ""
    weight: float | None = None  # kg
    weight_words: str = ""
    bmi: float | None = None  # kg/m2
    bmi_words: str = ""
    pounds: float | None = None  # kg that may be pounds
    pounds_words: str = ""

    @property
    def tall_asked(self) -> bool:
        """The height is in question, alone or with the age."""
        return self.age is not None or self.height is not None

    @property
    def heavy_asked(self) -> bool:
        """The weight is in question, alone, with the age or as pounds."""
        return any(one is not None for one in (self.age, self.weight, self.pounds))

    @property
    def asked(self) -> bool:
        """Any of them is asked about."""
        return self.tall_asked or self.heavy_asked or self.bmi is not None


class PatientFacts(NamedTuple):
    """The body, and how far its volumes can be believed."""

    sex: str = ""  # male or female
    group: str = ""  # adult, child or infant: whose hard limits and thresholds hold
    band: str = ""  # adult, child or neonate: whose volume per kg is usual
    age: float | None = None  # years
    age_words: str = ""  # as it was typed, for print
    height: float | None = None  # cm
    weight: float | None = None  # kg
    bmi: float | None = None  # kg/m2
    size: SizeFacts = SizeFacts()  # of a child against the age
    if_pounds: str = ""  # what the weight of an obese adult would be in pounds, in words
    body_surface_area: float | None = None  # m2
    hematocrit: float | None = None  # %
    blood_volume_per_kg: float | None = None  # mL/kg
    plasma_volume_per_kg: float | None = None  # mL/kg
    gestation: float | None = None  # weeks of a pregnancy
    pregnancy_adjusted: bool = False  # values from before the pregnancy were entered
    born_at: float | None = None  # weeks, where the estimate is that of a preterm neonate
    missing_share: float | None = None  # % of body mass lost by amputation
    with_observed_weight: str = ""  # of an amputee, the plasma volume of today's weight in words
    obese_child: bool = False
    postpartum: bool = False
    hyperviscosity: bool = False
    no_estimator_in: str | None = None  # the states in which no estimator is valid, in words
    no_estimator_with: str | None = None  # those states and too high a hematocrit, in words
    other_circuit: str | None = None  # ECMO or bypass, in words
    volume_entered: bool = False  # blood or plasma volume was entered
    volume_measured: bool = False  # and it was measured, not taken from a device
    estimator_spread: float | None = None  # %, largest difference between valid estimators
    entered_difference: float | None = None  # %, entered plasma volume against the estimate
    hematocrit_gap: float | None = None  # %, hematocrit of both volumes against the entered one
    systolic: float | None = None  # mmHg before the exchange
    systolic_least: float | None = None  # mmHg, of a child of 1 to 10 y: 70 + 2 x age

    @property
    def neonate(self) -> bool:
        """A neonate by age."""
        return self.band == "neonate"

    @property
    def age_in_days(self) -> float | None:
        """The age in days; the age in years is rounded to 9 places, so these are to 5."""
        return if_given(self.age, lambda age: round(age * 365.25, 5))  # derived: days of a year

    @property
    def pregnancy_test(self) -> str:
        """A pregnancy test as the end of a list, where one may be asked for."""
        may_be = self.sex == "female" and between(self.age, *FERTILE)
        return words_if(may_be and self.gestation is None, ", pregnancy test")

    @property
    def systolic_least_words(self) -> str:
        """The least systolic pressure of a child, for print."""
        return words_if_given(self.systolic_least, "{:g} mmHg".format)


class DoseFacts(NamedTuple):
    """The dose of one session."""

    plasma_volumes: float | None = None  # multiples of the plasma volume
    liters: float | None = None  # L
    per_kg: float | None = None  # mL/kg
    ordered_in_liters: bool = False
    listed_liters: str = ""  # the liters that are listed for the indication, in words
    within_listed_liters: bool = False
    only_liters_listed: bool = False  # the indication lists liters and no plasma volumes
    within_listed_plasma_volumes: bool = False
    listed_plasma_volumes: str = ""  # those that are listed for the indication, in words
    beyond_listed: float | None = None  # %, how far outside of the listed plasma volumes

    @property
    def by_liters(self) -> bool:
        """Liters are what the indication lists: limits in plasma volumes do not apply."""
        return self.within_listed_liters or self.only_liters_listed


class RunFacts(NamedTuple):
    """The run: time, flows, ratio."""

    ordered_duration: float | None = None  # h
    circuit_time: float | None = None  # h, from the flows of the device
    long_by_design: bool = False  # 8 to 12 L at 1 to 2 L/h take up to 12 h
    membrane: bool = False  # a membrane separator, by its flows or its name
    membrane_with_citrate: bool = False
    time_difference: float | None = None  # %, ordered duration against the time of the circuit
    removal_rate: float | None = None  # mL/kg/min
    ratio: float | None = None  # of inlet or blood to anticoagulant
    inlet_flow: float | None = None  # mL/min, centrifuge
    removal_efficiency: float | None = None  # %, centrifuge
    blood_flow: float | None = None  # mL/min, membrane
    plasma_share_of_flow: float | None = None  # %, membrane
    filter_hematocrit: float | None = None  # %, behind the membrane
    ultrafiltration_fraction: float | None = None  # %, other modalities

    @property
    def calcium_words(self) -> str:
        """How calcium is dosed on a membrane with citrate, as the end of a sentence."""
        by_protocol = ": calcium by the site's protocol and ionized calcium"
        return words_if(self.membrane_with_citrate, by_protocol)


class CircuitFacts(NamedTuple):
    """Extracorporeal volume and prime."""

    share: float | None = None  # % of the blood volume
    spared_by: str = ""  # the prime where it makes up for that volume, else empty
    for_neonate: str = ""  # "-neonate" where the limit of neonates holds, else empty
    red_cells: bool = False  # the prime is red cells
    published_low: float | None = None  # %, where no volume is entered: that of the device
    published_high: float | None = None  # %
    published_words: str = ""
    unknown: str | None = None  # a device without a published volume, where none is entered

    @property
    def prime_words(self) -> str:
        """What a prime of red cells asks for, as the end of a sentence."""
        return words_if(self.red_cells, f". {RED_CELL_PRIME}")


class CitrateFacts(NamedTuple):
    """Citrate and what goes with it, for the fluid in force."""

    rate: float | None = None  # mg/kg/min while plasma runs
    comes_from: str = ""  # anticoagulant, plasma or both, in words
    plasma_rate: float | None = None  # mL/kg/min while plasma runs
    plasma_share: float | None = None  # % of the fluid that is plasma
    amount: float | None = None  # mmol/kg in the session
    amount_words: str = ""
    flow_words: str = ""  # the plasma flow, and the one that brings the rate to its limit
    albumin_without_citrate: bool = False  # no citrate at all: no calcium is calculated
    calcium_options: bool = False  # options of calcium are printed
    reaches_patient: bool = False  # from plasma or anticoagulant

    @property
    def rate_words(self) -> str:
        """The rate beside another fact: `, citrate reaches 4.07 mg/kg/min`."""
        return words_if_given(
            self.rate, lambda rate: f", citrate reaches {round(rate, 2):g} mg/kg/min"
        )


class IonUnit(NamedTuple):
    """A unit that depends on the ion, such as mEq/L, and how many of it make 1 mmol/L."""

    label: str
    per_mmol: float


class LabFacts(NamedTuple):
    """Laboratory values before the exchange."""

    fibrinogen: float | None = None  # g/L
    inr: float | None = None
    platelets: float | None = None  # x10^9/L
    platelets_words: str = ""  # for print
    potassium: float | None = None  # mmol/L
    potassium_words: str = ""  # for print
    ionized_calcium: float | None = None  # mmol/L
    igg: float | None = None  # g/L
    albumin: float | None = None  # g/L
    coagulation_tested: bool = False  # within 24 h, or fibrinogen without its age


class FindingFacts(NamedTuple):
    """Findings and states, entered or implied by indication, medicines or anticoagulant."""

    bleeding: bool = False
    bleeding_risk: bool = False
    dic: bool = False
    alveolar_hemorrhage: bool = False
    surgery: bool = False
    biopsy: bool = False
    minor_procedure: bool = False
    anticoagulated: bool = False
    iga_deficiency: bool = False
    anti_iga: bool = False
    plasma_anaphylaxis: bool = False
    plasma_reaction: bool = False  # an earlier reaction to plasma that was no anaphylaxis
    protein_s_deficiency: bool = False
    jehovahs_witness: bool = False
    frail: bool = False
    hypotensive: bool = False
    low_immunoglobulin: bool = False
    infection_risk: bool = False
    liver_failure: bool = False  # acute, or cirrhosis
    cirrhosis: bool = False
    acute_liver_failure: bool = False
    sepsis: bool = False
    ecmo: bool = False
    mechanical_valve: bool = False
    hit: bool = False
    digoxin: bool = False
    qt_risk: bool = False
    platelets_planned: bool = False
    vasopressor_rising: bool = False
    hellp: bool = False
    pregnant: bool = False
    delivery_ahead: bool = False  # pregnant, or HELLP or pre-eclampsia before the delivery

    @property
    def bleeds(self) -> bool:
        """Bleeding, alveolar hemorrhage included."""
        return self.bleeding or self.alveolar_hemorrhage

    @property
    def major_procedure(self) -> bool:
        """Surgery, or a biopsy of a solid organ, within a day."""
        return self.surgery or self.biopsy

    @property
    def procedure(self) -> bool:
        """Any procedure within a day."""
        return self.major_procedure or self.minor_procedure

    @property
    def needs_plasma_last(self) -> bool:
        """Bleeding or a major procedure: plasma is to be the last part of the fluid."""
        return self.bleeds or self.major_procedure

    @property
    def at_risk(self) -> bool:
        """An anticoagulant, bleeding, DIC, or a procedure within a day."""
        return any((self.anticoagulated, self.bleeds, self.dic, self.procedure))

    @property
    def plasma_last_words(self) -> str | None:
        """What plasma is to be given last for, in words."""
        return joined_words(
            ("bleeding", self.bleeding),
            ("alveolar hemorrhage", self.alveolar_hemorrhage),
            ("surgery", self.surgery),
            ("biopsy of a solid organ", self.biopsy),
        )

    @property
    def platelets_for(self) -> str:
        """What platelets may be wanted for, in words."""
        return f"the line{words_if(self.delivery_ahead, ', the delivery')} or bleeding"

    @property
    def obstetrics(self) -> str:
        """Who decides in HELLP, as the beginning of a sentence."""
        return words_if(self.hellp, "Obstetrics decides. ")

    @property
    def and_rising(self) -> str:
        """A rising vasopressor beside another fact, as part of a sentence."""
        return words_if(self.vasopressor_rising, ", and the vasopressor dose is rising")

    @property
    def procedure_words(self) -> str | None:
        """Surgery or a biopsy of a solid organ, in words."""
        return joined_words(("surgery", self.surgery), ("biopsy", self.biopsy))

    @property
    def bleeding_words(self) -> str | None:
        """What bleeds or is going to, in words."""
        return joined_words(
            ("bleeding", self.bleeding),
            ("DIC", self.dic),
            ("alveolar hemorrhage", self.alveolar_hemorrhage),
            ("surgery", self.surgery),
            ("biopsy", self.biopsy),
        )


class CourseFacts(NamedTuple):
    """The course that is planned."""

    sessions: float | None = None
    interval: float | None = None  # h from start to start
    daily: bool = False
    session: int | None = None  # which of them this is
    taper: bool | None = None  # the course is being tapered
    interval_listed: bool = False  # the table lists it for the indication

    @property
    def several(self) -> bool:
        """More than one session is planned."""
        return self.sessions is not None and self.sessions > 1

    @property
    def repeated(self) -> bool:
        """A session after the first or, where it is not known which, one of several."""
        return self.several if self.session is None else self.session > 1


class MedicineFacts(NamedTuple):
    """Medicines in the order, by name, and the circuit anticoagulant."""

    heparin_in_circuit: bool = False
    heparins: str | None = None  # heparins among the medicines, in words
    anticoagulants: str | None = None  # given before, or "as stated", in words
    vitamin_k_antagonists: str | None = None  # given before, in words
    removed_anticoagulants: str | None = None  # the others given before, in words
    anticoagulant_unnamed: bool = False  # anticoagulated, and no name is known
    anticoagulant_test: str = ""  # what to test after the exchange, in words
    anti_xa: bool = False  # anti-Xa measures one of them
    anticoagulant_evidence: str = ""  # what is known of their removal, in words
    magnesium: bool = False
    calcium: bool = False  # an infusion or injection of it
    ace_hours: float | None = None  # h from the last ACE inhibitor to the exchange
    ceftriaxone: str | None = None  # in words
    heparin_lock: bool = False  # of the catheter


class RemovedMedicines(NamedTuple):
    """What the exchange does to the medicines of the order, in words ready for print."""

    close: str | None = None  # antibodies and immunoglobulin of the last 72 h
    earlier: str | None = None  # those given before that
    complement_blockers: str | None = None
    unknown: str | None = None  # names that the program does not know
    cause_due: str | None = None  # due afterwards, and the cause of the disease
    thymocyte_globulin: str | None = None  # of the last 72 h


class IndicationFacts(NamedTuple):
    """The indication, and what it means for the rules."""

    id: str = ""
    listed: bool = True  # the table has it
    category: str = ""  # of ASFA 2023, I to IV, or not-categorised
    fluid: str = ""  # the fluid that the table lists
    frequency: str = ""  # of the sessions, that the table lists
    platelet_group: PlateletGroup = "other"  # whose rules on platelets hold
    platelet_disease: str = ""  # TTP, HIT or VITT, where platelets went with thrombosis
    platelet_words: str = ""  # ", washed cells only" where that holds
    weakness: str | None = None  # myasthenia gravis or Lambert-Eaton syndrome
    dialysis: bool = False
    crs_grade: int | None = None  # of CRS after CAR-T cells, as entered

    @property
    def crs(self) -> bool:
        """Cytokine release syndrome."""
        return self.id.startswith("crs-")

    @property
    def without_hemorrhage(self) -> str | None:
        """The disease of a row that is listed for patients without alveolar hemorrhage."""
        return "anti-GBM disease on dialysis" if self.id == "anti-gbm-dialysis-dependent" else None

    @property
    def platelet_evidence(self) -> str:
        """The evidence for the advice in VITT, as part of a sentence."""
        return words_if(self.platelet_disease == "VITT", "; for VITT a table of one case report")

    @property
    def no_waiting(self) -> str:
        """The last sentence of a rule that asks for plasma of IgA-deficient donors."""
        if self.id != "ttp":
            return ""
        return (
            ". TTP: do not wait for plasma of IgA-deficient donors; a specialist decides now "
            "(judgement of this program)"
        )

    @property
    def exchange_goes_on(self) -> str:
        """That TTP does not wait, as the end of a sentence."""
        return words_if(self.id == "ttp", "; do not delay exchange for TTP")

    @property
    def vasculitis(self) -> bool:
        """Anti-GBM disease or ANCA vasculitis."""
        return self.id.startswith(("anti-gbm", "anca"))


class OrderedFluid(NamedTuple):
    """What the order states of the fluid, of plasma groups and of calcium."""

    fluid: str | None = None  # the fluid by name
    balance: float | None = None  # %, replacement over plasma removed
    saline_share: float = 0.0  # % of the fluid
    diluent: str | None = None  # of a concentrate
    refused: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    calcium_planned: bool = False
    calcium_infusion: bool = False
    calcium_by_line: bool = False  # as infusion or bolus, which needs a line
    calcium_plan: str = ""  # infusion, bolus, oral or none, as entered
    calcium_reason: bool = False  # why calcium is not infused was entered
    calcium_line: str | None = None
    plasma_groups: tuple[str, ...] = ()  # ABO groups of plasma that may be given
    abo_mismatch: bool = False  # with the recipient
    abo_mismatch_transplant: bool = False  # with recipient or donor
    abo_words: str = ""  # the groups of all concerned

    @property
    def concentrates(self) -> str:
        """What lifts fibrinogen after the exchange, for print; a refused product is left out."""
        refused = "cryoprecipitate" in self.refused
        return f"{words_if(not refused, 'cryoprecipitate or ')}fibrinogen concentrate"

    @property
    def plasma_last(self) -> str:
        """What a fluid without plasma lacks where it would be given last, as a sentence."""
        return self._refusal or "Give plasma last"

    @property
    def plasma_meanwhile(self) -> str:
        """The same of a fluid that lacks plasma while the hemorrhage lasts."""
        return self._refusal or "Give plasma while it lasts"

    @property
    def plasma_first(self) -> str:
        """The same of a fluid without plasma in acute liver failure."""
        wanted = "Give plasma, or albumin then plasma, first (judgement of this program)"
        return self._refusal or wanted

    @property
    def _refusal(self) -> str:
        """What to do where the patient refuses plasma, as a sentence; empty otherwise."""
        return words_if(
            "plasma" in self.refused,
            f"The patient refuses plasma: ask the hematologist; {self.concentrates} after the "
            "exchange, if the patient accepts it (judgement of this program)",
        )

    @property
    def calcium_open(self) -> bool:
        """No calcium is planned, and no reason was entered."""
        return not self.calcium_planned and not self.calcium_reason

    @property
    def calcium_not_infused(self) -> bool:
        """Calcium by mouth or as a bolus, and no reason was entered."""
        return self.calcium_plan in ("oral", "bolus") and not self.calcium_reason


class FluidFacts(NamedTuple):
    """One fluid as the rules look at it: the one in force, or each that is open."""

    name: str
    contents: frozenset[str] = frozenset()  # kinds and products in it
    plasma: float | None = None  # % of the fluid
    sequence: str = ""
    without_consent: str = ""  # products neither accepted nor refused
    fibrinogen_after: float | None = None  # g/L
    fibrinogen_range: tuple[float, float] | None = None  # g/L, of it for one patient
    albumin_strength: float | None = None  # %, of all that is not plasma

    @property
    def words(self) -> str:
        """The name for print."""
        return self.name.replace("-", " ")

    @property
    def has_plasma(self) -> bool:
        """There is plasma in it, whatever its share."""
        return "plasma" in self.contents

    @property
    def has_albumin(self) -> bool:
        """There is albumin in it."""
        return "albumin" in self.contents


class EndFacts(NamedTuple):
    """Fibrinogen at the end of the exchange: the lowest of the fluids that are ordered or open."""

    level: float | None = None  # g/L
    range: tuple[float, float] | None = None  # g/L, of that level for one patient
    for_bleeding: str = ""  # "-bleeding" where the higher threshold holds, else empty
    of_fluid: str = ""  # where no fluid is ordered: of which fluid it is, for print
    others: tuple[tuple[str, float], ...] = ()  # g/L, of the other open fluids, with their words
    risks: str = ""  # what makes a low level an alert, in words
    grave_risks: str = ""  # what makes a very low level a strong one, in words
    without_plasma: bool = False  # every fluid in force is without plasma


class PlasmaKinds(NamedTuple):
    """Kinds of plasma where a safety rule stops the one that is ordered or assumed."""

    passing: str = ""  # the first kind that passes, as a sentence; or that none does
    why: str = ""  # what the safety rules remove, and why
    needed: str | None = None  # that kind, where the indication needs plasma and it is not ordered
    stopped: str | None = None  # the kind that was entered, where it leaves no fluid


class Facts(NamedTuple):
    """Everything that a rule may look at."""

    limits: Mapping[str, Limit] = MappingProxyType({})  # thresholds in force, by name
    given: frozenset[str] = frozenset()  # paths of the inputs that the order holds
    implied: frozenset[str] = frozenset()  # paths of inputs that something else answers here
    denied: frozenset[str] = frozenset()  # paths of the inputs that were answered with none
    words: frozenset[str] = frozenset()  # findings, states and kinds of medicine that are known
    entered: Mapping[str, Any] = MappingProxyType({})  # Quantities as they were entered, by path
    charted: Mapping[str, IonUnit] = MappingProxyType({})  # units of ions as typed, by path
    patient: PatientFacts = PatientFacts()  # exchange/estimate.py
    dose: DoseFacts = DoseFacts()  # exchange/dose.py
    labs: LabFacts = LabFacts()  # replacement/facts.py
    findings: FindingFacts = FindingFacts()  # replacement/facts.py
    indication: IndicationFacts = IndicationFacts()  # replacement/facts.py
    ordered: OrderedFluid = OrderedFluid()  # replacement/facts.py
    course: CourseFacts = CourseFacts()  # caution_facts.py
    medicines: MedicineFacts = MedicineFacts()  # caution_facts.py
    run: RunFacts = RunFacts()  # caution_facts.py
    circuit: CircuitFacts = CircuitFacts()  # caution_facts.py
    citrate: CitrateFacts = CitrateFacts()  # caution_facts.py
    removed: RemovedMedicines = RemovedMedicines()  # kinetics/medicines.py
    fluid: FluidFacts | None = None  # replacement/plan.py
    end: EndFacts = EndFacts()  # rules/fibrinogen.py
    kinds: PlasmaKinds = PlasmaKinds()  # replacement/choice.py
    no_option: str | None = None  # the safety rules leave nothing, replacement/choice.py
    scheduled: bool = (
        False  # a fluid is in force, so that containers are scheduled, prescription.py
    )
    crs_contradicted: str | None = None  # recorded as not given, and among the medicines
    crs_not_met: str | None = None  # criteria for exchange in CRS that are not met, rules/crs.py
    hours_since_tocilizumab: float | None = None  # where CRS was stated to persist, prescription.py
    hours_since_car_t: float | None = None  # from the CAR-T infusion to the exchange, in CRS
    overridden: frozenset[str] = frozenset()  # ids of the rules that the order overrides
    unused_overrides: str | None = None  # those that stop nothing, prescription.py
    unusual_levels: str | None = None  # measured pairs to check, kinetics/levels.py

    def low(self, name: str) -> float:
        """The low end of a threshold."""
        return self.limits[name].least

    def high(self, name: str) -> float:
        """The high end of a threshold."""
        return self.limits[name].most


def below(value: float | None, end: float) -> bool:
    """The value is known and less than this end of a limit."""
    return value is not None and round(value, 9) < end


def above(value: float | None, end: float) -> bool:
    """The value is known and more than this end of a limit."""
    return value is not None and round(value, 9) > end


def at_least(value: float | None, end: float) -> bool:
    """The value is known and this end of a limit or more."""
    return value is not None and round(value, 9) >= end


def between(value: float | None, low: float, high: float) -> bool:
    """The value is known and lies within both ends, the ends included."""
    return value is not None and low <= round(value, 9) <= high


def joined_words(*parts: tuple[str, bool]) -> str | None:
    """The words of what holds, with commas; None where nothing does."""
    return ", ".join(words for words, holds in parts if holds) or None
