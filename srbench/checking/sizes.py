"""Does every size work, and does SR hold all of its LR at the place where it should be?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from srbench.checking.remarks import Remark, not_checked
from srbench.checking.subject import Failure, with_size
from srbench.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from srbench.checking.subject import Sample, Subject
    from srbench.quality.image import Image

SIZES = (
    (1, 1),
    (1, 2),
    (2, 3),
    (3, 5),
    (1, 40),
    (40, 1),
    (7, 7),
    (13, 11),
    (31, 37),
    (50, 34),
    (61, 53),
    (5, 257),
    (260, 6),
)
"""Heights and widths in LR pixels: one pixel, one row, primes, twice primes, and more than a byte counts."""

LARGE = (515, 517)
"""Beyond the side of usual tiles; for methods that are fast enough."""

UNLIKE = 6.0
"""Levels of 255 by which SR of the same corner may differ between sizes, in the mean."""

_USUAL = 64
"""LR pixels a side of what others are compared with."""

_MARGIN = 12
"""LR pixels before the ends of an image that are not compared: SR depends on the border there."""


_EVERY = "every size has to work, or be left out by srbench.Takes(minimum=, multiple=)"


def sizes(subject: Subject) -> Iterator[Remark]:
    """Upscale a photograph in many sizes, and compare each SR with its LR."""
    usual = subject.large(subject.side(_USUAL))
    expected = subject.levels(usual)
    refused: list[str] = []
    for sample in _samples(subject):
        try:
            distance = _distance(subject.levels(sample), expected, subject.factor)
        except Unsupported:
            refused.append(_size(sample.pixels))
            continue
        except Failure as failure:
            yield Remark(str(failure), _EVERY, sample.name)
            continue
        if distance > UNLIKE:
            yield Remark(
                f"SR of this size is another than SR of {_size(usual.pixels)}, of the same pixels at the top left:"
                f" by {distance:.0f} levels of 255 in the mean",
                "cut off what was padded at the side where it was padded, and do not stretch SR to its size",
                sample.name,
            )
    if refused:
        yield not_checked(f"sizes that it does not take: {', '.join(refused)}")


def _samples(subject: Subject) -> Iterator[Sample]:
    name, whole = subject.large(max(LARGE))
    fast = subject.seconds_per_pixel * LARGE[0] * LARGE[1] < 1
    for height, width in (*SIZES, *((LARGE,) if fast else ())):
        yield with_size(name.partition(",")[0], whole[:height, :width].copy())


def _distance(sr: NDArray[np.float64], expected: NDArray[np.float64], factor: int) -> float:
    """Return how far two SR are from each other where both images are the same, the last pixels left out; else 0."""
    height, width = (min(sides) - _MARGIN * factor for sides in zip(sr.shape[:2], expected.shape[:2], strict=True))
    if min(height, width) < _MARGIN * factor:
        return 0.0
    return float(np.abs(sr[:height, :width] - expected[:height, :width]).mean())


def _size(pixels: Image) -> str:
    return f"{pixels.shape[1]}x{pixels.shape[0]}"
