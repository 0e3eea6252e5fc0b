"""Where on HR does SR lie whose size is not HR's? SR may be cropped or padded by some pixels at any side."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from srbench.quality.alignment import shift

if TYPE_CHECKING:
    from srbench.quality.alignment.shift import Shift
    from srbench.quality.image import Image

REACH = 32
"""The most pixels by which sizes may differ, and SR is looked for beyond HR."""

_TIE = 0.1


class Placement(NamedTuple):
    """How many pixels SR lacks of HR at each side; negative: it has so many beyond HR."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def fits(self) -> bool:
        """Tell whether SR covers exactly HR."""
        return not any(self)


def find(hr: Image, sr: Image, factor: int) -> Placement | None:
    """Return where `sr` lies on `hr`, to the pixel; what is left below a pixel, `shift` finds in their overlap.

    Args:
        hr: (H, W) or (H, W, 3), uint8 or float in 0..1.
        sr: an image of another size, or of the same.
        factor: by how much SR was enlarged.

    Returns:
        The placement, or None where sizes differ by more than `REACH`, or the images have nothing in common.

    """
    rough = laid(hr, sr, factor)
    return None if rough is None else nearest(rough, lacking(hr, sr))


def lacking(hr: Image, sr: Image) -> tuple[int, int]:
    """Return how many rows and columns `sr` has less than `hr`."""
    return hr.shape[0] - sr.shape[0], hr.shape[1] - sr.shape[1]


def laid(hr: Image, sr: Image, factor: int) -> Shift | None:
    """Return how far `sr` is shifted where its corner is laid on that of `hr`; arguments and None as for `find`."""
    if max(map(abs, lacking(hr, sr))) > REACH:
        return None
    height, width = (min(sides) for sides in zip(hr.shape[:2], sr.shape[:2], strict=True))
    found = shift.find(hr[:height, :width], sr[:height, :width], factor)
    return found if found is not None and found.farthest <= REACH else None


def nearest(laid: Shift, lacking: tuple[int, int]) -> Placement:
    """Return the placement to the pixel of SR that is shifted so far where its corner is laid on that of HR."""
    top, left = (_nearest(-each, less) for each, less in zip(laid[:2], lacking, strict=True))
    return Placement(top, lacking[0] - top, left, lacking[1] - left)


def overlap(hr: Image, sr: Image, placement: Placement) -> tuple[Image, Image]:
    """Return the parts of `hr` and `sr` that show the same, of one size."""
    top, bottom, left, right = placement
    return _trimmed(hr, top, bottom, left, right), _trimmed(sr, -top, -bottom, -left, -right)


def _nearest(begin: float, lacking: int) -> int:
    """Return the pixel of HR at which SR begins; of two that are as near, the one that leaves SR inside HR."""
    nearest = round(begin)
    other = nearest + (1 if begin > nearest else -1)
    inside = range(min(lacking, 0), max(lacking, 0) + 1)
    tied = abs(abs(begin - nearest) - 0.5) < _TIE
    return other if tied and nearest not in inside and other in inside else nearest


def _trimmed(image: Image, top: int, bottom: int, left: int, right: int) -> Image:
    """Return `image` without so many pixels at its sides; negative numbers take nothing away."""
    height, width = image.shape[:2]
    return image[max(top, 0) : height - max(bottom, 0), max(left, 0) : width - max(right, 0)]
