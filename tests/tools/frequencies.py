"""How often each alert fires in 1,000 ordinary random adults: docs/cautions.md.

    python -m tests.tools.frequencies

Ordinary: an adult of usual size with one of the common indications, the listed dose, the fluid that
the rules choose, and everything entered that the fluid asks for.
"""

import random
from collections import Counter

from pexcalc import Order, prescribe
from pexcalc.rules.alerts import RULES
from pexcalc.rules.cautions import SEVERITIES
from tests.support.paths import ROOT
from tests.tools.markdown import table

PAGE = ROOT / "docs" / "cautions.md"
NUMBER = 1000
COMMON = (
    "gbs-primary", "mg-acute", "cidp", "nmosd-acute", "anti-gbm-dialysis-independent",
    "kidney-tx-abo-compatible-amr", "fsgs-recurrent-graft", "cryoglobulinaemia",
    "nmdar-encephalitis", "ttp",
)  # fmt: skip


def quantity(value, unit):
    return {"value": round(value, 1), "unit": unit}


def ordinary(dice):
    """One order, as JSON holds it."""
    sex = dice.choice(["male", "female"])
    height = dice.gauss(177, 7) if sex == "male" else dice.gauss(164, 6)
    weight = dice.uniform(19, 30) * (height / 100) ** 2
    indication = dice.choice(COMMON)
    plasma = indication == "ttp"
    return {
        "indication": indication,
        "patient": {
            "sex": sex, "age": quantity(dice.uniform(18, 80), "a"), "height": quantity(height, "cm"),
            "weight": quantity(weight, "kg"), "hematocrit": quantity(dice.uniform(26, 46), "%"),
        },
        "dose": {"plasma_volumes": dice.choice([1.5] if plasma else [1.0, 1.0, 1.2, 1.5])},
        "labs": {
            "fibrinogen": quantity(dice.uniform(2, 5), "g/L"), "potassium": quantity(dice.uniform(3.6, 5), "mmol/L"),
            "ionized_calcium": quantity(dice.uniform(1.1, 1.3), "mmol/L"),
            "platelets": quantity(dice.uniform(10, 60) if plasma else dice.uniform(120, 400), "10*9/L"),
        },
        "course": {"sessions": 5, "interval": quantity(24 if plasma else 48, "h")},
        "device": {
            "name": "spectra-optia", "inlet_flow": quantity(dice.uniform(50, 70), "mL/min"), "ratio": dice.choice([10, 12]),
            "plasma_removal_efficiency": quantity(87, "%"), "anticoagulant": "acd-a", "circuit_volume": quantity(185, "mL"),
        },
        "fluid": {"blood_group": dice.choice(["O", "A", "B", "AB"])},
        "calcium": {"plan": "infusion", "line": "separate"},
    }  # fmt: skip


def at_the_bedside(order):
    """The same order as it is typed at the bedside: no laboratory values, no course, no device."""
    return {key: value for key, value in order.items() if key not in ("labs", "course", "device")}


def count(typed=dict):
    """Patients in whom each alert fires, with none, with none above info, and the mean above info."""
    dice = random.Random(2026)
    fired, without, informed, above = Counter(), 0, 0, 0
    for _ in range(NUMBER):
        cautions = prescribe(Order.from_wire(typed(ordinary(dice)))).cautions
        fired.update(caution.id for caution in cautions)
        without += not cautions
        louder = sum(caution.severity != "info" for caution in cautions)
        informed += not louder
        above += louder
    return fired, without, informed, above / NUMBER


HEAD = ("Alert", "Code", "Severity", "Patients", "At the bedside")
TEXT = """# Alerts in ordinary patients

How often each alert fires in {number:,} random adults of usual size, with a common indication, its listed dose,
the fluid that the rules choose, ordinary laboratory values, and everything entered that this fluid asks for.
Written by `python -m tests.tools.frequencies`; a test compares.

No alert at all in {without:,} of {number:,}; none above `info` in {informed:,}.

The same adults as they are typed at the bedside, without laboratory values, course and device (last column):
no alert at all in {quiet:,}, none above `info` in {calm:,}; alerts above `info`: {mean:.2f} a patient.

{rows}

Alerts that fire often do so for a reason. Those on citrate, on alkalosis with daily plasma, on low platelets in
TTP and `fibrinogen-low-afterwards-at-risk` come with few platelets and plasma every day in thrombotic
thrombocytopenic purpura, one patient in ten here. `fibrinogen-low-afterwards` is true of most exchanges of 1.5
plasma volumes with albumin: fibrinogen ends below 1 g/L unless it was above 4.5. `levels-fall-over-course` is
true of every course with sessions at most 48 h apart, and `dyspnea-during-plasma` of every order of plasma alone.
"""


def page():
    fired, without, informed, _ = count()
    bedside, quiet, calm, mean = count(at_the_bedside)
    rules = sorted(RULES, key=lambda one: (-fired[one.id], SEVERITIES.index(one.severity), one.id))
    patients = [(f"{fired[one.id]:,}", f"{bedside[one.id]:,}") for one in rules]
    cells = [(one.id, one.code, one.severity, *both) for one, both in zip(rules, patients)]
    return TEXT.format(
        number=NUMBER, without=without, informed=informed, quiet=quiet, calm=calm, mean=mean,
        rows="\n".join(table(HEAD, cells, "---")),
    )  # fmt: skip


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
