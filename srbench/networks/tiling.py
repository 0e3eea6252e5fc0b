"""A network run tile by tile: asked for, or when memory has run out; the result is that of the whole image."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from srbench.errors import MethodError, Unsupported
from srbench.networks.memory import ran_out

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from torch import Tensor

    Run: TypeAlias = Callable[[Tensor], Tensor]
    """(1, 1, H, W) luma in 0..1, float32 -> (1, 1, factor * H, factor * W), on the same device."""

WHOLE = 0
FALLBACKS = (512, 256, 128)
"""Sides of tiles to try, one after the other, once memory has run out."""

ALIGNED = 16
"""Crops start at multiples of this many LR pixels, for networks that work at a fraction of the resolution."""


SMALLEST = 64
"""The smallest tile; of smaller ones, torch's last bits would be others."""

NARROW = 16
"""LR pixels below which an image is not tiled, for the same reason; such a one needs little memory."""


class Tiled:
    """Runs a network on whole images, or on tiles with as much around them as it sees."""

    def __init__(self, run: Run, network: Run, factor: int, tile: int = WHOLE) -> None:
        """Run `run`, in tiles of `tile` LR pixels a side; `network` is the same in torch on the CPU, float32.

        Raises:
            MethodError: tiles that are too small.

        """
        if tile != WHOLE and tile < SMALLEST:
            raise MethodError(f"tile is {tile}, expected {SMALLEST} or more LR pixels, or 0 for the whole image")
        self._run, self._network, self._factor = run, network, factor
        self._tile = -(-tile // ALIGNED) * ALIGNED  # tiles that start between would take far more around them
        self.remark = ""
        """How the last image was computed, if otherwise than asked for."""
        self._too_large: dict[tuple[int, int], set[int]] = {}
        """For each size of image, the tiles for which memory ran out: they are not tried again."""

    @cached_property
    def halo(self) -> int:
        """How many LR pixels around a tile its result depends on, rounded up to whole steps of `ALIGNED`."""
        return -(-reach(self._network, self._factor) // ALIGNED) * ALIGNED

    @torch.inference_mode()
    def __call__(self, batch: Tensor) -> Tensor:
        """Return SR of `batch`; with smaller tiles if memory runs out.

        Raises:
            Exception: what the network raises, or that there is too little memory for the smallest tiles, too.

        """
        self.remark = ""
        sides = [self._tile, *(side for side in FALLBACKS if side < min(self._tile or math.inf, max(batch.shape)))]
        too_large = self._too_large.setdefault((batch.shape[2], batch.shape[3]), set())
        for tile in [side for side in sides if side not in too_large]:
            try:
                result = self._with(batch, tile)
            except Exception as error:
                if tile == sides[-1] or not ran_out(error):
                    raise
                too_large.add(tile)
                continue  # outside, where the error is gone, and what its frames held
            self.remark = f"tiled by {tile}: memory ran out" if tile != self._tile else ""
            return result
        raise AssertionError(sides)

    def _with(self, batch: Tensor, tile: int) -> Tensor:
        if tile == WHOLE or tile >= max(batch.shape[2:]) or min(batch.shape[2:]) < NARROW:
            return self._run(batch)
        return self._by_tiles(batch, tile)

    def _by_tiles(self, batch: Tensor, tile: int) -> Tensor:
        height, width = batch.shape[2:]
        sr = batch.new_empty((1, 1, height * self._factor, width * self._factor))
        for rows in _parts(height, tile, self.halo):
            for columns in _parts(width, tile, self.halo):
                part = self._run(batch[:, :, rows.crop, columns.crop].contiguous())
                sr[:, :, rows.target(self._factor), columns.target(self._factor)] = part[
                    :, :, rows.inside(self._factor), columns.inside(self._factor)
                ]
        return sr


class _Part:
    """A part of one side of an image: where it starts and ends, and what is cut out for it."""

    def __init__(self, start: int, length: int, halo: int, whole: int) -> None:
        self.start, self.end = start, min(start + length, whole)
        size = length + 2 * halo  # at the edges too: of narrower crops, torch's last bits would be others
        first = max(0, min(start - halo, whole - size)) // ALIGNED * ALIGNED
        self.crop = slice(first, first + size if first + size >= self.end + halo else whole)

    def target(self, factor: int) -> slice:
        """Return where it lies in SR."""
        return slice(self.start * factor, self.end * factor)

    def inside(self, factor: int) -> slice:
        """Return where it lies in SR of what is cut out."""
        return slice((self.start - self.crop.start) * factor, (self.end - self.crop.start) * factor)


def _parts(whole: int, tile: int, halo: int) -> list[_Part]:
    return [_Part(start, tile, halo, whole) for start in range(0, whole, tile)]


@torch.no_grad()
def reach(network: Run, factor: int) -> int:
    """Return how many LR pixels away an SR pixel still depends on LR, for any network: how far NaN spreads.

    Raises:
        Unsupported: it depends on the whole image.

    """
    for middle in (15, 31, 63, 127, 255):
        luma = torch.zeros(1, 1, 2 * middle + 1, 2 * middle + 1)
        luma[..., middle, middle] = torch.nan
        touched = network(luma)[0, 0].isnan().nonzero() // factor
        farthest = int((touched - middle).abs().max()) if len(touched) else 0
        if farthest < middle:
            return farthest
    raise Unsupported(f"cannot be tiled: the network sees {middle} pixels around a pixel, or more")
