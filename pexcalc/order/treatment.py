"""The ordered replacement fluid, calcium and medicines.

The trap: a product that the table does not have must be under the same safety rules as the products
that it is like, or a new name would lift a stop.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from pexcalc.data import products as product_table
from pexcalc.data import spelling
from pexcalc.data.products import Product
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
from pexcalc.quantities.argument import In
from pexcalc.quantities.errors import FaultKind, Faults, QuantityError
from pexcalc.quantities.given import given_or
from pexcalc.quantities.record import OneLine, Record, Schema, Text
from pexcalc.quantities.units import Fraction, Quantity
from pexcalc.rules.fluids.row import ALBUMIN, BOTH, PLASMA, STARCH

__all__ = ["FINDINGS", "SEQUENCES", "Calcium", "DrugOrder", "Finding", "Fluid", "ProductValues"]

OWN_ID = r"^[a-z0-9]+([.-][a-z0-9]+)*$"  # lower-case words: our-plasma


def _table_of(*kinds: str) -> dict[str, Any]:
    """The JSON schema of a product of these kinds: an id of the table, or one of the order's own.

    Whether the order holds that product concerns two fields, so the schema does not say.
    """
    others = [key for key in product_table.products() if key not in _of_kind(*kinds)]
    return {"enum": others}


class Fluid(Record):
    """What is ordered of the replacement fluid; nothing needs to be. Raises QuantityError.

    choice                    albumin, albumin-then-plasma or plasma; hydroxyethyl-starch is refused
    with a reason
    plasma_share              of the fluid, for albumin-then-plasma; saline_share of the fluid
    balance                   replacement over plasma removed: 1 is 100 %
    albumin, plasma           products of the table or of the order's products (checked there);
    albumin_strength and diluent for a concentrate
    blood_group, plasma_group, donor_group     O, A, B or AB
    refused, accepted         products, of a patient who refuses some
    """

    choice: Literal[FluidChoice, "hydroxyethyl-starch"] | None = None
    sequence: Sequence_ | None = None
    plasma_share: Annotated[Fraction, measured("fluid.plasma_share")] | None = None
    saline_share: Annotated[Fraction, measured("fluid.saline_share")] | None = None
    balance: Annotated[Fraction, measured("fluid.balance")] | None = None
    albumin: (
        Annotated[Text, Schema(pattern=OWN_ID, **{"not": lambda: _table_of(*ALBUMINS)})] | None
    ) = None
    albumin_strength: Annotated[Fraction, measured("fluid.albumin_strength")] | None = None
    diluent: Literal[Diluent, "water"] | None = None
    plasma: (
        Annotated[Text, Schema(pattern=OWN_ID, **{"not": lambda: _table_of("plasma")})] | None
    ) = None
    albumin_container: Annotated[Quantity, measured("fluid.albumin_container")] | None = None
    plasma_container: Annotated[Quantity, measured("fluid.plasma_container")] | None = None
    saline_container: Annotated[Quantity, measured("fluid.saline_container")] | None = None
    blood_group: Group | None = None
    plasma_group: Group | None = None
    donor_group: Group | None = None
    refused: tuple[Component, ...] = ()
    accepted: tuple[Component, ...] = ()

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        self._shares()
        both = set(self.refused) & set(self.accepted)
        if both:
            shown = f"{sorted(both)[0]}, which is refused too"
            raise QuantityError("accepted", shown, "each product once", kind="conflict")
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


Fluid.__module__ = "pexcalc"

ALBUMINS = ("albumin", "concentrate")
# Protein of an albumin solution in g/L: given as it is (as `albumin_strength`), or to be diluted.
PROTEIN_OF = {  # derived: fields.STRENGTH and the concentrates of the table
    "albumin": In("g/L", 30, 50, "g/L", "albumin given as it is"),
    "concentrate": In("g/L", 200, 250, "g/L", "a concentrate"),
}
KINDS_OF_CONTENTS = ("albumin", "concentrate", "plasma", "saline", "cryoprecipitate", STARCH)


class ProductValues(Record):
    """A site's own values of a product, or a product that the table does not have.

    fibrinogen, citrate       of plasma; protein of an albumin solution; containers the sizes
    name, kind                of a product of the site's own: its name on the sheet, and albumin,
    concentrate or plasma
    like                      the product of the table whose safety rules hold for a product of the
    site's own; without it those of every product of its kind do
    """

    name: (
        Annotated[OneLine, Field(max_length=60, description="a name of at most 60 characters")]
        | None
    ) = None
    kind: Literal["albumin", "concentrate", "plasma"] | None = None
    like: Annotated[Text, Schema(enum=lambda: list(_of_kind(*ALBUMINS, "plasma")))] | None = None
    protein: Annotated[Quantity, Measured("g/L")] | None = None
    fibrinogen: Annotated[Quantity, Measured(FIBRINOGEN, within=True)] | None = None
    citrate: Annotated[Quantity, Measured(CITRATE, within=True)] | None = None
    containers: tuple[Annotated[Quantity, Measured(CONTAINER, within=True)], ...] = ()


ProductValues.__module__ = "pexcalc"


def _of_kind(*kinds: str) -> dict[str, Product]:
    return {key: row for key, row in product_table.products().items() if row.kind in kinds}


# --- products of the order ------------------------------------------------------------------------


def check_products(own: Mapping[str, ProductValues]) -> None:
    """Refuse values that a product cannot have, and products without what their kind needs."""
    faults = Faults()
    for id, values in own.items():
        with faults.kept():
            _check_product(id, values)
    names = [name_of(id, own[id]) for id in own if id not in product_table.products()]
    faults.found += [
        QuantityError(
            "products", f"{units.printable(name)} twice", "each name once", kind="conflict"
        )
        for name in dict.fromkeys(name for name in names if names.count(name) > 1)
    ]
    faults.raise_any()


def name_of(id: str, values: ProductValues) -> str:
    """The name of a product of the site's own: as given, or its id in words."""
    return values.name or id.replace("-", " ")


def _check_product(id: str, values: ProductValues) -> None:
    row = product_table.products().get(id)
    if row is None:
        _check_own_product(id, values)
    else:
        of_table = [name for name in ("name", "kind", "like") if getattr(values, name) is not None]
        for name in of_table:
            wanted = "it only for a product that the table does not have"
            raise _fault(id, name, f"a value for {row.name}", wanted, "conflict")
    kind = row.kind if row else str(values.kind)
    for name, kinds in (
        ("protein", ALBUMINS),
        ("fibrinogen", ("plasma",)),
        ("citrate", ("plasma",)),
    ):
        if getattr(values, name) is not None and kind not in kinds:
            wanted = f"it only for {' or '.join(kinds)}"
            raise _fault(id, name, f"a value for {kind}", wanted, "conflict")
    _check_protein(id, values, row)


def _check_protein(id: str, values: ProductValues, row: Product | None) -> None:
    """Protein within the range of its kind, and never more than the table's product has."""
    if values.protein is None:
        return
    kind = row.kind if row else str(values.kind)
    given = PROTEIN_OF[kind].one(f"{units.printable(id)}.protein", values.protein)
    if row is not None and given > (row.protein or 0.0):
        most = f"at most {units.number(row.protein or 0.0)} g/L, as in {row.name}"
        raise _fault(id, "protein", f"{units.number(given)} g/L", most, "range")


def _check_own_product(id: str, values: ProductValues) -> None:
    """A product that the table does not have: its id, its name, and what its kind needs."""
    known = product_table.products()
    shown = units.shown_text(id)
    near = spelling.nearest(id, known)
    if values.kind is None and (near or values == ProductValues()):
        raise QuantityError("products", shown, ", ".join(known), near, kind="unknown")
    if re.fullmatch(OWN_ID, id) is None or len(id) > 60 or id in KINDS_OF_CONTENTS:
        wanted = "an id of the site's own in lower-case words, such as our-plasma"
        raise QuantityError("products", shown, wanted, kind="text")
    if values.kind is None:
        raise _fault(id, "kind", "nothing", "albumin, concentrate or plasma", "missing")
    if name_of(id, values).casefold() in {row.name.casefold() for row in known.values()}:
        got = f"{units.printable(name_of(id, values))}, a product of the table"
        raise _fault(id, "name", got, "a name of the site's own", "conflict")
    kinds = ALBUMINS if values.kind in ALBUMINS else (values.kind,)
    if values.like is not None and values.like not in _of_kind(*kinds):
        near = spelling.nearest(values.like, _of_kind(*kinds))
        got = units.shown_text(values.like)
        raise QuantityError(f"{id}.like", got, ", ".join(_of_kind(*kinds)), near, kind="unknown")
    if not values.containers:
        raise _fault(id, "containers", "nothing", "the sizes, such as 250 mL", "missing")
    if values.kind in ALBUMINS and values.protein is None:
        raise _fault(id, "protein", "nothing", PROTEIN_OF[values.kind].expected, "missing")


def _fault(id: str, name: str, got: str, expected: str, kind: FaultKind) -> QuantityError:
    return QuantityError(f"{units.printable(id)}.{name}", got, expected, kind=kind)


def product_named(id: str, own: Mapping[str, ProductValues]) -> Product:
    """A product of the table with the order's own values, or a product of the order's own."""
    values, row = own.get(id), product_table.products().get(id)
    if values is None:
        return product_table.products()[id]
    if row is None:
        row = _own_row(id, values)
    protein = bare(PROTEIN_OF.get(row.kind, FIBRINOGEN), values.protein)
    fibrinogen, citrate = bare(FIBRINOGEN, values.fibrinogen), bare(CITRATE, values.citrate)
    sizes = tuple(CONTAINER.one("containers", size) for size in values.containers)
    return row._replace(
        protein=given_or(protein, row.protein),
        fibrinogen=row.fibrinogen if fibrinogen is None else (fibrinogen,) * 3,
        citrate=row.citrate if citrate is None else (citrate,) * 3,
        containers=sizes or row.containers,
    )


def _own_row(id: str, values: ProductValues) -> Product:
    """A product of the order's own; what is not said of plasma is unknown."""
    none = None if values.kind == "plasma" else (0.0, 0.0, 0.0)
    kinds = ("plasma",) if values.kind == "plasma" else ALBUMINS
    return Product(
        id=id,
        name=name_of(id, values),
        kind=str(values.kind),
        containers=(),
        source="",
        tag="",
        fibrinogen=none,
        citrate=none,
        judged_as=(values.like,) if values.like else tuple(_of_kind(*kinds)),
    )


# The product of each kind that is meant where the order names none.
ASSUMED_PRODUCTS = {"albumin": "albumin-5", "plasma": "fresh-frozen-plasma", "saline": "saline"}


def products_in(fluid: Fluid) -> dict[str, str]:
    """The ids of the albumin, the plasma and the saline that the figures are of."""
    return {kind: getattr(fluid, kind, None) or id for kind, id in ASSUMED_PRODUCTS.items()}


def check_fluid(
    fluid: Fluid, own: Mapping[str, ProductValues], site: Mapping[str, ProductValues] | None = None
) -> None:
    """Refuse products that neither the table nor the order has, and a concentrate as it is.

    The products of the site are suggested too.
    """
    kinds = {id: row.kind for id, row in product_table.products().items()}
    own_kinds = {**(site or {}), **own}.items()
    kinds |= {id: values.kind for id, values in own_kinds if values.kind is not None}
    faults = [
        *_wrong_product("albumin", fluid.albumin, ALBUMINS, kinds),
        *_wrong_product("plasma", fluid.plasma, ("plasma",), kinds),
    ]
    Faults(faults or _wrong_dilution(fluid, kinds)).raise_any()


def _wrong_product(
    name: str, product: str | None, wanted: tuple[str, ...], kinds: Mapping[str, str]
) -> Iterable[QuantityError]:
    known = {id: kind for id, kind in kinds.items() if kind in wanted}
    if product is not None and product not in known:
        near = spelling.nearest(product, known)
        shown = units.shown_text(product)
        expected = f"a product: {', '.join(known)}"
        yield QuantityError(name, shown, expected, near, kind="unknown")


def _wrong_dilution(fluid: Fluid, kinds: Mapping[str, str]) -> Iterable[QuantityError]:
    """A concentrate needs a strength and a diluent, nothing else has them."""
    concentrate = kinds.get(fluid.albumin or "") == "concentrate"
    known = [id for id, kind in kinds.items() if kind == "concentrate"]
    for name, wanted in (
        ("albumin_strength", STRENGTH.expected),
        ("diluent", "saline or isotonic"),
    ):
        given = getattr(fluid, name) is not None
        if given and not concentrate:
            only = f"it only with {' or '.join(known)}"
            shown = "a value, without a concentrate"
            yield QuantityError(name, shown, only, known, kind="conflict")
        if concentrate and not given:
            yield QuantityError(name, "nothing, with a concentrate", wanted, kind="missing")


# --- calcium and medicines ------------------------------------------------------------------------


class Calcium(Record):
    """What is ordered of calcium: plan (infusion, bolus, oral, none), salt, and its line.

    `line` is separate (another vein), return (the return line of an exchange with albumin) or
    plasma. `reason` says why calcium is not infused.
    """

    plan: CalciumPlan
    salt: CalciumSalt | None = None
    line: CalciumLine | None = None
    reason: (
        Annotated[
            OneLine,
            Field(min_length=3, max_length=200, description="a reason of 3 to 200 characters"),
        ]
        | None
    ) = None


Calcium.__module__ = "pexcalc"


class DrugOrder(Record):
    """One medicine given or due: its name, the time before the start or after the end, its dose."""

    name: Annotated[
        OneLine, Field(min_length=2, max_length=60, description="a name of 2 to 60 characters")
    ]
    when: Annotated[Literal["before", "after"], Field(description="before or after")]
    time: Annotated[
        Quantity, Measured(DELAY, within=True), Field(description="a time such as 24 h")
    ]
    dose: Annotated[Quantity, Measured(DOSE, within=True)] | None = None

    @field_validator("name")
    @classmethod
    def _without_spaces_around(cls, name: str) -> str:
        return name.strip()


DrugOrder.__module__ = "pexcalc"
