"""What metrics that are formulas share: the check of their images, grey and YIQ, shrinking.

Samples are on the 0..255 scale whatever their dtype. Metrics of luminance take (H, W) samples as they are; of RGB
images each compares what its authors' published values are of: `grey`, which is rounded, or `luma`, which is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from srbench.errors import ImageError, Unsupported
from srbench.quality.image import stacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from srbench.quality.image import Image

_DTYPES = (np.uint8, np.float32, np.float64)
_GREY, _RGB = 2, 3

# MATLAB's rgb2gray: the first row of the inverse of NTSC's matrix
_RGB2GRAY = np.linalg.inv([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.106, 1.703]])[:1]

# YIQ as the code of FSIM and HaarPSI has it
_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


def check(name: str, least: int, *images: Image) -> None:
    """Raise unless the images can be compared: one shape, (H, W) or (H, W, 3), finite, of `least` pixels a side.

    Raises:
        ImageError: they have other shapes or dtypes than uint8, float32 and float64, or a sample is not finite.
        Unsupported: a side is shorter than `least`; `name` says for which metric.

    """
    for image in images:
        if image.ndim not in {_GREY, _RGB} or image.shape[2:] not in {(), (3,)} or image.dtype not in _DTYPES:
            raise ImageError(
                f"cannot compute {name} of an array of {image.dtype} {image.shape}: "
                "expected uint8, float32 or float64, (H, W) or (H, W, 3)"
            )
        if image.shape != images[0].shape:
            raise ImageError(f"cannot compare images of different shapes, {images[0].shape} and {image.shape}")
        if image.dtype != np.uint8 and not np.isfinite(cv2.sumElems(image)).all():
            raise ImageError(f"cannot compute {name} of NaN or infinite samples: expected the 0..255 scale")
    height, width = images[0].shape[:2]
    if min(height, width) < least:
        raise Unsupported(f"image of {width}x{height} pixels is too small for {name}, which needs {least}x{least}")


def grey(image: Image) -> NDArray[Any]:
    """Return an RGB image as MATLAB's `rgb2gray` of 8-bit images makes it, (H, W) float64; (H, W) as it is.

    0.2989 R + 0.5870 G + 0.1140 B, rounded half up; of floats too, so that a value does not depend on the dtype.
    """
    if image.ndim == _GREY:
        return image
    weighted: NDArray[np.float64] = np.asarray(cv2.transform(image.astype(np.float64, copy=False), _RGB2GRAY), float)
    weighted += 0.5
    return np.floor(weighted, out=weighted)


def luma(image: Image) -> NDArray[np.float64]:
    """Return Y of YIQ of an RGB image, (H, W) float64, not rounded; (H, W) as it is, in float64."""
    return yiq(image.astype(np.float64, copy=False), 1)[0]


def rgb(image: Image) -> NDArray[Any]:
    """Return an RGB image as it is, and (H, W) as R = G = B."""
    return stacked(image) if image.ndim == _GREY else image


def yiq(image: NDArray[Any], planes: int = 3) -> list[NDArray[Any]]:
    """Return the first `planes` of Y, I and Q of float samples, each (H, W), not rounded; of (H, W), the samples alone.

    Y is 0.299 R + 0.587 G + 0.114 B.
    """
    if image.ndim == _GREY:
        return [image]
    return list(np.atleast_3d(cv2.transform(image, _YIQ[:planes])).transpose(2, 0, 1))


def shrunk(image: NDArray[Any], step: int, border: int = cv2.BORDER_CONSTANT) -> NDArray[Any]:
    """Return the mean of each window of `step` x `step` pixels, one window every `step` pixels.

    MATLAB's `conv2(image, ones(step) / step^2, "same")(1:step:end, 1:step:end)`: the first window begins at pixel
    step / 2 - step + 1, and what lies outside the image is 0 unless `border` is another of OpenCV's.

    Args:
        image: (H, W) or (H, W, C), uint8, float32 or float64; means of uint8 are float32, which holds them exactly.
        step: the side of a window, in pixels; 1 returns the image as it is.
        border: how the image goes on beyond its edges.

    """
    image = image.astype(np.float32) if image.dtype == np.uint8 else image
    if step == 1:
        return image
    before = step - 1 - step // 2
    height, width = (-(-side // step) for side in image.shape[:2])
    below, right = height * step - image.shape[0], width * step - image.shape[1]
    if before or below or right:
        image = cv2.copyMakeBorder(image, before, max(below - before, 0), before, max(right - before, 0), border)
    whole = image[: height * step, : width * step]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA))


def padded(image: NDArray[Any], margin: int) -> NDArray[Any]:
    """Return the image with `margin` zeros on every side, so that windows reach over its edges."""
    return cv2.copyMakeBorder(image, margin, margin, margin, margin, cv2.BORDER_CONSTANT)


def similarity(a: NDArray[Any], b: NDArray[Any], c: float) -> NDArray[Any]:
    """Return how alike two magnitudes are, 1 where they are equal; `c` keeps small ones from counting."""
    alike: NDArray[Any] = a * b
    alike *= 2
    alike += c
    alike /= a * a + b * b + c
    return alike


def squared_gradient(x: NDArray[Any], weights: Sequence[float]) -> NDArray[Any]:
    """Return the squared magnitude of the gradient: differences of next but one pixels, three lines each.

    Args:
        x: (H, W), float32 or float64; beyond its edges are zeros.
        weights: of the three lines. Thirds make Prewitt's filter, (3, 10, 3) / 16 Scharr's.

    """
    lines, step = np.array(weights), np.array([1.0, 0.0, -1.0])
    across = cv2.sepFilter2D(x, -1, step, lines, borderType=cv2.BORDER_CONSTANT)
    down = cv2.sepFilter2D(x, -1, lines, step, borderType=cv2.BORDER_CONSTANT)
    squared: NDArray[Any] = across * across + down * down
    return squared
