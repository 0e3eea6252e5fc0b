"""Are SR's values those that LR's stand for: channels, range, rounding, overshoot, alike for every kind of image?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from srbench import model_files
from srbench.checking.geometry import in_order
from srbench.checking.remarks import Remark, not_checked
from srbench.checking.subject import SIDE, Sample, as_kind, enlarged, with_size
from srbench.quality.alignment import channels, levels
from srbench.quality.image import from_255, is_grey, on_255, stacked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from srbench.checking.subject import Subject
    from srbench.quality.alignment.levels import Levels
    from srbench.quality.image import Image

NOTICEABLE = 4.0
"""Levels of 255, in the mean, by which a map of values moves them at least: a network's own bias is below 1."""

UNLIKE = 3.0, 5.0
"""Levels of 255 by which SR of the same content may differ, in the mean: in 8 bits and floats; as grey and RGB, where a
network of luma may be fed 0..255 of one and 16..235 of the other."""

_OF_FILE = ": the option range=1 or range=255 says which it is fed; without it, that is measured"

_FEW = 0.01
"""The share of values at the wrong end that a network may make by itself."""

WRAPPED = 128.0
"""Levels of 255: what leaves 0..255 comes back at the other end, about 256 away."""

_HALF = 0.4, 0.6
_ABOUT_HALF = 0.25, 0.75
"""The bias of results that are rounded down, in levels: in the mean over images, and of each."""


def colour(subject: Subject) -> Iterator[Remark]:
    """Are R, G and B in the order in which they came?"""
    for kind in subject.some("RGB"):
        pairs = subject.pairs(kind)
        order = channels.likeliest(channels.unlike(reference, sr) for reference, sr in pairs)
        if order != channels.RGB:
            yield Remark(
                f"SR's channels are {channels.spelled(order)}, expected RGB",
                "OpenCV reads and writes BGR: swap with image[..., ::-1] before and after what needs it, or not at all",
                subject.photographs_of(kind),
            )
            return


def value_range(subject: Subject) -> Iterator[Remark]:
    """Does SR hold 0..255 where LR does, without gamma, in every kind of image?"""
    for kind in subject.kinds:
        of_file = _OF_FILE if model_files.OPTION in dict(subject.choice.options) else ""
        advice = (
            f"give back the values of 0..{255 if kind.endswith('uint8') else 1} that came in: look at what the network"
            f" is fed, and at what is done with its output{of_file}"
        )
        curves = [levels.curve(reference, sr, subject.factor) for reference, sr in in_order(subject.pairs(kind))]
        found = levels.common(curves)
        if _changes(found) > NOTICEABLE:
            yield Remark(f"SR's values are not LR's: {found.name}", advice, subject.photographs_of(kind))
        elif ends := _ends(subject, kind):
            yield Remark(f"black and white come back as {ends} of 255", advice, _ramp(kind, subject.side(SIDE)).name)


def _changes(found: Levels) -> float:
    """Return by how many levels a map moves 0..255, in the mean."""
    values = np.linspace(0, 255, 256)[:, None]
    return float(np.abs(np.clip(found.of(values), 0, 255) - values).mean())


def _ramp(kind: str, side: int) -> Sample:
    """Return a ramp from black to white, with an eighth of each before and behind it."""
    row = np.clip((np.arange(side) / (side - 1) - 1 / 8) * 255 * 8 / 6, 0, 255)
    return with_size("ramp from black to white", as_kind(stacked(np.tile(row, (side, 1))).astype(np.uint8), kind))


def _ends(subject: Subject, kind: str) -> str:
    """Return what becomes of black and white, if it is neither; what a network adds or takes is no mistake."""
    sr = subject.levels(_ramp(kind, subject.side(SIDE)))
    edge = max(sr.shape[1] // 24, 1)
    black, white = (float(np.median(part)) for part in (sr[:, :edge], sr[:, -edge:]))
    return f"{black:.0f} and {white:.0f}" if max(abs(black), abs(white - 255)) > NOTICEABLE * 3 else ""


_ALIKE = (
    ("RGB uint8", "RGB float32"),
    ("grey uint8", "grey float32"),
    ("grey float32", "grey float64"),
    ("grey uint8", "RGB uint8"),
)


def kinds(subject: Subject) -> Iterator[Remark]:
    """Does the same content make the same SR as grey and RGB, and in 8 bits and floats?"""
    for first, second in _ALIKE:
        if not all(map(subject.takes, (first, second))):
            yield not_checked(f"whether {first} and {second} images make the same SR: it does not take both")
            continue
        sample = subject.photographs(first)[0]
        other = Sample(sample.name.replace(first, second), _same(sample.pixels, second))
        difference = _plain(subject.levels(sample)) - _plain(subject.levels(other))
        is_grey_and_rgb = first.split()[1] == second.split()[1]
        if (mean := float(np.abs(difference).mean())) > UNLIKE[is_grey_and_rgb]:
            yield Remark(
                f"SR as {second} is another than as {first}: by {mean:.1f} levels of 255 in the mean",
                "only the dtype or the number of channels differs, so compare what is done with each",
                sample.name,
            )


def _same(pixels: Image, kind: str) -> Image:
    """Return the same content as another kind of image; grey as RGB has R = G = B."""
    if is_grey(pixels):
        return (
            as_kind(stacked(pixels), kind)
            if kind.startswith("RGB")
            else from_255(on_255(pixels), np.dtype(kind.split()[1]))
        )
    return as_kind(pixels, kind)


def _plain(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(stacked(values) if is_grey(values) else values, 0, 255)


def rounding(subject: Subject) -> Iterator[Remark]:
    """Are 8-bit results rounded to the nearest level, or cut off below it?"""
    for kind in subject.some("uint8"):
        samples = subject.photographs(kind)
        if (exact := kind.replace("uint8", "float32")) in subject.kinds:
            biases, beside = _beside_floats(subject, samples, exact), f"than its own {exact} results"
        else:
            biases, beside = _beside_lr(subject, samples), "than LR, and those of LR's negative likewise"
        if _is_half(biases):
            yield _bias(float(np.mean(biases)), beside, subject.photographs_of(kind))


def _beside_floats(subject: Subject, samples: Sequence[Sample], exact: str) -> list[float]:
    """Return how far 8-bit results are above the method's own in floats: a network's bias is in both."""
    biases = []
    for sample in samples:
        floats = subject.levels(Sample(sample.name, _same(sample.pixels, exact)))
        inside = (floats > 2) & (floats < 253)  # noqa: PLR2004 - nothing was clipped
        biases.append(float((subject.levels(sample) - floats)[inside].mean()))
    return biases


def _beside_lr(subject: Subject, samples: Sequence[Sample]) -> list[float]:
    """Return how far results are above LR, and above its negative: a network's bias is not the same in all of them."""
    return [bias for sample in samples for bias in _mean_biases(subject, sample)]


def _is_half(biases: Sequence[float]) -> bool:
    """Tell whether results are half a level too low, or too high, in every image."""
    way = np.sign(np.mean(biases))
    return bool(
        _HALF[0] < abs(np.mean(biases)) < _HALF[1]
        and all(_ABOUT_HALF[0] < way * bias < _ABOUT_HALF[1] for bias in biases)
    )


def _mean_biases(subject: Subject, sample: Sample) -> Iterator[float]:
    for pixels in (sample.pixels, 255 - sample.pixels):
        each = Sample(sample.name, pixels)
        expected, sr = on_255(enlarged(each, subject.factor)), subject.levels(each)
        inside = (expected > 8) & (expected < 247)  # noqa: PLR2004 - nothing was clipped, overshoot neither
        yield float((sr - expected)[inside].mean())


def _bias(bias: float, beside: str, images: str) -> Remark:
    way = "lower" if bias < 0 else "higher"
    return Remark(
        f"8-bit results are {abs(bias):.2f} levels {way} {beside}: they are rounded {'down' if bias < 0 else 'up'}",
        "round to the nearest level before the cast: np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)",
        images,
    )


def overshoot(subject: Subject) -> Iterator[Remark]:
    """Where an edge overshoots 0..255, does SR stay at the end, or come back at the other?"""
    for kind in subject.some("uint8"):
        sample = _edges(kind, subject.side(24))
        if wrapped := _wrapped(subject, sample, kind):
            yield Remark(
                f"{wrapped} values beside black and white edges are at the wrong end of 0..255: overshoot wraps",
                "clip before the cast: np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)",
                sample.name,
            )
            return


def _wrapped(subject: Subject, sample: Sample, kind: str) -> int:
    """Return how many values are at the other end than in the method's own floats, or than in LR."""
    sr = subject.levels(sample)
    exact = kind.replace("uint8", "float32")
    if exact not in subject.kinds:
        return _wrapped_beside_lr(sr, sample.pixels, subject.factor)
    floats = subject.levels(Sample(sample.name, _same(sample.pixels, exact)))
    return int((np.abs(sr - np.clip(floats, 0, 255)) > WRAPPED).sum())


def _wrapped_beside_lr(sr: NDArray[np.float64], pixels: Image, factor: int) -> int:
    """Return how many values are at the other end, unless it is most: then not overshoot is wrong, but the range."""
    expected, inside = _nearest(pixels, factor), _inside(pixels, factor)
    wrong = inside & (np.abs(sr - expected) > WRAPPED)
    shares = [wrong[inside & (expected == value)].mean() for value in (0, 255)]
    return int(wrong.sum()) if _FEW < max(shares) < 0.5 else 0  # noqa: PLR2004


def _edges(kind: str, side: int) -> Sample:
    """Return black and white squares of a third of the side."""
    row = np.arange(side) * 3 // side % 2
    squares = np.where(row[:, None] ^ row[None], 255, 0).astype(np.uint8)
    return with_size("black and white squares", squares if kind.startswith("grey") else stacked(squares))


def _nearest(pixels: Image, factor: int) -> NDArray[np.float64]:
    return np.asarray(on_255(pixels).repeat(factor, 0).repeat(factor, 1))


def _inside(pixels: Image, factor: int) -> NDArray[np.bool_]:
    """Return which SR pixels lie a whole LR pixel away from every edge: blurred and ragged edges do not reach them."""
    plane = on_255(pixels) if is_grey(pixels) else on_255(pixels)[..., 0]
    flat = ndimage.maximum_filter(plane, 3) == ndimage.minimum_filter(plane, 3)
    inside = flat.repeat(factor, 0).repeat(factor, 1)
    return inside if is_grey(pixels) else stacked(inside)
