"""How far is SR shifted or stretched against HR, to a hundredth of a pixel?

The shift to the pixel is that of phase correlation. What is left of it follows from least squares (Lucas and Kanade,
"An iterative image registration technique", 1981) on both images blurred to what LR can hold: there SR and HR are
alike, though SR is blurrier. Lightness and contrast are fitted along, so that levels do not matter, nor gamma much.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import cv2
import numpy as np
from scipy import ndimage, sparse
from scipy.interpolate import BSpline
from skimage.registration import phase_cross_correlation

from srbench.quality.image import from_255, grey_of, is_grey, on_255

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from srbench.quality.image import Image

    Samples: TypeAlias = NDArray[Any]

_ROUNDS = 12
_CLOSE = 1e-3
"""Pixels by which the last round may still move SR."""
_LEAST_SIDE = 24
_LEAST_CONTRAST = 0.5
"""Standard deviation on 0..255 below which there is nothing to hold on to."""
_LEAST_CORRELATION = 0.5
"""Of HR and SR without the detail that LR cannot hold; images of different things have less."""


class Shift(NamedTuple):
    """How far SR lies from HR, in pixels of HR."""

    down: float
    """SR's content is so much lower than HR's, at the centre of the image; negative: higher."""
    right: float
    taller: float = 0.0
    """SR's content is so many pixels taller than HR's, spread about the centre (as with `align_corners`)."""
    wider: float = 0.0

    @property
    def farthest(self) -> float:
        """Return the largest displacement of a row or column anywhere in the image."""
        return max(abs(self.down) + abs(self.taller) / 2, abs(self.right) + abs(self.wider) / 2)

    @property
    def border(self) -> int:
        """Return the pixels at each side that `undo` cannot know: they lie outside SR."""
        return math.ceil(round(self.farthest, 2))


def find(hr: Image, sr: Image, factor: int) -> Shift | None:
    """Return how far `sr` is shifted and stretched against `hr`, of which it may be a much blurrier version.

    Right to 0.01 px for photographs of 200 pixels a side; whole pixels up to a quarter of the image. Levels, inverted
    ones included, do not matter; channels must be in the same order, or both images grey.

    Args:
        hr: (H, W) or (H, W, 3), uint8 or float in 0..1.
        sr: an image as high and wide.
        factor: by how much SR was enlarged; detail finer than LR can hold is left out.

    Returns:
        The shift, or None where the images have nothing in common, are flat, or smaller than 24 pixels.

    """
    sigma = max(0.5 * factor, 1.0)
    seen, shown = _blurred(hr, sigma), _blurred(sr, sigma)
    if min(hr.shape[:2]) < _LEAST_SIDE or min(seen.std(), shown.std()) < _LEAST_CONTRAST:
        return None
    coarse = _whole(seen, shown, sigma)
    starts = [(0.0, 0.0), coarse] if max(map(abs, coarse)) > 1 else [(0.0, 0.0)]
    found = [_refined(seen, shown, start, math.ceil(3 * sigma)) for start in starts]
    shift, likeness = max(found, key=lambda each: each[1])
    return shift if likeness >= _LEAST_CORRELATION else None


def undo(sr: Image, shift: Shift) -> Image:
    """Return `sr` shifted and stretched back, as floats in 0..1; the border repeats what is inside, mirrored.

    Splines of order 5 interpolate, which pass nearly all that an image holds.
    """
    return from_255(_resampled(on_255(sr).astype(np.float64), shift, order=5), np.dtype(np.float64))


def _blurred(image: Image, sigma: float) -> NDArray[np.float32]:
    """Return the grey of `image` without the detail that LR cannot hold."""
    values = on_255(image)
    grey = (values if is_grey(values) else grey_of(values)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), np.float32)


def _whole(hr: NDArray[np.float32], sr: NDArray[np.float32], sigma: float) -> tuple[float, float]:
    """Return the shift to the pixel: phase correlation of what is left between two blurs."""
    window = np.outer(np.hanning(hr.shape[0]), np.hanning(hr.shape[1]))
    details = [(image - cv2.GaussianBlur(image, (0, 0), 3 * sigma)) * window for image in (hr, sr)]
    found: NDArray[np.float64] = phase_cross_correlation(*details[::-1], normalization=None)[0]  # type: ignore[no-untyped-call]
    return float(found[0]), float(found[1])


def _refined(
    hr: NDArray[np.float32], sr: NDArray[np.float32], start: tuple[float, float], margin: int
) -> tuple[Shift, float]:
    """Return the shift near `start`, and how like both images are (correlation, 0..1) where it is undone."""
    shift, likeness = Shift(*start), 0.0
    for _ in range(_ROUNDS):
        inner = margin + min(shift.border, min(hr.shape) // 2 - margin - 4)
        if inner < margin:
            return shift, 0.0
        step, likeness = _step(hr, _resampled(sr, shift, order=3), inner)
        shift = Shift(*(old + new for old, new in zip(shift, step, strict=True)))
        if max(map(abs, step)) < _CLOSE or shift.farthest > min(hr.shape) / 2:
            break
    return shift, likeness


def _resampled(sr: Samples, shift: Shift, order: int) -> Samples:
    """Return `sr` shifted and stretched back, by splines of an order: one axis after the other, mirrored outside."""
    for axis, (moved, longer) in enumerate(((shift.down, shift.taller), (shift.right, shift.wider))):
        side = sr.shape[axis]
        where = np.linspace(0, side - 1, side) + moved + longer * np.linspace(-0.5, 0.5, side)
        coefficients = np.moveaxis(ndimage.spline_filter1d(sr, order, axis, sr.dtype, "mirror"), axis, 0)
        found = _spline(where, order).astype(sr.dtype) @ coefficients.reshape(side, -1)
        sr = np.moveaxis(found.reshape(coefficients.shape), 0, axis)
    return sr


def _spline(where: NDArray[np.float64], order: int) -> sparse.csr_array[Any]:
    """Return the matrix that makes values at `where` of the coefficients of a spline, as many as there are."""
    side = len(where)
    taps = np.floor(where).astype(int)[:, None] - order // 2 + np.arange(order + 1)
    basis = BSpline.basis_element(np.arange(order + 2) - (order + 1) / 2, extrapolate=False)
    weights = np.nan_to_num(basis(where[:, None] - taps))
    mirrored = np.abs((taps + side - 1) % max(2 * side - 2, 1) - (side - 1))
    rows = np.repeat(np.arange(side), order + 1)
    return sparse.csr_array((weights.ravel(), (rows, mirrored.ravel())), shape=(side, side))


def _step(hr: NDArray[np.float32], sr: NDArray[np.float32], margin: int) -> tuple[list[float], float]:
    """Return what is left of shift and stretch, and how much of `sr` is explained by `hr`.

    To first order, SR = gain (HR - shift . gradient of HR) + offset.
    """
    inside = (slice(margin, -margin), slice(margin, -margin))
    down, right = np.gradient(hr, axis=0)[inside], np.gradient(hr, axis=1)[inside]
    y, x = (np.linspace(-0.5, 0.5, side, dtype=np.float32)[margin:-margin] for side in hr.shape)
    terms = (-down, -right, -down * y[:, None], -right * x, hr[inside] - hr[inside].mean(), np.ones_like(down))
    matrix, values = np.stack([each.ravel() for each in terms]), sr[inside].ravel()
    square, right_side = (matrix @ matrix.T).astype(np.float64), (matrix @ values).astype(np.float64)
    found = np.linalg.lstsq(square, right_side, rcond=1e-9)[0]
    if not found[4]:
        return [0.0] * 4, 0.0
    left = float(np.var(values - (found @ matrix).astype(np.float32))) / max(float(np.var(values)), 1e-9)
    return [float(each) for each in found[:4] / found[4]], math.sqrt(max(1 - left, 0))
