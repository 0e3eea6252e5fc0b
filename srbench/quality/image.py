"""Images in memory: their type, rounding, and BT.601 colour as MATLAB computes it.

An image is uint8 in 0..255 or float nominally in 0..1, (H, W) luma or grey, or (H, W, 3) RGB.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[Any]

_PEAK = 255.0

# MATLAB's rgb2ycbcr: BT.601 in the limited range, Y in 16..235 and Cb, Cr in 16..240 for 8-bit RGB
# in thousandths: their sums over 8-bit samples are exact, so that luma at exactly .5 rounds up, as it does in MATLAB
_WEIGHTS = np.array([[65481.0, 128553.0, 24966.0], [-37797.0, -74203.0, 112000.0], [112000.0, -93786.0, -18214.0]])
_GREY = np.array([[299.0, 587.0, 114.0]])
_SCALE = 1000 * _PEAK
_OFFSET = np.array([16.0, 128.0, 128.0])
_INVERSE = np.linalg.inv(_WEIGHTS / _SCALE)
_TO_RGB = np.column_stack([_INVERSE, -_INVERSE @ _OFFSET])


def round_half_up(values: NDArray[Any]) -> NDArray[Any]:
    """Round to integers, .5 upwards (MATLAB's rule for values >= 0), and clip to 0..255; the dtype stays."""
    return np.clip(np.floor(values + 0.5), 0, 255)


def on_255(image: Image) -> NDArray[np.float64]:
    """Return `image` as float64 on the 0..255 scale, neither rounded nor clipped."""
    return image.astype(np.float64) if image.dtype == np.uint8 else image.astype(np.float64) * _PEAK


def from_255(values: NDArray[Any], dtype: np.dtype[Any]) -> Image:
    """Return values on 0..255 as an image of `dtype`: uint8 is rounded half up and clipped, floats are only scaled."""
    return (round_half_up(values) if dtype == np.uint8 else values / _PEAK).astype(dtype)


def to_uint8(image: Image) -> NDArray[np.uint8]:
    """Return `image` as uint8: floats are scaled to 255, rounded half up and clipped."""
    return image if image.dtype == np.uint8 else from_255(on_255(image), np.dtype(np.uint8))


def is_grey(image: Image) -> bool:
    """Tell whether `image` has one channel, (H, W)."""
    return image.ndim == 2  # noqa: PLR2004 - (H, W)


def channels(image: Image) -> int:
    """Return 1 for (H, W), 3 for (H, W, 3)."""
    return 1 if is_grey(image) else int(image.shape[2])


def is_neutral(image: Image) -> bool:
    """Tell whether no pixel of `image` has a colour: it has one channel, or R = G = B everywhere."""
    return is_grey(image) or bool((image == image[..., :1]).all())


def cropped(image: Image, multiple: int) -> Image:
    """Return `image` without what is at its bottom and right beyond multiples of a number of pixels."""
    height, width = (side // multiple * multiple for side in image.shape[:2])
    return image[:height, :width]


def stacked(image: Image) -> Image:
    """Return a grey image as RGB, (H, W, 3) with R = G = B."""
    return np.repeat(image[..., None], 3, axis=-1)


def grey(image: Image) -> NDArray[np.float64]:
    """Return the grey of an RGB image, (H, W) float64 on 0..255, not rounded: full-range luma, v where R = G = B = v.

    Source: BT.601, 0.299 R + 0.587 G + 0.114 B. It is `luma` with 16..235 spread over 0..255.
    """
    return grey_of(on_255(image))


def grey_of(rgb: NDArray[Any]) -> NDArray[np.float64]:
    """Return `grey` of R, G and B on 0..255, (H, W, 3)."""
    return np.asarray(cv2.transform(rgb.astype(np.float64, copy=False), _GREY), np.float64) / 1000


def to_full(luma: NDArray[Any]) -> NDArray[Any]:
    """Return luma in 16..235 as luma in 0..255, that of JPEG and Pillow."""
    return (luma - 16) * (255 / 219)


def to_limited(luma: NDArray[Any]) -> NDArray[Any]:
    """Return luma in 0..255 as luma in 16..235, that of MATLAB."""
    return luma * (219 / 255) + 16


def luma(image: Image) -> NDArray[np.float64]:
    """Return Y of BT.601, limited range, (H, W) float64 on 0..255, not rounded; a grey image as it is.

    Source: MATLAB's `rgb2ycbcr`: Y = 16 + (65.481 R + 128.553 G + 24.966 B) / 255 for R, G, B on 0..255.
    """
    return on_255(image) if is_grey(image) else _weighted(image, slice(1))


def to_ycbcr(image: Image) -> NDArray[np.float64]:
    """Return Y, Cb and Cr of an RGB image, (H, W, 3) float64 on 0..255, not rounded (MATLAB's `rgb2ycbcr`)."""
    return _weighted(image, slice(3))


def from_ycbcr(ycbcr: NDArray[Any]) -> NDArray[Any]:
    """Return R, G and B on 0..255 of (H, W, 3) `ycbcr`, neither rounded nor clipped (MATLAB's `ycbcr2rgb`)."""
    return np.asarray(cv2.transform(ycbcr, _TO_RGB))


def _weighted(image: Image, rows: slice) -> NDArray[np.float64]:
    """Return some of Y, Cb and Cr: the exact sum first, then one division."""
    sums = np.asarray(cv2.transform(on_255(image), _WEIGHTS[rows]), np.float64)
    offset = _OFFSET[rows] if sums.ndim == 3 else _OFFSET[0]  # noqa: PLR2004 - one row gives (H, W)
    values: NDArray[np.float64] = sums / _SCALE + offset
    return values
