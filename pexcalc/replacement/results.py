"""Records of the replacement fluid.

What is ordered of it is in order/treatment.py, what becomes of that in replacement/choice.py, the
figures of one fluid in replacement/plan.py.
"""

from typing import Annotated, Literal

from pexcalc.quantities.annotations import Between, Interval, Measured, PlainInterval, VolumeResult
from pexcalc.quantities.record import Flag, LateResult, Number, Result, Text, Whole
from pexcalc.quantities.units import Quantity
from pexcalc.replacement.containers import Change, ContainerPlan, Containers

ConcentrationInterval = Annotated[Interval[Quantity, Quantity | None], Between("g/L")]


class Reason(Result):
    """Why an option is there, is not, or should not be taken: rule, sentence, source, strength."""

    rule: Text
    reason: Text
    source: Text
    strength: Literal["must", "should", "consider"]


Reason.__module__ = "pexcalc"


class FluidSegment(Result):
    """A volume of one product; segments of one stage run together, stages one after another."""

    stage: Whole
    product: Text
    volume: VolumeResult
    share: Number


FluidSegment.__module__ = "pexcalc"


class ProductUsed(Result):
    """One product: its name, where that is from, what a liter of it holds; None is not known.

    `origin` is entered or assumed; `own` says that the order's own values stand in place of the
    table's.
    """

    kind: Literal["albumin", "plasma", "saline"]
    name: Text
    origin: Literal["entered", "assumed"]
    own: Flag
    fibrinogen: ConcentrationInterval | None
    citrate: Annotated[Interval[Quantity, Quantity | None], Between("mmol/L")] | None
    igg: Annotated[Quantity, Measured("g/L", result=True)] | None
    albumin: Annotated[Quantity, Measured("g/L", result=True)] | None
    source: Text


ProductUsed.__module__ = "pexcalc"


class Left(Result):
    """What an exchange with this fluid leaves of a solute, by the prediction of one session.

    Low and high are the ends of a 90 % range for one patient. `kept` is the fraction of the start
    that is left, `added` what the fluid adds; `before` is the laboratory value, `after` the level
    at the end and `lowest` the lowest level on the way, typical; None where it is not entered.
    """

    solute: Text
    sequence: Text
    kept: PlainInterval
    added: ConcentrationInterval | None
    before: Annotated[Quantity, Measured("g/L", result=True)] | None
    after: ConcentrationInterval | None
    lowest: Annotated[Quantity, Measured("g/L", result=True)] | None


Left.__module__ = "pexcalc"


class Dilution(Result):
    """How a concentrate becomes the fluid: both volumes and the parts, concentrate to diluent."""

    product: Text
    concentrate: VolumeResult
    diluent: VolumeResult
    diluted_with: Text
    parts: Number
    strength: Number


Dilution.__module__ = "pexcalc"


class Option(Result):
    """One fluid with its reasons, what it leaves, its containers and schedule.

    `state` is ordered, default, or open. Without a share of plasma an option of two fluids is named
    and not calculated: its segments are empty and `asks` says what is missing. `plans` hold the
    containers to hang: the dose to the milliliter, and whole containers only.
    """

    fluid: Text
    state: Literal["ordered", "default", "open"]
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...]
    cautions: tuple[Text, ...]
    asks: Text
    sequence: Text
    volume: VolumeResult
    plasma_share: Number | None
    share_origin: Text
    segments: tuple[FluidSegment, ...]
    left: tuple[Left, ...]
    dilution: Dilution | None
    containers: tuple[Containers, ...]
    plans: tuple[ContainerPlan, ...]
    schedule: tuple[Change, ...]


Option.__module__ = "pexcalc"


class ReplacementPlan(LateResult):
    """The options, what was removed and why; `default` and `ordered` name an option or are None.

    `statement` says so where nothing safe is left. `notes` hold for every option; `conflicts` are
    disagreements: topic, one, the other, what is done here, sources. `blood_groups` are the groups
    of plasma that may be given.
    """

    options: tuple[Option, ...]
    products: tuple[ProductUsed, ...]
    removed: tuple[Reason, ...]
    default: Text | None
    ordered: Text | None
    statement: Text
    notes: tuple[Reason, ...]
    conflicts: tuple[tuple[Text, Text, Text, Text, Text], ...]
    blood_groups: tuple[Text, ...]


ReplacementPlan.__module__ = "pexcalc"
