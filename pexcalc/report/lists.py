"""What the program knows, as sections of rows: formulas, indications, solutes, fluids, devices, CRS, sources."""

from __future__ import annotations

from collections.abc import Iterable

from pexcalc.data import sources as source_table
from pexcalc.data.devices import Machine
from pexcalc.data.indications import Indication
from pexcalc.data.products import Product
from pexcalc.data.solutes import Known, Solute, Span
from pexcalc.quantities import units
from pexcalc.quantities.argument import Choice, In
from pexcalc.quantities.formula import Formula
from pexcalc.report.layout import Row, Section, cited
from pexcalc.report.wording import in_words, listed_volumes
from pexcalc.rules.crs import SCALES, CrsGrade, Gate, Position
from pexcalc.rules.fluid_rules import FluidRule


def formula_section(formula: Formula) -> Section:
    """One formula with all that is known of it."""
    rows = [
        Row("Equation", f"{expression} in {formula.unit}{f', if {condition}' if condition else ''}")
        for condition, expression in formula.equation
    ]
    rows += [Row(name, _argument(spec)) for name, spec in formula.inputs.items()]
    rows += [
        Row("Valid for", formula.validity),
        Row("Known error", formula.error),
        Row("Source", f"{', '.join(formula.source.split())} [{formula.tag}]"),
    ]
    return Section(formula.name, tuple(rows))


def _argument(spec: In | Choice) -> str:
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
    return (
        "not categorised"
        if row.category == "not-categorised"
        else f"{row.category} {row.grade}".strip()
    )


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
    spans = (
        ("Size", row.mw, "kDa"),
        ("Half-life", row.half_life, "h"),
        ("In plasma", row.fraction, "of the body pool"),
        ("To tissue, k12", row.k12, "per h"),
        ("Catabolism, kel", row.kel, "per h"),
        ("Volume", row.vd, "L/kg"),
        ("Measured loss", row.measured_loss, "of the body amount"),
    )
    singles = (
        ("Clearance", row.clearance, "mL/min at 70 kg"),
        ("From tissue, k21", row.k21, "per h"),
        ("Protein bound", row.binding, "of the drug"),
        ("Sieving", row.sieving, "plasma separator"),
        ("Hemofilter", row.sieving_filter, "sieving"),
        ("Hemofilter", row.clearance_filter, "mL/min"),
        ("High cut-off", row.sieving_high_cutoff, "sieving"),
        ("High cut-off", row.clearance_high_cutoff, "mL/min"),
        ("Donor plasma", row.donor_plasma, ""),
    )
    rows = [
        Row("Id", row.id),
        Row("Also", ", ".join(row.synonyms) or "no other name"),
        Row("Kind", row.kind),
    ]
    rows += [Row("Form", row.form)] if row.form else []
    rows += [Row(label, _span_words(span, unit)) for label, span, unit in spans if span != Span()]
    rows += [Row("Half-life is", row.basis)] if row.basis else []
    rows += [Row(label, _known(known, unit)) for label, known, unit in singles if known]
    for model in row.models:
        parts = {"V1": model.v1, "V2": model.v2, "CL": model.cl, "Q": model.q, "Vmax": model.vmax}
        figures = ", ".join(
            f"{name} {units.number(value, 5)}" for name, value in parts.items() if value
        )
        rows.append(
            Row(
                "Model",
                f"{model.name}: {figures} in L, L/h, mg/h at 70 kg [{model.source}, {model.tag}]",
            )
        )
    rows += [Row("Measured", row.measured_when)] if row.measured_when else []
    rows += [Row("Grade", f"{row.grade}: {row.reason}")]
    rows += [Row("Note", row.note)] if row.note else []
    return Section(row.name, (*rows, Row("Sources", ", ".join(row.sources) or "none found")))


def _known(known: Known, unit: str) -> str:
    sign = {"<": "less than ", "~": "about "}.get(known.note, "")
    named = units.BY_UCUM[known.note].label if known.note in units.BY_UCUM else unit
    return f"{sign}{units.number(known.value, 6)} {named} [{known.tag}]"


def _span_words(span: Span, unit: str) -> str:
    ends = {"low": span.low, "typical": span.typical, "high": span.high}
    words = ", ".join(
        f"{name} {units.number(end.value, 5)} [{end.tag}]" for name, end in ends.items() if end
    )
    return f"{words} {unit}"


def source_section(sources: Iterable[source_table.Source]) -> Section:
    """Sources by their key."""
    return Section("Sources", tuple(Row(source.key, cited(source)) for source in sources))


def fluid_sections(products: Iterable[Product], rules: Iterable[FluidRule]) -> list[Section]:
    """Replacement products, and the rules of the fluid table by their id."""
    sections = [
        Section("Products", tuple(Row(row.id, _product(row)) for row in products)),
        Section("Rules", tuple(Row(rule.id, _rule(rule)) for rule in rules)),
    ]
    return [section for section in sections if section.rows]


def _product(row: Product) -> str:
    parts = [row.name]
    parts += [f"protein {units.number(row.protein, 1)} g/L"] if row.protein is not None else []
    for name, span, unit in (
        ("fibrinogen", row.fibrinogen, "g/L"),
        ("citrate", row.citrate, "mmol/L"),
    ):
        if span is None:
            parts.append(f"{name} not known: enter it in products")
        elif span[2]:
            low, typical, high = (units.number(end, 2) for end in span)
            parts.append(f"{name} {typical} {unit} ({low} to {high})")
    sizes = ", ".join(units.volume(size) for size in row.containers)
    parts.append(f"containers {sizes}" if sizes else "container sizes: yours")
    return f"{'; '.join(parts)} [{row.source}, {row.tag}]"


def _rule(rule: FluidRule) -> str:
    caution = f"; {rule.code}" if rule.code else ""
    return f"{rule.reason} ({rule.strength}{caution}) [{rule.source}]"


def device_section(rows: Iterable[Machine]) -> Section:
    """Devices and anticoagulants by their id."""
    return Section("Devices and anticoagulants", tuple(Row(row.id, _machine(row)) for row in rows))


def _machine(row: Machine) -> str:
    parts = [row.name, row.kind]
    parts += [f"ratio means {row.ratio_meaning.replace('-', ' ')}"] if row.ratio_meaning else []
    alone = row.efficiency[0][1] == row.source if len(row.efficiency) == 1 else False
    parts += [
        f"removal efficiency {units.number(value, 1)} %{'' if alone else f' [{source}]'}"
        for value, source in row.efficiency
    ]
    if row.circuit_volume:
        parts.append(
            f"circuit {' to '.join(units.number(end, 0) for end in row.circuit_volume)} mL"
        )
    parts += [f"citrate {units.number(row.citrate, 1)} mmol/L"] if row.citrate else []
    parts += (
        [f"bags of {', '.join(units.volume(size) for size in row.containers)}"]
        if row.containers
        else []
    )
    return f"{'; '.join(parts)} [{row.source}, {row.tag}]"


def crs_sections(graded: CrsGrade, gate: Gate) -> list[Section]:
    """A grade with its reason, the gate, and the warning about other scales."""
    flags = [Row("Note", flag) for flag in graded.flags]
    return [
        Section(
            "ASTCT 2019",
            (
                Row("Grade", graded.statement),
                Row("Because", graded.reason),
                *flags,
                Row("Scales", SCALES),
                Row("Source", graded.source),
            ),
        ),
        Section("Gate for exchange", (Row("Gate", gate.statement), Row("Source", gate.source))),
    ]


def position_section(rows: Iterable[Position]) -> Section:
    """What guidelines say on exchange in CRS."""
    return Section(
        "Guidelines on exchange in CRS after CAR-T cells",
        tuple(Row("", f"{row.who}: {row.says} [{row.tag}]") for row in rows),
    )
