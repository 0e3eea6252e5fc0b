"""Are SR's values those that LR's stand for: channels, levels, rounding, overshoot, and the same for every kind of image?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from srbench.checking.geometry import bicubic
from srbench.checking.remarks import Remark, not_checked
from srbench.checking.subject import Sample, as_kind, with_size
from srbench.errors import Unsupported
from srbench.quality.alignment import channels, levels
from srbench.quality.image import from_255, is_grey, on_255, stacked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from srbench.checking.subject import Subject
    from srbench.quality.image import Image

UNLIKE = 3.0
"""Levels of 255 by which SR of the same content may differ between kinds of image, in the mean."""

WRAPPED = 128.0
"""Levels of 255: what leaves 0..255 comes back at the other end, about 256 away."""

_FLAT = 0.35, 0.65
"""The bias of results that are rounded down, in levels: half a level."""


def colour(subject: Subject) -> Iterator[Remark]:
    """Are R, G and B in the order in which they came?"""
    subject.need("RGB uint8")
    samples = subject.photographs("RGB uint8")
    pairs = [(_reference(sample, subject.factor), subject.sr(sample).copy()) for sample in samples]
    order = channels.find(*(np.concatenate([each.astype(np.float64) for each in images]) for images in _on_1(pairs)))
    if order != channels.RGB:
        yield Remark(
            f"SR's channels are {channels.spelled(order)}, expected RGB",
            "OpenCV reads and writes BGR: swap with image[..., ::-1] before and after what needs it, or not at all",
            f"{len(samples)} photographs, the first {samples[0].name}",
        )


def _on_1(pairs: Sequence[tuple[Image, Image]]) -> Iterator[list[Image]]:
    """Yield all first images and all second ones, as floats in 0..1."""
    for images in zip(*pairs, strict=True):
        yield [on_255(image) / 255 for image in images]


def _reference(sample: Sample, factor: int) -> Image:
    return from_255(bicubic(sample, factor), np.dtype(np.float64))


def value_range(subject: Subject) -> Iterator[Remark]:
    """Does SR hold 0..255 where LR does, without gamma, in every kind of image?"""
    for kind in subject.kinds:
        samples = subject.photographs(kind)
        expected, got = _on_1([(_reference(sample, subject.factor), subject.sr(sample).copy()) for sample in samples])
        found = levels.find(np.concatenate(expected), np.concatenate(got))
        if found != levels.SAME:
            yield Remark(
                f"SR's values are those of LR as {found.name}",
                f"give back the values of 0..{255 if 'uint8' in kind else 1} that came in: look at what the network is"
                " fed and at what is done with its output",
                f"{len(samples)} photographs, the first {samples[0].name}",
            )


def kinds(subject: Subject) -> Iterator[Remark]:
    """Does the same content make the same SR as grey and RGB, and in 8 bits and floats?"""
    for first, second in (("RGB uint8", "RGB float32"), ("grey uint8", "grey float32"), ("grey uint8", "RGB uint8")):
        if not {first, second} <= set(subject.kinds):
            yield not_checked(f"whether {first} and {second} images make the same SR: it does not take both")
            continue
        sample = subject.photographs(first)[0]
        other = Sample(sample.name.replace(first, second), _same(sample.pixels, second))
        difference = _plain(subject.levels(sample)) - _plain(subject.levels(other))
        if (mean := float(np.abs(difference).mean())) > UNLIKE:
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
    kind = next((kind for kind in subject.kinds if kind.endswith("uint8")), "")
    if not kind:
        raise Unsupported("it makes no 8-bit images")
    samples = subject.photographs(kind)
    if (exact := kind.replace("uint8", "float32")) in subject.kinds:
        yield from _beside_floats(subject, samples, exact)
    else:
        yield from _beside_lr(subject, samples)


def _beside_floats(subject: Subject, samples: Sequence[Sample], exact: str) -> Iterator[Remark]:
    """Compare with the method's own result in floats, which is not rounded: a network's bias is in both."""
    biases = []
    for sample in samples:
        floats = subject.levels(Sample(sample.name, as_floats(sample.pixels)))
        inside = (floats > 2) & (floats < 253)  # noqa: PLR2004 - nothing was clipped
        biases.append(float((subject.levels(sample) - floats)[inside].mean()))
    if all(_FLAT[0] < abs(bias) < _FLAT[1] for bias in biases) and len(set(map(np.sign, biases))) == 1:
        yield _bias(float(np.mean(biases)), f"than its own {exact} results", samples)


def _beside_lr(subject: Subject, samples: Sequence[Sample]) -> Iterator[Remark]:
    """Compare with LR, as it makes no floats; a network's own bias is not the same in every image and its negative."""
    biases = [bias for sample in samples for bias in _mean_biases(subject, sample)]
    if all(-_FLAT[1] < bias < -_FLAT[0] for bias in biases) or all(_FLAT[0] < bias < _FLAT[1] for bias in biases):
        yield _bias(float(np.mean(biases)), "than LR, and those of LR's negative likewise", samples)


def _mean_biases(subject: Subject, sample: Sample) -> Iterator[float]:
    for pixels in (sample.pixels, 255 - sample.pixels):
        each = Sample(sample.name, pixels)
        expected, sr = bicubic(each, subject.factor), subject.levels(each)
        inside = (expected > 8) & (expected < 247)  # noqa: PLR2004 - nothing was clipped, overshoot neither
        yield float((sr - expected)[inside].mean())


def _bias(bias: float, beside: str, samples: Sequence[Sample]) -> Remark:
    way = "lower" if bias < 0 else "higher"
    return Remark(
        f"8-bit results are {abs(bias):.2f} levels {way} {beside}: they are rounded {'down' if bias < 0 else 'up'}",
        "round to the nearest level before the cast: np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)",
        f"{len(samples)} photographs, the first {samples[0].name}",
    )


def as_floats(pixels: Image) -> Image:
    """Return an 8-bit image as float32 in 0..1."""
    return (pixels / np.float32(255)).astype(np.float32)


def overshoot(subject: Subject) -> Iterator[Remark]:
    """Where an edge overshoots 0..255, does SR stay at the end, or come back at the other?"""
    kind = next((kind for kind in subject.kinds if kind.endswith("uint8")), "")
    if not kind:
        raise Unsupported("it makes no 8-bit images")
    sample = _edges(kind, subject.side(24))
    wrapped = _wrapped(subject.levels(sample), sample.pixels, subject.factor)
    if wrapped:
        yield Remark(
            f"{wrapped} values beside black and white edges are at the wrong end of 0..255: overshoot wraps",
            "clip before the cast: np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)",
            sample.name,
        )


def _wrapped(sr: NDArray[np.float64], pixels: Image, factor: int) -> int:
    """Return how many values are at the other end, unless it is most: then not overshoot is wrong, but the range."""
    expected, inside = _nearest(pixels, factor), _inside(pixels, factor)
    wrong = inside & (np.abs(sr - expected) > WRAPPED)
    shares = [wrong[inside & (expected == value)].mean() for value in (0, 255)]
    return int(wrong.sum()) if max(shares) < 0.5 else 0  # noqa: PLR2004


def _edges(kind: str, side: int) -> Sample:
    """Return black and white squares of a third of the side."""
    row = np.arange(side) * 3 // side % 2
    squares = np.where(row[:, None] ^ row[None], 255, 0).astype(np.uint8)
    return with_size("black and white squares", squares if kind.startswith("grey") else stacked(squares))


def _nearest(pixels: Image, factor: int) -> NDArray[np.float64]:
    return np.asarray(on_255(pixels).repeat(factor, 0).repeat(factor, 1))


def _inside(pixels: Image, factor: int) -> NDArray[np.bool_]:
    """Return which SR pixels lie a whole LR pixel away from every edge: a blurred or ragged edge does not reach them."""
    plane = on_255(pixels) if is_grey(pixels) else on_255(pixels)[..., 0]
    flat = ndimage.maximum_filter(plane, 3) == ndimage.minimum_filter(plane, 3)
    inside = flat.repeat(factor, 0).repeat(factor, 1)
    return inside if is_grey(pixels) else stacked(inside)
