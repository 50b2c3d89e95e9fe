"""Run command lines one after another, and note what they write and which sockets they use.

    python -m tests.support.watched '[["volume", "--sex", "male"], ...]'

Prints a JSON object with `written` (paths), `sockets`, `started` (programs) and `codes` (of exit).
"""

import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = ("os.mkdir", "os.rename", "os.link", "os.symlink", "os.truncate", "os.chmod")
PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork")


def main(lines: list[list[str]]) -> dict[str, Any]:
    """What the command lines wrote, opened and started."""
    from pexcalc.cli import cli

    noted: dict[str, list[Any]] = {"written": [], "sockets": [], "started": [], "codes": []}

    def watch(event: str, args: tuple[Any, ...]) -> None:
        place = args[1] if event == "os.rename" else args[0] if args else None
        flags = args[2] if event == "open" else WRITING if event in CHANGES else 0
        if isinstance(place, (str, bytes, os.PathLike)) and (flags or 0) & WRITING:
            noted["written"].append(os.fsdecode(place))
        elif event.startswith("socket."):
            noted["sockets"].append(event)
        elif event in PROGRAMS:
            noted["started"].append(event)

    sys.addaudithook(watch)
    for words in lines:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            try:
                cli.main(words, prog_name="pexcalc")
            except SystemExit as end:
                noted["codes"].append(end.code)
    return noted


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
