"""Images with transparent pixels: what a method is fed of them, and their alpha enlarged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from srbench.upscaling.size import resampled

if TYPE_CHECKING:
    from srbench.quality.image import Image
    from srbench.upscaling.size import Size


def filled(image: Image, alpha: Image) -> Image:
    """Return an image whose invisible pixels have the colour of the nearest visible one.

    Whatever colour they have in the file would otherwise show at the edges of what is visible.
    """
    from scipy import ndimage  # noqa: PLC0415 - for transparent images alone

    clear = alpha == 0
    if not clear.any() or clear.all():
        return image
    nearest = ndimage.distance_transform_edt(clear, return_distances=False, return_indices=True)
    return np.ascontiguousarray(image[tuple(nearest)])


def enlarged(alpha: Image, factor: int, size: Size) -> Image:
    """Return alpha, (H, W) uint8, as large as SR is to be: by OpenCV's bicubic, as chroma, then resized as SR is."""
    height, width = alpha.shape
    sr = cv2.resize(alpha, (width * factor, height * factor), interpolation=cv2.INTER_CUBIC)
    return resampled(np.asarray(sr), *size.of((height, width), factor), size.resampler)
