"""Which values does SR hold where HR holds 0..255? A linear map such as 16..235, or a gamma."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from scipy import optimize

from srbench.quality.image import from_255, on_255

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from srbench.quality.image import Image

_LEAST_SIGMA = 1.5
_SMOOTH = 0.4
"""The share of pixels that count, those with the smallest gradients."""
_BINS = 64
_FEWEST = 30
"""Pixels that make a bin count."""
_FEWEST_BINS = 4
_CLIPPED = 2
"""Values so near to 0 and 255 may be clipped ones."""
_NOTICEABLE = 1.0
"""Levels, in the mean, by which a map must change the image."""
_PLAIN = 5e-4
"""A gain so near to 1 is not spelled."""
_AS_GOOD = 0.5, 1.1
"""Levels and factor by which a simpler map may fit worse than the best."""


class Levels(NamedTuple):
    """What SR's values are made of HR's: a curve, known by name or measured."""

    kind: str
    """`linear`, `gamma`, `srgb` (about a gamma of `exponent`), or `collapsed`: nothing is left."""
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
        return 255 * (_encoded(unit) if exponent < 1 else _decoded(unit))


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
    Levels("srgb", "linear light instead of sRGB: not encoded for display", exponent=2.2),
    Levels("srgb", "encoded as sRGB twice", exponent=1 / 2.2),
)

COLLAPSED = Levels("collapsed", "0..1 saved as 0..255: all pixels are 0 or 1", (1 / 255,))


class Curve(NamedTuple):
    """Values of HR and the medians of SR's there, on 0..255, and how many pixels have them: (bins, channels) each."""

    seen: NDArray[np.float64]
    shown: NDArray[np.float64]
    weights: NDArray[np.float64]
    clipped: bool
    """Whether SR is limited to 0..255."""
    collapsed: bool = False
    """Whether SR has no values but 0 and 1."""

    def away(self, levels: Levels) -> float:
        """Return how far SR's values are from those that `levels` make of HR's: root of the mean square, on 0..255."""
        scale = 1.0 if self.clipped else max(float(np.abs(self.shown).max()) / 255, 1e-9)
        return self._between(self._made(levels), self.shown) / scale

    def changed_by(self, levels: Levels) -> float:
        """Return how far `levels` move HR's values: root of the mean square, on 0..255."""
        return self._between(self._made(levels), self.seen)

    def _made(self, levels: Levels) -> NDArray[np.float64]:
        made = levels.of(self.seen)
        return np.clip(made, 0, 255) if self.clipped else made

    def _between(self, one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
        if not self.weights.any():
            return 0.0
        return float(np.sqrt(np.average((one - other) ** 2, weights=self.weights)))

    @property
    def sound(self) -> NDArray[np.float64]:
        """Return the weights of values that are not clipped."""
        inside = (self.shown > _CLIPPED) & (self.shown < 255 - _CLIPPED)
        return self.weights * (inside if self.clipped else 1)


def find(hr: Image, sr: Image, factor: int) -> Levels:
    """Return the map of values from `hr` to `sr`, known by name where one fits, else measured; `SAME` if there is none.

    Seen where images are smooth, so that neither blur nor a shift by a few pixels matters.

    Args:
        hr: (H, W) or (H, W, 3), uint8 or float in 0..1.
        sr: an image of the same shape; floats may be on any scale.
        factor: by how much SR was enlarged.

    """
    return common([curve(hr, sr, factor)])


def curve(hr: Image, sr: Image, factor: int) -> Curve:
    """Return which values SR has where HR is smooth; arguments as for `find`."""
    sigma = max(factor / 2, _LEAST_SIGMA)
    seen, shown = _blurred(hr, sigma), _blurred(sr, sigma)
    columns = [_column(seen[..., each], shown[..., each]) for each in range(seen.shape[2])]
    values, medians, numbers = np.moveaxis(np.array(columns), 0, 2)
    clipped = sr.dtype == np.uint8
    collapsed = clipped and bool(on_255(hr).max() > 1 and sr.max() <= 1)
    return Curve(values, medians, numbers, clipped, collapsed)


def common(curves: Sequence[Curve]) -> Levels:
    """Return the map that explains the values of several images, all of them grey or all of them in colours."""
    if all(each.collapsed for each in curves):
        return COLLAPSED
    seen, shown, weights = (np.concatenate(field) for field in list(zip(*curves, strict=True))[:3])
    whole = Curve(seen, shown, weights, curves[0].clipped)
    return _simplest(whole) if np.count_nonzero(weights.sum(axis=1)) >= _FEWEST_BINS else SAME


def undo(sr: Image, levels: Levels) -> Image:
    """Return `sr` with HR's levels, as floats in 0..1 that may overshoot; `COLLAPSED` ones stay as they are."""
    if levels.kind == "collapsed":
        return sr
    values = on_255(sr)
    return from_255(levels.back(np.atleast_3d(values)).reshape(values.shape), np.dtype(np.float64))


def _blurred(image: Image, sigma: float) -> NDArray[np.float64]:
    return np.atleast_3d(np.asarray(cv2.GaussianBlur(on_255(image), (0, 0), sigma), np.float64))


def _column(seen: NDArray[np.float64], shown: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values of one channel of HR, the medians of SR's there, and their numbers, (3, bins)."""
    down, right = np.gradient(seen)
    steep = down**2 + right**2
    smooth = steep <= np.quantile(steep, _SMOOTH)
    seen, shown = seen[smooth], shown[smooth]
    which = np.clip(seen * (_BINS / 256), 0, _BINS - 1).astype(int)
    found = np.zeros((3, _BINS))
    for each in np.flatnonzero(np.bincount(which, minlength=_BINS) >= _FEWEST):
        inside = which == each
        found[:, each] = np.median(seen[inside]), np.median(shown[inside]), np.count_nonzero(inside)
    return found


def _simplest(curve: Curve) -> Levels:
    """Return the simplest map that explains SR's values about as well as the best does: known ones first."""
    known, fitted = [SAME, *_KNOWN], _fitted(curve)
    best = min(map(curve.away, [*known, *fitted]))
    enough = max(best + _AS_GOOD[0], best * _AS_GOOD[1])
    nearest = min(known, key=curve.away)
    found = next(each for each in (SAME, nearest, *fitted) if curve.away(each) <= enough)
    return found if curve.changed_by(found) >= _NOTICEABLE else SAME


def _fitted(curve: Curve) -> list[Levels]:
    """Return the maps that fit best, the simplest first: an offset, a gamma, a line; the same for each channel."""
    weights = curve.sound
    if np.count_nonzero(weights) < _FEWEST_BINS:
        return []
    gamma = optimize.minimize_scalar(lambda it: curve.away(_gamma(it)), bounds=(0.2, 5), method="bounded").x
    whole = curve.seen.ravel(), curve.shown.ravel(), weights.ravel()
    each = list(zip(curve.seen.T, curve.shown.T, weights.T, strict=True))
    return [
        _linear([(1.0, _offset(*whole))]),
        _gamma(float(gamma)),
        _linear([_line(*whole)]),
        _linear([(1.0, _offset(*column)) for column in each]),
        _linear([_line(*column) for column in each]),
    ]


def _offset(seen: NDArray[np.float64], shown: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    return float(np.average(shown - seen, weights=weights)) if weights.any() else 0.0


def _line(seen: NDArray[np.float64], shown: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    """Return gain and offset; only an offset where HR has about one value."""
    if not weights.any():
        return 1.0, 0.0
    x, y = (float(np.average(each, weights=weights)) for each in (seen, shown))
    spread = float(weights @ (seen - x) ** 2)
    gain = float(weights @ ((seen - x) * (shown - y))) / spread if spread > weights.sum() else 1.0
    gain = gain or 1.0
    return gain, y - gain * x


def _gamma(exponent: float) -> Levels:
    return Levels("gamma", f"gamma {exponent:.2f}", exponent=exponent)


def _linear(lines: list[tuple[float, float]]) -> Levels:
    gains, offsets = zip(*lines, strict=True)
    said = [_spelled(gain, offset) for gain, offset in lines]
    name = (
        said[0]
        if len(said) == 1
        else ", ".join(f"{channel} {words}" for channel, words in zip("RGB", said, strict=True))
    )
    return Levels("linear", name, tuple(gains), tuple(offsets))


def _spelled(gain: float, offset: float) -> str:
    return (f"x {gain:.3g} " if abs(gain - 1) >= _PLAIN else "") + f"{offset:+.1f} levels"


def _encoded(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sRGB of linear light, both in 0..1 (IEC 61966-2-1)."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)  # noqa: PLR2004


def _decoded(encoded: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return linear light of sRGB, both in 0..1."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004
