"""CIEDE2000: the mean colour difference that people see (CIE, 2001)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from srbench.metrics import Metric
from srbench.metrics.formulas import check, rgb
from srbench.quality import tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from srbench.metrics.declaration import Score
    from srbench.quality.image import Image

METRIC = Metric(
    label="CIEDE2000",
    better="lower",
    digits=3,
    low=0,
    sees="rgb",
    hint="mean colour difference; 0 is identical, 1 is just noticeable side by side",
)

# sRGB to XYZ (IEC 61966-2-1), relative to the white of D65 for the observer of 1931
_XYZ = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
_XYZ /= np.array([[0.95047], [1.0], [1.08883]])
_LAB = np.array([[0.0, 116.0, 0.0, -16.0], [500.0, -500.0, 0.0, 0.0], [0.0, 200.0, -200.0, 0.0]])
_DARK = 0.008856

_DEGREE = math.pi / 180
_TURN = 360 * _DEGREE


def load() -> Score:
    """Return the mean over all pixels of the CIEDE2000 colour difference, 0 for identical images.

    Of sRGB under the white of D65; (H, W) counts as R = G = B. The colour difference is in float32 and agrees with
    scikit-image's to six decimals.
    """
    return ciede2000


def ciede2000(reference: Image, image: Image) -> float:
    """Return the mean of two images of one shape, (H, W) or (H, W, 3), on 0..255; raises as `formulas.check`."""
    check("CIEDE2000", 1, reference, image)
    a, b = rgb(reference), rgb(image)
    parts = tiles.cut(a.shape, 0)
    sums = tiles.each(lambda tile: float(delta_e(*(to_lab(each[tile]) for each in (a, b))).sum(dtype=float)), parts)
    return math.fsum(sums) / (a.size // 3)


def to_lab(image: Image) -> NDArray[np.float32]:
    """Return L*, a* and b*, (3, H, W) float32, of sRGB on 0..255, (H, W, 3), under the white of D65."""
    linear = cv2.LUT(image, _LINEAR) if image.dtype == np.uint8 else _linear(image.astype(np.float32))
    xyz = cv2.transform(linear, _XYZ)
    dark = xyz <= _DARK
    roots = np.cbrt(xyz)
    roots[dark] = xyz[dark] * np.float32(7.787) + np.float32(16 / 116)
    return np.ascontiguousarray(cv2.transform(roots, _LAB).transpose(2, 0, 1))


def delta_e(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """Return CIEDE2000 of colours in CIELAB, (3, ...), of which the first axis is L*, a*, b*; in their precision.

    Source: G. Sharma et al., "The CIEDE2000 color-difference formula: implementation notes, supplementary test data,
    and mathematical observations", Color Research and Application 30 (2005).
    """
    mean = (_length(a[1], a[2]) + _length(b[1], b[2])) / 2
    stretch = 1.5 - 0.5 * np.sqrt(_saturation(mean))  # 1 + G
    chroma_a, hue_a = _polar(a[1] * stretch, a[2])
    chroma_b, hue_b = _polar(b[1] * stretch, b[2])
    chroma, product = (chroma_a + chroma_b) / 2, chroma_a * chroma_b
    turn, hue = _turn_and_mean(hue_a, hue_b, product == 0)
    light = np.square((a[0] + b[0]) / 2 - 50)
    lighter = (b[0] - a[0]) / (1 + 0.015 * light / np.sqrt(20 + light))  # over S_L
    stronger = (chroma_b - chroma_a) / (1 + 0.045 * chroma)  # over S_C
    turned = 2 * np.sqrt(product) * np.sin(turn / 2) / (1 + 0.015 * chroma * _hue_weight(hue))  # over S_H
    blue = np.exp(-np.square((hue - 275 * _DEGREE) / (25 * _DEGREE)))
    rotation = -2 * np.sqrt(_saturation(chroma)) * np.sin(60 * _DEGREE * blue)  # R_T
    squared = lighter * lighter + stronger * stronger + turned * turned + rotation * stronger * turned
    difference: NDArray[Any] = np.sqrt(np.maximum(squared, 0))
    return difference


def _linear(srgb: NDArray[Any]) -> NDArray[np.float32]:
    """Return light on 0..1 of sRGB on 0..255."""
    x = np.maximum(srgb / 255, 0)
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4).astype(np.float32)  # noqa: PLR2004 - sRGB


_LINEAR = _linear(np.arange(256.0))


def _length(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    length: NDArray[Any] = np.sqrt(a * a + b * b)
    return length


def _saturation(chroma: NDArray[Any]) -> NDArray[Any]:
    """Return C^7 / (C^7 + 25^7)."""
    square = np.square(chroma / 25)
    seventh = square * square * square * (chroma / 25)
    seventh /= seventh + 1
    return seventh


def _polar(a: NDArray[Any], b: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return chroma, and hue in 0..360 degrees, in radians."""
    hue = np.arctan2(b, a)
    hue += (hue < 0) * hue.dtype.type(_TURN)
    return _length(a, b), hue


def _turn_and_mean(hue_a: NDArray[Any], hue_b: NDArray[Any], grey: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return from hue to hue the shorter way round, and their mean there; where one is grey the sum."""
    turn, hue = hue_b - hue_a, (hue_a + hue_b) / 2
    far = np.abs(turn) > math.pi
    turn[far] -= np.copysign(_TURN, turn[far])
    hue[far] += np.where(hue[far] < math.pi, math.pi, -math.pi)
    turn[grey] = 0
    hue[grey] *= 2
    return turn, hue


def _hue_weight(hue: NDArray[Any]) -> NDArray[Any]:
    """Return T, the part of hue in S_H."""
    weight: NDArray[Any] = (
        1
        - 0.17 * np.cos(hue - 30 * _DEGREE)
        + 0.24 * np.cos(2 * hue)
        + 0.32 * np.cos(3 * hue + 6 * _DEGREE)
        - 0.20 * np.cos(4 * hue - 63 * _DEGREE)
    )
    return weight
