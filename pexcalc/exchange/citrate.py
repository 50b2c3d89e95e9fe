"""Citrate that reaches the patient, from anticoagulant and from plasma, and calcium for it.

What the program gives for calcium are options with their source; a clinician orders.
"""

import math
from typing import Annotated, NamedTuple

from pexcalc.order.fields import ANY_WEIGHT, CITRATE, FLUID
from pexcalc.quantities.annotations import Between, Interval, Measured, VolumeResult
from pexcalc.quantities.argument import In
from pexcalc.quantities.formula import Value, formula
from pexcalc.quantities.given import if_given
from pexcalc.quantities.record import Result, Text
from pexcalc.quantities.units import Quantity, size
from pexcalc.quantities.working import Recorder

AmountResult = Annotated[Quantity, Measured("mmol", result=True)]
CitrateRateResult = Annotated[Quantity, Measured("mg/kg/min", result=True)]
AmountInterval = Annotated[Interval[Quantity, Quantity], Between("mmol")]
RateInterval = Annotated[Interval[Quantity, Quantity], Between("mg/kg/min")]


@formula(
    "mmol",
    "(anticoagulant_to_patient*citrate_concentration + plasma_given*plasma_citrate)/1000",
    source="citrate-arithmetic",
    tag="derived",
    validity="an upper bound of what stays in the patient",
    error="part of it is removed with later plasma or is metabolized",
    anticoagulant_to_patient=FLUID,
    citrate_concentration=CITRATE,
    plasma_given=FLUID,
    plasma_citrate=CITRATE,
)
def citrate_load(
    anticoagulant_to_patient: Value,
    citrate_concentration: Value,
    plasma_given: Value,
    plasma_citrate: Value,
) -> Value:
    """Citrate that reaches the patient, from anticoagulant and from plasma as fluid.

    Parameters
    ----------
    anticoagulant_to_patient : Quantity, scalar or array
        Anticoagulant that returns to the patient; 0 to 80,000 mL.
    citrate_concentration : Quantity, scalar or array
        Citrate of the anticoagulant (ACD-A 112.8 mmol/L); 0 to 500 mmol/L.
    plasma_given : Quantity, scalar or array
        Plasma given as replacement fluid; 0 to 80,000 mL.
    plasma_citrate : Quantity, scalar or array
        Citrate of that plasma (19 to 25 mmol/L in fresh frozen plasma); 0 to 500 mmol/L.

    Returns
    -------
    Quantity, scalar or array
        Amount in mmol, an upper bound.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> none = Q(0, "mL"), Q(0, "mmol/L")
    >>> round(citrate_load(Q(63.57, "mL"), Q(112.8, "mmol/L"), *none).m_as("mmol"), 2)
    7.17
    """
    return (anticoagulant_to_patient * citrate_concentration + plasma_given * plasma_citrate) / 1000


@formula(
    "mg/kg/min",
    "citrate_load*189.1/(weight*run_time)",
    source="citrate-arithmetic",
    tag="derived",
    validity="mean over the run; an upper bound",
    error="part of it is removed with later plasma or is metabolized",
    citrate_load=In("mmol", 0, 10_000),
    weight=ANY_WEIGHT,
    run_time=In("min", 5, 1440, likely=("min", "h")),
)
def citrate_rate(citrate_load: Value, weight: Value, run_time: Value) -> Value:
    """Mean citrate rate of an exchange per kg (citrate ion, 189.1 g/mol).

    Parameters
    ----------
    citrate_load : Quantity, scalar or array
        Citrate that reaches the patient; 0 to 10,000 mmol.
    weight : Quantity, scalar or array
        Body weight; 0.3 to 400 kg.
    run_time : Quantity, scalar or array
        Run time of the exchange; 5 to 1,440 min.

    Returns
    -------
    Quantity, scalar or array
        Mass per kg and minute in mg/kg/min.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    Donors have no symptoms below 1.08 mg/kg/min.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(citrate_rate(Q(7.17, "mmol"), Q(62, "kg"), Q(97.8, "min")).m_as("mg/kg/min"), 2)
    0.22
    """
    return citrate_load * 189.1 / (weight * run_time)


# --- calcium --------------------------------------------------------------------------------------


@formula(
    "mL",
    "0.01*replacement_volume",
    source="weinstein-1996",
    tag="source",
    validity="continuous, in the return fluid, 4 to 5 % albumin",
    error="with plasma a minimum: about 1.7 times as much was given (ljubljana, derived)",
    replacement_volume=FLUID,
)
def gluconate_volume(replacement_volume: Value) -> Value:
    """Calcium gluconate 10 % at 10 mL per liter of replacement fluid.

    Parameters
    ----------
    replacement_volume : Quantity, scalar or array
        Replacement fluid; 0 to 80,000 mL.

    Returns
    -------
    Quantity, scalar or array
        Volume of calcium gluconate 10 % in mL.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Notes
    -----
    Reactions: 8.6 % with it, 29.4 % with boluses, 35.6 % with simple measures; 636 procedures.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(gluconate_volume(Q(3369.6, "mL")).m_as("mL"), 1)
    33.7
    """
    return 0.01 * replacement_volume


@formula(
    "mmol",
    "0.232*gluconate",
    source="calcium-labels",
    tag="derived",
    validity="calcium gluconate 10 %, 9.3 mg of calcium per mL",
    error="2.23 mmol per 10 mL for the monohydrate",
    gluconate=FLUID,
)
def calcium_in_gluconate(gluconate: Value) -> Value:
    """Calcium in a volume of calcium gluconate 10 %.

    Parameters
    ----------
    gluconate : Quantity, scalar or array
        Calcium gluconate 10 %; 0 to 80,000 mL.

    Returns
    -------
    Quantity, scalar or array
        Amount in mmol.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(calcium_in_gluconate(Q(33.7, "mL")).m_as("mmol"), 1)
    7.8
    """
    return 0.232 * gluconate


@formula(
    "mL",
    "calcium/0.68",
    source="calcium-labels",
    tag="derived",
    validity="calcium chloride 10 % (dihydrate), 0.68 mmol per mL",
    error="labels round 1.36 mEq per mL to 1.4",
    calcium=In("mmol", 0, 10_000),
)
def chloride_volume(calcium: Value) -> Value:
    """Calcium chloride 10 % that holds an amount of calcium.

    It is about a third of the volume of gluconate.

    Parameters
    ----------
    calcium : Quantity, scalar or array
        Calcium; 0 to 10,000 mmol.

    Returns
    -------
    Quantity, scalar or array
        Volume of calcium chloride 10 % in mL.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(chloride_volume(Q(7.8, "mmol")).m_as("mL"), 1)
    11.5
    """
    return calcium / 0.68


# Indications in which intravenous magnesium can stop breathing, and one in which it is not
# excreted.
WEAKNESS = {
    "mg-acute": "Myasthenia gravis",
    "mg-long-term": "Myasthenia gravis",
    "lems": "Lambert-Eaton syndrome",
}
DIALYSIS = ("anti-gbm-dialysis-dependent",)


class CitrateValues(NamedTuple):
    """One fluid as plain numbers.

    mL of plasma and of all, mL/min of plasma while it runs, weight in kg, minutes of the run;
    the salt of calcium, and the most of it in mmol/kg/h for which an option is given.
    """

    plasma: float
    fluid: float
    plasma_rate: float
    weight: float
    minutes: float
    by_protocol: bool = False  # a membrane with citrate: no regimen of a centrifuge
    salt: str = "gluconate"
    most_calcium: float = math.inf


CalciumRate = Annotated[Quantity, Measured("mmol/kg/h", result=True)]


class CalciumOption(Result):
    """One way to give calcium: salt, volume at 10 %, mass, calcium, rates over the run, source.

    `diluted` is the volume at 40 mg/mL and `diluted_rate` its rate; None for chloride.
    """

    salt: Text
    volume: VolumeResult
    salt_mass: Annotated[Quantity, Measured("g", result=True)]
    calcium: AmountResult
    rate: Annotated[Quantity, Measured("mL/h", result=True)]
    per_kg: CalciumRate
    diluted: VolumeResult | None
    diluted_rate: Annotated[Quantity, Measured("mL/h", result=True)] | None
    reason: Text
    source: Text


CalciumOption.__module__ = "pexcalc"


class Regimen(NamedTuple):
    """One row of the calcium options: name, factor on the volume that goes with albumin, why."""

    name: str
    factor: float
    reason: str
    source: str


# The Ljubljana series gave 10.8, 7.6 and 6.2 mL/h with plasma, with both and with albumin: 1.7 and
# 1.2 times (derived).
WITH_ALBUMIN = Regimen(
    "studied",
    1.0,
    "10 mL of 10 % per L of replacement fluid (albumin studies)",
    "weinstein-1996",
)
AT_LEAST = Regimen(
    "studied",
    1.0,
    "10 mL of 10 % per L of replacement fluid (albumin studies); the minimum with plasma",
    "weinstein-1996",
)
WITH_PLASMA = Regimen(
    "with_plasma", 1.7, "1.7 x that dose, used in one series with all-plasma exchange", "ljubljana"
)
WITH_BOTH = Regimen(
    "with_both", 1.2, "1.2 x that dose, used in one series with albumin and plasma", "ljubljana"
)
GLUCONATE_DILUTED = 40.0  # source zhao-2019: mg/mL, 2 g in 50 mL of saline


def calcium_options(
    given: CitrateValues, record: Recorder, path: str
) -> tuple[tuple[CalciumOption, ...], float | None]:
    """Calcium by the volume of fluid, as gluconate or as the salt that was ordered.

    Options above the highest rate per kg are left out; the first of them is named by its rate in
    mmol/kg/h, None where nothing is left out.
    """
    rows = [WITH_ALBUMIN]
    if given.plasma:
        rows = [AT_LEAST, WITH_PLASMA if given.plasma == given.fluid else WITH_BOTH]
    found = [_calcium_option(row, given, record, path) for row in rows]
    rates = [size(option.per_kg, "mmol/kg/h") for option in found]
    above = [rate for rate in rates if round(rate, 9) > given.most_calcium]
    kept = tuple(option for option, rate in zip(found, rates) if rate not in above)
    return kept, next(iter(above), None)


def _calcium_option(
    row: Regimen, given: CitrateValues, record: Recorder, path: str
) -> CalciumOption:
    studied = record.run(f"{path}.gluconate", gluconate_volume, replacement_volume=given.fluid)
    volume = row.factor * studied
    if row.factor != 1:
        at = f"{path}.{row.name}.gluconate"
        record.arithmetic(at, "{} x {}", (studied, row.factor), volume, "mL", row.source)
    at = f"{path}.{row.name}"
    amount = record.run(f"{at}.calcium", calcium_in_gluconate, gluconate=volume)
    diluted = None
    if given.salt == "chloride":
        volume = record.run(f"{at}.chloride", chloride_volume, calcium=amount)
    else:
        strength = GLUCONATE_DILUTED
        diluted = record.arithmetic(
            f"{at}.diluted", "100 x {} / {}", (volume, strength), 100 * volume / strength, "mL",
            "zhao-2019",
        )  # fmt: skip

    def rate(name: str, millilitres: float) -> float:
        result = 60 * millilitres / given.minutes
        words, numbers = "60 x {} / {}", (millilitres, given.minutes)
        return record.arithmetic(
            f"{at}.{name}", words, numbers, result, "mL/h", "filtration-arithmetic"
        )

    pace = rate(f"{given.salt}_rate", volume)
    diluted_pace = if_given(diluted, lambda diluted: rate("diluted_rate", diluted))
    per_kg = record.arithmetic(
        f"{at}.per_kg",
        "60 x {} / ({} x {})",
        (amount, given.weight, given.minutes),
        60 * amount / (given.weight * given.minutes),
        "mmol/kg/h",
        "filtration-arithmetic",
    )
    return CalciumOption.model_construct(
        salt=f"calcium {given.salt}",
        volume=record.quantity(volume, "mL"),
        salt_mass=record.quantity(volume / 10, "g"),
        calcium=record.quantity(amount, "mmol"),
        rate=record.quantity(pace, "mL/h"),
        per_kg=record.quantity(per_kg, "mmol/kg/h"),
        diluted=record.optional(diluted, "mL"),
        diluted_rate=record.optional(diluted_pace, "mL/h"),
        reason=row.reason,
        source=row.source,
    )


class CitrateLoad(Result):
    """Citrate and calcium for one fluid: the loads, the rates, and calcium options.

    An upper bound: part of it is removed with later plasma or is metabolized. `rate` is the
    mean over the run; `peak_rate` and `plasma_rate` are those while plasma runs, at the speed of
    the removal.
    `from_anticoagulant` is None where it is not known, and is then missing in the rates;
    `from_plasma` is None where the content of the plasma is not known. `calcium` is empty without
    citrate, and on a membrane with citrate, where the protocol of the site decides.
    `calcium_withheld` is the rate of the first option left out because it is above the limit
    `calcium-rate`: the fluid is to run more slowly.
    """

    fluid: Text
    from_anticoagulant: AmountResult | None
    from_plasma: AmountInterval | None
    rate: RateInterval | None
    peak_rate: RateInterval | None
    plasma_rate: Annotated[Quantity, Measured("mL/kg/min", result=True)]
    calcium: tuple[CalciumOption, ...]
    calcium_withheld: CalciumRate | None

    @property
    def without_citrate(self) -> bool:
        """No citrate at all: neither anticoagulant nor plasma brings any."""
        plasma = self.from_plasma
        return (
            self.from_anticoagulant is not None
            and not self.from_anticoagulant.magnitude
            and plasma is not None
            and not plasma.high.magnitude
        )


CitrateLoad.__module__ = "pexcalc"


def load(
    fluid: str,
    anticoagulant: float | None,
    content: tuple[float, float, float] | None,
    given: CitrateValues,
    record: Recorder,
) -> CitrateLoad:
    """The citrate step for one fluid: mmol of the anticoagulant, content of plasma in mmol/L."""
    amounts = rate = peak = None
    if given.plasma == 0:
        content = (0.0, 0.0, 0.0)
    if content is not None:
        ends = zip(("low", "typical", "high"), content)
        rows = [
            _rates(f"citrate.{fluid}.{name}", end, anticoagulant or 0.0, given, record)
            for name, end in ends
        ]
        from_plasma, rates, peaks = zip(*rows)
        amounts = record.interval(from_plasma, "mmol")
        rate = record.interval(rates, "mg/kg/min")
        peak = record.interval(peaks, "mg/kg/min")
    none_at_all = anticoagulant == 0 and given.plasma == 0
    options: tuple[CalciumOption, ...] = ()
    withheld = None
    if not (given.by_protocol or none_at_all):
        options, withheld = calcium_options(given, record, f"calcium.{fluid}")
    return CitrateLoad.model_construct(
        fluid=fluid,
        from_anticoagulant=record.optional(anticoagulant, "mmol"),
        from_plasma=amounts,
        rate=rate,
        peak_rate=peak,
        plasma_rate=record.quantity(given.plasma_rate / given.weight, "mL/kg/min"),
        calcium=options,
        calcium_withheld=record.optional(withheld, "mmol/kg/h"),
    )


def _rates(
    path: str, content: float, anticoagulant: float, given: CitrateValues, record: Recorder
) -> tuple[float, float, float]:
    """Citrate of the plasma in mmol, and the mean rate and that while plasma runs in mg/kg/min."""
    amount = 0.0
    if given.plasma:
        amount = record.run(
            f"{path}.plasma",
            citrate_load,
            anticoagulant_to_patient=0.0,
            citrate_concentration=0.0,
            plasma_given=given.plasma,
            plasma_citrate=content,
        )

    def rate(name: str, mmol: float) -> float:
        if not mmol:
            return 0.0
        at = {"citrate_load": mmol, "weight": given.weight, "run_time": given.minutes}
        return record.run(f"{path}.{name}", citrate_rate, **at)

    # As if the whole run were like the time in which plasma runs.
    while_plasma = given.plasma_rate * given.minutes * content / 1000 + anticoagulant
    return amount, rate("rate", amount + anticoagulant), rate("peak_rate", while_plasma)
