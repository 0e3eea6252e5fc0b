"""Methods as Python gives them: specs, functions, torch modules, objects with `load`, alone or by name."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from srbench import methods as registry
from srbench import returned
from srbench.errors import UsageError
from srbench.functions.called import is_loader, takes_factor
from srbench.specs import label_of, labelled

if TYPE_CHECKING:
    from collections.abc import Iterator

Method: TypeAlias = "str | os.PathLike[str] | Any"
"""A spec, a model file, or what can be called."""

Methods: TypeAlias = "Method | Iterable[Method | Mapping[str, Method]] | Mapping[str, Method]"
"""One method, a comma list of specs, several, or methods by the names that they are to be shown with."""

NETWORK = "network"
LOADER = "loader"
FUNCTION = "function"


class Function(NamedTuple):
    """Something of a notebook or script that is to be a method."""

    name: str
    """Its method's name."""
    value: Any
    kind: str
    """`NETWORK`, `LOADER` or `FUNCTION`."""


class Given(NamedTuple):
    """Methods as text, and the functions that some of them stand for."""

    texts: list[str]
    functions: list[Function]


def given(methods: Methods, plugins: Iterable[str | Path] = ()) -> Given:
    """Return methods as text, and the functions among them, each under a name of its own.

    Raises:
        UsageError: something is no method, or the name of a function is taken.

    """
    texts: list[str] = []
    functions: list[Function] = []
    for label, value in _named(methods):
        if isinstance(value, str | os.PathLike):
            texts.append(_labelled(label, os.fspath(value)))
            continue
        function = _function(label, value)
        texts.append(label_of(label, function.name) if label and label != function.name else function.name)
        if not any(each.name == function.name and each.value is value for each in functions):
            functions.append(function)
    _check_names(functions, plugins)
    return Given(texts, functions)


def _named(methods: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - as `Methods`
    """Yield each method with the name it was given, if it was."""
    if isinstance(methods, Mapping):
        yield from ((str(name), each) for name, each in methods.items())
    elif _is_several(methods):
        for each in methods:
            yield from _named(each) if isinstance(each, Mapping) else [("", each)]
    else:
        yield "", methods


def _is_several(methods: Any) -> bool:  # noqa: ANN401 - `Methods`
    """Tell whether there are several methods: of what can be called, such as a Sequential of torch, there is one."""
    is_one = isinstance(methods, str | os.PathLike) or callable(methods) or is_loader(methods)
    return isinstance(methods, Iterable) and not is_one


def _labelled(label: str, spec: str) -> str:
    if label and labelled(spec)[0]:
        raise UsageError(f"method {spec!r} has a label already, and is named {label!r}; leave one out")
    return label_of(label, spec) if label else spec


def _function(label: str, value: Any) -> Function:  # noqa: ANN401 - anything may be given
    """Return what was given as a function.

    Raises:
        UsageError: it is none, or cannot be named.

    """
    kind = returned.kind(value).name
    if isinstance(value, type) or not (callable(value) or is_loader(value)):
        whose = f"method {label!r}" if label else "a method"
        raise UsageError(
            f"{whose} is {kind}, expected a spec such as 'bicubic', a function (image) or (image, factor), a torch "
            "module, or an object with load(factor, device)"
        )
    name = re.sub(r"[^\w-]+", "-", label or _own_name(value)).strip("-")
    if not name:
        raise UsageError(f"{label or kind!r} has no letters or digits to name a method by; give it another name")
    if kind.startswith("a torch module"):
        return Function(name, value, NETWORK)
    if is_loader(value):
        return Function(name, value, LOADER)
    takes_factor(value, name)
    return Function(name, value, FUNCTION)


def _own_name(value: Any) -> str:  # noqa: ANN401 - what can be called
    """Return what a function is called: a lambda `lambda`, an object as its class."""
    while isinstance(value, functools.partial):
        value = value.func
    return str(getattr(value, "__name__", type(value).__name__)).rpartition(".")[2]


def _check_names(functions: Iterable[Function], plugins: Iterable[str | Path]) -> None:
    """Refuse a name that two functions have, or that another method has."""
    names: set[str] = set()
    known = registry.registry(map(Path, plugins)) if functions else {}
    for each in functions:
        what = f'srbench.run({{"another name": {each.name}}}) names it'
        if each.name in names:
            raise UsageError(f"two methods would be called {each.name!r}; give each a name of its own: {what}")
        if each.name in known or each.name in registry.RESERVED:
            whose = f"the name of a method that is {known[each.name].origin}" if each.name in known else "reserved"
            raise UsageError(f"{each.name!r} is {whose}; give the function another name: {what}")
        names.add(each.name)
