"""A network that is ready on a device, whatever file or code it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    import torch
    from torch import Tensor, nn

    from srbench.takes import Takes

    Run: TypeAlias = Callable[[Tensor], Tensor]
    """(1, C, H, W) float32 -> (1, C, factor * H, factor * W), on the same device."""


@dataclass(frozen=True)
class Model:
    """What an upscaler of images is made of."""

    run: Run
    """Takes and returns values in 0..`takes.range`, on `device`; C is 1 or 3."""
    factor: int
    takes: Takes
    """What `run` takes; the upscaler pads images to its sizes."""
    device: torch.device
    parameters: int | None = None
    multiply_adds: Callable[[], float] | None = None
    """Returns the multiply-adds per SR pixel."""
    size: tuple[int, int] | None = None
    """The one (H, W) that `run` takes, if there is but one: images are cut into tiles of it."""
    kind: str = ""
    """What the file holds and what reads it, such as `DCTLSA by spandrel 0.4.2`: it decides what is computed."""
    is_declared: bool = False
    """Whether the file itself says what its network takes, so that nothing is to be measured."""
    training_images: frozenset[str] = frozenset()
    """The pixel hashes of the images that it was trained on, where the file says so."""
    network: nn.Module | None = None
    """The same in torch, on the CPU in float32, if there is such: for `export`, and to find how far it sees."""
