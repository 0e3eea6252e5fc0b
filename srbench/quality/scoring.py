"""Scoring: every choice of how SR is compared with HR, and what images score under many of them at once.

The comparison of a `Protocol` is one `Scoring`; `conventions` has those of real code bases. None of them has code of its
own: every choice is one of the steps that all scorings share. In this order: grey images are read, SR is rounded, both are
cropped, luma is made and rounded, the border is cut, PSNR and SSIM are computed, and the values of many images pooled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from srbench.errors import ImageError, Unsupported
from srbench.quality import metrics
from srbench.quality.image import Image, is_grey, on_255, round_half_up, stacked, to_uint8
from srbench.quality.similarity import Ssim, inner

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

Samples: TypeAlias = NDArray[Any]
Rounding: TypeAlias = Literal["no", "half-up", "half-even"]
Made = TypeVar("Made")

SR_IS_LUMA = "SR has one channel, HR three: SR was scored as luma (BT.601, 16..235)"
SR_GREYED = "HR has one channel, SR has colours: the grey of SR was scored (0.299 R + 0.587 G + 0.114 B)"
HR_STACKED = "HR has one channel, SR has colours: HR was taken as R = G = B"
"""What is scored where SR and HR have not the same channels: `Scoring.remark`."""

_PEAK = 255.0


@dataclass(frozen=True)
class Luma:
    """A formula of luma: offset + (red R + green G + blue B) / divisor, of R, G and B on 0..255.

    The default is MATLAB's `rgb2ycbcr`: BT.601 in 16..235.
    """

    weights: tuple[float, float, float] = (65.481, 128.553, 24.966)
    divisor: float = 255.0
    offset: float = 16.0

    def of(self, rgb: Image) -> NDArray[np.float64]:
        """Return the luma of samples on 0..255, (H, W, 3), as (H, W), not rounded."""
        # in thousandths: the sums of 8-bit samples are exact, so that luma at exactly .5 rounds up
        thousandths = np.round(np.array([self.weights]) * 1000, 6)
        sums = np.asarray(cv2.transform(rgb.astype(np.float64, copy=False), thousandths), np.float64)
        values: NDArray[np.float64] = sums / (1000 * self.divisor) + self.offset
        return values

    def __str__(self) -> str:
        """Return the formula."""
        red, green, blue = self.weights
        offset = f"{self.offset:g} + " if self.offset else ""
        return f"{offset}({red:g} R + {green:g} G + {blue:g} B) / {self.divisor:g}"


@dataclass(frozen=True)
class Scoring:
    """Every choice of how SR is compared with HR; the default is the comparison of protocol `basicsr`."""

    channels: Literal["y", "rgb"] = "y"
    luma: Luma = Luma()
    luma_rounded: Rounding = "no"
    """How luma is rounded to integers for PSNR."""
    ssim_luma_rounded: Rounding = "no"
    """The same for SSIM."""
    sr_rounded: Literal["half-up", "truncated", "clipped", "no"] = "half-up"
    """How a float SR is brought to 8 bits; 8-bit files are what they are."""
    grey: Literal["keep", "rgb"] = "keep"
    """Where both images are grey: they are scored as they are, or as R = G = B, of which luma is made."""
    crop: int = 1
    """HR and SR are cropped at the bottom and right to multiples of this, after HR was cropped to those of the factor."""
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
    ssim: Ssim | None = Ssim()
    """None where no SSIM is printed."""

    def shave(self, factor: int) -> int:
        """Return the number of pixels cut from each side."""
        return self.shave_factor * factor + self.shave_extra


class Measured(NamedTuple):
    """What images score under one scoring, pooled: PSNR in dB and SSIM, None where none is printed."""

    psnr: float
    ssim: float | None


class _Score(NamedTuple):
    """What one image scores: its PSNR, of how many samples, and its SSIM."""

    psnr: float
    samples: int
    ssim: float | None


def measure(scorings: Iterable[Scoring], pairs: Iterable[tuple[Image, Image]], factor: int) -> dict[Scoring, Measured]:
    """Return what images score under each of `scorings`: means, or as else they are pooled.

    Args:
        scorings: that are compared; what is equal between them is computed once per pair.
        pairs: HR and SR, uint8 or float, (H, W) or (H, W, 3). HR may be larger than SR by less than the factor.
        factor: the upscaling factor.

    Returns:
        One value per scoring. Those that an image is too small for, or has not the channels for, are left out.

    Raises:
        ImageError: the sizes of HR and SR do not fit.

    """
    wanted = dict.fromkeys(scorings)
    scores: dict[Scoring, list[_Score]] = {each: [] for each in wanted}
    for hr, sr in pairs:
        pair = _Pair(hr, sr, factor)
        for each in list(scores):
            try:
                scores[each].append(pair.score(each))
            except Unsupported:
                del scores[each]
    return {each: _pooled(each, found) for each, found in scores.items() if found}


class _Pair:
    """One HR and its SR; what several scorings need of them is made once."""

    def __init__(self, hr: Image, sr: Image, factor: int) -> None:
        height, width = (side // factor * factor for side in hr.shape[:2])
        if sr.shape[:2] != (height, width):
            raise ImageError(
                f"SR is {sr.shape[1]}x{sr.shape[0]} pixels, expected {width}x{height} "
                f"(HR of {hr.shape[1]}x{hr.shape[0]}, cropped to a multiple of the factor {factor})"
            )
        self.images = (hr[:height, :width], sr)
        self.factor = factor
        self.made: dict[Hashable, Any] = {}

    def _once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        if key not in self.made:
            self.made[key] = make()
        found: Made = self.made[key]
        return found

    def score(self, scoring: Scoring) -> _Score:
        """Return what SR scores."""
        cut = scoring.shave(self.factor)
        seen, key = self._seen(scoring, scoring.luma_rounded)
        apart = scoring.psnr_channels == "apart"
        psnr, samples = self._once(("psnr", *key, cut, apart), partial(_psnr, *seen, cut, apart))
        if scoring.ssim is None:
            return _Score(psnr, samples, None)
        seen, key = self._seen(scoring, scoring.ssim_luma_rounded)
        return _Score(psnr, samples, self._once((scoring.ssim, *key, cut), partial(scoring.ssim.value, *seen, cut)))

    def _seen(self, scoring: Scoring, rounded: Rounding) -> tuple[tuple[Samples, Samples], tuple[Hashable, ...]]:
        """Return what is scored of both whole images, and what it follows from."""
        luma = scoring.luma if scoring.channels == "y" else None
        read = (scoring.sr_rounded, scoring.grey, luma)
        hr, sr = self._once(read, partial(self._read, scoring))
        key = (*read, rounded if luma else "no")
        both = self._once(("rounded", *key), lambda: (_rounded(hr, key[-1]), _rounded(sr, key[-1])))
        height, width = (side // scoring.crop * scoring.crop for side in hr.shape[:2])
        return (both[0][:height, :width], both[1][:height, :width]), (*key, scoring.crop)

    def _read(self, scoring: Scoring) -> tuple[Samples, Samples]:
        hr, sr = self.images
        return _channels(hr, scoring), _channels(_eight_bits(sr, scoring.sr_rounded), scoring)


def _channels(image: Samples, scoring: Scoring) -> Samples:
    """Return what is scored of samples on 0..255."""
    if is_grey(image):
        if scoring.grey == "keep":
            return image
        image = stacked(image)
    return image if scoring.channels == "rgb" else scoring.luma.of(image)


def _eight_bits(image: Image, rounding: str) -> Samples:
    """Return an image on 0..255, rounded as SR is."""
    if image.dtype == np.uint8 or rounding == "half-up":
        return to_uint8(image)
    values = on_255(image)
    if rounding == "no":
        return values
    values = np.clip(values, 0, _PEAK)
    return np.floor(values).astype(np.uint8) if rounding == "truncated" else values


def _rounded(values: Samples, rounding: Hashable) -> Samples:
    """Return luma rounded to integers, or not."""
    if rounding == "no":
        return values
    return round_half_up(values) if rounding == "half-up" else np.clip(np.rint(values), 0, _PEAK)


def _psnr(hr: Samples, sr: Samples, cut: int, apart: bool) -> tuple[float, int]:
    """Return the PSNR of two images without their border, and of how many samples it is."""
    hr, sr = (np.ascontiguousarray(inner(image, cut)) for image in (hr, sr))
    if not hr.size:
        raise Unsupported(f"nothing is left of an image of which {cut} pixels are cut from each side")
    if apart and not is_grey(hr):
        each = [metrics.psnr(hr[..., channel], sr[..., channel]) for channel in range(hr.shape[2])]
        return sum(each) / len(each), hr.size
    return metrics.psnr(hr, sr), hr.size


def _pooled(scoring: Scoring, scores: list[_Score]) -> Measured:
    """Return the values of many images as one."""
    return Measured(_pooled_psnr(scoring, scores), _mean([each.ssim for each in scores if each.ssim is not None]))


def _pooled_psnr(scoring: Scoring, scores: list[_Score]) -> float:
    values = [each.psnr for each in scores]
    if scoring.pooling == "mean":
        found = _mean([_with_epsilon(each, scoring.psnr_epsilon) for each in values])
        return math.nan if found is None else found
    weights = [each.samples if scoring.pooling == "pixels" else 1 for each in scores]
    errors = [_error(psnr) * weight for psnr, weight in zip(values, weights, strict=True)]
    return _decibels(math.fsum(errors) / sum(weights) + scoring.psnr_epsilon)


def _with_epsilon(psnr: float, epsilon: float) -> float:
    return _decibels(_error(psnr) + epsilon) if epsilon else psnr


def _error(psnr: float) -> float:
    """Return the mean squared error of images on 0..1 that have this PSNR."""
    return float(10 ** (-psnr / 10))


def _decibels(error: float) -> float:
    return -10 * math.log10(error) if error else math.inf


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
