"""Convolutions that have more weights while they are trained than when they are kept.

A convolution of k x k is trained as itself beside one of k x k to more channels and one of 1 x 1 back. All of that is
linear, so it is one kernel, and computed as one in each step: the convolution of the images costs what it did, and
folding changes nothing. K. Bhardwaj et al., "Collapsible Linear Blocks for Super-Efficient Super Resolution", MLSys
2022; X. Zhang et al., "Edge-oriented Convolution Block for Real-time Super Resolution", ACM MM 2021.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

if TYPE_CHECKING:
    from collections.abc import Iterable

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


class Wide(nn.Module):
    """What a kernel is beside its own weights: a wider one of the same size, and one of 1 x 1 that is 0 at first.

    Of a transposed convolution the 1 x 1 comes first.
    """

    def __init__(self, kernel: Tensor, times: int) -> None:
        """Make one of `times` as many channels as `kernel` (channels, others, height, width) has."""
        super().__init__()
        channels, weights, inside = len(kernel), kernel[0].numel(), times * len(kernel)
        bound = 1 / math.sqrt(weights)  # as torch begins a convolution
        self.wide = nn.Parameter(kernel.new_empty(inside, weights).uniform_(-bound, bound))
        self.back = nn.Parameter(kernel.new_zeros(channels, inside))

    def forward(self, kernel: Tensor) -> Tensor:
        """Return the kernel that both are, channels last: as convolutions are trained."""
        last = kernel.permute(0, 2, 3, 1)
        with torch.autocast(kernel.device.type, enabled=False):
            return (last + (self.back @ self.wide).view(last.shape)).permute(0, 3, 1, 2)


def expand(network: nn.Module, times: int) -> None:
    """Give each convolution of a network `times` as many channels inside; 0: none. What it computes stays the same."""
    for layer in list(network.modules()) if times else ():
        if isinstance(layer, CONVOLUTIONS):
            parametrize.register_parametrization(layer, "weight", Wide(layer.weight.detach(), times))


def folded(network: nn.Module, names: Iterable[str]) -> list[Tensor]:
    """Return the weights of these names, as they are in the network that was not expanded."""
    found = []
    for name in names:
        path, _, own = name.rpartition(".")
        found.append(getattr(network.get_submodule(path), own))
    return found
