"""RLFN: Kong et al., "Residual Local Feature Network for Efficient Super-Resolution", CVPR Workshops 2022.

Written from the paper's figures. Its modules have the names that the authors' weights have, so that these load:
`rlfn:weights=rlfn_x4.pth`. They take and return RGB in 0..255.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, max_pool2d

from srbench.pytorch import image_method

DEVICES = ("cpu", "cuda")


def network(factor: int) -> nn.Module:
    """Build the network, untrained: (N, 3, H, W) RGB in 0..255, at least 15 pixels a side -> factor times as large."""
    return RLFN(factor)


load, files = image_method(network, range=255, minimum=15)


class RLFN(nn.Module):
    """The whole network: 52 channels in six blocks; 543,740 parameters at x4."""

    def __init__(self, factor: int) -> None:
        """Build it untrained."""
        super().__init__()
        self.conv_1 = nn.Conv2d(3, 52, 3, padding=1)
        for number in range(1, 7):
            self.add_module(f"block_{number}", RLFB(52))
        self.conv_2 = nn.Conv2d(52, 52, 3, padding=1)
        self.upsampler = nn.Sequential(nn.Conv2d(52, 3 * factor**2, 3, padding=1), nn.PixelShuffle(factor))

    def forward(self, image: Tensor) -> Tensor:
        """Upscale RGB in 0..255."""
        shallow = deep = self.conv_1(image)
        for number in range(1, 7):
            deep = self.get_submodule(f"block_{number}")(deep)
        result: Tensor = self.upsampler(self.conv_2(deep) + shallow)
        return result


class RLFB(nn.Module):
    """Residual local feature block: three convolutions, their input added, then attention."""

    def __init__(self, channels: int) -> None:
        """Build it untrained."""
        super().__init__()
        self.c1_r, self.c2_r, self.c3_r = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(3))
        self.c5 = nn.Conv2d(channels, channels, 1)
        self.esa = SpatialAttention(channels, 16)

    def forward(self, features: Tensor) -> Tensor:
        """Refine the features."""
        refined = features
        for convolution in (self.c1_r, self.c2_r, self.c3_r):
            refined = leaky_relu(convolution(refined), 0.05)
        result: Tensor = self.esa(self.c5(refined + features))
        return result


class SpatialAttention(nn.Module):
    """Enhanced spatial attention, of one convolution as the paper has it: pixels weighted by a large neighbourhood."""

    def __init__(self, channels: int, few: int) -> None:
        """Build it untrained."""
        super().__init__()
        self.conv1, self.conv_f = nn.Conv2d(channels, few, 1), nn.Conv2d(few, few, 1)
        self.conv2, self.conv3 = nn.Conv2d(few, few, 3, stride=2), nn.Conv2d(few, few, 3, padding=1)
        self.conv4 = nn.Conv2d(few, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Weight the pixels."""
        reduced = self.conv1(features)
        pooled = self.conv3(max_pool2d(self.conv2(reduced), 7, 3))
        around = interpolate(pooled, features.shape[2:], mode="bilinear", align_corners=False)
        result: Tensor = features * torch.sigmoid(self.conv4(around + self.conv_f(reduced)))
        return result
