"""The lock of a run folder: the kernel holds it (flock), so that it ends with its process."""

from __future__ import annotations

import fcntl
import os
from typing import IO, TYPE_CHECKING

from srbench.errors import RunFolderError

if TYPE_CHECKING:
    from pathlib import Path

_OURS = {"run.lock", "rows.jsonl", "run.json.tmp"}
"""What a run that was killed at its very start may have left."""


def locked(folder: Path) -> IO[str]:
    """Create `folder` where it is absent, and return the open file that locks it until it is closed.

    Raises:
        RunFolderError: the folder cannot be written, is in use, or holds something else than a run.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "run.json").exists() and any(path.name not in _OURS for path in folder.iterdir()):
            raise RunFolderError(f"{folder} is not empty and holds no run; choose another --out")
    except OSError as error:
        raise RunFolderError(f"cannot write run folder {folder}: {error.strerror}; choose another --out") from error
    return hold(folder / "run.lock")


def hold(file: Path) -> IO[str]:
    """Return the open `file`, whose lock stands for its folder until it is closed or the process dies.

    Raises:
        RunFolderError: it cannot be written, or another process holds it.

    """
    folder = file.parent
    try:
        lock = file.open("a+", encoding="utf-8")
    except OSError as error:
        raise RunFolderError(f"cannot write {folder}: {error.strerror}; choose another --out") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise RunFolderError(f"{folder} is in use by process {holder}; wait for it or choose another --out") from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock
