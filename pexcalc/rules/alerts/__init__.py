"""Every alert as one row over the facts of a patient and an order, one module for each subject.

The order of the tables is the order of print within one severity. The rows of the fluid rules are
in `rules/fluids`, once, and are alerts here. Sentences name inputs in words; a surface adds its own
way to enter or confirm them from `about`, `needs` and `confirm`.
"""

from pexcalc.rules.alerts.anticoagulants import HEPARIN_RULES, PATIENT_ANTICOAGULANTS
from pexcalc.rules.alerts.circuit import CIRCUIT
from pexcalc.rules.alerts.citrate_calcium import CALCIUM_AND_MAGNESIUM, CITRATE_RATE
from pexcalc.rules.alerts.course import COURSE_PLAN, TESTS_OF_COURSE
from pexcalc.rules.alerts.crs import CRS_RULES
from pexcalc.rules.alerts.fibrinogen import OF_FIBRINOGEN
from pexcalc.rules.alerts.fluids import DURING_PLASMA, FLUID_LEFT, OF_FLUIDS
from pexcalc.rules.alerts.indication import BEFORE_START, CATEGORIES
from pexcalc.rules.alerts.laboratory import POTASSIUM, UNUSUAL_VALUES
from pexcalc.rules.alerts.medicines import MEDICINE_ALERTS, WITH_CALCIUM
from pexcalc.rules.alerts.overrides import OVERRIDES
from pexcalc.rules.alerts.patient import PATIENT_RULES
from pexcalc.rules.alerts.platelets import PLATELETS
from pexcalc.rules.alerts.session import DOSE_AND_RUN, VOLUME_AND_BALANCE

RULES = (
    *OF_FIBRINOGEN,
    *PATIENT_RULES,
    *DOSE_AND_RUN,
    *CITRATE_RATE,
    *VOLUME_AND_BALANCE,
    *DURING_PLASMA,
    *COURSE_PLAN,
    *UNUSUAL_VALUES,
    *CIRCUIT,
    *HEPARIN_RULES,
    *FLUID_LEFT,
    *OF_FLUIDS,
    *CALCIUM_AND_MAGNESIUM,
    *POTASSIUM,
    *WITH_CALCIUM,
    *PLATELETS,
    *TESTS_OF_COURSE,
    *PATIENT_ANTICOAGULANTS,
    *MEDICINE_ALERTS,
    *BEFORE_START,
    *CRS_RULES,
    *CATEGORIES,
    *OVERRIDES,
)
BY_ID = {rule.id: rule for rule in RULES}
STOPS = tuple(rule.id for rule in RULES if rule.severity == "stop")
CONFIRMABLE = tuple(dict.fromkeys(path for rule in RULES for path in rule.confirm))
