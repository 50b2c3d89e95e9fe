"""The membrane separator: filtration, hematocrit behind the filter, run time."""

from collections.abc import Callable
from typing import Annotated, NamedTuple

from pexcalc.exchange.dose import EXCHANGE
from pexcalc.order.fields import ANY_HEMATOCRIT, FLOW, PLASMA_FLOW, RUN_TIME
from pexcalc.quantities import units
from pexcalc.quantities.annotations import HoursResult, Measured, VolumeResult
from pexcalc.quantities.argument import highest
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import Value, formula
from pexcalc.quantities.record import Number, Result
from pexcalc.quantities.units import Quantity
from pexcalc.quantities.working import Recorder

FlowResult = Annotated[Quantity, Measured("mL/min", result=True)]


@formula(
    "1",
    "plasma_flow/(blood_flow*(1 - hematocrit))",
    source="filtration-arithmetic",
    tag="derived",
    validity="a membrane plasma separator",
    error="none known",
    plasma_flow=PLASMA_FLOW,
    blood_flow=FLOW,
    hematocrit=ANY_HEMATOCRIT,
)
def filtration_fraction(plasma_flow: Value, blood_flow: Value, hematocrit: Value) -> Value:
    """Share of the plasma that a membrane takes out in one pass.

    Parameters
    ----------
    plasma_flow : Quantity, scalar or array
        Flow of plasma removed; 0.5 to 250 mL/min.
    blood_flow : Quantity, scalar or array
        Blood flow; 5 to 250 mL/min.
    hematocrit : float, Quantity or array
        Hematocrit, venous, the latest before the exchange; 6 to 75 %.

    Returns
    -------
    float or array
        Fraction.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range; where more
        would be removed than flows in.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(filtration_fraction(Q(36, "mL/min"), Q(120, "mL/min"), 0.28), 3)
    0.417
    """
    fraction = plasma_flow / (blood_flow * (1 - hematocrit))
    if highest(fraction) >= 1:
        raise QuantityError(
            "plasma_flow",
            "a flow that leaves no plasma",
            "less than blood flow x (1 - hematocrit)",
            kind="range",
        )
    return fraction


@formula(
    "1",
    "hematocrit/(1 - plasma_flow/blood_flow)",
    source="filtration-arithmetic",
    tag="derived",
    validity="behind a membrane, before the fluid is mixed in",
    error="none known",
    hematocrit=ANY_HEMATOCRIT,
    plasma_flow=PLASMA_FLOW,
    blood_flow=FLOW,
)
def post_filter_hematocrit(hematocrit: Value, plasma_flow: Value, blood_flow: Value) -> Value:
    """Hematocrit behind a membrane separator, before replacement fluid is mixed in.

    Parameters
    ----------
    hematocrit : float, Quantity or array
        Hematocrit, venous, the latest before the exchange; 6 to 75 %.
    plasma_flow : Quantity, scalar or array
        Flow of plasma removed; 0.5 to 250 mL/min.
    blood_flow : Quantity, scalar or array
        Blood flow; 5 to 250 mL/min.

    Returns
    -------
    float or array
        Fraction.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range; where more
        would be removed than flows in.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(post_filter_hematocrit(0.28, Q(36, "mL/min"), Q(120, "mL/min")), 3)
    0.4
    """
    filtration_fraction.kernel(plasma_flow, blood_flow, hematocrit)
    return hematocrit / (1 - plasma_flow / blood_flow)


@formula(
    "min",
    "exchange_volume/plasma_flow",
    source="filtration-arithmetic",
    tag="derived",
    validity="at a steady plasma flow, without set-up and rinseback",
    error="alarms and pauses are not included",
    exchange_volume=EXCHANGE,
    plasma_flow=PLASMA_FLOW,
)
def filtration_time(exchange_volume: Value, plasma_flow: Value) -> Value:
    """Run time on a membrane separator, without set-up.

    Parameters
    ----------
    exchange_volume : Quantity, scalar or array
        Patient plasma to remove, anticoagulant not counted; 5 to 80,000 mL.
    plasma_flow : Quantity, scalar or array
        Flow of plasma removed; 0.5 to 250 mL/min.

    Returns
    -------
    Quantity, scalar or array
        Time in min.

    Raises
    ------
    QuantityError
        If an argument has no unit, a unit of another kind, or a value outside its range.

    Examples
    --------
    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(filtration_time(Q(3369.6, "mL"), Q(36, "mL/min")).m_as("min"), 1)
    93.6
    """
    return exchange_volume / plasma_flow


class Membrane(Result):
    """The figures of a run on a membrane separator; anticoagulant is None without a ratio.

    `plasma_share_of_flow` is plasma over blood flow, the base of the caution; `filtration_fraction`
    is of the plasma.
    """

    exchange_volume: VolumeResult
    blood_flow: FlowResult
    plasma_flow: FlowResult
    plasma_share_of_flow: Number
    filtration_fraction: Number
    post_filter_hematocrit: Number
    blood_processed: VolumeResult
    run_time: HoursResult
    anticoagulant_used: VolumeResult | None
    anticoagulant_to_patient: VolumeResult | None
    anticoagulant_in_bag: VolumeResult | None
    remove_bag: VolumeResult | None


Membrane.__module__ = "pexcalc"


class RunValues(NamedTuple):
    """One run as plain numbers, for the steps that follow.

    Run time in h; mL of anticoagulant, and of the remove bag, as far as they are known; citrate
    that reaches the patient with the anticoagulant, in mmol.
    """

    hours: float
    used: float | None
    to_patient: float | None
    in_bag: float | None
    remove_bag: float | None
    citrate: float | None = None


def run_hours(argument: str, flow: float, minutes: float) -> float:
    """The run time in h; QuantityError with the flow behind it where no session is so long."""
    if not RUN_TIME.holds(minutes / 60):
        shown = units.label(round(flow, 3), "mL/min")
        got = f"{shown}, a run time of {units.label(round(minutes, 1), 'min')}"
        wanted = "a flow that gives a run time of 15 min to 12 h"
        raise QuantityError(argument, got, wanted, kind="range")
    return minutes / 60


def membrane_run(
    exchanged: float,
    hematocrit: float,
    blood_flow: float,
    plasma_flow: float,
    anticoagulant_for: Callable[[float], float] | None,
    record: Recorder,
) -> tuple[Membrane, RunValues]:
    """The membrane step, for an exchange volume in mL and flows in mL/min, with its working.

    `anticoagulant_for` gives the mL of anticoagulant for mL of blood. What is not filtered off
    reaches the patient: the filtration fraction stands in for the efficiency.
    """
    fraction = record.run(
        "membrane.filtration_fraction",
        filtration_fraction,
        plasma_flow=plasma_flow,
        blood_flow=blood_flow,
        hematocrit=hematocrit,
    )
    behind = record.run(
        "membrane.post_filter_hematocrit",
        post_filter_hematocrit,
        hematocrit=hematocrit,
        plasma_flow=plasma_flow,
        blood_flow=blood_flow,
    )
    minutes = record.run(
        "membrane.run_time",
        filtration_time,
        exchange_volume=exchanged,
        plasma_flow=plasma_flow,
    )
    hours = run_hours("plasma_flow", plasma_flow, minutes)

    def of(
        name: str, words: str, numbers: tuple[float, ...], result: float, unit: str = "mL"
    ) -> float:
        return record.arithmetic(
            f"membrane.{name}", words, numbers, result, unit, "filtration-arithmetic"
        )

    share = of(
        "plasma_share_of_flow", "{} / {}", (plasma_flow, blood_flow), plasma_flow / blood_flow, "1"
    )
    processed = of("blood_processed", "{} x {}", (blood_flow, minutes), blood_flow * minutes)
    run = RunValues(hours, None, None, None, None)
    if anticoagulant_for is not None:
        used = anticoagulant_for(processed)
        in_bag = of("anticoagulant_in_bag", "{} x {}", (used, fraction), used * fraction)
        returned = of(
            "anticoagulant_to_patient", "{} x (1 - {})", (used, fraction), used * (1 - fraction)
        )
        bag = of("remove_bag", "{} + {}", (exchanged, in_bag), exchanged + in_bag)
        run = RunValues(hours, used, returned, in_bag, bag)
    figures = Membrane.model_construct(
        exchange_volume=record.quantity(exchanged, "mL"),
        blood_flow=record.quantity(blood_flow, "mL/min"),
        plasma_flow=record.quantity(plasma_flow, "mL/min"),
        plasma_share_of_flow=share,
        filtration_fraction=fraction,
        post_filter_hematocrit=behind,
        blood_processed=record.quantity(processed, "mL"),
        run_time=record.quantity(hours, "h"),
        anticoagulant_used=record.optional(run.used, "mL"),
        anticoagulant_to_patient=record.optional(run.to_patient, "mL"),
        anticoagulant_in_bag=record.optional(run.in_bag, "mL"),
        remove_bag=record.optional(run.remove_bag, "mL"),
    )
    return figures, run
