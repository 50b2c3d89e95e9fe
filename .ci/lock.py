"""Write .ci/lock.txt anew: the runtime dependencies with the hashes of their wheels.

The smoke test of the wheel installs them.

    python3 .ci/lock.py > lock.new && mv lock.new .ci/lock.txt

For CPython 3.11 to 3.13 on Linux x86_64. Needs PyPI, by pip; the ranges are those of setup.cfg.
"""

import configparser
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_28_x86_64")

setup = configparser.ConfigParser()
setup.read(Path(__file__).parent.parent / "setup.cfg")
ranges = [
    line.replace(" ", "") for line in setup["options"]["install_requires"].split("\n") if line
]
found: dict[
    tuple[str, str], dict[str, set[str]]
] = {}  # name and version: Python versions and hashes
for python in PYTHONS:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "--isolated", "--quiet", "--disable-pip-version-check",
             "download", *ranges, "--python-version", python, "--implementation", "cp",
             "--only-binary=:all:", "--dest", folder,
             *[word for platform in PLATFORMS for word in ("--platform", platform)]],
            check=True,
        )  # fmt: skip
        for wheel in Path(folder).iterdir():
            name, version = wheel.name.split("-")[:2]
            pinned = found.setdefault(
                (name.replace("_", "-").lower(), version), {"pythons": set(), "hashes": set()}
            )
            pinned["pythons"].add(python)
            pinned["hashes"].add(hashlib.sha256(wheel.read_bytes()).hexdigest())

print("# Runtime dependencies of the wheel's smoke test: CPython 3.11 to 3.13, Linux x86_64.")
print("# Renewed with: python3 .ci/lock.py > lock.new && mv lock.new .ci/lock.txt")
for (name, version), pinned in sorted(found.items()):
    where = " or ".join(f'python_version == "{one}"' for one in PYTHONS if one in pinned["pythons"])
    marker = f" ; {where}" if len(pinned["pythons"]) < len(PYTHONS) else ""
    print(
        " \\\n".join(
            [
                f"{name}=={version}{marker}",
                *(f"    --hash=sha256:{one}" for one in sorted(pinned["hashes"])),
            ]
        )
    )
