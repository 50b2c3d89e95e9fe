"""What a careful second person would ask about: the table of rules over plain facts."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

Severity = Literal["stop", "strong", "warn", "info"]


# Magnesium is named together with who must not be given it.
NO_CALCIUM = (
    "albumin holds no calcium or magnesium: check both. In kidney failure magnesium only against a level (judgement of "
    "this program)"
)
NO_MAGNESIUM = "no intravenous magnesium without the neurologist; it can stop breathing (judgement of this program)"


def outside(value: Any, limit: Any, facts: Any) -> bool:
    """The value lies outside the limit."""
    return not limit.holds(value)


def always(value: Any, limit: Any, facts: Any) -> bool:
    """The fact itself is the reason: it is reported only where it applies."""
    return True


class Rule(NamedTuple):
    """One row: its id, the fact it is about, when it fires, what it says.

    `id` is unique and names the hazard; an override lifts the rule of that id and no other. `code` is the family.
    `limit` names a threshold, with "{group}" and the like filled in from the facts; without one, `unit` is the UCUM
    unit of the fact ("" for a fact in words) and `source` its source. `confirm` names the input whose confirmation in
    the order silences the rule. In `message`, {value} and {limit} stand for themselves, other names for facts.
    """

    id: str
    code: str
    severity: Severity
    fact: str
    when: Callable[[Any, Any, Any], bool]
    message: str
    limit: str = ""
    unit: str = ""
    source: str = ""
    confirm: str = ""


def _slip(
    id: str,
    what: str,
    fact: str,
    limit: str,
    confirm: str,
    code: str = "W-INPUT",
    severity: Severity = "warn",
    ask: str = "",
) -> Rule:
    """A row about a probable typing slip: it speaks outside the limit until the order confirms the input."""
    message = f"{what} {{value}} is outside {{limit}}{ask}. If it is right, confirm it: --confirm {confirm}"
    return Rule(id, code, severity, fact, outside, message, limit, confirm=confirm)


# Platelets: what is said for each group of indications.
_NO_PLATELETS = (
    "Do not give platelets to prepare for the exchange: in TTP and HIT they went with more arterial thrombosis (odds "
    "ratio 5.8 and 3.4) and death. Only for life-threatening bleeding or on the hematologist's order"
)
_PURPURA = (
    "Donor platelets are destroyed too. Only for severe bleeding, together with immunoglobulin"
)
_SPECIALIST = (
    "Ask the treating specialist before platelets{washed_cells}; "
    "in STEC-HUS two series showed no harm of platelets"
)
_WANTED = (
    "{obstetrics}Are platelets wanted for {platelets_for}? If given, after the exchange or at its end (judgement of "
    "this program)"
)

RULES: tuple[Rule, ...] = (
    # The patient's numbers
    _slip("height-unusual", "Height", "height", "height-{group}", "height"),
    _slip("weight-unusual", "Weight", "weight", "weight-{group}", "weight"),
    _slip("age-unusual", "Age", "age", "age", "age"),
    _slip("bmi-low", "Body mass index", "bmi", "bmi-low-{group}", "bmi", ask=": is the height right"),
    _slip("bmi-high", "Body mass index", "bmi", "bmi-high-{group}", "bmi", ask=": is the weight in pounds"),
    _slip("body-surface-area-unusual", "Body surface area", "body_surface_area", "body-surface-area",
          "body_surface_area"),
    _slip("neonatal-hematocrit-unusual", "Hematocrit", "neonatal_hematocrit", "hematocrit-neonate", "hematocrit"),
    _slip("blood-volume-unusual", "Blood volume", "blood_volume_per_kg", "blood-volume-per-kg-{band}", "blood_volume"),
    _slip("plasma-volume-unusual", "Plasma volume", "plasma_volume_per_kg", "plasma-volume-per-kg-{band}",
          "plasma_volume"),
    # The patient's state, and what can be believed of the estimate
    Rule(
        "child-too-small", "W-PED", "stop", "weight", outside,
        "Weight {value} is less than {limit}: specialist centre; no detailed guideline exists for a child of this size",
        "small-child",
    ),
    Rule(
        "no-valid-estimate-in-state", "W-STATE", "strong", "invalid_state", always,
        "No estimator is valid with {value}: blood and plasma volume are shown for orientation only. Enter a measured "
        "or device value (--blood-volume or --plasma-volume)",
        source="state-judgement",
    ),
    Rule(
        "blood-in-another-circuit", "W-STATE", "warn", "blood_outside", always,
        "With {value} the blood in that circuit is exchanged too: the blood volume that is entered has to hold it",
        source="state-judgement",
    ),
    Rule(
        "no-valid-estimate-at-hematocrit", "W-STATE", "strong", "estimator_hematocrit", outside,
        "No estimator is valid with a hematocrit of {value}, above {limit}: blood and plasma volume are shown for "
        "orientation only. Enter a measured or device value (--blood-volume or --plasma-volume)",
        "hematocrit-high-{sex}",
    ),
    Rule(
        "entered-volume-not-measured", "W-STATE", "warn", "unmeasured_in_state", always,
        "The entered volume is not a measurement, and no estimator is valid with {value}: a device estimates from "
        "height and weight too",
        source="state-judgement",
    ),
    Rule(
        "preterm-neonate", "W-PRETERM", "strong", "preterm_weeks", always,
        "Born at {value}: no equation holds for a preterm neonate; 95 mL/kg is only the middle of 90 to 100 mL/kg. "
        "Enter a blood volume (--blood-volume)",
        unit="wk", source="iowa-bands",
    ),
    Rule(
        "hematocrit-low", "W-HCT", "warn", "hematocrit", outside,
        "Hematocrit {value} is less than {limit}: consider red cells before the exchange",
        "hematocrit-low",
    ),
    Rule(
        "red-cells-in-hyperviscosity", "W-VISCOSITY", "strong", "hyperviscosity", always,
        "Hyperviscosity: no red cells before the exchange unless life-threatening; they thicken the blood",
        source="hyperviscosity-red-cells",
    ),
    Rule(
        "thin-patient", "W-THIN", "info", "bmi", outside,
        "Body mass index {value} is less than {limit}: thin people carry more blood per kg, so Nadler may read low",
        "thin-{group}",
    ),
    Rule(
        "obesity-or-pounds", "W-OBESE", "warn", "bmi", lambda value, limit, facts: value >= limit.high,
        "Body mass index {value} is at least {limit}: check the units of weight and height, pounds taken for kilograms "
        "look like this; rules per kg read too high on actual weight and are not used",
        "obesity-{group}",
    ),
    Rule(
        "obese-child", "W-OBESE", "warn", "obese_child", always,
        "Obesity in a child: the estimate is for children of usual build and may read high. Enter a measured or device "
        "value if there is one",
        source="iowa-bands",
    ),
    Rule(
        "pregnancy-not-adjusted", "W-PREG", "warn", "pregnancy_unadjusted", always,
        "Pregnant at {value} and the plasma volume is not adjusted: give pre-pregnancy weight and hematocrit",
        unit="wk", source="bmc-pregnancy-2019",
    ),
    Rule(
        "after-delivery", "W-PREG", "warn", "after_delivery", always,
        "After delivery no factor for the plasma volume is established: none is used",
        source="bmc-pregnancy-2019",
    ),
    Rule(
        "amputation-weight-restored", "W-AMPUTATION", "warn", "missing_share", always,
        "Weight is restored for a missing {value} of body mass, with the height before the amputation; whether blood "
        "volume follows the restored weight is not established. Enter a measured or device value if there is one",
        unit="%", source="mozumdar-roy",
    ),
    Rule(
        "estimators-disagree", "W-UNCERT", "warn", "spread", outside,
        "Estimators that are valid for this patient differ by {value} (limit {limit}): look at them side by side",
        "estimator-spread",
    ),
    Rule(
        "entered-volume-differs", "W-OVERRIDE", "warn", "override_difference", outside,
        "The volume that was entered differs from the estimate by {value} (limit {limit}): both are printed",
        "override-difference",
    ),
    Rule(
        "entered-volumes-contradict-hematocrit", "W-OVERRIDE", "warn", "hematocrit_gap", outside,
        "The entered blood and plasma volume mean another hematocrit than the one entered, by {value} (limit {limit})",
        "hematocrit-gap",
    ),
    # The dose
    _slip("plasma-volumes-unusual", "A dose in plasma volumes of", "plasma_volumes", "plasma-volumes", "dose",
          "W-DOSE", "strong"),
    _slip("exchange-per-kg-unusual", "An exchange volume of", "exchange_per_kg", "exchange-volume-per-kg", "dose",
          "W-DOSE", "strong"),
    _slip("duration-unusual", "A session of", "duration", "duration", "duration", "W-DOSE", "strong",
          ": is the duration right"),
    _slip("inlet-flow-unusual", "An inlet flow of", "inlet_flow", "inlet-flow-{group}", "inlet_flow", "W-DOSE",
          "strong"),
    _slip("blood-flow-unusual", "A blood flow of", "blood_flow", "inlet-flow-{group}", "blood_flow", "W-DOSE",
          "strong"),
    _slip("ratio-unusual", "A ratio of", "ratio", "anticoagulant-ratio", "ratio", "W-DOSE", "strong"),
    _slip("removal-efficiency-unusual", "A removal efficiency of", "efficiency", "removal-efficiency",
          "removal_efficiency", "W-DOSE", "strong"),
    _slip("run-time-unusual", "A run time of", "circuit_time", "duration", "run_time", "W-DOSE", "strong",
          ": is the flow right"),
    Rule(
        "duration-differs-from-run-time", "W-DOSE", "warn", "time_difference", outside,
        "The duration that was ordered and the run time of the circuit differ by {value} (limit {limit}): removal is "
        "worked out for the duration, citrate for the run time. If both are right, confirm: --confirm duration",
        "time-difference", confirm="duration",
    ),
    Rule(
        "ratio-device-advisory", "W-AC15", "warn", "ratio", outside,
        "A ratio of {value}, above {limit}, gives an advisory of the device: watch for clumping",
        "ratio-advisory",
    ),
    Rule(
        "citrate-above-donor-rate", "W-CITRATE-1", "info", "citrate_rate", outside,
        "Citrate reaches {value} from {citrate_from}, above {limit}, a critical level used for donors: plan calcium",
        "citrate-donor",
    ),
    Rule(
        "citrate-above-studied-rate", "W-CITRATE-2", "warn", "citrate_rate", outside,
        "Citrate reaches {value} from {citrate_from}, above {limit}, beyond what was studied in donors",
        "citrate-studied",
    ),
    Rule(
        "citrate-above-donor-rate-in-liver-failure", "W-CITRATE-1", "warn", "citrate_rate_liver", outside,
        "Liver failure, in which citrate is cleared slowly: it reaches {value} from {citrate_from}, above {limit}, a "
        "critical level used for donors: plan calcium",
        "citrate-donor",
    ),
    Rule(
        "citrate-above-studied-rate-in-liver-failure", "W-CITRATE-2", "strong", "citrate_rate_liver", outside,
        "Liver failure, in which citrate is cleared slowly: it reaches {value} from {citrate_from}, above {limit}, "
        "beyond what was studied in donors",
        "citrate-studied",
    ),
    Rule(
        "plasma-above-label-rate", "W-CITRATE-3", "strong", "plasma_rate", outside,
        "Plasma runs in at {value}, above {limit}, the ceiling of a label: run slower",
        "plasma-rate",
    ),
    Rule(
        "removal-too-fast", "W-DOSE", "strong", "removal_rate", outside,
        "Plasma is removed at {value}, above {limit}: is the duration or the flow right? If it is, confirm it: "
        "--confirm removal_rate",
        "removal-rate", confirm="removal_rate",
    ),
    Rule(
        "listed-liters-unusual-per-kg", "W-DOSE", "strong", "fixed_litres_per_kg", outside,
        "An exchange volume of {value} is outside {limit}, although the litres are listed for this indication. If it "
        "is right, confirm it: --confirm dose",
        "fixed-litres-per-kg", confirm="dose",
    ),
    Rule(
        "liters-not-listed", "W-DOSE", "strong", "litres_not_listed", always,
        "An exchange volume of {value} is outside {litres_listed}, listed for this indication; the trial gave 15 % of "
        "ideal body weight, such as 9.3 L for 62 kg, so a small patient less. If it is right, confirm it: --confirm "
        "dose",
        unit="L", source="larsen-2016", confirm="dose",
    ),
    Rule(
        "order-in-liters", "W-LITRE", "warn", "litre_order", outside,
        "The order in litres is {value} plasma volumes for this patient (limit {limit}): a dose in litres drifts with "
        "hematocrit and weight",
        "litre-order",
    ),
    _slip("balance-unusual", "A fluid balance of", "balance", "balance", "balance", "W-DOSE", "strong"),
    _slip("sessions-unusual", "A course of sessions:", "sessions", "sessions", "sessions", "W-DOSE", "strong"),
    _slip("interval-unusual", "An interval of", "interval", "interval", "interval", "W-DOSE", "strong"),
    _slip("fibrinogen-unusual", "Fibrinogen", "fibrinogen", "fibrinogen", "fibrinogen", "W-DOSE", "strong",
          ": is the unit right"),
    _slip("ionized-calcium-unusual", "Ionized calcium", "ionized_calcium", "ionized-calcium", "ionized_calcium",
          "W-DOSE", "strong",
          ": is it total calcium"),
    _slip("platelets-unusual", "Platelets", "platelets", "platelets", "platelets", "W-DOSE", "strong"),
    # The circuit
    Rule(
        "circuit-volume-without-prime", "W-ECV", "stop", "circuit_share", lambda value, limit,
        facts: value > limit.high and not facts.primed,
        "The circuit holds {value} of the blood volume, above {limit}, and no prime is planned that spares the "
        "patient: enter it (--prime; below 20 kg albumin or red cells)",
        "circuit-volume-stop{young}",
    ),
    Rule(
        "circuit-volume-with-prime", "W-ECV", "warn", "circuit_share", lambda value, limit,
        facts: value > limit.high and facts.primed,
        "The circuit holds {value} of the blood volume, above {limit}; the prime is {primed}",
        "circuit-volume-stop{young}",
    ),
    Rule(
        "circuit-volume-notable", "W-ECV", "warn", "circuit_share_middle", lambda value, limit,
        facts: value > limit.high and not facts.primed,
        "The circuit holds {value} of the blood volume, above {limit}, and no prime is planned (--prime)",
        "circuit-volume",
    ),
    Rule(
        "plasma-flow-high", "W-FF", "warn", "plasma_share_of_flow", outside,
        "Plasma flow is {value} of the blood flow, above {limit}: haemolysis, clotting",
        "filtration-share",
    ),
    Rule(
        "filter-hematocrit-high", "W-FF", "warn", "post_filter_hematocrit", outside,
        "The hematocrit behind the filter is {value}, above {limit}: haemolysis, clotting",
        "filter-hematocrit",
    ),
    Rule(
        "ultrafiltration-high", "W-FF", "warn", "ultrafiltration_fraction", outside,
        "The filter takes {value} of the plasma flow, above {limit}: clotting",
        "ultrafiltration-fraction",
    ),
    Rule(
        "heparin-in-hit", "W-HIT", "stop", "heparin_in_hit", always,
        "Heparin-induced thrombocytopenia and heparin in the circuit: use citrate",
        source="lee-2012",
    ),
    Rule(
        "heparin-medicine-in-hit", "W-HIT", "strong", "heparin_drug_in_hit", always,
        "Heparin-induced thrombocytopenia and {value} among the medicines: no heparin of any kind, unless a "
        "re-exposure for a procedure is planned",
        source="asfa-2023",
    ),
    Rule(
        "heparin-with-bleeding", "W-HEPARIN", "strong", "heparin_and_bleeding", always,
        "Heparin in the circuit and {value}: more bleeding than with citrate. No heparin dose is printed",
        source="lee-2012",
    ),
    Rule(
        "heparin-with-bleeding-risk", "W-HEPARIN", "strong", "heparin_and_risk", always,
        "Heparin in the circuit and {value}: more bleeding than with citrate. No heparin dose is printed",
        source="lee-2012",
    ),
    Rule(
        "heparin-beside-anticoagulant", "W-HEPARIN", "strong", "heparin_and_anticoagulant", always,
        "Heparin in the circuit of a patient who is already anticoagulated ({value}): more bleeding than with citrate. "
        "No heparin dose is printed", source="lee-2012",
    ),
    Rule(
        "heparin-in-child", "W-HEPARIN", "warn", "heparin_in_child", always,
        "Heparin in the circuit of a child of {value}: no heparin dose is printed for children; use the protocol of "
        "the site (judgement of this program)", source="program-judgement",
    ),
    Rule(
        "no-safe-fluid", "W-NO-OPTION", "stop", "no_option", always,
        "The safety rules leave no fluid that this indication allows: {value} (see Removed, under replacement fluid)",
        source="asfa-2023",
    ),
    # The fluid: the conditions stand in fluid_rules.py, by the id of the rule
    Rule(
        "plasma-in-pneumococcal-hus", "W-PNEUMO", "stop", "rule_plasma-in-pneumococcal-hus", always,
        "Pneumococcal HUS and {value}: donor plasma carries anti-T against the exposed antigen", source="hopkins-2008",
    ),
    Rule(
        "plasma-in-iga-deficiency", "W-IGA", "stop", "rule_plasma-in-iga-deficiency", always,
        "IgA deficiency or an earlier anaphylaxis to plasma, and {value} with ordinary or solvent/detergent plasma: "
        "anaphylaxis. One label says so for IgA deficiency, another for documented anti-IgA: stopped on either",
        source="octaplas-label",
    ),
    Rule(
        "sd-plasma-in-protein-s-deficiency", "W-PROTS", "stop", "rule_sd-plasma-in-protein-s-deficiency", always,
        "Severe protein S deficiency and solvent/detergent plasma: thrombosis", source="octaplas-label",
    ),
    Rule(
        "plasma-refused", "W-REFUSED", "stop", "rule_plasma-refused", always,
        "The patient refuses plasma, and {value} has it",
        source="royal-marsden",
    ),
    Rule(
        "albumin-refused", "W-REFUSED", "stop", "rule_albumin-refused", always,
        "The patient refuses albumin, and {value} has it",
        source="royal-marsden",
    ),
    Rule(
        "consent-by-product-missing", "W-ASK", "strong", "rule_consent-by-product-missing", always,
        "Jehovah's Witness: ask for {value} product by product, and enter it (--accepted or --refused)",
        source="jw-products",
    ),
    Rule(
        "plasma-abo-incompatible", "W-ABO", "stop", "rule_plasma-abo-incompatible", always,
        "{value}: plasma must be ABO compatible with the recipient; while a group is not known only AB is "
        "(--blood-group, --plasma-group)", source="plasma-compatibility",
    ),
    Rule(
        "plasma-abo-incompatible-with-transplant", "W-ABO-HSCT", "stop",
        "rule_plasma-abo-incompatible-with-transplant", always,
        "{value}: after an ABO-incompatible transplant plasma must be compatible with donor and recipient, or it gives "
        "back the antibodies (--blood-group, --donor-group, --plasma-group)", source="aboi-plasma-2022",
    ),
    Rule(
        "albumin-diluted-with-water", "W-DILUTE", "stop", "rule_albumin-diluted-with-water", always,
        "Concentrated albumin diluted with {value}: haemolysis. Use 0.9 % saline or another isotonic fluid",
        source="albunorm-20",
    ),
    Rule(
        "starch-ordered", "W-HES", "stop", "rule_starch-ordered", always,
        "{value} is not offered: kidney injury and death; marketing authorisations in the European Union are suspended",
        source="ema-hes-2022",
    ),
    Rule(
        "saline-above-half", "W-SALINE", "stop", "rule_saline-above-half", always,
        "Saline is {value} of the fluid, above {limit}: oncotic pressure", "saline-stop",
    ),
    Rule(
        "albumin-too-dilute", "W-SALINE", "stop", "rule_albumin-too-dilute", always,
        "The albumin that is left is {value}, less than 2.5 %, which is 5 % albumin with half saline: oncotic pressure",
        unit="%", source="saline-2019",
    ),
    Rule(
        "saline-very-high", "W-SALINE", "strong", "rule_saline-very-high", always,
        "Saline is {value} of the fluid, above {limit}: hypotension; some services use 25 to 50 %", "saline-strong",
    ),
    Rule(
        "saline-high", "W-SALINE", "warn", "rule_saline-high", always,
        "Saline is {value} of the fluid, above {limit}: hypotension; some services use 25 to 50 %", "saline-warn",
    ),
    Rule(
        "saline-in-frail-patient", "W-SALINE", "warn", "rule_saline-in-frail-patient", always,
        "Saline is {value} of the fluid in a patient who is frail, hypotensive, or elderly by the site limit of age: "
        "hypotension", unit="%",
        source="saline-2019",
    ),
    Rule(
        "platelets-ordered-in-ttp-hit-vitt", "W-PLT-TTP", "strong", "rule_platelets-ordered-in-ttp-hit-vitt", always,
        f"{{value}} and platelets ordered. {_NO_PLATELETS}", source="goel-2015",
    ),
    Rule(
        "ttp-without-plasma", "W-FLUID-TTP", "stop", "rule_ttp-without-plasma", always,
        "TTP and {value} without plasma: plasma replaces ADAMTS13",
        source="asfa-2023",
    ),
    Rule(
        "listed-plasma-missing", "W-FLUID-PLASMA", "warn", "rule_listed-plasma-missing", always,
        "Plasma is the listed fluid for this indication, not {value}",
        source="asfa-2023",
    ),
    Rule(
        "listed-plasma-with-optional-albumin-missing", "W-FLUID-PLASMA", "warn",
        "rule_listed-plasma-with-optional-albumin-missing", always,
        "Plasma is the listed fluid for this indication, not {value}",
        source="asfa-2023",
    ),
    Rule(
        "listed-plasma-or-mixture-missing", "W-FLUID-PLASMA", "warn", "rule_listed-plasma-or-mixture-missing",
        always, "Plasma is the listed fluid for this indication, not {value}",
        source="asfa-2023",
    ),
    Rule(
        "vasculitis-hemorrhage-without-plasma", "W-FLUID-DAH", "strong",
        "rule_vasculitis-hemorrhage-without-plasma", always,
        "Diffuse alveolar haemorrhage and {value} only: plasma while it lasts", source="asfa-2023",
    ),
    Rule(
        "alveolar-hemorrhage-without-plasma", "W-FLUID-DAH", "strong", "rule_alveolar-hemorrhage-without-plasma",
        always,
        "Diffuse alveolar haemorrhage and {value} only: that is bleeding", source="zantek-2018",
    ),
    Rule(
        "plasma-share-too-small", "W-FLUID-SHARE", "strong", "rule_plasma-share-too-small", always,
        "Plasma is the fluid of this indication and only {value} of what is given (limit {limit})", "plasma-share",
    ),
    Rule(
        "bleeding-without-plasma", "W-BLEED", "strong", "rule_bleeding-without-plasma", always,
        "Active bleeding or DIC, and {value} only: 1.1 % of 107 centres would", source="zantek-2018",
    ),
    Rule(
        "major-procedure-without-plasma", "W-PROC", "strong", "rule_major-procedure-without-plasma", always,
        "Major surgery or a biopsy of a solid organ within 24 h, and {value} only: 8.9 % of centres would",
        source="zantek-2018",
    ),
    Rule(
        "minor-procedure-without-plasma", "W-PROC", "warn", "rule_minor-procedure-without-plasma", always,
        "Minor procedure within 24 h and {value} only: 49.5 % of centres would; plasma at the end is one option",
        source="zantek-2018",
    ),
    Rule(
        "fibrinogen-low-without-plasma", "W-FIB", "strong", "rule_fibrinogen-low-without-plasma", always,
        "Fibrinogen {value} is less than {limit} and the fluid has no plasma: bleeding", "fibrinogen-low",
    ),
    Rule(
        "fibrinogen-mildly-low-without-plasma", "W-FIB", "warn", "rule_fibrinogen-mildly-low-without-plasma", always,
        "Fibrinogen {value} is less than {limit} and the fluid has no plasma; without anticoagulant, bleeding or "
        "procedure albumin may be acceptable", "fibrinogen-low",
    ),
    Rule(
        "fibrinogen-low-afterwards-at-risk", "W-FIB-POST", "warn", "rule_fibrinogen-low-afterwards-at-risk", always,
        "Fibrinogen is predicted to end at {value}, below {limit}, with an anticoagulant, bleeding, a procedure or "
        "daily exchanges: in one series it was normal again after 48 to 72 h; test before the next exchange",
        "fibrinogen-low",
    ),
    Rule(
        "fibrinogen-low-afterwards", "W-FIB-POST", "info", "rule_fibrinogen-low-afterwards", always,
        "Fibrinogen is predicted to end at {value}, below {limit}: in one series it was normal again after 48 to 72 h",
        "fibrinogen-low",
    ),
    Rule(
        "plasma-without-reason", "W-PLASMA-NOIND", "warn", "rule_plasma-without-reason", always,
        "{value} without one of the reasons of the fluid table: albumin is the usual fluid; note the reason",
        source="choosing-wisely-2018",
    ),
    Rule(
        "plasma-not-last", "W-SEQ", "warn", "rule_plasma-not-last", always,
        "The order of fluids is {value}: plasma that is not given last is exchanged out", source="dilution-law",
    ),
    Rule(
        "ace-inhibitor-within-24-h", "W-ACE", "warn", "rule_ace-inhibitor-within-24-h", always,
        "ACE inhibitor {value} before an exchange with albumin: 14 of 14 reacted in one study (20 of 285 without), no "
        "association in another (odds ratio 0.885, 0.468 to 1.674). Wait until 24 h (some sources 24 to 48 h), or "
        "choose another fluid or time", unit="h", source="owen-1994",
    ),
    Rule(
        "ace-inhibitor-24-to-48-h", "W-ACE", "info", "rule_ace-inhibitor-24-to-48-h", always,
        "ACE inhibitor {value} before an exchange with albumin: some sources ask for 48 h; the evidence is mixed (14 "
        "of 14 reacted in one study, no association in another)", unit="h", source="owen-1994",
    ),
    Rule(
        "calcium-missing-with-plasma", "W-CA-PLAN", "strong", "rule_calcium-missing-with-plasma", always,
        "Half or more of the fluid is plasma and no calcium is planned (--calcium): hypocalcaemia in 28 % of exchanges "
        "with plasma", source="coirier",
    ),
    Rule(
        "alkalosis-in-liver-failure", "W-ALK", "warn", "rule_alkalosis-in-liver-failure", always,
        "Liver failure: citrate becomes bicarbonate slowly; check ionized calcium, pH and bicarbonate (dialysis for "
        "alkalosis after 14 of 86 exchanges with plasma in one series)", source="ljubljana",
    ),
    Rule(
        "alkalosis-with-daily-plasma", "W-ALK", "warn", "rule_alkalosis-with-daily-plasma", always,
        "Daily plasma: check pH and bicarbonate (dialysis for alkalosis after 14 of 86 exchanges with plasma in one "
        "series)", source="ljubljana",
    ),
    Rule(
        "potassium-low-afterwards", "W-K", "info", "rule_potassium-low-afterwards", always,
        "{value} and albumin alone: potassium falls by about 25 %, check it", source="ajkd-2023",
    ),
    # Calcium, magnesium and laboratory values
    Rule(
        "magnesium-in-myasthenia", "W-MG", "warn", "magnesium_in_weakness", always,
        f"{{value}}: {NO_MAGNESIUM}", source="magnesium-label",
    ),
    Rule(
        "magnesium-in-kidney-failure", "W-MG", "warn", "magnesium_on_dialysis", always,
        "{value}: magnesium only against a level (judgement of this program)", source="program-judgement",
    ),
    Rule(
        "albumin-without-calcium", "W-CA-MG", "info", "albumin_without_calcium", always,
        f"No citrate in this exchange, but {NO_CALCIUM}", source="krishnan-2007",
    ),
    Rule(
        "ionized-calcium-low", "W-CA-LOW", "strong", "ionized_calcium", outside,
        "Ionized calcium {value} is less than {limit} before the exchange", "ionized-calcium-low",
    ),
    Rule(
        "calcium-in-plasma-line", "W-CA-LINE", "stop", "rule_calcium-in-plasma-line", always,
        "Calcium in the {value} line and plasma in the same: clotting. Give calcium into another vein",
        source="octaplas-label",
    ),
    # Platelets: one caution, that of the highest limit; the groups of indications stand in fluid_rules.py
    Rule(
        "platelets-low-in-ttp-hit-vitt", "W-PLT-TTP", "warn", "platelets_thrombosis", outside,
        f"{{platelets_disease}} and platelets {{value}}, less than {{limit}}. {_NO_PLATELETS}", "platelets-watch",
        source="goel-2015",
    ),
    Rule(
        "platelets-low-in-post-transfusion-purpura", "W-PLT-PTP", "warn", "platelets_purpura", outside,
        f"Post-transfusion purpura and platelets {{value}}, less than {{limit}}. {_PURPURA}", "platelets-watch",
        source="ptp-platelets",
    ),
    Rule(
        "platelets-ordered-in-post-transfusion-purpura", "W-PLT-PTP", "warn", "platelets_ordered_purpura", always,
        f"Post-transfusion purpura and platelets ordered. {_PURPURA}", source="ptp-platelets",
    ),
    Rule(
        "platelets-very-low-in-microangiopathy", "W-PLT-HUS", "warn", "platelets_hus_very_low", outside,
        f"Platelets {{value}} are less than {{limit}}. {_SPECIALIST}", "platelets-low-microangiopathy",
        source="stec-hus-platelets",
    ),
    Rule(
        "platelets-low-in-microangiopathy", "W-PLT-HUS", "info", "platelets_hus_low", outside,
        f"Platelets {{value}} are less than {{limit}}. {_SPECIALIST}", "platelets-watch", source="stec-hus-platelets",
    ),
    Rule(
        "platelets-ordered-in-microangiopathy", "W-PLT-HUS", "info", "platelets_ordered_hus", always,
        f"Platelets ordered. {_SPECIALIST}", source="stec-hus-platelets",
    ),
    Rule(
        "platelets-very-low", "W-PLT", "strong", "platelets_very_low", outside,
        f"Platelets {{value}} are less than {{limit}}. {_WANTED}", "platelets-very-low",
    ),
    Rule(
        "platelets-low-in-hellp", "W-PLT", "warn", "platelets_hellp", outside,
        f"HELLP and platelets {{value}}, less than {{limit}}. {_WANTED}", "platelets-watch",
    ),
    Rule(
        "platelets-low", "W-PLT", "warn", "platelets_low", outside,
        f"Platelets {{value}} are less than {{limit}}. {_WANTED}", "platelets-low",
    ),
    Rule(
        "platelets-somewhat-low", "W-PLT", "info", "platelets_somewhat_low", outside,
        f"Platelets {{value}} are less than {{limit}}. {_WANTED}", "platelets-watch",
    ),
    Rule(
        "daily-without-coagulation-test", "W-DAILY-COAG", "warn", "daily_without_test", always,
        "Exchanges every {value} and no coagulation result of the last 24 h (--fibrinogen or --coagulation-age)",
        unit="h", source="choosing-wisely-2018",
    ),
    # Medicines
    Rule(
        "complement-blocker", "W-ECU", "strong", "complement_blocker", always,
        "{value} given or planned: a supplementary dose is required with each exchange; amount and time: see the label",
        source="soliris-spc",
    ),
    Rule(
        "medicine-removed", "W-DRUG", "warn", "drugs_close", always,
        "{value}: an exchange within 72 h takes much of it; give antibodies and immunoglobulin after the exchange",
        source="puisset2013",
    ),
    Rule(
        "medicine-partly-removed", "W-DRUG", "info", "drugs_earlier", always,
        "{value}: part of it is still in plasma and leaves with it", source="puisset2013",
    ),
    Rule(
        "causing-medicine-due", "W-DRUG-CAUSE", "strong", "cause_due", always,
        "{value}: the cause of the disease that this exchange treats. No dose without the specialist who treats it",
        source="asfa-2023",
    ),
    Rule(
        "medicine-unknown", "W-DRUG-NAME", "warn", "unknown_drugs", always,
        "{value}: not in this program's list. Ask pharmacy. Do not change a running infusion without the prescriber. "
        "If it is an anticoagulant, an ACE inhibitor, an antibody, immunoglobulin or a complement blocker, enter it "
        "under that name", source="program-judgement",
    ),
    Rule(
        "sample-too-early", "W-SAMPLE", "info", "sample_later", always,
        "Liver failure: judge the response on a sample at least 12 h after the exchange, not at its end",
        source="asfa-2023",
    ),
    # The indication
    Rule(
        "category-iv", "W-CAT-IV", "strong", "category_iv", always,
        "ASFA category IV: exchange is ineffective or harmful; ethics approval is desirable",
        source="asfa-2023",
    ),
    Rule(
        "crs-criteria-not-met", "W-CRS-GATE", "strong", "crs_gate", always,
        "CRS after CAR-T cells: {value}. Enter the ASTCT grade and what was given before (--crs-grade, --crs-scale, "
        "--tocilizumab, --corticosteroid, --persisting)", source="li-2023",
    ),
    Rule(
        "not-categorized", "W-NOCAT", "warn", "no_category", always,
        "ASFA 2023 has no category for this indication; that is not the same as category III",
        source="asfa-2023",
    ),
    Rule(
        "indication-not-listed", "W-NOCAT", "warn", "not_in_table", always,
        "The indication is not in the table of this program: it knows no category for it (pexcalc show indications)",
        source="asfa-2023",
    ),
    Rule(
        "category-iii", "W-CAT", "info", "category_iii", always,
        "ASFA category III: the best role of exchange is not established; decide individually",
        source="asfa-2023",
    ),
    # The order
    Rule(
        "override-unused", "W-IDLE", "info", "idle_override", always,
        "An override of {value} was given, but that rule does not stop this order: the override has no effect",
        source="plausibility",
    ),
)  # fmt: skip

BY_ID = {rule.id: rule for rule in RULES}
STOPS = tuple(rule.id for rule in RULES if rule.severity == "stop")
CONFIRMABLE = tuple(dict.fromkeys(rule.confirm for rule in RULES if rule.confirm))
