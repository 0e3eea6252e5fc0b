"""Which degradation made given LR images? The named ones, by how many samples differ from what they make of HR."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from srbench.errors import ImageError, Unsupported
from srbench.quality.degradation import NAMED, bicubic
from srbench.quality.files import pixel_hash
from srbench.quality.image import is_grey, is_neutral, stacked, to_uint8
from srbench.quality.interpolation import antialiased, antialiased_8bit, bicubic_of_unit
from srbench.quality.interpolation import bicubic as bicubic_of
from srbench.quality.kernels import KERNELS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from srbench.quality.degradation import Degradation
    from srbench.quality.image import Image
    from srbench.quality.steps import Step


class Likeness(NamedTuple):
    """How far LR is from what a degradation makes of the same HR."""

    name: str
    """What its authors call it, such as `OpenCV INTER_CUBIC`."""
    lr: str
    """How it is typed, such as `lr=bicubic-opencv`; empty where protocols have no name for it."""
    share: float
    """Share of samples that differ, 0..1."""
    largest: int
    """The largest difference of a sample, 0..255."""
    mean: float
    """The mean absolute difference of samples, 0..255."""
    alike: frozenset[str] = frozenset()
    """The names of the others that make the same of this HR."""


class _Candidate(NamedTuple):
    """One way to make LR."""

    name: str
    lr: str
    make: Callable[[Image, int], Image]
    """Takes full-size HR and the factor."""
    steps: tuple[Step, ...] = ()
    """Of the degradation, if protocols have a name for it."""


def _candidates() -> list[_Candidate]:
    """Return the ways to make LR, the likelier of those that are alike first."""
    matlab = {
        ("MATLAB bicubic", "lr=bicubic"): bicubic(),
        ("MATLAB bicubic with mirrored border", "lr=bicubic:border=mirror"): bicubic("mirror"),
        ("MATLAB bicubic in double, rounded once", "lr=bicubic:rounding=once"): bicubic(rounding="once"),
        ("BasicSR's imresize", "lr=bicubic:border=mirror:rounding=once"): bicubic("mirror", "once"),
    }
    labels = {name: KERNELS[name].label for name in NAMED if name in KERNELS} | _OTHERS
    named = matlab | {(label, f"lr={name}"): NAMED[name]() for name, label in labels.items()}
    return [
        *(_Candidate(*each, made.apply, made.steps) for each, made in named.items()),
        *(_Candidate(name, "", _cropped(shrink)) for name, shrink in _NAMELESS.items()),
    ]


def name_of(degradation: Degradation) -> str:
    """Return what a degradation is called here, whatever it crops HR to; empty if it has no name."""
    return next((each.name for each in _candidates() if each.steps[1:] == degradation.steps[1:] and each.steps), "")


_OTHERS = {
    "bd": "BD of RDN",
    "dn": "DN of RDN",
    "jpeg": "Pillow BICUBIC and JPEG of quality 90",
    "blur-bicubic": "Gaussian blur of sigma 1.6, then MATLAB bicubic",
    "blur-centre": "Gaussian blur of sigma 1.6, then the centre pixel",
    "noise": "MATLAB bicubic with srbench's noise of sigma 30",
}
"""What degradations are called that are more than a kernel."""

_NAMELESS: dict[str, Callable[[Image, int], Image]] = {
    "MATLAB bicubic, antialiasing off, rounded once": partial(bicubic_of, a=-0.5, rounding="once"),
    "torch bicubic antialias=False, rounded half to even": partial(bicubic_of, a=-0.75, rounding="even"),
    "torch bicubic antialias=False of tensors in 0..1": bicubic_of_unit,
    "torch bicubic antialias=True, rounded half to even": partial(antialiased, rounding="even"),
    "torch bicubic antialias=True of uint8 tensors": antialiased_8bit,
    "torch bicubic antialias=False of uint8 tensors": partial(bicubic_of, a=-0.75, rounding="each", axes=(1, 0)),
}
"""What LR files may be, but protocols have no name for; each takes HR cropped to the factor."""


def _cropped(shrink: Callable[[Image, int], Image]) -> Callable[[Image, int], Image]:
    return lambda hr, factor: shrink(bicubic().crop(hr, factor), factor)


def closest(hr: Image, lr: Image, factor: int, only: Collection[str] = ()) -> list[Likeness]:
    """Return how like the 8-bit `lr` is to what each named degradation makes of `hr`, the likest first.

    Args:
        hr: full-size uint8 image, (H, W) or (H, W, 3).
        lr: the given image at 1/factor of the cropped size; a grey one may have R = G = B.
        factor: how much smaller LR is.
        only: the names of the degradations to compare with; all if there are none.

    Raises:
        ImageError: `lr` has another size, or colours where HR has none, or the other way round.
        Unsupported: `hr` is smaller than the factor.

    """
    hr, lr = _alike(to_uint8(hr), to_uint8(lr))
    expected = bicubic().crop(hr, factor).shape
    size = (expected[0] // factor, expected[1] // factor)
    if lr.shape[:2] != size:
        raise ImageError(f"LR is {lr.shape[1]}x{lr.shape[0]} pixels, expected {size[1]}x{size[0]}: 1/{factor} of HR")
    found, same = [], defaultdict(set)
    for candidate in _candidates():
        if only and candidate.name not in only:
            continue
        try:
            made = candidate.make(hr, factor)
        except Unsupported:  # at this factor, or by this version of a library
            continue
        away = np.abs(made.astype(np.int16) - lr)
        digest = pixel_hash(made)
        same[digest].add(candidate.name)
        share, largest, mean = float(np.mean(away > 0)), int(away.max()), float(np.mean(away))
        found.append((digest, Likeness(candidate.name, candidate.lr, share, largest, mean)))
    alike = [each._replace(alike=frozenset(same[digest] - {each.name})) for digest, each in found]
    return sorted(alike, key=lambda each: each.share)


def _alike(hr: Image, lr: Image) -> tuple[Image, Image]:
    """Return both with as many channels."""
    if is_grey(hr) == is_grey(lr):
        return hr, lr
    if not (is_neutral(hr) and is_neutral(lr)):
        raise ImageError(
            "LR is grey, HR has colours" if is_grey(lr) or is_neutral(lr) else "LR has colours, HR is grey"
        )
    return (stacked(hr), lr) if is_grey(hr) else (hr, stacked(lr))
