"""Opening files: regular ones alone. Pipes, sockets and devices may wait for ever, or never end: none is opened."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import BufferedReader

MAX_BYTES = 2**34
"""Largest file read where no smaller limit is given: weights of some billion parameters."""

MAX_TEXT = 2**30
"""Largest file read that is text or a picture, and is held in memory."""


def opened(path: str | Path, most: int = MAX_BYTES) -> BufferedReader:
    """Return a file open for reading its bytes.

    Raises:
        OSError: it cannot be opened, is a special file or a folder, or has more than `most` bytes; `strerror` says so.

    """
    return open(path, "rb", opener=lambda name, flags: _descriptor(name, flags, most))


def read(path: str | Path, most: int = MAX_TEXT) -> bytes:
    """Return the bytes of a file; raises as `opened`."""
    with opened(path, most) as file:
        return file.read()


def regular(path: str, flags: int) -> int:
    """Open as `os.open` does, for the `opener` of `open`, to write too; raises as `opened`, whatever the size."""
    return _descriptor(path, flags, None)


def check(path: str | Path, most: int | None = MAX_BYTES) -> None:
    """Refuse what `opened` refuses, for a library that opens a path itself; raises as `opened`."""
    _check(Path(path).stat(), path, most)


def check_target(path: Path) -> None:
    """Refuse a path where a special file is, which a new file would take the place of; raises as `opened`."""
    if path.exists():
        check(path, None)


def _descriptor(path: str | Path, flags: int, most: int | None) -> int:
    if not flags & os.O_CREAT or Path(path).exists():
        check(path, most)  # opening may act already: a tape rewinds
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY, 0o666)
    try:
        _check(os.fstat(descriptor), path, most)  # what is there now
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _check(status: os.stat_result, path: str | Path, most: int | None) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is a special file", str(path))
    if most is not None and status.st_size > most:
        raise OSError(errno.EFBIG, f"has {status.st_size} bytes, expected at most {most}", str(path))
