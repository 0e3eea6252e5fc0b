"""Features of images: what layers of AlexNet and VGG16 make of them, as both were trained on ImageNet.

VGG16 sees an image in strips of rows, so that memory stays small; each feature is what the whole image would give.
Strips are what threads share: how torch's own threads share a convolution may decide the last bits of its result.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from srbench.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from srbench.quality.image import Image

T = TypeVar("T")

Features: TypeAlias = Iterator[tuple[int, Tensor]]
"""The number of a layer, from 0, and its features in some rows, (rows, W, C) float32; layers and rows come in order."""

Network: TypeAlias = Callable[[Tensor, "Threads"], Features]
"""Returns the features of an image, (1, 3, H, W) float32."""

Pool: TypeAlias = Callable[[Tensor, int], Tensor]
"""Halves the size of rows of features, (1, C, H, W), the first of which may be 1 row that is only there to look at."""

KEPT = 3_000_000
"""Pixels of the largest reference whose features are kept; those of VGG16 take 488 bytes a pixel, 1.4 GB then."""


class Threads:
    """As many threads as torch may use, in each of which it computes with one."""

    def __enter__(self) -> Self:
        """Start them."""
        self._count = torch.get_num_threads()
        self._pool = ThreadPoolExecutor(self._count, initializer=torch.set_num_threads, initargs=(1,))
        torch.set_num_threads(1)
        return self

    def __exit__(self, *_: object) -> None:
        """End them."""
        self._pool.shutdown(cancel_futures=True)
        torch.set_num_threads(self._count)

    def map(self, function: Callable[[int], T], items: Iterable[int]) -> Iterator[T]:
        """Yield `function` of each item, in order, computed a few items ahead: results take memory."""
        waiting: deque[Future[T]] = deque()
        for item in items:
            waiting.append(self._pool.submit(torch.inference_mode()(function), item))
            if len(waiting) > self._count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class Convolution(NamedTuple):
    """A convolution and a ReLU."""

    weight: Tensor
    bias: Tensor
    stride: int = 1
    padding: int = 1

    def __call__(self, x: Tensor) -> Tensor:
        """Return features, (1, C, H, W), none below 0."""
        return functional.conv2d(x, self.weight, self.bias, self.stride, self.padding).relu_()


def alexnet(weights: Mapping[str, NDArray[Any]]) -> Network:
    """Return the network whose layers are its five ReLUs, of 64, 192, 384, 256 and 256 features; it uses one thread."""
    first, second, *others = _convolutions(weights, {0: (4, 2), 1: (1, 2)})

    def network(x: Tensor, _threads: Threads) -> Features:
        x = first(x)
        yield 0, _as_rows(x)
        x = second(functional.max_pool2d(x, 3, 2))
        yield 1, _as_rows(x)
        x = functional.max_pool2d(x, 3, 2)
        for number, convolution in enumerate(others, 2):
            x = convolution(x)
            yield number, _as_rows(x)

    return network


class Stage(NamedTuple):
    """Convolutions of 3x3 at one size, and how the next size is made."""

    convolutions: Sequence[Convolution]
    pool: Pool | None
    rows: int
    """Of a strip, an even number. The more, the less is computed twice; the fewer, the more threads have work."""

    def __call__(self, x: Tensor, threads: Threads) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield features of `x`, (1, C, H, W), and what the pool makes of them, strip by strip."""
        starts = range(0, max(x.shape[2] - 1, 1), self.rows)  # the last row has a pair, for the pool
        return threads.map(lambda start: self._strip(x, start), starts)

    def _strip(self, x: Tensor, start: int) -> tuple[Tensor, Tensor]:
        height = x.shape[2]
        end = start + self.rows if start + self.rows < height - 1 else height
        above, reach = min(start, 1), len(self.convolutions)
        top = max(0, start - above - reach)
        y = x[:, :, top : end + reach]
        for convolution in self.convolutions:
            y = convolution(y)
        y = y[:, :, start - above - top : end - top]
        return y[:, :, above:], self.pool(y, above) if self.pool else y[:, :, :0]


def vgg16(weights: Mapping[str, NDArray[Any]], pool: Pool) -> Network:
    """Return the network whose layers are the last ReLU of each size, of 64, 128, 256, 512 and 512 features."""
    convolutions = iter(_convolutions(weights))
    plan = ((2, 64, pool), (2, 64, pool), (3, 32, pool), (3, 16, pool), (3, 16, None))
    stages = [Stage([next(convolutions) for _ in range(depth)], pool, rows) for depth, rows, pool in plan]

    def network(x: Tensor, threads: Threads) -> Features:
        for number, stage in enumerate(stages):
            halves = []
            for rows, half in stage(x, threads):
                yield number, _as_rows(rows)
                halves.append(half)
            x = torch.cat(halves, 2)

    return network


def maximum(rows: Tensor, above: int) -> Tensor:
    """Return the maximum of each 2x2, as VGG16 was trained."""
    return functional.max_pool2d(rows[:, :, above:], 2)


def _convolutions(
    weights: Mapping[str, NDArray[Any]], others: Mapping[int, tuple[int, int]] | None = None
) -> list[Convolution]:
    """Return the convolutions, `conv0` first; `others` has strides and paddings that are not 1."""
    count = sum(name.startswith("conv") for name in weights) // 2
    return [
        Convolution(
            torch.from_numpy(weights[f"conv{number}.weight"]).contiguous(memory_format=torch.channels_last),
            torch.from_numpy(weights[f"conv{number}.bias"]),
            *(others or {}).get(number, ()),
        )
        for number in range(count)
    ]


def _as_rows(x: Tensor) -> Tensor:
    return x[0].permute(1, 2, 0)


class Pairs:
    """Features of a reference and an image, side by side; those of the last reference are kept for the next image."""

    def __init__(self, name: str, least: int, seen: Network) -> None:
        """Compare images of at least `least` pixels a side, for the metric `name`, by what is `seen` in each.

        `seen` is given samples on 0..1, (1, 3, H, W).
        """
        self._name = name
        self._least = least
        self._seen = seen
        self._kept: tuple[bytes, tuple[str | int, ...], list[tuple[int, Tensor]]] = b"", (), []

    def __call__(self, reference: Image, image: Image) -> Iterator[tuple[int, Tensor, Tensor]]:
        """Yield the number of a layer, and the features of both in the same rows; samples are (H, W, 3) on 0..255.

        Raises:
            Unsupported: the images are too small for the network.

        """
        height, width = reference.shape[:2]
        if min(height, width) < self._least:
            size = f"{self._least}x{self._least}"
            raise Unsupported(f"image of {width}x{height} pixels is too small for {self._name}, which needs {size}")
        with Threads() as threads:
            both = self._of_reference(reference, threads), self._of(image, threads)
            for (layer, ours), (_, theirs) in zip(*both, strict=True):
                yield layer, ours, theirs

    def _of(self, image: Image, threads: Threads) -> Features:
        samples = torch.from_numpy(np.array(image, np.float32, order="C")).permute(2, 0, 1)[None]
        return self._seen(samples / 255, threads)

    def _of_reference(self, reference: Image, threads: Threads) -> Features:
        if reference.shape[0] * reference.shape[1] > KEPT:
            return self._of(reference, threads)
        key = reference.tobytes(), (reference.dtype.str, *reference.shape)
        if self._kept[:2] != key:
            self._kept = b"", (), []  # memory holds one at a time
            self._kept = *key, list(self._of(reference, threads))
        return iter(self._kept[2])
