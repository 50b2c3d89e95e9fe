"""Other modalities beside an exchange, in words: levels, sieving, and what has no known effect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pexcalc.data import solutes as solute_table
from pexcalc.data import sources as source_table
from pexcalc.kinetics.filters import CURVES, curve_table
from pexcalc.kinetics.modalities import NO_EFFECT, SENTENCE, ModalityResult
from pexcalc.kinetics.removal import GRADES, NOT_IN_CAR_T
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Interval
from pexcalc.quantities.given import words_if_given
from pexcalc.report.layout import Row, Section, cited, plain_name
from pexcalc.report.wording import change, joined, rounded
from pexcalc.rules.cautions import Caution

MODALITY_NAMES = {
    "exchange": "Plasma exchange",
    "hemofiltration-post": "HF post-dilution",
    "hemofiltration-pre": "HF pre-dilution",
    "hemodiafiltration": "HDF",
    "high-cutoff": "High cut-off",
}

DIFFUSION = (
    "HF hemofiltration; HDF hemodiafiltration, calculated as if all of its effluent were "
    "filtered: diffusion is not included"
)
ABBREVIATIONS = (
    f"{DIFFUSION}. Where a sieving is an upper bound, so is every figure derived from it"
)
SIZE_ALONE = Row(
    "",
    "log-normal in size; a measured value takes precedence; not valid for molecules that bind, "
    "aggregate or dissociate [sieving-curve]",
)
READ_MODALITIES_AS = Section(
    "How to interpret",
    (Row("", SENTENCE), Row("", f"{NOT_IN_CAR_T}; {NO_EFFECT}"), Row("", ABBREVIATIONS)),
)


def modality_sections(
    found: Iterable[list[ModalityResult]], texts: Mapping[str, Any], explain: bool
) -> tuple[Section, ...]:
    """Write other modalities beside an exchange.

    Parameters
    ----------
    found : iterable of lists of ModalityResult
        The modalities, solute by solute.
    texts : mapping
        What was entered, by name.
    explain : bool
        Add how each figure was calculated, and the sources.

    Returns
    -------
    tuple of Section
        The setting, one section for each solute, the table of sizes, how to read it.
    """
    by_solute = list(found)
    entered = (Row(plain_name(name), str(text)) for name, text in texts.items() if text)
    return (
        Section("Setting", tuple(entered)),
        *map(_modalities_of_one, by_solute),
        *_sieving_sections(by_solute),
        *(_explained_modalities(by_solute) if explain else ()),
        READ_MODALITIES_AS,
    )


def _sieving_sections(by_solute: list[list[ModalityResult]]) -> list[Section]:
    """Sieving by size alone, where a size is known."""
    known = solute_table.solutes()
    table = curve_table(known[results[0].solute] for results in by_solute)
    rows = [_sieving_row(*row) for row in table]
    if not rows:
        return []
    return [Section("Sieving by size alone, an upper bound", (*rows, SIZE_ALONE))]


def _sieving_row(name: str, size: float, values: Iterable[float]) -> Row:
    words = (f"{units.number(value, 2)} {curve.name}" for curve, value in zip(CURVES, values))
    return Row(name, f"{units.number(size, 1)} kDa: {', '.join(words)}")


MODALITY_SOURCES = ("crrt-clearance", "sieving-curve", "turnover-model")


def _explained_modalities(by_solute: list[list[ModalityResult]]) -> list[Section]:
    """How each figure was calculated, and the sources."""
    basis: dict[str, str] = {}
    keys = dict.fromkeys(MODALITY_SOURCES)
    for results in by_solute:
        keys |= dict.fromkeys(solute_table.solute(results[0].solute).sources)
        for result in results:
            basis |= {path: entry.text for path, entry in result.basis.items()}
    sources = source_table.sources()
    return [
        Section("How each figure was calculated", tuple(Row(*entry) for entry in basis.items())),
        Section("Sources", tuple(Row(key, cited(sources[key])) for key in keys)),
    ]


def _modalities_of_one(results: list[ModalityResult]) -> Section:
    """One solute: a row for each modality, the grade of evidence, and each caution once."""
    first = results[0]
    rows = [Row(MODALITY_NAMES[result.modality], _modality(result)) for result in results]
    evidence = Row("Evidence", f"grade {first.grade}: {GRADES[first.grade]}")
    cautions = (_modality_caution(result, one) for result in results for one in result.cautions)
    return Section(first.name, (*rows, evidence, *dict.fromkeys(cautions)))


def modality_caution(result: ModalityResult, caution: Caution) -> str:
    """An alert about a modality, with its severity."""
    return f"{caution.severity.upper()}: {MODALITY_NAMES[result.modality]}: {caution.message}"


def _modality_caution(result: ModalityResult, caution: Caution) -> Row:
    text = f"{MODALITY_NAMES[result.modality]}: {caution.message} [{caution.source}]"
    return Row(f"{caution.severity.upper()} {caution.code}", text, mark=caution.severity)


def _modality(result: ModalityResult) -> str:
    """Clearance, percent reduction and what else is cleared, or why there is no figure."""
    figures = (result.clearance, result.day_average, result.litres_per_day)
    if None in figures:
        return result.passage
    parts = joined(
        f"{modality_span(result.clearance, 'mL/min', 1)} while it runs, "
        f"{modality_span(result.day_average, 'mL/min', 2)} over the day, "
        f"{modality_span(result.litres_per_day, 'L', 1)} cleared a day",
        f"{_share_words(result.share)} of all clearance while it runs",
        f"{change(result.fall)} at the end, of the mean of 24 hours with one run "
        f"{change(result.mean_fall)}",
        f"of albumin {modality_span(result.albumin_litres, 'L', 1)} and of IgG "
        f"{modality_span(result.igg_litres, 'L', 1)} cleared a day",
        _filtration_fraction(result),
    )
    return f"{parts} [{result.passage}]"


def _filtration_fraction(result: ModalityResult) -> str:
    fraction = result.filtration_fraction
    return words_if_given(fraction, lambda part: f"filtration fraction {units.percent(part)}")


def _share_words(interval: Interval | None) -> str:
    if interval is None:
        return "an unknown share"
    low, high = (units.number(100 * end, 1) for end in (interval.low, interval.high))
    return f"{high} %" if low == high else f"{low} to {high} %"


def modality_span(interval: Interval | None, unit: str, places: int) -> str:
    """Both ends of a clearance or volume, or that it is not known."""
    if interval is None:
        return "an unknown volume"
    low, high = (rounded(end, unit, places) for end in (interval.low, interval.high))
    if low == high:
        return f"{low} {unit}"
    return f"up to {high} {unit}" if low == "0" else f"{low} to {high} {unit}"
