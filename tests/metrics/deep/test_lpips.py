"""LPIPS: its formula, written plainly, with random weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from srbench.errors import Unsupported
from srbench.metrics.deep import features
from srbench.metrics.deep.lpips import Lpips

Weights = dict[str, NDArray[Any]]


@pytest.fixture(scope="module", params=["alexnet", "vgg16"])
def lpips(request: pytest.FixtureRequest) -> Lpips:
    """Return LPIPS with either network."""
    weights: Weights = request.getfixturevalue(f"{request.param}_weights")
    network = features.alexnet(weights) if request.param == "alexnet" else features.vgg16(weights, features.maximum)
    return Lpips(network, weights, 31)


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Return random RGB samples."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_formula(alexnet_weights: Weights) -> None:
    """0..255 become -1..1, then what the network was trained on; features are divided by their length at each pixel.

    Squared differences are weighted by the heads, summed over features, averaged over pixels, summed over layers.
    """
    network = features.alexnet(alexnet_weights)
    given = noise(40, 50), noise(40, 50, 1)

    def seen(image: NDArray[Any]) -> list[NDArray[Any]]:
        scaled = (image / 127.5 - 1 - (-0.030, -0.088, -0.188)) / (0.458, 0.448, 0.450)
        x = torch.from_numpy(scaled.astype(np.float32).transpose(2, 0, 1)[None])
        with torch.inference_mode(), features.Threads() as threads:
            layers = [rows.double().numpy() for _, rows in network(x, threads)]
        return [each / np.sqrt((each**2).sum(axis=2, keepdims=True)) for each in layers]

    distances = [np.square(a - b) for a, b in zip(*map(seen, given), strict=True)]
    expected = sum((each @ alexnet_weights[f"head{layer}"]).mean() for layer, each in enumerate(distances))
    assert Lpips(network, alexnet_weights, 31)(*given) == pytest.approx(expected, rel=1e-4)


def test_identical_images(lpips: Lpips) -> None:
    """They have distance 0, exactly; a black image, whose features have no length, too."""
    assert lpips(noise(40, 40), noise(40, 40)) == 0
    black = np.zeros((40, 40, 3), np.uint8)
    assert lpips(black, black) == 0


@pytest.mark.sampled
def test_images_may_change_places(lpips: Lpips) -> None:
    """To the last bit, and the features that are kept change nothing."""
    a, b = noise(90, 40), noise(90, 40, 1)
    there = lpips(a, b)
    assert there > 0
    assert [lpips(b, a), lpips(b, a), lpips(a, b)] == [there] * 3


def test_range_and_order_of_channels_count(lpips: Lpips) -> None:
    """What was read as BGR, or scaled to 0..1, has another distance: nobody guesses which was meant."""
    a, b = noise(40, 40), noise(40, 40, 1)
    assert lpips(a[..., ::-1], b[..., ::-1]) != pytest.approx(lpips(a, b), rel=1e-6)
    assert lpips(a / 255, b / 255) != pytest.approx(lpips(a, b), rel=1e-2)


def test_small_images_are_refused(lpips: Lpips) -> None:
    """The line says from which size on they are not."""
    with pytest.raises(Unsupported, match="image of 40x30 pixels is too small for LPIPS, which needs 31x31"):
        lpips(noise(30, 40), noise(30, 40))
