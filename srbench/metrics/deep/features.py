"""Features of images: what layers of AlexNet and VGG16 make of them, as both were trained on ImageNet.

VGG16 sees an image in strips of rows, so that memory stays small; each feature is what the whole image would give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from srbench.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from srbench.quality.image import Image

Features: TypeAlias = Iterator[tuple[int, Tensor]]
"""The number of a layer, from 0, and its features in some rows, (rows, W, C) float32: of each layer all rows, in order."""

Network: TypeAlias = Callable[[Tensor], Features]
"""Returns the features of an image, (1, 3, H, W) float32."""

Pool: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""Halves the size of rows of features, (1, C, H, W); the first argument is the row above them, without rows at the top."""

ROWS = 64
"""Rows of a strip, an even number: 33 MB of VGG16's first layer where the image is 2040 pixels wide."""

KEPT = 3_000_000
"""Pixels of the largest reference whose features are kept; those of VGG16 take 488 bytes a pixel, 1.4 GB then."""


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
    """Return the network whose layers are its five ReLUs, of 64, 192, 384, 256 and 256 features."""
    first, second, *others = _convolutions(weights, {0: (4, 2), 1: (1, 2)})

    def network(x: Tensor) -> Features:
        x = first(x)
        yield 0, _as_rows(x)
        x = second(functional.max_pool2d(x, 3, 2))
        yield 1, _as_rows(x)
        x = functional.max_pool2d(x, 3, 2)
        for number, convolution in enumerate(others, 2):
            x = convolution(x)
            yield number, _as_rows(x)

    return network


def vgg16(weights: Mapping[str, NDArray[Any]], pool: Pool | None = None) -> Network:
    """Return the network whose layers are the last ReLU of each size, of 64, 128, 256, 512 and 512 features.

    Between sizes it takes the maximum of 2x2, unless there is another `pool`.
    """
    convolutions = iter(_convolutions(weights))
    sizes = [[next(convolutions) for _ in range(length)] for length in (2, 2, 3, 3, 3)]

    def network(x: Tensor) -> Features:
        for number, size in enumerate(sizes):
            halves = []
            for above, rows in _strips(size, x):
                yield number, _as_rows(rows)
                if number + 1 < len(sizes):
                    halves.append((pool or _maximum)(above, rows))
            x = torch.cat(halves, 2) if halves else x

    return network


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


def _strips(convolutions: Sequence[Convolution], x: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield what convolutions of 3x3 make of `x`, strip by strip: the row above, and the rows."""
    height, reach = x.shape[2], len(convolutions)
    for start in range(0, max(height - 1, 1), ROWS):
        end = start + ROWS if start + ROWS < height - 1 else height  # the last row has a pair, for the pool
        top = max(0, start - 1 - reach)
        y = x[:, :, top : end + reach]
        for convolution in convolutions:
            y = convolution(y)
        yield y[:, :, max(0, start - 1) - top : start - top], y[:, :, start - top : end - top]


def _maximum(_above: Tensor, rows: Tensor) -> Tensor:
    return functional.max_pool2d(rows, 2)


def _as_rows(x: Tensor) -> Tensor:
    return x[0].permute(1, 2, 0)


class Pairs:
    """Features of a reference and an image, side by side; those of the last reference are kept for the next image."""

    def __init__(self, name: str, least: int, seen: Callable[[Tensor], Features]) -> None:
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
        for (layer, ours), (_, theirs) in zip(self._of_reference(reference), self._of(image), strict=True):
            yield layer, ours, theirs

    def _of(self, image: Image) -> Features:
        return self._seen(torch.from_numpy(np.array(image, np.float32, order="C")).permute(2, 0, 1)[None] / 255)

    def _of_reference(self, reference: Image) -> Features:
        if reference.shape[0] * reference.shape[1] > KEPT:
            return self._of(reference)
        key = reference.tobytes(), (reference.dtype.str, *reference.shape)
        if self._kept[:2] != key:
            self._kept = b"", (), []  # memory holds one at a time
            self._kept = *key, list(self._of(reference))
        return iter(self._kept[2])
