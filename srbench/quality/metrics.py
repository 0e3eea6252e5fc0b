"""PSNR and SSIM: how close two images are, to the digits that published tables print.

Samples are on the 0..255 scale whatever their dtype, so the peak is 255 (`image.on_255` brings images there).
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from srbench.errors import ImageError, Unsupported

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

# A tile's buffers stay within a core's 2 MB of cache. Fixed, as the last bits of SSIM depend on the tiles.
_TILE_HEIGHT, _TILE_WIDTH = 128, 480
_TILES_WORTH_THREADS = 4
_THREADS = 2

# See `_tile_sum`. The error of float32 grows with this mean; at 0.1 it reaches 2e-7
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
    _check(a, b)
    height, width = a.shape[:2]
    if min(height, width) < WINDOW:
        raise Unsupported(f"image of {width}x{height} pixels is too small for SSIM, which needs {WINDOW}x{WINDOW}")
    a, b = a.reshape(height, width, -1), b.reshape(height, width, -1)
    tiles = _tiles(*a.shape)
    with ThreadPoolExecutor(
        threads or min(_THREADS, cv2.getNumThreads())
    ) as pool:  # made anew: a pool that is kept hangs after a fork
        each = pool.map if len(tiles) >= _TILES_WORTH_THREADS else map
        total = math.fsum(each(lambda tile: _finite(_tile_sum(a[tile], b[tile])), tiles))
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


def _tiles(height: int, width: int, channels: int) -> list[tuple[slice, slice, int]]:
    """Cut an image into tiles that overlap by what a window reaches beyond its centre."""
    return list(product(_cuts(height, _TILE_HEIGHT), _cuts(width, _TILE_WIDTH), range(channels)))


def _cuts(side: int, longest: int) -> list[slice]:
    """Cut a side, less its margins, into equal parts of at most `longest` pixels and add the margins to each."""
    inside = side - 2 * _MARGIN
    step = math.ceil(inside / math.ceil(inside / longest))
    return [slice(start, start + step + 2 * _MARGIN) for start in range(0, inside, step)]


def _tile_sum(a: Samples, b: Samples) -> float:
    """Return the sum of the SSIM map of one tile, (H, W), less its margin.

    Of s = a + b and d = a - b SSIM needs four filtered images, not five. It is the product of
    (mean(s)^2 - mean(d)^2 + 2 C1) / (mean(s)^2 + mean(d)^2 + 2 C1) and the same with variances and C2. A variance is
    a small difference of squares: those of s need float64, those of d only where the means of `a` and `b` lie apart.
    """
    s, d = cv2.add(a, b, dtype=cv2.CV_64F), cv2.subtract(a, b, dtype=cv2.CV_32F)
    with np.errstate(over="ignore", invalid="ignore"):  # the sum tells
        light, contrast = (moment.astype(np.float32) for moment in _mean_squared_and_variance(s))
        light += 2 * _C1
        contrast += 2 * _C2
        light_gap, error = _mean_squared_and_variance(d)
        if cv2.mean(cv2.divide(light_gap, contrast))[0] > _FLOAT32_LIMIT:
            light_gap, error = _mean_squared_and_variance(cv2.subtract(a, b, dtype=cv2.CV_64F))
        similarity = (light - light_gap) * (contrast - error)
        light += light_gap  # in place: fresh memory costs more than the sums
        contrast += error
        light *= contrast
        similarity /= light
    return cv2.sumElems(similarity[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN])[0]


def _mean_squared_and_variance(x: Samples) -> tuple[Samples, Samples]:
    """Filter `x`, (H, W) in float32 or float64, in its own dtype; overwrites it."""
    mean: Samples = cv2.sepFilter2D(x, -1, _GAUSSIAN, _GAUSSIAN)
    mean *= mean
    x *= x
    variance: Samples = cv2.sepFilter2D(x, -1, _GAUSSIAN, _GAUSSIAN)
    variance -= mean
    return mean, variance
