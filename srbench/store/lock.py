"""The lock of a run folder: the kernel holds it (flock), so that it ends with its process."""

from __future__ import annotations

import fcntl
import os
from typing import IO, TYPE_CHECKING

from srbench.errors import RunFolderError
from srbench.opening import regular
from srbench.store.durable import make_folder

if TYPE_CHECKING:
    from pathlib import Path

NAME = "run.lock"

FUNCTIONS = "functions"
"""The folder with functions that were given in Python, which are there before the run begins."""

_OURS = {NAME, "rows.jsonl", ".run.json.tmp", FUNCTIONS}
"""What a run that was killed at its very start may have left."""


def locked(folder: Path) -> IO[str]:
    """Create `folder` where it is absent, and return the open file that locks it until it is closed.

    Raises:
        RunFolderError: the folder cannot be written, is in use, or holds something else than a run.

    """
    try:
        make_folder(folder)
        _check_content(folder)
    except OSError as error:
        raise RunFolderError(f"cannot write run folder {folder}: {error.strerror}; choose another --out") from error
    return hold(folder / NAME)


def check_usable(folder: Path) -> None:
    """Refuse a folder that no run can be made or continued in now, as `locked` does; nothing is written or created.

    Raises:
        RunFolderError: it is in use, or holds something else than a run.

    """
    if pid := holder(folder):
        raise _in_use(folder, pid)
    if folder.is_dir():
        _check_content(folder)


def _check_content(folder: Path) -> None:
    if not (folder / "run.json").exists() and any(path.name not in _OURS for path in folder.iterdir()):
        raise RunFolderError(f"{folder} is not empty and contains no run; choose another --out")


def _in_use(folder: Path, pid: str) -> RunFolderError:
    return RunFolderError(f"{folder} is in use by process {pid}; wait for it or choose another --out")


def hold(file: Path) -> IO[str]:
    """Return the open `file`, whose lock protects its folder until it is closed or the process dies.

    Raises:
        RunFolderError: it cannot be written, or another process holds it.

    """
    folder = file.parent
    try:
        lock = open(file, "a+", encoding="utf-8", opener=regular)  # noqa: SIM115 - it is returned
    except OSError as error:
        raise RunFolderError(f"cannot write {folder}: {error.strerror}; choose another --out") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock.fileno(), 0)
        os.write(lock.fileno(), str(os.getpid()).encode())
    except BlockingIOError as error:
        pid = _pid(lock)
        lock.close()
        raise _in_use(folder, pid) from error
    except OSError as error:
        lock.close()
        raise RunFolderError(f"cannot lock {folder}: {error.strerror}; choose another --out") from error
    return lock


def holder(folder: Path) -> str:
    """Return the pid of the process that writes a run folder, empty if none does; nothing is written or created."""
    try:
        lock = open(folder / NAME, encoding="utf-8", opener=regular)  # noqa: SIM115 - below
    except OSError:
        return ""
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _pid(lock)
        except OSError:  # a file system without locks: no process holds one
            return ""
    return ""


def _pid(lock: IO[str]) -> str:
    lock.seek(0)
    return lock.read().strip() or "unknown"
