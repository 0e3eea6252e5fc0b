"""Files that appear whole or not at all and, where it is asked for, survive a power cut."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING

from srbench.opening import check_target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}
"""What file systems answer that cannot sync a folder."""

_LONGEST = 200
"""Bytes of a name to which something can be added: file systems take 255."""


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """Give a file beside `path` to write; it takes the place of `path` in one step, or is gone where writing failed.

    With `durable` it is on disk, with its name, once it is in place. That is for folders which this process has locked:
    the file to write has the same name each time, so that a killed process leaves one at most.

    Raises:
        OSError: it cannot take that place, such as that of a device.

    """
    partial = _partial(path, "" if durable else f".{os.getpid()}")
    check_target(path)
    try:
        with suppress(FileNotFoundError):  # whatever is there, a pipe say, is not to be written into
            partial.unlink()
        yield partial
        if durable:
            _sync(partial, os.O_RDONLY)
        partial.replace(path)
        if durable:
            sync_folder(path.parent)
    finally:
        with suppress(OSError):  # a read-only file system refuses also to remove what is not there
            partial.unlink(missing_ok=True)


def clear(path: Path, process: int) -> None:
    """Remove what a process that was killed has left of `path`."""
    with suppress(OSError):
        _partial(path, f".{process}").unlink(missing_ok=True)


def _partial(path: Path, process: str) -> Path:
    name = path.name if len(os.fsencode(path.name)) <= _LONGEST else sha256(os.fsencode(path.name)).hexdigest()
    return path.with_name(f".{name}{process}.tmp")


def sync_folder(folder: Path) -> None:
    """Put the names in `folder` on disk, where its file system can: fsync of a file leaves its name in memory.

    Raises:
        OSError: the disk fails.

    """
    try:
        _sync(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
