"""What is known of LR images: which degradation made them, and what methods lose by it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUNDING = 0.002
"""Share of samples that may differ by 1 where another precision of the same degradation rounds otherwise."""


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

    @property
    def made_lr(self) -> bool:
        """Tell whether LR is what this degradation makes, but for a few samples that were rounded otherwise."""
        return self.share == 0 or (self.share <= ROUNDING and self.largest <= 1)


@dataclass(frozen=True)
class Loss:
    """What a method reaches from this LR, and from the LR that the protocol makes of HR."""

    method: str
    from_this: float
    """PSNR in dB under `basicsr`, the mean over images,"""
    from_own: float
    """and over the same images from the protocol's own LR."""
    images: int


@dataclass(frozen=True)
class LrKinds:
    """What LR images are."""

    factor: int
    protocol: str
    own: str
    """What the protocol makes of HR, such as `MATLAB bicubic`; empty where that has no name."""
    differs: float
    """Share of samples that differ from that, 0..1."""
    images: int
    """How many were compared,"""
    of: int
    """of how many."""
    made_by: str
    """The degradation that made all of them, `own` or another; empty if it is none that is known."""
    nearest: tuple[Kind, ...]
    """All that are known at this factor, the nearest first."""
    images_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Where several degradations made the images, or some of them: which image is nearest to which."""
    shift: tuple[float, float] | None = None
    """Where LR is none that is known: how many LR pixels it lies right of, and below, where it should."""
    swapped: bool = False
    """Whether red and blue are swapped in LR; all else is then said of LR with both exchanged, but for `differs`."""
    losses: tuple[Loss, ...] = ()
    """Of methods that were made for MATLAB's bicubic LR; none where LR is the protocol's own."""
    not_compared: tuple[str, ...] = ()
    """A line for each image that could not be compared, and for each method that could not be measured."""

    @property
    def is_own(self) -> bool:
        """Tell whether LR is what the protocol makes of HR, to the last sample."""
        return bool(self.images) and not self.differs

    @property
    def facts(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)
