"""Blood and plasma volume: one function for each published estimator.

Every constant is beside its source key (data/sources.toml) and evidence tag. Which of them fits
one patient is in estimate.py; what a dose means is in dose.py.
"""

from __future__ import annotations

import math
from typing import Any, Literal, get_args

from pexcalc.order.fields import (
    ADULT,
    ANY_HEMATOCRIT,
    ANY_WEIGHT,
    BLOOD_PER_KG,
    CHILD,
    MISSING_SHARE,
    RANGES,
    SEX,
    STATED_VOLUME,
    Sex,
    Tanner,
)
from pexcalc.quantities.argument import Choice, In, lowest
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import Value, formula
from pexcalc.quantities.units import Quantity

ADULT_HEIGHT = In("m", 0.85, 2.50, "cm", "an adult")
ADULT_WEIGHT = RANGES["weight"][ADULT]
CHILD_HEIGHT = In("cm", 20, 230, who="a child")
CHILD_WEIGHT = In("kg", 0.3, 250, who="a child")
ANY_HEIGHT = In("cm", 20, 250)
VOLUME = STATED_VOLUME


# --- adults ---------------------------------------------------------------------------------------


@formula(
    "L",
    {
        "sex == 'male'": "0.3669*height**3 + 0.03219*weight + 0.6041",
        "sex == 'female'": "0.3561*height**3 + 0.03308*weight + 0.1833",
    },
    source="nadler-1962",
    tag="secondary",
    validity="adults; the estimator inside the Spectra Optia and in UK guidance",
    error="not established; overestimates in tall people (cubed height) and in prepubertal boys, "
    "underestimates in short people",
    height=ADULT_HEIGHT,
    weight=ADULT_WEIGHT,
    sex=SEX,
)
def nadler_blood_volume(height: Quantity, weight: Quantity, sex: Sex) -> Quantity:
    """Total blood volume of an adult from height, weight and sex (Nadler 1962).

    Parameters
    ----------
    height : Quantity, scalar or array
        Body height; 85 to 250 cm for an adult.
    weight : Quantity, scalar or array
        Body weight; 20 to 400 kg for an adult.
    sex : str
        Sex of the patient; one for all values of an array: male or female.

    Returns
    -------
    Quantity, scalar or array
        Volume in L.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    Fifteen or more documents agree on the constants.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(nadler_blood_volume(Q(175, "cm"), Q(70, "kg"), "male").m_as("mL"), 1)
    4823.8
    """
    a, b, c = (0.3669, 0.03219, 0.6041) if sex == "male" else (0.3561, 0.03308, 0.1833)
    return a * height**3 + b * weight + c


@formula(
    "mL",
    "70/sqrt(weight/height**2/22)*weight",
    source="lemmens-2006",
    tag="secondary",
    validity="adults, derived for obesity and morbid obesity",
    error="not established; has no sex term: 12 % above Nadler in a woman of usual build",
    height=ADULT_HEIGHT,
    weight=ADULT_WEIGHT,
)
def lemmens_blood_volume(height: Quantity, weight: Quantity, *, m: Any = math) -> Quantity:
    """Total blood volume of an adult from the body mass index (Lemmens 2006).

    Parameters
    ----------
    height : Quantity, scalar or array
        Body height; 85 to 250 cm for an adult.
    weight : Quantity, scalar or array
        Body weight; 20 to 400 kg for an adult.

    Returns
    -------
    Quantity, scalar or array
        Volume in mL.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    Two programs agree on the constants.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(lemmens_blood_volume(Q(175, "cm"), Q(140, "kg")).m_as("mL"), 1)
    6798.5
    """
    return 70 / m.sqrt(weight / height**2 / 22) * weight


@formula(
    "mL",
    {
        "sex == 'male'": "88.2*(0.407*weight + 0.267*height - 19.2)",
        "sex == 'female'": "88.4*(0.252*weight + 0.473*height - 48.3)",
    },
    source="boer-1984",
    tag="secondary",
    validity="adults; derived in 47 men and 40 women of 19 to 72 years",
    error="about 10 % (1 SD), from the spread of blood volume per lean mass",
    height=In("cm", 85, 250, who="an adult"),
    weight=ADULT_WEIGHT,
    sex=SEX,
)
def boer_blood_volume(height: Quantity, weight: Quantity, sex: Sex) -> Quantity:
    """Total blood volume of an adult from lean body mass (Boer 1984).

    Parameters
    ----------
    height : Quantity, scalar or array
        Body height; 85 to 250 cm for an adult.
    weight : Quantity, scalar or array
        Body weight; 20 to 400 kg for an adult.
    sex : str
        Sex of the patient; one for all values of an array: male or female.

    Returns
    -------
    Quantity, scalar or array
        Volume in mL.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    The constants are in table 2 of Raes 2006.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(boer_blood_volume(Q(162, "cm"), Q(60, "kg"), "female").m_as("mL"), 1)
    3840.6
    """
    a, b, c, per_kg = (0.407, 0.267, 19.2, 88.2) if sex == "male" else (0.252, 0.473, 48.3, 88.4)
    return per_kg * _lean(a * weight + b * height - c)


def _lean(mass: Quantity) -> Quantity:
    """Lean body mass; the lines for it run below zero for small bodies, where they do not hold."""
    if lowest(mass) <= 0:
        raise QuantityError(
            "height and weight",
            "a body too small for this estimator",
            "a lean body mass above zero",
            kind="range",
            fields=("height", "weight"),
        )
    return mass


@formula(
    "L",
    "0.065*weight*(1 - hematocrit)",
    source="kaplan-1990",
    tag="secondary",
    validity="adults with a body mass index below 30 kg/m2; knows neither height nor sex",
    error="29 % above Nadler in an obese man of 46 kg/m2; no error figure could be confirmed",
    weight=ADULT_WEIGHT,
    hematocrit=ANY_HEMATOCRIT,
)
def kaplan_plasma_volume(weight: Quantity, hematocrit: Value) -> Quantity:
    """Plasma volume from weight and hematocrit alone (Kaplan, 0.065 L/kg).

    Parameters
    ----------
    weight : Quantity, scalar or array
        Body weight; 20 to 400 kg for an adult.
    hematocrit : float, Quantity or array
        Hematocrit, venous, the latest before the exchange; 6 to 75 %.

    Returns
    -------
    Quantity, scalar or array
        Volume in L.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    Four documents agree on 0.065. It cannot see the height: not valid at a body mass index of 30
    kg/m2 or more.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(kaplan_plasma_volume(Q(70, "kg"), 0.42).m_as("mL"), 1)
    2639.0
    """
    return 0.065 * weight * (1 - hematocrit)


@formula(
    "mL",
    "per_kg*weight",
    source="per-kg-rules",
    tag="secondary",
    validity="for comparison; by age the bands of the blood-bank tables; not with actual weight in "
    "obesity",
    error="70 mL/kg lies 9 to 19 % below measured means between 1 and 6 years; 38 % above Nadler "
    "in "
    "an obese man",
    weight=ANY_WEIGHT,
    per_kg=BLOOD_PER_KG,
)
def flat_blood_volume(weight: Quantity, per_kg: Quantity) -> Quantity:
    """Total blood volume from weight alone, at a stated volume per body mass.

    Parameters
    ----------
    weight : Quantity, scalar or array
        Body weight; 0.3 to 400 kg.
    per_kg : Quantity, scalar or array
        Blood volume per body weight; 20 to 150 mL/kg.

    Returns
    -------
    Quantity, scalar or array
        Volume in mL.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(flat_blood_volume(Q(60, "kg"), Q(70, "mL/kg")).m_as("mL"), 1)
    4200.0
    """
    return per_kg * weight


# --- children -------------------------------------------------------------------------------------

# Linderkamp's equations I, II and III: weight term, height term, constant.
# secondary linderkamp-1977
_LINDERKAMP = ((0.7891, 0.004132, 1.8117), (0.6459, 0.002743, 2.0324), (0.6412, 0.001270, 2.2169))


@formula(
    "mL",
    {
        "age < 2": "10**(0.7891*log10(weight) + 0.004132*height + 1.8117)",
        "age >= 2 and (sex == 'male' or age < 7)": "10**(0.6459*log10(weight) + 0.002743*height + "
        "2.0324)",
        "age >= 7 and sex == 'female'": "10**(0.6412*log10(weight) + 0.00127*height + 2.2169)",
    },
    source="linderkamp-1977",
    tag="secondary",
    validity="children from 1 hour to 14 years (I under 2 years, II boys 2 to 14 and girls 2 to 6, "
    "III girls 7 to 14)",
    error="I 10.1 %, II 4.8 %, III 7.5 % (stated; read as 1 SD); extrapolated from 14 years",
    height=CHILD_HEIGHT,
    weight=CHILD_WEIGHT,
    sex=SEX,
    age=In("y", 0, 18, who="a child", open_high=True),
)
def linderkamp_blood_volume(
    height: Quantity, weight: Quantity, sex: Sex, age: Quantity, *, m: Any = math
) -> Quantity:
    """Total blood volume of a child from height, weight, sex and age (Linderkamp 1977).

    Equation I below 2 years; II for boys of 2 to 14 and girls of 2 to 6; III for girls of 7 to 14.

    Parameters
    ----------
    height : Quantity, scalar or array
        Body height; 20 to 230 cm for a child.
    weight : Quantity, scalar or array
        Body weight; 0.3 to 250 kg for a child.
    sex : str
        Sex of the patient; one for all values of an array: male or female.
    age : Quantity, scalar or array
        Age in completed years; 0 to less than 18 y for a child.

    Returns
    -------
    Quantity, scalar or array
        Volume in mL.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    From 160 healthy children (tables 1 and 2).

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> volume = linderkamp_blood_volume(Q(100, "cm"), Q(15, "kg"), "male", Q(4, "year"))
    >>> round(volume.m_as("mL"), 1)
    1165.0
    """
    girl = sex == "female"
    chosen = (age < 2, (age >= 2) & ((age < 7) | (not girl)), (age >= 7) & girl)
    by_weight, by_height, constant = (
        sum(is_it * row[term] for is_it, row in zip(chosen, _LINDERKAMP)) for term in range(3)
    )
    return 10 ** (by_weight * m.log10(weight) + by_height * height + constant)


@formula(
    "mL",
    {
        "sex == 'male' or tanner == 1": "89.117*(0.407*weight + 0.267*height - 19.2) + 58.3",
        "tanner in (2, 3, 4)": "89.117*(0.659*weight + 0.74*height - 67.5)/2 + 58.3",
        "tanner == 5": "89.117*(0.252*weight + 0.473*height - 48.3) + 58.3",
    },
    source="raes-2006",
    tag="source",
    validity="children of 2 years or more; derived in 77 children in remission of nephrotic "
    "syndrome",
    error="the sign of 58.3 is in doubt; as printed it runs 15 to 18 % above Linderkamp II in boys "
    "of 5 to 10 years",
    height=RANGES["height"][CHILD],
    weight=RANGES["weight"][CHILD],
    sex=SEX,
    tanner=Choice(get_args(Tanner), optional=True),
)
def raes_blood_volume(
    height: Quantity, weight: Quantity, sex: Sex, tanner: Tanner | None = None
) -> Quantity:
    """Total blood volume of a child from lean body mass (Raes 2006).

    Parameters
    ----------
    height : Quantity, scalar or array
        Body height; 50 to 230 cm for a child of 2 to 17 years.
    weight : Quantity, scalar or array
        Body weight; 5 to 250 kg for a child of 2 to 17 years.
    sex : str
        Sex of the patient; one for all values of an array: male or female.
    tanner : int, optional
        Tanner stage, required for girls: 1, 2, 3, 4 or 5.

    Returns
    -------
    Quantity, scalar or array
        Volume in mL.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    The sign of its constant is in doubt: shown, never used.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(raes_blood_volume(Q(115, "cm"), Q(20, "kg"), "male").m_as("mL"), 1)
    1809.0
    """
    if sex == "female" and tanner is None:
        raise QuantityError("tanner", "nothing", "1, 2, 3, 4 or 5 for a girl", kind="missing")
    share = 0.0 if sex == "male" or tanner == 1 else 1.0 if tanner == 5 else 0.5
    boys, girls = 0.407 * weight + 0.267 * height - 19.2, 0.252 * weight + 0.473 * height - 48.3
    return 89.117 * _lean((1 - share) * boys + share * girls) + 58.3


# --- body mass index, and from blood volume to plasma volume --------------------------------------


@formula(
    "kg/m2",
    "weight/height**2",
    source="definition",
    tag="derived",
    validity="everyone; classes are for adults",
    error="none: a definition",
    height=In("m", 0.2, 2.5, "cm"),
    weight=ANY_WEIGHT,
)
def body_mass_index(height: Quantity, weight: Quantity) -> Quantity:
    """Body mass index.

    Parameters
    ----------
    height : Quantity, scalar or array
        Body height; 20 to 250 cm.
    weight : Quantity, scalar or array
        Body weight; 0.3 to 400 kg.

    Returns
    -------
    Quantity, scalar or array
        Mass per area in kg/m2.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(body_mass_index(Q(175, "cm"), Q(70, "kg")).m_as("kg/m**2"), 2)
    22.86
    """
    return weight / height**2


@formula(
    "mL",
    "blood_volume*(1 - hematocrit)",
    source="terumo-ordering",
    tag="source",
    validity="everyone; hematocrit from the analyzer, venous, most recent before the exchange",
    error="runs about 9 % below the tracer albumin space with Nadler's blood volume (two "
    "predictions compared)",
    blood_volume=VOLUME,
    hematocrit=ANY_HEMATOCRIT,
)
def plasma_volume(blood_volume: Quantity, hematocrit: Value) -> Quantity:
    """Plasma volume from total blood volume and hematocrit.

    Parameters
    ----------
    blood_volume : Quantity, scalar or array
        Total blood volume; 5 to 25,000 mL.
    hematocrit : float, Quantity or array
        Hematocrit, venous, the latest before the exchange; 6 to 75 %.

    Returns
    -------
    Quantity, scalar or array
        Volume in mL.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(plasma_volume(Q(4823.8, "mL"), 0.42).m_as("mL"), 1)
    2797.8
    """
    return blood_volume * (1 - hematocrit)


@formula(
    "mL",
    "plasma_volume/(1 - hematocrit)",
    source="terumo-ordering",
    tag="derived",
    validity="where the plasma volume is known better than the blood volume: pregnancy",
    error="that of the plasma volume",
    plasma_volume=VOLUME,
    hematocrit=ANY_HEMATOCRIT,
)
def blood_volume_from_plasma(plasma_volume: Quantity, hematocrit: Value) -> Quantity:
    """Total blood volume from plasma volume and hematocrit.

    `plasma_volume` solved for the blood volume.

    Parameters
    ----------
    plasma_volume : Quantity, scalar or array
        Plasma volume; 5 to 25,000 mL.
    hematocrit : float, Quantity or array
        Hematocrit, venous, the latest before the exchange; 6 to 75 %.

    Returns
    -------
    Quantity, scalar or array
        Volume in mL.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(blood_volume_from_plasma(Q(2797.8, "mL"), 0.42).m_as("mL"), 1)
    4823.8
    """
    return plasma_volume / (1 - hematocrit)


@formula(
    "kg",
    "weight/(1 - fraction)",
    source="mozumdar-roy",
    tag="source",
    validity="after amputation; height before amputation; the fractions of segments are secondary",
    error="whether blood volume is that of the restored weight is not established; tables differ "
    "by "
    "up to 2.5 points",
    weight=ANY_WEIGHT,
    fraction=MISSING_SHARE,
)
def restored_weight(weight: Quantity, fraction: Value) -> Quantity:
    """Body weight restored for the share of body mass that is missing after amputation.

    Parameters
    ----------
    weight : Quantity, scalar or array
        Body weight; 0.3 to 400 kg.
    fraction : float, Quantity or array
        Share of body mass that is missing, summed over the segments; 0 to 60 %.

    Returns
    -------
    Quantity, scalar or array
        Mass in kg.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(restored_weight(Q(63, "kg"), 0.16).m_as("kg"), 1)
    75.0
    """
    return weight / (1 - fraction)


# Rise of plasma volume over the non-pregnant one: from week, to before week, share.
# source bmc-pregnancy-2019
_PREGNANCY = ((0, 14, 0.06), (14, 21, 0.18), (21, 28, 0.29), (28, 35, 0.42), (35, 46, 0.48))
# source bmc-pregnancy-2019 de-haas-2017
_COMPLICATED = ((0, 14, 0.06), (14, 21, 0.18), (21, 28, 0.29), (28, 46, 0.32))


@formula(
    "mL",
    {
        "gestation < 14": "1.06*plasma_volume",
        "14 <= gestation < 21": "1.18*plasma_volume",
        "21 <= gestation < 28": "1.29*plasma_volume",
        "gestation >= 28 and course == 'complicated'": "1.32*plasma_volume",
        "28 <= gestation < 35": "1.42*plasma_volume",
        "gestation >= 35": "1.48*plasma_volume",
    },
    source="bmc-pregnancy-2019 de-haas-2017",
    tag="source",
    validity="singleton pregnancy, on the plasma volume from pre-pregnancy weight and hematocrit; "
    "not after delivery; "
    "judgement: the last row from 39 weeks on, and which courses are complicated",
    error="intervals of the rise as printed: 3-9, 12-24, 21-36, 38-46, 44-51 %; complicated course "
    "24-41 %",
    plasma_volume=VOLUME,
    gestation=In("wk", 0, 46, likely=("wk",), open_high=True),
    course=Choice(("healthy", "complicated")),
)
def pregnancy_plasma_volume(
    plasma_volume: Quantity,
    gestation: Quantity,
    course: Literal["healthy", "complicated"] = "healthy",
) -> Quantity:
    """Plasma volume in pregnancy from the plasma volume before it.

    Parameters
    ----------
    plasma_volume : Quantity, scalar or array
        Plasma volume from PRE-PREGNANCY weight and hematocrit; today's values count the change
        twice; 5 to 25,000 mL.
    gestation : Quantity, scalar or array
        Gestational age; 0 to less than 46 wk.
    course : str, default 'healthy'
        "complicated" with pre-eclampsia, HELLP or growth restriction.

    Returns
    -------
    Quantity, scalar or array
        Volume in mL.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(pregnancy_plasma_volume(Q(2282.9, "mL"), Q(30, "week")).m_as("mL"), 1)
    3241.7
    """
    rows = _PREGNANCY if course == "healthy" else _COMPLICATED
    rise = sum(share * ((gestation >= first) & (gestation < end)) for first, end, share in rows)
    return plasma_volume * (1 + rise)


# --- body surface area ----------------------------------------------------------------------------

# Constant, power of height, power of weight, slope of that power with log10 of the weight, scale of
# the weight.
_SURFACE = {  # secondary bsa-formulas
    "du-bois": (0.007184, 0.725, 0.425, 0.0, 1),
    "mosteller": (1 / 60, 0.5, 0.5, 0.0, 1),
    "haycock": (0.024265, 0.3964, 0.5378, 0.0, 1),
    "gehan-george": (0.0235, 0.42246, 0.51456, 0.0, 1),
    "boyd": (0.0003207, 0.3, 0.7285, 0.0188, 1000),
}


@formula(
    "m2",
    {
        "formula == 'du-bois'": "0.007184*height**0.725*weight**0.425",
        "formula == 'mosteller'": "sqrt(height*weight/3600)",
        "formula == 'haycock'": "0.024265*height**0.3964*weight**0.5378",
        "formula == 'gehan-george'": "0.0235*height**0.42246*weight**0.51456",
        "formula == 'boyd'": "0.0003207*height**0.3*(1000*weight)**(0.7285 - "
        "0.0188*log10(1000*weight))",
    },
    source="bsa-formulas",
    tag="secondary",
    validity="everyone; below 15 kg prefer haycock",
    error="Du Bois is 7 % low at 3.5 kg and 50 cm",
    height=ANY_HEIGHT,
    weight=ANY_WEIGHT,
    formula=Choice(tuple(_SURFACE)),
)
def body_surface_area(
    height: Quantity,
    weight: Quantity,
    formula: Literal["du-bois", "mosteller", "haycock", "gehan-george", "boyd"] = "du-bois",
    *,
    m: Any = math,
) -> Quantity:
    """Body surface area by one of five published formulas.

    Parameters
    ----------
    height : Quantity, scalar or array
        Body height; 20 to 250 cm.
    weight : Quantity, scalar or array
        Body weight; 0.3 to 400 kg.
    formula : str, default 'du-bois'
        Which published formula: du-bois, mosteller, haycock, gehan-george or boyd.

    Returns
    -------
    Quantity, scalar or array
        Area in m2.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    Below 15 kg prefer "haycock".

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(body_surface_area(Q(170, "cm"), Q(75, "kg")).m_as("m**2"), 5)
    1.86356
    """
    constant, by_height, by_weight, slope, scale = _SURFACE[formula]
    grams = scale * weight
    return constant * height**by_height * grams ** (by_weight - slope * m.log10(grams))
