"""VIFp: visual information fidelity in the pixel domain (Sheikh and Bovik, 2006)."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from srbench.errors import Unsupported
from srbench.metrics import Metric
from srbench.metrics.formulas import check, luma
from srbench.quality import tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from srbench.metrics.declaration import Score
    from srbench.quality.image import Image

METRIC = Metric(
    label="VIFp",
    better="higher",
    low=0,
    symmetric=False,
    hint="share of the information that is left; 1 is identical, more than 1 is sharpened",
)

_SIDES = (17, 9, 5, 3)
"""Of the windows, from the finest scale to the coarsest; a Gaussian's sigma is a fifth of it."""

_NOISE = 2.0
"""Variance of the noise that eyes add."""

_FLAT = 1e-10
_LEAST = 41  # at the coarsest scale one window is left


def load() -> Score:
    """Return the information in the image about the reference, as a share of what the reference holds.

    Source: H. R. Sheikh and A. C. Bovik, "Image information and visual quality", IEEE TIP 15 (2006). Values are those
    of the authors' `vifp_mscale`: in the pixel domain, at four scales. It is 1 for identical images, and exceeds 1
    where contrast was added. RGB is compared by Y of YIQ, not rounded; (H, W) as it is. The smallest image has 41x41
    pixels; a flat reference holds no information, and is refused.
    """
    return vifp


def vifp(reference: Image, image: Image) -> float:
    """Return the share for two images of one shape, (H, W) or (H, W, 3), on 0..255.

    Raises:
        ImageError, Unsupported: as `formulas.check`, or the reference is flat.

    """
    check("VIFp", _LEAST, reference, image)
    if np.array_equal(reference, image):
        return 1.0
    a, b = luma(reference), luma(image)
    kept = held = 0.0
    for side in _SIDES:
        window = _gaussian(side)
        if side != _SIDES[0]:
            a, b = _halved(a, window), _halved(b, window)
        found = tiles.each(partial(_information, a, b, window), tiles.cut(a.shape, side // 2))
        more_kept, more_held = (math.fsum(each) for each in zip(*found, strict=True))
        kept, held = kept + more_kept, held + more_held
    if not held:
        raise Unsupported("VIFp is a share of the reference's information, and this reference is flat")
    return kept / held


def _gaussian(side: int) -> NDArray[Any]:
    x = np.arange(side) - side // 2
    kernel = np.exp(-(x**2) / (2 * (side / 5) ** 2))
    normalised: NDArray[Any] = kernel / kernel.sum()
    return normalised


def _halved(x: NDArray[Any], window: NDArray[Any]) -> NDArray[Any]:
    """Return weighted means at every other pixel, from the first whose whole window lies inside the image."""
    margin = len(window) // 2
    rows = cv2.sepFilter2D(x, -1, window, np.ones(1))[:, margin:-margin:2]
    return cv2.sepFilter2D(rows, -1, np.ones(1), window)[margin:-margin:2]


def _information(
    a: NDArray[Any], b: NDArray[Any], window: NDArray[Any], tile: tuple[slice, slice]
) -> tuple[float, float]:
    """Return what `b` keeps of the information in `a`, and what `a` holds, of one tile, in nats."""
    a, b, margin = a[tile].astype(np.float64), b[tile].astype(np.float64), len(window) // 2
    means = (cv2.sepFilter2D(each, -1, window, window) for each in (a, b, a * a, b * b, a * b))
    mean_a, mean_b, square_a, square_b, product = (each[margin:-margin, margin:-margin] for each in means)
    variance_a = np.maximum(square_a - mean_a * mean_a, 0)
    variance_b = np.maximum(square_b - mean_b * mean_b, 0)
    covariance = product - mean_a * mean_b
    covariance[(variance_a < _FLAT) | (variance_b < _FLAT) | (covariance < 0)] = 0
    variance_a[variance_a < _FLAT] = 0
    gain = covariance / (variance_a + _FLAT)
    lost = np.maximum(variance_b - gain * covariance, 0)
    kept = np.log1p(gain * gain * variance_a / (lost + _NOISE)).sum()
    return float(kept), float(np.log1p(variance_a / _NOISE).sum())
