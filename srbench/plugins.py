"""Importing plug-in code: installed modules by name, and plug-in files, in this process and those that it starts.

A plug-in file is imported as a submodule of this one. What a plug-in's own processes unpickle of it names that module,
so they import this one first, which finds the file on their search path: `multiprocessing`, `concurrent.futures` and
joblib give that to every process, however they start it.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import re
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING

from srbench.code_files import with_helpers
from srbench.errors import MethodError, Unsupported
from srbench.hashing import file_hash
from srbench.opening import read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

__path__: list[str] = []  # a package, so that plug-in files can be its modules

_files: dict[str, Path] = {}
"""Which file a module of this package is made of."""


def import_module(name: str) -> ModuleType:
    """Import an installed or built-in module.

    Raises:
        Unsupported: a package that it needs is not installed.
        MethodError: importing it fails in any other way, ending the process among them.

    """
    return _imported(name, name)


def import_file(file: Path) -> ModuleType:
    """Import a plug-in file, which may import its siblings relatively: again if any of them was edited.

    Raises:
        Unsupported, MethodError: as `import_module`.

    """
    try:
        name = _name(file)
    except OSError as error:
        raise MethodError(f"{file} cannot be imported: {type(error).__name__}: {error}") from error
    if str(file) not in sys.path:
        sys.path.append(str(file))
    before = set(sys.modules)
    try:
        return _imported(name, str(file))
    except (MethodError, Unsupported):
        for each in [each for each in set(sys.modules) - before if each.startswith(f"{name}.")]:
            del sys.modules[each]
        raise


def _imported(name: str, what: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise missing(error, what) from error
    except (Exception, SystemExit) as error:
        raise MethodError(f"{what} cannot be imported: {type(error).__name__}: {error}") from error


def missing(error: ModuleNotFoundError, what: str = "a plug-in file") -> MethodError | Unsupported:
    """Say which package is not installed, or which file a plug-in file imports that is not beside it."""
    name = error.name or ""
    for importer, file in _files.items():
        if name.startswith(f"{importer}."):
            sibling = name.removeprefix(f"{importer}.")
            path = file.parent.joinpath(*sibling.split("."))
            return MethodError(f"{file} cannot be imported: it imports .{sibling}; expected {path}.py")
    if name.startswith(f"{__name__}."):
        expected = "expected files beside it or below"
        return MethodError(f"{what} cannot be imported: it imports from the folder above; {expected}")
    return Unsupported(f"needs the package {name}, which is not installed" if name else str(error))


class _Source(SourceFileLoader):
    """Compiles a file as it is now: Python takes an edit of the same second and length for what it compiled before."""

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the module `fullname`."""
        path = self.get_filename(fullname)
        return self.source_to_code(read(path), path)


class _PluginFiles:
    """Finds plug-in files, and what these import relatively, to compile it as it is now."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, _target: object = None) -> ModuleSpec | None:
        """Return the spec of a plug-in file, or of a Python file beside it; other modules are not for this finder."""
        if not name.startswith(f"{__name__}."):
            return None
        if path:  # beside a plug-in file
            finders = (FileFinder(folder, (_Source, SOURCE_SUFFIXES)) for folder in path)
            return next((found for finder in finders if (found := finder.find_spec(name))), None)
        file = next(filter(lambda file: _is_file_of(name, file), map(Path, sys.path)), None)
        if file is None:
            return None
        _files[name] = file
        loader, folders = _Source(name, str(file)), [str(file.parent)]  # a package, so that it finds its siblings
        return importlib.util.spec_from_file_location(name, file, loader=loader, submodule_search_locations=folders)


sys.meta_path.insert(0, _PluginFiles)


def _is_file_of(module: str, file: Path) -> bool:
    """Tell whether an entry of the search path is the plug-in file of a module, with the content of then."""
    return module.startswith(f"{_start(file)}_") and file.is_file() and _name(file) == module


def _name(file: Path) -> str:
    """Return the name of a plug-in file's module, which follows from its path and content and its helpers'."""
    versions = [str(file), *map(file_hash, with_helpers(file))]
    return f"{_start(file)}_{hashlib.sha256(' '.join(versions).encode()).hexdigest()[:12]}"


def _start(file: Path) -> str:
    return f"{__name__}.{re.sub(r'[^a-zA-Z0-9_]', '_', file.stem)}"
