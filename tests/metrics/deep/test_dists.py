"""DISTS: its formula, written plainly, with random weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from srbench.errors import Unsupported
from srbench.metrics.deep import features
from srbench.metrics.deep.dists import Dists, halved

Weights = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def dists(vgg16_weights: Weights, shares: Weights) -> Dists:
    """Return DISTS that sees nonsense."""
    return Dists(vgg16_weights, shares)


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Return random RGB samples."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.slow
def test_formula(vgg16_weights: Weights) -> None:
    """R, G, B on 0..1 are the first layer; the network sees them less their mean, by their deviation.

    Means are weighted by alpha, variances and covariances by beta, both divided by the sum of all.
    """
    rng = np.random.default_rng(3)
    alpha, beta = rng.random((2, 1475)).astype(np.float32)
    network = features.vgg16(vgg16_weights, halved)
    given = noise(70, 40), noise(70, 40, 1)

    def seen(image: NDArray[Any]) -> list[NDArray[Any]]:
        scaled = (image / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
        x = torch.from_numpy(scaled.astype(np.float32).transpose(2, 0, 1)[None])
        layers: list[list[NDArray[Any]]] = [[] for _ in range(5)]
        with torch.inference_mode(), features.Threads() as threads:
            for layer, rows in network(x, threads):
                layers[layer].append(rows.double().numpy())
        return [image / 255, *map(np.concatenate, layers)]

    quotients = []
    for a, b in zip(*map(seen, given), strict=True):
        x, y = a.mean((0, 1)), b.mean((0, 1))
        covariance = ((a - x) * (b - y)).mean((0, 1))
        texture = (2 * x * y + 1e-6) / (x**2 + y**2 + 1e-6)
        quotients.append((texture, (2 * covariance + 1e-6) / (a.var((0, 1)) + b.var((0, 1)) + 1e-6)))
    textures, structures = (np.concatenate(each) for each in zip(*quotients, strict=True))
    expected = 1 - (alpha @ textures + beta @ structures) / (alpha.sum() + beta.sum())
    assert Dists(vgg16_weights, {"alpha": alpha, "beta": beta})(*given) == pytest.approx(expected, abs=1e-5)


def test_identical_images(dists: Dists) -> None:
    """Their distance is 0, and not below by rounding; flat ones, whose features hardly vary, are no exception."""
    flat = np.full((40, 40, 3), 128, np.uint8)
    for image in (noise(40, 40), flat):
        assert 0 <= dists(image, image) < 1e-12


@pytest.mark.slow
def test_images_may_change_places(dists: Dists) -> None:
    """To the last bit, and the features that are kept change nothing."""
    a, b = noise(90, 40), noise(90, 40, 1)
    there = dists(a, b)
    assert there > 0
    assert [dists(b, a), dists(b, a), dists(a, b)] == [there] * 3


@pytest.mark.slow
def test_bits_do_not_depend_on_threads(dists: Dists) -> None:
    """Sums over pixels are made in one order, too."""
    before = torch.get_num_threads()
    found = set()
    try:
        for threads in (1, 2, 4):
            torch.set_num_threads(threads)
            dists(noise(16, 16), noise(16, 16))  # another reference: the next one's features are computed again
            found.add(dists(noise(39, 32), noise(39, 32, 1)))
    finally:
        torch.set_num_threads(before)
    assert len(found) == 1


def test_small_images_are_refused(dists: Dists) -> None:
    """The line says from which size on they are not."""
    with pytest.raises(Unsupported, match="image of 40x15 pixels is too small for DISTS, which needs 16x16"):
        dists(noise(15, 40), noise(15, 40))


def test_pool_is_a_hann_window() -> None:
    """A lone 1 counts 1/4 where it is in the middle of a window, and 1/16 in the four it is a corner of."""
    one = torch.zeros(1, 1, 8, 8)
    one[0, 0, 2, 2] = 1
    assert halved(one, 0)[0, 0].square().round(decimals=4).tolist()[1] == [0, 0.25, 0, 0]
    one = torch.zeros(1, 1, 8, 8)
    one[0, 0, 3, 3] = 1
    assert halved(one, 0)[0, 0, 1:3, 1:3].square().round(decimals=4).flatten().tolist() == [0.0625] * 4
