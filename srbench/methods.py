"""The method registry: built-in (a file in `methods/`), installed (an entry point) and `--plugin FILE`.

Files in `methods/` import as `srbench.methods.<name>`, wherever the folder lies. What it shares with the registry of
metrics is in `srbench.registry`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from srbench import method_options, model_files
from srbench import registry as registries
from srbench.errors import MethodError, SrbenchError, UsageError
from srbench.folders import folder
from srbench.spec_advice import IN_A_SHELL
from srbench.specs import parse_method, spelled, told_without_engine
from srbench.takes import Takes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from srbench.contract import Upscaler
    from srbench.specs import MethodSpec

__path__ = [str(folder("methods"))]

RESERVED = ("HR", "LR", "input")
"""Names that no method may have: reports show HR and LR under them, beside the methods."""

BUILT_IN = "built in"
"""The origin of methods that come with srbench."""

_NEEDED = {
    "onnx": (("file",), "a model file, such as onnx:file=model.onnx"),
    "torch": (("file", "interpolate"), "a model file, such as torch:file=model.pth, or torch:interpolate=bicubic"),
    "command": (("run",), f'a command line, such as command:run="PROGRAM {{input}} {{output}}", {IN_A_SHELL}'),
}
"""The options of methods of which one must be given, and what to say where none is."""

EXPLAINING = ("measured", "warning", "note")
"""What of decisions is in no key: the numbers behind them, whose last digit may be another on another machine."""


@dataclass(frozen=True)
class Method(registries.Plugin):
    """A registered method: where it comes from, and its module once it is needed."""

    KIND: ClassVar = "method"
    GROUP: ClassVar = "srbench.methods"
    RESERVED: ClassVar = RESERVED
    GIVEN: ClassVar = ("factor", "device")
    KNOWN: ClassVar = ("decided",)
    ERROR: ClassVar = MethodError

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

    def takes(self) -> Takes | None:
        """Return what its network takes, as the `takes` of its `load` declares it; None where there is none."""
        declared = getattr(self.module().load, "takes", None)
        return declared if isinstance(declared, Takes) else None


class Choice(registries.Choice[Method]):
    """A method with options, as a method spec names it."""

    @property
    def method(self) -> Method:
        """Return the method."""
        return self.plugin

    def settled(self, device: str) -> Choice:
        """Return it with the options that `settled` of its `load` finds out on `device`, such as the fastest engine.

        They are part of its spec, and so of keys.

        Raises:
            Unsupported, MethodError: it cannot be imported.

        """
        if not self.is_open:
            return self
        options = self.method.module().load.settled(device, dict(self.options))
        return replace(self, options=tuple(sorted(options.items())))

    @property
    def is_open(self) -> bool:
        """Tell whether there is something for `settled` to find out: the engine."""
        return hasattr(self.method.module().load, "settled") and "engine" not in dict(self.options)

    @property
    def takes_decisions(self) -> bool:
        """Tell whether its `load` is told what it decided, so that it measures nothing again."""
        return "decided" in method_options.named(self.method.module().load)

    def files(self, factor: int) -> list[Path]:
        """Return the files besides code that its output depends on: weights, and options annotated `Path`.

        Raises:
            Unsupported: its `files` says that it cannot do this factor, or a package is not installed.
            MethodError: its `files` fails in any other way, or it cannot be imported.

        """
        return self._files(factor)

    def decided(self, factor: int) -> dict[str, Any]:
        """Return what it found out about its files, as its module's `decided` says it: JSON; nothing without one.

        All of it decides what is computed, but for `EXPLAINING`.

        Raises:
            Unsupported, MethodError: as `files`, of its `decided`.

        """
        found: dict[str, Any] | None = self._said("decided", "a mapping of JSON values", _json, factor)
        return found or {}

    def fingerprint(self, factor: int, decided: Mapping[str, Any] | None = None) -> str:
        """Return a sha256 over its code as this process runs it, its files, options and decisions, with no path in it.

        `decided` is what the function of that name has returned, where it is known.

        Raises:
            Unsupported, MethodError: as `files` and `decided`, or a file cannot be read.

        """
        found = self.decided(factor) if decided is None else decided
        deciding = {key: value for key, value in found.items() if key not in EXPLAINING}
        return self._fingerprint(factor, also=[json.dumps(deciding, sort_keys=True)] if deciding else [])

    def load(self, factor: int, device: str, decided: Mapping[str, Any] = MappingProxyType({})) -> Upscaler:
        """Return the upscaler: as was `decided`, where it has decided something and takes that.

        Raises:
            Unsupported: it cannot run for this factor or device, or needs a package that is not installed.
            MethodError: it cannot be imported, says nonsense about its devices, or ends the process.

        """
        self.method.devices()
        known = {"decided": decided} if decided and self.takes_decisions else {}
        upscaler: Upscaler = self._load(factor, device, **known)
        return upscaler


def built_in() -> dict[str, Method]:
    """Return the methods that come with srbench, by name."""
    files = sorted(Path(__path__[0]).glob("[!_]*.py"))
    return {path.stem: Method(path.stem, BUILT_IN, path, f"{__name__}.{path.stem}") for path in files}


def registry(files: Iterable[Path] = ()) -> dict[str, Method]:
    """Return every method by name: built-in, installed, then the plug-in `files` that are no metrics.

    Raises:
        UsageError: a plug-in file is absent, or its name is taken.

    """
    return registries.collected(Method, built_in(), files)


def check_names(specs: Iterable[str], files: Iterable[Path] = ()) -> None:
    """Refuse a method that there is not, without importing any.

    Raises:
        UsageError: a malformed spec or one of several lines, an unknown method, a plug-in file that cannot be used, a
            model file that is not there or may not be read, a method without its file or command line, or a label that
            is the name of another method.

    """
    specs, files = list(specs), list(files)
    known = registry(files)
    registries.check_names(Method, specs, known, files)
    for text in specs:
        spec = parse_method(text)
        _check_line(text)
        _check_label(spec, known)
        _check_complete(spec)
        model_files.check(spec.name, spec.options)
        if known[spec.name].origin == BUILT_IN:  # others may read files as they like
            model_files.check_allowed(spec.name, spec.options)


def _check_line(text: str) -> None:
    """Refuse what tables could not show as a name."""
    if found := re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", text):
        raise UsageError(f"method {text!r} has {found[0]!r} in it; leave out line breaks and other control characters")


def _check_complete(spec: MethodSpec) -> None:
    """Refuse a method that lacks its file or command line."""
    keys, what = _NEEDED.get(spec.name, ((), ""))
    if keys and not any(map(spec.options.get, keys)):
        raise UsageError(f"method {spec.name} needs {what}")


def _check_label(spec: MethodSpec, known: Mapping[str, Method]) -> None:
    """Refuse a label that means something else."""
    label = spec.label
    if label in RESERVED:
        raise UsageError(f"label {label!r} of a method is a reserved name; give another one")
    if label in known and label != spec.name:
        raise UsageError(f"label {label!r} of a method is the name of another method; give another one")


def choose(text: str, methods: Mapping[str, Method]) -> Choice:
    """Return the method and the typed options that a method spec names.

    Raises:
        UsageError: unknown method or option, or a value that does not fit; the line names what there is.

    """
    return registries.chosen(Choice, Method, text, methods)


def spelled_among(
    specs: Iterable[str], text: str, files: Iterable[Path] = (), labels: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Return the one of `specs` that `text` means, or nothing; `specs` are canonical, `files` plug-ins.

    `text` may be a label, of which `labels` has that of each spec. Else its options may be in any order, and defaults
    among them: to know these, its method is imported. Where its engine is left open, the only spec that is it but for
    that is meant.
    """
    specs = list(specs)
    if labelled := next((spec for spec in specs if labels.get(spec) == text), ""):
        return labelled
    known = {spelled(each): each for each in specs}
    if spelled(text) in known:
        return known[spelled(text)]
    try:
        choice = choose(text, registry(file for file in files if file.is_file()))
        if choice.spec in known or not choice.is_open:
            return known.get(choice.spec, "")
    except SrbenchError:
        return ""
    return told_without_engine(specs).get(choice.spec, "")


def _json(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of JSON values; raises where they are none."""
    copied: dict[str, Any] = json.loads(json.dumps(dict(found), allow_nan=False))
    return copied
