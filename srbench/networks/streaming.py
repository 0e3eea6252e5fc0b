"""An image upscaled tile by tile within a given memory: of SR in floats, one strip of columns waits at a time.

The pixels are those of the whole image at once, bit for bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch

from srbench.errors import Unsupported
from srbench.networks import footprint
from srbench.networks.colour import SPARE, apart, blank, join
from srbench.networks.memory import ran_out
from srbench.networks.padding import pad, sides
from srbench.networks.tiling import SMALLEST, WHOLE, Tiled

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from numpy.typing import NDArray

    from srbench.networks.colour import Apart
    from srbench.networks.model import Model
    from srbench.networks.tiling import Layout, OneSize, Part
    from srbench.quality.image import Image
    from srbench.takes import Takes

LARGEST = 512
"""The side of the largest tiles: larger ones are no faster on a CPU, and show less progress."""

STEP = 64
"""By how much smaller tiles are tried."""

CAUTION = 1.25
"""By how much more memory than measured a tile is taken to need."""


@dataclass(frozen=True)
class Streaming:
    """What upscales an image in tiles."""

    model: Model
    tiles: Tiled | OneSize
    takes: Takes
    """What the network is fed."""

    def __call__(self, image: Image, memory: int = 0) -> Generator[tuple[int, int], None, Image]:
        """Return SR of an image, yielding after each tile how many of how many are done.

        Args:
            image: a grey or RGB image, of any size.
            memory: bytes that the process may take; 0 for no limit. On CUDA tiles are chosen by what the device has
                left, too.

        Raises:
            Unsupported: even the smallest tiles need more memory.

        """
        parts = apart(image, self.takes)
        tile = self._tile(parts, memory)
        while True:
            try:
                return (yield from self._in_tiles(parts, tile))
            except Exception as error:
                if not ran_out(error) or tile in (WHOLE, SMALLEST):
                    raise
            tile = max(SMALLEST, tile // 2)

    @torch.inference_mode()
    def _in_tiles(self, parts: Apart, tile: int) -> Generator[tuple[int, int], None, Image]:
        model, (height, width) = self.model, parts.fed.shape[1:]
        layout = self.tiles.layout(*sides(model, height, width), tile)
        batch = pad(torch.from_numpy(parts.fed).to(model.device)[None], layout.sides)
        image = blank(parts, height * model.factor, width * model.factor)
        strips, done = list(_strips(layout, model.factor)), 0
        total = len(layout.rows) * len(layout.columns)
        for columns in strips:
            where = slice(columns[0].start * model.factor, min(columns[-1].end * model.factor, image.shape[1]))
            spare = SPARE * (columns is not strips[-1])
            strip = np.zeros((self.takes.samples, image.shape[0], where.stop - where.start + spare), np.float32)
            for row in layout.rows:
                for column in columns:
                    part = model.run(batch[:, :, row.crop, column.crop].contiguous())[0].cpu().numpy()
                    _put(strip, part, row, column, (model.factor, where.start))
                    done += 1
                    yield done, total
            join(image, strip, parts, self.takes, where)
        return image

    def _tile(self, parts: Apart, memory: int) -> int:
        """Return the side of the largest tiles that fit into memory; `WHOLE` where there are no tiles to choose."""
        self.tiles.remark = ""
        if not isinstance(self.tiles, Tiled):
            return WHOLE
        height, width = parts.fed.shape[1:]
        asked = self.tiles.asked or LARGEST
        left = self._left(parts, memory)
        whole = self._need(parts, max(height, width), left)
        if max(height, width) <= asked and whole <= left:
            return asked
        try:
            halo = self.tiles.halo
        except Unsupported as error:
            self.tiles.remark = f"not in tiles: {error}"
            if whole > left:
                raise Unsupported(f"{error}; {_too_much(whole, left)}") from error
            return WHOLE
        return self._largest(parts, asked, halo, left)

    def _largest(self, parts: Apart, asked: int, halo: int, left: float) -> int:
        need = 0.0
        for tile in [asked, *(side for side in range(LARGEST, SMALLEST - 1, -STEP) if side < asked)]:
            need = self._need(parts, tile, left, halo)
            if need <= left:
                return tile
        raise Unsupported(f"for tiles of {SMALLEST} LR pixels and {halo} around them {_too_much(need, left)}")

    def _left(self, parts: Apart, memory: int) -> float:
        """Return the bytes that are left for tiles; no limit for images that are smaller than the smallest."""
        if not memory or max(parts.fed.shape[1:]) <= SMALLEST:
            return math.inf
        return footprint.left(self.model, memory) - self._kept(parts)

    def _need(self, parts: Apart, tile: int, left: float, halo: int = 0) -> float:
        """Return the bytes that tiles need; nothing is measured where there is no limit."""
        if left == math.inf:
            return 0
        height, width = (min(int(side), tile + 2 * halo) for side in parts.fed.shape[1:])
        return height * width * self._each + self._strip(parts, min(tile, parts.fed.shape[2]))

    @cached_property
    def _each(self) -> float:
        """The bytes that the network is taken to need for each LR pixel."""
        return footprint.per_pixel(self.model) * CAUTION

    def _kept(self, parts: Apart) -> int:
        """Return the bytes of the image that is being made."""
        pixels: int = parts.fed.shape[1] * parts.fed.shape[2] * self.model.factor**2
        return pixels * (1 if parts.is_grey else 3) * int(parts.dtype.itemsize)

    def _strip(self, parts: Apart, tile: int) -> int:
        """Return the bytes of one strip of tiles in floats: what the network made, and chroma before and after."""
        pixels: int = parts.fed.shape[1] * self.model.factor * (tile * self.model.factor + SPARE)
        return pixels * 4 * (self.takes.samples + 3 * (parts.chroma is not None))


def _strips(layout: Layout, factor: int) -> Iterator[Sequence[Part]]:
    """Yield the columns of tiles; the last two together where the last is narrow: it has no `SPARE` beside it."""
    *others, last = layout.columns
    if others and (last.end - last.start) * factor < 2 * SPARE:
        yield from ([each] for each in others[:-1])
        yield [others[-1], last]
    else:
        yield from ([each] for each in layout.columns)


def _too_much(need: float, left: float) -> str:
    return f"it needs {need / 1e6:.0f} MB of memory and has {max(0, left) / 1e6:.0f} MB left; give more"


def _put(
    strip: NDArray[np.float32], part: NDArray[np.float32], row: Part, column: Part, place: tuple[int, int]
) -> None:
    """Put what a network made of a tile into a strip; `place` is the factor, and where in SR the strip starts."""
    factor, start = place
    rows, columns = row.target(factor), column.target(factor)
    target = strip[:, rows, columns.start - start : columns.stop - start]
    target[:] = part[:, row.inside(factor), column.inside(factor)][:, : target.shape[1], : target.shape[2]]
