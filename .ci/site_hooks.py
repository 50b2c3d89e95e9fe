"""Hooks of mkdocs: pages of the root of the repository become pages of the site; links follow."""

import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
# Pages that stand beside docs/, by the name that they have on the site.
OUTSIDE = {
    "README.md": "about.md",
    "CHANGELOG.md": "changes.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
LINK = re.compile(r"\[([^\[\]]*)\]\(([^)#\s:]+)(#[^)\s]*)?\)")

FENCE = "```"


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that stand beside docs/."""
    for name, page in OUTSIDE.items():
        files.append(
            File.generated(config, page, content=(ROOT / name).read_text(encoding="utf-8"))
        )
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Point links at the pages of the site; a file that is no page keeps its name as text."""
    outside = page.file.src_uri in OUTSIDE.values()
    folder = PurePosixPath("x" if outside else f"docs/{page.file.src_uri}").parent
    depth = page.file.src_uri.count("/")

    def moved(link: re.Match[str]) -> str:
        words, place, anchor = link.groups("")
        target = _joined(folder, place)
        inside = OUTSIDE.get(target) or target.removeprefix("docs/")
        is_page = target in OUTSIDE or (target != inside and files.get_file_from_path(inside))
        return f"[{words}]({'../' * depth}{inside}{anchor})" if is_page else f"{words} (`{target}`)"

    texts = markdown.split(FENCE)  # every second one is a block of code
    return FENCE.join(
        text if code % 2 else LINK.sub(moved, text) for code, text in enumerate(texts)
    )


def _joined(folder: PurePosixPath, link: str) -> str:
    parts: list[str] = []
    for part in (folder / link).parts:
        if part == "..":
            parts[-1:] = []
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
