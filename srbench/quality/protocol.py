"""Protocols: how LR is made from HR, and how SR is compared with HR.

"PSNR on Set5 x3" is not one number: the choices gathered in a `Protocol` move it by up to two decibels. Each named
protocol here is one that published tables follow; `docs/protocols.md` explains every choice and what it costs.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from srbench.errors import ImageError, Unsupported
from srbench.quality import metrics
from srbench.quality.image import (
    Image,
    from_255,
    grey,
    is_grey,
    is_neutral,
    luma,
    on_255,
    round_half_up,
    stacked,
    to_uint8,
)
from srbench.specs import unknown

if TYPE_CHECKING:
    from srbench.quality.resize import Border, Rounding

VERSION = 1
"""Raised whenever the code behind scores changes a number; part of every fingerprint."""


SR_IS_LUMA = "SR has one channel, HR three: SR was scored as luma (BT.601, 16..235)"
SR_GREYED = "HR has one channel, SR has colours: the grey of SR was scored (0.299 R + 0.587 G + 0.114 B)"
HR_STACKED = "HR has one channel, SR has colours: HR was taken as R = G = B"
"""What is scored where SR and HR have not the same channels: `Protocol.remark`."""


class Score(NamedTuple):
    """Quality of one SR image: PSNR in dB (`inf` where SR equals HR) and mean SSIM in -1..1."""

    psnr: float
    ssim: float


class Truth(NamedTuple):
    """HR as a protocol compares SR with it: made once for all methods."""

    image: Image
    """HR cropped to a multiple of the factor."""
    scored: Image
    """What of it is scored."""


@dataclass(frozen=True)
class Protocol:
    """One way to make LR and to compare SR with HR; all of them crop HR to a multiple of the factor first."""

    name: str
    summary: str
    lr_channels: Literal["y", "rgb"]
    """What is shrunk and given to a method: `y` a float luma image, `rgb` a uint8 image (grey stays grey)."""
    lr_kernel: Literal["bicubic-matlab", "area"] = "bicubic-matlab"
    lr_border: Border = "clamp"
    lr_rounding: Rounding = "each"
    scored: Literal["y", "y-rounded", "rgb"] = "y"
    """What PSNR and SSIM see: luma with or without rounding to integers, or all RGB channels."""
    shave_factor: int = 1
    """How often the factor is cut from each side before scoring."""
    shave_extra: int = 0
    """Pixels cut from each side beyond that."""

    @property
    def fingerprint(self) -> str:
        """Return 12 hex digits that change with any choice and with `VERSION`; words do not count."""
        return _fingerprint(self, VERSION)

    @property
    def fields(self) -> dict[str, str | int]:
        """Return the choices that the fingerprint is of, and `VERSION`, by their names."""
        return {"version": VERSION} | _choices(self)

    @property
    def lr_dtype(self) -> str:
        """Return the dtype of the LR images that `degrade` makes."""
        return "float64" if self.lr_channels == "y" else "uint8"

    def shave(self, factor: int) -> int:
        """Return the number of pixels cut from each side before scoring."""
        return self.shave_factor * factor + self.shave_extra

    def reference(self, hr: Image, factor: int) -> Image:
        """Return the part of `hr` that SR is compared with: bottom and right cropped to multiples of the factor.

        Raises:
            Unsupported: a side of `hr` is shorter than the factor.

        """
        height, width = (side // factor * factor for side in hr.shape[:2])
        if not height or not width:
            raise Unsupported(f"image of {hr.shape[1]}x{hr.shape[0]} pixels is too small for factor {factor}")
        return hr[:height, :width]

    def degrade(self, hr: Image, factor: int) -> Image:
        """Return the LR image of `hr`, uint8 (H, W[, 3]), at 1/factor its cropped size.

        Under `lr_channels="y"` HR's luma is rounded to 8 bits, then shrunk to a float64 (H, W) image in 0..1 that is
        neither rounded nor clipped, as in the SRCNN authors' MATLAB code.
        """
        hr = to_uint8(self.reference(hr, factor))
        if self.lr_channels == "y":
            hr = round_half_up(luma(hr)) / 255
        if self.lr_kernel == "area":
            return _block_mean(hr, factor)
        from srbench.quality.resize import imresize  # noqa: PLC0415 - scipy's matrices, which a run's judge alone needs

        return imresize(hr, Fraction(1, factor), border=self.lr_border, rounding=self.lr_rounding)

    def compare(self, hr: Image, sr: Image, factor: int) -> Score:
        """Score `sr` against the full-size `hr`: `score` against its `truth`."""
        return self.score(self.truth(hr, factor), sr, factor)

    def truth(self, hr: Image, factor: int) -> Truth:
        """Return what SR of the full-size `hr` is scored against.

        Raises:
            Unsupported: after the shave, the image is smaller than SSIM's 11x11 window.

        """
        hr = self.reference(hr, factor)
        height, width = (side - 2 * self.shave(factor) for side in hr.shape[:2])
        if min(height, width) < metrics.WINDOW:
            raise Unsupported(
                f"image of {hr.shape[1]}x{hr.shape[0]} pixels is too small to score: protocol {self.name} cuts "
                f"{self.shave(factor)} pixels from each side and SSIM needs {metrics.WINDOW}x{metrics.WINDOW}"
            )
        return Truth(hr, self._seen(hr, factor))

    def score(self, truth: Truth, sr: Image, factor: int) -> Score:
        """Score `sr` against HR, of which `truth` was made at this factor.

        A float SR is rounded half up to 8 bits first. Where SR and HR differ in channels, `remark` says what is scored.

        Raises:
            ImageError: sizes do not match, or a grey SR would have to be scored as colours.

        """
        pair = self.pair(truth, sr, factor)
        return Score(metrics.psnr(*pair), metrics.ssim(*pair))

    def remark(self, hr: Image, sr: Image) -> str:
        """Return what is scored where `sr` and `hr` differ in channels; empty where nothing had to be chosen."""
        if is_grey(sr) and not is_grey(hr):
            return SR_IS_LUMA
        if is_grey(hr) and not is_neutral(sr):
            return HR_STACKED if self.scored == "rgb" else SR_GREYED
        return ""

    def pair(self, truth: Truth, sr: Image, factor: int) -> tuple[Image, Image]:
        """Return what is scored of HR and SR, of equal shape: float64 or uint8 on 0..255; raises as `score`."""
        _check_size(truth.image, sr)
        remark = self.remark(truth.image, sr)
        if remark == SR_IS_LUMA and self.scored == "rgb":
            raise ImageError(f"HR is RGB but SR is grey, and protocol {self.name} scores RGB")
        if remark == SR_GREYED:
            return truth.scored, self._rounded(grey(to_uint8(self._shaved(sr, factor))))
        if remark == HR_STACKED:
            return stacked(truth.scored), self._seen(sr, factor)
        if is_grey(truth.image) and not is_grey(sr):
            sr = sr[..., 0]
        return truth.scored, self._seen(sr, factor)

    def _seen(self, image: Image, factor: int) -> Image:
        """Return what is scored of an image of HR's size, the shave cut off."""
        return self.channels(self._shaved(image, factor))

    def _shaved(self, image: Image, factor: int) -> Image:
        shave = self.shave(factor)
        height, width = image.shape[:2]
        return image[shave : height - shave, shave : width - shave]

    def channels(self, image: Image) -> Image:
        """Return what is scored of `image`, on 0..255: float64 luma (H, W), or uint8 RGB (H, W, 3)."""
        values = to_uint8(image)
        if self.scored == "rgb":
            return values
        return self._rounded(luma(values))

    def _rounded(self, values: Image) -> Image:
        """Return luma as it is scored: rounded to integers, or not."""
        return round_half_up(values) if self.scored == "y-rounded" else values


def _check_size(hr: Image, sr: Image) -> None:
    if hr.shape[:2] != sr.shape[:2]:
        raise ImageError(
            f"SR is {sr.shape[1]}x{sr.shape[0]} pixels, expected {hr.shape[1]}x{hr.shape[0]} "
            "(HR cropped to a multiple of the factor)"
        )


@lru_cache
def _fingerprint(protocol: Protocol, version: int) -> str:
    return hashlib.sha256(json.dumps([version, _choices(protocol)], sort_keys=True).encode()).hexdigest()[:12]


def _choices(protocol: Protocol) -> dict[str, str | int]:
    return {key: value for key, value in asdict(protocol).items() if key not in {"name", "summary"}}


def _block_mean(image: Image, factor: int) -> Image:
    """Average factor x factor blocks; uint8 is rounded half up."""
    height, width = (side // factor for side in image.shape[:2])
    blocks = on_255(image).reshape(height, factor, width, factor, *image.shape[2:])
    return from_255(blocks.mean(axis=(1, 3)), image.dtype)


PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol("srcnn", "float LR of the luma, SR luma rounded: the classical tables", "y", scored="y-rounded"),
        Protocol("selfexsr", "8-bit RGB LR, luma rounded before scoring", "rgb", scored="y-rounded"),
        Protocol("basicsr", "8-bit RGB LR, luma not rounded: RCAN, BasicSR, SwinIR, HAT", "rgb"),
        Protocol(
            "ntire", "8-bit RGB LR, all channels scored, factor + 6 pixels cut", "rgb", scored="rgb", shave_extra=6
        ),
        Protocol(
            "article",
            "area-averaged 8-bit RGB LR, all channels scored, nothing cut",
            "rgb",
            lr_kernel="area",
            scored="rgb",
            shave_factor=0,
        ),
    )
}


def get(name: str) -> Protocol:
    """Return the protocol called `name`.

    Raises:
        UsageError: there is none; the line names the nearest and all.

    """
    if name in PROTOCOLS:
        return PROTOCOLS[name]
    raise unknown("protocol", name, PROTOCOLS)
