"""MATLAB's `imresize` with its bicubic kernel, to the last bit.

Source: the documented behaviour of `imresize(image, scale, "bicubic")`: Keys' cubic with a = -0.5 (R. Keys, "Cubic
convolution interpolation for digital image processing", 1981), stretched by 1/scale when shrinking, so that it also
removes the frequencies that the smaller image cannot hold.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from scipy import sparse

from srbench.quality.image import round_half_up

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from srbench.quality.image import Image

BAND = 2**22
"""Samples of the rows that are resized at a time: 32 MB in float64, whatever the image."""

Border: TypeAlias = Literal["clamp", "mirror"]
Rounding: TypeAlias = Literal["each", "once"]


def imresize(image: Image, scale: Fraction | int, *, border: Border = "clamp", rounding: Rounding = "each") -> Image:
    """Resize `image` as MATLAB does.

    Args:
        image: (H, W) or (H, W, C), uint8, float32 or float64. Floats are filtered in float64 and never clipped.
        scale: output size over input size, exact: `Fraction(1, 3)` shrinks, `3` enlarges.
        border: what lies outside: the edge repeated (`clamp`, older MATLAB) or the image mirrored (newer MATLAB).
        rounding: when uint8 is rounded (half up) and clipped: after `each` dimension, as MATLAB does, or `once` at
            the end. Without effect on floats.

    Returns:
        An image of ceil(scale * H) x ceil(scale * W) with the dtype of `image`.

    """
    scale, (height, width) = Fraction(scale), image.shape[:2]
    along, across = _weights(height, scale, border), _weights(width, scale, border)
    quantise = image.dtype == np.uint8
    turned = np.empty((across.shape[0], along.shape[0], *image.shape[2:]), image.dtype)  # as the last step makes it
    rows = max(1, BAND // max(1, turned[:, 0].size, image[0].size))
    for start in range(0, turned.shape[1], rows):
        band = slice(start, min(start + rows, turned.shape[1]))
        values = _rows_of(image, along, band)  # equal scales: MATLAB starts with the rows
        if quantise and rounding == "each":
            values = round_half_up(values)
        values = _along(np.moveaxis(values, 1, 0), across)
        turned[:, band] = round_half_up(values) if quantise else values
    return np.moveaxis(turned, 0, 1)


def _rows_of(image: Image, matrix: sparse.csr_array[Any], band: slice) -> NDArray[np.float64]:
    """Return some rows of the resized image, of those of `image` that they depend on."""
    if band == slice(0, matrix.shape[0]):  # cutting a matrix takes longer than it saves
        return _along(image.astype(np.float64), matrix)
    matrix = matrix[band]
    used = slice(int(matrix.indices.min()), int(matrix.indices.max()) + 1)
    return _along(image[used].astype(np.float64), matrix[:, used])


def _along(image: NDArray[np.float64], matrix: sparse.csr_array[Any]) -> NDArray[np.float64]:
    """Resize the first axis: a sparse matrix times the image laid out by it."""
    resized: NDArray[np.float64] = matrix @ np.ascontiguousarray(image).reshape(image.shape[0], -1)
    return resized.reshape(-1, *image.shape[1:])


@lru_cache(maxsize=64)
def _weights(length: int, scale: Fraction, border: Border) -> sparse.csr_array[Any]:
    """Return the (ceil(scale * length), length) matrix that resizes one axis; its rows sum to 1."""
    size = math.ceil(scale * length)
    stretch = min(float(scale), 1.0)
    support = 4 / stretch
    centre = np.arange(1, size + 1) / float(scale) + 0.5 * (1 - 1 / float(scale))  # 1-based, as in MATLAB
    first = np.floor(centre - support / 2)
    taps = first[:, None] + np.arange(math.ceil(support) + 2)
    weights = stretch * _cubic(stretch * (centre[:, None] - taps))
    weights /= weights.sum(axis=1, keepdims=True)
    column = taps.astype(np.int64) - 1
    column = np.clip(column, 0, length - 1) if border == "clamp" else _mirror(column, length)
    row = np.broadcast_to(np.arange(size)[:, None], column.shape)
    matrix = sparse.coo_array((weights.ravel(), (row.ravel(), column.ravel())), shape=(size, length)).tocsr()
    matrix.eliminate_zeros()
    return matrix


def _mirror(index: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Fold indices into 0 .. length - 1 by reflection that repeats the edge: 1..n, n..1."""
    folded = np.mod(index, 2 * length)
    mirrored: NDArray[np.int64] = np.minimum(folded, 2 * length - 1 - folded)
    return mirrored


def _cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' cubic kernel with a = -0.5."""
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))  # noqa: PLR2004 - the kernel's two knots
