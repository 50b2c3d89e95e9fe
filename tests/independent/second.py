"""The prescription a second time: volumes, dose, fluids, containers, circuit, citrate, medicines, in plain floats.

Written from the reference documents alone; nothing of the package is imported. Takes an order as JSON holds it and gives
plain numbers: mL, g/L, mmol, mg/kg/min, hours, fractions. Which fluid a rule chooses is not worked out here.
"""

from decimal import ROUND_HALF_UP, Decimal
from math import ceil, exp, log, log10, sqrt

# fluids 2 and 3, solutes 6: g/L of protein or of (fibrinogen low, typical, high), mmol/L of citrate, mL of containers
ALBUMIN = {
    "albumin-5": (50, [50, 100, 250, 500]),
    "albumin-4.5": (45, [100]),
    "albumin-20": (200, []),
    "albumin-25": (250, []),
}
PLASMA = {
    "fresh-frozen-plasma": ([0.9, 2.0, 3.2], [19.4, 21, 25], [200, 250, 278, 289]),
    "sd-plasma": (None, [20, 21, 25], [200]),
}
IGG_OF_PLASMA, ALBUMIN_OF_PLASMA = 10, 33
CITRATE = {"acd-a": 112.8, "trisodium-citrate-4": 136.0, "heparin": 0.0}  # circuit 1
MISSING = {
    "hand": 0.007,
    "forearm-and-hand": 0.023,
    "whole-arm": 0.05,
    "foot": 0.015,
    "lower-leg-and-foot": 0.059,
    "whole-leg": 0.16,
}
# solutes 5 and kinetics 11: V1, V2 in L, CL and Q in L/h, Vmax in mg/h, Km in mg/L, of an adult of 70 kg
ANTIBODIES = {
    "tocilizumab": [
        (3.5, 2.9, 0.3 / 24, 0.2 / 24, 7.5 / 24, 2.7),
        (4.83, 0, 0.0104, 0, 0.239, 4.22),
    ],
    "siltuximab": [(3.66, 3.13, 0.214 / 24, 0.624 / 24, 0, 1)],
    "emapalumab": [(3.08, 4.28, 0.0143, 0.105, 0, 1), (3.08, 4.28, 0.0143 + 0.121, 0.105, 0, 1)],
    "ivig": [(3.59, 7.37, 0.308 / 24, 1.08 / 24, 0, 1)],
}
# solutes 5: volume of distribution in L/kg, low, typical, high; one that stands alone from half to double (kinetics 7.1)
SPREAD = {
    "vancomycin": (0.72, 0.81, 0.90), "levetiracetam": (0.5, 0.53, 0.7), "dexamethasone": (0.713, 0.87, 1.027),
    "methylprednisolone": (None, 1.5, None), "anakinra": (None, 0.93, None),
}  # fmt: skip
MEASURED = {
    "rituximab": (0.47, None, 0.54),
    "teicoplanin": (0.139, 0.195, 0.251),
}  # kinetics 9.2, safety 3


def unit(value, factors):
    """A value of the order in another unit."""
    return value["value"] * factors[value["unit"]]


YEARS = {"a": 1, "mo": 1 / 12, "d": 1 / 365.25, "wk": 7 / 365.25}
HOURS = {"h": 1, "min": 1 / 60, "d": 24}


def nadler(sex, cm, kg):
    m = cm / 100
    return 1000 * (
        0.3669 * m**3 + 0.03219 * kg + 0.6041
        if sex == "male"
        else 0.3561 * m**3 + 0.03308 * kg + 0.1833
    )


def lemmens(cm, kg):
    return 70 / sqrt(kg / (cm / 100) ** 2 / 22) * kg


def boer(sex, cm, kg):
    if sex == "male":
        return 88.2 * (0.407 * kg + 0.267 * cm - 19.2)
    return 88.4 * (0.252 * kg + 0.473 * cm - 48.3)


def linderkamp(number, cm, kg):
    a, b, c = {
        1: (0.7891, 0.004132, 1.8117),
        2: (0.6459, 0.002743, 2.0324),
        3: (0.6412, 0.001270, 2.2169),
    }[number]
    return 10 ** (a * log10(kg) + b * cm + c)


def raes(sex, cm, kg, tanner):
    m = cm / 100
    boy, girl = 0.407 * kg + 26.7 * m - 19.2, 0.252 * kg + 47.3 * m - 48.3
    lean = boy if sex == "male" or tanner == 1 else girl if tanner == 5 else (boy + girl) / 2
    return 89.117 * lean + 58.3


def volumes(patient):
    """Blood and plasma volume in mL with the share of the band, and the other estimators by the name they have."""
    sex, age = patient["sex"], unit(patient["age"], YEARS)
    cm, kg, hct = (
        patient["height"]["value"],
        patient["weight"]["value"],
        patient["hematocrit"]["value"] / 100,
    )
    newborn = age * 365.25 <= 30 + 1e-6
    preterm = newborn and patient["gestation_at_birth"]["value"] < 37
    missing = patient["amputation"]["value"] / 100 if "amputation" in patient else 0
    missing += sum(MISSING[name] for name in patient.get("missing_segments", ()))
    before = patient.get("pre_pregnancy_weight")
    body = (before["value"] if before else kg) / (1 - missing)
    weeks = patient["gestation"]["value"] if "gestation" in patient else None
    bmi = body / (cm / 100) ** 2
    which = 1 if age < 2 else 2 if sex == "male" or age < 7 else 3

    def plasma_of(blood):
        """Today's hematocrit; in pregnancy that of before, times the factor (volumes 2.6)."""
        if before is None:
            return blood, blood * (1 - hct)
        rise = (
            0.06
            if weeks < 14
            else 0.18
            if weeks < 21
            else 0.29
            if weeks < 28
            else 0.42
            if weeks < 35
            else 0.48
        )
        if weeks >= 28 and {"pre-eclampsia", "hellp", "growth-restriction"} & set(
            patient.get("states", ())
        ):
            rise = 0.32
        plasma = blood * (1 - patient["pre_pregnancy_hematocrit"]["value"] / 100) * (1 + rise)
        return plasma / (1 - hct), plasma

    def chosen(kilograms):
        if preterm:
            return 95 * kilograms
        return linderkamp(which, cm, kilograms) if age < 14 else nadler(sex, cm, kilograms)

    name = "95 mL/kg" if preterm else "Linderkamp" if age < 14 else "Nadler"
    blood, plasma = plasma_of(chosen(body))
    others = {}
    stated, measured = patient.get("blood_volume"), patient.get("plasma_volume")
    if stated or measured:
        others[name] = (blood, plasma)
        if stated:
            blood = stated["value"] * (1000 if stated["unit"] == "L" else 1)
            plasma = blood * (1 - hct)
        if measured:
            plasma = measured["value"] * (1000 if measured["unit"] == "L" else 1)
            blood = blood if stated else plasma / (1 - hct)
    if before is not None:
        today = chosen(kg / (1 - missing))
        others[f"{name}, today's weight and hematocrit"] = (today, today * (1 - hct))
    if missing:
        observed = chosen(kg)
        others[f"{name}, observed weight"] = (observed, observed * (1 - hct))
    if age >= 18:
        others["Lemmens"], others["Boer"] = (
            plasma_of(lemmens(cm, body)),
            plasma_of(boer(sex, cm, body)),
        )
        others["70 mL/kg"] = plasma_of(70 * body)
        others["Kaplan, 65 mL/kg"] = plasma_of(65 * body)
    elif age >= 14:
        others["Linderkamp"] = plasma_of(linderkamp(which, cm, body))
    elif age >= 2:
        others["70 mL/kg"], others["Nadler"] = (
            plasma_of(70 * body),
            plasma_of(nadler(sex, cm, body)),
        )
    if 2 <= age < 18 and (sex == "male" or "tanner" in patient):
        others["Raes"] = plasma_of(raes(sex, cm, body, patient.get("tanner")))
    if 1.75 <= age < 2:
        others["Linderkamp II"] = plasma_of(linderkamp(2, cm, body))
    bands = (90, 100) if preterm else (80, 90) if newborn else (75, 80) if age < 2 else ()
    for per_kg in bands:
        others[f"{per_kg} mL/kg"] = plasma_of(per_kg * body)
    wide = newborn or bmi >= 40 or weeks is not None
    lost = {"sepsis", "burns", "hyperviscosity", "cirrhosis", "bleeding"} & set(
        patient.get("states", ())
    )
    share = 0.3 if (wide and not (stated or measured)) or (lost and not measured) else 0.2
    return {
        "blood": blood,
        "plasma": plasma,
        "share": share,
        "weight": kg,
        "hematocrit": hct,
        "others": others,
    }


def per_blood(device):
    """Anticoagulant for each mL of blood, by what the ratio means (circuit 2)."""
    ratio = device["ratio"]
    return 1 / (ratio - 1) if device["ratio_meaning"] == "inlet-to-anticoagulant" else 1 / ratio


def dose(order, body):
    """Patient plasma to remove in mL, and the plasma volumes that it is: low, typical, high."""
    asked = order["dose"]
    if "plasma_volumes" in asked:
        removed = asked["plasma_volumes"] * body["plasma"]
    elif "exchange_volume" in asked:
        removed = asked["exchange_volume"]["value"]
    else:  # a bag holds plasma and the anticoagulant that stays in it: (1 - Hct) parts of plasma to AC per part of blood
        plasma = 1 - body["hematocrit"]
        removed = asked["bag_volume"]["value"] * plasma / (plasma + per_blood(order["device"]))
    multiple = removed / body["plasma"]
    return removed, (multiple / (1 + body["share"]), multiple, multiple / (1 - body["share"]))


def circuit(order, body, removed):
    """A centrifuge or a membrane separator (circuit 7); {} where the device has no flow. Minutes and mL."""
    device = order.get("device") or {}
    found = {}
    if "circuit_volume" in device:
        ring, blood = device["circuit_volume"]["value"], body["blood"]
        found["ring"] = {"share": ring / blood}
        if device.get("prime") in ("saline", "albumin"):
            found["ring"]["hematocrit_with_prime"] = blood * body["hematocrit"] / (blood + ring)
        if "circuit_red_cells" in device:
            cells = device["circuit_red_cells"]["value"]
            found["ring"]["hematocrit_with_cells_held"] = (
                blood * body["hematocrit"] - cells
            ) / blood
    if "inlet_flow" in device:
        efficiency = device["plasma_removal_efficiency"]["value"] / 100
        blood = removed / ((1 - body["hematocrit"]) * efficiency)
        used = blood * per_blood(device)
        minutes = (blood + used) / device["inlet_flow"]["value"]
        found.update(
            blood_processed=blood, blood_volumes=blood / body["blood"], used=used, rate=used / minutes,
            inlet=blood + used, to_patient=used * (1 - efficiency), in_bag=used * efficiency,
            bag=removed + used * efficiency, share_of_bag=removed / (removed + used * efficiency), minutes=minutes,
            plasma_rate=removed / minutes,
        )  # fmt: skip
    elif "blood_flow" in device:
        flow, plasma = device["blood_flow"]["value"], device["plasma_flow"]["value"]
        fraction = plasma / (flow * (1 - body["hematocrit"]))
        minutes = removed / plasma
        found.update(
            share_of_flow=plasma / flow, fraction=fraction, behind=body["hematocrit"] / (1 - plasma / flow),
            blood_processed=flow * minutes, minutes=minutes,
        )  # fmt: skip
        if "ratio" in device:  # PRE is replaced by the filtration fraction (circuit 9)
            used = flow * minutes * per_blood(device)
            found.update(
                used=used,
                to_patient=used * (1 - fraction),
                in_bag=used * fraction,
                bag=removed + used * fraction,
            )
    if "to_patient" in found and device.get("anticoagulant"):
        found["citrate"] = found["to_patient"] * CITRATE[device["anticoagulant"]] / 1000
    if device.get("anticoagulant") == "heparin":
        found["citrate"] = 0.0
    return found


def minutes_of(order, found, multiple):
    """(run time, pace of the fluids): ordered, of the device, or two hours for each plasma volume (assumed)."""
    ordered = unit(order["dose"]["duration"], HOURS) * 60 if "duration" in order["dose"] else None
    run = found.get("minutes")
    time = ordered or run or 120 * multiple
    return time, run or time


def products(order):
    """What a litre of albumin, plasma and saline holds, and the sizes of containers, with the order's own values."""
    fluid = order.get("fluid") or {}
    named, plasma = fluid.get("albumin", "albumin-5"), fluid.get("plasma", "fresh-frozen-plasma")
    protein, sizes = ALBUMIN[named]
    strength = fluid["albumin_strength"]["value"] / 100 if "albumin_strength" in fluid else None
    fibrinogen, citrate, bags = PLASMA[plasma]
    own = order.get("products", {}).get(plasma, {})
    if "fibrinogen" in own:
        fibrinogen = [own["fibrinogen"]["value"]] * 3
    if "citrate" in own:
        citrate = [own["citrate"]["value"]] * 3
    bags = [size["value"] for size in own.get("containers", ())] or bags
    return {
        "albumin": {
            "albumin": 1000 * strength if strength else protein,
            "sizes": sizes,
            "of": protein,
        },
        "plasma": {
            "fibrinogen": fibrinogen,
            "citrate": citrate,
            "igg": IGG_OF_PLASMA,
            "albumin": ALBUMIN_OF_PLASMA,
            "sizes": bags,
            "own": "containers" in own,
        },
        "saline": {"sizes": []},
    }


# solutes 7 and predictions: k12 per h, intravascular fraction, kel per h, low, typical, high; eta of one patient
POOLS = {
    "fibrinogen": ((0.01417, 0.025, 0.03583), (0.65, 0.72, 0.79), (0.00833, 0.01, 0.01167)),
    "igg": ((0.01, 0.03, 0.03), (0.45, 0.45, 0.45), (0.002873, 0.00315597702, 0.00315597702)),
    "albumin": ((0.045, 0.05, 0.088), (0.42, 0.42, 0.42), (0.0037111784, 0.0037111784, 0.005967)),
}  # fmt: skip
ETA = (0.5, 1.0, 1.4)


def patients(solute):
    """Rates and eta of every patient: the typical one, then one value at an end at a time."""
    typical = [span[1] for span in POOLS[solute]]
    found = [(typical, 1.0), (typical, ETA[0]), (typical, ETA[2])]
    for place, span in enumerate(POOLS[solute]):
        for end in (span[0], span[2]):
            if end != span[1]:
                found.append(([*typical[:place], end, *typical[place + 1 :]], 1.0))
    return found


def passing(n, balance):
    """Plasma volumes at a balance of 100 % that wash out as much: kinetics 2.6."""
    return n if balance == 1 else balance / (balance - 1) * log(1 + (balance - 1) * n)


def course(start, stages, n, balance, hours, patient, solute, held, end):
    """The level at the start and after each stage, in g/L: two pools, production as before (kinetics 4)."""
    (k12, fraction, kel), eta = patient
    k21 = k12 * fraction / (1 - fraction)
    whole, done, m, found = passing(n, balance), 0.0, (start, start * k12 / k21), [start]
    for stage in stages:
        share = sum(part for _, part in stage)
        content = sum(part * carried(solute, name, held, end) for name, part in stage) / share
        passes = passing(n * (done + share), balance) - passing(n * done, balance)
        device, time, done = eta * whole / hours, hours * passes / whole, done + share
        fed = kel * start + device * content
        _, two, area = two_pools(k12, k21, kel + device, time, (1.0, 0.0))
        left = two_pools(k12, k21, kel + device, time, m)
        m = left[0] + fed * area, left[1] + fed * (k12 * area - two) / k21
        found.append(m[0])
    return found


def range_of_one(values, linear):
    """Deviations to each side added as squares, linear or on log(-log): predictions."""
    to, back = (
        (lambda x: x, lambda y: max(y, 0.0))
        if linear
        else (lambda x: -log(-log(x)), lambda y: exp(-exp(-y)))
    )
    middle, *others = map(to, values)
    low = sqrt(sum((middle - one) ** 2 for one in others if one < middle))
    high = sqrt(sum((one - middle) ** 2 for one in others if one > middle))
    return back(middle - low), values[0], back(middle + high)


def shares(order, name, held, multiple, hours):
    """Shares of albumin, saline and plasma in one fluid; None where the share of plasma is neither ordered nor found."""
    fluid = order.get("fluid") or {}
    saline = (
        fluid["saline_share"]["value"] / 100
        if "saline_share" in fluid and name != "plasma"
        else 0.0
    )
    if name == "plasma":
        return 0.0, 0.0, 1.0
    if name == "albumin":
        return 1 - saline, saline, 0.0
    if "plasma_share" in fluid:
        plasma = fluid["plasma_share"]["value"] / 100
        return 1 - plasma - saline, saline, plasma
    start = (order.get("labs") or {}).get("fibrinogen")
    content = held["plasma"]["fibrinogen"]
    if start is None or content is None or "balance" in fluid:
        return None
    # kinetics 5: plasma needed at the end to reach the site limit of 1.0 g/L; review B2 and B13:
    # 1.5 g/L where it can be reached with bleeding, DIC or a major procedure, and then at least 20 %
    cf = content[1]

    def ends(share):
        stages = stages_of((1 - share, 0.0, share), "plasma-last")
        return course(
            start["value"],
            stages,
            multiple,
            1.0,
            hours,
            patients("fibrinogen")[0],
            "fibrinogen",
            held,
            1,
        )[-1]

    grave = {"bleeding", "dic", "surgery", "biopsy"} & set(order.get("findings", ()))
    for limit in (1.5, 1.0) if grave else (1.0,):
        if cf and ends(0.0) < limit < ends(1.0):
            low, high = 0.0, 1.0
            for _ in range(60):
                middle = (low + high) / 2
                low, high = (low, middle) if ends(middle) >= limit else (middle, high)
            plasma = max(high, 0.2 if grave else 0.0)
            return 1 - plasma - saline, saline, plasma
    return None


def stages_of(parts, sequence):
    """The stages in their order: each a list of (product, share of all)."""
    albumin, saline, plasma = parts
    first = [
        (name, share) for name, share in (("albumin", albumin), ("saline", saline)) if share > 1e-9
    ]
    last = [("plasma", plasma)] if plasma else []
    if sequence == "mixed":
        return [first + last]
    return [
        stage for stage in ((last, first) if sequence == "plasma-first" else (first, last)) if stage
    ]


def carried(solute, product, held, end):
    content = held[product].get(solute, 0.0)
    return content[end] if isinstance(content, list) else content


def after(order, solute, stages, multiple, balance, held, hours):
    """What is left of the start, what the fluid adds, what both come to, the lowest level on the way."""
    lab = (order.get("labs") or {}).get(solute)
    people = patients(solute)

    def ends(start, name=solute, content=1, some=people):
        return [
            course(start, stages, multiple, balance, hours, one, name, held, content)[-1]
            for one in some
        ]

    found = {"kept": range_of_one(ends(1.0, "nothing"), False)}
    if (
        solute == "fibrinogen"
        and held["plasma"]["fibrinogen"] is None
        and any(n == "plasma" for st in stages for n, _ in st)
    ):
        return found

    def span(start):
        varied = [ends(start, content=end, some=people[:1])[0] for end in (0, 2)]
        return range_of_one([*ends(start), *varied], True)

    found["added"] = span(0.0)
    if lab is not None:
        value = lab["value"]
        found["after"] = (
            span(value) if found["added"][2] else tuple(value * end for end in found["kept"])
        )
        found["lowest"] = min(
            course(value, stages, multiple, balance, hours, people[0], solute, held, 1)
        )
    return found


def count(volume, size):
    return ceil(volume / size - 1e-9)


def from_whole(volume, size):
    """mL between a volume and the nearest number of whole containers, at least one."""
    full = size * int(volume / size + 1e-9)
    return min([abs(full + size - volume)] + ([abs(volume - full)] if full else []))


def containers(order, held, volumes_of):
    """product -> list of (size, count, wasted, whether it is the one to hang); plasma is rounded up first."""
    found, fluid, total = {}, order.get("fluid") or {}, sum(volumes_of.values())
    rest = total - volumes_of.get("saline", 0)
    for name in [name for name in ("plasma", "albumin", "saline") if name in volumes_of]:
        volume, ordered = volumes_of[name], fluid.get(f"{name}_container")
        diluted = name == "albumin" and "albumin_strength" in fluid
        listed = [
            size for size in held[name]["sizes"] if held[name].get("own") or size in (250, 500)
        ]
        sizes = [ordered["value"]] if ordered else [] if diluted else listed or held[name]["sizes"]
        few = [size for size in sizes if count(volume, size) <= 20] or sorted(sizes)[-1:]
        rows = [(size, count(volume, size), count(volume, size) * size - volume) for size in few]
        near = 0 if name == "plasma" and len(volumes_of) > 1 else 0.05 * total
        cost = {size: 0 if from_whole(rest, size) <= near else left for size, _, left in rows}
        best = min(((round(cost[size], 6), -size) for size, *_ in rows), default=(0, 0))[1]
        found[name] = [(size, number, max(0.0, left), -size == best) for size, number, left in rows]
        rest -= sum(size * number for size, number, _, used in found[name] if used)
    return found


def plans(volumes_of, sizes, multiple):
    """(rounding, counts, mL, plasma volumes, wasted): the dose, then whole containers down and up."""
    total = sum(volumes_of.values())
    main = "albumin" if "albumin" in volumes_of else "plasma"
    counts = {name: count(volume, sizes[name]) for name, volume in volumes_of.items()}
    wasted = sum(counts[name] * sizes[name] - volumes_of[name] for name in counts)
    found, seen = [("dose", counts, total, multiple, wasted)], [{**volumes_of}]
    for rounding in ("down", "up"):
        given = {
            name: counts[name] * sizes[name] if name == "plasma" else volume
            for name, volume in volumes_of.items() if name != main
        }  # fmt: skip
        rest = (total - sum(given.values())) / sizes[main]
        whole = int(rest + 1e-9) if rounding == "down" else ceil(rest - 1e-9)
        given[main] = whole * sizes[main]
        same = any(all(abs(given[name] - one[name]) < 1e-6 for name in one) for one in seen)
        if whole > 0 and not same:
            seen.append(given)
            number = {name: count(volume, sizes[name]) for name, volume in given.items()}
            left = sum(number[name] * sizes[name] - given[name] for name in given)
            of_all = sum(given.values())
            found.append((rounding, number, of_all, multiple * of_all / total, left))
    return found


def schedule(stages, volume, sizes, minutes):
    """(product, minutes from the start, mL given before, mL out of this container), fluid following removal evenly."""
    found, before = [], 0.0
    for stage in stages:
        left = {name: share * volume for name, share in stage}
        whole = dict(left)
        while any(rest > 1e-9 * volume for rest in left.values()):
            # in a stage of two products the next container is of the one that is furthest behind
            name = max(
                (name for name in left if left[name] > 1e-9 * volume),
                key=lambda name: left[name] / whole[name],
            )
            take = min(sizes[name], left[name])
            found.append((name, minutes * before / volume, before, take))
            before += take
            left[name] -= take
    return found


def citrate(order, found, body, volume, plasma, pace, fastest, held):
    """Citrate and calcium of one fluid (circuit 3 and 4); rates are per kg of the patient's weight."""
    brought, weight = found.get("citrate"), body["weight"]
    speed = volume / pace * fastest
    load = [plasma * volume * c / 1000 for c in held["plasma"]["citrate"]]
    of = [(mmol + (brought or 0)) * 189.1 / (weight * pace) for mmol in load]
    peak = [
        (speed * pace * c / 1000 + (brought or 0)) * 189.1 / (weight * pace)
        for c in held["plasma"]["citrate"]
    ]
    factors = [1.0] if not plasma else [1.0, 1.7 if plasma == 1 else 1.2]
    options = []
    # review B12: on a membrane with citrate the site's protocol decides, no rate is printed
    membrane = "blood_flow" in (order.get("device") or {}) and bool(brought)
    salt = (order.get("calcium") or {}).get("salt", "gluconate")
    for factor in factors if (brought != 0 or plasma) and not membrane else ():
        gluconate = factor * 10 * volume / 1000
        mmol = 0.232 * gluconate
        per_kg = 60 * mmol / (weight * pace)
        millilitres = gluconate if salt == "gluconate" else mmol / 0.68
        if per_kg <= 0.15:  # review F: above it no option
            options.append((millilitres, millilitres / 10, mmol, 60 * millilitres / pace, per_kg))
    return {
        "brought": brought,
        "load": load,
        "rate": of,
        "peak": peak,
        "plasma_rate": speed / weight,
        "calcium": options,
        "salt": salt,
    }


def two_pools(k12, k21, out, hours, state):
    """Plasma, tissue and the integral of plasma after some hours: kinetics 4.3, or one pool where nothing returns."""
    m1, m2 = state
    if k12 == 0 or k21 == 0:
        return m1 * exp(-out * hours), m2, m1 * (1 - exp(-out * hours)) / out
    a, d = out + k12, k21
    root = sqrt((a - d) ** 2 + 4 * k12 * k21)
    l1, l2 = -(a + d - root) / 2, -(a + d + root) / 2
    e1, e2 = exp(l1 * hours), exp(l2 * hours)

    def phi(x11, x12, x21, x22):
        return (x11 * m1 + x12 * m2, x21 * m1 + x22 * m2)

    first = phi(-a - l2, k21, k12, -d - l2)
    second = phi(-a - l1, k21, k12, -d - l1)
    n1, n2 = ((e1 * f - e2 * s) / (l1 - l2) for f, s in zip(first, second))
    # inverse(A)*(M(t) - M0), first component; det A = out*k21
    return n1, n2, (-d * (n1 - m1) - k21 * (n2 - m2)) / (a * d - k12 * k21)


def antibody_lost(model, factors, kg, mg, wait, litres, hours):
    """Fraction of the body amount at the start of the exchange that it removes (kinetics 11)."""
    v1, v2, cl, q, vmax, km = model
    size = kg / 70
    v1, v2, cl, q, vmax = (
        v1 * size * factors[0],
        v2 * size,
        cl * size * factors[1],
        q * size,
        vmax * size * factors[1],
    )
    k12, k21, kel, device = q / v1, q / v2 if v2 else 0.0, cl / v1, litres / hours / v1
    if not vmax:
        m1, m2, _ = two_pools(k12, k21, kel, wait, (1.0, 0.0))
        _, _, area = two_pools(k12, k21, kel + device, hours, (m1, m2))
        return device * area / (m1 + m2)
    m1, m2, _ = saturable((mg, 0.0), k12, k21, kel, 0.0, vmax, km * v1, wait)
    return saturable((m1, m2), k12, k21, kel, device, vmax, km * v1, hours)[2] / (m1 + m2)


def saturable(state, k12, k21, kel, device, vmax, half, hours, steps=6000):
    """Michaelis-Menten elimination by many small steps (midpoint halves, extrapolated)."""

    def run(number):
        m1, m2, removed = *state, 0.0
        h = hours / number
        for _ in range(number):
            b1 = m1 + h / 2 * (k21 * m2 - (kel + k12 + device) * m1 - vmax * m1 / (half + m1))
            b2 = m2 + h / 2 * (k12 * m1 - k21 * m2)
            m1, m2, removed = (
                m1 + h * (k21 * b2 - (kel + k12 + device) * b1 - vmax * b1 / (half + b1)),
                m2 + h * (k12 * b1 - k21 * b2),
                removed + h * device * b1,
            )
        return m1, m2, removed

    return tuple((4 * fine - coarse) / 3 for coarse, fine in zip(run(steps), run(2 * steps)))


def lost(drug, removed, minutes, kg):
    """Low, typical and high fraction of a medicine's body amount that the exchange takes; None after it."""
    name, litres, hours = drug["name"].lower(), removed / 1000, minutes / 60
    wait = unit(drug["time"], HOURS)
    if drug["when"] == "after":
        return None
    if name in ANTIBODIES:
        models = ANTIBODIES[name]
        mg = drug["dose"]["value"] if "dose" in drug else 1.0

        def one(model, v1, cl):
            return antibody_lost(model, (v1, cl), kg, mg, wait, litres, hours)

        ends = [
            one(model, v1, cl) for model in models for v1 in (0.8, 1, 1.2) for cl in (0.5, 1, 2)
        ]
        return min(ends), one(models[0], 1, 1) if len(models) == 1 else None, max(ends)
    if name in MEASURED:
        return MEASURED[name]
    low, typical, high = SPREAD[name]
    low, high = low or typical / 2, high or typical * 2
    return tuple(1 - exp(-litres / (vd * kg)) for vd in (high, typical, low))


def prescription(order):
    """Everything of one order, as plain numbers."""
    body = volumes(order["patient"])
    if order["indication"].startswith(
        "hyperviscosity"
    ):  # a state in which no estimator is valid: the wide band
        body["share"] = 0.3
    removed, multiple = dose(order, body)
    found = circuit(order, body, removed)
    time, pace = minutes_of(order, found, multiple[1])
    fluid = order.get("fluid") or {}
    balance = fluid["balance"]["value"] / 100 if "balance" in fluid else 1.0
    held, volume = products(order), removed * balance
    options = {}
    for name in ("albumin", "albumin-then-plasma", "plasma"):
        parts = shares(order, name, held, multiple[1], time / 60)
        if parts is None:
            continue
        sequence = fluid.get("sequence", "plasma-last") if name == "albumin-then-plasma" else ""
        stages = stages_of(parts, sequence)
        given = {
            product: share * volume
            for product, share in zip(("albumin", "saline", "plasma"), parts)
            if share > 1e-9
        }
        sequences = (
            ("plasma-last", "mixed", "plasma-first") if name == "albumin-then-plasma" else ("",)
        )
        hung = containers(order, held, given)
        sizes = {product: size for product, rows in hung.items() for size, _, _, use in rows if use}
        fastest = max(
            sum(part for n, part in stage if n == "plasma") / sum(part for _, part in stage)
            for stage in stages
        )
        options[name] = {
            "volume": volume, "plasma_share": parts[2],
            "segments": [(product, part * volume, part) for stage in stages for product, part in stage],
            "left": {
                (solute, order_of): after(order, solute, stages_of(parts, order_of), multiple[1], balance, held, time / 60)
                for solute in ("fibrinogen", "igg", "albumin") for order_of in sequences
            },
            "containers": hung,
            "plans": plans(given, sizes, multiple[1]) if set(sizes) == set(given) else [],
            "schedule": schedule(stages, volume, sizes, pace) if set(sizes) == set(given) else [],
            "citrate": citrate(order, found, body, volume, parts[2], pace, fastest, held),
        }  # fmt: skip
        if "albumin_strength" in fluid and "albumin" in given:
            concentrate = given["albumin"] * held["albumin"]["albumin"] / held["albumin"]["of"]
            options[name]["dilution"] = (concentrate, given["albumin"] - concentrate)
    rinseback = order.get("device", {}).get("rinseback", {"value": 0})["value"]
    heparin = order.get("device", {}).get("anticoagulant") == "heparin"
    to_patient = 0.0 if heparin else found.get("to_patient")
    return {
        "body": body, "removed": removed, "multiple": multiple, "circuit": found, "minutes": time,
        "options": options, "lost": [lost(drug, removed, time, body["weight"]) for drug in order.get("drugs", ())],
        "balance": None if to_patient is None else volume + to_patient + rinseback - removed,
        "balance_percent": 100 * balance,
    }  # fmt: skip


def printed(value, places):
    """A number rounded once, half up, with thousands by comma and no trailing zeros after the point."""
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{rounded:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def millilitres(value, exact=True):
    """`3,330 mL (3,331.3)`: to 0.1 mL below 10, to 1 mL below 100, to 10 mL above, and then to 0.1 mL."""
    rough = printed(value, 1 if abs(value) < 10 else 0 if abs(value) < 100 else -1)
    fine = printed(value, 1)
    return f"{rough} mL ({fine})" if exact and fine != rough else f"{rough} mL"
