"""What the methods around `cv2.resize` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2

from srbench.quality.image import Image

Upscaler: TypeAlias = Callable[[Image], Image]


def resizer(factor: int, interpolation: int) -> Upscaler:
    """Return an upscaler that calls `cv2.resize` with one of its `INTER_*` flags."""

    def upscale(image: Image) -> Image:
        return cv2.resize(image, None, fx=factor, fy=factor, interpolation=interpolation)

    return upscale
