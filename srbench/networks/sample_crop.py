"""A crop of a photograph that comes with scikit-image, on which a network or a method is tried. Imports no torch."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from srbench.errors import Unsupported
from srbench.quality.files import read_image
from srbench.quality.image import luma, to_uint8
from srbench.quality.metrics import psnr
from srbench.quality.resize import imresize

if TYPE_CHECKING:
    from srbench.quality.image import Image

NAME = "astronaut of sample"

SIDE = 64
"""LR pixels a side: enough for a difference of decibels, and fast for large networks."""

_FILE = "data/astronaut.png"
_LEFT = 128
"""Columns of the photograph left of the crop, which starts in the first row: a face, hair, a flag, letters."""


class Crop(NamedTuple):
    """HR, and LR by MATLAB's bicubic: uint8 RGB."""

    hr: Image
    lr: Image
    factor: int

    def psnr(self, sr: Image) -> float:
        """Return the PSNR of SR's luma in dB, to two decimals; `factor` pixels are cut from each side."""
        inside = slice(self.factor, -self.factor)
        return round(psnr(luma(self.hr[inside, inside]), luma(to_uint8(sr)[inside, inside])), 2)

    @property
    def bicubic(self) -> float:
        """Return that of MATLAB's bicubic."""
        return self.psnr(imresize(self.lr, self.factor))


def below_bicubic(psnr: float | None, bicubic: float) -> str:
    """Return the warning that a PSNR is below that of bicubic; nothing where it is not."""
    if psnr is None:
        return "makes no image of a photograph"
    return f"below bicubic by {bicubic - psnr:.2f} dB" if psnr < bicubic else ""


@lru_cache(maxsize=8)
def crop(factor: int, side: int = SIDE) -> Crop:
    """Return a crop whose LR has so many pixels a side, or as many as the photograph has.

    Raises:
        Unsupported: of LR at this factor nothing would be left.

    """
    whole = _photograph()
    left = min(_LEFT, max(0, whole.shape[1] - side * factor))
    side = min(side, min(whole.shape[:2]) // factor) * factor
    if side <= 2 * factor:
        raise Unsupported(f"cannot be tried: LR at x{factor} of a photograph of {whole.shape[1]} pixels is too small")
    hr = whole[:side, left : left + side]
    return Crop(hr, imresize(hr, Fraction(1, factor)), factor)


@lru_cache(maxsize=1)
def _photograph() -> Image:
    """Read it without importing scikit-image."""
    found = find_spec("skimage")
    if found is None or not found.origin:
        raise Unsupported("needs the package scikit-image, which holds the photograph that models are tried on")
    return read_image(Path(found.origin).parent / _FILE)
