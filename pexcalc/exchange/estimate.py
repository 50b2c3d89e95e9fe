"""Blood and plasma volume of one patient: the estimator that fits, the others beside it, the interval.

Which one fits is in rules/estimator_rules.py, the estimators themselves are in exchange/volume.py.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from pexcalc.data import limits as limit_table
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
)
from pexcalc.order.patient import Body, Patient, check_height, plain, quantity_of
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval, VolumeInterval, VolumeResult
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import CheckedFormula, give
from pexcalc.quantities.record import Fixed, Flag, Number, Result, Text
from pexcalc.quantities.working import Basis, note, work
from pexcalc.rules import cautions
from pexcalc.rules.cautions import Caution
from pexcalc.rules.estimator_rules import BESIDE, METHODS, Beside, Method, no, yes

OUTSIDE = ("ecmo", "bypass")  # states with a circuit of their own


class Estimator(NamedTuple):
    """An estimator of blood volume as the choice uses it: its name in print, its formula, its inputs from a body."""

    name: str
    function: CheckedFormula[..., Any]
    inputs: Callable[[Body], dict[str, Any]]


def _flat(per_kg: float, name: str = "") -> Estimator:
    def inputs(b: Body) -> dict[str, Any]:
        return {"weight": b.kept, "per_kg": per_kg}

    return Estimator(name or f"{per_kg:g} mL/kg", flat_blood_volume, inputs)


def _linderkamp(name: str, age: float | None = None) -> Estimator:
    def inputs(b: Body) -> dict[str, Any]:
        return {
            "height": b.height,
            "weight": b.kept,
            "sex": b.sex,
            "age": b.age if age is None else age,
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
    """Another estimator beside the one that was chosen. `difference` is its plasma volume over the chosen one, less 1.

    `valid` says whether it holds for this patient, `compared` whether it counts for the spread.
    Where it cannot be computed the volumes are None and the note says why.
    """

    method: Text
    blood_volume: VolumeResult | None
    plasma_volume: VolumeResult | None
    difference: Number | None
    valid: Flag
    compared: Flag
    note: Text


class Volumes(Result):
    """Blood and plasma volume of one patient, each low, typical and high, with the estimator and the reason for it."""

    method: Text
    reason: Text
    valid: Flag
    blood_volume: VolumeInterval
    plasma_volume: VolumeInterval
    alternatives: tuple[Alternative, ...]


class VolumeEstimate(Volumes):
    """Volumes with the cautions they raise and how each figure came about."""

    cautions: tuple[Caution, ...]
    basis: Fixed[Basis]


VolumeEstimate.__module__ = "pexcalc"


class Assessment(NamedTuple):
    """What the volume step hands on: the record, the plasma volume in mL, its band, facts, the basis."""

    volumes: Volumes
    plasma: float
    share: float
    facts: dict[str, Any]
    basis: dict[str, Basis]


def estimate_volumes(
    patient: Patient,
    limits: Mapping[str, limit_table.Limit] | None = None,
    confirmed: Collection[str] = (),
) -> VolumeEstimate:
    """Blood and plasma volume of one patient: the estimator that fits, the others beside it, interval and cautions.

    Parameters: patient; limits (site limits by name, default data/limits.toml); confirmed (names of
    inputs that were checked: "height", "weight", ...). Returns VolumeEstimate with volumes in mL in
    the registry of the patient's first Quantity. Raises QuantityError. The interval is plus and
    minus 20 % (30 % where less is known). One patient, no arrays. Valid from the preterm neonate to
    the adult, but in no state that moves fluid (field `valid`). Sources: those of the estimator
    that is chosen, in `basis`.

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> patient = Patient(sex="male", age=Q(23, "year"), height=Q(172, "cm"), weight=Q(65, "kg"), hematocrit=0.27)
    >>> round(estimate_volumes(patient).plasma_volume.typical.m_as("mL"), 3)
    3331.283
    """
    known = {**limit_table.limits(), **(limits or {})}
    found = assess(patient, known, confirmed)
    raised = cautions.check(found.facts, known, confirmed)
    fields = {name: getattr(found.volumes, name) for name in Volumes.model_fields}
    return VolumeEstimate.model_construct(**fields, cautions=raised, basis=found.basis)


def assess(
    patient: Patient,
    limits: Mapping[str, limit_table.Limit],
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
    basis: dict[str, Basis] = {}
    work(
        basis,
        "volumes.body_mass_index",
        body_mass_index,
        height=body.height / 100,
        weight=body.kept,
    )
    estimate = _estimate(chosen.key, body, basis, "volumes")
    blood, plasma, method, reason = _stated_or(estimate, chosen, patient, body, basis)
    stated = patient.blood_volume is not None or patient.plasma_volume is not None
    measured = any(
        volume is not None and volume.origin.startswith("measured")
        for volume in (patient.blood_volume, patient.plasma_volume)
    )
    invalid = _invalid(body, limits)
    wide = not stated and (
        body.neonate or body.bmi >= 40 or body.gestation is not None
    )  # judgement plausibility
    share = WIDE_BAND if wide or (invalid and not measured) else BAND
    _check_per_kg(blood, plasma, body)
    note(basis, "volumes.method", "choice", reason, *(() if stated else chosen.sources))

    rows = [row for row in BESIDE if row.when(body)]
    if stated:
        rows.insert(0, Beside("", yes, yes, no, "the estimate that the entered volume replaces"))
    make = quantity_of(patient)
    beside = tuple(
        _beside(row, place, chosen.key, body, plasma, basis, make, not invalid)
        for place, row in enumerate(rows)
    )
    for name, value in (("blood_volume", blood), ("plasma_volume", plasma)):
        _note_interval(basis, f"volumes.{name}.interval", value, share, stated)
    volumes = Volumes.model_construct(
        method=method,
        reason=reason,
        valid=stated or not invalid,
        blood_volume=_interval(blood, share, make),
        plasma_volume=_interval(plasma, share, make),
        alternatives=beside,
    )
    facts = _facts(body, chosen, stated, measured, limits, blood, plasma, estimate, beside)
    return Assessment(volumes, plasma, share, facts, basis)


def _estimate(key: str, body: Body, basis: dict[str, Basis], path: str) -> tuple[float, float]:
    """Blood and plasma volume in mL by one estimator, with restored weight and pregnancy factor where they apply."""
    estimator = ESTIMATORS[key]
    if body.missing:
        observed = body.kept * (1 - body.missing)
        work(
            basis,
            f"{path}.restored_weight",
            restored_weight,
            weight=observed,
            fraction=body.missing,
        )
    blood = work(basis, f"{path}.blood_volume", estimator.function, **estimator.inputs(body))
    blood *= 1000 if estimator.function.formula.unit == "L" else 1

    def of_plasma(name: str, hematocrit: float) -> float:
        if key == "kaplan":
            litres = work(
                basis,
                f"{path}.{name}",
                kaplan_plasma_volume,
                weight=body.kept,
                hematocrit=hematocrit,
            )
            return 1000 * litres
        return work(
            basis, f"{path}.{name}", plasma_volume, blood_volume=blood, hematocrit=hematocrit
        )

    if body.gestation is None or body.hematocrit_before is None:
        return blood, of_plasma("plasma_volume", body.hematocrit)
    before = of_plasma("plasma_volume_before", body.hematocrit_before)
    basis[f"{path}.blood_volume_before"] = basis[f"{path}.blood_volume"]
    course = "complicated" if set(body.states) & set(GROWTH_STATES) else "healthy"
    plasma = work(
        basis,
        f"{path}.plasma_volume",
        pregnancy_plasma_volume,
        plasma_volume=before,
        gestation=body.gestation,
        course=course,
    )
    blood = work(
        basis,
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
    basis: dict[str, Basis],
) -> tuple[float, float, str, str]:
    """Blood volume, plasma volume, method and reason: the estimate, or what was entered in its place."""
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
        _note_entered(basis, "volumes.blood_volume", blood, patient.blood_volume.origin)
        plasma = work(
            basis,
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
        _note_entered(basis, "volumes.plasma_volume", plasma, patient.plasma_volume.origin)
        method = "entered plasma volume"
        reason = f"entered plasma volume ({patient.plasma_volume.origin}), used as it is"
        if patient.blood_volume is None:
            blood = work(
                basis,
                "volumes.blood_volume",
                blood_volume_from_plasma,
                plasma_volume=plasma,
                hematocrit=body.hematocrit,
            )
            reason += "; blood volume from it and today's hematocrit"
    return blood, plasma, method, reason


def _high_hematocrit(body: Body, limits: Mapping[str, limit_table.Limit]) -> float | None:
    """The hematocrit in % where it is so high that no estimator is valid."""
    high = not body.neonate and not limits[f"hematocrit-high-{body.sex}"].holds(
        100 * body.hematocrit
    )
    return 100 * body.hematocrit if high else None


def _invalid_states(body: Body) -> str | None:
    """The states in which no estimator is valid, in words; None where there are none."""
    return (
        " and ".join(state.replace("-", " ") for state in body.states if state in INVALID_STATES)
        or None
    )


def _invalid(body: Body, limits: Mapping[str, limit_table.Limit]) -> bool:
    return _invalid_states(body) is not None or _high_hematocrit(body, limits) is not None


def _check_per_kg(blood: float, plasma: float, body: Body) -> None:
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
    formula_name = "haycock" if body.weight < 15 else "du-bois"  # derived bsa-formulas
    return float(body_surface_area.kernel(body.height, body.weight, formula_name))


def _beside(
    row: Beside,
    place: int,
    chosen: str,
    body: Body,
    plasma: float,
    basis: dict[str, Basis],
    make: Any,
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
        blood, other = _estimate(key, of, basis, path)
        if not BLOOD_PER_KG.holds(blood / of.kept):
            raise QuantityError(
                "blood_volume", "a volume that no body has", BLOOD_PER_KG.expected, kind="range"
            )
    except QuantityError as error:
        for entry in [entry for entry in basis if entry.startswith(f"{path}.")]:
            del basis[entry]
        note = (
            "the Tanner stage is not entered"
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
        blood_volume=give(make, blood, "mL"),
        plasma_volume=give(make, other, "mL"),
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


def _facts(
    body: Body,
    chosen: Method,
    stated: bool,
    measured: bool,
    limits: Mapping[str, limit_table.Limit],
    blood: float,
    plasma: float,
    estimate: tuple[float, float],
    beside: tuple[Alternative, ...],
) -> dict[str, Any]:
    """Plain values for the caution rules, in the units of their limits; None where a rule has nothing to look at."""
    adult = body.group == ADULT
    weight = body.kept if body.missing else body.weight
    differences = [
        abs(other.difference) for other in beside if other.compared and other.difference is not None
    ]
    unadjusted = body.gestation is not None and body.hematocrit_before is None and not stated
    state, high = _invalid_states(body), _high_hematocrit(body, limits)
    named = " and ".join(part for part in (state, "so high a hematocrit" if high else None) if part)
    return {
        "sex": body.sex,
        "group": body.group,
        "band": "neonate" if body.neonate else "adult" if adult else "child",
        "age": body.age,
        "height": body.height,
        "weight": body.weight,
        "bmi": body.bmi,
        "body_surface_area": _surface(body),
        "hematocrit": None if "hyperviscosity" in body.states else 100 * body.hematocrit,
        "hyperviscosity": "hyperviscosity" if "hyperviscosity" in body.states else None,
        "neonatal_hematocrit": 100 * body.hematocrit if body.neonate else None,
        "blood_volume_per_kg": blood / weight,
        "plasma_volume_per_kg": plasma / weight,
        "invalid_state": None if stated else state,
        "blood_outside": " and ".join(state for state in body.states if state in OUTSIDE) or None,
        "estimator_hematocrit": None if stated or body.neonate else 100 * body.hematocrit,
        "unmeasured_in_state": named if named and stated and not measured else None,
        "preterm_weeks": body.weeks_at_birth if chosen.key == "flat-95" and not stated else None,
        "obese_child": "obesity" if body.obese_child and not stated else None,
        "pregnancy_unadjusted": body.gestation if unadjusted else None,
        "after_delivery": "postpartum" if "postpartum" in body.states and not stated else None,
        "missing_share": 100 * body.missing if body.missing and not stated else None,
        "spread": 100 * max(differences) if differences and not stated else None,
        "hematocrit_gap": 100 * abs(1 - plasma / blood - body.hematocrit),
        "override_difference": 100 * abs(plasma / estimate[1] - 1) if stated else None,
    }


def _interval(value: float, share: float, make: Any) -> Interval:
    low, typical, high = (
        give(make, end, "mL") for end in ((1 - share) * value, value, (1 + share) * value)
    )
    return Interval(low, typical, high)


def _note_interval(
    basis: dict[str, Basis], path: str, value: float, share: float, stated: bool
) -> None:
    low, high = (
        units.label(round(end, 1), "mL") for end in ((1 - share) * value, (1 + share) * value)
    )
    text = f"{units.label(round(value, 1), 'mL')} minus and plus {units.percent(share)} = {low} to {high}"
    if stated:  # the error of an entered value is not known to the program: the band of the estimators stands in
        note(
            basis,
            path,
            "uncertainty band",
            f"{text} [judgement: the band of the estimators]",
            "plausibility",
        )
    else:
        sources = ("saito-1975", "linderkamp-1977", "katori-1966")
        note(basis, path, "uncertainty band", f"{text} [saito-1975, judgement]", *sources)


def _note_entered(basis: dict[str, Basis], path: str, value: float, origin: str) -> None:
    note(basis, path, "entered", f"{units.label(value, 'mL')}, entered ({origin})")
