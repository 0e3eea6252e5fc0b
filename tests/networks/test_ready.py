"""Counting what a network computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate, scaled_dot_product_attention

from srbench.networks.counting import per_sr_pixel
from srbench.networks.ready import multiply_adds
from srbench.takes import Takes

if TYPE_CHECKING:
    from torch import Tensor


class Plain(nn.Module):
    """Convolutions, a mean and a linear layer, x2; remembers where it ran."""

    def __init__(self) -> None:
        """Make the layers."""
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, stride=2), nn.BatchNorm2d(8), nn.ReLU())
        self.gate = nn.Linear(8, 8)
        self.tail = nn.ConvTranspose2d(8, 3, 4, stride=4)
        self.devices: list[str] = []

    def forward(self, batch: Tensor) -> Tensor:
        """Enlarge."""
        self.devices.append(batch.device.type)
        features = self.body(batch)
        gates = self.gate(features.mean((2, 3)))
        sr: Tensor = self.tail(features * gates[..., None, None])
        return sr


class Attention(Plain):
    """Attends in windows of 8x8."""

    def forward(self, batch: Tensor) -> Tensor:
        """Enlarge."""
        count, channels, height, width = batch.shape
        windows = batch.reshape(count, channels, height // 8, 8, width // 8, 8).permute(0, 2, 4, 3, 5, 1)
        windows = windows.reshape(-1, 64, channels)
        return super().forward(scaled_dot_product_attention(windows, windows, windows).reshape(batch.shape))


class Looking(Plain):
    """Looks at a number."""

    def forward(self, batch: Tensor) -> Tensor:
        """Enlarge."""
        sr = super().forward(batch)
        return sr if batch.mean().item() < 2 else sr / 2


class Constant(Plain):
    """Has a tensor that is no weight."""

    def __init__(self) -> None:
        """Make it."""
        super().__init__()
        self.mean = torch.full((1, 3, 1, 1), 0.5)

    def forward(self, batch: Tensor) -> Tensor:
        """Enlarge."""
        return super().forward(batch - self.mean) + interpolate(batch, scale_factor=2)


@pytest.mark.parametrize("kind", [Plain, Attention, Looking, Constant])
def test_multiply_adds(kind: type[Plain]) -> None:
    """They are those of runs on real tensors, to the last digit; only where there is no other way is it run."""
    network, takes = kind().eval(), Takes(multiple=8)
    found = multiply_adds(network, 2, takes)
    assert (network.devices[-1] == "meta") == (kind in (Plain, Attention))

    def counted(height: int, width: int) -> float:
        with torch.utils.flop_counter.FlopCounterMode(display=False) as counter, torch.no_grad():
            network(torch.rand(1, 3, height, width))
        return float(counter.get_total_flops()) / 2

    assert found == per_sr_pixel(counted, 2, takes) > 0
    assert all(each.device.type == "cpu" for each in network.state_dict().values())
