"""Nothing is sent, and no file is written but the one that was asked for."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import sockets
from tests.support.paths import ROOT
from tests.tools.pages import commands

PATIENT = ("--sex", "male", "--age", "23 y", "--height", "172 cm", "--weight", "65 kg")
WHOLE = (*PATIENT, "--hematocrit", "27 %")
ORDER = ("prescribe", *WHOLE, "--indication", "crs-car-t", "--exchange-volume", "3000 mL")
COHORT = "sex,age_a,height_cm,weight_kg,hematocrit_percent\nmale,23,172,65,27\n"
SITE = 'name = "ward"\n'


def command_lines(folder):
    """Every command as somebody types it, and the paths that it is asked to write."""
    (folder / "in.csv").write_text(COHORT, encoding="utf-8")
    (folder / "site.toml").write_text(SITE, encoding="utf-8")
    page, result = str(folder / "sheet.html"), str(folder / "result.csv")
    kinetics = ("--solute", "IgG", "--plasma-volumes", "1", "--duration", "2 h")
    lines = [
        ORDER, (*ORDER, "--explain"), (*ORDER, "--json"), (*ORDER, "--summary"),
        (*ORDER, "--html", page), (*ORDER, "--html", "-"), (*ORDER, "--weight", "65"),
        ("volume", *WHOLE), ("removal", *kinetics), ("compare", "--solute", "IgG", "--help"),
        ("crs-grade", "--temperature", "39 C", "--vasopressor", "none"),
        ("cohort", str(folder / "in.csv"), result), ("show", "order", "gbs-primary"),
        ("show", "schema", "order"), ("show", "site", str(folder / "site.toml")),
    ]  # fmt: skip
    return [*map(list, (*lines, *commands()))], {page, result}


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """What the commands did, the files that were asked for, and all that is there afterwards."""
    names = ("asked", "home", "temporary", "cwd")
    folders = {name: tmp_path_factory.mktemp(name) for name in names}
    lines, asked = command_lines(folders["asked"])
    home, temporary = str(folders["home"]), str(folders["temporary"])
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("XDG_")},
        "HOME": home, "TMPDIR": temporary, "TEMP": temporary, "TMP": temporary,
        "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.watched", json.dumps(lines)],
        cwd=folders["cwd"], env=environment, capture_output=True, text=True, timeout=120,
        check=True,
    )  # fmt: skip
    found = {str(path) for folder in folders.values() for path in folder.rglob("*")}
    given = {str(folders["asked"] / name) for name in ("in.csv", "site.toml")}
    return json.loads(done.stdout), asked, found - given, lines


def test_every_command_is_among_those_that_were_watched(watched):
    noted, _, _, lines = watched
    assert len(noted["codes"]) == len(lines)
    answered = [line for line, code in zip(lines, noted["codes"]) if code in (0, None)]
    names = {line[0] for line in answered if line}
    assert names >= {"prescribe", "volume", "removal", "cohort", "show"}


def test_commands_write_the_files_that_were_asked_for_and_no_other(watched):
    noted, asked, found, _ = watched
    assert found == asked
    places = {Path(one).parent for one in asked}
    for path in map(Path, noted["written"]):
        assert path.parent in places
        assert str(path) in asked or path.name.startswith(".pexcalc-")


def test_commands_open_no_socket(watched):
    assert watched[0]["sockets"] == []
    assert watched[0]["started"] == []


def test_a_test_that_uses_a_socket_fails():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        for try_it in (
            lambda: one.sendto(b"x", ("192.0.2.1", 9)),
            lambda: one.connect(("192.0.2.1", 9)),
            lambda: socket.getaddrinfo("example.org", 80),
        ):
            with pytest.raises(sockets.SocketRefusedError):
                try_it()
    events = [event.partition(".")[2] for event in sockets.tried]
    assert events == ["sendto", "connect", "getaddrinfo"]
    sockets.tried.clear()  # or this test would fail, as any other
