"""The class of a medicine by its name: the first row that names it, else a general one.

The rows are in medicine_rules.py. The trap: a name is free text, so a name that is only like one of
a row gets no instruction.
"""

from pexcalc.data import solutes as solute_table
from pexcalc.data.solutes import Solute
from pexcalc.rules.medicine_rules import (
    ANTIBODIES,
    CORTICOSTEROIDS,
    DRUG_RULES,
    JUDGEMENT,
    NO_INSTRUCTION,
    UNKNOWN_MEDICINE,
    DrugRule,
    named,
    words_of_name,
)

ANTIBODY = (
    "give antibodies after the exchange; after an exchange within about 72 h of the dose (roughly "
    "20 to 60 % of the "
    "amount in the body, about half, may be lost) the prescriber decides on a repeat dose"
)
REMOVED = "Removal expected: a small volume of distribution, strongly bound. Ask pharmacy"

# Volume of distribution in L/kg and bound fraction beyond which removal is to be expected
# (drugs-and-exchange).
SMALL_VOLUME, STRONG_BINDING = 0.2, 0.8  # source drugs-and-exchange

# Parts of antibodies: what holds for a whole antibody, large and slow, is not known to hold for
# them.
FRAGMENTS = (
    "abciximab",
    "blinatumomab",
    "brolucizumab",
    "certolizumab",
    "idarucizumab",
    "ranibizumab",
)
# Beside one of those names: another medicine, or not an infusion (lidocaine with epinephrine, a
# nasal spray).
NO_INFUSION = (
    "agonist",
    "antagonist",
    "blocker",
    "inhibitor",
    "receptor",
    "like",
    "growth",
    "-caine",
    "nasal",
    "eye",
    "drops",
    "spray",
    "inhaled",
    "nebulized",
    "nebulised",
    "cream",
    "suppository",
)
# Known to be none of the classes that this program asks about; without an instruction here.
OTHERS = (
    "pyridostigmine",
    "mestinon",
    "neostigmine",
    "amifampridine",
    "azathioprine",
    "imuran",
    "tacrolimus",
    "prograf",
    "cyclosporine",
    "ciclosporin",
    "mycophenolate",
    "cellcept",
    "methotrexate",
    "cyclophosphamide",
    "sirolimus",
    "everolimus",
    "magnesium",
    "mgso4",
)


def rule_of(name: str) -> DrugRule:
    """The row of a medicine by its name; a general one where no row names it."""
    for rule in DRUG_RULES:
        infusion = rule.kind in ("continue", "watch")
        if named(name, rule.names) and not (infusion and named(name, NO_INFUSION)):
            return rule
    return general_rule(name, medicine_of_table(name))


def general_rule(name: str, row: Solute | None) -> DrugRule:
    """The class of a medicine that no row names."""
    if is_antibody(name):
        return DrugRule((), "give after", ANTIBODY, "vendramin-2019")
    if row is not None and row.vd.typical and row.binding:
        stays = row.vd.typical.value < SMALL_VOLUME and row.binding.value > STRONG_BINDING
        if stays:
            return DrugRule((), "removal expected", REMOVED, "drugs-and-exchange")
    if row is not None or named(name, (*CORTICOSTEROIDS, *OTHERS)):
        return DrugRule((), "not affected or unknown", NO_INSTRUCTION, JUDGEMENT)
    return DrugRule((), "not in the list", UNKNOWN_MEDICINE, JUDGEMENT)


def is_antibody(name: str) -> bool:
    """True for an antibody of the table, or any name with the ending that antibodies have."""
    row = medicine_of_table(name)
    return (row is not None and row.kind == "antibody") or (
        named(name, ANTIBODIES) and not named(name, FRAGMENTS)
    )


def is_tocilizumab(name: str) -> bool:
    """True for tocilizumab by its name or a synonym."""
    row = medicine_of_table(name)
    return row is not None and row.id == "tocilizumab"


def medicine_of_table(name: str) -> Solute | None:
    """The medicine of the table by its whole name, or by a word of it."""
    keys = [
        key
        for key in (solute_table.solute_id(word) for word in (name, *sorted(words_of_name(name))))
        if key
    ]
    rows = [solute_table.solutes()[key] for key in keys]
    return next((row for row in rows if row.is_drug), None)
