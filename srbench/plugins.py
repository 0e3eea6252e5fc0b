"""Plug-in code on disk: finding it without importing it, and importing it."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import sys
from functools import lru_cache
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench.errors import MethodError, Unsupported
from srbench.hashing import file_hash
from srbench.opening import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

_PACKAGE = Path(__file__).parent

_PIXELS = ("srbench.networks", "srbench.pytorch", "srbench.quality")
"""What of srbench may decide the pixels that a method returns: its code counts as the method's own."""

_files: dict[str, Path] = {}
"""Which file a module of `_from_file` is made of."""


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


class _Source(SourceFileLoader):
    """Compiles a file as it is now: Python takes an edit of the same second and length for what it compiled before."""

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the module `fullname`."""
        path = self.get_filename(fullname)
        return self.source_to_code(read(path), path)


class _Siblings:
    """Finds what plug-in files import relatively, to compile it as it is now."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, _target: object = None) -> ModuleSpec | None:
        """Return the spec of a Python file beside a plug-in file; other modules are not for this finder."""
        if name.partition(".")[0] not in _files:
            return None
        finders = (FileFinder(folder, (_Source, SOURCE_SUFFIXES)) for folder in path or ())
        return next((found for finder in finders if (found := finder.find_spec(name))), None)


sys.meta_path.insert(0, _Siblings)


def _from_file(name: str, file: Path) -> ModuleType:
    versions = [str(file), *map(file_hash, with_helpers(file))]
    name = f"{name}_{hashlib.sha256(' '.join(versions).encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    # a package, so that relative imports find the files beside it
    loader = _Source(name, str(file))
    spec = importlib.util.spec_from_file_location(
        name, file, loader=loader, submodule_search_locations=[str(file.parent)]
    )
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


def shared_files(files: Iterable[Path]) -> list[Path]:
    """Return the files of srbench itself that `files` import and that may decide pixels, those they import included."""
    found: list[Path] = []
    waiting = list(files)
    for path in waiting:  # grows while it is walked
        new = [file for file in dict.fromkeys(_shared_imports(path)) if file not in found]
        found += new
        waiting += new
    return found


def _relative_imports(path: Path) -> Iterator[Path]:
    """Yield the files that may stand behind the relative imports of a Python file."""
    for node in _imports(path):
        if not isinstance(node, ast.ImportFrom) or not 0 < node.level <= len(path.parents):
            continue
        target = path.parents[node.level - 1]
        targets = [target := target / part for part in node.module.split(".")] if node.module else []
        yield from _sources([*targets, *(target / alias.name for alias in node.names)])


def _shared_imports(path: Path) -> Iterator[Path]:
    """Yield the files behind what a Python file imports from `_PIXELS`."""
    for node in _imports(path):
        names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            names = [] if node.level else [str(node.module), *(f"{node.module}.{name}" for name in names)]
        targets = [_PACKAGE.joinpath(*name.split(".")[1:]) for name in names if _decides_pixels(name)]
        yield from filter(Path.is_file, _sources(targets))


def _decides_pixels(module: str) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in _PIXELS)


def _sources(modules: Iterable[Path]) -> Iterator[Path]:
    """Yield the files that a module may be made of: a file of its name, or a package."""
    for each in modules:
        yield from (each.with_name(f"{each.name}.py"), each / "__init__.py")


def _imports(path: Path) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """Return the imports in a Python file; none of a compiled one, nor of one that will not import."""
    return _parsed_imports(path, file_hash(path))


@lru_cache(maxsize=1024)
def _parsed_imports(path: Path, _content: str) -> tuple[ast.Import | ast.ImportFrom, ...]:
    try:
        nodes = ast.walk(ast.parse(read(path)))
    except (SyntaxError, ValueError):
        return ()
    return tuple(node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))
