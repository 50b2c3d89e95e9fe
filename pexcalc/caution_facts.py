"""The facts that the rules of cautions look at, out of the order and the results of the steps."""

from typing import Any

from pexcalc.data import indications as indication_table
from pexcalc.data.indications import NOT_LISTED, Indication
from pexcalc.exchange import citrate
from pexcalc.exchange.centrifuge import Circuit, RunTime
from pexcalc.exchange.circuit_volume import CircuitVolume
from pexcalc.exchange.citrate import CitrateLoad
from pexcalc.exchange.membrane import Membrane
from pexcalc.kinetics import medicines as drugs
from pexcalc.order import fields
from pexcalc.order.fields import BALANCE
from pexcalc.order.order import Order
from pexcalc.order.patient import Labs
from pexcalc.quantities import units
from pexcalc.quantities.argument import came
from pexcalc.replacement import choice
from pexcalc.rules import medicine_rules
from pexcalc.rules.fluid_rules import MICROANGIOPATHY, NO_PLATELETS, PURPURA


def size_of(quantity: Any, unit: str) -> float | None:
    """A quantity in a unit; None where it was not entered."""
    return None if quantity is None else units.size(quantity, unit)


def findings_of(order: Order) -> set[str]:
    """The findings of the order, and those that a state of the patient means."""
    means = {"bleeding": "bleeding", "cirrhosis": "liver-failure"}
    return {*order.findings, *(means[state] for state in order.patient.states if state in means)}


def run_facts(
    order: Order,
    indication: Indication,
    plan: Circuit | None,
    filtered: Membrane | None,
    exchanged: float,
    weight: float,
    hours: float,
    pace: float,
) -> dict[str, Any]:
    """Facts of the run: its time, flows, ratio and removal efficiency."""
    device = order.device
    usual = not (
        indication.litres and indication.pv_low is None
    )  # 8 to 12 L at 1 to 2 L/h take up to 12 h
    known = plan or filtered
    facts: dict[str, Any] = {
        "duration": hours if order.dose.duration is not None and usual else None,
        "circuit_time": pace if known and usual else None,
        "time_difference": 100 * abs(hours / pace - 1) if known else None,
        "removal_rate": exchanged / weight / pace / 60,
        "ratio": device and device.ratio,
    }
    if plan is not None and device is not None:
        facts["inlet_flow"] = units.size(device.inlet_flow, "mL/min")
        efficiency = fields.EFFICIENCY.one(
            "plasma_removal_efficiency", device.plasma_removal_efficiency
        )
        facts["efficiency"] = 100 * efficiency
    if filtered is not None and device is not None:
        facts["blood_flow"] = units.size(device.blood_flow, "mL/min")
        facts["plasma_share_of_flow"] = 100 * filtered.plasma_share_of_flow
        facts["post_filter_hematocrit"] = 100 * filtered.post_filter_hematocrit
    return facts


def citrate_facts(chosen: Any, time: RunTime, loads: tuple[CitrateLoad, ...]) -> dict[str, Any]:
    """The highest rates of the fluid in force; where none is, the lowest among the options: none of them avoids it."""
    fluid = chosen.in_force.fluid if chosen.in_force else None
    known = [one for one in loads if one.peak_rate is not None and fluid in (None, one.fluid)]
    if not known:
        return {}
    one = min(known, key=lambda load: units.size(load.peak_rate.typical, "mg/kg/min"))  # type: ignore[union-attr]
    rate = one.peak_rate and units.size(one.peak_rate.typical, "mg/kg/min")
    plasma = units.size(one.plasma_rate, "mL/kg/min")
    parts = ["anticoagulant"] if size_of(one.from_anticoagulant, "mmol") else []
    parts += ["plasma while it runs"] if plasma else []
    assumed = ", run time assumed" if time.origin == "assumed" else ""
    return {
        "citrate_rate": None if chosen.liver else rate,
        "citrate_rate_liver": rate if chosen.liver else None,
        "citrate_from": f"{' and '.join(parts)}{assumed}",
        "plasma_rate": plasma or None,
    }


def order_facts(
    order: Order,
    indication: Indication,
    ring: CircuitVolume | None,
    limits: Any,
    body: Any,
    daily: bool,
) -> dict[str, Any]:
    """Facts that stand in the order: laboratory values, course, circuit volume, heparin."""
    labs, course = order.labs or Labs(), order.course
    interval = size_of(course and course.interval, "h")
    age = size_of(labs.coagulation_age, "h")
    # source choosing-wisely-2018: the sheet says so (entered.entered_rows)
    tested = age <= 24 if age is not None else labs.fibrinogen is not None
    platelets = size_of(labs.platelets, "x10^9/L")
    share = 100 * ring.share if ring else None
    young = "-neonate" if body.facts["band"] == "neonate" else ""
    middle = share is not None and limits[f"circuit-volume-stop{young}"].holds(share)
    balance = order.fluid.balance if order.fluid else None
    device = order.device
    heparin = with_heparin(order)
    prime = (device and device.prime) or ""
    heavy = limits["prime-weight"].holds(body.facts["weight"])
    stated = findings_of(order) | (
        {"alveolar-haemorrhage"} if indication.id == choice.DAH else set()
    )
    bleeding = [word.replace("-", " ") for word in _BLEEDING if word in stated]
    heparins = [
        drugs.quoted(one.name)
        for one in order.drugs
        if has_hit(order) and medicine_rules.is_heparin(one.name)
    ]
    return {
        "fibrinogen": size_of(labs.fibrinogen, "g/L"),
        "ionized_calcium": size_of(labs.ionized_calcium, "mmol/L"),
        "platelets": platelets,
        "balance": None if balance is None else 100 * BALANCE.one("balance", balance),
        "sessions": None if course is None else course.sessions,
        "interval": interval,
        "daily_without_test": interval if daily and not tested else None,
        "circuit_share": share,
        "circuit_share_middle": share if middle else None,
        "young": young,
        # A prime that is thrown away leaves the blood deficit; a small patient needs albumin or red
        # cells.
        "primed": prime
        if prime in (("saline", "albumin", "red-cells") if heavy else ("albumin", "red-cells"))
        else "",
        "heparin_in_hit": "heparin" if heparin and has_hit(order) else None,
        "heparin_drug_in_hit": ", ".join(heparins) or None,
        "heparin_and_bleeding": ", ".join(bleeding) if heparin and bleeding else None,
    }


_BLEEDING = ("bleeding", "dic", "alveolar-haemorrhage", "surgery", "biopsy")


def with_heparin(order: Order) -> bool:
    """True where heparin is the anticoagulant."""
    return order.device is not None and order.device.anticoagulant == "heparin"


def has_hit(order: Order) -> bool:
    """True where heparin-induced thrombocytopenia is a finding or the indication."""
    return "hit" in order.findings or order.indication.startswith("hit-")


def category_facts(indication: Indication) -> dict[str, Any]:
    """Facts of the indication: its category, or that it is not in the table."""
    category = indication.category
    return {
        "category_iv": category if category == "IV" else None,
        "category_iii": category if category == "III" else None,
        "no_category": category
        if category == "not-categorised" and indication.id != NOT_LISTED
        else None,
        "not_in_table": NOT_LISTED if indication.id == NOT_LISTED else None,
    }


def platelet_facts(order: Order, indication: Indication, limits: Any) -> dict[str, Any]:
    """The platelet count under the name of its group and of the lowest limit that it is below, and the words for it."""
    count, planned = (
        size_of(order.labs and order.labs.platelets, "x10^9/L"),
        "platelets-planned" in order.findings,
    )
    states = {*order.patient.states, *indication_table.IMPLIED_STATES.get(indication.id, ())}
    disease = NO_PLATELETS.get(indication.id) or ("HIT" if has_hit(order) else "")
    hus = indication.id in MICROANGIOPATHY
    delivery = order.patient.gestation is not None or bool({"hellp", "pre-eclampsia"} & states)
    facts: dict[str, Any] = {
        "platelets_disease": disease,
        "washed_cells": ", washed cells only" if indication.id == "pneumococcal-hus" else "",
        "obstetrics": "Obstetrics decides. " if "hellp" in states else "",
        "platelets_for": "the line, the delivery or bleeding"
        if delivery
        else "the line or bleeding",
    }
    if disease:
        facts["platelets_thrombosis"] = None if planned else count
        return facts
    if indication.id == PURPURA:
        facts["platelets_purpura"] = None if planned else count
        facts["platelets_ordered_purpura"] = "platelets" if planned else None
        return facts
    steps = _PLATELETS["microangiopathy" if hus else "hellp" if "hellp" in states else "other"]
    below = next(
        (fact for name, fact in steps if count is not None and not limits[name].holds(count)), ""
    )
    facts |= {below: count} if below else {}
    facts["platelets_ordered_hus"] = "platelets" if hus and planned and not below else None
    return facts


# The limits of each group, the lowest first, and the fact that a count below it becomes.
_PLATELETS = {
    "microangiopathy": (("platelets-low-microangiopathy", "platelets_hus_very_low"),
                        ("platelets-watch", "platelets_hus_low")),
    "hellp": (("platelets-very-low", "platelets_very_low"), ("platelets-watch", "platelets_hellp")),
    "other": (("platelets-very-low", "platelets_very_low"), ("platelets-low", "platelets_low"),
              ("platelets-watch", "platelets_somewhat_low")),
}  # fmt: skip


def heparin_facts(order: Order, limits: Any, liver: bool, adult: bool) -> dict[str, Any]:
    """What else speaks against heparin in the circuit, or makes its usual dose one that is not for this patient."""
    if not with_heparin(order):
        return {}
    count = order.labs and order.labs.platelets
    few = count is not None and not limits["platelets-heparin"].holds(units.size(count, "x10^9/L"))
    risks = {
        "bleeding risk": "bleeding-risk" in order.findings,
        "liver failure": liver,
        f"platelets {came(count)}" if few else "": few,
    }
    given = [drugs.quoted(one.name) for one in order.drugs if drugs.is_anticoagulant(one)]
    stated = ["as stated"] if "anticoagulated" in order.findings and not given else []
    return {
        "heparin_and_risk": ", ".join(name for name, is_so in risks.items() if is_so) or None,
        "heparin_and_anticoagulant": ", ".join([*given, *stated]) or None,
        "heparin_in_child": None if adult else came(order.patient.age),
    }


def magnesium_facts(
    order: Order, indication: Indication, chosen: Any, loads: tuple[CitrateLoad, ...]
) -> dict[str, Any]:
    """Albumin without citrate, after which calcium and magnesium are to be checked, and who must not have magnesium."""
    fluid = chosen.in_force.fluid if chosen.in_force else None
    bare = any(not one.calcium for one in loads if fluid in (None, one.fluid))
    named = bare or any(map(drugs.is_magnesium, order.drugs))
    return {
        "albumin_without_calcium": "albumin" if bare else None,
        "magnesium_in_weakness": citrate.WEAKNESS.get(indication.id) if named else None,
        "magnesium_on_dialysis": "Kidney failure"
        if named and indication.id in citrate.DIALYSIS
        else None,
    }
