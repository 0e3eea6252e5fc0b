"""A function, or an object with `load`, as a method: what its plug-in file imports in a worker."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from srbench.errors import UsageError
from srbench.functions.stored import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.contract import Upscaler


def method(file: str, identity: str) -> Callable[[int, str], Upscaler]:
    """Return `load` of the function or object that was written beside a plug-in `file`."""

    def load(factor: int, device: str) -> Upscaler:
        value = read(file, identity)
        upscaler: Upscaler = value.load(factor, device) if is_loader(value) else _called(value, factor)
        return upscaler

    return load


def is_loader(value: object) -> bool:
    """Tell whether an object has a `load`, as the module of a method has."""
    return callable(getattr(value, "load", None))


def takes_factor(function: Callable[..., Any], name: str = "the function") -> bool:
    """Tell whether a function is called with the factor beside the image: it asks for `factor`, or for two arguments.

    Raises:
        UsageError: it can be called with neither.

    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # compiled, and silent about it
        return False
    if "factor" in signature.parameters:
        return True
    if _binds(signature, 1):
        return False
    if _binds(signature, 2):
        return True
    raise UsageError(f"{name} takes {signature}, expected (image) or (image, factor)")


def _binds(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def _called(function: Callable[..., Any], factor: int) -> Any:  # noqa: ANN401 - an upscaler, which its calls will tell
    """Return a function of the image alone, with whatever it declares, such as `takes`."""
    if not takes_factor(function):
        return function
    parameter = inspect.signature(function).parameters.get("factor")
    by_name = parameter is not None and parameter.kind is not inspect.Parameter.POSITIONAL_ONLY

    @functools.wraps(function)
    def upscale(image: Any) -> Any:  # noqa: ANN401 - as above
        return function(image, factor=factor) if by_name else function(image, factor)

    return upscale
