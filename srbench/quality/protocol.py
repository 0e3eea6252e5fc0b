"""Protocols: how LR is made from HR, and how SR is compared with HR.

"PSNR on Set5 x3" is not one number: the choices gathered in a `Protocol` move it by up to two decibels.
`docs/protocols.md` explains every choice and what it costs; `protocols` has those that published tables follow.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from math import nan
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from srbench.errors import ImageError, Unsupported, UsageError
from srbench.quality import degradation as degradations
from srbench.quality import metrics
from srbench.quality.channels import HR_STACKED, SR_IS_LUMA, beside, eight_bits, remark
from srbench.quality.degradation import Degradation
from srbench.quality.image import Image, is_grey, stacked, to_uint8
from srbench.quality.scoring import Scoring
from srbench.quality.similarity import inner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from srbench.quality.channels import Rounding

VERSION = 1
"""Raised whenever the code behind scores changes a number; part of every fingerprint."""


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


_SCORED = {
    "y": "The luma is scored (Y of BT.601), not rounded.",
    "y-rounded": "The luma is scored (Y of BT.601), rounded to integers.",
    "rgb": "All three RGB channels are scored.",
    "nothing": "There is no HR that SR could be compared with.",
}

_COMPARED = tuple(name for name in _SCORED if name != "nothing")
"""What can be scored where there is HR."""


_SHAVE = re.compile(r"(?:([1-9])\*)?(factor)(?:\+(\d{1,4}))?|(\d{1,4})")


@dataclass(frozen=True)
class Protocol:
    """One way to make LR and to compare SR with HR: a degradation and a comparison.

    Raises:
        UsageError: choices that there are not.

    """

    name: str
    """What rows carry: a name, or a canonical spec such as `basicsr:lr=bd`."""
    summary: str
    degradation: Degradation = field(default_factory=Degradation)
    scored: Literal["y", "y-rounded", "rgb", "nothing"] = "y"
    """What is scored: luma with or without rounding to integers, or all RGB channels; `nothing` without HR."""
    shave_factor: int = 1
    """How often the factor is cut from each side before scoring."""
    shave_extra: int = 0
    """Pixels cut from each side beyond that."""

    def __post_init__(self) -> None:
        """Refuse what cannot be scored."""
        if self.scored not in _SCORED:
            raise UsageError(f"scored is {self.scored!r}, expected one of {', '.join(_COMPARED)}")
        if (self.scored == "nothing") != (not self.degradation.steps):
            raise UsageError("scored is 'nothing' where images are upscaled as they are, and there alone")

    @classmethod
    def from_fields(cls, name: str, fields: Mapping[str, Any], summary: str = "") -> Self:
        """Return the protocol that has these `fields`.

        Raises:
            UsageError: they are of no protocol of this version.

        """
        try:
            if fields["version"] != VERSION:
                raise UsageError(f"version is {fields['version']!r}, expected {VERSION}")
            shave = int(fields["shave_factor"]), int(fields["shave_extra"])
            return cls(name, summary, degradations.from_fields(fields), fields["scored"], *shave)
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"protocol {name} has fields that this version cannot read: {error!r}") from error

    @property
    def fingerprint(self) -> str:
        """Return 12 hex digits that change with any choice and with `VERSION`; words do not count."""
        return _fingerprint(self, VERSION)

    @property
    def fields(self) -> dict[str, Any]:
        """Return the choices that the fingerprint is of, and `VERSION`, by their names, as JSON holds them."""
        return {"version": VERSION} | _choices(self)

    @property
    def words(self) -> list[str]:
        """Return what is done to HR and SR, in sentences."""
        if not self.has_hr:
            return [*self.degradation.words, _SCORED[self.scored]]
        cut = "nothing is" if self.shave_text == "0" else f"{_cut(self)} are"
        return [
            *self.degradation.words,
            "SR is rounded to 8 bits before it is compared with HR.",
            f"Before scoring, {cut} cut from each side.",
            _SCORED[self.scored],
        ]

    @property
    def shave_text(self) -> str:
        """Return what is cut from each side as it is typed: `0`, `4`, `factor` or `factor+6`."""
        times = {0: "", 1: "factor"}.get(self.shave_factor, f"{self.shave_factor}*factor")
        return "+".join(part for part in (times, str(self.shave_extra or "")) if part) or "0"

    @property
    def has_hr(self) -> bool:
        """Tell whether there is HR that SR is compared with; else images are LR."""
        return self.scored != "nothing"

    @property
    def given(self) -> bool:
        """Tell whether LR is given, as files, instead of made from HR."""
        return self.degradation.given

    @property
    def lr_dtype(self) -> str:
        """Return the dtype of the LR images that `degrade` makes."""
        return self.degradation.dtype

    @property
    def scoring(self) -> Scoring:
        """Return how SR is compared with HR; without HR there is no such thing.

        Raises:
            UsageError: there is no HR.

        """
        if not self.has_hr:
            raise UsageError(f"protocol {self.name} compares SR with nothing")
        return _scoring(self)

    def shave(self, factor: int) -> int:
        """Return the number of pixels cut from each side before scoring."""
        return self.scoring.shave(factor) if self.has_hr else 0

    def reference(self, hr: Image, factor: int) -> Image:
        """Return the part of `hr` that SR is compared with: bottom and right cropped to multiples of the factor.

        Raises:
            Unsupported: a side of `hr` is shorter than the factor.

        """
        return self.degradation.crop(hr, factor)

    def degrade(self, hr: Image, factor: int, lr: Image | None = None) -> Image:
        """Return the LR image of the full-size `hr`, uint8 (H, W[, 3]), at 1/factor its cropped size.

        Under `srcnn` HR's luma is rounded to 8 bits, then shrunk to a float64 (H, W) image in 0..1 that is neither
        rounded nor clipped, as in the SRCNN authors' MATLAB code. Random steps follow from HR's pixels. Where LR is
        `given`, it is `lr`, whose size is checked.

        Raises:
            Unsupported: LR is to be given and is not, or there is none at this factor, or of an image so small.
            ImageError: the given LR has another size.

        """
        if not self.given or lr is None:
            return self.degradation.apply(hr, factor)
        self.check_lr(lr, hr, factor)
        return self.degradation.read(lr)

    def check_lr(self, lr: Image, hr: Image, factor: int) -> None:
        """Refuse a given `lr` that is not as large as LR of `hr` is.

        Raises:
            ImageError: it has another size.
            Unsupported: as `reference`.

        """
        height, width = (side // factor for side in self.reference(hr, factor).shape[:2])
        if lr.shape[:2] != (height, width):
            raise ImageError(
                f"got LR of {lr.shape[1]}x{lr.shape[0]} pixels, expected {width}x{height}: HR of "
                f"{hr.shape[1]}x{hr.shape[0]}, cropped to a multiple of the factor, / {factor}"
            )

    def compare(self, hr: Image, sr: Image, factor: int) -> Score:
        """Score `sr` against the full-size `hr`: `score` against its `truth`."""
        return self.score(self.truth(hr, factor), sr, factor)

    def truth(self, hr: Image, factor: int) -> Truth:
        """Return what SR of the full-size `hr` is scored against.

        Raises:
            Unsupported: after the shave, the image is smaller than SSIM's 11x11 window.

        """
        if not self.has_hr:
            return Truth(hr, hr)
        hr = self.reference(hr, factor)
        height, width = (side - 2 * self.shave(factor) for side in hr.shape[:2])
        if min(height, width) < metrics.WINDOW:
            raise Unsupported(
                f"image of {hr.shape[1]}x{hr.shape[0]} pixels is too small to score: protocol {self.name} cuts "
                f"{self.shave(factor)} pixels from each side and SSIM needs {metrics.WINDOW}x{metrics.WINDOW}"
            )
        return Truth(hr, self.scoring.seen(hr, factor))

    def score(self, truth: Truth, sr: Image, factor: int) -> Score:
        """Score `sr` against HR, of which `truth` was made at this factor.

        A float SR is rounded half up to 8 bits first. Where SR and HR differ in channels, `remark` says what is scored.
        Without HR, of which the input takes the place, both scores are NaN.

        Raises:
            ImageError: sizes do not match, or a grey SR would have to be scored as colours.

        """
        if not self.has_hr:
            check_enlarged(truth.image, sr, factor)
            return Score(nan, nan)
        psnr, ssim = self.scoring.compare(*self.pair(truth, sr, factor))
        return Score(psnr, nan if ssim is None else ssim)

    def remark(self, hr: Image, sr: Image) -> str:
        """Return what is scored where `sr` and `hr` differ in channels; empty where nothing had to be chosen."""
        if not self.has_hr:
            return ""
        return remark(self.degradation.read(hr), sr, self.scoring.channels)

    def pair(self, truth: Truth, sr: Image, factor: int) -> tuple[Image, Image]:
        """Return what is scored of HR and SR, of equal shape: float64 or uint8 on 0..255; raises as `score`."""
        _check_size(truth.image, sr)
        said, scoring = self.remark(truth.image, sr), self.scoring
        if said == SR_IS_LUMA and scoring.channels == "rgb":
            raise ImageError(f"HR is RGB but SR is grey, and protocol {self.name} scores RGB")
        hr = stacked(truth.scored) if said == HR_STACKED else truth.scored
        values = eight_bits(inner(sr, self.shave(factor)), scoring.sr_rounded)
        return hr, scoring.scored(beside(values, said, is_grey(truth.image)))

    def channels(self, image: Image) -> Image:
        """Return what is scored of `image`, on 0..255: float64 luma (H, W), or uint8 RGB (H, W, 3)."""
        return self.scoring.scored(to_uint8(image))


def check_enlarged(lr: Image, sr: Image, factor: int) -> None:
    """Refuse SR that is not `factor` times as large as `lr`.

    Raises:
        ImageError: it is not.

    """
    height, width = (side * factor for side in lr.shape[:2])
    if sr.shape[:2] != (height, width):
        raise ImageError(f"SR is {sr.shape[1]}x{sr.shape[0]} pixels, expected {width}x{height} (x{factor})")


def _check_size(hr: Image, sr: Image) -> None:
    if hr.shape[:2] != sr.shape[:2]:
        raise ImageError(
            f"SR is {sr.shape[1]}x{sr.shape[0]} pixels, expected {hr.shape[1]}x{hr.shape[0]} "
            "(HR cropped to a multiple of the factor)"
        )


@lru_cache
def _fingerprint(protocol: Protocol, version: int) -> str:
    return hashlib.sha256(json.dumps([version, _choices(protocol)], sort_keys=True).encode()).hexdigest()[:12]


@lru_cache
def _scoring(protocol: Protocol) -> Scoring:
    rounding: Rounding = "half-up" if protocol.scored == "y-rounded" else "no"
    return Scoring(
        channels="rgb" if protocol.scored == "rgb" else "y",
        luma_rounded=rounding,
        ssim_luma_rounded=rounding,
        grey=protocol.degradation.grey,
        shave_factor=protocol.shave_factor,
        shave_extra=protocol.shave_extra,
    )


def _choices(protocol: Protocol) -> dict[str, Any]:
    compared = {name: getattr(protocol, name) for name in ("scored", "shave_factor", "shave_extra")}
    return protocol.degradation.fields | compared


def _cut(protocol: Protocol) -> str:
    """Return how many pixels are cut from each side, in words."""
    if not protocol.shave_factor:
        return f"{protocol.shave_extra} pixels"
    times = "the factor" if protocol.shave_factor == 1 else f"{protocol.shave_factor} times the factor"
    return f"as many pixels as {times}" + f" + {protocol.shave_extra}" * (protocol.shave_extra > 0)


def shave_of(text: str | int) -> tuple[int, int]:
    """Return how often the factor, and how many pixels beyond it, are cut by `shave_text`.

    Raises:
        UsageError: the text says something else.

    """
    found = _SHAVE.fullmatch(str(text).replace(" ", ""))
    if found is None:
        raise UsageError(f"shave is {text!r}, expected pixels such as 4, or factor, factor+6, 2*factor")
    times, factor, extra, pixels = found.groups()
    return (int(times or 1) if factor else 0), int(extra or pixels or 0)
