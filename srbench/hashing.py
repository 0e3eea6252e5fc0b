"""Hashes of values, files and code: sha256 as 64 hex digits."""

from __future__ import annotations

import hashlib
import json
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from srbench.opening import MAX_BYTES, opened

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_as_imported: dict[Path, str] = {}
"""The sha256 that files of code had before this process imported them."""


def sha256(*parts: object) -> str:
    """Return the sha256 of JSON-ready values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def file_hash(path: Path, most: int = MAX_BYTES) -> str:
    """Return the sha256 of a file, read once per change.

    Raises:
        OSError: it cannot be read, is no regular file, or has more than `most` bytes.

    """
    stat = path.stat()
    return _file_hash(path, most, stat.st_ino, stat.st_ctime_ns, stat.st_size)


def file_hash_or(path: Path, otherwise: str, most: int = MAX_BYTES) -> str:
    """Return the sha256 of a file, or `otherwise` if it cannot be read: reading it later reports why."""
    try:
        return file_hash(path, most)
    except OSError:
        return otherwise


def code_hashes(files: Iterable[Path]) -> list[str]:
    """Return the sha256 of each file of code as this process imported it; of one not yet imported, as it is now."""
    modules = list(sys.modules.values())
    imported = {getattr(module, "__dict__", {}).get("__file__") for module in modules}
    return [_code_hash(path, imported=str(path) in imported) for path in files]


def _code_hash(path: Path, *, imported: bool) -> str:
    if path not in _as_imported or not imported:
        _as_imported[path] = file_hash(path)
    return _as_imported[path]


@lru_cache(maxsize=4096)
def _file_hash(path: Path, most: int, _inode: int, _changed: int, _size: int) -> str:
    with opened(path, most) as file:  # piece by piece: weights may be larger than memory
        return hashlib.file_digest(file, "sha256").hexdigest()
