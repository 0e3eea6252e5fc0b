"""PSNR, SSIM and a factor of it: how close two images are, to the digits that published tables print.

Samples are on the 0..255 scale whatever their dtype, so the peak is 255 (`image.on_255` brings images there).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from srbench.errors import ImageError, Unsupported
from srbench.quality import tiles

if TYPE_CHECKING:
    from collections.abc import Callable

Samples: TypeAlias = NDArray[Any]

WINDOW = 11
"""Side of SSIM's window in pixels; smaller images have no SSIM."""

_PEAK = 255.0
_DTYPES = (np.uint8, np.float32, np.float64)

# Wang et al. 2004: a Gaussian window of sigma 1.5, K = (0.01, 0.03)
_MARGIN = WINDOW // 2
_GAUSSIAN = np.exp(-(np.arange(-_MARGIN, _MARGIN + 1) ** 2) / (2 * 1.5**2))
_GAUSSIAN /= _GAUSSIAN.sum()
_C1 = (0.01 * _PEAK) ** 2
_C2 = (0.03 * _PEAK) ** 2

# See `_similarity`. The error of float32 grows with this mean; at 0.1 it reaches 2e-7
_FLOAT32_LIMIT = 0.1


def psnr(a: Samples, b: Samples) -> float:
    """Return the peak signal-to-noise ratio 10 log10(255^2 / MSE) in dB, `inf` where `a` equals `b`.

    Args:
        a: (H, W) or (H, W, C), uint8, float32 or float64, on the 0..255 scale; floats may overshoot.
        b: the other image, of the same shape. The mean of squares (MSE) is over all samples, in float64.

    Raises:
        ImageError: shapes differ, a shape or dtype is none of the above, or a sample is NaN or infinite.

    """
    _check(a, b)
    if not a.dtype == b.dtype == np.uint8:
        a, b = a.astype(np.float64, copy=False), b.astype(np.float64, copy=False)
    mse = _finite(cv2.norm(a, b, cv2.NORM_L2SQR)) / a.size
    return 10 * math.log10(_PEAK * _PEAK / mse) if mse else math.inf


def ssim(a: Samples, b: Samples, *, threads: int = 0) -> float:
    """Return the mean structural similarity, in -1..1, over all pixels whose 11x11 window lies inside the image.

    Source: Z. Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004. Equals
    scikit-image's `structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
    data_range=255)` to 1e-6.

    Args:
        a: (H, W) or (H, W, C), uint8, float32 or float64, on the 0..255 scale; floats may overshoot.
        b: the other image, of the same shape. The result is the mean over the channels.
        threads: how many threads share the work; 0: two, or one where OpenCV is held to one, as `--threads 1` does.
            Every number of them gives the same bits.

    Raises:
        ImageError: shapes differ, a shape or dtype is none of the above, or a sample is NaN or infinite.
        Unsupported: a side is shorter than the window.

    """
    return _mean(_similarity, a, b, threads)


def contrast_structure(a: Samples, b: Samples, *, threads: int = 0) -> float:
    """Return the mean of SSIM's second factor, which compares contrast and structure, and not lightness.

    Multi-scale SSIM takes it at all scales but the last. Arguments, range and errors are those of `ssim`.
    """
    return _mean(_second_factor, a, b, threads)


def _mean(similarity: Callable[[Samples, Samples], Samples], a: Samples, b: Samples, threads: int) -> float:
    """Return the mean of `similarity` over all pixels whose window lies inside the image, computed tile by tile."""
    _check(a, b)
    height, width = a.shape[:2]
    if min(height, width) < WINDOW:
        raise Unsupported(f"image of {width}x{height} pixels is too small for SSIM, which needs {WINDOW}x{WINDOW}")
    a, b = a.reshape(height, width, -1), b.reshape(height, width, -1)
    parts = [(*tile, channel) for tile in tiles.cut(a.shape, _MARGIN) for channel in range(a.shape[2])]
    total = math.fsum(tiles.each(lambda part: _finite(_inner_sum(similarity(a[part], b[part]))), parts, threads))
    pixels: int = (height - 2 * _MARGIN) * (width - 2 * _MARGIN) * a.shape[2]
    return total / pixels


def _check(a: Samples, b: Samples) -> None:
    """Raise `ImageError` unless both are images that can be compared."""
    for image in (a, b):
        if image.ndim not in {2, 3} or not image.size or image.dtype not in _DTYPES:
            raise ImageError(
                f"cannot compare an array of {image.dtype} {image.shape}: "
                "expected uint8, float32 or float64, (H, W) or (H, W, C)"
            )
    if a.shape != b.shape:
        raise ImageError(f"cannot compare images of different shapes, {a.shape} and {b.shape}")


def _finite(total: float) -> float:
    """Return `total`, a sum over all samples, unless NaN or infinity shows that one of them was."""
    if not math.isfinite(total):
        raise ImageError("cannot compare images with NaN, infinite or huge samples: expected the 0..255 scale")
    return total


def _inner_sum(tile: Samples) -> float:
    """Return the sum of the map of a tile, less its margin."""
    return cv2.sumElems(tile[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN])[0]


def _similarity(a: Samples, b: Samples) -> Samples:
    """Return the SSIM map of one tile, (H, W).

    Of s = a + b and d = a - b SSIM needs four filtered images, not five. It is the product of
    (mean(s)^2 - mean(d)^2 + 2 C1) / (mean(s)^2 + mean(d)^2 + 2 C1) and the same with variances and C2. A variance is
    a small difference of squares: those of s need float64, those of d only where the means of `a` and `b` lie apart.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # the sum tells
        light, contrast, light_gap, error = _moments(a, b)
        similarity: Samples = (light - light_gap) * (contrast - error)
        light += light_gap  # in place: fresh memory costs more than the sums
        contrast += error
        light *= contrast
        similarity /= light
    return similarity


def _second_factor(a: Samples, b: Samples) -> Samples:
    """Return the map of SSIM's second factor of one tile, (H, W)."""
    with np.errstate(over="ignore", invalid="ignore"):
        _, contrast, _, error = _moments(a, b)
        similarity: Samples = contrast - error
        contrast += error
        similarity /= contrast
    return similarity


def _moments(a: Samples, b: Samples) -> tuple[Samples, Samples, Samples, Samples]:
    """Return mean(s)^2 + 2 C1, variance of s + 2 C2, mean(d)^2, variance of d; see `_similarity`."""
    s, d = cv2.add(a, b, dtype=cv2.CV_64F), cv2.subtract(a, b, dtype=cv2.CV_32F)
    light, contrast = (moment.astype(np.float32) for moment in _mean_squared_and_variance(s))
    light += 2 * _C1
    contrast += 2 * _C2
    light_gap, error = _mean_squared_and_variance(d)
    if cv2.mean(cv2.divide(light_gap, contrast))[0] > _FLOAT32_LIMIT:
        light_gap, error = _mean_squared_and_variance(cv2.subtract(a, b, dtype=cv2.CV_64F))
    return light, contrast, light_gap, error


def _mean_squared_and_variance(x: Samples) -> tuple[Samples, Samples]:
    """Filter `x`, (H, W) in float32 or float64, in its own dtype; overwrites it."""
    mean: Samples = cv2.sepFilter2D(x, -1, _GAUSSIAN, _GAUSSIAN)
    mean *= mean
    x *= x
    variance: Samples = cv2.sepFilter2D(x, -1, _GAUSSIAN, _GAUSSIAN)
    variance -= mean
    return mean, variance
