"""A pseudo-terminal: the program asks, the test answers."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 20  # seconds without a word from the program


def session(arguments, answers, columns=80, then=b"\x04", environment=None):
    """What stands on the terminal after a dialogue, and the exit code.

    Each answer is typed when the program has asked; `then` is sent after the last one, the end of input.
    """
    child, terminal = pty.fork()
    if child == 0:
        own = ("COLUMNS", "LINES", "NO_COLOR")
        known = {name: text for name, text in os.environ.items() if name not in own}
        # As a terminal starts a program; tests that run in the background ignore interrupts.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        words = [sys.executable, "-m", "pexcalc", *arguments]
        os.execve(sys.executable, words, {**known, "TERM": "xterm", **(environment or {})})
    seen, asked = b"", 0
    waiting = [answer.encode() + b"\n" for answer in answers] + [then]
    last = time.monotonic()
    while time.monotonic() - last < PATIENCE:
        ready, _, _ = select.select([terminal], [], [], 0.01)
        if ready:
            try:
                got = os.read(terminal, 65536)
            except OSError:  # the program has closed its end
                break
            if not got:
                break
            seen += got
            last = time.monotonic()
        elif waiting and seen[asked:].endswith(b"> "):
            asked = len(seen)
            os.write(terminal, waiting.pop(0))
    else:
        os.kill(child, 9)
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return seen.decode().replace("\r\n", "\n"), os.waitstatus_to_exitcode(status)
