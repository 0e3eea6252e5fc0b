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
    from types import ModuleType


def import_module(name: str, file: Path | None = None) -> ModuleType:
    """Import the module `name`, from `file` where one is given: again if it was edited or another had this name.

    Raises:
        Unsupported: a package that it needs is not installed.
        MethodError: importing it fails in any other way.

    """
    try:
        return importlib.import_module(name) if file is None else _from_file(name, file)
    except ModuleNotFoundError as error:
        raise Unsupported(needs(error)) from error
    except Exception as error:
        raise MethodError(f"{file or name} cannot be imported: {type(error).__name__}: {error}") from error


def needs(error: ModuleNotFoundError) -> str:
    """Say which package is missing."""
    return f"needs the package {error.name}, which is not installed" if error.name else str(error)


def _from_file(name: str, file: Path) -> ModuleType:
    name = f"{name}_{hashlib.sha256(f'{file} {file_hash(file)}'.encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError("not a Python file")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
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


def with_helpers(source: Path) -> list[Path]:
    """Return `source` and the sibling files it imports relatively, theirs included."""
    found = [source]
    for path in found:  # grows while it is walked
        imports = [node for node in _nodes(path) if isinstance(node, ast.ImportFrom) and node.level == 1]
        names = {name for node in imports for name in ([node.module] if node.module else [a.name for a in node.names])}
        siblings = (source.parent / f"{name}.py" for name in sorted(names))
        found += [sibling for sibling in siblings if sibling.is_file() and sibling not in found]
    return found


def _nodes(path: Path) -> list[ast.AST]:
    """Return the syntax nodes of a Python file; none of a compiled one, nor of one that will not import."""
    try:
        return list(ast.walk(ast.parse(path.read_bytes())))
    except (SyntaxError, ValueError):
        return []


def file_hash(path: Path) -> str:
    """Return the sha256 of a file, read once per change."""
    stat = path.stat()
    return _file_hash(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=1024)
def _file_hash(path: Path, _changed: int, _size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
