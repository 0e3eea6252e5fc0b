"""What methods are shown as: the label they were given, or a spec with short paths and with all that was typed."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from srbench import model_files
from srbench.errors import UsageError
from srbench.specs import canonical, parse_method

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from srbench.execution.method_info import MethodInfo
    from srbench.specs import MethodSpec


def labels(typed: Iterable[str], described: Mapping[str, MethodInfo]) -> dict[str, str]:
    """Return the label of each canonical spec that is not shown as it is; `described` has what was `typed`.

    Raises:
        UsageError: a method has two labels, or two methods have one.

    """
    parsed = [(parse_method(text), described[text]) for text in typed]
    given = _given(parsed)
    unnamed = [(spec, info) for spec, info in parsed if info.spec not in given]
    tails = short_paths({path for spec, info in unnamed for path in _paths(spec, info).values()})
    own: dict[str, str] = {}
    for spec, info in parsed:
        own.setdefault(info.spec, _as_typed(spec, info, tails))  # as it was typed first
    shown = own | given
    _check_apart(shown)
    return {spec: label for spec, label in shown.items() if label != spec}


def short_paths(paths: Iterable[str]) -> dict[str, str]:
    """Return what each path is shown as: its last part, and of the folders before it what tells it from the others."""
    parts = {path: PurePath(path).parts for path in paths}
    ends = [parts[path][-length:] for path in parts for length in range(1, len(parts[path]) + 1)]
    return {
        path: next(
            str(PurePath(*own[-length:]))
            for length in range(1, len(own) + 1)
            if ends.count(own[-length:]) == 1 or length == len(own)
        )
        for path, own in parts.items()
        if own
    }


def _given(parsed: Iterable[tuple[MethodSpec, MethodInfo]]) -> dict[str, str]:
    """Return the labels that were typed, by canonical spec."""
    found: dict[str, str] = {}
    for spec, info in parsed:
        if spec.label and found.setdefault(info.spec, spec.label) != spec.label:
            raise UsageError(f"{info.spec} has two labels, {found[info.spec]} and {spec.label}; leave one out")
    return found


def _as_typed(spec: MethodSpec, info: MethodInfo, tails: Mapping[str, str]) -> str:
    """Return the canonical spec with short paths, and with the defaults that were typed.

    A model file that was typed alone is shown as that.
    """
    short = {key: tails.get(path, path) for key, path in _paths(spec, info).items()}
    options = {**spec.options, **parse_method(info.spec).options, **short}
    name = options.pop(model_files.OPTION) if spec.is_file else spec.name
    return canonical(name, options)


def _paths(spec: MethodSpec, info: MethodInfo) -> Mapping[str, str]:
    """Return the options of a method that are files; the file that was typed is one, whatever could be found out."""
    own = {model_files.OPTION: spec.options[model_files.OPTION]} if spec.is_file else {}
    return {**own, **info.paths}


def _check_apart(shown: Mapping[str, str]) -> None:
    """Refuse two methods that would look the same."""
    specs: dict[str, str] = {}
    for spec, label in shown.items():
        if specs.setdefault(label, spec) != spec:
            raise UsageError(f"{specs[label]} and {spec} would both be shown as {label}; give each a label of its own")
