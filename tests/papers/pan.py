"""PAN: Zhao et al., "Efficient Image Super-Resolution Using Pixel Attention", ECCV Workshops 2020; at x4.

Written from the paper's figures and equations. Its modules have the names that the authors' weights have, so that
these load: `pan:weights=PANx4_DF2K.pth`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu

from srbench.errors import Unsupported
from srbench.pytorch import image_method

DEVICES = ("cpu", "cuda")


def network(factor: int) -> nn.Module:
    """Build the network, untrained: (N, 3, H, W) RGB in 0..1 -> (N, 3, 4 * H, 4 * W)."""
    if factor != 4:
        raise Unsupported(f"PAN is here for x4, not x{factor}")
    return PAN()


load, files = image_method(network)


class PAN(nn.Module):
    """The whole network: 16 blocks of 40 channels, then twice nearest neighbours with 24; 272,419 parameters."""

    def __init__(self) -> None:
        """Build it untrained."""
        super().__init__()
        self.conv_first = nn.Conv2d(3, 40, 3, padding=1)
        self.SCPA_trunk = nn.Sequential(*(SCPA(40) for _ in range(16)))
        self.trunk_conv = nn.Conv2d(40, 40, 3, padding=1)
        self.upconv1, self.upconv2 = nn.Conv2d(40, 24, 3, padding=1), nn.Conv2d(24, 24, 3, padding=1)
        self.att1, self.att2 = PixelAttention(24), PixelAttention(24)
        self.HRconv1, self.HRconv2 = nn.Conv2d(24, 24, 3, padding=1), nn.Conv2d(24, 24, 3, padding=1)
        self.conv_last = nn.Conv2d(24, 3, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        """Upscale RGB in 0..1: the network adds to the bilinear image."""
        features = self.conv_first(image)
        features = features + self.trunk_conv(self.SCPA_trunk(features))
        for widen, attend, convolve in (
            (self.upconv1, self.att1, self.HRconv1),
            (self.upconv2, self.att2, self.HRconv2),
        ):
            features = widen(interpolate(features, scale_factor=2, mode="nearest"))
            features = leaky_relu(convolve(leaky_relu(attend(features), 0.2)), 0.2)
        enlarged = interpolate(image, scale_factor=4, mode="bilinear", align_corners=False)
        result: Tensor = self.conv_last(features) + enlarged
        return result


class PixelAttention(nn.Module):
    """Each value weighted by one of 0..1 that a 1x1 convolution makes of its pixel."""

    def __init__(self, channels: int) -> None:
        """Build it untrained."""
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Weight the features."""
        result: Tensor = features * torch.sigmoid(self.conv(features))
        return result


class SCPA(nn.Module):
    """Self-calibrated block with pixel attention: half of the channels are convolved, half attended to."""

    def __init__(self, channels: int) -> None:
        """Build it untrained."""
        super().__init__()
        half = channels // 2
        self.conv1_a, self.conv1_b = (nn.Conv2d(channels, half, 1, bias=False) for _ in range(2))
        self.k1 = nn.Sequential(nn.Conv2d(half, half, 3, padding=1, bias=False))
        self.PAConv = AttendedConvolution(half)
        self.conv3 = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Add the block's result to its input."""
        plain = leaky_relu(self.k1(leaky_relu(self.conv1_a(features), 0.2)), 0.2)
        attended = leaky_relu(self.PAConv(leaky_relu(self.conv1_b(features), 0.2)), 0.2)
        result: Tensor = features + self.conv3(torch.cat((plain, attended), 1))
        return result


class AttendedConvolution(nn.Module):
    """A convolution whose result is weighted by pixel attention, and another one."""

    def __init__(self, channels: int) -> None:
        """Build it untrained."""
        super().__init__()
        self.k2 = nn.Conv2d(channels, channels, 1)
        self.k3, self.k4 = (nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in range(2))

    def forward(self, features: Tensor) -> Tensor:
        """Convolve, weight, convolve."""
        result: Tensor = self.k4(self.k3(features) * torch.sigmoid(self.k2(features)))
        return result
