"""A number that somebody printed: its value, and how precisely it is printed."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from srbench.errors import UsageError
from srbench.formats.printed import unit

if TYPE_CHECKING:
    from srbench.quality.scoring import Measured

PSNR_AGREES = 1e-4
"""How well one convention agrees between programs in dB, which round differently and sum in another order,"""
SSIM_AGREES = 1e-5
"""and in SSIM."""

_MOST = 150
"""PSNR in dB beyond which images do not differ in 8 bits."""

_LONGEST = 20
"""Characters of a number that a double tells apart."""

_LOWEST_PERCENT = 50
"""From which a number that is too large for an SSIM is rather one in percent than a PSNR."""

_PSNR = "a PSNR in dB with a decimal point, such as 34.74"
_SSIM = "an SSIM with a decimal point, such as 0.9299"


@dataclass(frozen=True)
class Number:
    """One printed number."""

    text: str
    """As it is printed, without its unit."""
    value: float
    tolerance: float
    """How far a measured number may be from it: one unit of the last printed digit, or how well programs agree."""

    def fits(self, measured: float | None) -> bool:
        """Tell whether a measured number may be printed so; what is not measured fits nothing."""
        return measured is not None and self.units(measured) <= 1 + 1e-6  # 34.75 - 34.74 is more than 0.01, in binary

    def units(self, measured: float) -> float:
        """Return how far a measured number is away, in tolerances."""
        return abs(measured - self.value) / self.tolerance


@dataclass(frozen=True)
class Claim:
    """A PSNR in dB, an SSIM, or both, over the same images.

    Raises:
        UsageError: neither.

    """

    psnr: Number | None = None
    ssim: Number | None = None

    def __post_init__(self) -> None:
        """Refuse a claim of nothing."""
        if not (self.psnr or self.ssim):
            raise UsageError(f"no number is claimed; expected {_PSNR}, or {_SSIM}, or both")

    def __str__(self) -> str:
        """Return what is claimed, as it is printed: `PSNR 34.74 dB, SSIM 0.9299`."""
        psnr = f"PSNR {self.psnr.text} dB" if self.psnr else ""
        return ", ".join(filter(None, [psnr, f"SSIM {self.ssim.text}" if self.ssim else ""]))

    def fits(self, measured: Measured) -> bool:
        """Tell whether a convention that measures this gives all that is claimed."""
        return all(number.fits(value) for number, value in self._beside(measured))

    def units(self, measured: Measured) -> float:
        """Return how far the farther of the measured numbers is away, in tolerances; `inf` where none is measured."""
        return max(
            (number.units(each) for number, each in self._beside(measured) if each is not None), default=math.inf
        )

    def _beside(self, measured: Measured) -> list[tuple[Number, float | None]]:
        every = ((self.psnr, measured.psnr), (self.ssim, measured.ssim))
        return [(number, value) for number, value in every if number]


def claim(psnr: str | float | None, ssim: str | float | None = None, option: str = "--claimed") -> Claim:
    """Return the claim of a PSNR in dB, of an SSIM, or of both, as they are printed.

    A number that is given as a float loses zeros at its end; text keeps them. `option` is what gives the PSNR.

    Raises:
        UsageError: one is no number, or cannot be what it is said to be; neither is given.

    """
    return Claim(
        psnr=None if psnr is None else _psnr(str(psnr).strip(), option),
        ssim=None if ssim is None else _ssim(str(ssim).strip(), "--claimed-ssim"),
    )


def _psnr(typed: str, option: str) -> Number:
    number = _number(re.sub(r"\s*dB$", "", typed, flags=re.IGNORECASE), option, _PSNR, PSNR_AGREES)
    if math.isinf(number.value):
        raise UsageError(
            f"{option} is {typed!r}: an infinite PSNR says that SR equals HR, by any convention; expected {_PSNR}"
        )
    if 0 < number.value < 1:
        raise UsageError(f"{option} is {typed!r}, which looks like an SSIM (--claimed-ssim {typed}); expected {_PSNR}")
    if not 1 <= number.value <= _MOST:
        raise UsageError(f"{option} is {typed!r}, expected {_PSNR}")
    return number


def _ssim(typed: str, option: str) -> Number:
    number = _number(typed, option, _SSIM, SSIM_AGREES)
    if abs(number.value) > 1:
        raise UsageError(f"{option} is {typed!r}, and SSIM is at most 1; expected {_SSIM}{_meant(number)}")
    return number


def _meant(ssim: Number) -> str:
    """Return which SSIM a number beyond 1 may be: a percentage of the same digits; PSNR lies in its range, too."""
    if not _LOWEST_PERCENT <= ssim.value <= 100:  # noqa: PLR2004 - percent
        return " (PSNR is given apart, in dB)"
    digits = len(ssim.text.partition(".")[2]) + 2
    return f"; did you mean {ssim.value / 100:.{digits}f}, which is {ssim.text} %?"


def _two(text: str, option: str) -> str:
    """Return how to give a PSNR and an SSIM that are typed as papers print them: `34.74/0.9299`."""
    found = re.fullmatch(r"(\d+\.\d+)\s*[/;,|]?\s*(0?\.\d+)", text)
    return f"; did you mean {option} {found[1]} --claimed-ssim {found[2]}?" if found else ""


def _number(text: str, option: str, expected: str, agrees: float) -> Number:
    if text.lower().lstrip("+-") in {"inf", "infinity", "∞"}:
        return Number(text, math.inf, agrees)
    if not re.fullmatch(r"[+-]?(?:\d+\.?|\d*\.\d+)", text) or len(text) > _LONGEST:
        hint = f"; did you mean {text.replace(',', '.')}?" if re.fullmatch(r"\d+,\d+", text) else _two(text, option)
        raise UsageError(f"{option} is {text!r}, expected {expected}{hint}")
    return Number(text, float(text), max(unit(text), agrees))
