"""Which degradation made LR images, and what methods lose by it that were trained for another."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class LrPair(NamedTuple):
    """An HR image and the LR image that was made of it."""

    name: str
    hr: Path
    lr: Path


@dataclass(frozen=True)
class Kind:
    """How like LR is to what one degradation makes of HR, over all images."""

    name: str
    """What its authors call it, such as `OpenCV INTER_CUBIC`."""
    lr: str
    """How it is typed, such as `lr=bicubic-opencv`; empty where protocols have no name for it."""
    share: float
    """Share of samples that differ, 0..1."""
    largest: int
    """The largest difference of a sample, 0..255."""
    mean: float
    """The mean absolute difference of samples, 0..255."""
    alike: tuple[str, ...] = ()
    """The names of the other degradations that make the same of these images at this factor."""


@dataclass(frozen=True)
class Loss:
    """What a method reaches from this LR, and from the LR that the protocol makes of HR."""

    method: str
    from_this: float
    """PSNR in dB, the mean over images."""
    from_own: float
    """PSNR in dB, the mean over the same images."""


@dataclass(frozen=True)
class LrKinds:
    """What LR images are."""

    factor: int
    protocol: str
    own: str
    """What the protocol makes of HR, such as `MATLAB bicubic`."""
    images: int
    """How many were compared,"""
    of: int
    """of how many."""
    made_by: str
    """The degradation that made all of them, `own` or another; empty if it is none that is known."""
    nearest: tuple[Kind, ...]
    """All that are known at this factor, the nearest first."""
    losses: tuple[Loss, ...]
    """Of methods that were trained or made for the protocol's own LR; none where LR is that."""
    not_compared: tuple[str, ...]
    """A line for each image that could not be compared."""

    @property
    def facts(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)


def lr_kinds(
    pairs: Sequence[LrPair], factor: int, protocol: str = "basicsr", *, losses: bool = True, timeout: float = 300.0
) -> LrKinds:
    """Return which degradation made the LR images of `pairs`; it is found in a process of its own.

    Args:
        pairs: HR and LR files.
        factor: how much smaller LR is.
        protocol: the one whose LR is expected, by name or spec.
        losses: whether to measure what methods lose where LR is not the protocol's own.
        timeout: seconds that it may take; 0 for no limit.

    Raises:
        UsageError: there is no such protocol.
        SrbenchError: it took too long, or crashed.

    """
    raise NotImplementedError


def sentences(found: LrKinds) -> list[str]:
    """Return what there is to say of LR images, in words."""
    raise NotImplementedError
