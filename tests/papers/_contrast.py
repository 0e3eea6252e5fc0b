"""The attention that IMDN introduced, and BSRN took over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from torch import Tensor


class ContrastAttention(nn.Module):
    """Each channel weighted by one of 0..1 that follows from the standard deviation and mean of all channels."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        """Build it untrained."""
        super().__init__()
        few = channels // reduction
        self.conv_du = nn.Sequential(nn.Conv2d(channels, few, 1), nn.ReLU(), nn.Conv2d(few, channels, 1), nn.Sigmoid())

    def forward(self, features: Tensor) -> Tensor:
        """Weight the channels."""
        variance, mean = torch.var_mean(features, dim=(2, 3), keepdim=True, correction=0)
        result: Tensor = features * self.conv_du(variance.sqrt() + mean)
        return result
