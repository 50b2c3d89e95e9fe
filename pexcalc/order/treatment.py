"""What is ordered of replacement fluid, calcium and medicines."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from pexcalc.data import products as product_table
from pexcalc.data import spelling
from pexcalc.order.fields import (
    CITRATE,
    CONTAINER,
    DELAY,
    DOSE,
    FIBRINOGEN,
    FINDINGS,
    SEQUENCES,
    SHARE,
    STRENGTH,
    CalciumLine,
    CalciumPlan,
    CalciumSalt,
    Component,
    Diluent,
    Finding,
    FluidChoice,
    Group,
    Sequence_,
    bare,
    measured,
)
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Measured
from pexcalc.quantities.errors import QuantityError
from pexcalc.quantities.record import OneLine, Record, Schema, Text
from pexcalc.rules.fluid_rules import ALBUMIN, BOTH, PLASMA, STARCH

__all__ = ["FINDINGS", "SEQUENCES", "Calcium", "DrugOrder", "Finding", "Fluid", "ProductValues"]


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

    choice: Literal[FluidChoice, "hydroxyethyl-starch"] | None = None
    sequence: Sequence_ | None = None
    plasma_share: Annotated[Any, measured("fluid.plasma_share")] | None = None
    saline_share: Annotated[Any, measured("fluid.saline_share")] | None = None
    balance: Annotated[Any, measured("fluid.balance")] | None = None
    albumin: (
        Annotated[Text, Schema(enum=lambda: list(_of_kind("albumin", "concentrate")))] | None
    ) = None
    albumin_strength: Annotated[Any, measured("fluid.albumin_strength")] | None = None
    diluent: Literal[Diluent, "water"] | None = None
    plasma: Annotated[Text, Schema(enum=lambda: list(_of_kind("plasma")))] | None = None
    albumin_container: Annotated[Any, measured("fluid.albumin_container")] | None = None
    plasma_container: Annotated[Any, measured("fluid.plasma_container")] | None = None
    saline_container: Annotated[Any, measured("fluid.saline_container")] | None = None
    blood_group: Group | None = None
    plasma_group: Group | None = None
    donor_group: Group | None = None
    refused: tuple[Component, ...] = ()
    accepted: tuple[Component, ...] = ()

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
        self._shares()
        both = set(self.refused) & set(self.accepted)
        if both:
            shown = f"{sorted(both)[0]}, which is refused too"
            raise QuantityError("accepted", shown, "each product once", kind="conflict")
        self._concentrate()
        return self

    def _shares(self) -> None:
        """Refuse shares of plasma and saline that the choice of fluid contradicts."""
        share, choice = bare(SHARE, self.plasma_share), self.choice
        alone = choice in (ALBUMIN, PLASMA, STARCH)
        if alone and share is not None and share != (choice == PLASMA):
            shown = f"{units.percent(share, 1)} with {choice}"
            raise QuantityError("plasma_share", shown, f"no share, or {BOTH}", kind="conflict")
        if choice == BOTH and share in (0.0, 1.0):
            shown, wanted = units.percent(share, 1), "more than 0 % and less than 100 %"
            raise QuantityError("plasma_share", shown, wanted, kind="range")
        only_plasma = choice == PLASMA or share == 1
        if only_plasma and bare(SHARE, self.saline_share):
            shown, wanted = "saline beside plasma alone", "saline beside albumin only"
            raise QuantityError("saline_share", shown, wanted, kind="conflict")

    def _concentrate(self) -> None:
        """A concentrate needs a strength and a diluent, nothing else has them."""
        row = product_table.products()[self.albumin] if self.albumin is not None else None
        concentrate = row is not None and row.kind == "concentrate"
        for name, wanted in (
            ("albumin_strength", STRENGTH.expected),
            ("diluent", "saline or isotonic"),
        ):
            given = getattr(self, name) is not None
            if given and not concentrate:
                raise QuantityError(
                    name,
                    "a value, without a concentrate",
                    "it only with albumin-20 or albumin-25",
                    ["albumin-20", "albumin-25"],
                    kind="conflict",
                )
            if concentrate and not given:
                raise QuantityError(name, "nothing, with a concentrate", wanted, kind="missing")


Fluid.__module__ = "pexcalc"


class ProductValues(Record):
    """A site's own values of a product: fibrinogen, citrate, container sizes."""

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
    """What is ordered of calcium: plan (infusion, bolus, oral, none), salt, and its line.

    `line` is separate (another vein), return (the return line of an exchange with albumin) or
    plasma.
    """

    plan: CalciumPlan
    salt: CalciumSalt | None = None
    line: CalciumLine | None = None


class DrugOrder(Record):
    """One medicine given or due: its name, the time before the start or after the end, its dose."""

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
