"""Where the data folders are: in a wheel inside the package, in a checkout beside it."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """Return the folder `methods`, `datasets` or `analysis` that this installation ships.

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
