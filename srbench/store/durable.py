"""Folders and JSON files of a run, on disk together with their names, and the error if they cannot be written."""

from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING, Any

from srbench.atomic import replacing, sync_folder
from srbench.errors import RunFolderError

if TYPE_CHECKING:
    from pathlib import Path

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


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Replace a JSON file in one step: readers see the old or the new one, never half of it.

    Raises:
        RunFolderError: it cannot be written; the old one is still there.

    """
    try:
        with replacing(path, durable=True) as partial:
            # a name that is no UTF-8 is half a surrogate pair, which JSON escapes as Python does
            text = json.dumps(values, indent=2, ensure_ascii=False)
            partial.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError, kept: str = "", folder: Path | None = None) -> RunFolderError:
    """Return the error for a file of a run `folder` that the system does not write; `kept` says what is safe."""
    safe = f"{kept}; " if kept else ""
    todo = "free some space and" if error.errno in _FULL else "make it writable and"
    out = folder or path.parent
    return RunFolderError(
        f"cannot write {path}: {error.strerror or error}; {safe}{todo} repeat the command with --out {out}"
    )
