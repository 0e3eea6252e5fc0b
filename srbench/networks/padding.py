"""Images padded to a size that a network takes: at the bottom and right, by what lies mirrored inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from srbench.errors import MethodError

if TYPE_CHECKING:
    from torch import Tensor

    from srbench.networks.model import Model, Run


def padded(run: Run, model: Model) -> Run:
    """Return what runs a network, by `run`, on images of any size, and cuts off what was padded."""

    def result(batch: Tensor) -> Tensor:
        height, width = batch.shape[2:]
        fed = pad(batch, sides(model, height, width))
        sr = run(fed)
        expected = (1, model.takes.samples, fed.shape[2] * model.factor, fed.shape[3] * model.factor)
        if tuple(sr.shape) != expected:
            raise MethodError(f"returned shape {tuple(sr.shape)} of {tuple(fed.shape)}, expected {expected}")
        return sr[:, :, : height * model.factor, : width * model.factor]

    return result


def sides(model: Model, height: int, width: int) -> tuple[int, int]:
    """Return the height and width that an image is padded to."""
    least = model.size or (1, 1)
    return model.takes.side(max(height, least[0])), model.takes.side(max(width, least[1]))


def pad(batch: Tensor, sides: tuple[int, int]) -> Tensor:
    """Return (N, C, H, W) padded to `sides`, a height and a width: symmetric, the last row first, again and again."""
    for axis, side in zip((2, 3), sides, strict=True):
        length = batch.shape[axis]
        if side > length:
            places = torch.arange(side, device=batch.device) % (2 * length)
            batch = batch.index_select(axis, torch.minimum(places, 2 * length - 1 - places))
    return batch
