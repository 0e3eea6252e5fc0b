"""A function, or an object with `load`, as a method: what its plug-in file imports in a worker."""

from __future__ import annotations

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
    """Return a function of the image alone."""
    return _WithFactor(function, factor) if takes_factor(function) else function


class _WithFactor:
    """A function that is given the factor, too; all else, such as `takes`, is as the function has it."""

    def __init__(self, function: Callable[..., Any], factor: int) -> None:
        """Find out whether it is given by name."""
        self._function, self._factor = function, factor
        parameter = inspect.signature(function).parameters.get("factor")
        self._by_name = parameter is not None and parameter.kind is not inspect.Parameter.POSITIONAL_ONLY

    def __call__(self, image: Any) -> Any:  # noqa: ANN401 - as above
        """Call it."""
        return self._function(image, factor=self._factor) if self._by_name else self._function(image, self._factor)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - of any type
        """Return what the function has."""
        return getattr(self._function, name)
