"""Exchange for CRS after CAR-T cells: when to start, how much, what to watch, when to stop.

Text rows, one fact each, in the order in which they are printed; an empty topic continues the row
above. The trap: no guideline states criteria, and no row may promise benefit.
"""

from __future__ import annotations

from typing import NamedTuple

from pexcalc.rules.fluids.row import Tag


class Advice(NamedTuple):
    """One row of the sheet: its heading, what it says, its sources and their tag."""

    topic: str
    text: str
    source: str
    tag: Tag


ADVICE: tuple[Advice, ...] = (
    Advice(
        "When to start",
        "ASTCT grade 3 or 4 persisting after tocilizumab and a corticosteroid: this program's "
        "criteria, derived from two papers; no guideline states them",
        "li-2023 zhang-2025",
        "derived",
    ),
    Advice(
        "",
        "within 8 h of tocilizumab it is too early to call it persisting (judgement of this "
        "program)",
        "program-judgement",
        "judgement",
    ),
    Advice(
        "How much",
        "1 to 1.5 plasma volumes: general intensive care, not CRS",
        "bauer-2022",
        "source",
    ),
    Advice(
        "",
        "one case: 3,000 mL of plasma a day for 3 days. Number and interval: no guidance",
        "xiao-2020",
        "source",
    ),
    Advice(
        "Watch",
        "ionized calcium during the run; fibrinogen, platelets, immunoglobulin before each "
        "session; infection. IL-6 and ferritin before a session, not at its end; after "
        "tocilizumab IL-6 rises by itself: it does not show the response (judgement of this "
        "program)",
        "program-judgement",
        "judgement",
    ),
    Advice(
        "",
        "tocilizumab again, if ordered: after the exchange, at least 8 h after the last dose, at "
        "most 3 in 24 h, 4 in all",
        "tocilizumab-crs-limits",
        "secondary",
    ),
    Advice(
        "When to stop",
        "Consider stopping when the ASTCT grade is 1 or less (no hypotension, no hypoxia) for "
        "24 h; when two or three sessions changed neither vasopressor dose, oxygen nor "
        "temperature; or when infection, IEC-HS or bleeding is found. No study sets a stopping "
        "rule (judgement of this program)",
        "program-judgement",
        "judgement",
    ),
    Advice(
        "CAR-T cells",
        "loss by the exchange not measured",
        "xiao-2020",
        "source",
    ),
    Advice(
        "Neurotoxicity",
        "improved in uncontrolled cases, no numbers",
        "zhang-2025",
        "source",
    ),
    Advice(
        "Adsorbers",
        "not CRS: 34 studies, 2,611 patients, mortality ratio 1.07 (0.88 to 1.31)",
        "adsorption-review-2023",
        "source",
    ),
    Advice(
        "",
        "four CAR-T patients: IL-6 fell by 18 to 95 % in three survivors",
        "esposito-2025",
        "source",
    ),
)
BEFORE = 4  # derived: rows that are read before the start: when to start and how much
SOURCES = tuple(dict.fromkeys(key for row in ADVICE for key in row.source.split()))
