"""Does SR lie where LR lies: not shifted, stretched, turned or mirrored?"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from srbench.checking.remarks import Remark
from srbench.quality.alignment import channels
from srbench.quality.alignment import shift as shifts
from srbench.quality.image import from_255, is_grey, on_255
from srbench.quality.resize import imresize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from srbench.checking.subject import Sample, Subject
    from srbench.quality.alignment.shift import Shift
    from srbench.quality.image import Image

TOLERANCE = 0.1
"""Pixels of SR: nearest neighbours, scikit-image's splines and trained networks stay within 0.03 of where they should be."""

STRETCH = 0.4
"""Pixels of SR by which its content may be larger: align_corners makes factor - 1; gamma looks like 0.2."""

_TURNS: dict[str, Callable[[Image], Image]] = {
    "mirrored left to right": lambda image: image[:, ::-1],
    "upside down": lambda image: image[::-1],
    "turned by 180 degrees": lambda image: image[::-1, ::-1],
    "transposed (rows and columns swapped)": lambda image: image.swapaxes(0, 1),
    "turned by 90 degrees": np.rot90,
    "turned by 270 degrees": lambda image: np.rot90(image, 3),
}


def bicubic(sample: Sample, factor: int) -> NDArray[np.float64]:
    """Return LR enlarged by MATLAB's bicubic, neither rounded nor clipped, on 0..255: it lies where SR should."""
    return imresize(on_255(sample.pixels), factor)


def shift(subject: Subject) -> Iterator[Remark]:
    """SR is compared with LR enlarged by bicubic: where does its content lie?"""
    samples = subject.photographs()
    results = [_in_order(sample, subject.sr(sample).copy(), subject.factor) for sample in samples]
    images = f"{len(samples)} photographs, the first {samples[0].name}"
    if turned := _turned(samples, results, subject.factor):
        yield Remark(
            f"SR is {turned}", "compare the order of axes, and of what is flipped, before and after the network", images
        )
        return
    found = [_shift(sample, sr, subject.factor) for sample, sr in zip(samples, results, strict=True)]
    known = [each for each in found if each is not None]
    if len(known) * 2 <= len(samples):
        yield Remark(
            "SR has nothing in common with LR, so that no shift can be measured", "look at an SR image", images
        )
        return
    yield from _remarks(known, subject.factor, images)


def _remarks(known: Sequence[Shift], factor: int, images: str) -> Iterator[Remark]:
    down, right, taller, wider = (median(each) for each in zip(*known, strict=True))
    if max(abs(down), abs(right)) > TOLERANCE:
        place = " and ".join(filter(None, [_way(down, "down", "up"), _way(right, "right", "left")]))
        yield Remark(f"SR is shifted {place} (px of SR)", _shift_advice(down, right, factor), images)
    if max(abs(taller), abs(wider)) > STRETCH:
        size = f"{taller:+.2f} px in height and {wider:+.2f} px in width"
        yield Remark(
            f"SR's content is stretched about its centre by {size}",
            "SR's pixel i lies at (i + 1/2) / factor - 1/2 of LR: pass align_corners=False, or the scale itself"
            " instead of a quotient of sizes",
            images,
        )


def _way(distance: float, positive: str, negative: str) -> str:
    return f"{positive if distance > 0 else negative} by {abs(distance):.2f}" if abs(distance) > TOLERANCE else ""


def _shift_advice(down: float, right: float, factor: int) -> str:
    centre = (factor - 1) / 2
    if all(abs(abs(each) - centre) < TOLERANCE for each in (down, right)):
        return (
            f"({centre:g} px is what SR's pixel i makes that was taken from i / factor of LR:"
            " its centre lies at (i + 1/2) / factor - 1/2)"
        )
    return "compare how LR was made of HR where the method was trained, what is padded, and what is cut off after it"


def _in_order(sample: Sample, sr: Image, factor: int) -> Image:
    """Return SR with its channels as R, G and B: another check says where they are not."""
    if is_grey(sr) or sr.shape != (*(side * factor for side in sample.pixels.shape[:2]), 3):
        return sr
    return channels.undo(sr, channels.find(from_255(bicubic(sample, factor), np.dtype(np.float64)), sr))


def _shift(sample: Sample, sr: Image, factor: int) -> Shift | None:
    reference = from_255(bicubic(sample, factor), np.dtype(np.float64))
    return shifts.find(reference, sr, factor)


def _turned(samples: Sequence[Sample], results: Sequence[Image], factor: int) -> str:
    """Return how SR is turned, in words; empty where it is as LR is, or like nothing."""
    plain = _likeness(samples, results, factor, lambda image: image)
    like = {name: _likeness(samples, results, factor, turn) for name, turn in _TURNS.items()}
    best = max(like, key=lambda name: like[name])
    return best if like[best] > max(plain + 0.2, 0.7) else ""  # correlations


def _likeness(
    samples: Sequence[Sample], results: Sequence[Image], factor: int, turn: Callable[[Image], Image]
) -> float:
    """Return the mean correlation of SR's grey with that of LR, turned and enlarged."""
    each = []
    for sample, sr in zip(samples, results, strict=True):
        expected = turn(bicubic(sample, factor))
        if expected.shape != sr.shape:
            return 0.0
        pair = [_plane(image).ravel() for image in (expected, on_255(sr))]
        with np.errstate(invalid="ignore", divide="ignore"):
            each.append(np.nan_to_num(np.corrcoef(*pair)[0, 1]))
    return float(np.mean(each))


def _plane(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values if is_grey(values) else values.mean(axis=2)
