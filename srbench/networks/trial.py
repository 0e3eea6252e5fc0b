"""A network of unknown ends, run on small images: its layout, its factor, and the sizes that it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import torch

from srbench.networks.sessions import cause

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from srbench.networks.sessions import Session
    from srbench.takes import Channels

Sizes: TypeAlias = "tuple[int | None, int | None, int | None, int | None]"
"""Of four axes, as they are declared; None where any is taken."""

MULTIPLES = (1, 2, 3, 4, 6, 7, 8, 12, 16, 24, 32, 64)
"""What sides may have to be multiples of, as networks halve them or cut them into windows."""

SIDES = (40, 96)
"""LR pixels a side, about, of the images that a network is tried on; the larger where it needs more."""


class Layout(NamedTuple):
    """Where the channels are, and how many."""

    channels: int
    """1 or 3."""
    last: bool
    """(1, H, W, C) and not (1, C, H, W)."""

    @property
    def kind(self) -> Channels:
        """Return what its channels are."""
        return "y" if self.channels == 1 else "rgb"

    def shape(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Return the shape of an image."""
        return (1, height, width, self.channels) if self.last else (1, self.channels, height, width)

    def sides(self, sizes: Sizes) -> tuple[int | None, int | None]:
        """Return height and width of four sizes."""
        return sizes[1:3] if self.last else sizes[2:4]


def layouts_of(sizes: Sizes, channels: tuple[int, ...]) -> Iterator[Layout]:
    """Yield the layouts that four axes of declared sizes may have, the likely ones first.

    An axis of 1 or 3 is the channels, if there is one: the second, then the last. Else one that takes any size may be.
    """
    every = [Layout(number, last) for last in (False, True) for number in channels]
    told = [layout for layout in every if sizes[-1 if layout.last else 1] == layout.channels]
    yield from told or [layout for layout in every if _may_be(layout, sizes)]


def _may_be(layout: Layout, sizes: Sizes) -> bool:
    """Tell whether the channels may be any number, and height and width are alike: numbers, or any."""
    height, width = layout.sides(sizes)
    return sizes[-1 if layout.last else 1] is None and (height is None) == (width is None)


class Trial:
    """A network that is taken to have a layout."""

    def __init__(self, session: Session, dtypes: tuple[torch.dtype, torch.dtype], layout: Layout, device: str) -> None:
        """Take `session` for a network of `layout`; `dtypes` are those of its input and its output."""
        self._session, self._dtypes, self.layout, self._device = session, dtypes, layout, device
        self._layout_of_sr = layout
        self.factor = 0
        """That by which it has enlarged the first image that it took; 0 before."""
        self.trouble = ""
        """What happened to the last image that it did not take."""
        self.runs = False
        """Whether it made anything of any image."""

    def __call__(self, batch: Tensor) -> Tensor:
        """Run it: (1, C, H, W) float32 -> (1, C, factor * H, factor * W), both on its device."""
        height, width = batch.shape[2:]
        shape = self._layout_of_sr.shape(height * self.factor, width * self.factor)
        sr = torch.empty(shape, dtype=self._dtypes[1], device=batch.device)
        self._session.fill(self._given(batch), sr)
        return (sr.permute(0, 3, 1, 2) if self._layout_of_sr.last else sr).float()

    def _given(self, batch: Tensor) -> Tensor:
        if self._dtypes[0] == torch.uint8:
            batch = batch.round().clamp(0, 255)
        return (batch.permute(0, 2, 3, 1) if self.layout.last else batch).to(self._dtypes[0]).contiguous()

    def takes(self, height: int, width: int) -> bool:
        """Tell whether it enlarges an LR of this size, in both directions by the factor."""
        generator = torch.Generator().manual_seed(0)
        image = torch.rand((1, self.layout.channels, height, width), generator=generator).to(self._device)
        try:
            sr = self._session.run(self._given(image))
            shape, has_nan = tuple(sr.shape), bool(sr.isnan().any())
        except Exception as error:  # noqa: BLE001 - engines raise what they like
            self.trouble = f"cannot run on {_size(image.shape)}: {cause(error)}"
            return False
        self.runs = True
        if has_nan:
            self.trouble = f"makes NaN of {_size(image.shape)}"
            return False
        for last in (self.layout.last, not self.layout.last):
            factor = self.factor or shape[1 if last else 2] // height if len(shape) == 4 else 0  # noqa: PLR2004 - NCHW
            layout = self.layout._replace(last=last)
            if factor and shape == layout.shape(height * factor, width * factor):
                self.factor, self._layout_of_sr = factor, layout
                return True
        made = f"makes {_size(shape)} of {_size(image.shape)}"
        self.trouble = f"{made}, expected the same channels and both sides times one integer"
        return False

    def multiple(self, candidates: tuple[int, ...] = MULTIPLES) -> tuple[int, int]:
        """Return what sides must be multiples of, and one that it takes; 0 and 0 if it takes none that were tried."""
        for multiple in candidates:
            for side in SIDES:
                short = (-(-side // multiple) | 1) * multiple  # odd times, so that it is no multiple of more
                long = short + 2 * multiple
                if self.takes(short, long) and self.takes(long, short):
                    return multiple, short
        return 0, 0

    def minimum(self, multiple: int, taken: int) -> int:
        """Return the shortest side that it takes, in steps of `multiple`, up to one that it is known to take."""
        low, high = 0, taken // multiple
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.takes(middle * multiple, middle * multiple) else (middle, high)
        return high * multiple


def trouble(trials: Sequence[Trial]) -> str:
    """Return what is wrong with a network that takes an image in none of its trials: the first that ran tells."""
    return next((trial.trouble for trial in trials if trial.runs), trials[0].trouble)


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
