"""NIQE: how far an image is from natural ones, without a reference (Mittal et al., 2013)."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from scipy.special import gamma

from srbench.errors import Unsupported
from srbench.metrics import Metric
from srbench.metrics.formulas import check, grey
from srbench.quality import tiles
from srbench.quality.image import round_half_up
from srbench.quality.resize import imresize

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from srbench.quality.image import Image

METRIC = Metric(
    label="NIQE",
    better="lower",
    digits=2,
    low=0,
    reference=False,
    hint="distance from natural images; 3 to 5 for photographs; weak evidence, look at the pictures",
)

LICENCE = "model: The University of Texas at Austin, for any purpose with its notice, which is in niqe.txt"

MODEL = Path(__file__).with_name("niqe.safetensors")
"""Mean and covariance of the features of pristine images: those of the authors. niqe.txt has their licence."""

_BLOCK = 96
_FEWEST = 2
"""Blocks that have a covariance."""

_SIDE, _SIGMA = 7, 7 / 6
_ROUNDING = 1e-9
"""What is less is a rounding error, where the image is flat: its sign counts, and would differ between machines."""

_SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""To the neighbours whose products have features: right, below, and on both diagonals."""

# Shapes of a generalised Gaussian, and what each makes of mean(|x|)^2 / mean(x^2), which rises with the shape
_SHAPES = np.arange(0.2, 10.001, 0.001)
_RATIOS = gamma(2 / _SHAPES) ** 2 / (gamma(1 / _SHAPES) * gamma(3 / _SHAPES))
_BETWEEN = (_RATIOS[1:] + _RATIOS[:-1]) / 2


def files() -> list[Path]:
    """Return the file that decides values beside the code."""
    return [MODEL]


def load() -> Callable[[Image], float]:
    """Return the distance of an image's features from those of pristine images; lower is more natural.

    Source: A. Mittal et al., "Making a 'completely blind' image quality analyzer", IEEE Signal Processing Letters 20
    (2013), with the authors' model of 125 pristine images. Implementations differ: of clean images they agree to four
    digits, of distorted ones to within a few percent. RGB is judged by MATLAB's `rgb2gray`; samples are rounded. Whole
    blocks of 96x96 pixels are judged, two at least; flat ones do not count.
    """
    model = _model()

    def niqe(image: Image) -> float:
        return _niqe(image, *model)

    return niqe


def _niqe(image: Image, mean: NDArray[Any], covariance: NDArray[Any]) -> float:
    """Return the distance of one image, (H, W) or (H, W, 3), on 0..255, from a model.

    Args:
        image: at least two blocks of 96x96 pixels.
        mean: (36,), of the features of pristine images.
        covariance: (36, 36), theirs.

    Raises:
        ImageError, Unsupported: as `formulas.check`, or it has fewer than two blocks that are not flat.

    """
    check("NIQE", _BLOCK, image)
    rows, columns = (side // _BLOCK for side in image.shape[:2])
    if rows * columns < _FEWEST:
        height, width = image.shape[:2]
        raise Unsupported(f"image of {width}x{height} pixels is too small for NIQE, which needs two blocks of 96x96")
    x = round_half_up(grey(image[: rows * _BLOCK, : columns * _BLOCK]).astype(np.float64))
    found = np.concatenate(
        [_features(x, _BLOCK), _features(imresize(x, Fraction(1, 2), border="mirror"), _BLOCK // 2)], axis=1
    )
    known = ~np.isnan(found)
    whole = found[known.all(axis=1)]
    if len(whole) < _FEWEST:
        raise Unsupported("NIQE needs two blocks of 96x96 pixels that are not flat, and this image has fewer")
    apart = mean - found.mean(axis=0, where=known)
    return float(np.sqrt(apart @ np.linalg.pinv((covariance + np.cov(whole, rowvar=False)) / 2) @ apart))


@lru_cache(maxsize=1)
def _model() -> tuple[NDArray[Any], NDArray[Any]]:
    from safetensors.numpy import load_file

    tensors = load_file(MODEL)
    return tensors["mean"], tensors["covariance"]


def _features(x: NDArray[Any], side: int) -> NDArray[Any]:
    """Return 18 features of each block of `side` x `side` pixels, (blocks, 18); NaN where a block is flat."""
    rows = np.split(_normalised(x), len(x) // side)
    return np.concatenate(tiles.each(_features_of_row, rows))


def _features_of_row(row: NDArray[Any]) -> NDArray[Any]:
    """Return the features of blocks side by side, (H, blocks x H)."""
    blocks = np.stack(np.split(row, row.shape[1] // len(row), axis=1))
    shape, left, right = _fit(blocks)
    found = [shape, (left + right) / 2]
    for shift in _SHIFTS:
        shape, left, right = _fit(blocks * np.roll(blocks, shift, axis=(1, 2)))
        found += [shape, (right - left) * gamma(2 / shape) / gamma(1 / shape), left, right]
    return np.stack(found, axis=1)


def _normalised(x: NDArray[Any]) -> NDArray[Any]:
    """Return the samples less their local mean, divided by their local deviation plus 1."""
    kernel = cv2.getGaussianKernel(_SIDE, _SIGMA)
    mean, square = (cv2.sepFilter2D(each, -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE) for each in (x, x * x))
    normalised: NDArray[Any] = (x - mean) / (np.sqrt(np.abs(square - mean * mean)) + 1)
    normalised[np.abs(normalised) < _ROUNDING] = 0
    return normalised


def _fit(blocks: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Fit an asymmetric generalised Gaussian to each block, (blocks, H, W): its shape, and its scale to either side."""
    x = blocks.reshape(len(blocks), -1)
    negative = np.minimum(x, 0)
    squares, below = (np.einsum("ij,ij->i", each, each) for each in (x, negative))
    size = x.sum(axis=1) - 2 * negative.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):  # flat blocks
        left = np.sqrt(below / np.count_nonzero(x < 0, axis=1))
        right = np.sqrt((squares - below) / np.count_nonzero(x > 0, axis=1))
        lean = left / right
        ratio = size * size / (squares * x.shape[1])
    ratio *= (lean**3 + 1) * (lean + 1) / (lean**2 + 1) ** 2
    shape = _SHAPES[np.where(np.isnan(ratio), 0, np.searchsorted(_BETWEEN, ratio))]
    scale = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
    return shape, left * scale, right * scale
