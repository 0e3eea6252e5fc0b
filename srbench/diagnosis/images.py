"""The HR and SR images of a claim, read one pair at a time, as often as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, overload

from srbench.quality.files import read_image
from srbench.quality.image import is_grey, is_neutral, stacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from srbench.datasets import Entry
    from srbench.quality.image import Image

    Tick: TypeAlias = Callable[[str, int, int], None]
    """Called with what is done, how much of it, and of how much."""


class Pair(NamedTuple):
    """A whole HR image, uint8 (H, W) or (H, W, 3), and its SR."""

    hr: Image
    sr: Image


@dataclass(frozen=True)
class Pairs(Sequence[Pair]):
    """Pairs of files as a sequence of images; an SR file that holds R = G = B as one channel gets HR's three."""

    files: Sequence[tuple[Entry, Entry]]

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.files)

    @overload
    def __getitem__(self, index: int) -> Pair: ...
    @overload
    def __getitem__(self, index: slice) -> Pairs: ...
    def __getitem__(self, index: int | slice) -> Pair | Pairs:
        """Return one pair, read now.

        Raises:
            ImageError: a file cannot be read, or holds what is no 8-bit image.

        """
        if isinstance(index, slice):
            return Pairs(self.files[index])
        hr, sr = (read_image(entry.path) for entry in self.files[index])
        return Pair(hr, stacked(sr) if is_grey(sr) and not is_grey(hr) and is_neutral(hr) else sr)

    def read(self, tick: Tick) -> Iterator[Pair]:
        """Yield all pairs; an error about one names it."""
        for number in range(len(self)):
            tick("scoring", number, len(self))
            yield self[number]

    @property
    def names(self) -> list[str]:
        """Return what HR images are called."""
        return [hr.name for hr, _ in self.files]
