"""What is ordered of replacement fluid, calcium and medicines."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from pexcalc.data import products as product_table
from pexcalc.data import spelling
from pexcalc.order.fields import (
    BALANCE,
    CITRATE,
    CONTAINER,
    DELAY,
    DOSE,
    FIBRINOGEN,
    SHARE,
    STRENGTH,
    bare,
)
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Measured
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.record import OneLine, Record, Schema, Text
from pexcalc.rules.fluid_rules import ALBUMIN, BOTH, PLASMA, STARCH

Finding = Literal[
    "bleeding",
    "bleeding-risk",
    "dic",
    "alveolar-haemorrhage",
    "surgery",
    "biopsy",
    "minor-procedure",
    "anticoagulated",
    "iga-deficiency",
    "plasma-anaphylaxis",
    "protein-s-deficiency",
    "jehovahs-witness",
    "frail",
    "hypotensive",
    "hypogammaglobulinaemia",
    "infection-risk",
    "liver-failure",
    "hit",
    "digoxin",
    "qt-risk",
    "platelets-planned",
]
FINDINGS: tuple[str, ...] = Finding.__args__  # type: ignore[attr-defined]
Group = Literal["O", "A", "B", "AB"]
Sequence_ = Literal["plasma-last", "plasma-first", "mixed"]
SEQUENCES: tuple[Sequence_, ...] = ("plasma-last", "mixed", "plasma-first")


class Fluid(Record):
    """What is ordered of the replacement fluid; nothing needs to be. Raises QuantityError.

    choice                    albumin, albumin-then-plasma or plasma; hydroxyethyl-starch is refused
    with a reason
    plasma_share              of the fluid, for albumin-then-plasma; saline_share of the fluid
    balance                   replacement over plasma removed: 1 is 100 %
    albumin, plasma           products of the product table; albumin_strength and diluent for a
    concentrate blood_group, plasma_group, donor_group     O, A, B or AB
    refused, accepted         products, of a patient who refuses some
    """

    choice: Literal["albumin", "albumin-then-plasma", "plasma", "hydroxyethyl-starch"] | None = None
    sequence: Sequence_ | None = None
    plasma_share: Annotated[Any, Measured(SHARE, within=True)] | None = None
    saline_share: Annotated[Any, Measured(SHARE, within=True)] | None = None
    balance: Annotated[Any, Measured(BALANCE, within=True)] | None = None
    albumin: (
        Annotated[Text, Schema(enum=lambda: list(_of_kind("albumin", "concentrate")))] | None
    ) = None
    albumin_strength: Annotated[Any, Measured(STRENGTH, within=True)] | None = None
    diluent: Literal["saline", "isotonic", "water"] | None = None
    plasma: Annotated[Text, Schema(enum=lambda: list(_of_kind("plasma")))] | None = None
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
        if (
            choice in (ALBUMIN, PLASMA, STARCH)
            and share is not None
            and share != (choice == PLASMA)
        ):
            raise QuantityError(
                "plasma_share",
                f"{units.percent(share, 1)} with {choice}",
                f"no share, or {BOTH}",
                kind="conflict",
            )
        if choice == BOTH and share in (0.0, 1.0):
            raise QuantityError(
                "plasma_share",
                units.percent(share, 1),
                "more than 0 % and less than 100 %",
                kind="range",
            )
        if (choice == PLASMA or share == 1) and bare(SHARE, self.saline_share):
            raise QuantityError(
                "saline_share",
                "saline beside plasma alone",
                "saline beside albumin only",
                kind="conflict",
            )
        both = set(self.refused) & set(self.accepted)
        if both:
            raise QuantityError(
                "accepted",
                f"{sorted(both)[0]}, which is refused too",
                "each product once",
                kind="conflict",
            )
        concentrate = (
            self.albumin is not None
            and product_table.products()[self.albumin].kind == "concentrate"
        )
        for name in ("albumin_strength", "diluent"):
            given = getattr(self, name) is not None
            if given and not concentrate:
                came = "a value, without a concentrate"
                raise QuantityError(
                    name,
                    came,
                    "it only with albumin-20 or albumin-25",
                    ["albumin-20", "albumin-25"],
                    kind="conflict",
                )
            if concentrate and not given:
                wanted = STRENGTH.expected if name == "albumin_strength" else "saline or isotonic"
                raise QuantityError(name, "nothing, with a concentrate", wanted, kind="missing")
        return self


Fluid.__module__ = "pexcalc"


class ProductValues(Record):
    """A site's own values of a product in place of the table's: fibrinogen, citrate, container sizes."""

    fibrinogen: Annotated[Any, Measured(FIBRINOGEN, within=True)] | None = None
    citrate: Annotated[Any, Measured(CITRATE, within=True)] | None = None
    containers: tuple[Annotated[Any, Measured(CONTAINER, within=True)], ...] = ()


def _of_kind(*kinds: str) -> dict[str, product_table.Product]:
    return {key: row for key, row in product_table.products().items() if row.kind in kinds}


def _product_named(name: str, product: str | None, kinds: tuple[str, ...]) -> str | None:
    known = _of_kind(*kinds)
    if product is not None and product not in known:
        near = spelling.nearest(product, known)
        raise QuantityError(
            name,
            units.printable(product) or "nothing",
            f"a product: {', '.join(known)}",
            near,
            kind="unknown",
        )
    return product


class Calcium(Record):
    """What is ordered of calcium: plan (infusion, bolus, oral, none), salt, and the line it runs in.

    `line` is separate (another vein), return (the return line of an exchange with albumin) or
    plasma.
    """

    plan: Literal["infusion", "bolus", "oral", "none"]
    salt: Literal["gluconate", "chloride"] | None = None
    line: Literal["separate", "return", "plasma"] | None = None


class DrugOrder(Record):
    """One medicine given or due: its name, the time before the start or after the end, its dose where it matters."""

    name: Annotated[
        OneLine, Field(min_length=2, max_length=60, description="a name of 2 to 60 characters")
    ]
    when: Annotated[Literal["before", "after"], Field(description="before or after")]
    time: Annotated[Any, Measured(DELAY, within=True), Field(description="a time such as 24 h")]
    dose: Annotated[Any, Measured(DOSE, within=True)] | None = None

    @field_validator("name")
    @classmethod
    def _without_spaces_around(cls, name: str) -> str:
        return name.strip()
