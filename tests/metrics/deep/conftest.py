"""Networks of the real shapes with random weights: what they see is nonsense, but computed as in earnest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHAPES = {
    "alexnet": ((64, 3, 11), (192, 64, 5), (384, 192, 3), (256, 384, 3), (256, 256, 3)),
    "vgg16": tuple(
        (out, into, 3)
        for into, out in (
            *((3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256)),
            *((256, 512), *[(512, 512)] * 5),
        )
    ),
}
HEADS = {"alexnet": (64, 192, 384, 256, 256), "vgg16": (64, 128, 256, 512, 512)}


def random_weights(network: str) -> dict[str, NDArray[Any]]:
    """Return weights that keep the size of signals, and heads that are not negative."""
    rng = np.random.default_rng(0)
    found = {f"head{layer}": rng.random(count, np.float32) / count for layer, count in enumerate(HEADS[network])}
    for number, (out, into, side) in enumerate(SHAPES[network]):
        weight = rng.standard_normal((out, into, side, side), np.float32) * np.sqrt(2 / (into * side**2))
        found |= {f"conv{number}.weight": weight.astype(np.float32), f"conv{number}.bias": np.zeros(out, np.float32)}
    return found


@pytest.fixture(scope="session")
def alexnet_weights() -> dict[str, NDArray[Any]]:
    """Return random weights of AlexNet, with heads of LPIPS."""
    return random_weights("alexnet")


@pytest.fixture(scope="session")
def vgg16_weights() -> dict[str, NDArray[Any]]:
    """Return random weights of VGG16, with heads of LPIPS."""
    return random_weights("vgg16")


@pytest.fixture(scope="session")
def shares() -> dict[str, NDArray[Any]]:
    """Return equal weights of all features of DISTS."""
    return dict.fromkeys(("alpha", "beta"), np.full(1475, 1 / 2950, np.float32))
