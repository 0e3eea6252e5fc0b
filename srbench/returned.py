"""What a method returned, in words: its kind, and what its author most likely has to do."""

from __future__ import annotations

import inspect
import sys
from typing import NamedTuple


class Kind(NamedTuple):
    """What a value is, and what to do about it where an image was expected."""

    name: str
    advice: str = ""


_LIBRARIES = (
    ("torch.nn", "Module", "a torch module ({})", "call it, and return its result as an array"),
    ("torch", "Tensor", "a torch tensor", "end with .detach().cpu().numpy()"),
    ("PIL.Image", "Image", "a PIL image", "return numpy.asarray of it"),
)


def kind(value: object) -> Kind:
    """Say what a value is; libraries are asked only if this process has imported them."""
    for module, name, words, advice in _LIBRARIES:
        known = getattr(sys.modules.get(module), name, None)
        if isinstance(known, type) and isinstance(value, known):
            return Kind(words.format(type(value).__name__), advice)
    if value is None:
        return Kind("None", "is there a return at its end?")
    if isinstance(value, type):
        return Kind(f"the class {value.__name__}", "return an instance of it")
    if inspect.isgenerator(value) or inspect.iscoroutine(value):
        return Kind(f"a {type(value).__name__}", "write it without yield, async and await")
    if inspect.isroutine(value):
        return Kind("a function", "call it, and return its result")
    name = type(value).__name__
    return Kind(f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}")


def upscaler_advice(upscaler: object) -> str:
    """Say what to do about what `load` returned where a callable was expected."""
    if kind(upscaler).name.startswith("a torch module"):
        return "wrap it, or let srbench.pytorch.image_method make load of a network"
    if isinstance(upscaler, tuple) and hasattr(upscaler, "load"):
        return "write load, files = luma_method(network), or image_method"
    return "" if callable(upscaler) else kind(upscaler).advice


def shape_advice(shape: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """Say what makes `shape` the one that was expected, if that is simple."""
    bare = tuple(side for side in shape if side != 1)
    if len(shape) != len(expected) and bare == tuple(side for side in expected if side != 1):
        return "remove the axes of length 1"
    if len(expected) > 2 and bare[-3:] == (expected[2], *expected[:2]):  # noqa: PLR2004 - dimensions of RGB
        return "channels come last"
    if expected[0] != expected[1] and shape == (expected[1], expected[0], *expected[2:]):
        return "height comes before width"
    if shape[:2] == expected[:2] and len(shape) != len(expected):
        return "grey stays grey, RGB stays RGB"
    return ""
