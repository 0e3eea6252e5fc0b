"""What do SR images score with some of their faults undone, and others left in?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from srbench.errors import ImageError
from srbench.quality.alignment import channels, levels, placement, shift
from srbench.quality.image import cropped
from srbench.quality.scoring import measure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from srbench.diagnosis.faults import Faults
    from srbench.quality.image import Image
    from srbench.quality.scoring import Scoring

KINDS = ("placement", "channels", "levels", "shift")
"""What can be undone, in this order."""


@dataclass(frozen=True)
class Trial:
    """Pairs of HR and SR, and how they are scored."""

    pairs: Sequence[tuple[Image, Image]]
    factor: int
    scoring: Scoring

    def pair(self, number: int) -> tuple[Image, Image]:
        """Return HR, cropped to the factor, and SR as it is."""
        hr, sr = self.pairs[number]
        return cropped(hr, self.factor), sr

    def score(self, faults: Faults, left: Collection[str] = ()) -> float | None:
        """Return the PSNR in dB with all faults undone but those of the kinds in `left`; None where there is none.

        Images that have nothing in common with HR do not count. What no correction can know at the border is cut for
        all kinds alike, so that scores differ by what is undone alone.
        """
        scoring = replace(self.scoring, ssim=None)
        try:
            found = measure([scoring], self._undone(faults, left), self.factor)
        except ImageError:  # such as a grey SR where RGB is scored
            return None
        return found[scoring].psnr if scoring in found else None

    def _undone(self, faults: Faults, left: Collection[str]) -> Iterator[tuple[Image, Image]]:
        for number, aligned in enumerate(faults.aligned):
            if aligned:
                yield self._pair_undone(number, faults, left)

    def _pair_undone(self, number: int, faults: Faults, left: Collection[str]) -> tuple[Image, Image]:
        hr, sr = self.pair(number)
        if faults.placement and (placed := faults.placement.per_image[number]):
            hr, sr = placement.overlap(hr, sr, _at_top_left(placed) if "placement" in left else placed)
        if faults.channels and "channels" not in left and (order := faults.channels.per_image[number]):
            sr = channels.undo(sr, order)
        if faults.levels and "levels" not in left and (curve := faults.levels.per_image[number]):
            sr = levels.undo(sr, curve)
        if faults.shift and (moved := faults.shift.per_image[number]):
            sr = sr if "shift" in left else shift.undo(sr, moved)
            hr, sr = (self._inner(image, moved.border) for image in (hr, sr))
        return cropped(hr, self.factor), cropped(sr, self.factor)

    def _inner(self, image: Image, border: int) -> Image:
        """Return `image` without the border that is not known, as far as it is not cut before scoring."""
        beyond = max(border - self.scoring.shave(self.factor), 0)
        cut = math.ceil(beyond / self.factor) * self.factor
        return image[cut : image.shape[0] - cut, cut : image.shape[1] - cut]


def _at_top_left(placed: placement.Placement) -> placement.Placement:
    """Return SR of that size, laid on HR corner on corner."""
    return placement.Placement(0, placed.top + placed.bottom, 0, placed.left + placed.right)
