"""Write sbom.cdx.json, the bill of materials of the wheel (CycloneDX 1.6), from .ci/lock.txt.

    python3 .ci/sbom.py

After a change of the lock file or of the version. License and needs of a component are read in its
wheel: from PyPI by pip, the hash compared with the lock, for those that the file does not have yet.
It has no date and no random number: the same lock and version give the same bytes.
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import uuid
import zipfile
from email import message_from_bytes
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
OUT = ROOT / "sbom.cdx.json"
_PIN = re.compile(r'([a-z0-9-]+)==([0-9.]+)(?: ; python_version == "([0-9.]+)")?')
_NEED = re.compile(r"[A-Za-z0-9._-]+")


class Pin(NamedTuple):
    """One row of the lock file; `python` is the first for which it is locked, if not for all."""

    name: str
    version: str
    python: str
    hashes: tuple[str, ...]

    @property
    def purl(self) -> str:
        """The package URL."""
        return f"pkg:pypi/{self.name}@{self.version}"


def pins(text: str) -> list[Pin]:
    """Every row of a lock file."""
    rows = [row for row in text.replace("\\\n", " ").splitlines() if row[:1] not in ("", "#")]
    return [
        Pin(found[1], found[2], found[3] or "", tuple(re.findall(r"sha256:([0-9a-f]{64})", row)))
        for row in rows
        if (found := _PIN.match(row))
    ]


def metadata(pin: Pin) -> Any:
    """The metadata in the wheel of a pin, where the wheel is one of those that are locked."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["download", "--no-deps", "--only-binary=:all:", "--dest", folder]
        words += ["--python-version", pin.python] if pin.python else []
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *words, f"{pin.name}=={pin.version}"], check=True)
        (wheel,) = Path(folder).iterdir()
        if hashlib.sha256(wheel.read_bytes()).hexdigest() not in pin.hashes:
            raise SystemExit(f"{wheel.name} is not the one that is locked")
        with zipfile.ZipFile(wheel) as inside:
            names = [name for name in inside.namelist() if name.endswith(".dist-info/METADATA")]
            return message_from_bytes(inside.read(names[0]))


def license_of(found: Any) -> dict[str, Any]:
    """The license as the metadata have it: an SPDX expression, or the name that is given."""
    if found["License-Expression"]:
        return {"expression": found["License-Expression"]}
    return {"license": {"name": found["License"] or "not stated"}}


def component(pin: Pin, found: Any) -> dict[str, Any]:
    """One locked dependency."""
    at = f"https://pypi.org/project/{pin.name}/{pin.version}/"
    hashes = [{"alg": "SHA-256", "content": one} for one in pin.hashes]
    return {
        "type": "library",
        "bom-ref": pin.purl,
        "name": pin.name,
        "version": pin.version,
        "licenses": [license_of(found)],
        "purl": pin.purl,
        "externalReferences": [{"type": "distribution", "url": at, "hashes": hashes}],
    }


def needs(found: Any, all_pins: list[Pin]) -> list[str]:
    """The package URLs of what a wheel needs without extras."""
    rows = [row for row in found.get_all("Requires-Dist", ()) if "extra ==" not in row]
    names = {_NEED.match(row)[0].replace("_", "-").lower() for row in rows}  # type: ignore[index]
    return [pin.purl for pin in all_pins if pin.name in names]


def bill(version: str, all_pins: list[Pin], before: dict[str, Any]) -> dict[str, Any]:
    """The bill of materials; what an earlier one has of the same pins is not fetched again."""
    had = {one["bom-ref"]: one for one in before.get("components", ())}
    had_needs = {one["ref"]: one["dependsOn"] for one in before.get("dependencies", ())}
    components, graph = [], []
    for pin in all_pins:
        old = had.get(pin.purl)
        kept = old and [one["content"] for one in old["externalReferences"][0]["hashes"]]
        found = None if kept == list(pin.hashes) else metadata(pin)
        components.append(old if found is None else component(pin, found))
        on = had_needs[pin.purl] if found is None else needs(found, all_pins)
        graph.append({"ref": pin.purl, "dependsOn": on})
    own = f"pkg:pypi/pexcalc@{version}"
    direct = [pin.purl for pin in all_pins if pin.name in ("click", "pint", "pydantic")]
    subject = {
        "type": "library",
        "bom-ref": own,
        "name": "pexcalc",
        "version": version,
        "licenses": [{"expression": "MIT"}],
        "purl": own,
    }
    said = {
        "metadata": {"component": subject},
        "components": components,
        "dependencies": [{"ref": own, "dependsOn": direct}, *graph],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(said, sort_keys=True))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        **said,
    }


if __name__ == "__main__":
    source = (ROOT / "pexcalc" / "__init__.py").read_text(encoding="utf-8")
    own_version = re.search(r'__version__ = "([^"]+)"', source)[1]  # type: ignore[index]
    earlier = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {}
    locked = pins((ROOT / ".ci" / "lock.txt").read_text(encoding="utf-8"))
    made = bill(own_version, locked, earlier)
    OUT.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
