"""Which values does SR hold where HR holds 0..255? A linear map such as 16..235, or a gamma."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from srbench.quality.image import Image


class Levels(NamedTuple):
    """What SR's values are made of HR's: a curve, known by name or measured."""

    kind: str
    """`linear`, `gamma` or `srgb` (linear light, or encoded twice)."""
    name: str
    """In plain words: `16..235 instead of 0..255`."""
    gain: tuple[float, ...] = (1.0,)
    """Linear: SR = gain * HR + offset on 0..255, for each channel, or for all."""
    offset: tuple[float, ...] = (0.0,)
    exponent: float = 1.0
    """Gamma: SR = 255 (HR / 255) ** exponent."""
    lossless: bool = True
    """False where values were clipped or have collapsed, so that undoing does not bring them back."""


SAME = Levels("linear", "0..255")


def find(hr: Image, sr: Image) -> Levels:
    """Return the map of values from `hr` to `sr`, of one size and aligned to a few pixels; `SAME` where there is none."""
    raise NotImplementedError


def undo(sr: Image, levels: Levels) -> Image:
    """Return `sr` with HR's levels, as floats in 0..1."""
    raise NotImplementedError
