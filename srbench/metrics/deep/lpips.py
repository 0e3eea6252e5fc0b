"""LPIPS of two images, from features of AlexNet or VGG16 and the weights of version 0.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from srbench.metrics.deep import features

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from srbench.quality.image import Image

_SHIFT, _SCALE = (torch.tensor(each).view(1, 3, 1, 1) for each in ((-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)))
"""Of R, G and B on -1..1."""

_TINY = 1e-10
"""Added to the length of the features of a pixel, which may be 0."""


class Lpips:
    """Computes LPIPS with one network: features of unit length, their squared differences weighted and averaged."""

    def __init__(self, network: features.Network, weights: Mapping[str, NDArray[Any]], least: int) -> None:
        """Compare the five layers of `network`; `least` is the shortest side with which the last one has features."""
        self._network = network
        self._heads = [torch.from_numpy(weights[f"head{layer}"]) for layer in range(5)]
        self._pairs = features.Pairs("LPIPS", least, self._seen)

    @torch.inference_mode()
    def __call__(self, reference: Image, image: Image) -> float:
        """Return the distance of two RGB images, (H, W, 3) on 0..255.

        Raises:
            Unsupported: they are too small for the network.

        """
        sums, counts = [0.0] * len(self._heads), [0] * len(self._heads)
        for layer, ours, theirs in self._pairs(reference, image):
            distances = ((ours - theirs).square_() * self._heads[layer]).sum(2)
            sums[layer] += float(distances.sum(1, dtype=torch.float64).sum())
            counts[layer] += distances.numel()
        return sum(total / count for total, count in zip(sums, counts, strict=True))

    def _seen(self, x: torch.Tensor, threads: features.Threads) -> features.Features:
        for layer, rows in self._network((2 * x - 1 - _SHIFT) / _SCALE, threads):
            yield layer, rows / (torch.linalg.vector_norm(rows, dim=2, keepdim=True) + _TINY)
