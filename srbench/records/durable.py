"""Files that survive a power cut: replaced in one step, and on disk together with their names."""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from srbench.errors import RunFolderError

if TYPE_CHECKING:
    from pathlib import Path

_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}
"""What file systems answer that cannot sync a folder."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def make_folder(folder: Path) -> None:
    """Create `folder` and those above it where they are absent.

    Raises:
        OSError: it cannot be created.

    """
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in reversed(new):
        sync_folder(each.parent)


def sync_folder(folder: Path) -> None:
    """Put the names in `folder` on disk, where its file system can: fsync of a file leaves its name in memory.

    Raises:
        OSError: the disk fails.

    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(descriptor)


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Replace a JSON file in one step: readers see the old or the new one, never half of it.

    Raises:
        RunFolderError: it cannot be written; the old one is still there.

    """
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        # a name that is no UTF-8 is half a surrogate pair, which JSON escapes as Python does
        with temporary.open("w", encoding="utf-8", errors="backslashreplace") as file:
            json.dump(values, file, indent=2, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError, kept: str = "", folder: Path | None = None) -> RunFolderError:
    """Return the error for a file of a run `folder` that the system does not write; `kept` says what is safe."""
    safe = f"{kept}; " if kept else ""
    todo = "free some space and" if error.errno in _FULL else "make it writable and"
    out = folder or path.parent
    return RunFolderError(
        f"cannot write {path}: {error.strerror or error}; {safe}{todo} repeat the command with --out {out}"
    )
