"""Medicines around an exchange: given after, before or on top, and the names they go by."""

import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from pexcalc.rules.crs import SAME, VASOPRESSORS

# What is printed for a name without a source of its own: no instruction, and nothing that could
# stop an infusion.
_PHARMACY = "Ask pharmacy. Do not change a running infusion without the prescriber"
UNKNOWN_MEDICINE = f"Not in this program's list. {_PHARMACY}"
NO_INSTRUCTION = f"This program has no instruction for it. {_PHARMACY}"
JUDGEMENT = "program-judgement"
_DO_NOT_STOP = "Do not stop or change it without the prescriber (judgement of this program)"


def _next_dose(test: str) -> str:
    """What to do about an anticoagulant of which the exchange removes a part."""
    return f"{_DO_NOT_STOP}. Check {test} after the exchange; plan the next dose after it"


# --- medicines around an exchange -----------------------------------------------------------------

Kind = Literal[
    "give after",
    "supplement needed",
    "given before by design",
    "cause of the disease",
    "removal expected",
    "continue",
    "watch",
    "not affected or unknown",
    "not in the list",
]
# Classes that the advice itself says, or that say nothing.
UNMARKED: tuple[Kind, ...] = ("continue", "watch", "not affected or unknown", "not in the list")


class DrugRule(NamedTuple):
    """One row: names (lower case), how they are classed, what to do, from where."""

    names: tuple[str, ...]
    kind: Kind
    advice: str
    source: str


# Words of a name; one that begins with a hyphen is an ending.
ACE_INHIBITORS = ("ace inhibitor", "ace-inhibitor", "enalaprilat", "-pril")
ANTIBODIES = ("-mab",)
# Not every globulin: antithymocyte globulin is another medicine.
IMMUNOGLOBULIN = (
    "ivig",
    "immunoglobulin",
    "immune globulin",
    "gamma globulin",
    "gammaglobulin",
    "human normal globulin",
)
THYMOCYTE_GLOBULINS = (
    "antithymocyte globulin",
    "anti thymocyte globulin",
    "antithymocyte immunoglobulin",
    "anti thymocyte immunoglobulin",
    "thymoglobulin",
    "thymoglobuline",
    "atgam",
    "grafalon",
    "atg",
    "ratg",
    "eatg",
)
COMPLEMENT = ("eculizumab", "soliris", "ravulizumab", "ultomiris")
# Anticoagulants by class: what an exchange does to them and which test shows it depend on it.
HEPARINS = (
    "-parin",  # heparin and those of low molecular weight
    "ufh",
    "lmwh",
    "clexane",
    "lovenox",
    "inhixa",
    "fragmin",
    "innohep",
    "fraxiparine",
    "fraxiparin",
    "fraxodi",
    "clivarin",
    "mono-embolex",
    "zibor",
    "hibor",
    "calciparine",
    "calciparin",
    "liquemin",
)
# Anti-Xa measures these too.
PENTASACCHARIDES = ("fondaparinux", "arixtra", "danaparoid", "orgaran")
XA_INHIBITORS = (
    "-xaban",
    "eliquis",
    "xarelto",
    "lixiana",
    "savaysa",
    "roteas",
    "doac",
    "doacs",
    "noac",
    "noacs",
)
# These have a test of their own.
DABIGATRAN = ("dabigatran", "pradaxa")
THROMBIN_INHIBITORS = (
    "argatroban",
    "argatra",
    "novastan",
    "acova",
    "-irudin",
    "angiomax",
    "angiox",
    "iprivask",
    "revasc",
    "refludan",
)
VITAMIN_K_ANTAGONISTS = (
    "warfarin",
    "coumadin",
    "jantoven",
    "marevan",
    "waran",
    "orfarin",
    "lawarin",
    "aldocumar",
    "acenocoumarol",
    "acenocumarol",
    "nicoumalone",
    "sintrom",
    "sinthrome",
    "phenprocoumon",
    "phenprocoumone",
    "marcumar",
    "marcoumar",
    "falithrom",
    "fluindione",
    "previscan",
    "phenindione",
    "dicoumarol",
    "tioclomarol",
    "vka",
    "vkas",
    "vitamin k antagonist",
    "vitamin k antagonists",
    "coumarin",
    "coumarins",
)
UNNAMED_ANTICOAGULANTS = ("anticoagulant", "anticoagulants", "anticoagulation", "blood thinner")
# Removed by the exchange itself; a vitamin K antagonist acts by factors, which leave with plasma.
REMOVED_ANTICOAGULANTS = (
    *HEPARINS,
    *PENTASACCHARIDES,
    *XA_INHIBITORS,
    *DABIGATRAN,
    *THROMBIN_INHIBITORS,
)
ANTICOAGULANTS = (*REMOVED_ANTICOAGULANTS, *VITAMIN_K_ANTAGONISTS, *UNNAMED_ANTICOAGULANTS)
ANTI_XA = (*HEPARINS, *PENTASACCHARIDES, *XA_INHIBITORS)
ORAL_ANTICOAGULANTS = (*XA_INHIBITORS, *DABIGATRAN)
# Infusions that run during the exchange. Names of the CRS grade first ("other" is no name), then
# other spellings.
PRESSORS = (
    *(name for name in (*VASOPRESSORS, *SAME) if name != "other"),
    "angiotensin ii",
    "giapreza",
    "levophed",
    "argipressin",
    "terlipressin",
    "vasopressor",
    "vasopressors",
    "dobutamine",
    "milrinone",
    "levosimendan",
    "enoximone",
    "isoprenaline",
    "isoproterenol",
    "inotrope",
    "inotropes",
)
INSULINS = (
    "insulin",
    "actrapid",
    "humalog",
    "novolog",
    "novorapid",
    "lantus",
    "levemir",
    "tresiba",
    "aspart",
    "lispro",
    "glargine",
    "detemir",
    "degludec",
    "glulisine",
)
SEDATIVES = (
    "propofol",
    "diprivan",
    "midazolam",
    "versed",
    "dormicum",
    "dexmedetomidine",
    "precedex",
    "dexdor",
    "ketamine",
    "ketalar",
    "remimazolam",
)
DIGOXIN = ("digoxin", "lanoxin", "digitoxin")
CEFTRIAXONE = ("ceftriaxone", "rocephin")
MAGNESIUM = ("magnesium", "mgso4")
# By the whole name: a calcium salt of another medicine is none of these.
CALCIUM_SALTS = ("calcium gluconate", "calcium chloride", "cacl2")
# Products of blood that are typed among the medicines.
PLATELET_PRODUCTS = ("platelets", "platelet concentrate", "platelet transfusion", "thrombocytes")
FIBRINOGEN_PRODUCTS = (
    "cryoprecipitate", "fibrinogen concentrate", "haemocomplettan", "riastap", "fibryga",
)  # fmt: skip
CORTICOSTEROIDS = (
    "dexamethasone",
    "methylprednisolone",
    "betamethasone",
    "hydrocortisone",
    "prednisolone",
    "prednisone",
)

DRUG_RULES: tuple[DrugRule, ...] = (
    DrugRule(
        COMPLEMENT[:2],
        "supplement needed",
        "a supplementary dose is required with each exchange; amount and time: see the label",
        "soliris-spc",
    ),
    DrugRule(
        COMPLEMENT[2:],
        "supplement needed",
        "a supplementary dose with each exchange exists, by weight; amount and time: see the label",
        "ravulizumab-label",
    ),
    DrugRule(
        ("caplacizumab", "cablivi"),
        "given before by design",
        "the first dose is given before the first exchange, the daily doses after each exchange; "
        "see the label",
        "cablivi-spc",
    ),
    DrugRule(
        ("efgartigimod", "vyvgart"),
        "removal expected",
        "an exchange may lower its level; the prescriber decides on the time of the next dose",
        "vyvgart-spc",
    ),
    DrugRule(
        THYMOCYTE_GLOBULINS,
        "removal expected",
        "next dose after the exchange; one exchange halved its level in plasma (3 adults, 4 weeks "
        "after the dose)",
        "zhang-atg-2019",
    ),
    DrugRule(
        IMMUNOGLOBULIN,
        "give after",
        "after the exchange; 24 to 48 h from immunoglobulin to the next exchange",
        "ivig-after-exchange",
    ),
    DrugRule(
        ACE_INHIBITORS,
        "not affected or unknown",
        "last dose at least 24 h before an exchange with albumin (some sources 24 to 48 h); the "
        "evidence is mixed",
        "owen-1994",
    ),
    DrugRule(
        VITAMIN_K_ANTAGONISTS,
        "not affected or unknown",
        f"{_DO_NOT_STOP}. With albumin INR rises: test it before a line is removed and before the "
        "next dose",
        "zantek-2014",
    ),
    DrugRule(HEPARINS, "not affected or unknown", _next_dose("anti-Xa"), "kaplan-2016"),
    DrugRule(XA_INHIBITORS, "not affected or unknown", _next_dose("anti-Xa"), "doac-cases"),
    DrugRule(
        DABIGATRAN, "not affected or unknown", _next_dose("the drug's own test"), "doac-cases"
    ),
    DrugRule(PENTASACCHARIDES, "not affected or unknown", _next_dose("anti-Xa"), JUDGEMENT),
    DrugRule(
        THROMBIN_INHIBITORS, "not affected or unknown", _next_dose("the drug's own test"), JUDGEMENT
    ),
    DrugRule(UNNAMED_ANTICOAGULANTS, "not affected or unknown", _DO_NOT_STOP, JUDGEMENT),
    DrugRule(
        PRESSORS,
        "continue",
        "Continue. Pressure may fall from volume, citrate or access. Do not run it through the "
        "exchange catheter or "
        "upstream of its inlet lumen (judgement of this program). In 7 patients with septic "
        "shock no change of the "
        "catecholamine dose was seen",
        "catecholamines-2002",
    ),
    DrugRule(
        INSULINS,
        "watch",
        "Check glucose; ACD-A contains dextrose (judgement of this program)",
        JUDGEMENT,
    ),
    DrugRule(
        DIGOXIN,
        "watch",
        "Avoid calcium with it (label); if it is needed, slowly, in small amounts, with an ECG",
        "digoxin-calcium",
    ),
    DrugRule(
        CEFTRIAXONE,
        "watch",
        "Never with calcium at 28 days of age or younger; later one after the other, the line "
        "flushed between them",
        "ceftriaxone-calcium",
    ),
    DrugRule(
        MAGNESIUM,
        "watch",
        "Do not change a running infusion without the prescriber. In kidney failure only after a "
        "measured level. In myasthenia gravis or Lambert-Eaton syndrome: call the neurologist "
        "before you start; it can stop breathing (judgement of this program)",
        JUDGEMENT,
    ),
    DrugRule(
        CALCIUM_SALTS,
        "watch",
        "Count it in the calcium of this exchange, so that it is not given twice (judgement of "
        "this program). Do not run it in the plasma line",
        "octaplas-label",
    ),
    DrugRule(
        PLATELET_PRODUCTS,
        "watch",
        "Not in TTP, HIT or VITT, unless for life-threatening bleeding or on the hematologist's "
        "order; otherwise after the exchange or at its end (judgement of this program)",
        JUDGEMENT,
    ),
    DrugRule(
        FIBRINOGEN_PRODUCTS,
        "removal expected",
        "after the exchange; what is given before is exchanged out",
        "bsh-2025",
    ),
    DrugRule(SEDATIVES, "watch", "Watch depth of sedation (judgement of this program)", JUDGEMENT),
)


# Indications that a medicine causes, and its names.
CAUSES: Mapping[str, tuple[str, ...]] = {
    "pml-natalizumab": ("natalizumab", "tysabri"),
    "ici-irae": (
        "ipilimumab",
        "tremelimumab",
        "nivolumab",
        "pembrolizumab",
        "cemiplimab",
        "dostarlimab",
        "atezolizumab",
        "durvalumab",
        "avelumab",
        "relatlimab",
    ),
    "tma-ticlopidine": ("ticlopidine",),
    "tma-clopidogrel": ("clopidogrel",),
    "tma-gemcitabine": ("gemcitabine",),
    "tma-quinine": ("quinine",),
}
CAUSE = DrugRule(
    (),
    "cause of the disease",
    "no dose without the specialist who treats the disease that it caused",
    "asfa-2023",
)
HEPARIN_IN_HIT = DrugRule(
    (),
    "not affected or unknown",
    "HIT: no heparin of any kind, unless a re-exposure for a procedure is planned",
    "asfa-2023",
)
POISON = "if it is the poison, its removal is intended"


def is_corticosteroid(name: str) -> bool:
    """True for a corticosteroid by its name."""
    return bool(words_of_name(name).intersection(CORTICOSTEROIDS))


def is_heparin(name: str) -> bool:
    """True for heparin or a heparin of low molecular weight."""
    return named(name, HEPARINS)


def kinds_of(names: Iterable[str]) -> frozenset[str]:
    """Which of the kinds that are asked for by name are among these medicines."""
    kinds = {"anticoagulant": ANTICOAGULANTS, "ace-inhibitor": ACE_INHIBITORS}
    given = tuple(names)
    return frozenset(
        word for word, known in kinds.items() if any(named(name, known) for name in given)
    )


def words_of_name(name: str) -> set[str]:
    """The words of a name, so that a salt, a suffix or a brand in brackets does not hide it."""
    small = name.casefold()
    return {small, *re.split(r"[^a-z0-9]+", small)} - {""}


def named(name: str, known: tuple[str, ...]) -> bool:
    """True where a name, a word or words in a row are one of these, or a word ends as they do."""
    endings = tuple(word[1:] for word in known if word.startswith("-"))
    in_a_row = f" {' '.join(re.split('[^a-z0-9]+', name.casefold()))} "
    return any(word in known or word.endswith(endings) for word in words_of_name(name)) or any(
        f" {words} " in in_a_row for words in known if " " in words
    )
