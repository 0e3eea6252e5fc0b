"""The choices of SSIM, and its value under them.

A boundary is what the images continue with beyond their edges, so it is a margin that is added to both, and all windows
lie inside the images. The other choices, too, are steps before or within one formula.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from srbench.errors import Unsupported, UsageError
from srbench.quality import choices, metrics

if TYPE_CHECKING:
    from collections.abc import Callable

Samples: TypeAlias = NDArray[Any]

_PEAK = 255.0
_SMALLEST, _LARGEST, _NARROWEST = 2, 255, 0.1
_C1, _C2 = (0.01 * _PEAK) ** 2, (0.03 * _PEAK) ** 2

_BORDERS = {
    "replicate": cv2.BORDER_REPLICATE,
    "symmetric": cv2.BORDER_REFLECT,
    "reflect101": cv2.BORDER_REFLECT_101,
}


@dataclass(frozen=True)
class Ssim:
    """The choices of SSIM. The default is that of Wang et al. 2004, as MATLAB's `ssim_index`; K = (0.01, 0.03).

    Raises:
        UsageError: choices that there are not.

    """

    window: Literal["gauss", "box"] = "gauss"
    size: int = metrics.WINDOW
    """Side of the window in pixels."""
    sigma: float = 1.5
    """Of the Gaussian window."""
    boundary: Literal["valid", "replicate", "symmetric", "reflect101"] = "valid"
    """`valid`: only windows inside the image; else what the image continues with beyond its edges."""
    covariance: Literal["population", "sample"] = "population"
    """`sample`: variances and the covariance are divided by the number of pixels in the window, less 1."""
    downsampled: bool = False
    """Whether both images are averaged first over squares of round(shorter side / 256) pixels."""
    negative: Literal["kept", "cut"] = "kept"
    """`cut`: where the factor of contrast and structure is negative, it counts as 0."""
    border: Literal["before", "after"] = "before"
    """Whether the border is cut from the images, before windows are laid over them, or after that from the map."""

    def __post_init__(self) -> None:
        """Refuse windows and boundaries that there are not."""
        choices.check(self)
        if not _SMALLEST <= self.size <= _LARGEST:
            raise UsageError(f"size is {self.size!r}, expected {_SMALLEST} to {_LARGEST} pixels")
        if not _NARROWEST <= self.sigma <= _LARGEST:
            raise UsageError(f"sigma is {self.sigma!r}, expected {_NARROWEST} to {_LARGEST} pixels")

    def value(self, a: Samples, b: Samples, cut: int = 0) -> float:
        """Return the mean SSIM of two images on 0..255, of which `cut` pixels are left out at each side.

        Args:
            a: (H, W) or (H, W, C), uint8 or float64. The result is the mean over the channels.
            b: the other image, of the same shape.
            cut: pixels of the border.

        Raises:
            Unsupported: what is left is smaller than the window.
            ImageError: as `metrics.ssim`.

        """
        steps: list[Callable[[Samples], Samples]] = [lambda image: inner(image, cut), self._continued]
        for step in steps if self.border == "before" else reversed(steps):
            a, b = step(a), step(b)
        if self.downsampled:
            a, b = _averaged(a), _averaged(b)
        if min(a.shape[:2]) < self.size:
            side = "x".join(map(str, reversed(a.shape[:2])))
            raise Unsupported(f"{side} pixels are too small for SSIM, which needs {self.size}x{self.size}")
        return metrics.ssim(a, b) if self._is_usual else self._mean(a, b)

    @property
    def _is_usual(self) -> bool:
        """Tell whether what is left to compute is what `metrics` computes fast."""
        return replace(self, boundary="valid", downsampled=False, border="before") == WANG

    def _continued(self, image: Samples) -> Samples:
        """Return the image with what it continues with beyond its edges: half a window."""
        if self.boundary == "valid":
            return image
        side = self.size // 2
        return np.asarray(cv2.copyMakeBorder(image, side, side, side, side, _BORDERS[self.boundary]))

    def _mean(self, a: Samples, b: Samples) -> float:
        """Return the mean over all windows inside the images, and over the channels."""
        a, b = (image.reshape(*image.shape[:2], -1).astype(np.float64) for image in (a, b))
        channels = range(a.shape[2])
        return math.fsum(self._mean_of_channel(a[..., each], b[..., each]) for each in channels) / len(channels)

    def _mean_of_channel(self, a: Samples, b: Samples) -> float:
        # of s = a + b and d = a - b four filtered images are needed, not five: see `metrics._similarity`
        light, contrast = self._moments(a + b)
        light_gap, error = self._moments(a - b)
        factor = (contrast - error + 2 * _C2) / (contrast + error + 2 * _C2)
        if self.negative == "cut":
            factor = np.maximum(factor, 0)
        return float(np.mean((light - light_gap + 2 * _C1) / (light + light_gap + 2 * _C1) * factor))

    def _moments(self, image: Samples) -> tuple[Samples, Samples]:
        """Return the squared mean and the variance of each window inside the image."""
        squared = self._filtered(image) ** 2
        variance = self._filtered(image * image) - squared
        if self.covariance == "sample":
            variance *= self.size**2 / (self.size**2 - 1)
        return squared, variance

    def _filtered(self, image: Samples) -> Samples:
        """Return the weighted mean of each window inside the image."""
        kernel = self._kernel
        before, after = (self.size - 1) // 2, self.size // 2
        filtered = np.asarray(cv2.sepFilter2D(image, -1, kernel, kernel, anchor=(before, before)))
        return filtered[before : len(image) - after, before : image.shape[1] - after]

    @property
    def _kernel(self) -> Samples:
        """Return the weights of the window along a side."""
        at = np.arange(self.size) - (self.size - 1) / 2
        weights = np.exp(-(at**2) / (2 * self.sigma**2)) if self.window == "gauss" else np.ones(self.size)
        kernel: Samples = weights / weights.sum()
        return kernel


WANG = Ssim()


def inner(image: Samples, cut: int) -> Samples:
    """Return the image without `cut` pixels at each side."""
    height, width = image.shape[:2]
    return image[cut : height - cut, cut : width - cut]


def _averaged(image: Samples) -> Samples:
    """Return the means of squares of round(shorter side / 256) pixels; what is left over is cut off."""
    side = max(1, round(min(image.shape[:2]) / 256))
    height, width = (length // side for length in image.shape[:2])
    whole = image[: height * side, : width * side].astype(np.float64)
    means: Samples = whole.reshape(height, side, width, side, -1).mean(axis=(1, 3))
    return means.reshape(height, width, *image.shape[2:])
