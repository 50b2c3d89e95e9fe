"""Every code block of the README and of docs/ runs and prints what the page says.

UPDATE_DOCS=1 writes the real output into the pages instead of comparing, without the numbers of version and data.
"""

import os
import re
import shlex

import pytest
from click.testing import CliRunner

from pexcalc import Order, Site, prescribe
from pexcalc.cli import cli
from pexcalc.data import loading
from tests.support.paths import ROOT
from tests.support.printed import masked
from tests.support.shells import SHELLS, run

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page):
    return [(match[1], match[2]) for match in BLOCK.finditer(page.read_text(encoding="utf-8"))]


def output(command, folder, monkeypatch):
    """What the part of a command after its set-up prints, run in a folder; the set-up itself is run by .ci/run."""
    words = shlex.split(command.rpartition(" && ")[2])
    assert words[0] == ".venv/bin/pexcalc", command
    monkeypatch.chdir(folder)
    screen = {"prog_name": "pexcalc", "env": {"COLUMNS": "80"}, "terminal_width": 78}
    done = CliRunner().invoke(cli, words[1:], **screen)
    assert isinstance(done.exception, SystemExit | None), done.exception
    return masked(done.stdout + done.stderr)


def excerpt(printed, shown):
    """What is printed, of the sections that a page shows; `[...]` stands for the others."""
    title, *sections = printed.split("\n\n")
    headings = {line for line in shown.splitlines() if line and not line.startswith(" ")}
    found = [title]
    for section in sections:
        shown_here = section.splitlines()[0] in headings
        found += [section] if shown_here else ["[...]"] if found[-1] != "[...]" else []
    return "\n\n".join(part.rstrip("\n") for part in found) + "\n"


# Recipes need packages of their own: test_recipes.py runs them.
OWN = [page for page in PAGES if page.parent.name != "recipes"]
CASES = [(page, number) for page in OWN for number in range(len(blocks(page)))]


@pytest.mark.parametrize(("page", "number"), CASES, ids=[f"{page.name}:{n}" for page, n in CASES])
def test_code_block(page, number, tmp_path, monkeypatch):
    parts = blocks(page)
    language, text = parts[number]
    if language == "python":
        exec(compile(text, f"{page.name}:{number}", "exec"), {"__name__": "__main__"})
    elif language == "toml":
        assert Site.from_toml(text.encode()).rows()
    elif language == "json":
        assert prescribe(Order.from_json(text))
    elif language == "text":
        before, command = parts[number - 1]
        assert before == "sh"
        for site in (block for kind, block in parts if kind == "toml"):
            (tmp_path / "site.toml").write_text(site, encoding="utf-8")
        printed = output(command.strip(), tmp_path, monkeypatch)
        if "[...]" in text:
            printed = excerpt(printed, text)
        if os.environ.get("UPDATE_DOCS"):
            whole = page.read_text(encoding="utf-8")
            start, end = list(BLOCK.finditer(whole))[number].span(2)
            page.write_text(f"{whole[:start]}{printed}{whole[end:]}", encoding="utf-8")
        else:
            assert printed == text
    elif language == "sh":
        followed = number + 1 < len(parts) and parts[number + 1][0] == "text"
        assert followed or text.startswith(TRIED), "a command whose output nothing checks"
    elif language in SHELLS:
        assert run(language, text, tmp_path) == ""
    elif language == "powershell":
        assert page.name == "completion.md"  # test_completion.py tries what it asks
    else:
        pytest.fail(f"no test runs a block of {language}")


# The README's two set-up commands, which .ci/run takes from the page and runs as they are.
SET_UP = "python3 -m venv .venv && .venv/bin/pip install"
TRIED = (SET_UP, "python web/build.py OUT\n")  # the second by test_web.py


def test_the_readme_has_exactly_two_set_up_commands():
    found = [text for _, text in blocks(ROOT / "README.md") if text.startswith(SET_UP)]
    assert len(found) == 2
    assert all(text.count("\n") == 1 for text in found)
    assert "pexcalc prescribe" in found[0]
    assert found[1].rstrip().endswith(".venv/bin/pytest -n auto")


# A cited guideline's own words, against exchange: they stand in these sentences and nowhere else.
QUOTED = (
    "grade 1 and 2: exchange not recommended (2022 consensus)",
    "grade 1 and 2: not recommended; its wording for grade 3 and 4 was not available to us",
    "grade 1-2 not recommended (2022 chinese consensus)",
    "asfa category iv: exchange is ineffective or harmful",
    "category iv: ineffective or harmful",
)


def prose(page):
    """The text of a page on one line, without its code blocks, in small letters."""
    return " ".join(BLOCK.sub("", page.read_text(encoding="utf-8")).casefold().split())


def test_promises_of_benefit_stay_out_of_the_pages():
    for page in PAGES:
        text = prose(page)
        for quoted in QUOTED:
            text = text.replace(quoted, "")
        for word in ("recommended", "effective", "superior"):
            assert word not in text, page.name
        for match in re.finditer("validated", text):
            assert re.search(r"(nothing here is|not) validated$", text[: match.end()]), page.name
        whole = page.read_text(encoding="utf-8")  # and no number that changes with the data
        assert masked(whole) == whole, page.name
        assert loading.data_version() not in whole, page.name
    together = " ".join(map(prose, PAGES))
    assert all(quoted in together for quoted in QUOTED)


def anchors(page):
    """The places of a page that a link can name: its headings as GitHub spells them."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    return {
        re.sub(r"[^\w -]", "", title.casefold()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", text, re.M)
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", BLOCK.sub("", page.read_text(encoding="utf-8"))):
        if "://" not in target:
            name, _, anchor = target.partition("#")
            other = (page.parent / name).resolve() if name else page
            assert other.exists(), target
            assert not anchor or anchor in anchors(other), target


def test_the_index_names_every_page():
    docs = ROOT / "docs"
    index = (docs / "README.md").read_text(encoding="utf-8")
    for page in sorted(docs.glob("**/*.md")):
        named = f"({page.relative_to(docs).as_posix()})" in index
        assert page.name == "README.md" or named, page.name
