"""Functions and objects as methods: what they are called with."""

# ruff: noqa: ANN401 - functions as notebooks have them say nothing of types

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from srbench import Takes, Unsupported
from srbench.functions.called import method, takes_factor
from srbench.functions.given import given
from srbench.functions.plugin_files import written

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.contract import Upscaler


def loaded(value: Any, folder: Path, factor: int = 2) -> Upscaler:
    """Return the upscaler that a worker makes of a value."""
    with written(given({"it": value}).functions, folder) as (file,):
        identity = file.read_text(encoding="utf-8").rpartition("__file__, '")[2].partition("'")[0]
        return method(str(file), identity)(factor, "cpu")


def by_name(image: Any, *, factor: int) -> Any:
    """Enlarge an image."""
    return image.repeat(factor, 0).repeat(factor, 1)


def by_place(image: Any, times: int) -> Any:
    """Enlarge an image."""
    return by_name(image, factor=times)


class Called:
    """An object that can be called."""

    takes = Takes(minimum=9)

    def __call__(self, image: Any, factor: int) -> Any:
        """Enlarge an image."""
        return by_name(image, factor=factor)


class Loader:
    """A method as an object."""

    def load(self, factor: int, _device: str) -> Any:
        """Return an upscaler, for x2 alone."""
        if factor > 2:
            raise Unsupported("x2 alone")
        return functools.partial(by_name, factor=factor)


@pytest.mark.parametrize("value", [by_name, by_place, Called(), Loader(), lambda image: by_place(image, 2)])
def test_ways_to_be_called(value: Any, tmp_path: Path) -> None:
    """The factor is given by name, by place, to `load`, or not at all."""
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert np.array_equal(loaded(value, tmp_path)(image), by_place(image, 2))


def test_what_it_declares_stays(tmp_path: Path) -> None:
    """Attributes such as `takes` are those of the upscaler."""
    assert loaded(Called(), tmp_path).takes == Takes(minimum=9)  # type: ignore[attr-defined]


def test_an_object_may_refuse(tmp_path: Path) -> None:
    """What its `load` raises is what a method's raises."""
    with pytest.raises(Unsupported, match="x2 alone"):
        loaded(Loader(), tmp_path, 3)


def test_compiled_functions_say_nothing() -> None:
    """What has no signature is called with the image alone."""
    assert takes_factor(dict.fromkeys) is False
    assert takes_factor(min) is False
