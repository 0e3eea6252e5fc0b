"""Does every size work, and does SR hold all of its LR at the place where it should be?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from srbench.checking.remarks import Remark, not_checked
from srbench.checking.subject import Failure, with_size
from srbench.errors import Unsupported
from srbench.quality.image import on_255

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

_WORSE, _LEAST = 1.6, 3.0
"""How many times, and how many levels, SR of one size may be farther from its LR than of another."""

_WIDE = 30
"""LR pixels from which on SR of a size is looked at: of less there is no telling."""


def sizes(subject: Subject) -> Iterator[Remark]:
    """Upscale a photograph in many sizes, and compare each SR with its LR."""
    usual = subject.large(subject.side(48))
    limit = max(_distance(subject, usual) * _WORSE, _LEAST)
    refused: list[str] = []
    for sample in _samples(subject):
        try:
            distance = _distance(subject, sample)
        except Unsupported:
            refused.append(_size(sample.pixels))
            continue
        except Failure as failure:
            yield Remark(
                str(failure), "every size has to work, or be left out by srbench.Takes(minimum=, multiple=)", sample.name
            )
            continue
        if min(sample.pixels.shape[:2]) >= _WIDE and distance > limit:
            yield Remark(
                f"SR of this size does not show its LR: shrunk back, it is {distance:.0f} levels of 255 off,"
                f" where that of {_size(usual.pixels)} is {limit / _WORSE:.0f}",
                "cut off what was padded at the side where it was padded, and do not stretch SR to its size",
                sample.name,
            )
    if refused:
        yield not_checked(f"sizes that it does not take: {', '.join(refused)}")


def _samples(subject: Subject) -> Iterator[Sample]:
    whole = subject.large(max(LARGE)).pixels
    fast = subject.seconds_per_pixel * LARGE[0] * LARGE[1] < 1
    for height, width in (*SIZES, *((LARGE,) if fast else ())):
        yield with_size("photograph astronaut", whole[:height, :width].copy())


def _distance(subject: Subject, sample: Sample) -> float:
    """Return how far SR, shrunk by means over squares, is from LR: root mean square, in levels of 255."""
    shrunk = _shrunk(subject.levels(sample), subject.factor)
    return float(np.sqrt(np.mean((shrunk - on_255(sample.pixels)) ** 2)))


def _shrunk(sr: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    height, width = sr.shape[0] // factor, sr.shape[1] // factor
    return np.asarray(sr.reshape(height, factor, width, factor, *sr.shape[2:]).mean(axis=(1, 3)))


def _size(pixels: Image) -> str:
    return f"{pixels.shape[1]}x{pixels.shape[0]}"
