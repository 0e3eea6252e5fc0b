"""Does every size work, and does SR hold all of its LR at the place where it should be?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from srbench.checking.remarks import Remark, not_checked
from srbench.checking.subject import Failure, with_size
from srbench.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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

UNLIKE = 16.0
"""Levels of 255 by which a row or column of SR may differ between sizes, in the mean: align_corners makes 13."""

_USUAL = 64
"""LR pixels a side of what others are compared with."""

_MARGIN = 12
"""LR pixels before the ends of an image that are not compared: SR depends on the border there."""

_EVERY = "every size has to work, or be left out by srbench.Takes(minimum=, multiple=)"


def sizes(subject: Subject) -> Iterator[Remark]:
    """Upscale a photograph in many sizes, and compare each SR with that of the usual one, at two corners."""
    usual = subject.large(subject.side(_USUAL))
    refused: list[str] = []
    failed: dict[str, list[Sample]] = {}
    unlike: list[tuple[Sample, float]] = []
    for sample, beside, is_end in _pairs(subject, usual):
        try:
            distance = _distance(subject.levels(sample), subject.levels(beside), subject.factor, is_end=is_end)
        except Unsupported:
            refused.append(_size(sample.pixels))
        except Failure as failure:
            failed.setdefault(str(failure), []).append(sample)
        else:
            unlike += [(sample, distance)] if distance > UNLIKE else []
    yield from (Remark(reason, _EVERY, _named(samples)) for reason, samples in failed.items())
    if unlike:
        worst = max(distance for _, distance in unlike)
        yield Remark(
            f"SR differs from SR of {_size(usual.pixels)} where both images are the same: rows or columns by up to"
            f" {worst:.0f} levels of 255 in the mean",
            "give back SR of every row and column: pad LR to the size that is needed, cut the same off at the same side"
            " of SR, and do not stretch SR",
            _named([sample for sample, _ in unlike]),
        )
    if refused:
        yield not_checked(f"sizes that it does not take: {', '.join(dict.fromkeys(refused))}")


def _pairs(subject: Subject, usual: Sample) -> Iterator[tuple[Sample, Sample, bool]]:
    """Yield parts of a photograph, each beside one that begins where it begins, or (with True) ends where it ends."""
    name, side = usual.name.partition(",")[0], usual.pixels.shape[0]
    whole = subject.large(max(LARGE)).pixels
    for height, width in SIZES:
        yield with_size(name, whole[:height, :width].copy()), usual, False
        if min(height, width) > 2 * _MARGIN and max(height, width) <= side:
            yield with_size(name, usual.pixels[side - height :, side - width :].copy()), usual, True
    if subject.seconds_per_pixel * LARGE[0] * LARGE[1] < 1:
        large = with_size(name, whole[: LARGE[0], : LARGE[1]].copy())
        yield large, usual, False
        yield large, with_size(name, large.pixels[-side:, -side:].copy()), True


def _distance(sr: NDArray[np.float64], expected: NDArray[np.float64], factor: int, *, is_end: bool) -> float:
    """Return by how much LR's rows and columns differ at most, in the mean of each; 0 where there are too few.

    Those within the margin of the side where images are not the same are left out.
    """
    if is_end:
        sr, expected = sr[::-1, ::-1], expected[::-1, ::-1]
    height, width = (min(sides) // factor - _MARGIN for sides in zip(sr.shape[:2], expected.shape[:2], strict=True))
    if min(height, width) < _MARGIN:
        return 0.0
    inside = slice(height * factor), slice(width * factor)
    blocks = np.abs(sr[inside] - expected[inside]).reshape(height, factor, width, -1)
    return float(max(blocks.mean(axis=(1, 2, 3)).max(), blocks.mean(axis=(0, 1, 3)).max()))


def _named(samples: Sequence[Sample]) -> str:
    """Return what reports call samples of several sizes."""
    sizes = list(dict.fromkeys(_size(sample.pixels) for sample in samples))
    return samples[0].name + (f", and {', '.join(sizes[1:])}" if sizes[1:] else "")


def _size(pixels: Image) -> str:
    return f"{pixels.shape[1]}x{pixels.shape[0]}"
