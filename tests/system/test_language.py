"""Every sentence that a person reads: the words of the ward, US spelling, one word for one thing."""

import re

import click
import pytest
from click.testing import CliRunner

from pexcalc.cli import cli
from pexcalc.data.loading import read_toml
from pexcalc.report.html.page import page
from pexcalc.report.layout import text as written
from pexcalc.report.screen import screen
from pexcalc.report.sheet import sections, title
from pexcalc.report.summary import summary
from pexcalc.rules.alerts import RULES
from pexcalc.rules.fluids import FLUID_RULES
from tests.support.paths import ROOT
from tests.support.scenario import COVER, drawn

# Nothing speaks, falls silent, is told or comes; no building, no riddle, and the words of one list.
BANNED = (
    "told", "came", "comes", "speaks", "spoke", "silent", "silently", "silenced", "somebody", "anew",
    "rooms?", "doors?", "gates?", "scenes?", "rings?", "houses?", "fatness", "leftover",
    "work(s|ed)? out", "at hand", "put(s)? it back", "(is|are) undone", "a guess", "look best",
    "side by side", "weigh the options", "got nothing", "read it as", "if taken", "of the start",
    "without end", "comes? back", "dilution alone", "gives? back", "falls apart", "set-up not counted",
    "anticoagulant not counted", "not documented", "clinician orders", "takes it away",
    "is it right", "if it is right", "more likely low", "goes before", "piles up", "plan calcium",
    "honest", "in all", "line of (plasma|calcium)", "cautions?", "blocked by", "another saw none",
)  # fmt: skip
ALLOWED = (
    "room[ -]air", "4 in all", "% in all", "docs/cautions.md", "decisions/cautions.md", "cautions.md",
    "`cautions?`", "`Caution`", r"\bcautions/", "W-CRS-GATE", r"\| cautions \|",
)  # fmt: skip
BRITISH = (
    r"\w*haem(?!ost)\w*", r"\w*aemi[ac]\w*", r"\w*oedem\w*", r"\w*ionis\w*", r"\w*categoris\w*",
    r"\w*metabolis(e|ed|es|ing)\b", r"cent(re|res)", r"\w*lit(re|res)", r"\w*fib(re|res)",
    r"behaviour\w*", r"\w*neighbour\w*", r"colou?red?(?<=our)\w*", "licence", r"tumour\w*", r"titres?",
    r"paediatric\w*", r"\w*desensitis\w*", r"\w*necrotis\w*", r"labelled", r"modelled", "analysers?",
    "catalogue", r"organis\w*", r"recognis\w*", "programme", "whilst", r"anaesthe\w*",
)  # fmt: skip
# Ids keep their spelling, and so do names of bodies and journals, in citations.
IDS = (
    r"alveolar-haemorrhage", r"hypogammaglobulinaemia", r"anti-gbm-dah", r"not-categorised",
    r"free haemoglobin", r"haemoglobin \(cell-free\)", r"tumour necrosis factor", r"cryoglobulinaemia",
    r"familial-hypercholesterolaemia", r"heart-tx-\w+", r"[\w-]+-desensitisation", r"iim-necrotising", r"litres_per_day", r"(albumin|igg)_litres",
    r"in_litres", r"Haematol\w*", r"European Society of Anaesthesiology", r"Haemost\w*", r"Haem\b",
    r"paediatric-apheresis-2018", r"`ionised[-_]calcium[-.]*`",
)  # fmt: skip
TERMS = ("plasma volume", "replacement", "exchange", "alerts", "not checked")


def offences(text: str) -> list[str]:
    """Banned words and British spellings in a text, each with the words around it."""
    flat = re.sub(r"(?<=[a-z]-) ", "", " ".join(text.split()))  # a wrapped id
    plain = re.sub("|".join(ALLOWED), "", flat, flags=re.I)
    american = re.sub("|".join(IDS), "", plain)
    return [
        where[max(0, match.start() - 40) : match.end() + 30]
        for words, where in ((BANNED, plain), (BRITISH, american))
        for match in re.finditer(rf"\b({'|'.join(words)})\b", where, flags=re.I)
    ]


def sheet(p) -> str:
    return written(title(p.version, p.data), sections(p))


def reasons(p) -> str:
    return written(title(p.version, p.data), sections(p, explain=True))


def visible(html: str) -> str:
    """The text of a page, one passage between two tags a line, without style."""
    html = re.sub(r"<style.*?</style>", "", html, flags=re.S)
    return re.sub(r"<[^>]+>", "\n", html)


# What is printed, and what ends a passage of it: a row goes on in lines that are indented.
SURFACES = {
    "screen": (screen, r"\n(?=\S|  \S)"),
    "sheet": (sheet, r"\n(?=\S|  \S)"),
    "summary": (summary, r"\n"),
    "page": (lambda p: visible(page(p)), r"\n"),
    "reasons": (reasons, r"\n(?=\S|  \S)"),
}


@pytest.mark.parametrize("surface", SURFACES)
def test_every_surface_is_printed_in_the_words_of_the_ward(surface):
    write, end = SURFACES[surface]
    passages: dict[str, str] = {}  # each with the first scenario that has it: most have many
    for name, order in list(COVER.items())[:: 5 if surface == "reasons" else 1]:
        text = drawn(write, order)
        passages |= {passage: name for passage in re.split(end, text) if passage not in passages}
        if surface != "page":  # the page keeps its lines for the pen
            assert text.casefold().count("not entered") <= 1, name
        if surface == "sheet":
            assert [term for term in TERMS if term not in text.casefold()] == [], name
    assert {words: passages[one] for one in passages for words in offences(one)} == {}


def commands(command, path=()):
    yield path
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from commands(one, (*path, name))


RUNS = (
    *((*path, "--help") for path in commands(cli)),
    *(("show", name) for name in ("indications", "solutes", "fluids", "devices", "formulas", "crs", "tables")),
    ("show", "sources"), ("show", "solutes", "IL-6"), ("show", "solutes", "hemoglobin"),
    ("removal", "--solute", "IL-6", "--solute", "IgG", "--plasma-volumes", "1", "--duration", "2 h", "--sessions", "3",
     "--every", "24 h", "--target-fall", "40 %", "--why"),
    ("removal", "--solute", "IL-6", "--solute", "CRP", "--plasma-volumes", "1", "--duration", "2 h", "--why"),
    ("removal", "--solute", "tocilizumab", "--plasma-volumes", "1", "--duration", "2 h", "--weight", "70 kg",
     "--given", "24 h"),
    ("compare", "--solute", "IL-6", "--solute", "IgG", "--weight", "70 kg", "--hematocrit", "30 %", "--blood-flow",
     "150 mL/min", "--effluent-dose", "25 mL/kg/h", "--plasma-volumes", "1", "--duration", "2 h", "--why"),
    ("crs-grade", "--temperature", "39.2 C", "--hypotension", "yes", "--vasopressor", "vasopressin", "--oxygen-device",
     "room-air"),
    ("volume", "--sex", "male", "--age", "23 y", "--height", "172 cm", "--weight", "95 kg", "--hematocrit", "27 %",
     "--why"),
    ("volume", "--height", "1.75 cm"), ("volume", "--sex", "male"), ("removal", "--solute", "il66"),
    ("prescribe", "--sex", "male", "--indication", "ttpp"), ("nonsense",),
)  # fmt: skip


@pytest.mark.parametrize("words", RUNS, ids=[" ".join(words)[:60] for words in RUNS])
def test_every_command_is_written_in_the_words_of_the_ward(words):
    done = CliRunner().invoke(cli, list(words), prog_name="pexcalc")
    text = done.stdout + done.stderr
    assert offences(text) == []
    assert text.count("not entered") <= 1


def test_every_rule_is_written_in_the_words_of_the_ward():
    for rule in RULES:
        assert offences(rule.message) == [], rule.id
    for row in FLUID_RULES:
        assert offences(row.reason) == [], row.id


def test_every_text_of_the_tables_is_in_us_spelling():
    def texts(value):
        if isinstance(value, str) and " " in value:
            yield value
        if isinstance(value, dict):
            for name, one in value.items():
                yield from texts(one) if name not in ("synonyms", "names") else ()
        if isinstance(value, list):
            for one in value:
                yield from texts(one)

    for table in ("solutes", "fluids", "devices", "tables", "sources", "indication_names"):
        for text in texts(dict(read_toml(table))):
            assert offences(text) == [], table
    assert offences((ROOT / "pexcalc/data/indications.csv").read_text(encoding="utf-8")) == []


GENERATED = {"api.md", "inputs.md", "cli.md", "cautions.md", "architecture.md"}
PAGES = [one for one in sorted((ROOT / "docs").glob("*.md")) if one.name not in GENERATED]


@pytest.mark.parametrize("path", PAGES, ids=[one.name for one in PAGES])
def test_every_page_is_written_in_the_words_of_the_ward(path):
    prose = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    assert offences(prose) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The fluid was told", 1), ("in the room", 1), ("an ionised value", 1), ("a caution", 1),
        ("Neighbouring", 1), ("room air; hemostasis during the run; alveolar-haemorrhage", 0),
    ],
)  # fmt: skip
def test_a_banned_word_is_found_and_a_good_word_is_left_alone(text, count):
    assert len(offences(text)) == count


@pytest.mark.parametrize("spelling", ["alveolar-hemorrhage", "alveolar-haemorrhage"])
def test_a_clinical_id_is_read_in_both_spellings(spelling):
    words = (
        "prescribe", "--sex", "male", "--age", "40 y", "--height", "180 cm", "--weight", "80 kg", "--hematocrit", "40 %",
        "--indication", "anti-gbm-dah", "--plasma-volumes", "1", "--finding", spelling, "--full",
    )  # fmt: skip
    assert "alveolar hemorrhage" in CliRunner().invoke(cli, words).output
