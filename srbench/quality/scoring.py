"""Scoring: every choice of how SR is compared with HR, and what images score under many of them at once.

The comparison of a `Protocol` is one `Scoring`; `conventions` has those of real code bases. None has code of its own:
every choice is one of the steps that all scorings share. In this order: grey images are read, SR is rounded, both are
cropped, luma is made and rounded, the border is cut, PSNR and SSIM are computed, the values of many images are pooled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

import numpy as np

from srbench.errors import ImageError, Unsupported, UsageError
from srbench.quality import choices, metrics
from srbench.quality.channels import (
    HR_STACKED,
    SR_IS_LUMA,
    STUDIO,
    Channels,
    EightBits,
    Luma,
    Rounding,
    Samples,
    beside,
    eight_bits,
    remark,
    rounded,
    scored,
)
from srbench.quality.image import Image, cropped, is_grey, stacked, to_uint8
from srbench.quality.similarity import WANG, Ssim, inner

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

Made = TypeVar("Made")

_VIEWS = 4
"""Images of a pair that are kept: luma as it is, and rounded in both ways, and one more."""


class Measured(NamedTuple):
    """PSNR in dB and SSIM, None where none is printed; of many images they are pooled."""

    psnr: float
    ssim: float | None


@dataclass(frozen=True)
class Scoring:
    """Every choice of how SR is compared with HR; the default is the comparison of protocol `basicsr`.

    Raises:
        UsageError: choices that there are not.

    """

    channels: Channels = "y"
    """Luma, or R, G and B."""
    luma: Luma = STUDIO
    luma_rounded: Rounding = "no"
    """How luma is rounded to integers for PSNR."""
    ssim_luma_rounded: Rounding = "no"
    """The same for SSIM."""
    sr_rounded: EightBits = "half-up"
    """How a float SR is brought to 8 bits; 8-bit files are what they are."""
    grey: Literal["keep", "rgb"] = "keep"
    """How a grey HR and its SR are read: as they are, or as R = G = B, of which luma is made."""
    crop: int = 1
    """Both are cropped at the bottom and right to multiples of this, after they were to those of the factor."""
    shave_factor: int = 1
    """How often the factor is cut from each side."""
    shave_extra: int = 0
    """Pixels cut from each side beyond that."""
    psnr_channels: Literal["together", "apart"] = "together"
    """Whether PSNR is of the samples of all channels, or the mean of each channel's PSNR."""
    psnr_epsilon: float = 0.0
    """What is added to the mean squared error of images on 0..1."""
    pooling: Literal["mean", "mse", "pixels"] = "mean"
    """PSNR of many images: the mean of theirs, that of their mean MSE, or that of all their samples together."""
    ssim: Ssim | None = WANG
    """None where no SSIM is printed."""

    def __post_init__(self) -> None:
        """Refuse what cannot be scored."""
        choices.check(self)
        ranges = {"crop": (1, 2**16), "shave_factor": (0, 2**16), "shave_extra": (0, 2**16), "psnr_epsilon": (0, 1)}
        for name, (least, most) in ranges.items():
            if not least <= getattr(self, name) <= most:
                raise UsageError(f"{name} is {getattr(self, name)!r}, expected {least} to {most}")

    def shave(self, factor: int) -> int:
        """Return the number of pixels cut from each side."""
        return self.shave_factor * factor + self.shave_extra

    def seen(self, image: Image, factor: int) -> Samples:
        """Return what is scored of an image of HR's size, the border cut off: luma for PSNR, or all channels."""
        return self.scored(eight_bits(inner(image, self.shave(factor)), self.sr_rounded))

    def scored(self, values: Samples) -> Samples:
        """Return what is scored of samples on 0..255."""
        return rounded(scored(values, self.channels, self.luma), self.luma_rounded)

    def compare(self, hr: Samples, sr: Samples) -> Measured:
        """Return PSNR and SSIM of two images as they are `seen`, where both see the same."""
        psnr = _psnr(hr, sr, apart=self.psnr_channels == "apart")
        return Measured(_with(psnr, self.psnr_epsilon), None if self.ssim is None else self.ssim.value(hr, sr))


def measure(scorings: Iterable[Scoring], pairs: Iterable[tuple[Image, Image]], factor: int) -> dict[Scoring, Measured]:
    """Return what images score under each of `scorings`, means or as they are pooled.

    Args:
        scorings: what is equal between them is computed once per pair.
        pairs: HR and SR, uint8 or float, (H, W) or (H, W, 3), taken one after the other. SR is as large as HR, or as
            HR cropped to multiples of the factor.
        factor: the upscaling factor.

    Returns:
        A value for each scoring. Those are left out that an image is too small for, or that score RGB of which an SR
        has luma alone.

    Raises:
        ImageError: the sizes of HR and SR do not fit, or an image has NaN.

    """
    scores: dict[Scoring, list[_Score]] = {each: [] for each in scorings}
    for hr, sr in pairs:
        pair = _Pair(hr, sr, factor)
        for each in sorted(scores, key=lambda each: repr((each.channels, each.luma, each.luma_rounded))):
            try:
                scores[each].append(pair.score(each))
            except Unsupported:
                del scores[each]
    return {each: _pooled(each, found) for each, found in scores.items() if found}


class _Score(NamedTuple):
    """What one image scores: its PSNR, of how many samples that is, and its SSIM."""

    psnr: float
    samples: int
    ssim: float | None


class _Pair:
    """One HR and its SR; what several scorings need of them is made once.

    All values are kept, and the latest few images: scorings that need the same ones are asked for in a row.
    """

    def __init__(self, hr: Image, sr: Image, factor: int) -> None:
        whole = cropped(hr, factor)
        if sr.shape[:2] not in {whole.shape[:2], hr.shape[:2]}:
            raise ImageError(
                f"SR is {sr.shape[1]}x{sr.shape[0]} pixels, expected {whole.shape[1]}x{whole.shape[0]} "
                f"(HR of {hr.shape[1]}x{hr.shape[0]}, cropped to a multiple of the factor {factor})"
            )
        self.hr, self.sr, self.factor = whole, cropped(sr, factor), factor
        self.values: dict[Hashable, Any] = {}
        self.views: dict[Hashable, tuple[Samples, Samples]] = {}

    def _value(self, key: Hashable, make: Callable[[], Made]) -> Made:
        if key not in self.values:
            self.values[key] = make()
        found: Made = self.values[key]
        return found

    def _view(self, key: Hashable, make: Callable[[], tuple[Samples, Samples]]) -> tuple[Samples, Samples]:
        if key not in self.views:
            if len(self.views) == _VIEWS:
                del self.views[next(iter(self.views))]  # the oldest
            self.views[key] = make()
        return self.views[key]

    def score(self, scoring: Scoring) -> _Score:
        """Return what SR scores.

        Raises:
            Unsupported: the images are too small, or SR has luma alone and RGB is scored.

        """
        cut, apart = scoring.shave(self.factor), scoring.psnr_channels == "apart"
        seen, key = self._seen(scoring, scoring.luma_rounded)
        psnr, samples = self._value(("psnr", *key, cut, apart), partial(_psnr_inside, *seen, cut, apart=apart))
        if scoring.ssim is None:
            return _Score(psnr, samples, None)
        seen, key = self._seen(scoring, scoring.ssim_luma_rounded)
        return _Score(psnr, samples, self._value((scoring.ssim, *key, cut), partial(scoring.ssim.value, *seen, cut)))

    def _seen(self, scoring: Scoring, rounding: Rounding) -> tuple[tuple[Samples, Samples], tuple[Hashable, ...]]:
        """Return what is scored of both whole images, and what it follows from."""
        kind = "8-bit" if self.sr.dtype == np.uint8 else scoring.sr_rounded
        grey = scoring.grey if is_grey(self.hr) else "keep"
        read = (kind, grey, scoring.luma) if scoring.channels == "y" else (kind, grey)
        hr, sr = self._view(read, partial(self._read, scoring))
        key = (*read, rounding) if scoring.channels == "y" else read
        if scoring.channels == "y":
            hr, sr = self._view(key, lambda: (rounded(hr, rounding), rounded(sr, rounding)))
        hr, sr = cropped(hr, scoring.crop), cropped(sr, scoring.crop)
        return (hr, sr), (*key, *hr.shape[:2])

    def _read(self, scoring: Scoring) -> tuple[Samples, Samples]:
        """Return the channels of both images that are scored, luma not rounded."""
        hr, sr = self.hr, self.sr
        if scoring.grey == "rgb" and is_grey(hr):
            hr, sr = stacked(hr), stacked(sr) if is_grey(sr) else sr
        said = remark(hr, sr, scoring.channels)
        if said == SR_IS_LUMA and scoring.channels == "rgb":
            raise Unsupported("HR is RGB but SR is grey, and RGB is scored")
        values = beside(eight_bits(sr, scoring.sr_rounded), said, is_grey(hr))
        hr = to_uint8(stacked(hr) if said == HR_STACKED else hr)
        return scored(hr, scoring.channels, scoring.luma), scored(values, scoring.channels, scoring.luma)


def _psnr_inside(hr: Samples, sr: Samples, cut: int, *, apart: bool) -> tuple[float, int]:
    """Return the PSNR of two images without their border, and of how many samples it is."""
    hr, sr = (np.ascontiguousarray(inner(image, cut)) for image in (hr, sr))
    if not hr.size:
        raise Unsupported(f"nothing is left of an image of which {cut} pixels are cut from each side")
    return _psnr(hr, sr, apart=apart), hr.size


def _psnr(hr: Samples, sr: Samples, *, apart: bool) -> float:
    if not apart or is_grey(hr):
        return metrics.psnr(hr, sr)
    each = [metrics.psnr(hr[..., channel], sr[..., channel]) for channel in range(hr.shape[2])]
    return sum(each) / len(each)


def _pooled(scoring: Scoring, scores: list[_Score]) -> Measured:
    """Return the values of many images as one."""
    similarities = [each.ssim for each in scores if each.ssim is not None]
    return Measured(_pooled_psnr(scoring, scores), _mean(similarities) if similarities else None)


def _pooled_psnr(scoring: Scoring, scores: list[_Score]) -> float:
    if scoring.pooling == "mean":
        return _mean([_with(each.psnr, scoring.psnr_epsilon) for each in scores])
    weights = [each.samples if scoring.pooling == "pixels" else 1 for each in scores]
    errors = [_error(each.psnr) * weight for each, weight in zip(scores, weights, strict=True)]
    return _decibels(math.fsum(errors) / sum(weights) + scoring.psnr_epsilon)


def _with(psnr: float, epsilon: float) -> float:
    """Return the PSNR of images to whose mean squared error `epsilon` was added."""
    return _decibels(_error(psnr) + epsilon) if epsilon else psnr


def _error(psnr: float) -> float:
    """Return the mean squared error of images on 0..1 that have this PSNR."""
    return float(10 ** (-psnr / 10))


def _decibels(error: float) -> float:
    return -10 * math.log10(error) if error else math.inf


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
