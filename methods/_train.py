"""Train ESPCN: `python -m srbench.methods._train --factor 3 --activation tanh`.

MSE on luma, Adam, cosine learning rate, EMA. Training pairs are made by `protocol.degrade`, as in scoring.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from srbench.quality import protocol
from srbench.quality.image import to_uint8

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from srbench.quality.image import Image


@dataclass(frozen=True)
class Recipe:
    """Every number that a training run depends on."""

    steps: int = 30_000
    batch: int = 16
    patch: int = 32
    """Side of an LR patch; the loss sees what its valid convolutions leave, 8 pixels less."""
    rate: float = 2e-3
    ema: float = 0.999
    seed: int = 0


class Patches:
    """LR and HR luma of all training images, flat in memory; a batch is one indexing operation."""

    def __init__(self, images: list[Image], factor: int, seed: int) -> None:
        """Degrade `images` (HR, uint8) under protocol `srcnn`."""
        srcnn = protocol.get("srcnn")
        pairs = [(srcnn.degrade(hr, factor), srcnn.channels(srcnn.reference(hr, factor))) for hr in images]
        self.factor = factor
        self.lr = np.concatenate([lr.ravel() for lr, _ in pairs])
        self.hr = np.concatenate([to_uint8(hr / 255).ravel() for _, hr in pairs])
        self.shapes = np.array([lr.shape for lr, _ in pairs])
        self.starts = np.concatenate([[0], np.cumsum(self.shapes.prod(axis=1))[:-1]])
        self.random = np.random.default_rng(seed)

    def batches(self, recipe: Recipe) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield (batch, 1, patch, patch) LR and the HR of its centre, both in 0..1, turned and flipped at random."""
        side, trim, f = recipe.patch, 4, self.factor
        fits = np.flatnonzero((self.shapes >= side).all(axis=1))
        weight = self.shapes[fits].prod(axis=1) / self.shapes[fits].prod(axis=1).sum()
        for _ in range(recipe.steps):
            image = self.random.choice(fits, recipe.batch, p=weight)
            top, left = self.random.integers(0, self.shapes[image] - side + 1).T
            width, start = self.shapes[image, 1], self.starts[image]
            lr = self.lr[_grid(start, width, top, left, side)]
            hr_grid = _grid(start * f * f, width * f, (top + trim) * f, (left + trim) * f, (side - 2 * trim) * f)
            hr = self.hr[hr_grid].astype(np.float32) / 255
            turns, flip = self.random.integers(4), self.random.integers(2)
            yield tuple(_turned(patch, turns, flip) for patch in (lr, hr))  # type: ignore[misc]


def _grid(start: Image, width: Image, top: Image, left: Image, side: int) -> Image:
    """Flat indices of one side x side patch per image, (batch, side, side)."""
    corner = start + top * width + left
    step = np.arange(side)
    return corner[:, None, None] + step[None, :, None] * width[:, None, None] + step


def _turned(patches: Image, turns: int, flip: int) -> Tensor:
    patches = np.rot90(patches, turns, axes=(1, 2))
    return torch.from_numpy(np.ascontiguousarray(patches[:, :, ::-1] if flip else patches))[:, None]


def train(network: nn.Sequential, patches: Patches, recipe: Recipe, say: object = print) -> nn.Sequential:
    """Return the averaged weights after `recipe.steps` steps; luma is centred on 0 while training."""
    valid = nn.Sequential(*network[1:]).to(memory_format=torch.channels_last)  # patches bring their own surroundings
    mean = copy.deepcopy(valid)
    optimizer = torch.optim.Adam(valid.parameters(), recipe.rate, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.steps, recipe.rate / 100)
    for step, (lr, hr) in enumerate(patches.batches(recipe), 1):
        loss = (valid(lr - 0.5) - (hr - 0.5)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        decay = min(recipe.ema, step / (step + 10))
        with torch.no_grad():
            for average, current in zip(mean.parameters(), valid.parameters(), strict=True):
                average.lerp_(current, 1 - decay)
        if step % 500 == 0:
            say(f"{step} {-10 * math.log10(loss.item()):.2f} dB", flush=True)
    return uncentred(mean)


@torch.no_grad()
def uncentred(valid: nn.Sequential) -> nn.Sequential:
    """Fold the centring into the first and the last bias, so that the network maps 0..1 to 0..1."""
    first, last = valid[0], valid[-2]
    first.bias -= 0.5 * first.weight.sum(dim=(1, 2, 3))
    last.bias += 0.5
    return valid
