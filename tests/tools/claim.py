"""The claim that exchange beats filtration for large cytokines, part by part, as docs/claim.md.

python -m tests.tools.claim
"""

import pint

from pexcalc import compare_modalities
from pexcalc.kinetics.modalities import SENTENCE
from tests.support.paths import ROOT
from tests.tools.markdown import table

PAGE = ROOT / "docs" / "claim.md"
Q = pint.UnitRegistry().Quantity
AT = (Q(70, "kg"), 0.3, Q(150, "mL/min"), Q(25, "mL/kg/h"), 1.0, Q(2, "h"))
SHOWN = "IL-8 IL-6 TNF IL-10 sIL-2R CRP ferritin IgG IgM immune_complex"


def compared(solute):
    return {one.modality: one for one in compare_modalities(solute, *AT)}


def _span(interval, unit, places):
    if interval is None:
        return "not known"
    ends = (interval.low, interval.high)
    numbers = [end.m_as(unit) if unit else 100 * end for end in ends]
    return " to ".join(dict.fromkeys(f"{number:.{places}f}" for number in numbers))


def rows():
    for solute in SHOWN.split():
        one = compared(solute)
        names = ("exchange", "hemofiltration-post", "high-cutoff")
        exchange, *filters = (one[name] for name in names)
        cells = [_span(exchange.litres_per_day, "L", 1)]
        for filtered in filters:
            span = _span(filtered.litres_per_day, "L", 1)
            cells.append(f"up to {span.split(' to ')[-1]}" if filtered.upper_bound else span)
        yield exchange.name, *cells, _span(exchange.fall, "", 0), exchange.grade


def verdicts():
    il6, tnf, igg = map(compared, ("IL-6", "TNF", "IgG"))

    def litres(one, name):
        return one[name].litres_per_day.high.m_as("L")

    exchange = [f"{litres(one, 'exchange'):.1f}" for one in (il6, tnf, igg)]
    standard = [f"{litres(one, 'hemofiltration-post'):.1f}" for one in (il6, tnf, igg)]
    more = litres(il6, "high-cutoff") / litres(il6, "exchange")
    share = il6["exchange"].share
    return [
        ("Exchange removes large molecules that filters retain",
         f"IgG: {exchange[2]} L a day by exchange, {standard[2]} by a standard filter", "supported"),
        ("Exchange removes more of large cytokines than a standard filter",
         f"TNF: {exchange[1]} against {standard[1]} L a day, IL-6 {exchange[0]} against {standard[0]}",
         "supported where sieving is below about 0.07; the sieving of cytokines in plasma separators "
         "is assumed to be 1, none has been published"),
        ("Exchange removes more than any filter",
         f"IL-6: high cut-off filtration clears {more:.1f} times as much in a day", "not supported"),
        ("Exchange lowers circulating cytokine",
         f"IL-6: {100 * share.low:.0f} to {100 * share.high:.0f} % of all clearance while it runs; "
         "the level depends on production", "not shown"),
        ("Immune complexes",
         "no filter passes them; large ones clear by themselves in minutes and are partly bound to "
         "red cells",
         "only exchange or immunoadsorption can remove them; lasting only where the antibody goes too"),
        ("Clinical benefit in CRS",
         "22 cases without controls, confounded by tocilizumab, corticosteroids and the natural "
         "course", "not known"),
    ]  # fmt: skip


HEAD = ("Solute", "Exchange, L a day", "Standard filter, L a day", "High cut-off, L a day",
        "Fall by exchange, %", "Evidence")  # fmt: skip
PAGE_TEXT = """# The claim behind this program, tested

Zhang 2025 (doi:10.3389/fimmu.2025.1597512) states that plasma exchange has the advantage over hemofiltration and
hemodiafiltration in removing large cytokines and immune complexes. The figures of this program for each
part, for 70 kg, hematocrit 30 %, one exchange of 3 L in 2 h, a filter at 25 mL/kg/h all day. Written by
`python -m tests.tools.claim`; a test compares.

{figures}

Measured clearance and sieving take precedence over the size-only curve; where only that curve is known, the value is an upper
bound. Sieving of cytokines in plasma separators is assumed to be 1. Falls are predictions of a model.

{verdicts}

{sentence}.
"""


def page():
    said = table(("Part of the claim", "Figures", "Verdict"), verdicts(), "---")
    figures = table(HEAD, rows(), "---")
    return PAGE_TEXT.format(figures="\n".join(figures), verdicts="\n".join(said), sentence=SENTENCE)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
