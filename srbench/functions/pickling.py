"""Pickles of functions: cloudpickle's, and functions of a notebook with a cache, which it would look for by name."""

from __future__ import annotations

import functools
import io
import sys
from collections import ChainMap
from typing import TYPE_CHECKING, Any, ClassVar

import cloudpickle

if TYPE_CHECKING:
    from collections.abc import Callable

_CACHED: Any = type(functools.lru_cache(len))


def dumps(value: object) -> bytes:
    """Return the pickle of a function, with all that it holds of the notebook or script."""
    content = io.BytesIO()
    Pickler(content).dump(value)
    return content.getvalue()


def is_imported(value: Any) -> bool:  # noqa: ANN401 - a function or class, or what stands for one
    """Tell whether a module other than the notebook or script has a function or class under its name."""
    module = str(getattr(value, "__module__", None))
    found: Any = sys.modules.get(module) if module != "__main__" else None
    for name in str(value.__qualname__).split("."):
        found = getattr(found, name, None)
    return found is value


def cached(function: Callable[..., Any], parameters: dict[str, Any]) -> Callable[..., Any]:
    """Return a function with an empty cache."""
    made: Callable[..., Any] = functools.lru_cache(**parameters)(function)
    return made


def _reduced(function: Any) -> Any:  # noqa: ANN401 - a function with a cache
    """Return the name of a function with a cache, or what it is made of."""
    return (
        function.__qualname__
        if is_imported(function)
        else (cached, (function.__wrapped__, function.cache_parameters()))
    )


class Pickler(cloudpickle.Pickler):  # type: ignore[misc] # it has no types
    """Pickles functions by what they are made of."""

    dispatch_table: ClassVar = ChainMap({_CACHED: _reduced}, cloudpickle.Pickler.dispatch_table)
