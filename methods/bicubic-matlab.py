"""Bicubic interpolation as MATLAB does it: Keys' cubic with a = -0.5, the bicubic of published tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.quality.resize import imresize

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.quality.image import Image


def load(factor: int, device: str) -> Callable[[Image], Image]:  # noqa: ARG001 - runs on the CPU
    """Return MATLAB's `imresize(image, factor, "bicubic")`: edges clamp, uint8 is rounded after each dimension."""

    def upscale(image: Image) -> Image:
        return imresize(image, factor)

    return upscale
