"""Files that are written: whole or not at all, a new one for its owner alone.

The trap: a file beside the target can be guessed, planted or left behind. The part is created new
under a random name, never through a link, open to its owner only, and removed whenever something
fails.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

OWNER = 0o600  # read and write for the owner, nothing for anybody else


def save(name: str, text: str) -> None:
    """Write a text as a file, a pipe or a device. Raises OSError, which names this file."""
    with writing(name) as file:
        file.write(text.encode("utf-8"))


@contextmanager
def writing(name: str | Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of the named one once the block is done.

    A link is followed, an existing file keeps its permissions, a pipe or a device is written to, a
    folder is refused. Raises OSError, which names this file and never the part.
    """
    try:
        path = _followed(name)
        if path.exists() and not path.is_file():
            with open(os.open(path, os.O_WRONLY), "wb") as file:  # which refuses a folder
                yield file
            return
        part = path.with_name(f".pexcalc-{os.urandom(16).hex()}")
        try:
            with open(part, "xb", opener=_open_private) as file:
                yield file
                file.flush()
                _permit(file.fileno(), path)
                os.fsync(file.fileno())
                if not os.path.samestat(os.fstat(file.fileno()), os.lstat(part)):
                    raise OSError(errno.EBUSY, "another program replaced it while it was written")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        _keep_name(path.parent)
    except OSError as error:
        raise OSError(error.errno or 0, error.strerror or str(error), str(name)) from None


def same(source: str | int, target: str) -> bool:
    """Whether writing the target overwrites a file, given by its name or open descriptor."""
    try:
        found = os.fstat(source) if isinstance(source, int) else Path(source).stat()
        return os.path.samestat(found, Path(target).stat()) and not stat.S_ISCHR(found.st_mode)
    except (OSError, ValueError):  # one is not there, or its name cannot be
        return False


def _followed(name: str | Path) -> Path:
    """Where a name leads through its links; OSError for a loop and for what cannot be a name."""
    try:
        os.lstat(name)
    except FileNotFoundError:
        pass
    except ValueError as error:  # a null character
        raise OSError(errno.EINVAL, str(error)) from None
    path = Path(
        os.path.realpath(name)
    )  # Path.resolve raises RuntimeError at a loop, before Python 3.13
    if path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return path


def _open_private(name: str, flags: int) -> int:
    """Open a new file for its owner alone, whatever the umask; `flags` are those of mode x."""
    handle = os.open(name, flags | getattr(os, "O_NOFOLLOW", 0), OWNER)
    if hasattr(os, "fchmod"):
        os.fchmod(handle, OWNER)
    return handle


def _permit(handle: int, path: Path) -> None:
    """Give an open part the permissions and the group of the file that it replaces."""
    try:
        old = path.lstat()
    except FileNotFoundError:
        return
    if not hasattr(os, "fchmod") or not stat.S_ISREG(old.st_mode):
        return
    mode = old.st_mode & 0o777
    if os.fstat(handle).st_gid != old.st_gid:
        try:
            os.fchown(handle, -1, old.st_gid)
        except OSError:
            mode &= ~stat.S_IRWXG
    os.fchmod(handle, mode)


def _keep_name(folder: Path) -> None:
    """Write the folder itself to disk where the platform can; the file is complete without it."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
