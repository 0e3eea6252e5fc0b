"""How far a network sees: how many LR pixels away an SR pixel still depends on LR."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import torch

from srbench.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor, nn

    from srbench.networks.model import Model

MIDDLES = (15, 31, 63, 127, 255)
"""LR pixels around the middle that are looked at, until they are enough."""

UNCHANGED = 1e-6
"""Of the range: what differs by less is the same; these are the last bits of float32."""

ALIKE = 1e-3
"""Likewise of two crops, whose layers may round otherwise: a quarter of a grey level."""


class Field(NamedTuple):
    """An image in whose middle is a cell of as many pixels as the sizes of images are multiples of."""

    height: int
    width: int
    rows: slice
    """Where the cell is."""
    columns: slice

    @property
    def room(self) -> int:
        """Return how many pixels there are at each side of the cell, at least."""
        before = min(self.rows.start, self.columns.start)
        return int(min(before, self.height - self.rows.stop, self.width - self.columns.stop))

    def around(self, pixels: int) -> tuple[slice, slice]:
        """Return the rows and columns of the cell and what is around it, as far as there is any."""
        return (
            slice(max(0, self.rows.start - pixels), self.rows.stop + pixels),
            slice(max(0, self.columns.start - pixels), self.columns.stop + pixels),
        )


def halo(model: Model, *steps: int) -> tuple[int, int]:
    """Return the first of `steps` at whose multiples tiles may start, and a tile's halo; all in LR pixels.

    The halo is how many pixels around a tile its result depends on, in whole steps.

    Raises:
        Unsupported: tiles do not make what the whole image does.

    """
    seen = reach(model)
    for step in steps:
        pixels = -(-seen // step) * step
        if _has_room(model, pixels, step) and _is_alike_anywhere(model, pixels, step):
            return step, pixels
    raise Unsupported("its result depends on where a tile starts, or on its size")


def _has_room(model: Model, halo: int, step: int) -> bool:
    """Tell whether tiles a step apart have pixels in common without their halos, where there is but one size."""
    return model.size is None or step + 2 * halo < min(model.size)


def reach(model: Model) -> int:
    """Return how many LR pixels away an SR pixel still depends on LR.

    In torch it is how far NaN spreads; elsewhere, where NaN may end in a ReLU, what does not change if all farther
    pixels do.

    Raises:
        Unsupported: it depends on the whole image.

    """
    look = _spread(model.network, model) if model.network is not None else _unchanged(model)
    room = 0
    for field in _fields(model):
        if (pixels := look(field, room)) < field.room:
            return pixels
        room = field.room
    raise Unsupported(f"the network sees {room} pixels around a pixel, or more")


def _fields(model: Model) -> Iterator[Field]:
    takes = model.takes
    sides = [(takes.side(2 * middle + 1),) * 2 for middle in MIDDLES] if model.size is None else [model.size]
    for height, width in dict.fromkeys(sides):
        top, left = (side // 2 // takes.multiple * takes.multiple for side in (height, width))
        yield Field(height, width, slice(top, top + takes.multiple), slice(left, left + takes.multiple))


def _spread(network: nn.Module, model: Model) -> Callable[[Field, int], int]:
    """Return what finds how far NaN in the cell spreads."""

    @torch.no_grad()
    def look(field: Field, _: int) -> int:
        batch = torch.zeros(1, model.takes.samples, field.height, field.width)
        batch[:, :, field.rows, field.columns] = torch.nan
        touched = network(batch)[0].isnan().any(0).nonzero() // model.factor
        corners = torch.tensor(
            [[(field.rows.start, field.columns.start)], [(field.rows.stop - 1, field.columns.stop - 1)]]
        )
        return int((touched - corners).abs().max()) if len(touched) else 0

    return look


def _unchanged(model: Model) -> Callable[[Field, int], int]:
    """Return what finds how far pixels must lie from the cell for its SR not to change with them."""

    @torch.inference_mode()
    def look(field: Field, known: int) -> int:
        """Search between `known` and all the room that there is, by halves."""
        image, other = noise(model, field.height, field.width)
        sr = _of_cell(model, field, image)

        def depends_on_more(pixels: int) -> bool:
            mixed = other.clone()
            rows, columns = field.around(pixels)
            mixed[:, :, rows, columns] = image[:, :, rows, columns]
            return not _is_within(_of_cell(model, field, mixed) - sr, UNCHANGED, model)

        low, high = known - 1, field.room
        if depends_on_more(high - 1):
            return high
        while low + 1 < high:
            middle = (low + high) // 2
            low, high = (middle, high) if depends_on_more(middle) else (low, middle)
        return high

    return look


@torch.inference_mode()
def _is_alike_anywhere(model: Model, halo: int, step: int) -> bool:
    """Tell whether a crop that starts a step later has the same SR, except for a halo.

    A network that shrinks its features may depend on where their pixels are, and one that enlarges them to the size of
    an image on that. Where there is no one size, up to the right and lower edge: a network whose windows go round an
    image sees the other edge there. In torch if it can be, as engines may round coarsely.
    """
    if model.network is not None:
        model = replace(model, run=model.network, device=torch.device("cpu"))
    height, width = model.size or (model.takes.side(2 * halo + 2 * step),) * 2
    image, _ = noise(model, height + step, width + step)
    first = image if model.size is None else image[:, :, :height, :width]
    beyond = -step if model.size is None else halo
    inside = [slice((step + halo) * model.factor, (side - beyond) * model.factor) for side in (height, width)]
    further = [slice(part.start - step * model.factor, part.stop - step * model.factor) for part in inside]
    one = model.run(first.contiguous())[:, :, inside[0], inside[1]]
    two = model.run(image[:, :, step:, step:].contiguous())[:, :, further[0], further[1]]
    return _is_within(one - two, ALIKE, model)


def noise(model: Model, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Return an image of greys, as networks may clip what is near black or white, and one of white with some black.

    Their means differ, so that what depends on a mean is found.
    """
    generator = torch.Generator().manual_seed(0)
    shape = (1, model.takes.samples, height, width)
    greys = torch.rand(shape, generator=generator) / 2 + 0.25
    extremes = torch.rand(shape, generator=generator).gt(0.1).float()
    return (greys * model.takes.range).to(model.device), (extremes * model.takes.range).to(model.device)


def _of_cell(model: Model, field: Field, batch: Tensor) -> Tensor:
    rows, columns = (slice(part.start * model.factor, part.stop * model.factor) for part in (field.rows, field.columns))
    return model.run(batch)[:, :, rows, columns]


def _is_within(difference: Tensor, part: float, model: Model) -> bool:
    """Tell whether all differences are within a part of the range; NaN is not."""
    return bool(difference.abs().max() <= part * model.takes.range)
