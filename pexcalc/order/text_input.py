"""An order from flags: each input as text, its place in the order, and how its text is read.

Ranges are checked when the Order is made; here a text is read strictly, or refused with what was
probably meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from pexcalc.order.fields import (
    AGE,
    ALBUMIN_LEVEL,
    ANY_HEMATOCRIT,
    ANY_WEIGHT,
    BALANCE,
    CIRCUIT_VOLUME,
    CITRATE,
    CONTAINER,
    DELAY,
    DOSE,
    EFFICIENCY,
    EFFLUENT,
    EXCHANGE,
    FIBRINOGEN,
    FLOW,
    HOURS_PER_DAY,
    INTERVAL,
    IONIZED_CALCIUM,
    LAB_AGE,
    MULTIPLE,
    PLASMA_FLOW,
    PLATELETS,
    POTASSIUM,
    PROTEIN,
    RATIO,
    RUN_TIME,
    SESSIONS,
    SHARE,
    STATED_VOLUME,
    STRENGTH,
)
from pexcalc.order.order import DOSES, Order, labelled, timed
from pexcalc.order.patient import LAB_UNITS, check_swapped, expected
from pexcalc.quantities import units
from pexcalc.quantities.annotations import Measured
from pexcalc.quantities.argument import Choice, In
from pexcalc.quantities.errors import QuantityError
from pexcalc.rules.crs import OXYGEN_FLOW, TEMPERATURE, CrsSigns
from pexcalc.rules.medicine_rules import ACE_INHIBITORS, named


class Flag(NamedTuple):
    """One input as text: its name, its place in the order, and how its text is read."""

    name: str
    path: tuple[str, ...]
    kind: str


FLAGS: tuple[Flag, ...] = (
    Flag("sex", ("patient", "sex"), "word"),
    Flag("age", ("patient", "age"), "quantity"),
    Flag("height", ("patient", "height"), "quantity"),
    Flag("weight", ("patient", "weight"), "quantity"),
    Flag("hematocrit", ("patient", "hematocrit"), "quantity"),
    Flag("blood_volume", ("patient", "blood_volume"), "stated"),
    Flag("plasma_volume", ("patient", "plasma_volume"), "stated"),
    Flag("gestation", ("patient", "gestation"), "quantity"),
    Flag("gestation_at_birth", ("patient", "gestation_at_birth"), "quantity"),
    Flag("pre_pregnancy_weight", ("patient", "pre_pregnancy_weight"), "quantity"),
    Flag("pre_pregnancy_hematocrit", ("patient", "pre_pregnancy_hematocrit"), "quantity"),
    Flag("amputation", ("patient", "amputation"), "quantity"),
    Flag("missing_segments", ("patient", "missing_segments"), "words"),
    Flag("tanner", ("patient", "tanner"), "count"),
    Flag("states", ("patient", "states"), "words"),
    Flag("indication", ("indication",), "word"),
    Flag("plasma_volumes", ("dose", "plasma_volumes"), "number"),
    Flag("exchange_volume", ("dose", "exchange_volume"), "quantity"),
    Flag("bag_volume", ("dose", "bag_volume"), "quantity"),
    Flag("duration", ("dose", "duration"), "quantity"),
    Flag("sessions", ("course", "sessions"), "count"),
    Flag("every", ("course", "interval"), "quantity"),
    Flag("fibrinogen", ("labs", "fibrinogen"), "quantity"),
    Flag("platelets", ("labs", "platelets"), "quantity"),
    Flag("potassium", ("labs", "potassium"), "quantity"),
    Flag("ionized_calcium", ("labs", "ionized_calcium"), "quantity"),
    Flag("igg", ("labs", "igg"), "quantity"),
    Flag("albumin_level", ("labs", "albumin"), "quantity"),
    Flag("coagulation_age", ("labs", "coagulation_age"), "quantity"),
    Flag("findings", ("findings",), "words"),
    Flag("crs_grade", ("crs", "grade"), "count"),
    Flag("crs_scale", ("crs", "scale"), "word"),
    Flag("tocilizumab", ("crs", "tocilizumab"), "yes-no"),
    Flag("corticosteroid", ("crs", "corticosteroid"), "yes-no"),
    Flag("persisting", ("crs", "persisting"), "yes-no"),
    Flag("persisting_at", ("crs", "persisting_at"), "word"),
    Flag("icans", ("crs", "icans"), "count"),
    Flag("device", ("device", "name"), "word"),
    Flag("inlet_flow", ("device", "inlet_flow"), "quantity"),
    Flag("ratio", ("device", "ratio"), "number"),
    Flag("ratio_meaning", ("device", "ratio_meaning"), "word"),
    Flag("removal_efficiency", ("device", "plasma_removal_efficiency"), "quantity"),
    Flag("blood_flow", ("device", "blood_flow"), "quantity"),
    Flag("plasma_flow", ("device", "plasma_flow"), "quantity"),
    Flag("anticoagulant", ("device", "anticoagulant"), "word"),
    Flag("anticoagulant_citrate", ("device", "anticoagulant_citrate"), "quantity"),
    Flag("circuit_volume", ("device", "circuit_volume"), "quantity"),
    Flag("circuit_red_cells", ("device", "circuit_red_cells"), "quantity"),
    Flag("rinseback", ("device", "rinseback"), "quantity"),
    Flag("prime", ("device", "prime"), "word"),
    Flag("fluid", ("fluid", "choice"), "word"),
    Flag("sequence", ("fluid", "sequence"), "word"),
    Flag("plasma_share", ("fluid", "plasma_share"), "quantity"),
    Flag("saline_share", ("fluid", "saline_share"), "quantity"),
    Flag("balance", ("fluid", "balance"), "quantity"),
    Flag("albumin", ("fluid", "albumin"), "word"),
    Flag("albumin_strength", ("fluid", "albumin_strength"), "quantity"),
    Flag("diluent", ("fluid", "diluent"), "word"),
    Flag("plasma", ("fluid", "plasma"), "word"),
    Flag("albumin_container", ("fluid", "albumin_container"), "quantity"),
    Flag("plasma_container", ("fluid", "plasma_container"), "quantity"),
    Flag("saline_container", ("fluid", "saline_container"), "quantity"),
    Flag("blood_group", ("fluid", "blood_group"), "word"),
    Flag("plasma_group", ("fluid", "plasma_group"), "word"),
    Flag("donor_group", ("fluid", "donor_group"), "word"),
    Flag("refused", ("fluid", "refused"), "words"),
    Flag("accepted", ("fluid", "accepted"), "words"),
    Flag("calcium", ("calcium", "plan"), "word"),
    Flag("calcium_salt", ("calcium", "salt"), "word"),
    Flag("calcium_line", ("calcium", "line"), "word"),
    Flag("drugs", ("drugs",), "drugs"),
    Flag("ace_inhibitor", ("drugs",), "ace"),
    Flag("solutes", ("solutes",), "words"),
    Flag("panel", ("panel",), "switch"),
    Flag("label", ("label",), "word"),
    Flag("ordered_at", ("ordered_at",), "word"),
    Flag("confirmed", ("confirmed",), "words"),
    Flag("overrides", ("overrides",), "overrides"),
)
_SPECS = {
    "exchange_volume": EXCHANGE,
    "bag_volume": EXCHANGE,
    "duration": RUN_TIME,
    "inlet_flow": FLOW,
    "removal_efficiency": EFFICIENCY,
    "anticoagulant_citrate": CITRATE,
    "every": INTERVAL,
    "fibrinogen": FIBRINOGEN,
    "platelets": PLATELETS,
    "potassium": POTASSIUM,
    "ionized_calcium": IONIZED_CALCIUM,
    "igg": PROTEIN,
    "albumin_level": ALBUMIN_LEVEL,
    "coagulation_age": LAB_AGE,
    "blood_flow": FLOW,
    "plasma_flow": PLASMA_FLOW,
    "circuit_volume": CIRCUIT_VOLUME,
    "circuit_red_cells": CIRCUIT_VOLUME,
    "rinseback": CIRCUIT_VOLUME,
    "plasma_share": SHARE,
    "saline_share": SHARE,
    "balance": BALANCE,
    "albumin_strength": STRENGTH,
    "ace_inhibitor": DELAY,
    "albumin_container": CONTAINER,
    "plasma_container": CONTAINER,
    "saline_container": CONTAINER,
}
_NUMBERS = {"plasma_volumes": MULTIPLE, "ratio": RATIO, "sessions": SESSIONS}
_TEXTS = {"ordered_at": timed, "label": labelled}
# Inputs that stand in each other's place: giving one by flag drops the other from the file.
_INSTEAD = {name: tuple(other for other in DOSES if other != name) for name in DOSES}
GROUPS = ("patient", "dose", "labs", "course", "crs", "device", "fluid", "calcium")


def from_flags(  # noqa: C901
    texts: Mapping[str, Any], base: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], list[str]]:
    """An order as JSON would hold it: the file's (`base`) with the flags' texts in place, and the names they replaced.

    Raises QuantityError for a text that cannot be read strictly. Ranges are checked when the Order
    is made.
    """
    data: dict[str, Any] = {
        key: dict(value) if isinstance(value, dict) else value
        for key, value in (base or {}).items()
    }
    given = {name: text for name, text in texts.items() if text not in (None, (), [])}
    known = {field.alias or name for name, field in Order.model_fields.items()}
    for name in data:
        if name not in known:
            near = units.alike(name.casefold(), known)
            raise QuantityError(
                units.printable(name),
                "a field that is not known here",
                ", ".join(sorted(known)),
                near,
                kind="unknown",
            )
    for group in GROUPS:  # as a prescription writes an order without one
        if data.get(group, 0) is None:
            del data[group]
    for group in GROUPS:
        if not isinstance(data.get(group, {}), dict):
            raise QuantityError(group, "no object", "an object", kind="type")
    check_swapped(well_written(given))
    age = _years(given.get("age"), data)
    replaced = []
    for flag in FLAGS:
        if flag.name not in given:
            continue
        *groups, last = flag.path
        place = data
        for group in groups:
            place = place.setdefault(group, {})
        for other in _INSTEAD.get(flag.name, ()):
            if other not in given and place.pop(other, None) is not None:
                replaced.append(f"{flag.name} (for {other})")
        wire = _wire(flag, given[flag.name], age)
        if flag.kind == "ace":  # one entry among the medicines
            others = place.get(last) or []
            if not isinstance(others, list):
                raise QuantityError(last, "no list", "a list", kind="type")
            if "drugs" not in given and any(map(_is_ace, others)):  # the file's, not another flag's
                others = [one for one in others if not _is_ace(one)]
                replaced.append(flag.name)
            place[last] = [*others, wire]
            continue
        if place.get(last) not in (None, []) and base is not None:
            replaced.append(flag.name)
        place[last] = wire
    return data, replaced


def well_written(texts: Mapping[str, Any]) -> dict[str, Any]:
    """The texts that are one number and one unit, of whatever kind, as JSON would hold them."""
    readings = {name: units.read(text) for name, text in texts.items() if isinstance(text, str)}
    return {
        name: {"value": reading.numbers[0], "unit": reading.unit.ucum}
        for name, reading in readings.items()
        if reading.unit and not reading.fault
    }


def _years(text: Any, data: Mapping[str, Any]) -> float | None:
    """The age in years, where it can be read, to know which range the other texts are meant for."""
    patient = data.get("patient")
    age = (
        quantity_wire("age", text, AGE)
        if text
        else (patient.get("age") if isinstance(patient, dict) else None)
    )
    try:
        return (
            float(AGE.strip("age", Measured(AGE).from_wire("age", age)))
            if isinstance(age, dict)
            else None
        )
    except QuantityError:
        return None


def _wire(flag: Flag, text: Any, age: float | None) -> Any:  # noqa: C901
    if flag.kind == "word":
        return text
    if flag.kind == "words":
        return [part.strip() for item in text for part in item.split(",")]
    if flag.kind == "switch":
        return bool(text)
    if flag.kind == "yes-no":
        return yes_or_no(flag.name, text)
    if flag.kind == "drugs":
        return [_drug(item) for item in text]
    if flag.kind == "ace":
        return {
            "name": ACE_INHIBITORS[0],
            "when": "before",
            "time": quantity_wire("ace_inhibitor", text, DELAY),
        }
    if flag.kind == "overrides":
        return [_override(item, by) for item, by in text]
    if flag.kind in ("number", "count"):
        return plain_number(flag.name, text, flag.kind == "count")
    spec = _SPECS.get(flag.name) or expected(flag.name, age)
    assert spec is not None
    if flag.kind == "stated":
        amount, at, origin = text.partition("@")
        wire = quantity_wire(flag.name, amount, spec)
        if not at:
            wanted = f'where it comes from: "{amount.strip()} @ device", "@ clinician" or "@ measured: method"'
            raise QuantityError(
                flag.name, f"{units.printable(text)} without an origin", wanted, kind="missing"
            )
        return {**wire, "origin": origin.strip()}
    return quantity_wire(flag.name, text, spec)


def spec_of(name: str, texts: Mapping[str, Any]) -> In | None:
    """What the text of a number or quantity is read as, for a patient of the age among the texts; None for words."""
    try:
        age = _years(texts.get("age"), {})
    except QuantityError:
        age = None
    return _SPECS.get(name) or _NUMBERS.get(name) or expected(name, age)


def check(name: str, texts: Mapping[str, Any]) -> None:
    """Refuse one text of several as far as it can be judged before the others are known: form, unit, range, a swap."""
    from_flags(texts)
    if name in _TEXTS:
        _TEXTS[name](texts[name])
    spec = spec_of(name, texts)
    if name in _NUMBERS:
        _NUMBERS[name].one(name, plain_number(name, texts[name], name == "sessions"))
    elif spec is not None:
        in_range(name, texts[name].partition("@")[0], spec)


def in_range(name: str, text: str, spec: In) -> tuple[float, units.Unit]:
    """The number and the unit of a text; QuantityError for one outside the range."""
    value, row = _read(name, text, spec)
    if not spec.holds(spec.from_unit(row.label, value)):
        raise spec.refuse(name, value, row)
    return value, row


# Units of laboratories in the United States that depend on the ion: how many of them make 1 mmol/L.
_PER_MMOL = {
    ("potassium", "mEq/L"): 1.0, ("ionized_calcium", "mEq/L"): 2.0,
    ("ionized_calcium", "mg/dL"): LAB_UNITS["ionized_calcium"][1].factor,
}  # fmt: skip


def _read(name: str, text: str, spec: In) -> tuple[float, units.Unit]:
    """The number and the unit of a text; what depends on the ion as mmol/L."""
    typed = re.fullmatch(
        r"([0-9]{1,4}(?:\.[0-9]{1,6})?) *(mEq/L|mg/dL)?", text.strip(), re.ASCII | re.IGNORECASE
    )
    known = {unit.casefold(): factor for (ion, unit), factor in _PER_MMOL.items() if ion == name}
    factor = known.get(str(typed[2]).casefold()) if typed else None
    if typed and factor is not None:
        return float(typed[1]) / factor, units.BY_LABEL["mmol/L"]
    try:
        return spec.read(name, text)
    except QuantityError as error:
        if typed and typed[2] is None:  # a bare number: the units in which it would be in range
            meant = [
                f"{typed[1]} {unit}"
                for (ion, unit), per in _PER_MMOL.items()
                if ion == name and spec.holds(float(typed[1]) / per)
            ]
            raise QuantityError(
                error.argument,
                error.got,
                error.expected,
                [*error.meant, *meant],
                kind=error.kind,
                fields=error.fields,
            ) from None
        raise


def quantity_wire(name: str, text: str, spec: In) -> dict[str, Any]:
    """A text as JSON holds a quantity."""
    value, row = _read(name, text, spec)
    return {"value": value, "unit": row.ucum}


def plain_number(name: str, text: str, whole: bool = False) -> float | int:
    """A plain number out of a text: plasma volumes, a stage."""
    if re.fullmatch(
        r"[0-9]{1,6}" if whole else r"[0-9]{1,6}(\.[0-9]{1,17})?", text.strip(), re.ASCII
    ):
        return int(text) if whole else float(text)
    wanted = (
        "a whole number" if whole else f"a plain number such as {12 if name == 'ratio' else 1.2}"
    )
    against = re.fullmatch(r"([0-9]{1,2}(?:\.[0-9])?) *: *1", text.strip(), re.ASCII)
    if against:
        raise QuantityError(
            name, units.printable(text.strip()), wanted, [against[1]], kind="unknown"
        )
    reading = units.read(re.sub(r" *(PV|pv|x|plasma volumes?)$", "", text.strip()))
    if reading.unit and reading.unit.kind == "volume":
        wanted += "; a volume goes with --exchange-volume"
    meant = [
        units.typed(value, "1")
        for value in reading.numbers[-1:]
        if value > 0 and not whole and not reading.unit
    ]
    fault = (
        "a unit, where none belongs"
        if reading.unit
        else ""
        if reading.fault == "no unit"
        else reading.fault
    )
    came = units.printable(text.strip()) or "nothing"
    raise QuantityError(name, f"{came} ({fault})" if fault else came, wanted, meant, kind="unit")


def yes_or_no(name: str, text: str) -> bool:
    """True or false out of a stated yes or no."""
    if text.strip() not in ("yes", "no"):
        raise QuantityError(
            name, units.printable(text.strip()) or "nothing", "yes or no, stated", kind="unknown"
        )
    return text.strip() == "yes"


def _is_ace(drug: Any) -> bool:
    return isinstance(drug, dict) and named(str(drug.get("name")), ACE_INHIBITORS)


_DRUG = re.compile(
    r"(?P<name>[^@]*?)(?: +(?P<dose>[0-9][0-9.]* *(?:mg|g)))? *@ *(?P<time>.*?) +(?P<when>before|after)"
)

_LIKE_A_DOSE = re.compile(r"\s[0-9][0-9.,]*\s*(mg|g|mcg|ug|µg|units?|iu)\b", re.IGNORECASE)


def _drug(item: str) -> dict[str, Any]:
    """A medicine as JSON holds it, out of a text such as `rituximab @ 24 h before`."""
    found = _DRUG.fullmatch(item.strip())
    if found is None or not found["name"].strip():
        wanted = '"rituximab @ 24 h before" or "siltuximab 770 mg @ 12 h after": a time before or after the exchange'
        raise QuantityError("drug", units.printable(item) or "nothing", wanted, kind="text")
    name = found["name"].strip()
    if _LIKE_A_DOSE.search(name):
        wanted = (
            "a dose in mg or g after the name, one number with a point, such as siltuximab 770 mg"
        )
        raise QuantityError("drug", units.printable(name), wanted, kind="unknown")
    wire = {
        "name": name,
        "when": found["when"],
        "time": quantity_wire(f"drug {units.printable(name)}", found["time"], DELAY),
    }
    return {**wire, "dose": quantity_wire("dose", found["dose"], DOSE)} if found["dose"] else wire


def _override(item: str, by: str | None) -> dict[str, Any]:
    rule, equals, reason = item.partition("=")
    if not equals or not by:
        came = f"{units.printable(item)} {'without a reason' if not equals else 'without a name'}"
        raise QuantityError("override", came, "--override RULE='reason' --by NAME", kind="missing")
    return {"rule": rule.strip(), "reason": reason.strip(), "by": by}


def missing(data: Mapping[str, Any], paths: Iterable[str]) -> list[str]:
    """The names of required inputs that an order as JSON would hold does not have."""
    absent = []
    for flag in FLAGS:
        if flag.name in paths:
            place: Any = data
            for part in flag.path:
                place = place.get(part) if isinstance(place, dict) else None
            if place is None:
                absent.append(flag.name)
    return absent


def signs_of(texts: Mapping[str, Any], other_cause: Collection[str]) -> CrsSigns:
    """The signs out of texts, each axis stated: yes or no, a name or none, a device."""
    for cause in other_cause:
        Choice(("fever", "hypotension", "hypoxia")).strip("other_cause", cause)
    vasopressors = [name.strip() for name in texts["vasopressors"]]
    if "none" in vasopressors and len(vasopressors) > 1:
        raise QuantityError(
            "vasopressor", " and ".join(vasopressors), "none, or names", kind="conflict"
        )
    temperature = quantity_wire("temperature", texts["temperature"], TEMPERATURE)
    flow = texts["oxygen_flow"]
    return CrsSigns.from_wire(
        {
            "temperature": temperature,
            "hypotension": Choice(("yes", "no")).strip("hypotension", texts["hypotension"].strip())
            == "yes",
            "vasopressors": [name for name in vasopressors if name != "none"],
            "oxygen_device": texts["oxygen_device"],
            **({"oxygen_flow": quantity_wire("oxygen_flow", flow, OXYGEN_FLOW)} if flow else {}),
            **{
                name: texts[name] for name in ("crs_established", "antipyretic", "death_due_to_crs")
            },
            "anticytokine": texts["anticytokine"]
            or "yes" in (texts["tocilizumab"], texts["corticosteroid"]),
            **{
                f"{cause}_other_cause": cause in other_cause
                for cause in ("fever", "hypotension", "hypoxia")
            },
        }
    )


def inputs_of(texts: Mapping[str, str | None]) -> dict[str, Any]:
    """The inputs of a comparison out of texts, each with its unit, plain numbers for plasma volumes and sessions."""
    specs = {
        "weight": ANY_WEIGHT,
        "hematocrit": ANY_HEMATOCRIT,
        "blood_flow": FLOW,
        "effluent_dose": EFFLUENT,
        "duration": RUN_TIME,
        "plasma_volume": STATED_VOLUME,
        "hours_per_day": HOURS_PER_DAY,
    }
    found: dict[str, Any] = {}
    for name, text in texts.items():
        if text is None:
            continue
        if name in specs:
            value, row = in_range(name, text, specs[name])
            make = units.private_registry().Quantity
            found[name] = (
                specs[name].from_unit(row.label, value)
                if specs[name].pure
                else make(value, row.container)
            )
        else:
            found[name] = plain_number(name, text)
    return found
