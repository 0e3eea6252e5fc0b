"""Which values does SR hold where HR holds 0..255? A linear map such as 16..235, or a gamma."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from scipy import optimize

from srbench.quality.image import from_255, on_255

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from srbench.quality.image import Image

_SIGMA = 2.0
_BINS = 64
_FEWEST = 30
"""Pixels that make a bin count."""
_FEWEST_BINS = 4
_CLIPPED = 2
"""Values so near to 0 and 255 may be clipped ones."""
_NOTICEABLE = 1.0
"""Levels, in the mean, by which a map must change the image."""
_AS_GOOD = 0.5, 1.1
"""Levels and factor by which a simpler map may fit worse than the best."""


class Levels(NamedTuple):
    """What SR's values are made of HR's: a curve, known by name or measured."""

    kind: str
    """`linear`, `gamma`, `srgb` (exponent 1: encoded twice, -1: not encoded), or `collapsed`: nothing is left."""
    name: str
    """In plain words: `16..235 instead of 0..255`."""
    gain: tuple[float, ...] = (1.0,)
    """Linear: SR = gain * HR + offset on 0..255, for each channel, or one for all."""
    offset: tuple[float, ...] = (0.0,)
    exponent: float = 1.0
    """Gamma: SR = 255 (HR / 255) ** exponent."""

    def of(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what becomes of HR's values on 0..255, (..., channels), neither rounded nor clipped."""
        if self.kind in {"gamma", "srgb"}:
            return self._curved(values, self.exponent)
        return values * self.gain + self.offset

    def back(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return HR's values of SR's."""
        if self.kind in {"gamma", "srgb"}:
            return self._curved(values, 1 / self.exponent)
        return (values - self.offset) / self.gain

    def _curved(self, values: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
        unit = np.clip(values / 255, 0, 1)
        if self.kind == "gamma":
            return 255 * unit**exponent
        return 255 * (_encoded(unit) if exponent > 0 else _decoded(unit))


SAME = Levels("linear", "0..255")

_KNOWN = (
    Levels("linear", "16..235 instead of 0..255", (219 / 255,), (16.0,)),
    Levels("linear", "0..255 taken for 16..235, and stretched", (255 / 219,), (-16 * 255 / 219,)),
    Levels("linear", "inverted", (-1.0,), (255.0,)),
    Levels("linear", "-1..1 taken for 0..1: the darker half is black", (2.0,), (-255.0,)),
    Levels("linear", "0..1 taken for -1..1: half the contrast, too light", (0.5,), (127.5,)),
    Levels("linear", "floats of 0..255 instead of 0..1", (255.0,), (0.0,)),
    Levels("linear", "floats of 0..1/255 instead of 0..1", (1 / 255,), (0.0,)),
    Levels("gamma", "gamma 2.2: not encoded for display", exponent=2.2),
    Levels("gamma", "gamma 1/2.2: encoded for display twice", exponent=1 / 2.2),
    Levels("srgb", "linear light instead of sRGB: not encoded for display", exponent=-1.0),
    Levels("srgb", "encoded as sRGB twice", exponent=1.0),
)

COLLAPSED = Levels("collapsed", "0..1 saved as 0..255: all pixels are 0 or 1", (1 / 255,))


def find(hr: Image, sr: Image) -> Levels:
    """Return the map of values from `hr` to `sr`, known by name where one fits, else measured; `SAME` if there is none.

    Seen where images are smooth, so that neither blur nor a shift by a few pixels matters.

    Args:
        hr: (H, W) or (H, W, 3), uint8 or float in 0..1.
        sr: an image of the same shape; floats may be on any scale.

    """
    if sr.dtype == np.uint8 and on_255(hr).max() > 1 and sr.max() <= 1:
        return COLLAPSED
    curve = _measured(hr, sr)
    if np.count_nonzero(curve.weights.sum(axis=1)) < _FEWEST_BINS:
        return SAME
    return _simplest(curve)


def undo(sr: Image, levels: Levels) -> Image:
    """Return `sr` with HR's levels, as floats in 0..1 that may overshoot; `COLLAPSED` ones stay as they are."""
    if levels.kind == "collapsed":
        return sr
    values = on_255(sr)
    return from_255(levels.back(np.atleast_3d(values)).reshape(values.shape), np.dtype(np.float64))


class _Curve(NamedTuple):
    """Values of HR and the medians of SR's there, on 0..255, and how many pixels have them: (bins, channels) each."""

    seen: NDArray[np.float64]
    shown: NDArray[np.float64]
    weights: NDArray[np.float64]
    clipped: bool
    """Whether SR is limited to 0..255."""

    def away(self, levels: Levels) -> float:
        """Return how far SR's values are from those that `levels` make of HR's: root of the mean square."""
        made = levels.of(self.seen)
        made = np.clip(made, 0, 255) if self.clipped else made
        return float(np.sqrt(np.average((made - self.shown) ** 2, weights=self.weights)))

    @property
    def sound(self) -> NDArray[np.float64]:
        """Return the weights of values that are not clipped."""
        inside = (self.shown > _CLIPPED) & (self.shown < 255 - _CLIPPED)  # noqa: PLR2004 - the peak
        return self.weights * (inside if self.clipped else 1)


def _measured(hr: Image, sr: Image) -> _Curve:
    """Return which values SR has where HR is smooth."""
    seen, shown = (np.atleast_3d(cv2.GaussianBlur(on_255(image), (0, 0), _SIGMA)) for image in (hr, sr))
    columns = [_column(seen[..., each], shown[..., each]) for each in range(seen.shape[2])]
    return _Curve(*np.moveaxis(np.array(columns), 0, 2), clipped=sr.dtype == np.uint8)


def _column(seen: NDArray[np.float64], shown: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values of one channel of HR, the medians of SR's there, and their numbers, (3, bins)."""
    down, right = np.gradient(seen)
    steep = down**2 + right**2
    smooth = steep <= np.median(steep)
    seen, shown = seen[smooth], shown[smooth]
    which = np.clip(seen * (_BINS / 256), 0, _BINS - 1).astype(int)
    found = np.zeros((3, _BINS))
    for each in np.flatnonzero(np.bincount(which, minlength=_BINS) >= _FEWEST):
        inside = which == each
        found[:, each] = np.median(seen[inside]), np.median(shown[inside]), np.count_nonzero(inside)
    return found


def _simplest(curve: _Curve) -> Levels:
    """Return the simplest map that explains SR's values about as well as the best does: known ones first."""
    if curve.away(SAME) < _NOTICEABLE:
        return SAME
    known, fitted = [SAME, *_KNOWN], _fitted(curve)
    best = min(map(curve.away, [*known, *fitted]))
    enough = max(best + _AS_GOOD[0], best * _AS_GOOD[1])
    nearest = min(known, key=curve.away)
    return next(each for each in (nearest, *fitted, SAME) if curve.away(each) <= enough)


def _fitted(curve: _Curve) -> list[Levels]:
    """Return the gamma and the linear maps that fit best, the simplest first."""
    if np.count_nonzero(curve.sound) < _FEWEST_BINS:
        return []
    gamma = optimize.minimize_scalar(lambda it: curve.away(_gamma(it)), bounds=(0.2, 5), method="bounded").x
    weights = curve.sound
    whole = _line(curve.seen.ravel(), curve.shown.ravel(), weights.ravel())
    each = [_line(*column) for column in zip(curve.seen.T, curve.shown.T, weights.T, strict=True)]
    return [_gamma(float(gamma)), _linear([whole]), _linear(each)]


def _line(seen: NDArray[np.float64], shown: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    """Return gain and offset; only an offset where HR has about one value."""
    x, y = (np.average(each, weights=weights) if weights.any() else 0.0 for each in (seen, shown))
    spread = float(weights @ (seen - x) ** 2)
    gain = float(weights @ ((seen - x) * (shown - y))) / spread if spread > weights.sum() else 1.0
    gain = gain or 1.0
    return gain, float(y - gain * x)


def _gamma(exponent: float) -> Levels:
    return Levels("gamma", f"gamma {exponent:.2f}", exponent=exponent)


def _linear(lines: list[tuple[float, float]]) -> Levels:
    gains, offsets = zip(*lines, strict=True)
    said = [f"{gain:.3g} x {offset:+.1f}" for gain, offset in lines]
    name = f"SR = {said[0]}" if len(said) == 1 else "R, G, B = " + ", ".join(said)
    return Levels("linear", name, tuple(gains), tuple(offsets))


def _encoded(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sRGB of linear light, both in 0..1 (IEC 61966-2-1)."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)  # noqa: PLR2004


def _decoded(encoded: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return linear light of sRGB, both in 0..1."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004
