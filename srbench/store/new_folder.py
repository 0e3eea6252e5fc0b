"""The folder of a run that was given none."""

from __future__ import annotations

import atexit
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from srbench.errors import RunFolderError


def new_folder() -> Path:
    """Create and return a folder of a new run's own below `./results`, named after the time (UTC).

    If nothing is ever written into it, it goes when this process ends.

    Raises:
        RunFolderError: it cannot be created.

    """
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    names = (f"{stamp}{suffix}" for suffix in chain([""], (f"-{number}" for number in count(2))))
    try:
        Path("results").mkdir(exist_ok=True)
        folder = next(folder for folder in (Path("results") / name for name in names) if _created(folder))
    except OSError as error:
        raise RunFolderError(
            f"cannot write a run folder below results: {error.strerror}; choose another --out"
        ) from error
    atexit.register(_remove_if_empty, folder.absolute())
    return folder


def _created(folder: Path) -> bool:
    """Create a folder, or tell that another run was faster."""
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):  # it is not empty, or gone
        folder.rmdir()
