"""modality_sheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pexcalc.data import solutes as solute_table
from pexcalc.data import sources as source_table
from pexcalc.kinetics.modalities import CURVES, NO_EFFECT, SENTENCE, ModalityResult, curve_table
from pexcalc.kinetics.removal import GRADES, NOT_IN_CAR_T
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.words import Row, Section, change, cited

NAMES = {
    "exchange": "Plasma exchange", "hemofiltration-post": "HF post-dilution", "hemofiltration-pre": "HF pre-dilution",
    "hemodiafiltration": "HDF", "high-cutoff": "High cut-off",
}  # fmt: skip

SHORT = (
    "HF hemofiltration; HDF hemodiafiltration, counted as if all of its effluent were filtered: diffusion is not "
    "counted. Where a sieving is an upper bound, so is all that follows from it"
)


def sections(
    found: Iterable[list[ModalityResult]], texts: Mapping[str, Any], explain: bool
) -> tuple[Section, ...]:  # fmt: skip
    """The setting, one section for each solute, the table of sizes, how to read it."""
    rows = list(found)
    entered = [Row(name.replace("_", " "), str(text)) for name, text in texts.items() if text]
    parts = [Section("Setting", tuple(entered)), *(_solute(results) for results in rows)]
    table = curve_table(solute_table.solutes()[results[0].solute] for results in rows)
    if table:
        lines = [
            Row(name, f"{units.number(size, 1)} kDa: "
                + ", ".join(f"{units.number(value, 2)} {curve.name}" for curve, value in zip(CURVES, values)))
            for name, size, values in table
        ]  # fmt: skip
        lines.append(Row("", "log-normal in size; a measured value goes before it; it fails for what binds, clumps or "
                         "falls apart [sieving-curve]"))  # fmt: skip
        parts.append(Section("Sieving by size alone, an upper bound", tuple(lines)))
    if explain:
        basis = [(path, entry.text) for results in rows for one in results for path, entry in one.basis.items()]
        parts.append(
            Section("How each figure came about", tuple(Row(path, text) for path, text in dict(basis).items()))
        )
        known, used = source_table.sources(), ("crrt-clearance", "sieving-curve", "turnover-model")
        keys = dict.fromkeys(
            [*used, *(key for results in rows for key in solute_table.solute(results[0].solute).sources)]
        )
        parts.append(Section("Sources", tuple(Row(key, cited(known[key])) for key in keys)))
    said = (SENTENCE, f"{NOT_IN_CAR_T}; {NO_EFFECT}", SHORT)
    parts.append(Section("Read it as", tuple(Row("", text) for text in said)))
    return tuple(parts)


def _solute(results: list[ModalityResult]) -> Section:
    rows = [Row(NAMES[one.modality], _line(one)) for one in results]
    first = results[0]
    rows.append(Row("Evidence", f"grade {first.grade}: {GRADES[first.grade]}"))
    said = {f"{NAMES[one.modality]}: {caution.message} [{caution.source}]": caution for one in results
            for caution in one.cautions}  # fmt: skip
    rows += [
        Row(f"{caution.severity.upper()} {caution.code}", text, mark=caution.severity) for text, caution in said.items()
    ]
    return Section(first.name, tuple(rows))


def _line(one: ModalityResult) -> str:
    if one.clearance is None or one.day_average is None or one.litres_per_day is None:
        return one.passage
    parts = [
        f"{_span(one.clearance, 'mL/min', 1)} while it runs, {_span(one.day_average, 'mL/min', 2)} over the day, "
        f"{_span(one.litres_per_day, 'L', 1)} cleared a day",
        f"{_share(one.share)} of all clearance while it runs",
        f"{change(one.fall)} at the end, of the mean of 24 hours with one run {change(one.mean_fall)}",
        f"of albumin {_span(one.albumin_litres, 'L', 1)} and of IgG {_span(one.igg_litres, 'L', 1)} cleared a day",
    ]
    if one.filtration_fraction is not None:
        parts.append(f"filtration fraction {units.percent(one.filtration_fraction)}")
    return f"{'; '.join(parts)} [{one.passage}]"


def _share(interval: Interval | None) -> str:
    if interval is None:
        return "an unknown share"
    low, high = units.number(100 * interval.low, 1), units.number(100 * interval.high, 1)
    return f"{low} %" if low == high else f"{low} to {high} %"


def _span(interval: Interval | None, unit: str, places: int) -> str:
    if interval is None:
        return "an unknown volume"
    low, high = (units.number(units.size(end, unit), places) for end in (interval.low, interval.high))
    if low == high:
        return f"{low} {unit}"
    return f"up to {high} {unit}" if low == "0" else f"{low} to {high} {unit}"
