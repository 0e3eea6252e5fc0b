"""Where the data folders lie (in a wheel inside the package, in a checkout beside it), and writing whole files."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """Return the folder `methods`, `datasets` or `results` that this installation ships.

    Raises:
        FileNotFoundError: the installation holds neither copy, so it is broken.

    """
    for candidate in (_PACKAGE / f"_{name}", _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    message = f"srbench is installed without its {name!r} folder (looked beside and inside {_PACKAGE}); reinstall it"
    raise FileNotFoundError(message)


def cache_folder() -> Path:
    """Return the per-user folder for downloads, `$XDG_CACHE_HOME/srbench` or `~/.cache/srbench`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "srbench"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file beside `path` to write; it takes the place of `path` in one step, or is gone where writing failed.

    Raises:
        OSError: it cannot take that place.

    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield partial
        partial.replace(path)
    finally:
        with suppress(OSError):  # a read-only file system refuses also to remove what is not there
            partial.unlink(missing_ok=True)
