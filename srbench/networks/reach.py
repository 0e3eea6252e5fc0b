"""How far a network sees: how many LR pixels away an SR pixel still depends on LR."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

from srbench.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor, nn

    from srbench.networks.model import Model
    from srbench.takes import Takes

MIDDLES = (15, 31, 63, 127, 255)
"""LR pixels around the middle that are looked at, until they are enough."""

TOLERANCE = 1e-6
"""Of the range: what changes by less has not changed; it is the last bits of float32."""


class Field(NamedTuple):
    """An image that is large enough to be looked at, or is not, with a cell of `multiple` pixels in its middle."""

    height: int
    width: int
    cell: tuple[slice, slice]

    @property
    def room(self) -> int:
        """Return how many pixels there are at each side of the cell, at least."""
        rows, columns = self.cell
        return min(rows.start, columns.start, self.height - rows.stop, self.width - columns.stop)

    def around(self, pixels: int) -> tuple[slice, slice]:
        """Return the cell with what is around it, as far as there is any."""
        rows, columns = (slice(max(0, part.start - pixels), part.stop + pixels) for part in self.cell)
        return rows, columns


def reach(model: Model) -> int:
    """Return how many LR pixels away an SR pixel still depends on LR.

    In torch it is how far NaN spreads; elsewhere, where NaN may end in a ReLU, what does not change if all farther
    pixels do.

    Raises:
        Unsupported: it depends on the whole image.

    """
    look = _spread(model.network, model) if model.network is not None else _unchanged(model)
    room = 0
    for field in _fields(model.takes, model.size):
        if (pixels := look(field, room)) < field.room:
            return pixels
        room = field.room
    raise Unsupported(f"cannot be tiled: the network sees {room} pixels around a pixel, or more")


def _fields(takes: Takes, size: tuple[int, int] | None) -> Iterator[Field]:
    sides = [(takes.side(2 * middle + 1),) * 2 for middle in MIDDLES] if size is None else [size]
    for height, width in dict.fromkeys(sides):
        rows, columns = (_cell(side, takes.multiple) for side in (height, width))
        yield Field(height, width, (rows, columns))


def _cell(side: int, multiple: int) -> slice:
    start = side // 2 // multiple * multiple
    return slice(start, start + multiple)


def _spread(network: nn.Module, model: Model) -> Callable[[Field, int], int]:
    """Return what finds how far NaN in the cell spreads."""

    @torch.no_grad()
    def look(field: Field, _: int) -> int:
        batch = torch.zeros(1, model.takes.samples, field.height, field.width)
        batch[:, :, *field.cell] = torch.nan
        touched = network(batch)[0].isnan().any(0).nonzero() // model.factor
        ends = torch.tensor([(part.start, part.stop - 1) for part in field.cell]).T
        return int((touched - ends[:, None]).abs().max()) if len(touched) else 0

    return look


def _unchanged(model: Model) -> Callable[[Field, int], int]:
    """Return what finds how far pixels must lie from the cell for its SR not to change with them."""

    @torch.inference_mode()
    def look(field: Field, known: int) -> int:
        """Halve what is possible: above `low`, as far as `high`."""
        image, other = _noise(model, field)
        sr = _of_cell(model, field, image)

        def depends_on_more(pixels: int) -> bool:
            mixed = other.clone()
            near = field.around(pixels)
            mixed[:, :, *near] = image[:, :, *near]
            change = float((_of_cell(model, field, mixed) - sr).abs().max())
            return not change <= TOLERANCE * model.takes.range

        low, high = known - 1, field.room
        if depends_on_more(high - 1):
            return high
        while low + 1 < high:
            middle = (low + high) // 2
            low, high = (middle, high) if depends_on_more(middle) else (low, middle)
        return high

    return look


def _noise(model: Model, field: Field) -> tuple[Tensor, Tensor]:
    """Return an image of greys, as networks may clip what is near black or white, and one of black and white alone."""
    generator = torch.Generator().manual_seed(0)
    shape = (1, model.takes.samples, field.height, field.width)
    greys = torch.rand(shape, generator=generator) / 2 + 0.25
    extremes = torch.randint(0, 2, shape, generator=generator)
    return (greys * model.takes.range).to(model.device), (extremes * float(model.takes.range)).to(model.device)


def _of_cell(model: Model, field: Field, batch: Tensor) -> Tensor:
    rows, columns = (slice(part.start * model.factor, part.stop * model.factor) for part in field.cell)
    return model.run(batch)[:, :, rows, columns]
