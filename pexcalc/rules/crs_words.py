"""The words of cytokine release syndrome: scales, oxygen devices, vasopressors, other causes.

Apart from rules/crs.py, which checks with them, because help and completion read them too.
"""

from typing import Literal, get_args

Scale = Literal["astct-2019", "penn", "lee-2014", "other"]
OxygenDevice = Literal[
    "room-air", "nasal-cannula", "high-flow-nasal-cannula", "blow-by", "facemask",
    "non-rebreather", "venturi", "cpap", "bipap", "niv", "ventilated",
]  # fmt: skip
Vasopressor = Literal[
    "norepinephrine", "epinephrine", "dopamine", "phenylephrine", "ephedrine", "metaraminol",
    "angiotensin-ii", "vasopressin", "other",
]  # fmt: skip
SCALES: tuple[str, ...] = get_args(Scale)
DEVICES: tuple[str, ...] = get_args(OxygenDevice)
VASOPRESSORS: tuple[str, ...] = get_args(Vasopressor)
OTHER_CAUSES = ("fever", "hypotension", "hypoxia")
SINCE_INFUSION = (0, 8760)  # judgement plausibility: hours since the CAR-T infusion
