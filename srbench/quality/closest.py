"""Which degradation made given LR images? The named ones, by how many samples differ from what they make of HR."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from srbench.errors import ImageError, Unsupported
from srbench.quality.degradation import NAMED, Degradation, bicubic
from srbench.quality.image import is_grey, is_neutral, stacked, to_uint8
from srbench.quality.kernels import KERNELS

if TYPE_CHECKING:
    from srbench.quality.image import Image


class Likeness(NamedTuple):
    """How far LR is from what a degradation makes of the same HR."""

    name: str
    """What its authors call it, such as `OpenCV INTER_CUBIC`."""
    lr: str
    """How it is typed, such as `lr=bicubic-opencv`."""
    share: float
    """Share of samples that differ, 0..1."""
    largest: int
    """The largest difference of a sample, 0..255."""
    mean: float
    """The mean absolute difference of samples, 0..255."""


def _candidates() -> dict[tuple[str, str], Degradation]:
    """Return the degradations by their names and how they are typed, the likelier of those that are alike first."""
    matlab = {
        ("MATLAB bicubic", "lr=bicubic"): bicubic(),
        ("MATLAB bicubic with mirrored border", "lr=bicubic:border=mirror"): bicubic("mirror"),
        ("MATLAB bicubic in double, rounded once", "lr=bicubic:rounding=once"): bicubic(rounding="once"),
        ("BasicSR's imresize", "lr=bicubic:border=mirror:rounding=once"): bicubic("mirror", "once"),
    }
    kernels = {name: KERNELS[name].label for name in NAMED if name in KERNELS}
    others = {"bd": "BD of RDN", "dn": "DN of RDN", "jpeg": "Pillow BICUBIC and JPEG of quality 90"}
    return matlab | {(label, f"lr={name}"): NAMED[name]() for name, label in (kernels | others).items()}


def closest(hr: Image, lr: Image, factor: int) -> list[Likeness]:
    """Return how like the 8-bit `lr` is to what each named degradation makes of `hr`, the likest first.

    Args:
        hr: full-size uint8 image, (H, W) or (H, W, 3).
        lr: the given image at 1/factor of the cropped size; a grey one may have R = G = B.
        factor: how much smaller LR is.

    Raises:
        ImageError: `lr` has another size, or colours where HR has none, or the other way round.
        Unsupported: `hr` is smaller than the factor.

    """
    hr, lr = _alike(to_uint8(hr), to_uint8(lr))
    expected = bicubic().crop(hr, factor).shape
    size = (expected[0] // factor, expected[1] // factor)
    if lr.shape[:2] != size:
        raise ImageError(f"LR is {lr.shape[1]}x{lr.shape[0]} pixels, expected {size[1]}x{size[0]}: 1/{factor} of HR")
    found = []
    for (name, typed), degradation in _candidates().items():
        try:
            made = degradation.apply(hr, factor)
        except Unsupported:  # at this factor, or by this version of a library
            continue
        away = np.abs(made.astype(np.int16) - lr)
        found.append(Likeness(name, typed, float(np.mean(away > 0)), int(away.max()), float(np.mean(away))))
    return sorted(found, key=lambda each: each.share)


def _alike(hr: Image, lr: Image) -> tuple[Image, Image]:
    """Return both with as many channels."""
    if is_grey(hr) == is_grey(lr):
        return hr, lr
    if not (is_neutral(hr) and is_neutral(lr)):
        raise ImageError(
            "LR is grey, HR has colours" if is_grey(lr) or is_neutral(lr) else "LR has colours, HR is grey"
        )
    return (stacked(hr), lr) if is_grey(hr) else (hr, stacked(lr))
