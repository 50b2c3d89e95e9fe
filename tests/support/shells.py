"""Real shells: one runs a block of docs/completion.md in a home of its own, and says what Tab would offer there."""

import os
import shutil
import subprocess
import sys

import pytest

SHELLS = ("bash", "zsh", "fish")


def environment(home):
    """A home without anything of the user's, and a `pexcalc` on the path that is the one under test."""
    program = home / "bin" / "pexcalc"
    if not program.exists():
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pexcalc "$@"\n', "utf-8")
        program.chmod(0o755)
    unwanted = ("XDG_", "ZDOTDIR", "BASH_ENV")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(unwanted)}
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "HOME": str(home), "PATH": path, "TERM": "dumb"}


def run(shell, script, home):
    """What a shell without the user's settings prints for a script; skips where zsh or fish is not installed."""
    if shutil.which(shell) is None and shell != "bash" and not os.environ.get("NO_SKIP"):
        pytest.skip(f"{shell} is not installed")
    quiet = {"bash": ["--norc"], "zsh": ["-f"], "fish": []}[shell]
    command = [shell, *quiet, "-c", script]
    how = {"capture_output": True, "text": True, "timeout": 60, "env": environment(home)}
    done = subprocess.run(command, check=False, **how)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def offered(shell, typed, home):
    """The words that a new shell offers for what is typed, after the block of the page ran."""
    return OFFERS[shell](typed, home)


def _bash(typed, home):
    words = typed.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    script = (
        f". ~/.bashrc; complete -p pexcalc > ~/registered; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
        '_pexcalc_completion pexcalc; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    found = run("bash", script, home).split()
    assert "-F _pexcalc_completion pexcalc" in (home / "registered").read_text(encoding="utf-8")
    return found


def _zsh(typed, home):
    """A zsh at a terminal of its own: type, press Tab, and have it print the line that it made of that."""
    script = rf"""
zmodload zsh/zpty
zpty terminal zsh -f -i
zpty -w terminal 'unsetopt zle_bracketed_paste prompt_cr; PS1=; . ~/.zshrc; print READ\Y'
zpty -r -m terminal heard '*READY*'
zpty -w -n terminal $'{typed}\t'
zpty -w -n terminal $'\C-aprint -- MADE OF IT: \C-e :END\n'
zpty -r -m terminal heard $'*\nMADE OF IT: *:END*'
print -r -- $heard
zpty -d terminal
"""
    printed = run("zsh", script, home).replace("\r", "")
    return printed.rpartition("\nMADE OF IT: ")[2].partition(":END")[0].split()[-1:]


def _fish(typed, home):
    lines = run("fish", f"complete -C '{typed}'", home).splitlines()
    return [line.split("\t")[0] for line in lines]


OFFERS = {"bash": _bash, "zsh": _zsh, "fish": _fish}
