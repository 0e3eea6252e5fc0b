"""Which files of the user's own a function needs: those of modules that are neither Python's nor installed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from srbench import code_files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_INSTALLED = {"site-packages", "dist-packages"}


def own_files(modules: Iterable[str]) -> list[Path]:
    """Return the files of the user's own packages that `modules` belong to, and of those which they import."""
    waiting = sorted({name.partition(".")[0] for name in modules})
    found: list[Path] = []
    for top in waiting:  # grows while it is walked
        files = [] if top in {*sys.stdlib_module_names, "__main__", "srbench"} else _own(top)
        found += files
        waiting += [name for name in code_files.imported(files) if name not in waiting]
    return found


def _own(package: str) -> list[Path]:
    files = code_files.package_files(package)
    return [file for file in files if file.is_file() and not _INSTALLED & set(file.parts)]
