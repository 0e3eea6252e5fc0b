"""A network run tile by tile: asked for, when memory has run out, or because it takes one size alone.

The result is that of the whole image.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from srbench.errors import MethodError, Unsupported
from srbench.networks import reach
from srbench.networks.memory import ran_out, trim
from srbench.networks.padding import pad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from srbench.networks.model import Model

WHOLE = 0
FALLBACKS = (512, 256, 128)
"""Sides of tiles to try, one after the other, once memory has run out."""

ALIGNED = 16
"""Crops start at multiples of this many LR pixels, for networks that work at a fraction of the resolution."""


SMALLEST = 64
"""The smallest tile; of smaller ones, torch's last bits would be others."""

NARROW = 16
"""LR pixels below which an image is not tiled, for the same reason; such a one needs little memory."""


def tiled(model: Model, tile: int = WHOLE) -> Tiled | OneSize:
    """Return what runs `model` on images of any size that it takes, in tiles of `tile` LR pixels a side.

    Raises:
        MethodError: tiles that are too small, or of another size than the one that it takes.

    """
    if model.size is None:
        return Tiled(model, tile)
    if tile != WHOLE:
        height, width = model.size
        raise MethodError(f"tile is {tile}, and the network takes {width}x{height} pixels alone; leave tile out")
    return OneSize(model, model.size)


class Tiled:
    """Runs a network on whole images, or on tiles with as much around them as it sees."""

    def __init__(self, model: Model, tile: int = WHOLE) -> None:
        """Run `model` in tiles of `tile` LR pixels a side.

        Raises:
            MethodError: tiles that are too small.

        """
        if tile != WHOLE and tile < SMALLEST:
            raise MethodError(f"tile is {tile}, expected {SMALLEST} or more LR pixels, or 0 for the whole image")
        self._model, self._step = model, math.lcm(ALIGNED, model.takes.multiple)
        self._tile = self._side(tile)
        self.asked = self._tile
        """The side of tiles that was asked for; 0 for the whole image."""
        self.remark = ""
        """How the last image was computed, if otherwise than asked for."""
        self._too_large: dict[tuple[int, int], set[int]] = {}
        """For each size of image, the tiles for which memory ran out: they are not tried again."""

    def _side(self, tile: int) -> int:
        """Return the side of tiles that start at whole steps: between, they would take far more around them."""
        return tile and _up(max(tile, self._model.takes.minimum), self._step)

    @property
    def halo(self) -> int:
        """How many LR pixels around a tile its result depends on, rounded up to whole steps.

        Raises:
            Unsupported: tiles do not make what the whole image does.

        """
        if isinstance(self._halo, str):
            raise Unsupported(self._halo)
        return self._halo

    @cached_property
    def _halo(self) -> int | str:
        """That, or why there is none: either is measured once, which takes seconds."""
        try:
            return reach.halo(self._model, self._step)[1]
        except Unsupported as error:
            return f"cannot be tiled: {error}"

    def __call__(self, batch: Tensor) -> Tensor:
        """Return SR of `batch`; with smaller tiles if memory runs out.

        Raises:
            Exception: what the network raises, or that there is too little memory for the smallest tiles, too.

        """
        self.remark = ""
        smaller = [side for side in FALLBACKS if side < min(self._tile or math.inf, max(batch.shape))]
        sides = list(dict.fromkeys([self._tile, *map(self._side, smaller)]))
        too_large = self._too_large.setdefault((batch.shape[2], batch.shape[3]), set())
        for tile in [side for side in sides if side not in too_large]:
            try:
                result = self._with(batch, tile)
            except Unsupported as error:
                raise Unsupported(f"memory ran out, and it {error}" if too_large else str(error)) from error
            except Exception as error:
                if tile == sides[-1] or not ran_out(error):
                    raise
                too_large.add(tile)
            else:
                self.remark = f"tiled by {tile}: memory ran out" if tile != self._tile else ""
                return result
            trim()  # here, where the error is gone, and what its frames held
        raise AssertionError(sides)

    def layout(self, height: int, width: int, tile: int) -> Layout:
        """Return how an image of a size that the network takes is cut into tiles of `tile` LR pixels a side.

        Raises:
            Unsupported: its SR in tiles would be another.

        """
        tile = self._side(tile)
        if tile == WHOLE or tile >= max(height, width) or min(height, width) < NARROW:
            return Layout((height, width), [_whole(height)], [_whole(width)])
        rows, columns = (_parts(side, tile, self.halo, self._step) for side in (height, width))
        return Layout((height, width), rows, columns)

    def _with(self, batch: Tensor, tile: int) -> Tensor:
        height, width = batch.shape[2:]
        layout = self.layout(height, width, tile)
        return self._model.run(batch) if layout.is_whole else _stitched(self._model, batch, layout)


class OneSize:
    """Runs a network that takes images of one size alone, on tiles of it that lie over one another."""

    def __init__(self, model: Model, size: tuple[int, int]) -> None:
        """Run `model` on tiles of `size`, (H, W)."""
        self._model, self._size = model, size
        self.remark = ""
        """How the last image was computed, if not as it would be at once."""

    @cached_property
    def _seams(self) -> tuple[int, int, str]:
        """At which steps tiles start, and with how many LR pixels around; if those are not enough, a quarter, and why.

        A step of 1 is enough but for networks that work at a fraction of the resolution.
        """
        multiple = self._model.takes.multiple
        steps = [multiple * 2**power for power in range(5)]
        try:
            return *reach.halo(
                self._model, *(each for each in steps if not any(side % each for side in self._size))
            ), ""
        except Unsupported as error:
            return multiple, min(self._size) // 4 // multiple * multiple, str(error)

    def __call__(self, batch: Tensor) -> Tensor:
        """Return SR of `batch`, which is as large as the network takes, or larger."""
        self.remark = ""
        if tuple(batch.shape[2:]) == self._size:
            return self._model.run(batch)
        layout = self.layout(*batch.shape[2:])
        sr = _stitched(self._model, pad(batch, layout.sides), layout)
        return sr[:, :, : batch.shape[2] * self._model.factor, : batch.shape[3] * self._model.factor]

    def layout(self, height: int, width: int, tile: int = WHOLE) -> Layout:  # noqa: ARG002 - as `Tiled.layout`
        """Return how an image, which is as large as the network takes or larger, is cut into tiles of its one size."""
        step, halo, why_not = self._seams
        self.remark = f"in tiles of {self._size[1]}x{self._size[0]}, whose edges may show: {why_not}" if why_not else ""
        wholes = [side + _up(whole - side, step) for whole, side in zip((height, width), self._size, strict=True)]
        parts = [_parts_of(whole, side, halo) for whole, side in zip(wholes, self._size, strict=True)]
        return Layout((wholes[0], wholes[1]), parts[0], parts[1])


class Part(NamedTuple):
    """A part of one side of an image: where it starts and ends, and what is cut out for it."""

    start: int
    end: int
    crop: slice

    def target(self, factor: int) -> slice:
        """Return where it lies in SR."""
        return slice(self.start * factor, self.end * factor)

    def inside(self, factor: int) -> slice:
        """Return where it lies in SR of what is cut out."""
        return slice((self.start - self.crop.start) * factor, (self.end - self.crop.start) * factor)


class Layout(NamedTuple):
    """How an image is cut into tiles."""

    sides: tuple[int, int]
    """The height and width that it is padded to first."""
    rows: Sequence[Part]
    columns: Sequence[Part]

    @property
    def is_whole(self) -> bool:
        """Tell whether it is not cut at all."""
        return len(self.rows) == len(self.columns) == 1


def _whole(side: int) -> Part:
    return Part(0, side, slice(0, side))


def _parts(whole: int, tile: int, halo: int, step: int) -> list[Part]:
    """Return parts of `tile` pixels, cut out with a halo; at the edges too, as much as inside.

    Of narrower crops, torch's last bits would be others.
    """
    size = tile + 2 * halo
    parts = []
    for start in range(0, whole, tile):
        end = min(start + tile, whole)
        first = max(0, min(start - halo, whole - size)) // step * step
        parts.append(Part(start, end, slice(first, first + size if first + size >= end + halo else whole)))
    return parts


def _parts_of(whole: int, size: int, halo: int) -> list[Part]:
    """Return parts that are cut out with `size` pixels each; the edges of the image are edges of crops."""
    starts = [*range(0, whole - size, size - 2 * halo), whole - size]
    ends = [start + size - halo for start in starts[:-1]]
    return [
        Part(start, end, slice(first, first + size))
        for first, start, end in zip(starts, [0, *ends], [*ends, whole], strict=True)
    ]


def _stitched(model: Model, batch: Tensor, layout: Layout) -> Tensor:
    """Run a network on each part of an image, and return the results as one."""
    factor, (height, width) = model.factor, batch.shape[2:]
    sr = batch.new_empty((1, batch.shape[1], height * factor, width * factor))
    for row in layout.rows:
        for column in layout.columns:
            part = model.run(batch[:, :, row.crop, column.crop].contiguous())
            sr[:, :, row.target(factor), column.target(factor)] = part[:, :, row.inside(factor), column.inside(factor)]
    return sr


def _up(side: int, step: int) -> int:
    """Return `side` rounded up to whole steps."""
    return -(-side // step) * step
