"""The method registry: built-in (a file in `methods/`), installed (an entry point) and `--plugin FILE`.

Listing imports no method; a method is imported when it is asked for. Files in `methods/` import as
`srbench.methods.<name>`, wherever the folder lies.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench import code_files, hashing, method_options, plugins
from srbench.errors import MethodError, SrbenchError, Unsupported, UsageError
from srbench.folders import folder
from srbench.opening import read
from srbench.specs import MethodSpec, canonical, parse_method, spelled, unknown

if TYPE_CHECKING:
    import inspect
    from collections.abc import Iterable, Mapping
    from importlib.metadata import EntryPoint
    from types import ModuleType

    from srbench.contract import Upscaler

__path__ = [str(folder("methods"))]

RESERVED = ("HR", "LR")
"""Names that no method may have: reports show HR and LR under them, beside the methods."""

GROUP = "srbench.methods"
"""The entry point group through which an installed package offers methods."""


@dataclass(frozen=True)
class Method:
    """A registered method: where it comes from, and its module once it is needed."""

    name: str
    origin: str
    source: Path | None
    module_name: str
    version: str = ""
    """That of its distribution, if it is installed."""

    @property
    def summary(self) -> str:
        """Return the first line of its docstring, read without importing it."""
        try:
            text = ast.get_docstring(ast.parse(read(self.source))) if self.source else None
        except (OSError, SyntaxError, ValueError):
            text = None
        return text.splitlines()[0] if text else ""

    def module(self) -> ModuleType:
        """Import the method; a plug-in file again if it was edited.

        Raises:
            Unsupported: a package that it needs is not installed.
            MethodError: it cannot be imported, or has no `load(factor, device)`.

        """
        if self._is_file and self.source:
            module = plugins.import_file(self.source)
        else:
            self.code_hashes()  # remembered for what is imported next
            module = plugins.import_module(self.module_name)
        if not callable(getattr(module, "load", None)):
            raise MethodError(f"method {self.name!r} ({self.source}) has no function load(factor, device)")
        return module

    def devices(self) -> tuple[str, ...]:
        """Return the kinds of device it runs on; the CPU alone unless its module says otherwise in `DEVICES`.

        Raises:
            MethodError: `DEVICES` is no tuple or list of "cpu" and "cuda".

        """
        given = getattr(self.module(), "DEVICES", ("cpu",))
        if not isinstance(given, (tuple, list)) or not given or not all(each in ("cpu", "cuda") for each in given):
            expected = 'a tuple of "cpu" and "cuda", such as DEVICES = ("cpu",)'
            raise MethodError(f"method {self.name!r} ({self.source}) has DEVICES = {given!r}, expected {expected}")
        return tuple(given)

    def defaults(self) -> dict[str, inspect.Parameter]:
        """Return the options of its `load`, by name; not `**options`, which stands for any."""
        return method_options.named(self.module().load)

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


@dataclass(frozen=True)
class Choice:
    """A method with options, as a method spec names it."""

    method: Method
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def spec(self) -> str:
        """Return the canonical spec: keys sorted, defaults left out."""
        return canonical(self.method.name, dict(self.options))

    @property
    def portable_spec(self) -> str:
        """Return the canonical spec with each file written as its sha256: there is no path in it."""
        return canonical(self.method.name, {key: _content(value) for key, value in self.options})

    def files(self, factor: int) -> list[Path]:
        """Return the files besides code that its output depends on: weights, and options annotated `Path`.

        Raises:
            Unsupported: its `files` says that it cannot do this factor, or a package is not installed.
            MethodError: its `files` fails in any other way, or it cannot be imported.

        """
        offered = getattr(self.method.module(), "files", None)
        named = [value for _, value in self.options if isinstance(value, Path)]
        try:
            found = [Path(each) for each in offered(factor, **dict(self.options))] if offered else []
        except SrbenchError:
            raise
        except ModuleNotFoundError as error:
            raise plugins.missing(error) from error
        except (Exception, SystemExit) as error:
            what = f"its files({factor}) failed with {type(error).__name__}: {error}"
            raise MethodError(f"{what}; expected the paths of the files that its output depends on") from error
        return list(dict.fromkeys([*found, *named]))

    def fingerprint(self, factor: int) -> str:
        """Return a sha256 over its code as this process runs it, its files and its options, with no path in it.

        Raises:
            Unsupported, MethodError: as `files`, or a file cannot be read.

        """
        try:
            files = [hashing.file_hash(path) for path in self.files(factor)]
            code = [*self.method.code_hashes(), *hashing.code_hashes(self._builder())]
            parts = [self.portable_spec, self.method.version, *code, *files]
        except OSError as error:
            raise MethodError(f"{error.filename}: cannot be read ({error.strerror}); check the path") from error
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    def _builder(self) -> list[Path]:
        """Return the files behind a `load` that was made elsewhere, or of something that was; else none."""
        own = self.method.code_files()
        known = {*own, *code_files.shared_files(own)}
        files = [file for file in code_files.behind(self.method.module().load) if file not in known]
        made = [each for file in files for each in code_files.with_helpers(file)]
        return [*made, *code_files.shared_files(made)]

    def load(self, factor: int, device: str) -> Upscaler:
        """Return the upscaler.

        Raises:
            Unsupported: it cannot run for this factor or device, or needs a package that is not installed.
            MethodError: it cannot be imported, says nonsense about its devices, or ends the process.

        """
        self.method.devices()
        try:
            upscaler: Upscaler = self.method.module().load(factor, device, **dict(self.options))
        except ModuleNotFoundError as error:
            raise plugins.missing(error) from error
        except SystemExit as error:
            raise MethodError(f"SystemExit: {error}") from error
        return upscaler


def registry(files: Iterable[Path] = ()) -> dict[str, Method]:
    """Return every method by name: built-in, installed, then the plug-in `files`.

    Raises:
        UsageError: a plug-in file is absent, or its name is taken.

    """
    methods = {
        path.stem: Method(path.stem, "built in", path, f"{__name__}.{path.stem}")
        for path in sorted(Path(__path__[0]).glob("[!_]*.py"))
    }
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        if point.name not in RESERVED:
            methods.setdefault(point.name, _installed(point))
    for path in files:
        if not path.is_file():
            problem = "is a folder or a special file" if path.exists() else "does not exist"
            raise UsageError(f"plug-in file {path} {problem}; --plugin takes the path of a Python file")
        if path.stem in RESERVED:
            raise UsageError(f"{path.stem!r} is a reserved method name; rename the plug-in {path}")
        taken = methods.get(path.stem)
        if taken and taken.source != path.resolve():
            raise UsageError(f"plug-in {path} has the name of a method that is {taken.origin}; rename the file")
        methods[path.stem] = Method(path.stem, f"plug-in {path}", path.resolve(), "")
    return methods


def check_names(specs: Iterable[str], files: Iterable[Path] = ()) -> None:
    """Refuse a method that there is not, without importing any.

    Raises:
        UsageError: a malformed spec, an unknown method, or a plug-in file that cannot be used.

    """
    known = registry(files)
    for text in specs:
        _named(text, known)


def choose(text: str, methods: Mapping[str, Method]) -> Choice:
    """Return the method and the typed options that a method spec names.

    Raises:
        UsageError: unknown method or option, or a value that does not fit; the line names what there is.

    """
    spec = _named(text, methods)
    method = methods[spec.name]
    if not spec.options:
        return Choice(method)
    try:
        load = method.module().load
    except (MethodError, Unsupported):  # it will say so in its rows
        return Choice(method, tuple(sorted(spec.options.items())))
    return Choice(method, tuple(sorted(method_options.typed(spec.name, load, spec.options).items())))


def spelled_among(specs: Iterable[str], text: str, files: Iterable[Path] = ()) -> str:
    """Return the one of `specs` that `text` means, or nothing; `specs` are canonical, `files` plug-ins.

    Its options may be in any order, and defaults among them: to know these, its method is imported.
    """
    known = {spelled(each): each for each in specs}
    if spelled(text) in known:
        return known[spelled(text)]
    try:
        return known.get(choose(text, registry(file for file in files if file.is_file())).spec, "")
    except UsageError:
        return ""


def _named(text: str, methods: Mapping[str, Method]) -> MethodSpec:
    """Parse a method spec; raises a UsageError if there is no such method."""
    spec = parse_method(text)
    if spec.name in RESERVED:
        raise UsageError(f"{spec.name!r} is a reserved method name; rename the method in its package")
    if spec.name not in methods:
        raise unknown("method", spec.name, sorted(methods))
    return spec


def _content(value: object) -> object:
    return f"sha256:{hashing.file_hash(value)}" if isinstance(value, Path) else value


def _installed(point: EntryPoint) -> Method:
    package = point.dist.name if point.dist else point.value
    version = point.dist.version if point.dist else ""
    source = code_files.find_source(point.module)
    return Method(point.name, f"installed by {package}", source, point.module, version or "unknown")
