"""The program's tables as sections: formulas, indications, solutes, fluids, sources, dates.

These are the lists of `pexcalc show`, with the CRS grade and its criteria for exchange.
"""

from __future__ import annotations

from collections.abc import Iterable

from pexcalc.data import sources as source_table
from pexcalc.data.devices import Machine
from pexcalc.data.indications import Indication
from pexcalc.data.products import Product
from pexcalc.data.solutes import Known, Model, Solute, Span
from pexcalc.data.tables import DataTable
from pexcalc.order.site import Site, SiteRow
from pexcalc.quantities import units
from pexcalc.quantities.argument import Choice, In
from pexcalc.quantities.formula import Formula
from pexcalc.quantities.given import words_if, words_if_given
from pexcalc.report.entered import site_row_words
from pexcalc.report.layout import Row, Section, cited, printed
from pexcalc.report.wording import in_words, joined, listed_volumes
from pexcalc.rules.crs import SCALES_NOTE, Criteria, CrsGrade, Position
from pexcalc.rules.fluids.row import FluidRule


def formula_section(formula: Formula) -> Section:
    """One formula with all that is known of it."""
    rows = (
        *(Row("Equation", _equation(formula, *part)) for part in formula.equation),
        *(Row(name, _argument_words(spec)) for name, spec in formula.inputs.items()),
        Row("Valid for", formula.validity),
        Row("Known error", formula.error),
        Row("Source", f"{', '.join(formula.source.split())} [{formula.tag}]"),
    )
    return Section(formula.name, rows)


def _equation(formula: Formula, condition: str, expression: str) -> str:
    return joined(f"{expression} in {formula.unit}", condition, by=", if ")


def _argument_words(spec: In | Choice) -> str:
    if isinstance(spec, Choice):
        return spec.expected
    unit = "a plain number" if spec.unit == "1" else f"in {spec.unit}"
    return f"{unit}; accepted {spec.expected}"


def indication_section(rows: Iterable[Indication]) -> Section:
    """Indications by their id, a line or two each."""
    return Section("Indications", tuple(Row(row.id, _listed_as(row)) for row in rows))


def _listed_as(row: Indication) -> str:
    return f"{in_words(row.title)}; {category(row)}; {dose(row)}"


def category(row: Indication) -> str:
    """Category and grade of an indication."""
    names = {"not-categorised": "not categorized"}
    return names.get(row.category, f"{row.category} {row.grade}".strip())


def dose(row: Indication) -> str:
    """The listed dose of a session in words."""
    return listed_volumes(row) or in_words(row.volume_note) or "no dose"


def solute_list(rows: Iterable[Solute]) -> Section:
    """Solutes by their id, a line each."""
    return Section(
        "Solutes", tuple(Row(row.id, f"{row.name}; {row.kind}; grade {row.grade}") for row in rows)
    )


def solute_section(row: Solute) -> Section:
    """One solute with every value, its evidence tag and its sources."""
    rows = printed(
        Row("Id", row.id),
        Row("Also", ", ".join(row.synonyms) or "no other name"),
        Row("Kind", row.kind),
        Row("Form", row.form),
        *_span_rows(row),
        Row("Half-life is", row.basis),
        *_value_rows(row),
        *(Row("Model", _model(model)) for model in row.models),
        Row("Measured", row.measured_when),
        Row("Grade", f"{row.grade}: {row.reason}"),
        Row("Note", row.note),
        Row("Sources", ", ".join(row.sources) or "none found"),
    )
    return Section(row.name, tuple(rows))


# Label, field of a solute and unit, in the order in which they are listed.
SOLUTE_SPANS = (
    ("Size", "mw", "kDa"),
    ("Half-life", "half_life", "h"),
    ("In plasma", "fraction", "of the body pool"),
    ("To tissue, k12", "k12", "per h"),
    ("Catabolism, kel", "kel", "per h"),
    ("Volume", "vd", "L/kg"),
    ("Measured loss", "measured_loss", "of the body amount"),
)
SOLUTE_VALUES = (
    ("Clearance", "clearance", "mL/min at 70 kg"),
    ("From tissue, k21", "k21", "per h"),
    ("Protein bound", "binding", "of the drug"),
    ("Sieving", "sieving", "plasma separator"),
    ("Hemofilter", "sieving_filter", "sieving"),
    ("Hemofilter", "clearance_filter", "mL/min"),
    ("High cut-off", "sieving_high_cutoff", "sieving"),
    ("High cut-off", "clearance_high_cutoff", "mL/min"),
    ("Donor plasma", "donor_plasma", ""),
)
# Names of the parameters of a two-compartment model, by field.
MODEL_PARAMETERS = {"v1": "V1", "v2": "V2", "cl": "CL", "q": "Q", "vmax": "Vmax"}
SIGNS = {"<": "less than ", "~": "about "}


def _span_rows(solute: Solute) -> list[Row]:
    return printed(
        *(
            Row(label, _known_ends(getattr(solute, field), unit))
            for label, field, unit in SOLUTE_SPANS
        )
    )


def _known_ends(span: Span, unit: str) -> str:
    """The ends that are known, each with its evidence tag; nothing where none is."""
    known = [(name, end) for name, end in span._asdict().items() if end]
    words = ", ".join(f"{name} {units.number(end.value, 5)} [{end.tag}]" for name, end in known)
    return words and f"{words} {unit}"


def _value_rows(solute: Solute) -> list[Row]:
    return printed(
        *(
            Row(label, _known_value(getattr(solute, field), unit))
            for label, field, unit in SOLUTE_VALUES
        )
    )


def _known_value(known: Known | None, unit: str) -> str:
    if known is None:
        return ""
    noted = units.BY_UCUM.get(known.note)
    shown = noted.label if noted else unit
    return f"{SIGNS.get(known.note, '')}{units.number(known.value, 6)} {shown} [{known.tag}]"


def _model(model: Model) -> str:
    values = model._asdict()
    figures = ", ".join(
        f"{name} {units.number(values[field], 5)}"
        for field, name in MODEL_PARAMETERS.items()
        if values[field]
    )
    return f"{model.name}: {figures} in L, L/h, mg/h at 70 kg [{model.source}, {model.tag}]"


def source_section(sources: Iterable[source_table.Source]) -> Section:
    """Sources by their key."""
    return Section("Sources", tuple(Row(source.key, cited(source)) for source in sources))


def table_section(tables: Iterable[DataTable]) -> Section:
    """Data tables by their file, with owner, dates and digest."""
    return Section("Data tables", tuple(Row(one.file, _table_words(one)) for one in tables))


def _table_words(table: DataTable) -> str:
    reviewed = f"reviewed {table.reviewed}" if table.reviewed else "no review on record"
    return (
        f"{table.holds}. Owner: {table.owner}; last changed {table.changed}, {reviewed}, valid "
        f"until {table.valid_until}; digest {table.digest}"
    )


def product_sections(products: Iterable[Product], rules: Iterable[FluidRule]) -> list[Section]:
    """Replacement products, and the rules of the fluid table by their id."""
    listed = (
        Section("Products", tuple(Row(row.id, _product(row)) for row in products)),
        Section("Rules", tuple(Row(rule.id, _rule(rule)) for rule in rules)),
    )
    return [section for section in listed if section.rows]


def _product(row: Product) -> str:
    sizes = ", ".join(map(units.volume, row.containers))
    parts = joined(
        row.name,
        words_if_given(row.protein, lambda protein: f"protein {units.number(protein, 1)} g/L"),
        _content_range("fibrinogen", row.fibrinogen, "g/L"),
        _content_range("citrate", row.citrate, "mmol/L"),
        f"containers {sizes}" if sizes else "container sizes: enter those you stock",
    )
    return f"{parts} [{row.source}, {row.tag}]"


def _content_range(name: str, span: tuple[float, float, float] | None, unit: str) -> str:
    """What a liter holds; nothing where it holds none."""
    if span is None:
        return f"{name} not known: enter it in products"
    low, typical, high = (units.number(end, 2) for end in span)
    return words_if(span[2], f"{name} {typical} {unit} ({low} to {high})")


def _rule(rule: FluidRule) -> str:
    return f"{rule.reason} ({joined(rule.strength, rule.code)}) [{rule.source}]"


UNITS_OF_SHEETS = {
    "entered": "as entered",
    "si": "SI units",
    "us": "US units",
}


def site_sections(site: Site, rows: Iterable[SiteRow]) -> list[Section]:
    """A site file: its name and hash, and every row beside what the program has."""
    about = (
        Row("Site", site.name),
        Row("File hash", site.hash),
        Row("Laboratory values", UNITS_OF_SHEETS[site.units]),
    )
    tables = {"limits": "Limits", "products": "Products", "devices": "Devices"}
    parts = [
        Section(title, tuple(Row("", _site_row(row)) for row in rows if row.table == table))
        for table, title in tables.items()
    ]
    return [Section("Site file", about), *(part for part in parts if part.rows)]


def _site_row(row: SiteRow) -> str:
    if row.value == row.instead_of:
        return f"{site_row_words(row).partition(' instead of ')[0]}, as in the program"
    return site_row_words(row)


def device_section(rows: Iterable[Machine]) -> Section:
    """Devices and anticoagulants by their id."""
    return Section("Devices and anticoagulants", tuple(Row(row.id, _machine(row)) for row in rows))


def _machine(row: Machine) -> str:
    meaning = row.ratio_meaning.replace("-", " ")
    circuit = " to ".join(units.number(end, 0) for end in row.circuit_volume)
    bags = ", ".join(map(units.volume, row.containers))
    parts = joined(
        row.name,
        row.kind,
        meaning and f"ratio means {meaning}",
        *_efficiencies(row),
        circuit and f"circuit {circuit} mL",
        f"citrate {units.number(row.citrate, 1)} mmol/L" if row.citrate else "",
        bags and f"bags of {bags}",
    )
    return f"{parts} [{row.source}, {row.tag}]"


def _efficiencies(row: Machine) -> list[str]:
    """Each published efficiency with its source, unless that is the source of the device."""
    sources = {source for _, source in row.efficiency}
    shown = {source: f"[{source}]" for source in sources}
    if len(row.efficiency) == 1:
        shown[row.source] = ""
    return [
        joined(f"removal efficiency {units.number(value, 1)} %", shown[source], by=" ")
        for value, source in row.efficiency
    ]


def crs_sections(graded: CrsGrade, criteria: Criteria) -> list[Section]:
    """A grade with its reason, the criteria, and the warning about other scales."""
    flags = [Row("Note", flag) for flag in graded.flags]
    return [
        Section(
            "ASTCT 2019",
            (
                Row("Grade", graded.statement),
                Row("Because", graded.reason),
                *flags,
                Row("Scales", SCALES_NOTE),
                Row("Source", graded.source),
            ),
        ),
        Section(
            "Criteria for exchange",
            (Row("Exchange", criteria.statement), Row("Source", criteria.source)),
        ),
    ]


def position_section(rows: Iterable[Position]) -> Section:
    """What guidelines say on exchange in CRS."""
    return Section(
        "Guidelines on exchange in CRS after CAR-T cells",
        tuple(Row("", f"{row.who}: {row.says} [{row.tag}]") for row in rows),
    )
