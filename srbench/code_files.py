"""Which files hold the code of a method or a metric: found by reading it, and importing nothing."""

from __future__ import annotations

import ast
import sys
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.folders import folder
from srbench.hashing import file_hash
from srbench.opening import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from importlib.machinery import ModuleSpec

_PACKAGE = Path(__file__).parent

_DECIDING = (
    "srbench.functions.called",
    "srbench.functions.network",
    "srbench.networks",
    "srbench.programs",
    "srbench.pytorch",
    "srbench.quality",
    "srbench.metrics",
    "srbench.takes",
)
"""What of srbench may decide pixels of a method, or values of a metric: its code counts as the plug-in's own."""

_METRICS = "srbench.metrics.built_in"

_OF_ALL_METRICS = ("srbench.metrics.registry", "srbench.metrics.scorer", "srbench.metric", "srbench.api.metric")
"""Through these a plug-in may get any built-in metric: all of them count."""

_BESIDE = (
    *(f"srbench.metrics.{name}" for name in ("classical", "contract", "declaration", "suite")),
    "srbench.networks.deciding",
)
"""What of the metrics decides no value, and of the networks what is in a key by its decisions. `srbench.metrics` itself
decides none, either."""

_METHODS = "srbench.methods"

_DOORS = (_METHODS, "srbench.api", "srbench.load", "srbench.run", "srbench.testing", "srbench.execution", "srbench.*")
"""Through these a plug-in may get any built-in method: unless it names one, all of them count."""


def find_source(module: str) -> Path | None:
    """Find the file of a module without importing its parents."""
    path: Any = None
    found = None
    name = ""
    for part in module.split("."):
        name = f"{name}.{part}" if name else part
        found = _spec(name, path)
        path = found.submodule_search_locations if found and found.origin else _folders(part, path)
        if found is None and not path:
            return None
    return Path(found.origin) if found and found.origin else None


def _spec(name: str, path: Any) -> ModuleSpec | None:  # noqa: ANN401 - as finders take it
    """Return the spec of a module; none of a folder without `__init__.py` in another, which asks for its parent."""
    finders = (finder.find_spec(name, path) for finder in sys.meta_path if hasattr(finder, "find_spec"))
    try:
        return next(filter(None, finders), None)
    except KeyError:
        return None


def _folders(name: str, path: Iterable[str] | None) -> list[str]:
    """Return the folders of a package without `__init__.py`; its spec tells them once its parents are imported only."""
    return [str(Path(each) / name) for each in (sys.path if path is None else path) if (Path(each) / name).is_dir()]


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
    """Return the files of srbench that `files` name and that may decide a result, those which they name included.

    Of a built-in method they are its code and the weights that come with it.
    """
    found: list[Path] = []
    waiting = list(files)
    for path in waiting:  # grows while it is walked
        new = [file for file in dict.fromkeys(_shared(path)) if file not in found]
        found += new
        waiting += new
    return found


def imported(files: Iterable[Path]) -> list[str]:
    """Return the names of the packages that `files` import, without Python's own and srbench."""
    names = {name.partition(".")[0] for path in files for name in _parsed(path, file_hash(path)).names}
    return sorted(names - sys.stdlib_module_names - {"srbench"})


def named_in(file: Path) -> list[str]:
    """Return the dotted names of what a file imports, modules and what is in them, but for relative imports."""
    return sorted(_parsed(file, file_hash(file)).names)


def behind(load: object) -> list[Path]:
    """Return the files where the code of `load` was written, and those that were given to it as arguments.

    Looked into are `functools.partial`, decorated functions, bound methods, classes and objects that can be called.
    """
    found = []
    waiting = [load]
    for each in waiting:  # grows while it is walked
        found += [path for path in [_written_in(each)] if path and path.is_file() and path not in found]
        waiting += [part for part in _parts(each) if not any(part is known for known in waiting)]
    return found


def _parts(made: object) -> list[object]:
    """Return what a callable was made of, as far as it says so."""
    parts = [getattr(made, name, None) for name in ("__wrapped__", "__func__")]
    if isinstance(made, partial):
        parts += [made.func, *made.args, *made.keywords.values()]
    elif not isinstance(made, type | Path | str) and not hasattr(made, "__code__"):
        parts.append(type(made))
    return [part for part in parts if callable(part) or isinstance(part, str | Path)]


def _written_in(made: object) -> Path | None:
    if isinstance(made, str | Path):
        return Path(made)
    if code := getattr(made, "__code__", None):
        return Path(code.co_filename)
    module = sys.modules.get(made.__module__) if isinstance(made, type) else None
    file = getattr(module, "__file__", None)
    return Path(file) if file and file.endswith(".py") else None


def _relative_imports(path: Path) -> Iterator[Path]:
    """Yield the files that may stand behind the relative imports of a Python file."""
    for node in _parsed(path, file_hash(path)).relative:
        if node.level > len(path.parents):
            continue
        target = path.parents[node.level - 1]
        targets = [target := target / part for part in node.module.split(".")] if node.module else []
        yield from _sources([*targets, *(target / alias.name for alias in node.names)])


def _shared(path: Path) -> Iterator[Path]:
    """Yield the files behind what a Python file names of `_DECIDING`, and of built-in methods and metrics."""
    names = _parsed(path, file_hash(path)).names
    for name in sorted(names):
        if _within(name, _OF_ALL_METRICS):
            yield from _built_in_metrics("*")
        elif _within(name, (_METRICS,)):
            yield from _built_in_metrics(name.removeprefix(f"{_METRICS}.").partition(".")[0])
        elif _within(name, _DECIDING) and name != "srbench.metrics" and not _within(name, _BESIDE):
            yield from filter(Path.is_file, _sources([_PACKAGE.joinpath(*name.split(".")[1:])]))
        elif _within(name, _DOORS) and not any(other.startswith(f"{name}.") for other in names):
            yield from _built_in(name)


def _built_in(name: str) -> Iterator[Path]:
    """Yield code and weights of the built-in method that a module's name leads to; of all where it names none."""
    methods = folder("methods")
    stem = name.removeprefix(f"{_METHODS}.").partition(".")[0]
    one = _within(name, (_METHODS,)) and (methods / f"{stem}.py").is_file()
    yield from sorted(methods.glob(f"{stem if one else '*'}.py"))
    yield from sorted((methods / "weights").glob(f"{stem if one else '*'}-*.safetensors"))


def _built_in_metrics(stem: str) -> Iterator[Path]:
    """Yield code and numbers of the built-in metrics whose names fit a pattern."""
    home = _PACKAGE / "metrics" / "built_in"
    yield from sorted([*home.glob(f"{stem}.py"), *home.glob(f"{stem}.safetensors")])


def _within(name: str, packages: Iterable[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in packages)


def _sources(modules: Iterable[Path]) -> Iterator[Path]:
    """Yield the files that a module may be made of: a file of its name, or a package."""
    for each in modules:
        yield from (each.with_name(f"{each.name}.py"), each / "__init__.py")


class _Parsed(NamedTuple):
    """What a Python file takes from elsewhere."""

    relative: tuple[ast.ImportFrom, ...] = ()
    names: frozenset[str] = frozenset()
    """Dotted names: of what it imports, of attributes of `srbench`, and of built-in methods in its texts."""


@lru_cache(maxsize=1024)
def _parsed(path: Path, _content: str) -> _Parsed:
    """Read a Python file; a compiled one, or one that will not import, takes nothing."""
    try:
        nodes = list(ast.walk(ast.parse(read(path))))
    except (SyntaxError, ValueError):
        return _Parsed()
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    return _Parsed(tuple(node for node in froms if node.level), frozenset(_names(nodes)))


def _names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    aliases = {"srbench"}
    for node in nodes:  # from the outside in: imports of a module come before what its functions do
        if isinstance(node, ast.Import):
            aliases |= {alias.asname for alias in node.names if alias.asname and alias.name == "srbench"}
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            yield f"srbench.{node.attr}"
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.startswith((_METHODS, _METRICS))
        ):
            yield node.value.rstrip(".")
