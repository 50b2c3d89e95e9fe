"""Print a set-up command of the README as the page has it: readme_commands.py 1 README.md."""

import re
import sys
from pathlib import Path

blocks = re.findall(
    r"^```sh\n(.*?)^```$", Path(sys.argv[2]).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)
commands = [block for block in blocks if block.startswith("python3 -m venv .venv && ")]
if len(commands) != 2:
    sys.exit(f"the README has {len(commands)} set-up commands, not two")
print(commands[int(sys.argv[1]) - 1], end="")
