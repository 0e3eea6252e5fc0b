"""What the registries of methods and of metrics share: three doors, typed options, and fingerprints of what decides.

A plug-in is a Python module, and one of three doors leads to it: it is built in, the entry point of an installed
distribution, or a file given with `--plugin`. Listing imports none; a plug-in is imported when it is asked for.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from srbench import code_files, hashing, method_options, model_files, plugins
from srbench.errors import MethodError, SrbenchError, Unsupported, UsageError
from srbench.opening import read
from srbench.specs import MethodSpec, canonical, parse_method, unknown

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from importlib.metadata import EntryPoint
    from types import ModuleType


@dataclass(frozen=True)
class Plugin:
    """A registered plug-in: where it comes from, and its module once it is needed."""

    KIND: ClassVar[str]
    """What it is called: `method` or `metric`."""
    GROUP: ClassVar[str]
    """The entry point group through which an installed package offers it."""
    RESERVED: ClassVar[tuple[str, ...]]
    """Names that none may have."""
    GIVEN: ClassVar[tuple[str, ...]]
    """The arguments that srbench itself gives to `load`; others are options."""
    KNOWN: ClassVar[tuple[str, ...]] = ()
    """What srbench tells a `load` that names it: no options, either."""
    ERROR: ClassVar[type[SrbenchError]]
    """What is raised about one that is broken."""

    name: str
    origin: str
    source: Path | None
    module_name: str
    version: str = ""
    """That of its distribution, if it is installed."""

    @classmethod
    def signature(cls) -> str:
        """Return the function that its module must have, as it is called."""
        return f"load({', '.join(cls.GIVEN)})"

    @classmethod
    def is_reserved(cls, name: str) -> bool:
        """Tell whether none may have this name."""
        return name in cls.RESERVED

    @property
    def summary(self) -> str:
        """Return the first line of its docstring, read without importing it."""
        text = ast.get_docstring(self._tree)
        return text.splitlines()[0] if text else ""

    def key_of(self, value: str) -> str:
        """Return the option of its `load` that has `value` among its Literal values, read without importing it."""
        functions = (each for each in self._tree.body if isinstance(each, ast.FunctionDef) and each.name == "load")
        options = (option for each in functions for option in (*each.args.args, *each.args.kwonlyargs))
        return next((option.arg for option in options if value in _constants(option.annotation)), "")

    @property
    def _tree(self) -> ast.Module:
        """Return its source as a syntax tree; an empty one where it cannot be read."""
        try:
            return ast.parse(read(self.source) if self.source else b"")
        except (OSError, SyntaxError, ValueError):
            return ast.Module([], [])

    def module(self) -> ModuleType:
        """Import it; a plug-in file again if it was edited.

        Raises:
            Unsupported: a package that it needs is not installed.
            MethodError, MetricError: it cannot be imported, or has no function `load`.

        """
        try:
            module = self._imported()
        except MethodError as error:
            raise self.ERROR(str(error)) from error.__cause__
        if not callable(getattr(module, "load", None)):
            raise self.ERROR(f"{self.KIND} {self.name!r} ({self.source}) has no function {self.signature()}")
        return module

    def _imported(self) -> ModuleType:
        if self._is_file and self.source:
            return plugins.import_file(self.source)
        self.code_hashes()  # remembered for what is imported next
        return plugins.import_module(self.module_name)

    def defaults(self) -> dict[str, inspect.Parameter]:
        """Return the options of its `load`, by name; not `**options`, which stands for any."""
        return method_options.named(self.module().load, (*self.GIVEN, *self.KNOWN))

    def code_files(self) -> list[Path]:
        """Return the files of its code: the whole package of an installed one, else its own and relative imports."""
        if self.source is None:
            return []
        return code_files.package_files(self.module_name) if self.version else code_files.with_helpers(self.source)

    def code_hashes(self) -> list[str]:
        """Return the sha256 of each file of its code, srbench's own behind it included, as this process runs it.

        Python imports a built-in or installed module once: an edit to it counts in the next process.
        """
        own = self.code_files()
        hashes = [hashing.file_hash(path) for path in own] if self._is_file else hashing.code_hashes(own)
        return [*hashes, *hashing.code_hashes(code_files.shared_files(own))]

    @property
    def _is_file(self) -> bool:
        return self.origin.startswith("plug-in")


P = TypeVar("P", bound=Plugin)
C = TypeVar("C", bound="Choice[Any]")


@dataclass(frozen=True)
class Choice(Generic[P]):
    """A plug-in with options, as a spec names it. `given` are the arguments that srbench gives to its functions."""

    plugin: P
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def spec(self) -> str:
        """Return the canonical spec: keys sorted, defaults left out."""
        return canonical(self.plugin.name, dict(self.options))

    @property
    def portable_spec(self) -> str:
        """Return the canonical spec with each file written as its sha256: there is no path in it."""
        return canonical(self.plugin.name, {key: _content(value) for key, value in self.options})

    @property
    def paths(self) -> dict[str, Path]:
        """Return the options that are files, those annotated `Path`, by name."""
        return {key: value for key, value in self.options if isinstance(value, Path)}

    def _files(self, *given: object) -> list[Path]:
        """Return the files besides code that its results depend on: weights, and options annotated `Path`."""
        return list(dict.fromkeys([*self._offered("files", *given), *self.paths.values()]))

    def _offered(self, function: str, *given: object) -> list[Path]:
        """Return the paths that a function of its module names; none where there is no such function."""
        what = "the paths of the files that its output depends on"
        paths: list[Path] | None = self._said(function, what, lambda found: [Path(each) for each in found], *given)
        return paths or []

    def _said(self, function: str, expected: str, read: Callable[[Any], Any], *given: object) -> Any:  # noqa: ANN401
        """Return what a function of its module returns, as `read` takes it; None where there is no such function."""
        says = getattr(self.plugin.module(), function, None)
        try:
            return read(says(*given, **dict(self.options))) if says else None
        except SrbenchError:
            raise
        except ModuleNotFoundError as error:
            raise self._missing(error) from error
        except (Exception, SystemExit) as error:
            what = f"its {function}({', '.join(map(str, given))}) failed with {type(error).__name__}: {error}"
            raise self.plugin.ERROR(f"{what}; expected {expected}") from error

    def _fingerprint(self, *given: object, also: Iterable[str] = ()) -> str:
        """Return a sha256 over its code as this process runs it, its files and options, with no path in it."""
        try:
            files = [hashing.file_hash(path) for path in self._files(*given)]
            code = [*self.plugin.code_hashes(), *hashing.code_hashes(self._builder())]
            parts = [self.portable_spec, self.plugin.version, *code, *files, *also]
        except OSError as error:
            weights = Path(str(error.filename)) / "weights.safetensors"  # of a folder of `srbench train`
            what = f"give the weights in it, {weights}" if weights.is_file() else "check the path"
            raise self.plugin.ERROR(f"{error.filename}: cannot be read ({error.strerror}); {what}") from error
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    def _builder(self) -> list[Path]:
        """Return the files behind a `load` that was made elsewhere, or of something that was; else none."""
        own = self.plugin.code_files()
        known = {*own, *code_files.shared_files(own)}
        files = [file for file in code_files.behind(self.plugin.module().load) if file not in known]
        made = [each for file in files for each in code_files.with_helpers(file)]
        return [*made, *code_files.shared_files(made)]

    def _load(self, *given: object, **known: object) -> Any:  # noqa: ANN401 - what `load` returns may be anything
        """Return what its `load` returns."""
        try:
            return self.plugin.module().load(*given, **dict(self.options), **known)
        except ModuleNotFoundError as error:
            raise self._missing(error) from error
        except SystemExit as error:
            raise self.plugin.ERROR(f"SystemExit: {error}") from error

    def _missing(self, error: ModuleNotFoundError) -> SrbenchError:
        found = plugins.missing(error)
        return found if isinstance(found, Unsupported) else self.plugin.ERROR(str(found))


def collected(kind: type[P], built_in: Mapping[str, P], files: Iterable[Path]) -> dict[str, P]:
    """Return every plug-in of a kind by name: built-in, installed, then those among the plug-in `files`.

    Raises:
        UsageError: a plug-in file is absent, or its name is taken.

    """
    found = dict(built_in)
    for point in _points(kind.GROUP, tuple(map(_state, sys.path))):
        if not kind.is_reserved(point.name):
            found.setdefault(point.name, _installed(kind, point))
    for path in existing(files):
        if kind_of(path) == kind.KIND:
            found[path.stem] = _from_file(kind, path, found.get(path.stem))
    return found


@lru_cache(maxsize=16)
def _points(group: str, _installed: tuple[object, ...]) -> list[EntryPoint]:
    """Return the entry points of a group, by name: reading the metadata of all that is installed takes milliseconds."""
    return sorted(entry_points(group=group), key=lambda point: point.name)


def _state(folder: str) -> tuple[object, ...]:
    """Return what changes where a distribution is installed into a folder of `sys.path`, or removed from it."""
    try:
        stat = os.stat(folder or os.curdir)  # noqa: PTH116 - any text, for which Path would raise otherwise
    except OSError:
        return (folder,)
    return (folder, stat.st_ino, stat.st_mtime_ns)


def existing(files: Iterable[Path]) -> Iterator[Path]:
    """Yield plug-in files; raises a UsageError at one that is none."""
    for path in files:
        if not path.is_file():
            problem = "is a folder or a special file" if path.exists() else "does not exist"
            raise UsageError(f"plug-in file {path} {problem}; --plugin takes the path of a Python file")
        yield path


def kind_of(file: Path) -> str:
    """Return what a plug-in file is, without importing it: a `metric` if it assigns METRIC, else a `method`."""
    try:
        text = read(file)
        return "metric" if "METRIC" in _assigned(text) else "method"
    except OSError:
        return "method"
    except (SyntaxError, ValueError):  # it will say so when it is imported
        return "metric" if re.search(rb"^METRIC\s*[:=]", text, re.MULTILINE) else "method"


def check_names(kind: type[Plugin], specs: Iterable[str], known: Mapping[str, Plugin], files: Iterable[Path]) -> None:
    """Refuse what is not `known`, without importing any; the line says so where a plug-in file is of the other kind.

    Raises:
        UsageError: a malformed spec, or an unknown plug-in.

    """
    others = {path.stem: path for path in files if kind_of(path) != kind.KIND}
    for text in specs:
        name = _parsed(kind, text, known).name
        if name in others and name not in known:
            rule = "a plug-in file is a metric if it has METRIC = Metric(...) at its outermost level, else a method"
            raise UsageError(f"{others[name]} is no {kind.KIND}; {rule}")
        named(kind, text, known)


def named(kind: type[Plugin], text: str, known: Mapping[str, Plugin]) -> MethodSpec:
    """Parse a spec; raises a UsageError if it is malformed, or there is no such plug-in."""
    spec = _parsed(kind, text, known)
    if kind.is_reserved(spec.name):
        raise UsageError(f"{spec.name!r} is a reserved {kind.KIND} name; rename the {kind.KIND} in its package")
    if spec.name not in known:
        refusal = model_files.refusal(spec.name) if kind.KIND == "method" else ""
        if not refusal and kind.KIND == "method":
            refusal = _meant_as_label(spec, known)
        raise UsageError(refusal) if refusal else unknown(kind.KIND, spec.name, sorted(known))
    return spec


def _meant_as_label(spec: MethodSpec, known: Mapping[str, Plugin]) -> str:
    """Say what a label may hold where `a: b=method` seems to begin with one; nothing about other specs."""
    found = next((f"{key}={value}" for key, value in spec.options.items() if value.partition(":")[0] in known), "")
    if not found:
        return ""
    said = (
        f"unknown method {spec.name!r}; is '{spec.name}: {found.partition('=')[0]}' a label? No label may hold : or ="
    )
    return f"{said}, and one with a comma is quoted: '\"A, b\"={found.partition('=')[2]}'"


def _parsed(kind: type[Plugin], text: str, known: Mapping[str, Plugin]) -> MethodSpec:
    return parse_method(text, kind.KIND, lambda name, value: known[name].key_of(value) if name in known else "")


def chosen(make: type[C], kind: type[Plugin], text: str, known: Mapping[str, Plugin]) -> C:
    """Return the plug-in and the typed options that a spec names.

    Raises:
        UsageError: unknown plug-in or option, or a value that does not fit; the line names what there is.

    """
    spec = named(kind, text, known)
    plugin = known[spec.name]
    if not spec.options:
        return make(plugin)
    try:
        load = plugin.module().load
    except (kind.ERROR, Unsupported):  # it will say so in its rows
        return make(plugin, tuple(sorted(spec.options.items())))
    typed = method_options.typed(spec.name, load, spec.options, (*kind.GIVEN, *kind.KNOWN))
    return make(plugin, tuple(sorted(typed.items())))


def _from_file(kind: type[P], path: Path, taken: P | None) -> P:
    """Return the plug-in that a file holds; raises a UsageError if its name is reserved, or taken by another one."""
    if kind.is_reserved(path.stem):
        raise UsageError(f"{path.stem!r} is a reserved {kind.KIND} name; rename the plug-in {path}")
    if taken and taken.source != path.resolve():
        raise UsageError(f"plug-in {path} has the name of a {kind.KIND} that is {taken.origin}; rename the file")
    return kind(path.stem, f"plug-in {path}", path.resolve(), "")


def _installed(kind: type[P], point: EntryPoint) -> P:
    package = point.dist.name if point.dist else point.value
    version = point.dist.version if point.dist else ""
    source = code_files.find_source(point.module)
    return kind(point.name, f"installed by {package}", source, point.module, version or "unknown")


def _constants(annotation: ast.expr | None) -> set[str]:
    """Return the values of a `Literal` as text."""
    nodes = ast.walk(annotation) if isinstance(annotation, ast.Subscript) else ()
    return {str(each.value) for each in nodes if isinstance(each, ast.Constant)}


def _content(value: object) -> object:
    return f"sha256:{hashing.file_hash(value)}" if isinstance(value, Path) else value


def _assigned(text: bytes) -> Iterator[str]:
    """Yield the names that a module assigns at its outermost level."""
    for node in ast.parse(text).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name))
