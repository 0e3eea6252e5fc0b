"""Luma and chroma of an image, apart and joined again: in strips, on every core.

The arithmetic is `srbench.quality.image`'s; of floats the last bit may depend on where a strip ends.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

from srbench.networks.threads import threads
from srbench.quality.image import from_255, from_ycbcr, is_grey, on_255, to_ycbcr

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from srbench.quality.image import Image

STRIP = 2**17
"""Pixels of a strip, about: a temporary takes 1.5 MB. Of shorter strips, threads wait for each other in Python."""


class Apart(NamedTuple):
    """An image in two parts; chroma is None where the image is grey."""

    luma: NDArray[np.float32]
    """(H, W) in 0..1; a float image may overshoot."""
    chroma: NDArray[np.float32] | None
    """(H, W, 2), Cb and Cr on 0..255."""


def apart(image: Image) -> Apart:
    """Return luma and chroma of a grey or RGB image."""
    height, width = image.shape[:2]
    luma = np.empty((height, width), np.float32)
    chroma = None if is_grey(image) else np.empty((height, width, 2), np.float32)

    def fill(rows: slice) -> None:
        if chroma is None:
            luma[rows] = on_255(image[rows])
        else:
            ycbcr = to_ycbcr(image[rows])
            luma[rows], chroma[rows] = ycbcr[..., 0], ycbcr[..., 1:]
        luma[rows] /= np.float32(255)

    _by_strips(fill, height, width)
    return Apart(luma, chroma)


def joined(luma: NDArray[np.float32], chroma: NDArray[np.float32] | None, dtype: np.dtype[Any]) -> Image:
    """Return an image of `dtype` from SR's luma, (H, W) in 0..1, and LR's chroma, which goes up by bicubic."""
    height, width = luma.shape
    if chroma is not None:
        chroma = np.asarray(cv2.resize(chroma, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    image = np.empty((height, width, *(() if chroma is None else (3,))), dtype)

    def fill(rows: slice) -> None:
        values = luma[rows] * np.float32(255)
        if chroma is not None:
            values = from_ycbcr(cv2.merge([values, chroma[rows]]))
        image[rows] = from_255(values, dtype)

    _by_strips(fill, height, width)
    return image


def _by_strips(fill: Callable[[slice], None], height: int, width: int) -> None:
    """Call `fill` for all rows, some at a time."""
    rows = max(1, STRIP // width)
    strips = [slice(start, start + rows) for start in range(0, height, rows)]
    if len(strips) == 1:
        fill(strips[0])
        return
    with ThreadPoolExecutor(threads()) as pool:
        list(pool.map(fill, strips))
