"""What is scored of an image: its samples on 0..255, rounded to 8 bits or not, all channels or luma, rounded or not.

Where HR and SR have not the same channels, `remark` says what is scored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from srbench.errors import UsageError
from srbench.quality.image import Image, grey_of, is_grey, is_neutral, on_255, round_half_up, to_uint8

if TYPE_CHECKING:
    from collections.abc import Callable

Samples: TypeAlias = NDArray[Any]
Channels: TypeAlias = Literal["y", "rgb"]
Rounding: TypeAlias = Literal["no", "half-up", "half-even"]
EightBits: TypeAlias = Literal["half-up", "truncated", "clipped", "no"]

SR_IS_LUMA = "SR has one channel, HR three: SR was scored as luma (BT.601, 16..235)"
SR_GREYED = "HR has one channel, SR has colours: the grey of SR was scored (0.299 R + 0.587 G + 0.114 B)"
HR_STACKED = "HR has one channel, SR has colours: HR was taken as R = G = B"
"""What `remark` returns."""

_PEAK = 255.0
_HUGE = 1e9


@dataclass(frozen=True)
class Luma:
    """A formula of luma: offset + (red R + green G + blue B) / divisor, of R, G and B on 0..255.

    The default is MATLAB's `rgb2ycbcr`: BT.601 in 16..235.

    Raises:
        UsageError: the numbers make no luma.

    """

    weights: tuple[float, float, float] = (65.481, 128.553, 24.966)
    divisor: float = 255.0
    offset: float = 16.0

    def __post_init__(self) -> None:
        """Refuse numbers that are infinite, NaN or huge, and a division by 0."""
        for name, values in (("weights", self.weights), ("divisor", (self.divisor,)), ("offset", (self.offset,))):
            if not all(abs(each) <= _HUGE for each in values):
                raise UsageError(f"{name} is {getattr(self, name)!r}, expected at most {_HUGE:g}")
        if abs(self.divisor) * _HUGE < 1:
            raise UsageError(f"divisor is {self.divisor!r}, expected what the sum of R, G and B is divided by")

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
        weighted = f"{red:g} R + {green:g} G + {blue:g} B"
        return f"{offset}{weighted}" if self.divisor == 1 else f"{offset}({weighted}) / {self.divisor:g}"


STUDIO = Luma()


def remark(hr: Image, sr: Image, channels: Channels) -> str:
    """Return what is scored where `sr` and `hr` differ in channels; empty where nothing has to be chosen."""
    if is_grey(sr) and not is_grey(hr):
        return SR_IS_LUMA
    if is_grey(hr) and not is_neutral(sr):
        return HR_STACKED if channels == "rgb" else SR_GREYED
    return ""


def beside(values: Samples, remarked: str, grey_hr: bool) -> Samples:
    """Return what is scored of SR's samples on 0..255 beside an HR that is grey or not, given what was remarked."""
    if remarked == SR_GREYED:
        return grey_of(values)
    if grey_hr and not is_grey(values) and remarked != HR_STACKED:
        return values[..., 0]
    return values


_EIGHT_BITS: dict[EightBits, Callable[[Samples], Samples]] = {
    "truncated": lambda values: np.floor(np.clip(values, 0, _PEAK)).astype(np.uint8),
    "clipped": lambda values: np.clip(values, 0, _PEAK),
    "no": lambda values: values,
}


def eight_bits(image: Image, rounding: EightBits) -> Samples:
    """Return the samples of an image on 0..255, those of a float image brought to 8 bits as `rounding` says."""
    if image.dtype == np.uint8 or rounding == "half-up":
        return to_uint8(image)
    return _EIGHT_BITS[rounding](on_255(image))


def scored(values: Samples, channels: Channels, luma: Luma) -> Samples:
    """Return what is scored of samples on 0..255: all channels, or luma in float64; grey ones are their own luma."""
    if channels == "rgb":
        return values
    return values.astype(np.float64) if is_grey(values) else luma.of(values)


def rounded(values: Samples, rounding: Rounding) -> Samples:
    """Return luma rounded to integers in 0..255, or as it is."""
    if rounding == "no":
        return values
    return round_half_up(values) if rounding == "half-up" else np.clip(np.rint(values), 0, _PEAK)
