"""Blood and plasma volume of one patient: the estimator that fits, alternatives, interval.

Which one fits is in rules/estimator_rules.py, the estimators themselves are in exchange/volume.py.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from pexcalc.data import limits as limit_table
from pexcalc.exchange.size import if_pounds, size_for_age, typed_in_kilograms
from pexcalc.exchange.volume import (
    blood_volume_from_plasma,
    body_mass_index,
    body_surface_area,
    boer_blood_volume,
    flat_blood_volume,
    kaplan_plasma_volume,
    lemmens_blood_volume,
    linderkamp_blood_volume,
    nadler_blood_volume,
    plasma_volume,
    pregnancy_plasma_volume,
    raes_blood_volume,
    restored_weight,
)
from pexcalc.order.fields import (
    ADULT,
    BLOOD_PER_KG,
    GROWTH_STATES,
    INVALID_STATES,
    PLASMA_PER_KG,
    SURFACE,
    state_words,
)
from pexcalc.order.order import given_inputs, quantities_of
from pexcalc.order.patient import Body, Patient, check_height, plain, quantity_of
from pexcalc.quantities import units
from pexcalc.quantities.annotations import VolumeInterval, VolumeResult
from pexcalc.quantities.argument import In, as_given
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import CheckedFormula
from pexcalc.quantities.given import given_or, words_if
from pexcalc.quantities.record import Fixed, Flag, Number, Result, Text
from pexcalc.quantities.working import Basis, Recorder
from pexcalc.rules import cautions
from pexcalc.rules.alerts.patient import PATIENT_RULES
from pexcalc.rules.cautions import Caution
from pexcalc.rules.estimator_rules import BESIDE, METHODS, Beside, Method, no, yes
from pexcalc.rules.facts import Facts, PatientFacts
from pexcalc.rules.not_checked import NotChecked, needs_of, not_checked

OUTSIDE = ("ecmo", "bypass")  # states with a circuit of their own


class Estimator(NamedTuple):
    """An estimator of blood volume: its name in print, its formula, its inputs from a body."""

    name: str
    function: CheckedFormula[..., Any]
    inputs: Callable[[Body], dict[str, Any]]


def _flat(per_kg: float, name: str = "") -> Estimator:
    """The estimator of a volume per body weight."""

    def inputs(b: Body) -> dict[str, Any]:
        return {"weight": b.kept, "per_kg": per_kg}

    return Estimator(name or f"{per_kg:g} mL/kg", flat_blood_volume, inputs)


def _linderkamp(name: str, age: float | None = None) -> Estimator:
    """Linderkamp's estimator, or one of its equations beyond its age."""

    def inputs(b: Body) -> dict[str, Any]:
        return {
            "height": b.height,
            "weight": b.kept,
            "sex": b.sex,
            "age": given_or(age, b.age),
        }

    return Estimator(name, linderkamp_blood_volume, inputs)


ESTIMATORS: Mapping[str, Estimator] = {  # secondary per-kg-rules iowa-bands kaplan-1990: mL/kg
    "nadler": Estimator(
        "Nadler",
        nadler_blood_volume,
        lambda b: {"height": b.height / 100, "weight": b.kept, "sex": b.sex},
    ),
    "lemmens": Estimator(
        "Lemmens", lemmens_blood_volume, lambda b: {"height": b.height / 100, "weight": b.kept}
    ),
    "boer": Estimator(
        "Boer", boer_blood_volume, lambda b: {"height": b.height, "weight": b.kept, "sex": b.sex}
    ),
    "linderkamp": _linderkamp("Linderkamp"),
    "linderkamp-below-2": _linderkamp("Linderkamp I", 1.0),
    "linderkamp-from-2": _linderkamp("Linderkamp II", 2.0),
    "raes": Estimator(
        "Raes",
        raes_blood_volume,
        lambda b: {"height": b.height, "weight": b.kept, "sex": b.sex, "tanner": b.tanner},
    ),
    "kaplan": _flat(65, "Kaplan, 65 mL/kg"),
    **{f"flat-{per_kg}": _flat(per_kg) for per_kg in (60, 65, 70, 75, 80, 90, 95, 100)},
}

# Uncertainty (judgement, resting on residuals of 7.8 to 9.0 % (saito-1975) and 4.8 to 10.1 %
# (linderkamp-1977)).
BAND, WIDE_BAND = 0.20, 0.30  # judgement saito-1975 linderkamp-1977


class Alternative(Result):
    """Another estimator beside the one that was chosen.

    `difference` is its plasma volume over the chosen one, less 1. `valid` says whether it holds for
    this patient, `compared` whether it counts for the spread. Where it cannot be computed the
    volumes are None and the note says why.
    """

    method: Text
    blood_volume: VolumeResult | None
    plasma_volume: VolumeResult | None
    difference: Number | None
    valid: Flag
    compared: Flag
    note: Text


Alternative.__module__ = "pexcalc"


class Volumes(Result):
    """Blood and plasma volume of one patient, with the estimator and the reason for it."""

    method: Text
    reason: Text
    valid: Flag
    blood_volume: VolumeInterval
    plasma_volume: VolumeInterval
    alternatives: tuple[Alternative, ...]


Volumes.__module__ = "pexcalc"


class VolumeEstimate(Volumes):
    """Blood and plasma volume of one patient, with cautions, what was not checked, and working."""

    cautions: tuple[Caution, ...]
    not_checked: tuple[NotChecked, ...]
    basis: Fixed[Basis]


VolumeEstimate.__module__ = "pexcalc"


# The rules that look at a patient alone: a volume knows no findings.
OF_VOLUMES = tuple(rule for rule in PATIENT_RULES if "findings" not in needs_of(rule))


class Assessment(NamedTuple):
    """What the volume step hands on: the record, plasma volume in mL, its band, facts."""

    volumes: Volumes
    blood: float
    weight: float
    plasma: float
    share: float
    facts: PatientFacts


def estimate_volumes(
    patient: Patient,
    limits: Mapping[str, limit_table.Limit] | None = None,
    confirmed: Collection[str] = (),
) -> VolumeEstimate:
    """Blood and plasma volume of one patient, with alternatives, interval and cautions.

    Parameters
    ----------
    patient : Patient
        The patient; one, no arrays.
    limits : mapping, optional
        Site limits by name; default data/limits.toml.
    confirmed : collection of str, optional
        Inputs that were checked, by path, such as "patient.height".

    Returns
    -------
    VolumeEstimate
        Volumes in mL, in the registry of the patient's first Quantity. The interval is plus and
        minus 20 % (30 % where less is known).

    Raises
    ------
    QuantityError
        If an input is outside its hard limits.

    Notes
    -----
    Valid from the preterm neonate to the adult, but in no state that moves fluid (field `valid`).

    References
    ----------
    those of the estimator that is chosen, in `basis`

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> patient = Patient(
    ...     sex="male", age=Q(23, "year"), height=Q(172, "cm"), weight=Q(65, "kg"), hematocrit=0.27
    ... )
    >>> round(estimate_volumes(patient).plasma_volume.typical.m_as("mL"), 3)
    3331.283
    """
    known = {**limit_table.limits(), **(limits or {})}
    record = Recorder(quantity_of(patient))
    found = assess(patient, known, record, confirmed)
    held = {"patient": patient}
    facts = Facts(
        known,
        given=given_inputs(held),
        entered=quantities_of(held),
        patient=found.facts,
    )
    fields = {name: getattr(found.volumes, name) for name in Volumes.model_fields}
    return VolumeEstimate.model_construct(
        **fields,
        cautions=cautions.check(facts, confirmed=confirmed),
        not_checked=not_checked(facts, (), {}, OF_VOLUMES),
        basis=record.working(),
    )


def assess(
    patient: Patient,
    limits: Mapping[str, limit_table.Limit],
    record: Recorder,
    confirmed: Collection[str] = (),
    states: Collection[str] = (),
) -> Assessment:
    """The volume step: estimate, entered volumes, alternatives, facts; no cautions yet.

    `states` are those that the indication brings with it, beside the patient's own.
    """
    check_height(patient, confirmed)
    body = plain(patient)
    body = body._replace(states=tuple(dict.fromkeys((*body.states, *states))))
    chosen = next(row for row in METHODS if row.when(body))
    record.run(
        "volumes.body_mass_index",
        body_mass_index,
        height=body.height / 100,
        weight=body.kept,
    )
    estimate = _estimate(chosen.key, body, record, "volumes")
    blood, plasma, method, reason = _stated_or(estimate, chosen, patient, body, record)
    stated, measured = _entered(patient)
    invalid = _invalid(body, limits)
    wide = not stated and (
        body.neonate or body.bmi >= 40 or body.gestation is not None
    )  # judgement plausibility
    share = WIDE_BAND if wide or (invalid and not measured) else BAND
    _check_per_kg(blood, plasma, body)
    record.note("volumes.method", "choice", reason, *(() if stated else chosen.sources))

    rows = [row for row in BESIDE if row.when(body)]
    if stated:
        rows.insert(0, Beside("", yes, yes, no, "the estimate that the entered volume replaces"))
    beside = tuple(
        _beside(row, place, chosen.key, body, plasma, record, not invalid)
        for place, row in enumerate(rows)
    )
    for name, value in (("blood_volume", blood), ("plasma_volume", plasma)):
        _note_interval(record, f"volumes.{name}.interval", value, share, stated)
    volumes = Volumes.model_construct(
        method=method,
        reason=reason,
        valid=stated or not invalid,
        blood_volume=record.interval(_band(blood, share), "mL"),
        plasma_volume=record.interval(_band(plasma, share), "mL"),
        alternatives=beside,
    )
    facts = _patient_facts(body, patient, chosen, limits, blood, plasma, estimate[1], beside)
    return Assessment(volumes, blood, body.weight, plasma, share, facts)


def _estimate(key: str, body: Body, record: Recorder, path: str) -> tuple[float, float]:
    """Blood and plasma volume in mL by one estimator.

    With restored weight and pregnancy factor where they apply.
    """
    estimator = ESTIMATORS[key]
    if body.missing:
        observed = body.kept * (1 - body.missing)
        record.run(
            f"{path}.restored_weight",
            restored_weight,
            weight=observed,
            fraction=body.missing,
        )
    blood = record.run(f"{path}.blood_volume", estimator.function, **estimator.inputs(body))
    blood *= 1000 if estimator.function.formula.unit == "L" else 1

    def of_plasma(name: str, hematocrit: float) -> float:
        if key == "kaplan":
            litres = record.run(
                f"{path}.{name}",
                kaplan_plasma_volume,
                weight=body.kept,
                hematocrit=hematocrit,
            )
            return 1000 * litres
        return record.run(
            f"{path}.{name}", plasma_volume, blood_volume=blood, hematocrit=hematocrit
        )

    if body.gestation is None or body.hematocrit_before is None:
        return blood, of_plasma("plasma_volume", body.hematocrit)
    before = of_plasma("plasma_volume_before", body.hematocrit_before)
    record.repeat(f"{path}.blood_volume_before", f"{path}.blood_volume")
    course = "complicated" if set(body.states) & set(GROWTH_STATES) else "healthy"
    plasma = record.run(
        f"{path}.plasma_volume",
        pregnancy_plasma_volume,
        plasma_volume=before,
        gestation=body.gestation,
        course=course,
    )
    blood = record.run(
        f"{path}.blood_volume",
        blood_volume_from_plasma,
        plasma_volume=plasma,
        hematocrit=body.hematocrit,
    )
    return blood, plasma


def _stated_or(
    estimate: tuple[float, float],
    chosen: Method,
    patient: Patient,
    body: Body,
    record: Recorder,
) -> tuple[float, float, str, str]:
    """Blood volume, plasma volume, method, reason: the estimate, or what was entered."""
    blood, plasma = estimate
    name = ESTIMATORS[chosen.key].name
    method, reason = name, chosen.reason
    if body.missing:
        reason += f"; weight restored for a missing {units.percent(body.missing, 1)}"
    if body.gestation is not None and body.hematocrit_before is not None:
        reason += (
            f"; pre-pregnancy values and the factor for {units.number(body.gestation, 1)} weeks"
        )
    if patient.blood_volume is not None:
        blood = patient.blood_volume.millilitres
        _note_entered(record, "volumes.blood_volume", blood, patient.blood_volume.origin)
        plasma = record.run(
            "volumes.plasma_volume",
            plasma_volume,
            blood_volume=blood,
            hematocrit=body.hematocrit,
        )
        method, reason = (
            "entered blood volume",
            f"entered blood volume ({patient.blood_volume.origin}), today's hematocrit",
        )
    if patient.plasma_volume is not None:
        plasma = patient.plasma_volume.millilitres
        _note_entered(record, "volumes.plasma_volume", plasma, patient.plasma_volume.origin)
        method = "entered plasma volume"
        reason = f"entered plasma volume ({patient.plasma_volume.origin}), used as it is"
        if patient.blood_volume is None:
            blood = record.run(
                "volumes.blood_volume",
                blood_volume_from_plasma,
                plasma_volume=plasma,
                hematocrit=body.hematocrit,
            )
            reason += "; blood volume from it and today's hematocrit"
    return blood, plasma, method, reason


def _high_hematocrit(body: Body, limits: Mapping[str, limit_table.Limit]) -> bool:
    """True where the hematocrit is so high that no estimator is valid."""
    highest = limits[f"hematocrit-high-{body.sex}"]
    return not body.neonate and not highest.holds(100 * body.hematocrit)


def _invalid_states(body: Body) -> str | None:
    """The states in which no estimator is valid, in words; None where there are none."""
    return " and ".join(map(state_words, filter(INVALID_STATES.__contains__, body.states))) or None


def _invalid(body: Body, limits: Mapping[str, limit_table.Limit]) -> bool:
    """True where no estimator is valid: in a state, or at a very high hematocrit."""
    return _invalid_states(body) is not None or _high_hematocrit(body, limits)


def _check_per_kg(blood: float, plasma: float, body: Body) -> None:
    """Refuse volumes per kg, or a body surface, that no body has."""
    weight = body.kept if body.missing else body.weight
    for name, value, spec in (
        ("blood_volume", blood, BLOOD_PER_KG),
        ("plasma_volume", plasma, PLASMA_PER_KG),
    ):
        if not spec.holds(value / weight):
            raise QuantityError(
                name,
                f"{units.number(value / weight, 1)} mL/kg for these inputs",
                spec.expected,
                kind="range",
            )
    surface = _surface(body)
    if not SURFACE.holds(surface):
        raise QuantityError(
            "body surface area",
            units.label(round(surface, 3), "m2"),
            SURFACE.expected,
            kind="range",
            fields=("height", "weight"),
        )


def _surface(body: Body) -> float:
    """Body surface area in m2."""
    formula_name = "haycock" if body.weight < 15 else "du-bois"  # derived bsa-formulas
    return float(body_surface_area.kernel(body.height, body.weight, formula_name))


def _beside(
    row: Beside,
    place: int,
    chosen: str,
    body: Body,
    plasma: float,
    record: Recorder,
    valid: bool,
) -> Alternative:
    """One alternative; `valid` is False in a state in which no estimator is."""
    key = row.key or chosen
    estimator = ESTIMATORS[key]
    name = f"{estimator.name}, {row.name}" if row.name else estimator.name
    of = row.of(body)
    path = f"volumes.alternatives[{place}]"
    try:
        _check_inputs(estimator, of)
        blood, other = _estimate(key, of, record, path)
        if not BLOOD_PER_KG.holds(blood / of.kept):
            raise QuantityError(
                "blood_volume", "a volume that no body has", BLOOD_PER_KG.expected, kind="range"
            )
    except QuantityError as error:
        record.drop(path)
        note = (
            "the Tanner stage is missing"
            if error.argument == "tanner"
            else "the body is outside its range"
        )
        return Alternative.model_construct(
            method=name,
            blood_volume=None,
            plasma_volume=None,
            difference=None,
            valid=False,
            compared=False,
            note=f"not computed: {note}",
        )
    return Alternative.model_construct(
        method=name,
        blood_volume=record.quantity(blood, "mL"),
        plasma_volume=record.quantity(other, "mL"),
        difference=other / plasma - 1,
        valid=bool(valid and row.valid(body)),
        compared=bool(valid and row.valid(body) and row.compared(body)),
        note=row.note,
    )


def _check_inputs(estimator: Estimator, body: Body) -> None:
    """Refuse a body outside the range of an estimator's own inputs."""
    for name, value in estimator.inputs(body).items():
        spec = estimator.function.formula.inputs[name]
        if isinstance(spec, In) and not spec.holds(value):
            raise QuantityError(name, str(value), spec.expected, kind="type")


def _patient_facts(
    body: Body,
    patient: Patient,
    chosen: Method,
    limits: Mapping[str, limit_table.Limit],
    blood: float,
    plasma: float,
    estimated: float,
    beside: tuple[Alternative, ...],
) -> PatientFacts:
    """What the rules look at, in the units of their limits."""
    weight = body.kept if body.missing else body.weight
    entered, measured = _entered(patient)
    differences = [
        abs(other.difference) for other in beside if other.compared and other.difference is not None
    ]
    state, high = _invalid_states(body), _high_hematocrit(body, limits)
    reasons = [state or "", words_if(high, "so high a hematocrit")]
    return PatientFacts(
        sex=body.sex,
        group=body.group,
        band="neonate" if body.neonate else {ADULT: "adult"}.get(body.group, "child"),
        age=body.age,
        age_words=as_given(patient.age),
        height=body.height,
        weight=body.weight,
        bmi=body.bmi,
        size=size_for_age(body, weight, typed_in_kilograms(patient.weight), limits),
        if_pounds=_if_pounds(body, patient, limits, None if entered else plasma),
        body_surface_area=_surface(body),
        hematocrit=100 * body.hematocrit,
        blood_volume_per_kg=blood / weight,
        plasma_volume_per_kg=plasma / weight,
        gestation=body.gestation,
        pregnancy_adjusted=body.hematocrit_before is not None,
        born_at=body.weeks_at_birth if chosen.key == "flat-95" else None,
        missing_share=100 * body.missing if body.missing else None,
        with_observed_weight=_with_observed_weight(plasma, beside) if body.missing else "",
        obese_child=body.obese_child,
        postpartum="postpartum" in body.states,
        hyperviscosity="hyperviscosity" in body.states,
        no_estimator_in=state,
        no_estimator_with=" and ".join(filter(None, reasons)) or None,
        other_circuit=" and ".join(state_words(state) for state in body.states if state in OUTSIDE)
        or None,
        volume_entered=entered,
        volume_measured=measured,
        estimator_spread=100 * max(differences) if differences else None,
        entered_difference=100 * abs(plasma / estimated - 1) if entered else None,
        hematocrit_gap=100 * abs(1 - plasma / blood - body.hematocrit),
    )


def _with_observed_weight(plasma: float, beside: tuple[Alternative, ...]) -> str:
    """The plasma volume in mL of an amputee without restoring the weight, beside the one with."""
    for other in beside:
        if other.method.endswith("observed weight") and other.plasma_volume is not None:
            today = units.volume(units.size(other.plasma_volume, "mL"), exact=False)
            restored = units.volume(plasma, exact=False)
            return f": {restored} of plasma, {today} with today's weight"
    return ""


def _if_pounds(
    body: Body, patient: Patient, limits: Mapping[str, limit_table.Limit], plasma: float | None
) -> str:
    """What the weight of an adult would be in pounds; nothing below the limit of that question."""
    if body.group != ADULT or body.bmi < limits["bmi-pounds-adult"].most:
        return ""
    typed = given_or(patient.pre_pregnancy_weight, patient.weight)

    def plasma_of(other: Body) -> float:
        key = next(row for row in METHODS if row.when(other)).key
        return _estimate(key, other, Recorder(), "volumes")[1]

    return if_pounds(body, typed, plasma, plasma_of)


def _entered(patient: Patient) -> tuple[bool, bool]:
    """Whether blood or plasma volume was entered, and whether one of them was measured."""
    volumes = [one for one in (patient.blood_volume, patient.plasma_volume) if one is not None]
    return bool(volumes), any(one.origin.startswith("measured") for one in volumes)


def _band(value: float, share: float) -> tuple[float, float, float]:
    """A volume with its band, as low, typical and high."""
    return (1 - share) * value, value, (1 + share) * value


def _note_interval(record: Recorder, path: str, value: float, share: float, stated: bool) -> None:
    """Note the band of a volume; of an entered one the program does not know the error."""

    def text() -> str:
        low, typical, high = (units.label(round(end, 1), "mL") for end in _band(value, share))
        why = "judgement: the band of the estimators" if stated else "saito-1975, judgement"
        return f"{typical} minus and plus {units.percent(share)} = {low} to {high} [{why}]"

    sources = ("plausibility",) if stated else ("saito-1975", "linderkamp-1977", "katori-1966")
    record.note(path, "uncertainty band", text, *sources)


def _note_entered(record: Recorder, path: str, value: float, origin: str) -> None:
    """Note a volume that was entered."""
    record.note(path, "entered", lambda: f"{units.label(value, 'mL')}, entered ({origin})")
