"""Facts of the order that decide on the fluid: findings, laboratory values, blood groups.

Each function fills one group of `rules/facts.py`.
"""

from collections.abc import Collection, Mapping

from pexcalc.data.indications import NOT_LISTED, Indication
from pexcalc.exchange import citrate
from pexcalc.order.fields import BALANCE, BY_PATH, FIBRINOGEN, PROTEIN, SHARE, bare
from pexcalc.order.patient import Labs
from pexcalc.order.treatment import Calcium, Fluid
from pexcalc.quantities import units
from pexcalc.quantities.argument import as_given
from pexcalc.quantities.given import if_given, words_if, words_if_given
from pexcalc.rules.facts import (
    FindingFacts,
    IndicationFacts,
    IonUnit,
    LabFacts,
    OrderedFluid,
    PlateletGroup,
)
from pexcalc.rules.fluids.row import ALBUMIN, BOTH, PLASMA
from pexcalc.rules.indication_groups import (
    HEMORRHAGE,
    LIVER,
    MICROANGIOPATHY,
    NO_PLATELETS,
    PURPURA,
)

ABO_GROUPS = ("O", "A", "B", "AB")
FRESH = 24.0  # source choosing-wisely-2018: h, how old a coagulation test may be


def size_of(quantity: object, unit: str) -> float | None:
    """A quantity in a unit; None where it was not entered."""
    return if_given(quantity, lambda quantity: units.size(quantity, unit))


def units_of_ions(charted: Mapping[str, str]) -> dict[str, IonUnit]:
    """The units of ions in which laboratory values were typed, by path."""
    paths = {f"labs.{name}": label for name, label in charted.items()}
    return {
        path: IonUnit(label, dict(BY_PATH[path].per_mmol)[label]) for path, label in paths.items()
    }


def lab_facts(entered: Labs | None, ions: Mapping[str, IonUnit] | None = None) -> LabFacts:
    """Laboratory values in fixed units; `ions` are the units for print, by path."""
    labs = entered or Labs()
    potassium, age = size_of(labs.potassium, "mmol/L"), size_of(labs.coagulation_age, "h")
    tested = labs.fibrinogen is not None if age is None else age <= FRESH
    return LabFacts(
        fibrinogen=bare(FIBRINOGEN, labs.fibrinogen),
        inr=labs.inr,
        platelets=size_of(labs.platelets, "x10^9/L"),
        platelets_words=words_if_given(labs.platelets, as_given),
        potassium=potassium,
        potassium_words=_potassium_words(potassium, (ions or {}).get("labs.potassium")),
        ionized_calcium=size_of(labs.ionized_calcium, "mmol/L"),
        igg=bare(PROTEIN, labs.igg),
        albumin=bare(PROTEIN, labs.albumin),
        coagulation_tested=tested,
    )


def _potassium_words(potassium: float | None, typed: IonUnit | None) -> str:
    """The potassium in the unit in which it was typed; empty where it is not known."""
    if potassium is None:
        return ""
    unit = typed or IonUnit("mmol/L", 1.0)
    return f"potassium {units.number(unit.per_mmol * potassium)} {unit.label}"


def finding_facts(
    words: Collection[str],
    indication: Indication,
    states: Collection[str] = (),
    anticoagulated: bool = False,
    pregnant: bool = False,
    digoxin: bool = False,
    platelets: bool = False,
) -> FindingFacts:
    """Findings by their words in the order, and what states and indication mean for them.

    Cirrhosis is the state alone; liver failure beside it is not acute, unless the indication is.
    """
    cirrhosis = "cirrhosis" in states
    in_pregnancy = pregnant or "hellp" in states or "pre-eclampsia" in states
    acute = indication.id in LIVER or ("liver-failure" in words and not cirrhosis)
    return FindingFacts(
        bleeding="bleeding" in words or "bleeding" in states,
        bleeding_risk="bleeding-risk" in words,
        dic="dic" in words,
        alveolar_hemorrhage="alveolar-haemorrhage" in words or indication.id in HEMORRHAGE,
        surgery="surgery" in words,
        biopsy="biopsy" in words,
        minor_procedure="minor-procedure" in words,
        anticoagulated="anticoagulated" in words or anticoagulated,
        iga_deficiency="iga-deficiency" in words,
        anti_iga="anti-iga" in words,
        plasma_anaphylaxis="plasma-anaphylaxis" in words,
        plasma_reaction="plasma-reaction" in words,
        protein_s_deficiency="protein-s-deficiency" in words,
        jehovahs_witness="jehovahs-witness" in words,
        frail="frail" in words,
        hypotensive="hypotensive" in words,
        low_immunoglobulin="hypogammaglobulinaemia" in words,
        infection_risk="infection-risk" in words,
        liver_failure=acute or cirrhosis,
        cirrhosis=cirrhosis,
        acute_liver_failure=acute,
        sepsis="sepsis" in states,
        ecmo="ecmo" in states,
        mechanical_valve="mechanical-valve" in words,
        hit="hit" in words or indication.id.startswith("hit-"),
        digoxin="digoxin" in words or digoxin,
        qt_risk="qt-risk" in words,
        platelets_planned="platelets-planned" in words or platelets,
        vasopressor_rising="vasopressor-rising" in words,
        hellp="hellp" in states,
        pregnant=pregnant,
        delivery_ahead=in_pregnancy and "postpartum" not in states,
    )


def indication_facts(row: Indication, findings: FindingFacts) -> IndicationFacts:
    """The indication, and which rules on platelets hold for it."""
    disease = NO_PLATELETS.get(row.id) or words_if(findings.hit, "HIT")
    groups: tuple[tuple[bool, PlateletGroup], ...] = (
        (disease != "", "thrombosis"),
        (row.id == PURPURA, "purpura"),
        (row.id in MICROANGIOPATHY, "microangiopathy"),
        (findings.hellp, "hellp"),
        (True, "other"),
    )
    return IndicationFacts(
        id=row.id,
        listed=row.id != NOT_LISTED,
        category=row.category,
        fluid=row.fluid,
        frequency=row.frequency,
        platelet_group=next(group for holds, group in groups if holds),
        platelet_disease=disease,
        platelet_words=words_if(row.id == "pneumococcal-hus", ", washed cells only"),
        weakness=citrate.WEAKNESS.get(row.id),
        dialysis=row.id in citrate.DIALYSIS,
    )


def ordered_fluid(fluid: Fluid, row: Indication, calcium: Calcium | None = None) -> OrderedFluid:
    """What the order states of the fluid, of blood groups and of calcium."""
    balance = bare(BALANCE, fluid.balance)
    transplant = "donor AND recipient" in row.fluid_note or fluid.donor_group is not None
    donor = (fluid.donor_group or "AB") if transplant else ""
    groups = compatible(fluid.blood_group or "AB", donor)
    return OrderedFluid(
        fluid=fluid_ordered(fluid),
        balance=if_given(balance, lambda balance: 100 * balance),
        saline_share=100 * (bare(SHARE, fluid.saline_share) or 0.0),
        diluent=fluid.diluent,
        refused=fluid.refused,
        accepted=fluid.accepted,
        calcium_planned=calcium is not None and calcium.plan != "none",
        calcium_infusion=calcium is not None and calcium.plan == "infusion",
        calcium_by_line=calcium is not None and calcium.plan in ("infusion", "bolus"),
        calcium_plan=calcium.plan if calcium else "",
        calcium_reason=calcium is not None and calcium.reason is not None,
        calcium_line=calcium.line if calcium else None,
        plasma_groups=groups,
        abo_mismatch=_mismatch(fluid, compatible(fluid.blood_group or "AB"), fluid.blood_group),
        abo_mismatch_transplant=transplant and _mismatch(fluid, groups, fluid.donor_group),
        abo_words=_group_words(fluid, transplant, groups),
    )


def fluid_ordered(fluid: Fluid) -> str | None:
    """The fluid that is ordered: by name, or by a share of plasma."""
    share = bare(SHARE, fluid.plasma_share)
    if fluid.choice or share is None:
        return fluid.choice
    return {0.0: ALBUMIN, 1.0: PLASMA}.get(share, BOTH)


def compatible(*recipients: str) -> tuple[str, ...]:
    """Groups of plasma that lack antibodies against the antigens of these groups; AB suits all."""
    antigens = set("".join(recipients)) - {"O"}
    return tuple(group for group in ABO_GROUPS if antigens <= set(group))


def _mismatch(fluid: Fluid, suitable: tuple[str, ...], group: str | None) -> bool:
    """The plasma does not suit or, while its group is missing, so is the group it has to suit."""
    return group is None if fluid.plasma_group is None else fluid.plasma_group not in suitable


def _group_words(fluid: Fluid, transplant: bool, groups: tuple[str, ...]) -> str:
    concerned = [("plasma group", fluid.plasma_group), ("recipient", fluid.blood_group)]
    concerned += [("donor", fluid.donor_group)] if transplant else []
    known = [f"{who} {group}" for who, group in concerned if group]
    absent = " and ".join(who for who, group in concerned if not group)
    words = ", ".join([*known, *([f"{absent} not recorded"] if absent else [])])
    return f"{words}; give {' or '.join(groups)}"
