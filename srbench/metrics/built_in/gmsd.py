"""GMSD: gradient magnitude similarity deviation (Xue et al., 2014)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from srbench.metrics import Metric
from srbench.metrics.formulas import check, grey, padded, shrunk, squared_gradient
from srbench.quality import tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from srbench.metrics.declaration import Score
    from srbench.quality.image import Image

METRIC = Metric(
    label="GMSD", better="lower", low=0, high=1, hint="how unevenly edges were lost; 0 is identical, 0.1 shows clearly"
)

_LEAST = 6
_PREWITT = (1.0, 1.0, 1.0)  # three times his filter, so that integers stay exact in float32, and c is nine times 170
_C = 9 * 170.0


def load() -> Score:
    """Return the standard deviation of the similarity of gradient magnitudes, 0 for identical images.

    Source: W. Xue et al., "Gradient magnitude similarity deviation", IEEE TIP 23 (2014), c = 170. Values are those of
    the authors' MATLAB code, which halves the images first and takes zeros beyond their edges. RGB is compared by
    MATLAB's `rgb2gray`, which is rounded; (H, W) as it is. The smallest image has 6x6 pixels.
    """
    return gmsd


def gmsd(reference: Image, image: Image) -> float:
    """Return the deviation for two images of one shape, (H, W) or (H, W, 3), on 0..255; raises as `formulas.check`."""
    check("GMSD", _LEAST, reference, image)
    a, b = (padded(shrunk(grey(each), 2), 1) for each in (reference, image))
    pixels = (a.shape[0] - 2) * (a.shape[1] - 2)
    sums = [_differences(a[tile], b[tile]) for tile in tiles.cut(a.shape, 1)]  # so little work is no work for threads
    total, squares = (math.fsum(each) for each in zip(*sums, strict=True))
    return math.sqrt(max(squares - total * total / pixels, 0.0) / (pixels - 1))


def _differences(a: NDArray[Any], b: NDArray[Any]) -> tuple[float, float]:
    """Return the sums of 1 - similarity and of its square, over a tile less its margin of one pixel."""
    a, b = (squared_gradient(each, _PREWITT).astype(np.float64, copy=False) for each in (a, b))
    both = a + b
    different = both - 2 * np.sqrt(a * b)  # (|a| - |b|)^2
    different /= both + _C
    inner = different[1:-1, 1:-1]
    return float(inner.sum()), float((inner * inner).sum())
