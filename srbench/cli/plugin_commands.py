"""What `srbench methods` and `srbench metrics` share: facts about a plug-in, and files that start a new one."""

from __future__ import annotations

from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from inspect import Parameter
    from pathlib import Path

    from srbench.registry import Plugin


def options_of(plugin: Plugin, chosen: Mapping[str, Any] = MappingProxyType({})) -> dict[str, str]:
    """Return what there is to say about each option of a plug-in's `load`, with those `chosen`; this imports it."""
    return {key: _option(plugin, parameter, chosen) for key, parameter in plugin.defaults().items()}


def _option(plugin: Plugin, parameter: Parameter, chosen: Mapping[str, Any]) -> str:
    """Say an option's value, by default its default, and what it takes: its choices, or its type."""
    from srbench.method_options import hint

    kind = hint(plugin.module().load, parameter)
    kinds = [each for each in get_args(kind) or (kind,) if each is not type(None)]  # X of X | None
    choices = kinds if get_origin(kind) is Literal else [getattr(each, "__name__", str(each)) for each in kinds]
    takes = " | ".join(map(str, choices))
    usual = "required" if parameter.default is parameter.empty else parameter.default
    return f"{chosen.get(parameter.name, usual)} ({takes})"


def say_facts(facts: Mapping[str, Any]) -> None:
    """Print facts, one a line."""
    from srbench.cli import console

    for key, value in facts.items():
        text = "; ".join(f"{option}={how}" for option, how in value.items()) if isinstance(value, dict) else value
        text = ", ".join(text) if isinstance(text, list) else str(text).strip()
        console.say(f"{key:12} {text or 'none'}")


def check_new(kind: type[Plugin], name: str, taken: Container[str]) -> None:
    """Refuse a name that a new plug-in cannot have.

    Raises:
        UsageError: it is reserved, no identifier, or taken.

    """
    from srbench.errors import UsageError

    if kind.is_reserved(name):
        raise UsageError(f"{name!r} is a reserved {kind.KIND} name; choose another name")
    if not name.isidentifier():
        expected = f"expected letters, digits and _, such as my_{kind.KIND}"
        raise UsageError(f"{name!r} cannot name a {kind.KIND}; {expected}")
    if name in taken:
        raise UsageError(f"a {kind.KIND} {name!r} exists already; choose another name")


def write_new(files: Mapping[Path, str], name: str) -> None:
    """Write files, with `name` in place of each `{name}`, and the folders that they lie in.

    Raises:
        UsageError: one of them exists; none is written.

    """
    from srbench.errors import UsageError

    for path in files:
        if path.exists():
            raise UsageError(f"{path} exists and was left untouched; choose another name or --dir")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{name}", name), encoding="utf-8")


def say_what_tests_need(what: str) -> None:
    """Say how to install what tests need, if it is not here."""
    from srbench.cli import console
    from srbench.extras import INSTALL

    if not all(map(find_spec, ("pytest", "pytest_benchmark"))):
        console.say(f"{what} what is not installed yet: {INSTALL['test']}")
