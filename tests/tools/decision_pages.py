"""The decision tables as pages for clinicians: docs/decisions/.

One row for each rule, out of the data and the tables themselves. Where a table holds its condition
as code and no words for it, the page says what comes out when the table is tried on patients.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pint

from pexcalc import Patient, estimate_volumes, grade_crs
from pexcalc.data import devices as device_table
from pexcalc.data import indications as indication_table
from pexcalc.data import limits as limit_table
from pexcalc.data import products as product_table
from pexcalc.data import solutes as solute_table
from pexcalc.data import sources as source_table
from pexcalc.data.limits import Limit
from pexcalc.exchange import estimate
from pexcalc.kinetics import medicines as drugs
from pexcalc.order import treatment
from pexcalc.order.fields import INVALID_STATES
from pexcalc.order.patient import NEONATE_DAYS, TERM_WEEKS, plain
from pexcalc.order.site_limits import BOUNDS
from pexcalc.quantities.argument import In
from pexcalc.quantities.units import BY_UCUM, number
from pexcalc.quantities.working import Recorder
from pexcalc.report import lists
from pexcalc.report.layout import cited
from pexcalc.report.replacement import FLUID_NAMES
from pexcalc.report.wording import in_words, share
from pexcalc.rules import alerts, cautions, crs, crs_care, estimator_rules, fluids, medicine_rules
from pexcalc.rules.alerts.row import Rule
from pexcalc.rules.fluids.conflicts import CONFLICTS
from pexcalc.rules.fluids.row import FluidRule, each_together
from pexcalc.rules.fluids.safety import SAFETY
from pexcalc.rules.fluids.sequence import SEQUENCE
from pexcalc.rules.medicine_class import FRAGMENTS, NO_INFUSION, OTHERS
from tests.tools.markdown import prose, table

Q = pint.UnitRegistry().Quantity
WRITTEN = (
    "Written by `python -m tests.tools.pages` from the tables of the program; a test compares."
)


def sources(*keys: str) -> list[str]:
    """The sources of a page in full, each once, in the order of their keys."""
    known = source_table.sources()
    each = sorted({one for some in keys for one in some.split()})
    return ["", "## Sources", "", *(f"- `{one}`: {cited(known[one])}" for one in each), ""]


def in_code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def key(some: str) -> str:
    """Source keys as they stand in a cell."""
    return in_code(some.split())


def plural(words: Iterable[str]) -> str:
    return ", ".join(word.replace("-", " ") for word in words)


def of_limits(rule: Rule, name: str) -> list[str]:
    """The source or the tag of a rule, else those of its limits."""
    own = getattr(rule, name)
    return [own] if own else list({getattr(one, name): None for one in limits_of(rule).values()})


def _first_large(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _someone(**more) -> Patient:
    body = {"height": Q(175, "cm"), "weight": Q(67, "kg"), "hematocrit": 0.4}
    return Patient(**{"sex": "male", "age": Q(40, "year"), **body, **more})


def _woman(**more) -> Patient:
    body = {"height": Q(165, "cm"), "weight": Q(60, "kg"), "hematocrit": 0.37}
    return _someone(**{"sex": "female", **body, **more})


def _boy(age, unit, height, weight, **more) -> Patient:
    body = {"height": Q(height, "cm"), "weight": Q(weight, "kg"), "hematocrit": 0.36}
    return _someone(age=Q(age, unit), **body, **more)


PATIENTS = {
    "preterm neonate, born at 30 wk, 10 d, 1.5 kg":
        _boy(10, "day", 41, 1.5, gestation_at_birth=Q(30, "week")),
    "term neonate, 3 d, 3.5 kg": _boy(3, "day", 50, 3.5, gestation_at_birth=Q(40, "week")),
    "infant of 8 months, 8.5 kg": _boy(8, "month", 70, 8.5),
    "boy of 22 months, 12 kg": _boy(22, "month", 86, 12),
    "boy of 2 years, 12.5 kg": _boy(2, "year", 88, 12.5),
    "boy of 8 years, 26 kg": _boy(8, "year", 128, 26),
    "boy of 8 years, 45 kg, obesity entered": _boy(8, "year", 128, 45, states=("obesity",)),
    "girl of 15 years, 52 kg, Tanner 4": _woman(age=Q(15, "year"), weight=Q(52, "kg"), tanner=4),
    "thin woman, 165 cm, 45 kg": _woman(weight=Q(45, "kg")),
    "woman, 165 cm, 60 kg": _woman(),
    "man, 175 cm, 67 kg": _someone(),
    "overweight man, 175 cm, 85 kg": _someone(weight=Q(85, "kg")),
    "obese man, 175 cm, 110 kg": _someone(weight=Q(110, "kg")),
    "severely obese man, 175 cm, 140 kg": _someone(weight=Q(140, "kg")),
    "man, one lower leg missing, 175 cm, 63 kg":
        _someone(weight=Q(63, "kg"), missing_segments=("lower-leg-and-foot",)),
    "woman at 30 weeks of gestation, before it 60 kg and 40 %": _woman(
        weight=Q(70, "kg"), hematocrit=0.33, gestation=Q(30, "week"),
        pre_pregnancy_weight=Q(60, "kg"), pre_pregnancy_hematocrit=0.40,
    ),
    "man with sepsis, 175 cm, 67 kg": _someone(states=("sepsis",)),
}  # fmt: skip


def _age(months: int) -> str:
    years, rest = divmod(months, 12)
    return f"{years} y {rest} mo" if years and rest else f"{years} y" if years else f"{rest} mo"


def taken_at() -> dict[int, str]:
    """For each row of the choice by its place, the ages or body mass indices that take it."""
    body = plain(_someone())._replace(neonate=False, preterm=False)

    def row(**more) -> int:
        fits = [method.when(body._replace(**more)) for method in estimator_rules.METHODS]
        return fits.index(True)

    def spans(rows: list[int], first: int) -> dict[int, tuple[int, int]]:
        """The first and the last step of each row; it has all between them."""
        found = {one: (rows.index(one), len(rows) - 1 - rows[::-1].index(one)) for one in {*rows}}
        assert all(rows.count(one) == high - low + 1 for one, (low, high) in found.items())
        return {one: (low + first, high + first) for one, (low, high) in found.items()}

    ages = spans([row(age=month / 12, bmi=22.0) for month in range(1, 120 * 12 + 1)], 1)
    sizes = spans([row(age=40.0, bmi=tenth / 10) for tenth in range(80, 1001)], 80)
    words = {one: f"{_age(low)} to {_age(high)}" for one, (low, high) in ages.items()}
    adult = "18 y and older, body mass index {:g} to {:g} kg/m2"
    words |= {one: adult.format(low / 10, high / 10) for one, (low, high) in sizes.items()}
    neonate = f"up to {NEONATE_DAYS} d, born"
    term, preterm = (row(neonate=True, preterm=some, age=0.02) for some in (False, True))
    words[term] = f"{neonate} at {TERM_WEEKS} wk or later"
    return words | {preterm: f"{neonate} before {TERM_WEEKS} wk"}


def _volume_words(value) -> str:
    return f"{number(value.m_as('mL'), 0)} mL"


def _beside(one: estimate.Alternative) -> str:
    if one.plasma_volume is None:
        return f"{one.method}: {one.note}"
    mark = "" if one.valid else "; not valid here"
    return f"{one.method} {_volume_words(one.plasma_volume)} ({one.note}{mark})"


def volume() -> str:
    """Which estimator of blood volume, and why."""
    tried, rows = taken_at(), []
    for place, method in enumerate(estimator_rules.METHODS):
        who, _, why = method.reason.partition(": ")
        name = estimate.ESTIMATORS[method.key].name
        cells = (place + 1, who, tried[place], name, why, key(" ".join(method.sources)))
        rows.append(cells)
    every = estimate.ESTIMATORS
    used = [row.key for row in (*estimator_rules.METHODS, *estimator_rules.BESIDE) if row.key]
    functions = {some.name: some for some in (every[name].function.formula for name in used)}
    formulas = []
    for formula in functions.values():
        said = [row.text for row in lists.formula_section(formula).rows if row.label == "Equation"]
        names = dict.fromkeys(one.name for one in every.values() if one.function.formula is formula)
        inputs = [(name, spec) for name, spec in formula.inputs.items() if isinstance(spec, In)]
        takes = ", ".join(f"{name} in {spec.unit}" for name, spec in inputs)
        source = f"{key(formula.source)}, {formula.tag}"
        said_of_it = (takes, formula.validity, formula.error, source)
        formulas.append((", ".join(names), "; ".join(f"`{text}`" for text in said), *said_of_it))
    worked = []
    for who, patient in PATIENTS.items():
        found = estimate_volumes(patient)
        each = found.plasma_volume
        low, typical, high = map(_volume_words, (each.low, each.typical, each.high))
        band = f"{typical} ({low.removesuffix(' mL')} to {high})"
        chosen = f"{found.method}{'' if found.valid else ', for orientation only: no estimator is valid'}"
        beside = "; ".join(map(_beside, found.alternatives))
        worked.append((who, chosen, found.reason, band, beside))
    known = indication_table.indications()
    implied = indication_table.IMPLIED_STATES.items()
    brought = [(in_words(known[name].title), plural(states)) for name, states in implied]
    keys = [source for method in estimator_rules.METHODS for source in method.sources]
    return "\n".join([
        "# Which estimator of blood volume",
        *prose(
            "The table is read from the top; the first row that fits the patient is taken. An entered blood or plasma "
            "volume goes before all of it. The column `taken at` is tried out on every month of age and, in adults, on "
            f"every tenth of body mass index; an age is in completed months. {WRITTEN}"), "",
        *table(("Row", "Patient", "Taken at", "Estimator", "Why", "Source"), rows), "",
        "## What comes out",
        *prose(
            "Made-up patients through the whole choice. The plasma volume stands with its interval "
            f"({100 * estimate.BAND:g} % either way, {100 * estimate.WIDE_BAND:g} % where less is known: a judgement). "
            "What stands beside it is shown and not used."), "",
        *table(("Patient", "Taken", "Because", "Plasma volume", "Beside it"), worked), "",
        "## States in which no estimator is valid",
        *prose(
            f"{_first_large(plural(INVALID_STATES))}, and a hematocrit above its limit ([thresholds](thresholds.md)). "
            "Volumes are then shown for orientation, with an alert that asks for a measured or device value. Some "
            "indications bring such a state with them:"), "",
        *table(("Indication", "State"), brought), "",
        "## The equations", "",
        *table(("Estimator", "Equation", "With", "Valid for", "Known error", "Source"), formulas),
        *sources(*keys, *(formula.source for formula in functions.values())),
    ])  # fmt: skip


EFFECTS = {
    "bar": "removes", "choose": "offers, the first is the default",
    "open": "offers, without a default", "add": "offers where no row above has chosen",
    "usual": "offers where nothing above has been offered",
    "beside": "offers too, next to the usual fluid", "note": "says so",
}  # fmt: skip


def _about(rule: FluidRule) -> str:
    names = {word: row.name for word, row in product_table.products().items()} | FLUID_NAMES
    named = [names.get(word, word.replace("-", " ")) for word in rule.fluids]
    return "; ".join(named) or "no fluid by name"


def _alert_of(rule: FluidRule) -> str:
    if rule.alert is None:
        return "none"
    row = alerts.BY_ID[rule.id]
    return f"{row.severity} [{row.code}](cautions.md): {message(row)}"


def _fluid_table(rules: Iterable[FluidRule]) -> list[str]:
    head = ("Rule", "When, and why", "Effect", "On", "Strength",
            "Alert where a fluid goes against it", "Source")  # fmt: skip
    rows = [(rule.id, rule.reason, EFFECTS[rule.effect], _about(rule), rule.strength,
             _alert_of(rule), key(rule.source)) for rule in rules]  # fmt: skip
    return table(head, rows)


def fluid() -> str:
    """The rules by which a replacement fluid is chosen."""
    stocked = product_table.products().values()
    products = [(row.label, row.text) for row in lists.product_sections(stocked, [])[0].rows]
    conflicts = [(one.topic, one.one, one.other, one.handling, key(" ".join(one.sources)))
                 for one in CONFLICTS]  # fmt: skip
    keys = [row.source for row in (*fluids.FLUID_RULES, *stocked)]
    return "\n".join([
        "# Replacement fluid",
        *prose(
            "Safety rules remove fluids, fluid rules choose, sequence rules arrange. The fluid rules are read from the "
            "top. The alert of a rule fires where its condition holds and the fluid goes against it; the alert "
            "prints the figures and limits of the case: words in *italics* stand for them here. Limits are "
            f"[thresholds](thresholds.md). {WRITTEN}",
            "Strength is that of this table: `must`, `should` or `consider`. The fluid that is listed for an indication "
            "stands in the [table of indications](indications.md)."), "",
        "## Safety rules", "", *_fluid_table(SAFETY), "",
        "## Fluid rules", "", *_fluid_table(fluids.FLUIDS), "",
        "## Sequence rules", "", *_fluid_table(SEQUENCE), "",
        "## Where sources disagree", "",
        *table(("Question", "One says", "Another says", "Here", "Sources"), conflicts), "",
        "## Products",
        *prose("A site enters its own values in the order (`products`). Containers without a size are asked for."),
        "",
        *table(("Entered as", "What is known of it"), products),
        *sources(*keys, *(name for one in CONFLICTS for name in one.sources)),
    ])  # fmt: skip


def message(rule: Rule) -> str:
    """What an alert says, with the names of the figures in the place of the figures."""
    figure = re.compile(r"\{(?:\w+\.)*(\w+)(?::[^}]*)?\}")
    return figure.sub(lambda found: f"*{found[1].replace('_', ' ')}*", rule.message)


def limits_of(rule: Rule) -> dict[str, Limit]:
    """The thresholds that a rule is held against, by the group that they are for."""
    pattern = re.sub(r"\\\{[\w\\.]+\\\}", "(.*)", re.escape(rule.limit))
    found = [(re.fullmatch(pattern, name), limit) for name, limit in limit_table.limits().items()]
    return {" ".join(match.groups()).strip("- "): limit for match, limit in found if match}


def threshold(limit: Limit) -> str:
    """The side on which a value is outside a limit, in words."""
    side = "less than" if limit.high is None else "more than" if limit.low is None else "outside"
    return f"{side} {cautions.limit_words(limit)}"


class _Read:
    """Stands for the facts: what is read of it is kept as words."""

    def __init__(self, path: str = "") -> None:
        self.path = path

    def __getattr__(self, name: str) -> "_Read":
        return _Read(f"{self.path}.{name}".strip("."))


def value_of(rule: Rule) -> str:
    """The fact that a rule holds against its limit, in words; empty where it is more than one fact."""
    try:
        read = rule.value(_Read())
    except (TypeError, AttributeError):
        return ""
    return read.path.rpartition(".")[2].replace("_", " ") if isinstance(read, _Read) else ""


@cache
def conditions() -> dict[str, str]:
    """The condition of each row by its id, as it stands in the table."""
    found = {}
    folders = [Path(package.__file__).parent for package in (alerts, fluids)]
    for path in (path for folder in folders for path in sorted(folder.glob("*.py"))):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            given = {one.arg: one.value for one in call.keywords}
            id = given.get("id") or (call.args[0] if call.args else None)
            when = given.get("when")
            if isinstance(id, ast.Constant) and isinstance(when, ast.Lambda):
                found[id.value] = ast.unparse(when.body)
    return found


def fires_on(rule: Rule) -> str:
    """When an alert fires: the value against the limit, and the condition of the row."""
    limits = limits_of(rule).items() if rule.limit else ()
    held = "; ".join(f"{threshold(one)}{f', {group}' if group else ''}" for group, one in limits)
    if rule.at_limit:
        held = held.replace("more than", "at least")
    value = value_of(rule)
    said = f"{value} {held}" if held else f"{value} is known" if value else ""
    condition = conditions().get(rule.id, "")
    condition = f"`{condition}`" if condition not in ("", "True") else ""
    against = "a fluid goes against [the rule](fluid.md)" if rule.fluid else ""
    return "; ".join(filter(None, (said.strip(), condition, against)))


def needs_of(rule: Rule) -> str:
    """The alternatives of inputs without which a rule cannot fire."""
    each = [in_code(one) for one in each_together(rule.needs)]
    return " or ".join(each) or "nothing that may be missing"


def caution_rules() -> str:
    """Every caution: when it speaks, what it says."""
    rows, keys = [], []
    for rule in alerts.RULES:
        names = of_limits(rule, "source")
        keys += names
        known = f"{key(' '.join(names))}, {' or '.join(of_limits(rule, 'tag'))}"
        rows.append((rule.id, rule.code, rule.severity, fires_on(rule), message(rule),
                     in_code(rule.about), needs_of(rule), in_code(rule.confirm) or "no", known))  # fmt: skip
    return "\n".join([
        "# Alerts",
        *prose(
            "Every rule that raises an alert. `stop` blocks the sheet until a named clinician overrides this one rule, "
            "by its id, with a reason (`--override plasma-refused='reason' --by NAME`); `strong`, `warn` and `info` do "
            "not block. Rules of one family share a code. An alert on a value that is probably mistyped no longer "
            "fires once that input is confirmed, by the path that stands here (`labs.platelets`) or its last part. "
            "Inputs are named by their path in the order: those that the alert is about, and those without which it "
            "cannot fire. Conditions are shown as they stand in the table. Words in *italics* stand for the figures of "
            "the case. Where several limits are listed, the one for the patient's group is used. How often each fires "
            f"in ordinary patients is on [another page](../cautions.md). {WRITTEN}"), "",
        *table(("Id", "Code", "Severity", "Fires on", "Says", "About", "Needs",
                "Silenced by confirming", "Source, evidence"), rows),
        *sources(*keys),
    ])  # fmt: skip


def may_be_set(limit: Limit) -> str:
    """Whether a site may move a threshold, and how far."""
    if not limit.site:
        return "no"
    bounds = BOUNDS.get(limit.name)
    if bounds is None:
        return "yes"
    unit = BY_UCUM[limit.unit].label.removeprefix("1")
    return f"yes, {' to '.join(number(end, 2) for end in bounds)} {unit}".rstrip()


def thresholds() -> str:
    """Every threshold, whether a site may move it, and who asks for it."""
    spoken: dict[str, dict[str, None]] = {}
    for rule in alerts.RULES:
        for limit in limits_of(rule).values() if rule.limit else ():
            spoken.setdefault(limit.name, {}).setdefault(f"{rule.code} ({rule.severity})")
    rows = []
    for limit in limit_table.limits().values():
        words = cautions.limit_words(limit).removesuffix(" (site limit)")
        by = ", ".join(spoken.get(limit.name, ()))
        by = by or "used by the rules of the fluid or the circuit"
        known = f"{key(limit.source)}, {limit.tag}"
        rows.append((limit.name.replace("-", " "), words, may_be_set(limit), by, known))
    return "\n".join([
        "# Thresholds",
        *prose(
            "The limits at which an [alert](cautions.md) or a [fluid rule](fluid.md) fires, from `data/limits.toml`. "
            "Most are judgements or not verified: they are site limits, printed as such, and an order may set its own "
            'under the same name with hyphens (`"limits": {"fibrinogen-low": {"low": 1.2, "unit": "g/L"}}`). What '
            "decides on safety moves only within the bounds that stand beside it. None is a clinical limit unless its "
            f"source says so. {WRITTEN}"), "",
        *table(("Threshold", "Limit", "May a site set its own", "Alerts", "Source, evidence"), rows),
        *sources(*(limit.source for limit in limit_table.limits().values())),
    ])  # fmt: skip


AT = "24 h before an exchange of 3 L in 2 h, 70 kg"


def around(name: str) -> drugs.DrugAround:
    """A medicine given a day before an ordinary exchange, as a prescription would show it."""
    order = treatment.DrugOrder(name=name, when="before", time=Q(24, "h"))
    return drugs.around((order,), 3000.0, 2.0, 70.0, Recorder(Q(1, "h"))).drugs[0]


def medicines() -> str:
    """Medicines around an exchange: what is done with each, and what an exchange takes."""
    known = [around(row.name) for row in solute_table.solutes().values() if row.is_drug]
    general = {
        "any other name that ends in -mab": around("examplimab"),
        ", ".join(FRAGMENTS): around(FRAGMENTS[0]),
        ", ".join((*medicine_rules.CORTICOSTEROIDS, *OTHERS)): around(OTHERS[0]),
        "a name that is not in the list": around("exampline"),
    }
    named = [(", ".join(rule.names), rule) for rule in medicine_rules.DRUG_RULES]
    every = (*named, *general.items())
    rules = [(who, one.kind, one.advice, key(one.source)) for who, one in every]
    shares = ["no figure" if one.lost is None else share(one.lost) for one in known]
    rows = [(one.name, one.kind, one.advice, lost, one.statement, key(one.source))
            for one, lost in zip(known, shares, strict=True)]  # fmt: skip
    causes = [(where, ", ".join(names)) for where, names in medicine_rules.CAUSES.items()]
    asked = (medicine_rules.CAUSE, *medicine_rules.DRUG_RULES, *known, *general.values())
    keys = [one.source for one in asked]
    return "\n".join([
        "# Medicines around an exchange",
        *prose(
            "What the program says of a medicine by its name. It calculates no doses. The [cautions](cautions.md) "
            f"W-DRUG, W-DRUG-CAUSE, W-ECU, W-ACE and W-DRUG-NAME belong to it. {WRITTEN}"), "",
        "## By name",
        *prose(
            "The first row that has the name, or a word of it, is taken. An ACE inhibitor is also known by the ending "
            "-pril. A vasopressor, an inotrope, insulin or a sedative is not taken for one beside a word such as "
            f"{', '.join(NO_INFUSION[:5])}, or a local anesthetic. Names that end in -mab and names that are not "
            "in the list are tried out with made-up ones."), "",
        *table(("Names", "Effect", "What to do", "Source"), rules), "",
        "## The cause of the disease",
        *prose(
            "Before all of that: with these indications these medicines are what caused the disease, and nothing is done to "
            f"keep them in the patient: {medicine_rules.CAUSE.advice} ({key(medicine_rules.CAUSE.source)}). With the indications of poisons a "
            f"medicine given before keeps its class, and the sheet adds: {medicine_rules.POISON}."),
        "",
        *table(("Indication", "Medicines"), causes), "",
        "## Every medicine of the catalogue",
        *prose(
            f"Given {AT}. The share is of the amount in the body when the exchange starts, with its interval: a "
            "prediction, except where it says measured."), "",
        *table(("Medicine", "Effect", "What to do", "Share that an exchange takes", "How this is known", "Source"), rows),
        *sources(*keys),
    ])  # fmt: skip


PRESSURES: dict[str, tuple[bool, tuple[str, ...]]] = {
    "no hypotension": (False, ()),
    "hypotension, no vasopressor": (True, ()),
    "one vasopressor": (True, ("norepinephrine",)),
    "one with vasopressin": (True, ("norepinephrine", "vasopressin")),
    "vasopressin alone": (True, ("vasopressin",)),
    "two vasopressors": (True, ("norepinephrine", "epinephrine")),
}
FLOWS = {"nasal-cannula": (crs.LOW_FLOW, crs.LOW_FLOW + 1)}


def _grades() -> Iterator[list[str]]:
    for device in crs.DEVICES:
        for flow in FLOWS.get(device, (None,)):
            name, given = device.replace("-", " "), None
            if flow is not None:
                given = Q(flow, "L/min")
                side = "most" if flow == crs.LOW_FLOW else "more than"
                name += f" at {side} {number(crs.LOW_FLOW)} L/min"
            graded = [grade_crs(Q(39, "degC"), *one, device, given) for one in PRESSURES.values()]
            yield [name, *(str(one.grade) for one in graded)]


def _criteria() -> Iterator[list[str]]:
    both = {"tocilizumab": True, "corticosteroid": True, "persisting": True}
    scored = [(f"grade {grade}", {"grade": grade, "scale": crs.SOURCE}) for grade in range(1, 6)]
    cases = [
        ("no grade", {}),
        *((f"{name}, nothing else documented", given) for name, given in scored[:4]),
        *((f"{name}, persisting after tocilizumab and a corticosteroid", {**given, **both})
          for name, given in scored),
        ("grade 3 by the Penn scale, persisting after both", {"grade": 3, "scale": "penn", **both}),
    ]  # fmt: skip
    met = {True: "met", False: "not met: W-CRS-GATE (strong)", None: "nothing is said"}
    for case, given in cases:
        order = crs.CrsOrder(**given)
        criteria = crs.criteria_for_exchange(order, tocilizumab=False, corticosteroid=False)
        said = "; ".join((criteria.statement, *criteria.flags))
        yield [case, met[criteria.met], said, key(criteria.source)]


def crs_grade() -> str:
    """The ASTCT grade and the criteria for exchange."""
    positions = [[one.who, one.says, one.tag] for one in crs.POSITIONS]
    care = [[row.topic, row.text, row.tag, key(row.source)] for row in crs_care.ADVICE]
    return "\n".join([
        "# Cytokine release syndrome: ASTCT grade and the criteria for exchange",
        *prose(f"Tried out on every combination that stands here. {WRITTEN}"), "",
        "## Grade by ASTCT 2019",
        *prose(
            f"With fever of at least {number(crs.FEVER)} C, or fever waived after an antipyretic or anticytokine "
            "treatment in established CRS; without either it is not gradable. The grade is the worse of oxygen (rows) "
            "and blood pressure (columns); what has another cause is left out; death due to CRS is grade 5. Vasopressin "
            "beside another vasopressor does not count."), "",
        *table(("Oxygen", *PRESSURES), _grades()),
        *prose(f"{_first_large(crs.SCALES_NOTE)}. {_first_large(crs.VASOPRESSIN_ALONE)}."), "",
        "## Criteria",
        *prose("It never says that an exchange is the thing to do."), "",
        *table(("Entered", "Criteria", "What it says", "Source"), _criteria()), "",
        "## What guidelines say", "", *table(("Who", "Says", "Evidence"), positions), "",
        "## What stands on the sheet",
        *prose("Printed for CRS after CAR-T cells, and for HLH with a record of CRS."), "",
        *table(("About", "Says", "Evidence", "Source"), care),
        *sources(crs.SOURCE, "li-2023", *crs_care.SOURCES),
    ])  # fmt: skip


def devices() -> str:
    """Devices and anticoagulants."""
    rows = device_table.devices()

    def known(wanted: bool) -> list[list[str]]:
        kept = [row for row in rows.values() if (row.kind == "anticoagulant") == wanted]
        return [[row.label, row.text] for row in lists.device_section(kept).rows]

    keys = [row.source for row in rows.values()]
    keys += [source for row in rows.values() for _, source in row.efficiency]
    return "\n".join([
        "# Devices and anticoagulants",
        *prose(
            "What is dependably known of each. Flows, ratio, removal efficiency and circuit volume of a run are asked "
            f"for, never taken from here; removal efficiencies are shown beside the entry. {WRITTEN}"),
        "",
        "## Devices", "", *table(("Entered as", "What is known of it"), known(wanted=False)), "",
        "## Anticoagulants", "", *table(("Entered as", "What is known of it"), known(wanted=True)),
        *sources(*keys),
    ])  # fmt: skip


def indications() -> str:
    """The table of indications."""
    rows = []
    for row in indication_table.indications().values():
        noted = filter(None, (row.fluid_note, row.criteria, row.note))
        notes = "; ".join(map(in_words, noted))
        how_often = (row.fluid.replace("-", " "), in_words(row.frequency), in_words(row.sessions))
        listed = (in_words(row.title), f"`{row.id}`", lists.category(row), lists.dose(row))
        rows.append((*listed, *how_often, notes, row.page, row.evidence_tag))
    cites = dict.fromkeys(row.source for row in indication_table.indications().values())
    return "\n".join([
        "# Indications",
        *prose(
            f"What is listed for each of {len(rows)} indications: category and grade of evidence, dose, fluid, frequency "
            "and number of sessions. Transcribed, and not yet compared with the publication by a second person. An "
            f"indication without a category is not category III. {WRITTEN}"), "",
        *table(("Indication", "Entered as", "Category", "Dose of a session", "Fluid", "Frequency", "Sessions", "Notes",
                "Page", "Evidence"), rows), "",
        "## Sources", "",
        *(f"- {cite}" for cite in cites), "",
    ])  # fmt: skip


PAGES: dict[str, Callable[[], str]] = {
    "volume": volume, "fluid": fluid, "cautions": caution_rules, "thresholds": thresholds,
    "medicines": medicines, "crs": crs_grade, "devices": devices, "indications": indications,
}  # fmt: skip
