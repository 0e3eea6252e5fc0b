"""Plug-in code on disk: finding it without importing it, importing it, and hashing it."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench.errors import MethodError, Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

_files: dict[str, Path] = {}
"""Which file a module of `_from_file` is made of."""

_as_imported: dict[Path, str] = {}
"""The sha256 that files of code had before this process imported them."""


def import_module(name: str, file: Path | None = None) -> ModuleType:
    """Import the module `name`, from `file` where one is given: again if it was edited or another had this name.

    A file may import its siblings relatively.

    Raises:
        Unsupported: a package that it needs is not installed.
        MethodError: importing it fails in any other way, ending the process among them.

    """
    try:
        return importlib.import_module(name) if file is None else _from_file(name, file)
    except ModuleNotFoundError as error:
        raise missing(error) from error
    except (Exception, SystemExit) as error:
        raise MethodError(f"{file or name} cannot be imported: {type(error).__name__}: {error}") from error


def missing(error: ModuleNotFoundError) -> MethodError | Unsupported:
    """Say which package is not installed, or which file a plug-in file imports that is not beside it."""
    importer, _, sibling = (error.name or "").partition(".")
    if sibling and importer in _files:
        expected = _files[importer].parent.joinpath(*sibling.split("."))
        return MethodError(f"{_files[importer]} cannot be imported: it imports .{sibling}; expected {expected}.py")
    return Unsupported(f"needs the package {error.name}, which is not installed" if error.name else str(error))


def _from_file(name: str, file: Path) -> ModuleType:
    versions = [str(file), *map(file_hash, with_helpers(file))]
    name = f"{name}_{hashlib.sha256(' '.join(versions).encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    # a package, so that relative imports find the files beside it
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=[str(file.parent)])
    if spec is None or spec.loader is None:
        raise ImportError("not a Python file")
    _files[name] = file
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        for each in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
            del sys.modules[each]
        raise
    return module


def find_source(module: str) -> Path | None:
    """Find the file of a module without importing its parents."""
    path: Any = None
    found = None
    name = ""
    for part in module.split("."):
        name = f"{name}.{part}" if name else part
        finders = (finder.find_spec(name, path) for finder in sys.meta_path if hasattr(finder, "find_spec"))
        found = next(filter(None, finders), None)
        if found is None:
            return None
        path = found.submodule_search_locations
    return Path(found.origin) if found and found.origin else None


def package_files(module: str) -> list[Path]:
    """Return the files of the whole top-level package that `module` lies in; of a lone module, its own.

    A namespace package belongs to many distributions, so the first package inside it counts as top.
    """
    parts = module.split(".")
    sources = (find_source(".".join(parts[:length])) for length in range(1, len(parts) + 1))
    top = next(filter(None, sources), None)
    if top is None or top.name != "__init__.py":
        return [top] if top else []
    return sorted({*top.parent.rglob("*.py"), *filter(None, [find_source(module)])})


def with_helpers(source: Path) -> list[Path]:
    """Return `source` and the files near it that it imports relatively, theirs included."""
    found = [source]
    for path in found:  # grows while it is walked
        found += [file for file in sorted(set(_relative_imports(path))) if file.is_file() and file not in found]
    return found


def _relative_imports(path: Path) -> Iterator[Path]:
    """Yield the files that may stand behind the relative imports of a Python file."""
    for node in _from_imports(path.read_bytes()):
        if not 0 < node.level <= len(path.parents):
            continue
        target = path.parents[node.level - 1]
        targets = [target := target / part for part in node.module.split(".")] if node.module else []
        for each in [*targets, *(target / alias.name for alias in node.names)]:
            yield from (each.with_name(f"{each.name}.py"), each / "__init__.py")


@lru_cache(maxsize=256)
def _from_imports(code: bytes) -> list[ast.ImportFrom]:
    """Return the `from ... import` of Python code; none of a compiled file, nor of one that will not import."""
    try:
        return [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom)]
    except (SyntaxError, ValueError):
        return []


def code_hashes(files: Iterable[Path]) -> list[str]:
    """Return the sha256 of each file of code as this process imported it; of one not yet imported, as it is now."""
    modules = list(sys.modules.values())
    imported = {getattr(module, "__dict__", {}).get("__file__") for module in modules}
    return [_code_hash(path, imported=str(path) in imported) for path in files]


def _code_hash(path: Path, *, imported: bool) -> str:
    if path not in _as_imported or not imported:
        _as_imported[path] = file_hash(path)
    return _as_imported[path]


def file_hash(path: Path) -> str:
    """Return the sha256 of a file, read once per change."""
    stat = path.stat()
    return _file_hash(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=1024)
def _file_hash(path: Path, _changed: int, _size: int) -> str:
    with path.open("rb") as file:  # piece by piece: weights may be larger than memory
        return hashlib.file_digest(file, "sha256").hexdigest()
