"""The membrane separator: filtration, hematocrit behind the filter, run time."""

from collections.abc import Callable
from typing import Annotated, Any

from pexcalc.exchange.dose import EXCHANGE
from pexcalc.order.fields import ANY_HEMATOCRIT, FLOW, PLASMA_FLOW, RUN_TIME
from pexcalc.quantities import units
from pexcalc.quantities.annotations import HoursResult, Measured, VolumeResult
from pexcalc.quantities.argument import highest
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.formula import Value, formula, give
from pexcalc.quantities.record import Number, Result
from pexcalc.quantities.working import Basis, arithmetic, work

FlowResult = Annotated[Any, Measured("mL/min", result=True)]


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

    Parameters: plasma_flow (removed), blood_flow, hematocrit; scalars or arrays. Returns: plain
    fraction. Raises QuantityError where more would be removed than flows in. Source:
    filtration-arithmetic (derived).

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

    Parameters: hematocrit, plasma_flow (removed), blood_flow; scalars or arrays. Returns: plain
    fraction. Raises QuantityError where more would be removed than flows in. Source:
    filtration-arithmetic (derived).

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
    validity="at a steady plasma flow, set-up not counted",
    error="alarms and pauses are not counted",
    exchange_volume=EXCHANGE,
    plasma_flow=PLASMA_FLOW,
)
def filtration_time(exchange_volume: Value, plasma_flow: Value) -> Value:
    """Run time on a membrane separator, without set-up.

    Parameters: exchange_volume (patient plasma), plasma_flow (removed); scalars or arrays. Returns:
    time in min. Raises QuantityError. Source: filtration-arithmetic (derived).

    >>> import pint
    >>> Q = pint.UnitRegistry().Quantity
    >>> round(filtration_time(Q(3369.6, "mL"), Q(36, "mL/min")).m_as("min"), 1)
    93.6
    """
    return exchange_volume / plasma_flow


class Membrane(Result):
    """What a run on a membrane separator comes to; anticoagulant is None without a ratio.

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


def work_out(
    exchanged: float,
    cells: float,
    blood_flow: float,
    plasma_flow: float,
    anticoagulant_for: Callable[[float], float] | None,
    basis: dict[str, Basis],
    make: Any,
) -> Membrane:
    """The membrane step, for an exchange volume in mL and flows in mL/min; notes in `basis` how it came about.

    `anticoagulant_for` gives the mL of anticoagulant for mL of blood. What is not filtered off
    reaches the patient: the filtration fraction stands in for the efficiency.
    """
    fraction = work(
        basis,
        "membrane.filtration_fraction",
        filtration_fraction,
        plasma_flow=plasma_flow,
        blood_flow=blood_flow,
        hematocrit=cells,
    )
    behind = work(
        basis,
        "membrane.post_filter_hematocrit",
        post_filter_hematocrit,
        hematocrit=cells,
        plasma_flow=plasma_flow,
        blood_flow=blood_flow,
    )
    minutes = work(
        basis,
        "membrane.run_time",
        filtration_time,
        exchange_volume=exchanged,
        plasma_flow=plasma_flow,
    )
    if not RUN_TIME.holds(minutes / 60):
        came = f"{units.label(round(plasma_flow, 3), 'mL/min')}, a run time of {units.label(round(minutes, 1), 'min')}"
        raise QuantityError(
            "plasma_flow", came, "a flow that gives a run time of 15 min to 12 h", kind="range"
        )

    def of(
        name: str, words: str, numbers: tuple[float, ...], result: float, unit: str = "mL"
    ) -> float:
        return arithmetic(
            basis, f"membrane.{name}", words, numbers, result, unit, "filtration-arithmetic"
        )

    share = of(
        "plasma_share_of_flow", "{} / {}", (plasma_flow, blood_flow), plasma_flow / blood_flow, "1"
    )
    processed = of("blood_processed", "{} x {}", (blood_flow, minutes), blood_flow * minutes)
    anticoagulant: dict[str, Any] = dict.fromkeys(
        ("anticoagulant_used", "anticoagulant_to_patient", "anticoagulant_in_bag", "remove_bag")
    )
    if anticoagulant_for is not None:
        used = anticoagulant_for(processed)
        in_bag = of("anticoagulant_in_bag", "{} x {}", (used, fraction), used * fraction)
        volumes = (
            used,
            of(
                "anticoagulant_to_patient", "{} x (1 - {})", (used, fraction), used * (1 - fraction)
            ),
            in_bag,
            of("remove_bag", "{} + {}", (exchanged, in_bag), exchanged + in_bag),
        )
        anticoagulant = {
            name: give(make, volume, "mL") for name, volume in zip(anticoagulant, volumes)
        }
    return Membrane.model_construct(
        exchange_volume=give(make, exchanged, "mL"),
        blood_flow=give(make, blood_flow, "mL/min"),
        plasma_flow=give(make, plasma_flow, "mL/min"),
        plasma_share_of_flow=share,
        filtration_fraction=fraction,
        post_filter_hematocrit=behind,
        blood_processed=give(make, processed, "mL"),
        run_time=give(make, minutes / 60, "h"),
        **anticoagulant,
    )
