"""What is wrong with each SR image as it lies on HR, and what is common to all of them?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import numpy as np

from srbench.quality.alignment import channels, levels, placement, shift
from srbench.quality.alignment.channels import Order
from srbench.quality.alignment.levels import Levels
from srbench.quality.alignment.placement import Placement
from srbench.quality.alignment.shift import Shift
from srbench.quality.image import from_255, grey, is_grey, is_neutral, luma

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from srbench.quality.alignment.levels import Curve
    from srbench.quality.image import Image

LEAST_SHIFT = 0.05
"""Pixels below which nothing is called a shift: sound SR of methods was at most 0.006 px away, in the mean of images."""
LEAST_STRETCH = 0.15
_NEAR = 0.15
"""Pixels by which the shifts of images may differ and count as one."""
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
    """Which images have anything in common with their HR."""
    grey: tuple[bool, ...]
    """Of which images SR is grey, and HR has colours."""
    unlike: tuple[bool, ...]
    """Which single images are shifted otherwise than the rest; what is undone is the rest's."""


class Seen(NamedTuple):
    """What was measured of one image."""

    placement: Placement | None
    """None where SR has nothing in common with HR."""
    resized: bool
    """Whether SR's size is not HR's."""
    grey: bool
    """Whether SR is grey, and HR has colours."""
    unlike: NDArray[np.float64] | None
    """How badly each order of channels explains SR; None without colours."""
    curve: Curve | None
    shift: Shift | None
    """Beyond the placement, where sizes differ; None where it cannot be told."""


def look(hr: Image, sr: Image, factor: int) -> Seen:
    """Return what is measured of one SR against HR that is cropped to the factor."""
    resized = hr.shape[:2] != sr.shape[:2]
    lost = is_neutral(sr) and not is_neutral(hr)
    placed = placement.find(hr, sr, factor)
    if placed is None:
        return Seen(None, resized, lost, None, None, None)
    hr, sr = alike(*placement.overlap(hr, sr, placed))
    coloured = not is_grey(hr)
    unlike = channels.unlike(hr, sr) if coloured else None
    if unlike is not None:
        sr = channels.undo(sr, channels.likeliest([unlike]))
    curve = levels.curve(hr, sr, factor)
    left = shift.find(hr, levels.undo(sr, levels.common([curve])), factor)
    if left is not None and not resized:
        left = left._replace(down=left.down - placed.top, right=left.right - placed.left)
    return Seen(placed, resized, lost, unlike, curve, left)


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
    told = [each.shift for each in images if each.shift is not None]
    common = Shift(*(float(each) for each in np.median(told, axis=0))) if told else Shift(0.0, 0.0)
    shifts = [each.shift if each.shift and not _near(each.shift, common) else common for each in images]
    away = [each != common for each in shifts]
    single = sum(away) <= _FEW * len(images)
    return Faults(
        _placements(images),
        _orders(images),
        _levels(images),
        _shifts([common] * len(images) if single else shifts),
        aligned=tuple(each.placement is not None for each in images),
        grey=tuple(each.grey for each in images),
        unlike=tuple(other and single for other in away),
    )


def _placements(images: Sequence[Seen]) -> Fault[Placement] | None:
    """Return where SR lies in images whose size is not HR's."""
    found = tuple(each.placement if each.resized else None for each in images)
    return Fault(found) if any(found) else None


def _orders(images: Sequence[Seen]) -> Fault[Order] | None:
    """Return the order of channels: one for all images, as nearly grey ones cannot tell."""
    coloured = [each.unlike for each in images if each.unlike is not None]
    order = channels.likeliest(coloured) if coloured else channels.RGB
    if order == channels.RGB:
        return None
    return Fault(tuple(None if each.unlike is None else order for each in images))


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
    found = [None if each == levels.SAME else each for each in found]
    return Fault(tuple(found)) if any(found) else None


def _kind(image: Seen) -> tuple[int, bool] | None:
    """Return what must be alike in images whose values are compared: number of channels, and whether any are left."""
    return None if image.curve is None else (image.curve.seen.shape[1], image.curve.collapsed)


def _shifts(found: Sequence[Shift]) -> Fault[Shift] | None:
    """Return shifts that are large enough to be told."""
    clear = tuple(map(_clear, found))
    return Fault(clear) if any(clear) else None


def _near(one: Shift, other: Shift) -> bool:
    away = np.abs(np.subtract(one, other))
    return bool(away[:2].max() <= _NEAR and away[2:].max() <= _NEAR_STRETCH)


def _clear(found: Shift) -> Shift | None:
    """Return `found` without what is too little to be told; None where nothing is left."""
    moved = max(abs(found.down), abs(found.right)) >= LEAST_SHIFT
    stretched = max(abs(found.taller), abs(found.wider)) >= LEAST_STRETCH
    if not moved and not stretched:
        return None
    return found if stretched else Shift(found.down, found.right)
