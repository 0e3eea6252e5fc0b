"""HaarPSI: perceptual similarity by Haar wavelets (Reisenhofer et al., 2018)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from scipy.special import logit

from srbench.metrics import Metric
from srbench.metrics.formulas import check, padded, shrunk, similarity, yiq
from srbench.quality import tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from srbench.metrics.declaration import Score
    from srbench.quality.image import Image

    Planes = list[NDArray[Any]]

METRIC = Metric(
    label="HaarPSI", better="higher", low=0, high=1, hint="whether edges are where they were; 1 is identical"
)

_LEAST = 16
_C, _ALPHA = 30.0, 4.2
_SCALES = (1, 2, 3)
_MARGIN = 2 ** max(_SCALES) // 2


def load() -> Score:
    """Return the Haar wavelet-based perceptual similarity index, 1 for identical images.

    Source: R. Reisenhofer et al., "A Haar wavelet-based perceptual similarity index for image quality assessment",
    Signal Processing: Image Communication 61 (2018), C = 30, alpha = 4.2. Values are those of the authors' MATLAB code,
    which halves the images first and takes zeros beyond their edges, so that even a flat image has some. Of RGB, Y, I
    and Q of YIQ count, not rounded; of (H, W), the samples alone. The smallest image has 16x16 pixels.
    """
    return haarpsi


def haarpsi(reference: Image, image: Image) -> float:
    """Return the index for two images of one shape, (H, W) or (H, W, 3), on 0..255; raises as `formulas.check`."""
    check("HaarPSI", _LEAST, reference, image)
    if np.array_equal(reference, image):
        return 1.0
    a, b = _planes(reference), _planes(image)
    parts = tiles.cut(a[0].shape, _MARGIN)
    sums = tiles.each(lambda tile: _sums([each[tile] for each in a], [each[tile] for each in b]), parts)
    alike, weight = (math.fsum(each) for each in zip(*sums, strict=True))
    return min(float(logit(alike / weight) / _ALPHA) ** 2, 1.0)


def _planes(image: Image) -> Planes:
    """Return grey alone, or Y, I and Q, at half the size, with the zeros that windows reach beyond the edges."""
    return [padded(each, _MARGIN) for each in yiq(shrunk(image, 2).astype(np.float64, copy=False))]


def _sums(a: Planes, b: Planes) -> tuple[float, float]:
    """Return the sums of weighted similarities and of weights of a tile, over edges across, down, and over colours."""
    maps = [_edges(a[0], b[0], axis) for axis in (0, 1)]
    if len(a) > 1:
        in_phase, quadrature = (similarity(_box(a[plane]), _box(b[plane]), _C) for plane in (1, 2))
        maps.append(((in_phase + quadrature) / 2, (maps[0][1] + maps[1][1]) / 2))
    inner = (slice(_MARGIN, -_MARGIN),) * 2
    alike = sum(float((weight / (1 + np.exp(-_ALPHA * same)))[inner].sum()) for same, weight in maps)
    return alike, sum(float(weight[inner].sum()) for _, weight in maps)


def _edges(a: NDArray[Any], b: NDArray[Any], axis: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the similarity of the two finer scales, and the coarsest one as its weight."""
    (a1, a2, a3), (b1, b2, b3) = ([np.abs(_haar(each, scale, axis)) for scale in _SCALES] for each in (a, b))
    return (similarity(a1, b1, _C) + similarity(a2, b2, _C)) / 2, np.maximum(a3, b3)


def _haar(x: NDArray[Any], scale: int, axis: int) -> NDArray[Any]:
    """Return the coefficients of Haar's wavelet of 2^scale pixels at every pixel."""
    side = 2**scale
    sums, differences = np.full(side, 0.5**scale), np.repeat([1.0, -1.0], side // 2)
    across, down = (sums, differences) if axis == 0 else (differences, sums)
    return cv2.sepFilter2D(x, -1, across, down, anchor=(side // 2 - 1, side // 2 - 1))


def _box(x: NDArray[Any]) -> NDArray[Any]:
    mean = cv2.boxFilter(x, -1, (2, 2), anchor=(0, 0))
    return np.abs(mean, out=mean)
