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
    waiting = sorted(set(modules))
    found: list[Path] = []
    for name in waiting:  # grows while it is walked
        new = [file for file in _own(name) if file not in found]
        found += new
        waiting += [other for file in new for other in code_files.named_in(file) if other not in waiting]
    return found


def _own(module: str) -> list[Path]:
    """Return the files of the package of a module, if it is the user's own; folders may be packages without saying."""
    top = module.partition(".")[0]
    if top in {*sys.stdlib_module_names, "__main__", "srbench"} or _is_installed(code_files.find_source(top)):
        return []
    files = [file for file in code_files.package_files(module) if file.is_file() and not _is_installed(file)]
    near = [each for file in files for each in code_files.with_helpers(file)]
    return list(dict.fromkeys([*files, *near]))


def _is_installed(file: Path | None) -> bool:
    return file is not None and bool(_INSTALLED & set(file.parts))
