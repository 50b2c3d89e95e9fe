"""Sockets are refused while tests run, but for loopback in tests/system/.

The trap: a program may catch the refusal, so every attempt is also noted, and fails the test.
"""

import sys
from typing import Any

LOOPBACK = ("127.0.0.1", "::1", "localhost")
tried: list[str] = []  # what was refused since the last test
_state = {"refusing": False, "loopback": False}


class SocketRefusedError(RuntimeError):
    """A test tried to use a socket."""


def is_refused(event: str, args: tuple[Any, ...], loopback: bool) -> bool:
    """Whether an event of Python's auditing is a use of a socket that a test may not make."""
    if not event.startswith("socket."):
        return False
    if not loopback:
        return True
    if event == "socket.__new__":
        return False
    places = [one[0] if isinstance(one, tuple) and one else one for one in args[-1:] + args[:1]]
    return not any(place in LOOPBACK for place in places if isinstance(place, str))


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if _state["refusing"] and is_refused(event, args, _state["loopback"]):
        tried.append(event)
        said = "no test may use a socket, but for loopback in tests/system/"
        raise SocketRefusedError(f"{event}: {said}")


def refuse(loopback: bool) -> None:
    """Refuse sockets from now on; `loopback` leaves those to this machine."""
    _state.update(refusing=True, loopback=loopback)


def allow() -> None:
    """Allow sockets again: pytest and its plugins may use them between tests."""
    _state.update(refusing=False)


sys.addaudithook(_watch)
