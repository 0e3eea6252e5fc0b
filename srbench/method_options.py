"""The options of a plug-in's `load`: which there are, and the text a user types as what their annotations ask for.

`given` are the arguments of `load` that srbench gives itself; they are no options.
"""

from __future__ import annotations

import inspect
import typing
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from srbench.errors import UsageError
from srbench.specs import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_ANY = inspect.Parameter.VAR_KEYWORD
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_GIVEN = ("factor", "device")
"""What a method's `load` is given."""

_NUMBERS = {int: "an integer", float: "a number"}


def named(load: Callable[..., Any], given: Collection[str] = _GIVEN) -> dict[str, inspect.Parameter]:
    """Return the options that `load` names."""
    return {name: each for name, each in _parameters(load).items() if each.kind in _NAMED and name not in given}


def fields(group: type) -> list[inspect.Parameter]:
    """Return the fields of a NamedTuple with defaults, as options that a `load` may name."""
    kind, defaults = inspect.Parameter.KEYWORD_ONLY, getattr(group, "_field_defaults", {})
    hints = typing.get_type_hints(group)
    return [
        inspect.Parameter(name, kind, default=default, annotation=hints[name]) for name, default in defaults.items()
    ]


def typed(
    name: str, load: Callable[..., Any], texts: Mapping[str, str], given: Collection[str] = _GIVEN
) -> dict[str, Any]:
    """Return the options given as text with their types, defaults left out; where `load` takes any, others as text.

    Raises:
        UsageError: an unknown option, or a value that does not fit; the line names what there is.

    """
    offered = named(load, given)
    takes_any = any(each.kind is _ANY for each in _parameters(load).values())
    options: dict[str, Any] = {}
    for key, text in texts.items():
        if key in offered:
            value = _convert(f"{name}:{key}", text, hint(load, offered[key]))
            options |= {key: value} if value != offered[key].default else {}
        elif takes_any and key not in given:
            options[key] = text
        else:
            raise unknown("option", key, [*offered, *(["any other"] if takes_any else [])] or ["none"], name)
    return options


def hint(load: Callable[..., Any], option: inspect.Parameter) -> Any:  # noqa: ANN401 - whatever a plug-in's annotation says
    """Return the type an option is annotated with, else that of its default; str where neither tells.

    Each is resolved on its own: others may name what is imported for type checkers only.
    """
    if option.annotation is option.empty:
        return type(option.default) if isinstance(option.default, int | float) else str
    alone = SimpleNamespace(__annotations__={option.name: option.annotation})
    try:
        return typing.get_type_hints(alone, getattr(_written(load), "__globals__", {}))[option.name]
    except Exception:  # noqa: BLE001 - evaluating a foreign annotation may raise anything
        return str


def _parameters(load: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(load).parameters
    except (TypeError, ValueError):  # compiled, and silent about it
        return {}


def _written(load: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that someone wrote, behind a `functools.partial` or a decorator."""
    while (inner := load.func if isinstance(load, partial) else inspect.unwrap(load)) is not load:
        load = inner
    return load


def _convert(what: str, text: str, hint: Any) -> Any:  # noqa: ANN401 - whatever a plug-in's annotation says
    """Convert an option's text to what its annotation asks for: int, float, bool, Path or a literal; else it is text.

    `Path | None` counts as `Path`. A subclass of str makes itself of the text, and may raise a UsageError.
    """
    if typing.get_origin(hint) is typing.Literal:
        by_text = {str(choice): choice for choice in typing.get_args(hint)}
        if text not in by_text:
            raise unknown("value", text, by_text, what)
        return by_text[text]
    if hint is Path or Path in typing.get_args(hint):
        return Path(text)
    for each in (hint, *typing.get_args(hint)):
        if isinstance(each, type) and issubclass(each, str) and each is not str:
            return each(text)
    if hint is bool:
        if text.lower() not in {"true", "false"}:
            raise UsageError(f"{what} is {text!r}, expected true or false")
        return text.lower() == "true"
    try:
        return hint(text) if hint is int or hint is float else text
    except ValueError:
        raise UsageError(f"{what} is {text!r}, expected {_NUMBERS[hint]}") from None
