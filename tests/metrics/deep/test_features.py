"""Features: those of the whole image, whatever the strips and threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional

from srbench.errors import Unsupported
from srbench.metrics.deep import features
from srbench.metrics.deep.dists import halved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.metrics.deep.features import Network, Threads

Weights = dict[str, NDArray[Any]]


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def image(height: int, width: int) -> torch.Tensor:
    """Return random samples, (1, 3, height, width)."""
    return torch.from_numpy(np.random.default_rng(1).standard_normal((1, 3, height, width), np.float32))


def layers(network: Network, x: torch.Tensor) -> list[torch.Tensor]:
    """Return the features of each layer, (H, W, C)."""
    found: dict[int, list[torch.Tensor]] = {}
    with torch.inference_mode(), features.Threads() as threads:
        for layer, rows in network(x, threads):
            found.setdefault(layer, []).append(rows)
    return [torch.cat(found[layer]) for layer in sorted(found)]


def whole(weights: Weights, x: torch.Tensor, *, hann: bool) -> Iterator[torch.Tensor]:
    """Yield the features of VGG16 as torch computes them of a whole image."""
    number = 0
    kernel = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16
    for depth in (2, 2, 3, 3, 3):
        if number and hann:
            of_each = kernel.expand(x.shape[1], 1, 3, 3)
            x = (functional.conv2d(x**2, of_each, stride=2, padding=1, groups=x.shape[1]) + 1e-12).sqrt()
        elif number:
            x = functional.max_pool2d(x, 2)
        for _ in range(depth):
            weight, bias = (torch.from_numpy(weights[f"conv{number}.{part}"]) for part in ("weight", "bias"))
            x = functional.conv2d(x, weight, bias, padding=1).relu()
            number += 1
        yield x[0].permute(1, 2, 0)


@pytest.mark.parametrize("size", [(16, 16), (17, 40), (64, 21), (65, 16), (66, 33), (67, 18), (129, 24), (130, 16)])
@pytest.mark.parametrize("hann", [False, True])
def test_strips_give_what_the_whole_image_gives(vgg16_weights: Weights, size: tuple[int, int], hann: bool) -> None:
    """At every edge between strips, with either pool, and however many rows are left for the last one."""
    x = image(*size)
    found = layers(features.vgg16(vgg16_weights, halved if hann else features.maximum), x)
    for got, expected in zip(found, whole(vgg16_weights, x, hann=hann), strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-3, atol=1e-4)


def test_layers_of_alexnet(alexnet_weights: Weights) -> None:
    """Its five ReLUs; 31 pixels are the fewest with which the last has a feature."""
    found = layers(features.alexnet(alexnet_weights), image(31, 63))
    assert [tuple(each.shape) for each in found] == [
        *((7, 15, 64), (3, 7, 192), (1, 3, 384)),
        *((1, 3, 256), (1, 3, 256)),
    ]
    assert all(bool((each >= 0).all()) for each in found)


@pytest.mark.parametrize("size", [(39, 32), (91, 34), (70, 70)])
@pytest.mark.parametrize("network", ["alexnet", "vgg16"])
def test_bits_do_not_depend_on_threads(request: pytest.FixtureRequest, network: str, size: tuple[int, int]) -> None:
    """Where torch itself shares the work of a convolution, they do at these sizes."""
    weights = request.getfixturevalue(f"{network}_weights")
    made = features.alexnet(weights) if network == "alexnet" else features.vgg16(weights, features.maximum)
    found = []
    for threads in (1, 2, 4):
        torch.set_num_threads(threads)
        found.append(layers(made, image(*size)))
    assert all(torch.equal(a, b) for others in found[1:] for a, b in zip(found[0], others, strict=True))


def test_threads_are_as_before_afterwards() -> None:
    """Torch computes with one thread meanwhile, and an error ends that, too."""
    torch.set_num_threads(3)

    def alone() -> None:
        with features.Threads():
            assert torch.get_num_threads() == 1
            raise LookupError

    with pytest.raises(LookupError):
        alone()
    assert torch.get_num_threads() == 3


def test_results_are_a_few_ahead() -> None:
    """They come in order, and no more are computed than wait for being used: they take memory."""
    torch.set_num_threads(2)
    begun: list[int] = []

    def square(item: int) -> int:
        begun.append(item)
        return item * item

    with features.Threads() as threads:
        results = threads.map(square, range(20))
        assert [next(results), next(results)] == [0, 1]
        assert len(begun) <= 4
        assert list(results) == [item * item for item in range(2, 20)]


class Seen:
    """Sees the samples, and counts the images it has looked at."""

    def __init__(self) -> None:
        """Have seen nothing."""
        self.count = 0

    def __call__(self, x: torch.Tensor, _threads: Threads) -> features.Features:
        """Yield the samples as a layer."""
        self.count += 1
        yield 0, x[0].permute(1, 2, 0)


def pixels(value: int, side: int = 8) -> NDArray[np.uint8]:
    """Return an image of one colour."""
    return np.full((side, side, 3), value, np.uint8)


def test_the_last_reference_is_looked_at_once() -> None:
    """Another one, also of the same samples in another shape or type, is looked at anew."""
    seen = Seen()
    pairs = features.Pairs("X", 1, seen)
    for image in (pixels(1), pixels(2), pixels(3)):
        assert [float(ours.mean() * 255) for _, ours, _ in pairs(pixels(7), image)] == [pytest.approx(7)]
    assert seen.count == 4
    others = (pixels(8), pixels(7), pixels(7).reshape(4, 16, 3), pixels(7).reshape(4, 16, 3).view(np.int8))
    for count, reference in enumerate(others, 1):
        list(pairs(reference, reference))
        assert seen.count == 4 + 2 * count


def test_a_reference_that_changes_is_looked_at_anew() -> None:
    """Its samples are what is remembered, not the array."""
    pairs = features.Pairs("X", 1, Seen())
    reference = pixels(7)
    list(pairs(reference, pixels(1)))
    reference[:] = 9
    assert [round(float(ours.mean() * 255)) for _, ours, _ in pairs(reference, pixels(1))] == [9]


def test_features_of_a_large_reference_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would take more memory than all else."""
    monkeypatch.setattr(features, "KEPT", 63)
    seen = Seen()
    pairs = features.Pairs("X", 1, seen)
    for _ in range(2):
        list(pairs(pixels(7), pixels(1)))
    assert seen.count == 4


def test_small_images_are_refused() -> None:
    """The line says how large they are, and how large they would have to be."""
    with pytest.raises(Unsupported, match="image of 8x8 pixels is too small for X, which needs 16x16"):
        list(features.Pairs("X", 16, Seen())(pixels(1), pixels(1)))


@pytest.mark.parametrize("made", [np.flipud, np.fliplr, np.asfortranarray])
def test_arrays_may_lie_in_memory_in_any_way(made: Any) -> None:  # noqa: ANN401 - a function of numpy
    """Views that run backwards, and those that may not be written."""
    samples = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
    given = made(samples)
    given.flags.writeable = False
    (_, ours, theirs), *_ = features.Pairs("X", 1, Seen())(given, given)
    assert torch.equal(ours, theirs)
    assert np.array_equal(ours.numpy() * 255, given.astype(np.float32) / 255 * np.float32(255))
