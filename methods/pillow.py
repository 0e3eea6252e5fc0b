"""Interpolation as Pillow does it: `Image.resize`, by default bicubic, Keys' cubic with a = -0.5.

Pillow filters 8-bit pixels in fixed point, columns first, and rounds them in between; near the border it leaves out the
weights of pixels outside the image, where MATLAB repeats the edge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from srbench.contract import Upscaler
    from srbench.quality.image import Image

Filter: TypeAlias = Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]


def load(factor: int, device: str, filter: Filter = "bicubic") -> Upscaler:  # noqa: A002, ARG001 - runs on the CPU
    """Return Pillow's `resize` for `factor`; floats as its mode F, one channel after the other, in float32."""
    from PIL import Image as Pictures

    resample = Pictures.Resampling[filter.upper()]

    def enlarged(pixels: Image) -> Image:
        height, width = pixels.shape[:2]
        return np.asarray(Pictures.fromarray(pixels).resize((width * factor, height * factor), resample))

    def upscale(image: Image) -> Image:
        if image.dtype == np.uint8:
            return enlarged(image)
        planes = image.astype(np.float32)
        if planes.ndim == 2:  # noqa: PLR2004 - grey
            return enlarged(planes).astype(image.dtype)
        channels = [enlarged(np.ascontiguousarray(planes[..., each])) for each in range(3)]
        return np.stack(channels, axis=-1).astype(image.dtype)

    return upscale
