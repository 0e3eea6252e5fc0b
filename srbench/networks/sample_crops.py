"""Crops of the photographs that come with scikit-image, on which a network or a method is tried. Imports no torch."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from srbench.errors import Unsupported
from srbench.quality.files import read_image
from srbench.quality.image import luma, to_uint8
from srbench.quality.metrics import psnr
from srbench.quality.resize import imresize

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.quality.image import Image

PHOTOGRAPHS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
"""All that the dataset `sample` has in colour: which ones, and which part of each, was not chosen by any result."""

SIDE = 48
"""LR pixels a side: as the patches that networks are usually trained on."""


class Crop(NamedTuple):
    """HR, and LR by MATLAB's bicubic: uint8 RGB."""

    hr: Image
    lr: Image
    factor: int

    def psnr(self, sr: Image) -> float:
        """Return the PSNR of SR's luma in dB; `factor` pixels are cut from each side."""
        inside = slice(self.factor, -self.factor)
        return psnr(luma(self.hr[inside, inside]), luma(to_uint8(sr)[inside, inside]))


class Crops(NamedTuple):
    """One of each photograph, from its centre."""

    each: tuple[Crop, ...]
    bicubic: float
    """The mean PSNR of MATLAB's bicubic in dB, to two decimals."""

    def psnr(self, upscale: Callable[[Image], Image]) -> float:
        """Return the mean PSNR of what `upscale` makes of each LR, in dB, to two decimals."""
        return _mean(self.each, upscale)


def below_bicubic(psnr: float | None, bicubic: float) -> str:
    """Return the warning that a PSNR is below that of bicubic; nothing where it is not."""
    if psnr is None:
        return "makes no image of a photograph"
    return f"below bicubic by {bicubic - psnr:.2f} dB" if psnr < bicubic else ""


@lru_cache(maxsize=8)
def crops(factor: int, side: int = SIDE) -> Crops:
    """Return crops whose LR have so many pixels a side, or as many as a photograph has.

    Raises:
        Unsupported: of an LR at this factor nothing would be left, or scikit-image is not installed.

    """
    each = tuple(_crop(_photograph(name), factor, side) for name in PHOTOGRAPHS)
    return Crops(each, _mean(each, lambda lr: imresize(lr, factor)))


def _mean(each: tuple[Crop, ...], upscale: Callable[[Image], Image]) -> float:
    return round(fmean(crop.psnr(upscale(crop.lr)) for crop in each), 2)


def _crop(whole: Image, factor: int, side: int) -> Crop:
    height, width = whole.shape[:2]
    side = min(side, height // factor, width // factor) * factor
    if side <= 2 * factor:
        raise Unsupported(f"cannot be tried: LR at x{factor} of a photograph of {width}x{height} pixels is too small")
    top, left = (height - side) // 2, (width - side) // 2
    hr = whole[top : top + side, left : left + side]
    return Crop(hr, imresize(hr, Fraction(1, factor)), factor)


@lru_cache(maxsize=len(PHOTOGRAPHS))
def _photograph(name: str) -> Image:
    """Read one without importing scikit-image."""
    found = find_spec("skimage")
    if found is None or not found.origin:
        raise Unsupported("needs the package scikit-image, which holds the photographs that models are tried on")
    return read_image(Path(found.origin).parent / "data" / name)
