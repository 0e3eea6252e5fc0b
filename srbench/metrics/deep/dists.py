"""DISTS of two images, from features of VGG16 and the authors' weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from srbench.metrics.deep import features

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from srbench.quality.image import Image

LEAST = 16
"""Pixels of a side: VGG16 divides it by 16."""

_MEAN, _DEVIATION = (torch.tensor(each).view(1, 3, 1, 1) for each in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
"""Of R, G and B on 0..1."""

_C = 1e-6
"""Keeps quotients of features that do not vary at 1."""

_AT_ONCE = 2**17
"""Features in float64 that fit a core's cache."""

_HANN = torch.tensor((0.25, 0.5, 0.25))


class Dists:
    """Computes DISTS: how far means, and variances and covariances, of features over the whole image agree."""

    def __init__(self, vgg16: Mapping[str, NDArray[Any]], shares: Mapping[str, NDArray[Any]]) -> None:
        """Weight means by `alpha` and variances by `beta` of `shares`, (1475,) each: R, G, B, and all features."""
        weights = torch.stack([torch.from_numpy(shares[name]).double() for name in ("alpha", "beta")])
        self._shares = weights / weights.sum()
        self._network = features.vgg16(vgg16, halved)
        self._pairs = features.Pairs("DISTS", LEAST, self._seen)

    @torch.inference_mode()
    def __call__(self, reference: Image, image: Image) -> float:
        """Return the distance of two RGB images, (H, W, 3) on 0..255; they are not resized.

        Raises:
            Unsupported: they are too small for the network.

        """
        sums: dict[int, Tensor] = {}
        counts: dict[int, int] = {}
        for layer, ours, theirs in self._pairs(reference, image):
            sums[layer] = sums.get(layer, 0) + _moments(ours.flatten(0, 1), theirs.flatten(0, 1))
            counts[layer] = counts.get(layer, 0) + ours.shape[0] * ours.shape[1]
        similar = torch.cat([_similarities(each / counts[layer]) for layer, each in sums.items()], 1)
        return max(0.0, 1 - float((self._shares * similar).sum()))  # rounding may take it below

    def _seen(self, x: Tensor, threads: features.Threads) -> features.Features:
        yield 0, x[0].permute(1, 2, 0)
        for layer, rows in self._network((x - _MEAN) / _DEVIATION, threads):
            yield layer + 1, rows


def _moments(x: Tensor, y: Tensor) -> Tensor:
    """Return the sums over pixels of x, y, xx, yy and xy, (5, C) float64, of features (pixels, C)."""
    step = _AT_ONCE // x.shape[1]
    pieces = ((x[start : start + step].double(), y[start : start + step].double()) for start in range(0, len(x), step))
    return torch.stack([_sums(*each) for each in pieces]).sum(0)


def _sums(x: Tensor, y: Tensor) -> Tensor:
    return torch.stack([each.sum(0) for each in (x, y, x * x, y * y, x * y)])


def _similarities(moments: Tensor) -> Tensor:
    """Return how far the means agree, and the variances with the covariance, (2, C), of moments over pixels (5, C)."""
    x, y, xx, yy, xy = moments
    means = (2 * x * y + _C) / (x * x + y * y + _C)
    variances = (2 * (xy - x * y) + _C) / ((xx - x * x) + (yy - y * y) + _C)
    return torch.stack([means, variances])


def halved(rows: Tensor, above: int) -> Tensor:
    """Return the root of the weighted mean of squares around every other feature: L2 pooling with a Hann window of 3x3.

    Outside of the image there are zeros.
    """
    padded = functional.pad(rows.square(), (1, 1, 1 - above, 1))
    channels = rows.shape[1]
    kernel = (_HANN[:, None] * _HANN).expand(channels, 1, 3, 3)
    return functional.conv2d(padded, kernel, stride=2, groups=channels).add_(1e-12).sqrt_()
