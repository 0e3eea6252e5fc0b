"""The HR and SR images of a claim, read one pair at a time, as often as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, overload

from srbench.errors import ImageError
from srbench.quality.alignment import placement
from srbench.quality.files import read_image
from srbench.quality.image import cropped, is_grey, is_neutral, stacked

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
    reading: Callable[[int], None] = lambda _: None
    """Called with the number of a pair before it is read."""

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
            return replace(self, files=self.files[index])
        files = self.files[index]
        self.reading(index)
        hr, sr = (read_image(entry.path) for entry in files)
        return Pair(hr, stacked(sr) if is_grey(sr) and not is_grey(hr) and is_neutral(hr) else sr)

    @property
    def names(self) -> list[str]:
        """Return what HR images are called."""
        return [hr.name for hr, _ in self.files]

    def told(self, what: str, tick: Tick) -> Pairs:
        """Return the same pairs; `tick` is called whenever one is read."""
        return replace(self, reading=lambda number: tick(what, number, len(self)))

    def placed(self) -> Iterator[Pair]:
        """Yield all pairs as they are scored: of one size, a multiple of the factor.

        Where the size of SR is not HR's, they are cut to what both show.

        Raises:
            ImageError: SR and HR have nothing in common, or a file cannot be read.

        """
        for (_, entry), pair in zip(self.files, self, strict=True):
            hr, sr = cropped(pair.hr, self.factor), pair.sr
            if hr.shape[:2] != sr.shape[:2]:
                found = placement.find(hr, sr, self.factor)
                if found is None:
                    raise ImageError(
                        f"{entry.path}: SR is {sr.shape[1]}x{sr.shape[0]} pixels and does not show what HR shows, of "
                        f"{hr.shape[1]}x{hr.shape[0]} (cropped to a multiple of the factor {self.factor}); is the "
                        "factor right?"
                    )
                hr, sr = (cropped(each, self.factor) for each in placement.overlap(hr, sr, found))
            yield Pair(hr, sr)
