"""The HR and SR images of a claim, read one pair at a time, as often as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, overload

from srbench.errors import ImageError
from srbench.quality.alignment import placement
from srbench.quality.files import read_image
from srbench.quality.image import is_grey, is_neutral, stacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from srbench.datasets import Entry
    from srbench.quality.image import Image

Tick: TypeAlias = "Callable[[str, int, int], None]"
"""Called with what is done, how much of it is done, and of how much."""


class Pair(NamedTuple):
    """An HR image, uint8 (H, W) or (H, W, 3), and its SR."""

    hr: Image
    sr: Image


@dataclass(frozen=True)
class Pairs(Sequence[Pair]):
    """Pairs of files as a sequence of images; SR that was saved as one channel where R = G = B has HR's three."""

    files: Sequence[tuple[Entry, Entry]]
    factor: int

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.files)

    @overload
    def __getitem__(self, index: int) -> Pair: ...
    @overload
    def __getitem__(self, index: slice) -> Pairs: ...
    def __getitem__(self, index: int | slice) -> Pair | Pairs:
        """Return one pair, read now: whole HR, and SR of any size.

        Raises:
            ImageError: a file cannot be read, or holds what is no 8-bit image.

        """
        if isinstance(index, slice):
            return Pairs(self.files[index], self.factor)
        hr, sr = (read_image(entry.path) for entry in self.files[index])
        return Pair(hr, stacked(sr) if is_grey(sr) and not is_grey(hr) and is_neutral(hr) else sr)

    @property
    def names(self) -> list[str]:
        """Return what HR images are called."""
        return [hr.name for hr, _ in self.files]

    def ticking(self, what: str, tick: Tick) -> Iterator[Pair]:
        """Yield all pairs as `__getitem__` does, and tell how many are done."""
        for number in range(len(self)):
            tick(what, number, len(self))
            yield self[number]

    def placed(self, tick: Tick = lambda *_: None) -> Iterator[Pair]:
        """Yield all pairs as they are scored: of one size, a multiple of the factor.

        Where the size of SR is not HR's, they are cut to what both show.

        Raises:
            ImageError: SR and HR have nothing in common, or a file cannot be read.

        """
        for (_, entry), pair in zip(self.files, self.ticking("scoring", tick), strict=True):
            hr, sr = self._multiple(pair.hr), pair.sr
            if hr.shape[:2] != sr.shape[:2]:
                found = placement.find(hr, sr, self.factor)
                if found is None:
                    raise ImageError(
                        f"{entry.path}: SR is {sr.shape[1]}x{sr.shape[0]} pixels and does not show what HR shows, of "
                        f"{hr.shape[1]}x{hr.shape[0]} (cropped to a multiple of the factor {self.factor}); is the "
                        "factor right?"
                    )
                hr, sr = map(self._multiple, placement.overlap(hr, sr, found))
            yield Pair(hr, sr)

    def _multiple(self, image: Image) -> Image:
        height, width = (side // self.factor * self.factor for side in image.shape[:2])
        return image[:height, :width]
