"""What setup.cfg cannot say: the wheel has the bill of materials, in .dist-info/sboms (PEP 770)."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel


class WheelWithSbom(bdist_wheel):
    """A wheel that has sbom.cdx.json beside its metadata."""

    def egg2dist(self, egginfo_path: str, distinfo_path: str) -> None:
        """Write the metadata of the wheel, then the bill of materials."""
        super().egg2dist(egginfo_path, distinfo_path)
        folder = Path(distinfo_path) / "sboms"
        folder.mkdir(exist_ok=True)
        shutil.copy(Path(__file__).parent / "sbom.cdx.json", folder)


setup(cmdclass={"bdist_wheel": WheelWithSbom})
