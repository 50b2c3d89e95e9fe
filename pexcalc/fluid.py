"""The replacement fluid: what is ordered of it, and what comes out, as records.

What becomes of an order is in replacement.py, the figures of one fluid in plans.py.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import field_validator, model_validator

from pexcalc.citrate import CITRATE
from pexcalc.containers import CONTAINER, Change, Containers
from pexcalc.data import products as product_table
from pexcalc.data import spelling
from pexcalc.patient import FIBRINOGEN
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Between, Interval, Measured, PlainInterval, VolumeResult
from pexcalc.quantities.argument import In
from pexcalc.quantities.record import Flag, Number, Record, Result, Text, Told, Whole
from pexcalc.quantities.units import QuantityError
from pexcalc.rules.fluid_rules import ALBUMIN, BOTH, PLASMA, STARCH

SHARE = In("1", 0, 1, "%")
BALANCE = In("1", 0.7, 1.3, "%")
STRENGTH = In("1", 0.03, 0.05, "%")

Finding = Literal[
    "bleeding", "bleeding-risk", "dic", "alveolar-haemorrhage", "surgery", "biopsy", "minor-procedure",
    "anticoagulated", "iga-deficiency", "plasma-anaphylaxis", "protein-s-deficiency", "jehovahs-witness", "frail",
    "hypotensive", "hypogammaglobulinaemia", "infection-risk", "liver-failure", "hit", "digoxin", "qt-risk",
    "platelets-planned",
]  # fmt: skip
FINDINGS: tuple[str, ...] = Finding.__args__  # type: ignore[attr-defined]
Group = Literal["O", "A", "B", "AB"]
Sequence_ = Literal["plasma-last", "plasma-first", "mixed"]
SEQUENCES: tuple[Sequence_, ...] = ("plasma-last", "mixed", "plasma-first")
ConcentrationInterval = Annotated[Interval, Between("g/L")]


class Fluid(Record):
    """What is ordered of the replacement fluid; nothing needs to be. Raises QuantityError.

    choice                    albumin, albumin-then-plasma or plasma; hydroxyethyl-starch is refused with a reason
    plasma_share              of the fluid, for albumin-then-plasma; saline_share of the fluid
    balance                   replacement over plasma removed: 1 is 100 %
    albumin, plasma           products of the product table; albumin_strength and diluent for a concentrate
    blood_group, plasma_group, donor_group     O, A, B or AB
    refused, accepted         products, of a patient who refuses some
    """

    choice: Literal["albumin", "albumin-then-plasma", "plasma", "hydroxyethyl-starch"] | None = None
    sequence: Sequence_ | None = None
    plasma_share: Annotated[Any, Measured(SHARE, within=True)] | None = None
    saline_share: Annotated[Any, Measured(SHARE, within=True)] | None = None
    balance: Annotated[Any, Measured(BALANCE, within=True)] | None = None
    albumin: Annotated[Text, Told(enum=lambda: list(_of_kind("albumin", "concentrate")))] | None = None
    albumin_strength: Annotated[Any, Measured(STRENGTH, within=True)] | None = None
    diluent: Literal["saline", "isotonic", "water"] | None = None
    plasma: Annotated[Text, Told(enum=lambda: list(_of_kind("plasma")))] | None = None
    albumin_container: Annotated[Any, Measured(CONTAINER, within=True)] | None = None
    plasma_container: Annotated[Any, Measured(CONTAINER, within=True)] | None = None
    saline_container: Annotated[Any, Measured(CONTAINER, within=True)] | None = None
    blood_group: Group | None = None
    plasma_group: Group | None = None
    donor_group: Group | None = None
    refused: tuple[Literal["albumin", "plasma", "cryoprecipitate"], ...] = ()
    accepted: tuple[Literal["albumin", "plasma", "cryoprecipitate"], ...] = ()

    @field_validator("albumin")
    @classmethod
    def _an_albumin(cls, name: str | None) -> str | None:
        return _product_named("albumin", name, ("albumin", "concentrate"))

    @field_validator("plasma")
    @classmethod
    def _a_plasma(cls, name: str | None) -> str | None:
        return _product_named("plasma", name, ("plasma",))

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        share, choice = bare(SHARE, self.plasma_share), self.choice
        if choice in (ALBUMIN, PLASMA, STARCH) and share is not None and share != (choice == PLASMA):
            raise QuantityError(
                "plasma_share", f"{units.percent(share, 1)} with {choice}", f"no share, or {BOTH}", kind="conflict"
            )
        if choice == BOTH and share in (0.0, 1.0):
            raise QuantityError(
                "plasma_share", units.percent(share, 1), "more than 0 % and less than 100 %", kind="range"
            )
        if (choice == PLASMA or share == 1) and bare(SHARE, self.saline_share):
            raise QuantityError(
                "saline_share", "saline beside plasma alone", "saline beside albumin only", kind="conflict"
            )
        both = set(self.refused) & set(self.accepted)
        if both:
            raise QuantityError(
                "accepted", f"{sorted(both)[0]}, which is refused too", "each product once", kind="conflict"
            )
        concentrate = self.albumin is not None and product_table.products()[self.albumin].kind == "concentrate"
        for name in ("albumin_strength", "diluent"):
            given = getattr(self, name) is not None
            if given and not concentrate:
                came = "a value, without a concentrate"
                raise QuantityError(
                    name, came, "it only with albumin-20 or albumin-25", ["albumin-20", "albumin-25"], kind="conflict"
                )
            if concentrate and not given:
                wanted = STRENGTH.expected if name == "albumin_strength" else "saline or isotonic"
                raise QuantityError(name, "nothing, with a concentrate", wanted, kind="missing")
        return self


class ProductValues(Record):
    """A site's own values of a product in place of the table's: fibrinogen, citrate, container sizes."""

    fibrinogen: Annotated[Any, Measured(FIBRINOGEN, within=True)] | None = None
    citrate: Annotated[Any, Measured(CITRATE, within=True)] | None = None
    containers: tuple[Annotated[Any, Measured(CONTAINER, within=True)], ...] = ()


class Reason(Result):
    """Why an option is there, is not, or should not be taken: rule, sentence, source, strength."""

    rule: Text
    reason: Text
    source: Text
    strength: Literal["must", "should", "consider"]


class Segment(Result):
    """A volume of one product; segments of one stage run together, stages one after another."""

    stage: Whole
    product: Text
    volume: VolumeResult
    share: Number


class ProductUsed(Result):
    """What is taken of one product: its name, where it comes from, and per litre what it holds; None is not known.

    `origin` is entered or assumed; `own` says that the order's own values stand in place of the table's.
    """

    kind: Literal["albumin", "plasma", "saline"]
    name: Text
    origin: Literal["entered", "assumed"]
    own: Flag
    fibrinogen: ConcentrationInterval | None
    citrate: Annotated[Interval, Between("mmol/L")] | None
    igg: Annotated[Any, Measured("g/L", result=True)] | None
    albumin: Annotated[Any, Measured("g/L", result=True)] | None
    source: Text


class Left(Result):
    """What an exchange with this fluid leaves of a solute, by dilution alone.

    `kept` is the fraction of the start that is left, `added` what the fluid adds; `before` is the laboratory value and
    `after` what both come to and `lowest` the lowest level on the way, typical; None where it is not entered.
    """

    solute: Text
    sequence: Text
    kept: PlainInterval
    added: ConcentrationInterval | None
    before: Annotated[Any, Measured("g/L", result=True)] | None
    after: ConcentrationInterval | None
    lowest: Annotated[Any, Measured("g/L", result=True)] | None


class Dilution(Result):
    """How a concentrate becomes the fluid: both volumes and the parts, concentrate to diluent."""

    product: Text
    concentrate: VolumeResult
    diluent: VolumeResult
    diluted_with: Text
    parts: Number
    strength: Number


class Option(Result):
    """One fluid with its reasons, what it leaves, its containers and schedule.

    `state` is ordered, default, or open. Without a share of plasma an option of two fluids is named and not worked out:
    its segments are empty and `asks` says what is missing.
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
    segments: tuple[Segment, ...]
    left: tuple[Left, ...]
    dilution: Dilution | None
    containers: tuple[Containers, ...]
    schedule: tuple[Change, ...]


class ReplacementPlan(Result):
    """The options that are open, what was removed and why; `default` and `ordered` name one of the options or are None.

    `statement` says so where nothing safe is left. `notes` hold for every option; `conflicts` are disagreements:
    topic, one, the other, what is done here, sources. `blood_groups` are the groups of plasma that may be given.
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


def bare(spec: In, value: Any) -> float | None:
    """The plain number of a value that may not be entered, in the unit of its kind."""
    return None if value is None else spec.one("value", value)


def _of_kind(*kinds: str) -> dict[str, product_table.Product]:
    return {key: row for key, row in product_table.products().items() if row.kind in kinds}


def _product_named(name: str, product: str | None, kinds: tuple[str, ...]) -> str | None:
    known = _of_kind(*kinds)
    if product is not None and product not in known:
        near = spelling.nearest(product, known)
        raise QuantityError(
            name, units.printable(product) or "nothing", f"a product: {', '.join(known)}", near, kind="unknown"
        )
    return product
