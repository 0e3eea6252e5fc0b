"""Which files of the user's own a function needs: those of modules that are neither Python's nor installed."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

from srbench import code_files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_INSTALLED = {"site-packages", "dist-packages"}
_NOT_OWN = {*sys.stdlib_module_names, "__main__", "srbench"}


def own_files(modules: Iterable[str]) -> list[Path]:
    """Return the files of the user's own packages that `modules` belong to, and of those which they import."""
    waiting = sorted(set(modules))
    met = set(waiting)
    found: dict[Path, None] = {}
    is_own = cache(_is_own)  # asked of hundreds of modules of the same few packages
    for name in waiting:  # grows while it is walked
        if not is_own(name.partition(".")[0]):
            continue
        for file in _files(name):
            if file not in found:
                found[file] = None
                new = dict.fromkeys(other for other in code_files.named_in(file) if other not in met)
                waiting += new
                met.update(new)
    return list(found)


def _is_own(package: str) -> bool:
    return package not in _NOT_OWN and not _is_installed(code_files.find_source(package))


def _files(module: str) -> list[Path]:
    """Return the files of the package of a module; folders may be packages without saying."""
    files = [file for file in code_files.package_files(module) if file.is_file() and not _is_installed(file)]
    near = [each for file in files for each in code_files.with_helpers(file)]
    return list(dict.fromkeys([*files, *near]))


def _is_installed(file: Path | None) -> bool:
    return file is not None and bool(_INSTALLED & set(file.parts))
