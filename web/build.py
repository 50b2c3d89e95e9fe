"""Build the page: one HTML file, and a folder for a web server, from the library and pinned parts.

    python web/build.py OUT [--site FILE]

OUT/pexcalc.html is opened by a double click; OUT/site/ goes to a web server. Needs Node and npm,
PyPI and the npm registry, through their ordinary clients. The same inputs give the same bytes.
The trap: `pip download` takes a wheel of another platform without a word unless all are pinned by
their hashes, so page.lock and NPM_SHA512 change together with PYODIDE.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pexcalc.order.site import Site

WEB = Path(__file__).resolve().parent
ROOT = WEB.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(WEB))

PYODIDE = "314.0.7"
NPM_SHA512 = (
    "d18bd7c4485f11da4b7dbfd790cd8114078c44eab488c517d9bcf31fda4eb6dc"
    "8c716930abe1db139bb2b860fcd8b37bcb6abe48dbe2ffa579244b0e943d91d4"
)
PYTHON, PLATFORM = "3.14", "pyemscripten_2026_0_wasm32"
DATE = (1980, 1, 1, 0, 0, 0)  # of every file in a zip
LEFT_OUT = re.compile(r"^pydantic/(v1/|mypy\.py)|/testsuite/")  # tests, and tools of developers
LICENCE_FILE = re.compile(r"(licen[cs]e|copying|notice|authors)", re.IGNORECASE)
PACKED = ("pyodide.asm.wasm.gz", "python_stdlib.zip.gz", "site.zip.gz")


class BuildError(Exception):
    """The page cannot be built here; the sentence says what is missing."""


# --- tools and downloads --------------------------------------------------------------------------


def tool(name: str) -> str:
    """The path of a program, or a sentence on where it is from."""
    found = shutil.which(name)
    if found is None:
        raise BuildError(
            f"{name} is missing: install Node.js 20 or newer, which brings node and npm"
        )
    return found


def run(*command: str, cwd: Path) -> None:
    """Run a program; its output is in the error where it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        shown = (done.stderr or done.stdout).strip()[-1500:]
        raise BuildError(f"{Path(command[0]).name} {command[1]} failed:\n{shown}")


def downloads() -> Path:
    """Where the downloaded parts are kept between builds; each is checked at every use."""
    kept = os.environ.get("PEXCALC_PAGE_CACHE") or Path.home() / ".cache" / "pexcalc-page"
    folder = Path(kept)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def pyodide(folder: Path) -> dict[str, bytes]:
    """The files of the npm package, its hash checked."""
    archive = downloads() / f"pyodide-{PYODIDE}.tgz"
    if not archive.exists():
        run(tool("npm"), "pack", f"pyodide@{PYODIDE}", "--silent", cwd=archive.parent)
    data = archive.read_bytes()
    if hashlib.sha512(data).hexdigest() != NPM_SHA512:
        raise BuildError(f"{archive}: not the pinned pyodide {PYODIDE} (its hash differs)")
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        tar.extractall(folder, filter="data")
    return {path.name: path.read_bytes() for path in (folder / "package").iterdir()}


def wheels() -> list[Path]:
    """The pinned wheels of the platform, their hashes checked by pip."""
    folder = downloads() / f"wheels-{hashlib.sha256(lock_text().encode()).hexdigest()[:12]}"
    pins = re.findall(r"^(\S+)==(\S+) --hash=sha256:(\w+)", lock_text(), re.MULTILINE)
    if len(list(folder.glob("*.whl"))) < len(pins):
        options = f"--no-deps --require-hashes --only-binary=:all: --platform {PLATFORM} "
        options += f"--python-version {PYTHON} --implementation cp --abi cp314 --quiet"
        command = [sys.executable, "-m", "pip", "download", *options.split()]
        run(*command, "-d", str(folder), "-r", str(WEB / "page.lock"), cwd=WEB)
    found = sorted(folder.glob("*.whl"))
    hashes = {hashlib.sha256(path.read_bytes()).hexdigest() for path in found}
    if hashes != {sha256 for _, _, sha256 in pins}:
        raise BuildError(f"{folder}: not the wheels of page.lock; remove the folder and try again")
    return found


def lock_text() -> str:
    """The pins of the wheels."""
    return (WEB / "page.lock").read_text(encoding="utf-8")


# --- Python parts ---------------------------------------------------------------------------------


def archive_of(files: Mapping[str, bytes]) -> bytes:
    """A zip with a fixed order and date; stored, because compile.mjs packs it anew."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in sorted(files):
            made.writestr(zipfile.ZipInfo(name, DATE), files[name])
    return out.getvalue()


def site_files(found: list[Path], site: Path | None) -> dict[str, bytes]:
    """The wheels unpacked, pexcalc from this tree, and what the page calls."""
    files: dict[str, bytes] = {}
    for wheel in found:
        with zipfile.ZipFile(wheel) as packed:
            for name in packed.namelist():
                if _needed(name):
                    files[name] = packed.read(name)
    for path in sorted((ROOT / "pexcalc").rglob("*")):
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in (".py", ".toml", ".csv", ".txt") and "/cli/" not in name:
            files[name] = path.read_bytes()
    files["pexcalc_page/__init__.py"] = b""
    for module in ("bridge.py", "answer_html.py"):
        files[f"pexcalc_page/{module}"] = (WEB / module).read_bytes()
    if site is not None:
        files["pexcalc_page/site.toml"] = site.read_bytes()
    return files


def _needed(name: str) -> bool:
    if ".dist-info/" in name:
        return name.endswith("/METADATA") or bool(LICENCE_FILE.search(Path(name).name))
    return not (name.endswith((".pyi", "/")) or LEFT_OUT.search(name))


def gzipped(files: Mapping[str, bytes], work: Path) -> dict[str, bytes]:
    """The files gzipped, each .py in a zip compiled before, by the Python of the page.

    Where PEXCALC_PAGE_PACKED names a folder, what was packed of the same bytes is taken from it.
    """
    kept = Path(os.environ.get("PEXCALC_PAGE_PACKED") or work / "packed")
    for folder in (work / "in", work / "out", kept):
        folder.mkdir(exist_ok=True)
    packer = PYODIDE.encode() + (WEB / "compile.mjs").read_bytes()
    places = {name: kept / f"{name}-{_packed(data, packer)}.gz" for name, data in files.items()}
    lacking = [name for name, place in places.items() if not place.exists()]
    for name in lacking:
        (work / "in" / name).write_bytes(files[name])
    module = str(work / "package" / "pyodide.mjs")
    if lacking:
        run(tool("node"), str(WEB / "compile.mjs"), module, "in", "out", cwd=work)
    for name in lacking:
        shutil.move(work / "out" / f"{name}.gz", places[name])
    return {f"{name}.gz": place.read_bytes() for name, place in places.items()}


def _packed(data: bytes, packer: bytes) -> str:
    """The hash of a part and of what packs it."""
    return hashlib.sha256(packer + hashlib.sha256(data).digest()).hexdigest()


# --- scripts --------------------------------------------------------------------------------------


def exactly(text: str, pattern: str, by: str, times: int = 1) -> str:
    """Replace a pattern that has to be there just so often."""
    changed, count = re.subn(pattern, lambda _: by, text)
    if count != times:
        raise BuildError(f"pyodide {PYODIDE}: {pattern!r} is there {count} times, not {times}")
    return changed


def worker_script(package: Mapping[str, bytes]) -> str:
    """Pyodide's two modules and the worker as one classic script, which runs from file:// too."""
    loader, machine = (package[f"{name}.mjs"].decode() for name in ("pyodide", "pyodide.asm"))
    exported = re.search(r"export\{(\w+) as loadPyodide,\w+ as version\};?", loader)
    if exported is None:
        raise BuildError(f"pyodide {PYODIDE}: its loader is not exported as it was")
    loader = exactly(loader, re.escape(exported[0]), f"self.loadPyodide={exported[1]};")
    machine = exactly(machine, r"export default _createPyodideModule;", "")
    machine = exactly(machine, r"import\.meta\.url", "self.location.href", 3)
    info = json.loads(package["pyodide-lock.json"])["info"]
    lock = json.dumps({"info": info, "packages": {}})
    own = (WEB / "worker.js").read_text(encoding="utf-8").replace("PAGE_LOCK", lock)
    # the loader refuses a worker that has importScripts; it needs none here
    scripts = ("self.importScripts=undefined;", machine, f"(()=>{{{loader}}})();", own)
    return "\n".join(re.sub(r"^//# sourceMappingURL=.*$", "", one, flags=re.M) for one in scripts)


# --- the page -------------------------------------------------------------------------------------


def hash_source(text: str) -> str:
    """The hash of a script or style as a policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def site_from(path: Path | None) -> Site | None:
    """The site file; a fault in it stops the build."""
    from pexcalc.order.site import Site
    from pexcalc.quantities.errors import QuantityError

    try:
        return Site.read(path) if path else None
    except QuantityError as error:
        raise BuildError(str(error.faults[0]).rstrip(".")) from None


def site_html(held: Site) -> str:
    """What the site file changes, row by row."""
    rows = "".join(
        f"<li>{_escaped(' '.join(filter(None, [row.id, row.field, row.value])))}"
        f"{_escaped(f' instead of {row.instead_of}' if row.instead_of else '')}</li>"
        for row in held.rows()
    )
    head = f"Site file: {_escaped(held.name)}, hash {held.hash}"
    return f'<details id="site"><summary>{head}</summary><ul>{rows}</ul></details>'


def written(built: str, held: Site | None, fill: Callable[[str], str]) -> str:
    """The page with what differs between one file and a folder filled in."""
    from form_html import form_html

    from pexcalc import __version__
    from pexcalc.data.loading import data_version

    parts = {
        "built": built,
        "until": f"{int(built[:4]) + 1}{built[4:]}",  # a copy that is older says so
        "version": __version__,
        "data": data_version(),
        "named": f"<p>Limits, products and devices of {_escaped(held.name)}.</p>\n" if held else "",
        "site": site_html(held) if held else "",
        "form": form_html(held),
    }
    text = (WEB / "page.html").read_text(encoding="utf-8")
    fills = {**{name: fill(name) for name in ("policy", "style", "scripts", "licences")}, **parts}
    return re.sub(r"\{(\w+)\}", lambda found: fills[found[1]], text)


def _escaped(text: str) -> str:
    from html import escape

    return escape(text)


def one_file(built: str, site: Site | None, held: Mapping[str, bytes], licences: str) -> str:
    """The page with everything in it."""
    from pexcalc.report.html.page import STYLE

    script, style = (own_text(name) for name in ("page.js", "page.css"))
    policy = (
        f"default-src 'none'; script-src {hash_source(script)} 'wasm-unsafe-eval'; "
        f"worker-src blob:; style-src {hash_source(style)} {hash_source(STYLE)}; "
        "base-uri 'none'; form-action 'none'"
    )
    kept = "".join(
        f'<script type="application/octet-stream" id="{name}">'
        f"{base64.b64encode(held[name]).decode()}</script>\n"
        for name in (*PACKED, "worker.js.gz")
    )
    own = {
        "policy": policy,
        "style": f"<style>{style}</style>",
        "scripts": f"{kept}<script>{script}</script>",
        "licences": "<details><summary>Licenses</summary>"
        f"<pre>{_escaped(licences)}</pre></details>",
    }
    return written(built, site, lambda name: own.get(name, ""))


def folder_page(built: str, site: Site | None) -> str:
    """The page of the folder, which asks its server for its own files only."""
    from pexcalc.report.html.page import STYLE

    policy = (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
        f"connect-src 'self'; style-src 'self' {hash_source(STYLE)}; base-uri 'none'; "
        "form-action 'none'"
    )
    own = {
        "policy": policy,
        "style": '<link rel="stylesheet" href="page.css">',
        "scripts": '<script src="page.js"></script>',
        "licences": '<a href="licenses.txt">Licenses</a>',
    }
    return written(built, site, lambda name: own.get(name, ""))


def own_text(name: str) -> str:
    """One of the files beside this one."""
    return (WEB / name).read_text(encoding="utf-8")


def licence_text(files: Mapping[str, bytes]) -> str:
    """The licenses of every part."""
    own = (ROOT / "LICENSE").read_text(encoding="utf-8")
    parts = [f"pexcalc\n\n{own}", own_text("licenses-pyodide.txt")]
    for name, data in sorted(files.items()):
        if ".dist-info/" in name and LICENCE_FILE.search(Path(name).name):
            parts.append(f"{name}\n\n{data.decode('utf-8', 'replace')}")
    return f"\n{'=' * 80}\n".join(parts)


def build_date() -> str:
    """The day of the last commit, or of SOURCE_DATE_EPOCH: the same for the same sources."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    if not seconds:
        asked = ["git", "log", "-1", "--format=%ct"]
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
        seconds = done.stdout.strip()
    if not seconds:
        raise BuildError("no date: not a git checkout; set SOURCE_DATE_EPOCH to seconds since 1970")
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d")


def build(out: Path, site: Path | None = None) -> None:
    """Write pexcalc.html, site/ and SHA256SUMS into `out`."""
    own = site_from(site)
    tool("node")
    built = build_date()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        package = pyodide(work)
        files = site_files(wheels(), site)
        licences = licence_text(files)
        worker = worker_script(package).encode()
        parts = {
            "pyodide.asm.wasm": package["pyodide.asm.wasm"],
            "python_stdlib.zip": package["python_stdlib.zip"],
            "site.zip": archive_of(files),
            "worker.js": worker,
        }
        held = gzipped(parts, work)
    whole = one_file(built, own, held, licences)
    listed = ["./", *PACKED, "pyodide.asm.wasm", "worker.js", "page.js", "page.css"]
    folder = {
        **{name: held[name] for name in PACKED},
        "worker.js": worker,
        "pyodide.asm.wasm": package["pyodide.asm.wasm"],
        "index.html": folder_page(built, own).encode(),
        "licenses.txt": licences.encode(),
        **{name: own_text(name).encode() for name in ("page.js", "page.css")},
    }
    build_id = hashlib.sha256(b"".join(folder[name] for name in sorted(folder))).hexdigest()[:16]
    keeper = own_text("sw.js").replace("BUILD", build_id).replace("FILES", json.dumps(listed))
    folder["sw.js"] = keeper.encode()
    write(out, {"pexcalc.html": whole.encode(), **{f"site/{n}": d for n, d in folder.items()}})


def write(out: Path, files: Mapping[str, bytes]) -> None:
    """Write the files and their hashes."""
    shutil.rmtree(out / "site", ignore_errors=True)
    (out / "site").mkdir(parents=True)
    sums = []
    for name in sorted(files):
        (out / name).write_bytes(files[name])
        sums.append(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n")
        print(f"{len(files[name]):>12,}  {name}")
    (out / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


def main() -> int:
    """Read the command line and build."""
    reader = argparse.ArgumentParser(description="Build the page: one file and a folder.")
    reader.add_argument("out", type=Path, metavar="OUT")
    reader.add_argument("--site", type=Path, metavar="FILE", help="a site file (docs/site.md)")
    given = reader.parse_args()
    try:
        build(given.out, given.site)
    except BuildError as error:
        print(f"The page cannot be built: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
