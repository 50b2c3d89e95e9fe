"""What was not checked: the questions of the ward that an order leaves open, with their hazards.

A row covers the needs of rules: `labs.potassium`, or one group of the findings such as
`findings.hit`. It is listed where it matters for this order, nothing answers it, and a rule would
have looked at it. The trap: a laboratory value needs no row; it is listed by its name in the order.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.record import Result, Text
from pexcalc.rules.alerts import RULES
from pexcalc.rules.alerts.row import HEPARIN, STATE_INPUTS, Rule, always
from pexcalc.rules.cautions import SEVERITIES
from pexcalc.rules.facts import Facts, FluidFacts, below, between
from pexcalc.rules.fluids.row import Severity, each_together, input_of
from pexcalc.rules.indication_groups import HEMORRHAGE, LIVER

LOCK = "device.lock"
SMALL_PATIENT = 35.0  # judgement program-judgement: kg, whose circuit volume is always asked for
FERTILE_AGES = (10.0, 60.0)  # judgement plausibility: years in which a pregnancy is asked for
ALL_PLASMA = 100.0  # derived: percent
LAB_PREFIX = "labs."
CIRCUIT_VOLUME = "device.circuit_volume"


class NotChecked(Result):
    """One question that the order leaves open: missing inputs, label, rules, severity, hazard.

    `inputs` are the paths of what is missing, `label` what the ward calls it, `rules` the ids of
    the rules that would have looked at it, `severity` that of the most severe of them, and `hazard`
    what it would have been checked for.
    """

    inputs: tuple[Text, ...]
    label: Text
    rules: tuple[Text, ...]
    severity: Severity
    hazard: Text


NotChecked.__module__ = "pexcalc"


class Question(NamedTuple):
    """One row, asked in the order of the table.

    label        what the ward calls it
    hazard       what it is checked for
    needs        the needs of rules that it covers, and so the inputs that answer it
    asked        whether it matters for this order
    words        findings, states and kinds of medicine that answer it
    denial       the finding that answers it with no
    indications  those that answer it by themselves
    """

    label: str
    hazard: str
    needs: tuple[str, ...]
    asked: Callable[[Facts], bool] = always
    words: tuple[str, ...] = ()
    denial: str = ""
    indications: tuple[str, ...] = ()


# --- what matters for this order ------------------------------------------------------------------


def _plasma_open(f: Facts) -> bool:
    """Plasma is ordered, the default or an open option: `f.fluid` is a fluid with it then."""
    return f.fluid is not None and f.fluid.has_plasma


def _device_entered(f: Facts) -> bool:
    """Something of a device is ordered; the lock of a catheter is none of it."""
    return any(path.startswith("device.") for path in f.given - {LOCK})


def _below_small_weight(f: Facts) -> bool:
    """The patient is so small that every circuit counts."""
    return below(f.patient.weight, SMALL_PATIENT)


def _may_be_pregnant(f: Facts) -> bool:
    """A woman of an age in which a pregnancy is asked for, who is not after a delivery."""
    fertile = between(f.patient.age, *FERTILE_AGES)
    return f.patient.sex == "female" and fertile and not f.patient.postpartum


def _one_by_one(f: Facts) -> bool:
    """Medicines are asked by kind once there is one, or one kind is answered."""
    answered = f.words.intersection(("anticoagulated", "no-anticoagulant", "no-ace-inhibitor"))
    return "drugs" in f.given or bool(answered)


def _all_at_once(f: Facts) -> bool:
    """No medicine is entered, and no kind answered."""
    return not _one_by_one(f)


def _no_run(f: Facts) -> bool:
    """A device whose flows do not add up to a run."""
    return _device_entered(f) and f.run.circuit_time is None and not _no_efficiency(f)


def _no_efficiency(f: Facts) -> bool:
    """A centrifuge with flow and ratio, of which the removal efficiency is not known."""
    run = f.run
    return run.circuit_time is None and None not in (run.inlet_flow, run.ratio)


def _calcium_needs_a_line(f: Facts) -> bool:
    """Calcium is ordered by infusion or bolus, and plasma may run beside it."""
    return f.ordered.calcium_by_line and _plasma_open(f)


def _car_t_cells(f: Facts) -> bool:
    """CRS after CAR-T cells, as the indication or recorded beside HLH."""
    beside = any(path.startswith("crs.") for path in f.given)
    return f.indication.id == "crs-car-t" or (f.indication.id == "hlh" and beside)


# fmt: off
PLASMA_REACTION = Question(
    "plasma reaction or IgA deficiency",
    "anaphylaxis to plasma",
    needs=("findings.plasma-reaction",),
    asked=_plasma_open,
    words=("iga-deficiency", "plasma-anaphylaxis", "plasma-reaction", "anti-iga"),
    denial="no-plasma-reaction",
)
QUESTIONS: tuple[Question, ...] = (
    Question(
        "blood group",
        "plasma of an incompatible group: hemolysis",
        needs=("fluid.blood_group",),
        asked=_plasma_open,
    ),
    PLASMA_REACTION,
    Question(
        "circuit volume",
        "too much blood outside the body: hypotension, anemia",
        needs=(CIRCUIT_VOLUME,),
        asked=lambda f: _below_small_weight(f) or _device_entered(f),
    ),
    Question(
        "medicines (anticoagulant, ACE inhibitor)",
        "bleeding, a reaction to albumin with an ACE inhibitor, a medicine that is removed",
        needs=("drugs", "drugs.anticoagulant", "findings.anticoagulant", "drugs.ace-inhibitor"),
        asked=_all_at_once,
    ),
    Question(
        "anticoagulant",
        "bleeding",
        needs=("drugs.anticoagulant", "findings.anticoagulant"),
        asked=_one_by_one,
        words=("anticoagulated", "anticoagulant"),
        denial="no-anticoagulant",
    ),
    Question(
        "ACE inhibitor",
        "a reaction to albumin: hypotension, flushing",
        needs=("drugs.ace-inhibitor",),
        asked=_one_by_one,
        words=("ace-inhibitor",),
        denial="no-ace-inhibitor",
    ),
    Question(
        "other medicines",
        "a medicine that is removed",
        needs=("drugs",),
        asked=_one_by_one,
    ),
    Question(
        "HIT",
        "heparin or platelets in HIT: thrombosis",
        needs=("findings.hit",),
        words=("hit",),
        denial="no-hit",
        indications=("hit-pre-procedure", "hit-refractory"),
    ),
    Question(
        "bleeding or procedure",
        "bleeding, when clotting factors are removed or heparin is given",
        needs=("findings.bleeding",),
        words=(
            "bleeding", "bleeding-risk", "dic", "alveolar-haemorrhage", "surgery", "biopsy",
            "minor-procedure",
        ),
        denial="no-bleeding",
        indications=HEMORRHAGE,
    ),
    Question(
        "liver failure",
        "citrate that is cleared slowly: low ionized calcium, alkalosis",
        needs=("findings.liver-failure",),
        words=("liver-failure", "cirrhosis"),
        denial="no-liver-failure",
        indications=LIVER,
    ),
    Question(
        "other conditions",
        "a plasma volume that is not valid, a fluid that is not safe for this patient",
        needs=("findings", STATE_INPUTS),
        asked=lambda f: not answered("findings", f),
        words=(
            "protein-s-deficiency", "jehovahs-witness", "frail", "hypotensive",
            "hypogammaglobulinaemia", "infection-risk", "digoxin", "qt-risk", "platelets-planned",
            "mechanical-valve", "vasopressor-rising",
        ),
        denial="no-other-condition",
    ),
    Question(
        "conditions that change plasma volume",
        "a plasma volume that is not valid",
        needs=(STATE_INPUTS,),
        asked=lambda f: answered("findings", f),
    ),
    Question(
        "time since the CAR-T infusion",
        "CAR-T cells that the exchange removes: not measured",
        needs=("crs.since_infusion",),
        asked=_car_t_cells,
    ),
    Question(
        "pregnancy",
        "a plasma volume that is too small; hypotension in the second half",
        needs=("patient.gestation",),
        asked=_may_be_pregnant,
    ),
    Question(
        "circuit anticoagulant",
        "heparin in a patient who bleeds; citrate that is not included",
        needs=(HEPARIN, "device.anticoagulant_citrate"),
        asked=_device_entered,
    ),
    Question(
        "flow and ratio of the device",
        "too much citrate; hemolysis or clotting in the filter",
        needs=(
            "device.inlet_flow", "device.blood_flow", "device.plasma_flow", "device.ratio",
            "device.ratio_meaning",
        ),
        asked=_no_run,
    ),
    Question(
        "calcium line",
        "calcium in the plasma line: clotting",
        needs=("calcium.line",),
        asked=_calcium_needs_a_line,
    ),
)
# What a laboratory value is checked for; for another one the ids of the rules say it.
HAZARDS: Mapping[str, str] = {
    "labs.fibrinogen": "bleeding, when fibrinogen is removed",
    "labs.platelets": "bleeding; platelets that do harm",
    "labs.potassium": "low potassium after albumin: arrhythmia",
    "labs.ionized_calcium": "low ionized calcium before citrate or albumin",
}
# Needs that no question covers, and why.
NOT_ASKED: Mapping[str, str] = {
    "course.interval": "the prescriber plans the course; no value of the patient is missing",
    "course.session": "the prescriber plans the course; no value of the patient is missing",
    "course.sessions": "the prescriber plans the course; no value of the patient is missing",
    "calcium.plan": "the prescriber plans it; an alert requests it where citrate needs it",
    "crs.persisting": "the alert on the criteria for exchange requests it",
    "patient.systolic": "measured at the bedside before every session",
    "device.lock": "checked at the bedside; it is withdrawn before every session",
    "fluid.plasma": "plasma that is not named is assumed to be the usual one (marked so)",
    "device.prime": "an alert on the circuit volume requests it",
    "device.name": "the volume is requested where the device has no name",
    "fluid.refused": "part of the consent; a Jehovah's Witness is among the other conditions",
    "patient.gestation_at_birth": "required for every neonate",
    "patient.amputation": "checked at the bedside; it changes the estimate of the volume",
    "patient.missing_segments": "checked at the bedside; it changes the estimate of the volume",
}
# fmt: on

# The rows that a group of the findings or of the medicines answers, by the last part of a need.
DENIED_BY: Mapping[str, Question] = {
    row.needs[0].partition(".")[2] or row.needs[0]: row for row in QUESTIONS if row.denial
}
DENIALS = tuple(row.denial for row in QUESTIONS if row.denial)
# Answers that need more than one input: either of them is enough.
EITHER = ((HEPARIN, "device.anticoagulant_citrate"),)


# --- what is missing ------------------------------------------------------------------------------


def not_checked(
    facts: Facts,
    fluids: Sequence[FluidFacts],
    labs: Mapping[str, str],
    rules: Sequence[Rule] = RULES,
    in_force: Sequence[FluidFacts] = (),
) -> tuple[NotChecked, ...]:
    """The questions that this order leaves open, in the order of the table.

    `fluids` are the one that is ordered or, where none is, the default and every open option;
    `labs` the laboratory values by path, as they are called; `in_force` the fluid that is given as
    things stand.
    """
    asking = BY_INPUT if rules is RULES else _by_need(rules)
    plasma_first = sorted(fluids, key=lambda fluid: not fluid.has_plasma)
    facts = facts._replace(fluid=next(iter(plasma_first), None))
    rows = (*_questions_in_order(in_force), *_of_laboratory(asking, labs))
    found = (_open(row, facts, fluids, asking) for row in rows if row.asked(facts))
    return tuple(one for one in found if one is not None)


def _questions_in_order(in_force: Sequence[FluidFacts]) -> Iterable[Question]:
    """The rows of the table; where the fluid is all plasma, a reaction to it is asked first."""
    all_plasma = bool(in_force) and all(fluid.plasma == ALL_PLASMA for fluid in in_force)
    return sorted(QUESTIONS, key=lambda row: all_plasma and row is not PLASMA_REACTION)


def _of_laboratory(asking: Mapping[str, list[Rule]], labs: Mapping[str, str]) -> Iterable[Question]:
    """A row for each laboratory value that a rule needs."""
    for path, label in labs.items():
        if path in asking:
            yield Question(label, HAZARDS.get(path) or _of_ids(asking[path]), (path,))


def _of_ids(rules: Iterable[Rule]) -> str:
    """The hazard out of the ids of rules, which say it in words."""
    return ", ".join(rule.id.replace("-", " ") for rule in rules)


def needs_of(rule: Rule) -> tuple[str, ...]:
    """Everything that a rule names as a need."""
    return tuple(dict.fromkeys(chain.from_iterable(each_together(rule.needs))))


def _by_need(rules: Iterable[Rule]) -> Mapping[str, list[Rule]]:
    """The rules by what they need, or what they ask for where it is missing."""
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        entered = (path for path in rule.enter if not path.startswith(LAB_PREFIX))
        for need in dict.fromkeys((*needs_of(rule), *entered)):
            found.setdefault(need, []).append(rule)
    return found


BY_INPUT = _by_need(RULES)


def _open(
    row: Question,
    facts: Facts,
    fluids: Sequence[FluidFacts],
    asking: Mapping[str, list[Rule]],
) -> NotChecked | None:
    """The record of a row that nothing answers; None where no rule would look at the answer."""
    absent = [need for need in row.needs if not answered(need, facts)]
    counted = {
        rule.id: rule
        for need in absent
        for rule in asking.get(need, ())
        if _looks_at(rule, need, facts, fluids)
    }
    if not counted:
        return None
    severest = min(counted.values(), key=lambda rule: SEVERITIES.index(rule.severity))
    return NotChecked.model_construct(
        inputs=tuple(dict.fromkeys(map(input_of, absent))),
        label=row.label,
        rules=tuple(counted),
        severity=severest.severity,
        hazard=row.hazard,
    )


def answered(need: str, facts: Facts) -> bool:
    """True where the order answers what a rule needs, were it with no."""
    path = input_of(need)
    row = DENIED_BY.get(need.rpartition(".")[2]) if path in ("findings", "drugs") else None
    if row is None:
        either = next((both for both in EITHER if need in both), (need,))
        return any(one in facts.given for one in either)
    return (
        input_of(row.needs[0]) in facts.denied
        or not facts.words.isdisjoint((*row.words, row.denial))
        or facts.indication.id in row.indications
    )


# --- whether a rule would look at it --------------------------------------------------------------


def _looks_at(rule: Rule, need: str, facts: Facts, fluids: Sequence[FluidFacts]) -> bool:
    """True where the answer could fire the rule, for one of the fluids of this order."""
    against = rule.against
    open_to = [fluid for fluid in fluids if against is None or against(fluid)]
    if rule.fluid and not open_to:
        return False
    if need in rule.enter and need not in needs_of(rule):  # it fires because that is missing
        return any(rule.when(facts._replace(fluid=fluid)) for fluid in open_to)
    if need.startswith(LAB_PREFIX) and not rule.fluid and not rule.when(facts):
        return False
    return any(need in one and _possible(one, facts) for one in each_together(rule.needs))


def _possible(together: tuple[str, ...], facts: Facts) -> bool:
    """Inputs that a rule needs together: those of a device only with one, heparin if it may run."""
    if together == (CIRCUIT_VOLUME,) and _below_small_weight(facts):
        return True
    of_device = [path.startswith("device.") for path in together]
    if any(of_device) and LOCK not in together and not _device_entered(facts):
        return False
    heparin = HEPARIN in together and not all(of_device)  # beside a fact of the patient
    return not heparin or HEPARIN not in facts.given or facts.medicines.heparin_in_circuit


# --- contradictions -------------------------------------------------------------------------------


def check_denials(findings: Iterable[str], words: Iterable[str], indication: str) -> None:
    """Refuse a denial beside what it denies: `no-hit` with `hit`. Raises QuantityError.

    `words` are findings, states and kinds of medicine, as in the facts.
    """
    entered, known = set(findings), set(words)
    for row in QUESTIONS:
        if row.denial not in entered:
            continue
        present = [word for word in row.words if word in known]
        present += [indication] if indication in row.indications else []
        if present:
            shown = f"{row.denial} with {present[0]}"
            raise QuantityError("findings", shown, "one of the two", kind="conflict")
