"""Training patches: all images flat in memory; a batch is drawn, turned and cut out by one indexing operation."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from srbench.errors import UsageError
from srbench.quality import metrics
from srbench.quality.image import luma, round_half_up, to_uint8
from srbench.quality.resize import imresize
from srbench.specs import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from torch import Tensor

    from srbench.quality.image import Image
    from srbench.quality.protocol import Protocol
    from srbench.training.data import Data
    from srbench.training.recipe import Recipe
    from srbench.training.teacher import Teacher


FLAT = 9.0
"""dB above the median image, beyond which images get no more weight: a flat sky must not dominate."""
TEXTURED = 60.0
"""dB of bicubic from which on an image counts as flat for that median: half of the images may be nearly constant."""


class Batch(NamedTuple):
    """LR (batch, 1, side, side) and the HR of its inside, float32 luma in 0..1."""

    lr: Tensor
    hr: Tensor
    weight: Tensor
    """What each patch counts in the loss, (batch,), 1 in the mean."""


class Patches:
    """LR luma (float32 in 0..1) and HR luma (uint8) of all training images on one device.

    Attributes:
        margin: LR pixels at each side of a patch whose HR is left out: surroundings that a network takes in and does
            not give back. 0 until it is known.
        remarks: which images are left out, and why; one line per reason.

    """

    def __init__(  # noqa: PLR0913 - what they are made of, where, and what to call
        self,
        data: Data,
        protocol: Protocol,
        factor: int,
        recipe: Recipe,
        device: str = "cpu",
        tick: Callable[[str, int, int], None] = lambda *_: None,
        teacher: Teacher | None = None,
    ) -> None:
        """Degrade the training images of `data` (HR, uint8, grey or RGB) as `protocol` does.

        With a `teacher`, HR is mixed with its SR, as far as the recipe's `soft` says, before it is rounded.
        `tick` is called with what is done, to how many images, and of how many.

        Raises:
            UsageError: no image is large enough for one patch, or all are constant.

        """
        pairs = list(_pairs(data, protocol, factor, recipe, tick, teacher))
        self.remarks = list(_left_out(data, {each.image for each in pairs}, factor * recipe.patch))
        if not pairs:
            raise UsageError(f"no image is left to train on: {'; '.join(self.remarks)}")
        self.factor, self.side, self.size, self.seed = factor, recipe.patch, recipe.batch, recipe.seed
        self.lr = torch.from_numpy(np.concatenate([each.lr.ravel() for each in pairs])).to(device)
        self.hr = torch.from_numpy(np.concatenate([each.hr.ravel() for each in pairs])).to(device)
        self.shapes = np.array([each.lr.shape for each in pairs])
        area = self.shapes.prod(axis=1)
        self.starts = np.concatenate([[0], np.cumsum(area)[:-1]])
        self.chances, self.weights = _importance(pairs, recipe, factor, tick)
        self.margin = 0

    def per_epoch(self) -> float:
        """Return how many batches cover the pixels of the images once."""
        return len(self.lr) / (self.side**2 * self.size)

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Batch:
        """Return what process `rank` of `world` gets of batch number `step`; it depends on nothing but the seed."""
        random = np.random.default_rng((self.seed, step))
        image = random.choice(len(self.shapes), self.size, p=self.chances)
        corner = random.integers(0, self.shapes[image] - self.side + 1)
        turn = random.integers(8, size=self.size)
        image, corner, turn = (each[rank::world] for each in (image, corner, turn))
        lr = self._cut(self.lr, image, corner, turn, 1, self.side)
        hr = self._cut(self.hr, image, corner + self.margin, turn, self.factor, self.side - 2 * self.margin)
        return Batch(lr, hr.float() / 255, torch.from_numpy(self.weights[image]).to(lr.device))

    def _cut(  # noqa: PLR0913 - what, where, how
        self, pixels: Tensor, image: np.ndarray, corner: np.ndarray, turn: np.ndarray, scale: int, side: int
    ) -> Tensor:
        """Return one square of each image, turned, as (batch, 1, scale * side, scale * side); `scale` 1 means LR."""
        width = self.shapes[image, 1] * scale
        first = self.starts[image] * scale**2 + corner[:, 0] * scale * width + corner[:, 1] * scale
        # in one copy to the device; there, everything else is one indexing operation
        first, width, turn = torch.from_numpy(np.stack([first, width, turn])).to(pixels.device)
        row, column = _turned(scale * side, pixels.device)[:, turn]  # each (batch, side, side)
        return pixels[first[:, None, None] + row * width[:, None, None] + column][:, None]


class _Pair(NamedTuple):
    lr: np.ndarray
    hr: np.ndarray
    origin: int
    image: int
    """Number of the training image."""


def _pairs(  # noqa: PLR0913 - what they are made of, and what to call
    data: Data,
    protocol: Protocol,
    factor: int,
    recipe: Recipe,
    tick: Callable[[str, int, int], None],
    teacher: Teacher | None,
) -> Iterator[_Pair]:
    """Yield LR luma as float32 in 0..1 and HR luma as uint8 of images that hold a patch and are not constant."""
    for number, (image, origin) in enumerate(zip(data.training, data.origins, strict=True)):
        tick("making patches", number, len(data.training))
        if is_constant(image):
            continue
        for scale in recipe.fractions:
            hr = image if scale == 1 else imresize(image, scale)
            if min(hr.shape[:2]) >= factor * recipe.patch:
                lr = protocol.degrade(hr, factor)
                target = luma(protocol.reference(hr, factor))
                if teacher:
                    target = target + recipe.soft * (teacher.luma(lr, factor) - target)
                lr_luma = (luma(lr) / 255).astype(np.float32)
                yield _Pair(lr_luma, round_half_up(target).astype(np.uint8), origin, number)


def is_constant(image: Image) -> bool:
    """Tell whether the luma of an image is the same everywhere: such an image teaches nothing, and has no PSNR."""
    return bool(np.ptp(round_half_up(luma(image))) == 0)


def _left_out(data: Data, used: Container[int], side: int) -> Iterator[str]:
    """Yield one line for the images that are constant, and one for those in which no HR patch of `side` fits."""
    out = [number for number in range(len(data.training)) if number not in used]
    flat = [number for number in out if is_constant(data.training[number])]
    small = [number for number in out if number not in flat]
    reasons = (
        (small, f"smaller than a patch, which takes {side}x{side} pixels of HR; lower the recipe's patch to use them"),
        (flat, "constant: nothing can be learned from them"),
    )
    for numbers, reason in reasons:
        if numbers:
            names = listed([data.names[number] for number in numbers])
            yield f"{len(numbers)} of {len(data.training)} training images left out ({names}), {reason}"


def _importance(
    pairs: Sequence[_Pair], recipe: Recipe, factor: int, tick: Callable[[str, int, int], None]
) -> tuple[np.ndarray, np.ndarray]:
    """Return how likely a patch is of each image (sum 1), and what its error counts (mean 1 over patches)."""
    chances = np.array([each.lr.size for each in pairs], np.float64)
    weights = np.ones(len(pairs))
    if recipe.weighting == "psnr":
        chances[:] = 1
        bicubic = np.array([_bicubic(each, factor) for each in _ticked(pairs, "weighting patches", tick)])
        textured = bicubic[bicubic < TEXTURED]
        level = np.median(textured) if len(textured) else TEXTURED
        weights = 10 ** (np.minimum(bicubic, level + FLAT) / 10)
    if recipe.shares:
        origins = np.array([each.origin for each in pairs])
        for number, share in enumerate(recipe.shares):
            own = origins == number
            chances[own] *= share / chances[own].sum() if own.any() else 0
        if not chances.any():
            raise UsageError(f"recipe: shares is {list(recipe.shares)}, which leaves no image to train on; change it")
    chances /= chances.sum()
    return chances, (weights / (weights @ chances)).astype(np.float32)


def _bicubic(pair: _Pair, factor: int) -> float:
    """Return the PSNR of bicubic (MATLAB) in dB, of luma."""
    return metrics.psnr(pair.hr, to_uint8(imresize(pair.lr, factor)))


def _ticked(pairs: Sequence[_Pair], what: str, tick: Callable[[str, int, int], None]) -> Iterator[_Pair]:
    for number, each in enumerate(pairs):
        tick(what, number, len(pairs))
        yield each


@lru_cache(maxsize=8)
def _turned(side: int, device: torch.device) -> Tensor:
    """Return the row and column that each pixel of a square comes from, (2, 8, side, side), for its 8 symmetries."""
    square = np.indices((side, side))
    both = (square, square[:, :, ::-1])
    turned = [np.rot90(each, turns, axes=(1, 2)) for each in both for turns in range(4)]
    return torch.from_numpy(np.stack(turned, axis=1)).to(device)
