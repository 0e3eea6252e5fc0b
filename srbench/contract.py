"""The method contract: what an upscaler is, and the check that every result passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from srbench.errors import MethodError

if TYPE_CHECKING:
    from srbench.quality.image import Image


class Upscaler(Protocol):
    """A method loaded for one factor and device.

    It may also have `synchronize()`, which the timing clock calls, and `parameters`, the number of its weights.
    """

    def __call__(self, image: Image, /) -> Image:
        """Return `image` enlarged by the factor, with its dtype and channels."""


def upscale(upscaler: Upscaler, image: Image, factor: int) -> Image:
    """Run `upscaler` on a copy of `image` and hold it to the method contract.

    Raises:
        MethodError: the result is no array, or has another shape, dtype kind, or values that are not finite.

    """
    sr = upscaler(image.copy())
    expected = (image.shape[0] * factor, image.shape[1] * factor, *image.shape[2:])
    if not isinstance(sr, np.ndarray):
        raise MethodError(f"returned {type(sr).__name__}, expected a numpy array of shape {expected}")
    if sr.shape != expected:
        raise MethodError(f"returned shape {sr.shape}, expected {expected}")
    if sr.dtype.kind != image.dtype.kind or (sr.dtype.kind == "u" and sr.dtype != image.dtype):
        raise MethodError(f"returned dtype {sr.dtype}, expected {image.dtype}, that of LR")
    if sr.dtype.kind == "f" and not np.isfinite(sr).all():
        raise MethodError(f"returned {np.count_nonzero(~np.isfinite(sr))} values that are NaN or infinite")
    return sr
