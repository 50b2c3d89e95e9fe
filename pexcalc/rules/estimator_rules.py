"""Which estimator of blood volume fits a patient; METHODS is read from the top.

The estimators themselves are in exchange/volume.py.
"""

from collections.abc import Callable
from typing import Any, NamedTuple


class Method(NamedTuple):
    """A row of the choice: the estimator by its key in ESTIMATORS, for whom, and why."""

    key: str
    when: Callable[[Any], Any]
    reason: str
    sources: tuple[str, ...]


_MEASURED = ("linderkamp-1977",)
_BY_DEVICE = ("colavita-2019", "jpac")
_IN_DEVICE = "Nadler, the estimator inside the Spectra Optia and in UK guidance"

# Read from the top; the first row that fits is taken. Conditions use comparisons, & and | on
# plain numbers.
METHODS: tuple[Method, ...] = (  # judgement linderkamp-1977 plausibility: ages, body mass
    Method(
        "flat-95",
        lambda b: b.preterm,
        "preterm neonate: no equation is valid; the middle of 90 to 100 mL/kg",
        ("iowa-bands",),
    ),
    Method(
        "linderkamp",
        lambda b: b.neonate,
        "term neonate of 30 days or younger: Linderkamp I; the volume changes within hours",
        _MEASURED,
    ),
    Method(
        "linderkamp",
        lambda b: b.age < 2,
        "child under 2 years: Linderkamp I, which includes the measured rise with height",
        _MEASURED,
    ),
    Method(
        "linderkamp",
        lambda b: b.age < 14,
        "child of 2 to 13 years: Linderkamp II or III, measured in healthy children",
        _MEASURED,
    ),
    Method(
        "nadler",
        lambda b: b.age < 18,
        "14 to 17 years: Nadler (a judgement: the equations for children end at 14 years)",
        ("plausibility",),
    ),
    Method(
        "nadler",
        lambda b: b.bmi < 18.5,
        f"thin adult: {_IN_DEVICE}; it may underestimate, blood volume per kg is higher in thin "
        f"people",
        (*_BY_DEVICE, "feldschuh-1977"),
    ),
    Method("nadler", lambda b: b.bmi < 25, f"adult: {_IN_DEVICE}", _BY_DEVICE),
    Method(
        "nadler",
        lambda b: b.bmi < 30,
        f"overweight adult: {_IN_DEVICE}; blood volume per kg is lower in obesity",
        (*_BY_DEVICE, "feldschuh-1977"),
    ),
    Method(
        "nadler",
        lambda b: b.bmi >= 30,
        f"obese adult: {_IN_DEVICE}; Lemmens for comparison, rules per kg not valid",
        (*_BY_DEVICE, "arithmetic"),
    ),
)


class Beside(NamedTuple):
    """An alternative: for whom, whether it is valid there, whether the spread counts it.

    The key "" stands for the chosen estimator itself, on the body that `of` makes.
    """

    key: str
    when: Callable[[Any], Any]
    valid: Callable[[Any], Any]
    compared: Callable[[Any], Any]
    note: str
    name: str = ""
    of: Callable[[Any], Any] = lambda b: b


def yes(b: Any) -> bool:
    """True for every patient."""
    return True


def no(b: Any) -> bool:
    """True for no patient."""
    return False


def _today(b: Any) -> Any:
    return b._replace(kept=b.weight / (1 - b.missing), hematocrit_before=None)


def _observed(b: Any) -> Any:
    return b._replace(kept=b.kept * (1 - b.missing), missing=0.0)


def _adult(b: Any) -> Any:
    return b.age >= 18  # judgement plausibility: an adult


_PER_KG = "per kg, for comparison only; overestimates when BMI is 30 or more"
_STEP = "the step at 24 months is real"
BESIDE: tuple[Beside, ...] = (  # judgement boer-1984 linderkamp-1977 plausibility: ages, body mass
    Beside(
        "",
        lambda b: b.hematocrit_before is not None,
        no,
        no,
        "not adjusted for pregnancy",
        "today's weight and hematocrit",
        _today,
    ),
    Beside(
        "",
        lambda b: b.missing > 0,
        yes,
        no,
        "without restoring the missing limb",
        "observed weight",
        _observed,
    ),
    Beside("lemmens", _adult, yes, yes, "from the body mass index; no sex term"),
    Beside(
        "boer",
        _adult,
        yes,
        lambda b: (b.age >= 19) & (b.age <= 72),
        "from lean mass; derived from 19 to 72 years",
    ),
    Beside("kaplan", _adult, lambda b: b.bmi < 30, no, _PER_KG),
    Beside("flat-70", _adult, lambda b: b.bmi < 30, no, _PER_KG),
    Beside(
        "linderkamp",
        lambda b: (b.age >= 14) & (b.age < 18),
        yes,
        yes,
        "extrapolated above 14 years",
    ),
    Beside("linderkamp-from-2", lambda b: (b.age >= 1.75) & (b.age < 2), yes, no, _STEP),
    Beside("linderkamp-below-2", lambda b: (b.age >= 2) & (b.age < 2.25), yes, no, _STEP),
    Beside("flat-60", lambda b: (b.age >= 2) & b.obese_child, yes, no, "range for obese children"),
    Beside("flat-65", lambda b: (b.age >= 2) & b.obese_child, yes, no, "range for obese children"),
    Beside(
        "flat-70", lambda b: (b.age >= 2) & (b.age < 14), yes, no, "per kg, for comparison only"
    ),
    Beside(
        "nadler",
        lambda b: (b.age >= 2) & (b.age < 14),
        no,
        no,
        "device value; overestimates in prepubertal boys",
    ),
    Beside("raes", lambda b: (b.age >= 2) & (b.age < 18), yes, no, "sign of its constant in doubt"),
    Beside("flat-75", lambda b: (b.age < 2) & (not b.neonate), yes, no, "range for infants"),
    Beside(
        "flat-80",
        lambda b: (b.age < 2) & (not b.preterm),
        yes,
        no,
        "range for infants and term neonates",
    ),
    Beside("flat-90", lambda b: b.neonate, yes, no, "range for neonates"),
    Beside("flat-100", lambda b: b.preterm, yes, no, "range for preterm neonates"),
)
