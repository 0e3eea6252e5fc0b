"""The method registry: three doors (a file in `methods/`, an installed entry point, `--plugin FILE`), one list.

Listing imports no method; a method is imported when it is asked for. Files in `methods/` import as
`srbench.methods.<name>`, wherever the folder lies.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import typing
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from srbench import plugins
from srbench.errors import MethodError, Unsupported, UsageError
from srbench.folders import folder
from srbench.specs import canonical, parse_method, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.metadata import EntryPoint
    from types import ModuleType

    from srbench.contract import Upscaler

__path__ = [str(folder("methods"))]

GROUP = "srbench.methods"
"""The entry point group through which an installed package offers methods."""


@dataclass(frozen=True)
class Method:
    """A registered method: where it comes from, and its module once it is needed."""

    name: str
    origin: str
    source: Path | None
    module_name: str

    @property
    def summary(self) -> str:
        """Return the first line of its docstring, read without importing it."""
        try:
            text = ast.get_docstring(ast.parse(self.source.read_bytes())) if self.source else None
        except (OSError, SyntaxError, ValueError):
            text = None
        return text.splitlines()[0] if text else ""

    def module(self) -> ModuleType:
        """Import the method.

        Raises:
            Unsupported: a package that it needs is not installed.
            MethodError: it cannot be imported, or has no `load(factor, device)`.

        """
        module = plugins.import_module(self.module_name, self.source if self.origin.startswith("plug-in") else None)
        if not callable(getattr(module, "load", None)):
            raise MethodError(f"method {self.name!r} ({self.source}) has no function load(factor, device)")
        return module

    def devices(self) -> tuple[str, ...]:
        """Return the kinds of device it runs on; the CPU alone unless its module says otherwise in `DEVICES`."""
        return tuple(getattr(self.module(), "DEVICES", ("cpu",)))

    def defaults(self) -> dict[str, inspect.Parameter]:
        """Return the options of its `load`, by name."""
        parameters = inspect.signature(self.module().load).parameters
        return {name: each for name, each in parameters.items() if name not in {"factor", "device"}}

    def code_files(self) -> list[Path]:
        """Return the files its code lies in: its own, its whole package, and the helpers it imports relatively."""
        if self.source is None:
            return []
        return (
            sorted(self.source.parent.rglob("*.py"))
            if self.source.name == "__init__.py"
            else plugins.with_helpers(self.source)
        )


@dataclass(frozen=True)
class Choice:
    """A method with options: what a method spec stands for."""

    method: Method
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def spec(self) -> str:
        """Return the canonical spec: keys sorted, defaults left out."""
        return canonical(self.method.name, dict(self.options))

    def files(self, factor: int) -> list[Path]:
        """Return the files besides code that its output depends on: weights, and options that name files."""
        offered = getattr(self.method.module(), "files", None)
        named = [Path(value) for _, value in self.options if isinstance(value, str) and Path(value).is_file()]
        return list(dict.fromkeys([*(offered(factor, **dict(self.options)) if offered else []), *named]))

    def fingerprint(self, factor: int) -> str:
        """Return a sha256 over its code, its files and its options, with no path in it."""
        digest = hashlib.sha256()
        options = {key: _content(value) for key, value in self.options}
        digest.update(canonical(self.method.name, options).encode())
        for path in [*self.method.code_files(), *self.files(factor)]:
            digest.update(plugins.file_hash(path).encode())
        return digest.hexdigest()

    def load(self, factor: int, device: str) -> Upscaler:
        """Return the upscaler.

        Raises:
            Unsupported: it cannot run for this factor or device, or needs a package that is not installed.

        """
        try:
            upscaler: Upscaler = self.method.module().load(factor, device, **dict(self.options))
        except ModuleNotFoundError as error:
            raise Unsupported(plugins.needs(error)) from error
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
        methods.setdefault(point.name, _installed(point))
    for path in files:
        if not path.is_file():
            raise UsageError(f"plug-in file {path} does not exist; --plugin takes the path of a Python file")
        taken = methods.get(path.stem)
        if taken and taken.source != path.resolve():
            raise UsageError(f"plug-in {path} has the name of a method that is {taken.origin}; rename the file")
        name = f"srbench_plugin_{path.stem}"
        methods[path.stem] = Method(path.stem, f"plug-in {path}", path.resolve(), name)
    return methods


def choose(text: str, methods: Mapping[str, Method]) -> Choice:
    """Return the method and the typed options that a method spec names.

    Raises:
        UsageError: unknown method or option, or a value that does not fit; the line names what there is.

    """
    spec = parse_method(text)
    if spec.name not in methods:
        raise unknown("method", spec.name, sorted(methods))
    method = methods[spec.name]
    if not spec.options:
        return Choice(method)
    try:
        offered = method.defaults()
    except (MethodError, Unsupported):  # it will say so in its rows
        return Choice(method, tuple(sorted(spec.options.items())))
    hints = _hints(offered, method.module())
    options: dict[str, Any] = {}
    for key, value in spec.options.items():
        if key not in offered:
            raise unknown(f"option of {spec.name}", key, offered or ["none"])
        options[key] = _typed(f"{spec.name}:{key}", value, hints.get(key, str))
    return Choice(method, tuple((key, options[key]) for key in sorted(options) if options[key] != offered[key].default))


def _content(value: object) -> object:
    return f"sha256:{plugins.file_hash(Path(value))}" if isinstance(value, str) and Path(value).is_file() else value


def _installed(point: EntryPoint) -> Method:
    package = point.dist.name if point.dist else point.value
    return Method(point.name, f"installed by {package}", plugins.find_source(point.module), point.module)


def _hints(options: Mapping[str, inspect.Parameter], module: ModuleType) -> dict[str, Any]:
    """Resolve the annotations of `options` alone: others may name what is imported for type checkers only."""
    annotations = {name: each.annotation for name, each in options.items() if each.annotation is not each.empty}
    return typing.get_type_hints(SimpleNamespace(__annotations__=annotations), vars(module))


def _typed(what: str, text: str, hint: Any) -> Any:  # noqa: ANN401 - whatever a plug-in's annotation says
    """Convert an option's text to the type its annotation asks for."""
    choices = typing.get_args(hint) if typing.get_origin(hint) is typing.Literal else ()
    if choices:
        by_text = {str(choice): choice for choice in choices}
        if text not in by_text:
            raise unknown(f"value of {what}", text, by_text)
        return by_text[text]
    if hint is bool:
        if text.lower() not in {"true", "false"}:
            raise UsageError(f"{what} is {text!r}, expected true or false")
        return text.lower() == "true"
    try:
        return hint(text) if hint in {int, float} else text
    except ValueError:
        raise UsageError(f"{what} is {text!r}, expected {hint.__name__}") from None
