"""`pexcalc show`: the program's tables as lists, order forms and schemas. No calculation.

Tables are loaded when they are asked for, so that a list of sources does not wait for formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from pexcalc.cli.options import F, complete_indication, print_json, refusing, site_from
from pexcalc.quantities.given import words_if

FORMULA_MODULES = (
    "exchange.volume",
    "exchange.dose",
    "kinetics.dilution",
    "kinetics.turnover",
    "kinetics.dose_lost",
    "exchange.centrifuge",
    "exchange.membrane",
    "exchange.circuit_volume",
    "exchange.citrate",
    "kinetics.filters",
)
RULE_FIELDS = ("id", "effect", "fluids", "reason", "source", "strength", "code")


@click.group()
def show() -> None:
    """List the program's tables: indications, solutes, fluids, devices, formulas, sources.

    Also the dates of the tables, forms of orders and the JSON schemas.
    """


def _listed(command: F) -> F:
    """A list, of which TEXT keeps a part."""
    as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    return click.argument("text", required=False)(as_json(command))


def _print(
    as_json: bool, data: Callable[[], Any], sections: Callable[[Any], Iterable[Any]]
) -> None:
    """Print a list as JSON, or as the sections that report.lists has for it."""
    if as_json:
        print_json(data())
    else:
        from pexcalc.report import layout, lists

        click.echo(layout.listing(sections(lists)))


def _as_data(rows: Iterable[Any]) -> list[dict[str, Any]]:
    return [row._asdict() for row in rows]


def _without_column(key: str, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != key} for row in rows]


def _with_text(rows: Iterable[Any], text: str | None, searched: Callable[[Any], str]) -> list[Any]:
    """The rows with a text in what is searched, or all without one."""
    typed = (text or "").casefold()
    return [row for row in rows if typed in searched(row).casefold()]


def _refuse_nothing(found: Iterable[Any], sentence: str) -> None:
    """Refuse a text that no row has."""
    if not list(found):
        raise click.UsageError(sentence)


def _id_and_name(row: Any) -> str:
    return f"{row.id} {row.name}"


@show.command(name="formulas")
@_listed
def show_formulas(text: str | None, as_json: bool) -> None:
    """Every formula: equation, units, validity, known error, source.

    TEXT keeps those whose name has it.
    """
    from importlib import import_module

    from pexcalc.quantities.formula import formulas

    every = formulas(*(import_module(f"pexcalc.{name}") for name in FORMULA_MODULES))
    found = _with_text(every, text, lambda formula: formula.name)
    _refuse_nothing(found, f"no formula has {text} in its name: see pexcalc show formulas.")
    _print(
        as_json,
        lambda: [formula.to_wire() for formula in found],
        lambda lists: map(lists.formula_section, found),
    )


@show.command(name="indications")
@_listed
def show_indications(text: str | None, as_json: bool) -> None:
    """Every indication by its id: category, dose, fluid as listed.

    TEXT keeps those whose id or name has its words.
    """
    from pexcalc.data import indications

    found = indications.indications_with(text or "")
    other = indications.not_itself(text or "")
    nothing = f"no indication has {text} in its id or name: see pexcalc show indications."
    if other is not None:
        disease, near = other
        found = []
        nothing = f"{disease} is not itself in ASFA 2023; nearest rows: {', '.join(near)}."
    _refuse_nothing(found, nothing)
    _print(as_json, lambda: _as_data(found), lambda lists: [lists.indication_section(found)])


@show.command(name="solutes")
@_listed
def show_solutes(text: str | None, as_json: bool) -> None:
    """Every solute and drug.

    TEXT is a name, a synonym or a part of one, and one that fits is shown whole.
    """
    from pexcalc.data import solutes

    known = solutes.solutes()
    exact = solutes.solute_id(text or "")
    names = [exact] if exact else solutes.solutes_with(text or "")
    found = [known[name] for name in names]
    near = " or ".join(solutes.solutes_like(text or "")) if not found else ""
    meant = words_if(near, f" Did you mean {near}?")
    _refuse_nothing(found, f"no solute is named {text}: see pexcalc show solutes.{meant}")
    _print(
        as_json,
        lambda: [row.to_wire() for row in found],
        lambda lists: (
            map(lists.solute_section, found) if len(found) == 1 else [lists.solute_list(found)]
        ),
    )


@show.command(name="fluids")
@_listed
def show_fluids(text: str | None, as_json: bool) -> None:
    """Every replacement product, and the rules for the choice of fluid.

    TEXT keeps those with it in their id.
    """
    from pexcalc.data import products
    from pexcalc.rules.fluids import FLUID_RULES

    typed = (text or "").casefold()
    found = _with_text(products.products().values(), text, _id_and_name)
    rules = [
        rule for rule in FLUID_RULES if typed in ("", rule.id.casefold(), rule.code.casefold())
    ]
    _refuse_nothing(
        [*found, *rules], f"no product and no rule has {text} in its id: see pexcalc show fluids."
    )
    chosen = [{name: getattr(rule, name) for name in RULE_FIELDS} for rule in rules]
    _print(
        as_json,
        lambda: {"products": _without_column("judged_as", _as_data(found)), "rules": chosen},
        lambda lists: lists.product_sections(found, rules),
    )


@show.command(name="devices")
@_listed
def show_devices(text: str | None, as_json: bool) -> None:
    """Every device and anticoagulant, with its published values.

    TEXT keeps those with it in their id.
    """
    from pexcalc.data import devices

    found = _with_text(devices.devices().values(), text, _id_and_name)
    _refuse_nothing(found, f"no device has {text} in its id: see pexcalc show devices.")
    _print(as_json, lambda: _as_data(found), lambda lists: [lists.device_section(found)])


@show.command(name="crs")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def crs_positions(as_json: bool) -> None:
    """Guidelines on exchange in CRS after CAR-T cells."""
    from pexcalc.rules import crs

    _print(
        as_json,
        lambda: _as_data(crs.POSITIONS),
        lambda lists: [lists.position_section(crs.POSITIONS)],
    )


@show.command(name="sources")
@_listed
def show_sources(text: str | None, as_json: bool) -> None:
    """Every source by its key, with the part of it that was consulted.

    TEXT keeps those whose key has it.
    """
    from pexcalc.data import sources

    found = _with_text(sources.sources().values(), text, lambda source: source.key)
    _refuse_nothing(found, f"no source has {text} in its key: see pexcalc show sources.")
    _print(as_json, lambda: _as_data(found), lambda lists: [lists.source_section(found)])


@show.command(name="tables")
@_listed
def show_tables(text: str | None, as_json: bool) -> None:
    """Every data table: role of its owner, last change, review, valid until.

    TEXT keeps those whose name has it.
    """
    from pexcalc.data import tables

    found = _with_text(tables.data_tables().values(), text, lambda table: table.file)
    _refuse_nothing(found, f"no table has {text} in its name: see pexcalc show tables.")
    _print(as_json, lambda: _as_data(found), lambda lists: [lists.table_section(found)])


@show.command(name="site")
@click.argument("file", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_site(file: str, as_json: bool) -> None:
    """Values of the site file FILE, and which of them differ from the program."""
    site = site_from(file)
    rows = site.rows()
    _print(
        as_json,
        lambda: {**site.to_wire(), "rows": [row.to_wire() for row in rows]},
        lambda lists: lists.site_sections(site, rows),
    )


@show.command(name="order")
@click.argument("indication", shell_complete=complete_indication)
def show_order(indication: str) -> None:
    """An order for INDICATION to fill in, as JSON.

    Enter a value for each null, then use it with prescribe --order.
    """
    with refusing():
        from pexcalc import json_schema
        from pexcalc.order.fields import REQUIRED

        form = json_schema.order_to_fill(indication)
    print_json(form)
    click.echo(
        f"Needed: {', '.join(REQUIRED)} and one dose. Units and forms: pexcalc show schema order. "
        "The rest may stay as it is.",
        err=True,
    )


@show.command(name="schema")
@click.argument("name", type=click.Choice(["order", "prescription"]), metavar="order|prescription")
def show_schema(name: str) -> None:
    """The JSON Schema (2020-12) of an order that is read or a prescription that is written."""
    from pexcalc import json_schema

    print_json(json_schema.schema(name))
