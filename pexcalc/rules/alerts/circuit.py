"""Alerts on the circuit: its volume and prime, the filter."""

from pexcalc.rules.alerts.row import Rule
from pexcalc.rules.facts import RED_CELL_PRIME, Facts, above

PRIMED = ("device.circuit_volume", "device.prime")


def _circuit_stop(f: Facts) -> float:
    """The share of the blood volume, in %, above which a circuit needs a prime that spares."""
    return f.high(f"circuit-volume-stop{f.circuit.for_neonate}")


# fmt: off
CIRCUIT: tuple[Rule, ...] = (
    Rule(
        id="circuit-volume-without-prime",
        code="W-ECV",
        severity="stop",
        when=lambda f: f.circuit.spared_by == "",
        value=lambda f: f.circuit.share,
        limit="circuit-volume-stop{circuit.for_neonate}",
        message="The circuit volume is {value} of the blood volume, above {limit}, and no prime is "
        "planned that spares the patient: enter the prime (below 20 kg albumin or red cells)",
        about=("device.circuit_volume", "device.prime"),
        enter=("device.prime",),
        needs=("device.circuit_volume",),
    ),
    Rule(
        id="circuit-volume-with-prime",
        code="W-ECV",
        severity="warn",
        when=lambda f: f.circuit.spared_by != "",
        value=lambda f: f.circuit.share,
        limit="circuit-volume-stop{circuit.for_neonate}",
        message="The circuit volume is {value} of the blood volume, above {limit}; the prime is "
        "{circuit.spared_by}{circuit.prime_words}",
        about=("device.circuit_volume", "device.prime"),
        needs=("device.circuit_volume",),
    ),
    Rule(
        id="published-circuit-volume-too-large",
        code="W-ECV",
        severity="stop",
        when=lambda f: f.circuit.spared_by == "",
        value=lambda f: f.circuit.published_low,
        limit="circuit-volume-stop{circuit.for_neonate}",
        message="{circuit.published_words}, above {limit}, and no prime is planned that spares the "
        "patient. Enter the circuit volume and the prime (below 20 kg albumin or red cells)",
        about=PRIMED,
        enter=PRIMED,
        needs=("device.name",),
    ),
    Rule(
        id="published-circuit-volume-may-be-too-large",
        code="W-ECV",
        severity="strong",
        when=lambda f: f.circuit.spared_by == ""
        and not above(f.circuit.published_low, _circuit_stop(f)),
        value=lambda f: f.circuit.published_high,
        limit="circuit-volume-stop{circuit.for_neonate}",
        message="{circuit.published_words}: the high end is above {limit}, and no prime is planned "
        "that spares the patient. Enter the circuit volume and the prime (below 20 kg albumin or "
        "red cells)",
        about=PRIMED,
        enter=PRIMED,
        needs=("device.name",),
    ),
    Rule(
        id="published-circuit-volume-with-prime",
        code="W-ECV",
        severity="warn",
        when=lambda f: f.circuit.spared_by != "",
        value=lambda f: f.circuit.published_high,
        limit="circuit-volume-stop{circuit.for_neonate}",
        message="{circuit.published_words}, above {limit}; the prime is {circuit.spared_by}. Enter "
        "the circuit volume{circuit.prime_words}",
        about=PRIMED,
        enter=("device.circuit_volume",),
        needs=("device.name",),
    ),
    Rule(
        id="published-circuit-volume-notable",
        code="W-ECV",
        severity="warn",
        when=lambda f: f.circuit.spared_by == ""
        and not above(f.circuit.published_high, _circuit_stop(f)),
        value=lambda f: f.circuit.published_high,
        limit="circuit-volume",
        message="{circuit.published_words}, above {limit}. Enter the circuit volume and the prime",
        about=PRIMED,
        enter=PRIMED,
        needs=("device.name",),
    ),
    Rule(
        id="circuit-volume-unknown",
        code="W-ECV",
        severity="strong",
        when=lambda f: f.circuit.spared_by == "",
        value=lambda f: f.circuit.unknown,
        message="Circuit volume and prime are missing, and this program knows no volume for "
        "{value}: enter both in a patient below 35 kg (judgement of this program)",
        about=PRIMED,
        enter=PRIMED,
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="circuit-volume-unknown-with-prime",
        code="W-ECV",
        severity="warn",
        when=lambda f: f.circuit.spared_by != "",
        value=lambda f: f.circuit.unknown,
        message="Circuit volume is missing, and this program knows no volume for {value}; the "
        "prime is {circuit.spared_by}: enter the volume in a patient below 35 kg (judgement of "
        "this program){circuit.prime_words}",
        about=PRIMED,
        enter=("device.circuit_volume",),
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="red-cell-prime",
        code="W-PRIME",
        severity="info",
        when=lambda f: f.circuit.red_cells
        and f.circuit.unknown is None
        and not above(f.circuit.share, _circuit_stop(f))
        and not above(f.circuit.published_high, _circuit_stop(f)),
        value=lambda f: RED_CELL_PRIME,
        message="{value}",
        about=("device.prime",),
        needs=("device.prime",),
        source="program-judgement",
        tag="judgement",
    ),
    Rule(
        id="circuit-volume-notable",
        code="W-ECV",
        severity="warn",
        when=lambda f: f.circuit.spared_by == ""
        and not above(f.circuit.share, _circuit_stop(f)),
        value=lambda f: f.circuit.share,
        limit="circuit-volume",
        message="The circuit volume is {value} of the blood volume, above {limit}, and no prime is "
        "planned",
        about=("device.circuit_volume", "device.prime"),
        enter=("device.prime",),
        needs=("device.circuit_volume",),
    ),
    Rule(
        id="plasma-flow-high",
        code="W-FF",
        severity="warn",
        value=lambda f: f.run.plasma_share_of_flow,
        limit="filtration-share",
        message="Plasma flow is {value} of the blood flow, above {limit}: hemolysis, clotting",
        about=("device.plasma_flow", "device.blood_flow"),
        needs=(("device.plasma_flow", "device.blood_flow"),),
    ),
    Rule(
        id="filter-hematocrit-high",
        code="W-FF",
        severity="warn",
        value=lambda f: f.run.filter_hematocrit,
        limit="filter-hematocrit",
        message="The hematocrit behind the filter is {value}, above {limit}: hemolysis, clotting",
        about=("device.plasma_flow", "device.blood_flow"),
        needs=(("device.plasma_flow", "device.blood_flow"),),
    ),
    Rule(
        id="ultrafiltration-high",
        code="W-FF",
        severity="warn",
        value=lambda f: f.run.ultrafiltration_fraction,
        limit="ultrafiltration-fraction",
        message="The filter takes {value} of the plasma flow, above {limit}: clotting",
        about=("device.blood_flow",),
    ),
)
# fmt: on
