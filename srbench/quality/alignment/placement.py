"""Where on HR does SR lie whose size is not HR's? SR may be cropped or padded by some pixels at any side."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from srbench.quality.image import Image

REACH = 32
"""The most pixels by which SR is looked for at each side."""


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
    """Return where `sr` lies on `hr`, to the pixel; None where the images have nothing in common.

    Images of one size are not searched: `shift` finds what is wrong there.
    """
    raise NotImplementedError


def overlap(hr: Image, sr: Image, placement: Placement) -> tuple[Image, Image]:
    """Return the parts of `hr` and `sr` that show the same, of one size."""
    raise NotImplementedError
