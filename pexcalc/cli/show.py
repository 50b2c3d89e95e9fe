"""`pexcalc show`: what the program knows, as lists and forms. Nothing is calculated here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from pexcalc.cli.options import REQUIRED, F, complete_indication, print_json, refusing


@click.group()
def show() -> None:
    """List what the program knows: indications, solutes, fluids, devices, formulas, sources; forms and schemas."""


def _listed(command: F) -> F:
    """A list, of which TEXT keeps a part."""
    as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    return click.argument("text", required=False)(as_json(command))


def _answer(
    as_json: bool, data: Callable[[], Any], sections: Callable[[Any], Iterable[Any]]
) -> None:
    """Print a list as JSON, or as the sections that `listing` makes of it."""
    if as_json:
        print_json(data())
    else:
        from pexcalc.report import layout, lists

        click.echo(layout.listing(sections(lists)))


@show.command()
@_listed
def formulas(text: str | None, as_json: bool) -> None:
    """Every formula: equation, units, validity, known error, source. TEXT keeps those whose name has it."""
    from pexcalc.exchange import centrifuge, circuit_volume, citrate, dose, membrane
    from pexcalc.exchange import volume as volumes
    from pexcalc.kinetics import dilution, medicines, modalities, turnover
    from pexcalc.quantities.formula import formulas as all_formulas

    found = [
        formula
        for formula in all_formulas(
            volumes,
            dose,
            dilution,
            turnover,
            medicines,
            centrifuge,
            membrane,
            circuit_volume,
            citrate,
            modalities,
        )
        if not text or text.casefold() in formula.name
    ]
    if not found:
        raise click.UsageError(f"no formula has {text} in its name: see pexcalc show formulas.")
    _answer(
        as_json,
        lambda: [formula.to_wire() for formula in found],
        lambda listing: (listing.formula_section(formula) for formula in found),
    )


@show.command()
@_listed
def indications(text: str | None, as_json: bool) -> None:
    """Every indication by its id: category, dose, fluid as listed. TEXT keeps those whose id or name has its words."""
    from pexcalc.data import indications as indication_table

    found = indication_table.indications_with(text or "")
    if not found:
        raise click.UsageError(
            f"no indication has {text} in its id or name: see pexcalc show indications."
        )
    _answer(
        as_json,
        lambda: [row._asdict() for row in found],
        lambda listing: [listing.indication_section(found)],
    )


@show.command()
@_listed
def solutes(text: str | None, as_json: bool) -> None:
    """Every solute and drug; TEXT is a name, a synonym or a part of one, and one that fits is shown whole."""
    from pexcalc.data import solutes as solute_table

    known = solute_table.solutes()
    exact = solute_table.solute_id(text) if text else None
    found = (
        [known[exact]] if exact else [known[name] for name in solute_table.solutes_with(text or "")]
    )
    if not found:
        near = solute_table.solutes_like(text or "")
        meant = f" Did you mean {' or '.join(near)}?" if near else ""
        raise click.UsageError(f"no solute is named {text}: see pexcalc show solutes.{meant}")
    _answer(
        as_json,
        lambda: [row.to_wire() for row in found],
        lambda listing: [
            listing.solute_section(found[0]) if len(found) == 1 else listing.solute_list(found)
        ],
    )


@show.command()
@_listed
def fluids(text: str | None, as_json: bool) -> None:
    """Every replacement product, and the rules by which a fluid is chosen. TEXT keeps those with it in their id."""
    from pexcalc.data import products as product_table
    from pexcalc.rules.fluid_rules import RULES

    typed = (text or "").casefold()
    found = [row for row in product_table.products().values() if typed in f"{row.id} {row.name}"]
    rules = [
        rule
        for rule in RULES
        if not typed or typed in (rule.id.casefold(), rule.caution.casefold())
    ]
    if not (found or rules):
        raise click.UsageError(
            f"no product and no rule has {text} in its id: see pexcalc show fluids."
        )
    known = ("id", "effect", "about", "reason", "source", "strength", "caution")

    def data() -> dict[str, Any]:
        told = [{name: getattr(rule, name) for name in known} for rule in rules]
        return {"products": [row._asdict() for row in found], "rules": told}

    _answer(as_json, data, lambda listing: listing.product_sections(found, rules))


@show.command()
@_listed
def devices(text: str | None, as_json: bool) -> None:
    """Every device and anticoagulant, with what is dependably known of it. TEXT keeps those with it in their id."""
    from pexcalc.data import devices as device_table

    found = [
        row
        for row in device_table.devices().values()
        if not text or text.casefold() in f"{row.id} {row.name}".casefold()
    ]
    if not found:
        raise click.UsageError(f"no device has {text} in its id: see pexcalc show devices.")
    _answer(
        as_json,
        lambda: [row._asdict() for row in found],
        lambda listing: [listing.device_section(found)],
    )


@show.command(name="crs")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def crs_positions(as_json: bool) -> None:
    """What guidelines say on exchange in CRS after CAR-T cells."""
    from pexcalc.rules import crs

    _answer(
        as_json,
        lambda: [row._asdict() for row in crs.POSITIONS],
        lambda listing: [listing.position_section(crs.POSITIONS)],
    )


@show.command()
@_listed
def sources(text: str | None, as_json: bool) -> None:
    """Every source by its key, with the part of it that was consulted. TEXT keeps those whose key has it."""
    from pexcalc.data import sources as source_table

    found = {
        key: source
        for key, source in source_table.sources().items()
        if not text or text.casefold() in key
    }
    if not found:
        raise click.UsageError(f"no source has {text} in its key: see pexcalc show sources.")
    _answer(
        as_json,
        lambda: [source._asdict() for source in found.values()],
        lambda listing: [listing.source_section(found.values())],
    )


@show.command(name="order")
@click.argument("indication", shell_complete=complete_indication)
def order_to_fill(indication: str) -> None:
    """An order for INDICATION to fill in, as JSON: what is null is still to be entered. For prescribe --order."""
    with refusing():
        from pexcalc import json_schema as schemas

        form = schemas.order_to_fill(indication)
    print_json(form)
    needed = (
        f"Needed: {', '.join(REQUIRED)} and one dose. Units and forms: pexcalc show schema order."
    )
    click.echo(f"{needed} The rest may stay as it is.", err=True)


@show.command(name="schema")
@click.argument("name", type=click.Choice(["order", "prescription"]), metavar="order|prescription")
def json_schema(name: str) -> None:
    """The JSON Schema (2020-12) of an order as it is read, or of a prescription as it is written."""
    from pexcalc import json_schema as schemas

    print_json(schemas.schema(name))
