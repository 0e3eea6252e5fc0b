"""What is wrong with each SR image as it lies on HR, and what is common to all of them?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import numpy as np

from srbench.quality.alignment import channels, levels, placement
from srbench.quality.alignment.channels import Order
from srbench.quality.alignment.levels import Levels
from srbench.quality.alignment.placement import Placement
from srbench.quality.alignment.shift import Shift
from srbench.quality.image import from_255, grey, is_grey, is_neutral, luma

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from srbench.quality.alignment.levels import Curve
    from srbench.quality.image import Image

LEAST_SHIFT = 0.05
"""Pixels below which nothing is called a shift: SR of sound methods was 0.006 px away at most."""
LEAST_STRETCH = 0.15
_NEAR = 0.15
"""Pixels by which the shifts of images may differ and count as one."""
_FAR = 0.5
"""Pixels by which one image must be shifted otherwise than the rest to be named: aliased SR was 0.16 px away."""
_NEAR_STRETCH = 0.4
_NEAR_LEVELS = 2.0
"""Levels by which the values of an image may be farther from the common map than from its own."""
_FEW = 0.1
"""Images that count as unlike the others, as a share; below, the common value is used for them."""

Value = TypeVar("Value", Placement, Order, Levels, Shift)


@dataclass(frozen=True)
class Fault(Generic[Value]):
    """One thing that is wrong: what it is in each image, None where an image has not got it."""

    per_image: tuple[Value | None, ...]

    @property
    def common(self) -> Value | None:
        """Return what it is, where it is the same in all images."""
        first = self.per_image[0]
        return first if all(each == first for each in self.per_image) else None


class Faults(NamedTuple):
    """All that is wrong, in the order in which it is undone; None where there is nothing."""

    placement: Fault[Placement] | None
    channels: Fault[Order] | None
    levels: Fault[Levels] | None
    shift: Fault[Shift] | None
    aligned: tuple[bool, ...]
    """Which images can be laid on their HR; others have another size and nothing in common with it."""
    grey: tuple[bool, ...]
    """Of which images SR is grey, and HR has colours."""
    unlike: tuple[bool, ...]
    """Which single images are shifted otherwise than the rest; what is undone is the rest's."""
    lost: tuple[tuple[tuple[int, ...], tuple[int, ...]] | None, ...]
    """The shapes of HR and SR where one cannot be laid on the other; None for most images."""

    def without(self, kinds: Iterable[str]) -> Faults:
        """Return the same with some kinds of faults left as they are."""
        return Faults(**(self._asdict() | dict.fromkeys(kinds)))


class Seen(NamedTuple):
    """What was measured of one image."""

    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    """Those of HR and SR."""
    grey: bool
    """Whether SR is grey, and HR has colours."""
    unlike: NDArray[np.float64] | None = None
    """How badly each order of channels explains SR; None without colours."""
    curve: Curve | None = None
    laid: Shift | None = None
    """How SR is shifted where its corner is laid on that of HR; None where it cannot be told."""
    lost: bool = False
    """Whether SR cannot be laid on HR: its size is too different, or it shows something else."""

    @property
    def lacking(self) -> tuple[int, int]:
        """Return how many rows and columns SR has less than HR."""
        hr, sr = self.shapes
        return hr[0] - sr[0], hr[1] - sr[1]

    @property
    def resized(self) -> bool:
        """Tell whether SR's size is not HR's."""
        return any(self.lacking)


def look(hr: Image, sr: Image, factor: int) -> Seen:
    """Return what is measured of one SR against HR that is cropped to the factor."""
    seen = Seen((hr.shape, sr.shape), is_neutral(sr) and not is_neutral(hr))
    hr, sr = alike(hr, sr)
    if not seen.resized and (curve := levels.curve(hr, sr, factor)).collapsed:
        return seen._replace(curve=curve)
    laid = placement.laid(hr, sr, factor)
    if laid is None:
        return seen._replace(lost=True)
    unlike, curve = _values(*placement.overlap(hr, sr, placement.nearest(laid, seen.lacking)), factor)
    order = channels.RGB if unlike is None else channels.likeliest([unlike])
    values = levels.common([curve])
    if order != channels.RGB or values != levels.SAME:
        undone = levels.undo(sr if unlike is None else channels.undo(sr, order), values)
        laid = placement.laid(hr, undone, factor) or laid
    return seen._replace(unlike=unlike, curve=curve, laid=laid)


def _values(hr: Image, sr: Image, factor: int) -> tuple[NDArray[np.float64] | None, Curve]:
    """Return how badly each order of channels explains SR, and its values in the best order."""
    if is_grey(hr):
        return None, levels.curve(hr, sr, factor)
    unlike = channels.unlike(hr, sr)
    return unlike, levels.curve(hr, channels.undo(sr, channels.likeliest([unlike])), factor)


def alike(hr: Image, sr: Image) -> tuple[Image, Image]:
    """Return both with colours, or both without: as the luma is scored where SR is a file of one channel."""
    if is_grey(sr) and not is_grey(hr):
        return (hr[..., 0] if is_neutral(hr) else from_255(luma(hr), np.dtype(np.float64))), sr
    if is_neutral(sr) or is_neutral(hr):
        return _greyed(hr), _greyed(sr)
    return hr, sr


def _greyed(image: Image) -> Image:
    if is_grey(image):
        return image
    return image[..., 0] if is_neutral(image) else from_255(grey(image), np.dtype(np.float64))


def agreed(images: Sequence[Seen]) -> Faults:
    """Return what is wrong with several images: what is common to them, and what single ones have beside it."""
    told = [each.laid for each in images if each.laid is not None]
    median = Shift(*(float(each) for each in np.median(told, axis=0))) if told else Shift(0.0, 0.0)
    apart = [each.laid is not None and not _near(each.laid, median) for each in images]
    few = sum(apart) <= _FEW * len(images)
    laid = [_own(each, median, apart=other, few=few) for each, other in zip(images, apart, strict=True)]
    placed = [_placement(each, mine) for each, mine in zip(images, laid, strict=True)]
    return Faults(
        _fault(placed),
        _orders(images),
        _levels(images),
        _fault(_beyond(*each) for each in zip(laid, placed, strict=True)),
        aligned=tuple(each.laid is not None or not each.resized for each in images),
        grey=tuple(each.grey for each in images),
        unlike=tuple(few and not each.resized and _far(each, median) for each in images),
        lost=tuple(each.shapes if each.lost else None for each in images),
    )


def _fault(found: Iterable[Value | None]) -> Fault[Value] | None:
    per_image = tuple(found)
    return None if all(each is None for each in per_image) else Fault(per_image)


def _own(image: Seen, median: Shift, *, apart: bool, few: bool) -> Shift:
    """Return the median of shifts for images that are near it, and for few that are not; else an image's own."""
    return image.laid if image.laid and apart and (image.resized or not few) else median


def _far(image: Seen, median: Shift) -> bool:
    """Tell whether an image is surely shifted otherwise: single images with few edges, or aliased ones, mislead."""
    return image.laid is not None and bool(np.abs(np.subtract(image.laid, median))[:2].max() >= _FAR)


def _placement(image: Seen, laid: Shift) -> Placement | None:
    """Return where SR lies whose size is not HR's."""
    return placement.nearest(laid, image.lacking) if image.resized and image.laid else None


def _beyond(laid: Shift, placed: Placement | None) -> Shift | None:
    """Return the shift that is left beside the placement, without what is too little to be told."""
    down, right = (laid.down, laid.right) if placed is None else (laid.down + placed.top, laid.right + placed.left)
    stretched = max(abs(laid.taller), abs(laid.wider)) >= LEAST_STRETCH
    if max(abs(down), abs(right)) < LEAST_SHIFT and not stretched:
        return None
    return Shift(down, right, laid.taller, laid.wider) if stretched else Shift(down, right)


def _orders(images: Sequence[Seen]) -> Fault[Order] | None:
    """Return the order of channels: one for all images, as nearly grey ones cannot tell."""
    coloured = [each.unlike for each in images if each.unlike is not None]
    order = channels.likeliest(coloured) if coloured else channels.RGB
    return _fault(None if order == channels.RGB or each.unlike is None else order for each in images)


def _levels(images: Sequence[Seen]) -> Fault[Levels] | None:
    """Return the map of values that images have in common, or those of single images that have others."""
    found: list[Levels | None] = [None] * len(images)
    for kind in {_kind(each) for each in images} - {None}:
        same = [n for n, each in enumerate(images) if _kind(each) == kind]
        curves = [curve for n in same if (curve := images[n].curve) is not None]
        common = levels.common(curves)
        for n, curve in zip(same, curves, strict=True):
            own = levels.common([curve])
            found[n] = common if curve.away(common) <= curve.away(own) + _NEAR_LEVELS else own
    return _fault(None if each == levels.SAME else each for each in found)


def _kind(image: Seen) -> tuple[int, bool] | None:
    """Return what must be alike in images whose values are compared: number of channels, and whether any are left."""
    return None if image.curve is None else (image.curve.seen.shape[1], image.curve.collapsed)


def _near(one: Shift, other: Shift) -> bool:
    away = np.abs(np.subtract(one, other))
    return bool(away[:2].max() <= _NEAR and away[2:].max() <= _NEAR_STRETCH)
